"""The commands beside the screens: looking after the store, its key, its backups. Secrets are asked for, never arguments."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from clerkdesk import __version__, i18n
from clerkdesk.cli import FAILED, Options, start
from clerkdesk.command_help import Command, Group, usage_sentence
from clerkdesk.i18n import _
from clerkdesk.places import backups_folder, data_folder, store_path
from clerkdesk.server_commands import server

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(server, name="server")


def run_command(arguments: Sequence[str]) -> int:
    """Carry out one command and return its exit code."""
    try:
        code = app(list(arguments), prog_name="clerkdesk", standalone_mode=False)
    except typer.Abort:
        sys.stderr.write(_("Đã dừng; không có gì thay đổi.") + "\n")
        return FAILED
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # a group without a command: its list of commands
            typer.echo(error.format_message(), err=True)
            return 2
        sys.stderr.write(usage_sentence(error) + "\n")
        return 2
    return code if isinstance(code, int) else 0


@app.callback(
    invoke_without_command=True,
    help=_(
        "ClerkDesk – bàn làm việc của văn thư cơ quan.\n\n"
        "Không ghi lệnh nào thì mở màn hình làm việc. Mọi lệnh bên dưới dùng chung thư mục dữ liệu."
    ),
)
def root(
    context: typer.Context,
    language: Annotated[
        str | None,
        typer.Option("--lang", metavar="vi|en", help=_("Ngôn ngữ; không ghi thì theo CLERKDESK_LANG, rồi tiếng Việt.")),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar=_("THƯ-MỤC"),
            help=_("Thư mục dữ liệu; không ghi thì theo CLERKDESK_DATA, rồi thư mục thường dùng."),
        ),
    ] = None,
    theme: Annotated[
        str | None, typer.Option("--theme", metavar=_("TÊN"), help=_("Bộ màu của màn hình làm việc."))
    ] = None,
) -> int:
    """Keep the common options; without a command show the screens."""
    if language is not None and language not in i18n.LANGUAGES:
        sys.stderr.write(_("Ngôn ngữ “{language}” chưa có; chọn vi hoặc en.").format(language=language) + "\n")
        raise typer.Exit(2)
    context.obj = Options(i18n.language(), data_folder(data), theme)
    if context.invoked_subcommand is None:
        return start(context.obj, data_folder(data))
    return 0


@app.command("start", cls=Command, help=_("Mở màn hình làm việc (giống như không ghi lệnh nào)."))
def start_command(context: typer.Context) -> int:
    """Show the screens."""
    return start(context.obj, _data(context))


@app.command(cls=Command, help=_("Xem máy này làm được gì, thiếu gì, vì sao và cần làm gì. Mã thoát 1 khi có chỗ ✗."))
def doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help=_("Kết quả dạng JSON, cho máy đọc."))] = False,
) -> int:
    """Look at everything that the program needs."""
    from clerkdesk.services.doctor import examine

    return _show(examine(_data(context)), as_json=as_json)


@app.command(
    cls=Command,
    help=_(
        "Kiểm tra kho dữ liệu còn nguyên vẹn: từng trang, liên kết, chuỗi nhật ký, mọi số của mọi sổ, từng tệp. "
        "Chạy được khi đang làm việc; không thay đổi gì."
    ),
)
def check(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help=_("Kết quả dạng JSON, cho máy đọc."))] = False,
) -> int:
    """Read the whole store."""
    from clerkdesk.services.integrity import check_store
    from clerkdesk.services.store_keys import open_beside

    store = open_beside(store_path(_data(context)))
    try:
        return _show(check_store(store, _Meter(_("Đang đọc tệp"))), as_json=as_json)
    finally:
        store.close()


@app.command(
    cls=Command,
    help=_(
        "Sao lưu kho dữ liệu và các tệp, ngay cả khi đang làm việc (ít nhất mỗi tuần một lần: Vĩnh Long 480/2022 Điều 8.1). "
        "Bản sao lưu được mã hóa bằng khóa của kho và không chứa khóa."
    ),
)
def backup(
    context: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar=_("THƯ-MỤC"),
            help=_("Nơi để bản sao lưu, ví dụ ổ USB. Không ghi thì để trong thư mục dữ liệu."),
            show_default=False,
        ),
    ] = None,
) -> int:
    """Make a backup."""
    from clerkdesk.services.backups import make_backup
    from clerkdesk.services.store_keys import open_beside

    data = _data(context)
    store = open_beside(store_path(data))
    try:
        made = make_backup(store, _folder(folder, data), progress=_Meter(_("Đang sao lưu")))
    finally:
        store.close()
    _note(context, "backup_made", backup=made.path.name, bytes=made.size, missing=made.missing, removed=made.removed)
    typer.echo(_("Đã sao lưu vào {path} ({size}).").format(path=made.path, size=_megabytes(made.size)))
    if made.removed:
        typer.echo(_("Đã xóa {count} bản cũ nhất.").format(count=made.removed))
    if made.missing:
        warning = _(
            "Chú ý: {count} tệp đính kèm đã mất khỏi kho nên không có trong bản sao lưu. Chạy “clerkdesk check”."
        )
        typer.echo(warning.format(count=made.missing), err=True)
        return FAILED
    return 0


@app.command(cls=Command, help=_("Liệt kê các bản sao lưu, mới nhất trước."))
def backups(
    context: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Argument(metavar=_("THƯ-MỤC"), help=_("Nơi để các bản sao lưu."), show_default=False),
    ] = None,
) -> int:
    """List the backups."""
    from clerkdesk.data.backup import list_backups
    from clerkdesk.services.clock import local

    place = _folder(folder, _data(context))
    found = list_backups(place)
    if not found:
        typer.echo(_("Chưa có bản sao lưu nào trong {folder}.").format(folder=place))
    for one in found:
        if one.manifest is None:
            typer.echo(_("✗ {path}: không đọc được").format(path=one.path))
            continue
        facts = {
            "when": f"{local(one.manifest.moment):%d/%m/%Y %H:%M}",
            "path": one.path,
            "size": _megabytes(one.size),
            "agency": one.manifest.agency,
            "arrivals": one.manifest.counts.get("arrivals", 0),
            "outgoing": one.manifest.counts.get("outgoing", 0),
        }
        typer.echo(_("{when}  {path}  {size}  {agency}: {arrivals} đến, {outgoing} đi").format(**facts))
    return 0


@app.command(
    cls=Command,
    help=_(
        "Phục hồi một bản sao lưu. Bản được kiểm tra trước; kho đang có được giữ lại bên cạnh. "
        "Sau đó mỗi sổ chờ xác nhận số cuối cùng trên giấy rồi mới cấp số tiếp."
    ),
)
def restore(
    context: typer.Context,
    backup: Annotated[
        Path, typer.Argument(metavar=_("BẢN-SAO-LƯU"), help=_("Thư mục của bản sao lưu (xem “clerkdesk backups”)."))
    ],
    other_key: Annotated[
        bool, typer.Option("--other-key", help=_("Bản sao lưu của kho khác: hỏi mã khôi phục của kho đó."))
    ] = False,
    sure: Annotated[bool, typer.Option("--yes", help=_("Không hỏi lại."))] = False,
) -> int:
    """Put a backup back."""
    from clerkdesk.data.restore import backup_of
    from clerkdesk.data.store_key import place_of_key
    from clerkdesk.services.backups import restore_backup

    path = store_path(_data(context))
    folder = backup_of(backup)
    code = _secret(_("Mã khôi phục")) if other_key or place_of_key(path) == "missing" else None
    if not sure:
        typer.confirm(_("Thay kho trong {data} bằng bản {backup}?").format(data=path.parent, backup=folder), abort=True)
    restored = restore_backup(folder, path, recovery_code=code, progress=_Meter(_("Đang phục hồi")))
    _note(context, "store_restored", backup=folder.name)
    typer.echo(_("Đã phục hồi bản sao lưu {backup}.").format(backup=folder))
    if restored.aside is not None:
        typer.echo(_("Kho trước đó được giữ ở {path}.").format(path=restored.aside))
    typer.echo(_("Mở ClerkDesk, bấm Ctrl+G, gõ “so” và xác nhận số cuối cùng trên giấy của từng sổ trước khi cấp số."))
    return 0


@app.command("restore-key", cls=Command, help=_("Đặt lại khóa của kho bằng mã khôi phục, khi máy báo mất khóa."))
def restore_key(context: typer.Context) -> int:
    """Put the lost key back."""
    from clerkdesk.services.store_keys import check_store_exists
    from clerkdesk.services.store_keys import restore_key as put_back

    path = store_path(_data(context))
    check_store_exists(path)
    place = put_back(path, _secret(_("Mã khôi phục")))
    _note(context, "key_put_back", place=place)
    where = _("kho khóa của hệ điều hành") if place == "keyring" else _("tệp chỉ mình bạn đọc được")
    typer.echo(_("Đã đặt lại khóa ({where}). Mở ClerkDesk như thường.").format(where=where))
    return 0


@app.command(
    "recovery-code",
    cls=Command,
    help=_("Hiện mã khôi phục của kho để ghi ra giấy và cất trong két. Hỏi tên và mật khẩu của quản trị."),
)
def recovery_code(context: typer.Context) -> int:
    """Show the recovery code to an administrator."""
    from clerkdesk.services.store_keys import check_store_exists, show_recovery_code

    path = store_path(_data(context))
    check_store_exists(path)
    username = _line(_("Tên đăng nhập"))
    code = show_recovery_code(path, username, _secret(_("Mật khẩu")))
    _note(context, "recovery_code_shown")
    typer.echo(code)
    return 0


@app.command("import-directory", cls=Command, help=_("Thêm vào danh bạ các cơ quan chưa có, từ một tệp CSV (UTF-8)."))
def import_directory(
    context: typer.Context,
    csv_file: Annotated[
        Path,
        typer.Argument(
            metavar="CSV", help=_("Tệp có các cột name, short_name, organ_id, parent, level, valid_from, valid_to.")
        ),
    ],
) -> int:
    """Add agencies to the directory."""
    from clerkdesk.services.directory import import_directory as add
    from clerkdesk.services.files import FileMissing
    from clerkdesk.services.store_keys import open_beside

    store = open_beside(store_path(_data(context)))
    try:
        lines = csv_file.read_text("utf-8-sig").splitlines(keepends=True)
        with store.writing() as tx:
            added = add(tx, lines)
    except (OSError, UnicodeDecodeError) as error:
        raise FileMissing(name=csv_file.name) from error
    finally:
        store.close()
    _note(context, "directory_imported", added=added)
    typer.echo(_("Đã thêm {count} cơ quan vào danh bạ.").format(count=added))
    return 0


@app.command(
    cls=Command,
    help=_(
        "Nối máy này với máy chủ bằng mã ghi danh của quản trị. Kho trống thì nhận cơ quan từ máy chủ; "
        "kho đang dùng thì đưa cả cơ quan lên máy chủ."
    ),
)
def connect(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar=_("ĐỊA-CHỈ"), help=_("Địa chỉ máy chủ, https://…"))],
    one_time: Annotated[
        str, typer.Argument(metavar=_("MÃ"), help=_("Mã ghi danh, dùng một lần. Không ghi thì chương trình hỏi."))
    ] = "",
    name: Annotated[str, typer.Option("--name", metavar=_("TÊN"), help=_("Tên của máy mới."))] = "",
    ca: Annotated[
        Path | None, typer.Option("--ca", metavar=_("TỆP"), help=_("Chứng thư CA riêng của máy chủ (PEM)."))
    ] = None,
) -> int:
    """Join a server."""
    from clerkdesk.services.desk import Desk
    from clerkdesk.sync.connecting import connect as join

    desk = Desk.open(store_path(_data(context)))
    try:
        join(desk, url, one_time or _secret(_("Mã ghi danh")), name=name, ca=ca)
        _note(context, "desk_connected")
        typer.echo(
            _("Đã nối máy này với {url}: {agency}.").format(url=url, agency=desk.agency.name if desk.agency else "")
        )
    finally:
        desk.close()
    return 0


@app.command(
    cls=Command, help=_("Trao đổi với máy chủ một lần rồi in tình trạng. Mã thoát 1 khi không tới được máy chủ.")
)
def sync(context: typer.Context) -> int:
    """Exchange once."""
    from clerkdesk.services.desk import Desk
    from clerkdesk.services.settings import MEGABYTE
    from clerkdesk.services.store_keys import check_store_exists
    from clerkdesk.sync.connecting import open_link
    from clerkdesk.sync.door import TurnedDown, Unreached

    path = store_path(_data(context))
    check_store_exists(path)
    desk = Desk.open(path)
    try:
        link = open_link(desk)
        if link is None:
            typer.echo(_("Máy này không nối với máy chủ."))
            return 0
        try:
            link.round()
            link.files.work_off()
            code = 0
        except (Unreached, TurnedDown):
            code = FAILED
        standing = link.standing()
        state = _("Trực tuyến") if standing.online else _("Mất kết nối")
        typer.echo(_("{state}. Chờ gửi {unsent}, bị trả lại {refused}.").format(
            state=state, unsent=standing.unsent, refused=standing.refused
        ))  # fmt: skip
        if standing.files_waiting:
            typer.echo(_("Tệp còn chờ gửi hoặc nhận: {count} tệp, {size} MB.").format(
                count=standing.files_waiting, size=-(-standing.file_bytes_waiting // MEGABYTE)
            ))  # fmt: skip
        if standing.trouble:
            typer.echo(standing.trouble, err=True)
    finally:
        desk.close()
    return code


@app.command(
    "export-books",
    cls=Command,
    help=_(
        "Xuất sổ của một năm và toàn bộ nhật ký thành tệp CSV cho người kiểm tra độc lập. Tệp không mã hóa: chỉ giao cho người được phép xem."
    ),
)
def export_books(
    context: typer.Context,
    year: Annotated[int, typer.Argument(metavar=_("NĂM"), help=_("Năm của các sổ."))],
    folder: Annotated[Path, typer.Argument(metavar=_("THƯ-MỤC"), help=_("Thư mục mới hoặc trống để ghi các tệp."))],
) -> int:
    """Write a year's books for the auditor."""
    from clerkdesk.services.agency_setup import agency_of_store
    from clerkdesk.services.book_export import export_books as export
    from clerkdesk.services.store_keys import NoStore, open_beside

    path = store_path(_data(context))
    store = open_beside(path)
    try:
        with store.reading() as connection:
            agency = agency_of_store(connection)
            if agency is None:
                raise NoStore(path=path)
            target = folder.expanduser().absolute()
            done = export(connection, agency.id, year, target, progress=_Meter(_("Đang xuất sổ")))
    finally:
        store.close()
    _note(context, "books_exported", year=year, entries=done.lines["entries"])
    text = _("Đã xuất {books} sổ năm {year} với {entries} số vào {folder}. Kiểm tra: {check}")
    check = f"clerkdesk_auditor.py {done.folder}"
    counts = {"books": done.lines["books"], "entries": done.lines["entries"]}
    typer.echo(text.format(year=year, folder=done.folder, check=check, **counts))
    return 0


@app.command(cls=Command, help=_("In bảng phím."))
def keys(_context: typer.Context) -> int:
    """Print the key table."""
    from clerkdesk.screens.keys import key_table

    typer.echo(key_table())
    return 0


@app.command(cls=Command, help=_("In số phiên bản."))
def version(_context: typer.Context) -> int:
    """Print the version."""
    typer.echo(f"clerkdesk {__version__}")
    return 0


class _Meter:
    """Percent on one line of stderr, on a terminal only."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._shown = -1

    def __call__(self, done: int, total: int) -> None:
        percent = 100 if total <= 0 else min(100, done * 100 // total)
        if percent != self._shown and sys.stderr.isatty():
            sys.stderr.write(f"\r{self._title}: {percent} %" + ("\r\033[K" if percent == 100 else ""))
            sys.stderr.flush()
            self._shown = percent


def _show(checks: Sequence[object], *, as_json: bool) -> int:
    from dataclasses import asdict

    from clerkdesk.services.doctor import MARKS, Check, all_well

    found = [one for one in checks if isinstance(one, Check)]
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1))
    else:
        for one in found:
            typer.echo(f"{MARKS[one.state]} {one.title}: {one.reason}")
            if one.advice:
                typer.echo(f"    → {one.advice}")
    return 0 if all_well(found) else FAILED


def _data(context: typer.Context) -> Path:
    data: Path = context.obj.data
    return data


def _note(context: typer.Context, event: str, **ids: object) -> None:
    from clerkdesk import log

    log.set_up(_data(context))
    log.note(event, **ids)


def _folder(chosen: Path | None, data: Path) -> Path:
    return backups_folder(data) if chosen is None else chosen.expanduser().absolute()


def _secret(prompt: str) -> str:
    """Ask without showing what is typed; without a terminal take a line of stdin."""
    if sys.stdin.isatty():
        return str(typer.prompt(prompt, hide_input=True))
    return _line(prompt)


def _line(prompt: str) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(prompt))
    line = sys.stdin.readline()
    if not line:
        raise typer.Abort
    return line.rstrip("\r\n")


def _megabytes(size: int) -> str:
    return f"{size / (1 << 20):.1f} MB"

"""`clerkdesk server …`: starting the central server and what its administrator does at the command line.

The database's address comes by `--database` or CLERKDESK_DATABASE; a password in it only by the variable or
`~/.pgpass`, for everybody on a machine can read command lines.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from clerkdesk.cli import FAILED
from clerkdesk.command_help import Command, Group
from clerkdesk.i18n import _

if TYPE_CHECKING:
    from clerkdesk.data.store import Store

DATABASE_VARIABLE = "CLERKDESK_DATABASE"

server = typer.Typer(cls=Group, help=_("Máy chủ trung tâm: nhiều máy trạm, nhiều cơ quan."), no_args_is_help=True)
agency = typer.Typer(cls=Group, help=_("Các cơ quan ở máy chủ."), no_args_is_help=True)
person = typer.Typer(cls=Group, help=_("Tài khoản của một cơ quan."), no_args_is_help=True)
desk = typer.Typer(cls=Group, help=_("Một máy trạm."), no_args_is_help=True)
recovery = typer.Typer(cls=Group, help=_("Sau khi máy chủ được phục hồi."), no_args_is_help=True)
for name, group in (("agency", agency), ("person", person), ("desk", desk), ("recovery", recovery)):
    server.add_typer(group, name=name)

Database = Annotated[
    str,
    typer.Option(
        "--database",
        metavar="URL",
        help=_("Địa chỉ PostgreSQL, không kèm mật khẩu; không ghi thì theo CLERKDESK_DATABASE, rồi SQLite."),
    ),
]
Named = Annotated[str, typer.Argument(metavar=_("CƠ-QUAN"), help=_("Tên viết tắt, tên, hoặc mã của cơ quan."))]


@server.command(
    cls=Command, help=_("Chạy máy chủ. Không ghi địa chỉ PostgreSQL thì dùng SQLite trong thư mục dữ liệu.")
)
def start(
    context: typer.Context,
    database: Database = "",
    host: Annotated[str, typer.Option("--host", help=_("Địa chỉ lắng nghe."))] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help=_("Cổng; 0 là cổng trống bất kỳ."))] = 8470,
    certificate: Annotated[
        Path | None, typer.Option("--tls-cert", exists=True, dir_okay=False, help=_("Chứng thư TLS, dạng PEM."))
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--tls-key", exists=True, dir_okay=False, help=_("Khóa của chứng thư TLS, dạng PEM."))
    ] = None,
    files: Annotated[
        str,
        typer.Option(
            "--files",
            envvar="CLERKDESK_FILES",
            metavar="URL",
            help=_("Nơi giữ tệp: s3://bucket/thư-mục; không ghi thì trong thư mục dữ liệu."),
        ),
    ] = "",
    largest_file: Annotated[
        int, typer.Option("--largest-file", min=1, metavar="MB", help=_("Dung lượng lớn nhất của một tệp, MB."))
    ] = 100,
    allow_no_standby: Annotated[
        bool,
        typer.Option("--allow-no-standby", help=_("Chỉ để thử: chạy PostgreSQL không có máy dự phòng đồng bộ.")),
    ] = False,
) -> int:
    """Serve until asked to stop."""
    from clerkdesk import log
    from clerkdesk.server.blob_store import open_blob_store
    from clerkdesk.server.durability import examine, require
    from clerkdesk.server.files import Files, files_router
    from clerkdesk.server.hub import Hub
    from clerkdesk.server.serve import Place, serve
    from clerkdesk.server.tokens import server_secret
    from clerkdesk.server.uploads import Rules, Uploads
    from clerkdesk.services.settings import MEGABYTE

    log.set_up(_folder(context))
    store = _open(context, database, exclusive=True)
    try:
        with store.reading() as connection:
            allowed = require(examine(connection), allow_no_standby=allow_no_standby)
        blobs = open_blob_store(files, store.blob_folder)
        hub = Hub(store, server_secret(_folder(context)))
    except BaseException:
        store.close()
        raise
    if allowed:
        hub.figures.without_standby.set(1)
        log.note("without_standby")
        warning = _("CẢNH BÁO: không có máy dự phòng đồng bộ. Hỏng máy chủ là có thể mất số đã cấp và cấp lại lần nữa.")
        sys.stderr.write(f"\n*** {warning} ***\n\n")

    def tell(bound: int) -> None:
        scheme = "https" if certificate else "http"
        typer.echo(_("Máy chủ đang chạy ở {address}. Ctrl+C để dừng.").format(address=f"{scheme}://{host}:{bound}"))
        log.note("server_started", port=bound, term=hub.term)

    uploads = Uploads(_folder(context) / "uploads", Rules(largest=largest_file * MEGABYTE))
    uploads.sweep()
    serve(hub, Place(host, port, certificate, key), files_router(Files(hub, uploads, blobs)), ready=tell)
    typer.echo(_("Máy chủ đã dừng."))
    return 0


@server.command(cls=Command, help=_("Đưa cơ sở dữ liệu lên lược đồ của phiên bản này, rồi thôi."))
def migrate(context: typer.Context, database: Database = "") -> int:
    """Bring the schema up to date."""
    from clerkdesk.data.store import NEWEST

    _open(context, database, exclusive=True).close()
    typer.echo(_("Lược đồ {version}: đã mới nhất.").format(version=NEWEST))
    return 0


@server.command(
    cls=Command, help=_("Xem cơ sở dữ liệu có giữ được số đã cấp khi hỏng máy không. Mã thoát 1 khi không.")
)
def check(context: typer.Context, database: Database = "") -> int:
    """Look at what keeps numbers safe."""
    from clerkdesk.server.durability import examine

    store = _open(context, database)
    try:
        with store.reading() as connection:
            findings = examine(connection)
    finally:
        store.close()
    if not findings:
        typer.echo(_("✓ SQLite: mỗi lần ghi đều xuống đĩa. Sao lưu hằng ngày: clerkdesk server backup"))
    for one in findings:
        typer.echo(f"{'✓' if one.well else '✗'} {one.name}: {one.found}")
        if one.advice:
            typer.echo(f"    → {one.advice}")
    return 0 if all(one.well for one in findings) else FAILED


@server.command(cls=Command, help=_("In mã ghi danh dùng một lần, trong 10 phút, cho một máy trạm."))
def code(
    context: typer.Context,
    named: Annotated[
        str,
        typer.Argument(
            metavar=_("CƠ-QUAN"), help=_("Cơ quan của máy trạm; không ghi cho máy trạm mang theo cơ quan của nó.")
        ),
    ] = "",
    desk_name: Annotated[str, typer.Option("--name", help=_("Tên của máy trạm mới."))] = "",
    database: Database = "",
) -> int:
    """Print a one-time code."""
    from clerkdesk.server.administration import find_agency
    from clerkdesk.server.enrolment import new_code

    store = _open(context, database)
    try:
        with store.writing() as tx:
            made = new_code(tx, find_agency(tx, named) if named else None, desk_name)
    finally:
        store.close()
    typer.echo(made)
    return 0


@server.command(cls=Command, help=_("Liệt kê các máy trạm, trạng thái và lần liên lạc cuối."))
def desks(context: typer.Context, database: Database = "") -> int:
    """List the desks."""
    from clerkdesk.server.administration import desks as all_desks
    from clerkdesk.server.terms import term_and_state
    from clerkdesk.services.clock import local

    store = _open(context, database)
    try:
        with store.reading() as connection:
            found = all_desks(connection, term_and_state(connection)[0])
    finally:
        store.close()
    for one in found:
        seen = f"{local(one.last_seen_at):%d/%m/%Y %H:%M}" if one.last_seen_at else "—"
        typer.echo(f"{one.agency}  {one.code}  {one.id}  {one.state}  {seen}  {one.name}")
    return 0


@desk.command(cls=Command, help=_("Khai báo một máy trạm đã mất: khóa của nó không mở được gì nữa, không chờ nó nữa."))
def lost(
    context: typer.Context,
    desk_id: Annotated[UUID, typer.Argument(metavar=_("MÃ-MÁY"), help=_("Mã của máy trạm (xem “server desks”)."))],
    database: Database = "",
    sure: Annotated[bool, typer.Option("--yes", help=_("Không hỏi lại."))] = False,
) -> int:
    """Declare a desk lost."""
    from clerkdesk.server.terms import declare_lost, end_recovery_if_complete

    if not sure:
        typer.confirm(_("Máy trạm này mất hẳn, không bao giờ dùng lại?"), abort=True)
    store = _open(context, database)
    try:
        with store.writing() as tx:
            declare_lost(tx, desk_id)
            end_recovery_if_complete(tx)
    finally:
        store.close()
    _note(context, "desk_lost", desk=desk_id)
    typer.echo(_("Đã khai báo mất. Quyền cấp số mà máy này giữ: thu hồi ở màn hình “Sổ” của cơ quan."))
    return 0


@agency.command(
    "add", cls=Command, help=_("Thêm một cơ quan; quyền cấp số của các sổ ở máy chủ. Hỏi mật khẩu đầu tiên.")
)
def add_agency(
    context: typer.Context,
    full: Annotated[str, typer.Argument(metavar=_("TÊN"), help=_("Tên cơ quan."))],
    short_name: Annotated[str, typer.Argument(metavar=_("VIẾT-TẮT"), help=_("Tên viết tắt, đứng trong ký hiệu."))],
    username: Annotated[str, typer.Option("--username", help=_("Tên đăng nhập của quản trị."))],
    full_name: Annotated[str, typer.Option("--full-name", help=_("Họ và tên của quản trị."))],
    parent_name: Annotated[str, typer.Option("--parent", help=_("Cơ quan chủ quản."))] = "",
    place: Annotated[str, typer.Option("--place", help=_("Địa danh."))] = "",
    organ_id: Annotated[
        str, typer.Option("--organ-id", help=_("Mã định danh: theo mã này văn bản liên thông tìm đến cơ quan."))
    ] = "",
    database: Database = "",
) -> int:
    """Add an agency."""
    from clerkdesk.server.administration import add_agency as add

    password = _new_password()
    store = _open(context, database)
    try:
        with store.writing() as tx:
            made = add(
                tx, name=full, short_name=short_name, parent_name=parent_name, place=place, username=username,
                full_name=full_name, password=password, organ_id=organ_id,
            )  # fmt: skip
    finally:
        store.close()
    _note(context, "agency_added", agency=made)
    typer.echo(_("Đã thêm cơ quan {id}.").format(id=made))
    return 0


@agency.command("list", cls=Command, help=_("Liệt kê các cơ quan."))
def list_agencies(context: typer.Context, database: Database = "") -> int:
    """List the agencies."""
    from clerkdesk.server.administration import agencies

    store = _open(context, database)
    try:
        with store.reading() as connection:
            found = agencies(connection)
    finally:
        store.close()
    for one in found:
        line = _("{id}  {short}  {name}: {desks} máy trạm, {people} tài khoản")
        typer.echo(line.format(id=one.id, short=one.short_name, name=one.name, desks=one.desks, people=one.people))
    return 0


@person.command("list", cls=Command, help=_("Liệt kê các tài khoản của một cơ quan."))
def list_people(context: typer.Context, named: Named, database: Database = "") -> int:
    """List an agency's accounts."""
    from clerkdesk.server.administration import find_agency, people_of

    store = _open(context, database)
    try:
        with store.reading() as connection:
            found = people_of(connection, find_agency(connection, named))
    finally:
        store.close()
    for one in found:
        roles = ", ".join(sorted(role.label for role in one.roles))
        typer.echo(f"{'✓' if one.active else '✗'} {one.username}  {one.full_name}  ({roles})")
    return 0


@person.command(
    "add", cls=Command, help=_("Thêm một tài khoản. Hỏi mật khẩu đầu tiên; người đó phải đổi khi đăng nhập.")
)
def add_person(
    context: typer.Context,
    named: Named,
    username: Annotated[str, typer.Argument(metavar=_("TÊN-ĐĂNG-NHẬP"), help=_("Ví dụ annv."))],
    full_name: Annotated[str, typer.Argument(metavar=_("HỌ-TÊN"), help=_("Họ và tên."))],
    roles: Annotated[list[str], typer.Option("--role", help=_("Vai trò, ví dụ clerk, leader, administrator."))],
    database: Database = "",
) -> int:
    """Add an account."""
    from clerkdesk.server.administration import add_person as add
    from clerkdesk.server.administration import find_agency
    from clerkdesk.services.vocabulary import Role

    wrong = set(roles) - {role.value for role in Role}
    if wrong:
        sys.stderr.write(_("Không có vai trò {role}.").format(role=", ".join(sorted(wrong))) + "\n")
        return 2
    password = _new_password()
    store = _open(context, database)
    try:
        with store.writing() as tx:
            add(
                tx, find_agency(tx, named), username=username, full_name=full_name,
                roles=frozenset(Role(role) for role in roles), password=password,
            )  # fmt: skip
    finally:
        store.close()
    typer.echo(_("Đã thêm tài khoản {username}.").format(username=username))
    return 0


@person.command(cls=Command, help=_("Đặt mật khẩu tạm cho một tài khoản; người đó phải đổi khi đăng nhập."))
def password(
    context: typer.Context,
    named: Named,
    username: Annotated[str, typer.Argument(metavar=_("TÊN-ĐĂNG-NHẬP"), help=_("Ví dụ annv."))],
    database: Database = "",
) -> int:
    """Set a first password again."""
    from clerkdesk.server.administration import find_agency, set_password
    from clerkdesk.services.people import PersonUnknown

    typed = _new_password()
    store = _open(context, database)
    try:
        with store.writing() as tx:
            if not set_password(tx, find_agency(tx, named), username, typed):
                raise PersonUnknown
    finally:
        store.close()
    typer.echo(_("Đã đặt mật khẩu tạm cho {username}.").format(username=username))
    return 0


@server.command(cls=Command, help=_("Sao lưu máy chủ, ngay cả khi đang chạy (PostgreSQL: bằng pg_dump)."))
def backup(
    context: typer.Context,
    place: Annotated[Path | None, typer.Argument(metavar=_("THƯ-MỤC"), help=_("Nơi để bản sao lưu."))] = None,
    database: Database = "",
) -> int:
    """Make a backup."""
    from clerkdesk.server.backups import back_up

    store = _open(context, database)
    try:
        made = back_up(store, place or _folder(context) / "backups", _database(database))
    finally:
        store.close()
    _note(context, "server_backup_made", backup=made.name)
    typer.echo(_("Đã sao lưu vào {path}.").format(path=made))
    return 0


@server.command(
    cls=Command,
    help=_("Phục hồi một bản sao lưu; máy chủ phải đang dừng. Sau đó mọi máy trạm gửi lại rồi mới cấp số tiếp."),
)
def restore(
    context: typer.Context,
    backup: Annotated[Path, typer.Argument(metavar=_("BẢN-SAO-LƯU"), help=_("Thư mục của bản sao lưu."))],
    database: Database = "",
    sure: Annotated[bool, typer.Option("--yes", help=_("Không hỏi lại."))] = False,
) -> int:
    """Put a backup back."""
    from clerkdesk.server.backups import restore as put_back

    if not sure:
        typer.confirm(_("Thay dữ liệu của máy chủ bằng bản {backup}?").format(backup=backup), abort=True)
    folder = _folder(context)
    url = _database(database)
    put_back(backup, folder, url, b"" if url else _key(folder))
    _note(context, "server_restored", backup=backup.name)
    typer.echo(
        _("Đã phục hồi. Chạy “clerkdesk server start”; xem máy trạm nào chưa gửi lại: “server recovery status”.")
    )
    return 0


@recovery.command(cls=Command, help=_("Xem còn chờ máy trạm nào gửi lại."))
def status(context: typer.Context, database: Database = "") -> int:
    """Say who has not reported."""
    from clerkdesk.server.administration import desks as all_desks
    from clerkdesk.server.terms import term_and_state

    store = _open(context, database)
    try:
        with store.reading() as connection:
            term, state = term_and_state(connection)
            found = [one for one in all_desks(connection, term) if one.state != "LOST" and not one.reported]
    finally:
        store.close()
    if state == "SERVING" or not found:
        typer.echo(_("Máy chủ đang phục vụ bình thường."))
        return 0
    for one in found:
        typer.echo(f"{one.agency}  {one.code}  {one.id}  {one.name}")
    return FAILED


@recovery.command(
    cls=Command, help=_("Không chờ một máy trạm nữa; số mà nó có thể đã cấp phải lấy từ giấy."),
)  # fmt: skip
def excuse(
    context: typer.Context,
    desk_id: Annotated[UUID, typer.Argument(metavar=_("MÃ-MÁY"), help=_("Mã của máy trạm (xem “server desks”)."))],
    database: Database = "",
    sure: Annotated[bool, typer.Option("--yes", help=_("Không hỏi lại."))] = False,
) -> int:
    """Go on without a desk."""
    from clerkdesk.server.terms import excuse_desk

    if not sure:
        typer.confirm(_("Đi tiếp không có máy trạm này? Số nó đã cấp phải đối chiếu trên giấy."), abort=True)
    store = _open(context, database)
    try:
        with store.writing() as tx:
            serving = excuse_desk(tx, desk_id)
    finally:
        store.close()
    _note(context, "desk_excused", desk=desk_id)
    typer.echo(_("Cơ quan này được cấp số lại.") if serving else _("Cơ quan này còn chờ máy trạm khác."))
    return 0


def _folder(context: typer.Context) -> Path:
    data: Path = context.obj.data
    folder = data / "server"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _database(given: str) -> str:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    from clerkdesk.data.server_store import DatabaseUrlWrong

    if given:
        try:
            if make_url(given).password:
                sys.stderr.write(
                    _("Đừng ghi mật khẩu trong lệnh: đặt địa chỉ vào biến CLERKDESK_DATABASE, hoặc dùng ~/.pgpass.")
                    + "\n"
                )
                raise typer.Exit(2)
        except ArgumentError as error:
            raise DatabaseUrlWrong from error
        return given
    return os.environ.get(DATABASE_VARIABLE, "").strip()


def _key(folder: Path) -> bytes:
    from clerkdesk.data.store_key import keep_key, load_key, new_key, place_of_key

    path = folder / "clerkdesk.db"
    if path.exists() or place_of_key(path) != "missing":
        return load_key(path)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = new_key()
    keep_key(path, key)
    return key


def _open(context: typer.Context, database: str, *, exclusive: bool = False) -> Store:
    from clerkdesk.data.server_store import open_server_store

    folder, url = _folder(context), _database(database)
    if url:
        return open_server_store(folder, url)
    return open_server_store(folder, key=lambda: _key(folder), exclusive=exclusive)


def _new_password() -> str:
    from clerkdesk.services.passwords import PasswordsDiffer, check_password_rule

    typed = _secret(_("Mật khẩu đầu tiên"))
    check_password_rule(typed)
    if sys.stdin.isatty() and _secret(_("Nhập lại mật khẩu")) != typed:
        raise PasswordsDiffer
    return typed


def _secret(prompt: str) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(prompt, hide_input=True))
    line = sys.stdin.readline()
    if not line:
        raise typer.Abort
    return line.rstrip("\r\n")


def _note(context: typer.Context, event: str, **ids: object) -> None:
    from clerkdesk import log

    log.set_up(_folder(context))
    log.note(event, **ids)

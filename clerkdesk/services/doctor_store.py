"""The doctor's look at the store: key, opening, clock, weekly backup, watched folder."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, func, select

from clerkdesk.data.code_key import CodeKeyMissing, load_code_key
from clerkdesk.data.highwater import read_mark
from clerkdesk.data.machine import fingerprint
from clerkdesk.data.mark_state import MarkDamaged
from clerkdesk.data.schema import audit
from clerkdesk.data.store import Store
from clerkdesk.data.store_key import place_of_key
from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import _
from clerkdesk.places import state_folder
from clerkdesk.services.agency_setup import agency_of_store, desk_of_store
from clerkdesk.services.backups import LONGEST_DAYS, is_due, last_backup
from clerkdesk.services.clock import local, now
from clerkdesk.services.custody_log import has_server
from clerkdesk.services.doctor import EARLIEST, Check, State
from clerkdesk.services.holdings import books_held
from clerkdesk.services.incarnation import what_happened
from clerkdesk.services.opening import disagreement, mark_path, read_identity
from clerkdesk.services.settings import read_setting
from clerkdesk.services.store_keys import open_beside

CLOCK_TOLERANCE = dt.timedelta(minutes=5)


def examine_store(path: Path, backups: Path) -> Iterator[Check]:
    """Look at the store beside the desk that may be using it."""
    if not path.exists():
        yield Check(
            "store",
            _("Kho dữ liệu"),
            State.OFF,
            _("chưa có ({path})").format(path=path),
            _("Chạy “clerkdesk” để lập kho."),
        )
        yield _clock(None)
        return
    yield _key(path)
    try:
        store = open_beside(path)
    except ClerkDeskError as error:
        yield Check("store", _("Kho dữ liệu"), State.WRONG, error.message)
        yield _clock(None)
        return
    try:
        with store.reading() as connection:
            yield from _inside(store, connection, backups)
    finally:
        store.close()


def _key(path: Path) -> Check:
    title = _("Khóa của kho")
    place = place_of_key(path)
    if place == "missing":
        return Check(
            "key", title, State.WRONG, _("không tìm thấy"), _("Chạy “clerkdesk restore-key” và nhập mã khôi phục.")
        )
    if place == "keyring":
        return Check("key", title, State.OK, _("trong kho khóa của hệ điều hành"))
    file = path.with_suffix(".key")
    if os.name == "posix" and file.stat().st_mode & 0o077:
        return Check(
            "key",
            title,
            State.WRONG,
            _("{file}: người khác đọc được").format(file=file),
            _("Chạy: chmod 600 “{file}”").format(file=file),
        )
    return Check("key", title, State.OK, _("trong tệp chỉ mình bạn đọc được ({file})").format(file=file))


def _inside(store: Store, connection: Connection, backups: Path) -> Iterator[Check]:
    agency = agency_of_store(connection)
    reason = _("mở được; {name}").format(name=agency.name) if agency else _("mở được; chưa thiết lập cơ quan")
    yield Check("store", _("Kho dữ liệu"), State.OK, reason)
    yield _clock(connection.execute(select(func.max(audit.c.recorded_at))).scalar())
    if agency is None:
        return
    yield _mark(store, connection)
    yield _backup(connection, agency.id, backups)
    yield _watched(str(read_setting(connection, agency.id, "watched_folder")))
    yield from _pens(store, connection, agency.id)


def _pens(store: Store, connection: Connection, agency: UUID) -> Iterator[Check]:
    """Name the open books in which this desk does not number, and see that it can read a telephone code."""
    this = desk_of_store(connection)
    if this is None:
        return
    title = _("Quyền cấp số")
    books = books_held(connection, agency, this.id)
    elsewhere = [f"{book.title} {book.year}: {book.words}" for book in books if not book.here]
    if elsewhere:
        advice = _("Không bắt buộc. Muốn cấp số ở máy này khi mất kết nối: Ctrl+G, gõ “so”, F9 để lấy quyền.")
        yield Check("pens", title, State.OFF, "; ".join(elsewhere), advice)
    else:
        yield Check("pens", title, State.OK, _("{count} sổ đang mở đều ở máy này").format(count=len(books)))
    if not has_server(connection, agency):
        return
    try:
        load_code_key(store.path)
    except CodeKeyMissing as error:
        yield Check("code_key", _("Khóa mã trao quyền"), State.WRONG, error.message)
    else:
        yield Check("code_key", _("Khóa mã trao quyền"), State.OK, _("có"))


def _mark(store: Store, connection: Connection) -> Check:
    """See that the high-water mark outside the store is there and can be read; nothing is written to it."""
    title = _("Mốc số")
    me = read_identity(connection)
    assert me is not None  # noqa: S101  the store is set up
    path = mark_path(state_folder(store.path.parent), me.agency, me.desk)
    advice = _("Mở ClerkDesk, làm theo màn hình đầu: xác nhận số cuối cùng trên giấy của từng sổ.")
    try:
        state = read_mark(path)
    except FileNotFoundError:
        if me.is_marked or me.has_numbers:
            return Check("mark", title, State.WRONG, _("không có ở {path}").format(path=path), advice)
        return Check("mark", title, State.OFF, _("chưa có; được lập khi mở ClerkDesk"))
    except MarkDamaged:
        return Check("mark", title, State.WRONG, _("tệp hỏng: {path}").format(path=path), advice)
    except OSError:
        return Check(
            "mark",
            title,
            State.WRONG,
            _("không đọc được {path}").format(path=path),
            _("Kiểm tra quyền của thư mục này."),
        )
    # While a desk is at work, an open intent is nothing strange.
    cause = None if state.pending else disagreement(connection, me, state, fingerprint(store.path))
    if cause is not None:
        return Check("mark", title, State.WRONG, what_happened(cause), advice)
    given = sum(book.highest for book in state.books.values())
    return Check("mark", title, State.OK, _("khớp với kho, {count} số đã cấp ({path})").format(count=given, path=path))


def _backup(connection: Connection, agency: UUID, backups: Path) -> Check:
    title = _("Sao lưu hằng tuần")
    last = last_backup(backups, agency)
    when = f"{local(last.manifest.moment):%d/%m/%Y %H:%M}" if last and last.manifest else _("chưa có bản nào")
    if not is_due(connection, agency, backups, now()):
        return Check("backup", title, State.OK, when)
    begun = connection.execute(select(func.min(audit.c.recorded_at))).scalar()
    young = last is None and begun is not None and now() - begun < dt.timedelta(days=LONGEST_DAYS)
    advice = _("Chạy “clerkdesk backup”; mỗi tuần ít nhất một lần (Vĩnh Long 480/2022 Điều 8.1).")
    return Check("backup", title, State.OFF if young else State.WRONG, when, advice)


def _watched(chosen: str) -> Check:
    title = _("Thư mục nhận bản quét")
    if not chosen:
        return Check(
            "watched", title, State.OFF, _("chưa chọn"), _("Chọn thư mục mà máy quét lưu vào, trong phần Cài đặt.")
        )
    folder = Path(chosen).expanduser()
    if folder.is_dir() and os.access(folder, os.R_OK | os.X_OK):
        return Check("watched", title, State.OK, str(folder))
    return Check(
        "watched",
        title,
        State.WRONG,
        _("{folder}: không vào được").format(folder=folder),
        _("Kiểm tra ổ mạng đã nối và quyền đọc."),
    )


def _clock(last_entry: dt.datetime | None) -> Check:
    """See that the clock does not stand before the program was made, or before the last thing written with it."""
    title = _("Đồng hồ")
    at = now()
    advice = _("Chỉnh ngày giờ của máy (bật đồng bộ giờ), trước khi đăng ký văn bản: số gắn với ngày.")
    shown = f"{local(at):%d/%m/%Y %H:%M} (+07:00)"
    if at < EARLIEST:
        return Check("clock", title, State.WRONG, _("{shown} là quá khứ").format(shown=shown), advice)
    if last_entry is not None and at < last_entry - CLOCK_TOLERANCE:
        reason = _("{shown}, sớm hơn lần ghi cuối {last}").format(
            shown=shown, last=f"{local(last_entry):%d/%m/%Y %H:%M}"
        )
        return Check("clock", title, State.WRONG, reason, advice)
    return Check("clock", title, State.OK, shown)

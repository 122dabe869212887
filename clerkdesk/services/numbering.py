"""The one code path that issues numbers.

A number, its register-year and its moment are fixed together from the counter row of an open book, in the
transaction that stores the document: consecutive, in order of time, never repeated, never lost
(NĐ 30/2020 Đ15.1, Đ22.2; Hà Nam 44/2024 Đ10.3b). Nothing here, or anywhere, computes a maximum.
"""

from __future__ import annotations

import datetime as dt
import json
import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    text,
    update,
)  # fmt: skip

from clerkdesk.data.prepared import Prepared, prepared_insert
from clerkdesk.data.schema import audit, custody, desk, entry, register, register_year
from clerkdesk.errors import RuleBroken
from clerkdesk.i18n import N_
from clerkdesk.services.clock import local
from clerkdesk.services.execution import at_server, next_shown, pen_incarnation, pen_of, recovering
from clerkdesk.services.mark_notes import notes_of
from clerkdesk.services.vocabulary import EntryState

OPEN_RESERVATIONS_ALLOWED = 20
LARGEST_JUMP = 50_000
LOST_HOLDER = "Nhập lại từ giấy"  # who holds the numbers that a restored store, or a destroyed desk, has lost
REFUSED_HOLDER = "Chờ gửi lại"  # who holds the numbers of commands that the server has refused
SET_ASIDE_HOLDER = "Máy tạm gác"  # numbers up to the cap, for the late documents of a desk that may be alive


class RegisterNotOpen(RuleBroken):
    """The register has no open book for the year."""

    sentence = N_("Chưa cấp số: “{title}” năm {year} chưa mở. Bấm Ctrl+G, gõ “so” để mở sổ rồi lưu lại.")


class RegisterClosed(RuleBroken):
    """The book of the year is closed."""

    sentence = N_("Chưa cấp số: “{title}” năm {year} đã đóng sổ. Dùng sổ của năm đang mở.")


class RegisterSuspended(RuleBroken):
    """The store was restored, copied or moved, and the last number on paper is not confirmed yet."""

    sentence = N_(
        "Chưa cấp số: kho vừa được phục hồi hoặc chuyển máy, cần xác nhận số cuối cùng trên giấy của “{title}”. Bấm Ctrl+G, gõ “so”, chọn sổ rồi bấm F10."
    )


class PenElsewhere(RuleBroken):
    """This desk does not hold the book's pen."""

    sentence = N_("Chưa cấp số: quyền cấp số của “{title}” đang ở máy khác. Không có gì bị mất; bản nháp vẫn được giữ.")


class NumberUnknown(RuleBroken):
    """There is no such number in the book."""

    sentence = N_("Không có số {number} trong sổ năm {year}. Kiểm tra lại số vừa nhập.")


class NumberNotReserved(RuleBroken):
    """The number is not held."""

    sentence = N_("Số {number} không phải số đang giữ. Bấm Ctrl+R để chọn số đang giữ.")


class NumberOfAnotherDesk(RuleBroken):
    """The number is kept for the documents of a desk that was set aside."""

    sentence = N_("Số {number} để dành cho văn bản của máy tạm gác, chỉ máy đó dùng được. Chọn số khác.")


class TooManyReserved(RuleBroken):
    """The book already holds too many reserved numbers."""

    sentence = N_("Sổ đang giữ {count} số, nhiều nhất được giữ {most}. Dùng hoặc hủy số đang giữ trước.")


class NoSubNumberLeft(RuleBroken):
    """All letters behind the number are used."""

    sentence = N_("Sau số {number} đã chèn đủ 26 số phụ (a–z). Chèn sau số khác, hoặc cấp số mới.")


class AlreadyVoid(RuleBroken):
    """The number is void already."""

    sentence = N_("Số {number} đã hủy từ trước.")


class ReasonMissing(RuleBroken):
    """A reason is required."""

    sentence = N_("Phải ghi lý do.")
    field = "reason"


class NumberBelowMark(RuleBroken):
    """The desk has given, or shown, a higher number than the one that is said to be the last."""

    sentence = N_(
        "Máy này đã cấp đến số {known} của “{title}”: số cuối cùng trên giấy không thể nhỏ hơn. Xem lại sổ giấy và văn bản đã đóng dấu."
    )
    field = "last"


class AlreadyNumbering(RuleBroken):
    """The book gives numbers already."""

    sentence = N_("“{title}” đang cấp số. Chỉ đặt được số bắt đầu cho sổ mới mở, hoặc sổ vừa phục hồi.")


class NumberShownElsewhere(RuleBroken):
    """A desk has shown a number that is not the next one of its pen; nothing overwrites."""

    sentence = N_(
        "Số {number} của “{title}” không khớp sổ ở máy chủ (số tiếp theo là {expected}). Giữ bản giấy, báo quản trị; nội dung đã nhập còn nguyên."
    )


class JumpTooFar(RuleBroken):
    """The last number is too far away to be right."""

    sentence = N_("Số {number} quá xa: mỗi lần bỏ qua nhiều nhất {most} số. Kiểm tra lại số cuối cùng.")


@dataclass(frozen=True, slots=True)
class Numbered:
    """A number just issued, in its book, at its moment (UTC)."""

    register: UUID
    year: int
    number: int
    sub_number: str
    registered_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Issue:
    """Who asks for a number, by which command, at which desk, when (UTC)."""

    agency: UUID
    register: UUID
    year: int
    command_uid: UUID
    actor: UUID
    desk: UUID
    at: dt.datetime


def issue_next(tx: Connection, issue: Issue, document: UUID) -> Numbered:
    """Give the document the next number of the book.

    The moment never runs backwards inside a book: after a clock was set back, entries keep the last moment until
    the clock has caught up.

    Raises:
        RegisterNotOpen, RegisterClosed, RegisterSuspended, PenElsewhere.
    """
    shown = next_shown()
    if shown is not None and not _is_next(tx, issue, shown):
        return _enter_shown(tx, issue, shown, document)
    number, at = _advance(tx, issue)
    _insert(tx, issue, number, "", EntryState.LIVE, at, document_id=document)
    return Numbered(issue.register, issue.year, number, "", at)


def _is_next(tx: Connection, issue: Issue, number: int) -> bool:
    """Say whether the pen that the command was carried out with would write this number now."""
    book = _book(tx, issue)
    return book.state == "OPEN" and _pen_is_theirs(tx, book, issue) and book.next_number == number


def _enter_shown(tx: Connection, issue: Issue, number: int, document: UUID) -> Numbered:
    """Enter a document under the number that was shown for it, where that number is waited for.

    A pen that was taken back while its holder could not be asked, and a restored server, leave holes: numbers held
    for `LOST_HOLDER`. Such a number is filled by the document that has it on paper; one that is kept for a desk that
    was set aside, by that desk's document only. A restored server also takes numbers that it has not reached; those
    before them become holes.

    Raises:
        RegisterNotOpen, RegisterClosed, RegisterSuspended, PenElsewhere, NumberShownElsewhere.
    """
    book = _book(tx, issue)
    if book.state == "CLOSED":
        raise RegisterClosed(title=book.title, year=issue.year)
    if recovering() and number >= book.next_number:
        enter_holes(tx, issue, number - 1, "Số đã cấp trước khi máy chủ được phục hồi")
        taken, at = _advance(tx, issue)
        _insert(tx, issue, taken, "", EntryState.LIVE, at, document_id=document)
        return Numbered(issue.register, issue.year, taken, "", at)
    waited_for = [LOST_HOLDER]
    if lost_by(tx, issue.agency, issue.register, issue.year, number) == issue.desk:
        waited_for.append(SET_ASIDE_HOLDER)
    filled = tx.execute(
        update(entry)
        .where(_key(issue, number, ""), entry.c.state == EntryState.RESERVED, entry.c.holder.in_(waited_for))
        .values(state=EntryState.LIVE, document_id=document, state_at=issue.at, state_by=issue.actor)
    )
    if filled.rowcount == 1:
        return Numbered(issue.register, issue.year, number, "", issue.at)
    _open_book(tx, issue)
    raise NumberShownElsewhere(number=number, title=book.title, expected=book.next_number)


def enter_holes(tx: Connection, issue: Issue, last_number: int, reason: str) -> int:
    """Bring the counter behind `last_number`; each number passed over is held until its document comes back.

    Returns: how many numbers were entered.

    Raises:
        RegisterNotOpen; JumpTooFar: more numbers than an agency gives in a year.
    """
    book = _book(tx, issue)
    first = book.next_number
    if last_number - first >= LARGEST_JUMP:
        raise JumpTooFar(number=last_number, most=LARGEST_JUMP)
    if last_number < first:
        return 0
    tx.execute(update(register_year).where(_book_key(issue)).values(next_number=last_number + 1))
    at = max(issue.at, book.last_registered_at or issue.at)
    for number in range(first, last_number + 1):
        _insert(
            tx, issue, number, "", EntryState.RESERVED, at, reason=reason, holder=LOST_HOLDER,
            expires_on=dt.date(issue.year, 12, 31),
        )  # fmt: skip
    return last_number + 1 - first


def hold_refused(tx: Connection, issue: Issue, number: int, reason: str) -> bool:
    """Hold the number that a desk has stamped under its pen for a command that is refused, for the command sent again.

    Returns: whether the number was the next one of the desk's pen; any other stays as it is.
    """
    if recovering() and number > _book(tx, issue).next_number:
        enter_holes(tx, issue, number - 1, reason)
    if not _is_next(tx, issue, number):
        return False
    taken, at = _advance(tx, issue)
    _insert(
        tx, issue, taken, "", EntryState.RESERVED, at, reason=reason, holder=REFUSED_HOLDER,
        expires_on=dt.date(issue.year, 12, 31),
    )  # fmt: skip
    return True


def issue_many(tx: Connection, issue: Issue, documents: Sequence[UUID]) -> list[Numbered]:
    """Give each document the next number of the book, in this order and at one moment.

    The same as `issue_next` for one after the other: the counter row moves on by as many as there are documents.

    Raises:
        RegisterNotOpen, RegisterClosed, RegisterSuspended, PenElsewhere; then none has a number.
    """
    if not documents:
        return []
    shown = [number for number in (next_shown() for _ in documents) if number is not None]
    # Fewer than there are documents cannot be this command's numbers; the caller sees that the results differ.
    if len(shown) == len(documents) and not _is_next(tx, issue, shown[0]):
        return [_enter_shown(tx, issue, number, document) for number, document in zip(shown, documents, strict=True)]
    first, at = _advance(tx, issue, len(documents))
    rows = [
        _entry(issue, number, "", EntryState.LIVE, at, document_id=document)
        for number, document in enumerate(documents, first)
    ]
    _write_entry.many(tx, rows)
    return [Numbered(issue.register, issue.year, row["number"], "", at) for row in rows]


def reserve_next(tx: Connection, issue: Issue, holder: str, reason: str, expires_on: dt.date) -> Numbered:
    """Hold the next number for `holder` until a day (giữ số); it is used, or voided with its reason.

    Raises:
        ReasonMissing, TooManyReserved, and those of `issue_next`.
    """
    if not reason or not holder:
        raise ReasonMissing
    shown = next_shown()
    if shown is not None and recovering():
        return _reserve_again(tx, issue, shown, holder, reason, expires_on)
    held = reserved_numbers(tx, issue.agency, issue.register, issue.year)
    if len(held) >= OPEN_RESERVATIONS_ALLOWED:
        raise TooManyReserved(count=len(held), most=OPEN_RESERVATIONS_ALLOWED)
    number, at = _advance(tx, issue)
    _insert(
        tx, issue, number, "", EntryState.RESERVED, at, holder=holder, reason=reason, expires_on=expires_on
    )  # fmt: skip
    return Numbered(issue.register, issue.year, number, "", at)


def _reserve_again(
    tx: Connection, issue: Issue, number: int, holder: str, reason: str, expires_on: dt.date
) -> Numbered:
    """Hold the number that was held before the server was restored; the document that uses it may have come first."""
    book = _book(tx, issue)
    if number >= book.next_number:
        enter_holes(tx, issue, number, reason)
    tx.execute(
        update(entry)
        .where(_key(issue, number, ""), entry.c.state == EntryState.RESERVED, entry.c.holder == LOST_HOLDER)
        .values(holder=holder, reason=reason, expires_on=expires_on)
    )
    return Numbered(issue.register, issue.year, number, "", issue.at)


def use_reserved(tx: Connection, issue: Issue, number: int, document: UUID) -> Numbered:
    """Give a held number to the document it was held for.

    Raises:
        NumberNotReserved: it is not held, or its term has passed.
        NumberOfAnotherDesk: it is kept for what another desk has stamped.
    """
    _open_book(tx, issue)
    shown = next_shown()
    if shown is not None and recovering() and number >= _book(tx, issue).next_number:
        return _enter_shown(tx, issue, number, document)
    holder = tx.execute(select(entry.c.holder).where(_key(issue, number, ""))).scalar()
    if holder == SET_ASIDE_HOLDER and lost_by(tx, issue.agency, issue.register, issue.year, number) != issue.desk:
        raise NumberOfAnotherDesk(number=number)
    changed = tx.execute(
        update(entry)
        .where(
            _key(issue, number, ""),
            entry.c.state == EntryState.RESERVED,
            entry.c.expires_on >= local(issue.at).date(),
        )
        .values(state=EntryState.LIVE, document_id=document, state_at=issue.at, state_by=issue.actor)
        .returning(entry.c.registered_at)
    ).first()
    if changed is None:
        raise NumberNotReserved(number=number)
    notes_of(tx).number(issue.register, issue.year, number, special=True)
    return Numbered(issue.register, issue.year, number, "", changed.registered_at)


def issue_sub_number(tx: Connection, issue: Issue, number: int, document: UUID, reason: str) -> Numbered:
    """Insert a document behind an existing number: 15a, 15b … (số phụ); the reason is kept and reported.

    Raises:
        ReasonMissing: no reason was given.
        NumberUnknown: the book has no such number.
        NoSubNumberLeft: 26 documents stand behind it already.
    """
    if not reason:
        raise ReasonMissing
    at = _open_book(tx, issue)
    taken = set(
        tx.execute(
            select(entry.c.sub_number).where(
                entry.c.agency_id == issue.agency,
                entry.c.register_id == issue.register,
                entry.c.year == issue.year,
                entry.c.number == number,
            )
        ).scalars()
    )
    if "" not in taken:
        raise NumberUnknown(number=number, year=issue.year)
    sub_number = next((letter for letter in string.ascii_lowercase if letter not in taken), None)
    if sub_number is None:
        raise NoSubNumberLeft(number=number)
    _insert(tx, issue, number, sub_number, EntryState.LIVE, at, document_id=document, reason=reason)
    notes_of(tx).number(issue.register, issue.year, number, sub_number, special=True)
    return Numbered(issue.register, issue.year, number, sub_number, at)


def void(tx: Connection, issue: Issue, number: int, sub_number: str, reason: str) -> UUID | None:
    """Void a number: it keeps its place, with reason, who and when (NĐ 30/2020 Đ18.3).

    Returns: the document that had it, if one had.

    Raises:
        ReasonMissing, NumberUnknown, AlreadyVoid; RegisterClosed: what a closed book says stays so.
    """
    if not reason:
        raise ReasonMissing
    book = _book(tx, issue)
    if book.state == "CLOSED":
        raise RegisterClosed(title=book.title, year=issue.year)
    found = tx.execute(select(entry.c.state, entry.c.document_id).where(_key(issue, number, sub_number))).first()
    if found is None:
        raise NumberUnknown(number=f"{number}{sub_number}", year=issue.year)
    if found.state == EntryState.VOID:
        raise AlreadyVoid(number=f"{number}{sub_number}")
    tx.execute(
        update(entry)
        .where(_key(issue, number, sub_number))
        .values(state=EntryState.VOID, reason=reason, state_at=issue.at, state_by=issue.actor)
    )
    document: UUID | None = found.document_id
    return document


def lost_by(tx: Connection, agency: UUID, register_id: UUID, year: int, number: int) -> UUID | None:
    """Return the lost desk behind whose last known number this one lies, or None."""
    found: UUID | None = tx.execute(
        select(custody.c.from_desk).where(
            custody.c.agency_id == agency,
            custody.c.register_id == register_id,
            custody.c.year == year,
            custody.c.kind == "TAKEOVER",
            custody.c.next_number <= number,
            custody.c.declared_last >= number,
        )
    ).scalar()
    return found


def resume_behind(tx: Connection, issue: Issue, last_number: int, reason: str, lost_holder: str = LOST_HOLDER) -> int:
    """Go on behind the last number on paper; every number in between gets its entry with the reason.

    After a restore the numbers that the store has lost are held, so that the documents that bear them on paper can be
    entered again under them; at the year's end what was not is void. A fresh book of an agency that comes from paper
    or another program starts behind its numbers, which are void here: their documents stand in the old book.

    Args:
        lost_holder: who holds the lost numbers.

    Returns: how many numbers were entered.

    Raises:
        ReasonMissing, RegisterNotOpen, RegisterClosed, PenElsewhere.
        NumberUnknown: the store already knows a higher number.
        NumberBelowMark: the store does not, but this desk's high-water mark does.
        AlreadyNumbering: the book is in use and was not restored.
        JumpTooFar: more numbers than an agency gives in a year.
    """
    if not reason:
        raise ReasonMissing
    book = _book(tx, issue)
    restored = book.state == "SUSPENDED"
    if not restored:
        _open_book(tx, issue)
        if book.next_number != 1:
            raise AlreadyNumbering(title=book.title)
    first = book.next_number
    if last_number < first - 1:
        raise NumberUnknown(number=last_number, year=issue.year)
    notes = notes_of(tx)
    known = notes.highest(issue.register, book.code, issue.year)
    if last_number < known:
        raise NumberBelowMark(known=known, title=book.title)
    if last_number - first >= LARGEST_JUMP:
        raise JumpTooFar(number=last_number, most=LARGEST_JUMP)
    _go_on_behind(tx, issue, last_number, pen_of(issue.desk))
    at = max(issue.at, book.last_registered_at or issue.at)
    if restored:
        _hold_lost(tx, issue, first, last_number, reason, at, lost_holder)
        for number, sub_number in notes.special(issue.register, issue.year):
            _keep_from_others(tx, issue, number, sub_number, at, reason)
    else:
        for number in range(first, last_number + 1):
            _insert(tx, issue, number, "", EntryState.VOID, at, reason=reason)
    notes.pen_taken(issue.register, issue.year, book.code, last_number)
    return last_number + 1 - first


def resume_emergency(tx: Connection, issue: Issue, last_number: int, reason: str) -> None:
    """Go on behind the last emergency number on paper; what the store has lost is held, to be entered again.

    Its pen never leaves the desk, so that it is taken up here without a hand-over. Where nothing was lost (the
    server carries the same command out) nothing changes.

    Raises:
        RegisterNotOpen, RegisterClosed.
        NumberUnknown: the store already knows a higher number.
        NumberBelowMark: this desk has given a higher one.
        JumpTooFar: more numbers than a desk gives in a year.
    """
    book = _book(tx, issue)
    if book.state == "CLOSED":
        raise RegisterClosed(title=book.title, year=issue.year)
    first = book.next_number
    if last_number < first - 1:
        raise NumberUnknown(number=last_number, year=issue.year)
    notes = notes_of(tx)
    known = notes.highest(issue.register, book.code, issue.year)
    if last_number < known:
        raise NumberBelowMark(known=known, title=book.title)
    if last_number - first >= LARGEST_JUMP:
        raise JumpTooFar(number=last_number, most=LARGEST_JUMP)
    _go_on_behind(tx, issue, last_number, issue.desk)
    _hold_lost(tx, issue, first, last_number, reason, max(issue.at, book.last_registered_at or issue.at))
    notes.pen_taken(issue.register, issue.year, book.code, last_number)


def _go_on_behind(tx: Connection, issue: Issue, last_number: int, holder: UUID | None) -> None:
    tx.execute(
        update(register_year)
        .where(_book_key(issue))
        .values(
            state="OPEN",
            holder_desk=holder,
            holder_incarnation=select(desk.c.incarnation)
            .where(desk.c.agency_id == issue.agency, desk.c.id == holder)
            .scalar_subquery(),
            next_number=last_number + 1,
        )
    )


def _hold_lost(
    tx: Connection, issue: Issue, first: int, last: int, reason: str, at: dt.datetime, holder: str = LOST_HOLDER
) -> None:
    for number in range(first, last + 1):
        _insert(
            tx, issue, number, "", EntryState.RESERVED, at, reason=reason, holder=holder,
            expires_on=dt.date(issue.year, 12, 31),
        )  # fmt: skip


def _keep_from_others(tx: Connection, issue: Issue, number: int, sub_number: str, at: dt.datetime, reason: str) -> None:
    """See that a number that is on paper, though the restored store does not know it, goes to no other document.

    A held number that was used waits for its document to be entered again; a sub-number is void.
    """
    if sub_number == "":
        tx.execute(
            update(entry)
            .where(_key(issue, number, ""), entry.c.state == EntryState.RESERVED)
            .values(holder=LOST_HOLDER, reason=reason, expires_on=dt.date(issue.year, 12, 31))
        )
    elif tx.execute(select(entry.c.state).where(_key(issue, number, sub_number))).first() is None:
        _insert(tx, issue, number, sub_number, EntryState.VOID, at, reason=reason)


@dataclass(frozen=True, slots=True)
class Held:
    """A number that is held (giữ số): for whom, why, until when."""

    number: int
    holder: str
    reason: str
    expires_on: dt.date


def held_numbers(tx: Connection, agency: UUID, register_id: UUID, year: int) -> list[Held]:
    """Return what is held in a book, lowest number first."""
    rows = tx.execute(
        select(entry.c.number, entry.c.holder, entry.c.reason, entry.c.expires_on)
        .where(
            entry.c.agency_id == agency,
            entry.c.register_id == register_id,
            entry.c.year == year,
            entry.c.state == EntryState.RESERVED,
            text("(entry.state != 'LIVE' OR entry.sub_number != '')"),  # word for word as in the partial index
        )
        .order_by(entry.c.number)
    )
    return [Held(row.number, row.holder, row.reason, row.expires_on) for row in rows]


def void_reason(tx: Connection, agency: UUID, document: UUID) -> str:
    """Return why a document's number is void; empty while it is not."""
    reason = tx.execute(
        select(entry.c.reason).where(
            entry.c.agency_id == agency, entry.c.document_id == document, entry.c.state == EntryState.VOID
        )
    ).scalar()
    return reason or ""


def reserved_numbers(tx: Connection, agency: UUID, register_id: UUID, year: int) -> list[int]:
    """Return the numbers that are held in a book, lowest first."""
    return list(
        tx.execute(
            select(entry.c.number)
            .where(
                entry.c.agency_id == agency,
                entry.c.register_id == register_id,
                entry.c.year == year,
                entry.c.state == EntryState.RESERVED,
            )
            .order_by(entry.c.number)
        ).scalars()
    )


def next_number(tx: Connection, agency: UUID, register_id: UUID, year: int) -> int | None:
    """Return the number that the next document would get, for show only; None when the book is not open."""
    return tx.execute(
        select(register_year.c.next_number).where(
            register_year.c.agency_id == agency,
            register_year.c.register_id == register_id,
            register_year.c.year == year,
            register_year.c.state == "OPEN",
        )
    ).scalar()


_this_book = and_(
    register_year.c.agency_id == bindparam("agency"),
    register_year.c.register_id == bindparam("register"),
    register_year.c.year == bindparam("of_year"),
)
_at: BindParameter[dt.datetime] = bindparam("at", type_=register_year.c.last_registered_at.type)
_how_many: BindParameter[int] = bindparam("how_many", type_=Integer)
_later = case((register_year.c.last_registered_at > _at, register_year.c.last_registered_at), else_=_at)
_moved_on = {"next_number": register_year.c.next_number + _how_many, "last_registered_at": _later}
_first_taken = (register_year.c.next_number - _how_many).label("number")


def check_open(connection: Connection, agency: UUID, register_id: UUID, year: int) -> int:
    """Return the number that the next document of a book would get, for show; whoever has its pen.

    Raises:
        RegisterNotOpen, RegisterClosed, RegisterSuspended.
    """
    row = _read_book(connection, agency=agency, register=register_id, of_year=year).first()
    if row is None or row.state is None:
        raise RegisterNotOpen(title=row.title if row else "?", year=year)
    _refuse_unless_open(row.state, row.title, year)
    return int(row.next_number)


# State, pen, counter and moment in one statement: nothing stands between the check and the number.
_with_pen = and_(
    _this_book,
    register_year.c.state == literal_column("'OPEN'"),
    func.coalesce(register_year.c.holder_desk, literal_column("''")) == bindparam("pen", type_=Text()),
)
_count_on = Prepared(
    update(register_year)
    .where(
        _with_pen,
        or_(
            literal_column("''") == bindparam("incarnation", type_=Text()),
            func.coalesce(register_year.c.holder_incarnation, bindparam("incarnation", type_=Text()))
            == bindparam("incarnation", type_=Text()),
        ),
    )
    .values(**_moved_on)
    .returning(_first_taken, register_year.c.last_registered_at)
)
# At a desk: a store that was restored or copied has another incarnation than the one that the pen was given to.
_count_on_here = Prepared(
    update(register_year)
    .where(
        _with_pen,
        register_year.c.holder_incarnation
        == select(desk.c.incarnation)
        .where(desk.c.agency_id == register_year.c.agency_id, desk.c.id == register_year.c.holder_desk)
        .correlate(register_year)
        .scalar_subquery(),
    )
    .values(**_moved_on)
    .returning(_first_taken, register_year.c.last_registered_at)
)
_count_on_whosever = Prepared(
    update(register_year)
    .where(_this_book)
    .values(**_moved_on)
    .returning(_first_taken, register_year.c.last_registered_at)
)


def _advance(tx: Connection, issue: Issue, how_many: int = 1) -> tuple[int, dt.datetime]:
    """Move the counter on; return the first of the numbers taken, and their moment."""
    book = {
        "agency": issue.agency, "register": issue.register, "of_year": issue.year, "at": issue.at, "how_many": how_many,
    }  # fmt: skip
    if recovering():
        _open_book(tx, issue)
        counted = _count_on_whosever(tx, **book).first()
    else:
        pen, incarnation = pen_of(issue.desk), pen_incarnation()
        book["pen"] = str(pen) if pen else ""
        if at_server():
            counted = _count_on(tx, **book, incarnation=str(incarnation) if incarnation else "").first()
        else:
            counted = _count_on_here(tx, **book).first()
    if counted is None:
        _open_book(tx, issue)  # says why not, unless the number is from the desk's store before its restore
        counted = _count_on_whosever(tx, **book).first() if at_server() else None
    if counted is None:
        raise RegisterNotOpen(title="?", year=issue.year)
    notes = notes_of(tx)
    for number in range(int(counted.number), int(counted.number) + how_many):
        notes.number(issue.register, issue.year, number)
    return int(counted.number), dt.datetime.fromisoformat(counted.last_registered_at)


def _open_book(tx: Connection, issue: Issue) -> dt.datetime:
    """Check that this desk may number in the book now; return the moment to write."""
    book = _book(tx, issue)
    _refuse_unless_open(book.state, book.title, issue.year)
    if not _pen_is_theirs(tx, book, issue):
        raise PenElsewhere(title=book.title)
    # At the desk only: what a store stamped before it was restored or copied is still its own when the server hears of it.
    if book.is_of_old_incarnation and not at_server():
        raise PenElsewhere(title=book.title)
    return max(issue.at, book.last_registered_at or issue.at)


def _pen_is_theirs(tx: Connection, book: _Book, issue: Issue) -> bool:
    """Say whether the pen is where the command was carried out; a store that was restored has lost its pens."""
    if recovering():
        return True
    if book.holder_desk != pen_of(issue.desk):
        return False
    incarnation = pen_incarnation()
    if incarnation is None or book.holder_incarnation in (None, incarnation):
        return True
    return _is_from_before(tx, book, issue, incarnation)


def _is_from_before(tx: Connection, book: _Book, issue: Issue, incarnation: UUID) -> bool:
    """Say whether a desk's command was carried out under the pen of its store before that was restored or copied.

    Only at the server, while the entry by which the present incarnation begins has not come: everything before it in
    the desk's log is from the store that held the pen. The present holding must be that store's, by the custody
    log or by an entry of the desk's own.
    """
    begun = {
        json.loads(body)["incarnation"]
        for body in tx.execute(
            select(audit.c.body).where(
                audit.c.agency_id == issue.agency, audit.c.kind == "BeginIncarnation", audit.c.desk == issue.desk
            )
        ).scalars()
    }
    if str(incarnation) in begun:
        return False
    if str(book.holder_incarnation) in begun:
        return True
    given = tx.execute(
        select(custody.c.id).where(
            custody.c.agency_id == issue.agency,
            custody.c.register_id == issue.register,
            custody.c.year == issue.year,
            custody.c.epoch == book.epoch,
            custody.c.to_desk == issue.desk,
            custody.c.to_incarnation == book.holder_incarnation,
        )
    ).first()
    return given is not None


def _refuse_unless_open(state: str, title: str, year: int) -> None:
    if state == "CLOSED":
        raise RegisterClosed(title=title, year=year)
    if state == "SUSPENDED":
        raise RegisterSuspended(title=title)


_read_book = Prepared(
    select(
        register.c.title,
        register.c.code,
        register_year.c.state,
        register_year.c.holder_desk,
        register_year.c.holder_incarnation,
        register_year.c.next_number,
        register_year.c.last_registered_at,
        register_year.c.epoch,
        desk.c.incarnation,
    )
    .select_from(register)
    .outerjoin(
        register_year,
        and_(
            register_year.c.agency_id == register.c.agency_id,
            register_year.c.register_id == register.c.id,
            register_year.c.year == bindparam("of_year"),
        ),
    )
    .outerjoin(desk, and_(desk.c.agency_id == register_year.c.agency_id, desk.c.id == register_year.c.holder_desk))
    .where(register.c.agency_id == bindparam("agency"), register.c.id == bindparam("register"))
)


def _book(tx: Connection, issue: Issue) -> _Book:
    row = _read_book(tx, agency=issue.agency, register=issue.register, of_year=issue.year).first()
    if row is None or row.state is None:
        raise RegisterNotOpen(title=row.title if row else "?", year=issue.year)
    return _Book(
        row.title,
        row.state,
        UUID(row.holder_desk) if row.holder_desk else None,
        UUID(row.holder_incarnation) if row.holder_incarnation else None,
        row.next_number,
        dt.datetime.fromisoformat(row.last_registered_at) if row.last_registered_at else None,
        row.code,
        row.holder_incarnation != row.incarnation,
        row.epoch,
    )


@dataclass(frozen=True, slots=True)
class _Book:
    title: str
    state: str
    holder_desk: UUID | None
    holder_incarnation: UUID | None
    next_number: int
    last_registered_at: dt.datetime | None
    code: str
    is_of_old_incarnation: bool
    epoch: int


def _book_key(issue: Issue) -> ColumnElement[bool]:
    return and_(
        register_year.c.agency_id == issue.agency,
        register_year.c.register_id == issue.register,
        register_year.c.year == issue.year,
    )


def _key(issue: Issue, number: int, sub_number: str) -> ColumnElement[bool]:
    return and_(
        entry.c.agency_id == issue.agency,
        entry.c.register_id == issue.register,
        entry.c.year == issue.year,
        entry.c.number == number,
        entry.c.sub_number == sub_number,
    )


_write_entry = prepared_insert(
    entry,
    "agency_id", "register_id", "year", "number", "sub_number", "state", "document_id", "command_uid",
    "registered_at", "registered_by", "reason", "holder", "expires_on",
)  # fmt: skip


def _insert(
    tx: Connection, issue: Issue, number: int, sub_number: str, state: EntryState, at: dt.datetime, **facts: Any
) -> None:
    _write_entry(tx, **_entry(issue, number, sub_number, state, at, **facts))


def _entry(
    issue: Issue,
    number: int,
    sub_number: str,
    state: EntryState,
    at: dt.datetime,
    *,
    document_id: UUID | None = None,
    reason: str = "",
    holder: str = "",
    expires_on: dt.date | None = None,
) -> dict[str, Any]:
    return {
        "agency_id": issue.agency,
        "register_id": issue.register,
        "year": issue.year,
        "number": number,
        "sub_number": sub_number,
        "state": state.value,
        "document_id": document_id,
        "command_uid": issue.command_uid,
        "registered_at": at,
        "registered_by": issue.actor,
        "reason": reason,
        "holder": holder,
        "expires_on": expires_on,
    }

"""Closing the books of a year (đóng sổ): what still stands in the way, in words, and the close, which is for good.

A book is closed when nothing of it is pending any more; then it is printed, signed and kept
(Hà Nam 44/2024 Đ10.3c, Đ13.4đ). No number, and no change of a number, comes after that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, func, select, text, update

from clerkdesk.data.schema import audit as audit_log
from clerkdesk.data.schema import (
    daily_close,
    desk,
    emergency_line,
    entry,
    history,
    outgoing,
    person,
    register,
    register_year,
)
from clerkdesk.errors import RuleBroken
from clerkdesk.i18n import N_, _
from clerkdesk.services import audit, numbering
from clerkdesk.services.batch import waiting_count
from clerkdesk.services.clock import local
from clerkdesk.services.commands import CloseYear, Frozen, Result
from clerkdesk.services.daily_close import (
    closed_on,
    day_of_book,
    unclosed_days,
    void_expired,
    write_close,
)
from clerkdesk.services.execution import pen_of
from clerkdesk.services.reference_code import number_text
from clerkdesk.services.vocabulary import EntryState, OutgoingStatus

_NAMED = 5  # of many things of one kind, so many are named


class YearNotReady(RuleBroken):
    """Something is still pending; `pending` has all of it."""

    sentence = N_("Chưa đóng được sổ năm {year}: {what}")

    def __init__(self, year: int, pending: Sequence[Pending]) -> None:
        self.pending = tuple(pending)
        super().__init__(year=year, what="; ".join(f"“{one.title}” {one.words}" for one in pending) + ".")


class NothingToClose(RuleBroken):
    """No book was named."""

    sentence = N_("Không có sổ nào của năm {year} đang mở để đóng.")


@dataclass(frozen=True, slots=True)
class Pending:
    """What keeps a book from being closed; `blocking` is not set for what the close itself will settle."""

    register_id: UUID
    title: str
    words: str
    blocking: bool = True


class ClosedBook(Frozen):
    """A book as it was when it was closed."""

    register_id: UUID
    last_number: int
    live: int
    void: int
    sub_numbers: int
    expired: int = 0  # held numbers that became void in closing
    chain_seq: int
    chain_head: str


class YearClosed(Result):
    """The books that are closed now."""

    year: int
    books: tuple[ClosedBook, ...] = ()


@dataclass(frozen=True, slots=True)
class Noted:
    """A number that the closing report names, with the reason."""

    number: int
    sub_number: str
    reason: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class ClosingFacts:
    """What the closing report of a book says."""

    title: str
    code: str
    year: int
    state: str
    opened_at: dt.datetime
    closed_at: dt.datetime | None
    closed_by: str
    last_number: int
    live: int
    void: int
    reserved: int
    sub_numbers: tuple[Noted, ...]
    voids: tuple[Noted, ...]
    days_closed: int
    chain_seq: int
    chain_head: str


def close_year(tx: Connection, command: CloseYear, at: dt.datetime) -> YearClosed:
    """Close books for good; all that are named, or none.

    Days that are not closed yet are closed now, and held numbers whose term has ended become void.

    Raises:
        YearNotReady: carries everything that is pending, in words.
        NothingToClose.
    """
    if not command.registers:
        raise NothingToClose(year=command.year)
    day = local(at).date()
    holder = pen_of(command.desk)
    standing = [
        one
        for register_id in command.registers
        for one in pending_of(tx, command.agency, register_id, command.year, holder, day)
        if one.blocking
    ]
    if standing:
        raise YearNotReady(command.year, standing)
    closed = []
    for register_id in command.registers:
        expired = void_expired(tx, command, register_id, command.year, day - dt.timedelta(days=1), at)
        chain = audit.chain_head(tx, command.agency)
        for on, book in unclosed_days(tx, command.agency, register_id, command.year, day):
            write_close(tx, command.agency, on, book, chain, "", at)
        if not closed_on(tx, command.agency, register_id, command.year, day):
            # The last close says where the log stood when the book was shut, also when nothing came that day.
            book = day_of_book(tx, command.agency, register_id, command.year, day)
            write_close(tx, command.agency, day, book, chain, "", at)
        facts = closing_facts(tx, command.agency, register_id, command.year)
        tx.execute(
            update(register_year)
            .where(
                register_year.c.agency_id == command.agency,
                register_year.c.register_id == register_id,
                register_year.c.year == command.year,
            )
            .values(state="CLOSED", closed_at=at)
        )
        closed.append(
            ClosedBook(
                register_id=register_id,
                last_number=facts.last_number,
                live=facts.live,
                void=facts.void,
                sub_numbers=len(facts.sub_numbers),
                expired=expired,
                chain_seq=chain[0],
                chain_head=chain[1].hex(),
            )
        )
    return YearClosed(year=command.year, books=tuple(closed))


def pending_of(
    connection: Connection, agency: UUID, register_id: UUID, year: int, holder: UUID | None, day: dt.date
) -> list[Pending]:
    """Return everything that is still pending in a book, in words.

    Args:
        holder: where the pen must be: this desk, or None for the server.
        day: today.
    """
    book = connection.execute(
        select(register.c.title, register_year.c.state, register_year.c.holder_desk, desk.c.name, desk.c.code)
        .join_from(
            register_year,
            register,
            (register.c.agency_id == register_year.c.agency_id) & (register.c.id == register_year.c.register_id),
        )
        .outerjoin(desk, (desk.c.agency_id == register_year.c.agency_id) & (desk.c.id == register_year.c.holder_desk))
        .where(
            register_year.c.agency_id == agency,
            register_year.c.register_id == register_id,
            register_year.c.year == year,
        )
    ).first()
    if book is None:
        title = connection.execute(select(register.c.title).where(register.c.id == register_id)).scalar()
        return [Pending(register_id, title or "?", _("năm {year} chưa mở").format(year=year))]
    found: list[Pending] = []

    def stands(words: str, *, blocking: bool = True) -> None:
        found.append(Pending(register_id, book.title, words, blocking))

    if book.state == "CLOSED":
        stands(_("đã đóng rồi"))
        return found
    if book.state == "SUSPENDED":
        stands(_("chờ xác nhận số cuối cùng trên giấy (chọn sổ, bấm F10)"))
    if book.holder_desk != holder:
        where = book.name or book.code or _("máy chủ")
        stands(_("có quyền cấp số đang ở “{where}”, phải trả về trước").format(where=where))
    lines = _open_emergency_lines(connection, agency, register_id, year)
    if lines:
        stands(_("còn {count} dòng của sổ tạm chưa chuyển sang số chính thức").format(count=lines))
    waiting = waiting_count(connection, agency, register_id, year)
    if waiting:
        stands(_("còn {count} văn bản chờ vào sổ (Ctrl+G ch)").format(count=waiting))
    held = numbering.held_numbers(connection, agency, register_id, year)
    for one in held:
        if one.expires_on >= day:
            words = _("còn giữ số {number} cho {holder} đến {until}: dùng, hoặc hủy kèm lý do")
            stands(words.format(number=number_text(one.number), holder=one.holder, until=f"{one.expires_on:%d/%m/%Y}"))
    for status, words in (
        (OutgoingStatus.NUMBERED, N_("có {count} văn bản đã cấp số chưa đóng dấu: {codes}")),
        (OutgoingStatus.SEALED, N_("có {count} văn bản đã đóng dấu chưa phát hành: {codes}")),
    ):
        codes = _codes(connection, agency, register_id, year, status)
        if codes:
            named = ", ".join(codes[:_NAMED]) + (" …" if len(codes) > _NAMED else "")
            stands(_(words).format(count=len(codes), codes=named))
    ended = [number_text(one.number) for one in held if one.expires_on < day]
    if ended:
        words = _("khi đóng, {count} số giữ đã hết hạn được ghi hủy kèm lý do: {numbers}")
        stands(words.format(count=len(ended), numbers=", ".join(ended[:_NAMED])), blocking=False)
    days = unclosed_days(connection, agency, register_id, year, day)
    if days:
        stands(_("khi đóng, {count} ngày chưa chốt được chốt nốt").format(count=len(days)), blocking=False)
    return found


def _open_emergency_lines(connection: Connection, agency: UUID, register_id: UUID, year: int) -> int:
    """Count the lines of the emergency registers that belong in this book, or stand in it, and have no number yet."""
    query = (
        select(func.count())
        .select_from(emergency_line)
        .where(
            emergency_line.c.agency_id == agency,
            (emergency_line.c.ordinary_register_id == register_id) | (emergency_line.c.register_id == register_id),
            emergency_line.c.year == year,
            emergency_line.c.ordinary_number.is_(None),
        )
    )
    return int(connection.execute(query).scalar_one())


def _codes(connection: Connection, agency: UUID, register_id: UUID, year: int, status: OutgoingStatus) -> list[str]:
    query = select(outgoing.c.reference_code).where(
        outgoing.c.agency_id == agency,
        outgoing.c.status == status.value,
        outgoing.c.register_id == register_id,
        outgoing.c.year == year,
    )
    return list(connection.execute(query.order_by(outgoing.c.number)).scalars())


def open_registers_of(connection: Connection, agency: UUID, year: int) -> list[UUID]:
    """Return the registers whose book of the year is not closed, in the agency's order."""
    query = (
        select(register.c.id)
        .join(
            register_year,
            (register_year.c.agency_id == register.c.agency_id) & (register_year.c.register_id == register.c.id),
        )
        .where(register.c.agency_id == agency, register_year.c.year == year, register_year.c.state != "CLOSED")
        .order_by(register.c.position)
    )
    return list(connection.execute(query).scalars())


def closing_facts(connection: Connection, agency: UUID, register_id: UUID, year: int) -> ClosingFacts:
    """Return what the closing report of a book says; also before the close, as a draft.

    Raises:
        RegisterNotOpen: the book was never opened.
    """
    book = connection.execute(
        select(register.c.title, register.c.code, register_year)
        .join_from(
            register_year,
            register,
            (register.c.agency_id == register_year.c.agency_id) & (register.c.id == register_year.c.register_id),
        )
        .where(
            register_year.c.agency_id == agency,
            register_year.c.register_id == register_id,
            register_year.c.year == year,
        )
    ).first()
    if book is None:
        raise numbering.RegisterNotOpen(title="?", year=year)
    special = connection.execute(
        select(
            entry.c.number, entry.c.sub_number, entry.c.state, entry.c.reason, entry.c.registered_at, entry.c.state_at
        )
        .where(entry.c.agency_id == agency, entry.c.register_id == register_id, entry.c.year == year)
        .where(text("(entry.state != 'LIVE' OR entry.sub_number != '')"))  # word for word as in the partial index
        .order_by(entry.c.number, entry.c.sub_number)
    ).all()

    voids = [row for row in special if row.state == EntryState.VOID]
    reserved = sum(row.state == EntryState.RESERVED for row in special)
    subs = [row for row in special if row.sub_number]
    last = book.next_number - 1
    closes = connection.execute(
        select(daily_close.c.chain_seq, daily_close.c.chain_head)
        .where(daily_close.c.agency_id == agency, daily_close.c.register_id == register_id, daily_close.c.year == year)
        .order_by(daily_close.c.day.desc())
    ).all()
    return ClosingFacts(
        title=book.title,
        code=book.code,
        year=year,
        state=book.state,
        opened_at=book.opened_at,
        closed_at=book.closed_at,
        closed_by=_closed_by(connection, agency, book.closed_at),
        last_number=last,
        # Every number up to the last has an entry, so the live ones need not be read.
        live=last + len(subs) - len(voids) - reserved,
        void=len(voids),
        reserved=reserved,
        sub_numbers=tuple(Noted(row.number, row.sub_number, row.reason, row.registered_at) for row in subs),
        voids=tuple(Noted(row.number, row.sub_number, row.reason, row.state_at or row.registered_at) for row in voids),
        days_closed=len(closes),
        chain_seq=closes[0].chain_seq if closes else 0,
        chain_head=closes[0].chain_head.hex() if closes else "",
    )


def _closed_by(connection: Connection, agency: UUID, closed_at: dt.datetime | None) -> str:
    """Return who closed a book, from the log of the desk or of the server, whichever carried it out."""
    if closed_at is None:
        return ""
    for log in (audit_log, history):
        name = connection.execute(
            select(person.c.full_name)
            .join_from(log, person, (person.c.agency_id == log.c.agency_id) & (person.c.id == log.c.actor))
            .where(log.c.agency_id == agency, log.c.kind == CloseYear.__name__, log.c.recorded_at == closed_at)
        ).scalar()
        if name:
            return str(name)
    return ""

"""The daily close (chốt sổ ngày): what each book got on a day that has ended, bound to the audit log, kept for ever.

Nobody asks for it: the program closes at the first look on a later day, and makes up for days that were missed. A day
is closed only when it is over, because a close says that no more numbers of that day will come. Held numbers whose
term has ended by then become void with their reason (NĐ 30/2020 Đ15.1).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection, and_, bindparam, literal_column, select, text

from clerkdesk.data.prepared import Prepared, prepared_insert
from clerkdesk.data.schema import daily_close, entry, register, register_year
from clerkdesk.errors import ClerkDeskError, RuleBroken
from clerkdesk.i18n import N_
from clerkdesk.services import audit, numbering
from clerkdesk.services.clock import local, today
from clerkdesk.services.commands import BookDay, CloseDay, Command, Result
from clerkdesk.services.execution import at_server, pen_of
from clerkdesk.services.vocabulary import EntryState

if TYPE_CHECKING:
    from clerkdesk.services.desk import Desk

Sign = Callable[[bytes], tuple[str, str]]
"""Signs a text without asking anybody: returns the signature (CMS, base64) and the signer's name."""


class DayNotOver(RuleBroken):
    """The day has not ended, so numbers may still come."""

    sentence = N_("Chưa chốt sổ ngày {day}: ngày ấy chưa hết.")


class CloseDiffers(RuleBroken):
    """The book does not hold what the close says."""

    sentence = N_(
        "Chưa chốt sổ ngày {day}: số liệu của “{title}” không khớp với sổ. Không có gì thay đổi; máy sẽ chốt lại."
    )


class ChainUnknown(RuleBroken):
    """The close names an audit entry that this log does not have."""

    sentence = N_("Chưa chốt sổ ngày {day}: chuỗi nhật ký không có mục {seq} như đã ghi. Chạy “clerkdesk check”.")


class DayClosed(Result):
    """How many books were closed, and how many held numbers became void because their term had ended."""

    books: int = 0
    expired: int = 0


@dataclass(frozen=True, slots=True)
class Closed:
    """A daily close as it is kept; `signer` is empty when it is not signed."""

    title: str
    register_id: UUID
    year: int
    day: dt.date
    first_number: int | None
    last_number: int | None
    live: int
    void: int
    reserved: int
    chain_seq: int
    chain_head: bytes
    signer: str
    closed_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Due:
    """A day that has ended and is not closed yet, with its books; all of them are held at the same place."""

    day: dt.date
    at_server: bool
    books: tuple[BookDay, ...]


_write = prepared_insert(daily_close, *daily_close.c.keys())


def close_day(tx: Connection, command: CloseDay, at: dt.datetime) -> DayClosed:
    """Keep what each book got on a day; a book that is closed for the day already is left as it is.

    Raises:
        DayNotOver, CloseDiffers, ChainUnknown; nothing is kept then.
    """
    if command.day >= local(at).date():
        raise DayNotOver(day=f"{command.day:%d/%m/%Y}")
    seq, head = command.chain_seq, bytes.fromhex(command.chain_head)
    if pen_of(command.desk) is None:
        seq, head = audit.chain_head(tx, command.agency)  # the server's books are bound to the server's log
    elif not at_server() and not audit.stands_in_chain(tx, command.agency, seq, head):
        raise ChainUnknown(day=f"{command.day:%d/%m/%Y}", seq=seq)
    books = expired = 0
    for book in command.books:
        if closed_on(tx, command.agency, book.register_id, book.year, command.day):
            continue
        expired += void_expired(tx, command, book.register_id, book.year, command.day, at)
        found = day_of_book(tx, command.agency, book.register_id, book.year, command.day)
        if found != book.model_copy(update={"signature": ""}):
            title = tx.execute(
                select(register.c.title).where(
                    register.c.agency_id == command.agency, register.c.id == book.register_id
                )
            ).scalar()
            raise CloseDiffers(day=f"{command.day:%d/%m/%Y}", title=title or "?")
        write_close(tx, command.agency, command.day, book, (seq, head), command.signer if book.signature else "", at)
        books += 1
    return DayClosed(books=books, expired=expired)


def write_close(
    tx: Connection,
    agency: UUID,
    day: dt.date,
    book: BookDay,
    chain: tuple[int, bytes],
    signer: str,
    at: dt.datetime,
) -> None:
    """Keep one book's close."""
    from base64 import b64decode

    _write(
        tx,
        agency_id=agency,
        register_id=book.register_id,
        year=book.year,
        day=day,
        first_number=book.first_number,
        last_number=book.last_number,
        live=book.live,
        void=book.void,
        reserved=book.reserved,
        chain_seq=chain[0],
        chain_head=chain[1],
        signature=b64decode(book.signature) if book.signature else None,
        signer=signer,
        closed_at=at,
    )


def void_expired(tx: Connection, command: Command, register_id: UUID, year: int, day: dt.date, at: dt.datetime) -> int:
    """Void the held numbers of a book whose last day is `day` or earlier, each with its reason; return how many."""
    issue = numbering.Issue(command.agency, register_id, year, command.uid, command.actor, command.desk, at)
    expired = [one for one in numbering.held_numbers(tx, command.agency, register_id, year) if one.expires_on <= day]
    for one in expired:
        reason = f"Hết hạn giữ số (giữ cho {one.holder}: {one.reason})"
        numbering.void(tx, issue, one.number, "", reason)
    return len(expired)


def day_of_book(connection: Connection, agency: UUID, register_id: UUID, year: int, day: dt.date) -> BookDay:
    """Count what a book got on a day, as its entries are now; held numbers whose term ends by then count as void.

    Live, void and held add up to all entries of the day, sub-numbers among them.
    """
    for on, book in _days(connection, agency, register_id, year):
        if on == day:
            return book
        if on > day:
            break
    return BookDay(register_id=register_id, year=year)


def unclosed_days(
    connection: Connection, agency: UUID, register_id: UUID, year: int, before: dt.date
) -> list[tuple[dt.date, BookDay]]:
    """Return the days before `before` on which a book got entries and that are not closed, oldest first."""
    closed = set(
        connection.execute(
            select(daily_close.c.day).where(
                daily_close.c.agency_id == agency,
                daily_close.c.register_id == register_id,
                daily_close.c.year == year,
            )
        ).scalars()
    )
    days = [(on, book) for on, book in _days(connection, agency, register_id, year) if on < before and on not in closed]
    held = [one.expires_on for one in numbering.held_numbers(connection, agency, register_id, year)]
    yesterday = before - dt.timedelta(days=1)
    ended = [last for last in held if last <= yesterday]
    if ended and yesterday not in closed and not any(on >= max(ended) for on, _book in days):
        days.append((yesterday, BookDay(register_id=register_id, year=year)))  # a term that ended is news too
    return days


def due_days(connection: Connection, agency: UUID, desk: UUID, before: dt.date) -> list[Due]:
    """Return what the program at this desk has to close now: its own books, and the server's, of this year and the last.

    Args:
        desk: this desk; books that another desk holds are closed there.
        before: today; days before it have ended.
    """
    books = connection.execute(
        select(register_year.c.register_id, register_year.c.year, register_year.c.holder_desk)
        .where(
            register_year.c.agency_id == agency,
            register_year.c.year.in_((before.year - 1, before.year, before.year + 1)),
            register_year.c.state == "OPEN",
        )
        .order_by(register_year.c.year, register_year.c.register_id)
    )
    found: dict[tuple[dt.date, bool], list[BookDay]] = {}
    for row in books:
        if row.holder_desk in (desk, None):
            for on, book in unclosed_days(connection, agency, row.register_id, row.year, before):
                found.setdefault((on, row.holder_desk is None), []).append(book)
    return [Due(on, server, tuple(of_day)) for (on, server), of_day in sorted(found.items(), key=lambda one: one[0])]


def close_due_days(desk: Desk, sign: Sign | None = None) -> int:
    """Close every day that has ended and is not closed; return how many books' days were closed.

    Args:
        sign: signs without asking; None leaves the closes unsigned, which is shown with them.
    """
    if desk.facts is None:
        return 0
    closed = 0
    for due in desk.read(due_days, desk.facts.id, today()):
        seq, head = desk.read(audit.chain_head)
        books, signer = due.books, ""
        if sign is not None and not due.at_server:
            signed = [(book, *sign(signed_text(desk.agency_id, due.day, book, seq, head))) for book in books]
            books = tuple(book.model_copy(update={"signature": signature}) for book, signature, _signer in signed)
            signer = signed[0][2]
        command = desk.make(
            CloseDay, day=due.day, books=books, chain_seq=seq, chain_head=head.hex(), signer=signer
        )  # fmt: skip
        try:
            result = desk.do(command)
        except ClerkDeskError:
            if not due.at_server:
                raise
            continue  # the server is not there, or knows of more than this desk does; at the next look it is asked again
        closed += result.books if isinstance(result, DayClosed) else 0
    return closed


def signed_text(agency: UUID, day: dt.date, book: BookDay, seq: int, head: bytes) -> bytes:
    """Return the words of a close that its signature binds: one `name=value` a line, in UTF-8."""
    facts = {
        "agency": agency,
        "register": book.register_id,
        "year": book.year,
        "day": day.isoformat(),
        "first": book.first_number or "",
        "last": book.last_number or "",
        "live": book.live,
        "void": book.void,
        "reserved": book.reserved,
        "chain_seq": seq,
        "chain_head": head.hex(),
    }
    return "".join(f"{name}={value}\n" for name, value in facts.items()).encode()


def closes_of(connection: Connection, agency: UUID, year: int, register_id: UUID | None = None) -> list[Closed]:
    """Return the daily closes of a year's books, or of one book, the newest first."""
    query = (
        select(register.c.title, *(column for column in daily_close.c if column.key not in ("agency_id", "signature")))
        .join_from(
            daily_close,
            register,
            and_(register.c.agency_id == daily_close.c.agency_id, register.c.id == daily_close.c.register_id),
        )
        .where(daily_close.c.agency_id == agency, daily_close.c.year == year)
        .order_by(daily_close.c.day.desc(), register.c.position)
    )
    if register_id is not None:
        query = query.where(daily_close.c.register_id == register_id)
    return [Closed(**row) for row in connection.execute(query).mappings()]


def closed_on(connection: Connection, agency: UUID, register_id: UUID, year: int, day: dt.date) -> bool:
    """Say whether a book is closed for a day."""
    row = select(daily_close.c.day).where(
        daily_close.c.agency_id == agency,
        daily_close.c.register_id == register_id,
        daily_close.c.year == year,
        daily_close.c.day == day,
    )
    return connection.execute(row).first() is not None


# --- counting --------------------------------------------------------------------------------------------------------

# Numbers follow time, so that what is not closed yet stands behind the last number that is.
_last_closed = Prepared(
    select(daily_close.c.last_number)
    .where(
        daily_close.c.agency_id == bindparam("agency"),
        daily_close.c.register_id == bindparam("register"),
        daily_close.c.year == bindparam("of_year"),
        daily_close.c.last_number.is_not(None),
    )
    .order_by(daily_close.c.day.desc())
    .limit(literal_column("1"))
)
_facts = (entry.c.number, entry.c.sub_number, entry.c.state, entry.c.registered_at, entry.c.expires_on)
_of_book = (
    entry.c.agency_id == bindparam("agency"),
    entry.c.register_id == bindparam("register"),
    entry.c.year == bindparam("of_year"),
)
_behind = Prepared(
    select(*_facts)
    .where(*_of_book, entry.c.number > bindparam("last"), entry.c.sub_number == literal_column("''"))
    .order_by(entry.c.number)
)
_sub_numbers = Prepared(
    select(*_facts)
    .where(*_of_book, entry.c.sub_number != literal_column("''"))
    .where(text("(entry.state != 'LIVE' OR entry.sub_number != '')"))  # word for word as in the partial index
)


def _days(connection: Connection, agency: UUID, register_id: UUID, year: int) -> Iterator[tuple[dt.date, BookDay]]:
    """Yield each day behind the last closed number, and each day of a sub-number, with what the book got, in order."""
    key = {"agency": agency, "register": register_id, "of_year": year}
    last = _last_closed(connection, **key).scalar() or 0
    days: dict[dt.date, list[tuple[int | None, str]]] = {}
    for row in (*_behind(connection, **key, last=last), *_sub_numbers(connection, **key)):
        on = local(dt.datetime.fromisoformat(row.registered_at)).date()
        ended = row.state == EntryState.RESERVED and row.expires_on <= on.isoformat()
        days.setdefault(on, []).append((None if row.sub_number else row.number, "VOID" if ended else row.state))
    for on, entries in sorted(days.items()):
        numbers = [number for number, _state in entries if number is not None]
        states = [state for _number, state in entries]
        yield (
            on,
            BookDay(
                register_id=register_id,
                year=year,
                first_number=min(numbers, default=None),
                last_number=max(numbers, default=None),
                live=states.count("LIVE"),
                void=states.count("VOID"),
                reserved=states.count("RESERVED"),
            ),
        )

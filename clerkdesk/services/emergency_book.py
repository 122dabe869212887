"""What the emergency registers hold, for screens and print: outages, lines, totals of each day, what to convert next."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, func, select

from clerkdesk.data.schema import (
    arrival,
    audit,
    desk,
    desk_key,
    emergency_line,
    entry,
    history,
    outage,
    register,
    register_year,
)
from clerkdesk.services.clock import local
from clerkdesk.services.emergency import ENTRY_OF_LINE, open_outage, register_id_of
from clerkdesk.services.reference_code import joined, number_text
from clerkdesk.services.vocabulary import EntryState

_HISTORY_LOOKED_AT = 20_000  # of the newest acts, when asking when a desk was last heard of


@dataclass(frozen=True, slots=True)
class Outage:
    """An outage (sự cố mất kết nối) of a desk, with who allowed the emergency register."""

    id: UUID
    desk_code: str
    cause: str
    authorised_by: str
    reported_to: str
    started_at: dt.datetime
    authorised_until: dt.datetime
    ended_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an emergency register; `ordinary` is its number of the ordinary book with its year, once it has one.

    `registered_at` is the desk's clock, `corrected_at` what it would have shown had it gone as the server's.
    """

    document: UUID
    emergency_number: str
    desk_id: UUID
    desk_code: str
    year: int
    number: int
    registered_at: dt.datetime
    corrected_at: dt.datetime
    ordinary_register: UUID
    ordinary: str
    converted_by: UUID | None
    converted_at: dt.datetime | None
    void: bool
    arrival_date: dt.date
    issuer: str
    code: str
    subject: str

    @property
    def waits(self) -> bool:
        """Whether it still needs its ordinary number."""
        return not self.ordinary and not self.void


@dataclass(frozen=True, slots=True)
class DayTotal:
    """How many documents a desk entered on a day, void ones among them (DPR 445/2000, art. 63.3)."""

    day: dt.date
    desk_code: str
    count: int


@dataclass(frozen=True, slots=True)
class DeskContact:
    """A desk, when it was last heard of (UTC; None: never), and whether it may have lines that are not here yet."""

    id: UUID
    code: str
    name: str
    here: bool
    last_contact: dt.datetime | None
    outage_open: bool
    may_have_lines: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines that go into one ordinary book, in order; `first_number` is what the first would get now.

    `state` is the book's: OPEN, CLOSED, SUSPENDED, or empty when it is not open.
    """

    register_id: UUID
    title: str
    year: int
    state: str
    first_number: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Conversions:
    """One conversion that was carried out, with its lines in order of their new numbers."""

    command: UUID
    at: dt.datetime
    count: int


def outages(connection: Connection, agency: UUID, year: int) -> list[Outage]:
    """Return the outages that touch a year, the first first."""
    rows = connection.execute(
        select(outage, desk.c.code)
        .join_from(outage, desk, and_(desk.c.agency_id == outage.c.agency_id, desk.c.id == outage.c.desk_id))
        .where(outage.c.agency_id == agency)
        .order_by(outage.c.started_at, outage.c.id)
    )
    return [
        Outage(
            row.id,
            row.code,
            row.cause,
            row.authorised_by,
            row.reported_to,
            row.started_at,
            row.authorised_until,
            row.ended_at,
        )
        for row in rows
        if local(row.started_at).year <= year and (row.ended_at is None or local(row.ended_at).year >= year)
    ]


def next_emergency_number(connection: Connection, agency: UUID, desk_id: UUID, year: int) -> str:
    """Return what the next document of a desk would get while an outage goes on there, `T02-4`; else an empty text."""
    going_on = open_outage(connection, agency, desk_id)
    if going_on is None:
        return ""
    following = connection.execute(
        select(register_year.c.next_number).where(
            register_year.c.agency_id == agency,
            register_year.c.register_id == going_on.register_id,
            register_year.c.year == year,
        )
    ).scalar()
    return f"{going_on.register_code}-{following or 1}"


def asks_for_last_number(connection: Connection, agency: UUID, desk_id: UUID, year: int) -> bool:
    """Say whether the store may not know all emergency numbers of the year: restored, or none given yet."""
    book = select(register_year.c.state).where(
        register_year.c.agency_id == agency,
        register_year.c.register_id == register_id_of(desk_id),
        register_year.c.year == year,
    )
    return connection.execute(book).scalar() != "OPEN"


def lines(connection: Connection, agency: UUID, *, year: int | None = None, waiting: bool = False) -> list[Line]:
    """Return lines, by desk and number.

    Args:
        year: of their registration; None for all.
        waiting: only those that still need an ordinary number.
    """
    query = _LINES.where(emergency_line.c.agency_id == agency)
    if year is not None:
        query = query.where(emergency_line.c.year == year)
    if waiting:
        query = query.where(emergency_line.c.ordinary_number.is_(None), entry.c.state != EntryState.VOID)
    query = query.order_by(emergency_line.c.year, desk.c.code, emergency_line.c.number)
    return [_line(row) for row in connection.execute(query)]


def line_of(connection: Connection, agency: UUID, document: UUID) -> Line | None:
    """Return the emergency line of a document, or None."""
    row = connection.execute(
        _LINES.where(emergency_line.c.agency_id == agency, emergency_line.c.document_id == document)
    ).first()
    return None if row is None else _line(row)


def day_totals(of: Iterable[Line]) -> list[DayTotal]:
    """Return how many lines each desk wrote on each day, by day and desk."""
    counted = Counter((local(line.registered_at).date(), line.desk_code) for line in of)
    return [DayTotal(day, code, counted[day, code]) for day, code in sorted(counted)]


def conversions(connection: Connection, agency: UUID, limit: int = 50) -> list[Conversions]:
    """Return the conversions that were carried out, the last first."""
    rows = connection.execute(
        select(
            emergency_line.c.converted_by_command,
            func.max(emergency_line.c.converted_at).label("at"),
            func.count().label("amount"),
        )
        .where(emergency_line.c.agency_id == agency, emergency_line.c.converted_by_command.is_not(None))
        .group_by(emergency_line.c.converted_by_command)
        .order_by(func.max(emergency_line.c.converted_at).desc())
        .limit(limit)
    )
    return [Conversions(row.converted_by_command, row.at, row.amount) for row in rows]


def converted_lines(connection: Connection, agency: UUID, commands: Iterable[UUID]) -> list[Line]:
    """Return the lines of conversions, in order of their ordinary numbers: what is stamped on paper now."""
    query = _LINES.where(
        emergency_line.c.agency_id == agency, emergency_line.c.converted_by_command.in_(list(commands))
    )
    query = query.order_by(arrival.c.year, emergency_line.c.ordinary_register_id, emergency_line.c.ordinary_number)
    return [_line(row) for row in connection.execute(query)]


def in_order(of: Iterable[Line]) -> list[Line]:
    """Return lines in the order in which they get their numbers: by corrected time, then desk, then number.

    Within a desk the numbers tell the order of receipt, whatever its clock did: a line never stands before one of its
    desk with a lower number.
    """
    placed: list[tuple[dt.datetime, str, int, int, Line]] = []
    latest: dict[tuple[UUID, int], dt.datetime] = {}
    for line in sorted(of, key=lambda one: (one.desk_id, one.year, one.number)):
        at = max(line.corrected_at, latest.get((line.desk_id, line.year), line.corrected_at))
        latest[line.desk_id, line.year] = at
        placed.append((at, line.desk_code, line.year, line.number, line))
    return [one[-1] for one in sorted(placed, key=lambda one: one[:-1])]


def proposal(connection: Connection, agency: UUID) -> list[Batch]:
    """Return all waiting lines of all desks, book by book and in order.

    A line goes into the book of its own year; when that is closed, into the first open one of a later year.
    """
    rows = connection.execute(
        select(
            register.c.id, register.c.title, register_year.c.year, register_year.c.state, register_year.c.next_number
        )
        .join_from(
            register,
            register_year,
            and_(register_year.c.agency_id == register.c.agency_id, register_year.c.register_id == register.c.id),
            isouter=True,
        )
        .where(register.c.agency_id == agency)
        .order_by(register_year.c.year)
    ).all()
    titles = {row.id: row.title for row in rows}
    books = {(row.id, row.year): row for row in rows}
    groups: dict[tuple[int, UUID], list[Line]] = {}
    for line in lines(connection, agency, waiting=True):
        year, own = line.year, books.get((line.ordinary_register, line.year))
        if own is not None and own.state == "CLOSED":
            later = (row.year for row in rows if row.id == line.ordinary_register and row.state == "OPEN")
            year = next((one for one in later if one > line.year), line.year)
        groups.setdefault((year, line.ordinary_register), []).append(line)
    made = []
    for (year, register_id), group in sorted(groups.items()):
        book = books.get((register_id, year))
        state, following = (book.state, book.next_number) if book else ("", 1)
        made.append(Batch(register_id, titles[register_id], year, state, following, tuple(in_order(group))))
    return made


def desk_contacts(
    connection: Connection, agency: UUID, this_desk: UUID, seen: Mapping[UUID, dt.datetime | None] | None = None
) -> list[DeskContact]:
    """Return every desk of the agency but those declared lost, with its last contact.

    A desk may have lines that are not here when an outage is still open there, or when it was last heard of before
    the last waiting line was written.

    Args:
        seen: when the server last heard of each desk, where it was asked; else what the records tell is taken.
    """
    waiting = lines(connection, agency, waiting=True)
    last = max((line.corrected_at for line in waiting), default=None)
    keys = {
        row.desk_id: row
        for row in connection.execute(select(desk_key).where(desk_key.c.agency_id == agency))
    }  # fmt: skip
    open_at = set(
        connection.execute(
            select(outage.c.desk_id).where(outage.c.agency_id == agency, outage.c.ended_at.is_(None))
        ).scalars()
    )
    heard = {**_heard_of(connection, agency), **{one: key.last_seen_at for one, key in keys.items()}, **(seen or {})}
    found = []
    for row in connection.execute(select(desk).where(desk.c.agency_id == agency).order_by(desk.c.code)):
        if row.id in keys and keys[row.id].state == "LOST":
            continue
        here = row.id == this_desk
        contact = heard.get(row.id)
        late = contact is None or (last is not None and contact < last)
        outage_open = row.id in open_at
        found.append(
            DeskContact(row.id, row.code, row.name, here, contact, outage_open, not here and (outage_open or late))
        )
    return found


def _heard_of(connection: Connection, agency: UUID) -> dict[UUID, dt.datetime | None]:
    """Return when each desk last did something that is known here."""
    heard: dict[UUID, dt.datetime | None] = {}
    for table in (history, audit):
        newest = select(func.max(table.c.seq)).where(table.c.agency_id == agency).scalar_subquery()
        rows = connection.execute(
            select(table.c.desk, func.max(table.c.recorded_at).label("at"))
            .where(table.c.agency_id == agency, table.c.seq > newest - _HISTORY_LOOKED_AT)
            .group_by(table.c.desk)
        )
        for row in rows:
            known = heard.get(row.desk)
            heard[row.desk] = row.at if known is None else max(known, row.at)
    return heard


_LINES = (
    select(
        emergency_line,
        desk.c.code.label("desk_code"),
        entry.c.state.label("entry_state"),
        arrival.c.emergency_number,
        arrival.c.arrival_date,
        arrival.c.issuer,
        arrival.c.code_number,
        arrival.c.code_notation,
        arrival.c.subject,
        arrival.c.year.label("arrival_year"),
        arrival.c.number.label("arrival_number"),
        arrival.c.sub_number,
    )
    .select_from(emergency_line)
    .join(desk, and_(desk.c.agency_id == emergency_line.c.agency_id, desk.c.id == emergency_line.c.desk_id))
    .join(entry, ENTRY_OF_LINE)
    .join(
        arrival, and_(arrival.c.agency_id == emergency_line.c.agency_id, arrival.c.id == emergency_line.c.document_id)
    )
)


def _line(row: Any) -> Line:
    converted = row.ordinary_number is not None
    return Line(
        document=row.document_id,
        emergency_number=row.emergency_number,
        desk_id=row.desk_id,
        desk_code=row.desk_code,
        year=row.year,
        number=row.number,
        registered_at=row.registered_at,
        corrected_at=row.registered_at + dt.timedelta(milliseconds=row.clock_offset),
        ordinary_register=row.ordinary_register_id,
        ordinary=f"{number_text(row.arrival_number, row.sub_number)}/{row.arrival_year}" if converted else "",
        converted_by=row.converted_by_command,
        converted_at=row.converted_at,
        void=row.entry_state == EntryState.VOID,
        arrival_date=row.arrival_date,
        issuer=row.issuer,
        code=joined(row.code_number, row.code_notation),
        subject=row.subject,
    )

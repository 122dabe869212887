"""Opening the year (mở sổ đầu năm): which books there will be, and where a document of a given day belongs.

The clerk opens all registers at the start of each working year (Đà Nẵng 8849 Đ8.2a). From December the next year's may
be opened too; a book of the old year stays open beside it until it is closed, for what came during the holidays.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, FromClause, and_, select

from clerkdesk.data.schema import desk, register, register_year
from clerkdesk.errors import RuleBroken
from clerkdesk.i18n import N_
from clerkdesk.services import numbering
from clerkdesk.services.commands import NewRegister
from clerkdesk.services.registers import arrivals_preset, copies_preset
from clerkdesk.services.vocabulary import Direction


class TooEarlyToOpen(RuleBroken):
    """The books of the next year are opened from December on."""

    sentence = N_("Sổ năm {year} mở được từ ngày 01/12/{before}.")


@dataclass(frozen=True, slots=True)
class Opening:
    """One register in the preview of a year's opening.

    `state` is that of the year's book, empty while it is not open; `old_state` and `old_next` are those of the book of
    the year before, empty and 0 when there is none. `holder` names who will number in it, or does: a desk, or nobody
    for the server.
    """

    register_id: UUID
    direction: Direction
    code: str
    title: str
    state: str
    next_number: int
    old_state: str
    old_next: int
    holder: str
    held_here: bool

    @property
    def to_open(self) -> bool:
        """Whether opening the year opens this one."""
        return self.state == ""


@dataclass(frozen=True, slots=True)
class OpeningPlan:
    """What opening a year will do: the agency's registers, and those of the presets that it lacks."""

    year: int
    registers: tuple[Opening, ...]
    missing: tuple[NewRegister, ...]

    @property
    def to_open(self) -> tuple[UUID, ...]:
        """The registers that have no book of the year yet."""
        return tuple(one.register_id for one in self.registers if one.to_open)


def year_to_open(day: dt.date) -> int:
    """Return the year whose books are opened on a day: this year's, in December already the next."""
    return day.year + 1 if day.month == 12 else day.year


def check_year(year: int, day: dt.date) -> None:
    """Check that the books of a year may be opened on a day.

    Raises:
        TooEarlyToOpen.
    """
    if year > year_to_open(day):
        raise TooEarlyToOpen(year=year, before=year - 1)


def opening_plan(connection: Connection, agency: UUID, year: int, desk_id: UUID) -> OpeningPlan:
    """Return what opening a year will do, in the agency's order.

    Who numbers in a book goes on doing so in the next: the pen covers the register, so that its holder can open the
    new year's book without a connection.
    """
    old, new = register_year.alias("old_book"), register_year.alias("new_book")
    rows = connection.execute(
        select(
            register.c.id,
            register.c.direction,
            register.c.code,
            register.c.title,
            new.c.state,
            new.c.next_number,
            new.c.holder_desk,
            old.c.state.label("old_state"),
            old.c.next_number.label("old_next"),
            old.c.holder_desk.label("old_holder"),
        )
        .select_from(register)
        .outerjoin(new, _book_of(new, year))
        .outerjoin(old, _book_of(old, year - 1))
        .where(register.c.agency_id == agency, register.c.emergency_of.is_(None))
        .order_by(register.c.position)
    ).all()
    names = {
        row.id: row.name or row.code
        for row in connection.execute(select(desk.c.id, desk.c.name, desk.c.code).where(desk.c.agency_id == agency))
    }
    openings = []
    for row in rows:
        known = row.state is not None or row.old_state is not None
        holder = (row.holder_desk if row.state is not None else row.old_holder) if known else desk_id
        openings.append(
            Opening(
                row.id, Direction(row.direction), row.code, row.title, row.state or "", row.next_number or 1,
                row.old_state or "", row.old_next or 0, names.get(holder, "") if holder else "", holder == desk_id,
            )
        )  # fmt: skip
    return OpeningPlan(year, tuple(openings), _missing(openings))


def _book_of(books: FromClause, year: int) -> ColumnElement[bool]:
    return and_(
        books.c.agency_id == register.c.agency_id, books.c.register_id == register.c.id, books.c.year == year
    )  # fmt: skip


def _missing(openings: list[Opening]) -> tuple[NewRegister, ...]:
    """Every agency has a register of arrivals and one of copies (NĐ 30/2020 Đ22.2, PL I.II.II.1c)."""
    codes = {one.code for one in openings}
    arrivals = () if any(one.direction is Direction.ARRIVAL for one in openings) else (arrivals_preset(),)
    copies = () if copies_preset().code in codes else (copies_preset(),)
    return (*arrivals, *copies)


def year_to_open_now(connection: Connection, agency: UUID, day: dt.date) -> int:
    """Return the year whose books the clerk should open now: this one, in December the next; 0 when none."""
    for year in (day.year, year_to_open(day)):
        if books_to_open(connection, agency, year):
            return year
    return 0


def books_to_open(connection: Connection, agency: UUID, year: int) -> int:
    """Return how many registers have no book of a year, when none of them has one; else 0: the year is open."""
    found = connection.execute(
        select(register_year.c.state)
        .select_from(register)
        .outerjoin(register_year, _book_of(register_year, year))
        .where(register.c.agency_id == agency, register.c.emergency_of.is_(None))
    ).scalars().all()  # fmt: skip
    return len(found) if all(state is None for state in found) else 0


@dataclass(frozen=True, slots=True)
class Place:
    """The book that a document of a day belongs in, and the number that it would get now."""

    year: int
    number: int


def place_of(connection: Connection, agency: UUID, register_id: UUID, day: dt.date) -> Place:
    """Return in which book, and under which number, an arrival of a day would be entered now.

    Raises:
        RegisterNotOpen, RegisterClosed, RegisterSuspended.
    """
    return Place(day.year, numbering.check_open(connection, agency, register_id, day.year))

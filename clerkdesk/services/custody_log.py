"""The custody log of a book's pen (quyền cấp số): one row per hand-over, never changed; and what a book's holding is now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select

from clerkdesk.data.schema import custody, desk, register, register_year, server, this_desk
from clerkdesk.services.execution import at_server
from clerkdesk.services.ids import new_id


class CustodyKind(StrEnum):
    """How a pen came to its holder."""

    OPEN = "OPEN"  # the book was opened there
    GRANT = "GRANT"  # the server gave it to a desk
    RETURN = "RETURN"  # the desk gave it back
    CODE = "CODE"  # by telephone; from and to the same desk: the receiver has typed the code
    TAKEOVER = "TAKEOVER"  # two people declared the holder destroyed, or set it aside
    RECOVERY = "RECOVERY"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class Holding:
    """A book and who holds its pen; `desk` None is the server."""

    agency: UUID
    register: UUID
    year: int
    title: str
    code: str
    place: int
    emergency: bool
    state: str
    next_number: int
    desk: UUID | None
    incarnation: UUID | None
    epoch: int


@dataclass(frozen=True, slots=True)
class Step:
    """One hand-over to be noted; the desks are None where the server is meant."""

    kind: CustodyKind
    from_desk: UUID | None
    to_desk: UUID | None
    to_incarnation: UUID | None
    epoch: int
    next_number: int
    who: UUID
    at: dt.datetime
    second: UUID | None = None
    declared_last: int | None = None
    reason: str = ""


def holding_of(tx: Connection, agency: UUID, register_id: UUID, year: int) -> Holding | None:
    """Return a book's present holding, or None when there is no such book; on PostgreSQL its row is locked."""
    row = tx.execute(
        select(
            register.c.title, register.c.code, register.c.position, register.c.emergency_of, register_year.c.state,
            register_year.c.next_number, register_year.c.holder_desk, register_year.c.holder_incarnation,
            register_year.c.epoch,
        )
        .with_for_update(of=register_year)
        .join_from(
            register,
            register_year,
            and_(register_year.c.agency_id == register.c.agency_id, register_year.c.register_id == register.c.id),
        )
        .where(register.c.agency_id == agency, register.c.id == register_id, register_year.c.year == year)
    ).first()  # fmt: skip
    if row is None:
        return None
    return Holding(
        agency, register_id, year, row.title, row.code, row.position, row.emergency_of is not None, row.state, row.next_number,
        row.holder_desk, row.holder_incarnation, row.epoch,
    )  # fmt: skip


def kind_of_epoch(tx: Connection, book: Holding) -> CustodyKind | None:
    """Return how the pen came to its present holder; None for a book from before the log."""
    kinds = tx.execute(select(custody.c.kind).where(of_book(book), custody.c.epoch == book.epoch)).scalars()
    return next(map(CustodyKind, kinds), None)


def since(tx: Connection, book: Holding) -> dt.datetime | None:
    """Return when the pen came to its present holder; None for a book from before the log."""
    moment: dt.datetime | None = tx.execute(
        select(func.min(custody.c.at)).where(of_book(book), custody.c.epoch == book.epoch)
    ).scalar()
    return moment


def of_book(book: Holding) -> ColumnElement[bool]:
    """Return the condition for a book's rows of the custody log."""
    return and_(custody.c.agency_id == book.agency, custody.c.register_id == book.register, custody.c.year == book.year)


def book_key(book: Holding) -> ColumnElement[bool]:
    """Return the condition for a book's own row."""
    return and_(
        register_year.c.agency_id == book.agency,
        register_year.c.register_id == book.register,
        register_year.c.year == book.year,
    )


def note(tx: Connection, agency: UUID, register_id: UUID, year: int, step: Step) -> UUID:
    """Append a hand-over to the log; return the row's id, which is the grant's id too."""
    row = new_id()
    # What a desk decides carries no term: the server, which carries it out again, may be in another one.
    decided_here = at_server() and step.kind in (CustodyKind.GRANT, CustodyKind.TAKEOVER)
    term = tx.execute(select(server.c.term)).scalar() if decided_here else ""
    tx.execute(
        insert(custody).values(
            agency_id=agency,
            id=row,
            register_id=register_id,
            year=year,
            epoch=step.epoch,
            kind=step.kind.value,
            from_desk=step.from_desk,
            to_desk=step.to_desk,
            to_incarnation=step.to_incarnation,
            term=term or "",
            next_number=step.next_number,
            declared_last=step.declared_last,
            who1=step.who,
            who2=step.second,
            reason=step.reason,
            at=step.at,
        )
    )
    return row


def has_server(tx: Connection, agency: UUID) -> bool:
    """Say whether the agency's books can be held elsewhere: this store is the server's, or its desk has a server."""
    if at_server():
        return True
    url = tx.execute(select(this_desk.c.server_url).where(this_desk.c.agency_id == agency)).scalar()
    return bool(url)


def incarnation_of(tx: Connection, agency: UUID, desk_id: UUID | None) -> UUID | None:
    """Return a desk's present incarnation; None for the server, or a desk that is not known."""
    found: UUID | None = tx.execute(
        select(desk.c.incarnation).where(desk.c.agency_id == agency, desk.c.id == desk_id)
    ).scalar()
    return found


def desk_code(tx: Connection, agency: UUID, desk_id: UUID | None) -> str:
    """Return a desk's code, as people call it; empty for the server or an unknown desk."""
    return tx.execute(select(desk.c.code).where(desk.c.agency_id == agency, desk.c.id == desk_id)).scalar() or ""

"""Where a command of this desk is carried out first: here, or at the server (ADR 17)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, and_, bindparam, select

from clerkdesk.data.prepared import Prepared
from clerkdesk.data.schema import outgoing, register, register_year, symbol, this_desk
from clerkdesk.services.commands import (
    CloseDay,
    Command,
    IssueNumber,
    NumberWaiting,
    OpenRegisters,
    RegisterArrival,
    Where,
)
from clerkdesk.services.pen_policy import who_opens

_read_server = Prepared(select(this_desk.c.server_url).where(this_desk.c.agency_id == bindparam("agency")))
_read_holder = Prepared(
    select(register.c.emergency_of, register_year.c.holder_desk)
    .select_from(register)
    .outerjoin(
        register_year,
        and_(
            register_year.c.agency_id == register.c.agency_id,
            register_year.c.register_id == register.c.id,
            register_year.c.year == bindparam("of_year"),
        ),
    )
    .where(register.c.agency_id == bindparam("agency"), register.c.id == bindparam("register"))
)
_read_register = Prepared(
    select(symbol.c.register_id)
    .join_from(outgoing, symbol, and_(symbol.c.agency_id == outgoing.c.agency_id, symbol.c.id == outgoing.c.symbol_id))
    .where(outgoing.c.agency_id == bindparam("agency"), outgoing.c.id == bindparam("outgoing"))
)


def has_server(connection: Connection, agency: UUID) -> bool:
    """Say whether this desk works with a server."""
    return bool(_read_server(connection, agency=agency).scalar())


def goes_to_server(connection: Connection, command: Command) -> bool:
    """Say whether a command must be carried out at the server first; never for a desk that has none.

    A command that numbers goes where the book's pen (quyền cấp số) is. A book that is not here yet is the server's.
    """
    if command.where is Where.DESK or not has_server(connection, command.agency):
        return False
    if command.where is Where.SERVER:
        return True
    if isinstance(command, OpenRegisters):  # one command for each opener: `pen_policy.by_opener`
        return not command.registers or _opener(connection, command) != command.desk
    book = _book_of(connection, command)
    if book is None:
        return True
    register_id, year = book
    found = _read_holder(connection, agency=command.agency, register=register_id, of_year=year).first()
    return found is None or str(command.desk) not in (found.holder_desk, found.emergency_of)


def _opener(connection: Connection, command: OpenRegisters) -> UUID | None:
    return who_opens(connection, command.agency, command.registers[0], command.year)


def _book_of(connection: Connection, command: Command) -> tuple[UUID, int] | None:
    """Return register and year of the book that the command numbers in."""
    if isinstance(command, RegisterArrival):
        return command.register_id, command.facts.arrival_date.year
    if isinstance(command, IssueNumber):
        found = _read_register(connection, agency=command.agency, outgoing=command.outgoing).scalar()
        return None if found is None else (UUID(found), command.issued_date.year)
    if isinstance(command, NumberWaiting) and command.first_numbers:  # of two years: both books have one holder
        return command.register_id, command.first_numbers[-1].year
    if isinstance(command, CloseDay) and command.books:
        return command.books[0].register_id, command.books[0].year
    register_id, year = getattr(command, "register_id", None), getattr(command, "year", None)
    return None if register_id is None or year is None else (register_id, year)

"""What the province's administrator does at the server itself: agencies, people, desks.

It goes through the same handlers and into the same audit log as everything else; the actor is the server's
administrator, who is nobody of the agency.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select

from clerkdesk.data.feed import take_feed
from clerkdesk.data.schema import agency as agency_table
from clerkdesk.data.schema import desk, desk_key, person
from clerkdesk.server.enrolment import AgencyUnknown
from clerkdesk.services import audit
from clerkdesk.services import commands as c
from clerkdesk.services.clock import now
from clerkdesk.services.execution import Execution, carried_out
from clerkdesk.services.ids import following, new_id
from clerkdesk.services.office import HANDLERS
from clerkdesk.services.passwords import hash_password
from clerkdesk.services.people import Person, people
from clerkdesk.services.registers import common_preset
from clerkdesk.services.vocabulary import Role

SERVER_ADMINISTRATOR = UUID(int=0)
SERVER_DESK_CODE = "00"


@dataclass(frozen=True, slots=True)
class AgencyLine:
    """An agency of the server, with how many desks and people it has."""

    id: UUID
    short_name: str
    name: str
    desks: int
    people: int


@dataclass(frozen=True, slots=True)
class DeskLine:
    """A desk of the server."""

    agency: str
    id: UUID
    code: str
    name: str
    state: str
    last_seen_at: dt.datetime | None
    reported: bool


def add_agency(
    tx: Connection, *, name: str, short_name: str, parent_name: str, place: str, username: str, full_name: str,
    password: str, organ_id: str = "",
) -> UUID:  # fmt: skip
    """Make an agency whose pens are at the server, with its first administrator, who must choose another password.

    Raises:
        Missing, UsernameWrong, TooLong.
    """
    agency, administrator = new_id(), new_id()
    command = c.SetUpAgency(
        uid=new_id(),
        agency=agency,
        actor=SERVER_ADMINISTRATOR,
        desk=new_id(),
        made_at=now(),
        name=name,
        short_name=short_name,
        parent_name=parent_name,
        place=place,
        organ_id=organ_id,
        desk_code=SERVER_DESK_CODE,
        desk_name="Máy chủ",
        administrator=c.NewPerson(
            id=administrator,
            username=username,
            full_name=full_name,
            roles=frozenset({Role.CLERK, Role.ADMINISTRATOR}),
        ),
        password_hash=hash_password(password),
        registers=common_preset(),
    )
    do(tx, command)
    reset = _as_server(tx, c.SetPassword, agency, person=administrator, password_hash=command.password_hash)
    do(tx, reset)
    return agency


def do(tx: Connection, command: c.Command) -> c.Result:
    """Carry out a command of the server's administrator and write it into the agency's audit log."""
    take_feed(tx, command.agency)
    at = now()
    with carried_out(Execution(holder=None, at_server=True)), following(command.uid, at):
        result = HANDLERS[type(command)][0](tx, command, at)
    audit.record(tx, command, result, at)
    return result


def add_person(
    tx: Connection, agency: UUID, *, username: str, full_name: str, roles: frozenset[Role], password: str
) -> None:
    """Create an account of an agency.

    Raises:
        UsernameWrong, UsernameTaken, Missing, TooLong.
    """
    facts = c.NewPerson(id=new_id(), username=username, full_name=full_name, roles=roles)
    do(tx, _as_server(tx, c.AddPerson, agency, person=facts, password_hash=hash_password(password)))


def set_password(tx: Connection, agency: UUID, username: str, password: str) -> bool:
    """Give an account another first password; says whether there is such an account."""
    found = next((one for one in people_of(tx, agency) if one.username == username.strip().lower()), None)
    if found is None:
        return False
    do(tx, _as_server(tx, c.SetPassword, agency, person=found.id, password_hash=hash_password(password)))
    return True


def _as_server(tx: Connection, kind: type[c.Command], agency: UUID, **facts: Any) -> c.Command:
    first = select(desk.c.id).where(desk.c.agency_id == agency).order_by(desk.c.code).limit(1)
    return kind(
        uid=new_id(),
        agency=agency,
        actor=SERVER_ADMINISTRATOR,
        desk=tx.execute(first).scalar_one(),
        made_at=now(),
        **facts,
    )


def people_of(connection: Connection, agency: UUID) -> list[Person]:
    """Return an agency's accounts."""
    return people(connection, agency)


def agencies(connection: Connection) -> list[AgencyLine]:
    """Return the server's agencies by short name."""
    desks = dict(_counts(connection, desk_key.c.agency_id))
    accounts = dict(_counts(connection, person.c.agency_id))
    rows = connection.execute(select(agency_table).order_by(agency_table.c.short_name, agency_table.c.name))
    return [
        AgencyLine(row.id, row.short_name, row.name, desks.get(row.id, 0), accounts.get(row.id, 0)) for row in rows
    ]  # fmt: skip


def _counts(connection: Connection, column: Any) -> list[tuple[UUID, int]]:
    return [(row[0], row[1]) for row in connection.execute(select(column, func.count()).group_by(column))]


def find_agency(connection: Connection, named: str) -> UUID:
    """Return an agency by id, short name or name.

    Raises:
        AgencyUnknown: none has it, or several have.
    """
    fitting = [
        one.id for one in agencies(connection) if named.casefold() in (str(one.id), one.short_name.casefold(), one.name.casefold())
    ]  # fmt: skip
    if len(fitting) != 1:
        raise AgencyUnknown(name=named)
    return fitting[0]


def desks(connection: Connection, term: str) -> list[DeskLine]:
    """Return every enrolled desk, by agency and code."""
    rows = connection.execute(
        select(
            agency_table.c.short_name, desk_key.c.desk_id, desk.c.code, desk.c.name, desk_key.c.state,
            desk_key.c.last_seen_at, desk_key.c.reported_term,
        )
        .join_from(desk_key, agency_table, agency_table.c.id == desk_key.c.agency_id)
        .join(desk, (desk.c.agency_id == desk_key.c.agency_id) & (desk.c.id == desk_key.c.desk_id))
        .order_by(agency_table.c.short_name, desk.c.code)
    )  # fmt: skip
    return [
        DeskLine(
            row.short_name, row.desk_id, row.code, row.name, row.state, row.last_seen_at, row.reported_term == term
        )
        for row in rows
    ]  # fmt: skip

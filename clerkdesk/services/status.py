"""What the status bar and the first screen show: next numbers, what waits, who works here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection, func, select, text

from clerkdesk.data.schema import arrival, emergency_line, outgoing, register
from clerkdesk.services import numbering, registers
from clerkdesk.services.clock import local, now, today
from clerkdesk.services.emergency import open_lines
from clerkdesk.services.emergency_book import next_emergency_number
from clerkdesk.services.inbox import inbox_count
from clerkdesk.services.reference_code import number_text
from clerkdesk.services.vocabulary import OutgoingStatus

if TYPE_CHECKING:
    from clerkdesk.services.desk import Desk


@dataclass(frozen=True, slots=True)
class DeskStatus:
    """State of the desk in one line; `next_arrival` is empty while no arrivals book is open."""

    next_arrival: str
    roles: str
    local_time: str
    emergency: str = ""  # `T02-4`: the next emergency number while an outage goes on here


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for somebody, for the first screen."""

    registered_today: int
    unprocessed: int
    urgent: int
    overdue: int
    drafts: int
    for_signature: int
    awaiting_issue: int
    emergency_lines: int
    inbox: int
    inbox_urgent: int


def desk_status(desk: Desk) -> DeskStatus:
    """Return the state of a desk with somebody logged in."""
    with desk.store.reading() as connection:
        agency = desk.agency_id
        register = registers.arrivals_register(connection, agency)
        following = None if register is None else numbering.next_number(connection, agency, register, today().year)
        emergency = "" if desk.facts is None else next_emergency_number(connection, agency, desk.facts.id, today().year)
    roles = ", ".join(sorted(role.label for role in desk.person.roles))
    return DeskStatus(number_text(following) if following else "", roles, f"{local(now()):%d/%m/%Y %H:%M}", emergency)


def waiting(connection: Connection, agency: UUID) -> Waiting:
    """Count what waits; each count is answered from an index."""
    open_ones = select(func.count()).select_from(arrival).where(
        arrival.c.agency_id == agency, text("status in ('REGISTERED','SUBMITTED','ASSIGNED','IN_PROGRESS')")
    )  # fmt: skip

    def count_outgoing(*states: OutgoingStatus) -> int:
        wanted = [state.value for state in states]
        query = select(func.count()).select_from(outgoing)
        return int(
            connection.execute(query.where(outgoing.c.agency_id == agency, outgoing.c.status.in_(wanted))).scalar_one()
        )

    inbox, inbox_urgent = inbox_count(connection, agency)
    return Waiting(
        registered_today=_registered_today(connection, agency),
        unprocessed=int(connection.execute(open_ones).scalar_one()),
        urgent=int(connection.execute(open_ones.where(arrival.c.urgency > 0)).scalar_one()),
        overdue=int(connection.execute(open_ones.where(arrival.c.due_date < today())).scalar_one()),
        drafts=count_outgoing(OutgoingStatus.DRAFT, OutgoingStatus.RETURNED),
        for_signature=count_outgoing(OutgoingStatus.SUBMITTED_FOR_SIGNATURE),
        awaiting_issue=count_outgoing(OutgoingStatus.AWAITING_ISSUE, OutgoingStatus.NUMBERED, OutgoingStatus.SEALED),
        emergency_lines=open_lines(connection, agency),
        inbox=inbox,
        inbox_urgent=inbox_urgent,
    )


def _registered_today(connection: Connection, agency: UUID) -> int:
    """Return how many of the newest 2,000 arrivals of this year, and of the emergency lines, bear today's date."""
    newest = (
        select(arrival.c.arrival_date, arrival.c.register_id)
        .where(arrival.c.agency_id == agency, arrival.c.year == today().year)
        .order_by(arrival.c.number.desc())
        .limit(2_000)
        .subquery()
    )
    emergency = select(register.c.id).where(register.c.agency_id == agency, register.c.emergency_of.is_not(None))
    ordinary = select(func.count()).select_from(newest)
    ordinary = ordinary.where(newest.c.arrival_date == today(), newest.c.register_id.not_in(emergency))
    of_line = (arrival.c.agency_id == emergency_line.c.agency_id) & (arrival.c.id == emergency_line.c.document_id)
    waiting_lines = (
        select(func.count())
        .select_from(emergency_line.join(arrival, of_line))
        .where(
            emergency_line.c.agency_id == agency,
            emergency_line.c.ordinary_number.is_(None),
            arrival.c.arrival_date == today(),
        )
    )
    return int(connection.execute(ordinary).scalar_one()) + int(connection.execute(waiting_lines).scalar_one())

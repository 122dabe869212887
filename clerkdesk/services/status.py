"""What the status bar and the first screen show: next numbers, what waits, who works here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection, func, select, text

from clerkdesk.data.schema import arrival, outgoing
from clerkdesk.services import numbering, registers
from clerkdesk.services.clock import local, now, today
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
    inbox: int
    inbox_urgent: int


def desk_status(desk: Desk) -> DeskStatus:
    """Return the state of a desk with somebody logged in."""
    with desk.store.reading() as connection:
        agency = desk.agency_id
        register = registers.arrivals_register(connection, agency)
        following = None if register is None else numbering.next_number(connection, agency, register, today().year)
    roles = ", ".join(sorted(role.label for role in desk.person.roles))
    return DeskStatus(number_text(following) if following else "", roles, f"{local(now()):%d/%m/%Y %H:%M}")


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
        inbox=inbox,
        inbox_urgent=inbox_urgent,
    )


def _registered_today(connection: Connection, agency: UUID) -> int:
    """Return how many of the newest 2,000 arrivals of this year bear today's arrival date."""
    newest = (
        select(arrival.c.arrival_date)
        .where(arrival.c.agency_id == agency, arrival.c.year == today().year)
        .order_by(arrival.c.number.desc())
        .limit(2_000)
        .subquery()
    )
    query = select(func.count()).select_from(newest).where(newest.c.arrival_date == today())
    return int(connection.execute(query).scalar_one())

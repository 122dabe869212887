"""What of this desk's work the server has, and what it does not have yet: the outbox as a list."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, and_, func, select

from clerkdesk.data.schema import arrival, audit, outbox, outgoing
from clerkdesk.services.history import act_of
from clerkdesk.services.reference_code import number_text


@dataclass(frozen=True, slots=True)
class Line:
    """A command on its way: its place in the desk's log, when (UTC), what, of which document."""

    seq: int
    at: dt.datetime
    what: str
    document: str
    arrival: UUID | None
    outgoing: UUID | None
    state: str  # QUEUED, DONE, REFUSED or RETURNED


def outbox_count(connection: Connection, agency: UUID) -> int:
    """Return how many commands this desk has ever carried out."""
    return connection.execute(
        select(func.count()).select_from(outbox).where(outbox.c.agency_id == agency)
    ).scalar_one()  # fmt: skip


def outbox_lines(connection: Connection, agency: UUID, start: int, stop: int) -> list[Line]:
    """Return a part of the outbox, the newest first."""
    rows = connection.execute(
        select(
            outbox.c.audit_seq, outbox.c.state, audit.c.recorded_at, audit.c.kind, arrival.c.id, arrival.c.number,
            arrival.c.sub_number, arrival.c.subject, outgoing.c.id.label("outgoing_id"), outgoing.c.reference_code,
            outgoing.c.subject.label("outgoing_subject"),
        )
        .join_from(outbox, audit, and_(audit.c.agency_id == outbox.c.agency_id, audit.c.seq == outbox.c.audit_seq))
        .outerjoin(arrival, and_(arrival.c.agency_id == audit.c.agency_id, arrival.c.id == audit.c.subject))
        .outerjoin(outgoing, and_(outgoing.c.agency_id == audit.c.agency_id, outgoing.c.id == audit.c.subject))
        .where(outbox.c.agency_id == agency)
        .order_by(outbox.c.audit_seq.desc())
        .limit(stop - start)
        .offset(start)
    ).all()  # fmt: skip
    lines = []
    for row in rows:
        document = ""
        if row.id is not None:
            document = f"{number_text(row.number, row.sub_number)} {row.subject}"
        elif row.outgoing_id is not None:
            document = f"{row.reference_code} {row.outgoing_subject}".strip()
        lines.append(
            Line(row.audit_seq, row.recorded_at, act_of(row.kind), document, row.id, row.outgoing_id, row.state)
        )
    return lines

"""What this desk and its server have agreed on, as the store keeps it: term, cursor, clock, what is still unsent."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, literal_column, select, update

from clerkdesk.data.applying import Here, Holding, Record
from clerkdesk.data.prepared import Prepared
from clerkdesk.data.schema import desk, outbox, this_desk
from clerkdesk.services.mark_notes import pen_moved
from clerkdesk.services.refusals import open_count

START_OVER = -1  # a cursor: the next pull takes a snapshot
QUEUED, DONE = "QUEUED", "DONE"
REFUSED = "REFUSED"  # its records are still to be put back as the server has them
RETURNED = "RETURNED"  # they are; the command lies in the tray


@dataclass(frozen=True, slots=True)
class Agreed:
    """One row of `this_desk`, with this desk's incarnation; `clock_offset` is server minus desk."""

    agency: UUID
    desk: UUID
    incarnation: UUID | None  # None while the first snapshot is on its way
    server_url: str
    term: str
    cursor: int
    last_contact_at: dt.datetime | None
    clock_offset: dt.timedelta


def read_agreed(connection: Connection) -> Agreed | None:
    """Return what is agreed, or None for a desk that is not set up or has no server."""
    row = connection.execute(
        select(this_desk, desk.c.incarnation)
        .join_from(
            this_desk, desk, (desk.c.agency_id == this_desk.c.agency_id) & (desk.c.id == this_desk.c.desk_id),
            isouter=True,
        )
        .where(this_desk.c.server_url != "")
    ).first()  # fmt: skip
    if row is None:
        return None
    return Agreed(
        row.agency_id, row.desk_id, row.incarnation, row.server_url, row.term, row.cursor, row.last_contact_at,
        dt.timedelta(milliseconds=row.clock_offset),
    )  # fmt: skip


def note_contact(tx: Connection, agency: UUID, server_time: dt.datetime, at: dt.datetime) -> None:
    """Note when the server was last heard and how far its clock is ahead of this machine's.

    Args:
        server_time: as it said.
        at: this machine's time when the answer came (both UTC).
    """
    tx.execute(
        update(this_desk)
        .where(this_desk.c.agency_id == agency)
        .values(last_contact_at=server_time, clock_offset=int((server_time - at).total_seconds() * 1000))
    )


def set_cursor(tx: Connection, agency: UUID, cursor: int) -> None:
    """Note how far the feed is applied."""
    tx.execute(update(this_desk).where(this_desk.c.agency_id == agency).values(cursor=cursor))


_any_queued = Prepared(
    select(outbox.c.audit_seq)
    .where(outbox.c.agency_id == bindparam("agency"), outbox.c.state == bindparam("state"))
    .limit(literal_column("1"))
)


def is_queued(connection: Connection, agency: UUID) -> bool:
    """Say whether a command waits for the server's word: then no record of the server's may be applied."""
    return bool(_any_queued(connection, agency=agency, state=QUEUED))


def counts(connection: Connection, agency: UUID, desk_id: UUID) -> tuple[int, int]:
    """Return how many commands are unsent, and how many lie open in this desk's attention tray."""
    unsent = select(func.count()).where(outbox.c.agency_id == agency, outbox.c.state == QUEUED)
    return connection.execute(unsent).scalar_one(), open_count(connection, agency, desk_id)


def here(agreed: Agreed) -> Here:
    """Return which store records are applied to."""

    def may_give_pen(tx: Connection, offered: Holding, held: Holding | None) -> bool:
        known = tx.execute(
            select(desk.c.incarnation).where(desk.c.agency_id == agreed.agency, desk.c.id == agreed.desk)
        ).scalar()
        return grant_stands(offered, held, known)

    def pen_moves(tx: Connection, book: Record, comes: bool) -> None:
        pen_moved(tx, agreed.agency, UUID(book["register_id"]), book["year"], comes=comes)

    return Here(agreed.agency, agreed.desk, may_give_pen, pen_moves)


def grant_stands(offered: Holding, held: Holding | None, incarnation: UUID | None) -> bool:
    """Say whether a record that names this desk as holder gives it the pen.

    It must name the store that this is, and a holding that this store has not given up: a grant that arrives twice,
    or comes again after a restore, gives nothing.

    Args:
        offered: what the record says.
        held: what the store says; None for a book that it has never seen.
        incarnation: this store's; None while its first snapshot is on its way.
    """
    if incarnation is None or offered.incarnation != incarnation:
        return False
    if held is None:
        return True
    return offered.epoch > held.epoch or (offered.epoch == held.epoch and held.desk == offered.desk)

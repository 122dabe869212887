"""What the office does by itself when somebody sits down: reservations whose term has passed become void."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection, select

from clerkdesk.data.schema import entry
from clerkdesk.services.clock import today
from clerkdesk.services.commands import VoidNumber
from clerkdesk.services.destination import goes_to_server
from clerkdesk.services.vocabulary import EntryState

if TYPE_CHECKING:
    from clerkdesk.services.desk import Desk


def expired_reservations(connection: Connection, agency: UUID) -> list[dict[str, object]]:
    """Return register_id, year, number, holder and reason of the held numbers whose last day has passed."""
    rows = connection.execute(
        select(entry.c.register_id, entry.c.year, entry.c.number, entry.c.holder, entry.c.reason)
        .where(
            entry.c.agency_id == agency,
            entry.c.state == EntryState.RESERVED,
            entry.c.expires_on < today(),
        )
        .order_by(entry.c.register_id, entry.c.year, entry.c.number)
    )
    return [dict(row) for row in rows.mappings()]


def void_expired_reservations(desk: Desk) -> int:
    """Void the held numbers whose term has passed, each with its reason; return how many.

    Does nothing when the person at the desk may not void numbers. Books whose pen is elsewhere are left to that desk
    or the server.
    """
    if not desk.may(VoidNumber):
        return 0
    done = 0
    for one in desk.read(expired_reservations):
        reason = f"Hết hạn giữ số (giữ cho {one['holder']}: {one['reason']})"
        command = desk.make(
            VoidNumber, register_id=one["register_id"], year=one["year"], number=one["number"], reason=reason
        )
        if not desk.look_up(goes_to_server, command):
            desk.do(command)
            done += 1
    return done

"""Where the pens (quyền cấp số) of new books go, and who may open a book at all: one place, so that no book is opened twice.

What the agency chooses is read in `pen_places`.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy import Connection, func, select

from clerkdesk.data.schema import desk, register
from clerkdesk.services.custody_log import CustodyKind, has_server, holding_of, kind_of_epoch
from clerkdesk.services.execution import at_server, pen_of
from clerkdesk.services.pen_places import AT_DESK, read_policy
from clerkdesk.services.settings import read_setting

_MAY_OPEN_THE_NEXT = (None, CustodyKind.OPEN, CustodyKind.GRANT)  # None: from before the custody log


def first_holder(tx: Connection, agency: UUID, desk_id: UUID, register_id: UUID) -> UUID | None:
    """Return who holds a book that is being opened: whose pen opens it, else whom the agency's policy names."""
    pen = pen_of(desk_id)
    if pen is not None:
        return pen
    code = tx.execute(
        select(register.c.code).where(register.c.agency_id == agency, register.c.id == register_id)
    ).scalar()
    place = read_policy(read_setting(tx, agency, "pen_policy")).place(code or "")
    if place == AT_DESK:
        return desk_id
    found: UUID | None = tx.execute(select(desk.c.id).where(desk.c.agency_id == agency, desk.c.code == place)).scalar()
    return found


def who_opens(tx: Connection, agency: UUID, register_id: UUID, year: int) -> UUID | None:
    """Return the only one that may open a register's book of a year in an agency with a server; None: the server.

    Whoever holds the pen of the year before may open the next one, also offline. Not with a pen that came by
    telephone: such a desk cannot know whether the book was opened before.
    """
    own = tx.execute(
        select(register.c.emergency_of).where(register.c.agency_id == agency, register.c.id == register_id)
    ).scalar()
    if own is not None:
        return UUID(str(own))
    before = holding_of(tx, agency, register_id, year - 1)
    if before is None or before.desk is None or before.state == "CLOSED":
        return None
    return before.desk if kind_of_epoch(tx, before) in _MAY_OPEN_THE_NEXT else None


def may_open(tx: Connection, agency: UUID, desk_id: UUID, register_id: UUID, year: int, at: dt.datetime) -> bool:
    """Say whether a register's book of a year may be opened where this is carried out.

    Args:
        at: when; what a desk did while it was the agency's only one, without a server, stands.
    """
    if not has_server(tx, agency):
        return True
    pen = pen_of(desk_id)
    if pen is not None and at_server() and _was_alone(tx, agency, at):
        return True
    return who_opens(tx, agency, register_id, year) == pen


def by_opener(
    connection: Connection, agency: UUID, desk_id: UUID, year: int, registers: tuple[UUID, ...]
) -> dict[UUID | None, tuple[UUID, ...]]:
    """Return registers in groups by who may open their books of a year: one command each, None for the server."""
    if not has_server(connection, agency):
        return {desk_id: registers}
    groups: dict[UUID | None, tuple[UUID, ...]] = {}
    for one in registers:
        opener = who_opens(connection, agency, one, year)
        groups[opener] = (*groups.get(opener, ()), one)
    return groups


def _was_alone(tx: Connection, agency: UUID, at: dt.datetime) -> bool:
    count = select(func.count()).select_from(desk).where(desk.c.agency_id == agency, desk.c.created_at <= at)
    return int(tx.execute(count).scalar_one()) <= 1

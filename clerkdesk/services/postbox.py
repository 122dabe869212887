"""Messages between the agencies of one server: written with what they tell, delivered apart, each taken once.

A message is written in the transaction of what it tells, and taken in a transaction of its recipient's that marks it
done. So it is delivered at least once, whoever dies in between, and its effect is there once.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID, uuid5

from sqlalchemy import Connection, and_, or_, select, update

from clerkdesk.data.schema import message
from clerkdesk.data.upsert import prepared_upsert
from clerkdesk.services.clock import machine_time
from clerkdesk.services.exchange_message import ExchangeDocument, ExchangeStatus

_COLUMNS = ("id", "from_agency", "to_agency", "dispatch_id", "kind", "body", "state", "made_at")
_write = prepared_upsert(message, _COLUMNS, ("id",), {})
_AT_ONCE = 200


def post(tx: Connection, sender: UUID, to: UUID, dispatch: UUID, said: ExchangeDocument | ExchangeStatus) -> None:
    """Write a message; the same thing said again about the same line is the same message.

    Args:
        dispatch: the line of the document's sender that it is about.
    """
    is_document = isinstance(said, ExchangeDocument)
    what = "document" if isinstance(said, ExchangeDocument) else f"status {said.code}"
    _write(
        tx,
        id=uuid5(dispatch, what),
        from_agency=sender,
        to_agency=to,
        dispatch_id=dispatch,
        kind="DOCUMENT" if is_document else "STATUS",
        body=said.model_dump_json(),
        state="WAITING",
        made_at=machine_time(),
    )


def undelivered(
    connection: Connection, after: tuple[dt.datetime, UUID] | None = None
) -> list[tuple[dt.datetime, UUID, UUID]]:
    """Return some of the messages that wait, the oldest first: when made, id, recipient.

    Args:
        after: when made and id of the last one that was looked at.
    """
    query = select(message.c.made_at, message.c.id, message.c.to_agency).where(message.c.state == "WAITING")
    if after is not None:
        made_at, last = after
        behind = and_(message.c.made_at == made_at, message.c.id > last)
        query = query.where(or_(message.c.made_at > made_at, behind))
    rows = connection.execute(query.order_by(message.c.made_at, message.c.id).limit(_AT_ONCE))
    return [(row.made_at, row.id, row.to_agency) for row in rows]


def mark_done(tx: Connection, message_id: UUID) -> None:
    """Note that a message has had its effect."""
    tx.execute(update(message).where(message.c.id == message_id).values(state="DONE", done_at=machine_time()))

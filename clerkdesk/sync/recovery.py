"""After the server was restored or has failed over: hand in everything again, report, start from a snapshot."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from clerkdesk.data.highwater import Mark, Unmarked
from clerkdesk.data.schema import call as call_table
from clerkdesk.data.schema import history, outbox, register_year, this_desk
from clerkdesk.services.clock import now
from clerkdesk.services.commands import Command
from clerkdesk.sync.agreed import DONE, QUEUED, REFUSED, RETURNED, START_OVER, Agreed
from clerkdesk.sync.calling import ANSWERED, KINDS
from clerkdesk.sync.messages import PUSH_AT_MOST, KnownBook, Push, Pushed, Reported

KEPT_FOR = dt.timedelta(days=30)


def begin_term(tx: Connection, agency: UUID, term: str) -> int:
    """Take note of a new term: what was answered within 30 days waits to be handed in again.

    Returns: how many commands.
    """
    since = now() - KEPT_FOR
    # The log is handed in without a hole: everything from the first command that was answered so lately.
    first = tx.execute(
        select(func.min(outbox.c.audit_seq)).where(
            outbox.c.agency_id == agency, outbox.c.state.in_((DONE, REFUSED, RETURNED)), outbox.c.answered_at >= since
        )
    ).scalar()
    count = 0
    if first is not None:
        count = tx.execute(
            update(outbox)
            .where(
                outbox.c.agency_id == agency,
                outbox.c.audit_seq >= first,
                outbox.c.state.in_((DONE, REFUSED, RETURNED)),
            )
            .values(state=QUEUED)
        ).rowcount
    tx.execute(update(this_desk).where(this_desk.c.agency_id == agency).values(term=term, cursor=START_OVER))
    return count


def answered_calls(connection: Connection, agreed: Agreed, incarnation: UUID) -> Iterator[Push]:
    """Yield the calls that were answered within 30 days, to be handed in like commands of one's own, oldest first."""
    rows = connection.execute(
        select(
            call_table.c.command_uid, call_table.c.kind, call_table.c.body, call_table.c.made_at,
            call_table.c.answered_at, history.c.recorded_at, history.c.body.label("recorded_body"),
            history.c.result.label("recorded_result"),
        )
        .join_from(
            call_table, history,
            (history.c.agency_id == call_table.c.agency_id) & (history.c.command_uid == call_table.c.command_uid),
            isouter=True,
        )
        .where(
            call_table.c.agency_id == agreed.agency,
            call_table.c.state == ANSWERED,
            call_table.c.answered_at >= now() - KEPT_FOR,
        )
        .order_by(call_table.c.answered_at)
    ).all()  # fmt: skip
    for start in range(0, len(rows), PUSH_AT_MOST):
        commands = tuple(_as_pushed(row) for row in rows[start : start + PUSH_AT_MOST])
        yield Push(incarnation=incarnation, term=agreed.term, commands=commands)


def _as_pushed(row: Any) -> Pushed:
    kept = json.loads(row.body)
    return Pushed(
        seq=0,
        uid=row.command_uid,
        kind=row.kind,
        actor=UUID(kept["command"]["actor"]),
        made_at=row.made_at,
        recorded_at=row.recorded_at or row.answered_at,
        body=row.recorded_body or _body(KINDS[row.kind], kept["command"]),
        result=row.recorded_result or kept["result"],
        previous_hash="",
        hash="",
    )


def _body(kind: type[Command], facts: dict[str, Any]) -> str:
    """Return a command's body as the audit log writes it; what must not be kept is not here either."""
    kept = kind.model_validate({**facts, **dict.fromkeys(kind.not_recorded, "")})
    return kept.model_dump_json(exclude={*Command.model_fields, *kind.not_recorded}, exclude_defaults=True)


def known_books(connection: Connection, agreed: Agreed, incarnation: UUID, mark: Mark | Unmarked | None) -> Reported:
    """Return what this desk knows of every book: how far its numbers have come, and whether the pen is here.

    Args:
        mark: knows numbers that were shown here also when this store was restored and has lost them.
    """
    rows = connection.execute(select(register_year).where(register_year.c.agency_id == agreed.agency))
    books = tuple(
        KnownBook(
            register_id=row.register_id,
            year=row.year,
            epoch=row.epoch,
            next_number=max(row.next_number, _behind_the_mark(mark, row.register_id, row.year)),
            held=row.holder_desk == agreed.desk and row.holder_incarnation in (None, incarnation),
        )
        for row in rows
    )
    return Reported(incarnation=incarnation, term=agreed.term, books=books)


def _behind_the_mark(mark: Mark | Unmarked | None, register_id: UUID, year: int) -> int:
    return mark.state.highest(register_id, "", year) + 1 if mark is not None else 1

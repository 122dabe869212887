"""Commands up: the outbox in the order of the desk's log, and the server's word on each."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, insert, literal_column, select, update

from clerkdesk.data.prepared import Prepared
from clerkdesk.data.schema import audit, outbox, refusal
from clerkdesk.services.clock import now
from clerkdesk.sync.agreed import DONE, QUEUED, REFUSED, Agreed
from clerkdesk.sync.file_queue import files_in, queue_up
from clerkdesk.sync.messages import PUSH_AT_MOST, Answered, Push, Pushed, Verdict

_read_queue = Prepared(
    select(audit)
    .join_from(outbox, audit, (audit.c.agency_id == outbox.c.agency_id) & (audit.c.seq == outbox.c.audit_seq))
    .where(outbox.c.agency_id == bindparam("agency"), outbox.c.state == bindparam("state"))
    .order_by(outbox.c.audit_seq)
    .limit(literal_column(str(PUSH_AT_MOST)))
)


def next_push(connection: Connection, agreed: Agreed) -> Push | None:
    """Return the next commands to hand in, oldest first and without a hole, or None when nothing waits."""
    rows: list[Any] = []
    for row in _read_queue(connection, agency=agreed.agency, state=QUEUED):
        if rows and row.seq != rows[-1].seq + 1:
            break
        rows.append(row)
    if not rows or agreed.incarnation is None:
        return None
    return Push(incarnation=agreed.incarnation, term=agreed.term, commands=tuple(_pushed(row) for row in rows))


def _pushed(row: Any) -> Pushed:
    return Pushed(
        seq=row.seq,
        uid=UUID(row.command_uid),
        kind=row.kind,
        actor=UUID(row.actor),
        made_at=dt.datetime.fromisoformat(row.made_at),
        recorded_at=dt.datetime.fromisoformat(row.recorded_at),
        body=row.body,
        result=row.result,
        previous_hash=row.previous_hash.hex(),
        hash=row.hash.hex(),
    )


_answered = Prepared(
    update(outbox)
    .where(
        outbox.c.agency_id == bindparam("agency"),
        outbox.c.audit_seq == bindparam("seq"),
        outbox.c.state == bindparam("before"),
    )
    .values(state=bindparam("after"), answered_at=bindparam("at"))
)


def record_answers(tx: Connection, agreed: Agreed, push: Push, answers: Sequence[Answered]) -> int:
    """Note the server's word on each command of a push; the refused ones go into the attention tray.

    Returns: how many are settled. An answer to another command than the one in its place ends the reading.
    """
    at, settled = now(), 0
    for command, answer in zip(push.commands, answers, strict=False):
        if answer.uid != command.uid or answer.verdict is Verdict.WAITING:
            break
        refused = answer.verdict is Verdict.REFUSED
        _answered(
            tx, agency=agreed.agency, seq=command.seq, before=QUEUED, after=REFUSED if refused else DONE, at=at
        )  # fmt: skip
        if refused:
            _put_into_tray(tx, agreed, command, answer, at)
        else:
            queue_up(tx, agreed.agency, files_in(command.body))
        settled += 1
    return settled


def _put_into_tray(tx: Connection, agreed: Agreed, command: Pushed, answer: Answered, at: dt.datetime) -> None:
    known = tx.execute(
        select(refusal.c.command_uid).where(
            refusal.c.agency_id == agreed.agency, refusal.c.command_uid == command.uid
        )
    ).first()  # fmt: skip
    if known is not None:
        return
    held = answer.held
    tx.execute(
        insert(refusal).values(
            agency_id=agreed.agency,
            command_uid=command.uid,
            kind=command.kind,
            desk=agreed.desk,
            actor=command.actor,
            made_at=command.made_at,
            body=command.body,
            code=answer.code,
            sentence=answer.sentence,
            subject=_subject(command.result),
            register_id=held.register_id if held else None,
            year=held.year if held else None,
            number=held.number if held else None,
            refused_at=at,
        )
    )


def _subject(result: str) -> UUID | None:
    subject = json.loads(result).get("subject")
    return UUID(subject) if subject else None

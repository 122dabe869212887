"""Commands that the server carries out: noted before they are asked, so that a lost answer can be asked for again."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection, RowMapping, bindparam, exists, literal_column, select, update
from sqlalchemy.dialects.sqlite import insert

from clerkdesk.data.applying import apply_records, in_order
from clerkdesk.data.prepared import Prepared
from clerkdesk.data.schema import audit, history
from clerkdesk.data.schema import call as call_table
from clerkdesk.errors import ClerkDeskError, rebuilt
from clerkdesk.services import drafts
from clerkdesk.services.clock import now
from clerkdesk.services.commands import AddPerson, Command, Result, SetPassword
from clerkdesk.services.link import ServerRefused
from clerkdesk.services.login import drop_verifier, keep_verifier
from clerkdesk.services.office import HANDLERS
from clerkdesk.sync.agreed import Agreed, here, is_queued
from clerkdesk.sync.file_queue import files_in, queue_up
from clerkdesk.sync.messages import Call, CallAnswer

ASKED, ANSWERED = "ASKED", "DONE"
_NOTHING_LEFT = frozenset({"SecretDocument", "ExcludedDocument"})
KINDS = {kind.__name__: kind for kind in HANDLERS}

_write_asked = Prepared(
    insert(call_table)
    .values(
        agency_id=bindparam("agency_id"),
        command_uid=bindparam("uid"),
        kind=bindparam("kind"),
        state=literal_column("'ASKED'"),
        body=bindparam("body"),
        made_at=bindparam("made_at"),
    )
    .on_conflict_do_update(
        index_elements=["agency_id", "command_uid"],
        set_={"state": literal_column("'ASKED'"), "body": bindparam("body"), "answered_at": None},
    )
)


def answered_before(connection: Connection, command: Command) -> Result | None:
    """Return the server's answer when the command has been asked and answered before."""
    row = _row(connection, command)
    if row is not None and row["state"] == ANSWERED and row["kind"] == type(command).__name__:
        return result_of(type(command), json.loads(row["body"])["result"])
    return None


def is_asked(connection: Connection, command: Command) -> bool:
    """Say whether the command went out and no answer has come."""
    row = _row(connection, command)
    return row is not None and row["state"] == ASKED


def _row(connection: Connection, command: Command) -> RowMapping | None:
    return (
        connection.execute(
            select(call_table).where(call_table.c.agency_id == command.agency, call_table.c.command_uid == command.uid)
        )
        .mappings()
        .first()
    )


def note_asked(tx: Connection, command: Command) -> None:
    """Keep a command that is about to be asked."""
    body = {"command": command.model_dump(mode="json", exclude={*command.not_recorded})}
    _write_asked(
        tx,
        agency_id=command.agency,
        uid=command.uid,
        kind=type(command).__name__,
        body=json.dumps(body, ensure_ascii=False),
        made_at=command.made_at,
    )


def give_up(tx: Connection, agency: UUID, uid: UUID) -> None:
    """Never ask this command again by itself: it was not carried out, or the person does not want it any more."""
    drafts.give_up_call(tx, agency, uid)


def request_for(agreed: Agreed, incarnation: UUID, command: Command) -> Call:
    """Return the request; it alone holds what the store must not keep."""
    return Call(
        incarnation=incarnation,
        term=agreed.term,
        kind=type(command).__name__,
        command=command.model_dump(mode="json"),
    )


def settle(tx: Connection, agreed: Agreed, command: Command, answer: CallAnswer, *, overtaken: bool = False) -> None:
    """Note the answer and write the records that it brings; a refused command has changed nothing.

    Args:
        overtaken: records that came later are here already; those of the answer come again with the next pull.
    """
    if answer.code in _NOTHING_LEFT:
        _forget(tx, command)
        return
    if answer.code:
        give_up(tx, agreed.agency, command.uid)
        return
    body = {"command": command.model_dump(mode="json", exclude={*command.not_recorded}), "result": answer.result}
    tx.execute(
        update(call_table)
        .where(call_table.c.agency_id == agreed.agency, call_table.c.command_uid == command.uid)
        .values(state=ANSWERED, answered_at=now(), body=json.dumps(body, ensure_ascii=False))
    )
    if not overtaken and not is_queued(tx, agreed.agency):
        apply_records(tx, here(agreed), in_order((one.name, one.record) for one in answer.records))
    queue_up(tx, agreed.agency, files_in(json.dumps(body)))
    drafts.drop_draft(tx, agreed.agency, command.uid)
    _keep_password(tx, agreed.agency, command)


def numbers_shown(command: Command, answer: CallAnswer) -> list[tuple[UUID, int, int, int]]:
    """Return register, year, epoch and highest number of each book in which the server has numbered for a command."""
    epochs = {
        (one.record["register_id"], one.record["year"]): one.record["epoch"]
        for one in answer.records
        if one.name == "register_year"
    }
    highest: dict[tuple[str, int], int] = {}
    for one in answer.records:
        if one.name == "entry" and one.record["command_uid"] == str(command.uid):
            book = (one.record["register_id"], one.record["year"])
            highest[book] = max(highest.get(book, 0), one.record["number"])
    return [(UUID(book[0]), book[1], epochs.get(book, 0), number) for book, number in highest.items()]


def _keep_password(tx: Connection, agency: UUID, command: Command) -> None:
    """Passwords never travel down: this desk keeps its own verifier of what was set here."""
    if isinstance(command, SetPassword) and command.person == command.actor:
        keep_verifier(tx, agency, command.person, command.password_hash, now(), must_change=False)
    elif isinstance(command, SetPassword):
        drop_verifier(tx, agency, command.person)
    elif isinstance(command, AddPerson):
        drop_verifier(tx, agency, command.person.id)


def _forget(tx: Connection, command: Command) -> None:
    """Keep nothing of a command: its document must not be in the system."""
    tx.exec_driver_sql(
        'DELETE FROM "call" WHERE agency_id = ? AND command_uid = ?', (str(command.agency), str(command.uid))
    )


def answer_in(command: Command, answer: CallAnswer) -> Result:
    """Return the result, as the handler here would have.

    Raises:
        the error that the server's handler raised.
    """
    if answer.code:
        raise error_of(answer)
    return result_of(type(command), answer.result)


def error_of(answer: CallAnswer) -> ClerkDeskError:
    """Return the server's refusal as the error that it was there."""
    return rebuilt(answer.code, answer.facts) or ServerRefused(reason=answer.sentence or answer.code)


def result_of(kind: type[Command], text: str) -> Result:
    """Read a result."""
    return HANDLERS[kind][1].model_validate_json(text or "{}")


def unanswered(connection: Connection, agency: UUID, before: dt.datetime) -> Iterator[Command]:
    """Yield the commands that were asked before a moment and whose answer never came.

    One that this desk has carried out itself meanwhile, in the emergency register, is not asked again.
    """
    rows = connection.execute(
        select(call_table)
        .where(
            call_table.c.agency_id == agency,
            call_table.c.state == ASKED,
            call_table.c.made_at < before,
            ~exists().where(audit.c.agency_id == agency, audit.c.command_uid == call_table.c.command_uid),
        )
        .order_by(call_table.c.made_at)
    ).mappings()
    for row in rows.all():
        command = _read(row)
        if command is not None:
            yield command


def _read(row: RowMapping) -> Command | None:
    kind = KINDS.get(row["kind"])
    if kind is None or kind.not_recorded:
        return None
    try:
        return kind.model_validate(json.loads(row["body"])["command"])
    except (ValidationError, KeyError):
        return None


def settle_from_history(tx: Connection, agency: UUID) -> None:
    """Close the calls whose effect has come down with the records: their answers are in the office's history."""
    rows = tx.execute(
        select(call_table.c.command_uid, call_table.c.body, history.c.result)
        .join_from(
            call_table, history,
            (history.c.agency_id == call_table.c.agency_id) & (history.c.command_uid == call_table.c.command_uid),
        )
        .where(call_table.c.agency_id == agency, call_table.c.state == ASKED)
    ).all()  # fmt: skip
    for row in rows:
        body = {**json.loads(row.body), "result": row.result}
        queue_up(tx, agency, files_in(json.dumps(body)))
        tx.execute(
            update(call_table)
            .where(call_table.c.agency_id == agency, call_table.c.command_uid == row.command_uid)
            .values(state=ANSWERED, answered_at=now(), body=json.dumps(body, ensure_ascii=False))
        )

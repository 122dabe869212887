"""After a refusal: the records that the command changed here, put back as the server has them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update

from clerkdesk.data.applying import apply_records, gate_open, in_order
from clerkdesk.data.schema import audit, entry, outbox
from clerkdesk.sync.agreed import REFUSED, RETURNED, START_OVER, Agreed, here, set_cursor
from clerkdesk.sync.messages import Page

# Commands whose whole effect hangs on their subject, a document.
_ON_A_DOCUMENT = frozenset({
    "RegisterArrival", "CorrectArrival", "SubmitArrival", "FinishArrival", "AttachFiles", "RemoveFile",
    "EnterOutgoing", "CorrectOutgoing", "SubmitForSignature", "RecordLeaderSignature", "ReturnDraft", "IssueNumber",
    "RecordSeal", "Release", "RecordDelivery", "RefuseDelivery",
})  # fmt: skip
_HANGING_ON = {
    name: f"SELECT id FROM {name} WHERE agency_id = ? AND {column} = ?"  # noqa: S608
    for name, column in (
        ("attachment", "document_id"), ("dispatch", "outgoing_id"), ("correction", "document_id"), ("arrival", "id"),
        ("outgoing", "id"),
    )
}  # fmt: skip
_TAKE_AWAY = {name: f"DELETE FROM {name} WHERE agency_id = ? AND id = ?" for name in _HANGING_ON}  # noqa: S608


@dataclass(frozen=True, slots=True)
class Doubtful:
    """What refused commands may have changed here; `everything`: more than can be named."""

    seqs: tuple[int, ...]
    commands: tuple[UUID, ...]
    documents: tuple[UUID, ...]
    correspondents: tuple[UUID, ...]
    everything: bool

    @property
    def wanted(self) -> tuple[UUID, ...]:
        """Whose records to ask for: the documents, and the commands for the numbers that they had taken."""
        return tuple(dict.fromkeys((*self.documents, *self.commands)))


def doubtful(connection: Connection, agreed: Agreed) -> Doubtful | None:
    """Return what must be put back, or None."""
    rows = connection.execute(
        select(audit.c.seq, audit.c.command_uid, audit.c.kind, audit.c.subject, audit.c.body)
        .join_from(outbox, audit, (audit.c.agency_id == outbox.c.agency_id) & (audit.c.seq == outbox.c.audit_seq))
        .where(outbox.c.agency_id == agreed.agency, outbox.c.state == REFUSED)
        .order_by(audit.c.seq)
        .limit(100)
    ).all()
    if not rows:
        return None
    directory = [row for row in rows if row.kind == "AddCorrespondent"]
    others = [row for row in rows if row.kind != "AddCorrespondent"]
    return Doubtful(
        tuple(row.seq for row in rows),
        tuple(row.command_uid for row in others),
        tuple(dict.fromkeys([*(row.subject for row in others if row.subject is not None), *_deliveries(others)])),
        tuple(row.subject for row in directory if row.subject is not None),
        any(row.kind not in _ON_A_DOCUMENT for row in others),
    )


def _deliveries(rows: Iterable[Any]) -> Iterator[UUID]:
    """Yield the documents of the exchange inbox that refused registrations have taken out of it here."""
    for row in rows:
        delivery = json.loads(row.body).get("inbox") if row.kind == "RegisterArrival" else None
        if delivery is not None:
            yield UUID(delivery)


def put_back(tx: Connection, agreed: Agreed, what: Doubtful, answers: Iterable[Page]) -> None:
    """Write the server's records and take away those that it does not have."""
    agency = str(agreed.agency)
    changes = in_order((one.name, one.record) for answer in answers for one in answer.changes)
    known = {(name, record["id"]) for name, record in changes if "id" in record}
    with gate_open(tx):
        for document in what.documents:
            for name, find in _HANGING_ON.items():
                rows = tx.exec_driver_sql(find, (agency, str(document))).scalars()
                gone = [(agency, one) for one in rows if (name, one) not in known]
                if gone:
                    tx.exec_driver_sql(_TAKE_AWAY[name], gone)
    for correspondent in what.correspondents:
        _forget_correspondent(tx, correspondent)
    apply_records(tx, here(agreed), changes)
    if what.everything or _numbers_left(tx, agreed, what, changes):
        set_cursor(tx, agreed.agency, START_OVER)
    tx.execute(
        update(outbox)
        .where(outbox.c.agency_id == agreed.agency, outbox.c.audit_seq.in_(what.seqs), outbox.c.state == REFUSED)
        .values(state=RETURNED)
    )


def _numbers_left(
    tx: Connection, agreed: Agreed, what: Doubtful, changes: Sequence[tuple[str, Mapping[str, Any]]]
) -> bool:
    """Say whether a number here still belongs to one of the documents, and the server has not said so."""
    said = {
        tuple(record[column] for column in ("register_id", "year", "number", "sub_number"))
        for name, record in changes
        if name == "entry"
    }
    rows = tx.execute(
        select(entry.c.register_id, entry.c.year, entry.c.number, entry.c.sub_number).where(
            entry.c.agency_id == agreed.agency, entry.c.document_id.in_(what.documents)
        )
    )
    return any((str(row.register_id), row.year, row.number, row.sub_number) not in said for row in rows)


def _forget_correspondent(tx: Connection, correspondent: UUID) -> None:
    row = tx.exec_driver_sql(
        "SELECT rank, folded FROM correspondent WHERE id = ? AND local = 1", (str(correspondent),)
    ).first()
    if row is not None:
        tx.exec_driver_sql(
            "INSERT INTO correspondent_words (correspondent_words, rowid, folded) VALUES ('delete', ?, ?)", tuple(row)
        )
        tx.exec_driver_sql("DELETE FROM correspondent WHERE rank = ?", (row.rank,))

"""Delivery through the server: a released document becomes a message to the agency that it is for, and states come back.

Nothing of one agency is written in another's transaction. The states of a line never go back:
waiting → sent → arrived → accepted or refused (QĐ 28/2018 Đ10.2; Hà Nam 44/2024 Đ6.6).
"""

from __future__ import annotations

import json
from enum import Enum
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection, insert, select, update

from clerkdesk.data.schema import agency as agency_table
from clerkdesk.data.schema import arrival, dispatch, inbox, message, stored_file
from clerkdesk.data.upsert import prepared_upsert
from clerkdesk.services.clock import machine_time
from clerkdesk.services.exchange_arrival import arrival_facts_of
from clerkdesk.services.exchange_message import ExchangeDocument, ExchangeStatus, Party, StatusCode
from clerkdesk.services.exchange_outgoing import document_of
from clerkdesk.services.inbox import number_in_words
from clerkdesk.services.outgoing import outgoing_by_id, recipients_of
from clerkdesk.services.postbox import mark_done, post
from clerkdesk.services.vocabulary import (
    ArrivalStatus,
    DispatchChannel,
    DispatchState,
    ReceiptChannel,
    ReleaseForm,
)

_BEFORE = {
    DispatchState.ARRIVED: (DispatchState.WAITING, DispatchState.FAILED, DispatchState.SENT),
    DispatchState.ACCEPTED: (
        DispatchState.WAITING, DispatchState.FAILED, DispatchState.SENT, DispatchState.ARRIVED,
    ),
    DispatchState.REFUSED: (
        DispatchState.WAITING, DispatchState.FAILED, DispatchState.SENT, DispatchState.ARRIVED,
    ),
}  # fmt: skip
_STATES = {
    StatusCode.ARRIVED: DispatchState.ARRIVED,
    StatusCode.ACCEPTED: DispatchState.ACCEPTED,
    StatusCode.REFUSED: DispatchState.REFUSED,
}
_let_read = prepared_upsert(stored_file, ("agency_id", "sha256", "size", "stored_at"), ("agency_id", "sha256"), {})


class Taken(Enum):
    """What became of a message."""

    DONE = "done"
    BEFORE = "before"  # it had had its effect already
    FILES_MISSING = "files missing"  # the sender's desk has not handed in all of its files yet
    LINE_MISSING = "line missing"  # the line it is about has not come back after a restore of the server


def send(tx: Connection, agency: UUID, outgoing: UUID) -> None:
    """Send a released document to those of its recipients that are agencies of this server; the others wait.

    A document that is released on paper only is not sent (Hà Nam 44/2024 Đ5).
    """
    row = outgoing_by_id(tx, agency, outgoing)
    if row["release_form"] == ReleaseForm.PAPER_ONLY:
        return
    for line in recipients_of(tx, agency, outgoing):
        if line["channel"] != DispatchChannel.EXCHANGE or line["state"] != DispatchState.WAITING:
            continue
        to = recipient_agency(tx, line["organ_id"], line["recipient"])
        if to is None or to == agency:
            continue
        said = document_of(tx, agency, row, Party(organ_id=line["organ_id"], name=line["recipient"]))
        post(tx, agency, to, line["id"], said)
        at = machine_time()  # a desk that was away released it earlier; it is sent now
        tx.execute(
            update(dispatch)
            .where(dispatch.c.agency_id == agency, dispatch.c.id == line["id"])
            .values(state=DispatchState.SENT, state_at=at, sent_at=at)
        )


def recipient_agency(connection: Connection, organ_id: str, name: str) -> UUID | None:
    """Return the agency of this server that a recipient is, or None.

    The identifier decides. Without one exactly the agency's name is needed, and two communes of one name are nobody;
    nor is an agency meant that bears another identifier.
    """
    rows = connection.execute(
        select(agency_table.c.id, agency_table.c.organ_id, agency_table.c.name).where(
            (agency_table.c.name == name) | ((agency_table.c.organ_id == organ_id) & (agency_table.c.organ_id != ""))
        )
    ).all()
    identified = [row.id for row in rows if organ_id and row.organ_id == organ_id]
    if identified:
        return identified[0] if len(identified) == 1 else None
    named = [row.id for row in rows if row.name == name and not (organ_id and row.organ_id)]
    return named[0] if len(named) == 1 else None


def take(tx: Connection, message_id: UUID) -> Taken:
    """Give a message its effect, in a transaction that stands in its recipient's line of writers.

    The same message again changes nothing.
    """
    row = tx.execute(select(message).where(message.c.id == message_id)).mappings().first()
    if row is None or row["state"] != "WAITING":
        return Taken.BEFORE
    taken = _take_document(tx, dict(row)) if row["kind"] == "DOCUMENT" else _take_status(tx, dict(row))
    if taken is Taken.DONE:
        mark_done(tx, message_id)
    return taken


def _take_document(tx: Connection, row: dict[str, Any]) -> Taken:
    """Lay the document into the recipient's inbox, with its files to read, and say so to the sender."""
    said = ExchangeDocument.model_validate_json(row["body"])
    to, sender, dispatch_id = row["to_agency"], row["from_agency"], row["dispatch_id"]
    known = tx.execute(
        select(inbox.c.id).where(inbox.c.agency_id == to, inbox.c.dispatch_id == dispatch_id)
    ).first()  # fmt: skip
    if known is not None:
        return Taken.DONE
    wanted = {file.sha256: file.size for file in said.files}
    have = tx.execute(
        select(stored_file.c.sha256).where(stored_file.c.agency_id == sender, stored_file.c.sha256.in_(wanted))
    ).scalars()
    if set(wanted) - set(have):
        return Taken.FILES_MISSING
    at = machine_time()
    for sha256, size in sorted(wanted.items()):
        _let_read(tx, agency_id=to, sha256=sha256, size=size, stored_at=at)
    registered = _registered_before(tx, to, said)
    tx.execute(
        insert(inbox).values(
            agency_id=to,
            id=inbox_id(dispatch_id),
            sender_agency=sender,
            sender=said.sender.name,
            dispatch_id=dispatch_id,
            facts=arrival_facts_of(said, at).model_dump_json(),
            files=json.dumps([file.model_dump(mode="json") for file in said.files], ensure_ascii=False),
            urgency=int(said.urgency),
            electronic_only=int(said.electronic_only),
            state="ARRIVED" if registered is None else "REGISTERED",
            arrival_id=None if registered is None else registered["id"],
            received_at=at,
            state_at=at,
        )
    )
    post(tx, to, sender, dispatch_id, ExchangeStatus(code=StatusCode.ARRIVED, at=at))
    if registered is not None:
        text = number_in_words(registered["number"], registered["sub_number"], registered["arrival_date"])
        status = ExchangeStatus(code=StatusCode.ACCEPTED, at=at, text=text, arrival=registered["id"])
        post(tx, to, sender, dispatch_id, status)
    return Taken.DONE


def inbox_id(dispatch_id: UUID) -> UUID:
    """Return the id of a line's place in the recipient's inbox: the same after a restore of the server."""
    return uuid5(dispatch_id, "inbox")


def _registered_before(tx: Connection, agency: UUID, said: ExchangeDocument) -> dict[str, Any] | None:
    """Return the arrival that the recipient has made of this very document: of another line, or before a restore."""
    row = (
        tx.execute(
            select(arrival.c.id, arrival.c.number, arrival.c.sub_number, arrival.c.arrival_date)
            .where(
                arrival.c.agency_id == agency,
                arrival.c.document_identifier == said.document_identifier,
                arrival.c.document_identifier != "",
                arrival.c.receipt_channel == ReceiptChannel.EXCHANGE,
                arrival.c.issuer == said.sender.name,
                arrival.c.status != ArrivalStatus.VOIDED,
            )
            .order_by(arrival.c.registered_at)
        )
        .mappings()
        .first()
    )
    return None if row is None else dict(row)


def _take_status(tx: Connection, row: dict[str, Any]) -> Taken:
    """Show the sender what became of its document; an older word than the one it has changes nothing."""
    said = ExchangeStatus.model_validate_json(row["body"])
    line = (dispatch.c.agency_id == row["to_agency"], dispatch.c.id == row["dispatch_id"])
    if tx.execute(select(dispatch.c.id).where(*line)).first() is None:
        return Taken.LINE_MISSING
    state = _STATES[said.code]
    tx.execute(
        update(dispatch)
        .where(*line, dispatch.c.state.in_([one.value for one in _BEFORE[state]]))
        .values(state=state, state_at=said.at, note=said.text)
    )
    return Taken.DONE

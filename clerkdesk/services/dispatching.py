"""Dispatch (phát hành): a record per recipient with channel, state and time (NĐ 30/2020 Đ18; Hà Nam 44/2024 Đ6, Đ13.4)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, select, update

from clerkdesk.data.schema import dispatch, outgoing
from clerkdesk.errors import RuleBroken
from clerkdesk.i18n import N_
from clerkdesk.services.clock import VIETNAM
from clerkdesk.services.commands import RecordDelivery, Release, Result
from clerkdesk.services.delivery import send
from clerkdesk.services.execution import at_server
from clerkdesk.services.outgoing import WrongStep, next_step, outgoing_by_id, recipients_of
from clerkdesk.services.vocabulary import DispatchChannel, DispatchState, OutgoingStatus


class NoRecipients(RuleBroken):
    """Nobody is to receive the document."""

    sentence = N_("Chưa nhập nơi nhận. Bấm F4 ở ô “Nơi nhận”, thêm ít nhất một cơ quan, đơn vị hoặc cá nhân.")
    field = "recipients"


class DispatchUnknown(RuleBroken):
    """There is no such dispatch record, or the document is not released."""

    sentence = N_("Nơi nhận này chưa được gửi văn bản. Phát hành trước (F10).")


class SentByExchange(RuleBroken):
    """The exchange keeps the state of this copy itself."""

    sentence = N_("Nơi nhận này nhận qua máy chủ; trạng thái tự cập nhật, không ghi tay.")


@dataclass(frozen=True, slots=True)
class PostalLine:
    """One line of the postal dispatch book (NĐ 30/2020 PL IV)."""

    sent_on: dt.date
    reference_code: str
    recipient: str
    envelopes: int
    note: str


def release(tx: Connection, command: Release, at: dt.datetime) -> Result:
    """Dispatch a sealed document: the clerk sends every copy now by its channel.

    A copy for the exchange waits until the exchange has taken it: sent is what was handed over with success
    (Hà Nam 44/2024 Đ7.1). The server sends those to its own agencies when it carries the command out; of the others
    the clerk notes it by hand.

    Raises:
        OutgoingUnknown, WrongStep, NoRecipients.
    """
    row = outgoing_by_id(tx, command.agency, command.outgoing)
    if row["status"] != OutgoingStatus.SEALED:
        status = OutgoingStatus(row["status"])
        raise WrongStep(status=status.label, next_step=next_step(status))
    if not recipients_of(tx, command.agency, command.outgoing):
        raise NoRecipients
    tx.execute(
        update(dispatch)
        .where(
            dispatch.c.agency_id == command.agency,
            dispatch.c.outgoing_id == command.outgoing,
            dispatch.c.channel != DispatchChannel.EXCHANGE,
        )
        .values(state=DispatchState.SENT, state_at=at, sent_at=at, sent_by=command.actor)
    )
    tx.execute(
        update(outgoing)
        .where(outgoing.c.agency_id == command.agency, outgoing.c.id == command.outgoing)
        .values(status=OutgoingStatus.RELEASED, released_at=at, revision=outgoing.c.revision + 1)
    )
    if at_server():
        send(tx, command.agency, command.outgoing)
    return Result(subject=command.outgoing)


def record_delivery(tx: Connection, command: RecordDelivery, at: dt.datetime) -> Result:
    """Note what became of one recipient's copy; each change is in the audit log.

    Raises:
        DispatchUnknown; SentByExchange: the server sent this copy and hears of it from its recipient.
    """
    copy = tx.execute(
        select(dispatch.c.outgoing_id, dispatch.c.sent_at, dispatch.c.sent_by, dispatch.c.channel, outgoing.c.status)
        .join_from(
            dispatch,
            outgoing,
            (outgoing.c.agency_id == dispatch.c.agency_id) & (outgoing.c.id == dispatch.c.outgoing_id),
        )
        .where(dispatch.c.agency_id == command.agency, dispatch.c.id == command.dispatch)
    ).first()
    if copy is None or copy.status != OutgoingStatus.RELEASED or command.state == DispatchState.WAITING:
        raise DispatchUnknown
    if copy.channel == DispatchChannel.EXCHANGE and copy.sent_at and copy.sent_by is None:
        raise SentByExchange
    sent = {} if copy.sent_at or command.state == DispatchState.FAILED else {"sent_at": at, "sent_by": command.actor}
    tx.execute(
        update(dispatch)
        .where(dispatch.c.agency_id == command.agency, dispatch.c.id == command.dispatch)
        .values(state=command.state, state_at=at, note=command.note, **sent)
    )
    return Result(subject=copy.outgoing_id)


def postal_lines(connection: Connection, agency: UUID, first: dt.date, last: dt.date) -> list[PostalLine]:
    """Return the lines of the postal book for copies posted from `first` to `last`, both included, in order."""
    begin = dt.datetime.combine(first, dt.time(), VIETNAM)
    end = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), VIETNAM)
    rows = connection.execute(
        select(
            dispatch.c.sent_at, outgoing.c.reference_code, dispatch.c.recipient, dispatch.c.envelopes, dispatch.c.note
        )
        .join_from(
            dispatch,
            outgoing,
            (outgoing.c.agency_id == dispatch.c.agency_id) & (outgoing.c.id == dispatch.c.outgoing_id),
        )
        .where(
            dispatch.c.agency_id == agency,
            dispatch.c.channel == DispatchChannel.POST,
            dispatch.c.sent_at >= begin,
            dispatch.c.sent_at < end,
        )
        .order_by(dispatch.c.sent_at, outgoing.c.reference_code, dispatch.c.position)
    )
    return [
        PostalLine(row.sent_at.astimezone(VIETNAM).date(), row.reference_code, row.recipient, row.envelopes, row.note)
        for row in rows
    ]

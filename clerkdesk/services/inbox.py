"""The exchange inbox (hộp văn bản đến liên thông): what other agencies have sent, until it is registered or refused."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Row, Select, and_, func, select, update

from clerkdesk.data.schema import desk, inbox, register
from clerkdesk.errors import RuleBroken
from clerkdesk.i18n import N_, _
from clerkdesk.services.commands import ArrivalFacts, NewFile, RefuseDelivery, RegisterArrival, Result
from clerkdesk.services.exchange_message import ExchangeStatus, StatusCode
from clerkdesk.services.execution import at_server, recovering
from clerkdesk.services.numbering import ReasonMissing
from clerkdesk.services.postbox import post
from clerkdesk.services.reference_code import number_text
from clerkdesk.services.vocabulary import Urgency

LISTED_AT_MOST = 1_000
# Written into records and sent to other agencies, so never translated.
_NUMBERED = N_("Số đến {number}, ngày {date}")
_TEMPORARY = N_("Số tạm {code}, ngày {date}")


class DeliveryUnknown(RuleBroken):
    """There is no such document in the inbox."""

    sentence = N_("Không tìm thấy văn bản này trong hộp đến liên thông. Làm mới danh sách (Ctrl+G lt) rồi thử lại.")


class DeliverySettled(RuleBroken):
    """Somebody has registered or refused the document before."""

    sentence = N_(
        "Văn bản này đã được xử lý trong hộp đến liên thông ({state}), không làm lại được. Xem ở danh sách văn bản đến."
    )


@dataclass(frozen=True, slots=True)
class Delivery:
    """A document in the inbox; `facts` is what the arrival form is filled with."""

    id: UUID
    sender: str
    facts: ArrivalFacts
    files: tuple[NewFile, ...]
    urgency: Urgency
    electronic_only: bool
    state: str  # ARRIVED, REGISTERED or REFUSED
    reason: str
    arrival: UUID | None
    received_at: dt.datetime
    state_at: dt.datetime


def accept(
    tx: Connection, command: RegisterArrival, arrival: UUID, number: int, sub_number: str, at: dt.datetime
) -> None:
    """Note that a document of the inbox stands in the book as `arrival`, and tell its sender number and date.

    Raises:
        DeliveryUnknown, DeliverySettled.
    """
    assert command.inbox is not None  # noqa: S101  asked for no other registration
    text = number_in_words(number, sub_number, command.facts.arrival_date)
    emergency = tx.execute(_emergency_code(command.agency, command.register_id)).scalar()
    if emergency is not None:  # the ordinary number follows after the outage
        day = command.facts.arrival_date
        text = _TEMPORARY.format(code=f"T{emergency}-{number}/{day.year}", date=f"{day:%d/%m/%Y}")
    status = ExchangeStatus(code=StatusCode.ACCEPTED, at=at, text=text, arrival=arrival)
    _settle(tx, command.agency, command.inbox, status, state="REGISTERED", arrival_id=arrival)


def refuse_delivery(tx: Connection, command: RefuseDelivery, at: dt.datetime) -> Result:
    """Return a document to its sender: sent to the wrong agency, or without legal value (Đà Nẵng 8849 Đ5.6).

    The reason must be written.

    Raises:
        ReasonMissing, DeliveryUnknown, DeliverySettled.
    """
    if not command.reason:
        raise ReasonMissing
    reason = f"{command.cause.word}: {command.reason}"
    status = ExchangeStatus(code=StatusCode.REFUSED, at=at, text=reason)
    _settle(tx, command.agency, command.inbox, status, state="REFUSED", reason=reason)
    return Result(subject=command.inbox)


def _emergency_code(agency: UUID, register_id: UUID) -> Select[tuple[str]]:
    """Select the code of the desk whose emergency register (sổ tạm) it is; no row for an ordinary one."""
    return (
        select(desk.c.code)
        .join_from(register, desk, and_(desk.c.agency_id == register.c.agency_id, desk.c.id == register.c.emergency_of))
        .where(register.c.agency_id == agency, register.c.id == register_id)
    )


def _settle(tx: Connection, agency: UUID, delivery: UUID, status: ExchangeStatus, **values: object) -> None:
    row = tx.execute(
        select(inbox.c.state, inbox.c.sender_agency, inbox.c.dispatch_id).where(
            inbox.c.agency_id == agency, inbox.c.id == delivery
        )
    ).first()
    if row is None:
        if recovering():  # it comes again when its sender's desk has reported, and is found in the book then
            return
        raise DeliveryUnknown
    if row.state != "ARRIVED":
        raise DeliverySettled(state=_(_STATES[row.state]))
    tx.execute(
        update(inbox).where(inbox.c.agency_id == agency, inbox.c.id == delivery).values(state_at=status.at, **values)
    )
    if at_server():
        post(tx, agency, row.sender_agency, row.dispatch_id, status)


_STATES = {"REGISTERED": N_("đã vào sổ"), "REFUSED": N_("từ chối")}


def number_in_words(number: int, sub_number: str, arrival_date: dt.date) -> str:
    """Return what the sender reads of the recipient's book; the same words at desk and server."""
    return _NUMBERED.format(number=number_text(number, sub_number), date=f"{arrival_date:%d/%m/%Y}")


def deliveries(connection: Connection, agency: UUID, *, settled: bool = False) -> list[Delivery]:
    """Return what waits in the inbox: urgent ones first, then in order of receipt (Đà Nẵng 8849 Đ5.3).

    Args:
        settled: what was registered or refused instead, the newest first.
    """
    query = select(inbox).where(inbox.c.agency_id == agency)
    if settled:
        query = query.where(inbox.c.state != "ARRIVED").order_by(inbox.c.state_at.desc(), inbox.c.id)
    else:
        query = query.where(inbox.c.state == "ARRIVED").order_by(
            inbox.c.urgency.desc(), inbox.c.received_at, inbox.c.id
        )
    return [_read(row) for row in connection.execute(query.limit(LISTED_AT_MOST))]


def delivery_by_id(connection: Connection, agency: UUID, delivery: UUID) -> Delivery:
    """Return a document of the inbox.

    Raises:
        DeliveryUnknown.
    """
    row = connection.execute(select(inbox).where(inbox.c.agency_id == agency, inbox.c.id == delivery)).first()
    if row is None:
        raise DeliveryUnknown
    return _read(row)


def inbox_count(connection: Connection, agency: UUID) -> tuple[int, int]:
    """Return how many documents wait in the inbox, and how many of them are urgent."""
    rows = connection.execute(
        select(inbox.c.urgency, func.count())
        .where(inbox.c.agency_id == agency, inbox.c.state == "ARRIVED")
        .group_by(inbox.c.urgency)
    )
    counts = {int(urgency): int(count) for urgency, count in rows}
    return sum(counts.values()), sum(count for urgency, count in counts.items() if urgency > Urgency.NORMAL)


def _read(row: Row[tuple[object, ...]]) -> Delivery:
    return Delivery(
        id=row.id,
        sender=row.sender,
        facts=ArrivalFacts.model_validate_json(row.facts),
        files=tuple(NewFile.model_validate(one) for one in json.loads(row.files)),
        urgency=Urgency(row.urgency),
        electronic_only=bool(row.electronic_only),
        state=row.state,
        reason=row.reason,
        arrival=row.arrival_id,
        received_at=row.received_at,
        state_at=row.state_at,
    )

"""The emergency register (sổ tạm khi mất kết nối): arrivals at a desk that cannot reach the book's pen.

In an outage a desk records by other means and enters it right after the repair (Tây Ninh 59/2014 Đ4.2). How the
numbers go is modelled on the Italian rule (DPR 445/2000, art. 63): cause, start, end and who allowed it are written
down; it is allowed for a day, then for a week at a time; an emergency number is unique for ever over all outages; each
line gets an ordinary number afterwards, and both stay together for good. Outgoing documents have no emergency
numbers: theirs must be final before the seal (Vĩnh Long 480 Đ12.4).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, bindparam, func, insert, select, update

from clerkdesk.data.prepared import Prepared
from clerkdesk.data.schema import desk, emergency_line, entry, outage, register, register_year
from clerkdesk.errors import RuleBroken
from clerkdesk.i18n import N_
from clerkdesk.services import numbering, registers
from clerkdesk.services.clock import local
from clerkdesk.services.commands import (
    EndEmergency,
    ExtendEmergency,
    RegisterArrival,
    Result,
    StartEmergency,
)
from clerkdesk.services.execution import at_server, pen_of
from clerkdesk.services.ids import derived_id, new_id
from clerkdesk.services.lengths import check_lengths, check_present
from clerkdesk.services.vocabulary import Direction, EntryState

FIRST_SPAN = dt.timedelta(hours=24)
RENEWAL_SPAN = dt.timedelta(days=7)
LOST_REASON = "Phục hồi: số tạm đã cấp trên giấy"
_BEHIND_ALL_OTHERS = 10_000  # place of emergency registers in the agency's order


class EmergencyAlreadyOpen(RuleBroken):
    """An outage is open at this desk already."""

    sentence = N_("Sổ tạm của máy này đang mở rồi, từ {since}. Cứ nhập tiếp, số tạm được cấp nối theo.")


class EmergencyNotNeeded(RuleBroken):
    """The desk holds the pen and can give final numbers."""

    sentence = N_("Không cần sổ tạm: máy này đang giữ quyền cấp số của “{title}”. Bấm F2 để lưu vào sổ chính.")


class AuthorisationWrong(RuleBroken):
    """The time asked for has passed already, or is too long."""

    sentence = N_(
        "Sổ tạm được phép tối đa {hours} giờ kể từ lúc cho phép (lần đầu 24 giờ, mỗi lần gia hạn 168 giờ). Sửa lại số giờ."
    )
    field = "authorised_until"


class LastEmergencyNumberMissing(RuleBroken):
    """The store was restored: it may not know all emergency numbers that stand on paper."""

    sentence = N_(
        "Kho vừa được phục hồi: phải nhập số tạm cuối cùng đã ghi trên giấy năm nay, chưa có số nào thì nhập 0."
    )
    field = "last_on_paper"


class OutageUnknown(RuleBroken):
    """There is no such outage at this desk, or it is over."""

    sentence = N_("Sự cố này không phải của máy này, hoặc đã kết thúc. Làm mới màn hình rồi thử lại.")


class EmergencyStarted(Result):
    """The outage and the desk's emergency register."""

    outage: UUID
    register_id: UUID


@dataclass(frozen=True, slots=True)
class OpenOutage:
    """An outage that goes on: since when and until when (UTC) the emergency register is allowed."""

    id: UUID
    register_id: UUID
    register_code: str
    cause: str
    started_at: dt.datetime
    authorised_until: dt.datetime


# --- the outage ----------------------------------------------------------------------------------------------


def start_emergency(tx: Connection, command: StartEmergency, at: dt.datetime) -> EmergencyStarted:
    """Open the desk's emergency register, making it on first use, and note the outage (Tây Ninh 59/2014 Đ4.2).

    Raises:
        Missing, TooLong, AuthorisationWrong; EmergencyAlreadyOpen; EmergencyNotNeeded: the pen is here;
        LastEmergencyNumberMissing, NumberUnknown, JumpTooFar: after a restore; RegisterClosed, RegisterCodeTaken.
    """
    check_present(command, "cause", "authorised_by")
    check_lengths(command)
    _check_span(command.authorised_until, at, at + FIRST_SPAN, FIRST_SPAN)
    going_on = open_outage(tx, command.agency, command.desk)
    if going_on is not None:
        raise EmergencyAlreadyOpen(since=f"{local(going_on.started_at):%H:%M %d/%m/%Y}")
    if not at_server():
        _refuse_unneeded(tx, command, local(at).year)
    register_id = _register_of(tx, command.agency, command.desk)
    year = local(at).year
    open_book(tx, command, register_id, year, at)
    if command.last_on_paper is not None:
        issue = numbering.Issue(command.agency, register_id, year, command.uid, command.actor, command.desk, at)
        numbering.resume_emergency(tx, issue, command.last_on_paper, LOST_REASON)
    elif not at_server() and _is_restored(tx, command.agency, year):
        raise LastEmergencyNumberMissing
    outage_id = new_id()
    tx.execute(
        insert(outage).values(
            agency_id=command.agency,
            id=outage_id,
            desk_id=command.desk,
            register_id=register_id,
            cause=command.cause,
            authorised_by=command.authorised_by,
            reported_to=command.reported_to,
            started_at=at,
            authorised_until=command.authorised_until,
        )
    )
    return EmergencyStarted(subject=outage_id, outage=outage_id, register_id=register_id)


def extend_emergency(tx: Connection, command: ExtendEmergency, at: dt.datetime) -> Result:
    """Allow the emergency register for at most a week more; who allowed it is written behind who did before.

    Raises:
        OutageUnknown, Missing, TooLong, AuthorisationWrong.
    """
    check_present(command, "authorised_by")
    check_lengths(command)
    row = _own_outage(tx, command)
    _check_span(command.authorised_until, at, max(at, row.authorised_until) + RENEWAL_SPAN, RENEWAL_SPAN)
    names = (row.authorised_by, f"{command.authorised_by} ({local(at):%d/%m/%Y})")
    tx.execute(
        update(outage)
        .where(outage.c.agency_id == command.agency, outage.c.id == command.outage)
        .values(authorised_by="; ".join(names), authorised_until=command.authorised_until)
    )
    return Result(subject=command.outage)


def end_emergency(tx: Connection, command: EndEmergency, at: dt.datetime) -> Result:
    """Note that the outage is over.

    Raises:
        OutageUnknown.
    """
    row = _own_outage(tx, command)
    tx.execute(
        update(outage)
        .where(outage.c.agency_id == command.agency, outage.c.id == command.outage)
        .values(ended_at=max(at, row.started_at), ended_by=command.actor)
    )
    return Result(subject=command.outage)


def open_outage(tx: Connection, agency: UUID, desk_id: UUID) -> OpenOutage | None:
    """Return the outage that goes on at a desk, or None."""
    row = _read_open(tx, agency=agency, desk=desk_id).first()
    if row is None:
        return None
    started, until = (dt.datetime.fromisoformat(text) for text in (row.started_at, row.authorised_until))
    return OpenOutage(UUID(row.id), UUID(row.register_id), row.code, row.cause, started, until)


_read_open = Prepared(
    select(
        outage.c.id,
        outage.c.register_id,
        outage.c.cause,
        outage.c.started_at,
        outage.c.authorised_until,
        register.c.code,
    )
    .join_from(
        outage, register, and_(register.c.agency_id == outage.c.agency_id, register.c.id == outage.c.register_id)
    )
    .where(
        outage.c.agency_id == bindparam("agency"),
        outage.c.desk_id == bindparam("desk"),
        outage.c.ended_at.is_(None),
    )
)


def _is_restored(tx: Connection, agency: UUID, year: int) -> bool:
    """Say whether the store was restored and not all last numbers of the year on paper are confirmed."""
    suspended = select(register_year.c.year).where(
        register_year.c.agency_id == agency, register_year.c.year == year, register_year.c.state == "SUSPENDED"
    )
    return tx.execute(suspended.limit(1)).first() is not None


def _check_span(until: dt.datetime, at: dt.datetime, last: dt.datetime, longest: dt.timedelta) -> None:
    if not at < until <= last:
        raise AuthorisationWrong(hours=longest // dt.timedelta(hours=1))


def _own_outage(tx: Connection, command: ExtendEmergency | EndEmergency) -> Any:
    row = tx.execute(
        select(outage).where(
            outage.c.agency_id == command.agency,
            outage.c.id == command.outage,
            outage.c.desk_id == command.desk,
            outage.c.ended_at.is_(None),
        )
    ).first()
    if row is None:
        raise OutageUnknown
    return row


def _refuse_unneeded(tx: Connection, command: StartEmergency, year: int) -> None:
    ordinary = registers.arrivals_register(tx, command.agency)
    book = tx.execute(
        select(register.c.title, register_year.c.state, register_year.c.holder_desk)
        .join_from(
            register_year,
            register,
            and_(register.c.agency_id == register_year.c.agency_id, register.c.id == register_year.c.register_id),
        )
        .where(
            register_year.c.agency_id == command.agency,
            register_year.c.register_id == ordinary,
            register_year.c.year == year,
        )
    ).first()
    if book is not None and book.state == "OPEN" and book.holder_desk == pen_of(command.desk):
        raise EmergencyNotNeeded(title=book.title)


def register_id_of(desk_id: UUID) -> UUID:
    """Return the one id that a desk's emergency register can have, whichever store makes it."""
    return derived_id(desk_id, "emergency register")


def _register_of(tx: Connection, agency: UUID, desk_id: UUID) -> UUID:
    """Return the desk's emergency register; on first use it is made, under the one id that it can have."""
    register_id = register_id_of(desk_id)
    if tx.execute(select(register.c.id).where(register.c.agency_id == agency, register.c.id == register_id)).first():
        return register_id
    code = tx.execute(select(desk.c.code).where(desk.c.agency_id == agency, desk.c.id == desk_id)).scalar_one()
    taken = select(register.c.id).where(register.c.agency_id == agency, register.c.code == f"T{code}")
    if tx.execute(taken).first():
        raise registers.RegisterCodeTaken(code=f"T{code}")
    tx.execute(
        insert(register).values(
            agency_id=agency,
            id=register_id,
            direction=Direction.ARRIVAL,
            code=f"T{code}",
            title=f"Sổ tạm khi mất kết nối – máy {code}",
            position=_BEHIND_ALL_OTHERS,
            emergency_of=desk_id,
        )
    )
    return register_id


def open_book(
    tx: Connection, command: StartEmergency | RegisterArrival, register_id: UUID, year: int, at: dt.datetime
) -> None:
    """Open the emergency register's book of a year if it is not; nobody else ever numbers in it."""
    if book_state(tx, command.agency, register_id, year) is None:
        registers.insert_book(tx, command.agency, register_id, year, command.desk, command.actor, at)


def book_state(tx: Connection, agency: UUID, register_id: UUID, year: int) -> str | None:
    """Return a book's state, or None when the year has none."""
    state: str | None = tx.execute(
        select(register_year.c.state).where(
            register_year.c.agency_id == agency,
            register_year.c.register_id == register_id,
            register_year.c.year == year,
        )
    ).scalar()
    return state


# --- what waits ---------------------------------------------------------------------------------------------

ENTRY_OF_LINE = and_(
    entry.c.agency_id == emergency_line.c.agency_id,
    entry.c.register_id == emergency_line.c.register_id,
    entry.c.year == emergency_line.c.year,
    entry.c.number == emergency_line.c.number,
    entry.c.sub_number == "",
)


def open_lines(tx: Connection, agency: UUID, year: int | None = None) -> int:
    """Return how many lines of a year, or of all, wait for their ordinary number; a year with any is not closed."""
    query = (
        select(func.count())
        .select_from(emergency_line)
        .join(entry, ENTRY_OF_LINE)
        .where(
            emergency_line.c.agency_id == agency,
            emergency_line.c.ordinary_number.is_(None),
            entry.c.state != EntryState.VOID,
        )
    )
    if year is not None:
        query = query.where(emergency_line.c.year == year)
    return int(tx.execute(query).scalar_one())

"""Lines of the emergency register: what is checked before an arrival is entered there, and what is written.

The document is the form's own, whatever command enters it: when the answer of an earlier try was lost, the line is
linked to the number that the document has, and no other is ever issued.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from clerkdesk.data.prepared import Prepared
from clerkdesk.data.schema import arrival, emergency_line, register, this_desk
from clerkdesk.errors import RuleBroken
from clerkdesk.i18n import N_
from clerkdesk.services import numbering
from clerkdesk.services.clock import local
from clerkdesk.services.commands import InEmergency, RegisterArrival
from clerkdesk.services.drafts import drop_draft
from clerkdesk.services.emergency import OpenOutage, book_state, open_book, open_outage
from clerkdesk.services.execution import at_server
from clerkdesk.services.ids import derived_id
from clerkdesk.services.vocabulary import Direction


class WrongRegister(RuleBroken):
    """An emergency entry goes into the desk's emergency register, and only such an entry does."""

    sentence = N_(
        "Chưa lưu: sổ được chọn không phải sổ tạm của máy này. Đóng phiếu, mở lại rồi lưu; nội dung vẫn được giữ."
    )


class NoSubNumberHere(RuleBroken):
    """Emergency numbers have no sub-numbers."""

    sentence = N_("Sổ tạm không có số phụ. Bấm Ctrl+R, chọn “Số tiếp theo” rồi lưu lại.")


class AlreadyEntered(RuleBroken):
    """The document of this form has its number already."""

    sentence = N_("Văn bản này đã vào sổ với số {number}. Không cấp số lần nữa; xem trong danh sách văn bản đến.")


class AuthorisationOver(RuleBroken):
    """The time for which the emergency register was allowed has passed."""

    sentence = N_("Chưa lưu: sổ tạm chỉ được phép dùng đến {until}. Xin gia hạn, bấm Ctrl+G, gõ “st”, F4, rồi lưu lại.")


class EmergencyNotOpen(RuleBroken):
    """No outage is open at this desk."""

    sentence = N_(
        "Chưa lưu: máy này không có sự cố nào đang mở nên không ghi được vào sổ tạm. Lưu lại để vào sổ chính, hoặc bấm F9 để mở sổ tạm."
    )


class AlreadyConverted(RuleBroken):
    """A line has its ordinary number already."""

    sentence = N_("Số tạm {line} đã có số đến {number}. Làm mới màn hình; việc khác với văn bản này làm ở số đến đó.")


_read_register = Prepared(
    select(register.c.emergency_of, register.c.direction).where(
        register.c.agency_id == bindparam("agency"), register.c.id == bindparam("register")
    )
)


def in_emergency(
    connection: Connection, agency: UUID, command: RegisterArrival, going_on: OpenOutage
) -> RegisterArrival:
    """Return a form's command as one for the emergency register.

    The document keeps the form's uid. The command gets a uid of its own that follows from it, so that saving twice is
    one line, and so that the server can tell it from an earlier try whose answer was lost.
    """
    offset = connection.execute(select(this_desk.c.clock_offset).where(this_desk.c.agency_id == agency)).scalar()
    line = InEmergency(document=command.uid, ordinary_register=command.register_id, clock_offset=offset or 0)
    changes = {
        "uid": derived_id(command.uid, "emergency line"), "register_id": going_on.register_id, "emergency": line,
        "sub_number_of": None, "sub_number_reason": "",
    }  # fmt: skip
    return command.model_copy(update=changes)


def begin_line(tx: Connection, command: RegisterArrival, at: dt.datetime) -> OpenOutage | None:
    """Check that an arrival may be entered where it asks to be.

    The book of a new year opens by itself while an outage goes on over New Year.

    Returns: the outage for a line of the emergency register; None for an ordinary register.

    Raises:
        WrongRegister, EmergencyNotOpen, AuthorisationOver, NoSubNumberHere, RegisterNotOpen, RegisterClosed.
    """
    found = _read_register(tx, agency=command.agency, register=command.register_id).first()
    of_desk = found.emergency_of if found else None
    if command.emergency is None and of_desk is None:
        return None
    if command.emergency is None or of_desk != str(command.desk):
        raise WrongRegister
    ordinary = _read_register(tx, agency=command.agency, register=command.emergency.ordinary_register).first()
    if ordinary is None or ordinary.emergency_of is not None or ordinary.direction != Direction.ARRIVAL:
        raise WrongRegister
    going_on = open_outage(tx, command.agency, command.desk)
    if going_on is None or going_on.register_id != command.register_id:
        raise EmergencyNotOpen
    if at > going_on.authorised_until:
        raise AuthorisationOver(until=f"{local(going_on.authorised_until):%H:%M %d/%m/%Y}")
    if command.sub_number_of is not None:
        raise NoSubNumberHere
    year = command.facts.arrival_date.year
    state = book_state(tx, command.agency, command.emergency.ordinary_register, year)
    if not at_server() and (state == "CLOSED" or (state is None and year != local(at).year)):
        refused = numbering.RegisterClosed if state else numbering.RegisterNotOpen
        raise refused(title=_title(tx, command.agency, command.emergency.ordinary_register), year=year)
    open_book(tx, command, command.register_id, year, at)
    return going_on


def write_line(
    tx: Connection,
    command: RegisterArrival,
    going_on: OpenOutage,
    numbered: numbering.Numbered,
    earlier: dict[str, Any] | None,
    at: dt.datetime,
) -> None:
    """Write the line of an arrival that was just entered in the emergency register.

    Args:
        earlier: the same document's arrival when it already had an ordinary number, by an answer that was lost on its
            way; the line is then linked to that number, and no other is ever issued.
        at: the desk's clock, as it is.
    """
    assert command.emergency is not None  # noqa: S101  see begin_line
    document = command.emergency.document
    tx.execute(
        insert(emergency_line).values(
            agency_id=command.agency,
            document_id=document,
            outage_id=going_on.id,
            desk_id=command.desk,
            register_id=command.register_id,
            year=numbered.year,
            number=numbered.number,
            registered_at=at,
            clock_offset=command.emergency.clock_offset,
            ordinary_register_id=earlier["register_id"] if earlier else command.emergency.ordinary_register,
            ordinary_number=earlier["number"] if earlier else None,
            converted_by_command=command.uid if earlier else None,
            converted_at=at if earlier else None,
        )
    )
    if earlier:
        tx.execute(
            update(arrival)
            .where(arrival.c.agency_id == command.agency, arrival.c.id == document)
            .values(emergency_number=emergency_number(going_on, numbered))
        )
    drop_draft(tx, command.agency, document)  # the form's draft bears the document's id, not the command's


def emergency_number(going_on: OpenOutage, numbered: numbering.Numbered) -> str:
    """Return an emergency number as it stands on paper: `T02-3/2026`."""
    return f"{going_on.register_code}-{numbered.number}/{numbered.year}"


def refuse_converted(tx: Connection, agency: UUID, document: UUID, register_id: UUID) -> None:
    """Refuse to void an emergency number that has become an ordinary one: that one is voided, and both stay.

    Raises:
        AlreadyConverted.
    """
    line = tx.execute(
        select(emergency_line.c.register_id, emergency_line.c.ordinary_number, arrival.c.emergency_number)
        .join_from(
            emergency_line,
            arrival,
            and_(arrival.c.agency_id == emergency_line.c.agency_id, arrival.c.id == emergency_line.c.document_id),
        )
        .where(emergency_line.c.agency_id == agency, emergency_line.c.document_id == document)
    ).first()
    if line is not None and line.register_id == register_id and line.ordinary_number is not None:
        raise AlreadyConverted(line=line.emergency_number, number=line.ordinary_number)


def _title(tx: Connection, agency: UUID, register_id: UUID) -> str:
    return str(
        tx.execute(
            select(register.c.title).where(register.c.agency_id == agency, register.c.id == register_id)
        ).scalar()
    )

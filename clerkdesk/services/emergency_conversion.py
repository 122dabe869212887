"""After the outage: every line of the emergency registers gets its ordinary number, in an order that people confirm."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, select, update

from clerkdesk.data.schema import arrival, emergency_line, entry
from clerkdesk.errors import RuleBroken
from clerkdesk.i18n import N_
from clerkdesk.services import numbering
from clerkdesk.services.commands import ConvertEmergency, Frozen, Result
from clerkdesk.services.emergency import ENTRY_OF_LINE, book_state
from clerkdesk.services.emergency_lines import AlreadyConverted
from clerkdesk.services.vocabulary import EntryState


class NothingToConvert(RuleBroken):
    """The list of lines is empty, or names one twice."""

    sentence = N_("Không có dòng sổ tạm nào để chuyển. Làm mới màn hình rồi thử lại.")


class LineUnknown(RuleBroken):
    """A line is not here."""

    sentence = N_(
        "Chưa chuyển dòng nào: có dòng sổ tạm chưa về đến đây. Chờ máy kia đồng bộ xong, làm mới rồi thử lại."
    )


class LineVoid(RuleBroken):
    """A line is void."""

    sentence = N_("Chưa chuyển dòng nào: số tạm {line} đã hủy. Làm mới màn hình rồi thử lại.")


class LineOfAnotherBook(RuleBroken):
    """A line belongs in another register or year."""

    sentence = N_("Chưa chuyển dòng nào: số tạm {line} thuộc sổ hoặc năm khác. Làm mới màn hình rồi thử lại.")


class Conversion(Frozen):
    """One line: its emergency number and the ordinary one that it got."""

    document: UUID
    emergency_number: str
    number: int


class EmergencyConverted(Result):
    """The lines in their order, with the numbers of the ordinary book of `year`."""

    year: int
    conversions: tuple[Conversion, ...] = ()

    def shown(self) -> tuple[int, ...]:
        """The ordinary numbers, in the order in which they were taken."""
        return tuple(one.number for one in self.conversions)


def convert_emergency(tx: Connection, command: ConvertEmergency, at: dt.datetime) -> EmergencyConverted:
    """Give each line the next number of its ordinary book, in the order of the list; all of them or none.

    The arrival moves to the ordinary book and keeps its arrival date, the moment of its emergency entry and its
    emergency number; the emergency entry stays for ever. A line belongs in the book of its own year; when that is
    closed, in the one of a later year.

    Raises:
        NothingToConvert, LineUnknown, LineVoid, AlreadyConverted, LineOfAnotherBook; RegisterNotOpen,
        RegisterClosed, RegisterSuspended, PenElsewhere.
    """
    if not command.documents or len(set(command.documents)) != len(command.documents):
        raise NothingToConvert
    issue = numbering.Issue(
        command.agency, command.register_id, command.year, command.uid, command.actor, command.desk, at
    )
    closed: dict[int, bool] = {command.year: False}
    done = []
    for document in command.documents:
        line = _convertible(tx, command, document)
        if line.year not in closed:
            closed[line.year] = book_state(tx, command.agency, command.register_id, line.year) == "CLOSED"
        if line.year != command.year and not (closed[line.year] and command.year > line.year):
            raise LineOfAnotherBook(line=line.emergency_number)
        number = numbering.issue_next(tx, issue, document).number
        _move(tx, command, document, number, at)
        done.append(Conversion(document=document, emergency_number=line.emergency_number, number=number))
    return EmergencyConverted(subject=command.register_id, year=command.year, conversions=tuple(done))


def _convertible(tx: Connection, command: ConvertEmergency, document: UUID) -> Any:
    line = tx.execute(
        select(
            emergency_line.c.year,
            emergency_line.c.ordinary_register_id,
            emergency_line.c.ordinary_number,
            arrival.c.emergency_number,
            entry.c.state,
        )
        .select_from(emergency_line)
        .join(
            arrival,
            and_(arrival.c.agency_id == emergency_line.c.agency_id, arrival.c.id == emergency_line.c.document_id),
        )
        .join(entry, ENTRY_OF_LINE)
        .where(emergency_line.c.agency_id == command.agency, emergency_line.c.document_id == document)
    ).first()
    if line is None:
        raise LineUnknown
    if line.ordinary_number is not None:
        raise AlreadyConverted(line=line.emergency_number, number=line.ordinary_number)
    if line.state == EntryState.VOID:
        raise LineVoid(line=line.emergency_number)
    if line.ordinary_register_id != command.register_id:
        raise LineOfAnotherBook(line=line.emergency_number)
    return line


def _move(tx: Connection, command: ConvertEmergency, document: UUID, number: int, at: dt.datetime) -> None:
    tx.execute(
        update(arrival)
        .where(arrival.c.agency_id == command.agency, arrival.c.id == document)
        .values(
            register_id=command.register_id,
            year=command.year,
            number=number,
            sub_number="",
            revision=arrival.c.revision + 1,
        )
    )
    tx.execute(
        update(emergency_line)
        .where(emergency_line.c.agency_id == command.agency, emergency_line.c.document_id == document)
        .values(ordinary_number=number, converted_by_command=command.uid, converted_at=at)
    )

"""Arrivals (văn bản đến): registering, correcting, voiding, submitting, ending."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, literal_column, select, text, update

from clerkdesk.data.prepared import Prepared, prepared_insert
from clerkdesk.data.schema import arrival, learned_suffix, register
from clerkdesk.data.upsert import prepared_upsert
from clerkdesk.errors import RuleBroken
from clerkdesk.i18n import N_, _
from clerkdesk.services import emergency_lines, numbering
from clerkdesk.services.attachments import attach_received
from clerkdesk.services.clock import today
from clerkdesk.services.commands import (
    ArrivalFacts,
    Command,
    CorrectArrival,
    FinishArrival,
    NewFile,
    RegisterArrival,
    Result,
    SubmitArrival,
    VoidNumber,
)
from clerkdesk.services.corrections import keep_old_values
from clerkdesk.services.document_types import type_name
from clerkdesk.services.execution import at_server
from clerkdesk.services.inbox import accept
from clerkdesk.services.lengths import check_lengths, check_present
from clerkdesk.services.reference_code import arrival_number, emergency_short, joined
from clerkdesk.services.secrecy import refuse_secrets
from clerkdesk.services.settings import read_setting
from clerkdesk.services.vocabulary import UNPROCESSED, ArrivalStatus


class DuplicateArrival(RuleBroken):
    """The same document stands in the register already."""

    sentence = N_(
        "Văn bản này đã vào sổ: số đến {number}/{year} ngày {date}, {issuer}, {code}. Bấm F2 lần nữa nếu đúng là bản thứ hai cần đăng ký."
    )

    def __init__(self, earlier: EarlierArrival) -> None:
        self.earlier = earlier
        super().__init__(
            number=earlier.number,
            year=earlier.year,
            date=f"{earlier.arrival_date:%d/%m/%Y}",
            issuer=earlier.issuer,
            code=earlier.code,
            field="code",
        )


class DateInFuture(RuleBroken):
    """A date lies after the day it must not pass."""

    sentence = N_("{label} ({date}) ở sau ngày {limit}. Kiểm tra lại ngày, hoặc đồng hồ máy tính.")


class ArrivalUnknown(RuleBroken):
    """There is no such arrival."""

    sentence = N_("Không tìm thấy văn bản đến này trong kho. Làm mới danh sách rồi thử lại.")


class ArrivalVoid(RuleBroken):
    """The arrival's number is void."""

    sentence = N_("Số đến {number} đã hủy, không sửa được nữa. Đăng ký lại văn bản với số mới.")


class NothingChanged(RuleBroken):
    """A correction that changes nothing."""

    sentence = N_("Không có gì thay đổi.")


class CannotFinish(RuleBroken):
    """The arrival is not being processed, or the state is no end."""

    sentence = N_("Văn bản này không còn ở trạng thái chờ xử lý.")


@dataclass(frozen=True, slots=True)
class Received:
    """A document to be entered: its id, its facts, its files."""

    id: UUID
    facts: ArrivalFacts
    files: tuple[NewFile, ...] = ()


@dataclass(frozen=True, slots=True)
class EarlierArrival:
    """An entry that looks like the same document."""

    id: UUID
    number: str
    year: int
    arrival_date: dt.date
    issuer: str
    code: str
    issued_date: dt.date | None
    subject: str


class ArrivalRegistered(Result):
    """The arrival's number in its register."""

    number: int
    sub_number: str = ""
    year: int
    emergency_number: str = ""  # `T02-3/2026` when it stands in the emergency register

    def shown(self) -> tuple[int, ...]:
        """The number, if it was taken from the counter."""
        return () if self.sub_number else (self.number,)


class ArrivalChanged(Result):
    """The fields that a correction changed."""

    changed: tuple[str, ...] = ()


_write = prepared_insert(arrival, *(column.name for column in arrival.c if column.name not in ("row", "revision")))
_is_entered = Prepared(
    select(arrival.c.number, arrival.c.emergency_number).where(
        arrival.c.agency_id == bindparam("agency"), arrival.c.id == bindparam("document")
    )
)


def register_arrival(tx: Connection, command: RegisterArrival, at: dt.datetime) -> ArrivalRegistered:
    """Enter an arriving document (văn bản đến) in its register under the next arrival number.

    The number follows the order of receipt within the year, one series for paper and electronic documents
    (NĐ 30/2020 Đ22.2; Hà Nam 44/2024 Đ10.3b). The arrival's id is the command's uid. In an outage it gets a number of
    the desk's emergency register instead, with `emergency`; see `services.emergency`.

    Raises:
        SecretDocument, ExcludedDocument: such documents stay outside; nothing of them is kept.
        DuplicateArrival: carries the earlier entry; `second_copy` registers all the same.
        Missing, TooLong, TooLarge, DateInFuture: a field must be mended.
        RegisterNotOpen, RegisterClosed, RegisterSuspended, PenElsewhere, NumberNotReserved, NumberUnknown.
        WrongRegister, EmergencyNotOpen, AuthorisationOver, NoSubNumberHere: of the emergency register.
        AlreadyEntered: the form's document has its number already.
        DeliveryUnknown, DeliverySettled: of a document of the exchange inbox.
    """
    facts = command.facts
    check_facts(facts, exclusions_of(tx, command.agency))
    going_on = emergency_lines.begin_line(tx, command, at)
    document = command.emergency.document if command.emergency else command.uid
    known = _known(tx, command, document)
    if not command.second_copy:
        earlier = find_earlier(tx, command.agency, facts, other_than=document)
        if earlier is not None:
            raise DuplicateArrival(earlier)
    numbered = _number(tx, command, at, document)
    number = emergency_lines.emergency_number(going_on, numbered) if going_on else ""
    if known is None:
        enter(tx, command, [(Received(document, facts, command.files), numbered)], at, emergency_number=number)
    if going_on is not None:
        emergency_lines.write_line(tx, command, going_on, numbered, known, at)
    if known is not None:
        _take_over(tx, command, known, at)
        attach_received(tx, command, document, command.files, at)
    if command.inbox is not None:
        accept(tx, command, document, numbered.number, numbered.sub_number, at)
    return ArrivalRegistered(
        subject=document,
        number=numbered.number,
        sub_number=numbered.sub_number,
        year=numbered.year,
        emergency_number=number,
    )


def _known(tx: Connection, command: RegisterArrival, document: UUID) -> dict[str, Any] | None:
    """Return the document's own arrival when an answer that was lost had registered it in an ordinary book.

    Raises:
        AlreadyEntered: it has an emergency number, or this is not the emergency register.
    """
    entered = _is_entered(tx, agency=command.agency, document=document).first()
    if entered is None:
        return None
    if command.emergency is None or entered.emergency_number:
        raise emergency_lines.AlreadyEntered(number=entered.emergency_number or entered.number)
    return arrival_by_id(tx, command.agency, document)


def _take_over(tx: Connection, command: RegisterArrival, known: dict[str, Any], at: dt.datetime) -> None:
    """Keep what the clerk has changed between the answer that was lost and the emergency register."""
    if known["status"] == ArrivalStatus.VOIDED:
        return
    new = _columns(command.facts)
    del new["arrival_date"]
    changed = keep_old_values(tx, command, known["id"], known, new, "", at)
    if changed:
        _set(tx, command.agency, known["id"], {field: new[field] for field in changed})


def enter(
    tx: Connection,
    command: Command,
    documents: Sequence[tuple[Received, numbering.Numbered]],
    at: dt.datetime,
    *,
    emergency_number: str = "",
) -> None:
    """Write arrivals that have been checked and have their numbers, with their files, and learn their notations.

    Raises:
        RoleNotAttached, DocumentTooLarge.
    """
    registered, clerk = ArrivalStatus.REGISTERED.value, command.actor
    _write.many(
        tx,
        [
            {
                "agency_id": command.agency,
                "id": one.id,
                "register_id": numbered.register,
                "year": numbered.year,
                "number": numbered.number,
                "sub_number": numbered.sub_number,
                "status": registered,
                "registered_at": numbered.registered_at,
                "registered_by": clerk,
                "emergency_number": emergency_number,
                **_columns(one.facts),
            }
            for one, numbered in documents
        ],
    )
    for one, _numbered in documents:
        if one.files:
            attach_received(tx, command, one.id, one.files, at)
    if at_server():  # what a desk offers while somebody types; it never travels
        return
    _learn.many(  # so that a bare number gets its issuer's notation next time
        tx,
        [
            {
                "agency_id": command.agency,
                "issuer": one.facts.issuer,
                "code_notation": one.facts.code_notation,
                "uses": 1,
                "last_used_at": at,
            }
            for one, _numbered in documents
        ],
    )


def correct_arrival(tx: Connection, command: CorrectArrival, at: dt.datetime) -> ArrivalChanged:
    """Correct an arrival's fields; number, register and arrival date stay (NĐ 30/2020 Đ22.2).

    Raises:
        ArrivalUnknown, ArrivalVoid, NothingChanged, and those of a wrong field as in `register_arrival`.
    """
    old = _row(tx, command.agency, command.arrival)
    check_facts(command.facts, exclusions_of(tx, command.agency), arrival_date=old["arrival_date"])
    new = _columns(command.facts)
    del new["arrival_date"]
    changed = keep_old_values(tx, command, command.arrival, old, new, command.reason, at)
    if not changed:
        raise NothingChanged
    tx.execute(
        update(arrival)
        .where(arrival.c.agency_id == command.agency, arrival.c.id == command.arrival)
        .values(revision=arrival.c.revision + 1, **{field: new[field] for field in changed})
    )
    return ArrivalChanged(subject=command.arrival, changed=tuple(changed))


def void_arrival(tx: Connection, command: VoidNumber, at: dt.datetime) -> Result:
    """Void an arrival's number: entry, reason and content stay (NĐ 30/2020 Đ15.1).

    Raises:
        NumberUnknown, AlreadyVoid, ReasonMissing.
    """
    issue = numbering.Issue(
        command.agency, command.register_id, command.year, command.uid, command.actor, command.desk, at
    )
    document = numbering.void(tx, issue, command.number, command.sub_number, command.reason)
    tx.execute(
        update(arrival)
        .where(arrival.c.agency_id == command.agency, arrival.c.id == document)
        .values(status=ArrivalStatus.VOIDED, revision=arrival.c.revision + 1)
    )
    return Result(subject=document)


def submit_arrival(tx: Connection, command: SubmitArrival, at: dt.datetime) -> ArrivalChanged:
    """Submit the arrival for a directive (trình; Hà Nam 44/2024 Đ11.1).

    Raises:
        ArrivalUnknown, ArrivalVoid, CannotFinish, Missing.
    """
    old = _row(tx, command.agency, command.arrival)
    check_lengths(command)
    check_present(command, "to_places")
    if old["status"] not in UNPROCESSED:
        raise CannotFinish
    new = {"to_places": command.to_places, "status": ArrivalStatus.SUBMITTED}
    changed = keep_old_values(tx, command, command.arrival, old, new, "", at)
    _set(tx, command.agency, command.arrival, new)
    return ArrivalChanged(subject=command.arrival, changed=tuple(changed))


def finish_arrival(tx: Connection, command: FinishArrival, at: dt.datetime) -> ArrivalChanged:
    """End the processing: completed, no action needed, or read (Vĩnh Long 480 Đ14.1).

    The same command with an unprocessed state opens it again, so that a slip can be undone.

    Raises:
        ArrivalUnknown, ArrivalVoid; CannotFinish: the state asked for is neither an end nor REGISTERED.
    """
    old = _row(tx, command.agency, command.arrival)
    ends = (ArrivalStatus.COMPLETED, ArrivalStatus.NO_ACTION_NEEDED, ArrivalStatus.READ_CONFIRMED)
    if command.status not in (*ends, ArrivalStatus.REGISTERED):
        raise CannotFinish
    changed = keep_old_values(tx, command, command.arrival, old, {"status": command.status}, "", at)
    if not changed:
        raise NothingChanged
    _set(tx, command.agency, command.arrival, {"status": command.status})
    return ArrivalChanged(subject=command.arrival, changed=tuple(changed))


def find_earlier(
    connection: Connection, agency: UUID, facts: ArrivalFacts, *, other_than: UUID | None = None
) -> EarlierArrival | None:
    """Return an entry that repeats the document identifier, or number, notation and issuer (NĐ 30/2020 PL VI I.III.1h).

    Two documents of one issuer with one code and different dates of another year are not the same: numbers start
    again each year, so the issue date decides where both have one.
    """
    if facts.document_identifier:
        for found in _newest_first(_same_identifier(connection, agency=agency, identifier=facts.document_identifier)):
            if found.status != ArrivalStatus.VOIDED and found.id != str(other_than):
                return _as_earlier(found)
    if not (facts.code_number and facts.code_notation and facts.issuer):
        return None
    rows = _same_code(
        connection,
        agency_id=agency,
        code_number=facts.code_number,
        code_notation=facts.code_notation,
        issuer=facts.issuer,
    )
    for row in _newest_first(rows):
        same_year = not (row.issued_date and facts.issued_date) or row.issued_date[:4] == str(facts.issued_date.year)
        if row.status != ArrivalStatus.VOIDED and same_year and row.id != str(other_than):
            return _as_earlier(row)
    return None


def _newest_first(rows: Iterable[Any]) -> list[Any]:
    """Sorted here, not in SQL: an ORDER BY would make SQLite walk all documents of an issuer in time's order."""
    return sorted(rows, key=lambda row: (row.year, row.number, row.sub_number), reverse=True)


IN_EMERGENCY = (
    select(literal_column("1"))
    .where(
        register.c.agency_id == arrival.c.agency_id,
        register.c.id == arrival.c.register_id,
        register.c.emergency_of.is_not(None),
    )
    .exists()
    .label("in_emergency")
)
"""Whether an arrival still stands in an emergency register, without its ordinary number."""

_earlier = select(
    arrival.c.id,
    arrival.c.number,
    arrival.c.sub_number,
    arrival.c.year,
    arrival.c.arrival_date,
    arrival.c.issuer,
    arrival.c.code_number,
    arrival.c.code_notation,
    arrival.c.issued_date,
    arrival.c.subject,
    arrival.c.status,
    arrival.c.emergency_number,
    IN_EMERGENCY,
).where(arrival.c.agency_id == bindparam("agency"))
_same_identifier = Prepared(
    _earlier.where(
        arrival.c.document_identifier == bindparam("identifier"),
        text("document_identifier != ''"),  # word for word as in the partial index
    )
)
_same_code = Prepared(
    select(*_earlier.selected_columns).where(
        arrival.c.agency_id == bindparam("agency_id"),
        arrival.c.code_number == bindparam("code_number"),
        arrival.c.code_notation == bindparam("code_notation"),
        arrival.c.issuer == bindparam("issuer"),
    ),
    reads_only="arrival",
    by=("agency_id", "code_number", "code_notation", "issuer"),
)


def look_ahead(tx: Connection, agency: UUID, codes: list[tuple[str, str, str]]) -> None:
    """Look up together what several registrations will each ask for: is there a document of this code already?

    Args:
        codes: number, notation and issuer of each.
    """
    _same_code.ask_ahead(
        tx,
        [
            {"agency_id": agency, "code_number": number, "code_notation": notation, "issuer": issuer}
            for number, notation, issuer in codes
        ],
    )


def _as_earlier(row: Any) -> EarlierArrival:
    return EarlierArrival(
        UUID(row.id),
        emergency_short(row.emergency_number) if row.in_emergency else f"{row.number}{row.sub_number}",
        row.year,
        dt.date.fromisoformat(row.arrival_date),
        row.issuer,
        joined(row.code_number, row.code_notation),
        dt.date.fromisoformat(row.issued_date) if row.issued_date else None,
        row.subject,
    )


def arrival_by_id(connection: Connection, agency: UUID, arrival_id: UUID) -> dict[str, Any]:
    """Return all fields of an arrival, and `in_emergency`: it has no ordinary number yet.

    Raises:
        ArrivalUnknown.
    """
    row = connection.execute(
        select(arrival, IN_EMERGENCY).where(arrival.c.agency_id == agency, arrival.c.id == arrival_id)
    ).mappings().first()  # fmt: skip
    if row is None:
        raise ArrivalUnknown
    return dict(row)


def learned_notations(connection: Connection, agency: UUID, issuer: str) -> list[str]:
    """Return the notations that this issuer has used, the last one first."""
    return list(
        connection.execute(
            select(learned_suffix.c.code_notation)
            .where(learned_suffix.c.agency_id == agency, learned_suffix.c.issuer == issuer)
            .order_by(learned_suffix.c.last_used_at.desc())
            .limit(20)
        ).scalars()
    )


def exclusions_of(connection: Connection, agency: UUID) -> tuple[str, ...]:
    """Return the kinds of paper that the agency keeps outside."""
    return tuple(read_setting(connection, agency, "exclusions"))


def check_facts(facts: ArrivalFacts, exclusions: tuple[str, ...], arrival_date: dt.date | None = None) -> None:
    """Check what is entered of an arrival, but for doubles.

    Args:
        facts: as entered.
        exclusions: from `exclusions_of`.
        arrival_date: of an arrival that is corrected, which keeps its own; None for a new one.

    Raises:
        SecretDocument, ExcludedDocument, Missing, TooLong, TooLarge, DateInFuture.
    """
    refuse_secrets(facts.subject, facts.description, type_name(facts.document_type), exclusions)
    check_present(facts, "issuer", "subject")
    check_lengths(facts)
    arrived = arrival_date or facts.arrival_date
    if arrival_date is None and facts.arrival_date > today():
        raise DateInFuture(
            label=_("Ngày đến"),
            date=f"{facts.arrival_date:%d/%m/%Y}",
            limit=f"{today():%d/%m/%Y}",
            field="arrival_date",
        )
    if facts.issued_date and facts.issued_date > arrived:
        raise DateInFuture(
            label=_("Ngày văn bản"),
            date=f"{facts.issued_date:%d/%m/%Y}",
            limit=f"{arrived:%d/%m/%Y}",
            field="issued_date",
        )


def _number(tx: Connection, command: RegisterArrival, at: dt.datetime, document: UUID) -> numbering.Numbered:
    issue = numbering.Issue(
        command.agency,
        command.register_id,
        command.facts.arrival_date.year,
        command.uid,
        command.actor,
        command.desk,
        at,
    )
    if command.reserved_number is not None:
        return numbering.use_reserved(tx, issue, command.reserved_number, document)
    if command.sub_number_of is not None:
        return numbering.issue_sub_number(
            tx, issue, command.sub_number_of, document, command.sub_number_reason
        )  # fmt: skip
    return numbering.issue_next(tx, issue, document)


def _columns(facts: ArrivalFacts) -> dict[str, Any]:
    return vars(facts) | {
        "normative": int(facts.normative),
        "legal_value": int(facts.legal_value),
        "urgency": int(facts.urgency),
    }


def _row(tx: Connection, agency: UUID, arrival_id: UUID) -> dict[str, Any]:
    row = arrival_by_id(tx, agency, arrival_id)
    if row["status"] == ArrivalStatus.VOIDED:
        raise ArrivalVoid(number=arrival_number(row))
    return row


def _set(tx: Connection, agency: UUID, arrival_id: UUID, values: dict[str, Any]) -> None:
    tx.execute(
        update(arrival)
        .where(arrival.c.agency_id == agency, arrival.c.id == arrival_id)
        .values(revision=arrival.c.revision + 1, **values)
    )


_learn = prepared_upsert(
    learned_suffix,
    ("agency_id", "issuer", "code_notation", "uses", "last_used_at"),
    ("agency_id", "issuer", "code_notation"),
    {"uses": "learned_suffix.uses + 1", "last_used_at": "excluded.last_used_at"},
)

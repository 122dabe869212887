"""Outgoing documents (văn bản đi) up to the seal: draft, leader's signature, number and date, seal.

The order is law: the leader signs, then number and date are given, then the agency seals
(NĐ 30/2020 Đ14, Đ15.2, Đ32.2; Hà Nam 44/2024 Đ13.3-13.4). Dispatching is in `dispatching`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select, update

from clerkdesk.data.schema import agency as agency_table
from clerkdesk.data.schema import arrival, dispatch, outgoing, symbol
from clerkdesk.errors import RuleBroken
from clerkdesk.i18n import N_, _
from clerkdesk.services import numbering
from clerkdesk.services.attachments import attach, attach_received
from clerkdesk.services.clock import local, today
from clerkdesk.services.commands import (
    CorrectOutgoing,
    EnterOutgoing,
    IssueNumber,
    NewFile,
    OutgoingFacts,
    Recipient,
    RecordLeaderSignature,
    RecordSeal,
    Result,
    ReturnDraft,
    SubmitForSignature,
    VoidNumber,
)
from clerkdesk.services.corrections import keep_old_values
from clerkdesk.services.document_types import type_by_code, type_name
from clerkdesk.services.ids import new_id
from clerkdesk.services.lengths import LONGEST, Missing, TooLong, check_lengths, check_present
from clerkdesk.services.reference_code import SymbolParts, notation, number_text
from clerkdesk.services.secrecy import refuse_secrets
from clerkdesk.services.settings import read_setting
from clerkdesk.services.vocabulary import AttachmentRole, DispatchChannel, DispatchState, OutgoingStatus, ReleaseForm


class OutgoingUnknown(RuleBroken):
    """There is no such outgoing document."""

    sentence = N_("Không tìm thấy văn bản đi này trong kho. Làm mới danh sách rồi thử lại.")


class WrongStep(RuleBroken):
    """The step asked for does not follow the document's state."""

    sentence = N_("Văn bản đang ở bước “{status}”, chưa làm được việc này. Bước tiếp theo: {next_step}.")


class PaperReasonMissing(RuleBroken):
    """Paper beside the signed electronic document needs its reason (Hà Nam 44/2024 Đ5.5)."""

    sentence = N_(
        "Phát hành kèm bản giấy phải chọn lý do (Hà Nam 44/2024 Điều 5.5). Chọn lý do, hoặc chọn “Chỉ điện tử”."
    )
    field = "paper_reason"


class PaperNotReleased(RuleBroken):
    """A copy goes by post although the document is released electronically only."""

    sentence = N_(
        "Hình thức là “Chỉ điện tử” nhưng có nơi nhận qua bưu điện. Đổi kênh của nơi nhận, hoặc chọn kèm bản giấy và lý do."
    )
    field = "release_form"


class SymbolUnknown(RuleBroken):
    """The symbol template does not exist."""

    sentence = N_("Ký hiệu của sổ không còn. Chọn lại loại văn bản.")
    field = "document_type"


class IssueDateWrong(RuleBroken):
    """The issue date cannot be in the future or before the signature."""

    sentence = N_("Ngày ban hành {date} phải từ ngày lãnh đạo ký ({signed}) đến hôm nay.")
    field = "issued_date"


class AnsweredArrivalUnknown(RuleBroken):
    """The arrival that is answered does not exist."""

    sentence = N_("Không tìm thấy văn bản đến được trả lời. Kiểm tra lại số đến.")
    field = "answers_arrival"


class NumberIssued(Result):
    """The number, date and reference code of the document."""

    number: int
    sub_number: str = ""
    year: int
    reference_code: str
    issued_date: dt.date

    def shown(self) -> tuple[int, ...]:
        """The number, if it was taken from the counter."""
        return () if self.sub_number else (self.number,)


class OutgoingChanged(Result):
    """The fields that a correction changed."""

    changed: tuple[str, ...] = ()


_NEXT_STEP = {
    OutgoingStatus.DRAFT: N_("trình ký (F10)"),
    OutgoingStatus.RETURNED: N_("sửa rồi trình ký lại (F10)"),
    OutgoingStatus.SUBMITTED_FOR_SIGNATURE: N_("lãnh đạo ký (F9)"),
    OutgoingStatus.AWAITING_ISSUE: N_("cấp số và đóng dấu (F9)"),
    OutgoingStatus.NUMBERED: N_("đóng dấu (F9)"),
    OutgoingStatus.SEALED: N_("phát hành (F10)"),
    OutgoingStatus.RELEASED: N_("theo dõi nơi nhận"),
    OutgoingStatus.VOIDED: N_("không còn"),
}


def next_step(status: OutgoingStatus) -> str:
    """Return what a person does next with a document in this state, with its key."""
    return _(_NEXT_STEP[status])


def enter_outgoing(tx: Connection, command: EnterOutgoing, at: dt.datetime) -> Result:
    """Enter a draft; its id is the command's uid and it has no number yet (Hà Nam 44/2024 Đ13.1b).

    Raises:
        SecretDocument, ExcludedDocument, Missing, TooLong, TooLarge, PaperReasonMissing, SymbolUnknown,
        AnsweredArrivalUnknown, DocumentTooLarge.
    """
    _check(tx, command.agency, command.facts)
    _check_paper(command.facts, command.recipients)
    tx.execute(
        insert(outgoing).values(
            agency_id=command.agency,
            id=command.uid,
            status=OutgoingStatus.DRAFT,
            created_at=at,
            created_by=command.actor,
            **_columns(command.facts),
        )
    )
    _write_recipients(tx, command.agency, command.uid, command.recipients, at)
    attach_received(tx, command, command.uid, command.files, at)
    return Result(subject=command.uid)


def correct_outgoing(tx: Connection, command: CorrectOutgoing, at: dt.datetime) -> OutgoingChanged:
    """Correct a document's fields; after release recipients stay, after numbering what the code says stays too.

    Raises:
        OutgoingUnknown, WrongStep, and those of a wrong field as in `enter_outgoing`.
    """
    old = outgoing_by_id(tx, command.agency, command.outgoing)
    if old["status"] == OutgoingStatus.VOIDED:
        raise _wrong_step(old)
    _check(tx, command.agency, command.facts)
    _check_paper(command.facts, command.recipients)
    new = _columns(command.facts)
    if old["number"] is not None:
        for field in ("symbol_id", "document_type", "normative", "body", "unit_short_name"):
            new[field] = old[field]
    changed = keep_old_values(tx, command, command.outgoing, old, new, command.reason, at)
    tx.execute(
        update(outgoing)
        .where(outgoing.c.agency_id == command.agency, outgoing.c.id == command.outgoing)
        .values(revision=outgoing.c.revision + 1, **{field: new[field] for field in changed})
    )
    if old["status"] != OutgoingStatus.RELEASED:
        tx.execute(
            delete(dispatch).where(dispatch.c.agency_id == command.agency, dispatch.c.outgoing_id == command.outgoing)
        )
        _write_recipients(tx, command.agency, command.outgoing, command.recipients, at)
    return OutgoingChanged(subject=command.outgoing, changed=tuple(changed))


def submit_for_signature(tx: Connection, command: SubmitForSignature, at: dt.datetime) -> Result:
    """Give the prepared PDF to the leader; a document that was prepared anew replaces the one waiting.

    Raises:
        OutgoingUnknown, WrongStep.
    """
    allowed = (OutgoingStatus.DRAFT, OutgoingStatus.RETURNED, OutgoingStatus.SUBMITTED_FOR_SIGNATURE)
    _step(
        tx, command.agency, command.outgoing, allowed, status=OutgoingStatus.SUBMITTED_FOR_SIGNATURE, return_reason=""
    )
    attach(tx, command, command.outgoing, (_as(command.prepared, AttachmentRole.PREPARED),), at)
    return Result(subject=command.outgoing)


def record_leader_signature(tx: Connection, command: RecordLeaderSignature, at: dt.datetime) -> Result:
    """Note that the authorised person has signed: the document awaits issue (Hà Nam 44/2024 Đ13.3a).

    Raises:
        OutgoingUnknown, WrongStep.
    """
    _step(
        tx, command.agency, command.outgoing, (OutgoingStatus.SUBMITTED_FOR_SIGNATURE,),
        status=OutgoingStatus.AWAITING_ISSUE, signed_at=at,
    )  # fmt: skip
    attach(tx, command, command.outgoing, (_as(command.signed, AttachmentRole.LEADER_SIGNED),), at)
    return Result(subject=command.outgoing)


def return_draft(tx: Connection, command: ReturnDraft, at: dt.datetime) -> Result:
    """Send a draft back with the reason (Hà Nam 44/2024 Đ13.1c); one that has a number cannot go back.

    Raises:
        ReasonMissing, OutgoingUnknown, WrongStep.
    """
    if not command.reason:
        raise numbering.ReasonMissing
    _step(
        tx, command.agency, command.outgoing,
        (OutgoingStatus.SUBMITTED_FOR_SIGNATURE, OutgoingStatus.AWAITING_ISSUE),
        status=OutgoingStatus.RETURNED, return_reason=command.reason, signed_at=None,
    )  # fmt: skip
    return Result(subject=command.outgoing)


def issue_number(tx: Connection, command: IssueNumber, at: dt.datetime) -> NumberIssued:
    """Give a signed document its number and date; both are fixed from here on (NĐ 30/2020 Đ15).

    Sealing follows outside the transaction; when it fails or the machine dies, the document keeps this number and
    date and is sealed later (`WrongStep` names that as the next step).

    Raises:
        OutgoingUnknown, WrongStep, IssueDateWrong, RegisterNotOpen, RegisterClosed, RegisterSuspended, PenElsewhere,
        NumberNotReserved.
    """
    old = outgoing_by_id(tx, command.agency, command.outgoing)
    if old["status"] != OutgoingStatus.AWAITING_ISSUE:
        raise _wrong_step(old)
    signed = local(old["signed_at"]).date()
    if not min(signed, today()) <= command.issued_date <= today():
        raise IssueDateWrong(date=f"{command.issued_date:%d/%m/%Y}", signed=f"{signed:%d/%m/%Y}")
    template, register_id = _symbol(tx, command.agency, old["symbol_id"])
    year = command.issued_date.year
    issue = numbering.Issue(command.agency, register_id, year, command.uid, command.actor, command.desk, at)
    if command.reserved_number is None:
        numbered = numbering.issue_next(tx, issue, command.outgoing)
    else:
        numbered = numbering.use_reserved(tx, issue, command.reserved_number, command.outgoing)
    behind = notation(template, year, symbol_parts(tx, command.agency, old))
    code = f"{number_text(numbered.number, numbered.sub_number)}/{behind}"
    tx.execute(
        update(outgoing)
        .where(outgoing.c.agency_id == command.agency, outgoing.c.id == command.outgoing)
        .values(
            status=OutgoingStatus.NUMBERED,
            register_id=register_id,
            year=year,
            number=numbered.number,
            sub_number=numbered.sub_number,
            reference_code=code,
            issued_date=command.issued_date,
            numbered_at=numbered.registered_at,
            revision=outgoing.c.revision + 1,
        )
    )
    return NumberIssued(
        subject=command.outgoing,
        number=numbered.number,
        sub_number=numbered.sub_number,
        year=year,
        reference_code=code,
        issued_date=command.issued_date,
    )


def record_seal(tx: Connection, command: RecordSeal, at: dt.datetime) -> Result:
    """Note that the agency has sealed the numbered document (NĐ 30/2020 Đ32.2).

    Raises:
        OutgoingUnknown, WrongStep.
    """
    _step(
        tx, command.agency, command.outgoing, (OutgoingStatus.NUMBERED,), status=OutgoingStatus.SEALED, sealed_at=at
    )  # fmt: skip
    attach(tx, command, command.outgoing, (_as(command.sealed, AttachmentRole.SEALED),), at)
    return Result(subject=command.outgoing)


def void_outgoing(tx: Connection, command: VoidNumber, at: dt.datetime) -> Result:
    """Void an outgoing document's number; a released one is corrected or recalled instead (NĐ 30/2020 Đ18.3-18.4).

    Raises:
        WrongStep, NumberUnknown, AlreadyVoid, ReasonMissing.
    """
    issue = numbering.Issue(
        command.agency, command.register_id, command.year, command.uid, command.actor, command.desk, at
    )
    document = numbering.void(tx, issue, command.number, command.sub_number, command.reason)
    if document is not None:
        old = outgoing_by_id(tx, command.agency, document)
        if old["status"] == OutgoingStatus.RELEASED:
            raise _wrong_step(old)
        tx.execute(
            update(outgoing)
            .where(outgoing.c.agency_id == command.agency, outgoing.c.id == document)
            .values(status=OutgoingStatus.VOIDED, revision=outgoing.c.revision + 1)
        )
    return Result(subject=document)


def outgoing_by_id(connection: Connection, agency: UUID, outgoing_id: UUID) -> dict[str, Any]:
    """Return all fields of an outgoing document.

    Raises:
        OutgoingUnknown.
    """
    row = connection.execute(
        select(outgoing).where(outgoing.c.agency_id == agency, outgoing.c.id == outgoing_id)
    ).mappings().first()  # fmt: skip
    if row is None:
        raise OutgoingUnknown
    return dict(row)


def recipients_of(connection: Connection, agency: UUID, outgoing_id: UUID) -> list[dict[str, Any]]:
    """Return the recipients of a document with the state of each copy, in the order entered."""
    rows = connection.execute(
        select(dispatch)
        .where(dispatch.c.agency_id == agency, dispatch.c.outgoing_id == outgoing_id)
        .order_by(dispatch.c.position)
    )
    return [dict(row) for row in rows.mappings()]


def symbol_parts(connection: Connection, agency: UUID, row: dict[str, Any]) -> SymbolParts:
    """Return what fills the symbol template for this document."""
    kind = type_by_code(row["document_type"])
    short_name = connection.execute(select(agency_table.c.short_name).where(agency_table.c.id == agency)).scalar_one()
    return SymbolParts(
        type=kind.abbreviation if kind else row["document_type"],
        agency=short_name,
        unit=row["unit_short_name"],
        body=row["body"],
    )


def expected_notation(connection: Connection, agency: UUID, row: dict[str, Any], year: int) -> str:
    """Return what will stand behind the number, before there is one: the draft prints it."""
    template, _register = _symbol(connection, agency, row["symbol_id"])
    return notation(template, year, symbol_parts(connection, agency, row))


def register_of(connection: Connection, agency: UUID, symbol_id: UUID) -> UUID:
    """Return the register in which documents of a symbol are numbered.

    Raises:
        SymbolUnknown.
    """
    return _symbol(connection, agency, symbol_id)[1]


def _symbol(tx: Connection, agency: UUID, symbol_id: UUID) -> tuple[str, UUID]:
    row = tx.execute(
        select(symbol.c.template, symbol.c.register_id).where(symbol.c.agency_id == agency, symbol.c.id == symbol_id)
    ).first()
    if row is None:
        raise SymbolUnknown
    return row.template, row.register_id


def _check(tx: Connection, agency: UUID, facts: OutgoingFacts) -> None:
    exclusions = tuple(read_setting(tx, agency, "exclusions"))
    refuse_secrets(facts.subject, facts.description, type_name(facts.document_type), exclusions)
    check_present(facts, "subject", "signer_name")
    check_lengths(facts)
    if facts.release_form == ReleaseForm.ELECTRONIC_AND_PAPER and facts.paper_reason is None:
        raise PaperReasonMissing
    _symbol(tx, agency, facts.symbol)
    if facts.answers_arrival is not None:
        known = select(arrival.c.id).where(arrival.c.agency_id == agency, arrival.c.id == facts.answers_arrival)
        if tx.execute(known).first() is None:
            raise AnsweredArrivalUnknown


def _check_paper(facts: OutgoingFacts, recipients: tuple[Recipient, ...]) -> None:
    """Paper goes out only where the form of release says so (Hà Nam 44/2024 Đ5.3, Đ5.5)."""
    posted = any(one.channel == DispatchChannel.POST for one in recipients)
    if posted and facts.release_form == ReleaseForm.ELECTRONIC_ONLY:
        raise PaperNotReleased


def _columns(facts: OutgoingFacts) -> dict[str, Any]:
    values = dict(facts)
    values["symbol_id"] = values.pop("symbol")
    values["normative"] = int(facts.normative)
    values["urgency"] = int(facts.urgency)
    values["paper_reason"] = facts.paper_reason or ""
    return values


def _write_recipients(
    tx: Connection, agency: UUID, outgoing_id: UUID, recipients: tuple[Recipient, ...], at: dt.datetime
) -> None:
    for position, recipient in enumerate(recipients):
        _check_recipient(recipient)
        tx.execute(
            insert(dispatch).values(
                agency_id=agency,
                id=new_id(),
                outgoing_id=outgoing_id,
                position=position,
                correspondent_id=recipient.correspondent,
                recipient=recipient.name,
                organ_id=recipient.organ_id,
                channel=recipient.channel,
                copies=recipient.copies,
                envelopes=recipient.envelopes,
                state=DispatchState.WAITING,
                state_at=at,
            )
        )


def _check_recipient(recipient: Recipient) -> None:
    longest = LONGEST["name"][1]
    if not recipient.name:
        raise Missing(label=_("Nơi nhận"), field="recipients")
    if len(recipient.name) > longest:
        raise TooLong(label=_("Nơi nhận"), length=len(recipient.name), longest=longest, field="recipients")


def _step(
    tx: Connection, agency: UUID, outgoing_id: UUID, allowed: tuple[OutgoingStatus, ...], **values: object
) -> None:
    old = outgoing_by_id(tx, agency, outgoing_id)
    if old["status"] not in allowed:
        raise _wrong_step(old)
    tx.execute(
        update(outgoing)
        .where(outgoing.c.agency_id == agency, outgoing.c.id == outgoing_id)
        .values(revision=outgoing.c.revision + 1, **values)
    )


def _wrong_step(row: dict[str, Any]) -> WrongStep:
    status = OutgoingStatus(row["status"])
    return WrongStep(status=status.label, next_step=next_step(status))


def _as(file: NewFile, role: AttachmentRole) -> NewFile:
    return file.model_copy(update={"role": role})

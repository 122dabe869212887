"""Outgoing documents (văn bản đi) up to the seal: draft, leader's signature, number and date, seal.

The order is law: the leader signs, then number and date are given, then the agency seals
(NĐ 30/2020 Đ14, Đ15.2, Đ32.2; Hà Nam 44/2024 Đ13.3-13.4). Dispatching is in `dispatching`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, delete, insert, select, update

from clerkdesk.data.schema import agency as agency_table
from clerkdesk.data.schema import arrival, dispatch, outgoing, register, symbol
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
from clerkdesk.services.registers import symbol_for
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


class SymbolWrong(RuleBroken):
    """The symbol belongs to another type, to normative documents, or to another body."""

    sentence = N_(
        "Ký hiệu của sổ không phải của loại “{document_type}” này. Kiểm tra Loại VB, QPPL, Tổ chức TV rồi lưu lại."
    )
    field = "document_type"


class SignedAlready(RuleBroken):
    """What the signed document says cannot be changed behind the leader's back; only a new signing can change it."""

    sentence = N_("Lãnh đạo đã ký văn bản có in “{label}”, không sửa được ở sổ. {way}")


class ReferenceCodeTaken(RuleBroken):
    """Another document of the agency bears this reference code in this year."""

    sentence = N_(
        "Chưa cấp số: số, ký hiệu {code} đã có ở văn bản khác của năm {year} (sổ “{title}”). Bấm Ctrl+G, gõ “so”: đổi sổ cho khác ký hiệu, hoặc F10 đặt số bắt đầu sau số đã cấp."
    )


class IssueDateBeforePrevious(RuleBroken):
    """Numbers run in the order of time (NĐ 30/2020 Đ15.1)."""

    sentence = N_(
        "Chưa cấp số: ngày ban hành {date} trước ngày {previous} của số liền trước ({code}); số phải theo thứ tự thời gian (NĐ 30/2020 Điều 15.1). {way}"
    )
    field = "issued_date"


_CHOOSE_LATER = N_("Chọn ngày từ {previous} đến hôm nay.")
_LATER_THAN_TODAY = N_("Kiểm tra đồng hồ máy tính; nếu văn bản ấy sai ngày thì hủy số của nó rồi cấp lại.")


class IssueDateWrong(RuleBroken):
    """The issue date cannot be in the future or before the signature."""

    sentence = N_("Ngày ban hành {date} phải từ ngày lãnh đạo ký ({signed}) đến hôm nay.")
    field = "issued_date"


class AnsweredArrivalUnknown(RuleBroken):
    """The arrival that is answered does not exist."""

    sentence = N_("Không tìm thấy văn bản đến được trả lời. Kiểm tra lại số đến.")
    field = "answers_arrival"


class NoEmergencyNumber(numbering.PenElsewhere):
    """The pen is elsewhere, and an outgoing document's number must be final before the seal (Vĩnh Long 480 Đ12.4)."""

    sentence = N_(
        "Chưa cấp số: quyền cấp số của “{title}” đang ở máy khác. Văn bản đi không có số tạm, vì số phải có trước khi đóng dấu. "
        "Gọi điện cho máy giữ sổ để nhận mã chuyển quyền cấp số, rồi cấp số lại."
    )


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


# What stands on the paper that the leader signs: with its label, and what a person can do about it by then.
_PRINTED = {
    "document_type": N_("Loại văn bản"),
    "normative": N_("Quy phạm pháp luật"),
    "body": N_("Tổ chức tư vấn"),
    "unit_short_name": N_("Đơn vị soạn"),
    "subject": N_("Trích yếu"),
    "signer_name": N_("Người ký"),
    "signer_position": N_("Chức vụ người ký"),
    "signing_capacity": N_("Quyền ký"),
}
_FORM_FIELDS = {"unit_short_name": "unit", "signer_name": "signer", "signer_position": "signer"}
_WAYS = {
    OutgoingStatus.AWAITING_ISSUE: N_("Bấm F5 trả lại dự thảo, sửa rồi trình ký lại."),
    OutgoingStatus.NUMBERED: N_("Bấm Delete hủy số (ghi lý do), rồi soạn và trình ký văn bản mới."),
    OutgoingStatus.SEALED: N_("Bấm Delete hủy số (ghi lý do), rồi soạn và trình ký văn bản mới."),
    OutgoingStatus.RELEASED: N_(
        "Văn bản đã phát hành: sửa, thay thế bằng văn bản tương đương, hoặc đính chính bằng công văn (NĐ 30/2020 Điều 18.3)."
    ),
}

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
        SecretDocument, ExcludedDocument, Missing, TooLong, TooLarge, PaperReasonMissing, SymbolUnknown, SymbolWrong,
        AnsweredArrivalUnknown, DocumentTooLarge.
    """
    _check(tx, command.agency, command.facts)
    _check_symbol(tx, command.agency, command.facts)
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
    """Correct a document's fields; what the leader has signed stays, and after release the recipients do too.

    Raises:
        OutgoingUnknown, WrongStep, SignedAlready, and those of a wrong field as in `enter_outgoing`.
    """
    old = outgoing_by_id(tx, command.agency, command.outgoing)
    if old["status"] == OutgoingStatus.VOIDED:
        raise _wrong_step(old)
    _check(tx, command.agency, command.facts)
    _check_paper(command.facts, command.recipients)
    new = _columns(command.facts)
    if old["status"] in _WAYS:
        _refuse_printed(old, new)
        new["symbol_id"] = old["symbol_id"]  # a register opened since then takes only new documents
    else:
        _check_symbol(tx, command.agency, command.facts)
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


def _refuse_printed(old: dict[str, Any], new: dict[str, Any]) -> None:
    for field, label in _PRINTED.items():
        if old[field] != new[field]:
            way = _(_WAYS[OutgoingStatus(old["status"])])
            raise SignedAlready(label=_(label), way=way, field=_FORM_FIELDS.get(field, field))


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
        OutgoingUnknown, WrongStep, IssueDateWrong, IssueDateBeforePrevious, ReferenceCodeTaken, RegisterNotOpen,
        RegisterClosed, RegisterSuspended, NumberNotReserved; NoEmergencyNumber: the pen is elsewhere.
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
    try:
        if command.reserved_number is None:
            numbered = numbering.issue_next(tx, issue, command.outgoing)
        else:
            numbered = numbering.use_reserved(tx, issue, command.reserved_number, command.outgoing)
    except numbering.PenElsewhere as error:
        raise NoEmergencyNumber(title=error.facts["title"]) from error
    _check_order(tx, command.agency, numbered, command.issued_date)
    behind = notation(template, year, symbol_parts(tx, command.agency, old))
    code = f"{number_text(numbered.number, numbered.sub_number)}/{behind}"
    _check_code_free(tx, command.agency, numbered, code)
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


def _check_order(tx: Connection, agency: UUID, numbered: numbering.Numbered, issued_date: dt.date) -> None:
    """See that the number before, in its book, has no later date (NĐ 30/2020 Đ15.1); a void one counts no more."""
    before = tx.execute(
        select(outgoing.c.issued_date, outgoing.c.reference_code)
        .where(
            outgoing.c.agency_id == agency,
            outgoing.c.year == numbered.year,
            outgoing.c.register_id == numbered.register,
            outgoing.c.number < numbered.number,
            outgoing.c.status != OutgoingStatus.VOIDED,
        )
        .order_by(outgoing.c.number.desc(), outgoing.c.sub_number.desc())
        .limit(1)
    ).first()
    if before is not None and before.issued_date > issued_date:
        previous = f"{before.issued_date:%d/%m/%Y}"
        way = _(_CHOOSE_LATER).format(previous=previous) if before.issued_date <= today() else _(_LATER_THAN_TODAY)
        raise IssueDateBeforePrevious(
            date=f"{issued_date:%d/%m/%Y}", previous=previous, code=before.reference_code, way=way
        )


def _check_code_free(tx: Connection, agency: UUID, numbered: numbering.Numbered, code: str) -> None:
    """See that no document of any register has this code in this year; a void one keeps its code."""
    books = select(register.c.id).where(register.c.agency_id == agency)
    taken = tx.execute(
        select(register.c.title)
        .join_from(outgoing, register, and_(register.c.agency_id == agency, register.c.id == outgoing.c.register_id))
        .where(
            outgoing.c.agency_id == agency,
            outgoing.c.year == numbered.year,
            outgoing.c.register_id.in_(books),  # as the index by number has it
            outgoing.c.number == numbered.number,
            outgoing.c.reference_code == code,
        )
    ).scalar()
    if taken is not None:
        raise ReferenceCodeTaken(code=code, year=numbered.year, title=taken)


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


def _check_symbol(tx: Connection, agency: UUID, facts: OutgoingFacts) -> None:
    if facts.symbol != symbol_for(tx, agency, facts.document_type, normative=facts.normative, body=facts.body):
        raise SymbolWrong(document_type=type_name(facts.document_type))


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

"""From draft to sealed document: the steps that sign files, each around its command, none inside a transaction.

The order is law: leader signs, number and date, seal (NĐ 30/2020 Đ32.2; Hà Nam 44/2024 Đ13.3-13.4). Number and seal
are one recoverable unit: everything that can be checked is checked before the number is taken; when the machine dies
behind it, `issue` goes on with the same number and date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from clerkdesk.errors import BadFile, NotAllowed
from clerkdesk.i18n import N_, _
from clerkdesk.services.attachments import files_of
from clerkdesk.services.clock import now
from clerkdesk.services.commands import IssueNumber, RecordLeaderSignature, RecordSeal, SubmitForSignature
from clerkdesk.services.file_transfers import bytes_of
from clerkdesk.services.files import FileMissing, keep_made
from clerkdesk.services.outgoing import WrongStep, next_step, outgoing_by_id
from clerkdesk.services.reference_code import day_text, month_text, number_text
from clerkdesk.services.settings import read_setting
from clerkdesk.services.vocabulary import AttachmentRole, OutgoingStatus, Role

if TYPE_CHECKING:
    from clerkdesk.services.desk import Desk
    from clerkdesk.services.people import Person
    from clerkdesk.services.signing.keys import SigningKey

Progress = Callable[[str], None]


class DraftMissing(BadFile):
    """No file to sign."""

    sentence = N_("Chưa gắn tệp dự thảo. Bấm F8 để gắn tệp DOCX, ODT hoặc PDF rồi trình ký.")
    field = "files"


class NotTheSigner(NotAllowed):
    """The document is signed by somebody else, or the person is no leader."""

    sentence = N_("Văn bản này do {signer} ký. Người ký phải tự đăng nhập và dùng chữ ký số của mình.")


class KeyOfSomebodyElse(NotAllowed):
    """The certificate names another holder than the signer or the agency."""

    sentence = N_("Chứng thư số này cấp cho “{holder}”, không phải “{wanted}”. Chọn đúng tệp khóa.")


def key_file(data_dir: Path, name: str) -> Path:
    """Return where a PKCS#12 key is looked for first: `keys/<user name>.p12`, `keys/agency.p12` in the data folder."""
    return data_dir / "keys" / f"{name}.p12"


def prepare_for_signature(desk: Desk, outgoing_id: UUID) -> None:
    """Turn the draft into a PDF with empty places for number, date, signature and seal, and give it to the leader.

    Raises:
        DraftMissing, LibreOfficeMissing, ConversionFailed, PlaceNotFound, TextOverflow, PdfDamaged, PdfEncrypted, WrongStep.
    """
    from clerkdesk.services.signing.prepare import PrepareSpec, prepare

    row = desk.read(outgoing_by_id, outgoing_id)
    pdf = draft_pdf(desk, outgoing_id)
    spec = PrepareSpec(row["signer_name"], seal_diameter_mm=desk.read(read_setting, "seal_millimetres"))
    prepared = keep_made(desk.store, prepare(pdf, spec).pdf, "trinh-ky.pdf", AttachmentRole.PREPARED)
    desk.do(desk.make(SubmitForSignature, outgoing=outgoing_id, prepared=prepared))


def draft_pdf(desk: Desk, outgoing_id: UUID) -> bytes:
    """Return the newest draft as a PDF.

    Raises:
        DraftMissing, LibreOfficeMissing, ConversionFailed, FileMissing.
    """
    from clerkdesk.services.conversion import CONVERTIBLE, to_pdf
    from clerkdesk.services.files import MEDIA_TYPES

    extensions = {media: extension for extension, media in MEDIA_TYPES.items()}
    files = desk.read(files_of, outgoing_id)
    drafts = [file for file in files if file["role"] in (AttachmentRole.DRAFT, AttachmentRole.MAIN)]
    usable = [file for file in drafts if extensions.get(file["media_type"], "") in ("pdf", *CONVERTIBLE)]
    if not usable:
        raise DraftMissing
    newest = usable[-1]
    content = bytes_of(desk, newest)
    extension = extensions[newest["media_type"]]
    return content if extension == "pdf" else to_pdf(content, newest["name"], extension)


def sign_as_leader(desk: Desk, outgoing_id: UUID, key: SigningKey, image: bytes | None = None) -> None:
    """Sign with the leader's personal key (Hà Nam 44/2024 Đ13.3a); the signature certifies and lets fields be filled.

    Raises:
        NotTheSigner, KeyOfSomebodyElse, WrongStep, and the errors of `signing.signing_steps.sign_as_leader`.
    """
    from clerkdesk.services.signing.signing_steps import sign_as_leader as sign

    row = _at_step(desk, outgoing_id, OutgoingStatus.SUBMITTED_FOR_SIGNATURE)
    person = desk.person
    if not may_sign(person, row):
        raise NotTheSigner(signer=row["signer_name"])
    _check_holder(key, row["signer_name"])
    pdf = _file(desk, outgoing_id, AttachmentRole.PREPARED)
    signed = sign(pdf, key, image=image, signed_at=now())
    _record_signature(desk, outgoing_id, signed, key.fingerprint)


def may_sign(person: Person, row: dict[str, Any]) -> bool:
    """Say whether this person is the one whose signature the document awaits (NĐ 30/2020 Đ13)."""
    return bool(person.roles & {Role.LEADER, Role.HEAD_OF_UNIT}) and row["signer_id"] in (None, person.id)


def take_signed_elsewhere(desk: Desk, outgoing_id: UUID, pdf: bytes) -> None:
    """Take the PDF that the leader signed with another program; it must hold what we prepared, with one good signature.

    Raises:
        WrongStep, NotPrepared, NotSignedByLeader, SignatureBroken, PdfDamaged, PdfEncrypted.
    """
    from clerkdesk.services.signing.document import open_reader, signature_fields
    from clerkdesk.services.signing.errors import NotPrepared, NotSignedByLeader, SignatureBroken
    from clerkdesk.services.signing.verify import inspect_signatures

    _at_step(desk, outgoing_id, OutgoingStatus.SUBMITTED_FOR_SIGNATURE)
    if not pdf.startswith(_file(desk, outgoing_id, AttachmentRole.PREPARED)):
        raise NotPrepared
    if not signature_fields(open_reader(pdf)).get("leader"):
        raise NotSignedByLeader
    found = inspect_signatures(pdf)
    if len(found) != 1 or found[0].verdict.name != "GOOD":
        raise SignatureBroken(reason=_("chữ ký của lãnh đạo không hợp lệ"))
    _record_signature(desk, outgoing_id, pdf, "")


def issue(
    desk: Desk,
    outgoing_id: UUID,
    key: SigningKey,
    issued_date: dt.date,
    *,
    image: bytes | None = None,
    reserved_number: int | None = None,
    progress: Progress = lambda _text: None,
) -> dict[str, Any]:
    """Give number and date, write them on the document, seal it, verify it, keep it.

    A document that has its number already (the machine died, the token was pulled out) is sealed with that number.

    Returns: the document's fields afterwards.

    Raises:
        WrongStep, KeyOfSomebodyElse, certificate errors, RegisterNotOpen…: no number was taken.
        SignatureBroken, StoreFull…: the number is kept for this document; seal again with the same key (F9).
    """
    from clerkdesk.services.signing.signing_steps import fill_and_seal
    from clerkdesk.services.signing.verify import verify_output

    row = desk.read(outgoing_by_id, outgoing_id)
    if row["status"] not in (OutgoingStatus.AWAITING_ISSUE, OutgoingStatus.NUMBERED):
        raise _wrong_step(row)
    assert desk.agency is not None  # noqa: S101  a document needs an agency
    _check_holder(key, desk.agency.name)
    key.check(now())
    leader_signed = _file(desk, outgoing_id, AttachmentRole.LEADER_SIGNED)
    _rehearse(leader_signed, key, issued_date, image)
    if row["status"] == OutgoingStatus.AWAITING_ISSUE:
        progress(_("Đang cấp số…"))
        desk.do(desk.make(IssueNumber, outgoing=outgoing_id, issued_date=issued_date, reserved_number=reserved_number))
        row = desk.read(outgoing_by_id, outgoing_id)
    progress(_("Đang ghi số {code} và đóng dấu…").format(code=row["reference_code"]))
    values = _values(row["number"], row["sub_number"], row["issued_date"])
    sealed = fill_and_seal(leader_signed, key, **values, image=image, signed_at=now())
    progress(_("Đang kiểm tra lại bản đã đóng dấu…"))
    verify_output(sealed, leader_signed=leader_signed, expected_fields=_expected(leader_signed, values))
    name = f"{row['reference_code'].replace('/', '_')}.pdf"
    file = keep_made(desk.store, sealed, name, AttachmentRole.SEALED)
    desk.do(desk.make(RecordSeal, outgoing=outgoing_id, sealed=file, certificate=key.fingerprint))
    return desk.read(outgoing_by_id, outgoing_id)


def _rehearse(leader_signed: bytes, key: SigningKey, issued_date: dt.date, image: bytes | None) -> None:
    """Seal once for nothing, so that what cannot be sealed never takes a number."""
    from clerkdesk.services.signing.signing_steps import fill_and_seal

    fill_and_seal(leader_signed, key, **_values(9999, "", issued_date), image=image, signed_at=now())


def _values(number: int, sub_number: str, issued_date: dt.date) -> dict[str, str]:
    return {
        "number_text": number_text(number, sub_number),
        "day": day_text(issued_date.day),
        "month": month_text(issued_date.month),
        "year": str(issued_date.year),
    }


def _expected(leader_signed: bytes, values: dict[str, str]) -> dict[str, str]:
    """Return the fields that the document has, with what must stand in each."""
    from clerkdesk.services.signing.document import open_reader, text_fields

    wanted = {
        "clerk_number": values["number_text"],
        "clerk_day": values["day"],
        "clerk_month": values["month"],
        "clerk_year": values["year"],
    }
    return {name: wanted[name] for name in text_fields(open_reader(leader_signed)) if name in wanted}


def _record_signature(desk: Desk, outgoing_id: UUID, signed: bytes, certificate: str) -> None:
    file = keep_made(desk.store, signed, "lanh-dao-da-ky.pdf", AttachmentRole.LEADER_SIGNED)
    desk.do(desk.make(RecordLeaderSignature, outgoing=outgoing_id, signed=file, certificate=certificate))


def _check_holder(key: SigningKey, wanted: str) -> None:
    if " ".join(key.holder.casefold().split()) != " ".join(wanted.casefold().split()):
        raise KeyOfSomebodyElse(holder=key.holder, wanted=wanted)


def _file(desk: Desk, outgoing_id: UUID, role: AttachmentRole) -> bytes:
    files = [file for file in desk.read(files_of, outgoing_id) if file["role"] == role]
    if not files:
        raise FileMissing(name=role.label)
    return bytes_of(desk, files[-1])


def _at_step(desk: Desk, outgoing_id: UUID, status: OutgoingStatus) -> dict[str, Any]:
    row = desk.read(outgoing_by_id, outgoing_id)
    if row["status"] != status:
        raise _wrong_step(row)
    return row


def _wrong_step(row: dict[str, Any]) -> WrongStep:
    status = OutgoingStatus(row["status"])
    return WrongStep(status=status.label, next_step=next_step(status))

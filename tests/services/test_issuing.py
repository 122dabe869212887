"""The route of a real file: draft, leader's signature, number and date, seal; and what happens when it breaks half-way."""

from __future__ import annotations

import datetime as dt
import io
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from clerkdesk.errors import ClerkDeskError
from clerkdesk.services import commands as c
from clerkdesk.services import conversion, issuing
from clerkdesk.services.attachments import files_of
from clerkdesk.services.clock import now, today
from clerkdesk.services.desk import Desk
from clerkdesk.services.files import keep_made, path_of, read_file
from clerkdesk.services.outgoing import WrongStep, outgoing_by_id
from clerkdesk.services.printing.administrative_page import AdministrativePage, administrative_page
from clerkdesk.services.signing.development_ca import issue_p12, make_ca
from clerkdesk.services.signing.errors import (
    CertificateExpired,
    NotPrepared,
    PlaceNotFound,
    PrintedDateDiffers,
    SignatureBroken,
)
from clerkdesk.services.signing.keys import SigningKey, load_pkcs12
from clerkdesk.services.vocabulary import AttachmentRole, OutgoingStatus, Role

from ..conftest import OfficeClock
from ..office import AGENCY, PASSWORD, book, employ, enter

LEADER = "Lê Quang Minh"


@dataclass(frozen=True)
class Keys:
    """The keys of one test run, made once: making them costs more than signing."""

    leader: SigningKey
    agency: SigningKey
    old: SigningKey


@pytest.fixture(scope="module")
def keys() -> Keys:
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    authority = make_ca(now=start, algorithm="ec")

    def made(holder: str, begin: dt.datetime, end: dt.datetime) -> SigningKey:
        p12 = issue_p12(authority, holder=holder, organisation=AGENCY, passphrase="k", valid_from=begin, valid_to=end)
        return load_pkcs12(p12, "k")

    later = start + dt.timedelta(days=900)
    past = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    return Keys(made(LEADER, start, later), made(AGENCY, start, later), made(AGENCY, start, past))


def draft_page(number_gap: bool = True) -> bytes:
    return administrative_page(
        AdministrativePage(
            parent_agency="ỦY BAN NHÂN DÂN TỈNH SÔNG HƯƠNG",
            agency="SỞ NỘI VỤ TỈNH SÔNG HƯƠNG",
            symbol="SNV-VP",
            place="Sông Hương",
            year=2026,
            number=None if number_gap else "05",
            subject="báo cáo công tác văn thư, lưu trữ năm 2026",
            addressees=("Ủy ban nhân dân các xã, phường",),
            body=("Thực hiện chương trình công tác, Sở Nội vụ đề nghị các đơn vị báo cáo trước ngày 30 tháng 11.",),
            authority=("GIÁM ĐỐC",),
            signer=LEADER,
            recipients=("Như trên", "Lưu: VT"),
        )
    )


def attach_draft(desk: Desk, outgoing: UUID, pdf: bytes) -> None:
    file = keep_made(desk.store, pdf, "du-thao.pdf", AttachmentRole.DRAFT)
    desk.do(desk.make(c.AttachFiles, document=outgoing, files=(file,)))


@pytest.fixture
def document(desk: Desk) -> UUID:
    outgoing = enter(desk, signer_name=LEADER)
    attach_draft(desk, outgoing, draft_page())
    return outgoing


@pytest.fixture
def leader(desk: Desk) -> None:
    employ(desk, "minhlq", Role.LEADER, full_name=LEADER)


def sit(desk: Desk, username: str) -> None:
    desk.log_in(username, PASSWORD)


def up_to_signature(desk: Desk, document: UUID, keys: Keys) -> None:
    issuing.prepare_for_signature(desk, document)
    sit(desk, "minhlq")
    issuing.sign_as_leader(desk, document, keys.leader)
    sit(desk, "annv")


def status(desk: Desk, document: UUID) -> OutgoingStatus:
    return OutgoingStatus(desk.read(outgoing_by_id, document)["status"])


def newest(desk: Desk, document: UUID, role: AttachmentRole) -> dict[str, object]:
    return [file for file in desk.read(files_of, document) if file["role"] == role][-1]


def test_a_draft_goes_the_whole_route_and_both_signatures_are_valid(
    desk: Desk, document: UUID, leader: None, keys: Keys, tmp_path: Path
) -> None:
    up_to_signature(desk, document, keys)
    row = issuing.issue(desk, document, keys.agency, today())
    assert (row["status"], row["reference_code"]) == (OutgoingStatus.SEALED, "01/SNV-VP")
    sealed = newest(desk, document, AttachmentRole.SEALED)
    assert sealed["name"] == "01_SNV-VP.pdf"
    if shutil.which("pdfsig") is None:
        pytest.skip("pdfsig (poppler-utils) is not installed: only our own verification has looked at the file")
    path = tmp_path / "sealed.pdf"
    path.write_bytes(read_file(desk.store, str(sealed["sha256"])))
    said = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False).stdout
    assert said.count("Signature is Valid") == 2
    assert "Total document signed" in said


def test_the_leader_signed_bytes_stand_unchanged_at_the_beginning_of_the_sealed_file(
    desk: Desk, document: UUID, leader: None, keys: Keys
) -> None:
    up_to_signature(desk, document, keys)
    issuing.issue(desk, document, keys.agency, today())
    signed = read_file(desk.store, str(newest(desk, document, AttachmentRole.LEADER_SIGNED)["sha256"]))
    sealed = read_file(desk.store, str(newest(desk, document, AttachmentRole.SEALED)["sha256"]))
    assert sealed.startswith(signed)


def test_a_seal_that_fails_behind_the_number_is_made_later_with_the_same_number(
    desk: Desk, document: UUID, leader: None, keys: Keys, monkeypatch: pytest.MonkeyPatch, clock: OfficeClock
) -> None:
    up_to_signature(desk, document, keys)

    def power_cut(*_args: object, **_named: object) -> None:
        raise SignatureBroken(reason="mất điện")

    with monkeypatch.context() as patch:
        patch.setattr("clerkdesk.services.signing.verify.verify_output", power_cut)
        with pytest.raises(SignatureBroken):
            issuing.issue(desk, document, keys.agency, today())
    assert status(desk, document) is OutgoingStatus.NUMBERED
    given = desk.read(outgoing_by_id, document)
    clock.forward(days=1)
    row = issuing.issue(desk, document, keys.agency, today())
    assert row["status"] == OutgoingStatus.SEALED
    assert (row["reference_code"], row["issued_date"]) == (given["reference_code"], given["issued_date"])
    assert book(desk, "DI").next_number == 2


@pytest.mark.parametrize("wrong", ["old", "leader"])
def test_a_key_that_may_not_seal_takes_no_number(
    desk: Desk, document: UUID, leader: None, keys: Keys, wrong: str
) -> None:
    up_to_signature(desk, document, keys)
    with pytest.raises((CertificateExpired, issuing.KeyOfSomebodyElse)):
        issuing.issue(desk, document, getattr(keys, wrong), today())
    assert status(desk, document) is OutgoingStatus.AWAITING_ISSUE
    assert book(desk, "DI").next_number == 1


def test_a_draft_that_prints_last_year_takes_no_number_and_the_signature_stays(
    desk: Desk, document: UUID, leader: None, keys: Keys, clock: OfficeClock
) -> None:
    up_to_signature(desk, document, keys)
    clock.set(dt.datetime(2027, 1, 4, 3, tzinfo=dt.UTC))
    with pytest.raises(PrintedDateDiffers):
        issuing.issue(desk, document, keys.agency, today())
    assert status(desk, document) is OutgoingStatus.AWAITING_ISSUE


def test_nobody_signs_for_the_leader(desk: Desk, document: UUID, leader: None, keys: Keys) -> None:
    issuing.prepare_for_signature(desk, document)
    with pytest.raises(issuing.NotTheSigner):
        issuing.sign_as_leader(desk, document, keys.leader)
    sit(desk, "minhlq")
    with pytest.raises(issuing.KeyOfSomebodyElse):
        issuing.sign_as_leader(desk, document, keys.agency)
    assert status(desk, document) is OutgoingStatus.SUBMITTED_FOR_SIGNATURE


def test_nothing_is_sealed_before_the_leader_has_signed(desk: Desk, document: UUID, keys: Keys) -> None:
    issuing.prepare_for_signature(desk, document)
    with pytest.raises(WrongStep):
        issuing.issue(desk, document, keys.agency, today())
    assert book(desk, "DI").next_number == 1


def test_a_document_without_a_file_cannot_be_submitted(desk: Desk) -> None:
    outgoing = enter(desk, signer_name=LEADER)
    with pytest.raises(issuing.DraftMissing):
        issuing.prepare_for_signature(desk, outgoing)


def test_a_draft_without_room_for_the_number_is_refused_before_the_leader_sees_it(desk: Desk) -> None:
    outgoing = enter(desk, signer_name=LEADER)
    attach_draft(desk, outgoing, draft_page(number_gap=False))
    with pytest.raises(PlaceNotFound):
        issuing.prepare_for_signature(desk, outgoing)
    assert status(desk, outgoing) is OutgoingStatus.DRAFT


def test_the_newest_draft_is_the_one_that_is_signed(desk: Desk, document: UUID) -> None:
    attach_draft(desk, document, draft_page() + b"\n% second version\n")
    assert issuing.draft_pdf(desk, document).endswith(b"% second version\n")


def test_a_pdf_signed_elsewhere_must_be_the_one_we_prepared(desk: Desk, document: UUID, keys: Keys) -> None:
    from clerkdesk.services.signing.signing_steps import sign_as_leader

    issuing.prepare_for_signature(desk, document)
    prepared = read_file(desk.store, str(newest(desk, document, AttachmentRole.PREPARED)["sha256"]))
    with pytest.raises(NotPrepared):
        issuing.take_signed_elsewhere(desk, document, draft_page())
    with pytest.raises(ClerkDeskError):
        issuing.take_signed_elsewhere(desk, document, prepared)
    issuing.take_signed_elsewhere(desk, document, sign_as_leader(prepared, keys.leader, signed_at=now()))
    assert status(desk, document) is OutgoingStatus.AWAITING_ISSUE


def minimal_docx(*lines: str) -> bytes:
    """A DOCX of plain paragraphs, as small as the format allows."""
    kinds = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    )
    relation = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        'Target="word/document.xml"/></Relationships>'
    )
    body = "".join(f'<w:p><w:r><w:t xml:space="preserve">{line}</w:t></w:r></w:p>' for line in lines)
    document = (
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        f"<w:body>{body}</w:body></w:document>"
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("[Content_Types].xml", kinds)
        archive.writestr("_rels/.rels", relation)
        archive.writestr("word/document.xml", document)
    return made.getvalue()


def test_a_word_draft_becomes_a_pdf_that_can_be_signed(desk: Desk, tmp_path: Path) -> None:
    if conversion.libreoffice() is None:
        pytest.skip("LibreOffice is not installed: office drafts are unavailable here")
    from clerkdesk.services.files import take_in

    blank = " " * 12
    path = tmp_path / "du-thao.docx"
    path.write_bytes(
        minimal_docx(
            f"Số:{blank}/SNV-VP", f"Sông Hương, ngày{blank}tháng{blank}năm 2026", "Kính gửi: các đơn vị",
            " " * 50 + "GIÁM ĐỐC", "", "", "", "", "", " " * 48 + LEADER,
        )
    )  # fmt: skip
    outgoing = enter(desk, signer_name=LEADER)
    file = take_in(desk.store, path, AttachmentRole.DRAFT, allowed=["docx"], largest_megabytes=1)
    desk.do(desk.make(c.AttachFiles, document=outgoing, files=(file,)))
    issuing.prepare_for_signature(desk, outgoing)
    assert status(desk, outgoing) is OutgoingStatus.SUBMITTED_FOR_SIGNATURE
    assert path_of(desk.store, file.sha256).read_bytes() == path.read_bytes()


def test_without_libreoffice_a_word_draft_says_what_to_do(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversion, "libreoffice", lambda: None)
    with pytest.raises(conversion.LibreOfficeMissing, match="LibreOffice"):
        conversion.to_pdf(b"PK", "du-thao.docx", "docx")


def test_a_broken_word_draft_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    if conversion.libreoffice() is None:
        pytest.skip("LibreOffice is not installed: office drafts are unavailable here")
    with pytest.raises(conversion.ConversionFailed):
        conversion.to_pdf(b"PK\x03\x04 not a document", "du-thao.docx", "docx")

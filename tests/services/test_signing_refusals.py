"""What the route refuses, and what is detected afterwards: wrong order, wrong files, wrong keys, later changes."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter, append_signature_field
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

from clerkdesk.errors import ClerkDeskError
from clerkdesk.services.signing.document import open_writer, text_fields
from clerkdesk.services.signing.errors import (
    AlreadyNumbered,
    AlreadySealed,
    AlreadySigned,
    CertificateExpired,
    CertificateWrongPurpose,
    ChangesForbidden,
    ImageUnusable,
    NotPrepared,
    NotSignedByLeader,
    PdfDamaged,
    PdfEncrypted,
    PrintedDateDiffers,
    SignatureBroken,
    TextNotPrintable,
    TextOverflow,
)
from clerkdesk.services.signing.prepare import prepare
from clerkdesk.services.signing.signing_steps import sign_as_leader
from clerkdesk.services.signing.verify import Verdict, inspect_signatures, verify_output

from .test_signing_drafts import (
    SPEC,
    Draft,
    draw,
    one_page,
)
from .test_signing_keys import NOW, key_for, leader_key
from .test_signing_route import VALUES, seal, sealed, signed_by_leader


def after_sealing(pdf: bytes, *, page_too: bool = False) -> bytes:
    """Another revision that quietly changes the number, or also the page's content."""
    writer = open_writer(pdf)
    field = text_fields(writer)["clerk_number"]
    field.reference.get_object()["/V"] = generic.TextStringObject("124")
    writer.mark_update(field.reference)
    if page_too:
        stream = writer.add_object(generic.StreamObject(stream_data=b"0 0 50 50 re f"))
        writer.add_stream_to_page(0, stream)
    changed = io.BytesIO()
    writer.write(changed)
    return changed.getvalue()


def signed_otherwise(pdf: bytes, *, permission: MDPPerm = MDPPerm.FILL_FORMS, certify: bool = True) -> bytes:
    """A signature made by another program, in a field of its own."""
    writer = open_writer(pdf)
    append_signature_field(writer, SigFieldSpec("ky_nhay"))
    metadata = PdfSignatureMetadata(
        field_name="ky_nhay", certify=certify, docmdp_permissions=permission, subfilter=SigSeedSubFilter.PADES
    )
    output = io.BytesIO()
    PdfSigner(metadata, signer=leader_key().signer).sign_pdf(writer, output=output)
    return output.getvalue()


def test_a_sealed_file_with_another_number_is_not_what_was_ordered() -> None:
    with pytest.raises(SignatureBroken, match="số, ngày"):
        verify_output(sealed(), leader_signed=signed_by_leader(), expected_fields={**VALUES, "clerk_number": "124"})


@pytest.mark.parametrize("page_too", [False, True])
def test_a_change_after_the_seal_is_detected(page_too: bool) -> None:
    changed = after_sealing(sealed(), page_too=page_too)
    agency = next(one for one in inspect_signatures(changed) if one.field == "agency")
    assert agency.verdict is Verdict.BROKEN
    assert agency.intact
    assert not agency.changes_allowed
    with pytest.raises(SignatureBroken):
        verify_output(changed, leader_signed=signed_by_leader(), expected_fields=VALUES)


def test_bytes_changed_inside_the_signed_part_are_detected() -> None:
    place = sealed().index(b"stream") + 20
    changed = sealed()[:place] + bytes([sealed()[place] ^ 1]) + sealed()[place + 1 :]
    assert all(one.verdict is not Verdict.GOOD for one in inspect_signatures(changed))
    with pytest.raises(SignatureBroken):
        verify_output(changed, leader_signed=signed_by_leader(), expected_fields=VALUES)


def test_a_page_changed_after_the_leader_signed_is_not_sealed() -> None:
    writer = open_writer(signed_by_leader())
    writer.add_stream_to_page(0, writer.add_object(generic.StreamObject(stream_data=b"0 0 50 50 re f")))
    changed = io.BytesIO()
    writer.write(changed)
    with pytest.raises(SignatureBroken):
        seal(changed.getvalue())


def test_a_number_filled_before_the_seal_is_refused() -> None:
    with pytest.raises(AlreadyNumbered):
        seal(after_sealing(signed_by_leader()))


def test_an_untrusted_authority_is_no_proof() -> None:
    other = key_for().certificate
    with pytest.raises(SignatureBroken, match="tin cậy"):
        verify_output(sealed(), leader_signed=signed_by_leader(), expected_fields=VALUES, trust=[other])


def test_the_order_of_leader_and_seal_is_enforced() -> None:
    prepared = prepare(one_page(), SPEC).pdf
    with pytest.raises(NotSignedByLeader):
        seal(prepared)
    with pytest.raises(AlreadySealed):
        seal(sealed())
    with pytest.raises(AlreadySealed):
        sign_as_leader(sealed(), leader_key())
    with pytest.raises(AlreadySigned):
        sign_as_leader(signed_by_leader(), leader_key())
    with pytest.raises(AlreadySigned):
        prepare(signed_by_leader(), SPEC)
    with pytest.raises(AlreadySealed):
        prepare(sealed(), SPEC)
    with pytest.raises(NotPrepared):
        sign_as_leader(one_page(), leader_key())
    with pytest.raises(NotPrepared):
        seal(one_page())


def test_an_initialled_document_takes_an_approval_signature_instead_of_a_certification() -> None:
    initialled = signed_otherwise(prepare(one_page(), SPEC).pdf, certify=False)
    done = seal(sign_as_leader(initialled, leader_key()))
    assert {one.field: one.verdict for one in inspect_signatures(done)} == dict.fromkeys(
        ("ky_nhay", "leader", "agency"), Verdict.GOOD
    )


def test_a_document_locked_by_its_signer_goes_back() -> None:
    locked = signed_otherwise(prepare(one_page(), SPEC).pdf, permission=MDPPerm.NO_CHANGES)
    for step in (lambda: seal(locked), lambda: sign_as_leader(locked, leader_key()), lambda: prepare(locked, SPEC)):
        with pytest.raises(ChangesForbidden):
            step()


def encrypted(password: str) -> bytes:
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(one_page())) as document:
        document.save(output, encryption=pikepdf.Encryption(owner="chủ", user=password))
    return output.getvalue()


@pytest.mark.parametrize(
    ("pdf", "error"),
    [
        (b"", PdfDamaged),
        (b"<html><body>404</body></html>", PdfDamaged),
        (b"%PDF-1.7\n%%EOF", PdfDamaged),
        (one_page()[:9000], PdfDamaged),
        (encrypted("mở"), PdfEncrypted),
        (encrypted(""), PdfEncrypted),
    ],
    ids=["empty", "html", "bare", "cut off", "password", "limits of use"],
)
def test_a_file_that_is_no_plain_pdf_gives_an_error_of_ours(pdf: bytes, error: type[ClerkDeskError]) -> None:
    steps = (
        lambda: prepare(pdf, SPEC),
        lambda: sign_as_leader(pdf, leader_key()),
        lambda: seal(pdf),
        lambda: inspect_signatures(pdf),
        lambda: verify_output(pdf, leader_signed=b"", expected_fields={}),
    )
    for step in steps[:4]:
        with pytest.raises(error):
            step()
    with pytest.raises(ClerkDeskError):
        steps[4]()


def test_any_broken_sealed_file_gives_our_errors_only() -> None:
    whole = sealed()
    for cut in range(200, len(whole), 7919):
        for pdf in (whole[:cut], whole[:cut] + b"\0" * 40 + whole[cut + 40 :]):
            try:
                inspect_signatures(pdf)
            except ClerkDeskError:
                continue


def test_one_unreadable_signature_does_not_hide_the_other() -> None:
    contents = list(re.finditer(rb"/Contents <([0-9A-Fa-f]{40})", sealed()))
    start = contents[0].start(1)
    broken = sealed()[:start] + b"7" * 40 + sealed()[start + 40 :]
    verdicts = {one.field: one.verdict for one in inspect_signatures(broken)}
    assert verdicts["leader"] is Verdict.CANNOT_TELL
    assert "agency" in verdicts


def test_keys_that_may_not_sign_are_stopped_at_both_steps() -> None:
    expired = key_for(NOW - timedelta(days=9), NOW - timedelta(days=2))
    other_purpose = key_for(for_signing=False)
    for key, error in ((expired, CertificateExpired), (other_purpose, CertificateWrongPurpose)):
        with pytest.raises(error):
            sign_as_leader(prepare(one_page(), SPEC).pdf, key)
        with pytest.raises(error):
            seal(signed_by_leader(), key=key)


def test_texts_that_cannot_be_written_are_refused() -> None:
    for number, error in (("1234567890", TextOverflow), ("", TextNotPrintable), ("12\n", TextNotPrintable)):
        with pytest.raises(error):
            seal(signed_by_leader(), number)


def test_a_date_printed_in_the_draft_must_be_the_date_of_issue() -> None:
    draft = draw(Draft(date_line="Hà Nam, ngày      tháng 11 năm 2026"))
    leader_signed = sign_as_leader(prepare(draft, SPEC).pdf, leader_key())
    with pytest.raises(PrintedDateDiffers):
        seal(leader_signed, month="12")
    seal(leader_signed, month="11")


def test_a_picture_that_is_none_is_refused() -> None:
    for image in (b"x", b"\x89PNG\r\n\x1a\n"):
        with pytest.raises(ImageUnusable):
            sign_as_leader(prepare(one_page(), SPEC).pdf, leader_key(), image=image)

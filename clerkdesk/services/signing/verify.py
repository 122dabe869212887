"""Looks at signatures with fresh eyes: proves our own output before it leaves, and describes those on arriving files.

Nothing is fetched from the network and the machine's own list of authorities is never read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import EmbeddedPdfSignature, validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import _
from clerkdesk.services.signing.document import (
    AGENCY_FIELD,
    FIELD_WORDS,
    LEADER_FIELD,
    NUMBER_FIELD,
    faults_of_the_file,
    field_values,
    open_reader,
    text_fields,
)
from clerkdesk.services.signing.errors import SignatureBroken
from clerkdesk.services.signing.keys import TEST_MARK, as_asn1
from clerkdesk.services.signing.page_text import shown_text

MOST_SIGNATURES = 20  # checking time grows with the square; a hundred signatures would take minutes

_SIGNS_DOCUMENTS = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)


class Verdict(Enum):
    """What can be said about one signature without the network."""

    GOOD = "good"
    BROKEN = "broken"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class SignatureSummary:
    """One signature for display.

    Attributes:
        field: its field's name in the PDF.
        holder, organisation: from the certificate; empty when it cannot be read.
        signed_at: as the signer states it (aware or naive as found), or None.
        verdict: GOOD = intact, valid, and nothing forbidden was changed since.
        intact: the bytes that it signs are unchanged.
        valid: the cryptographic signature is right.
        changes_allowed: later revisions only did what this signature permits.
        trusted: its certificate leads to one of the given authorities.
        covers_whole_file: nothing was added after it.
        is_test: issued by a THỬ NGHIỆM authority.
        is_timestamp: a time stamp of the whole document rather than a person's or agency's signature.
        trouble: name of the fault when the verdict is CANNOT_TELL.
    """

    field: str
    verdict: Verdict
    holder: str = ""
    organisation: str = ""
    signed_at: datetime | None = None
    intact: bool = False
    valid: bool = False
    changes_allowed: bool = False
    trusted: bool = False
    covers_whole_file: bool = False
    is_test: bool = False
    is_timestamp: bool = False
    trouble: str = ""


@dataclass(frozen=True)
class SealReport:
    """Proof that the sealed file is what was ordered."""

    signatures: tuple[SignatureSummary, ...]
    changed_fields: dict[str, str]
    number_shown: str


def inspect_signatures(pdf: bytes, trust: Sequence[x509.Certificate] = ()) -> list[SignatureSummary]:
    """Describe every signature of a PDF, in the order of their fields.

    A signature that the library chokes on becomes a summary with the verdict CANNOT_TELL and hides no other one.

    Args:
        pdf: any PDF.
        trust: authorities that are trusted; empty means that none is.

    Raises:
        PdfDamaged, PdfEncrypted: the file itself cannot be read.
    """
    reader = open_reader(pdf)
    with faults_of_the_file():
        fields = [(str(name), ref.get_object()) for name, _v, ref in enumerate_sig_fields(reader, filled_status=True)]
    summaries = [_summary(reader, name, field, trust) for name, field in fields[:MOST_SIGNATURES]]
    beyond = [SignatureSummary(name, Verdict.CANNOT_TELL, trouble="TooMany") for name, _f in fields[MOST_SIGNATURES:]]
    return summaries + beyond


def verify_output(
    pdf: bytes,
    *,
    leader_signed: bytes,
    expected_fields: dict[str, str],
    trust: Sequence[x509.Certificate] = (),
) -> SealReport:
    """Prove a sealed file before it counts as issued.

    The leader-signed bytes must stand unchanged at its beginning, leader's and agency's signatures must be good, the
    last one must cover the whole file, no field but the expected ones may have changed, and the page must show them.

    Args:
        pdf: the file that is to be issued.
        leader_signed: the document as the leader signed it.
        expected_fields: text by field name, e.g. `{"clerk_number": "05", ...}`.
        trust: authorities; when given, both signatures must lead to one of them.

    Source: NĐ 30/2020 Đ32.2, PL I.I.II.7, 8.

    Raises:
        SignatureBroken: any of this fails; the reason says which.
        PdfDamaged, PdfEncrypted: the file cannot be read.
    """
    if not pdf.startswith(leader_signed) or len(pdf) == len(leader_signed):
        raise SignatureBroken(reason=_("phần người có thẩm quyền đã ký bị thay đổi"))
    signatures = inspect_signatures(pdf, trust)
    _require_signatures(signatures, must_be_trusted=bool(trust))
    changed = _changed_fields(open_reader(leader_signed), open_reader(pdf))
    if changed != expected_fields:
        raise SignatureBroken(reason=_("số, ngày trong tệp không đúng như yêu cầu"))
    fields = text_fields(open_reader(pdf))
    for name, text in expected_fields.items():
        place = fields[name].place
        shown = shown_text(pdf, _page_of(pdf, name), place.box)
        if place.cover:  # the printed dots lie under the white ground, out of sight but not out of the text
            shown = "".join(sign for sign in shown if sign not in ".…_ ")
        if shown != " ".join(text.split()):
            raise SignatureBroken(reason=_("trang không hiện đúng {what}").format(what=_(FIELD_WORDS[name])))
    return SealReport(tuple(signatures), changed, expected_fields.get(NUMBER_FIELD, ""))


def require_sound_signature(reader: Any, field: str) -> None:
    """Refuse to go on over a signature that is not good on this document.

    Raises:
        SignatureBroken: not intact, not valid, or something forbidden was changed since.
    """
    with faults_of_the_file():
        found = [ref.get_object() for _n, _v, ref in enumerate_sig_fields(reader, filled_status=True, with_name=field)]
    summary = _summary(reader, field, found[0], ()) if found else None
    if summary is None or summary.verdict is not Verdict.GOOD:
        raise SignatureBroken(reason=_("chữ ký của người có thẩm quyền không còn nguyên vẹn"))


def _require_signatures(signatures: list[SignatureSummary], *, must_be_trusted: bool) -> None:
    by_field = {one.field: one for one in signatures}
    for field, words in ((LEADER_FIELD, _("chữ ký của người có thẩm quyền")), (AGENCY_FIELD, _("dấu của cơ quan"))):
        if field not in by_field:
            raise SignatureBroken(reason=_("thiếu {what}").format(what=words))
    for one in signatures:
        if one.verdict is not Verdict.GOOD:
            raise SignatureBroken(reason=_("{what} không hợp lệ").format(what=one.holder or one.field))
        if must_be_trusted and not one.trusted:
            raise SignatureBroken(reason=_("chứng thư của {what} không tin cậy").format(what=one.holder))
    if not by_field[AGENCY_FIELD].covers_whole_file:
        raise SignatureBroken(reason=_("có phần thêm vào sau khi đóng dấu"))


def _changed_fields(before: Any, after: Any) -> dict[str, str]:
    """Fields whose value differs, the agency's signature left out; a field that is gone or new counts as changed."""
    old, new = field_values(before), field_values(after)
    differing = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)} - {AGENCY_FIELD}
    return {name: new.get(name, "") for name in differing}


def _page_of(pdf: bytes, field: str) -> int:
    """The page (from 0) that shows the field."""
    reader = open_reader(pdf)
    with faults_of_the_file():
        reference = text_fields(reader)[field].reference
        for index in range(int(reader.root["/Pages"]["/Count"])):
            page = reader.find_page_for_modification(index)[0].get_object()
            if "/Annots" in page and any(one.reference == reference.reference for one in page["/Annots"]):
                return index
    raise SignatureBroken(reason=_("trang không hiện đúng {what}").format(what=_(FIELD_WORDS[field])))


def _summary(reader: Any, name: str, field: Any, trust: Sequence[x509.Certificate]) -> SignatureSummary:
    try:
        return _examined(reader, name, field, trust)
    except ClerkDeskError:
        raise
    except Exception as problem:  # foreign signatures make the library raise almost anything
        return SignatureSummary(name, Verdict.CANNOT_TELL, trouble=type(problem).__name__)


def _examined(reader: Any, name: str, field: Any, trust: Sequence[x509.Certificate]) -> SignatureSummary:
    embedded = EmbeddedPdfSignature(reader, field, name)
    context = ValidationContext(
        trust_roots=[as_asn1(one) for one in trust], allow_fetching=False, revocation_mode="soft-fail"
    )
    is_timestamp = str(embedded.sig_object_type) == "/DocTimeStamp"
    status: Any
    signed_at: datetime | None
    if is_timestamp:
        status = validate_pdf_timestamp(embedded, context)
        signed_at = status.timestamp
    else:
        status = validate_pdf_signature(embedded, context, key_usage_settings=_SIGNS_DOCUMENTS)
        signed_at = embedded.self_reported_timestamp
    certificate = embedded.signer_cert
    good = status.intact and status.valid and bool(status.docmdp_ok)
    return SignatureSummary(
        field=name,
        verdict=Verdict.GOOD if good else Verdict.BROKEN,
        holder=_in_name(certificate.subject, "common_name"),
        organisation=_in_name(certificate.subject, "organization_name"),
        signed_at=signed_at,
        intact=bool(status.intact),
        valid=bool(status.valid),
        changes_allowed=bool(status.docmdp_ok),
        trusted=bool(status.trusted),
        covers_whole_file=embedded.coverage == SignatureCoverageLevel.ENTIRE_FILE,
        is_test=TEST_MARK in str(certificate.issuer.native).upper(),
        is_timestamp=is_timestamp,
    )


def _in_name(name: asn1_x509.Name, part: str) -> str:
    value = name.native.get(part, "")
    return str(value[0] if isinstance(value, list) else value)

"""The two signatures of an outgoing document: the leader's, then number, date and seal together in one revision.

No step goes to the network. Call from a worker thread: pyHanko runs its own event loop for each signature.
"""

from __future__ import annotations

import asyncio
import io
from datetime import datetime
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import _
from clerkdesk.services.signing import layout
from clerkdesk.services.signing.appearance import (
    DrawnAppearance,
    DrawnStyle,
    box_of,
    draw_text,
    leader_style,
    seal_style,
)
from clerkdesk.services.signing.document import (
    AGENCY_FIELD,
    DAY_FIELD,
    FIELD_WORDS,
    LEADER_FIELD,
    MONTH_FIELD,
    NUMBER_FIELD,
    YEAR_FIELD,
    TextField,
    open_reader,
    open_writer,
    refuse_if_locked,
    signature_fields,
    text_fields,
)
from clerkdesk.services.signing.errors import (
    AlreadyNumbered,
    AlreadySealed,
    AlreadySigned,
    NotPrepared,
    NotSignedByLeader,
    PlaceNotFound,
    PrintedDateDiffers,
    SigningFailed,
)
from clerkdesk.services.signing.keys import VIETNAM_TIME, SigningKey
from clerkdesk.services.signing.page_text import read_page
from clerkdesk.services.signing.verify import require_sound_signature

_ROOM_FOR_TIMESTAMP = 16_000  # hex digits kept free, so that a time stamp can later go into the same signature


def sign_as_leader(
    pdf: bytes, key: SigningKey, *, image: bytes | None = None, signed_at: datetime | None = None
) -> bytes:
    """Sign in the leader's place; as the first signature it certifies the text and still allows number and seal.

    Args:
        pdf: a prepared document.
        key: the leader's key.
        image: PNG of the handwritten signature (blue, transparent); None gives a text block.
        signed_at: signing time (aware); None means now.

    Source: NĐ 30/2020 PL I.I.II.7; PAdES B-B (ETSI EN 319 142-1), DocMDP P=2.

    Raises:
        PdfDamaged, PdfEncrypted, ChangesForbidden, NotPrepared: the document cannot be signed.
        AlreadySigned, AlreadySealed: the place is taken.
        CertificateExpired, CertificateNotYetValid, CertificateWrongPurpose: the key may not sign.
        ImageUnusable: the picture cannot be read.
        SigningFailed: the library stopped; nothing is written.
    """
    at = _moment(signed_at)
    reader = open_reader(pdf)
    refuse_if_locked(reader)
    signatures = signature_fields(reader)
    if not {LEADER_FIELD, AGENCY_FIELD} <= signatures.keys():
        raise NotPrepared()
    if signatures[AGENCY_FIELD]:
        raise AlreadySealed()
    if signatures[LEADER_FIELD]:
        raise AlreadySigned()
    key.check(at)
    style = leader_style(key, image, at)
    return _sign(open_writer(pdf), LEADER_FIELD, key, style, at, certify=not any(signatures.values()))


def fill_and_seal(
    pdf: bytes,
    key: SigningKey,
    *,
    number_text: str,
    day: str,
    month: str,
    year: str | None = None,
    image: bytes | None = None,
    signed_at: datetime | None = None,
) -> bytes:
    """Write number and date and apply the agency's signature, all in one revision; afterwards every field is locked.

    Only the value and the look of the text fields change, so that the leader's signature stays good.

    Args:
        pdf: the document as the leader signed it.
        key: the agency's key.
        number_text: the number as it shall be read, e.g. "05" or "123".
        day, month: as they shall be read: "05"; a zero before 1 and 2 for months (NĐ 30/2020 PL I.I.II.4).
        year: needed only when the draft does not print it.
        image: PNG of the seal in real size (red, transparent); None gives a stand-in.
        signed_at: signing time (aware); None means now.

    Source: NĐ 30/2020 Đ32.2 (only after the authorised person signed), PL I.I.II.8.

    Raises:
        PdfDamaged, PdfEncrypted, ChangesForbidden, NotPrepared: the document cannot be sealed.
        NotSignedByLeader: the leader's place is empty.
        AlreadySealed, AlreadyNumbered: it was done before.
        SignatureBroken: the leader's signature is not good on this document.
        PrintedDateDiffers: the draft prints another day, month or year.
        TextOverflow, TextNotPrintable: a text cannot be written.
        CertificateExpired, CertificateNotYetValid, CertificateWrongPurpose, ImageUnusable, SigningFailed: as above.
    """
    at = _moment(signed_at)
    reader = open_reader(pdf)
    refuse_if_locked(reader)
    signatures = signature_fields(reader)
    if signatures.get(AGENCY_FIELD):
        raise AlreadySealed()
    fields = text_fields(reader)
    if not {LEADER_FIELD, AGENCY_FIELD} <= signatures.keys() or NUMBER_FIELD not in fields:
        raise NotPrepared()
    if not signatures[LEADER_FIELD]:
        raise NotSignedByLeader()
    for field in fields.values():
        if field.value:
            raise AlreadyNumbered(what=_(FIELD_WORDS[field.name]))
    key.check(at)
    style = seal_style(key, image, at)
    values = _values(pdf, fields, {NUMBER_FIELD: number_text, DAY_FIELD: day, MONTH_FIELD: month, YEAR_FIELD: year})
    drawn = {name: draw_text(text, fields[name].place, FIELD_WORDS[name]) for name, text in values.items()}
    require_sound_signature(reader, LEADER_FIELD)

    writer = open_writer(pdf)
    for name, field in text_fields(writer).items():
        _fill(writer, field, values[name], drawn[name])
    return _sign(writer, AGENCY_FIELD, key, style, at, certify=False)


def _values(pdf: bytes, fields: dict[str, TextField], wanted: dict[str, str | None]) -> dict[str, str]:
    """The texts for the fields that exist; parts of the date without a field must be printed just so."""
    missing = [name for name in (DAY_FIELD, MONTH_FIELD, YEAR_FIELD) if name not in fields and wanted[name]]
    if missing:
        try:
            printed = layout.find_date(read_page(pdf, 0)).printed
        except PlaceNotFound:  # a scan, with places pointed out by hand
            printed = {}
        for name in missing:
            word, given = FIELD_WORDS[name], wanted[name] or ""
            if word in printed and printed[word].lstrip("0") != given.lstrip("0"):
                raise PrintedDateDiffers(what=_(word), printed=printed[word], given=given)
    return {name: wanted[name] or "" for name in fields}


def _fill(writer: Any, field: TextField, text: str, drawn: bytes) -> None:
    box = field.place.box
    widget = field.reference.get_object()
    DrawnAppearance(writer, drawn, box_of(box.width, box.height)).apply_appearance(widget)
    widget[generic.pdf_name("/V")] = generic.TextStringObject(text)
    writer.mark_update(field.reference)


def _sign(writer: Any, field: str, key: SigningKey, style: DrawnStyle, at: datetime, *, certify: bool) -> bytes:
    metadata = PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=certify,
        docmdp_permissions=MDPPerm.FILL_FORMS,
    )
    signer = PdfSigner(metadata, signer=key.signer, stamp_style=style)
    written = io.BytesIO()
    try:
        asyncio.run(_sign_into(signer, writer, written, at))
    except ClerkDeskError:
        raise
    except Exception as problem:  # SigningError and whatever a broken file makes the library raise
        raise SigningFailed(reason=type(problem).__name__) from problem
    return written.getvalue()


async def _sign_into(signer: Any, writer: Any, output: io.BytesIO, at: datetime) -> None:
    """pyHanko's own steps of signing, with our signing time in place of the machine's."""
    session = signer.init_signing_session(writer, existing_fields_only=True)
    session.system_time = at
    reserve = await session.estimate_signature_container_size(None, tight=True) + _ROOM_FOR_TIMESTAMP
    document = session.prepare_tbs_document(validation_info=None, bytes_reserved=reserve + reserve % 2)
    digest, written = document.digest_tbs_document(output=output)
    attributes = PdfCMSSignedAttributes(signing_time=at)
    await document.perform_signature(document_digest=digest.document_digest, pdf_cms_signed_attrs=attributes)
    assert written is output  # noqa: S101  # it writes where it is told


def _moment(at: datetime | None) -> datetime:
    if at is None:
        return datetime.now(VIETNAM_TIME)
    if at.tzinfo is None:
        raise ValueError("signed_at must be aware")
    return at.astimezone(VIETNAM_TIME)

"""Before the leader signs: put the empty places for number, date, leader's signature and seal into the draft."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, SigFieldSpec, append_signature_field

from clerkdesk.i18n import _
from clerkdesk.services.signing import layout
from clerkdesk.services.signing.appearance import fit
from clerkdesk.services.signing.document import (
    AGENCY_FIELD,
    DAY_FIELD,
    FIELD_WORDS,
    LEADER_FIELD,
    MONTH_FIELD,
    NUMBER_FIELD,
    YEAR_FIELD,
    add_text_field,
    faults_of_the_file,
    open_reader,
    open_writer,
    refuse_if_locked,
    signature_fields,
    text_fields,
)
from clerkdesk.services.signing.errors import AlreadySealed, AlreadySigned, PlaceNotFound
from clerkdesk.services.signing.layout import Place, TextPlace
from clerkdesk.services.signing.page_text import read_page

_WIDEST = {DAY_FIELD: "00", MONTH_FIELD: "00", YEAR_FIELD: "0000"}


@dataclass(frozen=True)
class PrepareSpec:
    """What to look for on the draft, and the places that somebody pointed out instead.

    Attributes:
        signer_name: as printed under the signature.
        longest_number: the widest number that may come; the gap must hold it.
        seal_diameter_mm: the real size of the agency's seal (36 mm for most agencies).
        signature_shape: width divided by height of the leader's picture, so that the seal covers a third of the
            picture itself; see `appearance.image_shape`.
        number, day, month, year, leader, seal: given places win over found ones. With `number` given, a missing
            date is not searched for: scans have no text.
    """

    signer_name: str
    longest_number: str = "0000"
    seal_diameter_mm: float = layout.SEAL_DIAMETER_MM
    signature_shape: float | None = None
    number: TextPlace | None = None
    day: TextPlace | None = None
    month: TextPlace | None = None
    year: TextPlace | None = None
    leader: Place | None = None
    seal: Place | None = None


@dataclass(frozen=True)
class Prepared:
    """The prepared PDF; `fields` are the text fields that the seal step must fill."""

    pdf: bytes
    fields: tuple[str, ...]


def prepare(pdf: bytes, spec: PrepareSpec) -> Prepared:
    """Add the text fields and the two signature fields; the seal's field locks all fields once it is signed.

    A document that is prepared already comes back unchanged.

    Args:
        pdf: the draft.
        spec: names, sizes and places.

    Source: NĐ 30/2020 PL I.I.II.3, 4, 7, 8.

    Raises:
        PdfDamaged, PdfEncrypted, ChangesForbidden: the draft cannot be worked on.
        AlreadySigned, AlreadySealed: it is too late to add places.
        PlaceNotFound: a place is missing, doubtful, turned or off the page.
        TextOverflow: the gap for the number or the date is too narrow.
    """
    reader = open_reader(pdf)
    refuse_if_locked(reader)
    signatures = signature_fields(reader)
    if signatures.get(AGENCY_FIELD):
        raise AlreadySealed()
    if any(signatures.values()):
        raise AlreadySigned()
    present = text_fields(reader)
    if NUMBER_FIELD in present and {LEADER_FIELD, AGENCY_FIELD} <= signatures.keys():
        return Prepared(pdf, tuple(present))
    if present or {LEADER_FIELD, AGENCY_FIELD} & signatures.keys():
        raise PlaceNotFound(what=_(layout.NUMBER), reason=_("tệp đã có ô cùng tên do phần mềm khác đặt"))

    texts, leader, seal = _places(pdf, spec)
    with faults_of_the_file():
        writer = open_writer(pdf)
        for name, place in texts.items():
            add_text_field(writer, name, place, _(FIELD_WORDS[name]))
        lock = FieldMDPSpec(FieldMDPAction.ALL)
        append_signature_field(writer, _signature_field(LEADER_FIELD, leader))
        append_signature_field(writer, _signature_field(AGENCY_FIELD, seal, lock))
        written = io.BytesIO()
        writer.write(written)
    return Prepared(written.getvalue(), tuple(texts))


def _places(pdf: bytes, spec: PrepareSpec) -> tuple[dict[str, TextPlace], Place, Place]:
    """All places, found or given, checked against the page and the texts that will come."""
    first = read_page(pdf, 0)
    texts = {NUMBER_FIELD: spec.number or layout.find_number(first)}
    given = {DAY_FIELD: spec.day, MONTH_FIELD: spec.month, YEAR_FIELD: spec.year}
    if spec.number is None and not (spec.day and spec.month):
        found = layout.find_date(first)
        given = {
            DAY_FIELD: spec.day or found.day,
            MONTH_FIELD: spec.month or found.month,
            YEAR_FIELD: spec.year or found.year,
        }
    texts.update({name: place for name, place in given.items() if place})
    for name, place in texts.items():
        layout.check_on_page(pdf, FIELD_WORDS[name], place)
        fit(_WIDEST.get(name, spec.longest_number), place, FIELD_WORDS[name])
    leader = spec.leader or layout.find_signature(pdf, spec.signer_name, shape=spec.signature_shape)
    seal = spec.seal or layout.seal_beside(leader, spec.seal_diameter_mm)
    layout.check_on_page(pdf, layout.SIGNATURE, leader)
    layout.check_on_page(pdf, layout.SEAL, seal)
    for name, place in texts.items():
        for what, other in ((layout.SIGNATURE, leader), (layout.SEAL, seal)):
            if place.page == other.page and place.box.overlaps(other.box):
                raise PlaceNotFound(
                    what=_(what), reason=_("chồng lên chỗ ghi {what}").format(what=_(FIELD_WORDS[name]))
                )
    return texts, leader, seal


def _signature_field(name: str, place: Place, lock: FieldMDPSpec | None = None) -> SigFieldSpec:
    box = place.box
    corners: Any = tuple(round(side, 2) for side in (box.x0, box.y0, box.x1, box.y1))  # typed int, takes points
    return SigFieldSpec(name, on_page=place.page, box=corners, field_mdp_spec=lock)

"""The PDF files of the sample documents, laid out as NĐ 30/2020 PL I wants them."""

from __future__ import annotations

from clerkdesk.services.document_types import type_name
from clerkdesk.services.printing.administrative_page import AdministrativePage, administrative_page
from clerkdesk.services.printing.marks import Urgency as Mark
from clerkdesk.services.sample import wording

_MARKS = {"URGENT": Mark.KHAN, "VERY_URGENT": Mark.THUONG_KHAN, "FLASH": Mark.HOA_TOC}


def arrival_page(sample: wording.SampleArrival) -> bytes:
    """Return the arrival as its issuer would have sent it: number and date printed."""
    letter = sample.type_abbreviation == "CV"
    return administrative_page(
        AdministrativePage(
            agency=sample.issuer.upper(),
            symbol=(f"{sample.issued_date.year}/" if sample.normative else "") + sample.code_notation,
            place=wording.PLACE,
            year=sample.issued_date.year,
            month=sample.issued_date.month,
            day=sample.issued_date.day,
            number=sample.code_number,
            type_name="" if letter else type_name(sample.type_abbreviation).upper(),
            subject=sample.subject,
            addressees=(wording.AGENCY.name,) if letter else (),
            body=sample.body,
            signer=sample.signer_name,
            authority=(sample.signer_position.upper(),),
            recipients=("Như trên", "Lưu: VT") if letter else ("Như Điều cuối", "Lưu: VT"),
            urgency=_MARKS.get(sample.urgency),
        )
    )


def outgoing_page(sample: wording.SampleOutgoing, symbol: str, signer: str) -> bytes:
    """Return the draft of an outgoing document: room for number, day and month, the signer's name printed."""
    letter = sample.type_abbreviation == "CV"
    names = tuple(one.name for one in sample.recipients)
    capacity = {"KT": "KT. GIÁM ĐỐC", "TL": "TL. GIÁM ĐỐC", "TM": "TM. HỘI ĐỒNG", "TUQ": "TUQ. GIÁM ĐỐC"}
    authority = (capacity[sample.signing_capacity],) if sample.signing_capacity in capacity else ()
    return administrative_page(
        AdministrativePage(
            parent_agency=wording.AGENCY.parent.upper(),
            agency=wording.AGENCY.name.upper(),
            symbol=symbol,
            place=wording.PLACE,
            year=sample.issued_date.year,
            type_name="" if letter else type_name(sample.type_abbreviation).upper(),
            subject=sample.subject,
            addressees=names[:3] if letter else (),
            body=sample.body,
            signer=signer,
            authority=(*authority, sample.signer_position.upper()),
            recipients=("Như trên", *names[3:6], "Lưu: VT") if letter else (*names[:5], "Lưu: VT"),
            urgency=_MARKS.get(sample.urgency),
        )
    )

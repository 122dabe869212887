"""From what a clerk types in the arrival form to the facts of the command: issuer, code, dates, short codes."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from clerkdesk.errors import BadInput
from clerkdesk.i18n import N_
from clerkdesk.services.arrivals import learned_notations
from clerkdesk.services.commands import ArrivalFacts
from clerkdesk.services.directory import Correspondent, correspondent_by_name, find_correspondents, home_words
from clerkdesk.services.document_types import DOCUMENT_TYPES, DocumentType, find_types, type_of_notation
from clerkdesk.services.folding import clean_line, folded
from clerkdesk.services.reference_code import joined, split_reference
from clerkdesk.services.shorthand import code_of, parse_code, parse_date, parse_deadline, parse_number
from clerkdesk.services.vocabulary import Medium, ReceiptChannel, Urgency


class IssuerAmbiguous(BadInput):
    """Several agencies fit."""

    sentence = N_("{count} cơ quan khớp với “{typed}”. Gõ thêm, hoặc bấm F4 để chọn.")
    field = "issuer"


class IssuerUnknown(BadInput):
    """No agency fits."""

    sentence = N_("Không có cơ quan “{typed}” trong danh bạ. Bấm F4 để tìm hoặc thêm mới.")
    field = "issuer"


class TypeUnknown(BadInput):
    """No document type fits."""

    sentence = N_("Không có loại văn bản “{typed}”. Bấm F4 để chọn.")
    field = "document_type"


class DocClassWrong(BadInput):
    """The class of an electronic document is 1, 2 or 3."""

    sentence = N_("Loại văn bản điện tử là 1, 2 hoặc 3 (Đà Nẵng 8849 Điều 2); văn bản giấy để trống.")
    field = "edoc_class"


@dataclass(frozen=True, slots=True)
class Code:
    """A reference code as it will be kept, and the type that its notation names."""

    number: str
    notation: str
    normative: bool
    type: DocumentType | None

    @property
    def text(self) -> str:
        """The whole code."""
        return joined(self.number, self.notation)


def understand_issuer(connection: Connection, agency: UUID, typed: str, on: dt.date) -> Correspondent:
    """Return the one agency that a typed name, code or beginning means.

    The whole name or an unambiguous beginning is taken; where several fit, the only one that the register has used
    before, or the only one of the agency's own province.

    Raises:
        IssuerUnknown, IssuerAmbiguous.
    """
    text = clean_line(typed)
    exact = correspondent_by_name(connection, text)
    if exact is not None:
        return exact
    found = find_correspondents(connection, agency, text, on, limit=10)
    if not found:
        raise IssuerUnknown(typed=text)
    key = folded(text)
    by_code = [one for one in found if folded(one.short_name) == key or one.organ_id.lower() == text.lower()]
    best = by_code or found
    if len(best) == 1:
        return best[0]
    home = home_words(connection, agency)
    for likely in (
        [one for one in best if learned_notations(connection, agency, one.name)],
        [one for one in best if home and all(word in folded(one.name).split() for word in home)],
    ):
        if len(likely) == 1:
            return likely[0]
    raise IssuerAmbiguous(count=f"{len(best)}+" if len(best) == 10 else len(best), typed=text)


def understand_code(connection: Connection, agency: UUID, typed: str, issuer: str, short_name: str) -> Code:
    """Return the reference code that was typed; a bare number gets the notation last used by this issuer.

    `123` becomes `123/SNV-VP` when that is what Sở Nội vụ wrote last, else `123/SNV`-like when the directory knows its
    short name. A typed notation in small letters gets the issuer's known spelling.
    """
    number, notation = split_reference(typed)
    learned = learned_notations(connection, agency, issuer) if issuer else []
    if number and not notation and "/" not in typed:
        notation = next((known for known in learned if known), short_name)
    else:
        same = [known for known in learned if folded(known) == folded(notation)]
        notation = same[0] if same else _capitals(notation, short_name)
    normative = bool(re.match(r"^(19|20)\d\d/", notation))
    return Code(number, notation, normative, type_of_notation(notation))


def understand_type(typed: str) -> DocumentType | None:
    """Return the document type that was typed; nothing typed is no type.

    Raises:
        TypeUnknown.
    """
    text = clean_line(typed)
    if not text:
        return None
    found = find_types(text)
    if not found:
        raise TypeUnknown(typed=text)
    return found[0]


def arrival_facts(
    values: dict[str, str], issuer: Correspondent | None, code: Code, today: dt.date, received_at: dt.datetime
) -> ArrivalFacts:
    """Return the command's facts from the form's values, which were resolved field by field before.

    Raises:
        BadInput: a value cannot be read.
    """
    kind = understand_type(values["document_type"])
    arrived = parse_date(values["arrival_date"], today)
    medium = parse_code(Medium, values["medium"])
    doc_class = parse_number(values["edoc_class"])
    if doc_class is not None and doc_class not in (1, 2, 3):
        raise DocClassWrong
    return ArrivalFacts(
        arrival_date=arrived,
        received_at=received_at,
        issuer_id=issuer.id if issuer else None,
        issuer=issuer.name if issuer else values["issuer"],
        code_number=code.number,
        code_notation=code.notation,
        issued_date=parse_date(values["issued_date"], today) if values["issued_date"].strip() else None,
        document_type=kind.code if kind else "",
        normative=code.normative,
        subject=values["subject"],
        language=values["language"] or "Tiếng Việt",
        page_amount=parse_number(values["page_amount"]),
        description=values["description"],
        signer_position=values["signer_position"],
        signer_name=values["signer_name"],
        urgency=parse_code(Urgency, values["urgency"]),
        to_places=values["to_places"],
        due_date=parse_deadline(values["due_date"], today),
        receipt_channel=parse_code(ReceiptChannel, values["receipt_channel"]),
        medium=medium,
        edoc_class=doc_class,
        legal_value=has_legal_value(medium, doc_class),
        document_identifier=values["document_identifier"],
        file_notation=values["file_notation"],
        doc_ordinal=parse_number(values["doc_ordinal"]),
    )


def has_legal_value(medium: Medium, doc_class: int | None) -> bool:
    """Say whether the document has legal value by itself.

    Paper has; of electronic ones types 1 and 2, type 3 only when copied with signatures (Đà Nẵng 8849 Đ2.1, Đ9.4).
    """
    return medium is not Medium.ELECTRONIC or doc_class in (1, 2)


def _capitals(notation: str, short_name: str) -> str:
    """Spell a notation typed in small letters: `qđ-ttg` of Thủ tướng is `QĐ-TTg`, `ttr-stc` is `TTr-STC`.

    Capitals that the clerk typed are left alone.
    """
    if not notation.islower():
        return notation
    spelled = {kind.abbreviation.lower(): kind.abbreviation for kind in DOCUMENT_TYPES if kind.abbreviation}
    spelled[short_name.lower()] = short_name
    return "".join(spelled.get(part, part.upper()) for part in re.split(r"([-/])", notation))


def form_values(row: dict[str, Any]) -> dict[str, str]:
    """Return a registered arrival as the form shows it, for correcting."""

    def day(name: str) -> str:
        return f"{row[name]:%d/%m/%Y}" if row[name] else ""

    plain = (
        "issuer", "document_type", "subject", "signer_name", "signer_position", "to_places", "language",
        "document_identifier", "file_notation", "description",
    )  # fmt: skip
    return {
        **{name: row[name] for name in plain},
        "code": joined(row["code_number"], row["code_notation"]),
        "issued_date": day("issued_date"),
        "arrival_date": day("arrival_date"),
        "due_date": day("due_date"),
        "urgency": code_of(Urgency(row["urgency"])),
        "receipt_channel": code_of(ReceiptChannel(row["receipt_channel"])),
        "medium": code_of(Medium(row["medium"])),
        "edoc_class": str(row["edoc_class"] or ""),
        "page_amount": str(row["page_amount"] or ""),
        "doc_ordinal": str(row["doc_ordinal"] or ""),
    }

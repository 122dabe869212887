"""What agencies say to each other: a document sent, and what became of it.

The words are those of the national exchange (edXML: MessageHeader, SignerInfo, ResponseFor, StatusCode), so that the
same message can leave in that form: `exchange_outgoing` makes it of an outgoing document, `exchange_arrival` reads it.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime

from clerkdesk.services.commands import Frozen, NewFile
from clerkdesk.services.vocabulary import SigningCapacity, Urgency


class Party(Frozen):
    """An agency at one end (From, To)."""

    organ_id: str
    name: str


class ExchangeDocument(Frozen):
    """A sealed document on its way to one recipient."""

    sender: Party
    to: Party
    document_identifier: str  # DocumentId: an opaque word, never taken apart
    code_number: str
    code_notation: str
    place: str
    issued_date: dt.date
    document_type: str  # abbreviation key
    normative: bool
    subject: str
    language: str
    page_amount: int | None
    signing_capacity: SigningCapacity
    signer_position: str
    signer_name: str
    urgency: Urgency
    due_date: dt.date | None
    electronic_only: bool  # "không có văn bản giấy": no paper follows (Hà Nam 44/2024 Đ5.3)
    files: tuple[NewFile, ...]  # the sealed version first, then its appendices


class StatusCode(StrEnum):
    """The exchange's codes that this program says by itself."""

    ARRIVED = "01"
    REFUSED = "02"
    ACCEPTED = "03"


class ExchangeStatus(Frozen):
    """What became of a document at its recipient; `text` is the reason, or number and date in the arrivals book."""

    code: StatusCode
    at: AwareDatetime
    text: str = ""
    arrival: UUID | None = None

"""A message of another agency as the facts of the arrival that it becomes."""

from __future__ import annotations

import datetime as dt

from clerkdesk.services.clock import local
from clerkdesk.services.commands import ArrivalFacts
from clerkdesk.services.exchange_message import ExchangeDocument
from clerkdesk.services.lengths import LONGEST
from clerkdesk.services.vocabulary import Medium, ReceiptChannel, SigningCapacity

BORN_ELECTRONIC = 1  # signed by the person and sealed by the agency: văn bản điện tử loại 1 (Đà Nẵng 8849 Đ2.1)


def arrival_facts_of(document: ExchangeDocument, received_at: dt.datetime) -> ArrivalFacts:
    """Return what the arrival form is filled with; the clerk compares it with the page before it is registered.

    Args:
        received_at: when it came into the inbox (UTC): deadlines count from here (Đà Nẵng 8849 Đ5.2).
    """
    return ArrivalFacts(
        arrival_date=local(received_at).date(),
        received_at=received_at,
        issuer=_fit("issuer", document.sender.name),
        code_number=_fit("code_number", document.code_number),
        code_notation=_fit("code_notation", document.code_notation),
        issued_date=document.issued_date,
        document_type=document.document_type,
        normative=document.normative,
        subject=_fit("subject", document.subject),
        language=_fit("language", document.language),
        page_amount=document.page_amount,
        signer_position=_fit("signer_position", _position(document)),
        signer_name=_fit("signer_name", document.signer_name),
        urgency=document.urgency,
        due_date=document.due_date,
        receipt_channel=ReceiptChannel.EXCHANGE,
        medium=Medium.ELECTRONIC,
        edoc_class=BORN_ELECTRONIC,
        legal_value=True,
        document_identifier=_fit("document_identifier", document.document_identifier),
    )


def _position(document: ExchangeDocument) -> str:
    """Return the signer's position, with the capacity in which he signed (NĐ 30/2020 Đ13)."""
    if document.signing_capacity is SigningCapacity.HEAD:
        return document.signer_position
    return f"{document.signing_capacity.value}. {document.signer_position}".strip()


def _fit(field: str, text: str) -> str:
    """What another program wrote may be longer than the law's field; the page has it whole."""
    return text[: LONGEST[field][1]]

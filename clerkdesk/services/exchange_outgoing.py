"""An outgoing document as the message that its recipient gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from clerkdesk.data.schema import agency as agency_table
from clerkdesk.services.attachments import files_of
from clerkdesk.services.commands import NewFile
from clerkdesk.services.exchange_message import ExchangeDocument, Party
from clerkdesk.services.reference_code import number_text
from clerkdesk.services.vocabulary import AttachmentRole, ReleaseForm, SigningCapacity, Urgency


def document_of(connection: Connection, agency: UUID, row: Mapping[str, Any], to: Party) -> ExchangeDocument:
    """Return the message for one recipient of a sealed document.

    Only the sealed version and its appendices go out, never a draft or a version of the signing route.

    Args:
        row: of the table `outgoing`.
    """
    ours = connection.execute(
        select(agency_table.c.name, agency_table.c.organ_id, agency_table.c.place).where(agency_table.c.id == agency)
    ).one()
    number = number_text(row["number"], row["sub_number"])
    return ExchangeDocument(
        sender=Party(organ_id=ours.organ_id, name=ours.name),
        to=to,
        document_identifier=_identifier(ours.organ_id, row),
        code_number=number,
        code_notation=row["reference_code"].removeprefix(f"{number}/"),
        place=ours.place,
        issued_date=row["issued_date"],
        document_type=row["document_type"],
        normative=bool(row["normative"]),
        subject=row["subject"],
        language=row["language"],
        page_amount=row["page_amount"],
        signing_capacity=SigningCapacity(row["signing_capacity"]),
        signer_position=row["signer_position"],
        signer_name=row["signer_name"],
        urgency=Urgency(row["urgency"]),
        due_date=row["due_date"],
        electronic_only=row["release_form"] == ReleaseForm.ELECTRONIC_ONLY,
        files=_files(connection, agency, row["id"]),
    )


def _identifier(organ_id: str, row: Mapping[str, Any]) -> str:
    """Return the identifier as agencies are used to write it: agency, date, code; without an agency code the id."""
    if not organ_id:
        return str(row["id"])
    return f"{organ_id},{row['issued_date']:%Y/%m/%d},{row['reference_code']}"


def _files(connection: Connection, agency: UUID, outgoing: UUID) -> tuple[NewFile, ...]:
    """Return the last sealed version as the document, then the appendices in their order."""
    borne = files_of(connection, agency, outgoing)
    sealed = [one for one in borne if one["role"] == AttachmentRole.SEALED][-1:]
    appendices = [one for one in borne if one["role"] == AttachmentRole.APPENDIX]
    return tuple(
        NewFile(
            name=one["name"],
            sha256=one["sha256"],
            size=one["size"],
            media_type=one["media_type"],
            role=AttachmentRole.MAIN if one in sealed else AttachmentRole.APPENDIX,
        )
        for one in (*sealed, *appendices)
    )

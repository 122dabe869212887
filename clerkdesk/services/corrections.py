"""Corrections keep the old value, who, when and why; nothing is overwritten unseen (Tây Ninh 59/2014 Đ8.2; Hà Nam 44/2024 Đ13)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select

from clerkdesk.data.columns import utc_text
from clerkdesk.data.schema import correction
from clerkdesk.i18n import N_, _
from clerkdesk.services.commands import Command
from clerkdesk.services.ids import new_id
from clerkdesk.services.lengths import LARGEST, LONGEST
from clerkdesk.services.vocabulary import (
    ArrivalStatus,
    Medium,
    OutgoingStatus,
    PaperReason,
    ReceiptChannel,
    ReleaseForm,
    SigningCapacity,
    Urgency,
)


def keep_old_values(
    tx: Connection,
    command: Command,
    document: UUID,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    reason: str,
    at: dt.datetime,
) -> list[str]:
    """Write one line per changed field.

    Returns: the names of the changed fields.
    """
    changed = [field for field, value in new.items() if _text(old[field]) != _text(value)]
    if changed:
        tx.execute(
            insert(correction),
            [
                {
                    "agency_id": command.agency,
                    "id": new_id(),
                    "document_id": document,
                    "command_uid": command.uid,
                    "field": field,
                    "old_value": _text(old[field]),
                    "new_value": _text(new[field]),
                    "reason": reason,
                    "corrected_at": at,
                    "corrected_by": command.actor,
                }
                for field in changed
            ],
        )
    return changed


def corrections_of(connection: Connection, agency: UUID, document: UUID) -> list[dict[str, Any]]:
    """Return a document's corrections, oldest first."""
    rows = connection.execute(
        select(correction)
        .where(correction.c.agency_id == agency, correction.c.document_id == document)
        .order_by(correction.c.corrected_at, correction.c.id)
    )
    return [dict(row) for row in rows.mappings()]


_FIELDS = {
    "status": N_("Trạng thái"),
    "issued_date": N_("Ngày văn bản"),
    "received_at": N_("Thời điểm nhận"),
    "issuer_id": N_("Mã cơ quan trong danh bạ"),
    "document_type": N_("Loại văn bản"),
    "normative": N_("Quy phạm pháp luật"),
    "urgency": N_("Độ khẩn"),
    "due_date": N_("Hạn"),
    "receipt_channel": N_("Kênh nhận"),
    "medium": N_("Dạng"),
    "edoc_class": N_("Loại văn bản điện tử"),
    "legal_value": N_("Giá trị pháp lý"),
    "symbol_id": N_("Ký hiệu của sổ"),
    "body": N_("Tổ chức tư vấn"),
    "unit_short_name": N_("Đơn vị soạn"),
    "signer_id": N_("Mã người ký"),
    "signing_capacity": N_("Quyền ký"),
    "release_form": N_("Hình thức phát hành"),
    "paper_reason": N_("Lý do kèm giấy"),
    "answers_arrival": N_("Trả lời văn bản đến"),
}
_WORDS: dict[str, type[Enum]] = {
    "receipt_channel": ReceiptChannel,
    "medium": Medium,
    "signing_capacity": SigningCapacity,
    "release_form": ReleaseForm,
    "paper_reason": PaperReason,
}


def in_words(change: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return field, old value and new value of a correction as a person reads them."""
    field = change["field"]
    label = _FIELDS.get(field) or LONGEST.get(field, LARGEST.get(field, (field, 0)))[0]
    return _(label), _shown(field, change["old_value"]), _shown(field, change["new_value"])


def _shown(field: str, value: str) -> str:
    if not value:
        return "—"
    if field == "urgency":
        return Urgency(int(value)).label
    if field == "status":
        return (ArrivalStatus if value in ArrivalStatus.__members__ else OutgoingStatus)(value).label
    if field in _WORDS:
        return str(_WORDS[field](value).label)  # type: ignore[attr-defined]
    return value


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return utc_text(value)
    return str(int(value)) if isinstance(value, int) else str(value)

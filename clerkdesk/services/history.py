"""Who did what with a document, read from the audit log (NĐ 30/2020 PL VI I.III.5a)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, or_, select

from clerkdesk.data.schema import audit, entry, person
from clerkdesk.i18n import N_, _


@dataclass(frozen=True, slots=True)
class Event:
    """One act: when (UTC), what, who."""

    at: dt.datetime
    what: str
    who: str


_ACTS = {
    "RegisterArrival": N_("Đăng ký, cấp số đến"),
    "NumberWaiting": N_("Đăng ký theo lô, cấp số đến"),
    "CorrectArrival": N_("Sửa"),
    "SubmitArrival": N_("Trình"),
    "FinishArrival": N_("Đổi trạng thái xử lý"),
    "AttachFiles": N_("Gắn tệp"),
    "RemoveFile": N_("Bỏ tệp"),
    "VoidNumber": N_("Hủy số"),
    "EnterOutgoing": N_("Nhập dự thảo"),
    "CorrectOutgoing": N_("Sửa"),
    "SubmitForSignature": N_("Trình ký"),
    "RecordLeaderSignature": N_("Lãnh đạo ký"),
    "ReturnDraft": N_("Trả lại"),
    "IssueNumber": N_("Cấp số, ngày"),
    "RecordSeal": N_("Ký số cơ quan (đóng dấu)"),
    "Release": N_("Phát hành"),
    "RecordDelivery": N_("Ghi trạng thái nơi nhận"),
}


def history_of(connection: Connection, agency: UUID, document: UUID) -> list[Event]:
    """Return a document's acts, oldest first."""
    # A batch is one act for many documents; each entry knows the command that made it.
    numbered_by = select(entry.c.command_uid).where(entry.c.agency_id == agency, entry.c.document_id == document)
    rows = connection.execute(
        select(audit.c.recorded_at, audit.c.kind, person.c.full_name)
        .join_from(
            audit, person, (person.c.agency_id == audit.c.agency_id) & (person.c.id == audit.c.actor), isouter=True
        )
        .where(audit.c.agency_id == agency, or_(audit.c.subject == document, audit.c.command_uid.in_(numbered_by)))
        .order_by(audit.c.seq)
    )
    return [Event(row.recorded_at, _(_ACTS.get(row.kind, row.kind)), row.full_name or "?") for row in rows]

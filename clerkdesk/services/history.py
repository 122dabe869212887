"""Who did what with a document, read from the audit log (NĐ 30/2020 PL VI I.III.5a)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, exists, or_, select, union_all

from clerkdesk.data.schema import audit, entry, history, person
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
    "SetUpAgency": N_("Khai báo cơ quan"),
    "AddPerson": N_("Thêm người dùng"),
    "ChangePerson": N_("Sửa tài khoản"),
    "SetPassword": N_("Đặt mật khẩu"),
    "ChangeSetting": N_("Đổi cài đặt"),
    "AddCorrespondent": N_("Thêm vào danh bạ"),
    "OpenRegisters": N_("Mở sổ"),
    "AddRegister": N_("Thêm sổ"),
    "ReserveNumber": N_("Giữ số"),
    "ConfirmLastNumber": N_("Xác nhận số cuối cùng"),
    "SaveTemplate": N_("Lưu mẫu"),
    "SettleRefusal": N_("Xử lý việc bị trả lại"),
    "RefuseDelivery": N_("Từ chối, trả lại nơi gửi"),
    "BeginIncarnation": N_("Mở lại kho phục hồi"),
    "TakePen": N_("Lấy quyền cấp số"),
    "ReturnPen": N_("Trả quyền cấp số"),
    "ReleasePenByCode": N_("Trao quyền bằng mã"),
    "TakePenByCode": N_("Nhận quyền bằng mã"),
    "DeclareDeskDestroyed": N_("Khai báo máy hỏng"),
    "StartEmergency": N_("Mở sổ tạm"),
    "ExtendEmergency": N_("Gia hạn sổ tạm"),
    "EndEmergency": N_("Ghi hết sự cố"),
    "ConvertEmergency": N_("Chuyển số tạm"),
    "AddWaiting": N_("Nhập chờ vào sổ"),
    "ChangeWaiting": N_("Sửa dòng chờ vào sổ"),
    "DropWaiting": N_("Bỏ dòng chờ vào sổ"),
    "CloseDay": N_("Chốt sổ ngày"),
    "CloseYear": N_("Đóng sổ năm"),
}


def act_of(kind: str) -> str:
    """Return what a command does, in words."""
    return _(_ACTS.get(kind, kind))


def history_of(connection: Connection, agency: UUID, document: UUID) -> list[Event]:
    """Return a document's acts, oldest first: the office's as the server has them, and ours that are on the way."""
    # A batch is one act for many documents; each entry knows the command that made it.
    numbered_by = select(entry.c.command_uid).where(entry.c.agency_id == agency, entry.c.document_id == document)
    ours = select(audit.c.command_uid, audit.c.recorded_at, audit.c.kind, audit.c.actor, audit.c.agency_id).where(
        audit.c.agency_id == agency,
        or_(audit.c.subject == document, audit.c.command_uid.in_(numbered_by)),
        ~exists().where(history.c.agency_id == agency, history.c.command_uid == audit.c.command_uid),
    )
    known = select(
        history.c.command_uid, history.c.recorded_at, history.c.kind, history.c.actor, history.c.agency_id
    ).where(
        history.c.agency_id == agency,
        or_(history.c.subject == document, history.c.command_uid.in_(numbered_by)),
    )
    acts = union_all(ours, known).subquery()
    rows = connection.execute(
        select(acts.c.recorded_at, acts.c.kind, person.c.full_name)
        .join_from(acts, person, (person.c.agency_id == acts.c.agency_id) & (person.c.id == acts.c.actor), isouter=True)
        .order_by(acts.c.recorded_at, acts.c.command_uid)
    )
    return [Event(row.recorded_at, act_of(row.kind), row.full_name or "?") for row in rows]

"""The fixed words of the office: urgency, channels, states, capacities, with what a person reads for each.

Sources: NĐ 30/2020 Đ7, Đ13, PL I, PL III, PL VI; QĐ 28/2018 Đ10.2; Đà Nẵng 8849 Đ2, Đ5.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

from clerkdesk.i18n import N_, _


class Urgency(IntEnum):
    """Mức độ khẩn; the higher, the sooner (Đà Nẵng 8849 Đ5.3)."""

    NORMAL = 0
    URGENT = 1
    VERY_URGENT = 2
    FLASH = 3

    @property
    def label(self) -> str:
        """What a person reads."""
        return _(_URGENCY[self])


_URGENCY = {
    Urgency.NORMAL: N_("Thường"),
    Urgency.URGENT: N_("Khẩn"),
    Urgency.VERY_URGENT: N_("Thượng khẩn"),
    Urgency.FLASH: N_("Hỏa tốc"),
}


class _Labelled(StrEnum):
    @property
    def label(self) -> str:
        """What a person reads."""
        return _(_LABELS[type(self).__name__][self.value])


class Direction(_Labelled):
    """Whether a register holds arrivals or outgoing documents."""

    ARRIVAL = "ARRIVAL"
    OUTGOING = "OUTGOING"


class EntryState(_Labelled):
    """State of a number in its register; a number is never deleted."""

    LIVE = "LIVE"
    VOID = "VOID"
    RESERVED = "RESERVED"


class RenewalCause(StrEnum):
    """Why a desk begins a new incarnation: how its store and its high-water mark disagree."""

    RESTORED = "RESTORED"  # another incarnation's store, as every backup holds it
    OLDER = "OLDER"  # the mark knows of commands that the store does not
    BEHIND = "BEHIND"  # the store knows of numbers or pens that the mark does not
    MOVED = "MOVED"  # another machine
    COPIED = "COPIED"  # another file on the same machine
    MISSING = "MISSING"
    DAMAGED = "DAMAGED"
    FOREIGN = "FOREIGN"  # the mark of another desk


class ReceiptChannel(_Labelled):
    """How an arrival reached us (Đà Nẵng 8849 Đ5.1)."""

    POST = "POST"
    HAND = "HAND"
    FAX = "FAX"
    EMAIL = "EMAIL"
    EXCHANGE = "EXCHANGE"
    OTHER_SYSTEM = "OTHER_SYSTEM"


class Medium(_Labelled):
    """Paper, electronic or both (Đà Nẵng 8849 Đ5.5)."""

    PAPER = "PAPER"
    ELECTRONIC = "ELECTRONIC"
    BOTH = "BOTH"


class ArrivalStatus(_Labelled):
    """Where an arrival is in the office (QĐ 28/2018 Đ10.2)."""

    REGISTERED = "REGISTERED"
    SUBMITTED = "SUBMITTED"
    ASSIGNED = "ASSIGNED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    NO_ACTION_NEEDED = "NO_ACTION_NEEDED"
    READ_CONFIRMED = "READ_CONFIRMED"
    VOIDED = "VOIDED"


UNPROCESSED = (
    ArrivalStatus.REGISTERED,
    ArrivalStatus.SUBMITTED,
    ArrivalStatus.ASSIGNED,
    ArrivalStatus.IN_PROGRESS,
)


class OutgoingStatus(_Labelled):
    """Where an outgoing document is; the order is law (NĐ 30/2020 Đ14, Đ32.2)."""

    DRAFT = "DRAFT"
    RETURNED = "RETURNED"
    SUBMITTED_FOR_SIGNATURE = "SUBMITTED_FOR_SIGNATURE"
    AWAITING_ISSUE = "AWAITING_ISSUE"
    NUMBERED = "NUMBERED"
    SEALED = "SEALED"
    RELEASED = "RELEASED"
    VOIDED = "VOIDED"


class SigningCapacity(_Labelled):
    """Thẩm quyền ký (NĐ 30/2020 Đ13)."""

    HEAD = "HEAD"
    TM = "TM"
    Q = "Q"
    KT = "KT"
    TL = "TL"
    TUQ = "TUQ"


class ReleaseForm(_Labelled):
    """Hình thức phát hành (Hà Nam 44/2024 Đ5)."""

    ELECTRONIC_ONLY = "ELECTRONIC_ONLY"
    ELECTRONIC_AND_PAPER = "ELECTRONIC_AND_PAPER"
    PAPER_ONLY = "PAPER_ONLY"


class PaperReason(_Labelled):
    """Why paper goes out beside the signed electronic document (Hà Nam 44/2024 Đ5.5)."""

    GOVERNMENT = "GOVERNMENT"
    MINISTRY = "MINISTRY"
    NORMATIVE = "NORMATIVE"
    HARD_TO_DIGITISE = "HARD_TO_DIGITISE"
    NOT_CONNECTED = "NOT_CONNECTED"


class DispatchChannel(_Labelled):
    """How a recipient gets the document."""

    EXCHANGE = "EXCHANGE"
    EMAIL = "EMAIL"
    POST = "POST"
    HAND = "HAND"
    FAX = "FAX"


class DispatchState(_Labelled):
    """State of one recipient's copy (QĐ 28/2018 Đ10.2; Hà Nam 44/2024 Đ6.6)."""

    WAITING = "WAITING"
    SENT = "SENT"
    ARRIVED = "ARRIVED"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    FAILED = "FAILED"


class RefusalCause(_Labelled):
    """Why a document of another agency is returned (Đà Nẵng 8849 Đ5.6; Hà Nam 44/2024 Đ10.1)."""

    WRONG_AGENCY = "WRONG_AGENCY"
    NO_LEGAL_VALUE = "NO_LEGAL_VALUE"
    NOT_AUTHENTIC = "NOT_AUTHENTIC"

    @property
    def word(self) -> str:
        """What is written into records, the same at desk and server whatever language is in use."""
        return _LABELS["RefusalCause"][self.value]


class AttachmentRole(_Labelled):
    """What a file is to its document."""

    MAIN = "MAIN"
    APPENDIX = "APPENDIX"
    DRAFT = "DRAFT"
    PREPARED = "PREPARED"
    LEADER_SIGNED = "LEADER_SIGNED"
    SEALED = "SEALED"


class Role(_Labelled):
    """Vai trò của tài khoản (Đà Nẵng 8849 Mẫu số 1)."""

    CLERK = "clerk"
    LEADER = "leader"
    HEAD_OF_UNIT = "head_of_unit"
    SPECIALIST = "specialist"
    ADMINISTRATOR = "administrator"
    ARCHIVIST = "archivist"
    FORMAT_CHECKER = "format_checker"


_LABELS: dict[str, dict[str, str]] = {
    "Direction": {"ARRIVAL": N_("Đến"), "OUTGOING": N_("Đi")},
    "EntryState": {"LIVE": N_("Đã cấp"), "VOID": N_("Hủy"), "RESERVED": N_("Giữ số")},
    "ReceiptChannel": {
        "POST": N_("Bưu điện"),
        "HAND": N_("Trực tiếp"),
        "FAX": N_("Fax"),
        "EMAIL": N_("Thư điện tử"),
        "EXCHANGE": N_("Trục liên thông"),
        "OTHER_SYSTEM": N_("Phần mềm khác"),
    },
    "Medium": {"PAPER": N_("Giấy"), "ELECTRONIC": N_("Điện tử"), "BOTH": N_("Giấy và điện tử")},
    "ArrivalStatus": {
        "REGISTERED": N_("Đã vào sổ"),
        "SUBMITTED": N_("Đã trình"),
        "ASSIGNED": N_("Đã phân công"),
        "IN_PROGRESS": N_("Đang xử lý"),
        "COMPLETED": N_("Hoàn thành"),
        "NO_ACTION_NEEDED": N_("Không cần xử lý"),
        "READ_CONFIRMED": N_("Đã đọc"),
        "VOIDED": N_("Hủy số"),
    },
    "OutgoingStatus": {
        "DRAFT": N_("Dự thảo"),
        "RETURNED": N_("Trả lại"),
        "SUBMITTED_FOR_SIGNATURE": N_("Trình ký"),
        "AWAITING_ISSUE": N_("Chờ ban hành"),
        "NUMBERED": N_("Đã cấp số"),
        "SEALED": N_("Đã đóng dấu số"),
        "RELEASED": N_("Đã phát hành"),
        "VOIDED": N_("Hủy số"),
    },
    "SigningCapacity": {
        "HEAD": N_("Thủ trưởng"),
        "TM": N_("TM. (thay mặt)"),
        "Q": N_("Q. (quyền)"),
        "KT": N_("KT. (ký thay)"),
        "TL": N_("TL. (thừa lệnh)"),
        "TUQ": N_("TUQ. (thừa ủy quyền)"),
    },
    "ReleaseForm": {
        "ELECTRONIC_ONLY": N_("Chỉ điện tử"),
        "ELECTRONIC_AND_PAPER": N_("Điện tử và giấy"),
        "PAPER_ONLY": N_("Chỉ giấy"),
    },
    "PaperReason": {
        "GOVERNMENT": N_("Gửi Chính phủ, Thủ tướng"),
        "MINISTRY": N_("Gửi bộ, ngành theo quy định của bộ, ngành"),
        "NORMATIVE": N_("Pháp luật quy định phải có bản giấy"),
        "HARD_TO_DIGITISE": N_("Hồ sơ phức tạp, khó số hóa"),
        "NOT_CONNECTED": N_("Bên nhận chưa kết nối hệ thống"),
    },
    "DispatchChannel": {
        "EXCHANGE": N_("Trục liên thông"),
        "EMAIL": N_("Thư điện tử"),
        "POST": N_("Bưu điện"),
        "HAND": N_("Trực tiếp"),
        "FAX": N_("Fax"),
    },
    "DispatchState": {
        "WAITING": N_("Chờ gửi"),
        "SENT": N_("Đã gửi"),
        "ARRIVED": N_("Đã đến"),
        "ACCEPTED": N_("Đã tiếp nhận"),
        "REFUSED": N_("Từ chối"),
        "FAILED": N_("Gửi lỗi"),
    },
    "RefusalCause": {
        "WRONG_AGENCY": N_("Gửi nhầm đơn vị nhận"),
        "NO_LEGAL_VALUE": N_("Không đủ giá trị pháp lý"),
        "NOT_AUTHENTIC": N_("Chữ ký số không xác thực, không toàn vẹn"),
    },
    "AttachmentRole": {
        "MAIN": N_("Văn bản"),
        "APPENDIX": N_("Phụ lục"),
        "DRAFT": N_("Dự thảo"),
        "PREPARED": N_("Bản trình ký"),
        "LEADER_SIGNED": N_("Bản lãnh đạo đã ký"),
        "SEALED": N_("Bản phát hành"),
    },
    "Role": {
        "clerk": N_("Văn thư"),
        "leader": N_("Lãnh đạo"),
        "head_of_unit": N_("Lãnh đạo phòng"),
        "specialist": N_("Chuyên viên"),
        "administrator": N_("Quản trị"),
        "archivist": N_("Lưu trữ"),
        "format_checker": N_("Kiểm tra thể thức"),
    },
}

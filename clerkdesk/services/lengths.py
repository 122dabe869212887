"""Lengths and presence of input fields, as the law has them (NĐ 30/2020 PL VI phần II)."""

from __future__ import annotations

from clerkdesk.errors import RuleBroken
from clerkdesk.i18n import N_, _

# field: (what the person reads, longest allowed in characters)
LONGEST: dict[str, tuple[str, int]] = {
    "issuer": (N_("Cơ quan ban hành"), 200),
    "code_number": (N_("Số"), 11),
    "code_notation": (N_("Ký hiệu"), 30),
    "subject": (N_("Trích yếu"), 500),
    "document_type": (N_("Tên loại"), 100),
    "language": (N_("Ngôn ngữ"), 30),
    "description": (N_("Ghi chú"), 500),
    "signer_position": (N_("Chức vụ người ký"), 100),
    "signer_name": (N_("Người ký"), 50),
    "to_places": (N_("Đơn vị hoặc người nhận"), 1000),
    "document_identifier": (N_("Mã định danh văn bản"), 100),
    "file_notation": (N_("Số và ký hiệu hồ sơ"), 20),
    "drafting_unit": (N_("Đơn vị soạn thảo"), 200),
    "drafter": (N_("Người soạn thảo"), 50),
    "retained_by": (N_("Nơi lưu"), 200),
    "name": (N_("Tên"), 200),
    "organ_id": (N_("Mã định danh"), 35),
    "cause": (N_("Nguyên nhân"), 200),
    "authorised_by": (N_("Người cho phép"), 200),
    "reported_to": (N_("Đã báo cho"), 200),
}
LARGEST: dict[str, tuple[str, int]] = {
    "page_amount": (N_("Số trang"), 999),
    "doc_ordinal": (N_("Số thứ tự trong hồ sơ"), 999),
    "issued_amount": (N_("Số lượng bản"), 999),
}


class TooLong(RuleBroken):
    """A text is longer than the field of the law."""

    sentence = N_(
        "“{label}” dài {length} ký tự, quy định nhiều nhất {longest}. Rút gọn rồi lưu lại; chưa có gì bị mất."
    )


class TooLarge(RuleBroken):
    """A number is outside its field."""

    sentence = N_("“{label}” phải từ 1 đến {largest}.")


class Missing(RuleBroken):
    """A required field is empty."""

    sentence = N_("Chưa nhập “{label}”.")


def check_lengths(facts: object) -> None:
    """Check every text and number of a facts model against the law's field lengths.

    Raises:
        TooLong, TooLarge: with the field to go back to.
    """
    values = vars(facts)
    for field, (label, longest) in LONGEST.items():
        value = values.get(field)
        if isinstance(value, str) and len(value) > longest:
            raise TooLong(label=_(label), length=len(value), longest=longest, field=field)
    for field, (label, largest) in LARGEST.items():
        number = values.get(field)
        if number is not None and not 1 <= number <= largest:
            raise TooLarge(label=_(label), largest=largest, field=field)


def check_present(facts: object, *fields: str) -> None:
    """Check that required fields are filled.

    Raises:
        Missing: with the field to go back to.
    """
    for field in fields:
        if not getattr(facts, field):
            raise Missing(label=_(LONGEST[field][0]), field=field)

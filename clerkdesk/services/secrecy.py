"""What must stay outside this system: state secrets, and the kinds of paper that an agency excludes.

Đà Nẵng 8849 Đ1.3; Hà Nam 44/2024 Đ1.2; Tây Ninh 59/2014 Đ3.5, Đ6. Nothing of a refused document is stored.
"""

from __future__ import annotations

import re

from clerkdesk.errors import RuleBroken
from clerkdesk.i18n import N_
from clerkdesk.services.folding import folded


class SecretDocument(RuleBroken):
    """The document bears a secrecy mark."""

    sentence = N_(
        "Văn bản có dấu hiệu thuộc bí mật nhà nước (“{mark}”): không được đăng ký, quét hay lưu ở đây. Vào sổ văn bản mật bằng giấy; nội dung vừa nhập đã được xóa khỏi máy."
    )


class ExcludedDocument(RuleBroken):
    """The agency excludes this kind of document."""

    sentence = N_(
        "Loại văn bản “{mark}” không đưa vào hệ thống theo quy định của cơ quan. Chuyển theo quy trình riêng; nội dung vừa nhập đã được xóa khỏi máy."
    )


# A secrecy stamp as typed: the whole word, alone or after "độ". The word inside "bảo mật", "bí mật" or
# "mật khẩu" says nothing about the document itself.
_STAMPS = re.compile(
    r"(?:^|[\[(/;,.–-]|\bđộ(?: mật)?:?|\bdấu(?: chỉ)?(?: độ)?:?)\s*(tuyệt mật|tối mật|mật)\s*(?:$|[\])/;,.–-])",
    re.IGNORECASE,
)
_CAPITALS = re.compile(r"\b(TUYỆT MẬT|TỐI MẬT|^MẬT(?=\s*:))\b")


def secrecy_mark(subject: str, description: str = "") -> str:
    """Return the secrecy mark found in what was typed, or an empty text.

    Looks for a stamp (MẬT, TỐI MẬT, TUYỆT MẬT) written as such; "bảo mật thông tin" is no secret.
    """
    for text in (subject, description):
        found = _CAPITALS.search(text) or _STAMPS.search(text)
        if found:
            return found.group(1)
    return ""


def excluded_mark(subject: str, document_type: str, exclusions: tuple[str, ...]) -> str:
    """Return the first exclusion of the agency that the subject or the type begins with, or an empty text.

    Args:
        subject: as typed.
        document_type: the type's name.
        exclusions: the agency's setting, for instance "Đơn khiếu nại", "Đơn tố cáo".
    """
    begins = (folded(subject), folded(document_type))
    for exclusion in exclusions:
        key = folded(exclusion)
        if key and any(text.startswith(key) for text in begins):
            return exclusion
    return ""


def refuse_secrets(subject: str, description: str, document_type: str, exclusions: tuple[str, ...]) -> None:
    """Refuse a document that must stay outside.

    Raises:
        SecretDocument, ExcludedDocument.
    """
    mark = secrecy_mark(subject, description)
    if mark:
        raise SecretDocument(mark=mark, field="subject")
    mark = excluded_mark(subject, document_type, exclusions)
    if mark:
        raise ExcludedDocument(mark=mark, field="subject")

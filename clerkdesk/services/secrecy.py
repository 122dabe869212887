"""What must stay outside this system: state secrets, and the kinds of paper that an agency excludes.

Đà Nẵng 8849 Đ1.3; Hà Nam 44/2024 Đ1.2; Tây Ninh 59/2014 Đ3.5, Đ6. Nothing of a refused document is stored.
"""

from __future__ import annotations

import re
from functools import lru_cache

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


# The two higher degrees are said of nothing else. "Mật" alone is also honey, and part of bảo mật, bí mật, mật khẩu:
# it counts only where a stamp or the field "độ mật" would be written.
_HIGHER = re.compile(r"\b(tuyệt mật|tối mật)\b", re.IGNORECASE)
_STAMPS = (
    re.compile(r"^\W*(mật)\W*$", re.IGNORECASE),
    re.compile(r"^\s*(mật)\s*[:.–—-]", re.IGNORECASE),
    re.compile(r"[–—-]\s*(mật)\W*$", re.IGNORECASE),
    re.compile(r"[\[(]\s*(mật)\s*[\])]", re.IGNORECASE),
    re.compile(r"\bđộ(?: mật)?\s*:\s*(mật)\b", re.IGNORECASE),
    re.compile(r"\bdấu\s+(?:chỉ\s+)?(?:độ\s*)?:?\s*(mật)\b", re.IGNORECASE),
    re.compile(r"\bđộ (Mật|MẬT)\b"),
)
_CAPITALS = re.compile(r"(?<!BẢO )(?<!BÍ )(?<!CƠ )\b(MẬT)\b(?! (?:KHẨU|MÃ|ONG|THƯ))")
_ABOUT_SECRECY = re.compile(r"\bbí mật nhà nước\b", re.IGNORECASE)


def secrecy_mark(subject: str, description: str = "") -> str:
    """Return the secrecy mark found in what was typed, or an empty text.

    Looks for a stamp (MẬT, TỐI MẬT, TUYỆT MẬT) written as such. "Bảo mật thông tin" is no secret, nor is an open act
    about secrecy: "Danh mục bí mật nhà nước độ Tối mật của ngành Nội vụ".
    """
    for text in (subject, description):
        if "mật" not in text.casefold():  # in every mark
            continue
        higher = _HIGHER.search(text)
        if higher and not _ABOUT_SECRECY.search(text[: higher.start()]):
            return higher.group(1)
        for stamp in _STAMPS:
            if (found := stamp.search(text)) and not _ABOUT_SECRECY.search(text[: found.start()]):
                return found.group(1)
        if text != text.upper() and (found := _CAPITALS.search(text)):
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
    for exclusion, key in _keys(exclusions):
        if any(text.startswith(key) for text in begins):
            return exclusion
    return ""


@lru_cache(maxsize=8)
def _keys(exclusions: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((exclusion, key) for exclusion in exclusions if (key := folded(exclusion)))


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

"""Vietnamese text for keeping and for comparing: NFC on every way in, and an accent-free form to search by."""

from __future__ import annotations

import re
import unicodedata

_MARKS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")  # combining
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}


def clean_line(value: str) -> str:
    """Return one line of text as we keep it: NFC (TCVN 6909:2001), no control characters, single spaces, trimmed."""
    value = unicodedata.normalize("NFC", value)
    if not value.isprintable():
        value = "".join(" " if c.isspace() else c for c in value if c.isspace() or _visible(c))
        value = unicodedata.normalize("NFC", value)  # what stood between a letter and its mark is gone
    return " ".join(value.split())


def _visible(character: str) -> bool:
    return unicodedata.category(character) not in _INVISIBLE


def folded(value: str) -> str:
    """Return the text without accents and case, đ as d, for look-ups: "Sở Nội vụ" becomes "so noi vu"."""
    value = value.casefold().replace("đ", "d")
    if not value.isascii():
        value = _MARKS.sub("", unicodedata.normalize("NFD", value))
    return " ".join(value.split())


def words(value: str) -> list[str]:
    """Return the folded words, divided where the store's word indexes divide them: not only at spaces."""
    return re.findall(r"[^\W_]+", folded(value))


def initials(value: str) -> str:
    """Return the folded first letters of the words: "Sở Nội vụ" becomes "snv"."""
    return "".join(word[0] for word in words(value))

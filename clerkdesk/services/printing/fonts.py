"""The typeface of all that we print: Times New Roman by law (NĐ 30/2020 PL I), here Tinos with the same metrics.

Also decides what becomes of text that cannot be printed as it is: nothing a caller gives may vanish unseen.
"""

from __future__ import annotations

import threading
import unicodedata
from functools import cache
from importlib.resources import as_file, files

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

REGULAR = "Tinos"
BOLD = "Tinos-Bold"
ITALIC = "Tinos-Italic"
BOLD_ITALIC = "Tinos-BoldItalic"

REPLACEMENT = "□"
"""Printed in place of a character that the typeface does not have."""

EMBEDDING = threading.Lock()
"""Held while a PDF takes its part of the fonts: reportlab reads each font with one position for all threads."""

_FILES = {REGULAR: "Regular", BOLD: "Bold", ITALIC: "Italic", BOLD_ITALIC: "BoldItalic"}
_LINE_ENDS = {"\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029"}
_lock = threading.Lock()


def register() -> frozenset[int]:
    """Make the four faces known to reportlab, once per process, and return the characters that all of them have."""
    with _lock:
        return _register()


@cache
def _register() -> frozenset[int]:
    characters: list[set[int]] = []
    for name, face in _FILES.items():
        with as_file(files("clerkdesk") / "assets" / "fonts" / f"Tinos-{face}.ttf") as path:
            font = TTFont(name, str(path))
        pdfmetrics.registerFont(font)
        characters.append(set(font.face.charToGlyph))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=ITALIC, boldItalic=BOLD_ITALIC)
    return frozenset(set.intersection(*characters))


def clean(text: str, *, keep_lines: bool = False) -> str:
    """Return `text` ready for print: NFC, one kind of space, `□` for each character the typeface lacks.

    Marks that are invisible by nature (zero-width joiners, soft hyphens, writing direction) are left out. Line ends
    become spaces unless `keep_lines`.
    """
    known = register()
    line_end = "\n" if keep_lines else " "
    # Invisible marks go first: one may stand between a letter and its accent.
    visible = "".join(char for char in text.replace("\r\n", "\n") if not _invisible(char))
    composed = unicodedata.normalize("NFC", visible)
    return "".join(_printable(char, known, line_end) for char in composed).strip(" ")


def _invisible(char: str) -> bool:
    return unicodedata.category(char) == "Cf" or "\ufe00" <= char <= "\ufe0f"


def _printable(char: str, known: frozenset[int], line_end: str) -> str:
    if char in _LINE_ENDS:
        return line_end
    category = unicodedata.category(char)
    if category == "Zs":
        return char if char == "\N{NO-BREAK SPACE}" else " "
    if char == "\t":
        return " "
    return char if ord(char) in known and category != "Cc" else REPLACEMENT


def text_width(text: str, font: str, size: float) -> float:
    """Return the width of cleaned `text` in points."""
    register()
    return float(pdfmetrics.stringWidth(text, font, size))

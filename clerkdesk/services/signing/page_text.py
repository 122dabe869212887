"""What stands where on a page: letters in lines, ink in a box, text as finally shown with its form fields.

PDFium is not safe for threads, so everything here runs under one lock.
"""

from __future__ import annotations

import ctypes
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_raw

from clerkdesk.services.signing.errors import PdfDamaged, PdfEncrypted

PDFIUM_LOCK = RLock()

_LINE_TOLERANCE = 3.5  # points between baselines that read as one line (two columns are seldom exactly level)
_WORD_GAP = 0.18  # part of the font size; a gap wider than this reads as a space
_ITALIC = 1 << 6  # PDF 32000-1 table 123
_DARK = 128  # grey levels; a pale "DỰ THẢO" in the background is no obstacle
_MOST_LETTERS = 20_000  # of one page; more is no letter of an office


@dataclass(frozen=True)
class Box:
    """A rectangle on a page, in points of the page's own coordinates (origin below left, before any rotation)."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """Points from left to right."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Points from bottom to top."""
        return self.y1 - self.y0

    def overlaps(self, other: Box) -> bool:
        """Whether the two share any area."""
        return self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1

    def contains(self, other: Box) -> bool:
        """Whether `other` lies wholly inside."""
        return self.x0 <= other.x0 and self.y0 <= other.y0 and other.x1 <= self.x1 and other.y1 <= self.y1


@dataclass(frozen=True)
class Letter:
    """One letter with its accents: where it stands, how large, upright or italic."""

    text: str
    box: Box
    baseline: float
    size: float
    italic: bool
    upright: bool


@dataclass(frozen=True)
class Line:
    """Letters on one baseline; `text[i]` belongs to `letters[i]`, where None is a space."""

    text: str
    letters: tuple[Letter | None, ...]

    @property
    def box(self) -> Box:
        """The smallest rectangle around all letters."""
        return around([letter.box for letter in self.letters if letter])


@dataclass(frozen=True)
class PageText:
    """The lines of one page, from top to bottom; `index` counts from 0, `rotation` is 0, 90, 180 or 270 degrees."""

    index: int
    area: Box
    rotation: int
    lines: tuple[Line, ...]


def around(boxes: list[Box]) -> Box:
    """The smallest rectangle around `boxes` (at least one)."""
    return Box(
        min(box.x0 for box in boxes),
        min(box.y0 for box in boxes),
        max(box.x1 for box in boxes),
        max(box.y1 for box in boxes),
    )


@contextmanager
def opened(pdf: bytes) -> Iterator[Any]:
    """Open `pdf` in PDFium while holding its lock.

    Raises:
        PdfEncrypted, PdfDamaged: PDFium cannot open it.
    """
    with PDFIUM_LOCK:
        try:
            document = pdfium.PdfDocument(pdf)
        except pdfium.PdfiumError as problem:
            if "password" in str(problem).lower():
                raise PdfEncrypted() from None
            raise PdfDamaged(reason="PDFium") from problem
        try:
            yield document
        finally:
            document.close()


def read_page(pdf: bytes, index: int) -> PageText:
    """Read the letters of page `index` (from 0), which must exist.

    Raises:
        PdfEncrypted, PdfDamaged: PDFium cannot open or read it.
    """
    with opened(pdf) as document:
        try:
            return _read_page(document[index], index)
        except pdfium.PdfiumError as problem:
            raise PdfDamaged(reason="PDFium") from problem


def plain_texts(pdf: bytes) -> list[str]:
    """Every page's letters without spaces, in lower case; much faster than reading where each letter stands."""
    with opened(pdf) as document:
        try:
            return [squeezed(document[index].get_textpage().get_text_range()) for index in range(len(document))]
        except pdfium.PdfiumError as problem:
            raise PdfDamaged(reason="PDFium") from problem


def squeezed(text: str) -> str:
    """`text` without spaces, composed (NFC), in lower case."""
    return unicodedata.normalize("NFC", "".join(text.split())).casefold()


def page_area(pdf: bytes, page: int) -> tuple[Box, int] | None:
    """The visible area and the rotation (degrees) of page `page` (from 0), or None when there is no such page."""
    with opened(pdf) as document:
        if not 0 <= page < len(document):
            return None
        return Box(*document[page].get_cropbox()), document[page].get_rotation()


def has_ink(pdf: bytes, page: int, box: Box) -> bool:
    """Whether anything dark (text, line, picture) is drawn inside `box` on an unrotated page."""
    with opened(pdf) as document:
        sheet = document[page]
        area = Box(*sheet.get_cropbox())
        crop = (box.x0 - area.x0, box.y0 - area.y0, area.x1 - box.x1, area.y1 - box.y1)
        bitmap = sheet.render(scale=1, crop=tuple(max(0.0, side) for side in crop), grayscale=True)
        darkest, _lightest = bitmap.to_pil().convert("L").getextrema()
        return bool(darkest < _DARK)


def shown_text(pdf: bytes, page: int, box: Box) -> str:
    """The text that a reader of the page sees inside `box`, filled form fields included.

    The fields' appearances are first made part of the page (of a copy in memory), because text extraction passes
    over them otherwise.
    """
    with opened(pdf) as document:
        sheet = document[page]
        pdfium_raw.FPDFPage_Flatten(sheet, pdfium_raw.FLAT_NORMALDISPLAY)
        sheet.close()
        text_page = document[page].get_textpage()
        found = text_page.get_text_bounded(box.x0, box.y0, box.x1, box.y1)
        return unicodedata.normalize("NFC", " ".join(found.split()))


def _read_page(sheet: Any, index: int) -> PageText:
    text_page = sheet.get_textpage()
    letters: list[Letter] = []
    for k in range(min(text_page.count_chars(), _MOST_LETTERS)):
        letter = _letter(text_page, k)
        if letter is None:
            continue
        last = letters[-1] if letters else None
        if last and unicodedata.combining(letter.text):  # some programs write the accent as a sign of its own
            letters[-1] = Letter(
                unicodedata.normalize("NFC", last.text + letter.text),
                last.box,
                last.baseline,
                last.size,
                last.italic,
                last.upright,
            )
        else:
            letters.append(letter)
    area = Box(*sheet.get_cropbox())
    return PageText(index, area, sheet.get_rotation(), tuple(_lines(letters)))


def _letter(text_page: Any, k: int) -> Letter | None:
    code = pdfium_raw.FPDFText_GetUnicode(text_page, k)
    text = unicodedata.normalize("NFC", chr(code))
    if not text.strip() or code == 0 or pdfium_raw.FPDFText_IsGenerated(text_page, k) == 1:
        return None
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium_raw.FPDFText_GetCharOrigin(text_page, k, x, y)
    flags = ctypes.c_int()
    name = ctypes.create_string_buffer(128)
    pdfium_raw.FPDFText_GetFontInfo(text_page, k, name, 128, flags)
    matrix = pdfium_raw.FS_MATRIX()
    pdfium_raw.FPDFText_GetMatrix(text_page, k, matrix)
    scale = (matrix.c**2 + matrix.d**2) ** 0.5
    italic = bool(flags.value & _ITALIC) or b"italic" in name.value.lower() or b"oblique" in name.value.lower()
    return Letter(
        text=text,
        box=Box(*text_page.get_charbox(k, loose=True)),
        baseline=y.value,
        size=pdfium_raw.FPDFText_GetFontSize(text_page, k) * (scale or 1),
        italic=italic,
        upright=matrix.a > 0 and abs(matrix.b) < 0.02 * abs(matrix.a),
    )


def _lines(letters: list[Letter]) -> Iterator[Line]:
    rows: list[list[Letter]] = []
    for letter in sorted(letters, key=lambda one: -one.baseline):
        if rows and abs(rows[-1][0].baseline - letter.baseline) < _LINE_TOLERANCE:
            rows[-1].append(letter)
        else:
            rows.append([letter])
    for row in rows:
        text: list[str] = []
        placed: list[Letter | None] = []
        for letter in sorted(row, key=lambda one: one.box.x0):
            before = placed[-1] if placed else None
            if before and letter.box.x0 - before.box.x1 > _WORD_GAP * max(letter.size, before.size):
                text.append(" ")
                placed.append(None)
            text.extend(letter.text)
            placed.extend([letter] * len(letter.text))
        yield Line("".join(text), tuple(placed))

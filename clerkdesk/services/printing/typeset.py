"""Placing text in boxes of a given size on a canvas: wrapped, shrunk, and in the end cut with a visible "…"."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from clerkdesk.services.printing import fonts

LEADING = 1.17
"""Height of a line over the size of its type."""

_HELD_TOGETHER = ("ỦY BAN NHÂN DÂN", "UỶ BAN NHÂN DÂN", "HỘI ĐỒNG NHÂN DÂN", "THÀNH PHỐ", "HỒ CHÍ MINH", "TRUYỀN THÔNG")


@dataclass(frozen=True)
class Block:
    """Lines of one face and size that are known to fit their box."""

    lines: tuple[str, ...]
    font: str
    size: float

    @property
    def leading(self) -> float:
        """Distance from one baseline to the next, in points."""
        return self.size * LEADING

    @property
    def height(self) -> float:
        """Height of all lines, in points."""
        return len(self.lines) * self.leading

    @property
    def last_width(self) -> float:
        """Width of the last line, in points."""
        return fonts.text_width(self.lines[-1], self.font, self.size) if self.lines else 0.0


def wrap(text: str, font: str, size: float, width: float) -> list[str]:
    """Break cleaned `text` into lines no wider than `width` points; a word wider than a line is cut.

    Words joined by no-break spaces stay together; they come out with plain spaces, which a search finds.
    """
    lines: list[str] = []
    for row in text.split("\n"):
        line = ""
        for word in row.split(" "):
            joined = f"{line} {word}" if line else word
            if fonts.text_width(joined, font, size) <= width:
                line = joined
                continue
            if line:
                lines.append(line)
            *full, line = _cut(word, font, size, width)
            lines.extend(full)
        if line:
            lines.append(line)
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def _balance(text: str, font: str, size: float, width: float, count: int) -> list[str]:
    """Break `text` into `count` lines by the smallest width that needs no more and cuts no word."""
    low = max(fonts.text_width(word, font, size) for word in text.replace("\n", " ").split(" "))
    high = max(width, low)
    for _ in range(8):
        middle = (low + high) / 2
        if len(wrap(text, font, size, middle)) > count:
            low = middle
        else:
            high = middle
    return wrap(text, font, size, min(high, width))


def _cut(word: str, font: str, size: float, width: float) -> Iterator[str]:
    piece, used = "", 0.0
    for char in word:
        step = fonts.text_width(char, font, size)
        if piece and used + step > width:
            yield piece
            piece, used = "", 0.0
        piece += char
        used += step
    yield piece


def fit(
    text: str,
    font: str,
    size: float,
    width: float,
    *,
    smallest: float,
    most_lines: int = 1,
    tallest: float = math.inf,
    balanced: bool = False,
) -> Block:
    """Set `text` in at most `most_lines` lines of `width` points, as large as possible between `size` and `smallest`.

    The lines are no higher than `tallest` points, provided that `most_lines` of the smallest size are not. What does
    not fit even at the smallest size is cut, with "…" in its place. `balanced` makes the lines about equally long, as
    centred names are set, and keeps the line ends of `text`.
    """
    text = fonts.clean(text, keep_lines=balanced).strip()
    size_now = size
    while True:
        # A text far beyond the box need not be broken at each size to know so.
        if fonts.text_width(text.replace("\n", ""), font, size_now) <= (width + size_now) * most_lines:
            lines = wrap(text, font, size_now, width)
            if len(lines) <= min(most_lines, tallest / (size_now * LEADING)):
                if balanced and len(lines) > 1:
                    lines = _balance(text, font, size_now, width, len(lines))
                return Block(tuple(lines), font, size_now)
        if size_now <= smallest:
            break
        size_now = max(size_now - 0.5, smallest)
    lines = wrap(text, font, smallest, width)
    last = " ".join(lines[most_lines - 1 : most_lines + 1])
    while last and fonts.text_width(last + "…", font, smallest) > width:
        last = last[:-1]
    return Block((*lines[: most_lines - 1], last.rstrip() + "…"), font, smallest)


def draw_centred(canvas: Canvas, block: Block, centre: float, top: float) -> float:
    """Draw `block` centred on `centre` with its top edge at `top`; return the y below its last line (points)."""
    canvas.setFont(block.font, block.size)
    for line in block.lines:
        canvas.drawCentredString(centre, top - block.size * 0.9, line)
        top -= block.leading
    return top


def draw_left(canvas: Canvas, block: Block, left: float, top: float) -> float:
    """Draw `block` from `left` with its top edge at `top`; return the y below its last line (points)."""
    canvas.setFont(block.font, block.size)
    for line in block.lines:
        canvas.drawString(left, top - block.size * 0.9, line)
        top -= block.leading
    return top


def fit_name(
    name: str,
    font: str,
    size: float,
    width: float,
    *,
    smallest: float,
    most_lines: int,
    tallest: float = math.inf,
) -> Block:
    """Set an agency's name in capitals, broken where a reader pauses (NĐ 30/2020 PL I.I.II.2b)."""
    name = fonts.clean(name.upper(), keep_lines=True)
    for words in _HELD_TOGETHER:
        name = name.replace(words, words.replace(" ", "\N{NO-BREAK SPACE}"))
    return fit(name, font, size, width, smallest=smallest, most_lines=most_lines, tallest=tallest, balanced=True)


def rule(canvas: Canvas, centre: float, y: float, width: float, thickness: float = 0.6) -> None:
    """Draw a horizontal line of `width` points centred on `centre`."""
    canvas.setLineWidth(thickness)
    canvas.line(centre - width / 2, y, centre + width / 2, y)


def dots(canvas: Canvas, left: float, right: float, baseline: float, size: float) -> None:
    """Draw a dotted line for handwriting, as the forms print it, without letters a search would find."""
    canvas.saveState()
    canvas.setLineCap(1)
    canvas.setLineWidth(size * 0.07)
    canvas.setDash([0.01, size * 0.25])
    canvas.line(left, baseline, right, baseline)
    canvas.restoreState()


def paper(width_mm: float, height_mm: float, title: str) -> tuple[Canvas, BytesIO]:
    """Open a PDF with pages of the given size; the same input always gives the same bytes."""
    fonts.register()
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=(width_mm * mm, height_mm * mm), invariant=1, lang="vi-VN")
    canvas.setTitle(fonts.clean(title))
    canvas.setCreator("ClerkDesk")
    # These papers meet print that is already there or paper of an exact size: printers must not scale them.
    canvas.setViewerPreference("PrintScaling", "None")
    return canvas, buffer


def printed(canvas: Canvas, buffer: BytesIO) -> bytes:
    """Close the PDF and return its bytes."""
    with fonts.EMBEDDING:
        canvas.save()
    return buffer.getvalue()


def present(texts: Iterable[str]) -> list[str]:
    """Return the cleaned texts that are not empty."""
    return [text for text in map(fonts.clean, texts) if text]

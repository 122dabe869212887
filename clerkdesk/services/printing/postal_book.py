"""The book of documents sent by post (sổ gửi văn bản đi bưu điện): cover and six columns (NĐ 30/2020 PL IV.III)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from reportlab.lib.colors import black
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, LongTable, PageBreak, TableStyle

from clerkdesk.services.printing import dates, fonts, pages
from clerkdesk.services.printing.typeset import Block, draw_centred, fit, fit_name, rule

COLUMNS = (
    ("Ngày chuyển", 22),
    ("Số, ký hiệu văn bản", 33),
    ("Nơi nhận văn bản", 43),
    ("Số lượng bì", 15),
    ("Ký nhận và dấu bưu điện", 33),
    ("Ghi chú", 19),
)
"""Headings as the form words them, and widths in mm."""

_ROW_HEIGHT = 11 * mm
_CELL = ParagraphStyle("cell", pages.LEFT, fontSize=11, leading=13, spaceAfter=0)
_CELL_CENTRED = ParagraphStyle("cell centred", _CELL, alignment=TA_CENTER)
_HEADING = ParagraphStyle("column heading", _CELL_CENTRED, fontName=fonts.BOLD)
_COLUMN_NUMBER = ParagraphStyle("column number", _CELL_CENTRED, fontName=fonts.ITALIC, fontSize=10, leading=11)
_GRID = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.6, black),
        ("VALIGN", (0, 0), (-1, 0), "MIDDLE"),
        ("VALIGN", (0, 2), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ]
)


@dataclass(frozen=True, kw_only=True)
class PostalBook:
    """What the cover and the first page say; unknown parts are left as dots for the pen."""

    agency: str
    year: int
    parent_agency: str = ""
    first_day: date | None = None
    last_day: date | None = None
    first_number: str = ""
    last_number: str = ""
    volume: str = ""


@dataclass(frozen=True, kw_only=True)
class PostalLine:
    """One entry; the post's signature and mark are always by hand."""

    sent_on: date
    references: str
    addressee: str
    envelopes: int = 1
    note: str = ""


def postal_book(book: PostalBook, lines: Iterable[PostalLine], *, blank_rows: int = 0, cover: bool = True) -> bytes:
    """Return the book on A4: the cover, then the entries, then empty rows for entries by hand.

    Column headings stand on every page; pages of entries are numbered from 1.
    """
    fonts.register()
    rows: list[list[Flowable | str]] = [_row(line) for line in lines]
    rows += [[""] * len(COLUMNS) for _ in range(max(blank_rows, 0 if rows else 1))]
    heads = [
        [pages.paragraph(title, _HEADING) for title, _ in COLUMNS],
        [pages.paragraph(f"({number})", _COLUMN_NUMBER) for number in range(1, len(COLUMNS) + 1)],
    ]
    table = LongTable(
        [*heads, *rows],
        colWidths=[width * mm for _, width in COLUMNS],
        minRowHeights=[0, 0] + [_ROW_HEIGHT] * len(rows),
        repeatRows=2,
        splitInRow=1,
        style=_GRID,
    )
    story: list[Flowable] = [_Cover(book), PageBreak(), table] if cover else [table]

    def number(canvas: Canvas, page: int) -> None:
        if page > cover:
            canvas.setFont(fonts.REGULAR, 12)
            canvas.drawCentredString(A4[0] / 2, 11 * mm, str(page - cover))

    return pages.flow(story, f"Sổ gửi văn bản đi bưu điện năm {book.year}", number)


def _row(line: PostalLine) -> list[Flowable | str]:
    texts = (dates.short_date(line.sent_on), line.references, line.addressee, str(line.envelopes), "", line.note)
    centred = (True, False, False, True, True, False)
    return [
        pages.paragraph(fonts.clean(text), _CELL_CENTRED if middle else _CELL)
        for text, middle in zip(texts, centred, strict=True)
    ]


class _Cover(Flowable):
    """The cover, which is also the form of the first page (NĐ 30/2020 PL IV.III.1)."""

    def __init__(self, book: PostalBook) -> None:
        super().__init__()
        self.book = book
        self.width, self.height = pages.TEXT_WIDTH, pages.TEXT_HEIGHT - 1

    def draw(self) -> None:
        """Draw the frame and the lines of the form."""
        book, canvas, centre = self.book, self.canv, self.width / 2
        canvas.setLineWidth(1.6)
        canvas.rect(0, 0, self.width, self.height)
        canvas.setLineWidth(0.5)
        canvas.rect(1.3 * mm, 1.3 * mm, self.width - 2.6 * mm, self.height - 2.6 * mm)
        room = self.width - 20 * mm

        y = self.height - 18 * mm
        parent = fit_name(book.parent_agency, fonts.REGULAR, 14, room, smallest=9, most_lines=3)
        agency = fit_name(book.agency, fonts.BOLD, 14, room, smallest=9, most_lines=3)
        y = draw_centred(canvas, agency, centre, draw_centred(canvas, parent, centre, y))
        rule(canvas, centre, y - 3, 35 * mm)

        title = Block(("SỔ GỬI VĂN BẢN ĐI BƯU ĐIỆN",), fonts.BOLD, 24)
        y = draw_centred(canvas, title, centre, self.height * 0.62)
        y -= 8 * mm
        first_day, last_day = dates.short_date(book.first_day), dates.short_date(book.last_day)
        for text in (
            f"Năm: {book.year}",
            f"Từ ngày {_or_dots(first_day)} đến ngày {_or_dots(last_day)}",
            f"Từ số {_or_dots(book.first_number)} đến số {_or_dots(book.last_number)}",
        ):
            y = draw_centred(canvas, fit(text, fonts.ITALIC, 15, room, smallest=9), centre, y) - 3 * mm
        volume = fit(f"Quyển số: {_or_dots(book.volume)}", fonts.BOLD, 15, room, smallest=9)
        draw_centred(canvas, volume, centre, y - 25 * mm)


def _or_dots(text: str) -> str:
    return fonts.clean(text) or "………"

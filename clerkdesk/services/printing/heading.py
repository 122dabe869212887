"""The head of a document: agency left, Quốc hiệu right, then number and date (NĐ 30/2020 PL I.I.II.1-4)."""

from __future__ import annotations

from dataclasses import dataclass

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from clerkdesk.services.printing import dates, fonts
from clerkdesk.services.printing.typeset import Block, draw_centred, fit, fit_name, rule

NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"

NUMBER_GAP = 20 * mm
"""Room for a number to be filled in later, by hand or by a number field, between "Số:" and "/"."""
DAY_GAP = 9 * mm
"""Room for a day or a month to be filled in later."""

LEFT_SHARE = 70 / 165
"""The agency's part of the width between the margins."""

_COLUMN_GAP = 1.5 * mm

Row = tuple[str | float, ...]
"""One line of texts (cleaned) and, between them, gaps in points."""


@dataclass(frozen=True)
class Heading:
    """What stands above the title of an administrative document.

    No `symbol` means a paper without a number; a `number`, `day` or `month` of None leaves room for it. `about` is the
    "V/v …" of a công văn.
    """

    agency: str
    parent_agency: str = ""
    symbol: str = ""
    number: str | None = None
    place: str = ""
    day: int | None = None
    month: int | None = None
    year: int | None = None
    about: str = ""


def number_row(number: str | None, symbol: str) -> Row:
    """Return `Số: 05/QĐ-SNV`, or the same with a gap for the number (NĐ 30/2020 PL I.I.II.3c)."""
    symbol = fonts.clean(symbol)
    if number is None:
        return ("Số:", NUMBER_GAP, f"/{symbol}")
    number = fonts.clean(number)
    padded = number.zfill(2) if number.isdecimal() else number
    return (f"Số: {padded}/{symbol}",)


def date_row(place: str, day: int | None, month: int | None, year: int | None) -> Row:
    """Return `Hà Nội, ngày 05 tháng 01 năm 2026` with a gap for each part not known (NĐ 30/2020 PL I.I.II.4)."""
    place = fonts.clean(place)
    parts: list[str | float] = [f"{place}, ngày" if place else "Ngày"]
    for value, following in (
        (None if day is None else dates.two_digit_day(day), "tháng"),
        (None if month is None else dates.month_in_print(month), "năm"),
        (None if year is None else str(year), ""),
    ):
        if value is None:
            parts += [DAY_GAP, following]
        else:
            parts[-1] = f"{parts[-1]} {value} {following}".rstrip()
    return tuple(part for part in parts if part)


def row_width(row: Row, font: str, size: float) -> float:
    """Return the width of a row in points."""
    return sum(fonts.text_width(part, font, size) if isinstance(part, str) else part for part in row)


def fit_row(row: Row, font: str, size: float, width: float, smallest: float = 9) -> tuple[Row, float]:
    """Shrink a row's type until it fits `width` points; gaps keep their width, a text too long ends in "…"."""
    while size > smallest and row_width(row, font, size) > width:
        size = max(size - 0.5, smallest)
    excess = row_width(row, font, size) - width
    if excess > 0:
        longest = max((part for part in row if isinstance(part, str)), key=len)
        room = fonts.text_width(longest, font, size) - excess
        short = fit(longest, font, size, room, smallest=size).lines[0]
        row = tuple(short if part is longest else part for part in row)
    return row, size


def draw_row(canvas: Canvas, row: Row, left: float, baseline: float, *, font: str, size: float) -> None:
    """Draw each text of a row as a string of its own, so that a search finds them as separate words."""
    canvas.setFont(font, size)
    for part in row:
        if isinstance(part, str):
            canvas.drawString(left, baseline, part)
            left += fonts.text_width(part, font, size)
        else:
            left += part


class HeadingFlowable(Flowable):
    """Draws a `Heading` over the full width between the margins."""

    def __init__(self, heading: Heading, width: float) -> None:
        super().__init__()
        self.width = width
        self.left_width = width * LEFT_SHARE - _COLUMN_GAP
        self.left_centre = self.left_width / 2
        self.right_centre = width * (1 + LEFT_SHARE) / 2
        narrow = self.left_width
        self.parent = fit_name(heading.parent_agency, fonts.REGULAR, 12, narrow, smallest=9, most_lines=5)
        self.agency = fit_name(heading.agency, fonts.BOLD, 12, narrow, smallest=9, most_lines=5)
        self.nation = Block((NATION,), fonts.BOLD, 12)
        self.motto = Block((MOTTO,), fonts.BOLD, 13)
        self.about = fit(_about(heading.about), fonts.REGULAR, 12, narrow, smallest=9, most_lines=30, balanced=True)

        self.number: Row = ()
        self.number_size = self.date_size = 13.0
        self.date: Row = ()
        if heading.symbol or heading.number is not None:
            row = number_row(heading.number, heading.symbol)
            self.number, self.number_size = fit_row(row, fonts.REGULAR, 13, narrow)
        self.number_left = self.left_centre - row_width(self.number, fonts.REGULAR, self.number_size) / 2
        if heading.place or heading.year is not None:
            self._fit_date(heading)

        columns = max(self.parent.height + self.agency.height, self.nation.height + self.motto.height)
        self.baseline = columns + 4.5 * mm + 13
        last = self.about.height + 1.5 * mm if self.about.lines else 0.0
        self.height = self.baseline + last + 1 * mm

    def _fit_date(self, heading: Heading) -> None:
        """Centre the date under the motto; a long place may use the room that the number leaves."""
        number_right = self.number_left + row_width(self.number, fonts.REGULAR, self.number_size)
        room = self.width - (number_right if self.number else self.left_width) - 4 * mm
        row = date_row(heading.place, heading.day, heading.month, heading.year)
        self.date, self.date_size = fit_row(row, fonts.ITALIC, 13, room)
        wide = row_width(self.date, fonts.ITALIC, self.date_size)
        self.date_left = min(self.right_centre - wide / 2, self.width - wide)

    def draw(self) -> None:
        """Draw both columns, their lines, the number, the date and the "V/v"."""
        canvas, top = self.canv, self.height
        y = draw_centred(canvas, self.parent, self.left_centre, top)
        y = draw_centred(canvas, self.agency, self.left_centre, y)
        rule(canvas, self.left_centre, y - 3, underline(self.agency))

        y = draw_centred(canvas, self.nation, self.right_centre, top)
        y = draw_centred(canvas, self.motto, self.right_centre, y)
        rule(canvas, self.right_centre, y - 3, self.motto.last_width)

        baseline = top - self.baseline
        draw_row(canvas, self.number, self.number_left, baseline, font=fonts.REGULAR, size=self.number_size)
        if self.date:
            draw_row(canvas, self.date, self.date_left, baseline, font=fonts.ITALIC, size=self.date_size)
        draw_centred(canvas, self.about, self.left_centre, baseline - 1.5 * mm)


def underline(block: Block) -> float:
    """Return the length of the line below a centred text: 1/3 to 1/2 of the text's (NĐ 30/2020 PL I.I.II.2b, 5b)."""
    return min(max(block.last_width * 0.42, 12 * mm), 45 * mm) if block.lines else 0.0


def _about(subject: str) -> str:
    subject = fonts.clean(subject)
    return subject if not subject or subject.casefold().startswith("v/v") else f"V/v {subject}"

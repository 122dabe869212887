"""The "ĐẾN" stamp that a document gets on arrival, 35 mm high and 50 mm wide (NĐ 30/2020 Đ21.1, PL IV.V)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

from reportlab.lib.colors import black
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from clerkdesk.errors import BadInput
from clerkdesk.i18n import N_
from clerkdesk.services.printing import dates, fonts
from clerkdesk.services.printing.marks import RED
from clerkdesk.services.printing.typeset import (
    dots,
    draw_centred,
    draw_left,
    fit,
    fit_name,
    paper,
    printed,
)

STAMP_WIDTH = 50.0
STAMP_HEIGHT = 35.0

_BORDER = 1.1
_PADDING = 1.3 * mm
_WORD_COLUMN = 16.5 * mm
_AGENCY_BOTTOM = STAMP_HEIGHT * mm - 9 * mm
_NUMBER_BOTTOM = STAMP_HEIGHT * mm - 21 * mm
_FORWARD_BOTTOM = STAMP_HEIGHT * mm - 28.5 * mm
_TYPE = 9.0


class OffTheSheet(BadInput):
    """The stamp would not lie wholly on the sheet."""

    sentence = N_(
        "Dấu đến đặt cách trái {left} mm, cách trên {top} mm không nằm gọn trên tờ giấy. Chưa in gì; sửa vị trí."
    )


@dataclass(frozen=True, kw_only=True)
class ArrivalStamp:
    """What the stamp says; an empty part is left as a dotted line for the pen.

    `arrived_at` is given for urgent documents, whose hour counts.
    """

    agency: str
    number: str = ""
    arrived_on: date | None = None
    arrived_at: time | None = None
    forwarded_to: str = ""
    file_code: str = ""


def arrival_stamp(stamp: ArrivalStamp, *, red: bool = True) -> bytes:
    """Return the stamp alone, as a PDF page of exactly its size, to be placed on a digitised document."""
    canvas, buffer = paper(STAMP_WIDTH, STAMP_HEIGHT, f"Dấu đến {stamp.number}")
    draw_stamp(canvas, stamp, 0, STAMP_HEIGHT * mm, red=red)
    return printed(canvas, buffer)


def stamp_on_sheet(
    stamp: ArrivalStamp,
    left_mm: float,
    top_mm: float,
    *,
    sheet: tuple[float, float] = (210.0, 297.0),
    red: bool = True,
) -> bytes:
    """Return an otherwise empty sheet with the stamp at a place, for feeding the received paper through the printer.

    Args:
        stamp: what it says.
        left_mm: from the left edge of the sheet to the outer edge of the stamp.
        top_mm: from the top edge of the sheet to the outer edge of the stamp.
        sheet: width and height of the paper in mm, A4 unless told.
        red: in the colour of stamp ink, or else black.

    Raises:
        OffTheSheet: the stamp would not lie wholly on the sheet.
    """
    width, height = sheet
    if not (0 <= left_mm <= width - STAMP_WIDTH and 0 <= top_mm <= height - STAMP_HEIGHT):
        raise OffTheSheet(left=left_mm, top=top_mm)
    canvas, buffer = paper(width, height, f"Dấu đến {stamp.number}")
    draw_stamp(canvas, stamp, left_mm * mm, (height - top_mm) * mm, red=red)
    return printed(canvas, buffer)


def draw_stamp(canvas: Canvas, stamp: ArrivalStamp, left: float, top: float, *, red: bool) -> None:
    """Draw the stamp with the outer edge of its frame at `left`, `top` (points)."""
    canvas.saveState()
    canvas.translate(left, top - STAMP_HEIGHT * mm)
    canvas.setStrokeColor(RED if red else black)
    canvas.setFillColor(RED if red else black)
    _draw_frame(canvas)

    right = STAMP_WIDTH * mm - _PADDING
    room = STAMP_WIDTH * mm - 2 * _PADDING
    tallest = STAMP_HEIGHT * mm - _AGENCY_BOTTOM - 1.6 * mm
    name = fit_name(stamp.agency, fonts.BOLD, 10, room, smallest=5, most_lines=3, tallest=tallest)
    above = STAMP_HEIGHT * mm - _AGENCY_BOTTOM - name.height
    draw_centred(canvas, name, STAMP_WIDTH * mm / 2, STAMP_HEIGHT * mm - above / 2)

    canvas.setFont(fonts.BOLD, 18)
    canvas.drawCentredString(_WORD_COLUMN / 2, (_AGENCY_BOTTOM + _NUMBER_BOTTOM) / 2 - 6, "ĐẾN")
    when = dates.short_date(stamp.arrived_on)
    if stamp.arrived_at:
        when = f"{stamp.arrived_at:%H:%M} {when}".rstrip()
    beside = _WORD_COLUMN + _PADDING
    _draw_field(canvas, "Số:", stamp.number, left=beside, right=right, baseline=_AGENCY_BOTTOM - 4.4 * mm)
    _draw_field(canvas, "Ngày:", when, left=beside, right=right, baseline=_AGENCY_BOTTOM - 9.8 * mm)
    _draw_field(
        canvas,
        "Chuyển:",
        stamp.forwarded_to,
        left=_PADDING,
        right=right,
        baseline=_NUMBER_BOTTOM - 4.6 * mm,
        most_lines=2,
    )
    _draw_field(
        canvas, "Số và ký hiệu HS:", stamp.file_code, left=_PADDING, right=right, baseline=_FORWARD_BOTTOM - 4.2 * mm
    )
    canvas.restoreState()


def _draw_frame(canvas: Canvas) -> None:
    width, height = STAMP_WIDTH * mm, STAMP_HEIGHT * mm
    canvas.setLineWidth(_BORDER)
    canvas.rect(_BORDER / 2, _BORDER / 2, width - _BORDER, height - _BORDER)
    canvas.setLineWidth(_BORDER / 2)
    for y in (_AGENCY_BOTTOM, _NUMBER_BOTTOM, _FORWARD_BOTTOM):
        canvas.line(_BORDER, y, width - _BORDER, y)
    canvas.line(_WORD_COLUMN, _AGENCY_BOTTOM, _WORD_COLUMN, _NUMBER_BOTTOM)


def _draw_field(
    canvas: Canvas,
    label: str,
    value: str,
    *,
    left: float,
    right: float,
    baseline: float,
    most_lines: int = 1,
) -> None:
    """Draw a label and, after it, its value or a dotted line; two lines are centred where one would stand."""
    canvas.setFont(fonts.REGULAR, _TYPE)
    canvas.drawString(left, baseline, label)
    left += fonts.text_width(label, fonts.REGULAR, _TYPE) + 1 * mm
    block = fit(value, fonts.BOLD, _TYPE + 0.5, right - left, smallest=6, most_lines=1)
    if most_lines > 1 and block.size < 8:
        block = fit(value, fonts.BOLD, 8, right - left, smallest=5, most_lines=most_lines)
    if not block.lines:
        dots(canvas, left, right, baseline, _TYPE)
        return
    middle = baseline + _TYPE * 0.3
    draw_left(canvas, block, left, middle + block.height / 2 - (block.leading - block.size) / 2 + block.size * 0.1)

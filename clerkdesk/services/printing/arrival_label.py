"""Labels with the arrival number, stuck on a document in place of the stamp where an office prefers that.

The law knows the stamp only (NĐ 30/2020 Đ21.1); a label repeats its number and date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from clerkdesk.errors import BadInput
from clerkdesk.i18n import N_
from clerkdesk.services.printing import dates, fonts
from clerkdesk.services.printing.typeset import LEADING, Block, draw_centred, fit, paper, printed

_SLACK = 0.3
"""How far, in mm, a sheet's measures may pass its edge: makers round 297/8 up."""


class BadLabelSheet(BadInput):
    """The measures of a sheet of labels contradict one another."""

    sentence = N_("Khổ giấy nhãn không hợp lý: nhãn chồng lên nhau hoặc ra ngoài tờ giấy. Chưa in gì; sửa kích thước.")


class NoSuchPosition(BadInput):
    """The sheet has no label at that position."""

    sentence = N_("Tờ nhãn chỉ có {count} ô, không có ô số {position}. Chưa in gì; chọn ô khác.")


class NoLabels(BadInput):
    """There is nothing to print."""

    sentence = N_("Chưa chọn văn bản nào để in nhãn.")


@dataclass(frozen=True, kw_only=True)
class ArrivalLabel:
    """What one label says."""

    agency: str
    number: str
    arrived_on: date
    reference: str = ""


@dataclass(frozen=True, kw_only=True)
class LabelSheet:
    """A sheet of labels, all measures in mm.

    Margins go to the first label; a pitch goes from a label's edge to the same edge of the next. The offsets move
    everything to meet the labels on a printer that does not feed straight; they may be negative.
    """

    rows: int = 8
    columns: int = 3
    label_width: float = 70.0
    label_height: float = 37.0
    margin_left: float = 0.0
    margin_top: float = 0.5
    pitch_x: float = 70.0
    pitch_y: float = 37.0
    offset_x: float = 0.0
    offset_y: float = 0.0
    page_width: float = 210.0
    page_height: float = 297.0

    def __post_init__(self) -> None:
        right = self.margin_left + (self.columns - 1) * self.pitch_x + self.label_width
        bottom = self.margin_top + (self.rows - 1) * self.pitch_y + self.label_height
        sound = (
            self.rows >= 1
            and self.columns >= 1
            and self.label_width >= 15
            and self.label_height >= 10
            and min(self.margin_left, self.margin_top) >= 0
            and (self.columns == 1 or self.pitch_x >= self.label_width)
            and (self.rows == 1 or self.pitch_y >= self.label_height)
            and right <= self.page_width + _SLACK
            and bottom <= self.page_height + _SLACK
            and abs(self.offset_x) <= 20
            and abs(self.offset_y) <= 20
        )
        if not sound:
            raise BadLabelSheet

    @property
    def count(self) -> int:
        """How many labels are on the sheet."""
        return self.rows * self.columns

    def place(self, position: int) -> tuple[float, float]:
        """Return left and top in mm of the label at `position`, counted from 0 along the rows."""
        row, column = divmod(position, self.columns)
        left = self.margin_left + self.offset_x + column * self.pitch_x
        return left, self.margin_top + self.offset_y + row * self.pitch_y


def arrival_label(label: ArrivalLabel, *, width: float = 70.0, height: float = 37.0) -> bytes:
    """Return one label as a PDF page of exactly its size in mm, for a label printer."""
    sheet = LabelSheet(
        rows=1,
        columns=1,
        label_width=width,
        label_height=height,
        margin_top=0,
        page_width=width,
        page_height=height,
    )
    return label_sheets([label], sheet)


def label_sheets(labels: Sequence[ArrivalLabel], sheet: LabelSheet, *, start: int = 1) -> bytes:
    """Return the labels on as many sheets as they need.

    Args:
        labels: what to print, in order.
        sheet: the measures of the paper in the printer.
        start: position of the first label that is still on the first sheet, counted from 1 along the rows.

    Raises:
        NoLabels: nothing to print.
        NoSuchPosition: the sheet has no label `start`.
    """
    if not labels:
        raise NoLabels
    if not 1 <= start <= sheet.count:
        raise NoSuchPosition(count=sheet.count, position=start)
    canvas, buffer = paper(sheet.page_width, sheet.page_height, "Nhãn văn bản đến")
    for index, label in enumerate(labels, start - 1):
        page, position = divmod(index, sheet.count)
        if page and position == 0:
            canvas.showPage()
        left, top = sheet.place(position)
        _draw_label(canvas, label, sheet, left * mm, (sheet.page_height - top) * mm)
    return printed(canvas, buffer)


def calibration_sheet(sheet: LabelSheet) -> bytes:
    """Return the outlines and positions of all labels, to hold against the label paper and read off the offsets."""
    canvas, buffer = paper(sheet.page_width, sheet.page_height, "Căn chỉnh giấy nhãn")
    width, height = sheet.label_width * mm, sheet.label_height * mm
    canvas.setLineWidth(0.4)
    for position in range(sheet.count):
        left, top = (measure * mm for measure in sheet.place(position))
        bottom = sheet.page_height * mm - top - height
        canvas.rect(left, bottom, width, height)
        canvas.line(left + width / 2 - 3 * mm, bottom + height / 2, left + width / 2 + 3 * mm, bottom + height / 2)
        canvas.line(left + width / 2, bottom + height / 2 - 3 * mm, left + width / 2, bottom + height / 2 + 3 * mm)
        canvas.setFont(fonts.REGULAR, 8)
        canvas.drawString(left + 2 * mm, bottom + height - 4 * mm, str(position + 1))
    return printed(canvas, buffer)


def _draw_label(canvas: Canvas, label: ArrivalLabel, sheet: LabelSheet, left: float, top: float) -> None:
    width, height = sheet.label_width * mm, sheet.label_height * mm
    padding = min(2.5 * mm, height * 0.1)
    unit = min((height - 2 * padding) / (5.2 * LEADING), 12.0)
    room = width - 2 * min(4 * mm, width * 0.08)

    def line(text: str, font: str, size: float) -> Block:
        return fit(text, font, size, room, smallest=min(size, 5))

    blocks = [
        line(label.agency.upper(), fonts.BOLD, unit),
        line(f"Số đến: {label.number}", fonts.BOLD, unit * 1.6),
        line(f"Ngày đến: {dates.short_date(label.arrived_on)}", fonts.REGULAR, unit),
    ]
    reference = fonts.clean(label.reference)
    if fonts.text_width(f"Số, ký hiệu: {reference}", fonts.REGULAR, unit) <= room:
        reference = f"Số, ký hiệu: {reference}" if reference else ""
    blocks.append(fit(reference, fonts.REGULAR, unit, room, smallest=unit * 0.8))
    if blocks[-1].size < unit:
        blocks[-1] = fit(reference, fonts.REGULAR, unit * 0.8, room, smallest=min(unit * 0.8, 5), most_lines=2)
    y = top - (height - sum(block.height for block in blocks)) / 2
    for block in blocks:
        y = draw_centred(canvas, block, left + width / 2, y)

"""Two papers of the emergency register: the register itself, and the numbers to be written on documents after it.

The law has no form for either; what they say follows Tây Ninh 59/2014 Đ4.2 and, as the model, DPR 445/2000, art. 63:
cause, start and end, who allowed it, how many documents on each day, every line with both its numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from reportlab.lib.colors import black
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, LongTable, Spacer, TableStyle

from clerkdesk.services.printing import dates, fonts, pages
from clerkdesk.services.printing.heading import Heading, HeadingFlowable
from clerkdesk.services.printing.pages import TEXT_WIDTH, paragraph

_TITLE = ParagraphStyle("list title", pages.CENTRED_BOLD, fontSize=15, leading=20, spaceAfter=2)
_ABOUT = ParagraphStyle("list about", pages.LEFT, alignment=TA_CENTER, fontSize=12, leading=16, spaceAfter=8)
_SECTION = ParagraphStyle(
    "list section", pages.LEFT, fontName=fonts.BOLD, fontSize=12, leading=16, spaceBefore=8, spaceAfter=4
)
_CELL = ParagraphStyle("list cell", pages.LEFT, fontSize=10.5, leading=12.5, spaceAfter=0)
_MIDDLE = ParagraphStyle("list cell centred", _CELL, alignment=TA_CENTER)
_BOLD = ParagraphStyle("list cell bold", _MIDDLE, fontName=fonts.BOLD)
_GRID = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.6, black),
        ("VALIGN", (0, 0), (-1, 0), "MIDDLE"),
        ("VALIGN", (0, 1), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ]
)
_TO_STAMP = (("Số tạm", 27), ("Số đến", 23), ("Ngày đến", 22), ("Văn bản", 35), ("Trích yếu", 43), ("Đã ghi", 15))
_OUTAGES = (("Máy", 11), ("Từ", 26), ("Đến", 26), ("Nguyên nhân", 37), ("Người cho phép", 37), ("Đã báo cho", 28))
_DAYS = (("Ngày", 28), ("Máy", 20), ("Số văn bản", 28))
_LINES = (("Số tạm", 27), ("Vào sổ lúc", 24), ("Văn bản", 38), ("Trích yếu", 51), ("Số đến", 25))
"""Headings and widths in mm; they fill the 165 mm between the margins, but for the totals of days."""


@dataclass(frozen=True, kw_only=True)
class PrintedLine:
    """One document: its two numbers, when it was entered (`09:15 20/11/2026`), and what it is."""

    emergency_number: str
    arrival_number: str = ""
    arrived_on: date | None = None
    entered: str = ""
    document: str = ""
    subject: str = ""


@dataclass(frozen=True, kw_only=True)
class PrintedOutage:
    """One outage; an end that is not there yet leaves its cell for the pen."""

    desk: str
    started: str
    ended: str
    cause: str
    authorised_by: str
    reported_to: str = ""


@dataclass(frozen=True, kw_only=True)
class Head:
    """Whose paper it is, and its day."""

    agency: str
    parent_agency: str = ""
    place: str = ""
    made_on: date | None = None


def numbers_to_write(head: Head, lines: Sequence[PrintedLine]) -> bytes:
    """Return the list by which the arrival number is written beside the emergency number on every document."""
    rows: list[list[Flowable | str]] = [
        [
            paragraph(fonts.clean(line.emergency_number), _MIDDLE),
            paragraph(fonts.clean(line.arrival_number), _BOLD),
            paragraph(dates.short_date(line.arrived_on), _MIDDLE),
            paragraph(fonts.clean(line.document), _CELL),
            paragraph(fonts.clean(line.subject), _CELL),
            "",
        ]
        for line in lines
    ]
    story = [
        *_head(head, "DANH SÁCH CHUYỂN SỐ TẠM SANG SỐ ĐẾN"),
        paragraph(f"{len(lines)} văn bản. Ghi số đến bên cạnh số tạm trên từng văn bản; số tạm giữ nguyên.", _ABOUT),
        _table(_TO_STAMP, rows),
    ]
    return pages.flow(story, "Danh sách chuyển số tạm sang số đến", pages.number_from_second_page)


def emergency_register(
    head: Head,
    year: int,
    outages: Sequence[PrintedOutage],
    totals: Sequence[tuple[date, str, int]],
    lines: Sequence[PrintedLine],
) -> bytes:
    """Return the emergency registers of a year: outages, documents of each day (day, desk, count), and all lines."""
    story: list[Flowable] = [
        *_head(head, f"SỔ TẠM KHI MẤT KẾT NỐI NĂM {year}"),
        paragraph("I. Các lần mất kết nối", _SECTION),
        _table(
            _OUTAGES,
            [
                [
                    paragraph(fonts.clean(one.desk), _MIDDLE),
                    *(
                        paragraph(fonts.clean(text), _CELL)
                        for text in (one.started, one.ended, one.cause, one.authorised_by, one.reported_to)
                    ),
                ]
                for one in outages
            ],
        ),
        CondPageBreak(40 * mm),
        paragraph("II. Số văn bản từng ngày", _SECTION),
        _table(
            _DAYS,
            [[paragraph(text, _MIDDLE) for text in (dates.short_date(day), desk, str(n))] for day, desk, n in totals],
            align="LEFT",
        ),
        CondPageBreak(40 * mm),
        paragraph("III. Văn bản", _SECTION),
        _table(
            _LINES,
            [
                [
                    paragraph(fonts.clean(line.emergency_number), _MIDDLE),
                    paragraph(fonts.clean(line.entered), _MIDDLE),
                    paragraph(fonts.clean(line.document), _CELL),
                    paragraph(fonts.clean(line.subject), _CELL),
                    paragraph(fonts.clean(line.arrival_number), _BOLD),
                ]
                for line in lines
            ],
        ),
    ]
    return pages.flow(story, f"Sổ tạm khi mất kết nối năm {year}", pages.number_from_second_page)


def _head(head: Head, title: str) -> list[Flowable]:
    fonts.register()
    made = head.made_on
    heading = Heading(
        agency=head.agency,
        parent_agency=head.parent_agency,
        place=head.place,
        day=made.day if made else None,
        month=made.month if made else None,
        year=made.year if made else None,
    )
    return [HeadingFlowable(heading, TEXT_WIDTH), Spacer(1, 6 * mm), paragraph(title, _TITLE)]


def _table(
    columns: Sequence[tuple[str, int]],
    rows: Sequence[Sequence[Flowable | str]],
    align: Literal["LEFT", "CENTER"] = "CENTER",
) -> LongTable:
    """Return a table whose headings stand on every page; without rows it has one for the pen."""
    filled = [list(row) for row in rows] or [[""] * len(columns)]
    return LongTable(
        [[paragraph(title, _BOLD) for title, _width in columns], *filled],
        colWidths=[width * mm for _title, width in columns],
        minRowHeights=[0] + [8 * mm] * len(filled),
        repeatRows=1,
        splitInRow=1,
        hAlign=align,
        style=_GRID,
    )

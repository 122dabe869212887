"""The report of a book's closing (biên bản đóng sổ), printed and signed once a year (Hà Nam 44/2024 Đ10.3c, Đ13.4đ).

No act gives it a form; it says what the book holds, which numbers are void or inserted and why, and where the log
stood, so that the printed paper binds the electronic book.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from reportlab.lib.colors import black
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, LongTable, Spacer, Table, TableStyle

from clerkdesk.services.printing import dates, fonts, pages
from clerkdesk.services.printing.heading import Heading, HeadingFlowable
from clerkdesk.services.printing.pages import TEXT_WIDTH, paragraph

_TITLE = ParagraphStyle("report title", pages.CENTRED_BOLD, fontSize=15, leading=20)
_ABOUT = ParagraphStyle("report about", pages.LEFT, alignment=TA_CENTER, fontSize=13, leading=17)
_SECTION = ParagraphStyle("report section", pages.LEFT, fontName=fonts.BOLD, fontSize=13, leading=17, keepWithNext=1)
_TEXT = ParagraphStyle("report text", pages.LEFT, fontSize=13, leading=17, spaceAfter=2)
_CELL = ParagraphStyle("report cell", pages.LEFT, fontSize=12, leading=15, spaceAfter=0)
_HEAD = ParagraphStyle("report head", _CELL, fontName=fonts.BOLD, alignment=TA_CENTER)
_SIGNER = ParagraphStyle("report signer", pages.CENTRED_BOLD, fontSize=13, leading=17)
_GRID = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.6, black),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
)


@dataclass(frozen=True, kw_only=True)
class ReportLine:
    """One number that is named: void or inserted, with its reason."""

    number: str
    reason: str
    on: date | None = None


@dataclass(frozen=True, kw_only=True)
class ClosingReport:
    """What the report says; without `closed_at` it is a draft and says so."""

    agency: str
    title: str
    year: int
    opened_on: date
    issued: int
    live: int
    void: int
    parent_agency: str = ""
    place: str = ""
    closed_at: datetime | None = None
    closed_by: str = ""
    last_number: str = ""
    reserved: int = 0
    days_closed: int = 0
    chain_seq: int = 0
    chain_head: str = ""
    sub_numbers: tuple[ReportLine, ...] = ()
    voids: tuple[ReportLine, ...] = ()


def closing_report(report: ClosingReport) -> bytes:
    """Return the report as a PDF on A4, on as many pages as its lists need."""
    fonts.register()
    closed = report.closed_at
    heading = Heading(
        agency=report.agency,
        parent_agency=report.parent_agency,
        place=report.place,
        day=closed.day if closed else None,
        month=closed.month if closed else None,
        year=closed.year if closed else report.year,
    )
    title = "BIÊN BẢN ĐÓNG SỔ" if closed else "DỰ THẢO BIÊN BẢN ĐÓNG SỔ"
    story: list[Flowable] = [
        HeadingFlowable(heading, TEXT_WIDTH),
        Spacer(1, 5 * mm),
        paragraph(title, _TITLE),
        paragraph(f"{fonts.clean(report.title)}, năm {report.year}", _ABOUT),
        Spacer(1, 3 * mm),
        *(paragraph(line, _TEXT) for line in _counts(report)),
        Spacer(1, 2 * mm),
        *_list("Số phụ", report.sub_numbers),
        *_list("Số đã hủy", report.voids),
        Spacer(1, 3 * mm),
        KeepTogether(_ending(report)),
    ]
    return pages.flow(story, f"{title} {report.title} {report.year}", pages.number_from_second_page)


def _counts(report: ClosingReport) -> list[str]:
    span = f"từ số 01 đến số {report.last_number}" if report.issued else "không có số nào"
    lines = [f"- Mở sổ ngày {dates.short_date(report.opened_on)}."]
    if report.closed_at:
        by = f", người đóng sổ: {fonts.clean(report.closed_by)}" if report.closed_by else ""
        lines.append(f"- Đóng sổ lúc {report.closed_at:%H:%M} ngày {dates.short_date(report.closed_at.date())}{by}.")
    lines += [
        f"- Số đã cấp: {report.issued} ({span}), thêm {len(report.sub_numbers)} số phụ.",
        f"- Có hiệu lực: {report.live}. Đã hủy: {report.void}. Đang giữ: {report.reserved}.",
        f"- Số ngày đã chốt sổ: {report.days_closed}.",
    ]
    return lines


def _list(title: str, noted: tuple[ReportLine, ...]) -> list[Flowable]:
    if not noted:
        return [paragraph(f"{title}: không có.", _TEXT)]
    rows = [[paragraph(text, _HEAD) for text in ("Số", "Ngày hủy" if title == "Số đã hủy" else "Ngày ghi", "Lý do")]]
    rows += [
        [
            paragraph(fonts.clean(one.number), _CELL),
            paragraph(dates.short_date(one.on), _CELL),
            paragraph(fonts.clean(one.reason), _CELL),
        ]
        for one in noted
    ]
    widths = (22 * mm, 28 * mm, TEXT_WIDTH - 50 * mm)
    table = LongTable(rows, colWidths=widths, repeatRows=1, splitInRow=1, style=_GRID)
    return [paragraph(f"{title}: {len(noted)}", _SECTION), table, Spacer(1, 3 * mm)]


def _ending(report: ClosingReport) -> list[Flowable]:
    signers = Table(
        [[paragraph(text, _SIGNER) for text in ("VĂN THƯ CƠ QUAN", "NGƯỜI ĐỨNG ĐẦU CƠ QUAN")]],
        colWidths=[TEXT_WIDTH / 2] * 2,
    )
    chain = f"Nhật ký: mục {report.chain_seq}, mã xác thực {report.chain_head}" if report.chain_head else ""
    return [
        *([paragraph(chain, _CELL)] if chain else []),
        Spacer(1, 6 * mm),
        signers,
        Spacer(1, 28 * mm),
    ]

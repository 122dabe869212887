"""The slip that carries an arrival through the house (phiếu giải quyết văn bản đến; NĐ 30/2020 Đ23.3, PL IV.VII)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from clerkdesk.services.printing import dates, fonts, pages
from clerkdesk.services.printing.heading import Heading, HeadingFlowable, draw_row
from clerkdesk.services.printing.pages import TEXT_WIDTH, paragraph
from clerkdesk.services.printing.typeset import dots

_TITLE = ParagraphStyle("slip title", pages.CENTRED_BOLD, fontSize=15, leading=20)
_ABOUT = ParagraphStyle("slip about", pages.LEFT, alignment=TA_CENTER, fontSize=13, leading=17)
_SECTION = ParagraphStyle("slip section", pages.LEFT, fontName=fonts.BOLD, fontSize=13, leading=17, keepWithNext=1)
_TEXT = ParagraphStyle("slip text", pages.BODY, fontSize=13, leading=17, spaceAfter=3)
_WHEN = ParagraphStyle("slip date", pages.LEFT, fontName=fonts.ITALIC, alignment=TA_RIGHT, fontSize=13, leading=17)
_LINE_PITCH = 8 * mm


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """Who is to do something about the document, in which part ("Chủ trì", "Phối hợp"), and until when."""

    who: str
    part: str = "Chủ trì"
    due: date | None = None


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What somebody wrote on the slip; an empty opinion is printed as lines for the pen."""

    text: str = ""
    assignments: tuple[Assignment, ...] = ()
    given_by: str = ""
    given_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class ActionSlip:
    """The slip of one arrival: the document in its own words, and the three opinions of the form."""

    agency: str
    subject: str
    parent_agency: str = ""
    place: str = ""
    made_on: date | None = None
    type_name: str = ""
    reference: str = ""
    issued_on: date | None = None
    issuer: str = ""
    arrival_number: str = ""
    arrived_on: date | None = None
    leader: Opinion = Opinion()
    unit: Opinion = Opinion()
    proposal: Opinion = Opinion()


def action_slip(slip: ActionSlip) -> bytes:
    """Return the slip as a PDF on A4; a slip with no opinions yet fills one page with lines for the pen."""
    fonts.register()
    made = slip.made_on
    heading = Heading(
        agency=slip.agency,
        parent_agency=slip.parent_agency,
        place=slip.place,
        day=made.day if made else None,
        month=made.month if made else None,
        year=made.year if made else None,
    )
    story: list[Flowable] = [
        HeadingFlowable(heading, TEXT_WIDTH),
        Spacer(1, 5 * mm),
        paragraph("PHIẾU GIẢI QUYẾT VĂN BẢN ĐẾN", _TITLE),
        paragraph(_document(slip), _ABOUT),
    ]
    if arrival := _arrival(slip):
        story.append(paragraph(arrival, _ABOUT))
    story.append(Spacer(1, 3 * mm))
    for title, opinion, lines in (
        ("1. Ý kiến của lãnh đạo cơ quan, tổ chức:", slip.leader, 6),
        ("2. Ý kiến của lãnh đạo đơn vị:", slip.unit, 5),
        ("3. Ý kiến đề xuất của người giải quyết:", slip.proposal, 5),
    ):
        story += [paragraph(title, _SECTION), *_opinion(opinion, lines), Spacer(1, 3 * mm)]
    return pages.flow(story[:-1], f"Phiếu giải quyết văn bản đến {slip.arrival_number}", pages.number_from_second_page)


def _document(slip: ActionSlip) -> str:
    """Return type, number, date, issuer and trích yếu of the document in one phrase."""
    parts = [
        fonts.clean(slip.type_name) or "Văn bản",
        f"số {reference}" if (reference := fonts.clean(slip.reference)) else "",
        dates.long_date(slip.issued_on) if slip.issued_on else "",
        f"của {issuer}" if (issuer := fonts.clean(slip.issuer)) else "",
        fonts.clean(slip.subject),
    ]
    return " ".join(part for part in parts if part)


def _arrival(slip: ActionSlip) -> str:
    number, day = fonts.clean(slip.arrival_number), dates.short_date(slip.arrived_on)
    return "; ".join(
        part for part in (f"Số đến: {number}" if number else "", f"Ngày đến: {day}" if day else "") if part
    )


def _opinion(opinion: Opinion, lines: int) -> list[Flowable]:
    texts = fonts.clean(opinion.text, keep_lines=True).split("\n")
    written = [paragraph(text, _TEXT) for text in map(str.strip, texts) if text]
    written += [paragraph(_assignment(assignment), _TEXT) for assignment in opinion.assignments]
    if not written:
        return [_PenLines(lines)]
    signed = ", ".join(
        part
        for part in (
            dates.long_date(opinion.given_on).capitalize() if opinion.given_on else "",
            fonts.clean(opinion.given_by),
        )
        if part
    )
    return [*written, paragraph(signed, _WHEN)] if signed else [*written]


def _assignment(assignment: Assignment) -> str:
    due = f" (thời hạn: {dates.short_date(assignment.due)})" if assignment.due else ""
    return f"- {fonts.clean(assignment.part)}: {fonts.clean(assignment.who)}{due}"


class _PenLines(Flowable):
    """Dotted lines to write on, and the date to fill in below them."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.width, self.height = TEXT_WIDTH, (count + 1) * _LINE_PITCH

    def draw(self) -> None:
        """Draw the lines."""
        for line in range(1, self.count + 1):
            dots(self.canv, 0, self.width, self.height - line * _LINE_PITCH + 2 * mm, 12)
        row = ("Ngày", 9 * mm, "tháng", 9 * mm, "năm", 14 * mm)
        draw_row(self.canv, row, self.width - 72 * mm, 1.5 * mm, font=fonts.ITALIC, size=13)

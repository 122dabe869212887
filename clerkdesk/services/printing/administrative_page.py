"""Administrative documents in the form of NĐ 30/2020 PL I: the drafts the office makes here, and our sample papers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, Spacer

from clerkdesk.services.printing import fonts, pages
from clerkdesk.services.printing.heading import LEFT_SHARE, Heading, HeadingFlowable, underline
from clerkdesk.services.printing.marks import MARK_HEIGHT, Urgency, draw_urgency
from clerkdesk.services.printing.pages import TEXT_WIDTH, paragraph
from clerkdesk.services.printing.typeset import Block, draw_centred, draw_left, fit, rule, wrap

SIGNATURE_ROOM = 30 * mm
"""Height left for the signature and the seal between the signer's title and name."""

_ARTICLE = re.compile(r"Điều \d+[a-zđ]?\.")
_MOST_AUTHORITY_LINES = 6


@dataclass(frozen=True, kw_only=True)
class AdministrativePage:
    """One administrative document, all parts as they are to be read.

    `type_name` is empty for a công văn, whose `subject` is then printed as "V/v …". `number`, `day` and `month` of None
    leave room to fill them in later. `decided_by`, `grounds` and `enacting` ("QUYẾT ĐỊNH:") belong to decisions.
    `recipients` are the lines of "Nơi nhận", without dashes.
    """

    agency: str
    symbol: str
    place: str
    year: int
    subject: str
    body: tuple[str, ...]
    signer: str
    authority: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    parent_agency: str = ""
    number: str | None = None
    day: int | None = None
    month: int | None = None
    type_name: str = ""
    addressees: tuple[str, ...] = ()
    decided_by: str = ""
    grounds: tuple[str, ...] = ()
    enacting: str = ""
    urgency: Urgency | None = None


def administrative_page(page: AdministrativePage) -> bytes:
    """Return the document as a PDF on A4, on as many pages as its text needs (NĐ 30/2020 Đ8, PL I)."""
    fonts.register()
    story = [*_head(page), *_addressees(page.addressees), *_decision(page)]
    texts = [line for text in page.body for line in _lines(text)]
    body = [paragraph(text, pages.BODY, bold_start=_article(text)) for text in texts]
    closing = _Closing(page.authority, page.signer, page.recipients)
    story += body[:-1]
    story.append(_Ending(body[-1], closing) if body else closing)
    title = f"{page.type_name} {page.subject}" if page.type_name else page.subject
    return pages.flow(story, title, pages.number_from_second_page)


def _head(page: AdministrativePage) -> list[Flowable]:
    heading = Heading(
        agency=page.agency,
        parent_agency=page.parent_agency,
        symbol=page.symbol,
        number=page.number,
        place=page.place,
        day=page.day,
        month=page.month,
        year=page.year,
        about="" if page.type_name else page.subject,
    )
    story: list[Flowable] = [HeadingFlowable(heading, TEXT_WIDTH)]
    if page.urgency:
        story += [Spacer(1, 2 * mm), UrgencyMark(page.urgency)]
    story.append(Spacer(1, 6 * mm))
    if page.type_name:
        story += [TitleFlowable(page.type_name, page.subject), Spacer(1, 5 * mm)]
    return story


def _addressees(addressees: Sequence[str]) -> list[Flowable]:
    """Return "Kính gửi": one name on the same line, several as a list below (NĐ 30/2020 PL I.I.II.9a)."""
    names = listed(addressees)
    if not names:
        return []
    if len(names) == 1:
        lines: list[Flowable] = [paragraph(f"Kính gửi: {fonts.clean(''.join(addressees))}", pages.CENTRED)]
    else:
        indent = TEXT_WIDTH * 0.22
        call = ParagraphStyle("call", pages.LEFT, leftIndent=indent)
        item = ParagraphStyle("item", call, leftIndent=indent + 24 * mm, firstLineIndent=-3 * mm, spaceAfter=2)
        lines = [paragraph("Kính gửi:", call), *(paragraph(f"- {name}", item) for name in names)]
    return [*lines, Spacer(1, 4 * mm)]


def _decision(page: AdministrativePage) -> list[Flowable]:
    """Return who decides, on what grounds, and the word that enacts (NĐ 30/2020 PL I.I.II.6, mẫu 1.2)."""
    story: list[Flowable] = []
    if decided_by := fonts.clean(page.decided_by.upper()):
        story += [paragraph(decided_by, pages.CENTRED_BOLD), Spacer(1, 2 * mm)]
    story += [paragraph(text, pages.GROUNDS) for ground in page.grounds for text in _lines(ground)]
    if enacting := fonts.clean(page.enacting.upper()):
        story += [Spacer(1, 2 * mm), paragraph(enacting, pages.CENTRED_BOLD), Spacer(1, 1 * mm)]
    return story


def _lines(text: str) -> list[str]:
    return [line for line in map(str.strip, fonts.clean(text, keep_lines=True).split("\n")) if line]


def _article(text: str) -> int:
    """Return how many characters at the start of a paragraph are an article's number, printed bold."""
    found = _ARTICLE.match(text)
    return found.end() if found else 0


def listed(items: Sequence[str]) -> list[str]:
    """Return the items of a list, each ended by ";" and the last by "." (NĐ 30/2020 PL I.I.II.9)."""
    names = [name.lstrip("- ").rstrip(" ;.") for name in map(fonts.clean, items)]
    names = [name for name in names if name]
    return [f"{name};" for name in names[:-1]] + [f"{name}." for name in names[-1:]]


class TitleFlowable(Flowable):
    """Type name and trích yếu, centred and bold, with a line below (NĐ 30/2020 PL I.I.II.5b)."""

    def __init__(self, type_name: str, subject: str) -> None:
        super().__init__()
        self.width = TEXT_WIDTH
        narrow = TEXT_WIDTH - 24 * mm
        self.name = fit(type_name.upper(), fonts.BOLD, 14, narrow, smallest=11, most_lines=3, balanced=True)
        self.subject = fit(subject, fonts.BOLD, 14, narrow, smallest=11, most_lines=38, balanced=True)
        self.height = self.name.height + self.subject.height + 3 * mm

    def draw(self) -> None:
        """Draw the lines."""
        centre = self.width / 2
        y = draw_centred(self.canv, self.name, centre, self.height)
        y = draw_centred(self.canv, self.subject, centre, y - 0.5 * mm)
        rule(self.canv, centre, y - 3, underline(self.subject))


class UrgencyMark(Flowable):
    """The urgency mark at its place 10b, left under the number (NĐ 30/2020 PL I.I.III.2b)."""

    def __init__(self, urgency: Urgency) -> None:
        super().__init__()
        self.urgency = urgency
        self.width, self.height = urgency.width * mm, MARK_HEIGHT * mm

    def draw(self) -> None:
        """Draw the mark."""
        draw_urgency(self.canv, self.urgency, 3 * mm, self.height)


class _Ending(Flowable):
    """The last paragraph and the closing: a signature alone on its page could be bound to another text."""

    GAP = 5 * mm
    LINES_WITH_SIGNATURE = 2

    def __init__(self, last: Paragraph, closing: _Closing) -> None:
        super().__init__()
        self.last = last
        self.closing = closing

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:
        """Return the size of both."""
        self.last_height = self.last.wrap(aW, aH)[1]
        self.width, self.height = aW, self.last_height + self.GAP + self.closing.wrap(aW, aH)[1]
        return self.width, self.height

    def split(self, aW: float, aH: float) -> list[Flowable]:
        """Break the paragraph where the page ends, with lines left to go with the signature."""
        together = self.last_height + self.GAP + self.closing.signing_height()
        if self.height > pages.TEXT_HEIGHT and together + self.last.style.spaceAfter < aH:
            return [self.last, Spacer(1, self.GAP), self.closing]
        free = self.last_height - self.LINES_WITH_SIGNATURE * self.last.style.leading + 0.01
        parts = self.last.split(aW, min(aH, free))
        if len(parts) == 2 and isinstance(parts[1], Paragraph):
            return [parts[0], _Ending(parts[1], self.closing)]
        return []

    def draw(self) -> None:
        """Draw both."""
        self.last.drawOn(self.canv, 0, self.height - self.last_height)
        self.closing.drawOn(self.canv, 0, 0)


class _Closing(Flowable):
    """Signer right, Nơi nhận left; a list longer than the page goes on alone on the next (PL I.I.II.7, 9b)."""

    def __init__(self, authority: Sequence[str], signer: str, recipients: Sequence[str]) -> None:
        super().__init__()
        self.width = TEXT_WIDTH
        self.left_width = TEXT_WIDTH * LEFT_SHARE
        self.centre = TEXT_WIDTH * (1 + LEFT_SHARE) / 2
        narrow = TEXT_WIDTH - self.left_width - 4 * mm
        upper = [text.upper() for text in authority[:_MOST_AUTHORITY_LINES]]
        self.authority = [fit(text, fonts.BOLD, 14, narrow, smallest=10, most_lines=3, balanced=True) for text in upper]
        self.signer = fit(signer, fonts.BOLD, 14, narrow, smallest=10, most_lines=3, balanced=True)
        self.call = Block(("Nơi nhận:",), fonts.BOLD_ITALIC, 12)
        items = [wrap(f"- {name}", fonts.REGULAR, 11, self.left_width) for name in listed(recipients)]
        self.recipients = Block(tuple(line for lines in items for line in lines), fonts.REGULAR, 11)

    def signing_height(self) -> float:
        """Return the height of the signer's part, which is never broken."""
        if not self.authority and not self.signer.lines:
            return 0.0
        return sum(block.height for block in self.authority) + SIGNATURE_ROOM + self.signer.height

    def _list_height(self) -> float:
        call = self.call.height if self.recipients.lines else 0.0
        return call + self.recipients.height

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: ARG002
        """Return the height of the longer column."""
        self.height = max(self.signing_height(), self._list_height(), 1.0)
        return self.width, self.height

    def split(self, aW: float, aH: float) -> list[Flowable]:  # noqa: ARG002
        """Break the list of recipients where the page ends; never the signer's part."""
        fitting = int((aH - self.call.height) / self.recipients.leading)
        if self.signing_height() > aH or fitting < 1:
            return []
        first = _Closing((), "", ())
        first.authority, first.signer, first.call = self.authority, self.signer, self.call
        first.recipients = Block(self.recipients.lines[:fitting], fonts.REGULAR, 11)
        rest = _Closing((), "", ())
        rest.call = Block((), fonts.BOLD_ITALIC, 12)
        rest.recipients = Block(self.recipients.lines[fitting:], fonts.REGULAR, 11)
        return [first, rest]

    def draw(self) -> None:
        """Draw both columns."""
        if self.recipients.lines:
            y = draw_left(self.canv, self.call, 0, self.height)
            draw_left(self.canv, self.recipients, 0, y)
        top = self.height
        for block in self.authority:
            top = draw_centred(self.canv, block, self.centre, top)
        draw_centred(self.canv, self.signer, self.centre, top - SIGNATURE_ROOM)

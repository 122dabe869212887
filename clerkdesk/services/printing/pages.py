"""A4 pages that text flows over, with the margins of NĐ 30/2020 PL I.I.I.3, and the paragraph styles we share."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph

from clerkdesk.services.printing import fonts

MARGIN_LEFT = 30 * mm
MARGIN_RIGHT = 15 * mm
MARGIN_TOP = 20 * mm
MARGIN_BOTTOM = 20 * mm
TEXT_WIDTH = A4[0] - MARGIN_LEFT - MARGIN_RIGHT
TEXT_HEIGHT = A4[1] - MARGIN_TOP - MARGIN_BOTTOM

BODY = ParagraphStyle(
    "body",
    fontName=fonts.REGULAR,
    fontSize=14,
    leading=18.5,
    alignment=TA_JUSTIFY,
    firstLineIndent=12.7 * mm,
    spaceAfter=6,
    allowWidows=0,
    allowOrphans=0,
)
GROUNDS = ParagraphStyle("grounds", BODY, fontName=fonts.ITALIC)
CENTRED = ParagraphStyle("centred", BODY, alignment=TA_CENTER, firstLineIndent=0)
CENTRED_BOLD = ParagraphStyle("centred bold", CENTRED, fontName=fonts.BOLD)
LEFT = ParagraphStyle("left", BODY, alignment=TA_LEFT, firstLineIndent=0)

OnPage = Callable[[Canvas, int], None]


def paragraph(text: str, style: ParagraphStyle, *, bold_start: int = 0) -> Paragraph:
    """Return cleaned `text` as a paragraph; nothing in it is read as markup. `bold_start` characters are bold."""
    plain = Paragraph("x", style).frags[0]
    pieces = [plain.clone(text=text[:bold_start], fontName=fonts.BOLD, bold=1), plain.clone(text=text[bold_start:])]
    return Paragraph("", style, frags=[piece for piece in pieces if piece.text] or pieces[1:])


def flow(story: list[Flowable], title: str, on_page: OnPage) -> bytes:
    """Lay `story` out on as many A4 pages as it needs; the same story always gives the same bytes."""
    fonts.register()
    buffer = BytesIO()
    document = BaseDocTemplate(buffer, pagesize=A4, title=fonts.clean(title), creator="ClerkDesk", invariant=1)
    frame = Frame(MARGIN_LEFT, MARGIN_BOTTOM, TEXT_WIDTH, TEXT_HEIGHT, 0, 0, 0, 0)
    template = PageTemplate(frames=[frame], onPage=lambda canvas, _: on_page(canvas, canvas.getPageNumber()))
    document.addPageTemplates(template)
    with fonts.EMBEDDING:
        document.build(story)
    return buffer.getvalue()


def number_from_second_page(canvas: Canvas, page: int) -> None:
    """Print the page number in the middle of the top margin, except on the first page (NĐ 30/2020 PL I.I.I.7)."""
    if page > 1:
        canvas.setFont(fonts.REGULAR, 13)
        canvas.drawCentredString(A4[0] / 2, A4[1] - 13 * mm, str(page))

"""Marks of urgency: red, bold, upright, in a box of the size the law gives (NĐ 30/2020 PL I.I.III.2b)."""

from __future__ import annotations

from enum import Enum

from reportlab.lib.colors import Color
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from clerkdesk.services.printing import fonts

RED = Color(0.82, 0.04, 0.07)
MARK_HEIGHT = 8.0
"""Height of every mark, in mm."""
_LINE = 0.9


class Urgency(Enum):
    """Degrees of urgency, each with its words and the width of its box in mm."""

    HOA_TOC = ("HỎA TỐC", 30.0)
    THUONG_KHAN = ("THƯỢNG KHẨN", 40.0)
    KHAN = ("KHẨN", 20.0)

    @property
    def words(self) -> str:
        """The words in the box."""
        return self.value[0]

    @property
    def width(self) -> float:
        """Width of the box in mm, from outer edge to outer edge of its line."""
        return self.value[1]


def draw_urgency(canvas: Canvas, urgency: Urgency, left: float, top: float) -> None:
    """Draw the mark with the outer edge of its box at `left`, `top` (points)."""
    canvas.saveState()
    canvas.setStrokeColor(RED)
    canvas.setFillColor(RED)
    canvas.setLineWidth(_LINE)
    width, height = urgency.width * mm, MARK_HEIGHT * mm
    canvas.rect(left + _LINE / 2, top - height + _LINE / 2, width - _LINE, height - _LINE)
    canvas.setFont(fonts.BOLD, 13)
    canvas.drawCentredString(left + width / 2, top - height / 2 - 4.5, urgency.words)
    canvas.restoreState()

"""The envelope of a document (bì văn bản): sender, number, addressee and urgency mark (NĐ 30/2020 PL IV.II)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from clerkdesk.errors import BadInput
from clerkdesk.i18n import N_
from clerkdesk.services.printing import fonts
from clerkdesk.services.printing.heading import underline
from clerkdesk.services.printing.marks import Urgency, draw_urgency
from clerkdesk.services.printing.typeset import (
    Block,
    draw_centred,
    draw_left,
    fit,
    fit_name,
    paper,
    present,
    printed,
    rule,
)


class NoEnvelopes(BadInput):
    """There is nothing to print."""

    sentence = N_("Chưa chọn nơi nhận nào để in bì.")


class EnvelopeSize(Enum):
    """Width and height in mm of the envelopes that offices use, printed with the long side across."""

    A4_FLAT = (307.0, 220.0)
    B5 = (250.0, 200.0)
    A4_HALF = (230.0, 165.0)
    DL = (220.0, 109.0)
    SMALL = (158.0, 115.0)

    @property
    def width(self) -> float:
        """The long side in mm."""
        return self.value[0]

    @property
    def height(self) -> float:
        """The short side in mm."""
        return self.value[1]


@dataclass(frozen=True, kw_only=True)
class Sender:
    """The agency as its envelopes show it; empty parts are left out."""

    agency: str
    parent_agency: str = ""
    address: str = ""
    phone: str = ""
    fax: str = ""
    email: str = ""
    website: str = ""


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """One envelope: who gets it, which documents are inside, how urgent they are."""

    addressee: str
    addressee_address: str = ""
    references: tuple[str, ...] = ()
    urgency: Urgency | None = None


def envelopes(sender: Sender, items: Sequence[Envelope], size: EnvelopeSize) -> bytes:
    """Return one page of exactly the envelope's size for each envelope.

    Raises:
        NoEnvelopes: nothing to print.
    """
    if not items:
        raise NoEnvelopes
    canvas, buffer = paper(size.width, size.height, "Bì văn bản")
    for item in items:
        _draw(canvas, sender, item, size)
        canvas.showPage()
    return printed(canvas, buffer)


def _draw(canvas: Canvas, sender: Sender, item: Envelope, size: EnvelopeSize) -> None:
    width, height = size.width * mm, size.height * mm
    scale = min(max(size.height / 165, 0.85), 1.25)
    margin = 12 * mm * scale
    y = _draw_sender(canvas, sender, margin, height - margin, width=width * 0.46 - margin, scale=scale)

    references = "; ".join(present(item.references)) or "………………"
    number = fit(f"Số: {references}", fonts.REGULAR, 12 * scale, width * 0.34 - margin, smallest=8, most_lines=3)
    y = draw_left(canvas, number, margin, y - 4 * mm * scale)
    if item.urgency:
        draw_urgency(canvas, item.urgency, margin, y - 3 * mm)
    _draw_addressee(canvas, item, width, height, scale=scale)


def _draw_sender(canvas: Canvas, sender: Sender, left: float, top: float, *, width: float, scale: float) -> float:
    """Draw who sends it, centred at the top left; return the y below (points)."""
    centre = left + width / 2
    parent = fit_name(sender.parent_agency, fonts.REGULAR, 11 * scale, width, smallest=7, most_lines=2)
    agency = fit_name(sender.agency, fonts.BOLD, 12 * scale, width, smallest=7, most_lines=2)
    y = draw_centred(canvas, parent, centre, top)
    y = draw_centred(canvas, agency, centre, y)
    rule(canvas, centre, y - 2.5, underline(agency))
    y -= 2.2 * mm * scale
    for block in _contacts(sender, width, scale):
        y = draw_centred(canvas, block, centre, y)
    return y


def _contacts(sender: Sender, width: float, scale: float) -> list[Block]:
    """Return address, telephone and electronic addresses; two that do not fit side by side get a line each."""
    size = 10 * scale
    blocks = [
        fit(text, fonts.REGULAR, size, width, smallest=6.5, most_lines=2, balanced=True)
        for text in _named(("Địa chỉ", sender.address))
    ]
    for pair in (
        _named(("Điện thoại", sender.phone), ("Fax", sender.fax)),
        _named(("E-mail", sender.email), ("Website", sender.website)),
    ):
        together = "   ".join(pair)
        rows = [together] if fonts.text_width(together, fonts.REGULAR, size) <= width else pair
        blocks += [fit(text, fonts.REGULAR, size, width, smallest=6.5) for text in rows]
    return blocks


def _named(*parts: tuple[str, str]) -> list[str]:
    return [f"{name}: {value}" for name, value in ((name, fonts.clean(value)) for name, value in parts) if value]


def _draw_addressee(canvas: Canvas, item: Envelope, width: float, height: float, *, scale: float) -> None:
    """Draw "Kính gửi" in the lower right part, where sorting machines and postmen look."""
    size = 14 * scale
    left, top = width * 0.38, height * 0.5
    call = Block(("Kính gửi:",), fonts.ITALIC, size)
    name_left = left + call.last_width + 2 * mm
    room = width - 12 * mm * scale - name_left
    name = fit(item.addressee, fonts.BOLD, size, room, smallest=9, most_lines=3, balanced=True)
    draw_left(canvas, call, left, top + (size - name.size) * 0.9)
    y = draw_left(canvas, name, name_left, top)
    address = fit(item.addressee_address, fonts.REGULAR, size - 1.5, room, smallest=8, most_lines=3, balanced=True)
    draw_left(canvas, address, name_left, y - 1.5 * mm)

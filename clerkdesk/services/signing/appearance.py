"""What is seen of a signature: each appearance is drawn as a small page of its own and then set into the document.

Leader: blue picture between title and name (NĐ 30/2020 PL I.I.II.7). Agency: red seal in real size (PL I.I.II.8).
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from threading import RLock
from typing import Any

from PIL import Image
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.stamp import BaseStamp, BaseStampStyle
from reportlab.lib.utils import ImageReader, simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from clerkdesk.i18n import N_, _
from clerkdesk.services.signing.errors import ImageUnusable, TextNotPrintable, TextOverflow
from clerkdesk.services.signing.keys import TEST_MARK, VIETNAM_TIME, SigningKey
from clerkdesk.services.signing.layout import POINTS_PER_MM, TextPlace

UPRIGHT, ITALIC, BOLD = "ClerkDeskSigning", "ClerkDeskSigning-Italic", "ClerkDeskSigning-Bold"

_FONT_FILES = {UPRIGHT: "Tinos-Regular.ttf", ITALIC: "Tinos-Italic.ttf", BOLD: "Tinos-Bold.ttf"}
_BLUE = (0.05, 0.2, 0.65)
_RED = (0.82, 0.08, 0.1)
_NARROWEST = 0.8  # a text a little too wide is set this much narrower before it is refused
_LARGEST_IMAGE = 40_000_000  # pixels
_DRAWING = RLock()  # reportlab keeps fonts and settings for the whole process

Draw = Callable[[Canvas], None]


class DrawnAppearance(BaseStamp):
    """A drawn page as the appearance of a field."""

    def __init__(self, writer: Any, drawn: bytes, box: Any) -> None:
        super().__init__(writer=writer, style=None, box=box)
        self._drawn = drawn

    def register(self) -> Any:
        """Put the drawing into the document once and give the reference to it."""
        if self._content_xobj_ref is None:
            page = PdfFileReader(io.BytesIO(self._drawn))
            self._content_xobj_ref = self._ensure_writer.import_page_as_xobject(page)
        return self._content_xobj_ref


@dataclass(frozen=True)
class DrawnStyle(BaseStampStyle):
    """Tells pyHanko to show a signature by a drawing: `make` draws for a width and height in points."""

    border_width: int = 0
    make: Callable[[float, float], bytes] = lambda _width, _height: b""

    def create_stamp(self, writer: Any, box: Any, text_params: dict[str, str]) -> DrawnAppearance:  # noqa: ARG002
        """Draw for a field of this size."""
        return DrawnAppearance(writer, self.make(box.width, box.height), box)


def leader_style(key: SigningKey, image: bytes | None, at: datetime) -> DrawnStyle:
    """How the leader's signature looks: the given PNG, or the name, organisation and time in blue.

    Args:
        key: gives name and organisation; a test key is marked THỬ NGHIỆM.
        image: PNG of the handwritten signature, or None.
        at: signing time (aware), shown in Vietnam's time.

    Raises:
        ImageUnusable: `image` cannot be read.
    """
    picture = ink_of(image, N_("chữ ký")) if image else None

    def draw(canvas: Canvas, width: float, height: float) -> None:
        if picture:
            _place_picture(canvas, picture, width, height)
        else:
            lines = [_("Ký bởi: {name}").format(name=key.holder), key.organisation, _signing_time(at)]
            _place_block(canvas, lines, width, height, _BLUE)
        if key.is_test:
            _mark_test(canvas, width, 1.0, _BLUE)

    return DrawnStyle(make=lambda width, height: _drawn(width, height, lambda canvas: draw(canvas, width, height)))


def seal_style(key: SigningKey, image: bytes | None, at: datetime) -> DrawnStyle:
    """How the agency's signature looks: the given PNG of the seal, filling the field; else a red stand-in.

    A real key without a picture gives a plain red text; only a test key draws a round seal, marked THỬ NGHIỆM.

    Raises:
        ImageUnusable: `image` cannot be read.
    """
    picture = ink_of(image, N_("con dấu")) if image else None

    def draw(canvas: Canvas, width: float, height: float) -> None:
        if picture:
            _place_picture(canvas, picture, width, height)
        elif key.is_test:
            _test_seal(canvas, key.holder, width, height)
        else:
            _place_block(canvas, [key.holder, _signing_time(at)], width, height, _RED)
        if key.is_test and picture:
            _mark_test(canvas, width, height / 2 - 4, _RED)

    return DrawnStyle(make=lambda width, height: _drawn(width, height, lambda canvas: draw(canvas, width, height)))


def draw_text(text: str, place: TextPlace, what: str) -> bytes:
    """Draw a number or a part of the date for its field: centred, on the baseline of the text around it.

    Args:
        text: what to write, one line.
        place: the field's place; only its size, slant and cover matter here.
        what: name of the place, for messages.

    Raises:
        TextNotPrintable: empty, or signs that the font lacks.
        TextOverflow: too wide even when set a little narrower.
    """
    font = ITALIC if place.italic else UPRIGHT
    stretch = fit(text, place, what)

    def draw(canvas: Canvas) -> None:
        if place.cover:
            canvas.setFillColorRGB(1, 1, 1)
            canvas.rect(0, 0, place.box.width, place.box.height, stroke=0, fill=1)
        canvas.setFillColorRGB(0, 0, 0)
        width = pdfmetrics.stringWidth(text, font, place.size) * stretch
        line = canvas.beginText((place.box.width - width) / 2, place.baseline - place.box.y0)
        line.setFont(font, place.size)
        if stretch < 1:
            line.setHorizScale(100 * stretch)
        line.textOut(text)
        canvas.drawText(line)

    return _drawn(place.box.width, place.box.height, draw)


def fit(text: str, place: TextPlace, what: str) -> float:
    """How much narrower `text` must be set to fit its place (1 = as it is).

    Raises:
        TextNotPrintable, TextOverflow: see `draw_text`.
    """
    font = ITALIC if place.italic else UPRIGHT
    with _DRAWING:
        _use_fonts()
        face: Any = pdfmetrics.getFont(font).face  # type: ignore[attr-defined]
        if not text.strip() or any(ord(sign) not in face.charToGlyph for sign in text):
            raise TextNotPrintable(text=text, what=_(what))
        width = pdfmetrics.stringWidth(text, font, place.size)
    if width * _NARROWEST > place.box.width:
        raise TextOverflow(text=text, what=_(what), room_mm=round(place.box.width / POINTS_PER_MM))
    return min(1.0, place.box.width / width)


def image_shape(png: bytes, what: str = N_("chữ ký")) -> float:
    """Width divided by height of the picture's ink, without its empty margin.

    Raises:
        ImageUnusable: not a picture that can be read.
    """
    picture = ink_of(png, what)
    return float(picture.width / picture.height)


def ink_of(png: bytes, what: str) -> Image.Image:
    """The picture cut to what is drawn on it.

    Raises:
        ImageUnusable: not a PNG, too large, or all empty.
    """
    try:
        file = Image.open(io.BytesIO(png), formats=["PNG"])
        if file.width * file.height > _LARGEST_IMAGE:
            raise ImageUnusable(what=_(what))
        picture = file.convert("RGBA")
        ink = picture.getchannel("A").getbbox()
    except ImageUnusable:
        raise
    except Exception as problem:  # the decoder raises many kinds on broken files
        raise ImageUnusable(what=_(what)) from problem
    if ink is None:
        raise ImageUnusable(what=_(what))
    return picture.crop(ink)


def box_of(width: float, height: float) -> Any:
    """A field's size in the form that pyHanko takes."""
    return BoxConstraints(width=width, height=height)


def _drawn(width: float, height: float, draw: Draw) -> bytes:
    with _DRAWING:
        _use_fonts()
        sheet = io.BytesIO()
        canvas = Canvas(sheet, pagesize=(width, height), pageCompression=1)
        draw(canvas)
        canvas.showPage()
        canvas.save()
        return sheet.getvalue()


def _use_fonts() -> None:
    known = pdfmetrics.getRegisteredFontNames()
    for name, file in _FONT_FILES.items():
        if name not in known:
            font = resources.files("clerkdesk") / "assets" / "fonts" / file
            made = TTFont(name, io.BytesIO(font.read_bytes()), asciiReadable=0)
            table: Any = made.face.table
            table.pop("name", None)  # its licence text would be two thirds of a few letters' size; OFL.txt keeps it
            pdfmetrics.registerFont(made)


def _place_picture(canvas: Canvas, picture: Image.Image, width: float, height: float) -> None:
    canvas.drawImage(ImageReader(picture), 0, 0, width, height, mask="auto", preserveAspectRatio=True, anchor="c")


def _place_block(
    canvas: Canvas, lines: list[str], width: float, height: float, colour: tuple[float, float, float]
) -> None:
    """Centred text in the largest size (10 points at most) that fits, if need be with its lines broken."""
    lines = [line for line in lines if line]
    tries = [(size, True) for size in (10.0, 9.0, 8.0, 7.0)] + [(size, False) for size in (9.0, 7.0, 5.0, 4.0)]
    for size, unbroken in tries:
        wrapped = [part for line in lines for part in simpleSplit(line, UPRIGHT, size, width - 4)]
        if len(wrapped) * size * 1.2 <= height - 8 and not (unbroken and len(wrapped) > len(lines)):
            break
    canvas.setFillColorRGB(*colour)
    canvas.setFont(UPRIGHT, size)
    y = (height + len(wrapped) * size * 1.2) / 2 - size
    for line in wrapped:
        canvas.drawCentredString(width / 2, y, line)
        y -= size * 1.2


def _test_seal(canvas: Canvas, agency: str, width: float, height: float) -> None:
    radius = min(width, height) / 2 - 1
    canvas.translate(width / 2, height / 2)
    canvas.setStrokeColorRGB(*_RED)
    canvas.setLineWidth(1.6)
    canvas.circle(0, 0, radius)
    canvas.setLineWidth(0.6)
    canvas.circle(0, 0, radius * 0.94)
    canvas.translate(-radius * 0.75, -radius * 0.6)
    _place_block(canvas, [agency.upper()], radius * 1.5, radius * 1.3, _RED)
    canvas.translate(radius * 0.75, radius * 0.6)
    _mark_test(canvas, 0, -radius * 0.72, _RED)


def _mark_test(canvas: Canvas, width: float, y: float, colour: tuple[float, float, float]) -> None:
    half = pdfmetrics.stringWidth(TEST_MARK, BOLD, 8) / 2 + 1
    canvas.setFillColorRGB(1, 1, 1)
    canvas.rect(width / 2 - half, y - 1, 2 * half, 8, stroke=0, fill=1)
    canvas.setFillColorRGB(*colour)
    canvas.setFont(BOLD, 8)
    canvas.drawCentredString(width / 2, y, TEST_MARK)


def _signing_time(at: datetime) -> str:
    return at.astimezone(VIETNAM_TIME).isoformat(timespec="seconds")

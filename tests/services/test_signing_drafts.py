"""Drafts like those that arrive on the clerk's desk, and where the places for number, date and signatures are found."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

import clerkdesk
from clerkdesk.services.signing import layout
from clerkdesk.services.signing.document import open_reader, signature_fields, text_fields
from clerkdesk.services.signing.errors import PlaceNotFound, TextOverflow
from clerkdesk.services.signing.layout import POINTS_PER_MM, Place, TextPlace
from clerkdesk.services.signing.page_text import Box
from clerkdesk.services.signing.prepare import PrepareSpec, prepare

FONTS = Path(clerkdesk.__file__).parent / "assets" / "fonts"
WIDTH, HEIGHT = 595.28, 841.89
LEADER = "Nguyễn Thị Ngọc Ánh"
SPEC = PrepareSpec(signer_name=LEADER)


@dataclass(frozen=True)
class Draft:
    """What differs between drafts."""

    number_line: str = "Số:           /QĐ-SNV"
    date_line: str = "Hà Nam, ngày       tháng       năm 2026"
    name: str = LEADER
    room_mm: float = 28
    pages: int = 1
    body: str = "Điều 1. Ban hành kèm theo Quyết định này Quy chế công tác văn thư."
    line_in_signature: bool = False


def draw(draft: Draft) -> bytes:
    for style in ("Regular", "Bold", "Italic"):
        pdfmetrics.registerFont(TTFont(f"Draft-{style}", str(FONTS / f"Tinos-{style}.ttf")))
    sheet = io.BytesIO()
    canvas = Canvas(sheet, pagesize=(WIDTH, HEIGHT), invariant=1)
    _head(canvas, draft)
    for page in range(draft.pages):
        if page:
            canvas.showPage()
        canvas.setFont("Draft-Regular", 14)
        for line in range(14):
            canvas.drawString(30 * POINTS_PER_MM, 600 - 20 * line, draft.body)
    _foot(canvas, draft)
    canvas.save()
    return sheet.getvalue()


def _head(canvas: Canvas, draft: Draft) -> None:
    left, right = 66 * POINTS_PER_MM, 148 * POINTS_PER_MM
    for x, y, style, size, text in (
        (left, 780, "Regular", 12, "UBND TỈNH HÀ NAM"),
        (left, 764, "Bold", 12, "SỞ NỘI VỤ"),
        (right, 780, "Bold", 12, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        (right, 764, "Bold", 13, "Độc lập - Tự do - Hạnh phúc"),
        (left, 738, "Regular", 13, draft.number_line),
        (right, 738, "Italic", 13, draft.date_line),
        (WIDTH / 2, 690, "Bold", 14, "QUYẾT ĐỊNH"),
    ):
        canvas.setFont(f"Draft-{style}", size)
        canvas.drawCentredString(x, y, text)


def _foot(canvas: Canvas, draft: Draft) -> None:
    middle, y = 156 * POINTS_PER_MM, 270.0
    canvas.setFont("Draft-Bold", 14)
    canvas.drawCentredString(middle, y, "GIÁM ĐỐC")
    below = y - draft.room_mm * POINTS_PER_MM - 14
    canvas.drawCentredString(middle, below, draft.name)
    if draft.line_in_signature:
        canvas.line(middle - 40, (y + below) / 2, middle + 40, (y + below) / 2)
    canvas.setFont("Draft-Regular", 11)
    for row, text in enumerate(("Nơi nhận:", "- Như Điều 3;", "- Lưu: VT, CCHC.")):
        canvas.drawString(30 * POINTS_PER_MM, y - 14 * row, text)


def one_page() -> bytes:
    return draw(Draft())


def letter_of_three_pages() -> bytes:
    return draw(Draft(number_line="Số:        /SNV-CCHC", pages=3, body=f"Theo ý kiến của {LEADER}, đề nghị báo cáo."))


def scan() -> bytes:
    sheet = io.BytesIO()
    canvas = Canvas(sheet, pagesize=(WIDTH, HEIGHT))
    canvas.rect(100, 100, 300, 300, fill=1)
    canvas.save()
    return sheet.getvalue()


def signature_png() -> bytes:
    """A blue scrawl on a transparent ground, with an empty margin as scanners leave it."""
    picture = Image.new("RGBA", (700, 320))
    pen = ImageDraw.Draw(picture)
    pen.line([(60, 220), (150, 70), (210, 250), (290, 110), (380, 230), (640, 140)], fill=(20, 40, 170, 255), width=9)
    pen.arc((250, 60, 470, 270), 20, 300, fill=(20, 40, 170, 255), width=7)
    return _png(picture)


def seal_png() -> bytes:
    picture = Image.new("RGBA", (600, 600))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((8, 8, 592, 592), outline=(205, 20, 30, 235), width=16)
    pen.ellipse((110, 110, 490, 490), outline=(205, 20, 30, 235), width=8)
    pen.regular_polygon((300, 300, 120), 5, fill=(205, 20, 30, 235))
    return _png(picture)


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def rect_of(pdf: bytes, name: str) -> Box:
    for reference in open_reader(pdf).root["/AcroForm"]["/Fields"]:
        field = reference.get_object()
        if field["/T"] == name:
            return Box(*(float(side) for side in field["/Rect"]))
    raise AssertionError(name)


def test_number_and_date_stand_on_the_baseline_of_their_lines_in_their_slant() -> None:
    fields = text_fields(open_reader(prepare(one_page(), SPEC).pdf))
    assert set(fields) == {"clerk_number", "clerk_day", "clerk_month"}
    for name, italic in (("clerk_number", False), ("clerk_day", True), ("clerk_month", True)):
        place = fields[name].place
        assert place.baseline == pytest.approx(738, abs=0.05)
        assert (place.size, place.italic) == (13, italic)


@pytest.mark.parametrize(
    ("number_line", "date_line", "names"),
    [
        ("Số: ............/QĐ-SNV", "Hà Nam, ngày ….. tháng ….. năm 2026", {"number", "day", "month"}),
        ("Số :            / QĐ-SNV", "ngày      tháng      năm", {"number", "day", "month", "year"}),
        ("Số:          /2026/NQ-HĐND", "Hà Nam, ngày      tháng 11 năm 2026", {"number", "day"}),
        ("Số:          /TB-SNV", "Hà Nam, ngày 05 tháng 11 năm 2026", {"number"}),
        ("Số:          /TB-SNV", "Hà Nam, ngày      tháng      năm ........", {"number", "day", "month", "year"}),
    ],
)
def test_every_blank_part_of_number_and_date_gets_a_field(number_line: str, date_line: str, names: set[str]) -> None:
    prepared = prepare(draw(Draft(number_line=number_line, date_line=date_line)), SPEC)
    assert set(prepared.fields) == {f"clerk_{name}" for name in names}


def test_signature_stands_between_title_and_name_and_seal_covers_its_left_third() -> None:
    pdf = prepare(letter_of_three_pages(), SPEC).pdf
    leader, seal = rect_of(pdf, "leader"), rect_of(pdf, "agency")
    name_top, title_bottom = 270 - 28 * POINTS_PER_MM - 14 + 9, 270 - 3.1
    assert name_top < leader.y0 < leader.y1 <= title_bottom
    assert (leader.x0 + leader.x1) / 2 == pytest.approx(156 * POINTS_PER_MM, abs=1)
    assert seal.width == pytest.approx(36 * POINTS_PER_MM, abs=0.05)
    assert seal.x1 - leader.x0 == pytest.approx(leader.width / 3, abs=0.05)
    assert seal.y0 + seal.y1 == pytest.approx(leader.y0 + leader.y1, abs=0.05)


def test_signature_of_a_letter_goes_on_its_last_page() -> None:
    place = layout.find_signature(letter_of_three_pages(), LEADER)
    assert place.page == 2


def test_name_written_with_separate_accents_is_found() -> None:
    assert layout.find_signature(one_page(), unicodedata.normalize("NFD", LEADER)).page == 0


def test_preparing_twice_changes_nothing() -> None:
    once = prepare(one_page(), SPEC)
    assert prepare(once.pdf, SPEC) == once


def test_the_draft_stays_byte_for_byte_at_the_beginning() -> None:
    draft = one_page()
    assert prepare(draft, SPEC).pdf.startswith(draft)


@pytest.mark.parametrize(
    ("draft", "what"),
    [
        (Draft(number_line="QĐ-SNV"), "số văn bản"),
        (Draft(number_line="Số: 15/QĐ-SNV"), "số văn bản"),
        (Draft(date_line="Hà Nam"), "ngày"),
        (Draft(name="Trần Văn Khác"), "chữ ký"),
        (Draft(room_mm=8), "chữ ký"),
        (Draft(line_in_signature=True), "chữ ký"),
    ],
)
def test_no_place_is_ever_guessed(draft: Draft, what: str) -> None:
    with pytest.raises(PlaceNotFound) as refused:
        prepare(draw(draft), SPEC)
    assert what in refused.value.facts["what"]  # type: ignore[operator]


def test_a_gap_too_narrow_for_the_number_is_told_before_the_leader_signs() -> None:
    with pytest.raises(TextOverflow):
        prepare(draw(Draft(number_line="Số:   /QĐ-SNV")), SPEC)


def test_a_scan_needs_its_places_pointed_out() -> None:
    with pytest.raises(PlaceNotFound):
        prepare(scan(), SPEC)
    spec = PrepareSpec(
        signer_name="",
        number=TextPlace(0, Box(120, 735, 160, 750)),
        day=TextPlace(0, Box(420, 735, 440, 750)),
        month=TextPlace(0, Box(470, 735, 490, 750)),
        leader=Place(0, Box(380, 160, 500, 220)),
    )
    prepared = prepare(scan(), spec)
    assert set(prepared.fields) == {"clerk_number", "clerk_day", "clerk_month"}
    assert signature_fields(open_reader(prepared.pdf)) == {"leader": False, "agency": False}


@pytest.mark.parametrize(
    "place",
    [
        Place(7, Box(380, 160, 500, 220)),
        Place(0, Box(560, 160, 700, 220)),
        Place(0, Box(5, 160, 100, 220)),
        Place(0, Box(120, 730, 240, 790)),
    ],
    ids=["no such page", "off the page", "seal off the page", "over the number"],
)
def test_a_place_pointed_out_wrongly_is_refused(place: Place) -> None:
    with pytest.raises(PlaceNotFound):
        prepare(one_page(), PrepareSpec(signer_name=LEADER, leader=place))


def test_a_turned_page_is_refused() -> None:
    pikepdf = pytest.importorskip("pikepdf")
    with pikepdf.open(io.BytesIO(one_page())) as document:
        document.pages[0].Rotate = 90
        turned = io.BytesIO()
        document.save(turned)
    with pytest.raises(PlaceNotFound, match="xoay"):
        prepare(turned.getvalue(), SPEC)


def test_a_page_whose_corner_is_not_zero_keeps_its_places() -> None:
    pikepdf = pytest.importorskip("pikepdf")
    with pikepdf.open(io.BytesIO(one_page())) as document:
        document.pages[0].MediaBox = [-20, -30, WIDTH, HEIGHT]
        shifted = io.BytesIO()
        document.save(shifted)
    place = text_fields(open_reader(prepare(shifted.getvalue(), SPEC).pdf))["clerk_number"].place
    assert place.baseline == pytest.approx(738, abs=0.05)

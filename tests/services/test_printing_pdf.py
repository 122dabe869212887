"""What holds for every PDF we print; also the ways the other printing tests look at one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO
from typing import Any

import pikepdf
import pypdfium2 as pdfium
import pytest
from hypothesis import strategies as st
from PIL import Image, ImageChops

from clerkdesk.services.printing.action_slip import ActionSlip, action_slip
from clerkdesk.services.printing.administrative_page import AdministrativePage, administrative_page
from clerkdesk.services.printing.arrival_label import (
    ArrivalLabel,
    LabelSheet,
    arrival_label,
    calibration_sheet,
    label_sheets,
)
from clerkdesk.services.printing.arrival_stamp import ArrivalStamp, arrival_stamp, stamp_on_sheet
from clerkdesk.services.printing.emergency_lists import Head, PrintedLine, emergency_register, numbers_to_write
from clerkdesk.services.printing.envelope import Envelope, EnvelopeSize, Sender, envelopes
from clerkdesk.services.printing.postal_book import PostalBook, PostalLine, postal_book

MM = 72 / 25.4
DPI = 254
"""Ten pixels per mm."""

WEIRD = st.one_of(
    st.text(max_size=60),
    st.text("<>&/b;#x0 \n\t\x00\x1b\x7f\x85\u0301\u0323\u200b\ufeff\u2028\ud800🖋ầẩ", max_size=60),
    st.sampled_from(
        ["", "<b>", "&amp;", "%s{0}", "x" * 10_000, "Cộng hòa " * 1_200, "\n" * 10_000, "a\u0302\u0301" * 500]
    ),
)
"""Texts that a person or another system may well put in a field."""


def page_sizes(pdf: bytes) -> list[tuple[float, float]]:
    """Return width and height of each page in mm."""
    return [(round(page.get_width() / MM, 2), round(page.get_height() / MM, 2)) for page in pdfium.PdfDocument(pdf)]


def texts(pdf: bytes) -> list[str]:
    """Return the text of each page, as a PDF engine reads it."""
    return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in pdfium.PdfDocument(pdf)]


def flat(pdf: bytes) -> str:
    """Return all text as one line."""
    return " ".join(" ".join(texts(pdf)).split())


def boxes(pdf: bytes, page: int = 0) -> list[tuple[str, float, float, float, float]]:
    """Return each visible character with left, top, right, bottom in mm from the page's top left corner."""
    leaf = pdfium.PdfDocument(pdf)[page]
    height, text = leaf.get_height(), leaf.get_textpage()
    found = []
    for index in range(text.count_chars()):
        char = text.get_text_range(index, 1)
        if char.strip():
            left, bottom, right, top = text.get_charbox(index)
            found.append((char, left / MM, (height - top) / MM, right / MM, (height - bottom) / MM))
    return found


def span(pdf: bytes, words: str, page: int = 0) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom in mm of the first place where `words` stand."""
    found = boxes(pdf, page)
    sought = "".join(words.split())
    start = "".join(char for char, *_ in found).index(sought)
    places = [box for _, *box in found[start : start + len(sought)]]
    lefts, tops, rights, bottoms = zip(*places, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def ink(pdf: bytes, page: int = 0, *, red: bool = False) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom in mm of all that is printed, or of all that is printed in red."""
    image: Image.Image = pdfium.PdfDocument(pdf)[page].render(scale=DPI / 72).to_pil().convert("RGB")
    if red:
        bands = image.split()
        mask = ImageChops.subtract(bands[0], bands[1]).point(lambda level: 255 if level > 100 else 0)
    else:
        mask = ImageChops.invert(image.convert("L")).point(lambda level: 255 if level > 100 else 0)
    box = mask.getbbox()
    assert box is not None
    left, top, right, bottom = (edge / 10 for edge in box)
    return left, top, right, bottom


def inside_page(pdf: bytes) -> bool:
    """Tell whether every character of every page lies wholly on its page."""
    return all(
        left >= -0.05 and top >= -0.05 and right <= width + 0.05 and bottom <= height + 0.05
        for page, (width, height) in enumerate(page_sizes(pdf))
        for _, left, top, right, bottom in boxes(pdf, page)
    )


DOCUMENT = AdministrativePage(
    agency="Sở Nội vụ",
    symbol="QĐ-SNV",
    place="Hà Nam",
    year=2026,
    subject="Về việc thử",
    body=("Điều 1.",),
    signer="An",
)
LABEL = ArrivalLabel(agency="Sở Nội vụ", number="12", arrived_on=date(2026, 2, 5))
KINDS: dict[str, Callable[[], bytes]] = {
    "văn bản": lambda: administrative_page(DOCUMENT),
    "dấu đến": lambda: arrival_stamp(ArrivalStamp(agency="Sở Nội vụ")),
    "dấu đến trên giấy": lambda: stamp_on_sheet(ArrivalStamp(agency="Sở Nội vụ"), 20, 60),
    "nhãn": lambda: arrival_label(LABEL),
    "tờ nhãn": lambda: label_sheets([LABEL], LabelSheet()),
    "căn chỉnh": lambda: calibration_sheet(LabelSheet()),
    "bì": lambda: envelopes(Sender(agency="Sở Nội vụ"), [Envelope(addressee="Bộ Nội vụ")], EnvelopeSize.DL),
    "sổ gửi bưu điện": lambda: postal_book(
        PostalBook(agency="Sở Nội vụ", year=2026),
        [PostalLine(sent_on=date(2026, 1, 5), references="01/QĐ-SNV", addressee="Bộ Nội vụ")],
    ),
    "danh sách số đến": lambda: numbers_to_write(
        Head(agency="Sở Nội vụ"), [PrintedLine(emergency_number="T02-1/2026")]
    ),
    "sổ tạm": lambda: emergency_register(Head(agency="Sở Nội vụ"), 2026, [], [], []),
    "phiếu giải quyết": lambda: action_slip(ActionSlip(agency="Sở Nội vụ", subject="về việc thử")),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_paper_carries_its_fonts(kind: str) -> None:
    with pikepdf.open(BytesIO(KINDS[kind]())) as pdf:
        fonts: list[Any] = [font for page in pdf.pages for font in page.resources.get("/Font", {}).values()]
        used = [font for font in fonts if "Tinos" in str(font.BaseFont)]
        assert used
        assert all("/FontFile2" in font.FontDescriptor for font in used)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_paper_printed_twice_is_the_same_file(kind: str) -> None:
    assert KINDS[kind]() == KINDS[kind]()


@pytest.fixture
def often_switching() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


def test_papers_printed_at_the_same_time_do_not_mix(often_switching: None) -> None:
    alone = {kind: make() for kind, make in KINDS.items()}
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda kind: (kind, KINDS[kind]()), [*KINDS] * 6))
    assert all(pdf == alone[kind] for kind, pdf in together)


@pytest.mark.parametrize("kind", ["dấu đến", "dấu đến trên giấy", "tờ nhãn", "căn chỉnh", "bì"])
def test_papers_of_exact_size_ask_the_printer_not_to_scale(kind: str) -> None:
    with pikepdf.open(BytesIO(KINDS[kind]())) as pdf:
        assert pdf.Root.ViewerPreferences.PrintScaling == pikepdf.Name("/None")


@pytest.mark.parametrize("kind", ["văn bản", "sổ gửi bưu điện", "phiếu giải quyết"])
def test_documents_books_and_slips_are_on_a4(kind: str) -> None:
    assert set(page_sizes(KINDS[kind]())) == {(210.0, 297.0)}

"""Text on its way to paper: what is kept, what is replaced, how it is made to fit."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerkdesk.services.printing import fonts
from clerkdesk.services.printing.typeset import fit, fit_name, wrap
from tests.services.test_printing_pdf import WEIRD

ALPHABET = "ăâđêôơưĂÂĐÊÔƠƯàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"


@pytest.mark.parametrize(
    ("given_text", "printed"),
    [
        ("Sở Nội vụ", "Sở Nội vụ"),
        (unicodedata.normalize("NFD", "Sở Nội vụ tỉnh Đắk Lắk"), "Sở Nội vụ tỉnh Đắk Lắk"),
        ("<b>&amp;</b>", "<b>&amp;</b>"),
        ("một\thai\r\nba\u2028bốn", "một hai ba bốn"),
        ("mềm\u00admại\u200b", "mềmmại"),
        ("chuông\x07", "chuông□"),
        ("bút 🖋 漢", "bút □ □"),
        ("hỏng \ud800", "hỏng □"),
        ("A\u200b\u0323", "Ạ"),
        ("", ""),
    ],
)
def test_text_is_printed_as_it_is_or_visibly_replaced(given_text: str, printed: str) -> None:
    assert fonts.clean(given_text) == printed


def test_every_vietnamese_letter_can_be_printed() -> None:
    assert fonts.clean(ALPHABET + ALPHABET.upper()) == ALPHABET + ALPHABET.upper()


@given(WEIRD)
def test_clean_text_has_only_characters_of_the_typeface(text: str) -> None:
    clean = fonts.clean(text, keep_lines=True)
    assert all(ord(char) in fonts.register() for char in clean.replace("\n", ""))
    assert fonts.clean(clean, keep_lines=True) == clean


@given(WEIRD, st.floats(20, 500))
def test_wrapping_loses_no_letter_and_passes_no_edge(text: str, width: float) -> None:
    clean = fonts.clean(text, keep_lines=True)
    lines = wrap(clean, fonts.REGULAR, 12, width)
    assert "".join("".join(lines).split()) == "".join(clean.split())
    assert all(fonts.text_width(line, fonts.REGULAR, 12) <= width + 0.01 for line in lines)


@given(WEIRD, st.floats(30, 300), st.integers(1, 5), st.booleans())
def test_fitted_text_stays_in_its_box(text: str, width: float, most_lines: int, balanced: bool) -> None:
    block = fit(text, fonts.BOLD, 12, width, smallest=6, most_lines=most_lines, balanced=balanced)
    assert len(block.lines) <= most_lines
    assert 6 <= block.size <= 12
    assert all(fonts.text_width(line, fonts.BOLD, block.size) <= width + 0.01 for line in block.lines)


def test_text_too_long_for_its_box_says_so() -> None:
    assert fit("một " * 100, fonts.REGULAR, 12, 100, smallest=6, most_lines=2).lines[-1].endswith("…")


def test_text_that_just_fits_is_not_marked_as_cut() -> None:
    width = fonts.text_width("Sở Nội vụ", fonts.REGULAR, 6) + 0.01
    block = fit("Sở Nội vụ Sở Nội vụ", fonts.REGULAR, 6, width, smallest=6, most_lines=2)
    assert block.lines == ("Sở Nội vụ", "Sở Nội vụ")


def test_text_is_shrunk_until_it_is_low_enough() -> None:
    block = fit("một\nhai\nba", fonts.REGULAR, 12, 100, smallest=5, most_lines=3, tallest=25, balanced=True)
    assert block.lines == ("một", "hai", "ba")
    assert block.height <= 25


def test_names_of_agencies_break_where_a_reader_pauses() -> None:
    block = fit_name("Ủy ban nhân dân tỉnh Hà Nam", fonts.REGULAR, 12, 180, smallest=12, most_lines=3)
    assert block.lines == ("ỦY BAN NHÂN DÂN", "TỈNH HÀ NAM")

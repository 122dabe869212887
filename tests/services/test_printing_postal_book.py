"""The book of documents sent by post: cover, six columns, headings on every page (NĐ 30/2020 PL IV.III)."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings

from clerkdesk.services.printing.postal_book import COLUMNS, PostalBook, PostalLine, postal_book
from tests.services.test_printing_pdf import WEIRD, boxes, flat, page_sizes, texts

BOOK = PostalBook(
    parent_agency="Ủy ban nhân dân tỉnh Hà Nam",
    agency="Sở Nội vụ",
    year=2026,
    first_day=date(2026, 1, 1),
    last_number="120/QĐ-SNV",
    volume="01",
)


def _lines(count: int) -> list[PostalLine]:
    return [
        PostalLine(
            sent_on=date(2026, 2, number % 28 + 1),
            references=f"{number + 1:03d}/QĐ-SNV",
            addressee="Ủy ban nhân dân xã Bình Lục, tỉnh Ninh Bình",
            envelopes=number % 4 + 1,
            note="Bảo đảm" if number % 7 == 0 else "",
        )
        for number in range(count)
    ]


def test_cover_says_what_the_form_says_and_leaves_dots_for_the_rest() -> None:
    cover = " ".join(texts(postal_book(BOOK, _lines(1)))[0].split())
    assert cover == (
        "ỦY BAN NHÂN DÂN TỈNH HÀ NAM SỞ NỘI VỤ SỔ GỬI VĂN BẢN ĐI BƯU ĐIỆN Năm: 2026 "
        "Từ ngày 01/01/2026 đến ngày ……… Từ số ……… đến số 120/QĐ-SNV Quyển số: 01"
    )


def test_the_book_has_the_six_columns_of_the_law() -> None:
    assert [title for title, _ in COLUMNS] == [
        "Ngày chuyển",
        "Số, ký hiệu văn bản",
        "Nơi nhận văn bản",
        "Số lượng bì",
        "Ký nhận và dấu bưu điện",
        "Ghi chú",
    ]
    assert sum(width for _, width in COLUMNS) == 165


def test_every_entry_is_in_the_book_with_headings_and_numbers_on_each_page() -> None:
    pdf = postal_book(BOOK, _lines(70))
    pages = texts(pdf)
    assert len(pages) >= 4
    assert set(page_sizes(pdf)) == {(210.0, 297.0)}
    for number, page in enumerate(pages[1:], 1):
        words = " ".join(page.split())
        assert "Nơi nhận văn bản" in words
        assert "(1) (2) (3) (4) (5) (6)" in words
        assert str(number) in [char for char, _, top, _, _ in boxes(pdf, number) if top > 280]
    text = flat(pdf)
    assert all(f"{number + 1:03d}/QĐ-SNV" in text for number in range(70))


def test_a_book_without_entries_is_an_empty_form() -> None:
    pages = texts(postal_book(BOOK, [], blank_rows=40, cover=False))
    assert len(pages) == 2
    assert all("(6)" in page for page in pages)
    assert len(texts(postal_book(BOOK, []))) == 2


def test_an_entry_longer_than_a_page_goes_on_and_loses_nothing() -> None:
    addressee = " ".join(f"xã{number}" for number in range(900))
    pdf = postal_book(BOOK, [PostalLine(sent_on=date(2026, 1, 1), references="01", addressee=addressee)])
    assert len(page_sizes(pdf)) > 3
    text = flat(pdf)
    assert all(f"xã{number}" in text for number in range(900))


@settings(max_examples=15, deadline=None)
@given(text=WEIRD, other=WEIRD)
def test_no_text_breaks_the_book(text: str, other: str) -> None:
    book = PostalBook(agency=text, parent_agency=other, year=2026, first_number=text, last_number=other, volume=text)
    line = PostalLine(sent_on=date(2026, 1, 1), references=text[:300], addressee=other[:300], note=text[:300])
    assert page_sizes(postal_book(book, [line]))[0] == (210.0, 297.0)

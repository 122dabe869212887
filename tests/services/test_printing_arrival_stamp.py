"""The ĐẾN stamp: its exact size, its rows, and its place on the sheet (NĐ 30/2020 PL IV.V)."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given, settings

from clerkdesk.services.printing.arrival_stamp import ArrivalStamp, OffTheSheet, arrival_stamp, stamp_on_sheet
from tests.services.test_printing_pdf import WEIRD, flat, ink, inside_page, page_sizes, span, texts

STAMP = ArrivalStamp(
    agency="Sở Nội vụ tỉnh Hà Nam",
    number="1859",
    arrived_on=date(2026, 2, 5),
    forwarded_to="Phòng Cải cách hành chính",
    file_code="12.CCHC",
)


def test_stamp_is_a_page_of_exactly_50_by_35_mm() -> None:
    pdf = arrival_stamp(STAMP)
    assert page_sizes(pdf) == [(50.0, 35.0)]
    assert ink(pdf) == pytest.approx((0, 0, 50, 35), abs=0.15)


def test_stamp_has_the_rows_of_the_form() -> None:
    assert flat(arrival_stamp(STAMP)) == (
        "SỞ NỘI VỤ TỈNH HÀ NAM ĐẾN Số: 1859 Ngày: 05/02/2026 "
        "Chuyển: Phòng Cải cách hành chính Số và ký hiệu HS: 12.CCHC"
    )


def test_stamp_without_facts_is_the_empty_form() -> None:
    assert flat(arrival_stamp(ArrivalStamp(agency="UBND xã"))) == "UBND XÃ ĐẾN Số: Ngày: Chuyển: Số và ký hiệu HS:"


def test_urgent_arrival_shows_its_hour() -> None:
    stamp = ArrivalStamp(agency="UBND xã", arrived_on=date(2026, 12, 25), arrived_at=time(8, 5))
    assert "Ngày: 08:05 25/12/2026" in flat(arrival_stamp(stamp))


def test_stamp_is_printed_at_the_place_the_clerk_chose() -> None:
    pdf = stamp_on_sheet(STAMP, 35, 75)
    assert page_sizes(pdf) == [(210.0, 297.0)]
    assert ink(pdf) == pytest.approx((35, 75, 85, 110), abs=0.15)
    assert ink(pdf, red=True) == pytest.approx((35, 75, 85, 110), abs=0.15)


@pytest.mark.parametrize(("left", "top"), [(0, 0), (160, 262), (0, 262)])
def test_stamp_may_touch_the_edges_of_the_sheet(left: float, top: float) -> None:
    assert stamp_on_sheet(STAMP, left, top)


@pytest.mark.parametrize(("left", "top"), [(-1, 0), (160.5, 0), (0, 263), (float("nan"), 0), (0, float("inf"))])
def test_stamp_off_the_sheet_is_refused(left: float, top: float) -> None:
    with pytest.raises(OffTheSheet):
        stamp_on_sheet(STAMP, left, top)


def test_stamp_fits_a_sheet_of_a5() -> None:
    assert page_sizes(stamp_on_sheet(STAMP, 90, 20, sheet=(148, 210))) == [(148.0, 210.0)]


def test_a_long_agency_name_is_shrunk_and_wrapped_within_its_row() -> None:
    name = "Ban Quản lý dự án đầu tư xây dựng các công trình nông nghiệp và phát triển nông thôn tỉnh Vĩnh Long"
    pdf = arrival_stamp(ArrivalStamp(agency=name))
    assert " ".join(texts(pdf)[0].split()).startswith(name.upper())
    left, top, right, bottom = span(pdf, name.upper())
    assert left > 0.8
    assert top > 0.4
    assert right < 49.2
    assert bottom < 9


def test_black_stamp_has_no_red() -> None:
    with pytest.raises(AssertionError):
        ink(arrival_stamp(STAMP, red=False), red=True)


@settings(max_examples=40, deadline=None)
@given(text=WEIRD, other=WEIRD)
def test_no_text_passes_the_frame(text: str, other: str) -> None:
    stamp = ArrivalStamp(agency=text, number=other, forwarded_to=text, file_code=other)
    pdf = arrival_stamp(stamp)
    assert page_sizes(pdf) == [(50.0, 35.0)]
    assert inside_page(pdf)

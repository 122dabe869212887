"""Labels of arrivals: each on its label of the sheet, moved as the printer needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerkdesk.services.printing.arrival_label import (
    ArrivalLabel,
    BadLabelSheet,
    LabelSheet,
    NoLabels,
    NoSuchPosition,
    arrival_label,
    calibration_sheet,
    label_sheets,
)
from tests.services.test_printing_pdf import WEIRD, boxes, flat, ink, page_sizes, span, texts

LABEL = ArrivalLabel(agency="Sở Nội vụ", number="1859", arrived_on=date(2026, 2, 5), reference="12/QĐ-UBND")
SMALL = LabelSheet(
    rows=13,
    columns=5,
    label_width=38.1,
    label_height=21.2,
    margin_left=4.75,
    margin_top=10.7,
    pitch_x=40.6,
    pitch_y=21.2,
)


def test_one_label_is_a_page_of_its_size_and_says_four_things() -> None:
    pdf = arrival_label(LABEL, width=60, height=30)
    assert page_sizes(pdf) == [(60.0, 30.0)]
    assert flat(pdf) == "SỞ NỘI VỤ Số đến: 1859 Ngày đến: 05/02/2026 Số, ký hiệu: 12/QĐ-UBND"


def test_a_label_without_reference_has_no_empty_line() -> None:
    assert flat(arrival_label(replace(LABEL, reference=" "))) == "SỞ NỘI VỤ Số đến: 1859 Ngày đến: 05/02/2026"


@pytest.mark.parametrize("sheet", [LabelSheet(), SMALL, replace(SMALL, offset_x=-1.5, offset_y=2)])
@pytest.mark.parametrize("start", [1, 5, 24])
def test_labels_start_at_the_first_free_one_and_stay_on_theirs(sheet: LabelSheet, start: int) -> None:
    labels = [replace(LABEL, number=str(1000 + number)) for number in range(4)]
    pdf = label_sheets(labels, sheet, start=start)
    for index in range(4):
        page, position = divmod(start - 1 + index, sheet.count)
        row, column = divmod(position, sheet.columns)
        left = sheet.margin_left + sheet.offset_x + column * sheet.pitch_x
        top = sheet.margin_top + sheet.offset_y + row * sheet.pitch_y
        found = span(pdf, f"Số đến: {1000 + index}", page)
        assert left < found[0]
        assert top < found[1]
        assert found[2] < left + sheet.label_width
        assert found[3] < top + sheet.label_height
        assert (found[0] + found[2]) / 2 == pytest.approx(left + sheet.label_width / 2, abs=0.5)


def test_labels_go_on_to_the_next_sheet() -> None:
    pages = texts(label_sheets([LABEL] * 30, LabelSheet(), start=20))
    assert [page.count("Số đến") for page in pages] == [5, 24, 1]


@pytest.mark.parametrize("start", [0, 25, -1])
def test_a_position_the_sheet_does_not_have_is_refused(start: int) -> None:
    with pytest.raises(NoSuchPosition):
        label_sheets([LABEL], LabelSheet(), start=start)


def test_no_labels_is_refused() -> None:
    with pytest.raises(NoLabels):
        label_sheets([], LabelSheet())


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": 0},
        {"columns": 4},
        {"pitch_x": 60},
        {"margin_left": -1},
        {"label_height": 5},
        {"offset_y": 50},
        {"margin_top": float("nan")},
    ],
)
def test_measures_that_contradict_each_other_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadLabelSheet):
        replace(LabelSheet(), **wrong)  # type: ignore[arg-type]


def test_calibration_sheet_shows_the_outlines_with_the_offsets() -> None:
    sheet = replace(SMALL, offset_x=1, offset_y=-0.5)
    right, bottom = 4.75 + 1 + 4 * 40.6 + 38.1, 10.7 - 0.5 + 13 * 21.2
    assert ink(calibration_sheet(sheet)) == pytest.approx((5.75, 10.2, right, bottom), abs=0.3)
    assert "65" in texts(calibration_sheet(sheet))[0]


@settings(max_examples=40, deadline=None)
@given(agency=WEIRD, number=WEIRD, reference=WEIRD, size=st.sampled_from([(38.1, 21.2), (70.0, 37.0), (15.0, 10.0)]))
def test_no_text_passes_the_edge_of_its_label(
    agency: str, number: str, reference: str, size: tuple[float, float]
) -> None:
    label = ArrivalLabel(agency=agency, number=number, reference=reference, arrived_on=date(2026, 1, 1))
    width, height = size
    pdf = arrival_label(label, width=width, height=height)
    for _, left, top, right, bottom in boxes(pdf):
        assert -0.05 <= left <= right <= width + 0.05
        assert -0.05 <= top <= bottom <= height + 0.05

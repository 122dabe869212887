"""The slip of an arrival: the document, three opinions, lines for the pen (NĐ 30/2020 PL IV.VII)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given, settings

from clerkdesk.services.printing.action_slip import ActionSlip, Assignment, Opinion, action_slip
from tests.services.test_printing_pdf import WEIRD, flat, ink, page_sizes

SLIP = ActionSlip(
    parent_agency="Ủy ban nhân dân tỉnh Hà Nam",
    agency="Sở Nội vụ",
    place="Hà Nam",
    made_on=date(2026, 1, 6),
    type_name="Công văn",
    reference="12/STC-NS",
    issued_on=date(2026, 1, 5),
    issuer="Sở Tài chính",
    subject="về việc lập dự toán",
    arrival_number="125",
    arrived_on=date(2026, 1, 6),
)


def test_slip_describes_the_document_and_asks_for_three_opinions() -> None:
    pdf = action_slip(SLIP)
    assert page_sizes(pdf) == [(210.0, 297.0)]
    text = flat(pdf)
    for part in (
        "Hà Nam, ngày 06 tháng 01 năm 2026 PHIẾU GIẢI QUYẾT VĂN BẢN ĐẾN",
        "Công văn số 12/STC-NS ngày 05 tháng 01 năm 2026 của Sở Tài chính về việc lập dự toán",
        "Số đến: 125; Ngày đến: 06/01/2026",
        "1. Ý kiến của lãnh đạo cơ quan, tổ chức: Ngày tháng năm",
        "2. Ý kiến của lãnh đạo đơn vị: Ngày tháng năm",
        "3. Ý kiến đề xuất của người giải quyết: Ngày tháng năm",
    ):
        assert part in text


def test_an_empty_slip_fills_its_page_with_lines_for_the_pen() -> None:
    left, _, right, bottom = ink(action_slip(SLIP))
    assert 245 < bottom < 277
    assert left > 29.5
    assert right < 195.5


def test_opinions_already_given_are_printed_with_parts_and_terms() -> None:
    leader = Opinion(
        text="Giao các đơn vị thực hiện.",
        assignments=(
            Assignment(who="Phòng Tổ chức", due=date(2026, 1, 20)),
            Assignment(who="Văn phòng", part="Phối hợp"),
        ),
        given_by="Giám đốc Nguyễn Văn An",
        given_on=date(2026, 1, 6),
    )
    assert (
        "tổ chức: Giao các đơn vị thực hiện. - Chủ trì: Phòng Tổ chức (thời hạn: 20/01/2026) - Phối hợp: Văn phòng "
        "Ngày 06 tháng 01 năm 2026, Giám đốc Nguyễn Văn An 2. Ý kiến" in flat(action_slip(replace(SLIP, leader=leader)))
    )


@settings(max_examples=20, deadline=None)
@given(text=WEIRD, other=WEIRD)
def test_no_text_breaks_a_slip(text: str, other: str) -> None:
    opinion = Opinion(text=text, given_by=other, assignments=(Assignment(who=other, part=text),))
    slip = ActionSlip(
        agency=text, parent_agency=other, place=text, subject=other, reference=text, issuer=other, leader=opinion
    )
    assert page_sizes(action_slip(slip))[0] == (210.0, 297.0)

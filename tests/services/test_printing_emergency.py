"""The two papers of the emergency register, and both numbers on stamp, label and slip."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from clerkdesk.services import paper
from clerkdesk.services.agency_setup import AgencyFacts
from clerkdesk.services.desk import Desk
from clerkdesk.services.ids import new_id
from clerkdesk.services.printing.emergency_lists import (
    Head,
    PrintedLine,
    PrintedOutage,
    emergency_register,
    numbers_to_write,
)

from .test_printing_pdf import inside_page, texts

HEAD = Head(agency="Sở Nội vụ tỉnh Sông Hương", parent_agency="Ủy ban nhân dân tỉnh Sông Hương", place="Sông Hương")
LONG = "Về việc báo cáo kết quả thực hiện Kế hoạch cải cách hành chính năm 2026 <b>&</b> " * 6


def lines(count: int) -> list[PrintedLine]:
    return [
        PrintedLine(
            emergency_number=f"T02-{n}/2026", arrival_number=f"{117 + n}/2026", arrived_on=dt.date(2026, 11, 20),
            entered="09:15 20/11/2026", document=f"Sở Tài chính, {n}/STC-NS", subject=LONG if n == 2 else f"Việc {n}",
        )
        for n in range(1, count + 1)
    ]  # fmt: skip


def read(pdf: bytes) -> list[str]:
    """Return each page's text as one line."""
    return [" ".join(page.split()) for page in texts(pdf)]


def test_the_list_pairs_every_emergency_number_with_its_arrival_number() -> None:
    (text,) = read(numbers_to_write(HEAD, lines(3)))
    assert "DANH SÁCH CHUYỂN SỐ TẠM SANG SỐ ĐẾN" in text
    assert "3 văn bản. Ghi số đến bên cạnh số tạm trên từng văn bản" in text
    assert [f"T02-{n}/2026 {117 + n}/2026 20/11/2026" in text for n in (1, 2, 3)] == [True] * 3
    assert "<b>&</b>" in text
    assert inside_page(numbers_to_write(HEAD, lines(3)))


def test_a_long_list_has_its_headings_on_every_page() -> None:
    pages = read(numbers_to_write(HEAD, lines(120)))
    assert len(pages) > 2
    assert all("Số tạm Số đến" in page for page in pages)
    assert "T02-120/2026 237/2026" in pages[-1]


def test_the_register_says_outages_days_and_lines() -> None:
    outage = PrintedOutage(
        desk="02", started="09:00 20/11/2026", ended="", cause="Mất mạng nội bộ", authorised_by="Phạm Thu Hà"
    )
    (text,) = read(emergency_register(HEAD, 2026, [outage], [(dt.date(2026, 11, 20), "02", 2)], lines(2)))
    for words in (
        "SỔ TẠM KHI MẤT KẾT NỐI NĂM 2026", "02 09:00 20/11/2026 Mất mạng nội bộ Phạm Thu Hà", "20/11/2026 02 2",
        "T02-1/2026 09:15 20/11/2026", "118/2026",
    ):  # fmt: skip
        assert words in text


def test_an_empty_register_has_room_for_the_pen() -> None:
    (text,) = read(emergency_register(HEAD, 2026, [], [], []))
    assert "III. Văn bản" in text
    assert "0 văn bản" in read(numbers_to_write(HEAD, []))[0]


def row(**changes: Any) -> dict[str, Any]:
    facts = {
        "number": 118, "sub_number": "", "year": 2026, "emergency_number": "T02-3/2026", "in_emergency": 0,
        "arrival_date": dt.date(2026, 11, 20), "registered_at": dt.datetime(2026, 11, 20, 2, tzinfo=dt.UTC),
        "urgency": 0, "to_places": "", "file_notation": "", "code_number": "205", "code_notation": "BC-STC",
        "subject": "Báo cáo", "document_type": "BC", "issued_date": dt.date(2026, 11, 18), "issuer": "Sở Tài chính",
        "id": new_id(),
    }  # fmt: skip
    return facts | changes


@pytest.mark.parametrize(
    ("changes", "stamp", "label"),
    [
        ({}, "118 (T02-3)", "118/2026 (T02-3)"),
        ({"in_emergency": 1, "number": 3}, "T02-3", "T02-3/2026"),
        ({"emergency_number": ""}, "118", "118/2026"),
        ({"emergency_number": "", "number": 7, "sub_number": "a"}, "07a", "07a/2026"),
    ],
)
def test_stamp_label_and_slip_bear_all_numbers(desk: Desk, changes: dict[str, Any], stamp: str, label: str) -> None:
    agency = desk.agency
    assert isinstance(agency, AgencyFacts)
    assert f"{stamp} Ngày" in read(paper.stamp_pdf(agency, row(**changes)))[0].replace("Số: ", "")
    assert f"Số đến: {label} Ngày đến" in read(paper.label_pdf(agency, [row(**changes)]))[0]
    assert label in read(paper.action_slip_pdf(agency, row(**changes)))[0]

"""Lists of arrivals: columns are found by their headings, faults are told line by line, nothing is half taken in."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from clerkdesk.errors import ClerkDeskError
from clerkdesk.services import batch_import
from clerkdesk.services import commands as c
from clerkdesk.services.batch import TooManyWaiting
from clerkdesk.services.clock import local, now
from clerkdesk.services.desk import Desk
from clerkdesk.services.vocabulary import ReceiptChannel, Urgency

from ..office import ISSUER, arrivals_book, everything, register

HEAD = "STT;Cơ quan ban hành;Số, ký hiệu;Ngày văn bản;Trích yếu;Ngày đến;Giờ đến\n"
GOOD = "1;Sở Tài chính;123/STC-VP;19/11/2026;Quyết toán quý III;20/11/2026;7:30\n"


def listed(desk: Desk, path: Path, **named: Any) -> batch_import.ImportPreview:
    return desk.read(batch_import.read_list, path, now(), **named)


def csv_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "danh-sach.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_list_is_read_whatever_program_wrote_it(desk: Desk, tmp_path: Path, encoding: str, delimiter: str) -> None:
    head = HEAD.replace("Số, ký hiệu", "Số ký hiệu").replace(";", delimiter)
    preview = listed(desk, csv_file(tmp_path, head + GOOD.replace(";", delimiter), encoding))
    assert (preview.wrong, preview.ignored) == (0, ("STT",))
    (one,) = preview.lines
    assert one.line is not None
    facts = one.line.facts
    assert (facts.issuer, facts.code_number, facts.code_notation) == ("Sở Tài chính", "123", "STC-VP")
    assert (facts.issued_date, facts.arrival_date) == (dt.date(2026, 11, 19), dt.date(2026, 11, 20))
    assert f"{local(one.line.received_at):%d/%m/%Y %H:%M}" == "20/11/2026 07:30"
    assert one.line.source == "danh-sach.csv: 2"


def test_english_headings_do_too_and_titles_may_stand_above_them(desk: Desk, tmp_path: Path) -> None:
    text = "Arrivals of the week\n\nissuer,reference code,issue date,subject,received at,urgency,channel\n"
    text += "Sở Tài chính,05/2026/QĐ-UBND,2026-11-19,Ban hành quy chế,2026-11-20 07:45,Hỏa tốc,Trục liên thông\n"
    (one,) = listed(desk, csv_file(tmp_path, text)).lines
    assert one.line is not None, one.trouble
    facts = one.line.facts
    assert (facts.normative, facts.document_type, facts.urgency) == (True, "QĐ", Urgency.FLASH)
    assert facts.receipt_channel is ReceiptChannel.EXCHANGE
    assert one.row == 4


def test_a_spreadsheet_with_real_dates_and_numbers(desk: Desk, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Cơ quan ban hành", "Số", "Ký hiệu", "Ngày ban hành", "Trích yếu", "Ngày đến", "Số trang"])
    sheet.append(
        [ISSUER, 7, "QĐ-UBND", dt.date(2026, 11, 18), "Kế hoạch", dt.datetime(2026, 11, 19, 15, 5), 3.0]  # noqa: DTZ001
    )
    book.save(tmp_path / "danh-sach.xlsx")
    (one,) = listed(desk, tmp_path / "danh-sach.xlsx").lines
    assert one.line is not None, one.trouble
    facts = one.line.facts
    assert (facts.code_number, facts.code_notation, facts.page_amount) == ("07", "QĐ-UBND", 3)
    assert (facts.issued_date, f"{local(one.line.received_at):%d %H:%M}") == (dt.date(2026, 11, 18), "19 15:05")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (";12/STC;19/11/2026;Quyết toán;20/11/2026;", "Chưa nhập “Cơ quan ban hành”."),
        ("STC;12/STC;19/11/2026;;20/11/2026;", "Chưa nhập “Trích yếu”."),
        ("STC;12/STC;31/02/2026;Quyết toán;20/11/2026;", "“31/02/2026” không phải là ngày."),
        ("STC;12/STC;19/11/2026;Quyết toán;;", "Chưa nhập “Ngày đến”."),
        ("STC;12/STC;19/11/2026;Quyết toán;21/11/2026;", "Ngày đến (21/11/2026) ở sau ngày 20/11/2026."),
        ("STC;12/STC;19/11/2026;Quyết toán;20/11/2026;23:00", "Thời điểm nhận 20/11/2026 23:00 chưa tới."),
        ("STC;12/STC;19/11/2026;Quyết toán;20/11/2026;25:00", "“25:00” không phải là giờ."),
        ("STC;12/STC;19/11/2026;[TỐI MẬT] Quyết toán;20/11/2026;", "Văn bản có dấu hiệu thuộc bí mật nhà nước"),
        (f"STC;12/STC;19/11/2026;{'x' * 501};20/11/2026;", "“Trích yếu” dài 501 ký tự"),
        ("Sở Tài chính;123/STC-VP;19/11/2026;Lần nữa;20/11/2026;", "Trùng với dòng 1 của chồng này"),
    ],
)
def test_what_is_wrong_with_a_line_is_one_sentence_beside_it(
    desk: Desk, tmp_path: Path, line: str, sentence: str
) -> None:
    preview = listed(desk, csv_file(tmp_path, HEAD + GOOD + f"2;{line}\n"))
    assert [bool(one.trouble) for one in preview.lines] == [False, True]
    assert sentence in preview.lines[1].trouble
    assert preview.wrong == 1


def test_a_document_already_in_the_register_is_told(desk: Desk, tmp_path: Path) -> None:
    register(desk, issuer="Sở Tài chính", code_number="123", code_notation="STC-VP")
    (one,) = listed(desk, csv_file(tmp_path, HEAD + GOOD)).lines
    assert "Văn bản này đã vào sổ: số đến 1/2026" in one.trouble


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", batch_import.HeadingsMissing),
        ("Tên;Tuổi\nAn;5\n".encode(), batch_import.HeadingsMissing),
        (HEAD.encode(), batch_import.ListEmpty),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), batch_import.ListUnreadable),
        (b"PK\x03\x04 torn", batch_import.ListUnreadable),
        (b"\xff\xfe\x00", batch_import.ListUnreadable),
        ("Cơ quan".encode("cp1258", "replace"), ClerkDeskError),
        (bytes(range(256)) * 40, batch_import.ListUnreadable),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_words(
    desk: Desk, tmp_path: Path, content: bytes, error: type[ClerkDeskError]
) -> None:
    path = tmp_path / "danh-sach.csv"
    path.write_bytes(content)
    before = everything(desk.store)
    with pytest.raises(error, match=r"danh-sach\.csv"):
        listed(desk, path)
    with pytest.raises(batch_import.ListUnreadable):
        listed(desk, tmp_path / "khong-co.csv")
    assert everything(desk.store) == before


def test_more_lines_than_a_batch_may_have_are_refused(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(TooManyWaiting, match="10001"):
        listed(desk, csv_file(tmp_path, HEAD + GOOD * 10_001))
    with pytest.raises(TooManyWaiting, match=r"20000\+"):
        listed(desk, csv_file(tmp_path, HEAD + GOOD * 30_000))


def test_reading_tells_how_far_it_is_and_can_be_stopped(desk: Desk, tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEAD + "".join(GOOD.replace("123/", f"{n}/") for n in range(500)))
    told: list[tuple[int, int]] = []
    assert listed(desk, path, progress=lambda *one: told.append(one)).wrong == 0
    assert told == [(0, 500), (200, 500), (400, 500)]
    with pytest.raises(batch_import.Unfinished):
        listed(desk, path, stop=lambda: len(told) > 3, progress=lambda *one: told.append(one))


def test_a_list_without_arrival_dates_came_now_in_the_order_of_its_lines(desk: Desk, tmp_path: Path) -> None:
    text = "Cơ quan ban hành,Trích yếu\nSở Tài chính,một\nSở Xây dựng,hai\n"
    preview = listed(desk, csv_file(tmp_path, text))
    lines = tuple(one.line for one in preview.lines if one.line)
    assert lines[0].received_at == lines[1].received_at
    assert [one.position for one in lines] == [0, 1]
    desk.do(desk.make(c.AddWaiting, register_id=arrivals_book(desk), lines=lines))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.lists(st.text(max_size=30), min_size=6, max_size=6), min_size=1, max_size=6))
def test_whatever_stands_in_the_cells_each_line_is_sound_or_has_its_sentence(
    desk: Desk, tmp_path: Path, cells: list[list[str]]
) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Cơ quan ban hành", "Số ký hiệu", "Ngày văn bản", "Trích yếu", "Ngày đến", "Hạn xử lý"])
    for row in cells:
        sheet.append(["".join(c for c in cell if c.isprintable()) for cell in row])
    book.save(tmp_path / "any.xlsx")
    try:
        preview = listed(desk, tmp_path / "any.xlsx")
    except batch_import.ListEmpty:
        return
    assert all((one.line is None) == bool(one.trouble) for one in preview.lines)

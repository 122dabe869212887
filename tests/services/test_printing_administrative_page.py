"""Administrative documents: every part at its place on the page and readable by machines (NĐ 30/2020 PL I)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from reportlab.platypus import Flowable

from clerkdesk.services.printing.administrative_page import AdministrativePage, _Closing, administrative_page, listed
from clerkdesk.services.printing.marks import Urgency
from tests.services.test_printing_pdf import WEIRD, boxes, flat, ink, page_sizes, span, texts

DECISION = AdministrativePage(
    parent_agency="Ủy ban nhân dân tỉnh Hà Nam",
    agency="Sở Nội vụ",
    symbol="QĐ-SNV",
    place="Hà Nam",
    year=2026,
    type_name="Quyết định",
    subject="Về việc ban hành Quy chế công tác văn thư, lưu trữ",
    decided_by="Giám đốc Sở Nội vụ",
    grounds=("Căn cứ Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ;",),
    enacting="Quyết định:",
    body=("Điều 1. Ban hành Quy chế.", "Điều 2. Chánh Văn phòng chịu trách nhiệm thi hành Quyết định này./."),
    authority=("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"),
    signer="Nguyễn Văn An",
    recipients=("Như Điều 2;", "UBND tỉnh (để báo cáo)", "Lưu: VT, VP."),
)
LETTER = replace(
    DECISION,
    symbol="SNV-VP",
    type_name="",
    subject="triển khai kết nối, liên thông văn bản",
    decided_by="",
    grounds=(),
    enacting="",
    addressees=("Bộ Nội vụ",),
    body=("Thực hiện ý kiến của Chủ tịch Ủy ban nhân dân tỉnh, Sở Nội vụ báo cáo như sau. " * 4,),
)


def test_all_parts_of_a_decision_can_be_read_back() -> None:
    text = flat(administrative_page(replace(DECISION, number="15", day=5, month=2)))
    for part in (
        "ỦY BAN NHÂN DÂN TỈNH HÀ NAM SỞ NỘI VỤ",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM Độc lập - Tự do - Hạnh phúc",
        "Số: 15/QĐ-SNV Hà Nam, ngày 05 tháng 02 năm 2026",
        "QUYẾT ĐỊNH Về việc ban hành Quy chế công tác văn thư, lưu trữ GIÁM ĐỐC SỞ NỘI VỤ",
        "năm 2020 của Chính phủ; QUYẾT ĐỊNH: Điều 1. Ban hành Quy chế.",
        "Nơi nhận: - Như Điều 2; - UBND tỉnh (để báo cáo); - Lưu: VT, VP.",
        "KT. GIÁM ĐỐC PHÓ GIÁM ĐỐC Nguyễn Văn An",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("number", "day", "month", "line"),
    [
        (None, None, None, "Số: /QĐ-SNV Hà Nam, ngày tháng năm 2026"),
        ("5", 5, 3, "Số: 05/QĐ-SNV Hà Nam, ngày 05 tháng 3 năm 2026"),
        ("44a", 31, 12, "Số: 44a/QĐ-SNV Hà Nam, ngày 31 tháng 12 năm 2026"),
        ("120", None, 1, "Số: 120/QĐ-SNV Hà Nam, ngày tháng 01 năm 2026"),
        (None, 1, None, "Số: /QĐ-SNV Hà Nam, ngày 01 tháng năm 2026"),
    ],
)
def test_number_and_date_are_words_on_one_line(
    number: str | None, day: int | None, month: int | None, line: str
) -> None:
    (page,) = texts(administrative_page(replace(DECISION, number=number, day=day, month=month)))
    assert line in [" ".join(row.split()) for row in page.split("\n")]


@pytest.mark.parametrize(
    ("symbol", "place"),
    [("QĐ-SNV", "Hà Nam"), ("STTTT-CNTT", "Thành phố Hồ Chí Minh"), ("BC-BCĐCĐSTTTT-VPĐPCTMTQG", "Bà Rịa - Vũng Tàu")],
)
def test_a_document_without_number_and_date_has_room_for_them(symbol: str, place: str) -> None:
    found = boxes(administrative_page(replace(DECISION, symbol=symbol, place=place)))
    row = found["".join(char for char, *_ in found).index("Số:/") :]
    text = "".join(char for char, *_ in row)
    number_gap = row[text.index("/")][1] - row[text.index("/") - 1][3]
    day_gap = row[text.index("tháng")][1] - row[text.index("tháng") - 1][3]
    month_gap = row[text.index("năm2026")][1] - row[text.index("năm2026") - 1][3]
    assert number_gap >= 18
    assert day_gap >= 8
    assert month_gap >= 8
    assert row[text.index("2026") + 3][3] <= 195.1


def test_places_of_the_parts_follow_the_diagram() -> None:
    pdf = administrative_page(replace(DECISION, number="15", day=5, month=1))
    agency, nation = span(pdf, "SỞ NỘI VỤ"), span(pdf, "CỘNG HÒA XÃ HỘI")
    number, when = span(pdf, "Số: 15/QĐ-SNV"), span(pdf, "Hà Nam, ngày")
    assert 30 <= agency[0] < agency[2] <= 100 < nation[0]
    assert 20 <= nation[1] <= 25
    assert number[2] < 100 < when[0]
    left, _, right, bottom = ink(pdf)
    assert left >= 29.5
    assert right <= 195.1
    assert bottom <= 277
    title, name = span(pdf, "PHÓ GIÁM ĐỐC"), span(pdf, "Nguyễn Văn An")
    assert 29 <= name[1] - title[3] <= 34
    assert abs((title[0] + title[2]) - (name[0] + name[2])) < 1
    call = span(pdf, "Nơi nhận:")
    assert call[0] < 32
    assert abs(call[1] - span(pdf, "KT. GIÁM ĐỐC")[1]) < 2


def test_a_cong_van_has_its_subject_under_the_number_and_whom_it_is_for() -> None:
    pdf = administrative_page(replace(LETTER, number="7"))
    about = span(pdf, "V/v triển khai")
    assert about[2] < 100
    assert about[1] > span(pdf, "Số: 07/SNV-VP")[3] - 1
    assert "Kính gửi: Bộ Nội vụ" in texts(pdf)[0]


def test_several_addressees_are_a_list() -> None:
    text = flat(administrative_page(replace(LETTER, addressees=("Bộ Nội vụ", "Bộ Tài chính;"))))
    assert "Kính gửi: - Bộ Nội vụ; - Bộ Tài chính." in text


def test_only_articles_at_the_start_of_a_paragraph_are_bold_and_markup_is_text() -> None:
    text = flat(administrative_page(replace(LETTER, body=("Xem <b>Điều 3</b> & <i>khoản</i> &lt;4&gt;.",))))
    assert "Xem <b>Điều 3</b> & <i>khoản</i> &lt;4&gt;." in text


def test_pages_are_numbered_from_the_second_in_the_middle_of_the_top_margin() -> None:
    pdf = administrative_page(replace(LETTER, body=LETTER.body * 25))
    pages = texts(pdf)
    assert len(pages) >= 3
    for number in range(1, len(pages)):
        left, top, right, bottom = span(pdf, str(number + 1), number)
        assert bottom < 20
        assert top > 5
        assert (left + right) / 2 == pytest.approx(105, abs=0.5)
    assert min(top for _, _, top, _, _ in boxes(pdf)) >= 19


@pytest.mark.parametrize("sentences", range(30, 100, 3))
@pytest.mark.parametrize("recipients", [3, 60])
def test_a_signature_never_stands_alone_on_its_page(sentences: int, recipients: int) -> None:
    body = ("Sở Nội vụ báo cáo như sau. " * (sentences - 5), "Sở Nội vụ báo cáo như sau. " * 5)
    names = tuple(f"Sở số {number}" for number in range(recipients))
    pages = texts(administrative_page(replace(LETTER, body=body, recipients=names)))
    (signed,) = [" ".join(page.split()) for page in pages if "Nguyễn Văn An" in page]
    assert "báo cáo như sau." in signed


@pytest.mark.parametrize("sentences", [1, 60, 75, 90, 150, 400])
def test_one_long_paragraph_starts_on_the_first_page_and_loses_no_word(sentences: int) -> None:
    body = " ".join(f"Câu số {number} của báo cáo này." for number in range(sentences))
    pdf = administrative_page(replace(LETTER, body=(body,)))
    pages = [" ".join(page.split()) for page in texts(pdf)]
    assert "Câu số 0 " in pages[0]
    assert f"Câu số {sentences - 1} của báo cáo này." in pages[-1]
    text = flat(pdf)
    assert all(f"số {number} " in text for number in range(sentences))


def test_a_list_of_recipients_longer_than_the_page_goes_on_and_loses_nobody() -> None:
    names = tuple(f"Ủy ban nhân dân xã số {number}" for number in range(150))
    pdf = administrative_page(replace(LETTER, recipients=names))
    assert len(page_sizes(pdf)) >= 3
    text = flat(pdf)
    assert all(f"- {name}{'.' if name == names[-1] else ';'}" in text for name in names)
    assert text.count("Nơi nhận:") == text.count("Nguyễn Văn An") == 1


def test_the_part_of_the_signer_is_not_broken() -> None:
    closing: Flowable = _Closing(DECISION.authority, DECISION.signer, DECISION.recipients)
    assert closing.split(400, 20) == []


@pytest.mark.parametrize("urgency", Urgency)
def test_an_urgent_document_carries_the_mark_of_its_size(urgency: Urgency) -> None:
    left, top, right, bottom = ink(administrative_page(replace(LETTER, urgency=urgency)), red=True)
    assert (right - left, bottom - top) == pytest.approx((urgency.width, 8), abs=0.2)
    assert left == pytest.approx(33, abs=0.2)


def test_items_of_a_list_end_as_the_law_wants() -> None:
    assert listed(["- Như trên.", "", "Lưu: VT, A.05"]) == ["Như trên;", "Lưu: VT, A.05."]


@settings(max_examples=25, deadline=None)
@given(text=WEIRD, other=WEIRD)
def test_no_text_breaks_a_document(text: str, other: str) -> None:
    page = AdministrativePage(
        parent_agency=text,
        agency=other,
        symbol=text,
        number=other,
        place=text,
        year=2026,
        type_name=other,
        subject=text,
        body=(text, other),
        authority=(text,) * 9,
        signer=other,
        recipients=(text, other),
        addressees=(other, text),
        decided_by=text,
        grounds=(other,),
        enacting=text,
        urgency=Urgency.KHAN,
    )
    assert page_sizes(administrative_page(page))[0] == (210.0, 297.0)

"""The preview: a page's text stands in the pane as paragraphs, wrapped once, in the screen's own colours."""

from __future__ import annotations

from pathlib import Path

import pytest

from clerkdesk.screens.widgets.preview import PageBody
from clerkdesk.services.paragraphs import paragraphs
from clerkdesk.services.printing.administrative_page import AdministrativePage, administrative_page
from tests.office import AGENCY, ISSUER

from .clerk import LEADER, Clerk, at_the_terminal

LONG = (
    "Thực hiện Kế hoạch số 15/KH-UBND ngày 05 tháng 01 năm 2026 của Ủy ban nhân dân tỉnh Sông Hương về cải cách hành "
    "chính, Sở Nội vụ báo cáo kết quả công tác văn thư năm 2026 như sau."
)
SECOND = (
    "Sở đã ban hành 12 văn bản hướng dẫn; tổ chức 03 lớp tập huấn cho 215 công chức văn thư các cơ quan, đơn vị, địa "
    "phương trong toàn tỉnh."
)

PAGE = """ỦY BAN NHÂN DÂN
CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc
Số: /SNV-VP Sông Hương, ngày tháng năm 2026
Kính gửi: Ủy ban nhân dân các xã, phường
Thực hiện Kế hoạch số 15/KH-UBND ngày 05 tháng 01 năm 2026 của Ủy
ban nhân dân tỉnh Sông Hương về cải cách hành chính, Sở Nội vụ báo cáo kết quả
công tác văn thư năm 2026 như sau.
1. Về công tác chỉ đạo, điều hành và kiểm tra công tác văn thư tại các đơn vị.
Sở đã ban hành 12 văn bản hướng dẫn; tổ chức 03 lớp tập huấn cho 215 công
chức văn thư các cơ quan, đơn vị, địa phương trong toàn tỉnh.

Nơi nhận:
- Như trên;
- Lưu: VT."""


def test_the_papers_line_ends_go_and_its_paragraphs_stay() -> None:
    assert paragraphs(PAGE).splitlines() == [
        "ỦY BAN NHÂN DÂN",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Số: /SNV-VP Sông Hương, ngày tháng năm 2026",
        "Kính gửi: Ủy ban nhân dân các xã, phường",
        LONG,
        "1. Về công tác chỉ đạo, điều hành và kiểm tra công tác văn thư tại các đơn vị.",
        SECOND,
        "",
        "Nơi nhận:",
        "- Như trên;",
        "- Lưu: VT.",
    ]


@pytest.mark.parametrize(
    "second",
    [
        "- gạch đầu dòng",
        "a) điểm a",
        "2. Khoản hai",
        "Điều 2. Hiệu lực thi hành",
        "Căn cứ Luật Tổ chức chính quyền địa phương",
        "2 Nguyễn Văn An",
        "QUYẾT ĐỊNH",
        "\nsau dòng trống",
    ],
)
def test_what_begins_a_line_of_its_own_keeps_it(second: str) -> None:
    text = f"{'văn bản ' * 10}của\n{second}"
    assert paragraphs(text) == text


def test_a_year_at_the_end_of_a_sentence_is_no_list() -> None:
    first = f"{'văn bản ' * 10}đến ngày 31 tháng 10 năm"
    assert paragraphs(f"{first}\n2026.") == f"{first} 2026."


def test_a_page_of_short_lines_stays_as_it_is() -> None:
    text = "QUYẾT ĐỊNH\nvề việc ban hành\nQuy chế làm việc\nnăm 2026"
    assert paragraphs(text) == text
    assert paragraphs("") == ""


async def with_preview(clerk: Clerk, path: Path) -> PageBody:
    page = AdministrativePage(
        parent_agency=ISSUER.upper(), agency=AGENCY.upper(), symbol="SNV-VP", place="Sông Hương", year=2026,
        subject="Báo cáo", addressees=("Sở Tài chính",), body=(LONG, SECOND), signer=LEADER,
    )  # fmt: skip
    path.write_bytes(administrative_page(page))
    await clerk.go("nd")
    await clerk.attach(path)
    body = clerk.app.screen.query_one(PageBody)
    await clerk.until(lambda: body.page is not None and body.size.height > 5)
    await clerk.settle()
    return body


async def test_the_pane_wraps_each_paragraph_once(office: Path, tmp_path: Path) -> None:
    async with at_the_terminal(office, size=(130, 40)) as clerk:
        body = await with_preview(clerk, tmp_path / "bao-cao.pdf")
        lines = [body.render_line(y).text for y in range(body.size.height)]
        shown = [line.rstrip() for line in lines]
        first = next(place for place, line in enumerate(shown) if line.startswith("Thực hiện"))
        last = next(place for place, line in enumerate(shown) if line.endswith("như sau."))
        assert " ".join(shown[first : last + 1]) == LONG
        # Each line is as full as the next word lets it be.
        for line, following in zip(shown[first:last], shown[first + 1 : last + 1], strict=True):
            assert len(line) + 1 + len(following.split()[0]) > body.size.width


@pytest.mark.parametrize("theme", ["clerk-light", "clerk-dark"])
async def test_the_page_has_the_screens_own_colours(office: Path, tmp_path: Path, theme: str) -> None:
    async with at_the_terminal(office, size=(130, 40)) as clerk:
        clerk.app.theme = theme
        body = await with_preview(clerk, tmp_path / "bao-cao.pdf")
        segments = [segment for y in range(body.size.height) for segment in body.render_line(y)]
        assert all(segment.style and segment.style.bgcolor for segment in segments)
        assert {segment.style.bgcolor for segment in segments if segment.style} == {body.rich_style.bgcolor}

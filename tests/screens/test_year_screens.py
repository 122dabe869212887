"""The turn of the year at the keyboard: opening, the waiting pile, closes, closing, export."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from clerkdesk.screens.widgets.windowed_table import WindowedTable
from clerkdesk.services.clock import VIETNAM
from tests.conftest import OfficeClock
from tests.office import count

from .clerk import Clerk, at_the_terminal
from .conftest import STC

DECEMBER = dt.datetime(2026, 12, 1, 8, 0, tzinfo=VIETNAM)
JANUARY = dt.datetime(2027, 1, 4, 8, 0, tzinfo=VIETNAM)
LIST = "Cơ quan ban hành;Số ký hiệu;Ngày văn bản;Trích yếu;Ngày đến;Giờ đến\n"


def listed(clerk: Clerk) -> list[str]:
    table = clerk.app.screen.query_one(WindowedTable)
    return [" ".join(" ".join(table.row(place)).split()) for place in range(table.row_count)]


class TestOpening:
    async def test_the_first_start_of_a_year_leads_to_the_books_in_one_key(
        self, office: Path, clock: OfficeClock
    ) -> None:
        clock.set(JANUARY)
        async with at_the_terminal(office) as clerk:
            assert clerk.message == "▸ Chưa mở sổ năm 2027: bấm F6 để xem và mở mọi sổ, số bắt đầu từ 01."
            await clerk.press("f6")
            assert clerk.heading == "MỞ SỔ NĂM 2027 · 5 sổ sẽ mở"
            assert listed(clerk)[0] == "DEN Sổ đăng ký văn bản đến sẽ mở, từ 01 mở, đến 03 máy này"
            await clerk.press("f2")
            assert clerk.message == "▸ Đã mở 5 sổ năm 2027, số bắt đầu từ 01."
            assert listed(clerk)[0] == "DEN Sổ đăng ký văn bản đến đã mở, số 01 mở, đến 03 máy này"
            await clerk.press("f2")
            assert clerk.message == "▸ Mọi sổ năm 2027 đã mở."
            await clerk.press("escape")
            assert "F6" not in clerk.seen()
            assert "Số đến tiếp: 01" in clerk.seen()

    async def test_before_december_next_years_books_stay_shut(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.press("f6")
            assert clerk.screen == "HomeScreen"
            await clerk.go("so")
            await clerk.press("f4")
            await clerk.fill("2027")
            await clerk.press("f6")
            assert clerk.message == "✗ Sổ năm 2027 mở được từ ngày 01/12/2026."

    async def test_from_december_on_they_can_be_opened_beforehand(self, office: Path, clock: OfficeClock) -> None:
        clock.set(DECEMBER)
        async with at_the_terminal(office) as clerk:
            assert clerk.message == "▸ Đã sang tháng 12: bấm F6 để mở trước sổ năm 2027."
            await clerk.go("so")
            await clerk.press("f6")
            assert clerk.heading == "MỞ SỔ NĂM 2027 · 5 sổ sẽ mở"
            await clerk.press("f2", "escape")
            assert clerk.heading == "SỔ VÀ SỐ · NĂM 2026"
            await clerk.press("f4")
            await clerk.fill("2027")
            assert all("máy này 01 0 0 0" in row for row in listed(clerk))

    async def test_a_document_of_the_holidays_shows_its_book_and_number(self, office: Path, clock: OfficeClock) -> None:
        clock.set(JANUARY)
        async with at_the_terminal(office) as clerk:
            await clerk.press("f6", "f2", "escape")
            await clerk.go("nd")
            assert "số đến tiếp theo 01" in clerk.heading
            await clerk.fill("stc", "9", "30/12", "Quyết toán cuối năm", "", "", "", "", "", "")
            assert clerk.focused == "arrival_date"
            clerk.app.screen.query_one("#arrival_date").value = ""  # type: ignore[attr-defined]
            await clerk.fill("31/12/2026")
            assert clerk.heading == "NHẬP VĂN BẢN ĐẾN · 04/01/2027 · SỔ NĂM 2026: số đến 04"
            assert clerk.note("arrival_date") == "▸ sổ 2026"
            await clerk.press("f2")
            assert clerk.message == "▸ Đã cấp số đến 04/2026."
            assert "số đến tiếp theo 01" in clerk.heading


class TestThePile:
    async def test_documents_typed_in_are_numbered_together(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.press("v")
            await clerk.workers_done()
            await clerk.press("f10")
            assert clerk.message == "▸ Không có văn bản nào chờ vào sổ."
            await clerk.press("f2")
            for number, hour in (("301", "8h30"), ("300", "7:05")):
                await clerk.fill("stc", number, "18", f"Quyết toán {number}", "", "", "")
                clerk.app.screen.query_one("#arrival_time").value = ""  # type: ignore[attr-defined]
                await clerk.type(hour)
                await clerk.press("f2")
                assert "Đã đưa vào chồng chờ" in clerk.message
            await clerk.press("f12")
            await clerk.workers_done()
            assert clerk.heading == "VĂN BẢN CHỜ VÀO SỔ · 2 văn bản · sẽ lấy số 04–05/2026"
            assert listed(clerk)[0].startswith("04 20/11 07:05")
            await clerk.press("f10")
            await clerk.sees("Cấp số 04–05/2026 cho 2 văn bản")
            await clerk.press("c")
            await clerk.workers_done()
            assert clerk.message == "▸ Đã cấp 2 số đến: 04–05/2026. F8 in nhãn."
            found = clerk.rows("SELECT number, issuer, subject FROM arrival WHERE number > 3 ORDER BY number")
            assert [tuple(row) for row in found] == [(4, STC, "Quyết toán 300"), (5, STC, "Quyết toán 301")]
            await clerk.press("f8")
            await clerk.workers_done()
            assert (office / "in" / "nhan-2026-04-05.pdf").read_bytes().startswith(b"%PDF")

    async def test_a_double_stands_in_the_way_until_it_is_meant(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("ch")
            await clerk.press("f2")
            await clerk.fill("stc", "204/STC-NS", "18", "Lần nữa")
            await clerk.press("f2", "f12")
            await clerk.workers_done()
            assert "1 dòng chưa cấp số được" in clerk.heading
            await clerk.press("f10")
            assert "Chưa cấp số nào. Dòng 1: Văn bản này đã vào sổ" in clerk.message
            await clerk.press("f6")
            await clerk.workers_done()
            assert "sẽ lấy số 04/2026" in clerk.heading
            await clerk.press("f10", "c")
            await clerk.workers_done()
            assert count(clerk.desk.store, "arrival") == 4

    async def test_a_line_is_corrected_and_another_dropped(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("ch")
            await clerk.press("f2")
            for number in ("401", "402"):
                await clerk.fill("stc", number, "18", "Sai trích yếu")
                await clerk.press("f2")
            await clerk.press("f12")
            await clerk.workers_done()
            await clerk.press("enter")
            assert clerk.heading == "SỬA VĂN BẢN CHỜ VÀO SỔ · chưa cấp số"
            assert clerk.value("code") == "401/STC-NS"
            clerk.app.screen.query_one("#subject").text = "Đúng trích yếu"  # type: ignore[attr-defined]
            await clerk.press("f2")
            await clerk.workers_done()
            assert "Đúng trích yếu" in listed(clerk)[0]
            await clerk.press("down", "delete", "c")
            await clerk.workers_done()
            assert len(listed(clerk)) == 1
            assert clerk.message == "▸ Đã bỏ; văn bản này chưa từng có số."

    async def test_a_list_with_a_wrong_line_is_not_taken_in_until_it_is_mended(
        self, office: Path, tmp_path: Path
    ) -> None:
        path = tmp_path / "ds.csv"
        path.write_text(f"{LIST}Sở A;1/A;19/11/2026;Một;20/11/2026;7:00\nSở B;2/B;35/11/2026;Hai;20/11/2026;6:00\n")
        async with at_the_terminal(office) as clerk:
            await clerk.go("ch")
            await clerk.press("f4")
            await clerk.paste(str(path))
            await clerk.press("enter")
            await clerk.workers_done()
            assert clerk.heading == "NHẬP DANH SÁCH · ds.csv · 2 dòng · 1 dòng lỗi"
            await clerk.press("f7")
            assert listed(clerk) == ["✗3 20/11/2026 Sở B 2/B " + listed(clerk)[0].split("2/B ")[1]]
            await clerk.press("f7", "f2")
            assert clerk.message == "✗ Chưa nhập dòng nào: sửa 1 dòng lỗi trong tệp rồi F5."
            assert count(clerk.desk.store, "waiting") == 0
            path.write_text(path.read_text().replace("35/11", "15/11"))
            await clerk.press("f5")
            await clerk.workers_done()
            await clerk.press("f2")
            await clerk.workers_done()
            await clerk.sees("sẽ lấy số 04–05/2026")
            assert "Sở B" in listed(clerk)[0]

    async def test_a_file_that_is_no_list_is_told_in_words(self, office: Path, tmp_path: Path) -> None:
        (tmp_path / "anh.csv").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xff")
        async with at_the_terminal(office) as clerk:
            await clerk.go("ch")
            await clerk.press("f4")
            await clerk.paste(str(tmp_path / "anh.csv"))
            await clerk.press("enter")
            await clerk.workers_done()
            assert "✗ Không đọc được “anh.csv”" in clerk.message
            await clerk.press("f2", "f7")
            assert clerk.screen == "ImportScreen"

    async def test_every_scan_of_a_folder_waits_to_be_read(self, office: Path, tmp_path: Path) -> None:
        scans = tmp_path / "scan"
        scans.mkdir()
        for place in (1, 2):
            (scans / f"vb-{place}.txt").write_text(f"Văn bản số {place}, nội dung đủ dài để là chữ.")
        (scans / "khong-nhan.exe").write_bytes(b"MZ\x00\x00")
        async with at_the_terminal(office) as clerk:
            await clerk.go("ch")
            for known in (0, 2):
                await clerk.press("f7")
                await clerk.paste(str(scans))
                await clerk.press("enter")
                await clerk.workers_done()
                assert f"Đã lấy {2 - known} tệp; {known} tệp đã có từ trước. 1 tệp không nhận" in clerk.message
            assert len(listed(clerk)) == 2
            assert "2 dòng chưa cấp số được" in clerk.heading


class TestCloses:
    async def test_the_days_that_have_ended_are_closed_by_themselves(self, office: Path, clock: OfficeClock) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.workers_done()
            await clerk.go("so")
            await clerk.press("enter")
            assert clerk.heading == "CHỐT SỔ NGÀY · Sổ đăng ký văn bản đến · 2026 · 3 bản chốt · 3 chưa ký"
            assert listed(clerk)[0].startswith("19/11/2026 03 1 0 0")

    async def test_midnight_passes_while_the_program_is_open(self, office: Path, clock: OfficeClock) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.workers_done()
            await clerk.go("nd")
            await clerk.fill("stc", "205", "18", "Báo cáo")
            await clerk.press("f2")
            clock.forward(days=1)
            await clerk.fill("stc", "206", "18", "Báo cáo")
            await clerk.press("f2")
            await clerk.workers_done()
            days = clerk.rows("SELECT day, live FROM daily_close ORDER BY day")
            assert [tuple(row) for row in days][-1] == ("2026-11-20", 1)

    async def test_a_year_is_closed_when_nothing_is_pending_and_its_report_printed(
        self, office: Path, clock: OfficeClock
    ) -> None:
        clock.set(JANUARY)
        async with at_the_terminal(office) as clerk:
            await clerk.workers_done()
            await clerk.press("f6", "f2", "escape")
            await clerk.go("so")
            await clerk.press("f4")
            await clerk.fill("2026")
            await clerk.press("f7")
            await clerk.fill("Chánh Văn phòng", "Chờ hồ sơ")
            await clerk.press("enter", "ctrl+d")
            assert clerk.heading == "ĐÓNG SỔ NĂM 2026 · 5 sổ chưa đóng"
            assert "còn giữ số 04 cho Chánh Văn phòng" in listed(clerk)[0]
            await clerk.press("f10")
            assert "✗ Chưa đóng được: còn 1 việc vướng." in clerk.message
            clock.forward(days=10)
            await clerk.press("f5", "f9")
            await clerk.sees("không mở lại được")
            await clerk.press("c")
            assert clerk.message == "▸ Đã đóng 1 sổ năm 2026. F8 in biên bản đóng sổ để ký."
            assert listed(clerk)[0] == "Sổ đăng ký văn bản đến đã đóng"
            await clerk.press("f9")
            assert clerk.message == "▸ Sổ này đã đóng."
            await clerk.press("f8")
            await clerk.workers_done()
            assert (office / "in" / "dong-so-2026-DEN.pdf").read_bytes().startswith(b"%PDF")
            await clerk.press("f6", "enter")
            await clerk.workers_done()
            assert "Đã xuất 4 số" in clerk.message
            assert (office / "in" / "so-2026" / "entries.csv").exists()

"""Looking things up: filter without accents, jump to a number, sort, and what is done with the row found."""

from __future__ import annotations

from pathlib import Path

import pytest

from clerkdesk.screens.widgets.windowed_table import WindowedTable
from tests.conftest import OfficeClock
from tests.office import everything, rows

from .clerk import Clerk, at_the_terminal

DECISION, LETTER, PLAN = "118/QĐ-UBND", "204/STC-NS", "97/KH-UBND"


def table(clerk: Clerk) -> WindowedTable:
    return clerk.app.screen.query_one(WindowedTable)


def codes(clerk: Clerk) -> list[str]:
    """The reference codes in the list, in its order."""
    listed = table(clerk)
    shown = [" ".join(listed.row(place)) for place in range(listed.row_count)]
    return [code for row in shown for code in (DECISION, LETTER, PLAN) if code in row]


def cursor_row(clerk: Clerk) -> str:
    return " ".join(table(clerk).row(table(clerk).cursor))


class TestList:
    async def test_the_newest_arrival_stands_first(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("de")
            await clerk.workers_done()
            assert codes(clerk) == [PLAN, LETTER, DECISION]
            assert clerk.heading == "VĂN BẢN ĐẾN · Số, mới trước · 3 văn bản"

    async def test_the_filter_finds_without_accents_while_typing(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("de")
            await clerk.press("f7")
            await clerk.type("quyet toan")
            await clerk.workers_done()
            assert codes(clerk) == [LETTER]
            assert "lọc “quyet toan”" in clerk.heading
            await clerk.press("enter")
            assert clerk.app.focused is table(clerk)
            await clerk.press("escape")
            await clerk.workers_done()
            assert len(codes(clerk)) == 3
            await clerk.press("escape")
            assert clerk.app.current_mode == "home"

    async def test_a_number_in_the_filter_jumps_to_it(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("de")
            await clerk.press("slash")
            await clerk.fill("1")
            assert DECISION in cursor_row(clerk)
            await clerk.press("f7")
            await clerk.fill("77")
            assert clerk.message == "✗ Không có số 77 trong danh sách này."

    async def test_f6_sorts_another_way(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("de")
            for order in ("Ngày văn bản", "Cơ quan ban hành", "Số, mới trước"):
                await clerk.press("f6")
                await clerk.workers_done()
                assert order in clerk.heading
                assert len(codes(clerk)) == 3
            await clerk.go("xl")
            await clerk.press("f6")
            assert "chỉ có một cách sắp xếp" in clerk.message

    async def test_f4_shows_one_year(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("de")
            await clerk.press("f4")
            await clerk.type("2025")
            await clerk.press("enter")
            await clerk.workers_done()
            assert "năm 2025 · 0 văn bản" in clerk.heading
            assert "Không có dòng nào." in clerk.seen()
            await clerk.press("enter", "f8", "delete")  # nothing to open, print or void: nothing breaks
            await clerk.press("f4")
            await clerk.fill("moi")
            await clerk.workers_done()
            assert len(codes(clerk)) == 3

    async def test_an_arrival_registered_meanwhile_is_in_the_list_when_the_clerk_comes_back(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("de")
            await clerk.press("insert")
            await clerk.fill("stc", "205", "18", "Quyết toán năm")
            await clerk.press("f2")
            await clerk.go("de")
            await clerk.workers_done()
            assert table(clerk).row_count == 4

    async def test_an_overdue_arrival_is_marked_without_colour(self, office: Path, clock: OfficeClock) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.fill("stc", "205", "18", "Có hạn")
            clerk.entry("due_date").focus()
            await clerk.fill("+1")
            await clerk.press("f2")
            await clerk.go("xl")
            await clerk.workers_done()
            assert cursor_row(clerk).startswith("04")
            clock.forward(days=10)
            await clerk.press("f5")
            await clerk.workers_done()
            assert cursor_row(clerk).startswith("!04")


class TestRecord:
    async def test_enter_opens_the_arrival_with_all_its_facts(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("de")
            await clerk.press("down", "enter")
            assert clerk.heading == "VĂN BẢN ĐẾN · SỐ 02/2026"
            for fact in (
                LETTER,
                "Sở Tài chính tỉnh Sông Hương",
                "Quyết toán kinh phí quý III",
                "Đã vào sổ",
                "17/11/2026",
            ):
                assert fact in clerk.seen()
            await clerk.press("escape")
            assert clerk.screen == "DocumentListScreen"

    async def test_a_correction_keeps_and_shows_the_old_value(self, office: Path) -> None:
        async with at_the_terminal(office, size=(80, 50)) as clerk:
            await clerk.go("de")
            await clerk.press("down", "enter", "f2")
            assert clerk.value("subject") == "Quyết toán kinh phí quý III năm 2026"
            clerk.entry("subject").focus()
            await clerk.press("ctrl+u")
            await clerk.type("Quyết toán quý IV")
            await clerk.press("f2")
            await clerk.fill("Đọc nhầm")
            await clerk.until(lambda: clerk.screen == "ArrivalRecordScreen")
            await clerk.sees("Quyết toán kinh phí quý III năm 2026 → Quyết toán quý IV (Đọc nhầm)")
            (row,) = clerk.rows("SELECT * FROM correction")
            assert (row.field, row.old_value, row.new_value) == (
                "subject",
                "Quyết toán kinh phí quý III năm 2026",
                "Quyết toán quý IV",
            )
            assert clerk.rows("SELECT * FROM draft") == []

    @pytest.mark.parametrize("key", ["escape", "f12", "f3"])
    async def test_a_correction_is_not_left_without_asking(self, office: Path, key: str) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("de")
            await clerk.press("down", "enter")
            await clerk.press("f2")
            await clerk.press(key)  # nothing is changed yet
            assert clerk.screen == "ArrivalRecordScreen"
            await clerk.press("f2")
            clerk.entry("subject").focus()
            await clerk.type(" (sửa)")
            typed = clerk.value("subject")
            await clerk.press(key)
            await clerk.sees("Bỏ các chỗ vừa sửa?")
            await clerk.press("k")
            assert (clerk.screen, clerk.value("subject")) == ("ArrivalCorrection", typed)
            before = everything(clerk.desk.store)
            await clerk.press(key, "c")
            assert clerk.screen == "ArrivalRecordScreen"
            assert everything(clerk.desk.store) == before

    async def test_a_file_is_added_once_with_a_correction_or_alone(self, office: Path, tmp_path: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("de")
            await clerk.press("down", "enter")
            for place, text in enumerate(("", " (sửa)")):
                path = tmp_path / f"phu-luc-{place}.txt"
                path.write_text(f"Phụ lục {place}", "utf-8")
                await clerk.press("f2")
                await clerk.attach(path)
                clerk.entry("subject").focus()
                await clerk.type(text)
                await clerk.press("f2")
                await clerk.fill("Thiếu phụ lục")
                assert clerk.screen == "ArrivalRecordScreen"
            names = [row.name for row in clerk.rows("SELECT name FROM attachment ORDER BY name")]
            assert names == ["phu-luc-0.txt", "phu-luc-1.txt"]

    async def test_a_correction_without_a_reason_or_without_a_change_is_refused(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("de")
            await clerk.press("enter", "f2", "f2")
            assert clerk.screen == "AskModal"
            await clerk.press("enter")
            await clerk.sees("✗ Chưa nhập “Lý do sửa”.")
            await clerk.fill("Thử")
            assert "Không có gì thay đổi." in clerk.message
            await clerk.press("escape")
            assert clerk.rows("SELECT * FROM correction") == []

    async def test_a_voided_number_stays_in_the_book_with_its_reason(self, office: Path) -> None:
        async with at_the_terminal(office, size=(80, 40)) as clerk:
            await clerk.go("de")
            await clerk.press("enter", "delete")
            await clerk.sees("không cấp lại cho văn bản khác")
            await clerk.fill("Vào sổ nhầm")
            assert clerk.message == "▸ Đã hủy số 03/2026."
            assert clerk.rows("SELECT reason FROM entry WHERE number = 3 AND state = 'VOID'")[0].reason == "Vào sổ nhầm"
            await clerk.press("escape")
            await clerk.workers_done()
            assert "✗03" in cursor_row(clerk)
            await clerk.go("nd")
            assert "số đến tiếp theo 04" in clerk.heading

    async def test_the_record_of_a_voided_number_says_why(self, office: Path) -> None:
        async with at_the_terminal(office, size=(80, 40)) as clerk:
            await clerk.go("de")
            await clerk.press("enter", "delete")
            await clerk.fill("Vào sổ nhầm")
            await clerk.press("escape", "enter")
            assert "Vào sổ nhầm" in clerk.words()

    async def test_an_arrival_is_finished_from_the_list_and_opened_again_in_its_record(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("xl")
            await clerk.workers_done()
            assert table(clerk).row_count == 3
            await clerk.press("f10", "enter")
            await clerk.workers_done()
            assert table(clerk).row_count == 2
            assert "Đã ghi:" in clerk.message
            (done,) = clerk.rows("SELECT * FROM arrival WHERE status = 'COMPLETED'")
            await clerk.go("de")
            await clerk.press("f7")
            await clerk.fill(str(done.number))
            await clerk.press("enter", "f10")
            await clerk.type("mo lai")
            await clerk.press("enter")
            assert clerk.rows("SELECT * FROM arrival WHERE status = 'COMPLETED'") == []

    async def test_an_arrival_is_submitted_to_a_person_chosen_by_name(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("de")
            await clerk.press("enter", "f4")
            await clerk.type("minh")
            await clerk.press("enter")
            assert clerk.message == "▸ Đã trình Lê Quang Minh."
            assert "Lê Quang Minh" in clerk.seen()

    async def test_the_arrivals_paper_forms_are_written_as_pdf(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("de")
            await clerk.press("enter")
            for _form in range(4):
                await clerk.press("f8", *["down"] * _form, "enter")
                await clerk.workers_done()
                if clerk.screen == "ConfirmModal":  # this machine has a printer
                    await clerk.press("k")
            made = sorted(path.name for path in (office / "in").iterdir())
            assert len(made) == 4
            assert all((office / "in" / name).read_bytes().startswith(b"%PDF") for name in made)

    async def test_the_answer_to_an_arrival_starts_with_its_sender_and_number(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("de")
            await clerk.press("down", "enter", "f5")
            assert clerk.screen == "OutgoingForm"
            assert clerk.value("answers") == "2/2026"
            assert "Sở Tài chính tỉnh Sông Hương" in clerk.seen()
            await clerk.press("escape")
            assert clerk.screen == "ArrivalRecordScreen"
            assert rows(clerk.desk.store, "SELECT * FROM outgoing") == []

"""An outage as a clerk lives it: the form goes on with emergency numbers, and afterwards they become arrival numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from clerkdesk.errors import Unavailable
from clerkdesk.screens.widgets.bars import StatusBar
from clerkdesk.screens.widgets.windowed_table import WindowedTable
from clerkdesk.services.desk import Desk
from tests.conftest import OfficeClock

from .clerk import Clerk, at_the_terminal

DOCUMENT = ("stc", "205", "18", "Quyết toán kinh phí quý IV năm 2026")


def pens(folder: Path, set_to: str) -> None:
    """Change who holds the pens, before the program starts."""
    desk = Desk.open(folder / "clerkdesk.db")
    with desk.store.writing() as tx:
        tx.execute(text(f"UPDATE register_year SET {set_to}"))
    desk.close()


@pytest.fixture
def without_pen(office: Path) -> Path:
    """The office whose books are somewhere else, and a second desk that nobody has heard of."""
    pens(office, "holder_desk = NULL")
    desk = Desk.open(office / "clerkdesk.db")
    with desk.store.writing() as tx:
        tx.execute(
            text("INSERT INTO desk SELECT agency_id, agency_id, '03', 'Văn thư 3', incarnation, created_at FROM desk")
        )
    desk.close()
    return office


def give_the_pen(clerk: Clerk) -> None:
    """The pen comes back to this desk."""
    with clerk.desk.store.writing() as tx:
        tx.execute(
            text("UPDATE register_year SET holder_desk = :id WHERE state = 'OPEN'"),
            {"id": str(clerk.desk.facts.id)},  # type: ignore[union-attr]
        )


def status(clerk: Clerk) -> str:
    return str(clerk.app.screen.query_one(StatusBar).render())


def listed(clerk: Clerk) -> list[str]:
    table = clerk.app.screen.query_one(WindowedTable)
    return [" ".join(" ".join(table.row(place)).split()) for place in range(table.row_count)]


async def open_it(clerk: Clerk) -> None:
    """Answer what F9 asks: the first cause, and who allowed it."""
    await clerk.press("f9", "enter")
    await clerk.fill("Phạm Thu Hà")
    await clerk.press("f2")


async def enter(clerk: Clerk, *entries: str) -> None:
    await clerk.fill(*entries)
    await clerk.press("f2")


class TestTheForm:
    async def test_without_the_pen_one_key_leads_on_and_nothing_is_typed_twice(self, without_pen: Path) -> None:
        async with at_the_terminal(without_pen) as clerk:
            await clerk.go("nd")
            await enter(clerk, *DOCUMENT)
            assert clerk.message.startswith("✗ Chưa cấp số: quyền cấp số của “Sổ đăng ký văn bản đến” đang ở máy khác.")
            assert "bấm F9 để vào sổ tạm" in clerk.message
            await clerk.press("f9")
            await clerk.sees("Mất mạng nội bộ")
            await clerk.press("enter")
            await clerk.sees("Số tạm cuối trên giấy")
            await clerk.fill("Phạm Thu Hà, Chánh Văn phòng", "Tổ CNTT")
            await clerk.press("f2")
            assert clerk.message == "▸ Đã cấp số tạm T01-1/2026."
            assert "SỔ TẠM, số tạm tiếp theo T01-2" in clerk.heading
            assert "SỔ TẠM, số tiếp: T01-2" in status(clerk)
            assert clerk.value("subject") == ""
            (outage,) = clerk.rows("SELECT cause, authorised_by, reported_to FROM outage")
            assert outage == ("Mất mạng nội bộ", "Phạm Thu Hà, Chánh Văn phòng", "Tổ CNTT")
            await enter(clerk, "stc", "206", "18", "Về việc báo cáo quý")
            assert clerk.message == "▸ Đã cấp số tạm T01-2/2026."

    async def test_another_cause_is_typed_and_going_back_changes_nothing(self, without_pen: Path) -> None:
        async with at_the_terminal(without_pen) as clerk:
            await clerk.go("nd")
            await clerk.press("f9")
            await clerk.type("Chập điện tầng 2")
            await clerk.sees("+ Nguyên nhân khác: Chập điện tầng 2")
            await clerk.press("enter", "escape")
            assert clerk.rows("SELECT * FROM outage") == []
            await clerk.press("f9")
            await clerk.type("Chập điện tầng 2")
            await clerk.press("enter")
            await clerk.fill("Giám đốc", "", "25")
            await clerk.press("f2")
            assert "tối đa 24 giờ" in clerk.message
            assert clerk.rows("SELECT * FROM outage") == []
            await clerk.press("f9")
            await clerk.type("Chập điện tầng 2")
            await clerk.press("enter")
            await clerk.fill("Giám đốc", "", "24")
            await clerk.press("f2")
            assert clerk.rows("SELECT cause FROM outage") == [("Chập điện tầng 2",)]
            await clerk.press("f9")
            assert "Sổ tạm đang mở" in clerk.message

    async def test_hours_that_are_no_hours(self, without_pen: Path) -> None:
        async with at_the_terminal(without_pen) as clerk:
            await clerk.go("nd")
            for hours in ("0", "999"):
                await clerk.press("f9", "enter")
                await clerk.fill("Giám đốc", "")
                clerk.app.screen.query_one("#ask-hours").value = hours  # type: ignore[attr-defined]
                await clerk.press("f2")
                assert "Số giờ được phép phải là số nguyên từ 1 đến 168." in clerk.message

    async def test_who_holds_the_pen_is_told_that_none_is_needed(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await open_it(clerk)
            assert "Không cần sổ tạm: máy này đang giữ quyền cấp số" in clerk.message

    async def test_after_a_restore_it_is_offered_too_and_asks_for_the_last_number(self, office: Path) -> None:
        pens(office, "state = 'SUSPENDED', holder_desk = NULL")
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await enter(clerk, *DOCUMENT)
            assert "bấm F9 để vào sổ tạm" in clerk.message
            await clerk.press("f9")
            await clerk.type("phuc hoi")
            await clerk.press("enter")
            await clerk.fill("Giám đốc", "", "")
            clerk.app.screen.query_one("#ask-last").value = "7"  # type: ignore[attr-defined]
            await clerk.press("f2")
            assert clerk.message == "▸ Đã cấp số tạm T01-8/2026."

    @pytest.mark.parametrize(("way_out", "offered"), [("emergency", True), ("again", False)])
    async def test_without_the_server_it_is_offered_unless_asking_again_is_right(
        self, office: Path, way_out: str, offered: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Away(Unavailable):
            sentence = "Mất kết nối máy chủ."

        Away.way_out = way_out  # type: ignore[attr-defined]

        def away(*_: object) -> None:
            raise Away

        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            monkeypatch.setattr(clerk.desk, "do", away)
            await enter(clerk, *DOCUMENT)
            assert "Mất kết nối máy chủ." in clerk.message
            assert ("bấm F9" in clerk.message) is offered

    async def test_a_correction_has_no_such_key(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("de")
            await clerk.press("enter", "f2")
            await clerk.press("f9")
            assert clerk.screen == "ArrivalCorrection"

    async def test_a_draft_of_before_the_outage_comes_back_and_gets_its_one_number(self, without_pen: Path) -> None:
        async with at_the_terminal(without_pen) as clerk:
            await clerk.go("nd")
            await clerk.fill(*DOCUMENT)
            await clerk.press("f2")
        async with at_the_terminal(without_pen) as clerk:
            await clerk.go("nd")
            await clerk.sees("Đã lấy lại phiếu đang nhập dở")
            await open_it(clerk)
            assert clerk.message == "▸ Đã cấp số tạm T01-1/2026."
            assert clerk.rows("SELECT * FROM draft") == []


class TestItsOwnScreen:
    async def test_from_the_outage_to_the_list_for_the_paper(self, without_pen: Path) -> None:
        async with at_the_terminal(without_pen) as clerk:
            await clerk.go("nd")
            await open_it(clerk)
            await enter(clerk, *DOCUMENT)
            await enter(clerk, "ubnd tinh", "206/KH-UBND", "18", "Về việc báo cáo quý")
            await clerk.go("st")
            assert clerk.heading == "SỔ TẠM KHI MẤT KẾT NỐI · NĂM 2026 · 2 dòng chờ số đến"
            await clerk.sees("Máy này ĐANG GHI SỔ TẠM từ 09:00 20/11, được phép đến 08:59 21/11: Mất mạng nội bộ")
            await clerk.sees("Theo ngày: 20/11 máy 01: 2")
            assert listed(clerk)[0].startswith("T01-1 20/11 09:00 Sở Tài chính")
            assert listed(clerk)[1].endswith("chờ")
            await clerk.press("f10")
            await clerk.sees("Đã có kết nối lại, hết sự cố?")
            await clerk.press("c")
            await clerk.sees("Máy này không có sự cố nào đang mở.")
            give_the_pen(clerk)
            await clerk.press("f6")
            assert clerk.heading == "CHUYỂN SỐ TẠM SANG SỐ ĐẾN · 2 văn bản, theo thứ tự nhận"
            await clerk.sees("! máy 03 – Văn thư 3: chưa có liên lạc; có thể còn dòng chưa về")
            assert [row.split()[:3] for row in listed(clerk)] == [["T01-1", "→", "04/2026"], ["T01-2", "→", "05/2026"]]
            await clerk.press("f2")
            await clerk.sees("CHƯA CHẮC ĐỦ: máy 03 có thể còn dòng chưa về.")
            await clerk.press("k")
            assert clerk.rows("SELECT * FROM emergency_line WHERE ordinary_number IS NOT NULL") == []
            await clerk.press("f2", "c")
            assert clerk.heading == "ĐÃ CẤP SỐ ĐẾN · 2 văn bản"
            assert [row.split()[:3] for row in listed(clerk)] == [["T01-1", "→", "04/2026"], ["T01-2", "→", "05/2026"]]
            await clerk.press("f8")
            await clerk.workers_done()
            assert "Đã tạo" in clerk.message
            (made,) = (without_pen / "in").glob("chuyen-so-tam-*.pdf")
            assert made.read_bytes().startswith(b"%PDF")
            await clerk.press("f2")
            assert clerk.heading == "ĐÃ CẤP SỐ ĐẾN · 2 văn bản"
            await clerk.press("escape")
            assert [row.split()[-1] for row in listed(clerk)] == ["04/2026", "05/2026"]
            await clerk.press("f5")
            assert listed(clerk) == []
            await clerk.press("f6")
            assert clerk.message == "▸ Không có dòng sổ tạm nào chờ số đến."

    async def test_without_the_pen_nothing_is_converted_and_the_order_stays(self, without_pen: Path) -> None:
        async with at_the_terminal(without_pen) as clerk:
            await clerk.go("nd")
            await open_it(clerk)
            await enter(clerk, *DOCUMENT)
            await clerk.go("st")
            await clerk.press("f6", "f2", "c")
            assert "đang ở máy khác" in clerk.message
            assert clerk.heading.startswith("CHUYỂN SỐ TẠM SANG SỐ ĐẾN · 1 văn bản")
            give_the_pen(clerk)
            await clerk.press("f5", "f2", "c")
            assert clerk.heading == "ĐÃ CẤP SỐ ĐẾN · 1 văn bản"

    async def test_register_and_earlier_lists_are_printed_and_a_line_is_opened(self, without_pen: Path) -> None:
        async with at_the_terminal(without_pen) as clerk:
            await clerk.go("nd")
            await open_it(clerk)
            await enter(clerk, *DOCUMENT)
            await clerk.go("st")
            await clerk.press("f8")
            await clerk.sees("Sổ tạm năm 2026")
            await clerk.press("enter")
            await clerk.workers_done()
            assert (without_pen / "in" / "so-tam-2026.pdf").read_bytes().startswith(b"%PDF")
            give_the_pen(clerk)
            await clerk.press("f6", "f2", "c", "escape")
            await clerk.press("f8")
            await clerk.sees("Danh sách số đến đã chuyển lúc 09:00 20/11/2026: 1 văn bản")
            await clerk.press("escape", "enter")
            assert clerk.heading == "VĂN BẢN ĐẾN · SỐ 04/2026 (T01-1)"
            await clerk.sees("T01-1/2026, vào sổ tạm lúc 09:00 20/11/2026; thành số đến 04/2026 ngày 20/11/2026")

    async def test_it_is_allowed_for_longer(self, without_pen: Path, clock: OfficeClock) -> None:
        async with at_the_terminal(without_pen) as clerk:
            await clerk.go("st")
            await clerk.press("f4")
            assert clerk.message == "▸ Máy này không có sự cố nào đang mở."
            await clerk.press("f10")
            assert clerk.message == "▸ Máy này không có sự cố nào đang mở."
            await clerk.press("f2", "enter")
            await clerk.fill("Phạm Thu Hà")
            await clerk.press("f2")
            assert "Sổ tạm đã mở" in clerk.message
            clock.forward(hours=23)
            await clerk.press("f4")
            await clerk.sees("Đang được phép đến 08:59 21/11/2026.")
            await clerk.fill("Giám đốc")
            await clerk.press("f2")
            assert clerk.message == "▸ Sổ tạm được phép dùng đến 07:59 28/11/2026."

    async def test_another_year_is_looked_at(self, without_pen: Path) -> None:
        async with at_the_terminal(without_pen) as clerk:
            await clerk.go("st")
            await clerk.press("f7")
            await clerk.fill("2025")
            assert clerk.heading == "SỔ TẠM KHI MẤT KẾT NỐI · NĂM 2025 · 0 dòng chờ số đến"


class TestElsewhere:
    async def test_lists_home_and_record_show_it_and_the_filter_finds_it(self, without_pen: Path) -> None:
        async with at_the_terminal(without_pen) as clerk:
            await clerk.go("nd")
            await open_it(clerk)
            await enter(clerk, *DOCUMENT)
            await clerk.go("bl")
            await clerk.sees("Số tạm chờ số đến 1")
            await clerk.go("de")
            await clerk.press("slash")
            await clerk.type("t01-1")
            await clerk.until(lambda: len(listed(clerk)) == 1)
            assert listed(clerk)[0].startswith("T01-1")
            assert "[T01-1]" in listed(clerk)[0]
            await clerk.press("enter", "enter")
            assert clerk.heading == "VĂN BẢN ĐẾN · SỐ T01-1/2026"
            await clerk.sees("T01-1/2026, vào sổ tạm lúc 09:00 20/11/2026; chờ chuyển thành số đến")

    async def test_a_line_is_voided_in_its_record(self, without_pen: Path) -> None:
        async with at_the_terminal(without_pen) as clerk:
            await clerk.go("nd")
            await open_it(clerk)
            await enter(clerk, *DOCUMENT)
            await clerk.go("st")
            await clerk.press("enter", "delete")
            await clerk.fill("Vào sổ nhầm")
            assert clerk.message == "▸ Đã hủy số T01-1/2026."
            await clerk.press("escape")
            assert listed(clerk)[0].endswith("hủy")
            assert "0 dòng chờ số đến" in clerk.heading

    async def test_held_numbers_are_those_of_the_emergency_register(self, office: Path) -> None:
        pens(office, "state = 'SUSPENDED', holder_desk = NULL")
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.press("f9", "enter")
            await clerk.fill("Giám đốc", "")
            clerk.app.screen.query_one("#ask-last").value = "2"  # type: ignore[attr-defined]
            await clerk.press("f2")
            await clerk.fill(*DOCUMENT)
            await clerk.press("ctrl+r")
            await clerk.sees("Số đang giữ 02: Nhập lại từ giấy")
            await clerk.press("down", "down", "enter")
            await clerk.press("f2")
            assert clerk.message == "▸ Đã cấp số tạm T01-2/2026."

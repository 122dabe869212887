"""Books, people and settings: what an administrator or a clerk does a few times a year, by keys alone."""

from __future__ import annotations

from pathlib import Path

from clerkdesk.screens.widgets.windowed_table import WindowedTable
from clerkdesk.services.settings import read_setting
from clerkdesk.services.vocabulary import Role
from tests.office import PASSWORD, count

from .clerk import Clerk, at_the_terminal


def table(clerk: Clerk) -> WindowedTable:
    return clerk.app.screen.query_one(WindowedTable)


def listed(clerk: Clerk) -> list[str]:
    return [" ".join(" ".join(table(clerk).row(place)).split()) for place in range(table(clerk).row_count)]


class TestBooks:
    async def test_a_year_that_is_open_has_nothing_to_open(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("so")
            assert all("máy này" in row for row in listed(clerk))
            await clerk.press("f6")
            assert clerk.message == "▸ Mọi sổ năm 2026 đã mở."

    async def test_a_number_is_held_for_somebody_and_the_next_document_gets_the_one_behind(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("so")
            await clerk.press("f7")
            await clerk.fill("Chánh Văn phòng", "Chờ hồ sơ")
            await clerk.press("enter")
            assert clerk.message == "▸ Đã giữ số 4 cho Chánh Văn phòng đến 26/11/2026."
            assert listed(clerk)[0].endswith("05 3 0 1")
            await clerk.go("nd")
            assert "số đến tiếp theo 05" in clerk.heading

    async def test_a_number_is_voided_with_its_reason_only(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("so")
            await clerk.press("delete")
            await clerk.fill("2", "")
            await clerk.sees("✗ Chưa nhập “Lý do”.")
            await clerk.fill("Vào sổ nhầm")
            assert "Đã hủy số" in clerk.message
            assert listed(clerk)[0].endswith("04 2 1 0")
            await clerk.press("delete")
            await clerk.fill("99", "Nhầm")
            assert "✗ Không có số 99 trong sổ năm 2026." in clerk.message

    async def test_a_register_of_its_own_is_added_for_an_advisory_body(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("so")
            books = len(listed(clerk))
            await clerk.press("f2")
            await clerk.fill("Sổ Hội đồng thi đua", "HD", "di", "", "", "HĐTĐ", "{number}/{type}-{body}")
            assert "Đã thêm và mở sổ “Sổ Hội đồng thi đua”." in clerk.message
            assert len(listed(clerk)) == books + 1

    async def test_a_broken_symbol_template_is_explained(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("so")
            await clerk.press("f2")
            await clerk.fill("Sổ thử", "TH", "di", "", "", "X", "{so}/{type}")
            await clerk.sees("Mẫu ký hiệu “{so}/{type}” không đúng.")

    async def test_only_a_restored_book_waits_for_its_last_number(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("so")
            await clerk.press("f10")
            assert "Chỉ đặt số cuối trên giấy cho sổ vừa phục hồi" in clerk.message
            assert clerk.screen == "RegistersScreen"


class TestPeople:
    async def test_a_new_colleague_gets_the_usual_user_name(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("ng")
            await clerk.press("f2")
            await clerk.fill("Phạm Thị Cúc", "Chuyên viên", "", "4", PASSWORD)
            assert clerk.message == "▸ Đã thêm Phạm Thị Cúc, tên đăng nhập cucpt."
            assert any(row.startswith("cucpt Phạm Thị Cúc") for row in listed(clerk))
            await clerk.press("f2")
            await clerk.fill("Phạm Thanh Cúc", "", "", "4", PASSWORD)
            assert "✗ Tên đăng nhập “cucpt” đã có người dùng." in clerk.words()

    async def test_a_weak_first_password_is_refused(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("ng")
            await clerk.press("f2")
            await clerk.fill("Phạm Thị Cúc", "", "", "4", "yếu")
            await clerk.sees("✗ Mật khẩu phải có ít nhất 8 ký tự")
            assert count(clerk.desk.store, "person") == 3

    async def test_roles_are_changed_by_their_numbers(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("ng")
            clerk_place = next(place for place, row in enumerate(listed(clerk)) if row.startswith("binhtt"))
            await clerk.press(*["down"] * clerk_place, "enter")
            await clerk.fill("Phó phòng", "1 4")
            assert clerk.message == "▸ Đã sửa Trần Thị Bình."
            (row,) = clerk.rows("SELECT * FROM person WHERE username = 'binhtt'")
            assert (row.position, set(row.roles.split())) == ("Phó phòng", {Role.CLERK, Role.SPECIALIST})
            await clerk.press("enter")
            await clerk.fill("", "9")
            await clerk.sees("Vai trò là các số 1–7")

    async def test_a_leavers_account_is_closed_and_cannot_log_in(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("ng")
            place = next(place for place, row in enumerate(listed(clerk)) if row.startswith("binhtt"))
            await clerk.press(*["down"] * place, "delete")
            await clerk.sees("Đóng tài khoản của Trần Thị Bình? Lịch sử công việc vẫn giữ.")
            await clerk.press("c")
            assert "đã đóng" in listed(clerk)[place]
            await clerk.press("ctrl+l")
            await clerk.until(lambda: clerk.app.current_mode == "welcome")
            await clerk.fill("binhtt", PASSWORD)
            await clerk.sees("✗ Tên đăng nhập hoặc mật khẩu không đúng.")

    async def test_the_only_administrator_stays(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("ng")
            place = next(place for place, row in enumerate(listed(clerk)) if row.startswith("annv"))
            await clerk.press(*["down"] * place, "delete", "c")
            assert "✗ Đây là quản trị duy nhất" in clerk.words()
            assert "đang dùng" in listed(clerk)[place]

    async def test_who_is_no_administrator_changes_nobody(self, office: Path) -> None:
        async with at_the_terminal(office, "binhtt") as clerk:
            await clerk.go("ng")
            await clerk.press("delete", "c")
            assert "✗" in clerk.message
            assert all("đang dùng" in row for row in listed(clerk))


class TestSettings:
    async def test_a_setting_is_changed(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("cd")
            place = next(place for place, row in enumerate(listed(clerk)) if row.startswith("Khóa máy"))
            await clerk.press(*["down"] * place, "enter")
            await clerk.fill("10")
            assert clerk.message == "▸ Đã lưu."
            assert clerk.desk.read(read_setting, "session_minutes") == 10
            assert listed(clerk)[place].endswith(" 10")

    async def test_a_list_is_typed_with_semicolons(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("cd")
            await clerk.press("enter")
            await clerk.fill("Đơn khiếu nại; Thư nặc danh ;")
            assert clerk.desk.read(read_setting, "exclusions") == ["Đơn khiếu nại", "Thư nặc danh"]

    async def test_a_value_of_another_kind_leaves_the_old_one(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("cd")
            place = next(place for place, row in enumerate(listed(clerk)) if row.startswith("Khóa máy"))
            await clerk.press(*["down"] * place, "enter")
            await clerk.fill("nửa giờ")
            assert "✗" in clerk.words() and "không hợp lệ" in clerk.words()
            assert clerk.desk.read(read_setting, "session_minutes") == 30

    async def test_f9_backs_up_and_says_where(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            before = {path.name for path in (office / "backups").iterdir()}
            await clerk.go("cd")
            await clerk.press("f9")
            await clerk.workers_done()
            assert "Đã sao lưu vào" in clerk.message
            assert len({path.name for path in (office / "backups").iterdir()} - before) == 1

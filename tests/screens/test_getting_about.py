"""Getting about by keys alone: two letters, the command palette without accents, help that knows every key."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from textual.command import CommandPalette
from textual.widgets import OptionList

from clerkdesk.screens.areas import AREAS
from clerkdesk.screens.keys import key_name
from clerkdesk.screens.widgets.bars import KeyBar
from clerkdesk.services import commands as c
from clerkdesk.services.clock import today
from clerkdesk.services.vocabulary import Direction

from .clerk import Clerk, at_the_terminal


async def test_two_letters_lead_to_every_area(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        for name, area in AREAS.items():
            await clerk.go(area.code)
            assert clerk.app.current_mode == name


async def test_every_area_can_be_reached_from_the_first_screen_by_one_key_and_left_again(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        for name, area in AREAS.items():
            if name != "home":
                await clerk.press(area.digit)
                assert clerk.app.current_mode == name
                await clerk.press("f12")
                assert clerk.app.current_mode == "home"


async def test_who_may_not_use_an_area_is_told_on_the_first_screen_and_why(office: Path) -> None:
    async with at_the_terminal(office, user="minhlq") as clerk:
        lines = {line.strip()[:1]: " ".join(line.split()[1:]) for line in clerk.seen().splitlines()}
        assert "không dùng" in lines["1"] and "Ctrl+G nd" not in lines["1"]
        assert "không dùng" in lines["4"]
        assert "Ctrl+G tk" in lines["6"]
        for digit in "789c":
            assert "chỉ xem" in lines[digit], digit
        assert "trò khác; bấm phím đó để biết vai trò." in clerk.seen()
        await clerk.press("1")
        assert clerk.app.current_mode == "home"
        assert "✗ Tài khoản của bạn không có quyền làm việc này (cần vai trò: Văn thư)." in clerk.message
        await clerk.press("8")
        assert clerk.app.current_mode == "registers"
        await clerk.sees("Bạn chỉ xem được: đây là việc của Quản trị, Văn thư.")
        await clerk.go("tk")
        await clerk.workers_done()
        assert "F2" not in str(clerk.app.screen.query_one(KeyBar).render()).split()
        await clerk.press("f2", "insert")
        assert clerk.app.current_mode == "for_signature"
        await clerk.press("f12", "ctrl+g", *"nhap")
        await clerk.sees("Nhập văn bản đến — việc của Văn thư")
        await clerk.press("escape")


async def test_who_may_use_every_area_sees_no_such_hint(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        assert "chỉ xem" not in clerk.words() and "không dùng" not in clerk.words()


async def test_the_first_screen_of_24_lines_has_room_for_many_books_and_the_hint_after_a_restore(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        for number in range(4):
            facts = c.NewRegister(direction=Direction.ARRIVAL, code=f"DEN{number}", title=f"Sổ thêm {number}")
            clerk.desk.do(clerk.desk.make(c.AddRegister, register_facts=facts, year=today().year))
        await clerk.go("so")
        await clerk.go("bl")
        assert [line.split()[0] for line in clerk.seen().splitlines() if "Ctrl+G" in line] == [
            area.digit for name, area in AREAS.items() if name != "home"
        ]
        with clerk.desk.store.writing() as tx:
            tx.execute(text("UPDATE register_year SET state = 'SUSPENDED', holder_desk = NULL WHERE state = 'OPEN'"))
        clerk.app.screen.office_changed()  # type: ignore[attr-defined]
        await clerk.sees("Sổ chờ xác nhận: bấm 8, rồi F10.")
        await clerk.sees("Nhập số cuối cùng trên giấy.")


async def test_a_part_of_the_name_without_accents_also_leads_there(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.press("ctrl+g")
        await clerk.type("nguoi")
        await clerk.press("enter")
        assert clerk.app.current_mode == "people"


async def test_what_is_typed_ahead_after_two_letters_goes_into_the_form(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.press("ctrl+g", *"nd", *"stc", "enter", *"205", "enter")
        assert clerk.value("code") == "205/STC-NS"


async def _search(clerk: Clerk, words: str) -> list[str]:
    await clerk.press("ctrl+p")
    await clerk.until(lambda: CommandPalette.is_open(clerk.app))
    await clerk.type(words)
    options = clerk.app.screen.query_one(OptionList)

    def found() -> list[str]:
        return [str(options.get_option_at_index(place).prompt) for place in range(options.option_count)]

    await clerk.until(lambda: found() and not clerk.app.screen._show_busy)  # type: ignore[attr-defined]
    return found()


async def test_the_palette_finds_commands_without_accents(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        for area, words, label in (
            ("bl", "van ban den", "Đi tới: Văn bản đến"),
            ("nd", "lap", "Lặp"),
            ("de", "sap xep", "Sắp xếp"),
        ):
            await clerk.go(area)
            assert any(label in option for option in await _search(clerk, words))
            await clerk.press("escape")
            await clerk.until(lambda: not CommandPalette.is_open(clerk.app))


async def test_the_palette_carries_out_what_was_chosen(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await _search(clerk, "di toi nguoi dung")
        await clerk.press("enter")
        await clerk.until(lambda: clerk.app.current_mode == "people")


async def test_the_palette_changes_the_colours(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await _search(clerk, "clerk-light")
        await clerk.press("enter")
        await clerk.until(lambda: clerk.app.theme == "clerk-light")


async def test_help_says_what_a_screen_is_for_and_names_each_of_its_keys(office: Path) -> None:
    async with at_the_terminal(office, size=(80, 60)) as clerk:
        for area in AREAS.values():
            await clerk.go(area.code)
            screen = clerk.app.screen
            keys = {
                key_name(key)
                for key, active in screen.active_bindings.items()
                if active.binding.description and active.enabled and active.binding.id
            }
            await clerk.press("f1")
            assert clerk.screen == "HelpModal"
            shown = clerk.words()
            assert " ".join(str(screen.HELP).split())[:40] in shown
            assert [key for key in keys if key not in shown] == []
            await clerk.press("escape")
            assert clerk.app.screen is screen


async def test_help_in_a_field_begins_with_that_field(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.go("sd")
        clerk.entry("recipients").focus()
        await clerk.press("f1")
        await clerk.sees("Nơi nhận: gõ từng nơi rồi Enter")
        await clerk.press("down", "down", "up", "f1")
        assert clerk.focused == "recipients"


async def test_telex_is_turned_on_for_terminals_without_an_input_method(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.go("nd")
        await clerk.press("ctrl+t")
        clerk.entry("subject").focus()
        await clerk.type("Quyeets ddinhj")
        assert clerk.value("subject") == "Quyết định"
        await clerk.press("ctrl+t")
        await clerk.type(" as")
        assert clerk.value("subject") == "Quyết định as"


async def test_ones_own_keys_are_taken_from_the_key_file(office: Path) -> None:
    (office / "keys.toml").write_text('"form.repeat" = "ctrl+y"\n', "utf-8")
    async with at_the_terminal(office) as clerk:
        await clerk.go("nd")
        await clerk.fill("stc", "205", "18", "Quyết toán")
        await clerk.press("f2", "ctrl+y")
        assert clerk.focused == "code"
        assert clerk.value("issuer").startswith("Sở Tài chính")


@pytest.mark.parametrize(
    ("line", "shown", "gone"),
    [
        ('"form.repeat" = "ctrl+y"', "F4 Chọn Ctrl+Y Lặp F6 Mẫu", "F5"),
        ('"form.repeat" = "f11"', "F4 Chọn F11 Lặp F6 Mẫu", "F5"),
        ('"form.save" = "ctrl+s,f2"', "F1 Giúp F2 Lưu F3 Bỏ", "Ctrl+S"),
        ('"form.save" = "f9"', "F1 Giúp F9 Lưu F3 Bỏ", "F2"),
        ('"screen.back" = "ctrl+o"', "F8 Tệp Ctrl+O Về", "F12"),
        ("", "F1 Giúp F2 Lưu F3 Bỏ F4 Chọn F5 Lặp F6 Mẫu F7 Tìm F8 Tệp F12 Về", "Esc"),
    ],
)
async def test_the_key_line_shows_ones_own_keys_where_the_usual_ones_stood(
    office: Path, line: str, shown: str, gone: str
) -> None:
    (office / "keys.toml").write_text(f"{line}\n", "utf-8")
    async with at_the_terminal(office) as clerk:
        await clerk.go("nd")
        keys = str(clerk.app.screen.query_one(KeyBar).render())
        assert shown in keys
        assert gone not in keys.split()


async def test_a_broken_key_file_is_told_and_the_usual_keys_work(office: Path) -> None:
    (office / "keys.toml").write_text('"form.save" = "ctrl+m"\n', "utf-8")
    async with at_the_terminal(office, user=None) as clerk:
        await clerk.sees("Đang dùng phím mặc định.")
        await clerk.press("enter")
        await clerk.log_in()
        assert clerk.app.current_mode == "home"

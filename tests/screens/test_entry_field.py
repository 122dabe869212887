"""Entry fields: whatever comes in is composed Vietnamese on one line, nothing is lost, and the state is seen anywhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.widgets import Input

from clerkdesk.screens.telex import telex
from clerkdesk.screens.widgets.entry_field import EntryField
from clerkdesk.screens.widgets.field_note import HARD_CEILING, Entry
from clerkdesk.screens.widgets.plain_text import fit, one_line, pasted
from clerkdesk.screens.widgets.subject_area import EntryArea
from tests.terminal import Terminal, paste, retyped

TEXT = "Về việc [số 1] của Sở"
NFD = unicodedata.normalize("NFD", TEXT)
X = 13  # where fields begin in the demo form; field n stands in line n
SUBJECT = 13


@pytest.fixture
def form() -> Iterator[Terminal]:
    with Terminal.python("tests.screens.demo_form") as terminal:
        terminal.wait_for("SẴN SÀNG")
        yield terminal


def held(terminal: Terminal, number: int = 1) -> list[str]:
    """What the first fields and the subject hold, which field has the focus, which were left."""
    terminal.send("f9")
    mark = f"#{number} "
    terminal.wait_for(lambda t: t.text().partition(mark)[2].count("#"))
    return terminal.text().partition(mark)[2].partition("#")[0].split("|")


class Fields(App[None]):
    AUTO_FOCUS = "#a"

    def __init__(self) -> None:
        super().__init__()
        self.left: list[tuple[str, str]] = []
        self.submitted = 0
        self.rung = 0

    def compose(self) -> ComposeResult:
        yield EntryField("a", id="a", limit=5)
        yield EntryArea("b", id="b", limit=5)
        yield EntryField("c", id="c")

    def bell(self) -> None:
        self.rung += 1

    def on_entry_left(self, message: Entry.Left) -> None:
        self.left.append((message.field.field_name, message.field.value))

    def on_input_submitted(self) -> None:
        self.submitted += 1


class TestText:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("abc", "abc"),
            (NFD, TEXT),
            ("một\nhai", "một hai"),
            ("một \r\n\r\n  hai\n", "một hai "),
            ("a\tb", "a b"),
            ("a\xa0b", "a b"),
            ("a\x1b[31mb\x07", "a[31mb"),
            ("a\u202eb\u200bc\ufeff", "abc"),
            ("a\ud800b", "ab"),
            ("  hai  cách ", "  hai  cách "),
        ],
    )
    def test_one_line(self, given: str, kept: str) -> None:
        assert one_line(given) == kept

    def test_pasted_text_loses_the_breaks_around_it(self) -> None:
        assert pasted("\n một\n hai \r\n") == "một hai"

    @given(st.text())
    def test_one_line_is_composed_printable_and_stays_as_it_is(self, text: str) -> None:
        line = one_line(text)
        assert unicodedata.is_normalized("NFC", line)
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", line)
        assert one_line(line) == line
        line.encode()

    @pytest.mark.parametrize(
        ("text", "width", "align", "shown"),
        [
            ("Sở", 4, "left", "Sở  "),
            ("Sở", 4, "right", "  Sở"),
            ("Sở", 5, "center", " Sở  "),
            ("Sở Nội vụ", 5, "left", "Sở N…"),
            (unicodedata.normalize("NFD", "Sở Nội"), 3, "left", unicodedata.normalize("NFD", "Sở") + "…"),
            ("漢字漢字", 4, "left", "漢… "),
            ("abc", 0, "left", ""),
        ],
    )
    def test_fit(self, text: str, width: int, align: str, shown: str) -> None:
        assert fit(text, width, align) == shown


class TestWaysIn:
    @pytest.mark.parametrize("field", [1, SUBJECT - 1], ids=["field", "area"])
    def test_typed_decomposed(self, form: Terminal, field: int) -> None:
        form.send(*["tab"] * field, NFD)
        assert held(form)[3 if field > 1 else 1] == TEXT

    @pytest.mark.parametrize("field", [1, SUBJECT - 1], ids=["field", "area"])
    def test_pasted_decomposed_on_several_lines(self, form: Terminal, field: int) -> None:
        form.send(*["tab"] * field, "x", paste(NFD.replace(" ", "\r\n", 1) + "\n"), "y")
        assert held(form)[3 if field > 1 else 1] == f"x{TEXT}y"

    @pytest.mark.parametrize("id", ["a", "b"])
    async def test_set_by_the_program(self, id: str) -> None:
        app = Fields()
        async with app.run_test():
            entry: Any = app.query_one(f"#{id}")
            entry.value = NFD + "\nx\x1b"
            assert entry.value == TEXT + " x"
            entry.value = ""
            assert entry.value == ""

    @pytest.mark.parametrize("id", ["a", "b"])
    async def test_the_inner_clipboard(self, id: str) -> None:
        app = Fields()
        async with app.run_test() as pilot:
            app.query_one(f"#{id}").focus()
            app.copy_to_clipboard("e\u0302\n\x1bx")
            await pilot.press("ctrl+v")
            assert app.query_one(f"#{id}", Entry).value == "ê x"

    @settings(deadline=None)
    @given(st.lists(st.sampled_from(["e", "\u0302", "\u0301", "o", "\u031b", "x"]), max_size=8), st.integers(0, 8))
    async def test_marks_typed_anywhere_compose(self, keys: list[str], back: int) -> None:
        app = Fields()
        async with app.run_test() as pilot:
            for id in "ab":
                entry: Any = app.query_one(f"#{id}")
                entry.limit = 0
                entry.focus()
                await pilot.pause()
                for nth, key in enumerate(keys):
                    if nth == back:
                        entry.action_cursor_left()
                    if isinstance(entry, EntryField):
                        entry.insert_text_at_cursor(key)
                    else:
                        entry._replace_via_keyboard(key, *entry.selection)
                assert unicodedata.is_normalized("NFC", entry.value)
                assert unicodedata.normalize("NFD", entry.value).count("x") == keys.count("x")


class TestLength:
    async def test_a_longer_paste_is_kept_marked_and_rung_for(self) -> None:
        app = Fields()
        async with app.run_test() as pilot:
            for id in "ab":
                entry = app.query_one(f"#{id}", Entry)
                entry.focus()
                app.copy_to_clipboard("mười ký tự")
                await pilot.press("ctrl+v")
                assert entry.value == "mười ký tự"
                assert entry.bad
                assert "10" in entry.note.text
                assert app.rung
                app.rung = 0
                entry.accept("hay")
                assert entry.bad, "a service's note must not hide that the text is too long"
                await pilot.press(*["backspace"] * 5)
                assert not entry.bad
                assert entry.note.text == ""

    async def test_a_value_set_by_the_program_is_marked_without_a_bell(self) -> None:
        app = Fields()
        async with app.run_test() as pilot:
            for id in "ab":
                entry = app.query_one(f"#{id}", Entry)
                entry.value = "mười ký tự"
                await pilot.pause()
                assert (entry.bad, app.rung) == (True, 0)
                entry.value = "năm"
                await pilot.pause()
                assert not entry.bad

    async def test_beyond_the_ceiling_the_clerk_is_told_what_was_lost(self) -> None:
        app = Fields()
        async with app.run_test() as pilot:
            for id in "ab":
                entry = app.query_one(f"#{id}", Entry)
                entry.focus()
                app.copy_to_clipboard("x" * (HARD_CEILING + 7))
                await pilot.press("ctrl+v")
                assert len(entry.value) == HARD_CEILING
                assert entry.bad
                assert "7" in entry.note.text

    def test_an_input_method_may_retype_across_the_limit(self, form: Terminal) -> None:
        """A field that refused the sixth letter would lose its own letters to the backspaces that follow."""
        form.send(*retyped("nghieengs", telex))
        assert held(form)[0] == "nghiếng"
        assert form.bells


class TestMoving:
    def test_keys_between_fields(self, form: Terminal) -> None:
        form.send("1", "enter", "2", "down", "3", "up", "up", "shift+tab")
        values = held(form)
        assert values[:3] == ["1", "2", "3"]
        assert values[4:] == ["subject", "f0;f1;f2;f1;f0;"]

    def test_focus_selects_so_that_typing_replaces(self, form: Terminal) -> None:
        form.send("old", "enter", "up", "new")
        assert held(form)[0] == "new"

    async def test_enter_never_submits(self) -> None:
        app = Fields()
        async with app.run_test() as pilot:
            await pilot.press("x", "enter", "y", "enter", "z", "enter")
            assert app.left == [("a", "x"), ("b", "y"), ("c", "z")]
            assert app.submitted == 0
            assert app.query_one("#b", EntryArea).value == "y"

    async def test_the_only_field_of_a_screen_is_finished_by_enter(self) -> None:
        class Lone(Fields):
            def compose(self) -> ComposeResult:
                yield EntryField("a", id="a")

        app = Lone()
        async with app.run_test() as pilot:
            await pilot.press("x", "enter")
            await pilot.pause()
            assert app.left == [("a", "x")]

    def test_the_area_is_left_at_its_first_and_last_line(self, form: Terminal) -> None:
        form.send("shift+tab", "chữ " * 40, "up", "X", "home", "up", "Y")
        form.wait_for(lambda t: "Y" in t.line(12) and "X" in t.line(13))
        form.send("up", "Z")
        form.wait_for(lambda t: "Z" in t.line(11))
        form.send("down", "down", "down", "down", "W")
        form.wait_for(lambda t: "W" in t.line(0))

    @pytest.mark.parametrize("kind", [EntryField, EntryArea])
    def test_function_keys_are_left_to_the_screen(self, kind: type[EntryField | EntryArea]) -> None:
        assert not [
            key for key in kind._merge_bindings().key_to_bindings if re.fullmatch(r"f\d+|tab|ctrl\+[pqgshim]", key)
        ]

    async def test_switching_windows_is_not_leaving(self) -> None:
        app = Fields()
        async with app.run_test() as pilot:
            app.app_focus = False
            await pilot.pause()
            assert app.left == []


class TestSeen:
    @pytest.mark.parametrize(
        ("term", "env"),
        [("xterm", {}), ("xterm-256color", {}), ("linux", {}), ("xterm", {"NO_COLOR": "1"}), ("vt100", {})],
    )
    def test_fields_state_and_cursor_are_seen_without_colours(self, term: str, env: dict[str, str]) -> None:
        with Terminal.python("tests.screens.demo_form", term=term, env=env) as form:
            form.wait_for("SẴN SÀNG")
            form.send("tab", "ab", "f7")
            form.wait_for("✗ Không có [mã] này")
            empty = [form.cell(x, 5) for x in range(X, X + 20)]
            assert all(cell.underscore for cell in empty)
            if term == "linux":
                assert all(cell.data == "_" for cell in empty)
            assert not form.cell(X - 1, 5).underscore
            assert not form.cell(X + 20, 5).underscore
            assert form.cell(X + 2, 1).reverse, "the cursor"
            assert form.cell(X + 19, 1).data == "✗"
            for y in range(12, 15):
                assert all(form.cell(x, y).underscore for x in range(79)), "the subject's three lines"
            form.send("f8")
            form.wait_for("▸ Sở Nội vụ")
            assert form.cell(X + 19, 1).data != "✗"

    def test_a_rejected_area_is_marked(self, form: Terminal) -> None:
        form.send("shift+tab", "x", "f7")
        form.wait_for("✗ Không có [mã] này")
        assert form.cell(79, 12).data == "✗"
        assert form.bells == 1

    def test_selected_text_is_seen_in_monochrome(self) -> None:
        with Terminal.python("tests.screens.demo_form", term="xterm", env={"NO_COLOR": "1"}) as form:
            form.wait_for("SẴN SÀNG")
            form.send("abc", "enter", "up")
            form.wait_for(lambda t: all(t.cell(X + i, 0).reverse for i in range(3)))

    @pytest.mark.parametrize("text", ["", "số", "chữ " * 20])
    def test_the_terminals_cursor_is_where_input_methods_draw(self, form: Terminal, text: str) -> None:
        form.send("tab", text)
        column = X + min(len(text), 19)
        form.wait_for(lambda t: t.cursor == (column, 1) and t.cell(column, 1).reverse)

    async def test_a_value_set_elsewhere_leaves_the_terminals_cursor(self) -> None:
        app = Fields()
        async with app.run_test() as pilot:
            await pilot.press("a", "b")
            before = app.cursor_position
            app.query_one("#c", Input).value = "another field"
            await pilot.pause()
            assert app.cursor_position == before

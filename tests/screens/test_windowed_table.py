"""The list: a million rows by keys, texts shown as they are, the cursor seen without colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from textual.app import App, ComposeResult

from clerkdesk.screens.widgets.windowed_table import PAGE, PAGES_KEPT, Column, WindowedTable
from tests.terminal import Terminal


class Rows:
    """Rows that can be changed, and that count what is asked of them."""

    def __init__(self, count: int, texts: Sequence[str] = ()) -> None:
        self.total = count
        self.texts = texts
        self.read = 0

    def count(self) -> int:
        return self.total

    def rows(self, start: int, stop: int) -> Sequence[Sequence[str]]:
        assert 0 <= start < stop <= self.total
        self.read += stop - start
        return [(f"{i}", self.texts[i] if i < len(self.texts) else f"dòng {i}") for i in range(start, stop)]


COLUMNS = (Column("Số", 6, "right"), Column("Nội dung", 10, stretch=True))


class List(App[None]):
    def __init__(self, rows: Rows | None, columns: Sequence[Column] = COLUMNS) -> None:
        super().__init__()
        self.rows, self.shown_columns = rows, columns
        self.chosen: list[int] = []
        self.moved: list[int] = []
        self.marks: list[int] = []

    def compose(self) -> ComposeResult:
        yield WindowedTable(self.shown_columns, self.rows, multi=True, empty_text="Chưa có văn bản [nào].")

    @property
    def table(self) -> WindowedTable:
        return self.query_one(WindowedTable)

    def lines(self) -> list[str]:
        return [strip.text.rstrip() for strip in self.screen._compositor.render_strips()]

    def on_windowed_table_row_chosen(self, message: WindowedTable.RowChosen) -> None:
        self.chosen.append(message.index)

    def on_windowed_table_cursor_moved(self, message: WindowedTable.CursorMoved) -> None:
        self.moved.append(message.index)

    def on_windowed_table_marks_changed(self, message: WindowedTable.MarksChanged) -> None:
        self.marks.append(message.index)


class TestKeys:
    @pytest.mark.parametrize(
        ("keys", "cursor"),
        [
            ("", 0),
            ("up", 0),
            ("down down up", 1),
            ("pagedown", 22),
            ("pagedown pagedown pageup", 22),
            ("down pagedown pageup", 1),
            ("end", 999),
            ("end pagedown", 999),
            ("end up home", 0),
            ("down home pageup", 0),
        ],
    )
    async def test_where_keys_lead(self, keys: str, cursor: int) -> None:
        app = List(Rows(1000))
        async with app.run_test(size=(80, 23)) as pilot:
            await pilot.press(*keys.split())
            await pilot.pause()
            assert app.table.cursor == cursor
            assert any(line.startswith("▸") and f" {cursor} dòng {cursor}" in line for line in app.lines())
            assert app.moved[-1:] == ([cursor] if cursor or "down" in keys or "end" in keys else [])

    async def test_enter_chooses_and_space_marks(self) -> None:
        app = List(Rows(50))
        async with app.run_test() as pilot:
            await pilot.press("down", "enter", "space", "space", "up", "space")
            await pilot.pause()
            assert app.chosen == [1]
            assert app.marks == [1, 2, 2]
            assert app.table.marked == {1}
            assert app.lines()[2].startswith(" *")

    async def test_an_empty_list_says_so_and_takes_every_key(self) -> None:
        for rows in (Rows(0), None):
            app = List(rows)
            async with app.run_test() as pilot:
                await pilot.press("down", "up", "pagedown", "pageup", "home", "end", "enter", "space")
                await pilot.pause()
                assert app.lines()[1] == "  Chưa có văn bản [nào]."
                assert (app.table.cursor, app.chosen, app.table.marked) == (0, [], set())

    async def test_jump_shows_rows_around(self) -> None:
        app = List(Rows(1000))
        async with app.run_test(size=(80, 23)) as pilot:
            app.table.jump(500)
            await pilot.pause()
            lines = app.lines()
            assert lines[12].startswith("▸")
            assert "dòng 489" in lines[1]
            app.table.jump(5000)
            assert app.table.cursor == 999

    async def test_only_rows_in_sight_are_read(self) -> None:
        rows = Rows(1_000_000)
        app = List(rows)
        async with app.run_test() as pilot:
            await pilot.press("end", "home")
            app.table.jump(500_000)
            await pilot.pause()
            assert rows.read <= 6 * PAGE
            for index in range(0, 1_000_000, 9_973):
                app.table.jump(index)
                await pilot.pause()
            assert len(app.table._pages) <= PAGES_KEPT


class TestChanges:
    async def test_a_shorter_source_pulls_the_cursor_in(self) -> None:
        rows = Rows(100)
        app = List(rows)
        async with app.run_test() as pilot:
            await pilot.press("end")
            rows.total = 3
            app.table.refresh_rows()
            await pilot.pause()
            assert app.table.cursor == app.moved[-1] == 2
            assert app.table.row_count == 3
            rows.total = 0
            app.table.refresh_rows()
            await pilot.pause()
            assert "Chưa có" in app.lines()[1]
            rows.total = 5
            app.table.refresh_rows()
            await pilot.pause()
            assert app.table.cursor == 0
            assert app.lines()[1].startswith("▸")

    async def test_new_texts_are_read(self) -> None:
        rows = Rows(5)
        app = List(rows)
        async with app.run_test() as pilot:
            assert "dòng 1" in app.lines()[2]
            rows.texts = ("a", "mới")
            app.table.refresh_rows()
            await pilot.pause()
            assert app.lines()[2].endswith("mới")

    async def test_another_source(self) -> None:
        app = List(Rows(100))
        async with app.run_test() as pilot:
            await pilot.press("down", "space", "down")
            app.table.replace_source(Rows(50), keep_cursor=True)
            assert (app.table.cursor, app.table.marked) == (3, set())
            app.table.replace_source(Rows(50))
            assert app.table.cursor == 0
            app.table.replace_source(None)
            await pilot.pause()
            assert "Chưa có" in app.lines()[1]

    async def test_marks_stay_when_the_caller_knows_the_rows(self) -> None:
        app = List(Rows(10))
        async with app.run_test() as pilot:
            await pilot.press("space", "space")
            app.table.refresh_rows(keep_marks=True)
            assert app.table.marked == {0, 1}
            app.table.refresh_rows()
            assert app.table.marked == set()

    async def test_rows_that_vanish_between_count_and_read_are_blank(self) -> None:
        class Shrinking(Rows):
            def rows(self, start: int, stop: int) -> Sequence[Sequence[str]]:
                return super().rows(start, stop)[:2]

        app = List(Shrinking(10))
        async with app.run_test() as pilot:
            await pilot.press("end")
            await pilot.pause()
            assert "dòng 1" in app.lines()[2]
            assert app.table.row(9) == ("", "")

    async def test_a_resize_keeps_the_cursor_in_sight(self) -> None:
        app = List(Rows(100))
        async with app.run_test(size=(80, 40)) as pilot:
            await pilot.press(*["down"] * 35)
            await pilot.resize_terminal(60, 12)
            await pilot.pause()
            assert any(line.startswith("▸") and "dòng 35" in line for line in app.lines())


class TestTexts:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("[bold]QĐ[/]", "[bold]QĐ[/]"),
            ("a\x1b[31mb", "a\N{REPLACEMENT CHARACTER}[31mb"),
            ("hai\ndòng", "hai dòng"),
            ("Sở\ttab", "Sở tab"),
            ("e\u0302\u0301", "ế"),
            ("x" * 200, "x" * 69 + "…"),
            ("\u202eđảo", "\N{REPLACEMENT CHARACTER}đảo"),
            ("\ud800", "\N{REPLACEMENT CHARACTER}"),
        ],
    )
    async def test_are_shown_as_they_are(self, text: str, shown: str) -> None:
        app = List(Rows(2, ["", text]))
        async with app.run_test(size=(79, 24)):
            assert app.lines()[2] == f"       1 {shown}"

    @pytest.mark.parametrize("width", [80, 100, 132])
    async def test_stretching_columns_share_what_is_left(self, width: int) -> None:
        columns = (Column("A", 5), Column("B", 10, stretch=True), Column("C", 6), Column("D", 10, stretch=True))
        app = List(None, columns)
        async with app.run_test(size=(width, 24)):
            widths = app.table._widths
            assert sum(widths) + 3 + 2 == width
            assert (widths[0], widths[2]) == (5, 6)
            assert abs(widths[1] - widths[3]) <= 1


@pytest.fixture(scope="module", params=[("xterm", ""), ("linux", ""), ("xterm", "1"), ("xterm-256color", "")])
def terminal(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    term, no_color = request.param
    env = {"NO_COLOR": no_color} if no_color else {}
    with Terminal.python("tests.screens.demo_table", "1000000", term=term, env=env) as terminal:
        terminal.wait_for("SẴN SÀNG")
        yield terminal


class TestOnATerminal:
    def test_the_cursor_is_seen_without_colours(self, terminal: Terminal) -> None:
        terminal.send("home", "down")
        terminal.wait_for(lambda t: t.line(2).startswith("▸"))
        assert all(terminal.cell(x, 2).reverse for x in range(79))
        assert not any(terminal.cell(x, 1).reverse for x in range(79))
        assert terminal.cell(4, 0).underscore

    def test_keys_typed_ahead_all_count(self, terminal: Terminal) -> None:
        terminal.send("end", "up", "enter", "space", "home", *["down"] * 50, "enter", "f9")
        terminal.wait_for("50|50|999998#")

    def test_a_resize_draws_the_list_anew(self, terminal: Terminal) -> None:
        terminal.send("end")
        terminal.wait_for("▸  1000000")
        terminal.resize(100, 30)
        terminal.wait_for(lambda t: "1000000" in t.line(28) and t.cell(98, 28).reverse)

"""A long list for tests and measurements: the windowed table, or with `stock` Textual's own DataTable.

Run with the number of rows. F9 writes down where the cursor is and what was chosen; F7 jumps.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DataTable, Static

from clerkdesk.screens.serial_keys import SerialKeys
from clerkdesk.screens.widgets.windowed_table import Column, WindowedTable

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 100
STOCK = "stock" in sys.argv
COLUMNS = (
    Column("Số đến", 8, "right"),
    Column("Ngày đến", 10),
    Column("Cơ quan gửi", 16, stretch=True),
    Column("Số, ký hiệu", 14),
    Column("Trích yếu", 20, stretch=True),
)


class Arrivals:
    """Rows made on the fly, as cheap as a page from an index."""

    def count(self) -> int:
        return ROWS

    def rows(self, start: int, stop: int) -> Sequence[Sequence[str]]:
        return [self.row(i) for i in range(start, stop)]

    @staticmethod
    def row(i: int) -> tuple[str, ...]:
        day = f"{i % 28 + 1:02}/{i // 28 % 12 + 1:02}/2026"
        subject = f"Về việc triển khai kế hoạch [số {i}] tăng cường quản lý văn bản, lưu trữ năm 2026"
        return (str(i + 1), day, "Sở Thông tin và Truyền thông", f"{i % 999}/QĐ-UBND", subject)


class Demo(SerialKeys, App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f7", "jump"), Binding("f9", "dump")]
    CSS = "#dump { dock: bottom; height: 1; }"
    chosen = -1
    moves = 0
    dumps = 0
    jumps = 0

    def compose(self) -> ComposeResult:
        if STOCK:
            yield DataTable(cursor_type="row")
        else:
            yield WindowedTable(COLUMNS, Arrivals(), multi=True)
        yield Static("SẴN SÀNG", id="dump", markup=False)

    def on_mount(self) -> None:
        self.animation_level = "none"
        if STOCK:
            table = self.query_one(DataTable)
            for column in COLUMNS:
                table.add_column(column.title, width=column.width)
            table.add_rows(Arrivals().rows(0, ROWS))

    def on_windowed_table_row_chosen(self, message: WindowedTable.RowChosen) -> None:
        self.chosen = message.index

    def on_windowed_table_cursor_moved(self, message: WindowedTable.CursorMoved) -> None:
        self.moves += 1

    def action_jump(self) -> None:
        self.jumps += 1
        to = self.jumps * 7919 * 31 % ROWS
        if STOCK:
            self.query_one(DataTable).move_cursor(row=to)
        else:
            self.query_one(WindowedTable).jump(to)

    def action_dump(self) -> None:
        self.dumps += 1
        table = self.query_one(WindowedTable)
        marked = ",".join(map(str, sorted(table.marked)))
        self.query_one("#dump", Static).update(f"#{self.dumps} {table.cursor}|{self.chosen}|{marked}#")


if __name__ == "__main__":
    Demo().run()

"""A keyboard list over any number of rows: only the rows in sight are read, cut to their columns and drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from clerkdesk.i18n import N_, _
from clerkdesk.screens.widgets.plain_text import REPLACEMENT, fit, one_line

PAGE = 128
"""Rows fetched at once: enough for the tallest terminal, few enough for one key's time."""
PAGES_KEPT = 24
STRIPS_KEPT = 1024
CURSOR_MARK = "▸"
CHOSEN_MARK = "*"

_MARK_WIDTH = 2
_EMPTY = N_("Không có dòng nào.")


class RowSource(Protocol):
    """The rows in the order shown. Asked on the screen's thread, so it must answer in milliseconds."""

    def count(self) -> int:
        """How many rows there are."""
        ...

    def rows(self, start: int, stop: int) -> Sequence[Sequence[str]]:
        """The rows from `start` up to `stop`, one text for each column."""
        ...


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, its width in cells, and whether it shares what is left of the line."""

    title: str
    width: int
    align: Literal["left", "right", "center"] = "left"
    stretch: bool = False


class WindowedTable(ScrollView, can_focus=True):
    """A list to be moved through by keys; posts `CursorMoved`, `RowChosen` (Enter) and `MarksChanged` (space).

    The row under the cursor is in reverse video and begins with `▸`; marked rows begin with `*`. Texts are shown as
    they are: no markup is read, accents are composed, control characters are replaced.

    Args:
        columns: Every row has one text for each of them.
        source: The rows; none yet when left out.
        empty_text: What to say when there is no row.
        multi: Whether space marks rows.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"table--header", "table--cursor"}
    DEFAULT_CSS = """
    WindowedTable {
        height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; background: transparent;
        & > .table--header { text-style: bold underline; }
        & > .table--cursor { text-style: bold; }
        &:focus > .table--cursor { text-style: reverse; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", N_("Dòng trên"), show=False, id="table.up"),
        Binding("down", "move(1)", N_("Dòng dưới"), show=False, id="table.down"),
        Binding("pageup", "page(-1)", N_("Trang trước"), show=False, id="table.page_up"),
        Binding("pagedown", "page(1)", N_("Trang sau"), show=False, id="table.page_down"),
        Binding("home,ctrl+home", "first", N_("Dòng đầu"), show=False, id="table.first"),
        Binding("end,ctrl+end", "last", N_("Dòng cuối"), show=False, id="table.last"),
        Binding("enter", "choose", N_("Mở"), show=False, id="table.choose"),
        Binding("space", "mark", N_("Đánh dấu"), show=False, id="table.mark"),
    ]

    class RowChosen(Message):
        """Enter was pressed on a row."""

        def __init__(self, table: WindowedTable, index: int) -> None:
            super().__init__()
            self.table = table
            self.index = index

        @property
        def control(self) -> WindowedTable:
            """The table, for `@on` selectors."""
            return self.table

    class CursorMoved(RowChosen):
        """The cursor stands on another row now. While the clerk holds a key down only the newest one is delivered."""

        def can_replace(self, message: Message) -> bool:
            """Let a newer position stand for an older one that nobody has looked at yet."""
            return isinstance(message, WindowedTable.CursorMoved) and message.table is self.table

    class MarksChanged(RowChosen):
        """Space was pressed: the mark of the row at `index` has changed."""

    def __init__(
        self,
        columns: Sequence[Column],
        source: RowSource | None = None,
        *,
        empty_text: str = "",
        multi: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.columns = tuple(columns)
        self.source = source
        self.empty_text = empty_text
        self.multi = multi
        self.marked: set[int] = set()
        self._count = source.count() if source else 0
        self._cursor = 0
        self._widths: tuple[int, ...] = ()
        self._line_width = 0
        self._pages: LRUCache[int, Sequence[Sequence[str]]] = LRUCache(PAGES_KEPT)
        self._strips: LRUCache[tuple[int, bool, bool, Style], Strip] = LRUCache(STRIPS_KEPT)
        self._base_style = self._cursor_style = Style()

    # -- what screens use ---------------------------------------------------------------------------------------------

    @property
    def row_count(self) -> int:
        """How many rows the source had when it was last asked."""
        return self._count

    @property
    def cursor(self) -> int:
        """The index of the row under the cursor, 0 in an empty list."""
        return self._cursor

    def row(self, index: int) -> Sequence[str]:
        """The texts of one row, blank when the source no longer has it."""
        number, place = divmod(index, PAGE)
        page = self._pages.get(number)
        if page is None:
            start = number * PAGE
            stop = min(start + PAGE, self._count)
            page = self.source.rows(start, stop) if self.source and start < stop else ()
            self._pages[number] = page
        return page[place] if place < len(page) else ("",) * len(self.columns)

    def replace_source(self, source: RowSource | None, keep_cursor: bool = False) -> None:
        """Show other rows from the first one on, or with `keep_cursor` from the same place on. Clears the marks."""
        self.source = source
        self._reload(self._cursor if keep_cursor else 0)

    def refresh_rows(self, *, keep_marks: bool = False) -> None:
        """Read the rows again because they have changed.

        Marks are positions; they go too unless the caller knows that every row is still where it was.
        """
        self._reload(self._cursor, keep_marks=keep_marks)

    def jump(self, index: int) -> None:
        """Put the cursor on a row, with rows around it in sight when it was far away."""
        self._move_to(index, center=True)

    # -- keys ---------------------------------------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        """Go some rows down (or up, below 0)."""
        self._move_to(self._cursor + step)

    def action_page(self, step: int) -> None:
        """Go whole screenfuls down (or up, below 0)."""
        rows = step * self._rows_in_sight
        self._scroll_to_row(int(self.scroll_offset.y) + rows)
        self._move_to(self._cursor + rows)

    def action_first(self) -> None:
        """Go to the first row."""
        self._move_to(0)

    def action_last(self) -> None:
        """Go to the last row."""
        self._move_to(self._count - 1)

    def action_choose(self) -> None:
        """Tell the screen that the row was chosen."""
        if self._count:
            self.post_message(self.RowChosen(self, self._cursor))

    def action_mark(self) -> None:
        """Mark the row or take its mark away, then go on to the next."""
        if not self.multi or not self._count:
            return
        index = self._cursor
        self.marked ^= {index}
        self._refresh_row(index)
        self.post_message(self.MarksChanged(self, index))
        self._move_to(index + 1)

    # -- drawing ------------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Set the height of the whole list once there is a screen to draw on."""
        self._set_height()

    def on_resize(self) -> None:
        """Keep the cursor in sight in the new size."""
        self._set_height()
        self._show_cursor()

    def on_focus(self) -> None:
        """Draw the cursor's row in reverse."""
        self._refresh_row(self._cursor)

    def on_blur(self) -> None:
        """Leave only the mark on the cursor's row."""
        self._refresh_row(self._cursor)

    def notify_style_update(self) -> None:
        """Draw again in another theme."""
        super().notify_style_update()
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw some lines of the window. Widths and styles are worked out once for all of them."""
        width = self.scrollable_content_region.width
        if width != self._line_width:
            self._lay_out(width)
        self._base_style = self.rich_style
        self._cursor_style = self._base_style + self.get_component_rich_style("table--cursor", partial=True)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the window: the headings, a row, or what to say when there is none."""
        if y == 0:
            style = self._base_style + self.get_component_rich_style("table--header", partial=True)
            titles = [fit(one_line(c.title), w, c.align) for c, w in zip(self.columns, self._widths, strict=True)]
            return self._strip(" " * _MARK_WIDTH + " ".join(titles), style)
        index = int(self.scroll_offset.y) + y - 1
        if index >= self._count:
            text = "  " + (self.empty_text or _(_EMPTY)) if not self._count and y == 1 else ""
            return self._strip(text, self._base_style)
        here = index == self._cursor
        style = self._cursor_style if here else self._base_style
        key = (index, here, index in self.marked, style)
        strip = self._strips.get(key)
        if strip is None:
            marks = (CURSOR_MARK if here else " ") + (CHOSEN_MARK if index in self.marked else " ")
            strip = self._strips[key] = self._strip(marks + self._line(index), style)
        return strip

    def _strip(self, text: str, style: Style) -> Strip:
        return Strip([Segment(fit(text, self._line_width), style)], self._line_width)

    def _line(self, index: int) -> str:
        cells = zip(self.row(index), self.columns, self._widths, strict=False)
        return " ".join(fit(one_line(text, control=REPLACEMENT), width, c.align) for text, c, width in cells)

    def _lay_out(self, width: int) -> None:
        """Share the line's width: every column gets its own, the stretching ones also equal parts of the rest."""
        stretching = [i for i, column in enumerate(self.columns) if column.stretch]
        left = width - _MARK_WIDTH - sum(column.width for column in self.columns) - max(0, len(self.columns) - 1)
        widths = [column.width for column in self.columns]
        for nth, i in enumerate(stretching):
            share = left // (len(stretching) - nth)
            widths[i] = max(1, widths[i] + share)  # below their width only where the line is too short for all
            left -= share
        self._widths, self._line_width = tuple(widths), width
        self._strips.clear()

    # -- moving -------------------------------------------------------------------------------------------------------

    @property
    def _rows_in_sight(self) -> int:
        return max(1, self.scrollable_content_region.height - 1)

    def _reload(self, cursor: int, *, keep_marks: bool = False) -> None:
        self._count = self.source.count() if self.source else 0
        self._pages.clear()
        self._strips.clear()
        self.marked = {index for index in self.marked if keep_marks and index < self._count}
        before, self._cursor = self._cursor, max(0, min(cursor, self._count - 1))
        if self.is_attached:
            self._set_height()
            self._show_cursor()
            self.refresh()
            if self._cursor != before:
                self.post_message(self.CursorMoved(self, self._cursor))

    def _set_height(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, self._count + 1)

    def _move_to(self, index: int, *, center: bool = False) -> None:
        index = max(0, min(index, self._count - 1))
        old, self._cursor = self._cursor, index
        if index == old:
            return
        if not self.is_attached:
            return
        if not self._show_cursor(center=center):
            self._refresh_row(old)
            self._refresh_row(index)
        self.post_message(self.CursorMoved(self, index))

    def _show_cursor(self, *, center: bool = False) -> bool:
        """Scroll so that the cursor's row is in sight; answers whether that was needed."""
        top, rows = int(self.scroll_offset.y), self._rows_in_sight
        if top <= self._cursor < top + rows:
            return False
        if center:
            return self._scroll_to_row(self._cursor - rows // 2)
        return self._scroll_to_row(self._cursor if self._cursor < top else self._cursor - rows + 1)

    def _scroll_to_row(self, top: int) -> bool:
        before = self.scroll_offset.y
        self.scroll_to(y=max(0, min(top, self._count - self._rows_in_sight)), animate=False, force=True)
        return self.scroll_offset.y != before

    def _refresh_row(self, index: int) -> None:
        y = index - int(self.scroll_offset.y) + 1
        if 1 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

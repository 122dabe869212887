"""The lists: arrivals, unprocessed, outgoing, awaiting issue; a million rows are as quick as ten."""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.worker import get_current_worker

from clerkdesk.i18n import N_, _
from clerkdesk.screens.areas import roles_wanted
from clerkdesk.screens.office_screen import OfficeScreen
from clerkdesk.screens.widgets.entry_field import EntryField
from clerkdesk.screens.widgets.field_note import Entry
from clerkdesk.screens.widgets.windowed_table import Column, WindowedTable

if TYPE_CHECKING:
    from clerkdesk.services.desk import Desk
    from clerkdesk.services.lists import ListKind, ListQuery, ListRow

FIRST_PAGE = 200

WIDE = 110
"""Columns of a terminal from which on every cell of a row is shown."""

# Which cells of a row are shown, with their least width and whether they take what is left, by kind and terminal.
_CELLS: dict[tuple[bool, bool], tuple[tuple[int, int, bool], ...]] = {
    (True, True): ((0, 7, False), (1, 8, False), (2, 20, True), (3, 17, False), (4, 34, True), (5, 8, False), (6, 14, False)),
    (True, False): ((0, 6, False), (1, 8, False), (2, 10, True), (3, 15, False), (4, 24, True), (5, 8, False)),
    (False, True): ((0, 20, False), (1, 8, False), (2, 20, False), (3, 34, True), (4, 11, False), (5, 14, False)),
    (False, False): ((0, 16, False), (1, 8, False), (3, 30, True), (5, 13, False)),
}  # fmt: skip
_TITLES = {
    True: (N_("Số đến"), N_("Ngày đến"), N_("Cơ quan BH"), N_("Số, ký hiệu"), N_("Trích yếu"), N_("Hạn"), N_("Trạng thái")),
    False: (N_("Số, ký hiệu"), N_("Ngày"), N_("Người ký"), N_("Trích yếu"), N_("Khẩn"), N_("Trạng thái")),
}  # fmt: skip


# A document that waits for its signature has no code yet; whose signature it waits for is what one looks for.
_FOR_SIGNATURE = ((2, 16, False), (1, 8, False), (3, 30, True), (4, 11, False))


def columns_for(kind: ListKind, width: int) -> tuple[tuple[int, ...], tuple[Column, ...]]:
    """Return which cells a list shows on a terminal of this width, and their columns."""
    arrivals = kind.of_arrivals
    cells = _FOR_SIGNATURE if kind == "FOR_SIGNATURE" else _CELLS[arrivals, width >= WIDE]
    titles = _TITLES[arrivals]
    return tuple(cell for cell, _w, _s in cells), tuple(Column(_(titles[cell]), w, stretch=s) for cell, w, s in cells)


class IdRows:
    """A row source over row ids: cells are read for the rows in sight only."""

    def __init__(self, desk: Desk, kind: ListKind, ids: array[int], on_day: dt.date, cells: tuple[int, ...]) -> None:
        self.desk, self.kind, self.ids, self.on_day, self.cells = desk, kind, ids, on_day, cells

    def count(self) -> int:
        """How many rows."""
        return len(self.ids)

    def rows(self, start: int, stop: int) -> Sequence[Sequence[str]]:
        """The cells of some rows; a mark says void (✗) and overdue (!) without colour."""
        return [tuple(_marked(row)[cell] for cell in self.cells) for row in self.read(start, stop)]

    def read(self, start: int, stop: int) -> list[ListRow]:
        """The rows themselves."""
        from clerkdesk.services.lists import rows_of

        return self.desk.read(rows_of, self.kind, self.ids[start:stop], self.on_day)


def _marked(row: ListRow) -> tuple[str, ...]:
    if row.void:
        return (f"✗{row.cells[0]}", *row.cells[1:])
    return (f"!{row.cells[0]}", *row.cells[1:]) if row.overdue else row.cells


class DocumentListScreen(OfficeScreen):
    """A list with filter, order, jump, and keys for what can be done with the row."""

    HELP = N_(
        "F7 hoặc / lọc theo chữ (không dấu cũng được). Gõ số rồi Enter ở ô lọc để nhảy tới số đó. F6 đổi cách sắp xếp, "
        "F4 lọc theo năm. Enter mở, Insert nhập mới. Dấu ! là quá hạn, ✗ là đã hủy số."
    )
    AUTO_FOCUS = "WindowedTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2,insert", "new", N_("Mới"), id="list.new"),
        Binding("f4", "choose_year", N_("Năm"), id="list.year"),
        Binding("f5", "reload", N_("Làm mới"), id="list.reload"),
        Binding("f6", "next_order", N_("Sắp xếp"), id="list.order"),
        Binding("f7,slash", "filter", N_("Lọc"), id="list.filter"),
        Binding("f8", "print", N_("In"), id="list.print"),
        Binding("f10", "finish", N_("Xong"), id="list.finish"),
    ]
    DEFAULT_CSS = """
    DocumentListScreen #filter { width: 1fr; margin: 0 1; display: none; }
    DocumentListScreen #filter.-shown { display: block; }
    """

    def __init__(self, area: str) -> None:
        super().__init__()
        self.area = area
        self.query_asked: ListQuery | None = None
        self.source: IdRows | None = None
        self._complete = False

    def body(self) -> ComposeResult:
        """Filter line and table."""
        from clerkdesk.services.lists import ListKind, ListQuery, orders_of

        kind = ListKind(self.area.upper())
        self.kind = kind
        self.query_asked = ListQuery(kind, order=orders_of(kind)[0])
        self.cells, columns = columns_for(kind, self.app.size.width)
        yield EntryField("filter", id="filter", placeholder=_("chữ cần tìm, hoặc số"))
        yield WindowedTable(columns, id="table")

    def on_mount(self) -> None:
        """Read the list."""
        self.office_changed()

    def on_resize(self, event: events.Resize) -> None:
        """Show fewer cells where there is less room."""
        cells, columns = columns_for(self.kind, event.size.width)
        if cells != self.cells:
            self.cells = cells
            self.table.columns = columns
            if self.source is not None:
                self.source.cells = cells
            self.table.refresh_rows()

    @property
    def asked(self) -> ListQuery:
        """What the list shows now."""
        assert self.query_asked is not None  # noqa: S101
        return self.query_asked

    @property
    def table(self) -> WindowedTable:
        """The table."""
        return self.query_one(WindowedTable)

    # -- reading ----------------------------------------------------------------------------------------------------

    def office_changed(self) -> None:
        """Show the first page at once; the worker brings the rest."""
        self.show_ids(self.read_ids(FIRST_PAGE), complete=False, keep_cursor=True)
        self.load()

    def read_ids(self, limit: int | None) -> array[int]:
        """Read the first row ids of the list."""
        from clerkdesk.services.lists import row_ids

        return self.desk.read(row_ids, self.asked, limit=limit)

    @work(thread=True, exclusive=True, exit_on_error=False, group="list")
    def load(self) -> None:
        """Read all row ids."""
        from clerkdesk.services.lists import row_ids

        worker = get_current_worker()
        ids = self.desk.read(row_ids, self.asked, stop=lambda: worker.is_cancelled)
        if not worker.is_cancelled:
            self.app.call_from_thread(self.show_ids, ids, complete=True, keep_cursor=True)

    def show_ids(self, ids: array[int], *, complete: bool, keep_cursor: bool) -> None:
        """Put the rows into the table."""
        from clerkdesk.services.clock import today
        from clerkdesk.services.lists import FOUND_AT_MOST

        if not self.is_attached:
            return
        self._complete = complete
        self.source = IdRows(self.desk, self.kind, ids, today(), self.cells)
        self.table.replace_source(self.source, keep_cursor=keep_cursor)
        query = self.asked
        parts = [self.kind.heading.upper(), query.order.label]
        if query.year:
            parts.append(_("năm {year}").format(year=query.year))
        if query.words:
            parts.append(_("lọc “{words}”").format(words=query.words))
        if complete:
            most = query.words and len(ids) >= FOUND_AT_MOST
            count = f"{FOUND_AT_MOST:,}+" if most else f"{len(ids):,}"
            parts.append(_("{count} văn bản").format(count=count))
        self.head(" · ".join(parts))

    # -- filter, order, jump ----------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Open the filter line."""
        field = self.query_one("#filter", EntryField)
        field.add_class("-shown")
        field.focus()

    @on(EntryField.Changed, "#filter")
    def filter_typed(self, event: EntryField.Changed) -> None:
        """Filter while typing; digits wait for Enter, to jump."""
        words = event.value.strip()
        if not words.isdigit():
            self._ask(words=words)

    @on(Entry.Left)
    def filter_left(self, left: Entry.Left) -> None:
        """Enter or Tab leaves the filter; a bare number jumps."""
        if left.field.id != "filter":
            return
        typed = left.field.value.strip()
        if typed.isdigit():
            left.field.value = ""
            self._ask(words="")
            self.jump(int(typed))
        if not left.field.value.strip():
            left.field.remove_class("-shown")
        self.table.focus()

    def jump(self, number: int) -> None:
        """Go to an arrival number of the year shown."""
        from clerkdesk.services.clock import today
        from clerkdesk.services.lists import position_of_number

        if self.source is None or not self._complete:
            self.workers.cancel_group(self, "list")
            self.show_ids(self.read_ids(None), complete=True, keep_cursor=False)
        ids = self.source.ids if self.source is not None else array("q")
        place = self.desk.look_up(
            position_of_number, self.kind, ids, self.desk.agency_id, self.asked.year or today().year, number
        )
        if place is None:
            self.say(_("Không có số {number} trong danh sách này.").format(number=number), bad=True)
        else:
            self.table.jump(place)
            self.say("")

    def action_step_back(self) -> None:
        """First take the filter away, then go back."""
        field = self.query_one("#filter", EntryField)
        if field.has_class("-shown") or self.asked.words:
            field.value = ""
            field.remove_class("-shown")
            self._ask(words="")
            self.table.focus()
        else:
            super().action_step_back()

    def _ask(self, **changes: object) -> None:
        changed = replace(self.asked, **changes)  # type: ignore[arg-type]
        if changed != self.asked:
            self.query_asked = changed
            self.show_ids(self.read_ids(FIRST_PAGE), complete=False, keep_cursor=False)
            self.load()

    def action_next_order(self) -> None:
        """Sort another way."""
        from clerkdesk.services.lists import orders_of

        orders = orders_of(self.kind)
        if len(orders) == 1:
            self.say(_("Danh sách này chỉ có một cách sắp xếp: {order}.").format(order=orders[0].label))
            return
        self._ask(order=orders[(orders.index(self.asked.order) + 1) % len(orders)])

    def action_choose_year(self) -> None:
        """Show one year, or all."""
        from clerkdesk.screens.modals.pick import PickModal, pick_from
        from clerkdesk.services.clock import today

        years = [(_("Mọi năm"), 0), *((str(year), year) for year in range(today().year + 1, today().year - 12, -1))]

        def chosen(year: int | None) -> None:
            if year is not None:
                self._ask(year=year or None)

        self.app.push_screen(PickModal(_("Năm"), pick_from(years)), chosen)

    def action_reload(self) -> None:
        """Read again."""
        self.office_changed()

    # -- one row ----------------------------------------------------------------------------------------------------

    def current(self) -> UUID | None:
        """Return the document under the cursor."""
        if self.source is None or not self.source.count():
            return None
        rows = self.source.read(self.table.cursor, self.table.cursor + 1)
        return rows[0].id if rows else None

    @on(WindowedTable.RowChosen)
    def open_row(self, event: WindowedTable.RowChosen) -> None:
        """Open the document."""
        if type(event) is not WindowedTable.RowChosen:
            return
        document = self.current()
        if document is None:
            return
        if self.kind.of_arrivals:
            from clerkdesk.screens.arrival_record import ArrivalRecordScreen

            self.app.push_screen(ArrivalRecordScreen(document))
        else:
            from clerkdesk.screens.outgoing_record import OutgoingRecordScreen

            self.app.push_screen(OutgoingRecordScreen(document))

    @property
    def form(self) -> str:
        """The area in which the list's documents are entered."""
        return "arrival_form" if self.of_arrivals else "outgoing_form"

    @property
    def of_arrivals(self) -> bool:
        """Whether the list shows arrivals."""
        return self.area in ("arrivals", "unprocessed")

    def action_new(self) -> None:
        """Go to the entry form."""
        self.app.show_area(self.form)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only arrivals are finished here; the entry form is for those whose work it is."""
        if action == "new" and self.desk.session is not None:
            return None if roles_wanted(self.desk, self.form) else True
        return None if action == "finish" and not self.of_arrivals else True

    def action_finish(self) -> None:
        """End the processing of the arrival under the cursor; undone in its record."""
        document = self.current()
        if document is None or not self.kind.of_arrivals:
            self.say(_("Chọn một văn bản đến chưa xử lý."))
            return
        from clerkdesk.screens.arrival_record import finish

        finish(self, document, self._finished)

    def _finished(self) -> None:
        self.changed_here()
        self.office_changed()

    def action_print(self) -> None:
        """Print a label or stamp for the arrival, or the postal book of the outgoing documents."""
        from clerkdesk.screens.printing import print_for_list

        print_for_list(self, self.kind, self.current())

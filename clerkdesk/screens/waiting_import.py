"""A list of arrivals before it is taken in: every line, and beside it what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.worker import get_current_worker

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import N_, _
from clerkdesk.screens.office_screen import OfficeScreen
from clerkdesk.screens.widgets.windowed_table import Column, WindowedTable

if TYPE_CHECKING:
    from clerkdesk.services.batch_import import Imported, ImportPreview


class ListRows:
    """The lines of a list as rows."""

    def __init__(self, lines: Sequence[Imported]) -> None:
        self.lines = lines

    def count(self) -> int:
        """How many."""
        return len(self.lines)

    def rows(self, start: int, stop: int) -> Sequence[Sequence[str]]:
        """Their cells; what is wrong with a line stands in place of its subject."""
        return [
            (f"{'✗' if one.trouble else ''}{one.row}", *one.shown[:3], one.trouble or one.shown[3])
            for one in self.lines[start:stop]
        ]


class ImportScreen(OfficeScreen):
    """The preview of a list; nothing is taken in while a line is wrong."""

    HELP = N_(
        "Các dòng của tệp như sẽ được nhập. Dòng ✗ có lỗi, lý do ghi ở cột cuối và ở dòng dưới: sửa trong tệp, lưu, rồi F5 đọc lại. Còn một "
        "dòng lỗi thì chưa nhập dòng nào. F7 chỉ hiện dòng lỗi. F2 đưa tất cả vào chồng chờ vào sổ. Esc khi đang đọc là dừng."
    )
    AUTO_FOCUS = "#lines"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "take_in", N_("Nhập"), id="import.take_in"),
        Binding("f5", "reload", N_("Đọc lại"), id="import.reload"),
        Binding("f7", "only_wrong", N_("Dòng lỗi"), id="import.only_wrong"),
    ]

    def __init__(self, register_id: UUID, path: Path) -> None:
        super().__init__()
        self.register_id, self.path = register_id, path
        self.preview: ImportPreview | None = None
        self.wrong_only = False
        self._busy = False

    def body(self) -> ComposeResult:
        """One table."""
        yield WindowedTable(
            (
                Column(_("Dòng"), 6, align="right"),
                Column(_("Ngày đến"), 10),
                Column(_("Cơ quan BH"), 14, stretch=True),
                Column(_("Số, ký hiệu"), 14),
                Column(_("Trích yếu hoặc lỗi"), 24, stretch=True),
            ),
            id="lines",
        )

    def on_mount(self) -> None:
        """Read the file."""
        self.action_reload()

    def action_reload(self) -> None:
        """Read the file, again."""
        self.head(_("NHẬP DANH SÁCH · {name}").format(name=self.path.name))
        self._busy = True
        self.read_file()

    @work(thread=True, exclusive=True, exit_on_error=False, group="list")
    def read_file(self) -> None:
        """Read every line."""
        from clerkdesk.services.batch_import import read_list
        from clerkdesk.services.clock import now

        worker, call = get_current_worker(), self.app.call_from_thread

        def progress(done: int, total: int) -> None:
            call(self.say, _("Đang đọc {done:,}/{total:,} dòng… Esc dừng").format(done=done, total=total))

        try:
            preview = self.desk.read(read_list, self.path, now(), stop=lambda: worker.is_cancelled, progress=progress)
        except ClerkDeskError as error:
            call(self.ended, error.message)
            return
        call(self.show_lines, preview)

    def ended(self, sentence: str) -> None:
        """Say why the list was not read or taken in."""
        self._busy = False
        self.say(sentence, bad=True)

    def show_lines(self, preview: ImportPreview | None = None) -> None:
        """Put the lines into the table."""
        if not self.is_attached:
            return
        self._busy = False
        self.preview = preview or self.preview
        assert self.preview is not None  # noqa: S101
        lines = [one for one in self.preview.lines if one.trouble or not self.wrong_only]
        self.query_one(WindowedTable).replace_source(ListRows(lines))
        parts = [
            _("NHẬP DANH SÁCH · {name}").format(name=self.preview.name),
            _("{count:,} dòng").format(count=len(self.preview.lines)),
        ]
        if self.preview.wrong:
            parts.append(_("{count:,} dòng lỗi").format(count=self.preview.wrong))
        self.head(" · ".join(parts))
        if self.preview.wrong:
            self.say(
                _("Chưa nhập dòng nào: sửa {count:,} dòng lỗi trong tệp rồi F5.").format(count=self.preview.wrong),
                bad=True,
            )
        elif self.preview.ignored:
            self.say(_("F2 để nhập. Cột bỏ qua: {columns}.").format(columns=", ".join(self.preview.ignored)))
        else:
            self.say(_("F2 để nhập."))

    @on(WindowedTable.CursorMoved)
    def tell_trouble(self, event: WindowedTable.CursorMoved) -> None:
        """Say in full what is wrong with the line under the cursor."""
        if self.preview is None:
            return
        lines = [one for one in self.preview.lines if one.trouble or not self.wrong_only]
        if event.index < len(lines) and lines[event.index].trouble:
            line = lines[event.index]
            self.say(_("Dòng {line}: {reason}").format(line=line.row, reason=line.trouble))

    def action_only_wrong(self) -> None:
        """Show the wrong lines only, or all."""
        if self.preview is not None:
            self.wrong_only = not self.wrong_only
            self.show_lines()

    def action_step_back(self) -> None:
        """First stop the reading."""
        if self._busy:
            self.workers.cancel_group(self, "list")
        else:
            super().action_step_back()

    def action_take_in(self) -> None:
        """Put all lines on the pile."""
        if self.preview is None or self._busy:
            return
        if self.preview.wrong:
            self.show_lines()
            return
        self._busy = True
        self.say(_("Đang nhập…"))
        self.take_in(self.preview)

    @work(thread=True, exit_on_error=False, group="take_in")
    def take_in(self, preview: ImportPreview) -> None:
        """Carry it out: all lines in one command."""
        from clerkdesk.services.commands import AddWaiting

        call = self.app.call_from_thread
        lines = tuple(one.line for one in preview.lines if one.line is not None)
        try:
            self.desk.do(self.desk.make(AddWaiting, register_id=self.register_id, lines=lines))
        except ClerkDeskError as error:
            call(self.ended, error.message)
        else:
            call(self.taken_in)

    def taken_in(self) -> None:
        """Go back to the pile, which shows them."""
        self.app.changes += 1
        self.dismiss()

"""Closing a year's books: what is still pending of each, in words, and the keys that close and print."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import N_, _
from clerkdesk.screens.office_screen import OfficeScreen
from clerkdesk.screens.widgets.windowed_table import Column, WindowedTable

if TYPE_CHECKING:
    from clerkdesk.services.year_close import Pending


class PendingRows:
    """Each book with one row for each thing that is pending, or one that says it is ready."""

    def __init__(self, rows: list[tuple[UUID, str, str, str]]) -> None:
        self.lines = rows

    def count(self) -> int:
        """How many."""
        return len(self.lines)

    def rows(self, start: int, stop: int) -> Sequence[Sequence[str]]:
        """Their cells."""
        return [cells[1:] for cells in self.lines[start:stop]]


class YearClosingScreen(OfficeScreen):
    """What stands between a year's books and their close."""

    HELP = N_(
        "Mỗi sổ với những việc còn vướng (✗); ▸ là việc máy tự làm khi đóng. F9 đóng sổ đang chọn, F10 đóng mọi sổ của năm. Đã đóng thì không cấp, "
        "không hủy, không sửa số được nữa và không mở lại được. F8 in biên bản đóng sổ để ký (chưa đóng thì là dự thảo). F6 xuất sổ và nhật ký cho người kiểm tra độc lập."
    )
    AUTO_FOCUS = "#pending"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "reload", N_("Làm mới"), id="closing.reload"),
        Binding("f6", "export", N_("Xuất sổ"), id="closing.export"),
        Binding("f8", "report", N_("Biên bản"), id="closing.report"),
        Binding("f9", "close_one", N_("Đóng sổ"), id="closing.one"),
        Binding("f10", "close_all", N_("Mọi sổ"), id="closing.all"),
    ]

    def __init__(self, year: int) -> None:
        super().__init__()
        self.year = year
        self.lines: list[tuple[UUID, str, str, str]] = []
        self.open_books: list[UUID] = []

    def body(self) -> ComposeResult:
        """One table."""
        columns = (Column(_("Sổ"), 24, stretch=True), Column("", 2), Column(_("Còn vướng"), 44, stretch=True))
        yield WindowedTable(columns, id="pending", empty_text=_("Không có sổ nào của năm này."))

    def on_mount(self) -> None:
        """Read what is pending."""
        self.office_changed()

    def office_changed(self) -> None:
        """Read what is pending."""
        from clerkdesk.services.clock import today
        from clerkdesk.services.registers import books
        from clerkdesk.services.year_close import open_registers_of, pending_of

        facts = self.desk.facts
        assert facts is not None  # noqa: S101
        self.open_books = self.desk.read(open_registers_of, self.year)
        self.lines = []
        for book in self.desk.read(books, self.year, facts.id):
            if book.state == "":
                continue
            found: list[Pending] = []
            if book.state != "CLOSED":
                found = self.desk.read(pending_of, book.register_id, self.year, facts.id, today())
            ready = _("đã đóng") if book.state == "CLOSED" else _("sẵn sàng đóng")
            rows = [("✗" if one.blocking else "▸", one.words) for one in found]
            if not any(one.blocking for one in found):
                rows.insert(0, ("", ready))
            self.lines += [(book.register_id, "" if place else book.title, *row) for place, row in enumerate(rows)]
        self.query_one(WindowedTable).replace_source(PendingRows(self.lines), keep_cursor=True)
        count = len(self.open_books)
        self.head(_("ĐÓNG SỔ NĂM {year} · {count} sổ chưa đóng").format(year=self.year, count=count))
        if self.year >= today().year and count:
            self.say(_("Năm {year} chưa hết: đóng rồi thì không vào sổ này được nữa.").format(year=self.year))

    def action_reload(self) -> None:
        """Read again."""
        self.office_changed()

    def current(self) -> UUID | None:
        """The register of the row under the cursor."""
        place = self.query_one(WindowedTable).cursor
        return self.lines[place][0] if place < len(self.lines) else None

    def action_close_one(self) -> None:
        """Close the book under the cursor."""
        register = self.current()
        if register is not None and register in self.open_books:
            self._close((register,))
        else:
            self.say(_("Sổ này đã đóng."))

    def action_close_all(self) -> None:
        """Close every book of the year."""
        self._close(tuple(self.open_books))

    def _close(self, registers: tuple[UUID, ...]) -> None:
        from clerkdesk.screens.modals.confirm import ConfirmModal
        from clerkdesk.services.commands import CloseYear

        blocking = [line for line in self.lines if line[2] == "✗" and line[0] in registers]
        if blocking:
            text = _("Chưa đóng được: còn {count} việc vướng. {first}")
            self.say(text.format(count=len(blocking), first=blocking[0][3]), bad=True)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                text = _("Đã đóng {count} sổ năm {year}. F8 in biên bản đóng sổ để ký.")
                sentence = text.format(count=len(registers), year=self.year)
                self.give(CloseYear, sentence, year=self.year, registers=registers)

        question = _(
            "Đóng {count} sổ năm {year}? Sau khi đóng không cấp, không hủy, không sửa số được nữa, và không mở lại được."
        )
        self.app.push_screen(ConfirmModal(question.format(count=len(registers), year=self.year)), answered)

    def action_export(self) -> None:
        """Write the year's books for the auditor."""
        from clerkdesk.screens.modals.ask import AskModal, Question
        from clerkdesk.screens.modals.pick_file import typed_path

        def answered(answer: dict[str, str] | None) -> None:
            if answer is not None:
                self.say(_("Đang xuất sổ…"))
                self.export(typed_path(answer["folder"]).absolute())

        question = Question("folder", _("Thư mục mới"), str(self.app.data_dir / "in" / f"so-{self.year}"))
        text = _("Các tệp CSV không mã hóa, có trích yếu và nhật ký: chỉ giao cho người được phép xem, xong thì xóa.")
        self.app.push_screen(AskModal(_("Xuất sổ cho người kiểm tra"), (question,), text), answered)

    @work(thread=True, exclusive=True, exit_on_error=False, group="export")
    def export(self, folder: Path) -> None:
        """Write the files."""
        from clerkdesk.services.book_export import export_books

        call = self.app.call_from_thread
        try:
            done = self.desk.read(export_books, self.year, folder)
        except ClerkDeskError as error:
            call(self.say, error.message, bad=True)
        else:
            call(self.say, _("Đã xuất {count} số vào {folder}").format(count=done.lines["entries"], folder=folder))

    def action_report(self) -> None:
        """Print the report of the book under the cursor."""
        from clerkdesk.screens.printing import print_closing_report

        register = self.current()
        if register is not None:
            print_closing_report(self, register, self.year)

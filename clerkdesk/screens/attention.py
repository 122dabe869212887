"""The attention tray: what the server has returned, with its reason; mended and sent again, or dropped for a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import N_, _
from clerkdesk.screens.office_screen import OfficeScreen
from clerkdesk.screens.widgets.plain_text import one_line
from clerkdesk.screens.widgets.windowed_table import Column, WindowedTable

if TYPE_CHECKING:
    from clerkdesk.services.file_transfers import TroubledFile
    from clerkdesk.services.refusals import Refused


class RefusedRows:
    """The tray as rows: the commands, then the files."""

    def __init__(self, lines: list[Refused | TroubledFile]) -> None:
        self.lines = lines

    def count(self) -> int:
        """How many."""
        return len(self.lines)

    def rows(self, start: int, stop: int) -> Sequence[Sequence[str]]:
        """Their cells."""
        from clerkdesk.services.clock import local
        from clerkdesk.services.file_transfers import TroubledFile
        from clerkdesk.services.history import act_of
        from clerkdesk.services.resending import about

        cells: list[Sequence[str]] = []
        for one in self.lines[start:stop]:
            if isinstance(one, TroubledFile):
                act = _("Gửi tệp") if one.direction == "UP" else _("Nhận tệp")
                cells.append(("", act, "", one.name, ""))
            else:
                when = f"{local(one.made_at):%d/%m %H:%M}"
                cells.append((when, act_of(one.kind), str(one.number or ""), about(one), one.who))
        return cells


class AttentionScreen(OfficeScreen):
    """What the server has returned."""

    HELP = N_(
        "Máy chủ không nhận những việc này; lý do ở khung dưới, mọi điều đã nhập còn nguyên. F2 hoặc Enter: sửa rồi gửi lại "
        "(văn bản giữ đúng số đã đóng trên giấy). Delete: bỏ, phải ghi lý do. Tệp không gửi hoặc nhận được cũng nằm ở đây; F2: thử lại."
    )
    AUTO_FOCUS = "#refused"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "mend", N_("Sửa, gửi lại"), id="attention.mend"),
        Binding("delete", "drop", N_("Bỏ"), id="attention.drop"),
    ]
    DEFAULT_CSS = """
    AttentionScreen #refused { height: 1fr; }
    AttentionScreen #reason { height: auto; max-height: 12; padding: 0 1; border-top: solid $primary; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Refused | TroubledFile] = []

    def body(self) -> ComposeResult:
        """The tray, and everything about the line under the cursor."""
        with Vertical():
            yield WindowedTable(
                (
                    Column(_("Lúc"), 11),
                    Column(_("Việc"), 20),
                    Column(_("Số"), 6, align="right"),
                    Column(_("Văn bản"), 20, stretch=True),
                    Column(_("Người làm"), 16),
                ),
                id="refused",
            )
            yield Static("", id="reason", markup=False)

    def on_mount(self) -> None:
        """Read the tray."""
        self.office_changed()

    def office_changed(self) -> None:
        """Read the tray."""
        from clerkdesk.services.file_transfers import troubled_files
        from clerkdesk.services.refusals import open_refusals

        facts = self.desk.facts
        self.lines = [*self.desk.read(open_refusals, facts.id), *self.desk.read(troubled_files)] if facts else []
        self.query_one(WindowedTable).replace_source(RefusedRows(self.lines), keep_cursor=True)
        self.head(_("CẦN XEM LẠI · {count} VIỆC MÁY CHỦ TRẢ LẠI").format(count=len(self.lines)))
        self.show_reason()

    def current(self) -> Refused | TroubledFile | None:
        """The line under the cursor."""
        place = self.query_one(WindowedTable).cursor
        return self.lines[place] if place < len(self.lines) else None

    @on(WindowedTable.CursorMoved)
    def show_reason(self) -> None:
        """Show why, and all that was entered."""
        from clerkdesk.services.file_transfers import TroubledFile
        from clerkdesk.services.resending import entered

        one = self.current()
        if one is None:
            self.query_one("#reason", Static).update(_("Không có việc nào bị trả lại."))
            return
        if isinstance(one, TroubledFile):
            self.query_one("#reason", Static).update(one_line(one.sentence))
            return
        lines = [f"{_('Lý do')}: {one_line(one.sentence)}"]
        if one.number is not None:
            lines.append(_("Số {number} được giữ cho việc này.").format(number=one.number))
        lines.append(" · ".join(one_line(f"{label}: {value}") for label, value in entered(one)))
        self.query_one("#reason", Static).update("\n".join(lines))

    @on(WindowedTable.RowChosen)
    def chosen(self, event: WindowedTable.RowChosen) -> None:
        """Enter mends."""
        if type(event) is WindowedTable.RowChosen:
            self.action_mend()

    def action_mend(self) -> None:
        """Open the form with what was entered; what has no form is sent again as it is, after asking."""
        from clerkdesk.screens.mending import mending_form
        from clerkdesk.screens.modals.confirm import ConfirmModal
        from clerkdesk.services.file_transfers import TroubledFile, try_again

        one = self.current()
        if one is None:
            return
        if isinstance(one, TroubledFile):
            try_again(self.desk, one)
            self.office_changed()
            self.say(_("Đang thử lại…"))
            return
        form = mending_form(one)
        if form is not None:
            self.app.push_screen(form)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.send_again(one)

        self.app.push_screen(ConfirmModal(_("Gửi lại việc này như đã làm?") + "\n" + one_line(one.sentence)), answered)

    def send_again(self, one: Refused) -> None:
        """Carry the work out once more, as the person who is here now."""
        from clerkdesk.services.commands import SettleRefusal
        from clerkdesk.services.resending import command_again

        try:
            command = command_again(self.desk, one)
            self.app.do(command)
            self.app.do(self.desk.make(SettleRefusal, refused=one.uid, resent_as=command.uid))
        except ClerkDeskError as error:
            self.say(error.message, bad=True)
        else:
            self.done(_("Đã làm lại; kết quả được gửi lên máy chủ."))

    def action_drop(self) -> None:
        """Drop the line for a reason; a held number is voided for the same reason."""
        from clerkdesk.screens.modals.ask import AskModal, Question
        from clerkdesk.services.file_transfers import TroubledFile
        from clerkdesk.services.resending import drop

        one = self.current()
        if one is None:
            return
        if isinstance(one, TroubledFile):
            self.say(_("Tệp thuộc về văn bản nên không bỏ được. Gắn lại đúng tệp, rồi F2."), bad=True)
            return

        def answered(answer: dict[str, str] | None) -> None:
            if answer is None:
                return
            try:
                drop(self.desk, one, answer["reason"])
            except ClerkDeskError as error:
                self.say(error.message, bad=True)
            else:
                self.app.changes += 1
                self.done(_("Đã bỏ; lý do được ghi vào nhật ký."))

        text = _("Nội dung vẫn nằm trong nhật ký. Số đang giữ cho việc này (nếu có) bị hủy với cùng lý do.")
        self.app.push_screen(AskModal(_("Bỏ việc này"), (Question("reason", _("Lý do")),), text), answered)

"""The outbox: what of this desk's work the server has, and what still waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from clerkdesk.i18n import N_, _
from clerkdesk.screens.office_screen import OfficeScreen
from clerkdesk.screens.widgets.windowed_table import Column, WindowedTable

if TYPE_CHECKING:
    from clerkdesk.services.desk import Desk

STATES = {
    "QUEUED": N_("chờ gửi"),
    "DONE": N_("đã nhận"),
    "REFUSED": N_("trả lại"),
    "RETURNED": N_("trả lại"),
}
REFRESH_SECONDS = 2.0


class OutboxRows:
    """The outbox, read as it is looked at; the newest first."""

    def __init__(self, desk: Desk) -> None:
        from clerkdesk.services.outbox import outbox_count

        self.desk = desk
        self.length = desk.read(outbox_count)
        link = desk.link
        self.sending_to = link.standing().sending_to if link is not None else 0

    def count(self) -> int:
        """How many."""
        return self.length

    def rows(self, start: int, stop: int) -> Sequence[Sequence[str]]:
        """Their cells."""
        from clerkdesk.services.clock import local
        from clerkdesk.services.outbox import outbox_lines

        cells = []
        for line in self.desk.read(outbox_lines, start, stop):
            sending = line.state == "QUEUED" and line.seq <= self.sending_to
            state = _("đang gửi") if sending else _(STATES[line.state])
            cells.append((f"{local(line.at):%d/%m %H:%M}", state, line.what, line.document))
        return cells


class OutboxScreen(OfficeScreen):
    """What waits, what is being sent, what the server has taken or returned."""

    HELP = N_(
        "Mỗi dòng là một việc đã làm ở máy này. Mất kết nối vẫn làm việc như thường; có mạng lại, máy tự gửi theo thứ tự. "
        "Enter mở văn bản. F5 gửi ngay. Việc bị trả lại nằm ở “Cần xem lại” (Ctrl+G xx)."
    )
    AUTO_FOCUS = "#outbox"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f5", "send", N_("Gửi ngay"), id="outbox.send")]

    def body(self) -> ComposeResult:
        """One table."""
        yield WindowedTable(
            (
                Column(_("Lúc"), 11),
                Column(_("Tình trạng"), 10),
                Column(_("Việc"), 22),
                Column(_("Văn bản"), 24, stretch=True),
            ),
            id="outbox",
        )

    def on_mount(self) -> None:
        """Show the outbox and follow it while it is looked at."""
        self.office_changed()
        self.set_interval(REFRESH_SECONDS, self.follow)

    def follow(self) -> None:
        """Show how far the sending has come."""
        if self.is_current:
            self.office_changed()

    def office_changed(self) -> None:
        """Read the outbox."""
        rows = OutboxRows(self.desk)
        self.query_one(WindowedTable).replace_source(rows, keep_cursor=True)
        link = self.desk.link
        if link is None:
            self.head(
                _("ĐỒNG BỘ · MÁY NÀY LÀM VIỆC ĐỘC LẬP") if not self.desk.has_server else _("ĐỒNG BỘ · MẤT KẾT NỐI")
            )
            return
        standing = link.standing()
        state = _("TRỰC TUYẾN") if standing.online else _("MẤT KẾT NỐI")
        head = _("ĐỒNG BỘ · {state} · CHỜ GỬI {count}").format(state=state, count=standing.unsent)
        if standing.files_waiting:
            size = f"{standing.file_bytes_waiting / (1 << 20):,.1f}"
            head += _(" · CÒN {count} TỆP, {size} MB").format(count=standing.files_waiting, size=size)
        self.head(head)
        if standing.trouble:
            self.say(standing.trouble, bad=False)

    @on(WindowedTable.RowChosen)
    def open_document(self, event: WindowedTable.RowChosen) -> None:
        """Open the document of the line."""
        from clerkdesk.screens.arrival_record import ArrivalRecordScreen
        from clerkdesk.screens.outgoing_record import OutgoingRecordScreen
        from clerkdesk.services.outbox import outbox_count, outbox_lines

        if type(event) is not WindowedTable.RowChosen:
            return
        # Lines that came after the table was drawn stand above what the clerk sees.
        place = event.index + self.desk.read(outbox_count) - self.query_one(WindowedTable).row_count
        found = self.desk.read(outbox_lines, place, place + 1)
        if found and found[0].arrival is not None:
            self.app.push_screen(ArrivalRecordScreen(found[0].arrival))
        elif found and found[0].outgoing is not None:
            self.app.push_screen(OutgoingRecordScreen(found[0].outgoing))
        else:
            self.say(_("Việc này không gắn với văn bản nào."))

    def action_send(self) -> None:
        """Let the background try at once."""
        if self.desk.link is None:
            self.say(_("Máy này không nối với máy chủ."))
        else:
            self.desk.link.try_now()
            self.say(_("Đang thử gửi…"))

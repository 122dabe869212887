"""The exchange inbox (hộp đến liên thông): what other agencies of the server have sent, urgent ones first."""

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
    from clerkdesk.services.inbox import Delivery

STATES = {"ARRIVED": N_("chờ vào sổ"), "REGISTERED": N_("đã vào sổ"), "REFUSED": N_("từ chối")}


class InboxRows:
    """The inbox as rows; its second cell is the urgency of what waits, and the state of what is settled."""

    def __init__(self, lines: list[Delivery]) -> None:
        self.lines = lines

    def count(self) -> int:
        """How many."""
        return len(self.lines)

    def rows(self, start: int, stop: int) -> Sequence[Sequence[str]]:
        """Their cells."""
        from clerkdesk.services.clock import local
        from clerkdesk.services.reference_code import joined

        return [
            (
                f"{local(one.received_at):%d/%m %H:%M}",
                one.urgency.label if one.state == "ARRIVED" else _(STATES[one.state]),
                _("ĐT") if one.electronic_only else _("+giấy"),
                joined(one.facts.code_number, one.facts.code_notation),
                one.facts.issuer,
                one.facts.subject,
            )
            for one in self.lines[start:stop]
        ]


class InboxScreen(OfficeScreen):
    """What has arrived, to be registered or refused."""

    HELP = N_(
        "Văn bản các cơ quan cùng máy chủ gửi đến, khẩn trước. ĐT: chỉ có bản điện tử; +giấy: bản giấy gửi sau. Enter: xem "
        "trước khi nhận. F2: vào sổ, phiếu điền sẵn. Delete: từ chối, trả lại nơi gửi, phải ghi lý do. F5: xem việc đã xong."
    )
    AUTO_FOCUS = "#inbox"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "register", N_("Vào sổ"), id="inbox.register"),
        Binding("f5", "other", N_("Chờ / đã xong"), id="inbox.other"),
        Binding("delete", "refuse", N_("Từ chối"), id="inbox.refuse"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Delivery] = []
        self.settled = False

    def body(self) -> ComposeResult:
        """One table."""
        yield WindowedTable(
            (
                Column(_("Đến lúc"), 11),
                Column(_("Độ khẩn"), 11),
                Column(_("Dạng"), 5),
                Column(_("Số, ký hiệu"), 15),
                Column(_("Cơ quan gửi"), 12, stretch=True),
                Column(_("Trích yếu"), 14, stretch=True),
            ),
            id="inbox",
        )

    def on_mount(self) -> None:
        """Read the inbox."""
        self.office_changed()

    def office_changed(self) -> None:
        """Read the inbox."""
        from clerkdesk.services.inbox import deliveries

        self.lines = self.desk.read(deliveries, settled=self.settled)
        self.query_one(WindowedTable).replace_source(InboxRows(self.lines), keep_cursor=True)
        if self.settled:
            self.head(_("HỘP ĐẾN LIÊN THÔNG · ĐÃ XONG {count}").format(count=len(self.lines)))
        else:
            urgent = sum(one.urgency > 0 for one in self.lines)
            self.head(_("HỘP ĐẾN LIÊN THÔNG · CHỜ {count}, KHẨN {urgent}").format(count=len(self.lines), urgent=urgent))
        if not self.desk.has_server:
            self.say(_("Máy này không nối với máy chủ nên không nhận văn bản liên thông."))
        elif not self.lines:
            self.say(_("Không có văn bản nào."))

    def current(self) -> Delivery | None:
        """The line under the cursor."""
        place = self.query_one(WindowedTable).cursor
        return self.lines[place] if place < len(self.lines) else None

    @on(WindowedTable.RowChosen)
    def open_document(self, event: WindowedTable.RowChosen) -> None:
        """Look at the document."""
        from clerkdesk.screens.inbox_record import InboxRecordScreen

        if type(event) is WindowedTable.RowChosen and event.index < len(self.lines):
            self.app.push_screen(InboxRecordScreen(self.lines[event.index].id))

    def action_register(self) -> None:
        """Open the arrival form, filled."""
        from clerkdesk.screens.inbox_record import register_delivery

        one = self.current()
        if one is not None:
            register_delivery(self, one)

    def action_refuse(self) -> None:
        """Return the document."""
        from clerkdesk.screens.inbox_record import refuse_delivery

        one = self.current()
        if one is not None:
            refuse_delivery(self, one)

    def action_other(self) -> None:
        """Show what is settled, or what waits."""
        self.settled = not self.settled
        self.say("")
        self.office_changed()

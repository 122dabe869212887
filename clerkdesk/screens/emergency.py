"""The emergency register (sổ tạm): outages, its lines with both numbers, totals of each day, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from clerkdesk.i18n import N_, _
from clerkdesk.screens.office_screen import OfficeScreen
from clerkdesk.screens.widgets.plain_text import one_line
from clerkdesk.screens.widgets.windowed_table import Column, WindowedTable

if TYPE_CHECKING:
    from clerkdesk.services.emergency_book import Line

DAYS_SHOWN = 6


class LineRows:
    """Lines of the emergency registers as rows."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines

    def count(self) -> int:
        """How many."""
        return len(self.lines)

    def rows(self, start: int, stop: int) -> Sequence[Sequence[str]]:
        """Their cells."""
        from clerkdesk.services.clock import local
        from clerkdesk.services.lists import short_issuer
        from clerkdesk.services.reference_code import emergency_short

        return [
            (
                emergency_short(line.emergency_number),
                f"{local(line.registered_at):%d/%m %H:%M}",
                short_issuer(line.issuer),
                line.code,
                line.subject,
                (_("hủy") if line.void and not line.ordinary else line.ordinary) or _("chờ"),
            )
            for line in self.lines[start:stop]
        ]


class EmergencyScreen(OfficeScreen):
    """The emergency registers of one year, of all desks whose lines are here."""

    HELP = N_(
        "Sổ tạm dùng khi mất kết nối mà quyền cấp số không ở máy này: F2 mở sổ tạm, F4 gia hạn, F10 ghi hết sự cố. Có kết "
        "nối lại: F6 xem trước thứ tự rồi chuyển các số tạm sang số đến. F5 chỉ xem dòng còn chờ hoặc xem tất cả, F7 chọn "
        "năm, F8 in sổ tạm và danh sách số đến để ghi lên văn bản, Enter mở văn bản."
    )
    AUTO_FOCUS = "#lines"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "start", N_("Mở"), id="emergency.start"),
        Binding("f4", "extend", N_("Gia hạn"), id="emergency.extend"),
        Binding("f5", "waiting_only", N_("Chờ"), id="emergency.waiting"),
        Binding("f6", "convert", N_("Chuyển số"), id="emergency.convert"),
        Binding("f7", "choose_year", N_("Năm"), id="emergency.year"),
        Binding("f8", "print", N_("In"), id="emergency.print"),
        Binding("f10", "end", N_("Hết sự cố"), id="emergency.end"),
    ]
    DEFAULT_CSS = """
    EmergencyScreen #outage { height: auto; max-height: 5; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.year = 0
        self.waiting = False
        self.lines: list[Line] = []

    def body(self) -> ComposeResult:
        """What goes on here, then the lines."""
        yield Static("", id="outage", markup=False)
        yield WindowedTable(
            (
                Column(_("Số tạm"), 9),
                Column(_("Vào sổ"), 11),
                Column(_("Cơ quan BH"), 10, stretch=True),
                Column(_("Số, ký hiệu"), 13),
                Column(_("Trích yếu"), 14, stretch=True),
                Column(_("Số đến"), 9, align="right"),
            ),
            id="lines",
        )

    def on_mount(self) -> None:
        """Show this year."""
        from clerkdesk.services.clock import today

        self.year = today().year
        self.office_changed()

    def office_changed(self) -> None:
        """Read outage and lines."""
        from clerkdesk.services.emergency_book import lines

        everything = self.desk.read(lines, year=self.year)
        self.lines = [line for line in everything if line.waits] if self.waiting else everything
        self.query_one(WindowedTable).replace_source(LineRows(self.lines), keep_cursor=True)
        parts = [_("SỔ TẠM KHI MẤT KẾT NỐI · NĂM {year}").format(year=self.year)]
        parts.append(_("{count} dòng chờ số đến").format(count=sum(line.waits for line in everything)))
        self.head(" · ".join(parts))
        self.query_one("#outage", Static).update("\n".join((self._outage(), self._days(everything))))

    def _outage(self) -> str:
        from clerkdesk.services.clock import local
        from clerkdesk.services.emergency import open_outage

        facts = self.desk.facts
        outage = self.desk.read(open_outage, facts.id) if facts else None
        if outage is None:
            return _("Máy này không có sự cố nào đang mở.")
        text = _("Máy này ĐANG GHI SỔ TẠM từ {since}, được phép đến {until}: {cause}")
        since, until = (f"{local(at):%H:%M %d/%m}" for at in (outage.started_at, outage.authorised_until))
        return one_line(text.format(since=since, until=until, cause=outage.cause))

    def _days(self, lines: list[Line]) -> str:
        from clerkdesk.services.emergency_book import day_totals

        totals = day_totals(lines)
        text = _("{day} máy {desk}: {count}")
        shown = [
            text.format(day=f"{one.day:%d/%m}", desk=one.desk_code, count=one.count) for one in totals[-DAYS_SHOWN:]
        ]
        return _("Theo ngày: {days}").format(days=" · ".join(shown) or _("chưa có dòng nào"))

    @on(WindowedTable.RowChosen)
    def open_row(self, event: WindowedTable.RowChosen) -> None:
        """Open the document."""
        from clerkdesk.screens.arrival_record import ArrivalRecordScreen

        if type(event) is WindowedTable.RowChosen and event.index < len(self.lines):
            self.app.push_screen(ArrivalRecordScreen(self.lines[event.index].document))

    def action_start(self) -> None:
        """Open the emergency register."""
        from clerkdesk.screens.emergency_start import ask_to_start

        ask_to_start(self, lambda: None)

    def action_extend(self) -> None:
        """Have it allowed for longer."""
        from clerkdesk.screens.emergency_start import ask_to_extend

        ask_to_extend(self)

    def action_end(self) -> None:
        """Note that the outage is over, after asking."""
        from clerkdesk.screens.modals.confirm import ConfirmModal
        from clerkdesk.services.commands import EndEmergency
        from clerkdesk.services.emergency import open_outage

        facts = self.desk.facts
        outage = self.desk.read(open_outage, facts.id) if facts else None
        if outage is None:
            self.say(_("Máy này không có sự cố nào đang mở."))
            return

        def answered(yes: bool | None) -> None:
            if yes:
                sentence = _("Đã ghi hết sự cố. F6 để chuyển các số tạm sang số đến.")
                self.give(EndEmergency, sentence, outage=outage.id)

        question = _("Đã có kết nối lại, hết sự cố? Từ đây văn bản lại vào sổ chính.")
        self.app.push_screen(ConfirmModal(question), answered)

    def action_waiting_only(self) -> None:
        """Show the waiting lines, or all."""
        self.waiting = not self.waiting
        self.office_changed()
        self.say(_("Chỉ các dòng chờ số đến.") if self.waiting else _("Tất cả các dòng."))

    def action_choose_year(self) -> None:
        """Show another year."""
        from clerkdesk.screens.modals.pick import PickModal, pick_from
        from clerkdesk.services.clock import today

        years = [(str(year), year) for year in range(today().year, today().year - 6, -1)]

        def chosen(year: int | None) -> None:
            if year is not None:
                self.year = year
                self.office_changed()

        self.app.push_screen(PickModal(_("Năm"), pick_from(years)), chosen)

    def action_convert(self) -> None:
        """Look at the order first."""
        from clerkdesk.screens.emergency_conversion import EmergencyConversionScreen
        from clerkdesk.services.emergency_book import proposal

        if self.desk.read(proposal):
            self.app.push_screen(EmergencyConversionScreen())
        else:
            self.say(_("Không có dòng sổ tạm nào chờ số đến."))

    def action_print(self) -> None:
        """Print the register, or the list of a conversion."""
        from clerkdesk.screens.printing import print_for_emergency

        print_for_emergency(self, self.year)

"""Giving emergency lines their arrival numbers: the order looked at, confirmed, and then the list for the paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import N_, _
from clerkdesk.screens.office_screen import OfficeScreen
from clerkdesk.screens.widgets.plain_text import one_line
from clerkdesk.screens.widgets.windowed_table import Column, WindowedTable

if TYPE_CHECKING:
    from clerkdesk.services.emergency_book import Batch, DeskContact, Line


class ConversionRows:
    """Lines in the order of their numbers: those proposed, or those given."""

    def __init__(self, lines: Sequence[tuple[Line, str]]) -> None:
        self.lines = lines

    def count(self) -> int:
        """How many."""
        return len(self.lines)

    def rows(self, start: int, stop: int) -> Sequence[Sequence[str]]:
        """Their cells; the time is that of the server's clock."""
        from clerkdesk.services.clock import local
        from clerkdesk.services.lists import short_issuer
        from clerkdesk.services.reference_code import emergency_short

        return [
            (
                f"{emergency_short(line.emergency_number)} → {number}",
                f"{local(line.corrected_at):%d/%m %H:%M}",
                short_issuer(line.issuer),
                line.code,
                line.subject,
            )
            for line, number in self.lines[start:stop]
        ]


class EmergencyConversionScreen(OfficeScreen):
    """All waiting lines in the order of receipt, with the numbers that they would get; F2 gives them."""

    HELP = N_(
        "Các dòng sổ tạm của mọi máy, theo thứ tự nhận (giờ của từng máy đã chỉnh theo máy chủ). Máy có dấu ! có thể còn dòng "
        "chưa về: chờ máy đó kết nối lại, hoặc cứ chuyển, dòng đến sau sẽ lấy số sau. F2 cấp số đến cho tất cả; không đổi "
        "lại được. Sau đó F8 in danh sách để ghi số đến lên từng văn bản."
    )
    AUTO_FOCUS = "#order"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "confirm", N_("Cấp số đến"), id="conversion.confirm"),
        Binding("f5", "reload", N_("Làm mới"), id="conversion.reload"),
        Binding("f8", "print", N_("In"), id="conversion.print"),
    ]
    DEFAULT_CSS = """
    EmergencyConversionScreen #desks { height: auto; max-height: 6; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[Batch] = []
        self.desks: list[DeskContact] = []
        self.uids: dict[tuple[UUID, int], UUID] = {}  # of the commands, made when the order was looked at
        self.done_by: list[UUID] = []

    def body(self) -> ComposeResult:
        """The desks, then the order."""
        yield Static("", id="desks", markup=False)
        yield WindowedTable(
            (
                Column(_("Số tạm → số đến"), 18),
                Column(_("Nhận lúc"), 11),
                Column(_("Cơ quan BH"), 10, stretch=True),
                Column(_("Số, ký hiệu"), 13),
                Column(_("Trích yếu"), 14, stretch=True),
            ),
            id="order",
        )

    def on_mount(self) -> None:
        """Read the order."""
        self.office_changed()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Numbers are given once; the list can be printed when they are."""
        if action in ("confirm", "reload"):
            return None if self.done_by else True
        return None if action == "print" and not self.done_by else True

    def office_changed(self) -> None:
        """Read the lines anew; what was given stays in sight."""
        if not self.done_by:
            self._show_order()

    def _show_order(self) -> None:
        from clerkdesk.services.emergency_book import desk_contacts, proposal
        from clerkdesk.services.ids import new_id
        from clerkdesk.services.reference_code import number_text

        facts = self.desk.facts
        self.batches = self.desk.read(proposal)
        self.desks = self.desk.read(desk_contacts, facts.id) if facts else []
        self.uids = {(batch.register_id, batch.year): new_id() for batch in self.batches}
        shown = [
            (line, f"{number_text(number)}/{batch.year}" if batch.state == "OPEN" else _("sổ chưa mở"))
            for batch in self.batches
            for number, line in enumerate(batch.lines, start=batch.first_number)
        ]
        self.query_one(WindowedTable).replace_source(ConversionRows(shown), keep_cursor=True)
        self.head(_("CHUYỂN SỐ TẠM SANG SỐ ĐẾN · {count} văn bản, theo thứ tự nhận").format(count=len(shown)))
        self.query_one("#desks", Static).update("\n".join(map(self._contact, self.desks)))

    def _contact(self, desk: DeskContact) -> str:
        from clerkdesk.services.clock import local

        name = _("máy {code}").format(code=desk.code) + (f" – {desk.name}" if desk.name else "")
        if desk.here:
            contact = _("máy này")
        elif desk.last_contact is None:
            contact = _("chưa có liên lạc")
        else:
            contact = _("liên lạc cuối {at}").format(at=f"{local(desk.last_contact):%H:%M %d/%m/%Y}")
        if desk.outage_open:
            contact += ", " + _("đang ghi sổ tạm")
        if desk.may_have_lines:
            return one_line(f"! {name}: {contact}; " + _("có thể còn dòng chưa về"))
        return one_line(f"  {name}: {contact}")

    def action_reload(self) -> None:
        """Read again."""
        self._show_order()

    def action_confirm(self) -> None:
        """Ask, naming the desks that would be left out; then give the numbers."""
        from clerkdesk.screens.modals.confirm import ConfirmModal

        lines = sum(len(batch.lines) for batch in self.batches)
        if not lines:
            self.say(_("Không có dòng sổ tạm nào chờ số đến."))
            return
        question = _("Cấp số đến cho {count} văn bản theo đúng thứ tự này? Không đổi lại được.").format(count=lines)
        missing = [desk for desk in self.desks if desk.may_have_lines]
        if missing:
            codes = ", ".join(desk.code for desk in missing)
            question += "\n\n" + _(
                "CHƯA CHẮC ĐỦ: máy {codes} có thể còn dòng chưa về. Nếu chuyển bây giờ, dòng của máy đó sẽ lấy số sau, "
                "không còn đúng thứ tự nhận; việc này được ghi lại."
            ).format(codes=codes)
        self.app.push_screen(ConfirmModal(question), lambda yes: self._convert() if yes else None)

    def _convert(self) -> None:
        from clerkdesk.services.commands import ConvertEmergency

        missing = tuple(desk.id for desk in self.desks if desk.may_have_lines)
        trouble = ""
        for batch in self.batches:
            command = self.desk.make(
                ConvertEmergency,
                uid=self.uids[batch.register_id, batch.year],
                register_id=batch.register_id,
                year=batch.year,
                documents=tuple(line.document for line in batch.lines),
                without_desks=missing,
            )
            try:
                self.app.do(command)
            except ClerkDeskError as error:
                trouble = error.message
                break
            self.done_by.append(command.uid)
        if self.done_by:
            self._show_done()
        if trouble:
            self.say(trouble, bad=True)

    def _show_done(self) -> None:
        from clerkdesk.services.emergency_book import converted_lines

        lines = self.desk.read(converted_lines, self.done_by)
        self.query_one(WindowedTable).replace_source(
            ConversionRows([(line, line.ordinary) for line in lines]), keep_cursor=False
        )
        self.head(_("ĐÃ CẤP SỐ ĐẾN · {count} văn bản").format(count=len(lines)))
        self.query_one("#desks", Static).update(
            _("Ghi số đến bên cạnh số tạm trên từng văn bản. F8 in danh sách này; in lại được ở màn hình Sổ tạm.")
        )
        self.changed_here()
        self.refresh_bindings()
        self.say(_("Đã cấp số đến cho {count} văn bản.").format(count=len(lines)))

    def action_print(self) -> None:
        """Print the list of what was given."""
        from clerkdesk.screens.printing import print_conversions

        print_conversions(self, self.done_by)

"""The first screen after login: where to go, what waits, the next number of each book."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from clerkdesk.i18n import N_, _
from clerkdesk.screens.areas import AREAS
from clerkdesk.screens.office_screen import OfficeScreen
from clerkdesk.screens.widgets.plain_text import fit

BOOKS_SHOWN = 8


class HomeScreen(OfficeScreen):
    """Digits lead to the areas; Ctrl+G does so from anywhere."""

    HELP = N_(
        "Bấm chữ số để vào một việc. Ở bất kỳ đâu: Ctrl+G rồi hai chữ để đi tới, Ctrl+P để tìm lệnh, F12 hoặc Esc để về."
    )
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(area.digit, f"go('{name}')", area.name, show=False, id=f"home.{name}")
        for name, area in AREAS.items()
        if name != "home"
    ]
    DEFAULT_CSS = """
    HomeScreen #areas { width: 40; padding: 1 1; }
    HomeScreen #waiting { width: 1fr; padding: 1 0; }
    HomeScreen #columns { height: 1fr; }
    """

    def body(self) -> ComposeResult:
        """Areas at the left, what waits at the right."""
        with Horizontal(id="columns"):
            lines = [
                f" {area.digit}  {area.label:<22} Ctrl+G {area.code}" for name, area in AREAS.items() if name != "home"
            ]
            yield Static("\n".join(lines), id="areas", markup=False)
            with Vertical():
                yield Static("", id="waiting", markup=False)

    def on_mount(self) -> None:
        """Show the agency."""
        agency = self.desk.agency
        self.head(agency.name if agency else "ClerkDesk")
        self.office_changed()

    def office_changed(self) -> None:
        """Count what waits."""
        from clerkdesk.services.clock import today
        from clerkdesk.services.reference_code import number_text
        from clerkdesk.services.registers import books
        from clerkdesk.services.status import waiting

        now = self.desk.read(waiting)
        facts = self.desk.facts
        year = today().year
        opened = self.desk.read(books, year, facts.id) if facts else []
        lines = [
            _("Đã vào sổ hôm nay     {count:>5}").format(count=now.registered_today),
            _("Chưa xử lý            {count:>5}").format(count=now.unprocessed),
            _("  trong đó khẩn       {count:>5}").format(count=now.urgent),
            _("  quá hạn             {count:>5}").format(count=now.overdue),
            _("Dự thảo văn bản đi    {count:>5}").format(count=now.drafts),
            _("Chờ lãnh đạo ký       {count:>5}").format(count=now.for_signature),
            _("Chờ ban hành          {count:>5}").format(count=now.awaiting_issue),
            *([_("Hộp đến liên thông    {count:>5}").format(count=now.inbox)] if self.desk.has_server else []),
            *([_("  trong đó khẩn       {count:>5}").format(count=now.inbox_urgent)] if now.inbox_urgent else []),
            "",
            _("Số tiếp theo, năm {year}").format(year=year),
        ]
        for book in opened[:BOOKS_SHOWN]:
            states = {"": _("chưa mở"), "SUSPENDED": _("xác nhận"), "CLOSED": _("đã đóng")}
            number = number_text(book.next_number) if book.state == "OPEN" else states[book.state]
            lines.append(f"  {fit(book.title, 27)} {number:>8}")
        if any(book.state == "SUSPENDED" for book in opened):
            lines += ["", _("Kho vừa phục hồi: bấm 8, rồi F10."), _("Nhập số cuối cùng trên giấy.")]
        if all(book.state == "" for book in opened):
            lines += ["", _("Chưa mở sổ năm {year}: bấm 8, rồi F6.").format(year=year)]
        self.query_one("#waiting", Static).update("\n".join(lines))

    def action_go(self, area: str) -> None:
        """Show an area."""
        self.app.show_area(area)

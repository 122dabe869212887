"""The first screen after login: where to go, what waits, the next number of each book."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from clerkdesk.i18n import N_, _
from clerkdesk.screens.areas import AREAS, roles_wanted
from clerkdesk.screens.office_screen import OfficeScreen
from clerkdesk.screens.widgets.plain_text import fit

BOOKS_SHOWN, BESIDE_A_HINT = 8, 5  # so that everything stands on 24 lines


class HomeScreen(OfficeScreen):
    """Digits lead to the areas; Ctrl+G does so from anywhere."""

    HELP = N_(
        "Bấm chữ số để vào một việc. Ở bất kỳ đâu: Ctrl+G rồi hai chữ để đi tới, Ctrl+P để tìm lệnh, F12 hoặc Esc để về."
    )
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f6", "open_year", N_("Mở sổ"), id="home.open_year"),
        *(
            Binding(area.digit, f"go('{name}')", area.name, show=False, id=f"home.{name}")
            for name, area in AREAS.items()
            if name != "home"
        ),
    ]
    DEFAULT_CSS = """
    HomeScreen #areas { width: 40; padding: 1 1; }
    HomeScreen #waiting { width: 1fr; padding: 1 0; }
    HomeScreen #columns { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.year_to_open = 0  # when its books are to be opened now

    def body(self) -> ComposeResult:
        """Areas at the left, what waits at the right."""
        with Horizontal(id="columns"):
            yield Static("\n".join(self.area_lines()), id="areas", markup=False)
            with Vertical():
                yield Static("", id="waiting", markup=False)

    def area_lines(self) -> list[str]:
        """Return a line for each area: how to go there, or that it is not for this person's roles."""
        closed = {name: roles_wanted(self.desk, name) for name in AREAS}
        lines = []
        for name, area in AREAS.items():
            if name == "home":
                continue
            hint = (_("không dùng") if area.form else _("chỉ xem")) if closed[name] else f"Ctrl+G {area.code}"
            lines.append(f" {area.digit}  {area.label:<22} {hint}")
        if any(closed.values()):
            lines += ["", _("“Không dùng”, “chỉ xem”: việc của vai\ntrò khác; bấm phím đó để biết vai trò.")]
        return lines

    def on_mount(self) -> None:
        """Show the agency."""
        agency = self.desk.agency
        self.head(agency.name if agency else "ClerkDesk")
        self.office_changed()

    def office_changed(self) -> None:
        """Count what waits."""
        from clerkdesk.services.clock import today
        from clerkdesk.services.commands import OpenRegisters
        from clerkdesk.services.reference_code import number_text
        from clerkdesk.services.registers import books
        from clerkdesk.services.status import waiting
        from clerkdesk.services.year_opening import year_to_open_now

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
            *([_("Số tạm chờ số đến     {count:>5}").format(count=now.emergency_lines)] if now.emergency_lines else []),
            *([_("Hộp đến liên thông    {count:>5}").format(count=now.inbox)] if self.desk.has_server else []),
            *([_("  trong đó khẩn       {count:>5}").format(count=now.inbox_urgent)] if now.inbox_urgent else []),
            "",
            _("Số tiếp theo, năm {year}").format(year=year),
        ]
        suspended = any(book.state == "SUSPENDED" for book in opened)
        for book in opened[: BESIDE_A_HINT if suspended else BOOKS_SHOWN]:
            states = {"": _("chưa mở"), "SUSPENDED": _("xác nhận"), "CLOSED": _("đã đóng")}
            number = number_text(book.next_number) if book.state == "OPEN" else states[book.state]
            lines.append(f"  {fit(book.title, 27)} {number:>8}")
        if suspended:
            lines += ["", _("Sổ chờ xác nhận: bấm 8, rồi F10."), _("Nhập số cuối cùng trên giấy.")]
        self.query_one("#waiting", Static).update("\n".join(lines))
        self.year_to_open = self.desk.read(year_to_open_now, today()) if self.desk.may(OpenRegisters) else 0
        if self.year_to_open == year:
            self.say(_("Chưa mở sổ năm {year}: bấm F6 để xem và mở mọi sổ, số bắt đầu từ 01.").format(year=year))
        elif self.year_to_open:
            self.say(_("Đã sang tháng 12: bấm F6 để mở trước sổ năm {year}.").format(year=self.year_to_open))
        else:
            self.say("")
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """F6 is there when a year's books are to be opened."""
        return bool(self.year_to_open) if action == "open_year" else True

    def action_open_year(self) -> None:
        """Show what opening the year will do."""
        from clerkdesk.screens.year_opening import YearOpeningScreen

        self.app.push_screen(YearOpeningScreen(self.year_to_open))

    def action_go(self, area: str) -> None:
        """Show an area; a form that is not for this person's roles only says whose work it is."""
        roles = roles_wanted(self.desk, area)
        if roles and AREAS[area].form:
            from clerkdesk.services.office import RoleMissing

            self.say(RoleMissing(roles=roles).message, bad=True)
            return
        self.app.show_area(area)
        screen = self.app.screen
        if roles and isinstance(screen, OfficeScreen):
            screen.call_after_refresh(screen.say, _("Bạn chỉ xem được: đây là việc của {roles}.").format(roles=roles))

"""The first start: sample data, one's own agency, or an agency on a server; then the recovery code to be written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, getters, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import ProgressBar, Static

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import N_, _
from clerkdesk.screens.entry_form import row
from clerkdesk.screens.widgets.entry_field import EntryField
from clerkdesk.screens.widgets.field_note import Entry

if TYPE_CHECKING:
    from clerkdesk.screens.app import ClerkApp


class SetupWizard(Screen[None]):
    """Asks which of the three ways."""

    HELP = N_(
        "1 dựng một cơ quan giả định với 200 văn bản để dùng thử, kể cả khóa ký thử nghiệm. 2 khai báo cơ quan của bạn; sổ của năm được mở ngay. 3 nối máy này vào cơ quan đã có trên máy chủ: xin quản trị địa chỉ và mã ghi danh."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "sample", N_("Dùng thử với dữ liệu mẫu"), id="setup.sample"),
        Binding("2", "own", N_("Khai báo cơ quan của tôi"), id="setup.own"),
        Binding("3", "join", N_("Nối vào máy chủ"), id="setup.join"),
        Binding("f12,escape", "stop", N_("Dừng"), id="setup.stop"),
    ]
    DEFAULT_CSS = """
    SetupWizard { align: center middle; }
    SetupWizard ProgressBar { display: none; margin-top: 1; }
    SetupWizard ProgressBar.-shown { display: block; }
    """

    if TYPE_CHECKING:
        app = getters.app(ClerkApp)

    def __init__(self) -> None:
        super().__init__()
        self.stopped = False
        self.writing = False

    def compose(self) -> ComposeResult:
        """Show the three ways."""
        with Vertical(classes="box"):
            yield Static(_("Chào mừng đến với ClerkDesk"), classes="title", markup=False)
            yield Static("", classes="gap")
            yield Static(_("Kho dữ liệu còn trống. Bấm một phím:"), markup=False)
            yield Static("", classes="gap")
            yield Static(
                _("1  Dùng thử với dữ liệu mẫu: Sở Nội vụ tỉnh Sông Hương (không có thật), 200 văn bản kèm tệp PDF"),
                markup=False,
            )
            yield Static(_("2  Khai báo cơ quan của tôi"), markup=False)
            yield Static(_("3  Nối máy này vào cơ quan đã có trên máy chủ"), markup=False)
            yield ProgressBar(show_eta=False)
            yield Static("", id="answer", markup=False)

    def action_own(self) -> None:
        """Ask for the agency's facts."""
        if not self.writing:
            self.app.push_screen(AgencyForm())

    def action_join(self) -> None:
        """Ask for the server and the code."""
        if not self.writing:
            self.app.push_screen(JoinForm())

    def action_sample(self) -> None:
        """Write the sample agency."""
        if self.writing:
            return
        self.writing = True
        self.query_one(ProgressBar).add_class("-shown")
        self.query_one("#answer", Static).update(_("Đang tạo dữ liệu mẫu… (Esc dừng)"))
        self.write_sample()

    @work(thread=True, exit_on_error=False, group="setup")
    def write_sample(self) -> None:
        """Write it in the background."""
        from clerkdesk.services.sample.agency import Cancelled, write_sample_agency

        def progress(done: int, total: int) -> None:
            self.app.call_from_thread(self.query_one(ProgressBar).update, total=total, progress=done)

        try:
            write_sample_agency(self.app.desk, progress, lambda: self.stopped)
        except Cancelled:
            self.app.call_from_thread(self.app.start_over)
        else:
            self.app.call_from_thread(self.sample_written)

    def sample_written(self) -> None:
        """Say who can log in."""
        from clerkdesk.services.sample.agency import KEY_PASSPHRASE, PASSWORD

        text = _(
            "Đã tạo xong. Tài khoản mẫu, mật khẩu đều là {password}:\n"
            "  annv    văn thư kiêm quản trị      hailq   giám đốc (lãnh đạo)\n"
            "  khoaba  chuyên viên                conglt  quản trị\n"
            "Khóa ký THỬ NGHIỆM ở thư mục keys của kho, mật khẩu khóa: {passphrase}"
        ).format(password=PASSWORD, passphrase=KEY_PASSPHRASE)
        self.app.switch_screen(RecoveryCodeScreen(text))

    def action_stop(self) -> None:
        """Break the writing off; the store is empty again afterwards."""
        if self.writing:
            self.stopped = True
            self.query_one("#answer", Static).update(_("Đang dừng, xóa phần đã tạo…"))


class AgencyForm(Screen[None]):
    """The agency's facts and its first user."""

    HELP = N_(
        "Tên viết tắt là phần trong ký hiệu, ví dụ SNV trong 15/QĐ-SNV. Mẫu sổ: 1 một sổ chung; 2 mỗi loại một sổ; thêm chữ q nếu cơ quan ban hành văn bản quy phạm pháp luật (1q, 2q)."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "save", N_("Lưu"), id="setup.save"),
        Binding("f3,f12,escape", "app.pop_screen", N_("Về"), id="setup.back"),
    ]
    AUTO_FOCUS = "EntryField"
    DEFAULT_CSS = """
    AgencyForm { align: center middle; }
    AgencyForm EntryField { width: 1fr; }
    AgencyForm #answer { height: 2; margin-top: 1; }
    """

    if TYPE_CHECKING:
        app = getters.app(ClerkApp)

    def compose(self) -> ComposeResult:
        """One line per fact."""
        with Vertical(classes="box"):
            yield Static(_("Khai báo cơ quan"), classes="title", markup=False)
            for name, label, secret in (
                ("name", _("Tên cơ quan"), False),
                ("parent_name", _("Cơ quan chủ quản"), False),
                ("short_name", _("Tên viết tắt"), False),
                ("organ_id", _("Mã định danh"), False),
                ("place", _("Địa danh"), False),
                ("preset", _("Mẫu sổ (1, 2, 1q, 2q)"), False),
                ("full_name", _("Họ tên văn thư"), False),
                ("username", _("Tên đăng nhập"), False),
                ("password", _("Mật khẩu"), True),
                ("password_again", _("Nhập lại mật khẩu"), True),
            ):
                yield row(
                    (label, EntryField(name, "1" if name == "preset" else "", id=f"own-{name}", password=secret), None)
                )
            yield Static("", id="answer", markup=False)
            yield Static(_("Enter ô tiếp · F2 lưu · F1 trợ giúp · Esc về"), classes="quiet", markup=False)

    def on_entry_left(self, left: Entry.Left) -> None:
        """Suggest the user name from the full name."""
        if left.field.field_name == "full_name" and not self.value("username"):
            from clerkdesk.services.people import suggested_username

            field = self.query_one("#own-username", EntryField)
            field.value = suggested_username(self.value("full_name"))
            field.select_all()

    def value(self, name: str) -> str:
        """What a field holds."""
        return str(self.query_one(f"#own-{name}", EntryField).value).strip()

    def action_save(self) -> None:
        """Set the agency up."""
        try:
            self._set_up()
        except ClerkDeskError as error:
            self.query_one("#answer", Static).update(f"✗ {error.message}")
            field = self.query(f"#own-{error.field}")
            (field.first() if error.field and field else self.query_one("#own-name")).focus()
            self.app.bell()
        else:
            self.app.pop_screen()
            self.app.switch_screen(RecoveryCodeScreen(_("Đã khai báo xong, sổ năm nay đã mở.")))

    def _set_up(self) -> None:
        from clerkdesk.services.agency_setup import set_up_command
        from clerkdesk.services.office import execute
        from clerkdesk.services.passwords import PasswordsDiffer, check_password_rule

        password = self.query_one("#own-password", EntryField).value
        check_password_rule(password)
        if password != self.query_one("#own-password_again", EntryField).value:
            raise PasswordsDiffer
        facts = ("name", "parent_name", "short_name", "organ_id", "place", "full_name", "username")
        command = set_up_command({name: self.value(name) for name in facts}, self.value("preset"), password)
        execute(self.app.desk.store, command)
        self.app.desk.refresh()


class JoinForm(Screen[None]):
    """The server's address and the administrator's one-time code."""

    HELP = N_(
        "Quản trị đưa địa chỉ máy chủ (https://…) và mã ghi danh dùng một lần, còn hạn 10 phút. Tệp chứng thư chỉ cần khi máy chủ dùng CA riêng."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "save", N_("Nối"), id="join.save"),
        Binding("f3,f12,escape", "app.pop_screen", N_("Về"), id="join.back"),
    ]
    AUTO_FOCUS = "EntryField"
    DEFAULT_CSS = """
    JoinForm { align: center middle; }
    JoinForm EntryField { width: 1fr; }
    JoinForm #answer { height: 3; margin-top: 1; }
    """

    if TYPE_CHECKING:
        app = getters.app(ClerkApp)

    def compose(self) -> ComposeResult:
        """One line per fact."""
        with Vertical(classes="box"):
            yield Static(_("Nối máy này vào cơ quan đã có trên máy chủ"), classes="title", markup=False)
            for name, label, value in (
                ("url", _("Máy chủ"), "https://"),
                ("code", _("Mã ghi danh"), ""),
                ("name", _("Tên máy"), _("Máy văn thư 2")),
                ("ca", _("Tệp CA"), ""),
            ):
                yield row((label, EntryField(name, value, id=f"join-{name}"), None))
            yield Static("", id="answer", markup=False)
            yield Static(_("Enter ô tiếp · F2 nối · F1 trợ giúp · Esc về"), classes="quiet", markup=False)

    def value(self, name: str) -> str:
        """What a field holds."""
        return str(self.query_one(f"#join-{name}", EntryField).value).strip()

    def action_save(self) -> None:
        """Join in the background."""
        self.query_one("#answer", Static).update(_("Đang nối và nhận dữ liệu của cơ quan…"))
        self.join_server(self.value("url"), self.value("code"), self.value("name"), self.value("ca"))

    @work(thread=True, exclusive=True, exit_on_error=False, group="setup")
    def join_server(self, url: str, code: str, name: str, ca: str) -> None:
        """Ask the server, take everything of the agency, go on in the background."""
        from pathlib import Path

        from clerkdesk.sync.connecting import connect

        app = self.app
        try:
            link = connect(
                app.desk, url, code, name=name, ca=Path(ca) if ca else None, changed=app.records_came,
                busy=app.is_typing,
            )  # fmt: skip
        except ClerkDeskError as error:
            app.call_from_thread(self.refused, error)
        else:
            link.start()
            app.call_from_thread(self.joined)

    def refused(self, error: ClerkDeskError) -> None:
        """Say why; nothing that was typed is lost."""
        self.query_one("#answer", Static).update(f"✗ {error.message}")
        field = self.query(f"#join-{error.field}") if error.field else self.query("#join-code")
        (field.first() if field else self.query_one("#join-url")).focus()
        self.app.bell()

    def joined(self) -> None:
        """Show the recovery code of this desk's store."""
        agency = self.app.desk.agency
        name = agency.name if agency is not None else ""
        self.app.pop_screen()
        self.app.switch_screen(RecoveryCodeScreen(_("Đã nối vào {name}.").format(name=name)))


class RecoveryCodeScreen(Screen[None]):
    """The store's recovery code, to be written down and kept in a safe."""

    HELP = N_("Không có mã này và mất khóa trên máy thì không ai mở được kho dữ liệu, kể cả từ bản sao lưu.")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f2,enter", "done", N_("Đã ghi, tiếp tục"), id="setup.done")]
    DEFAULT_CSS = """
    RecoveryCodeScreen { align: center middle; }
    RecoveryCodeScreen #code { text-align: center; text-style: bold; margin: 1 0; }
    """

    if TYPE_CHECKING:
        app = getters.app(ClerkApp)

    def __init__(self, done: str) -> None:
        super().__init__()
        self.sentence = done

    def compose(self) -> ComposeResult:
        """Show what was done and the code."""
        from clerkdesk.services.recovery import recovery_code_of

        with Vertical(classes="box"):
            yield Static(self.sentence, markup=False)
            yield Static("", classes="gap")
            yield Static(
                _(
                    "MÃ KHÔI PHỤC CỦA KHO DỮ LIỆU: ghi ra giấy, cất vào tủ có khóa. Cần đến khi máy hỏng hoặc phục hồi từ bản sao lưu."
                ),
                markup=False,
            )
            yield Static(recovery_code_of(self.app.desk.store.path), id="code", markup=False)
            yield Static(_("F2 hoặc Enter: đã ghi, tiếp tục đăng nhập"), classes="quiet", markup=False)

    def on_key(self, event: events.Key) -> None:
        """Nothing but the keys shown leaves this screen."""
        if event.key == "escape":
            event.stop()

    def action_done(self) -> None:
        """Back to the login form, which now names the agency."""
        self.app.pop_screen()

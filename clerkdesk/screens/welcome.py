"""The first picture: user name and password, while the store is opened behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Label, Static

from clerkdesk import __version__
from clerkdesk.i18n import N_, _
from clerkdesk.screens.widgets.entry_field import EntryField

if TYPE_CHECKING:
    from clerkdesk.screens.app import ClerkApp


class PasswordField(EntryField):
    """Enter in the password logs in: there is nothing to save here."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "screen.log_in", "", show=False)]


class WelcomeScreen(Screen[None]):
    """Login. Enter in the password, or F2, logs in; an empty store goes on to the set-up."""

    HELP = N_(
        "Gõ tên đăng nhập, Enter, mật khẩu, Enter. Quên mật khẩu: nhờ quản trị của cơ quan đặt lại. Sai 5 lần, tài khoản khóa 15 phút."
    )
    AUTO_FOCUS = "#username"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f2", "log_in", N_("Đăng nhập"), id="welcome.log_in")]
    held_early: Callable[[], None] | None = None

    if TYPE_CHECKING:
        app = getters.app(ClerkApp)

    DEFAULT_CSS = """
    WelcomeScreen { align: center middle; }
    WelcomeScreen #agency { text-style: bold; height: auto; margin-bottom: 1; }
    WelcomeScreen #answer { height: auto; min-height: 2; margin-top: 1; }
    """

    def compose(self) -> ComposeResult:
        """Show the form at once; it is enabled when the store is open."""
        with Vertical(classes="box"):
            yield Static("ClerkDesk " + __version__, classes="title", markup=False)
            yield Static(_("Đang mở kho dữ liệu…"), id="agency", markup=False)
            with Horizontal(classes="row"):
                yield Label(_("Tên đăng nhập"))
                yield EntryField("username", id="username", width=30)
            with Horizontal(classes="row"):
                yield Label(_("Mật khẩu"))
                yield PasswordField("password", id="password", width=30, password=True)
            yield Static("", id="answer", markup=False)
            yield Static(_("Enter tiếp · F1 trợ giúp · Ctrl+T gõ Telex · Ctrl+Q thoát"), classes="quiet", markup=False)

    def desk_opened(self) -> None:
        """Say whose store it is, or start the set-up of a new one."""
        agency = self.app.desk.agency
        if agency is None:
            from clerkdesk.screens.setup_wizard import SetupWizard

            self.app.push_screen(SetupWizard())
        else:
            self.query_one("#agency", Static).update(agency.name)
            if self.held_early is not None:
                self.action_log_in()
                self.held_early()

    def on_screen_resume(self) -> None:
        """Start clean for the next person."""
        self.query_one("#password", EntryField).value = ""
        if self.app.is_desk_open:
            agency = self.app.desk.agency
            self.query_one("#agency", Static).update(agency.name if agency else "")

    def action_log_in(self) -> None:
        """Check name and password in the background: Argon2 takes a moment on purpose."""
        if not self.app.is_desk_open:
            self.held_early = self.app.hold_keys()  # typed ahead while the store is being opened
            return
        if self.app.desk.agency is None:
            return
        self.query_one("#answer", Static).update(_("Đang kiểm tra…"))
        release = self.app.hold_keys()
        username, password = (self.query_one(f"#{name}", EntryField).value for name in ("username", "password"))
        self.check(username, password, release)

    @work(thread=True, exclusive=True, exit_on_error=False, group="login")
    def check(self, username: str, password: str, release: Callable[[], None]) -> None:
        """Ask the store."""
        from clerkdesk.errors import ClerkDeskError

        try:
            session = self.app.desk.log_in(username, password)
        except ClerkDeskError as error:
            self.app.call_from_thread(self.refused, error.message)
        else:
            self.app.call_from_thread(self.welcome, session.must_change_password)
        finally:
            self.app.call_from_thread(release)

    def refused(self, sentence: str) -> None:
        """Say why, keep the name, empty the password."""
        self.query_one("#answer", Static).update(f"✗ {sentence}")
        field = self.query_one("#password", EntryField)
        field.value = ""
        field.focus()
        self.app.bell()

    def welcome(self, must_change: bool) -> None:
        """Go to work, over a new password when the first one was set by somebody else."""
        self.query_one("#answer", Static).update("")
        self.query_one("#password", EntryField).value = ""
        self.query_one("#username", EntryField).focus()
        if must_change:
            from clerkdesk.screens.modals.new_password import NewPasswordModal

            self.app.push_screen(NewPasswordModal(self.app.desk.person.id), self._password_set)
        else:
            self.app.start_work()

    def _password_set(self, done: Any) -> None:
        if done:
            self.app.start_work()
        else:
            self.app.desk.log_out()

"""The application: work areas, keys that work everywhere, one handler for every failure.

Importing this module loads no database, cryptography or PDF library: the first picture must not wait for them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on, work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.worker import Worker, WorkerState

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import N_, _
from clerkdesk.screens.areas import AREAS, area_screen
from clerkdesk.screens.office_screen import OfficeScreen
from clerkdesk.screens.serial_keys import SerialKeys
from clerkdesk.screens.themes import THEMES, default_theme
from clerkdesk.screens.welcome import WelcomeScreen

if TYPE_CHECKING:
    from textual.driver import Driver

    from clerkdesk.services.desk import Desk


# A worker tells only the widget that started it, unless it bubbles; no failure may go unseen.
Worker.StateChanged.bubble = True


def _palette() -> type[Any]:
    from clerkdesk.screens.palette import OfficeCommands

    return OfficeCommands


TYPING_SECONDS = 0.5


class RecordsCame(Message):
    """Records have come from the server, or the connection has changed."""


class ClerkApp(SerialKeys, App[int], inherit_bindings=False):
    """ClerkDesk on a terminal."""

    TITLE = "ClerkDesk"
    CSS_PATH = "clerkdesk.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", N_("Giúp"), id="app.help", priority=True),
        Binding("ctrl+g", "go_to", N_("Đi tới"), id="app.go_to", priority=True),
        Binding("ctrl+p", "command_palette", N_("Lệnh"), id="app.palette", priority=True),
        Binding("ctrl+t", "telex", N_("Gõ Telex"), id="app.telex", priority=True),
        Binding("ctrl+l", "lock", N_("Khóa máy"), id="app.lock", priority=True),
        Binding("ctrl+q", "leave", N_("Thoát"), id="app.quit", priority=True),
    ]

    def __init__(self, data_dir: Path, theme: str | None = None) -> None:
        super().__init__()
        self.data_dir = data_dir
        self.animation_level = "none"
        self.telex_on = False
        self.changes = 0  # grows with each command, so that a list knows when to read again
        self._desk: Desk | None = None
        self._last_key = monotonic()
        self._idle_allowed = 3600.0
        self._days_closed_on: dt.date | None = None
        for one in THEMES:
            self.register_theme(one)
        self.theme = theme or default_theme()

    @property
    def desk(self) -> Desk:
        """The open desk; screens exist only after it is."""
        assert self._desk is not None  # noqa: S101
        return self._desk

    MODES = {"welcome": WelcomeScreen}
    DEFAULT_MODE = "welcome"
    COMMANDS = {_palette}

    @property
    def is_desk_open(self) -> bool:
        """Whether the store has been opened."""
        return self._desk is not None

    def get_driver_class(self) -> type[Driver]:
        """Read the terminal so that a broken byte ends nothing."""
        from clerkdesk.screens.terminal_input import forgive_broken_bytes
        from clerkdesk.screens.terminal_output import outlive_the_terminal

        forgive_broken_bytes()
        outlive_the_terminal()
        return super().get_driver_class()

    def on_mount(self) -> None:
        """Open the store while the person types the user name."""
        try:
            self.load_keymap()
        except ClerkDeskError as error:
            self.call_after_refresh(self.report, error)
        self.set_interval(20, self.watch_idle)
        self.open_desk()

    def load_keymap(self) -> None:
        """Take the person's own keys from `keys.toml` in the data folder, when there is one."""
        from clerkdesk.screens.keys import read_keymap

        self.set_keymap(read_keymap(self.data_dir / "keys.toml"))

    @work(thread=True, exit_on_error=False, group="desk")
    def open_desk(self) -> None:
        """Open the store in the background; the log too, which nobody waits for."""
        from clerkdesk.log import set_up
        from clerkdesk.services.desk import Desk

        set_up(self.data_dir)

        desk = Desk.open(self.data_dir / "clerkdesk.db")
        if desk.has_server:
            self.connect(desk)
        self.call_from_thread(self._desk_opened, desk)

    def connect(self, desk: Desk) -> None:
        """Let a desk that has joined a server exchange with it in the background; runs in a worker."""
        from clerkdesk.sync.connecting import open_link

        try:
            link = open_link(desk, changed=self.records_came, busy=self.is_typing)
        except ClerkDeskError as error:
            self.call_from_thread(self.notify, error.message, severity="warning", timeout=30, markup=False)
        else:
            if link is not None:
                link.start()

    def is_typing(self) -> bool:
        """Whether a key was pressed just now; the background gives way then."""
        return monotonic() - self._last_key < TYPING_SECONDS

    def records_came(self) -> None:
        """Tell the screens that records have come or the connection has changed; called from any thread."""
        self.post_message(RecordsCame())

    @on(RecordsCame)
    def show_records(self) -> None:
        """Let the screen that is looked at show it."""
        self.changes += 1
        if isinstance(self.screen, OfficeScreen):
            self.screen.records_came()

    def _desk_opened(self, desk: Desk) -> None:
        self._desk = desk
        if isinstance(self.screen, WelcomeScreen):
            self.screen.desk_opened()

    @work(thread=True, exclusive=True, exit_on_error=False, group="backup")
    def keep_backup(self) -> None:
        """Make the weekly backup when it is due (at least once a week: Vĩnh Long 480 Đ8.1)."""
        from clerkdesk.places import backups_folder
        from clerkdesk.services.backups import is_due, make_backup
        from clerkdesk.services.clock import now

        folder = backups_folder(self.data_dir)
        if self.desk.read(is_due, folder, now()):
            try:
                make_backup(self.desk.store, folder)
            except ClerkDeskError as error:
                self.call_from_thread(self.notify, error.message, severity="warning", markup=False)

    @work(thread=True, exit_on_error=False, group="closes")
    def close_days(self) -> None:
        """Close the books of the days that have ended (chốt sổ ngày); nobody has to ask for it, or to wait."""
        from clerkdesk.services.clock import today
        from clerkdesk.services.close_signing import silent_signer
        from clerkdesk.services.daily_close import close_due_days

        self._days_closed_on = today()
        try:
            closed = close_due_days(self.desk, silent_signer(self.data_dir))
        except ClerkDeskError as error:
            self.call_from_thread(self.notify, error.message, severity="warning", markup=False)
        else:
            if closed:
                self.changes += 1

    def watch_day(self) -> None:
        """Close the day when it has ended while the program was open."""
        from clerkdesk.services.clock import today

        if self._days_closed_on is not None and self._days_closed_on != today():
            self.close_days()

    def watch_idle(self) -> None:
        """Lock the desk when nobody has pressed a key for as long as the agency allows."""
        if self._desk is None or self.desk.session is None:
            return
        self.watch_day()
        if self.screen.is_modal:
            return
        if monotonic() - self._last_key > self._idle_allowed:
            self.run_worker(self.end_work(), exit_on_error=False)

    async def on_event(self, event: events.Event) -> None:
        """Note when the last key came."""
        if isinstance(event, events.Key | events.Paste):
            self._last_key = monotonic()
        await super().on_event(event)

    def start_over(self) -> None:
        """Throw away a half-written sample store and begin again; only the sample's writer calls this."""
        self.desk.throw_away()
        self._desk = None
        self.pop_screen()
        self.open_desk()

    def start_work(self) -> None:
        """Show the first area after a login."""
        from clerkdesk.services.settings import read_setting

        self._idle_allowed = 60.0 * self.desk.read(read_setting, "session_minutes")
        self.close_days()
        self.keep_backup()
        for name in AREAS:
            self.add_mode(name, lambda name=name: area_screen(name))  # type: ignore[misc]
        self.switch_mode("home")
        self.call_later(self.tell_left_over)

    def tell_left_over(self) -> None:
        """Tell the clerk, before anything else, what the last time left to tell: numbers that perhaps nobody saw, a new
        incarnation."""
        from clerkdesk.screens.modals.left_over import LeftOverModal
        from clerkdesk.services.commands import RegisterArrival

        if self.desk.session is None or not self.desk.may(RegisterArrival):
            return
        numbers, happened = self.desk.left_over()

        def read(_: None) -> None:
            self.desk.left_over_told()
            if happened:
                self.show_area("registers")

        if numbers or happened:
            self.push_screen(LeftOverModal(numbers, happened), read)
        else:
            self.desk.left_over_told()

    async def end_work(self) -> None:
        """Forget all areas and show the login form."""
        self.keep_drafts()
        self.desk.log_out()
        await self.switch_mode("welcome")
        for name in AREAS:
            await self.remove_mode(name)

    def keep_drafts(self) -> None:
        """Keep what every form holds, also in the field that is being typed in."""
        for screens in self._screen_stacks.values():
            for screen in screens:
                if isinstance(screen, OfficeScreen):
                    screen.keep_draft()

    def do(self, command: Any) -> Any:
        """Carry out a command and let every screen know that something changed.

        Raises:
            ClerkDeskError: for the screen to show where it belongs.
        """
        result = self.desk.do(command)
        self.changes += 1
        self.call_after_refresh(self.desk.seen)
        self.watch_day()
        return result

    def report(self, error: BaseException) -> None:
        """Show any failure: ours with its sentence, a stranger's with a report that can be sent."""
        from clerkdesk.screens.modals.trouble import TroubleModal

        if isinstance(error, ClerkDeskError):
            self.push_screen(TroubleModal(error.message, error.code))
        else:
            from clerkdesk.log import write_crash_report

            path = write_crash_report(self.data_dir, error)
            sentence = _("Có lỗi ngoài dự kiến; nội dung đang nhập vẫn được giữ. Báo cáo lỗi: {path}")
            self.push_screen(TroubleModal(sentence.format(path=path), type(error).__name__))

    @on(Worker.StateChanged)
    def worker_changed(self, event: Worker.StateChanged) -> None:
        """Report the failure of any worker, whichever screen started it."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.report(event.worker.error)

    async def run_action(self, *arguments: Any, **named: Any) -> bool:
        """Carry out what a key asks; a failure of ours is shown and the form stays as it is."""
        try:
            return await super().run_action(*arguments, **named)
        except ClerkDeskError as error:
            self.report(error)
            return True

    def _fatal_error(self) -> None:
        """End without printing what was on screen: the report says where in the code, the draft is in the store."""
        from clerkdesk.log import write_crash_report

        path = write_crash_report(self.data_dir, self._exception) if self._exception else self.data_dir
        sentence = _(
            "ClerkDesk phải dừng vì lỗi ngoài dự kiến. Nội dung đang nhập được giữ và đề nghị lại khi mở. Báo cáo lỗi: {path}"
        )
        self.bell()
        self._exit_renderables.append(sentence.format(path=path))
        self._close_messages_no_wait()

    def action_command_palette(self) -> None:
        """Show the palette in our language."""
        from textual.command import CommandPalette

        if not CommandPalette.is_open(self):
            self.push_screen(
                CommandPalette(placeholder=_("Gõ lệnh cần tìm, không dấu cũng được"), id="--command-palette")
            )

    def action_help(self) -> None:
        """Show what the focused field and the screen can do."""
        from clerkdesk.screens.modals.help import HelpModal

        if isinstance(self.screen, HelpModal):
            self.screen.dismiss()
        else:
            self.push_screen(HelpModal.for_screen(self.screen))

    def action_go_to(self) -> None:
        """Ask for an area by its two letters."""
        from clerkdesk.screens.modals.go_to import GoToModal

        if self._desk is not None and self.desk.session is not None and not self.screen.is_modal:
            self.push_screen(GoToModal(), self._went)

    def _went(self, area: str | None) -> None:
        if area is not None:
            self.show_area(area)

    def show_area(self, name: str) -> None:
        """Show a work area in the state in which it was left."""
        self.switch_mode(name)

    def action_telex(self) -> None:
        """Turn the built-in Telex on or off, for terminals without an input method."""
        self.telex_on = not self.telex_on
        self.notify(_("Gõ Telex: bật") if self.telex_on else _("Gõ Telex: tắt"), timeout=2)
        self.screen.refresh_bindings()

    def action_lock(self) -> None:
        """Leave the desk: the next person logs in; drafts stay with their owner."""
        if self._desk is not None and self.desk.session is not None and not self.screen.is_modal:
            self.run_worker(self._lock(self.hold_keys()), exit_on_error=False)

    async def _lock(self, release: Callable[[], None]) -> None:
        """End the work; what the next person types ahead waits for the login form."""
        try:
            await self.end_work()
        finally:
            release()

    def action_leave(self) -> None:
        """Ask, then end the program."""
        from clerkdesk.screens.modals.confirm import ConfirmModal

        if self.screen.is_modal:
            return
        question = _("Thoát ClerkDesk? Nội dung đang nhập được giữ và đề nghị lại khi mở.")
        self.push_screen(ConfirmModal(question), self._leave)

    def _leave(self, yes: bool | None) -> None:
        if yes:
            self.keep_drafts()
            self.exit(0)

    def on_unmount(self) -> None:
        """Close the store however the program ends."""
        if self._desk is not None:
            self._desk.close()


def run(data_dir: Path, theme: str | None = None) -> int:
    """Run the application until the person leaves; return the process's exit code.

    Args:
        data_dir: folder of the store.
        theme: a theme's name, None for the default of this terminal.
    """
    result = ClerkApp(data_dir, theme).run()
    return result or 0

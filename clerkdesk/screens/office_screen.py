"""The frame of every work screen: heading, body, message line, status and key bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Static

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import N_, _
from clerkdesk.screens.widgets.bars import KeyBar, StatusBar
from clerkdesk.screens.widgets.plain_text import one_line

if TYPE_CHECKING:
    from clerkdesk.screens.app import ClerkApp
    from clerkdesk.services.commands import Command
    from clerkdesk.services.desk import Desk


class OfficeScreen(Screen[None]):
    """A work screen. `HELP` is its text for F1; `F12` and `Esc` always go one step back."""

    HELP: ClassVar[str] = ""
    AUTO_FOCUS = "*"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f12,escape", "step_back", N_("Về"), id="screen.back"),
    ]

    if TYPE_CHECKING:
        app = getters.app(ClerkApp)

    def __init__(self) -> None:
        super().__init__()
        self._seen_changes = -1

    @property
    def desk(self) -> Desk:
        """The desk that this screen works for."""
        return self.app.desk

    def compose(self) -> ComposeResult:
        """Put the frame around what the screen brings."""
        yield Static("", id="heading", markup=False)
        yield from self.body()
        yield Static("", id="message", markup=False)
        with Vertical(id="bars"):
            yield StatusBar()
            yield KeyBar()

    def body(self) -> ComposeResult:
        """Yield what stands between heading and message line."""
        yield from ()

    def say(self, text: str, *, bad: bool = False) -> None:
        """Show one sentence in the message line; bad news also rings."""
        line = self.query_one("#message", Static)
        line.set_class(bad, "-bad")
        line.update(f"{'✗' if bad else '▸'} {one_line(text)}" if text else "")
        if bad:
            self.app.bell()

    def head(self, text: str) -> None:
        """Show the screen's name and state in the first line."""
        self.query_one("#heading", Static).update(one_line(text))

    def on_screen_resume(self) -> None:
        """Read again what other screens may have changed."""
        if self._seen_changes != self.app.changes:
            self._seen_changes = self.app.changes
            self.office_changed()
        self.query_one(StatusBar).show_state()
        self.query_one(KeyBar).show_keys()

    def office_changed(self) -> None:
        """Called when the screen is shown and something has changed since it was last shown."""

    def records_came(self) -> None:
        """Show what has come from the server while the screen is looked at."""
        if not self.is_mounted or not self.query("#heading"):  # it reads all that has come when it is there
            return
        try:
            self.office_changed()
        except ClerkDeskError as error:  # the document on screen has been taken back
            self.say(error.message, bad=True)
        self.changed_here()

    def give(self, command: type[Command], sentence: str, **facts: Any) -> Any:
        """Give a command and say what was done; a refusal is said in the message line and nothing has changed.

        Args:
            command: its type.
            sentence: what to say when it is done.
            facts: its fields.

        Returns: the result, None when it was refused.
        """
        try:
            result = self.app.do(self.desk.make(command, **facts))
        except ClerkDeskError as error:
            self.say(error.message, bad=True)
            return None
        self.done(sentence)
        return result

    def done(self, sentence: str) -> None:
        """Show the new state and what was done."""
        self.office_changed()
        self.changed_here()
        self.say(sentence)

    def changed_here(self) -> None:
        """Take note that this screen changed something itself and shows it already."""
        self._seen_changes = self.app.changes
        self.query_one(StatusBar).show_state()

    def keep_draft(self) -> None:
        """Keep what is typed; the entry forms do."""

    def action_step_back(self) -> None:
        """Close this screen, or go to the first area."""
        if len(self.app.screen_stack) > 1:
            self.dismiss()
        elif self.app.current_mode != "home":
            self.app.show_area("home")
        else:
            self.say(_("Ctrl+Q để thoát ClerkDesk."))

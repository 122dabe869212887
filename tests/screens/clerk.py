"""A clerk before the real application: presses keys, which are counted, and looks at what the screen shows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Static

from clerkdesk.screens.app import ClerkApp
from clerkdesk.screens.widgets.field_note import Entry
from clerkdesk.services.desk import Desk
from tests.office import PASSWORD, rows

PASSPHRASE = "thu-nghiem"
LEADER = "Lê Quang Minh"
_TEXT = {"enter": "\r", "tab": "\t", "space": " "}


class Clerk:
    """Who sits at the terminal. `keys` counts what was pressed."""

    def __init__(self, app: ClerkApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot
        self.keys = 0

    # -- doing ------------------------------------------------------------------------------------------------------

    async def press(self, *keys: str) -> None:
        """Press keys by name, all at once, as who types ahead; return when each has had its effect."""
        await self.press_ahead(*keys)
        await self.settle()

    async def press_ahead(self, *keys: str) -> None:
        """Press keys and wait only until they have reached the program."""
        self.keys += len(keys)
        for key in keys:
            name = _character_to_key(key) if len(key) == 1 else key
            self.app.post_message(events.Key(name, key if len(key) == 1 else _TEXT.get(key)))
        arrived = asyncio.Event()
        self.app.call_later(arrived.set)  # stands in line behind the keys
        await self.until(arrived.is_set)

    async def type(self, text: str) -> None:
        """Type a text, letter by letter."""
        await self.press(*text)

    async def paste(self, text: str) -> None:
        """Paste a text, as a path dragged into the terminal."""
        self.app.post_message(events.Paste(text))
        await self.press()

    async def attach(self, path: Path) -> None:
        """Attach a file by its path."""
        await self.press("f8")
        await self.paste(str(path))
        await self.press("enter")
        await self.workers_done()

    async def fill(self, *entries: str) -> None:
        """Type each text and end its field with Enter."""
        for entry in entries:
            await self.type(entry)
            await self.press("enter")

    async def log_in(self, username: str = "annv", password: str = PASSWORD) -> None:
        """Log in by typing."""
        await self.fill(username, password)
        await self.until(lambda: self.app.current_mode != "welcome")
        await self.settle()
        self.keys = 0

    async def go(self, code: str) -> None:
        """Go to an area by its two letters."""
        await self.press("ctrl+g", *code)

    # -- waiting and seeing -----------------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Wait until every key has been dealt with."""
        await self.until(lambda: not self.app._keys_waiting and not self.app._key_busy and not self.app._key_holds)
        await self.pilot._wait_for_screen()

    async def until(self, holds: Callable[[], object], seconds: float = 60.0) -> None:
        """Wait for a condition.

        Raises:
            AssertionError: it does not come about; the screen is in the message.
        """
        end = time.monotonic() + seconds
        while not holds():
            assert self.app._exception is None, "the program has ended by a failure"
            if time.monotonic() > end:
                raise AssertionError(f"waited in vain; the screen:\n{self.seen()}")
            await asyncio.sleep(0.002)

    async def sees(self, text: str) -> None:
        """Wait until the screen shows a text, wrapped or not."""
        wanted = " ".join(text.split())
        await self.until(lambda: wanted in self.words())

    async def workers_done(self) -> None:
        """Wait for everything that goes on behind the screens."""
        await self.until(lambda: all(worker.is_finished for worker in self.app.workers))
        await self.settle()

    def seen(self) -> str:
        """What the screen shows now, as lines."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)

    def words(self) -> str:
        """What the screen shows as one line without frames, so that wrapped sentences can be found."""
        return " ".join(self.seen().replace("│", " ").split())

    @property
    def screen(self) -> str:
        """The name of the screen's class."""
        return type(self.app.screen).__name__

    @property
    def focused(self) -> str:
        """The name of the field that has the focus."""
        return self.app.focused.field_name if isinstance(self.app.focused, Entry) else ""

    @property
    def message(self) -> str:
        """The message line of the work screen."""
        return str(self.app.screen.query_one("#message", Static).render())

    @property
    def heading(self) -> str:
        """The first line of the work screen."""
        return str(self.app.screen.query_one("#heading", Static).render())

    def entry(self, name: str) -> Entry:
        """A field of the form, by its name."""
        fields = (widget for widget in self.app.screen.query(f".{Entry.ENTRY_CLASS}") if isinstance(widget, Entry))
        return next(field for field in fields if field.field_name == name)

    def value(self, name: str) -> str:
        """What a field of the form holds."""
        return str(self.entry(name).value)

    def note(self, name: str) -> str:
        """What stands beside a field."""
        return self.entry(name).note.text

    # -- behind the screens -----------------------------------------------------------------------------------------

    @property
    def desk(self) -> Desk:
        """The desk, to look into the store."""
        return self.app.desk

    def rows(self, sql: str, **values: object) -> list[Any]:
        """Read the store."""
        return rows(self.desk.store, sql, **values)


@asynccontextmanager
async def at_the_terminal(
    folder: Path, user: str | None = "annv", size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Clerk]:
    """Start the program on a folder, wait for its store, and log somebody in."""
    app = ClerkApp(folder, "clerk-dark")
    async with app.run_test(size=size) as pilot:
        clerk = Clerk(app, pilot)
        await clerk.until(lambda: app.is_desk_open)
        await clerk.settle()
        if user is not None:
            await clerk.log_in(user)
        yield clerk
        if not app._exit:
            await clerk.settle()  # a screen that is still being built is not torn down

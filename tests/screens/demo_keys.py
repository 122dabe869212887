"""A form for the key order tests: three fields, a modal on F2, and F9 which writes down what every field holds.

Run with the kind of field (`entry`, `area`, `input`, `textarea`) and, to see stock Textual fail, `stock`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from clerkdesk.screens.serial_keys import SerialKeys
from clerkdesk.screens.widgets.entry_field import EntryField
from clerkdesk.screens.widgets.field_note import Entry
from clerkdesk.screens.widgets.subject_area import EntryArea

KIND = sys.argv[1] if len(sys.argv) > 1 else "entry"


def field(id: str) -> Widget:
    match KIND:
        case "entry":
            return EntryField(id, id=id, classes="field")
        case "area":
            return EntryArea(id, id=id, classes="field")
        case "input":
            return Input(id=id, classes="field", compact=True)
        case _:
            return TextArea(id=id, classes="field", compact=True)


def held(widget: Widget) -> str:
    return str(widget.text if isinstance(widget, TextArea) else getattr(widget, "value", ""))


class Question(ModalScreen[str]):
    """Asks for one text; Enter answers."""

    CSS = "Question { align: center middle; } #box { width: 40; height: 6; }"

    def compose(self) -> ComposeResult:
        time.sleep(0.02)  # a screen that takes its time to stand
        with Vertical(id="box"):
            yield Static("HỎI")
            yield field("q")

    @on(Entry.Left)
    @on(Input.Submitted)
    def answer(self) -> None:
        if self.is_current:
            self.dismiss(held(self.query_one("#q")))


class Form(Screen[None]):
    AUTO_FOCUS = "#a"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "ask"),
        Binding("f4", "slow"),
        Binding("f5", "deaf"),
        Binding("f6", "drop"),
        Binding("f7", "held"),
        Binding("f9", "dump"),
        Binding("f12", "clear"),
    ]
    CSS = ".field { height: 1; width: 60; } #dump, #deafened { height: 1; }"
    answer = ""
    dumps = 0

    def compose(self) -> ComposeResult:
        for id in "abc":
            yield field(id)
        yield Static("SẴN SÀNG", id="dump", markup=False)

    def fields(self) -> Iterator[Widget]:
        return iter(self.query(".field").results(Widget))

    def action_ask(self) -> None:
        def take(answer: str | None) -> None:
            self.answer = answer or ""

        self.app.push_screen(Question(), take)

    class Slow(Message):
        """Asks for work during which the event loop runs on."""

    class Deaf(Message):
        """Asks for work that only another key ends."""

    def action_slow(self) -> None:
        self.post_message(self.Slow())

    async def on_form_slow(self) -> None:
        await asyncio.sleep(0.3)
        self.action_clear()

    def action_deaf(self) -> None:
        self.post_message(self.Deaf())

    async def on_form_deaf(self) -> None:
        while "b" not in held(self.query_one("#a")):
            await asyncio.sleep(0.01)

    def action_drop(self) -> None:
        """Take away the field in focus, as a form does that changes with its entries."""
        if self.focused:
            self.focused.remove()

    def action_held(self) -> None:
        """What a screen does that saves in a worker: afterwards the form is empty."""
        release = self.app.hold_keys() if isinstance(self.app, SerialKeys) else None

        def saved() -> None:
            self.action_clear()
            if release:
                release()

        self.set_timer(0.3, saved)

    def action_dump(self) -> None:
        self.dumps += 1
        values = "|".join([*map(held, self.fields()), self.answer])
        self.query_one("#dump", Static).update(f"#{self.dumps} {values}#")

    def action_clear(self) -> None:
        self.answer = ""
        for widget in self.fields():
            if isinstance(widget, TextArea):
                widget.text = ""
            elif isinstance(widget, Input):
                widget.value = ""
        self.query_one("#a").focus()


class Demo(SerialKeys, App[None]):
    KEY_TIMEOUT = 0.5
    serial_keys_on = "stock" not in sys.argv
    CSS = "Screen { layout: vertical; }"

    def on_mount(self) -> None:
        self.animation_level = "none"
        self.push_screen(Form())


if __name__ == "__main__":
    Demo().run()

"""An entry form of twelve fields and a subject: ours, or with `stock` the same of Textual's own `Input`.

`telex` turns the built-in Telex on. F9 writes down what the fields hold.
"""

from __future__ import annotations

import sys
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Label, Static, TextArea

from clerkdesk.screens.serial_keys import SerialKeys
from clerkdesk.screens.widgets.entry_field import EntryField
from clerkdesk.screens.widgets.field_note import Entry
from clerkdesk.screens.widgets.subject_area import EntryArea

STOCK = "stock" in sys.argv
LIMITS = {"f0": 5, "f1": 0}


class Form(App[None]):
    AUTO_FOCUS = "#f0"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f9", "dump"), Binding("f7", "reject"), Binding("f8", "accept")]
    CSS = """
    .row { height: 1; }
    Label { width: 13; text-align: right; padding-right: 1; }
    .row Input { width: 20; }
    #dump { dock: bottom; height: 1; }
    """
    telex_on = "telex" in sys.argv
    dumps = 0
    left = ""

    def compose(self) -> ComposeResult:
        for i in range(12):
            with Horizontal(classes="row"):
                yield Label(f"Trường {i}")
                if STOCK:
                    yield Input(id=f"f{i}", compact=True)
                    yield Static(classes="note")
                else:
                    field = EntryField(f"f{i}", id=f"f{i}", limit=LIMITS.get(f"f{i}", 0))
                    yield field
                    yield field.note
        if not STOCK:
            area = EntryArea("subject", id="subject", limit=60)
            yield area
            yield area.note
        yield Static("SẴN SÀNG", id="dump", markup=False)

    def on_mount(self) -> None:
        self.animation_level = "none"

    def on_entry_left(self, message: Entry.Left) -> None:
        self.left += f"{message.field.field_name};"

    def action_reject(self) -> None:
        if isinstance(self.focused, Entry):
            self.focused.reject("Không có [mã] này")

    def action_accept(self) -> None:
        if isinstance(self.focused, Entry):
            self.focused.accept("Sở Nội vụ")

    def action_dump(self) -> None:
        self.dumps += 1
        held = [widget.value for widget in self.query(Input)][:3] + [area.text[:40] for area in self.query(TextArea)]
        focused = self.focused.id if self.focused else ""
        self.query_one("#dump", Static).update(f"#{self.dumps} {'|'.join(held)}|{focused}|{self.left[-24:]}#")


class SerialForm(SerialKeys, Form):
    pass


if __name__ == "__main__":
    (Form if STOCK else SerialForm)().run()

"""The one-line entry field of every form: underlined, Enter ends it, text comes in as composed Vietnamese only."""

from __future__ import annotations

import os
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Size
from textual.reactive import Reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from clerkdesk.i18n import N_
from clerkdesk.screens.telex import TelexComposer
from clerkdesk.screens.widgets.field_note import BAD_MARK, HARD_CEILING, Entry, FieldNote
from clerkdesk.screens.widgets.plain_text import one_line, pasted


def draws_underlines() -> bool:
    """Whether the terminal draws underlined blanks. The Linux console shows underlining as a colour of the letters."""
    return not os.environ.get("TERM", "").startswith("linux")


def place_hardware_cursor(widget: Widget) -> None:
    """Put the terminal's own cursor where the typing is: input methods draw their unfinished word there.

    Textual also moves it when a field without the focus gets a value; then it goes back to the focused one.
    """
    focused = widget.screen.focused if widget.is_attached else None
    offset = getattr(widget if widget.has_focus else focused, "cursor_screen_offset", None)
    if isinstance(offset, Offset):
        widget.app.cursor_position = offset


class EntryField(TelexComposer, Entry, Input):
    """A compact one-line field.

    Enter and Down go to the next field, Up to the previous one; none of them ever saves. On leaving, `EntryField.Left`
    is posted. The value is always one line of NFC text without control characters, however it came in.

    Args:
        field_name: The name by which services call this field in their errors.
        limit: Characters allowed, 0 for any number. A longer value is kept, marked bad and rung for.
        width: Cells on screen, 0 to leave it to the style sheet.
        note: The line for this field's messages; without one, `field.note` makes its own, to be yielded by the screen.
    """

    DEFAULT_CSS = """
    EntryField {
        text-style: underline;
        background: transparent; background-tint: transparent;
        &:focus { background-tint: transparent; }
        &.-bad { color: $text-error; text-style: underline bold; }
        &>.input--cursor { background: transparent; color: $foreground; text-style: reverse; }
        &>.input--selection { background: transparent; color: $foreground; text-style: reverse; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "exit_forward", N_("Trường sau"), show=False, id="field.next"),
        Binding("up", "exit_back", N_("Trường trước"), show=False, id="field.previous"),
    ]

    # Stock `Input` lays the whole screen out anew at each letter; a field's place never depends on its text.
    virtual_size = Reactive(Size(0, 0), layout=False)
    _typing = False

    def __init__(
        self,
        field_name: str = "",
        value: str | None = None,
        *,
        limit: int = 0,
        width: int = 0,
        note: FieldNote | None = None,
        placeholder: str = "",
        password: bool = False,
        id: str | None = None,
        classes: str | None = None,
        disabled: bool = False,
    ) -> None:
        super().__init__(
            value,
            placeholder,
            password=password,
            select_on_focus=True,
            id=id,
            classes=classes,
            disabled=disabled,
            compact=True,
        )
        self._init_entry(field_name, limit, note)
        self.cursor_blink = False  # two paints a second for nothing on a slow line
        self._draws_underlines = draws_underlines()
        if width:
            self.styles.width = width

    def validate_value(self, value: str) -> str:
        """Keep every value one line of NFC text; Textual calls this on each change."""
        return one_line(value)

    def replace(self, text: str, start: int, end: int) -> None:
        """Put `text` in place of the characters from `start` to `end`; all typing, pasting and deleting ends here."""
        value = self.value
        start, end = sorted((max(0, start), min(len(value), end)))
        left = one_line(value[:start] + text)  # composes a mark that is typed after its letter
        left = self._under_ceiling(left, HARD_CEILING - (len(value) - end))
        self._typing = True
        self.value = left + value[end:]
        self._typing = False
        self.cursor_position = len(left)
        self._check_length(ring=bool(text))

    def action_exit_forward(self) -> None:
        """End this field and go to the next."""
        self.exit_forward()

    def action_exit_back(self) -> None:
        """End this field and go back to the one before."""
        self.exit_back()

    def action_paste(self) -> None:
        """Paste what was copied or cut inside the program."""
        self.replace(pasted(self.app.clipboard), *self.selection)

    def watch_value(self) -> None:
        """Check a value that the program has set; typing is checked where it comes in."""
        if self.is_running and not self._typing:
            self._check_length(ring=False)

    def watch_selection(self) -> None:
        """Move the terminal's cursor after the field has scrolled."""
        if self.is_running:
            place_hardware_cursor(self)

    @property
    def cursor_screen_offset(self) -> Offset:
        """Where the cursor is drawn on the screen; stock `Input` answers one cell too far at the end of the text."""
        x, y, _width, _height = self.content_region
        return Offset(x + self._position_to_cell(self.cursor_position) - self.scroll_offset.x, y)

    def telex_before(self) -> tuple[str, bool]:
        """The text before the cursor, and whether a word ends at the cursor."""
        value, at = self.value, self.cursor_position
        return value[:at], not value[at : at + 1].isalpha()

    def telex_put(self, remove: int, text: str) -> None:
        """Replace the `remove` characters before the cursor."""
        at = self.cursor_position
        self.replace(text, at - remove, at)

    async def _on_key(self, event: events.Key) -> None:
        if not self.password and self.selection.is_empty:
            self.compose_key(event)

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.replace(pasted(event.text), *self.selection)

    def render_line(self, y: int) -> Strip:
        """Draw the field; `✗` in its last cell says without colour that the value is bad."""
        strip = super().render_line(y)
        width = self.scrollable_content_region.width
        style = self.rich_style
        if not self._draws_underlines:
            strip = dotted(strip, width)
        cursor = self._position_to_cell(self.cursor_position) - self.scroll_offset.x
        if self.bad and width > 1 and not (self.has_focus and cursor >= width - 1):
            strip = Strip([*strip.crop(0, width - 1), Segment(BAD_MARK, style)])
        return strip


def dotted(strip: Strip, width: int) -> Strip:
    """Draw the blanks after the text as `_`, for terminals that do not underline blanks."""
    segments = list(strip.crop(0, width))
    tail: list[Segment] = []
    while segments and not segments[-1].text.strip() and not (segments[-1].style and segments[-1].style.reverse):
        last = segments.pop()
        tail.insert(0, Segment("_" * len(last.text), last.style))
    if segments:
        text, style, _control = segments[-1]
        kept = text.rstrip(" ")
        if kept != text and not (style and style.reverse):
            segments[-1:] = [Segment(kept, style), Segment("_" * (len(text) - len(kept)), style)]
    return Strip(segments + tail)

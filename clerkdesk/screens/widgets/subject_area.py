"""The few-line entry field for a subject (trích yếu): the manners of the one-line field, wrapped on screen only."""

from __future__ import annotations

import unicodedata
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult

from clerkdesk.i18n import N_
from clerkdesk.screens.telex import TelexComposer
from clerkdesk.screens.widgets.entry_field import dotted, draws_underlines
from clerkdesk.screens.widgets.field_note import BAD_MARK, HARD_CEILING, Entry, FieldNote
from clerkdesk.screens.widgets.plain_text import one_line, pasted


class EntryArea(TelexComposer, Entry, TextArea, inherit_bindings=False):
    """A wrapped entry field, three lines high by default, whose value is one line of NFC text.

    Enter and Tab end it; Up and Down move inside it and leave it at its first and last line. It posts the same `Left`
    as `EntryField`. See there for the arguments.
    """

    DEFAULT_CSS = """
    EntryArea {
        height: 3; padding: 0; text-style: underline; background: transparent; color: $foreground;
        scrollbar-size-vertical: 1;
        &.-bad { color: $text-error; text-style: underline bold; }
        &.-textual-compact:focus { border: none; }
        & .text-area--cursor { background: transparent; color: $foreground; text-style: reverse; }
        & .text-area--selection { background: transparent; color: $foreground; text-style: reverse; }
        &:dark .text-area--cursor, &:light .text-area--cursor {
            background: transparent; color: $foreground; text-style: reverse;
        }
    }
    """

    # Stock TextArea also takes F6 and F7, and cuts or deletes the whole "line", here the whole subject, at one key.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "exit_forward", N_("Trường sau"), show=False, id="area.next"),
        Binding("down", "line_down", N_("Dòng sau"), show=False, id="area.down"),
        Binding("up", "line_up", N_("Dòng trước"), show=False, id="area.up"),
        Binding("left", "cursor_left", N_("Sang trái"), show=False),
        Binding("right", "cursor_right", N_("Sang phải"), show=False),
        Binding("shift+left", "cursor_left(True)", N_("Chọn sang trái"), show=False),
        Binding("shift+right", "cursor_right(True)", N_("Chọn sang phải"), show=False),
        Binding("ctrl+left", "cursor_word_left", N_("Từ trước"), show=False),
        Binding("ctrl+right", "cursor_word_right", N_("Từ sau"), show=False),
        Binding("home,ctrl+a", "cursor_line_start", N_("Đầu dòng"), show=False),
        Binding("end,ctrl+e", "cursor_line_end", N_("Cuối dòng"), show=False),
        Binding("backspace", "delete_left", N_("Xóa trước"), show=False),
        Binding("delete,ctrl+d", "delete_right", N_("Xóa sau"), show=False),
        Binding("ctrl+w", "delete_word_left", N_("Xóa từ trước"), show=False),
        Binding("ctrl+u", "delete_to_start_of_line", N_("Xóa về đầu"), show=False),
        Binding("ctrl+k", "delete_to_end_of_line", N_("Xóa đến cuối"), show=False),
        Binding("ctrl+x", "cut_selection", N_("Cắt"), show=False),
        Binding("ctrl+c", "copy", N_("Chép"), show=False),
        Binding("ctrl+v", "paste", N_("Dán"), show=False),
        Binding("ctrl+z", "undo", N_("Hoàn lại"), show=False),
    ]

    def __init__(
        self,
        field_name: str = "",
        value: str = "",
        *,
        limit: int = 0,
        note: FieldNote | None = None,
        placeholder: str = "",
        id: str | None = None,
        classes: str | None = None,
        disabled: bool = False,
    ) -> None:
        super().__init__(
            one_line(value),
            soft_wrap=True,
            tab_behavior="focus",
            id=id,
            classes=classes,
            disabled=disabled,
            compact=True,
            highlight_cursor_line=False,
            placeholder=placeholder,
        )
        self._init_entry(field_name, limit, note)
        self.match_cursor_bracket = False
        self.cursor_blink = False
        self._draws_underlines = draws_underlines()

    @property
    def value(self) -> str:
        """The text, always one line."""
        return self.text

    @value.setter
    def value(self, value: str) -> None:
        if value != self.text:
            self.load_text(value)

    def load_text(self, text: str) -> None:
        """Take a whole new text from the program; the cursor goes to its end."""
        super().load_text(one_line(text))
        self.move_cursor(self.document.end)
        if self.is_running:
            self._check_length(ring=False)

    def edit(self, edit: Edit) -> EditResult:
        """Change the text; all typing, pasting and deleting ends here."""
        (row, column), (_row, end) = edit.top, edit.bottom
        line = self.document[row]
        stop = end
        while stop < len(line) and unicodedata.combining(line[stop]):
            stop += 1  # marks after the cursor compose with what comes before them now
        before = line[:column]
        text = one_line(one_line(edit.text) + line[end:stop])
        joined = one_line(before + text)
        if not joined.startswith(before):  # a mark typed after its letter composes with it
            column = next(i for i, (old, new) in enumerate(zip(before, joined + "\0", strict=False)) if old != new)
            text = joined[column:]
        text = self._under_ceiling(text, HARD_CEILING - column - (len(line) - stop))
        result = super().edit(Edit(text, (row, column), (row, stop), edit.maintain_selection_offset))
        self._check_length(ring=bool(edit.text))
        return result

    def action_exit_forward(self) -> None:
        """End this field and go to the next."""
        self.exit_forward()

    def action_line_up(self) -> None:
        """Go up one line on screen, or back to the previous field."""
        if self._cursor_offset[1] <= 0:
            self.exit_back()
        else:
            self.action_cursor_up()

    def action_line_down(self) -> None:
        """Go down one line on screen, or on to the next field."""
        if self._cursor_offset[1] >= self.wrapped_document.height - 1:
            self.exit_forward()
        else:
            self.action_cursor_down()

    def action_cut_selection(self) -> None:
        """Cut what is selected; without a selection nothing happens."""
        if not self.selection.is_empty:
            self.action_cut()

    def telex_before(self) -> tuple[str, bool]:
        """The text before the cursor, and whether a word ends at the cursor."""
        row, column = self.cursor_location
        line = self.document[row]
        return line[:column], not line[column : column + 1].isalpha()

    def telex_put(self, remove: int, text: str) -> None:
        """Replace the `remove` characters before the cursor."""
        row, column = self.cursor_location
        self._replace_via_keyboard(text, (row, column - remove), (row, column))

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            # The base class would put a line break before any binding is looked at.
            event.prevent_default()
            event.stop()
            self.exit_forward()
        elif self.selection.is_empty:
            self.compose_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        if result := self._replace_via_keyboard(pasted(event.text), *self.selection):
            self.move_cursor(result.end_location)

    def action_paste(self) -> None:
        """Paste what was copied or cut inside the program."""
        if result := self._replace_via_keyboard(pasted(self.app.clipboard), *self.selection):
            self.move_cursor(result.end_location)

    def render_line(self, y: int) -> Strip:
        """Draw one line; `✗` in the first line's last cell says without colour that the value is bad."""
        strip = super().render_line(y)
        width = self.scrollable_content_region.width
        if not self._draws_underlines:
            strip = dotted(strip, width)
        if self.bad and y == 0 and width > 1 and strip.cell_length >= width:
            strip = Strip([*strip.crop(0, width - 1), Segment(BAD_MARK, self.rich_style)])
        return strip

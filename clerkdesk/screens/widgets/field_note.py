"""What every entry field shares: its name, its good or bad state, the note beside it, and the message on leaving it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from clerkdesk.i18n import N_, _
from clerkdesk.screens.widgets.plain_text import one_line

if TYPE_CHECKING:
    # At run time the mixin must stay a plain class: Textual follows only the first widget base for styles.
    _Base = Widget
else:
    _Base = object

BAD_MARK = "✗"
GOOD_MARK = "▸"
HARD_CEILING = 20_000
"""Characters that a field keeps at most; nothing that a clerk pastes on purpose is longer."""

_TOO_LONG = N_("Dài {length} ký tự, mức tối đa là {limit}. Rút gọn trước khi lưu.")
_CUT_OFF = N_("Văn bản dán quá dài: chỉ giữ {kept} ký tự đầu, bỏ {lost} ký tự cuối.")


class FieldNote(Static):
    """One line beside or under a field: `✗ what is wrong` or `▸ what the code stands for`. Never reads markup."""

    DEFAULT_CSS = """
    FieldNote {
        height: 1; width: 1fr; padding-left: 1; text-wrap: nowrap; text-overflow: ellipsis;
        color: $text-muted;
        &.-bad { color: $text-error; text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__("", id=id, classes=classes, markup=False)
        self.text = ""

    def show(self, text: str, *, bad: bool = False) -> None:
        """Show `text` (empty: clear the line), marked as good or bad news."""
        text = one_line(text, control="\N{REPLACEMENT CHARACTER}")
        shown = f"{BAD_MARK if bad else GOOD_MARK} {text}" if text else ""
        if shown == self.text:
            return
        self.text = shown
        self.set_class(bad, "-bad")
        self.update(shown)


class Entry(_Base):
    """Mixin of the house entry widgets (`EntryField`, `EntryArea`).

    Both post the same `Left` class, so one handler in a screen serves every field:

        @on(Entry.Left)
        def resolve(self, left: Entry.Left) -> None: ...

    A value longer than `limit` is kept, rung for and marked, never cut: an input method that has been refused one
    letter would take its next backspaces out of the letters before, and a pasted text must not be lost in silence.
    The rule itself is checked by the service that saves.
    """

    ENTRY_CLASS = "entry"

    class Left(Message):
        """The clerk has left a field; resolve or check its value now."""

        def __init__(self, field: Entry) -> None:
            super().__init__()
            self.field = field

        @property
        def control(self) -> Widget:
            """The field, for `@on` selectors."""
            return self.field

    if TYPE_CHECKING:
        value: Any

    field_name: str = ""
    limit: int = 0
    _bad = False
    _over_limit = False
    _cut_off = 0
    _note: FieldNote | None = None

    def _init_entry(self, field_name: str, limit: int, note: FieldNote | None) -> None:
        self.field_name = field_name
        self.limit = limit
        self._note = note
        self.add_class(self.ENTRY_CLASS)

    @property
    def bad(self) -> bool:
        """Whether the value was rejected and not yet accepted again."""
        return self._bad

    @property
    def note(self) -> FieldNote:
        """The line that shows this field's messages; the screen yields it where it belongs."""
        if self._note is None:
            self._note = FieldNote()
        return self._note

    @note.setter
    def note(self, note: FieldNote) -> None:
        self._note = note

    def reject(self, message: str) -> None:
        """Mark the value as bad, say why and ring; the focus stays where it is."""
        self._over_limit = False
        self._set_bad(True)
        self.note.show(message, bad=True)
        self.app.bell()

    def accept(self, note: str = "") -> None:
        """Take the value as good; `note` says what it was understood as. A value over its limit stays bad."""
        if self.limit and len(self.value) > self.limit:
            self._check_length(ring=False)
            return
        self._over_limit = False
        self._set_bad(False)
        self.note.show(note)

    def exit_forward(self) -> None:
        """Go to the next entry field, as Enter and Down do."""
        self._exit(1)

    def exit_back(self) -> None:
        """Go to the previous entry field, as Up does."""
        self._exit(-1)

    def _exit(self, direction: int) -> None:
        screen = self.screen
        selector = f".{self.ENTRY_CLASS}"
        now = screen.focus_next(selector) if direction > 0 else screen.focus_previous(selector)
        if now is self:
            # The only field of its screen: Enter means that the clerk has finished it all the same.
            self.post_message(self.Left(self))

    def on_blur(self) -> None:
        """Tell the screen that the field was left."""
        # Switching to another window is not leaving the field.
        if self.app.app_focus:
            self.post_message(self.Left(self))

    def _set_bad(self, bad: bool) -> None:
        if bad != self._bad:
            self._bad = bad
            self.set_class(bad, "-bad")
            self.refresh()

    def _under_ceiling(self, text: str, room: int) -> str:
        """Cut `text` to `room`, remembering how much was lost so that `_check_length` can say so."""
        self._cut_off = max(0, len(text) - room)
        return text[:room] if self._cut_off else text

    def _check_length(self, *, ring: bool) -> None:
        """Say that the value is too long, or take that back; called after every change of the value."""
        length, lost = len(self.value), self._cut_off
        if lost:
            self._cut_off = 0
            self._over_limit = True
            message = _(_CUT_OFF).format(kept=length, lost=lost)
        elif self.limit and length > self.limit:
            self._over_limit = True
            message = _(_TOO_LONG).format(length=length, limit=self.limit)
        else:
            if self._over_limit:
                self._over_limit = False
                self._set_bad(False)
                self.note.show("")
            return
        self._set_bad(True)
        self.note.show(message, bad=True)
        if ring:
            self.app.bell()

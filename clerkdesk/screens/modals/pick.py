"""Choosing one of several, by typing a part of it or with the arrows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from clerkdesk.i18n import N_, _
from clerkdesk.screens.widgets.entry_field import EntryField
from clerkdesk.screens.widgets.plain_text import one_line

T = TypeVar("T")
Choices = Sequence[tuple[str, T]]


class PickModal(ModalScreen[Any], Generic[T]):
    """Answers with the chosen value, or None.

    Args:
        title: what is chosen.
        find: gives the choices for what was typed; called at each change, so it must answer at once.
        typed: what the field held when the list was asked for.
        foot: an extra line of help.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f3,f12,escape", "dismiss(None)", N_("Về"), id="pick.back"),
        Binding("f2", "choose", N_("Chọn"), id="pick.choose"),
    ]
    DEFAULT_CSS = """
    PickModal EntryField { width: 1fr; }
    """

    def __init__(self, title: str, find: Callable[[str], Choices[T]], typed: str = "", foot: str = "") -> None:
        super().__init__()
        self.heading, self.find, self.typed, self.foot = title, find, typed, foot
        self.choices: Choices[T] = ()

    def compose(self) -> ComposeResult:
        """Show the field over the list."""
        with Vertical(classes="box"):
            yield Static(self.heading, classes="title", markup=False)
            yield EntryField("find", self.typed, id="find")
            yield OptionList(id="choices", markup=False)
            yield Static(self.foot or _("Gõ để lọc · ↑↓ chọn · Enter nhận · Esc về"), classes="quiet", markup=False)

    def on_mount(self) -> None:
        """List what fits what was typed."""
        self.query_one("#choices", OptionList).can_focus = False
        self.list_choices(self.typed)

    @on(EntryField.Changed)
    def typed_on(self, event: EntryField.Changed) -> None:
        """List anew."""
        self.list_choices(event.value)

    def list_choices(self, typed: str) -> None:
        """Fill the list."""
        self.choices = self.find(typed)
        options = self.query_one("#choices", OptionList)
        options.clear_options()
        options.add_options([Option(Content(one_line(label))) for label, _value in self.choices])
        if self.choices:
            options.highlighted = 0

    def on_key(self, event: events.Key) -> None:
        """The arrows move in the list while the field keeps the focus."""
        moves = {"down": "cursor_down", "up": "cursor_up", "pagedown": "page_down", "pageup": "page_up"}
        if event.key in moves:
            event.stop()
            event.prevent_default()
            getattr(self.query_one("#choices", OptionList), f"action_{moves[event.key]}")()
        elif event.key == "enter":
            event.stop()
            event.prevent_default()
            self.action_choose()

    def action_choose(self) -> None:
        """Close with what is highlighted."""
        place = self.query_one("#choices", OptionList).highlighted
        if place is not None and place < len(self.choices):
            self.dismiss(self.choices[place][1])
        else:
            self.app.bell()


def pick_from(choices: Choices[T]) -> Callable[[str], Choices[T]]:
    """Return a finder over a short list: every typed word must stand in the label, accents or not."""
    from clerkdesk.services.folding import folded

    prepared = [(folded(label), (label, value)) for label, value in choices]

    def find(typed: str) -> Choices[T]:
        words = folded(typed).split()
        return [choice for key, choice in prepared if all(word in key for word in words)]

    return find

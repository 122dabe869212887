"""Help (F1), generated from the code: what this screen is for, and every key that works here."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from clerkdesk.i18n import N_, _
from clerkdesk.screens.keys import key_names


class HelpModal(ModalScreen[None]):
    """Shows a text and a table of keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1,f2,f3,f12,escape,enter", "dismiss", N_("Đóng"), id="help.close"),
        Binding("down", "scroll_down", N_("Xuống"), show=False),
        Binding("up", "scroll_up", N_("Lên"), show=False),
    ]
    DEFAULT_CSS = """
    HelpModal VerticalScroll { height: 1fr; }
    """

    def __init__(self, text: str, keys: list[tuple[str, str]]) -> None:
        super().__init__()
        self.text, self.keys = text, keys

    @classmethod
    def for_screen(cls, screen: Screen[Any]) -> HelpModal:
        """Make the help of a screen and of its focused field."""
        keys: dict[str, list[str]] = {}
        for key, active in screen.active_bindings.items():
            if active.binding.description and active.binding.id and active.enabled:
                keys.setdefault(_(active.binding.description), []).append(key)
        focused = screen.focused
        own = getattr(focused, "help_text", "") if focused is not None else ""
        text = "\n\n".join(part for part in (_(own), _(getattr(screen, "HELP", ""))) if part)
        return cls(text, [(key_names(names), label) for label, names in keys.items()])

    def compose(self) -> ComposeResult:
        """Show text and keys."""
        with Vertical(classes="box"):
            yield Static(_("Trợ giúp"), classes="title", markup=False)
            with VerticalScroll():
                if self.text:
                    yield Static(self.text + "\n", markup=False)
                yield Static("\n".join(f"{names:<22} {label}" for names, label in self.keys), markup=False)
            yield Static(_("↑↓ cuộn · Esc đóng"), classes="quiet", markup=False)

    def action_scroll_down(self) -> None:
        """One line down."""
        self.query_one(VerticalScroll).scroll_down(animate=False)

    def action_scroll_up(self) -> None:
        """One line up."""
        self.query_one(VerticalScroll).scroll_up(animate=False)

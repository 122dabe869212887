"""A number just issued, shown large: what the clerk writes or stamps on the paper."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Digits, Static

from clerkdesk.i18n import N_


class IssuedNumberModal(ModalScreen[None]):
    """Shows a number in big digits with its reference code and what happened."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,f2,f3,f12,escape,space", "dismiss", N_("Đóng"), id="number.close")
    ]
    DEFAULT_CSS = """
    IssuedNumberModal Digits { width: 1fr; text-align: center; text-style: bold; }
    IssuedNumberModal Static { text-align: center; }
    """

    def __init__(self, digits: str, title: str, text: str) -> None:
        super().__init__()
        self.digits, self.heading, self.text = digits, title, text

    def compose(self) -> ComposeResult:
        """Show the number."""
        with Vertical(classes="box"):
            yield Static(self.heading, classes="title", markup=False)
            yield Digits(self.digits)
            yield Static(self.text, markup=False)

"""A yes-or-no question. Only for what is hard to take back."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from clerkdesk.i18n import N_, _


class ConfirmModal(ModalScreen[bool]):
    """Answers True for yes, False for no; Enter says no harm is done, so it is a key of neither."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c,y,f2", "answer(True)", N_("Có"), id="confirm.yes"),
        Binding("k,n,f12,f3,escape", "answer(False)", N_("Không"), id="confirm.no"),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self.question = question

    def compose(self) -> ComposeResult:
        """Show the question and both keys."""
        with Vertical(classes="box"):
            yield Static(self.question, markup=False)
            yield Static(_("C, F2 Có    K, Esc Không"), classes="foot title", markup=False)

    def action_answer(self, yes: bool) -> None:
        """Close with the answer."""
        self.dismiss(yes)

"""A failure in words, with a code to tell the administrator."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from clerkdesk.i18n import N_, _


class TroubleModal(ModalScreen[None]):
    """Shows a sentence; C copies it, any way back closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,f2,f3,f12,escape", "dismiss", N_("Đóng"), id="trouble.close"),
        Binding("c", "copy", N_("Chép"), id="trouble.copy"),
    ]

    def __init__(self, sentence: str, code: str) -> None:
        super().__init__()
        self.sentence, self.code = sentence, code

    def compose(self) -> ComposeResult:
        """Show sentence, code and keys."""
        with Vertical(classes="box"):
            yield Static(f"✗ {self.sentence}", markup=False)
            yield Static(
                _("Mã: {code}    Enter đóng · C chép").format(code=self.code), classes="foot quiet", markup=False
            )

    def on_mount(self) -> None:
        """Ring."""
        self.app.bell()

    def action_copy(self) -> None:
        """Put sentence and code on the clipboard of the terminal."""
        self.app.copy_to_clipboard(f"{self.code}: {self.sentence}")

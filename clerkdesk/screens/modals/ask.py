"""One or a few lines of text asked for: a reason, a name, a path, a passphrase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, Static

from clerkdesk.i18n import N_, _
from clerkdesk.screens.widgets.entry_field import EntryField


@dataclass(frozen=True, slots=True)
class Question:
    """A field to fill: its name, what the person reads, its value to begin with."""

    name: str
    label: str
    value: str = ""
    secret: bool = False
    required: bool = True


class LastField(EntryField):
    """Enter in the last field is the answer; there is nothing to go on to."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "screen.answer", "", show=False)]


class AskModal(ModalScreen[Any]):
    """Answers with the typed values by name, or None when the person went back.

    Enter goes to the next field and, from the last one, answers; F2 answers from anywhere.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "answer", N_("Đồng ý"), id="ask.answer"),
        Binding("f3,f12,escape", "dismiss(None)", N_("Về"), id="ask.back"),
    ]
    DEFAULT_CSS = """
    AskModal EntryField { width: 1fr; }
    AskModal #why { height: auto; margin-bottom: 1; }
    """

    def __init__(self, title: str, questions: tuple[Question, ...], explanation: str = "") -> None:
        super().__init__()
        self.heading, self.questions, self.explanation = title, questions, explanation

    def compose(self) -> ComposeResult:
        """Show one line per question."""
        with Vertical(classes="box"):
            yield Static(self.heading, classes="title", markup=False)
            if self.explanation:
                yield Static(self.explanation, id="why", markup=False)
            for question in self.questions:
                kind = LastField if question is self.questions[-1] else EntryField
                with Horizontal(classes="row"):
                    yield Label(question.label, markup=False)
                    yield kind(question.name, question.value, id=f"ask-{question.name}", password=question.secret)
            yield Static("", id="trouble", markup=False)
            yield Static(_("Enter ô tiếp, ô cuối: đồng ý · F2 đồng ý · Esc về"), classes="quiet", markup=False)

    def action_answer(self) -> None:
        """Close with the values when all required ones are there."""
        for question in self.questions:
            field = self.query_one(f"#ask-{question.name}", EntryField)
            if question.required and not field.value.strip():
                self.query_one("#trouble", Static).update("✗ " + _("Chưa nhập “{label}”.").format(label=question.label))
                field.focus()
                self.app.bell()
                return
        self.dismiss({q.name: self.query_one(f"#ask-{q.name}", EntryField).value for q in self.questions})

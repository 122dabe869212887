"""The plainest Textual program with a form: stock labels and `Input`s, no store, no library of ours.

`python -m bench.bare_app login` has the widgets of the login, `form N` a form of N fields.
"""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label, Static

READY = "SẴN SÀNG"


class Login(App[None]):
    """Four lines of text and two fields in a box, as the login has."""

    CSS = """
    Screen { align: center middle; }
    .box { width: 64; height: auto; padding: 1 2; border: solid white; }
    .row { height: 1; }
    .row > Label { width: 16; }
    .row > Input { width: 30; }
    #agency { margin-bottom: 1; }
    """
    AUTO_FOCUS = "#username"

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static("Bare", markup=False)
            yield Static("…", id="agency", markup=False)
            with Horizontal(classes="row"):
                yield Label("Tên đăng nhập")
                yield Input(id="username", compact=True)
            with Horizontal(classes="row"):
                yield Label("Mật khẩu")
                yield Input(id="password", compact=True, password=True)
            yield Static("", id="answer", markup=False)
            yield Static(READY, markup=False)


class Form(App[None]):
    """Fields with labels, two on a line."""

    CSS = """
    .row { height: 1; }
    .row > Label { width: 13; text-align: right; padding-right: 1; }
    .row > Input { width: 26; }
    """
    AUTO_FOCUS = "Input"

    def __init__(self, fields: int) -> None:
        super().__init__()
        self.fields = fields

    def compose(self) -> ComposeResult:
        for first in range(0, self.fields, 2):
            with Horizontal(classes="row"):
                for nth in range(first, min(self.fields, first + 2)):
                    yield Label(f"Trường {nth}")
                    yield Input(compact=True)
        yield Static(READY, markup=False)


if __name__ == "__main__":
    app = Login() if sys.argv[1] == "login" else Form(int(sys.argv[2]))
    app.animation_level = "none"
    app.run()

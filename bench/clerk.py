"""What a clerk does at the terminal, for measurements: log in, go somewhere, register."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.stores import CLERK, PASSWORD
from tests.terminal import Terminal

CTRL_U = b"\x15"


def log_in(data: Path, columns: int = 80, lines: int = 24) -> Terminal:
    """Start the program on a store and log in."""
    terminal = Terminal([sys.executable, "-m", "clerkdesk", "--data", str(data)], columns=columns, lines=lines)
    terminal.wait_for("Sở Nội vụ tỉnh Sông Hương")
    terminal.send(CLERK, "enter")
    terminal.wait_for(lambda t: CLERK in t.text())
    terminal.send(PASSWORD, "f2")
    terminal.wait_for("Nhập văn bản đến")
    terminal.wait_quiet(0.5)
    return terminal


def go_to(terminal: Terminal, digit: str, heading: str) -> None:
    """Go to an area from the first screen."""
    terminal.send(digit)
    terminal.wait_for(heading)
    terminal.wait_quiet(0.5)

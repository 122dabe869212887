"""Keys in a list of 1,000,000 rows on a real terminal (120x40), beside Textual's DataTable with 1,000 rows.

CPU per key, each key painted before the next is sent.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from bench.figures import Figure
from tests.terminal import Terminal

ROWS = 1_000_000
STOCK_ROWS = 1_000
ROUNDS = 5
KEYS_A_ROUND = 20


@dataclass(frozen=True, slots=True)
class Case:
    """A key, how to get ready for it, and the most CPU milliseconds that it may take."""

    name: str
    key: str
    before: tuple[str | bytes, ...]
    goal: float


TOP = b"\x1b[1;5H"  # Ctrl+Home: plain Home does not leave the row in DataTable
CASES = (
    Case("arrow key", "down", (TOP,), 10.0),
    Case("arrow key that scrolls", "down", (TOP, *["down"] * 40), 10.0),
    Case("page key", "pagedown", (TOP,), 30.0),
    Case("random jump", "f7", (TOP,), 40.0),
)


def run() -> list[Figure]:
    """Measure both programs in turns, so that a busy machine slows both."""
    baseline_name = f"DataTable, {STOCK_ROWS:,} rows"
    figures = []
    with ExitStack() as stack:
        ours = stack.enter_context(_list(ROWS))
        stock = stack.enter_context(_list(STOCK_ROWS, "stock"))
        for case in CASES:
            times: dict[Terminal, list[float]] = {ours: [], stock: []}
            for _ in range(ROUNDS):
                for terminal in (ours, stock):
                    terminal.send(*case.before)
                    terminal.wait_quiet(0.3)
                    times[terminal].append(_per_key(terminal, case.key))
            value, baseline = (1000 * median(times[t]) for t in (ours, stock))
            figures.append(Figure(f"{case.name}, {ROWS:,} rows", value, "ms CPU", baseline_name, baseline, case.goal))
        figures.append(Figure("memory in use", ours.rss(), "MiB", baseline_name, stock.rss()))
    return figures


def _list(rows: int, *arguments: str) -> Terminal:
    terminal = Terminal.python("tests.screens.demo_table", str(rows), *arguments, columns=120, lines=40)
    terminal.wait_for("SẴN SÀNG")
    terminal.wait_quiet(0.5)
    return terminal


def _per_key(terminal: Terminal, key: str) -> float:
    before = terminal.cpu()
    for _ in range(KEYS_A_ROUND):
        terminal.send(key)
        terminal.wait_quiet(0.06)
    return (terminal.cpu() - before) / KEYS_A_ROUND

"""From a printable key to its letter on a real terminal (80x24): our entry form beside a bare form of stock Inputs.

Both forms have twelve fields. The two programs are measured in turns.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from statistics import median, quantiles

from bench.figures import Figure
from tests.terminal import Terminal

ROUNDS = 8
LETTERS = "abcdefghiklmnop"
GOAL_P50, GOAL_P95 = 30.0, 80.0


def run() -> list[Figure]:
    """Type the same letters into both forms."""
    with ExitStack() as stack:
        ours = stack.enter_context(_form())
        stock = stack.enter_context(_form("stock"))
        waits: dict[Terminal, list[float]] = {ours: [], stock: []}
        costs: dict[Terminal, list[float]] = {ours: [], stock: []}
        for _ in range(ROUNDS):
            for terminal in (ours, stock):
                before = terminal.cpu()
                waits[terminal] += [_type(terminal, end) for end in range(1, len(LETTERS) + 1)]
                costs[terminal].append(1000 * (terminal.cpu() - before) / len(LETTERS))
                terminal.send(b"\x15", b"\x15")  # Ctrl+U empties the field
                terminal.wait_for(lambda t: LETTERS[0] not in t.line(1)[13:])
                terminal.wait_quiet()
    name = "stock Input form"
    (p50, p95), (stock50, stock95) = (_p50_p95(waits[t]) for t in (ours, stock))
    return [
        Figure("key to paint, median", p50, "ms", name, stock50, GOAL_P50),
        Figure("key to paint, 95th percentile", p95, "ms", name, stock95, GOAL_P95),
        Figure("CPU for a key", median(costs[ours]), "ms CPU", name, median(costs[stock])),
    ]


def _form(*arguments: str) -> Terminal:
    terminal = Terminal.python("tests.screens.demo_form", *arguments)
    terminal.wait_for("SẴN SÀNG")
    terminal.send("tab")  # the second field has no limit
    terminal.wait_quiet(0.5)
    return terminal


def _type(terminal: Terminal, end: int) -> float:
    start = time.perf_counter()
    terminal.send(LETTERS[end - 1])
    terminal.wait_for(lambda t: LETTERS[:end] in t.line(1))
    taken = 1000 * (time.perf_counter() - start)
    terminal.wait_quiet(0.03)
    return taken


def _p50_p95(values: list[float]) -> tuple[float, float]:
    return median(values), quantiles(values, n=20)[18]

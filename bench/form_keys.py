"""The real arrival form on a terminal (80x24): from a key to its letter, and from F2 to the next number.

Beside it a bare form of stock `Input`s with as many fields. The programs are measured in turns, in the first field.
F2 saves on disk, gives the number and shows the next one; it is measured in a new store and in one of a million
arrivals.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles

from bench.clerk import CTRL_U, go_to, log_in
from bench.figures import Figure
from bench.stores import big_office, copied, folder, furnish
from tests.terminal import Terminal

FIELDS = 19
ROUNDS = 15
LETTERS = "abcdefghiklmnop"
REGISTRATIONS = 50
IN_BIG_STORE = 10
GOAL_P95, GOAL_F2, GOAL_MEMORY = 1.3, 100.0, 120.0


def run() -> list[Figure]:
    """Type the same letters into both forms, then register."""
    with ExitStack() as stack:
        data = stack.enter_context(folder())
        furnish(data / "small").close()
        ours = stack.enter_context(log_in(data / "small"))
        go_to(ours, "1", "NHẬP VĂN BẢN ĐẾN")
        bare = stack.enter_context(Terminal.python("bench.bare_app", "form", str(FIELDS)))
        bare.wait_for("SẴN SÀNG")
        bare.wait_quiet(0.5)
        waits: dict[Terminal, list[float]] = {ours: [], bare: []}
        costs: dict[Terminal, list[float]] = {ours: [], bare: []}
        lines = {ours: ours.find("Cơ quan BH")[1], bare: bare.find("Trường 0")[1]}
        for _ in range(ROUNDS):
            for terminal in (ours, bare):
                before = terminal.cpu()
                waits[terminal] += [_type(terminal, lines[terminal], end) for end in range(1, len(LETTERS) + 1)]
                costs[terminal].append(1000 * (terminal.cpu() - before) / len(LETTERS))
                terminal.send(CTRL_U)
                terminal.wait_for(lambda t: LETTERS[:3] not in t.text())
                terminal.wait_quiet()
        saved = [_register(ours, nth) for nth in range(1, REGISTRATIONS + 1)]
        memory, bare_memory = ours.rss(), bare.rss()
        late = _in_big_store(data / "big")
    name = f"stock form of {FIELDS} Inputs"
    (p50, p95), (bare50, bare95) = (_p50_p95(waits[t]) for t in (ours, bare))
    return [
        Figure("key to paint, median", p50, "ms", name, bare50),
        Figure("key to paint, 95th percentile", p95, "ms", name, bare95, GOAL_P95 * bare95),
        Figure("CPU for a key", median(costs[ours]), "ms CPU", name, median(costs[bare])),
        Figure("F2 to the next number", median(saved), "ms", "a key in the stock form", bare50, GOAL_F2),
        Figure("F2 at 1,000,000 arrivals", median(late), "ms", "F2 in a new store", median(saved), GOAL_F2),
        Figure(f"memory after {REGISTRATIONS} registrations", memory, "MiB", name, bare_memory, GOAL_MEMORY),
    ]


def _type(terminal: Terminal, line: int, end: int) -> float:
    start = time.perf_counter()
    terminal.send(LETTERS[end - 1])
    terminal.wait_for(lambda t: LETTERS[:end] in t.line(line))
    taken = 1000 * (time.perf_counter() - start)
    terminal.wait_quiet(0.03)
    return taken


def _register(terminal: Terminal, nth: int) -> float:
    """Fill the form in and save it; return the milliseconds from F2 until the next number stands in the heading."""
    before = terminal.line(0)
    for text in ("bnv", f"{nth}/QĐ-BNV", "."):
        terminal.send(text, "enter")
        terminal.wait_quiet(0.05)
    terminal.send("Về việc ban hành Kế hoạch cải cách hành chính năm 2026")
    terminal.wait_quiet(0.15)
    start = time.perf_counter()
    terminal.send("f2")
    terminal.wait_for(lambda t: t.line(0) != before and "Đã cấp số đến" in t.text())
    taken = 1000 * (time.perf_counter() - start)
    terminal.wait_quiet(0.05)
    return taken


def _in_big_store(data: Path) -> list[float]:
    copied(big_office(), data)
    with log_in(data) as terminal:
        go_to(terminal, "1", "NHẬP VĂN BẢN ĐẾN")
        return [_register(terminal, 90_000 + nth) for nth in range(IN_BIG_STORE)]


def _p50_p95(values: list[float]) -> tuple[float, float]:
    return median(values), quantiles(values, n=20)[18]

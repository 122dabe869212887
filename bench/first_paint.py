"""From the command to the login form on the terminal (80x24), beside a bare Textual program with the same widgets.

The store is set up already. Time and CPU end when the form can be read; the store is opened behind it. Programs are
started in turns.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench.figures import Figure
from bench.stores import folder, furnish
from tests.terminal import Terminal

ROUNDS = 15
WARM_UP = 2
GOAL = 1.25
OFFICE = "Sở Nội vụ tỉnh Sông Hương"


def run() -> list[Figure]:
    """Start both programs in turns."""
    with folder() as data:
        furnish(data).close()
        ours, bare = (_starts(data), _bare)
        seen: dict[Callable[[], tuple[float, ...]], list[tuple[float, ...]]] = {ours: [], bare: []}
        for nth in range(ROUNDS + WARM_UP):
            for start in (ours, bare):
                figures = start()
                if nth >= WARM_UP:
                    seen[start].append(figures)
    (wall, cpu, ready, memory), (bare_wall, bare_cpu, _, bare_memory) = (
        [median(column) for column in zip(*rows, strict=True)] for rows in seen.values()
    )
    name = "bare Textual program"
    return [
        Figure("first paint of the login", wall, "ms", name, bare_wall, GOAL * bare_wall),
        Figure("CPU until the first paint", cpu, "ms CPU", name, bare_cpu, GOAL * bare_cpu),
        Figure("store open, office named", ready, "ms", "its first paint", bare_wall),
        Figure("memory in use, store open", memory, "MiB", name, bare_memory),
    ]


def _starts(data: Path) -> Callable[[], tuple[float, ...]]:
    command = [sys.executable, "-m", "clerkdesk", "--data", str(data)]
    return lambda: _start(command, OFFICE)


def _bare() -> tuple[float, ...]:
    return _start([sys.executable, "-m", "bench.bare_app", "login"], "Bare")


def _start(command: list[str], then: str) -> tuple[float, ...]:
    began = time.perf_counter()
    with Terminal(command) as terminal:
        terminal.wait_for("Mật khẩu")
        wall, cpu = time.perf_counter() - began, terminal.cpu()
        terminal.wait_for(then)
        ready = time.perf_counter() - began
        terminal.wait_quiet(0.3)
        return 1000 * wall, 1000 * cpu, 1000 * ready, terminal.rss()

"""The model of the numbering protocol (`tests/model`), explored in full: every order of events within its bounds.

Each line is one exploration: with all guards, or with one guard switched off. Breadth first, so a story that leads to a
fault is the shortest one there is. The quick half of it runs in the tests.
"""

from __future__ import annotations

import time

from tests.model.explore import explore
from tests.model.variants import GUARDS, VARIANTS, Variant, without


def run() -> str:
    """Explore everything; return a Markdown table and the shortest story of each fault."""
    lines = ["| exploration | guard off | states | s CPU | result |", "|---|---|---:|---:|---|"]
    stories: list[str] = []
    wrong = 0
    for variant, guard, fault in _explorations():
        began = time.process_time()
        found = explore(variant.world, variant.rules)
        spent = time.process_time() - began
        wrong += not (found.fault.startswith(fault) if fault else not found.fault)
        result = found.fault or "clean"
        lines.append(f"| {variant.name} | {guard} | {found.states:,} | {spent:.1f} | {result} |")
        if found.story:
            stories.append(f"{guard or variant.name}: {'; '.join(found.story)} → {found.fault}")
    verdict = "As expected throughout." if not wrong else f"NOT AS EXPECTED: {wrong} explorations."
    return "\n".join([*lines, "", verdict, "", "Shortest stories:", "", *(f"- {story}" for story in stories)])


def _explorations() -> list[tuple[Variant, str, str]]:
    """All variants, then all guards switched off, with the fault that is expected."""
    whole = [(variant, "", variant.fault) for variant in VARIANTS]
    return whole + [(without(guard), guard.name, guard.fault) for guard in GUARDS]

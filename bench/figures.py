"""One measured number beside its baseline, and a table of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, what the plain alternative gave in the same run, and the most we allow ourselves."""

    name: str
    value: float
    unit: str
    baseline_name: str
    baseline: float
    goal: float | None = None

    @property
    def ratio(self) -> float:
        """Our value over the baseline's: below 1 we are better, as all units here are costs."""
        return self.value / self.baseline if self.baseline else float("inf")

    @property
    def in_goal(self) -> bool:
        """Whether the value is within its goal, or has none."""
        return self.goal is None or self.value <= self.goal


def number(value: float) -> str:
    """A number with three meaningful digits."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(figures: Sequence[Figure]) -> str:
    """Print figures as a Markdown table."""
    lines = ["| what | ours | unit | baseline | its value | ratio | goal |", "|---|---:|---|---|---:|---:|---:|"]
    for f in figures:
        goal = "" if f.goal is None else f"{number(f.goal)}{'' if f.in_goal else ' (missed)'}"
        lines.append(
            f"| {f.name} | {number(f.value)} | {f.unit} | {f.baseline_name} | {number(f.baseline)} "
            f"| {f.ratio:.2f} | {goal} |"
        )
    return "\n".join(lines)

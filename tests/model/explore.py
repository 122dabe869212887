"""Breadth first through every order of events, so that the first fault found has the shortest story."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from . import emergency, misfortunes, numbering, online, pen, recovery, year
from .invariants import broken
from .states import State, World, first_state

Rule = Callable[[State, World], Iterator[tuple[str, State]]]
_SUBJECTS = (numbering.RULES, pen.RULES, online.RULES, emergency.RULES, year.RULES, recovery.RULES, misfortunes.RULES)
RULES: dict[str, Rule] = {rule.__name__: rule for rules in _SUBJECTS for rule in rules}


@dataclass(frozen=True)
class Found:
    """How many states there are, which rules ever applied, what broke and how it came to that, and the ends."""

    states: int
    used: frozenset[str]
    fault: str
    story: tuple[str, ...]
    all_numbered: bool
    closed: bool
    complete: bool


def explore(world: World, rules: tuple[str, ...], most: int = 10_000_000) -> Found:
    """Visit every state that the rules can reach, until one breaks an invariant.

    Args:
        most: states after which the search gives up; what it then says is not complete.
    """
    start = first_state(world)
    came: dict[State, tuple[State, str] | None] = {start: None}
    queue = deque([start])
    used: set[str] = set()
    numbered = closed = False
    chosen = [(name, RULES[name]) for name in rules]
    while queue:
        state = queue.popleft()
        numbered = numbered or all(state.shown)
        closed = closed or any(book.state == "closed" for book in state.server.books)
        for name, rule in chosen:
            for label, after in rule(state, world):
                if after in came:
                    continue
                came[after] = (state, label)
                used.add(name)
                fault = broken(after, world)
                if fault:
                    return Found(len(came), frozenset(used), fault, _story(came, after), numbered, closed, True)
                queue.append(after)
        if len(came) > most:
            return Found(len(came), frozenset(used), "", (), numbered, closed, False)
    return Found(len(came), frozenset(used), "", (), numbered, closed, True)


def _story(came: dict[State, tuple[State, str] | None], end: State) -> tuple[str, ...]:
    """The events that led to a state."""
    labels = []
    step = came[end]
    while step is not None:
        labels.append(step[1])
        step = came[step[0]]
    return tuple(reversed(labels))

"""Where a command is being carried out: at this desk, or at the server for a desk.

A handler is the same everywhere. What differs is whose pen (quyền cấp số) writes the numbers, and this module is the
one place that says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Execution:
    """Whose pen writes, and whether the store is the server's."""

    holder: UUID | None  # the desk; None: the server itself
    at_server: bool = False
    incarnation: UUID | None = None  # of the desk whose command the server carries out again
    shown: tuple[int, ...] = ()  # the numbers that were shown for it, in the order in which it took them
    recovering: bool = False  # the server was restored and gathers what had been numbered after its backup


_current: ContextVar[Execution | None] = ContextVar("execution", default=None)
_shown: ContextVar[Iterator[int] | None] = ContextVar("shown", default=None)


@contextmanager
def carried_out(execution: Execution) -> Iterator[None]:
    """Let the handlers inside know where they run."""
    token = _current.set(execution)
    shown = _shown.set(iter(execution.shown) if execution.shown else None)
    try:
        yield
    finally:
        _shown.reset(shown)
        _current.reset(token)


def pen_of(desk: UUID) -> UUID | None:
    """Return who must hold a book's pen for a command of `desk`: the desk, or None for the server."""
    execution = _current.get()
    return desk if execution is None else execution.holder


def at_server() -> bool:
    """Say whether the store is the server's, which holds many agencies and is nobody's desk."""
    execution = _current.get()
    return execution is not None and execution.at_server


def pen_incarnation() -> UUID | None:
    """Return which incarnation of the desk must hold the pen, where that is checked: at the server."""
    execution = _current.get()
    return None if execution is None else execution.incarnation


def next_shown() -> int | None:
    """Return the number that was shown for the number now asked for, when the command was carried out before."""
    shown = _shown.get()
    return None if shown is None else next(shown, None)


def recovering() -> bool:
    """Say whether the server gathers what had been numbered after its backup: then pens do not count."""
    execution = _current.get()
    return execution is not None and execution.recovering

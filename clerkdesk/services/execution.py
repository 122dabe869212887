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


_current: ContextVar[Execution | None] = ContextVar("execution", default=None)


@contextmanager
def carried_out(execution: Execution) -> Iterator[None]:
    """Let the handlers inside know where they run."""
    token = _current.set(execution)
    try:
        yield
    finally:
        _current.reset(token)


def pen_of(desk: UUID) -> UUID | None:
    """Return who must hold a book's pen for a command of `desk`: the desk, or None for the server."""
    execution = _current.get()
    return desk if execution is None else execution.holder


def at_server() -> bool:
    """Say whether the store is the server's, which holds many agencies and is nobody's desk."""
    execution = _current.get()
    return execution is not None and execution.at_server

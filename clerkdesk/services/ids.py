"""Ids: UUIDv7, made where the thing is made, so that they sort by time and never need a server.

What a handler makes gets ids that follow from its command: the server carries the same command out again and must
make the same rows.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from uuid_utils.compat import uuid7

_following: ContextVar[Iterator[UUID] | None] = ContextVar("following", default=None)


def new_id() -> UUID:
    """Return a fresh UUIDv7; inside `following` the next one that follows from the command."""
    ids = _following.get()
    return uuid7() if ids is None else next(ids)


@contextmanager
def following(command_uid: UUID, at: dt.datetime) -> Iterator[None]:
    """Let every id made inside follow from a command's uid and the moment `at` (UTC) at which it is carried out."""
    token = _following.set(_ids_of(command_uid, at))
    try:
        yield
    finally:
        _following.reset(token)


def derived_id(origin: UUID, purpose: str) -> UUID:
    """Return the one id that follows from another for a purpose: the same wherever and whenever it is asked for."""
    random = int.from_bytes(hashlib.sha256(origin.bytes + purpose.encode()).digest()[:10], "big")
    return _uuid7(origin.int >> 80, random)


def _ids_of(command_uid: UUID, at: dt.datetime) -> Iterator[UUID]:
    milliseconds = int(at.timestamp() * 1000)
    for count in itertools.count():
        random = int.from_bytes(hashlib.sha256(command_uid.bytes + count.to_bytes(4, "big")).digest()[:10], "big")
        yield _uuid7(milliseconds, random)


def _uuid7(milliseconds: int, random: int) -> UUID:
    value = milliseconds << 80 | 0x7 << 76 | (random >> 68 & 0xFFF) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    return UUID(int=value)

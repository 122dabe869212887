"""The office's time: kept in UTC, read and written at +07:00 (Hà Nam 44/2024 Đ7.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

VIETNAM = dt.timezone(dt.timedelta(hours=7), "+07")


_pretended: ContextVar[dt.datetime | None] = ContextVar("pretended", default=None)


def now() -> dt.datetime:
    """Return the machine's time as aware UTC."""
    return _pretended.get() or dt.datetime.now(dt.UTC)


def machine_time() -> dt.datetime:
    """Return the machine's time as aware UTC even where another one is pretended: when something reached the server."""
    return dt.datetime.now(dt.UTC)


@contextmanager
def pretending(moment: dt.datetime) -> Iterator[None]:
    """Let the services of this thread believe that it is `moment`: to write the sample agency's year, and in tests.

    No screen and no command can reach this; a real document always gets the machine's time.
    """
    token = _pretended.set(moment)
    try:
        yield
    finally:
        _pretended.reset(token)


def local(moment: dt.datetime) -> dt.datetime:
    """Return the moment as Vietnam's clocks show it."""
    return moment.astimezone(VIETNAM)


def today() -> dt.date:
    """Return today's date in Vietnam, wherever the machine believes it is."""
    return local(now()).date()

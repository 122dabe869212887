"""The office's time: kept in UTC, read and written at +07:00 (Hà Nam 44/2024 Đ7.3)."""

from __future__ import annotations

import datetime as dt

VIETNAM = dt.timezone(dt.timedelta(hours=7), "+07")


def now() -> dt.datetime:
    """Return the machine's time as aware UTC."""
    return dt.datetime.now(dt.UTC)


def local(moment: dt.datetime) -> dt.datetime:
    """Return the moment as Vietnam's clocks show it."""
    return moment.astimezone(VIETNAM)


def today() -> dt.date:
    """Return today's date in Vietnam, wherever the machine believes it is."""
    return local(now()).date()

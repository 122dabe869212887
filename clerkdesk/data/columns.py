"""Column types that mean the same in SQLite STRICT tables and in PostgreSQL: text for ids, dates and times."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator


class UtcTime(TypeDecorator[dt.datetime]):
    """A moment, kept as `2026-11-22T06:08:39.123456Z`: UTC, fixed width, so that text order is time order."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> str | None:
        """Write an aware time; a naive one is a mistake of ours."""
        return None if value is None else utc_text(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> dt.datetime | None:
        """Read the time back as aware UTC."""
        return None if value is None else dt.datetime.fromisoformat(value)


class DateText(TypeDecorator[dt.date]):
    """A calendar date, kept as `2026-11-22`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dt.date | None, dialect: Dialect) -> str | None:
        """Write the date."""
        return None if value is None else value.isoformat()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> dt.date | None:
        """Read the date back."""
        return None if value is None else dt.date.fromisoformat(value)


class UuidText(TypeDecorator[UUID]):
    """An id, kept as its 36 characters."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> str | None:
        """Write the id."""
        return None if value is None else str(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> UUID | None:
        """Read the id back."""
        return None if value is None else UUID(value)


def utc_text(moment: dt.datetime) -> str:
    """Return the fixed-width UTC text of an aware time; raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("naive time")
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

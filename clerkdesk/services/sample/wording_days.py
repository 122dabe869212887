"""The working days and hours of the fictional office, and how documents write a date."""

from __future__ import annotations

import datetime as dt
from random import Random

from clerkdesk.services.clock import VIETNAM

_TET = {2025: (1, 29), 2026: (2, 17), 2027: (2, 6), 2028: (1, 26), 2029: (2, 13), 2030: (2, 2)}
_MAKE_UP = {dt.date(2026, 4, 27), dt.date(2026, 8, 31)}
_HOLIDAYS = {(1, 1), (4, 30), (5, 1), (9, 1), (9, 2), (11, 24)}


def works(day: dt.date) -> bool:
    """Say whether the office is open on the day."""
    if day.weekday() >= 5 or (day.month, day.day) in _HOLIDAYS or day in _MAKE_UP:
        return False
    tet = _TET.get(day.year)
    return tet is None or not -1 <= (day - dt.date(day.year, *tet)).days <= 3


def sample_days(year: int, today: dt.date | None) -> list[dt.date]:
    """Return the working days of the year before `today`; in the first days of January, whatever days there are."""
    first = dt.date(year, 1, 1)
    end = min(max(today or dt.date.max, first + dt.timedelta(days=1)), dt.date(year + 1, 1, 1))
    days = [first + dt.timedelta(days=n) for n in range((end - first).days)]
    return [day for day in days if works(day)] or days


def later(day: dt.date, working_days: int) -> dt.date:
    """Return the day so many working days after."""
    while working_days:
        day += dt.timedelta(days=1)
        working_days -= works(day)
    return day


def moments(rng: Random, days: list[dt.date], count: int) -> list[dt.datetime]:
    """Return `count` different moments inside working hours, in order; the last days have more than their share."""
    found: set[dt.datetime] = set()
    while len(found) < count:
        hour, minute = rng.choice(((7, 30), (8, 0), (9, 0), (10, 0), (13, 30), (14, 0), (15, 0), (16, 0)))
        day = rng.choice(days[-8:] if rng.random() < 0.15 else days)
        start = dt.datetime.combine(day, dt.time(hour, minute), VIETNAM)
        found.add(start + dt.timedelta(seconds=rng.randrange(30 * 60 if minute else 60 * 60)))
    return sorted(found)


def long_date(day: dt.date) -> str:
    """Write a date as documents do: months 1 and 2 padded, the others not (NĐ 30/2020 PL I.I.II.4b)."""
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    return f"{day:%d} tháng {month} năm {day.year}"

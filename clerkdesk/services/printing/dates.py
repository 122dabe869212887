"""Dates as the law writes them: days under 10 and months 1 and 2 with a leading zero (NĐ 30/2020 PL I.I.II.4b)."""

from __future__ import annotations

from datetime import date


def two_digit_day(day: int) -> str:
    """Return a day of the month as printed: `05`, `15`."""
    return f"{day:02d}"


def month_in_print(month: int) -> str:
    """Return a month as printed: `01`, `02`, `3` … `12`."""
    return f"{month:02d}" if month < 3 else str(month)


def short_date(day: date | None) -> str:
    """Return `05/02/2026`, `15/6/2026`; nothing for no date."""
    return f"{two_digit_day(day.day)}/{month_in_print(day.month)}/{day.year}" if day else ""


def long_date(day: date) -> str:
    """Return `ngày 05 tháng 02 năm 2026`."""
    return f"ngày {two_digit_day(day.day)} tháng {month_in_print(day.month)} năm {day.year}"

"""What a clerk types in short, read in full: dates, deadlines, one-letter codes.

Pure functions of the typed text and today's date; nothing is guessed that could be a future document date.
"""

from __future__ import annotations

import datetime as dt
import re
from enum import Enum
from typing import TypeVar

from clerkdesk.errors import BadInput
from clerkdesk.i18n import N_, _
from clerkdesk.services.folding import clean_line, folded
from clerkdesk.services.vocabulary import (
    DispatchChannel,
    Medium,
    PaperReason,
    ReceiptChannel,
    ReleaseForm,
    SigningCapacity,
    Urgency,
)

LONGEST_DEADLINE = 400  # working days
_FAR_FUTURE_YEARS = 5


class DateNotUnderstood(BadInput):
    """The typed date is none."""

    sentence = N_("“{typed}” không phải là ngày. Gõ 20, 2011, 20/11, 20/11/2026, “.” là hôm nay, -1 là hôm qua.")


class DeadlineNotUnderstood(BadInput):
    """The typed deadline is none."""

    sentence = N_("“{typed}” không phải là hạn. Gõ ngày như 30/11, hoặc +5 là sau 5 ngày làm việc.")


class CodeNotUnderstood(BadInput):
    """The typed code is none of the list."""

    sentence = N_("Không có “{typed}” trong danh sách: {choices}. Bấm F4 để chọn.")


class NumberNotUnderstood(BadInput):
    """The typed number is none."""

    sentence = N_("“{typed}” không phải là số. Chỉ gõ chữ số.")


def parse_date(typed: str, today: dt.date) -> dt.date:
    """Return the past date that a typed shorthand means.

    Args:
        typed: `.` or nothing today; `-1` yesterday; `20` the last 20th; `2011` or `20/11` the last 20 November;
            `201126`, `20/11/26`, `20112026`, `20/11/2026` that day. Spaces, dots and dashes do as slashes.
        today: the day from which the short forms count back.

    Raises:
        DateNotUnderstood: also for 31 in a month of 30 days.
    """
    text = clean_line(typed)
    if text in ("", "."):
        return today
    if re.fullmatch(r"-\d{1,3}", text):
        return today - dt.timedelta(days=int(text[1:]))
    try:
        return _day_of(text, today)
    except ValueError as error:
        raise DateNotUnderstood(typed=typed) from error


def _day_of(text: str, today: dt.date, *, forward: bool = False) -> dt.date:
    parts = [part for part in re.split(r"[/\-. ]+", text) if part]
    if not all(part.isascii() and part.isdigit() for part in parts) or not 1 <= len(parts) <= 3:
        raise ValueError(text)
    if len(parts) == 1 and len(text) > 2:
        parts = [text[:2], text[2:4], text[4:]] if len(text) > 4 else [text[:2], text[2:4]]
    day = int(parts[0])
    if len(parts) == 3:
        return dt.date(_full_year(parts[2]), int(parts[1]), day)
    if len(parts) == 2:
        found = dt.date(today.year, int(parts[1]), day)
        if forward:
            return found if found >= today else found.replace(year=today.year + 1)
        return found if found <= today else found.replace(year=today.year - 1)
    found = today.replace(day=day)
    if forward and found < today:
        return (today.replace(day=1) + dt.timedelta(days=32)).replace(day=day)
    if not forward and found > today:
        return (today.replace(day=1) - dt.timedelta(days=1)).replace(day=day)
    return found


def _full_year(text: str) -> int:
    if len(text) == 2:
        return 2000 + int(text)
    year = int(text)
    if not 1945 <= year <= 2200:
        raise ValueError(text)
    return year


def parse_deadline(typed: str, today: dt.date) -> dt.date | None:
    """Return the deadline that a typed shorthand means; nothing typed is no deadline.

    Args:
        typed: `+5` five working days from today; else a date as in `parse_date`, counted forward.

    Raises:
        DeadlineNotUnderstood.
    """
    text = clean_line(typed)
    if not text:
        return None
    if re.fullmatch(r"\+\d{1,3}", text) and int(text[1:]) <= LONGEST_DEADLINE:
        return after_working_days(today, int(text[1:]))
    try:
        found = today if text == "." else _day_of(text, today, forward=True)
    except ValueError as error:
        raise DeadlineNotUnderstood(typed=typed) from error
    if found.year > today.year + _FAR_FUTURE_YEARS:
        raise DeadlineNotUnderstood(typed=typed)
    return found


def after_working_days(start: dt.date, days: int) -> dt.date:
    """Return the day that lies `days` working days after `start`.

    Saturdays, Sundays, public holidays and substitute days off do not count (Bộ luật Lao động 2019 Đ112); the Prime
    Minister's yearly swaps are known as far as the calendar library knows them.
    """
    import holidays

    calendar = holidays.country_holidays("VN", years=(start.year, start.year + 1, start.year + 2))
    day = start
    while days > 0:
        day += dt.timedelta(days=1)
        days -= calendar.is_working_day(day)
    return day


def parse_number(typed: str) -> int | None:
    """Return a typed whole number; nothing typed is none.

    Raises:
        NumberNotUnderstood.
    """
    text = clean_line(typed)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise NumberNotUnderstood(typed=typed)
    return int(text)


E_ = TypeVar("E_", bound=Enum)

# What a clerk types for each member; the first is what the form shows.
CODES: dict[type[Enum], dict[Enum, tuple[str, ...]]] = {
    Urgency: {
        Urgency.NORMAL: ("", "t", "0"),
        Urgency.URGENT: ("k", "1"),
        Urgency.VERY_URGENT: ("tk", "2"),
        Urgency.FLASH: ("ht", "h", "3"),
    },
    ReceiptChannel: {
        ReceiptChannel.POST: ("bd", "b", "1"),
        ReceiptChannel.HAND: ("tt", "2"),
        ReceiptChannel.FAX: ("fax", "f", "3"),
        ReceiptChannel.EMAIL: ("em", "e", "4"),
        ReceiptChannel.EXCHANGE: ("lt", "l", "5"),
        ReceiptChannel.OTHER_SYSTEM: ("pm", "p", "6"),
    },
    Medium: {Medium.PAPER: ("g", "1"), Medium.ELECTRONIC: ("d", "dt", "2"), Medium.BOTH: ("gd", "3")},
    ReleaseForm: {
        ReleaseForm.ELECTRONIC_ONLY: ("d", "dt", "1"),
        ReleaseForm.ELECTRONIC_AND_PAPER: ("dg", "gd", "2"),
        ReleaseForm.PAPER_ONLY: ("g", "3"),
    },
    PaperReason: {
        PaperReason.GOVERNMENT: ("cp", "1"),
        PaperReason.MINISTRY: ("bo", "2"),
        PaperReason.NORMATIVE: ("pl", "3"),
        PaperReason.HARD_TO_DIGITISE: ("kho", "4"),
        PaperReason.NOT_CONNECTED: ("cn", "5"),
    },
    SigningCapacity: {
        SigningCapacity.HEAD: ("", "tt", "1"),
        SigningCapacity.TM: ("tm", "2"),
        SigningCapacity.Q: ("q", "3"),
        SigningCapacity.KT: ("kt", "4"),
        SigningCapacity.TL: ("tl", "5"),
        SigningCapacity.TUQ: ("tuq", "6"),
    },
    DispatchChannel: {
        DispatchChannel.EXCHANGE: ("lt", "l", "1"),
        DispatchChannel.EMAIL: ("em", "e", "2"),
        DispatchChannel.POST: ("bd", "b", "3"),
        DispatchChannel.HAND: ("tt", "4"),
        DispatchChannel.FAX: ("fax", "f", "5"),
    },
}


def parse_code(kind: type[E_], typed: str) -> E_:
    """Return the member that a typed letter, digit or beginning of its label means.

    Raises:
        CodeNotUnderstood.
    """
    text = folded(typed).rstrip(".")
    for member, codes in CODES[kind].items():
        if text in codes:
            return member  # type: ignore[return-value]
    for member in kind:
        if text and folded(member.label).startswith(text):  # type: ignore[attr-defined]
            return member
    choices = ", ".join(f"{codes[0] or _('để trống')} {member.label}" for member, codes in CODES[kind].items())  # type: ignore[attr-defined]
    raise CodeNotUnderstood(typed=typed, choices=choices)


def code_of(member: Enum) -> str:
    """Return the short code that a form shows for a member."""
    return CODES[type(member)][member][0]

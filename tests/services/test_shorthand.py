"""What a clerk types in short, and what it means on Sunday 22 November 2026."""

from __future__ import annotations

import datetime as dt
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerkdesk.services.shorthand import (
    CODES,
    CodeNotUnderstood,
    DateNotUnderstood,
    DeadlineNotUnderstood,
    NumberNotUnderstood,
    after_working_days,
    code_of,
    parse_code,
    parse_date,
    parse_deadline,
    parse_number,
)
from clerkdesk.services.vocabulary import Medium, ReceiptChannel, SigningCapacity, Urgency

TODAY = dt.date(2026, 11, 22)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", TODAY),
        (".", TODAY),
        ("-1", dt.date(2026, 11, 21)),
        ("20", dt.date(2026, 11, 20)),
        ("22", TODAY),
        ("23", dt.date(2026, 10, 23)),
        ("5", dt.date(2026, 11, 5)),
        ("2011", dt.date(2026, 11, 20)),
        ("20/11", dt.date(2026, 11, 20)),
        ("20-11", dt.date(2026, 11, 20)),
        ("20 11", dt.date(2026, 11, 20)),
        ("2312", dt.date(2025, 12, 23)),
        ("201125", dt.date(2025, 11, 20)),
        ("20/11/25", dt.date(2025, 11, 20)),
        (" 20/11/2026 ", dt.date(2026, 11, 20)),
        ("29/2/2024", dt.date(2024, 2, 29)),
    ],
)
def test_a_date_in_short_means_the_last_such_day(typed: str, meant: dt.date) -> None:
    assert parse_date(typed, TODAY) == meant


@pytest.mark.parametrize("typed", ["31", "0", "32", "31/4", "29/2/2025", "1/13", "abc", "1/2/3/4", "20/11/1800", "²0"])
def test_what_is_no_date_is_refused(typed: str) -> None:
    with pytest.raises(DateNotUnderstood):
        parse_date(typed, TODAY)


@given(st.dates(dt.date(1946, 1, 1), dt.date(2199, 12, 31)), st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31)))
def test_a_date_in_full_means_itself_on_any_day(day: dt.date, today: dt.date) -> None:
    assert parse_date(f"{day:%d/%m/%Y}", today) == day


@given(st.integers(1, 31), st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31)))
def test_a_day_alone_is_never_in_the_future_and_at_most_two_months_back(day: int, today: dt.date) -> None:
    try:
        found = parse_date(str(day), today)
    except DateNotUnderstood:
        return
    assert found.day == day
    assert dt.timedelta(0) <= today - found < dt.timedelta(days=62)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", None),
        (".", TODAY),
        ("25", dt.date(2026, 11, 25)),
        ("21", dt.date(2026, 12, 21)),
        ("30/11", dt.date(2026, 11, 30)),
        ("1/1", dt.date(2027, 1, 1)),
        ("+1", dt.date(2026, 11, 23)),
        # 24/11 is Ngày Văn hóa Việt Nam, a public holiday from 2026 on.
        ("+2", dt.date(2026, 11, 25)),
        ("+5", dt.date(2026, 11, 30)),
    ],
)
def test_a_deadline_in_short_lies_ahead(typed: str, meant: dt.date | None) -> None:
    assert parse_deadline(typed, TODAY) == meant


@pytest.mark.parametrize("typed", ["+999", "+", "31", "mai", "1/1/2050"])
def test_what_is_no_deadline_is_refused(typed: str) -> None:
    with pytest.raises(DeadlineNotUnderstood):
        parse_deadline(typed, TODAY)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        # A working Saturday (22/8) stands for Monday 31/8; 1 and 2 September are holidays.
        (dt.date(2026, 8, 21), 1, dt.date(2026, 8, 22)),
        (dt.date(2026, 8, 28), 1, dt.date(2026, 9, 3)),
        # Tết of the year Bính Ngọ.
        (dt.date(2026, 2, 13), 1, dt.date(2026, 2, 23)),
        # Giỗ Tổ falls on a Sunday and is made up on Monday.
        (dt.date(2026, 4, 24), 1, dt.date(2026, 4, 28)),
    ],
)
def test_working_days_leave_out_holidays_and_count_working_saturdays(start: dt.date, days: int, end: dt.date) -> None:
    assert after_working_days(start, days) == end


@pytest.mark.parametrize("kind", list(CODES))
def test_every_member_is_understood_by_its_own_codes_and_shown_by_the_first(kind: type[Enum]) -> None:
    for member, codes in CODES[kind].items():
        assert code_of(member) == codes[0]
        for code in codes:
            assert parse_code(kind, code) is member
            assert parse_code(kind, code.upper()) is member
    assert set(CODES[kind]) == set(kind)


@pytest.mark.parametrize(
    ("kind", "typed", "meant"),
    [
        (Urgency, "hỏa", Urgency.FLASH),
        (Urgency, "thuong khan", Urgency.VERY_URGENT),
        (ReceiptChannel, "Trực", ReceiptChannel.HAND),
        (Medium, "dien tu", Medium.ELECTRONIC),
        (SigningCapacity, "KT.", SigningCapacity.KT),
    ],
)
def test_a_word_is_understood_by_its_beginning_too(kind: type[Enum], typed: str, meant: object) -> None:
    assert parse_code(kind, typed) is meant


def test_a_code_of_no_list_names_the_choices() -> None:
    with pytest.raises(CodeNotUnderstood, match="Hỏa tốc"):
        parse_code(Urgency, "zzz")


@pytest.mark.parametrize(("typed", "meant"), [("", None), ("7", 7), (" 012 ", 12)])
def test_a_number_is_read(typed: str, meant: int | None) -> None:
    assert parse_number(typed) == meant


@pytest.mark.parametrize("typed", ["-1", "1.5", "x", "²", "1234567890"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(NumberNotUnderstood):
        parse_number(typed)

"""Books and numbers: what is issued, held, put behind, voided; and what is refused, with its reason."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from clerkdesk.errors import ClerkDeskError
from clerkdesk.services import commands as c
from clerkdesk.services import numbering, registers
from clerkdesk.services.arrivals import DuplicateArrival
from clerkdesk.services.clock import VIETNAM
from clerkdesk.services.desk import Desk
from clerkdesk.services.ids import new_id

from ..conftest import OfficeClock
from ..office import (
    arrival_command,
    arrivals_book,
    bring_to,
    everything,
    next_number,
    open_year,
    register,
    reserve,
    rows,
    subject_of,
    void,
)


def state_of_book(desk: Desk, state: str, holder: UUID | None = None) -> None:
    with desk.store.writing() as tx:
        tx.execute(
            text("UPDATE register_year SET state = :state, holder_desk = coalesce(:holder, holder_desk)"),
            {"state": state, "holder": str(holder) if holder else None},
        )


def test_numbers_start_at_one_and_follow_the_order_of_receipt(desk: Desk) -> None:
    assert [register(desk).number for _ in range(12)] == list(range(1, 13))
    assert next_number(desk) == 13


@pytest.mark.parametrize(
    ("state", "holder", "expected", "words"),
    [
        ("CLOSED", None, numbering.RegisterClosed, "đã đóng sổ"),
        ("SUSPENDED", None, numbering.RegisterSuspended, "xác nhận số cuối cùng"),
        ("OPEN", UUID(int=7), numbering.PenElsewhere, "ở máy khác"),
    ],
)
def test_a_book_that_may_not_number_here_says_why_and_keeps_its_next_number(
    desk: Desk, state: str, holder: UUID | None, expected: type[ClerkDeskError], words: str
) -> None:
    register(desk)
    held = reserve(desk, arrivals_book(desk))
    state_of_book(desk, state, holder)
    before = everything(desk.store)
    attempts: list[c.Command] = [
        arrival_command(desk),
        arrival_command(desk, reserved_number=held),
        arrival_command(desk, sub_number_of=1, sub_number_reason="Bỏ sót"),
    ]
    for attempt in attempts:
        with pytest.raises(expected) as caught:
            desk.do(attempt)
        assert words in caught.value.message
        assert "Sổ đăng ký văn bản đến" in caught.value.message
    with pytest.raises(expected):
        reserve(desk, arrivals_book(desk))
    assert everything(desk.store) == before


@pytest.mark.parametrize("year", [2025, 2024])
def test_a_year_without_an_open_book_gives_no_number(desk: Desk, year: int) -> None:
    before = everything(desk.store)
    with pytest.raises(numbering.RegisterNotOpen) as caught:
        register(desk, arrival_date=dt.date(year, 12, 31), issued_date=None)
    assert str(year) in caught.value.message
    assert everything(desk.store) == before


def test_an_unknown_register_gives_no_number(desk: Desk) -> None:
    with pytest.raises(numbering.RegisterNotOpen):
        register(desk, register_id=new_id())


def test_an_arrival_typed_after_new_year_keeps_last_years_register(desk: Desk, clock: OfficeClock) -> None:
    last = register(desk)
    clock.set(dt.datetime(2027, 1, 4, 8, 0, tzinfo=VIETNAM))
    open_year(desk, 2027)
    late = register(desk, arrival_date=dt.date(2026, 12, 31), issued_date=dt.date(2026, 12, 30))
    first = register(desk)
    assert [(one.year, one.number) for one in (last, late, first)] == [(2026, 1), (2026, 2), (2027, 1)]


def test_the_year_is_that_of_vietnam_wherever_the_machine_believes_it_is(desk: Desk, clock: OfficeClock) -> None:
    clock.set(dt.datetime(2026, 12, 31, 17, 30, tzinfo=dt.UTC))  # half past midnight in Vietnam
    open_year(desk, 2027)
    assert register(desk).year == 2027


def test_a_clock_set_back_never_makes_a_later_number_earlier(desk: Desk, clock: OfficeClock) -> None:
    register(desk)
    clock.back(days=3)
    register(desk)
    clock.forward(days=10)
    register(desk)
    moments = [row[0] for row in rows(desk.store, "SELECT registered_at FROM entry ORDER BY number")]
    assert moments[0] == moments[1] < moments[2]


# --- held numbers ----------------------------------------------------------------------------------------------


def test_a_held_number_goes_to_the_document_it_was_held_for(desk: Desk) -> None:
    book = arrivals_book(desk)
    register(desk)
    held = reserve(desk, book)
    assert held == 2
    assert register(desk).number == 3
    late = register(desk, reserved_number=held)
    assert late.number == 2
    entry = rows(desk.store, "SELECT state, document_id, holder FROM entry WHERE number = 2")[0]
    assert tuple(entry) == ("LIVE", str(late.subject), "Chánh Văn phòng")
    assert next_number(desk) == 4


@pytest.mark.parametrize("number", [1, 2, 4, 5, 99, 0, -1])
def test_only_a_number_that_is_held_can_be_taken(desk: Desk, number: int) -> None:
    """1 is live, 2 void, 3 held, 4 was held and is used, 5 and 99 not issued yet."""
    book = arrivals_book(desk)
    register(desk)
    register(desk)
    void(desk, book, 2)
    reserve(desk, book)
    register(desk, reserved_number=reserve(desk, book))
    before = everything(desk.store)
    with pytest.raises(numbering.NumberNotReserved):
        register(desk, reserved_number=number)
    assert everything(desk.store) == before


def test_a_held_number_is_good_through_its_last_day_and_no_longer(desk: Desk, clock: OfficeClock) -> None:
    book = arrivals_book(desk)
    first, second = reserve(desk, book, days=2), reserve(desk, book, days=2)
    clock.set(dt.datetime(2026, 11, 22, 23, 59, tzinfo=VIETNAM))
    register(desk, reserved_number=first)
    clock.set(dt.datetime(2026, 11, 23, 0, 1, tzinfo=VIETNAM))
    with pytest.raises(numbering.NumberNotReserved):
        register(desk, reserved_number=second)
    void(desk, book, second)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"holder": ""}, numbering.ReasonMissing),
        ({"reason": "  \t"}, numbering.ReasonMissing),
        ({"expires_on": dt.date(2026, 11, 19)}, registers.DateInPast),
        ({"year": 2025}, numbering.RegisterNotOpen),
    ],
)
def test_holding_a_number_needs_a_holder_a_reason_and_a_day(
    desk: Desk, change: dict[str, Any], expected: type[ClerkDeskError]
) -> None:
    facts: dict[str, Any] = {
        "register_id": arrivals_book(desk),
        "year": 2026,
        "holder": "Chánh Văn phòng",
        "reason": "Chờ hồ sơ",
        "expires_on": dt.date(2026, 11, 20),
    }
    with pytest.raises(expected):
        desk.do(desk.make(c.ReserveNumber, **(facts | change)))
    assert next_number(desk) == 1
    desk.do(desk.make(c.ReserveNumber, **facts))


def test_no_more_than_twenty_numbers_are_held_in_one_book(desk: Desk) -> None:
    book = arrivals_book(desk)
    held = [reserve(desk, book) for _ in range(numbering.OPEN_RESERVATIONS_ALLOWED)]
    with pytest.raises(numbering.TooManyReserved):
        reserve(desk, book)
    assert next_number(desk) == 21
    void(desk, book, held[0])
    assert reserve(desk, book) == 21
    assert desk.read(numbering.reserved_numbers, book, 2026) == list(range(2, 22))


# --- sub-numbers -----------------------------------------------------------------------------------------------


def test_documents_put_behind_a_number_get_its_letters_in_order(desk: Desk) -> None:
    register(desk)
    letters = [register(desk, sub_number_of=1, sub_number_reason="Đến chậm do bưu điện").sub_number for _ in range(26)]
    assert "".join(letters) == "abcdefghijklmnopqrstuvwxyz"
    with pytest.raises(numbering.NoSubNumberLeft):
        register(desk, sub_number_of=1, sub_number_reason="Đến chậm")
    assert next_number(desk) == 2


@pytest.mark.parametrize(
    ("number", "reason", "expected"),
    [(1, "", numbering.ReasonMissing), (2, "Bỏ sót", numbering.NumberUnknown), (0, "Bỏ sót", numbering.NumberUnknown)],
)
def test_a_sub_number_needs_a_reason_and_a_number_to_stand_behind(
    desk: Desk, number: int, reason: str, expected: type[ClerkDeskError]
) -> None:
    register(desk)
    with pytest.raises(expected):
        register(desk, sub_number_of=number, sub_number_reason=reason)


# --- voiding ---------------------------------------------------------------------------------------------------


def test_a_void_number_keeps_its_place_its_content_and_its_reason(desk: Desk) -> None:
    answer = register(desk, subject="Về việc đăng ký nhầm")
    void(desk, arrivals_book(desk), answer.number)
    entry = rows(desk.store, "SELECT state, reason, document_id, state_by FROM entry")[0]
    assert tuple(entry) == ("VOID", "Vào sổ nhầm", str(answer.subject), str(desk.person.id))
    kept = rows(desk.store, "SELECT status, subject, number FROM arrival")[0]
    assert tuple(kept) == ("VOIDED", "Về việc đăng ký nhầm", 1)
    assert register(desk).number == 2


def test_a_sub_number_is_voided_without_its_number(desk: Desk) -> None:
    register(desk)
    register(desk, sub_number_of=1, sub_number_reason="Bỏ sót")
    void(desk, arrivals_book(desk), 1, "a")
    states = rows(desk.store, "SELECT sub_number, state FROM entry ORDER BY sub_number")
    assert [tuple(row) for row in states] == [("", "LIVE"), ("a", "VOID")]


@pytest.mark.parametrize(
    ("number", "sub_number", "reason", "expected"),
    [
        (1, "", "", numbering.ReasonMissing),
        (1, "", " \n", numbering.ReasonMissing),
        (1, "a", "Nhầm", numbering.NumberUnknown),
        (3, "", "Nhầm", numbering.NumberUnknown),
        (2, "", "Nhầm", numbering.AlreadyVoid),
    ],
)
def test_voiding_needs_a_living_number_and_a_reason(
    desk: Desk, number: int, sub_number: str, reason: str, expected: type[ClerkDeskError]
) -> None:
    book = arrivals_book(desk)
    register(desk)
    register(desk)
    void(desk, book, 2)
    before = everything(desk.store)
    with pytest.raises(expected):
        desk.do(
            desk.make(c.VoidNumber, register_id=book, year=2026, number=number, sub_number=sub_number, reason=reason)
        )
    assert everything(desk.store) == before


@pytest.mark.parametrize("what", ["arrival", "held", "outgoing"])
def test_voiding_the_same_thing_twice_by_one_command_gives_one_answer(desk: Desk, what: str) -> None:
    book, number = arrivals_book(desk), 1
    if what == "arrival":
        register(desk)
    elif what == "held":
        reserve(desk, book)
    else:
        from clerkdesk.services.outgoing import outgoing_by_id
        from clerkdesk.services.vocabulary import OutgoingStatus

        book = desk.read(outgoing_by_id, bring_to(desk, OutgoingStatus.SEALED))["register_id"]
    command = desk.make(c.VoidNumber, register_id=book, year=2026, number=number, reason="Nhầm")
    first = desk.do(command)
    assert desk.do(command) == first


def test_a_void_arrival_can_be_registered_again_without_a_warning(desk: Desk) -> None:
    command = arrival_command(desk, document_identifier="H57.15.2026.0001")
    answer = desk.do(command)
    with pytest.raises(DuplicateArrival):
        desk.do(desk.make(c.RegisterArrival, register_id=command.register_id, facts=command.facts))
    void(desk, arrivals_book(desk), answer.model_dump()["number"])
    again = desk.do(desk.make(c.RegisterArrival, register_id=command.register_id, facts=command.facts))
    assert again.model_dump()["number"] == 2


# --- one form, one number --------------------------------------------------------------------------------------


def test_the_same_form_saved_twice_is_one_registration(desk: Desk) -> None:
    command = arrival_command(desk)
    first = desk.do(command)
    before = everything(desk.store)
    assert desk.do(command) == first
    changed = arrival_command(desk, uid=command.uid, subject="Khác hẳn")
    assert desk.do(changed) == first
    assert everything(desk.store) == before


# --- after a restore -------------------------------------------------------------------------------------------


def confirm(desk: Desk, last: int, reason: str = "Phục hồi từ bản sao lưu") -> c.Result:
    return desk.do(
        desk.make(c.ConfirmLastNumber, register_id=arrivals_book(desk), year=2026, last_number=last, reason=reason)
    )


@pytest.mark.parametrize(("last", "lost"), [(3, 0), (4, 1), (10, 7)])
def test_after_a_restore_numbering_goes_on_behind_the_last_number_on_paper(desk: Desk, last: int, lost: int) -> None:
    for _ in range(3):
        register(desk)
    state_of_book(desk, "SUSPENDED")
    assert confirm(desk, last).model_dump()["entered"] == lost
    assert register(desk).number == last + 1
    held = rows(desk.store, "SELECT number, reason, holder FROM entry WHERE state = 'RESERVED' ORDER BY number")
    reason = "Phục hồi từ bản sao lưu"
    assert [tuple(row) for row in held] == [(n, reason, numbering.LOST_HOLDER) for n in range(4, last + 1)]


def test_a_document_that_the_restored_store_has_lost_is_entered_again_under_its_own_number(desk: Desk) -> None:
    state_of_book(desk, "SUSPENDED")
    confirm(desk, 5)
    assert register(desk, reserved_number=3).number == 3
    assert register(desk).number == 6


def test_an_agency_that_comes_from_paper_in_mid_year_starts_behind_its_numbers(desk: Desk) -> None:
    assert confirm(desk, 1859, "Đã cấp ở sổ giấy").model_dump()["entered"] == 1859
    assert register(desk).number == 1860
    assert rows(desk.store, "SELECT count(*) FROM entry WHERE state = 'VOID'")[0][0] == 1859


def test_a_book_in_use_is_not_moved_ahead(desk: Desk) -> None:
    register(desk)
    before = everything(desk.store)
    with pytest.raises(numbering.AlreadyNumbering):
        confirm(desk, 9)
    assert everything(desk.store) == before


def test_a_jump_beyond_any_year_is_refused(desk: Desk) -> None:
    with pytest.raises(numbering.JumpTooFar):
        confirm(desk, 1_000_000)


@pytest.mark.parametrize(
    ("last", "reason", "expected"),
    [(2, "Phục hồi", numbering.NumberUnknown), (-1, "x", numbering.NumberUnknown), (3, "", numbering.ReasonMissing)],
)
def test_a_last_number_below_what_the_store_knows_is_not_believed(
    desk: Desk, last: int, reason: str, expected: type[ClerkDeskError]
) -> None:
    for _ in range(3):
        register(desk)
    state_of_book(desk, "SUSPENDED")
    before = everything(desk.store)
    with pytest.raises(expected):
        confirm(desk, last, reason)
    assert everything(desk.store) == before


@pytest.mark.parametrize(
    ("state", "holder", "expected"),
    [("CLOSED", None, numbering.RegisterClosed), ("OPEN", UUID(int=7), numbering.PenElsewhere)],
)
def test_confirming_a_last_number_neither_opens_a_closed_book_nor_takes_anothers_pen(
    desk: Desk, state: str, holder: UUID | None, expected: type[ClerkDeskError]
) -> None:
    register(desk)
    state_of_book(desk, state, holder)
    before = everything(desk.store)
    with pytest.raises(expected):
        confirm(desk, 5)
    assert everything(desk.store) == before


# --- opening books ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("year", [2024, 2028, 2206, 206, 0, -1])
def test_a_year_that_a_wrong_clock_or_finger_gives_is_not_opened(desk: Desk, year: int) -> None:
    with pytest.raises(registers.YearOutOfRange) as caught:
        open_year(desk, year)
    assert "2025 đến năm 2027" in caught.value.message


def test_opening_a_year_twice_opens_nothing_twice(desk: Desk) -> None:
    register(desk)
    books = tuple(book.register_id for book in desk.read(registers.books, 2026, desk.facts.id if desk.facts else None))
    again = desk.do(desk.make(c.OpenRegisters, year=2026, registers=books))
    new = desk.do(desk.make(c.OpenRegisters, year=2027, registers=books))
    assert (again.model_dump()["opened"], new.model_dump()["opened"]) == (0, len(books))
    assert next_number(desk) == 2
    assert next_number(desk, 2027) == 1


def test_the_registers_screen_counts_what_stands_in_each_book(desk: Desk) -> None:
    from ..office import book

    register(desk)
    register(desk)
    void(desk, arrivals_book(desk), 2)
    reserve(desk, arrivals_book(desk))
    now = book(desk, "DEN")
    assert (now.state, now.next_number, now.live, now.void, now.reserved, now.held_here) == ("OPEN", 4, 1, 1, 1, True)
    unopened = book(desk, "DEN", 2027)
    assert (unopened.state, unopened.next_number, unopened.held_here) == ("", 1, False)
    assert subject_of(register(desk))

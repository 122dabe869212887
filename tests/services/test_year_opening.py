"""Opening the year: the preview says which books there will be, and a document of the holidays finds its own."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest

from clerkdesk.services import commands as c
from clerkdesk.services import numbering, year_opening
from clerkdesk.services.clock import VIETNAM
from clerkdesk.services.desk import Desk

from ..conftest import OfficeClock
from ..office import arrivals_book, book, desk_id, open_year, register, rows


def plan(desk: Desk, year: int = 2027) -> year_opening.OpeningPlan:
    return desk.read(year_opening.opening_plan, year, desk_id(desk))


@pytest.mark.parametrize(
    ("day", "year"),
    [(dt.date(2026, 11, 30), 2026), (dt.date(2026, 12, 1), 2027), (dt.date(2027, 1, 4), 2027)],
)
def test_the_next_year_is_opened_from_december_on(day: dt.date, year: int) -> None:
    assert year_opening.year_to_open(day) == year
    year_opening.check_year(year, day)
    with pytest.raises(year_opening.TooEarlyToOpen, match=f"01/12/{year}"):
        year_opening.check_year(year + 1, day)


def test_every_register_of_last_year_is_opened_anew_from_01_and_the_old_book_stays_open(
    desk: Desk, clock: OfficeClock
) -> None:
    register(desk)
    before = plan(desk)
    assert [one.code for one in before.registers] == ["DEN", "DI", "SAO", "QP-QĐ", "QP-NQ"]
    first = before.registers[0]
    assert (first.state, first.next_number, first.old_state, first.old_next) == ("", 1, "OPEN", 2)
    assert first.held_here
    desk.do(desk.make(c.OpenRegisters, year=2027, registers=before.to_open))
    after = plan(desk)
    assert after.to_open == ()
    assert {one.state for one in after.registers} == {"OPEN"}
    assert (book(desk, "DEN", 2027).next_number, book(desk, "DEN", 2026).state) == (1, "OPEN")


def test_a_book_that_is_open_already_is_shown_as_such(desk: Desk) -> None:
    desk.do(desk.make(c.OpenRegisters, year=2027, registers=(arrivals_book(desk),)))
    shown = plan(desk)
    assert [one.to_open for one in shown.registers] == [False, True, True, True, True]


def test_the_holder_of_a_book_is_named_and_keeps_its_pen(desk: Desk) -> None:
    with desk.store.writing() as tx:
        tx.exec_driver_sql("UPDATE register_year SET holder_desk = NULL WHERE register_id = ?", (str(arrivals_book(desk)),))  # fmt: skip
    shown = plan(desk)
    assert (shown.registers[0].holder, shown.registers[0].held_here) == ("", False)
    assert shown.registers[1].held_here


def test_what_every_agency_must_have_and_this_one_lacks_is_offered(desk: Desk) -> None:
    assert plan(desk).missing == ()
    with desk.store.writing() as tx:
        tx.exec_driver_sql("UPDATE register SET code = 'X' WHERE code = 'SAO'")
    assert [one.code for one in plan(desk).missing] == ["SAO"]


def test_an_emergency_register_is_no_book_to_open(desk: Desk) -> None:
    with desk.store.writing() as tx:
        tx.exec_driver_sql("UPDATE register SET emergency_of = ? WHERE code = 'SAO'", (str(UUID(int=3)),))
    assert "SAO" not in [one.code for one in plan(desk).registers]


def test_the_first_start_of_a_year_knows_that_no_book_is_open(desk: Desk) -> None:
    assert desk.read(year_opening.books_to_open, 2026) == 0
    assert desk.read(year_opening.books_to_open, 2027) == 5
    desk.do(desk.make(c.OpenRegisters, year=2027, registers=(arrivals_book(desk),)))
    assert desk.read(year_opening.books_to_open, 2027) == 0


def test_a_desk_that_holds_the_pen_opens_the_next_year_by_itself_and_numbers_on(desk: Desk, clock: OfficeClock) -> None:
    clock.set(dt.datetime(2026, 12, 31, 16, 0, tzinfo=VIETNAM))
    open_year(desk, 2027)
    register(desk)
    clock.set(dt.datetime(2027, 1, 1, 0, 0, 1, tzinfo=VIETNAM))
    assert register(desk).number == 1
    held = rows(desk.store, "SELECT DISTINCT holder_desk FROM register_year WHERE year = 2027")
    assert [tuple(row) for row in held] == [(str(desk_id(desk)),)]


def test_a_document_of_the_holidays_belongs_in_the_old_book_while_it_is_open(desk: Desk, clock: OfficeClock) -> None:
    register(desk)
    clock.set(dt.datetime(2027, 1, 4, 8, 0, tzinfo=VIETNAM))
    open_year(desk, 2027)
    place = desk.read(year_opening.place_of, arrivals_book(desk), dt.date(2026, 12, 31))
    assert (place.year, place.number) == (2026, 2)
    assert desk.read(year_opening.place_of, arrivals_book(desk), dt.date(2027, 1, 4)).number == 1
    with desk.store.writing() as tx:
        tx.exec_driver_sql("UPDATE register_year SET state = 'CLOSED' WHERE year = 2026")
    with pytest.raises(numbering.RegisterClosed):
        desk.read(year_opening.place_of, arrivals_book(desk), dt.date(2026, 12, 31))

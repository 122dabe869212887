"""Three desks and a server in any order of events: no number twice, one holder per epoch, nothing lost on the way.

Between dropping a pen and telling it, between asking and hearing, anything may happen and any answer may be lost. The
paper is what was ever shown to a clerk; the books are compared with it.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import argon2
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from clerkdesk.data import schema, store_key
from clerkdesk.errors import ClerkDeskError
from clerkdesk.services import commands as c
from clerkdesk.services import custody, custody_by_code, numbering, office, registers
from clerkdesk.services.execution import at_server

from ..agency import Agency, Place
from ..conftest import NINE_O_CLOCK, OfficeClock, hang_up

YEARS = (2026, 2027)
DESK = st.integers(0, 2)
YEAR = st.sampled_from(YEARS)


class Machine(RuleBasedStateMachine):
    """The agency, its paper, and the codes that were read out."""

    founded: tuple[Agency, Path]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        agency, folder = self.founded
        shutil.copytree(folder, self.folder, dirs_exist_ok=True)
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(store_key, "_trusted_keyring", lambda: None)
        self.patch.setattr(numbering, "OPEN_RESERVATIONS_ALLOWED", 10_000)
        self.clock = OfficeClock(NINE_O_CLOCK)
        hang_up(self.clock, self.patch)
        self.agency = agency.copied(self.folder)
        self.paper: dict[tuple[int, int], tuple[UUID | None, UUID]] = {}  # year, number: desk, command
        self.writers: dict[tuple[int, int], UUID | None] = {}  # year, epoch: desk
        self.codes: list[tuple[int, str]] = []
        self.lost: list[Place] = []

    def teardown(self) -> None:
        try:
            self.everything_comes_to_rest()
        finally:
            self.agency.close()
            self.patch.undo()
            shutil.rmtree(self.folder)

    def at(self, place: int) -> Place | None:
        desk = self.agency.desks[place]
        return None if desk in self.lost else desk

    # --- what happens ------------------------------------------------------------------------------------------

    @rule(place=DESK, year=YEAR)
    def a_number_is_given(self, place: int, year: int) -> None:
        desk = self.at(place)
        if desk is None:
            return
        command = desk.make(
            c.ReserveNumber, register_id=self.agency.book, year=year, holder="Văn phòng", reason="Chờ ký",
            expires_on=self.clock.today,
        )  # fmt: skip
        try:
            number = desk.do(command).number
        except (numbering.PenElsewhere, numbering.RegisterNotOpen):
            assert not desk.holds(year)
            return
        assert (year, number) not in self.paper, "one number on two papers"
        self.paper[year, number] = (desk.desk, command.uid)
        epoch = (year, desk.book(year).epoch)
        assert self.writers.setdefault(epoch, desk.desk) == desk.desk, "two holders in one epoch"

    @rule(place=DESK, year=YEAR, heard=st.booleans())
    def a_pen_is_asked_for(self, place: int, year: int, heard: bool) -> None:
        desk = self.at(place)
        if desk is not None:
            with suppress(custody.HeldElsewhere, custody.PenHereAlready, custody.BookNotOpen):
                desk.take(hear=heard, year=year)

    @rule(place=DESK, year=YEAR)
    def a_pen_is_dropped_to_be_returned(self, place: int, year: int) -> None:
        desk = self.at(place)
        if desk is not None:
            with suppress(custody.PenNotHere, custody.BookNotOpen):
                desk.give_back(year=year)
                assert not desk.holds(year)

    @rule(place=DESK, to=DESK, year=YEAR)
    def a_pen_is_released_by_code(self, place: int, to: int, year: int) -> None:
        desk, other = self.at(place), self.agency.desks[to]
        if desk is not None and desk is not other:
            with suppress(custody.PenNotHere, custody.BookNotOpen):
                self.codes.append((year, desk.release(other, year=year)))
                assert not desk.holds(year)

    @rule(place=DESK, to=DESK, year=YEAR)
    def the_server_releases_by_code(self, place: int, to: int, year: int) -> None:
        desk, other = self.at(place), self.at(to)
        if desk is None or other is None or desk is other or other.desk is None:
            return
        facts: dict[str, Any] = {"to_desk": other.desk, "to_incarnation": desk.incarnation(other.desk)}
        with suppress(custody.HeldElsewhere, custody.BookNotOpen):
            desk.call(c.ReleasePenByCode, register_id=self.agency.book, year=year, **facts)
            self.codes.append((year, self.agency.server.code(year=year)))

    @precondition(lambda self: self.codes)
    @rule(place=DESK, data=st.data(), mistake=st.booleans(), in_year=st.sampled_from([None, *YEARS]))
    def a_code_is_typed(self, place: int, data: st.DataObject, mistake: bool, in_year: int | None) -> None:
        desk = self.at(place)
        if desk is None:
            return
        year, code = data.draw(st.sampled_from(self.codes))
        if mistake:
            code = code[:-1] + ("2" if code[-1] != "2" else "3")
        with suppress(
            custody_by_code.CodeUsed, custody_by_code.CodeOld, custody_by_code.CodeForOtherDesk, custody.BookNotOpen,
            custody_by_code.CodeOfOtherBook, custody_by_code.CodeMistyped, custody.PenHereAlready,
        ):  # fmt: skip
            desk.enter(code, year=in_year or year)
            assert not mistake
            assert in_year in (None, year)

    @rule(place=DESK, heard=st.booleans(), at_most=st.integers(1, 4))
    def some_of_the_log_is_pushed(self, place: int, heard: bool, at_most: int) -> None:
        desk = self.at(place)
        if desk is not None:
            desk.push(hear=heard, at_most=at_most)

    @rule(place=DESK)
    def a_desk_is_brought_up_to_date(self, place: int) -> None:
        desk = self.at(place)
        if desk is not None and desk.push():
            desk.pull()

    @rule(place=DESK, at_the_server=st.booleans())
    def next_years_book_is_opened(self, place: int, at_the_server: bool) -> None:
        desk = self.at(place)
        if desk is None:
            return
        command = desk.make(c.OpenRegisters, year=2027, registers=(self.agency.book,))
        with suppress(registers.OpenedElsewhere, custody.HeldElsewhere):
            if at_the_server:
                desk.ask(command, hear=False)
            else:
                desk.do(command)

    @precondition(lambda self: not self.lost)
    @rule(place=DESK)
    def a_desk_burns_and_two_people_say_what_stands_on_its_paper(self, place: int) -> None:
        self.lost.append(self.agency.desks[place])
        self.declare_what_is_lost()

    def declare_what_is_lost(self) -> None:
        """Two people declare the burnt desk; once more, when a pen comes to it after that."""
        lost = self.lost[0]
        speaker = next(desk for desk in self.agency.desks if desk is not lost)
        held = [row for row in self.agency.server.rows(schema.register_year) if row["holder_desk"] == lost.desk]
        books = [
            c.DeclaredBook(register_id=row["register_id"], year=row["year"], last_number=0)
            for row in held
            if row["register_id"] != self.agency.book
        ]
        years = {row["year"] for row in held if row["register_id"] == self.agency.book}
        if 2026 in years and lost.book(2027) and self.agency.server.book(2027) is None:
            years.add(2027)  # opened offline, seen by nobody else
        books += [self.declared(lost, year) for year in sorted(years)]
        speaker.call(
            c.DeclareDeskDestroyed, hear=False, lost_desk=lost.desk, second_person=self.agency.leader,
            books=tuple(books), reason="Cháy phòng văn thư",
        )  # fmt: skip

    def declared(self, lost: Place, year: int) -> c.DeclaredBook:
        """What people know: the paper of the burnt desk, and whether it had told somebody a code."""
        facts: dict[str, Any] = {"register_id": self.agency.book, "year": year}
        server, here = self.agency.server.book(year), lost.book(year)
        known = server.next_number - 1 if server else 0
        on_paper = max(
            [known, *(number for (of, number), (desk, _) in self.paper.items() if of == year and desk == lost.desk)]
        )
        passed = lost.one(
            select(schema.custody.c.to_desk).where(
                schema.custody.c.register_id == self.agency.book, schema.custody.c.year == year,
                schema.custody.c.epoch == here.epoch, schema.custody.c.kind == "CODE",
                schema.custody.c.from_desk == lost.desk, schema.custody.c.to_desk != lost.desk,
            )
        ) if here else None  # fmt: skip
        if passed is not None and (server is None or here.epoch > server.epoch):
            return c.DeclaredBook(last_number=here.next_number - 1, passed_to=passed, epoch=here.epoch, **facts)
        return c.DeclaredBook(last_number=on_paper, **facts)

    # --- what holds --------------------------------------------------------------------------------------------

    @invariant()
    def nobody_was_refused_what_stands_on_paper(self) -> None:
        for desk in self.agency.desks:
            if desk not in self.lost:
                assert desk.refused == []

    @invariant()
    def at_most_one_place_believes_that_it_may_number(self) -> None:
        for year in YEARS:
            believers = [place for place in self.agency.desks if place not in self.lost and place.holds(year)]
            book = self.agency.server.book(year)
            if book is not None and book.holder_desk is None:
                assert believers == []
            assert len(believers) <= 1

    def everything_comes_to_rest(self) -> None:
        """Every number on the paper of a living desk is at the server, under its command; every number is explained."""
        server, alive = self.agency.server, [desk for desk in self.agency.desks if desk not in self.lost]
        for _round in range(6):
            for _chain in alive:
                for desk in alive:
                    desk.push()
            if any(row["holder_desk"] == lost.desk for lost in self.lost for row in server.rows(schema.register_year)):
                self.declare_what_is_lost()
        assert [desk.waiting() for desk in alive] == [[] for _ in alive], "somebody waits for ever"
        entered = {(row["year"], row["number"]): row for row in server.rows(schema.entry)}
        for (year, number), (writer, uid) in self.paper.items():
            row = entered[year, number]
            if writer in {one.desk for one in alive} or row["holder"] == "Văn phòng":
                assert row["command_uid"] == uid
            else:
                assert row["holder"] == numbering.LOST_HOLDER
        for year in YEARS:
            book = server.book(year)
            numbers = sorted(number for of, number in entered if of == year)
            assert numbers == list(range(1, book.next_number if book else 1))
            moments = [entered[year, number]["registered_at"] for number in numbers]
            if not self.lost:
                assert moments == sorted(moments)
        for desk in alive:
            desk.pull()
            assert sorted(map(str, desk.rows(schema.custody))) == sorted(map(str, server.rows(schema.custody)))
        epochs = [
            (row["year"], row["register_id"], row["epoch"], row["to_desk"]) for row in server.rows(schema.custody)
        ]
        assert len({entry[:3] for entry in epochs}) == len(set(epochs)), "one holder per epoch"


@pytest.fixture
def machine(agency_founded: tuple[Agency, Path], monkeypatch: pytest.MonkeyPatch) -> type[Machine]:
    monkeypatch.setattr(argon2.PasswordHasher, "verify", lambda *_: True)
    return type("Founded", (Machine,), {"founded": agency_founded})


LOOK = settings(
    max_examples=12, stateful_step_count=35, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False
)
FIND = settings(
    LOOK, max_examples=60, phases=(Phase.generate,), report_multiple_bugs=False, database=None
)  # a find is enough, it need not be small


@pytest.mark.timeout(900)
def test_no_number_is_given_twice_whatever_happens(machine: type[Machine]) -> None:
    run_state_machine_as_test(machine, settings=settings(LOOK, phases=(Phase.explicit, Phase.reuse, Phase.generate)))


def tell_first_drop_later(tx: Any, command: Any, at: Any) -> Any:
    """A desk that tells the server of the return and goes on numbering until the answer comes."""
    if at_server():
        return custody.return_pen(tx, command, at)
    book = custody.movable_book(tx, command.agency, command.register_id, command.year)
    if book.desk != command.desk:
        raise custody.PenNotHere(title="", holder="", since="")
    return custody.PenMoved(subject=command.register_id, epoch=book.epoch + 1, next_number=book.next_number)


def test_the_search_finds_a_desk_that_tells_before_it_drops(
    machine: type[Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        office, "HANDLERS",
        office.HANDLERS | {c.ReturnPen: (tell_first_drop_later, *office.HANDLERS[c.ReturnPen][1:])},
    )  # fmt: skip
    with pytest.raises((AssertionError, ClerkDeskError, KeyError, ExceptionGroup)):
        run_state_machine_as_test(machine, settings=FIND)


def test_the_search_finds_a_book_that_two_places_may_open(
    machine: type[Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registers, "may_open", lambda *_: True)
    with pytest.raises((AssertionError, ClerkDeskError, KeyError, ExceptionGroup)):
        run_state_machine_as_test(machine, settings=FIND)

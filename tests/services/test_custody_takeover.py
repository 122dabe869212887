"""A desk is lost: two people declare it, every number is explained, and nothing is given twice."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest

from clerkdesk.data import schema
from clerkdesk.errors import ClerkDeskError
from clerkdesk.services import commands as c
from clerkdesk.services import custody, custody_by_code, numbering, takeover
from clerkdesk.services.clock import pretending
from clerkdesk.services.execution import Execution
from clerkdesk.services.ids import new_id
from clerkdesk.services.office import carry_out
from clerkdesk.services.vocabulary import EntryState

from ..agency import Agency, Place
from ..conftest import OfficeClock
from ..office import arrival_facts


def declaration(
    agency: Agency, lost: Place, last: int, by: Place | None = None, **changes: Any
) -> c.DeclareDeskDestroyed:
    """Declare desk `lost`: this last number in the arrivals book, none in the others."""
    by = by or agency.desks[2]
    held = {row["register_id"] for row in agency.server.rows(schema.register_year) if row["holder_desk"] == lost.desk}
    books = tuple(
        c.DeclaredBook(register_id=register, year=agency.year, last_number=last if register == agency.book else 0)
        for register in sorted(held)
    )
    facts: dict[str, Any] = {
        "lost_desk": lost.desk, "second_person": agency.leader, "books": books, "reason": "Cháy phòng văn thư",
    }  # fmt: skip
    command: c.DeclareDeskDestroyed = by.make(c.DeclareDeskDestroyed, **(facts | changes))
    return command


def entries(place: Place) -> dict[int, tuple[str, str]]:
    """State and holder of every number of the arrivals book."""
    return {row["number"]: (row["state"], row["holder"]) for row in place.rows(schema.entry)}


HELD = (EntryState.RESERVED.value, "Văn phòng")
LOST = (EntryState.RESERVED.value, numbering.LOST_HOLDER)
ASIDE = (EntryState.RESERVED.value, numbering.SET_ASIDE_HOLDER)


def test_a_destroyed_desks_books_go_on_behind_the_last_number_on_paper(agency: Agency) -> None:
    one, _two, three = agency.desks
    one.number()
    one.number()
    one.push()
    paper = [one.number() for _ in range(3)]  # seen by nobody else
    answer = three.ask(declaration(agency, one, last=paper[-1]))
    assert (answer.books, answer.entered) == (3, 3)
    assert entries(agency.server) == {1: HELD, 2: HELD, 3: LOST, 4: LOST, 5: LOST}
    book = agency.server.book()
    assert (book.holder_desk, book.state, book.next_number, book.epoch) == (None, "OPEN", 6, 2)
    log = next(
        row
        for row in agency.server.rows(schema.custody)
        if row["kind"] == "TAKEOVER" and row["register_id"] == agency.book
    )
    assert (log["from_desk"], log["declared_last"], log["who1"], log["who2"]) == (
        one.desk,
        5,
        agency.clerk,
        agency.leader,
    )
    assert [row["state"] for row in agency.server.rows(schema.desk_key) if row["desk_id"] == one.desk] == ["LOST"]
    three.pull()
    three.take()
    assert three.number() == 6
    with pytest.raises(custody.DeskNotTrusted):
        one.take()


def test_what_is_found_on_paper_is_entered_under_its_own_number(agency: Agency) -> None:
    one, _two, three = agency.desks
    one.number()
    three.ask(declaration(agency, one, last=2))
    three.pull()
    three.take()
    facts = {"register_id": agency.book, "facts": arrival_facts()}
    answer = three.give(c.RegisterArrival, reserved_number=2, **facts)
    assert answer.number == 2
    with pytest.raises(numbering.NumberNotReserved):
        three.give(c.RegisterArrival, reserved_number=2, register_id=agency.book, facts=arrival_facts())


def test_behind_a_desk_that_may_be_alive_the_book_goes_on_at_the_cap(agency: Agency, clock: OfficeClock) -> None:
    """Its late documents fill their own numbers; nobody else can use them, and nothing is overwritten."""
    one, _two, three = agency.desks
    three.ask(declaration(agency, one, last=10, set_aside=True))
    three.pull()
    three.take()
    assert three.number() == 11
    with pytest.raises(numbering.NumberOfAnotherDesk, match="máy tạm gác"):
        three.give(c.RegisterArrival, register_id=agency.book, facts=arrival_facts(), reserved_number=2)
    three.push()
    # Desk 01 is alive: what it has stamped meanwhile comes in late and takes its own place.
    command = one.make(c.RegisterArrival, register_id=agency.book, facts=arrival_facts())
    stamped = one.do(command).number
    holder = agency.server.book().holder_desk
    with agency.server.store.writing() as tx, pretending(clock.moment):
        assert takeover.is_left_for(tx, agency.id, one.desk or new_id(), agency.book, agency.year, stamped)
        assert not takeover.is_left_for(tx, agency.id, three.desk or new_id(), agency.book, agency.year, stamped)
        assert not takeover.is_left_for(tx, agency.id, one.desk or new_id(), agency.book, agency.year, 11)
        late = command.model_copy(update={"reserved_number": stamped})
        answer, _seq = carry_out(tx, late, clock.moment, Execution(holder=holder, at_server=True))
        assert not takeover.is_left_for(tx, agency.id, one.desk or new_id(), agency.book, agency.year, stamped)
    assert answer.model_dump()["number"] == stamped == 1
    found = entries(agency.server)
    assert found[1] == (EntryState.LIVE.value, numbering.SET_ASIDE_HOLDER)
    assert [found[number] for number in range(2, 11)] == [ASIDE] * 9
    assert [row["state"] for row in agency.server.rows(schema.desk_key)] == ["ACTIVE"] * 3


def test_a_pen_that_was_passed_on_by_code_before_the_fire_stays_with_its_new_holder(agency: Agency) -> None:
    one, two, three = agency.desks
    one.number()
    one.push()
    assert one.number() == 2
    two.enter(one.release(two))
    assert two.number() == 3
    assert two.push() is False  # the release burned with desk 01
    told = c.DeclaredBook(register_id=agency.book, year=agency.year, last_number=2, passed_to=two.desk, epoch=2)
    plain = declaration(agency, one, last=2)
    command = plain.model_copy(
        update={"books": tuple(told if book.register_id == agency.book else book for book in plain.books)}
    )
    three.ask(command)
    assert agency.server.book().holder_desk == two.desk
    assert two.push()
    assert two.refused == []
    assert two.number() == 4
    agency.settle(one)
    assert entries(agency.server) == {1: HELD, 2: LOST, 3: HELD, 4: HELD}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"passed_to": new_id(), "epoch": 2}, custody.DeskUnknown),
        ({"passed_to": "lost", "epoch": 2}, custody.DeskUnknown),
        ({"passed_to": "two", "epoch": 1}, takeover.EpochNotAhead),
    ],
)
def test_a_pen_is_passed_on_only_to_a_desk_of_the_agency_and_forward(
    agency: Agency, changes: dict[str, Any], expected: type[ClerkDeskError]
) -> None:
    one, two, three = agency.desks
    places = {"lost": one.desk, "two": two.desk}
    changes = {name: places.get(value, value) if isinstance(value, str) else value for name, value in changes.items()}
    plain = declaration(agency, one, last=2)
    books = tuple(book.model_copy(update=changes) for book in plain.books)
    with pytest.raises(expected):
        three.ask(plain.model_copy(update={"books": books}))


def test_two_different_people_declare_one_of_them_a_leader_or_administrator(agency: Agency) -> None:
    one, _two, three = agency.desks
    wrong = [agency.clerk, agency.specialist, new_id()]
    for second in wrong:
        with pytest.raises(takeover.SecondPersonWrong):
            three.ask(declaration(agency, one, last=0, second_person=second))
    with agency.server.store.writing() as tx:
        tx.execute(schema.person.update().where(schema.person.c.id == agency.leader).values(active=0))
    with pytest.raises(takeover.SecondPersonWrong):
        three.ask(declaration(agency, one, last=0))
    assert agency.server.book().holder_desk == one.desk
    three.ask(declaration(agency, one, last=0, second_person=agency.administrator))
    assert agency.server.book().holder_desk is None


@pytest.mark.parametrize(
    ("last", "expected"), [(1, takeover.LastNumberTooLow), (60_000, numbering.JumpTooFar)]
)  # fmt: skip
def test_the_last_number_is_neither_below_what_the_server_has_nor_out_of_reach(
    agency: Agency, last: int, expected: type[ClerkDeskError]
) -> None:
    one, _two, three = agency.desks
    one.number()
    one.number()
    one.push()
    before = agency.server.rows(schema.register_year)
    with pytest.raises(expected):
        three.ask(declaration(agency, one, last=last))
    assert agency.server.rows(schema.register_year) == before


def test_every_book_of_the_desk_is_declared_and_no_other(agency: Agency) -> None:
    one, two, three = agency.desks
    command = declaration(agency, one, last=0)
    with pytest.raises(takeover.BookNotDeclared):
        three.ask(command.model_copy(update={"uid": new_id(), "books": command.books[1:]}))
    with pytest.raises(takeover.BookNotHeld):
        three.ask(command.model_copy(update={"uid": new_id(), "lost_desk": two.desk}))
    stranger = c.DeclaredBook(register_id=agency.book, year=2025, last_number=3)
    with pytest.raises(takeover.BookNotHeld):
        three.ask(command.model_copy(update={"uid": new_id(), "books": (*command.books, stranger)}))
    with pytest.raises(custody.DeskUnknown):
        three.ask(command.model_copy(update={"uid": new_id(), "lost_desk": new_id()}))


def test_a_declaration_needs_its_reason(agency: Agency) -> None:
    one, _two, three = agency.desks
    with pytest.raises(numbering.ReasonMissing):
        three.ask(declaration(agency, one, last=0, reason=" "))


def test_a_desk_that_speaks_is_not_destroyed_but_its_old_store_may_be(agency: Agency) -> None:
    one, _two, _three = agency.desks
    one.number()
    one.push()
    with pytest.raises(takeover.DeskIsHere, match="01"):
        one.ask(declaration(agency, one, last=1, by=one))
    fresh = new_id()
    for place in (agency.server, one):
        with place.store.writing() as tx:
            tx.execute(schema.desk.update().where(schema.desk.c.id == one.desk).values(incarnation=fresh))
    one.ask(declaration(agency, one, last=4, by=one))
    assert agency.server.book().holder_desk is None
    assert "LOST" not in {row["state"] for row in agency.server.rows(schema.desk_key)}
    one.pull()
    one.take()
    assert one.number() == 5


def test_next_years_book_that_the_lost_desk_had_opened_offline_can_be_declared_too(agency: Agency) -> None:
    one, _two, three = agency.desks
    one.give(c.OpenRegisters, year=2027, registers=(agency.book,))
    assert one.number(2027) == 1
    command = declaration(agency, one, last=0)
    unseen = c.DeclaredBook(register_id=agency.book, year=2027, last_number=1)
    answer = three.ask(command.model_copy(update={"books": (*command.books, unseen)}))
    assert (answer.books, answer.entered) == (4, 1)
    assert agency.server.book(2027).next_number == 2


def test_books_that_are_closed_or_temporary_are_not_asked_for(agency: Agency) -> None:
    one, _two, _three = agency.desks
    with agency.server.store.writing() as tx:
        tx.execute(
            schema.register_year.update()
            .where(schema.register_year.c.register_id == agency.register("DI"))
            .values(state="CLOSED")
        )
        tx.execute(
            schema.register.update()
            .where(schema.register.c.id == agency.register("SAO"))
            .values(emergency_of=one.desk)
        )  # fmt: skip
    with agency.server.store.reading() as connection:
        books = takeover.books_to_declare(connection, agency.id, one.desk or new_id(), UUID(int=1))
    assert [book.register for book in books] == [agency.book]


# --- guards, switched off -------------------------------------------------------------------------------------


@pytest.mark.parametrize("guarded", [True, False])
def test_a_lost_desks_own_pen_is_fenced_off_by_its_state(agency: Agency, guarded: bool) -> None:
    one, _two, three = agency.desks
    three.ask(declaration(agency, one, last=0))
    if not guarded:
        agency.server.set(schema.desk_key, state="ACTIVE")
    taken = False
    with suppress(custody.DeskNotTrusted):
        one.take()
        taken = True
    assert taken is not guarded


def test_a_code_from_before_the_declaration_is_refused_and_not_taken_for_the_new_holding(agency: Agency) -> None:
    one, two, three = agency.desks
    two.enter(one.release(two))
    three.ask(declaration(agency, one, last=3))  # nobody said that the pen had gone on by code
    assert two.push()
    assert [type(error) for _command, error in two.refused] == [custody_by_code.CodeOld]
    assert agency.server.book().holder_desk is None


def test_a_code_that_was_typed_in_time_but_told_after_the_takeover_does_not_take_the_pen_back(agency: Agency) -> None:
    one, two, three = agency.desks
    two.enter(one.release(two))
    one.push()
    three.ask(declaration(agency, two, last=5, set_aside=True))
    assert agency.server.book().holder_desk is None
    assert two.push()
    assert [type(error) for _command, error in two.refused] == [custody_by_code.CodeOld]
    book = agency.server.book()
    assert (book.holder_desk, book.epoch, book.next_number) == (None, 3, 6)

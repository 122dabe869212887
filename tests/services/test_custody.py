"""The pen between server and desks: taken, returned, refused with a reason; one holder, no number twice."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from clerkdesk.data import schema
from clerkdesk.data.code_key import CodeKeyMissing
from clerkdesk.data.highwater import Unmarked
from clerkdesk.data.store import open_store
from clerkdesk.errors import ClerkDeskError
from clerkdesk.services import commands as c
from clerkdesk.services import custody, custody_log, numbering, office
from clerkdesk.services.custody_log import CustodyKind
from clerkdesk.services.desk import Desk
from clerkdesk.services.holdings import books_held, history_of, other_desks, released_to
from clerkdesk.services.ids import new_id
from clerkdesk.services.office import RoleMissing, execute
from clerkdesk.services.vocabulary import Role

from ..agency import Agency, Place
from ..conftest import OfficeClock
from ..office import arrivals_book, employ


def emergency(agency: Agency) -> dict[str, Any]:
    """Make a register the emergency register of desk 01, everywhere."""
    register = agency.register("SAO")
    for place in (agency.server, *agency.desks):
        with place.store.writing() as tx:
            tx.execute(
                schema.register.update()
                .where(schema.register.c.id == register)
                .values(emergency_of=agency.desks[0].desk)
            )  # fmt: skip
    return {"register_id": register, "year": agency.year}


def new_incarnation(*places: Place, of: Place) -> None:
    """Let the desk be a restored store, as far as these places know."""
    fresh = new_id()
    for place in places:
        with place.store.writing() as tx:
            tx.execute(schema.desk.update().where(schema.desk.c.id == of.desk).values(incarnation=fresh))


# --- taking and returning -------------------------------------------------------------------------------------


def test_a_pen_goes_round_and_every_number_is_given_once(agency: Agency) -> None:
    one, two, three = agency.desks
    assert [one.number() for _ in range(3)] == [1, 2, 3]
    one.give_back()
    assert one.push()
    two.take()
    assert two.number() == 4
    three.enter(two.release(three))
    assert three.number() == 5
    assert three.push() is False
    assert two.push()
    assert three.push()
    agency.settle()
    assert [place.refused for place in agency.desks] == [[], [], []]
    books = [place.rows(schema.entry) for place in (agency.server, *agency.desks)]
    assert [sorted(row["number"] for row in book) for book in books] == [[1, 2, 3, 4, 5]] * 4
    logs = [place.rows(schema.custody) for place in (agency.server, *agency.desks)]
    assert len({str(sorted(log, key=str)) for log in logs}) == 1
    kinds = [row["kind"] for row in sorted(logs[0], key=lambda row: row["id"]) if row["register_id"] == agency.book]
    assert kinds == ["OPEN", "RETURN", "GRANT", "CODE", "CODE"]


def test_the_server_gets_a_pen_only_behind_every_number_that_was_given_under_it(agency: Agency) -> None:
    one, two, _three = agency.desks
    one.number()
    one.number()
    one.give_back()
    with pytest.raises(numbering.PenElsewhere):
        one.number()
    assert one.push(at_most=1) is False
    with pytest.raises(custody.HeldElsewhere):
        two.take()
    one.push()
    assert two.take().next_number == 3


def test_a_taken_pen_is_the_servers_gift_to_this_incarnation(agency: Agency) -> None:
    one, two, _three = agency.desks
    one.give_back()
    one.push()
    answer = two.take()
    book = agency.server.book()
    assert (book.holder_desk, book.epoch, answer.epoch) == (two.desk, 3, 3)
    assert book.holder_incarnation == two.incarnation(two.desk) if two.desk else False
    granted = [row for row in agency.server.rows(schema.custody) if row["kind"] == "GRANT"]
    assert [(row["id"], row["term"], row["to_desk"]) for row in granted] == [(book.grant_id, "1-a", two.desk)]


def test_a_lost_answer_is_asked_for_again_and_gives_no_second_grant(agency: Agency) -> None:
    one, two, _three = agency.desks
    one.give_back()
    one.push()
    command = two.make(c.TakePen, **agency.pen)
    first = two.ask(command, hear=False)
    assert not two.holds()
    assert two.ask(command) == first
    two.pull()
    assert two.holds()
    assert two.number() == 1


def test_a_desk_that_has_just_dropped_the_pen_is_not_given_the_same_one_again(agency: Agency) -> None:
    """Else it would number under a holding whose end is on its way to the server."""
    one, _two, _three = agency.desks
    one.number()
    one.give_back()
    with pytest.raises(custody.PenHereAlready, match="chờ gửi xong các số"):
        one.take()
    assert not one.holds()


@pytest.mark.parametrize("state", ["SUSPENDED", "LOST"])
def test_a_desk_that_is_not_trusted_gets_no_pen(agency: Agency, state: str) -> None:
    one, two, _three = agency.desks
    one.give_back()
    one.push()
    agency.server.set(schema.desk_key, state=state)
    with pytest.raises(custody.DeskNotTrusted, match="02"):
        two.take()


@pytest.mark.parametrize(("state", "expected"), [("CLOSED", custody.BookClosed), ("SUSPENDED", custody.BookSuspended)])
@pytest.mark.parametrize("way", ["take", "give_back", "release", "enter"])
def test_the_pen_of_a_closed_or_suspended_book_stays_where_it_is(
    agency: Agency, way: str, state: str, expected: type[ClerkDeskError]
) -> None:
    one, two, _three = agency.desks
    code = one.release(two)
    ways: dict[str, Callable[[], object]] = {
        "take": two.take,
        "give_back": lambda: two.give_back(**other),
        "release": lambda: one.release(two, **other),
        "enter": lambda: two.enter(code),
    }
    other = {"register_id": agency.register("DI"), "year": agency.year}
    for place in (agency.server, *agency.desks):
        place.set(schema.register_year, state=state)
    with pytest.raises(expected):
        ways[way]()


def test_a_book_that_was_never_opened_has_no_pen(agency: Agency) -> None:
    one, two, _three = agency.desks
    for ask in (one.give_back, two.take):
        with pytest.raises(custody.BookNotOpen, match="2025"):
            ask(year=2025)


def test_a_recovering_server_gives_out_nothing_but_takes_back(agency: Agency) -> None:
    one, two, three = agency.desks
    one.give_back()
    one.give_back(register_id=agency.register("DI"))
    agency.server.set(schema.server, state="RECOVERING")
    one.push()
    assert one.refused == []
    with pytest.raises(custody.ServerRecovering):
        two.take()
    with pytest.raises(custody.ServerRecovering):
        two.call(
            c.ReleasePenByCode, to_desk=three.desk, to_incarnation=two.incarnation(three.desk or new_id()), **agency.pen
        )


def test_an_emergency_register_never_leaves_its_desk(agency: Agency) -> None:
    one, two, _three = agency.desks
    book = emergency(agency)
    for ask in (lambda: one.give_back(**book), lambda: one.release(two, **book), lambda: two.take(**book)):
        with pytest.raises(custody.PenNeverLeaves):
            ask()


def test_only_what_one_holds_can_be_given_away(agency: Agency) -> None:
    _one, two, three = agency.desks
    with pytest.raises(custody.PenNotHere, match="máy 01 từ 08:00 20/11/2026"):
        two.give_back()
    with pytest.raises(custody.PenNotHere):
        two.release(three)
    with pytest.raises(custody.HeldElsewhere, match="máy 01 từ 08:00 20/11/2026"):
        three.take()


def test_a_restored_store_does_not_use_the_pen_of_before(agency: Agency) -> None:
    one, two, _three = agency.desks
    one.number()
    one.push()
    new_incarnation(one, agency.server, of=one)
    with pytest.raises(numbering.PenElsewhere):
        one.number()
    with pytest.raises(custody.PenOfOldIncarnation):
        one.give_back()
    with pytest.raises(custody.PenOfOldIncarnation):
        one.release(two)
    with pytest.raises(custody.PenOfOldIncarnation):
        one.take()


def test_what_a_store_did_before_it_was_copied_still_counts_at_the_server(agency: Agency) -> None:
    """It had locked its book before; refusing would give the pen back to somebody who has told a code."""
    one, two, _three = agency.desks
    assert one.number() == 1
    code = one.release(two)
    new_incarnation(one, agency.server, of=one)
    two.enter(code)
    assert two.number() == 2
    agency.settle()
    assert one.refused == two.refused == []
    assert agency.server.book().holder_desk == two.desk


def test_an_agency_without_a_server_has_no_pens_to_move(desk: Desk) -> None:
    book: dict[str, Any] = {"register_id": arrivals_book(desk), "year": 2026}
    me = desk.make(c.TakePen, **book).desk
    commands = [
        desk.make(c.TakePen, **book),
        desk.make(c.ReturnPen, **book),
        desk.make(c.ReleasePenByCode, to_desk=new_id(), to_incarnation=new_id(), **book),
        desk.make(c.TakePenByCode, code="ABYA-KBGM-26DM-KW23", **book),
        desk.make(c.DeclareDeskDestroyed, lost_desk=me, second_person=new_id(), books=(), reason="Cháy"),
    ]
    for command in commands:
        with pytest.raises(custody.DeskAlone):
            desk.do(command)


def test_a_desk_never_grants_a_pen_to_itself(agency: Agency) -> None:
    one, two, _three = agency.desks
    one.give_back()
    one.push()
    two.pull()
    with pytest.raises(custody.ServerNeeded):
        two.give(c.TakePen, **agency.pen)
    with pytest.raises(custody.ServerNeeded):
        two.give(c.DeclareDeskDestroyed, lost_desk=one.desk, second_person=agency.leader, books=(), reason="Cháy")


def test_no_hand_over_changes_the_next_number_and_each_is_one_epoch_further(agency: Agency) -> None:
    one, two, three = agency.desks
    one.number()
    one.number()
    seen = [(one.book().epoch, one.book().next_number)]
    one.give_back()
    agency.settle()
    two.take()
    three.enter(two.release(three))
    agency.settle()
    for place in (agency.server, *agency.desks):
        seen.append((place.book().epoch, place.book().next_number))
    assert seen == [(1, 3), *[(4, 3)] * 4]
    log = [row for row in agency.server.rows(schema.custody) if row["register_id"] == agency.book]
    assert sorted((row["epoch"], row["next_number"]) for row in log) == [(1, 1), (2, 3), (3, 3), (4, 3), (4, 3)]


# --- guards, switched off -------------------------------------------------------------------------------------


def paper_of(*places: Place, count: int = 1) -> list[int]:
    """Let every place that can number do so; what stands on paper."""
    paper = []
    for place in places:
        for _ in range(count):
            try:
                paper.append(place.number())
            except ClerkDeskError:
                break
    return paper


def doubles(paper: list[int]) -> bool:
    return len(paper) != len(set(paper))


def two_pens_after_a_second_grant(agency: Agency) -> list[int]:
    one, two, _three = agency.desks
    paper = [one.number()]
    one.push()
    one.give_back()
    with suppress(ClerkDeskError):
        one.take()
    paper += paper_of(one)
    one.push(at_most=1)
    with suppress(ClerkDeskError):
        two.take()
    return paper + paper_of(two)


def test_without_the_refusal_of_a_second_grant_two_desks_give_one_number(
    agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    def grant_again(tx: Any, command: c.TakePen, at: dt.datetime) -> custody.PenMoved:
        book = custody.movable_book(tx, command.agency, command.register_id, command.year)
        incarnation = custody.trusted_incarnation(tx, command.agency, command.desk)
        custody.move(
            tx,
            book,
            custody_log.Step(
                CustodyKind.GRANT, None, command.desk, incarnation, book.epoch, book.next_number, command.actor, at
            ),
        )
        return custody.PenMoved(epoch=book.epoch, next_number=book.next_number)

    handler, answer, roles = office.HANDLERS[c.TakePen]
    assert handler is custody.take_pen
    monkeypatch.setattr(office, "HANDLERS", office.HANDLERS | {c.TakePen: (grant_again, answer, roles)})
    assert doubles(two_pens_after_a_second_grant(agency))


def test_with_it_they_do_not(agency: Agency) -> None:
    assert not doubles(two_pens_after_a_second_grant(agency))


def paper_after_a_copy(agency: Agency) -> list[int]:
    """The store of desk 01 runs twice; the copy, a new incarnation, hands the pen on while the first goes on."""
    one, two, _three = agency.desks
    paper = [one.number()]
    one.store.close()
    shutil.copyfile(one.path, one.path.with_name("copy.db"))
    one.store = open_store(one.path, bytes(32))
    one.store.mark = Unmarked()
    second = Place(agency, one.path.with_name("copy.db"), one.desk)
    new_incarnation(second, of=one)
    with suppress(ClerkDeskError):
        two.enter(second.release(two))
    second.close()
    return paper + paper_of(one, two)


@pytest.mark.parametrize("guarded", [True, False])
def test_a_pen_belongs_to_one_incarnation(agency: Agency, monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    if not guarded:
        one = agency.desks[0]
        held = one.book().holder_incarnation
        real = custody_log.incarnation_of
        monkeypatch.setattr(
            "clerkdesk.services.custody.incarnation_of", lambda tx, a, d: held if d == one.desk else real(tx, a, d)
        )
    assert doubles(paper_after_a_copy(agency)) is not guarded


# --- what screens ask -----------------------------------------------------------------------------------------


def test_everybody_can_see_who_holds_what_since_when(agency: Agency, clock: OfficeClock) -> None:
    one, two, three = agency.desks
    clock.forward(hours=1)
    one.give_back(register_id=agency.register("SAO"))
    code = one.release(two)
    assert one.desk is not None and two.desk is not None
    with one.store.reading() as connection:
        held = {book.title: book.words for book in books_held(connection, agency.id, one.desk, 2026)}
        assert released_to(connection, agency.id, one.desk, agency.book, 2026) == "02"
        assert [desk.code for desk in other_desks(connection, agency.id, one.desk)] == ["02", "03"]
    assert held == {
        "Sổ đăng ký văn bản đến": "máy 02 từ 10:00 20/11",
        "Sổ đăng ký văn bản đi": "máy này",
        "Sổ bản sao": "máy chủ",
    }
    two.enter(code)
    two.number()
    with two.store.reading() as connection:
        lines = history_of(connection, agency.id, agency.book, 2026)
        mine = {book.title: book.here for book in books_held(connection, agency.id, two.desk)}
    assert [(line.what, line.from_place, line.to_place, line.epoch, line.who) for line in lines] == [
        ("nhận bằng mã", "", "máy 02", 2, "Nguyễn Văn An"),
        ("mở sổ", "", "máy 01", 1, "Nguyễn Văn An"),
    ]
    assert mine["Sổ đăng ký văn bản đến"]
    agency.settle()
    three.enter(two.release(three))
    with one.store.reading() as connection:
        assert released_to(connection, agency.id, one.desk, agency.book, 2026) == "02"
    agency.settle()
    with one.store.reading() as connection:
        assert released_to(connection, agency.id, one.desk, agency.book, 2026) == ""


def test_a_pen_of_the_store_before_a_restore_is_not_shown_as_here(agency: Agency) -> None:
    one = agency.desks[0]
    new_incarnation(one, of=one)
    with one.store.reading() as connection:
        assert one.desk is not None
        assert not any(book.here for book in books_held(connection, agency.id, one.desk))


# --- who may ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
def test_the_registry_and_administrators_move_pens_and_nobody_else(agency: Agency, role: Role) -> None:
    one, two, _three = agency.desks
    with agency.server.store.writing() as tx:
        tx.execute(
            schema.person.update().where(schema.person.c.id == agency.specialist).values(roles=role.value)
        )  # fmt: skip
    one.push()
    one.pull()
    commands = [
        one.make(c.ReturnPen, **agency.pen),
        one.make(
            c.ReleasePenByCode, register_id=agency.register("DI"), year=2026, to_desk=two.desk,
            to_incarnation=one.incarnation(two.desk or new_id()),
        ),
        one.make(c.TakePenByCode, code="0" * 16, register_id=agency.register("SAO"), year=2026),
    ]  # fmt: skip
    calls = [
        two.make(c.TakePen, **agency.pen),
        two.make(c.DeclareDeskDestroyed, lost_desk=two.desk, second_person=agency.leader, books=(), reason="x"),
    ]

    def outcome(ask: Callable[[], object]) -> bool:
        try:
            ask()
        except RoleMissing:
            return False
        except ClerkDeskError:
            return True
        return True

    by = {"actor": agency.specialist}
    allowed = [outcome(lambda one_=one_: one.do(one_.model_copy(update=by))) for one_ in commands]  # type: ignore[misc]
    allowed += [outcome(lambda call=call: two.ask(call.model_copy(update=by))) for call in calls]  # type: ignore[misc]
    assert set(allowed) == {role in (Role.CLERK, Role.ADMINISTRATOR)}


def test_a_code_cannot_be_checked_without_the_agencys_key(agency: Agency) -> None:
    one, two, _three = agency.desks
    command = two.make(c.TakePenByCode, code=one.release(two), **agency.pen)
    with pytest.raises(CodeKeyMissing):
        execute(two.store, command)


def test_a_desk_with_a_server_needs_the_key_of_its_enrolment_and_one_without_makes_its_own(desk: Desk) -> None:
    own = desk.code_key()
    assert (len(own), desk.code_key()) == (32, own)
    desk.store.path.with_suffix(".code-key").unlink()
    employ(desk, "minhlq", Role.LEADER)
    with desk.store.writing() as tx:
        tx.execute(schema.this_desk.update().values(server_url="https://may-chu.example"))
    with pytest.raises(CodeKeyMissing, match="ghi danh lại"):
        desk.code_key()

"""What only the server can do: one round trip, one effect, the same answers and the same errors as at the desk."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from clerkdesk.server.hub import Hub
from clerkdesk.services import commands as c
from clerkdesk.services.arrivals import ArrivalRegistered, DuplicateArrival
from clerkdesk.services.desk import Desk
from clerkdesk.services.link import AnswerUnknown, ArrivalNeedsServer, NumberNeedsServer, PersonNeedsServer, ServerAway
from clerkdesk.services.outgoing import NumberIssued
from clerkdesk.services.passwords import hash_password
from clerkdesk.services.people import UsernameTaken
from clerkdesk.services.secrecy import SecretDocument
from clerkdesk.services.vocabulary import OutgoingStatus, Role

from ..conftest import OfficeClock
from ..office import (
    PASSWORD,
    arrival_command,
    book,
    bring_to,
    count,
    employ,
    enter,
    register,
    reserve,
    rows,
    steps_of,
)
from .office_net import Post, differences, settle
from .wire import Fault


def calls(desk: Desk) -> list[str]:
    return [row[0] for row in rows(desk.store, 'SELECT state FROM "call" ORDER BY made_at')]


@pytest.fixture
def shared(hub: Hub, first: Post, second: Post) -> Post:
    """The server holds the arrivals book's pen, as after a return."""
    settle(first, second)
    with hub.store.writing() as tx:
        tx.execute(text("UPDATE register_year SET holder_desk = NULL, holder_incarnation = NULL, epoch = epoch + 1"))
    settle(first, second)
    return second


def test_a_number_through_the_server_feels_like_one_of_the_desks_own(hub: Hub, first: Post, shared: Post) -> None:
    assert [register(one.desk).number for one in (first, shared, first)] == [1, 2, 3]
    assert count(first.store, "arrival") >= 2
    outgoing = bring_to(shared.desk, OutgoingStatus.AWAITING_ISSUE)
    issued = shared.desk.do(steps_of(shared.desk, outgoing)["IssueNumber"])
    assert isinstance(issued, NumberIssued)
    assert shared.desk.do(steps_of(shared.desk, outgoing)["RecordSeal"]).subject == outgoing
    assert reserve(shared.desk, book(shared.desk, "DEN").register_id) == 4
    settle(first, shared)
    assert differences(hub, first, shared) == {}


def test_what_is_queued_goes_before_the_call(hub: Hub, shared: Post) -> None:
    shared.offline()
    outgoing = bring_to(shared.desk, OutgoingStatus.AWAITING_ISSUE)
    shared.online()
    shared.sync._failed = -100.0
    assert shared.desk.do(steps_of(shared.desk, outgoing)["IssueNumber"])


def test_a_double_is_the_same_error_with_the_earlier_number(first: Post, shared: Post) -> None:
    command = arrival_command(first.desk)
    first.desk.do(command)
    twin = arrival_command(shared.desk, facts=command.facts)
    with pytest.raises(DuplicateArrival) as caught:
        shared.desk.do(twin)
    assert "số đến 1/2026" in caught.value.message
    again = twin.model_copy(update={"second_copy": True})
    assert shared.desk.do(again).model_dump()["number"] == 2


@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.CUT, Fault.TWICE, Fault.LATE])
def test_one_lost_answer_is_asked_for_again_at_once_and_numbers_once(hub: Hub, shared: Post, fault: Fault) -> None:
    faults = [fault]
    shared.wire.weather = lambda _m, path: faults.pop() if path == "/v1/call" and faults else Fault.NONE
    assert register(shared.desk).number == 1
    shared.wire.deliver_late()
    assert register(shared.desk).number == 2
    assert count(hub.store, "arrival") == 2


def test_an_answer_that_never_comes_leaves_the_form_and_f2_again_gives_the_number(hub: Hub, shared: Post) -> None:
    shared.wire.weather = lambda _m, path: Fault.ANSWER_LOST if path == "/v1/call" else Fault.NONE
    command = arrival_command(shared.desk)
    with pytest.raises(AnswerUnknown):
        shared.desk.do(command)
    assert calls(shared.desk) == ["ASKED"]
    shared.online()
    shared.sync.round()
    assert calls(shared.desk) == ["DONE"]  # its effect came down with the records
    answer = shared.desk.do(command)
    assert isinstance(answer, ArrivalRegistered)
    assert answer.number == 1
    assert count(hub.store, "arrival") == 1


def test_a_desk_that_was_killed_before_the_answer_asks_again_by_itself(
    hub: Hub, shared: Post, clock: OfficeClock
) -> None:
    shared.wire.weather = lambda _m, path: Fault.LATE if path == "/v1/call" else Fault.NONE
    command = arrival_command(shared.desk)
    with pytest.raises(AnswerUnknown):
        shared.desk.do(command)
    shared.wire.late.clear()  # it never arrived
    shared.online()
    clock.forward(minutes=1)
    shared.sync.round()
    assert calls(shared.desk) == ["DONE"]
    assert shared.desk.do(command).model_dump()["number"] == 1
    assert count(hub.store, "arrival") == 1


def test_a_form_that_was_thrown_away_is_not_asked_again(hub: Hub, shared: Post, clock: OfficeClock) -> None:
    shared.wire.weather = lambda _m, path: Fault.LATE if path == "/v1/call" else Fault.NONE
    command = arrival_command(shared.desk)
    with pytest.raises(AnswerUnknown):
        shared.desk.do(command)
    shared.wire.late.clear()
    shared.desk.drop_draft(command.uid)
    shared.online()
    clock.forward(minutes=1)
    shared.sync.round()
    assert count(hub.store, "arrival") == 0


def test_offline_each_command_says_what_to_do_instead(shared: Post) -> None:
    outgoing = bring_to(shared.desk, OutgoingStatus.AWAITING_ISSUE)
    settle(shared)
    shared.offline()
    with pytest.raises(ArrivalNeedsServer) as arrival:
        register(shared.desk)
    assert (arrival.value.way_out, "Phiếu vẫn được giữ" in arrival.value.message) == ("emergency", True)
    with pytest.raises(NumberNeedsServer) as number:
        shared.desk.do(steps_of(shared.desk, outgoing)["IssueNumber"])
    assert number.value.way_out == "telephone"
    with pytest.raises(ServerAway):
        employ(shared.desk, "binhtt", Role.CLERK)
    enter(shared.desk)  # drafts need no server
    assert "ASKED" not in calls(shared.desk)  # nothing will be asked behind the clerk's back


def test_a_secret_document_does_not_even_leave_the_machine(shared: Post) -> None:
    shared.wire.requests.clear()
    with pytest.raises(SecretDocument):
        register(shared.desk, subject="Tuyệt mật: kế hoạch phòng thủ")
    assert shared.wire.requests == []
    assert calls(shared.desk) == []


def test_people_are_the_servers_and_known_to_it(hub: Hub, first: Post, second: Post) -> None:
    person = employ(second.desk, "binhtt", Role.CLERK)
    with pytest.raises(UsernameTaken) as caught:
        employ(second.desk, "binhtt", Role.CLERK)
    assert caught.value.field == "username"
    settle(first, second)
    assert differences(hub, first, second) == {}
    session = first.desk.log_in("binhtt", PASSWORD)
    assert session.must_change_password
    first.desk.do(first.desk.make(c.SetPassword, person=person, password_hash=hash_password("Khac#2026")))
    assert not first.desk.log_in("binhtt", "Khac#2026").must_change_password
    for store in (first.store, second.store):
        kept = json.dumps([tuple(map(str, row)) for row in rows(store, 'SELECT * FROM "call"')])
        assert "argon2" not in kept


def test_who_logged_in_without_the_server_must_log_in_again_for_what_it_must_know(second: Post) -> None:
    second.desk.log_out()
    second.offline()
    second.desk.log_in("annv", PASSWORD)
    second.online()
    second.sync.round()
    with pytest.raises(PersonNeedsServer):
        employ(second.desk, "binhtt", Role.CLERK)
    second.desk.log_in("annv", PASSWORD)
    employ(second.desk, "binhtt", Role.CLERK)

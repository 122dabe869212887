"""Calls: the server's own pen numbers, each command once, for whoever may ask it."""

from __future__ import annotations

from typing import Any

import pytest

from clerkdesk.server.hub import Hub
from clerkdesk.services import commands as c
from clerkdesk.services.desk import Desk
from clerkdesk.services.ids import new_id
from clerkdesk.services.passwords import hash_password
from clerkdesk.services.registers import arrivals_preset
from clerkdesk.services.vocabulary import Role

from ..office import PASSWORD, arrival_facts
from .desks import Remote, book_at_server, join, make


@pytest.fixture
def book(remote: Remote, desk: Desk) -> c.RegisterArrival:
    """A registration in a register whose pen the server holds."""
    register_id = book_at_server(remote, desk)
    command: c.RegisterArrival = make(remote, desk, c.RegisterArrival, register_id=register_id, facts=arrival_facts())
    return command


def numbers(answer: dict[str, Any]) -> list[int]:
    return [one["record"]["number"] for one in answer["records"] if one["name"] == "arrival"]


def again(command: c.RegisterArrival, **changes: Any) -> c.RegisterArrival:
    return command.model_copy(update={"uid": new_id(), "facts": arrival_facts()} | changes)


def test_a_call_gives_number_result_and_records(remote: Remote, book: c.RegisterArrival) -> None:
    answer = remote.call(book)
    assert numbers(answer) == [1]
    assert '"number":1' in answer["result"]
    assert {one["name"] for one in answer["records"]} == {"register_year", "entry", "arrival", "history"}
    assert numbers(remote.call(again(book))) == [2]


def test_the_same_call_again_gets_the_first_answer(remote: Remote, book: c.RegisterArrival) -> None:
    first = remote.call(book)
    second = remote.call(book)
    assert second["result"] == first["result"]
    changed = book.model_copy(update={"facts": arrival_facts(subject="Nội dung khác")})
    assert remote.call(changed)["code"] == "UidReused"
    assert numbers(remote.call(again(book))) == [2]


def test_a_refused_call_names_the_rule_and_takes_no_number(remote: Remote, book: c.RegisterArrival) -> None:
    remote.call(book)
    answer = remote.call(again(book, facts=book.facts))
    assert answer["code"] == "DuplicateArrival"
    assert answer["facts"]["number"] == "1"
    assert "đã vào sổ" in answer["sentence"]
    assert numbers(remote.call(again(book))) == [2]


def test_central_commands_need_the_persons_own_session(remote: Remote, desk: Desk) -> None:
    person = c.NewPerson(id=new_id(), username="binhtt", full_name="Trần Thị Bình", roles=frozenset({Role.CLERK}))
    command = make(remote, desk, c.AddPerson, person=person, password_hash=hash_password(PASSWORD))
    assert remote.call(command)["code"] == "OnlyAtServer"
    assert remote.log_in("annv", "Sai!1234").status_code == 401
    assert remote.log_in("annv", PASSWORD).status_code == 200
    answer = remote.call(command)
    assert "person" in {one["name"] for one in answer["records"]}
    assert "argon2" not in str(answer)
    remote.log_in("binhtt", PASSWORD)
    other = make(remote, desk, c.AddPerson, person=person, password_hash="x")
    assert remote.call(other)["code"] == "OnlyAtServer"
    mine = make(remote, desk, c.AddPerson, actor=person.id, person=person, password_hash="x")
    assert remote.call(mine)["code"] == "RoleMissing"


def test_a_dismissed_persons_session_and_commands_end(remote: Remote, desk: Desk, book: c.RegisterArrival) -> None:
    person = c.NewPerson(id=new_id(), username="binhtt", full_name="Trần Thị Bình", roles=frozenset({Role.CLERK}))
    remote.call(make(remote, desk, c.AddPerson, person=person, password_hash=hash_password(PASSWORD)))
    annv = remote.person_token
    remote.log_in("binhtt", PASSWORD)
    binhtt = remote.person_token
    assert numbers(remote.call(again(book, actor=person.id))) == [1]
    remote.person_token = annv
    gone = c.ChangePerson
    remote.call(make(remote, desk, gone, person=person.id, position="", unit=None, roles=person.roles, active=False))
    assert remote.call(again(book, actor=person.id))["code"] == "AccountClosed"
    remote.person_token = binhtt
    assert remote.call_raw(again(book, actor=person.id)).status_code == 401


def test_a_new_desk_numbers_in_the_same_book(hub: Hub, remote: Remote, desk: Desk, book: c.RegisterArrival) -> None:
    other = join(hub, remote.http, remote.agency)
    assert numbers(remote.call(book)) == [1]
    assert numbers(other.call(again(book, desk=other.desk))) == [2]
    assert numbers(remote.call(again(book))) == [3]
    codes = [one["code"] for one in other.get("/v1/desks").json()]
    assert codes == ["01", "02"]


def test_a_call_in_a_book_whose_pen_is_at_a_desk_is_refused(remote: Remote, desk: Desk) -> None:
    from ..office import arrivals_book

    command = make(remote, desk, c.RegisterArrival, register_id=arrivals_book(desk), facts=arrival_facts())
    assert remote.call(command)["code"] == "PenElsewhere"


def test_what_a_desk_does_itself_is_not_called(remote: Remote, desk: Desk) -> None:
    assert remote.call(make(remote, desk, c.AddCorrespondent, name="Sở X"))["code"] == "KindUnknown"
    assert arrivals_preset().code == "DEN"

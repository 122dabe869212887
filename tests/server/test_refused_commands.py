"""What the server does not accept: nothing is lost, nothing is overwritten, no number disappears."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from uuid import UUID

from fastapi.testclient import TestClient
from sqlalchemy import text

from clerkdesk.server.hub import Hub
from clerkdesk.services import commands as c
from clerkdesk.services import numbering
from clerkdesk.services.audit import entry_hash
from clerkdesk.services.clock import now
from clerkdesk.services.desk import Desk
from clerkdesk.services.ids import new_id
from clerkdesk.services.vocabulary import Role
from clerkdesk.sync.messages import Pushed

from ..office import PASSWORD, arrival_command, arrivals_book, employ, register
from .desks import Remote, log_of, make
from .test_access import trouble


def entries(hub: Hub) -> list[tuple[Any, ...]]:
    with hub.store.reading() as connection:
        rows = connection.execute(text("SELECT number, state, holder FROM entry ORDER BY number"))
        return [tuple(row) for row in rows]


def execute(hub: Hub, sql: str, **values: object) -> None:
    with hub.store.writing() as tx:
        tx.execute(text(sql), values)


def signed_again(remote: Remote, pushed: Pushed, **changes: Any) -> Pushed:
    """The entry with other words and a hash that fits them: what who owns the desk's store could write."""
    facts = pushed.model_dump() | changes
    facts["hash"] = entry_hash(
        bytes.fromhex(facts["previous_hash"]), facts["seq"], facts["uid"], facts["kind"], facts["actor"], remote.desk,
        facts["made_at"], facts["recorded_at"], facts["body"], facts["result"],
    ).hex()  # fmt: skip
    return Pushed(**facts)


def test_a_body_changed_on_the_way_is_turned_down_whole(hub: Hub, remote: Remote, desk: Desk) -> None:
    register(desk)
    register(desk)
    first, second = log_of(desk)[-2:]
    body = json.loads(second.body)
    body["facts"]["subject"] = "Nội dung khác"
    cursor = remote.pull(0)["cursor"]
    assert trouble(remote.push_raw([first, second.model_copy(update={"body": json.dumps(body)})])) == "bad"
    assert trouble(remote.push_raw([first.model_copy(update={"actor": new_id()}), second])) == "bad"
    assert remote.pull(0)["cursor"] == cursor
    assert [one.verdict.value for one in remote.push([first, second])] == ["applied", "applied"]


def test_a_result_that_the_server_does_not_reach_is_refused_and_the_number_held(
    hub: Hub, remote: Remote, desk: Desk
) -> None:
    register(desk)
    last = log_of(desk)[-1]
    body = json.loads(last.body)
    body["second_copy"] = True
    result = json.loads(last.result) | {"subject": str(new_id())}
    (answer,) = remote.push([signed_again(remote, last, body=json.dumps(body), result=json.dumps(result))])
    assert (answer.verdict.value, answer.code) == ("refused", "ResultDiffers")
    assert answer.held is not None
    assert (answer.held.number, answer.held.register_id) == (1, arrivals_book(desk))
    assert entries(hub) == [(1, "RESERVED", numbering.REFUSED_HOLDER)]


def test_a_dismissed_persons_command_is_refused_its_number_waits_for_the_command_sent_again(
    hub: Hub, remote: Remote, desk: Desk
) -> None:
    person = employ(desk, "binhtt", Role.CLERK)
    remote.log_in("annv", PASSWORD)
    facts = c.NewPerson(id=person, username="binhtt", full_name="Trần Thị Bình", roles=frozenset({Role.CLERK}))
    remote.call(make(remote, desk, c.AddPerson, person=facts, password_hash="!"))
    remote.call(
        make(remote, desk, c.ChangePerson, person=person, position="", unit=None, roles=facts.roles, active=False)
    )
    # The desk has not heard of it, and has entered the account itself before.
    before = log_of(desk)[-1].seq
    command = arrival_command(desk).model_copy(update={"actor": person})
    desk.do(command)
    register(desk)
    employed, refused, applied = (*log_of(desk, before - 1),)
    answers = remote.push([employed, refused, applied])
    assert [one.verdict.value for one in answers] == ["refused", "refused", "applied"]
    assert answers[0].code == "OnlyAtServer"
    assert answers[1].code == "AccountClosed"
    assert answers[1].held is not None
    assert answers[1].held.number == 1
    assert entries(hub) == [(1, "RESERVED", numbering.REFUSED_HOLDER), (2, "LIVE", "")]
    assert [one.model_dump() for one in remote.push([employed, refused])] == [one.model_dump() for one in answers[:2]]
    assert 'what="not_allowed"' in hub.figures.text().decode()
    records = remote.get(f"/v1/records/{command.uid}").json()["changes"]
    assert {one["name"] for one in records} == {"refusal", "entry", "register_year"}
    kept = next(one["record"] for one in records if one["name"] == "refusal")
    assert json.loads(kept["body"])["facts"]["subject"] == command.facts.subject
    # Sent again by somebody who may, under the number that stands on paper.
    again = make(
        remote, desk, c.RegisterArrival, register_id=command.register_id, facts=command.facts, reserved_number=1
    )
    desk_side = signed_log_entry(remote, applied, again, f'{{"subject":"{again.uid}","number":1,"year":2026}}')
    (answer,) = remote.push([desk_side])
    assert answer.verdict.value == "applied", answer
    assert entries(hub)[0][:2] == (1, "LIVE")


def signed_log_entry(remote: Remote, last: Pushed, command: c.Command, result: str) -> Pushed:
    """What a desk would append to its log for this command."""
    body = command.model_dump_json(exclude={"uid", "agency", "actor", "desk", "made_at"}, exclude_defaults=True)
    return signed_again(
        remote, last, seq=last.seq + 1, uid=command.uid, kind=type(command).__name__, actor=command.actor,
        made_at=command.made_at, recorded_at=now(), body=body, result=result, previous_hash=last.hash,
    )  # fmt: skip


def test_a_uid_with_another_body_is_refused(hub: Hub, remote: Remote, desk: Desk) -> None:
    register(desk)
    last = log_of(desk)[-1]
    remote.push([last])
    body = json.loads(last.body)
    body["facts"]["subject"] = "Nội dung khác"
    forged = signed_again(remote, last, seq=last.seq + 1, previous_hash=last.hash, body=json.dumps(body))
    (answer,) = remote.push([forged])
    assert (answer.verdict.value, answer.code) == ("refused", "UidReused")
    assert 'what="uid_reused"' in hub.figures.text().decode()


def test_two_stores_of_one_desk_are_seen_and_suspended(hub: Hub, remote: Remote, desk: Desk) -> None:
    register(desk)
    mine = log_of(desk)[-1]
    twin = signed_again(remote, mine, uid=new_id())
    remote.push([mine])
    assert trouble(remote.push_raw([twin])) == "suspended"
    assert trouble(remote.push_raw([mine])) == "suspended"
    assert trouble(remote.get("/v1/desks")) == "suspended"
    assert trouble(remote.prove()) == "suspended"
    assert 'what="fork"' in hub.figures.text().decode()
    assert [one[0] for one in entries(hub)] == [1]


def test_a_fork_further_on_is_seen_by_the_hash_before(hub: Hub, remote: Remote, desk: Desk) -> None:
    register(desk)
    register(desk)
    first, second = log_of(desk)[-2:]
    remote.push([first])
    twin = signed_again(remote, second, uid=new_id(), previous_hash="11" * 32)
    assert trouble(remote.push_raw([twin])) == "suspended"


def test_entries_that_are_missing_before_are_waited_for(remote: Remote, desk: Desk) -> None:
    register(desk)
    register(desk)
    first, second = log_of(desk)[-2:]
    (answer,) = remote.push([second])
    assert (answer.verdict.value, answer.code) == ("waiting", "EntriesMissing")
    assert [one.verdict.value for one in remote.push([first, second])] == ["applied", "applied"]


def take_the_pen(hub: Hub, desk: Desk, *, next_number: int = 1) -> None:
    """As a telephone code or two people's declaration does it: the desk is not asked."""
    book = arrivals_book(desk)
    with hub.store.writing() as tx:
        issue = numbering.Issue(desk.agency_id, book, 2026, new_id(), desk.person.id, new_id(), now())
        numbering.enter_holes(tx, issue, next_number - 1, "Nhận bàn giao qua điện thoại")
        tx.execute(
            text("UPDATE register_year SET holder_desk = NULL, epoch = epoch + 1 WHERE register_id = :book"),
            {"book": str(book)},
        )


def test_numbers_of_a_pen_that_was_taken_fill_their_holes_only(hub: Hub, remote: Remote, desk: Desk) -> None:
    for _ in range(3):
        register(desk)
    take_the_pen(hub, desk, next_number=3)
    assert entries(hub) == [(1, "RESERVED", numbering.LOST_HOLDER), (2, "RESERVED", numbering.LOST_HOLDER)]
    answers = remote.push(log_of(desk)[-3:])
    assert [one.verdict.value for one in answers] == ["applied", "applied", "refused"]
    assert answers[2].code == "PenElsewhere"
    assert answers[2].held is None
    assert [one[:2] for one in entries(hub)] == [(1, "LIVE"), (2, "LIVE")]
    assert 'what="quarantined"' in hub.figures.text().decode()
    with hub.store.reading() as connection:
        moments = connection.execute(text("SELECT number, registered_at FROM arrival ORDER BY number")).all()
    with desk.store.reading() as connection:
        theirs = connection.execute(text("SELECT number, registered_at FROM arrival ORDER BY number")).all()
    assert moments == theirs[:2]


def test_a_pen_of_another_incarnation_writes_nothing(hub: Hub, remote: Remote, desk: Desk) -> None:
    execute(hub, "UPDATE register_year SET holder_incarnation = :other", other=str(new_id()))
    register(desk)
    (answer,) = remote.push(log_of(desk)[-1:])
    assert (answer.verdict.value, answer.code) == ("refused", "PenElsewhere")
    assert entries(hub) == []


def test_a_closed_book_takes_nothing_more(hub: Hub, remote: Remote, desk: Desk) -> None:
    execute(hub, "UPDATE register_year SET state = 'CLOSED' WHERE register_id = :book", book=str(arrivals_book(desk)))
    register(desk)
    (answer,) = remote.push(log_of(desk)[-1:])
    assert (answer.verdict.value, answer.code) == ("refused", "RegisterClosed")
    assert entries(hub) == []


def test_central_commands_are_not_pushed_once_the_log_is_brought(remote: Remote, desk: Desk) -> None:
    employ(desk, "binhtt", Role.CLERK)
    (answer,) = remote.push(log_of(desk)[-1:])
    assert (answer.verdict.value, answer.code) == ("refused", "OnlyAtServer")


def test_nothing_of_a_secret_document_is_kept(hub: Hub, http: TestClient, remote: Remote, desk: Desk) -> None:
    execute(
        hub, "INSERT INTO setting VALUES (:agency, 'exclusions', :value)", agency=str(remote.agency),
        value=json.dumps(["Về việc ban hành Kế hoạch"]),
    )  # fmt: skip
    register(desk)
    (answer,) = remote.push(log_of(desk)[-1:])
    assert (answer.verdict.value, answer.code) == ("refused", "ExcludedDocument")
    with hub.store.reading() as connection:
        assert connection.execute(text("SELECT body FROM refusal")).scalar_one() == "{}"
    assert "cải cách hành chính" not in remote.get("/v1/pull", cursor=0).text
    assert entries(hub) == [(1, "RESERVED", numbering.REFUSED_HOLDER)]  # the number is on paper all the same


def test_a_desks_clock_that_is_years_off_does_no_harm(hub: Hub, remote: Remote, desk: Desk) -> None:
    register(desk)
    last = log_of(desk)[-1]
    later = signed_again(remote, last, recorded_at=last.recorded_at + dt.timedelta(days=3650))
    (answer,) = remote.push([later])
    assert answer.verdict.value in ("applied", "refused")
    assert UUID(str(answer.uid)) == last.uid

"""Numbers that come late: of a batch, of a desk that was set aside, of a desk's store before it was restored."""

from __future__ import annotations

import json
import shutil
from typing import Any
from uuid import UUID

from fastapi.testclient import TestClient
from sqlalchemy import text

from clerkdesk.places import state_folder
from clerkdesk.server.hub import Hub
from clerkdesk.services import commands as c
from clerkdesk.services import numbering
from clerkdesk.services.clock import now
from clerkdesk.services.custody_log import CustodyKind, Step, note
from clerkdesk.services.desk import Desk
from clerkdesk.services.execution import Execution, carried_out
from clerkdesk.services.ids import new_id

from ..office import PASSWORD, arrival_facts, arrivals_book, register
from .desks import Remote, bring, code_for, log_of
from .test_refused_commands import entries, execute, signed_again


def number_a_pile(desk: Desk, lines: int) -> None:
    """Enter a pile of documents as one batch."""
    book = arrivals_book(desk)
    pile = tuple(
        c.WaitingLine(id=new_id(), facts=arrival_facts(), received_at=now(), position=place) for place in range(lines)
    )
    desk.do(desk.make(c.AddWaiting, register_id=book, lines=pile))
    with desk.store.reading() as connection:
        following = numbering.next_number(connection, desk.agency_id, book, 2026)
    assert following is not None
    first = c.FirstNumber(year=2026, number=following)
    desk.do(
        desk.make(c.NumberWaiting, register_id=book, lines=tuple(one.id for one in pile), first_numbers=(first,))
    )  # fmt: skip


def restored(desk: Desk) -> Desk:
    """The same desk after its store has lost its mark, as a restored or copied one has: a new incarnation."""
    path = desk.store.path
    desk.close()
    shutil.rmtree(state_folder(path.parent))
    again = Desk.open(path)
    again.log_in("annv", PASSWORD)
    return again


def incarnation_of(desk: Desk) -> UUID:
    with desk.store.reading() as connection:
        return UUID(connection.execute(text("SELECT incarnation FROM desk")).scalar_one())


def verdicts(remote: Remote, desk: Desk, after: int) -> list[tuple[str, str]]:
    return [(one.verdict.value, one.code) for one in remote.push(log_of(desk, after))]


def last_seq(desk: Desk) -> int:
    return log_of(desk)[-1].seq


def held_here(hub: Hub, desk: Desk) -> Any:
    with hub.store.reading() as connection:
        found = connection.execute(
            text("SELECT holder_desk, holder_incarnation, next_number FROM register_year WHERE register_id = :book"),
            {"book": str(arrivals_book(desk))},
        ).one()
        return tuple(found)


def test_a_batch_comes_with_its_numbers(hub: Hub, remote: Remote, desk: Desk) -> None:
    before = last_seq(desk)
    number_a_pile(desk, 3)
    register(desk)
    assert {one[0] for one in verdicts(remote, desk, before)} == {"applied"}
    assert entries(hub) == [(number, "LIVE", "") for number in (1, 2, 3, 4)]


def test_the_numbers_of_a_refused_batch_are_all_held(hub: Hub, remote: Remote, desk: Desk) -> None:
    before = last_seq(desk)
    number_a_pile(desk, 3)
    added, batch = log_of(desk, before)
    body = json.loads(batch.body)
    body["lines"] = [*body["lines"][:2], str(new_id())]
    answers = remote.push([added, signed_again(remote, batch, body=json.dumps(body))])
    assert [(one.verdict.value, one.code) for one in answers] == [("applied", ""), ("refused", "PileChanged")]
    assert answers[1].held is None
    assert entries(hub) == [(number, "RESERVED", numbering.REFUSED_HOLDER) for number in (1, 2, 3)]


def test_a_batch_that_says_other_numbers_is_refused(hub: Hub, remote: Remote, desk: Desk) -> None:
    before = last_seq(desk)
    number_a_pile(desk, 3)
    added, batch = log_of(desk, before)
    result = json.loads(batch.result)
    result["runs"][0] |= {"first": 1, "last": 10**12}
    answers = remote.push([added, signed_again(remote, batch, result=json.dumps(result))])
    assert [(one.verdict.value, one.code) for one in answers] == [("applied", ""), ("refused", "ResultDiffers")]
    assert entries(hub) == []


def test_a_batch_fills_the_holes_that_wait_for_it(hub: Hub, remote: Remote, desk: Desk) -> None:
    before = last_seq(desk)
    number_a_pile(desk, 3)
    take_over(hub, desk, 5, numbering.LOST_HOLDER, lost=remote.desk)
    assert {one[0] for one in verdicts(remote, desk, before)} == {"applied"}
    assert [one[:2] for one in entries(hub)] == [(n, "LIVE" if n < 4 else "RESERVED") for n in range(1, 6)]


def take_over(hub: Hub, desk: Desk, last: int, holder: str, *, lost: UUID) -> None:
    """As two people's declaration does it at the server: the book goes on there, behind `last`."""
    book = arrivals_book(desk)
    execute(hub, "UPDATE register_year SET state = 'SUSPENDED' WHERE register_id = :book", book=str(book))
    issue = numbering.Issue(desk.agency_id, book, 2026, new_id(), desk.person.id, new_id(), now())
    with hub.store.writing() as tx, carried_out(Execution(None, at_server=True)):
        numbering.resume_behind(tx, issue, last, "Máy hỏng", holder)
        note(
            tx, desk.agency_id, book, 2026,
            Step(CustodyKind.TAKEOVER, lost, None, None, 2, 1, desk.person.id, now(), desk.person.id, last, "Máy hỏng"),
        )  # fmt: skip
        tx.execute(text("UPDATE register_year SET epoch = 2 WHERE register_id = :book"), {"book": str(book)})


def test_numbers_kept_for_a_desk_that_was_set_aside_are_filled_by_its_own_documents(
    hub: Hub, remote: Remote, desk: Desk
) -> None:
    before = last_seq(desk)
    register(desk)
    register(desk)
    take_over(hub, desk, 4, numbering.SET_ASIDE_HOLDER, lost=remote.desk)
    assert verdicts(remote, desk, before) == [("applied", ""), ("applied", "")]
    kept = (4, "RESERVED", numbering.SET_ASIDE_HOLDER)
    assert entries(hub) == [
        (1, "LIVE", numbering.SET_ASIDE_HOLDER), (2, "LIVE", numbering.SET_ASIDE_HOLDER), (3, *kept[1:]), kept
    ]  # fmt: skip


def test_numbers_kept_for_another_desk_are_not_filled(hub: Hub, remote: Remote, desk: Desk) -> None:
    before = last_seq(desk)
    register(desk)
    take_over(hub, desk, 2, numbering.SET_ASIDE_HOLDER, lost=new_id())
    assert verdicts(remote, desk, before) == [("refused", "PenElsewhere")]
    assert entries(hub) == [(number, "RESERVED", numbering.SET_ASIDE_HOLDER) for number in (1, 2)]


def test_what_a_store_stamped_before_it_was_restored_is_taken_once_it_has_enrolled_again(
    hub: Hub, remote: Remote, desk: Desk
) -> None:
    """The pen stays with the store of before, until it is declared; nothing is given under it afterwards."""
    before, old = last_seq(desk), remote.incarnation
    register(desk)
    register(desk)
    again = restored(desk)
    try:
        remote.incarnation = incarnation_of(again)
        assert remote.incarnation != old
        assert remote.prove().status_code != 200
        remote.enrol(code_for(hub, remote.agency))
        remote.come()
        log = log_of(again, before)
        assert [one.kind for one in log] == ["RegisterArrival", "RegisterArrival", "BeginIncarnation"]
        assert [one.verdict.value for one in remote.push(log)] == ["applied"] * 3
        assert entries(hub) == [(1, "LIVE", ""), (2, "LIVE", "")]
        assert held_here(hub, again) == (str(remote.desk), str(old), 3)
        # A number that says to be from behind the restore: no store had the pen then.
        result = json.dumps({**json.loads(log[1].result), "number": 3})
        body = json.loads(log[1].body) | {"facts": json.loads(log[1].body)["facts"] | {"code_number": "777"}}
        late = signed_again(
            remote, log[1], seq=log[-1].seq + 1, previous_hash=log[-1].hash, uid=new_id(), result=result,
            body=json.dumps(body),
        )  # fmt: skip
        (answer,) = remote.push([late])
        assert (answer.verdict.value, answer.code, answer.held) == ("refused", "PenElsewhere", None)
        assert held_here(hub, again)[2] == 3
    finally:
        again.close()


def test_an_agency_whose_desk_was_restored_twice_is_brought_whole(hub: Hub, http: TestClient, desk: Desk) -> None:
    book = arrivals_book(desk)
    for _ in range(2):
        register(desk)
        with desk.store.reading() as connection:
            last = numbering.next_number(connection, desk.agency_id, book, 2026)
        assert last is not None
        desk = restored(desk)
        desk.do(desk.make(c.ConfirmLastNumber, register_id=book, year=2026, last_number=last, reason="Đã xem sổ giấy"))
        register(desk)
    try:
        bring(hub, http, desk)
        with desk.store.reading() as connection:
            theirs = [tuple(row) for row in connection.execute(text("SELECT number, state, holder FROM entry"))]
        assert entries(hub) == sorted(theirs)
        assert len(theirs) == 6
        assert held_here(hub, desk)[2] == 7
    finally:
        desk.close()

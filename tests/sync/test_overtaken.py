"""What was fetched before this desk did something more is out of date: it is fetched again, never written over it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from clerkdesk.server.hub import Hub
from clerkdesk.services import commands as c
from clerkdesk.services.arrivals import arrival_by_id

from ..office import arrival_facts, register, subject_of
from .office_net import Post, differences, settle
from .test_exchange import finish


def behind_the_pull(post: Post, act: Callable[[], object]) -> None:
    """Do something when the next page has been fetched and is not yet written."""
    ask, acts = post.wire.request, [act]

    def request(method: str, path: str, **named: Any) -> httpx.Response:
        answer = ask(method, path, **named)
        if path.startswith("/v1/pull") and acts:
            acts.pop()()
        return answer

    post.wire.request = request  # type: ignore[method-assign]


def a_correction_of_the_other_desk(first: Post, second: Post) -> UUID:
    arrival = subject_of(register(first.desk))
    settle(first, second)
    facts = arrival_facts(subject="Sửa ở máy hai")
    second.desk.do(second.desk.make(c.CorrectArrival, arrival=arrival, facts=facts, reason="Gõ nhầm"))
    second.sync.round()
    return arrival


def test_a_command_given_between_fetching_and_writing(hub: Hub, first: Post, second: Post) -> None:
    arrival = a_correction_of_the_other_desk(first, second)

    def act() -> None:
        finish(first.desk, arrival)
        first.offline()

    behind_the_pull(first, act)
    assert not first.round()
    assert first.desk.read(arrival_by_id, arrival)["status"] == "COMPLETED"
    first.online()
    settle(first, second)
    assert first.desk.read(arrival_by_id, arrival)["subject"] == "Sửa ở máy hai"
    assert differences(hub, first, second) == {}


def test_a_call_made_between_fetching_and_writing(hub: Hub, first: Post, second: Post) -> None:
    arrival = a_correction_of_the_other_desk(first, second)
    with hub.store.writing() as tx:
        tx.execute(text("UPDATE register_year SET holder_desk = NULL, holder_incarnation = NULL, epoch = epoch + 1"))
    settle(first)
    second.desk.do(
        second.desk.make(c.CorrectArrival, arrival=arrival, facts=arrival_facts(subject="Sửa nữa"), reason="Gõ nhầm")
    )
    second.sync.round()

    def act() -> None:
        finish(first.desk, arrival)
        register(first.desk)  # by a call, which hands in what is queued first
        first.offline()

    behind_the_pull(first, act)
    assert not first.round()
    assert first.desk.read(arrival_by_id, arrival)["status"] == "COMPLETED"
    first.online()
    settle(first, second)
    assert differences(hub, first, second) == {}

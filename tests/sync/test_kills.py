"""The desk is killed before any statement of push, pull, snapshot, call and taking back; afterwards nothing is amiss."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastapi.testclient import TestClient
from sqlalchemy import event, text

from clerkdesk.places import state_folder
from clerkdesk.server.hub import Hub
from clerkdesk.services import commands as c
from clerkdesk.services.desk import Desk
from clerkdesk.services.vocabulary import ArrivalStatus, Role

from ..office import PASSWORD, arrival_command, count, dismiss, employ, register, subject_of
from .office_net import Post, differences, link, settle
from .test_refusals import tray


class Killed(BaseException):
    """The program is gone."""


@contextmanager
def killed(desk: Desk, at: int) -> Iterator[list[str]]:
    """Kill the program before the statement number `at`, from 1, or at a commit; 0 only listens."""
    seen: list[str] = []

    def before(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        strike(statement)

    def commit(_connection: object) -> None:
        strike("COMMIT")

    def strike(what: str) -> None:
        seen.append(what)
        if len(seen) == at:
            raise Killed

    event.listen(desk.store.engine, "before_cursor_execute", before)
    event.listen(desk.store.engine, "commit", commit)
    try:
        yield seen
    finally:
        event.remove(desk.store.engine, "before_cursor_execute", before)
        event.remove(desk.store.engine, "commit", commit)


def at_every_statement(
    post: Post, http: TestClient, act: Callable[[Post], object], check: Callable[[Post], object]
) -> int:
    """Let the desk begin the act from the same state again and again, killed one statement later each time.

    Returns: how many statements there were.
    """
    path = post.store.path
    post.desk.close()
    places = (path.parent, state_folder(path.parent))
    saved = [shutil.copytree(place, place.with_name(place.name + "-saved")) for place in places]
    at = 0
    while True:
        at += 1
        for place, as_it_was in zip(places, saved, strict=True):
            shutil.copytree(
                as_it_was, place, dirs_exist_ok=True
            )  # into the same files: a kill makes no copy of a store
        again = link(Desk.open(path), http)
        finished = True
        with killed(again.desk, at) as seen:
            try:
                act(again)
            except Killed:
                finished = False
        if not finished:
            again.desk.close()
            again = link(Desk.open(path), http)
        again.sync.round()
        check(again)
        again.desk.close()
        assert not [*path.parent.glob("*-wal")]
        if finished:
            return len(seen)


def exchange(post: Post) -> None:
    """One round of the background."""
    post.sync.round()


def test_killed_anywhere_in_push_and_pull(hub: Hub, http: TestClient, first: Post, second: Post) -> None:
    arrival = subject_of(register(first.desk))
    settle(first, second)
    second.desk.do(second.desk.make(c.AddCorrespondent, name="Công ty Cây xanh Sông Hương"))
    settle(second)
    register(first.desk)
    first.desk.do(first.desk.make(c.FinishArrival, arrival=arrival, status=ArrivalStatus.READ_CONFIRMED))

    def check(post: Post) -> None:
        assert differences(hub, post) == {}
        assert count(hub.store, "arrival") == 2

    assert at_every_statement(first, http, exchange, check) > 25


def test_killed_anywhere_in_a_snapshot(hub: Hub, http: TestClient, first: Post, second: Post) -> None:
    register(first.desk)
    settle(first)
    with second.store.writing() as tx:
        tx.execute(text("UPDATE this_desk SET cursor = -1"))

    def check(post: Post) -> None:
        assert differences(hub, post) == {}

    assert at_every_statement(second, http, exchange, check) > 25


def test_killed_anywhere_in_a_call(hub: Hub, http: TestClient, first: Post, second: Post) -> None:
    settle(first, second)
    with hub.store.writing() as tx:
        tx.execute(text("UPDATE register_year SET holder_desk = NULL, holder_incarnation = NULL, epoch = epoch + 1"))
    settle(first, second)
    command = arrival_command(second.desk)

    def check(post: Post) -> None:
        assert post.desk.do(command).model_dump()["number"] == 1
        post.sync.round()
        assert count(hub.store, "arrival") == 1
        assert differences(hub, post) == {}

    assert at_every_statement(second, http, lambda post: post.desk.do(command), check) > 12


def test_killed_anywhere_while_a_refused_command_is_taken_back(
    hub: Hub, http: TestClient, first: Post, second: Post
) -> None:
    person = employ(first.desk, "binhtt", Role.CLERK)
    settle(first, second)
    first.desk.log_in("binhtt", PASSWORD)
    settle(first)
    first.offline()
    dismiss(second.desk, person)
    register(first.desk)

    def check(post: Post) -> None:
        assert [one.kind for one in tray(post.desk)] == ["RegisterArrival"]
        assert differences(hub, post) == {}

    assert at_every_statement(first, http, exchange, check) > 40

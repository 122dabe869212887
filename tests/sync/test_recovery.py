"""The server was restored from an older copy: every desk hands in again what it had, and no number changes its paper."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from clerkdesk.data.server_store import open_server_store
from clerkdesk.server.app import create_app
from clerkdesk.server.hub import Hub
from clerkdesk.server.terms import begin_recovery
from clerkdesk.services import commands as c
from clerkdesk.services.link import ServerTurnedDown
from clerkdesk.services.vocabulary import OutgoingStatus
from clerkdesk.sync.recovery import KEPT_FOR

from ..conftest import OfficeClock
from ..office import arrivals_book, book, bring_to, register, rows
from .conftest import KEY
from .office_net import Post, differences, settle


class Restored:
    """The server as it was when `keep` was called, in a new term."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        self.hub, self.folder = hub, folder
        self.copy = folder.with_name("server-copy")
        self.http: TestClient | None = None

    def keep(self) -> None:
        """Copy the store, as a backup does."""
        self.hub.store.leave_no_trace()
        shutil.copytree(self.folder, self.copy)

    def restore(self, *posts: Post) -> Hub:
        """Come back from the copy; every wire leads to the restored server."""
        store = open_server_store(self.copy, "", key=KEY)
        with store.writing() as tx:
            begin_recovery(tx)
        again = Hub(store, b"a secret of the tests, long enough")
        self.http = TestClient(create_app(again), base_url="https://server.test", raise_server_exceptions=False)
        self.http.__enter__()
        for post in posts:
            post.wire.http = self.http
        return again


@pytest.fixture
def restored(hub: Hub, tmp_path: Path) -> Iterator[Restored]:
    one = Restored(hub, tmp_path / "server")
    yield one
    if one.http is not None:
        one.http.__exit__(None, None, None)


def numbers_of(hub: Hub) -> list[tuple[int, str]]:
    return [tuple(row) for row in rows(hub.store, "SELECT number, id FROM arrival ORDER BY number")]


def test_what_desks_did_after_the_copy_comes_back_under_the_same_numbers(
    hub: Hub, first: Post, second: Post, restored: Restored
) -> None:
    register(first.desk)
    settle(first, second)
    restored.keep()
    for _ in range(3):
        register(first.desk)
    outgoing = bring_to(first.desk, OutgoingStatus.SEALED)
    settle(first, second)
    second.desk.do(second.desk.make(c.Release, outgoing=outgoing))
    settle(second)
    before = numbers_of(hub)
    again = restored.restore(first, second)
    for _ in range(3):
        first.round()
        second.round()
    assert numbers_of(again) == before
    assert differences(again, first, second) == {}
    assert register(first.desk).number == 5
    settle(first, second)
    assert differences(again, first, second) == {}


def test_numbers_that_the_server_gave_come_back_from_the_desks_that_were_told(
    hub: Hub, first: Post, second: Post, restored: Restored
) -> None:
    settle(first, second)
    with hub.store.writing() as tx:
        tx.execute(text("UPDATE register_year SET holder_desk = NULL, holder_incarnation = NULL, epoch = epoch + 1"))
    settle(first, second)
    restored.keep()
    stamped = [register(post.desk).number for post in (first, second, first)]
    settle(second)  # the first desk has not even seen the second one's
    before = numbers_of(hub)
    again = restored.restore(first, second)
    first.round()
    with pytest.raises(ServerTurnedDown):  # the second one's numbers are not back yet
        first.sync._failed = -100.0
        register(first.desk)
    for _ in range(3):
        second.round()
        first.round()
    assert numbers_of(again) == before
    assert stamped == [1, 2, 3]
    first.desk.log_in("annv", "Abcd!234")
    assert register(first.desk).number == 4
    settle(first, second)
    assert differences(again, first, second, filled=True) == {}


def test_what_was_answered_long_ago_is_not_handed_in_again(
    hub: Hub, first: Post, restored: Restored, clock: OfficeClock
) -> None:
    register(first.desk)
    settle(first)
    clock.forward(days=KEPT_FOR.days + 1)
    first.desk.log_in("annv", "Abcd!234")
    restored.keep()
    register(first.desk, arrival_date=dt.date(2026, 12, 21), issued_date=dt.date(2026, 12, 21))
    settle(first)
    again = restored.restore(first)
    first.wire.requests.clear()
    first.sync.round()
    assert numbers_of(again) == numbers_of(hub)
    assert book(first.desk, "DEN").next_number == 3
    assert rows(first.store, "SELECT count(*) FROM outbox WHERE state = 'QUEUED'")[0][0] == 0
    assert arrivals_book(first.desk)
    assert differences(again, first) == {}

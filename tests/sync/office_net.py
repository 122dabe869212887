"""An office on a server: real stores, real handlers, the real HTTP face in this process, a wire for each desk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID

from fastapi.testclient import TestClient
from sqlalchemy import text

from clerkdesk.data.feed import FED, columns_of, source_of
from clerkdesk.data.schema import metadata
from clerkdesk.data.store import Store
from clerkdesk.server.enrolment import new_code
from clerkdesk.server.hub import Hub
from clerkdesk.services.desk import Desk
from clerkdesk.sync import transport
from clerkdesk.sync.door import TurnedDown, Unreached
from clerkdesk.sync.enrolment import door_of, join
from clerkdesk.sync.identity import load_identity
from clerkdesk.sync.loop import Sync

from ..office import PASSWORD
from .wire import Wire, down, fair

URL = "https://server.test"


class Post:
    """A desk of the office, its link and its wire."""

    def __init__(self, desk: Desk, sync: Sync, wire: Wire) -> None:
        self.desk, self.sync, self.wire = desk, sync, wire

    @property
    def store(self) -> Store:
        return self.desk.store

    def offline(self) -> None:
        """Pull the plug."""
        self.wire.weather = down

    def online(self) -> None:
        """Plug in."""
        self.wire.weather = fair

    def round(self) -> bool:
        """Let the background do one round; say whether it got through."""
        try:
            self.sync.round()
        except (Unreached, TurnedDown):
            return False
        return True


@contextmanager
def on_wire(wire: Wire) -> Iterator[None]:
    """Let every client that is made use this wire."""
    with mock.patch.object(transport, "new_client", lambda _url, _ca: wire):
        yield


def code(hub: Hub, agency: UUID | None) -> str:
    """A one-time code of the administrator's."""
    with hub.store.writing() as tx:
        return new_code(tx, agency)


def link(desk: Desk, http: TestClient) -> Post:
    """Connect a desk that has joined."""
    wire = Wire(http)
    with on_wire(wire):
        sync = Sync(desk.store, door_of(desk.store, load_identity(desk.store.path)))
    desk.link = sync
    desk.refresh()
    return Post(desk, sync, wire)


def bring(hub: Hub, http: TestClient, desk: Desk, username: str = "annv") -> Post:
    """Let a standing desk join with its agency."""
    with on_wire(Wire(http)):
        join(desk.store, URL, code(hub, None))
    post = link(desk, http)
    post.sync.round()
    desk.log_in(username, PASSWORD)
    return post


def add(hub: Hub, http: TestClient, agency: UUID, path: Path, username: str = "annv") -> Post:
    """Let a new desk join the agency."""
    desk = Desk.open(path)
    with on_wire(Wire(http)):
        join(desk.store, URL, code(hub, agency), "Văn thư 2")
    post = link(desk, http)
    post.sync.round()
    desk.refresh()
    desk.log_in(username, PASSWORD)
    return post


# A number that a restored server first held open keeps the moment of that; its paper is the same.
FILLED_LATER = frozenset(
    {"command_uid", "registered_at", "registered_by", "state_at", "state_by", "reason", "holder", "expires_on"}
)


def records(store: Store, agency: UUID, *, at_server: bool, filled: bool = False) -> dict[str, list[str]]:
    """Everything that a desk and the server must agree on, by kind."""
    found: dict[str, list[str]] = {}
    with store.reading() as connection:
        for name in FED:
            table = source_of(name) if at_server else metadata.tables[name]
            columns = [column for column in columns_of(name) if column in table.c]
            if filled and name == "entry":
                columns = [column for column in columns if column not in FILLED_LATER]
            if name == "correspondent":
                columns = [column for column in columns if column != "agency_id"]
            where = "id = :agency" if name == "agency" else "agency_id = :agency"
            if name == "correspondent" and not at_server:
                where = "local = 1 AND :agency IS NOT NULL"
            rows = connection.execute(
                text(f"SELECT {', '.join(columns)} FROM {table.name} WHERE {where}"), {"agency": str(agency)}
            )
            if name == "correspondent":  # two desks' ids for one name: the earlier one counts
                earliest: dict[str, Any] = {}
                for row in sorted(rows, key=lambda one: str(one.id)):
                    earliest.setdefault(row.name, row)
                found[name] = sorted(json.dumps([*row]) for row in earliest.values())
                continue
            found[name] = sorted(json.dumps([_plain(value) for value in row]) for row in rows)
    return found


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def differences(hub: Hub, *posts: Post, filled: bool = False) -> dict[str, Any]:
    """What desks and server do not agree on; empty when all is well.

    Args:
        filled: numbers were held open and filled afterwards.
    """
    agency = posts[0].desk.agency_id
    right = records(hub.store, agency, at_server=True, filled=filled)
    found = {}
    for place, post in enumerate(posts):
        mine = records(post.store, agency, at_server=False, filled=filled)
        for name in FED:
            if mine[name] != right[name]:
                found[f"{place} {name}"] = (
                    sorted(set(mine[name]) - set(right[name]))[:3], sorted(set(right[name]) - set(mine[name]))[:3],
                )  # fmt: skip
    return found


def settle(*posts: Post) -> None:
    """Let everybody talk until nothing is left to say."""
    for _ in range(3):
        for post in posts:
            post.sync.round()

"""A running server to test against, on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from clerkdesk.data.server_store import open_server_store
from clerkdesk.data.store import Store
from clerkdesk.server.app import create_app
from clerkdesk.server.hub import Hub
from clerkdesk.services.desk import Desk

from .. import postgres
from .desks import Remote, bring

KEY = bytes(range(32))
_serial = itertools.count(1)
needs_postgresql = pytest.mark.skipif(postgres.binaries() is None, reason="PostgreSQL is not installed here")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=needs_postgresql)])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database; empty for SQLite."""
    if request.param == "sqlite":
        yield ""
        return
    folder = request.getfixturevalue("cluster")
    name = f"test_{next(_serial)}"
    yield postgres.create_database(folder, name, "furnished")
    postgres.drop_database(folder, name)


@pytest.fixture
def server_folder(tmp_path: Path) -> Path:
    """The server's data folder."""
    return tmp_path / "server"


@pytest.fixture
def open_store_again(database: str, server_folder: Path) -> Callable[[], Store]:
    """Open the server's store, once or again."""
    return lambda: open_server_store(server_folder, database, key=KEY)


@pytest.fixture
def hub(open_store_again: Callable[[], Store], cheap_passwords: None) -> Hub:
    """An open server; whoever serves it closes it."""
    return Hub(open_store_again(), b"a secret of the tests, long enough")


@pytest.fixture
def http(hub: Hub) -> Iterator[TestClient]:
    """The server's HTTP face in this process."""
    with TestClient(create_app(hub), base_url="https://server.test", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def remote(hub: Hub, http: TestClient, desk: Desk) -> Remote:
    """The furnished office's desk, enrolled with its agency, everything pushed."""
    return bring(hub, http, desk)

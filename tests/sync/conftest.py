"""An office with a server and two desks, on Friday 20 November 2026 at nine in the morning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from clerkdesk.data.server_store import open_server_store
from clerkdesk.server.app import create_app
from clerkdesk.server.blob_store import FolderBlobs
from clerkdesk.server.files import Files, files_router
from clerkdesk.server.hub import Hub
from clerkdesk.server.uploads import Rules, Uploads
from clerkdesk.services.desk import Desk

from .office_net import Post, add, bring

KEY = bytes(range(32))


@pytest.fixture
def hub(tmp_path: Path, cheap_passwords: None, clock: object) -> Hub:
    """An open server on SQLite."""
    return Hub(open_server_store(tmp_path / "server", "", key=KEY), b"a secret of the tests, long enough")


@pytest.fixture
def files(hub: Hub) -> Files:
    """The server's files; they leave nothing free for others on the disk of the tests."""
    folder = hub.store.path.parent
    return Files(hub, Uploads(folder / "uploads", Rules(reserve=0)), FolderBlobs(hub.store.blob_folder))


@pytest.fixture
def http(hub: Hub, files: Files) -> Iterator[TestClient]:
    """The server's HTTP face in this process."""
    app = create_app(hub, files_router(files))
    with TestClient(app, base_url="https://server.test", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def first(hub: Hub, http: TestClient, desk: Desk) -> Post:
    """The office's desk, joined with its agency; it holds every pen."""
    return bring(hub, http, desk)


@pytest.fixture
def second(hub: Hub, http: TestClient, first: Post, tmp_path: Path) -> Iterator[Post]:
    """A second desk, which got everything from the server."""
    post = add(hub, http, first.desk.agency_id, tmp_path / "second" / "clerkdesk.db")
    yield post
    post.desk.close()

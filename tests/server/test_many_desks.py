"""Sixty-four desks on one register: every number once, none missing, in the order of the feed."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from clerkdesk.server.app import create_app
from clerkdesk.server.hub import Hub
from clerkdesk.server.serve import Place, serve
from clerkdesk.services import commands as c
from clerkdesk.services.desk import Desk
from clerkdesk.services.ids import new_id
from clerkdesk.sync.messages import Call

from ..office import PASSWORD, arrival_facts
from .desks import Remote, book_at_server, bring, join, make

DESKS, EACH = 64, 6


@contextmanager
def served(hub: Hub) -> Iterator[int]:
    """Serve on a port of this machine, from another thread."""
    import clerkdesk.server.serve as module

    port: list[int] = []
    there = threading.Event()
    server: list[Any] = []
    plain = module._Server

    class Remembered(plain):  # type: ignore[misc, valid-type]
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            server.append(self)

    def ready(bound: int) -> None:
        port.append(bound)
        there.set()

    module._Server = Remembered  # type: ignore[misc, assignment]
    try:
        thread = threading.Thread(target=serve, args=(hub, Place("127.0.0.1", 0)), kwargs={"ready": ready})
        thread.start()
        assert there.wait(20)
        yield port[0]
        server[0].should_exit = True
        thread.join(30)
        assert not thread.is_alive()
    finally:
        module._Server = plain  # type: ignore[misc]


@pytest.mark.timeout(300)
def test_64_desks_number_in_one_register_without_a_gap_or_a_double(hub: Hub, desk: Desk) -> None:
    with served(hub) as port:
        base = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=base, timeout=60) as http:
            remote = bring(hub, http, desk)
            book = book_at_server(remote, desk)
            desks = [join(hub, http, remote.agency) for _ in range(DESKS)]
        numbers = asyncio.run(everybody(base, desks, desk, book))
    assert sorted(numbers) == list(range(1, DESKS * EACH + 1))


async def everybody(base: str, desks: list[Remote], desk: Desk, book: UUID) -> list[int]:
    async with httpx.AsyncClient(base_url=base, timeout=120, limits=httpx.Limits(max_connections=DESKS)) as http:

        async def work(one: Remote) -> list[int]:
            found: list[int] = []
            for _ in range(EACH):
                command = make(one, desk, c.RegisterArrival, register_id=book, facts=arrival_facts())
                body = Call(
                    incarnation=one.incarnation, term=one.term, kind="RegisterArrival",
                    command=command.model_dump(mode="json"),
                ).model_dump_json()  # fmt: skip
                # Everything twice at once, as a wire that doubles would.
                first, second = await asyncio.gather(
                    *(http.post("/v1/call", content=body, headers=one.headers) for _ in range(2))
                )
                assert first.status_code == second.status_code == 200, first.text + second.text
                numbers = {json.loads(answer.json()["result"])["number"] for answer in (first, second)}
                assert len(numbers) == 1
                found += numbers
            return found

        return [number for found in await asyncio.gather(*(work(one) for one in desks)) for number in found]


def test_news_wake_who_waits(hub: Hub, http: TestClient, remote: Remote, desk: Desk) -> None:
    cursor = remote.pull(0)["cursor"]
    found: list[Any] = []
    waiter = threading.Thread(target=lambda: found.append(remote.get("/v1/wait", cursor=cursor).json()))
    waiter.start()
    remote.log_in("annv", PASSWORD)
    remote.call(make(remote, desk, c.ChangeSetting, name="seal_millimetres", value="40"))
    waiter.join(30)
    assert {one["name"] for one in found[0]["changes"]} == {"setting", "history"}
    assert new_id()


def test_the_feed_is_one_line_without_holes(hub: Hub, remote: Remote, desk: Desk) -> None:
    with hub.store.reading() as connection:
        seqs = list(connection.execute(text("SELECT seq FROM change ORDER BY seq")).scalars())
    assert seqs == list(range(1, len(seqs) + 1))
    assert create_app(hub).state.hub is hub

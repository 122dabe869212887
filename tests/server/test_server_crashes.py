"""The server dies between any two statements, or its disk is full: what was answered is there, the rest is as before."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, text

from clerkdesk.data.server_store import open_server_store
from clerkdesk.data.store import Store
from clerkdesk.server.app import create_app
from clerkdesk.server.hub import Hub
from clerkdesk.server.terms import Standstill
from clerkdesk.services import commands as c
from clerkdesk.services.audit import check_chain
from clerkdesk.services.desk import Desk
from clerkdesk.services.vocabulary import OutgoingStatus
from clerkdesk.sync.messages import Call

from ..office import arrival_facts, bring_to, register
from .conftest import KEY
from .desks import Remote, book_at_server, bring, log_of, make
from .test_calls import again

TABLES = ("entry", "arrival", "outgoing", "dispatch", "attachment", "audit", "refusal", "change", "feed", "register_year",
          "desk_key")  # fmt: skip


class PowerCut(BaseException):
    """The machine stops."""


@contextmanager
def power_cut(store: Store, at: int) -> Iterator[list[str]]:
    """Cut the power before the statement number `at`, from 1, whoever sends it; 0 only listens."""
    seen: list[str] = []

    def before(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)
        if len(seen) == at:
            raise PowerCut

    event.listen(store.engine, "before_cursor_execute", before)
    try:
        yield seen
    finally:
        event.remove(store.engine, "before_cursor_execute", before)


def everything(store: Store) -> dict[str, list[Any]]:
    left_out = "last_seen_at"
    with store.reading() as connection:
        found = {}
        for table in TABLES:
            rows = connection.execute(text(f"SELECT * FROM {table}")).mappings()
            found[table] = sorted(str({k: v for k, v in row.items() if k != left_out}) for row in rows)
        return found


def carry(hub: Hub, remote: Remote, work: Callable[[Any], Any]) -> Any:
    """Write one request as the writer does, in this thread."""
    from clerkdesk.server.writer import _Item

    class Answer:
        value: Any = None

    item = _Item(remote.agency, work, None, threading.Event())  # type: ignore[arg-type]
    ((value, error),) = hub.writer._carry_out([item], careful=False)
    if error is not None:
        raise error
    return value


def a_call(remote: Remote, desk: Desk) -> Callable[[Any], Any]:
    from clerkdesk.server.access import Caller
    from clerkdesk.server.carrying import carry_call

    command = make(remote, desk, c.RegisterArrival, register_id=book_at_server(remote, desk), facts=arrival_facts())
    call = Call(
        incarnation=remote.incarnation,
        term=remote.term,
        kind="RegisterArrival",
        command=command.model_dump(mode="json"),
    )
    caller = Caller(remote.agency, remote.desk, remote.incarnation)
    return lambda group: carry_call(group, caller, None, call).result


def a_push(remote: Remote, desk: Desk) -> Callable[[Any], Any]:
    from clerkdesk.server.access import Caller
    from clerkdesk.server.carrying import carry_push
    from clerkdesk.sync.messages import Push

    before = log_of(desk)[-1].seq
    register(desk)
    bring_to(desk, OutgoingStatus.RELEASED, recipients=2)
    push = Push(incarnation=remote.incarnation, term=remote.term, commands=tuple(log_of(desk, before)))
    caller = Caller(remote.agency, remote.desk, remote.incarnation)
    return lambda group: [one.verdict.value for one in carry_push(group, caller, None, push, Standstill()).answers]


@pytest.mark.parametrize("make_work", [a_call, a_push])
def test_a_crash_before_any_statement_changes_nothing_and_asking_again_gives_one_answer(
    hub: Hub, remote: Remote, desk: Desk, make_work: Any
) -> None:
    work = make_work(remote, desk)
    before = everything(hub.store)
    at = 0
    while True:
        at += 1
        with power_cut(hub.store, at) as seen:
            try:
                first = carry(hub, remote, work)
            except PowerCut:
                pass
            else:
                break
        assert everything(hub.store) == before, seen[-1]
    assert at > 6
    after = everything(hub.store)
    assert after != before
    second = carry(hub, remote, work)
    if make_work is a_call:
        assert second == first
    else:
        assert set(first) == {"applied"}
        assert set(second) == {"repeated"}
    assert everything(hub.store) == after
    with hub.store.reading() as connection:
        assert check_chain(connection, remote.agency).broken_at is None


SERVER = """
import sys
from pathlib import Path
from clerkdesk.data.server_store import open_server_store
from clerkdesk.server.hub import Hub
from clerkdesk.server.serve import Place, serve
store = open_server_store(Path(sys.argv[1]), sys.argv[2], key=bytes(range(32)))
serve(Hub(store, b"a secret of the tests, long enough"), Place("127.0.0.1", 0), ready=lambda port: print(port, flush=True))
"""


def start_server(folder: Path, database: str) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(folder), database], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert process.stdout is not None
    return process, int(process.stdout.readline())


KILLS = 4


def test_a_number_that_was_answered_before_the_kill_is_in_the_book_after_it(
    hub: Hub, desk: Desk, database: str, server_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TestClient(create_app(hub), base_url="https://server.test") as http:
        remote = bring(hub, http, desk)
        book = book_at_server(remote, desk)
    command = make(remote, desk, c.RegisterArrival, register_id=book, facts=arrival_facts())
    monkeypatch.undo()  # the server's process has the machine's clock
    shown: list[int] = []
    asked: list[c.RegisterArrival] = []
    remote.person_token = ""
    for kill in range(KILLS):
        process, port = start_server(server_folder, database)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            remote.http = client
            remote.come()
            killer = threading.Timer(0.15 + kill * 0.11, process.kill)
            killer.start()
            with suppress(httpx.TransportError):
                while True:
                    asked.append(again(command))
                    answer = remote.call(asked[-1])
                    shown += [one["record"]["number"] for one in answer["records"] if one["name"] == "arrival"]
            killer.join()
        assert process.wait() == -signal.SIGKILL
        assert process.stdout is not None
        process.stdout.close()
    store = open_server_store(server_folder, database, key=KEY)
    with store.reading() as connection:
        stored = list(
            connection.execute(
                text("SELECT number FROM arrival WHERE register_id = :book ORDER BY number"), {"book": str(book)}
            ).scalars()
        )
        assert check_chain(connection, remote.agency).broken_at is None
    store.close()
    assert stored == list(range(1, len(stored) + 1))
    assert shown
    assert len(shown) == len(set(shown))
    assert set(shown) <= set(stored)
    assert len(stored) - len(shown) <= KILLS


def test_asked_to_stop_the_server_answers_what_it_has_and_ends(
    hub: Hub, desk: Desk, database: str, server_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TestClient(create_app(hub), base_url="https://server.test") as http:
        remote = bring(hub, http, desk)
    monkeypatch.undo()
    process, port = start_server(server_folder, database)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=40) as client:
        remote.http = client
        remote.come()
        cursor = remote.pull(0)["cursor"]
        waited: list[httpx.Response] = []
        waiter = threading.Thread(target=lambda: waited.append(remote.get("/v1/wait", cursor=cursor)))
        waiter.start()
        time.sleep(0.5)
        process.terminate()
        waiter.join(20)
        assert process.wait(20) == 0
    assert [answer.json()["changes"] for answer in waited] == [[]]
    assert process.stdout is not None
    process.stdout.close()


def test_on_a_full_disk_nothing_is_half_written_and_the_desk_is_told_to_come_again(
    server_folder: Path, desk: Desk, cheap_passwords: None
) -> None:
    hub = Hub(open_server_store(server_folder, key=KEY), b"a secret of the tests, long enough")
    with TestClient(create_app(hub), base_url="https://server.test", raise_server_exceptions=False) as http:
        remote = bring(hub, http, desk)
        for _ in range(60):
            register(desk)
        log = log_of(desk)[-60:]
        before = everything(hub.store)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        largest = max(path.stat().st_size for path in server_folder.iterdir() if path.name.startswith("clerkdesk.db"))
        raw = hub.store.engine.raw_connection()
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.close()
        resource.setrlimit(resource.RLIMIT_FSIZE, (min(largest, 60_000), hard))
        try:
            answer = remote.push_raw(log)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert answer.status_code == 503
        assert answer.json()["trouble"] == "store"
        assert "đầy" in answer.json()["sentence"]
        assert everything(hub.store) == before
        assert {one.verdict.value for one in remote.push(log)} == {"applied"}

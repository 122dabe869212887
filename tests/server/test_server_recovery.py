"""A server restored from an older backup: no number until every desk has brought back what it knows, and then none twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from clerkdesk.data.backup_trouble import BackupBroken
from clerkdesk.data.store import Store, StoreInUse
from clerkdesk.server.app import create_app
from clerkdesk.server.backups import back_up, restore
from clerkdesk.server.hub import Hub
from clerkdesk.server.terms import excuse_desk
from clerkdesk.services import commands as c
from clerkdesk.services import numbering
from clerkdesk.services.audit import check_chain
from clerkdesk.services.clock import now
from clerkdesk.services.desk import Desk
from clerkdesk.sync.messages import KnownBook, Pushed, Recovery, Reported

from ..office import PASSWORD, arrival_facts, arrivals_book, register
from .conftest import KEY
from .desks import Remote, book_at_server, bring, join, log_of, make
from .test_access import trouble
from .test_calls import again, numbers

SECRET = b"a secret of the tests, long enough"


class Machine:
    """The server's machine: it can be backed up, restored, and started again."""

    def __init__(self, folder: Path, database: str, open_again: Callable[[], Store]) -> None:
        self.folder = folder
        self.database = database
        self.open_again = open_again

    @contextmanager
    def running(self, *remotes: Remote) -> Iterator[tuple[Hub, TestClient]]:
        hub = Hub(self.open_again(), SECRET)
        with TestClient(create_app(hub), base_url="https://server.test", raise_server_exceptions=False) as http:
            for remote in remotes:
                remote.http = http
                remote.person_token = ""
                remote.come()
            yield hub, http

    def back_up(self, hub: Hub) -> Path:
        return back_up(hub.store, self.folder.parent / "backups", self.database)

    def restore(self, backup: Path) -> str:
        return restore(backup, self.folder, self.database, KEY)


@pytest.fixture
def machine(
    server_folder: Path, database: str, open_store_again: Callable[[], Store], cheap_passwords: None
) -> Machine:
    return Machine(server_folder, database, open_store_again)


def shared_book(remote: Remote, desk: Desk) -> c.RegisterArrival:
    book = book_at_server(remote, desk)
    command: c.RegisterArrival = make(remote, desk, c.RegisterArrival, register_id=book, facts=arrival_facts())
    return command


def answered(command: c.Command, answer: dict[str, Any]) -> Pushed:
    """A call that was answered, as the desk keeps it to bring it back."""
    history = next(one["record"] for one in answer["records"] if one["name"] == "history")
    return Pushed(
        seq=0, uid=command.uid, kind=type(command).__name__, actor=command.actor, made_at=command.made_at,
        recorded_at=history["recorded_at"], body=history["body"], result=history["result"], previous_hash="", hash="",
    )  # fmt: skip


def report(remote: Remote, *books: KnownBook) -> Recovery:
    said = Reported(incarnation=remote.incarnation, term=remote.term, books=books)
    answer = remote.post("/v1/recovery/reported", said.model_dump_json())
    assert answer.status_code == 200, answer.text
    return Recovery.model_validate_json(answer.text)


def entries(hub: Hub, book: UUID) -> list[tuple[Any, ...]]:
    with hub.store.reading() as connection:
        rows = connection.execute(
            text("SELECT number, state, holder FROM entry WHERE register_id = :book ORDER BY number"),
            {"book": str(book)},
        )
        return [tuple(row) for row in rows]


def pen(hub: Hub, book: UUID) -> tuple[Any, int, int]:
    with hub.store.reading() as connection:
        row = connection.execute(
            text("SELECT holder_desk, epoch, next_number FROM register_year WHERE register_id = :book"),
            {"book": str(book)},
        ).one()
    return row.holder_desk, row.epoch, row.next_number


def test_all_desks_bring_back_what_the_backup_has_not(machine: Machine, desk: Desk) -> None:
    with machine.running() as (hub, http):
        one = bring(hub, http, desk)
        two = join(hub, http, one.agency)
        first = shared_book(one, desk)
        assert numbers(one.call(first)) == [1]
        backup = machine.back_up(hub)
        second, third, fourth = (again(first) for _ in range(3))
        second = second.model_copy(update={"desk": two.desk})
        told_second = two.call(second)
        told_third = one.call(third)
        fourth = fourth.model_copy(update={"desk": two.desk})
        told_fourth = two.call(fourth)
        register(desk)
        register(desk)
        assert {x.verdict.value for x in one.push(log_of(desk)[-2:])} == {"applied"}
        old_term = hub.term
    term = machine.restore(backup)
    assert term > old_term
    with machine.running(one, two) as (hub, http):
        assert hub.term == term
        assert one.token is not None
        assert one.token.state == "RECOVERING"
        assert http.get("/readyz").text == "RECOVERING\n"
        assert trouble(one.call_raw(again(first))) == "recovering"
        # One brings its log and its call: what it has twice is known, its numbers stand where they were shown.
        verdicts = [x.verdict.value for x in one.push(log_of(desk)[-3:])]
        assert verdicts == ["repeated", "applied", "applied"]
        assert {x.verdict.value for x in one.push([answered(third, told_third)])} == {"applied"}
        assert entries(hub, first.register_id) == [
            (1, "LIVE", ""), (2, "RESERVED", numbering.LOST_HOLDER), (3, "LIVE", "")
        ]  # fmt: skip
        held = KnownBook(register_id=arrivals_book(desk), year=2026, epoch=1, next_number=3, held=True)
        shared = KnownBook(register_id=first.register_id, year=2026, epoch=1, next_number=5, held=False)
        waiting = report(one, held, shared)
        assert (waiting.state, waiting.waiting_for) == ("RECOVERING", (two.desk,))
        assert entries(hub, first.register_id)[3] == (4, "RESERVED", numbering.LOST_HOLDER)
        assert trouble(one.call_raw(again(first))) == "recovering"
        assert pen(hub, arrivals_book(desk))[0] == str(one.desk)
        answers = two.push([answered(second, told_second), answered(fourth, told_fourth)])
        assert {x.verdict.value for x in answers} == {"applied"}
        assert {x.verdict.value for x in two.push([answered(second, told_second)])} == {"repeated"}
        assert report(two, shared).state == "SERVING"
        assert [x[:2] for x in entries(hub, first.register_id)] == [(n, "LIVE") for n in (1, 2, 3, 4)]
        assert numbers(one.call(again(first))) == [5]
        register(desk)
        assert {x.verdict.value for x in one.push(log_of(desk)[-1:])} == {"applied"}
        assert http.get("/readyz").text == "SERVING\n"
        with hub.store.reading() as connection:
            assert check_chain(connection, one.agency).broken_at is None


def test_what_needs_another_desks_work_waits_for_it(machine: Machine, desk: Desk) -> None:
    with machine.running() as (hub, http):
        one = bring(hub, http, desk)
        two = join(hub, http, one.agency)
        first = shared_book(one, desk)
        backup = machine.back_up(hub)
        told_first = one.call(first)
        void = make(two, desk, c.VoidNumber, register_id=first.register_id, year=2026, number=1, reason="Nhầm")
        told_void = two.call(void)
        wrong = make(two, desk, c.VoidNumber, register_id=first.register_id, year=2026, number=9, reason="Nhầm")
    machine.restore(backup)
    with machine.running(one, two) as (hub, _http):
        (answer,) = two.push([answered(void, told_void)])
        assert (answer.verdict.value, answer.code) == ("waiting", "NumberUnknown")
        assert [x.verdict.value for x in one.push([answered(first, told_first)])] == ["applied"]
        assert [x.verdict.value for x in two.push([answered(void, told_void)])] == ["applied"]
        assert [x[:2] for x in entries(hub, first.register_id)] == [(1, "VOID")]
        # What nobody can bring is refused when nobody else is waited for.
        never = answered(void, told_void).model_copy(
            update={"uid": wrong.uid, "body": answered(void, told_void).body.replace('"number":1', '"number":9')}
        )
        assert [x.verdict.value for x in two.push([never])] == ["waiting"]
        report(one)
        assert [x.verdict.value for x in two.push([never])] == ["refused"]
        assert report(two).state == "SERVING"


def test_a_pen_is_where_its_last_holder_says(machine: Machine, desk: Desk) -> None:
    """The backup places the pen at the desk; since then it had come home, and the server had numbered on."""
    book = arrivals_book(desk)
    with machine.running() as (hub, http):
        one = bring(hub, http, desk)
        backup = machine.back_up(hub)
    machine.restore(backup)
    with machine.running(one) as (hub, _http):
        assert pen(hub, book) == (str(one.desk), 1, 1)
        report(one, KnownBook(register_id=book, year=2026, epoch=4, next_number=8, held=False))
        assert pen(hub, book) == (None, 5, 8)
        assert [x[:2] for x in entries(hub, book)] == [(n, "RESERVED") for n in range(1, 8)]
        with hub.store.reading() as connection:
            kinds = connection.execute(
                text("SELECT kind, epoch FROM custody WHERE register_id = :b ORDER BY epoch"), {"b": str(book)}
            )
            assert [tuple(row) for row in kinds] == [("OPEN", 1), ("RECOVERY", 5)]


def test_a_desk_that_never_comes_is_excused_or_lost(machine: Machine, desk: Desk) -> None:
    with machine.running() as (hub, http):
        one = bring(hub, http, desk)
        two = join(hub, http, one.agency)
        first = shared_book(one, desk)
        backup = machine.back_up(hub)
    machine.restore(backup)
    with machine.running(one) as (hub, _http):
        assert report(one).waiting_for == (two.desk,)
        with hub.store.writing() as tx:
            assert excuse_desk(tx, two.desk)
        assert numbers(one.call(again(first))) == [1]


def test_another_agency_does_not_wait(machine: Machine, desk: Desk, tmp_path: Path) -> None:
    from .desks import new_office

    other_desk = new_office(tmp_path, 2)
    with machine.running() as (hub, http):
        one = bring(hub, http, desk)
        other = bring(hub, http, other_desk)
        theirs = shared_book(other, other_desk)
        backup = machine.back_up(hub)
    machine.restore(backup)
    with machine.running(one, other) as (hub, http):
        assert report(other).state == "SERVING"
        assert numbers(other.call(again(theirs))) == [1]
        assert trouble(one.call_raw(again(theirs, agency=one.agency, desk=one.desk))) == "recovering"
        assert http.get("/readyz").text == "RECOVERING\n"
    other_desk.close()


def test_central_commands_come_back_with_an_administrator_only(machine: Machine, desk: Desk) -> None:
    with machine.running() as (hub, http):
        one = bring(hub, http, desk)
        backup = machine.back_up(hub)
        one.log_in("annv", PASSWORD)
        change = make(one, desk, c.ChangeSetting, name="seal_millimetres", value="41")
        told = one.call(change)
    machine.restore(backup)
    with machine.running(one) as (hub, _http):
        with_waiting = one.push([answered(change, told)])
        assert with_waiting[0].code == "OnlyAtServer"
        assert now()


def test_a_broken_backup_or_a_running_server_stops_the_restore(machine: Machine, desk: Desk) -> None:
    with machine.running() as (hub, http):
        bring(hub, http, desk)
        backup = machine.back_up(hub)
        with pytest.raises(StoreInUse):
            machine.restore(backup)
    copy = next(path for path in backup.iterdir() if path.name != "manifest.json")
    content = copy.read_bytes()
    copy.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(BackupBroken):
        machine.restore(backup)
    copy.write_bytes(content)
    machine.restore(backup)

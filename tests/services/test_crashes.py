"""Power cuts, kills, full and read-only disks: a document is registered wholly or not at all, and no number is lost."""

from __future__ import annotations

import multiprocessing
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from clerkdesk.data.store import StoreFull, StoreReadOnly
from clerkdesk.services import commands as c
from clerkdesk.services.audit import check_chain
from clerkdesk.services.desk import Desk
from clerkdesk.services.vocabulary import OutgoingStatus

from ..office import (
    PASSWORD,
    arrival_command,
    arrivals_book,
    bring_to,
    count,
    enter,
    everything,
    next_number,
    outgoing_facts,
    pdf_file,
    register,
    reserve,
    rows,
    steps_of,
    subject_of,
)


class PowerCut(Exception):
    """The machine stops."""


@contextmanager
def power_cut(desk: Desk, at: int) -> Iterator[list[str]]:
    """Cut the power before the statement number `at`, from 1; 0 only listens."""
    seen: list[str] = []

    def before(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)
        if len(seen) == at:
            raise PowerCut

    event.listen(desk.store.engine, "before_cursor_execute", before)
    try:
        yield seen
    finally:
        event.remove(desk.store.engine, "before_cursor_execute", before)


Make = Callable[[Desk], c.Command]


def a_registration(desk: Desk) -> c.Command:
    return arrival_command(desk, files=(pdf_file(), pdf_file()))


def a_registration_on_a_held_number(desk: Desk) -> c.Command:
    return arrival_command(desk, reserved_number=reserve(desk, arrivals_book(desk)))


def a_registration_behind_a_number(desk: Desk) -> c.Command:
    return arrival_command(desk, sub_number_of=register(desk).number, sub_number_reason="Bỏ sót")


def a_correction(desk: Desk) -> c.Command:
    command = arrival_command(desk, subject="Về việc đã sửa")
    return desk.make(c.CorrectArrival, arrival=subject_of(register(desk)), facts=command.facts, reason="Gõ nhầm")


def a_voiding(desk: Desk) -> c.Command:
    number = register(desk).number
    return desk.make(
        c.VoidNumber, register_id=arrivals_book(desk), year=2026, number=number, sub_number="", reason="Nhầm"
    )


def a_draft(desk: Desk) -> c.Command:
    outgoing = enter(desk)
    to = tuple(c.Recipient(name=f"Sở số {place}") for place in range(3))
    return desk.make(c.CorrectOutgoing, outgoing=outgoing, facts=outgoing_facts(desk, subject="Khác"), recipients=to)


def an_issue(desk: Desk) -> c.Command:
    return steps_of(desk, bring_to(desk, OutgoingStatus.AWAITING_ISSUE))["IssueNumber"]


def a_release(desk: Desk) -> c.Command:
    return steps_of(desk, bring_to(desk, OutgoingStatus.SEALED, recipients=3))["Release"]


COMMANDS: list[Make] = [
    a_registration,
    a_registration_on_a_held_number,
    a_registration_behind_a_number,
    a_correction,
    a_voiding,
    a_draft,
    an_issue,
    a_release,
]


@pytest.mark.parametrize("make", COMMANDS, ids=lambda make: make.__name__)
def test_a_crash_before_any_statement_changes_nothing_and_saving_again_gives_the_same_number(
    desk: Desk, make: Make
) -> None:
    command = make(desk)
    desk.keep_draft(command.uid, "form", {"subject": "đang gõ"})
    before = everything(desk.store)
    at = 0
    while True:
        at += 1
        with power_cut(desk, at) as seen:
            try:
                first = desk.do(command)
            except PowerCut:
                pass
            else:
                break
        assert everything(desk.store) == before, seen[-1]
    assert at > 6
    assert any("UPDATE register_year" in statement for statement in seen) == (make in (a_registration, an_issue))
    after = everything(desk.store)
    assert after["draft"] == []
    assert desk.do(command) == first
    assert everything(desk.store) == after
    assert desk.read(check_chain).broken_at is None


def test_a_crash_at_the_commit_changes_nothing(desk: Desk) -> None:
    command = arrival_command(desk)
    before = everything(desk.store)

    def cut(_connection: object) -> None:
        raise PowerCut

    event.listen(desk.store.engine, "commit", cut)
    with pytest.raises(PowerCut):
        desk.do(command)
    event.remove(desk.store.engine, "commit", cut)
    assert everything(desk.store) == before
    assert desk.do(command)


def clerk(path: Path, shown: Connection) -> None:
    """Tell what the last time left untold, then register one document after the other and show each number, until killed."""
    desk = Desk.open(path)
    desk.log_in("annv", PASSWORD)
    numbers, happened = desk.left_over()
    shown.send(([int(one.number) for one in numbers], happened))
    desk.left_over_told()
    while True:
        shown.send(register(desk, code_number="", code_notation="").number)
        desk.seen()


KILLS = 20


def test_a_number_shown_before_the_kill_is_in_the_book_after_it_and_one_not_shown_is_told_at_the_next_start(
    office_folder: Path, no_keyring: None, cheap_passwords: None, clock: object
) -> None:
    path = office_folder / "clerkdesk.db"
    shown: list[int] = []
    told: list[int] = []
    fork = multiprocessing.get_context("fork")
    for kill in range(KILLS):
        ours, theirs = fork.Pipe(duplex=False)
        child = fork.Process(target=clerk, args=(path, theirs))
        child.start()
        theirs.close()
        left_over, happened = ours.recv()
        assert happened == []
        told += left_over
        shown += [ours.recv() for _ in range(1 + kill % 7)]
        time.sleep(kill * 0.0007)
        child.kill()
        child.join()
        assert child.exitcode == -signal.SIGKILL
        with suppress(EOFError):
            while True:
                shown.append(ours.recv())
    assert len(shown) >= KILLS
    assert len(shown) == len(set(shown))

    desk = Desk.open(path)
    told += [int(one.number) for one in desk.left_over()[0]]
    assert len(told) == len(set(told))
    assert set(shown) | set(told) == {row[0] for row in rows(desk.store, "SELECT number FROM entry")}
    stored = rows(
        desk.store,
        "SELECT e.number, a.number FROM entry e LEFT JOIN arrival a ON a.id = e.document_id ORDER BY e.number",
    )
    assert [tuple(row) for row in stored] == [(number, number) for number in range(1, len(stored) + 1)]
    assert set(shown) <= {row[0] for row in stored}
    following = rows(desk.store, "SELECT max(next_number) FROM register_year")[0][0]
    assert following == len(stored) + 1
    assert desk.read(check_chain).broken_at is None
    assert count(desk.store, "audit") == count(desk.store, "outbox")
    assert rows(desk.store, "PRAGMA integrity_check")[0][0] == "ok"
    desk.close()


@contextmanager
def full_disk(desk: Desk, room: int) -> Iterator[None]:
    """Let no file of the store grow by more than `room` bytes."""
    folder = desk.store.path.parent
    largest = max(path.stat().st_size for path in folder.iterdir() if path.name.endswith((".db", "-wal")))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest + room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [0, 4096, 20_000])
def test_on_a_full_disk_nothing_is_half_saved_and_the_next_number_stays(desk: Desk, room: int) -> None:
    register(desk)
    fill_log(desk)
    before, following = everything(desk.store), next_number(desk)
    command = arrival_command(desk, subject="ắ" * 500, description="ặ" * 500)
    with full_disk(desk, room), pytest.raises(StoreFull) as caught:
        for _ in range(20):
            desk.do(command)
            before, following = everything(desk.store), next_number(desk)
            command = arrival_command(desk, subject="ắ" * 500, description="ặ" * 500)
    assert "chưa cấp số nào" in caught.value.message
    assert everything(desk.store) == before
    assert next_number(desk) == following
    answer = desk.do(command)
    assert answer.model_dump()["number"] == following


def fill_log(desk: Desk) -> None:
    """Make the write-ahead log larger than the store, so that the next write has to let it grow."""
    raw = desk.store.engine.raw_connection()
    cursor = raw.cursor()
    log = desk.store.path.with_name(desk.store.path.name + "-wal")
    cursor.execute("PRAGMA wal_autocheckpoint = 0")
    while log.stat().st_size <= desk.store.path.stat().st_size:
        register(desk)
    raw.close()


def test_a_full_disk_while_a_file_is_taken_in_keeps_no_piece_of_it(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clerkdesk.services.files import take_in
    from clerkdesk.services.vocabulary import AttachmentRole

    scan = tmp_path / "quet.pdf"
    scan.write_bytes(b"%PDF-1.7\n" + bytes(3 << 20))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    # The limit says EFBIG where a full disk says ENOSPC; the numbers are the only difference.
    monkeypatch.setattr("errno.ENOSPC", 27)
    try:
        with pytest.raises(StoreFull):
            take_in(desk.store, scan, AttachmentRole.MAIN, allowed=["pdf"], largest_megabytes=100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path for path in desk.store.blob_folder.rglob("*") if path.is_file()] == []


def test_a_read_only_store_is_read_and_not_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlcipher3 import dbapi2

    register(desk)
    before, following = everything(desk.store), next_number(desk)
    connect = dbapi2.connect

    def read_only(path: str, **named: Any) -> Any:
        return connect(f"file:{path}?mode=ro", uri=True, **named)

    command = arrival_command(desk)
    desk.store.engine.dispose()
    keeper = connect(str(desk.store.path))  # while one connection is there, the log stays and can be read
    with monkeypatch.context() as patch:
        patch.setattr(dbapi2, "connect", read_only)
        with pytest.raises(StoreReadOnly) as caught:
            desk.do(command)
        assert next_number(desk) == following
    assert str(desk.store.path.parent) in caught.value.message
    desk.store.engine.dispose()
    assert everything(desk.store) == before
    assert desk.do(command).model_dump()["number"] == following
    keeper.close()

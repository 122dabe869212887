"""Files travel apart from records: a number never waits, a cut costs only what was on the wire, nothing damaged passes."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from clerkdesk.data.blobs import blob_path
from clerkdesk.data.server_store import open_server_store
from clerkdesk.server.enrolment import new_code
from clerkdesk.server.files import Files
from clerkdesk.server.hub import Hub
from clerkdesk.server.uploads import Rules
from clerkdesk.services import commands as c
from clerkdesk.services.attachments import files_of
from clerkdesk.services.desk import Desk
from clerkdesk.services.file_transfers import (
    FileElsewhere,
    FileOnItsWay,
    bytes_of,
    troubled_files,
    try_again,
)
from clerkdesk.services.files import take_in
from clerkdesk.services.link import AnswerUnknown
from clerkdesk.services.vocabulary import AttachmentRole
from clerkdesk.sync import files as files_module
from clerkdesk.sync.connecting import connect
from clerkdesk.sync.door import TurnedDown, Unreached
from clerkdesk.sync.file_queue import queue_up
from clerkdesk.sync.loop import Sync

from ..conftest import OfficeClock
from ..office import PASSWORD, register, rows, subject_of
from ..server.test_files import start_server
from .conftest import KEY
from .office_net import Post, add, settle
from .wire import Fault, fair

CHUNK = 1000


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many chunks in few bytes."""
    monkeypatch.setattr(files_module, "FIRST_CHUNK", CHUNK)
    monkeypatch.setattr(files_module, "CHUNK_BYTES", CHUNK)
    monkeypatch.setattr(files_module, "SMALLEST_CHUNK", 100)
    monkeypatch.setattr(files_module, "KEPT_FREE", 0)


def new_file(desk: Desk, folder: Path, size: int = 4321, seed: int = 1) -> c.NewFile:
    """Take a file of this many bytes in at a desk."""
    content = b"%PDF-1.7\n" + random.Random(seed).randbytes(size - 9)
    path = folder / f"quyet-dinh-{seed}.pdf"
    path.write_bytes(content)
    return take_in(desk.store, path, AttachmentRole.MAIN, allowed=["pdf"], largest_megabytes=200)


def with_file(post: Post, folder: Path, size: int = 4321, seed: int = 1, **facts: object) -> tuple[UUID, c.NewFile]:
    """Register an arrival with a file; return its id and the file."""
    file = new_file(post.desk, folder, size, seed)
    return subject_of(register(post.desk, files=(file,), **facts)), file


def content_at(post: Post | Hub, file: c.NewFile) -> bytes | None:
    path = blob_path(post.store.blob_folder, file.sha256)
    return path.read_bytes() if path.exists() else None


def is_right(content: bytes | None, file: c.NewFile) -> bool:
    return content is not None and hashlib.sha256(content).hexdigest() == file.sha256


def queue(post: Post) -> list[tuple[str, str, str]]:
    found = rows(post.store, "SELECT sha256, direction, failure FROM transfer ORDER BY sha256, direction")
    return [tuple(row) for row in found]


def carry(*posts: Post) -> None:
    """Let records and files go until nothing is left."""
    for _ in range(2):
        settle(*posts)
        for post in posts:
            post.sync.files.work_off()


def test_a_file_goes_up_and_comes_down_whole(hub: Hub, first: Post, second: Post, tmp_path: Path) -> None:
    document, file = with_file(first, tmp_path)
    assert queue(first) == []  # nothing is promised before the server has the record
    settle(first, second)
    assert queue(first) == [(file.sha256, "UP", "")]
    assert first.sync.standing().file_bytes_waiting == file.size
    assert second.sync.standing().files_waiting == 1
    carry(first, second)
    assert is_right(content_at(hub, file), file)
    assert is_right(content_at(second, file), file)
    assert (queue(first), queue(second)) == ([], [])
    assert first.sync.standing().files_waiting == second.sync.standing().files_waiting == 0
    assert bytes_of(second.desk, second.desk.read(files_of, document)[0]) == content_at(first, file)


def test_numbers_and_records_never_wait_for_files(hub: Hub, first: Post, second: Post, tmp_path: Path) -> None:
    settle(first, second)
    first.wire.weather = lambda _method, path: Fault.REQUEST_LOST if path.startswith("/v1/files") else Fault.NONE
    document, _file = with_file(first, tmp_path)
    settle(first, second)
    with pytest.raises(Unreached):
        first.sync.files.work_off()
    later = register(first.desk)
    settle(first, second)
    assert rows(second.store, "SELECT count(*) FROM arrival")[0][0] == 2
    assert first.sync.standing().unsent == 0
    assert later.number == 2
    assert second.desk.read(files_of, document)


def test_a_call_brings_its_files_too(hub: Hub, first: Post, second: Post, tmp_path: Path) -> None:
    with hub.store.writing() as tx:  # the server holds every pen
        tx.execute(text("UPDATE register_year SET holder_desk = NULL, holder_incarnation = NULL, epoch = epoch + 1"))
    settle(first, second)
    file = new_file(second.desk, tmp_path)
    register(second.desk, files=(file,))
    assert queue(second) == [(file.sha256, "UP", "")]
    carry(second, first)
    assert is_right(content_at(hub, file), file)
    assert is_right(content_at(first, file), file)


def test_a_call_whose_answer_was_lost_brings_its_files_when_its_effect_comes_down(
    hub: Hub, first: Post, second: Post, tmp_path: Path
) -> None:
    with hub.store.writing() as tx:  # the server holds every pen
        tx.execute(text("UPDATE register_year SET holder_desk = NULL, holder_incarnation = NULL, epoch = epoch + 1"))
    settle(first, second)
    file = new_file(second.desk, tmp_path)
    second.wire.weather = lambda _method, path: Fault.ANSWER_LOST if path == "/v1/call" else Fault.NONE
    with pytest.raises(AnswerUnknown):
        register(second.desk, files=(file,))
    second.wire.weather = fair
    carry(second, first)
    assert is_right(content_at(hub, file), file)
    assert is_right(content_at(first, file), file)


def test_a_refused_command_sends_no_file(hub: Hub, first: Post, tmp_path: Path) -> None:
    settle(first)
    _document, file = with_file(first, tmp_path)
    with hub.store.writing() as tx:
        tx.execute(text("UPDATE person SET roles = 'specialist' WHERE username = 'annv'"))
    carry(first)
    assert first.sync.standing().refused == 1
    assert queue(first) == []
    assert content_at(hub, file) is None


@pytest.mark.parametrize("fault", [Fault.REQUEST_LOST, Fault.ANSWER_LOST, Fault.TWICE, Fault.CUT, Fault.LATE])
def test_each_message_of_a_file_may_be_lost_doubled_cut_or_late(
    hub: Hub, first: Post, second: Post, tmp_path: Path, fault: Fault
) -> None:
    _document, file = with_file(first, tmp_path)
    settle(first, second)
    for post in (first, second):
        for nth in range(1, 9):
            seen = 0

            def weather(_method: str, path: str, nth: int = nth) -> Fault:
                nonlocal seen
                seen += path.startswith("/v1/files")
                return fault if seen == nth and path.startswith("/v1/files") else Fault.NONE

            post.wire.weather = weather
            try:
                post.sync.files.work_off()
            except Unreached:
                post.wire.deliver_late()
        post.wire.weather = fair
        post.sync.files.work_off()
    assert is_right(content_at(hub, file), file)
    assert is_right(content_at(second, file), file)
    assert (queue(first), queue(second)) == ([], [])


@given(
    size=st.integers(9, 9000), cuts=st.lists(st.sampled_from(list(Fault)), max_size=40), seed=st.integers(0, 1 << 30)
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cut_anywhere_and_any_number_of_times_both_ways_it_arrives(
    hub: Hub, first: Post, second: Post, tmp_path: Path, size: int, cuts: list[Fault], seed: int
) -> None:
    _document, file = with_file(first, tmp_path, size, seed)
    settle(first, second)
    for post in (first, second):
        todo = iter(cuts)
        post.wire.weather = lambda _method, path, todo=todo: (  # type: ignore[misc]
            next(todo, Fault.NONE) if path.startswith("/v1/files") else Fault.NONE
        )
        for _ in range(len(cuts) + 1):
            try:
                post.sync.files.work_off()
            except Unreached:
                post.wire.deliver_late()
        post.wire.weather = fair
        post.sync.files.work_off()
    assert is_right(content_at(hub, file), file)
    assert is_right(content_at(second, file), file)
    assert (queue(first), queue(second)) == ([], [])


def test_after_a_cut_only_the_rest_is_sent(hub: Hub, first: Post, second: Post, tmp_path: Path) -> None:
    _document, file = with_file(first, tmp_path, 10 * CHUNK)
    settle(first, second)
    for post in (first, second):
        for _ in range(6):
            assert post.sync.files.step()
        post.sync.files = Sync(post.store, post.sync._door).files  # the program was started again
        before = len(post.wire.requests)
        post.sync.files.work_off()
        assert len(post.wire.requests) - before <= 6
    assert is_right(content_at(hub, file), file)
    assert is_right(content_at(second, file), file)


def test_urgent_and_new_files_come_first_and_ours_go_before_others_come(
    hub: Hub, first: Post, second: Post, tmp_path: Path, clock: OfficeClock
) -> None:
    settle(first, second)
    made = []
    for seed, urgency in ((1, 0), (2, 2), (3, 0)):
        made.append(with_file(first, tmp_path, seed=seed, urgency=urgency)[1])
        clock.forward(minutes=5)
    carry(first)
    settle(second)
    with second.store.writing() as tx:  # and one of its own waits
        own = new_file(second.desk, tmp_path, seed=9)
        queue_up(tx, second.desk.agency_id, [(own.sha256, own.size)])
    order = [made[1].sha256, made[2].sha256, made[0].sha256]
    assert carried(first) == order
    second.sync.files.work_off()
    assert carried(second) == [own.sha256, *order]


def carried(post: Post) -> list[str]:
    """Return the files that were on the wire, in their order."""
    return list(dict.fromkeys(path.rsplit("/", 1)[1] for path in post.wire.requests if "/files/" in path))


def test_the_files_of_an_opened_document_come_before_all_others(
    hub: Hub, first: Post, second: Post, tmp_path: Path, clock: OfficeClock
) -> None:
    settle(first, second)
    made = []
    for seed in range(1, 5):
        made.append(with_file(first, tmp_path, seed=seed))
        clock.forward(minutes=5)
    carry(first)
    settle(second)
    second.sync.files.step()  # the newest is on its way
    document, file = made[0]
    second.offline()
    with pytest.raises(Unreached):
        second.sync.round()
    with pytest.raises(FileElsewhere, match="chưa về máy này và đang mất kết nối"):
        bytes_of(second.desk, second.desk.read(files_of, document)[0])
    second.online()
    second.sync.round()
    with pytest.raises(FileOnItsWay, match="máy đang lấy về trước mọi tệp khác"):
        bytes_of(second.desk, second.desk.read(files_of, document)[0])
    while not content_at(second, file):
        assert second.sync.files.step()
    assert [content_at(second, other) is None for _document, other in made[1:]] == [True, True, True]
    assert bytes_of(second.desk, second.desk.read(files_of, document)[0]) == content_at(first, file)
    second.sync.files.work_off()
    assert all(is_right(content_at(second, other), other) for _document, other in made)


def test_a_file_that_its_desk_has_not_sent_yet_is_asked_for_later(
    hub: Hub, first: Post, second: Post, tmp_path: Path, clock: OfficeClock
) -> None:
    _document, file = with_file(first, tmp_path)
    settle(first, second)
    second.sync.files.work_off()
    assert queue(second) == [(file.sha256, "DOWN", "Absent")]
    assert second.desk.read(troubled_files) == []  # nobody has to do anything
    first.sync.files.work_off()
    second.sync.files.work_off()
    assert content_at(second, file) is None  # not yet time
    clock.forward(seconds=20)
    second.sync.files.work_off()
    assert is_right(content_at(second, file), file)


def test_a_vanished_file_stands_in_the_attention_list_until_it_is_brought_again(
    hub: Hub, first: Post, tmp_path: Path
) -> None:
    document, file = with_file(first, tmp_path)
    settle(first)
    blob_path(first.store.blob_folder, file.sha256).unlink()
    first.sync.files.work_off()
    (line,) = first.desk.read(troubled_files)
    assert (line.name, line.document) == (file.name, document)
    assert line.sentence.startswith(f"Tệp “{file.name}” không còn ở máy này")
    assert first.sync.standing().refused == 1
    assert new_file(first.desk, tmp_path) == file
    try_again(first.desk, line)
    first.sync.files.work_off()
    assert is_right(content_at(hub, file), file)
    assert first.sync.standing().refused == 0


@pytest.mark.parametrize("how", ["changed", "cut off", "longer"])
def test_a_damaged_file_never_reaches_the_server_whole_and_is_named(
    hub: Hub, first: Post, tmp_path: Path, how: str
) -> None:
    _document, file = with_file(first, tmp_path)
    settle(first)
    path = blob_path(first.store.blob_folder, file.sha256)
    content = path.read_bytes()
    wrong = {"changed": content[:-1] + bytes([content[-1] ^ 1]), "cut off": content[:2000], "longer": content + b"x"}
    path.write_bytes(wrong[how])
    first.sync.files.work_off()
    (line,) = first.desk.read(troubled_files)
    assert "đã hỏng hoặc bị sửa" in line.sentence
    assert content_at(hub, file) is None
    assert (first.store.blob_folder / ".damaged" / file.sha256).read_bytes() == wrong[how]
    try_again(first.desk, line)
    first.sync.files.work_off()
    assert "đã hỏng hoặc bị sửa" in first.desk.read(troubled_files)[0].sentence  # still true, and still said
    new_file(first.desk, tmp_path)
    try_again(first.desk, line)
    first.sync.files.work_off()
    assert is_right(content_at(hub, file), file)
    assert queue(first) == []


def test_a_file_that_has_vanished_here_but_is_at_the_server_comes_back(hub: Hub, first: Post, tmp_path: Path) -> None:
    document, file = with_file(first, tmp_path)
    carry(first)
    blob_path(first.store.blob_folder, file.sha256).unlink()
    with pytest.raises(FileOnItsWay):
        bytes_of(first.desk, first.desk.read(files_of, document)[0])
    first.sync.files.work_off()
    assert is_right(content_at(first, file), file)


def test_a_file_damaged_at_the_server_is_not_taken(
    hub: Hub, first: Post, second: Post, tmp_path: Path, clock: OfficeClock
) -> None:
    _document, file = with_file(first, tmp_path)
    carry(first)
    settle(second)
    path = blob_path(hub.store.blob_folder, file.sha256)
    right = path.read_bytes()
    path.write_bytes(right[:100] + b"?" + right[101:])
    second.sync.files.work_off()
    assert content_at(second, file) is None
    (line,) = second.desk.read(troubled_files)
    assert line.sentence.startswith(f"Tệp “{file.name}” ở máy chủ đã hỏng")
    path.write_bytes(right)
    try_again(second.desk, line)
    second.sync.files.work_off()
    assert is_right(content_at(second, file), file)


def test_what_was_half_fetched_and_torn_by_a_power_cut_is_fetched_again(
    hub: Hub, first: Post, second: Post, tmp_path: Path
) -> None:
    _document, file = with_file(first, tmp_path)
    carry(first)
    settle(second)
    for _ in range(3):
        second.sync.files.step()
    (part,) = (second.store.blob_folder / ".incoming").iterdir()
    part.write_bytes(bytes(part.stat().st_size))
    second.sync.files = Sync(second.store, second.sync._door).files
    second.sync.files.work_off()
    assert is_right(content_at(second, file), file)
    assert queue(second) == []


def test_a_file_above_the_servers_limit_is_named_and_the_others_go_on(
    hub: Hub, first: Post, files: Files, tmp_path: Path
) -> None:
    files.uploads.rules = Rules(largest=5000, reserve=0)
    _document, large = with_file(first, tmp_path, 5001, seed=1)
    _document, small = with_file(first, tmp_path, 5000, seed=2)
    carry(first)
    assert [line.name for line in first.desk.read(troubled_files)] == [large.name]
    assert is_right(content_at(hub, small), small)
    assert content_at(hub, large) is None


def test_a_full_disk_at_the_server_lets_files_wait_longer_each_time(
    hub: Hub, first: Post, files: Files, tmp_path: Path, clock: OfficeClock
) -> None:
    files.uploads.rules = Rules(reserve=1 << 60)
    _document, file = with_file(first, tmp_path)
    carry(first)
    assert queue(first) == [(file.sha256, "UP", "ServerFull")]
    pauses = []
    for _ in range(4):
        (row,) = rows(first.store, "SELECT next_try_at FROM transfer")
        until = dt.datetime.fromisoformat(row[0].replace("Z", "+00:00"))
        pauses.append((until - clock.now()).total_seconds())
        clock.set(until + dt.timedelta(seconds=1))
        first.sync.files.work_off()
    assert pauses == sorted(pauses) and pauses[-1] > 4 * pauses[0]
    files.uploads.rules = Rules(reserve=0)
    clock.forward(hours=1)
    first.sync.files.work_off()
    assert is_right(content_at(hub, file), file)


def test_a_full_disk_at_the_desk_fetches_only_what_somebody_looks_at(
    hub: Hub, first: Post, second: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, file = with_file(first, tmp_path)
    carry(first)
    settle(second)
    monkeypatch.setattr(files_module, "KEPT_FREE", 1 << 60)
    second.sync.files.work_off()
    assert queue(second) == [(file.sha256, "DOWN", "NoRoom")]
    with pytest.raises(FileOnItsWay):
        bytes_of(second.desk, second.desk.read(files_of, document)[0])
    second.sync.files.work_off()
    assert is_right(content_at(second, file), file)


def test_a_server_restored_from_yesterday_gets_the_files_again(
    hub: Hub, first: Post, files: Files, tmp_path: Path
) -> None:
    _document, file = with_file(first, tmp_path)
    carry(first)
    with hub.store.writing() as tx:
        tx.execute(text("DELETE FROM stored_file"))
        tx.execute(text("UPDATE server SET term = 'another'"))
    blob_path(hub.store.blob_folder, file.sha256).unlink()
    hub.term = "another"
    carry(first)
    assert is_right(content_at(hub, file), file)


def test_a_new_desk_gets_the_records_at_once_and_the_files_behind_them(
    hub: Hub, http: TestClient, first: Post, tmp_path: Path
) -> None:
    made = [with_file(first, tmp_path, seed=seed)[1] for seed in range(1, 4)]
    carry(first)
    third = add(hub, http, first.desk.agency_id, tmp_path / "third" / "clerkdesk.db")
    assert rows(third.store, "SELECT count(*) FROM attachment")[0][0] == 3
    assert third.sync.standing().files_waiting == 3
    third.sync.files.work_off()
    assert all(is_right(content_at(third, file), file) for file in made)
    third.desk.close()


def test_a_token_that_ran_out_is_renewed_within_a_file(
    hub: Hub, first: Post, tmp_path: Path, clock: OfficeClock
) -> None:
    _document, file = with_file(first, tmp_path)
    settle(first)
    assert first.sync.files.step()
    clock.forward(hours=2)
    first.sync.files.work_off()
    assert is_right(content_at(hub, file), file)


def test_while_the_server_turns_the_desk_down_its_files_wait(hub: Hub, first: Post, tmp_path: Path) -> None:
    _document, file = with_file(first, tmp_path)
    settle(first)
    with hub.store.writing() as tx:
        tx.execute(text("UPDATE desk_key SET state = 'SUSPENDED'"))
    with pytest.raises(TurnedDown):
        first.sync.files.work_off()
    assert queue(first) == [(file.sha256, "UP", "")]


def test_in_the_background_files_follow_and_stop_when_the_desk_closes(
    hub: Hub, first: Post, second: Post, tmp_path: Path
) -> None:
    _document, file = with_file(first, tmp_path, 20 * CHUNK)
    first.sync.start()
    until = time.monotonic() + 60
    while not is_right(content_at(hub, file), file) and time.monotonic() < until:
        time.sleep(0.05)
    assert is_right(content_at(hub, file), file)
    first.sync.close()
    assert not any(
        thread.is_alive() for thread in first.sync._threads if "_carry_files" in thread.name
    )  # fmt: skip


DESK = """
import sys
from pathlib import Path
from clerkdesk.services.desk import Desk
from clerkdesk.sync import files
from clerkdesk.sync.connecting import open_link
files.FIRST_CHUNK = files.CHUNK_BYTES = 20_000
desk = Desk.open(Path(sys.argv[1]))
link = open_link(desk)
link.round()
link.want_files({name: int(size) for name, size in zip(sys.argv[2::2], sys.argv[3::2])})
print("open", flush=True)
link.files.work_off()
print("done", flush=True)
desk.close()
"""


def kill_until_done(store: Path, whole: Path, *wanted: str) -> int:
    """Start a desk and kill it, later each time, until it has carried everything; return how often it was killed."""
    keyring = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    for kill in range(40):
        process = subprocess.Popen(
            [sys.executable, "-c", DESK, str(store), *wanted], stdout=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])} | keyring,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        killer = threading.Timer(0.1 + 0.2 * kill, process.kill)
        killer.start()
        done = process.stdout.readline() == "done\n"
        killer.cancel()
        process.wait()
        process.stdout.close()
        for path in whole.glob("??/??/*"):
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
        if done:
            return kill
    raise AssertionError


def test_a_desk_killed_again_and_again_sends_and_fetches_every_file_whole(
    tmp_path: Path, office_folder: Path, cheap_passwords: None, no_keyring: None
) -> None:
    folder = tmp_path / "server"
    store = open_server_store(folder, key=KEY)
    with store.writing() as tx:
        enrolment = new_code(tx, None)
    store.close()
    server, port = start_server(folder, "")
    try:
        path = office_folder / "clerkdesk.db"
        desk = Desk.open(path)
        connect(desk, f"http://127.0.0.1:{port}", enrolment)
        desk.log_in("annv", PASSWORD)
        made = [new_file(desk, tmp_path, 5_000_000, seed) for seed in range(1, 5)]
        for file in made:
            register(desk, files=(file,))
        desk.close()
        assert kill_until_done(path, folder / "files") >= 1
        names = {file.sha256 for file in made}
        assert {one.name for one in (folder / "files").glob("??/??/*")} == names
        here = path.parent / "files"
        for file in made:
            blob_path(here, file.sha256).unlink()
        wanted = [part for file in made for part in (file.sha256, str(file.size))]
        assert kill_until_done(path, here, *wanted) >= 1
        assert {one.name for one in here.glob("??/??/*")} == names
    finally:
        server.kill()
        server.wait()
        assert server.stdout is not None
        server.stdout.close()

"""Opening the store: the right key, the right version, one program at a time, our words when it fails."""

from __future__ import annotations

import errno
import multiprocessing
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from clerkdesk.data.store import (
    Store,
    StoreBusy,
    StoreDamaged,
    StoreEmptied,
    StoreFull,
    StoreInUse,
    StoreNewer,
    StoreReadOnly,
    StoreUnreadable,
    open_store,
)
from clerkdesk.data.store_key import load_key, new_key, recovery_code
from clerkdesk.errors import ClerkDeskError, StoreTrouble
from clerkdesk.services.backups import make_backup, restore_backup
from clerkdesk.services.desk import Desk
from clerkdesk.services.store_keys import open_beside, restore_key

from ..office import count, register

KEY = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "clerkdesk.db"


def filled(path: Path) -> bytes:
    open_store(path, KEY).close()
    return path.read_bytes()


def test_the_store_on_disk_shows_nothing_of_its_content(path: Path) -> None:
    content = filled(path)
    assert b"SQLite format 3" not in content
    assert b"CREATE TABLE" not in content


def test_only_its_user_may_read_the_store(path: Path) -> None:
    filled(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_another_key_does_not_open_the_store_and_changes_nothing(path: Path) -> None:
    before = filled(path)
    with pytest.raises(StoreUnreadable) as caught:
        open_store(path, new_key())
    assert str(path) in caught.value.message
    assert path.read_bytes() == before
    open_store(path, KEY).close()


@pytest.mark.parametrize(
    "content",
    [
        b"garbage " * 2000,
        b"%PDF-1.7\n" + bytes(8192),
        b"SQLite format 3\0" + bytes(8192),
        b"x",
        bytes(4096),
    ],
    ids=["text", "pdf", "plain sqlite", "one byte", "zeros"],
)
def test_a_file_that_is_no_store_is_named_and_left_alone(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises((StoreUnreadable, StoreDamaged)):
        open_store(path, KEY)
    assert path.read_bytes() == content


def test_a_store_without_a_byte_is_damage_and_no_new_one_is_made(office_folder: Path, no_keyring: None) -> None:
    path = office_folder / "clerkdesk.db"
    key = (office_folder / "clerkdesk.key").read_bytes()
    path.write_bytes(b"")
    for open_it in (lambda: Desk.open(path), lambda: open_store(path, load_key(path)), lambda: open_beside(path)):
        with pytest.raises(StoreUnreadable) as caught:
            open_it()
        assert "0 byte" in caught.value.message and str(path) in caught.value.message
    with pytest.raises(StoreEmptied):
        restore_key(path, recovery_code(load_key(path)))
    assert path.read_bytes() == b""
    (office_folder / "clerkdesk.key").unlink()
    with pytest.raises(StoreEmptied):
        Desk.open(path)
    assert not (office_folder / "clerkdesk.key").exists() and key


def test_an_emptied_store_is_brought_back_from_its_backup(desk: Desk, tmp_path: Path) -> None:
    register(desk)
    made = make_backup(desk.store, tmp_path / "backups")
    path = desk.store.path
    desk.close()
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    path.write_bytes(b"")
    restore_backup(made.path, path)
    again = Desk.open(path)
    assert count(again.store, "arrival") == 1
    again.close()


def test_a_store_of_a_newer_program_is_not_touched(path: Path) -> None:
    store = open_store(path, KEY)
    with store.writing() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9001'"))
    store.close()
    before = path.read_bytes()
    with pytest.raises(StoreNewer) as caught:
        open_store(path, KEY)
    assert "9001" in caught.value.message
    assert path.read_bytes() == before


def test_two_windows_cannot_have_one_store_until_the_first_is_closed(path: Path) -> None:
    first = open_store(path, KEY)
    with pytest.raises(StoreInUse):
        open_store(path, KEY)
    beside = open_store(path, KEY, exclusive=False)
    beside.close()
    first.close()
    open_store(path, KEY).close()


def test_another_process_is_kept_out_too(office_folder: Path, desk: Desk) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom clerkdesk.services.desk import Desk\n"
        "from clerkdesk.data.store import StoreInUse\n"
        "try:\n    Desk.open(Path(sys.argv[1]))\nexcept StoreInUse:\n    print('kept out')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(office_folder / "clerkdesk.db")], capture_output=True, text=True, check=False
    )
    assert done.stdout == "kept out\n", done.stderr


def test_a_program_that_failed_to_open_the_store_does_not_keep_it_locked(path: Path) -> None:
    filled(path)
    with pytest.raises(StoreUnreadable):
        open_store(path, new_key())
    open_store(path, KEY).close()


def test_a_report_beside_the_desk_sees_what_the_desk_has_committed(desk: Desk) -> None:
    beside = open_store(desk.store.path, load_key(desk.store.path), exclusive=False)
    with beside.reading() as connection:
        before = connection.execute(text("SELECT count(*) FROM arrival")).scalar_one()
        register(desk)
        assert connection.execute(text("SELECT count(*) FROM arrival")).scalar_one() == before  # one consistent state
    assert count(beside, "arrival") == before + 1
    beside.close()


def test_what_a_reader_writes_is_never_kept(desk: Desk) -> None:
    with desk.store.reading() as connection:
        connection.execute(text("UPDATE agency SET name = 'khác'"))
    desk.refresh()
    assert desk.agency is not None
    assert desk.agency.name == "Sở Nội vụ tỉnh Sông Hương"


def test_a_store_that_somebody_else_is_writing_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clerkdesk.data.store.BUSY_MILLISECONDS", 30)
    key = load_key(desk.store.path)
    beside = open_store(desk.store.path, key, exclusive=False)
    with desk.store.writing(), pytest.raises(StoreBusy), beside.writing():
        pass
    beside.close()


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ("database or disk is full", StoreFull),
        ("disk I/O error", StoreFull),
        ("attempt to write a readonly database", StoreReadOnly),
        ("unable to open database file", StoreReadOnly),
        ("database is locked", StoreBusy),
        ("file is not a database", StoreUnreadable),
        ("database disk image is malformed", StoreDamaged),
    ],
)
def test_the_drivers_words_become_ours(path: Path, detail: str, expected: type[StoreTrouble]) -> None:
    from sqlcipher3 import dbapi2

    store = open_store(path, KEY)
    with pytest.raises(expected) as caught, store.reading():
        raise dbapi2.OperationalError(detail)
    assert caught.value.message
    assert "{" not in caught.value.message
    store.close()


def test_a_damaged_page_is_reported_and_never_read_as_if_it_were_whole(desk: Desk) -> None:
    for _ in range(60):
        register(desk)
    key, path = load_key(desk.store.path), desk.store.path
    desk.close()
    content = bytearray(path.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 + 2000] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises((StoreDamaged, StoreUnreadable)):
        count(open_store(path, key), "arrival")


def _as_nobody(work: Callable[[], object], answer: multiprocessing.SimpleQueue[str]) -> None:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    try:
        work()
        answer.put("nothing wrong")
    except ClerkDeskError as error:
        answer.put(error.code)
    except BaseException as error:
        answer.put(repr(error))


def answer_of_nobody(work: Callable[[], object]) -> str:
    """Do the work in a process without rights; what a folder forbids does not bind root."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    context = multiprocessing.get_context("fork")
    answer: multiprocessing.SimpleQueue[str] = context.SimpleQueue()
    child = context.Process(target=_as_nobody, args=(work, answer))
    child.start()
    child.join(60)
    return answer.get()


@pytest.fixture
def public(path: Path) -> Path:
    """Every folder on the way can be read by anybody, none can be written."""
    filled(path)
    for folder in (path.parent, *path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    path.chmod(0o644)
    return path


@pytest.mark.parametrize("exclusive", [True, False])
def test_a_folder_that_cannot_be_written_is_named(public: Path, exclusive: bool) -> None:
    for lock in public.parent.glob("*.lock"):
        lock.unlink()

    def work() -> None:
        open_store(public, KEY, exclusive=exclusive).close()

    assert answer_of_nobody(work) in (("StoreReadOnly",) if exclusive else ("StoreReadOnly", "nothing wrong"))


def test_a_place_where_no_folder_can_be_made_is_named(public: Path) -> None:
    def work() -> None:
        open_store(public.parent / "deeper" / "clerkdesk.db", KEY).close()

    assert answer_of_nobody(work) == "StoreReadOnly"


def test_a_full_disk_at_the_first_start_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileLock, "acquire", full)
    with pytest.raises(StoreTrouble):
        open_store(path, KEY)


def test_stores_are_independent_of_each_other(tmp_path: Path) -> None:
    stores: list[Store] = [open_store(tmp_path / str(place) / "clerkdesk.db", new_key()) for place in range(2)]
    with stores[0].writing() as tx:
        tx.execute(text("INSERT INTO setting VALUES ('a', 'backup_days', '3')"))
    assert [count(store, "setting") for store in stores] == [1, 0]
    for store in stores:
        store.close()

"""Putting a backup back: never in place of a good store, never with a pen, whole after a crash at any step."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from clerkdesk.data import backup as backup_module
from clerkdesk.data import restore as restore_module
from clerkdesk.data.backup import FILES, MANIFEST, STORE_COPY, open_copy
from clerkdesk.data.backup_trouble import (
    BackupBroken,
    BackupFull,
    BackupIncomplete,
    BackupNotFound,
    BackupWrongKey,
)
from clerkdesk.data.blobs import blob_path
from clerkdesk.data.store import StoreInUse, StoreNewer
from clerkdesk.data.store_key import StoreKeyMissing, keep_key, load_key, new_key, recovery_code
from clerkdesk.services import commands as c
from clerkdesk.services.backups import restore_backup
from clerkdesk.services.desk import Desk
from clerkdesk.services.numbering import RegisterSuspended
from tests.conftest import OfficeClock
from tests.office import arrivals_book, book, open_office, register, subject_of

from .test_backup import PAPER, attach, closed, made_in, numbers, reopened


class Crash(BaseException):
    """The machine stops here."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A disk for the backups."""
    return tmp_path / "usb" / "backups"


def test_restored_store_numbers_nothing_before_the_paper_is_confirmed(desk: Desk, place: Path) -> None:
    sha256 = attach(desk)
    register(desk)
    made = made_in(desk, place)
    last_on_paper = [register(desk) for _ in range(3)][-1].number
    path = closed(desk)
    shutil.rmtree(path.parent / "files")
    restored = restore_backup(made.path, path)

    desk = reopened(path)
    assert numbers(desk) == [1, 2]
    assert blob_path(desk.store.blob_folder, sha256).read_bytes() == PAPER
    with pytest.raises(RegisterSuspended):
        register(desk)
    desk.do(
        desk.make(
            c.ConfirmLastNumber,
            register_id=arrivals_book(desk),
            year=2026,
            last_number=last_on_paper,
            reason="Phục hồi sau khi hỏng ổ đĩa",
        )
    )
    assert register(desk).number == last_on_paper + 1
    assert book(desk, "DEN").reserved == 3
    desk.close()

    assert restored.aside is not None
    kept = open_copy(restored.aside, load_key(path))
    assert kept.execute("SELECT count(*) FROM arrival").fetchone() == (5,)
    kept.close()


def test_restoring_twice_gives_two_incarnations(desk: Desk, place: Path, clock: OfficeClock) -> None:
    made = made_in(desk, place)
    path = closed(desk)
    seen = set()
    for _ in range(2):
        clock.forward(minutes=1)
        restore_backup(made.path, path)
        reopened(path).close()
        store = open_copy(path, load_key(path))
        seen.add(store.execute("SELECT incarnation FROM desk").fetchone()[0])
        store.close()
    assert len(seen) == 2
    assert len([*path.parent.glob("store-before-restore-*.db")]) == 2


def test_store_that_is_open_is_not_replaced(desk: Desk, place: Path) -> None:
    made = made_in(desk, place)
    with pytest.raises(StoreInUse):
        restore_backup(made.path, desk.store.path)
    register(desk)


def test_store_that_is_read_beside_the_desk_is_not_replaced(desk: Desk, place: Path) -> None:
    made = made_in(desk, place)
    path = closed(desk)
    from clerkdesk.data.store import open_store

    reader = open_store(path, load_key(path), exclusive=False)
    with reader.reading() as connection:
        connection.execute(text("SELECT count(*) FROM arrival")).scalar_one()
        with pytest.raises(StoreInUse):
            restore_backup(made.path, path)
    reader.close()
    restore_backup(made.path, path)


def _flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def _manifest(backup: Path, **changes: Any) -> None:
    facts = json.loads((backup / MANIFEST).read_text("utf-8"))
    (backup / MANIFEST).write_text(json.dumps(facts | changes), "utf-8")


def _a_file(backup: Path) -> Path:
    return next((backup.parent / FILES).glob("??/??/*"))


def _forge_store(backup: Path) -> None:
    """Break a page and write the manifest to fit: only the key's own check can see it."""
    _flip(backup / STORE_COPY, 9000)
    _manifest(backup, store_sha256=backup_module.sha256_of(backup / STORE_COPY))


DAMAGES: dict[str, tuple[Callable[[Path], object], type[Exception]]] = {
    "no manifest": (lambda b: (b / MANIFEST).unlink(), BackupBroken),
    "no store": (lambda b: (b / STORE_COPY).unlink(), BackupBroken),
    "manifest cut": (lambda b: (b / MANIFEST).write_text('{"made_at"'), BackupBroken),
    "manifest of something else": (lambda b: (b / MANIFEST).write_text("[]"), BackupBroken),
    "manifest leads outside": (lambda b: _manifest(b, files={"../../etc/passwd": 1}), BackupBroken),
    "manifest forgets a file": (lambda b: _manifest(b, files={}), BackupBroken),
    "manifest of another agency": (lambda b: _manifest(b, agency_id="another"), BackupBroken),
    "one bit of the store": (lambda b: _flip(b / STORE_COPY, 5000), BackupBroken),
    "one bit of the store and a fitting manifest": (_forge_store, BackupBroken),
    "one bit of a file": (lambda b: _flip(_a_file(b), 5), BackupBroken),
    "a file left behind": (lambda b: _a_file(b).unlink(), BackupIncomplete),
    "the files left behind": (lambda b: shutil.rmtree(b.parent / FILES), BackupIncomplete),
    "a newer program's": (lambda b: _manifest(b, schema="9999"), StoreNewer),
    "moved away": (lambda b: b.rename(b.with_name("moved")), BackupNotFound),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_backup_is_refused_and_the_store_stays(desk: Desk, place: Path, damage: str) -> None:
    attach(desk)
    made = made_in(desk, place)
    register(desk)
    path = closed(desk)
    harm, expected = DAMAGES[damage]
    harm(made.path)
    before = path.read_bytes()
    with pytest.raises(expected):
        restore_backup(made.path, path)
    assert path.read_bytes() == before
    assert not [*path.parent.glob(".restore-*")]
    desk = reopened(path)
    assert register(desk).number == 3
    desk.close()


@pytest.mark.parametrize("chosen", ["", STORE_COPY, MANIFEST])
def test_any_part_of_a_backup_can_be_pointed_at(desk: Desk, place: Path, chosen: str) -> None:
    made = made_in(desk, place)
    path = closed(desk)
    restore_backup(made.path / chosen if chosen else made.path, path)
    reopened(path).close()


def test_backup_of_another_key_needs_its_recovery_code_and_both_keys_stay(
    desk: Desk, place: Path, tmp_path: Path
) -> None:
    register(desk)
    made = made_in(desk, place)
    code = recovery_code(load_key(desk.store.path))
    desk.close()
    other = tmp_path / "new-machine" / "clerkdesk.db"
    open_office(other).close()
    other_key = load_key(other)

    with pytest.raises(BackupWrongKey):
        restore_backup(made.path, other)
    assert load_key(other) == other_key

    restored = restore_backup(made.path, other, recovery_code=code)
    desk = reopened(other)
    assert numbers(desk) == [1]
    desk.close()
    assert restored.aside is not None
    assert load_key(restored.aside) == other_key
    open_copy(restored.aside, other_key).close()


def test_backup_comes_back_on_a_machine_that_has_nothing(desk: Desk, place: Path, tmp_path: Path) -> None:
    sha256 = attach(desk)
    made = made_in(desk, place)
    code = recovery_code(load_key(desk.store.path))
    empty = tmp_path / "empty" / "clerkdesk.db"
    with pytest.raises(StoreKeyMissing):
        restore_backup(made.path, empty)
    assert restore_backup(made.path, empty, recovery_code=code).aside is None
    fresh = reopened(empty)
    assert numbers(fresh) == [1]
    assert blob_path(fresh.store.blob_folder, sha256).exists()
    fresh.close()


def test_store_that_does_not_open_any_more_is_kept_with_its_log(desk: Desk, place: Path) -> None:
    register(desk)
    made = made_in(desk, place)
    path = closed(desk)
    spoilt = b"spoilt" * 1000
    path.write_bytes(spoilt)
    path.with_name(path.name + "-wal").write_bytes(b"log")
    restored = restore_backup(made.path, path)
    assert restored.aside is not None
    assert restored.aside.read_bytes() == spoilt
    assert restored.aside.with_name(restored.aside.name + "-wal").read_bytes() == b"log"
    desk = reopened(path)
    assert numbers(desk) == [1]
    desk.close()


def _steps() -> Iterator[tuple[str, Any, str]]:
    yield "store copied", shutil, "copyfile"
    yield "copy checked", restore_module, "_prepare"
    yield "files", restore_module, "copy_file"
    yield "present store kept aside", restore_module, "_keep_aside"
    yield "folder synced", restore_module, "sync_folder"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", [name for name, _, _ in _steps()])
def test_crash_while_restoring_leaves_a_whole_store(
    desk: Desk, place: Path, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    attach(desk)
    made = made_in(desk, place)
    register(desk)
    path = closed(desk)
    shutil.rmtree(path.parent / "files")
    module, name = next((module, name) for title, module, name in _steps() if title == step)
    real = getattr(module, name)

    def crash(*arguments: Any, **named: Any) -> None:
        if when == "after":
            real(*arguments, **named)
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(module, name, crash)
        with pytest.raises(Crash):
            restore_backup(made.path, path)
    desk = reopened(path)
    assert numbers(desk) in ([1, 2], [1])
    assert (numbers(desk) == [1]) is (step == "folder synced")
    desk.close()
    restore_backup(made.path, path)
    desk = reopened(path)
    assert numbers(desk) == [1]
    desk.close()


def test_disk_full_while_restoring_leaves_the_store(desk: Desk, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register(desk)
    made = made_in(desk, place)
    path = closed(desk)

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", full)
        with pytest.raises(BackupFull):
            restore_backup(made.path, path)
    desk = reopened(path)
    register(desk)
    desk.close()


def test_old_key_file_does_not_win_over_the_new_key(desk: Desk, place: Path) -> None:
    made = made_in(desk, place)
    path = closed(desk)
    key = load_key(path)
    keep_key(path, new_key())
    with pytest.raises(BackupWrongKey):
        restore_backup(made.path, path)
    restore_backup(made.path, path, recovery_code=recovery_code(key))
    reopened(path).close()


def test_action_of_restoring_can_be_traced_in_the_log_of_the_office(desk: Desk, place: Path) -> None:
    answer = register(desk)
    made = made_in(desk, place)
    path = closed(desk)
    restore_backup(made.path, path)
    desk = reopened(path)
    confirm = desk.make(
        c.ConfirmLastNumber, register_id=arrivals_book(desk), year=2026, last_number=1, reason="Phục hồi"
    )
    desk.do(confirm)
    with desk.store.reading() as connection:
        kinds = connection.execute(text("SELECT kind FROM audit ORDER BY seq")).scalars().all()
    assert kinds[-3:] == ["RegisterArrival", "BeginIncarnation", "ConfirmLastNumber"]
    assert subject_of(answer)
    desk.close()

"""Backups: copied while people work, encrypted, without pens, complete or not there at all."""

from __future__ import annotations

import datetime as dt
import errno
import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from clerkdesk.data import backup as backup_module
from clerkdesk.data.backup import FILES, MANIFEST, STORE_COPY, list_backups, open_copy, read_manifest, verify
from clerkdesk.data.backup_trouble import (
    BackupCancelled,
    BackupFolderWrong,
    BackupFull,
    BackupRunning,
    BackupWrongKey,
)
from clerkdesk.data.blobs import blob_path
from clerkdesk.data.store import NEWEST
from clerkdesk.data.store_key import load_key, new_key
from clerkdesk.services import commands as c
from clerkdesk.services.backups import BackupMade, is_due, make_backup, restore_backup
from clerkdesk.services.clock import now
from clerkdesk.services.desk import Desk
from clerkdesk.services.files import keep_made
from clerkdesk.services.vocabulary import AttachmentRole
from tests.conftest import OfficeClock
from tests.office import ISSUER, PASSWORD, arrivals_book, register

PAPER = b"%PDF-1.7\n" + bytes(range(256)) * 40


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A disk for the backups."""
    return tmp_path / "usb" / "backups"


def attach(desk: Desk, content: bytes = PAPER) -> str:
    """Register an arrival with a file and return the file's hash."""
    file = keep_made(desk.store, content, "quyet-dinh.pdf", AttachmentRole.MAIN)
    register(desk, files=(file,))
    return file.sha256


def made_in(desk: Desk, place: Path) -> BackupMade:
    return make_backup(desk.store, place)


def closed(desk: Desk) -> Path:
    """Close the desk and return where its store is."""
    path = desk.store.path
    desk.close()
    return path


def reopened(path: Path) -> Desk:
    desk = Desk.open(path)
    desk.log_in("annv", PASSWORD)
    return desk


def numbers(desk: Desk) -> list[int]:
    with desk.store.reading() as connection:
        rows = connection.execute(text("SELECT number FROM arrival ORDER BY number"))
        return [int(row.number) for row in rows]


def test_backup_holds_all_that_was_registered_before_it_began_while_registration_goes_on(
    desk: Desk, place: Path
) -> None:
    for _ in range(5):
        register(desk)
    stop, begun = threading.Event(), threading.Event()

    def work() -> None:
        while not stop.is_set():
            register(desk)
            begun.set()

    clerk = threading.Thread(target=work)
    clerk.start()
    begun.wait(20)
    before = len(numbers(desk))
    made = made_in(desk, place)
    stop.set()
    clerk.join()

    with_copy = open_copy(made.path / STORE_COPY, load_key(desk.store.path))
    copied = [row[0] for row in with_copy.execute("SELECT number FROM arrival ORDER BY number")]
    counter = with_copy.execute(
        "SELECT next_number FROM register_year WHERE register_id = ?", (str(arrivals_book(desk)),)
    ).fetchone()
    assert with_copy.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    with_copy.close()
    assert len(copied) >= before
    assert copied == list(range(1, len(copied) + 1))
    assert counter == (len(copied) + 1,)


def test_backup_is_encrypted_and_brings_no_key(desk: Desk, place: Path) -> None:
    register(desk, subject="Về việc bảo vệ bí mật của bản sao")
    made = made_in(desk, place)
    raw = (made.path / STORE_COPY).read_bytes()
    key = load_key(desk.store.path)
    assert not raw.startswith(b"SQLite format 3")
    assert "bí mật".encode() not in raw
    assert ISSUER.encode() not in raw
    with pytest.raises(BackupWrongKey):
        open_copy(made.path / STORE_COPY, new_key())
    for path in place.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert key not in content
            assert key.hex().encode() not in content
    assert sorted(path.name for path in made.path.iterdir()) == [MANIFEST, STORE_COPY]


def test_backup_has_no_pen_and_another_incarnation_and_the_store_keeps_its_own(desk: Desk, place: Path) -> None:
    register(desk)
    made = made_in(desk, place)
    copy = open_copy(made.path / STORE_COPY, load_key(desk.store.path))
    books = copy.execute("SELECT DISTINCT state, holder_desk FROM register_year").fetchall()
    incarnation = copy.execute("SELECT incarnation FROM desk").fetchone()[0]
    copy.close()
    assert books == [("SUSPENDED", None)]
    with desk.store.reading() as connection:
        assert connection.execute(text("SELECT incarnation FROM desk")).scalar_one() != incarnation
    register(desk)


def test_manifest_names_everything_with_its_hash(desk: Desk, place: Path) -> None:
    sha256 = attach(desk)
    made = made_in(desk, place)
    manifest = read_manifest(made.path)
    assert manifest.files == {sha256: len(PAPER)}
    assert manifest.counts["arrivals"] == 1
    assert manifest.agency == "Sở Nội vụ tỉnh Sông Hương"
    assert manifest.schema == NEWEST
    assert manifest.moment <= now()
    assert verify(made.path, backup_module.Watch()) == manifest


def test_files_are_copied_once_and_never_linked(desk: Desk, place: Path) -> None:
    sha256 = attach(desk)
    made_in(desk, place)
    copy = blob_path(place / FILES, sha256)
    first = copy.stat()
    assert copy.read_bytes() == PAPER
    assert first.st_nlink == 1
    made_in(desk, place)
    assert copy.stat().st_mtime_ns == first.st_mtime_ns
    assert copy.stat().st_ino == first.st_ino
    assert len(list_backups(place)) == 2


def test_half_a_file_from_a_pulled_plug_is_copied_again(desk: Desk, place: Path) -> None:
    sha256 = attach(desk)
    copy = blob_path(place / FILES, sha256)
    copy.parent.mkdir(parents=True)
    copy.write_bytes(PAPER[:100])
    made_in(desk, place)
    assert copy.read_bytes() == PAPER


@pytest.mark.parametrize("how", ["gone", "changed"])
def test_file_lost_from_the_store_does_not_stop_the_backup_and_is_told(desk: Desk, place: Path, how: str) -> None:
    sha256, other = attach(desk), attach(desk, b"%PDF-1.7 kept")
    path = blob_path(desk.store.blob_folder, sha256)
    path.unlink() if how == "gone" else path.write_bytes(PAPER[::-1])
    made = made_in(desk, place)
    manifest = read_manifest(made.path)
    assert made.missing == 1
    assert manifest.missing == [sha256]
    assert list(manifest.files) == [other]
    assert not blob_path(place / FILES, sha256).exists()
    path = closed(desk)
    restore_backup(made.path, path)


def test_progress_ends_at_everything(desk: Desk, place: Path) -> None:
    attach(desk)
    seen: list[tuple[int, int]] = []
    make_backup(desk.store, place, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1] > 0


def test_backup_cancelled_at_any_moment_leaves_nothing_behind(desk: Desk, place: Path) -> None:
    attach(desk)
    looks = 0

    def counted() -> bool:
        nonlocal looks
        looks += 1
        return False

    make_backup(desk.store, place, cancelled=counted)
    assert looks >= 2
    shutil.rmtree(place)
    for moment in range(looks):
        answers = iter([False] * moment)
        with pytest.raises(BackupCancelled):
            make_backup(desk.store, place, cancelled=lambda answers=answers: next(answers, True))  # type: ignore[misc]
        assert [path.name for path in place.iterdir() if path.is_dir() and path.name != FILES] == []
        shutil.rmtree(place)
    register(desk)


def test_two_backups_into_one_folder_do_not_mix(desk: Desk, place: Path) -> None:
    refused: list[BaseException] = []

    def second(_done: int, _total: int) -> None:
        if not refused:
            with pytest.raises(BackupRunning) as caught:
                made_in(desk, place)
            refused.append(caught.value)

    make_backup(desk.store, place, progress=second)
    assert refused
    assert len(list_backups(place)) == 1


def test_disk_without_room_is_told_before_anything_is_copied(
    desk: Desk, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(desk.store.path.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1000))
    with pytest.raises(BackupFull):
        made_in(desk, place)
    assert list_backups(place) == []


@pytest.mark.parametrize(("number", "expected"), [(errno.ENOSPC, BackupFull), (errno.EIO, BackupFolderWrong)])
def test_disk_that_fails_on_the_way_is_told_and_cleaned(
    desk: Desk, place: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: type[Exception]
) -> None:
    attach(desk)

    def fails(*_: Any) -> None:
        raise OSError(number, "")

    monkeypatch.setattr(backup_module, "keep_stream", fails)
    with pytest.raises(expected):
        made_in(desk, place)
    assert list_backups(place) == []
    assert not [*place.glob(".*.part")]


def test_what_a_power_cut_left_is_cleared_by_the_next_backup(desk: Desk, place: Path) -> None:
    (place / ".20261101T000000Z.part").mkdir(parents=True)
    made_in(desk, place)
    assert not [*place.glob(".*.part")]


def test_only_the_newest_stay_and_files_that_nobody_names_go(desk: Desk, place: Path, clock: OfficeClock) -> None:
    old_file = attach(desk)
    for _ in range(3):
        clock.forward(days=7)
        make_backup(desk.store, place, keep=3)
    stranger = place / "20200101T000000Z"
    shutil.copytree(list_backups(place)[0].path, stranger)
    facts = json.loads((stranger / MANIFEST).read_text("utf-8"))
    (stranger / MANIFEST).write_text(json.dumps(facts | {"agency_id": "another", "files": {}}), "utf-8")
    with desk.store.writing() as tx:  # a file that a later version of the program no longer names
        tx.execute(text("DELETE FROM attachment"))
    clock.forward(days=7)
    assert make_backup(desk.store, place, keep=3).removed == 1
    assert blob_path(place / FILES, old_file).exists()
    for _ in range(3):
        clock.forward(days=7)
        make_backup(desk.store, place, keep=3)
    assert not blob_path(place / FILES, old_file).exists()
    assert len(list_backups(place)) == 4
    assert stranger.exists()


def test_no_file_goes_while_a_backup_cannot_be_read(desk: Desk, place: Path, clock: OfficeClock) -> None:
    sha256 = attach(desk)
    broken = made_in(desk, place).path
    (broken / MANIFEST).write_text("{")
    with desk.store.writing() as tx:
        tx.execute(text("DELETE FROM attachment"))
    clock.forward(days=1)
    make_backup(desk.store, place, keep=1)
    assert blob_path(place / FILES, sha256).exists()
    assert broken.exists()


@pytest.mark.parametrize(
    ("days_later", "setting", "due"),
    [(0, None, False), (6.9, None, False), (7, None, True), (3, "3", True), (2, "3", False), (8, "30", True), (-3, None, True)],
)  # fmt: skip
def test_backup_is_due_every_week_or_more_often(
    desk: Desk, place: Path, clock: OfficeClock, days_later: float, setting: str | None, due: bool
) -> None:
    made_in(desk, place)
    if setting is not None:
        desk.do(desk.make(c.ChangeSetting, name="backup_days", value=setting))
    at = clock.now() + dt.timedelta(days=days_later)
    assert desk.read(is_due, place, at) is due
    assert desk.read(is_due, place / "elsewhere", at)

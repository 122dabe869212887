"""The doctor says what works here and what does not, and changes nothing; the check of the store finds each harm."""

from __future__ import annotations

import datetime as dt
import locale
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from clerkdesk.data.blobs import blob_path
from clerkdesk.places import state_folder
from clerkdesk.services import commands as c
from clerkdesk.services.backups import make_backup
from clerkdesk.services.desk import Desk
from clerkdesk.services.doctor import Check, State, all_well, examine, terminal_colours
from clerkdesk.services.files import keep_made
from clerkdesk.services.integrity import check_store
from clerkdesk.services.vocabulary import AttachmentRole
from tests.conftest import OfficeClock
from tests.office import arrivals_book, register, reserve, void


def found(data: Path, name: str) -> Check:
    return next(one for one in examine(data) if one.name == name)


def test_machine_without_a_store_is_fit_and_stays_untouched(tmp_path: Path, no_keyring: None) -> None:
    data = tmp_path / "nothing" / "yet"
    checks = examine(data)
    assert [one for one in checks if one.state is State.WRONG] == []
    assert {one.name for one in checks} >= {
        "python", "utf8", "folder", "disk", "database", "store", "clock", "keyring", "libreoffice", "fonts", "pdfium",
        "signing", "english", "printers",
    }  # fmt: skip
    assert all(one.title and one.reason for one in checks)
    assert not data.parent.exists()


def test_everything_that_is_not_well_says_what_to_do(desk: Desk) -> None:
    for one in examine(desk.store.path.parent):
        if one.state is State.WRONG:
            assert one.advice, one.name


def test_open_store_is_looked_at_beside_its_desk(desk: Desk) -> None:
    assert found(desk.store.path.parent, "store").state is State.OK
    assert "Sở Nội vụ" in found(desk.store.path.parent, "store").reason
    register(desk)


def test_lost_key_is_told_with_the_way_back(desk: Desk) -> None:
    desk.store.path.with_suffix(".key").unlink()
    key = found(desk.store.path.parent, "key")
    assert key.state is State.WRONG
    assert "restore-key" in key.advice
    assert found(desk.store.path.parent, "store").state is State.WRONG


def test_key_file_that_others_can_read_is_told(desk: Desk) -> None:
    data = desk.store.path.parent
    assert found(data, "key").state is State.OK
    desk.store.path.with_suffix(".key").chmod(0o644)
    assert found(data, "key").state is State.WRONG


@pytest.mark.parametrize(
    ("backup_made", "days_later", "state"),
    [(False, 0, State.OFF), (False, 8, State.WRONG), (True, 1, State.OK), (True, 8, State.WRONG)],
)
def test_weekly_backup_is_watched(
    desk: Desk, clock: OfficeClock, backup_made: bool, days_later: int, state: State
) -> None:
    data = desk.store.path.parent
    if backup_made:
        make_backup(desk.store, data / "backups")
    clock.forward(days=days_later)
    assert found(data, "backup").state is state


@pytest.mark.parametrize(
    ("moved", "state"), [(dt.timedelta(0), State.OK), (dt.timedelta(hours=-1), State.WRONG), (dt.timedelta(days=-400), State.WRONG)]
)  # fmt: skip
def test_clock_behind_the_last_entry_is_told(desk: Desk, clock: OfficeClock, moved: dt.timedelta, state: State) -> None:
    register(desk)
    clock.moment += moved
    assert found(desk.store.path.parent, "clock").state is state


@pytest.mark.parametrize("harm", ["nothing", "deleted", "damaged", "old"])
def test_high_water_mark_is_compared_with_the_store(desk: Desk, harm: str) -> None:
    data = desk.store.path.parent
    (mark,) = state_folder(data).glob("*.mark")
    old = mark.read_bytes()
    for _ in range(2):
        register(desk)
    if harm == "deleted":
        mark.unlink()
    elif harm == "damaged":
        mark.write_bytes(mark.read_bytes().replace(b'"first":1', b'"first":8', 1))
    elif harm == "old":
        mark.write_bytes(old)
    before = {path: path.read_bytes() for path in state_folder(data).iterdir()}
    check = found(data, "mark")
    assert check.state is (State.OK if harm == "nothing" else State.WRONG)
    assert ("xác nhận số cuối cùng" in check.advice) == (harm != "nothing")
    assert {path: path.read_bytes() for path in state_folder(data).iterdir()} == before


def test_watched_folder_is_looked_into(desk: Desk, tmp_path: Path) -> None:
    data = desk.store.path.parent
    assert found(data, "watched").state is State.OFF
    scans = tmp_path / "scans"
    desk.do(desk.make(c.ChangeSetting, name="watched_folder", value=f'"{scans}"'))
    assert found(data, "watched").state is State.WRONG
    scans.mkdir()
    assert found(data, "watched").state is State.OK


def test_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    for free, state in ((100 << 20, State.WRONG), (500 << 20, State.OFF), (5 << 30, State.OK)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _path, free=free: usage._replace(free=free))
        assert found(tmp_path, "disk").state is state


@pytest.mark.parametrize(
    ("environment", "colours"),
    [
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, 2),
        ({"COLORTERM": "truecolor"}, 1 << 24),
        ({"TERM": "xterm-256color"}, 256),
        ({"TERM": "linux"}, 16),
        ({"TERM": "dumb"}, 2),
        ({}, 2),
    ],
)
def test_colours_are_read_from_the_terminal(environment: dict[str, str], colours: int) -> None:
    assert terminal_colours(environment)[0] == colours


def test_terminal_that_is_no_utf8_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locale, "getencoding", lambda: "ISO-8859-1")
    assert found(tmp_path, "utf8").state is State.WRONG


@pytest.mark.parametrize(("printed", "state"), [("Canon_LBP\nHP_M404\n", State.OK), ("", State.OFF)])
def test_printers_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: str, state: State) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: subprocess.CompletedProcess(a, 0, stdout=printed))
    assert found(tmp_path, "printers").state is state


def test_check_that_fails_does_not_hide_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs(*_: Any, **__: Any) -> None:
        raise subprocess.TimeoutExpired("lpstat", 5)

    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(subprocess, "run", hangs)
    checks = examine(tmp_path)
    assert next(one for one in checks if one.name == "printers").state is State.WRONG
    assert next(one for one in checks if one.name == "fonts").state is State.OK
    assert not all_well(checks)


def _busy(desk: Desk) -> str:
    """Let the office use everything that has a number or a file; return the file's hash."""
    file = keep_made(desk.store, b"%PDF-1.7 one", "a.pdf", AttachmentRole.MAIN)
    register(desk, files=(file,))
    number = register(desk).number
    register(desk, sub_number_of=number, sub_number_reason="Sót một văn bản")
    void(desk, arrivals_book(desk), number)
    reserve(desk, arrivals_book(desk))
    return file.sha256


def test_whole_store_passes_every_check(desk: Desk) -> None:
    _busy(desk)
    seen: list[tuple[int, int]] = []
    checks = check_store(desk.store, lambda done, total: seen.append((done, total)))
    assert [(one.name, one.state) for one in checks] == [
        (name, State.OK) for name in ("pages", "links", "chain", "numbers", "files")
    ]
    assert seen == [(1, 1)]


def _write(desk: Desk, *statements: str) -> None:
    """Change the store past every refusal, as a broken program or a hand would."""
    with desk.store.reading() as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
    driver: Any = desk.store.engine.raw_connection()
    driver.driver_connection.execute("PRAGMA foreign_keys = OFF")
    for name in names:
        driver.driver_connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        driver.driver_connection.execute(statement)
    driver.invalidate()


HARMS: dict[str, tuple[str, Callable[[Desk, str], object]]] = {
    "a number vanished": ("numbers", lambda d, _: _write(d, "DELETE FROM entry WHERE state = 'RESERVED'")),
    "a number in the middle vanished": ("numbers", lambda d, _: _write(d, "DELETE FROM entry WHERE number = 1")),
    "the counter jumped": ("numbers", lambda d, _: _write(d, "UPDATE register_year SET next_number = 9 WHERE next_number > 1")),
    "a document vanished": ("numbers", lambda d, _: _write(d, "DELETE FROM arrival WHERE number = 1")),
    "a document's number was changed": ("numbers", lambda d, _: _write(d, "UPDATE arrival SET number = 77 WHERE number = 1")),
    "the log was rewritten": ("chain", lambda d, _: _write(d, "UPDATE audit SET body = '{}' WHERE seq = 2")),
    "the log was cut out": ("chain", lambda d, _: _write(d, "DELETE FROM audit WHERE seq = 2")),
    "a link hangs": ("links", lambda d, _: _write(d, "DELETE FROM register WHERE code = 'DEN'")),
    "a file vanished": ("files", lambda d, h: blob_path(d.store.blob_folder, h).unlink()),
    "a file was changed": ("files", lambda d, h: blob_path(d.store.blob_folder, h).write_bytes(b"other")),
}  # fmt: skip


@pytest.mark.parametrize("harm", HARMS)
def test_each_harm_to_the_store_is_found(desk: Desk, harm: str) -> None:
    sha256 = _busy(desk)
    name, do = HARMS[harm]
    do(desk, sha256)
    checks = {one.name: one for one in check_store(desk.store)}
    assert checks[name].state is State.WRONG
    assert checks[name].advice

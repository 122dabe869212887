"""The high-water mark on disk: a line is there or was never there, whatever stops the machine; damage is not believed."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from clerkdesk.data import line_log
from clerkdesk.data.highwater import Mark, MarkInUse, MarkUnwritable, NumberNotShown, read_mark
from clerkdesk.data.line_log import LineDamaged, LineLog, read_lines
from clerkdesk.data.mark_state import Intent, MarkDamaged, Numbers, Pen, Renewal, State

BOOK = UUID(int=5)
HEAD = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "marks" / "desk.mark"


def fresh(path: Path) -> Mark:
    return Mark.make(path, State("agency", "desk", "first", {"machine": "m"}))


def give(mark: Mark, first: int, last: int | None = None, *, command: UUID | None = None, done: bool = True) -> UUID:
    """Write intent and done of a command that gives numbers."""
    uid = command or uuid4()
    mark.write_intent(Intent(str(uid), [Numbers(str(BOOK), 2026, first, last or first)]))
    if done:
        mark.write_done(uid, first, HEAD)
    return uid


# --- lines -------------------------------------------------------------------------------------------------------


def test_a_file_cut_anywhere_in_its_last_line_has_all_lines_before_it(path: Path) -> None:
    log = LineLog.make(path, [b"one", b"two"])
    log.append(b"three")
    log.close()
    whole = path.read_bytes()
    end = whole.rindex(b"\n") + 1
    start = whole.rindex(b"\n", 0, end - 1) + 1
    for cut in range(start, end):
        path.write_bytes(whole[:cut] + bytes(len(whole) - cut))
        log, lines = LineLog.open(path)
        assert lines == [b"one", b"two"]
        log.append(b"3")
        log.close()
        assert read_lines(path.read_bytes())[0] == [b"one", b"two", b"3"]


def test_a_changed_byte_in_any_line_but_the_last_is_damage(path: Path) -> None:
    LineLog.make(path, [b"one", b"two", b"three"]).close()
    whole = path.read_bytes()
    break_before_last = (
        whole.index(b"three") - 18
    )  # without it, the last two are one torn line: the store is ahead then
    for place in range(break_before_last):
        changed = bytearray(whole)
        changed[place] ^= 1
        with pytest.raises(LineDamaged) as caught:
            read_lines(bytes(changed))
        assert b"three" in caught.value.readable


def test_a_light_line_is_written_over_and_leaves_no_rest(path: Path) -> None:
    log = LineLog.make(path, [b"one"])
    log.append_lightly(b"a long line that may be lost")
    assert read_lines(path.read_bytes())[0] == [b"one", b"a long line that may be lost"]
    log.append(b"two")
    log.close()
    assert read_lines(path.read_bytes())[0] == [b"one", b"two"]


@pytest.mark.parametrize("fails", ["os.write", "sync"])
def test_a_line_that_could_not_be_written_is_not_there_and_the_next_one_is(
    path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    log = LineLog.make(path, [b"one"])
    write = os.write

    def half(descriptor: int, content: bytes) -> int:
        if len(content) > 4 and any(content):
            write(descriptor, content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "full")
        return write(descriptor, content)

    def not_synced(_: int) -> None:
        raise OSError(errno.EIO, "broken")

    with monkeypatch.context() as patch:
        if fails == "sync":
            patch.setattr(line_log, "sync_data", not_synced)
        else:
            patch.setattr(os, "write", half)
        with pytest.raises(OSError, match=r"full|broken"):
            log.append(b"something that is longer than what follows")
    assert read_lines(path.read_bytes())[0] == [b"one"]
    log.append(b"two")
    log.close()
    assert read_lines(path.read_bytes())[0] == [b"one", b"two"]


def test_a_line_is_synced_before_append_returns_and_a_light_one_is_not(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = LineLog.make(path, [])
    on_disk: list[int] = []
    monkeypatch.setattr(line_log, "sync_data", lambda _: on_disk.append(len(read_lines(path.read_bytes())[0])))
    log.append(b"one")
    log.append_lightly(b"two")
    log.append(b"three")
    assert on_disk == [1, 2]
    log.close()


# --- the mark ----------------------------------------------------------------------------------------------------


def test_a_mark_opened_again_says_what_it_said(path: Path) -> None:
    mark = fresh(path)
    give(mark, 1)
    give(mark, 2, 40)
    open_one = give(mark, 41, done=False)
    special = uuid4()
    mark.write_intent(
        Intent(
            str(special),
            [Numbers(str(BOOK), 2026, 7, 7, special=True), Numbers(str(BOOK), 2026, 8, 8, "a", special=True)],
        )
    )
    mark.write_done(special, 43, HEAD)
    pens = uuid4()
    mark.write_intent(
        Intent(
            str(pens),
            taken=[Pen(str(BOOK), 2027, 3, "DEN", 0)],
            given_up=[Pen(str(BOOK), 2025, 2)],
            lost=[Pen(str(BOOK), 2024, 9)],
        )
    )
    mark.write_done(pens, 44, HEAD)
    mark.note_shown(BOOK, 2023, 4, 88)
    said = mark.state
    read_beside = read_mark(path)
    mark.close()
    again = Mark.open(path)
    again.close()
    for state in (read_beside, again.state):
        assert state == said
        assert state.highest(BOOK, "", 2026) == 40
        assert state.special(BOOK, 2026) == [(7, ""), (8, "a")]
        assert [state.book(str(BOOK), year).pen for year in (2027, 2025, 2024)] == ["HELD", "GIVEN_UP", "LOST"]
        assert [state.book(str(BOOK), year).epoch for year in (2027, 2025, 2024, 2023)] == [3, 2, 9, 4]
        assert state.highest(BOOK, "", 2023) == 88
        assert list(state.pending) == [str(open_one)]


def test_a_book_that_the_store_has_lost_is_known_by_its_code(path: Path) -> None:
    mark = fresh(path)
    uid = uuid4()
    mark.write_intent(Intent(str(uid), taken=[Pen(str(BOOK), 2026, 0, "CV", 57)]))
    mark.write_done(uid, 1, HEAD)
    assert mark.state.highest(uuid4(), "CV", 2026) == 57
    assert mark.state.highest(uuid4(), "QD", 2026) == 0
    assert mark.state.highest(uuid4(), "CV", 2027) == 0


def test_a_growing_mark_is_written_anew_and_loses_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_log, "ROOM", 4096)
    mark = fresh(path)
    files = {path.stat().st_ino}
    for number in range(1, 200):
        mark.tell([str(give(mark, number))])
        files.add(path.stat().st_ino)
    give(mark, 200, done=False)
    said = mark.state
    mark.close()
    assert path.stat().st_size < 20_000
    again = Mark.open(path)
    assert again.state == said
    assert again.state.highest(BOOK, "", 2026) == 199
    assert again.state.untold == {}
    again.close()


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_mark_that_cannot_be_written_anew_stays_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(line_log, "ROOM", 1024)
    mark = fresh(path)
    give(mark, 1)
    number = 1

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        if step == "replace":
            patch.setattr(Path, "replace", full)
        elif step == "fsync":
            patch.setattr(os, "fsync", full)
        else:
            patch.setattr(line_log, "_written_aside", full)
        with pytest.raises((MarkUnwritable, NumberNotShown)):
            for number in range(2, 50):
                give(mark, number)
    given = mark.state.highest(BOOK, "", 2026)
    assert given in (number - 1, number)
    mark.settle(dict.fromkeys(mark.state.pending, (99, HEAD)))
    said = mark.state
    mark.close()
    again = Mark.open(path)
    assert again.state == said
    again.close()


def test_done_never_needs_room_that_its_intent_has_not_made(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_log, "ROOM", 16_384)
    mark = fresh(path)
    rewrite = LineLog.rewrite
    rewritten: list[LineLog] = []

    def counted(log: LineLog, lines: list[bytes]) -> None:
        rewritten.append(log)
        rewrite(log, lines)

    monkeypatch.setattr(LineLog, "rewrite", counted)
    for number in range(1, 300):
        uid = give(mark, number, done=False)
        before = len(rewritten)
        mark.write_done(uid, number, HEAD)
        assert len(rewritten) == before
    assert 1 < len(rewritten) < 100
    mark.close()


def test_a_second_program_is_kept_out(path: Path) -> None:
    mark = fresh(path)
    with pytest.raises(MarkInUse):
        Mark.open(path)
    mark.close()
    Mark.open(path).close()


def damaged_in_the_middle(content: bytes) -> bytes:
    return content.replace(b'"first":2', b'"first":7', 1)


def without_its_beginning(content: bytes) -> bytes:
    return content[content.index(b"\n") + 1 :]


def of_a_newer_program(content: bytes) -> bytes:
    line = line_log._framed(b'[{"k":"something new"}]')
    end = len(content.rstrip(b"\0"))
    return content[:end] + line + content[end + len(line) :]


@pytest.mark.parametrize(
    "harm", [damaged_in_the_middle, without_its_beginning, of_a_newer_program, lambda content: bytes(len(content))]
)
def test_a_damaged_mark_is_not_believed_but_what_can_be_read_counts(path: Path, harm: Callable[[bytes], bytes]) -> None:
    mark = fresh(path)
    for number in (1, 2, 3):
        give(mark, number)
    mark.close()
    before = path.read_bytes()
    path.write_bytes(harm(before))
    assert path.read_bytes() != before
    for look in (read_mark, Mark.open):
        with pytest.raises(MarkDamaged) as caught:
            look(path)
        assert caught.value.known.highest(BOOK, "", 2026) == (3 if any(path.read_bytes()) else 0)


def test_numbers_are_told_until_somebody_has_seen_them(path: Path) -> None:
    mark = fresh(path)
    seen, unseen = give(mark, 1), give(mark, 2)
    mark.tell([str(seen)])
    mark._log.close()  # killed: nothing is written any more
    mark._lock.release()
    again = Mark.open(path)
    assert list(again.state.untold) == [str(unseen)]
    again.close()


def test_done_and_intent_cost_one_flush_each(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = fresh(path)
    flushed: list[int] = []
    monkeypatch.setattr(line_log, "sync_data", flushed.append)
    for number in range(1, 11):
        mark.tell([str(give(mark, number))])
    assert len(flushed) == 20
    mark.write_done(uuid4(), 3, HEAD)  # nobody meant to
    assert len(flushed) == 20
    mark.close()


def test_threads_write_whole_lines(path: Path) -> None:
    mark = fresh(path)
    threads = [
        threading.Thread(target=lambda start=start: [give(mark, start + nth) for nth in range(50)])
        for start in range(1, 401, 50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = mark.state
    mark.close()
    again = Mark.open(path)
    assert again.state == said
    assert len(said.untold) == 400
    again.close()


def test_a_renewal_gives_incarnation_fingerprint_and_head_together(path: Path) -> None:
    mark = fresh(path)
    give(mark, 9)
    uid = uuid4()
    renewal = Renewal("MOVED", "second", {"machine": "n"})
    mark.write_intent(Intent(str(uid), lost=[Pen(str(BOOK), 2026)], renewal=renewal))
    assert (mark.state.incarnation, mark.state.last_seq) == ("first", 9)
    mark.write_done(uid, 4, b"\1" * 32)
    state = mark.state
    assert (state.incarnation, state.fingerprint, state.last_seq) == ("second", {"machine": "n"}, 4)
    assert state.book(str(BOOK), 2026).pen == "LOST"
    assert state.highest(BOOK, "", 2026) == 9
    assert state.untold[str(uid)].cause == "MOVED"
    mark.close()


def test_a_place_that_cannot_be_written_is_said_in_a_sentence(path: Path) -> None:
    path.parent.parent.mkdir(exist_ok=True)
    path.parent.write_bytes(b"a file stands here")
    with pytest.raises(MarkUnwritable) as caught:
        fresh(path)
    assert str(path.parent) in caught.value.message
    assert "chưa cấp số nào" in caught.value.message

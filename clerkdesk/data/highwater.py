"""The high-water mark: what numbers this desk has given, kept outside the database file, so that no restored or copied
store can give one of them again.

A numbering command writes its intent before the store commits and `done` after it, before anybody sees the number.
Both are on disk when the call returns. The mark also knows which pens the desk holds, has given up or has lost, and
which numbers nobody has been shown yet. How a mark and a store are compared is in `services.incarnation`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from clerkdesk.data.line_log import LineDamaged, LineLog, read_lines
from clerkdesk.data.mark_state import (
    Intent,
    MarkDamaged,
    Record,
    State,
    done_record,
    intent_record,
    line_of,
    replayed,
    salvaged,
    snapshot,
)
from clerkdesk.errors import StoreTrouble
from clerkdesk.i18n import N_

ENDING = ".mark"
ROOM_FOR_DONE = 4096


class MarkUnwritable(StoreTrouble):
    """The intent could not be written; nothing was committed."""

    sentence = N_(
        "Chưa lưu, chưa cấp số nào: không ghi được mốc số ở {path}. Xóa bớt tệp trên ổ đĩa, kiểm tra quyền ghi rồi lưu lại."
    )


class NumberNotShown(StoreTrouble):
    """The number is in the store, but the mark could not say so; until it can, nobody may see the number."""

    sentence = N_(
        "Văn bản đã vào sổ nhưng chưa hiện số được: không ghi được mốc số ở {path}. Xóa bớt tệp trên ổ đĩa rồi lưu lại, số đã cấp sẽ hiện ra; nếu tắt máy, số được báo khi mở lại."
    )


class MarkInUse(StoreTrouble):
    """Another copy of this store is open on this machine."""

    sentence = N_(
        "Một bản chép khác của kho này đang mở trên máy. Hai bản không được cùng cấp số: đóng bản kia rồi mở lại."
    )


class NoMark(StoreTrouble):
    """A store that was opened beside its desk is asked for a number."""

    sentence = N_("Chưa cấp số: kho đang mở không kèm mốc số. Cấp số ở cửa sổ ClerkDesk chính.")


class Unmarked:
    """Stands in the mark's place where somebody has decided that a store numbers without one: a tool, a test."""

    def __init__(self) -> None:
        self.state = State()

    def write_intent(self, intent: Intent) -> None:
        """Nothing is kept."""

    def write_done(self, command: UUID, seq: int, head: bytes) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing is open."""


class Mark:
    """An open mark; its calls may come from several threads."""

    def __init__(self, log: LineLog, state: State, lock: Any) -> None:
        self._log = log
        self.state = state
        self._lock = lock
        self.unconfirmed = False  # a `done` failed: something is committed that must not be shown yet
        self._told: list[str] = []  # not yet in a line that stays
        self._mutex = threading.RLock()

    @property
    def path(self) -> Path:
        """Where it is."""
        return self._log.path

    @classmethod
    def open(cls, path: Path) -> Mark:
        """Open a desk's mark, for one program at a time.

        Raises:
            FileNotFoundError, MarkDamaged, MarkInUse, MarkUnwritable.
        """
        lock = _take_lock(path)
        try:
            try:
                log, lines = LineLog.open(path)
            except LineDamaged as error:
                raise MarkDamaged(salvaged(error.readable)) from error
            try:
                state = replayed(lines)
            except MarkDamaged:
                log.close()
                raise
        except FileNotFoundError:
            lock.release()
            raise
        except OSError as error:
            lock.release()
            raise MarkUnwritable(path=path.parent) from error
        except BaseException:
            lock.release()
            raise
        return cls(log, state, lock)

    @classmethod
    def make(cls, path: Path, state: State) -> Mark:
        """Begin a mark; what was at its place is gone, so whoever wants to keep it has moved it.

        Raises:
            MarkInUse, MarkUnwritable.
        """
        lock = _take_lock(path)
        try:
            log = LineLog.make(path, [line_of([snapshot(state)])])
        except OSError as error:
            lock.release()
            raise MarkUnwritable(path=path.parent) from error
        return cls(log, state, lock)

    def write_intent(self, intent: Intent) -> None:
        """Say on disk what is about to be committed.

        Raises:
            MarkUnwritable.
        """
        try:
            self._write([intent_record(intent)])
        except OSError as error:
            raise MarkUnwritable(path=self.path.parent) from error

    def write_done(self, command: UUID, seq: int, head: bytes) -> None:
        """Say on disk that a command is committed; nothing is written when that is there already.

        Args:
            command: its uid.
            seq: its place in the audit log.
            head: its hash there.

        Raises:
            NumberNotShown.
        """
        with self._mutex:
            if str(command) not in self.state.pending:
                return
            try:
                self._write([done_record(str(command), seq, head)])
            except OSError as error:
                self.unconfirmed = True
                raise NumberNotShown(path=self.path.parent) from error

    def settle(self, committed: dict[str, tuple[int, bytes]]) -> None:
        """Close every intent that is open: done where the store has its command, dropped where it has not.

        Args:
            committed: place and hash in the audit log of those of `state.pending` that the store has.

        Raises:
            MarkUnwritable.
        """
        with self._mutex:
            records = [
                done_record(command, *committed[command]) if command in committed else {"k": "drop", "c": command}
                for command in self.state.pending
            ]
            try:
                if records:
                    self._write(records)
            except OSError as error:
                raise MarkUnwritable(path=self.path.parent) from error

    def note_shown(self, register: UUID, year: int, epoch: int, number: int) -> None:
        """Keep the highest number that was shown here though a server gave it; on disk before it is shown.

        Raises:
            MarkUnwritable.
        """
        if number <= self.state.book(str(register), year).shown:
            return
        try:
            self._write([{"k": "shown", "r": str(register), "y": year, "e": epoch, "n": number}])
        except OSError as error:
            raise MarkUnwritable(path=self.path.parent) from error

    def tell(self, commands: Iterable[str]) -> None:
        """Note that somebody has seen the numbers of these commands; a power cut may lose it, then they are told again."""
        with self._mutex:
            told = [command for command in commands if command in self.state.untold]
            if told:
                self.state.apply({"k": "told", "c": told})
                self._told += told
                line = line_of([{"k": "told", "c": self._told}])
                if self._log.has_room(line):
                    self._log.append_lightly(line)

    def close(self) -> None:
        """Close the file and let another program open it."""
        with self._mutex:
            if self._told:
                with suppress(OSError):
                    self._write([])
            self._log.close()
            self._lock.release()

    def _write(self, records: list[Record]) -> None:
        with self._mutex:
            told = [{"k": "told", "c": self._told}] if self._told else []
            line = line_of([*told, *records])
            # An intent leaves room for its `done`: when that is written, the number is in the store already.
            if self._log.has_room(line, beside=ROOM_FOR_DONE if self._opens(records) else 0):
                self._log.append(line)
            else:
                self._log.rewrite([line_of([snapshot(self.state)]), line])
            self._told = []
            for record in records:
                self.state.apply(record)
            self.unconfirmed = self.unconfirmed and bool(self.state.pending)

    @staticmethod
    def _opens(records: list[Record]) -> bool:
        return any(record["k"] == "intent" for record in records)


def read_mark(path: Path) -> State:
    """Return what a mark says, while its desk may be using it.

    Raises:
        MarkDamaged, OSError.
    """
    try:
        return replayed(read_lines(path.read_bytes())[0])
    except LineDamaged as error:
        raise MarkDamaged(salvaged(error.readable)) from error


def _take_lock(path: Path) -> Any:
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_suffix(".lock"), thread_local=False)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise MarkInUse from error
    except OSError as error:
        raise MarkUnwritable(path=path.parent) from error
    return lock

"""Files apart from records: sent and fetched chunk by chunk in a thread of their own, so that no number waits for one.

Either side goes on where the other one stopped: the server tells how far a file has come, and a half-fetched file
lies in `files/.incoming`. Both verify the whole before it gets its name. Files of a document that somebody has opened
come before all others.
"""

from __future__ import annotations

import errno
import hashlib
import inspect
import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar

from clerkdesk import log
from clerkdesk.data.blobs import CHUNK, blob_path, hash_of, keep_whole
from clerkdesk.data.store import Store
from clerkdesk.services.clock import now
from clerkdesk.services.file_transfers import (
    FileAboveServersLimit,
    FileDamaged,
    FileDamagedAtServer,
    FileVanished,
    waiting_files,
)
from clerkdesk.sync import file_queue
from clerkdesk.sync.agreed import read_agreed
from clerkdesk.sync.door import Door, TurnedDown, Unreached
from clerkdesk.sync.file_queue import DOWN, UP, Queued
from clerkdesk.sync.messages import CHUNK_BYTES, Trouble

SMALLEST_CHUNK, FIRST_CHUNK = 16 << 10, 256 << 10
QUICK, SLOW = 0.5, 2.0  # seconds for a chunk: then the next one is larger, or smaller
KEPT_FREE = 512 << 20  # bytes of this desk's disk that fetched files leave to the office's own work
LONGEST_PAUSE = 60.0
_AT_ONCE = 100  # files picked from the queue
_ASKED_AGAIN = 3
_OWN = {  # what concerns one file only; the others go on
    Trouble.OFFSET: "Offset",
    Trouble.CHUNK: "Chunk",
    Trouble.HASH: "Hash",
    Trouble.LARGE: FileAboveServersLimit.__name__,
    Trouble.QUOTA: "Quota",
    Trouble.FULL: "ServerFull",
    Trouble.ABSENT: "Absent",
    Trouble.BAD: "Refused",
}
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
R = TypeVar("R")


class _Failed(Exception):
    """A file does not get through now."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class _Job:
    """A file being carried, and the bytes of it that have come through."""

    def __init__(self, file: Queued, work: Generator[int], *, wanted: bool) -> None:
        self.file = file
        self.work = work
        self.wanted = wanted
        self.done = 0


class FileTransfers:
    """Carries what stands in the queue."""

    def __init__(self, store: Store, door: Door, changed: Callable[[], None], busy: Callable[[], bool]) -> None:
        """Make it; nothing is carried yet.

        Args:
            changed: called when a file has come that somebody waits for, or something needs attention.
            busy: says whether the person is typing now.
        """
        self._store = store
        self._door = door
        self._changed = changed
        self._busy = busy
        self._wanted: dict[str, int] = {}  # in the order in which they were asked for
        self._asking = threading.Lock()
        self._wake = threading.Event()
        self._line: deque[Queued] = deque()
        self._stale = True
        self._job: _Job | None = None
        self._chunk = FIRST_CHUNK
        self._counted: tuple[int, int] | None = None

    # -- what others ask ----------------------------------------------------------------------------------------

    def want(self, files: Mapping[str, int]) -> None:
        """Fetch these files before all others.

        Args:
            files: SHA-256 and bytes.
        """
        with self._asking:
            self._wanted.update(files)
        self.wake()

    def wake(self) -> None:
        """Look at the queue again: it has changed, or it is to be tried now."""
        self._stale, self._counted = True, None
        self._wake.set()

    def waiting(self) -> tuple[int, int]:
        """Return how many files are to be carried, and how many bytes are left of them."""
        counted = self._counted
        if counted is None:
            with self._store.reading() as connection:
                agreed = read_agreed(connection)
                counted = waiting_files(connection, agreed.agency) if agreed else (0, 0)
            self._counted = counted
        job = self._job
        return counted[0], max(0, counted[1] - (job.done if job else 0))

    # -- the work -----------------------------------------------------------------------------------------------

    def work_off(self) -> int:
        """Carry all that is due and return how many chunks it took.

        Raises:
            Unreached, TurnedDown.
        """
        chunks = 0
        while self.step():
            chunks += 1
        return chunks

    def step(self) -> bool:
        """Carry one chunk of one file; False when nothing is due.

        Raises:
            Unreached, TurnedDown: nothing goes on for now; what has come through stays.
        """
        job = self._next()
        if job is None:
            return False
        try:
            job.done = next(job.work)
            return True
        except StopIteration:
            self._finish(job)
        except _Failed as failed:
            self._fail(job, failed.code)
        except TurnedDown as down:
            if down.trouble not in _OWN:
                raise
            self._fail(job, _OWN[down.trouble])
        except OSError as error:
            self._fail(job, "NoRoom" if error.errno in _NO_ROOM else "DiskTrouble")
        except Unreached:
            self._chunk = max(SMALLEST_CHUNK, self._chunk // 2)
            raise
        finally:
            if (
                self._job is job and inspect.getgeneratorstate(job.work) == inspect.GEN_CLOSED
            ):  # it has ended, one way or another
                self._job = None
        return True

    def _next(self) -> _Job | None:
        job = self._job
        with self._asking:
            wanted = {**self._wanted}
        if job is not None and (job.wanted or not wanted):
            return job
        if job is not None:  # somebody waits for another one: this one goes on later where it is
            job.work.close()
            self._job = None
            self._line.appendleft(job.file)
        if wanted:
            with self._store.writing() as tx:
                agreed = read_agreed(tx)
                if agreed is not None:
                    file_queue.queue_down(tx, agreed.agency, self._store.blob_folder, wanted.items())
        with self._store.reading() as connection:
            agreed = read_agreed(connection)
            if agreed is None:
                return None
            for sha256 in wanted:
                file = file_queue.one(connection, agreed.agency, sha256, DOWN)
                if file is not None:
                    return self._begin(file, wanted=True)
                self._no_more_wanted(sha256)
            if self._stale or not self._line:
                self._stale = False
                self._line = deque(file_queue.due(connection, agreed.agency, now(), _AT_ONCE))
            while self._line:
                ahead = self._line.popleft()
                file = file_queue.one(connection, ahead.agency, ahead.sha256, ahead.direction)
                if file is not None:
                    return self._begin(file, wanted=False)
        return None

    def _begin(self, file: Queued, *, wanted: bool) -> _Job:
        work = self._send(file) if file.direction == UP else self._fetch(file, wanted=wanted)
        self._job = _Job(file, work, wanted=wanted)
        return self._job

    def _finish(self, job: _Job) -> None:
        with self._store.writing() as tx:
            file_queue.finished(tx, job.file)
            if job.file.direction == UP:  # the server has it; if it has vanished here it comes back
                down = replace(job.file, direction=DOWN)
                file_queue.finished(tx, down)
                named = ((down.sha256, down.size),)
                file_queue.queue_down(tx, down.agency, self._store.blob_folder, named)
        self._counted = None
        if job.wanted:
            self._no_more_wanted(job.file.sha256)
            self._changed()

    def _fail(self, job: _Job, code: str) -> None:
        log.note("file_not_carried", direction=job.file.direction, code=code)
        with self._store.writing() as tx:
            file_queue.failed(tx, job.file, code, job.done, now())
        self._no_more_wanted(job.file.sha256)
        self._changed()

    def _no_more_wanted(self, sha256: str) -> None:
        with self._asking:
            self._wanted.pop(sha256, None)

    # -- up -----------------------------------------------------------------------------------------------------

    def _send(self, file: Queued) -> Generator[int]:
        """Send a file from where the server has it; nothing damaged here is ever finished there."""
        state = self._door.file_state(file.sha256, file.size)
        if state.complete:
            return
        path = blob_path(self._store.blob_folder, file.sha256)
        try:
            opened = path.open("rb")
        except FileNotFoundError as error:
            raise _Failed(self._vanished(file)) from error
        with opened as content:
            if os.fstat(content.fileno()).st_size != file.size:
                raise _Failed(self._put_aside(path))
            again, position, digest = 0, 0, hashlib.sha256()
            while not state.complete:
                if state.offset != position:
                    position, digest = state.offset, _digest_to(content, state.offset)
                chunk = content.read(min(self._chunk, file.size - position))
                if not chunk and position < file.size:
                    raise _Failed(self._put_aside(path))  # somebody has cut it off meanwhile
                ahead = digest.copy()
                ahead.update(chunk)
                if position + len(chunk) == file.size and ahead.hexdigest() != file.sha256:
                    raise _Failed(self._put_aside(path))
                try:
                    state = self._timed(partial(self._door.send_chunk, file.sha256, file.size, position, chunk))
                except TurnedDown as down:
                    again += 1
                    if down.trouble not in (Trouble.OFFSET, Trouble.CHUNK, Trouble.HASH) or again > _ASKED_AGAIN:
                        raise
                    state = self._door.file_state(file.sha256, file.size)
                    position = -1  # whatever was read is read again
                    continue
                position, digest = position + len(chunk), ahead
                yield state.offset

    def _vanished(self, file: Queued) -> str:
        aside = self._aside(file.sha256)
        return FileDamaged.__name__ if aside.exists() else FileVanished.__name__

    def _put_aside(self, path: Path) -> str:
        """Move damaged bytes away, so that the right ones can take their place."""
        aside = self._aside(path.name)
        aside.parent.mkdir(parents=True, exist_ok=True)
        path.replace(aside)
        return FileDamaged.__name__

    def _aside(self, sha256: str) -> Path:
        return self._store.blob_folder / ".damaged" / sha256

    # -- down ---------------------------------------------------------------------------------------------------

    def _fetch(self, file: Queued, *, wanted: bool) -> Generator[int]:
        """Fetch a file from where it has come, verify it, and give it its name."""
        folder = self._store.blob_folder
        if blob_path(folder, file.sha256).exists():
            return
        part = folder / ".incoming" / f"{file.sha256}.part"
        part.parent.mkdir(parents=True, exist_ok=True)
        if not wanted and shutil.disk_usage(part.parent).free - file.size < KEPT_FREE:
            raise _Failed("NoRoom")
        resumed = True
        while resumed:
            with part.open("ab") as target:
                position = target.tell()
                if position > file.size:
                    position = target.truncate(0)
                resumed = position > 0
                while position < file.size:
                    stop = min(position + self._chunk, file.size)
                    chunk = self._timed(partial(self._door.fetch_chunk, file.sha256, position, stop))
                    if not chunk:
                        raise Unreached
                    target.write(chunk)
                    position += len(chunk)
                    yield position
                target.flush()
                os.fsync(target.fileno())
            if hash_of(part) == file.sha256:
                keep_whole(folder, part, file.sha256)
                part.unlink(missing_ok=True)
                return
            part.unlink()  # what was here from before may have been torn by a power cut: once more from the start
        raise _Failed(FileDamagedAtServer.__name__)

    # -- pace ---------------------------------------------------------------------------------------------------

    def _timed(self, carry: Callable[[], R]) -> R:
        """Carry a chunk and fit the next one to the line, so that records need never wait long behind it."""
        began = time.monotonic()
        answer = carry()
        took = time.monotonic() - began
        if took < QUICK:
            self._chunk = min(CHUNK_BYTES, self._chunk * 2)
        elif took > SLOW:
            self._chunk = max(SMALLEST_CHUNK, self._chunk // 2)
        return answer

    def run(self, stopped: threading.Event, online: Callable[[], bool]) -> None:
        """Carry files until `stopped`, while the link is online."""
        failures = 0
        while not stopped.is_set():
            self._wake.clear()
            pause = LONGEST_PAUSE / 4
            try:
                if not online():
                    pause = 0.5
                elif self.step():
                    failures, pause = 0, 0.0
                    time.sleep(0.02 if self._busy() else 0)
            except (Unreached, TurnedDown):
                failures += 1
                pause = min(LONGEST_PAUSE, 2.0**failures)
            except Exception as error:  # whatever it is, numbers go on, and the next attempt may go well
                failures += 1
                log.note("files_failed", error=type(error).__name__)
                pause = min(LONGEST_PAUSE, 2.0**failures)
            if pause:
                self._wake.wait(pause)
        if self._job is not None:
            self._job.work.close()


def _digest_to(content: BinaryIO, offset: int) -> hashlib._Hash:
    """Hash the first bytes of a file and leave it there."""
    content.seek(0)
    digest = hashlib.sha256()
    while offset > 0 and (piece := content.read(min(CHUNK, offset))):
        digest.update(piece)
        offset -= len(piece)
    return digest

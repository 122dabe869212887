"""Files on their way up: one part per agency, file and length on the server's disk, grown chunk by chunk.

A part's length on disk is the only record of how far it has come, so nothing can disagree with it after a crash. A
part that is verified is renamed `.whole` and never written again; whatever is left to do with it is done by whoever
asks next. Parts that nobody has touched for a week are thrown away.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from clerkdesk import log
from clerkdesk.data.blobs import hash_of, sync_folder
from clerkdesk.server.access import TurnedDown
from clerkdesk.services.settings import MEGABYTE
from clerkdesk.sync.messages import Trouble

LARGEST_MEGABYTES = 100
_PART, _WHOLE = ".part", ".whole"
_SWEEP_SECONDS = 3600.0
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the server takes; bytes and seconds."""

    largest: int = LARGEST_MEGABYTES * MEGABYTE  # one file
    unfinished: int = 2_000 * MEGABYTE  # all unfinished files of an agency, counted as if they were whole
    unfinished_files: int = 200
    abandoned_after: float = 7 * 86_400.0
    reserve: int = 256 * MEGABYTE  # stays free on the disk: numbers come before files


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way."""

    path: Path
    offset: int
    length: int

    @property
    def is_verified(self) -> bool:
        """Whether its hash was found right."""
        return self.path.suffix == _WHOLE


class Uploads:
    """All parts of a server."""

    def __init__(self, folder: Path, rules: Rules) -> None:
        self.folder = folder
        self.rules = rules
        self._beginning = threading.Lock()
        self._swept = 0.0

    def find(self, agency: UUID, sha256: str, length: int | None = None) -> Upload | None:
        """Return the upload of a file, of this length if one is named, that has come farthest."""
        found = [_read(path) for path in self._folder(agency).glob(f"{sha256}.{'' if length is None else length}*")]
        known = [one for one in found if one is not None and length in (None, one.length)]
        return max(known, key=lambda one: (one.is_verified, one.offset == one.length, one.offset), default=None)

    def take(self, agency: UUID, sha256: str, length: int, offset: int, chunk: bytes, chunk_hash: str) -> Upload:
        """Write a chunk where it belongs and make it durable.

        Args:
            length: bytes of the whole file.
            offset: where the chunk begins.
            chunk_hash: SHA-256 of the chunk, hexadecimal.

        Raises:
            TurnedDown: LARGE, BAD, CHUNK, OFFSET, QUOTA, FULL, STORE; the part is as it was.
        """
        if length > self.rules.largest:
            raise TurnedDown(Trouble.LARGE)
        if not 0 <= offset <= offset + len(chunk) <= length:
            raise TurnedDown(Trouble.BAD)
        if hashlib.sha256(chunk).hexdigest() != chunk_hash:
            raise TurnedDown(Trouble.CHUNK)
        path = self._folder(agency) / f"{sha256}.{length}{_PART}"
        with _room():
            present = _read(path)
            if (present.offset if present else 0) != offset:
                raise TurnedDown(Trouble.OFFSET)
            if present is None:
                self._begin(path, length)
            with path.open("r+b", buffering=0) as file:
                try:
                    _write(file.fileno(), offset, chunk)
                except OSError:
                    file.truncate(offset)
                    raise
        return Upload(path, offset + len(chunk), length)

    def verify(self, upload: Upload, sha256: str) -> Upload:
        """Read the whole part again; a wrong one is thrown away.

        Raises:
            TurnedDown: HASH, FULL, STORE.
        """
        if upload.is_verified:
            return upload
        with _room():
            with upload.path.open("r+b") as file:
                os.fsync(file.fileno())  # the last chunk may have come just before a crash
            if hash_of(upload.path) != sha256:
                upload.path.unlink()
                sync_folder(upload.path.parent)
                raise TurnedDown(Trouble.HASH)
            whole = upload.path.with_suffix(_WHOLE)
            upload.path.replace(whole)
            sync_folder(whole.parent)
        return Upload(whole, upload.length, upload.length)

    def forget(self, agency: UUID, sha256: str) -> None:
        """Throw away what is left of an upload."""
        for path in self._folder(agency).glob(f"{sha256}.*"):
            path.unlink(missing_ok=True)

    def sweep(self) -> int:
        """Throw away what nobody goes on with, and return how many."""
        before, count = time.time() - self.rules.abandoned_after, 0
        for path in self.folder.glob("*/*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    count += 1
        if count:
            log.note("uploads_abandoned", count=count)
        return count

    def _folder(self, agency: UUID) -> Path:
        return self.folder / str(agency)

    def _begin(self, path: Path, length: int) -> None:
        with self._beginning:
            if time.monotonic() - self._swept > _SWEEP_SECONDS or not self._swept:
                self._swept = time.monotonic()
                self.sweep()
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            others = [one for other in path.parent.iterdir() if (one := _read(other)) is not None]
            if len(others) >= self.rules.unfinished_files:
                raise TurnedDown(Trouble.QUOTA)
            if sum(one.length for one in others) + length > self.rules.unfinished:
                raise TurnedDown(Trouble.QUOTA)
            if shutil.disk_usage(path.parent).free - length < self.rules.reserve:
                log.note("disk_nearly_full")
                raise TurnedDown(Trouble.FULL)
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
            sync_folder(path.parent)


def _read(path: Path) -> Upload | None:
    try:
        length = int(path.name.split(".")[1])
        return Upload(path, path.stat().st_size, length)
    except (ValueError, IndexError, FileNotFoundError):
        return None


def _write(descriptor: int, offset: int, chunk: bytes) -> None:
    os.lseek(descriptor, offset, os.SEEK_SET)
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    getattr(os, "fdatasync", os.fsync)(descriptor)


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        log.note("upload_failed", errno=error.errno)
        raise TurnedDown(Trouble.FULL if error.errno in _NO_ROOM else Trouble.STORE) from error

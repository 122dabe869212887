"""A small file of checksummed lines that survives a power cut: a line is on disk when `append` returns, or was never there.

The file is written full of zeros beforehand, so that a line costs one short flush of data and not one of the file
system's journal, and so that a disk that is full later does not refuse it. What stands behind the last whole line is
the rest of a write that the power cut short, and is forgotten.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from clerkdesk.data.blobs import sync_folder

ROOM = 256 << 10
_CHECK = 16  # hexadecimal digits
_BINARY = getattr(os, "O_BINARY", 0)


class LineDamaged(Exception):
    """A line that others stand behind is not what was written; carries the lines that can still be read."""

    def __init__(self, readable: list[bytes]) -> None:
        super().__init__("damaged line")
        self.readable = readable


class LineLog:
    """An open file of lines. Lines hold no line break and no zero byte."""

    def __init__(self, path: Path, descriptor: int, end: int, size: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._end = end  # behind the last line that must stay
        self._light = 0  # bytes of a line behind it that may be lost, and is written over by the next one
        self._size = size

    @classmethod
    def open(cls, path: Path) -> tuple[LineLog, list[bytes]]:
        """Open a file and return it with its lines.

        Raises:
            LineDamaged, OSError.
        """
        descriptor = os.open(path, os.O_RDWR | _BINARY)
        try:
            with open(descriptor, "rb", closefd=False) as stream:
                content = stream.read()
            lines, end = read_lines(content)
            if content[end:].strip(b"\0"):  # the rest of a write that was cut short
                _write(descriptor, end, bytes(len(content) - end))
                sync_data(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        return cls(path, descriptor, end, len(content)), lines

    @classmethod
    def make(cls, path: Path, lines: Iterable[bytes]) -> LineLog:
        """Put a fresh file with these lines in the place of whatever is there, in one step.

        Raises:
            OSError; then what was there is as it was.
        """
        aside, end, size = _written_aside(path, lines)
        aside.replace(path)
        sync_folder(path.parent)
        return cls(path, os.open(path, os.O_RDWR | _BINARY), end, size)

    def rewrite(self, lines: Iterable[bytes]) -> None:
        """Put a fresh file with these lines in this one's place, in one step, and go on in it.

        Raises:
            OSError; then the old lines are there as they were.
        """
        aside, end, size = _written_aside(self.path, lines)
        os.close(self._descriptor)  # Windows gives an open file's name to no other
        try:
            aside.replace(self.path)
            self._end, self._size, self._light = end, size, 0
        finally:
            self._descriptor = os.open(self.path, os.O_RDWR | _BINARY)
        sync_folder(self.path.parent)

    def has_room(self, line: bytes, beside: int = 0) -> bool:
        """Say whether a line, and so many bytes beside it, fit without growing the file."""
        return self._end + len(line) + _CHECK + 2 + beside <= self._size

    def append(self, line: bytes) -> None:
        """Write a line; it is on disk when this returns.

        Raises:
            OSError; then the line is not there.
        """
        framed = _framed(line)
        rest = bytes(max(0, self._light - len(framed)))
        try:
            _write(self._descriptor, self._end, framed + rest)
            sync_data(self._descriptor)
        except OSError:
            self._take_back(len(framed) + len(rest))
            raise
        self._end += len(framed)
        self._light = 0

    def append_lightly(self, line: bytes) -> None:
        """Write a line that a power cut may lose; the next line is written over it, so it has to say the same again."""
        framed = _framed(line)
        with suppress(OSError):
            _write(self._descriptor, self._end, framed + bytes(max(0, self._light - len(framed))))
            self._light = max(self._light, len(framed))

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _take_back(self, length: int) -> None:
        """Wipe out a line that may have reached the disk though its writer was told that it has not."""
        with suppress(OSError):
            _write(self._descriptor, self._end, bytes(length))
            sync_data(self._descriptor)
        self._light = max(self._light, length)


def _written_aside(path: Path, lines: Iterable[bytes]) -> tuple[Path, int, int]:
    """Write a file with room beside `path`; return where it is, where its lines end, and its size."""
    written = b"".join(map(_framed, lines))
    size = ROOM + 2 * len(written)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    with suppress(FileNotFoundError):
        aside.unlink()
    descriptor = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
    try:
        _write(descriptor, 0, written + bytes(size - len(written)))
        os.fsync(descriptor)
    except BaseException:
        os.close(descriptor)
        with suppress(OSError):
            aside.unlink()
        raise
    os.close(descriptor)
    return aside, len(written), size


def read_lines(content: bytes) -> tuple[list[bytes], int]:
    """Return the whole lines of a file's content, and where the last of them ends.

    Raises:
        LineDamaged.
    """
    lines: list[bytes] = []
    readable: list[bytes] = []
    place = end = 0
    broken = False
    while (stop := content.find(b"\n", place)) >= 0:
        line = _unframed(content[place:stop])
        place = stop + 1
        if line is None:
            broken = True
            continue
        readable.append(line)
        if not broken:
            lines.append(line)
            end = place
    if len(readable) > len(lines):
        raise LineDamaged(readable)
    return lines, end


def sync_data(descriptor: int) -> None:
    """Return when what was written to a file is on the disk itself, by the cheapest call that this system has for it."""
    if sys.platform == "win32":
        os.fsync(descriptor)
    elif sys.platform == "darwin":  # there, fsync leaves it in the disk's own memory
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fdatasync(descriptor)


def _framed(line: bytes) -> bytes:
    return _check(line) + b" " + line + b"\n"


def _unframed(framed: bytes) -> bytes | None:
    line = framed[_CHECK + 1 :]
    return line if framed[: _CHECK + 1] == _check(line) + b" " else None


def _check(line: bytes) -> bytes:
    return hashlib.blake2b(line, digest_size=_CHECK // 2).hexdigest().encode()


def _write(descriptor: int, place: int, content: bytes) -> None:
    os.lseek(descriptor, place, os.SEEK_SET)
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]

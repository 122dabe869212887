"""Files by content: original bytes under the name of their SHA-256, written aside, synced, then renamed into place."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes kept in the folder of files."""

    sha256: str
    size: int


class TooLong(Exception):
    """More bytes came than were allowed; nothing was kept."""


def blob_path(folder: Path, sha256: str) -> Path:
    """Return where the bytes with this hash are, or would be."""
    return folder / sha256[:2] / sha256[2:4] / sha256


def keep_stream(folder: Path, stream: BinaryIO, limit: int, progress: Callable[[int], None] | None = None) -> Blob:
    """Copy a stream into the folder; the same content twice is one file.

    Args:
        folder: the folder of files.
        stream: read to its end.
        limit: bytes allowed.
        progress: called with the bytes read so far.

    Raises:
        TooLong: more than `limit` bytes; nothing is left behind.
        OSError: reading or writing failed; nothing is left behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{secrets.token_hex(8)}.part"
    digest = hashlib.sha256()
    size = 0
    try:
        with aside.open("wb") as target:
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                if size > limit:
                    raise TooLong
                digest.update(chunk)
                target.write(chunk)
                if progress is not None:
                    progress(size)
            target.flush()
            os.fsync(target.fileno())
        final = blob_path(folder, digest.hexdigest())
        if final.exists():
            aside.unlink()
        else:
            final.parent.mkdir(parents=True, exist_ok=True)
            aside.replace(final)
            sync_folder(final.parent)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    return Blob(digest.hexdigest(), size)


def keep_bytes(folder: Path, content: bytes) -> Blob:
    """Keep bytes that we made ourselves; see `keep_stream`."""
    import io

    return keep_stream(folder, io.BytesIO(content), len(content))


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises:
        OSError.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep_whole(folder: Path, whole: Path, sha256: str) -> None:
    """Put a file that is already verified and synced into the folder, at once or not at all.

    What stands there under the name and is damaged gives way. `whole` stays where it is, as a second name of the
    same bytes, where the file system can do that; its owner deletes it and writes to it no more.

    Raises:
        OSError: nothing was put there.
    """
    final = blob_path(folder, sha256)
    if final.exists() and hash_of(final) == sha256:
        return
    for parent in (folder, final.parent.parent, final.parent):
        if not parent.exists():
            parent.mkdir(parents=True, exist_ok=True)
            sync_folder(parent.parent)
    second = folder / f".{secrets.token_hex(8)}.part"
    try:
        os.link(whole, second)
    except OSError:
        second = whole  # no links here: the only name moves
    second.replace(final)
    sync_folder(final.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` durable; Windows does this by itself and cannot open a folder."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Backups: an encrypted copy of the store made while it is in use, its files beside it, a manifest written last.

A backup is a folder named by its time with `store.db` and `manifest.json`; the files of all backups of a place stand
once in `files/`. It holds no key and no pen: a store that comes back must not number before a person has looked at
the paper (see `services.registers.confirm_last_number`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from clerkdesk.data.backup_trouble import (
    BackupBroken,
    BackupCancelled,
    BackupFull,
    BackupIncomplete,
    BackupRunning,
    BackupWrongKey,
    in_backup_words,
)
from clerkdesk.data.blobs import CHUNK, TooLong, blob_path, keep_stream, sync_folder
from clerkdesk.data.columns import utc_text
from clerkdesk.data.store import Store, StoreInUse

MANIFEST = "manifest.json"
STORE_COPY = "store.db"
FILES = "files"
FORMAT = 1
ROOM_LEFT = 64 << 20


@dataclass(slots=True)
class Watch:
    """Who watches a long copy: told of bytes done of bytes in all, asked whether to stop."""

    progress: Callable[[int, int], None] = lambda _done, _total: None
    cancelled: Callable[[], bool] = lambda: False
    done: int = 0
    total: int = 0

    def advance(self, count: int) -> None:
        """Count bytes as done.

        Raises:
            BackupCancelled: the person does not want to go on.
        """
        if self.cancelled():
            raise BackupCancelled
        self.done += count
        self.progress(min(self.done, self.total), self.total)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds, to be checked before anything is put back."""

    made_at: str
    agency_id: str
    agency: str
    schema: str
    program: str
    counts: dict[str, int]
    store_sha256: str
    store_size: int
    files: dict[str, int]  # SHA-256 and size
    missing: list[str] = field(default_factory=list)  # files that were gone when the backup was made
    format: int = FORMAT

    @property
    def moment(self) -> dt.datetime:
        """When the backup was made."""
        return dt.datetime.fromisoformat(self.made_at)


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup in a folder; without a manifest when it cannot be read."""

    path: Path
    manifest: Manifest | None

    @property
    def size(self) -> int:
        """Bytes of the store and its files."""
        return 0 if self.manifest is None else self.manifest.store_size + sum(self.manifest.files.values())


@dataclass(frozen=True, slots=True)
class Facts:
    """What the service adds to a backup: words, counts, and the identity that the copy gets in place of the desk's."""

    agency_id: UUID
    agency: str
    program: str
    counts: dict[str, int]
    incarnation: UUID
    at: dt.datetime


def copy_store(store: Store, key: bytes, folder: Path, facts: Facts, watch: Watch) -> Kept:
    """Make a backup of an open store in `folder`; others may go on writing meanwhile.

    Everything is gathered in a folder aside, which gets its name when all is on disk.

    Raises:
        BackupRunning, BackupFull, BackupFolderWrong, BackupCancelled.
    """
    with in_backup_words(folder), _only_one(folder):
        for left in folder.glob(".*.part"):
            shutil.rmtree(left, ignore_errors=True)
        final = _free_name(folder, facts.at)
        aside = folder / f".{final.name}.part"
        aside.mkdir()
        try:
            copy = aside / STORE_COPY
            watch.total = store.path.stat().st_size
            _check_room(folder, watch.total)
            _vacuum_into(store, copy, watch)
            with closing(open_copy(copy, key)) as connection:
                remove_pens(connection, facts.incarnation)
                wanted = _attachments(connection)
                schema = str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
            with suppress(OSError):
                copy.chmod(0o600)
            _sync_file(copy)
            size = copy.stat().st_size
            watch.done, watch.total = size, size + sum(wanted.values())
            fresh = [sha256 for sha256 in wanted if not blob_path(folder / FILES, sha256).exists()]
            _check_room(folder, sum(wanted[sha256] for sha256 in fresh))
            files, missing = _copy_files(store.blob_folder, folder / FILES, wanted, watch)
            manifest = Manifest(
                made_at=utc_text(facts.at),
                agency_id=str(facts.agency_id),
                agency=facts.agency,
                schema=schema,
                program=facts.program,
                counts=facts.counts,
                store_sha256=sha256_of(copy),
                store_size=size,
                files=files,
                missing=missing,
            )
            _write_manifest(aside / MANIFEST, manifest)
            sync_folder(aside)
            aside.rename(final)
            sync_folder(folder)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
    return Kept(final, manifest)


def list_backups(folder: Path) -> list[Kept]:
    """Return the backups in a folder, newest first; broken ones stand last, without a manifest."""
    found: list[Kept] = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.name.startswith(".") or not (path / STORE_COPY).exists():
            continue
        try:
            found.append(Kept(path, read_manifest(path)))
        except BackupBroken:
            found.append(Kept(path, None))
    return sorted(found, key=lambda one: one.manifest.made_at if one.manifest else "", reverse=True)


def prune(folder: Path, agency_id: UUID, keep: int) -> list[Path]:
    """Remove all but the newest `keep` backups of an agency, then the files that no backup names any more.

    Where a backup cannot be read, no file is removed: it may need it.

    Returns: the backups that were removed.
    """
    with in_backup_words(folder), _only_one(folder):
        ours = [one for one in list_backups(folder) if one.manifest and one.manifest.agency_id == str(agency_id)]
        gone = [one.path for one in ours[max(keep, 1) :]]
        for path in gone:
            hidden = path.with_name(f".{path.name}.part")  # in one step no backup any more
            path.rename(hidden)
            shutil.rmtree(hidden)
        left = list_backups(folder)
        if all(one.manifest is not None for one in left):
            needed = {sha256 for one in left if one.manifest for sha256 in one.manifest.files}
            for path in (folder / FILES).glob("??/??/*"):
                if path.name not in needed:
                    path.unlink()
    return gone


def read_manifest(backup: Path) -> Manifest:
    """Return a backup's manifest.

    Raises:
        BackupBroken: there is none, or it is not one of ours.
    """
    try:
        manifest = Manifest(**json.loads((backup / MANIFEST).read_text("utf-8")))
        known = manifest.format == FORMAT and manifest.moment.tzinfo is not None
        sizes = [manifest.store_size, *manifest.files.values()]
        if not known or not all(isinstance(size, int) for size in sizes):
            raise ValueError
        for sha256 in manifest.files:
            if len(bytes.fromhex(sha256)) != 32:
                raise ValueError
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise BackupBroken(path=backup, detail=MANIFEST) from error
    return manifest


def verify(backup: Path, watch: Watch) -> Manifest:
    """Read a whole backup and compare it with its manifest.

    Raises:
        BackupBroken: the store or a file is not what the manifest says.
        BackupIncomplete: files are missing.
    """
    manifest = read_manifest(backup)
    copy = backup / STORE_COPY
    if not copy.exists() or sha256_of(copy, watch) != manifest.store_sha256:
        raise BackupBroken(path=backup, detail=STORE_COPY)
    absent = 0
    for sha256 in manifest.files:
        path = blob_path(backup.parent / FILES, sha256)
        if not path.exists():
            absent += 1
        elif sha256_of(path, watch) != sha256:
            raise BackupBroken(path=backup, detail=f"{FILES}/{sha256[:12]}")
    if absent:
        raise BackupIncomplete(count=absent, folder=backup.parent / FILES)
    return manifest


def open_copy(path: Path, key: bytes) -> Any:
    """Return a plain connection to a copied store that nobody else has open; no journal stays beside it.

    Raises:
        BackupWrongKey: the key is another, or the file no store.
        StoreInUse: somebody has it open all the same.
    """
    from sqlcipher3 import dbapi2

    connection = dbapi2.connect(str(path), isolation_level=None)
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("SELECT count(*) FROM sqlite_master")
        if connection.execute("PRAGMA journal_mode = DELETE").fetchone() != ("delete",):
            raise StoreInUse
    except dbapi2.DatabaseError as error:
        connection.close()
        if "not a database" in str(error) or "malformed" in str(error):
            raise BackupWrongKey(path=path) from error
        if "locked" in str(error):
            raise StoreInUse from error
        raise
    return connection


def remove_pens(connection: Any, incarnation: UUID) -> None:
    """Take the pens out of a copy and give its desk a new identity: two stores must never number in one book."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE register_year SET state = 'SUSPENDED' WHERE state = 'OPEN'")
    connection.execute("UPDATE register_year SET holder_desk = NULL WHERE holder_desk IS NOT NULL")
    connection.execute("UPDATE desk SET incarnation = ?", (str(incarnation),))
    connection.execute("COMMIT")


def sha256_of(path: Path, watch: Watch | None = None) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            if watch is not None:
                watch.advance(len(chunk))
    return digest.hexdigest()


def _vacuum_into(store: Store, target: Path, watch: Watch) -> None:
    """Copy what the store holds at one moment; writers do not wait, and the copy gets the store's own key."""
    from sqlcipher3 import dbapi2

    pooled = store.engine.raw_connection()
    driver: Any = pooled.driver_connection

    def look() -> int:
        watch.progress(min(target.stat().st_size if target.exists() else 0, watch.total), watch.total)
        return int(watch.cancelled())

    try:
        driver.set_progress_handler(look, 20_000)
        driver.execute("VACUUM INTO ?", (str(target),))
    except dbapi2.OperationalError as error:
        if "interrupted" in str(error):
            raise BackupCancelled from error
        raise
    finally:
        driver.set_progress_handler(None, 0)
        pooled.close()


def _attachments(connection: Any) -> dict[str, int]:
    """Return the files that the store has; those still on their way from the server are there."""
    query = (
        "SELECT sha256, size FROM attachment WHERE sha256 NOT IN (SELECT sha256 FROM transfer WHERE direction = 'DOWN')"
    )
    return {str(sha256): int(size) for sha256, size in connection.execute(query)}


def _copy_files(source: Path, target: Path, wanted: dict[str, int], watch: Watch) -> tuple[dict[str, int], list[str]]:
    """Copy files that the place of the backups does not have yet; return those it has now, and those that are gone."""
    files: dict[str, int] = {}
    missing: list[str] = []
    for sha256, size in wanted.items():
        there, here = blob_path(target, sha256), blob_path(source, sha256)
        if there.exists() and there.stat().st_size == size:
            watch.advance(size)
        elif not here.exists() or not copy_file(here, target, sha256, watch):
            missing.append(sha256)
            continue
        files[sha256] = size
    return files, missing


def copy_file(path: Path, target: Path, sha256: str, watch: Watch) -> bool:
    """Copy a file into a folder of files under its content's name; return whether its content was what it should be."""
    there = blob_path(target, sha256)
    there.unlink(missing_ok=True)
    size = path.stat().st_size
    before = 0

    def count(read: int) -> None:
        nonlocal before
        watch.advance(read - before)
        before = read

    stream: BinaryIO
    with path.open("rb") as stream:
        try:
            blob = keep_stream(target, stream, size, count)
        except TooLong:  # it grew while it was read
            return False
    if blob.sha256 != sha256:
        blob_path(target, blob.sha256).unlink()
    return blob.sha256 == sha256


def _check_room(folder: Path, wanted: int) -> None:
    """See that the copy fits and leaves room for the work that goes on on the same disk."""
    if shutil.disk_usage(folder).free < wanted + ROOM_LEFT:
        raise BackupFull(folder=folder)


def _write_manifest(path: Path, manifest: Manifest) -> None:
    path.write_text(json.dumps(asdict(manifest), ensure_ascii=False, indent=1), "utf-8")
    _sync_file(path)


def _sync_file(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _free_name(folder: Path, at: dt.datetime) -> Path:
    stamp = at.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    names = (stamp if nth == 1 else f"{stamp}-{nth}" for nth in range(1, 1000))
    return next(folder / name for name in names if not (folder / name).exists())


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):
        folder.chmod(0o700)
    try:
        with FileLock(folder / ".lock").acquire(timeout=0):
            yield
    except Timeout as error:
        raise BackupRunning(folder=folder) from error

"""Putting a backup back: checked before, the present store kept aside, the swap itself one rename."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from clerkdesk.data.backup import (
    FILES,
    MANIFEST,
    STORE_COPY,
    Manifest,
    Watch,
    copy_file,
    open_copy,
    read_manifest,
    sha256_of,
    verify,
)
from clerkdesk.data.backup_trouble import BackupBroken, BackupNotFound, BackupWrongKey, in_backup_words
from clerkdesk.data.blobs import blob_path, sync_folder
from clerkdesk.data.store import NEWEST, StoreInUse, StoreNewer

ASIDE = "store-before-restore-"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back, and where the store that was there before is kept."""

    manifest: Manifest
    aside: Path | None


def backup_of(chosen: Path) -> Path:
    """Return the backup's folder when it, its store or its manifest was chosen.

    Raises:
        BackupNotFound.
    """
    folder = chosen.parent if chosen.name in (STORE_COPY, MANIFEST) else chosen
    if not (folder / STORE_COPY).exists() and not (folder / MANIFEST).exists():
        raise BackupNotFound(path=chosen)
    return folder


def put_back(
    backup: Path,
    store_path: Path,
    key: bytes,
    present_key: bytes | None,
    at: dt.datetime,
    watch: Watch,
) -> Restored:
    """Put a backup in the place of the store at `store_path`.

    Until the last step nothing of the present store changes. The backup's books are suspended and it has another
    incarnation than the desk's high-water mark; what follows from that is done when the store is opened
    (`services.opening`).

    Args:
        backup: the backup's folder.
        store_path: where the store is, or will be.
        key: the key of the backup.
        present_key: the key of the present store, when it is known; its last writes are then in the kept file.
        at: names the file in which the present store is kept.
        watch: told of progress, asked whether to stop.

    Raises:
        StoreInUse, StoreNewer, BackupBroken, BackupIncomplete, BackupWrongKey, BackupFull, BackupFolderWrong,
        BackupCancelled.
    """
    data = store_path.parent
    with in_backup_words(data), _held(store_path):
        said = read_manifest(backup)
        watch.total = 2 * (said.store_size + sum(said.files.values()))
        manifest = verify(backup, watch)
        if manifest.schema > NEWEST:
            raise StoreNewer(found=manifest.schema, known=NEWEST)
        work = data / f".restore-{os.getpid()}"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700)
        try:
            fresh = work / STORE_COPY
            shutil.copyfile(backup / STORE_COPY, fresh)
            if sha256_of(fresh, watch) != manifest.store_sha256:
                raise BackupBroken(path=backup, detail=STORE_COPY)
            _prepare(fresh, key, backup, manifest)
            for sha256 in manifest.files:
                _put_back_file(backup.parent / FILES, data / FILES, sha256, watch)
            aside = _keep_aside(store_path, present_key, at)
            fresh.replace(store_path)
            sync_folder(data)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return Restored(manifest, aside)


def _prepare(fresh: Path, key: bytes, backup: Path, manifest: Manifest) -> None:
    """Check that the copy opens, is whole and belongs to its manifest."""
    try:
        connection = open_copy(fresh, key)
    except BackupWrongKey as error:
        raise BackupWrongKey(path=backup) from error
    with closing(connection):
        whole = not connection.execute("PRAGMA cipher_integrity_check").fetchall()
        if not whole or connection.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
            raise BackupBroken(path=backup, detail=STORE_COPY)
        named = {row[0] for row in connection.execute("SELECT DISTINCT sha256 FROM attachment")}
        agency = connection.execute("SELECT id FROM agency").fetchone()
        # The manifest is readable text; the store inside it is not to be forged without the key.
        if named != {*manifest.files, *manifest.missing} or agency != (manifest.agency_id,):
            raise BackupBroken(path=backup, detail=MANIFEST)
    with fresh.open("rb+") as file:
        os.fsync(file.fileno())
    with contextlib.suppress(OSError):
        fresh.chmod(0o600)


def _put_back_file(source: Path, target: Path, sha256: str, watch: Watch) -> None:
    present = blob_path(target, sha256)
    if present.exists() and sha256_of(present) == sha256:
        return
    if not copy_file(blob_path(source, sha256), target, sha256, watch):
        raise BackupBroken(path=source, detail=sha256[:12])


def _keep_aside(store_path: Path, present_key: bytes | None, at: dt.datetime) -> Path | None:
    """Give the present store a second name; the first is then free to be replaced in one step."""
    if not store_path.exists():
        return None
    stamp = at.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    names = (f"{ASIDE}{stamp}{'' if nth == 1 else f'-{nth}'}.db" for nth in range(1, 1000))
    aside = next(path for path in map(store_path.with_name, names) if not path.exists())
    log, kept_log = (path.with_name(path.name + "-wal") for path in (store_path, aside))
    if log.exists():  # a look at a spoilt store makes SQLite throw its log away
        shutil.copyfile(log, kept_log)
    if present_key is not None and _is_without_log(store_path, present_key):
        kept_log.unlink(missing_ok=True)
    try:
        os.link(store_path, aside)
    except OSError:  # a file system without links
        shutil.copyfile(store_path, aside)
    # Under the new store's name the old log would spoil it.
    for ending in ("-wal", "-shm", "-journal"):
        store_path.with_name(store_path.name + ending).unlink(missing_ok=True)
    return aside


def _is_without_log(store_path: Path, key: bytes) -> bool:
    """Bring the last writes from the store's log into its file; False when the store cannot be opened any more.

    Raises:
        StoreInUse.
    """
    from sqlcipher3 import dbapi2

    try:
        open_copy(store_path, key).close()
    except (BackupWrongKey, dbapi2.DatabaseError):
        return False
    return True


@contextmanager
def _held(store_path: Path) -> Iterator[None]:
    """Keep every other program off the store.

    Raises:
        StoreInUse.
    """
    from filelock import FileLock, Timeout

    store_path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(store_path.with_suffix(".lock")).acquire(timeout=0):
            yield
    except Timeout as error:
        raise StoreInUse from error

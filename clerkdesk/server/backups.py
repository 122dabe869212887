"""Copies of the server's store, and back again; a store that comes back begins a new term (see `terms`).

A backup is a folder named by its time: the embedded store's copy or PostgreSQL's dump, and a manifest written last.
The files of all backups of a place stand once in `files/`. Passwords for the database go by the environment, never
by a command line.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import make_url

from clerkdesk import __version__
from clerkdesk.data.backup import Watch, copy_file, open_copy, sha256_of
from clerkdesk.data.backup_trouble import BackupBroken
from clerkdesk.data.blobs import blob_path, sync_folder
from clerkdesk.data.columns import utc_text
from clerkdesk.data.server_store import open_server_store
from clerkdesk.data.store import Store, StoreInUse
from clerkdesk.errors import Unavailable
from clerkdesk.i18n import N_
from clerkdesk.server.terms import begin_recovery, end_recovery_if_complete, term_and_state
from clerkdesk.services.clock import now

MANIFEST, EMBEDDED, DUMP, FILES = "manifest.json", "store.db", "database.dump", "files"


class ProgramMissing(Unavailable):
    """PostgreSQL's own programs are not here."""

    sentence = N_("Không tìm thấy {name}. Cài gói postgresql-client cùng phiên bản với máy chủ PostgreSQL.")


class ProgramFailed(Unavailable):
    """PostgreSQL's program stopped with an error."""

    sentence = N_("{name} dừng với lỗi (mã {code}). Chưa thay đổi gì; xem nhật ký của PostgreSQL.")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds."""

    made_at: str
    kind: str  # sqlite or postgresql
    term: str
    program: str
    sha256: str
    size: int
    files: int


def back_up(store: Store, place: Path, database: str) -> Path:
    """Make a backup in a folder; the server may go on meanwhile.

    Args:
        place: the folder of the backups.
        database: the PostgreSQL URL; empty for the embedded store.

    Raises:
        ProgramMissing, ProgramFailed, and the store's errors.
    """
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    at = now()
    final = _free_name(place, f"{at:%Y%m%dT%H%M%SZ}")
    aside = place / f".{final.name}.part"
    aside.mkdir(mode=0o700)
    try:
        copy = aside / (DUMP if database else EMBEDDED)
        with store.reading() as connection:
            term = term_and_state(connection)[0]
        if database:
            with _credentials(database) as (options, environment):
                _run("pg_dump", ["--format=custom", "--no-owner", f"--file={copy}", *options], environment)
        else:
            with closing(store.engine.raw_connection()) as connection_:
                driver: Any = connection_.driver_connection
                driver.execute("VACUUM INTO ?", (str(copy),))
        copy.chmod(0o600)
        files = _copy_files(store.blob_folder, place / FILES)
        kind = "postgresql" if database else "sqlite"
        manifest = Manifest(utc_text(at), kind, term, __version__, sha256_of(copy), copy.stat().st_size, files)
        for path, content in ((aside / MANIFEST, json.dumps(asdict(manifest), indent=1)),):
            path.write_text(content, "utf-8")
        for path in aside.iterdir():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        sync_folder(aside)
        aside.rename(final)
        sync_folder(place)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return final


def restore(backup: Path, folder: Path, database: str, key: bytes) -> str:
    """Put a backup in the place of the server's store and begin recovery; the server must not run.

    Args:
        folder: the server's data folder.
        database: the PostgreSQL URL; empty for the embedded store.
        key: of the embedded store that the backup was made of.

    Returns: the new term.

    Raises:
        BackupBroken, StoreInUse, BackupWrongKey, ProgramMissing, ProgramFailed.
    """
    manifest = _read(backup)
    if manifest.kind != ("postgresql" if database else "sqlite"):
        raise BackupBroken(path=backup, detail=manifest.kind)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if database:
        _restore_database(backup / DUMP, folder, database)
    else:
        _restore_file(backup / EMBEDDED, folder / "clerkdesk.db", key)
    store = open_server_store(folder, database, key=key)
    try:
        _copy_files(backup.parent / FILES, store.blob_folder)
        with store.writing() as tx:
            term = begin_recovery(tx)
            end_recovery_if_complete(tx)  # nobody to wait for
        return term
    finally:
        store.close()


def _read(backup: Path) -> Manifest:
    try:
        manifest = Manifest(**json.loads((backup / MANIFEST).read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise BackupBroken(path=backup, detail=MANIFEST) from error
    copy = backup / (DUMP if manifest.kind == "postgresql" else EMBEDDED)
    if not copy.exists() or sha256_of(copy) != manifest.sha256:
        raise BackupBroken(path=backup, detail=copy.name)
    return manifest


def _restore_file(copy: Path, path: Path, key: bytes) -> None:
    open_copy(copy, key).close()  # the key fits
    if path.exists():
        open_server_store(path.parent, key=key).close()  # nobody has it open, and its log is written back
        aside = _free_name(path.parent, f"before-restore-{now():%Y%m%dT%H%M%SZ}")
        aside.mkdir(mode=0o700)
        for end in ("", "-wal", "-shm"):
            present = path.with_name(path.name + end)
            if present.exists():
                present.rename(aside / present.name)
    fresh = path.with_suffix(".restoring")
    shutil.copyfile(copy, fresh)
    fresh.chmod(0o600)
    with fresh.open("rb+") as file:
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def _restore_database(dump: Path, folder: Path, database: str) -> None:
    store = open_server_store(folder, database)
    try:
        with store.reading() as connection:
            others = connection.execute(
                text(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'clerkdesk'"
                    " AND datname = current_database() AND pid != pg_backend_pid()"
                )
            ).scalar_one()
    finally:
        store.close()
    if others > 1:  # besides what this process itself has kept open
        raise StoreInUse
    with _credentials(database) as (options, environment):
        _run(
            "pg_restore",
            ["--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error", *options, str(dump)],
            environment,
        )


@contextmanager
def _credentials(database: str) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Give the options that name the database, and an environment with its password."""
    url = make_url(database)
    environment = dict(os.environ)
    if url.password:
        environment["PGPASSWORD"] = str(url.password)
    options = [f"--dbname={url.set(drivername='postgresql', password=None).render_as_string(hide_password=False)}"]
    yield options, environment


def _run(name: str, arguments: list[str], environment: dict[str, str]) -> None:
    program = _program(name)
    done = subprocess.run([str(program), *arguments], env=environment, capture_output=True, check=False)
    if done.returncode:
        raise ProgramFailed(name=name, code=done.returncode)


def _program(name: str) -> Path:
    """Return the newest of PostgreSQL's programs of this name: an older one refuses a newer server."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1]
    here = shutil.which(name)
    if here is None:
        raise ProgramMissing(name=name)
    return Path(here)


def _copy_files(source: Path, target: Path) -> int:
    count = 0
    for path in source.glob("??/??/*"):
        there = blob_path(target, path.name)
        if not there.exists():
            with suppress(FileNotFoundError):  # thrown away meanwhile
                copy_file(path, target, path.name, Watch())
        count += there.exists()
    return count


def _free_name(folder: Path, stamp: str) -> Path:
    names = (stamp if nth == 1 else f"{stamp}-{nth}" for nth in range(1, 1000))
    return next(folder / name for name in names if not (folder / name).exists())

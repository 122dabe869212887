"""Backups of the desk's store, on demand and weekly (Vĩnh Long 480 Đ8.1, Đ18.2; NĐ 30/2020 PL VI I.III.5g).

What is copied and how is in `data.backup`; here is when, by which key, and how many are kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, Table, func, select

from clerkdesk import __version__
from clerkdesk.data.backup import Facts, Kept, Watch, copy_store, list_backups
from clerkdesk.data.backup import prune as prune_backups
from clerkdesk.data.restore import Restored, backup_of, put_back
from clerkdesk.data.schema import arrival, attachment, entry, outgoing, person
from clerkdesk.data.store import Store
from clerkdesk.data.store_key import StoreKeyMissing, key_from_recovery_code, load_key
from clerkdesk.errors import RuleBroken
from clerkdesk.i18n import N_
from clerkdesk.services.agency_setup import agency_of_store
from clerkdesk.services.clock import now
from clerkdesk.services.ids import new_id
from clerkdesk.services.settings import read_setting
from clerkdesk.services.store_keys import replace_key

KEPT = 8
LONGEST_DAYS = 7

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]

_COUNTED: dict[str, Table] = {
    "arrivals": arrival,
    "outgoing": outgoing,
    "entries": entry,
    "files": attachment,
    "people": person,
}


class NotSetUp(RuleBroken):
    """The store has no agency yet."""

    sentence = N_(
        "Kho chưa được thiết lập cho cơ quan nào. Chạy “clerkdesk”, làm theo màn hình thiết lập, rồi thử lại."
    )


@dataclass(frozen=True, slots=True)
class BackupMade:
    """A new backup: where, how large, how many files were gone before it was made, which old ones were removed."""

    path: Path
    size: int
    missing: int
    removed: int


def make_backup(
    store: Store,
    folder: Path,
    *,
    key: bytes | None = None,
    keep: int = KEPT,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> BackupMade:
    """Copy the open store and its files into a folder, then remove this agency's oldest backups there.

    Args:
        store: may be in use meanwhile.
        folder: the place of the backups: the usual one, or a disk that is taken away.
        key: the store's key when it is at hand.
        keep: how many backups stay.
        progress: called with bytes done and bytes in all.
        cancelled: asked from time to time whether to stop.

    Raises:
        NotSetUp, StoreKeyMissing, BackupRunning, BackupFull, BackupFolderWrong, BackupCancelled.
    """
    with store.reading() as connection:
        agency = agency_of_store(connection)
        if agency is None:
            raise NotSetUp
        counts = {name: _count(connection, table) for name, table in _COUNTED.items()}
    facts = Facts(agency.id, agency.name, __version__, counts, new_id(), now())
    made = copy_store(store, key or load_key(store.path), folder, facts, _watch(progress, cancelled))
    removed = prune_backups(folder, agency.id, keep)
    missing = len(made.manifest.missing) if made.manifest else 0
    return BackupMade(made.path, made.size, missing, len(removed))


def last_backup(folder: Path, agency_id: UUID) -> Kept | None:
    """Return an agency's newest readable backup in a folder, or None."""
    mine = (one for one in list_backups(folder) if one.manifest and one.manifest.agency_id == str(agency_id))
    return next(mine, None)


def is_due(connection: Connection, agency_id: UUID, folder: Path, at: dt.datetime) -> bool:
    """Say whether the weekly backup should be made now (at least once a week: Vĩnh Long 480 Đ8.1).

    An agency may choose fewer days, not more. A backup from the future (the clock was wrong) counts for nothing.
    """
    last = last_backup(folder, agency_id)
    if last is None or last.manifest is None:
        return True
    days = min(int(read_setting(connection, agency_id, "backup_days")), LONGEST_DAYS)
    age = at - last.manifest.moment
    return age >= dt.timedelta(days=days) or age < -dt.timedelta(days=1)


def restore_backup(
    chosen: Path,
    store_path: Path,
    *,
    recovery_code: str | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Restored:
    """Put a backup in the place of the desk's store; the present store is kept beside it.

    Every open book comes back suspended: `registers.confirm_last_number` opens it again.

    Args:
        chosen: the backup's folder, its store or its manifest.
        store_path: where the desk's store is.
        recovery_code: of the store that the backup was made of, when its key is not this machine's.
        progress: called with bytes done and bytes in all.
        cancelled: asked from time to time whether to stop.

    Raises:
        StoreInUse, StoreNewer, StoreKeyMissing, RecoveryCodeWrong, BackupNotFound, BackupBroken, BackupIncomplete,
        BackupWrongKey, BackupFull, BackupFolderWrong, BackupCancelled. Then the present store is as it was.
    """
    try:
        present_key: bytes | None = load_key(store_path)
    except StoreKeyMissing:
        if recovery_code is None:
            raise
        present_key = None
    key = key_from_recovery_code(recovery_code) if recovery_code is not None else present_key
    assert key is not None  # noqa: S101  one of both is there
    restored = put_back(
        backup_of(chosen), store_path, key, present_key, now(), _watch(progress, cancelled)
    )  # fmt: skip
    if key != present_key:
        if present_key is not None and restored.aside is not None:
            replace_key(restored.aside, present_key)
        replace_key(store_path, key)
    return restored


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _watch(progress: Progress | None, cancelled: Cancelled | None) -> Watch:
    watch = Watch()
    if progress is not None:
        watch.progress = progress
    if cancelled is not None:
        watch.cancelled = cancelled
    return watch

"""Which files are to travel: a row of `transfer` from the moment a record is known at both ends until its bytes are.

Rows are written in the transaction that makes them necessary, so none is forgotten: UP when the server has taken the
command that brought the file, DOWN when a record comes whose bytes are not here.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, case, delete, func, or_, select, update

from clerkdesk.data.blobs import blob_path
from clerkdesk.data.schema import arrival, attachment, outgoing, transfer
from clerkdesk.data.upsert import prepared_upsert

UP, DOWN = "UP", "DOWN"
SHORTEST_PAUSE, LONGEST_PAUSE = 15, 3600  # seconds
HANDED_IN_AGAIN = dt.timedelta(days=30)

_queue = prepared_upsert(
    transfer,
    ("agency_id", "sha256", "direction", "size"),
    ("agency_id", "sha256", "direction"),
    {"size": "excluded.size", "failure": "''", "tries": "0", "next_try_at": "NULL"},
)


@dataclass(frozen=True, slots=True)
class Queued:
    """A file that is to be sent or fetched."""

    agency: UUID
    sha256: str
    direction: str
    size: int


def files_in(body: str) -> Iterator[tuple[str, int]]:
    """Yield SHA-256 and bytes of every file (`commands.NewFile`) that a command's or a record's JSON names."""
    if '"sha256"' in body:
        yield from _files(json.loads(body))


def _files(part: Any) -> Iterator[tuple[str, int]]:
    if isinstance(part, dict):
        if isinstance(part.get("sha256"), str) and isinstance(part.get("size"), int):
            yield part["sha256"], part["size"]
        for value in part.values():
            yield from _files(value)
    elif isinstance(part, list):
        for value in part:
            yield from _files(value)


def queue_up(tx: Connection, agency: UUID, files: Iterable[tuple[str, int]]) -> None:
    """Have files sent; what the server has already costs one question."""
    for sha256, size in files:
        _queue(tx, agency_id=agency, sha256=sha256, direction=UP, size=size)


def queue_down(tx: Connection, agency: UUID, folder: Path, files: Iterable[tuple[str, int]]) -> None:
    """Have those files fetched whose bytes are not in the folder."""
    for sha256, size in files:
        if not blob_path(folder, sha256).exists():
            _queue(tx, agency_id=agency, sha256=sha256, direction=DOWN, size=size)


def files_of_records(records: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[tuple[str, int]]:
    """Yield the files that records of the server name and that somebody may want to see."""
    for name, record in records:
        if name == "attachment" and not record.get("gone") and record["removed_at"] is None:
            yield record["sha256"], record["size"]
        elif name == "inbox" and not record.get("gone"):
            yield from files_in(record["files"])


def queue_again(tx: Connection, agency: UUID, folder: Path, at: dt.datetime) -> None:
    """After the server was restored: offer it every file of the last 30 days that is here."""
    rows = tx.execute(
        select(attachment.c.sha256, attachment.c.size)
        .where(attachment.c.agency_id == agency, attachment.c.added_at >= at - HANDED_IN_AGAIN)
        .distinct()
    ).all()
    queue_up(tx, agency, ((row.sha256, row.size) for row in rows if blob_path(folder, row.sha256).exists()))


def due(connection: Connection, agency: UUID, at: dt.datetime, limit: int) -> list[Queued]:
    """Return the files to carry next: ours first, for others wait for them; then the urgent and the newest."""
    urgency = func.max(func.coalesce(arrival.c.urgency, outgoing.c.urgency, 0))
    rows = connection.execute(
        select(transfer.c.sha256, transfer.c.direction, transfer.c.size)
        .select_from(transfer)
        .outerjoin(
            attachment,
            (attachment.c.agency_id == transfer.c.agency_id) & (attachment.c.sha256 == transfer.c.sha256),
        )
        .outerjoin(arrival, (arrival.c.agency_id == transfer.c.agency_id) & (arrival.c.id == attachment.c.document_id))
        .outerjoin(
            outgoing, (outgoing.c.agency_id == transfer.c.agency_id) & (outgoing.c.id == attachment.c.document_id)
        )
        .where(
            transfer.c.agency_id == agency, or_(transfer.c.next_try_at.is_(None), transfer.c.next_try_at <= at)
        )
        .group_by(transfer.c.sha256, transfer.c.direction, transfer.c.size)
        .order_by(
            case((transfer.c.direction == UP, 0), else_=1),
            urgency.desc(),
            func.max(attachment.c.added_at).desc(),
            transfer.c.sha256,
        )
        .limit(limit)
    )  # fmt: skip
    return [Queued(agency, row.sha256, row.direction, row.size) for row in rows]


def one(connection: Connection, agency: UUID, sha256: str, direction: str) -> Queued | None:
    """Return a file that is still to be carried."""
    size = connection.execute(
        select(transfer.c.size).where(
            transfer.c.agency_id == agency, transfer.c.sha256 == sha256, transfer.c.direction == direction
        )
    ).scalar()
    return None if size is None else Queued(agency, sha256, direction, size)


def finished(tx: Connection, file: Queued) -> None:
    """Take a file off the queue."""
    tx.execute(
        delete(transfer).where(
            transfer.c.agency_id == file.agency,
            transfer.c.sha256 == file.sha256,
            transfer.c.direction == file.direction,
        )
    )


def failed(tx: Connection, file: Queued, code: str, done: int, at: dt.datetime) -> None:
    """Note why a file did not get through, and when it is tried again: each time after twice as long.

    Args:
        code: of `services.file_transfers.TROUBLES`, or any other name of a passing trouble.
        done: bytes that have come through.
    """
    where = (
        transfer.c.agency_id == file.agency,
        transfer.c.sha256 == file.sha256,
        transfer.c.direction == file.direction,
    )
    tries = tx.execute(select(transfer.c.tries).where(*where)).scalar() or 0
    pause = dt.timedelta(seconds=min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** min(tries, 20)))
    tx.execute(update(transfer).where(*where).values(failure=code, done=done, tries=tries + 1, next_try_at=at + pause))

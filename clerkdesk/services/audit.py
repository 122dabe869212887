"""The audit log: one entry per command, chained by hash, so that history cannot be rewritten unseen (NĐ 30/2020 PL VI I.III.5a)."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, bindparam, literal_column, select

from clerkdesk.data.columns import utc_text
from clerkdesk.data.prepared import Prepared, prepared_insert
from clerkdesk.data.schema import audit
from clerkdesk.services.commands import Command, Result

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class ChainReport:
    """Outcome of checking an agency's log: entries read, the head, and the first broken entry, if any."""

    entries: int
    head: bytes
    broken_at: int | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry's place in the agency's log, from 1, and its hash."""

    seq: int
    hash: bytes


_read_head = Prepared(
    select(audit.c.seq, audit.c.hash)
    .where(audit.c.agency_id == bindparam("agency"))
    .order_by(audit.c.seq.desc())
    .limit(literal_column("1"))
)
_write_entry = prepared_insert(audit, *audit.c.keys())


def record(tx: Connection, command: Command, result: Result, recorded_at: dt.datetime) -> Recorded:
    """Append the command and its result to the agency's log.

    Returns: the new head of the log.
    """
    seq, previous = _head(tx, command.agency)
    seq += 1
    body = command.model_dump_json(
        exclude={"uid", "agency", "actor", "desk", "made_at", *command.not_recorded}, exclude_defaults=True
    )
    answer = result.model_dump_json(exclude_defaults=True)
    kind = type(command).__name__
    bound = entry_hash(
        previous, seq, command.uid, kind, command.actor, command.desk, command.made_at, recorded_at, body, answer
    )
    _write_entry(
        tx,
        agency_id=command.agency,
        seq=seq,
        command_uid=command.uid,
        kind=kind,
        actor=command.actor,
        desk=command.desk,
        made_at=command.made_at,
        recorded_at=recorded_at,
        subject=result.subject,
        body=body,
        result=answer,
        previous_hash=previous,
        hash=bound,
    )
    _keep_head(tx, command.agency, seq, bound)
    return Recorded(int(seq), bound)


def _head(tx: Connection, agency: UUID) -> tuple[int, bytes]:
    """Return the last entry's place and hash; a transaction of many commands remembers its own."""
    shared = tx.info.get("shared")
    if shared is not None and ("head", agency) in shared.notes:
        seq, bound = shared.notes["head", agency]
        return seq, bound
    last = _read_head(tx, agency=agency).first()
    return (int(last.seq), last.hash) if last else (0, GENESIS)


def _keep_head(tx: Connection, agency: UUID, seq: int, bound: bytes) -> None:
    shared = tx.info.get("shared")
    if shared is not None:
        shared.notes["head", agency] = (seq, bound)


def chain_head(connection: Connection, agency: UUID) -> tuple[int, bytes]:
    """Return the place and the hash of the last entry of the agency's log; place 0 while it is empty."""
    last = _read_head(connection, agency=agency).first()
    return (last.seq, last.hash) if last else (0, GENESIS)


def stands_in_chain(connection: Connection, agency: UUID, seq: int, head: bytes) -> bool:
    """Say whether the log's entry at `seq` has this hash."""
    known = connection.execute(select(audit.c.hash).where(audit.c.agency_id == agency, audit.c.seq == seq)).scalar()
    return known == head or (seq == 0 and head == GENESIS)


def entry_hash(
    previous: bytes,
    seq: int,
    uid: UUID,
    kind: str,
    actor: UUID,
    desk: UUID,
    made_at: dt.datetime,
    recorded_at: dt.datetime,
    body: str,
    result: str,
) -> bytes:
    """Return the SHA-256 that binds an entry to everything before it; each part is preceded by its length."""
    digest = hashlib.sha256(previous)
    for part in (
        str(seq),
        str(uid),
        kind,
        str(actor),
        str(desk),
        utc_text(made_at),
        utc_text(recorded_at),
        body,
        result,
    ):
        raw = part.encode()
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return digest.digest()


def check_chain(connection: Connection, agency: UUID) -> ChainReport:
    """Read the agency's whole log and say whether every entry still binds to the one before."""
    previous, entries = GENESIS, 0
    rows = connection.execute(select(audit).where(audit.c.agency_id == agency).order_by(audit.c.seq))
    for row in rows:
        entries += 1
        right = row.previous_hash == previous and row.seq == entries
        expected = entry_hash(
            row.previous_hash, row.seq, row.command_uid, row.kind, row.actor, row.desk, row.made_at, row.recorded_at,
            row.body, row.result,
        )  # fmt: skip
        if not right or row.hash != expected:
            return ChainReport(entries, previous, row.seq)
        previous = row.hash
    return ChainReport(entries, previous, None)

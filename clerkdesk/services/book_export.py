"""A year's books as plain CSV for an independent auditor, in the format that stands in `auditor/FORMAT.md`.

The folder says everything that the numbers rest on: entries, custody of the pen, daily closes, emergency registers and
the whole log. It is not encrypted, so it is written only where a person asks for it.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, select

from clerkdesk.data.columns import utc_text
from clerkdesk.data.schema import (
    arrival,
    audit,
    custody,
    daily_close,
    desk,
    emergency_line,
    entry,
    outage,
    outgoing,
    register,
    register_year,
)
from clerkdesk.errors import BadFile
from clerkdesk.i18n import N_
from clerkdesk.services.agency_setup import desk_of_store
from clerkdesk.services.audit import stands_in_chain
from clerkdesk.services.reference_code import joined

SERVER = "SERVER"
"""The server's name where a desk's code would stand."""

# The files and their columns, as the format has them.
COLUMNS: dict[str, tuple[str, ...]] = {
    "books": ("register", "title", "year", "state", "next_number", "holder", "epoch", "opened_at", "closed_at"),
    "entries": (
        "register", "year", "number", "sub_number", "state", "state_at", "registered_at", "registered_by", "document_id",
        "reference", "issuer", "subject", "reason", "holder", "expires_on", "command_uid", "emergency_number",
    ),
    "custody": (
        "register", "year", "epoch", "kind", "from", "to", "next_number", "declared_last", "who1", "who2", "reason", "at",
    ),
    "daily_closes": (
        "register", "year", "day", "first", "last", "live", "void", "reserved", "closed_at", "chain", "chain_seq",
        "chain_head", "signature",
    ),
    "emergency": (
        "desk", "year", "n", "document_id", "command_uid", "registered_at", "corrected_at", "outage", "register",
        "book_year", "number", "converted_at",
    ),
    "outages": ("id", "desk", "cause", "started_at", "authorised_by", "ended_at"),
    "audit": (
        "chain", "seq", "command_uid", "kind", "actor", "desk", "made_at", "recorded_at", "subject", "body", "result",
        "previous_hash", "hash",
    ),
}  # fmt: skip


class ExportFolderTaken(BadFile):
    """The folder has something in it."""

    sentence = N_("Thư mục “{folder}” đã có tệp. Chọn thư mục mới hoặc thư mục trống; chưa xuất gì.")


class ExportFailed(BadFile):
    """The folder cannot be written."""

    sentence = N_("Không ghi được vào “{folder}”: {reason}. Chưa xuất gì.")


class NoBooks(BadFile):
    """There is no book of the year."""

    sentence = N_("Năm {year} không có sổ nào để xuất.")


@dataclass(frozen=True, slots=True)
class Exported:
    """Where the books are, and how many lines each file has."""

    folder: Path
    lines: dict[str, int]


def export_books(
    connection: Connection,
    agency: UUID,
    year: int,
    folder: Path,
    progress: Callable[[int, int], None] | None = None,
) -> Exported:
    """Write the books of a year, and the log that they rest on, to a new folder; all files or none.

    Args:
        folder: does not exist yet, or is empty.
        progress: called with files written and files in all.

    Raises:
        NoBooks, ExportFolderTaken, ExportFailed.
    """
    own = desk_of_store(connection)
    names = _Names(
        {
            row.id: row.code
            for row in connection.execute(select(desk.c.id, desk.c.code).where(desk.c.agency_id == agency))
        },
        own.code if own else SERVER,
    )
    sources: dict[str, Iterator[Sequence[Any]]] = {
        "books": _books(connection, agency, year, names),
        "entries": _entries(connection, agency, year),
        "custody": _custody(connection, agency, year, names),
        "daily_closes": _closes(connection, agency, year, names),
        "emergency": _emergency(connection, agency, year, names),
        "outages": _outages(connection, agency, names),
        "audit": _audit(connection, agency, names),
    }
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ExportFolderTaken(folder=folder)
        part = folder.with_name(f".{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        try:
            lines = {}
            for place, (name, rows) in enumerate(sources.items()):
                if progress is not None:
                    progress(place, len(sources))
                lines[name] = _write(part / f"{name}.csv", COLUMNS[name], rows)
            if not lines["books"]:
                raise NoBooks(year=year)
            if folder.exists():
                folder.rmdir()
            part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        raise ExportFailed(folder=folder, reason=error.strerror or type(error).__name__) from error
    if progress is not None:
        progress(len(sources), len(sources))
    return Exported(folder, lines)


@dataclass(frozen=True, slots=True)
class _Names:
    """What desks are called, and whose log this store keeps."""

    codes: dict[UUID, str]
    own: str

    def of(self, desk_id: UUID | None) -> str:
        """Return a desk's code, or the server's name."""
        return SERVER if desk_id is None else self.codes.get(desk_id, str(desk_id))


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_cell(value) for value in row])
            count += 1
    return count


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return utc_text(value)
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


_BOOK = and_(register.c.agency_id == register_year.c.agency_id, register.c.id == register_year.c.register_id)


def _books(connection: Connection, agency: UUID, year: int, names: _Names) -> Iterator[Sequence[Any]]:
    rows = connection.execute(
        select(register.c.code, register.c.title, register_year)
        .join_from(register_year, register, _BOOK)
        .where(register_year.c.agency_id == agency, register_year.c.year == year, register.c.emergency_of.is_(None))
        .order_by(register.c.position)
    )
    for row in rows:
        yield (
            row.code, row.title, row.year, row.state, row.next_number, names.of(row.holder_desk), row.epoch,
            row.opened_at, row.closed_at,
        )  # fmt: skip


def _entries(connection: Connection, agency: UUID, year: int) -> Iterator[Sequence[Any]]:
    rows = connection.execution_options(yield_per=1_000).execute(
        select(
            register.c.code,
            entry,
            arrival.c.code_number,
            arrival.c.code_notation,
            arrival.c.issuer,
            arrival.c.subject.label("arrived"),
            arrival.c.emergency_number,
            outgoing.c.reference_code,
            outgoing.c.subject.label("sent"),
        )
        .join_from(
            entry, register, and_(register.c.agency_id == entry.c.agency_id, register.c.id == entry.c.register_id)
        )
        .outerjoin(arrival, and_(arrival.c.agency_id == entry.c.agency_id, arrival.c.id == entry.c.document_id))
        .outerjoin(outgoing, and_(outgoing.c.agency_id == entry.c.agency_id, outgoing.c.id == entry.c.document_id))
        .where(entry.c.agency_id == agency, entry.c.year == year, register.c.emergency_of.is_(None))
        .order_by(register.c.position, entry.c.number, entry.c.sub_number)
    )
    for row in rows:
        reference = row.reference_code or joined(row.code_number or "", row.code_notation or "")
        yield (
            row.code, row.year, row.number, row.sub_number, row.state, row.state_at, row.registered_at,
            row.registered_by, row.document_id, reference, row.issuer, row.arrived or row.sent, row.reason, row.holder,
            row.expires_on, row.command_uid, row.emergency_number,
        )  # fmt: skip


def _custody(connection: Connection, agency: UUID, year: int, names: _Names) -> Iterator[Sequence[Any]]:
    books = connection.execute(
        select(register.c.code, register_year)
        .join_from(register_year, register, _BOOK)
        .where(register_year.c.agency_id == agency, register_year.c.year == year, register.c.emergency_of.is_(None))
        .order_by(register.c.position)
    ).all()
    for book in books:
        moves = connection.execute(
            select(custody)
            .where(custody.c.agency_id == agency, custody.c.register_id == book.register_id, custody.c.year == year)
            .order_by(custody.c.epoch, custody.c.at)
        ).all()
        if not moves or moves[0].kind != "OPEN":
            # A book opened before hand-overs were written down: its own line says when and by whom it was opened.
            first = names.of(moves[0].from_desk if moves else book.holder_desk)
            epoch = moves[0].epoch - 1 if moves else book.epoch
            yield (book.code, year, epoch, "OPEN", "", first, 1, "", book.opened_by, "", "", book.opened_at)
        for move in moves:
            yield (
                book.code, year, move.epoch, move.kind, "" if move.kind == "OPEN" else names.of(move.from_desk),
                names.of(move.to_desk), move.next_number, move.declared_last, move.who1, move.who2, move.reason, move.at,
            )  # fmt: skip


def _closes(connection: Connection, agency: UUID, year: int, names: _Names) -> Iterator[Sequence[Any]]:
    rows = connection.execute(
        select(register.c.code, daily_close)
        .join_from(
            daily_close,
            register,
            and_(register.c.agency_id == daily_close.c.agency_id, register.c.id == daily_close.c.register_id),
        )
        .where(daily_close.c.agency_id == agency, daily_close.c.year == year, register.c.emergency_of.is_(None))
        .order_by(register.c.position, daily_close.c.day)
    ).all()
    made_by = None
    for row in rows:
        chain = names.own
        if not stands_in_chain(connection, agency, row.chain_seq, row.chain_head):
            if made_by is None:
                made_by = _closed_at_desks(connection, agency, names)
            chain = made_by.get(row.chain_head.hex(), SERVER)
        yield (
            row.code, row.year, row.day, row.first_number, row.last_number, row.live, row.void, row.reserved,
            row.closed_at, chain, row.chain_seq, row.chain_head, row.signature,
        )  # fmt: skip


def _closed_at_desks(connection: Connection, agency: UUID, names: _Names) -> dict[str, str]:
    """Return which desk's log has the heads that the closes of other desks name."""
    rows = connection.execute(
        select(audit.c.desk, audit.c.body).where(audit.c.agency_id == agency, audit.c.kind == "CloseDay")
    )
    return {json.loads(row.body)["chain_head"]: names.of(row.desk) for row in rows}


def _emergency(connection: Connection, agency: UUID, year: int, names: _Names) -> Iterator[Sequence[Any]]:
    rows = connection.execute(
        select(emergency_line, entry.c.command_uid, register.c.code)
        .join_from(
            emergency_line,
            entry,
            and_(
                entry.c.agency_id == emergency_line.c.agency_id,
                entry.c.register_id == emergency_line.c.register_id,
                entry.c.year == emergency_line.c.year,
                entry.c.number == emergency_line.c.number,
                entry.c.sub_number == "",
            ),
        )
        .join(
            register,
            and_(
                register.c.agency_id == emergency_line.c.agency_id,
                register.c.id == emergency_line.c.ordinary_register_id,
            ),
        )
        .where(emergency_line.c.agency_id == agency, emergency_line.c.year == year)
        .order_by(emergency_line.c.register_id, emergency_line.c.number)
    )
    for row in rows:
        numbered = row.ordinary_number is not None
        corrected = row.registered_at + dt.timedelta(milliseconds=row.clock_offset)
        yield (
            names.of(row.desk_id), row.year, row.number, row.document_id, row.command_uid, row.registered_at, corrected,
            row.outage_id, row.code, row.year if numbered else "", row.ordinary_number, row.converted_at,
        )  # fmt: skip


def _outages(connection: Connection, agency: UUID, names: _Names) -> Iterator[Sequence[Any]]:
    rows = connection.execute(select(outage).where(outage.c.agency_id == agency).order_by(outage.c.started_at))
    for row in rows:
        yield (row.id, names.of(row.desk_id), row.cause, row.started_at, row.authorised_by, row.ended_at)


def _audit(connection: Connection, agency: UUID, names: _Names) -> Iterator[Sequence[Any]]:
    rows = connection.execution_options(yield_per=1_000).execute(
        select(audit).where(audit.c.agency_id == agency).order_by(audit.c.seq)
    )
    for row in rows:
        yield (
            names.own, row.seq, row.command_uid, row.kind, row.actor, row.desk, row.made_at, row.recorded_at, row.subject,
            row.body, row.result, row.previous_hash, row.hash,
        )  # fmt: skip

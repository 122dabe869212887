"""The directory of agencies that documents come from and go to, and its accent-free type-ahead.

Rows stand in the order in which they should be offered, so that ten answers out of 125,000 need no sorting.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, TextClause, bindparam, func, insert, select, text

from clerkdesk.data.schema import agency as agency_table
from clerkdesk.data.schema import agency_correspondent, correspondent
from clerkdesk.errors import BadFile, RuleBroken
from clerkdesk.i18n import N_
from clerkdesk.services.commands import AddCorrespondent, Result
from clerkdesk.services.execution import at_server
from clerkdesk.services.folding import clean_line, folded, words
from clerkdesk.services.ids import new_id
from clerkdesk.services.lengths import LONGEST, check_lengths, check_present

DIRECTORY_FILE = Path(__file__).parent.parent / "assets" / "directory.csv"
OFFERED = 10
LATELY = 400
"""How many of the last uses, by issuer and notation, decide who comes first."""
COLUMNS = ("name", "short_name", "organ_id", "parent", "level", "valid_from", "valid_to")


class CorrespondentKnown(RuleBroken):
    """The directory has this agency already."""

    sentence = N_("“{name}” đã có trong danh bạ.")
    field = "name"


class DirectoryFileWrong(BadFile):
    """The file to import is no directory."""

    sentence = N_(
        "Tệp danh bạ không đúng ở dòng {line}: cần CSV UTF-8 có các cột name, short_name, organ_id, parent, level, valid_from, valid_to. Chưa nhập dòng nào."
    )


@dataclass(frozen=True, slots=True)
class Correspondent:
    """An agency in the directory."""

    id: UUID
    name: str
    short_name: str
    organ_id: str


def search_words(name: str, short_name: str, organ_id: str) -> str:
    """Return the accent-free words by which an agency is found: name, short name, initials, identifier."""
    parts = words(name)
    return " ".join(dict.fromkeys([*parts, folded(short_name), "".join(part[0] for part in parts), organ_id.lower()]))


def find_correspondents(
    connection: Connection, agency: UUID, typed: str, on: dt.date, limit: int = OFFERED
) -> list[Correspondent]:
    """Return what a typed beginning can mean, best first: used lately, of the own province, then in the directory's order.

    Args:
        typed: words or beginnings of words in any order, with or without accents, a short name, or initials.
        on: the agency must exist on this day.
        limit: rows at most.
    """
    typed_words = words(typed)
    if not typed_words:
        return _used_lately(connection, agency, on, limit)
    found: dict[UUID, Correspondent] = {}
    for offered in _offers(connection, agency, clean_line(typed), on, limit):
        for one in offered:
            found.setdefault(one.id, one)
        if len(found) >= limit:
            break
    return sorted(found.values(), key=lambda one: _worse(one, typed))[:limit]


def _offers(connection: Connection, agency: UUID, typed: str, on: dt.date, limit: int) -> Iterator[list[Correspondent]]:
    """Yield what a typed beginning can mean, from the best guess to the weakest; nobody reads on who has enough."""
    facts = {"short": typed.upper(), "day": on.isoformat(), "limit": limit}

    def ask(statement: TextClause, query: str) -> list[Correspondent]:
        rows = connection.execute(statement, {**facts, "query": query})
        return [Correspondent(UUID(row.id), row.name, row.short_name, row.organ_id) for row in rows]

    typed_words = words(typed)
    query = " ".join(f'"{word}"*' for word in typed_words)
    home = " ".join(f'"{word}"*' for word in home_words(connection, agency))
    yield ask(_BY_NAME, typed)
    yield _used_lately(connection, agency, on, limit, typed_words)
    yield ask(_BY_WORDS, f"{query} {home}")
    yield ask(_BY_SHORT_NAME, typed)
    yield ask(_BY_WORDS, query)


# Many names can hold the words of another: "Hà Tĩnh" begins words of "Thi hành án dân sự tỉnh …" everywhere.
_BY_NAME = text(
    "SELECT id, name, short_name, organ_id FROM correspondent WHERE name = :query AND :short IS NOT NULL"
    " AND :day BETWEEN coalesce(valid_from, :day) AND coalesce(valid_to, :day) LIMIT :limit"
)
_USED_LATELY = text(
    "SELECT c.id, c.name, c.short_name, c.organ_id, c.folded FROM"
    " (SELECT issuer, max(last_used_at) AS used FROM (SELECT issuer, last_used_at FROM learned_suffix"
    " WHERE agency_id = :agency ORDER BY last_used_at DESC LIMIT :lately) GROUP BY issuer) s"
    " CROSS JOIN correspondent c ON c.name = s.issuer"
    " WHERE :day BETWEEN coalesce(c.valid_from, :day) AND coalesce(c.valid_to, :day) ORDER BY s.used DESC"
)
_BY_SHORT_NAME = text(
    "SELECT id, name, short_name, organ_id FROM correspondent WHERE short_name IN (:query, :short)"
    " AND :day BETWEEN coalesce(valid_from, :day) AND coalesce(valid_to, :day) ORDER BY rank LIMIT :limit"
)
_BY_WORDS = text(
    "SELECT c.id, c.name, c.short_name, c.organ_id FROM correspondent_words w JOIN correspondent c ON c.rank = w.rowid"
    " WHERE w.correspondent_words MATCH :query AND :short IS NOT NULL"
    " AND :day BETWEEN coalesce(c.valid_from, :day) AND coalesce(c.valid_to, :day) ORDER BY w.rowid LIMIT :limit"
)


def home_words(connection: Connection, agency_id: UUID) -> list[str]:
    """Return the folded words of the agency's own place: the agencies of one's own province come first."""
    place = connection.execute(select(agency_table.c.place).where(agency_table.c.id == agency_id)).scalar()
    return words(place or "")


def _worse(one: Correspondent, typed: str) -> tuple[bool, bool]:
    """Sort key: whole name typed first, then a match of the typed accents; the rest keeps its order."""
    typed = clean_line(typed).casefold()
    return (one.name.casefold() != typed, typed not in one.name.casefold())


def _used_lately(
    connection: Connection, agency: UUID, on: dt.date, limit: int, typed_words: Sequence[str] = ()
) -> list[Correspondent]:
    """Return the agencies of the last uses that have a word for each typed beginning.

    The words are compared here: asking the index about each of these few agencies takes a hundred times as long.
    """
    found = []
    for row in connection.execute(_USED_LATELY, {"agency": str(agency), "day": on.isoformat(), "lately": LATELY}):
        if not all(typed in row.folded for typed in typed_words):
            continue
        has = words(row.folded) if typed_words else ()
        if all(any(word.startswith(typed) for word in has) for typed in typed_words):
            found.append(Correspondent(UUID(row.id), row.name, row.short_name, row.organ_id))
            if len(found) >= limit:
                break
    return found


def correspondent_by_name(connection: Connection, name: str) -> Correspondent | None:
    """Return the agency with exactly this name, or None."""
    row = connection.execute(
        select(correspondent.c.id, correspondent.c.name, correspondent.c.short_name, correspondent.c.organ_id).where(
            correspondent.c.name == clean_line(name)
        )
    ).first()
    return None if row is None else Correspondent(row.id, row.name, row.short_name, row.organ_id)


def add_correspondent(tx: Connection, command: AddCorrespondent, at: dt.datetime) -> Result:
    """Add an agency that the directory lacks; it is offered before the others.

    Raises:
        Missing, TooLong, CorrespondentKnown.
    """
    check_lengths(command)
    check_present(command, "name")
    row = _row(command.name, command.short_name, command.organ_id, command.parent, None, None)
    if at_server():  # no directory of its own; what two desks have added while apart, both have
        tx.execute(
            insert(agency_correspondent).values(agency_id=command.agency, **{name: row[name] for name in _ADDED})
        )
        return Result(subject=UUID(str(row["id"])))
    if correspondent_by_name(tx, command.name) is not None:
        raise CorrespondentKnown(name=command.name)
    lowest = tx.execute(select(func.coalesce(func.min(correspondent.c.rank), 0))).scalar_one()
    tx.execute(insert(correspondent).values(**row, rank=min(lowest, 0) - 1, local=1))
    return Result(subject=UUID(str(row["id"])))


_ADDED = ("id", "name", "short_name", "organ_id", "parent", "folded")


def import_directory(tx: Connection, lines: Iterable[str]) -> int:
    """Add every agency of a CSV file that the directory does not know yet; higher levels are offered first.

    Returns: how many were added.

    Raises:
        DirectoryFileWrong: nothing is added.
    """
    rows = sorted(_read(lines), key=lambda pair: pair[0])
    known = set(tx.execute(select(correspondent.c.name)).scalars())
    highest = tx.execute(select(func.coalesce(func.max(correspondent.c.rank), 0))).scalar_one()
    fresh = {row["name"]: row for _, row in rows if row["name"] not in known}
    ranked = [{**row, "rank": highest + place} for place, row in enumerate(fresh.values(), start=1)]
    if ranked:
        tx.execute(insert(correspondent).values({name: bindparam(name) for name in ranked[0]}), ranked)
    return len(ranked)


def _read(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, object]]]:
    reader = csv.DictReader(lines)
    try:
        heading = [name.removeprefix("\ufeff") for name in reader.fieldnames or ()]  # a spreadsheet's UTF-8 mark
        if tuple(heading) != COLUMNS:
            raise DirectoryFileWrong(line=1)
        reader.fieldnames = heading
        for record in reader:
            name = clean_line(record["name"] or "")
            longest = LONGEST["name"][1], LONGEST["organ_id"][1]
            too_long = len(name) > longest[0] or len(record["organ_id"] or "") > longest[1]
            if not name or too_long or None in record:
                raise DirectoryFileWrong(line=reader.line_num)
            begins = dt.date.fromisoformat(record["valid_from"]) if record["valid_from"] else None
            ends = dt.date.fromisoformat(record["valid_to"]) if record["valid_to"] else None
            yield (
                int(record["level"] or 9),
                _row(name, record["short_name"] or "", record["organ_id"] or "", record["parent"] or "", begins, ends),
            )
    except (ValueError, TypeError, csv.Error) as error:
        raise DirectoryFileWrong(line=reader.line_num) from error


def _row(
    name: str, short_name: str, organ_id: str, parent: str, valid_from: dt.date | None, valid_to: dt.date | None
) -> dict[str, object]:
    return {
        "id": new_id(),
        "name": clean_line(name),
        "short_name": clean_line(short_name),
        "organ_id": clean_line(organ_id),
        "parent": clean_line(parent),
        "folded": search_words(name, short_name, organ_id),
        "valid_from": valid_from,
        "valid_to": valid_to,
    }

"""Puts records of the server into a desk's store as they are, by their keys, past the guards that keep a desk honest.

The numbers themselves have no gate: no entry goes away, no counter goes back. What belongs to this store alone stays:
the `row` of a document, this desk's own incarnation, a pen that a record may not give (see `may_give_pen`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, LargeBinary, Table

from clerkdesk.data.schema import metadata

Record = Mapping[str, Any]

# What travels down, in an order in which it can be written: what is referred to stands before what refers to it.
TRAVELLING = (
    "agency", "desk", "unit", "person", "setting", "register", "symbol", "register_year", "entry", "arrival",
    "outgoing", "dispatch", "attachment", "correction", "history", "custody", "outage", "emergency_line",
    "daily_close", "inbox", "refusal", "template", "correspondent",
)  # fmt: skip
_PLACE = {name: place for place, name in enumerate(TRAVELLING)}
# Rows that a desk can make before the server has agreed, and that it must be able to take away again.
TAKEN_BACK = (
    "attachment", "dispatch", "correction", "emergency_line", "arrival", "outgoing", "outage", "template", "history"
)  # fmt: skip
_KEYS = {"arrival": ("agency_id", "id"), "outgoing": ("agency_id", "id")}  # `row` is of one store only
_NEVER_CHANGED = frozenset({"correction", "custody", "daily_close", "history"})
_IDENTITY = {"entry": frozenset({"command_uid", "registered_at", "registered_by"})}
_PEN = ("holder_desk", "holder_incarnation", "epoch", "grant_id")


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds a book's pen; `desk` None is the server."""

    desk: UUID | None
    incarnation: UUID | None
    epoch: int


@dataclass(frozen=True, slots=True)
class Here:
    """Which desk's store this is, and who decides whether a record may give it a pen."""

    agency: UUID
    desk: UUID
    may_give_pen: Callable[[Connection, Holding, Holding | None], bool]
    pen_moves: Callable[[Connection, Record, bool], None]  # told when a record brings this desk a pen, or takes one


def key_of(name: str) -> tuple[str, ...]:
    """Return the columns that name a record."""
    return _KEYS.get(name) or tuple(column.name for column in metadata.tables[name].primary_key.columns)


def in_order(changes: Iterable[tuple[str, Record]]) -> list[tuple[str, Record]]:
    """Return the last state of every record, in an order in which they can be written.

    A kind that this version does not know is left out.
    """
    last: dict[tuple[Any, ...], tuple[str, Record]] = {}
    for name, record in changes:
        if name in _PLACE:
            columns = ("id",) if name == "correspondent" else key_of(name)
            last[name, *(record[column] for column in columns)] = (name, record)
    gone = [one for one in last.values() if "gone" in one[1]]
    kept = [one for one in last.values() if "gone" not in one[1]]
    gone.sort(key=lambda one: -_PLACE[one[0]])
    kept.sort(key=lambda one: _PLACE[one[0]])
    return [*gone, *kept]


@contextmanager
def gate_open(tx: Connection) -> Iterator[None]:
    """Let records of the server pass the guards until the block ends; it must end before the transaction does."""
    tx.exec_driver_sql("INSERT OR IGNORE INTO applying (one) VALUES (1)")
    yield
    tx.exec_driver_sql("DELETE FROM applying")


def apply_records(tx: Connection, here: Here, changes: Iterable[tuple[str, Record]]) -> None:
    """Write records, in the order of `in_order`; a record that is here already in this state changes nothing."""
    with gate_open(tx):
        for (name, gone), group in groupby(changes, key=lambda one: (one[0], "gone" in one[1])):
            records = [record for _name, record in group]
            if gone:
                _take_away(tx, name, records)
            elif name == "correspondent":
                _put_correspondents(tx, records)
            elif name == "register_year":
                for record in records:
                    _put_book(tx, here, record)
            else:
                if name == "desk":
                    records = [_not_our_incarnation(tx, here, record) for record in records]
                elif name == "template":
                    _make_room(tx, records)
                _put(tx, name, records)


def take_away_others(tx: Connection, agency: UUID, name: str, kept: set[tuple[str, ...]]) -> int:
    """Take away the agency's rows of a kind whose keys are not among `kept`; return how many."""
    key = key_of(name)
    columns = ", ".join(key)
    rows = tx.exec_driver_sql(f"SELECT {columns} FROM {name} WHERE agency_id = ?", (str(agency),)).fetchall()  # noqa: S608
    others = [tuple(row) for row in rows if tuple(row) not in kept]
    if others:
        with gate_open(tx):
            _delete(tx, name, key, others)
    return len(others)


def _take_away(tx: Connection, name: str, records: list[Record]) -> None:
    if name == "correspondent" or name in _NEVER_CHANGED - {"correction"}:
        return
    key = key_of(name)
    _delete(tx, name, key, [tuple(record[column] for column in key) for record in records])


def _delete(tx: Connection, name: str, key: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    where = " AND ".join(f"{column} = ?" for column in key)
    tx.exec_driver_sql(f"DELETE FROM {name} WHERE {where}", rows)  # noqa: S608


def _put(tx: Connection, name: str, records: list[Record]) -> None:
    table = metadata.tables[name]
    for columns, group in groupby(records, key=lambda record: _known_columns(table, record)):
        tx.exec_driver_sql(_upsert(name, columns), [_values(table, columns, record) for record in group])


def _known_columns(table: Table, record: Record) -> tuple[str, ...]:
    return tuple(column.name for column in table.c if column.name in record)


def _values(table: Table, columns: tuple[str, ...], record: Record) -> tuple[Any, ...]:
    return tuple(
        bytes.fromhex(record[column])
        if record[column] is not None and isinstance(table.c[column].type, LargeBinary)
        else record[column]
        for column in columns
    )


@cache
def _upsert(name: str, columns: tuple[str, ...]) -> str:
    key = key_of(name)
    names, places = ", ".join(columns), ", ".join("?" * len(columns))
    fixed = {*key, *_IDENTITY.get(name, ())}
    free = [column for column in columns if column not in fixed]
    if name == "history":  # a restored server counts its log anew
        return f"INSERT OR REPLACE INTO {name} ({names}) VALUES ({places})"  # noqa: S608
    begin = f"INSERT INTO {name} ({names}) VALUES ({places}) ON CONFLICT ({', '.join(key)}) DO "  # noqa: S608
    if name in _NEVER_CHANGED or not free:
        return begin + "NOTHING"
    sets = ", ".join(f"{column} = excluded.{column}" for column in free)
    differs = " OR ".join(f"{name}.{column} IS NOT excluded.{column}" for column in free)
    return f"{begin}UPDATE SET {sets} WHERE {differs}"


def _put_book(tx: Connection, here: Here, record: Record) -> None:
    """Write a book; its counter and its closing never go back, and its pen comes only where it may."""
    key = tuple(record[column] for column in key_of("register_year"))
    found = tx.exec_driver_sql(
        "SELECT holder_desk, holder_incarnation, epoch, state, next_number, last_registered_at FROM register_year"
        " WHERE agency_id = ? AND register_id = ? AND year = ?",
        key,
    ).first()
    new = {**record}
    offered = Holding(_uuid(record["holder_desk"]), _uuid(record["holder_incarnation"]), record["epoch"])
    if found is None:
        if offered.desk == here.desk and not here.may_give_pen(tx, offered, None):
            new["holder_desk"] = new["holder_incarnation"] = new["grant_id"] = None
        _put(tx, "register_year", [new])
        if new["holder_desk"] == str(here.desk):
            here.pen_moves(tx, record, True)
        return
    held = Holding(_uuid(found.holder_desk), _uuid(found.holder_incarnation), found.epoch)
    older = offered.epoch < held.epoch
    if older or (offered.desk == here.desk and not here.may_give_pen(tx, offered, held)):
        for column in _PEN:
            del new[column]
    # A counter that is ahead is ours: the server has seen those numbers, and this record is from before.
    if found.next_number > record["next_number"] or found.state == "CLOSED":
        new["next_number"] = found.next_number
        new["last_registered_at"] = found.last_registered_at
    if found.state == "CLOSED":
        new["state"] = "CLOSED"
    columns = [
        name for name in _known_columns(metadata.tables["register_year"], new) if name not in key_of("register_year")
    ]
    sets = ", ".join(f"{column} = ?" for column in columns)
    differs = " OR ".join(f"{column} IS NOT ?" for column in columns)
    values = tuple(new[column] for column in columns)
    tx.exec_driver_sql(
        f"UPDATE register_year SET {sets} WHERE agency_id = ? AND register_id = ? AND year = ? AND ({differs})",  # noqa: S608
        (*values, *key, *values),
    )
    if "holder_desk" in new and offered != held and here.desk in (offered.desk, held.desk):
        here.pen_moves(tx, record, offered.desk == here.desk)


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _not_our_incarnation(tx: Connection, here: Here, record: Record) -> Record:
    if record["id"] != str(here.desk):
        return record
    known = tx.exec_driver_sql(
        "SELECT incarnation FROM desk WHERE agency_id = ? AND id = ?", (record["agency_id"], record["id"])
    ).scalar()
    return record if known is None else {**record, "incarnation": known}


def _make_room(tx: Connection, records: list[Record]) -> None:
    """Two desks have saved a template under one name: the server's stays."""
    tx.exec_driver_sql(
        "DELETE FROM template WHERE agency_id = ? AND kind = ? AND name = ? AND id != ?",
        [tuple(record[column] for column in ("agency_id", "kind", "name", "id")) for record in records],
    )


def _put_correspondents(tx: Connection, records: list[Record]) -> None:
    """Add what the office has added to the directory; of two desks' ids for one name everybody keeps the earlier."""
    for record in records:
        known = tx.exec_driver_sql(
            "SELECT id FROM correspondent WHERE id = ? OR name = ?", (record["id"], record["name"])
        ).first()
        if known is None:
            columns = ("id", "name", "short_name", "organ_id", "parent", "folded")
            tx.exec_driver_sql(
                f"INSERT INTO correspondent (rank, local, {', '.join(columns)})"  # noqa: S608
                " VALUES ((SELECT min(coalesce(min(rank), 0), 0) - 1 FROM correspondent), 1, ?, ?, ?, ?, ?, ?)",
                tuple(record[column] for column in columns),
            )
        elif known.id > record["id"]:
            tx.exec_driver_sql("UPDATE correspondent SET id = ? WHERE name = ?", (record["id"], record["name"]))

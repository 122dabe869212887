"""The change feed of a server's store: triggers write down every changed record, so that no handler can forget it.

`feed.seq` counts an agency's changes. A writer takes the agency's row of `feed` first (`take_feed`) and holds it to
its commit: so an agency's writes stand in one line, also over several processes, and the order of the feed is the
order of the commits; who has read up to a number has missed nothing before it.

A record is the JSON object of a row's columns, `row` left out, bytes in hexadecimal. Of a row that was taken away the
record holds the key and `"gone": true`. The audit log goes down as `history`, without its hashes; what an agency
added to the directory as `correspondent`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import Connection, LargeBinary, Table, bindparam, literal_column, select, text

from clerkdesk.data.prepared import Prepared
from clerkdesk.data.schema import change, feed, history, metadata

# In an order in which they can be written again: what is referred to stands before what refers to it.
FED = (
    "agency", "desk", "unit", "person", "setting", "register", "symbol", "register_year", "entry", "arrival",
    "outgoing", "dispatch", "attachment", "correction", "history", "custody", "outage", "emergency_line",
    "daily_close", "inbox", "refusal", "template", "correspondent",
)  # fmt: skip
_SOURCES = {"history": "audit", "correspondent": "agency_correspondent"}
_APPEND_ONLY = {"audit"}
_LEFT_OUT = {"row", "previous_hash", "hash"}


def source_of(name: str) -> Table:
    """Return the table that a kind of record is read from."""
    return metadata.tables[_SOURCES.get(name, name)]


def columns_of(name: str) -> list[str]:
    """Return the columns of a record."""
    table = source_of(name)
    left_out = {"row"} if name != "history" else {column.name for column in table.c} - set(history.c.keys())
    return [column.name for column in table.c if column.name not in left_out]


def agency_column(name: str) -> str:
    """Return the column that says whose record it is."""
    return "id" if name == "agency" else "agency_id"


def record_expression(name: str, row: str, dialect: str) -> str:
    """Return SQL that makes a record of the row named `row`."""
    table = source_of(name)
    parts = []
    for column in columns_of(name):
        value = f'{row}."{column}"'
        if isinstance(table.c[column].type, LargeBinary):
            value = f"lower(hex({value}))" if dialect == "sqlite" else f"encode({value}, 'hex')"
        parts.append(f"'{column}', {value}")
    if dialect == "sqlite":
        return f"json_object({', '.join(parts)})"
    return f"json_build_object({', '.join(parts)})::text"


def _gone_expression(name: str, row: str, dialect: str) -> str:
    keys = [column.name for column in source_of(name).primary_key.columns if column.name != "row"]
    if not keys:  # arrival and outgoing: their rows have numbers of this store only
        keys = ["agency_id", "id"]
    parts = ", ".join(f"'{key}', {row}.\"{key}\"" for key in keys)
    if dialect == "sqlite":
        return f"json_object({parts}, 'gone', json('true'))"
    return f"json_build_object({parts}, 'gone', true)::text"


def install_feed(tx: Connection) -> None:
    """Make the triggers of the feed, or make them anew when the columns of a table have changed."""
    dialect = tx.dialect.name
    if dialect == "sqlite":
        _install_in_sqlite(tx)
    else:
        _install_in_postgresql(tx)


def _events(source: str) -> tuple[str, ...]:
    return ("insert",) if source in _APPEND_ONLY else ("insert", "update", "delete")


def _install_in_sqlite(tx: Connection) -> None:
    have = {
        str(row.name): str(row.sql)
        for row in tx.execute(
            text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'feed!_%' ESCAPE '!'")
        )
    }
    want: dict[str, str] = {}
    for name in FED:
        source = source_of(name).name
        for event in _events(source):
            row = "old" if event == "delete" else "new"
            whose = f"{row}.{agency_column(name)}"
            make = _gone_expression if event == "delete" else record_expression
            begin = f"INSERT OR IGNORE INTO feed (agency_id) VALUES ({whose}); " if name == "agency" else ""
            want[f"feed_{source}_{event}"] = (
                f"CREATE TRIGGER feed_{source}_{event} AFTER {event.upper()} ON {source} BEGIN {begin}"
                f"UPDATE feed SET seq = seq + 1 WHERE agency_id = {whose}; "
                f"INSERT INTO change (agency_id, seq, name, record) SELECT {whose}, seq, '{name}',"
                f" {make(name, row, 'sqlite')} FROM feed WHERE agency_id = {whose}; END"
            )
    for name, sql in want.items():
        if have.get(name) != sql:
            tx.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
            tx.exec_driver_sql(sql)


def _install_in_postgresql(tx: Connection) -> None:
    statements = list(_for_postgresql())
    mark = hashlib.sha256("\n".join(statements).encode()).hexdigest()
    if tx.execute(text("SELECT obj_description('change'::regclass)")).scalar() == mark:
        return
    for statement in statements:
        tx.exec_driver_sql(statement)
    tx.exec_driver_sql(f"COMMENT ON TABLE change IS '{mark}'")


def _for_postgresql() -> Iterator[str]:
    for name in FED:
        source = source_of(name).name
        for event in _events(source):
            row = "OLD" if event == "delete" else "NEW"
            whose = f"{row}.{agency_column(name)}"
            make = _gone_expression if event == "delete" else record_expression
            begin = (
                f"INSERT INTO feed (agency_id) VALUES ({whose}) ON CONFLICT DO NOTHING; " if name == "agency" else ""
            )
            trigger = f"feed_{source}_{event}"
            yield (
                f"CREATE OR REPLACE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $feed$"
                f" DECLARE place integer; BEGIN {begin}"
                f"UPDATE feed SET seq = seq + 1 WHERE agency_id = {whose} RETURNING seq INTO STRICT place; "
                f"INSERT INTO change (agency_id, seq, name, record) VALUES ({whose}, place, '{name}',"
                f" {make(name, row, 'postgresql')}); RETURN NULL; END $feed$"
            )
            yield (
                f"CREATE OR REPLACE TRIGGER {trigger} AFTER {event.upper()} ON {source}"
                f" FOR EACH ROW EXECUTE FUNCTION {trigger}()"
            )


_lock_feed = Prepared(
    select(feed.c.seq).where(feed.c.agency_id == bindparam("agency")).with_for_update()
)  # fmt: skip
_changes_behind = Prepared(
    select(change.c.seq, change.c.name, change.c.record)
    .where(change.c.agency_id == bindparam("agency"), change.c.seq > bindparam("seq"))
    .order_by(change.c.seq)
    .limit(bindparam("most"))
)
_read_seq = Prepared(select(feed.c.seq, literal_column("1")).where(feed.c.agency_id == bindparam("agency")))


def take_feed(tx: Connection, agency: UUID) -> int:
    """Stand in the agency's line of writers until the transaction ends.

    Returns: how far its feed has come; 0 for an agency that is not there yet.
    """
    return int(_lock_feed(tx, agency=agency).scalar() or 0)


def feed_seq(connection: Connection, agency: UUID) -> int:
    """Return how far an agency's feed has come."""
    row = _read_seq(connection, agency=agency).first()
    return int(row.seq) if row else 0


def changes_behind(connection: Connection, agency: UUID, seq: int, most: int) -> list[tuple[int, str, str]]:
    """Return the changes behind a place of the feed, in order: place, kind, record as JSON text."""
    return [(row.seq, row.name, row.record) for row in _changes_behind(connection, agency=agency, seq=seq, most=most)]

"""What goes down to desks: pages of the feed, the records of one document, a whole snapshot, the agency's desks.

Records are made into JSON by the database and passed on as they are.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from uuid import UUID

from sqlalchemy import Connection, select, text

from clerkdesk.data.columns import utc_text
from clerkdesk.data.feed import FED, agency_column, changes_behind, feed_seq, record_expression, source_of
from clerkdesk.data.schema import desk, desk_key
from clerkdesk.data.store import Store
from clerkdesk.services.clock import now
from clerkdesk.sync.messages import PULL_AT_MOST, DeskState

_LINES_AT_ONCE = 2_000
# By which columns a record belongs to a document.
_BY_SUBJECT = {
    "arrival": ("id",), "outgoing": ("id",), "entry": ("document_id",), "dispatch": ("outgoing_id", "id"),
    "attachment": ("document_id", "id"), "correction": ("document_id",), "emergency_line": ("document_id",),
    "history": ("subject", "command_uid"), "refusal": ("subject", "command_uid"), "inbox": ("id", "arrival_id"),
    "person": ("id",), "register": ("id",), "register_year": ("register_id",), "symbol": ("register_id",),
    "custody": ("register_id",), "outage": ("id",), "unit": ("id",), "template": ("id",), "correspondent": ("id",),
    "desk": ("id",), "agency": ("id",),
}  # fmt: skip


def page(connection: Connection, term: str, agency: UUID, cursor: int, asked_term: str | None) -> bytes:
    """Return a page of the feed behind the cursor, as JSON of `messages.Page`.

    A cursor that the feed has not reached, or of another term, is answered with `reset`.
    """
    newest = feed_seq(connection, agency)
    if cursor > newest or cursor < 0 or (asked_term is not None and asked_term != term):
        return _page(term, (), newest, more=False, reset=True)
    found = changes_behind(connection, agency, cursor, PULL_AT_MOST)
    end = found[-1][0] if found else newest
    return _page(term, found, end, more=end < newest, reset=False)


def _page(term: str, changes: Iterable[tuple[int, str, str]], cursor: int, *, more: bool, reset: bool) -> bytes:
    facts = {"cursor": cursor, "more": more, "reset": reset, "server_time": utc_text(now())}
    behind = json.dumps(facts)[1:]
    return f'{{"term":{json.dumps(term)},"changes":{json_of(changes)},{behind}'.encode()


def json_of(changes: Iterable[tuple[int, str, str]]) -> str:
    """Return changes as a JSON list of `messages.Changed`."""
    return "[" + ",".join(f'{{"seq":{seq},"name":"{name}","record":{record}}}' for seq, name, record in changes) + "]"


def records_of(connection: Connection, term: str, agency: UUID, subject: UUID) -> bytes:
    """Return every record of one document as it now is, as JSON of `messages.Page`.

    With a refused command come its held number and its book.
    """
    seq = feed_seq(connection, agency)
    wanted = [
        (name, "(" + " OR ".join(f"t.{column} = :subject" for column in columns) + ")")
        for name in FED
        if (columns := _BY_SUBJECT.get(name))
    ]
    wanted += [("register_year", _ITS_BOOK), ("register_year", _BOOK_OF_REFUSED), ("entry", _NUMBER_OF_REFUSED)]
    found = [
        (seq, name, record)
        for name, where in wanted
        for record in _records(connection, name, agency, where, subject)
    ]  # fmt: skip
    return _page(term, found, seq, more=False, reset=False)


_ITS_BOOK = (
    "EXISTS (SELECT 1 FROM entry e WHERE e.agency_id = t.agency_id AND e.register_id = t.register_id"
    " AND e.year = t.year AND e.document_id = :subject)"
)
_BOOK_OF_REFUSED = (
    "EXISTS (SELECT 1 FROM refusal f WHERE f.agency_id = t.agency_id AND f.register_id = t.register_id"
    " AND f.year = t.year AND (f.subject = :subject OR f.command_uid = :subject))"
)
_NUMBER_OF_REFUSED = _BOOK_OF_REFUSED[:-1] + " AND f.number = t.number)"


def _records(connection: Connection, name: str, agency: UUID, where: str, subject: UUID) -> list[str]:
    expression = record_expression(name, "t", connection.dialect.name)
    statement = f"SELECT {expression} FROM {source_of(name).name} t WHERE t.{agency_column(name)} = :agency AND {where}"  # noqa: S608
    return list(connection.execute(text(statement), {"agency": str(agency), "subject": str(subject)}).scalars())


def snapshot(store: Store, term: str, agency: UUID) -> Iterator[bytes]:
    """Yield everything of an agency at one moment: gzip of JSON lines (see `messages.SnapshotHead`)."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    with store.reading() as connection:
        seq = feed_seq(connection, agency)
        head = {"term": term, "seq": seq, "server_time": utc_text(now())}
        yield packer.compress(json.dumps(head).encode() + b"\n")
        count = 0
        for name in FED:
            expression = record_expression(name, "t", connection.dialect.name)
            column = agency_column(name)
            statement = text(f"SELECT {expression} FROM {source_of(name).name} t WHERE t.{column} = :agency")  # noqa: S608
            rows = connection.execution_options(stream_results=True, yield_per=_LINES_AT_ONCE).execute(
                statement, {"agency": str(agency)}
            )
            for part in rows.partitions():
                count += len(part)
                lines = "".join(f'{{"name":"{name}","record":{record}}}\n' for (record,) in part)
                packed = packer.compress(lines.encode())
                if packed:
                    yield packed
        yield packer.compress(json.dumps({"end": count}).encode() + b"\n")
    yield packer.flush()


def desks_of(connection: Connection, term: str, agency: UUID) -> list[DeskState]:
    """Return the agency's enrolled desks by their codes."""
    rows = connection.execute(
        select(
            desk_key.c.desk_id, desk_key.c.state, desk_key.c.last_seen_at, desk_key.c.reported_term, desk.c.code,
            desk.c.name,
        )
        .join_from(
            desk_key, desk, (desk.c.agency_id == desk_key.c.agency_id) & (desk.c.id == desk_key.c.desk_id)
        )
        .where(desk_key.c.agency_id == agency)
        .order_by(desk.c.code)
    )  # fmt: skip
    return [
        DeskState(
            desk=row.desk_id, code=row.code, name=row.name, state=row.state, last_seen_at=row.last_seen_at,
            reported=row.reported_term == term,
        )
        for row in rows
    ]  # fmt: skip

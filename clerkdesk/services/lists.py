"""Long lists, instant at a million rows: the row ids of a list in order, and the cells of the few rows on screen.

A list is an array of row ids (8 bytes each), read once in the background from an index; showing, jumping and paging
are then look-ups by id. The first page comes before the array, by the same query with a limit.
"""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, Row, text

from clerkdesk.data.store import small_cache
from clerkdesk.i18n import N_, _
from clerkdesk.services.clock import local
from clerkdesk.services.document_types import type_name
from clerkdesk.services.folding import words
from clerkdesk.services.reference_code import joined, number_text
from clerkdesk.services.vocabulary import ArrivalStatus, OutgoingStatus, Urgency

FETCHED_AT_ONCE = 5_000
FOUND_AT_MOST = 5_000


class ListKind(StrEnum):
    """Which documents a list shows."""

    ARRIVALS = "ARRIVALS"
    UNPROCESSED = "UNPROCESSED"
    OUTGOING = "OUTGOING"
    FOR_SIGNATURE = "FOR_SIGNATURE"
    AWAITING_ISSUE = "AWAITING_ISSUE"

    @property
    def heading(self) -> str:
        """What a person reads above the list."""
        return _(_TITLES[self])

    @property
    def of_arrivals(self) -> bool:
        """Whether the rows are arrivals."""
        return self in (ListKind.ARRIVALS, ListKind.UNPROCESSED)


_TITLES = {
    ListKind.ARRIVALS: N_("Văn bản đến"),
    ListKind.UNPROCESSED: N_("Văn bản chưa xử lý"),
    ListKind.OUTGOING: N_("Văn bản đi"),
    ListKind.FOR_SIGNATURE: N_("Trình ký"),
    ListKind.AWAITING_ISSUE: N_("Chờ ban hành"),
}
_WAITING = (ListKind.UNPROCESSED, ListKind.FOR_SIGNATURE, ListKind.AWAITING_ISSUE)


class Order(StrEnum):
    """How a list is sorted."""

    NUMBER = "NUMBER"
    ISSUER = "ISSUER"
    ISSUED_DATE = "ISSUED_DATE"
    URGENCY = "URGENCY"

    @property
    def label(self) -> str:
        """What a person reads."""
        return _(_ORDERS[self])


_ORDERS = {
    Order.NUMBER: N_("Số, mới trước"),
    Order.ISSUER: N_("Cơ quan ban hành"),
    Order.ISSUED_DATE: N_("Ngày văn bản"),
    Order.URGENCY: N_("Độ khẩn, hạn"),
}


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list shows: words that all must begin a word of the row, a year, a state, an order."""

    kind: ListKind
    words: str = ""
    year: int | None = None
    status: str = ""
    order: Order = Order.NUMBER


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row: the document and its cells, from number to state."""

    row: int
    id: UUID
    cells: tuple[str, ...]
    urgent: bool
    overdue: bool
    void: bool


def orders_of(kind: ListKind) -> tuple[Order, ...]:
    """Return the orders that a list can take, the first being its own."""
    return {
        ListKind.ARRIVALS: (Order.NUMBER, Order.ISSUED_DATE, Order.ISSUER),
        ListKind.UNPROCESSED: (Order.URGENCY,),
        ListKind.OUTGOING: (Order.NUMBER,),
        ListKind.FOR_SIGNATURE: (Order.URGENCY,),
        ListKind.AWAITING_ISSUE: (Order.URGENCY,),
    }[kind]


def row_ids(
    connection: Connection,
    agency: UUID,
    query: ListQuery,
    *,
    limit: int | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> array[int]:
    """Return the row ids of a list in order.

    Args:
        limit: rows at most; None for all (a search by words ends at 5,000).
        stop: asked between chunks; when true, what was read so far is returned.
    """
    sql, facts = _sql(agency, query)
    if query.words.strip():
        limit = min(limit or FOUND_AT_MOST, FOUND_AT_MOST)
        if query.year is not None and query.kind not in _WAITING:
            facts |= _year_rows(connection, agency, query)
    if limit is not None:
        sql += " LIMIT :limit"
        facts["limit"] = limit
    if limit is not None:
        return _fetched(connection, sql, facts, stop)
    with small_cache(connection):  # pages of a long list are read once; keeping them would cost 16 MB
        return _fetched(connection, sql, facts, stop)


def _fetched(connection: Connection, sql: str, facts: dict[str, object], stop: Callable[[], bool]) -> array[int]:
    found = array("q")
    # The driver's own cursor: a million Row objects would cost a second and 100 MB.
    cursor = connection.execute(text(sql), facts).cursor
    assert cursor is not None  # noqa: S101  a SELECT has a cursor
    while not stop() and (rows := cursor.fetchmany(FETCHED_AT_ONCE)):
        found.extend([row[0] for row in rows])
    return found


def _sql(agency: UUID, query: ListQuery) -> tuple[str, dict[str, object]]:
    """Return the query for a list's row ids; put together from constants of this module, every value a parameter."""
    table = "arrival" if query.kind.of_arrivals else "outgoing"
    facts: dict[str, object] = {"agency": str(agency)}
    where = ["d.agency_id = :agency"]
    if query.year is not None:
        where.append("d.year = :year")
        facts["year"] = query.year
    if query.status:
        where.append("d.status = :status")
        facts["status"] = query.status
    if query.kind is ListKind.UNPROCESSED:
        where.append("d.status IN ('REGISTERED','SUBMITTED','ASSIGNED','IN_PROGRESS')")
    if query.kind is ListKind.FOR_SIGNATURE:
        where.append("d.status = 'SUBMITTED_FOR_SIGNATURE'")
    if query.kind is ListKind.AWAITING_ISSUE:
        where.append("d.status IN ('AWAITING_ISSUE','NUMBERED','SEALED')")
    wanted, order = " AND ".join(where), _order(query)
    if not query.words.strip():
        return f"SELECT d.row FROM {table} d WHERE {wanted} ORDER BY {order}", facts
    facts["match"] = " ".join(f'"{word}"*' for word in words(query.words)) or '""'
    has_words = f"{table}_words MATCH :match"
    if query.kind in _WAITING:
        # Few rows wait and most of them are new: words are looked for from the oldest of them on.
        oldest = f"SELECT min(d.row) FROM {table} d WHERE {wanted}"
        having = f"SELECT rowid FROM {table}_words WHERE {has_words} AND rowid >= ({oldest})"
        return f"SELECT d.row FROM {table} d WHERE {wanted} AND +d.row IN ({having}) ORDER BY {order}", facts
    if query.year is not None:
        wanted += " AND w.rowid BETWEEN :first AND :last"
    newest = (
        f"SELECT d.row FROM {table}_words w CROSS JOIN {table} d ON d.row = w.rowid"
        f" WHERE w.{has_words} AND {wanted} ORDER BY w.rowid DESC"  # rows are stored in order of registration
    )
    if query.order is Order.NUMBER:
        return newest, facts
    # Only what can be shown is sorted: a common word stands in half of all rows.
    newest += f" LIMIT {FOUND_AT_MOST}"
    return f"SELECT d.row FROM ({newest}) f CROSS JOIN {table} d ON d.row = f.row ORDER BY {order}", facts


def _year_rows(connection: Connection, agency: UUID, query: ListQuery) -> dict[str, object]:
    """Return between which rows a year lies, so that words are not looked for in all the others."""
    table = "arrival" if query.kind.of_arrivals else "outgoing"
    first, last = connection.execute(
        text(f"SELECT min(row), max(row) FROM {table} WHERE agency_id = :agency AND year = :year"),
        {"agency": str(agency), "year": query.year},
    ).one()
    return {"first": first, "last": last}


def _order(query: ListQuery) -> str:
    # The row ends every order, so that rows of one moment stand the same on the first page and in the whole list.
    if query.kind is ListKind.UNPROCESSED:
        return "d.urgency DESC, coalesce(d.due_date, '9999-12-31'), d.registered_at, d.row"
    if query.kind in (ListKind.FOR_SIGNATURE, ListKind.AWAITING_ISSUE):
        return "d.urgency DESC, d.created_at, d.row"
    if query.kind is ListKind.OUTGOING:
        return "d.created_at DESC, d.row DESC"
    return {
        Order.ISSUER: "d.issuer, d.registered_at DESC, d.row DESC",
        Order.ISSUED_DATE: "d.issued_date DESC, d.registered_at DESC, d.row DESC",
    }.get(query.order, "d.year DESC, d.number DESC, d.sub_number DESC, d.row DESC")


def rows_of(connection: Connection, agency: UUID, kind: ListKind, ids: Sequence[int], on: dt.date) -> list[ListRow]:
    """Return the rows with these ids, in the same order.

    Args:
        on: today, for telling which are overdue.
    """
    if not ids:
        return []
    wanted = ",".join(str(int(one)) for one in ids)  # integers only, so that they may stand in the text
    if kind.of_arrivals:
        sql = (
            "SELECT row, id, number, sub_number, year, arrival_date, issuer, code_number, code_notation,"
            f" document_type, subject, urgency, due_date, status FROM arrival WHERE row IN ({wanted})"
            " AND +agency_id = :agency"  # by row: the plus keeps every index out
        )
    else:
        sql = (
            "SELECT row, id, reference_code, issued_date, created_at, signer_name, document_type, subject, urgency,"
            f" due_date, status FROM outgoing WHERE row IN ({wanted}) AND +agency_id = :agency"
        )
    make = _arrival_row if kind.of_arrivals else _outgoing_row
    by_id = {row.row: make(row, on) for row in connection.execute(text(sql), {"agency": str(agency)})}
    return [by_id[one] for one in ids if one in by_id]


def _arrival_row(row: Row[tuple[object, ...]], on: dt.date) -> ListRow:
    urgency = Urgency(row.urgency)
    status = ArrivalStatus(row.status)
    due = dt.date.fromisoformat(row.due_date) if row.due_date else None
    unprocessed = status in ("REGISTERED", "SUBMITTED", "ASSIGNED", "IN_PROGRESS")
    head = f"[{urgency.label.upper()}] " if urgency else ""
    return ListRow(
        row.row,
        UUID(row.id),
        (
            number_text(row.number, row.sub_number),
            _short_date(row.arrival_date),
            short_issuer(row.issuer),
            joined(row.code_number, row.code_notation),
            f"{head}{row.subject}",
            _short_date(row.due_date),
            status.label,
        ),
        urgent=urgency > 0,
        overdue=unprocessed and due is not None and due < on,
        void=status is ArrivalStatus.VOIDED,
    )


def _outgoing_row(row: Row[tuple[object, ...]], on: dt.date) -> ListRow:
    urgency = Urgency(row.urgency)
    status = OutgoingStatus(row.status)
    return ListRow(
        row.row,
        UUID(row.id),
        (
            row.reference_code or "—",
            _short_date(row.issued_date or local(dt.datetime.fromisoformat(row.created_at)).date().isoformat()),
            row.signer_name,
            row.subject if row.reference_code else f"{type_name(row.document_type)}: {row.subject}",
            urgency.label if urgency else "",
            status.label,
        ),
        urgent=urgency > 0,
        overdue=False,
        void=status is OutgoingStatus.VOIDED,
    )


def short_issuer(name: str) -> str:
    """Return an agency's name with its longest usual words abbreviated, so that what differs is in sight."""
    for long, short in (("Ủy ban nhân dân", "UBND"), ("Hội đồng nhân dân", "HĐND"), ("Văn phòng", "VP")):
        name = name.replace(long, short)
    return name


def _short_date(iso: str | None) -> str:
    """`2026-11-22` as `22/11/26`: short enough for 80 columns."""
    return f"{iso[8:10]}/{iso[5:7]}/{iso[2:4]}" if iso else ""


def position_of_number(
    connection: Connection, kind: ListKind, ids: array[int], agency: UUID, year: int, number: int
) -> int | None:
    """Return where a number of a year stands in a list of row ids, or None."""
    table = "arrival" if kind.of_arrivals else "outgoing"
    found = connection.execute(
        text(f"SELECT row FROM {table} WHERE agency_id = :agency AND year = :year AND number = :number"),
        {"agency": str(agency), "year": year, "number": number},
    ).scalars()
    places = []
    for row in found:
        with suppress(ValueError):  # the filter keeps it out
            places.append(ids.index(row))
    return min(places, default=None)

"""Numbering a waiting pile of 10,000 documents in one act, beside raw `executemany` of the same rows.

The rows are recorded first: in one copy of a store the program numbers the pile, and every writing statement is noted
with its values. Then a second copy does the same through `Desk.do`, from the command to the durable commit with all its
checks, and a third one runs the noted statements through the bare driver, each with one `executemany`, in one durable
transaction. Triggers and word indexes are at work in all of them. Second and third store end up alike.
"""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from sqlcipher3 import dbapi2

from bench.figures import Figure
from bench.registration import ISSUERS, SUBJECT, WRITING, _desk
from bench.stores import STORE_NAME, arrivals_book, folder, furnish, raw_connection
from clerkdesk.services.batch import BatchNumbered, Preview, preview
from clerkdesk.services.clock import local, now, today
from clerkdesk.services.commands import AddWaiting, ArrivalFacts, NumberWaiting, WaitingLine
from clerkdesk.services.desk import Desk
from clerkdesk.services.ids import new_id

LINES = 10_000
ROUNDS = 5
GOAL = 2.0

Noted = list[tuple[str, list[tuple[Any, ...]]]]


def run() -> list[Figure]:
    """Number the pile and write the same rows by hand in turns, each round on fresh copies; compare the medians."""
    with folder() as root:
        first = root / "first"
        furnish(first).close()
        with _desk(first) as desk:
            _fill(desk)
        command, noted = _record(first, root / "recorded")
        ours, raw, shown = [], [], []  # of (wall, CPU) seconds
        for nth in range(ROUNDS):
            mine, twin = root / f"ours-{nth}", root / f"raw-{nth}"
            for copy in (mine, twin):
                shutil.copytree(first, copy)
            with _desk(mine) as desk:
                shown.append(_timed(lambda: _preview(desk)))
                ours.append(_timed(lambda: desk.do(command)))
                kept = _kept(desk)
            with closing(raw_connection(twin)) as connection:
                raw.append(_timed(partial(_by_hand, connection, noted)))
                assert kept == connection.execute(_SAME).fetchall()
            assert len(kept) == LINES
    rows = f"executemany of the same {sum(len(values) for _, values in noted):,} rows"
    wall, cpu = ([median(pair[place] for pair in times) for times in (ours, raw, shown)] for place in (0, 1))
    return [
        Figure(f"numbering {LINES:,} documents", wall[0], "s", rows, wall[1], GOAL * wall[1]),
        Figure(f"numbering {LINES:,} documents, CPU", cpu[0], "s CPU", rows, cpu[1]),
        Figure(f"preview of {LINES:,} lines", wall[2], "s", rows, wall[1]),
    ]


_SAME = "SELECT a.number, a.id, a.subject, e.state FROM arrival a JOIN entry e ON e.document_id = a.id ORDER BY 1"


def _fill(desk: Desk) -> None:
    moment = now() - dt.timedelta(days=1)
    lines = tuple(
        WaitingLine(
            id=new_id(),
            facts=ArrivalFacts(
                arrival_date=local(moment).date(),
                received_at=moment,
                issuer=ISSUERS[nth % len(ISSUERS)],
                code_number=f"{nth:02d}",
                code_notation="QĐ-UBND",
                issued_date=today() - dt.timedelta(days=2),
                document_type="QĐ",
                subject=SUBJECT.format(nth),
                signer_name="Nguyễn Văn Bình",
                to_places="Phòng Cải cách hành chính",
                page_amount=3,
            ),
            received_at=moment,
            position=nth,
        )
        for nth in range(LINES)
    )
    desk.do(desk.make(AddWaiting, register_id=arrivals_book(desk), lines=lines))


def _preview(desk: Desk) -> Preview:
    shown = desk.read(preview, arrivals_book(desk))
    assert not shown.troubles
    return shown


def _timed(act: Callable[[], object]) -> tuple[float, float]:
    began, used = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - began, time.process_time() - used


def _kept(desk: Desk) -> list[tuple[Any, ...]]:
    with desk.store.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(_SAME)]


def _by_hand(connection: Any, statements: Noted) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for sql, values in statements:
        if len(values) == 1:
            connection.execute(sql, values[0])
        else:
            connection.executemany(sql, values)
    connection.execute("COMMIT")


# --- recording -------------------------------------------------------------------------------------------------------


class _Cursor(dbapi2.Cursor):  # type: ignore[misc]
    noted: Noted

    def execute(self, sql: str, values: Any = ()) -> Any:
        if sql.lstrip().upper().startswith(WRITING):
            self.noted.append((sql, [tuple(values)]))
        return super().execute(sql, values)

    def executemany(self, sql: str, values: Any) -> Any:
        self.noted.append((sql, [tuple(one) for one in values]))
        return super().executemany(sql, values)


class _Connection(dbapi2.Connection):  # type: ignore[misc]
    noted: Noted = []

    def cursor(self) -> Any:
        cursor = super().cursor(_Cursor)
        cursor.noted = self.noted
        return cursor

    def execute(self, sql: str, values: Any = ()) -> Any:
        return self.cursor().execute(sql, values)


def _record(first: Path, copy: Path) -> tuple[NumberWaiting, Noted]:
    """Number the pile and note the writing statements."""
    shutil.copytree(first, copy)
    with patch.object(dbapi2, "connect", partial(dbapi2.connect, factory=_Connection)), _desk(copy) as desk:
        shown = _preview(desk)
        command = desk.make(
            NumberWaiting,
            register_id=arrivals_book(desk),
            lines=tuple(one.line.id for one in shown.lines),
            first_numbers=shown.first_numbers,
        )
        _Connection.noted.clear()
        answer = desk.do(command)
        assert isinstance(answer, BatchNumbered)
        assert answer.count == LINES
        noted = [(sql, [tuple(one) for one in values]) for sql, values in _Connection.noted]
    assert (copy / STORE_NAME).exists()
    return command, noted

"""Registering an arrival, from the command to the durable commit, beside the same bytes written by hand.

The rows are recorded first: in one copy of a store the program registers the documents, and every writing statement is
noted down with its values. Then a second copy registers the same commands through `Desk.do`, a third one runs the
noted statements through the bare driver in one durable transaction, in turns. Second and third store end up alike.
The hand-written way writes the same two lines of a high-water mark to a file of its own, each flushed to the disk: a
number is safe only with both, so both ways pay for them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from sqlcipher3 import dbapi2

from bench.figures import Figure
from bench.stores import CLERK, PASSWORD, STORE_NAME, arrivals_book, copied, folder, furnish, raw_connection
from clerkdesk.services.clock import today
from clerkdesk.services.commands import ArrivalFacts, RegisterArrival
from clerkdesk.services.desk import Desk
from clerkdesk.services.ids import new_id

ROUNDS = 600
WARM_UP = 50
GOAL = 1.6
WRITING = ("INSERT", "UPDATE", "DELETE", "REPLACE")
ISSUERS = (
    "Ủy ban nhân dân tỉnh Sông Hương", "Bộ Nội vụ", "Văn phòng Chính phủ", "Sở Tài chính tỉnh Sông Hương",
    "Ủy ban nhân dân xã Phong Điền",
)  # fmt: skip
SUBJECT = "Về việc ban hành Kế hoạch cải cách hành chính năm 2026 của các cơ quan, đơn vị trên địa bàn tỉnh, đợt {}"

# As long as the program's lines are.
INTENT, DONE = b"i" * 219 + b"\n", b"d" * 154 + b"\n"

Noted = list[tuple[str, tuple[Any, ...]]]


def run() -> list[Figure]:
    """Register, write by hand and insert a blob in turns, and compare the medians."""
    with folder() as root:
        ours, twin, plain = root / "ours", root / "twin", root / "plain"
        furnish(root / "first").close()
        for copy in (ours, twin, plain):
            copied(root / "first", copy)
        commands, noted = _record(root / "first")
        size = int(median(sum(_bytes(values) for _, values in statements) for statements in noted))
        with ExitStack() as stack:
            desk = stack.enter_context(_desk(ours))
            raw, blobs = (raw_connection(one) for one in (twin, plain))
            stack.callback(raw.close)
            stack.callback(blobs.close)
            mark = stack.enter_context(_mark_by_hand(root / "mark"))
            blobs.execute("CREATE TABLE plain (id INTEGER PRIMARY KEY, body BLOB) STRICT")
            ways: tuple[Callable[[int], object], ...] = (
                lambda nth: desk.do(commands[nth]),
                lambda nth: _by_hand(raw, noted[nth], mark),
                lambda _: _by_hand(blobs, [("INSERT INTO plain (body) VALUES (?)", (bytes(size),))]),
            )
            wall, cpu = _measure(ways)
            _check_alike(desk, raw)
    hand, blob = "the same rows by hand, with the high-water mark's fsyncs", f"one blob of {size:,} bytes"
    return [
        Figure("registration", wall[0], "ms", hand, wall[1], GOAL * wall[1]),
        Figure("registration, CPU", cpu[0], "ms CPU", hand, cpu[1]),
        Figure("registration", wall[0], "ms", blob, wall[2]),
        Figure("registration, CPU", cpu[0], "ms CPU", blob, cpu[2]),
    ]


def _measure(ways: tuple[Callable[[int], object], ...]) -> tuple[list[float], list[float]]:
    """Return the median milliseconds of each way, on the wall and of the CPU."""
    wall: list[list[float]] = [[] for _ in ways]
    cpu: list[list[float]] = [[] for _ in ways]
    for nth in range(ROUNDS):
        for place in range(len(ways)):
            way = (place + nth) % len(ways)  # nobody is always behind the same other
            began, used = time.perf_counter(), time.process_time()
            ways[way](nth)
            if nth >= WARM_UP:
                cpu[way].append(1000 * (time.process_time() - used))
                wall[way].append(1000 * (time.perf_counter() - began))
    return [median(times) for times in wall], [median(times) for times in cpu]


def _by_hand(connection: Any, statements: Noted, mark: int | None = None) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for sql, values in statements:
        connection.execute(sql, values)
    if mark is not None:
        _flushed(mark, INTENT)
    connection.execute("COMMIT")
    if mark is not None:
        _flushed(mark, DONE)


def _flushed(mark: int, line: bytes) -> None:
    os.write(mark, line)
    os.fdatasync(mark)


@contextmanager
def _mark_by_hand(path: Path) -> Iterator[int]:
    """Give a file with room for every line, as the program's mark has it."""
    path.write_bytes(bytes((len(INTENT) + len(DONE)) * (ROUNDS + 1)))
    descriptor = os.open(path, os.O_RDWR)
    os.fsync(descriptor)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


# --- recording -------------------------------------------------------------------------------------------------------


class _Cursor(dbapi2.Cursor):  # type: ignore[misc]
    noted: Noted

    def execute(self, sql: str, values: Any = ()) -> Any:
        if sql.lstrip().upper().startswith(WRITING):
            self.noted.append((sql, tuple(values)))
        return super().execute(sql, values)


class _Connection(dbapi2.Connection):  # type: ignore[misc]
    noted: Noted = []

    def cursor(self) -> Any:
        cursor = super().cursor(_Cursor)
        cursor.noted = self.noted
        return cursor

    def execute(self, sql: str, values: Any = ()) -> Any:
        return self.cursor().execute(sql, values)


def _record(data: Path) -> tuple[list[RegisterArrival], list[Noted]]:
    """Register documents and note the writing statements of each."""
    commands, noted = [], []
    with patch.object(dbapi2, "connect", partial(dbapi2.connect, factory=_Connection)), _desk(data) as desk:
        book = arrivals_book(desk)
        for nth in range(ROUNDS):
            facts = ArrivalFacts(
                arrival_date=today(),
                issuer=ISSUERS[nth % len(ISSUERS)],
                code_number=f"{nth:02d}",
                code_notation="QĐ-UBND",
                issued_date=today(),
                document_type="QĐ",
                subject=SUBJECT.format(nth),
                signer_name="Nguyễn Văn Bình",
                to_places="Phòng Cải cách hành chính",
                page_amount=3,
            )
            commands.append(desk.make(RegisterArrival, uid=new_id(), register_id=book, facts=facts))
            _Connection.noted.clear()
            desk.do(commands[-1])
            noted.append(list(_Connection.noted))
    assert all(any("INTO arrival " in sql for sql, _ in statements) for statements in noted)
    return commands, noted


@contextmanager
def _desk(data: Path) -> Any:
    desk = Desk.open(data / STORE_NAME)
    try:
        desk.log_in(CLERK, PASSWORD)
        yield desk
    finally:
        desk.close()


def _bytes(values: tuple[Any, ...]) -> int:
    return sum(len(value) if isinstance(value, bytes) else len(str(value).encode()) for value in values)


def _check_alike(desk: Desk, raw: Any) -> None:
    """Both stores must hold the same documents under the same numbers, or the comparison says nothing."""
    sql = "SELECT a.number, a.id, a.subject, e.state FROM arrival a JOIN entry e ON e.document_id = a.id ORDER BY 1"
    with desk.store.reading() as connection:
        kept = [tuple(row) for row in connection.exec_driver_sql(sql)]
    assert kept == raw.execute(sql).fetchall()
    assert len(kept) == ROUNDS

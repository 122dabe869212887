"""Lists of 1,000,000 arrivals: what a screen asks of the store, and the real list on a terminal (120x40).

The store's questions stand beside the plain way through the bare driver: `SELECT … LIMIT 200 OFFSET n`, `LIKE '%…%'`.
The screen's keys stand beside Textual's own DataTable with 1,000 rows in memory; each key is painted before the next.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.clerk import go_to, log_in
from bench.figures import Figure
from bench.stores import A_YEAR, ARRIVALS, RARE_WORD, STORE_NAME, UNPROCESSED_OF_YEAR, YEARS, big_office, raw_connection
from clerkdesk.services import lists
from clerkdesk.services.clock import today
from clerkdesk.services.desk import Desk
from clerkdesk.services.lists import ListKind, ListQuery, Order
from tests.terminal import Terminal

PAGE = 200
IN_SIGHT = 40
ROUNDS = 5
SLOW = 1_000.0  # milliseconds from which on a way is measured once only
STOCK_ROWS = 1_000

_CELLS = (
    "row, id, number, sub_number, year, arrival_date, issuer, code_number, code_notation, document_type, subject,"
    " urgency, due_date, status"
)
_BY_NUMBER = "ORDER BY year DESC, number DESC, sub_number DESC"
_OPEN = "status IN ('REGISTERED','SUBMITTED','ASSIGNED','IN_PROGRESS')"


@dataclass(frozen=True, slots=True)
class Question:
    """What a list asks, our way and the plain way."""

    name: str
    ours: Callable[[], object]
    plain_name: str
    plain: Callable[[], object]
    goal: float | None = None


def run() -> list[Figure]:
    """Ask the store, then press keys."""
    data = big_office()
    desk = Desk.open(data / STORE_NAME)
    with closing(desk), closing(raw_connection(data)) as raw:
        figures = [_ask(question) for question in _questions(desk, desk.agency.id if desk.agency else None, raw)]
    return figures + _keys(data)


def _ask(question: Question) -> Figure:
    taken: dict[str, list[float]] = {"ours": [], "plain": []}
    for _ in range(ROUNDS):
        for name, way in (("ours", question.ours), ("plain", question.plain)):
            if not taken[name] or taken[name][-1] < SLOW:
                start = time.perf_counter()
                way()
                taken[name].append(1000 * (time.perf_counter() - start))
    ours, plain = median(taken["ours"]), median(taken["plain"])
    return Figure(question.name, ours, "ms", question.plain_name, plain, question.goal)


def _questions(desk: Desk, agency: Any, raw: Any) -> list[Question]:
    kind = ListKind.ARRIVALS

    def ids(limit: int | None = PAGE, **asked: Any) -> Any:
        with desk.store.reading() as connection:
            return lists.row_ids(connection, agency, ListQuery(**({"kind": kind} | asked)), limit=limit)

    def page(**asked: Any) -> object:
        return show(ids(**asked))

    def show(some: Any) -> object:
        with desk.store.reading() as connection:
            return lists.rows_of(connection, agency, kind, some, today())

    everything = ids(None)

    def jump() -> object:
        with desk.store.reading() as connection:
            place = lists.position_of_number(connection, kind, everything, agency, YEARS[0], 50_000)
        assert place == ARRIVALS - 50_000
        return show(everything[place : place + IN_SIGHT])

    def plain(rest: str, *values: object, cells: str = _CELLS) -> Callable[[], object]:
        return lambda: raw.execute(
            f"SELECT {cells} FROM arrival WHERE agency_id = ? {rest}", (str(agency), *values)
        ).fetchall()

    def like(text: str) -> Callable[[], object]:
        where = " AND ".join(
            "(subject LIKE ? OR issuer LIKE ? OR signer_name LIKE ? OR to_places LIKE ?)" for _ in text.split()
        )
        values = [f"%{word}%" for word in text.split() for _ in range(4)]
        # Without the agency, so that rows are read in their order and reading ends with the page.
        sql = f"SELECT {_CELLS} FROM arrival WHERE {where} ORDER BY row DESC LIMIT {PAGE}"
        return lambda: raw.execute(sql, values).fetchall()

    before = "SELECT count(*) FROM arrival WHERE agency_id = ? AND (year, number) > (?, ?)"

    def plain_jump() -> object:
        (place,) = raw.execute(before, (str(agency), YEARS[0], 50_000)).fetchone()
        return plain(f"{_BY_NUMBER} LIMIT {IN_SIGHT} OFFSET {place}")()

    middle = ARRIVALS // 2
    offset = "LIMIT … OFFSET …"
    waiting = ListKind.UNPROCESSED
    return [
        Question(f"first page, {PAGE} rows", page, offset, plain(f"{_BY_NUMBER} LIMIT {PAGE} OFFSET 0")),
        Question("all row ids", lambda: ids(None), "SELECT row, fetchall", plain(_BY_NUMBER, cells="row")),
        Question(
            f"{IN_SIGHT} rows in the middle",
            lambda: show(everything[middle : middle + IN_SIGHT]),
            offset,
            plain(f"{_BY_NUMBER} LIMIT {IN_SIGHT} OFFSET {middle}"),
        ),
        Question("jump to a number of the first year", jump, "count, then OFFSET", plain_jump),
        *(
            Question(
                f"order by {name}, first page",
                lambda order=order: page(order=order),  # type: ignore[misc]
                offset,
                plain(f"ORDER BY {columns} LIMIT {PAGE} OFFSET 0"),
            )
            for name, order, columns in (
                ("issuer", Order.ISSUER, "issuer, registered_at DESC"),
                ("date of issue", Order.ISSUED_DATE, "issued_date DESC, registered_at DESC"),
            )
        ),
        Question(
            "date of issue in an earlier year, first page",
            lambda: page(order=Order.ISSUED_DATE, year=YEARS[3]),
            offset,
            plain(f"AND year = {YEARS[3]} ORDER BY issued_date DESC, registered_at DESC LIMIT {PAGE}"),
        ),
        *(
            Question(f"filter “{typed}” ({how}), first page", lambda typed=typed: page(words=typed), "LIKE '%…%'", like(text))  # type: ignore[misc]
            for typed, text, how in (
                (RARE_WORD.lower(), RARE_WORD, "rare"),
                ("ke hoach", "kế hoạch", "common"),
                ("nguyen van an", "Nguyễn Văn An", "common"),
                ("t", "t", "one letter"),
                ("khong co", "không cò", "nowhere"),
            )
        ),
        Question(
            "filter in an earlier year, first page",
            lambda: page(words="ke hoach", year=YEARS[3]),
            "LIKE '%…%'",
            plain(f"AND year = {YEARS[3]} AND subject LIKE '%kế%' AND subject LIKE '%hoạch%' ORDER BY row DESC LIMIT {PAGE}"),
        ),
        Question(
            "filter ordered by issuer, first page",
            lambda: page(words="ke hoach", order=Order.ISSUER),
            "LIKE '%…%'",
            plain(f"AND subject LIKE '%kế%' AND subject LIKE '%hoạch%' ORDER BY issuer, registered_at DESC LIMIT {PAGE}"),
        ),
        Question(
            "unprocessed list, first page",
            lambda: page(kind=waiting, order=Order.URGENCY),
            offset,
            plain(f"AND {_OPEN} ORDER BY urgency DESC, coalesce(due_date, '9999-12-31'), registered_at LIMIT {PAGE}"),
        ),
        Question(
            "unprocessed list, filtered",
            lambda: page(kind=waiting, order=Order.URGENCY, words="ke hoach"),
            "LIKE '%…%'",
            plain(f"AND {_OPEN} AND subject LIKE '%kế%' AND subject LIKE '%hoạch%' ORDER BY urgency DESC LIMIT {PAGE}"),
        ),
    ]  # fmt: skip


# --- keys ------------------------------------------------------------------------------------------------------------

TOP = b"\x1b[1;5H"  # Ctrl+Home: plain Home does not leave the row in DataTable
KEY_ROUNDS, KEYS_A_ROUND, JUMPS_A_ROUND = 4, 15, 5
JUMPED_OVER = A_YEAR - UNPROCESSED_OF_YEAR  # an overdue one has a mark before its number


@dataclass(frozen=True, slots=True)
class Case:
    """A key, how to get ready for it, and the most CPU milliseconds that it may take."""

    name: str
    key: str
    before: tuple[str | bytes, ...]
    goal: float


CASES = (
    Case("arrow key", "down", (TOP,), 10.0),
    Case("arrow key that scrolls", "down", (TOP, *["down"] * 40), 10.0),
    Case("page key", "pagedown", (TOP,), 30.0),
)


def _keys(data: Path) -> list[Figure]:
    name = f"DataTable, {STOCK_ROWS:,} rows"
    figures = []
    with ExitStack() as stack:
        ours = stack.enter_context(log_in(data, columns=120, lines=40))
        go_to(ours, "2", f"{ARRIVALS:,} văn bản")
        stock = stack.enter_context(
            Terminal.python("tests.screens.demo_table", str(STOCK_ROWS), "stock", columns=120, lines=40)
        )
        stock.wait_for("SẴN SÀNG")
        stock.wait_quiet(0.5)
        for case in CASES:
            times: dict[Terminal, list[float]] = {ours: [], stock: []}
            for _ in range(KEY_ROUNDS):
                for terminal in (ours, stock):
                    terminal.send(*case.before)
                    terminal.wait_quiet(0.3)
                    keys = [(case.key,)] * KEYS_A_ROUND
                    times[terminal] += [_cpu_of(terminal, key) for key in keys]
            figures.append(Figure(case.name, median(times[ours]), "ms CPU", name, median(times[stock]), case.goal))
        jumps, stock_jumps, shown = [], [], []
        for nth in range(KEY_ROUNDS * JUMPS_A_ROUND):
            number = f"{nth * 7919 * 31 % JUMPED_OVER + 1:02d}"
            ours.send("f7")
            ours.wait_quiet(0.1)
            ours.send(number)
            ours.wait_quiet(0.1)
            start = time.perf_counter()
            jumps.append(_cpu_of(ours, ("enter",), lambda t, number=number: f"▸ {number}" in t.text()))  # type: ignore[misc]
            shown.append(1000 * (time.perf_counter() - start))
            stock_jumps.append(_cpu_of(stock, ("f7",)))
        figures.append(Figure("jump to a number", median(jumps), "ms CPU", name, median(stock_jumps), 40.0))
        figures.append(Figure("memory in use", ours.rss(), "MiB", name, stock.rss()))
    return figures


def _cpu_of(terminal: Terminal, keys: tuple[str, ...], until: Callable[[Terminal], object] | None = None) -> float:
    before = terminal.cpu()
    terminal.send(*keys)
    if until is not None:
        terminal.wait_for(until)
    terminal.wait_quiet(0.06)
    return 1000 * (terminal.cpu() - before)

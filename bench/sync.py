"""A desk and its server over HTTP on this machine: coming back after an outage, a new desk, typing while both talk.

The server is the program's own, on SQLite, in a process of its own. "Back" ends when the desk's outbox is empty and it
has read everything that the server says. A new desk gets its records over HTTP, checked and with word indexes; beside it stands
the plainest way to have the same rows in the same store: one driver reads them, another inserts them in one transaction.
Keys are typed at the arrival form while another desk pushes registrations without a pause, and while nobody does.
"""

from __future__ import annotations

import multiprocessing
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median
from uuid import UUID

from sqlalchemy import text

from bench.clerk import CTRL_U, go_to, log_in
from bench.figures import Figure
from bench.stores import CLERK, PASSWORD, STORE_NAME, arrivals_book, folder, furnish, raw_connection
from clerkdesk.data.columns import utc_text
from clerkdesk.data.server_store import open_server_store
from clerkdesk.data.store_key import keep_key, new_key
from clerkdesk.server.app import create_app
from clerkdesk.server.enrolment import new_code
from clerkdesk.server.hub import Hub
from clerkdesk.services import commands as c
from clerkdesk.services.clock import now, today
from clerkdesk.services.desk import Desk
from clerkdesk.services.ids import new_id
from clerkdesk.sync.connecting import connect, open_link
from clerkdesk.sync.loop import Sync
from tests.terminal import Terminal

OFFLINE, RECORDS = 500, 100_000
LETTERS, ROUNDS = "abcdefghiklmnop", 10
GOAL_BACK, GOAL_NEW_DESK, GOAL_KEYS = 3_000.0, 3.0, 1.2
_SECRET = b"a secret of the measurement, long enough"
_KEY = bytes(range(32))
_TABLES = ("register_year", "entry", "arrival", "history")


def run() -> list[Figure]:
    """Measure."""
    with ExitStack() as stack:
        root = stack.enter_context(folder())
        desk = furnish(root / "first")
        url, code = stack.enter_context(server(root / "server"))
        link = connect(desk, url, code)
        link.log_in(CLERK, PASSWORD)
        back, ping = _back_after_an_outage(desk, link)
        quiet, busy = _keys(root, desk, url)
        agency = str(desk.agency_id)
        fill(root, agency, RECORDS)
        took, raw = _new_desk(root, url, agency)
    return [
        Figure(f"{OFFLINE} offline entries to the server and back", back, "ms", "one exchange with nothing new", ping, GOAL_BACK),
        Figure(f"{RECORDS:,} records to a new desk", took, "ms", "raw rows, one driver to another", raw, GOAL_NEW_DESK * raw),
        Figure("key to paint while the desk exchanges, median", busy, "ms", "nothing to exchange", quiet, GOAL_KEYS * quiet),
    ]  # fmt: skip


# --- the server ------------------------------------------------------------------------------------------------------


@contextmanager
def server(data: Path) -> Iterator[tuple[str, str]]:
    """Serve from a process of its own; give its address and a code for a desk that brings its agency."""
    with closing(open_server_store(data, "", key=_KEY)) as store, store.writing() as tx:
        code = new_code(tx, None)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(data, port), daemon=True)
    process.start()
    _wait_for(port)
    try:
        yield f"http://127.0.0.1:{port}", code
    finally:
        process.terminate()
        process.join()


def _serve(data: Path, port: int) -> None:
    import uvicorn

    hub = Hub(open_server_store(data, "", key=_KEY, exclusive=False), _SECRET)
    uvicorn.run(create_app(hub), host="127.0.0.1", port=port, log_level="critical")


def _wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


# --- coming back -----------------------------------------------------------------------------------------------------


def registration(desk: Desk, nth: int) -> c.RegisterArrival:
    """An ordinary arrival."""
    facts = c.ArrivalFacts(
        arrival_date=today(),
        issuer="Ủy ban nhân dân tỉnh Sông Hương",
        code_number=str(nth % 90_000 + 1),
        code_notation="QĐ-UBND",
        issued_date=today(),
        document_type="QĐ",
        subject=f"Về việc ban hành Kế hoạch cải cách hành chính số {nth}",
    )
    return desk.make(c.RegisterArrival, register_id=arrivals_book(desk), facts=facts, second_copy=True)


def _back_after_an_outage(desk: Desk, link: Sync) -> tuple[float, float]:
    if desk.session is None:
        desk.log_in(CLERK, PASSWORD)
    for nth in range(OFFLINE):
        desk.do(registration(desk, nth))
    start = time.perf_counter()
    link.round()
    back = 1000 * (time.perf_counter() - start)
    assert link.standing().unsent == 0
    pings = []
    for _ in range(5):
        start = time.perf_counter()
        link.round()
        pings.append(1000 * (time.perf_counter() - start))
    return back, median(pings)


# --- a new desk ------------------------------------------------------------------------------------------------------


def fill(root: Path, agency: str, records: int) -> None:
    """Let the server have so many records more, by plain SQL: a third each of entries, arrivals and log entries."""
    each = records // 3
    with closing(open_server_store(root / "server", "", key=_KEY, exclusive=False)) as store, store.writing() as tx:
        book, clerk, machine, first = tx.exec_driver_sql(
            "SELECT r.id, p.id, d.id, (SELECT max(seq) FROM audit WHERE agency_id = ?) FROM register r, person p, desk d"
            " WHERE r.agency_id = ? AND r.code = 'DEN' AND p.agency_id = r.agency_id AND d.agency_id = r.agency_id LIMIT 1",
            (agency, agency),
        ).one()
        number = tx.exec_driver_sql("SELECT max(number) FROM entry WHERE register_id = ?", (book,)).scalar_one()
        day, at = f"{today()}", utc_text(now())
        entries, arrivals, log = [], [], []
        for nth in range(1, each + 1):
            uid = str(new_id())
            entries.append((agency, book, today().year, number + nth, "LIVE", uid, uid, at, clerk))
            arrivals.append((
                agency, uid, book, today().year, number + nth, "REGISTERED", day, "Ủy ban nhân dân tỉnh Sông Hương",
                str(nth % 90_000), "QĐ-UBND", f"Về việc ban hành Kế hoạch cải cách hành chính số {nth}", "EXCHANGE",
                "ELECTRONIC", at, clerk,
            ))  # fmt: skip
            log.append((agency, first + nth, uid, clerk, machine, at, at, uid, bytes(32), bytes(32)))
        tx.exec_driver_sql(
            "INSERT INTO entry (agency_id, register_id, year, number, state, document_id, command_uid, registered_at,"
            " registered_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            entries,
        )
        tx.exec_driver_sql(
            "INSERT INTO arrival (agency_id, id, register_id, year, number, status, arrival_date, issuer, code_number,"
            f" code_notation, subject, receipt_channel, medium, registered_at, registered_by) VALUES ({', '.join('?' * 15)})",
            arrivals,
        )
        tx.exec_driver_sql(
            "INSERT INTO audit (agency_id, seq, command_uid, kind, actor, desk, made_at, recorded_at, subject, body, result,"
            " previous_hash, hash) VALUES (?, ?, ?, 'RegisterArrival', ?, ?, ?, ?, ?, '{}', '{}', ?, ?)",
            log,
        )
        tx.exec_driver_sql("UPDATE register_year SET next_number = ? WHERE register_id = ?", (number + each + 1, book))


def _new_desk(root: Path, url: str, agency: str) -> tuple[float, float]:
    with closing(open_server_store(root / "server", "", key=_KEY, exclusive=False)) as store, store.writing() as tx:
        code = new_code(tx, UUID(agency))
    path = root / "new" / STORE_NAME
    path.parent.mkdir()
    keep_key(path, new_key(), allow_keyring=False)
    desk = Desk.open(path)
    start = time.perf_counter()
    connect(desk, url, code)
    took = 1000 * (time.perf_counter() - start)
    with desk.store.reading() as connection:
        found = sum(int(connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()) for name in _TABLES)
    assert found >= RECORDS - 10, found
    desk.close()
    return took, _raw(root)


def _raw(root: Path) -> float:
    """Copy the same rows into an empty store with nothing but the driver."""
    path = root / "raw" / STORE_NAME
    path.parent.mkdir()
    keep_key(path, new_key(), allow_keyring=False)
    Desk.open(path).close()
    with closing(raw_connection(root / "new")) as source, closing(raw_connection(path.parent)) as target:
        target.execute("PRAGMA foreign_keys = OFF")
        start = time.perf_counter()
        target.execute("BEGIN IMMEDIATE")
        for name in _TABLES:
            rows = source.execute(f"SELECT * FROM {name}")
            _copy(target, name, rows)
        target.execute("COMMIT")
        return 1000 * (time.perf_counter() - start)


def _copy(target: object, name: str, rows: object) -> None:
    columns = len(rows.description)  # type: ignore[attr-defined]
    target.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * columns)})", rows)  # type: ignore[attr-defined]


# --- keys ------------------------------------------------------------------------------------------------------------


def _keys(root: Path, first: Desk, url: str) -> tuple[float, float]:
    """Type at a second desk's form, in turns while the first pushes without a pause and while it rests."""
    with closing(open_server_store(root / "server", "", key=_KEY, exclusive=False)) as store, store.writing() as tx:
        code = new_code(tx, first.agency_id)
    path = root / "second" / STORE_NAME
    path.parent.mkdir()
    keep_key(path, new_key(), allow_keyring=False)
    second = Desk.open(path)
    connect(second, url, code)
    second.close()
    first_path = first.store.path
    if first.link is not None:
        first.link.close()
    first.store.close()
    context = multiprocessing.get_context("spawn")
    working, stopping = context.Event(), context.Event()
    writer = context.Process(target=_register_for_ever, args=(first_path, working, stopping), daemon=True)
    writer.start()
    waits: dict[bool, list[float]] = {False: [], True: []}
    try:
        with log_in(path.parent) as terminal:
            go_to(terminal, "1", "NHẬP VĂN BẢN ĐẾN")
            terminal.wait_quiet(1)
            line = terminal.find("Cơ quan BH")[1]
            for _ in range(ROUNDS):
                for busy in (False, True):
                    if busy:
                        working.set()
                    else:
                        working.clear()
                    time.sleep(1.0)
                    waits[busy] += [_type(terminal, line, end) for end in range(1, len(LETTERS) + 1)]
                    terminal.send(CTRL_U)
                    terminal.wait_for(lambda t: LETTERS[:3] not in t.text())
    finally:
        stopping.set()
        working.set()
        writer.join(10)
    return median(waits[False]), median(waits[True])


def _register_for_ever(path: Path, working: Event, stopping: Event) -> None:
    desk = Desk.open(path)
    link = open_link(desk)
    assert link is not None
    desk.log_in(CLERK, PASSWORD)
    nth = 10_000
    while not stopping.is_set():
        working.wait()
        for _ in range(3):
            nth += 1
            desk.do(registration(desk, nth).model_copy(update={"uid": new_id()}))
        link.round()
        time.sleep(0.1)
    link.round()
    desk.close()


def _type(terminal: Terminal, line: int, end: int) -> float:
    start = time.perf_counter()
    terminal.send(LETTERS[end - 1])
    terminal.wait_for(lambda t: LETTERS[:end] in t.line(line))
    taken = 1000 * (time.perf_counter() - start)
    time.sleep(0.03)
    return taken

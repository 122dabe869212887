"""Numbers per second through the server's HTTP face on PostgreSQL: 64 desks on one register, and on 500 of many agencies.

Baseline: pgbench, 64 connections, each transaction the bare `UPDATE … RETURNING` of a counter and one insert, on the
same PostgreSQL in the same run, in turns with ours. Desks are sockets of another process that do nothing but ask and
read. At the end every book is checked: no number twice, none missing.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.figures import Figure
from clerkdesk.data.server_store import open_server_store
from clerkdesk.data.store import Store
from clerkdesk.server.enrolment import enrol, new_code
from clerkdesk.server.terms import begin_service
from clerkdesk.server.tokens import make_token
from clerkdesk.services import commands as c
from clerkdesk.services.clock import now, today
from clerkdesk.services.execution import Execution
from clerkdesk.services.ids import new_id
from clerkdesk.services.office import carry_out
from clerkdesk.services.registers import arrivals_preset
from clerkdesk.services.vocabulary import Role
from clerkdesk.sync.messages import Enrol
from tests.postgres import binaries, cluster, create_database, url_of

DESKS = 64
SECONDS = 5.0
TURNS = 3
SECRET = "a secret of the benchmark, of no use elsewhere"
DURABLE = {"fsync": "on", "synchronous_commit": "on", "shared_buffers": "'256MB'", "max_connections": "120"}
AGENCIES, BOOKS_EACH = 50, 10


def run() -> list[Figure]:
    """Measure both."""
    with cluster(**DURABLE) as folder:
        one = _measure(folder, agencies=1, books=1)
        many = _measure(folder, agencies=AGENCIES, books=BOOKS_EACH)
    return [
        Figure("one register, 64 desks", 1000 / one[0], "ms/number", "bare UPDATE + INSERT", 1000 / one[1], 2000 / one[1]),
        Figure(
            f"{AGENCIES * BOOKS_EACH} registers, 64 desks", 1000 / many[0], "ms/number", "bare UPDATE + INSERT",
            1000 / many[1], 2000 / many[1],
        ),
    ]  # fmt: skip


def _measure(folder: Path, agencies: int, books: int) -> tuple[float, float]:
    name = f"bench_{agencies}"
    url = create_database(folder, name)
    data = Path(tempfile.mkdtemp(prefix="clerkdesk-bench-"))
    store = open_server_store(data, url)
    try:
        term = begin_service(store)
        requests = [_agency(store, term, books, -(-DESKS // agencies)) for _ in range(agencies)]
        places = [place for agency in requests for place in agency][:DESKS]
    finally:
        store.close()
    _bare_table(folder, name, agencies * books)
    ours, bare = [], []
    with _server(data, url) as port:
        for _ in range(TURNS):
            ours.append(_ask(port, places))
            bare.append(_pgbench(folder, name, agencies * books))
    _check(data, url)
    shutil.rmtree(data)
    print(
        f"{agencies * books} registers: ours {[round(x) for x in ours]}/s, bare {[round(x) for x in bare]}/s",
        flush=True,
    )
    return median(ours), median(bare)


def _agency(store: Store, term: str, books: int, desks: int) -> list[tuple[str, str, str, list[str], str]]:
    """Make an agency whose pens the server holds, with desks; return what each desk needs to ask."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    agency, person = new_id(), new_id()
    registers = [arrivals_preset().model_copy(update={"code": f"D{place}"}) for place in range(books)]
    setup = c.SetUpAgency(
        uid=new_id(), agency=agency, actor=person, desk=new_id(), made_at=now(), name=f"Cơ quan {agency}",
        short_name="CQ", desk_code="00",
        administrator=c.NewPerson(id=person, username="annv", full_name="Nguyễn Văn An", roles=frozenset(Role)),
        password_hash="!", registers=tuple(registers),
    )  # fmt: skip
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    import base64

    with store.writing() as tx:
        carry_out(tx, setup, now(), Execution(holder=None, at_server=True))
    with store.reading() as connection:
        from sqlalchemy import text

        ids = list(
            connection.execute(text("SELECT id FROM register WHERE agency_id = :a"), {"a": str(agency)}).scalars()
        )
    found = []
    for place in range(desks):
        desk, incarnation = new_id(), new_id()
        with store.writing() as tx:
            code = new_code(tx, agency)
            enrol(
                tx, term,
                Enrol(code=code, desk=desk, incarnation=incarnation, name="", public_key=base64.b64encode(key).decode()),
            )  # fmt: skip
        token = make_token(
            SECRET.encode(), "desk", 3600, sub=str(desk), agency=str(agency), incarnation=str(incarnation), term=term
        )
        mine = ids[place % len(ids) :] + ids[: place % len(ids)]
        command = {
            "agency": str(agency), "actor": str(person), "desk": str(desk), "made_at": now().isoformat(),
            "facts": {
                "arrival_date": today().isoformat(), "issuer": "Ủy ban nhân dân tỉnh Sông Hương",
                "code_notation": "QĐ-UBND", "issued_date": today().isoformat(), "document_type": "QĐ",
                "subject": "Về việc ban hành Kế hoạch cải cách hành chính năm 2026 của các cơ quan, đơn vị",
            },
        }  # fmt: skip
        head = json.dumps(
            {"incarnation": str(incarnation), "term": term, "kind": "RegisterArrival", "command": command}
        )  # fmt: skip
        found.append((token, head, str(desk), mine, str(agency)))
    return found


@contextmanager
def _server(data: Path, url: str) -> Iterator[int]:
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from clerkdesk.data.server_store import open_server_store\nfrom clerkdesk.server.hub import Hub\n"
        "from clerkdesk.server.serve import Place, serve\n"
        "hub = Hub(open_server_store(Path(sys.argv[1]), sys.argv[2]), sys.argv[3].encode())\n"
        "serve(hub, Place('127.0.0.1', 0), ready=lambda port: print(port, flush=True))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(data), url, SECRET], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.terminate()
            server.wait(30)


def _ask(port: int, places: list[tuple[str, str, str, list[str], str]]) -> float:
    """Let all desks ask as fast as they are answered; return numbers per second."""
    ours, theirs = multiprocessing.get_context("fork").Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_desks, args=(port, places, theirs))
    child.start()
    rate: float = ours.recv()
    child.join()
    return rate


def _desks(port: int, places: list[tuple[str, str, str, list[str], str]], tell: object) -> None:
    import uvloop

    async def desk(token: str, head: str, registers: list[str], until: float) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        facts = json.loads(head)
        done = 0
        while time.perf_counter() < until:
            uid = new_id()
            facts["command"]["uid"] = str(uid)
            facts["command"]["register_id"] = registers[done % len(registers)]
            facts["command"]["facts"]["code_number"] = uid.hex[-11:]
            body = json.dumps(facts).encode()
            writer.write(
                b"POST /v1/call HTTP/1.1\r\nhost: server\r\nauthorization: Bearer %b\r\ncontent-length: %d\r\n\r\n%b"
                % (token.encode(), len(body), body)
            )
            answer = await reader.readuntil(b"\r\n\r\n")
            length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            said = await reader.readexactly(length)
            assert answer.startswith(b"HTTP/1.1 200") and b'"result"' in said, said[:300]
            done += 1
        writer.close()
        return done

    async def all_of_them() -> float:
        began = time.perf_counter()
        done = await asyncio.gather(*(desk(token, head, ids, began + SECONDS) for token, head, _d, ids, _a in places))
        return sum(done) / (time.perf_counter() - began)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        tell.send(runner.run(all_of_them()))  # type: ignore[attr-defined]


def _bare_table(folder: Path, name: str, books: int) -> None:
    import psycopg

    with psycopg.connect(url_of(folder, name)) as connection:
        connection.execute("CREATE TABLE bare_book (id int PRIMARY KEY, next int NOT NULL) WITH (fillfactor = 20)")
        connection.execute("CREATE TABLE bare_entry (book int, number int, subject text, PRIMARY KEY (book, number))")
        connection.execute("INSERT INTO bare_book SELECT n, 1 FROM generate_series(1, %s) n", (books,))


def _pgbench(folder: Path, name: str, books: int) -> float:
    script = folder / "bare.sql"
    script.write_text(
        f"\\set book random(1, {books})\nBEGIN;\n"
        "UPDATE bare_book SET next = next + 1 WHERE id = :book RETURNING next - 1 AS number \\gset\n"
        "INSERT INTO bare_entry VALUES (:book, :number, 'Về việc ban hành Kế hoạch cải cách hành chính năm 2026');\n"
        "COMMIT;\n"
    )
    program = binaries()
    assert program is not None
    done = subprocess.run(
        [str(program / "pgbench"), "-n", "-M", "prepared", "-c", str(DESKS), "-j", "2", "-T", str(int(SECONDS)), "-f",
         str(script), url_of(folder, name)],
        capture_output=True, text=True, check=True, env=os.environ | {"LC_ALL": "C"},
    )  # fmt: skip
    return float(done.stdout.rsplit("tps = ", 1)[1].split()[0])


def _check(data: Path, url: str) -> None:
    from sqlalchemy import text

    store = open_server_store(data, url)
    with store.reading() as connection:
        wrong = connection.execute(
            text(
                "SELECT count(*) FROM (SELECT y.next_number, count(e.number) AS n, coalesce(max(e.number), 0) AS top"
                " FROM register_year y LEFT JOIN entry e ON e.agency_id = y.agency_id AND e.register_id = y.register_id"
                " AND e.year = y.year GROUP BY y.agency_id, y.register_id, y.year) b"
                " WHERE n != next_number - 1 OR top != next_number - 1"
            )
        ).scalar_one()
    store.close()
    assert wrong == 0, f"{wrong} books with gaps"

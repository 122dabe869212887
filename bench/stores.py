"""Stores to measure on: a furnished office in a fresh folder, and one with a million arrivals, kept between runs.

The big store is made by the program's own migrations and set-up, then filled by plain SQL with every trigger and word
index at work. It is kept in the system's temporary folder, under a name that changes with the schema.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from bench.directory import agencies, directory_lines
from clerkdesk.data.migrations import versions
from clerkdesk.data.store import NEWEST
from clerkdesk.data.store_key import keep_key, new_key
from clerkdesk.places import backups_folder
from clerkdesk.services import commands as c
from clerkdesk.services import passwords, registers
from clerkdesk.services.backups import make_backup
from clerkdesk.services.clock import now
from clerkdesk.services.desk import Desk
from clerkdesk.services.directory import import_directory
from clerkdesk.services.ids import new_id
from clerkdesk.services.office import execute
from clerkdesk.services.registers import arrivals_register
from clerkdesk.services.vocabulary import Role

RECIPE = 2  # counts the changes of what is written into the big store
STORE_NAME = "clerkdesk.db"
CLERK, PASSWORD = "annv", "Abcd!234"
ARRIVALS = 1_000_000
AGENCIES = 125_000
YEARS = tuple(range(2017, 2027))
A_YEAR = ARRIVALS // len(YEARS)
UNPROCESSED_OF_YEAR = 5_000
RARE_WORD, RARE_ONES = "Thổ Chu", 40
_CHUNK = 10_000


@contextmanager
def folder(prefix: str = "clerkdesk-bench-") -> Iterator[Path]:
    """Give an empty folder and remove it at the end."""
    path = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def furnish(data: Path) -> Desk:
    """Set an office up in a data folder and seat its clerk."""
    data.mkdir(parents=True, exist_ok=True)
    path = data / STORE_NAME
    keep_key(path, new_key(), allow_keyring=False)
    desk = Desk.open(path)
    me = new_id()
    command = c.SetUpAgency(
        uid=new_id(),
        agency=new_id(),
        actor=me,
        desk=new_id(),
        made_at=now(),
        name="Sở Nội vụ tỉnh Sông Hương",
        parent_name="Ủy ban nhân dân tỉnh Sông Hương",
        short_name="SNV",
        organ_id="H57.15",
        place="Sông Hương",
        administrator=c.NewPerson(
            id=me, username=CLERK, full_name="Nguyễn Văn An", roles=frozenset({Role.CLERK, Role.ADMINISTRATOR})
        ),
        password_hash=passwords.hash_password(PASSWORD),
        registers=registers.common_preset(),
    )
    execute(desk.store, command)
    desk.refresh()
    desk.log_in(CLERK, PASSWORD)
    return desk


def arrivals_book(desk: Desk) -> UUID:
    """Return the id of the arrivals register."""
    found = desk.read(arrivals_register)
    assert found is not None
    return found


def raw_connection(data: Path) -> Any:
    """Open a store through the driver alone, with the settings that the program uses."""
    from sqlcipher3 import dbapi2

    path = data / STORE_NAME
    connection = dbapi2.connect(str(path), isolation_level=None, cached_statements=256)
    key = path.with_suffix(".key").read_text("ascii")
    for line in (
        "cipher_log_level = NONE",
        f"key = \"x'{key}'\"",
        "busy_timeout = 10000",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "recursive_triggers = ON",
        "cache_size = -16000",
        "temp_store = MEMORY",
        "secure_delete = ON",
    ):
        connection.execute(f"PRAGMA {line}")
    return connection


# --- a million arrivals ----------------------------------------------------------------------------------------------


def big_office() -> Path:
    """Return the data folder of the office with a million arrivals; the first call makes it, in a few minutes."""
    schema = hashlib.sha256()
    for source in sorted(Path(versions.__path__[0]).glob("m*.py")):
        schema.update(source.read_bytes())
    data = Path(tempfile.gettempdir()) / f"clerkdesk-bench-million-{RECIPE}-{NEWEST}-{schema.hexdigest()[:8]}"
    if not data.exists():
        with folder("clerkdesk-bench-part-") as root:
            _make(root / "office")
            (root / "office").rename(data)
    return data


def _make(data: Path) -> None:
    desk = furnish(data)
    # A fresh backup, so that the weekly one does not run behind what is measured.
    make_backup(desk.store, backups_folder(data))
    with desk.store.writing() as tx:
        import_directory(tx, directory_lines(AGENCIES))
    book, agency, clerk = arrivals_book(desk), desk.agency_id, desk.person.id
    machine = desk.facts.id if desk.facts else clerk
    desk.close()
    with closing(raw_connection(data)) as connection:
        _fill(connection, str(agency), str(book), str(clerk), str(machine))


_ACTS = ("báo cáo", "triển khai", "thực hiện", "phối hợp", "đôn đốc", "hướng dẫn", "góp ý dự thảo", "phê duyệt")
_WHATS = (
    "Kế hoạch cải cách hành chính", "công tác văn thư, lưu trữ", "chuyển đổi số", "tinh giản biên chế",
    "chế độ ưu đãi người có công với cách mạng", "đào tạo, bồi dưỡng cán bộ, công chức", "phòng, chống thiên tai",
    "thi đua, khen thưởng", "dự toán ngân sách nhà nước", "tiếp công dân", "quy hoạch sử dụng đất", "giảm nghèo bền vững",
    "an toàn giao thông", "phòng cháy, chữa cháy", "tổng điều tra kinh tế", "sắp xếp đơn vị hành chính",
)  # fmt: skip
_WHERES = (
    "trên địa bàn tỉnh", "năm {year}", "quý I năm {year}", "6 tháng đầu năm {year}", "giai đoạn 2021 - 2030",
    "theo Nghị quyết số 76/NQ-CP của Chính phủ", "tại xã {place}", "tại phường {place}",
)  # fmt: skip
_PLACES = (
    "Vỹ Dạ", "Thuận An", "Phú Bài", "Hương Trà", "Kim Long", "An Cựu", "Phong Điền", "A Lưới", "Bình Điền", "Lộc An",
)  # fmt: skip
_FAMILY, _GIVEN = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Đặng"), ("An", "Bình", "Cường", "Dũng", "Hương", "Minh")
_NOTATIONS = ("QĐ-UBND", "UBND-NC", "SNV-CCVC", "BC-UBND", "KH-UBND", "TB-VP", "CV-VP", "BNV-CCVC")
_DONE = ("COMPLETED", "NO_ACTION_NEEDED", "READ_CONFIRMED")
_OPEN = ("REGISTERED", "SUBMITTED", "ASSIGNED", "IN_PROGRESS")


def issuers() -> list[str]:
    """Return the agencies that write to the office: a few often, many seldom."""
    names = agencies(AGENCIES)
    return [names[i].name for i in Random(2).sample(range(len(names)), 4_000)]


def code_of(nth: int) -> tuple[str, str]:
    """Return number and notation of the arrival that is `nth` in the store, from 0."""
    return f"{nth * 7919 % 9_000 + 1:02d}", _NOTATIONS[nth * 31 % len(_NOTATIONS)]


def issuer_of(nth: int, names: Sequence[str]) -> str:
    """Return the issuer of the arrival that is `nth` in the store: three in five come from the first forty."""
    spread = nth * 2_654_435_761 % 1_000_003
    return names[spread % 40] if spread % 5 < 3 else names[spread % len(names)]


def _fill(connection: Any, agency: str, book: str, clerk: str, machine: str) -> None:
    names = issuers()
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA cache_size = -2000000")
    # The plain indexes are dropped and made again, which is much quicker; constraints, triggers and words stay.
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        " AND tbl_name IN ('arrival', 'entry', 'audit')"
    ).fetchall()
    connection.execute("BEGIN IMMEDIATE")
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    first_audit = connection.execute("SELECT max(seq) FROM audit").fetchone()[0]
    for year in YEARS:
        connection.execute(
            "INSERT OR IGNORE INTO register_year (agency_id, register_id, year, next_number, state, holder_desk,"
            " opened_at, opened_by) VALUES (?, ?, ?, 1, 'OPEN', ?, ?, ?)",
            (agency, book, year, machine, f"{year}-01-01T01:00:00.000000Z", clerk),
        )
    for start in range(0, ARRIVALS, _CHUNK):
        _chunk(
            connection, range(start, min(ARRIVALS, start + _CHUNK)), names, first_audit, agency, book, clerk, machine
        )
    connection.execute(
        "INSERT INTO learned_suffix (agency_id, issuer, code_notation, uses, last_used_at)"
        " SELECT agency_id, issuer, code_notation, count(*), max(registered_at) FROM arrival GROUP BY 1, 2, 3"
    )
    connection.execute(
        "UPDATE register_year SET next_number = ?, last_registered_at = year || '-11-20T01:00:00.000000Z'"
        " WHERE register_id = ?",
        (A_YEAR + 1, book),
    )
    for _, sql in indexes:
        connection.execute(sql)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _chunk(
    connection: Any,
    numbers: range,
    names: Sequence[str],
    first_audit: int,
    agency: str,
    book: str,
    clerk: str,
    machine: str,
) -> None:
    rng = Random(numbers.start)
    entries, arrivals, audits = [], [], []
    for nth in numbers:
        year, number = YEARS[nth // A_YEAR], nth % A_YEAR + 1
        # Ids as the program makes them: they rise with time.
        uid = str(UUID(int=(0x018000000000 + nth) << 80 | 0x7 << 76 | 0x2 << 62 | rng.getrandbits(62)))
        day = dt.date(year, 1, 1) + dt.timedelta(days=number * 323 // A_YEAR)
        at = f"{day}T{1 + number % 9:02d}:{number % 60:02d}:{nth % 60:02d}.{nth % 1_000_000:06d}Z"
        unprocessed = year == YEARS[-1] and number > A_YEAR - UNPROCESSED_OF_YEAR
        status = _OPEN[nth % 4] if unprocessed else _DONE[nth % 3]
        place = RARE_WORD if nth % (ARRIVALS // RARE_ONES) == 17 else rng.choice(_PLACES)
        subject = f"V/v {rng.choice(_ACTS)} {rng.choice(_WHATS)} {rng.choice(_WHERES)}"
        if place == RARE_WORD:
            subject += " tại đặc khu {place}"
        issued = day - dt.timedelta(days=nth % 7)
        due = day + dt.timedelta(days=7 + nth % 21) if nth % 3 == 0 else None
        urgency = 0 if nth % 8 else 1 + nth % 3
        code_number, code_notation = code_of(nth)
        issuer = issuer_of(nth, names)
        entries.append((agency, book, year, number, "LIVE", uid, uid, at, clerk))
        arrivals.append((
            agency, uid, book, year, number, status, str(day), issuer, code_number, code_notation, str(issued),
            ("QĐ", "CV", "BC", "KH", "TB")[nth % 5], subject.format(year=year, place=place), 1 + nth % 12,
            f"{rng.choice(_FAMILY)} Văn {rng.choice(_GIVEN)}", "Phó Giám đốc", urgency,
            ("Phòng Cải cách hành chính", "Phòng Công chức, viên chức", "Văn phòng")[nth % 3], due and str(due),
            "EXCHANGE", "ELECTRONIC", at, clerk,
        ))  # fmt: skip
        audits.append((agency, first_audit + nth + 1, uid, clerk, machine, at, at, uid, bytes(32), bytes(32)))
    connection.executemany(
        "INSERT INTO entry (agency_id, register_id, year, number, state, document_id, command_uid, registered_at,"
        " registered_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        entries,
    )
    connection.executemany(
        "INSERT INTO arrival (agency_id, id, register_id, year, number, status, arrival_date, issuer, code_number,"
        " code_notation, issued_date, document_type, subject, page_amount, signer_name, signer_position, urgency,"
        f" to_places, due_date, receipt_channel, medium, registered_at, registered_by) VALUES ({', '.join('?' * 23)})",
        arrivals,
    )
    connection.executemany(
        "INSERT INTO audit (agency_id, seq, command_uid, kind, actor, desk, made_at, recorded_at, subject, body, result,"
        " previous_hash, hash) VALUES (?, ?, ?, 'RegisterArrival', ?, ?, ?, ?, ?, '{}', '{}', ?, ?)",
        audits,
    )
    connection.executemany(
        "INSERT INTO outbox (agency_id, audit_seq, state) VALUES (?, ?, 'QUEUED')", [row[:2] for row in audits]
    )

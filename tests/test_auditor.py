"""The independent auditor explains a right folder and names each deliberate fault in a wrong one."""

from __future__ import annotations

import csv
import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from auditor import clerkdesk_auditor as auditor
from clerkdesk.data.columns import utc_text
from clerkdesk.services import audit as product_audit

PROGRAM = Path(__file__).parent.parent / "auditor" / "clerkdesk_auditor.py"
PERSON = "01900000-0000-7000-8000-00000000000a"
DESK = "01900000-0000-7000-8000-00000000000b"

Row = dict[str, str]
Folder = dict[str, list[Row]]


def blank(name: str, **cells: str) -> Row:
    """A row with every column, the rest empty."""
    return dict.fromkeys(auditor.COLUMNS[name].split(), "") | cells


def uid(number: int) -> str:
    return f"01900000-0000-7000-8000-{number:012d}"


def entry(number: int, at: str, **cells: str) -> Row:
    facts = {
        "register": "DEN", "year": "2026", "number": str(number), "state": "LIVE", "registered_at": at,
        "registered_by": PERSON, "document_id": f"d{number}", "subject": "Công văn", "command_uid": uid(number),
    }  # fmt: skip
    return blank("entries", **(facts | cells))


def log(count: int) -> list[Row]:
    """A chain of log entries, hashed by the product's own rule."""
    rows, previous = [], product_audit.GENESIS
    for seq in range(1, count + 1):
        at = dt.datetime(2026, 3, 2, 1, seq, tzinfo=dt.UTC)
        digest = product_audit.entry_hash(
            previous, seq, UUID(uid(seq)), "RegisterArrival", UUID(PERSON), UUID(DESK), at, at, '{"số":1}', "{}"
        )
        rows.append(
            blank(
                "audit", chain="SERVER", seq=str(seq), command_uid=uid(seq), kind="RegisterArrival", actor=PERSON,
                desk=DESK, made_at=utc_text(at), recorded_at=utc_text(at),
                body='{"số":1}', result="{}", previous_hash=previous.hex(), hash=digest.hex(),
            )
        )  # fmt: skip
        previous = digest
    return rows


def move(epoch: int, kind: str, from_: str, to: str, following: int, at: str, **cells: str) -> Row:
    facts = {
        "register": "DEN", "year": "2026", "epoch": str(epoch), "kind": kind, "from": from_, "to": to,
        "next_number": str(following), "who1": PERSON, "at": at,
    }  # fmt: skip
    return blank("custody", **(facts | cells))


def line(desk: str, n: int, number: str, at: str, document: str, converted_at: str) -> Row:
    return blank(
        "emergency", desk=desk, year="2026", n=str(n), document_id=document, command_uid=uid(9), registered_at=at,
        corrected_at=at, outage=f"outage-{desk}", register="DEN", book_year="2026" if number else "", number=number,
        converted_at=converted_at,
    )  # fmt: skip


def right_folder() -> Folder:
    """An open book with every kind of number, an outage, all kinds of hand-over; and a closed book of last year."""
    audit_log = log(12)
    head = audit_log[7]["hash"]
    converted = "2026-03-03T03:00:00Z"
    return {
        "books": [
            blank(
                "books", register="DEN", title="Sổ đến", year="2026", state="OPEN", next_number="9", holder="SERVER",
                epoch="6", opened_at="2026-01-02T01:00:00Z",
            ),
            blank(
                "books", register="DEN", title="Sổ đến", year="2025", state="CLOSED", next_number="2",
                holder="SERVER", epoch="0", opened_at="2025-01-02T01:00:00Z", closed_at="2026-01-05T01:00:00Z",
            ),
        ],
        "entries": [
            entry(1, "2026-03-02T01:01:00Z"),
            entry(2, "2026-03-02T01:02:00Z", state="VOID", state_at="2026-03-04T01:00:00Z", reason="Gửi nhầm"),
            entry(3, "2026-03-02T01:03:00Z", state="RESERVED", document_id="", holder="Phòng A", reason="Họp",
                  expires_on="2026-12-31"),
            entry(3, "2026-03-02T09:03:00Z", sub_number="a", document_id="d3a", reason="Vào sổ sau"),
            entry(4, "2026-03-02T17:30:00Z", state="VOID", document_id="", reason="Mất cùng máy trạm"),
            entry(5, converted, document_id="e1", emergency_number="T1-1/2026"),
            entry(6, converted, document_id="e2", emergency_number="T2-1/2026"),
            entry(7, converted, document_id="e3", emergency_number="T1-2/2026"),
            entry(8, "2026-03-03T03:40:00Z"),
            entry(1, "2025-05-05T05:00:00Z", year="2025", document_id="old"),
        ],
        "custody": [
            move(0, "OPEN", "", "SERVER", 1, "2026-01-02T01:00:00Z"),
            move(1, "GRANT", "SERVER", "1", 1, "2026-03-02T01:00:00Z"),
            move(2, "RETURN", "1", "SERVER", 3, "2026-03-02T01:02:30Z"),
            move(3, "GRANT", "SERVER", "2", 3, "2026-03-02T01:02:40Z"),
            move(4, "TAKEOVER", "2", "SERVER", 5, "2026-03-02T18:00:00Z", declared_last="4", who2=DESK,
                 reason="Cháy máy"),
            move(5, "GRANT", "SERVER", "1", 8, "2026-03-03T03:30:00Z"),
            move(6, "CODE", "1", "SERVER", 9, "2026-03-03T04:00:00Z"),
            move(0, "OPEN", "", "SERVER", 1, "2025-01-02T01:00:00Z", year="2025"),
        ],
        "daily_closes": [
            blank("daily_closes", register="DEN", year="2026", day="2026-03-02", first="1", last="3", live="3",
                  void="0", reserved="1", closed_at="2026-03-02T10:00:00Z", chain="SERVER", chain_seq="8",
                  chain_head=head, signature="00ff"),
            blank("daily_closes", register="DEN", year="2026", day="2026-03-03", first="4", last="8", live="4",
                  void="1", reserved="0", closed_at="2026-03-03T10:00:00Z", chain="SERVER", chain_seq="8",
                  chain_head=head, signature="00ff"),
            blank("daily_closes", register="DEN", year="2025", day="2025-05-05", first="1", last="1", live="1",
                  void="0", reserved="0", closed_at="2025-05-05T10:00:00Z", chain="SERVER", chain_seq="8",
                  chain_head=head, signature="00ff"),
        ],
        "emergency": [
            line("1", 1, "5", "2026-03-03T01:00:00Z", "e1", converted),
            line("1", 2, "7", "2026-03-03T01:20:00Z", "e3", converted),
            line("2", 1, "6", "2026-03-03T01:10:00Z", "e2", converted),
            line("2", 2, "", "2026-03-03T01:30:00Z", "e4", ""),
        ],
        "outages": [
            blank("outages", id="outage-1", desk="1", cause="Mất mạng", started_at="2026-03-03T00:50:00Z",
                  authorised_by="Chánh Văn phòng", ended_at="2026-03-03T02:00:00Z"),
            blank("outages", id="outage-2", desk="2", cause="Mất mạng", started_at="2026-03-03T00:50:00Z",
                  authorised_by="Chánh Văn phòng"),
        ],
        "audit": audit_log,
    }  # fmt: skip


def write(folder: Folder, place: Path) -> Path:
    for name, rows in folder.items():
        with (place / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, auditor.COLUMNS[name].split())
            writer.writeheader()
            writer.writerows(rows)
    return place


def faults(folder: Folder, place: Path) -> list[auditor.Fault]:
    return auditor.audit(auditor.read(write(folder, place)))


def find(folder: Folder, name: str, **cells: str) -> Row:
    """The first row of a file with these cells."""
    return next(row for row in folder[name] if cells.items() <= row.items())


def change(name: str, where: Row, **cells: str) -> Callable[[Folder], None]:
    """A deliberate fault: other cells in one row."""

    def mutate(folder: Folder) -> None:
        find(folder, name, **where).update(cells)

    return mutate


def drop(name: str, **where: str) -> Callable[[Folder], None]:
    """A deliberate fault: one row is missing."""

    def mutate(folder: Folder) -> None:
        folder[name].remove(find(folder, name, **where))

    return mutate


def double(name: str, **where: str) -> Callable[[Folder], None]:
    """A deliberate fault: one row stands twice."""

    def mutate(folder: Folder) -> None:
        folder[name].append(dict(find(folder, name, **where)))

    return mutate


DEN = {"register": "DEN", "year": "2026"}
LAST_YEAR = {"register": "DEN", "year": "2025"}
SECOND = {"day": "2026-03-02"}

DELIBERATE: list[tuple[str, Callable[[Folder], None]]] = [
    ("gap", drop("entries", **DEN, number="1")),
    ("duplicate", double("entries", **DEN, number="8")),
    ("beyond-next", change("books", DEN, next_number="8")),
    ("no-book", change("entries", {**DEN, "number": "8"}, register="DI")),
    ("void-reason", change("entries", {**DEN, "number": "2"}, reason="")),
    ("live-document", change("entries", {**DEN, "number": "1"}, document_id="")),
    ("live-document", change("entries", {**DEN, "number": "1"}, state="LOST")),
    ("sub-number", change("entries", {"sub_number": "a"}, reason="")),
    ("sub-number", change("entries", {"sub_number": "a"}, number="44")),
    ("document-twice", change("entries", {**DEN, "number": "8"}, document_id="d1")),
    ("reserved", change("entries", {"state": "RESERVED"}, expires_on="")),
    ("order", change("entries", {**DEN, "number": "2"}, registered_at="2026-03-02T01:00:30Z")),
    ("command", change("entries", {**DEN, "number": "8"}, command_uid=uid(999))),
    ("daily-range", change("daily_closes", SECOND, last="4")),
    ("daily-totals", change("daily_closes", SECOND, live="4")),
    ("daily-totals", change("daily_closes", SECOND, live="2", void="1")),
    ("daily-totals", change("daily_closes", SECOND, live="4", reserved="0")),
    ("daily-missing", drop("daily_closes", **SECOND)),
    ("daily-missing", drop("daily_closes", **LAST_YEAR)),
    ("daily-signature", change("daily_closes", SECOND, signature="")),
    ("daily-chain", change("daily_closes", SECOND, chain_seq="7")),
    ("custody-start", drop("custody", **DEN, kind="OPEN")),
    ("custody-epoch", drop("custody", epoch="3")),
    ("custody-epoch", double("custody", epoch="6")),
    ("custody-holder", change("custody", {"epoch": "3"}, **{"from": "1"})),
    ("custody-holder", change("custody", {"epoch": "2"}, **{"from": "2"})),
    ("custody-next", change("custody", {"epoch": "2"}, next_number="5")),
    ("custody-next", change("custody", {"epoch": "5"}, next_number="7")),
    ("custody-takeover", change("custody", {"epoch": "4"}, who2=PERSON)),
    ("custody-takeover", change("custody", {"epoch": "4"}, declared_last="3")),
    ("custody-end", change("books", DEN, holder="1")),
    ("custody-end", change("books", DEN, epoch="7")),
    ("emergency-gap", drop("emergency", desk="1", n="1")),
    ("emergency-twice", double("emergency", desk="2", n="2")),
    ("emergency-twice", change("emergency", {"desk": "2", "n": "2"}, number="6", book_year="2026")),
    ("emergency-link", change("entries", {**DEN, "number": "5"}, emergency_number="")),
    ("emergency-link", drop("emergency", desk="1", n="2")),
    ("emergency-link", change("emergency", {"desk": "1", "n": "1"}, document_id="d1")),
    ("emergency-order", change("emergency", {"desk": "2", "n": "1"}, corrected_at="2026-03-03T00:55:00Z")),
    ("emergency-outage", change("outages", {"id": "outage-1"}, cause="")),
    ("emergency-outage", change("outages", {"id": "outage-1"}, ended_at="2026-03-03T01:10:00Z")),
    ("closed-pending", change("entries", LAST_YEAR, state="RESERVED", holder="A", reason="B", expires_on="2025-12-31")),
    ("closed-pending", change("books", LAST_YEAR, closed_at="")),
    ("closed-pending", change("books", LAST_YEAR, closed_at="2025-05-05T04:00:00Z")),
    ("closed-pending", change("books", LAST_YEAR, holder="1")),
    ("closed-pending", change("books", DEN, state="CLOSED", closed_at="2026-03-05T00:00:00Z")),
    ("chain", change("audit", {"seq": "5"}, body='{"số":2}')),
    ("chain", drop("audit", seq="10")),
    ("chain", change("audit", {"seq": "1"}, previous_hash="not hex")),
]


def test_a_right_folder_is_explained(tmp_path: Path) -> None:
    assert faults(right_folder(), tmp_path) == []


@pytest.mark.parametrize(("check", "mutate"), DELIBERATE)
def test_a_deliberate_fault_is_named(check: str, mutate: Callable[[Folder], None], tmp_path: Path) -> None:
    folder = right_folder()
    mutate(folder)
    found = faults(folder, tmp_path)
    assert check in {fault.check for fault in found}
    for fault in found:
        assert fault.sentence(0) and fault.sentence(1)


def test_every_check_has_a_deliberate_fault_and_stands_in_the_format() -> None:
    assert {check for check, _ in DELIBERATE} == set(auditor.SENTENCES)
    text = (PROGRAM.parent / "FORMAT.md").read_text(encoding="utf-8")
    assert all(check in text for check in auditor.SENTENCES)
    assert all(f"{name}.csv" in text for name in auditor.COLUMNS)


def test_line_whose_answer_was_lost_keeps_its_earlier_number(tmp_path: Path) -> None:
    folder = right_folder()
    find(folder, "entries", number="8", **DEN)["emergency_number"] = "T2-2/2026"
    find(folder, "entries", number="8", **DEN)["document_id"] = "e4"
    find(folder, "emergency", desk="2", n="2").update(number="8", book_year="2026", converted_at="2026-03-03T05:00:00Z")
    assert faults(folder, tmp_path) == []


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The program by itself: isolated, so that nothing of the package can be imported."""
    return subprocess.run(
        [sys.executable, "-I", "-X", "utf8", str(PROGRAM), *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_the_program_answers_in_words_and_exit_codes(tmp_path: Path) -> None:
    folder = right_folder()
    write(folder, tmp_path)
    right = run(str(tmp_path), "--numbers")
    assert right.returncode == 0
    assert right.stdout.rstrip().endswith("Giải thích được mọi số.")
    assert "T2-2/2026 đang chờ số chính thức" in right.stdout
    assert "  2: đã hủy: Gửi nhầm" in right.stdout
    drop("entries", **DEN, number="1")(folder)
    write(folder, tmp_path)
    wrong = run(str(tmp_path), "--lang", "en")
    assert wrong.returncode == 1
    assert "[gap] DEN/2026: number 1 is missing" in wrong.stdout
    answer = json.loads(run(str(tmp_path), "--json").stdout)
    assert answer["explained"] is False
    assert answer["books"][1] == {
        "register": "DEN", "year": 2026, "numbers": 7, "live": 4, "void": 2, "reserved": 1, "sub_numbers": 1,
    }  # fmt: skip
    assert {"check": "gap", "register": "DEN", "year": 2026, "about": ["1"]}.items() <= answer["faults"][0].items()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda place: (place / "audit.csv").unlink(),
        lambda place: (place / "books.csv").write_text("register,year\nDEN,2026\n", encoding="utf-8"),
        lambda place: (place / "entries.csv").write_bytes(b"\xff\xfe\x00"),
        change("entries", {"number": "8"}, number="tám"),
        change("entries", {"number": "8"}, registered_at="2026-03-03"),
        change("entries", {"number": "8"}, registered_at="9999-12-31T23:59:59Z"),
        change("books", DEN, year="2025"),
    ],
)
def test_a_folder_that_cannot_be_read(spoil: Callable[[object], None], tmp_path: Path) -> None:
    folder = right_folder()
    if spoil.__name__ == "mutate":
        spoil(folder)
        write(folder, tmp_path)
    else:
        write(folder, tmp_path)
        spoil(tmp_path)
    answer = run(str(tmp_path))
    assert answer.returncode == 2
    assert "Không đọc được thư mục" in answer.stderr


def test_the_auditor_shares_no_code_with_the_package() -> None:
    imported = {line.split()[1].split(".")[0] for line in PROGRAM.read_text(encoding="utf-8").splitlines()
                if line.startswith(("import ", "from "))}  # fmt: skip
    assert imported <= set(sys.stdlib_module_names)

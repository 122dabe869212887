"""Books for the auditor: seven files in the agreed format, complete, and never half written."""

from __future__ import annotations

import csv
import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import pytest

from clerkdesk.services import book_export, daily_close
from clerkdesk.services import commands as c
from clerkdesk.services.book_export import COLUMNS, Exported
from clerkdesk.services.clock import VIETNAM
from clerkdesk.services.close_signing import silent_signer
from clerkdesk.services.desk import Desk
from clerkdesk.services.registers import Book, books
from clerkdesk.services.vocabulary import OutgoingStatus

from ..conftest import OfficeClock
from ..office import arrivals_book, bring_to, desk_id, open_year, register, reserve, void
from .test_batch import line, number_all, pile
from .test_daily_close import TestSigning

AUDITOR = Path(__file__).parents[2] / "auditor" / "clerkdesk_auditor.py"


@pytest.fixture
def filled(desk: Desk, clock: OfficeClock, tmp_path: Path) -> Desk:
    """A desk with every kind of number, a batch, held and void numbers, closed days and a closed book."""
    TestSigning.put_key(tmp_path, "desk", "")
    sign = silent_signer(tmp_path)
    for day in range(3):
        register(desk, subject='Về việc "trích dẫn", dấu phẩy; và =CÔNG THỨC')
        register(desk)
        reserve(desk, arrivals_book(desk), days=1)
        bring_to(desk, OutgoingStatus.RELEASED)
        if day == 1:
            void(desk, arrivals_book(desk), 2)
            register(desk, sub_number_of=1, sub_number_reason="Chèn theo ý kiến lãnh đạo")
            pile(desk, line(3), line(2), line(1))
            number_all(desk)
        clock.forward(days=1)
        daily_close.close_due_days(desk, sign)
    clock.set(dt.datetime(2027, 1, 5, 9, 0, tzinfo=VIETNAM))
    open_year(desk, 2027)
    daily_close.close_due_days(desk, sign)
    register(desk)
    return desk


def export(desk: Desk, folder: Path, year: int = 2026) -> Exported:
    return desk.read(book_export.export_books, year, folder)


def lines(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_there_are_the_seven_files_with_their_columns(filled: Desk, tmp_path: Path) -> None:
    done = export(filled, tmp_path / "so-2026")
    assert {path.name for path in done.folder.iterdir()} == {f"{name}.csv" for name in COLUMNS}
    for name, columns in COLUMNS.items():
        with (done.folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            assert tuple(next(csv.reader(stream))) == columns
        assert len(lines(done.folder, name)) == done.lines[name]


def test_every_number_of_the_year_is_there_and_none_of_another(filled: Desk, tmp_path: Path) -> None:
    folder = export(filled, tmp_path / "so").folder
    entries = lines(folder, "entries")
    books = {row["register"]: row for row in lines(folder, "books")}
    arrivals = [row for row in entries if row["register"] == "DEN"]
    assert {row["year"] for row in entries} == {"2026"}
    assert [int(row["number"]) for row in arrivals if not row["sub_number"]] == list(
        range(1, int(books["DEN"]["next_number"]))
    )
    assert arrivals[0]["subject"] == 'Về việc "trích dẫn", dấu phẩy; và =CÔNG THỨC'
    assert all(row["reason"] for row in arrivals if row["state"] != "LIVE" or row["sub_number"])
    assert {row["holder"] for row in books.values()} == {"01"}
    assert all(row["signature"] for row in lines(folder, "daily_closes"))
    assert [row["kind"] for row in lines(folder, "custody")] == ["OPEN"] * len(books)


def test_a_folder_with_something_in_it_is_left_alone(filled: Desk, tmp_path: Path) -> None:
    taken = tmp_path / "co-roi"
    taken.mkdir()
    (taken / "thu.txt").write_text("x")
    with pytest.raises(book_export.ExportFolderTaken):
        export(filled, taken)
    assert [path.name for path in taken.iterdir()] == ["thu.txt"]
    with pytest.raises(book_export.ExportFolderTaken):
        export(filled, taken / "thu.txt")


def test_a_year_without_books_and_a_folder_that_cannot_be_written_leave_nothing(filled: Desk, tmp_path: Path) -> None:
    with pytest.raises(book_export.NoBooks):
        export(filled, tmp_path / "x" / "so", 2020)
    (tmp_path / "tep").write_text("")
    with pytest.raises(book_export.ExportFailed):
        export(filled, tmp_path / "tep" / "so")
    assert not list((tmp_path / "x").iterdir())


def test_an_empty_folder_is_taken(filled: Desk, tmp_path: Path) -> None:
    (tmp_path / "so").mkdir()
    assert export(filled, tmp_path / "so").lines["books"] == 5


@pytest.mark.skipif(not AUDITOR.exists(), reason="the auditor is not in this tree")
@pytest.mark.parametrize("closed", [False, True])
def test_the_auditor_explains_every_number_of_the_export(filled: Desk, tmp_path: Path, closed: bool) -> None:
    if closed:
        registers = tuple(book.register_id for book in _books(filled))
        filled.do(filled.make(c.CloseYear, year=2026, registers=registers))
    folder = export(filled, tmp_path / "so").folder
    done = subprocess.run([sys.executable, str(AUDITOR), str(folder), "--json"], capture_output=True, check=False)
    answer = json.loads(done.stdout)
    faults = [fault for fault in answer["faults"] if fault["check"] != "daily-signature"]
    assert faults == []
    if not closed:  # the closes made in closing are bound to the log, and not signed
        assert (done.returncode, answer["explained"]) == (0, True)


def _books(desk: Desk) -> list[Book]:
    return [book for book in desk.read(books, 2026, desk_id(desk)) if book.state == "OPEN"]

"""The waiting pile: numbered all at once or not at all, in order of receipt, and as one by one would have done it."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

import argon2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerkdesk.data import store_key
from clerkdesk.errors import ClerkDeskError
from clerkdesk.services import audit, batch, numbering
from clerkdesk.services import commands as c
from clerkdesk.services.arrivals import DuplicateArrival
from clerkdesk.services.attachments import was_ever_attached
from clerkdesk.services.clock import VIETNAM, now
from clerkdesk.services.desk import Desk
from clerkdesk.services.history import history_of
from clerkdesk.services.ids import new_id
from clerkdesk.services.lengths import Missing, TooLong
from clerkdesk.services.secrecy import SecretDocument

from ..conftest import NINE_O_CLOCK, OfficeClock, hang_up
from ..office import (
    ISSUER,
    PASSWORD,
    arrival_command,
    arrival_facts,
    arrivals_book,
    count,
    everything,
    next_number,
    open_year,
    pdf_file,
    register,
    rows,
    void,
)


def line(minutes_ago: float = 0, position: int = 0, **changes: Any) -> c.WaitingLine:
    """Return a document that was received some minutes before now."""
    received = now() - dt.timedelta(minutes=minutes_ago)
    own: dict[str, Any] = {name: changes.pop(name) for name in list(changes) if name in ("files", "source", "id")}
    day = received.astimezone(VIETNAM).date()
    facts = arrival_facts(**({"arrival_date": day, "issued_date": day, "received_at": received} | changes))
    known: dict[str, Any] = {"id": new_id(), "facts": facts, "received_at": received, "position": position}
    return c.WaitingLine(**(known | own))


def pile(desk: Desk, *lines: c.WaitingLine) -> None:
    desk.do(desk.make(c.AddWaiting, register_id=arrivals_book(desk), lines=lines))


def shown(desk: Desk, *second_copies: UUID) -> batch.Preview:
    return desk.read(batch.preview, arrivals_book(desk), second_copies)


def batch_command(desk: Desk, preview: batch.Preview | None = None, **changes: Any) -> c.NumberWaiting:
    preview = preview or shown(desk)
    facts: dict[str, Any] = {
        "register_id": arrivals_book(desk),
        "lines": tuple(one.line.id for one in preview.lines),
        "first_numbers": preview.first_numbers,
    }
    return desk.make(c.NumberWaiting, **(facts | changes))


def number_all(desk: Desk, **changes: Any) -> batch.BatchNumbered:
    answer = desk.do(batch_command(desk, **changes))
    assert isinstance(answer, batch.BatchNumbered)
    return answer


def numbers(desk: Desk) -> list[tuple[int, str]]:
    return [tuple(row) for row in rows(desk.store, "SELECT number, subject FROM arrival ORDER BY year, number")]


def test_a_pile_is_numbered_in_the_order_of_receipt_whatever_the_order_of_entry(desk: Desk) -> None:
    pile(desk, line(5, subject="thứ ba"), line(60, subject="thứ nhất"))
    pile(desk, line(30, position=2, subject="thứ hai"))
    assert [one.number for one in shown(desk).lines] == [1, 2, 3]
    answer = number_all(desk)
    assert answer.runs == (batch.Run(year=2026, first=1, last=3),)
    assert numbers(desk) == [(1, "thứ nhất"), (2, "thứ hai"), (3, "thứ ba")]
    assert shown(desk).lines == ()


def test_what_came_at_one_moment_keeps_the_order_of_its_list(desk: Desk) -> None:
    moment = now() - dt.timedelta(hours=1)
    lines = [line(60, place, subject=f"dòng {place}").model_copy(update={"received_at": moment}) for place in range(9)]
    pile(desk, *reversed(lines))
    number_all(desk)
    assert [subject for _number, subject in numbers(desk)] == [f"dòng {place}" for place in range(9)]


def test_a_batch_writes_the_same_rows_as_one_registration_after_the_other(desk: Desk, clock: OfficeClock) -> None:
    lines = [line(60 - place, code_number=f"{place:02d}", files=(pdf_file(),)) for place in range(1, 6)]
    columns = ", ".join(
        row[1] for row in rows(desk.store, "PRAGMA table_info(arrival)") if row[1] not in ("id", "row", "registered_at")
    )
    pile(desk, *lines)
    number_all(desk)
    in_batch = rows(desk.store, f"SELECT {columns} FROM arrival ORDER BY number")
    learned = rows(desk.store, "SELECT issuer, code_notation, uses FROM learned_suffix")
    for one in lines:
        void(desk, arrivals_book(desk), lines.index(one) + 1)
    for one in lines:
        desk.do(arrival_command(desk, facts=one.facts, files=one.files))
    singly = rows(desk.store, f"SELECT {columns} FROM arrival WHERE number > 5 ORDER BY number")
    number = columns.split(", ").index("number")

    def without_number(found: list[Any]) -> list[tuple[Any, ...]]:
        return [tuple(value for place, value in enumerate(row) if place != number) for row in found]

    assert without_number(singly) == without_number(in_batch)
    assert [row[2] * 2 for row in learned] == [
        row[2] for row in rows(desk.store, "SELECT issuer, code_notation, uses FROM learned_suffix")
    ]
    assert count(desk.store, "attachment") == 10


def test_the_same_batch_again_gives_the_first_answer_and_changes_nothing(desk: Desk) -> None:
    pile(desk, line(3), line(2))
    command = batch_command(desk)
    first = desk.do(command)
    before = everything(desk.store)
    assert desk.do(command) == first
    assert everything(desk.store) == before


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"issuer": ""}, "Chưa nhập “Cơ quan ban hành”."),
        ({"subject": ""}, "Chưa nhập “Trích yếu”."),
        ({"issued_date": dt.date(2026, 11, 21)}, "Ngày văn bản (21/11/2026)"),
    ],
)
def test_one_line_that_cannot_be_entered_keeps_all_from_being_numbered(
    desk: Desk, bad: dict[str, Any], reason: str
) -> None:
    pile(desk, line(3), line(2, **bad), line(1))
    preview = shown(desk)
    assert [one.trouble is not None for one in preview.lines] == [False, True, False]
    assert preview.troubles == 1
    before = everything(desk.store)
    with pytest.raises(batch.LineRefused, match="Dòng 2") as refused:
        desk.do(batch_command(desk))
    assert reason in refused.value.message
    assert everything(desk.store) == before


class TestDoubles:
    def test_a_document_that_stands_in_the_register_is_told_in_the_preview(self, desk: Desk) -> None:
        register(desk, code_number="77", code_notation="QĐ-UBND")
        pile(desk, line(2, code_number="77"), line(1, code_number="78"))
        trouble = shown(desk).lines[0].trouble
        assert isinstance(trouble, DuplicateArrival)
        with pytest.raises(batch.LineRefused):
            desk.do(batch_command(desk))
        assert next_number(desk) == 2

    def test_the_clerk_may_enter_a_second_copy_all_the_same(self, desk: Desk) -> None:
        register(desk, code_number="77", code_notation="QĐ-UBND")
        twice = line(2, code_number="77")
        pile(desk, twice)
        assert shown(desk, twice.id).troubles == 0
        assert number_all(desk, second_copies=(twice.id,)).count == 1

    def test_two_lines_of_one_pile_may_not_be_one_document(self, desk: Desk) -> None:
        pile(desk, line(3, code_number="5"), line(2, code_number="5"), line(1, code_number="5"))
        preview = shown(desk)
        assert [one.trouble and one.trouble.message for one in preview.lines] == [
            None,
            f"Trùng với dòng 1 của chồng này: {ISSUER}, 5/QĐ-UBND.",
            f"Trùng với dòng 1 của chồng này: {ISSUER}, 5/QĐ-UBND.",
        ]

    def test_one_code_in_two_years_is_two_documents(self, desk: Desk) -> None:
        old = line(3, code_number="5", issued_date=dt.date(2025, 12, 30))
        pile(desk, old, line(2, code_number="5"))
        assert shown(desk).troubles == 0

    def test_an_identifier_is_a_double_too(self, desk: Desk) -> None:
        pile(desk, line(3, document_identifier="000.00.01"), line(2, document_identifier="000.00.01"))
        assert shown(desk).troubles == 1


class TestTheBook:
    def test_december_and_january_each_go_into_their_own_book(self, desk: Desk, clock: OfficeClock) -> None:
        register(desk)
        clock.set(dt.datetime(2027, 1, 4, 8, 0, tzinfo=VIETNAM))
        open_year(desk, 2027)
        pile(desk, line(60 * 24 * 5, subject="cũ"), line(60, subject="mới"))
        assert [(one.line.facts.arrival_date.year, one.number) for one in shown(desk).lines] == [(2026, 2), (2027, 1)]
        assert number_all(desk).runs == (
            batch.Run(year=2026, first=2, last=2),
            batch.Run(year=2027, first=1, last=1),
        )

    def test_a_book_that_is_not_open_is_told_in_the_preview_and_nothing_is_numbered(
        self, desk: Desk, clock: OfficeClock
    ) -> None:
        clock.set(dt.datetime(2027, 1, 4, 8, 0, tzinfo=VIETNAM))
        pile(desk, line(60 * 24 * 5), line(60))
        preview = shown(desk)
        assert [type(one.trouble) for one in preview.lines] == [type(None), numbering.RegisterNotOpen]
        with pytest.raises(numbering.RegisterNotOpen):
            desk.do(batch_command(desk))
        assert next_number(desk, 2026) == 1

    def test_a_number_taken_since_the_preview_sends_the_clerk_back_to_look(self, desk: Desk) -> None:
        pile(desk, line(2))
        command = batch_command(desk)
        register(desk)
        with pytest.raises(batch.NumbersMoved):
            desk.do(command)
        assert next_number(desk) == 2

    def test_a_line_gone_since_the_preview_does_so_too(self, desk: Desk) -> None:
        pile(desk, line(2), line(1))
        command = batch_command(desk)
        desk.do(desk.make(c.DropWaiting, lines=command.lines[:1]))
        with pytest.raises(batch.PileChanged):
            desk.do(command)
        with pytest.raises(batch.PileChanged):
            desk.do(desk.make(c.DropWaiting, lines=command.lines[:1]))

    def test_nobody_can_number_against_the_order_of_receipt_or_a_line_twice(self, desk: Desk) -> None:
        pile(desk, line(2), line(1))
        command = batch_command(desk)
        for lines in (command.lines[::-1], (command.lines[0], command.lines[0]), (new_id(),)):
            with pytest.raises(batch.PileChanged):
                desk.do(batch_command(desk, lines=lines))
        with pytest.raises(batch.NothingWaiting):
            desk.do(batch_command(desk, lines=()))


class TestThePile:
    def test_a_secret_document_never_comes_onto_it(self, desk: Desk) -> None:
        before = everything(desk.store)
        with pytest.raises(SecretDocument):
            pile(desk, line(2), line(1, subject="Báo cáo [TỐI MẬT]"))
        assert everything(desk.store) == before
        assert count(desk.store, "waiting") == 0

    def test_too_long_a_text_and_a_time_to_come_are_refused(self, desk: Desk) -> None:
        with pytest.raises(TooLong):
            pile(desk, line(1, subject="x" * 501))
        with pytest.raises(batch.ReceivedInFuture):
            pile(desk, line(-60))
        with pytest.raises(batch.NothingWaiting):
            pile(desk)
        with pytest.raises(batch.TooManyWaiting):
            pile(desk, *[line(1)] * (batch.MOST_LINES + 1))

    def test_a_scan_waits_until_the_clerk_has_read_it(self, desk: Desk) -> None:
        scan = line(2, issuer="", code_number="", subject="scan-0007", files=(pdf_file(),))
        pile(desk, scan)
        assert isinstance(shown(desk).lines[0].trouble, Missing)
        facts = arrival_facts(arrival_date=scan.facts.arrival_date, subject="Kế hoạch kiểm tra")
        desk.do(
            desk.make(c.ChangeWaiting, line=scan.id, facts=facts, files=scan.files, received_at=scan.received_at)
        )  # fmt: skip
        assert number_all(desk).count == 1
        assert numbers(desk) == [(1, "Kế hoạch kiểm tra")]
        assert count(desk.store, "attachment") == 1

    def test_nothing_of_a_dropped_or_numbered_line_stays_on_it(self, desk: Desk) -> None:
        pile(desk, line(2, subject="bỏ đi", source="nhap.csv: 3"), line(1, subject="vào sổ"))
        desk.do(desk.make(c.DropWaiting, lines=(shown(desk).lines[0].line.id,)))
        number_all(desk)
        kept = rows(desk.store, "SELECT facts, files, source FROM waiting")
        assert [tuple(row) for row in kept] == [("{}", "[]", "")] * 2

    def test_the_documents_history_says_that_it_was_numbered_in_a_batch(self, desk: Desk) -> None:
        pile(desk, line(2))
        document = shown(desk).lines[0].line.id
        number_all(desk)
        assert [event.what for event in desk.read(history_of, document)] == ["Đăng ký theo lô, cấp số đến"]

    def test_its_labels_are_those_of_the_batch(self, desk: Desk) -> None:
        register(desk)
        pile(desk, *(line(9 - place, subject=f"dòng {place}") for place in range(3)))
        answer = number_all(desk)
        register(desk)
        found = desk.read(batch.numbered_in, arrivals_book(desk), answer.runs)
        assert [(row["number"], row["subject"]) for row in found] == [(2, "dòng 0"), (3, "dòng 1"), (4, "dòng 2")]

    def test_looking_through_a_pile_can_be_broken_off(self, desk: Desk) -> None:
        pile(desk, *(line(2, place) for place in range(450)))
        told: list[tuple[int, int]] = []
        preview = desk.read(
            batch.preview, arrivals_book(desk), stop=lambda: len(told) == 2, progress=lambda *one: told.append(one)
        )
        assert told == [(0, 450), (200, 450)]
        assert len(preview.lines) == 450


class _PowerCut(Exception):
    pass


@pytest.fixture
def copies(furnished: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(store_key, "_trusted_keyring", lambda: None)
    monkeypatch.setattr(argon2.PasswordHasher, "verify", lambda *_: True)
    hang_up(OfficeClock(NINE_O_CLOCK), monkeypatch)
    return furnished


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    received=st.lists(st.integers(1, 40), min_size=1, max_size=14),
    splits=st.lists(st.integers(1, 5), min_size=1, max_size=6),
    crashes=st.lists(st.sampled_from(["none", "before", "within", "after", "twice"]), min_size=1, max_size=6),
)
def test_any_split_any_crash_and_any_repetition_give_every_number_once_and_in_order(
    copies: Path, received: list[int], splits: list[int], crashes: list[str]
) -> None:
    """Piles of any size, each numbered although the machine stops before, within or after it, or it is sent twice."""
    folder = Path(tempfile.mkdtemp())
    try:
        shutil.copytree(copies, folder, dirs_exist_ok=True)
        desk = Desk.open(folder / "clerkdesk.db")
        desk.log_in("annv", PASSWORD)
        rest, order, turn = list(received), [], 0
        while rest:
            size = splits[turn % len(splits)]
            part, rest = rest[:size], rest[size:]
            lines = [line(minutes, place, subject=f"{turn}.{place}") for place, minutes in enumerate(part)]
            order += [one.facts.subject for one in sorted(lines, key=lambda one: (one.received_at, one.position))]
            pile(desk, *lines)
            command = batch_command(desk)
            crash = crashes[turn % len(crashes)]
            if crash == "within":
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(audit, "record", _cut)
                    with pytest.raises(_PowerCut):
                        desk.do(command)
            if crash in ("after", "twice"):
                desk.do(command)
            if crash != "none":  # the machine starts again; the clerk presses the key again
                desk.close()
                desk = Desk.open(folder / "clerkdesk.db")
                desk.log_in("annv", PASSWORD)
            desk.do(command)
            if crash == "twice":
                with pytest.raises(ClerkDeskError):
                    desk.do(command.model_copy(update={"uid": new_id()}))
            turn += 1
        assert numbers(desk) == list(enumerate(order, 1))
        assert next_number(desk) == len(order) + 1
        desk.close()
    finally:
        shutil.rmtree(folder)


def _cut(*_: object) -> None:
    raise _PowerCut


def test_the_bytes_of_a_waiting_file_are_not_thrown_away_with_another_form(desk: Desk) -> None:
    scan = pdf_file()
    waits = line(2, files=(scan,))
    pile(desk, waits)
    assert desk.read(was_ever_attached, scan.sha256)
    desk.do(desk.make(c.DropWaiting, lines=(waits.id,)))
    assert not desk.read(was_ever_attached, scan.sha256)

"""Closing a year's books: everything pending is named, and closed means closed."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from uuid import UUID

import pypdfium2
import pytest

from clerkdesk.data.applying import gate_open
from clerkdesk.data.schema import emergency_line
from clerkdesk.errors import ClerkDeskError
from clerkdesk.services import commands as c
from clerkdesk.services import daily_close, numbering, year_close
from clerkdesk.services.clock import VIETNAM, today
from clerkdesk.services.desk import Desk
from clerkdesk.services.execution import Execution
from clerkdesk.services.ids import new_id
from clerkdesk.services.office import carry_out
from clerkdesk.services.paper import closing_report_pdf
from clerkdesk.services.vocabulary import OutgoingStatus
from clerkdesk.services.year_close import YearClosed, YearNotReady

from ..conftest import OfficeClock
from ..office import (
    arrivals_book,
    book,
    bring_to,
    desk_id,
    issue,
    open_year,
    register,
    reserve,
    rows,
    void,
)
from .test_batch import line, pile

JANUARY = dt.datetime(2027, 1, 5, 16, 30, tzinfo=VIETNAM)


@pytest.fixture
def old_year(desk: Desk, clock: OfficeClock) -> Desk:
    """The desk in January, with five numbers in last year's arrivals: one void, one inserted."""
    for _ in range(3):
        register(desk)
    void(desk, arrivals_book(desk), 2)
    register(desk, sub_number_of=1, sub_number_reason="Chèn theo ý kiến lãnh đạo")
    clock.set(JANUARY)
    open_year(desk, 2027)
    return desk


def close(desk: Desk, *registers: UUID, year: int = 2026) -> YearClosed:
    answer = desk.do(desk.make(c.CloseYear, year=year, registers=registers or (arrivals_book(desk),)))
    assert isinstance(answer, YearClosed)
    return answer


def pending(desk: Desk, register_id: UUID | None = None, *, blocking: bool = True) -> list[str]:
    found = desk.read(year_close.pending_of, register_id or arrivals_book(desk), 2026, desk_id(desk), today())
    return [one.words for one in found if one.blocking == blocking]


def set_book(desk: Desk, **values: Any) -> None:
    changes = ", ".join(f"{name} = :{name}" for name in values)
    with desk.store.writing() as tx:
        from sqlalchemy import text

        where = "WHERE year = 2026 AND register_id = :register"
        tx.execute(
            text(f"UPDATE register_year SET {changes} {where}"), {**values, "register": str(arrivals_book(desk))}
        )


def test_a_book_with_nothing_pending_is_closed_with_its_counts(old_year: Desk) -> None:
    (closed,) = close(old_year).books
    assert (closed.last_number, closed.live, closed.void, closed.sub_numbers) == (3, 3, 1, 1)
    assert book(old_year, "DEN", 2026).state == "CLOSED"
    assert book(old_year, "DEN", 2027).state == "OPEN"


def test_closed_means_closed(old_year: Desk) -> None:
    close(old_year)
    late = {"arrival_date": dt.date(2026, 12, 30), "issued_date": dt.date(2026, 12, 29)}
    attempts = (
        lambda: register(old_year, **late),
        lambda: register(old_year, sub_number_of=3, sub_number_reason="Chèn", **late),
        lambda: reserve(old_year, arrivals_book(old_year), year=2026),
        lambda: void(old_year, arrivals_book(old_year), 3, year=2026),
    )
    before = rows(old_year.store, "SELECT * FROM entry")
    for attempt in attempts:
        with pytest.raises(numbering.RegisterClosed):
            attempt()
    assert rows(old_year.store, "SELECT * FROM entry") == before
    with pytest.raises(YearNotReady, match="đã đóng rồi"):
        close(old_year)


def test_days_not_yet_closed_are_closed_with_it_and_today_too(old_year: Desk) -> None:
    register(old_year, arrival_date=dt.date(2026, 12, 30), issued_date=dt.date(2026, 12, 29))
    assert "1 ngày chưa chốt" in " ".join(pending(old_year, blocking=False))
    close(old_year)
    closes = old_year.read(daily_close.closes_of, 2026, arrivals_book(old_year))
    assert [(one.day, one.live + one.void) for one in closes] == [(dt.date(2027, 1, 5), 1), (dt.date(2026, 11, 20), 4)]
    assert daily_close.close_due_days(old_year) == 0


def test_the_last_close_says_where_the_log_stood_even_when_nothing_came_that_day(old_year: Desk) -> None:
    (closed,) = close(old_year).books
    newest = old_year.read(daily_close.closes_of, 2026, arrivals_book(old_year))[0]
    assert newest.day == JANUARY.date()
    assert (newest.chain_seq, newest.chain_head.hex()) == (closed.chain_seq, closed.chain_head)


class TestPending:
    def test_nothing_is(self, old_year: Desk) -> None:
        assert pending(old_year) == []

    def test_a_held_number_is_with_its_holder_and_term(self, old_year: Desk, clock: OfficeClock) -> None:
        reserve(old_year, arrivals_book(old_year), days=3, year=2026)
        assert pending(old_year) == ["còn giữ số 04 cho Chánh Văn phòng đến 08/01/2027: dùng, hoặc hủy kèm lý do"]
        with pytest.raises(YearNotReady) as refused:
            close(old_year)
        assert "còn giữ số 04" in refused.value.message
        assert len(refused.value.pending) == 1
        clock.forward(days=4)
        assert pending(old_year) == []
        assert pending(old_year, blocking=False)[0].startswith("khi đóng, 1 số giữ đã hết hạn được ghi hủy")
        (closed,) = close(old_year).books
        assert (closed.expired, closed.void) == (1, 2)
        ((reason,),) = rows(old_year.store, "SELECT reason FROM entry WHERE number = 4 AND year = 2026")
        assert reason.startswith("Hết hạn giữ số")

    def test_a_pen_that_is_elsewhere_is(self, old_year: Desk) -> None:
        set_book(old_year, holder_desk=str(UUID(int=9)))
        assert pending(old_year) == ["có quyền cấp số đang ở “máy chủ”, phải trả về trước"]
        with pytest.raises(YearNotReady):
            close(old_year)

    def test_a_restored_book_is(self, old_year: Desk) -> None:
        set_book(old_year, state="SUSPENDED")
        assert pending(old_year) == ["chờ xác nhận số cuối cùng trên giấy (chọn sổ, bấm F10)"]

    def test_lines_of_an_emergency_register_are_until_they_have_their_numbers(self, old_year: Desk) -> None:
        facts: dict[str, Any] = {
            "agency_id": old_year.agency_id,
            "document_id": new_id(),
            "outage_id": new_id(),
            "desk_id": desk_id(old_year),
            "register_id": new_id(),
            "year": 2026,
            "number": 1,
            "registered_at": JANUARY,
            "ordinary_register_id": arrivals_book(old_year),
        }
        with old_year.store.writing() as tx:
            tx.execute(emergency_line.insert().values(facts))
        assert pending(old_year) == ["còn 1 dòng của sổ tạm chưa chuyển sang số chính thức"]
        with old_year.store.writing() as tx, gate_open(tx):  # the line alone, without its document
            tx.execute(emergency_line.update().values(ordinary_number=4))
        assert pending(old_year) == []

    def test_what_waits_to_be_entered_is(self, old_year: Desk) -> None:
        pile(old_year, line(60 * 24 * 8), line(60))
        assert pending(old_year) == ["còn 1 văn bản chờ vào sổ (Ctrl+G ch)"]

    def test_documents_numbered_and_not_sealed_or_sealed_and_not_sent_are(self, desk: Desk, clock: OfficeClock) -> None:
        numbered = issue(desk)
        sealed = bring_to(desk, OutgoingStatus.SEALED)
        bring_to(desk, OutgoingStatus.RELEASED)
        clock.set(JANUARY)
        outgoing = book(desk, "DI", 2026).register_id
        code = rows(desk.store, "SELECT reference_code FROM outgoing WHERE id = :id", id=str(sealed))[0][0]
        assert pending(desk, outgoing) == [
            f"có 1 văn bản đã cấp số chưa đóng dấu: {numbered.reference_code}",
            f"có 1 văn bản đã đóng dấu chưa phát hành: {code}",
        ]

    def test_all_of_it_is_told_at_once_and_no_book_is_closed_when_one_may_not_be(self, old_year: Desk) -> None:
        reserve(old_year, arrivals_book(old_year), days=3, year=2026)
        pile(old_year, line(60 * 24 * 8))
        others = old_year.read(year_close.open_registers_of, 2026)
        with pytest.raises(YearNotReady) as refused:
            close(old_year, *others)
        assert len(refused.value.pending) == 2
        assert rows(old_year.store, "SELECT count(*) FROM register_year WHERE state = 'CLOSED'")[0][0] == 0
        assert len(others) == 5

    def test_a_book_never_opened_is(self, old_year: Desk) -> None:
        with pytest.raises(YearNotReady, match="chưa mở"):
            close(old_year, year=2025)
        with pytest.raises(year_close.NothingToClose):
            old_year.do(old_year.make(c.CloseYear, year=2026, registers=()))


def test_at_the_server_the_pen_must_be_the_servers(old_year: Desk) -> None:
    command = old_year.make(c.CloseYear, year=2026, registers=(arrivals_book(old_year),))
    server = Execution(holder=None, at_server=True)
    with pytest.raises(YearNotReady), old_year.store.writing() as tx:
        carry_out(tx, command, JANUARY, server)
    set_book(old_year, holder_desk=None)
    with old_year.store.writing() as tx:
        carry_out(tx, command, JANUARY, server)
    assert book(old_year, "DEN", 2026).state == "CLOSED"


def test_the_report_is_printed_with_every_void_and_inserted_number(old_year: Desk) -> None:
    close(old_year)
    assert old_year.agency is not None
    facts = old_year.read(year_close.closing_facts, arrivals_book(old_year), 2026)
    assert facts.closed_by == "Nguyễn Văn An"
    text = words(closing_report_pdf(old_year.agency, facts))
    for wanted in (
        "BIÊN BẢN ĐÓNG SỔ", "Sổ đăng ký văn bản đến, năm 2026", "Đóng sổ lúc 16:30 ngày 05/01/2027",
        "Số đã cấp: 3 (từ số 01 đến số 03), thêm 1 số phụ", "Có hiệu lực: 3. Đã hủy: 1. Đang giữ: 0",
        "01a 20/11/2026 Chèn theo ý kiến lãnh đạo", "02 20/11/2026 Vào sổ nhầm", facts.chain_head,
    ):  # fmt: skip
        assert wanted in text


def test_before_the_close_the_report_is_a_draft(old_year: Desk) -> None:
    assert old_year.agency is not None
    facts = old_year.read(year_close.closing_facts, arrivals_book(old_year), 2026)
    text = words(closing_report_pdf(old_year.agency, facts))
    assert "DỰ THẢO BIÊN BẢN ĐÓNG SỔ" in text
    with pytest.raises(ClerkDeskError):
        old_year.read(year_close.closing_facts, arrivals_book(old_year), 2020)


def words(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(pdf)
    return re.sub(r"\s+", " ", " ".join(page.get_textpage().get_text_range() for page in pages))

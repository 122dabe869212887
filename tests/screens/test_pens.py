"""The pen on screen: who holds which book, taking, returning, handing over by telephone, declaring a desk lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from clerkdesk.data import schema
from clerkdesk.data.code_key import keep_code_key
from clerkdesk.services import commands as c
from clerkdesk.services.clock import now
from clerkdesk.services.desk import Desk
from clerkdesk.services.doctor import State, examine
from clerkdesk.services.execution import Execution
from clerkdesk.services.ids import new_id
from clerkdesk.services.office import carry_out
from clerkdesk.services.pen_code import Handover, write_code
from tests.conftest import OfficeClock
from tests.office import PASSWORD

from .clerk import Clerk, at_the_terminal
from .test_office_work import listed

KEY = bytes(range(32))


@pytest.fixture
def connected(office: Path, clock: OfficeClock) -> Path:
    """The office with a server and a second desk, 02."""
    desk = Desk.open(office / "clerkdesk.db")
    with desk.store.writing() as tx:
        tx.execute(update(schema.this_desk).values(server_url="https://may-chu.example"))
        tx.execute(insert(schema.server).values(one=1, term="1-a", state="SERVING", since=now()))
        other, incarnation = new_id(), new_id()
        tx.execute(
            insert(schema.desk).values(
                agency_id=desk.agency_id,
                id=other,
                code="02",
                name="Văn thư 2",
                incarnation=incarnation,
                created_at=now(),
            )
        )
        for one in tx.execute(select(schema.desk.c.id, schema.desk.c.incarnation)).all():
            tx.execute(
                insert(schema.desk_key).values(
                    agency_id=desk.agency_id, desk_id=one.id, public_key="", incarnation=one.incarnation, state="ACTIVE"
                )
            )
    keep_code_key(desk.store.path, KEY)
    desk.close()
    return office


def answer_as_the_server(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the calls be carried out by a server that has the same records."""
    real = clerk.desk.do

    def do(command: c.Command) -> c.Result:
        if command.where is not c.Where.SERVER:
            return real(command)
        with clerk.desk.store.writing() as tx:
            return carry_out(tx, command, now(), Execution(holder=None, at_server=True))[0]

    monkeypatch.setattr(clerk.desk, "do", do)


def books_to(clerk: Clerk, desk: UUID | None, *, all_books: bool = False) -> None:
    """Put pens somewhere else, behind the screen."""
    with clerk.desk.store.writing() as tx:
        incarnation = tx.execute(select(schema.desk.c.incarnation).where(schema.desk.c.id == desk)).scalar()
        arrivals = select(schema.register.c.id).where(schema.register.c.code == "DEN").scalar_subquery()
        where = [] if all_books else [schema.register_year.c.register_id == arrivals]
        tx.execute(update(schema.register_year).where(*where).values(holder_desk=desk, holder_incarnation=incarnation))


def desk_02(clerk: Clerk) -> UUID:
    return UUID(clerk.rows("SELECT id FROM desk WHERE code = '02'")[0][0])


def arrivals(clerk: Clerk) -> Any:
    return clerk.rows("SELECT y.* FROM register_year y JOIN register r ON r.id = register_id WHERE code = 'DEN'")[0]


async def choose(clerk: Clerk, typed: str) -> None:
    """Open the actions of the arrivals book and choose one by a part of its name."""
    await clerk.press("f9")
    await clerk.type(typed)
    await clerk.press("enter")


async def test_the_list_says_who_holds_each_book_since_when(connected: Path) -> None:
    async with at_the_terminal(connected) as clerk:
        await clerk.go("so")
        assert all("máy này" in row for row in listed(clerk))
        books_to(clerk, desk_02(clerk))
        clerk.app.screen.office_changed()  # type: ignore[attr-defined]
        assert "máy 02 từ 08:00 20/11" in listed(clerk)[0]
        books_to(clerk, None)
        clerk.app.screen.office_changed()  # type: ignore[attr-defined]
        assert "máy chủ" in listed(clerk)[0]


async def test_without_a_server_there_is_only_the_history(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.go("so")
        await clerk.press("f9")
        assert "Lịch sử quyền cấp số" in clerk.words()
        assert "Trả quyền" not in clerk.words()
        await clerk.press("enter")
        await clerk.sees("mở sổ: máy 01 · số tiếp 1 · Nguyễn Văn An")


async def test_a_book_that_is_not_open_has_no_pen_to_move(connected: Path) -> None:
    async with at_the_terminal(connected) as clerk:
        await clerk.go("so")
        await clerk.press("f4")
        await clerk.fill("2027")
        await clerk.press("f9")
        assert "Chỉ sổ đang mở mới có quyền" in clerk.message


async def test_a_pen_is_returned_after_asking(connected: Path) -> None:
    async with at_the_terminal(connected) as clerk:
        await clerk.go("so")
        await choose(clerk, "tra quyen")
        await clerk.press("k")
        assert arrivals(clerk).holder_desk is not None
        await choose(clerk, "tra quyen")
        await clerk.press("c")
        assert "Đã khóa “Sổ đăng ký văn bản đến” ở máy này" in clerk.message
        assert "máy chủ" in listed(clerk)[0]


async def test_a_pen_is_handed_over_with_a_code_that_can_be_seen_again(connected: Path) -> None:
    async with at_the_terminal(connected) as clerk:
        await clerk.go("so")
        await choose(clerk, "trao quyen")
        await clerk.press("enter", "k")
        assert arrivals(clerk).epoch == 1
        await choose(clerk, "trao quyen")
        await clerk.press("enter", "c")
        assert clerk.screen == "PenCodeModal"
        await clerk.sees("cho máy 02. Ở đây sổ đã khóa.")
        book, incarnation = arrivals(clerk), clerk.rows("SELECT incarnation FROM desk WHERE code = '02'")[0][0]
        code = write_code(
            Handover(
                clerk.desk.agency_id, UUID(book.register_id), 0, 2026, 2, book.next_number, desk_02(clerk), UUID(incarnation)
            ),
            KEY,
        )  # fmt: skip
        for group in code.split("-"):
            assert " ".join(group) in clerk.words()
        await clerk.press("enter", "space")
        assert clerk.screen == "PenCodeModal"
        await clerk.press("f2")
        assert "máy 02 từ 09:00 20/11" in listed(clerk)[0]
        assert "trao quyền cho máy 02" in clerk.message
        await choose(clerk, "xem lai")
        assert clerk.screen == "PenCodeModal"
        await clerk.sees(" ".join(code[:4]))


async def test_a_code_is_typed_and_what_is_wrong_with_it_is_said(connected: Path) -> None:
    async with at_the_terminal(connected) as clerk:
        await clerk.go("so")
        books_to(clerk, desk_02(clerk))
        clerk.app.screen.office_changed()  # type: ignore[attr-defined]
        book, mine = arrivals(clerk), clerk.rows("SELECT id, incarnation FROM desk WHERE code = '01'")[0]
        code = write_code(
            Handover(clerk.desk.agency_id, UUID(book.register_id), 0, 2026, 2, 41, UUID(mine[0]), UUID(mine[1])), KEY
        )
        await choose(clerk, "nhap ma")
        await clerk.fill("ABYA-KBGM-26DM-KW23")
        assert "✗ Mã gõ sai" in clerk.message
        await choose(clerk, "nhap ma")
        await clerk.fill("ABYA")
        assert "✗ Mã trao quyền có 16 chữ và số" in clerk.message
        await choose(clerk, "nhap ma")
        await clerk.fill(code.lower().replace("-", " "))
        assert "số tiếp theo 41" in clerk.message
        assert "máy này 41" in listed(clerk)[0]


async def test_without_a_connection_taking_says_what_to_do(connected: Path) -> None:
    async with at_the_terminal(connected) as clerk:
        await clerk.go("so")
        books_to(clerk, None)
        clerk.app.screen.office_changed()  # type: ignore[attr-defined]
        await choose(clerk, "lay quyen")
        assert "✗ Việc này do máy chủ làm." in clerk.message


async def test_a_pen_is_taken_from_the_server(connected: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with at_the_terminal(connected) as clerk:
        answer_as_the_server(clerk, monkeypatch)
        await clerk.go("so")
        books_to(clerk, None)
        clerk.app.screen.office_changed()  # type: ignore[attr-defined]
        await choose(clerk, "lay quyen")
        assert "▸ Máy này giữ quyền cấp số" in clerk.message
        assert "máy này" in listed(clerk)[0]
        books_to(clerk, desk_02(clerk))
        clerk.app.screen.office_changed()  # type: ignore[attr-defined]
        await choose(clerk, "lay quyen")
        assert "đang ở máy 02 từ 09:00 20/11/2026" in clerk.message


async def test_two_people_declare_a_desk_lost_with_the_last_number_of_each_book(
    connected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_the_terminal(connected) as clerk:
        answer_as_the_server(clerk, monkeypatch)
        await clerk.go("so")
        books_to(clerk, desk_02(clerk))
        clerk.app.screen.office_changed()  # type: ignore[attr-defined]

        async def up_to_the_people(last: str) -> None:
            await choose(clerk, "khai bao")
            await clerk.fill("02", "chac chan")
            await clerk.sees("Số cuối cùng trên giấy")
            await clerk.press("ctrl+a")
            await clerk.fill(last)

        await up_to_the_people("x")
        assert "✗" in clerk.message
        await up_to_the_people("9")
        await clerk.fill("Cháy phòng văn thư", "minhlq", "wrong")
        assert "✗" in clerk.message
        await up_to_the_people("9")
        await clerk.fill("Cháy phòng văn thư", "binhtt", PASSWORD)
        await clerk.press("c")
        assert "✗ Khai báo máy hỏng cần hai người khác nhau" in clerk.message
        await up_to_the_people("9")
        await clerk.fill("Cháy phòng văn thư", "minhlq", PASSWORD)
        await clerk.sees("Khai báo máy 02 cùng Lê Quang Minh?")
        await clerk.press("k")
        assert arrivals(clerk).holder_desk is not None
        await up_to_the_people("9")
        await clerk.fill("Cháy phòng văn thư", "minhlq", PASSWORD)
        await clerk.press("c")
        assert "Đã khai báo máy 02." in clerk.message
        assert (arrivals(clerk).holder_desk, arrivals(clerk).next_number) == (None, 10)
        assert (
            clerk.rows("SELECT state FROM desk_key k JOIN desk d ON d.id = k.desk_id WHERE code = '02'")[0][0] == "LOST"
        )


async def test_a_code_that_the_lost_desk_had_told_stands_for_the_last_number(
    connected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_the_terminal(connected) as clerk:
        answer_as_the_server(clerk, monkeypatch)
        await clerk.go("so")
        books_to(clerk, desk_02(clerk))
        clerk.app.screen.office_changed()  # type: ignore[attr-defined]
        book, mine = arrivals(clerk), clerk.rows("SELECT id, incarnation FROM desk WHERE code = '01'")[0]
        code = write_code(
            Handover(clerk.desk.agency_id, UUID(book.register_id), 0, 2026, 2, 41, UUID(mine[0]), UUID(mine[1])), KEY
        )
        await choose(clerk, "khai bao")
        await clerk.fill("02", "tam gac")
        await clerk.fill(code, "Không liên lạc được", "minhlq", PASSWORD)
        await clerk.press("c")
        assert (arrivals(clerk).holder_desk, arrivals(clerk).next_number, arrivals(clerk).epoch) == (mine[0], 41, 2)
        assert (
            clerk.rows("SELECT state FROM desk_key k JOIN desk d ON d.id = k.desk_id WHERE code = '02'")[0][0]
            == "ACTIVE"
        )


def test_the_doctor_names_the_books_whose_pen_is_elsewhere(connected: Path) -> None:
    def found() -> dict[str, tuple[State, str]]:
        return {one.name: (one.state, one.reason) for one in examine(connected)}

    before = found()
    assert before["pens"][0] is State.OK
    assert before["code_key"][0] is State.OK
    desk = Desk.open(connected / "clerkdesk.db")
    with desk.store.writing() as tx:
        tx.execute(update(schema.register_year).values(holder_desk=None))
    desk.close()
    (connected / "clerkdesk.code-key").unlink()
    after = found()
    assert after["pens"][0] is State.OFF
    assert "Sổ đăng ký văn bản đến 2026: máy chủ" in after["pens"][1]
    assert after["code_key"][0] is State.WRONG

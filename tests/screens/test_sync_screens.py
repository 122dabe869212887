"""A desk with a server, by keys alone: what the status bar says, the outbox, the attention tray, joining."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from clerkdesk.screens.widgets.windowed_table import WindowedTable
from clerkdesk.server.hub import Hub
from clerkdesk.services import commands as c
from clerkdesk.services.desk import Desk
from clerkdesk.services.files import path_of, take_in
from clerkdesk.services.vocabulary import AttachmentRole
from clerkdesk.sync import transport
from clerkdesk.sync.connecting import connect
from clerkdesk.sync.transport import CA_FILE
from tests.office import arrival_command, arrivals_book, count, register, rows
from tests.sync import conftest as net
from tests.sync.office_net import URL, add, code
from tests.sync.wire import Fault, Wire

from .clerk import Clerk, at_the_terminal

http, hub, files = net.http, net.hub, net.files  # fixtures


def fair(_method: str, path: str) -> Fault:
    """All goes well, but news are asked for each second instead of being waited for."""
    return Fault.REQUEST_LOST if path.startswith("/v1/wait") else Fault.NONE


def down(_method: str, _path: str) -> Fault:
    return Fault.REQUEST_LOST


@pytest.fixture
def wire(http: TestClient) -> Iterator[Wire]:
    """The wire of every desk that the program opens."""
    one = Wire(http, fair)
    with mock.patch.object(transport, "new_client", lambda _url, _ca: one):
        yield one


@pytest.fixture
def joined(office: Path, hub: Hub, wire: Wire) -> Path:
    """The office's desk, joined with its agency."""
    desk = Desk.open(office / "clerkdesk.db")
    connect(desk, URL, code(hub, None))
    desk.close()
    return office


@asynccontextmanager
async def online(folder: Path) -> Any:
    """Sit down at a desk that has reached its server."""
    async with at_the_terminal(folder, None) as clerk:
        await clerk.until(lambda: clerk.app.is_desk_open and clerk.app.desk.link.standing().online)  # type: ignore[union-attr]
        await clerk.log_in()
        # What the program does by itself after that: it closes the three days of the sample, and sends what it has.
        await clerk.until(lambda: count(clerk.app.desk.store, "daily_close") == 3)
        await clerk.until(lambda: clerk.app.desk.link.standing().unsent == 0)  # type: ignore[union-attr]
        yield clerk


def listed(clerk: Clerk) -> list[str]:
    table = clerk.app.screen.query_one(WindowedTable)
    return [" ".join(" ".join(table.row(place)).split()) for place in range(table.row_count)]


async def test_the_status_bar_says_in_words_how_it_stands_with_the_server(joined: Path, wire: Wire) -> None:
    async with online(joined) as clerk:
        await clerk.sees("· Trực tuyến ·")
        wire.weather = down
        await clerk.sees("Mất kết nối từ 09:0")
        register(clerk.app.desk)
        clerk.app.records_came()
        await clerk.sees("chờ gửi 1")
        wire.weather = fair
        await clerk.sees("· Trực tuyến ·")


async def test_the_outbox_lists_what_waits_and_opens_the_document(joined: Path, wire: Wire) -> None:
    async with online(joined) as clerk:
        wire.weather = down
        await clerk.sees("Mất kết nối")
        register(clerk.app.desk, subject="Về việc phòng, chống bão số 9")
        await clerk.go("dy")
        assert "MẤT KẾT NỐI · CHỜ GỬI 1" in clerk.heading
        first = listed(clerk)[0]
        assert "chờ gửi" in first and "Đăng ký, cấp số đến" in first and "phòng, chống bão số 9" in first
        assert "đã nhận" in listed(clerk)[1]
        await clerk.press("enter")
        assert clerk.screen == "ArrivalRecordScreen"
        await clerk.press("escape")
        wire.weather = fair
        await clerk.press("f5")
        await clerk.until(lambda: "đã nhận" in listed(clerk)[0])
        await clerk.until(lambda: "TRỰC TUYẾN · CHỜ GỬI 0" in clerk.heading)


def set_roles(hub: Hub, roles: str) -> None:
    with hub.store.writing() as tx:
        tx.execute(text("UPDATE person SET roles = :roles WHERE username = 'annv'"), {"roles": roles})


async def return_one(clerk: Clerk, hub: Hub, wire: Wire) -> int:
    """Let the server return a registration: the clerk's role was taken away for a while."""
    await clerk.sees("Trực tuyến")
    wire.weather = down
    await clerk.sees("Mất kết nối")
    done = register(clerk.app.desk, subject="Về việc phòng, chống bão số 9")
    set_roles(hub, "specialist")
    wire.weather = fair
    await clerk.until(lambda: clerk.app.desk.link.standing().refused == 1)  # type: ignore[union-attr]
    set_roles(hub, "administrator clerk")
    person = clerk.app.desk.person.id
    await clerk.until(
        lambda: "clerk" in rows(clerk.app.desk.store, "SELECT roles FROM person WHERE id = :id", id=str(person))[0][0]
    )
    return done.number


async def test_what_came_back_is_mended_in_its_form_and_keeps_its_number(joined: Path, hub: Hub, wire: Wire) -> None:
    async with online(joined) as clerk:
        number = await return_one(clerk, hub, wire)
        await clerk.sees("trả lại 1")
        await clerk.go("xx")
        assert "CẦN XEM LẠI · 1 VIỆC" in clerk.heading
        await clerk.sees("Lý do: Tài khoản của bạn không có quyền làm việc này")
        await clerk.sees(f"Số {number} được giữ cho việc này.")
        await clerk.sees("Trích yếu: Về việc phòng, chống bão số 9")
        await clerk.press("f2")
        assert f"SỐ GIỮ {number}" in clerk.heading
        await clerk.sees("Về việc phòng, chống bão số 9")
        await clerk.press("f2")
        await clerk.until(lambda: clerk.screen == "AttentionScreen")
        await clerk.sees("Không có việc nào bị trả lại.")
        desk = clerk.app.desk
        await clerk.until(lambda: desk.link.standing().unsent == 0)
    stored = rows(hub.store, "SELECT number FROM arrival WHERE subject LIKE '%bão số 9'")
    assert [row[0] for row in stored] == [number]


async def test_what_came_back_is_dropped_for_a_reason_only(joined: Path, hub: Hub, wire: Wire) -> None:
    async with online(joined) as clerk:
        number = await return_one(clerk, hub, wire)
        await clerk.go("xx")
        await clerk.press("delete")
        await clerk.fill("")
        await clerk.sees("Chưa nhập “Lý do”")
        await clerk.fill("Gửi nhầm cơ quan")
        await clerk.sees("Không có việc nào bị trả lại.")
        desk = clerk.app.desk
        await clerk.until(lambda: desk.link.standing().unsent == 0)
    assert [tuple(row) for row in rows(hub.store, "SELECT state, reason FROM entry WHERE number = :n", n=number)] == [
        ("VOID", "Gửi nhầm cơ quan")
    ]


async def test_what_another_desk_registers_moves_the_number_on_screen(
    joined: Path,
    hub: Hub,
    http: TestClient,
    wire: Wire,
    tmp_path: Path,
) -> None:
    async with online(joined) as clerk:
        await clerk.go("nd")
        assert "số đến tiếp theo 04" in clerk.heading
        other = add(hub, http, clerk.app.desk.agency_id, tmp_path / "other" / "clerkdesk.db")
        register(clerk.app.desk)
        await clerk.until(lambda: other.round() and count(other.store, "arrival") == 4)
        with hub.store.writing() as tx:
            tx.execute(text("UPDATE register_year SET holder_desk = NULL, holder_incarnation = NULL, epoch = 9"))
        other.sync.round()
        other.desk.do(arrival_command(other.desk, register_id=arrivals_book(other.desk)))
        await clerk.until(lambda: "số đến tiếp theo 06" in clerk.heading)
        other.desk.close()
        wire.weather = down
        await clerk.sees("Mất kết nối")
        await clerk.fill("stc", "15/STC-NS", ".")
        await clerk.type("Quyết toán")
        await clerk.press("f2")
        assert "mất kết nối máy chủ" in clerk.message
        assert "Quyết toán" in clerk.words()
        assert clerk.message.endswith("Phiếu vẫn được giữ. Cần số ngay: bấm F9 để vào sổ tạm.")
        await clerk.press("f9", "enter")
        await clerk.fill("Phạm Thu Hà")
        await clerk.press("f2")
        await clerk.sees("Đã cấp số tạm T01-1/2026.")
        assert "Quyết toán" not in clerk.words()
        wire.weather = fair
        await clerk.until(lambda: clerk.app.desk.link.standing().unsent == 0)
    numbered = rows(hub.store, "SELECT emergency_number FROM arrival WHERE subject = 'Quyết toán'")
    assert [tuple(row) for row in numbered] == [("T01-1/2026",)]


async def test_the_third_way_of_the_first_start_joins_an_agency_on_the_server(
    joined: Path,
    hub: Hub,
    wire: Wire,
    tmp_path: Path,
) -> None:
    agency = rows(hub.store, "SELECT id FROM agency")[0][0]
    from uuid import UUID

    one_time = code(hub, UUID(agency))
    async with at_the_terminal(tmp_path / "new", user=None) as clerk:
        await clerk.sees("3 Nối máy này vào cơ quan đã có trên máy chủ")
        await clerk.press("3")
        await clerk.fill("ftp.example.vn", "SAI", "Văn thư 2", "")
        await clerk.press("f2")
        await clerk.workers_done()
        await clerk.sees("phải bắt đầu bằng https://")
        field = clerk.app.screen.query_one("#join-url")
        field.value = URL  # type: ignore[attr-defined]
        await clerk.press("f2")
        await clerk.workers_done()
        await clerk.sees("Mã ghi danh không đúng")
        clerk.app.screen.query_one("#join-code").value = one_time  # type: ignore[attr-defined]
        await clerk.press("f2")
        await clerk.until(lambda: clerk.screen == "RecoveryCodeScreen")
        await clerk.sees("Đã nối vào Sở Nội vụ tỉnh Sông Hương.")
        await clerk.press("f2")
        await clerk.log_in()
        await clerk.sees("Trực tuyến")
        assert count(clerk.app.desk.store, "arrival") == 3


async def test_a_standing_desk_joins_from_the_settings(office: Path, hub: Hub, wire: Wire, tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("-----BEGIN CERTIFICATE-----\n", "ascii")
    async with at_the_terminal(office) as clerk:
        await clerk.sees("· Tại chỗ ·")
        await clerk.go("cd")
        await clerk.press("f8")
        clerk.app.screen.query_one("#ask-url").value = URL  # type: ignore[attr-defined]
        clerk.app.screen.query_one("#ask-code").value = code(hub, None)  # type: ignore[attr-defined]
        clerk.app.screen.query_one("#ask-ca").value = str(ca)  # type: ignore[attr-defined]
        await clerk.press("f2")
        await clerk.workers_done()
        await clerk.sees("Đã nối với máy chủ.")
        await clerk.sees("· Trực tuyến ·")
    assert (office / CA_FILE).read_text("ascii") == ca.read_text("ascii")
    assert count(hub.store, "arrival") == 3


def a_file(desk: Desk, folder: Path) -> c.NewFile:
    """Take a scanned page in."""
    path = folder / "quyet-dinh.pdf"
    path.write_bytes(b"%PDF-1.7\n" + bytes(5_000))
    return take_in(desk.store, path, AttachmentRole.MAIN, allowed=["pdf"], largest_megabytes=1)


def without_files(method: str, path: str) -> Fault:
    return Fault.REQUEST_LOST if path.startswith("/v1/files") else fair(method, path)


async def test_a_document_whose_file_is_not_here_says_so_and_shows_it_when_it_has_come(
    joined: Path, wire: Wire, tmp_path: Path
) -> None:
    async with online(joined) as clerk:
        desk = clerk.app.desk
        file = a_file(desk, tmp_path)
        register(desk, files=(file,))
        desk.link.try_now()
        await clerk.until(lambda: "/v1/files/" + file.sha256 in wire.requests)
        await clerk.until(lambda: desk.link.standing().files_waiting == 0)
        wire.weather = without_files
        path_of(desk.store, file.sha256).unlink()  # as at a desk that has the record only
        await clerk.go("dy")
        await clerk.press("enter")
        assert clerk.screen == "ArrivalRecordScreen"
        await clerk.sees("KB, chưa về máy này")
        wire.weather = fair
        await clerk.until(lambda: "chưa về máy này" not in clerk.seen())
        assert path_of(desk.store, file.sha256).exists()


async def test_a_file_that_cannot_be_sent_is_named_in_the_tray_and_tried_again(
    joined: Path, wire: Wire, tmp_path: Path
) -> None:
    async with online(joined) as clerk:
        desk = clerk.app.desk
        file = a_file(desk, tmp_path)
        path = path_of(desk.store, file.sha256)
        path.unlink()
        register(desk, files=(file,))
        desk.link.try_now()
        await clerk.until(lambda: desk.link.standing().refused == 1)
        await clerk.go("xx")
        await clerk.sees("Gửi tệp")
        await clerk.sees(f"Tệp “{file.name}” không còn ở máy này")
        await clerk.press("delete")
        await clerk.sees("Tệp thuộc về văn bản nên không bỏ được.")
        a_file(desk, tmp_path)
        await clerk.press("f2")
        await clerk.until(lambda: desk.link.standing().files_waiting == 0)
        await clerk.until(lambda: desk.link.standing().refused == 0)

"""When something breaks behind the screens it is told in a sentence, the program goes on, and the form is as it was."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clerkdesk.data.store import StoreFull
from clerkdesk.services import backups, files, issuing, lists, login, paper
from clerkdesk.services.desk import Desk
from tests.office import PASSWORD, count

from .clerk import Clerk, at_the_terminal

SECRET_WORDS = "Nguyễn Thị Không Ai Được Biết"


class Broken(RuntimeError):
    """What no programmer has foreseen; its text may hold what was typed."""


def break_in_background(monkeypatch: pytest.MonkeyPatch, module: object, name: str, error: Exception) -> None:
    """Let a service fail, but only where a worker calls it."""
    real: Callable[..., Any] = getattr(module, name)

    def broken(*arguments: Any, **named: Any) -> Any:
        if threading.current_thread() is threading.main_thread():
            return real(*arguments, **named)
        raise error

    monkeypatch.setattr(module, name, broken)


async def told(clerk: Clerk, office: Path) -> None:
    """The failure is told with where its report is; the report holds nothing that was typed."""
    await clerk.until(lambda: clerk.screen == "TroubleModal")
    await clerk.sees("Có lỗi ngoài dự kiến; nội dung đang nhập vẫn được giữ.")
    assert "Broken" in clerk.seen()
    (report,) = (office / "logs").glob("crash-*")
    assert "Broken" in report.read_text("utf-8")
    assert SECRET_WORDS not in report.read_text("utf-8")
    assert all(SECRET_WORDS.encode() not in path.read_bytes() for path in (office / "logs").iterdir())
    await clerk.press("enter")
    assert clerk.screen != "TroubleModal"


async def test_a_login_that_breaks_can_be_tried_again(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with at_the_terminal(office, user=None) as clerk:
        with monkeypatch.context() as patch:
            break_in_background(patch, login, "log_in", Broken(SECRET_WORDS))
            await clerk.fill("annv", PASSWORD)
            await told(clerk, office)
        await clerk.fill("annv" if clerk.focused == "username" else PASSWORD)
        if clerk.app.current_mode == "welcome" and clerk.focused == "password":
            await clerk.fill(PASSWORD)
        await clerk.until(lambda: clerk.app.current_mode == "home")


async def test_a_file_that_cannot_be_taken_in_leaves_the_form_as_it_was(
    office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = tmp_path / "quet.pdf"
    scan.write_bytes(b"%PDF-1.4\n%%EOF\n")
    async with at_the_terminal(office) as clerk:
        await clerk.go("nd")
        await clerk.fill("stc", "205", "18", SECRET_WORDS)
        with monkeypatch.context() as patch:
            break_in_background(patch, files, "take_in", Broken(SECRET_WORDS))
            await clerk.attach(scan)
            await told(clerk, office)
        with monkeypatch.context() as patch:
            break_in_background(patch, files, "take_in", StoreFull(path=office, free="0 MB"))
            await clerk.attach(scan)
            assert clerk.message.startswith("✗ ")
        assert (clerk.value("code"), clerk.value("subject")) == ("205/STC-NS", SECRET_WORDS)
        await clerk.attach(scan)
        assert "Đã gắn tệp quet.pdf." in clerk.message
        await clerk.press("f2")
        assert "Đã cấp số đến 04/2026." in clerk.message


async def test_a_list_that_cannot_be_read_to_its_end_still_shows_its_first_page(
    office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_the_terminal(office) as clerk:
        with monkeypatch.context() as patch:
            break_in_background(patch, lists, "row_ids", Broken(SECRET_WORDS))
            await clerk.go("de")
            await told(clerk, office)
        assert "97/KH-UBND" in clerk.seen()
        await clerk.press("f5")
        await clerk.workers_done()
        assert "3 văn bản" in clerk.heading


@pytest.mark.parametrize("ours", [True, False])
async def test_a_backup_that_fails_is_told(office: Path, monkeypatch: pytest.MonkeyPatch, ours: bool) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.go("cd")
        full = StoreFull(path=office, free="0 MB")
        error = full if ours else Broken(SECRET_WORDS)
        break_in_background(monkeypatch, backups, "make_backup", error)
        await clerk.press("f9")
        await clerk.workers_done()
        if ours:
            assert clerk.message == f"✗ {full.message}"
        else:
            await told(clerk, office)


async def test_a_step_of_the_route_that_breaks_leaves_the_document_where_it_was(
    office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.go("sd")
        await clerk.fill("cv", "vp", "", "", SECRET_WORDS, "minh", "", "", "stc", "")
        await clerk.press("f2")
        with monkeypatch.context() as patch:
            break_in_background(patch, issuing, "prepare_for_signature", Broken(SECRET_WORDS))
            await clerk.press("f10")
            await told(clerk, office)
        assert clerk.rows("SELECT status FROM outgoing")[0].status == "DRAFT"
        await clerk.press("f10")
        await clerk.workers_done()
        assert "✗ Chưa gắn tệp dự thảo." in clerk.message


async def test_a_print_out_that_breaks_is_told(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.go("de")
        break_in_background(monkeypatch, paper, "stamp_pdf", Broken(SECRET_WORDS))
        await clerk.press("enter", "f8", "enter")
        await told(clerk, office)
        assert clerk.screen == "ArrivalRecordScreen"


async def test_a_full_disk_while_saving_keeps_form_and_number(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.go("nd")
        await clerk.fill("stc", "205", "18", "Quyết toán")

        def full(*_arguments: object) -> None:
            raise StoreFull(path=office, free="0 MB")

        with monkeypatch.context() as patch:
            patch.setattr(Desk, "do", full)
            await clerk.press("f2")
            assert clerk.message.startswith("✗ ")
            assert (clerk.value("code"), clerk.value("subject")) == ("205/STC-NS", "Quyết toán")
        await clerk.press("f2")
        assert "Đã cấp số đến 04/2026." in clerk.message


async def test_a_store_that_cannot_be_read_is_told_and_not_fatal(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.go("nd")
        await clerk.fill("stc")

        def full(*_arguments: object, **_named: object) -> None:
            raise StoreFull(path=office, free="0 MB")

        with monkeypatch.context() as patch:
            patch.setattr(Desk, "read", full)
            await clerk.press("f6")
            await clerk.until(lambda: clerk.screen == "TroubleModal")
        await clerk.press("escape")
        assert (clerk.screen, clerk.value("issuer")) == ("ArrivalForm", "Sở Tài chính tỉnh Sông Hương")


async def test_what_nobody_foresaw_in_a_key_ends_the_program_with_the_form_kept(
    office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> None:
        raise Broken(SECRET_WORDS)

    with pytest.raises(Broken):
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.fill("stc", "205", "18", SECRET_WORDS)
            assert count(clerk.desk.store, "draft") == 1
            monkeypatch.setattr(Desk, "do", broken)
            await clerk.press_ahead("f2")
            await clerk.until(lambda: False, seconds=5)
    (report,) = (office / "logs").glob("crash-*")
    assert SECRET_WORDS not in report.read_text("utf-8")

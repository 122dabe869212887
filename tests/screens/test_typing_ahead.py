"""Keys typed ahead while something goes on behind the screens: each waits for its turn, none lands elsewhere."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from clerkdesk.screens.app import ClerkApp
from clerkdesk.screens.arrival_form import ArrivalForm
from clerkdesk.services import files
from tests.office import PASSWORD

from .clerk import LEADER, at_the_terminal

OWNERS = "SELECT a.number, t.name FROM arrival a LEFT JOIN attachment t ON a.id = t.document_id ORDER BY a.number"


@pytest.fixture
def slow_disk(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Files are taken in only when the test lets them."""
    let, take_in = threading.Event(), files.take_in

    def slow(*arguments: Any, **named: Any) -> object:
        assert let.wait(20)
        return take_in(*arguments, **named)

    monkeypatch.setattr(files, "take_in", slow)
    return let


@pytest.fixture
def appendix(tmp_path: Path) -> Path:
    path = tmp_path / "phu-luc.txt"
    path.write_text("Phụ lục", "utf-8")
    return path


async def test_f2_waits_for_a_file_that_is_still_on_its_way(
    office: Path, appendix: Path, slow_disk: threading.Event
) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.go("nd")
        await clerk.fill("stc", "205/bc-stc", ".", "Quyết toán")
        await clerk.press_ahead("f8", *str(appendix), "enter", "f2", "f5", *"206", "enter")
        await clerk.sees("Đang nhận tệp phu-luc.txt…")
        assert len(clerk.rows("SELECT * FROM arrival")) == 3  # of earlier days
        slow_disk.set()
        await clerk.sees("SỐ ĐẾN 04/2026")
        await clerk.settle()
        assert clerk.rows(OWNERS)[3:] == [(4, "phu-luc.txt")]
        assert clerk.value("code") == "206/BC-STC"


async def test_a_disk_slower_than_the_keys_are_held_saves_nothing_without_the_file(
    office: Path, appendix: Path, slow_disk: threading.Event
) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.go("nd")
        await clerk.fill("stc", "205/bc-stc", ".", "Quyết toán")
        await clerk.press_ahead("f8", *str(appendix), "enter")
        await clerk.sees("Đang nhận tệp phu-luc.txt…")
        form = clerk.app.screen
        assert isinstance(form, ArrivalForm)
        form.action_save()  # as when the hold has run out
        assert "✗ Chưa lưu: tệp đang được nhận." in clerk.message
        slow_disk.set()
        await clerk.workers_done()
        await clerk.press("f2")
        assert clerk.rows(OWNERS)[3:] == [(4, "phu-luc.txt")]


async def test_the_next_person_types_while_the_desk_is_still_being_locked(
    office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_work = ClerkApp.end_work

    async def slow(app: ClerkApp) -> None:
        await asyncio.sleep(0.2)
        await end_work(app)

    monkeypatch.setattr(ClerkApp, "end_work", slow)
    async with at_the_terminal(office) as clerk:
        await clerk.go("nd")
        await clerk.fill("stc")
        await clerk.press_ahead("ctrl+l", *"minhlq", "enter", *PASSWORD, "enter", "5")
        await clerk.sees(f"{LEADER} (Lãnh đạo)")
        await clerk.until(lambda: clerk.app.current_mode == "outgoing")
        (draft,) = clerk.rows("SELECT fields FROM draft")
        assert "minhlq" not in draft.fields
        assert PASSWORD not in draft.fields

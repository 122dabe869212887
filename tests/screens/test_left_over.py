"""What the last time left to tell: the clerk reads it once, before anything else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from clerkdesk.data.backup import list_backups
from clerkdesk.places import backups_folder, state_folder
from clerkdesk.screens.modals.left_over import LeftOverModal
from clerkdesk.services.backups import restore_backup
from clerkdesk.services.desk import Desk
from tests.office import PASSWORD, register

from .clerk import Clerk, at_the_terminal


def numbers_given_unseen(office: Path, count: int) -> None:
    """Register documents and let the program die before anybody sees a number."""
    desk = Desk.open(office / "clerkdesk.db")
    desk.log_in("annv", PASSWORD)
    for nth in range(count):
        register(desk, subject=f"Về việc phòng, chống bão số {nth + 1}")
    desk.store.close()


async def test_numbers_that_nobody_saw_are_told_with_their_documents_before_the_clerk_goes_on(office: Path) -> None:
    numbers_given_unseen(office, 2)
    async with at_the_terminal(office) as clerk:
        await clerk.sees("Đã cấp trước khi máy tắt đột ngột")
        for words in ("số 04", "số 05", "chống bão số 1", "chống bão số 2", "đừng vào sổ lại"):
            assert words in clerk.words()
        await clerk.press("enter", "escape", "1", "ctrl+q")  # typed ahead: it stays
        assert isinstance(clerk.app.screen, LeftOverModal)
        await clerk.press("f2")
        assert clerk.app.current_mode == "home"
        assert not isinstance(clerk.app.screen, LeftOverModal)
    async with at_the_terminal(office) as clerk:
        assert not isinstance(clerk.app.screen, LeftOverModal)


async def test_many_unseen_numbers_fit_the_screen(office: Path) -> None:
    numbers_given_unseen(office, 30)
    async with at_the_terminal(office) as clerk:
        await clerk.sees("… và 24 số nữa")
        await clerk.sees("F2 Đã ghi nhận")


async def test_a_number_that_was_on_the_screen_is_not_told_again(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.go("nd")
        await clerk.fill("stc", "205", "18", "Quyết toán")
        await clerk.press("f2")
        assert "Đã cấp số đến 04/2026" in clerk.message
        await clerk.until(lambda: not clerk.desk._untold())
    async with at_the_terminal(office) as clerk:
        assert not isinstance(clerk.app.screen, LeftOverModal)


@pytest.mark.parametrize("how", ["restored", "copied"])
async def test_a_store_that_is_not_the_same_is_explained_and_leads_to_the_registers(
    office: Path, tmp_path: Path, how: str
) -> None:
    numbers_given_unseen(office, 4)
    if how == "restored":
        restore_backup(list_backups(backups_folder(office))[0].path, office / "clerkdesk.db")
    else:
        office = shutil.copytree(office, tmp_path / "copy")
    async with at_the_terminal(office) as clerk:
        await clerk.sees("CHƯA CẤP SỐ ĐƯỢC")
        assert "phục hồi" in clerk.words()
        assert "F10" in clerk.words()
        assert "F2 Đã ghi nhận" in clerk.words()
        await clerk.press("f2")
        await clerk.until(lambda: clerk.app.current_mode == "registers")
        await clerk.sees("chờ xác nhận")
        await clerk.press("f10")
        await confirm(clerk, how)
        await clerk.go("nd")
        await clerk.fill("stc", "205", "18", "Quyết toán")
        await clerk.press("f2")
        assert "Đã cấp số đến 08/2026" in clerk.message
    async with at_the_terminal(office) as clerk:
        assert not isinstance(clerk.app.screen, LeftOverModal)


async def confirm(clerk: Clerk, how: str) -> None:
    """Answer what F10 asks; after a restore the mark knows the number and takes none below it."""
    if how == "copied":
        await clerk.fill("7", "Chép sang máy mới")
        return
    await clerk.sees("Máy này đã cấp đến số 7")
    assert clerk.app.screen.query_one("#ask-last").value == "7"  # type: ignore[attr-defined]
    await clerk.press("backspace", "6", "enter")
    await clerk.fill("Phục hồi")
    assert "không thể nhỏ hơn" in clerk.message
    await clerk.press("f10", "enter")
    await clerk.fill("Phục hồi")


async def test_who_gives_no_numbers_is_not_stopped_and_the_clerk_still_reads_it(office: Path) -> None:
    numbers_given_unseen(office, 1)
    async with at_the_terminal(office, user="binhtt") as clerk:
        assert not isinstance(clerk.app.screen, LeftOverModal)
    async with at_the_terminal(office) as clerk:
        await clerk.sees("số 04")


async def test_the_marks_of_a_chosen_folder_are_beside_it(office: Path) -> None:
    async with at_the_terminal(office):
        assert [path.suffix for path in state_folder(office).glob("*.mark")] == [".mark"]
        assert not [*office.rglob("*.mark")]

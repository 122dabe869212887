"""Who sits down at the desk: login, lock after failures, first password, leaving, and the first start."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Static

from clerkdesk.screens.app import ClerkApp
from clerkdesk.services import commands as c
from clerkdesk.services.desk import Desk
from clerkdesk.services.ids import new_id
from clerkdesk.services.passwords import LOCKED_FOR, hash_password
from clerkdesk.services.sample import agency
from clerkdesk.services.vocabulary import Role
from tests.conftest import OfficeClock
from tests.office import AGENCY, PASSWORD

from .clerk import Clerk, at_the_terminal


def answer(clerk: Clerk) -> str:
    return str(clerk.app.screen.query_one("#answer", Static).render())


async def test_the_right_password_opens_the_first_screen(office: Path) -> None:
    async with at_the_terminal(office, user=None) as clerk:
        await clerk.sees(AGENCY)
        await clerk.fill("annv", PASSWORD)
        await clerk.until(lambda: clerk.app.current_mode == "home")
        assert clerk.desk.person.username == "annv"


async def test_name_and_password_typed_while_the_store_is_still_opening_log_in(
    office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = ClerkApp(office, "clerk-dark")
    waiting: list[Desk] = []
    monkeypatch.setattr(app, "_desk_opened", waiting.append)
    async with app.run_test(size=(80, 24)) as pilot:
        clerk = Clerk(app, pilot)
        await clerk.until(lambda: waiting)
        monkeypatch.undo()
        pressed = clerk.pilot.app.call_later  # the store opens behind what is typed
        await clerk.press_ahead(*"annv", "enter", *PASSWORD, "enter", "1")
        pressed(app._desk_opened, waiting[0])
        await clerk.until(lambda: app.current_mode == "arrival_form")
        await clerk.settle()


@pytest.mark.parametrize("name", ["annv", "nobody"])
async def test_a_wrong_password_and_a_wrong_name_get_the_same_answer(office: Path, name: str) -> None:
    async with at_the_terminal(office, user=None) as clerk:
        await clerk.fill(name, "Wrong!123")
        await clerk.until(lambda: "✗" in answer(clerk))
        assert "Tên đăng nhập hoặc mật khẩu không đúng." in answer(clerk)
        assert (clerk.value("username"), clerk.value("password"), clerk.focused) == (name, "", "password")
        assert clerk.app.current_mode == "welcome"


async def test_five_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour(office: Path, clock: OfficeClock) -> None:
    async with at_the_terminal(office, user=None) as clerk:
        await clerk.fill("annv")
        for _ in range(4):
            await clerk.fill("Wrong!123")
            await clerk.until(lambda: not clerk.app._key_holds)
            assert "không đúng" in answer(clerk)
        await clerk.fill("Wrong!123")
        await clerk.until(lambda: "tạm khóa đến 09:15" in answer(clerk))
        await clerk.fill(PASSWORD)
        await clerk.until(lambda: not clerk.app._key_holds)
        assert "tạm khóa đến 09:15" in answer(clerk)
        clock.forward(seconds=LOCKED_FOR.total_seconds() + 1)
        await clerk.fill(PASSWORD)
        await clerk.until(lambda: clerk.app.current_mode == "home")


async def test_a_password_set_by_the_administrator_is_changed_at_the_first_login(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        facts = c.NewPerson(id=new_id(), username="hoanv", full_name="Nguyễn Văn Hòa", roles=frozenset({Role.CLERK}))
        clerk.desk.do(clerk.desk.make(c.AddPerson, person=facts, password_hash=hash_password(PASSWORD)))
        await clerk.press("ctrl+l")
        await clerk.until(lambda: clerk.app.current_mode == "welcome")
        await clerk.fill("hoanv", PASSWORD)
        await clerk.until(lambda: clerk.screen == "NewPasswordModal")
        await clerk.fill("chỉchữthường", "chỉchữthường")
        await clerk.sees("✗ Mật khẩu phải có ít nhất 8 ký tự")
        await clerk.type("Khac@2026")
        await clerk.press("enter")
        await clerk.fill("Khac@2027")
        await clerk.sees("✗ Hai lần nhập mật khẩu không giống nhau.")
        await clerk.fill("Khac@2026")
        await clerk.until(lambda: clerk.app.current_mode == "home")
        await clerk.press("ctrl+l")
        await clerk.until(lambda: clerk.app.current_mode == "welcome")
        await clerk.log_in("hoanv", "Khac@2026")
        assert clerk.desk.person.full_name == "Nguyễn Văn Hòa"


async def test_who_will_not_choose_a_password_does_not_get_in(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        facts = c.NewPerson(id=new_id(), username="hoanv", full_name="Nguyễn Văn Hòa", roles=frozenset({Role.CLERK}))
        clerk.desk.do(clerk.desk.make(c.AddPerson, person=facts, password_hash=hash_password(PASSWORD)))
        await clerk.press("ctrl+l")
        await clerk.until(lambda: clerk.app.current_mode == "welcome")
        await clerk.fill("hoanv", PASSWORD)
        await clerk.until(lambda: clerk.screen == "NewPasswordModal")
        await clerk.press("escape")
        assert clerk.app.current_mode == "welcome"
        assert clerk.desk.session is None


async def test_the_next_person_at_the_desk_sees_nothing_of_the_first_ones_form(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.go("nd")
        await clerk.fill("stc", "205")
        await clerk.type("18")  # still in the field when the clerk is called away
        await clerk.press("ctrl+l")
        await clerk.until(lambda: clerk.app.current_mode == "welcome")
        await clerk.log_in("binhtt")
        await clerk.go("nd")
        assert (clerk.value("issuer"), clerk.value("code")) == ("", "")
        await clerk.press("ctrl+l")
        await clerk.until(lambda: clerk.app.current_mode == "welcome")
        await clerk.log_in("annv")
        await clerk.go("nd")
        await clerk.until(lambda: clerk.value("code") == "205/STC-NS")
        assert clerk.value("issued_date") == "18/11/2026"


async def test_a_desk_left_alone_is_locked(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        clerk.app._idle_allowed = -1
        clerk.app.watch_idle()
        await clerk.until(lambda: clerk.app.current_mode == "welcome")
        assert clerk.desk.session is None


async def test_leaving_asks_first(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.press("ctrl+q")
        assert clerk.screen == "ConfirmModal"
        await clerk.press("k")
        assert clerk.screen == "HomeScreen"
        await clerk.press("ctrl+q", "c")
        await clerk.until(lambda: clerk.app._exit)


async def test_the_first_start_sets_up_ones_own_agency(tmp_path: Path, cheap_passwords: None, no_keyring: None) -> None:
    async with at_the_terminal(tmp_path / "new", user=None) as clerk:
        await clerk.until(lambda: clerk.screen == "SetupWizard")
        await clerk.press("2")
        await clerk.fill("Sở Tư pháp tỉnh Sông Hương", "Ủy ban nhân dân tỉnh Sông Hương", "STP", "H57.20", "Sông Hương")
        await clerk.fill("2q", "Trần Văn Bảo")
        assert clerk.value("username") == "baotv"
        await clerk.fill("", "weak", "weak")
        await clerk.press("f2")
        assert "✗ Mật khẩu phải có ít nhất 8 ký tự" in clerk.words()
        assert clerk.focused == "password"
        await clerk.fill(PASSWORD, PASSWORD)
        await clerk.press("f2")
        assert clerk.screen == "RecoveryCodeScreen"
        code = str(clerk.app.screen.query_one("#code", Static).render())
        assert len(code.replace("-", "").replace(" ", "")) >= 32
        await clerk.press("escape")
        assert clerk.screen == "RecoveryCodeScreen"
        await clerk.press("f2")
        await clerk.sees("Sở Tư pháp tỉnh Sông Hương")
        await clerk.log_in("baotv")
        await clerk.go("nd")
        await clerk.sees("số đến tiếp theo 01")


async def test_esc_breaks_the_sample_data_off_and_leaves_an_empty_store(
    tmp_path: Path, cheap_passwords: None, no_keyring: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agency, "ARRIVALS", 40)
    monkeypatch.setattr(agency, "OUTGOING", 9)
    folder = tmp_path / "new"
    async with at_the_terminal(folder, user=None) as clerk:
        await clerk.until(lambda: clerk.screen == "SetupWizard")
        await clerk.press("escape")  # nothing is being written yet
        first, wizard = clerk.desk, clerk.app.screen
        await clerk.press("1")
        await clerk.until(lambda: any((folder / "files").rglob("*/*/*")))
        await clerk.press("escape")
        await clerk.until(lambda: clerk.app.is_desk_open and clerk.desk is not first)
        await clerk.until(lambda: clerk.screen == "SetupWizard" and clerk.app.screen is not wizard)
        await clerk.workers_done()
        assert clerk.desk.agency is None
        assert [path for path in (folder / "files").rglob("*") if path.is_file()] == []
        assert not (folder / "keys").exists()
        await clerk.press("2")
        await clerk.sees("Khai báo cơ quan")


async def test_the_wizard_names_what_is_missing(tmp_path: Path, cheap_passwords: None, no_keyring: None) -> None:
    async with at_the_terminal(tmp_path / "new", user=None) as clerk:
        await clerk.until(lambda: clerk.screen == "SetupWizard")
        await clerk.press("2")
        for name in ("password", "password_again"):
            clerk.app.screen.query_one(f"#own-{name}").value = PASSWORD  # type: ignore[attr-defined]
        await clerk.press("f2")
        await clerk.sees("✗ Chưa nhập “Tên cơ quan”.")
        assert clerk.focused == "name"
        assert clerk.desk.agency is None

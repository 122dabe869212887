"""A clerk's day at a real terminal: typing ahead as input methods do, power failures, closed windows, small windows."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import argon2
import pytest

from clerkdesk.data import store_key
from clerkdesk.screens.telex import telex
from clerkdesk.services.desk import Desk
from tests.conftest import _CHEAP
from tests.office import PASSWORD, forget_mark, open_office, rows
from tests.terminal import Terminal, retyped

from .conftest import STC, furnish_with_people

CTRL_G, CTRL_Q = b"\x07", b"\x11"
FIRST = "Baso caso keest quar thuwjc hieejn nhieejm vuj quys IV"
SECOND = "Ddeef nghij thaarm ddinhj duwj toans nawm 2027"
ARRIVALS = "SELECT number, issuer, code_number, subject FROM arrival ORDER BY number"


@pytest.fixture(scope="session")
def opened_today(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office as it is on the machine's own date: the program in the terminal has no other clock."""
    folder = tmp_path_factory.mktemp("today") / "office"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argon2, "PasswordHasher", _CHEAP)
        patch.setattr(store_key, "_trusted_keyring", lambda: None)
        desk = open_office(folder / "clerkdesk.db")
        furnish_with_people(desk)
        desk.close()
        forget_mark(folder)
    return folder


@pytest.fixture
def folder(opened_today: Path, tmp_path: Path, cheap_passwords: None, no_keyring: None) -> Path:
    return shutil.copytree(opened_today, tmp_path / "office")


@pytest.fixture
def sit_down(folder: Path) -> Iterator[Callable[..., Terminal]]:
    """Start the program on the folder and log in; what still runs at the end is killed."""
    started: list[Terminal] = []

    def start(**options: Any) -> Terminal:
        terminal = Terminal.python("clerkdesk", "--lang", "vi", "--data", str(folder), **options)
        started.append(terminal)
        terminal.wait_for("Tên đăng nhập")
        terminal.send("annv", "enter", PASSWORD, "enter")
        terminal.wait_for("Số đến tiếp")
        return terminal

    yield start
    for terminal in started:
        terminal.close()


def words(keys: str) -> str:
    """What a subject reads that was typed with these Telex keys."""
    return " ".join(telex(word) for word in keys.split())


def unikey(keys: str) -> bytes:
    """The same as Unikey sends it: each syllable retyped with backspaces."""
    return b"".join(retyped(keys, telex))


def fail_power(terminal: Terminal) -> None:
    """End the program without a warning."""
    terminal._process.kill()
    terminal._process.wait()


def leave(terminal: Terminal) -> None:
    """Leave the program in good order."""
    terminal.send(CTRL_Q)
    terminal.wait_for("Thoát ClerkDesk?")
    terminal.send("c")
    assert terminal.wait_exit() == 0


def in_the_store(folder: Path, sql: str = ARRIVALS) -> list[tuple[object, ...]]:
    """Read the store after the program has ended."""
    desk = Desk.open(folder / "clerkdesk.db")
    try:
        return [tuple(row) for row in rows(desk.store, sql)]
    finally:
        desk.close()


def test_two_arrivals_typed_ahead_with_unikey_get_their_numbers_and_exact_texts(
    folder: Path, sit_down: Callable[..., Terminal]
) -> None:
    terminal = sit_down()
    terminal.send(
        CTRL_G, "nd",
        "stc", "tab", "205/bc-stc", "enter", ".", "enter", unikey(FIRST), "f2",
        "f5", "206/ttr-stc", "enter", "f5", unikey(SECOND), "f2",
    )  # fmt: skip
    terminal.wait_for("SỐ ĐẾN 02/")
    leave(terminal)
    assert in_the_store(folder) == [(1, STC, "205", words(FIRST)), (2, STC, "206", words(SECOND))]
    assert words(FIRST) == "Báo cáo kết quả thực hiện nhiệm vụ quý IV"


def start(folder: Path) -> Terminal:
    """Start the program; nobody has logged in yet."""
    return Terminal.python("clerkdesk", "--lang", "vi", "--data", str(folder))


def test_from_the_login_to_the_second_number_typed_in_one_go(folder: Path) -> None:
    """User, password, the form by its digit, two documents: all while the store is still being opened."""
    with start(folder) as terminal:
        terminal.wait_for("Đang mở kho dữ liệu")
        terminal.send(
            "annv", "tab", PASSWORD, "enter", "1",
            "stc", "enter", "205/bc-stc", "enter", ".", "enter", unikey(FIRST), "f2",
            "f5", "206/ttr-stc", "enter", "f5", unikey(SECOND), "f2", "f12", "2",
        )  # fmt: skip
        terminal.wait_for("2 văn bản")
        leave(terminal)
    assert in_the_store(folder) == [(1, STC, "205", words(FIRST)), (2, STC, "206", words(SECOND))]


def test_a_byte_that_is_no_letter_is_shown_and_ends_nothing(folder: Path) -> None:
    with start(folder) as terminal:
        terminal.wait_for("Tên đăng nhập")
        terminal.send(b"\xc3(", b"\xff")
        terminal.wait_for("\N{REPLACEMENT CHARACTER}(\N{REPLACEMENT CHARACTER}")
        terminal.send("backspace", "backspace", "backspace", "annv", "enter", PASSWORD, "enter")
        terminal.wait_for("Số đến tiếp")
        leave(terminal)


def test_a_wrong_password_keeps_what_was_typed_ahead_out_of_every_form(folder: Path) -> None:
    with start(folder) as terminal:
        terminal.wait_for("Đang mở kho dữ liệu")
        terminal.send("annv", "tab", "wrong", "enter", "f2", "enter")
        terminal.wait_for("Tên đăng nhập hoặc mật khẩu không đúng.")
        terminal.send(PASSWORD, "f2")
        terminal.wait_for("Số đến tiếp")
        leave(terminal)
    assert in_the_store(folder, "SELECT count(*) FROM draft") == [(0,)]


def test_what_is_looked_for_is_typed_at_once_behind_f7(folder: Path, sit_down: Callable[..., Terminal]) -> None:
    terminal = sit_down()
    terminal.send(
        CTRL_G, "nd", "stc", "enter", "205/bc-stc", "enter", ".", "enter", unikey(FIRST), "f2",
        "f5", "206/ttr-stc", "enter", ".", "enter", unikey(SECOND), "f2", "f7", "ket qua", "enter", "enter",
    )  # fmt: skip
    terminal.wait_for("VĂN BẢN ĐẾN · SỐ 01/")
    terminal.send("f12")
    terminal.wait_for("lọc “ket qua”")
    leave(terminal)


def test_after_a_power_failure_in_mid_form_the_draft_is_there_and_its_number_is_given_once(
    folder: Path, sit_down: Callable[..., Terminal]
) -> None:
    terminal = sit_down()
    terminal.send(
        CTRL_G, "nd", "stc", "enter", "205/bc-stc", "enter", ".", "enter", unikey(FIRST), "enter", "enter", "k", "enter"
    )
    terminal.wait_for("▸ Khẩn")
    fail_power(terminal)
    terminal = sit_down()
    terminal.send(CTRL_G, "nd")
    terminal.wait_for("Đã lấy lại phiếu đang nhập dở")
    terminal.wait_for(words(FIRST))
    terminal.send("f2")  # and the power fails again, in the middle of saving
    fail_power(terminal)
    terminal = sit_down()
    terminal.send(CTRL_G, "nd")
    terminal.wait_for("số đến tiếp theo")
    if "số đến tiếp theo 01" in terminal.text():
        terminal.wait_for("Đã lấy lại phiếu đang nhập dở")
        terminal.send("f2")
        terminal.wait_for("SỐ ĐẾN 01/")
    leave(terminal)
    assert in_the_store(folder) == [(1, STC, "205", words(FIRST))]
    assert in_the_store(folder, "SELECT * FROM draft") == []
    assert in_the_store(folder, "SELECT next_number FROM register_year JOIN register ON register.id = register_id "
                                "WHERE direction = 'ARRIVAL'") == [(2,)]  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_closed_window_ends_the_program_cleanly(
    folder: Path, sit_down: Callable[..., Terminal], number: signal.Signals
) -> None:
    terminal = sit_down()
    terminal.send(CTRL_G, "nd", "stc", "enter", "205/bc-stc", "enter")
    terminal.wait_for("205/BC-STC")
    terminal._process.send_signal(number)
    assert terminal.wait_exit() == 128 + number
    assert len(in_the_store(folder, "SELECT * FROM draft")) == 1  # and the store was not left locked
    assert not list((folder / "logs").glob("crash-*"))


def test_a_window_made_small_and_large_again_loses_nothing(folder: Path, sit_down: Callable[..., Terminal]) -> None:
    terminal = sit_down()
    terminal.send(CTRL_G, "nd", "stc", "enter", "205/bc-stc", "enter")
    terminal.wait_for("205/BC-STC")
    terminal.resize(60, 20)
    terminal.send(".", "enter", unikey("Quyeets toans"))
    terminal.wait_for("Quyết toán")
    terminal.wait_for(lambda t: "NHẬP VĂN BẢN ĐẾN" in t.line(0) and "F1" in t.line(19))
    terminal.resize(80, 24)
    terminal.wait_for(lambda t: "F12" in t.line(23))
    terminal.send("f2")
    terminal.wait_for("SỐ ĐẾN 01/")
    terminal.resize(132, 43)
    terminal.wait_for(lambda t: "F1" in t.line(42))
    leave(terminal)
    assert in_the_store(folder) == [(1, STC, "205", "Quyết toán")]


class TestWithoutColour:
    """Where colours are few or none, fields are underlined, the row under the cursor is reversed, marks say the rest."""

    @pytest.mark.parametrize(("term", "env"), [("xterm", {}), ("linux", {}), ("xterm-256color", {"NO_COLOR": "1"})])
    def test_fields_rows_and_troubles_are_seen(
        self, sit_down: Callable[..., Terminal], term: str, env: dict[str, str]
    ) -> None:
        terminal = sit_down(term=term, env=env)
        terminal.send(CTRL_G, "nd")
        terminal.wait_for("Cơ quan BH")
        terminal.send("tab", "32/X", "enter", "99", "enter")
        terminal.wait_for("✗")
        x, y = terminal.find("Cơ quan BH")
        in_a_field = terminal.cell(x + len("Cơ quan BH") + 6, y)
        assert in_a_field.underscore or in_a_field.data == "_"
        assert stands_out(terminal, (1, 0))  # the heading
        assert stands_out(terminal, (1, 23))  # the key line
        terminal.send("enter", "f4")
        terminal.wait_for("Gõ để lọc")
        x, y = terminal.find("Chọn")
        chosen, other = terminal.cell(x, y + 2), terminal.cell(x, y + 3)
        assert chosen.data.strip() and other.data.strip()
        assert {chosen.bg, other.bg} & {"black", "000000"} and chosen.fg != other.fg  # not by a brighter ground alone
        terminal.send("f12")
        terminal.send(CTRL_G, "so")
        terminal.wait_for("Sổ đăng ký văn bản đến")
        terminal.wait_for(lambda t: stands_out(t, t.find("▸")))
        _x, row = terminal.find("▸")
        assert not stands_out(terminal, (10, row + 1))


def stands_out(terminal: Terminal, place: tuple[int, int]) -> bool:
    """Whether a cell is in reverse video, or has another background than the empty cell above the status line."""
    cell = terminal.cell(*place)
    return bool(cell.reverse or cell.bg != terminal.cell(40, 20).bg)


def test_f2_saves_however_the_terminal_writes_it(sit_down: Callable[..., Terminal]) -> None:
    terminal = sit_down()
    terminal.send(CTRL_G, "nd")
    for number, f2 in enumerate((b"\x1bOQ", b"\x1b[12~", b"\x1b[[B"), start=1):  # xterm, PuTTY, the Linux console
        terminal.send("stc", "enter", f"{number}/bc-stc", "enter", ".", "enter", "Báo cáo", f2)
        terminal.wait_for(f"SỐ ĐẾN 0{number}/")

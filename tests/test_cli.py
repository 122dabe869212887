"""The command line: every command in Vietnamese, secrets only asked for, failures as sentences and exit codes."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clerkdesk import __version__, cli, command_line, i18n
from clerkdesk.cli import Options, main, plain_options
from clerkdesk.data.backup import list_backups
from clerkdesk.data.store_key import load_key, recovery_code
from clerkdesk.places import data_folder, store_path
from clerkdesk.services import integrity
from clerkdesk.services.desk import Desk
from clerkdesk.services.vocabulary import Role
from tests.office import PASSWORD, employ, register

ROOT = Path(__file__).parents[1]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], no_keyring: None) -> Run:
    """Run the program as the shell would; gives exit code, output and error output."""
    monkeypatch.delenv("CLERKDESK_DATA", raising=False)
    monkeypatch.delenv("CLERKDESK_LANG", raising=False)

    def run(*arguments: object, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        with pytest.raises(SystemExit) as ended:
            main([str(one) for one in arguments])
        i18n.use("vi")
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


@pytest.fixture
def data(desk: Desk) -> Path:
    """The data folder of an open desk."""
    return desk.store.path.parent


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], Options("vi")),
        (["start"], Options("vi")),
        (["--lang", "en"], Options("en")),
        (["--lang=en", "--theme=mono"], Options("en", None, "mono")),
        (["--data", "/srv/vt", "start"], Options("vi", Path("/srv/vt"))),
        (["doctor"], None),
        (["--help"], None),
        (["--lang", "xx"], None),
        (["--lang"], None),
        (["--data", "/srv/vt", "backup"], None),
    ],
)
def test_plain_start_is_known_without_the_command_line(
    arguments: list[str], expected: Options | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLERKDESK_LANG", raising=False)
    assert plain_options(arguments) == expected


def test_data_folder_is_the_chosen_one_then_the_environments_then_the_usual(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLERKDESK_DATA", str(tmp_path))
    assert data_folder(tmp_path / "x") == tmp_path / "x"
    assert data_folder() == tmp_path
    monkeypatch.delenv("CLERKDESK_DATA")
    assert data_folder().name == "clerkdesk"
    assert data_folder().is_absolute()


def test_without_a_terminal_the_screens_do_not_start(run: Run) -> None:
    code, _, told = run()
    assert code == 2
    assert "--help" in told


@pytest.mark.parametrize("command", ["", *sorted(one.name or "" for one in command_line.app.registered_commands)])
def test_help_of_every_command_is_vietnamese(run: Run, command: str) -> None:
    code, help_text, _ = run(*filter(None, [command]), "--help")
    assert code == 0
    assert help_text.startswith("Cách dùng: clerkdesk")
    for theirs in ("Usage", "Options", "Commands", "Arguments", "Show this", "default", "required", "COMMAND"):
        assert theirs not in help_text


def test_every_command_has_a_name_and_a_help() -> None:
    names = {one.name or one.callback.__name__ for one in command_line.app.registered_commands if one.callback}
    assert names == {
        "start", "doctor", "check", "backup", "backups", "restore", "restore-key", "recovery-code", "import-directory",
        "connect", "sync", "keys", "export-books", "version",
    }  # fmt: skip
    assert all(one.help for one in command_line.app.registered_commands)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nix"], "Không có lệnh “nix”"),
        (["backup", "--nix"], "Không có tùy chọn --nix"),
        (["restore"], "Thiếu BẢN-SAO-LƯU"),
        (["--lang", "xx", "version"], "“xx”"),
        (["--data"], "Tùy chọn --data thiếu giá trị"),
        (["restore", "/nowhere"], "Không có bản sao lưu ở /nowhere"),
    ],
)
def test_wrong_usage_is_told_in_vietnamese(run: Run, tmp_path: Path, arguments: list[str], told: str) -> None:
    code, _, err = run("--data", tmp_path, *arguments) if arguments != ["--data"] else run(*arguments)
    assert code == 2
    assert told in err


@pytest.mark.parametrize(
    "command", [["check"], ["backup"], ["restore-key"], ["recovery-code"], ["import-directory", "x.csv"]]
)
def test_command_that_needs_a_store_never_makes_one(run: Run, tmp_path: Path, command: list[str]) -> None:
    code, _, err = run("--data", tmp_path / "d", *command, typed="x\n")
    assert code == 2
    assert "Chưa có kho dữ liệu" in err
    assert not (tmp_path / "d").exists()


def test_version(run: Run) -> None:
    assert run("version") == (0, f"clerkdesk {__version__}\n", "")


def test_doctor_prints_marks_and_json(run: Run, data: Path) -> None:
    code, lines, _ = run("--data", data, "doctor")
    assert code == 0
    assert all(line.startswith(("✓ ", "✗ ", "– ", "    → ")) for line in lines.splitlines())
    code, text, _ = run("--data", data, "doctor", "--json")
    assert {one["state"] for one in json.loads(text)} <= {"ok", "off"}
    (data / "clerkdesk.key").chmod(0o644)
    assert run("--data", data, "doctor")[0] == 1


def test_check_finds_the_store_whole_and_then_a_lost_file(run: Run, data: Path, desk: Desk) -> None:
    register(desk)
    assert run("--data", data, "check")[0] == 0
    code, lines, _ = run("--data", data, "check", "--json")
    assert [one["name"] for one in json.loads(lines)] == ["pages", "links", "chain", "numbers", "files"]
    assert code == 0


def test_check_that_finds_harm_exits_with_one(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from clerkdesk.services.doctor import Check, State

    harm = [Check("pages", "Trang", State.WRONG, "hỏng", "phục hồi")]
    monkeypatch.setattr(integrity, "check_store", lambda *_: harm)
    assert run("--data", data, "check")[:2] == (1, "✗ Trang: hỏng\n    → phục hồi\n")


def test_backup_while_the_desk_is_open_then_list_then_restore_after_it(
    run: Run, data: Path, desk: Desk, tmp_path: Path
) -> None:
    register(desk)
    usb = tmp_path / "usb"
    code, told, _ = run("--data", data, "backup", usb)
    assert (code, "Đã sao lưu vào" in told) == (0, True)
    (kept,) = list_backups(usb)
    code, told, _ = run("--data", data, "backups", usb)
    assert str(kept.path) in told
    assert "1 đến, 0 đi" in told

    code, _, err = run("--data", data, "restore", kept.path, "--yes")
    assert code == 2
    assert "đang mở kho này" in err
    desk.close()
    code, _, _ = run("--data", data, "restore", kept.path, typed="n\n")
    assert code == 1
    assert not [*data.glob("store-before-restore-*")]
    code, told, _ = run("--data", data, "restore", kept.path, typed="y\n")
    assert code == 0
    assert "store-before-restore-" in told
    log = (data / "logs" / "clerkdesk.log").read_text("utf-8")
    assert [json.loads(line)["event"] for line in log.splitlines()] == ["backup_made", "store_restored"]


def test_weekly_place_is_used_when_no_folder_is_named(run: Run, data: Path) -> None:
    assert run("--data", data, "backup")[0] == 0
    assert len(list_backups(data / "backups")) == 1
    assert "chưa có" in run("--data", data, "backups", data / "x")[1].lower()


def test_lost_key_comes_back_from_the_recovery_code(run: Run, data: Path, desk: Desk) -> None:
    code = recovery_code(load_key(desk.store.path))
    desk.close()
    key_file = store_path(data).with_suffix(".key")
    kept = key_file.read_text()
    key_file.unlink()
    assert run("--data", data, "check")[0] == 2
    assert run("--data", data, "restore-key", typed="abcd\n")[0] == 2
    wrong = recovery_code(bytes(32))
    ended, _, err = run("--data", data, "restore-key", typed=wrong + "\n")
    assert (ended, "không phải của kho" in err) == (2, True)
    assert not key_file.exists()
    assert run("--data", data, "restore-key", typed=code.lower().replace("-", " ") + "\n")[0] == 0
    assert key_file.read_text() == kept
    assert run("--data", data, "check")[0] == 0


def test_wrong_key_file_is_replaced_by_the_recovery_codes_key(run: Run, data: Path, desk: Desk) -> None:
    code = recovery_code(load_key(desk.store.path))
    desk.close()
    store_path(data).with_suffix(".key").write_text("00" * 32)
    assert run("--data", data, "check")[0] == 2
    assert run("--data", data, "restore-key", typed=code + "\n")[0] == 0
    assert run("--data", data, "check")[0] == 0


def test_only_an_administrator_sees_the_recovery_code(run: Run, data: Path, desk: Desk, cheap_passwords: None) -> None:
    employ(desk, "binhtt", Role.CLERK)
    code = recovery_code(load_key(desk.store.path))
    ended, told, _ = run("--data", data, "recovery-code", typed=f"annv\n{PASSWORD}\n")
    assert (ended, told) == (0, code + "\n")
    ended, told, err = run("--data", data, "recovery-code", typed=f"binhtt\n{PASSWORD}\n")
    assert (ended, told) == (2, "")
    assert "quản trị" in err
    ended, told, err = run("--data", data, "recovery-code", typed="annv\nwrong\n")
    assert (ended, told) == (2, "")
    ended, told, _ = run("--data", data, "recovery-code", typed="")
    assert (ended, told) == (1, "")


def test_no_command_takes_a_secret_as_an_argument() -> None:
    for one in command_line.app.registered_commands:
        names = one.callback.__annotations__ if one.callback else {}
        assert not {"password", "code", "key", "pin", "secret"} & set(names)


def test_directory_is_imported_whole_or_not_at_all(run: Run, data: Path, tmp_path: Path) -> None:
    head = "name,short_name,organ_id,parent,level,valid_from,valid_to\n"
    good = tmp_path / "co-quan.csv"
    good.write_text(head + "Hợp tác xã Bình Minh,HTXBM,,,9,,\nTrạm Y tế xã Tân Hòa,,,,9,,\n", "utf-8-sig")
    assert "Đã thêm 2 cơ quan" in run("--data", data, "import-directory", good)[1]
    assert "Đã thêm 0 cơ quan" in run("--data", data, "import-directory", good)[1]
    bad = tmp_path / "sai.csv"
    bad.write_text(head + "Cơ quan mới,,,,9,,\n,,,,9,,\n", "utf-8")
    ended, _, err = run("--data", data, "import-directory", bad)
    assert (ended, "dòng 3" in err) == (2, True)
    bad.write_bytes(b"\xff\xfe")
    assert run("--data", data, "import-directory", bad)[0] == 2
    assert run("--data", data, "import-directory", tmp_path / "none.csv")[0] == 2


def test_unexpected_failure_becomes_one_sentence_and_a_report(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clerkdesk.services import doctor

    def breaks(data: Path) -> None:
        raise RuntimeError(data)

    monkeypatch.setattr(doctor, "examine", breaks)
    code, _, err = run("--data", tmp_path, "doctor")
    (report,) = (tmp_path / "logs").iterdir()
    assert code == 70
    assert err.count("\n") == 1
    assert str(report) in err
    assert "Traceback" not in err
    assert "RuntimeError" in report.read_text("utf-8")
    assert str(tmp_path) not in report.read_text("utf-8")


def test_english_without_a_catalogue_falls_back_with_a_word(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(i18n, "LOCALE_DIR", tmp_path)
    code, out, err = run("--lang", "en", "version")
    assert (code, out) == (0, f"clerkdesk {__version__}\n")
    assert "make run" in err


def test_key_table_is_printed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = pytest.importorskip("clerkdesk.screens.keys")
    monkeypatch.setattr(keys, "key_table", lambda: "F1 Trợ giúp")
    assert run("keys") == (0, "F1 Trợ giúp\n", "")


def test_vietnamese_is_printed_whatever_the_locale_says() -> None:
    environment = {
        "LC_ALL": "en_US.ISO-8859-1",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PATH": os.environ["PATH"],
    }
    run = subprocess.run(
        [sys.executable, "-m", "clerkdesk", "nix"], capture_output=True, cwd=ROOT, env=environment, check=False
    )
    assert "Không có lệnh “nix”" in run.stderr.decode("utf-8")


SCREENS = """
import os, sys, types
from pathlib import Path
import clerkdesk.cli as cli
def run(data_dir, language, theme=None):
    from textual.app import App
    class Screens(App):
        def on_ready(self):
            Path(sys.argv[1], "ready").write_text(os.environ["TEXTUAL_DISABLE_KITTY_KEY"])
        def on_unmount(self):
            Path(sys.argv[1], "closed").touch()
    Screens().run()
    return 0
stand_in = types.ModuleType("clerkdesk.screens.app")
stand_in.run = run
sys.modules["clerkdesk.screens.app"] = stand_in
cli.main(["--data", str(Path(sys.argv[1], "data"))])
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("how", ["SIGTERM", "SIGHUP", "window closed"])
def test_screens_end_cleanly_when_the_machine_asks(tmp_path: Path, how: str) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.environ["TERM"] = "xterm-256color"
        os.execv(sys.executable, [sys.executable, "-c", SCREENS, str(tmp_path)])
    drawn, open_windows = bytearray(), {terminal}
    os.set_blocking(terminal, False)

    def until(done: Callable[[], Any]) -> bool:
        for _ in range(2000):
            with contextlib.suppress(OSError):
                drawn.extend(os.read(terminal, 65536) if open_windows else b"")
            if done():
                return True
            time.sleep(0.01)
        return False

    ready = tmp_path / "ready"
    assert until(lambda: ready.exists() and ready.read_text())
    assert ready.read_text() == "1"
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    if how == "window closed":
        open_windows.clear()
        os.close(terminal)
    else:
        os.kill(pid, getattr(signal, how))
    ended: list[int] = []

    def is_over() -> bool:
        if not ended and (over := os.waitpid(pid, os.WNOHANG))[0]:
            ended.append(os.waitstatus_to_exitcode(over[1]))
        return bool(ended)

    assert until(is_over)
    assert (tmp_path / "closed").exists()
    if how != "window closed":
        assert ended == [128 + getattr(signal, how)]
        assert b"\x1b[?1049l" in drawn
        assert b"Traceback" not in drawn
        os.close(terminal)


def test_module_runs_as_the_command_does() -> None:
    run = subprocess.run([sys.executable, "-m", "clerkdesk", "version"], capture_output=True, cwd=ROOT, check=True)
    assert run.stdout.decode() == f"clerkdesk {__version__}\n"


def test_exit_codes_are_told_apart() -> None:
    assert len({0, cli.FAILED, cli.REFUSED, cli.CRASHED}) == 4

"""`clerkdesk server …` at the command line."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clerkdesk.command_line import run_command

from ..office import PASSWORD

Say = Callable[..., tuple[int, str]]


@pytest.fixture
def say(
    tmp_path: Path, cheap_passwords: None, no_keyring: None, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Say:  # fmt: skip
    def run(*arguments: str, typed: str = "") -> tuple[int, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        code = run_command(["--data", str(tmp_path), "server", *arguments])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_an_agency_its_people_codes_backup_and_recovery(say: Say, tmp_path: Path) -> None:
    added = say("agency", "add", "Sở Nội vụ", "SNV", "--username", "annv", "--full-name", "Nguyễn Văn An", typed=PASSWORD + "\n")  # fmt: skip
    assert added[0] == 0, added
    assert "SNV  Sở Nội vụ: 0 máy trạm, 1 tài khoản" in say("agency", "list")[1]
    assert say("person", "add", "SNV", "binhtt", "Trần Thị Bình", "--role", "clerk", typed=PASSWORD + "\n")[0] == 0
    assert "✓ binhtt  Trần Thị Bình  (Văn thư)" in say("person", "list", "snv")[1]
    assert say("person", "add", "SNV", "x", "X", "--role", "boss")[0] == 2
    assert say("person", "password", "SNV", "annv", typed=PASSWORD + "\n")[0] == 0
    code, said = say("code", "SNV")
    assert code == 0
    assert re.fullmatch(r"([A-Z2-9]{4}-){3}[A-Z2-9]{4}\n", said)
    assert say("desks") == (0, "")
    assert say("check")[0] == 0
    assert say("migrate")[0] == 0
    backup = Path(say("backup")[1].split(" vào ")[1].strip().rstrip("."))
    assert backup.is_dir()
    assert say("restore", str(backup), "--yes")[0] == 0
    assert "phục vụ bình thường" in say("recovery", "status")[1]
    assert (tmp_path / "server").stat().st_mode & 0o077 == 0


def test_a_password_in_the_command_is_refused(say: Say) -> None:
    code, said = say("check", "--database", "postgresql://u:bi-mat@h/d")
    assert code == 2
    assert "bi-mat" not in said


def test_a_group_without_a_command_lists_its_commands(say: Say) -> None:
    code, said = say()
    assert code == 2
    assert "recovery" in said

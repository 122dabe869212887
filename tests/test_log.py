"""The program's log and error reports help a programmer and hold nothing that a person entered."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from clerkdesk import log
from clerkdesk.services.ids import new_id

SECRET = "Về việc kỷ luật ông Nguyễn Văn Bình"


@pytest.fixture(autouse=True)
def quiet_again() -> Iterator[None]:
    handlers, level, raising = [*logging.getLogger().handlers], logging.getLogger().level, logging.raiseExceptions
    yield
    for handler in [*logging.getLogger().handlers]:
        if handler not in handlers:
            logging.getLogger().removeHandler(handler)
            handler.close()
    logging.getLogger().setLevel(level)
    logging.captureWarnings(False)
    logging.raiseExceptions = raising


def lines(data: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (data / "logs" / log.LOG_NAME).read_text("utf-8").splitlines()]


def test_events_are_lines_of_json_with_ids_only(tmp_path: Path) -> None:
    log.set_up(tmp_path)
    document = new_id()
    log.note("arrival_registered", document=document, number=7, subject=SECRET, path="/home/binh/Tài liệu/a.pdf")
    (line,) = lines(tmp_path)
    assert line["event"] == "arrival_registered"
    assert line["document"] == str(document)
    assert line["number"] == 7
    assert str(line["timestamp"]).endswith("Z")
    assert "subject" not in line
    assert "path" not in line


def test_libraries_speak_neither_on_the_screen_nor_of_people(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log.set_up(tmp_path)
    for name in ("pyhanko.sign", "PIL.Image", "alembic.runtime.migration"):
        logging.getLogger(name).warning("file %s", SECRET)
    assert capfd.readouterr() == ("", "")
    assert SECRET not in (tmp_path / "logs" / log.LOG_NAME).read_text("utf-8")
    assert [line["logger"] for line in lines(tmp_path)] == ["pyhanko.sign", "PIL.Image", "alembic.runtime.migration"]


def test_setting_up_twice_writes_once(tmp_path: Path) -> None:
    log.set_up(tmp_path)
    log.set_up(tmp_path)
    log.note("once")
    assert len(lines(tmp_path)) == 1


def test_log_turns_over_before_it_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "BYTES_PER_FILE", 1000)
    log.set_up(tmp_path)
    for number in range(200):
        log.note("event", number=number)
    files = [*(tmp_path / "logs").iterdir()]
    assert len(files) == 1 + log.OLD_FILES
    assert all(path.stat().st_size <= 1000 for path in files)


def test_log_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("in the way")
    log.set_up(tmp_path)
    log.note("event")


def _fails_deep_inside(subject: str) -> None:
    try:
        raise OSError(28, subject)
    except OSError as error:
        raise ValueError(f"cannot save {subject}") from error


def test_error_report_shows_the_code_and_no_content(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot") as caught:
        _fails_deep_inside(SECRET)
    path = log.write_crash_report(tmp_path, caught.value)
    report = path.read_text("utf-8")
    assert path.parent == tmp_path / "logs"
    assert SECRET not in report
    assert "_fails_deep_inside" in report
    assert "builtins.OSError ENOSPC" in report
    assert report.index("OSError") < report.index("ValueError")
    assert str(Path.home()) + "/" not in report


def test_error_report_goes_elsewhere_when_the_folder_is_in_trouble(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("in the way")
    path = log.write_crash_report(tmp_path, ValueError())
    assert path.exists()
    path.unlink()

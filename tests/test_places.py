"""Where things are: the marks are never in the data folder, and never the user's own for another data folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from clerkdesk.places import DATA_VARIABLE, STATE_VARIABLE, data_folder, state_folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (DATA_VARIABLE, STATE_VARIABLE, "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_the_usual_data_folder_has_its_marks_in_the_users_place_for_state(home: Path) -> None:
    data = data_folder()
    marks = state_folder(data)
    assert home in marks.parents
    assert data not in (marks, *marks.parents)
    assert data.parent not in marks.parents  # nor in what is copied with the folder of all programs' data
    assert marks not in data.parents


def test_a_chosen_data_folder_has_its_marks_beside_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = state_folder(data_folder())
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "other"))
    assert state_folder(data_folder()) == tmp_path / "other-marks"
    assert state_folder(data_folder()) != usual
    assert state_folder(data_folder(tmp_path / "third")) == tmp_path / "third-marks"
    monkeypatch.setenv(DATA_VARIABLE, "")
    assert state_folder(data_folder()) == usual


def test_every_way_to_a_data_folder_leads_to_one_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    (data / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to(data)
    monkeypatch.chdir(data)
    ways = (data, tmp_path / "link", data / "inner" / "..", data_folder(Path()))
    assert {state_folder(way) for way in ways} == {tmp_path / "data-marks"}


def test_the_variable_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    assert state_folder(data_folder()) == state_folder(tmp_path / "other") == tmp_path / "state"

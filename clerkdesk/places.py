"""Where things are on this machine: the data folder, and what has its fixed place inside it."""

from __future__ import annotations

import os
from pathlib import Path

DATA_VARIABLE = "CLERKDESK_DATA"
STATE_VARIABLE = "CLERKDESK_STATE"
STORE_NAME = "clerkdesk.db"


def data_folder(chosen: Path | None = None) -> Path:
    """Return the data folder: the chosen one, else CLERKDESK_DATA, else the user's usual place for program data.

    Args:
        chosen: what stands behind `--data`.
    """
    if chosen is not None:
        return chosen.expanduser().absolute()
    named = os.environ.get(DATA_VARIABLE, "").strip()
    if named:
        return Path(named).expanduser().absolute()
    return _usual_data_folder()


def state_folder(data: Path) -> Path:
    """Return where the high-water marks are: never inside the data folder, so that copying or restoring it leaves them.

    It is CLERKDESK_STATE; else, for the usual data folder, the user's usual place for a program's state; else a folder
    beside the chosen data folder, so that a second data folder never touches the user's own.

    Args:
        data: the data folder.
    """
    named = os.environ.get(STATE_VARIABLE, "").strip()
    if named:
        return Path(named).expanduser().absolute()
    data = data.resolve()  # by whichever way somebody comes to a folder, its mark is one
    if data == _usual_data_folder().resolve():
        from platformdirs import user_state_path

        # A name of its own: on Windows and macOS the places of data and of state are one.
        return user_state_path("clerkdesk-marks", appauthor=False)
    return data.with_name(data.name + "-marks")


def _usual_data_folder() -> Path:
    from platformdirs import user_data_path

    return user_data_path("clerkdesk", appauthor=False)


def store_path(data: Path) -> Path:
    """Return where the desk's store is; its key file, lock and folder of files stand beside it."""
    return data / STORE_NAME


def backups_folder(data: Path) -> Path:
    """Return where the weekly backups go."""
    return data / "backups"


def log_folder(data: Path) -> Path:
    """Return where the program's log and its error reports go."""
    return data / "logs"

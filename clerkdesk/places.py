"""Where things are on this machine: the data folder, and what has its fixed place inside it."""

from __future__ import annotations

import os
from pathlib import Path

DATA_VARIABLE = "CLERKDESK_DATA"
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

"""A report of an unexpected failure: where in the code, never what was typed."""

from __future__ import annotations

import datetime as dt
import platform
import traceback
from pathlib import Path

from clerkdesk import __version__


def write_report(data_dir: Path, error: BaseException) -> Path:
    """Write the places in the code that led to `error`, without values or messages, and return the file."""
    folder = data_dir / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    now = dt.datetime.now(dt.UTC)
    path = folder / f"failure-{now:%Y%m%dT%H%M%S}.txt"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"ClerkDesk {__version__}, Python {platform.python_version()}, {platform.system()}", f"{now.isoformat()}"]
    lines += [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    cause: BaseException | None = error
    while cause is not None:
        lines.append(type(cause).__name__)
        cause = cause.__cause__
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path

"""The program's own log and its error reports: event names, ids and code places only, never what people entered.

The office's log of who did what is another thing: `services.audit`.
"""

from __future__ import annotations

import datetime as dt
import errno
import json
import logging
import os
import platform
import re
import tempfile
import traceback
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

from clerkdesk import __version__
from clerkdesk.places import log_folder

LOG_NAME = "clerkdesk.log"
BYTES_PER_FILE = 1_000_000
OLD_FILES = 5

_OURS = "clerkdesk"
_IDENTIFIER = re.compile(r"[A-Za-z0-9_.:+-]{1,64}")


def set_up(data: Path) -> None:
    """Send the program's events to `logs/clerkdesk.log` as JSON lines in UTC, and keep libraries off the screen.

    A log that cannot be written is no reason not to work: then nothing is logged.
    """
    import structlog

    logging.raiseExceptions = False  # a full disk must not print over the screen
    root = logging.getLogger()
    for old in [*root.handlers]:
        if isinstance(old, _LogFile | logging.NullHandler):
            root.removeHandler(old)
            old.close()
    handler = _handler(log_folder(data))
    handler.setLevel(logging.INFO)
    handler.setFormatter(_Line())
    root.addHandler(handler)
    logging.getLogger(_OURS).setLevel(logging.INFO)
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_ids,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def note(event: str, **ids: object) -> None:
    """Write an event with its ids; a value that is no id or number is left out of the file.

    Args:
        event: a name like `backup_made`.
        ids: UUIDs, numbers, codes of errors.
    """
    import structlog

    structlog.get_logger(_OURS).info(event, **ids)


def write_crash_report(data: Path, error: BaseException) -> Path:
    """Write what a programmer needs to find an unexpected error and return where it is.

    Holds the versions, the kinds of the errors and the lines of code they went through. No error's own text and no
    variable is written: both can hold what a person entered.
    """
    moment = dt.datetime.now(dt.UTC)
    name = f"crash-{moment:%Y%m%dT%H%M%SZ}-{os.getpid()}.txt"
    lines = [
        f"clerkdesk {__version__}, Python {platform.python_version()}, {platform.system()} {platform.release()}",
        f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        *_told(error),
        "",
    ]
    text = "\n".join(lines)
    for folder in (log_folder(data), Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
        except OSError:
            continue
        return folder / name
    return Path(os.devnull)


class _LogFile(logging.Handler):
    """Marks our handler, so that setting up twice does not write twice."""


def _handler(folder: Path) -> logging.Handler:
    from logging.handlers import RotatingFileHandler

    class LogFile(RotatingFileHandler, _LogFile):
        pass

    try:
        folder.mkdir(parents=True, exist_ok=True)
        return LogFile(folder / LOG_NAME, maxBytes=BYTES_PER_FILE, backupCount=OLD_FILES, encoding="utf-8")
    except OSError:
        return logging.NullHandler()


class _Line(logging.Formatter):
    """Our events as they come; of a library's message only who spoke and where, for it may name files and people."""

    def format(self, record: logging.LogRecord) -> str:
        if record.name == _OURS:
            return record.getMessage()
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
        return json.dumps(
            {
                "logger": record.name,
                "line": f"{record.module}:{record.lineno}",
                "level": record.levelname.lower(),
                "timestamp": f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}",
                "event": "library_message",
            }
        )


def _only_ids(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {
        name: value if isinstance(value, int | float | bool) or value is None else str(value)
        for name, value in event.items()
        if name not in ("exc_info", "stack_info", "exception") and _is_id(value)
    }


def _is_id(value: object) -> bool:
    return value is None or isinstance(value, int | float) or _IDENTIFIER.fullmatch(str(value)) is not None


def _told(error: BaseException) -> Iterator[str]:
    """Yield the chain of errors, cause first, each with its lines of code."""
    chain: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in chain:
        chain.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    for one in reversed(chain):
        number = f" {errno.errorcode.get(one.errno or 0, '')}" if isinstance(one, OSError) else ""
        yield ""
        yield f"{type(one).__module__}.{type(one).__qualname__}{number}"
        for frame in traceback.extract_tb(one.__traceback__):
            yield f"  {_short(frame.filename)}:{frame.lineno} {frame.name}: {frame.line or ''}".rstrip()
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _told(part)


def _short(filename: str) -> str:
    """Return a code file's name without the user's folders."""
    parts = Path(filename).parts
    for mark in ("site-packages", "clerkdesk"):
        if mark in parts:
            return "/".join(parts[len(parts) - 1 - parts[::-1].index(mark) :])
    return Path(filename).name

"""The way in: with no command the screens start at once; everything else is in `command_line`.

Imports nothing heavy: who opens the program to register a document must not wait for the libraries of a backup.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from clerkdesk import i18n
from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import _
from clerkdesk.places import data_folder

LANGUAGE_VARIABLE = "CLERKDESK_LANG"
FAILED, REFUSED, CRASHED = 1, 2, 70


@dataclass(frozen=True, slots=True)
class Options:
    """What may stand before a command, or alone."""

    language: str
    data: Path | None = None
    theme: str | None = None


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit."""
    arguments = sys.argv[1:] if arguments is None else arguments
    _prepare_process()
    plain = plain_options(arguments)
    _choose_language(plain.language if plain else _language_in(arguments))
    data = data_folder(plain.data if plain else _data_in(arguments))
    raise SystemExit(guarded(lambda: start(plain, data) if plain else _command(arguments), data))


def plain_options(arguments: Sequence[str]) -> Options | None:
    """Return the options when nothing but options of the start is given, else None.

    Args:
        arguments: without the program's name; `start` alone may stand among them.
    """
    options = Options(_language_in(()))
    rest = [*arguments]
    while rest:
        name, given, value = rest.pop(0).partition("=")
        if name == "start" and not given:
            continue
        if name not in ("--lang", "--data", "--theme"):
            return None
        if not given:
            if not rest:
                return None
            value = rest.pop(0)
        if not value:
            return None
        if name == "--lang":
            if value not in i18n.LANGUAGES:
                return None
            options = replace(options, language=value)
        elif name == "--data":
            options = replace(options, data=Path(value))
        else:
            options = replace(options, theme=value)
    return options


def start(options: Options, data: Path) -> int:
    """Show the screens until the person leaves."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.stderr.write(_("ClerkDesk cần một cửa sổ dòng lệnh. Các lệnh khác: clerkdesk --help") + "\n")
        return REFUSED
    _end_cleanly_when_asked()
    with suppress(OSError):  # told by the screens, which cannot work without it
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    from clerkdesk.screens.app import run

    return run(data, options.theme)


def guarded(work: Callable[[], int], data: Path) -> int:
    """Run something and return its exit code; no failure reaches the person as a traceback.

    A failure of ours prints its sentence (exit 2). Any other is written to a report without personal content.
    """
    try:
        return work()
    except ClerkDeskError as error:
        sys.stderr.write(error.message + "\n")
        return REFUSED
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        from clerkdesk.log import write_crash_report

        path = write_crash_report(data, error)
        told = _("Có lỗi ngoài dự kiến; dữ liệu đã lưu còn nguyên. Gửi báo cáo này cho người hỗ trợ: {path}")
        sys.stderr.write(told.format(path=path) + "\n")
        return CRASHED


def _command(arguments: Sequence[str]) -> int:
    from clerkdesk.command_line import run_command

    return run_command(arguments)


def _prepare_process() -> None:
    """Make text UTF-8 whatever the locale says, and keep input methods whole, before Textual is imported."""
    os.environ.setdefault("PYTHONUTF8", "1")  # for the processes that we start
    # Terminals that report every key by the kitty protocol lose what Vietnamese input methods commit.
    os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")


def _choose_language(language: str) -> None:
    try:
        i18n.use(language)
    except OSError:  # no compiled catalogue
        sys.stderr.write("No English words in this installation (run “make run” in the sources): Vietnamese is used.\n")


def _language_in(arguments: Sequence[str]) -> str:
    chosen = _value_of("--lang", arguments) or os.environ.get(LANGUAGE_VARIABLE, "").strip()[:2]
    return chosen if chosen in i18n.LANGUAGES else "vi"


def _data_in(arguments: Sequence[str]) -> Path | None:
    chosen = _value_of("--data", arguments)
    return Path(chosen) if chosen else None


def _value_of(option: str, arguments: Sequence[str]) -> str:
    """Return an option's value before Typer is imported: its help is worded in the language chosen by it."""
    for place, argument in enumerate(arguments):
        name, given, value = argument.partition("=")
        if name == option:
            return value if given else "".join(arguments[place + 1 : place + 2])
    return ""


def _end_cleanly_when_asked() -> None:
    """Let a closed window or a shutdown end the screens as leaving does: terminal put back, store closed."""

    def leave(number: int, _frame: FrameType | None) -> None:
        import asyncio

        try:  # between two steps of the screens, never in the middle of one
            asyncio.get_running_loop().call_soon_threadsafe(sys.exit, 128 + number)
        except RuntimeError:
            sys.exit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), leave)

"""A real terminal for tests: the program runs on a pty, its output is drawn by pyte, and tests wait for what they see."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyte

ROOT = Path(__file__).parents[1]
KEYS = {
    "up": b"\x1b[A",
    "down": b"\x1b[B",
    "right": b"\x1b[C",
    "left": b"\x1b[D",
    "home": b"\x1b[H",
    "end": b"\x1b[F",
    "pageup": b"\x1b[5~",
    "pagedown": b"\x1b[6~",
    "enter": b"\r",
    "tab": b"\t",
    "space": b" ",
    "shift+tab": b"\x1b[Z",
    "escape": b"\x1b",
    "backspace": b"\x7f",
    "delete": b"\x1b[3~",
    "f1": b"\x1bOP",
    "f2": b"\x1bOQ",
    "f3": b"\x1bOR",
    "f4": b"\x1bOS",
    "f5": b"\x1b[15~",
    "f6": b"\x1b[17~",
    "f7": b"\x1b[18~",
    "f8": b"\x1b[19~",
    "f9": b"\x1b[20~",
    "f10": b"\x1b[21~",
    "f12": b"\x1b[24~",
}
PASTE_START, PASTE_END = b"\x1b[200~", b"\x1b[201~"

# Sequences that pyte would print as text: private ones other than DEC modes, and queries.
_NOT_FOR_PYTE = re.compile(
    rb"\x1b\[[<>=][0-9;]*[A-Za-z]|\x1b\[\?[0-9;]*\$?[^hl0-9;$\x1b]|\x1b[P_\]][^\x1b\x07]*(?:\x1b\\|\x07)"
)
_UNFINISHED = re.compile(rb"\x1b(?:\[[<>=?0-9;$]*|[P_\]][^\x1b\x07]*\x1b?)?$")


def paste(text: str) -> bytes:
    """A bracketed paste, as terminals send it."""
    return PASTE_START + text.encode() + PASTE_END


def retyped(words: str, compose: Callable[[str], str], backspace: bytes = b"\x7f") -> Iterator[bytes]:
    """The bytes of an input method that composes by retyping (Unikey): for each key, backspaces and new letters.

    Args:
        words: Keys as pressed by the clerk; a blank ends a word.
        compose: Turns the keys of a word into the word.
        backspace: What the terminal sends for Backspace.
    """
    for nth, keys in enumerate(words.split(" ")):
        if nth:
            yield b" "
        shown = ""
        for end in range(1, len(keys) + 1):
            now = compose(keys[:end])
            same = next(
                (i for i, (a, b) in enumerate(zip(shown, now, strict=False)) if a != b), min(len(shown), len(now))
            )
            yield backspace * (len(shown) - same) + now[same:].encode()
            shown = now


class _Screen(pyte.Screen):
    """A screen that counts its bells."""

    bells = 0

    def bell(self, *_args: object) -> None:
        self.bells += 1


class Terminal:
    """A program on a pty. Use it in a `with` block; it is killed at the end.

    Args:
        command: The program; `Terminal.python("tests.screens.demo_keys")` runs a module of this repository.
        term: The terminal's name; only `xterm-256color` also claims true colour.
        env: More environment variables.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        lines: int = 24,
        term: str = "xterm-256color",
        env: dict[str, str] | None = None,
    ) -> None:
        self._screen = _Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._rest = b""
        self.received = 0
        environment = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "LINES", "COLORTERM", "NO_COLOR"}}
        environment.update(TERM=term, TEXTUAL_DISABLE_KITTY_KEY="1", PYTHONUTF8="1", PYTHONPATH=str(ROOT))
        if term == "xterm-256color":
            environment["COLORTERM"] = "truecolor"
        environment.update(env or {})
        self._fd, theirs = pty.openpty()
        self._set_size(columns, lines)
        self._process = subprocess.Popen(
            list(command), stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=ROOT, start_new_session=True
        )
        os.close(theirs)

    @classmethod
    def python(cls, module: str, *arguments: str, **options: Any) -> Self:
        """Run a module of this repository."""
        return cls([sys.executable, "-m", module, *arguments], **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Kill the program."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        os.close(self._fd)

    # -- typing -------------------------------------------------------------------------------------------------------

    def send(self, *keys: str | bytes) -> None:
        """Send keys by name (`f2`), other texts and bytes as they are, all in one write."""
        data = b"".join(k if isinstance(k, bytes) else KEYS.get(k, k.encode()) for k in keys)
        while data:
            data = data[os.write(self._fd, data[:512]) :]
            self._read(0)

    def send_paced(self, chunks: Iterable[bytes], gap: float) -> None:
        """Send chunks with a pause after each, as a person does, reading what comes meanwhile."""
        for chunk in chunks:
            self.send(chunk)
            end = time.monotonic() + gap
            while (left := end - time.monotonic()) > 0:
                self._read(left)

    def resize(self, columns: int, lines: int) -> None:
        """Change the window's size."""
        self._screen.resize(lines, columns)
        self._set_size(columns, lines)
        self._process.send_signal(signal.SIGWINCH)

    # -- seeing -------------------------------------------------------------------------------------------------------

    def wait_for(self, wanted: str | Callable[[Terminal], object], timeout: float = 30.0) -> None:
        """Read until the screen shows a text, or a condition holds.

        Raises:
            AssertionError: it does not come about; the screen is in the message.
        """
        end = time.monotonic() + timeout
        while not (wanted in self.text() if isinstance(wanted, str) else wanted(self)):
            left = end - time.monotonic()
            if left <= 0 or not self._read(min(left, 1.0), may_end=True):
                if left > 0 and self._process.poll() is None:
                    continue
                raise AssertionError(f"waited for {wanted!r} in vain; the screen:\n{self.text()}")

    def wait_quiet(self, quiet: float = 0.1, timeout: float = 30.0) -> None:
        """Read until nothing has come for `quiet` seconds: for measurements, where no text can be waited for."""
        end = time.monotonic() + timeout
        while self._read(quiet) and time.monotonic() < end:
            pass

    def wait_exit(self, timeout: float = 30.0) -> int:
        """Read until the program ends, and return its exit code."""
        end = time.monotonic() + timeout
        while self._process.poll() is None and time.monotonic() < end:
            self._read(0.05, may_end=True)
        return self._process.wait(timeout=1)

    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def line(self, y: int) -> str:
        """One line of the screen."""
        return str(self._screen.display[y]).rstrip()

    def find(self, text: str) -> tuple[int, int]:
        """Column and line of the first occurrence of `text`."""
        for y, line in enumerate(self._screen.display):
            if text in line:
                return line.index(text), y
        raise AssertionError(f"{text!r} is not on the screen:\n{self.text()}")

    def cell(self, x: int, y: int) -> Any:
        """A cell as pyte keeps it: `.data .underscore .reverse .bold .fg .bg`."""
        return self._screen.buffer[y][x]

    @property
    def bells(self) -> int:
        """How often the terminal was rung."""
        return self._screen.bells

    @property
    def cursor(self) -> tuple[int, int]:
        """Where the terminal's own cursor is: column, line."""
        return self._screen.cursor.x, self._screen.cursor.y

    # -- measuring ----------------------------------------------------------------------------------------------------

    def cpu(self) -> float:
        """CPU seconds that the program has used."""
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9

    def rss(self) -> float:
        """Memory in use, in MiB."""
        return int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def _read(self, wait: float, *, may_end: bool = False) -> bool:
        """Draw what comes within `wait` seconds; answers whether something came."""
        if not select.select([self._fd], [], [], max(0.0, wait))[0]:
            return False
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:  # the program has closed the terminal
            if may_end:
                return False
            raise
        self.received += len(data)
        data = _NOT_FOR_PYTE.sub(b"", self._rest + data)
        unfinished = _UNFINISHED.search(data)
        self._rest = data[unfinished.start() :] if unfinished else b""
        self._stream.feed(data[: len(data) - len(self._rest)])
        return True

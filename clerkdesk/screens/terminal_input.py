"""What comes from the terminal may be broken: half a letter on a bad line, the bytes of another encoding."""

from __future__ import annotations

import codecs
import os
from functools import partial


def forgive_broken_bytes() -> None:
    """Let Textual's reader put `�` for a byte that is no UTF-8; it would end the program with a traceback instead."""
    if os.name != "posix":
        return
    from textual.drivers import linux_driver

    linux_driver.getincrementaldecoder = _forgiving  # type: ignore[attr-defined,assignment]


def _forgiving(encoding: str) -> partial[codecs.IncrementalDecoder]:
    return partial(codecs.getincrementaldecoder(encoding), errors="replace")

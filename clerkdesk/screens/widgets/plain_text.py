"""Text from people and files made fit for one terminal line: composed accents, no breaks, no control characters."""

from __future__ import annotations

import re
import unicodedata

from rich.cells import cell_len

_BREAKS = re.compile(r"\s*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+\s*")
_SPACES = re.compile(r"[\t\xa0\u2000-\u200a\u202f\u205f\u3000]")
# C0, DEL and C1 drive the terminal; lone surrogates cannot be written as UTF-8; the others turn the reading direction
# of the whole line or make a word look like another one.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
ELLIPSIS = "…"


def one_line(text: str, *, control: str = "") -> str:
    """Return `text` as one line of composed (NFC) Vietnamese.

    Every run of line breaks, with the blanks around it, becomes one space, as do tabs and odd spaces.

    Args:
        text: Whatever was typed, pasted or stored.
        control: What stands for a control character; a list shows a mark, an entry field drops it.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _SPACES.sub(" ", _BREAKS.sub(" ", text))
    return unicodedata.normalize("NFC", _CONTROLS.sub(control, text))


def pasted(text: str) -> str:
    """Return `text` from the clipboard as one line, without the line breaks that stood around it."""
    return one_line(text.strip("\r\n\v\f\x85\u2028\u2029 \t"))


def fit(text: str, width: int, align: str = "left") -> str:
    """Return `text` in exactly `width` terminal cells: padded, or cut with an ellipsis.

    Combining marks take no cell and stay with their letter; a wide character that does not fit whole is cut whole.
    """
    if width <= 0:
        return ""
    used = cell_len(text)
    if used > width:
        taken, used = [], 0
        for character in text:
            cells = cell_len(character)
            if used + cells > width - 1:
                break
            taken.append(character)
            used += cells
        text, used = "".join(taken) + ELLIPSIS, used + 1
    blanks = width - used
    if align == "right":
        return " " * blanks + text
    if align == "center":
        return " " * (blanks // 2) + text + " " * (blanks - blanks // 2)
    return text + " " * blanks

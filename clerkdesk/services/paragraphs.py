"""The lines of a page as paragraphs: a pane narrower than the paper wraps them anew, so the paper's line ends must go."""

from __future__ import annotations

import re

_SHORTEST_FULL_LINE = 50
"""Characters; a page whose longest line is shorter is a title page or a form, and stays as it is."""
_FULL = 0.8  # of the longest line: letters differ in width, so full lines differ in characters

# What begins a line of its own: a dash, a bullet, "1.", "a)", "Điều 5", a row of a table, the parts of a document.
_BEGINS = re.compile(
    r"[-+•*–—]\s|\(?\d{1,2}(\.\d+)*[.)]\s|\d{1,3}\s+[^\W\d_a-zà-ỹđ]|[a-zđ][.)]\s|[IVX]+\.\s"
    r"|(Điều|Chương|Mục|Phần|Phụ lục|Căn cứ|Theo đề nghị|Kính gửi|Nơi nhận|Số:|V/v)\b"
)
_ENDS = (".", ";", ":", "?", "!", "./.")


def paragraphs(text: str) -> str:
    """Return the text with each paragraph on one line."""
    lines = [line.strip() for line in text.splitlines()]
    longest = max(map(len, lines), default=0)
    if longest < _SHORTEST_FULL_LINE:
        return "\n".join(lines)
    found: list[str] = []
    before = ""
    for line in lines:
        if before and line and _goes_on(before, line, longest):
            found[-1] += f" {line}"
        else:
            found.append(line)
        before = line
    return "\n".join(found)


def _goes_on(before: str, line: str, longest: int) -> bool:
    """Say whether a line continues the one before: that one is full, and this one begins nothing of its own."""
    first_word = line.split(maxsplit=1)[0]
    full = len(before) + 1 + len(first_word) > longest * _FULL
    if not full or _BEGINS.match(line) or before.isupper() != line.isupper():
        return False
    return not (before.endswith(_ENDS) and first_word[0].isupper())

"""Colours. No meaning rests on them: state is said in words and marks, fields are underlined."""

from __future__ import annotations

import os

from textual.theme import Theme

THEMES = (
    Theme(
        name="clerk-dark", primary="#5fafd7", secondary="#87afaf", accent="#d7af5f", foreground="#e4e4e4",
        background="#1c1c1c", surface="#1c1c1c", panel="#303030", success="#87af5f", warning="#d7af5f",
        error="#ff8787", dark=True,
    ),
    Theme(
        name="clerk-light", primary="#005f87", secondary="#5f8787", accent="#875f00", foreground="#121212",
        background="#fafaf5", surface="#fafaf5", panel="#e4e4dc", success="#3a6f00", warning="#875f00",
        error="#af0000", dark=False,
    ),
    Theme(
        name="clerk-mono", primary="#ffffff", secondary="#ffffff", accent="#ffffff", foreground="#ffffff",
        background="#000000", surface="#000000", panel="#000000", success="#ffffff", warning="#ffffff",
        error="#ffffff", dark=True,
    ),
)  # fmt: skip
NAMES = tuple(theme.name for theme in THEMES)


def default_theme() -> str:
    """Return the theme for this terminal: monochrome where colour is unwanted or missing."""
    if "NO_COLOR" in os.environ or os.environ.get("TERM", "") in ("vt100", "vt220", "dumb"):
        return "clerk-mono"
    return "clerk-dark"

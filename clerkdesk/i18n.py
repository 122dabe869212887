"""The words on screen: Vietnamese is the source language, every other language is a gettext catalogue.

Lives below all packages, so that a service can word an error. `use()` is called once, before any screen is imported.
"""

from __future__ import annotations

import gettext
from pathlib import Path

LOCALE_DIR = Path(__file__).parent / "locale"
LANGUAGES = ("vi", "en")

_translation: gettext.NullTranslations = gettext.NullTranslations()
_language = "vi"


def use(language: str) -> None:
    """Choose the language of the whole process.

    Args:
        language: `vi` (no catalogue is needed) or `en`.

    Raises:
        ValueError: a language that we do not have.
    """
    global _translation, _language
    if language not in LANGUAGES:
        raise ValueError(language)
    _language = language
    if language == "vi":
        _translation = gettext.NullTranslations()
    else:
        _translation = gettext.translation("clerkdesk", LOCALE_DIR, [language])


def language() -> str:
    """Return the language in use, `vi` or `en`."""
    return _language


def _(text: str) -> str:
    """Return `text`, a Vietnamese sentence of ours, in the language in use."""
    return _translation.gettext(text) if text else ""


def N_(text: str) -> str:
    """Mark a constant for the catalogue; it is translated where it is shown."""
    return text

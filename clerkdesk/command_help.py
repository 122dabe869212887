"""The command line's frame (headings, wrong usage) in the language in use; Typer has only English words for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from typer.core import TyperCommand, TyperGroup

from clerkdesk.i18n import _

if TYPE_CHECKING:
    import typer


class Command(TyperCommand):
    """A command whose help is in the language in use."""

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]
        """Return the help."""
        return in_our_words(super().get_help(ctx))

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002
        """Return the first sentence, whole."""
        return (self.help or "").split(". ")[0].rstrip(".") + "."


class Group(TyperGroup):
    """The list of commands, in the order in which they are written."""

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]
        """Return the help."""
        return in_our_words(super().get_help(ctx))


def in_our_words(text: str) -> str:
    """Return Typer's help with its own words replaced."""
    for theirs, ours in (
        (r"^Usage:", _("Cách dùng:")),
        (r"^Options:", _("Tùy chọn:")),
        (r"^Arguments:", _("Đối số:")),
        (r"^Commands:", _("Lệnh:")),
        (r"\[OPTIONS\]", _("[TÙY-CHỌN]")),
        (r"COMMAND \[ARGS\]\.\.\.", _("LỆNH [ĐỐI-SỐ]…")),
        (r"Show this message and exit\.", _("Hiện phần giải thích này.")),
        (r"\[required\]", _("[bắt buộc]")),
        (r"\[default: ", _("[mặc định: ")),
        (r" <path>", " " * 7),
    ):
        text = re.sub(theirs, ours, text, flags=re.MULTILINE)
    return text


def usage_sentence(error: typer.TyperException) -> str:
    """Return what is wrong with a command line, and where the help is."""
    kind = type(error).__name__
    parameter = _name(getattr(error, "param", None))
    if kind == "NoSuchOption":
        sentence = _("Không có tùy chọn {name}.").format(name=getattr(error, "option_name", ""))
    elif kind == "MissingParameter":
        sentence = _("Thiếu {name}.").format(name=parameter)
    elif kind == "BadParameter":
        sentence = _("{name} không dùng được.").format(name=parameter)
    elif match := re.match(r"No such command '(.*?)'", error.format_message()):
        sentence = _("Không có lệnh “{name}”.").format(name=match[1])
    elif kind == "BadOptionUsage":
        sentence = _("Tùy chọn {name} thiếu giá trị.").format(name=getattr(error, "option_name", ""))
    else:
        sentence = _("Dòng lệnh không đúng.")
    return sentence + " " + _("Xem: clerkdesk --help")


def _name(parameter: object) -> str:
    return str(getattr(parameter, "metavar", None) or getattr(parameter, "name", None) or "")

"""The key table: every key of every screen, for help, the manual and the person's own `keys.toml`."""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from textual.binding import Binding

from clerkdesk.errors import BadInput
from clerkdesk.i18n import N_, _

# Keys that do not arrive on every terminal, or arrive as another key.
FORBIDDEN = ("ctrl+h", "ctrl+i", "ctrl+m", "ctrl+j", "shift+f", "alt+")

# Where keys are bound, in the order of the manual: heading, module, class.
BOUND_IN = (
    (N_("Ở mọi màn hình"), "clerkdesk.screens.app", "ClerkApp"),
    (N_("Đăng nhập"), "clerkdesk.screens.welcome", "WelcomeScreen"),
    (N_("Màn hình làm việc"), "clerkdesk.screens.office_screen", "OfficeScreen"),
    (N_("Bàn làm việc"), "clerkdesk.screens.home", "HomeScreen"),
    (N_("Ô nhập"), "clerkdesk.screens.widgets.entry_field", "EntryField"),
    (N_("Phiếu nhập"), "clerkdesk.screens.entry_form", "EntryForm"),
    (N_("Nhập văn bản đến"), "clerkdesk.screens.arrival_form", "ArrivalForm"),
    (N_("Soạn văn bản đi"), "clerkdesk.screens.outgoing_form", "OutgoingForm"),
    (N_("Bảng"), "clerkdesk.screens.widgets.windowed_table", "WindowedTable"),
    (N_("Danh sách"), "clerkdesk.screens.document_list", "DocumentListScreen"),
    (N_("Văn bản đến"), "clerkdesk.screens.arrival_record", "ArrivalRecordScreen"),
    (N_("Văn bản đi"), "clerkdesk.screens.outgoing_record", "OutgoingRecordScreen"),
    (N_("Chờ vào sổ"), "clerkdesk.screens.waiting", "WaitingScreen"),
    (N_("Nhập danh sách"), "clerkdesk.screens.waiting_import", "ImportScreen"),
    (N_("Hộp đến liên thông"), "clerkdesk.screens.inbox", "InboxScreen"),
    (N_("Văn bản liên thông"), "clerkdesk.screens.inbox_record", "InboxRecordScreen"),
    (N_("Sổ và số"), "clerkdesk.screens.registers", "RegistersScreen"),
    (N_("Sổ tạm"), "clerkdesk.screens.emergency", "EmergencyScreen"),
    (N_("Chuyển số tạm sang số đến"), "clerkdesk.screens.emergency_conversion", "EmergencyConversionScreen"),
    (N_("Mở sổ năm"), "clerkdesk.screens.year_opening", "YearOpeningScreen"),
    (N_("Đóng sổ năm"), "clerkdesk.screens.year_closing", "YearClosingScreen"),
    (N_("Người dùng"), "clerkdesk.screens.people", "PeopleScreen"),
    (N_("Đồng bộ"), "clerkdesk.screens.outbox", "OutboxScreen"),
    (N_("Cần xem lại"), "clerkdesk.screens.attention", "AttentionScreen"),
    (N_("Cài đặt"), "clerkdesk.screens.settings", "SettingsScreen"),
)

_NAMES = {
    "escape": "Esc", "enter": "Enter", "space": "Space", "pageup": "PgUp", "pagedown": "PgDn", "up": "↑", "down": "↓",
    "left": "←", "right": "→", "home": "Home", "end": "End", "tab": "Tab", "delete": "Del", "insert": "Ins",
    "backspace": "⌫", "slash": "/", "plus": "+", "minus": "-",
}  # fmt: skip


class KeymapWrong(BadInput):
    """The person's key file cannot be used."""

    sentence = N_("Tệp phím {path} không dùng được: {reason}. Đang dùng phím mặc định.")


def is_forbidden(key: str) -> bool:
    """Say whether a key does not arrive on every terminal; Ctrl+Home is another key than Ctrl+H."""
    return key in FORBIDDEN or key.startswith(("shift+f", "alt+"))


def key_name(key: str) -> str:
    """Return a key as people write it: `ctrl+g` is Ctrl+G, `pageup` is PgUp."""
    parts = key.split("+") if key != "+" else ["+"]
    return "+".join(
        _NAMES.get(part, part.upper() if len(part) <= 3 and part != "ctrl" else part.capitalize()) for part in parts
    )


def key_names(keys: Iterable[str]) -> str:
    """Return several keys for one action."""
    return ", ".join(key_name(key) for key in dict.fromkeys(keys))


def bindings_of(cls: type[Any]) -> Iterator[Binding]:
    """Yield the bindings that a class itself adds, one per key list."""
    for binding in cls.__dict__.get("BINDINGS", ()):
        yield binding if isinstance(binding, Binding) else Binding(*binding)


@cache
def usual_keys(cls: type[Any], name: str) -> tuple[str, ...]:
    """Return the keys that an action of a class has by its name when nobody has chosen others."""
    for base in cls.__mro__:
        for binding in bindings_of(base):
            if binding.id == name:
                return tuple(binding.key.split(","))
    return ()


def key_table() -> str:
    """Return the table of all keys, one heading per screen, as Markdown; the manual holds the same text."""
    lines: list[str] = []
    for heading, module, name in BOUND_IN:
        cls = getattr(importlib.import_module(module), name)
        rows = [
            (key_names(binding.key.split(",")), _(binding.description), binding.id or "")
            for binding in bindings_of(cls)
            if binding.description
        ]
        if rows:
            lines += [f"### {_(heading)}", "", f"| {_('Phím')} | {_('Việc')} | {_('Tên')} |", "| --- | --- | --- |"]
            lines += [f"| {keys} | {label} | `{name}` |" for keys, label, name in rows]
            lines.append("")
    return "\n".join(lines)


def read_keymap(path: Path) -> dict[str, str]:
    """Return the person's own keys: name of the action to key, from lines like `"form.save" = "ctrl+s"`.

    Raises:
        KeymapWrong: not TOML, or a key that does not arrive on every terminal.
    """
    if not path.exists():
        return {}
    try:
        keymap = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise KeymapWrong(path=path, reason=error) from error
    for key in keymap.values():
        if not isinstance(key, str) or any(map(is_forbidden, key.split(","))):
            raise KeymapWrong(path=path, reason=key)
    return keymap

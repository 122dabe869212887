"""Choosing a file: typing or dragging its path, or taking one of the watched folder."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

from clerkdesk.i18n import _
from clerkdesk.screens.modals.pick import PickModal

if TYPE_CHECKING:
    from clerkdesk.services.desk import Desk

SHOWN_AT_MOST = 200


def typed_path(typed: str) -> Path:
    """Return the path that was typed, pasted or dragged in: quotes, `file://` and `~` as terminals write them."""
    text = typed.strip()
    if text.startswith("file://"):
        text = unquote(urlparse(text).path)
    elif len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    elif os.name == "posix" and "\\" in text:
        text = " ".join(shlex.split(text)) if text.count("'") % 2 == 0 and text.count('"') % 2 == 0 else text
    return Path(text).expanduser()


class PickFileModal(PickModal[Path]):
    """Answers with the path of a file; a folder is gone into."""

    def __init__(self, desk: Desk, title: str = "") -> None:
        from clerkdesk.services.settings import read_setting

        watched = desk.read(read_setting, "watched_folder")
        self.start = Path(watched).expanduser() if watched else Path.home()
        super().__init__(
            title or _("Gắn tệp"), self.files_for, "", _("Gõ hoặc kéo thả đường dẫn · ↑↓ chọn · Enter nhận · Esc về")
        )

    def files_for(self, typed: str) -> list[tuple[str, Path]]:
        """List the folder that the typed path leads to, newest files first."""
        path = typed_path(typed) if typed.strip() else self.start
        if typed.strip() and path.is_file():
            return [(str(path), path)]
        folder, prefix = (path, "") if path.is_dir() else (path.parent, path.name)
        if typed.strip() and "/" not in typed and "\\" not in typed:
            folder, prefix = self.start, typed.strip()
        try:
            return list(self._listed(folder, prefix))[:SHOWN_AT_MOST]
        except OSError:
            return []

    def _listed(self, folder: Path, prefix: str) -> Iterator[tuple[str, Path]]:
        from clerkdesk.services.folding import folded

        entries = []
        with os.scandir(folder) as found:
            for entry in found:
                if not entry.name.startswith(".") and folded(prefix) in folded(entry.name):
                    is_folder = entry.is_dir()
                    entries.append((not is_folder, -entry.stat().st_mtime, entry.name, is_folder))
        # Files first: they are what is looked for.
        for _rank, _age, name, is_folder in sorted(entries, key=lambda one: (not one[0], *one[1:3])):
            yield (f"{name}/" if is_folder else name, folder / name)

    def action_choose(self) -> None:
        """Go into a folder; answer with a file."""
        from textual.widgets import OptionList

        from clerkdesk.screens.widgets.entry_field import EntryField

        place = self.query_one("#choices", OptionList).highlighted
        chosen = self.choices[place][1] if place is not None and place < len(self.choices) else None
        if chosen is not None and chosen.is_dir():
            field = self.query_one("#find", EntryField)
            field.value = f"{chosen}{os.sep}"
            field.cursor_position = len(field.value)
        else:
            super().action_choose()

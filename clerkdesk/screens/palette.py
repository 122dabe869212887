"""The command palette (Ctrl+P): areas and the current screen's actions, found without accents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from clerkdesk.i18n import _
from clerkdesk.screens.areas import AREAS
from clerkdesk.screens.keys import key_names
from clerkdesk.screens.themes import NAMES

if TYPE_CHECKING:
    from clerkdesk.screens.app import ClerkApp


class OfficeCommands(Provider):
    """Everything that can be done from here."""

    def commands(self) -> Iterator[tuple[str, str, Callable[[], Any]]]:
        """Yield label, explanation and what to call."""
        app = cast("ClerkApp", self.app)
        if app.is_desk_open and app.desk.session is not None:
            for name, area in AREAS.items():
                yield _("Đi tới: {area}").format(area=area.label), f"Ctrl+G {area.code}", partial(app.show_area, name)
        for key, active in self.screen.active_bindings.items():
            binding = active.binding
            if binding.description and active.enabled and binding.id and not binding.id.startswith(("field.", "area.")):
                yield _(binding.description), key_names([key]), partial(app.run_action, binding.action, active.node)
        for theme in NAMES:
            yield _("Màu: {theme}").format(theme=theme), "", partial(setattr, app, "theme", theme)

    async def discover(self) -> Hits:
        """Offer everything before a letter is typed."""
        for label, note, call in self.commands():
            yield DiscoveryHit(Content(label), call, help=note)

    async def search(self, query: str) -> Hits:
        """Offer what has every typed word, accents or not."""
        from clerkdesk.services.folding import folded

        words = folded(query).split()
        for label, note, call in self.commands():
            key = folded(label)
            if all(word in key for word in words):
                yield Hit(100.0 if key.startswith(" ".join(words)) else 50.0, Content(label), call, help=note)

"""Go to an area: its two letters, or a part of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import getters

from clerkdesk.i18n import _
from clerkdesk.screens.areas import AREAS, roles_wanted
from clerkdesk.screens.modals.pick import PickModal

if TYPE_CHECKING:
    from clerkdesk.screens.app import ClerkApp


class GoToModal(PickModal[str]):
    """Answers with an area's name; typing a whole code goes there at once."""

    if TYPE_CHECKING:
        app = getters.app(ClerkApp)

    def __init__(self) -> None:
        super().__init__(_("Đi tới (gõ hai chữ, hoặc một phần tên)"), self.areas_for)

    def areas_for(self, typed: str) -> list[tuple[str, str]]:
        """Return the areas whose code or name fits."""
        from clerkdesk.services.folding import folded

        query = folded(typed)
        return [
            (f"{area.code}  {area.label} — {self.explained(name)}", name)
            for name, area in AREAS.items()
            if area.code.startswith(query) or all(word in folded(area.label) for word in query.split())
        ]

    def explained(self, name: str) -> str:
        """Return what an area is for, or for whom."""
        roles = roles_wanted(self.app.desk, name)
        return _("việc của {roles}").format(roles=roles) if roles else _(AREAS[name].help)

    def list_choices(self, typed: str) -> None:
        """Go at once when the code is complete."""
        super().list_choices(typed)
        exact = [name for name, area in AREAS.items() if area.code == typed.strip().lower()]
        if exact:
            self.dismiss(exact[0])

"""Another number than the next: one that is held, or a sub-number behind an existing one."""

from __future__ import annotations

from clerkdesk.i18n import _
from clerkdesk.screens.modals.ask import AskModal, Question


class SpecialNumberModal(AskModal):
    """Answers with (held number or None, number to insert behind or None, reason)."""

    def __init__(self) -> None:
        super().__init__(
            _("Số đặc biệt"),
            (
                Question("reserved", _("Số đang giữ"), required=False),
                Question("behind", _("Số phụ sau số"), required=False),
                Question("reason", _("Lý do (số phụ)"), required=False),
            ),
            _("Nhập số đang giữ để dùng, hoặc số có sẵn để chèn 15a, 15b… kèm lý do. Số phụ được liệt kê khi đóng sổ."),
        )

    def action_answer(self) -> None:
        """Close with the numbers."""
        from textual.widgets import Static

        from clerkdesk.errors import ClerkDeskError
        from clerkdesk.screens.widgets.entry_field import EntryField
        from clerkdesk.services.shorthand import parse_number

        typed = {name: self.query_one(f"#ask-{name}", EntryField).value for name in ("reserved", "behind", "reason")}
        try:
            reserved, behind = parse_number(typed["reserved"]), parse_number(typed["behind"])
        except ClerkDeskError as error:
            self.query_one("#trouble", Static).update(f"✗ {error.message}")
            self.app.bell()
            return
        if (reserved is None) == (behind is None):
            self.query_one("#trouble", Static).update("✗ " + _("Nhập một trong hai: số đang giữ, hoặc số để chèn sau."))
            self.app.bell()
            return
        self.dismiss((reserved, behind, typed["reason"]))

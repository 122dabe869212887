"""A new password: one's own at the first login, or another's first one by the administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from textual import getters
from textual.widgets import Static

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import _
from clerkdesk.screens.modals.ask import AskModal, Question
from clerkdesk.screens.widgets.entry_field import EntryField

if TYPE_CHECKING:
    from clerkdesk.screens.app import ClerkApp


class NewPasswordModal(AskModal):
    """Sets a person's password by command; answers with something true when it is set."""

    if TYPE_CHECKING:
        app = getters.app(ClerkApp)

    def __init__(self, person: UUID) -> None:
        super().__init__(
            _("Đặt mật khẩu mới"),
            (
                Question("password", _("Mật khẩu mới"), secret=True),
                Question("password_again", _("Nhập lại"), secret=True),
            ),
            _("Ít nhất 8 ký tự, có chữ hoa, chữ thường, chữ số và ký tự đặc biệt (Hà Nam 44/2024 Điều 21)."),
        )
        self.person = person

    def action_answer(self) -> None:
        """Check the rule, then set it."""
        from clerkdesk.services.commands import SetPassword
        from clerkdesk.services.passwords import PasswordsDiffer, check_password_rule, hash_password

        first, second = (self.query_one(f"#ask-{name}", EntryField).value for name in ("password", "password_again"))
        try:
            check_password_rule(first)
            if first != second:
                raise PasswordsDiffer
            command = self.app.desk.make(SetPassword, person=self.person, password_hash=hash_password(first))
            self.app.do(command)
        except ClerkDeskError as error:
            self.query_one("#trouble", Static).update(f"✗ {error.message}")
            wrong = error.field or "password"
            for name in ("password_again", wrong):  # hidden text cannot be mended
                self.query_one(f"#ask-{name}", EntryField).value = ""
            self.query_one(f"#ask-{wrong}", EntryField).focus()
            self.app.bell()
        else:
            self.dismiss({"done": "1"})

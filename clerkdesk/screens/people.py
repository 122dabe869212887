"""People: accounts, roles, first passwords; a leaver's account is closed and kept (Đà Nẵng 8849 Đ13.5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import N_, _
from clerkdesk.screens.office_screen import OfficeScreen
from clerkdesk.screens.widgets.windowed_table import Column, WindowedTable

if TYPE_CHECKING:
    from clerkdesk.services.people import Person
    from clerkdesk.services.vocabulary import Role


class PersonRows:
    """The accounts as rows."""

    def __init__(self, people: list[Person]) -> None:
        self.people = people

    def count(self) -> int:
        """How many."""
        return len(self.people)

    def rows(self, start: int, stop: int) -> Sequence[Sequence[str]]:
        """Their cells."""
        return [
            (
                one.username, one.full_name, one.position, ", ".join(sorted(role.label for role in one.roles)),
                _("đang dùng") if one.active else _("đã đóng"),
            )
            for one in self.people[start:stop]
        ]  # fmt: skip


class PeopleScreen(OfficeScreen):
    """The accounts of the agency."""

    HELP = N_(
        "F2 thêm người; Enter sửa vai trò, chức vụ; F9 đặt lại mật khẩu; Delete đóng tài khoản của người nghỉ việc (lịch sử vẫn giữ). Chỉ quản trị được làm."
    )
    AUTO_FOCUS = "#people"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2,insert", "add", N_("Thêm"), id="people.add"),
        Binding("f9", "password", N_("Mật khẩu"), id="people.password"),
        Binding("delete", "close_account", N_("Đóng/mở lại"), id="people.close"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.accounts: list[Person] = []

    def body(self) -> ComposeResult:
        """One table."""
        yield WindowedTable(
            (
                Column(_("Tên đăng nhập"), 14),
                Column(_("Họ và tên"), 20, stretch=True),
                Column(_("Chức vụ"), 14, stretch=True),
                Column(_("Vai trò"), 18),
                Column(_("Tài khoản"), 9),
            ),
            id="people",
        )

    def on_mount(self) -> None:
        """Read the accounts."""
        self.head(_("NGƯỜI DÙNG"))
        self.office_changed()

    def office_changed(self) -> None:
        """Read the accounts."""
        from clerkdesk.services.people import people

        self.accounts = self.desk.read(people)
        self.query_one(WindowedTable).replace_source(PersonRows(self.accounts), keep_cursor=True)

    def current(self) -> Person | None:
        """The account under the cursor."""
        place = self.query_one(WindowedTable).cursor
        return self.accounts[place] if place < len(self.accounts) else None

    def _roles(self, typed: str) -> frozenset[Role] | None:
        """Understand roles typed as numbers: `1 5` is clerk and administrator."""
        from clerkdesk.services.vocabulary import Role

        roles = list(Role)
        try:
            chosen = frozenset(roles[int(digit) - 1] for digit in typed.replace(",", " ").split() if int(digit) > 0)
        except (ValueError, IndexError):
            chosen = frozenset()
        if not chosen:
            self.say(
                _(
                    "Vai trò là các số 1–{count} cách nhau bằng dấu cách, ví dụ “1 5”; danh sách ở đầu hộp thoại."
                ).format(count=len(roles)),
                bad=True,
            )
            return None
        return chosen

    @staticmethod
    def _role_list() -> str:
        from clerkdesk.services.vocabulary import Role

        return " · ".join(f"{place} {role.label}" for place, role in enumerate(Role, start=1))

    def action_add(self) -> None:
        """Create an account with a first password, to be changed at the first login."""
        from clerkdesk.screens.modals.ask import AskModal, Question
        from clerkdesk.services.commands import AddPerson, NewPerson
        from clerkdesk.services.ids import new_id
        from clerkdesk.services.passwords import check_password_rule, hash_password
        from clerkdesk.services.people import suggested_username

        def answered(answer: dict[str, str] | None) -> None:
            if answer is None:
                return
            roles = self._roles(answer["roles"])
            if roles is None:
                return
            username = answer["username"].strip().lower() or suggested_username(answer["full_name"])
            try:
                check_password_rule(answer["password"])
                facts = NewPerson(
                    id=new_id(), username=username, full_name=answer["full_name"], position=answer["position"],
                    roles=roles,
                )  # fmt: skip
            except ClerkDeskError as error:
                self.say(error.message, bad=True)
                return
            sentence = _("Đã thêm {name}, tên đăng nhập {username}.").format(name=facts.full_name, username=username)
            self.give(AddPerson, sentence, person=facts, password_hash=hash_password(answer["password"]))

        questions = (
            Question("full_name", _("Họ và tên")),
            Question("position", _("Chức vụ"), required=False),
            Question("username", _("Tên đăng nhập"), required=False),
            Question("roles", _("Vai trò (số)"), "4"),
            Question("password", _("Mật khẩu lần đầu"), secret=True),
        )
        self.app.push_screen(AskModal(_("Thêm người dùng"), questions, self._role_list()), answered)

    @on(WindowedTable.RowChosen)
    def change(self, event: WindowedTable.RowChosen) -> None:
        """Change roles and position."""
        if type(event) is not WindowedTable.RowChosen:
            return
        from clerkdesk.screens.modals.ask import AskModal, Question
        from clerkdesk.services.commands import ChangePerson
        from clerkdesk.services.vocabulary import Role

        one = self.current()
        if one is None:
            return
        numbers = " ".join(str(place) for place, role in enumerate(Role, start=1) if role in one.roles)

        def answered(answer: dict[str, str] | None) -> None:
            if answer is None:
                return
            roles = self._roles(answer["roles"])
            if roles is not None:
                self.give(
                    ChangePerson, _("Đã sửa {name}.").format(name=one.full_name), person=one.id,
                    position=answer["position"], unit=one.unit_id, roles=roles, active=one.active,
                )  # fmt: skip

        questions = (
            Question("position", _("Chức vụ"), one.position, required=False),
            Question("roles", _("Vai trò (số)"), numbers),
        )
        self.app.push_screen(AskModal(one.full_name, questions, self._role_list()), answered)

    def action_close_account(self) -> None:
        """Close the account of a leaver, or open it again."""
        from clerkdesk.screens.modals.confirm import ConfirmModal
        from clerkdesk.services.commands import ChangePerson

        one = self.current()
        if one is None:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.give(
                    ChangePerson, _("Đã ghi: {name}.").format(name=one.full_name), person=one.id,
                    position=one.position, unit=one.unit_id, roles=one.roles, active=not one.active,
                )  # fmt: skip

        question = (
            _("Đóng tài khoản của {name}? Lịch sử công việc vẫn giữ.")
            if one.active
            else _("Mở lại tài khoản của {name}?")
        )
        self.app.push_screen(ConfirmModal(question.format(name=one.full_name)), answered)

    def action_password(self) -> None:
        """Set a person's password: one's own for good, another's until the next login."""
        from clerkdesk.screens.modals.new_password import NewPasswordModal

        one = self.current()
        if one is not None:
            self.app.push_screen(
                NewPasswordModal(one.id), lambda done: self.say(_("Đã đặt mật khẩu.")) if done else None
            )

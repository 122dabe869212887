"""What can be done with the pen (quyền cấp số) of a book: take it, return it, hand it over by telephone, see its history."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import _

if TYPE_CHECKING:
    from clerkdesk.screens.office_screen import OfficeScreen
    from clerkdesk.services.holdings import BookHeld, OtherDesk

Choice = tuple[str, Callable[[], None]]


class PenActions:
    """The actions for one book, asked from a screen; every one that gives something away asks first."""

    def __init__(self, screen: OfficeScreen, book: BookHeld) -> None:
        self.screen, self.book = screen, book
        self.desk = screen.desk
        self.facts = {"register_id": book.register_id, "year": book.year}

    def choose(self) -> None:
        """List what fits where the pen is now."""
        from clerkdesk.screens.modals.pick import PickModal, pick_from

        def chosen(action: Callable[[], None] | None) -> None:
            if action is not None:
                action()

        title = _("Quyền cấp số của “{title}” năm {year}: {holder}").format(
            title=self.book.title, year=self.book.year, holder=self.book.words
        )
        self.screen.app.push_screen(PickModal(title, pick_from(self._choices())), chosen)

    def _choices(self) -> list[Choice]:
        from clerkdesk.screens.pen_declaration import PenDeclaration
        from clerkdesk.services.custody_log import has_server

        choices: list[Choice] = []
        if self.desk.read(has_server):
            if self.book.here:
                choices += [
                    (_("Trả quyền về máy chủ"), self.give_back),
                    (_("Trao quyền cho máy khác bằng mã qua điện thoại…"), self.hand_over),
                ]
            else:
                choices += [
                    (_("Lấy quyền từ máy chủ"), self.take),
                    (_("Nhập mã nghe qua điện thoại để nhận quyền…"), self.enter_code),
                ]
                if not self.book.desk_code:
                    choices.append((_("Trao quyền máy chủ giữ cho máy khác bằng mã…"), self.hand_over))
            code = self._released_to()
            if code:
                choices.append((_("Xem lại mã đã trao cho máy {code}").format(code=code), self.show_code))
            choices.append((_("Khai báo máy hỏng, mất (hai người)…"), PenDeclaration(self.screen).choose_desk))
        choices.append((_("Lịch sử quyền cấp số của sổ này"), self.show_history))
        return choices

    def _released_to(self) -> str:
        from clerkdesk.services.holdings import released_to

        facts = self.desk.facts
        return self.desk.read(released_to, facts.id, self.book.register_id, self.book.year) if facts else ""

    def take(self) -> None:
        """Ask the server for the pen."""
        from clerkdesk.services.commands import TakePen

        done = _("Máy này giữ quyền cấp số của “{title}”.").format(title=self.book.title)
        self.screen.give(TakePen, done, **self.facts)

    def give_back(self) -> None:
        """Return the pen, after asking."""
        from clerkdesk.services.commands import ReturnPen

        done = _("Đã khóa “{title}” ở máy này; máy chủ nhận quyền sau khi nhận đủ các số.").format(
            title=self.book.title
        )
        question = _(
            "Trả quyền cấp số của “{title}” về máy chủ? Từ lúc này máy này không cấp số trong sổ khi mất kết nối."
        ).format(title=self.book.title)
        self._ask(question, lambda: self.screen.give(ReturnPen, done, **self.facts))

    def hand_over(self) -> None:
        """Choose the desk, ask, lock the book and show the code."""
        from clerkdesk.screens.modals.pick import PickModal, pick_from
        from clerkdesk.services.holdings import other_desks

        facts = self.desk.facts
        others = self.desk.read(other_desks, facts.id) if facts else []
        if not others:
            self.screen.say(_("Cơ quan chưa có máy nào khác để trao quyền."), bad=True)
            return

        def chosen(other: OtherDesk | None) -> None:
            if other is not None:
                self._ask_and_release(other)

        names = [(f"{one.code}  {one.name}", one) for one in others]
        self.screen.app.push_screen(PickModal(_("Trao quyền cho máy"), pick_from(names)), chosen)

    def _ask_and_release(self, other: OtherDesk) -> None:
        from clerkdesk.services.commands import ReleasePenByCode

        def release() -> None:
            done = _("Đã khóa “{title}” ở đây và trao quyền cho máy {code}.").format(
                title=self.book.title, code=other.code
            )
            released = self.screen.give(
                ReleasePenByCode, done, to_desk=other.id, to_incarnation=other.incarnation, **self.facts
            )
            if released is not None:
                self.show_code()

        question = _(
            "Trao quyền cấp số của “{title}” cho máy {code}? Sổ bị khóa ở đây ngay, không lấy lại được bằng máy này. Hãy gọi "
            "điện cho máy {code} trước; mã hiện ra để đọc."
        ).format(title=self.book.title, code=other.code)
        self._ask(question, release)

    def show_code(self) -> None:
        """Show the code of the pen that was handed over."""
        from clerkdesk.screens.modals.pen_code import PenCodeModal
        from clerkdesk.services.custody_by_code import code_of

        try:
            code = self.desk.read(code_of, self.desk.code_key(), self.book.register_id, self.book.year)
        except ClerkDeskError as error:
            self.screen.say(error.message, bad=True)
            return
        text = _("“{title}” năm {year}, cho máy {code}. Ở đây sổ đã khóa.").format(
            title=self.book.title, year=self.book.year, code=self._released_to()
        )
        self.screen.app.push_screen(PenCodeModal(code, text))

    def enter_code(self) -> None:
        """Take the pen with a code."""
        from clerkdesk.screens.modals.ask import AskModal, Question
        from clerkdesk.services.commands import TakePenByCode

        def answered(answer: dict[str, str] | None) -> None:
            if answer is None:
                return
            result = self.screen.give(TakePenByCode, "", code=answer["code"], **self.facts)
            if result is not None:
                done = _("Máy này giữ quyền cấp số của “{title}”, số tiếp theo {number}.")
                self.screen.say(done.format(title=self.book.title, number=result.next_number))

        title = _("Mã trao quyền của “{title}” năm {year}").format(title=self.book.title, year=self.book.year)
        why = _("Gõ 16 ký tự nghe được, hoa hay thường, có hay không dấu gạch; đọc lại cho bên kia trước khi bấm F2.")
        self.screen.app.push_screen(AskModal(title, (Question("code", _("Mã")),), why), answered)

    def show_history(self) -> None:
        """List the hand-overs of the book, the newest first."""
        from clerkdesk.screens.modals.pick import PickModal, pick_from
        from clerkdesk.services.holdings import history_of, short_time

        lines = []
        for one in self.desk.read(history_of, self.book.register_id, self.book.year):
            people = ", ".join(filter(None, (one.who, one.second)))
            places = f"{one.from_place} → {one.to_place}" if one.from_place else one.to_place
            text = f"{short_time(one.at)}  {one.what}: {places}"
            numbers = _("số tiếp {number}").format(number=one.next_number)
            if one.declared_last is not None:
                numbers = _("số cuối khai báo {number}").format(number=one.declared_last)
            lines.append((f"{text} · {numbers} · {people}", None))
        foot = _("Chưa có lần chuyển nào được ghi.") if not lines else ""
        title = _("Lịch sử quyền cấp số của “{title}”").format(title=self.book.title)
        self.screen.app.push_screen(PickModal(title, pick_from(lines), foot=foot))

    def _ask(self, question: str, then: Callable[[], object]) -> None:
        from clerkdesk.screens.modals.confirm import ConfirmModal

        def answered(yes: bool | None) -> None:
            if yes:
                then()

        self.screen.app.push_screen(ConfirmModal(question), answered)

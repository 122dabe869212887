"""Two people declare a desk destroyed: which desk, the last number of each of its books, why, and who the second one is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import _

if TYPE_CHECKING:
    from uuid import UUID

    from clerkdesk.screens.office_screen import OfficeScreen
    from clerkdesk.services.commands import DeclaredBook
    from clerkdesk.services.custody_log import Holding

BOOKS_AT_ONCE = 4  # questions that fit on 24 lines


class PenDeclaration:
    """The steps of a declaration, one after the other; nothing happens before the last one."""

    def __init__(self, screen: OfficeScreen) -> None:
        self.screen, self.desk = screen, screen.desk
        self.lost: tuple[UUID, str] | None = None
        self.set_aside = False
        self.books: list[Holding] = []
        self.declared: list[DeclaredBook] = []

    def choose_desk(self) -> None:
        """Which desk."""
        from clerkdesk.screens.modals.pick import PickModal, pick_from
        from clerkdesk.services.holdings import other_desks

        facts = self.desk.facts
        if facts is None:
            return
        names = [(f"{one.code}  {one.name}", (one.id, one.code)) for one in self.desk.read(other_desks, facts.id)]
        own = _("{code}  kho trước khi phục hồi của chính máy này").format(code=facts.code)
        names.append((own, (facts.id, facts.code)))

        def chosen(desk: tuple[UUID, str] | None) -> None:
            if desk is not None:
                self.lost = desk
                self._choose_fate()

        self.screen.app.push_screen(PickModal(_("Máy nào hỏng, mất?"), pick_from(names)), chosen)

    def _choose_fate(self) -> None:
        from clerkdesk.screens.modals.pick import PickModal, pick_from

        fates = [
            (_("Chắc chắn không còn dùng được (cháy, mất, hỏng ổ đĩa)"), False),
            (_("Có thể còn chạy ở đâu đó: tạm gác, đi tiếp sau một số đủ xa"), True),
        ]

        def chosen(set_aside: bool | None) -> None:
            if set_aside is not None:
                self.set_aside = set_aside
                self._ask_numbers()

        self.screen.app.push_screen(PickModal(_("Máy đó thế nào?"), pick_from(fates)), chosen)

    def _ask_numbers(self) -> None:
        from clerkdesk.services.takeover import books_to_declare

        facts = self.desk.facts
        if self.lost is not None and facts is not None:
            self.books = self.desk.read(books_to_declare, self.lost[0], facts.id)
            self._ask_some(0)

    def _ask_some(self, start: int) -> None:
        from clerkdesk.screens.modals.ask import AskModal, Question

        some = self.books[start : start + BOOKS_AT_ONCE]
        if not some:
            self._ask_people()
            return

        def answered(answer: dict[str, str] | None) -> None:
            if answer is None:
                return
            try:
                self.declared += [self._declared(book, answer[f"last{place}"]) for place, book in enumerate(some)]
            except ClerkDeskError as error:
                self.screen.say(error.message, bad=True)
                return
            self._ask_some(start + BOOKS_AT_ONCE)

        questions = tuple(Question(f"last{place}", book.title[:22]) for place, book in enumerate(some))
        if self.set_aside:
            why = _(
                "Số chặn của từng sổ: đủ xa để máy đó chưa thể cấp tới. Các số đến số chặn để dành cho văn bản của máy đó."
            )
        else:
            why = _(
                "Số cuối cùng của từng sổ, xem trên sổ giấy, dấu ĐẾN và văn bản đã phát hành. Nếu máy đó đã trao quyền bằng mã, gõ mã ấy thay cho số."
            )
        known = "\n".join(
            _("  {title} {year}: máy chủ biết đến số {number}").format(
                title=book.title, year=book.year, number=book.next_number - 1
            )
            for book in some
        )
        self.screen.app.push_screen(AskModal(_("Số cuối cùng trên giấy"), questions, f"{why}\n{known}"), answered)

    def _declared(self, book: Holding, typed: str) -> DeclaredBook:
        from clerkdesk.services.commands import DeclaredBook
        from clerkdesk.services.custody_by_code import handover_heard
        from clerkdesk.services.shorthand import parse_number

        facts: dict[str, Any] = {"register_id": book.register, "year": book.year}
        if len(typed.replace("-", "").strip()) < 10:
            return DeclaredBook(last_number=parse_number(typed) or 0, **facts)
        found = self.desk.read(handover_heard, self.desk.code_key(), book.register, book.year, typed)
        return DeclaredBook(last_number=found.next_number - 1, passed_to=found.desk, epoch=found.epoch, **facts)

    def _ask_people(self) -> None:
        from clerkdesk.screens.modals.ask import AskModal, Question

        def answered(answer: dict[str, str] | None) -> None:
            if answer is None:
                return
            try:
                second = self.desk.vouch(answer["second"], answer["password"])
            except ClerkDeskError as error:
                self.screen.say(error.message, bad=True)
                return
            self._confirm(second.id, second.full_name, answer["reason"])

        questions = (
            Question("reason", _("Lý do")),
            Question("second", _("Người thứ hai")),
            Question("password", _("Mật khẩu"), secret=True),
        )
        why = _("Người thứ hai là lãnh đạo hoặc quản trị, tự gõ tên đăng nhập và mật khẩu của mình.")
        self.screen.app.push_screen(AskModal(_("Hai người cùng khai báo"), questions, why), answered)

    def _confirm(self, second: UUID, name: str, reason: str) -> None:
        from clerkdesk.screens.modals.confirm import ConfirmModal
        from clerkdesk.services.commands import DeclareDeskDestroyed

        if self.lost is None:
            return
        lost, code = self.lost

        def answered(yes: bool | None) -> None:
            if yes:
                self.screen.give(
                    DeclareDeskDestroyed, _("Đã khai báo máy {code}. Các sổ đi tiếp; số chưa thấy được giữ lại.").format(code=code),
                    lost_desk=lost, second_person=second, set_aside=self.set_aside, books=tuple(self.declared), reason=reason,
                )  # fmt: skip

        titles = {(book.register, book.year): book.title for book in self.books}
        lines = "\n".join(
            f"  {titles[one.register_id, one.year]} {one.year}: {one.last_number}" for one in self.declared[:12]
        )
        question = _("Khai báo máy {code} cùng {name}? Việc này không hoàn lại được. Số cuối của từng sổ:").format(
            code=code, name=name
        )
        self.screen.app.push_screen(ConfirmModal(f"{question}\n{lines}"), answered)

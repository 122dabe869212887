"""Registers and numbers: the books of a year, opening, reserving, voiding, and confirming the last number after a restore."""

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
    from uuid import UUID

    from clerkdesk.services.holdings import BookHeld
    from clerkdesk.services.registers import Book


class BookRows:
    """The books as rows."""

    def __init__(self, books: list[Book], held: dict[UUID, BookHeld]) -> None:
        self.books, self.held = books, held

    def count(self) -> int:
        """How many."""
        return len(self.books)

    def rows(self, start: int, stop: int) -> Sequence[Sequence[str]]:
        """Their cells."""
        from clerkdesk.services.reference_code import number_text

        states = {"CLOSED": _("đã đóng"), "SUSPENDED": _("chờ xác nhận"), "": _("chưa mở")}
        return [
            (
                book.code, book.title, states.get(book.state) or self.held[book.register_id].words, number_text(book.next_number) if book.state else "—",
                str(book.live), str(book.void), str(book.reserved),
            )
            for book in self.books[start:stop]
        ]  # fmt: skip


class RegistersScreen(OfficeScreen):
    """The books of one year."""

    HELP = N_(
        "F6 mở sổ của năm (số bắt đầu từ 01), từ tháng 12 mở trước cho năm sau; Enter xem chốt sổ ngày; Ctrl+D đóng sổ năm; "
        "F2 thêm sổ; F7 giữ số kế tiếp cho một người, có lý do và hạn; Delete hủy một số, số vẫn ở trong sổ với lý do; F4 chọn "
        "năm. Sau khi phục hồi, chép hoặc chuyển máy: F10 xác nhận số cuối cùng trên giấy. Cột “Quyền cấp số” cho biết nơi duy "
        "nhất được cấp số trong sổ; F9 lấy, trả, trao quyền bằng mã qua điện thoại khi mất mạng, nhập mã, xem lịch sử, khai báo "
        "máy hỏng."
    )
    AUTO_FOCUS = "#books"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2,insert", "add", N_("Thêm"), id="registers.add"),
        Binding("f4", "choose_year", N_("Năm"), id="registers.year"),
        Binding("f6", "open_books", N_("Mở"), id="registers.open"),
        Binding("f7", "reserve", N_("Giữ"), id="registers.reserve"),
        Binding("f9", "pen", N_("Quyền"), id="registers.pen"),
        Binding("ctrl+d", "close_year", N_("Đóng"), id="registers.close"),
        Binding("f10", "confirm_last", N_("Số cuối"), id="registers.confirm"),
        Binding("delete", "void", N_("Hủy"), id="registers.void"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.year = 0
        self.books: list[Book] = []
        self.held: dict[UUID, BookHeld] = {}

    def body(self) -> ComposeResult:
        """One table."""
        yield WindowedTable(
            (
                Column(_("Mã"), 6),
                Column(_("Sổ"), 14, stretch=True),
                Column(_("Quyền cấp số"), 21),
                Column(_("Số tiếp"), 7, align="right"),
                Column(_("Đã cấp"), 7, align="right"),
                Column(_("Hủy"), 4, align="right"),
                Column(_("Giữ"), 5, align="right"),
            ),
            id="books",
        )

    def on_mount(self) -> None:
        """Show this year."""
        from clerkdesk.services.clock import today

        self.year = today().year
        self.office_changed()

    def office_changed(self) -> None:
        """Read the books."""
        from clerkdesk.services.holdings import books_held
        from clerkdesk.services.registers import books

        facts = self.desk.facts
        self.books = self.desk.read(books, self.year, facts.id) if facts else []
        held = self.desk.read(books_held, facts.id, self.year) if facts else []
        self.held = {one.register_id: one for one in held}
        self.query_one(WindowedTable).replace_source(BookRows(self.books, self.held), keep_cursor=True)
        self.head(_("SỔ VÀ SỐ · NĂM {year}").format(year=self.year))

    def current(self) -> Book | None:
        """The book under the cursor."""
        place = self.query_one(WindowedTable).cursor
        return self.books[place] if place < len(self.books) else None

    def action_choose_year(self) -> None:
        """Show another year."""
        from clerkdesk.screens.modals.pick import PickModal, pick_from
        from clerkdesk.services.clock import today

        years = [(str(year), year) for year in range(today().year + 1, today().year - 6, -1)]

        def chosen(year: int | None) -> None:
            if year is not None:
                self.year = year
                self.office_changed()

        self.app.push_screen(PickModal(_("Năm"), pick_from(years)), chosen)

    def action_open_books(self) -> None:
        """Show what opening the year will do; in December the next year's when this one is open."""
        from clerkdesk.screens.year_opening import YearOpeningScreen
        from clerkdesk.services.clock import today
        from clerkdesk.services.year_opening import TooEarlyToOpen, check_year, year_to_open

        year = self.year
        if year <= today().year and all(book.state for book in self.books):
            year = max(year, year_to_open(today()))
        if year == self.year and all(book.state for book in self.books):
            self.say(_("Mọi sổ năm {year} đã mở.").format(year=year))
            return
        try:
            check_year(year, today())
        except TooEarlyToOpen as error:
            self.say(error.message, bad=True)
            return
        self.app.push_screen(YearOpeningScreen(year))

    @on(WindowedTable.RowChosen)
    def show_closes(self, event: WindowedTable.RowChosen) -> None:
        """Show the daily closes of the book under the cursor."""
        book = self.current()
        if type(event) is WindowedTable.RowChosen and book is not None:
            from clerkdesk.screens.daily_closes import DailyClosesScreen

            self.app.push_screen(DailyClosesScreen(book))

    def action_close_year(self) -> None:
        """Show what is pending before the year's books can be closed."""
        from clerkdesk.screens.year_closing import YearClosingScreen

        self.app.push_screen(YearClosingScreen(self.year))

    def action_reserve(self) -> None:
        """Hold the next number."""
        from clerkdesk.screens.modals.ask import AskModal, Question
        from clerkdesk.services.clock import today
        from clerkdesk.services.commands import ReserveNumber
        from clerkdesk.services.shorthand import parse_deadline

        book = self.current()
        if book is None:
            return

        def answered(answer: dict[str, str] | None) -> None:
            if answer is None:
                return
            try:
                until = parse_deadline(answer["until"], today()) or today()
                command = self.desk.make(
                    ReserveNumber, register_id=book.register_id, year=book.year, holder=answer["holder"],
                    reason=answer["reason"], expires_on=until,
                )  # fmt: skip
                result = self.app.do(command)
            except ClerkDeskError as error:
                self.say(error.message, bad=True)
            else:
                text = _("Đã giữ số {number} cho {holder} đến {until}.")
                self.done(text.format(number=result.number, holder=answer["holder"], until=f"{until:%d/%m/%Y}"))

        questions = (
            Question("holder", _("Giữ cho")),
            Question("reason", _("Lý do")),
            Question("until", _("Đến ngày (+3, 30/11)"), "+3"),
        )
        title = _("Giữ số kế tiếp của “{title}”").format(title=book.title)
        self.app.push_screen(AskModal(title, questions), answered)

    def action_void(self) -> None:
        """Void a number of the book."""
        from clerkdesk.screens.modals.ask import AskModal, Question
        from clerkdesk.services.commands import VoidNumber

        book = self.current()
        if book is None:
            return

        def answered(answer: dict[str, str] | None) -> None:
            number = self._number_in(answer, "number")
            if answer is not None and number is not None:
                self.give(
                    VoidNumber, _("Đã hủy số {number}.").format(number=number), register_id=book.register_id,
                    year=book.year, number=number, reason=answer["reason"],
                )  # fmt: skip

        title = _("Hủy một số của “{title}”").format(title=book.title)
        warning = _("Số vẫn ở trong sổ cùng lý do, không cấp lại cho văn bản khác.")
        questions = (Question("number", _("Số")), Question("reason", _("Lý do")))
        self.app.push_screen(AskModal(title, questions, warning), answered)

    def action_pen(self) -> None:
        """Show what can be done with the pen of the book under the cursor."""
        from clerkdesk.screens.pen_actions import PenActions

        book = self.current()
        if book is None or book.register_id not in self.held:
            self.say(_("Chỉ sổ đang mở mới có quyền cấp số để chuyển."))
        else:
            PenActions(self, self.held[book.register_id]).choose()

    def _number_in(self, answer: dict[str, str] | None, name: str) -> int | None:
        """Read a number that was asked for; say so when it is none."""
        from clerkdesk.services.shorthand import parse_number

        try:
            return None if answer is None else parse_number(answer[name])
        except ClerkDeskError as error:
            self.say(error.message, bad=True)
            return None

    def action_confirm_last(self) -> None:
        """After a restore: the last number on paper."""
        from clerkdesk.screens.modals.ask import AskModal, Question
        from clerkdesk.services.commands import ConfirmLastNumber

        book = self.current()
        if book is None or not (book.state == "SUSPENDED" or (book.state == "OPEN" and book.next_number == 1)):
            self.say(_("Chỉ đặt số cuối trên giấy cho sổ vừa phục hồi, hoặc sổ mới mở chưa cấp số nào."))
            return

        def answered(answer: dict[str, str] | None) -> None:
            last = self._number_in(answer, "last")
            if answer is not None and last is not None:
                self.give(
                    ConfirmLastNumber,
                    _("“{title}” cấp số tiếp sau số {number}.").format(title=book.title, number=last),
                    register_id=book.register_id, year=book.year, last_number=last, reason=answer["reason"],
                )  # fmt: skip

        title = _("Số cuối cùng đã cấp trên giấy của “{title}”").format(title=book.title)
        known = self.desk.highest_known(book.register_id, book.code, book.year)
        lost = known >= book.next_number
        if book.state == "SUSPENDED":
            text = _(
                "Kho này biết đến số {number}. Các số trên giấy sau đó được giữ lại: nhập lại từng văn bản, "
                "bấm Ctrl+R để lấy đúng số cũ."
            ).format(number=book.next_number - 1)
        else:
            text = _("Bắt đầu giữa năm: các số đến số này đã cấp ở sổ giấy hoặc phần mềm cũ, ở đây ghi hủy với lý do.")
        if lost:
            text += " " + _("Máy này đã cấp đến số {known}; không nhận số nhỏ hơn.").format(known=known)
        questions = (Question("last", _("Số cuối cùng"), str(known) if lost else ""), Question("reason", _("Lý do")))
        self.app.push_screen(AskModal(title, questions, text), answered)

    def action_add(self) -> None:
        """Create a register with its symbol."""
        from clerkdesk.screens.modals.ask import AskModal, Question
        from clerkdesk.services.arrival_entry import understand_type
        from clerkdesk.services.commands import AddRegister, NewRegister, NewSymbol
        from clerkdesk.services.vocabulary import Direction

        def answered(answer: dict[str, str] | None) -> None:
            if answer is None:
                return
            incoming = answer["direction"].strip().lower().startswith("de") or answer["direction"].strip().startswith(
                "đ"
            )
            try:
                kind = understand_type(answer["document_type"])
                symbols = () if incoming else (
                    NewSymbol(
                        template=answer["template"], document_type=kind.code if kind else "",
                        normative=answer["normative"].strip().lower() == "c", body=answer["body"],
                    ),
                )  # fmt: skip
                facts = NewRegister(
                    direction=Direction.ARRIVAL if incoming else Direction.OUTGOING, code=answer["code"],
                    title=answer["title"], symbols=symbols,
                )  # fmt: skip
                self.app.do(self.desk.make(AddRegister, register_facts=facts, year=self.year))
            except ClerkDeskError as error:
                self.say(error.message, bad=True)
            else:
                self.done(_("Đã thêm và mở sổ “{title}”.").format(title=answer["title"]))

        questions = (
            Question("title", _("Tên sổ")),
            Question("code", _("Mã sổ")),
            Question("direction", _("Đến hay đi (den/di)"), "di"),
            Question("document_type", _("Loại văn bản (trống: mọi loại)"), required=False),
            Question("normative", _("QPPL (c)"), required=False),
            Question("body", _("Tổ chức tư vấn"), required=False),
            Question("template", _("Mẫu ký hiệu"), "{number}/{type}-{agency}", required=False),
        )
        self.app.push_screen(AskModal(_("Thêm sổ"), questions), answered)

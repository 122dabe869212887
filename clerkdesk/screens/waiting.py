"""The waiting pile: what came and has no number yet, with the number that each will get, and one key for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.worker import get_current_worker

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import N_, _
from clerkdesk.screens.office_screen import OfficeScreen
from clerkdesk.screens.widgets.windowed_table import Column, WindowedTable

if TYPE_CHECKING:
    from clerkdesk.services.batch import BatchNumbered, Preview, Previewed
    from clerkdesk.services.commands import NumberWaiting


class PileRows:
    """The pile as rows."""

    def __init__(self, preview: Preview) -> None:
        self.preview = preview

    def count(self) -> int:
        """How many."""
        return len(self.preview.lines)

    def rows(self, start: int, stop: int) -> Sequence[Sequence[str]]:
        """Their cells; what keeps a line from being numbered stands in place of its subject."""
        from clerkdesk.services.clock import local
        from clerkdesk.services.lists import short_issuer
        from clerkdesk.services.reference_code import joined, number_text

        cells = []
        for one in self.preview.lines[start:stop]:
            facts = one.line.facts
            number = "✗" if one.trouble or one.number is None else number_text(one.number)
            cells.append(
                (
                    number, f"{local(one.line.received_at):%d/%m %H:%M}", short_issuer(facts.issuer) or "—",
                    joined(facts.code_number, facts.code_notation),
                    one.trouble.message if one.trouble else facts.subject,
                )
            )  # fmt: skip
        return cells


class WaitingScreen(OfficeScreen):
    """Documents that wait to be numbered in one batch."""

    HELP = N_(
        "Văn bản chờ vào sổ, theo thứ tự nhận; cột đầu là số sẽ được cấp. F2 nhập một văn bản, F4 nhập từ tệp CSV, XLSX, F7 lấy mọi "
        "tệp trong thư mục máy quét. Enter sửa, Delete bỏ. Dòng ✗ phải sửa hoặc bỏ; đúng là bản thứ hai thì F6. F10 cấp số cho tất cả "
        "cùng lúc: tất cả đều có số, hoặc không văn bản nào. F8 in nhãn của lô vừa cấp."
    )
    AUTO_FOCUS = "#pile"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2,insert", "add", N_("Nhập"), id="waiting.add"),
        Binding("f4", "import_list", N_("CSV"), id="waiting.import"),
        Binding("f5", "reload", N_("Đọc"), id="waiting.reload"),
        Binding("f6", "second_copy", N_("Kép"), id="waiting.second_copy"),
        Binding("f7", "take_folder", N_("Quét"), id="waiting.folder"),
        Binding("f8", "labels", N_("Nhãn"), id="waiting.labels"),
        Binding("f10", "number", N_("Cấp số"), id="waiting.number"),
        Binding("delete", "drop", N_("Bỏ"), id="waiting.drop"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.preview: Preview | None = None
        self.second_copies: set[UUID] = set()
        self.batch_id: UUID | None = None  # made with the preview, so that numbering twice is numbering once
        self.numbered: BatchNumbered | None = None
        self._busy = False
        self._trouble_told = False
        self._last_word: tuple[str, bool] | None = None  # what a long act came to, said when the pile is shown

    def body(self) -> ComposeResult:
        """One table."""
        yield WindowedTable(
            (
                Column(_("Sẽ lấy"), 6, align="right"),
                Column(_("Nhận lúc"), 11),
                Column(_("Cơ quan BH"), 14, stretch=True),
                Column(_("Số, ký hiệu"), 14),
                Column(_("Trích yếu"), 22, stretch=True),
            ),
            id="pile",
            empty_text=_("Không có văn bản nào chờ: F2 nhập, F4 từ tệp CSV, XLSX, F7 thư mục quét."),
        )

    def on_mount(self) -> None:
        """Read the pile."""
        self.office_changed()

    def office_changed(self) -> None:
        """Read the pile and what its lines will get."""
        self.head(_("VĂN BẢN CHỜ VÀO SỔ"))
        self.load()

    @property
    def register_id(self) -> UUID:
        """The register of arrivals.

        Raises:
            RegisterNotOpen: the agency has none.
        """
        from clerkdesk.services.clock import today
        from clerkdesk.services.numbering import RegisterNotOpen
        from clerkdesk.services.registers import arrivals_register

        found = self.desk.read(arrivals_register)
        if found is None:
            raise RegisterNotOpen(title=_("Sổ đăng ký văn bản đến"), year=today().year)
        return found

    @work(thread=True, exclusive=True, exit_on_error=False, group="pile")
    def load(self) -> None:
        """Look through the pile; long ones take a moment."""
        from clerkdesk.services.batch import preview

        worker, call = get_current_worker(), self.app.call_from_thread

        def progress(done: int, total: int) -> None:
            if total > 1_000:
                call(self.say, _("Đang xem {done:,}/{total:,} văn bản…").format(done=done, total=total))

        found = self.desk.read(
            preview, self.register_id, self.second_copies, stop=lambda: worker.is_cancelled, progress=progress
        )
        if not worker.is_cancelled:
            call(self.show_pile, found)

    def show_pile(self, preview: Preview) -> None:
        """Put the pile into the table, and say what it will get."""
        from clerkdesk.services.ids import new_id

        if not self.is_attached:
            return
        self.preview, self.batch_id = preview, new_id()
        self.query_one(WindowedTable).replace_source(PileRows(preview), keep_cursor=True)
        parts = [_("VĂN BẢN CHỜ VÀO SỔ"), _("{count:,} văn bản").format(count=len(preview.lines))]
        if preview.troubles:
            parts.append(_("{count:,} dòng chưa cấp số được").format(count=preview.troubles))
        elif preview.lines:
            parts.append(_("sẽ lấy số {numbers}").format(numbers=self.numbers_to_come()))
        self.head(" · ".join(parts))
        if self._last_word is not None:
            (sentence, bad), self._last_word = self._last_word, None
            self.say(sentence, bad=bad)
        else:
            self.tell_trouble()

    def numbers_to_come(self) -> str:
        """The numbers of the batch in words: `05–16/2026`."""
        from clerkdesk.services.reference_code import number_text

        preview = self.preview
        assert preview is not None  # noqa: S101
        spans = []
        for first in preview.first_numbers:
            of_year = [one for one in preview.lines if one.line.facts.arrival_date.year == first.year]
            last = first.number + len(of_year) - 1
            span = (
                number_text(first.number)
                if last == first.number
                else f"{number_text(first.number)}–{number_text(last)}"
            )
            spans.append(f"{span}/{first.year}")
        return ", ".join(spans)

    def current(self) -> Previewed | None:
        """The line under the cursor."""
        place = self.query_one(WindowedTable).cursor
        return self.preview.lines[place] if self.preview and place < len(self.preview.lines) else None

    @on(WindowedTable.CursorMoved)
    def tell_trouble(self) -> None:
        """Say in full what keeps the line under the cursor from being numbered."""
        one = self.current()
        if one is not None and one.trouble is not None:
            self.say(one.trouble.message)
            self._trouble_told = True
        elif self._trouble_told:
            self.say("")
            self._trouble_told = False

    # -- filling the pile -------------------------------------------------------------------------------------------

    def action_add(self) -> None:
        """Type one in."""
        from clerkdesk.screens.waiting_form import WaitingForm

        self.app.push_screen(WaitingForm(self.register_id))

    @on(WindowedTable.RowChosen)
    def change(self, event: WindowedTable.RowChosen) -> None:
        """Correct the line under the cursor."""
        one = self.current()
        if type(event) is WindowedTable.RowChosen and one is not None:
            from clerkdesk.screens.waiting_form import WaitingForm

            self.app.push_screen(WaitingForm(self.register_id, one.line))

    def action_import_list(self) -> None:
        """Take in a list."""
        from clerkdesk.screens.modals.pick_file import PickFileModal
        from clerkdesk.screens.waiting_import import ImportScreen

        def chosen(path: Path | None) -> None:
            if path is not None:
                self.app.push_screen(ImportScreen(self.register_id, path))

        self.app.push_screen(PickFileModal(self.desk, _("Nhập danh sách từ tệp CSV, XLSX")), chosen)

    def action_take_folder(self) -> None:
        """Take every file of a folder."""
        from clerkdesk.screens.modals.ask import AskModal, Question
        from clerkdesk.screens.modals.pick_file import typed_path
        from clerkdesk.services.settings import read_setting

        def answered(answer: dict[str, str] | None) -> None:
            if answer is not None:
                self.say(_("Đang lấy tệp…"))
                self.take_folder(typed_path(answer["folder"]))

        question = Question("folder", _("Thư mục"), self.desk.read(read_setting, "watched_folder"))
        text = _(
            "Mỗi tệp thành một văn bản chờ, theo thứ tự tệp được ghi. Tệp đã lấy rồi được bỏ qua; tệp vẫn ở chỗ cũ."
        )
        self.app.push_screen(AskModal(_("Lấy mọi tệp trong một thư mục"), (question,), text), answered)

    @work(thread=True, exclusive=True, exit_on_error=False, group="fill")
    def take_folder(self, folder: Path) -> None:
        """Copy the files into the store."""
        from clerkdesk.services.batch_files import take_folder

        worker, call = get_current_worker(), self.app.call_from_thread
        self._busy = True

        def progress(done: int, total: int) -> None:
            call(self.say, _("Đang lấy tệp {done}/{total}… Esc dừng").format(done=done + 1, total=total))

        try:
            taken = take_folder(
                self.desk, self.register_id, folder, stop=lambda: worker.is_cancelled, progress=progress
            )
        except ClerkDeskError as error:
            call(self.ended, error.message, bad=True)
            return
        sentence = _("Đã lấy {taken} tệp; {known} tệp đã có từ trước.").format(taken=taken.taken, known=taken.known)
        if taken.refused:
            more = _("{count} tệp không nhận, ví dụ {example}").format(
                count=len(taken.refused), example=taken.refused[0]
            )
            sentence = f"{sentence} {more}"
        call(self.ended, sentence, bad=bool(taken.refused))

    def ended(self, sentence: str, *, bad: bool = False) -> None:
        """Show what a long act has come to."""
        self._busy = False
        self.app.changes += 1
        self.changed_here()
        self._last_word = (sentence, bad)
        self.load()

    def action_drop(self) -> None:
        """Take the line under the cursor off the pile."""
        from clerkdesk.screens.modals.confirm import ConfirmModal
        from clerkdesk.services.batch_files import drop

        one = self.current()
        if one is None:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                try:
                    drop(self.desk, self.register_id, (one.line.id,))
                except ClerkDeskError as error:
                    self.say(error.message, bad=True)
                else:
                    self.ended(_("Đã bỏ; văn bản này chưa từng có số."))

        what = " · ".join(part for part in (one.line.facts.issuer, one.line.facts.subject) if part)
        self.app.push_screen(ConfirmModal(_("Bỏ khỏi chồng chờ, không vào sổ?\n{what}").format(what=what)), answered)

    def action_second_copy(self) -> None:
        """Enter a double all the same, or take that back."""
        from clerkdesk.services.arrivals import DuplicateArrival
        from clerkdesk.services.batch import SameInPile

        one = self.current()
        if one is None:
            return
        if one.line.id in self.second_copies:
            self.second_copies.discard(one.line.id)
        elif isinstance(one.trouble, DuplicateArrival | SameInPile):
            self.second_copies.add(one.line.id)
        else:
            self.say(_("Dòng này không trùng với văn bản nào."))
            return
        self.load()

    def action_reload(self) -> None:
        """Read again."""
        self.office_changed()

    def action_step_back(self) -> None:
        """First stop what is going on."""
        if self._busy:
            self.workers.cancel_group(self, "fill")
            self.say(_("Đang dừng…"))
        else:
            super().action_step_back()

    # -- numbering --------------------------------------------------------------------------------------------------

    def action_number(self) -> None:
        """Number the pile, after showing which numbers it takes."""
        from clerkdesk.screens.modals.confirm import ConfirmModal
        from clerkdesk.services.commands import NumberWaiting

        preview = self.preview
        if preview is None or not preview.lines:
            self.say(_("Không có văn bản nào chờ vào sổ."))
            return
        if preview.troubles:
            place = next(place for place, one in enumerate(preview.lines) if one.trouble)
            self.query_one(WindowedTable).jump(place)
            trouble = preview.lines[place].trouble
            words = trouble.message if trouble else ""
            self.say(_("Chưa cấp số nào. Dòng {line}: {reason}").format(line=place + 1, reason=words), bad=True)
            return
        command = self.desk.make(
            NumberWaiting,
            uid=self.batch_id,
            register_id=self.register_id,
            lines=tuple(one.line.id for one in preview.lines),
            second_copies=tuple(one.line.id for one in preview.lines if one.line.id in self.second_copies),
            first_numbers=preview.first_numbers,
        )
        question = _(
            "Cấp số {numbers} cho {count:,} văn bản, theo thứ tự nhận? Tất cả cùng có số, hoặc không văn bản nào."
        )

        def answered(yes: bool | None) -> None:
            if yes:
                self._busy = True
                self.say(_("Đang cấp số…"))
                self.number(command)

        text = question.format(numbers=self.numbers_to_come(), count=len(preview.lines))
        self.app.push_screen(ConfirmModal(text), answered)

    @work(thread=True, exit_on_error=False, group="number")
    def number(self, command: NumberWaiting) -> None:
        """Carry the batch out."""
        from clerkdesk.services.batch import BatchNumbered

        call = self.app.call_from_thread
        try:
            answer = self.desk.do(command)
        except ClerkDeskError as error:
            call(self.ended, error.message, bad=True)
            return

        assert isinstance(answer, BatchNumbered)  # noqa: S101
        call(self.show_numbered, answer)

    def show_numbered(self, answer: BatchNumbered) -> None:
        """Say which numbers the batch has."""
        from clerkdesk.services.reference_code import number_text

        self.numbered = answer
        self.second_copies = set()
        spans = ", ".join(f"{number_text(run.first)}–{number_text(run.last)}/{run.year}" for run in answer.runs)
        self.ended(_("Đã cấp {count:,} số đến: {spans}. F8 in nhãn.").format(count=answer.count, spans=spans))

    def action_labels(self) -> None:
        """Print the labels of the batch just numbered."""
        from clerkdesk.screens.printing import print_labels
        from clerkdesk.services.batch import numbered_in

        if self.numbered is None:
            self.say(_("Chưa cấp số lô nào ở phiên này. Nhãn của văn bản đã vào sổ: Ctrl+G de, F8."))
            return
        print_labels(self, self.desk.read(numbered_in, self.register_id, self.numbered.runs))

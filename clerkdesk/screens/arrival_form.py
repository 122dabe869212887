"""The arrival form (nhập văn bản đến): what a clerk does two hundred times a day."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Digits, Label, Static

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import N_, _
from clerkdesk.screens.entry_form import EntryForm, row
from clerkdesk.screens.file_taking import FileTaking
from clerkdesk.screens.widgets.entry_field import EntryField
from clerkdesk.screens.widgets.field_note import FieldNote
from clerkdesk.screens.widgets.plain_text import one_line
from clerkdesk.screens.widgets.preview import Preview
from clerkdesk.screens.widgets.subject_area import EntryArea

if TYPE_CHECKING:
    from uuid import UUID

    from clerkdesk.services.arrival_entry import Code
    from clerkdesk.services.commands import Command, Result
    from clerkdesk.services.directory import Correspondent
    from clerkdesk.services.emergency import OpenOutage

RECENT_SHOWN = 5


class ArrivalForm(FileTaking, EntryForm):
    """Registers an arrival under the next number; four fields and F2 make a typical one."""

    KIND = "arrival"
    HELP = N_(
        "Gõ cơ quan ban hành bằng vài chữ đầu, tên tắt hoặc chữ cái đầu (snv). Số, ký hiệu: gõ số không, ký hiệu quen "
        "của cơ quan đó được điền nốt. Ngày: 20 là ngày 20 gần nhất, 2011, “.” hôm nay, -1 hôm qua. Hạn: +5 là 5 ngày "
        "làm việc. F2 lưu ở bất kỳ ô nào và cấp số đến ngay. F5 lặp lại giá trị của văn bản trước. F8 gắn tệp. "
        "F9 mở sổ tạm khi mất kết nối mà quyền cấp số không ở máy này."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f7", "find", N_("Tìm"), id="arrival.find"),
        Binding("f8", "attach", N_("Tệp"), id="form.attach"),
        Binding("f9", "emergency", N_("Sổ tạm"), show=False, id="arrival.emergency"),  # offered when it is needed
        Binding("ctrl+r", "reserved", N_("Dùng số giữ / số phụ"), id="arrival.reserved"),
        Binding("ctrl+n", "next_page", N_("Trang sau của tệp"), id="preview.next"),
        Binding("ctrl+b", "previous_page", N_("Trang trước của tệp"), id="preview.previous"),
    ]
    DEFAULT_CSS = """
    ArrivalForm #issuer { width: 38; }
    ArrivalForm #code { width: 26; } ArrivalForm #issued_date { width: 11; }
    ArrivalForm #subject { width: 1fr; }
    ArrivalForm #foot { height: 1fr; min-height: 3; }
    ArrivalForm #issued { width: 26; height: auto; }
    ArrivalForm #issued Digits { width: auto; }
    ArrivalForm #recent { width: 1fr; height: auto; padding-left: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.issuer: Correspondent | None = None
        self.code: Code | None = None
        self.warned_of: tuple[str, ...] = ()
        self.reserved_number: int | None = None
        self.sub_number: tuple[int, str] | None = None
        self.inbox: UUID | None = None  # the document of the exchange inbox that is registered
        self.recent: list[str] = []
        self._double_shown = False

    def body(self) -> ComposeResult:
        """Lay the form out for 80 columns; the preview stands beside it where there is room."""
        with Horizontal(id="columns"):
            with Vertical(id="entry"):
                yield from self.form_rows()
                with Horizontal(id="foot"):
                    with Vertical(id="issued"):
                        yield Digits("", id="digits")
                        yield Static("", id="issued_text", markup=False)
                    yield Static("", id="recent", markup=False)
            yield Preview(id="preview")

    def form_rows(self) -> ComposeResult:
        """Yield the lines of the form, in the order of entry."""

        def field(name: str, classes: str = "", limit: int = 0) -> EntryField:
            return EntryField(name, id=name, classes=classes, limit=limit, note=FieldNote(id=f"{name}_note"))

        def short(name: str, width: str = "short") -> tuple[EntryField, FieldNote]:
            one = field(name, width)
            one.note.add_class(f"beside-{width}")
            return one, one.note

        issuer, code, issued = field("issuer", limit=200), field("code", limit=42), field("issued_date")
        yield row((_("Cơ quan BH"), issuer, issuer.note))
        yield row((_("Số, ký hiệu"), code, None), (_("Ngày VB"), issued, issued.note))
        subject = EntryArea("subject", id="subject", limit=500, note=FieldNote(id="subject_note"))
        yield Horizontal(Label(_("Trích yếu"), markup=False), subject, id="subject_row", classes="row")
        kind, urgency = short("document_type"), short("urgency")
        yield row((_("Loại VB"), *kind), (_("Độ khẩn"), *urgency))
        yield row((_("Người ký"), field("signer_name", "medium", 50), None), (_("Chức vụ"), field("signer_position", "long", 100), None))  # fmt: skip
        due = field("due_date", "date")
        yield row((_("Nơi nhận"), field("to_places", "medium", 1000), None), (_("Hạn xử lý"), due, due.note))
        arrived, channel = short("arrival_date", "date"), short("receipt_channel")
        yield row((_("Ngày đến"), *arrived), (_("Kênh nhận"), *channel))
        medium, doc_class = short("medium"), short("edoc_class")
        yield row((_("Dạng"), *medium), (_("Loại VBĐT"), *doc_class))
        yield row((_("Số trang"), *short("page_amount")), (_("Ngôn ngữ"), field("language", "long", 30), None))  # fmt: skip
        yield row((_("Mã định danh"), field("document_identifier", "medium", 100), None), (_("Hồ sơ số"), field("file_notation", "notation", 20), None), (_("STT"), field("doc_ordinal", "short"), None))  # fmt: skip
        yield row((_("Ghi chú"), field("description", "long", 500), None))
        yield Static("", id="files", classes="row", markup=False)

    def on_mount(self) -> None:
        """Show the next number."""
        super().on_mount()
        self.office_changed()

    def office_changed(self) -> None:
        """Show the register and the number that the next document gets."""
        from clerkdesk.services.clock import today
        from clerkdesk.services.status import desk_status

        status = desk_status(self.desk)
        self.next_number = status.emergency or status.next_arrival
        state = _("số đến tiếp theo {number}").format(number=self.next_number)
        if status.emergency:
            state = _("SỔ TẠM, số tạm tiếp theo {number}").format(number=self.next_number)
        elif not self.next_number:
            state = _("SỔ CHƯA CẤP SỐ ĐƯỢC: Ctrl+G so")
        other = self.book_of_other_year()
        self.head(f"{_('NHẬP VĂN BẢN ĐẾN')} · {today():%d/%m/%Y} · {other or state}")

    def book_of_other_year(self) -> str:
        """Say which book and number a document gets that came in another year than this; empty for this year's.

        What came during the holidays belongs in the book of the year in which it came (NĐ 30/2020 Đ22.2).
        """
        from clerkdesk.services.clock import today
        from clerkdesk.services.reference_code import number_text
        from clerkdesk.services.registers import arrivals_register
        from clerkdesk.services.shorthand import parse_date
        from clerkdesk.services.year_opening import place_of

        register = self.desk.read(arrivals_register)
        try:
            day = parse_date(self.value("arrival_date"), today()) if self.fields else today()
            if register is None or day.year == today().year:
                return ""
            place = self.desk.read(place_of, register, day)
        except ClerkDeskError as error:
            return error.message
        return _("SỔ NĂM {year}: số đến {number}").format(year=place.year, number=number_text(place.number))

    def defaults(self) -> dict[str, str]:
        """Start with today, the last channel and medium, Vietnamese."""
        from clerkdesk.services.clock import today

        return {
            "arrival_date": f"{today():%d/%m/%Y}",
            "receipt_channel": self.last.get("receipt_channel", "bd"),
            "medium": self.last.get("medium", "g"),
            "language": "Tiếng Việt",
        }

    def start_clean(self) -> None:
        """Also forget files, issuer and second-copy consent of the document before."""
        self.issuer, self.code = None, None
        self.warned_of, self.reserved_number, self.sub_number = (), None, None
        self.forget_files()
        super().start_clean()

    # -- understanding ----------------------------------------------------------------------------------------------

    def resolve_issuer(self, value: str) -> str:
        """Name the agency and warn of a double."""
        from clerkdesk.services import arrival_entry as entry
        from clerkdesk.services.clock import today

        if not value:
            self.issuer = None
            return ""
        if self.issuer is None or self.issuer.name != value:
            self.issuer = None
            self.issuer = self.desk.read(entry.understand_issuer, value, today())
            self.fields["issuer"].value = self.issuer.name
        self.warn_of_double()
        return self.issuer.short_name

    def resolve_code(self, value: str) -> str:
        """Complete the code, take the type from it, warn of a double."""
        from clerkdesk.services import arrival_entry as entry

        if not value:
            self.code = None
            return ""
        name, short = (self.issuer.name, self.issuer.short_name) if self.issuer else ("", "")
        self.code = self.desk.read(entry.understand_code, value, name, short)
        self.fields["code"].value = self.code.text
        if self.code.type is not None and not self.value("document_type"):
            self.put("document_type", self.code.type.code)
        self.warn_of_double()
        return ""

    def resolve_issued_date(self, value: str) -> str:
        """Write the date in full."""
        return self._date("issued_date", value) if value else ""

    def resolve_arrival_date(self, value: str) -> str:
        """Write the date in full; a date of last year names its book beside the field and in the heading."""
        self._date("arrival_date", value)
        self.office_changed()
        other = self.value("arrival_date")[-4:]
        return _("sổ {year}").format(year=other) if self.book_of_other_year() else ""

    def _date(self, name: str, value: str) -> str:
        from clerkdesk.services.clock import today
        from clerkdesk.services.shorthand import parse_date

        day = parse_date(value, today())
        self.fields[name].value = f"{day:%d/%m/%Y}"
        if name == "issued_date":
            self.warn_of_double()
        return ""

    def resolve_receipt_channel(self, value: str) -> str:
        """Name the channel."""
        from clerkdesk.services.vocabulary import ReceiptChannel

        return self.put_code("receipt_channel", ReceiptChannel, value)

    def resolve_medium(self, value: str) -> str:
        """Name the medium."""
        from clerkdesk.services.vocabulary import Medium

        return self.put_code("medium", Medium, value)

    def resolve_doc_ordinal(self, value: str) -> str:
        """Check the number."""
        return self.resolve_page_amount(value)

    def resolve_edoc_class(self, value: str) -> str:
        """Say whether the document has legal value by itself (Đà Nẵng 8849 Đ2.1)."""
        from clerkdesk.services.arrival_entry import DocClassWrong, has_legal_value
        from clerkdesk.services.shorthand import parse_code, parse_number
        from clerkdesk.services.vocabulary import Medium

        doc_class = parse_number(value)
        if doc_class not in (None, 1, 2, 3):
            raise DocClassWrong
        medium = parse_code(Medium, self.value("medium"))
        return _("có giá trị") if has_legal_value(medium, doc_class) else _("để tham khảo")

    def identity(self) -> tuple[str, ...]:
        """Return what makes this document the same as another."""
        return tuple(self.value(name) for name in ("issuer", "code", "issued_date", "document_identifier"))

    @property
    def second_copy(self) -> bool:
        """Whether the clerk was told that just this document stands in the book already, and goes on."""
        return self.warned_of == self.identity()

    def warn_of_double(self) -> None:
        """Show the entry that looks like this document, while the clerk is still typing (NĐ 30/2020 PL VI I.III.1h)."""
        from clerkdesk.services.arrivals import DuplicateArrival, find_earlier

        if self.second_copy or ((self.issuer is None or self.code is None) and not self.value("document_identifier")):
            return
        try:
            facts = self.make_facts()
        except (ClerkDeskError, ValueError):
            return
        earlier = self.desk.read(find_earlier, facts)
        if earlier is not None:
            self.say(DuplicateArrival(earlier).message, bad=True)
        elif self._double_shown:
            self.say("")
        self._double_shown = earlier is not None

    def choices_for(self, name: str, typed: str) -> list[tuple[str, str]] | None:
        """List what a field can hold (F4)."""
        from clerkdesk.screens.choices import code_choices, issuer_choices, person_choices, type_choices
        from clerkdesk.services.vocabulary import Medium, ReceiptChannel, Urgency

        if name == "issuer":
            return issuer_choices(self.desk, typed)
        if name == "document_type":
            return type_choices(typed)
        if name == "to_places":
            return person_choices(self.desk, typed)
        kinds: dict[str, Any] = {"urgency": Urgency, "receipt_channel": ReceiptChannel, "medium": Medium}
        return code_choices(kinds[name], typed) if name in kinds else None

    def free_lists(self) -> tuple[str, ...]:
        """F4 looks for what was typed here."""
        return ("issuer",)

    def put(self, name: str, value: str) -> None:
        """A new agency chosen in the list is added to the directory first."""
        if name == "issuer" and value.startswith("+"):
            from clerkdesk.services.commands import AddCorrespondent

            value = value[1:]
            self.app.do(self.desk.make(AddCorrespondent, name=value))
        super().put(name, value)

    def not_in_templates(self) -> tuple[str, ...]:
        """A template holds no number, date or file of one document."""
        return ("code", "issued_date", "arrival_date", "document_identifier", "doc_ordinal", "files")

    # -- saving -----------------------------------------------------------------------------------------------------

    def make_facts(self) -> Any:
        """Return the facts as typed."""
        from clerkdesk.services.arrival_entry import Code, arrival_facts
        from clerkdesk.services.clock import now, today

        code = self.code or Code("", "", normative=False, type=None)
        return arrival_facts({**self.values(), "subject": self.value("subject")}, self.issuer, code, today(), now())

    def make_command(self) -> Command:
        """Make the command of this form; its uid was made when the form was opened."""
        from clerkdesk.services.commands import RegisterArrival
        from clerkdesk.services.emergency_lines import in_emergency
        from clerkdesk.services.numbering import RegisterNotOpen
        from clerkdesk.services.registers import arrivals_register

        facts = self.make_facts()
        register = self.desk.read(arrivals_register)
        if register is None:
            raise RegisterNotOpen(title=_("Sổ đăng ký văn bản đến"), year=facts.arrival_date.year)
        number, reason = self.sub_number or (None, "")
        command = self.desk.make(
            RegisterArrival,
            uid=self.uid,
            register_id=register,
            facts=facts,
            files=tuple(self.files),
            reserved_number=self.reserved_number,
            sub_number_of=number,
            sub_number_reason=reason,
            second_copy=self.second_copy,
            inbox=self.inbox,
        )
        outage = self.outage()
        return self.desk.read(in_emergency, command, outage) if outage else command

    def outage(self) -> OpenOutage | None:
        """Return the outage that goes on at this desk: its documents are entered in the emergency register."""
        from clerkdesk.services.emergency import open_outage

        facts = self.desk.facts
        return self.desk.read(open_outage, facts.id) if facts else None

    def refused(self, error: ClerkDeskError) -> None:
        """A double asks for F2 again; of a secret document nothing is left; without the pen F9 is the way."""
        from clerkdesk.errors import Unavailable
        from clerkdesk.services.arrivals import DuplicateArrival
        from clerkdesk.services.numbering import PenElsewhere, RegisterSuspended
        from clerkdesk.services.secrecy import ExcludedDocument, SecretDocument

        if isinstance(error, SecretDocument | ExcludedDocument):
            self.throw_files_away()
            self.last = {}
            self.start_clean()
            self.say(error.message, bad=True)
            return
        super().refused(error)
        if isinstance(error, DuplicateArrival):
            self.warned_of = self.identity()
            self.fields["code"].focus()
        no_pen = isinstance(error, PenElsewhere | RegisterSuspended | Unavailable)
        if no_pen and getattr(error, "way_out", "emergency") == "emergency":
            self.say(f"{error.message} {_('Cần số ngay: bấm F9 để vào sổ tạm.')}", bad=True)

    def action_emergency(self) -> None:
        """Open the emergency register and, when something is typed, enter it there at once."""
        from clerkdesk.screens.emergency_start import ask_to_start

        if self.outage() is not None:
            self.say(_("Sổ tạm đang mở: F2 lưu lấy số tạm. Hết sự cố: Ctrl+G, gõ “st”, F10."))
            return

        def opened() -> None:
            self.reserved_number, self.sub_number = None, None
            if self.dirty:
                self.action_save()

        ask_to_start(self, opened)

    def saved(self, result: Result) -> None:
        """Show the number large, and prepare the next document."""
        from clerkdesk.services.arrivals import ArrivalRegistered
        from clerkdesk.services.reference_code import emergency_short, number_text

        done = cast(ArrivalRegistered, result)
        emergency = emergency_short(done.emergency_number)
        number = emergency or number_text(done.number, done.sub_number)
        self.query_one("#digits", Digits).update(number)
        what = f"{self.value('issuer')}, {self.value('code')}: {self.value('subject')}"
        text = _("SỐ TẠM {number}/{year}") if emergency else _("SỐ ĐẾN {number}/{year}")
        self.query_one("#issued_text", Static).update(text.format(number=number, year=done.year))
        self.recent = [f"{number:>6} {one_line(what)}", *self.recent][:RECENT_SHOWN]
        self.query_one("#recent", Static).update("\n".join(self.recent))
        said = _("Đã cấp số tạm {number}/{year}.") if emergency else _("Đã cấp số đến {number}/{year}.")
        self.say(said.format(number=number, year=done.year))
        self.files = []  # they belong to the registered document now
        self.start_clean()
        self.office_changed()

    # -- files in the draft -----------------------------------------------------------------------------------------

    def values(self) -> dict[str, str]:
        """The files belong to the draft too."""
        files = json.dumps([file.model_dump(mode="json") for file in self.files]) if self.files else ""
        return {**super().values(), **({"files": files} if files else {})}

    def fill(self, values: dict[str, str]) -> None:
        """Put back fields and files."""
        super().fill(values)
        if values.get("files"):
            self.restore_files(json.loads(values["files"]))

    # -- other keys -------------------------------------------------------------------------------------------------

    def action_find(self) -> None:
        """Go to the list of arrivals with its filter open."""
        from clerkdesk.screens.document_list import DocumentListScreen

        release = self.app.hold_keys()  # what is looked for, typed ahead, goes into the filter

        def open_filter() -> None:
            if isinstance(self.app.screen, DocumentListScreen):
                self.app.screen.action_filter()
            release()

        self.app.show_area("arrivals")
        self.app.call_after_refresh(open_filter)

    def action_reserved(self) -> None:
        """Use a held number, or insert behind an existing one, for this document."""
        from clerkdesk.screens.modals.special_number import Chosen, SpecialNumberModal
        from clerkdesk.services.clock import today
        from clerkdesk.services.reference_code import number_text
        from clerkdesk.services.registers import arrivals_register
        from clerkdesk.services.shorthand import parse_date

        register = self.desk.read(arrivals_register)
        if register is None:
            return
        year = parse_date(self.value("arrival_date"), today()).year

        def chosen(answer: Chosen | None) -> None:
            if answer is None:
                return
            self.reserved_number, self.sub_number = answer.held, None
            if answer.sub_number:
                self._ask_sub_number()
            elif answer.held is not None:
                self.say(_("Văn bản này sẽ lấy số {number}.").format(number=number_text(answer.held)))
            else:
                self.say(_("Văn bản này lấy số tiếp theo."))

        outage = self.outage()
        book = outage.register_id if outage else register
        self.app.push_screen(SpecialNumberModal(self.desk, book, year, sub_numbers=outage is None), chosen)

    def _ask_sub_number(self) -> None:
        from clerkdesk.screens.modals.ask import AskModal, Question
        from clerkdesk.services.shorthand import parse_number

        def answered(answer: dict[str, str] | None) -> None:
            try:
                behind = parse_number(answer["behind"]) if answer is not None else None
            except ClerkDeskError as error:
                self.say(error.message, bad=True)
                return
            if answer is not None and behind is not None:
                self.sub_number = (behind, answer["reason"])
                self.say(_("Văn bản này sẽ lấy số phụ sau số {number}.").format(number=behind))

        questions = (Question("behind", _("Chèn sau số")), Question("reason", _("Lý do")))
        text = _("Số phụ phải có lý do và được liệt kê khi đóng sổ.")
        self.app.push_screen(AskModal(_("Số phụ"), questions, text), answered)

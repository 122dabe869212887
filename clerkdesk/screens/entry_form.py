"""What every entry form does: fields resolved on leaving, drafts kept, values repeated, templates, one key to save."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Label

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import N_, _
from clerkdesk.screens.office_screen import OfficeScreen
from clerkdesk.screens.widgets.entry_field import EntryField
from clerkdesk.screens.widgets.field_note import Entry, FieldNote

if TYPE_CHECKING:
    from clerkdesk.services.commands import Command, Result


def row(*parts: tuple[str, Entry, FieldNote | None]) -> Horizontal:
    """Lay out one line of a form: label, field, and the field's note where there is room for one."""
    widgets: list[Any] = []
    for place, (label, field, note) in enumerate(parts):
        widgets.append(Label(label, classes=("", "second", "third")[place], markup=False))
        widgets.append(field)
        if note is not None:
            note.set_class(place == len(parts) - 1, "last")
            widgets.append(note)
    return Horizontal(*widgets, classes="row")


class MessageLineNote(FieldNote):
    """The note of a field that has no room for one: it speaks in the form's message line."""

    def __init__(self, form: OfficeScreen) -> None:
        super().__init__()
        self.form = form

    def show(self, text: str, *, bad: bool = False) -> None:
        """Say it; clear only what this field has said itself."""
        if text or self.text:
            self.form.say(text, bad=bad)
        self.text = text


class EntryForm(OfficeScreen):
    """A form whose fields are named as in the command it sends.

    Subclasses say what a field resolves to, what F4 lists, and make the command.
    """

    KIND: ClassVar[str] = ""  # of its drafts and templates
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "save", N_("Lưu"), id="form.save"),
        Binding("f3", "leave_form", N_("Bỏ"), id="form.leave"),
        Binding("f4", "list_choices", N_("Chọn"), id="form.choose"),
        Binding("f5", "repeat", N_("Lặp"), id="form.repeat"),
        Binding("f6", "template", N_("Mẫu"), id="form.template"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.uid: UUID | None = None
        self.last: dict[str, str] = {}  # what the fields held at the last save
        self.fields: dict[str, Entry] = {}
        self._kept: dict[str, str] = {}
        self._refused = ""  # the field whose trouble the message line shows

    # -- what a subclass says ---------------------------------------------------------------------------------------

    def resolve(self, name: str, value: str) -> str:
        """Understand a field's value, set what follows from it, and return what it means in words.

        Calls `resolve_<name>` with the value trimmed; a field without such a method is taken as typed.

        Raises:
            ClerkDeskError: the value cannot be taken.
        """
        method = getattr(self, f"resolve_{name}", None)
        return str(method(value.strip())) if method is not None else ""

    def resolve_urgency(self, value: str) -> str:
        """Name the urgency."""
        from clerkdesk.services.vocabulary import Urgency

        return self.put_code("urgency", Urgency, value)

    def resolve_document_type(self, value: str) -> str:
        """Name the type."""
        from clerkdesk.services.arrival_entry import understand_type

        kind = understand_type(value)
        self.fields["document_type"].value = kind.code if kind else ""
        return kind.name if kind else ""

    def resolve_due_date(self, value: str) -> str:
        """Write the deadline in full."""
        from clerkdesk.services.clock import today
        from clerkdesk.services.shorthand import parse_deadline

        day = parse_deadline(value, today())
        self.fields["due_date"].value = f"{day:%d/%m/%Y}" if day else ""
        return ""

    def resolve_page_amount(self, value: str) -> str:
        """Check that it is a number."""
        from clerkdesk.services.shorthand import parse_number

        parse_number(value)
        return ""

    def put_code(self, name: str, kind: Any, value: str) -> str:
        """Write the short code of a fixed word, and return the word."""
        from clerkdesk.services.shorthand import code_of, parse_code

        member = parse_code(kind, value)
        self.fields[name].value = code_of(member)
        return str(member.label)

    def choices_for(self, name: str, typed: str) -> list[tuple[str, str]] | None:
        """Return label and value of each choice of a field, or None when it has no list."""
        return None

    def make_command(self) -> Command:
        """Make the command from the fields."""
        raise NotImplementedError

    def saved(self, result: Result) -> None:
        """Show what was done, and prepare the next."""

    def defaults(self) -> dict[str, str]:
        """Return the values of an empty form."""
        return {}

    # -- fields -----------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Collect the fields by name and start clean, or from a draft that a crash has left."""
        self.fields = {field.field_name: field for field in self.entries()}
        for field in self.fields.values():
            if not field.note.is_attached:  # there is no room for it in its line
                field.note = MessageLineNote(self)
        self.start_clean()
        self.call_after_refresh(self.offer_draft)

    def entries(self) -> Iterator[Entry]:
        """Yield the form's fields in the order of entry."""
        for widget in self.query(f".{Entry.ENTRY_CLASS}"):
            if isinstance(widget, Entry):
                yield widget

    def value(self, name: str) -> str:
        """Return what a field holds, without outer spaces."""
        return str(self.fields[name].value).strip()

    def put(self, name: str, value: str) -> None:
        """Set a field and resolve it."""
        self.fields[name].value = value
        self.settle(name)

    def values(self) -> dict[str, str]:
        """Return what all fields hold."""
        return {name: str(field.value) for name, field in self.fields.items()}

    def start_clean(self) -> None:
        """Empty the form for the next document: a new uid, default values, the first field."""
        from clerkdesk.services.ids import new_id

        self.uid = new_id()
        self.fill(self.defaults())
        self._kept = self.values()
        next(iter(self.fields.values())).focus()

    def fill(self, values: dict[str, str]) -> None:
        """Set every field: what is not named becomes empty."""
        for name, field in self.fields.items():
            field.value = values.get(name, "")
            field.accept()
        for name in self.fields:
            if values.get(name):
                self.settle(name)

    @property
    def dirty(self) -> bool:
        """Whether something was typed that is not saved."""
        return self.values() != {**dict.fromkeys(self.fields, ""), **self.defaults()}

    @property
    def fields_changed(self) -> bool:
        """Whether a field holds another value than it began with; files and recipients are no fields."""
        began = {**dict.fromkeys(self.fields, ""), **self.defaults()}
        return any(str(field.value) != began[name] for name, field in self.fields.items())

    def settle(self, name: str) -> bool:
        """Resolve a field and show the outcome beside it; return whether it is good."""
        field = self.fields[name]
        try:
            field.accept(self.resolve(name, str(field.value)))
        except ClerkDeskError as error:
            field.reject(error.message)
            self.say(error.message, bad=True)  # the note beside the field may be too narrow for it
            self._refused = name
            return False
        if self._refused == name:
            self._refused = ""
            self.say("")
        return True

    @on(Entry.Left)
    def field_left(self, left: Entry.Left) -> None:
        """Resolve the field that was left, and keep the draft."""
        if left.field.field_name in self.fields:
            self.settle(left.field.field_name)
            self.keep_draft()

    # -- drafts -----------------------------------------------------------------------------------------------------

    def keep_draft(self) -> None:
        """Keep what is typed, when it has changed."""
        values = self.values()
        if values == self._kept or not self.dirty or self.uid is None or self.draft_forbidden():
            return
        try:
            self.desk.keep_draft(self.uid, self.KIND, values)
        except ClerkDeskError as error:
            self.say(error.message, bad=True)
        else:
            self._kept = values

    def draft_forbidden(self) -> bool:
        """A document that bears a secrecy mark is not kept, not even as a draft (Đà Nẵng 8849 Đ1.3)."""
        from clerkdesk.services.secrecy import secrecy_mark

        return bool(secrecy_mark(self.value("subject"), self.value("description")))

    def offer_draft(self) -> None:
        """After a crash: put back what was typed, under the same uid."""
        from clerkdesk.services.drafts import drafts_of

        kept = self.desk.read(drafts_of, self.desk.person.id, self.KIND)
        if kept and not self.dirty:
            newest = kept[0]
            self.uid = newest.uid
            self.fill(newest.fields)
            self._kept = self.values()
            self.say(_("Đã lấy lại phiếu đang nhập dở. F2 lưu, F3 bỏ."))
            unfinished = (field for field in self.fields.values() if field.bad or not str(field.value))
            field = next(unfinished, next(iter(self.fields.values())))
            field.focus()
            if isinstance(field, EntryField):
                field.select_all()

    # -- keys -------------------------------------------------------------------------------------------------------

    def action_save(self) -> None:
        """Check every field, then send the command; a refused field gets the focus and the reason."""
        for name, field in self.fields.items():
            if not self.settle(name):
                field.focus()
                return
        try:
            result = self.app.do(self.make_command())
        except ClerkDeskError as error:
            self.refused(error)
            return
        self.last = self.values()
        self.changed_here()
        self.saved(result)

    def refused(self, error: ClerkDeskError) -> None:
        """Show why nothing was saved: at its field, or in the message line."""
        field = self.fields.get(error.field)
        if field is not None:
            field.reject(error.message)
            field.focus()
        self.say(error.message, bad=True)

    def action_leave_form(self) -> None:
        """Drop what is typed, after asking; then go back."""
        if not self.dirty:
            super().action_step_back()
            return
        from clerkdesk.screens.modals.confirm import ConfirmModal

        self.app.push_screen(ConfirmModal(self.leaving_question()), self._drop)

    def action_step_back(self) -> None:
        """Go back; the area's form waits with what is typed, a form over a record asks first: it would be gone."""
        if self.is_over_another:
            self.action_leave_form()
        else:
            super().action_step_back()

    @property
    def is_over_another(self) -> bool:
        """Whether this form was opened from a record, to correct or to answer it, and closes when it is done."""
        return len(self.app.screen_stack) > 1

    def leaving_question(self) -> str:
        """Return what is asked before typed text is dropped."""
        return _("Bỏ nội dung đang nhập? Phiếu này chưa được lưu.")

    def _drop(self, yes: bool | None) -> None:
        if yes and self.uid is not None:
            self.desk.drop_draft(self.uid)
            self.dropped()
            if self.is_over_another:
                self.dismiss()
                return
            self.start_clean()
            self.say("")

    def dropped(self) -> None:
        """Called when the person has thrown the form away."""

    def focused_name(self) -> str:
        """Return the name of the field that has the focus, or an empty text."""
        return self.focused.field_name if isinstance(self.focused, Entry) else ""

    def action_list_choices(self) -> None:
        """List what the field can hold."""
        from clerkdesk.screens.modals.pick import PickModal

        name = self.focused_name()
        if not name or self.choices_for(name, "") is None:
            self.say(_("Ô này không có danh sách; gõ trực tiếp."))
            return

        def chosen(value: str | None) -> None:
            if value is not None:
                self.put(name, value)
                self.fields[name].exit_forward()

        typed = self.value(name) if self.fields[name].bad or name in self.free_lists() else ""
        self.app.push_screen(PickModal(_("Chọn"), lambda text: self.choices_for(name, text) or [], typed), chosen)

    def free_lists(self) -> tuple[str, ...]:
        """Return the fields whose typed text is what F4 should look for."""
        return ()

    def action_repeat(self) -> None:
        """Put the last document's value into this field and go on."""
        name = self.focused_name()
        if name and self.last.get(name):
            self.put(name, self.last[name])
            self.fields[name].exit_forward()
        else:
            self.app.bell()

    def action_template(self) -> None:
        """Start from a template, or make one of what is typed."""
        from clerkdesk.screens.modals.pick import PickModal, pick_from
        from clerkdesk.services.drafts import templates_of

        kept = self.desk.read(templates_of, self.KIND)
        choices: list[tuple[str, dict[str, str] | None]] = [(one.name, one.fields) for one in kept]
        if self.dirty:
            choices.append((_("+ Lưu phiếu này thành mẫu…"), None))
        if not choices:
            self.say(_("Chưa có mẫu. Nhập các ô hay lặp lại rồi bấm F6 để lưu thành mẫu."))
            return
        self._templates = choices
        self.app.push_screen(PickModal(_("Mẫu"), pick_from(list(enumerate_labels(choices)))), self._template_chosen)

    def _template_chosen(self, place: int | None) -> None:
        if place is None:
            return
        fields = self._templates[place][1]
        if fields is not None:
            self.fill({**self.values(), **{name: value for name, value in fields.items() if value}})
            return
        from clerkdesk.screens.modals.ask import AskModal, Question

        self.app.push_screen(AskModal(_("Lưu thành mẫu"), (Question("name", _("Tên mẫu")),)), self._save_template)

    def _save_template(self, answer: dict[str, str] | None) -> None:
        if answer is None:
            return
        import json

        from clerkdesk.services.commands import SaveTemplate

        typed = {name: value for name, value in self.values().items() if value and name not in self.not_in_templates()}
        command = self.desk.make(
            SaveTemplate, kind=self.KIND, name=answer["name"], fields=json.dumps(typed, ensure_ascii=False)
        )
        try:
            self.app.do(command)
        except ClerkDeskError as error:
            self.say(error.message, bad=True)
        else:
            self.say(_("Đã lưu mẫu “{name}”.").format(name=answer["name"]))

    def not_in_templates(self) -> tuple[str, ...]:
        """Return the fields that belong to one document only."""
        return ()


def enumerate_labels(choices: list[tuple[str, dict[str, str] | None]]) -> Iterator[tuple[str, int]]:
    """Yield each choice's label with its place."""
    for place, (label, _fields) in enumerate(choices):
        yield label, place

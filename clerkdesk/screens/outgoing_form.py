"""The outgoing form (soạn văn bản đi): the draft's file, type, signer, recipients; it gets its number only after the signature."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Label, Static

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
    from clerkdesk.services.commands import Command, Recipient, Result


class RecipientField(EntryField):
    """Enter adds the recipient that was typed and stays; an empty Enter goes on."""

    help_text = N_(
        "Nơi nhận: gõ từng nơi rồi Enter, ví dụ “stc”, “ubnd xã an khê x3 bd” (3 bản, bưu điện). “-” bỏ nơi cuối. Enter khi trống để sang ô sau."
    )

    def action_exit_forward(self) -> None:
        """Add, or go on."""
        form = self.screen
        if self.value.strip() and isinstance(form, OutgoingForm):
            form.add_recipient(self.value)
        else:
            self.exit_forward()


class OutgoingForm(FileTaking, EntryForm):
    """Enters or corrects an outgoing document."""

    KIND = "outgoing"
    HELP = N_(
        "Gắn tệp dự thảo (F8: DOCX, ODT, PDF), nhập loại, trích yếu, người ký, nơi nhận rồi F2. Sau đó ở màn hình văn bản: "
        "F10 trình ký, lãnh đạo F9 ký số, văn thư F9 cấp số và đóng dấu, F10 phát hành. QPPL: gõ c nếu là văn bản quy "
        "phạm pháp luật. Hình thức: d chỉ điện tử, dg kèm giấy (phải có lý do)."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f8", "attach", N_("Tệp"), id="form.attach"),
        Binding("ctrl+n", "next_page", N_("Trang sau của tệp"), id="preview.next"),
        Binding("ctrl+b", "previous_page", N_("Trang trước của tệp"), id="preview.previous"),
    ]
    DEFAULT_CSS = """
    OutgoingForm #subject { width: 1fr; }
    OutgoingForm #chosen { height: auto; max-height: 4; padding-left: 15; }
    OutgoingForm #recipients { width: 1fr; }
    """

    def __init__(self, answers: dict[str, Any] | None = None, correcting: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.recipients: list[Recipient] = []
        self.given: list[Recipient] = []  # those that the form began with
        self.answered = answers
        self.correcting = correcting

    def body(self) -> ComposeResult:
        """Lay the form out."""

        def field(name: str, classes: str = "", limit: int = 0) -> EntryField:
            return EntryField(name, id=name, classes=classes, limit=limit, note=FieldNote(id=f"{name}_note"))

        def noted(name: str, width: str = "short") -> tuple[EntryField, FieldNote]:
            one = field(name, width)
            one.note.add_class(f"beside-{width}")
            return one, one.note

        with Horizontal(id="columns"):
            with Vertical(id="entry"):
                kind, unit = noted("document_type"), noted("unit")
                yield row((_("Loại VB"), *kind), (_("Đơn vị soạn"), *unit))
                yield row((_("QPPL (c)"), *noted("normative")), (_("Tổ chức TV"), field("body", "long"), None))  # fmt: skip
                subject = EntryArea("subject", id="subject", limit=500, note=FieldNote(id="subject_note"))
                yield Horizontal(Label(_("Trích yếu"), markup=False), subject, id="subject_row", classes="row")
                signer, capacity = noted("signer", "medium"), noted("signing_capacity")
                yield row((_("Người ký"), *signer))
                urgency = noted("urgency")
                yield row((_("Quyền ký"), *capacity), (_("Độ khẩn"), *urgency))
                recipients = RecipientField("recipients", id="recipients", note=FieldNote(id="recipients_note"))
                yield row((_("Nơi nhận"), recipients, None))
                yield Static("", id="chosen", markup=False)
                form, reason = noted("release_form"), noted("paper_reason")
                yield row((_("Hình thức"), *form), (_("Lý do giấy"), *reason))
                answers, due = noted("answers", "date"), field("due_date", "date")
                yield row((_("Trả lời số đến"), *answers), (_("Hạn trả lời"), due, due.note))
                yield row((_("Số bản"), *noted("issued_amount")), (_("Số trang"), *noted("page_amount")))
                yield row((_("Nơi lưu"), field("retained_by", "medium"), None), (_("Người soạn"), field("drafter", "long", 50), None))  # fmt: skip
                yield row((_("Ghi chú"), field("description", "long", 500), None))
                yield Static("", id="files", classes="row", markup=False)
            yield Preview(id="preview")

    def on_mount(self) -> None:
        """Name the screen; an answer starts with its arrival, a correction with what is entered."""
        super().on_mount()
        title = _("SỬA VĂN BẢN ĐI") if self.correcting else _("SOẠN VĂN BẢN ĐI")
        self.head(f"{title} · {_('số và ngày được cấp sau khi lãnh đạo ký')}")

    def defaults(self) -> dict[str, str]:
        """Start as electronic only, drafted by the person at the desk."""
        if self.correcting is not None:
            return self._entered()
        values = {"release_form": "d", "drafter": self.desk.person.full_name, "retained_by": "VT"}
        if self.answered is not None:
            number = f"{self.answered['number']}/{self.answered['year']}"
            values |= {"answers": number, "document_type": "CV"}
        return values

    def _entered(self) -> dict[str, str]:
        from clerkdesk.services.arrivals import arrival_by_id
        from clerkdesk.services.outgoing_entry import outgoing_form_values

        assert self.correcting is not None  # noqa: S101
        answered = self.correcting["answers_arrival"]
        arrival = self.desk.read(arrival_by_id, answered) if answered else None
        return outgoing_form_values(self.correcting, f"{arrival['number']}/{arrival['year']}" if arrival else "")

    def start_clean(self) -> None:
        """Also start without recipients, or with those entered."""
        from clerkdesk.services.commands import Recipient
        from clerkdesk.services.directory import correspondent_by_name
        from clerkdesk.services.outgoing import recipients_of

        self.recipients = []
        if self.correcting is not None:
            rows = self.desk.read(recipients_of, self.correcting["id"])
            self.recipients = [
                Recipient(
                    name=one["recipient"],
                    correspondent=one["correspondent_id"],
                    channel=one["channel"],
                    copies=one["copies"],
                    envelopes=one["envelopes"],
                    organ_id=one["organ_id"],
                )
                for one in rows
            ]
        elif self.answered is not None:
            known = self.desk.look_up(correspondent_by_name, self.answered["issuer"])
            self.recipients = [
                Recipient(
                    name=self.answered["issuer"],
                    correspondent=self.answered["issuer_id"],
                    organ_id=known.organ_id if known is not None else "",
                )
            ]
        self.given = list(self.recipients)
        self.forget_files()
        self.show_recipients()
        super().start_clean()

    # -- recipients -------------------------------------------------------------------------------------------------

    def add_recipient(self, typed: str) -> None:
        """Add who was typed; "-" takes the last one away."""
        from clerkdesk.services.outgoing_entry import understand_recipient

        field = self.fields["recipients"]
        if typed.strip() == "-":
            self.recipients = self.recipients[:-1]
        else:
            try:
                found = self.desk.read(understand_recipient, typed)
            except ClerkDeskError as error:
                field.reject(error.message)
                self.say(error.message, bad=True)
                return
            self.recipients = [one for one in self.recipients if one.name != found.name] + [found]
        field.value = ""
        field.accept()
        self.say("")
        self.show_recipients()
        self.keep_draft()

    def show_recipients(self) -> None:
        """List the recipients with copies and channel."""
        shown = []
        for one in self.recipients:
            copies = ", " + _("{count} bản").format(count=one.copies) if one.copies != 1 else ""
            shown.append(f"{one.name} ({one.channel.label}{copies})")
        if self.is_attached:
            self.query_one("#chosen", Static).update(one_line("; ".join(shown)) or _("chưa có nơi nhận"))

    def values(self) -> dict[str, str]:
        """Recipients and files belong to the draft too."""
        extra = {}
        if self.recipients:
            extra["chosen"] = json.dumps([one.model_dump(mode="json") for one in self.recipients])
        if self.files:
            extra["files"] = json.dumps([one.model_dump(mode="json") for one in self.files])
        return {**super().values(), **extra}

    @property
    def dirty(self) -> bool:
        """Recipients that came with the answered arrival are no typing."""
        typed = {name: value for name, value in self.values().items() if name != "chosen"}
        return typed != {**dict.fromkeys(self.fields, ""), **self.defaults()} or self.recipients != self.given

    def fill(self, values: dict[str, str]) -> None:
        """Put back fields, recipients and files."""
        from clerkdesk.services.commands import Recipient

        super().fill(values)
        if values.get("chosen"):
            self.recipients = [Recipient.model_validate(one) for one in json.loads(values["chosen"])]
            self.show_recipients()
        if values.get("files"):
            self.restore_files(json.loads(values["files"]))

    def leaving_question(self) -> str:
        """A correction is no new form."""
        return super().leaving_question() if self.correcting is None else _("Bỏ các chỗ vừa sửa? Chưa có gì được lưu.")

    def keep_draft(self) -> None:
        """A correction is not kept: offered again, it would become a second document."""
        if self.correcting is None:
            super().keep_draft()

    def offer_draft(self) -> None:
        """Only the area's own form offers drafts; an answer or a correction begins anew."""
        if self.answered is None and self.correcting is None:
            super().offer_draft()

    # -- understanding ----------------------------------------------------------------------------------------------

    def resolve_unit(self, value: str) -> str:
        """Name the drafting unit; its short name stands in the notation of a công văn."""
        from clerkdesk.services.outgoing_entry import understand_unit

        if not value:
            return ""
        name, short = self.desk.read(understand_unit, value)
        self.fields["unit"].value = short or name
        return name

    def resolve_normative(self, value: str) -> str:
        """Say so when the document is a normative one."""
        from clerkdesk.services.outgoing_entry import is_normative

        return _("quy phạm pháp luật") if is_normative(value) else ""

    def resolve_signer(self, value: str) -> str:
        """Name the signer's position."""
        from clerkdesk.services.outgoing_entry import understand_signer

        if not value:
            return ""
        person = self.desk.read(understand_signer, value)
        self.fields["signer"].value = person.full_name
        return person.position

    def resolve_signing_capacity(self, value: str) -> str:
        """Name the capacity (NĐ 30/2020 Đ13)."""
        from clerkdesk.services import vocabulary

        return self.put_code("signing_capacity", vocabulary.SigningCapacity, value)

    def resolve_release_form(self, value: str) -> str:
        """Name the form of release."""
        from clerkdesk.services import vocabulary

        return self.put_code("release_form", vocabulary.ReleaseForm, value)

    def resolve_paper_reason(self, value: str) -> str:
        """Name the reason for paper (Hà Nam 44/2024 Đ5.5)."""
        from clerkdesk.services import vocabulary

        return self.put_code("paper_reason", vocabulary.PaperReason, value) if value else ""

    def resolve_answers(self, value: str) -> str:
        """Name the answered arrival."""
        from clerkdesk.services.arrivals import arrival_by_id
        from clerkdesk.services.clock import today
        from clerkdesk.services.outgoing_entry import understand_answered
        from clerkdesk.services.reference_code import joined

        arrival_id = self.desk.read(understand_answered, value, today())
        if arrival_id is None:
            return ""
        found = self.desk.read(arrival_by_id, arrival_id)
        return joined(found["code_number"], found["code_notation"])

    def resolve_issued_amount(self, value: str) -> str:
        """Check that it is a number."""
        return self.resolve_page_amount(value)

    def choices_for(self, name: str, typed: str) -> list[tuple[str, str]] | None:
        """List what a field can hold (F4)."""
        from clerkdesk.screens.choices import code_choices, issuer_choices, person_choices, type_choices
        from clerkdesk.services import vocabulary
        from clerkdesk.services.folding import folded
        from clerkdesk.services.outgoing_entry import signers
        from clerkdesk.services.people import units

        if name == "document_type":
            return type_choices(typed)
        if name == "recipients":
            return [*issuer_choices(self.desk, typed), *person_choices(self.desk, typed)]
        if name == "signer":
            able = self.desk.read(signers)
            return [
                (f"{p.full_name} – {p.position}", p.full_name) for p in able if folded(typed) in folded(p.full_name)
            ]
        if name == "unit":
            known = self.desk.read(units)
            return [
                (f"{short:<6} {name_}", short or name_) for _id, name_, short in known if folded(typed) in folded(name_)
            ]
        kinds: dict[str, Any] = {
            "signing_capacity": vocabulary.SigningCapacity,
            "urgency": vocabulary.Urgency,
            "release_form": vocabulary.ReleaseForm,
            "paper_reason": vocabulary.PaperReason,
        }
        return code_choices(kinds[name], typed) if name in kinds else None

    def put(self, name: str, value: str) -> None:
        """A recipient chosen in the list is added at once."""
        if name == "recipients":
            self.add_recipient(value.removeprefix("+"))
        else:
            super().put(name, value)

    def free_lists(self) -> tuple[str, ...]:
        """F4 looks for what was typed here."""
        return ("recipients", "signer")

    def not_in_templates(self) -> tuple[str, ...]:
        """A template holds no file and no answered arrival."""
        return ("files", "answers")

    # -- saving -----------------------------------------------------------------------------------------------------

    def action_save(self) -> None:
        """A recipient that was typed and not yet added is added first."""
        field = self.fields["recipients"]
        if str(field.value).strip():
            self.add_recipient(str(field.value))
            if field.bad:
                field.focus()
                return
        super().action_save()

    def make_command(self) -> Command:
        """Make the command: a new document, or the correction of one."""
        from clerkdesk.services.clock import today
        from clerkdesk.services.commands import AttachFiles, CorrectOutgoing, EnterOutgoing
        from clerkdesk.services.outgoing_entry import outgoing_facts
        from clerkdesk.services.vocabulary import AttachmentRole

        facts = self.desk.read(outgoing_facts, self.values(), self.recipients, today())
        if self.correcting is not None and facts.signer_name == self.correcting["signer_name"]:
            # The document keeps the position that its signer had when it was entered.
            facts = facts.model_copy(update={"signer_position": self.correcting["signer_position"]})
        files = tuple(
            file.model_copy(update={"role": AttachmentRole.DRAFT}) if file.role is AttachmentRole.MAIN else file
            for file in self.files
        )
        if self.correcting is None:
            return self.desk.make(
                EnterOutgoing, uid=self.uid, facts=facts, recipients=tuple(self.recipients), files=files
            )
        if files:
            self.app.do(self.desk.make(AttachFiles, document=self.correcting["id"], files=files))
            self.forget_files()  # a correction that is refused now does not attach them again
        return self.desk.make(
            CorrectOutgoing, outgoing=self.correcting["id"], facts=facts, recipients=tuple(self.recipients)
        )

    def refused(self, error: ClerkDeskError) -> None:
        """Of a secret document nothing is left."""
        from clerkdesk.services.secrecy import ExcludedDocument, SecretDocument

        if isinstance(error, SecretDocument | ExcludedDocument):
            self.throw_files_away()
            self.last = {}
            self.start_clean()
            self.say(error.message, bad=True)
        else:
            super().refused(error)

    def saved(self, result: Result) -> None:
        """Open the document, where the next step is one key away."""
        from clerkdesk.screens.outgoing_record import OutgoingRecordScreen

        self.files = []
        if self.correcting is not None:
            self.dismiss()
            return
        document = result.subject
        assert document is not None  # noqa: S101
        if len(self.app.screen_stack) > 1:
            self.app.switch_screen(OutgoingRecordScreen(document))
        else:
            self.start_clean()
            self.app.push_screen(OutgoingRecordScreen(document))

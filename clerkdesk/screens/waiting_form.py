"""The lean form of a document that will be numbered in a batch: what the register needs, and when it came."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from uuid import UUID

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Label, Static

from clerkdesk.i18n import N_, _
from clerkdesk.screens.arrival_form import RECENT_SHOWN, ArrivalForm
from clerkdesk.screens.entry_form import row
from clerkdesk.screens.widgets.entry_field import EntryField
from clerkdesk.screens.widgets.field_note import FieldNote
from clerkdesk.screens.widgets.plain_text import one_line
from clerkdesk.screens.widgets.subject_area import EntryArea

if TYPE_CHECKING:
    from clerkdesk.services.batch import Waiting
    from clerkdesk.services.commands import Command, Result

# What this form asks for; a line from a list may have more, which is kept.
ASKED = (
    "arrival_date", "received_at", "issuer_id", "issuer", "code_number", "code_notation", "normative", "issued_date",
    "subject", "document_type", "urgency", "receipt_channel", "medium", "to_places",
)  # fmt: skip
# Fields of the arrival form that this one does not have.
_NOT_ASKED = (
    "edoc_class", "page_amount", "language", "document_identifier", "file_notation", "doc_ordinal", "description",
    "signer_name", "signer_position", "due_date",
)  # fmt: skip


class WaitingForm(ArrivalForm):
    """Puts a document on the waiting pile, or corrects one that waits."""

    KIND = "waiting"
    HELP = N_(
        "Văn bản nhập ở đây chờ vào sổ, chưa có số. Các ô gõ tắt như ở phiếu nhập văn bản đến. Ngày đến, giờ đến quyết định thứ tự "
        "cấp số và sổ của năm nào. F2 đưa vào chồng chờ, F8 gắn tệp, F12 về chồng chờ."
    )

    def __init__(self, register_id: UUID, line: Waiting | None = None) -> None:
        super().__init__()
        self.register_id = register_id
        self.line = line

    def form_rows(self) -> ComposeResult:
        """Yield the lines of the form, in the order of entry."""

        def field(name: str, classes: str = "", limit: int = 0) -> EntryField:
            one = EntryField(name, id=name, classes=classes, limit=limit, note=FieldNote(id=f"{name}_note"))
            if classes:
                one.note.add_class(f"beside-{classes}")
            return one

        issuer, code, issued = field("issuer", limit=200), field("code", limit=42), field("issued_date")
        yield row((_("Cơ quan BH"), issuer, issuer.note))
        yield row((_("Số, ký hiệu"), code, None), (_("Ngày VB"), issued, issued.note))
        subject = EntryArea("subject", id="subject", limit=500, note=FieldNote(id="subject_note"))
        yield Horizontal(Label(_("Trích yếu"), markup=False), subject, id="subject_row", classes="row")
        kind, urgency = field("document_type", "short"), field("urgency", "short")
        yield row((_("Loại VB"), kind, kind.note), (_("Độ khẩn"), urgency, urgency.note))
        arrived, hour = field("arrival_date", "date"), field("arrival_time", "date")
        yield row((_("Ngày đến"), arrived, arrived.note), (_("Giờ đến"), hour, hour.note))
        channel, medium = field("receipt_channel", "short"), field("medium", "short")
        yield row((_("Kênh nhận"), channel, channel.note), (_("Dạng"), medium, medium.note))
        yield row((_("Nơi nhận"), field("to_places", "medium", 1000), None))
        yield Static("", id="files", classes="row", markup=False)

    def start_clean(self) -> None:
        """Begin with the line that is corrected, or with an empty form."""
        super().start_clean()
        if self.line is not None:
            self.fill(_values_of(self.line))
            self.files = list(self.line.files)
            self.show_files()
            self._kept = self.values()

    def offer_draft(self) -> None:
        """A line that is corrected is not mixed with what was typed before."""
        if self.line is None:
            super().offer_draft()

    def keep_draft(self) -> None:
        """A correction half-way is not kept: the line is."""
        if self.line is None:
            super().keep_draft()

    def office_changed(self) -> None:
        """Say what the form is for."""
        title = _("VĂN BẢN CHỜ VÀO SỔ") if self.line is None else _("SỬA VĂN BẢN CHỜ VÀO SỔ")
        self.head(f"{title} · {_('chưa cấp số')}")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is no number to choose yet."""
        return False if action == "reserved" else super().check_action(action, parameters)

    def defaults(self) -> dict[str, str]:
        """Start with now."""
        from clerkdesk.services.clock import local, now

        moment = local(now())
        return {
            "arrival_date": f"{moment:%d/%m/%Y}",
            "arrival_time": f"{moment:%H:%M}",
            "receipt_channel": self.last.get("receipt_channel", "bd"),
            "medium": self.last.get("medium", "g"),
        }

    @property
    def dirty(self) -> bool:
        """The hour goes on by itself."""
        now, empty = self.values(), {**dict.fromkeys(self.fields, ""), **self.defaults()}
        return {**now, "arrival_time": ""} != {**empty, "arrival_time": ""}

    def value(self, name: str) -> str:
        """Fields that this form does not have are empty."""
        return super().value(name) if name in self.fields else ""

    def resolve_arrival_time(self, value: str) -> str:
        """Write the hour in full."""
        from clerkdesk.services.batch_import import parse_time

        self.fields["arrival_time"].value = f"{parse_time(value):%H:%M}"
        return ""

    @property
    def received_at(self) -> dt.datetime:
        """When the document came (UTC)."""
        from clerkdesk.services.batch_import import parse_time
        from clerkdesk.services.clock import VIETNAM, today
        from clerkdesk.services.shorthand import parse_date

        day = parse_date(self.value("arrival_date"), today())
        return dt.datetime.combine(day, parse_time(self.value("arrival_time")), VIETNAM).astimezone(dt.UTC)

    def make_facts(self) -> Any:
        """Return the facts as typed; what the line has beyond this form stays."""
        from clerkdesk.services.arrival_entry import Code, arrival_facts
        from clerkdesk.services.clock import today

        code = self.code or Code("", "", normative=False, type=None)
        typed = {**dict.fromkeys(_NOT_ASKED, ""), **self.values(), "subject": self.value("subject")}
        facts = arrival_facts(typed, self.issuer, code, today(), self.received_at)
        if self.line is None:
            return facts
        return self.line.facts.model_copy(update={name: getattr(facts, name) for name in ASKED})

    def make_command(self) -> Command:
        """Make the command of this form."""
        from clerkdesk.services.commands import AddWaiting, ChangeWaiting, WaitingLine

        facts, files, received = self.make_facts(), tuple(self.files), self.received_at
        if self.line is not None:
            return self.desk.make(
                ChangeWaiting, uid=self.uid, line=self.line.id, facts=facts, files=files, received_at=received
            )
        assert self.uid is not None  # noqa: S101
        # The form's uid is the line's id too, so that saving twice is one line.
        line = WaitingLine(id=self.uid, facts=facts, files=files, received_at=received)
        return self.desk.make(AddWaiting, uid=self.uid, register_id=self.register_id, lines=(line,))

    def saved(self, result: Result) -> None:
        """Prepare the next document, or go back to the pile."""
        self.files, typed = [], self.values()
        if self.line is not None:
            self.dismiss()
            return
        what = f"{typed['issuer']}, {typed['code']}: {typed['subject']}"
        self.recent = [one_line(what), *self.recent][:RECENT_SHOWN]
        self.query_one("#recent", Static).update("\n".join(self.recent))
        self.start_clean()
        self.office_changed()
        self.say(_("Đã đưa vào chồng chờ. F12 để xem chồng và cấp số."))


def _values_of(line: Waiting) -> dict[str, str]:
    """Return a waiting document as the form shows it."""
    from clerkdesk.services.arrival_entry import form_values
    from clerkdesk.services.clock import local

    return {**form_values(vars(line.facts)), "arrival_time": f"{local(line.received_at):%H:%M}"}

"""One document of the exchange inbox: what its sender says, its page, its signatures; registered or returned from here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from textual import work
from textual.binding import Binding, BindingType

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import N_, _
from clerkdesk.screens.inbox import STATES
from clerkdesk.screens.office_screen import OfficeScreen
from clerkdesk.screens.record_screen import RecordScreen

if TYPE_CHECKING:
    from clerkdesk.services.inbox import Delivery


def register_delivery(screen: OfficeScreen, delivery: Delivery) -> None:
    """Open the arrival form, filled with what the sender says."""
    from clerkdesk.screens.inbox_form import InboxForm

    if delivery.state != "ARRIVED":
        screen.say(_("Văn bản này đã xử lý xong: {state}.").format(state=_(STATES[delivery.state])), bad=True)
        return
    screen.app.push_screen(InboxForm(delivery))


def refuse_delivery(screen: OfficeScreen, delivery: Delivery) -> None:
    """Ask for cause and reason, then return the document to its sender (Đà Nẵng 8849 Đ5.6)."""
    from clerkdesk.screens.modals.ask import AskModal, Question
    from clerkdesk.screens.modals.pick import PickModal, pick_from
    from clerkdesk.services.commands import RefuseDelivery
    from clerkdesk.services.vocabulary import RefusalCause

    if delivery.state != "ARRIVED":
        screen.say(_("Văn bản này đã xử lý xong: {state}.").format(state=_(STATES[delivery.state])), bad=True)
        return

    def cause_chosen(cause: RefusalCause | None) -> None:
        if cause is None:
            return

        def answered(answer: dict[str, str] | None) -> None:
            if answer is not None:
                sentence = _("Đã từ chối, trả lại {sender}.").format(sender=delivery.sender)
                screen.give(RefuseDelivery, sentence, inbox=delivery.id, cause=cause, reason=answer["reason"])

        text = _("{sender} sẽ thấy lý do này. Không rút lại được.").format(sender=delivery.sender)
        screen.app.push_screen(AskModal(cause.label, (Question("reason", _("Lý do")),), text), answered)

    choices = [(cause.label, cause) for cause in RefusalCause]
    screen.app.push_screen(PickModal(_("Từ chối vì"), pick_from(choices)), cause_chosen)


class InboxRecordScreen(RecordScreen):
    """Shows a document of the inbox."""

    HELP = N_(
        "Kiểm tra chữ ký số và đúng nơi nhận trước khi nhận. F2 vào sổ (phiếu điền sẵn, đối chiếu số và ngày), Delete từ chối "
        "và ghi lý do, F6 chép tệp ra ngoài."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "register", N_("Vào sổ"), id="delivery.register"),
        Binding("f6", "save_copy", N_("Chép tệp"), id="record.copy"),
        Binding("delete", "refuse", N_("Từ chối"), id="delivery.refuse"),
        Binding("ctrl+n", "next_page", N_("Trang sau của tệp"), show=False, id="preview.next"),
        Binding("ctrl+b", "previous_page", N_("Trang trước của tệp"), show=False, id="preview.previous"),
    ]

    def __init__(self, document: UUID) -> None:
        super().__init__(document)
        self.signatures = ""
        self._looked_at = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is settled is only looked at."""
        settled = bool(self.row) and self.row["state"] != "ARRIVED"
        return None if settled and action in ("register", "refuse") else True

    def read(self) -> None:
        """Read the document."""
        from clerkdesk.services.inbox import delivery_by_id
        from clerkdesk.services.reference_code import joined

        self.delivery = self.desk.read(delivery_by_id, self.document)
        self.row = {"state": self.delivery.state}
        code = joined(self.delivery.facts.code_number, self.delivery.facts.code_notation)
        self.head(_("HỘP ĐẾN LIÊN THÔNG · {code} · {state}").format(code=code, state=_(STATES[self.delivery.state])))
        self.refresh_bindings()

    def document_files(self) -> list[dict[str, Any]]:
        """The files that came with it."""
        return [file.model_dump() for file in self.delivery.files]

    def files_to_show(self) -> list[dict[str, Any]]:
        """The sealed document itself before its appendices."""
        return self.files

    def office_changed(self) -> None:
        """Read the document, and look at its signatures once its bytes are here."""
        from clerkdesk.services.file_transfers import said_of_missing

        super().office_changed()
        if not self.files or self._looked_at:
            return
        if self.files[0]["sha256"] in self.missing:
            self.signatures = said_of_missing(self.desk, self.files[0])
        else:
            self._looked_at, self.signatures = True, _("đang kiểm tra…")
            self.look_at_signatures(self.files[0]["sha256"])
        self.shown = list(self._all_lines())
        self.show_facts()

    @work(thread=True, exit_on_error=False, group="signatures")
    def look_at_signatures(self, sha256: str) -> None:
        """Check the signatures (Hà Nam 44/2024 Đ10.1); the screen stays usable meanwhile."""
        from clerkdesk.services.files import read_file
        from clerkdesk.services.signing.verify import inspect_signatures

        try:
            found = signatures_in_words(inspect_signatures(read_file(self.desk.store, sha256)))
        except ClerkDeskError as error:
            found = f"✗ {error.message}"
        self.app.call_from_thread(self._signatures_found, found)

    def _signatures_found(self, found: str) -> None:
        self.signatures = found
        if self.is_mounted:
            self.shown = list(self._all_lines())
            self.show_facts()

    def lines(self) -> Iterator[tuple[str, str]]:
        """What the sender says, in the order of the arrival form."""
        from clerkdesk.services.clock import local
        from clerkdesk.services.document_types import type_name
        from clerkdesk.services.reference_code import joined

        one, facts = self.delivery, self.delivery.facts
        yield _("Nơi gửi"), one.sender
        yield _("Đến lúc"), f"{local(one.received_at):%d/%m/%Y %H:%M}"
        yield _("Tình trạng"), _(STATES[one.state]) + (f" {local(one.state_at):%d/%m/%Y %H:%M}" if one.reason else "")
        if one.reason:
            yield _("Lý do"), one.reason
        if one.arrival is not None:
            yield from self._arrival_line(one.arrival)
        yield _("Chữ ký số"), self.signatures or "—"
        yield _("Độ khẩn"), one.urgency.label
        paper = _("chỉ có bản điện tử, không có văn bản giấy") if one.electronic_only else _("bản giấy gửi sau")
        yield _("Bản giấy"), paper
        yield _("Số, ký hiệu"), joined(facts.code_number, facts.code_notation)
        yield _("Ngày văn bản"), f"{facts.issued_date:%d/%m/%Y}" if facts.issued_date else "—"
        yield _("Loại văn bản"), type_name(facts.document_type) or "—"
        yield _("Trích yếu"), facts.subject
        yield _("Người ký"), " – ".join(part for part in (facts.signer_name, facts.signer_position) if part) or "—"
        yield _("Hạn xử lý"), f"{facts.due_date:%d/%m/%Y}" if facts.due_date else "—"
        yield _("Mã định danh"), facts.document_identifier

    def _arrival_line(self, arrival: UUID) -> Iterator[tuple[str, str]]:
        from clerkdesk.services.arrivals import ArrivalUnknown, arrival_by_id
        from clerkdesk.services.reference_code import number_text

        try:
            row = self.desk.read(arrival_by_id, arrival)
        except ArrivalUnknown:  # another desk's, still on its way
            return
        yield _("Số đến"), f"{number_text(row['number'], row['sub_number'])}/{row['year']}"

    def action_register(self) -> None:
        """Open the arrival form, filled."""
        register_delivery(self, self.delivery)

    def action_refuse(self) -> None:
        """Return the document."""
        refuse_delivery(self, self.delivery)


def signatures_in_words(found: list[Any]) -> str:
    """Return what can be said about the signatures of a file, without the network."""
    from clerkdesk.services.signing.verify import Verdict

    signed = [one for one in found if not one.is_timestamp]
    if not signed:
        return _("✗ KHÔNG CÓ CHỮ KÝ SỐ")
    words = []
    for one in signed:
        who = one.holder or one.organisation or one.field
        if one.verdict is Verdict.GOOD:
            words.append(_("{who}: nguyên vẹn").format(who=who))
        elif one.verdict is Verdict.BROKEN:
            words.append(_("✗ {who}: HỎNG hoặc văn bản đã bị sửa").format(who=who))
        else:
            words.append(_("{who}: chưa kiểm tra được").format(who=who))
    return "; ".join(words)

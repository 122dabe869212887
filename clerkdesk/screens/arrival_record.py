"""One arrival: all its facts, files and history, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar
from uuid import UUID

from textual.binding import Binding, BindingType

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import N_, _
from clerkdesk.screens.office_screen import OfficeScreen
from clerkdesk.screens.record_screen import RecordScreen


def finish(screen: OfficeScreen, arrival: UUID, then: Callable[[], None]) -> None:
    """Ask how the arrival ended, and note it."""
    from clerkdesk.screens.modals.pick import PickModal, pick_from
    from clerkdesk.services.commands import FinishArrival
    from clerkdesk.services.vocabulary import ArrivalStatus as Status

    ends = (Status.COMPLETED, Status.NO_ACTION_NEEDED, Status.READ_CONFIRMED)
    choices = [*((status.label, status) for status in ends), (_("Mở lại, chưa xử lý xong"), Status.REGISTERED)]

    def chosen(status: Status | None) -> None:
        if status is None:
            return
        try:
            screen.app.do(screen.desk.make(FinishArrival, arrival=arrival, status=status))
        except ClerkDeskError as error:
            screen.say(error.message, bad=True)
        else:
            screen.say(_("Đã ghi: {status}.").format(status=status.label))
            then()

    screen.app.push_screen(PickModal(_("Kết thúc xử lý"), pick_from(choices)), chosen)


class ArrivalRecordScreen(RecordScreen):
    """Shows an arrival."""

    HELP = N_(
        "F2 sửa (giá trị cũ được giữ), F4 trình, F10 kết thúc xử lý, F8 in nhãn, dấu ĐẾN, phiếu giải quyết; Delete hủy số, số vẫn ở trong sổ với lý do."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "correct", N_("Sửa"), id="record.correct"),
        Binding("f4", "submit", N_("Trình"), id="record.submit"),
        Binding("f5", "answer", N_("Trả lời"), id="record.answer"),
        Binding("f6", "save_copy", N_("Chép tệp"), id="record.copy"),
        Binding("f8", "print", N_("In"), id="record.print"),
        Binding("f10", "finish", N_("Xong"), id="record.finish"),
        Binding("delete", "void", N_("Hủy"), id="record.void"),
        Binding("ctrl+n", "next_page", N_("Trang sau của tệp"), show=False, id="preview.next"),
        Binding("ctrl+b", "previous_page", N_("Trang trước của tệp"), show=False, id="preview.previous"),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A void entry is only looked at and printed."""
        void = bool(self.row) and self.row["status"] == "VOIDED"
        return None if void and action in ("correct", "submit", "answer", "finish", "void") else True

    def read(self) -> None:
        """Read the arrival."""
        from clerkdesk.services.arrivals import arrival_by_id
        from clerkdesk.services.reference_code import arrival_number

        self.row = self.desk.read(arrival_by_id, self.document)
        self.number = arrival_number(self.row, year=True)
        self.head(_("VĂN BẢN ĐẾN · SỐ {number}").format(number=self.number))
        self.refresh_bindings()

    def lines(self) -> Iterator[tuple[str, str]]:
        """Every field, in the order of the law's list (NĐ 30/2020 PL VI II.II)."""
        from clerkdesk.services.clock import local
        from clerkdesk.services.document_types import type_name
        from clerkdesk.services.reference_code import joined
        from clerkdesk.services.vocabulary import ArrivalStatus, Medium, ReceiptChannel, Urgency

        row = self.row
        yield _("Số đến"), f"{self.number}   {_('ngày đến')} {row['arrival_date']:%d/%m/%Y}"
        if row["emergency_number"]:
            yield _("Số tạm"), self._emergency()
        yield _("Trạng thái"), ArrivalStatus(row["status"]).label
        yield _("Cơ quan BH"), row["issuer"]
        yield _("Số, ký hiệu"), joined(row["code_number"], row["code_notation"])
        yield _("Ngày văn bản"), f"{row['issued_date']:%d/%m/%Y}" if row["issued_date"] else "—"
        yield _("Loại văn bản"), type_name(row["document_type"]) or "—"
        yield _("Trích yếu"), row["subject"]
        yield _("Người ký"), " – ".join(part for part in (row["signer_name"], row["signer_position"]) if part) or "—"
        yield _("Độ khẩn"), Urgency(row["urgency"]).label
        yield _("Nơi nhận"), row["to_places"] or "—"
        yield _("Hạn xử lý"), f"{row['due_date']:%d/%m/%Y}" if row["due_date"] else "—"
        yield _("Kênh, dạng"), f"{ReceiptChannel(row['receipt_channel']).label}, {Medium(row['medium']).label}"
        value = _("có giá trị pháp lý") if row["legal_value"] else _("để biết, tham khảo")
        yield _("Giá trị"), f"{value}" + (f", {_('loại')} {row['edoc_class']}" if row["edoc_class"] else "")
        yield _("Số trang, ngôn ngữ"), f"{row['page_amount'] or '—'}, {row['language']}"
        if row["document_identifier"]:
            yield _("Mã định danh"), row["document_identifier"]
        if row["file_notation"]:
            yield _("Hồ sơ số"), row["file_notation"]
        if row["description"]:
            yield _("Ghi chú"), row["description"]
        yield _("Vào sổ lúc"), f"{local(row['registered_at']):%d/%m/%Y %H:%M:%S}"

    def _emergency(self) -> str:
        """Say when the document got its emergency number, and when that became an ordinary one."""
        from clerkdesk.services.clock import local
        from clerkdesk.services.emergency_book import line_of

        line = self.desk.read(line_of, self.document)
        if line is None:
            return str(self.row["emergency_number"])
        text = _("{number}, vào sổ tạm lúc {at}").format(
            number=line.emergency_number, at=f"{local(line.registered_at):%H:%M %d/%m/%Y}"
        )
        if line.converted_at is not None:
            became = _("thành số đến {number} ngày {day}")
            return f"{text}; {became.format(number=line.ordinary, day=f'{local(line.converted_at):%d/%m/%Y}')}"
        return text if line.void else f"{text}; {_('chờ chuyển thành số đến')}"

    def action_correct(self) -> None:
        """Correct fields in the form."""
        from clerkdesk.screens.arrival_correction import ArrivalCorrection

        self.app.push_screen(ArrivalCorrection(self.row))

    def action_submit(self) -> None:
        """Submit to a person or unit."""
        from clerkdesk.screens.choices import person_choices
        from clerkdesk.screens.modals.pick import PickModal
        from clerkdesk.services.commands import SubmitArrival

        def chosen(name: str | None) -> None:
            if name is not None:
                self.give(SubmitArrival, _("Đã trình {name}.").format(name=name), arrival=self.document, to_places=name)

        self.app.push_screen(PickModal(_("Trình, chuyển cho"), lambda typed: person_choices(self.desk, typed)), chosen)

    def action_answer(self) -> None:
        """Begin the outgoing document that answers this arrival (Hà Nam 44/2024 Đ13.1a)."""
        from clerkdesk.screens.outgoing_form import OutgoingForm

        self.app.push_screen(OutgoingForm(answers=self.row))

    def action_finish(self) -> None:
        """End the processing."""
        finish(self, self.document, lambda: self.done(""))

    def action_void(self) -> None:
        """Void the number, with a reason."""
        self.ask_void(_("Hủy số đến {number}").format(number=self.number), self.number)

    def action_print(self) -> None:
        """Print label, stamp or action slip."""
        from clerkdesk.screens.printing import print_for_arrival

        print_for_arrival(self, self.row)

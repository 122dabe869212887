"""Correcting an arrival: the entry form, filled, with a reason; number and arrival date stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clerkdesk.i18n import N_, _
from clerkdesk.screens.arrival_form import ArrivalForm
from clerkdesk.screens.modals.ask import AskModal, Question

if TYPE_CHECKING:
    from clerkdesk.services.commands import Command, NewFile, Result


class ArrivalCorrection(ArrivalForm):
    """Saves as a correction."""

    KIND = "arrival-correction"
    HELP = N_(
        "Sửa các ô rồi F2; nhập lý do. Giá trị cũ, người sửa, thời điểm được giữ. Số đến và ngày đến không sửa được."
    )

    def __init__(self, row: dict[str, Any]) -> None:
        super().__init__()
        self.row_to_correct = row
        self.reason = ""

    def office_changed(self) -> None:
        """Name the arrival."""
        from clerkdesk.services.reference_code import arrival_number

        self.head(_("SỬA VĂN BẢN ĐẾN · SỐ {number}").format(number=arrival_number(self.row_to_correct, year=True)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A correction needs no number."""
        return None if action == "emergency" else True

    def start_clean(self) -> None:
        """Start with what is registered."""
        super().start_clean()
        self.fields["arrival_date"].disabled = True

    def offer_draft(self) -> None:
        """A correction begun and broken off is begun anew: the entry may have changed since."""

    def keep_draft(self) -> None:
        """See `offer_draft`."""

    def defaults(self) -> dict[str, str]:
        """Return the registered values as the form shows them."""
        from clerkdesk.services.arrival_entry import form_values

        return form_values(self.row_to_correct)

    def warn_of_double(self) -> None:
        """The entry itself would be found."""

    def action_save(self) -> None:
        """Check the fields, then ask for the reason."""
        for name, field in self.fields.items():
            if not self.settle(name):
                field.focus()
                return

        def answered(answer: dict[str, str] | None) -> None:
            if answer is not None:
                self.reason = answer["reason"]
                super(ArrivalCorrection, self).action_save()

        self.app.push_screen(AskModal(_("Sửa văn bản đến"), (Question("reason", _("Lý do sửa")),)), answered)

    def make_command(self) -> Command:
        """Make the correction."""
        from clerkdesk.services.commands import AttachFiles, CorrectArrival

        if self.files:
            files: tuple[NewFile, ...] = tuple(self.files)
            attach = self.desk.make(AttachFiles, document=self.row_to_correct["id"], files=files)
            if not self.fields_changed:
                return attach
            self.app.do(attach)
            self.forget_files()  # a correction that is refused now does not attach them again
        return self.desk.make(
            CorrectArrival, arrival=self.row_to_correct["id"], facts=self.make_facts(), reason=self.reason
        )

    def make_facts(self) -> Any:
        """Keep what the form does not show."""
        row = self.row_to_correct
        facts = super().make_facts()
        return facts.model_copy(update={"received_at": row["received_at"]})

    def saved(self, result: Result) -> None:
        """Go back to the record."""
        self.dismiss()

    def leaving_question(self) -> str:
        """Say that nothing of the correction is kept."""
        return _("Bỏ các chỗ vừa sửa? Chưa có gì được lưu.")

"""Registering a document of the exchange inbox: the arrival form, filled; number and date are compared with the page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from clerkdesk.i18n import N_, _
from clerkdesk.screens.arrival_form import ArrivalForm

if TYPE_CHECKING:
    from clerkdesk.services.commands import Result
    from clerkdesk.services.inbox import Delivery


class InboxForm(ArrivalForm):
    """Saves with the document's place in the inbox; the first F2 asks for a second look."""

    KIND = "arrival-inbox"
    HELP = N_(
        "Phiếu điền sẵn theo dữ liệu nơi gửi. F2 lần đầu dừng ở ô số, ký hiệu để đối chiếu với trang văn bản; F2 lần nữa cấp số "
        "đến. Nơi gửi nhận được số và ngày đến. Esc: để lại trong hộp."
    )

    def __init__(self, delivery: Delivery) -> None:
        super().__init__()
        self.delivery = delivery
        self.inbox = delivery.id
        self.compared = False

    def office_changed(self) -> None:
        """Name the sender and the next number."""
        super().office_changed()
        state = _("số đến tiếp theo {number}").format(number=self.next_number)
        self.head(_("VÀO SỔ TỪ HỘP ĐẾN LIÊN THÔNG · {state}").format(state=state))

    def defaults(self) -> dict[str, str]:
        """Return what the sender says; the arrival date is the day on which it is registered (Hà Nam 44/2024 Đ10.3)."""
        from clerkdesk.services.arrival_entry import form_values
        from clerkdesk.services.clock import today

        files = [file.model_dump(mode="json") for file in self.delivery.files]
        values = {**form_values(vars(self.delivery.facts)), "arrival_date": f"{today():%d/%m/%Y}"}
        return {**values, **({"files": json.dumps(files)} if files else {})}

    def resolve_issuer(self, value: str) -> str:
        """The sender is known by itself, be it in the directory or not."""
        from clerkdesk.services.directory import correspondent_by_name

        if value != self.delivery.facts.issuer:
            return super().resolve_issuer(value)
        self.issuer = self.desk.look_up(correspondent_by_name, value)
        self.warn_of_double()
        return self.issuer.short_name if self.issuer is not None else ""

    def make_facts(self) -> Any:
        """Keep what the form does not show."""
        return super().make_facts().model_copy(update={"received_at": self.delivery.facts.received_at})

    def action_save(self) -> None:
        """Stop once at number and date: what a machine says is compared before it stands in the book."""
        if not self.compared:
            self.compared = True
            self.fields["code"].focus()
            self.say(_("Đối chiếu số, ký hiệu và ngày với trang văn bản, rồi bấm F2 lần nữa."))
            return
        super().action_save()

    def saved(self, result: Result) -> None:
        """Show the number large, then go back."""
        from clerkdesk.screens.modals.issued_number import IssuedNumberModal
        from clerkdesk.services.arrivals import ArrivalRegistered
        from clerkdesk.services.reference_code import number_text

        done = cast(ArrivalRegistered, result)
        self.files = []  # they belong to the registered document now
        number = number_text(done.number, done.sub_number)
        title = _("SỐ ĐẾN {number}/{year}").format(number=number, year=done.year)
        text = _("{sender} nhận được số và ngày đến.").format(sender=self.delivery.sender)
        self.app.push_screen(IssuedNumberModal(number, title, text), lambda _closed: self.dismiss())

    def offer_draft(self) -> None:
        """The inbox keeps what came."""

    def keep_draft(self) -> None:
        """See `offer_draft`."""

    def throw_files_away(self) -> None:
        """The files are the inbox's until the document is registered."""

    def action_step_back(self) -> None:
        """Leave it in the inbox."""
        self.dismiss()

    def action_leave_form(self) -> None:
        """Leave it in the inbox."""
        self.dismiss()

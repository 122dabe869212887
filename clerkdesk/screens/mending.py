"""Mending what the server has returned: the entry form, filled with everything that was entered, under the same number."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

from clerkdesk.i18n import N_, _
from clerkdesk.screens.arrival_form import ArrivalForm
from clerkdesk.screens.entry_form import EntryForm
from clerkdesk.screens.outgoing_form import OutgoingForm

if TYPE_CHECKING:
    from clerkdesk.services.commands import Result
    from clerkdesk.services.refusals import Refused


def mending_form(refused: Refused) -> EntryForm | None:
    """Return the form in which a refused command is mended, or None when it has none."""
    if refused.kind == "RegisterArrival":
        return ArrivalMending(refused)
    if refused.kind == "EnterOutgoing":
        return OutgoingMending(refused)
    return None


def _sent_again(form: ArrivalMending | OutgoingMending, result: Result) -> None:
    """Close the line of the tray and the form."""
    from clerkdesk.services.commands import SettleRefusal

    form.files = []  # they belong to the document now
    form.app.do(form.desk.make(SettleRefusal, refused=form.refused_command.uid, resent_as=result.subject))
    form.dismiss()


class ArrivalMending(ArrivalForm):
    """Registers a returned arrival again, under the number that stands on the paper."""

    KIND = "arrival-mending"
    HELP = N_("Sửa chỗ máy chủ không nhận rồi F2. Văn bản giữ đúng số đã đóng trên giấy. Esc: để lại trong khay.")

    def __init__(self, refused: Refused) -> None:
        super().__init__()
        self.refused_command = refused

    def office_changed(self) -> None:
        """Name the number and the reason."""
        number = self.refused_command.number
        what = _("SỐ GIỮ {number}").format(number=number) if number is not None else _("SỐ MỚI")
        self.head(_("SỬA VÀ GỬI LẠI VĂN BẢN ĐẾN · {what}").format(what=what))

    def on_mount(self) -> None:
        """Say why it came back."""
        super().on_mount()
        self.say(self.refused_command.sentence)

    def defaults(self) -> dict[str, str]:
        """Return everything that was entered."""
        from clerkdesk.services.arrival_entry import form_values
        from clerkdesk.services.resending import arrival_facts_of

        files = self.refused_command.body.get("files")
        values = form_values(vars(arrival_facts_of(self.refused_command)))
        return {**values, **({"files": json.dumps(files)} if files else {})}

    def start_clean(self) -> None:
        """Start with what was entered, for the number that is held."""
        super().start_clean()
        body = self.refused_command.body
        self.inbox = UUID(body["inbox"]) if body.get("inbox") else None
        self.reserved_number = self.refused_command.number or body.get("reserved_number")
        if body.get("sub_number_of") and self.reserved_number is None:
            self.sub_number = (body["sub_number_of"], body.get("sub_number_reason", ""))
        if body.get("second_copy"):
            self.warned_of = self.identity()

    def make_facts(self) -> Any:
        """Keep what the form does not show."""
        from clerkdesk.services.resending import arrival_facts_of

        received = arrival_facts_of(self.refused_command).received_at
        return super().make_facts().model_copy(update={"received_at": received})

    def offer_draft(self) -> None:
        """The tray keeps what was entered."""

    def keep_draft(self) -> None:
        """See `offer_draft`."""

    def saved(self, result: Result) -> None:
        """Go back to the tray."""
        _sent_again(self, result)

    def action_step_back(self) -> None:
        """Leave it in the tray."""
        self.dismiss()

    def action_leave_form(self) -> None:
        """Leave it in the tray."""
        self.dismiss()


class OutgoingMending(OutgoingForm):
    """Enters a returned draft again."""

    KIND = "outgoing-mending"
    HELP = N_("Sửa chỗ máy chủ không nhận rồi F2. Esc: để lại trong khay.")

    def __init__(self, refused: Refused) -> None:
        super().__init__()
        self.refused_command = refused

    def on_mount(self) -> None:
        """Say why it came back."""
        super().on_mount()
        self.head(_("SỬA VÀ GỬI LẠI VĂN BẢN ĐI"))
        self.say(self.refused_command.sentence)

    def defaults(self) -> dict[str, str]:
        """Return everything that was entered."""
        from clerkdesk.services.arrivals import arrival_by_id
        from clerkdesk.services.commands import OutgoingFacts
        from clerkdesk.services.outgoing_entry import outgoing_form_values

        facts = OutgoingFacts.model_validate(self.refused_command.body["facts"])
        arrival = self.desk.read(arrival_by_id, facts.answers_arrival) if facts.answers_arrival else None
        values = outgoing_form_values(vars(facts), f"{arrival['number']}/{arrival['year']}" if arrival else "")
        extra = {name: self.refused_command.body.get(of) for name, of in (("chosen", "recipients"), ("files", "files"))}
        return {**values, **{name: json.dumps(value) for name, value in extra.items() if value}}

    def offer_draft(self) -> None:
        """The tray keeps what was entered."""

    def keep_draft(self) -> None:
        """See `offer_draft`."""

    def saved(self, result: Result) -> None:
        """Go back to the tray."""
        _sent_again(self, result)

    def action_step_back(self) -> None:
        """Leave it in the tray."""
        self.dismiss()

    def action_leave_form(self) -> None:
        """Leave it in the tray."""
        self.dismiss()

"""Opening the emergency register, and having it allowed for longer: what is asked, from the form and from its own screen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

from clerkdesk.errors import BadInput, ClerkDeskError
from clerkdesk.i18n import N_, _

if TYPE_CHECKING:
    from clerkdesk.screens.office_screen import OfficeScreen

CAUSES = (
    N_("Mất mạng nội bộ"),
    N_("Mất kết nối Internet"),
    N_("Máy chủ không trả lời"),
    N_("Mất điện ở nơi đặt máy chủ"),
    N_("Kho dữ liệu vừa được phục hồi"),
)
FIRST_HOURS = "24"
RENEWED_HOURS = "168"


class HoursWrong(BadInput):
    """The hours are no number, or too many to be a time."""

    sentence = N_("Số giờ được phép phải là số nguyên từ 1 đến 168.")


def ask_to_start(screen: OfficeScreen, then: Callable[[], None]) -> None:
    """Ask for the cause and who allowed it, open the emergency register, and go on with `then`."""
    from clerkdesk.screens.modals.ask import AskModal, Question
    from clerkdesk.screens.modals.pick import PickModal, pick_from
    from clerkdesk.services.clock import now, today
    from clerkdesk.services.commands import StartEmergency
    from clerkdesk.services.emergency_book import asks_for_last_number
    from clerkdesk.services.folding import clean_line
    from clerkdesk.services.shorthand import parse_number

    facts = screen.desk.facts
    if facts is None:
        return
    asks_last = screen.desk.read(asks_for_last_number, facts.id, today().year)
    find = pick_from([(_(cause), _(cause)) for cause in CAUSES])

    def causes(typed: str) -> list[tuple[str, str]]:
        other = clean_line(typed)
        own = [(_("+ Nguyên nhân khác: {cause}").format(cause=other), other)] if len(other) > 3 else []
        return [*find(typed), *own]

    def caused(cause: str | None) -> None:
        if cause is None:
            return
        questions = [
            Question("authorised_by", _("Người cho phép")),
            Question("reported_to", _("Đã báo cho"), required=False),
            Question("hours", _("Cho phép (giờ)"), FIRST_HOURS),
        ]
        if asks_last:
            questions.append(Question("last", _("Số tạm cuối trên giấy"), "0"))
        text = _("{cause}. Văn bản nhận trong lúc này lấy số tạm T…; có kết nối lại thì chuyển sang số đến.")
        screen.app.push_screen(
            AskModal(_("Mở sổ tạm khi mất kết nối"), tuple(questions), text.format(cause=cause)),
            lambda answer: answered(cause, answer),
        )

    def answered(cause: str, answer: dict[str, str] | None) -> None:
        if answer is None:
            return
        try:
            command = screen.desk.make(
                StartEmergency, cause=cause, authorised_by=answer["authorised_by"], reported_to=answer["reported_to"],
                authorised_until=now() + _span(answer["hours"]),
                last_on_paper=parse_number(answer["last"]) if asks_last else None,
            )  # fmt: skip
            screen.app.do(command)
        except ClerkDeskError as error:
            screen.say(error.message, bad=True)
        else:
            screen.done(_("Sổ tạm đã mở. Văn bản tiếp theo lấy số tạm."))
            then()

    screen.app.push_screen(PickModal(_("Vì sao cần sổ tạm?"), causes), caused)


def ask_to_extend(screen: OfficeScreen) -> None:
    """Ask who allows the emergency register for longer, and for how long."""
    from clerkdesk.screens.modals.ask import AskModal, Question
    from clerkdesk.services.clock import local, now
    from clerkdesk.services.commands import ExtendEmergency
    from clerkdesk.services.emergency import open_outage

    facts = screen.desk.facts
    outage = screen.desk.read(open_outage, facts.id) if facts else None
    if outage is None:
        screen.say(_("Máy này không có sự cố nào đang mở."))
        return

    def answered(answer: dict[str, str] | None) -> None:
        if answer is None:
            return
        try:
            until = now() + _span(answer["hours"])
        except ClerkDeskError as error:
            screen.say(error.message, bad=True)
            return
        sentence = _("Sổ tạm được phép dùng đến {until}.").format(until=f"{local(until):%H:%M %d/%m/%Y}")
        screen.give(
            ExtendEmergency, sentence, outage=outage.id, authorised_by=answer["authorised_by"], authorised_until=until
        )

    questions = (
        Question("authorised_by", _("Người cho phép")),
        Question("hours", _("Cho phép (giờ)"), RENEWED_HOURS),
    )
    text = _("Đang được phép đến {until}. Mỗi lần gia hạn nhiều nhất một tuần (168 giờ).")
    until = f"{local(outage.authorised_until):%H:%M %d/%m/%Y}"
    screen.app.push_screen(AskModal(_("Gia hạn sổ tạm"), questions, text.format(until=until)), answered)


def _span(typed: str) -> dt.timedelta:
    from clerkdesk.services.shorthand import parse_number

    hours = parse_number(typed)
    if hours is None or not 1 <= hours <= int(RENEWED_HOURS):
        raise HoursWrong
    # A minute is left for the typing, so that the full span is never refused.
    return dt.timedelta(hours=hours) - dt.timedelta(minutes=1)

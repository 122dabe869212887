"""Another number than the next: one that is held, or a sub-number behind an existing one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from clerkdesk.i18n import _
from clerkdesk.screens.modals.pick import PickModal, pick_from

if TYPE_CHECKING:
    from clerkdesk.services.desk import Desk


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which number a document shall get: a held one, or a sub-number; neither is the next number."""

    held: int | None = None
    sub_number: bool = False


class SpecialNumberModal(PickModal[Chosen]):
    """Lists the next number, the held numbers of a book with their holders, and the sub-number."""

    def __init__(self, desk: Desk, register: UUID, year: int, *, sub_numbers: bool) -> None:
        from clerkdesk.services.numbering import held_numbers
        from clerkdesk.services.reference_code import number_text

        choices = [(_("Số tiếp theo, như thường"), Chosen())]
        for one in desk.read(held_numbers, register, year):
            line = _("Số đang giữ {number}: {holder} – {reason} (đến {until})")
            until = f"{one.expires_on:%d/%m/%Y}"
            label = line.format(number=number_text(one.number), holder=one.holder, reason=one.reason, until=until)
            choices.append((label, Chosen(held=one.number)))
        if sub_numbers:
            choices.append((_("Số phụ (15a, 15b…) chèn sau một số đã có"), Chosen(sub_number=True)))
        super().__init__(_("Văn bản này lấy số nào?"), pick_from(choices))

"""What can be done with a refused command: show what was entered, make it again, drop it."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from clerkdesk.errors import RuleBroken
from clerkdesk.i18n import N_, _
from clerkdesk.services.commands import ArrivalFacts, Command, SettleRefusal, VoidNumber
from clerkdesk.services.corrections import in_words
from clerkdesk.services.ids import new_id
from clerkdesk.services.numbering import AlreadyVoid
from clerkdesk.services.office import HANDLERS
from clerkdesk.services.reference_code import joined

if TYPE_CHECKING:
    from clerkdesk.services.desk import Desk
    from clerkdesk.services.refusals import Refused

_SHOWN_BESIDE = frozenset({"holder", "reason", "name", "subject", "to_places", "status", "year", "number"})
_LABELS = {
    "holder": N_("Giữ cho"),
    "reason": N_("Lý do đã nhập"),
    "year": N_("Năm"),
    "number": N_("Số"),
    "arrival_date": N_("Ngày đến"),
    "recipients": N_("Nơi nhận"),
    "files": N_("Tệp"),
}


class CannotResend(RuleBroken):
    """The command cannot be made again from what was kept."""

    sentence = N_("Không làm lại được việc này từ nội dung đã giữ. Mở văn bản, làm lại bằng tay, rồi bỏ dòng này.")


def about(refused: Refused) -> str:
    """Return in a few words which document it is."""
    facts = refused.body.get("facts", {})
    code = joined(facts.get("code_number", ""), facts.get("code_notation", ""))
    named = facts.get("subject") or refused.body.get("name") or refused.body.get("reason") or ""
    return f"{code} {named}".strip()


def entered(refused: Refused) -> list[tuple[str, str]]:
    """Return label and value of everything that was entered, the subject first."""
    facts = sorted(refused.body.get("facts", {}).items(), key=lambda one: one[0] != "subject")
    lines = [_line(name, value) for name, value in facts]
    lines += [_line(name, value) for name, value in refused.body.items() if name in _SHOWN_BESIDE]
    for name in ("recipients", "files"):
        named = ", ".join(str(one.get("name", "")) for one in refused.body.get(name, ()))
        if named:
            lines.append((_(_LABELS[name]), named))
    return [line for line in lines if line[1]]


def _line(name: str, value: Any) -> tuple[str, str]:
    if name.endswith("_date") and value:
        value = f"{dt.date.fromisoformat(value):%d/%m/%Y}"
    if name in _LABELS:
        return _(_LABELS[name]), str(value)
    label, _old, shown = in_words({"field": name, "old_value": "", "new_value": str(value)})
    return label, shown


def arrival_facts_of(refused: Refused) -> ArrivalFacts:
    """Return the facts of a refused registration.

    Raises:
        CannotResend.
    """
    try:
        return ArrivalFacts.model_validate(refused.body["facts"])
    except (KeyError, ValidationError) as error:
        raise CannotResend from error


def command_again(desk: Desk, refused: Refused) -> Command:
    """Make the command again, of the person at the desk and with the number that is held for it.

    Raises:
        CannotResend, NobodyLoggedIn.
    """
    kind = next((kind for kind in HANDLERS if kind.__name__ == refused.kind), None)
    if kind is None:
        raise CannotResend
    facts = dict(refused.body)
    if refused.number is not None and "reserved_number" in kind.model_fields:
        facts["reserved_number"] = refused.number
    try:
        return desk.make(kind, uid=new_id(), **facts)
    except ValidationError as error:
        raise CannotResend from error


def drop(desk: Desk, refused: Refused, reason: str) -> None:
    """Close a line of the tray for good; the number that was held for it becomes void for the same reason.

    Raises:
        ReasonMissing, RefusalUnknown, and what voiding a number raises.
    """
    if refused.number is not None and refused.register_id is not None and refused.year is not None:
        with suppress(AlreadyVoid):
            desk.do(
                desk.make(
                    VoidNumber,
                    register_id=refused.register_id,
                    year=refused.year,
                    number=refused.number,
                    reason=reason,
                )
            )
    desk.do(desk.make(SettleRefusal, refused=refused.uid, reason=reason))

"""From what is typed in the outgoing form to the facts of the command: signer, unit, recipients, answered arrival."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from clerkdesk.data.schema import arrival
from clerkdesk.errors import BadInput
from clerkdesk.i18n import N_
from clerkdesk.services.arrival_entry import understand_issuer, understand_type
from clerkdesk.services.clock import today
from clerkdesk.services.commands import OutgoingFacts, Recipient
from clerkdesk.services.folding import clean_line, folded, initials
from clerkdesk.services.outgoing import AnsweredArrivalUnknown
from clerkdesk.services.people import Person, people, units
from clerkdesk.services.registers import symbol_for
from clerkdesk.services.shorthand import CODES, code_of, parse_code, parse_deadline, parse_number
from clerkdesk.services.vocabulary import (
    DispatchChannel,
    PaperReason,
    ReleaseForm,
    Role,
    SigningCapacity,
    Urgency,
)

ON_PAPER = (DispatchChannel.POST, DispatchChannel.HAND)


class SignerUnknown(BadInput):
    """Nobody who may sign fits, or several do."""

    sentence = N_("Không xác định được người ký “{typed}”. Bấm F4 để chọn lãnh đạo hoặc lãnh đạo phòng.")
    field = "signer"


class UnitUnknown(BadInput):
    """No unit fits."""

    sentence = N_("Không có đơn vị “{typed}”. Bấm F4 để chọn.")
    field = "unit"


class NormativeWrong(BadInput):
    """Neither yes nor nothing was typed."""

    sentence = N_("Ô QPPL: gõ “c” nếu là văn bản quy phạm pháp luật, không thì để trống.")
    field = "normative"


def is_normative(typed: str) -> bool:
    """Return whether the document is a normative one (văn bản quy phạm pháp luật): `c` is, nothing typed is not.

    Raises:
        NormativeWrong: anything else; it would decide register and symbol.
    """
    text = folded(typed)
    if text in ("c", "co", "x", "1"):
        return True
    if text in ("", "k", "khong", "0"):
        return False
    raise NormativeWrong


def signers(connection: Connection, agency: UUID) -> list[Person]:
    """Return who may sign: leaders first, then heads of units (NĐ 30/2020 Đ13)."""
    able = [one for one in people(connection, agency) if one.active and one.roles & {Role.LEADER, Role.HEAD_OF_UNIT}]
    return sorted(able, key=lambda one: Role.LEADER not in one.roles)


def understand_signer(connection: Connection, agency: UUID, typed: str) -> Person:
    """Return the signer that a name, a part of it, a user name or initials mean.

    Raises:
        SignerUnknown.
    """
    key = folded(typed)
    able = signers(connection, agency)
    for fits in (
        lambda one: folded(one.full_name) == key or one.username == key,
        lambda one: initials(one.full_name) == key or folded(one.full_name).split()[-1] == key,
        lambda one: all(word in folded(f"{one.full_name} {one.position}") for word in key.split()),
    ):
        found = [one for one in able if key and fits(one)]
        if len(found) == 1:
            return found[0]
    raise SignerUnknown(typed=typed)


def understand_unit(connection: Connection, agency: UUID, typed: str) -> tuple[str, str]:
    """Return name and short name of the drafting unit that was typed.

    Raises:
        UnitUnknown.
    """
    key = folded(typed)
    known = units(connection, agency)
    exact = [one for one in known if key in (folded(one[2]), folded(one[1]))]
    found = exact or [one for one in known if all(word in folded(one[1]) for word in key.split())]
    if not key or len(found) != 1:
        raise UnitUnknown(typed=typed)
    return found[0][1], found[0][2]


_COPIES = re.compile(r"\s+(?:x(?P<copies>\d{1,3})|(?P<channel>[a-z]{1,3}))$")


def understand_recipient(connection: Connection, agency: UUID, typed: str) -> Recipient:
    """Return the recipient that was typed: a name or code, then optionally `x2` copies and a channel.

    `stc` is Sở Tài chính by the exchange, `ubnd xã an khê x3 bd` three copies by post in one envelope. Who is not in
    the directory (a person, a unit) is taken as typed.

    Raises:
        IssuerAmbiguous: several agencies fit.
    """
    text = clean_line(typed)
    copies, chosen = 1, DispatchChannel.EXCHANGE
    codes = {code: one for one in DispatchChannel for code in CODES[DispatchChannel][one] if not code.isdigit()}
    while match := _COPIES.search(text):
        if match["copies"]:
            copies = int(match["copies"])
        elif match["channel"] in codes:
            chosen = codes[match["channel"]]
        else:
            break
        text = text[: match.start()]
    envelopes = int(chosen is DispatchChannel.POST)
    known = {folded(name): name for _id, name, _short in units(connection, agency)}
    known |= {folded(one.full_name): one.full_name for one in people(connection, agency) if one.active}
    if folded(text) in known:
        return Recipient(name=known[folded(text)], channel=chosen, copies=copies, envelopes=envelopes)
    try:
        one = understand_issuer(connection, agency, text, today())
    except BadInput as error:
        if error.code == "IssuerAmbiguous" and " " not in text:
            raise
        return Recipient(name=text, channel=chosen, copies=copies, envelopes=envelopes)
    return Recipient(
        name=one.name,
        correspondent=one.id,
        channel=chosen,
        copies=copies,
        envelopes=envelopes,
        organ_id=one.organ_id,
    )


def understand_answered(connection: Connection, agency: UUID, typed: str, today: dt.date) -> UUID | None:
    """Return the arrival that is answered: its number, of this year or as `12/2025`; nothing typed is none.

    Raises:
        AnsweredArrivalUnknown, NumberNotUnderstood.
    """
    text = clean_line(typed)
    if not text:
        return None
    number_part, _slash, year_part = text.partition("/")
    number, year = parse_number(number_part), parse_number(year_part) or today.year
    found: UUID | None = connection.execute(
        select(arrival.c.id).where(
            arrival.c.agency_id == agency,
            arrival.c.year == year,
            arrival.c.number == number,
            arrival.c.sub_number == "",
        )
    ).scalar()
    if found is None:
        raise AnsweredArrivalUnknown
    return found


def outgoing_facts(
    connection: Connection, agency: UUID, values: dict[str, str], recipients: list[Recipient], today: dt.date
) -> OutgoingFacts:
    """Return the command's facts from the form's values.

    Raises:
        BadInput, RuleBroken: a value cannot be read, no register takes the type.
    """
    kind = understand_type(values["document_type"])
    code = kind.code if kind else "CV"
    normative = is_normative(values["normative"])
    signer = understand_signer(connection, agency, values["signer"])
    unit = understand_unit(connection, agency, values["unit"]) if values["unit"].strip() else ("", "")
    release_form = parse_code(ReleaseForm, values["release_form"])
    reason = parse_code(PaperReason, values["paper_reason"]) if values["paper_reason"].strip() else None
    copies = sum(one.copies for one in recipients)
    return OutgoingFacts(
        symbol=symbol_for(connection, agency, code, normative=normative, body=values["body"]),
        document_type=code,
        normative=normative,
        body=values["body"],
        unit_short_name=unit[1],
        subject=values["subject"],
        page_amount=parse_number(values["page_amount"]),
        description=values["description"],
        drafting_unit=unit[0],
        drafter=values["drafter"],
        signer_id=signer.id,
        signer_position=signer.position,
        signer_name=signer.full_name,
        signing_capacity=parse_code(SigningCapacity, values["signing_capacity"]),
        urgency=parse_code(Urgency, values["urgency"]),
        release_form=release_form,
        paper_reason=reason,
        issued_amount=parse_number(values["issued_amount"]) or (copies or None),
        answers_arrival=understand_answered(connection, agency, values["answers"], today),
        due_date=parse_deadline(values["due_date"], today),
        retained_by=values["retained_by"],
    )


def outgoing_form_values(row: dict[str, Any], answered: str) -> dict[str, str]:
    """Return an entered document as the form shows it.

    Args:
        answered: number and year of the arrival it answers, or an empty text.
    """
    return {
        "document_type": row["document_type"],
        "normative": "c" if row["normative"] else "",
        "body": row["body"],
        "unit": row["unit_short_name"] or row["drafting_unit"],
        "subject": row["subject"],
        "page_amount": str(row["page_amount"] or ""),
        "description": row["description"],
        "drafter": row["drafter"],
        "signer": row["signer_name"],
        "signing_capacity": code_of(SigningCapacity(row["signing_capacity"])),
        "urgency": code_of(Urgency(row["urgency"])),
        "release_form": code_of(ReleaseForm(row["release_form"])),
        "paper_reason": code_of(PaperReason(row["paper_reason"])) if row["paper_reason"] else "",
        "issued_amount": str(row["issued_amount"] or ""),
        "answers": answered,
        "due_date": f"{row['due_date']:%d/%m/%Y}" if row["due_date"] else "",
        "retained_by": row["retained_by"],
    }

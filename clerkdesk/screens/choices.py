"""What F4 lists for the fields that several forms share."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from clerkdesk.i18n import _

if TYPE_CHECKING:
    from clerkdesk.services.desk import Desk


def issuer_choices(desk: Desk, typed: str) -> list[tuple[str, str]]:
    """Return agencies that fit, and the offer to add what was typed (its value begins with `+`)."""
    from clerkdesk.services.clock import today
    from clerkdesk.services.directory import find_correspondents
    from clerkdesk.services.folding import clean_line

    found = desk.read(find_correspondents, typed, today(), limit=10)
    choices = [(f"{one.name}  {one.short_name}", one.name) for one in found]
    name = clean_line(typed)
    if len(name) > 3 and all(one.name.casefold() != name.casefold() for one in found):
        choices.append((_("+ Thêm mới: {name}").format(name=name), f"+{name}"))
    return choices


def type_choices(typed: str) -> list[tuple[str, str]]:
    """Return document types that fit."""
    from clerkdesk.services.document_types import find_types

    return [(f"{kind.code:<5} {kind.name}", kind.code) for kind in find_types(typed)]


def code_choices(kind: type[Enum], typed: str) -> list[tuple[str, str]]:
    """Return the members of a list of fixed words that fit."""
    from clerkdesk.services.folding import folded
    from clerkdesk.services.shorthand import CODES

    query = folded(typed)
    return [
        (f"{codes[0] or '␣':<4} {member.label}", codes[0])  # type: ignore[attr-defined]
        for member, codes in CODES[kind].items()
        if query in (*codes, "") or query in folded(member.label)  # type: ignore[attr-defined]
    ]


def person_choices(desk: Desk, typed: str) -> list[tuple[str, str]]:
    """Return people and units of the agency that fit, for "Nơi nhận"."""
    from clerkdesk.services.folding import folded
    from clerkdesk.services.people import people, units

    names = [(f"{one.full_name} – {one.position}", one.full_name) for one in desk.read(people) if one.active]
    names += [(name, name) for _id, name, _short in desk.read(units)]
    words = folded(typed).split()
    return [(label, name) for label, name in names if all(word in folded(label) for word in words)]

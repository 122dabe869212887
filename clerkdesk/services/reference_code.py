"""Reference codes (số và ký hiệu): `05/2026/QĐ-UBND`, `15/QĐ-BNV`, `05/BNV-VP` (NĐ 30/2020 PL I.I.II.3)."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clerkdesk.errors import RuleBroken
from clerkdesk.i18n import N_
from clerkdesk.services.folding import clean_line

PLACES = ("number", "year", "type", "agency", "unit", "body")


class TemplateBroken(RuleBroken):
    """A symbol template cannot be filled."""

    sentence = N_(
        "Mẫu ký hiệu “{template}” không đúng. Mẫu gồm {{number}}, {{year}}, {{type}}, {{agency}}, {{unit}}, {{body}}, ví dụ {{number}}/{{type}}-{{agency}}."
    )
    field = "template"


@dataclass(frozen=True, slots=True)
class SymbolParts:
    """What fills a template: abbreviations of the type, the agency, the drafting unit and the advisory body."""

    type: str = ""
    agency: str = ""
    unit: str = ""
    body: str = ""


def number_text(number: int, sub_number: str = "") -> str:
    """Return the number as printed: below 10 with a leading zero (NĐ 30/2020 PL I.I.II.3c)."""
    return f"{number:02d}{sub_number}"


def emergency_short(emergency_number: str) -> str:
    """Return an emergency number without its year: `T02-3/2026` as `T02-3`."""
    return emergency_number.partition("/")[0]


def arrival_number(row: Mapping[str, Any], *, year: bool = False) -> str:
    """Return all numbers of an arrival as a person reads them: `118`, `118 (T02-3)`, or `T02-3` while it has no other.

    Args:
        row: an arrival as `arrivals.arrival_by_id` gives it.
        year: with its year: `118/2026 (T02-3)`.
    """
    also = emergency_short(row["emergency_number"])
    if row["in_emergency"]:
        return str(row["emergency_number"]) if year else also
    number = number_text(row["number"], row["sub_number"]) + (f"/{row['year']}" if year else "")
    return f"{number} ({also})" if also else number


def day_text(day: int) -> str:
    """Return the day as printed: below 10 with a leading zero (NĐ 30/2020 PL I.I.II.4b)."""
    return f"{day:02d}"


def month_text(month: int) -> str:
    """Return the month as printed: only months 1 and 2 get a leading zero (NĐ 30/2020 PL I.I.II.4b)."""
    return f"{month:02d}" if month <= 2 else str(month)


def check_template(template: str) -> str:
    """Return the template, cleaned, when it can be filled.

    Raises:
        TemplateBroken: unknown or no `{number}` place, or no `/` behind the number.
    """
    template = clean_line(template)
    try:
        places = [place for place in string.Formatter().parse(template) if place[1] is not None]
    except ValueError as error:
        raise TemplateBroken(template=template) from error
    names = [name for _, name, _, _ in places]
    plain = not any(layout or conversion for _, _, layout, conversion in places)
    known = names.count("number") == 1 and set(names) <= set(PLACES)
    if not (plain and known and template.startswith("{number}/")):
        raise TemplateBroken(template=template)
    return template


def notation(template: str, year: int, parts: SymbolParts) -> str:
    """Return what stands behind the number and its slash: `QĐ-UBND`, `2026/QĐ-UBND`.

    An empty part takes its dash or slash with it, so that a công văn of an agency without units is `05/BNV`.
    """
    filled = check_template(template).format(
        number="", year=year, type=parts.type, agency=parts.agency, unit=parts.unit, body=parts.body
    )
    groups = (re.sub(r"-{2,}", "-", group).strip("-") for group in filled.split("/"))
    return "/".join(group for group in groups if group)


def reference_code(template: str, number: int, sub_number: str, year: int, parts: SymbolParts) -> str:
    """Return the whole reference code of an outgoing document."""
    return f"{number_text(number, sub_number)}/{notation(template, year, parts)}"


_TYPED = re.compile(
    r"^\s*(?P<number>\d{1,7})(?P<letter>[a-zđ]?)\s*(?:/\s*(?P<notation>.*))?$", re.IGNORECASE | re.DOTALL
)


def split_reference(typed: str) -> tuple[str, str]:
    """Split a typed reference code into number and notation: `5/qđ-ubnd` gives `05` and `qđ-ubnd`.

    The number is padded to two digits, so that `5/QĐ-UBND` and `05/QĐ-UBND` are one document. A code without a
    number (`S/v`, foreign papers) is all notation.
    """
    typed = clean_line(typed)
    match = _TYPED.match(typed)
    if match is None:
        return "", typed
    padded = f"{int(match['number']):02d}{match['letter']}"
    tail = re.sub(r"\s*([-/])\s*", r"\1", match["notation"] or "")
    return padded, tail


def joined(code_number: str, code_notation: str) -> str:
    """Return number and notation as one code, for showing."""
    if code_number and code_notation:
        return f"{code_number}/{code_notation}"
    return code_number or code_notation

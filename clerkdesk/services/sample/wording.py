"""A year of arrivals and outgoing documents of the fictional office, the same for the same year, seed, count and day."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from clerkdesk.services.document_types import type_name
from clerkdesk.services.sample.wording_arrivals import MATTERS, Matter
from clerkdesk.services.sample.wording_days import later, long_date, moments, sample_days, works
from clerkdesk.services.sample.wording_frames import BASES, FRAMES
from clerkdesk.services.sample.wording_office import (
    AGENCY,
    CENTRAL,
    HEADS,
    LOCAL_CORRESPONDENTS,
    MEN,
    OTHER_PROVINCES,
    PEOPLE,
    PLACE,
    UNITS,
    WOMEN,
    SampleCorrespondent,
    SamplePerson,
    SampleUnit,
    invented_name,
)
from clerkdesk.services.sample.wording_outgoing import ANSWERS, OUTGOING_MATTERS, OutgoingMatter

__all__ = [
    "AGENCY",
    "LOCAL_CORRESPONDENTS",
    "PEOPLE",
    "PLACE",
    "UNITS",
    "SampleArrival",
    "SampleCorrespondent",
    "SampleOutgoing",
    "SamplePerson",
    "SampleRecipient",
    "SampleUnit",
    "sample_arrivals",
    "sample_outgoing",
]


@dataclass(frozen=True, slots=True)
class SampleArrival:
    """An arrival as the clerk would enter it; codes are those of `vocabulary` and `document_types`.

    A normative document keeps its year out of the notation: number `12`, notation `QĐ-UBND`, `normative` true.
    `status_hint` is the state in which the arrival looks natural on the given day.
    """

    issuer: str
    code_number: str
    code_notation: str
    type_abbreviation: str
    normative: bool
    subject: str
    issued_date: dt.date
    received_at: dt.datetime
    signer_position: str
    signer_name: str
    urgency: str
    page_amount: int
    receipt_channel: str
    medium: str
    due_date: dt.date | None
    to_places: str
    lead_unit: str
    body: tuple[str, ...]
    status_hint: str

    @property
    def reference_code(self) -> str:
        """Số và ký hiệu as it is printed."""
        year = f"/{self.issued_date.year}" if self.normative else ""
        return f"{self.code_number}{year}/{self.code_notation}"


@dataclass(frozen=True, slots=True)
class SampleRecipient:
    """One recipient of an outgoing document; `channel` is a value of `vocabulary.DispatchChannel`."""

    name: str
    channel: str
    copies: int


@dataclass(frozen=True, slots=True)
class SampleOutgoing:
    """An outgoing document without its number, which the register gives; drafter and signer are user names.

    `council` is the advisory body in whose name it is issued (a series of its own); `answers` the index of an arrival.
    """

    type_abbreviation: str
    code_notation: str
    council: str
    subject: str
    drafting_unit: str
    drafter: str
    signer: str
    signer_position: str
    signing_capacity: str
    recipients: tuple[SampleRecipient, ...]
    urgency: str
    body: tuple[str, ...]
    answers: int | None
    issued_date: dt.date


_M = TypeVar("_M", Matter, OutgoingMatter)

_LOCAL = {agency.short_name: agency.name for agency in LOCAL_CORRESPONDENTS if agency.level < 4}
_COMMUNES = [agency.name for agency in LOCAL_CORRESPONDENTS if agency.level == 4]
_DEPARTMENTS = [agency.name for agency in LOCAL_CORRESPONDENTS if agency.level == 3]
_UNIT_NAMES = {unit.short_name: unit.name for unit in UNITS}

_URGENT_SHARE = 0.12
_PAGES = {"CV": (1, 3), "GM": (1, 1), "CĐ": (2, 2), "TB": (2, 4), "QPPL": (8, 24), "KH": (4, 14), "BC": (3, 12)}
# Documents a day of a series, by sender; one without an entry issues four.
_PACE = {"UBND": 14.0, "VPUBND": 7.0, "BNV": 12.0, "VPCP": 20.0, "XA": 2.0, "UBND*": 14.0, "HĐND": 0.3}
_SUFFIXES = {"UBND": ("NC", "TH", "KT", "VX"), "UBND*": ("NC", "TH"), "VPUBND": ("NC", "TH"), "VPCP": ("KSTT", "TCCV")}
_MINISTRY_UNITS = {"CCVC": "CCVC", "CCHC": "CCHC", "XDCQ": "CQĐP", "NCC": "NCC"}
_CHANNELS = ("EXCHANGE", "POST", "HAND", "EMAIL", "OTHER_SYSTEM", "FAX")


def sample_arrivals(year: int, seed: int, count: int = 140, today: dt.date | None = None) -> list[SampleArrival]:
    """Write `count` arrivals received from 1 January up to the day before `today` (default: the whole year)."""
    rng = Random(seed)  # noqa: S311
    days = sample_days(year, today)
    received = moments(rng, days, count)
    chosen = _choose(rng, received, MATTERS)
    urgent = _urgent(rng, [matter for matter, _ in chosen])
    arrivals = []
    for (matter, words), moment, urgency in zip(chosen, received, urgent, strict=True):
        arrivals.append(_arrival(rng, seed, matter, words, moment, urgency, (days[-1] - moment.date()).days))
    return _numbered(rng, arrivals, [matter for matter, _ in chosen])


def sample_outgoing(
    year: int,
    seed: int,
    count: int = 60,
    today: dt.date | None = None,
    arrivals: Sequence[SampleArrival] | None = None,
) -> list[SampleOutgoing]:
    """Write `count` outgoing documents in order of issue; about a third answer `arrivals` (default: `sample_arrivals`)."""
    rng = Random(f"{seed}/outgoing")  # noqa: S311
    received = sample_arrivals(year, seed, today=today) if arrivals is None else arrivals
    days = sample_days(year, today)
    done = [n for n, one in enumerate(received) if one.due_date and one.status_hint == "COMPLETED"]
    documents = [_answer(rng, n, received[n], days) for n in rng.sample(done, min(len(done), count // 3))]
    issued = moments(rng, days, count - len(documents))
    chosen = _choose(rng, issued, OUTGOING_MATTERS)
    documents += [
        _outgoing(rng, one, words, moment.date()) for (one, words), moment in zip(chosen, issued, strict=True)
    ]
    return sorted(documents, key=lambda one: one.issued_date)


# --- choosing and wording ----------------------------------------------------------------------------------------


def _words(rng: Random, moment: dt.datetime, sender: str) -> dict[str, str]:
    meet = later(moment.date(), rng.randint(2, 6))
    return {
        "issuer": _issuer(rng, sender) if sender else AGENCY.name,
        "year": str(moment.year),
        "prev": str(moment.year - 1),
        "next": str(moment.year + 1),
        "q": ("I", "II", "III", "IV")[(moment.month - 1) // 3],
        "half": "1" if moment.month < 7 else "2",
        "month": long_date(moment.date()).split()[2],
        "past": long_date(moment.date() - dt.timedelta(days=14)).split(" ", 2)[2],
        "n": str(rng.randint(12, 96)),
        "ong": invented_name(rng, MEN),
        "ba": invented_name(rng, WOMEN),
        "meet": long_date(meet),
        "hour": rng.choice(("08 giờ 00 phút", "14 giờ 00 phút")),
    }


def _choose(rng: Random, times: list[dt.datetime], matters: Sequence[_M]) -> list[tuple[_M, dict[str, str]]]:
    """Give each moment a matter of its season, the least used and most seasonal first, and not the same twice from one sender."""
    used: Counter[_M] = Counter()
    seen: set[tuple[str, str]] = set()
    chosen: list[tuple[_M, dict[str, str]]] = []
    for moment in times:
        fitting = [one for one in matters if moment.month in one.months]
        ranked = sorted(fitting, key=lambda one: (used[one], rng.random() * len(one.months)))
        tries = [(one, _words(rng, moment, one.sender if isinstance(one, Matter) else "")) for one in ranked]
        fresh = [pair for pair in tries if (pair[1]["issuer"], pair[0].subject.format(**pair[1])) not in seen]
        matter, words = (fresh or tries)[0]
        used[matter] += 1
        seen.add((words["issuer"], matter.subject.format(**words)))
        chosen.append((matter, words))
    return chosen


def _issuer(rng: Random, sender: str) -> str:
    if sender == "XA":
        return rng.choice(_COMMUNES)
    if sender.endswith("*"):
        return ("Sở Nội vụ " if sender == "SNV*" else "Ủy ban nhân dân ") + rng.choice(OTHER_PROVINCES)
    return CENTRAL.get(sender) or _LOCAL[sender]


# --- arrivals ------------------------------------------------------------------------------------------------


def _urgent(rng: Random, matters: Sequence[Matter]) -> list[str]:
    pressing = [n for n, matter in enumerate(matters) if matter.pressing]
    others = [n for n, matter in enumerate(matters) if not matter.pressing and matter.frame.startswith("CV")]
    wanted = round(_URGENT_SHARE * len(matters))
    marked = rng.sample(pressing, min(len(pressing), wanted))
    marked += rng.sample(others, min(len(others), wanted - len(marked)))
    levels = dict.fromkeys(marked, "URGENT")
    levels.update(dict.fromkeys(marked[::3], "VERY_URGENT"))
    levels.update(dict.fromkeys([n for n, matter in enumerate(matters) if matter.frame == "CĐ"], "FLASH"))
    return [levels.get(n, "NORMAL") for n in range(len(matters))]


def _arrival(
    rng: Random, seed: int, matter: Matter, words: dict[str, str], moment: dt.datetime, urgency: str, age: int
) -> SampleArrival:
    urgent = urgency != "NORMAL"
    channel = rng.choices(_CHANNELS, (70, 0, 20, 0, 0, 10) if urgent else (55, 17, 12, 7, 5, 4))[0]
    issued = _issued(
        moment.date(), rng.randint(2, 6) if channel == "POST" else rng.choice((0, 0, 0, 1) if urgent else (0, 0, 1, 2))
    )
    due = later(moment.date(), matter.due) if matter.due else None
    words |= {
        "deadline": f" trước ngày {long_date(due)}" if due else "",
        "proposed": long_date(_issued(issued, rng.randint(3, 7))),
        "effect": long_date(issued + dt.timedelta(days=rng.randint(10, 20))),
    }
    kind = matter.frame.partition(":")[0]
    helper = rng.choice([unit.name for unit in UNITS if unit.short_name != matter.unit])
    position, name = _signer(rng, seed, matter, words["issuer"])
    return SampleArrival(
        issuer=words["issuer"],
        code_number="",
        code_notation=_notation(rng, kind, matter),
        type_abbreviation="QĐ" if kind == "QPPL" else kind,
        normative=kind == "QPPL",
        subject=matter.subject.format(**words),
        issued_date=issued,
        received_at=moment,
        signer_position=position,
        signer_name=name,
        urgency=urgency,
        page_amount=rng.randint(*_PAGES.get(kind, (2, 6))),
        receipt_channel=channel,
        medium="PAPER" if channel in ("POST", "HAND", "FAX") else "BOTH" if rng.random() < 0.1 else "ELECTRONIC",
        due_date=due,
        to_places=_UNIT_NAMES[matter.unit] + (f"; {helper}" if rng.random() < 0.25 else ""),
        lead_unit=_UNIT_NAMES[matter.unit],
        body=_body(kind, matter, words),
        status_hint=_status(rng, age, due is not None),
    )


def _issued(received: dt.date, days_before: int) -> dt.date:
    return next(day for n in range(days_before, -1, -1) if works(day := received - dt.timedelta(days=n)) or n == 0)


def _signer(rng: Random, seed: int, matter: Matter, issuer: str) -> tuple[str, str]:
    short = "UBND" if matter.sender in ("XA", "UBND*") else matter.sender
    titles = HEADS.get(short, ("Giám đốc", "Phó Giám đốc"))
    same_people = Random(f"{seed}/{issuer}")  # noqa: S311
    head, deputy = invented_name(same_people), invented_name(same_people)
    return (titles[0], head) if short not in CENTRAL and rng.random() < 0.35 else (titles[1], deputy)


def _notation(rng: Random, kind: str, matter: Matter) -> str:
    """Ký hiệu: `QĐ-UBND` of a typed document, `UBND-NC` of a công văn (NĐ 30/2020 PL I)."""
    short = {"XA": "UBND", "UBND*": "UBND", "SNV*": "SNV"}.get(matter.sender, matter.sender)
    if kind == "CV":
        suffix = rng.choice(_SUFFIXES.get(matter.sender, ("VP",)))
        return f"{short}-{_MINISTRY_UNITS.get(matter.unit, 'VP') if short == 'BNV' else suffix}"
    return f"{'QĐ' if kind == 'QPPL' else kind}-{short}"


def _body(kind: str, matter: Matter, words: dict[str, str]) -> tuple[str, ...]:
    words["base"] = BASES[matter.base].format(**words)
    opening, closing = (tuple(text.format(**words) for text in part) for part in FRAMES[matter.frame])
    own = [text.format(**words) for text in matter.body]
    if kind not in ("QĐ", "QPPL", "NQ"):
        start = 2 if kind == "GM" else 1
        return (*opening, *(f"{n}. {text}" for n, text in enumerate(own, start)), *closing)
    return (*opening, *(f"Điều {n}. {text}" for n, text in enumerate([*own, *closing], 1)))


def _status(rng: Random, age: int, to_answer: bool) -> str:
    if age < 1:
        return "REGISTERED"
    if age < 3:
        return rng.choice(("SUBMITTED", "ASSIGNED"))
    if age < 10:
        return rng.choice(("ASSIGNED", "IN_PROGRESS"))
    if to_answer:
        return "IN_PROGRESS" if rng.random() < 0.15 else "COMPLETED"
    return rng.choice(("READ_CONFIRMED", "NO_ACTION_NEEDED", "COMPLETED"))


def _numbered(rng: Random, arrivals: list[SampleArrival], matters: Sequence[Matter]) -> list[SampleArrival]:
    """Give each document a number of its issuer's series, rising with its date."""
    last: Counter[tuple[str, str, int]] = Counter()
    numbered = list(arrivals)
    for n in sorted(range(len(arrivals)), key=lambda n: arrivals[n].issued_date):
        one = arrivals[n]
        letters = one.type_abbreviation == "CV"
        series = (one.issuer, "CV" if letters else matters[n].frame, one.issued_date.year)
        pace = _PACE.get(matters[n].sender, 4.0) * (1 if letters else 0.01 if one.normative else 0.12)
        expected = int(pace * one.issued_date.timetuple().tm_yday * rng.uniform(0.95, 1.0))
        last[series] = max(last[series] + 1, expected)
        numbered[n] = replace(one, code_number=f"{last[series]:02}")
    return numbered


# --- outgoing ------------------------------------------------------------------------------------------------


def _drafter(rng: Random, unit: str) -> str:
    drafters = [one for one in PEOPLE if one.role in ("specialist", "archivist")]
    own = [one for one in drafters if one.unit == unit]
    return rng.choice(own or [one for one in drafters if one.role == "specialist"]).user_name


def _signs(capacity: str, unit: str) -> tuple[str, str]:
    if capacity == "TUQ":
        head = next(one for one in PEOPLE if one.unit == unit and one.role == "head_of_unit")
        return head.user_name, head.position
    position = {"KT": "Phó Giám đốc", "TL": "Chánh Văn phòng"}.get(capacity, "Giám đốc")
    signer = next(one.user_name for one in PEOPLE if one.position == position)
    return signer, "Chủ tịch Hội đồng" if capacity == "TM" else position


def _recipients(rng: Random, matter: OutgoingMatter) -> Iterable[SampleRecipient]:
    few = matter.kind in ("QĐ", "GGT")  # such a document concerns one or two of the communes
    channel = "HAND" if matter.kind == "GGT" else "EXCHANGE"
    for group in matter.recipients:
        if group == "XA":
            names = rng.sample(_COMMUNES, 2) if few else _COMMUNES
        else:
            names = _DEPARTMENTS if group == "SO" else [_issuer(rng, group)]
        for name in names:
            paper = group in CENTRAL or (group == "UBND" and matter.kind == "TTr")
            yield SampleRecipient(
                name, ("POST" if group in CENTRAL else "HAND") if paper else channel, 2 if paper else 1
            )


def _outgoing(rng: Random, matter: OutgoingMatter, words: dict[str, str], issued: dt.date) -> SampleOutgoing:
    signer, position = _signs(matter.capacity, matter.unit)
    own = matter.council or AGENCY.short_name
    return SampleOutgoing(
        type_abbreviation=matter.kind,
        code_notation=f"{own}-{matter.unit}" if matter.kind == "CV" else f"{matter.kind}-{own}",
        council=matter.council,
        subject=matter.subject.format(**words),
        drafting_unit=_UNIT_NAMES[matter.unit],
        drafter=_drafter(rng, matter.unit),
        signer=signer,
        signer_position=position,
        signing_capacity=matter.capacity,
        recipients=tuple(_recipients(rng, matter)),
        urgency="URGENT" if matter.kind in ("CV", "GM") and rng.random() < 0.2 else "NORMAL",
        body=tuple(text.format(**words) for text in matter.body),
        answers=None,
        issued_date=issued,
    )


def _answer(rng: Random, index: int, arrival: SampleArrival, days: list[dt.date]) -> SampleOutgoing:
    above = arrival.issuer in (*CENTRAL.values(), _LOCAL["UBND"], _LOCAL["VPUBND"])
    kind = "BC" if above and arrival.type_abbreviation in ("CV", "CĐ") else "CV"
    unit = next(unit.short_name for unit in UNITS if unit.name == arrival.lead_unit)
    subject, body = ANSWERS[kind]
    words = {
        "type": type_name(arrival.type_abbreviation),
        "code": arrival.reference_code,
        "date": long_date(arrival.issued_date),
        "issuer": arrival.issuer,
        "matter": arrival.subject.removeprefix("V/v ").removeprefix("Về việc "),
    }
    due = arrival.due_date or days[-1]
    when = [day for day in days if arrival.received_at.date() < day <= due] or [days[-1]]
    matter = OutgoingMatter(kind, unit, "HEAD" if kind == "BC" else "KT", (), "", frozenset(), subject, body)
    written = _outgoing(rng, matter, words, rng.choice(when))
    return replace(written, recipients=(SampleRecipient(arrival.issuer, "EXCHANGE", 1),), answers=index)

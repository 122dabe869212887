"""The waiting pile (văn bản chờ vào sổ) and numbering it in one act, all or nothing.

Numbers follow the order of receipt (NĐ 30/2020 Đ22.2; Hà Nam 44/2024 Đ10.3b). A line of the pile becomes an arrival
exactly as `arrivals.register_arrival` would make it: checks, numbers and rows come from the same functions.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, literal_column, select, update

from clerkdesk.data.prepared import Prepared, prepared_insert
from clerkdesk.data.schema import arrival, waiting
from clerkdesk.errors import ClerkDeskError, RuleBroken
from clerkdesk.i18n import N_
from clerkdesk.services import numbering
from clerkdesk.services.arrivals import DuplicateArrival, Received, check_facts, enter, exclusions_of, find_earlier
from clerkdesk.services.clock import local
from clerkdesk.services.commands import (
    AddWaiting,
    ArrivalFacts,
    ChangeWaiting,
    DropWaiting,
    FirstNumber,
    Frozen,
    NewFile,
    NumberWaiting,
    Result,
)
from clerkdesk.services.document_types import type_name
from clerkdesk.services.lengths import check_lengths
from clerkdesk.services.reference_code import joined
from clerkdesk.services.secrecy import refuse_secrets

MOST_LINES = 10_000
_TOLD_EVERY = 200


class PileChanged(RuleBroken):
    """The pile is not what the preview showed."""

    sentence = N_("Chưa cấp số nào: chồng văn bản chờ đã thay đổi. Bấm F5 để xem lại rồi cấp số.")


class NumbersMoved(RuleBroken):
    """Another document has taken the number since the preview."""

    sentence = N_(
        "Chưa cấp số nào: sổ năm {year} vừa cấp thêm số, lô này sẽ bắt đầu từ số {number}. Bấm F5 để xem lại rồi cấp số."
    )


class NothingWaiting(RuleBroken):
    """The pile is empty."""

    sentence = N_("Không có văn bản nào chờ vào sổ.")


class TooManyWaiting(RuleBroken):
    """A batch is larger than can be looked through."""

    sentence = N_("Mỗi lô nhiều nhất {most} văn bản, ở đây có {count}. Chia nhỏ rồi làm lại.")


class SameInPile(RuleBroken):
    """Two lines of the pile are one document."""

    sentence = N_("Trùng với dòng {line} của chồng này: {issuer}, {code}.")


class LineRefused(RuleBroken):
    """A line cannot be numbered, so none is."""

    sentence = N_("Chưa cấp số nào. Dòng {line}: {reason}")


class ReceivedInFuture(RuleBroken):
    """A document cannot have come later than now."""

    sentence = N_("Thời điểm nhận {when} chưa tới. Kiểm tra ngày giờ đến, hoặc đồng hồ máy tính.")
    field = "arrival_date"


class Run(Frozen):
    """Consecutive numbers of one year's book."""

    year: int
    first: int
    last: int


class BatchNumbered(Result):
    """The numbers of a batch: one run for each year's book."""

    runs: tuple[Run, ...] = ()

    @property
    def count(self) -> int:
        """How many documents."""
        return sum(run.last - run.first + 1 for run in self.runs)

    def shown(self) -> tuple[int, ...]:
        """All numbers, run by run: in the order in which they were taken; none of a batch that cannot be."""
        if self.count > MOST_LINES:
            return ()
        return tuple(number for run in self.runs for number in range(run.first, run.last + 1))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A document on the pile; see `commands.WaitingLine`."""

    id: UUID
    facts: ArrivalFacts
    files: tuple[NewFile, ...]
    received_at: dt.datetime
    position: int
    source: str


@dataclass(frozen=True, slots=True)
class Previewed:
    """A line of the pile and the number that it will get; `trouble` keeps the whole batch from being numbered."""

    line: Waiting
    number: int | None
    trouble: ClerkDeskError | None


@dataclass(frozen=True, slots=True)
class Preview:
    """The pile in the order of receipt, with the numbers that it will get."""

    lines: tuple[Previewed, ...]
    first_numbers: tuple[FirstNumber, ...]

    @property
    def troubles(self) -> int:
        """How many lines cannot be numbered."""
        return sum(one.trouble is not None for one in self.lines)


_add = prepared_insert(
    waiting, "agency_id", "id", "register_id", "facts", "files", "received_at", "position", "source", "added_at", "added_by"
)  # fmt: skip
_take_off = Prepared(
    update(waiting)
    .where(
        waiting.c.agency_id == bindparam("agency", type_=waiting.c.agency_id.type),
        waiting.c.id == bindparam("line", type_=waiting.c.id.type),
    )
    .values(
        batch_id=bindparam("batch", type_=waiting.c.batch_id.type),
        facts=literal_column("'{}'"),
        files=literal_column("'[]'"),
        source=literal_column("''"),
    )
)


def add_waiting(tx: Connection, command: AddWaiting, at: dt.datetime) -> Result:
    """Put documents on the pile; a line may still lack what the clerk will fill in before numbering.

    Raises:
        SecretDocument, ExcludedDocument: nothing of any line is kept.
        TooLong, TooLarge, ReceivedInFuture, TooManyWaiting, NothingWaiting.
    """
    if not command.lines:
        raise NothingWaiting
    if len(command.lines) > MOST_LINES:
        raise TooManyWaiting(most=MOST_LINES, count=len(command.lines))
    exclusions = exclusions_of(tx, command.agency)
    for line in command.lines:
        _check_line(line.facts, line.received_at, exclusions, at)
    _add.many(
        tx,
        [
            {
                "agency_id": command.agency,
                "id": line.id,
                "register_id": command.register_id,
                "facts": line.facts.model_dump_json(exclude_defaults=True),
                "files": _files_text(line.files),
                "received_at": line.received_at,
                "position": line.position,
                "source": line.source,
                "added_at": at,
                "added_by": command.actor,
            }
            for line in command.lines
        ],
    )
    return Result(subject=command.register_id)


def change_waiting(tx: Connection, command: ChangeWaiting, at: dt.datetime) -> Result:
    """Correct a document that waits.

    Raises:
        PileChanged: it is not on the pile any more; and as `add_waiting`.
    """
    _check_line(command.facts, command.received_at, exclusions_of(tx, command.agency), at)
    changed = tx.execute(
        update(waiting)
        .where(waiting.c.agency_id == command.agency, waiting.c.id == command.line, waiting.c.batch_id.is_(None))
        .values(
            facts=command.facts.model_dump_json(exclude_defaults=True),
            files=_files_text(command.files),
            received_at=command.received_at,
        )
        .returning(waiting.c.id)
    ).first()
    if changed is None:
        raise PileChanged
    return Result(subject=command.line)


def drop_waiting(tx: Connection, command: DropWaiting, at: dt.datetime) -> Result:
    """Take documents off the pile without a number.

    Raises:
        PileChanged: one is not there any more.
    """
    there = set(
        tx.execute(
            select(waiting.c.id).where(waiting.c.agency_id == command.agency, waiting.c.batch_id.is_(None))
        ).scalars()
    )
    if not there.issuperset(command.lines):
        raise PileChanged
    _take_off.many(tx, [{"agency": command.agency, "line": line, "batch": command.uid} for line in command.lines])
    return Result()


def number_waiting(tx: Connection, command: NumberWaiting, at: dt.datetime) -> BatchNumbered:
    """Enter a pile in its register, in order of receipt, under consecutive numbers; all of it or nothing.

    Raises:
        NothingWaiting, PileChanged, NumbersMoved: look at the preview again.
        LineRefused: a line is a double, incomplete, secret or wrongly dated; says which and why.
        RegisterNotOpen, RegisterClosed, RegisterSuspended, PenElsewhere.
    """
    if not command.lines:
        raise NothingWaiting
    there = {line.id: line for line in waiting_lines(tx, command.agency, command.register_id)}
    lines = [there[line] for line in command.lines if line in there]
    if (
        len(lines) != len(command.lines)
        or len(set(command.lines)) != len(lines)
        or lines != sorted(lines, key=_receipt)
    ):
        raise PileChanged
    documents = [Received(line.id, line.facts, line.files) for line in lines]
    for place, trouble in problems(tx, command.agency, documents, command.second_copies):
        raise LineRefused(line=place + 1, reason=trouble.message)
    expected = {first.year: first.number for first in command.first_numbers}
    numbers: dict[UUID, numbering.Numbered] = {}
    runs = []
    for year, of_year in _by_year(documents).items():
        issue = numbering.Issue(
            command.agency, command.register_id, year, command.uid, command.actor, command.desk, at
        )  # fmt: skip
        issued = numbering.issue_many(tx, issue, [one.id for one in of_year])
        if issued[0].number != expected.get(year):
            raise NumbersMoved(year=year, number=issued[0].number)
        numbers.update(zip((one.id for one in of_year), issued, strict=True))
        runs.append(Run(year=year, first=issued[0].number, last=issued[-1].number))
    enter(tx, command, [(one, numbers[one.id]) for one in documents], at)
    _take_off.many(tx, [{"agency": command.agency, "line": line.id, "batch": command.uid} for line in lines])
    return BatchNumbered(subject=command.register_id, runs=tuple(runs))


def waiting_lines(connection: Connection, agency: UUID, register_id: UUID) -> list[Waiting]:
    """Return the pile of a register in order of receipt."""
    rows = _read_pile(connection, agency=agency, register=register_id)
    lines = [
        Waiting(
            UUID(row.id),
            ArrivalFacts.model_validate_json(row.facts),
            tuple(NewFile.model_validate(one) for one in json.loads(row.files)) if row.files != "[]" else (),
            dt.datetime.fromisoformat(row.received_at),
            row.position,
            row.source,
        )
        for row in rows
    ]
    return sorted(lines, key=_receipt)


_read_pile = Prepared(
    select(
        waiting.c.id, waiting.c.facts, waiting.c.files, waiting.c.received_at, waiting.c.position, waiting.c.source
    ).where(
        waiting.c.agency_id == bindparam("agency"),
        waiting.c.register_id == bindparam("register"),
        waiting.c.batch_id.is_(None),
    )
)


def waiting_count(connection: Connection, agency: UUID, register_id: UUID, year: int | None = None) -> int:
    """Return how many documents wait, of one year's arrivals or of all."""
    lines = _read_pile(connection, agency=agency, register=register_id)
    return sum(year is None or json.loads(row.facts)["arrival_date"].startswith(f"{year}-") for row in lines)


def preview(
    connection: Connection,
    agency: UUID,
    register_id: UUID,
    second_copies: Collection[UUID] = (),
    *,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] | None = None,
) -> Preview:
    """Return the pile with the number that each line will get, and what keeps lines from getting one.

    Args:
        second_copies: lines that the clerk enters although they stand in the register already.
        stop: asked between lines; when true, what was looked at so far is returned.
        progress: called with lines looked at and lines in all.
    """
    lines = waiting_lines(connection, agency, register_id)
    documents = [Received(line.id, line.facts, line.files) for line in lines]
    troubles = dict(problems(connection, agency, documents, second_copies, stop=stop, progress=progress))
    following: dict[int, int] = {}
    closed: dict[int, ClerkDeskError] = {}
    for year in _by_year(documents):
        try:
            following[year] = numbering.check_open(connection, agency, register_id, year)
        except RuleBroken as error:
            closed[year] = error
    firsts = tuple(FirstNumber(year=year, number=number) for year, number in following.items())
    shown = []
    for place, line in enumerate(lines):
        year = line.facts.arrival_date.year
        number = following.get(year)
        if number is not None:
            following[year] = number + 1
        shown.append(Previewed(line, number, troubles.get(place) or closed.get(year)))
    return Preview(tuple(shown), firsts)


def problems(
    connection: Connection,
    agency: UUID,
    documents: Sequence[Received],
    second_copies: Collection[UUID] = (),
    *,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[tuple[int, ClerkDeskError]]:
    """Yield the place and the trouble of every document that may not be entered, doubles among themselves too."""
    exclusions = exclusions_of(connection, agency)
    meant_twice = frozenset(second_copies)
    seen = _Seen()
    for place, one in enumerate(documents):
        if place % _TOLD_EVERY == 0:
            if stop():
                return
            if progress is not None:
                progress(place, len(documents))
        try:
            check_facts(one.facts, exclusions)
        except ClerkDeskError as error:
            yield place, error
            continue
        if one.id not in meant_twice:
            same = seen.line_of(one.facts)
            if same is not None:
                code = joined(one.facts.code_number, one.facts.code_notation) or one.facts.document_identifier
                yield place, SameInPile(line=same + 1, issuer=one.facts.issuer, code=code)
                continue
            earlier = find_earlier(connection, agency, one.facts)
            if earlier is not None:
                yield place, DuplicateArrival(earlier)
                continue
        seen.note(place, one.facts)


class _Seen:
    """The documents of the pile before this one, by what makes two the same; the rule is that of `find_earlier`."""

    def __init__(self) -> None:
        self._identifiers: dict[str, int] = {}
        self._codes: dict[tuple[str, str, str], list[tuple[int | None, int]]] = {}

    def line_of(self, facts: ArrivalFacts) -> int | None:
        """Return the place of an earlier line that is the same document, or None."""
        if facts.document_identifier in self._identifiers:
            return self._identifiers[facts.document_identifier]
        year = facts.issued_date.year if facts.issued_date else None
        for known, place in self._codes.get(_code(facts), ()):
            if known is None or year is None or known == year:
                return place
        return None

    def note(self, place: int, facts: ArrivalFacts) -> None:
        """Remember a line."""
        if facts.document_identifier:
            self._identifiers.setdefault(facts.document_identifier, place)
        key = _code(facts)
        if all(key):
            self._codes.setdefault(key, []).append((facts.issued_date.year if facts.issued_date else None, place))


def _code(facts: ArrivalFacts) -> tuple[str, str, str]:
    return facts.code_number, facts.code_notation, facts.issuer


def numbered_in(connection: Connection, agency: UUID, register_id: UUID, runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return the arrivals of a batch in the order of their numbers, to print their labels."""
    found: list[dict[str, Any]] = []
    for run in runs:
        rows = connection.execute(
            select(arrival)
            .where(
                arrival.c.agency_id == agency,
                arrival.c.register_id == register_id,
                arrival.c.year == run.year,
                arrival.c.number.between(run.first, run.last),
                arrival.c.sub_number == "",
            )
            .order_by(arrival.c.number)
        )
        found += [{**row, "in_emergency": False} for row in rows.mappings()]  # the batch numbered them
    return found


def _check_line(facts: ArrivalFacts, received_at: dt.datetime, exclusions: tuple[str, ...], at: dt.datetime) -> None:
    refuse_secrets(facts.subject, facts.description, type_name(facts.document_type), exclusions)
    check_lengths(facts)
    if received_at > at:
        raise ReceivedInFuture(when=f"{local(received_at):%d/%m/%Y %H:%M}")


def _files_text(files: tuple[NewFile, ...]) -> str:
    return json.dumps([file.model_dump(mode="json") for file in files], ensure_ascii=False) if files else "[]"


def _by_year(documents: Sequence[Received]) -> dict[int, list[Received]]:
    """Divide by the year of arrival, which names the book (documents of the holidays belong in the old one)."""
    years: dict[int, list[Received]] = {}
    for one in documents:
        years.setdefault(one.facts.arrival_date.year, []).append(one)
    return years


def _receipt(line: Waiting) -> tuple[dt.datetime, int, UUID]:
    return line.received_at, line.position, line.id

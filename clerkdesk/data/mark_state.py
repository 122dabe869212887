"""What a high-water mark says: numbers, pens, open intents, and what nobody has been told yet, as records and as a state.

A state is what its records say one after the other; `highwater` keeps the records on disk.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

Record = dict[str, Any]


class MarkDamaged(Exception):
    """The mark cannot be read to its end; carries what can still be read of it."""

    def __init__(self, known: State) -> None:
        super().__init__("damaged mark")
        self.known = known


@dataclass(slots=True)
class Pen:
    """The pen of a book, with what a number of it needs to be known by: `HELD`, `GIVEN_UP` or `LOST`."""

    register: str
    year: int
    epoch: int = 0  # of the grant; 0 where no server grants pens
    code: str = ""
    behind: int = 0  # the number that the holder goes on behind


@dataclass(slots=True)
class Numbers:
    """Numbers of a book, first to last; `special` are those that the counter does not count: 15a, or a held one used."""

    register: str
    year: int
    first: int
    last: int
    sub_number: str = ""
    special: bool = False
    epoch: int = 0


@dataclass(slots=True)
class Renewal:
    """A new incarnation: why, its id, and the machine and store that it belongs to."""

    cause: str
    incarnation: str
    fingerprint: dict[str, str]


@dataclass(slots=True)
class Intent:
    """What a command is about to do with numbers and pens."""

    command: str
    numbers: list[Numbers] = field(default_factory=list)
    taken: list[Pen] = field(default_factory=list)
    given_up: list[Pen] = field(default_factory=list)
    lost: list[Pen] = field(default_factory=list)
    renewal: Renewal | None = None

    def __bool__(self) -> bool:
        return bool(self.numbers or self.taken or self.given_up or self.lost or self.renewal)


@dataclass(slots=True)
class BookMark:
    """What the mark knows of a book."""

    register: str
    year: int
    code: str = ""
    highest: int = 0  # given here
    shown: int = 0  # highest that anybody saw here, also when a server gave it
    epoch: int = 0  # highest grant ever seen
    pen: str = ""  # HELD, GIVEN_UP, LOST
    special: list[str] = field(default_factory=list)  # "15" a held number used, "15a" a document behind it


@dataclass(slots=True)
class Untold:
    """Numbers committed but perhaps not seen, or a new incarnation that nobody has been told of."""

    numbers: list[Numbers]
    cause: str = ""
    lost: list[Pen] = field(default_factory=list)


@dataclass(slots=True)
class State:
    """Everything that the mark says."""

    agency: str = ""
    desk: str = ""
    incarnation: str = ""
    fingerprint: dict[str, str] = field(default_factory=dict)
    last_seq: int = 0  # of the audit log, at the last `done`
    last_hash: str = ""
    books: dict[str, BookMark] = field(default_factory=dict)
    pending: dict[str, Intent] = field(default_factory=dict)
    untold: dict[str, Untold] = field(default_factory=dict)

    def book(self, register: str, year: int) -> BookMark:
        """Return what is known of a book; an empty entry is made for one that is not."""
        return self.books.setdefault(f"{register}/{year}", BookMark(register, year))

    def highest(self, register: UUID, code: str, year: int) -> int:
        """Return the highest number ever seen in a book here, also by a book of the same code that the store has lost."""
        return max(
            (
                max(one.highest, one.shown)
                for one in self.books.values()
                if one.year == year and (one.register == str(register) or (code and one.code == code))
            ),
            default=0,
        )

    def special(self, register: UUID, year: int) -> list[tuple[int, str]]:
        """Return the held numbers that were used and the sub-numbers that were given in a book."""
        known = self.books.get(f"{register}/{year}")
        split = (one.rstrip("abcdefghijklmnopqrstuvwxyz") for one in known.special) if known else ()
        return [
            (int(digits), one[len(digits) :]) for digits, one in zip(split, known.special if known else (), strict=True)
        ]

    def apply(self, record: Record) -> None:
        """Take in one record."""
        kind = record["k"]
        if kind == "state":
            self.__init__(**_state_from(record))  # type: ignore[misc]
        elif kind == "intent":
            intent = _intent_from(record)
            self.pending[intent.command] = intent
        elif kind == "done":
            self._done(record)
        elif kind == "drop":
            self.pending.pop(record["c"], None)
        elif kind == "told":
            for command in record["c"]:
                self.untold.pop(command, None)
        elif kind == "shown":
            book = self.book(record["r"], record["y"])
            book.shown = max(book.shown, record["n"])
            book.epoch = max(book.epoch, record["e"])
        else:
            raise ValueError(kind)

    def _done(self, record: Record) -> None:
        intent = self.pending.pop(record["c"], None)
        if intent is None:
            return
        if record["q"] > self.last_seq:
            self.last_seq, self.last_hash = record["q"], record["h"]
        for numbers in intent.numbers:
            book = self.book(numbers.register, numbers.year)
            book.epoch = max(book.epoch, numbers.epoch)
            if numbers.special:
                book.special.append(f"{numbers.first}{numbers.sub_number}")
            else:
                book.highest = max(book.highest, numbers.last)
        for pens, state in ((intent.taken, "HELD"), (intent.given_up, "GIVEN_UP"), (intent.lost, "LOST")):
            for pen in pens:
                book = self.book(pen.register, pen.year)
                book.pen, book.code = state, pen.code or book.code
                book.epoch = max(book.epoch, pen.epoch)
                book.highest = max(book.highest, pen.behind)
        if intent.renewal is not None:
            self.incarnation, self.fingerprint = intent.renewal.incarnation, intent.renewal.fingerprint
            self.last_seq, self.last_hash = record["q"], record["h"]  # of the store that is used from now on
        if intent.numbers or intent.renewal:
            cause = intent.renewal.cause if intent.renewal else ""
            self.untold[intent.command] = Untold(intent.numbers, cause, intent.lost)


def intent_record(intent: Intent) -> Record:
    """Return the record of an intent."""
    return {"k": "intent", "c": intent.command, **_plain(intent)}


def line_of(records: list[Record]) -> bytes:
    """Return records as a line."""
    return json.dumps(records, separators=(",", ":")).encode()


def done_record(command: str, seq: int, head: bytes) -> Record:
    """Return the record that closes an intent, with the command's place and hash in the audit log."""
    return {"k": "done", "c": command, "q": seq, "h": head.hex()}


def replayed(lines: list[bytes]) -> State:
    """Return what the lines say.

    Raises:
        MarkDamaged: a record is not one of ours, or the first one is not there.
    """
    state = State()
    try:
        for line in lines:
            for record in json.loads(line):
                state.apply(record)
    except (KeyError, TypeError, ValueError) as error:
        raise MarkDamaged(salvaged(lines)) from error
    if not state.desk:
        raise MarkDamaged(salvaged(lines))
    return state


def salvaged(lines: list[bytes]) -> State:
    """Return what lines of a damaged mark still say; what was only meant counts as done."""
    state = State()
    for line in lines:
        for record in json.loads(line):
            with suppress(KeyError, TypeError, ValueError):
                state.apply(record)
    for command in [*state.pending]:
        state.apply(done_record(command, 0, b""))
    return state


def _plain(intent: Intent) -> Record:
    """Return what is not empty of an intent; a line is to be short."""
    plain: Record = {
        name: [asdict(one) for one in found]
        for name in ("numbers", "taken", "given_up", "lost")
        if (found := getattr(intent, name))
    }
    return plain | ({"renewal": asdict(intent.renewal)} if intent.renewal else {})


def _intent_from(plain: Record) -> Intent:
    renewal = plain.get("renewal")
    return Intent(
        plain["c"],
        [Numbers(**one) for one in plain.get("numbers", ())],
        _pens(plain, "taken"),
        _pens(plain, "given_up"),
        _pens(plain, "lost"),
        Renewal(**renewal) if renewal else None,
    )


def _pens(plain: Record, name: str) -> list[Pen]:
    return [Pen(**one) for one in plain.get(name, ())]


def snapshot(state: State) -> Record:
    """Return one record that says all that a state does."""
    plain = {name: getattr(state, name) for name in ("agency", "desk", "incarnation", "fingerprint")}
    return {
        "k": "state",
        **plain,
        "last_seq": state.last_seq,
        "last_hash": state.last_hash,
        "books": [asdict(book) for book in state.books.values()],
        "pending": [{"c": one.command, **_plain(one)} for one in state.pending.values()],
        "untold": {command: asdict(one) for command, one in state.untold.items()},
    }


def _state_from(plain: Record) -> Record:
    books = [BookMark(**one) for one in plain["books"]]
    pending = map(_intent_from, plain["pending"])
    return {
        **{name: plain[name] for name in ("agency", "desk", "incarnation", "fingerprint", "last_seq", "last_hash")},
        "books": {f"{one.register}/{one.year}": one for one in books},
        "pending": {one.command: one for one in pending},
        "untold": {
            command: Untold(
                [Numbers(**number) for number in one["numbers"]], one["cause"], [Pen(**pen) for pen in one["lost"]]
            )
            for command, one in plain["untold"].items()
        },
    }

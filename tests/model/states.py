"""What there is in the model: a server, desks, messages on their way, and what people have seen on paper.

Everything is a tuple, so that a state can be compared and kept in a set. Numbers of documents are their command uids;
a paper typed a second time, because its first record was lost, has `RETYPED` added.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

SERVER = -1
RETYPED = 100

LIVE, VOID, RESERVED, PENDING, GAP = "live", "void", "reserved", "pending", "gap"
PLANNED, OPEN, CLOSED = "planned", "open", "closed"
RUNNING, DOWN, DESTROYED, ABSENT = "running", "down", "destroyed", "absent"
NUMBER, RESERVE, USE, OPENING = "number", "reserve", "use", "opening"

Message = tuple[Any, ...]


class Place(NamedTuple):
    """A number in a book."""

    book: int
    number: int


class Entry(NamedTuple):
    """What the server has under a number; PENDING is a number on paper somewhere whose record has not come."""

    state: str
    uid: int


class Book(NamedTuple):
    """A register of a year at the server. `owing`: desk and epoch of pens back by telephone, records still to come."""

    state: str
    ledger: tuple[Entry, ...] = ()
    epoch: int = 0
    holder: int = SERVER
    incarnation: int = 0
    owing: frozenset[tuple[int, int]] = frozenset()
    sealed: tuple[Entry, ...] = ()

    @property
    def next(self) -> int:
        """The number that comes next."""
        return len(self.ledger) + 1


class Line(NamedTuple):
    """A line of an emergency register: T<desk>-<n>, the year it belongs to, its place in true time."""

    desk: int
    n: int
    uid: int
    book: int
    time: int


class Server(NamedTuple):
    """The server's durable state; `heard` is the moment of each desk's last word that all its lines are up."""

    books: tuple[Book, ...]
    heard: tuple[int, ...]
    term: int = 1
    recovering: bool = False
    reported: frozenset[int] = frozenset()
    lines: frozenset[Line] = frozenset()
    converted: frozenset[Line] = frozenset()
    in_order: tuple[Line, ...] = ()  # those that the conversion itself has numbered
    excused: frozenset[int] = frozenset()
    year_done: frozenset[int] = frozenset()


class Pen(NamedTuple):
    """The right to number in a book, at a desk; from `first` to `cap`, 0 for no end."""

    epoch: int
    next: int
    first: int
    cap: int = 0


class Op(NamedTuple):
    """A command in a desk's outbox, with the number it was given there."""

    kind: str
    uid: int
    book: int
    number: int
    epoch: int


class Store(NamedTuple):
    """A desk's database. A restore puts an old one back."""

    pens: tuple[Pen | None, ...]
    numbers: tuple[Place | None, ...]
    reserved: tuple[Place | None, ...]
    next_open: bool = False
    term: int = 1
    log: tuple[Op, ...] = ()
    lines: tuple[Line, ...] = ()
    year_done: bool = False


class Height(NamedTuple):
    """The high-water mark of one book: epoch, next number, pen held, numbering finished, highest number shown."""

    epoch: int = 0
    next: int = 1
    held: bool = False
    done: bool = True
    shown: int = 0


class Mark(NamedTuple):
    """The second file of a desk, outside its database. A restore does not touch it."""

    books: tuple[Height, ...]
    incarnation: int = 1
    term: int = 1
    lines: int = 0
    year_done: bool = False
    code: int = 0  # of the emergency register; a desk that has lost its mark gets a new one


class Desk(NamedTuple):
    """A machine: phase, what it says it is, database, mark, backups, and what it is in the middle of."""

    phase: str
    identity: int
    store: Store
    mark: Mark
    backups: tuple[Store, ...] = ()
    doing: tuple[str, int] | None = None


class Left(NamedTuple):
    """How many of each misfortune and of each hand-over may still happen."""

    grants: int = 0
    crashes: int = 0
    desk_backups: int = 0
    desk_restores: int = 0
    copies: int = 0
    losses: int = 0
    server_backups: int = 0
    server_restores: int = 0
    takeovers: int = 0
    retyped: int = 0
    rebuilds: int = 0


class State(NamedTuple):
    """The whole world. From `begun` on it is what nobody's computer knows: the paper truth."""

    server: Server
    desks: tuple[Desk, ...]
    left: Left
    asked: tuple[tuple[int, int, Place | None] | None, ...]
    net: frozenset[Message] = frozenset()
    server_backup: Server | None = None
    begun: tuple[int | None, ...] = ()
    shown: tuple[tuple[Place, ...], ...] = ()
    written: tuple[Line, ...] = ()
    wrong: str = ""


class Document(NamedTuple):
    """A paper on a desk's table, the year it belongs to, and whether its number is first reserved."""

    desk: int
    book: int = 0
    reserve: bool = False


@dataclass(frozen=True)
class World:
    """The bounds of one exploration: papers, years, desks, misfortunes, rules that are allowed, guards switched off."""

    documents: tuple[Document, ...]
    left: Left
    desks: int = 2
    years: int = 1
    off: frozenset[str] = field(default_factory=frozenset)
    stepwise: bool = False  # numbering at a desk in its single steps, so that a crash can come between them
    cap: int = 0
    declared: str = "true last number"  # or "one too low", "cap"
    may_be_alive: bool = False  # a desk may be declared destroyed that is not
    order_excused: bool = False  # numbers set aside break the order, which is noted on paper
    skew: tuple[int, ...] = (0, 0)

    def on(self, guard: str) -> bool:
        """Whether a guard is on."""
        return guard not in self.off


def first_state(world: World) -> State:
    """The morning of the first day: book of the first year open, its pen at the server, desks without pens."""
    books = (Book(OPEN), *(Book(PLANNED) for _ in range(world.years - 1)))
    nothing: tuple[None, ...] = (None,) * len(world.documents)
    store = Store((None,) * world.years, nothing, nothing)
    mark = Mark((Height(),) * world.years)
    desks = tuple(Desk(RUNNING, desk, store, mark._replace(code=desk)) for desk in range(world.desks))
    if world.left.copies:
        desks = (*desks, Desk(ABSENT, len(desks), store, mark))
    return State(
        Server(books, (-1,) * len(desks)), desks, world.left, nothing,
        begun=nothing, shown=((),) * len(world.documents),
    )  # fmt: skip


def replaced(items: tuple[Any, ...], index: int, item: Any) -> tuple[Any, ...]:
    """The tuple with one item changed."""
    return (*items[:index], item, *items[index + 1 :])


def with_desk(state: State, index: int, desk: Desk) -> State:
    """The state with one desk changed."""
    return state._replace(desks=replaced(state.desks, index, desk))


def with_book(state: State, index: int, book: Book) -> State:
    """The state with one of the server's books changed."""
    return state._replace(server=state.server._replace(books=replaced(state.server.books, index, book)))


def sent(state: State, *messages: Message) -> State:
    """The state with messages on their way. They stay for ever: late, twice, in any order, or never."""
    return state._replace(net=state.net.union(messages))


def spent(state: State, budget: str) -> State:
    """The state with one chance less of something."""
    return state._replace(left=state.left._replace(**{budget: getattr(state.left, budget) - 1}))


def paper_of(uid: int) -> int:
    """The document that a uid stands for."""
    return uid % RETYPED


def place_of(books: tuple[Book, ...], uid: int) -> Place | None:
    """Where the server has a uid, if it has it: used, reserved, or void by now."""
    for index, book in enumerate(books):
        for at, entry in enumerate(book.ledger):
            if entry.uid == uid:
                return Place(index, at + 1)
    return None


def last_on_paper(state: State, book: int) -> int:
    """The highest number of a book that anybody has seen."""
    return max((place.number for places in state.shown for place in places if place.book == book), default=0)


def on_paper(state: State, document: int) -> bool:
    """Whether the paper bears a number, ordinary or of an emergency register."""
    return bool(state.shown[document]) or any(paper_of(line.uid) == document for line in state.written)

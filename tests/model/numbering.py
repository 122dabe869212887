"""A desk numbers with its pen: intent on the mark, commit, done on the mark, show. Reservations too."""

from __future__ import annotations

from .common import Steps, begun, entry_at, known, put, running, show, unnumbered, with_height, with_pen
from .states import (
    CLOSED,
    GAP,
    LIVE,
    NUMBER,
    OPEN,
    OPENING,
    PENDING,
    PLANNED,
    RESERVE,
    RESERVED,
    RUNNING,
    SERVER,
    USE,
    VOID,
    Book,
    Desk,
    Entry,
    Op,
    Place,
    State,
    World,
    replaced,
    sent,
    with_book,
    with_desk,
)


def number_with_pen(state: State, world: World) -> Steps:
    """The desk that holds the pen gives its next number, with or without a network."""
    for index, desk in running(state):
        for document in unnumbered(state, world, index, desk):
            facts = world.documents[document]
            pen = desk.store.pens[facts.book]
            if facts.reserve or pen is None or (pen.cap and pen.next > pen.cap) or desk.store.year_done > facts.book:
                continue
            after = begun(state, world, document)
            if world.stepwise:
                yield (
                    f"desk {index} begins to number paper {document}",
                    with_desk(after, index, _first_step(desk, world, document, facts.book)),
                )
            else:
                numbered = marked_done(_committed(_intended(desk, facts.book), document, facts.book), facts.book)
                place = Place(facts.book, pen.next)
                after = show(with_desk(after, index, numbered), world, document, place)
                yield f"desk {index} numbers paper {document}: {place.number}", after


def _first_step(desk: Desk, world: World, document: int, book: int) -> Desk:
    """Intent on the mark comes first; without that guard the mark is written when all is over."""
    if world.on("intent before commit"):
        return _intended(desk, book)._replace(doing=("intended", document))
    return desk._replace(doing=("intended", document))


def next_step(state: State, world: World) -> Steps:
    """Numbering goes on: intent, commit, done, show. A crash can come between any two."""
    for index, desk in enumerate(state.desks):
        if desk.phase != RUNNING or desk.doing is None:
            continue
        step, document = desk.doing
        book = world.documents[document].book
        marked_first = world.on("intent before commit")
        if step == "intended" and world.on("counter and entry in one transaction"):
            yield (
                f"desk {index} commits",
                with_desk(state, index, _committed(desk, document, book)._replace(doing=("committed", document))),
            )
        elif step == "intended":
            yield (
                f"desk {index} counts on",
                with_desk(state, index, _counted(desk, book)._replace(doing=("counted", document))),
            )
        elif step == "counted":
            yield (
                f"desk {index} stores the entry",
                with_desk(state, index, _entered(desk, document, book)._replace(doing=("committed", document))),
            )
        elif step == "committed" and marked_first:
            yield f"desk {index} marks done", with_desk(state, index, marked_done(desk, book)._replace(doing=None))
        elif step == "committed":
            place = desk.store.numbers[document]
            if place is not None:
                yield (
                    f"desk {index} shows {place.number}",
                    show(with_desk(state, index, desk._replace(doing=("shown", document))), world, document, place),
                )
        elif step == "shown":
            yield f"desk {index} marks late", with_desk(state, index, marked_done(desk, book)._replace(doing=None))


def show_committed(state: State, world: World) -> Steps:
    """A number that is committed and marked is shown, at once or at the next start."""
    for index, desk in running(state):
        for document, place in enumerate(desk.store.numbers):
            if place is None or world.documents[document].desk != index or state.shown[document]:
                continue
            if not world.on("intent before commit"):
                continue
            yield f"desk {index} shows {place.number}", show(state, world, document, place)


def _intended(desk: Desk, book: int) -> Desk:
    pen = desk.store.pens[book]
    assert pen is not None
    height = desk.mark.books[book]._replace(epoch=pen.epoch, next=pen.next + 1, held=True, done=False)
    return with_height(desk, book, height)


def marked_done(desk: Desk, book: int) -> Desk:
    pen = desk.store.pens[book]
    assert pen is not None
    height = desk.mark.books[book]._replace(epoch=pen.epoch, next=pen.next, held=True, done=True, shown=pen.next - 1)
    return with_height(desk, book, height)


def _counted(desk: Desk, book: int) -> Desk:
    pen = desk.store.pens[book]
    assert pen is not None
    return with_pen(desk, book, pen._replace(next=pen.next + 1))


def _entered(desk: Desk, document: int, book: int, kind: str = NUMBER) -> Desk:
    """Store the entry under the number just counted, with its row in the outbox."""
    pen = desk.store.pens[book]
    assert pen is not None
    place, store = Place(book, pen.next - 1), desk.store
    op = Op(kind, document, book, place.number, pen.epoch)
    if kind == RESERVE:
        store = store._replace(reserved=replaced(store.reserved, document, place))
    else:
        store = store._replace(numbers=replaced(store.numbers, document, place))
    return desk._replace(store=store._replace(log=(*store.log, op)))


def _committed(desk: Desk, document: int, book: int, kind: str = NUMBER) -> Desk:
    return _entered(_counted(desk, book), document, book, kind)


def reserve_with_pen(state: State, world: World) -> Steps:
    """The holder of the pen keeps its next number for a paper to come."""
    for index, desk in running(state):
        for document in unnumbered(state, world, index, desk):
            facts = world.documents[document]
            if not facts.reserve or desk.store.pens[facts.book] is None or desk.store.reserved[document] is not None:
                continue
            kept = marked_done(_committed(_intended(desk, facts.book), document, facts.book, RESERVE), facts.book)
            yield f"desk {index} reserves for paper {document}", with_desk(begun(state, world, document), index, kept)


def use_with_pen(state: State, world: World) -> Steps:
    """The holder of the pen gives a reserved number to its paper; it knows the reservations of the book."""
    for index, desk in running(state):
        for document in unnumbered(state, world, index, desk):
            place = desk.store.reserved[document]
            pen = desk.store.pens[place.book] if place else None
            if place is None or pen is None:
                continue
            op = Op(USE, document, place.book, place.number, pen.epoch)
            store = desk.store._replace(
                numbers=replaced(desk.store.numbers, document, place), log=(*desk.store.log, op)
            )
            after = with_desk(state, index, desk._replace(store=store))
            yield f"desk {index} uses {place.number} for paper {document}", show(after, world, document, place)


def push(state: State, world: World) -> Steps:
    """The outbox goes up; a number only when it is marked done."""
    for index, desk in enumerate(state.desks):
        if desk.phase != RUNNING:
            continue
        unfinished = desk.doing[1] if desk.doing else None
        for op in desk.store.log:
            if world.on("push after done") and op.uid == unfinished:
                continue
            after = sent(state, ("op", desk.identity, op))
            if after != state:
                yield f"desk {index} sends {op.kind} {op.number}", after


def receive_op(state: State, world: World) -> Steps:
    """The server does a desk's command again: next number of the present epoch, or a hole that waits for it.

    Anything else is done already, comes too early and is sent again, or is set aside with an alarm: nothing overwrites.
    """
    for message in state.net:
        if message[0] != "op" or state.server.recovering:
            continue
        _, desk, op = message
        books, target = state.server.books, op.book
        if op.kind == OPENING:
            allowed = (books[0].holder, books[0].epoch) == (desk, op.epoch) or (desk, op.epoch) in books[0].owing
            if books[op.book].state == PLANNED and allowed:
                opened = Book(OPEN, (), op.epoch, desk, books[0].incarnation)
                yield "server has next year's book, opened at the desk", with_book(state, op.book, opened)
            continue
        if not world.on("the year is in the command") and len(books) > 1 and books[1].state == OPEN:
            target = 1
        book = books[target]
        after = _done_again(state, world, target, book, desk, op)
        if after is not None:
            yield f"server enters {op.kind} {op.number} of desk {desk}", after


def _done_again(state: State, world: World, index: int, book: Book, desk: int, op: Op) -> State | None:
    entry = entry_at(book, op.number)
    if op.kind == USE:
        if entry is None or entry.uid != op.uid or entry.state != RESERVED:
            return None
        return with_book(state, index, put(book, op.number, Entry(LIVE, op.uid)))
    place = known(state, world, op.uid)
    if place is not None and place != Place(index, op.number):
        return None  # asked for again at another place before this came: never shown, its hole becomes void
    written = Entry(RESERVED if op.kind == RESERVE else LIVE, op.uid)
    if entry is not None and entry.state == PENDING:
        return with_book(state, index, put(book, op.number, written))
    if (book.holder, book.epoch) != (desk, op.epoch) or op.number < book.next or book.state == CLOSED:
        return None
    if op.number > book.next and world.on("outbox in order"):
        return None
    skipped = (Entry(GAP, -1),) * (op.number - book.next)
    return with_book(state, index, book._replace(ledger=(*book.ledger, *skipped, written)))


def expire(state: State, world: World) -> Steps:
    """A reservation has run out: void, with that reason. Only the holder of the pen decides it."""
    for index, book in enumerate(state.server.books):
        at_home = book.holder == SERVER or not world.on("expiry by the holder of the pen")
        settled = not book.owing or not world.on("expiry waits for the outbox")
        if book.state != OPEN or state.server.recovering or not at_home or not settled:
            continue
        for at, entry in enumerate(book.ledger):
            if entry.state == RESERVED:
                after = with_book(state, index, put(book, at + 1, entry._replace(state=VOID)))
                yield f"server voids {at + 1}, its term is over", after


RULES = (number_with_pen, next_step, show_committed, reserve_with_pen, use_with_pen, expire, push, receive_op)

"""What several rules need."""

from __future__ import annotations

from collections.abc import Iterator

from .states import (
    CLOSED,
    OPEN,
    PENDING,
    RUNNING,
    SERVER,
    Book,
    Desk,
    Entry,
    Pen,
    Place,
    State,
    World,
    last_on_paper,
    on_paper,
    place_of,
    replaced,
    sent,
)

Steps = Iterator[tuple[str, State]]
HOLE = Entry(PENDING, -1)


def running(state: State) -> Iterator[tuple[int, Desk]]:
    """Desks that work and have nothing half done."""
    for index, desk in enumerate(state.desks):
        if desk.phase == RUNNING and desk.doing is None:
            yield index, desk


def unnumbered(state: State, world: World, index: int, desk: Desk) -> Iterator[int]:
    """Papers on the desk's table without any number. Papers alike are taken in one order: it makes no difference."""
    untouched = set()
    for document, facts in enumerate(world.documents):
        if facts.desk != index or on_paper(state, document) or desk.store.numbers[document] is not None:
            continue
        if state.begun[document] is None:
            if facts in untouched:
                continue
            untouched.add(facts)
        yield document


def begun(state: State, world: World, document: int) -> State:
    """The paper is taken up now: whatever has been shown before must stay below its number."""
    if state.begun[document] is not None:
        return state
    return state._replace(begun=replaced(state.begun, document, last_on_paper(state, world.documents[document].book)))


def show(state: State, world: World, document: int, place: Place) -> State:
    """The clerk sees the number and stamps it. From now on nothing can take it back."""
    if place in state.shown[document]:
        return state
    floor = state.begun[document]
    late = floor is not None and place.number <= floor and place.book == world.documents[document].book
    early = late and not world.order_excused and not world.documents[document].reserve
    return state._replace(
        shown=replaced(state.shown, document, (*state.shown[document], place)),
        wrong=state.wrong or (f"ORDER: {place} shown after a later number" if early else ""),
    )


def with_height(desk: Desk, book: int, height: object) -> Desk:
    return desk._replace(mark=desk.mark._replace(books=replaced(desk.mark.books, book, height)))


def with_pen(desk: Desk, book: int, pen: Pen | None) -> Desk:
    return desk._replace(store=desk.store._replace(pens=replaced(desk.store.pens, book, pen)))


def without_pen(desk: Desk, book: int) -> Desk:
    """The desk with the pen put down, in the database and on the mark."""
    height = desk.mark.books[book]
    return with_height(with_pen(desk, book, None), book, height._replace(held=False))


def known_term(desk: Desk, world: World) -> int:
    """The server generation the desk knows of; the mark remembers it when the database does not."""
    return max(desk.store.term, desk.mark.term) if world.on("term on the mark") else desk.store.term


def home(state: State, book: Book, world: World) -> bool:
    """Whether the server may number in a book: it is open, its pen is here, and no recovery is under way."""
    may = book.state == OPEN or (book.state == CLOSED and not world.on("closed accepts nothing"))
    return may and book.holder == SERVER and not state.server.recovering


def known(state: State, world: World, uid: int) -> Place | None:
    """The number a uid has already; a server without idempotence does not look."""
    return place_of(state.server.books, uid) if world.on("same uid, same number") else None


def filled_to(book: Book, last: int) -> Book:
    """The book counted on to `last`; what is not known in between waits for its record."""
    missing = max(0, last - len(book.ledger))
    return book._replace(ledger=book.ledger + (HOLE,) * missing)


def answer(state: State, world: World, document: int, place: Place) -> State:
    """The number goes back to the desk of the paper."""
    return sent(state, ("given", state.server.term, document, world.documents[document].desk, place))


def appended(book: Book, entry: Entry) -> Book:
    return book._replace(ledger=(*book.ledger, entry))


def put(book: Book, number: int, entry: Entry) -> Book:
    return book._replace(ledger=replaced(book.ledger, number - 1, entry))


def entry_at(book: Book, number: int) -> Entry | None:
    return book.ledger[number - 1] if 0 < number <= len(book.ledger) else None

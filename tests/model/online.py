"""A desk without the pen gets its number from the server."""

from __future__ import annotations

from .common import (
    Steps,
    answer,
    appended,
    begun,
    entry_at,
    home,
    known,
    known_term,
    put,
    running,
    show,
    unnumbered,
    with_height,
)
from .states import LIVE, PLANNED, RESERVED, Entry, Place, State, World, replaced, sent, with_book, with_desk


def ask(state: State, world: World) -> Steps:
    """A desk without the pen asks the server for a number. The request may arrive late, often, or never."""
    for index, desk in running(state):
        for document in unnumbered(state, world, index, desk):
            book = world.documents[document].book
            if desk.store.pens[book] is not None or state.server.books[book].state == PLANNED:
                continue
            request = (state.server.term, state.server.books[book].epoch, desk.store.reserved[document])
            if state.asked[document] != request:
                after = begun(state._replace(asked=replaced(state.asked, document, request)), world, document)
                if world.on("epochs seen are marked"):
                    height = desk.mark.books[book]
                    seen = with_height(desk, book, height._replace(epoch=max(height.epoch, request[1])))
                    after = with_desk(after, index, seen)
                yield f"desk {index} asks for paper {document}", after


def take_answer(state: State, world: World) -> Steps:
    """The server's number for a paper arrives: stored, marked as seen, shown."""
    for index, desk in running(state):
        for message in state.net:
            if message[0] != "given" or message[3] != index:
                continue
            _, term, document, _, place = message
            if world.on("answers of an old term refused") and term != known_term(desk, world):
                continue
            if desk.store.numbers[document] is not None:
                continue
            numbers = replaced(desk.store.numbers, document, place)
            told = desk._replace(store=desk.store._replace(numbers=numbers))
            if world.on("mark keeps numbers seen online"):
                height = desk.mark.books[place.book]
                told = with_height(told, place.book, height._replace(shown=max(height.shown, place.number)))
            yield (
                f"desk {index} shows {place.number} from the server",
                show(with_desk(state, index, told), world, document, place),
            )


def take_kept(state: State, world: World) -> Steps:
    """The server's answer to a reservation arrives."""
    for index, desk in running(state):
        for message in state.net:
            if message[0] != "kept" or message[3] != index:
                continue
            _, term, document, _, place = message
            old = world.on("answers of an old term refused") and term != known_term(desk, world)
            if old or desk.store.reserved[document] is not None:
                continue
            store = desk.store._replace(reserved=replaced(desk.store.reserved, document, place))
            yield f"desk {index} knows {place.number} is kept", with_desk(state, index, desk._replace(store=store))


def number_online(state: State, world: World) -> Steps:
    """A request is handled, now or much later, once or again: next number, or the one the uid has."""
    for document, request in enumerate(state.asked):
        facts = world.documents[document]
        book = state.server.books[facts.book]
        if request is None or not home(state, book, world):
            continue
        place = known(state, world, document)
        if place is None and world.on("request names the term") and request[0] != state.server.term:
            continue
        if place is None and world.on("request names the epoch") and request[1] != book.epoch:
            continue
        if facts.reserve:
            yield from _reserved_online(state, world, document, place, request[2])
            continue
        after = state
        if place is None:
            place = Place(facts.book, book.next)
            after = with_book(state, facts.book, appended(book, Entry(LIVE, document)))
        after = answer(after, world, document, place)
        if after != state:
            yield f"server gives {place.number} to paper {document}", after


def _reserved_online(state: State, world: World, document: int, place: Place | None, wanted: Place | None) -> Steps:
    """Reserve the next number, or give the number that the desk names to the paper it was kept for."""
    index = world.documents[document].book
    book = state.server.books[index]
    if wanted is None:
        after = state
        if place is None:
            place = Place(index, book.next)
            after = with_book(state, index, appended(book, Entry(RESERVED, document)))
        after = sent(after, ("kept", state.server.term, document, world.documents[document].desk, place))
        if after != state:
            yield f"server reserves {place.number} for paper {document}", after
        return
    entry = entry_at(state.server.books[wanted.book], wanted.number)
    if entry is not None and entry.uid == document and entry.state in (LIVE, RESERVED):
        used = with_book(state, wanted.book, put(book, wanted.number, Entry(LIVE, document)))
        after = answer(used, world, document, wanted)
        if after != state:
            yield f"server gives reserved {wanted.number} to paper {document}", after


RULES = (ask, take_answer, take_kept, number_online)

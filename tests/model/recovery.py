"""A desk starts and compares itself with its mark; a server that was restored hears every desk."""

from __future__ import annotations

from .common import HOLE, Steps, filled_to, put, with_pen, without_pen
from .numbering import marked_done
from .states import (
    ABSENT,
    DESTROYED,
    DOWN,
    LIVE,
    NUMBER,
    RUNNING,
    SERVER,
    Book,
    Desk,
    Entry,
    Mark,
    Message,
    Place,
    Server,
    State,
    Store,
    World,
    last_on_paper,
    sent,
    with_book,
    with_desk,
)


def start(state: State, world: World) -> Steps:
    """The program starts and compares its store with its mark, and itself with the machine it was on."""
    for index, stopped in enumerate(state.desks):
        if stopped.phase != DOWN:
            continue
        store = stopped.store._replace(year_done=stopped.store.year_done or stopped.mark.year_done)
        desk = stopped._replace(phase=RUNNING, store=store)
        if all(_agree(store, desk.mark, book, world) for book in range(world.years)):
            yield f"desk {index} starts", with_desk(state, index, _settled(desk, world))
        else:
            fresh, message = _new_incarnation(desk, world)
            yield f"desk {index} starts as a new incarnation", sent(with_desk(state, index, fresh), message)


def _agree(store: Store, mark: Mark, book: int, world: World) -> bool:
    """Whether a store is as new as its mark; one number behind only when the mark says it was in the middle of it."""
    if not world.on("mark outside the store"):
        return True
    pen, height = store.pens[book], mark.books[book]
    if book and height.epoch and not store.next_open:
        return False  # the mark knows of a book that the store has not seen opened
    if not height.held and world.on("mark knows whether the pen is held"):
        return pen is None
    if pen is None:
        return not height.held
    if pen.epoch != height.epoch:
        return False
    if not world.on("intent before commit"):
        return pen.next - height.next in (0, 1)
    return pen.next == height.next or (not height.done and pen.next == height.next - 1)


def _settled(desk: Desk, world: World) -> Desk:
    """An intent that was not committed is taken off the mark; one that was is marked done, to be shown."""
    for book, pen in enumerate(desk.store.pens):
        if pen is not None and world.on("mark outside the store"):
            desk = marked_done(desk, book)
    return desk


def _new_incarnation(desk: Desk, world: World) -> tuple[Desk, Message]:
    """Put every pen down and report, from the mark and in one message, how far each book had come."""
    mark = desk.mark._replace(incarnation=desk.mark.incarnation + 1)
    desk = desk._replace(mark=mark)
    for book in range(world.years):
        marked = world.on("loss of the pen on the mark")
        desk = without_pen(desk, book) if marked else with_pen(desk, book, None)
    return desk, ("lost", desk.identity, mark.incarnation, mark.books)


def report(state: State, world: World) -> Steps:
    """After a restore each desk says what it has and what its mark says; the books are filled from that.

    Late or doubled reports add nothing: from then on the desk gets numbers from its own pen only, or from nobody.
    """
    server = state.server
    if not server.recovering:
        return
    for index, desk in enumerate(state.desks):
        if desk.phase != RUNNING or desk.doing is not None or index in server.reported:
            continue
        term = server.term
        told = desk._replace(store=desk.store._replace(term=term), mark=desk.mark._replace(term=term))
        after = with_desk(state, index, told)
        for number in range(len(server.books)):
            after = with_book(after, number, _told(after.server.books[number], world, desk, number))
        after = after._replace(server=after.server._replace(reported=server.reported | {index}))
        yield f"desk {index} reports to term {term}", after


def _told(book: Book, world: World, desk: Desk, index: int) -> Book:
    if world.on("acknowledged commands kept"):
        for op in sorted(desk.store.log, key=lambda op: op.number):
            if op.book == index and op.kind == NUMBER:
                book = _restored(book, Place(index, op.number), op.uid)
        for uid, place in enumerate(desk.store.numbers):
            if place is not None and place.book == index:
                book = _restored(book, place, uid)
    height, pen = desk.mark.books[index], desk.store.pens[index]
    if world.on("reports carry the mark"):
        book = filled_to(book, max(height.next - 1, height.shown))
    epoch = max(book.epoch, height.epoch)
    if pen is not None:
        return book._replace(holder=desk.identity, epoch=epoch, incarnation=desk.mark.incarnation)
    return book._replace(holder=SERVER if book.holder == desk.identity else book.holder, epoch=epoch)


def _restored(book: Book, place: Place, uid: int) -> Book:
    book = filled_to(book, place.number)
    return put(book, place.number, Entry(LIVE, uid)) if book.ledger[place.number - 1] == HOLE else book


def declare_lost(state: State, world: World) -> Steps:
    """A desk that cannot report any more is declared lost, with the last number on its papers."""
    server = state.server
    if not server.recovering:
        return
    for index, desk in enumerate(state.desks):
        if desk.phase != DESTROYED or index in server.reported:
            continue
        after = state
        for number, book in enumerate(server.books):
            evidence = filled_to(book, last_on_paper(state, number))
            if evidence.holder == desk.identity:
                evidence = evidence._replace(holder=SERVER)
            after = with_book(after, number, evidence)
        after = after._replace(server=after.server._replace(reported=server.reported | {index}))
        yield f"desk {index} is declared lost", after


def reopen(state: State, world: World) -> Steps:
    """When all have spoken the server numbers again, in an epoch beyond anything seen."""
    server = state.server
    expected = {index for index, desk in enumerate(state.desks) if desk.phase != ABSENT}
    if not server.recovering or (world.on("recovery hears every desk") and not expected <= server.reported):
        return
    if not server.reported:
        return
    books = tuple(book if book.holder != SERVER else book._replace(epoch=book.epoch + 1) for book in server.books)
    yield "server works again", state._replace(server=server._replace(books=books, recovering=False))


def restored(server: Server, term: int, recovering: bool) -> Server:
    """A server put back from its backup: a new term, and recovery."""
    return server._replace(term=term, recovering=recovering, reported=frozenset())


RULES = (start, report, declare_lost, reopen)

"""The pen comes and goes: granted, returned, read out by telephone, lost, declared lost."""

from __future__ import annotations

from .common import Steps, entry_at, filled_to, home, known_term, running, with_height, without_pen
from .states import (
    DESTROYED,
    GAP,
    LIVE,
    OPEN,
    OPENING,
    PLANNED,
    RESERVE,
    RESERVED,
    RUNNING,
    SERVER,
    VOID,
    Book,
    Desk,
    Entry,
    Op,
    Pen,
    Place,
    State,
    Store,
    World,
    last_on_paper,
    paper_of,
    replaced,
    sent,
    spent,
    with_book,
    with_desk,
)


def grant(state: State, world: World) -> Steps:
    """The server writes down the new holder and epoch, bound to the desk's incarnation, then answers.

    It says whether next year's book may be opened with this pen: not while an earlier holder may have done it unseen.
    """
    for index, book in enumerate(state.server.books):
        if book.state != OPEN or not home(state, book, world) or not state.left.grants:
            continue
        for desk in state.desks:
            if desk.phase != RUNNING or index in _reported_pens(desk):
                continue
            epoch = book.epoch + 1
            given = book._replace(epoch=epoch, holder=desk.identity, incarnation=desk.mark.incarnation)
            unseen = bool(book.owing) and world.on("opening waits for the outbox")
            next_open = len(state.server.books) > 1 and (state.server.books[1].state != PLANNED or unseen)
            message = (
                "grant", state.server.term, desk.identity, desk.mark.incarnation, index, epoch, book.ledger, next_open
            )  # fmt: skip
            yield (
                f"server grants pen {epoch} to desk {desk.identity}",
                spent(sent(with_book(state, index, given), message), "grants"),
            )


def _reported_pens(desk: Desk) -> set[int]:
    return {index for index, pen in enumerate(desk.store.pens) if pen is not None}


def take_pen(state: State, world: World) -> Steps:
    """A grant arrives, with the entries of the book. It is for this incarnation, of this term, and never seen before."""
    for index, desk in running(state):
        for message in state.net:
            if message[0] != "grant" or message[2] != desk.identity:
                continue
            _, term, _, incarnation, book, epoch, ledger, next_open = message
            height = desk.mark.books[book]
            if world.on("grant bound to incarnation") and incarnation != desk.mark.incarnation:
                continue
            if world.on("grant never seen before") and epoch <= height.epoch:
                continue
            if (world.on("answers of an old term refused") and term != known_term(desk, world)) or desk.store.pens[
                book
            ]:
                continue
            following = len(ledger) + 1
            pen = Pen(epoch, following, following, len(ledger) + world.cap if world.cap else 0)
            store = desk.store._replace(
                pens=replaced(desk.store.pens, book, pen), next_open=desk.store.next_open or next_open
            )
            if world.on("grant brings the entries"):
                store = _with_entries(store, world, index, book, ledger)
            marked = height._replace(epoch=epoch, next=pen.next, held=True, done=True)
            taken = with_height(desk._replace(store=store), book, marked)
            yield f"desk {index} takes pen {epoch}, next {pen.next}", with_desk(state, index, taken)


def _with_entries(store: Store, world: World, index: int, book: int, ledger: tuple[Entry, ...]) -> Store:
    """The desk learns what its own papers have got in the meantime."""
    for at, entry in enumerate(ledger):
        document = paper_of(entry.uid)
        if entry.uid < 0 or world.documents[document].desk != index:
            continue
        place = Place(book, at + 1)
        if entry.state == RESERVED:
            store = store._replace(reserved=replaced(store.reserved, document, place))
        elif store.numbers[document] is None:
            store = store._replace(numbers=replaced(store.numbers, document, place))
    return store


def return_pen(state: State, world: World) -> Steps:
    """The desk puts the pen down, durably, and only then says so. The message follows everything in the outbox."""
    for index, desk in running(state):
        for book, pen in enumerate(desk.store.pens):
            if pen is None:
                continue
            message = ("return", desk.identity, book, pen.epoch, pen.next, _of_book(desk, book))
            if world.on("pen dropped before telling"):
                after = sent(with_desk(state, index, without_pen(desk, book)), message)
            else:
                after = sent(state, message)
            if after != state:
                yield f"desk {index} returns pen {pen.epoch}", after


def drop_after_answer(state: State, world: World) -> Steps:
    """Only when the guard is off: the desk drops the pen when the server has confirmed the return."""
    if world.on("pen dropped before telling"):
        return
    for index, desk in running(state):
        for book, pen in enumerate(desk.store.pens):
            if pen is not None and state.server.books[book].epoch > pen.epoch:
                yield f"desk {index} drops pen {pen.epoch}", with_desk(state, index, without_pen(desk, book))


def receive_return(state: State, world: World) -> Steps:
    """A return counts when it names the present epoch and everything in that outbox has been entered."""
    for message in state.net:
        if message[0] != "return":
            continue
        _, desk, index, epoch, following, ops = message
        book = state.server.books[index]
        if state.server.recovering:
            continue
        through = all(_entered_at_server(state, op) for op in ops)
        if book.holder == SERVER and (desk, epoch) in book.owing and through:
            settled = book._replace(owing=book.owing - {(desk, epoch)})
            yield f"server has all of desk {desk}", with_book(state, index, settled)
            continue
        named = (book.holder, book.epoch) == (desk, epoch) or not world.on("return names the epoch")
        if book.holder != desk or not named:
            continue
        if world.on("return after the outbox"):
            if not through or book.next != following:
                continue
            back = book
        else:
            back = book._replace(ledger=book.ledger + (Entry(GAP, -1),) * max(0, following - book.next))
        yield (
            f"server has pen {epoch} back",
            with_book(state, index, back._replace(holder=SERVER, epoch=book.epoch + 1)),
        )


def _entered_at_server(state: State, op: Op) -> bool:
    """Whether a command has had its effect."""
    if op.kind == OPENING:
        return state.server.books[op.book].state != PLANNED
    entry = entry_at(state.server.books[op.book], op.number)
    return entry is not None and entry.uid == op.uid and (entry.state in (LIVE, VOID) or op.kind == RESERVE)


def release_by_telephone(state: State, world: World) -> Steps:
    """The desk locks itself and shows a code with book, epoch and next number. The return follows when it is online."""
    for index, desk in running(state):
        for book, pen in enumerate(desk.store.pens):
            if pen is None:
                continue
            locked = without_pen(desk, book) if world.on("locked before the code is shown") else desk
            after = sent(
                with_desk(state, index, locked),
                ("code", desk.identity, book, pen.epoch, pen.next),
                ("return", desk.identity, book, pen.epoch, pen.next, _of_book(desk, book)),
            )
            if after != state:
                yield f"desk {index} reads out its code: next {pen.next}", after


def _of_book(desk: Desk, book: int) -> tuple[Op, ...]:
    """What of a book is in the outbox, with the opening of the next year, which is an act in the old book."""
    return tuple(op for op in desk.store.log if op.book == book or op.kind == OPENING)


def receive_code(state: State, world: World) -> Steps:
    """Somebody types the telephone code, at once, late, or twice: the pen is home at the number it carries."""
    for message in state.net:
        if message[0] != "code" or state.server.recovering:
            continue
        _, desk, index, epoch, following = message
        book = state.server.books[index]
        named = book.epoch == epoch or not world.on("code names the epoch")
        if book.holder != desk or not named:
            continue
        back = filled_to(book, following - 1) if world.on("code carries the next number") else book
        back = back._replace(holder=SERVER, epoch=book.epoch + 1, owing=book.owing | {(desk, epoch)})
        yield f"server takes the code of desk {desk}, next {back.next}", with_book(state, index, back)


def receive_loss(state: State, world: World) -> Steps:
    """A new incarnation says what its old one held: the pen is home behind everything on its mark.

    That includes next year's book, when the old incarnation had opened it and the server did not know.
    """
    for message in state.net:
        if message[0] != "lost" or state.server.recovering:
            continue
        _, desk, incarnation, heights = message
        old = state.server.books[0]
        after = state
        for index, (book, height) in enumerate(zip(state.server.books, heights, strict=True)):
            held = book.holder == desk and book.incarnation < incarnation
            if held:
                back = filled_to(book, height.next - 1) if height.epoch == book.epoch else book
                after = with_book(after, index, back._replace(holder=SERVER, epoch=book.epoch + 1))
            opener = old.holder == desk or any(owing == desk for owing, _ in old.owing)
            if book.state == PLANNED and height.epoch and opener and world.on("a lost pen covers next year"):
                after = with_book(after, index, _opened(height.next - 1, height.epoch + 1))
        if after != state:
            yield f"server takes the pens of desk {desk}'s old incarnation", after


def _opened(last: int, epoch: int) -> Book:
    """A book that was opened at a desk that is no more, with holes for what it may have given."""
    return filled_to(Book(OPEN, (), epoch), last)


def take_over(state: State, world: World) -> Steps:
    """Two people declare a desk destroyed: the book goes on behind the last number on paper, or behind the cap.

    A desk that was rebuilt is a new incarnation: only the pen of the old one can be taken this way. They also say
    what they know on paper of next year's book, which the desk may have opened unseen.
    """
    for index, book in enumerate(state.server.books):
        if book.holder == SERVER or state.server.recovering or not state.left.takeovers:
            continue
        desk = state.desks[book.holder]
        rebuilt = desk.mark.incarnation > book.incarnation
        if desk.phase != DESTROYED and not rebuilt and not world.may_be_alive:
            continue
        last = {
            "true last number": last_on_paper(state, index),
            "one too low": max(0, last_on_paper(state, index) - 1),
            "cap": _granted_end(state, book, index, world),
        }[world.declared]
        taken = filled_to(book, last)._replace(holder=SERVER, epoch=book.epoch + 1)
        after = spent(with_book(state, index, taken), "takeovers")
        unseen = last_on_paper(state, 1) if index == 0 and world.on("a lost pen covers next year") else 0
        if unseen and state.server.books[1].state == PLANNED:
            after = with_book(after, 1, _opened(unseen, book.epoch + 1))
        yield f"two people take pen {book.epoch} from desk {book.holder}, last number {last}", after


def _granted_end(state: State, book: Book, index: int, world: World) -> int:
    """The last number that the grant allowed."""
    for message in state.net:
        if message[0] == "grant" and (message[4], message[5]) == (index, book.epoch):
            return len(message[6]) + world.cap
    return len(book.ledger)


RULES = (
    grant,
    take_pen,
    return_pen,
    drop_after_answer,
    receive_return,
    release_by_telephone,
    receive_code,
    receive_loss,
    take_over,
)

"""The year turns: next year's book is opened, the old one closed."""

from __future__ import annotations

from .common import HOLE, Steps, running, with_height
from .states import (
    ABSENT,
    CLOSED,
    DESTROYED,
    OPEN,
    OPENING,
    PENDING,
    PLANNED,
    RESERVED,
    SERVER,
    VOID,
    Book,
    Op,
    Pen,
    State,
    World,
    replaced,
    with_book,
    with_desk,
)


def open_next_with_pen(state: State, world: World) -> Steps:
    """The pen covers the register: its holder opens next year's book, with or without a network."""
    for index, desk in running(state):
        pen = desk.store.pens[0]
        if world.years < 2 or pen is None or desk.store.next_open:
            continue
        op = Op(OPENING, -1, 1, 0, pen.epoch)
        opened = desk._replace(
            store=desk.store._replace(
                pens=replaced(desk.store.pens, 1, Pen(pen.epoch, 1, 1)), next_open=True, log=(*desk.store.log, op)
            )
        )
        height = desk.mark.books[1]._replace(epoch=pen.epoch, next=1, held=True, done=True)
        yield f"desk {index} opens next year", with_desk(state, index, with_height(opened, 1, height))


def open_next(state: State, world: World) -> Steps:
    """The server opens next year's book, if this year's pen is here and no desk can have opened it unseen."""
    if world.years < 2 or state.server.recovering:
        return
    old, new = state.server.books
    here = old.holder == SERVER or not world.on("next year goes with the pen")
    settled = not old.owing or not world.on("opening waits for the outbox")
    again = new.state == OPEN and not world.on("opened once")
    if here and settled and (new.state == PLANNED or again):
        after = with_book(state, 1, Book(OPEN, (), old.epoch))
        if after != state:
            yield "server opens next year", after


def give_up_old_year(state: State, world: World) -> Steps:
    """The desk writes down that it makes no more emergency lines of the old year, then tells the server."""
    for index, desk in running(state):
        server = state.server
        up = {line.n for line in server.lines if line.desk == desk.mark.code}
        open_lines = not up.issuperset(range(1, desk.mark.lines + 1))
        if world.years < 2 or index in server.year_done or open_lines or server.books[1].state != OPEN:
            continue
        if desk.store.pens[0] is not None:
            continue
        resolved = desk._replace(store=desk.store._replace(year_done=True), mark=desk.mark._replace(year_done=True))
        after = with_desk(state, index, resolved)._replace(server=server._replace(year_done=server.year_done | {index}))
        yield f"desk {index} has done with the old year", after


def settle_holes(state: State, world: World) -> Steps:
    """At the end of the year what is still missing is void with a signed reason."""
    for index, book in enumerate(state.server.books):
        if book.holder == SERVER and not book.owing and world.years > 1 and HOLE in book.ledger:
            ledger = tuple(entry._replace(state=VOID) if entry == HOLE else entry for entry in book.ledger)
            yield "holes are void, with a reason", with_book(state, index, book._replace(ledger=ledger))


def close(state: State, world: World) -> Steps:
    """The old book is closed: pen here, outboxes through, nothing reserved or missing, no emergency line open."""
    server = state.server
    book = server.books[0]
    if world.years < 2 or book.state != OPEN or server.books[1].state != OPEN or server.recovering:
        return
    states = {entry.state for entry in book.ledger}
    if world.on("close needs the pen") and (book.holder != SERVER or book.owing):
        return
    if world.on("close needs reservations settled") and RESERVED in states:
        return
    if PENDING in states:
        return
    known_desks = {index for index, desk in enumerate(state.desks) if desk.phase not in (ABSENT, DESTROYED)}
    waiting = any(line not in server.converted for line in server.lines if line.book == 0)
    if world.on("close needs emergency registers empty") and (waiting or not known_desks <= server.year_done):
        return
    yield "server closes the old book", with_book(state, 0, book._replace(state=CLOSED, sealed=book.ledger))


RULES = (open_next_with_pen, open_next, give_up_old_year, settle_holes, close)

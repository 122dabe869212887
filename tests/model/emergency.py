"""The emergency register: lines of offline desks, and their conversion to ordinary numbers."""

from __future__ import annotations

from .common import Steps, answer, appended, begun, home, running, unnumbered
from .states import (
    ABSENT,
    CLOSED,
    DESTROYED,
    DOWN,
    LIVE,
    RETYPED,
    Entry,
    Line,
    Place,
    Server,
    State,
    World,
    paper_of,
    place_of,
    replaced,
    sent,
    spent,
    with_book,
    with_desk,
)


def write_line(state: State, world: World) -> Steps:
    """An offline desk without the pen writes the paper into its emergency register, T<desk>-<n>, and shows that."""
    for index, desk in running(state):
        for document in unnumbered(state, world, index, desk):
            facts = world.documents[document]
            if desk.store.pens[facts.book] is not None or facts.reserve:
                continue
            before = max((line.n for line in desk.store.lines), default=0)
            if world.on("emergency counter on the mark"):
                before = max(before, desk.mark.lines)
            given_up = desk.store.year_done and world.on("desk gives up the old year first")
            book = min(facts.book + 1, world.years - 1) if given_up and facts.book == 0 else facts.book
            line = Line(desk.mark.code, before + 1, document, book, len(state.written))
            noted = desk._replace(
                store=desk.store._replace(lines=(*desk.store.lines, line)), mark=desk.mark._replace(lines=line.n)
            )
            after = with_desk(begun(state, world, document), index, noted)
            yield (
                f"desk {index} writes T{line.desk}-{line.n} for paper {document}",
                after._replace(written=(*state.written, line)),
            )


def type_again(state: State, world: World) -> Steps:
    """The mark says a line was written that the restored store has not: it is typed again from its paper."""
    for index, desk in running(state):
        for line in state.written:
            known = {here.n for here in desk.store.lines}
            if line.desk != desk.mark.code or line.n in known or line.n > desk.mark.lines or not state.left.retyped:
                continue
            again = line._replace(uid=line.uid + RETYPED)
            store = desk.store._replace(lines=(*desk.store.lines, again))
            yield (
                f"desk {index} types T{line.desk}-{line.n} again from paper",
                spent(with_desk(state, index, desk._replace(store=store)), "retyped"),
            )


def send_lines(state: State, world: World) -> Steps:
    """The lines go up, each by itself."""
    for index, desk in running(state):
        for line in desk.store.lines:
            after = sent(state, ("line", line))
            if after != state:
                yield f"desk {index} sends T{line.desk}-{line.n}", after


def receive_line(state: State, world: World) -> Steps:
    """A line arrives. One with this desk, year and number is known already, whoever typed it."""
    for message in state.net:
        if message[0] != "line":
            continue
        line: Line = message[1]
        labels = {(known.desk, known.n) for known in state.server.lines}
        if line in state.server.lines or (world.on("one line per emergency number") and (line.desk, line.n) in labels):
            continue
        server = state.server._replace(lines=state.server.lines | {line})
        yield f"server has T{line.desk}-{line.n}", state._replace(server=server)


def check_in(state: State, world: World) -> Steps:
    """Online again: every line of the desk is at the server, and the desk says at what moment it says so."""
    for index, desk in running(state):
        up = {line.n for line in state.server.lines if line.desk == desk.mark.code}
        all_up = up.issuperset(range(1, desk.mark.lines + 1))
        heard = state.server.heard[index]
        if all_up and len(state.written) > heard:
            server = state.server._replace(heard=replaced(state.server.heard, index, len(state.written)))
            yield f"desk {index} checks in", state._replace(server=server)


def go_on_without(state: State, world: World) -> Steps:
    """The clerk starts the conversion without a desk that is missing, and says so."""
    for index, desk in enumerate(state.desks):
        if desk.phase in (DOWN, DESTROYED) and index not in state.server.excused:
            server = state.server._replace(excused=state.server.excused | {index})
            yield f"the clerk goes on without desk {index}", state._replace(server=server)


def convert(state: State, world: World) -> Steps:
    """The lines of all desks get their ordinary numbers, in one order by corrected time; again is no harm."""
    server = state.server
    if server.recovering:
        return
    ready = [line for line in server.lines if line not in server.converted and _all_heard(state, world, line)]
    if world.on("one order for all desks"):
        corrected = world.on("clocks corrected")
        ready.sort(key=lambda line: 2 * line.time + (0 if corrected else world.skew[line.desk]))
    else:
        ready.sort(key=lambda line: (line.desk, line.n))
    after = state
    for line in ready:
        after = _converted(after, world, line)
    if after != state:
        yield "server converts " + ", ".join(f"T{line.desk}-{line.n}" for line in ready), after


def _all_heard(state: State, world: World, line: Line) -> bool:
    """Whether no desk can still have an earlier line: each has checked in after this one was written, or is excused."""
    if not world.on("conversion hears every desk"):
        return True
    for index, desk in enumerate(state.desks):
        if desk.phase == ABSENT or index in state.server.excused:
            continue
        heard = state.server.heard[index]
        if heard <= line.time and (world.on("heard after the last line") or heard < 0):
            return False
    return True


def _converted(state: State, world: World, line: Line) -> State:
    server, uid = state.server, line.uid
    index = line.book
    if server.books[index].state == CLOSED and world.on("closed accepts nothing") and world.years > 1:
        index = 1
    place = place_of(server.books, uid) if world.on("uid links line and number") else None
    document = paper_of(uid)
    if place is not None:
        done = server._replace(converted=server.converted | {line})
        return answer(state._replace(server=done), world, document, place)
    book = server.books[index]
    if not home(state, book, world):
        return state
    place = Place(index, book.next)
    earlier = [before.time for before in server.in_order if _book_of(server, before) == index]
    late = any(time > line.time for time in earlier) and line.desk not in server.excused
    done = server._replace(converted=server.converted | {line}, in_order=(*server.in_order, line))
    after = with_book(state._replace(server=done), index, appended(book, Entry(LIVE, uid)))
    if late:
        after = after._replace(wrong=f"ORDER: T{line.desk}-{line.n} numbered after a later line")
    return answer(after, world, document, place)


def _book_of(server: Server, line: Line) -> int:
    place = place_of(server.books, line.uid)
    return line.book if place is None else place.book


RULES = (write_line, type_again, send_lines, receive_line, check_in, go_on_without, convert)

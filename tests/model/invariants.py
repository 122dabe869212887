"""What must hold in every state: the invariants of the protocol, said over everything that was ever on paper."""

from __future__ import annotations

from .states import (
    CLOSED,
    GAP,
    LIVE,
    NUMBER,
    OPEN,
    PENDING,
    RESERVE,
    RESERVED,
    RUNNING,
    SERVER,
    VOID,
    Place,
    State,
    World,
    paper_of,
    place_of,
)


def broken(state: State, world: World) -> str | None:
    """Say which invariant a state breaks, or None."""
    return (
        state.wrong or _papers(state) or _ledgers(state) or _desks(state) or _durable(state) or _closed(state) or None
    )


def _papers(state: State) -> str:
    """No number on two papers, no paper with two numbers, no emergency number on two papers."""
    seen: set[Place] = set()
    for document, places in enumerate(state.shown):
        if len(places) > 1:
            return f"TWO NUMBERS: paper {document} bears {places[0]} and {places[1]}"
        for place in places:
            if place in seen:
                return f"DUPLICATE: {place} is on two papers"
            seen.add(place)
    labels = [(line.desk, line.n) for line in state.written]
    if len(set(labels)) < len(labels):
        return "DUPLICATE: an emergency number is on two papers"
    return ""


def _ledgers(state: State) -> str:
    """No gap at the server, and no paper entered twice."""
    papers: set[int] = set()
    for book in state.server.books:
        for at, entry in enumerate(book.ledger):
            if entry.state == GAP:
                return f"GAP: {at + 1} is neither used nor void"
            if entry.state in (LIVE, RESERVED):
                if paper_of(entry.uid) in papers:
                    return f"TWO NUMBERS: paper {paper_of(entry.uid)} is entered twice"
                papers.add(paper_of(entry.uid))
    return ""


def _desks(state: State) -> str:
    """What a pen has counted is in the outbox, number for number."""
    for index, desk in enumerate(state.desks):
        for book, pen in enumerate(desk.store.pens):
            if pen is None or desk.doing is not None:
                continue
            mine = [op for op in desk.store.log if (op.book, op.epoch) == (book, pen.epoch)]
            counted = sum(op.kind in (NUMBER, RESERVE) for op in mine)
            if counted < pen.next - pen.first:
                return f"GAP: desk {index} has counted past a number without an entry"
    return ""


def _durable(state: State) -> str:
    """What was shown is where it belongs, or its place is kept for it; nothing gives its number to another."""
    if state.server.recovering:
        return ""
    for document, places in enumerate(state.shown):
        for place in places:
            entered = place_of(state.server.books, document)
            if entered not in (None, place):
                return f"CHANGED: paper {document} bears {place}, the server has it under {entered}"
            book = state.server.books[place.book]
            if place.number > len(book.ledger):
                if book.holder == SERVER and book.state == CLOSED:
                    return f"LOST: {place} is on paper and not in the closed book"
                if book.holder == SERVER and book.state == OPEN:
                    return f"DUPLICATE: the server would give {place} again"
                continue
            entry = book.ledger[place.number - 1]
            if entry.state == LIVE and paper_of(entry.uid) != document:
                return f"CHANGED: {place} is on paper {document}, the server has it for {paper_of(entry.uid)}"
            if entry.state == VOID and entry.uid == document:
                return f"CHANGED: {place} is on paper {document}, the server has voided it"
            if entry.state == PENDING and any(
                desk.store.numbers[document] == place and all(op.uid != document for op in desk.store.log)
                for desk in state.desks
                if desk.phase == RUNNING
            ):
                return f"LOST: the record of {place} is at a desk that will not send it again"
    return ""


def _closed(state: State) -> str:
    """A closed book stays as it is, and nothing of its year was pending when it was closed."""
    for index, book in enumerate(state.server.books):
        if book.state != CLOSED:
            continue
        if book.ledger != book.sealed:
            return "CLOSED: a closed book has changed"
        if any(entry.state in (RESERVED, PENDING) for entry in book.ledger):
            return "CLOSED: closed with a reserved or missing number"
        if any(desk.store.pens[index] is not None for desk in state.desks if desk.phase == RUNNING):
            return "CLOSED: a desk still holds the pen of the closed book"
        for line in state.written:
            entered = any(
                entry.state == LIVE and paper_of(entry.uid) == paper_of(line.uid)
                for other in state.server.books
                for entry in other.ledger
            )
            if line.book == index and not entered:
                return f"CLOSED: T{line.desk}-{line.n} of the closed year has no number"
    return ""

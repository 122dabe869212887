"""What is done when a desk's store is opened: it is compared with the high-water mark outside it.

They agree, or the program died between two of their steps: the desk goes on, and numbers that nobody may have seen
are told. They do not: the store was restored, copied or moved, and the desk begins a new incarnation without pens.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from clerkdesk.data.highwater import ENDING, Mark
from clerkdesk.data.machine import differs, fingerprint
from clerkdesk.data.mark_state import BookMark, MarkDamaged, State
from clerkdesk.data.schema import arrival, audit, desk, entry, outgoing, register, register_year, this_desk
from clerkdesk.data.store import Store
from clerkdesk.services.clock import now
from clerkdesk.services.commands import BeginIncarnation
from clerkdesk.services.ids import new_id
from clerkdesk.services.mark_notes import settle
from clerkdesk.services.office import execute
from clerkdesk.services.reference_code import number_text
from clerkdesk.services.vocabulary import RenewalCause


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose store it is, and what it says of itself."""

    agency: UUID
    desk: UUID
    incarnation: str
    is_marked: bool
    books: list[BookMark]
    seq: int
    head: str

    @property
    def has_numbers(self) -> bool:
        """Whether any number was ever given here; books that others write in say nothing of it."""
        return any(book.highest for book in self.books if book.pen == "HELD")


@dataclass(frozen=True, slots=True)
class UntoldNumber:
    """A number that is in the book, though perhaps nobody has seen it."""

    number: str
    book: str
    year: int
    subject: str


def mark_path(folder: Path, agency: UUID, desk_id: UUID) -> Path:
    """Return where the mark of a desk is."""
    return folder / f"{agency}-{desk_id}{ENDING}"


def read_identity(connection: Connection) -> Identity | None:
    """Return whose store it is, or None before the set-up."""
    me = connection.execute(
        select(desk.c.agency_id, desk.c.id, desk.c.incarnation, this_desk.c.has_mark).join(
            this_desk, (this_desk.c.agency_id == desk.c.agency_id) & (this_desk.c.desk_id == desk.c.id)
        )
    ).first()
    if me is None:
        return None
    rows = connection.execute(
        select(register_year, register.c.code)
        .join_from(
            register_year,
            register,
            (register.c.agency_id == register_year.c.agency_id) & (register.c.id == register_year.c.register_id),
        )
        .where(register_year.c.agency_id == me.agency_id)
    ).mappings()
    books = [
        BookMark(
            str(row["register_id"]),
            row["year"],
            row["code"],
            row["next_number"] - 1,
            pen="HELD" if row["holder_desk"] == me.id and row["state"] == "OPEN" else "",
        )
        for row in rows
    ]
    last = connection.execute(
        select(audit.c.seq, audit.c.hash).where(audit.c.agency_id == me.agency_id).order_by(audit.c.seq.desc()).limit(1)
    ).first()
    return Identity(
        me.agency_id,
        me.id,
        str(me.incarnation),
        bool(me.has_mark),
        books,
        last.seq if last else 0,
        last.hash.hex() if last else "",
    )


def meet_mark(store: Store, folder: Path) -> None:
    """Put its mark into an open store, after comparing both; nothing is done before the set-up.

    Args:
        store: opened for the desk alone.
        folder: where the marks are (`places.state_folder`).

    Raises:
        MarkInUse, MarkUnwritable, and the store's errors.
    """
    with store.reading() as connection:
        me = read_identity(connection)
    if me is None:
        return
    path = mark_path(folder, me.agency, me.desk)
    mark, cause = _open_or_begin(path, me, store)
    store.mark = mark
    if cause is None:
        with store.reading() as connection:
            settle(connection, mark, me.agency)
            cause = disagreement(connection, me, mark.state, fingerprint(store.path))
    if cause is not None:
        execute(
            store,
            BeginIncarnation(
                uid=new_id(), agency=me.agency, actor=me.desk, desk=me.desk, made_at=now(), cause=cause,
                incarnation=new_id(), fingerprint=fingerprint(store.path),
            ),
        )  # fmt: skip
    if not me.is_marked:
        with store.writing() as tx:
            tx.execute(update(this_desk).values(has_mark=1))


def begin_mark(store: Store, folder: Path) -> Mark:
    """Begin a mark that believes the store as it is; for tools that make stores, never for one that people use.

    Raises:
        MarkInUse, MarkUnwritable.
    """
    with store.reading() as connection:
        me = read_identity(connection)
    assert me is not None  # noqa: S101  only after the set-up
    return Mark.make(mark_path(folder, me.agency, me.desk), _believing(me, store))


def disagreement(connection: Connection, me: Identity, state: State, here: dict[str, str]) -> RenewalCause | None:
    """Say how a store and its mark disagree, or None.

    Args:
        connection: to the store.
        me: what the store says.
        state: what the mark says, its open intents closed.
        here: the fingerprint of machine and store now.
    """
    checks = (
        # A mark that was begun for a store with numbers, and the program died on the way.
        (RenewalCause.MISSING, not state.incarnation),
        (RenewalCause.RESTORED, state.incarnation != me.incarnation),
        (RenewalCause.OLDER, _hash_at(connection, me.agency, state.last_seq) != state.last_hash),
        (RenewalCause.MOVED, differs(state.fingerprint, here, "machine")),
        (RenewalCause.COPIED, differs(state.fingerprint, here, "file") or differs(state.fingerprint, here, "born")),
        *(_of_book(book, state) for book in me.books if book.pen == "HELD"),
    )
    return next((cause for cause, is_so in checks if is_so), None)


def _of_book(book: BookMark, state: State) -> tuple[RenewalCause, bool]:
    """Compare a book that the store believes to be held here."""
    known = state.books.get(f"{book.register}/{book.year}")
    if known is None or known.highest < book.highest:
        return RenewalCause.BEHIND, True
    return RenewalCause.OLDER, known.pen != "HELD" or known.highest > book.highest


def untold_numbers(connection: Connection, agency: UUID, state: State, commands: set[str]) -> list[UntoldNumber]:
    """Return the numbers of these commands, with what each was given to."""
    found: list[UntoldNumber] = []
    for command in sorted(commands & state.untold.keys()):  # UUIDv7: in order of time
        for numbers in state.untold[command].numbers:
            rows = connection.execute(
                select(
                    entry.c.number,
                    entry.c.sub_number,
                    entry.c.year,
                    register.c.title,
                    func.coalesce(arrival.c.subject, outgoing.c.subject, entry.c.reason).label("subject"),
                )
                .select_from(entry)
                .join(register, (register.c.agency_id == entry.c.agency_id) & (register.c.id == entry.c.register_id))
                .outerjoin(arrival, (arrival.c.agency_id == agency) & (arrival.c.id == entry.c.document_id))
                .outerjoin(outgoing, (outgoing.c.agency_id == agency) & (outgoing.c.id == entry.c.document_id))
                .where(
                    entry.c.agency_id == agency,
                    entry.c.register_id == UUID(numbers.register),
                    entry.c.year == numbers.year,
                    entry.c.number.between(numbers.first, numbers.last),
                    entry.c.sub_number == numbers.sub_number,
                )
                .order_by(entry.c.number)
            )
            found += [
                UntoldNumber(number_text(row.number) + row.sub_number, row.title, row.year, row.subject) for row in rows
            ]
    return found


def _open_or_begin(path: Path, me: Identity, store: Store) -> tuple[Mark, RenewalCause | None]:
    nothing = State(str(me.agency), str(me.desk))
    try:
        mark = Mark.open(path)
    except FileNotFoundError:
        if me.is_marked or me.has_numbers:
            return Mark.make(path, nothing), RenewalCause.MISSING
        return Mark.make(path, _believing(me, store)), None
    except MarkDamaged as error:
        _keep_aside(path)
        known = error.known
        known.agency, known.desk, known.incarnation = nothing.agency, nothing.desk, ""
        return Mark.make(path, known), RenewalCause.DAMAGED
    if (mark.state.agency, mark.state.desk) != (nothing.agency, nothing.desk):
        mark.close()
        _keep_aside(path)
        return Mark.make(path, nothing), RenewalCause.FOREIGN
    return mark, None


def _believing(me: Identity, store: Store) -> State:
    books = {f"{book.register}/{book.year}": book for book in me.books}
    return State(
        str(me.agency), str(me.desk), me.incarnation, fingerprint(store.path), me.seq, me.head, books
    )  # fmt: skip


def _hash_at(connection: Connection, agency: UUID, seq: int) -> str:
    found: Any = connection.execute(
        select(audit.c.hash).where(audit.c.agency_id == agency, audit.c.seq == seq)
    ).scalar()
    return found.hex() if found is not None else ""


def _keep_aside(path: Path) -> None:
    """Give a mark that cannot be used another name; nothing that might explain a number is deleted."""
    stamp = now().strftime("%Y%m%dT%H%M%SZ")
    names = (path.with_suffix(f".{stamp}{'' if nth == 1 else f'-{nth}'}") for nth in range(1, 1000))
    path.replace(next(name for name in names if not name.exists()))

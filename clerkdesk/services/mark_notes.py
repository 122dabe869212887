"""What a transaction does with numbers and pens, noted down where it happens and written to the high-water mark before
it commits. The one place where numbers meet the mark; how a mark and a store are compared is in `incarnation`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import Connection, select

from clerkdesk.data.highwater import Mark, NoMark, Unmarked
from clerkdesk.data.mark_state import BookMark, Intent, Numbers, Pen, Renewal
from clerkdesk.data.schema import audit, register, register_year
from clerkdesk.services.audit import Recorded
from clerkdesk.services.execution import at_server

_PLACE = "mark_notes"
NOBODY = UUID(int=0)


class Notes:
    """What one transaction does, and what the mark knew before it."""

    def __init__(self, mark: Mark | Unmarked | None, command: UUID) -> None:
        self._mark = mark
        self.intent = Intent(str(command))

    def number(self, register: UUID, year: int, number: int, sub_number: str = "", *, special: bool = False) -> None:
        """Note a number that is given: the counter's next one, or a special one (15a, a held number that is used)."""
        noted = self.intent.numbers
        last = noted[-1] if noted else None
        if (
            last is not None and not special and not last.special
            and (last.register, last.year, last.last) == (str(register), year, number - 1)
        ):  # fmt: skip
            last.last = number
        else:
            noted.append(Numbers(str(register), year, number, number, sub_number, special))

    def pen_taken(self, register: UUID, year: int, code: str, behind: int, epoch: int = 0) -> None:
        """Note that this desk holds a book's pen from now on, behind a number."""
        self.intent.taken.append(Pen(str(register), year, epoch, code, behind))

    def pen_given_up(self, register: UUID, year: int, code: str, epoch: int) -> None:
        """Note that this desk has handed a book's pen on; `epoch` is the next holder's."""
        self.intent.given_up.append(Pen(str(register), year, epoch, code))

    def pen_lost(self, register: UUID, year: int, code: str) -> None:
        """Note that this desk has lost a book's pen without giving it up."""
        self.intent.lost.append(Pen(str(register), year, code=code))

    def renewed(self, renewal: Renewal) -> None:
        """Note that the desk begins a new incarnation."""
        self.intent.renewal = renewal

    def highest(self, register: UUID, code: str, year: int) -> int:
        """Return the highest number of a book that the mark has ever seen; 0 without one."""
        return self._mark.state.highest(register, code, year) if self._mark is not None else 0

    def held(self) -> list[BookMark]:
        """Return the books whose pens this desk holds as far as the mark knows."""
        return [book for book in self._mark.state.books.values() if book.pen == "HELD"] if self._mark else []

    def special(self, register: UUID, year: int) -> list[tuple[int, str]]:
        """Return the special numbers of a book that the mark has seen."""
        return self._mark.state.special(register, year) if self._mark is not None else []

    def write(self, tx: Connection, agency: UUID) -> None:
        """Write the intent to the mark, if there is anything to write.

        Earlier intents that are still open are closed first: no other transaction can be on its way now, so the
        audit log tells what became of them. After a `done` that failed, no command of any kind goes on before it is
        made good: a number that must not be shown yet is not sealed or released either.

        Raises:
            NoMark, MarkUnwritable.
        """
        if isinstance(self._mark, Mark) and (self.intent or self._mark.unconfirmed):
            settle(tx, self._mark, agency)
        if not self.intent:
            return
        if self._mark is None:
            raise NoMark
        self._mark.write_intent(self.intent)


@contextmanager
def noting(tx: Connection, mark: Mark | Unmarked | None, command: UUID) -> Iterator[Notes]:
    """Let the services note in this transaction what they do with numbers."""
    notes = tx.info[_PLACE] = Notes(mark, command)
    try:
        yield notes
    finally:
        del tx.info[_PLACE]


def notes_of(tx: Connection) -> Notes:
    """Return the transaction's notes.

    Raises:
        NoMark: it was not begun by `office.execute`, so nothing would reach the mark.
    """
    if at_server():  # marks are the desks': what the server's pen writes is in its store alone
        return Notes(None, NOBODY)
    found = tx.info.get(_PLACE)
    if not isinstance(found, Notes):
        raise NoMark
    return found


def pen_moved(tx: Connection, agency: UUID, register_id: UUID, year: int, *, comes: bool) -> None:
    """Write to the mark that a record of the server's brings this desk a book's pen, or takes it away.

    The intent stands under the hand-over's id, which is in the book's own row: so `settle` can tell what became of it.

    Args:
        comes: the pen is this desk's from now on; otherwise it no longer is.

    Raises:
        MarkUnwritable.
    """
    mark = tx.info.get("mark")
    if not isinstance(mark, Mark):  # before the first set-up; the mark then begins with what the store says
        return
    book = tx.execute(
        select(register_year.c.grant_id, register_year.c.epoch, register_year.c.next_number, register.c.code)
        .join_from(
            register_year,
            register,
            (register.c.agency_id == register_year.c.agency_id) & (register.c.id == register_year.c.register_id),
        )
        .where(
            register_year.c.agency_id == agency,
            register_year.c.register_id == register_id,
            register_year.c.year == year,
        )
    ).one()
    if book.grant_id is None:
        return
    pen = Pen(str(register_id), year, book.epoch, book.code, book.next_number - 1 if comes else 0)
    intent = Intent(str(book.grant_id), taken=[pen] if comes else [], given_up=[] if comes else [pen])
    settle(tx, mark, agency)
    mark.write_intent(intent)
    last = _last_entry(tx, agency)
    tx.info["after_commit"].append(lambda: mark.write_done(UUID(intent.command), last.seq, last.hash))


def _last_entry(tx: Connection, agency: UUID) -> Recorded:
    row = tx.execute(
        select(audit.c.seq, audit.c.hash).where(audit.c.agency_id == agency).order_by(audit.c.seq.desc()).limit(1)
    ).first()
    return Recorded(row.seq, row.hash) if row else Recorded(0, b"")


def settle(tx: Connection, mark: Mark, agency: UUID) -> None:
    """Close the mark's open intents by what the store says of their commands: in its audit log, or a hand-over's book."""
    if not mark.state.pending:
        return
    open_ones = [UUID(command) for command in mark.state.pending]
    rows = tx.execute(
        select(audit.c.command_uid, audit.c.seq, audit.c.hash).where(
            audit.c.agency_id == agency, audit.c.command_uid.in_(open_ones)
        )
    )
    committed = {str(row.command_uid): (row.seq, row.hash) for row in rows}
    moved = tx.execute(
        select(register_year.c.grant_id).where(
            register_year.c.agency_id == agency, register_year.c.grant_id.in_(open_ones)
        )
    ).scalars().all()  # fmt: skip
    if moved:
        last = _last_entry(tx, agency)
        committed |= {str(grant): (last.seq, last.hash) for grant in moved if str(grant) not in committed}
    mark.settle(committed)

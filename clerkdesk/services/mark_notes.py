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
from clerkdesk.data.schema import audit

_PLACE = "mark_notes"


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
    found = tx.info.get(_PLACE)
    if not isinstance(found, Notes):
        raise NoMark
    return found


def settle(tx: Connection, mark: Mark, agency: UUID) -> None:
    """Close the mark's open intents by what the store's audit log says of their commands."""
    if not mark.state.pending:
        return
    open_ones = [UUID(command) for command in mark.state.pending]
    rows = tx.execute(
        select(audit.c.command_uid, audit.c.seq, audit.c.hash).where(
            audit.c.agency_id == agency, audit.c.command_uid.in_(open_ones)
        )
    )
    mark.settle({str(row.command_uid): (row.seq, row.hash) for row in rows})

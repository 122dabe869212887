"""Records down: the agency's feed from the desk's cursor, or everything at once.

What has been fetched is brought to the last state of each record first, so that nothing goes back in time, and then
written in short transactions, each only while no command of this desk waits for the server's word and nobody else
has exchanged anything with the server meanwhile. The cursor moves with the last of them: whoever is stopped half-way
fetches the same again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from clerkdesk.data.applying import TAKEN_BACK, Record, apply_records, in_order, key_of, take_away_others
from clerkdesk.data.store import Store
from clerkdesk.services.agency_setup import agency_of_store
from clerkdesk.services.clock import now
from clerkdesk.sync.agreed import Agreed, here, is_queued, note_contact, set_cursor
from clerkdesk.sync.door import Door, TurnedDown
from clerkdesk.sync.file_queue import files_of_records, queue_down
from clerkdesk.sync.messages import Changed, Page, Trouble

GATHER_AT_MOST = 50_000  # changes; a desk that is further behind takes everything at once
AT_ONCE = 500  # records in one transaction
IN_A_FRESH_STORE = 5_000  # where nobody waits for the writer's lock

# Runs one short transaction where it is safe; answers False when the whole must be fetched again.
Turn = Callable[[Callable[[], bool]], bool]


class Overtaken(Exception):
    """Something was exchanged while records were being fetched: they may be older than what is here."""


def fetch_changes(door: Door, agreed: Agreed) -> tuple[list[Changed], Page] | None:
    """Return all changes behind the cursor and the last page, or None when everything must be taken at once.

    Raises:
        Unreached, TurnedDown.
    """
    if agreed.cursor < 0:
        return None
    gathered: list[Changed] = []
    cursor = agreed.cursor
    while True:
        page = door.pull(cursor, agreed.term)
        check_term(agreed, page.term)
        if page.reset or page.cursor < cursor:
            return None
        gathered += page.changes
        cursor = page.cursor
        if not page.more:
            return gathered, page
        if len(gathered) > GATHER_AT_MOST:
            return None


def check_term(agreed: Agreed, term: str) -> None:
    """Drop an answer of another term.

    Raises:
        TurnedDown: with the server's term; the desk must ask which one is in force now.
    """
    if term != agreed.term:
        raise TurnedDown(Trouble.TERM, term=term)


def apply_changes(store: Store, agreed: Agreed, gathered: Sequence[Changed], page: Page, turn: Turn) -> None:
    """Write what was fetched and move the cursor.

    Raises:
        Overtaken.
    """
    ordered = in_order((one.name, one.record) for one in gathered)
    pieces = [ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE)] or [[]]
    for place, piece in enumerate(pieces, start=1):
        _write(store, agreed, piece, page if place == len(pieces) else None, turn)


def _write(store: Store, agreed: Agreed, piece: Sequence[tuple[str, Record]], last: Page | None, turn: Turn) -> None:
    def write() -> bool:
        with store.writing() as tx:
            if is_queued(tx, agreed.agency):
                return False
            apply_records(tx, here(agreed), piece)
            queue_down(tx, agreed.agency, store.blob_folder, files_of_records(piece))
            if last is not None:
                set_cursor(tx, agreed.agency, last.cursor)
                note_contact(tx, agreed.agency, last.server_time, now())
        return True

    if not turn(write):
        raise Overtaken


def take_everything(store: Store, door: Door, agreed: Agreed, turn: Turn) -> int:
    """Fetch and write all records of the agency; what the server does not have is taken away here.

    Returns: how many records.

    Raises:
        Overtaken, Unreached, TurnedDown.
    """
    seen: dict[str, set[tuple[str, ...]]] = {name: set() for name in TAKEN_BACK}
    count = 0
    with store.reading() as connection:
        size = AT_ONCE if agency_of_store(connection) is not None else IN_A_FRESH_STORE
    with door.snapshot() as snapshot:
        check_term(agreed, snapshot.head.term)
        for piece in _pieces(snapshot.records, size):
            changes = [(one.name, one.record) for one in piece]
            for name, record in changes:
                if name in seen:
                    seen[name].add(tuple(record[column] for column in key_of(name)))
            _write(store, agreed, in_order(changes), None, turn)
            count += len(piece)
        head = snapshot.head
    _take_away(store, agreed, seen, turn)
    page = Page(term=head.term, cursor=head.seq, server_time=head.server_time)
    _write(store, agreed, [], page, turn)
    return count


def _pieces(records: Iterable[Changed], size: int) -> Iterator[list[Changed]]:
    rest = iter(records)
    while piece := list(islice(rest, size)):
        yield piece


def _take_away(store: Store, agreed: Agreed, seen: dict[str, set[tuple[str, ...]]], turn: Turn) -> None:
    def take_away() -> bool:
        with store.writing() as tx:
            if is_queued(tx, agreed.agency):
                return False
            for name in TAKEN_BACK:
                take_away_others(tx, agreed.agency, name, seen[name])
        return True

    if not turn(take_away):
        raise Overtaken

"""The server's generation (term) and the recovery after a restore.

A restored server has forgotten the end of what it had written. It begins a new term, in which it gives no number of
an agency until each of that agency's desks has pushed again what it keeps and has said so, or was excused or
declared lost. Agencies recover one by one: the others do not wait.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, bindparam, insert, select, text, update

from clerkdesk.data.prepared import Prepared
from clerkdesk.data.schema import custody, desk, desk_key, register_year, server
from clerkdesk.data.store import Store
from clerkdesk.errors import RuleBroken
from clerkdesk.i18n import N_
from clerkdesk.services import numbering
from clerkdesk.services.clock import now
from clerkdesk.services.ids import new_id
from clerkdesk.sync.messages import KnownBook

SERVING, RECOVERING = "SERVING", "RECOVERING"
_AFTER_RESTORE = "Số đã cấp trước khi máy chủ được phục hồi"


class Standstill:
    """Sees when no desk of a recovering agency gets any further.

    What a command needs may still come from another desk, so that a refusal waits. When every desk that has not
    reported waits so, and nothing has been taken since, nothing will come: the refusal is final.
    """

    def __init__(self) -> None:
        self._taken: dict[UUID, int] = {}
        self._stuck: dict[UUID, dict[UUID, int]] = {}

    def taken(self, agency: UUID) -> None:
        """Note that a command was taken or refused for good."""
        self._taken[agency] = self._taken.get(agency, 0) + 1

    def is_final(self, agency: UUID, desk_id: UUID, missing: list[UUID]) -> bool:
        """Note that a desk's next command cannot be carried out yet; says whether it never will."""
        now_taken = self._taken.get(agency, 0)
        stuck = self._stuck.setdefault(agency, {})
        stuck[desk_id] = now_taken
        return all(stuck.get(one) == now_taken for one in missing)


class DeskUnknown(RuleBroken):
    """No desk has this id."""

    sentence = N_("Không có máy trạm này. Xem danh sách: clerkdesk server desks")


_read_server = Prepared(select(server.c.term, server.c.state))
_read_missing = Prepared(
    select(desk_key.c.desk_id).where(
        desk_key.c.agency_id == bindparam("agency"),
        desk_key.c.state != "LOST",
        desk_key.c.reported_term != bindparam("term", type_=desk_key.c.reported_term.type),
        desk_key.c.reported_term != text("''"),
    )
)


def begin_service(store: Store) -> str:
    """Return the term, beginning the first one when there is none."""
    with store.writing() as tx:
        row = tx.execute(select(server.c.term)).first()
        if row is not None:
            return str(row.term)
        term = str(new_id())
        tx.execute(insert(server).values(one=1, term=term, state=SERVING, since=now()))
        return term


def begin_recovery(tx: Connection) -> str:
    """Begin a new term in which every desk must report; called once after a restore, before the server starts."""
    term = str(new_id())
    changed = tx.execute(update(server).values(term=term, state=RECOVERING, since=now()))
    if changed.rowcount == 0:
        tx.execute(insert(server).values(one=1, term=term, state=RECOVERING, since=now()))
    return term


def term_and_state(connection: Connection) -> tuple[str, str]:
    """Return the server's term and state."""
    row = _read_server(connection).first()
    return (row.term, row.state) if row else ("", SERVING)


def missing_desks(connection: Connection, agency: UUID, term: str) -> list[UUID]:
    """Return the agency's desks that have not reported in this term; a desk that never had anything is not waited for."""
    return [UUID(row.desk_id) for row in _read_missing(connection, agency=agency, term=term)]


def is_recovering(connection: Connection, agency: UUID) -> bool:
    """Say whether the agency still waits for a desk."""
    term, state = term_and_state(connection)
    return state == RECOVERING and bool(missing_desks(connection, agency, term))


def mark_reported(tx: Connection, agency: UUID, desk_id: UUID, term: str) -> bool:
    """Note that a desk has reported, or need not.

    Returns: whether the agency's recovery is over with it.

    Raises:
        DeskUnknown.
    """
    changed = tx.execute(
        update(desk_key).where(desk_key.c.agency_id == agency, desk_key.c.desk_id == desk_id).values(reported_term=term)
    )
    if changed.rowcount != 1:
        raise DeskUnknown
    return not missing_desks(tx, agency, term)


def end_recovery_if_complete(tx: Connection) -> bool:
    """Serve again as a whole when no agency waits any more; says whether the server serves."""
    term, state = term_and_state(tx)
    if state == SERVING:
        return True
    left = tx.execute(
        select(desk_key.c.desk_id)
        .where(desk_key.c.state != "LOST", desk_key.c.reported_term != term, desk_key.c.reported_term != "")
        .limit(1)
    ).first()
    if left is None:
        tx.execute(update(server).values(state=SERVING, since=now()))
    return left is None


def learn_books(
    tx: Connection, agency: UUID, desk_id: UUID, incarnation: UUID, term: str, books: tuple[KnownBook, ...]
) -> int:
    """Take over what a desk knows of the books: how far they had come, and whose the pen is.

    Numbers that were shown and whose documents have not come back are held; the pen is where its last holder says,
    by the highest epoch; a pen that the store places at this desk, and that the desk does not have, is the server's.

    Returns: how many numbers are now held.
    """
    at = now()
    held = 0
    mentioned: set[tuple[UUID, int]] = set()
    actor = _first_person(tx, agency)
    for known in books:
        mentioned.add((known.register_id, known.year))
        row = tx.execute(_book(agency, known.register_id, known.year)).first()
        if row is None or row.state == "CLOSED":
            continue
        issue = numbering.Issue(agency, known.register_id, known.year, new_id(), actor, desk_id, at)
        held += numbering.enter_holes(tx, issue, known.next_number - 1, _AFTER_RESTORE)
        here = row.holder_desk == desk_id
        if known.held and (known.epoch > row.epoch or not here) and known.epoch >= row.epoch:
            _hand(tx, agency, known, row, term, actor, to=(desk_id, incarnation), epoch=known.epoch)
        elif not known.held and (here or known.epoch > row.epoch):
            # Beyond every epoch seen, so that nothing given in between is ever taken again.
            _hand(tx, agency, known, row, term, actor, to=None, epoch=max(known.epoch, row.epoch) + 1)
    for row in tx.execute(_books_of(agency, desk_id)).all():
        if (row.register_id, row.year) not in mentioned:
            known = KnownBook(register_id=row.register_id, year=row.year, epoch=row.epoch, next_number=1, held=False)
            _hand(tx, agency, known, row, term, actor, to=None, epoch=row.epoch + 1)
    return held


def _book(agency: UUID, register_id: UUID, year: int):  # type: ignore[no-untyped-def]
    return select(register_year).where(
        register_year.c.agency_id == agency,
        register_year.c.register_id == register_id,
        register_year.c.year == year,
    )


def _books_of(agency: UUID, desk_id: UUID):  # type: ignore[no-untyped-def]
    return select(register_year).where(
        register_year.c.agency_id == agency, register_year.c.holder_desk == desk_id, register_year.c.state != "CLOSED"
    )


def _hand(tx: Connection, agency: UUID, known: KnownBook, row, term: str, actor: UUID, *, to: tuple[UUID, UUID] | None, epoch: int) -> None:  # type: ignore[no-untyped-def] # fmt: skip
    holder, incarnation = to or (None, None)
    tx.execute(
        update(register_year)
        .where(
            register_year.c.agency_id == agency,
            register_year.c.register_id == known.register_id,
            register_year.c.year == known.year,
        )
        .values(holder_desk=holder, holder_incarnation=incarnation, epoch=epoch, grant_id=None)
    )
    tx.execute(
        insert(custody).values(
            agency_id=agency,
            id=new_id(),
            register_id=known.register_id,
            year=known.year,
            epoch=epoch,
            kind="RECOVERY",
            from_desk=row.holder_desk,
            to_desk=holder,
            to_incarnation=incarnation,
            term=term,
            next_number=max(known.next_number, row.next_number),
            who1=actor,
            reason=_AFTER_RESTORE,
            at=now(),
        )
    )


def _first_person(tx: Connection, agency: UUID) -> UUID:
    from clerkdesk.data.schema import person

    found: UUID | None = tx.execute(
        select(person.c.id).where(person.c.agency_id == agency).order_by(person.c.created_at, person.c.id).limit(1)
    ).scalar()
    if found is None:
        raise DeskUnknown
    return found


def declare_lost(tx: Connection, desk_id: UUID) -> UUID:
    """Take a desk out of service for ever: it is not waited for, and its key opens nothing any more.

    Returns: its agency.

    Raises:
        DeskUnknown.
    """
    row = tx.execute(select(desk_key.c.agency_id).where(desk_key.c.desk_id == desk_id)).first()
    if row is None:
        raise DeskUnknown
    tx.execute(
        update(desk_key)
        .where(desk_key.c.agency_id == row.agency_id, desk_key.c.desk_id == desk_id)
        .values(state="LOST")
    )
    agency: UUID = row.agency_id
    return agency


def desk_names(connection: Connection, agency: UUID) -> dict[UUID, tuple[str, str]]:
    """Return code and name of each desk of an agency."""
    rows = connection.execute(select(desk.c.id, desk.c.code, desk.c.name).where(desk.c.agency_id == agency))
    return {row.id: (row.code, row.name) for row in rows}


def excuse_desk(tx: Connection, desk_id: UUID) -> bool:
    """Go on without a desk that cannot report; says whether its agency numbers again.

    Raises:
        DeskUnknown.
    """
    row = tx.execute(select(desk_key.c.agency_id).where(desk_key.c.desk_id == desk_id)).first()
    if row is None:
        raise DeskUnknown
    term, _state = term_and_state(tx)
    done = mark_reported(tx, row.agency_id, desk_id, term)
    end_recovery_if_complete(tx)
    return done

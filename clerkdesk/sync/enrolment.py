"""Joining a server with an administrator's one-time code: an empty desk gets its agency, a standing one brings it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select, update

from clerkdesk.data.code_key import keep_code_key
from clerkdesk.data.schema import desk, outbox, password, this_desk
from clerkdesk.data.store import Store
from clerkdesk.i18n import _
from clerkdesk.services.agency_setup import agency_of_store
from clerkdesk.services.clock import now
from clerkdesk.services.directory import DIRECTORY_FILE, import_directory
from clerkdesk.services.ids import new_id
from clerkdesk.services.link import ServerTurnedDown
from clerkdesk.sync.agreed import QUEUED, START_OVER, read_agreed
from clerkdesk.sync.door import TurnedDown, Unreached
from clerkdesk.sync.identity import Identity, load_identity, new_identity
from clerkdesk.sync.loop import SENTENCES, Sync
from clerkdesk.sync.messages import Enrol, Enrolled
from clerkdesk.sync.transport import ServerNotFound, Transport, ca_of, check_address, enrol


def join(store: Store, url: str, code: str, name: str = "") -> None:
    """Join the store's desk to a server; what has to travel does so at the first rounds of `Sync`.

    Args:
        url: the server's address.
        code: the administrator's one-time code.
        name: of a new desk.

    Raises:
        ServerAddressWrong, ServerNotFound, ServerTurnedDown.
    """
    address = check_address(url)
    with store.reading() as connection:
        agency = agency_of_store(connection)
        mine = connection.execute(
            select(desk, this_desk.c.server_url).join_from(
                this_desk, desk, (desk.c.agency_id == this_desk.c.agency_id) & (desk.c.id == this_desk.c.desk_id)
            )
        ).first()
        passwords = {
            row.person_id: row.argon2id
            for row in connection.execute(select(password.c.person_id, password.c.argon2id))
        }  # fmt: skip
    identity = new_identity(store.path)
    brings = agency is not None and mine is not None and not mine.server_url
    request = Enrol(
        code=code.strip(),
        desk=mine.id if mine is not None else new_id(),
        incarnation=mine.incarnation if mine is not None else new_id(),
        name=mine.name if mine is not None else name or _("Máy văn thư"),
        public_key=identity.public_key,
        agency=agency.id if agency is not None and brings else None,
        passwords=passwords if brings else {},
    )
    joined = _ask(address, request, ca_of(store.path.parent))
    if joined.code_key:
        keep_code_key(store.path, bytes.fromhex(joined.code_key))
    with store.writing() as tx:
        if mine is None:
            _furnish(tx, request, joined)
        elif brings:
            _bring(tx, joined.agency)
        tx.execute(
            update(this_desk)
            .where(this_desk.c.agency_id == joined.agency)
            .values(server_url=address, term=joined.term, cursor=START_OVER, enrolled_at=now())
        )


def _ask(address: str, request: Enrol, ca: Path | None) -> Enrolled:
    try:
        return enrol(address, request, ca)
    except Unreached as error:
        raise ServerNotFound(url=address) from error
    except TurnedDown as down:
        raise ServerTurnedDown(reason=down.sentence or _(SENTENCES[down.trouble])) from down


def _furnish(tx: Connection, request: Enrol, joined: Enrolled) -> None:
    """Note which desk this empty store has become; everything else comes with the snapshot."""
    tx.execute(delete(this_desk))
    tx.execute(insert(this_desk).values(agency_id=joined.agency, desk_id=joined.desk))
    tx.execute(
        insert(desk).values(
            agency_id=joined.agency, id=joined.desk, code=joined.desk_code, name=request.name,
            incarnation=request.incarnation, created_at=now(),
        )
    )  # fmt: skip
    with DIRECTORY_FILE.open(encoding="utf-8", newline="") as lines:
        import_directory(tx, lines)


def _bring(tx: Connection, agency: UUID) -> None:
    """Hand in the whole log from its first entry; the server has just taken the passwords as they are here."""
    tx.execute(update(outbox).where(outbox.c.agency_id == agency).values(state=QUEUED))
    tx.execute(update(password).where(password.c.agency_id == agency).values(set_at=now()))


def link_of(
    store: Store, *, changed: Callable[[], None] = lambda: None, busy: Callable[[], bool] = lambda: False
) -> Sync | None:
    """Return the link of a store's desk to its server, not yet started; None when it has none.

    Args:
        changed: see `Sync`.
        busy: see `Sync`.

    Raises:
        IdentityMissing, ServerAddressWrong.
    """
    with store.reading() as connection:
        agreed = read_agreed(connection)
    if agreed is None or agreed.incarnation is None:
        return None
    return Sync(store, door_of(store, load_identity(store.path)), changed=changed, busy=busy)


def door_of(store: Store, identity: Identity) -> Transport:
    """Return the door to the server of a joined store."""
    with store.reading() as connection:
        agreed = read_agreed(connection)
    assert agreed is not None and agreed.incarnation is not None  # noqa: S101
    return Transport(
        agreed.server_url, identity, agreed.agency, agreed.desk, agreed.incarnation, ca=ca_of(store.path.parent)
    )  # fmt: skip

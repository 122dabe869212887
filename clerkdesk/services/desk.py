"""The desk: the one thing that screens hold. It knows store, agency, desk and person, and carries out commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from clerkdesk.data.code_key import load_code_key, own_code_key
from clerkdesk.data.store import Store, open_store
from clerkdesk.data.store_key import keep_key, load_key, new_key, place_of_key
from clerkdesk.errors import NotAllowed
from clerkdesk.i18n import N_
from clerkdesk.services import agency_setup, drafts, login
from clerkdesk.services.attachments import was_ever_attached
from clerkdesk.services.clock import now
from clerkdesk.services.commands import Command, Result
from clerkdesk.services.custody_log import has_server
from clerkdesk.services.files import throw_away
from clerkdesk.services.ids import new_id
from clerkdesk.services.office import execute, may
from clerkdesk.services.pen_code import sealed_with
from clerkdesk.services.people import Person
from clerkdesk.services.secrecy import ExcludedDocument, SecretDocument

C = TypeVar("C", bound=Command)
R = TypeVar("R")


class NobodyLoggedIn(NotAllowed):
    """Nobody sits at the desk."""

    sentence = N_("Phiên làm việc đã hết. Đăng nhập lại; nội dung đang nhập vẫn được giữ.")


class Desk:
    """An open store and who works at it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.session: login.Session | None = None
        with store.reading() as connection:
            self.agency = agency_setup.agency_of_store(connection)
            self.facts = agency_setup.desk_of_store(connection)

    @classmethod
    def open(cls, path: Path) -> Desk:
        """Open the desk's store, making a new one with a new key when there is none.

        Raises:
            the errors of `data.store.open_store` and `data.store_key.load_key`.
        """
        return cls(open_store(path, lambda: _key_for(path)))

    @property
    def agency_id(self) -> UUID:
        """The agency's id; only after the set-up."""
        if self.agency is None:
            raise NobodyLoggedIn
        return self.agency.id

    @property
    def person(self) -> Person:
        """The person at the desk.

        Raises:
            NobodyLoggedIn.
        """
        if self.session is None:
            raise NobodyLoggedIn
        return self.session.person

    def refresh(self) -> None:
        """Read agency and desk again, after the set-up."""
        with self.store.reading() as connection:
            self.agency = agency_setup.agency_of_store(connection)
            self.facts = agency_setup.desk_of_store(connection)

    def log_in(self, username: str, password: str) -> login.Session:
        """Seat a person at the desk; see `login.log_in`."""
        self.session = login.log_in(self.store, self.agency_id, username, password)
        return self.session

    def vouch(self, username: str, password: str) -> Person:
        """Return a second person who proves to be there, without taking the seat; see `login.log_in`."""
        return login.log_in(self.store, self.agency_id, username, password).person

    def log_out(self) -> None:
        """Leave the desk empty."""
        self.session = None

    def make(self, command_type: type[C], *, uid: UUID | None = None, **facts: Any) -> C:
        """Return a command of the person at this desk, made now.

        Args:
            uid: the form's uid, so that saving twice is one registration; a new one when left out.
        """
        if self.facts is None:
            raise NobodyLoggedIn
        return command_type(
            uid=uid or new_id(),
            agency=self.agency_id,
            actor=self.person.id,
            desk=self.facts.id,
            made_at=now(),
            **facts,
        )

    def do(self, command: Command) -> Result:
        """Carry out a command; see `office.execute`. Of a secret document nothing is left, not even the draft."""
        try:
            with sealed_with(self.code_key):
                return execute(self.store, command)
        except (SecretDocument, ExcludedDocument):
            self._forget(command)
            raise

    def code_key(self) -> bytes:
        """Return the agency's key for telephone codes; a desk without a server makes its own.

        Raises:
            CodeKeyMissing: this desk has a server and should have got the key at its enrolment.
        """
        return load_code_key(self.store.path) if self.read(has_server) else own_code_key(self.store.path)

    def _forget(self, command: Command) -> None:
        self.drop_draft(command.uid)
        for file in getattr(command, "files", ()):
            if not self.read(was_ever_attached, file.sha256):
                throw_away(self.store, file.sha256)
        self.store.leave_no_trace()

    def may(self, command_type: type[Command]) -> bool:
        """Say whether the person at the desk may give this command."""
        return may(self.person.roles, command_type)

    def read(self, query: Callable[..., R], *arguments: Any, **named: Any) -> R:
        """Run a reading function of the services: `query(connection, agency, ...)`."""
        with self.store.reading() as connection:
            return query(connection, self.agency_id, *arguments, **named)

    def look_up(self, query: Callable[..., R], *arguments: Any, **named: Any) -> R:
        """Run a reading function that needs no agency: `query(connection, ...)`."""
        with self.store.reading() as connection:
            return query(connection, *arguments, **named)

    def keep_draft(self, uid: UUID, kind: str, fields: dict[str, str]) -> None:
        """Keep what a form holds, for after a crash."""
        with self.store.writing() as tx:
            drafts.keep_draft(tx, self.agency_id, self.person.id, uid, kind, fields, now())

    def drop_draft(self, uid: UUID) -> None:
        """Forget a form's draft."""
        with self.store.writing() as tx:
            drafts.drop_draft(tx, self.agency_id, uid)

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def throw_away(self) -> None:
        """Delete a store whose sample agency was broken off half-way; nothing real can be in it."""
        path = self.store.path
        self.close()
        for end in ("", "-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)


def _key_for(path: Path) -> bytes:
    # A key without its store is never written over: the store may only be away, on a disk not mounted yet.
    if path.exists() or place_of_key(path) != "missing":
        return load_key(path)
    key = new_key()
    keep_key(path, key)
    return key

"""The desk: the one thing that screens hold. It knows store, agency, desk and person, and carries out commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from clerkdesk.data.code_key import load_code_key, own_code_key
from clerkdesk.data.highwater import Mark
from clerkdesk.data.store import Store, open_store
from clerkdesk.data.store_key import keep_key, load_key, new_key, place_of_key
from clerkdesk.errors import NotAllowed
from clerkdesk.i18n import N_
from clerkdesk.places import state_folder
from clerkdesk.services import agency_setup, drafts, incarnation, login, opening
from clerkdesk.services.arrivals import check_facts, exclusions_of
from clerkdesk.services.attachments import hashes_ever_attached, was_ever_attached
from clerkdesk.services.clock import now
from clerkdesk.services.commands import Command, RegisterArrival, Result
from clerkdesk.services.destination import goes_to_server, has_server
from clerkdesk.services.files import throw_away
from clerkdesk.services.ids import new_id
from clerkdesk.services.link import Link, ServerAway, server_away
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
        self.link: Link | None = None  # the way to the server; None while the desk has none
        self._read_office()
        self._left_over = self._untold()

    @classmethod
    def open(cls, path: Path) -> Desk:
        """Open the desk's store with its high-water mark, making a new one with a new key when there is none.

        Raises:
            the errors of `data.store.open_store`, `data.store_key.load_key` and `opening.meet_mark`.
        """
        store = open_store(path, lambda: _key_for(path))
        try:
            opening.meet_mark(store, state_folder(path.parent))
            return cls(store)
        except BaseException:
            store.close()
            raise

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
        """Read agency and desk again, after the set-up or when it has joined a server, and begin the high-water mark."""
        if self.store.mark is None:
            opening.meet_mark(self.store, state_folder(self.store.path.parent))
        self._read_office()

    def _read_office(self) -> None:
        with self.store.reading() as connection:
            self.agency = agency_setup.agency_of_store(connection)
            self.facts = agency_setup.desk_of_store(connection)
            self.has_server = self.agency is not None and has_server(connection, self.agency.id)

    def log_in(self, username: str, password: str) -> login.Session:
        """Seat a person at the desk: the server checks the password; while it is away, this desk itself.

        Raises:
            those of `login.log_in`.
        """
        met = self.link.log_in(username, password) if self.link is not None else None
        if met is not None:
            self.session = login.let_in(self.store, self.agency_id, met, password)
        else:
            self.session = login.log_in(self.store, self.agency_id, username, password)
        return self.session

    def vouch(self, username: str, password: str) -> Person:
        """Return a second person who proves to be there, without taking the seat.

        With a server it is the server that checks, for the next call of this desk.

        Raises:
            those of `login.log_in`; ServerAway.
        """
        if self.link is None:
            return login.log_in(self.store, self.agency_id, username, password).person
        second = self.link.vouch(username, password)
        if second is None:
            raise ServerAway
        return login.person_here(self.store, self.agency_id, second)

    def log_out(self) -> None:
        """Leave the desk empty."""
        self.session = None
        if self.link is not None:
            self.link.log_out()

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
        """Carry out a command here or at the server (`destination`), with the same answer and the same errors.

        Of a secret document nothing is left, not even the draft.

        Raises:
            those of `office.execute`; ServerAway: it must be done at the server, which is away.
        """
        try:
            if not self.has_server:
                return execute(self.store, command)
            if self.look_up(goes_to_server, command):
                if isinstance(command, RegisterArrival):  # a secret must not even leave this machine
                    check_facts(command.facts, self.read(exclusions_of))
                if self.link is None:
                    raise server_away(command)
                return self.link.call(command)
            with sealed_with(self.code_key):
                result = execute(self.store, command)
            if self.link is not None:
                self.link.queued()
            return result
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
        """Forget a form's draft, and that the server was asked for it."""
        with self.store.writing() as tx:
            drafts.drop_draft(tx, self.agency_id, uid)
            drafts.give_up_call(tx, self.agency_id, uid)

    def highest_known(self, register_id: UUID, code: str, year: int) -> int:
        """Return the highest number of a book that this desk has given or shown, also when its store has lost it."""
        mark = self.store.mark
        return mark.state.highest(register_id, code, year) if mark is not None else 0

    def left_over(self) -> tuple[list[opening.UntoldNumber], list[str]]:
        """Return what the last time left to tell: numbers that perhaps nobody saw, and what happened to the store."""
        mark = self.store.mark
        if mark is None or not self._left_over:
            return [], []
        causes = [mark.state.untold[one].cause for one in sorted(self._left_over & mark.state.untold.keys())]
        numbers = self.read(opening.untold_numbers, mark.state, self._left_over)
        return numbers, [incarnation.what_happened(cause) for cause in causes if cause]

    def left_over_told(self) -> None:
        """Note that somebody has read what was left over."""
        self._tell(self._left_over)
        self._left_over = set()

    @property
    def number_waits(self) -> bool:
        """Whether a number is in the store that nobody may see yet, because the mark could not say so."""
        return isinstance(self.store.mark, Mark) and self.store.mark.unconfirmed

    def seen(self) -> None:
        """Note that the numbers given so far stand on the screen."""
        self._tell(self._untold() - self._left_over)

    def _untold(self) -> set[str]:
        return set(self.store.mark.state.untold) if self.store.mark is not None else set()

    def _tell(self, commands: set[str]) -> None:
        if commands and isinstance(self.store.mark, Mark):
            self.store.mark.tell(sorted(commands))

    def close(self) -> None:
        """Stop what runs in the background and close the store."""
        if self.link is not None:
            self.link.close()
        self.store.close()

    def throw_away(self) -> None:
        """Delete a store whose sample agency was broken off half-way, with its files; nothing real can be in it.

        Other files may lie in the folder, of a store that is away for a while: they stay, as its key does.
        """
        path, kept = self.store.path, self.look_up(hashes_ever_attached)
        mark = self.store.mark
        self.close()
        for sha256 in kept:
            throw_away(self.store, sha256)
        if isinstance(mark, Mark):
            mark.path.unlink(missing_ok=True)
        for end in ("", "-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)


def _key_for(path: Path) -> bytes:
    # A key without its store is never written over: the store may only be away, on a disk not mounted yet.
    if path.exists() or place_of_key(path) != "missing":
        return load_key(path)
    key = new_key()
    keep_key(path, key)
    return key

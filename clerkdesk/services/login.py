"""Who sits at the desk: login against the local Argon2id verifier, locked after failures (Hà Nam 44/2024 Đ21.2b)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update

from clerkdesk.data.schema import password, person
from clerkdesk.data.store import Store
from clerkdesk.services.clock import local, now
from clerkdesk.services.passwords import (
    FAILURES_ALLOWED,
    LOCKED_FOR,
    AccountLocked,
    LoginRefused,
    hash_password,
    password_matches,
)
from clerkdesk.services.people import Person, person_by_id


@dataclass(frozen=True, slots=True)
class Session:
    """A person at the desk."""

    person: Person
    since: dt.datetime
    must_change_password: bool


def log_in(store: Store, agency: UUID, username: str, typed: str) -> Session:
    """Check user name and password.

    A wrong name takes as long as a wrong password, and both give the same answer. Five failures lock the account
    for 15 minutes.

    Raises:
        LoginRefused, AccountLocked.
    """
    at = now()
    with store.reading() as connection:
        row = connection.execute(
            select(
                person.c.id, password.c.argon2id, password.c.failures, password.c.locked_until, password.c.must_change
            )
            .join_from(
                person,
                password,
                (password.c.agency_id == person.c.agency_id) & (password.c.person_id == person.c.id),
            )
            .where(person.c.agency_id == agency, person.c.username == username.strip().lower(), person.c.active == 1)
        ).first()
        found = None if row is None else person_by_id(connection, agency, row.id)
    if row is None or found is None:
        hash_password(typed)
        raise LoginRefused
    if row.locked_until is not None and row.locked_until > at:
        raise AccountLocked(until=f"{local(row.locked_until):%H:%M}")
    if password_matches(row.argon2id, typed):
        if row.failures:
            _note(store, agency, row.id, 0, None)
        return Session(found, at, bool(row.must_change))
    # A lock that has run out starts the count again.
    failures = 1 if row.locked_until is not None else row.failures + 1
    locked = at + LOCKED_FOR if failures >= FAILURES_ALLOWED else None
    _note(store, agency, row.id, failures, locked)
    if locked is not None:
        raise AccountLocked(until=f"{local(locked):%H:%M}")
    raise LoginRefused


def _note(store: Store, agency: UUID, person_id: UUID, failures: int, locked_until: dt.datetime | None) -> None:
    with store.writing() as tx:
        tx.execute(
            update(password)
            .where(password.c.agency_id == agency, password.c.person_id == person_id)
            .values(failures=failures, locked_until=locked_until)
        )

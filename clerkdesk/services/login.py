"""Who sits at the desk: login against the local Argon2id verifier, locked after failures (Hà Nam 44/2024 Đ21.2b).

A desk that has a server asks it first. Its own verifier counts only while the server is away, and only for as long
after the person's last login at the server as the agency allows.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select, update

from clerkdesk.data.schema import password, person, this_desk
from clerkdesk.data.store import Store
from clerkdesk.errors import NotAllowed
from clerkdesk.i18n import N_
from clerkdesk.services.clock import local, now
from clerkdesk.services.link import OnlineLogin
from clerkdesk.services.passwords import (
    FAILURES_ALLOWED,
    LOCKED_FOR,
    AccountLocked,
    LoginRefused,
    hash_password,
    password_matches,
)
from clerkdesk.services.people import Person, person_by_id
from clerkdesk.services.settings import read_setting


class OfflineTooLong(NotAllowed):
    """The person's last login at the server lies too far back."""

    sentence = N_(
        "Mất kết nối máy chủ và lần đăng nhập có mạng gần nhất đã quá {hours} giờ. Nối lại mạng rồi đăng nhập."
    )
    field = "username"


class NotYetHere(NotAllowed):
    """The server knows the person; the records are not at this desk yet."""

    sentence = N_("Máy này chưa nhận xong dữ liệu từ máy chủ. Chờ một phút rồi đăng nhập lại.")
    field = "username"


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
        LoginRefused, AccountLocked; OfflineTooLong: the desk has a server that has not seen the person for too long.
    """
    at = now()
    with store.reading() as connection:
        row = connection.execute(
            select(
                person.c.id,
                password.c.argon2id,
                password.c.set_at,
                password.c.failures,
                password.c.locked_until,
                password.c.must_change,
            )
            .join_from(
                person,
                password,
                (password.c.agency_id == person.c.agency_id) & (password.c.person_id == person.c.id),
            )
            .where(person.c.agency_id == agency, person.c.username == username.strip().lower(), person.c.active == 1)
        ).first()
        found = None if row is None else person_by_id(connection, agency, row.id)
        late = None if row is None else _too_late(connection, agency, row.set_at, at)
    if row is None or found is None:
        hash_password(typed)
        raise LoginRefused
    if row.locked_until is not None and row.locked_until > at:
        raise AccountLocked(until=f"{local(row.locked_until):%H:%M}")
    if password_matches(row.argon2id, typed):
        if late is not None:
            raise late
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


def let_in(store: Store, agency: UUID, met: OnlineLogin, typed: str) -> Session:
    """Seat a person whom the server has let in, and keep a verifier of this desk's own for when it is away.

    Raises:
        NotYetHere.
    """
    at = now()
    hashed = hash_password(typed)
    with store.writing() as tx:
        found = person_by_id(tx, agency, met.person)
        if found is None or not found.active:
            raise NotYetHere
        seen = tx.execute(select(this_desk.c.last_contact_at).where(this_desk.c.agency_id == agency)).scalar()
        keep_verifier(
            tx, agency, met.person, hashed, max(at, seen or at), must_change=met.must_change_password
        )  # fmt: skip
    return Session(found, at, met.must_change_password)


def person_here(store: Store, agency: UUID, person_id: UUID) -> Person:
    """Return a person whom the server has let in, as this desk knows them.

    Raises:
        NotYetHere.
    """
    with store.reading() as connection:
        found = person_by_id(connection, agency, person_id)
    if found is None or not found.active:
        raise NotYetHere
    return found


def keep_verifier(
    tx: Connection, agency: UUID, person_id: UUID, hashed: str, at: dt.datetime, *, must_change: bool
) -> None:
    """Keep this desk's own verifier of a password that the server has just accepted.

    Args:
        hashed: Argon2id, made here.
        at: when the server accepted it (UTC).
    """
    drop_verifier(tx, agency, person_id)
    tx.execute(
        insert(password).values(
            agency_id=agency, person_id=person_id, argon2id=hashed, set_at=at, must_change=int(must_change)
        )
    )


def drop_verifier(tx: Connection, agency: UUID, person_id: UUID) -> None:
    """Forget this desk's verifier: the password has been set anew elsewhere."""
    tx.execute(delete(password).where(password.c.agency_id == agency, password.c.person_id == person_id))


def _too_late(connection: Connection, agency: UUID, accepted_at: dt.datetime, at: dt.datetime) -> OfflineTooLong | None:
    """Return why a desk with a server must not let the person in by itself; a clock set back gains no hour."""
    this = connection.execute(
        select(this_desk.c.server_url, this_desk.c.last_contact_at).where(this_desk.c.agency_id == agency)
    ).first()
    if this is None or not this.server_url:
        return None
    hours = read_setting(connection, agency, "offline_login_hours")
    latest = max(at, this.last_contact_at or at)
    return OfflineTooLong(hours=hours) if latest - accepted_at > dt.timedelta(hours=hours) else None


def _note(store: Store, agency: UUID, person_id: UUID, failures: int, locked_until: dt.datetime | None) -> None:
    with store.writing() as tx:
        tx.execute(
            update(password)
            .where(password.c.agency_id == agency, password.c.person_id == person_id)
            .values(failures=failures, locked_until=locked_until)
        )

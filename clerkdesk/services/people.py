"""People and their accounts: roles by duty, accounts of leavers closed but kept (Đà Nẵng 8849 Đ13.5; Vĩnh Long 480 Đ16.6)."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from clerkdesk.data.prepared import Prepared
from clerkdesk.data.schema import password, person, unit
from clerkdesk.errors import BadInput, RuleBroken
from clerkdesk.i18n import N_, _
from clerkdesk.services.commands import AddPerson, ChangePerson, NewPerson, Result, SetPassword
from clerkdesk.services.folding import folded
from clerkdesk.services.lengths import LONGEST, Missing, TooLong
from clerkdesk.services.vocabulary import Role


class UsernameTaken(RuleBroken):
    """The user name belongs to somebody."""

    sentence = N_("Tên đăng nhập “{username}” đã có người dùng. Chọn tên khác, ví dụ thêm số ở cuối.")
    field = "username"


class UsernameWrong(BadInput):
    """The user name has characters that we do not take."""

    sentence = N_("Tên đăng nhập chỉ gồm chữ thường không dấu, chữ số, dấu chấm và gạch ngang, dài 3–40 ký tự.")
    field = "username"


class LastAdministrator(RuleBroken):
    """The only administrator cannot be closed or lose the role."""

    sentence = N_("Đây là quản trị duy nhất của cơ quan. Giao vai trò quản trị cho người khác trước.")


class PersonUnknown(RuleBroken):
    """There is no such account."""

    sentence = N_("Không có tài khoản này.")


@dataclass(frozen=True, slots=True)
class Person:
    """An account, as screens and rules need it."""

    id: UUID
    username: str
    full_name: str
    position: str
    unit_id: UUID | None
    roles: frozenset[Role]
    active: bool


def suggested_username(full_name: str) -> str:
    """Return the usual account name: given name, then the initials of the rest (Đắk Lắk 38/2016 Đ5.1): `annv`."""
    words = re.findall(r"[a-z0-9]+", folded(full_name))
    return words[-1] + "".join(word[0] for word in words[:-1]) if words else ""


def create_person(tx: Connection, agency: UUID, facts: NewPerson, password_hash: str, at: dt.datetime) -> None:
    """Create an account with its first password.

    Raises:
        UsernameWrong, UsernameTaken, Missing, TooLong.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{2,39}", facts.username):
        raise UsernameWrong
    if not facts.full_name:
        raise Missing(label=_("Họ và tên"), field="full_name")
    if len(facts.full_name) > 50:
        raise TooLong(label=_("Họ và tên"), length=len(facts.full_name), longest=50, field="full_name")
    _check_position(facts.position)
    taken = select(person.c.id).where(person.c.agency_id == agency, person.c.username == facts.username)
    if tx.execute(taken).first() is not None:
        raise UsernameTaken(username=facts.username)
    tx.execute(
        insert(person).values(
            agency_id=agency,
            id=facts.id,
            username=facts.username,
            full_name=facts.full_name,
            position=facts.position,
            unit_id=facts.unit,
            roles=_roles_text(facts.roles),
            active=1,
            created_at=at,
        )
    )
    tx.execute(insert(password).values(agency_id=agency, person_id=facts.id, argon2id=password_hash, set_at=at))


def add_person(tx: Connection, command: AddPerson, at: dt.datetime) -> Result:
    """Create an account; its owner must choose another password at the first login."""
    create_person(tx, command.agency, command.person, command.password_hash, at)
    tx.execute(
        update(password)
        .where(password.c.agency_id == command.agency, password.c.person_id == command.person.id)
        .values(must_change=1)
    )
    return Result(subject=command.person.id)


def change_person(tx: Connection, command: ChangePerson, at: dt.datetime) -> Result:
    """Change roles, position and unit, or close the account; its history stays (Đà Nẵng 8849 Đ13.5d).

    Raises:
        PersonUnknown, LastAdministrator, TooLong.
    """
    _check_position(command.position)
    loses = not command.active or Role.ADMINISTRATOR not in command.roles
    others = [
        other
        for other in people(tx, command.agency)
        if other.active and Role.ADMINISTRATOR in other.roles and other.id != command.person
    ]
    if loses and not others:
        raise LastAdministrator
    changed = tx.execute(
        update(person)
        .where(person.c.agency_id == command.agency, person.c.id == command.person)
        .values(
            position=command.position,
            unit_id=command.unit,
            roles=_roles_text(command.roles),
            active=int(command.active),
            left_at=None if command.active else at,
        )
    )
    if changed.rowcount != 1:
        raise PersonUnknown
    return Result(subject=command.person)


def set_password(tx: Connection, command: SetPassword, at: dt.datetime) -> Result:
    """Keep a new password hash and lift a lock; set by somebody else, it must be changed at the next login.

    Raises:
        PersonUnknown.
    """
    changed = tx.execute(
        update(password)
        .where(password.c.agency_id == command.agency, password.c.person_id == command.person)
        .values(
            argon2id=command.password_hash,
            set_at=at,
            failures=0,
            locked_until=None,
            must_change=int(command.person != command.actor),
        )
    )
    if changed.rowcount != 1:
        raise PersonUnknown
    return Result(subject=command.person)


def people(connection: Connection, agency: UUID) -> list[Person]:
    """Return all accounts of an agency, by name as Vietnamese sort it: given name last, folded."""
    rows = connection.execute(select(person).where(person.c.agency_id == agency))
    return sorted((_as_person(row) for row in rows.mappings()), key=lambda p: folded(p.full_name).split()[::-1])


_read_person = Prepared(
    select(
        person.c.username, person.c.full_name, person.c.position, person.c.unit_id, person.c.roles, person.c.active
    ).where(person.c.agency_id == bindparam("agency"), person.c.id == bindparam("person")),
    reads_only="person",
)


def person_by_id(connection: Connection, agency: UUID, person_id: UUID) -> Person | None:
    """Return an account, or None."""
    row = _read_person(connection, agency=agency, person=person_id).first()
    if row is None:
        return None
    unit_id = UUID(row.unit_id) if row.unit_id else None
    roles = frozenset(Role(role) for role in row.roles.split())
    return Person(person_id, row.username, row.full_name, row.position, unit_id, roles, bool(row.active))


def units(connection: Connection, agency: UUID) -> list[tuple[UUID, str, str]]:
    """Return id, name and short name of the agency's units."""
    rows = connection.execute(
        select(unit.c.id, unit.c.name, unit.c.short_name).where(unit.c.agency_id == agency).order_by(unit.c.id)
    )
    return [(row.id, row.name, row.short_name) for row in rows]


def _as_person(row: RowMapping) -> Person:
    return Person(
        row["id"],
        row["username"],
        row["full_name"],
        row["position"],
        row["unit_id"],
        frozenset(Role(role) for role in row["roles"].split()),
        bool(row["active"]),
    )


def _check_position(position: str) -> None:
    label, longest = LONGEST["signer_position"]
    if len(position) > longest:
        raise TooLong(label=_(label), length=len(position), longest=longest, field="position")


def _roles_text(roles: frozenset[Role]) -> str:
    return " ".join(sorted(roles))

"""Desks come in: an administrator's one-time code, then a signature with the desk's own key for each short token."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
import secrets
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, insert, select, update

from clerkdesk.data.feed import take_feed
from clerkdesk.data.prepared import Prepared
from clerkdesk.data.schema import agency as agency_table
from clerkdesk.data.schema import desk, desk_key, enrolment, feed, password
from clerkdesk.errors import NotAllowed, RuleBroken
from clerkdesk.i18n import N_
from clerkdesk.server.access import TurnedDown
from clerkdesk.server.hub import Hub
from clerkdesk.server.terms import is_recovering, term_and_state
from clerkdesk.server.tokens import (
    DESK_SECONDS,
    NONCE_SECONDS,
    PERSON_SECONDS,
    TokenWrong,
    make_token,
    read_token,
)
from clerkdesk.services.clock import now
from clerkdesk.sync.messages import Challenge, DeskProof, Enrol, Enrolled, Token, Trouble, proof_bytes

CODE_MINUTES = 10
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_NO_PASSWORD = "!"  # noqa: S105  matches nothing


class CodeWrong(NotAllowed):
    """The one-time code is unknown, used, or has run out."""

    sentence = N_("Mã ghi danh không đúng, đã dùng hoặc quá 10 phút. Xin quản trị mã mới: clerkdesk server code")


class KeyWrong(NotAllowed):
    """The public key is none."""

    sentence = N_("Khóa của máy trạm không đúng dạng Ed25519. Cập nhật ClerkDesk ở máy trạm rồi ghi danh lại.")


class AgencyTaken(NotAllowed):
    """The desk brings an agency that the server has."""

    sentence = N_("Cơ quan này đã có ở máy chủ. Xin quản trị mã ghi danh của cơ quan đó.")


class DeskTaken(NotAllowed):
    """The desk's id belongs to another agency."""

    sentence = N_("Máy trạm này thuộc cơ quan khác ở máy chủ. Cài lại máy trạm với thư mục dữ liệu mới.")


class AgencyUnknown(RuleBroken):
    """No agency has this id or short name."""

    sentence = N_("Không có cơ quan “{name}”. Xem danh sách: clerkdesk server agency list")


def new_code(tx: Connection, agency: UUID | None, desk_name: str = "") -> str:
    """Make a one-time code for a desk, valid for ten minutes; only its hash is kept.

    Args:
        agency: the desk's agency; None for a desk that brings its agency.
    """
    groups = ["".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4)]
    tx.execute(
        insert(enrolment).values(
            code_hash=_hashed("".join(groups)),
            agency_id=agency,
            desk_name=desk_name,
            expires_at=now() + dt.timedelta(minutes=CODE_MINUTES),
        )
    )
    return "-".join(groups)


def _hashed(code: str) -> str:
    return hashlib.sha256(re.sub(r"[^A-Z0-9]", "", code.upper()).encode()).hexdigest()


def enrol(tx: Connection, term: str, asked: Enrol) -> Enrolled:
    """Take a desk in: a new one, one that brings its agency, or a known one whose store is another than before.

    A known desk gets its new key and incarnation; its old store can say nothing any more, and pens that the old
    incarnation held stay with it until they are taken back by declaration.

    Raises:
        CodeWrong, KeyWrong, AgencyTaken, DeskTaken.
    """
    _check_key(asked.public_key)
    at = now()
    used = tx.execute(
        update(enrolment)
        .where(enrolment.c.code_hash == _hashed(asked.code), enrolment.c.used_at.is_(None), enrolment.c.expires_at > at)
        .values(used_at=at, used_by_desk=asked.desk)
        .returning(enrolment.c.agency_id, enrolment.c.desk_name)
    ).first()
    if used is None:
        raise CodeWrong
    brings = used.agency_id is None
    agency: UUID | None = asked.agency if brings else used.agency_id
    if agency is None or (not brings and asked.agency not in (None, agency)):
        raise CodeWrong
    take_feed(tx, agency)
    known = tx.execute(select(desk_key.c.agency_id, desk_key.c.state).where(desk_key.c.desk_id == asked.desk)).first()
    if known is not None and known.agency_id != agency:
        raise DeskTaken
    if brings:
        _bring_agency(tx, agency, asked, at)
        code = ""
    else:
        code = _take_in(tx, agency, asked, used.desk_name, at)
    if known is None:
        tx.execute(
            insert(desk_key).values(
                agency_id=agency,
                desk_id=asked.desk,
                public_key=asked.public_key,
                incarnation=asked.incarnation,
                state="ACTIVE",
                # A desk that brings its agency has reported nothing yet; any other starts from the server's records.
                reported_term="" if brings else term,
            )
        )
    else:
        tx.execute(
            update(desk_key)
            .where(desk_key.c.agency_id == agency, desk_key.c.desk_id == asked.desk)
            .values(
                public_key=asked.public_key,
                incarnation=asked.incarnation,
                state="ACTIVE",
                last_seq=0,
                chain_head="",
            )
        )
    return Enrolled(agency=agency, desk=asked.desk, desk_code=code, term=term)


def _check_key(public_key: str) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
    except ValueError as error:
        raise KeyWrong from error


def _bring_agency(tx: Connection, agency: UUID, asked: Enrol, at: dt.datetime) -> None:
    """Make room for an agency; its rows come with the desk's first entry."""
    taken = tx.execute(select(agency_table.c.id).where(agency_table.c.id == agency)).first()
    keys = tx.execute(
        select(desk_key.c.desk_id).where(desk_key.c.agency_id == agency, desk_key.c.desk_id != asked.desk)
    ).first()
    if taken is not None or keys is not None:
        raise AgencyTaken
    if tx.execute(select(feed.c.seq).where(feed.c.agency_id == agency)).first() is None:
        tx.execute(insert(feed).values(agency_id=agency, seq=0))
    for person_id, hashed in asked.passwords.items():
        if hashed.startswith("$argon2id$"):
            tx.execute(insert(password).values(agency_id=agency, person_id=person_id, argon2id=hashed, set_at=at))


def _take_in(tx: Connection, agency: UUID, asked: Enrol, name: str, at: dt.datetime) -> str:
    row = tx.execute(select(desk.c.code).where(desk.c.agency_id == agency, desk.c.id == asked.desk)).first()
    if row is not None:
        tx.execute(
            update(desk)
            .where(desk.c.agency_id == agency, desk.c.id == asked.desk)
            .values(incarnation=asked.incarnation, name=asked.name or name)
        )
        return str(row.code)
    codes = set(tx.execute(select(desk.c.code).where(desk.c.agency_id == agency)).scalars())
    count = tx.execute(select(func.count()).select_from(desk).where(desk.c.agency_id == agency)).scalar_one()
    code = next(f"{n:02d}" for n in range(max(count, 1), count + 100) if f"{n:02d}" not in codes)
    tx.execute(
        insert(desk).values(
            agency_id=agency,
            id=asked.desk,
            code=code,
            name=asked.name or name,
            incarnation=asked.incarnation,
            created_at=at,
        )
    )
    return code


def kept_password(tx: Connection, agency: UUID, person: UUID, *, take: bool) -> str:
    """Return the hash that a desk brought for one of its people, or one that no password matches.

    Args:
        take: remove it, because the person's row is about to be made with it.
    """
    row = tx.execute(
        select(password.c.argon2id).where(password.c.agency_id == agency, password.c.person_id == person)
    ).first()
    if row is None:
        return _NO_PASSWORD
    if take:
        from sqlalchemy import delete

        tx.execute(delete(password).where(password.c.agency_id == agency, password.c.person_id == person))
    return str(row.argon2id)


def challenge(hub: Hub) -> Challenge:
    """Return a nonce to sign within a minute."""
    return Challenge(nonce=make_token(hub.secret, "nonce", NONCE_SECONDS, jti=secrets.token_hex(16)))


_read_key = Prepared(
    select(desk_key.c.public_key, desk_key.c.state, desk_key.c.incarnation).where(
        desk_key.c.agency_id == bindparam("agency"), desk_key.c.desk_id == bindparam("desk")
    )
)


def prove(hub: Hub, connection: Connection, proof: DeskProof) -> Token:
    """Give a desk its token for a signed nonce; each nonce serves once.

    Raises:
        TurnedDown: TOKEN, LOST, INCARNATION, SUSPENDED.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        claims = read_token(hub.secret, proof.nonce, "nonce")
    except TokenWrong as error:
        raise TurnedDown(Trouble.TOKEN) from error
    moment = now().timestamp()
    hub.nonces = {jti: until for jti, until in hub.nonces.items() if until > moment}
    if claims["jti"] in hub.nonces:
        raise TurnedDown(Trouble.TOKEN)
    hub.nonces[claims["jti"]] = claims["exp"]
    row = _read_key(connection, agency=proof.agency, desk=proof.desk).first()
    if row is None:
        raise TurnedDown(Trouble.TOKEN)
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(row.public_key)).verify(
            base64.b64decode(proof.signature),
            proof_bytes(proof.nonce, proof.agency, proof.desk, proof.incarnation),
        )
    except (InvalidSignature, ValueError) as error:
        raise TurnedDown(Trouble.TOKEN) from error
    if row.state == "LOST":
        raise TurnedDown(Trouble.LOST)
    if row.incarnation != str(proof.incarnation):
        hub.alarm("other_incarnation", desk=proof.desk, agency=proof.agency)
        raise TurnedDown(Trouble.INCARNATION)
    if row.state == "SUSPENDED":
        raise TurnedDown(Trouble.SUSPENDED)
    term, _state = term_and_state(connection)
    token = make_token(
        hub.secret, "desk", DESK_SECONDS, sub=str(proof.desk), agency=str(proof.agency),
        incarnation=str(proof.incarnation), term=term,
    )  # fmt: skip
    state = "RECOVERING" if is_recovering(connection, proof.agency) else "SERVING"
    return Token(token=token, term=term, state=state, expires_in=DESK_SECONDS, server_time=now())


def person_token(hub: Hub, agency: UUID, desk_id: UUID, person: UUID) -> str:
    """Return the token of a person who has just logged in at a desk."""
    return make_token(
        hub.secret, "person", PERSON_SECONDS, sub=str(person), agency=str(agency), desk=str(desk_id), term=hub.term
    )

"""Desks as the server sees them: a real desk's store, its key, and the requests that it sends."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select, text

from clerkdesk.data.schema import audit
from clerkdesk.data.schema import desk as desk_table
from clerkdesk.server.enrolment import new_code
from clerkdesk.server.hub import Hub
from clerkdesk.services import commands as c
from clerkdesk.services.clock import now
from clerkdesk.services.desk import Desk
from clerkdesk.services.ids import new_id
from clerkdesk.services.office import execute
from clerkdesk.services.vocabulary import Direction
from clerkdesk.sync.messages import (
    PERSON_HEADER,
    Answered,
    Call,
    Challenge,
    DeskProof,
    Enrol,
    Enrolled,
    LoggedIn,
    LogIn,
    Push,
    PushAnswer,
    Pushed,
    Token,
    proof_bytes,
)

from ..office import PASSWORD, setup_command


class Remote:
    """A desk's side of the wire."""

    def __init__(self, http: httpx.Client, agency: UUID, desk: UUID, incarnation: UUID) -> None:
        self.http = http
        self.agency = agency
        self.desk = desk
        self.incarnation = incarnation
        self.key = Ed25519PrivateKey.generate()
        self.token: Token | None = None
        self.person_token = ""

    @property
    def public_key(self) -> str:
        return base64.b64encode(self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()

    @property
    def term(self) -> str:
        assert self.token is not None
        return self.token.term

    def enrol(self, code: str, *, agency: UUID | None = None, passwords: dict[UUID, str] | None = None) -> Enrolled:
        asked = Enrol(
            code=code, desk=self.desk, incarnation=self.incarnation, name="Bàn tiếp nhận", public_key=self.public_key,
            agency=agency, passwords=passwords or {},
        )  # fmt: skip
        answer = self.http.post("/v1/enrol", content=asked.model_dump_json())
        assert answer.status_code == 200, answer.text
        enrolled = Enrolled.model_validate_json(answer.text)
        self.agency = enrolled.agency
        return enrolled

    def prove(self, **changes: Any) -> httpx.Response:
        nonce = Challenge.model_validate_json(self.http.get("/v1/challenge").text).nonce
        facts: dict[str, Any] = {
            "nonce": nonce,
            "agency": self.agency,
            "desk": self.desk,
            "incarnation": self.incarnation,
        } | changes
        signed = self.key.sign(proof_bytes(**{name: facts[name] for name in facts if name != "signature"}))
        proof = DeskProof(**({"signature": base64.b64encode(signed).decode()} | facts))
        return self.http.post("/v1/token", content=proof.model_dump_json())

    def come(self) -> Token:
        """Get a token."""
        answer = self.prove()
        assert answer.status_code == 200, answer.text
        self.token = Token.model_validate_json(answer.text)
        return self.token

    def log_in(self, username: str, password: str) -> httpx.Response:
        asked = LogIn(username=username, password=password)
        answer = self.post("/v1/login", asked.model_dump_json())
        if answer.status_code == 200:
            self.person_token = LoggedIn.model_validate_json(answer.text).token
        return answer

    @property
    def headers(self) -> dict[str, str]:
        assert self.token is not None
        headers = {"authorization": f"Bearer {self.token.token}"}
        return headers | ({PERSON_HEADER: self.person_token} if self.person_token else {})

    def post(self, path: str, body: str) -> httpx.Response:
        return self.http.post(path, content=body, headers=self.headers)

    def get(self, path: str, **named: Any) -> httpx.Response:
        return self.http.get(path, headers=self.headers, params=named)

    def call(self, command: c.Command) -> dict[str, Any]:
        """Ask the server for a command and return its answer."""
        answer = self.call_raw(command)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def call_raw(self, command: c.Command, **changes: Any) -> httpx.Response:
        facts: dict[str, Any] = {
            "incarnation": self.incarnation,
            "term": self.term,
            "kind": type(command).__name__,
            "command": command.model_dump(mode="json"),
        }
        return self.post("/v1/call", Call(**(facts | changes)).model_dump_json())

    def push_raw(self, commands: Sequence[Pushed], **changes: Any) -> httpx.Response:
        facts: dict[str, Any] = {"incarnation": self.incarnation, "term": self.term, "commands": tuple(commands)}
        return self.post("/v1/push", Push(**(facts | changes)).model_dump_json())

    def push(self, commands: Sequence[Pushed]) -> list[Answered]:
        answer = self.push_raw(commands)
        assert answer.status_code == 200, answer.text
        return list(PushAnswer.model_validate_json(answer.text).answers)

    def pull(self, cursor: int = 0, **named: Any) -> dict[str, Any]:
        answer = self.get("/v1/pull", cursor=cursor, **named)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def snapshot(self) -> list[dict[str, Any]]:
        answer = self.get("/v1/snapshot")
        assert answer.status_code == 200
        content = answer.content
        raw = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        return [json.loads(line) for line in raw.decode().splitlines()]


def log_of(desk: Desk, after: int = 0) -> list[Pushed]:
    """Return a desk's log as it is pushed."""
    with desk.store.reading() as connection:
        rows = connection.execute(select(audit).where(audit.c.seq > after).order_by(audit.c.seq)).all()
    return [
        Pushed(
            seq=row.seq, uid=row.command_uid, kind=row.kind, actor=row.actor, made_at=row.made_at,
            recorded_at=row.recorded_at, body=row.body, result=row.result, previous_hash=row.previous_hash.hex(),
            hash=row.hash.hex(),
        )
        for row in rows
    ]  # fmt: skip


def code_for(hub: Hub, agency: UUID | None) -> str:
    """Return a one-time code, as the administrator gets it."""
    with hub.store.writing() as tx:
        return new_code(tx, agency)


def passwords_of(desk: Desk) -> dict[UUID, str]:
    """Return the password hashes that a desk brings with its agency."""
    with desk.store.reading() as connection:
        return {UUID(row[0]): row[1] for row in connection.execute(text("SELECT person_id, argon2id FROM password"))}


def bring(hub: Hub, http: httpx.Client, desk: Desk) -> Remote:
    """Enrol a desk with its agency and push its whole log."""
    with desk.store.reading() as connection:
        incarnation = connection.execute(select(desk_table.c.incarnation)).scalar_one()
    assert desk.facts is not None
    remote = Remote(http, desk.agency_id, desk.facts.id, incarnation)
    remote.enrol(code_for(hub, None), agency=desk.agency_id, passwords=passwords_of(desk))
    remote.come()
    log = log_of(desk)
    for place in range(0, len(log), 200):
        answers = remote.push(log[place : place + 200])
        assert {one.verdict.value for one in answers} == {"applied"}, answers
    remote.pull(0)
    return remote


def join(hub: Hub, http: httpx.Client, agency: UUID) -> Remote:
    """Enrol a new desk of an agency."""
    remote = Remote(http, agency, new_id(), new_id())
    remote.enrol(code_for(hub, agency))
    remote.come()
    return remote


def make(remote: Remote, desk: Desk, kind: type[Any], **facts: Any) -> Any:
    """Return a command that the desk's logged-in person gives at `remote` now."""
    own = {"uid": new_id(), "agency": remote.agency, "actor": desk.person.id, "desk": remote.desk, "made_at": now()}
    return kind(**(own | facts))


def book_at_server(remote: Remote, desk: Desk) -> UUID:
    """Add a register whose pen the server keeps, and open its book of 2026; return the register."""
    remote.log_in("annv", PASSWORD)
    remote.call(make(remote, desk, c.ChangeSetting, name="pen_policy", value='"server"'))
    facts = c.NewRegister(direction=Direction.ARRIVAL, code="CHUNG", title="Sổ chung")
    made = remote.call(make(remote, desk, c.AddRegister, register_facts=facts, year=2026))
    return UUID(next(one["record"]["id"] for one in made["records"] if one["name"] == "register"))


def new_office(folder: Path, place: int) -> Desk:
    """Set up another agency's desk."""
    desk = Desk.open(folder / f"office-{place}" / "clerkdesk.db")
    execute(desk.store, setup_command(name=f"Sở số {place}", short_name=f"S{place}"))
    desk.refresh()
    desk.log_in("annv", PASSWORD)
    return desk

"""What desks and the server say to each other: JSON over HTTPS, one frozen model per message.

Everything may arrive twice, late or not at all: a push is idempotent by the commands' uids, a pull by its cursor, a
call by its command's uid. Every answer names the server's term; a desk drops what an older term says.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, Field

from clerkdesk.services.commands import Frozen

VERSION = 1
PUSH_AT_MOST = 200  # commands in one push
PULL_AT_MOST = 5_000  # changes in one page
CHUNK_BYTES = 1 << 20  # of a file


class Verdict(StrEnum):
    """What became of a pushed command."""

    APPLIED = "applied"
    REPEATED = "repeated"  # carried out before; nothing changed
    REFUSED = "refused"  # nothing changed; its number, if it had one, is held for the resent command
    WAITING = "waiting"  # one before it failed for a passing reason: push again


class Trouble(StrEnum):
    """Why a whole request was turned down; `Refused.code` of a command is an error's class name instead."""

    TOKEN = "token"  # noqa: S105  log in again
    TERM = "term"  # the server was restored or has failed over: report everything, then go on
    INCARNATION = "incarnation"  # this store is not the one that enrolled
    SUSPENDED = "suspended"  # two stores claim to be this desk
    LOST = "lost"  # the desk was declared lost
    RECOVERING = "recovering"  # no numbers until every desk has reported
    VERSION = "version"  # desk and server do not understand each other
    BAD = "bad"  # the request is not what it should be
    STORE = "store"  # the server cannot write just now: the same again, later
    # Of files only.
    OFFSET = "offset"  # the next byte that the server wants is another one: ask for it
    CHUNK = "chunk"  # a chunk did not arrive as it was sent
    HASH = "hash"  # the whole is not what its name says; it was thrown away
    LARGE = "large"  # above the server's limit
    QUOTA = "quota"  # the agency has too many unfinished files at the server
    FULL = "full"  # the server's disk is full
    ABSENT = "absent"  # the agency has no such file at the server, or not yet


VERSION_HEADER = "clerkdesk-version"  # of a request: VERSION; without it version 1 is meant
PERSON_HEADER = "clerkdesk-person"  # of a call that only a person may ask for: the person's token
TROUBLE_HEADER = "clerkdesk-trouble"  # of an answer without a body: its Trouble
# Of files: `HEAD /v1/files/{sha256}` tells how far one has come, `PATCH` brings the next chunk, `GET` takes a range.
OFFSET_HEADER = "upload-offset"  # bytes that the server has; of a PATCH where its chunk belongs
LENGTH_HEADER = "upload-length"  # bytes of the whole file
COMPLETE_HEADER = "upload-complete"  # ?1 or ?0
CHUNK_HEADER = "chunk-sha256"  # hexadecimal, of the bytes of this request or answer


class Pushed(Frozen):
    """One entry of a desk's own audit log, to be carried out again.

    After the server was restored a desk also sends back the calls that were answered before (from `call` and
    `history`): with `seq` 0 and both hashes empty, for they do not stand in its own log.
    """

    seq: int  # its place in the desk's log
    uid: UUID
    kind: str
    actor: UUID
    made_at: AwareDatetime
    recorded_at: AwareDatetime
    body: str  # as the audit log has it
    result: str
    previous_hash: str  # hexadecimal
    hash: str


class Push(Frozen):
    """A desk's commands, in the order of its log and without a hole."""

    incarnation: UUID
    term: str
    commands: tuple[Pushed, ...] = Field(max_length=PUSH_AT_MOST)


class Answered(Frozen):
    """The server's word on one pushed command."""

    uid: UUID
    verdict: Verdict
    code: str = ""
    sentence: str = ""
    held: HeldNumber | None = None


class HeldNumber(Frozen):
    """The number that a refused command had taken; it waits for the resent one."""

    register_id: UUID
    year: int
    number: int


class PushAnswer(Frozen):
    """One word per command, in their order."""

    term: str
    answers: tuple[Answered, ...]


class Call(Frozen):
    """A command that only the server can carry out, whole."""

    incarnation: UUID
    term: str
    kind: str
    command: dict[str, Any]
    second_token: str = ""  # of the second person, where two people must be there; never kept


class CallAnswer(Frozen):
    """Its result and the records it changed, so that the desk can show them before its next pull."""

    term: str
    result: str = ""
    code: str = ""  # class name of the error when it was refused
    sentence: str = ""
    facts: dict[str, Any] = {}
    records: tuple[Changed, ...] = ()


class Changed(Frozen):
    """A record as it now is; `seq` is its place in the agency's feed.

    `record` holds the columns of the table `name`, without `row`, bytes in hexadecimal. Of a row that was taken away it
    holds the key and `"gone": true`.
    """

    seq: int
    name: str
    record: dict[str, Any]


class Page(Frozen):
    """Changes behind the cursor, in order; `reset` says that the desk must start from a snapshot."""

    term: str
    changes: tuple[Changed, ...] = ()
    cursor: int
    more: bool = False
    reset: bool = False
    server_time: AwareDatetime


class Challenge(Frozen):
    """What a desk must sign to get a token."""

    nonce: str


def proof_bytes(nonce: str, agency: UUID, desk: UUID, incarnation: UUID) -> bytes:
    """Return what a desk signs with its Ed25519 key."""
    return f"clerkdesk desk\n{nonce}\n{agency}\n{desk}\n{incarnation}".encode()


class DeskProof(Frozen):
    """The desk's signature (Ed25519, base64) over the nonce, its id and its incarnation."""

    agency: UUID
    desk: UUID
    incarnation: UUID
    nonce: str
    signature: str


class Token(Frozen):
    """A bearer token of a desk or a person, and the server's clock."""

    token: str
    term: str
    state: str  # SERVING or RECOVERING
    expires_in: int  # seconds
    server_time: AwareDatetime


class Enrol(Frozen):
    """A new desk with its administrator's one-time code."""

    code: str
    desk: UUID
    incarnation: UUID
    name: str
    public_key: str
    # Only of a desk that brings its agency: its first entry is then pushed like any other.
    agency: UUID | None = None
    passwords: dict[UUID, str] = {}  # Argon2id hashes of its people


class Enrolled(Frozen):
    """Where the new desk belongs."""

    agency: UUID
    desk: UUID
    desk_code: str
    term: str
    code_key: str = ""  # of the agency, hexadecimal (`data.code_key`); kept outside the store, never logged


class LogIn(Frozen):
    """A person's user name and password, over TLS; never kept or logged."""

    username: str
    password: str


class LoggedIn(Frozen):
    """Who it is, with a token for what only a person may ask of the server."""

    person: UUID
    token: str
    expires_in: int
    must_change_password: bool


class DeskState(Frozen):
    """A desk of the agency as the server sees it."""

    desk: UUID
    code: str
    name: str
    state: str
    last_seen_at: dt.datetime | None
    reported: bool  # in this term


class KnownBook(Frozen):
    """A book as a desk knows it, for a server that was restored."""

    register_id: UUID
    year: int
    epoch: int
    next_number: int  # behind the highest number that this desk has shown or been told of
    held: bool  # whether this desk holds the pen


class Reported(Frozen):
    """The desk has pushed again everything that it keeps; from here on its pens are those named here."""

    incarnation: UUID
    term: str
    books: tuple[KnownBook, ...] = ()


class Recovery(Frozen):
    """How far the agency's recovery has come."""

    term: str
    state: str  # SERVING or RECOVERING
    waiting_for: tuple[UUID, ...] = ()  # desks


class SnapshotHead(Frozen):
    """First line of a snapshot; the lines behind it are `{"name": …, "record": …}`, the last one `{"end": count}`."""

    term: str
    seq: int  # the cursor to go on from
    server_time: AwareDatetime


class FileState(Frozen):
    """How far a file has come at the server; stands in the answer's headers."""

    offset: int  # bytes that it has
    complete: bool  # verified, and readable by every desk of the agency


class Complaint(Frozen):
    """The body of every answer that is not a success."""

    trouble: Trouble
    term: str = ""
    sentence: str = ""


Answered.model_rebuild()
CallAnswer.model_rebuild()

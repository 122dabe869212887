"""What a desk can ask of its server, message by message, and how asking can fail; `transport` is the one over HTTPS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from clerkdesk.sync.messages import (
    Call,
    CallAnswer,
    Changed,
    FileState,
    LoggedIn,
    LogIn,
    Page,
    Push,
    PushAnswer,
    Recovery,
    Reported,
    SnapshotHead,
    Token,
    Trouble,
)


class Unreached(Exception):
    """No whole answer came; unless `sent` is False the request may have been carried out."""

    def __init__(self, *, sent: bool = True) -> None:
        self.sent = sent
        super().__init__()


class TurnedDown(Exception):
    """The server answered that it does not do this."""

    def __init__(self, trouble: Trouble, sentence: str = "", term: str = "") -> None:
        self.trouble, self.sentence, self.term = trouble, sentence, term
        super().__init__(trouble.value)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All records of the agency at one moment, and where the feed goes on from there."""

    head: SnapshotHead
    records: Iterator[Changed]


class Door(Protocol):
    """The server, as an enrolled desk reaches it.

    Raises, from every method:
        Unreached, TurnedDown.
    """

    def token(self) -> Token:
        """Prove which desk this is; the answer tells the server's term and time."""

    def push(self, push: Push) -> PushAnswer:
        """Hand in commands."""

    def pull(self, cursor: int, term: str) -> Page:
        """Ask for changes behind the cursor."""

    def wait(self, cursor: int, term: str) -> Page:
        """Ask for changes behind the cursor; while there are none the answer takes its time."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Ask for everything."""

    def records(self, subject: UUID) -> Page:
        """Ask for all records of a document, or of a refused command's number, as they are now."""

    def call(self, call: Call) -> CallAnswer:
        """Have a command carried out."""

    def log_in(self, login: LogIn) -> LoggedIn:
        """Check a person's password and keep the person's token for calls."""

    def vouch(self, login: LogIn) -> LoggedIn:
        """Check a second person's password; that person's token goes along with the next call, and no further."""

    def log_out(self) -> None:
        """Forget the person's token."""

    def report(self, reported: Reported) -> Recovery:
        """Say that everything this desk has is handed in again, in this term, and which pens it holds."""

    def file_state(self, sha256: str, size: int) -> FileState:
        """Ask how far a file has come at the server."""

    def send_chunk(self, sha256: str, size: int, offset: int, chunk: bytes) -> FileState:
        """Bring the next bytes of a file; the last ones finish it."""

    def fetch_chunk(self, sha256: str, start: int, stop: int) -> bytes:
        """Take the bytes of a file from `start`, at most up to `stop`."""

    def close(self) -> None:
        """Hang up; whoever waits gets Unreached."""

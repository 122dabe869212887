"""The door to the server over HTTPS: one long-lived client, a desk token renewed by proof, the server's own CA if it has one.

Imported by whoever goes online, never on the way to the first picture.
"""

from __future__ import annotations

import hashlib
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from pydantic import BaseModel, ValidationError

from clerkdesk.errors import BadInput, Unavailable
from clerkdesk.i18n import N_
from clerkdesk.sync.door import Snapshot, TurnedDown, Unreached
from clerkdesk.sync.identity import Identity
from clerkdesk.sync.messages import (
    CHUNK_HEADER,
    COMPLETE_HEADER,
    LENGTH_HEADER,
    OFFSET_HEADER,
    PERSON_HEADER,
    TROUBLE_HEADER,
    VERSION,
    VERSION_HEADER,
    Call,
    CallAnswer,
    Challenge,
    Changed,
    Complaint,
    Enrol,
    Enrolled,
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

CONNECT_SECONDS, ANSWER_SECONDS, CALL_SECONDS = 2.0, 30.0, 8.0
RENEW_BEFORE = 60.0  # seconds before a token runs out
CA_FILE = "server-ca.pem"

A = TypeVar("A", bound=BaseModel)


class ServerAddressWrong(BadInput):
    """The address is no https:// address."""

    sentence = N_(
        "Địa chỉ máy chủ phải bắt đầu bằng https:// (http:// chỉ dùng được với chính máy này). Kiểm tra lại: {url}"
    )
    field = "url"


class ServerNotFound(Unavailable):
    """Nobody answers at the address."""

    sentence = N_("Không tới được máy chủ {url}. Kiểm tra địa chỉ, mạng, và chứng thư của máy chủ.")


def check_address(url: str) -> str:
    """Return the server's address as it is kept: https, or http on this very machine.

    Raises:
        ServerAddressWrong.
    """
    address = url.strip().rstrip("/")
    parts = urlsplit(address)
    home = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or parts.scheme not in (("https", "http") if home else ("https",)) or parts.query:
        raise ServerAddressWrong(url=address)
    return address


def ca_of(folder: Path) -> Path | None:
    """Return the certificate of the server's own CA in a data folder, when there is one."""
    path = folder / CA_FILE
    return path if path.exists() else None


class Transport:
    """`door.Door` over HTTPS."""

    def __init__(
        self,
        url: str,
        identity: Identity,
        agency: UUID,
        desk: UUID,
        incarnation: UUID,
        *,
        ca: Path | None = None,
        client: httpx.Client | None = None,
    ) -> None:
        """Make the door; nothing is asked yet.

        Args:
            ca: certificate of the server's own CA; without it the machine's trust decides.
            client: for tests that bring a server in the same process.
        """
        self._identity = identity
        self._who = (agency, desk, incarnation)
        self._client = client or new_client(url, ca)
        self._lock = threading.Lock()
        self._token = ""
        self._good_until = 0.0
        self._person = ""
        self._second = ""  # of somebody who vouches for the next call
        self._term = ""

    def token(self) -> Token:
        """Prove which desk this is."""
        with self._lock:
            return self._renew()

    def _renew(self) -> Token:
        challenge = ask(self._client, "GET", "/v1/challenge", Challenge)
        proof = self._identity.prove(challenge.nonce, *self._who)
        token = ask(self._client, "POST", "/v1/token", Token, proof)
        if token.term != self._term:
            self._term, self._person = token.term, ""  # persons' tokens end with their term
        self._token = token.token
        self._good_until = time.monotonic() + token.expires_in - RENEW_BEFORE
        return token

    def _headers(self) -> dict[str, str]:
        with self._lock:
            if time.monotonic() >= self._good_until:
                self._renew()
            return {"authorization": f"Bearer {self._token}"}

    def _ask(
        self, method: str, path: str, answer: type[A], body: BaseModel | None = None, *, seconds: float = ANSWER_SECONDS,
        person: bool = False,
    ) -> A:  # fmt: skip
        def once() -> A:
            headers = self._headers()
            if person and self._person:
                headers[PERSON_HEADER] = self._person
            return ask(self._client, method, path, answer, body, headers=headers, seconds=seconds)

        try:
            return once()
        except TurnedDown as down:
            if down.trouble is not Trouble.TOKEN:
                raise
        with self._lock:
            self._renew()  # the server knows this token no more
        try:
            return once()
        except TurnedDown as down:
            if down.trouble is not Trouble.TOKEN or not (person and self._person):
                raise
        self._person = ""  # the person has been logged in for too long, or may no more
        return once()

    def push(self, push: Push) -> PushAnswer:
        """Hand in commands."""
        return self._ask("POST", "/v1/push", PushAnswer, push, person=True)

    def pull(self, cursor: int, term: str) -> Page:
        """Ask for changes behind the cursor."""
        return self._ask("GET", f"/v1/pull?cursor={cursor}&term={term}", Page)

    def wait(self, cursor: int, term: str) -> Page:
        """Ask for changes behind the cursor; while there are none the answer takes its time."""
        return self._ask("GET", f"/v1/wait?cursor={cursor}&term={term}", Page, seconds=2 * ANSWER_SECONDS)

    def records(self, subject: UUID) -> Page:
        """Ask for all records of a document, or of a refused command's number, as they are now."""
        return self._ask("GET", f"/v1/records/{subject}", Page)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Ask for everything, line by line."""
        with _network(), self._client.stream("GET", "/v1/snapshot", headers=self._headers()) as response:
            if response.status_code != 200:
                response.read()
                raise _complaint(response)
            lines = response.iter_lines()
            head = SnapshotHead.model_validate_json(next(lines, ""))
            yield Snapshot(head, _records(lines))

    def call(self, call: Call) -> CallAnswer:
        """Have a command carried out."""
        call = call.model_copy(update={"second_token": self._second})
        self._second = ""
        return self._ask("POST", "/v1/call", CallAnswer, call, seconds=CALL_SECONDS, person=True)

    def log_in(self, login: LogIn) -> LoggedIn:
        """Check a person's password and keep the person's token in memory."""
        met = self._checked(login)
        self._person = met.token
        return met

    def vouch(self, login: LogIn) -> LoggedIn:
        """Check a second person's password; that person's token goes along with the next call."""
        met = self._checked(login)
        self._second = met.token
        return met

    def _checked(self, login: LogIn) -> LoggedIn:
        self.token()  # proved just now: what the server turns down is the password
        headers = self._headers()
        return ask(self._client, "POST", "/v1/login", LoggedIn, login, headers=headers, seconds=CALL_SECONDS)

    def log_out(self) -> None:
        """Forget the person's token."""
        self._person = ""

    def report(self, reported: Reported) -> Recovery:
        """Say that everything this desk has is handed in again."""
        return self._ask("POST", "/v1/recovery/reported", Recovery, reported)

    def file_state(self, sha256: str, size: int) -> FileState:
        """Ask how far a file has come at the server."""
        return _file_state(self._file("HEAD", sha256, {LENGTH_HEADER: str(size)}))

    def send_chunk(self, sha256: str, size: int, offset: int, chunk: bytes) -> FileState:
        """Bring the next bytes of a file."""
        headers = {
            OFFSET_HEADER: str(offset),
            LENGTH_HEADER: str(size),
            CHUNK_HEADER: hashlib.sha256(chunk).hexdigest(),
            "content-type": "application/octet-stream",
        }
        return _file_state(self._file("PATCH", sha256, headers, chunk))

    def fetch_chunk(self, sha256: str, start: int, stop: int) -> bytes:
        """Take a range of a file; a part of it is an answer too, for the whole is verified at the end."""
        answer = self._file("GET", sha256, {"range": f"bytes={start}-{stop - 1}"})
        if not answer.headers.get("content-range", "").startswith(f"bytes {start}-"):
            raise Unreached
        return answer.content[: stop - start]

    def _file(
        self, method: str, sha256: str, headers: dict[str, str], content: bytes | None = None
    ) -> httpx.Response:  # fmt: skip
        def once() -> httpx.Response:
            with _network():
                response = self._client.request(
                    method, f"/v1/files/{sha256}", content=content, headers=headers | self._headers(),
                    timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
                )  # fmt: skip
                if response.status_code not in (200, 206):
                    raise _complaint(response)
                return response

        try:
            return once()
        except TurnedDown as down:
            if down.trouble is not Trouble.TOKEN:
                raise
        with self._lock:
            self._renew()
        return once()

    def close(self) -> None:
        """Hang up."""
        self._client.close()


def new_client(url: str, ca: Path | None) -> httpx.Client:
    """Return a client for a server.

    Args:
        ca: certificate of the server's own CA.
    """
    verify: bool | ssl.SSLContext = True if ca is None else ssl.create_default_context(cafile=str(ca))
    return httpx.Client(
        base_url=check_address(url),
        verify=verify,
        headers={VERSION_HEADER: str(VERSION), "user-agent": "clerkdesk"},
        limits=httpx.Limits(max_connections=4, keepalive_expiry=120),
        trust_env=False,
    )


def enrol(url: str, request: Enrol, ca: Path | None) -> Enrolled:
    """Join a server with a one-time code.

    Raises:
        Unreached, TurnedDown, ServerAddressWrong.
    """
    with new_client(url, ca) as client:
        return ask(client, "POST", "/v1/enrol", Enrolled, request)


def ask(
    client: httpx.Client,
    method: str,
    path: str,
    answer: type[A],
    body: BaseModel | None = None,
    *,
    headers: dict[str, str] | None = None,
    seconds: float = ANSWER_SECONDS,
) -> A:
    """Ask one thing and read the answer whole.

    Raises:
        Unreached: no answer, or only a part of one.
        TurnedDown: the server's complaint.
    """
    content = None if body is None else body.model_dump_json().encode()
    sent = {"content-type": "application/json"} if content is not None else {}
    with _network():
        response = client.request(
            method, path, content=content, headers={**sent, **(headers or {})},
            timeout=httpx.Timeout(seconds, connect=CONNECT_SECONDS),
        )  # fmt: skip
        if response.status_code != 200:
            raise _complaint(response)
        try:
            return answer.model_validate_json(response.content)
        except ValidationError as error:
            raise Unreached from error


@contextmanager
def _network() -> Iterator[None]:
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise Unreached(sent=False) from error
    except (httpx.HTTPError, httpx.StreamError, RuntimeError, OSError) as error:
        raise Unreached from error


def _complaint(response: httpx.Response) -> Exception:
    named = response.headers.get(TROUBLE_HEADER, "")
    if not response.content and named in {one.value for one in Trouble}:  # the answer to a HEAD has no body
        return TurnedDown(Trouble(named))
    try:
        said = Complaint.model_validate_json(response.content)
    except ValidationError:
        # A gateway between us and the server, which says nothing about what became of the request.
        return Unreached()
    return TurnedDown(said.trouble, said.sentence, said.term)


def _file_state(response: httpx.Response) -> FileState:
    try:
        return FileState(
            offset=int(response.headers[OFFSET_HEADER]), complete=response.headers[COMPLETE_HEADER] == "?1"
        )
    except (KeyError, ValueError) as error:
        raise Unreached from error


def _records(lines: Iterator[str]) -> Iterator[Changed]:
    """Read the lines of a snapshot; one that was cut off is no snapshot.

    Raises:
        Unreached.
    """
    count = 0
    with _network():
        for line in lines:
            if not line:
                continue
            try:
                said = json.loads(line)
            except ValueError as error:
                raise Unreached from error
            if "end" in said:
                if said["end"] != count:
                    raise Unreached
                return
            count += 1
            yield Changed.model_construct(seq=0, name=said["name"], record=said["record"])
    raise Unreached

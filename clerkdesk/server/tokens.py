"""Tokens and one-time nonces, signed with the server's own secret (JWT, HS256); the secret stays out of the store."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import jwt

from clerkdesk.services.clock import now

DESK_SECONDS = 15 * 60
PERSON_SECONDS = 8 * 3600  # a working day
NONCE_SECONDS = 60
SECRET_VARIABLE = "CLERKDESK_SERVER_SECRET"  # noqa: S105  the variable's name
_SECRET_FILE = "server.secret"  # noqa: S105  the file's name
_ALGORITHM = "HS256"


class TokenWrong(Exception):
    """A token is not ours, not of this kind, or has run out."""


def server_secret(folder: Path) -> bytes:
    """Return the secret that signs tokens: from the environment, else from a file that only its owner reads."""
    given = os.environ.get(SECRET_VARIABLE, "")
    if given:
        return given.encode()
    path = folder / _SECRET_FILE
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_hex(32).encode())
        file.flush()
        os.fsync(file.fileno())
    return path.read_bytes()


def make_token(secret: bytes, kind: str, seconds: int, **claims: str) -> str:
    """Return a signed token that runs out after `seconds`."""
    moment = int(now().timestamp())
    return jwt.encode({"kind": kind, "iat": moment, "exp": moment + seconds, **claims}, secret, _ALGORITHM)


def read_token(secret: bytes, token: str, kind: str) -> dict[str, Any]:
    """Return what a token says.

    Raises:
        TokenWrong.
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            token, secret, [_ALGORITHM], options={"verify_exp": False, "verify_iat": False}
        )
    except jwt.InvalidTokenError as error:
        raise TokenWrong from error
    if claims.get("kind") != kind or float(claims.get("exp", 0)) <= now().timestamp():
        raise TokenWrong
    return claims

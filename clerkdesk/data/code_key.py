"""The agency's code key: what the telephone codes of the pen (quyền cấp số) are sealed with.

Every desk of the agency has the same 32 bytes, from its enrolment; they are kept as the store's key is, outside the
store and out of every backup. The server derives an agency's key from a secret of its own, so that it keeps only one.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path
from uuid import UUID

from clerkdesk.data.store_key import keep_secret, load_secret
from clerkdesk.errors import StoreTrouble
from clerkdesk.i18n import N_

SERVICE = "clerkdesk-code"


class CodeKeyMissing(StoreTrouble):
    """This desk has no code key, so it can neither make nor check a telephone code."""

    sentence = N_(
        "Máy này chưa có khóa mã của cơ quan nên không đọc, không lập được mã trao quyền cấp số. Số và sổ không bị ảnh hưởng; nhờ quản trị ghi danh lại máy này với máy chủ."
    )


def new_code_key() -> bytes:
    """Return 32 fresh random bytes."""
    return secrets.token_bytes(32)


def code_key_of_agency(server_secret: bytes, agency: UUID) -> bytes:
    """Return the key that a server gives to each desk of an agency at its enrolment."""
    return hmac.digest(server_secret, b"clerkdesk code key" + agency.bytes, hashlib.sha256)


def load_code_key(store: Path) -> bytes:
    """Return the code key kept for the desk's store.

    Raises:
        CodeKeyMissing: neither the keyring nor the key file has it.
    """
    key = load_secret(SERVICE, store, _key_file(store))
    if key is None:
        raise CodeKeyMissing
    return key


def keep_code_key(store: Path, key: bytes, *, allow_keyring: bool = True) -> str:
    """Keep the agency's code key for the desk's store and return where: `keyring` or `file`."""
    return keep_secret(SERVICE, store, _key_file(store), key, allow_keyring=allow_keyring)


def own_code_key(store: Path) -> bytes:
    """Return the code key of an agency without a server, making it when there is none yet."""
    key = load_secret(SERVICE, store, _key_file(store))
    if key is None:
        key = new_code_key()
        keep_code_key(store, key)
    return key


def _key_file(store: Path) -> Path:
    return store.with_suffix(".code-key")

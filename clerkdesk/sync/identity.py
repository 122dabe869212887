"""Which desk this is: an Ed25519 key that never leaves the machine, in the OS keyring or in a file beside the store's.

It is in no database, no log and no backup: a store that is copied elsewhere cannot speak as this desk.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from clerkdesk.data.store_key import keep_secret, kept_secret
from clerkdesk.errors import StoreTrouble
from clerkdesk.i18n import N_
from clerkdesk.sync.messages import DeskProof, proof_bytes

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SERVICE = "clerkdesk-desk"


class IdentityMissing(StoreTrouble):
    """The store is joined to a server, the desk's key is not here."""

    sentence = N_(
        "Không tìm thấy khóa định danh của máy này (kho vừa phục hồi hoặc chuyển máy). Dữ liệu còn nguyên; nhờ quản trị cấp mã ghi danh mới."
    )


class Identity:
    """The desk's key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @property
    def public_key(self) -> str:
        """The public half, raw, base64."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def prove(self, nonce: str, agency: UUID, desk: UUID, incarnation: UUID) -> DeskProof:
        """Answer a challenge."""
        signature = base64.b64encode(self._key.sign(proof_bytes(nonce, agency, desk, incarnation))).decode()
        return DeskProof(agency=agency, desk=desk, incarnation=incarnation, nonce=nonce, signature=signature)


def new_identity(store: Path) -> Identity:
    """Make a key for the desk of this store and keep it."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    keep_secret(SERVICE, store, key_file(store), key.private_bytes_raw())
    return Identity(key)


def load_identity(store: Path) -> Identity:
    """Return the key of this store's desk.

    Raises:
        IdentityMissing.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        kept = kept_secret(SERVICE, store, key_file(store))
        if kept is not None:
            return Identity(Ed25519PrivateKey.from_private_bytes(kept))
    except (OSError, ValueError) as error:
        raise IdentityMissing from error
    raise IdentityMissing


def key_file(store: Path) -> Path:
    """Return where the key is when there is no keyring."""
    return store.with_suffix(".desk-key")

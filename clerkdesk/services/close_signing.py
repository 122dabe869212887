"""Signing daily closes with a key that opens without being asked for: never a passphrase, never a PIN.

A desk's own certificate (`keys/desk.p12`), or the agency's (`keys/agency.p12`), is used when its file has no passphrase;
with any other key the closes stay unsigned, and say so. The audit log binds them all the same.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

from clerkdesk.services.clock import now
from clerkdesk.services.daily_close import Sign
from clerkdesk.services.issuing import key_file

if TYPE_CHECKING:
    from clerkdesk.services.signing.keys import SigningKey

KEYS = ("desk", "agency")


def silent_signer(data_dir: Path) -> Sign | None:
    """Return what signs closes without asking, or None when no key here opens by itself."""
    if not any(key_file(data_dir, name).exists() for name in KEYS):
        return None  # the usual case, without loading the signing library
    key = _open_key(data_dir)
    return None if key is None else lambda text: (_cms(key, text), key.holder)


def _open_key(data_dir: Path) -> SigningKey | None:
    from clerkdesk.services.signing.errors import (
        CertificateExpired,
        CertificateNotYetValid,
        CertificateWrongPurpose,
        KeyFileBroken,
        WrongPassphrase,
    )
    from clerkdesk.services.signing.keys import load_pkcs12

    for name in KEYS:
        path = key_file(data_dir, name)
        if path.exists():
            try:
                key = load_pkcs12(path, "")
                key.check(now())
            except (
                WrongPassphrase, KeyFileBroken, CertificateExpired, CertificateNotYetValid, CertificateWrongPurpose,
            ):  # fmt: skip
                continue
            return key
    return None


def _cms(key: SigningKey, text: bytes) -> str:
    """Return a detached CMS signature with its certificate, as `openssl cms -verify` reads it."""
    signed = asyncio.run(key.signer.async_sign_general_data(text, "sha256", detached=True))
    return b64encode(signed.dump()).decode("ascii")

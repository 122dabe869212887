"""The store's 256-bit key: in the OS keyring when there is a trustworthy one, else in a file only the user can read."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from clerkdesk.data.blobs import sync_folder
from clerkdesk.errors import StoreTrouble
from clerkdesk.i18n import N_

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

# Backends that encrypt with a secret of the user's session. keyrings.alt would silently keep the key readable.
TRUSTED_BACKENDS = ("SecretService.Keyring", "kwallet.DBusKeyring", "Windows.WinVaultKeyring", "macOS.Keyring")
SERVICE = "clerkdesk-store"


class StoreKeyMissing(StoreTrouble):
    """The store is there, its key is not."""

    sentence = N_(
        "Không tìm thấy khóa của kho dữ liệu {path}. Dữ liệu còn nguyên; chạy “clerkdesk restore-key” và nhập mã khôi phục đã ghi khi cài đặt."
    )


class RecoveryCodeWrong(StoreTrouble):
    """What was typed is not a recovery code."""

    sentence = N_("Mã khôi phục không đúng: cần 13 nhóm 5 ký tự (A–Z, 2–7). Kiểm tra lại bản đã ghi.")


class RecoveryCodeMistyped(RecoveryCodeWrong):
    """The check letter of a group does not fit the group."""

    sentence = N_(
        "Mã khôi phục gõ sai ở nhóm {group}: cần 13 nhóm 5 ký tự (A–Z, 2–7). So lại nhóm đó với bản đã ghi rồi nhập lại."
    )


def new_key() -> bytes:
    """Return 32 fresh random bytes."""
    return secrets.token_bytes(32)


def recovery_code(key: bytes) -> str:
    """Return the key as 13 groups of 5 letters and digits, to be written down and kept in a safe.

    Four carry the key; the fifth tells which group was mistyped.
    """
    groups = _groups(base64.b32encode(key).decode().rstrip("="), 4)
    return "-".join(group + _check_letter(group, place) for place, group in enumerate(groups, start=1))


def key_from_recovery_code(code: str) -> bytes:
    """Return the key behind a typed recovery code; spaces, dashes and case do not matter, nor 0, 1, 8 for O, I, B.

    The codes of the first stores, 13 groups of 4 without check letters, stay good.

    Raises:
        RecoveryCodeMistyped: one group is not as it was written down; says which.
        RecoveryCodeWrong: it is not one.
    """
    parts = code.upper().translate(_MISREAD).replace("-", " ").split()
    text = "".join(parts)
    if len(text) != 13 * 4:
        groups = _groups(text, 5) if len(text) == 13 * 5 else parts
        if len(groups) != 13:
            raise RecoveryCodeWrong
        for place, group in enumerate(groups, start=1):
            if len(group) != 5 or not set(group) <= set(_LETTERS) or _check_letter(group[:4], place) != group[4]:
                raise RecoveryCodeMistyped(group=place)
        text = "".join(group[:4] for group in groups)
    try:
        key = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError as error:
        raise RecoveryCodeWrong from error
    if len(key) != 32 or base64.b32encode(key).decode().rstrip("=") != text:
        raise RecoveryCodeWrong
    return key


_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_MISREAD = str.maketrans("018", "OIB")  # no code has these digits


def _groups(text: str, size: int) -> list[str]:
    return [text[place : place + size] for place in range(0, len(text), size)]


def _check_letter(group: str, place: int) -> str:
    """Return the check letter of the group at a place, 1 to 13.

    A polynomial over the field of 32 elements: no single wrong letter fits, no two exchanged letters, and no group
    at another's place.
    """
    check = place
    for letter in group:
        check = _times_two(check) ^ _LETTERS.index(letter)
    return _LETTERS[_times_two(check)]


def _times_two(value: int) -> int:
    value <<= 1
    return value ^ 0b100101 if value & 0b100000 else value


def kept_secret(service: str, store: Path, key_file: Path) -> bytes | None:
    """Return a secret that `keep_secret` has kept, or None.

    Raises:
        OSError, ValueError: it is there and cannot be read.
    """
    if key_file.exists():
        kept: str | None = key_file.read_text("ascii").strip()
    else:
        keyring = _trusted_keyring()
        kept = keyring.get_password(service, str(store.resolve())) if keyring else None
    return bytes.fromhex(kept) if kept else None


def load_key(store: Path) -> bytes:
    """Return the key of the store at `store`.

    Raises:
        StoreKeyMissing: neither the keyring nor the key file has it.
    """
    try:
        key = kept_secret(SERVICE, store, _key_file(store)) or b""
    except (OSError, ValueError) as error:
        raise StoreKeyMissing(path=store) from error
    if len(key) != 32:
        raise StoreKeyMissing(path=store)
    return key


def keep_key(store: Path, key: bytes, *, allow_keyring: bool = True) -> str:
    """Keep the key of a new store and return where: `keyring` or `file`."""
    return keep_secret(SERVICE, store, _key_file(store), key, allow_keyring=allow_keyring)


def load_secret(service: str, store: Path, file: Path) -> bytes | None:
    """Return the 32 bytes that a service keeps for a store, from its file, else from the keyring; None without them."""
    try:
        secret = kept_secret(service, store, file) or b""
    except (OSError, ValueError):
        return None
    return secret if len(secret) == 32 else None


def keep_secret(service: str, store: Path, file: Path, secret: bytes, *, allow_keyring: bool = True) -> str:
    """Keep a secret of a store in the keyring, else in a file only the user can read.

    Args:
        service: its name in the keyring.
        file: where it goes when there is no trustworthy keyring.

    Returns: where: `keyring` or `file`.
    """
    keyring = _trusted_keyring() if allow_keyring else None
    if keyring is not None:
        keyring.set_password(service, str(store.resolve()), secret.hex())
        return "keyring"
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(file.name + ".part")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(secret.hex())
        stream.flush()
        os.fsync(stream.fileno())
    aside.replace(file)
    sync_folder(file.parent)
    return "file"


def place_of_key(store: Path) -> str:
    """Return where the key is kept, for `doctor`: `file`, `keyring` or `missing`."""
    if _key_file(store).exists():
        return "file"
    keyring = _trusted_keyring()
    return "keyring" if keyring and keyring.get_password(SERVICE, str(store.resolve())) else "missing"


def _key_file(store: Path) -> Path:
    return store.with_suffix(".key")


def _trusted_keyring() -> KeyringBackend | None:
    import keyring
    from keyring.errors import KeyringError

    try:
        backend = keyring.get_keyring()
    except (KeyringError, RuntimeError, OSError):
        return None
    name = f"{type(backend).__module__.rsplit('.', 1)[-1]}.{type(backend).__name__}"
    trusted = name in TRUSTED_BACKENDS
    return backend if trusted else None

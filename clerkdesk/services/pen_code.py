"""The code that hands a book's pen (quyền cấp số) over by telephone: 16 letters and digits, `ABYA-KBGM-26DM-KW23`.

80 bits in Crockford's base 32: the register's place (6), the epoch of the new holding (10), the next number (16), and
48 bits of an HMAC-SHA256 over all of it, the agency, the register, the year and the desk that may use it. Places,
epochs and numbers beyond their bits are told apart by the HMAC, which covers them whole.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from clerkdesk.errors import BadInput
from clerkdesk.i18n import N_

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
_READ = {**{letter: value for value, letter in enumerate(LETTERS)}, "O": 0, "I": 1, "L": 1}
LENGTH = 16
_PLACE, _EPOCH, _NEXT, _MAC = 6, 10, 16, 48  # bits


class CodeWrongLength(BadInput):
    """A code has 16 letters and digits."""

    sentence = N_("Mã trao quyền có 16 chữ và số (4 nhóm 4), ở đây có {length}. Nghe và gõ lại.")
    field = "code"


class CodeWrongLetter(BadInput):
    """A letter that no code has."""

    sentence = N_("Mã trao quyền không có ký tự “{letter}” (vị trí {place}). Nghe và gõ lại nhóm đó.")
    field = "code"


@dataclass(frozen=True, slots=True)
class Handover:
    """What a code says: which book's pen, in which epoch, from which number on, for whom."""

    agency: UUID
    register: UUID
    place: int  # of the register in the agency's list
    year: int
    epoch: int
    next_number: int
    desk: UUID
    incarnation: UUID

    def sealed(self, key: bytes) -> int:
        """Return the 48 bits that only the agency's desks can make."""
        parts = (self.agency.bytes, self.register.bytes, self.desk.bytes, self.incarnation.bytes)
        numbers = (self.place, self.year, self.epoch, self.next_number)
        message = b"".join(parts) + b"".join(number.to_bytes(8, "big") for number in numbers)
        return int.from_bytes(hmac.digest(key, message, hashlib.sha256)[: _MAC // 8], "big")


@dataclass(frozen=True, slots=True)
class Heard:
    """A code as it was typed: what its bits hold, not yet compared with anything."""

    place: int
    epoch: int
    next_number: int
    mac: int


def write_code(handover: Handover, key: bytes) -> str:
    """Return the code of a hand-over in four groups of four."""
    value = handover.place % (1 << _PLACE)
    value = value << _EPOCH | handover.epoch % (1 << _EPOCH)
    value = value << _NEXT | handover.next_number % (1 << _NEXT)
    value = value << _MAC | handover.sealed(key)
    letters = "".join(LETTERS[value >> shift & 31] for shift in range(5 * LENGTH - 5, -1, -5))
    return "-".join(letters[start : start + 4] for start in range(0, LENGTH, 4))


def read_code(typed: str) -> Heard:
    """Return what a typed code holds; case, dashes and spaces do not matter, O is 0, I and L are 1.

    Raises:
        CodeWrongLetter, CodeWrongLength.
    """
    letters = "".join(typed.split()).replace("-", "").replace(".", "").upper()
    for place, letter in enumerate(letters, start=1):
        if letter not in _READ:
            raise CodeWrongLetter(letter=letter, place=place)
    if len(letters) != LENGTH:
        raise CodeWrongLength(length=len(letters))
    value = 0
    for letter in letters:
        value = value << 5 | _READ[letter]
    mac = value & (1 << _MAC) - 1
    following = value >> _MAC & (1 << _NEXT) - 1
    epoch = value >> _MAC + _NEXT & (1 << _EPOCH) - 1
    return Heard(value >> _MAC + _NEXT + _EPOCH, epoch, following, mac)


def opened(heard: Heard, key: bytes, known: Handover) -> Handover | None:
    """Return the hand-over that a heard code seals for the book and desk of `known`, or None.

    Args:
        known: the book, the desk, and the epoch and next number last seen here, from which the code's whole ones are
            found.
    """
    if heard.place != known.place % (1 << _PLACE):
        return None
    for epoch in epochs_of(heard, known.epoch):
        for following in _near(heard.next_number, _NEXT, known.next_number):
            candidate = Handover(
                known.agency, known.register, known.place, known.year, epoch, following, known.desk, known.incarnation
            )
            if candidate.sealed(key) == heard.mac:
                return candidate
    return None


def fits(heard: Heard, place: int, epoch: int, next_number: int) -> bool:
    """Say whether a heard code may have been made for this place, epoch and number; its seal is not looked at."""
    return (
        heard.place == place % (1 << _PLACE)
        and heard.epoch == epoch % (1 << _EPOCH)
        and heard.next_number == next_number % (1 << _NEXT)
    )


def epochs_of(heard: Heard, near: int) -> list[int]:
    """Return the epochs that a heard code may mean, the one nearest to `near` first."""
    return _near(heard.epoch, _EPOCH, near)


def _near(low_bits: int, bits: int, near: int) -> list[int]:
    span = 1 << bits
    same = near - near % span + low_bits
    return sorted(
        (value for value in (same - span, same, same + span) if value > 0), key=lambda value: abs(value - near)
    )


_key: ContextVar[Callable[[], bytes] | None] = ContextVar("code_key", default=None)


@contextmanager
def sealed_with(key: Callable[[], bytes]) -> Iterator[None]:
    """Let the commands inside check codes with the agency's key, which is asked for only when it is needed."""
    token = _key.set(key)
    try:
        yield
    finally:
        _key.reset(token)


def agency_key() -> bytes | None:
    """Return the agency's code key where there is one at hand; the server does without: it has the hand-over itself.

    Raises:
        CodeKeyMissing: this desk should have it and has not.
    """
    find = _key.get()
    return None if find is None else find()

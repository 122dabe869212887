"""Passwords: the rule, the hash, the lock after failures (Hà Nam 44/2024 Đ21.2b)."""

from __future__ import annotations

import datetime as dt
import unicodedata

from clerkdesk.errors import BadInput, NotAllowed
from clerkdesk.i18n import N_

SHORTEST = 8
FAILURES_ALLOWED = 5
LOCKED_FOR = dt.timedelta(minutes=15)


class PasswordTooWeak(BadInput):
    """The password breaks the rule."""

    sentence = N_("Mật khẩu phải có ít nhất 8 ký tự, gồm chữ hoa, chữ thường, chữ số và ký tự đặc biệt.")
    field = "password"


class PasswordsDiffer(BadInput):
    """The repetition is another text."""

    sentence = N_("Hai lần nhập mật khẩu không giống nhau. Nhập lại.")
    field = "password_again"


class LoginRefused(NotAllowed):
    """Wrong user name or password; which of both is not said."""

    sentence = N_("Tên đăng nhập hoặc mật khẩu không đúng. Sai 5 lần liên tiếp thì tài khoản tạm khóa 15 phút.")
    field = "password"


class AccountLocked(NotAllowed):
    """Too many failures."""

    sentence = N_("Tài khoản tạm khóa đến {until} vì nhập sai mật khẩu nhiều lần. Liên hệ quản trị nếu không phải bạn.")
    field = "username"


def check_password_rule(password: str) -> None:
    """Check a new password: at least 8 characters with upper, lower, digit and special.

    Raises:
        PasswordTooWeak.
    """
    password = unicodedata.normalize("NFC", password)  # as it is hashed: a loose accent is no special character
    kinds = (str.isupper, str.islower, str.isdigit)
    complete = all(any(test(c) for c in password) for test in kinds) and any(not c.isalnum() for c in password)
    if len(password) < SHORTEST or not complete:
        raise PasswordTooWeak


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password, as text that carries its own parameters."""
    from argon2 import PasswordHasher

    return PasswordHasher().hash(unicodedata.normalize("NFC", password))


def password_matches(hashed: str, password: str) -> bool:
    """Say whether a typed password is the one behind the hash."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(hashed, unicodedata.normalize("NFC", password))
    except (VerificationError, InvalidHashError):
        return False

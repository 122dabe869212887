"""The store's key in people's hands: putting a lost one back, showing the recovery code to an administrator."""

from __future__ import annotations

from pathlib import Path

from clerkdesk.data.store import Store, StoreEmptied, StoreUnreadable, open_store
from clerkdesk.data.store_key import keep_key, key_from_recovery_code, load_key, place_of_key, recovery_code
from clerkdesk.errors import NotAllowed, StoreTrouble
from clerkdesk.i18n import N_
from clerkdesk.services.agency_setup import agency_of_store
from clerkdesk.services.login import log_in
from clerkdesk.services.vocabulary import Role


class RecoveryCodeOfAnother(StoreTrouble):
    """The code is well written, but not this store's."""

    sentence = N_(
        "Mã khôi phục đúng dạng nhưng không phải của kho {path}. Không có gì bị thay đổi; tìm bản mã ghi đúng ngày lập kho này."
    )


class NoStore(StoreTrouble):
    """There is no store here."""

    sentence = N_("Chưa có kho dữ liệu ở {path}. Chạy “clerkdesk” để lập kho mới, hoặc chọn thư mục khác bằng --data.")


class AdministratorOnly(NotAllowed):
    """Only an administrator may see the code."""

    sentence = N_("Chỉ tài khoản có vai trò quản trị được xem mã khôi phục. Nhờ quản trị của cơ quan.")


def check_store_exists(path: Path) -> None:
    """See that there is a store, before something would make a new one.

    Raises:
        NoStore.
    """
    if not path.exists():
        raise NoStore(path=path)


def open_beside(path: Path) -> Store:
    """Open the existing store beside the desk that may be using it.

    Raises:
        NoStore, and those of `load_key` and `open_store`.
    """
    check_store_exists(path)
    return open_store(path, load_key(path), exclusive=False)


def restore_key(path: Path, typed: str) -> str:
    """Keep the key behind a typed recovery code, once it has opened the store.

    Returns: where it is kept now: `keyring` or `file`.

    Raises:
        NoStore, RecoveryCodeWrong, RecoveryCodeOfAnother, StoreEmptied, StoreInUse.
    """
    check_store_exists(path)
    key = key_from_recovery_code(typed)
    try:
        open_store(path, key).close()
    except StoreEmptied:
        raise
    except StoreUnreadable as error:
        raise RecoveryCodeOfAnother(path=path) from error
    return replace_key(path, key)


def replace_key(path: Path, key: bytes) -> str:
    """Keep a key where the store's key is looked for first; an old key file would otherwise win over the keyring."""
    return keep_key(path, key, allow_keyring=place_of_key(path) != "file")


def show_recovery_code(path: Path, username: str, password: str) -> str:
    """Return the store's recovery code to an administrator.

    Raises:
        NoStore, LoginRefused, AccountLocked, AdministratorOnly.
    """
    store = open_beside(path)
    try:
        with store.reading() as connection:
            agency = agency_of_store(connection)
        if agency is None:
            raise NoStore(path=path)
        if Role.ADMINISTRATOR not in log_in(store, agency.id, username, password).person.roles:
            raise AdministratorOnly
    finally:
        store.close()
    return recovery_code(load_key(path))

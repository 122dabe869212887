"""The agency's code key: kept as the store's key is, one for every agency of a server."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import UUID

import pytest

from clerkdesk.data import store_key
from clerkdesk.data.code_key import (
    CodeKeyMissing,
    code_key_of_agency,
    keep_code_key,
    load_code_key,
    new_code_key,
    own_code_key,
)


class Keyring:
    """A keyring of the session."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def set_password(self, service: str, name: str, secret: str) -> None:
        self.kept[service, name] = secret

    def get_password(self, service: str, name: str) -> str | None:
        return self.kept.get((service, name))


def test_a_kept_key_comes_back_and_only_its_user_can_read_it(tmp_path: Path, no_keyring: None) -> None:
    store, key = tmp_path / "clerkdesk.db", new_code_key()
    assert keep_code_key(store, key) == "file"
    assert load_code_key(store) == key
    file = store.with_suffix(".code-key")
    assert os.name != "posix" or file.stat().st_mode & 0o077 == 0
    assert not list(tmp_path.glob("*.part"))


def test_it_is_not_the_stores_key_and_lies_apart_from_it_in_the_keyring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = Keyring()
    monkeypatch.setattr(store_key, "_trusted_keyring", lambda: keyring)
    store = tmp_path / "clerkdesk.db"
    assert keep_code_key(store, b"c" * 32) == "keyring"
    assert store_key.keep_key(store, b"s" * 32) == "keyring"
    assert (load_code_key(store), store_key.load_key(store)) == (b"c" * 32, b"s" * 32)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", ["", "00", "zz" * 32, "ab" * 31])
def test_a_missing_or_broken_key_is_said_and_never_made_up(tmp_path: Path, no_keyring: None, content: str) -> None:
    store = tmp_path / "clerkdesk.db"
    with pytest.raises(CodeKeyMissing):
        load_code_key(store)
    store.with_suffix(".code-key").write_text(content)
    with pytest.raises(CodeKeyMissing):
        load_code_key(store)


def test_an_agency_without_a_server_makes_its_own_once(tmp_path: Path, no_keyring: None) -> None:
    store = tmp_path / "clerkdesk.db"
    first = own_code_key(store)
    assert own_code_key(store) == load_code_key(store) == first


def test_a_server_gives_each_agency_another_key_and_always_the_same() -> None:
    one, two = UUID(int=1), UUID(int=2)
    keys = {
        (secret, agency): code_key_of_agency(secret, agency)
        for secret in (b"a" * 32, b"b" * 32)
        for agency in (one, two)
    }
    assert len(set(keys.values())) == 4
    assert all(len(key) == 32 and key == code_key_of_agency(*source) for source, key in keys.items())

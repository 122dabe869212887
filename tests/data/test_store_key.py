"""The store's key: written down as a recovery code, kept where only its user can read it."""

from __future__ import annotations

import secrets
import stat
from pathlib import Path

import keyring
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from clerkdesk.data.store import StoreInUse, open_store
from clerkdesk.data.store_key import (
    RecoveryCodeMistyped,
    RecoveryCodeWrong,
    StoreKeyMissing,
    keep_key,
    key_from_recovery_code,
    load_key,
    new_key,
    place_of_key,
    recovery_code,
)
from clerkdesk.services.desk import Desk

KEYS = st.binary(min_size=32, max_size=32)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def without_check_letters(key: bytes) -> str:
    """Return the code as the first stores showed it."""
    return "-".join(group[:4] for group in recovery_code(key).split("-"))


@given(KEYS)
def test_the_recovery_code_gives_back_the_key(key: bytes) -> None:
    assert key_from_recovery_code(recovery_code(key)) == key


@given(KEYS)
def test_the_recovery_code_is_thirteen_groups_of_five(key: bytes) -> None:
    groups = recovery_code(key).split("-")
    assert [len(group) for group in groups] == [5] * 13
    assert set("".join(groups)) <= set(LETTERS)


@given(KEYS)
def test_a_code_of_the_first_stores_without_check_letters_stays_good(key: bytes) -> None:
    assert key_from_recovery_code(without_check_letters(key)) == key
    assert key_from_recovery_code(without_check_letters(key).replace("-", "")) == key


@given(KEYS, st.sampled_from([" ", "", "\n", " - ", "--"]), st.booleans())
def test_spaces_dashes_and_case_do_not_matter_when_the_code_is_typed(key: bytes, gap: str, small: bool) -> None:
    code = recovery_code(key).replace("-", gap)
    assert key_from_recovery_code(f"  {code.lower() if small else code}\t") == key


@given(KEYS, st.integers(0, 64), st.sampled_from(f"{LETTERS}9Đ"))
@example(bytes(32), 64, "B")
def test_a_mistyped_letter_is_told_with_its_group(key: bytes, place: int, letter: str) -> None:
    code = recovery_code(key).replace("-", "")
    assume(code[place] != letter)
    with pytest.raises(RecoveryCodeMistyped) as caught:
        key_from_recovery_code(code[:place] + letter + code[place + 1 :])
    assert f"nhóm {place // 5 + 1}:" in caught.value.message
    assert code[place // 5 * 5 : place // 5 * 5 + 5] not in caught.value.message  # nothing of the key is shown


@given(KEYS, st.integers(0, 63))
def test_two_exchanged_letters_are_told_with_the_first_ones_group(key: bytes, place: int) -> None:
    code = recovery_code(key).replace("-", "")
    assume(code[place] != code[place + 1])
    with pytest.raises(RecoveryCodeMistyped) as caught:
        key_from_recovery_code(code[:place] + code[place + 1] + code[place] + code[place + 2 :])
    assert f"nhóm {place // 5 + 1}:" in caught.value.message


@given(KEYS, st.integers(0, 11))
def test_two_exchanged_groups_and_a_group_cut_short_are_told(key: bytes, place: int) -> None:
    groups = recovery_code(key).split("-")
    assume(groups[place] != groups[place + 1])
    exchanged = [*groups[:place], groups[place + 1], groups[place], *groups[place + 2 :]]
    cut = [*groups[:place], groups[place][:4], *groups[place + 1 :]]
    for wrong in (exchanged, cut):
        with pytest.raises(RecoveryCodeMistyped) as caught:
            key_from_recovery_code("-".join(wrong))
        assert f"nhóm {place + 1}:" in caught.value.message


def test_digits_that_no_code_has_are_read_as_the_letters_they_look_like() -> None:
    key = bytes.fromhex("7080e1c387" * 6 + "7080")
    code = recovery_code(key)
    assert {"O", "I", "B"} & set(code)
    assert key_from_recovery_code(code.replace("O", "0").replace("I", "1").replace("B", "8")) == key


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ABCD",
        "-".join(["ABCD"] * 12),
        "-".join(["ABCD"] * 14),
        "-".join(["ABC9"] * 13),
        "-".join(["ABCDE"] * 13),
        "-".join(["ABCĐ"] * 13),
        "🔑" * 52,
        "=" * 52,
    ],
)
def test_what_is_no_recovery_code_is_refused_in_words(typed: str) -> None:
    with pytest.raises(RecoveryCodeWrong) as caught:
        key_from_recovery_code(typed)
    assert "13 nhóm" in caught.value.message


def test_the_key_file_is_for_its_user_only_and_gives_back_the_key(tmp_path: Path, no_keyring: None) -> None:
    store, key = tmp_path / "clerkdesk.db", new_key()
    assert keep_key(store, key) == "file"
    file = tmp_path / "clerkdesk.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_key(store) == key
    assert place_of_key(store) == "file"


@pytest.mark.parametrize("content", [b"", b"abc", b"zz" * 32, b"00" * 31, bytes(64), "khóa".encode()])
def test_a_key_file_that_was_cut_off_is_a_missing_key_and_the_data_stays(
    tmp_path: Path, no_keyring: None, content: bytes
) -> None:
    (tmp_path / "clerkdesk.key").write_bytes(content)
    with pytest.raises(StoreKeyMissing) as caught:
        load_key(tmp_path / "clerkdesk.db")
    assert "restore-key" in caught.value.message


def test_without_key_the_store_is_not_replaced_by_an_empty_one(office_folder: Path, no_keyring: None) -> None:
    store = office_folder / "clerkdesk.db"
    before = store.read_bytes()
    (office_folder / "clerkdesk.key").unlink()
    assert place_of_key(store) == "missing"
    with pytest.raises(StoreKeyMissing):
        Desk.open(store)
    assert store.read_bytes() == before


def test_a_store_that_is_away_for_a_while_still_opens_with_its_key_afterwards(
    office_folder: Path, no_keyring: None
) -> None:
    store = office_folder / "clerkdesk.db"
    store.rename(office_folder / "away.db")
    Desk.open(store).close()  # somebody starts the program meanwhile
    store.unlink()
    (office_folder / "away.db").rename(store)
    desk = Desk.open(store)
    assert desk.agency is not None
    desk.close()


def test_a_second_program_at_the_first_start_leaves_the_first_ones_key(
    tmp_path: Path, no_keyring: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "clerkdesk.db"
    exists = Path.exists
    first = Desk.open(path)
    # The second one looked before the first had made the file.
    monkeypatch.setattr(Path, "exists", lambda self: self != path and exists(self))
    with pytest.raises(StoreInUse):
        Desk.open(path)
    monkeypatch.undo()
    first.close()
    open_store(path, bytes.fromhex((tmp_path / "clerkdesk.key").read_text("ascii"))).close()


class Backend:
    """A keyring in memory, of the module and class named."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, name: str) -> str | None:
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, value: str) -> None:
        self.kept[service, name] = value


def backend(module: str, name: str) -> Backend:
    made = type(name, (Backend,), {"__module__": module})()
    assert isinstance(made, Backend)
    return made


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("keyrings.alt.file", "PlaintextKeyring"),
        ("keyrings.alt.file", "EncryptedKeyring"),
        ("keyring.backends.null", "Keyring"),
        ("keyring.backends.fail", "Keyring"),
        ("keyring.backends.chainer", "ChainerBackend"),
        ("somebody.elses", "Keyring"),
    ],
)
def test_a_keyring_that_would_keep_the_key_readable_is_never_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, name: str
) -> None:
    offered = backend(module, name)
    monkeypatch.setattr(keyring, "get_keyring", lambda: offered)
    store = tmp_path / "clerkdesk.db"
    assert keep_key(store, new_key()) == "file"
    assert offered.kept == {}


def test_the_keyring_of_the_desktop_session_is_used_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = backend("keyring.backends.SecretService", "Keyring")
    monkeypatch.setattr(keyring, "get_keyring", lambda: offered)
    store, key = tmp_path / "clerkdesk.db", secrets.token_bytes(32)
    assert keep_key(store, key) == "keyring"
    assert not (tmp_path / "clerkdesk.key").exists()
    assert (load_key(store), place_of_key(store)) == (key, "keyring")
    assert keep_key(store, key, allow_keyring=False) == "file"

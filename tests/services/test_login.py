"""Passwords and login: the rule, the lock after failures, and nothing told to whoever only guesses."""

from __future__ import annotations

import datetime as dt
import unicodedata

import argon2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerkdesk.services import commands as c
from clerkdesk.services.clock import VIETNAM
from clerkdesk.services.desk import Desk
from clerkdesk.services.login import log_in
from clerkdesk.services.passwords import (
    FAILURES_ALLOWED,
    AccountLocked,
    LoginRefused,
    PasswordTooWeak,
    check_password_rule,
    hash_password,
    password_matches,
)
from clerkdesk.services.vocabulary import Role

from ..conftest import OfficeClock
from ..office import PASSWORD, dismiss, employ, rows


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("Abcd!234", True),
        ("Abc!234", False),  # seven
        ("abcd!234", False),
        ("ABCD!234", False),
        ("Abcd!efg", False),
        ("Abcd1234", False),
        ("Mật khẩu 1", True),
        ("MậtKhẩu1", False),  # an accent is no special character
        (unicodedata.normalize("NFD", "MậtKhẩu1"), False),
        (unicodedata.normalize("NFD", "Ắắ1!"), False),  # four letters, however many accents
        ("Đường_5x", True),
        ("Abcd\u20ac234", True),
        ("", False),
        ("A" * 500 + "b1!", True),
    ],
)
def test_a_password_has_eight_characters_of_four_kinds(password: str, good: bool) -> None:
    if good:
        check_password_rule(password)
        return
    with pytest.raises(PasswordTooWeak):
        check_password_rule(password)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(st.text(max_size=30))
def test_a_password_matches_itself_however_its_accents_are_typed_and_no_other(
    cheap_passwords: None, password: str
) -> None:
    hashed = hash_password(unicodedata.normalize("NFC", password))
    assert password_matches(hashed, unicodedata.normalize("NFD", password))
    assert not password_matches(hashed, password + "x")
    assert password not in hashed or len(password) < 3


def test_the_hash_is_argon2id_of_at_least_the_usual_strength() -> None:
    parameters = argon2.extract_parameters(hash_password(PASSWORD))
    assert parameters.type is argon2.Type.ID
    assert parameters.memory_cost >= 19 * 1024
    assert parameters.time_cost >= 2


@pytest.mark.parametrize("hashed", ["", "x", "$argon2id$", "$argon2i$v=19$m=8,t=1,p=1$AAAA$AAAA"])
def test_a_broken_hash_opens_nothing(hashed: str) -> None:
    assert password_matches(hashed, "") is False


@pytest.mark.parametrize("username", ["annv", " ANNV ", "AnNv"])
def test_the_user_name_is_taken_in_capitals_and_with_spaces(desk: Desk, username: str) -> None:
    desk.log_out()
    assert desk.log_in(username, PASSWORD).person.username == "annv"


def wrong(desk: Desk, username: str = "annv", password: str = "Sai!1234") -> str:
    with pytest.raises((LoginRefused, AccountLocked)) as caught:
        log_in(desk.store, desk.agency_id, username, password)
    return caught.value.message


def test_five_failures_lock_the_account_for_a_quarter_of_an_hour(desk: Desk, clock: OfficeClock) -> None:
    clock.set(dt.datetime(2026, 11, 20, 9, 0, tzinfo=VIETNAM))
    messages = [wrong(desk) for _ in range(FAILURES_ALLOWED)]
    assert set(messages[:-1]) == {LoginRefused().message}  # how many tries are left is not told to a stranger
    assert "09:15" in messages[-1]
    for _ in range(3):
        assert "09:15" in wrong(desk, password=PASSWORD)
    clock.forward(minutes=14, seconds=50)
    wrong(desk, password=PASSWORD)
    clock.forward(seconds=20)
    assert desk.log_in("annv", PASSWORD)
    assert rows(desk.store, "SELECT failures, locked_until FROM password")[0] == (0, None)


def test_after_the_lock_has_run_out_there_are_five_new_tries(desk: Desk, clock: OfficeClock) -> None:
    for _ in range(FAILURES_ALLOWED):
        wrong(desk)
    clock.forward(minutes=16)
    assert "không đúng" in wrong(desk)
    for _ in range(FAILURES_ALLOWED - 1):
        last = wrong(desk)
    assert "tạm khóa" in last


def test_a_good_login_forgets_the_failures_before_it(desk: Desk) -> None:
    for _ in range(3):
        for _ in range(FAILURES_ALLOWED - 1):
            wrong(desk)
        desk.log_in("annv", PASSWORD)
    assert "không đúng" in wrong(desk)


def test_failures_of_one_person_lock_nobody_else(desk: Desk) -> None:
    employ(desk, "binhtt", Role.CLERK)
    for _ in range(FAILURES_ALLOWED):
        wrong(desk)
    assert desk.log_in("binhtt", PASSWORD)


def test_a_lock_outlives_the_program(desk: Desk) -> None:
    for _ in range(FAILURES_ALLOWED):
        wrong(desk)
    path = desk.store.path
    desk.close()
    again = Desk.open(path)
    with pytest.raises(AccountLocked):
        again.log_in("annv", PASSWORD)
    again.close()


def test_who_guesses_a_name_learns_nothing_from_the_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    dismiss(desk, employ(desk, "left", Role.CLERK))
    hashed: list[str] = []
    answers = {wrong(desk)}
    monkeypatch.setattr("clerkdesk.services.login.hash_password", hashed.append)
    for username in ("nobody", "", "' OR 1=1 --", "left", "admin"):
        answers.add(wrong(desk, username))
    assert len(answers) == 1
    assert len(hashed) == 5  # as much work as for a name that exists


def test_a_new_person_must_choose_a_password_of_the_own_at_the_first_login(desk: Desk) -> None:
    person = employ(desk, "binhtt", Role.CLERK)
    assert desk.log_in("annv", PASSWORD).must_change_password is False
    assert desk.log_in("binhtt", PASSWORD).must_change_password is True
    own = desk.make(c.SetPassword, person=person, password_hash=hash_password("Rieng!99"))
    desk.do(own)
    assert desk.log_in("binhtt", "Rieng!99").must_change_password is False
    wrong(desk, "binhtt", PASSWORD)


def test_a_new_password_from_the_administrator_lifts_the_lock_and_must_be_changed(desk: Desk) -> None:
    person = employ(desk, "binhtt", Role.CLERK)
    for _ in range(FAILURES_ALLOWED):
        wrong(desk, "binhtt")
    desk.do(desk.make(c.SetPassword, person=person, password_hash=hash_password("Cap!lai9")))
    assert desk.log_in("binhtt", "Cap!lai9").must_change_password is True

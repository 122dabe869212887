"""Login: the server's word while it is there, this desk's own verifier for at most 72 hours when it is not."""

from __future__ import annotations

import pytest

from clerkdesk.services.login import OfflineTooLong
from clerkdesk.services.passwords import AccountLocked, LoginRefused

from ..conftest import OfficeClock
from ..office import PASSWORD, count
from .office_net import Post


def test_a_new_desk_knows_nobody_until_the_server_has_let_them_in(second: Post) -> None:
    assert count(second.store, "password") == 1
    second.desk.log_out()
    second.offline()
    assert second.desk.log_in("annv", PASSWORD).person.username == "annv"


def test_a_wrong_password_is_refused_by_the_server_and_not_tried_here(second: Post) -> None:
    with pytest.raises(LoginRefused) as caught:
        second.desk.log_in("annv", "Sai#12345")
    assert "không đúng" in caught.value.message
    for _ in range(3):
        with pytest.raises(LoginRefused):
            second.desk.log_in("annv", "Sai#12345")
    with pytest.raises(LoginRefused) as locked:
        second.desk.log_in("annv", "Sai#12345")
    assert "tạm khóa" in locked.value.message


def test_offline_login_lasts_72_hours_from_the_last_login_at_the_server(second: Post, clock: OfficeClock) -> None:
    second.offline()
    clock.forward(hours=71, minutes=59)
    second.desk.log_in("annv", PASSWORD)
    clock.forward(minutes=2)
    with pytest.raises(OfflineTooLong):
        second.desk.log_in("annv", PASSWORD)
    with pytest.raises(LoginRefused):
        second.desk.log_in("annv", "Sai#12345")


def test_a_clock_set_back_gains_no_hour(second: Post, clock: OfficeClock) -> None:
    clock.forward(hours=73)
    second.sync.round()  # the server is heard, nobody logs in
    second.offline()
    clock.back(hours=73)
    with pytest.raises(OfflineTooLong):
        second.desk.log_in("annv", PASSWORD)


def test_five_failures_lock_offline_as_before(second: Post) -> None:
    second.offline()
    for _ in range(4):
        with pytest.raises(LoginRefused):
            second.desk.log_in("annv", "Sai#12345")
    with pytest.raises(AccountLocked):
        second.desk.log_in("annv", "Sai#12345")

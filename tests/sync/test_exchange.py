"""Commands go up, records come down, and at rest every desk and the server hold the same."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from clerkdesk.data.applying import Holding
from clerkdesk.data.schema import metadata
from clerkdesk.server.hub import Hub
from clerkdesk.services import commands as c
from clerkdesk.services.arrivals import arrival_by_id
from clerkdesk.services.backups import make_backup
from clerkdesk.services.desk import Desk
from clerkdesk.services.history import history_of
from clerkdesk.services.office import AccountClosed
from clerkdesk.services.passwords import LoginRefused
from clerkdesk.services.vocabulary import ArrivalStatus, OutgoingStatus, Role
from clerkdesk.sync.agreed import grant_stands
from clerkdesk.sync.identity import key_file

from ..conftest import OfficeClock
from ..office import PASSWORD, arrival_facts, book, bring_to, dismiss, employ, register, rows, subject_of
from .office_net import Post, differences, settle
from .wire import Fault


def finish(desk: Desk, arrival: UUID) -> None:
    """End an arrival's processing."""
    desk.do(desk.make(c.FinishArrival, arrival=arrival, status=ArrivalStatus.COMPLETED))


def test_a_desk_that_brings_its_agency_and_one_that_joins_hold_what_the_server_holds(
    hub: Hub, first: Post, second: Post
) -> None:
    settle(first, second)
    assert differences(hub, first, second) == {}


def test_what_one_desk_registers_the_other_shows(hub: Hub, first: Post, second: Post) -> None:
    register(first.desk)
    bring_to(first.desk, OutgoingStatus.RELEASED)
    settle(first, second)
    assert differences(hub, first, second) == {}


def test_three_days_offline_with_500_entries_then_one_reconnection(
    hub: Hub, first: Post, second: Post, clock: OfficeClock
) -> None:
    settle(first, second)
    first.offline()
    for _day in range(3):
        for _ in range(167):
            register(first.desk)
            clock.forward(minutes=1)
        clock.forward(hours=21)
    assert not first.round()
    standing = first.sync.standing()
    assert (standing.online, standing.unsent) == (False, 501)
    first.online()
    first.sync.round()
    assert first.sync.standing().unsent == 0
    settle(second)
    assert differences(hub, first, second) == {}
    assert book(first.desk, "DEN").next_number == 502


def test_a_page_is_not_applied_while_something_waits_to_be_sent(hub: Hub, first: Post, second: Post) -> None:
    arrival = register(first.desk)
    settle(first, second)
    facts = arrival_facts(subject="Sửa ở máy hai")
    second.desk.do(second.desk.make(c.CorrectArrival, arrival=subject_of(arrival), facts=facts, reason="Gõ nhầm"))
    second.sync.round()
    finish(first.desk, subject_of(arrival))
    first.wire.weather = lambda _method, path: Fault.REQUEST_LOST if "push" in path else Fault.NONE
    assert not first.round()
    row = first.desk.read(arrival_by_id, subject_of(arrival))
    assert (row["status"], row["subject"]) == ("COMPLETED", "Về việc ban hành Kế hoạch cải cách hành chính năm 2026")
    first.online()
    settle(first, second)
    row = first.desk.read(arrival_by_id, subject_of(arrival))
    assert (row["status"], row["subject"]) == ("COMPLETED", "Sửa ở máy hai")
    assert differences(hub, first, second) == {}


def test_the_history_of_a_document_names_every_desks_acts_once(first: Post, second: Post) -> None:
    arrival = subject_of(register(first.desk))
    settle(first, second)
    finish(second.desk, arrival)
    assert [event.what for event in second.desk.read(history_of, arrival)] == [
        "Đăng ký, cấp số đến",
        "Đổi trạng thái xử lý",
    ]
    settle(second, first)
    for post in (first, second):
        assert [event.what for event in post.desk.read(history_of, arrival)] == [
            "Đăng ký, cấp số đến",
            "Đổi trạng thái xử lý",
        ]


def test_two_desks_add_one_agency_to_the_directory_and_nobody_is_troubled(hub: Hub, first: Post, second: Post) -> None:
    settle(first, second)
    for post in (first, second):
        post.desk.do(post.desk.make(c.AddCorrespondent, name="Công ty Cây xanh Sông Hương"))
    settle(first, second)
    assert [post.sync.standing().refused for post in (first, second)] == [0, 0]
    assert differences(hub, first, second) == {}


def test_two_desks_save_a_template_under_one_name(hub: Hub, first: Post, second: Post) -> None:
    settle(first, second)
    for post in (first, second):
        post.desk.do(post.desk.make(c.SaveTemplate, kind="arrival", name="Giấy mời", fields='{"urgency": "k"}'))
    settle(first, second, first)
    assert differences(hub, first, second) == {}


def test_a_dismissed_person_disappears_at_the_next_pull(first: Post, second: Post) -> None:
    person = employ(first.desk, "binhtt", Role.CLERK)
    settle(first, second)
    second.desk.log_in("binhtt", PASSWORD)
    dismiss(first.desk, person)
    settle(second)
    with pytest.raises(AccountClosed):
        register(second.desk)
    second.offline()
    with pytest.raises(LoginRefused):
        second.desk.log_in("binhtt", PASSWORD)


def test_a_pen_comes_only_to_this_store_and_only_once(first: Post) -> None:
    desk, mine, other = uuid4(), uuid4(), uuid4()
    held = Holding(desk, mine, 3)
    given_up = Holding(None, None, 4)
    for offered, before, incarnation, stands in (
        (Holding(desk, mine, 5), given_up, mine, True),
        (Holding(desk, mine, 3), held, mine, True),
        (Holding(desk, mine, 3), given_up, mine, False),  # the old grant comes again
        (Holding(desk, mine, 4), given_up, mine, False),
        (Holding(desk, other, 5), given_up, mine, False),  # to the store that this one was copied from
        (Holding(desk, mine, 5), None, mine, True),
        (Holding(desk, mine, 5), None, None, False),
    ):
        assert grant_stands(offered, before, incarnation) is stands


def test_no_key_of_the_desk_is_in_the_store_or_in_a_backup(first: Post, tmp_path: Path) -> None:
    path = first.store.path
    secret = bytes.fromhex(key_file(path).read_text("ascii"))
    assert key_file(path).stat().st_mode & 0o077 == 0
    folder = make_backup(first.store, tmp_path / "backups").path
    for place in (*folder.rglob("*"), *path.parent.rglob("*")):
        if place.is_file() and place != key_file(path):
            content = place.read_bytes()
            assert secret not in content and secret.hex().encode() not in content
    for table in metadata.tables:
        assert secret.hex() not in str([tuple(row) for row in rows(first.store, f'SELECT * FROM "{table}"')])

"""Random office days: three desks and a server over real stores, with a wire on which everything goes wrong.

At rest no outbox holds anything, every desk holds what the server holds, and every number has exactly one paper.
Each rule is one thing that people or the network do; backup, restore and clock jumps become further rules.
"""

from __future__ import annotations

import itertools
import random
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import argon2
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from clerkdesk.data import store_key
from clerkdesk.data.server_store import open_server_store
from clerkdesk.errors import ClerkDeskError
from clerkdesk.server.app import create_app
from clerkdesk.server.hub import Hub
from clerkdesk.services import commands as c
from clerkdesk.services.arrivals import ArrivalRegistered
from clerkdesk.services.audit import check_chain
from clerkdesk.services.desk import Desk
from clerkdesk.services.link import AnswerUnknown
from clerkdesk.services.refusals import open_refusals
from clerkdesk.services.vocabulary import ArrivalStatus, Role

from ..conftest import _CHEAP, NINE_O_CLOCK, OfficeClock, hang_up
from ..office import PASSWORD, arrival_command, arrivals_book, desk_id, employ, enter, open_office, rows, steps_of
from .conftest import KEY
from .office_net import add, bring, differences, link, settle
from .wire import Fault

DESKS = st.integers(0, 2)
FAULTS = st.sampled_from(list(Fault))


class OfficeDays(RuleBasedStateMachine):
    """An office with three desks; the arrivals book's pen is at the server, the others' at the first desk."""

    folder: Path

    @initialize()
    def furnish(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="clerkdesk-machine-"))
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(argon2, "PasswordHasher", _CHEAP)
        self.patch.setattr(store_key, "_trusted_keyring", lambda: None)
        self.clock = OfficeClock(NINE_O_CLOCK)
        hang_up(self.clock, self.patch)
        self.hub = Hub(open_server_store(self.folder / "server", "", key=KEY), b"a secret of the tests, long enough")
        self.http = TestClient(create_app(self.hub), base_url="https://server.test", raise_server_exceptions=False)
        self.http.__enter__()
        first = bring(self.hub, self.http, open_office(self.folder / "desk0" / "clerkdesk.db"))
        agency = first.desk.agency_id
        self.posts = [
            first,
            *(add(self.hub, self.http, agency, self.folder / f"desk{n}" / "clerkdesk.db") for n in (1, 2)),
        ]
        self.clerk = employ(first.desk, "binhtt", Role.CLERK)
        with self.hub.store.writing() as tx:
            tx.execute(
                text(
                    "UPDATE register_year SET holder_desk = NULL, holder_incarnation = NULL, epoch = epoch + 1"
                    " WHERE register_id = :book"
                ),
                {"book": str(arrivals_book(first.desk))},
            )
        settle(*self.posts)
        self.shown: dict[UUID, int] = {}  # what the clerks have stamped: arrival and number
        self.unknown: list[tuple[int, c.RegisterArrival]] = []
        self.serial = itertools.count(1)
        self.random = random.Random(1)

    def teardown(self) -> None:
        if hasattr(self, "posts"):
            try:
                self.come_to_rest()
            finally:
                for post in self.posts:
                    post.desk.close()
                self.http.__exit__(None, None, None)
                self.patch.undo()
                shutil.rmtree(self.folder)

    # -- people ------------------------------------------------------------------------------------------------------

    @rule(place=DESKS)
    def register_an_arrival(self, place: int) -> None:
        """Through the server; where it cannot be reached the clerk is told, and nothing is stamped."""
        command = arrival_command(self.posts[place].desk, subject=f"Văn bản số {next(self.serial)}")
        self._register(place, command)

    def _register(self, place: int, command: c.RegisterArrival) -> None:
        self.posts[place].sync._failed = -100.0
        try:
            answer = self.posts[place].desk.do(command)
        except AnswerUnknown:
            self.unknown.append((place, command))
        except ClerkDeskError:
            pass
        else:
            assert isinstance(answer, ArrivalRegistered)
            assert self.shown.setdefault(command.uid, answer.number) == answer.number

    @rule()
    def press_f2_again(self) -> None:
        """A form whose answer never came."""
        if self.unknown:
            self._register(*self.unknown.pop(0))

    @rule(place=DESKS, status=st.sampled_from(["COMPLETED", "READ_CONFIRMED", "REGISTERED"]))
    def finish_an_arrival(self, place: int, status: str) -> None:
        desk = self.posts[place].desk
        known = rows(desk.store, "SELECT id FROM arrival ORDER BY number DESC LIMIT 3")
        if known:
            self._try(desk, c.FinishArrival, arrival=UUID(known[-1][0]), status=ArrivalStatus(status))

    @rule(place=DESKS)
    def void_a_number(self, place: int) -> None:
        desk = self.posts[place].desk
        known = rows(desk.store, "SELECT register_id, year, number FROM entry WHERE state = 'LIVE' LIMIT 1")
        if known:
            self.posts[place].sync._failed = -100.0
            register_id, year, number = known[0]
            self._try(desk, c.VoidNumber, register_id=UUID(register_id), year=year, number=number, reason="Nhầm")

    @rule(place=DESKS)
    def take_an_outgoing_document_a_step_further(self, place: int) -> None:
        desk = self.posts[place].desk
        known = rows(desk.store, "SELECT id, status FROM outgoing ORDER BY created_at DESC LIMIT 1")
        if not known or known[0][1] in ("SEALED", "RELEASED"):
            enter(desk)
            return
        step = {
            "DRAFT": "SubmitForSignature", "SUBMITTED_FOR_SIGNATURE": "RecordLeaderSignature",
            "AWAITING_ISSUE": "IssueNumber", "NUMBERED": "RecordSeal",
        }.get(known[0][1])  # fmt: skip
        if step is not None:
            self.posts[place].sync._failed = -100.0
            with suppress(ClerkDeskError):
                desk.do(steps_of(desk, UUID(known[0][0]))[step])

    @rule(place=DESKS)
    def add_an_agency_to_the_directory(self, place: int) -> None:
        self._try(self.posts[place].desk, c.AddCorrespondent, name=f"Công ty số {self.random.randrange(4)}")

    def _try(self, desk: Desk, kind: type[c.Command], **facts: Any) -> None:
        with suppress(ClerkDeskError):
            desk.do(desk.make(kind, **facts))

    @rule(place=DESKS)
    def somebody_else_sits_down(self, place: int) -> None:
        with suppress(ClerkDeskError):
            self.posts[place].desk.log_in("binhtt" if self.random.random() < 0.5 else "annv", PASSWORD)

    @rule(active=st.booleans())
    def dismiss_or_take_back_the_clerk(self, active: bool) -> None:
        desk = self.posts[0].desk
        self.posts[0].sync._failed = -100.0
        roles = frozenset({Role.CLERK})
        self._try(desk, c.ChangePerson, person=self.clerk, position="", unit=None, roles=roles, active=active)

    # -- the network -------------------------------------------------------------------------------------------------

    @rule(place=DESKS)
    def exchange(self, place: int) -> None:
        self.posts[place].round()

    @rule(place=DESKS, up=st.booleans())
    def plug(self, place: int, up: bool) -> None:
        if up:
            self.posts[place].online()
        else:
            self.posts[place].offline()

    @rule(place=DESKS, fault=FAULTS, after=st.integers(0, 3))
    def one_message_goes_astray(self, place: int, fault: Fault, after: int) -> None:
        left = [Fault.NONE] * after + [fault]
        weather: Callable[[str, str], Fault] = lambda _m, _p: left.pop(0) if left else Fault.NONE  # noqa: E731
        self.posts[place].wire.weather = weather

    @rule(place=DESKS)
    def late_messages_arrive(self, place: int) -> None:
        self.posts[place].wire.deliver_late()

    @rule(minutes=st.integers(1, 300))
    def time_passes(self, minutes: int) -> None:
        self.clock.forward(minutes=minutes)

    @rule(place=DESKS)
    def the_desk_is_started_anew(self, place: int) -> None:
        """Killed and opened again: nothing was kept in memory."""
        post = self.posts[place]
        person = post.desk.session
        path = post.store.path
        post.desk.close()
        again = link(Desk.open(path), self.http)
        again.desk.session = person
        again.wire.late = post.wire.late
        self.posts[place] = again

    # -- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def no_number_is_stamped_twice(self) -> None:
        numbers = list(getattr(self, "shown", {}).values())
        assert len(numbers) == len(set(numbers))

    def come_to_rest(self) -> None:
        for post in self.posts:
            post.online()
            post.wire.deliver_late()
        self.clock.forward(minutes=2)
        settle(*self.posts)
        while self.unknown:
            self._register(*self.unknown.pop(0))
        settle(*self.posts)
        assert [post.sync.standing().unsent for post in self.posts] == [0, 0, 0]
        assert differences(self.hub, *self.posts) == {}
        stored = {UUID(row[0]): row[1] for row in rows(self.hub.store, "SELECT id, number FROM arrival")}
        assert {uid: stored.get(uid) for uid in self.shown} == self.shown
        assert sorted(stored.values()) == list(range(1, len(stored) + 1))
        for post in self.posts:
            assert post.desk.read(check_chain).broken_at is None
            for line in post.desk.read(open_refusals, desk_id(post.desk)):
                assert line.sentence and line.body


@pytest.mark.timeout(600)
def test_office_days() -> None:
    run_state_machine_as_test(
        OfficeDays,
        settings=settings(
            max_examples=5,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )

"""A year at the registry in any order of events: the books stay whole, whatever happens."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

import argon2
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from clerkdesk.data import store_key
from clerkdesk.services import arrivals, audit, commands, numbering, office, registers
from clerkdesk.services.audit import check_chain
from clerkdesk.services.desk import Desk
from clerkdesk.services.ids import new_id
from clerkdesk.services.outgoing import IssueDateBeforePrevious
from clerkdesk.services.vocabulary import OutgoingStatus

from ..conftest import NINE_O_CLOCK, OfficeClock, hang_up
from ..office import (
    PASSWORD,
    arrival_command,
    arrivals_book,
    bring_to,
    everything,
    open_year,
    register,
    reserve,
    rows,
    void,
)

Key = tuple[UUID, int]


class PowerCut(Exception):
    """The machine stops in the middle of a transaction."""


class Cut:
    """Stands where something is written; the machine stops there."""

    def __call__(self, *_: object, **__: object) -> None:
        raise PowerCut

    many = __call__


class Registry(RuleBasedStateMachine):
    """The office, and beside it what a careful clerk would have on paper."""

    furnished: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copytree(self.furnished, self.folder, dirs_exist_ok=True)
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(store_key, "_trusted_keyring", lambda: None)
        self.patch.setattr(argon2.PasswordHasher, "verify", lambda *_: True)
        self.clock = OfficeClock(NINE_O_CLOCK)
        hang_up(self.clock, self.patch)
        self.open()
        self.arrivals = arrivals_book(self.desk)
        self.done: dict[UUID, tuple[commands.RegisterArrival, arrivals.ArrivalRegistered]] = {}
        self.next: dict[Key, int] = {}
        self.latest_letter: dict[int, dt.date] = {}
        self.held: dict[Key, dict[int, dt.date]] = {}
        self.void: set[tuple[UUID, int, int, str]] = set()
        self.commands = self.logged()

    def open(self) -> None:
        self.desk = Desk.open(self.folder / "clerkdesk.db")
        self.desk.log_in("annv", PASSWORD)

    def logged(self) -> int:
        return int(rows(self.desk.store, "SELECT count(*) FROM audit")[0][0])

    def teardown(self) -> None:
        self.desk.close()
        self.patch.undo()
        shutil.rmtree(self.folder)

    @property
    def year(self) -> int:
        return self.clock.today.year

    @property
    def book(self) -> Key:
        return (self.arrivals, self.year)

    def is_open(self) -> bool:
        return self.desk.read(numbering.next_number, *self.book) is not None

    def took(self, number: int) -> None:
        assert number == self.next.get(self.book, 1)
        self.next[self.book] = number + 1
        self.commands += 1

    # --- what happens at the registry -------------------------------------------------------------------------

    @rule()
    def a_document_arrives(self) -> None:
        command = arrival_command(self.desk)
        if not self.is_open():
            with pytest.raises(numbering.RegisterNotOpen):
                self.desk.do(command)
            return
        answer = self.desk.do(command)
        assert isinstance(answer, arrivals.ArrivalRegistered)
        self.took(answer.number)
        self.done[command.uid] = (command, answer)

    @precondition(lambda self: self.done)
    @rule(data=st.data())
    def the_same_form_is_saved_again(self, data: st.DataObject) -> None:
        command, first = self.done[data.draw(st.sampled_from(sorted(self.done)))]
        before = everything(self.desk.store)
        assert self.desk.do(command) == first
        assert everything(self.desk.store) == before

    @rule(days=st.integers(0, 20))
    def a_number_is_held(self, days: int) -> None:
        if not self.is_open():
            return
        held = self.held.setdefault(self.book, {})
        if len(held) >= numbering.OPEN_RESERVATIONS_ALLOWED:
            with pytest.raises(numbering.TooManyReserved):
                reserve(self.desk, self.arrivals, days)
            return
        number = reserve(self.desk, self.arrivals, days)
        self.took(number)
        held[number] = self.clock.today + dt.timedelta(days=days)

    @precondition(lambda self: self.held.get(self.book))
    @rule(data=st.data())
    def a_held_number_is_used(self, data: st.DataObject) -> None:
        held = self.held[self.book]
        number = data.draw(st.sampled_from(sorted(held)))
        if held[number] < self.clock.today:
            with pytest.raises(numbering.NumberNotReserved):
                register(self.desk, reserved_number=number)
            return
        assert register(self.desk, reserved_number=number).number == number
        del held[number]
        self.commands += 1

    @precondition(lambda self: self.next.get(self.book, 1) > 1)
    @rule(data=st.data())
    def a_number_is_voided(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(1, self.next[self.book] - 1))
        key = (*self.book, number, "")
        if key in self.void:
            with pytest.raises(numbering.AlreadyVoid):
                void(self.desk, self.arrivals, number)
            return
        void(self.desk, self.arrivals, number)
        self.void.add(key)
        self.held.get(self.book, {}).pop(number, None)
        self.commands += 1

    @rule(number=st.integers(1, 12))
    def a_document_is_put_behind_a_number(self, number: int) -> None:
        if not self.is_open():
            return
        if number >= self.next.get(self.book, 1):
            with pytest.raises(numbering.NumberUnknown):
                register(self.desk, sub_number_of=number, sub_number_reason="Bỏ sót")
            return
        answer = register(self.desk, sub_number_of=number, sub_number_reason="Bỏ sót")
        assert (answer.number, len(answer.sub_number)) == (number, 1)
        self.commands += 1

    @rule()
    def a_letter_goes_out(self) -> None:
        if not self.is_open():  # all registers of a year are opened together
            return
        if self.latest_letter.get(self.year, self.clock.today) > self.clock.today:
            with pytest.raises(IssueDateBeforePrevious):
                bring_to(self.desk, OutgoingStatus.SEALED)
            self.commands += 3
            return
        bring_to(self.desk, OutgoingStatus.SEALED)
        self.latest_letter[self.year] = self.clock.today
        self.commands += 5

    @rule(where=st.sampled_from(["_write", "_learn", "record", "_queue"]))
    def the_power_fails_after_the_number_was_taken(self, where: str) -> None:
        if not self.is_open():
            return
        modules: dict[str, Any] = {"record": audit, "_queue": office}
        before = everything(self.desk.store)
        with pytest.MonkeyPatch.context() as patch, pytest.raises(PowerCut):
            patch.setattr(modules.get(where, arrivals), where, Cut())
            register(self.desk)
        assert everything(self.desk.store) == before

    @rule(hours=st.sampled_from([-24 * 400, -24 * 60, -24, -3, -1, 1, 5, 24, 24 * 10, 24 * 60, 24 * 400]))
    def somebody_sets_the_clock(self, hours: int) -> None:
        moved = self.clock.moment + dt.timedelta(hours=hours)
        if 2025 <= moved.year <= 2027:
            self.clock.set(moved)

    @rule(step=st.sampled_from([-1, 0, 1]))
    def a_year_is_opened(self, step: int) -> None:
        open_year(self.desk, self.year + step)
        self.commands += 1

    @rule(step=st.sampled_from([-2, 2, 10]))
    def a_far_year_is_not_opened(self, step: int) -> None:
        with pytest.raises(registers.YearOutOfRange):
            open_year(self.desk, self.year + step)

    @rule()
    def the_desk_is_closed_and_opened(self) -> None:
        self.desk.close()
        self.open()

    @rule()
    def a_number_that_nobody_held_cannot_be_used(self) -> None:
        if self.is_open():
            with pytest.raises(numbering.NumberNotReserved):
                register(self.desk, uid=new_id(), reserved_number=self.next.get(self.book, 1))

    # --- what must hold at any moment -------------------------------------------------------------------------

    @invariant()
    def every_book_is_whole(self) -> None:
        counters = {
            (UUID(row.register_id), row.year): row.next_number
            for row in rows(self.desk.store, "SELECT register_id, year, next_number FROM register_year")
        }
        entries = rows(
            self.desk.store,
            "SELECT * FROM entry ORDER BY register_id, year, number, sub_number",
        )
        for key, following in counters.items():
            mine = [row for row in entries if (UUID(row.register_id), row.year) == key]
            main = [row for row in mine if row.sub_number == ""]
            assert [row.number for row in main] == list(range(1, following))
            moments = [row.registered_at for row in main]
            assert moments == sorted(moments)
            assert all(row.reason for row in mine if row.state != "LIVE" or row.sub_number)
            assert all(row.document_id for row in mine if row.state == "LIVE")
            assert not [row for row in mine if row.state == "RESERVED" and row.document_id]
            if key[0] == self.arrivals:
                assert following == self.next.get(key, 1)
                held = {row.number for row in mine if row.state == "RESERVED"}
                assert held == set(self.held.get(key, {}))
        documents = [row.document_id for row in entries if row.document_id]
        assert len(documents) == len(set(documents))

    @invariant()
    def every_document_has_the_number_of_its_entry(self) -> None:
        astray = rows(
            self.desk.store,
            "SELECT 1 FROM arrival a LEFT JOIN entry e USING (agency_id, register_id, year, number, sub_number)"
            " WHERE e.document_id IS NOT a.id OR (e.state = 'VOID') != (a.status = 'VOIDED')"
            " OR e.registered_at != a.registered_at"
            " UNION ALL SELECT 1 FROM outgoing o LEFT JOIN entry e USING (agency_id, register_id, year, number, sub_number)"
            " WHERE o.number IS NOT NULL AND e.document_id IS NOT o.id"
            " UNION ALL SELECT 1 FROM entry e WHERE e.document_id IS NOT NULL AND NOT EXISTS"
            " (SELECT 1 FROM arrival WHERE id = e.document_id UNION ALL SELECT 1 FROM outgoing WHERE id = e.document_id)",
        )
        assert astray == []

    @invariant()
    def every_command_is_in_the_log_once(self) -> None:
        report = self.desk.read(check_chain)
        assert report.broken_at is None
        assert report.entries == self.commands
        assert [row[0] for row in rows(self.desk.store, "SELECT audit_seq FROM outbox ORDER BY 1")] == list(
            range(1, report.entries + 1)
        )


def test_the_books_stay_whole_whatever_happens_at_the_registry(furnished: Path) -> None:
    Registry.furnished = furnished
    run_state_machine_as_test(
        Registry,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

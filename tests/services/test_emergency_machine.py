"""Outages at three desks in any order of events: nothing is lost, nothing numbered twice, and the order is that of receipt."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

import argon2
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from clerkdesk.data import store_key
from clerkdesk.services import arrivals, audit, emergency_lines, office
from clerkdesk.services import commands as c
from clerkdesk.services.arrivals import ArrivalRegistered
from clerkdesk.services.clock import local
from clerkdesk.services.emergency import open_lines
from clerkdesk.services.emergency_conversion import EmergencyConverted
from clerkdesk.services.emergency_lines import AlreadyConverted
from clerkdesk.services.integrity import check_store
from clerkdesk.services.numbering import RegisterNotOpen

from ..conftest import NINE_O_CLOCK
from ..office import everything, rows, void
from ..several_desks import SeveralDesks, Workplace

CODES = ("01", "02", "03")
CODE = st.sampled_from(CODES)
SKEW = st.sampled_from([0, -600, -35, 1, 90, 60 * 24 * 2])  # minutes that a clock is ahead

# To explain a failure Hypothesis would trace every line of every run.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)


class PowerCut(Exception):
    """The machine stops in the middle of a transaction."""


class Cut:
    """Stands where something is written; the machine stops there."""

    def __call__(self, *_: object, **__: object) -> None:
        raise PowerCut

    many = __call__


class Outages(RuleBasedStateMachine):
    """The office, and beside it what stands on paper: which document got which number, and when it truly came."""

    furnished: Path

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(store_key, "_trusted_keyring", lambda: None)
        self.patch.setattr(argon2.PasswordHasher, "verify", lambda *_: True)
        start = NINE_O_CLOCK.replace(month=12, day=29)
        # Thousands of small transactions, none of which must outlive the test: in memory where there is a place for it.
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
        self.office = SeveralDesks(self.furnished, self.folder, start, CODES)
        self.on_paper: dict[str, UUID] = {}  # every emergency number ever shown
        self.came: dict[UUID, dt.datetime] = {}
        self.ordinary: dict[UUID, tuple[int, int]] = {}
        self.void: set[UUID] = set()
        self.forms: list[tuple[str, c.RegisterArrival, ArrivalRegistered]] = []
        self.done: list[tuple[str, c.ConvertEmergency, EmergencyConverted]] = []

    def teardown(self) -> None:
        try:
            self.everything_ends_well()
        finally:
            self.office.close()
            self.patch.undo()
            shutil.rmtree(self.folder)

    def place(self, code: str) -> Workplace:
        return self.office.places[code]

    # -- what happens ---------------------------------------------------------------------------------------------

    @initialize(minutes=st.lists(SKEW, min_size=3, max_size=3), books=st.booleans())
    def the_clocks_differ(self, minutes: list[int], books: bool) -> None:
        for code, ahead in zip(CODES, minutes, strict=True):
            self.place(code).skew = dt.timedelta(minutes=ahead)
            self.office.meet(self.place(code))
        if books:
            self.the_books_of_the_new_year_are_opened()

    @rule(minutes=st.sampled_from([1, 60, 60 * 20]))
    def time_passes(self, minutes: int) -> None:
        if self.office.time < dt.datetime(2027, 1, 20, tzinfo=dt.UTC):
            self.office.forward(minutes=minutes)

    @rule()
    def new_year_is_near(self) -> None:
        near = dt.datetime(2026, 12, 31, 16, 57, tzinfo=dt.UTC)  # three minutes to midnight in Vietnam
        self.office.time = max(self.office.time, near)

    @rule(codes=st.lists(CODE, min_size=2, max_size=7))
    def documents_arrive_in_an_outage(self, codes: list[str]) -> None:
        for code in codes:
            self.office.forward(minutes=1)
            self.enter(code, self.fill_in(code))

    @rule(code=CODE)
    def a_document_is_registered_over_the_line(self, code: str) -> None:
        self.register(code, self.fill_in(code))

    @rule(code=CODE, met=st.booleans())
    def an_answer_is_lost_and_the_clerk_goes_on_in_the_emergency_register(self, code: str, met: bool) -> None:
        form = self.fill_in(code)
        if self.register(code, form):
            if met:  # the record itself has come meanwhile
                self.office.meet(self.place(code))
            self.enter(code, form)

    @precondition(lambda self: self.forms)
    @rule(data=st.data())
    def an_old_form_is_saved_again(self, data: st.DataObject) -> None:
        code, form, first = data.draw(st.sampled_from(self.forms))
        place = self.place(code)
        self.make_ready(place)
        before = everything(place.desk.store)
        assert self.office.enter(place, form) == first
        assert everything(place.desk.store) == before

    @rule(code=CODE, where=st.sampled_from(["write_line", "_write", "_learn", "record", "_queue"]))
    def the_power_fails_after_the_emergency_number_was_taken(self, code: str, where: str) -> None:
        place = self.place(code)
        self.make_ready(place)
        modules: dict[str, Any] = {"record": audit, "_queue": office, "write_line": emergency_lines}
        before = everything(place.desk.store)
        with pytest.MonkeyPatch.context() as patch, pytest.raises(PowerCut):
            patch.setattr(modules.get(where, arrivals), where, Cut())
            self.office.enter(place)
        assert everything(place.desk.store) == before
        place.close()
        place.open()
        self.enter(code, self.fill_in(code))

    @rule(code=CODE, minutes=SKEW)
    def an_outage_ends(self, code: str, minutes: int) -> None:
        """The desk meets the middle, and then its clock is set; the difference is known before the next outage."""
        place = self.place(code)
        if place.outage is not None:
            self.office.end(place)
        self.office.meet(place)
        place.skew = dt.timedelta(minutes=minutes)
        self.office.pull(place)

    @precondition(lambda self: self.forms)
    @rule(data=st.data())
    def a_line_is_voided_at_its_desk(self, data: st.DataObject) -> None:
        code, form, answer = data.draw(st.sampled_from(self.forms))
        place = self.place(code)
        if form.uid in self.void:
            return
        self.office.meet(place)  # else it could be converted meanwhile, and the refusal would be the attention tray's
        ((register_id,),) = rows(place.desk.store, "SELECT id FROM register WHERE code = :code", code=f"T{code}")
        with self.office.at(place) as desk:
            if form.uid in self.ordinary:
                with pytest.raises(AlreadyConverted):
                    void(desk, register_id, answer.number, year=answer.year)
                return
            void(desk, register_id, answer.number, year=answer.year)
        self.void.add(form.uid)
        self.office.push(place)

    @rule(codes=st.lists(CODE, min_size=1, max_size=3, unique=True))
    def the_lines_are_converted(self, codes: list[str]) -> None:
        """Those of the desks that have met the middle; the others are left out."""
        for code in codes:
            self.office.meet(self.place(code))
        self.convert(codes[0])

    @precondition(lambda self: self.done)
    @rule(data=st.data())
    def a_conversion_comes_a_second_time(self, data: st.DataObject) -> None:
        code, command, answer = data.draw(st.sampled_from(self.done))
        before = everything(self.office.middle.store)
        assert self.office.call(self.place(code), command) == answer
        late = self.place(code).desk.make(
            c.ConvertEmergency, register_id=command.register_id, year=command.year, documents=command.documents
        )
        with pytest.raises(AlreadyConverted):
            self.office.call(self.place(code), late)
        assert everything(self.office.middle.store) == before

    @rule()
    def the_books_of_the_new_year_are_opened(self) -> None:
        desk = self.place("01").desk
        command = desk.make(c.OpenRegisters, year=2027, registers=(self.office.arrivals,))
        self.office.call(self.place("01"), command)

    # -- how ------------------------------------------------------------------------------------------------------

    def is_open(self, year: int) -> bool:
        sql = "SELECT year FROM register_year WHERE state = 'OPEN' AND register_id = :id"
        return (year,) in rows(self.office.middle.store, sql, id=str(self.office.arrivals))

    def fill_in(self, code: str) -> c.RegisterArrival:
        """A form with the true date; a desk's own clock may stand on another day."""
        place = self.place(code)
        day = min(local(self.office.time).date(), local(self.office.time + place.skew).date())
        form = self.office.form(place, arrival_date=day, issued_date=day, code_number=str(len(self.came) + 1))
        self.came[form.uid] = self.office.time
        return form

    def register(self, code: str, form: c.RegisterArrival) -> bool:
        """Register a form over the line; False while the books of its year are not open."""
        if not self.is_open(form.facts.arrival_date.year):
            with pytest.raises(RegisterNotOpen):
                self.office.call(self.place(code), form)
            return False
        answer = self.office.call(self.place(code), form)
        assert isinstance(answer, ArrivalRegistered)
        assert (answer.year, answer.number) not in self.ordinary.values()
        self.ordinary[form.uid] = (answer.year, answer.number)
        return True

    def enter(self, code: str, form: c.RegisterArrival) -> None:
        """Enter a form in the emergency register."""
        place = self.place(code)
        self.make_ready(place)
        answer = self.office.enter(place, form)
        assert answer.emergency_number == f"T{code}-{answer.number}/{answer.year}"
        assert answer.emergency_number not in self.on_paper
        self.on_paper[answer.emergency_number] = form.uid
        self.forms.append((code, form, answer))

    def make_ready(self, place: Workplace) -> None:
        """Open the emergency register, or have it allowed for longer."""
        here = self.office.time + place.skew
        if place.outage is None:
            self.office.start(place)
        elif here >= place.outage.authorised_until - dt.timedelta(minutes=1):
            with self.office.at(place) as desk:
                desk.do(
                    desk.make(
                        c.ExtendEmergency, outage=place.outage.id, authorised_by="Giám đốc",
                        authorised_until=here + dt.timedelta(days=6),
                    )
                )  # fmt: skip

    def convert(self, code: str) -> None:
        place = self.place(code)
        for command in self.office.conversion(place):
            if not self.is_open(command.year):
                with pytest.raises(RegisterNotOpen):
                    self.office.call(place, command)
                continue
            answer = self.office.call(place, command)
            assert isinstance(answer, EmergencyConverted)
            self.done.append((code, command, answer))
            moments = [self.came[one.document] for one in answer.conversions]
            assert moments == sorted(moments)
            for one in answer.conversions:
                assert self.on_paper[one.emergency_number] == one.document
                assert one.document not in self.ordinary
                assert (answer.year, one.number) not in self.ordinary.values()
                self.ordinary[one.document] = (answer.year, one.number)
        self.office.pull(place)

    # -- what must hold -------------------------------------------------------------------------------------------

    @invariant()
    def emergency_numbers_of_a_desk_have_no_gap(self) -> None:
        for code in CODES:
            for year in (2026, 2027):
                mine = [
                    int(text[4:-5])
                    for text in self.on_paper
                    if text.startswith(f"T{code}-") and text.endswith(str(year))
                ]
                assert sorted(mine) == list(range(1, len(mine) + 1))

    @invariant()
    def both_numbers_of_a_document_belong_together_for_ever(self) -> None:
        lines = rows(
            self.office.middle.store,
            "SELECT a.id, a.emergency_number, a.year, a.number, l.ordinary_number, r.emergency_of FROM arrival a"
            " JOIN register r ON r.id = a.register_id LEFT JOIN emergency_line l ON l.document_id = a.id",
        )
        for row in lines:
            document = UUID(row.id)
            if row.emergency_number:
                assert self.on_paper[row.emergency_number] == document
            if row.emergency_of is None:
                assert self.ordinary[document] == (row.year, row.number)
                assert row.emergency_number == "" or row.ordinary_number == row.number
            else:
                assert document not in self.ordinary
                assert row.ordinary_number is None

    @invariant()
    def the_ordinary_books_have_no_gap(self) -> None:
        for year in (2026, 2027):
            numbers = sorted(number for of_year, number in self.ordinary.values() if of_year == year)
            assert numbers == list(range(1, len(numbers) + 1))

    def everything_ends_well(self) -> None:
        """All desks meet, the outages end, what waits is converted: every document has exactly one number."""
        self.the_books_of_the_new_year_are_opened()
        for code in CODES:
            self.an_outage_ends(code, 0)
        self.the_lines_are_converted(["01"])
        for code in CODES:
            self.office.meet(self.place(code))
        wanted = {document for document in self.on_paper.values() if document not in self.void}
        assert wanted <= set(self.ordinary)
        self.both_numbers_of_a_document_belong_together_for_ever()
        self.the_ordinary_books_have_no_gap()
        stores = [self.office.middle.store, *(self.place(code).desk.store for code in CODES)]
        for store in stores:
            found = rows(store, "SELECT id, emergency_number, year, number FROM arrival ORDER BY id")
            assert found == rows(stores[0], "SELECT id, emergency_number, year, number FROM arrival ORDER BY id")
            assert [one.reason for one in check_store(store) if one.state not in ("ok", "off")] == []
        agency = self.place("01").desk.agency_id
        with stores[0].reading() as connection:
            assert [open_lines(connection, agency, year) for year in (2026, 2027)] == [0, 0]


def test_no_outage_loses_or_doubles_a_number(furnished: Path) -> None:
    Outages.furnished = furnished
    run_state_machine_as_test(
        Outages,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            phases=PHASES,
            suppress_health_check=list(HealthCheck),
        ),
    )

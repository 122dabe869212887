"""After the outage: one order, one ordinary number for each line, both kept for ever; and what the store refuses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from clerkdesk.services import commands as c
from clerkdesk.services import numbering
from clerkdesk.services.arrivals import ArrivalRegistered, arrival_by_id
from clerkdesk.services.corrections import corrections_of
from clerkdesk.services.emergency import open_lines
from clerkdesk.services.emergency_book import conversions, converted_lines, desk_contacts, line_of, lines, proposal
from clerkdesk.services.emergency_conversion import (
    EmergencyConverted,
    LineOfAnotherBook,
    LineUnknown,
    LineVoid,
    NothingToConvert,
)
from clerkdesk.services.emergency_lines import AlreadyConverted, AlreadyEntered
from clerkdesk.services.integrity import check_store

from ..conftest import NINE_O_CLOCK
from ..office import everything, pdf_file, rows, void
from ..several_desks import SeveralDesks

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def office(furnished: Path, tmp_path: Path, cheap_passwords: None, no_keyring: None) -> Iterator[SeveralDesks]:
    """Three desks whose shared books are in the middle, on Friday at nine."""
    office = SeveralDesks(furnished, tmp_path, NINE_O_CLOCK)
    yield office
    office.close()


def written(office: SeveralDesks, *codes: str) -> list[str]:
    """Enter one document after the other, a minute apart, at these desks; end the outages; return their numbers."""
    for code in dict.fromkeys(codes):
        office.start(office.places[code])
    numbers = []
    for code in codes:
        office.forward(minutes=1)
        numbers.append(office.enter(office.places[code]).emergency_number)
    for code in dict.fromkeys(codes):
        office.end(office.places[code])
    return numbers


def meet(office: SeveralDesks, *codes: str) -> None:
    """Let desks send what they have, then all of them take it."""
    for code in codes:
        office.push(office.places[code])
    for code in codes:
        office.pull(office.places[code])


def numbers_of(answer: EmergencyConverted) -> list[tuple[str, int]]:
    return [(one.emergency_number, one.number) for one in answer.conversions]


def unchanged(office: SeveralDesks, command: c.Command, error: type[Exception]) -> None:
    """See that a command is refused and nothing has changed."""
    before = everything(office.middle.store)
    with pytest.raises(error):
        office.call(office.places["01"], command)
    assert everything(office.middle.store) == before


class TestTheOrder:
    def test_lines_of_all_desks_stand_in_order_of_receipt_whatever_their_clocks_say(self, office: SeveralDesks) -> None:
        for code, minutes in (("01", 0), ("02", -45), ("03", 60 * 24 * 3)):
            office.places[code].skew = minutes * MINUTE
            office.meet(office.places[code])
        wanted = written(office, "02", "03", "01", "03", "02", "02", "01")
        meet(office, "01", "02", "03")
        (answer,) = office.convert(office.places["01"])
        assert numbers_of(answer) == list(zip(wanted, range(1, 8), strict=True))

    def test_at_one_moment_the_desk_and_then_the_number_decide(self, office: SeveralDesks) -> None:
        for code in ("02", "03"):
            office.start(office.places[code])
        for code in ("03", "02", "03", "02"):
            office.time = NINE_O_CLOCK + 5 * MINUTE
            office.enter(office.places[code])
        meet(office, "02", "03")
        with office.middle.store.writing() as tx:
            tx.execute(text("INSERT INTO applying VALUES (1)"))
            tx.execute(text("UPDATE emergency_line SET registered_at = '2026-11-20T02:05:00.000000Z'"))
            tx.execute(text("DELETE FROM applying"))
        office.pull(office.places["01"])
        (batch,) = office.places["01"].desk.read(proposal)
        assert [one.emergency_number for one in batch.lines] == [
            "T02-1/2026", "T02-2/2026", "T03-1/2026", "T03-2/2026",
        ]  # fmt: skip

    def test_a_clock_put_back_in_the_middle_does_not_turn_a_desks_own_order(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        office.start(place)
        office.enter(place)
        place.skew = -30 * MINUTE
        office.enter(place)
        office.meet(place)
        (batch,) = place.desk.read(proposal)
        assert [one.number for one in batch.lines] == [1, 2]

    def test_the_proposal_says_the_next_number_and_the_desks_last_contact(self, office: SeveralDesks) -> None:
        first = office.call(office.places["01"], office.form(office.places["01"]))
        assert isinstance(first, ArrivalRegistered)
        written(office, "02", "02")
        meet(office, "02", "01")
        with office.at(office.places["01"]) as desk:
            (batch,) = desk.read(proposal)
            contacts = {one.code: one for one in desk.read(desk_contacts, office.places["01"].id)}
        assert (batch.title, batch.year, batch.state) == ("Sổ đăng ký văn bản đến", 2026, "OPEN")
        assert (batch.first_number, len(batch.lines)) == (2, 2)
        assert contacts["01"].here
        assert not contacts["01"].may_have_lines
        assert not contacts["03"].here
        assert contacts["03"].last_contact is None
        assert contacts["03"].may_have_lines

    def test_a_desk_heard_of_after_the_last_line_has_nothing_to_wait_for(self, office: SeveralDesks) -> None:
        written(office, "02")
        meet(office, "02", "01")
        other = office.places["03"].id
        desk = office.places["01"].desk

        def waits_for(seen: dt.datetime) -> bool:
            found = desk.read(desk_contacts, office.places["01"].id, {other: seen})
            return next(one for one in found if one.id == other).may_have_lines

        assert waits_for(office.time - 5 * MINUTE)
        assert not waits_for(office.time + MINUTE)

    def test_a_desk_whose_outage_goes_on_may_have_more(self, office: SeveralDesks) -> None:
        office.start(office.places["02"])
        office.enter(office.places["02"])
        meet(office, "02", "01")
        desk = office.places["01"].desk
        seen = {place.id: office.time + MINUTE for place in office.places.values()}
        found = desk.read(desk_contacts, office.places["01"].id, seen)
        assert [one.code for one in found if one.may_have_lines] == ["02"]

    def test_a_lost_desk_is_waited_for_no_more(self, office: SeveralDesks) -> None:
        with office.middle.store.writing() as tx:
            tx.execute(
                text("INSERT INTO desk_key (agency_id, desk_id, public_key, incarnation, state)"
                     " SELECT agency_id, id, '', incarnation, 'LOST' FROM desk WHERE code = '03'")
            )  # fmt: skip
        agency = office.places["01"].desk.agency_id
        with office.middle.store.reading() as connection:
            found = desk_contacts(connection, agency, office.places["01"].id)
        assert [one.code for one in found] == ["01", "02"]


class TestTheNumbers:
    def test_both_numbers_date_and_moment_stay(self, office: SeveralDesks) -> None:
        written(office, "02")
        place = office.places["02"]
        (before,) = place.desk.read(lines)
        old = place.desk.read(arrival_by_id, before.document)
        office.forward(days=2)
        meet(office, "02")
        office.convert(place)
        row = place.desk.read(arrival_by_id, before.document)
        assert (row["number"], row["year"], row["emergency_number"]) == (1, 2026, "T02-1/2026")
        assert (row["arrival_date"], row["registered_at"]) == (old["arrival_date"], old["registered_at"])
        assert row["register_id"] == office.arrivals
        line = place.desk.read(line_of, before.document)
        assert line is not None
        assert (line.ordinary, line.emergency_number, line.waits) == ("01/2026", "T02-1/2026", False)
        entries = rows(
            place.desk.store, "SELECT e.number, r.code, e.state FROM entry e JOIN register r ON r.id = e.register_id"
        )
        assert sorted(entries) == [(1, "DEN", "LIVE"), (1, "T02", "LIVE")]

    def test_ordinary_numbers_go_on_behind(self, office: SeveralDesks) -> None:
        written(office, "02", "02")
        meet(office, "02")
        office.convert(office.places["02"])
        answer = office.call(office.places["01"], office.form(office.places["01"]))
        assert isinstance(answer, ArrivalRegistered)
        assert answer.number == 3

    def test_late_lines_of_a_desk_left_out_come_in_a_later_batch(self, office: SeveralDesks) -> None:
        written(office, "03", "02", "03")
        meet(office, "02")
        (command,) = office.conversion(office.places["02"])
        assert set(command.without_desks) == {office.places[code].id for code in ("01", "03")}
        (first,) = office.convert(office.places["02"])
        meet(office, "03")
        (second,) = office.convert(office.places["03"])
        assert numbers_of(first) == [("T02-1/2026", 1)]
        assert numbers_of(second) == [("T03-1/2026", 2), ("T03-2/2026", 3)]
        ((body,),) = rows(office.middle.store, "SELECT body FROM audit WHERE command_uid = :u", u=_uid(office, 0))
        assert str(office.places["03"].id) in body

    def test_the_same_conversion_twice_is_one(self, office: SeveralDesks) -> None:
        written(office, "02", "02")
        meet(office, "02")
        (command,) = office.conversion(office.places["02"])
        first = office.call(office.places["02"], command)
        before = everything(office.middle.store)
        assert office.call(office.places["02"], command) == first
        assert everything(office.middle.store) == before

    def test_two_clerks_convert_at_once_and_one_of_them_is_refused(self, office: SeveralDesks) -> None:
        written(office, "02", "03", "02")
        meet(office, "02", "03", "01")
        (one,), (two,) = office.conversion(office.places["01"]), office.conversion(office.places["02"])
        office.call(office.places["01"], one)
        unchanged(office, two, AlreadyConverted)

    def test_a_line_of_this_year_and_one_of_last_go_into_their_own_books(self, office: SeveralDesks) -> None:
        office.time = dt.datetime(2026, 12, 31, 16, 50, tzinfo=dt.UTC)  # ten to midnight in Vietnam
        place = office.places["02"]
        office.start(place)
        for minutes in (0, 5, 10):
            office.forward(minutes=minutes)
            office.enter(place)
        office.end(place)
        with office.at(office.places["01"]):
            open_year_in_the_middle(office, 2027)
        meet(office, "02")
        assert place.desk.read(open_lines, 2026) == 2
        answers = office.convert(place)
        assert [(one.year, numbers_of(one)) for one in answers] == [
            (2026, [("T02-1/2026", 1), ("T02-2/2026", 2)]),
            (2027, [("T02-1/2027", 1)]),
        ]
        assert [place.desk.read(open_lines, year) for year in (2026, 2027)] == [0, 0]

    def test_lines_of_a_year_that_was_closed_meanwhile_go_into_the_next(self, office: SeveralDesks) -> None:
        office.time = dt.datetime(2026, 12, 31, 15, 0, tzinfo=dt.UTC)
        written(office, "02")
        office.forward(days=20)
        with office.at(office.places["01"]):
            open_year_in_the_middle(office, 2027)
        with office.middle.store.writing() as tx:
            tx.execute(text("UPDATE register_year SET state = 'CLOSED' WHERE year = 2026"))
        meet(office, "02")
        place = office.places["02"]
        (batch,) = place.desk.read(proposal)
        assert (batch.year, batch.state) == (2027, "OPEN")
        (answer,) = office.convert(place)
        assert (answer.year, numbers_of(answer)) == (2027, [("T02-1/2026", 1)])
        (line,) = place.desk.read(lines)
        assert (line.year, line.ordinary) == (2026, "01/2027")
        assert line.arrival_date == dt.date(2026, 12, 31)

    def test_an_order_that_people_have_changed_is_kept(self, office: SeveralDesks) -> None:
        written(office, "02", "02", "02")
        meet(office, "02")
        (command,) = office.conversion(office.places["02"])
        turned = command.model_copy(update={"documents": tuple(reversed(command.documents))})
        answer = office.call(office.places["02"], turned)
        assert isinstance(answer, EmergencyConverted)
        assert [one.emergency_number for one in answer.conversions] == [f"T02-{n}/2026" for n in (3, 2, 1)]

    def test_what_was_converted_is_listed_to_be_stamped(self, office: SeveralDesks) -> None:
        written(office, "03", "02")
        meet(office, "02", "03")
        office.convert(office.places["02"])
        place = office.places["02"]
        (done,) = place.desk.read(conversions)
        assert done.count == 2
        listed = place.desk.read(converted_lines, [done.command])
        assert [(one.emergency_number, one.ordinary) for one in listed] == [
            ("T03-1/2026", "01/2026"), ("T02-1/2026", "02/2026"),
        ]  # fmt: skip

    def test_five_hundred_lines_are_one_batch(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        office.start(place)
        for _ in range(500):
            office.enter(place)
        office.push(place)
        office.pull(place)
        (answer,) = office.convert(place)
        assert [one.number for one in answer.conversions] == list(range(1, 501))
        assert [one.state for one in check_store(office.middle.store)][:4] == ["ok", "ok", "off", "ok"]


class TestALostAnswer:
    def lost(self, office: SeveralDesks, **changes: object) -> c.RegisterArrival:
        """The middle registers a form and the desk never hears of it; then the outage."""
        form = office.form(office.places["02"], **changes)
        office.call(office.places["02"], form)
        office.start(office.places["02"])
        return form

    def test_the_line_is_linked_and_numbered_no_second_time(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        form = self.lost(office)
        office.enter(place)
        answer = office.enter(place, form)
        assert answer.emergency_number == "T02-2/2026"
        office.end(place)
        office.meet(place)
        line = place.desk.read(line_of, form.uid)
        assert line is not None
        assert (line.emergency_number, line.ordinary, line.waits) == ("T02-2/2026", "01/2026", False)
        (converted,) = office.convert(place)
        assert numbers_of(converted) == [("T02-1/2026", 2)]
        row = place.desk.read(arrival_by_id, form.uid)
        assert (row["number"], row["emergency_number"], row["in_emergency"]) == (1, "T02-2/2026", 0)

    def test_what_was_changed_in_between_is_kept_with_the_old_value(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        file = pdf_file()
        form = self.lost(office, files=(file,))
        facts = form.facts.model_copy(update={"subject": "Trích yếu đã gõ lại"})
        office.enter(place, form.model_copy(update={"facts": facts, "files": (file, pdf_file())}))
        office.meet(place)
        assert place.desk.read(arrival_by_id, form.uid)["subject"] == "Trích yếu đã gõ lại"
        (change,) = place.desk.read(corrections_of, form.uid)
        assert (change["field"], change["old_value"]) == ("subject", form.facts.subject)
        assert rows(office.middle.store, "SELECT count(*) FROM attachment") == [(2,)]

    def test_an_answer_that_comes_after_all_is_no_second_number(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        form = office.form(place)
        office.start(place)
        office.enter(place, form)
        office.push(place)
        unchanged(office, form, AlreadyEntered)

    def test_it_is_linked_at_the_desk_too_when_the_record_came_before(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        form = self.lost(office)
        office.pull(place)
        office.enter(place, form)
        office.push(place)
        for store in (place.desk.store, office.middle.store):
            (line,) = rows(store, "SELECT number, ordinary_number FROM emergency_line")
            assert line == (1, 1)


class TestWhatIsRefused:
    @pytest.fixture
    def ready(self, office: SeveralDesks) -> c.ConvertEmergency:
        """Two lines of desk 02 that are ready to be converted."""
        written(office, "02", "02")
        meet(office, "02", "01")
        (command,) = office.conversion(office.places["01"])
        return command

    def test_nothing_or_a_line_twice(self, office: SeveralDesks, ready: c.ConvertEmergency) -> None:
        unchanged(office, ready.model_copy(update={"documents": ()}), NothingToConvert)
        twice = (*ready.documents, ready.documents[0])
        unchanged(office, ready.model_copy(update={"documents": twice}), NothingToConvert)

    def test_a_line_that_has_not_come_here(self, office: SeveralDesks, ready: c.ConvertEmergency) -> None:
        missing = (*ready.documents, office.places["01"].id)
        unchanged(office, ready.model_copy(update={"documents": missing}), LineUnknown)

    def test_a_void_line(self, office: SeveralDesks, ready: c.ConvertEmergency) -> None:
        place = office.places["02"]
        ((register_id,),) = rows(place.desk.store, "SELECT id FROM register WHERE code = 'T02'")
        with office.at(place) as desk:
            void(desk, register_id, 2, year=2026)
        office.push(place)
        unchanged(office, ready, LineVoid)

    def test_another_register_or_year(self, office: SeveralDesks, ready: c.ConvertEmergency) -> None:
        ((other,),) = rows(office.middle.store, "SELECT id FROM register WHERE code = 'DI'")
        unchanged(office, ready.model_copy(update={"register_id": other}), LineOfAnotherBook)
        with office.at(office.places["01"]):
            open_year_in_the_middle(office, 2027)
        unchanged(office, ready.model_copy(update={"year": 2027}), LineOfAnotherBook)

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ("state = 'CLOSED'", numbering.RegisterClosed),
            ("state = 'SUSPENDED'", numbering.RegisterSuspended),
            ("holder_desk = register_id", numbering.PenElsewhere),
        ],
    )
    def test_a_book_that_gives_no_numbers(
        self, office: SeveralDesks, ready: c.ConvertEmergency, change: str, error: type[Exception]
    ) -> None:
        with office.middle.store.writing() as tx:
            tx.execute(text(f"UPDATE register_year SET {change} WHERE register_id = :id"), {"id": str(office.arrivals)})
        unchanged(office, ready, error)

    def test_a_power_cut_anywhere_changes_nothing(self, office: SeveralDesks, ready: c.ConvertEmergency) -> None:
        before = everything(office.middle.store)
        for cut in range(1, 100):
            seen: list[str] = []

            def stop(_c: object, _u: object, statement: str, *_: object, seen: list[str] = seen, at: int = cut) -> None:
                seen.append(statement)
                if len(seen) == at:
                    raise KeyboardInterrupt

            event.listen(office.middle.store.engine, "before_cursor_execute", stop)
            try:
                office.call(office.places["01"], ready)
                break
            except KeyboardInterrupt:
                assert everything(office.middle.store) == before
            finally:
                event.remove(office.middle.store.engine, "before_cursor_execute", stop)
        assert cut > 10
        assert rows(office.middle.store, "SELECT count(*) FROM emergency_line WHERE ordinary_number IS NOT NULL") == [
            (2,)
        ]

    def test_the_emergency_number_of_a_converted_line_is_not_voided(
        self, office: SeveralDesks, ready: c.ConvertEmergency
    ) -> None:
        office.call(office.places["01"], ready)
        office.pull(office.places["02"])
        place = office.places["02"]
        ((register_id,),) = rows(place.desk.store, "SELECT id FROM register WHERE code = 'T02'")
        with office.at(place) as desk, pytest.raises(AlreadyConverted, match="T02-1/2026 đã có số đến 1"):
            void(desk, register_id, 1, year=2026)

    def test_a_void_ordinary_number_keeps_its_line(self, office: SeveralDesks, ready: c.ConvertEmergency) -> None:
        office.call(office.places["01"], ready)
        command = office.places["01"].desk.make(
            c.VoidNumber, register_id=office.arrivals, year=2026, number=1, reason="Vào sổ nhầm"
        )
        office.call(office.places["01"], command)
        assert rows(office.middle.store, "SELECT ordinary_number FROM emergency_line ORDER BY number") == [(1,), (2,)]
        assert rows(office.middle.store, "SELECT count(*) FROM arrival WHERE status = 'VOIDED'") == [(1,)]


FIRST = "WHERE number = 1"
SQL = {
    "a line is deleted": "DELETE FROM emergency_line",
    "a converted line gets another number": f"UPDATE emergency_line SET ordinary_number = 7 {FIRST}",
    "a converted line loses its number": f"UPDATE emergency_line SET ordinary_number = NULL {FIRST}",
    "an open line gets a number that its arrival has not": "UPDATE emergency_line SET ordinary_number = 9 WHERE number = 3",
    "a line gets another emergency number": "UPDATE emergency_line SET number = 8 WHERE number = 3",
    "a line gets another document": "UPDATE emergency_line SET document_id = desk_id WHERE number = 3",
    "a line gets another desk": "UPDATE emergency_line SET desk_id = outage_id WHERE number = 3",
    "a line gets another moment": "UPDATE emergency_line SET registered_at = '2026-01-01T00:00:00.000000Z'",
    "a line gets another clock": "UPDATE emergency_line SET clock_offset = 5",
    "two lines have one number": (
        "INSERT INTO emergency_line SELECT agency_id, outage_id, outage_id, desk_id, register_id, year, number,"
        f" registered_at, clock_offset, ordinary_register_id, NULL, NULL, NULL FROM emergency_line {FIRST}"
    ),
    "an emergency number is changed": "UPDATE arrival SET emergency_number = 'T02-9/2026' WHERE emergency_number != ''",
    "an emergency number is taken away": "UPDATE arrival SET emergency_number = ''",
    "an arrival moves on after its conversion": (
        "UPDATE arrival SET number = 2 WHERE emergency_number = 'T02-1/2026'"
    ),
    "an arrival moves back": (
        "UPDATE arrival SET register_id = (SELECT id FROM register WHERE code = 'T02')"
        " WHERE emergency_number = 'T02-1/2026'"
    ),
    "a waiting arrival takes the entry of another document": (
        "UPDATE arrival SET register_id = (SELECT id FROM register WHERE code = 'DEN'), number = 1"
        " WHERE emergency_number = 'T02-3/2026'"
    ),
    "a waiting arrival takes another emergency number": (
        "UPDATE arrival SET number = 1 WHERE emergency_number = 'T02-3/2026'"
    ),
    "a waiting arrival gets another date": (
        "UPDATE arrival SET arrival_date = '2026-01-01' WHERE emergency_number = 'T02-3/2026'"
    ),
    "the emergency entry is deleted": "DELETE FROM entry",
}  # fmt: skip


@pytest.mark.parametrize("sql", SQL.values(), ids=SQL.keys())
def test_the_store_refuses_whatever_sql(office: SeveralDesks, sql: str) -> None:
    place = office.places["02"]
    office.start(place)
    for _ in range(2):
        office.enter(place)
    meet(office, "02")
    office.convert(place)
    office.enter(place)
    office.push(place)
    before = everything(office.middle.store)
    with pytest.raises(IntegrityError), office.middle.store.engine.begin() as connection:
        connection.execute(text(sql))
    assert everything(office.middle.store) == before


def open_year_in_the_middle(office: SeveralDesks, year: int) -> None:
    """Open a year's books where their pens are."""
    desk = office.places["01"].desk
    command = desk.make(c.OpenRegisters, year=year, registers=(office.arrivals,))
    office.call(office.places["01"], command)


def _uid(office: SeveralDesks, place: int) -> str:
    kinds = rows(office.middle.store, "SELECT command_uid FROM audit WHERE kind = 'ConvertEmergency' ORDER BY seq")
    return str(kinds[place][0])

"""The emergency register: who may open it and how long, its numbers, and that nothing is entered beside the rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from clerkdesk.services import commands as c
from clerkdesk.services import emergency as e
from clerkdesk.services import emergency_lines as lines_of
from clerkdesk.services import numbering, registers
from clerkdesk.services.arrivals import arrival_by_id
from clerkdesk.services.desk import Desk
from clerkdesk.services.drafts import drafts_of
from clerkdesk.services.emergency_book import day_totals, lines, next_emergency_number, outages
from clerkdesk.services.integrity import check_store
from clerkdesk.services.lengths import Missing, TooLong
from clerkdesk.services.link import NumberNeedsServer
from clerkdesk.services.lists import ListKind, ListQuery, position_of_number, row_ids, rows_of
from clerkdesk.services.office import execute
from clerkdesk.services.outgoing import NoEmergencyNumber
from clerkdesk.services.status import desk_status, waiting
from clerkdesk.services.vocabulary import OutgoingStatus

from ..conftest import NINE_O_CLOCK, OfficeClock
from ..office import (
    arrival_command,
    arrivals_book,
    bring_to,
    count,
    desk_id,
    everything,
    register,
    rows,
    steps_of,
    subject_of,
    void,
)
from ..several_desks import SeveralDesks, start_command

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def office(furnished: Path, tmp_path: Path, cheap_passwords: None, no_keyring: None) -> Iterator[SeveralDesks]:
    """Three desks whose shared books are in the middle, on Friday at nine."""
    office = SeveralDesks(furnished, tmp_path, NINE_O_CLOCK)
    yield office
    office.close()


class TestTheOutage:
    def test_it_says_cause_start_who_allowed_it_and_its_end(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        office.start(place)
        office.forward(hours=2)
        office.end(place)
        (outage,) = place.desk.read(outages, 2026)
        assert (outage.desk_code, outage.cause) == ("02", "Mất mạng nội bộ")
        assert (outage.authorised_by, outage.reported_to) == ("Phạm Thu Hà, Chánh Văn phòng", "Tổ công nghệ thông tin")
        assert outage.ended_at is not None
        assert dt.timedelta(hours=2) <= outage.ended_at - outage.started_at < 2 * HOUR + dt.timedelta(seconds=1)

    def test_the_register_is_the_desks_own_and_opens_once_a_year(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        first = office.start(place)
        office.end(place)
        assert office.start(place).register_id == first.register_id
        (row,) = rows(place.desk.store, "SELECT * FROM register WHERE emergency_of IS NOT NULL")
        assert (row.code, row.title) == ("T02", "Sổ tạm khi mất kết nối – máy 02")
        assert row.emergency_of == str(place.id)
        (book,) = rows(place.desk.store, "SELECT * FROM register_year WHERE register_id = :id", id=row.id)
        assert (book.holder_desk, book.state, book.next_number) == (str(place.id), "OPEN", 1)
        assert all(one.code != "T02" for one in place.desk.read(registers.books, 2026, place.id))

    def test_only_one_at_a_time(self, office: SeveralDesks) -> None:
        office.start(office.places["02"])
        with pytest.raises(e.EmergencyAlreadyOpen):
            office.start(office.places["02"])
        office.start(office.places["03"])

    @pytest.mark.parametrize("hours", [-1, 0, 24.1, 200])
    def test_it_is_allowed_for_a_day_at_most(self, office: SeveralDesks, hours: float) -> None:
        with pytest.raises(e.AuthorisationWrong, match="24 giờ"):
            office.start(office.places["02"], authorised_until=office.time + dt.timedelta(hours=hours))

    @pytest.mark.parametrize("field", ["cause", "authorised_by"])
    def test_cause_and_who_allowed_it_are_required(self, office: SeveralDesks, field: str) -> None:
        with pytest.raises(Missing) as caught:
            office.start(office.places["02"], **{field: " "})
        assert caught.value.field == field
        with pytest.raises(TooLong):
            office.start(office.places["02"], **{field: "x" * 201})

    def test_after_a_day_it_must_be_allowed_again_a_week_at_a_time(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        office.start(place)
        office.forward(hours=25)
        with pytest.raises(lines_of.AuthorisationOver, match="chỉ được phép dùng đến"):
            office.enter(place)
        assert place.outage is not None
        with office.at(place) as desk:
            for days, by in ((8, "Giám đốc"), (0, "Giám đốc"), (6, "")):
                with pytest.raises((e.AuthorisationWrong, Missing)):
                    desk.do(
                        desk.make(
                            c.ExtendEmergency, outage=place.outage.id, authorised_by=by,
                            authorised_until=office.time + dt.timedelta(days=days),
                        )
                    )  # fmt: skip
            desk.do(
                desk.make(
                    c.ExtendEmergency, outage=place.outage.id, authorised_by="Giám đốc",
                    authorised_until=office.time + dt.timedelta(days=6),
                )
            )  # fmt: skip
        assert office.enter(place).emergency_number == "T02-1/2026"
        (outage,) = place.desk.read(outages, 2026)
        assert outage.authorised_by == "Phạm Thu Hà, Chánh Văn phòng; Giám đốc (21/11/2026)"

    def test_nobody_ends_or_extends_the_outage_of_another_desk(self, office: SeveralDesks) -> None:
        started = office.start(office.places["02"])
        office.meet(office.places["02"])
        office.meet(office.places["01"])
        with office.at(office.places["01"]) as desk, pytest.raises(e.OutageUnknown):
            desk.do(desk.make(c.EndEmergency, outage=started.outage))
        office.end(office.places["02"])
        with office.at(office.places["02"]) as desk, pytest.raises(e.OutageUnknown):
            desk.do(desk.make(c.EndEmergency, outage=started.outage))

    def test_who_holds_the_pen_needs_none(self, desk: Desk, clock: OfficeClock) -> None:
        before = everything(desk.store)
        with pytest.raises(e.EmergencyNotNeeded, match="Sổ đăng ký văn bản đến"):
            desk.do(start_command(desk, clock.moment))
        assert everything(desk.store) == before

    def test_a_register_that_bears_its_code_already_is_not_taken(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        with place.desk.store.writing() as tx:
            tx.execute(text("UPDATE register SET code = 'T02' WHERE code = 'SAO'"))
        with pytest.raises(registers.RegisterCodeTaken):
            office.start(place)


class TestItsNumbers:
    def test_they_go_on_over_all_outages_of_the_year(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        numbers = []
        for _outage in range(3):
            office.start(place)
            numbers += [office.enter(place).emergency_number for _ in range(2)]
            office.end(place)
            office.forward(days=1)
        assert numbers == [f"T02-{n}/2026" for n in range(1, 7)]

    def test_desks_do_not_share_them(self, office: SeveralDesks) -> None:
        for code in ("02", "03"):
            office.start(office.places[code])
            assert office.enter(office.places[code]).emergency_number == f"T{code}-1/2026"

    def test_the_same_form_twice_is_one_line(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        office.start(place)
        form = office.form(place)
        first = office.enter(place, form)
        before = everything(place.desk.store)
        assert office.enter(place, form) == first
        assert everything(place.desk.store) == before
        assert first.subject == form.uid

    def test_raw_clock_and_known_offset_are_kept(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        place.skew = dt.timedelta(minutes=-90)
        office.meet(place)
        office.start(place)
        office.enter(place)
        (line,) = place.desk.read(lines)
        assert abs(line.registered_at - (office.time - 1.5 * HOUR)) < dt.timedelta(seconds=1)
        assert abs(line.corrected_at - office.time) < dt.timedelta(seconds=1)

    def test_new_year_in_an_outage_opens_the_new_book_by_itself(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        office.time = dt.datetime(2026, 12, 31, 16, 50, tzinfo=dt.UTC)  # ten to midnight in Vietnam
        office.start(place)
        assert office.enter(place).emergency_number == "T02-1/2026"
        office.forward(minutes=20)
        assert office.enter(place).emergency_number == "T02-1/2027"
        last_day = dt.date(2026, 12, 31)
        assert office.enter(place, arrival_date=last_day, issued_date=last_day).emergency_number == "T02-2/2026"

    def test_a_far_year_has_no_emergency_numbers(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        office.start(place)
        day = dt.date(2025, 3, 2)
        with pytest.raises(numbering.RegisterNotOpen):
            office.enter(place, arrival_date=day, issued_date=day)

    def test_a_closed_year_has_none_where_the_desk_knows_it(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        office.start(place)
        with place.desk.store.writing() as tx:
            tx.execute(text("UPDATE register_year SET state = 'CLOSED' WHERE holder_desk IS NULL"))
        with pytest.raises(numbering.RegisterClosed):
            office.enter(place)

    def test_totals_of_each_day(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        office.start(place)
        for hours in (0, 1, 14):
            office.forward(hours=hours)
            office.enter(place)
        totals = day_totals(place.desk.read(lines, year=2026))
        assert [(one.day.day, one.desk_code, one.count) for one in totals] == [(20, "02", 2), (21, "02", 1)]


class TestWhatIsRefused:
    def test_without_an_outage(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        office.start(place)
        form = office.form(place)
        assert place.outage is not None
        command = place.desk.read(lines_of.in_emergency, form, place.outage)
        office.end(place)
        with office.at(place) as desk, pytest.raises(lines_of.EmergencyNotOpen):
            desk.do(command)
        assert count(place.desk.store, "arrival") == 0

    def test_an_arrival_that_does_not_say_where_it_belongs(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        started = office.start(place)
        with office.at(place) as desk, pytest.raises(lines_of.WrongRegister):
            desk.do(arrival_command(desk, register_id=started.register_id))

    def test_the_emergency_register_of_another_desk(self, office: SeveralDesks) -> None:
        started = office.start(office.places["02"])
        office.meet(office.places["02"])
        place = office.places["03"]
        office.meet(place)
        office.start(place)
        form = office.form(place)
        line = c.InEmergency(document=form.uid, ordinary_register=office.arrivals)
        with office.at(place) as desk, pytest.raises(lines_of.WrongRegister):
            execute(desk.store, form.model_copy(update={"register_id": started.register_id, "emergency": line}))

    @pytest.mark.parametrize("code", ["DI", "T02"])
    def test_a_place_where_no_arrival_belongs(self, office: SeveralDesks, code: str) -> None:
        place = office.places["02"]
        started = office.start(place)
        form = office.form(place)
        ((wrong,),) = rows(place.desk.store, "SELECT id FROM register WHERE code = :code", code=code)
        line = c.InEmergency(document=form.uid, ordinary_register=wrong)
        with office.at(place) as desk, pytest.raises(lines_of.WrongRegister):
            desk.do(form.model_copy(update={"register_id": started.register_id, "emergency": line}))

    def test_an_ordinary_book_takes_no_emergency_entry(self, desk: Desk) -> None:
        command = arrival_command(desk)
        line = c.InEmergency(document=command.uid, ordinary_register=arrivals_book(desk))
        with pytest.raises(lines_of.WrongRegister):
            desk.do(command.model_copy(update={"emergency": line}))

    def test_sub_numbers(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        office.start(place)
        office.enter(place)
        form = office.form(place)
        assert place.outage is not None
        command = place.desk.read(lines_of.in_emergency, form, place.outage)
        with office.at(place) as desk, pytest.raises(lines_of.NoSubNumberHere):
            desk.do(command.model_copy(update={"sub_number_of": 1, "sub_number_reason": "Bỏ sót"}))

    def test_outgoing_documents_which_are_told_of_the_telephone_code(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        office.start(place)
        with office.at(place) as desk:
            outgoing = bring_to(desk, OutgoingStatus.AWAITING_ISSUE)
            with pytest.raises(NumberNeedsServer, match="nhận quyền cấp số bằng mã qua điện thoại"):
                desk.do(steps_of(desk, outgoing)["IssueNumber"])
            with pytest.raises(NoEmergencyNumber, match="Gọi điện cho máy giữ sổ để nhận mã"):
                execute(desk.store, steps_of(desk, outgoing)["IssueNumber"])

    def test_opening_books_leaves_emergency_registers_alone(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        started = office.start(place)
        with office.at(place) as desk:
            answer = desk.do(desk.make(c.OpenRegisters, year=2027, registers=(started.register_id,)))
        assert answer == registers.RegistersOpened(opened=0)


class TestAfterARestore:
    def restored(self, office: SeveralDesks, known: int) -> None:
        place = office.places["02"]
        if known:
            office.start(place)
            for _ in range(known):
                office.enter(place)
            office.end(place)
        with place.desk.store.writing() as tx:
            tx.execute(text("UPDATE register_year SET state = 'SUSPENDED', holder_desk = NULL WHERE state = 'OPEN'"))

    @pytest.mark.parametrize("known", [0, 2])
    def test_the_last_number_on_paper_is_asked_and_the_lost_ones_are_held(
        self, office: SeveralDesks, known: int
    ) -> None:
        self.restored(office, known)
        place = office.places["02"]
        with pytest.raises(e.LastEmergencyNumberMissing):
            office.start(place)
        office.start(place, last_on_paper=4)
        assert office.enter(place).emergency_number == "T02-5/2026"
        again = office.form(place, reserved_number=4)
        assert office.enter(place, again).emergency_number == "T02-4/2026"
        held = [
            row[0]
            for row in rows(
                place.desk.store, "SELECT number FROM entry WHERE state = 'RESERVED' AND reason = :r", r=e.LOST_REASON
            )
        ]
        assert held == list(range(known + 1, 4))

    def test_a_number_below_what_the_store_knows_is_not_believed(self, office: SeveralDesks) -> None:
        self.restored(office, 3)
        with pytest.raises(numbering.NumberUnknown):
            office.start(office.places["02"], last_on_paper=2)
        with pytest.raises(numbering.JumpTooFar):
            office.start(office.places["02"], last_on_paper=90_000)
        office.start(office.places["02"], last_on_paper=3)
        assert office.enter(office.places["02"]).emergency_number == "T02-4/2026"

    def test_the_middle_that_has_lost_nothing_agrees(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        office.start(place)
        for _ in range(3):
            office.enter(place)
        office.end(place)
        office.push(place)
        with place.desk.store.writing() as tx:
            tx.execute(text("UPDATE register_year SET state = 'SUSPENDED', holder_desk = NULL WHERE state = 'OPEN'"))
        office.start(place, last_on_paper=3)
        office.enter(place)
        office.push(place)
        entries = rows(office.middle.store, "SELECT number, state FROM entry ORDER BY number")
        assert entries == [(n, "LIVE") for n in range(1, 5)]

    def test_a_desk_without_a_server_whose_books_are_suspended_uses_it_too(
        self, desk: Desk, clock: OfficeClock
    ) -> None:
        register(desk)
        with desk.store.writing() as tx:
            tx.execute(text("UPDATE register_year SET state = 'SUSPENDED', holder_desk = NULL"))
        with pytest.raises(numbering.RegisterSuspended):
            register(desk)
        desk.do(start_command(desk, clock.moment, last_on_paper=0))
        outage = desk.read(e.open_outage, desk_id(desk))
        assert outage is not None
        answer = desk.do(desk.read(lines_of.in_emergency, arrival_command(desk), outage))
        desk.do(desk.make(c.EndEmergency, outage=outage.id))
        desk.do(
            desk.make(c.ConfirmLastNumber, register_id=arrivals_book(desk), year=2026, last_number=1, reason="Sổ giấy")
        )
        document = subject_of(answer)
        desk.do(
            desk.make(c.ConvertEmergency, register_id=arrivals_book(desk), year=2026, documents=(document,))
        )  # fmt: skip
        row = desk.read(arrival_by_id, document)
        assert (row["number"], row["emergency_number"]) == (2, "T01-1/2026")
        assert [one.state for one in check_store(desk.store)] == ["ok"] * 5


class TestWhatIsShown:
    def test_the_next_number_while_the_outage_goes_on(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        with office.at(place) as desk:
            assert desk_status(desk).emergency == ""
        office.start(place)
        office.enter(place)
        with office.at(place) as desk:
            assert desk_status(desk).emergency == "T02-2"
            assert desk.read(next_emergency_number, place.id, 2027) == "T02-1"
            assert desk.read(waiting).registered_today == 1
        office.end(place)
        with office.at(place) as desk:
            assert desk_status(desk).emergency == ""

    def test_a_list_finds_a_document_by_its_emergency_number(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        office.start(place)
        documents = [subject_of(office.enter(place, subject=f"Văn bản T02-{n} nào đó")) for n in (3, 1, 30)]
        for words, found in (
            ("T02-1", [0]), ("t02-3", [2]), ("T02-3/2026", [2]), ("T02-3/2025", []), ("T02-", [2, 1, 0]), ("T03-1", []),
            ("T02-9", []),
        ):  # fmt: skip
            for kind, year in ((ListKind.ARRIVALS, None), (ListKind.ARRIVALS, 2026), (ListKind.UNPROCESSED, None)):
                ids = place.desk.read(row_ids, ListQuery(kind, words, year))
                shown = place.desk.read(rows_of, kind, ids, dt.date(2026, 11, 20))
                assert sorted(row.id for row in shown) == sorted(documents[one] for one in found), words

    def test_a_list_shows_it_in_the_place_of_the_number_and_then_beside_it(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        office.start(place)
        office.enter(place, subject="Về việc họp", urgency=1)

        def cells() -> tuple[str, ...]:
            ids = place.desk.read(row_ids, ListQuery(ListKind.ARRIVALS))
            return place.desk.read(rows_of, ListKind.ARRIVALS, ids, dt.date(2026, 11, 20))[0].cells

        assert (cells()[0], cells()[4]) == ("T02-1", "[T02-1] [KHẨN] Về việc họp")
        office.end(place)
        office.meet(place)
        office.convert(place)
        assert (cells()[0], cells()[4]) == ("01", "[T02-1] [KHẨN] Về việc họp")

    def test_a_jump_to_a_number_is_to_the_ordinary_one(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        office.start(place)
        office.enter(place)
        ids = place.desk.read(row_ids, ListQuery(ListKind.ARRIVALS))

        def jump(number: int) -> int | None:
            return place.desk.look_up(position_of_number, ListKind.ARRIVALS, ids, place.desk.agency_id, 2026, number)

        assert jump(1) is None
        office.end(place)
        office.meet(place)
        office.convert(place)
        assert jump(1) == 0

    def test_a_double_is_told_by_its_emergency_number(self, office: SeveralDesks) -> None:
        from clerkdesk.services.arrivals import DuplicateArrival

        place = office.places["02"]
        office.start(place)
        form = office.form(place)
        office.enter(place, form)
        with pytest.raises(DuplicateArrival, match="số đến T02-1/2026"):
            office.enter(place, office.form(place, facts=form.facts))

    def test_the_forms_draft_goes_with_its_line(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        office.start(place)
        form = office.form(place)
        with office.at(place) as desk:
            desk.keep_draft(form.uid, "arrival", {"subject": "x"})
            office.enter(place, form)
            assert desk.read(drafts_of, desk.person.id, "arrival") == []

    def test_a_void_line_keeps_its_number_and_waits_for_nothing(self, office: SeveralDesks) -> None:
        place = office.places["02"]
        started = office.start(place)
        office.enter(place)
        office.enter(place)
        assert place.desk.read(e.open_lines, 2026) == 2
        with office.at(place) as desk:
            void(desk, started.register_id, 1, year=2026)
        assert place.desk.read(e.open_lines, 2026) == 1
        assert [(one.number, one.void, one.waits) for one in place.desk.read(lines)] == [
            (1, True, False),
            (2, False, True),
        ]
        assert [one.state for one in check_store(place.desk.store)] == ["ok"] * 5

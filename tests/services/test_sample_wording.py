"""The directory shipped with the program and the documents of the fictional office keep the law's forms and lengths."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import re
import unicodedata
from pathlib import Path

import pytest

import clerkdesk
from clerkdesk.services.clock import VIETNAM
from clerkdesk.services.document_types import type_by_code
from clerkdesk.services.sample.wording import (
    AGENCY,
    LOCAL_CORRESPONDENTS,
    PEOPLE,
    UNITS,
    SampleArrival,
    SampleOutgoing,
    sample_arrivals,
    sample_outgoing,
)
from clerkdesk.services.vocabulary import (
    ArrivalStatus,
    DispatchChannel,
    Medium,
    ReceiptChannel,
    Role,
    SigningCapacity,
    Urgency,
)

DIRECTORY = Path(clerkdesk.__file__).parent / "assets" / "directory.csv"
TODAY = dt.date(2026, 11, 23)
SEEDS = (1, 7, 2026)


def directory() -> list[dict[str, str]]:
    with DIRECTORY.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def known_names() -> set[str]:
    return {row["name"] for row in directory()} | {agency.name for agency in LOCAL_CORRESPONDENTS}


def in_force(day: str) -> list[dict[str, str]]:
    return [row for row in directory() if row["valid_from"] <= day <= (row["valid_to"] or "9999")]


@pytest.fixture(scope="module", params=SEEDS)
def arrivals(request: pytest.FixtureRequest) -> list[SampleArrival]:
    return sample_arrivals(2026, request.param, today=TODAY)


@pytest.fixture(scope="module", params=SEEDS)
def outgoing(request: pytest.FixtureRequest) -> list[SampleOutgoing]:
    return sample_outgoing(2026, request.param, today=TODAY)


class TestDirectory:
    def test_no_agency_stands_twice(self) -> None:
        names = [row["name"] for row in directory()]
        assert len(names) == len(set(names))

    def test_every_row_is_whole_composed_and_within_the_lengths_of_the_decree(self) -> None:
        for row in directory():
            assert list(row) == ["name", "short_name", "organ_id", "parent", "level", "valid_from", "valid_to"]
            assert row["name"]
            assert all(value == value.strip() and unicodedata.is_normalized("NFC", value) for value in row.values())
            assert len(row["name"]) <= 200
            assert row["level"] in {"1", "2", "3", "4"}
            for day in (row["valid_from"], row["valid_to"]):
                assert not day or dt.date.fromisoformat(day)

    def test_every_parent_stands_in_the_directory(self) -> None:
        assert {row["parent"] for row in directory()} - {""} <= {row["name"] for row in directory()}

    def test_identifiers_have_the_form_of_decision_20_2020_and_belong_to_one_agency(self) -> None:
        identifiers = [row["organ_id"] for row in directory() if row["organ_id"]]
        assert len(identifiers) == len(set(identifiers))
        assert all(re.fullmatch(r"[A-Y]\d{2}(\.[0-9A-Z]+)*", identifier) for identifier in identifiers)

    @pytest.mark.parametrize(
        ("day", "cities"), [("2025-07-01", 6), ("2026-04-30", 7), ("2026-09-01", 8), ("2026-11-22", 9)]
    )
    def test_34_provinces_and_their_cities_on_a_day(self, day: str, cities: int) -> None:
        committees = [row["name"] for row in in_force(day) if row["name"].startswith("Ủy ban nhân dân ")]
        assert len(committees) == 34
        assert sum("thành phố" in name.lower() for name in committees) == cities

    @pytest.mark.parametrize(
        "body", ["Sở Nội vụ", "Sở Tài chính", "Công an", "Hội đồng nhân dân", "Văn phòng Ủy ban nhân dân"]
    )
    def test_each_province_has_the_usual_bodies(self, body: str) -> None:
        pattern = re.compile(rf"{body} (tỉnh|[Tt]hành phố) ")
        assert sum(bool(pattern.match(row["name"])) for row in in_force("2026-11-22")) == 34


class TestArrivals:
    def test_every_issuer_is_known(self, arrivals: list[SampleArrival]) -> None:
        assert {one.issuer for one in arrivals} <= known_names()

    def test_fields_keep_the_lengths_of_the_decree(self, arrivals: list[SampleArrival]) -> None:
        for one in arrivals:
            assert 0 < len(one.subject) <= 500
            assert len(one.code_number) <= 11
            assert len(one.code_notation) <= 30
            assert len(one.issuer) <= 200
            assert len(one.signer_name) <= 50
            assert len(one.signer_position) <= 100
            assert len(one.to_places) <= 1000
            assert 1 <= one.page_amount <= 999

    def test_all_text_is_composed_and_filled_in(self, arrivals: list[SampleArrival]) -> None:
        for one in arrivals:
            assert 2 <= len(one.body) <= 8
            for text in (one.issuer, one.code_notation, one.subject, one.signer_name, one.to_places, *one.body):
                assert unicodedata.is_normalized("NFC", text)
                assert text == " ".join(text.split())
                assert "{" not in text

    def test_codes_are_words_of_the_office(self, arrivals: list[SampleArrival]) -> None:
        for one in arrivals:
            assert type_by_code(one.type_abbreviation)
            assert one.urgency in Urgency.__members__
            assert ReceiptChannel(one.receipt_channel)
            assert Medium(one.medium)
            assert ArrivalStatus(one.status_hint)

    def test_received_in_rising_order_within_working_hours(self, arrivals: list[SampleArrival]) -> None:
        times = [one.received_at for one in arrivals]
        assert all(earlier < later for earlier, later in itertools.pairwise(times))
        for moment in times:
            assert moment.tzinfo is VIETNAM
            assert moment.weekday() < 5
            assert dt.date(2026, 1, 1) < moment.date() < TODAY
            clock = moment.time()
            assert dt.time(7, 30) <= clock <= dt.time(11, 30) or dt.time(13, 30) <= clock <= dt.time(17)

    def test_dates_follow_one_another(self, arrivals: list[SampleArrival]) -> None:
        for one in arrivals:
            assert 0 <= (one.received_at.date() - one.issued_date).days <= 6
            assert one.due_date is None or one.due_date > one.received_at.date()

    def test_reference_codes_have_the_form_of_their_kind(self, arrivals: list[SampleArrival]) -> None:
        for one in arrivals:
            assert re.fullmatch(r"0[1-9]|[1-9]\d+", one.code_number)
            typed = one.code_notation.startswith(f"{one.type_abbreviation}-")
            assert typed != (one.type_abbreviation == "CV")
            assert one.normative == bool(re.fullmatch(r"\d+/20\d\d/QĐ-UBND", one.reference_code))

    def test_no_issuer_uses_a_reference_code_twice_in_a_year(self, arrivals: list[SampleArrival]) -> None:
        codes = [(one.issuer, one.reference_code, one.issued_date.year) for one in arrivals]
        assert len(codes) == len(set(codes))

    def test_wording_varies(self, arrivals: list[SampleArrival]) -> None:
        assert len(arrivals) == 140
        assert len({one.subject for one in arrivals}) >= 60
        assert len({one.type_abbreviation for one in arrivals}) >= 8
        assert any(one.normative for one in arrivals)
        assert {one.receipt_channel for one in arrivals} == {channel.value for channel in ReceiptChannel}

    def test_about_one_in_eight_is_urgent(self, arrivals: list[SampleArrival]) -> None:
        assert 0.08 <= sum(one.urgency != "NORMAL" for one in arrivals) / len(arrivals) <= 0.16

    def test_one_seed_gives_one_year(self) -> None:
        assert sample_arrivals(2026, 5, today=TODAY) == sample_arrivals(2026, 5, today=TODAY)
        assert sample_arrivals(2026, 5, today=TODAY) != sample_arrivals(2026, 6, today=TODAY)

    @pytest.mark.parametrize("today", [dt.date(2027, 1, 1), dt.date(2027, 1, 4), dt.date(2027, 2, 1), None])
    def test_any_day_of_a_later_year_will_do(self, today: dt.date | None) -> None:
        assert len(sample_arrivals(2027, 1, today=today)) == 140
        assert len(sample_outgoing(2027, 1, today=today)) == 60


class TestOutgoing:
    def test_recipients_are_known_and_reached(self, outgoing: list[SampleOutgoing]) -> None:
        for one in outgoing:
            names = [recipient.name for recipient in one.recipients]
            assert names
            assert len(names) == len(set(names))
            assert set(names) <= known_names()
            assert all(DispatchChannel(recipient.channel) and recipient.copies > 0 for recipient in one.recipients)

    def test_people_and_units_are_those_of_the_office(self, outgoing: list[SampleOutgoing]) -> None:
        people = {one.user_name: one for one in PEOPLE}
        for one in outgoing:
            assert one.drafting_unit in {unit.name for unit in UNITS}
            assert one.drafter in people
            assert SigningCapacity(one.signing_capacity)
            by_rank = one.signing_capacity in {"HEAD", "KT", "TM"}
            assert people[one.signer].role == ("leader" if by_rank else "head_of_unit")

    def test_notations_follow_the_type(self, outgoing: list[SampleOutgoing]) -> None:
        units = {unit.short_name for unit in UNITS}
        for one in outgoing:
            own = one.council or AGENCY.short_name
            if one.type_abbreviation == "CV":
                assert one.code_notation in {f"{own}-{unit}" for unit in units}
            else:
                assert one.code_notation == f"{one.type_abbreviation}-{own}"
            assert 0 < len(one.subject) <= 500
            assert len(one.code_notation) <= 30
            assert len(one.signer_position) <= 100

    def test_text_is_composed_and_filled_in(self, outgoing: list[SampleOutgoing]) -> None:
        for one in outgoing:
            assert 2 <= len(one.body) <= 8
            for text in (one.subject, *one.body):
                assert unicodedata.is_normalized("NFC", text)
                assert "{" not in text

    def test_issued_in_order_and_an_answer_after_what_it_answers(self) -> None:
        received = sample_arrivals(2026, 7, today=TODAY)
        issued = sample_outgoing(2026, 7, today=TODAY, arrivals=received)
        assert issued == sample_outgoing(2026, 7, today=TODAY)
        assert [one.issued_date for one in issued] == sorted(one.issued_date for one in issued)
        answers = [one for one in issued if one.answers is not None]
        assert len(answers) >= 15
        assert len({one.answers for one in answers}) == len(answers)
        for one in answers:
            arrival = received[one.answers or 0]
            assert one.issued_date > arrival.received_at.date()
            assert arrival.reference_code in one.subject
            assert [recipient.name for recipient in one.recipients] == [arrival.issuer]


class TestOffice:
    def test_people_are_well_named(self) -> None:
        assert len({one.user_name for one in PEOPLE}) == len(PEOPLE)
        assert {one.role for one in PEOPLE} == {role.value for role in Role}
        assert {one.unit for one in PEOPLE} <= {unit.short_name for unit in UNITS}
        assert all(re.fullmatch("[a-z]+", one.user_name) and len(one.full_name) <= 50 for one in PEOPLE)

    def test_the_invented_province_is_not_in_the_directory(self) -> None:
        names = {row["name"] for row in directory()}
        assert AGENCY.name not in names
        assert not {agency.name for agency in LOCAL_CORRESPONDENTS} & names
        assert len({agency.name for agency in LOCAL_CORRESPONDENTS}) == len(LOCAL_CORRESPONDENTS)

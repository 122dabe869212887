"""Arrivals: what the law requires of each field, what counts as the same document, how an entry changes later."""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clerkdesk.errors import ClerkDeskError
from clerkdesk.services import commands as c
from clerkdesk.services.arrivals import (
    ArrivalChanged,
    ArrivalUnknown,
    ArrivalVoid,
    CannotFinish,
    DateInFuture,
    DuplicateArrival,
    NothingChanged,
    arrival_by_id,
    learned_notations,
)
from clerkdesk.services.clock import VIETNAM
from clerkdesk.services.corrections import corrections_of
from clerkdesk.services.desk import Desk
from clerkdesk.services.folding import clean_line
from clerkdesk.services.ids import new_id
from clerkdesk.services.lengths import Missing, TooLarge, TooLong
from clerkdesk.services.vocabulary import ArrivalStatus, Medium, ReceiptChannel, Urgency

from ..conftest import OfficeClock
from ..office import (
    ISSUER,
    arrival_command,
    arrival_facts,
    arrivals_book,
    everything,
    next_number,
    open_year,
    register,
    rows,
    subject_of,
    void,
)

# The decree's own lengths (NĐ 30/2020 PL VI phần II.II), written out again so that the table in the code is checked.
LENGTHS = {
    "file_notation": 20,
    "document_type": 100,
    "code_number": 11,
    "code_notation": 30,
    "issuer": 200,
    "subject": 500,
    "language": 30,
    "description": 500,
    "signer_position": 100,
    "signer_name": 50,
    "to_places": 1000,
}
LARGEST = {"page_amount": 999, "doc_ordinal": 999}


@pytest.mark.parametrize(("field", "longest"), LENGTHS.items())
def test_a_text_is_taken_up_to_the_length_of_the_law_and_not_one_letter_more(
    desk: Desk, field: str, longest: int
) -> None:
    text = "ỗ" * longest
    answer = register(desk, **{field: text})
    assert desk.read(arrival_by_id, subject_of(answer))[field] == text
    with pytest.raises(TooLong) as caught:
        register(desk, **{field: text + "ỗ"})
    assert caught.value.field == field
    assert f"{longest + 1} ký tự" in caught.value.message
    assert next_number(desk) == 2


def test_a_text_typed_with_separate_accents_is_measured_as_it_is_kept(desk: Desk) -> None:
    typed = unicodedata.normalize("NFD", "ỗ" * 500)
    assert len(typed) == 1500
    assert desk.read(arrival_by_id, subject_of(register(desk, subject=typed)))["subject"] == "ỗ" * 500


def test_a_subject_of_ten_thousand_letters_is_refused_and_stays_in_the_draft(desk: Desk) -> None:
    typed = "Về việc " + "đường liên xã " * 700
    command = arrival_command(desk, subject=typed)
    desk.keep_draft(command.uid, "arrival", {"subject": typed})
    before = everything(desk.store)
    with pytest.raises(TooLong):
        desk.do(command)
    assert everything(desk.store) == before
    assert typed in before["draft"][0][4]


@pytest.mark.parametrize(("field", "largest"), LARGEST.items())
def test_a_number_is_taken_within_its_field_only(desk: Desk, field: str, largest: int) -> None:
    for good in (1, largest, None):
        register(desk, **{field: good})
    for bad in (0, -1, largest + 1, 10**12):
        with pytest.raises(TooLarge) as caught:
            register(desk, **{field: bad})
        assert caught.value.field == field
    assert next_number(desk) == 4


@pytest.mark.parametrize("field", ["issuer", "subject"])
@pytest.mark.parametrize("empty", ["", "   ", "\t\n", "\u200b", "\x00\x1b"])
def test_issuer_and_subject_must_be_there(desk: Desk, field: str, empty: str) -> None:
    with pytest.raises(Missing) as caught:
        register(desk, **{field: empty})
    assert caught.value.field == field
    assert next_number(desk) == 1


TODAY = dt.date(2026, 11, 20)
DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("arrived", "issued", "wrong"),
    [
        (TODAY, TODAY, ""),
        (TODAY, None, ""),
        (TODAY, dt.date(1975, 4, 30), ""),
        (TODAY - DAY, TODAY - DAY, ""),
        (TODAY + DAY, TODAY, "arrival_date"),
        (TODAY, TODAY + DAY, "issued_date"),
        (TODAY - DAY, TODAY, "issued_date"),
        (dt.date(2062, 11, 20), TODAY, "arrival_date"),
        (TODAY, dt.date(9999, 12, 31), "issued_date"),
    ],
)
def test_no_date_lies_after_the_day_it_must_not_pass(
    desk: Desk, arrived: dt.date, issued: dt.date | None, wrong: str
) -> None:
    if not wrong:
        register(desk, arrival_date=arrived, issued_date=issued)
        return
    with pytest.raises(DateInFuture) as caught:
        register(desk, arrival_date=arrived, issued_date=issued)
    assert caught.value.field == wrong
    assert next_number(desk) == 1


def test_today_is_vietnams_even_before_seven_in_the_morning(desk: Desk, clock: OfficeClock) -> None:
    clock.set(dt.datetime(2026, 11, 21, 6, 30, tzinfo=VIETNAM))  # still 20 November in UTC
    register(desk, arrival_date=TODAY + DAY)


LETTERS = st.text(
    st.one_of(
        st.characters(codec="utf-8", max_codepoint=0x2FFF),
        st.sampled_from("aăâđêôơưẬỗ\u0301\u0302\u031b\u0323\u0300\u0309\u200b\u200d\u00a0\u202e\ufeff\t\n\x00"),
    ),
    max_size=60,
)


@given(LETTERS)
@example("a\u200d\u0301")
@example("\u0301 a")
def test_a_line_is_clean_however_it_was_typed(typed: str) -> None:
    kept = clean_line(typed)
    assert unicodedata.is_normalized("NFC", kept)
    assert kept.isprintable()
    assert kept == " ".join(kept.split())
    assert clean_line(kept) == kept
    assert clean_line(unicodedata.normalize("NFD", kept)) == kept


def test_what_is_stored_is_clean_in_every_text_field(desk: Desk) -> None:
    dirty = unicodedata.normalize("NFD", "  Sở\x07 Nội\u00a0vụ\u200b\n ")
    facts = dict.fromkeys(set(LENGTHS) - {"code_number"}, dirty)
    row = desk.read(arrival_by_id, subject_of(register(desk, **facts)))
    assert {row[field] for field in facts} == {"Sở Nội vụ"}


def test_every_fact_that_was_entered_is_found_again(desk: Desk) -> None:
    facts = arrival_facts(
        received_at=dt.datetime(2026, 11, 20, 7, 45, tzinfo=VIETNAM),
        issuer_id=new_id(),
        normative=True,
        language="Tiếng Anh",
        page_amount=12,
        description="Kèm 02 phụ lục",
        signer_position="Chủ tịch",
        signer_name="Lê Thị Hoà",
        urgency=Urgency.FLASH,
        to_places="Phòng Tổ chức",
        due_date=TODAY + 7 * DAY,
        receipt_channel=ReceiptChannel.EXCHANGE,
        medium=Medium.BOTH,
        edoc_class=2,
        legal_value=True,
        document_identifier="H57.01.2026.00123",
        file_notation="01.TCCB",
        doc_ordinal=3,
    )
    answer = desk.do(desk.make(c.RegisterArrival, register_id=arrivals_book(desk), facts=facts))
    row = desk.read(arrival_by_id, subject_of(answer))
    assert {name: row[name] for name in c.ArrivalFacts.model_fields} == dict(facts)
    assert (row["status"], row["revision"], row["registered_by"]) == ("REGISTERED", 1, desk.person.id)


# --- duplicates ------------------------------------------------------------------------------------------------

FIRST: dict[str, Any] = {
    "issuer": ISSUER,
    "code_number": "05",
    "code_notation": "QĐ-UBND",
    "issued_date": dt.date(2026, 1, 9),
    "document_identifier": "H57.2026.0005",
}


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"subject": "Về việc khác"}, True),
        ({"document_identifier": ""}, True),
        ({"document_identifier": "H57.2026.0009"}, True),
        ({"issued_date": dt.date(2026, 5, 5)}, True),
        ({"issued_date": None}, True),
        ({"code_number": "06"}, True),  # the identifier is the same
        ({"code_number": "", "code_notation": "", "issuer": "Bộ Nội vụ"}, True),
        ({"document_identifier": "", "code_number": "06"}, False),
        ({"document_identifier": "", "code_notation": "KH-UBND"}, False),
        ({"document_identifier": "", "issuer": "Ủy ban nhân dân tỉnh Khác"}, False),
        ({"document_identifier": "", "issued_date": dt.date(2025, 1, 9)}, False),
        ({"document_identifier": "", "code_number": ""}, False),
        ({"document_identifier": "", "code_notation": ""}, False),
        ({"document_identifier": "", "issuer": unicodedata.normalize("NFD", ISSUER)}, True),
    ],
)
def test_the_same_document_is_noticed_and_another_is_not(desk: Desk, change: dict[str, Any], same: bool) -> None:
    first = register(desk, **FIRST)
    again = FIRST | change
    if not same:
        assert register(desk, **again).number == 2
        return
    before = everything(desk.store)
    with pytest.raises(DuplicateArrival) as caught:
        register(desk, **again)
    assert caught.value.earlier.id == first.subject
    assert f"{caught.value.earlier.number}/{caught.value.earlier.year}" == "1/2026"
    assert "05/QĐ-UBND" in caught.value.message
    assert everything(desk.store) == before
    assert register(desk, second_copy=True, **again).number == 2


def test_a_code_that_starts_again_next_year_is_another_document(desk: Desk, clock: OfficeClock) -> None:
    register(desk, **FIRST | {"document_identifier": ""})
    clock.set(dt.datetime(2027, 1, 11, 9, tzinfo=VIETNAM))
    open_year(desk, 2027)
    again = FIRST | {"document_identifier": "", "issued_date": dt.date(2027, 1, 8)}
    assert register(desk, **again).year == 2027
    with pytest.raises(DuplicateArrival) as caught:
        register(desk, **again)
    assert caught.value.earlier.year == 2027


@pytest.mark.parametrize("identifier", ["", "H57.2026.0005"])
def test_a_document_that_was_voided_is_not_the_same_any_more(desk: Desk, identifier: str) -> None:
    facts = FIRST | {"document_identifier": identifier}
    register(desk, **facts)
    void(desk, arrivals_book(desk), 1)
    assert register(desk, **facts).number == 2
    with pytest.raises(DuplicateArrival) as caught:
        register(desk, **facts)
    assert caught.value.earlier.number == "2"


def test_the_notations_of_an_issuer_are_learned_the_last_one_first(desk: Desk, clock: OfficeClock) -> None:
    for notation in ("QĐ-UBND", "KH-UBND", "QĐ-UBND", "UBND-VX", "KH-UBND"):
        register(desk, code_notation=notation)
        clock.forward(minutes=1)
    register(desk, issuer="Bộ Nội vụ", code_notation="TB-BNV")
    assert desk.read(learned_notations, ISSUER) == ["KH-UBND", "UBND-VX", "QĐ-UBND"]


# --- corrections -----------------------------------------------------------------------------------------------


def correct(desk: Desk, arrival: object, reason: str = "Gõ nhầm", **changes: Any) -> ArrivalChanged:
    answer = desk.do(desk.make(c.CorrectArrival, arrival=arrival, facts=c.ArrivalFacts(**changes), reason=reason))
    assert isinstance(answer, ArrivalChanged)
    return answer


def test_a_correction_keeps_the_old_value_who_when_and_why(desk: Desk) -> None:
    facts = dict(arrival_facts(subject="Về việc cũ", urgency=Urgency.NORMAL, due_date=None))
    arrival = subject_of(register(desk, **facts))
    changed = correct(
        desk, arrival, **(facts | {"subject": "Về việc mới", "urgency": Urgency.URGENT, "due_date": TODAY})
    )
    assert set(changed.changed) == {"subject", "urgency", "due_date"}
    kept = {row["field"]: row for row in desk.read(corrections_of, arrival)}
    assert {field: (row["old_value"], row["new_value"]) for field, row in kept.items()} == {
        "subject": ("Về việc cũ", "Về việc mới"),
        "urgency": ("0", "1"),
        "due_date": ("", "2026-11-20"),
    }
    assert {(row["reason"], row["corrected_by"]) for row in kept.values()} == {("Gõ nhầm", desk.person.id)}
    row = desk.read(arrival_by_id, arrival)
    assert (row["subject"], row["urgency"], row["due_date"], row["revision"]) == ("Về việc mới", 1, TODAY, 2)


def test_number_register_and_arrival_date_cannot_be_corrected(desk: Desk) -> None:
    facts = dict(arrival_facts())
    answer = register(desk, **facts)
    changed = correct(desk, answer.subject, **(facts | {"arrival_date": TODAY - 30 * DAY, "subject": "Khác"}))
    assert changed.changed == ("subject",)
    row = desk.read(arrival_by_id, subject_of(answer))
    assert (row["arrival_date"], row["number"], row["year"]) == (TODAY, 1, 2026)


def test_the_same_moment_on_another_clock_is_no_change(desk: Desk) -> None:
    moment = dt.datetime(2026, 11, 20, 7, 30, tzinfo=VIETNAM)
    facts = dict(arrival_facts(received_at=moment))
    arrival = subject_of(register(desk, **facts))
    with pytest.raises(NothingChanged):
        correct(desk, arrival, **(facts | {"received_at": moment.astimezone(dt.UTC)}))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, NothingChanged),
        ({"subject": ""}, Missing),
        ({"issuer": "x" * 201}, TooLong),
        ({"page_amount": 0}, TooLarge),
        ({"issued_date": TODAY + DAY}, DateInFuture),
    ],
)
def test_a_correction_obeys_the_same_rules_as_a_registration(
    desk: Desk, change: dict[str, Any], expected: type[ClerkDeskError]
) -> None:
    facts = dict(arrival_facts())
    arrival = subject_of(register(desk, **facts))
    before = everything(desk.store)
    with pytest.raises(expected):
        correct(desk, arrival, **(facts | change))
    assert everything(desk.store) == before


def test_every_correction_is_found_in_the_search_and_the_old_words_are_not(desk: Desk) -> None:
    from clerkdesk.services.lists import ListKind, ListQuery, row_ids

    facts = dict(arrival_facts(subject="Về việc xây cầu"))
    arrival = subject_of(register(desk, **facts))
    correct(desk, arrival, **(facts | {"subject": "Về việc đắp đê"}))
    found = {
        words: len(desk.read(row_ids, ListQuery(ListKind.ARRIVALS, words=words))) for words in ("xay cau", "dap de")
    }
    assert found == {"xay cau": 0, "dap de": 1}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(["subject", "description", "signer_name"]), LETTERS), max_size=6))
def test_from_the_corrections_every_earlier_state_can_be_told(desk: Desk, changes: list[tuple[str, str]]) -> None:
    facts = dict(arrival_facts(description="", signer_name=""))
    arrival = subject_of(register(desk, **facts))
    states = [{field: str(facts[field]) for field in ("subject", "description", "signer_name")}]
    for field, value in changes:
        wanted = clean_line(value)[:40].strip()
        try:
            correct(desk, arrival, **(facts | {field: wanted}))
        except ClerkDeskError:
            continue
        facts[field] = wanted
        states.append(states[-1] | {field: wanted})
    state = dict(states[-1])
    for row in reversed(desk.read(corrections_of, arrival)):
        assert state == states.pop()
        assert state[row["field"]] == row["new_value"]
        state[row["field"]] = row["old_value"]
    assert state == states.pop()


# --- later steps -----------------------------------------------------------------------------------------------

ENDS = (ArrivalStatus.COMPLETED, ArrivalStatus.NO_ACTION_NEEDED, ArrivalStatus.READ_CONFIRMED)


@pytest.mark.parametrize("status", list(ArrivalStatus))
def test_processing_ends_in_one_of_three_ways_and_can_be_opened_again(desk: Desk, status: ArrivalStatus) -> None:
    arrival = subject_of(register(desk))
    finish = desk.make(c.FinishArrival, arrival=arrival, status=status)
    if status not in ENDS:
        with pytest.raises(NothingChanged if status is ArrivalStatus.REGISTERED else CannotFinish):
            desk.do(finish)
        return
    desk.do(finish)
    assert desk.read(arrival_by_id, arrival)["status"] == status
    with pytest.raises(CannotFinish):
        desk.do(desk.make(c.SubmitArrival, arrival=arrival, to_places="Giám đốc"))
    desk.do(desk.make(c.FinishArrival, arrival=arrival, status=ArrivalStatus.REGISTERED))
    assert desk.read(arrival_by_id, arrival)["status"] == "REGISTERED"
    assert [row["old_value"] for row in desk.read(corrections_of, arrival)] == ["REGISTERED", status.value]


def test_an_arrival_is_submitted_to_somebody(desk: Desk) -> None:
    arrival = subject_of(register(desk))
    with pytest.raises(Missing):
        desk.do(desk.make(c.SubmitArrival, arrival=arrival, to_places=" "))
    with pytest.raises(TooLong):
        desk.do(desk.make(c.SubmitArrival, arrival=arrival, to_places="x" * 1001))
    desk.do(desk.make(c.SubmitArrival, arrival=arrival, to_places="Giám đốc Sở"))
    row = desk.read(arrival_by_id, arrival)
    assert (row["status"], row["to_places"]) == ("SUBMITTED", "Giám đốc Sở")


def test_nothing_is_done_with_a_void_or_unknown_arrival(desk: Desk) -> None:
    arrival = subject_of(register(desk))
    void(desk, arrivals_book(desk), 1)
    before = everything(desk.store)
    for document, expected in ((arrival, ArrivalVoid), (new_id(), ArrivalUnknown)):
        steps: list[c.Command] = [
            desk.make(c.CorrectArrival, arrival=document, facts=arrival_facts(), reason="x"),
            desk.make(c.SubmitArrival, arrival=document, to_places="Giám đốc"),
            desk.make(c.FinishArrival, arrival=document, status=ArrivalStatus.COMPLETED),
        ]
        for step in steps:
            with pytest.raises(expected):
                desk.do(step)
    assert everything(desk.store) == before
    assert rows(desk.store, "SELECT status FROM arrival")[0][0] == "VOIDED"

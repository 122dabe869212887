"""Lists: the same rows in the same order as counting them by hand would give."""

from __future__ import annotations

import datetime as dt
import random
import re
import shutil
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clerkdesk.data import store_key
from clerkdesk.services import commands as c
from clerkdesk.services.clock import VIETNAM, pretending
from clerkdesk.services.desk import Desk
from clerkdesk.services.document_types import DOCUMENT_TYPES, type_name
from clerkdesk.services.folding import folded, words
from clerkdesk.services.lists import (
    ListKind,
    ListQuery,
    Order,
    orders_of,
    position_of_number,
    row_ids,
    rows_of,
)
from clerkdesk.services.vocabulary import UNPROCESSED, ArrivalStatus, OutgoingStatus, Urgency

from ..conftest import NINE_O_CLOCK, OfficeClock
from ..office import (
    PASSWORD,
    ROUTE,
    arrivals_book,
    bring_to,
    enter,
    open_year,
    register,
    reserve,
    rows,
    subject_of,
    void,
)

WORDS = [
    "đường",
    "xã",
    "Đồng",
    "Tâm",
    "thủy",
    "lợi",
    "kế",
    "hoạch",
    "cải",
    "cách",
    "hành",
    "chính",
    "ngân",
    "sách",
    "quý",
    "III/2026",
    "số",
    "15a",
    "giao",
    "thông",
    "ưu",
    "tiên",
    "ruộng",
    "được",
    "mượn",
    "nước",
    "uống",
    "Ỷ",
    "La",
    "khuỷu",
    "tay",
    "đê_điều",
    "COVID-19",
]
ISSUERS = ["Bộ Nội vụ", "Sở Tư pháp", "Ủy ban nhân dân xã Ỷ La", "Công ty Điện lực (EVN)", "Đảng ủy khối"]
TODAY = dt.date(2026, 11, 20)


class Filled:
    """A desk with some hundred documents of two years, and its rows read plainly."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.arrivals = [dict(row._mapping) for row in rows(desk.store, "SELECT * FROM arrival")]
        self.outgoing = [dict(row._mapping) for row in rows(desk.store, "SELECT * FROM outgoing")]


def fill(desk: Desk, chance: random.Random) -> None:
    moment = dt.datetime(2025, 12, 20, 8, tzinfo=VIETNAM)
    book = arrivals_book(desk)
    with pretending(moment):
        open_year(desk, 2025)
    held: list[int] = []
    for place in range(220):
        moment += dt.timedelta(minutes=chance.choice([0, 1, 300, 2000]))
        with pretending(moment):
            today = moment.date()
            facts: dict[str, Any] = {
                "arrival_date": today,
                "subject": " ".join(chance.choices(WORDS, k=chance.randint(1, 6))),
                "issuer": chance.choice(ISSUERS),
                "code_number": f"{place:02d}",
                "code_notation": chance.choice(["QĐ-UBND", "BNV-VP", "KH_X", ""]),
                "issued_date": chance.choice([None, today, today - dt.timedelta(days=chance.randint(0, 400))]),
                "document_type": chance.choice(["", "QĐ", "CV", "KH"]),
                "urgency": chance.choice([Urgency.NORMAL] * 5 + list(Urgency)),
                "due_date": chance.choice([None, today + dt.timedelta(days=chance.randint(0, 90))]),
                "signer_name": chance.choice(["", "Lê Thị Hoà", "Đỗ Ưng"]),
                "to_places": chance.choice(["", "Phòng Tổ chức"]),
            }
            if held and held[0] and chance.random() < 0.1 and moment.year == 2026:
                facts["reserved_number"] = held.pop()
            elif chance.random() < 0.05 and place > 5:
                facts |= {"sub_number_of": 1, "sub_number_reason": "Bỏ sót"}
            answer = register(desk, **facts)
            arrival = subject_of(answer)
            if moment.year == 2026 and chance.random() < 0.05:
                held.append(reserve(desk, book, days=400))
            fate = chance.random()
            if fate < 0.08:
                void(desk, book, answer.number, answer.sub_number)
            elif fate < 0.3:
                status = chance.choice([ArrivalStatus.COMPLETED, ArrivalStatus.READ_CONFIRMED])
                desk.do(desk.make(c.FinishArrival, arrival=arrival, status=status))
            elif fate < 0.5:
                desk.do(desk.make(c.SubmitArrival, arrival=arrival, to_places="Giám đốc"))
            if place % 4 == 0 and moment.year == 2026:
                bring_to(
                    desk,
                    chance.choice(list(ROUTE)),
                    subject=" ".join(chance.choices(WORDS, k=3)),
                    document_type=chance.choice(["CV", "QĐ", "KH", "SY"]),
                    urgency=chance.choice(list(Urgency)),
                    drafter=chance.choice(["", "Đỗ Ưng"]),
                )


@pytest.fixture(scope="module")
def filled(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    folder = tmp_path_factory.mktemp("lists") / "office"
    shutil.copytree(furnished, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_key, "_trusted_keyring", lambda: None)
        desk = Desk.open(folder / "clerkdesk.db")
        with pretending(NINE_O_CLOCK):
            desk.log_in("annv", PASSWORD)
        fill(desk, random.Random(20261120))
        yield Filled(desk)
        desk.close()


ARRIVAL_WORDS = ("subject", "issuer", "code_number", "code_notation", "signer_name", "to_places")
OUTGOING_WORDS = ("subject", "reference_code", "signer_name", "drafting_unit", "drafter")


def found_by(row: dict[str, Any], query: ListQuery) -> bool:
    """Say whether a row is in the list, the plain way."""
    fields = ARRIVAL_WORDS if query.kind.of_arrivals else OUTGOING_WORDS
    have = [word for field in fields for word in words(row[field])]
    kinds = {
        ListKind.ARRIVALS: True,
        ListKind.OUTGOING: True,
        ListKind.UNPROCESSED: row["status"] in UNPROCESSED,
        ListKind.FOR_SIGNATURE: row["status"] == "SUBMITTED_FOR_SIGNATURE",
        ListKind.AWAITING_ISSUE: row["status"] in ("AWAITING_ISSUE", "NUMBERED", "SEALED"),
    }
    typed = words(query.words)
    return (
        kinds[query.kind]
        and all(any(word.startswith(one) for word in have) for one in typed)
        and (bool(typed) or not query.words.strip())
        and query.year in (None, row["year"])
        and query.status in ("", row["status"])
    )


def in_order(mine: list[dict[str, Any]], query: ListQuery) -> list[Any]:
    """Return what must not fall from one row to the next, for telling whether an order is right."""
    if query.kind is ListKind.UNPROCESSED:
        return [(-row["urgency"], row["due_date"] or "9999-12-31", row["registered_at"]) for row in mine]
    if query.kind in (ListKind.FOR_SIGNATURE, ListKind.AWAITING_ISSUE):
        return [(-row["urgency"], row["created_at"]) for row in mine]
    if query.words.strip() and query.order is Order.NUMBER:
        return [-row["row"] for row in mine]
    if query.kind is ListKind.OUTGOING:
        return [Falling(row["created_at"]) for row in mine]
    if query.order is Order.ISSUER:
        return [(row["issuer"], Falling(row["registered_at"])) for row in mine]
    if query.order is Order.ISSUED_DATE:
        return [(Falling(row["issued_date"] or ""), Falling(row["registered_at"])) for row in mine]
    return [(-row["year"], -row["number"], Falling(row["sub_number"])) for row in mine]


@dataclass(frozen=True)
class Falling:
    """A text that sorts the other way round."""

    text: str

    def __lt__(self, other: Falling) -> bool:
        return other.text < self.text


QUERIES = st.sampled_from(list(ListKind)).flatmap(
    lambda kind: st.builds(
        ListQuery,
        kind=st.just(kind),
        words=st.one_of(
            st.just(""),
            st.lists(st.sampled_from([*WORDS, *ISSUERS, "qd", "dong t", "u", "Lê", "!!", "15", "tổ"]), max_size=3).map(
                " ".join
            ),
        ),
        year=st.sampled_from([None, 2025, 2026, 1999]),
        status=st.sampled_from(["", *(ArrivalStatus if kind.of_arrivals else OutgoingStatus)]),
        order=st.sampled_from(orders_of(kind)),
    )
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(QUERIES)
@example(ListQuery(ListKind.ARRIVALS))
@example(ListQuery(ListKind.ARRIVALS, words="đường"))
@example(ListQuery(ListKind.ARRIVALS, words="DUONG dong tam", order=Order.ISSUER))
@example(ListQuery(ListKind.ARRIVALS, words="đê_điều"))
@example(ListQuery(ListKind.ARRIVALS, words="---"))
@example(ListQuery(ListKind.ARRIVALS, year=2025, status=ArrivalStatus.READ_CONFIRMED, order=Order.ISSUER))  # ties
@example(ListQuery(ListKind.UNPROCESSED))
@example(ListQuery(ListKind.OUTGOING, words="do ung"))
def test_a_list_holds_what_counting_by_hand_gives_in_the_order_it_says(filled: Filled, query: ListQuery) -> None:
    by_row = {row["row"]: row for row in (filled.arrivals if query.kind.of_arrivals else filled.outgoing)}
    ids = list(filled.desk.read(row_ids, query))
    expected = {number for number, row in by_row.items() if found_by(row, query)}
    assert len(ids) == len(set(ids))
    assert set(ids) == expected
    keys = in_order([by_row[number] for number in ids], query)
    assert not [place for place in range(1, len(keys)) if keys[place] < keys[place - 1]]
    assert list(filled.desk.read(row_ids, query, limit=7)) == ids[:7]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.text(
        alphabet=st.characters(max_codepoint=0x24F) | st.sampled_from("\"'*():^-+ \tđĐắẶỡ\u0323\u0301_"), max_size=40
    )
)
@example('" OR 1')
@example("NEAR(a b)")
@example("subject:đường")
@example("a* AND NOT b")
def test_whatever_is_typed_into_the_search_is_only_words(filled: Filled, typed: str) -> None:
    for kind in ListKind:
        filled.desk.read(row_ids, ListQuery(kind, words=typed), limit=5)


def test_a_whole_page_pasted_into_the_search_finds_its_document(filled: Filled) -> None:
    row = max(filled.arrivals, key=lambda row: len(row["subject"]))
    typed = " ".join([row["subject"]] * 200)
    assert row["row"] in filled.desk.read(row_ids, ListQuery(ListKind.ARRIVALS, words=typed))


@pytest.mark.parametrize("letter", "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ")
def test_every_vietnamese_letter_is_found_without_its_accent_and_in_capitals(desk: Desk, letter: str) -> None:
    register(desk, subject=f"ng{letter}x {letter.upper()}nh")
    plain = folded(letter)
    for typed in (f"ng{letter}x", f"NG{letter.upper()}X", f"ng{plain}x", f"{plain}nh", f"{letter}n"):
        assert len(desk.read(row_ids, ListQuery(ListKind.ARRIVALS, words=typed))) == 1, typed


def test_a_search_can_be_stopped(filled: Filled) -> None:
    assert filled.desk.read(row_ids, ListQuery(ListKind.ARRIVALS), stop=lambda: True) == array("q")


def test_a_row_shows_its_document_and_keeps_the_order_asked_for(filled: Filled) -> None:
    for kind, source in ((ListKind.ARRIVALS, filled.arrivals), (ListKind.OUTGOING, filled.outgoing)):
        by_row = {row["row"]: row for row in source}
        ids = [*by_row, 10**9]
        random.Random(1).shuffle(ids)
        shown = filled.desk.read(rows_of, kind, ids, TODAY)
        assert [row.row for row in shown] == [number for number in ids if number in by_row]
        for one in shown:
            row = by_row[one.row]
            status = row["status"]
            assert str(one.id) == row["id"]
            assert one.void == (status == "VOIDED")
            assert one.urgent == (row["urgency"] > 0)
            late = kind.of_arrivals and bool(row["due_date"]) and row["due_date"] < TODAY.isoformat()
            assert one.overdue == (late and status in UNPROCESSED)
            assert any(row["subject"] in cell for cell in one.cells)
            assert len(one.cells) == (7 if kind.of_arrivals else 6)
    assert filled.desk.read(rows_of, ListKind.ARRIVALS, [], TODAY) == []


@pytest.mark.parametrize(
    ("due", "status", "overdue"),
    [
        (TODAY - dt.timedelta(days=1), ArrivalStatus.REGISTERED, True),
        (TODAY - dt.timedelta(days=1), ArrivalStatus.COMPLETED, False),
        (TODAY, ArrivalStatus.REGISTERED, False),
        (None, ArrivalStatus.REGISTERED, False),
    ],
)
def test_an_arrival_is_overdue_from_the_day_after_its_deadline_until_it_ends(
    desk: Desk, due: dt.date | None, status: ArrivalStatus, overdue: bool
) -> None:
    arrival = subject_of(register(desk, due_date=due))
    if status is not ArrivalStatus.REGISTERED:
        desk.do(desk.make(c.FinishArrival, arrival=arrival, status=status))
    row = desk.read(rows_of, ListKind.ARRIVALS, [1], TODAY)[0]
    assert (row.overdue, row.void) == (overdue, False)


def test_the_cells_of_an_arrival_read_as_the_register_does(desk: Desk) -> None:
    register(
        desk,
        issuer="Ủy ban nhân dân xã Ỷ La",
        code_number="05",
        code_notation="BNV-VP",
        document_type="QĐ",
        subject="Về biên chế",
        urgency=Urgency.FLASH,
        due_date=dt.date(2026, 12, 1),
    )
    cells = desk.read(rows_of, ListKind.ARRIVALS, [1], TODAY)[0].cells
    assert cells == (
        "01", "20/11/26", "UBND xã Ỷ La", "05/BNV-VP", "[HỎA TỐC] Về biên chế", "01/12/26", "Đã vào sổ",
    )  # fmt: skip


def test_a_draft_is_shown_with_its_day_in_vietnam(desk: Desk, clock: OfficeClock) -> None:
    clock.set(dt.datetime(2026, 11, 21, 6, 30, tzinfo=VIETNAM))  # the day before in UTC
    enter(desk, subject="Về biên chế")
    cells = desk.read(rows_of, ListKind.OUTGOING, [1], TODAY)[0].cells
    assert cells == ("—", "21/11/26", "Lê Quang Minh", "Công văn: Về biên chế", "", "Dự thảo")


def test_the_place_of_a_number_in_a_list_is_found(filled: Filled) -> None:
    ids = filled.desk.read(row_ids, ListQuery(ListKind.ARRIVALS))
    by_row = {row["row"]: row for row in filled.arrivals}
    for row in filled.arrivals:
        place = filled.desk.look_up(
            position_of_number, ListKind.ARRIVALS, ids, filled.desk.agency_id, row["year"], row["number"]
        )
        assert place is not None
        shown = by_row[ids[place]]
        assert (shown["year"], shown["number"]) == (row["year"], row["number"])
    for year, number in ((2026, 99_999), (1999, 1)):
        assert (
            filled.desk.look_up(position_of_number, ListKind.ARRIVALS, ids, filled.desk.agency_id, year, number) is None
        )


def test_the_words_of_the_types_are_those_of_the_decree() -> None:
    assert len(DOCUMENT_TYPES) == 29
    assert type_name("QyĐ") == "Quy định"
    assert not [kind for kind in DOCUMENT_TYPES if re.search(r"\d", kind.name)]


def listed(desk: Desk, kind: ListKind, words: str = "") -> list[str]:
    """Return the subjects of a list, having seen that every first page is the beginning of the whole list."""
    query = ListQuery(kind, words=words, order=orders_of(kind)[0])
    whole = desk.read(row_ids, query)
    for limit in range(1, len(whole) + 1):
        assert desk.read(row_ids, query, limit=limit) == whole[:limit]
    return [row.cells[4 if kind.of_arrivals else 3] for row in desk.read(rows_of, kind, whole, TODAY)]


@pytest.mark.parametrize("typed", ["", "cong van"])
def test_unprocessed_arrivals_of_one_moment_stand_in_the_order_of_their_entry(desk: Desk, typed: str) -> None:
    facts: dict[str, Any] = {"urgency": Urgency.URGENT, "due_date": TODAY}
    with pretending(NINE_O_CLOCK):
        held = [reserve(desk, arrivals_book(desk)) for _ in range(3)]  # so that numbers run against the entries
        for place, number in enumerate([None, *reversed(held), None]):
            register(desk, subject=f"Công văn {place}", reserved_number=number, **facts)
    assert len(rows(desk.store, "SELECT DISTINCT registered_at FROM arrival")) == 1
    label = Urgency.URGENT.label.upper()
    assert listed(desk, ListKind.UNPROCESSED, typed) == [f"[{label}] Công văn {place}" for place in range(5)]


@pytest.mark.parametrize("typed", ["", "cong van"])
def test_documents_awaiting_issue_of_one_moment_stand_in_the_order_of_their_entry(desk: Desk, typed: str) -> None:
    states = (OutgoingStatus.SEALED, OutgoingStatus.AWAITING_ISSUE, OutgoingStatus.NUMBERED) * 2
    with pretending(NINE_O_CLOCK):
        for place, status in enumerate(states):
            bring_to(desk, status, subject=f"Công văn {place}", urgency=Urgency.URGENT)
    assert len(rows(desk.store, "SELECT DISTINCT created_at FROM outgoing")) == 1
    assert [subject[-10:] for subject in listed(desk, ListKind.AWAITING_ISSUE, typed)] == [
        f"Công văn {place}" for place in range(6)
    ]


def test_documents_for_signature_of_one_moment_stand_in_the_order_of_their_entry(desk: Desk) -> None:
    with pretending(NINE_O_CLOCK):
        for place in range(4):
            bring_to(desk, OutgoingStatus.SUBMITTED_FOR_SIGNATURE, subject=f"Công văn {place}")
    assert [subject[-10:] for subject in listed(desk, ListKind.FOR_SIGNATURE)] == [
        f"Công văn {place}" for place in range(4)
    ]

"""The telephone code: what is written is heard, what is misheard is refused, each with its own sentence."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from clerkdesk.data import schema
from clerkdesk.errors import ClerkDeskError
from clerkdesk.services import commands as c
from clerkdesk.services import custody, custody_by_code, pen_code
from clerkdesk.services.ids import new_id
from clerkdesk.services.pen_code import (
    LETTERS,
    CodeWrongLength,
    CodeWrongLetter,
    Handover,
    opened,
    read_code,
    write_code,
)

from ..agency import CODE_KEY, Agency
from ..conftest import OfficeClock

IDS = st.integers(1, (1 << 128) - 1).map(lambda value: UUID(int=value))
HANDOVERS = st.builds(
    Handover,
    agency=IDS,
    register=IDS,
    place=st.integers(0, 200),
    year=st.integers(2020, 2100),
    epoch=st.integers(1, 5_000),
    next_number=st.integers(1, 200_000),
    desk=IDS,
    incarnation=IDS,
)
KEYS = st.binary(min_size=32, max_size=32)
SAME = {"O": "0", "I": "1", "L": "1"}


def near(handover: Handover, **changes: Any) -> Handover:
    """What the receiver knows: the book some hand-overs and numbers ago."""
    facts = {name: getattr(handover, name) for name in Handover.__dataclass_fields__}
    facts |= {"epoch": max(1, handover.epoch - 7), "next_number": max(1, handover.next_number - 900)}
    return Handover(**(facts | changes))


def heard(code: str, key: bytes, known: Handover) -> Handover | None:
    return opened(read_code(code), key, known)


# --- properties -------------------------------------------------------------------------------------------------


@given(HANDOVERS, KEYS)
def test_what_is_written_is_heard(handover: Handover, key: bytes) -> None:
    code = write_code(handover, key)
    groups = code.split("-")
    assert [len(group) for group in groups] == [4, 4, 4, 4]
    assert set("".join(groups)) <= set(LETTERS)
    assert heard(code, key, near(handover)) == handover


@given(HANDOVERS, KEYS, st.data())
def test_case_dashes_spaces_and_letters_that_sound_or_look_alike_do_not_matter(
    handover: Handover, key: bytes, data: st.DataObject
) -> None:
    written = write_code(handover, key).replace("-", "")
    typed = ""
    for letter in written:
        alike = [letter, letter.lower(), *(other for other, same in SAME.items() if same == letter)]
        typed += data.draw(st.sampled_from(alike)) + data.draw(st.sampled_from(["", " ", "-"]))
    assert heard(typed, key, near(handover)) == handover


@settings(max_examples=300)
@given(HANDOVERS, KEYS, st.integers(0, 15), st.sampled_from(LETTERS))
def test_any_single_wrong_letter_is_refused(handover: Handover, key: bytes, place: int, letter: str) -> None:
    code = write_code(handover, key).replace("-", "")
    assume(code[place] != letter)
    assert heard(code[:place] + letter + code[place + 1 :], key, near(handover)) is None


@settings(max_examples=300)
@given(HANDOVERS, KEYS, st.integers(0, 14))
def test_any_swapped_pair_is_refused(handover: Handover, key: bytes, place: int) -> None:
    code = write_code(handover, key).replace("-", "")
    assume(code[place] != code[place + 1])
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert heard(swapped, key, near(handover)) is None


@given(HANDOVERS, KEYS, st.sampled_from(["agency", "register", "desk", "incarnation", "year", "place"]), IDS)
def test_a_code_is_for_one_agency_book_desk_and_store(handover: Handover, key: bytes, part: str, other: UUID) -> None:
    changed: Any = other if isinstance(getattr(handover, part), UUID) else getattr(handover, part) + 1
    assume(changed != getattr(handover, part))
    assert heard(write_code(handover, key), key, near(handover, **{part: changed})) is None


@given(HANDOVERS, KEYS, KEYS)
def test_another_agencys_key_opens_nothing(handover: Handover, key: bytes, other: bytes) -> None:
    assume(key != other)
    assert heard(write_code(handover, key), other, near(handover)) is None


@given(HANDOVERS, KEYS, st.integers(1, 5_000))
def test_a_code_says_its_own_epoch_and_no_other(handover: Handover, key: bytes, known: int) -> None:
    found = heard(write_code(handover, key), key, near(handover, epoch=known, next_number=handover.next_number))
    assert found is None or found == handover
    if abs(known - handover.epoch) <= 512:
        assert found == handover


def test_a_thousand_random_codes_open_nothing() -> None:
    book = Handover(new_id(), new_id(), 3, 2026, 12, 1284, new_id(), new_id())
    key = secrets.token_bytes(32)
    for _ in range(1_000):
        code = "".join(secrets.choice(LETTERS) for _ in range(16))
        assert heard(code, key, book) is None
        same_book = write_code(book, key).replace("-", "")[:7] + code[7:]  # right but for its seal
        assert heard(same_book, key, book) is None


def test_desks_of_different_versions_understand_each_other() -> None:
    ids = [UUID(int=value) for value in (1, 2, 3, 4)]
    code = write_code(Handover(ids[0], ids[1], 5, 2026, 21, 1284, ids[2], ids[3]), bytes(32))
    assert code == "2GAG-A14Y-Y4R0-0PT3"


# --- sentences --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "expected", "words"),
    [
        ("ABYA-KBGM-26DM-KW2", CodeWrongLength, "ở đây có 15"),
        ("ABYA-KBGM-26DM-KW233", CodeWrongLength, "ở đây có 17"),
        ("", CodeWrongLength, "ở đây có 0"),
        ("ABYA-KBGU-26DM-KW23", CodeWrongLetter, "“U” (vị trí 8)"),
        ("ABYA-KBG?-26DM-KW23", CodeWrongLetter, "“?” (vị trí 8)"),
        ("ABYA-KBGM-26DM-KW23", custody_by_code.CodeMistyped, "Mã gõ sai"),
    ],
)
def test_a_code_that_is_none_is_refused_with_what_is_wrong(
    agency: Agency, typed: str, expected: type[ClerkDeskError], words: str
) -> None:
    with pytest.raises(expected) as caught:
        agency.desks[1].enter(typed)
    assert words in caught.value.message
    assert not agency.desks[1].holds()


def test_a_code_is_of_one_book_for_one_desk_once_and_not_after_the_next(agency: Agency, clock: OfficeClock) -> None:
    one, two, three = agency.desks
    other = {"register_id": agency.register("DI"), "year": agency.year}
    code = one.release(two)
    with pytest.raises(custody_by_code.CodeOfOtherBook, match="“Sổ đăng ký văn bản đến” năm 2026"):
        two.enter(code, **other)
    with pytest.raises(custody_by_code.CodeForOtherDesk, match="máy 02"):
        three.enter(code)
    with pytest.raises(custody_by_code.CodeForOtherDesk, match="máy 02"):
        three.enter(code, **other)
    clock.forward(minutes=30)
    two.enter(code)
    with pytest.raises(custody_by_code.CodeUsed, match="09:30 20/11/2026"):
        two.enter(code)
    again = two.release(three)
    with pytest.raises(custody_by_code.CodeUsed):
        two.enter(code)
    with pytest.raises(custody_by_code.CodeForOtherDesk):
        two.enter(again)
    assert three.enter(again).epoch == 3


def test_a_code_that_was_overtaken_is_old(agency: Agency) -> None:
    one, two, three = agency.desks
    code = one.release(two)
    one.push()
    books = (c.DeclaredBook(register_id=agency.book, year=2026, last_number=0),)
    three.call(
        c.DeclareDeskDestroyed,
        lost_desk=two.desk,
        second_person=agency.leader,
        books=books,
        set_aside=True,
        reason="Cháy",
    )
    two.pull()
    with pytest.raises(custody_by_code.CodeOld, match="Mã cũ"):
        two.enter(code)


def test_a_pen_that_has_come_by_the_network_needs_no_code_any_more(agency: Agency) -> None:
    one, two, _three = agency.desks
    code = one.release(two)
    one.push()
    two.pull()
    assert two.number() == 1
    with pytest.raises(custody.PenHereAlready):
        two.enter(code)
    agency.settle()
    assert agency.server.book().next_number == 2


def test_a_code_for_the_store_before_a_restore_is_dead(agency: Agency) -> None:
    one, two, _three = agency.desks
    code = one.release(two)
    with two.store.writing() as tx:
        tx.execute(schema.desk.update().where(schema.desk.c.id == two.desk).values(incarnation=new_id()))
    with pytest.raises(custody_by_code.CodeMistyped):
        two.enter(code)
    assert not two.holds()


def test_nobody_hands_over_to_himself_or_to_a_stranger(agency: Agency) -> None:
    one, two, _three = agency.desks
    with pytest.raises(custody_by_code.HandOverToItself):
        one.release(one)
    with pytest.raises(custody.DeskUnknown):
        one.give(c.ReleasePenByCode, to_desk=new_id(), to_incarnation=new_id(), **agency.pen)
    with pytest.raises(custody.PenOfOldIncarnation):
        one.give(c.ReleasePenByCode, to_desk=two.desk, to_incarnation=new_id(), **agency.pen)
    assert one.holds()


def test_the_code_can_be_read_out_again_until_the_pen_goes_on(agency: Agency) -> None:
    one, two, three = agency.desks
    code = one.release(two)
    assert one.code() == code
    two.enter(code)
    three.enter(two.release(three))
    agency.settle()
    with pytest.raises(custody_by_code.CodeOld):
        two.code(register_id=agency.register("DI"))
    assert agency.server.book().holder_desk == three.desk


def test_a_pen_that_the_server_holds_is_passed_on_by_whoever_is_online(agency: Agency) -> None:
    one, two, three = agency.desks
    one.number()
    one.give_back()
    one.push()
    assert three.desk is not None
    with pytest.raises(custody.PenNotHere):
        two.release(three)
    facts: dict[str, Any] = {"to_desk": three.desk, "to_incarnation": two.incarnation(three.desk)}
    two.call(c.ReleasePenByCode, **facts, **agency.pen)
    with pytest.raises(custody.HeldElsewhere):
        two.call(c.ReleasePenByCode, **facts, **agency.pen)
    code = two.code()
    assert three.enter(code).next_number == 2
    assert three.number() == 2
    agency.settle()
    assert agency.server.book().holder_desk == three.desk


def test_the_receivers_numbers_wait_for_the_releasers_and_are_not_refused(agency: Agency) -> None:
    one, two, three = agency.desks
    one.number()
    two.enter(one.release(two))
    assert two.number() == 2
    three.enter(two.release(three))
    assert three.number() == 3
    assert (three.push(), two.push(), three.refused, two.refused) == (False, False, [], [])
    assert agency.server.rows(schema.entry) == []
    assert (one.push(), two.push(), three.push()) == (True, True, True)
    assert sorted(row["number"] for row in agency.server.rows(schema.entry)) == [1, 2, 3]


def test_a_code_that_no_desk_released_waits_at_the_server_and_changes_nothing(agency: Agency) -> None:
    _one, two, _three = agency.desks
    assert two.desk is not None
    forged = Handover(
        agency.id, agency.book, 0, 2026, 2, 700, two.desk, two.incarnation(two.desk)
    )  # fmt: skip
    two.enter(write_code(forged, CODE_KEY))
    assert two.push() is False
    assert (agency.server.book().holder_desk, agency.server.book().next_number) == (agency.desks[0].desk, 1)


# --- guards, switched off -------------------------------------------------------------------------------------


def paper_when_a_code_is_typed_late(agency: Agency) -> list[int]:
    """Desk 02 takes the pen, numbers, hands it on, and then types its old code once more."""
    one, two, three = agency.desks
    code = one.release(two)
    two.enter(code)
    paper = [two.number()]
    three.enter(two.release(three))
    paper.append(three.number())
    with suppress(ClerkDeskError):
        two.enter(code)
        paper.append(two.number())
        paper.append(two.number())
    return paper


@pytest.mark.parametrize("guarded", [True, False])
def test_a_code_is_used_once(agency: Agency, monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    if not guarded:
        monkeypatch.setattr(custody_by_code, "_not_used", lambda *_: None)
        real = custody_by_code._unsealed

        def without_epochs(tx: Any, command: Any, book: Any, spoken: Any) -> tuple[int, int]:
            try:
                return real(tx, command, book, spoken)
            except (custody_by_code.CodeOld, custody.PenHereAlready):
                return book.epoch, book.next_number

        monkeypatch.setattr(custody_by_code, "_unsealed", without_epochs)
    paper = paper_when_a_code_is_typed_late(agency)
    assert (len(paper) == len(set(paper))) is guarded


@pytest.mark.parametrize("guarded", [True, False])
def test_the_seal_is_what_keeps_a_misheard_number_out(
    agency: Agency, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    one, two, _three = agency.desks
    paper = [one.number() for _ in range(5)]
    code = one.release(two)
    fewer = pen_code.read_code(code)
    assert fewer.next_number == 6
    value = fewer.place << 10 | fewer.epoch
    value = (value << 16 | 3) << 48 | fewer.mac
    misheard = "".join(LETTERS[value >> shift & 31] for shift in range(75, -1, -5))
    if not guarded:

        def believed(spoken: pen_code.Heard, key: bytes, known: Handover) -> Handover:
            facts = {name: getattr(known, name) for name in Handover.__dataclass_fields__}
            return Handover(**(facts | {"epoch": spoken.epoch, "next_number": spoken.next_number}))

        monkeypatch.setattr(custody_by_code, "opened", believed)
    with suppress(custody_by_code.CodeMistyped):
        two.enter(misheard)
        paper.append(two.number())
    assert (len(paper) == len(set(paper))) is guarded


@pytest.mark.parametrize("guarded", [True, False])
def test_the_server_waits_for_the_release_itself(
    agency: Agency, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    one, two, _three = agency.desks
    paper = {one.number(): "01", one.number(): "01"}
    two.enter(one.release(two))
    paper[two.number()] = "02"
    if not guarded:
        monkeypatch.setattr(custody_by_code, "EarlierNumbersMissing", custody_by_code.CodeOld)
    two.push()
    one.push()
    two.push()
    entered = {row["number"] for row in agency.server.rows(schema.entry)}
    assert (entered == set(paper)) is guarded
    assert (two.refused == []) is guarded


def test_a_destroyed_desks_code_is_understood_by_the_desk_that_declares_it(agency: Agency) -> None:
    one, two, three = agency.desks
    one.number()
    code = one.release(two)
    with three.store.reading() as connection:
        found = custody_by_code.handover_heard(connection, agency.id, CODE_KEY, agency.book, 2026, code)
        with pytest.raises(custody_by_code.CodeMistyped):
            custody_by_code.handover_heard(connection, agency.id, CODE_KEY, agency.book, 2026, "0" * 16)
    assert (found.desk, found.next_number, found.epoch) == (two.desk, 2, 2)

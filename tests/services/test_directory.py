"""The directory: what a few typed letters mean, which agencies are offered, which files are a directory."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clerkdesk.data import store_key
from clerkdesk.errors import ClerkDeskError
from clerkdesk.services import commands as c
from clerkdesk.services.desk import Desk
from clerkdesk.services.directory import (
    COLUMNS,
    DIRECTORY_FILE,
    CorrespondentKnown,
    DirectoryFileWrong,
    correspondent_by_name,
    find_correspondents,
    import_directory,
)
from clerkdesk.services.folding import folded, initials, words
from clerkdesk.services.lengths import Missing, TooLong

from ..conftest import OfficeClock
from ..office import count, register, rows

TODAY = dt.date(2026, 11, 20)
Line = dict[str, str]


def table(*lines: Line, columns: Iterable[str] = COLUMNS) -> list[str]:
    """Return the lines of a CSV file."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(columns), restval="")
    writer.writeheader()
    writer.writerows(lines)
    return buffer.getvalue().splitlines(keepends=True)


def add(desk: Desk, *lines: Line) -> int:
    with desk.store.writing() as tx:
        return import_directory(tx, table(*lines))


def names(desk: Desk, typed: str, limit: int = 10) -> list[str]:
    return [one.name for one in desk.read(find_correspondents, typed, TODAY, limit=limit)]


@pytest.fixture
def small(desk: Desk) -> Desk:
    """A desk whose directory holds only what the test can see."""
    with desk.store.writing() as tx:
        tx.exec_driver_sql("DELETE FROM correspondent")
        tx.exec_driver_sql("INSERT INTO correspondent_words(correspondent_words) VALUES ('rebuild')")
    add(
        desk,
        {"name": "Bộ Nội vụ", "short_name": "BNV", "organ_id": "G09", "level": "1"},
        {"name": "Ủy ban nhân dân tỉnh Sông Hương", "short_name": "UBND", "organ_id": "H57", "level": "2"},
        {"name": "Sở Nội vụ tỉnh Sông Hương", "short_name": "SNV", "organ_id": "H57.15", "level": "3"},
        {"name": "Sở Nông nghiệp và Môi trường tỉnh Sông Hương", "short_name": "SNNMT", "level": "3"},
        {"name": "Đảng ủy các cơ quan tỉnh Sông Hương", "short_name": "ĐUK", "level": "3"},
        {"name": "Ủy ban nhân dân xã Đồng Tâm", "short_name": "UBND", "level": "4"},
        {"name": "Phòng Nội vụ huyện Ỷ La", "short_name": "PNV", "level": "4", "valid_to": "2025-06-30"},
        {"name": "Phòng Nội vụ khu vực 2", "short_name": "PNV2", "level": "4", "valid_from": "2027-01-01"},
        {"name": "Công ty TNHH 3M (Việt Nam)", "short_name": "", "level": "6"},
    )
    return desk


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("Sở Nội vụ tỉnh Sông Hương", "Sở Nội vụ tỉnh Sông Hương"),
        ("so noi vu", "Sở Nội vụ tỉnh Sông Hương"),
        ("SỞ NỘI VỤ", "Sở Nội vụ tỉnh Sông Hương"),
        ("s n v", "Sở Nội vụ tỉnh Sông Hương"),
        ("vu so noi", "Sở Nội vụ tỉnh Sông Hương"),
        ("huong noi", "Sở Nội vụ tỉnh Sông Hương"),
        ("snv", "Sở Nội vụ tỉnh Sông Hương"),
        ("SNV", "Sở Nội vụ tỉnh Sông Hương"),
        ("snvtsh", "Sở Nội vụ tỉnh Sông Hương"),
        ("H57.15", "Sở Nội vụ tỉnh Sông Hương"),
        ("bnv", "Bộ Nội vụ"),
        ("bo", "Bộ Nội vụ"),
        ("dong tam", "Ủy ban nhân dân xã Đồng Tâm"),
        ("đồng tâm", "Ủy ban nhân dân xã Đồng Tâm"),
        ("ĐUK", "Đảng ủy các cơ quan tỉnh Sông Hương"),
        ("duk", "Đảng ủy các cơ quan tỉnh Sông Hương"),
        ("dang uy", "Đảng ủy các cơ quan tỉnh Sông Hương"),
        ("snnmt", "Sở Nông nghiệp và Môi trường tỉnh Sông Hương"),
        ("ubnd tinh", "Ủy ban nhân dân tỉnh Sông Hương"),
        ("ubnd", "Ủy ban nhân dân tỉnh Sông Hương"),
        ("3m", "Công ty TNHH 3M (Việt Nam)"),
        ("(viet", "Công ty TNHH 3M (Việt Nam)"),
    ],
)
def test_an_agency_is_found_as_a_clerk_would_type_it(small: Desk, typed: str, first: str) -> None:
    assert names(small, typed)[:1] == [first]


def test_a_whole_name_typed_without_accents_stands_before_every_longer_one(small: Desk) -> None:
    longer = [
        {"name": f"Sở Nội vụ và Ngoại vụ tỉnh Sông Hương, cơ sở {place}", "short_name": "SNV", "level": "1"}
        for place in range(1, 31)
    ]
    whole = {"name": "Sở Nội vụ Ngoại vụ", "short_name": "NGV", "level": "9"}
    other = {"name": "Sơ nơi vũ ngoài vừ", "short_name": "X", "level": "8"}  # the same letters, other accents
    add(small, *longer, other, whole)
    assert set(names(small, "so noi vu ngoai vu")[:2]) == {whole["name"], other["name"]}
    assert names(small, "SO NOI  VU NGOAI VU", limit=3)[:2] == names(small, "so noi vu ngoai vu")[:2]
    assert names(small, "Sở Nội vụ Ngoại vụ")[:2] == [whole["name"], other["name"]]
    for _ in range(3):
        register(small, issuer=longer[0]["name"])  # used lately, and yet not the whole name
    assert longer[0]["name"] not in names(small, "so noi vu ngoai vu")[:2]


@pytest.mark.parametrize("typed", ["phong noi vu", "Phòng Nội vụ", "pnv", "PNV2"])
def test_an_agency_that_is_closed_or_not_yet_founded_is_not_offered(small: Desk, typed: str) -> None:
    assert names(small, typed) == []
    past, future = dt.date(2025, 6, 30), dt.date(2027, 1, 1)
    offered = {day: [one.name for one in small.read(find_correspondents, typed, day)] for day in (past, future)}
    assert "Phòng Nội vụ huyện Ỷ La" in offered[past] or typed == "PNV2"
    assert "Phòng Nội vụ huyện Ỷ La" not in offered[future]


def test_a_closed_agency_is_not_offered_though_its_documents_came_lately(small: Desk) -> None:
    register(small, issuer="Phòng Nội vụ huyện Ỷ La")
    register(small, issuer="Sở Nội vụ tỉnh Sông Hương")
    assert names(small, "") == ["Sở Nội vụ tỉnh Sông Hương"]
    assert "Phòng Nội vụ huyện Ỷ La" not in names(small, "noi vu")


def test_who_wrote_lately_comes_first(small: Desk, clock: OfficeClock) -> None:
    assert names(small, "noi vu")[0] != "Bộ Nội vụ" or names(small, "ubnd")[0] != "Ủy ban nhân dân xã Đồng Tâm"
    for issuer in ("Bộ Nội vụ", "Ủy ban nhân dân xã Đồng Tâm", "Sở Nội vụ tỉnh Sông Hương", "Bộ Nội vụ"):
        clock.forward(minutes=5)
        register(small, issuer=issuer)
    assert names(small, "") == ["Bộ Nội vụ", "Sở Nội vụ tỉnh Sông Hương", "Ủy ban nhân dân xã Đồng Tâm"]
    assert names(small, "noi vu")[:2] == ["Bộ Nội vụ", "Sở Nội vụ tỉnh Sông Hương"]
    assert names(small, "uy ban nhan dan")[0] == "Ủy ban nhân dân xã Đồng Tâm"
    clock.forward(minutes=5)
    register(small, issuer="Sở Nội vụ tỉnh Sông Hương", code_notation="KH-SNV")
    assert names(small, "noi vu")[0] == "Sở Nội vụ tỉnh Sông Hương"


def test_typed_accents_decide_between_names_that_differ_in_accents_only(small: Desk) -> None:
    add(small, {"name": "Ủy ban nhân dân xã Tân Hòa"}, {"name": "Ủy ban nhân dân xã Tấn Hoà"})
    assert names(small, "xã Tân Hòa")[0] == "Ủy ban nhân dân xã Tân Hòa"
    assert names(small, "xã tấn hoà")[0] == "Ủy ban nhân dân xã Tấn Hoà"
    assert set(names(small, "xa tan hoa")) == {"Ủy ban nhân dân xã Tân Hòa", "Ủy ban nhân dân xã Tấn Hoà"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=30) | st.text(alphabet="\"'*():^-+_ anđĐ\u0301", max_size=20))
@example("a_b")
@example('" OR "')
@example("folded:so")
@example("\x00")
def test_whatever_is_typed_is_answered(desk: Desk, typed: str) -> None:
    assert len(desk.read(find_correspondents, typed, TODAY)) <= 10


# --- adding and importing --------------------------------------------------------------------------------------


def test_an_agency_that_was_added_here_is_offered_before_the_others(small: Desk) -> None:
    small.do(small.make(c.AddCorrespondent, name="Hội  Nội vụ\ttỉnh Sông Hương ", short_name="HNV"))
    assert names(small, "noi vu")[0] == "Hội Nội vụ tỉnh Sông Hương"
    assert names(small, "hnv") == ["Hội Nội vụ tỉnh Sông Hương"]


def test_agencies_of_the_own_province_come_before_those_of_others(small: Desk) -> None:
    add(small, {"name": "Sở Nội vụ tỉnh Bắc", "level": "1"}, {"name": "Sở Xây dựng tỉnh Sông Hương", "level": "9"})
    offered = names(small, "so")
    assert offered[-1] == "Sở Nội vụ tỉnh Bắc"
    assert len(offered) == 6


def test_a_name_typed_whole_is_offered_though_many_others_hold_its_words(small: Desk) -> None:
    places = ("Bắc Ninh", "Cao Bằng", "Điện Biên", "Gia Lai", "Huế", "Lai Châu", "Nghệ An", "Phú Thọ", "Quảng Trị",
              "Sơn La", "Tây Ninh", "Hà Tĩnh")  # fmt: skip
    add(small, *({"name": f"Thi hành án dân sự tỉnh {place}"} for place in places))
    assert names(small, "thi hanh an dan su tinh ha tinh")[:1] == ["Thi hành án dân sự tỉnh Hà Tĩnh"]
    assert names(small, "Thi hành án dân sự tỉnh Hà Tĩnh")[0] == "Thi hành án dân sự tỉnh Hà Tĩnh"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"name": "Bộ Nội vụ"}, CorrespondentKnown),
        ({"name": "  Bộ  Nội vụ "}, CorrespondentKnown),
        ({"name": ""}, Missing),
        ({"name": "x" * 201}, TooLong),
        ({"name": "Hội", "organ_id": "x" * 36}, TooLong),
    ],
)
def test_an_agency_is_added_once_and_with_a_name(
    small: Desk, facts: dict[str, Any], expected: type[ClerkDeskError]
) -> None:
    before = count(small.store, "correspondent")
    with pytest.raises(expected):
        small.do(small.make(c.AddCorrespondent, **facts))
    assert count(small.store, "correspondent") == before


def test_importing_the_same_file_again_adds_nothing(small: Desk) -> None:
    lines = ({"name": "Sở Y tế", "level": "3"}, {"name": "Sở Y tế", "level": "3"}, {"name": "Bộ Nội vụ"})
    assert (add(small, *lines), add(small, *lines)) == (1, 0)


def test_higher_levels_of_an_imported_file_are_offered_first(small: Desk) -> None:
    add(
        small,
        {"name": "Trạm Thú y xã", "level": "6"},
        {"name": "Cục Thú y", "level": "2"},
        {"name": "Hội Thú y"},
        {"name": "Chi cục Thú y", "level": "4"},
    )
    assert names(small, "thu y") == ["Cục Thú y", "Chi cục Thú y", "Trạm Thú y xã", "Hội Thú y"]


GOOD = table({"name": "Sở Y tế", "level": "3"}, {"name": 'Công ty "Sao, Mai"'})


@pytest.mark.parametrize(
    "lines",
    [
        GOOD,
        ["\ufeff" + GOOD[0], *GOOD[1:]],
        [line.replace("\r\n", "\n") for line in GOOD],
        [*GOOD, "\r\n"],
    ],
    ids=["plain", "spreadsheet's mark", "other line ends", "empty line at the end"],
)
def test_a_directory_is_read_as_spreadsheets_write_it(small: Desk, lines: list[str]) -> None:
    with small.store.writing() as tx:
        assert import_directory(tx, lines) == 2
    assert small.look_up(correspondent_by_name, 'Công ty "Sao, Mai"') is not None


HEADING = ",".join(COLUMNS) + "\n"


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ([], 1),
        (["name;short_name\n"], 1),
        (["name,short_name,organ_id\n", "a,b,c\n"], 1),
        ([HEADING, "Sở Y tế,,,,3,,\n", ",,,,3,,\n"], 3),
        ([HEADING, "Sở Y tế,,,,ba,,\n"], 2),
        ([HEADING, "Sở Y tế,,,,3,30/6/2025,\n"], 2),
        ([HEADING, "Sở Y tế,,,,3,,2025-13-01\n"], 2),
        ([HEADING, f"{'x' * 201},,,,3,,\n"], 2),
        ([HEADING, f"Sở Y tế,,{'x' * 36},,3,,\n"], 2),
        ([HEADING, "Sở Y tế,,,,3,,,thừa\n"], 2),
        ([HEADING, "Sở Y tế\n"], 0),
        ([HEADING, '"chưa đóng,,,,3,,\n'], 0),
        ([HEADING, "\x00,,,,3,,\n"], 2),
        (["%PDF-1.7\n", "\x00\x01\n"], 1),
    ],
)
def test_a_file_that_is_no_directory_is_refused_whole_with_its_line(small: Desk, lines: list[str], line: int) -> None:
    before = rows(small.store, "SELECT name FROM correspondent")
    try:
        with small.store.writing() as tx:
            import_directory(tx, lines)
    except DirectoryFileWrong as error:
        assert f"dòng {line}" in error.message or not line
        assert rows(small.store, "SELECT name FROM correspondent") == before
    else:
        assert line == 0  # short lines are filled up


def test_a_file_in_another_encoding_is_refused(small: Desk, tmp_path: Path) -> None:
    path = tmp_path / "danh-ba.csv"
    path.write_bytes(HEADING.encode() + "Sở Y tế".encode("cp1258", "replace") + b"\xff,,,,3,,\n")
    with path.open(encoding="utf-8") as lines, small.store.writing() as tx, pytest.raises(DirectoryFileWrong):
        import_directory(tx, lines)


# --- the shipped directory, and a whole country ----------------------------------------------------------------


def test_every_agency_of_the_shipped_directory_is_found_by_its_name_short_name_and_initials(desk: Desk) -> None:
    with DIRECTORY_FILE.open(encoding="utf-8", newline="") as lines:
        shipped = [line for line in csv.DictReader(lines) if not line["valid_to"]]
    assert len(shipped) > 1000
    by_name = {row.name for row in rows(desk.store, "SELECT name FROM correspondent")}
    assert {line["name"] for line in shipped} <= by_name
    for line in random.Random(3).sample(shipped, 60):
        name = line["name"]
        assert names(desk, name)[0] == name
        assert name in names(desk, folded(name), limit=3000)
        assert name in names(desk, initials(name), limit=3000)
        if line["short_name"]:
            assert name in names(desk, line["short_name"], limit=3000)


PLACES = [
    "Tân",
    "Hòa",
    "Phú",
    "Đông",
    "Long",
    "Bình",
    "An",
    "Thạnh",
    "Mỹ",
    "Lộc",
    "Đức",
    "Ninh",
    "Sơn",
    "Hải",
    "Châu",
    "Quang",
    "Minh",
    "Vĩnh",
    "Xuân",
    "Trường",
]
KINDS = ["Xã", "Đảng ủy", "Trường", "Trạm xá", "Đồn"]


@dataclass(frozen=True, repr=False)
class Country:
    """A desk that knows 125,000 agencies, and the words of each."""

    desk: Desk
    words: dict[str, list[str]]


@pytest.fixture(scope="module")
def country(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    folder = tmp_path_factory.mktemp("country") / "office"
    shutil.copytree(furnished, folder)
    chance = random.Random(125)
    made: dict[str, Line] = {}
    while len(made) < 125_000:
        place = " ".join(chance.choices(PLACES, k=2))
        name = f"{chance.choice(KINDS)} {place} {chance.randint(1, 999)}"
        made[name] = {"name": name, "level": str(chance.randint(4, 6))}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_key, "_trusted_keyring", lambda: None)
        desk = Desk.open(folder / "clerkdesk.db")
        assert add(desk, *made.values()) == 125_000
        every = rows(desk.store, "SELECT name, folded FROM correspondent WHERE coalesce(valid_to, '9') > '2026-11-20'")
        yield Country(desk, {row.name: words(row.folded) for row in every})
        desk.close()


def test_a_whole_country_is_searched_by_the_same_rule(country: Country) -> None:
    for typed in ("truong tan", "Trạm xá Phú", "ubnd", "777", "don binh an 5", "an an"):
        right = {
            name
            for name, have in country.words.items()
            if all(any(word.startswith(one) for word in have) for one in words(typed))
        }
        offered = names(country.desk, typed)
        assert len(offered) == min(10, len(right))
        assert set(offered) <= right
        assert right == set(names(country.desk, typed, limit=200_000))
    for name in random.Random(9).sample(sorted(country.words), 20):
        assert names(country.desk, name)[0] == name

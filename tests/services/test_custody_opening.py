"""Where a book is opened and who holds it first: by the agency's policy, at one place only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clerkdesk.data import schema
from clerkdesk.errors import ClerkDeskError
from clerkdesk.services import commands as c
from clerkdesk.services import custody, registers
from clerkdesk.services.desk import Desk
from clerkdesk.services.pen_places import PolicyWrong, read_policy
from clerkdesk.services.settings import SettingWrong

from ..agency import Agency, Place
from ..office import book, open_year, rows


def set_policy(agency: Agency, text: str) -> None:
    agency.server.called(
        agency.desks[0].make(c.ChangeSetting, name="pen_policy", value=json.dumps(text)).model_copy(
            update={"actor": agency.administrator}
        )
    )  # fmt: skip


def opened(place: Place, *codes: str, year: int = 2027) -> c.OpenRegisters:
    command: c.OpenRegisters = place.make(
        c.OpenRegisters, year=year, registers=tuple(place.agency.register(code) for code in codes)
    )
    return command


def holders(agency: Agency, year: int = 2027) -> dict[str, str]:
    """Code of each register opened at the server, and of the desk that holds it."""
    desks = {row["id"]: row["code"] for row in agency.server.rows(schema.desk)}
    codes = {row["id"]: row["code"] for row in agency.server.rows(schema.register)}
    return {
        codes[row["register_id"]]: desks.get(row["holder_desk"], "server")
        for row in agency.server.rows(schema.register_year)
        if row["year"] == year
    }


def all_returned(agency: Agency) -> None:
    one = agency.desks[0]
    for code in ("DEN", "DI", "SAO"):
        one.give_back(register_id=agency.register(code))
    agency.settle()


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("desk", {"DEN": "02", "DI": "02", "SAO": "02"}),
        ("server", {"DEN": "server", "DI": "server", "SAO": "server"}),
        ("server DEN=desk DI=03", {"DEN": "02", "DI": "03", "SAO": "server"}),
        ("desk SAO=server", {"DEN": "02", "DI": "02", "SAO": "server"}),
        ("desk SAO=09", {"DEN": "02", "DI": "02", "SAO": "server"}),
    ],
)
def test_pens_of_new_books_go_where_the_agency_puts_them(agency: Agency, policy: str, expected: dict[str, str]) -> None:
    all_returned(agency)
    set_policy(agency, policy)
    two = agency.desks[1]
    answer = two.ask(opened(two, "DEN", "DI", "SAO"))
    assert answer.opened == 3
    assert holders(agency) == expected
    for desk in agency.desks:
        desk.pull()
        code = next(row["code"] for row in desk.rows(schema.desk) if row["id"] == desk.desk)
        held = {register for register, holder in expected.items() if holder == code}
        for register in expected:
            row = desk.book(2027, agency.register(register))
            assert (row.holder_desk == desk.desk) is (register in held)
            assert row.holder_incarnation == (desk.incarnation(row.holder_desk) if row.holder_desk else None)
    kinds = [(row["kind"], row["epoch"]) for row in agency.server.rows(schema.custody) if row["year"] == 2027]
    assert kinds == [("OPEN", 1)] * 3


@pytest.mark.parametrize("text", ["", "máy", "desk server", "DEN=desk", "desk DEN=", "desk =02", "server desk DI=02"])
def test_a_policy_that_cannot_be_read_is_refused(desk: Desk, text: str) -> None:
    with pytest.raises(PolicyWrong):
        read_policy(text)
    with pytest.raises((PolicyWrong, SettingWrong)):
        desk.do(desk.make(c.ChangeSetting, name="pen_policy", value=json.dumps(text)))


def test_the_holder_of_this_years_pen_opens_next_year_offline(agency: Agency) -> None:
    one, two, _three = agency.desks
    assert one.do(opened(one, "DEN")).opened == 1
    assert one.number(2027) == 1
    assert one.do(opened(one, "DEN")).opened == 0  # again: as it is
    agency.settle()
    assert holders(agency) == {"DEN": "01"}
    assert one.refused == []
    with pytest.raises(custody.HeldElsewhere, match="máy 01"):
        two.do(opened(two, "DEN"))
    assert two.ask(opened(two, "DEN")).opened == 0


def test_nobody_else_opens_it_meanwhile_neither_desk_nor_server(agency: Agency) -> None:
    one, two, _three = agency.desks
    with pytest.raises(registers.OpenedElsewhere, match="do máy 01 mở"):
        two.do(opened(two, "DEN"))
    with pytest.raises(registers.OpenedElsewhere, match="do máy 01 mở"):
        two.ask(opened(two, "DEN"))
    one.give_back()
    agency.settle()
    with pytest.raises(registers.OpenedElsewhere, match="do máy chủ mở"):
        two.do(opened(two, "DEN"))
    assert two.ask(opened(two, "DEN")).opened == 1


def test_a_pen_that_came_by_telephone_opens_no_new_book(agency: Agency) -> None:
    """Whoever had it before may have opened it already; the server knows once all numbers are there."""
    one, two, _three = agency.desks
    one.do(opened(one, "DEN"))
    two.enter(one.release(two))
    with pytest.raises(registers.OpenedElsewhere):
        two.do(opened(two, "DEN"))
    agency.settle()
    assert holders(agency) == {"DEN": "01"}


def test_who_takes_a_pen_hears_of_next_years_book_with_the_answer(agency: Agency) -> None:
    """Without it the desk, not having pulled yet, would open a second book of that year."""
    one, two, _three = agency.desks
    one.give_back()
    one.push()
    set_policy(agency, "server")
    one.ask(opened(one, "DEN"))
    assert two.book(2027) is None
    two.take()
    assert two.book(2027).holder_desk is None
    with pytest.raises(custody.HeldElsewhere, match="máy chủ"):
        two.do(opened(two, "DEN"))
    agency.settle()
    assert two.refused == []


def test_a_recovering_server_opens_no_book(agency: Agency) -> None:
    all_returned(agency)
    agency.server.set(schema.server, state="RECOVERING")
    with pytest.raises(custody.ServerRecovering):
        agency.desks[1].ask(opened(agency.desks[1], "DEN"))


def test_an_emergency_register_is_not_opened_with_the_others(agency: Agency) -> None:
    one, two, _three = agency.desks
    for place in (agency.server, *agency.desks):
        with place.store.writing() as tx:
            tx.execute(
                schema.register.update()
                .where(schema.register.c.id == agency.register("SAO"))
                .values(emergency_of=two.desk)
            )  # fmt: skip
    for place in (one, two):
        place.do(opened(place, "SAO"))
    agency.settle()
    assert holders(agency) == {}
    assert two.refused == []


def test_what_a_desk_opened_while_it_was_the_only_one_stands(tmp_path: Path, agency: Agency) -> None:
    """Desk 01 has brought the agency with all its books; the server accepted them from its log."""
    assert holders(agency, 2026) == {"DEN": "01", "DI": "01", "SAO": "01"}
    assert agency.desks[0].refused == []


def test_an_agency_without_a_server_opens_what_it_likes_and_holds_it(desk: Desk) -> None:
    desk.do(desk.make(c.ChangeSetting, name="pen_policy", value='"server"'))
    for year in (2025, 2027):
        open_year(desk, year)
        assert book(desk, "DEN", year).held_here
    log = rows(desk.store, "SELECT kind, to_desk, to_incarnation FROM custody WHERE year = 2027")
    assert {tuple(row) for row in log} == {("OPEN", str(desk.make(c.SaveTemplate, kind="a", name="b", fields="{}").desk),
        rows(desk.store, "SELECT incarnation FROM desk")[0][0])}  # fmt: skip


@pytest.mark.parametrize("guarded", [True, False])
def test_without_the_one_place_rule_a_book_is_opened_twice_and_a_number_given_twice(
    agency: Agency, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    one, two, _three = agency.desks
    if not guarded:
        monkeypatch.setattr(registers, "may_open", lambda *_: True)
    paper: list[int] = []
    for place in (one, two):
        try:
            place.do(opened(place, "DEN"))
            paper.append(place.number(2027))
        except ClerkDeskError:
            assert guarded
    assert (len(paper) == len(set(paper))) is guarded

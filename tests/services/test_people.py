"""The agency, its people, its settings, what they had typed: set up once, changed by command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clerkdesk.errors import ClerkDeskError
from clerkdesk.services import commands as c
from clerkdesk.services import drafts
from clerkdesk.services.agency_setup import AgencyAlreadySetUp
from clerkdesk.services.desk import Desk, NobodyLoggedIn
from clerkdesk.services.document_types import find_types, type_of_notation
from clerkdesk.services.ids import new_id
from clerkdesk.services.lengths import Missing, TooLong
from clerkdesk.services.office import execute
from clerkdesk.services.pen_places import PolicyWrong
from clerkdesk.services.people import (
    LastAdministrator,
    PersonUnknown,
    UsernameTaken,
    UsernameWrong,
    people,
    person_by_id,
    suggested_username,
    units,
)
from clerkdesk.services.settings import DEFAULTS, SettingWrong, read_setting
from clerkdesk.services.vocabulary import Role

from ..conftest import OfficeClock
from ..office import (
    AGENCY,
    PASSWORD,
    arrival_command,
    count,
    desk_id,
    dismiss,
    employ,
    register,
    rows,
    setup_command,
)


@pytest.fixture
def empty(tmp_path: Path, clock: OfficeClock, cheap_passwords: None, no_keyring: None) -> Iterator[Desk]:
    desk = Desk.open(tmp_path / "new" / "clerkdesk.db")
    yield desk
    desk.close()


def test_a_new_store_belongs_to_nobody_until_it_is_set_up(empty: Desk) -> None:
    assert empty.agency is None
    assert empty.facts is None
    with pytest.raises(NobodyLoggedIn):
        empty.log_in("annv", PASSWORD)
    command = setup_command()
    first = execute(empty.store, command)
    assert execute(empty.store, command) == first
    empty.refresh()
    assert empty.agency is not None
    assert (empty.agency.name, empty.agency.short_name) == (AGENCY, "SNV")
    assert [unit[1:] for unit in empty.read(units)] == [("Văn phòng Sở", "VP")]
    empty.log_in("annv", PASSWORD)
    assert register(empty).number == 1


def test_a_store_has_one_agency(desk: Desk) -> None:
    before = count(desk.store, "audit")
    with pytest.raises(AgencyAlreadySetUp) as caught:
        execute(desk.store, setup_command(name="Cơ quan khác"))
    assert AGENCY in caught.value.message
    assert count(desk.store, "audit") == before


ADMINISTRATOR = frozenset({Role.CLERK, Role.ADMINISTRATOR})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": " "}, Missing),
        ({"short_name": ""}, Missing),
        ({"administrator": {"username": "An Nguyễn"}}, UsernameWrong),
        ({"administrator": {"full_name": ""}}, Missing),
        ({"administrator": {"full_name": "ộ" * 51}}, TooLong),
        ({"administrator": {"position": "ộ" * 101}}, TooLong),
    ],
)
def test_a_set_up_that_lacks_something_leaves_an_empty_store(
    empty: Desk, changes: dict[str, Any], expected: type[ClerkDeskError]
) -> None:
    if "administrator" in changes:
        person = {"id": new_id(), "username": "annv", "full_name": "Nguyễn Văn An", "roles": ADMINISTRATOR}
        changes = {"administrator": c.NewPerson.model_validate(person | changes["administrator"])}
    with pytest.raises(expected):
        execute(empty.store, setup_command(**changes))
    for table in ("agency", "desk", "person", "register", "audit", "correspondent"):
        assert count(empty.store, table) == 0
    execute(empty.store, setup_command())


# --- people ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("full_name", "username"),
    [
        ("Nguyễn Văn An", "annv"),
        ("Đỗ Thị Ánh Đào", "daodta"),
        ("Ỷ Lan", "lany"),
        ("Y Moan Êban", "ebanym"),
        ("  Trần   Hưng\tĐạo ", "daoth"),
        ("", ""),
        ("李", ""),
    ],
)
def test_the_user_name_is_the_given_name_and_the_initials_of_the_rest(full_name: str, username: str) -> None:
    assert suggested_username(full_name) == username


@pytest.mark.parametrize(
    "username",
    ["", "ab", "x" * 41, "Annv", "an nv", "ánnv", "đạt", "-annv", ".annv", "an/nv", "an'nv", "an\u200b"],
)
def test_a_user_name_is_plain(desk: Desk, username: str) -> None:
    if username == "an\u200b":  # what cannot be seen is gone before it is looked at, and leaves two letters
        assert len(c.NewPerson(id=new_id(), username=username, full_name="A", roles=frozenset()).username) == 2
    with pytest.raises(UsernameWrong):
        employ(desk, username)


@pytest.mark.parametrize("username", ["abc", "x" * 40, "an.nv-2", "007"])
def test_a_user_name_belongs_to_one_person(desk: Desk, username: str) -> None:
    employ(desk, username)
    with pytest.raises(UsernameTaken) as caught:
        employ(desk, username)
    assert caught.value.field == "username"


def test_people_are_listed_by_their_given_names(desk: Desk) -> None:
    for name in ("Trần Thị Đào", "Lê Văn Bình", "Đặng Ánh", "Vũ An Cường"):
        employ(desk, f"user{len(name)}{name[0].lower().replace('đ', 'd')}", full_name=name)
    listed = [person.full_name for person in desk.read(people)]
    assert listed == ["Nguyễn Văn An", "Đặng Ánh", "Lê Văn Bình", "Vũ An Cường", "Trần Thị Đào"]


def change(desk: Desk, person: object, *roles: Role, active: bool = True, position: str = "") -> c.Result:
    return desk.do(
        desk.make(c.ChangePerson, person=person, position=position, unit=None, roles=frozenset(roles), active=active)
    )


def test_the_last_administrator_cannot_go_or_lose_the_role(desk: Desk) -> None:
    me = desk.person.id
    second = employ(desk, "binhtt", Role.ADMINISTRATOR)
    dismiss(desk, second)
    for roles, active in (((Role.CLERK,), True), ((Role.CLERK, Role.ADMINISTRATOR), False), ((), True)):
        with pytest.raises(LastAdministrator):
            change(desk, me, *roles, active=active)
    change(desk, second, Role.ADMINISTRATOR)
    change(desk, me, Role.CLERK)
    with pytest.raises(ClerkDeskError):
        change(desk, me, Role.CLERK, Role.ADMINISTRATOR)


@pytest.mark.parametrize(("position", "expected"), [("ộ" * 100, None), ("ộ" * 101, TooLong)])
def test_a_position_has_the_length_of_the_law(desk: Desk, position: str, expected: type[ClerkDeskError] | None) -> None:
    somebody = employ(desk, "binhtt", Role.CLERK)
    if expected is None:
        change(desk, somebody, Role.CLERK, position=position)
        return
    with pytest.raises(expected):
        change(desk, somebody, Role.CLERK, position=position)
    with pytest.raises(PersonUnknown):
        change(desk, new_id(), Role.CLERK)


def test_a_leaver_keeps_name_and_history_and_can_come_back(desk: Desk) -> None:
    somebody = employ(desk, "binhtt", Role.CLERK)
    dismiss(desk, somebody)
    closed = desk.read(person_by_id, somebody)
    assert closed is not None
    assert (closed.active, closed.full_name) == (False, "Trần Thị Bình")
    assert rows(desk.store, "SELECT left_at FROM person WHERE username = 'binhtt'")[0][0]
    change(desk, somebody, Role.CLERK)
    assert desk.log_in("binhtt", PASSWORD)
    assert rows(desk.store, "SELECT left_at FROM person WHERE username = 'binhtt'")[0][0] is None


# --- settings --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "default"), DEFAULTS.items())
def test_a_setting_takes_a_value_of_its_own_kind_only(desk: Desk, name: str, default: Any) -> None:
    assert desk.read(read_setting, name) == default
    others: list[Any] = [3, "x", ["a"], {"a": 1}, None, True, 1.5]
    for value in others:
        command = desk.make(c.ChangeSetting, name=name, value=json.dumps(value))
        if name == "pen_policy" and value == "x":
            with pytest.raises(PolicyWrong):
                desk.do(command)
        elif type(value) is type(default):
            desk.do(command)
            assert desk.read(read_setting, name) == value
        else:
            before = desk.read(read_setting, name)
            with pytest.raises(SettingWrong):
                desk.do(command)
            assert desk.read(read_setting, name) == before


@pytest.mark.parametrize(
    ("name", "value"),
    [("backup_days", "0"), ("session_minutes", "-5"), ("unknown", "1"), ("backup_days", "{"), ("backup_days", "")],
)
def test_a_senseless_setting_is_refused(desk: Desk, name: str, value: str) -> None:
    with pytest.raises(SettingWrong):
        desk.do(desk.make(c.ChangeSetting, name=name, value=value))


# --- what was typed --------------------------------------------------------------------------------------------


def test_what_a_form_held_is_offered_again_after_a_crash_until_it_is_saved(desk: Desk, clock: OfficeClock) -> None:
    command = arrival_command(desk)
    desk.keep_draft(command.uid, "arrival", {"subject": "Về vi"})
    clock.forward(seconds=5)
    desk.keep_draft(command.uid, "arrival", {"subject": "Về việc"})
    other = new_id()
    desk.keep_draft(other, "arrival", {"subject": "khác"})
    desk.keep_draft(new_id(), "outgoing", {"subject": "đi"})
    path = desk.store.path
    desk.close()
    again = Desk.open(path)
    again.log_in("annv", PASSWORD)
    kept = again.read(drafts.drafts_of, again.person.id, "arrival")
    assert [(draft.uid, draft.fields["subject"]) for draft in kept] == [(other, "khác"), (command.uid, "Về việc")]
    again.do(command)
    again.drop_draft(other)
    assert again.read(drafts.drafts_of, again.person.id, "arrival") == []
    again.close()


def test_nobody_is_offered_what_somebody_else_has_typed(desk: Desk) -> None:
    desk.keep_draft(new_id(), "arrival", {"subject": "của An"})
    employ(desk, "binhtt", Role.CLERK)
    desk.log_in("binhtt", PASSWORD)
    assert desk.read(drafts.drafts_of, desk.person.id, "arrival") == []


def test_a_template_of_the_same_name_is_replaced(desk: Desk) -> None:
    for subject in ("một", "hai"):
        desk.do(desk.make(c.SaveTemplate, kind="arrival", name="Giấy mời", fields=json.dumps({"subject": subject})))
    with pytest.raises(drafts.TemplateNameMissing):
        desk.do(desk.make(c.SaveTemplate, kind="arrival", name=" ", fields="{}"))
    assert desk.read(drafts.templates_of, "arrival") == [drafts.Template("Giấy mời", {"subject": "hai"})]
    assert desk.read(drafts.templates_of, "outgoing") == []
    assert desk_id(desk)


# --- document types --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("qđ", "Quyết định"), ("QD", "Quyết định"), ("quyet", "Quyết định"), ("qyd", "Quy định"), ("QyĐ", "Quy định"),
        ("ctr", "Chương trình"), ("ct", "Chỉ thị"), ("cv", "Công văn"), ("cong v", "Công văn"), ("da", "Dự án"),
        ("đa", "Đề án"), ("ĐA", "Đề án"), ("hd", "Hướng dẫn"), ("hđ", "Hợp đồng"), ("ttr", "Tờ trình"), ("sao y", "Sao y"),
    ],
)  # fmt: skip
def test_a_type_is_found_as_a_clerk_would_type_it(typed: str, first: str) -> None:
    assert find_types(typed)[0].name == first


@pytest.mark.parametrize(
    ("notation", "name"),
    [
        ("QĐ-UBND", "Quyết định"), ("2026/QĐ-UBND", "Quyết định"), ("TTr-STTTT", "Tờ trình"), ("NĐ-CP", "Nghị định"),
        ("BNV-VP", "Công văn"), ("UBND-VX", "Công văn"), ("SY-UBND", "Sao y"), ("", None),
    ],
)  # fmt: skip
def test_the_type_is_read_from_the_notation(notation: str, name: str | None) -> None:
    found = type_of_notation(notation)
    assert (found.name if found else None) == name

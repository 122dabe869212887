"""Who may do what: each command for each role, leavers, strangers."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from sqlalchemy import insert, text

from clerkdesk.data.schema import refusal
from clerkdesk.services import commands as c
from clerkdesk.services import passwords
from clerkdesk.services.clock import now
from clerkdesk.services.desk import Desk, NobodyLoggedIn
from clerkdesk.services.emergency import open_outage
from clerkdesk.services.emergency_lines import in_emergency
from clerkdesk.services.ids import new_id
from clerkdesk.services.office import HANDLERS, AccountClosed, RoleMissing, execute
from clerkdesk.services.vocabulary import ArrivalStatus, Direction, DispatchState, OutgoingStatus, Role

from ..office import (
    PASSWORD,
    arrival_command,
    arrival_facts,
    arrivals_book,
    bring_to,
    count,
    desk_id,
    dismiss,
    employ,
    enter,
    next_number,
    outgoing_facts,
    pdf_file,
    register,
    rows,
    steps_of,
    subject_of,
)
from ..office import book as book_of
from ..several_desks import start_command

BOOKS = {Role.CLERK, Role.ADMINISTRATOR}
DRAFTERS = {Role.CLERK, Role.SPECIALIST, Role.HEAD_OF_UNIT}
SIGNERS = {Role.CLERK, Role.LEADER, Role.HEAD_OF_UNIT}
# Written out from the law and the agency's duties, not from the code.
MAY: dict[type[c.Command], set[Role]] = {
    c.AddPerson: {Role.ADMINISTRATOR},
    c.ChangePerson: {Role.ADMINISTRATOR},
    c.SetPassword: {Role.ADMINISTRATOR},  # of somebody else
    c.ChangeSetting: {Role.ADMINISTRATOR},
    c.AddCorrespondent: DRAFTERS,
    c.OpenRegisters: BOOKS,
    c.AddRegister: BOOKS,
    c.ReserveNumber: {Role.CLERK},
    c.VoidNumber: {Role.CLERK},
    c.ConfirmLastNumber: BOOKS,
    c.RegisterArrival: {Role.CLERK},
    c.CorrectArrival: {Role.CLERK},
    c.SubmitArrival: {Role.CLERK},
    c.FinishArrival: DRAFTERS | {Role.LEADER},
    c.AttachFiles: DRAFTERS,
    c.RemoveFile: DRAFTERS,
    c.EnterOutgoing: DRAFTERS,
    c.CorrectOutgoing: DRAFTERS,
    c.SubmitForSignature: DRAFTERS,
    c.RecordLeaderSignature: SIGNERS,
    c.ReturnDraft: SIGNERS,
    c.IssueNumber: {Role.CLERK},
    c.RecordSeal: {Role.CLERK},
    c.Release: {Role.CLERK},
    c.RecordDelivery: {Role.CLERK},
    c.SaveTemplate: DRAFTERS,
    c.SettleRefusal: set(Role),
    c.StartEmergency: {Role.CLERK},
    c.ExtendEmergency: {Role.CLERK},
    c.EndEmergency: {Role.CLERK},
    c.ConvertEmergency: {Role.CLERK},
    c.AddWaiting: {Role.CLERK},
    c.ChangeWaiting: {Role.CLERK},
    c.DropWaiting: {Role.CLERK},
    c.NumberWaiting: {Role.CLERK},
    c.CloseDay: set(Role),  # nobody asks for it; the program does it
    c.CloseYear: BOOKS,
}
# This needs a document in the inbox, which a server brings; test_delivery gives it.
EXCHANGE: dict[type[c.Command], set[Role]] = {c.RefuseDelivery: {Role.CLERK}}
# These need a server and other desks; test_custody tries them with every role.
PENS: dict[type[c.Command], set[Role]] = dict.fromkeys(
    (c.TakePen, c.ReturnPen, c.ReleasePenByCode, c.TakePenByCode, c.DeclareDeskDestroyed), BOOKS
)


def hold_pens(desk: Desk, holder: UUID | None) -> None:
    """Put the pens of all books into somebody's hand."""
    with desk.store.writing() as tx:
        tx.execute(text("UPDATE register_year SET holder_desk = :id"), {"id": str(holder) if holder else None})


def emergency(desk: Desk) -> tuple[UUID, UUID]:
    """Return an open outage and a document that waits for its ordinary number."""
    hold_pens(desk, None)
    desk.do(start_command(desk, now()))
    outage = desk.read(open_outage, desk_id(desk))
    assert outage is not None
    hold_pens(desk, desk_id(desk))
    return outage.id, subject_of(desk.do(desk.read(in_emergency, arrival_command(desk), outage)))


def each_command(desk: Desk) -> list[c.Command]:
    """Return one lawful command of every kind, so that only the role can be in its way."""
    arrival = subject_of(register(desk, files=(pdf_file(),)))
    attachment = UUID(rows(desk.store, "SELECT id FROM attachment")[0][0])
    released = bring_to(desk, OutgoingStatus.RELEASED)
    dispatch = UUID(rows(desk.store, "SELECT id FROM dispatch WHERE outgoing_id = :id", id=str(released))[0][0])
    book, facts = arrivals_book(desk), arrival_command(desk).facts
    other = employ(desk, "other", Role.SPECIALIST)
    states = {
        "SubmitForSignature": OutgoingStatus.DRAFT,
        "RecordLeaderSignature": OutgoingStatus.SUBMITTED_FOR_SIGNATURE,
        "ReturnDraft": OutgoingStatus.SUBMITTED_FOR_SIGNATURE,
        "IssueNumber": OutgoingStatus.AWAITING_ISSUE,
        "RecordSeal": OutgoingStatus.NUMBERED,
        "Release": OutgoingStatus.SEALED,
    }
    new = c.NewPerson(id=new_id(), username="newcomer", full_name="Người Mới", roles=frozenset({Role.CLERK}))
    register_facts = c.NewRegister(direction=Direction.OUTGOING, code="HD", title="Sổ văn bản đi Hội đồng")
    outage, line = emergency(desk)
    tomorrow = now() + dt.timedelta(days=1)
    numbered, dropped, added = (c.WaitingLine(id=new_id(), facts=arrival_facts(), received_at=now()) for _ in range(3))
    desk.do(desk.make(c.AddWaiting, register_id=book, lines=(numbered, dropped)))
    first = c.FirstNumber(year=2026, number=next_number(desk) or 0)
    return [
        desk.make(c.AddWaiting, register_id=book, lines=(added,)),
        desk.make(c.ChangeWaiting, line=numbered.id, facts=numbered.facts, received_at=numbered.received_at),
        desk.make(c.DropWaiting, lines=(dropped.id,)),
        desk.make(c.NumberWaiting, register_id=book, lines=(numbered.id,), first_numbers=(first,)),
        desk.make(c.CloseDay, day=dt.date(2026, 11, 19), books=(), chain_seq=0, chain_head="00" * 32),
        desk.make(c.CloseYear, year=2026, registers=(book_of(desk, "QP-NQ").register_id,)),
        desk.make(c.AddPerson, person=new, password_hash="x"),
        desk.make(c.ChangePerson, person=other, position="", unit=None, roles=frozenset({Role.CLERK}), active=True),
        desk.make(c.SetPassword, person=other, password_hash="x"),
        desk.make(c.ChangeSetting, name="backup_days", value="3"),
        desk.make(c.AddCorrespondent, name="Hội Nuôi ong Sông Hương"),
        desk.make(c.OpenRegisters, year=2027, registers=(book,)),
        desk.make(c.AddRegister, register_facts=register_facts, year=2026),
        desk.make(
            c.ReserveNumber, register_id=book, year=2026, holder="A", reason="B", expires_on=dt.date(2026, 12, 1)
        ),
        desk.make(
            c.ConfirmLastNumber, register_id=book_of(desk, "SAO").register_id, year=2026, last_number=9, reason="x"
        ),
        arrival_command(desk),
        desk.make(c.CorrectArrival, arrival=arrival, facts=facts, reason="x"),
        desk.make(c.SubmitArrival, arrival=arrival, to_places="Giám đốc"),
        desk.make(c.FinishArrival, arrival=arrival, status=ArrivalStatus.COMPLETED),
        desk.make(c.AttachFiles, document=arrival, files=(pdf_file(),)),
        desk.make(c.RemoveFile, attachment=attachment, reason="Nhầm"),
        desk.make(c.VoidNumber, register_id=book, year=2026, number=1, reason="Nhầm"),
        desk.make(c.EnterOutgoing, facts=outgoing_facts(desk)),
        desk.make(c.CorrectOutgoing, outgoing=enter(desk), facts=outgoing_facts(desk), recipients=()),
        *(steps_of(desk, bring_to(desk, state))[step] for step, state in states.items()),
        desk.make(c.RecordDelivery, dispatch=dispatch, state=DispatchState.ARRIVED),
        desk.make(c.SaveTemplate, kind="outgoing", name="Mẫu", fields="{}"),
        desk.make(c.SettleRefusal, refused=refused(desk), reason="Gửi nhầm"),
        desk.make(c.ConvertEmergency, register_id=book, year=2026, documents=(line,)),
        desk.make(c.ExtendEmergency, outage=outage, authorised_by="Giám đốc", authorised_until=tomorrow),
        desk.make(c.EndEmergency, outage=outage),
        start_command(desk, now()),  # lawful once no pen is here
    ]


def refused(desk: Desk) -> UUID:
    """Put a command into the attention tray, as the server returned it."""
    uid = new_id()
    with desk.store.writing() as tx:
        tx.execute(
            insert(refusal).values(
                agency_id=desk.agency_id, command_uid=uid, kind="SaveTemplate", desk=desk_id(desk),
                actor=desk.person.id, made_at=now(), body="{}", code="RoleMissing", sentence="…", refused_at=now(),
            )
        )  # fmt: skip
    return uid


def test_every_command_is_in_the_table_of_who_may_give_it() -> None:
    assert MAY.keys() | PENS.keys() | EXCHANGE.keys() == set(HANDLERS) - {
        c.SetUpAgency,
        c.BeginIncarnation,
    }  # the desk gives that one


@pytest.mark.parametrize("role", list(Role))
def test_each_role_can_do_its_own_work_and_no_other(desk: Desk, role: Role) -> None:
    somebody = employ(desk, "somebody", role)
    commands = [command.model_copy(update={"actor": somebody}) for command in each_command(desk)]
    assert {type(command) for command in commands} == set(MAY)
    for command in commands:
        before = count(desk.store, "audit")
        kind = type(command)
        if kind is c.StartEmergency:
            hold_pens(desk, None)
        if role in MAY[kind]:
            desk.do(command)
            assert count(desk.store, "audit") == before + 1
        else:
            with pytest.raises(RoleMissing) as caught:
                desk.do(command)
            assert all(may.label in caught.value.message for may in MAY[kind]), kind
            assert count(desk.store, "audit") == before


@pytest.mark.parametrize("role", list(Role))
def test_what_a_screen_offers_is_what_the_office_allows(desk: Desk, role: Role) -> None:
    employ(desk, "somebody", role)
    desk.log_in("somebody", PASSWORD)
    offered = {kind for kind in MAY | PENS if desk.may(kind)} - {c.SetPassword}
    assert offered == {kind for kind, roles in (MAY | PENS).items() if role in roles} - {c.SetPassword}


def test_several_roles_add_up(desk: Desk) -> None:
    somebody = employ(desk, "somebody", Role.ARCHIVIST, Role.LEADER)
    arrival = subject_of(register(desk))
    finish = desk.make(c.FinishArrival, arrival=arrival, status=ArrivalStatus.COMPLETED)
    desk.do(finish.model_copy(update={"actor": somebody}))


def test_everybody_sets_the_own_password_and_nobody_but_the_administrator_anothers(desk: Desk) -> None:
    one, two = employ(desk, "one", Role.LEADER), employ(desk, "two", Role.LEADER)
    own = desk.make(c.SetPassword, person=one, password_hash=passwords.hash_password("Moi!2345"))
    desk.do(own.model_copy(update={"actor": one}))
    with pytest.raises(RoleMissing):
        desk.do(desk.make(c.SetPassword, person=one, password_hash="x").model_copy(update={"actor": two}))
    assert desk.log_in("one", "Moi!2345").must_change_password is False


def test_who_has_left_can_do_nothing_from_that_moment_on(desk: Desk) -> None:
    somebody = employ(desk, "binhtt", Role.CLERK)
    waiting = arrival_command(desk).model_copy(update={"actor": somebody})
    desk.do(arrival_command(desk).model_copy(update={"actor": somebody}))
    dismiss(desk, somebody)
    with pytest.raises(AccountClosed):
        desk.do(waiting)
    with pytest.raises(passwords.LoginRefused):
        desk.log_in("binhtt", PASSWORD)
    assert desk.person.username == "annv"
    assert rows(desk.store, "SELECT registered_by FROM arrival")[0][0] == str(somebody)


def test_who_has_lost_a_role_cannot_use_it_in_a_session_that_is_still_open(desk: Desk) -> None:
    administrator = desk.person.id
    somebody = employ(desk, "binhtt", Role.CLERK)
    desk.log_in("binhtt", PASSWORD)
    change = c.ChangePerson(
        uid=new_id(), agency=desk.agency_id, actor=administrator, desk=desk_id(desk), made_at=arrival_command(desk).made_at,
        person=somebody, position="", unit=None, roles=frozenset({Role.ARCHIVIST}), active=True,
    )  # fmt: skip
    execute(desk.store, change)
    with pytest.raises(RoleMissing):
        register(desk)


@pytest.mark.parametrize("field", ["actor", "agency"])
def test_a_stranger_or_another_agencys_clerk_is_turned_away(desk: Desk, field: str) -> None:
    before = count(desk.store, "audit")
    with pytest.raises(AccountClosed):
        desk.do(arrival_command(desk).model_copy(update={field: new_id()}))
    assert count(desk.store, "audit") == before


def test_another_desk_does_not_number_in_this_desks_book(desk: Desk) -> None:
    from clerkdesk.services.numbering import PenElsewhere

    with pytest.raises(PenElsewhere):
        desk.do(arrival_command(desk).model_copy(update={"desk": new_id()}))


def test_an_empty_desk_does_nothing(desk: Desk) -> None:
    desk.log_out()
    with pytest.raises(NobodyLoggedIn):
        desk.make(c.RegisterArrival)
    with pytest.raises(NobodyLoggedIn):
        desk.may(c.RegisterArrival)
    with pytest.raises(NobodyLoggedIn):
        desk.keep_draft(new_id(), "arrival", {})

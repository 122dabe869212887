"""The one door for changes: every command, its handler and who may give it; one transaction with audit and outbox.

No network, signing, text recognition or file conversion ever happens inside the transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, bindparam, select

from clerkdesk.data.prepared import Prepared, prepared_insert
from clerkdesk.data.schema import audit as audit_table
from clerkdesk.data.schema import outbox
from clerkdesk.data.store import Store
from clerkdesk.errors import NotAllowed
from clerkdesk.i18n import N_
from clerkdesk.services import (
    agency_setup,
    arrivals,
    attachments,
    audit,
    batch,
    custody,
    custody_by_code,
    daily_close,
    directory,
    dispatching,
    drafts,
    emergency,
    emergency_conversion,
    inbox,
    incarnation,
    outgoing,
    people,
    refusals,
    registers,
    settings,
    takeover,
    voiding,
    year_close,
)
from clerkdesk.services import commands as c
from clerkdesk.services.clock import now
from clerkdesk.services.execution import Execution, carried_out
from clerkdesk.services.ids import following
from clerkdesk.services.mark_notes import noting
from clerkdesk.services.vocabulary import Role

Handler = Callable[[Connection, Any, dt.datetime], c.Result]


class RoleMissing(NotAllowed):
    """The person's roles do not include this."""

    sentence = N_(
        "Tài khoản của bạn không có quyền làm việc này (cần vai trò: {roles}). Nhờ người có quyền, hoặc liên hệ quản trị."
    )


class AccountClosed(NotAllowed):
    """The account is closed or unknown."""

    sentence = N_("Tài khoản này đã đóng hoặc không thuộc cơ quan. Đăng nhập lại.")


_REGISTRY = frozenset({Role.CLERK})
_DRAFTING = frozenset({Role.CLERK, Role.SPECIALIST, Role.HEAD_OF_UNIT})
_SIGNING = frozenset({Role.LEADER, Role.HEAD_OF_UNIT, Role.CLERK})
_PROCESSING = frozenset({Role.CLERK, Role.LEADER, Role.HEAD_OF_UNIT, Role.SPECIALIST})
_ADMINISTRATION = frozenset({Role.ADMINISTRATOR})
_BOOKS = frozenset({Role.CLERK, Role.ADMINISTRATOR})
_EVERYBODY = frozenset(Role)

# The list of everything that can be asked, with its handler, its answer and the roles that may ask it.
HANDLERS: dict[type[c.Command], tuple[Handler, type[c.Result], frozenset[Role]]] = {
    c.SetUpAgency: (agency_setup.set_up_agency, c.Result, _ADMINISTRATION),
    c.AddPerson: (people.add_person, c.Result, _ADMINISTRATION),
    c.ChangePerson: (people.change_person, c.Result, _ADMINISTRATION),
    c.SetPassword: (people.set_password, c.Result, _EVERYBODY),
    c.ChangeSetting: (settings.change_setting, c.Result, _ADMINISTRATION),
    c.AddCorrespondent: (directory.add_correspondent, c.Result, _DRAFTING),
    c.OpenRegisters: (registers.open_registers, registers.RegistersOpened, _BOOKS),
    c.AddRegister: (registers.add_register, registers.RegisterAdded, _BOOKS),
    c.ReserveNumber: (registers.reserve_number, registers.NumberReserved, _REGISTRY),
    c.VoidNumber: (voiding.void_entry, registers.NumberVoided, _REGISTRY),
    c.ConfirmLastNumber: (registers.confirm_last_number, registers.NumberingResumed, _BOOKS),
    c.BeginIncarnation: (incarnation.begin_incarnation, incarnation.IncarnationBegun, frozenset()),  # the desk itself
    c.RegisterArrival: (arrivals.register_arrival, arrivals.ArrivalRegistered, _REGISTRY),
    c.CorrectArrival: (arrivals.correct_arrival, arrivals.ArrivalChanged, _REGISTRY),
    c.SubmitArrival: (arrivals.submit_arrival, arrivals.ArrivalChanged, _REGISTRY),
    c.FinishArrival: (arrivals.finish_arrival, arrivals.ArrivalChanged, _PROCESSING),
    c.AttachFiles: (attachments.attach_files, c.Result, _DRAFTING),
    c.RemoveFile: (attachments.remove_file, c.Result, _DRAFTING),
    c.EnterOutgoing: (outgoing.enter_outgoing, c.Result, _DRAFTING),
    c.CorrectOutgoing: (outgoing.correct_outgoing, outgoing.OutgoingChanged, _DRAFTING),
    c.SubmitForSignature: (outgoing.submit_for_signature, c.Result, _DRAFTING),
    c.RecordLeaderSignature: (outgoing.record_leader_signature, c.Result, _SIGNING),
    c.ReturnDraft: (outgoing.return_draft, c.Result, _SIGNING),
    c.IssueNumber: (outgoing.issue_number, outgoing.NumberIssued, _REGISTRY),
    c.RecordSeal: (outgoing.record_seal, c.Result, _REGISTRY),  # only the clerk seals: NĐ 30/2020 Đ32.2
    c.Release: (dispatching.release, c.Result, _REGISTRY),
    c.RecordDelivery: (dispatching.record_delivery, c.Result, _REGISTRY),
    c.SaveTemplate: (drafts.save_template, c.Result, _DRAFTING),
    c.SettleRefusal: (refusals.settle_refusal, c.Result, _EVERYBODY),
    c.TakePen: (custody.take_pen, custody.PenMoved, _BOOKS),
    c.ReturnPen: (custody.return_pen, custody.PenMoved, _BOOKS),
    c.ReleasePenByCode: (custody_by_code.release_pen_by_code, custody.PenMoved, _BOOKS),
    c.TakePenByCode: (custody_by_code.take_pen_by_code, custody.PenMoved, _BOOKS),
    c.DeclareDeskDestroyed: (takeover.declare_desk_destroyed, takeover.DeskDeclared, _BOOKS),
    c.StartEmergency: (emergency.start_emergency, emergency.EmergencyStarted, _REGISTRY),
    c.ExtendEmergency: (emergency.extend_emergency, c.Result, _REGISTRY),
    c.EndEmergency: (emergency.end_emergency, c.Result, _REGISTRY),
    c.ConvertEmergency: (emergency_conversion.convert_emergency, emergency_conversion.EmergencyConverted, _REGISTRY),
    # the waiting pile and the year
    c.AddWaiting: (batch.add_waiting, c.Result, _REGISTRY),
    c.ChangeWaiting: (batch.change_waiting, c.Result, _REGISTRY),
    c.DropWaiting: (batch.drop_waiting, c.Result, _REGISTRY),
    c.NumberWaiting: (batch.number_waiting, batch.BatchNumbered, _REGISTRY),
    c.CloseDay: (daily_close.close_day, daily_close.DayClosed, _EVERYBODY),  # given by the program, whoever sits there
    c.CloseYear: (year_close.close_year, year_close.YearClosed, _BOOKS),
    c.RefuseDelivery: (inbox.refuse_delivery, c.Result, _REGISTRY),
}


_find_earlier = Prepared(
    select(audit_table.c.kind, audit_table.c.result, audit_table.c.seq, audit_table.c.hash).where(
        audit_table.c.agency_id == bindparam("agency"), audit_table.c.command_uid == bindparam("uid")
    )
)
_queue = prepared_insert(outbox, "agency_id", "audit_seq", "state")


def execute(store: Store, command: c.Command) -> c.Result:
    """Carry out a command at this desk: check the actor, run the handler, append audit entry and outbox row, commit.

    Numbers and pens that it gives or takes are written to the high-water mark before the commit (intent) and after it
    (done), before anybody sees a number. The same `uid` again changes nothing and gives the first answer.

    Raises:
        RoleMissing, AccountClosed, NoMark, MarkUnwritable, what the handler raises, and the store's errors; then
        nothing has changed.
        NumberNotShown: it is committed, but its number must not be seen before the same command has come again.
    """
    handler_answer = HANDLERS[type(command)][1]
    mark = store.mark
    with store.writing() as tx, noting(tx, mark, command.uid) as notes:
        earlier = _find_earlier(tx, agency=command.agency, uid=command.uid).first()
        if earlier is not None and earlier.kind == type(command).__name__:
            result = handler_answer.model_validate_json(earlier.result)
            head = audit.Recorded(earlier.seq, earlier.hash)
        else:
            result, head = carry_out(tx, command, now(), Execution(holder=command.desk))
            _queue(tx, agency_id=command.agency, audit_seq=head.seq, state="QUEUED")
            drafts.drop_draft(tx, command.agency, command.uid)
            if not isinstance(command, c.SetUpAgency):  # its mark begins when its store is complete
                notes.write(tx, command.agency)
    if mark is not None:
        mark.write_done(command.uid, head.seq, head.hash)
    return result


def earlier_answer(tx: Connection, command: c.Command) -> c.Result | None:
    """Return what the command was answered when it was carried out before, or None."""
    earlier = _find_earlier(tx, agency=command.agency, uid=command.uid).first()
    if earlier is None or earlier.kind != type(command).__name__:
        return None
    return HANDLERS[type(command)][1].model_validate_json(earlier.result)


def carry_out(
    tx: Connection, command: c.Command, at: dt.datetime, execution: Execution
) -> tuple[c.Result, audit.Recorded]:
    """Check the actor, run the handler and append the audit entry, inside a transaction of the caller's.

    A desk and then the server carry out the same command; with the same `at` and the same records they make the
    same rows.

    Args:
        at: the moment (UTC) at which it is, or was first, carried out.
        execution: whose pen writes.

    Returns: the answer and the new head of the audit log.

    Raises:
        RoleMissing, AccountClosed, and what the handler raises; the caller rolls back.
    """
    handler, _answer, roles = HANDLERS[type(command)]
    if not isinstance(command, c.SetUpAgency | c.BeginIncarnation):
        _authorise(tx, command, roles)
    with carried_out(execution), following(command.uid, at):
        result = handler(tx, command, at)
    return result, audit.record(tx, command, result, at)


def may(roles: frozenset[Role], command_type: type[c.Command]) -> bool:
    """Say whether somebody with these roles may give this command, to show or hide an action with its reason."""
    return bool(roles & HANDLERS[command_type][2])


def roles_for(command_type: type[c.Command]) -> str:
    """Return the names of the roles that may give this command, as a person reads them."""
    return _names(HANDLERS[command_type][2])


def _names(roles: frozenset[Role]) -> str:
    return ", ".join(sorted(role.label for role in roles))


def _authorise(tx: Connection, command: c.Command, roles: frozenset[Role]) -> None:
    actor = people.person_by_id(tx, command.agency, command.actor)
    if actor is None or not actor.active:
        raise AccountClosed
    own_password = isinstance(command, c.SetPassword) and command.person == command.actor
    needed = _ADMINISTRATION if isinstance(command, c.SetPassword) and not own_password else roles
    if not actor.roles & needed:
        raise RoleMissing(roles=_names(needed))

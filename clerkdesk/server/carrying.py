"""Carrying out what desks did (push) and what they ask for (call), with the desk's own handlers and every check again.

A pushed command is carried out as the desk did: at its moment, with its ids, under its pen; the result must be the
desk's. What does not hold is refused and lies in `refusal` with all that was entered; a number that the desk had
stamped under its pen is held for the command sent again.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Text, bindparam, exc, select, text, type_coerce, update

from clerkdesk.data.columns import utc_text
from clerkdesk.data.feed import changes_behind
from clerkdesk.data.prepared import Prepared, prepared_insert
from clerkdesk.data.schema import audit as audit_table
from clerkdesk.data.schema import desk, desk_key, refusal, register_year
from clerkdesk.errors import ClerkDeskError, NotAllowed, NotYet, RuleBroken, StoreTrouble
from clerkdesk.i18n import N_
from clerkdesk.server.access import Caller, TurnedDown, check_desk, check_person
from clerkdesk.server.enrolment import kept_password
from clerkdesk.server.terms import Standstill, is_recovering, missing_desks, term_and_state
from clerkdesk.server.writer import Group
from clerkdesk.services import commands as c
from clerkdesk.services import numbering
from clerkdesk.services.arrivals import look_ahead
from clerkdesk.services.audit import GENESIS, entry_hash, record
from clerkdesk.services.batch import BatchNumbered
from clerkdesk.services.clock import now, pretending
from clerkdesk.services.execution import Execution, carried_out
from clerkdesk.services.office import HANDLERS, AccountClosed, RoleMissing, carry_out
from clerkdesk.services.secrecy import ExcludedDocument, SecretDocument
from clerkdesk.sync.messages import Answered, Call, HeldNumber, Push, Pushed, Trouble, Verdict

KINDS: dict[str, type[c.Command]] = {kind.__name__: kind for kind in HANDLERS}
RECORDS_OF_A_CALL = 2_000  # more come with the next pull
_CHANGES_OF_A_GROUP = 50_000
_OWN_FIELDS = frozenset({"uid", "agency", "actor", "desk", "made_at"})


class UidReused(RuleBroken):
    """A uid comes back with another body."""

    sentence = N_("Mã của thao tác này đã dùng cho thao tác khác. Nhập lại như việc mới.")


class ResultDiffers(RuleBroken):
    """The server comes to another result than the desk did."""

    sentence = N_("Máy chủ làm lại việc này và ra kết quả khác với máy trạm. Xem lại nội dung rồi gửi lại.")


class KindUnknown(RuleBroken):
    """The server does not know such a command, or not with these fields."""

    sentence = N_("Máy chủ không hiểu thao tác này. Cập nhật ClerkDesk ở máy chủ rồi gửi lại.")


class OnlyAtServer(NotAllowed):
    """A command that only the server carries out was done at a desk."""

    sentence = N_(
        "Việc này chỉ làm được khi có kết nối với máy chủ, bằng phiên của chính người làm. Nối mạng rồi làm lại."
    )


class SecondPersonMissing(NotAllowed):
    """Two people declare a desk destroyed; one of them has not logged in."""

    sentence = N_("Cần người thứ hai đăng nhập xác nhận tại máy này. Nhập tên và mật khẩu của người đó rồi làm lại.")


class StoreRefused(RuleBroken):
    """The store's own guards refuse the rows."""

    sentence = N_("Máy chủ từ chối ghi việc này vì trái với sổ đã có. Giữ bản giấy, báo quản trị.")


@dataclass(frozen=True, slots=True)
class Alarm:
    """What somebody should look at."""

    what: str
    ids: dict[str, object]


@dataclass(slots=True)
class PushOutcome:
    """The answers of a push; `trouble` says that the desk was suspended by it."""

    term: str
    answers: list[Answered]
    alarms: list[Alarm]
    standstill: Standstill
    trouble: Trouble | None = None


@dataclass(slots=True)
class CallOutcome:
    """The answer of a call, its records as they came from the feed."""

    term: str
    result: str
    records: list[tuple[int, str, str]]


_find_entry = Prepared(
    select(
        audit_table.c.kind, audit_table.c.actor, audit_table.c.desk, audit_table.c.body, audit_table.c.result,
        audit_table.c.subject,
    ).where(audit_table.c.agency_id == bindparam("agency"), audit_table.c.command_uid == bindparam("uid"))
)  # fmt: skip
_find_refusal = Prepared(
    select(refusal).where(refusal.c.agency_id == bindparam("agency"), refusal.c.command_uid == bindparam("uid"))
)
_advance_chain = Prepared(
    update(desk_key)
    .where(desk_key.c.agency_id == bindparam("agency"), desk_key.c.desk_id == bindparam("desk"))
    .values(last_seq=bindparam("seq"), chain_head=bindparam("head"), last_seen_at=bindparam("at"))
)
_write_refusal = prepared_insert(
    refusal, "agency_id", "command_uid", "kind", "desk", "actor", "made_at", "body", "code", "sentence", "subject",
    "register_id", "year", "number", "refused_at",
)  # fmt: skip


def carry_call(
    group: Group, caller: Caller, since: int | None, call: Call, second: tuple[Caller, int] | None = None
) -> CallOutcome:
    """Carry out a command for a desk, with the server's pen and at the server's time.

    Args:
        since: when the person's token was made, if there is one.
        second: who vouches for it besides, and when that token was made.

    Raises:
        TurnedDown, KindUnknown, OnlyAtServer, UidReused, RoleMissing, AccountClosed, and what the handler raises.
    """
    term = _check(group, caller, since, call.incarnation, call.term)
    kind = KINDS.get(call.kind)
    if kind is None or kind.where is c.Where.DESK:
        raise KindUnknown
    command = _command(kind, call.command)
    if command.agency != caller.agency or command.desk != caller.desk:
        raise TurnedDown(Trouble.BAD)
    if kind.where is c.Where.SERVER and caller.person != command.actor:
        raise OnlyAtServer
    if isinstance(command, c.DeclareDeskDestroyed):
        _check_second(group, command, second)
    earlier = _earlier(group, caller.agency, command.uid)
    if earlier is not None:
        if not _same(earlier, call.kind, command.actor, command.desk, recorded_body(command)):
            raise UidReused
        return CallOutcome(term, earlier.result, [])
    if _recovering(group, caller.agency):
        raise TurnedDown(Trouble.RECOVERING)
    at = now()
    result, _seq = carry_out(group.tx, command, at, Execution(holder=None, at_server=True))
    outcome = CallOutcome(term, result.model_dump_json(exclude_defaults=True), [])
    _fill_in_records(group, caller.agency, command.uid, outcome)
    return outcome


def carry_push(group: Group, caller: Caller, since: int | None, push: Push, standstill: Standstill) -> PushOutcome:
    """Carry out a desk's commands in their order; see the module's words.

    Args:
        since: when the person's token was made, if there is one.
        standstill: of the server's recovery.

    Raises:
        TurnedDown: the request as a whole does not hold.
    """
    term = _check(group, caller, since, push.incarnation, push.term)
    for pushed in push.commands:
        if pushed.seq and _hash_of(caller, pushed) != pushed.hash:
            raise TurnedDown(Trouble.BAD)
    key = check_desk(group.tx, caller)
    chain = _Chain(key.last_seq, key.chain_head)
    outcome = PushOutcome(term, [], [], standstill)
    for place, pushed in enumerate(push.commands):
        if pushed.seq and chain.forks_at(pushed, known=_is_known(group, caller, pushed)):
            _suspend(group, caller, outcome, pushed)
            return outcome
        if pushed.seq and chain.misses_before(pushed):
            outcome.answers += [_waiting(one, "EntriesMissing") for one in push.commands[place:]]
            break
        answer = _carry_pushed(group, caller, key, pushed, outcome)
        if answer.verdict is Verdict.WAITING:
            outcome.answers += [answer, *(_waiting(one, "BehindAnother") for one in push.commands[place + 1 :])]
            break
        outcome.answers.append(answer)
        if pushed.seq:
            chain.take(pushed)
    _advance_chain(group.tx, agency=caller.agency, desk=caller.desk, seq=chain.seq, head=chain.head, at=now())
    return outcome


def recorded_body(command: c.Command) -> str:
    """Return a command's body as the audit log writes it."""
    return command.model_dump_json(exclude={*_OWN_FIELDS, *command.not_recorded}, exclude_defaults=True)


# --- the request as a whole -----------------------------------------------------------------------------------


def _check(group: Group, caller: Caller, since: int | None, incarnation: UUID, term: str) -> str:
    known = group.kept.get("server")
    if known is None:
        known = group.kept["server"] = term_and_state(group.tx)
    if term != known[0]:
        raise TurnedDown(Trouble.TERM)
    if incarnation != caller.incarnation:
        raise TurnedDown(Trouble.INCARNATION)
    if ("desk", caller.agency, caller.desk) not in group.kept:
        check_desk(group.tx, caller)
        group.kept["desk", caller.agency, caller.desk] = True
    check_person(group.tx, caller, since)
    return str(known[0])


def _check_second(group: Group, command: c.DeclareDeskDestroyed, second: tuple[Caller, int] | None) -> None:
    """See that the second person of a declaration has logged in too.

    Raises:
        TurnedDown, SecondPersonMissing.
    """
    if second is None or second[0].person != command.second_person:
        raise SecondPersonMissing
    check_person(group.tx, *second)


def _recovering(group: Group, agency: UUID) -> bool:
    return group.kept["server"][1] != "SERVING" and is_recovering(group.tx, agency)


def _earlier(group: Group, agency: UUID, uid: UUID) -> Any:
    """Return the entry of a command that was carried out before; those of a whole group are looked up together."""
    found: dict[str, Any] | None = group.kept.get(("entries", agency))
    if found is None:
        calls = [one for one in group.foreseen.get(agency, []) if isinstance(one, Call)]
        uids = [str(one.command.get("uid")) for one in calls]
        rows = group.tx.execute(
            select(
                audit_table.c.command_uid, audit_table.c.kind, audit_table.c.actor, audit_table.c.desk,
                audit_table.c.body, audit_table.c.result,
            ).where(audit_table.c.agency_id == agency, type_coerce(audit_table.c.command_uid, Text).in_(uids))
        )  # fmt: skip
        found = group.kept["entries", agency] = {str(row.command_uid): _AsText(row) for row in rows}
        group.kept["looked up", agency] = set(uids)
        look_ahead(group.tx, agency, _codes_of(calls))
    key = str(uid)
    if key in found:
        return found[key]
    looked_up: set[str] = group.kept["looked up", agency]
    if key in looked_up:  # not there; if it comes again in this group, the store is asked
        looked_up.discard(key)
        return None
    return _find_entry(group.tx, agency=agency, uid=uid).first()


def _codes_of(calls: list[Call]) -> list[tuple[str, str, str]]:
    """Return the codes of the documents that calls want to register."""
    facts = [one.command.get("facts") for one in calls if one.kind == "RegisterArrival"]
    codes = [
        (one.get("code_number"), one.get("code_notation"), one.get("issuer")) for one in facts if isinstance(one, dict)
    ]
    return [code for code in codes if all(isinstance(part, str) and part for part in code)]  # type: ignore[misc]


class _AsText:
    """A row as the driver would have given it."""

    def __init__(self, row: Any) -> None:
        self.kind, self.actor, self.desk = row.kind, str(row.actor), str(row.desk)
        self.body, self.result = row.body, row.result


def _fill_in_records(group: Group, agency: UUID, uid: UUID, outcome: CallOutcome) -> None:
    """Give the answer its records once all commands of the group are carried out: each ends with its own entry."""
    wanted: dict[str, CallOutcome] | None = group.kept.get(("answers", agency))
    if wanted is None:
        wanted = group.kept["answers", agency] = {}
        answers, before = wanted, group.seq.get(agency, 0)
        group.at_end.append(lambda: _share_records(group, agency, before, answers))
    wanted[str(uid)] = outcome


def _share_records(group: Group, agency: UUID, before: int, wanted: dict[str, CallOutcome]) -> None:
    part: list[tuple[int, str, str]] = []
    for change in changes_behind(group.tx, agency, before, _CHANGES_OF_A_GROUP):
        part.append(change)
        if change[1] != "history":
            continue
        outcome = wanted.get(json.loads(change[2])["command_uid"])
        if outcome is not None and len(part) <= RECORDS_OF_A_CALL:
            outcome.records = part
        part = []


def _command(kind: type[c.Command], facts: dict[str, Any]) -> c.Command:
    try:
        return kind.model_validate(facts)
    except (ValidationError, ValueError, TypeError) as error:
        raise KindUnknown from error


# --- the desk's chain -----------------------------------------------------------------------------------------


class _Chain:
    """How far a desk's own log is known here."""

    def __init__(self, seq: int, head: str) -> None:
        self.seq = seq
        self.head = head

    def forks_at(self, pushed: Pushed, *, known: bool) -> bool:
        """Say whether the entry tells another story than the one known: two stores claim to be the desk."""
        if self.seq == 0:  # nothing is known, or the desk was enrolled anew
            return False
        if pushed.seq < self.seq:
            return not known
        if pushed.seq == self.seq:
            return pushed.hash != self.head
        return pushed.seq == self.seq + 1 and pushed.previous_hash != self.head

    def misses_before(self, pushed: Pushed) -> bool:
        """Say whether entries between the known ones and this one are missing."""
        if self.seq == 0:
            return False
        return pushed.seq > self.seq + 1

    def take(self, pushed: Pushed) -> None:
        """Go on behind the entry."""
        if pushed.seq > self.seq:
            self.seq, self.head = pushed.seq, pushed.hash


def _hash_of(caller: Caller, pushed: Pushed) -> str:
    try:
        previous = bytes.fromhex(pushed.previous_hash)
    except ValueError:
        return ""
    if len(previous) != len(GENESIS) or (pushed.seq == 1 and previous != GENESIS):
        return ""
    return entry_hash(
        previous, pushed.seq, pushed.uid, pushed.kind, pushed.actor, caller.desk, pushed.made_at, pushed.recorded_at,
        pushed.body, pushed.result,
    ).hex()  # fmt: skip


def _is_known(group: Group, caller: Caller, pushed: Pushed) -> bool:
    return bool(
        _find_entry(group.tx, agency=caller.agency, uid=pushed.uid)
        or _find_refusal(group.tx, agency=caller.agency, uid=pushed.uid)
    )


def _suspend(group: Group, caller: Caller, outcome: PushOutcome, pushed: Pushed) -> None:
    group.tx.execute(
        update(desk_key)
        .where(desk_key.c.agency_id == caller.agency, desk_key.c.desk_id == caller.desk)
        .values(state="SUSPENDED")
    )
    outcome.trouble = Trouble.SUSPENDED
    outcome.alarms.append(Alarm("fork", {"desk": caller.desk, "agency": caller.agency, "seq": pushed.seq}))


def _waiting(pushed: Pushed, code: str) -> Answered:
    return Answered(uid=pushed.uid, verdict=Verdict.WAITING, code=code)


# --- one pushed command ---------------------------------------------------------------------------------------


def _carry_pushed(  # noqa: PLR0911  one way out for each verdict
    group: Group, caller: Caller, key: Any, pushed: Pushed, outcome: PushOutcome
) -> Answered:
    answered = _answered_before(group, caller, pushed, outcome)
    if answered is not None:
        return answered
    recovering = _recovering(group, caller.agency)
    if pushed.seq == 0 and not recovering:
        return _waiting(pushed, "NotRecovering")
    try:
        with group.apart():
            _carry_again(group, caller, key, pushed, recovering=recovering)
    except StoreTrouble:
        raise
    except ClerkDeskError as error:
        if isinstance(error, NotYet) and not recovering:  # what it needs is still on its way from another desk
            return Answered(uid=pushed.uid, verdict=Verdict.WAITING, code=error.code, sentence=error.message)
        if recovering:  # what it needs may still come from another desk
            missing = missing_desks(group.tx, caller.agency, group.kept["server"][0])
            if not outcome.standstill.is_final(caller.agency, caller.desk, missing):
                return Answered(uid=pushed.uid, verdict=Verdict.WAITING, code=error.code, sentence=error.message)
            outcome.standstill.taken(caller.agency)
        return _refuse(group, caller, pushed, error, outcome, recovering=recovering)
    except Exception as error:
        if not group.careful or not _is_a_guard(error):
            raise
        return _refuse(group, caller, pushed, StoreRefused(), outcome, recovering=recovering)
    if recovering:
        outcome.standstill.taken(caller.agency)
    return Answered(uid=pushed.uid, verdict=Verdict.APPLIED)


def _answered_before(group: Group, caller: Caller, pushed: Pushed, outcome: PushOutcome) -> Answered | None:
    earlier = _find_entry(group.tx, agency=caller.agency, uid=pushed.uid).first()
    if earlier is not None:
        return _repeated(caller, earlier, pushed, outcome)
    refused = _find_refusal(group.tx, agency=caller.agency, uid=pushed.uid).first()
    if refused is None:
        return None
    held = None
    if refused.number is not None:
        held = HeldNumber(register_id=UUID(refused.register_id), year=refused.year, number=refused.number)
    return Answered(uid=pushed.uid, verdict=Verdict.REFUSED, code=refused.code, sentence=refused.sentence, held=held)


def _is_a_guard(error: Exception) -> bool:
    """Say whether the store refused the rows themselves; anything else passes, and the same may go well later."""
    original: Any = error.orig if isinstance(error, exc.DBAPIError) else error
    if isinstance(original, ClerkDeskError):
        return False
    state = str(getattr(original, "sqlstate", "") or "")
    return state[:2] in ("22", "23") or state == "P0001" or type(original).__name__ == "IntegrityError"


def _repeated(caller: Caller, earlier: Any, pushed: Pushed, outcome: PushOutcome) -> Answered:
    if _same(earlier, pushed.kind, pushed.actor, caller.desk, pushed.body):
        return Answered(uid=pushed.uid, verdict=Verdict.REPEATED)
    outcome.alarms.append(Alarm("uid_reused", {"desk": caller.desk, "uid": pushed.uid}))
    error = UidReused()
    return Answered(uid=pushed.uid, verdict=Verdict.REFUSED, code=error.code, sentence=error.message)


def _same(earlier: Any, kind: str, actor: UUID, desk_id: UUID, body: str) -> bool:
    if (earlier.kind, earlier.actor, earlier.desk) != (kind, str(actor), str(desk_id)):
        return False
    return bool(earlier.body == body or _canonical(earlier.body) == _canonical(body))


def _canonical(body: str) -> Any:
    """Return a body to compare; older programs wrote a person's roles in any order."""

    def sort_roles(facts: dict[str, Any]) -> dict[str, Any]:
        return {name: sorted(value) if name == "roles" else value for name, value in facts.items()}

    try:
        return json.loads(body, object_hook=sort_roles)
    except ValueError:
        return body


def _carry_again(group: Group, caller: Caller, key: Any, pushed: Pushed, *, recovering: bool) -> None:
    kind = KINDS.get(pushed.kind)
    if kind is None:
        raise KindUnknown
    facts = _facts(group, caller, pushed)
    command = _command(kind, facts)
    if kind.where is c.Where.SERVER and not _may_bring(key, caller, recovering=recovering):
        raise OnlyAtServer
    if pushed.seq == 0 and kind.where is c.Where.DESK:
        raise KindUnknown
    try:
        answer = HANDLERS[kind][1].model_validate_json(pushed.result)
    except ValidationError as error:
        raise ResultDiffers from error
    execution = Execution(
        holder=None if pushed.seq == 0 else caller.desk,
        at_server=True,
        incarnation=None if pushed.seq == 0 else caller.incarnation,
        shown=answer.shown(),
        recovering=recovering,
    )
    at = pushed.recorded_at.astimezone(dt.UTC)
    if isinstance(command, c.BeginIncarnation) and key.reported_term != "":
        # The desk has dropped its pens; here they stay with the store that held them, until two people declare it.
        record(group.tx, command, answer, at)
        return
    with pretending(at):
        result, _seq = carry_out(group.tx, command, at, execution)
    ours = result.model_dump_json(exclude_defaults=True)
    if ours != pushed.result and _canonical(ours) != _canonical(pushed.result):
        raise ResultDiffers
    if isinstance(command, c.SetUpAgency):
        _settle_incarnation(group, caller)


def _facts(group: Group, caller: Caller, pushed: Pushed) -> dict[str, Any]:
    try:
        facts = json.loads(pushed.body)
        if not isinstance(facts, dict) or facts.keys() & _OWN_FIELDS:
            raise KindUnknown
    except ValueError as error:
        raise KindUnknown from error
    facts |= {
        "uid": str(pushed.uid),
        "agency": str(caller.agency),
        "actor": str(pushed.actor),
        "desk": str(caller.desk),
        "made_at": utc_text(pushed.made_at),
    }
    if pushed.kind == "BeginIncarnation":
        facts["fingerprint"] = {}  # of the desk's machine: it stays there
    whose = {
        "SetUpAgency": lambda: facts["administrator"]["id"],
        "AddPerson": lambda: facts["person"]["id"],
        "SetPassword": lambda: facts["person"],
    }.get(pushed.kind)
    if whose is not None:
        try:
            person = UUID(whose())
        except (KeyError, TypeError, ValueError) as error:
            raise KindUnknown from error
        take = pushed.kind != "SetPassword"
        facts["password_hash"] = kept_password(group.tx, caller.agency, person, take=take)
    return facts


def _may_bring(key: Any, caller: Caller, *, recovering: bool) -> bool:
    """Say whether a desk may push what otherwise only the server does.

    A desk that brings its agency pushes its whole log once. After a restore of the server an administrator who has
    logged in there may let a desk bring back what had been done.
    """
    if key.reported_term == "":
        return True
    return recovering and caller.person is not None


def _settle_incarnation(group: Group, caller: Caller) -> None:
    """Give desk and pens of a brought agency the incarnation that has enrolled."""
    group.tx.execute(
        update(desk)
        .where(desk.c.agency_id == caller.agency, desk.c.id == caller.desk)
        .values(incarnation=caller.incarnation)
    )
    group.tx.execute(
        update(register_year)
        .where(register_year.c.agency_id == caller.agency, register_year.c.holder_desk == caller.desk)
        .values(holder_incarnation=caller.incarnation)
    )


# --- refusing -------------------------------------------------------------------------------------------------


def _refuse(
    group: Group, caller: Caller, pushed: Pushed, error: ClerkDeskError, outcome: PushOutcome, *, recovering: bool
) -> Answered:
    secret = isinstance(error, SecretDocument | ExcludedDocument)
    stamped = _stamped(group, caller, pushed)
    waiting: list[HeldNumber] = []
    for register_id, year, number in stamped:
        issue = numbering.Issue(
            caller.agency, register_id, year, pushed.uid, pushed.actor, caller.desk,
            pushed.recorded_at.astimezone(dt.UTC),
        )  # fmt: skip
        with carried_out(Execution(caller.desk, at_server=True, incarnation=caller.incarnation, recovering=recovering)):
            if _holds(group, issue, number, error.message):
                waiting.append(HeldNumber(register_id=register_id, year=year, number=number))
    # A batch sent again takes new numbers; those on paper are used one by one.
    held = waiting[0] if len(stamped) == len(waiting) == 1 else None
    if isinstance(error, numbering.PenElsewhere | numbering.NumberShownElsewhere | ResultDiffers | StoreRefused):
        outcome.alarms.append(
            Alarm("quarantined", {"desk": caller.desk, "agency": caller.agency, "uid": pushed.uid, "code": error.code})
        )
    if isinstance(error, AccountClosed | RoleMissing):
        outcome.alarms.append(Alarm("not_allowed", {"desk": caller.desk, "actor": pushed.actor, "code": error.code}))
    _write_refusal(
        group.tx,
        agency_id=caller.agency,
        command_uid=pushed.uid,
        kind=pushed.kind,
        desk=caller.desk,
        actor=pushed.actor,
        made_at=pushed.made_at,
        body="{}" if secret else pushed.body,  # nothing of a secret document is kept
        code=error.code,
        sentence=error.message,
        subject=_subject_of(pushed),
        register_id=held.register_id if held else None,
        year=held.year if held else None,
        number=held.number if held else None,
        refused_at=now(),
    )
    return Answered(
        uid=pushed.uid, verdict=Verdict.REFUSED, code=error.code, sentence=error.message, held=held
    )  # fmt: skip


def _holds(group: Group, issue: numbering.Issue, number: int, reason: str) -> bool:
    try:
        return numbering.hold_refused(group.tx, issue, number, reason)
    except numbering.RegisterNotOpen:
        return False


def _subject_of(pushed: Pushed) -> UUID | None:
    try:
        return UUID(json.loads(pushed.result)["subject"])
    except (ValueError, KeyError, TypeError):
        return None


def _stamped(group: Group, caller: Caller, pushed: Pushed) -> list[tuple[UUID, int, int]]:
    """Return register, year and number of all that a refused command had taken from the desk's pen, in order."""
    kind = KINDS.get(pushed.kind)
    if kind is None or kind.where is not c.Where.PEN:
        return []
    try:
        answer = HANDLERS[kind][1].model_validate_json(pushed.result)
        shown = answer.shown()
        if not shown:
            return []
        facts = json.loads(pushed.body)
        if isinstance(answer, BatchNumbered):
            register_id = UUID(facts["register_id"])
            return [(register_id, run.year, n) for run in answer.runs for n in range(run.first, run.last + 1)]
        register_of: UUID | None
        if pushed.kind == "IssueNumber":
            year = dt.date.fromisoformat(facts["issued_date"]).year
            register_of = _register_of_outgoing(group, caller.agency, UUID(facts["outgoing"]))
        elif pushed.kind == "RegisterArrival":
            year = dt.date.fromisoformat(facts["facts"]["arrival_date"]).year
            register_of = UUID(facts["register_id"])
        else:
            year, register_of = int(facts["year"]), UUID(facts["register_id"])
    except (ValidationError, ValueError, KeyError, TypeError):
        return []
    return [] if register_of is None else [(register_of, year, number) for number in shown]


_find_register = text(
    "SELECT s.register_id FROM outgoing o JOIN symbol s ON s.agency_id = o.agency_id AND s.id = o.symbol_id"
    " WHERE o.agency_id = :agency AND o.id = :id"
)


def _register_of_outgoing(group: Group, agency: UUID, outgoing: UUID) -> UUID | None:
    found = group.tx.execute(_find_register, {"agency": str(agency), "id": str(outgoing)}).scalar()
    return UUID(found) if found else None


def told(alarms: Iterable[Alarm], alarm: Callable[..., None]) -> None:
    """Tell alarms to whoever watches."""
    for one in alarms:
        alarm(one.what, **one.ids)

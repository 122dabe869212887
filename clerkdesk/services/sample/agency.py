"""Writes the sample agency into an empty store: people, registers, a year of documents with real PDF files.

Everything goes through the same commands and the same signing as real work, in order of time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from clerkdesk.services import commands as c
from clerkdesk.services import issuing, registers
from clerkdesk.services.clock import VIETNAM, now, pretending, today
from clerkdesk.services.directory import correspondent_by_name
from clerkdesk.services.files import keep_made
from clerkdesk.services.ids import new_id
from clerkdesk.services.login import Session
from clerkdesk.services.office import execute
from clerkdesk.services.outgoing import expected_notation, outgoing_by_id
from clerkdesk.services.passwords import hash_password
from clerkdesk.services.people import people, units
from clerkdesk.services.sample import wording
from clerkdesk.services.sample.pages import arrival_page, outgoing_page
from clerkdesk.services.vocabulary import (
    ArrivalStatus,
    AttachmentRole,
    DispatchChannel,
    Medium,
    PaperReason,
    ReceiptChannel,
    ReleaseForm,
    Role,
    SigningCapacity,
    Urgency,
)

if TYPE_CHECKING:
    from clerkdesk.services.desk import Desk
    from clerkdesk.services.signing.keys import SigningKey

PASSWORD = "Vanthu@2026"  # noqa: S105  of the fictional people, shown on screen
KEY_PASSPHRASE = "thu-nghiem"  # noqa: S105  of the development keys, shown on screen
ARRIVALS = 172
OUTGOING = 28
SEED = 2026
IN_PROGRESS = 8  # the newest outgoing documents wait at different steps

Progress = Callable[[int, int], None]


class Cancelled(Exception):
    """The person broke off; the half-written sample store is thrown away by the caller."""


@dataclass
class _Writer:
    """What the steps share."""

    desk: Desk
    progress: Progress
    stopped: Callable[[], bool]
    received: list[wording.SampleArrival]
    issued: list[wording.SampleOutgoing]
    total: int = ARRIVALS + OUTGOING
    done: int = 0
    arrivals: dict[int, UUID] = field(default_factory=dict)
    keys: dict[str, SigningKey] = field(default_factory=dict)

    def step(self) -> None:
        if self.stopped():
            raise Cancelled
        self.done += 1
        self.progress(self.done, self.total)

    def sit_down(self, username: str) -> None:
        """Seat a person without asking for the password: the sample people are ours."""
        person = next(one for one in self.desk.read(people) if one.username == username)
        self.desk.session = Session(person, now(), must_change_password=False)


def write_sample_agency(desk: Desk, progress: Progress, stopped: Callable[[], bool] = lambda: False) -> None:
    """Fill an empty store.

    Args:
        desk: an open desk before its set-up.
        progress: called with documents written and documents in all.
        stopped: asked before each document.

    Raises:
        Cancelled: `stopped` said so; the half-written store is left to the caller.
    """
    year = today().year
    received = wording.sample_arrivals(year, SEED, count=ARRIVALS, today=today())
    issued = wording.sample_outgoing(year, SEED, count=OUTGOING, today=today(), arrivals=received)
    writer = _Writer(desk, progress, stopped, received, issued)
    begin = dt.datetime(year, 1, 1, 7, 30, tzinfo=VIETNAM)
    with pretending(begin):
        _set_up(writer)
        _make_keys(writer)
    try:
        for moment, write in _in_order_of_time(writer):
            writer.step()
            with pretending(moment):
                write()
        desk.seen()  # nobody is to be told of the sample's numbers
    except Cancelled:
        _throw_keys_away(writer)
        raise
    finally:
        desk.log_out()


def _set_up(writer: _Writer) -> None:
    desk, agency = writer.desk, wording.AGENCY
    clerk = next(one for one in wording.PEOPLE if one.role == Role.CLERK)
    unit_ids = {unit.short_name: new_id() for unit in wording.UNITS}
    first, agency_id, desk_id = new_id(), new_id(), new_id()
    hashed = hash_password(PASSWORD)
    councils = sorted({one.council for one in writer.issued if one.council})
    preset = (
        *registers.common_preset(normative=False),
        *(registers.advisory_body_preset(code, code) for code in councils),
    )
    execute(
        desk.store,
        c.SetUpAgency(
            uid=new_id(), agency=agency_id, actor=first, desk=desk_id, made_at=now(), name=agency.name,
            parent_name=agency.parent, short_name=agency.short_name, organ_id=agency.organ_id, place=wording.PLACE,
            address="01 đường Kim Phụng, phường Hương Cầu, tỉnh Sông Hương", contact="0200.3000.001",
            desk_code="01", desk_name="Văn thư 1",
            administrator=c.NewPerson(
                id=first, username=clerk.user_name, full_name=clerk.full_name, position=clerk.position,
                unit=unit_ids[clerk.unit], roles=frozenset({Role.CLERK, Role.ADMINISTRATOR}),
            ),
            password_hash=hashed,
            units=tuple(c.NewUnit(id=unit_ids[u.short_name], name=u.name, short_name=u.short_name) for u in wording.UNITS),
            registers=preset,
        ),
    )  # fmt: skip
    desk.refresh()
    writer.sit_down(clerk.user_name)
    for one in wording.PEOPLE:
        if one is not clerk:
            desk.do(_account(desk, one, unit_ids[one.unit], hashed))
            desk.do(_ready(desk, one.user_name, hashed))
    for local in wording.LOCAL_CORRESPONDENTS:
        facts: dict[str, Any] = {
            "name": local.name,
            "short_name": local.short_name,
            "organ_id": local.organ_id,
            "parent": local.parent,
        }
        desk.do(desk.make(c.AddCorrespondent, **facts))


def _account(desk: Desk, one: wording.SamplePerson, unit: UUID, hashed: str) -> c.AddPerson:
    facts = c.NewPerson(
        id=new_id(), username=one.user_name, full_name=one.full_name, position=one.position, unit=unit,
        roles=frozenset({Role(one.role)}),
    )  # fmt: skip
    return desk.make(c.AddPerson, person=facts, password_hash=hashed)


def _ready(desk: Desk, username: str, hashed: str) -> c.SetPassword:
    """The person's own password at once: nobody has to change it before trying the program."""
    person = next(one for one in desk.read(people) if one.username == username)
    return desk.make(c.SetPassword, person=person.id, password_hash=hashed).model_copy(update={"actor": person.id})


def _make_keys(writer: _Writer) -> None:
    """Make a development key for the agency and for everybody who signs, plainly marked THỬ NGHIỆM."""
    from clerkdesk.services.signing.development_ca import issue_p12, make_ca
    from clerkdesk.services.signing.keys import load_pkcs12

    start = now() - dt.timedelta(days=30)
    authority = make_ca(now=start, algorithm="ec")
    folder = writer.desk.store.path.parent
    signers = {one.signer for one in writer.issued} | {
        one.user_name for one in wording.PEOPLE if one.role in (Role.LEADER, Role.HEAD_OF_UNIT)
    }
    holders = {one.user_name: one.full_name for one in wording.PEOPLE if one.user_name in signers}
    for name, holder in {**holders, "agency": wording.AGENCY.name}.items():
        made = issue_p12(
            authority, holder=holder, organisation=wording.AGENCY.name, passphrase=KEY_PASSPHRASE, valid_from=start,
            valid_to=start + dt.timedelta(days=3 * 365),
        )  # fmt: skip
        path = issuing.key_file(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made)
        path.chmod(0o600)
        writer.keys[name] = load_pkcs12(made, KEY_PASSPHRASE)


def _throw_keys_away(writer: _Writer) -> None:
    folder = writer.desk.store.path.parent
    for name in writer.keys:
        issuing.key_file(folder, name).unlink(missing_ok=True)
    with suppress(OSError):  # somebody else's keys are in it
        issuing.key_file(folder, "agency").parent.rmdir()


def _in_order_of_time(writer: _Writer) -> Iterator[tuple[dt.datetime, Callable[[], None]]]:
    acts: list[tuple[dt.datetime, int, Callable[[], None]]] = []
    for place, arrival in enumerate(writer.received):
        acts.append((arrival.received_at, len(acts), lambda a=arrival, p=place: _register(writer, p, a)))  # type: ignore[misc]
    documents = writer.issued
    for place, one in enumerate(documents):
        moment = dt.datetime.combine(one.issued_date, dt.time(16, 0), VIETNAM) + dt.timedelta(minutes=place)
        left = max(0, place - (len(documents) - IN_PROGRESS) + 1)
        acts.append((moment, len(acts), lambda o=one, n=left: _write_outgoing(writer, o, n)))  # type: ignore[misc]
    for moment, _order, act in sorted(acts, key=lambda act: act[:2]):
        yield moment, act


def _register(writer: _Writer, place: int, sample: wording.SampleArrival) -> None:
    desk = writer.desk
    register = desk.read(registers.arrivals_register)
    issuer = desk.look_up(correspondent_by_name, sample.issuer)
    year = f"{sample.issued_date.year}/" if sample.normative else ""
    uid = new_id()
    pdf = keep_made(
        desk.store, arrival_page(sample), f"{sample.code_number}_{sample.code_notation}.pdf", AttachmentRole.MAIN
    )
    medium = Medium(sample.medium)
    facts = c.ArrivalFacts(
        arrival_date=sample.received_at.date(), received_at=sample.received_at, issuer=sample.issuer,
        issuer_id=issuer.id if issuer else None, code_number=sample.code_number,
        code_notation=year + sample.code_notation, issued_date=sample.issued_date,
        document_type=sample.type_abbreviation, normative=sample.normative, subject=sample.subject,
        page_amount=sample.page_amount, signer_position=sample.signer_position, signer_name=sample.signer_name,
        urgency=Urgency[sample.urgency], to_places=sample.to_places, due_date=sample.due_date,
        receipt_channel=ReceiptChannel(sample.receipt_channel), medium=medium,
        edoc_class=None if medium is Medium.PAPER else 1, legal_value=True,
    )  # fmt: skip
    desk.do(desk.make(c.RegisterArrival, uid=uid, register_id=register, facts=facts, files=(pdf,), second_copy=True))
    writer.arrivals[place] = uid
    status = ArrivalStatus(sample.status_hint) if sample.status_hint in ArrivalStatus.__members__ else None
    if status is ArrivalStatus.SUBMITTED and sample.to_places:
        desk.do(desk.make(c.SubmitArrival, arrival=uid, to_places=sample.to_places))
    elif status in (ArrivalStatus.COMPLETED, ArrivalStatus.NO_ACTION_NEEDED, ArrivalStatus.READ_CONFIRMED):
        desk.do(desk.make(c.FinishArrival, arrival=uid, status=status))


def _write_outgoing(writer: _Writer, sample: wording.SampleOutgoing, left: int) -> None:
    """Take a document as far as its place in the queue says: `left` 0 is released, the newest is still a draft."""
    desk = writer.desk
    desk_clerk = desk.person.username
    names = {one.user_name: one for one in wording.PEOPLE}
    signer = names[sample.signer]
    signer_id = next(one.id for one in desk.read(people) if one.username == sample.signer)
    short_names = {name: short for _id, name, short in desk.read(units)}
    unit_short = (
        sample.drafting_unit
        if sample.drafting_unit in short_names.values()
        else short_names.get(sample.drafting_unit, "")
    )
    unit_name = next((name for name, short in short_names.items() if short == unit_short), sample.drafting_unit)
    symbol = desk.read(registers.symbol_for, sample.type_abbreviation, normative=False, body=sample.council)
    posted = any(one.channel == "POST" for one in sample.recipients)
    facts = c.OutgoingFacts(
        symbol=symbol, document_type=sample.type_abbreviation, body=sample.council, unit_short_name=unit_short,
        subject=sample.subject, drafting_unit=unit_name, drafter=names[sample.drafter].full_name, signer_id=signer_id,
        signer_position=sample.signer_position, signer_name=signer.full_name,
        signing_capacity=SigningCapacity(sample.signing_capacity), urgency=Urgency[sample.urgency],
        answers_arrival=writer.arrivals.get(sample.answers) if sample.answers is not None else None,
        release_form=ReleaseForm.ELECTRONIC_AND_PAPER if posted else ReleaseForm.ELECTRONIC_ONLY,
        paper_reason=PaperReason.NOT_CONNECTED if posted else None, issued_amount=max(1, sum(one.copies for one in sample.recipients)), retained_by="VT",
    )  # fmt: skip
    uid = new_id()
    recipients = tuple(
        c.Recipient(
            name=one.name, channel=DispatchChannel(one.channel), copies=one.copies,
            envelopes=int(one.channel == "POST"),
        )
        for one in sample.recipients
    )  # fmt: skip
    enter = desk.make(c.EnterOutgoing, uid=uid, facts=facts, recipients=recipients)
    desk.do(enter)
    row = desk.read(outgoing_by_id, uid)
    symbol_text = desk.read(expected_notation, row, sample.issued_date.year)
    page = outgoing_page(sample, symbol_text, signer.full_name)
    draft = keep_made(desk.store, page, "du-thao.pdf", AttachmentRole.DRAFT)
    desk.do(desk.make(c.AttachFiles, document=uid, files=(draft,)))
    if left >= 7:
        return
    issuing.prepare_for_signature(desk, uid)
    if left >= 4:
        return
    writer.sit_down(sample.signer)
    issuing.sign_as_leader(desk, uid, writer.keys[sample.signer])
    writer.sit_down(desk_clerk)
    if left >= 1:
        return
    issuing.issue(desk, uid, writer.keys["agency"], sample.issued_date)
    desk.do(desk.make(c.Release, outgoing=uid))

"""A document released to another agency of the server arrives there once, and its states come back."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, insert, text

from clerkdesk.data.schema import stored_file
from clerkdesk.data.store import Store
from clerkdesk.server.access import Caller
from clerkdesk.server.carrying import carry_push
from clerkdesk.server.hub import Hub
from clerkdesk.server.terms import Standstill
from clerkdesk.services import commands as c
from clerkdesk.services.audit import check_chain
from clerkdesk.services.clock import now
from clerkdesk.services.delivery import inbox_id, recipient_agency, take
from clerkdesk.services.desk import Desk
from clerkdesk.services.dispatching import SentByExchange
from clerkdesk.services.inbox import DeliverySettled, DeliveryUnknown, deliveries, inbox_count
from clerkdesk.services.numbering import ReasonMissing
from clerkdesk.services.office import execute
from clerkdesk.services.outgoing import recipients_of
from clerkdesk.services.vocabulary import (
    AttachmentRole,
    DispatchChannel,
    DispatchState,
    RefusalCause,
    ReleaseForm,
    SigningCapacity,
    Urgency,
)
from clerkdesk.sync.messages import Push

from ..office import PASSWORD, arrivals_book, outgoing_facts, pdf_file, setup_command, steps_of, subject_of
from .desks import bring, log_of
from .test_server_crashes import PowerCut, carry, power_cut

TREASURY = "Sở Tài chính tỉnh Sông Hương"
COMMUNE = "Ủy ban nhân dân xã An Khê"
STEPS = ("SubmitForSignature", "RecordLeaderSignature", "IssueNumber", "RecordSeal")


class Office:
    """An agency's desk and its side of the wire."""

    def __init__(self, hub: Hub, http: TestClient, desk: Desk) -> None:
        self.hub, self.desk = hub, desk
        self.remote = bring(hub, http, desk)
        self.pushed = log_of(desk)[-1].seq
        self.cursor = self.remote.pull(0)["cursor"]

    @property
    def agency(self) -> UUID:
        return self.desk.agency_id

    def push(self) -> list[str]:
        """Hand in what was done since."""
        answers = self.remote.push(log_of(self.desk, self.pushed))
        self.pushed = log_of(self.desk)[-1].seq
        return [one.verdict.value for one in answers]

    def work(self) -> Callable[[Any], Any]:
        """The same as work for the server's writer."""
        push = Push(
            incarnation=self.remote.incarnation, term=self.remote.term, commands=tuple(log_of(self.desk, self.pushed))
        )
        caller = Caller(self.remote.agency, self.remote.desk, self.remote.incarnation)
        return lambda group: [one.verdict.value for one in carry_push(group, caller, None, push, Standstill()).answers]

    def upload(self) -> None:
        """Hand in the bytes of every file that the desk's documents bear."""
        with self.desk.store.reading() as connection:
            borne = connection.execute(text("SELECT DISTINCT sha256, size FROM attachment")).all()
        with self.hub.store.writing() as tx:
            known = tx.execute(text("SELECT sha256 FROM stored_file WHERE agency_id = :a"), {"a": str(self.agency)})
            have = set(known.scalars())
            for sha256, size in borne:
                if sha256 not in have:
                    tx.execute(
                        insert(stored_file).values(agency_id=self.agency, sha256=sha256, size=size, stored_at=now())
                    )

    def inbox(self, *, settled: bool = False) -> list[Any]:
        with self.hub.store.reading() as connection:
            return deliveries(connection, self.agency, settled=settled)

    def lines(self, outgoing: UUID) -> dict[str, tuple[str, str]]:
        """State and note of each recipient, as the server has them."""
        with self.hub.store.reading() as connection:
            return {
                one["recipient"]: (one["state"], one["note"])
                for one in recipients_of(connection, self.agency, outgoing)
            }

    def take_down(self) -> None:
        """Take the records that are new, as the desk does."""
        from clerkdesk.data.applying import Here, apply_records, in_order

        page = self.remote.pull(self.cursor)
        self.cursor = page["cursor"]
        here = Here(self.agency, self.remote.desk, lambda *_: True, lambda *_: None)
        with self.desk.store.writing() as tx:
            apply_records(tx, here, in_order((one["name"], one["record"]) for one in page["changes"]))

    def received(self) -> list[tuple[str, dict[str, Any]]]:
        """All records that the agency's desks have been given."""
        return [(one["name"], one["record"]) for one in self.remote.pull(0)["changes"]]


def open_desk(folder: Path, name: str, short_name: str, organ_id: str) -> Desk:
    desk = Desk.open(folder / short_name / "clerkdesk.db")
    execute(desk.store, setup_command(name=name, short_name=short_name, organ_id=organ_id))
    desk.refresh()
    desk.log_in("annv", PASSWORD)
    return desk


@pytest.fixture
def sender(hub: Hub, http: TestClient, desk: Desk) -> Office:
    """The Department of Home Affairs."""
    hub.postman.stop()  # these tests say themselves when he goes
    hub.postman._stopped.clear()
    return Office(hub, http, desk)


@pytest.fixture
def treasury(hub: Hub, http: TestClient, sender: Office, tmp_path: Path) -> Iterator[Office]:
    desk = open_desk(tmp_path, TREASURY, "STC", "H57.20")
    yield Office(hub, http, desk)
    desk.close()


@pytest.fixture
def commune(hub: Hub, http: TestClient, sender: Office, tmp_path: Path) -> Iterator[Office]:
    desk = open_desk(tmp_path, COMMUNE, "AK", "H57.31")
    yield Office(hub, http, desk)
    desk.close()


def to(name: str, organ_id: str = "", channel: DispatchChannel = DispatchChannel.EXCHANGE) -> c.Recipient:
    return c.Recipient(name=name, organ_id=organ_id, channel=channel)


def seal(office: Office, *recipients: c.Recipient, **changes: Any) -> UUID:
    """Bring a document with an appendix as far as its seal."""
    desk = office.desk
    files = (pdf_file(AttachmentRole.DRAFT), pdf_file(AttachmentRole.APPENDIX))
    facts = outgoing_facts(desk, **changes)
    outgoing = subject_of(desk.do(desk.make(c.EnterOutgoing, facts=facts, recipients=recipients, files=files)))
    for step in STEPS:
        desk.do(steps_of(desk, outgoing)[step])
    return outgoing


def release(office: Office, *recipients: c.Recipient, **changes: Any) -> UUID:
    outgoing = seal(office, *recipients, **changes)
    office.desk.do(office.desk.make(c.Release, outgoing=outgoing))
    return outgoing


def sent(office: Office, *recipients: c.Recipient, **changes: Any) -> UUID:
    """Release a document, hand everything in, let the postman go."""
    outgoing = release(office, *recipients, **changes)
    assert set(office.push()) == {"applied"}
    office.upload()
    office.hub.postman.deliver()
    return outgoing


def register(office: Office, delivery: Any, **changes: Any) -> c.Result:
    """Register a document of the inbox at its recipient's desk."""
    facts = delivery.facts.model_copy(update=changes)
    command = office.desk.make(
        c.RegisterArrival,
        register_id=arrivals_book(office.desk),
        facts=facts,
        files=delivery.files,
        inbox=delivery.id,
    )
    return office.desk.do(command)


def refuse(office: Office, delivery: UUID, reason: str = "Không thuộc thẩm quyền của Sở") -> c.Result:
    return office.desk.do(
        office.desk.make(c.RefuseDelivery, inbox=delivery, cause=RefusalCause.WRONG_AGENCY, reason=reason)
    )


def messages(hub: Hub) -> list[Any]:
    with hub.store.reading() as connection:
        return list(connection.execute(text("SELECT * FROM message ORDER BY made_at, id")).mappings())


EXCHANGED = ("message", "inbox", "dispatch", "arrival", "outgoing", "stored_file", "refusal")


def exchanged(store: Store) -> dict[str, list[str]]:
    """Everything that an exchange writes, but for the moments at which the server did it."""
    moments = {"made_at", "done_at", "received_at", "state_at", "sent_at", "stored_at", "row", "facts", "body"}
    with store.reading() as connection:
        return {
            table: sorted(
                str({name: value for name, value in one.items() if name not in moments})
                for one in connection.execute(text(f"SELECT * FROM {table}")).mappings()
            )
            for table in EXCHANGED
        }


# --- arriving -------------------------------------------------------------------------------------------------


def test_a_released_document_arrives_in_the_inbox_of_its_recipient_with_all_that_the_book_needs(
    sender: Office, treasury: Office
) -> None:
    outgoing = sent(
        sender, to(TREASURY, "H57.20"), urgency=Urgency.VERY_URGENT, signing_capacity=SigningCapacity.KT,
        signer_position="Phó Giám đốc", page_amount=3,
    )  # fmt: skip
    (one,) = treasury.inbox()
    with sender.desk.store.reading() as connection:
        row = connection.execute(text("SELECT * FROM outgoing WHERE id = :id"), {"id": str(outgoing)}).mappings().one()
        sealed = connection.execute(text("SELECT sha256 FROM attachment WHERE role = 'SEALED'")).scalar_one()
        appendix = connection.execute(text("SELECT sha256 FROM attachment WHERE role = 'APPENDIX'")).scalar_one()
    facts = one.facts
    assert f"{facts.code_number}/{facts.code_notation}" == row["reference_code"]
    assert (facts.issuer, facts.subject, facts.document_type) == (sender.desk.agency.name, row["subject"], "CV")  # type: ignore[union-attr]
    assert f"{facts.issued_date}" == row["issued_date"]
    assert (facts.signer_name, facts.signer_position) == ("Lê Quang Minh", "KT. Phó Giám đốc")
    assert (facts.receipt_channel, facts.medium, facts.edoc_class, facts.legal_value) == (
        "EXCHANGE", "ELECTRONIC", 1, True,
    )  # fmt: skip
    assert (facts.urgency, facts.page_amount, one.urgency, one.electronic_only) == (2, 3, 2, True)
    assert facts.document_identifier == f"H57.15,{facts.issued_date:%Y/%m/%d},{row['reference_code']}"
    assert facts.received_at == one.received_at
    assert [(file.sha256, file.role) for file in one.files] == [(sealed, "MAIN"), (appendix, "APPENDIX")]
    assert sender.lines(outgoing) == {TREASURY: ("ARRIVED", "")}


def test_only_the_released_files_may_be_read_by_the_recipient(hub: Hub, sender: Office, treasury: Office) -> None:
    sent(sender, to(TREASURY, "H57.20"))
    (one,) = treasury.inbox()
    with hub.store.reading() as connection:
        readable = connection.execute(
            text("SELECT sha256 FROM stored_file WHERE agency_id = :a"), {"a": str(treasury.agency)}
        ).scalars()
        assert set(readable) == {file.sha256 for file in one.files}


def test_nothing_arrives_before_the_bytes_of_all_its_files_are_at_the_server(
    hub: Hub, sender: Office, treasury: Office
) -> None:
    outgoing = release(sender, to(TREASURY, "H57.20"))
    sender.push()
    assert hub.postman.deliver() == 1
    assert treasury.inbox() == []
    assert sender.lines(outgoing) == {TREASURY: ("SENT", "")}
    sender.upload()
    assert hub.postman.deliver() == 0
    assert len(treasury.inbox()) == 1
    assert sender.lines(outgoing) == {TREASURY: ("ARRIVED", "")}


def test_who_is_not_on_this_server_waits_as_before(hub: Hub, sender: Office, treasury: Office) -> None:
    others = (to("Ủy ban nhân dân xã Bình Minh"), to("Bộ Nội vụ", "G09"), to(COMMUNE, channel=DispatchChannel.POST))
    outgoing = sent(
        sender, *others, release_form=ReleaseForm.ELECTRONIC_AND_PAPER, paper_reason="NOT_CONNECTED",
    )  # fmt: skip
    assert sender.lines(outgoing) == {
        others[0].name: ("WAITING", ""), "Bộ Nội vụ": ("WAITING", ""), COMMUNE: ("SENT", ""),
    }  # fmt: skip
    assert messages(hub) == []


def test_a_document_released_on_paper_only_is_not_sent(hub: Hub, sender: Office, treasury: Office) -> None:
    outgoing = sent(sender, to(TREASURY, "H57.20"), release_form=ReleaseForm.PAPER_ONLY)
    assert sender.lines(outgoing) == {TREASURY: ("WAITING", "")}
    assert messages(hub) == []


def test_a_third_agency_sees_nothing_of_it(sender: Office, treasury: Office, commune: Office) -> None:
    secret = "Về việc bố trí kinh phí mua sắm năm 2026"
    outgoing = sent(sender, to(TREASURY, "H57.20"), subject=secret)
    (one,) = treasury.inbox()
    treasury.take_down()
    register(treasury, one)
    treasury.push()
    sender.hub.postman.deliver()
    assert sender.lines(outgoing)[TREASURY][0] == "ACCEPTED"
    assert commune.inbox() == []
    whole = json.dumps([commune.received(), commune.remote.snapshot()], ensure_ascii=False)
    assert secret not in whole and TREASURY not in whole
    got = json.dumps(treasury.received(), ensure_ascii=False)
    assert secret in got
    for theirs in ('"outgoing"', '"dispatch"', str(outgoing)):  # their records stay theirs
        assert theirs not in got


def test_an_agency_is_found_by_its_identifier_or_by_its_own_name_alone(
    hub: Hub, sender: Office, treasury: Office, commune: Office
) -> None:
    with hub.store.writing() as tx:

        def find(organ_id: str, name: str) -> UUID | None:
            return recipient_agency(tx, organ_id, name)

        assert find("H57.20", "Tên đã đổi") == treasury.agency
        assert find("", TREASURY) == treasury.agency
        assert find("H99.99", TREASURY) is None  # another agency of the same name
        assert find("", "") is None
        assert find("H57.20", COMMUNE) == treasury.agency
        tx.execute(text("UPDATE agency SET name = :name"), {"name": TREASURY})
        assert find("", TREASURY) is None  # three agencies of one name
        assert find("H57.31", TREASURY) == commune.agency
        tx.execute(text("UPDATE agency SET organ_id = 'H57.20'"))
        assert find("H57.20", TREASURY) is None


# --- states back ----------------------------------------------------------------------------------------------


def test_a_registered_document_is_accepted_with_its_arrival_number_and_date(sender: Office, treasury: Office) -> None:
    outgoing = sent(sender, to(TREASURY, "H57.20"))
    treasury.take_down()
    (one,) = treasury.desk.read(deliveries)
    done = register(treasury, one)
    assert treasury.desk.read(deliveries) == []
    treasury.push()
    sender.hub.postman.deliver()
    (settled,) = treasury.inbox(settled=True)
    assert (settled.state, settled.arrival) == ("REGISTERED", done.subject)
    assert sender.lines(outgoing) == {TREASURY: ("ACCEPTED", "Số đến 01, ngày 20/11/2026")}
    sender.take_down()
    (line,) = sender.desk.read(recipients_of, outgoing)
    assert (line["state"], line["note"], line["sent_by"]) == ("ACCEPTED", "Số đến 01, ngày 20/11/2026", None)
    assert line["sent_at"] is not None


def test_a_refused_document_goes_back_with_its_reason_and_stays_refused(sender: Office, treasury: Office) -> None:
    outgoing = sent(sender, to(TREASURY, "H57.20"))
    treasury.take_down()
    (one,) = treasury.desk.read(deliveries)
    with pytest.raises(ReasonMissing):
        refuse(treasury, one.id, reason="")
    refuse(treasury, one.id)
    with pytest.raises(DeliverySettled):
        register(treasury, one)
    with pytest.raises(DeliverySettled):
        refuse(treasury, one.id)
    assert treasury.push() == ["applied"]
    sender.hub.postman.deliver()
    reason = "Gửi nhầm đơn vị nhận: Không thuộc thẩm quyền của Sở"
    assert sender.lines(outgoing) == {TREASURY: ("REFUSED", reason)}
    assert treasury.inbox() == []
    assert [(one.state, one.reason) for one in treasury.inbox(settled=True)] == [("REFUSED", reason)]


def test_what_is_not_in_the_inbox_can_be_neither_registered_nor_refused(sender: Office, treasury: Office) -> None:
    sent(sender, to(TREASURY, "H57.20"))
    (one,) = treasury.inbox()  # not yet come down to the desk
    with pytest.raises(DeliveryUnknown):
        register(treasury, one)
    with pytest.raises(DeliveryUnknown):
        refuse(treasury, one.id)
    with pytest.raises(DeliveryUnknown):  # nor by its sender
        refuse(sender, one.id)


def test_the_urgent_one_comes_first(sender: Office, treasury: Office) -> None:
    for urgency in (Urgency.NORMAL, Urgency.URGENT, Urgency.FLASH, Urgency.NORMAL, Urgency.URGENT):
        sent(sender, to(TREASURY, "H57.20"), urgency=urgency)
    found = treasury.inbox()
    assert [int(one.urgency) for one in found] == [3, 1, 1, 0, 0]
    assert found[1].received_at < found[2].received_at
    with sender.hub.store.reading() as connection:
        assert inbox_count(connection, treasury.agency) == (5, 3)


def test_no_state_is_noted_by_hand_where_the_exchange_keeps_it(sender: Office, treasury: Office) -> None:
    outgoing = sent(sender, to(TREASURY, "H57.20"), to("Bộ Nội vụ", "G09"))
    sender.take_down()
    theirs, other = sender.desk.read(recipients_of, outgoing)

    def note(line: dict[str, Any]) -> None:
        sender.desk.do(sender.desk.make(c.RecordDelivery, dispatch=line["id"], state=DispatchState.FAILED))

    with pytest.raises(SentByExchange):
        note(theirs)
    note(other)
    assert sender.push() == ["applied"]
    assert sender.lines(outgoing) == {TREASURY: ("ARRIVED", ""), "Bộ Nội vụ": ("FAILED", "")}


def test_of_two_desks_that_settle_one_document_the_first_at_the_server_counts(
    hub: Hub, http: TestClient, sender: Office, treasury: Office
) -> None:
    outgoing = sent(sender, to(TREASURY, "H57.20"))
    treasury.take_down()
    (one,) = treasury.desk.read(deliveries)
    register(treasury, one)
    with hub.store.writing() as tx:  # the other desk was faster
        tx.execute(
            text("UPDATE inbox SET state = 'REFUSED', reason = 'Gửi nhầm đơn vị nhận: x' WHERE id = :id"),
            {"id": str(one.id)},
        )
    (answer,) = treasury.remote.push(log_of(treasury.desk, treasury.pushed))
    assert (answer.verdict.value, answer.code) == ("refused", "DeliverySettled")
    assert answer.held is not None and answer.held.number == 1
    hub.postman.deliver()
    assert sender.lines(outgoing)[TREASURY][0] == "ARRIVED"


# --- once -----------------------------------------------------------------------------------------------------


def test_the_same_release_again_and_the_same_message_again_change_nothing(
    hub: Hub, sender: Office, treasury: Office
) -> None:
    outgoing = release(sender, to(TREASURY, "H57.20"))
    log = log_of(sender.desk, sender.pushed)
    sender.upload()
    for _ in range(2):
        sender.remote.push(log)
        hub.postman.deliver()
    before = exchanged(hub.store)
    assert len(treasury.inbox()) == 1
    for one in messages(hub) * 2:
        with hub.store.writing() as tx:
            tx.execute(text("UPDATE message SET state = 'WAITING' WHERE id = :id"), {"id": one["id"]})
            take(tx, UUID(one["id"]))
            take(tx, UUID(one["id"]))
    assert exchanged(hub.store) == before
    assert sender.lines(outgoing) == {TREASURY: ("ARRIVED", "")}


def test_messages_again_in_any_order_never_lead_a_state_back(hub: Hub, sender: Office, treasury: Office) -> None:
    first = sent(sender, to(TREASURY, "H57.20"))
    second = sent(sender, to(TREASURY, "H57.20"), subject="Về việc cử công chức đi học")
    treasury.take_down()
    wanted, unwanted = treasury.desk.read(deliveries)
    register(treasury, wanted)
    refuse(treasury, unwanted.id)
    treasury.push()
    hub.postman.deliver()
    before = exchanged(hub.store)
    ids = [UUID(one["id"]) for one in messages(hub)]
    assert len(ids) == 6
    seeded = random.Random(7)
    for _ in range(12):
        seeded.shuffle(ids)
        with hub.store.writing() as tx:
            tx.execute(text("UPDATE message SET state = 'WAITING'"))
        for one in ids:
            with hub.store.writing() as tx:
                take(tx, one)
        assert exchanged(hub.store) == before
    assert sender.lines(first)[TREASURY][0] == "ACCEPTED"
    assert sender.lines(second)[TREASURY][0] == "REFUSED"


def cut_everywhere(store: Store, do: Callable[[], Any], rounds: int = 400) -> int:
    """Do something again and again, the power cut before the next statement each time, until it goes through."""
    for at in range(1, rounds):
        with power_cut(store, at):
            try:
                do()
            except PowerCut:
                continue
            return at
    raise AssertionError("it never went through")


def test_a_server_killed_between_any_two_statements_delivers_each_document_once(
    hub: Hub, sender: Office, treasury: Office, commune: Office
) -> None:
    outgoing = release(sender, to(TREASURY, "H57.20"), to(COMMUNE), to("Bộ Nội vụ", "G09"))
    sender.upload()
    work = sender.work()
    assert cut_everywhere(hub.store, lambda: carry(hub, sender.remote, work)) > 20
    assert carry(hub, sender.remote, work)[-1] == "repeated"
    assert len(messages(hub)) == 2

    def deliver() -> None:
        """What the postman does, in this thread, so that the cut hits it."""
        from clerkdesk.server.postman import _taking
        from clerkdesk.services.postbox import undelivered

        while True:
            with hub.store.reading() as connection:
                found = undelivered(connection)
            if not found:
                return
            for _made_at, message_id, whose in found:
                there = treasury if whose == treasury.agency else commune if whose == commune.agency else sender
                carry(hub, there.remote, _taking(message_id))

    assert cut_everywhere(hub.store, deliver) > 5
    assert [len(one.inbox()) for one in (treasury, commune, sender)] == [1, 1, 0]
    assert sender.lines(outgoing) == {
        TREASURY: ("ARRIVED", ""), COMMUNE: ("ARRIVED", ""), "Bộ Nội vụ": ("WAITING", ""),
    }  # fmt: skip

    treasury.take_down()
    (one,) = treasury.desk.read(deliveries)
    register(treasury, one)
    accepting = treasury.work()
    assert cut_everywhere(hub.store, lambda: carry(hub, treasury.remote, accepting)) > 5
    cut_everywhere(hub.store, deliver)
    assert sender.lines(outgoing)[TREASURY] == ("ACCEPTED", "Số đến 01, ngày 20/11/2026")
    assert all(one["state"] == "DONE" for one in messages(hub))
    assert len(messages(hub)) == 5
    changes = [one for one in sender.received() if one[0] == "dispatch" and one[1]["recipient"] == TREASURY]
    states = [one[1]["state"] for one in changes]
    assert [state for place, state in enumerate(states) if states[:place][-1:] != [state]] == [
        "WAITING", "SENT", "ARRIVED", "ACCEPTED",
    ]  # fmt: skip
    for office in (sender, treasury, commune):
        with hub.store.reading() as connection:
            assert check_chain(connection, office.agency).broken_at is None


def test_a_second_line_to_an_agency_that_has_the_document_in_its_book_is_accepted_with_that_number(
    hub: Hub, sender: Office, treasury: Office
) -> None:
    outgoing = release(sender, to(TREASURY, "H57.20"), to("Sở Tài chính", "H57.20"))
    sender.push()
    sender.upload()
    first, second = messages(hub)
    with hub.store.writing() as tx:
        take(tx, UUID(first["id"]))
    treasury.take_down()
    (one,) = treasury.desk.read(deliveries)
    register(treasury, one)
    treasury.push()
    hub.postman.deliver()
    words = "Số đến 01, ngày 20/11/2026"
    assert sender.lines(outgoing) == {TREASURY: ("ACCEPTED", words), "Sở Tài chính": ("ACCEPTED", words)}
    assert treasury.inbox() == []
    assert {one.id for one in treasury.inbox(settled=True)} == {
        inbox_id(UUID(first["dispatch_id"])), inbox_id(UUID(second["dispatch_id"])),
    }  # fmt: skip


def test_one_message_that_cannot_be_read_holds_up_no_other(hub: Hub, sender: Office, treasury: Office) -> None:
    release(sender, to(TREASURY, "H57.20"))
    sender.push()
    with hub.store.writing() as tx:
        tx.execute(text("UPDATE message SET body = '{}'"))
    sent(sender, to(TREASURY, "H57.20"), subject="Về việc cử công chức đi học")
    assert [one.facts.subject for one in treasury.inbox()] == ["Về việc cử công chức đi học"]
    assert hub.postman.deliver() == 1


def test_the_postman_goes_by_himself_when_something_was_posted(hub: Hub, sender: Office, treasury: Office) -> None:
    import time

    outgoing = release(sender, to(TREASURY, "H57.20"))
    sender.upload()
    hub.postman.start()
    seen: list[str] = []
    event.listen(hub.store.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    sender.push()
    for _ in range(400):
        if sender.lines(outgoing)[TREASURY][0] == "ARRIVED":
            break
        time.sleep(0.05)
    assert sender.lines(outgoing)[TREASURY][0] == "ARRIVED"
    assert any(statement.startswith("INSERT INTO inbox") for statement in seen)

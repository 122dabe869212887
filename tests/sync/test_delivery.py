"""Two agencies' desks and one server: a document goes across by itself and its states come back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert, text

from clerkdesk.data.blobs import blob_path
from clerkdesk.data.schema import stored_file
from clerkdesk.server.hub import Hub
from clerkdesk.services import commands as c
from clerkdesk.services.clock import now
from clerkdesk.services.desk import Desk
from clerkdesk.services.inbox import DeliverySettled, deliveries
from clerkdesk.services.office import execute
from clerkdesk.services.outgoing import recipients_of
from clerkdesk.services.refusals import open_refusals
from clerkdesk.services.vocabulary import AttachmentRole, RefusalCause
from clerkdesk.sync.door import TurnedDown

from ..office import (
    PASSWORD,
    arrival_command,
    arrivals_book,
    desk_id,
    outgoing_facts,
    pdf_file,
    rows,
    setup_command,
    steps_of,
    subject_of,
)
from . import test_recovery
from .office_net import Post, add, bring, differences, settle
from .test_recovery import Restored
from .wire import Fault

restored = test_recovery.restored  # a fixture
TREASURY = "Sở Tài chính tỉnh Sông Hương"


@pytest.fixture
def http(hub: Hub, http: TestClient) -> TestClient:
    """The server's HTTP face; these tests say themselves when the postman goes."""
    hub.postman.stop()
    hub.postman._stopped.clear()
    return http


@pytest.fixture
def treasury(hub: Hub, http: TestClient, first: Post, tmp_path: Path) -> Iterator[Post]:
    """Another agency's desk on the same server."""
    desk = Desk.open(tmp_path / "treasury" / "clerkdesk.db")
    execute(desk.store, setup_command(name=TREASURY, short_name="STC", organ_id="H57.20"))
    desk.refresh()
    desk.log_in("annv", PASSWORD)
    yield bring(hub, http, desk)
    desk.close()


def release(post: Post) -> object:
    """Bring a document to the treasury on its whole way."""
    desk = post.desk
    to = (c.Recipient(name=TREASURY, organ_id="H57.20"), c.Recipient(name="Bộ Nội vụ", organ_id="G09"))
    files = (pdf_file(AttachmentRole.APPENDIX),)
    outgoing = subject_of(desk.do(desk.make(c.EnterOutgoing, facts=outgoing_facts(desk), recipients=to, files=files)))
    for step in ("SubmitForSignature", "RecordLeaderSignature", "IssueNumber", "RecordSeal", "Release"):
        desk.do(steps_of(desk, outgoing)[step])
    return outgoing


def hand_in_files(hub: Hub, post: Post) -> None:
    """Let the server have the bytes of all files."""
    agency = post.desk.agency_id
    with hub.store.writing() as tx:
        for sha256, size in rows(post.store, "SELECT DISTINCT sha256, size FROM attachment"):
            known = tx.execute(
                text("SELECT 1 FROM stored_file WHERE agency_id = :a AND sha256 = :s"), {"a": str(agency), "s": sha256}
            ).first()
            if known is None:
                tx.execute(insert(stored_file).values(agency_id=agency, sha256=sha256, size=size, stored_at=now()))


def real_file(post: Post, content: bytes, role: AttachmentRole) -> c.NewFile:
    """Take a file in at a desk."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = blob_path(post.store.blob_folder, sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return c.NewFile(name="tệp.pdf", sha256=sha256, size=len(content), media_type="application/pdf", role=role)


def across(hub: Hub, first: Post, *others: Post) -> None:
    """Let everybody talk and the postman go."""
    settle(first, *others)
    hand_in_files(hub, first)
    for _ in range(2):
        hub.postman.deliver()
        settle(first, *others)


def register_from_inbox(post: Post) -> c.Result:
    (one,) = post.desk.read(deliveries)
    return post.desk.do(
        post.desk.make(
            c.RegisterArrival,
            register_id=arrivals_book(post.desk),
            facts=one.facts,
            files=one.files,
            inbox=one.id,
        )
    )


def test_a_document_goes_from_desk_to_desk_and_its_states_come_back(
    hub: Hub, first: Post, second: Post, treasury: Post
) -> None:
    outgoing = release(first)
    across(hub, first, second, treasury)
    (one,) = treasury.desk.read(deliveries)
    assert one.sender == first.desk.agency.name  # type: ignore[union-attr]
    states = [line["state"] for line in second.desk.read(recipients_of, outgoing)]
    assert states == ["ARRIVED", "WAITING"]
    register_from_inbox(treasury)
    across(hub, first, second, treasury)
    for post in (first, second):
        theirs, other = post.desk.read(recipients_of, outgoing)
        assert (theirs["state"], theirs["note"]) == ("ACCEPTED", "Số đến 01, ngày 20/11/2026")
        assert other["state"] == "WAITING"
    assert differences(hub, first, second) == {}
    assert differences(hub, treasury) == {}


def test_released_and_refused_while_away_it_all_goes_across_later_once(hub: Hub, first: Post, treasury: Post) -> None:
    first.offline()
    outgoing = release(first)
    assert not first.round()
    hub.postman.deliver()
    assert rows(hub.store, "SELECT * FROM inbox") == []
    first.online()
    first.wire.weather = lambda _method, path: Fault.TWICE if "push" in path else Fault.NONE
    across(hub, first, treasury)
    (one,) = treasury.desk.read(deliveries)
    treasury.offline()
    treasury.desk.do(
        treasury.desk.make(c.RefuseDelivery, inbox=one.id, cause=RefusalCause.NOT_AUTHENTIC, reason="Thiếu chữ ký")
    )
    treasury.round()
    treasury.online()
    across(hub, first, treasury)
    line = first.desk.read(recipients_of, outgoing)[0]
    assert (line["state"], line["note"]) == (
        "REFUSED", "Chữ ký số không xác thực, không toàn vẹn: Thiếu chữ ký",
    )  # fmt: skip
    assert [row[0] for row in rows(hub.store, "SELECT count(*) FROM inbox")] == [1]
    assert differences(hub, first) == {}
    assert differences(hub, treasury) == {}


def test_of_two_desks_that_register_one_document_while_apart_one_comes_back_with_its_number_held(
    hub: Hub, http: TestClient, first: Post, treasury: Post, tmp_path: Path
) -> None:
    release(first)
    across(hub, first, treasury)
    beside = add(hub, http, treasury.desk.agency_id, tmp_path / "beside" / "clerkdesk.db")
    settle(beside)
    (one,) = beside.desk.read(deliveries)
    beside.offline()
    beside.desk.do(
        beside.desk.make(c.RefuseDelivery, inbox=one.id, cause=RefusalCause.WRONG_AGENCY, reason="Không thuộc Sở")
    )
    register_from_inbox(treasury)
    across(hub, first, treasury)
    with pytest.raises(DeliverySettled):
        treasury.desk.do(
            treasury.desk.make(c.RefuseDelivery, inbox=one.id, cause=RefusalCause.WRONG_AGENCY, reason="Nhầm")
        )
    beside.online()
    beside.round()
    across(hub, first, treasury, beside)
    (back,) = beside.desk.read(open_refusals, desk_id(beside.desk))
    assert (back.kind, back.code) == ("RefuseDelivery", "DeliverySettled")
    assert [line.state for line in beside.desk.read(deliveries, settled=True)] == ["REGISTERED"]
    assert differences(hub, treasury, beside) == {}
    beside.desk.close()


def test_a_registration_that_comes_back_leaves_the_document_in_the_inbox(hub: Hub, first: Post, treasury: Post) -> None:
    outgoing = release(first)
    across(hub, first, treasury)
    treasury.offline()
    done = register_from_inbox(treasury)
    assert treasury.desk.read(deliveries) == []
    with hub.store.writing() as tx:  # the clerk's role was taken away meanwhile
        tx.execute(text("UPDATE person SET roles = 'administrator'"))
    treasury.online()
    treasury.round()
    settle(treasury)
    (back,) = treasury.desk.read(open_refusals, desk_id(treasury.desk))
    assert back.code == "RoleMissing"
    (one,) = treasury.desk.read(deliveries)
    assert one.arrival is None
    with hub.store.writing() as tx:
        tx.execute(text("UPDATE person SET roles = 'administrator clerk'"))
    settle(treasury)
    again = treasury.desk.do(
        arrival_command(treasury.desk, **vars(one.facts), reserved_number=back.number, inbox=one.id, files=one.files)
    )
    assert again.subject != done.subject
    across(hub, first, treasury)
    line = first.desk.read(recipients_of, outgoing)[0]
    assert (line["state"], line["note"]) == ("ACCEPTED", "Số đến 01, ngày 20/11/2026")
    assert first.desk.read(recipients_of, outgoing)[1]["state"] == "WAITING"


def test_the_sealed_file_goes_from_desk_to_desk_byte_by_byte_and_no_other_does(
    hub: Hub, first: Post, treasury: Post
) -> None:
    desk = first.desk
    contents = {name: f"%PDF {name}".encode() * 5000 for name in ("prepared", "signed", "sealed", "appendix", "draft")}
    made = {name: real_file(first, content, AttachmentRole.MAIN) for name, content in contents.items()}
    files = tuple(
        made[name].model_copy(update={"role": AttachmentRole(name.upper())}) for name in ("draft", "appendix")
    )
    to = (c.Recipient(name=TREASURY, organ_id="H57.20"),)
    command = desk.make(c.EnterOutgoing, facts=outgoing_facts(desk), recipients=to, files=files)
    outgoing = subject_of(desk.do(command))
    steps = steps_of(desk, outgoing)
    for step, name in (
        ("SubmitForSignature", "prepared"),
        ("RecordLeaderSignature", "signed"),
        ("RecordSeal", "sealed"),
    ):
        steps[step] = steps[step].model_copy(update={name: made[name]})
    for step in ("SubmitForSignature", "RecordLeaderSignature", "IssueNumber", "RecordSeal", "Release"):
        desk.do(steps[step])
    settle(first)
    assert hub.postman.deliver() == 1  # the bytes are not at the server yet
    first.sync.files.work_off()
    assert hub.postman.deliver() == 0
    settle(treasury)
    (one,) = treasury.desk.read(deliveries)
    treasury.sync.files.work_off()
    got = {name: blob_path(treasury.store.blob_folder, made[name].sha256) for name in made}
    assert {name for name, path in got.items() if path.exists()} == {"sealed", "appendix"}
    assert got["sealed"].read_bytes() == contents["sealed"]
    assert [file.sha256 for file in one.files] == [made["sealed"].sha256, made["appendix"].sha256]
    with pytest.raises(TurnedDown):
        treasury.sync._door.fetch_chunk(made["draft"].sha256, 0, 100)


@pytest.mark.parametrize("recipient_first", [True, False])
def test_after_a_restore_of_the_server_the_document_is_still_there_once_and_accepted(
    hub: Hub,
    first: Post,
    treasury: Post,
    restored: Restored,
    recipient_first: bool,
) -> None:
    settle(first, treasury)
    restored.keep()
    outgoing = release(first)
    across(hub, first, treasury)
    done = register_from_inbox(treasury)
    across(hub, first, treasury)
    assert first.desk.read(recipients_of, outgoing)[0]["state"] == "ACCEPTED"
    again = restored.restore(first, treasury)
    assert rows(again.store, "SELECT * FROM message") == []
    for post in (treasury, first) if recipient_first else (first, treasury):
        for _ in range(3):
            post.round()
        hand_in_files(again, post)
        again.postman.deliver()
    across(again, first, treasury)
    inbox = rows(again.store, "SELECT state, arrival_id FROM inbox")
    assert [tuple(row) for row in inbox] == [("REGISTERED", str(done.subject))]
    theirs = first.desk.read(recipients_of, outgoing)[0]
    assert (theirs["state"], theirs["note"]) == ("ACCEPTED", "Số đến 01, ngày 20/11/2026")
    assert treasury.desk.read(deliveries) == []
    assert differences(again, first) == {}
    assert differences(again, treasury) == {}

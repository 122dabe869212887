"""The exchange inbox by keys alone: urgent first, a second look before the number, refused with a reason, states shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert

from clerkdesk.data.blobs import blob_path
from clerkdesk.data.schema import stored_file
from clerkdesk.server.hub import Hub
from clerkdesk.services import commands as c
from clerkdesk.services.clock import now
from clerkdesk.services.desk import Desk
from clerkdesk.services.inbox import deliveries
from clerkdesk.services.office import execute
from clerkdesk.services.outgoing import recipients_of
from clerkdesk.services.vocabulary import ReleaseForm, Urgency
from tests.office import AGENCY, PASSWORD, outgoing_facts, rows, setup_command, steps_of, subject_of
from tests.sync import conftest as sync_net
from tests.sync.office_net import Post, bring, settle
from tests.sync.wire import Wire

from . import test_sync_screens as net
from .clerk import Clerk
from .test_sync_screens import listed, online

files, http, hub, joined, wire = sync_net.files, sync_net.http, sync_net.hub, net.joined, net.wire  # fixtures

SENDER = "Ủy ban nhân dân xã An Khê"


@pytest.fixture
def sender(joined: Path, hub: Hub, http: TestClient, tmp_path: Path) -> Iterator[Post]:
    """Another agency's desk on the same server."""
    desk = Desk.open(tmp_path / "sender" / "clerkdesk.db")
    execute(desk.store, setup_command(name=SENDER, short_name="AK", organ_id="H57.31"))
    desk.refresh()
    desk.log_in("annv", PASSWORD)
    post = bring(hub, http, desk)
    yield post
    desk.close()


def release(hub: Hub, post: Post, **changes: object) -> object:
    """Send a document to the office."""
    desk = post.desk
    to = (c.Recipient(name=AGENCY, organ_id="H57.15"),)
    facts = outgoing_facts(desk, unit_short_name="", **changes)
    outgoing = subject_of(desk.do(desk.make(c.EnterOutgoing, facts=facts, recipients=to)))
    for step in ("SubmitForSignature", "RecordLeaderSignature", "IssueNumber", "RecordSeal", "Release"):
        desk.do(steps_of(desk, outgoing)[step])
    post.sync.round()
    (sealed,) = rows(post.store, "SELECT sha256, size FROM attachment WHERE role = 'SEALED' ORDER BY id DESC LIMIT 1")
    with hub.store.writing() as tx:
        tx.execute(
            insert(stored_file).values(
                agency_id=desk.agency_id, sha256=sealed.sha256, size=sealed.size, stored_at=now()
            )
        )
    hub.postman.deliver()
    return outgoing


def state_of(post: Post, outgoing: object) -> tuple[str, str]:
    (line,) = post.desk.read(recipients_of, outgoing)
    return line["state"], line["note"]


async def arrived(clerk: Clerk, count: int) -> None:
    """Wait until the office has got them."""
    await clerk.until(lambda: len(clerk.app.desk.read(deliveries)) == count)


async def test_what_arrives_is_listed_urgent_first_and_counted_on_the_first_screen(
    joined: Path,
    hub: Hub,
    wire: Wire,
    sender: Post,
) -> None:
    release(hub, sender, subject="Về việc rà soát hồ sơ")
    release(
        hub, sender, subject="Về việc ứng phó bão số 9", urgency=Urgency.FLASH,
        release_form=ReleaseForm.ELECTRONIC_AND_PAPER, paper_reason="NOT_CONNECTED",
    )  # fmt: skip
    async with online(joined) as clerk:
        await arrived(clerk, 2)
        await clerk.sees("Hộp đến liên thông 2")
        await clerk.sees("trong đó khẩn 1")
        await clerk.go("lt")
        assert clerk.heading == "HỘP ĐẾN LIÊN THÔNG · CHỜ 2, KHẨN 1"
        first, second = listed(clerk)
        assert "Hỏa tốc +giấy 02/AK" in first
        assert "Thường ĐT 01/AK" in second
        await clerk.press("f5")
        assert clerk.heading == "HỘP ĐẾN LIÊN THÔNG · ĐÃ XONG 0"


async def test_a_document_is_looked_at_compared_and_registered_and_its_sender_sees_the_number(
    joined: Path,
    hub: Hub,
    wire: Wire,
    sender: Post,
) -> None:
    outgoing = release(hub, sender, subject="Về việc rà soát hồ sơ", signer_position="Chủ tịch")
    async with online(joined) as clerk:
        await arrived(clerk, 1)
        (one,) = clerk.app.desk.read(deliveries)
        path = blob_path(clerk.app.desk.store.blob_folder, one.files[0].sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        with pikepdf.new() as pdf:
            pdf.add_blank_page()
            pdf.save(path)
        await clerk.go("lt")
        await clerk.press("enter")
        assert clerk.screen == "InboxRecordScreen"
        await clerk.sees("KHÔNG CÓ CHỮ KÝ SỐ")
        await clerk.sees("Về việc rà soát hồ sơ")
        await clerk.sees("Lê Quang Minh – Chủ tịch")
        await clerk.press("f2")
        assert clerk.screen == "InboxForm"
        assert (clerk.value("issuer"), clerk.value("code")) == (SENDER, "01/AK")
        assert (clerk.value("receipt_channel"), clerk.value("medium"), clerk.value("edoc_class")) == ("lt", "d", "1")
        await clerk.press("f2")
        assert clerk.focused == "code"
        assert "Đối chiếu số, ký hiệu và ngày" in clerk.message
        assert clerk.rows("SELECT count(*) FROM arrival")[0][0] == 3
        await clerk.press("f2")
        await clerk.until(lambda: clerk.screen == "IssuedNumberModal")
        await clerk.sees("SỐ ĐẾN 04/2026")
        await clerk.press("enter")
        await clerk.sees("04/2026")
        assert clerk.screen == "InboxRecordScreen"
        await clerk.press("f2")
        assert clerk.screen == "InboxRecordScreen"
        await clerk.press("escape")
        await clerk.sees("CHỜ 0, KHẨN 0")
        desk = clerk.app.desk
        await clerk.until(lambda: desk.link is not None and desk.link.standing().unsent == 0)
        stored = clerk.rows("SELECT subject, receipt_channel, legal_value FROM arrival WHERE number = 4")[0]
        assert tuple(stored) == ("Về việc rà soát hồ sơ", "EXCHANGE", 1)
    hub.postman.deliver()
    settle(sender)
    assert state_of(sender, outgoing) == ("ACCEPTED", "Số đến 04, ngày 20/11/2026")


async def test_a_document_is_returned_with_cause_and_reason_only(
    joined: Path,
    hub: Hub,
    wire: Wire,
    sender: Post,
) -> None:
    outgoing = release(hub, sender)
    async with online(joined) as clerk:
        await arrived(clerk, 1)
        await clerk.go("lt")
        await clerk.press("delete")
        await clerk.sees("Từ chối vì")
        await clerk.type("nham")
        await clerk.press("enter")
        await clerk.sees("Gửi nhầm đơn vị nhận")
        await clerk.press("f2")
        await clerk.sees("Chưa nhập “Lý do”.")
        await clerk.fill("Thuộc Sở Y tế")
        await clerk.press("f2")
        await clerk.sees(f"Đã từ chối, trả lại {SENDER}.")
        assert listed(clerk) == []
        await clerk.press("f5")
        assert "từ chối" in listed(clerk)[0]
        await clerk.press("enter")
        await clerk.sees("Gửi nhầm đơn vị nhận: Thuộc Sở Y tế")
        desk = clerk.app.desk
        await clerk.until(lambda: desk.link is not None and desk.link.standing().unsent == 0)
    hub.postman.deliver()
    settle(sender)
    assert state_of(sender, outgoing) == ("REFUSED", "Gửi nhầm đơn vị nhận: Thuộc Sở Y tế")


async def test_a_desk_without_a_server_says_so(office: Path) -> None:
    from .clerk import at_the_terminal

    async with at_the_terminal(office) as clerk:
        await clerk.go("lt")
        assert "không nối với máy chủ" in clerk.message
        await clerk.press("f2")
        await clerk.press("delete")
        assert clerk.screen == "InboxScreen"


async def test_the_sender_sees_each_recipients_state_with_time_and_note(
    joined: Path,
    hub: Hub,
    wire: Wire,
    http: TestClient,
    sender: Post,
) -> None:
    async with online(joined) as clerk:
        desk = clerk.app.desk
        to = (c.Recipient(name=SENDER, organ_id="H57.31"), c.Recipient(name="Bộ Nội vụ", organ_id="G09"))
        outgoing = subject_of(desk.do(desk.make(c.EnterOutgoing, facts=outgoing_facts(desk), recipients=to)))
        for step in ("SubmitForSignature", "RecordLeaderSignature", "IssueNumber", "RecordSeal"):
            desk.do(steps_of(desk, outgoing)[step])
        await clerk.go("cb")
        await clerk.press("enter")
        await clerk.press("f10")
        await clerk.sees("trạng thái tự cập nhật")
        await clerk.press("c")
        (sealed,) = clerk.rows("SELECT sha256, size FROM attachment WHERE role = 'SEALED'")
        with hub.store.writing() as tx:
            tx.execute(
                insert(stored_file).values(
                    agency_id=desk.agency_id, sha256=sealed.sha256, size=sealed.size, stored_at=now()
                )
            )
        await clerk.until(lambda: desk.read(recipients_of, outgoing)[0]["state"] == "ARRIVED")
        sender.sync.round()
        (one,) = sender.desk.read(deliveries)
        sender.desk.do(sender.desk.make(c.RefuseDelivery, inbox=one.id, cause="WRONG_AGENCY", reason="Gửi nhầm xã"))
        sender.sync.round()
        await clerk.until(lambda: desk.read(recipients_of, outgoing)[0]["state"] == "REFUSED")
        await clerk.press("pagedown")
        await clerk.sees("· 20/11/26 09:0")
        await clerk.sees("Gửi nhầm đơn vị nhận: Gửi nhầm xã")
        await clerk.sees("Chờ gửi")
        await clerk.press("f4")
        await clerk.press("enter")
        await clerk.type("da gui")
        await clerk.press("enter")
        assert "trạng thái tự cập nhật, không ghi tay" in clerk.message

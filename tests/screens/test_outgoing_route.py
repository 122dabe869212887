"""An outgoing document from draft to release, through the screens only; every wrong key changes nothing."""

from __future__ import annotations

import asyncio
import io
import shutil
import subprocess
from pathlib import Path
from uuid import UUID

import pytest
from asn1crypto.x509 import Certificate
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from clerkdesk.screens.keys import key_name
from clerkdesk.screens.widgets.bars import KeyBar
from clerkdesk.services.attachments import files_of
from clerkdesk.services.files import read_file
from clerkdesk.services.printing.administrative_page import AdministrativePage, administrative_page
from clerkdesk.services.vocabulary import AttachmentRole
from tests.conftest import NINE_O_CLOCK
from tests.office import AGENCY, ISSUER, PASSWORD, everything

from .clerk import LEADER, PASSPHRASE, Clerk, at_the_terminal

OUTGOING = "SELECT * FROM outgoing"
SUBJECT = "Báo cáo công tác văn thư năm 2026"


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """A letter of the office as its drafter printed it: room for number and date, the leader's name below."""
    page = AdministrativePage(
        parent_agency=ISSUER.upper(), agency=AGENCY.upper(), symbol="SNV-VP", place="Sông Hương", year=2026,
        subject=SUBJECT, addressees=("Sở Tài chính",), body=("Sở Nội vụ báo cáo như sau.",), signer=LEADER,
        authority=("GIÁM ĐỐC",), recipients=("Như trên", "Lưu: VT"),
    )  # fmt: skip
    path = tmp_path / "du-thao.pdf"
    path.write_bytes(administrative_page(page))
    return path


async def enter_draft(clerk: Clerk, draft: Path) -> None:
    """Enter the document with its file and open it."""
    await clerk.go("sd")
    await clerk.fill("cv", "vp", "", "", SUBJECT, "minh", "", "", "stc", "sxd", "")
    await clerk.attach(draft)
    await clerk.press("f2")
    await clerk.until(lambda: clerk.screen == "OutgoingRecordScreen")


async def change_over(clerk: Clerk, username: str, area: str) -> None:
    """One person leaves the desk, another sits down and opens the first document of a list."""
    await clerk.press("ctrl+l")
    await clerk.until(lambda: clerk.app.current_mode == "welcome")
    await clerk.log_in(username)
    await clerk.go(area)
    await clerk.workers_done()
    await clerk.press("enter")


async def use_key(clerk: Clerk, passphrase: str = PASSPHRASE) -> None:
    """F9, the key file as offered, the passphrase."""
    await clerk.press("f9")
    await clerk.fill("", passphrase)
    await clerk.workers_done()


async def submit(clerk: Clerk, draft: Path) -> None:
    """Enter the draft and give it to the leader."""
    await enter_draft(clerk, draft)
    await clerk.press("f10")
    await clerk.workers_done()
    assert f"Đã trình {LEADER} ký." in clerk.message


def sealed_file(clerk: Clerk) -> bytes:
    (row,) = clerk.rows(OUTGOING)
    files = clerk.desk.read(files_of, UUID(row.id))
    return read_file(clerk.desk.store, next(file["sha256"] for file in files if file["role"] == AttachmentRole.SEALED))


async def test_a_document_goes_from_draft_to_release_by_keys_alone(office: Path, draft: Path, tmp_path: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await enter_draft(clerk, draft)
        assert "Dự thảo" in clerk.heading and "trình ký (F10)" in clerk.message
        await clerk.press("f10")
        await clerk.workers_done()
        assert f"Đã trình {LEADER} ký." in clerk.message
        await change_over(clerk, "minhlq", "tk")
        await use_key(clerk)
        assert f"Đã ký bằng chứng thư của {LEADER} (THỬ NGHIỆM)." in clerk.message
        await change_over(clerk, "annv", "cb")
        await use_key(clerk)
        assert clerk.screen == "IssuedNumberModal"
        assert "01/SNV-VP" in clerk.seen()
        await clerk.press("enter")
        assert "Đã cấp số 01/SNV-VP và đóng dấu (THỬ NGHIỆM). F10 để phát hành." in clerk.words()
        await clerk.press("f10")
        await clerk.sees("Phát hành 01/SNV-VP tới 2 nơi nhận?")
        await clerk.press("c")
        assert "Đã phát hành" in clerk.message
        (row,) = clerk.rows(OUTGOING)
        assert (row.status, row.number, row.issued_date) == ("RELEASED", 1, "2026-11-20")
        pdf = sealed_file(clerk)
    await asyncio.to_thread(check_signatures, pdf, (office / "keys" / "ca.der").read_bytes())
    if shutil.which("pdfsig") is None:
        pytest.skip("pdfsig (poppler) is not on this machine")
    path = tmp_path / "van-ban.pdf"
    path.write_bytes(pdf)
    told = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False).stdout
    assert told.count("Signature is Valid.") == 2


def check_signatures(pdf: bytes, authority: bytes) -> None:
    """Ask another library than our own checks whether both signatures are valid and trusted."""
    context = ValidationContext(trust_roots=[Certificate.load(authority)], moment=NINE_O_CLOCK)
    signatures = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    assert [one.field_name for one in signatures] == ["leader", "agency"]
    for one in signatures:
        status = validate_pdf_signature(one, context)
        assert status.bottom_line, status.summary()


async def test_a_wrong_passphrase_or_holder_is_told_and_nothing_changes(office: Path, draft: Path) -> None:
    keys = office / "keys"
    async with at_the_terminal(office) as clerk:
        await submit(clerk, draft)
        await change_over(clerk, "minhlq", "tk")
        before = everything(clerk.desk.store)
        await use_key(clerk, "wrong")
        assert "✗ Mật khẩu của tệp khóa ký không đúng." in clerk.message
        await clerk.press("f9")
        await clerk.fill(str(keys / "nothing.p12"), PASSPHRASE)
        await clerk.workers_done()
        assert "✗ Không dùng được tệp khóa ký" in clerk.message
        await clerk.press("f9")
        await clerk.fill(str(keys / "agency.p12"), PASSPHRASE)
        await clerk.workers_done()
        assert f"✗ Chứng thư số này cấp cho “{AGENCY}”, không phải “{LEADER}”." in clerk.message
        assert everything(clerk.desk.store) == before
        await use_key(clerk)
        await change_over(clerk, "annv", "cb")
        before = everything(clerk.desk.store)
        await use_key(clerk, "wrong")
        assert "✗ Mật khẩu của tệp khóa ký không đúng." in clerk.message
        await clerk.press("f9")
        await clerk.fill(str(keys / "minhlq.p12"), PASSPHRASE)
        await clerk.workers_done()
        assert f"✗ Chứng thư số này cấp cho “{LEADER}”" in clerk.message
        assert everything(clerk.desk.store) == before
        assert clerk.rows(OUTGOING)[0].number is None


async def test_from_the_key_to_the_release_typed_in_one_go(office: Path, draft: Path) -> None:
    """Keys typed while a document is being prepared, signed or sealed wait for the step that follows."""
    async with at_the_terminal(office) as clerk:
        await enter_draft(clerk, draft)
        await clerk.press_ahead(
            "f10", "ctrl+l", *"minhlq", "enter", *PASSWORD, "enter", "6", "enter", "f9", "enter", *PASSPHRASE, "enter",
            "ctrl+l", *"annv", "enter", *PASSWORD, "enter", "7", "enter", "f9", "enter", *PASSPHRASE, "enter",
            "enter", "f10", "c",
        )  # fmt: skip
        await clerk.until(lambda: clerk.rows(OUTGOING)[0].status == "RELEASED", seconds=60)
        await clerk.settle()
        assert "Đã phát hành" in clerk.message
        assert clerk.rows("SELECT * FROM draft") == []


async def test_the_clerk_cannot_sign_in_the_leaders_place(office: Path, draft: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await submit(clerk, draft)
        await clerk.press("f9")
        await clerk.fill(str(office / "keys" / "minhlq.p12"), PASSPHRASE)
        await clerk.workers_done()
        assert f"✗ Văn bản này do {LEADER} ký." in clerk.message
        assert clerk.rows(OUTGOING)[0].status == "SUBMITTED_FOR_SIGNATURE"


async def test_a_draft_without_a_file_is_not_submitted(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.go("sd")
        await clerk.fill("cv", "vp", "", "", SUBJECT, "minh", "", "", "stc", "")
        await clerk.press("f2", "f10")
        await clerk.workers_done()
        assert "✗ Chưa gắn tệp dự thảo." in clerk.message
        assert clerk.rows(OUTGOING)[0].status == "DRAFT"


async def test_the_leader_sends_a_draft_back_with_the_reason(office: Path, draft: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await submit(clerk, draft)
        await change_over(clerk, "minhlq", "tk")
        await clerk.press("f5")
        await clerk.fill("Sai nơi nhận")
        assert "Đã trả lại." in clerk.message
        await change_over(clerk, "annv", "di")
        assert "Sai nơi nhận" in clerk.seen()
        await clerk.press("f2")
        assert clerk.value("subject") == SUBJECT
        clerk.entry("recipients").focus()
        await clerk.fill("-")
        await clerk.press("f2")
        await clerk.until(lambda: clerk.screen == "OutgoingRecordScreen")
        assert "Sở Xây dựng tỉnh Sông Hương (" not in clerk.words().split("DIỄN BIẾN")[0].split("TỆP")[0]
        await clerk.press("f10")
        await clerk.workers_done()
        assert f"Đã trình {LEADER} ký." in clerk.message


async def test_a_correction_leaves_no_draft_that_would_become_a_second_document(office: Path, draft: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await enter_draft(clerk, draft)
        await clerk.press("f2")
        clerk.entry("subject").focus()
        await clerk.fill(" và lưu trữ", "minh")
        await clerk.press("f2")
        await clerk.until(lambda: clerk.screen == "OutgoingRecordScreen")
        assert clerk.rows("SELECT * FROM draft") == []
        assert clerk.rows(OUTGOING)[0].subject == f"{SUBJECT} và lưu trữ"
        await clerk.press("escape")
        assert (clerk.screen, clerk.value("subject")) == ("OutgoingForm", "")


async def test_a_correction_or_an_answer_is_not_left_without_asking(office: Path, draft: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await enter_draft(clerk, draft)
        await clerk.press("f2", "escape")  # nothing is changed yet
        assert clerk.screen == "OutgoingRecordScreen"
        await clerk.press("f2")
        clerk.entry("recipients").focus()
        await clerk.fill("-")
        await clerk.press("escape")
        await clerk.sees("Bỏ các chỗ vừa sửa?")
        await clerk.press("k")
        assert clerk.screen == "OutgoingForm"
        before = everything(clerk.desk.store)
        await clerk.press("f12", "c")
        assert clerk.screen == "OutgoingRecordScreen"
        assert everything(clerk.desk.store) == before
        await clerk.go("de")
        await clerk.workers_done()
        await clerk.press("enter", "f5", "escape")
        assert clerk.screen == "ArrivalRecordScreen"
        await clerk.press("f5")
        clerk.entry("subject").focus()
        await clerk.fill("V/v trả lời")
        await clerk.press("escape", "c")
        assert clerk.screen == "ArrivalRecordScreen"
        assert clerk.rows("SELECT * FROM draft") == []


async def test_after_the_signature_the_form_says_what_can_be_done(office: Path, draft: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await submit(clerk, draft)
        await change_over(clerk, "minhlq", "tk")
        await use_key(clerk)
        await change_over(clerk, "annv", "cb")
        await clerk.press("f2")
        clerk.entry("subject").focus()
        await clerk.type(" và lưu trữ")
        await clerk.press("f2")
        assert clerk.focused == "subject"
        assert "✗ Lãnh đạo đã ký văn bản có in “Trích yếu”" in clerk.message and "F5" in clerk.message
        await clerk.press("f3", "c", "f2")
        clerk.entry("description").focus()
        await clerk.type("Gửi kèm bản giấy")
        await clerk.press("f2")
        assert clerk.screen == "OutgoingRecordScreen"
        (row,) = clerk.rows(OUTGOING)
        assert (row.subject, row.description, row.status) == (SUBJECT, "Gửi kèm bản giấy", "AWAITING_ISSUE")


NOT_ITS_TURN = (
    ("SUBMITTED_FOR_SIGNATURE", "", ("f4", "f10", "ctrl+r")),
    ("AWAITING_ISSUE", "minhlq", ("f4", "f7", "f10")),
    ("SEALED", "annv", ("f4", "f5", "f7", "ctrl+r")),
    ("RELEASED", "", ("f5", "f7", "f9", "f10", "ctrl+r", "delete")),
)


async def test_a_key_whose_turn_it_is_not_does_nothing_and_is_not_shown(office: Path, draft: Path) -> None:
    async with at_the_terminal(office, size=(120, 30)) as clerk:
        await enter_draft(clerk, draft)
        await idle(clerk, "DRAFT", ("f4", "f5", "f7", "f9", "ctrl+r"))
        await clerk.press("f10")
        await clerk.workers_done()
        for status, who, keys in NOT_ITS_TURN:
            if who:
                await change_over(clerk, who, {"minhlq": "tk", "annv": "cb"}[who])
                await use_key(clerk)
                if clerk.screen == "IssuedNumberModal":
                    await clerk.press("enter")
            elif status == "RELEASED":
                await clerk.press("f10", "c")
            await idle(clerk, status, keys)


async def idle(clerk: Clerk, status: str, keys: tuple[str, ...]) -> None:
    """Press keys whose turn it is not: the same screen, the same store, and the key line does not offer them."""
    assert clerk.rows(OUTGOING)[0].status == status
    before = everything(clerk.desk.store)
    offered = str(clerk.app.screen.query_one(KeyBar).render()).split()
    for key in keys:
        await clerk.press(key)
        await clerk.workers_done()
        assert clerk.screen == "OutgoingRecordScreen", key
        assert key_name(key) not in offered
    assert everything(clerk.desk.store) == before


async def test_recipients_are_typed_short_taken_away_and_picked(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.go("sd")
        clerk.entry("recipients").focus()
        await clerk.fill("stc", "phường hương cầu x3 bd", "sxd", "-")
        shown = clerk.words()
        assert "Sở Tài chính tỉnh Sông Hương (" in shown
        assert "Ủy ban nhân dân phường Hương Cầu (Bưu điện, 3 bản)" in shown
        assert "Sở Xây dựng" not in shown
        await clerk.type("tran thi binh")
        await clerk.press("f4")
        await clerk.sees("Trần Thị Bình")
        await clerk.press("enter")
        assert "Trần Thị Bình (" in clerk.words()
        await clerk.press("f3", "c")
        assert "chưa có nơi nhận" in clerk.words()


REFUSALS = (
    (("cv", "vp", "", "", SUBJECT, "nobody", "", "", "stc", ""), "signer", "Không xác định được người ký “nobody”."),
    (("qđ", "vp", "cx", "", SUBJECT, "minh", "", "", "stc", ""), "normative", "Ô QPPL: gõ “c” nếu là văn bản quy phạm"),
    (("cv", "zz", "", "", SUBJECT, "minh", "", "", "stc", ""), "unit", "Không có đơn vị “zz”."),
    (("cv", "vp", "", "", "", "minh", "", "", "stc", ""), "subject", "Chưa nhập “Trích yếu”."),
    (("cv", "vp", "", "", SUBJECT, "minh", "", "", "stc", "", "dg"), "paper_reason", "✗"),
    (("cv", "vp", "", "", SUBJECT, "minh", "", "", "stc", "", "", "", "999"), "answers", "Không tìm thấy văn bản đến"),
)


async def test_a_refusal_goes_to_its_field_and_enters_nothing(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.go("sd")
        for entries, field, sentence in REFUSALS:
            await clerk.fill(*entries)
            await clerk.press("f2")
            assert clerk.focused == field
            assert "✗" in clerk.message and sentence in clerk.message
            assert clerk.rows(OUTGOING) == []
            await clerk.press("f3", "c")


async def test_of_a_secret_draft_nothing_is_left(office: Path, draft: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.go("sd")
        await clerk.fill("cv", "vp", "", "", "TỐI MẬT: phương án", "minh", "", "", "stc", "")
        await clerk.attach(draft)
        await clerk.press("f2")
        assert "đã được xóa khỏi máy" in clerk.message
        assert (clerk.value("subject"), clerk.value("signer")) == ("", "")
        assert (clerk.rows(OUTGOING), clerk.rows("SELECT * FROM draft")) == ([], [])
        assert [path for path in clerk.desk.store.blob_folder.rglob("*") if path.is_file()] == []


async def test_a_recipients_copy_is_noted_after_the_release(office: Path, draft: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await submit(clerk, draft)
        await clerk.press("f4")  # not released yet: the key does nothing
        assert clerk.screen == "OutgoingRecordScreen"
        await change_over(clerk, "minhlq", "tk")
        await use_key(clerk)
        await change_over(clerk, "annv", "cb")
        await use_key(clerk)
        await clerk.press("enter", "f10", "c", "f4", "enter", "enter")
        assert "Đã ghi: Sở Tài chính tỉnh Sông Hương" in clerk.message
        copies = [(row.recipient, row.state) for row in clerk.rows("SELECT * FROM dispatch ORDER BY position")]
        assert copies == [("Sở Tài chính tỉnh Sông Hương", "SENT"), ("Sở Xây dựng tỉnh Sông Hương", "WAITING")]
        await clerk.press("f4", "down", "enter")
        await clerk.sees("Sở Xây dựng tỉnh Sông Hương")
        await clerk.press("escape")  # nothing is noted
        await clerk.press("f4")
        await clerk.type("xay dung")
        await clerk.press("enter", "down", "enter")
        assert "Đã ghi: Sở Xây dựng tỉnh Sông Hương" in clerk.message
        (row,) = clerk.rows("SELECT state FROM dispatch WHERE position = 1")
        assert row.state not in ("WAITING", "SENT")

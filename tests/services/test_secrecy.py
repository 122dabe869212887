"""Secret documents stay outside: refused as they are typed, and nothing of them is left on the machine."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from clerkdesk.data.store_key import load_key
from clerkdesk.errors import ClerkDeskError
from clerkdesk.services import commands as c
from clerkdesk.services.desk import Desk
from clerkdesk.services.files import read_file, take_in
from clerkdesk.services.ids import new_id
from clerkdesk.services.secrecy import ExcludedDocument, SecretDocument, secrecy_mark
from clerkdesk.services.settings import DEFAULTS
from clerkdesk.services.vocabulary import AttachmentRole

from ..office import (
    AGENCY,
    arrival_command,
    arrival_facts,
    enter,
    everything,
    next_number,
    outgoing_facts,
    register,
    subject_of,
)

SECRET = [
    "TUYỆT MẬT",
    "Tuyệt mật",
    "TỐI MẬT",
    "MẬT",
    "mật",
    "(MẬT) Kế hoạch bảo vệ kỳ họp",
    "[MẬT] Kế hoạch bảo vệ kỳ họp",
    "MẬT - Kế hoạch bảo vệ kỳ họp",
    "MẬT. Kế hoạch bảo vệ kỳ họp",
    "MẬT: Kế hoạch bảo vệ kỳ họp",
    "Kế hoạch bảo vệ kỳ họp (Tối mật)",
    "Kế hoạch bảo vệ kỳ họp (mật)",
    "Kế hoạch bảo vệ kỳ họp - MẬT",
    "Kế hoạch TỐI MẬT về bảo vệ kỳ họp",
    "Báo cáo tuyệt mật, gửi đích danh (Tuyệt mật)",
    "Kế hoạch bảo vệ kỳ họp, độ mật: Mật",
    "Kế hoạch bảo vệ kỳ họp, độ Tối mật",
    "Kế hoạch bảo vệ kỳ họp, dấu chỉ độ: Mật",
    unicodedata.normalize("NFD", "Kế hoạch bảo vệ kỳ họp (TỐI MẬT)"),
    "Kế hoạch bảo vệ kỳ họp (M\u200bẬT)",
    "  mật  ",
    "Mật: báo cáo",
    "Tối mật: kế hoạch bảo vệ kỳ họp",
    "Kế hoạch tuyệt mật",
    "Dấu Mật: kế hoạch bảo vệ kỳ họp",
    "Kế hoạch MẬT về bảo vệ kỳ họp",
]
OPEN = [
    "Danh mục bí mật nhà nước độ Tối mật của ngành Nội vụ",
    "Về việc nuôi ong lấy mật ong; sữa, mật",
    "Về việc kinh doanh đường, mật, sữa",
    "Hướng dẫn xác định độ mật của văn bản",
    "KẾ HOẠCH PHÁT TRIỂN NGHỀ NUÔI ONG LẤY MẬT",
    "Về việc giữ bí mật công tác và bảo mật mạng",
    "Về việc tăng cường bảo mật thông tin",
    "Kế hoạch tuyên truyền Luật Bảo vệ bí mật nhà nước",
    "Về việc cử cán bộ dự lớp bồi dưỡng kiến thức bảo vệ bí mật nhà nước năm 2026",
    "Về việc đổi mật khẩu hộp thư công vụ",
    "Về việc hỗ trợ hộ nuôi ong lấy mật ong",
    "Mật ong Sông Hương được công nhận nhãn hiệu",
    "Về mật độ xây dựng khu dân cư số 4",
    "Về việc phối hợp chặt chẽ, mật thiết giữa các đơn vị",
    "Về bố trí cán bộ làm công tác cơ yếu, mật mã",
    "Về việc kiện toàn Ban Chỉ đạo (bí mật nhà nước)",
    "Độ mật: Thường. Về việc nghỉ Tết",
    "Về việc mở lớp học tiếng Pháp cho cán bộ Văn phòng Mặt trận",
    "Về việc mất con dấu của Trạm Y tế xã",
]


@pytest.mark.parametrize("subject", SECRET)
def test_a_stamp_of_secrecy_is_recognised_however_it_is_typed(desk: Desk, subject: str) -> None:
    with pytest.raises(SecretDocument) as caught:
        register(desk, subject=subject)
    assert caught.value.field == "subject"
    assert "mật" in caught.value.facts["mark"].lower()  # type: ignore[attr-defined]


@pytest.mark.parametrize("subject", OPEN)
def test_words_that_only_sound_secret_are_registered(desk: Desk, subject: str) -> None:
    register(desk, subject=subject)


def test_a_stamp_in_the_notes_counts_too() -> None:
    assert secrecy_mark("Kế hoạch bảo vệ kỳ họp", "Bản số 3, độ Tối mật") == "Tối mật"


MARKS = "chuyên án Hoa Phượng Vĩ"
TYPED = f"(MẬT) Kế hoạch {MARKS}"


def decrypted(desk: Desk) -> Iterator[bytes]:
    """Yield every page of the store and of its log, used or free, as whoever has the key could read it."""
    key, path = load_key(desk.store.path), desk.store.path
    content = path.read_bytes()
    pages = [content[at : at + 4096] for at in range(0, len(content), 4096)]
    log = path.with_name(f"{path.name}-wal")
    frames = log.read_bytes()[32:] if log.exists() else b""
    pages += [frames[at + 24 : at + 24 + 4096] for at in range(0, len(frames), 4096 + 24)]
    for page in pages:
        salt = 16 if page is pages[0] else 0
        opened = Cipher(algorithms.AES256(key), modes.CBC(page[-80:-64])).decryptor()
        yield opened.update(page[salt:-80])


def is_somewhere(desk: Desk, text: str) -> bool:
    files = [path.read_bytes() for path in desk.store.path.parent.rglob("*") if path.is_file()]
    return any(text.encode() in content for content in [*decrypted(desk), *files])


def test_the_search_for_traces_finds_what_is_there(desk: Desk) -> None:
    register(desk, subject=f"Kế hoạch {MARKS}")
    assert is_somewhere(desk, MARKS)
    desk.close()
    assert is_somewhere(desk, MARKS)
    assert is_somewhere(desk, AGENCY)


def draft_with_scan(desk: Desk, folder: Path) -> tuple[c.NewFile, dict[str, Any]]:
    scan = folder / "quet.txt"
    scan.write_text(f"Bản quét {MARKS}", "utf-8")
    file = take_in(desk.store, scan, AttachmentRole.MAIN, allowed=DEFAULTS["allowed_formats"], largest_megabytes=100)
    uid = new_id()
    for length in (9, 20, len(TYPED)):  # the draft is kept at every field exit
        desk.keep_draft(uid, "form", {"subject": TYPED[:length], "file": json.dumps(file.name)})
    return file, {"uid": uid}


@pytest.mark.parametrize("direction", ["arrival", "outgoing"])
def test_nothing_of_a_secret_document_is_left_neither_draft_nor_scan(
    desk: Desk, tmp_path: Path, direction: str
) -> None:
    before, following = everything(desk.store), next_number(desk)
    (tmp_path / "scanner").mkdir()
    file, form = draft_with_scan(desk, tmp_path / "scanner")
    assert is_somewhere(desk, MARKS)
    command: c.Command = (
        arrival_command(desk, uid=form["uid"], subject=TYPED, files=(file,))
        if direction == "arrival"
        else desk.make(c.EnterOutgoing, uid=form["uid"], facts=outgoing_facts(desk, subject=TYPED), files=(file,))
    )
    with pytest.raises(SecretDocument):
        desk.do(command)
    assert everything(desk.store) == before
    assert next_number(desk) == following
    assert not is_somewhere(desk, MARKS)
    desk.close()
    assert not is_somewhere(desk, MARKS)


def test_a_scan_that_another_document_bears_or_bore_stays(desk: Desk, tmp_path: Path) -> None:
    file, form = draft_with_scan(desk, tmp_path)
    register(desk, subject="Về việc khác", files=(file,))
    with pytest.raises(SecretDocument):
        desk.do(arrival_command(desk, uid=form["uid"], subject=TYPED, files=(file,)))
    assert MARKS.encode() in read_file(desk.store, file.sha256)


def test_a_correction_cannot_make_a_document_secret_behind_the_rule(desk: Desk) -> None:
    arrival = subject_of(register(desk))
    outgoing = enter(desk)
    before = everything(desk.store)
    with pytest.raises(SecretDocument):
        desk.do(desk.make(c.CorrectArrival, arrival=arrival, facts=arrival_facts(subject=TYPED), reason="x"))
    with pytest.raises(SecretDocument):
        desk.do(
            desk.make(c.CorrectOutgoing, outgoing=outgoing, facts=outgoing_facts(desk, subject=TYPED), recipients=())
        )
    assert everything(desk.store) == before
    assert not is_somewhere(desk, MARKS)


@pytest.mark.parametrize(
    ("facts", "excluded"),
    [
        ({"subject": "Đơn khiếu nại của ông Trần Văn Bé"}, "Đơn khiếu nại"),
        ({"subject": "ĐƠN TỐ CÁO đối với cán bộ địa chính"}, "Đơn tố cáo"),
        ({"subject": "don tranh chap đất đai"}, "Đơn tranh chấp"),
        ({"subject": "Về việc trả lời đơn khiếu nại của ông Bé"}, None),
        ({"subject": "Đơn xin nghỉ phép"}, None),
        ({"subject": "Về việc khác", "document_type": "Đơn khiếu nại"}, "Đơn khiếu nại"),
    ],
)
def test_petitions_stay_outside_as_the_agency_has_decided(
    desk: Desk, facts: dict[str, Any], excluded: str | None
) -> None:
    if excluded is None:
        register(desk, **facts)
        return
    with pytest.raises(ExcludedDocument) as caught:
        register(desk, **facts)
    assert excluded in caught.value.message


def test_an_agency_chooses_its_own_exclusions(desk: Desk) -> None:
    desk.do(desk.make(c.ChangeSetting, name="exclusions", value='["Thư cảm ơn"]'))
    register(desk, subject="Đơn khiếu nại của ông Trần Văn Bé")
    with pytest.raises(ExcludedDocument):
        register(desk, subject="Thư cảm ơn của trường Tiểu học số 1")
    desk.do(desk.make(c.ChangeSetting, name="exclusions", value="[]"))
    register(desk, subject="Thư cảm ơn của trường Tiểu học số 1")


@pytest.mark.parametrize("value", ["[1]", "[null]", '"Đơn"', "{}", "[", "3"])
def test_exclusions_that_would_stop_every_registration_are_not_kept(desk: Desk, value: str) -> None:
    with pytest.raises(ClerkDeskError):
        desk.do(desk.make(c.ChangeSetting, name="exclusions", value=value))
    register(desk)

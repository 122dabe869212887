"""How every screen looks, in a terminal of 80 × 24 and of 120 × 40. After a change that is meant: `--snapshot-update`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from clerkdesk.screens import welcome
from clerkdesk.screens.app import ClerkApp
from clerkdesk.screens.modals.issued_number import IssuedNumberModal
from clerkdesk.screens.modals.pen_code import PenCodeModal
from clerkdesk.screens.modals.trouble import TroubleModal
from clerkdesk.services.printing.administrative_page import AdministrativePage, administrative_page
from tests.conftest import OfficeClock
from tests.office import AGENCY, ISSUER

from .clerk import LEADER, Clerk

Scene = Callable[[Clerk], Awaitable[None]]
LONG = (
    "Về việc báo cáo kết quả thực hiện Kế hoạch cải cách hành chính, kiểm soát thủ tục hành chính và chuyển đổi số "
    "năm 2026, phương hướng nhiệm vụ trọng tâm năm 2027 trên địa bàn tỉnh Sông Hương [khẩn]"
)


async def login_refused(clerk: Clerk) -> None:
    await clerk.fill("annv", "Wrong!123")
    await clerk.sees("✗")


async def home(clerk: Clerk) -> None:
    await clerk.log_in()


async def arrival_empty(clerk: Clerk) -> None:
    await clerk.log_in()
    await clerk.go("nd")


async def arrival_filled(clerk: Clerk) -> None:
    await arrival_empty(clerk)
    await clerk.fill("stc", "205/bc-stc", "18", LONG, "", "k", "Phạm Văn Tài", "Giám đốc", "Văn phòng Sở", "+5")


async def arrival_registered(clerk: Clerk) -> None:
    await arrival_empty(clerk)
    for number in ("205", "206"):
        await clerk.fill("stc", number, "18", "Quyết toán kinh phí quý IV năm 2026")
        await clerk.press("f2")


async def arrival_refused(clerk: Clerk) -> None:
    await arrival_empty(clerk)
    await clerk.fill("so", "205", "32", "Trích yếu", "zz")


async def arrival_double(clerk: Clerk) -> None:
    await arrival_registered(clerk)
    await clerk.fill("stc", "205", "18")


async def arrivals(clerk: Clerk) -> None:
    await clerk.log_in()
    await clerk.go("de")
    await clerk.workers_done()


async def arrivals_filtered(clerk: Clerk) -> None:
    await arrivals(clerk)
    await clerk.press("f7")
    await clerk.type("quyet toan")
    await clerk.workers_done()


async def arrival_record(clerk: Clerk) -> None:
    await arrivals(clerk)
    await clerk.press("enter", "f2")
    clerk.entry("subject").focus()
    await clerk.fill(" và viên chức")
    await clerk.press("f2")
    await clerk.fill("Bổ sung theo bản giấy")
    await clerk.until(lambda: clerk.screen == "ArrivalRecordScreen")


async def outgoing_form(clerk: Clerk) -> None:
    await clerk.log_in()
    await clerk.go("sd")
    await clerk.fill("cv", "vp", "", "", LONG, "minh", "", "k", "stc", "phường hương cầu x3 bd", "", "dg", "cn")
    await clerk.attach(clerk.app.data_dir / "du-thao.pdf")


async def outgoing_record(clerk: Clerk) -> None:
    await outgoing_form(clerk)
    await clerk.press("f2")
    await clerk.until(lambda: clerk.screen == "OutgoingRecordScreen")
    await clerk.workers_done()


async def awaiting_issue(clerk: Clerk) -> None:
    await clerk.log_in()
    await clerk.go("cb")
    await clerk.workers_done()


async def registers(clerk: Clerk) -> None:
    await clerk.log_in()
    await clerk.go("so")


async def people(clerk: Clerk) -> None:
    await clerk.log_in()
    await clerk.go("ng")


async def person_added(clerk: Clerk) -> None:
    await people(clerk)
    await clerk.press("f2")


async def settings(clerk: Clerk) -> None:
    await clerk.log_in()
    await clerk.go("cd")


async def go_to(clerk: Clerk) -> None:
    await clerk.log_in()
    await clerk.press("ctrl+g")


async def help_text(clerk: Clerk) -> None:
    await arrival_empty(clerk)
    await clerk.press("f1")


async def pick_list(clerk: Clerk) -> None:
    await arrival_empty(clerk)
    await clerk.type("tai chinh")
    await clerk.press("f4")


async def confirmation(clerk: Clerk) -> None:
    await registers(clerk)
    await clerk.press("f4")
    await clerk.fill("2027")
    await clerk.press("f6")


async def reservation(clerk: Clerk) -> None:
    await registers(clerk)
    await clerk.press("f7")


async def issued_number(clerk: Clerk) -> None:
    await clerk.log_in()
    clerk.app.push_screen(IssuedNumberModal("1286", "SỐ VĂN BẢN ĐI", "1286/SNV-VP\n20/11/2026"))
    await clerk.settle()


async def pen_code(clerk: Clerk) -> None:
    await registers(clerk)
    text = "“Sổ đăng ký văn bản đến” năm 2026, cho máy 02. Ở đây sổ đã khóa."
    clerk.app.push_screen(PenCodeModal("ABYA-KBGM-26DM-KW23", text))
    await clerk.settle()


async def trouble(clerk: Clerk) -> None:
    await arrival_empty(clerk)
    clerk.app.push_screen(TroubleModal("Ổ đĩa đã đầy: chưa lưu được, chưa cấp số nào.", "StoreFull"))
    await clerk.settle()


SCENES: tuple[Scene, ...] = (
    login_refused, home, arrival_empty, arrival_filled, arrival_refused, arrival_double, arrivals, arrivals_filtered,
   arrival_record, outgoing_form, outgoing_record, awaiting_issue, registers, people,
    person_added, settings, go_to, help_text, pick_list, confirmation, reservation, issued_number, pen_code,
    trouble,
)  # fmt: skip


async def wizard(clerk: Clerk) -> None:
    await clerk.until(lambda: clerk.screen == "SetupWizard")


async def own_agency(clerk: Clerk) -> None:
    await wizard(clerk)
    await clerk.press("2")
    await clerk.fill("Sở Tư pháp tỉnh Sông Hương", "Ủy ban nhân dân tỉnh Sông Hương", "STP", "H57.20", "Sông Hương")
    await clerk.press("f2")


FIRST_START: tuple[Scene, ...] = (wizard, own_agency)


@pytest.fixture(autouse=True)
def no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new version is no new look."""
    monkeypatch.setattr(welcome, "__version__", "0.0.0")


def looks_the_same(compare: Callable[..., bool], folder: Path, scene: Scene, size: tuple[int, int]) -> bool:
    app = ClerkApp(folder, "clerk-dark")

    async def act(pilot: Pilot[int]) -> None:
        clerk = Clerk(app, pilot)
        await clerk.until(lambda: app.is_desk_open)
        await clerk.settle()
        await scene(clerk)
        await clerk.settle()

    return compare(app, terminal_size=size, run_before=act)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_the_screen_looks_as_it_did(
    snap_compare: Callable[..., bool], office: Path, scene: Scene, size: tuple[int, int]
) -> None:
    page = AdministrativePage(
        parent_agency=ISSUER.upper(), agency=AGENCY.upper(), symbol="SNV-VP", place="Sông Hương", year=2026,
        subject="Báo cáo", addressees=("Sở Tài chính",), body=("Sở Nội vụ báo cáo như sau.",), signer=LEADER,
    )  # fmt: skip
    (office / "du-thao.pdf").write_bytes(administrative_page(page))
    assert looks_the_same(snap_compare, office, scene, size)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", FIRST_START, ids=lambda scene: scene.__name__)
def test_the_first_start_looks_as_it_did(
    snap_compare: Callable[..., bool],
    tmp_path: Path,
    clock: OfficeClock,
    cheap_passwords: None,
    no_keyring: None,
    scene: Scene,
    size: tuple[int, int],
) -> None:
    assert looks_the_same(snap_compare, tmp_path / "new", scene, size)

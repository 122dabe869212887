"""The work areas: two letters to go there, a name, and the screen, imported only when it is first shown."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from clerkdesk.i18n import N_, _

if TYPE_CHECKING:
    from textual.screen import Screen

    from clerkdesk.services.desk import Desk


@dataclass(frozen=True, slots=True)
class Area:
    """A work area. `code` is what a clerk types after Ctrl+G, `digit` the key on the first screen.

    `needs` is the command that is the area's work; who may not give it can look at the area, unless it is a `form`.
    """

    code: str
    digit: str
    name: str
    help: str
    needs: str = ""
    form: bool = False

    @property
    def label(self) -> str:
        """The name in the language in use."""
        return _(self.name)


AREAS = {
    "home": Area("bl", "0", N_("Bàn làm việc"), N_("Việc hôm nay và số tiếp theo của từng sổ")),
    "arrival_form": Area(
        "nd", "1", N_("Nhập văn bản đến"), N_("Đăng ký văn bản đến, cấp số đến"), "RegisterArrival", form=True
    ),
    "arrivals": Area("de", "2", N_("Văn bản đến"), N_("Danh sách đã vào sổ")),
    "unprocessed": Area("xl", "3", N_("Văn bản chưa xử lý"), N_("Khẩn trước, rồi theo hạn")),
    "outgoing_form": Area(
        "sd", "4", N_("Soạn văn bản đi"), N_("Nhập dự thảo, nơi nhận, người ký"), "EnterOutgoing", form=True
    ),
    "outgoing": Area("di", "5", N_("Văn bản đi"), N_("Danh sách văn bản đi")),
    "for_signature": Area("tk", "6", N_("Trình ký"), N_("Chờ lãnh đạo ký số")),
    "awaiting_issue": Area("cb", "7", N_("Chờ ban hành"), N_("Cấp số, đóng dấu, phát hành"), "IssueNumber"),
    "waiting": Area("ch", "v", N_("Chờ vào sổ"), N_("Nhập theo lô, cấp số cùng lúc, in nhãn")),
    "inbox": Area("lt", "l", N_("Hộp đến liên thông"), N_("Cơ quan cùng máy chủ gửi đến: vào sổ hoặc từ chối")),
    "registers": Area("so", "8", N_("Sổ và số"), N_("Mở sổ, giữ số, hủy số"), "OpenRegisters"),
    "emergency": Area("st", "t", N_("Sổ tạm"), N_("Khi mất kết nối: số tạm, chuyển sang số đến")),
    "people": Area("ng", "9", N_("Người dùng"), N_("Tài khoản, vai trò, mật khẩu"), "AddPerson"),
    "outbox": Area("dy", "g", N_("Đồng bộ"), N_("Việc chờ gửi, đang gửi, đã gửi lên máy chủ")),
    "attention": Area("xx", "x", N_("Cần xem lại"), N_("Việc máy chủ trả lại: sửa, gửi lại hoặc bỏ")),
    "settings": Area(
        "cd", "c", N_("Cài đặt"), N_("Định dạng tệp, giới hạn, thư mục theo dõi, sao lưu"), "ChangeSetting"
    ),
}


def roles_wanted(desk: Desk, name: str) -> str:
    """Return the roles that an area's work is for, when the person at the desk has none of them; else an empty text."""
    from clerkdesk.services import commands
    from clerkdesk.services.office import roles_for

    needs = AREAS[name].needs
    if not needs or desk.may(command := getattr(commands, needs)):
        return ""
    return roles_for(command)


# Where each area's own screen is; the other areas are lists.
_SCREENS = {
    "home": ("clerkdesk.screens.home", "HomeScreen"),
    "arrival_form": ("clerkdesk.screens.arrival_form", "ArrivalForm"),
    "outgoing_form": ("clerkdesk.screens.outgoing_form", "OutgoingForm"),
    "waiting": ("clerkdesk.screens.waiting", "WaitingScreen"),
    "inbox": ("clerkdesk.screens.inbox", "InboxScreen"),
    "registers": ("clerkdesk.screens.registers", "RegistersScreen"),
    "emergency": ("clerkdesk.screens.emergency", "EmergencyScreen"),
    "people": ("clerkdesk.screens.people", "PeopleScreen"),
    "outbox": ("clerkdesk.screens.outbox", "OutboxScreen"),
    "attention": ("clerkdesk.screens.attention", "AttentionScreen"),
    "settings": ("clerkdesk.screens.settings", "SettingsScreen"),
}


def area_screen(name: str) -> Screen[Any]:
    """Make the screen of an area, importing it now."""
    if name in _SCREENS:
        module, screen = _SCREENS[name]
        made: Screen[Any] = getattr(import_module(module), screen)()
        return made
    from clerkdesk.screens.document_list import DocumentListScreen

    return DocumentListScreen(name)

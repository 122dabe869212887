"""Settings of the agency, and the backup on demand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import N_, _
from clerkdesk.screens.office_screen import OfficeScreen
from clerkdesk.screens.widgets.windowed_table import Column, WindowedTable

LABELS = {
    "exclusions": N_("Loại giấy tờ không đưa vào hệ thống (phân cách bằng ;)"),
    "largest_document_megabytes": N_("Dung lượng tối đa của một văn bản (MB)"),
    "allowed_formats": N_("Định dạng tệp được nhận (phân cách bằng ;)"),
    "watched_folder": N_("Thư mục theo dõi (máy quét lưu vào)"),
    "seal_millimetres": N_("Đường kính con dấu (mm)"),
    "backup_days": N_("Số ngày giữa hai lần sao lưu"),
    "session_minutes": N_("Khóa máy sau số phút không gõ phím"),
    "offline_login_hours": N_("Số giờ được đăng nhập khi mất kết nối máy chủ"),
    "pen_policy": N_("Nơi giữ quyền cấp số của sổ mới mở"),
}


class SettingRows:
    """The settings as rows."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.names = list(values)
        self.values = values

    def count(self) -> int:
        """How many."""
        return len(self.names)

    def rows(self, start: int, stop: int) -> Sequence[Sequence[str]]:
        """Their cells."""
        return [(_(LABELS[name]), shown(self.values[name])) for name in self.names[start:stop]]


def shown(value: Any) -> str:
    """Return a setting's value as it is typed."""
    return "; ".join(value) if isinstance(value, list) else str(value)


class SettingsScreen(OfficeScreen):
    """What the agency can choose."""

    HELP = N_(
        "Enter sửa một cài đặt (chỉ quản trị). F8 nối với máy chủ. F9 sao lưu ngay; bản sao không chứa khóa ký và quyền cấp số. Màu: Ctrl+P, gõ “màu”."
    )
    AUTO_FOCUS = "#settings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f8", "connect", N_("Nối máy chủ"), id="settings.connect"),
        Binding("f9", "backup", N_("Sao lưu"), id="settings.backup"),
    ]

    def body(self) -> ComposeResult:
        """One table."""
        columns = (Column(_("Cài đặt"), 44), Column(_("Giá trị"), 20, stretch=True))
        yield WindowedTable(columns, id="settings")

    def on_mount(self) -> None:
        """Read the settings."""
        self.head(_("CÀI ĐẶT"))
        self.office_changed()

    def office_changed(self) -> None:
        """Read the settings."""
        from clerkdesk.services.settings import read_setting

        self.values = {name: self.desk.read(read_setting, name) for name in LABELS}
        self.query_one(WindowedTable).replace_source(SettingRows(self.values), keep_cursor=True)

    @on(WindowedTable.RowChosen)
    def change(self, event: WindowedTable.RowChosen) -> None:
        """Ask for the new value."""
        if type(event) is not WindowedTable.RowChosen:
            return
        from clerkdesk.screens.modals.ask import AskModal, Question
        from clerkdesk.services.commands import ChangeSetting

        name = list(LABELS)[event.index]

        def answered(answer: dict[str, str] | None) -> None:
            if answer is None:
                return
            typed = answer["value"].strip()
            old = self.values[name]
            value: Any = typed
            if isinstance(old, list):
                value = [part.strip() for part in typed.split(";") if part.strip()]
            elif isinstance(old, int):
                value = int(typed) if typed.isdigit() else typed
            try:
                self.app.do(self.desk.make(ChangeSetting, name=name, value=json.dumps(value, ensure_ascii=False)))
            except ClerkDeskError as error:
                self.say(error.message, bad=True)
            else:
                self.office_changed()
                self.changed_here()
                self.say(_("Đã lưu."))

        question = Question("value", _("Giá trị"), shown(self.values[name]), required=False)
        self.app.push_screen(AskModal(_(LABELS[name]), (question,)), answered)

    def action_connect(self) -> None:
        """Join a server with this agency, or join anew with another code."""
        from clerkdesk.screens.modals.ask import AskModal, Question
        from clerkdesk.services.commands import ChangeSetting
        from clerkdesk.services.office import RoleMissing
        from clerkdesk.services.vocabulary import Role

        if not self.desk.may(ChangeSetting):
            self.say(RoleMissing(roles=Role.ADMINISTRATOR.label).message, bad=True)
            return

        def answered(answer: dict[str, str] | None) -> None:
            if answer is not None:
                self.say(_("Đang nối với máy chủ…"))
                self.join_server(answer["url"], answer["code"], answer["ca"].strip())

        questions = (
            Question("url", _("Địa chỉ máy chủ"), "https://"),
            Question("code", _("Mã ghi danh")),
            Question("ca", _("Tệp chứng thư CA"), required=False),
        )
        text = _("Cơ quan, sổ và mọi văn bản ở máy này được đưa lên máy chủ. Máy này vẫn giữ quyền cấp số của các sổ.")
        self.app.push_screen(AskModal(_("Nối với máy chủ"), questions, text), answered)

    @work(thread=True, exclusive=True, exit_on_error=False, group="connect")
    def join_server(self, url: str, code: str, ca: str) -> None:
        """Ask the server and exchange everything; the person goes on working."""
        from pathlib import Path

        from clerkdesk.sync.connecting import connect

        app = self.app
        try:
            link = connect(
                app.desk, url, code, ca=Path(ca) if ca else None, changed=app.records_came, busy=app.is_typing
            )  # fmt: skip
        except ClerkDeskError as error:
            app.call_from_thread(self.say, error.message, bad=True)
        else:
            link.start()
            app.call_from_thread(self.done, _("Đã nối với máy chủ. Bấm Ctrl+L, đăng nhập lại để máy chủ biết bạn."))

    def action_backup(self) -> None:
        """Back up now."""
        self.say(_("Đang sao lưu…"))
        self.back_up()

    @work(thread=True, exclusive=True, exit_on_error=False, group="backup")
    def back_up(self) -> None:
        """Write the backup."""
        from clerkdesk.places import backups_folder
        from clerkdesk.services.backups import make_backup

        try:
            folder = make_backup(self.desk.store, backups_folder(self.app.data_dir)).path
        except ClerkDeskError as error:
            self.app.call_from_thread(self.say, error.message, bad=True)
        else:
            self.app.call_from_thread(self.say, _("Đã sao lưu vào {folder}").format(folder=folder))

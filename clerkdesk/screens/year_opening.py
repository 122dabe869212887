"""Opening a year's books: the preview of what there will be, and one key to open all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import N_, _
from clerkdesk.screens.office_screen import OfficeScreen
from clerkdesk.screens.widgets.windowed_table import Column, WindowedTable

if TYPE_CHECKING:
    from clerkdesk.services.year_opening import OpeningPlan


class PlanRows:
    """The registers of the plan as rows."""

    def __init__(self, plan: OpeningPlan) -> None:
        self.plan = plan

    def count(self) -> int:
        """How many."""
        return len(self.plan.registers) + len(self.plan.missing)

    def rows(self, start: int, stop: int) -> Sequence[Sequence[str]]:
        """Their cells: what the year's book is or will be, what last year's is, who numbers."""
        from clerkdesk.services.reference_code import number_text

        new = {"": _("sẽ mở, từ 01"), "CLOSED": _("đã đóng"), "SUSPENDED": _("chờ xác nhận")}
        old = {"": _("không có"), "CLOSED": _("đã đóng"), "SUSPENDED": _("chờ xác nhận")}
        cells = []
        for one in self.plan.registers:
            is_open = _("đã mở, số {number}").format(number=number_text(one.next_number))
            still = _("mở, đến {number}").format(number=number_text(one.old_next - 1) if one.old_next > 1 else "—")
            holder = _("máy này") if one.held_here else one.holder or _("máy chủ")
            cells.append((one.code, one.title, new.get(one.state, is_open), old.get(one.old_state, still), holder))
        for missing in self.plan.missing:
            cells.append((missing.code, missing.title, _("thêm và mở"), _("chưa có sổ"), _("máy này")))
        return cells[start:stop]


class YearOpeningScreen(OfficeScreen):
    """Which books a year will have; F2 opens those that are not open."""

    HELP = N_(
        "Các sổ của năm mới, lấy theo danh sách năm trước: sổ nào sẽ mở, số bắt đầu từ 01, ai cấp số. Sổ đã mở được giữ nguyên. Sổ năm cũ vẫn "
        "mở cho văn bản đến trong kỳ nghỉ, đến khi đóng sổ. Từ ngày 01/12 mở trước được cho năm sau. F2 mở tất cả."
    )
    AUTO_FOCUS = "#plan"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "open_all", N_("Mở tất cả"), id="opening.open"),
    ]

    def __init__(self, year: int) -> None:
        super().__init__()
        self.year = year
        self.plan: OpeningPlan | None = None

    def body(self) -> ComposeResult:
        """One table."""
        yield WindowedTable(
            (
                Column(_("Mã"), 6),
                Column(_("Sổ"), 22, stretch=True),
                Column(_("Năm {year}").format(year=self.year), 14),
                Column(_("Năm {year}").format(year=self.year - 1), 14),
                Column(_("Ai cấp số"), 10),
            ),
            id="plan",
        )

    def on_mount(self) -> None:
        """Show the plan."""
        self.office_changed()

    def office_changed(self) -> None:
        """Read which books there are."""
        from clerkdesk.services.year_opening import opening_plan

        facts = self.desk.facts
        assert facts is not None  # noqa: S101
        self.plan = self.desk.read(opening_plan, self.year, facts.id)
        self.query_one(WindowedTable).replace_source(PlanRows(self.plan), keep_cursor=True)
        count = len(self.plan.to_open) + len(self.plan.missing)
        self.head(_("MỞ SỔ NĂM {year} · {count} sổ sẽ mở").format(year=self.year, count=count))
        if count:
            self.say(
                _("F2 mở {count} sổ, số bắt đầu từ 01. Sổ năm {old} vẫn mở đến khi đóng sổ.").format(
                    count=count, old=self.year - 1
                )
            )
        else:
            self.say(_("Mọi sổ năm {year} đã mở.").format(year=self.year))

    def action_open_all(self) -> None:
        """Open every book that is not open yet."""
        from clerkdesk.services.commands import AddRegister, OpenRegisters
        from clerkdesk.services.pen_policy import by_opener

        plan = self.plan
        if plan is None or not (plan.to_open or plan.missing):
            self.say(_("Mọi sổ năm {year} đã mở.").format(year=self.year))
            return
        count = len(plan.to_open) + len(plan.missing)
        try:
            for missing in plan.missing:
                self.app.do(self.desk.make(AddRegister, register_facts=missing, year=self.year))
            facts = self.desk.facts
            assert facts is not None  # noqa: S101
            # One command for every place that opens books; what another desk must open is refused last, and said.
            groups = self.desk.read(by_opener, facts.id, self.year, plan.to_open)
            for _opener, some in sorted(groups.items(), key=lambda group: group[0] not in (facts.id, None)):
                self.app.do(self.desk.make(OpenRegisters, year=self.year, registers=some))
        except ClerkDeskError as error:
            self.office_changed()
            self.say(error.message, bad=True)
            return
        self.done(_("Đã mở {count} sổ năm {year}, số bắt đầu từ 01.").format(count=count, year=self.year))

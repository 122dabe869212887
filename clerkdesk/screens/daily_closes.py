"""The daily closes of a year: made by the program, kept for ever, only to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from clerkdesk.i18n import N_, _
from clerkdesk.screens.office_screen import OfficeScreen
from clerkdesk.screens.widgets.windowed_table import Column, WindowedTable

if TYPE_CHECKING:
    from clerkdesk.services.daily_close import Closed
    from clerkdesk.services.registers import Book


class CloseRows:
    """The closes as rows."""

    def __init__(self, closes: list[Closed]) -> None:
        self.closes = closes

    def count(self) -> int:
        """How many."""
        return len(self.closes)

    def rows(self, start: int, stop: int) -> Sequence[Sequence[str]]:
        """Their cells."""
        from clerkdesk.services.reference_code import number_text

        cells = []
        for one in self.closes[start:stop]:
            span = "—"
            if one.first_number is not None and one.last_number is not None:
                span = number_text(one.first_number)
                span += f"–{number_text(one.last_number)}" if one.last_number > one.first_number else ""
            cells.append(
                (
                    f"{one.day:%d/%m/%Y}", span, str(one.live), str(one.void), str(one.reserved),
                    str(one.chain_seq), one.signer or _("chưa ký"),
                )
            )  # fmt: skip
        return cells


class DailyClosesScreen(OfficeScreen):
    """What each book got, day by day."""

    HELP = N_(
        "Mỗi ngày có cấp số, máy tự chốt sổ vào lần làm việc sau đó: số đầu, số cuối, số có hiệu lực, hủy, giữ, và mục cuối của nhật ký lúc chốt. "
        "Không ai sửa hay xóa được. Có chứng thư của máy hoặc cơ quan mở được mà không hỏi mật khẩu thì bản chốt được ký số."
    )
    AUTO_FOCUS = "#closes"

    def __init__(self, book: Book) -> None:
        super().__init__()
        self.book = book

    def body(self) -> ComposeResult:
        """One table."""
        yield WindowedTable(
            (
                Column(_("Ngày"), 10),
                Column(_("Số"), 13),
                Column(_("Hiệu lực"), 8, align="right"),
                Column(_("Hủy"), 4, align="right"),
                Column(_("Giữ"), 4, align="right"),
                Column(_("Nhật ký"), 7, align="right"),
                Column(_("Chữ ký"), 16, stretch=True),
            ),
            id="closes",
            empty_text=_("Chưa có ngày nào được chốt: máy chốt một ngày vào lần làm việc sau đó."),
        )

    def on_mount(self) -> None:
        """Show the year."""
        self.office_changed()

    def office_changed(self) -> None:
        """Read the closes."""
        from clerkdesk.services.daily_close import closes_of

        closes = self.desk.read(closes_of, self.book.year, self.book.register_id)
        self.query_one(WindowedTable).replace_source(CloseRows(closes), keep_cursor=True)
        unsigned = sum(not one.signer for one in closes)
        head = _("CHỐT SỔ NGÀY · {title} · {year} · {count} bản chốt")
        head = head.format(title=self.book.title, year=self.book.year, count=len(closes))
        self.head(f"{head} · {_('{count} chưa ký').format(count=unsigned)}" if unsigned else head)

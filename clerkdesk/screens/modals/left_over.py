"""What the last time left to tell, once, before the clerk goes on: numbers given unseen, a store that is not the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from clerkdesk.i18n import N_, _
from clerkdesk.screens.widgets.plain_text import fit

if TYPE_CHECKING:
    from clerkdesk.services.opening import UntoldNumber

SHOWN = 6


class LeftOverModal(ModalScreen[None]):
    """Only F2 closes it: Enter may have been typed ahead."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f2", "dismiss", N_("Đã ghi nhận"), id="left_over.close")]
    DEFAULT_CSS = """
    LeftOverModal Static { height: auto; }
    """

    def __init__(self, numbers: Sequence[UntoldNumber], happened: Sequence[str]) -> None:
        super().__init__()
        self.numbers, self.happened = numbers, happened

    def compose(self) -> ComposeResult:
        """Show what happened, what to do, and the numbers with their documents."""
        with Vertical(classes="box"):
            if self.happened:
                yield Static(_("CHƯA CẤP SỐ ĐƯỢC: CẦN XÁC NHẬN SỐ CUỐI CÙNG"), classes="title", markup=False)
                yield Static("\n".join(self.happened), markup=False)
                yield Static(
                    _(
                        "Để không số nào lặp lại, quyền cấp số đã được thu về. Việc cần làm: xem sổ giấy và văn bản đã "
                        "đóng dấu, rồi ở “Sổ và số” chọn từng sổ “chờ xác nhận” (F4: năm khác), bấm F10, nhập số cuối cùng trên giấy. "
                        "Kiểm tra cả các số đang giữ. Không dùng đồng thời hai bản của kho này."
                    ),
                    markup=False,
                )
            if self.numbers:
                yield Static(_("Đã cấp trước khi máy tắt đột ngột:"), classes="title", markup=False)
                for one in self.numbers[:SHOWN]:
                    yield Static(
                        _("  số {number} · {book} {year}").format(number=one.number, book=one.book, year=one.year)
                        + "\n"
                        + fit(f"    {one.subject}", 66),
                        markup=False,
                    )
                if len(self.numbers) > SHOWN:
                    rest = _("  … và {count} số nữa, xem trong danh sách văn bản.")
                    yield Static(rest.format(count=len(self.numbers) - SHOWN), markup=False)
                yield Static(_("Các số này đã nằm trong sổ: ghi lên văn bản giấy, đừng vào sổ lại."), markup=False)
            yield Static(_("F2 Đã ghi nhận"), classes="foot quiet", markup=False)

    def on_mount(self) -> None:
        """Ring."""
        self.app.bell()

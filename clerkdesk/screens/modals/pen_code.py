"""The code that hands a pen (quyền cấp số) over, shown large, with a word for every letter to read it out by."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from clerkdesk.i18n import N_, _

# One word for each letter of `pen_code.LETTERS`, in their order.
_WORDS = N_(
    "không một hai ba bốn năm sáu bảy tám chín An Bình Cường Dung Em Ép-phờ Gà Hà Gi-dài Kiên Minh Nam Phúc Quang Rồng "
    "Sơn Tâm Vinh Vê-kép Xuân Yên Dét"
)


def spoken(group: str) -> str:
    """Return a group of the code as it is read out."""
    from clerkdesk.services.pen_code import LETTERS

    words = dict(zip(LETTERS, _(_WORDS).split(), strict=True))
    return ", ".join(words[letter] for letter in group)


class PenCodeModal(ModalScreen[None]):
    """Shows the four groups of a code, each on a line of its own; Enter is no key of it, so that it does not vanish."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f2,f3,f12,escape", "dismiss", N_("Đóng"), id="pen_code.close")]
    DEFAULT_CSS = """
    PenCodeModal .group { text-style: bold; margin-left: 2; }
    PenCodeModal #groups { height: auto; margin: 1 0; }
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__()
        self.code, self.text = code, text

    def compose(self) -> ComposeResult:
        """Show the code."""
        with Vertical(classes="box"):
            yield Static(_("MÃ TRAO QUYỀN CẤP SỐ"), classes="title", markup=False)
            yield Static(self.text, markup=False)
            with Vertical(id="groups"):
                for group in self.code.split("-"):
                    line = f"{' '.join(group)}     {spoken(group)}"
                    yield Static(line, classes="group", markup=False)
            yield Static(
                _(
                    "Đọc chậm từng nhóm, nhờ bên kia đọc lại cả bốn nhóm. Mã chỉ dùng được một lần, ở đúng máy đó; không gửi "
                    "mã cho ai khác. Chưa kịp đọc: F9, “Xem lại mã”."
                ),
                markup=False,
            )
            yield Static(_("F2, Esc Đóng"), classes="foot title", markup=False)

"""A page of a file beside the form: its text, or for a scan its picture in half blocks. Shown on wide terminals only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual import work
from textual.containers import VerticalScroll
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import _
from clerkdesk.services.paragraphs import paragraphs

if TYPE_CHECKING:
    from clerkdesk.services.pdf_pages import PdfPage


class PageBody(Widget):
    """The page itself: wrapped text, or half blocks."""

    DEFAULT_CSS = "PageBody { height: auto; width: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.page: PdfPage | None = None
        self._lines: list[Strip] = []

    def get_content_height(self, container, viewport, width: int) -> int:  # type: ignore[no-untyped-def]
        """As many lines as the page needs at this width."""
        self._lines = self._drawn(width)
        return max(1, len(self._lines))

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        line = self._lines[y] if y < len(self._lines) else Strip.blank(self.size.width)
        return line.apply_style(self.rich_style)

    def _drawn(self, width: int) -> list[Strip]:
        page = self.page
        if page is None or width < 4:
            return []
        if page.picture:
            return _half_blocks(page, width)
        from rich.text import Text

        console = self.app.console
        lines = Text(paragraphs(page.text)).wrap(console, width)
        return [Strip([Segment(line.plain.ljust(width))]) for line in lines]


def _half_blocks(page: PdfPage, width: int) -> list[Strip]:
    """Two pixels a cell, upper and lower; each the darkest of the points it covers, so that thin strokes stay."""
    scale = page.width / width
    rows = int(page.height / scale)
    grid = [
        [_darkest(page, int(x * scale), int(y * scale), max(1, round(scale))) for x in range(width)]
        for y in range(rows)
    ]
    grid += [[255] * width] if rows % 2 else []
    strips = []
    for upper, lower in zip(grid[::2], grid[1::2], strict=True):
        strips.append(
            Strip([Segment("▀", Style(color=_grey(a), bgcolor=_grey(b))) for a, b in zip(upper, lower, strict=True)])
        )
    return strips


def _darkest(page: PdfPage, x: int, y: int, span: int) -> int:
    values = [
        page.picture[row * page.width + column]
        for row in range(y, min(y + span, page.height))
        for column in range(x, min(x + span, page.width))
    ]
    return min(values, default=255)


def _grey(value: int) -> Color:
    step = value // 32 * 36
    return Color.from_rgb(min(255, step), min(255, step), min(255, step))


class Preview(VerticalScroll, can_focus=False):
    """The pane; hidden by the style sheet where the terminal is narrow, and then nothing is read."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.path: Path | None = None
        self.number = 1

    def compose(self):  # type: ignore[no-untyped-def]
        """A heading and the page."""
        yield Static("", id="preview_title", markup=False)
        yield PageBody()

    def show(self, path: Path | None) -> None:
        """Show the first page of a file, or nothing."""
        self.path, self.number = path, 1
        if path is None:
            self._show_page(None, "")
        else:
            self._read()

    def say(self, sentence: str) -> None:
        """Say why there is nothing to show."""
        self.path = None
        self._show_page(None, sentence)

    def turn(self, step: int) -> None:
        """Show another page."""
        if self.path is not None:
            self.number = max(1, self.number + step)
            self._read()

    def on_show(self) -> None:
        """Read the page when the terminal has become wide enough."""
        if self.path is not None:
            self._read()

    def _read(self) -> None:
        if self.display and self.path is not None:
            self.read(self.path, self.number)

    @work(thread=True, exclusive=True, exit_on_error=False, group="preview")
    def read(self, path: Path, number: int) -> None:
        """Read the page in a child process."""
        from clerkdesk.services.pdf_pages import read_page

        try:
            page = read_page(path, number)
        except ClerkDeskError as error:
            self.app.call_from_thread(self._show_page, None, f"✗ {error.message}")
        else:
            title = _("Trang {number}/{pages} · Ctrl+N sau · Ctrl+B trước")
            self.app.call_from_thread(self._show_page, page, title.format(number=page.number, pages=page.pages))

    def _show_page(self, page: PdfPage | None, title: str) -> None:
        if not self.is_mounted:
            return
        if page is not None:
            self.number = page.number
        self.query_one("#preview_title", Static).update(title)
        body = self.query_one(PageBody)
        body.page = page
        body.refresh(layout=True)
        self.scroll_home(animate=False)

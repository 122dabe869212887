"""What the two record screens share: a document's facts as lines, its files, its history."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import _
from clerkdesk.screens.office_screen import OfficeScreen
from clerkdesk.screens.widgets.plain_text import one_line
from clerkdesk.screens.widgets.preview import Preview

INDENT = 19


class RecordScreen(OfficeScreen):
    """Shows one document; keys act on it."""

    AUTO_FOCUS = "VerticalScroll"
    DEFAULT_CSS = """
    RecordScreen #facts { width: 1fr; height: auto; padding: 0 1; }
    RecordScreen VerticalScroll#entry { scrollbar-size-vertical: 1; }
    """

    def __init__(self, document: UUID) -> None:
        super().__init__()
        self.document = document
        self.row: dict[str, Any] = {}
        self.shown: list[tuple[str, str]] = []
        self.files: list[dict[str, Any]] = []
        self.missing: set[str] = set()  # files of the document that are not here yet
        self.called_for: set[str] = set()

    def body(self) -> ComposeResult:
        """Facts at the left, the page at the right where there is room."""
        with Horizontal(id="columns"):
            with VerticalScroll(id="entry"):
                yield Static("", id="facts", markup=False)
            yield Preview(id="preview")

    def on_mount(self) -> None:
        """Read the document."""
        self.office_changed()

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield label and text of each fact; an empty label makes a heading."""
        yield from ()

    def read(self) -> None:
        """Read the document anew."""
        raise NotImplementedError

    def document_files(self) -> list[dict[str, Any]]:
        """Return the files of the document."""
        from clerkdesk.services.attachments import files_of

        return self.desk.read(files_of, self.document)

    def files_to_show(self) -> list[dict[str, Any]]:
        """Return the files in the order in which the first PDF is looked for: the newest first."""
        return self.files[::-1]

    def _missing_files(self) -> set[str]:
        """Return which files are not here; they are called for once, for each answer brings the screen back here."""
        from clerkdesk.services.file_transfers import call_for
        from clerkdesk.services.files import path_of

        if not self.desk.has_server:
            return set()
        call_for(self.desk, [file for file in self.files if file["sha256"] not in self.called_for])
        self.called_for |= {file["sha256"] for file in self.files}
        return {file["sha256"] for file in self.files if not path_of(self.desk.store, file["sha256"]).exists()}

    def office_changed(self) -> None:
        """Read and show the document."""
        from clerkdesk.services.file_transfers import said_of_missing
        from clerkdesk.services.files import path_of

        self.read()
        self.files = self.document_files()
        self.missing = self._missing_files()
        self.shown = list(self._all_lines())
        self.show_facts()
        shown = next((file for file in self.files_to_show() if file["media_type"] == "application/pdf"), None)
        preview = self.query_one(Preview)
        if shown is not None and shown["sha256"] in self.missing:
            preview.say(said_of_missing(self.desk, shown))
        else:
            preview.show(path_of(self.desk.store, shown["sha256"]) if shown else None)

    def show_facts(self) -> None:
        """Write the facts, wrapped under their text, not under their label."""
        width = max(40, (self.query_one("#entry").size.width or self.app.size.width) - 3)
        lines = []
        for label, text in self.shown:
            if not label:
                lines += ["", text]
                continue
            wrapped = textwrap.wrap(one_line(text), width - INDENT) or [""]
            lines.append(f"{label:<{INDENT - 1}} {wrapped[0]}")
            lines += [" " * INDENT + rest for rest in wrapped[1:]]
        self.query_one("#facts", Static).update("\n".join(lines))

    def on_resize(self) -> None:
        """Wrap anew, once the facts have their new width."""
        if self.shown:
            self.call_after_refresh(self.show_facts)

    def _all_lines(self) -> Iterator[tuple[str, str]]:
        from clerkdesk.services.clock import local
        from clerkdesk.services.corrections import corrections_of, in_words
        from clerkdesk.services.history import history_of
        from clerkdesk.services.numbering import void_reason
        from clerkdesk.services.vocabulary import AttachmentRole

        yield from self.lines()
        if reason := self.desk.read(void_reason, self.document):
            yield _("Lý do hủy"), reason
        yield "", _("TỆP")
        for place, file in enumerate(self.files, start=1):
            size = f"{file['size'] / 1024:,.0f} KB"
            if file["sha256"] in self.missing:
                size += ", " + _("chưa về máy này")
            yield f"  {place}. {AttachmentRole(file['role']).label}"[:18], f"{file['name']} ({size})"
        yield "", _("DIỄN BIẾN")
        for event in self.desk.read(history_of, self.document):
            yield f"  {local(event.at):%d/%m/%y %H:%M}", f"{event.what} – {event.who}"
        changes = self.desk.read(corrections_of, self.document)
        if changes:
            yield "", _("ĐÃ SỬA (giá trị cũ → mới)")
            for change in changes:
                when = f"{local(change['corrected_at']):%d/%m/%y %H:%M}"
                why = f" ({change['reason']})" if change["reason"] else ""
                field, old, new = in_words(change)
                yield f"  {when}", f"{field}: {old} → {new}{why}"

    def ask_void(self, title: str, number: str) -> None:
        """Ask for the reason, then void the document's number; it stays in the book (NĐ 30/2020 Đ15.1)."""
        from clerkdesk.screens.modals.ask import AskModal, Question
        from clerkdesk.services.commands import VoidNumber

        def answered(answer: dict[str, str] | None) -> None:
            if answer is not None:
                book = {name: self.row[name] for name in ("register_id", "year", "number", "sub_number")}
                sentence = _("Đã hủy số {number}.").format(number=number)
                self.give(VoidNumber, sentence, **book, reason=answer["reason"])

        warning = _("Số vẫn ở trong sổ cùng lý do, không cấp lại cho văn bản khác.")
        self.app.push_screen(AskModal(title, (Question("reason", _("Lý do")),), warning), answered)

    def action_next_page(self) -> None:
        """Turn the preview's page."""
        self.query_one(Preview).turn(1)

    def action_previous_page(self) -> None:
        """Turn the preview's page back."""
        self.query_one(Preview).turn(-1)

    def action_save_copy(self) -> None:
        """Write a file of the document to a folder, to look at or send it with other programs."""
        from clerkdesk.screens.modals.pick import PickModal, pick_from

        if not self.files:
            self.say(_("Văn bản chưa có tệp."))
            return
        choices = [(f"{file['name']}", place) for place, file in enumerate(self.files)]
        self.app.push_screen(PickModal(_("Chép tệp nào ra ngoài?"), pick_from(choices)), self._copy_chosen)

    def _copy_chosen(self, place: int | None) -> None:
        if place is None:
            return
        from clerkdesk.screens.printing import write_out
        from clerkdesk.services.file_transfers import bytes_of

        file = self.files[place]
        try:
            content = bytes_of(self.desk, file)
        except ClerkDeskError as error:
            self.say(error.message, bad=True)
            return
        write_out(self, content, file["name"])

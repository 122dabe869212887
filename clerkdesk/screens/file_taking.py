"""Attaching files to a form: a typed or dragged path, or one of the watched folder, taken in by a worker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import work
from textual.widgets import Static

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import _
from clerkdesk.screens.widgets.plain_text import one_line
from clerkdesk.screens.widgets.preview import Preview

if TYPE_CHECKING:
    from clerkdesk.screens.entry_form import EntryForm
    from clerkdesk.services.commands import NewFile

    _Base = EntryForm
else:
    _Base = object


class FileTaking(_Base):
    """Mixin of the forms that bear files; they show them in `#files` and `#preview`."""

    files: list[NewFile]

    def __init__(self) -> None:
        self.files = []
        self.taking = 0  # files on their way
        super().__init__()

    def action_attach(self) -> None:
        """Ask for a file."""
        from clerkdesk.screens.modals.pick_file import PickFileModal

        self.app.push_screen(PickFileModal(self.desk), self._file_chosen)

    def _file_chosen(self, path: Path | None) -> None:
        if path is not None:
            self.say(_("Đang nhận tệp {name}…").format(name=path.name))
            self.taking += 1
            self.take_file(path, self.app.hold_keys())  # F2, typed ahead, saves with the file

    def action_save(self) -> None:
        """Never save without a file that is still on its way: a slow disk takes longer than keys are held."""
        if self.taking:
            self.say(_("Chưa lưu: tệp đang được nhận. Chờ báo “Đã gắn tệp” rồi bấm F2 lại."), bad=True)
        else:
            super().action_save()

    def _taken(self, release: Callable[[], None]) -> None:
        self.taking -= 1
        release()

    @work(thread=True, exit_on_error=False, group="files")
    def take_file(self, path: Path, release: Callable[[], None]) -> None:
        """Copy the file into the store."""
        try:
            self._take_file(path)
        finally:
            self.app.call_from_thread(self._taken, release)

    def _take_file(self, path: Path) -> None:
        from clerkdesk.services.attachments import documents_with
        from clerkdesk.services.files import take_in
        from clerkdesk.services.settings import MEGABYTE, read_setting
        from clerkdesk.services.vocabulary import AttachmentRole

        call = self.app.call_from_thread
        role = AttachmentRole.MAIN if not self.files else AttachmentRole.APPENDIX

        def progress(size: int) -> None:
            if size > 10 * MEGABYTE:
                call(self.say, _("Đang nhận tệp {name}: {size} MB…").format(name=path.name, size=size // MEGABYTE))

        try:
            file = take_in(
                self.desk.store,
                path,
                role,
                allowed=self.desk.read(read_setting, "allowed_formats"),
                largest_megabytes=self.desk.read(read_setting, "largest_document_megabytes"),
                progress=progress,
            )
        except ClerkDeskError as error:
            call(self.say, error.message, bad=True)
            return
        elsewhere = len(self.desk.read(documents_with, file.sha256))
        call(self.file_taken, file, elsewhere)

    def file_taken(self, file: NewFile, elsewhere: int) -> None:
        """Show the file; say so when it is attached already, here or elsewhere."""
        if any(known.sha256 == file.sha256 for known in self.files):
            self.say(_("Tệp {name} đã gắn vào phiếu này rồi.").format(name=file.name), bad=True)
            return
        self.files.append(file)
        self.show_files()
        if elsewhere:
            note = _("Tệp {name} giống hệt tệp của {count} văn bản đã vào sổ. Kiểm tra có trùng không.")
            self.say(note.format(name=file.name, count=elsewhere), bad=True)
        else:
            self.say(_("Đã gắn tệp {name}.").format(name=file.name))

    def restore_files(self, kept: list[dict[str, Any]]) -> None:
        """Put back the files of a draft."""
        from clerkdesk.services.commands import NewFile

        self.files = [NewFile.model_validate(one) for one in kept]
        self.show_files()

    def forget_files(self) -> None:
        """Start the next document without files."""
        self.files = []
        if self.is_attached:
            self.show_files()

    def dropped(self) -> None:
        """Files of a form that was thrown away belong to nothing."""
        self.throw_files_away()

    def throw_files_away(self) -> None:
        """Delete the bytes of files that must not be kept and that no document bears or waits with."""
        from clerkdesk.services.attachments import was_ever_attached
        from clerkdesk.services.files import throw_away

        for file in self.files:
            if not self.desk.read(was_ever_attached, file.sha256):
                throw_away(self.desk.store, file.sha256)

    def show_files(self) -> None:
        """List the files, and show the first PDF beside the form."""
        from clerkdesk.services.files import path_of

        names = ", ".join(f"{file.name} ({file.size / 1024:,.0f} KB)" for file in self.files)
        label = _("Tệp (F8)")
        self.query_one("#files", Static).update(f"{label:>14} {one_line(names) or '—'}")
        pdf = next((file for file in self.files if file.media_type == "application/pdf"), None)
        self.query_one(Preview).show(path_of(self.desk.store, pdf.sha256) if pdf else None)

    def action_next_page(self) -> None:
        """Turn the preview's page."""
        self.query_one(Preview).turn(1)

    def action_previous_page(self) -> None:
        """Turn the preview's page back."""
        self.query_one(Preview).turn(-1)

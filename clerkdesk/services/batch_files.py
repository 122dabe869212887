"""Scanned files of a folder onto the waiting pile: one file, one document; the clerk fills in the rest before numbering."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from clerkdesk.errors import BadFile, ClerkDeskError
from clerkdesk.i18n import N_
from clerkdesk.services.arrivals import exclusions_of
from clerkdesk.services.attachments import documents_with, was_ever_attached
from clerkdesk.services.batch import waiting_lines
from clerkdesk.services.clock import local, now
from clerkdesk.services.commands import AddWaiting, ArrivalFacts, DropWaiting, NewFile, WaitingLine
from clerkdesk.services.files import take_in, throw_away
from clerkdesk.services.folding import clean_line
from clerkdesk.services.ids import new_id
from clerkdesk.services.secrecy import refuse_secrets
from clerkdesk.services.settings import read_setting
from clerkdesk.services.vocabulary import AttachmentRole, Medium

if TYPE_CHECKING:
    from clerkdesk.services.desk import Desk


class FolderMissing(BadFile):
    """The folder cannot be read."""

    sentence = N_("Không đọc được thư mục “{folder}”. Kiểm tra đường dẫn rồi thử lại.")


@dataclass(frozen=True, slots=True)
class Taken:
    """How many files wait now, how many were known already, and why the others were not taken."""

    taken: int
    known: int
    refused: tuple[str, ...]


def take_folder(
    desk: Desk,
    register_id: UUID,
    folder: Path,
    *,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] | None = None,
) -> Taken:
    """Put every file of a folder on the pile, in the order in which they were written; the files stay where they are.

    Args:
        register_id: the register whose pile it is.
        stop: asked before each file; what was taken so far is put on the pile.
        progress: called with files looked at and files in all.

    Raises:
        FolderMissing, StoreFull, StoreReadOnly.
    """
    try:
        found = [
            (one.stat().st_mtime, one) for one in folder.iterdir() if one.is_file() and not one.name.startswith(".")
        ]
    except OSError as error:
        raise FolderMissing(folder=folder) from error
    waiting = {file.sha256 for line in desk.read(waiting_lines, register_id) for file in line.files}
    lines: list[WaitingLine] = []
    refused: list[str] = []
    known = 0
    for place, (written, path) in enumerate(sorted(found, key=lambda one: (one[0], one[1].name))):
        if stop():
            break
        if progress is not None:
            progress(place, len(found))
        try:
            refuse_secrets(clean_line(path.stem), "", "", desk.read(exclusions_of))
            file = take_in(
                desk.store,
                path,
                AttachmentRole.MAIN,
                allowed=desk.read(read_setting, "allowed_formats"),
                largest_megabytes=desk.read(read_setting, "largest_document_megabytes"),
            )
        except ClerkDeskError as error:
            refused.append(f"{path.name}: {error.message}")
            continue
        if file.sha256 in waiting or desk.read(documents_with, file.sha256):
            known += 1
            continue
        waiting.add(file.sha256)
        lines.append(_line(file, path, min(dt.datetime.fromtimestamp(written, dt.UTC), now()), place))
    if lines:
        try:
            desk.do(desk.make(AddWaiting, register_id=register_id, lines=tuple(lines)))
        except ClerkDeskError:
            _throw_away(desk, [file for line in lines for file in line.files])
            raise
    return Taken(len(lines), known, tuple(refused))


def drop(desk: Desk, register_id: UUID, lines: tuple[UUID, ...]) -> None:
    """Take documents off the pile, with the bytes of their files.

    Raises:
        PileChanged.
    """
    files = [file for line in desk.read(waiting_lines, register_id) if line.id in lines for file in line.files]
    desk.do(desk.make(DropWaiting, lines=lines))
    _throw_away(desk, files)


def _line(file: NewFile, path: Path, received: dt.datetime, place: int) -> WaitingLine:
    facts = ArrivalFacts(
        arrival_date=local(received).date(),
        received_at=received,
        issuer="",
        subject=clean_line(path.stem)[:500],
        medium=Medium.PAPER,
        legal_value=True,
    )
    return WaitingLine(
        id=new_id(), facts=facts, files=(file,), received_at=received, position=place, source=clean_line(path.name)
    )


def _throw_away(desk: Desk, files: list[NewFile]) -> None:
    for file in files:
        if not desk.read(was_ever_attached, file.sha256):
            throw_away(desk.store, file.sha256)

"""Files on their way between this desk and its server, as people see them: what waits, and what cannot go on by itself.

Documents never wait for files; a number is given whether the scan has been sent or not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from clerkdesk.data.schema import attachment, transfer
from clerkdesk.errors import BadFile, ClerkDeskError, Unavailable
from clerkdesk.i18n import N_
from clerkdesk.services.files import path_of, read_file

if TYPE_CHECKING:
    from clerkdesk.services.desk import Desk


class FileVanished(BadFile):
    """The bytes were deleted here before the server had them."""

    sentence = N_("Tệp “{name}” không còn ở máy này và chưa lên máy chủ. Gắn lại đúng tệp ấy vào văn bản, rồi F2.")


class FileDamaged(BadFile):
    """The bytes here are not what was attached; they were put aside."""

    sentence = N_(
        "Tệp “{name}” ở máy này đã hỏng hoặc bị sửa, chưa lên máy chủ. Gắn lại đúng tệp gốc vào văn bản, rồi F2."
    )


class FileAboveServersLimit(BadFile):
    """The server does not take files so large."""

    sentence = N_("Máy chủ không nhận tệp “{name}” vì quá lớn. Xin quản trị máy chủ nâng mức, rồi F2.")


class FileDamagedAtServer(BadFile):
    """What the server gives is not what was attached."""

    sentence = N_("Tệp “{name}” ở máy chủ đã hỏng. Báo quản trị máy chủ lấy lại từ bản sao lưu, rồi F2.")


class FileOnItsWay(Unavailable):
    """The bytes are not here yet, and are being fetched."""

    sentence = N_("Tệp “{name}” chưa về máy này; máy đang lấy về trước mọi tệp khác. Chờ một chút rồi mở lại.")


class FileElsewhere(Unavailable):
    """The bytes are not here, and the server cannot be reached."""

    sentence = N_("Tệp “{name}” chưa về máy này và đang mất kết nối. Có mạng lại, máy tự lấy về.")


TROUBLES: dict[str, type[ClerkDeskError]] = {
    kind.__name__: kind for kind in (FileVanished, FileDamaged, FileAboveServersLimit, FileDamagedAtServer)
}


@dataclass(frozen=True, slots=True)
class TroubledFile:
    """A file that waits for somebody to do something."""

    sha256: str
    direction: str
    name: str
    document: UUID | None
    sentence: str


def troubled_files(connection: Connection, agency: UUID) -> list[TroubledFile]:
    """Return the files that cannot go on by themselves."""
    rows = connection.execute(
        select(
            transfer.c.sha256, transfer.c.direction, transfer.c.failure, func.max(attachment.c.name).label("name"),
            func.max(attachment.c.document_id).label("document"),
        )
        .join_from(
            transfer, attachment,
            (attachment.c.agency_id == transfer.c.agency_id) & (attachment.c.sha256 == transfer.c.sha256), isouter=True,
        )
        .where(transfer.c.agency_id == agency, transfer.c.failure.in_([*TROUBLES]))
        .group_by(transfer.c.sha256, transfer.c.direction, transfer.c.failure)
        .order_by("name")
    )  # fmt: skip
    return [
        TroubledFile(
            row.sha256, row.direction, row.name or row.sha256[:12], UUID(str(row.document)) if row.document else None,
            TROUBLES[row.failure](name=row.name or row.sha256[:12]).message,
        )
        for row in rows
    ]  # fmt: skip


def troubled_count(connection: Connection, agency: UUID) -> int:
    """Return how many files cannot go on by themselves."""
    query = select(func.count()).where(transfer.c.agency_id == agency, transfer.c.failure.in_([*TROUBLES]))
    return connection.execute(query).scalar_one()


def waiting_files(connection: Connection, agency: UUID) -> tuple[int, int]:
    """Return how many files are to be sent or fetched, and their bytes."""
    query = select(func.count(), func.coalesce(func.sum(transfer.c.size), 0)).where(transfer.c.agency_id == agency)
    count, size = connection.execute(query).one()
    return int(count), int(size)


def try_again(desk: Desk, file: TroubledFile) -> None:
    """Let a file go on at once, after somebody has done something about it."""
    with desk.store.writing() as tx:
        tx.execute(
            update(transfer)
            .where(
                transfer.c.agency_id == desk.agency_id,
                transfer.c.sha256 == file.sha256,
                transfer.c.direction == file.direction,
            )
            .values(failure="", tries=0, next_try_at=None)
        )
    if desk.link is not None:
        desk.link.try_now()


def call_for(desk: Desk, files: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return which of a document's files are not here, and have the link fetch them before all others."""
    missing = [file for file in files if not path_of(desk.store, file["sha256"]).exists()]
    if missing and desk.link is not None:
        desk.link.want_files({file["sha256"]: file["size"] for file in missing})
    return missing


def said_of_missing(desk: Desk, file: dict[str, Any]) -> str:
    """Return one sentence on a file that is not here."""
    return _missing(desk, file["name"]).message


def bytes_of(desk: Desk, file: dict[str, Any]) -> bytes:
    """Return the bytes of a document's file.

    Raises:
        FileOnItsWay, FileElsewhere: it comes before all others, when the server can be reached; FileMissing: a desk
            without a server has lost it.
    """
    if desk.has_server and call_for(desk, (file,)):
        raise _missing(desk, file["name"])
    return read_file(desk.store, file["sha256"])


def _missing(desk: Desk, name: str) -> Unavailable:
    online = desk.link is not None and desk.link.standing().online
    return FileOnItsWay(name=name) if online else FileElsewhere(name=name)

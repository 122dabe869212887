"""Files on documents: their rows; the bytes are taken in by `files` before the transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, union_all, update

from clerkdesk.data.schema import arrival, attachment, outgoing, waiting
from clerkdesk.errors import RuleBroken
from clerkdesk.i18n import N_
from clerkdesk.services.commands import AttachFiles, Command, NewFile, RemoveFile, Result
from clerkdesk.services.ids import new_id
from clerkdesk.services.settings import MEGABYTE, read_setting
from clerkdesk.services.vocabulary import AttachmentRole

# What people bring; the versions that we make while signing do not count twice towards a document's size.
RECEIVED = (AttachmentRole.MAIN, AttachmentRole.APPENDIX, AttachmentRole.DRAFT)


class DocumentTooLarge(RuleBroken):
    """All files of one document together are too large (Vĩnh Long 480 Đ4.3)."""

    sentence = N_(
        "Các tệp của một văn bản cộng lại {size} MB, quy định không quá {largest} MB. Bỏ bớt hoặc tách tệp; tệp gốc không bị thay đổi."
    )


class DocumentUnknown(RuleBroken):
    """There is no such document to attach to."""

    sentence = N_("Không tìm thấy văn bản để gắn tệp. Làm mới danh sách rồi thử lại.")


class RoleNotAttached(RuleBroken):
    """A signed or sealed version cannot be brought from outside."""

    sentence = N_(
        "Bản trình ký, bản đã ký và bản phát hành chỉ do bước ký tạo ra. Gắn tệp này làm văn bản, phụ lục hoặc dự thảo."
    )


class FileGone(RuleBroken):
    """The attachment is not there any more."""

    sentence = N_("Tệp này không còn gắn với văn bản. Làm mới màn hình rồi thử lại.")


def attach(tx: Connection, command: Command, document: UUID, files: Iterable[NewFile], at: dt.datetime) -> None:
    """Write the rows of new files of a document; a file that it already bears in this role is left out.

    Raises:
        DocumentTooLarge.
    """
    wanted = tuple(files)
    if not wanted:
        return
    have = files_of(tx, command.agency, document)
    borne = {(file["sha256"], file["role"]) for file in have}
    new = {(file.sha256, str(file.role)): file for file in wanted if (file.sha256, str(file.role)) not in borne}
    largest = read_setting(tx, command.agency, "largest_document_megabytes")
    size = sum(file["size"] for file in have if file["role"] in RECEIVED)
    size += sum(file.size for file in new.values() if file.role in RECEIVED)
    if size > largest * MEGABYTE:
        raise DocumentTooLarge(size=-(-size // MEGABYTE), largest=largest, field="files")
    for file in new.values():
        tx.execute(
            insert(attachment).values(
                agency_id=command.agency,
                id=new_id(),
                document_id=document,
                role=file.role,
                name=file.name,
                sha256=file.sha256,
                size=file.size,
                media_type=file.media_type,
                added_at=at,
                added_by=command.actor,
            )
        )


def attach_received(
    tx: Connection, command: Command, document: UUID, files: Iterable[NewFile], at: dt.datetime
) -> None:
    """Attach files that came from outside; signed and sealed versions come from signing only.

    Raises:
        RoleNotAttached, DocumentTooLarge.
    """
    received = tuple(files)
    if any(file.role not in RECEIVED for file in received):
        raise RoleNotAttached
    attach(tx, command, document, received, at)


def attach_files(tx: Connection, command: AttachFiles, at: dt.datetime) -> Result:
    """Attach files to a document that is already registered.

    Raises:
        DocumentUnknown, DocumentTooLarge; RoleNotAttached: signed and sealed versions come from signing only.
    """
    known = union_all(
        *(
            select(table.c.id).where(table.c.agency_id == command.agency, table.c.id == command.document)
            for table in (arrival, outgoing)
        )
    )
    if tx.execute(known).first() is None:
        raise DocumentUnknown
    attach_received(tx, command, command.document, command.files, at)
    return Result(subject=command.document)


def remove_file(tx: Connection, command: RemoveFile, at: dt.datetime) -> Result:
    """Take a file off its document; row and bytes stay for the history.

    Raises:
        FileGone.
    """
    row = tx.execute(
        update(attachment)
        .where(
            attachment.c.agency_id == command.agency,
            attachment.c.id == command.attachment,
            attachment.c.role.in_([role.value for role in RECEIVED]),  # a signed version stays for ever
            attachment.c.removed_at.is_(None),
        )
        .values(removed_at=at)
        .returning(attachment.c.document_id)
    ).first()
    if row is None:
        raise FileGone
    return Result(subject=row.document_id)


def files_of(connection: Connection, agency: UUID, document: UUID) -> list[dict[str, Any]]:
    """Return the files that a document bears now, in the order they were added."""
    rows = connection.execute(
        select(attachment)
        .where(
            attachment.c.agency_id == agency,
            attachment.c.document_id == document,
            attachment.c.removed_at.is_(None),
        )
        .order_by(attachment.c.added_at, attachment.c.id)
    )
    return [dict(row) for row in rows.mappings()]


def documents_with(connection: Connection, agency: UUID, sha256: str) -> list[UUID]:
    """Return the documents that bear a file with this content: the same file twice is noticed."""
    return list(
        connection.execute(
            select(attachment.c.document_id)
            .where(
                attachment.c.agency_id == agency,
                attachment.c.sha256 == sha256,
                attachment.c.removed_at.is_(None),
            )
            .distinct()
            .limit(5)
        ).scalars()
    )


def was_ever_attached(connection: Connection, agency: UUID, sha256: str) -> bool:
    """Say whether any document bears or bore a file with this content, or waits with it: its bytes must stay."""
    row = select(attachment.c.id).where(attachment.c.agency_id == agency, attachment.c.sha256 == sha256).limit(1)
    pile = select(waiting.c.id).where(
        waiting.c.agency_id == agency, waiting.c.batch_id.is_(None), waiting.c.files.contains(sha256)
    )
    return connection.execute(row).first() is not None or connection.execute(pile.limit(1)).first() is not None


def hashes_ever_attached(connection: Connection) -> list[str]:
    """Return the hashes of all files that the store's documents bear or bore."""
    return list(connection.execute(select(attachment.c.sha256).distinct()).scalars())


def total_size(connection: Connection, agency: UUID) -> int:
    """Return the bytes of all files of an agency, for `doctor`."""
    return int(
        connection.execute(
            select(func.coalesce(func.sum(attachment.c.size), 0)).where(attachment.c.agency_id == agency)
        ).scalar_one()
    )

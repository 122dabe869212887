"""The pen of a book (quyền cấp số) passed on by telephone, with the network down: a code of 16 letters and digits.

The desk that releases locks its book first and then shows the code; the desk that hears it checks the seal and goes on
at the number that the code says. No person counts anything.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy import Connection, and_, select, update

from clerkdesk.data.code_key import CodeKeyMissing
from clerkdesk.data.schema import custody, desk, register, register_year
from clerkdesk.errors import NotYet, RuleBroken
from clerkdesk.i18n import N_
from clerkdesk.services.clock import local
from clerkdesk.services.commands import ReleasePenByCode, TakePenByCode
from clerkdesk.services.custody import (
    DeskAlone,
    DeskUnknown,
    HeldElsewhere,
    PenHereAlready,
    PenMoved,
    PenOfOldIncarnation,
    movable_book,
    move,
    not_recovering,
    own_book,
    trusted_incarnation,
    whereabouts,
)
from clerkdesk.services.custody_log import (
    CustodyKind,
    Holding,
    Step,
    book_key,
    desk_code,
    has_server,
    holding_of,
    incarnation_of,
    note,
    of_book,
)
from clerkdesk.services.execution import at_server, pen_of
from clerkdesk.services.mark_notes import notes_of
from clerkdesk.services.pen_code import Handover, Heard, agency_key, epochs_of, fits, opened, read_code, write_code


class HandOverToItself(RuleBroken):
    """A desk hands over to another one."""

    sentence = N_("Máy nhận chính là nơi đang giữ sổ. Chọn máy khác.")


class EarlierNumbersMissing(NotYet):
    """The receiver was quicker than the desk that released the pen; its numbers are still on their way."""

    sentence = N_(
        "Các số máy trước đã cấp trong “{title}” chưa về đến máy chủ. Máy này vẫn cấp số; số được gửi khi máy trước kết nối lại."
    )


class CodeMistyped(RuleBroken):
    """The seal fits nothing that we know."""

    sentence = N_("Mã gõ sai: không khớp. Nhờ đọc lại từng nhóm bốn ký tự rồi gõ lại; chưa có gì thay đổi.")
    field = "code"


class CodeOfOtherBook(RuleBroken):
    """The code is good, for another book."""

    sentence = N_("Mã này là của “{title}” năm {year}. Chọn đúng sổ đó rồi nhập mã.")
    field = "code"


class CodeForOtherDesk(RuleBroken):
    """The code is good, for another desk."""

    sentence = N_("Mã này trao cho máy {code}, chỉ máy đó dùng được.")
    field = "code"


class CodeOld(RuleBroken):
    """The pen has gone on since."""

    sentence = N_(
        "Mã cũ: quyền cấp số của “{title}” đã qua lần trao khác sau mã này. Hỏi máy đang giữ sổ để nhận mã mới."
    )
    field = "code"


class CodeUsed(RuleBroken):
    """A code is used once."""

    sentence = N_("Mã này đã dùng ở máy này lúc {at}. Mỗi mã chỉ dùng một lần.")
    field = "code"


def release_pen_by_code(tx: Connection, command: ReleasePenByCode, at: dt.datetime) -> PenMoved:
    """Lock a book here and pass its pen to another desk; `code_of` then gives the code to read out.

    From now on the pen is the other desk's, whether or not it has heard of it.

    Raises:
        DeskAlone, ServerRecovering, BookNotOpen, BookClosed, BookSuspended, PenNeverLeaves, PenNotHere,
        PenOfOldIncarnation, DeskUnknown, DeskNotTrusted, HandOverToItself.
    """
    if not has_server(tx, command.agency):
        raise DeskAlone
    if command.to_desk == command.desk:
        raise HandOverToItself
    holder = pen_of(command.desk)
    if holder is None:
        not_recovering(tx)
        book = movable_book(tx, command.agency, command.register_id, command.year)
        if book.desk is not None:
            raise HeldElsewhere(**whereabouts(tx, book))
        trusted_incarnation(tx, command.agency, command.to_desk)
    else:
        book = own_book(tx, command.agency, command.register_id, command.year, command.desk)
    known = incarnation_of(tx, command.agency, command.to_desk)
    if known is None:
        raise DeskUnknown
    # The server takes a release that a desk has carried out as it is: the desk has locked its book and told the code.
    if known != command.to_incarnation and (holder is None or not at_server()):
        raise PenOfOldIncarnation(title=book.title, code=desk_code(tx, command.agency, command.to_desk))
    move(
        tx, book,
        Step(
            CustodyKind.CODE, holder, command.to_desk, command.to_incarnation, book.epoch + 1, book.next_number,
            command.actor, at,
        ),
    )  # fmt: skip
    return PenMoved(subject=command.register_id, epoch=book.epoch + 1, next_number=book.next_number)


def take_pen_by_code(tx: Connection, command: TakePenByCode, at: dt.datetime) -> PenMoved:
    """Take a pen with the code heard on the telephone; the book goes on here at the number that the code says.

    The desk checks the code's seal. The server, which carries this out again, compares it with the release itself, and
    lets it wait until the release is here.

    Raises:
        DeskAlone, BookNotOpen, BookClosed, BookSuspended, PenNeverLeaves, PenHereAlready, CodeWrongLetter,
        CodeWrongLength, CodeMistyped, CodeOfOtherBook, CodeForOtherDesk, CodeOld, CodeUsed, CodeKeyMissing.
        EarlierNumbersMissing: at the server only.
    """
    if not has_server(tx, command.agency):
        raise DeskAlone
    heard = read_code(command.code)
    book = movable_book(tx, command.agency, command.register_id, command.year)
    epoch, following = (
        _released(tx, command, book, heard) if at_server() else _unsealed(tx, command, book, heard)
    )  # fmt: skip
    incarnation = incarnation_of(tx, command.agency, command.desk)
    row = note(
        tx, command.agency, command.register_id, command.year,
        Step(CustodyKind.CODE, command.desk, command.desk, incarnation, epoch, following, command.actor, at),
    )  # fmt: skip
    tx.execute(
        update(register_year)
        .where(book_key(book))
        .values(
            holder_desk=command.desk, holder_incarnation=incarnation, epoch=epoch, grant_id=row, next_number=following
        )
    )
    notes_of(tx).pen_taken(command.register_id, command.year, book.code, behind=following - 1, epoch=epoch)
    return PenMoved(subject=command.register_id, epoch=epoch, next_number=following)


def code_of(connection: Connection, agency: UUID, key: bytes, register_id: UUID, year: int) -> str:
    """Return the code of a pen that was released by code and is still the other desk's, to be read out (again).

    Raises:
        CodeOld: the pen has gone on since.
    """
    book = movable_book(connection, agency, register_id, year)
    released = connection.execute(
        select(custody.c.to_desk, custody.c.to_incarnation, custody.c.next_number).where(
            of_book(book),
            custody.c.epoch == book.epoch,
            custody.c.kind == CustodyKind.CODE,
            custody.c.from_desk.is_distinct_from(custody.c.to_desk),
        )
    ).first()
    if released is None:
        raise CodeOld(title=book.title)
    return write_code(
        Handover(
            agency, register_id, book.place, year, book.epoch, released.next_number, released.to_desk,
            released.to_incarnation,
        ),
        key,
    )  # fmt: skip


def _unsealed(tx: Connection, command: TakePenByCode, book: Holding, heard: Heard) -> tuple[int, int]:
    """At the desk: check the code's seal and that it is new; return its epoch and next number."""
    key = agency_key()
    if key is None:
        raise CodeKeyMissing
    mine = _as_receiver(tx, book, command.desk)
    found = None if mine is None else opened(heard, key, mine)
    if found is None:
        raise _astray(tx, command, heard, key)
    _not_used(tx, book, command.desk, found.epoch)
    if book.desk == command.desk:
        raise PenHereAlready(title=book.title)
    if found.epoch <= book.epoch or found.next_number < book.next_number:
        raise CodeOld(title=book.title)
    return found.epoch, found.next_number


def _released(tx: Connection, command: TakePenByCode, book: Holding, heard: Heard) -> tuple[int, int]:
    """At the server: find the release that the code was made for; return its epoch and next number."""
    releases = tx.execute(
        select(custody.c.epoch, custody.c.next_number, custody.c.declared_last)
        .where(
            of_book(book),
            custody.c.to_desk == command.desk,
            custody.c.from_desk.is_distinct_from(command.desk),
            custody.c.kind.in_([CustodyKind.CODE, CustodyKind.TAKEOVER]),
        )
        .order_by(custody.c.epoch.desc())
    ).all()
    for release in releases:
        following = release.next_number if release.declared_last is None else release.declared_last + 1
        if fits(heard, book.place, release.epoch, following):
            _not_used(tx, book, command.desk, release.epoch)
            if release.epoch != book.epoch or book.desk != command.desk:
                raise CodeOld(title=book.title)
            return release.epoch, following
    if epochs_of(heard, book.epoch)[0] > book.epoch:
        raise EarlierNumbersMissing(title=book.title)
    raise CodeOld(title=book.title)


def _not_used(tx: Connection, book: Holding, desk_id: UUID, epoch: int) -> None:
    used = tx.execute(
        select(custody.c.at).where(
            of_book(book),
            custody.c.kind == CustodyKind.CODE,
            custody.c.epoch == epoch,
            custody.c.from_desk == desk_id,
            custody.c.to_desk == desk_id,
        )
    ).scalar()
    if used is not None:
        raise CodeUsed(at=f"{local(used):%H:%M %d/%m/%Y}")


def _as_receiver(tx: Connection, book: Holding, desk_id: UUID) -> Handover | None:
    incarnation = incarnation_of(tx, book.agency, desk_id)
    if incarnation is None:
        return None
    return Handover(
        book.agency, book.register, book.place, book.year, book.epoch, book.next_number, desk_id, incarnation
    )


def _astray(tx: Connection, command: TakePenByCode, heard: Heard, key: bytes) -> RuleBroken:
    """Say what is wrong with a code that does not fit: it may be meant for another book or another desk."""
    desks = tx.execute(select(desk.c.id, desk.c.code).where(desk.c.agency_id == command.agency)).all()
    for book in _books(tx, command.agency):
        for one in desks:
            there = _as_receiver(tx, book, one.id)
            if there is not None and opened(heard, key, there) is not None:
                if one.id != command.desk:
                    return CodeForOtherDesk(code=one.code)
                return CodeOfOtherBook(title=book.title, year=book.year)
    return CodeMistyped()


def handover_heard(tx: Connection, agency: UUID, key: bytes, register_id: UUID, year: int, typed: str) -> Handover:
    """Return what a code says of a book, whichever desk it is for: a destroyed desk may have handed the pen on.

    Raises:
        CodeWrongLetter, CodeWrongLength, CodeMistyped, BookNotOpen, BookClosed, BookSuspended, PenNeverLeaves.
    """
    heard, book = read_code(typed), movable_book(tx, agency, register_id, year)
    for desk_id in tx.execute(select(desk.c.id).where(desk.c.agency_id == agency)).scalars().all():
        there = _as_receiver(tx, book, desk_id)
        found = opened(heard, key, there) if there else None
        if found is not None:
            return found
    raise CodeMistyped


def _books(tx: Connection, agency: UUID) -> list[Holding]:
    rows = tx.execute(
        select(register_year.c.register_id, register_year.c.year)
        .join_from(
            register,
            register_year,
            and_(register_year.c.agency_id == register.c.agency_id, register_year.c.register_id == register.c.id),
        )
        .where(register.c.agency_id == agency, register.c.emergency_of.is_(None))
        .order_by(register_year.c.year.desc(), register.c.position)
    ).all()
    found = (holding_of(tx, agency, row.register_id, row.year) for row in rows)
    return [book for book in found if book is not None]

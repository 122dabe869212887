"""The pen of a book (quyền cấp số) changes hands between server and desk; and what every hand-over asks for.

A desk drops a pen durably before anybody else hears of it, and the server gets it behind every number that was given
under it. Each hand-over is one epoch further; none changes the next number. By telephone: `custody_by_code`; by two
people's declaration: `takeover`.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy import Connection, select, update

from clerkdesk.data.schema import desk_key, register_year, server
from clerkdesk.errors import RuleBroken, Unavailable
from clerkdesk.i18n import N_, _
from clerkdesk.services.clock import local
from clerkdesk.services.commands import Result, ReturnPen, TakePen
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
    since,
)
from clerkdesk.services.execution import at_server, pen_of
from clerkdesk.services.mark_notes import notes_of


class DeskAlone(RuleBroken):
    """Without a server there is nobody to hand a pen to."""

    sentence = N_("Máy này làm việc không có máy chủ: quyền cấp số của mọi sổ luôn ở đây, không cần chuyển.")


class ServerNeeded(Unavailable):
    """Only the server can do it."""

    sentence = N_(
        "Việc này do máy chủ làm. Thử lại khi có kết nối, hoặc gọi máy đang giữ sổ để nhận quyền bằng mã (F9)."
    )


class ServerRecovering(RuleBroken):
    """After a restore the server gives nothing out until every desk has reported."""

    sentence = N_(
        "Máy chủ vừa được phục hồi, đang chờ mọi máy báo số: chưa giao quyền cấp số. Máy đang giữ sổ vẫn cấp số bình thường."
    )


class BookNotOpen(RuleBroken):
    """There is no such book here."""

    sentence = N_(
        "Không chuyển quyền: ở đây chưa có sổ năm {year} này. Mở sổ (F6), hoặc nối máy chủ một lần rồi làm lại."
    )


class BookClosed(RuleBroken):
    """A closed book numbers nothing any more."""

    sentence = N_("Không chuyển quyền: “{title}” năm {year} đã đóng sổ.")


class BookSuspended(RuleBroken):
    """The last number on paper is not confirmed yet."""

    sentence = N_("Không chuyển quyền: “{title}” còn chờ xác nhận số cuối cùng trên giấy. Bấm F10 xác nhận trước.")


class PenNeverLeaves(RuleBroken):
    """An emergency register belongs to its desk."""

    sentence = N_("“{title}” là sổ tạm của một máy: quyền cấp số của sổ tạm không chuyển đi đâu.")


class HeldElsewhere(RuleBroken):
    """Another desk holds the pen."""

    sentence = N_(
        "Quyền cấp số của “{title}” đang ở {holder} từ {since}. Nhờ nơi đó trả lại, hoặc trao bằng mã qua điện thoại (F9)."
    )


class PenHereAlready(RuleBroken):
    """By the log the asking desk has it."""

    sentence = N_("Quyền cấp số của “{title}” đang ghi ở chính máy này. Nếu vừa trả, chờ gửi xong các số rồi lấy lại.")


class PenNotHere(RuleBroken):
    """One can hand over only what one holds."""

    sentence = N_(
        "Quyền cấp số của “{title}” không ở máy này mà ở {holder} từ {since}, nên không trả hay trao từ đây được."
    )


class PenOfOldIncarnation(RuleBroken):
    """The pen belongs to the store as it was before a restore or a copy."""

    sentence = N_(
        "Quyền cấp số của “{title}” thuộc về kho trước khi phục hồi của máy {code}. Hai người khai báo số cuối cùng trên giấy (F9, khai báo máy hỏng) rồi mới chuyển."
    )


class DeskUnknown(RuleBroken):
    """There is no such desk in the agency."""

    sentence = N_("Không có máy này trong cơ quan. Chọn lại máy nhận; máy mới phải nối máy chủ một lần trước.")


class DeskNotTrusted(RuleBroken):
    """The server has suspended the desk or knows it as lost."""

    sentence = N_("Máy {code} đang bị tạm ngừng hoặc đã khai báo hỏng: không giao quyền cấp số. Liên hệ quản trị.")


class PenMoved(Result):
    """The new holding: its epoch, and the number that comes next."""

    epoch: int
    next_number: int


def take_pen(tx: Connection, command: TakePen, at: dt.datetime) -> PenMoved:
    """Give a book that the server holds to the asking desk; the grant is bound to the desk's present incarnation.

    A desk that already has the pen by the server's log gets no second grant: it may have dropped the pen and not told
    the server yet.

    Raises:
        DeskAlone, ServerNeeded, ServerRecovering, DeskNotTrusted, DeskUnknown, BookNotOpen, BookClosed, BookSuspended,
        PenNeverLeaves, HeldElsewhere, PenHereAlready, PenOfOldIncarnation.
    """
    need_server(tx, command.agency)
    not_recovering(tx)
    book = movable_book(tx, command.agency, command.register_id, command.year)
    incarnation = trusted_incarnation(tx, command.agency, command.desk)
    if book.desk == command.desk:
        if book.incarnation != incarnation:
            raise PenOfOldIncarnation(title=book.title, code=desk_code(tx, command.agency, command.desk))
        raise PenHereAlready(title=book.title)
    if book.desk is not None:
        raise HeldElsewhere(**whereabouts(tx, book))
    grant = move(
        tx, book,
        Step(CustodyKind.GRANT, None, command.desk, incarnation, book.epoch + 1, book.next_number, command.actor, at),
    )  # fmt: skip
    # Who holds a register's pen may open its next year alone, so the desk must hear with this grant of a book that is
    # there already: the change sends that book's record along.
    tx.execute(
        update(register_year)
        .where(
            register_year.c.agency_id == command.agency,
            register_year.c.register_id == command.register_id,
            register_year.c.year == command.year + 1,
            register_year.c.holder_desk.is_(None),
        )
        .values(grant_id=grant)
    )
    return PenMoved(subject=command.register_id, epoch=book.epoch + 1, next_number=book.next_number)


def return_pen(tx: Connection, command: ReturnPen, at: dt.datetime) -> PenMoved:
    """Drop the pen of a book here; the server gets it when this command reaches it, behind all numbers.

    Raises:
        DeskAlone, BookNotOpen, BookClosed, BookSuspended, PenNeverLeaves, PenNotHere, PenOfOldIncarnation.
    """
    if not has_server(tx, command.agency):
        raise DeskAlone
    book = own_book(tx, command.agency, command.register_id, command.year, command.desk)
    move(
        tx, book,
        Step(CustodyKind.RETURN, command.desk, None, None, book.epoch + 1, book.next_number, command.actor, at),
    )  # fmt: skip
    return PenMoved(subject=command.register_id, epoch=book.epoch + 1, next_number=book.next_number)


# --- what every hand-over asks --------------------------------------------------------------------------------


def need_server(tx: Connection, agency: UUID) -> None:
    """See that the server itself is asked, for itself.

    Raises:
        DeskAlone, ServerNeeded.
    """
    if not has_server(tx, agency):
        raise DeskAlone
    if not at_server():
        raise ServerNeeded


def not_recovering(tx: Connection) -> None:
    """See that the server may give something out; raises ServerRecovering."""
    if tx.execute(select(server.c.state)).scalar() == "RECOVERING":
        raise ServerRecovering


def movable_book(tx: Connection, agency: UUID, register_id: UUID, year: int) -> Holding:
    """Return a book whose pen may change hands.

    Raises:
        BookNotOpen, BookClosed, BookSuspended, PenNeverLeaves.
    """
    book = holding_of(tx, agency, register_id, year)
    if book is None:
        raise BookNotOpen(year=year)
    if book.emergency:
        raise PenNeverLeaves(title=book.title)
    if book.state == "CLOSED":
        raise BookClosed(title=book.title, year=year)
    if book.state == "SUSPENDED":
        raise BookSuspended(title=book.title)
    return book


def trusted_incarnation(tx: Connection, agency: UUID, desk_id: UUID) -> UUID:
    """Return the incarnation of a desk that the server trusts with a pen.

    Raises:
        DeskUnknown, DeskNotTrusted.
    """
    incarnation = incarnation_of(tx, agency, desk_id)
    state = tx.execute(
        select(desk_key.c.state).where(desk_key.c.agency_id == agency, desk_key.c.desk_id == desk_id)
    ).scalar()
    if incarnation is None or state is None:
        raise DeskUnknown
    if state != "ACTIVE":
        raise DeskNotTrusted(code=desk_code(tx, agency, desk_id))
    return incarnation


def whereabouts(tx: Connection, book: Holding) -> dict[str, str]:
    """Return title, holder and since when, for a sentence."""
    code = desk_code(tx, book.agency, book.desk)
    holder = _("máy chủ") if book.desk is None else _("máy {code}").format(code=code or "?")
    moment = since(tx, book)
    return {"title": book.title, "holder": holder, "since": f"{local(moment):%H:%M %d/%m/%Y}" if moment else "?"}


def own_book(tx: Connection, agency: UUID, register_id: UUID, year: int, desk_id: UUID) -> Holding:
    """Return a book whose pen this desk holds, as the store that it is now.

    The server asks for the desk only: what a desk dropped it had dropped before its store could be copied.

    Raises:
        PenNotHere, PenOfOldIncarnation, and those of `movable_book`.
    """
    book = movable_book(tx, agency, register_id, year)
    if book.desk != pen_of(desk_id):
        raise PenNotHere(**whereabouts(tx, book))
    if not at_server() and book.incarnation != incarnation_of(tx, agency, desk_id):
        raise PenOfOldIncarnation(title=book.title, code=desk_code(tx, agency, desk_id))
    return book


def move(tx: Connection, book: Holding, step: Step) -> UUID:
    """Write a hand-over into the book and the log; return its id. The next number stays."""
    row = note(tx, book.agency, book.register, book.year, step)
    tx.execute(
        update(register_year)
        .where(book_key(book))
        .values(
            holder_desk=step.to_desk, holder_incarnation=step.to_incarnation, epoch=step.epoch, grant_id=row,
        )
    )  # fmt: skip
    if step.from_desk is not None and step.from_desk == pen_of(step.from_desk):
        notes_of(tx).pen_given_up(book.register, book.year, book.code, step.epoch)
    return row

"""A desk is destroyed, or out of reach for good: two people declare it, and its books go on behind the last number on paper.

Every number that the server has not seen is held, so that the document that bears it can be entered again from paper,
or comes in when the desk is found; at the year's end what is still held is void with its reason. A desk that may be
alive is set aside: its books go on behind a cap, and the numbers up to the cap are for its own documents only.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy import Connection, select, update

from clerkdesk.data.schema import desk_key, entry, register, register_year
from clerkdesk.errors import NotAllowed, RuleBroken
from clerkdesk.i18n import N_
from clerkdesk.services import numbering
from clerkdesk.services.commands import DeclaredBook, DeclareDeskDestroyed, Result
from clerkdesk.services.custody import DeskUnknown, need_server
from clerkdesk.services.custody_log import (
    CustodyKind,
    Holding,
    Step,
    book_key,
    desk_code,
    holding_of,
    incarnation_of,
    note,
)
from clerkdesk.services.people import person_by_id
from clerkdesk.services.registers import insert_book
from clerkdesk.services.vocabulary import EntryState, Role

SECOND_ROLES = frozenset({Role.LEADER, Role.ADMINISTRATOR})


class SecondPersonWrong(NotAllowed):
    """The second person must be somebody else, who may decide."""

    sentence = N_(
        "Khai báo máy hỏng cần hai người khác nhau, người thứ hai là lãnh đạo hoặc quản trị. Chưa có gì thay đổi."
    )
    field = "second"


class DeskIsHere(RuleBroken):
    """A desk that speaks is not destroyed."""

    sentence = N_("Máy {code} đang làm việc và giữ quyền của chính nó: không khai báo hỏng được. Trả quyền bằng F9.")


class BookNotDeclared(RuleBroken):
    """Each book of the desk needs its last number."""

    sentence = N_("Còn thiếu số cuối cùng trên giấy của “{title}” năm {year}, sổ mà máy này đang giữ.")


class BookNotHeld(RuleBroken):
    """The desk does not hold this book."""

    sentence = N_("Máy được khai báo không giữ “{title}” năm {year}. Bỏ sổ này ra khỏi khai báo.")


class LastNumberTooLow(RuleBroken):
    """The server has seen a higher number."""

    sentence = N_(
        "“{title}”: máy chủ đã có số {known}, số cuối không thể là {number}. Xem lại sổ giấy và văn bản đã phát hành."
    )


class EpochNotAhead(RuleBroken):
    """The code by which the pen was passed on is older than what the server knows."""

    sentence = N_("Mã của “{title}” cũ hơn lần trao mà máy chủ đã biết. Kiểm tra lại mã với máy nhận.")


class DeskDeclared(Result):
    """How many books go on, and how many numbers are held for what the server has not seen."""

    books: int = 0
    entered: int = 0


def declare_desk_destroyed(tx: Connection, command: DeclareDeskDestroyed, at: dt.datetime) -> DeskDeclared:
    """Let the server, or the desk that got the pen by code before, go on in every book of a lost desk.

    A desk may declare its own store of before a restore: then the books of the old incarnation are meant.

    Raises:
        DeskAlone, ServerNeeded, SecondPersonWrong, DeskUnknown, DeskIsHere, BookNotDeclared, BookNotHeld,
        LastNumberTooLow, EpochNotAhead, JumpTooFar, ReasonMissing.
    """
    need_server(tx, command.agency)
    _check_second(tx, command)
    if incarnation_of(tx, command.agency, command.lost_desk) is None:
        raise DeskUnknown
    held = {
        (book.register, book.year): book
        for book in books_to_declare(tx, command.agency, command.lost_desk, command.desk)
    }
    if not held and command.lost_desk == command.desk:
        raise DeskIsHere(code=desk_code(tx, command.agency, command.desk))
    declared = {(one.register_id, one.year): one for one in command.books}
    for key, book in held.items():
        if key not in declared:
            raise BookNotDeclared(title=book.title, year=book.year)
    for key, one in declared.items():
        if key not in held:
            held[key] = _opened_unseen(tx, command, one, held, at)
    entered = sum(_go_on(tx, command, book, declared[key], at) for key, book in held.items())
    if not command.set_aside and command.lost_desk != command.desk:
        tx.execute(
            update(desk_key)
            .where(desk_key.c.agency_id == command.agency, desk_key.c.desk_id == command.lost_desk)
            .values(state="LOST")
        )
    return DeskDeclared(subject=command.lost_desk, books=len(held), entered=entered)


def books_to_declare(connection: Connection, agency: UUID, lost: UUID, asking: UUID) -> list[Holding]:
    """Return the books that a lost desk holds and that two people must declare, in the agency's order.

    Args:
        asking: the desk at which it is declared; of its own books only those of an older incarnation are lost.
    """
    rows = connection.execute(
        select(register_year.c.register_id, register_year.c.year, register_year.c.holder_incarnation)
        .join_from(
            register_year,
            register,
            (register.c.agency_id == register_year.c.agency_id) & (register.c.id == register_year.c.register_id),
        )
        .where(
            register_year.c.agency_id == agency,
            register_year.c.holder_desk == lost,
            register_year.c.state != "CLOSED",
            register.c.emergency_of.is_(None),
        )
        .order_by(register_year.c.year, register.c.position)
    ).all()
    present = incarnation_of(connection, agency, asking) if lost == asking else None
    found = [
        holding_of(connection, agency, row.register_id, row.year)
        for row in rows
        if present is None or row.holder_incarnation != present
    ]
    return [book for book in found if book is not None]


def is_left_for(tx: Connection, agency: UUID, desk_id: UUID, register_id: UUID, year: int, number: int) -> bool:
    """Say whether a number was left open for what a lost desk had stamped, so that its late document fills it.

    The server carries such a late command out with this number as its held number, under the book's present holder.
    """
    state = tx.execute(
        select(entry.c.state).where(
            entry.c.agency_id == agency,
            entry.c.register_id == register_id,
            entry.c.year == year,
            entry.c.number == number,
            entry.c.sub_number == "",
        )
    ).scalar()
    return state == EntryState.RESERVED and numbering.lost_by(tx, agency, register_id, year, number) == desk_id


def _check_second(tx: Connection, command: DeclareDeskDestroyed) -> None:
    second = person_by_id(tx, command.agency, command.second_person)
    if second is None or not second.active or second.id == command.actor or not second.roles & SECOND_ROLES:
        raise SecondPersonWrong


def _opened_unseen(
    tx: Connection,
    command: DeclareDeskDestroyed,
    one: DeclaredBook,
    held: dict[tuple[UUID, int], Holding],
    at: dt.datetime,
) -> Holding:
    """A book that the lost desk may have opened offline, as the holder of the year before; enter it now."""
    book = holding_of(tx, command.agency, one.register_id, one.year)
    if book is None and (one.register_id, one.year - 1) in held:
        insert_book(tx, command.agency, one.register_id, one.year, command.lost_desk, command.actor, at)
        book = holding_of(tx, command.agency, one.register_id, one.year)
        assert book is not None  # noqa: S101  it was made in the line before
        return book
    title = tx.execute(
        select(register.c.title).where(register.c.agency_id == command.agency, register.c.id == one.register_id)
    ).scalar()
    raise BookNotHeld(title=title or "?", year=one.year)


def _go_on(
    tx: Connection, command: DeclareDeskDestroyed, book: Holding, declared: DeclaredBook, at: dt.datetime
) -> int:
    if declared.last_number < book.next_number - 1:
        raise LastNumberTooLow(title=book.title, known=book.next_number - 1, number=declared.last_number)
    epoch = declared.epoch or book.epoch + 1
    if epoch <= book.epoch:
        raise EpochNotAhead(title=book.title)
    heir = declared.passed_to
    incarnation = incarnation_of(tx, command.agency, heir)
    if heir is not None and (incarnation is None or heir == command.lost_desk):
        raise DeskUnknown
    issue = numbering.Issue(
        command.agency, book.register, book.year, command.uid, command.actor, command.desk, at
    )  # fmt: skip
    tx.execute(update(register_year).where(book_key(book)).values(state="SUSPENDED"))
    holder = numbering.SET_ASIDE_HOLDER if command.set_aside else numbering.LOST_HOLDER
    entered = numbering.resume_behind(tx, issue, declared.last_number, command.reason, holder)
    row = note(
        tx, command.agency, book.register, book.year,
        Step(
            CustodyKind.TAKEOVER, command.lost_desk, heir, incarnation, epoch, book.next_number, command.actor, at,
            command.second_person, declared.last_number, command.reason,
        ),
    )  # fmt: skip
    tx.execute(
        update(register_year)
        .where(book_key(book))
        .values(holder_desk=heir, holder_incarnation=incarnation, epoch=epoch, grant_id=row)
    )
    return entered

"""Who holds which book since when, and how each pen (quyền cấp số) went from hand to hand: what the screens show."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, and_, func, or_, select

from clerkdesk.data.schema import custody, desk, person, register, register_year
from clerkdesk.i18n import N_, _
from clerkdesk.services.clock import local, now
from clerkdesk.services.custody_log import CustodyKind, incarnation_of

_KINDS = {
    CustodyKind.OPEN: N_("mở sổ"),
    CustodyKind.GRANT: N_("máy chủ giao"),
    CustodyKind.RETURN: N_("trả về máy chủ"),
    CustodyKind.CODE: N_("trao bằng mã"),
    CustodyKind.TAKEOVER: N_("khai báo máy hỏng"),
    CustodyKind.RECOVERY: N_("máy chủ phục hồi"),
    CustodyKind.LOST: N_("mất quyền"),
}


@dataclass(frozen=True, slots=True)
class BookHeld:
    """One open book and where its pen is; `desk_code` is empty for the server."""

    register_id: UUID
    title: str
    year: int
    desk_code: str
    here: bool
    since: dt.datetime | None

    @property
    def words(self) -> str:
        """The holder as people say it: `máy này`, `máy chủ`, `máy 02 từ 08:15 12/03`."""
        if self.here:
            return _("máy này")
        holder = _("máy {code}").format(code=self.desk_code) if self.desk_code else _("máy chủ")
        if self.since is None or not self.desk_code:
            return holder
        return _("{holder} từ {since}").format(holder=holder, since=short_time(self.since))


@dataclass(frozen=True, slots=True)
class HandOver:
    """One line of a book's custody log, in words; `from_place` is empty where nobody gave anything."""

    at: dt.datetime
    what: str
    from_place: str
    to_place: str
    epoch: int
    next_number: int
    declared_last: int | None
    who: str
    second: str
    reason: str


@dataclass(frozen=True, slots=True)
class OtherDesk:
    """A desk of the agency that could get a pen."""

    id: UUID
    code: str
    name: str
    incarnation: UUID


def short_time(moment: dt.datetime) -> str:
    """Return a moment of this year as `08:15 12/03`, of another one with its year."""
    shown = local(moment)
    return f"{shown:%H:%M %d/%m}" if shown.year == local(now()).year else f"{shown:%H:%M %d/%m/%Y}"


def books_held(connection: Connection, agency: UUID, desk_id: UUID, year: int | None = None) -> list[BookHeld]:
    """Return the open books, of one year or of all, with their holders, in the agency's order.

    A pen of this desk's store as it was before a restore is not here.
    """
    first = (
        select(custody.c.register_id, custody.c.year, custody.c.epoch, func.min(custody.c.at).label("since"))
        .where(custody.c.agency_id == agency)
        .group_by(custody.c.register_id, custody.c.year, custody.c.epoch)
        .subquery()
    )
    rows = connection.execute(
        select(
            register.c.id, register.c.title, register_year.c.year, register_year.c.holder_desk,
            register_year.c.holder_incarnation, desk.c.code, first.c.since,
        )
        .select_from(register)
        .join(
            register_year,
            and_(register_year.c.agency_id == register.c.agency_id, register_year.c.register_id == register.c.id),
        )
        .outerjoin(desk, and_(desk.c.agency_id == register.c.agency_id, desk.c.id == register_year.c.holder_desk))
        .outerjoin(
            first,
            and_(
                first.c.register_id == register.c.id,
                first.c.year == register_year.c.year,
                first.c.epoch == register_year.c.epoch,
            ),
        )
        .where(
            register.c.agency_id == agency,
            register_year.c.state == "OPEN",
            register_year.c.year == year if year is not None else register_year.c.year.is_not(None),
        )
        .order_by(register_year.c.year.desc(), register.c.position)
    )  # fmt: skip
    own = incarnation_of(connection, agency, desk_id)
    return [
        BookHeld(
            row.id, row.title, row.year, (row.code or "?") if row.holder_desk else "",
            row.holder_desk == desk_id and row.holder_incarnation == own, row.since,
        )
        for row in rows
    ]  # fmt: skip


def history_of(connection: Connection, agency: UUID, register_id: UUID, year: int) -> list[HandOver]:
    """Return a book's hand-overs, the newest first."""
    codes: dict[UUID | None, str] = {
        row.id: row.code for row in connection.execute(select(desk.c.id, desk.c.code).where(desk.c.agency_id == agency))
    }
    names: dict[UUID | None, str] = {
        row.id: row.full_name
        for row in connection.execute(select(person.c.id, person.c.full_name).where(person.c.agency_id == agency))
    }
    rows = connection.execute(
        select(custody)
        .where(custody.c.agency_id == agency, custody.c.register_id == register_id, custody.c.year == year)
        .order_by(custody.c.epoch.desc(), custody.c.at.desc(), custody.c.id.desc())
    ).all()

    def place(desk_id: UUID | None) -> str:
        return _("máy chủ") if desk_id is None else _("máy {code}").format(code=codes.get(desk_id, "?"))

    found = []
    for row in rows:
        kind = CustodyKind(row.kind)
        received = kind is CustodyKind.CODE and row.from_desk == row.to_desk
        nobody_before = received or kind is CustodyKind.OPEN
        found.append(
            HandOver(
                row.at, _("nhận bằng mã") if received else _(_KINDS[kind]),
                "" if nobody_before else place(row.from_desk), place(row.to_desk), row.epoch, row.next_number,
                row.declared_last, names.get(row.who1, "?"), names.get(row.who2, "") if row.who2 else "", row.reason,
            )
        )  # fmt: skip
    return found


def other_desks(connection: Connection, agency: UUID, desk_id: UUID) -> list[OtherDesk]:
    """Return the agency's other desks, by code."""
    rows = connection.execute(
        select(desk.c.id, desk.c.code, desk.c.name, desk.c.incarnation)
        .where(desk.c.agency_id == agency, desk.c.id != desk_id)
        .order_by(desk.c.code)
    )
    return [OtherDesk(row.id, row.code, row.name, row.incarnation) for row in rows]


def released_to(connection: Connection, agency: UUID, desk_id: UUID, register_id: UUID, year: int) -> str:
    """Return the code of the desk that got a pen by telephone, from here or from the server, and still has it; else ''."""
    row = connection.execute(
        select(desk.c.code)
        .join_from(custody, desk, and_(desk.c.agency_id == custody.c.agency_id, desk.c.id == custody.c.to_desk))
        .join(
            register_year,
            and_(
                register_year.c.agency_id == custody.c.agency_id,
                register_year.c.register_id == custody.c.register_id,
                register_year.c.year == custody.c.year,
                register_year.c.epoch == custody.c.epoch,
            ),
        )
        .where(
            custody.c.agency_id == agency,
            custody.c.register_id == register_id,
            custody.c.year == year,
            custody.c.kind == CustodyKind.CODE,
            or_(custody.c.from_desk == desk_id, custody.c.from_desk.is_(None)),
            custody.c.to_desk != desk_id,
        )
    ).scalar()
    return row or ""

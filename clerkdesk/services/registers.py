"""Registers (sổ): opening books for a year, presets, and which symbol a document gets.

The agency's head decides which series exist; normative types, copies and advisory bodies must have their own
(NĐ 30/2020 Đ15.1, PL I.I.II.3a, PL I.II.II.1c; Đà Nẵng 8849 Đ8.2a).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, and_, func, insert, select, text

from clerkdesk.data.schema import desk, entry, register, register_year, symbol
from clerkdesk.errors import RuleBroken
from clerkdesk.i18n import N_, _
from clerkdesk.services import numbering
from clerkdesk.services.clock import today
from clerkdesk.services.commands import (
    AddRegister,
    ConfirmLastNumber,
    NewRegister,
    NewSymbol,
    OpenRegisters,
    ReserveNumber,
    Result,
    VoidNumber,
)
from clerkdesk.services.document_types import COPY_TYPES, DOCUMENT_TYPES
from clerkdesk.services.execution import pen_of
from clerkdesk.services.ids import new_id
from clerkdesk.services.lengths import Missing
from clerkdesk.services.reference_code import check_template
from clerkdesk.services.vocabulary import Direction

LETTER = "{number}/{agency}-{unit}"
TYPED = "{number}/{type}-{agency}"
NORMATIVE = "{number}/{year}/{type}-{agency}"


class YearOutOfRange(RuleBroken):
    """A book can be opened for this year, the one before and the one after."""

    sentence = N_("Không mở sổ năm {year}: chỉ mở được sổ từ năm {first} đến năm {last}. Kiểm tra đồng hồ máy tính.")
    field = "year"


class RegisterCodeTaken(RuleBroken):
    """Two registers cannot have one code."""

    sentence = N_("Mã sổ “{code}” đã dùng cho sổ khác. Chọn mã khác.")
    field = "code"


class SymbolTaken(RuleBroken):
    """A type can have one symbol."""

    sentence = N_("Loại văn bản “{document_type}” đã có ký hiệu ở sổ khác. Mỗi loại chỉ thuộc một sổ.")
    field = "document_type"


class NoSymbol(RuleBroken):
    """No register takes this type."""

    sentence = N_("Chưa có sổ nào cho loại “{document_type}”. Bấm Ctrl+G, gõ “so” để tạo sổ.")
    field = "document_type"


class DateInPast(RuleBroken):
    """A reservation must end in the future."""

    sentence = N_("Ngày hết hạn giữ số phải từ hôm nay trở đi.")
    field = "expires_on"


class RegistersOpened(Result):
    """How many books were opened; books already open are left as they are."""

    opened: int = 0


class RegisterAdded(Result):
    """The new register."""

    register_id: UUID


class NumberReserved(Result):
    """The number that is now held."""

    number: int


class NumberVoided(Result):
    """The number that is now void."""

    number: int
    sub_number: str = ""


class NumberingResumed(Result):
    """How many numbers were entered as held (after a restore) or void (a fresh book)."""

    entered: int = 0


@dataclass(frozen=True, slots=True)
class Book:
    """One register in one year, as the registers screen shows it; `state` is empty when the book is not open."""

    register_id: UUID
    direction: Direction
    code: str
    title: str
    year: int
    state: str
    next_number: int
    live: int
    void: int
    reserved: int
    held_here: bool


def arrivals_preset() -> NewRegister:
    """Return the one arrivals register: paper and electronic share one series (NĐ 30/2020 Đ22.2)."""
    return NewRegister(direction=Direction.ARRIVAL, code="DEN", title="Sổ đăng ký văn bản đến")


def copies_preset() -> NewRegister:
    """Return the one series of all copies (NĐ 30/2020 PL I.II.II.1c)."""
    return NewRegister(
        direction=Direction.OUTGOING,
        code="SAO",
        title="Sổ bản sao",
        symbols=tuple(NewSymbol(template=TYPED, document_type=kind.code) for kind in COPY_TYPES),
    )


def normative_preset(types: tuple[str, ...] = ("QĐ", "NQ")) -> tuple[NewRegister, ...]:
    """Return one register per normative type (NĐ 30/2020 Đ15.1a)."""
    names = {kind.code: kind.name for kind in DOCUMENT_TYPES}
    return tuple(
        NewRegister(
            direction=Direction.OUTGOING,
            code=f"QP-{code}",
            title=f"Sổ {names[code].lower()} quy phạm pháp luật",
            symbols=(NewSymbol(template=NORMATIVE, document_type=code, normative=True),),
        )
        for code in types
    )


def common_preset(*, normative: bool = False) -> tuple[NewRegister, ...]:
    """Return the registers of an agency that numbers all its outgoing documents in one series."""
    outgoing = NewRegister(
        direction=Direction.OUTGOING,
        code="DI",
        title="Sổ đăng ký văn bản đi",
        symbols=(
            NewSymbol(template=TYPED),
            NewSymbol(template=LETTER, document_type="CV"),
            NewSymbol(template=LETTER, document_type="TCg"),
        ),
    )
    return (arrivals_preset(), outgoing, copies_preset(), *(normative_preset() if normative else ()))


def per_type_preset(*, normative: bool = False) -> tuple[NewRegister, ...]:
    """Return the registers of an agency that gives every type a series of its own; letters share one."""
    letters = NewRegister(
        direction=Direction.OUTGOING,
        code="CV",
        title="Sổ công văn đi",
        symbols=tuple(
            NewSymbol(template=LETTER, document_type=kind.code) for kind in DOCUMENT_TYPES if not kind.abbreviation
        ),
    )
    typed = tuple(
        NewRegister(
            direction=Direction.OUTGOING,
            code=kind.code,
            title=f"Sổ {kind.name.lower()}",
            symbols=(NewSymbol(template=TYPED, document_type=kind.code),),
        )
        for kind in DOCUMENT_TYPES
        if kind.abbreviation
    )
    return (arrivals_preset(), letters, *typed, copies_preset(), *(normative_preset() if normative else ()))


def advisory_body_preset(code: str, body: str) -> NewRegister:
    """Return the own series of a council, board or team (NĐ 30/2020 PL I.I.II.3a)."""
    return NewRegister(
        direction=Direction.OUTGOING,
        code=code,
        title=f"Sổ văn bản đi {body}",
        symbols=(NewSymbol(template="{number}/{type}-{body}", body=body),),
    )


def create_register(tx: Connection, agency: UUID, facts: NewRegister, position: int) -> UUID:
    """Create a register and its symbols; no book is open yet.

    Raises:
        Missing, RegisterCodeTaken, SymbolTaken, TemplateBroken.
    """
    for field, label in (("code", N_("Mã sổ")), ("title", N_("Tên sổ"))):
        if not getattr(facts, field):
            raise Missing(label=_(label), field=field)
    if tx.execute(select(register.c.id).where(register.c.agency_id == agency, register.c.code == facts.code)).first():
        raise RegisterCodeTaken(code=facts.code)
    register_id = new_id()
    tx.execute(
        insert(register).values(
            agency_id=agency,
            id=register_id,
            direction=facts.direction,
            code=facts.code,
            title=facts.title,
            position=position,
        )
    )
    for wanted in facts.symbols:
        taken = select(symbol.c.id).where(
            symbol.c.agency_id == agency,
            symbol.c.document_type == wanted.document_type,
            symbol.c.normative == int(wanted.normative),
            symbol.c.body == wanted.body,
        )
        if tx.execute(taken).first():
            raise SymbolTaken(document_type=wanted.document_type or "*")
        tx.execute(
            insert(symbol).values(
                agency_id=agency,
                id=new_id(),
                register_id=register_id,
                document_type=wanted.document_type,
                normative=int(wanted.normative),
                body=wanted.body,
                template=check_template(wanted.template),
            )
        )
    return register_id


def open_registers(tx: Connection, command: OpenRegisters, at: dt.datetime) -> RegistersOpened:
    """Open books for a year, each starting at 01; books already open stay as they are.

    An emergency register is left out: its books are its desk's own (`emergency.start_emergency`).

    Raises:
        YearOutOfRange.
    """
    this_year = today().year
    if abs(command.year - this_year) > 1:
        raise YearOutOfRange(year=command.year, first=this_year - 1, last=this_year + 1)
    opened = 0
    for register_id in command.registers:
        known = select(register_year.c.state).where(
            register_year.c.agency_id == command.agency,
            register_year.c.register_id == register_id,
            register_year.c.year == command.year,
        )
        emergency = select(register.c.emergency_of).where(
            register.c.agency_id == command.agency, register.c.id == register_id
        )
        if tx.execute(known).first() is None and tx.execute(emergency).scalar() is None:
            tx.execute(
                insert(register_year).values(
                    agency_id=command.agency,
                    register_id=register_id,
                    year=command.year,
                    next_number=1,
                    state="OPEN",
                    holder_desk=pen_of(command.desk),
                    holder_incarnation=incarnation_of(tx, command.agency, pen_of(command.desk)),
                    opened_at=at,
                    opened_by=command.actor,
                )
            )
            opened += 1
    return RegistersOpened(opened=opened)


def incarnation_of(tx: Connection, agency: UUID, desk_id: UUID | None) -> UUID | None:
    """Return a desk's present incarnation; None for the server, or a desk that is not known."""
    found: UUID | None = tx.execute(
        select(desk.c.incarnation).where(desk.c.agency_id == agency, desk.c.id == desk_id)
    ).scalar()
    return found


def add_register(tx: Connection, command: AddRegister, at: dt.datetime) -> RegisterAdded:
    """Create a register and open its book of a year."""
    position = tx.execute(
        select(func.count()).select_from(register).where(register.c.agency_id == command.agency)
    ).scalar_one()
    register_id = create_register(tx, command.agency, command.register_facts, position)
    opening = OpenRegisters(**command.model_dump(exclude={"register_facts"}), registers=(register_id,))
    open_registers(tx, opening, at)
    return RegisterAdded(subject=register_id, register_id=register_id)


def reserve_number(tx: Connection, command: ReserveNumber, at: dt.datetime) -> NumberReserved:
    """Hold the next number of a book (giữ số).

    Raises:
        DateInPast, ReasonMissing, TooManyReserved, RegisterNotOpen.
    """
    if command.expires_on < today():
        raise DateInPast
    held = numbering.reserve_next(
        tx, _issue(command, command.register_id, command.year, at), command.holder, command.reason, command.expires_on
    )
    return NumberReserved(subject=command.register_id, number=held.number)


def void_number(tx: Connection, command: VoidNumber, at: dt.datetime) -> NumberVoided:
    """Void a number that no document has, for instance a reservation; documents are voided by their own services."""
    numbering.void(
        tx, _issue(command, command.register_id, command.year, at), command.number, command.sub_number, command.reason
    )
    return NumberVoided(subject=command.register_id, number=command.number, sub_number=command.sub_number)


def confirm_last_number(tx: Connection, command: ConfirmLastNumber, at: dt.datetime) -> NumberingResumed:
    """Go on numbering behind the last number that stands on paper: after a restore, or in a fresh book."""
    entered = numbering.resume_behind(
        tx, _issue(command, command.register_id, command.year, at), command.last_number, command.reason
    )
    return NumberingResumed(subject=command.register_id, entered=entered)


def _issue(
    command: ReserveNumber | VoidNumber | ConfirmLastNumber, register_id: UUID, year: int, at: dt.datetime
) -> numbering.Issue:
    return numbering.Issue(command.agency, register_id, year, command.uid, command.actor, command.desk, at)


def symbol_for(tx: Connection, agency: UUID, document_type: str, *, normative: bool, body: str = "") -> UUID:
    """Return the symbol that a document of this type gets: its own, else the one for all types.

    Raises:
        NoSymbol: no register takes it.
    """
    for code in (document_type, ""):
        found: UUID | None = tx.execute(
            select(symbol.c.id).where(
                symbol.c.agency_id == agency,
                symbol.c.document_type == code,
                symbol.c.normative == int(normative),
                symbol.c.body == body,
            )
        ).scalar()
        if found is not None:
            return found
    raise NoSymbol(document_type=document_type)


def arrivals_register(tx: Connection, agency: UUID) -> UUID | None:
    """Return the agency's first arrivals register, or None."""
    found: UUID | None = tx.execute(
        select(register.c.id)
        .where(
            register.c.agency_id == agency,
            register.c.direction == Direction.ARRIVAL,
            register.c.emergency_of.is_(None),
        )
        .order_by(register.c.position)
        .limit(1)
    ).scalar()
    return found


def books(tx: Connection, agency: UUID, year: int, desk_id: UUID) -> list[Book]:
    """Return every register with its book of the year, in the agency's order; emergency registers stand apart."""
    counts = (
        select(
            entry.c.register_id,
            func.count().filter(entry.c.state == "VOID").label("void"),
            func.count().filter(entry.c.state == "RESERVED").label("reserved"),
            func.count().filter(entry.c.state != "LIVE", entry.c.sub_number == "").label("not_live"),
            func.count().filter(entry.c.state == "LIVE").label("live_sub_numbers"),
        )
        .where(entry.c.agency_id == agency, entry.c.year == year)
        .where(text("(entry.state != 'LIVE' OR entry.sub_number != '')"))  # word for word as in the partial index
        .group_by(entry.c.register_id)
        .subquery()
    )
    rows = tx.execute(
        select(register, register_year, *(column for column in counts.c if column.key != "register_id"))
        .select_from(register)
        .outerjoin(
            register_year,
            and_(
                register_year.c.agency_id == register.c.agency_id,
                register_year.c.register_id == register.c.id,
                register_year.c.year == year,
            ),
        )
        .outerjoin(counts, counts.c.register_id == register.c.id)
        .where(register.c.agency_id == agency, register.c.emergency_of.is_(None))
        .order_by(register.c.position)
    ).mappings()
    return [
        Book(
            row[register.c.id],
            Direction(row[register.c.direction]),
            row[register.c.code],
            row[register.c.title],
            year,
            row[register_year.c.state] or "",
            row[register_year.c.next_number] or 1,
            # Every number below the next one has an entry, so the live ones need not be counted.
            (row[register_year.c.next_number] or 1) - 1 - (row["not_live"] or 0) + (row["live_sub_numbers"] or 0),
            row["void"] or 0,
            row["reserved"] or 0,
            row[register_year.c.holder_desk] == desk_id,
        )
        for row in rows
    ]

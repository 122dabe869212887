"""Registers (sổ): opening books for a year, presets, and which symbol a document gets.

The agency's head decides which series exist; normative types, copies and advisory bodies must have their own
(NĐ 30/2020 Đ15.1, PL I.I.II.3a, PL I.II.II.1c; Đà Nẵng 8849 Đ8.2a).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, and_, func, insert, select, text

from clerkdesk.data.schema import agency as agency_table
from clerkdesk.data.schema import entry, register, register_year, symbol, unit
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
from clerkdesk.services.custody import HeldElsewhere, not_recovering, whereabouts
from clerkdesk.services.custody_log import CustodyKind, Step, desk_code, has_server, holding_of, incarnation_of, note
from clerkdesk.services.document_types import COPY_TYPES, DOCUMENT_TYPES, EVERY_TYPE, type_by_code
from clerkdesk.services.execution import pen_of
from clerkdesk.services.ids import new_id
from clerkdesk.services.lengths import Missing
from clerkdesk.services.mark_notes import notes_of
from clerkdesk.services.pen_policy import first_holder, may_open, who_opens
from clerkdesk.services.reference_code import SymbolParts, check_template, notation
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


class CodesCollide(RuleBroken):
    """Two registers would give the same reference codes."""

    sentence = N_(
        "Mẫu ký hiệu này cho ra “{code}” như sổ “{title}”: hai văn bản sẽ trùng số, ký hiệu. Đổi mẫu cho khác, ví dụ thêm tên tổ chức hoặc năm."
    )
    field = "template"


class NoSymbol(RuleBroken):
    """No register takes this type."""

    sentence = N_("Chưa có sổ nào cho loại “{document_type}”. Bấm Ctrl+G, gõ “so” để tạo sổ.")
    field = "document_type"


class OpenedElsewhere(RuleBroken):
    """Only who holds last year's pen, else the server, opens a book, so that it is never opened twice."""

    sentence = N_(
        "Không mở “{title}” năm {year} ở đây: sổ này do {place} mở, nơi giữ quyền cấp số năm trước. Làm ở đó, hoặc khi có kết nối."
    )
    field = "year"


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

    def shown(self) -> tuple[int, ...]:
        """The number, if it was taken from the counter."""
        return (self.number,)


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
        Missing, RegisterCodeTaken, SymbolTaken, TemplateBroken, CodesCollide.
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
    if facts.symbols:
        _refuse_same_codes(tx, agency, register_id)
    return register_id


def _refuse_same_codes(tx: Connection, agency: UUID, register_id: UUID) -> None:
    """See that the register's codes differ from every other's: two documents never share one (NĐ 30/2020 Đ15.1)."""
    this_year = today().year
    short_name = tx.execute(select(agency_table.c.short_name).where(agency_table.c.id == agency)).scalar_one()
    units = ["", *tx.execute(select(unit.c.short_name).where(unit.c.agency_id == agency).distinct()).scalars()]
    rows = tx.execute(
        select(symbol, register.c.title)
        .join_from(
            symbol, register, and_(register.c.agency_id == symbol.c.agency_id, register.c.id == symbol.c.register_id)
        )
        .where(symbol.c.agency_id == agency)
    ).all()
    of_its_own = {(row.document_type, row.normative, row.body) for row in rows}
    others: dict[str, str] = {}
    own: list[str] = []
    for row in rows:
        codes = {row.document_type} if row.document_type else {
            kind.code for kind in EVERY_TYPE if (kind.code, row.normative, row.body) not in of_its_own
        }  # fmt: skip
        shown = {kind.abbreviation for code in codes if (kind := type_by_code(code))}
        notations = [
            notation(row.template, this_year, SymbolParts(abbreviation, short_name, one, row.body))
            for abbreviation in (shown if "{type}" in row.template else [""])
            for one in (units if "{unit}" in row.template else [""])
        ]
        if row.register_id == register_id:
            own += notations
        else:
            others.update(dict.fromkeys(notations, row.title))
    for code in own:
        if code in others:
            raise CodesCollide(code=code, title=others[code])


def open_registers(tx: Connection, command: OpenRegisters, at: dt.datetime) -> RegistersOpened:
    """Open books for a year, each starting at 01; books already open stay as they are.

    In an agency with a server one place alone may open a book (`pen_policy.who_opens`), and its pen goes to whoever
    opens it, or where the agency's policy puts it. A book in which this desk has given numbers that the store does
    not know, because it was restored, is opened suspended: first the last number on paper is confirmed. An emergency
    register is left out: its books are its desk's own (`emergency.start_emergency`).

    Raises:
        YearOutOfRange, OpenedElsewhere.
        HeldElsewhere: another desk holds the book that this desk wants to open.
    """
    this_year = today().year
    if abs(command.year - this_year) > 1:
        raise YearOutOfRange(year=command.year, first=this_year - 1, last=this_year + 1)
    opened = 0
    for register_id in command.registers:
        known = holding_of(tx, command.agency, register_id, command.year)
        pen = pen_of(command.desk)
        if known is not None:
            if pen is not None and known.desk != pen and has_server(tx, command.agency):
                raise HeldElsewhere(**whereabouts(tx, known))
            continue
        if is_emergency(tx, command.agency, register_id):
            continue
        if not may_open(tx, command.agency, command.desk, register_id, command.year, at):
            raise _opened_elsewhere(tx, command, register_id)
        if pen is None:
            not_recovering(tx)
        holder = first_holder(tx, command.agency, command.desk, register_id)
        insert_book(tx, command.agency, register_id, command.year, holder, command.actor, at)
        opened += 1
    return RegistersOpened(opened=opened)


def is_emergency(tx: Connection, agency: UUID, register_id: UUID) -> bool:
    """Say whether a register is some desk's emergency register (sổ tạm khi mất kết nối)."""
    whose = select(register.c.emergency_of).where(register.c.agency_id == agency, register.c.id == register_id)
    return tx.execute(whose).scalar() is not None


def insert_book(
    tx: Connection, agency: UUID, register_id: UUID, year: int, holder: UUID | None, actor: UUID, at: dt.datetime
) -> None:
    """Make the book of a year, with its first holder (None: the server) in the custody log."""
    notes = notes_of(tx)
    code = tx.execute(
        select(register.c.code).where(register.c.agency_id == agency, register.c.id == register_id)
    ).scalar_one()
    is_new = notes.highest(register_id, code, year) == 0
    holder = holder if is_new else None
    incarnation = incarnation_of(tx, agency, holder)
    opening = Step(CustodyKind.OPEN, None, holder, incarnation, 1, 1, actor, at)
    tx.execute(
        insert(register_year).values(
            agency_id=agency,
            register_id=register_id,
            year=year,
            next_number=1,
            state="OPEN" if is_new else "SUSPENDED",
            holder_desk=holder,
            holder_incarnation=incarnation,
            grant_id=note(tx, agency, register_id, year, opening),
            opened_at=at,
            opened_by=actor,
        )
    )
    if holder is not None:
        notes.pen_taken(register_id, year, code, behind=0, epoch=1)


def _opened_elsewhere(tx: Connection, command: OpenRegisters, register_id: UUID) -> OpenedElsewhere:
    opener = who_opens(tx, command.agency, register_id, command.year)
    title = tx.execute(
        select(register.c.title).where(register.c.agency_id == command.agency, register.c.id == register_id)
    ).scalar()
    place = _("máy {code}").format(code=desk_code(tx, command.agency, opener)) if opener else _("máy chủ")
    return OpenedElsewhere(title=title or "?", year=command.year, place=place)


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

"""The office of the tests, Sở Nội vụ tỉnh Sông Hương, and the daily work that tests ask of it."""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from clerkdesk.data.store import Store, open_store
from clerkdesk.data.store_key import load_key
from clerkdesk.places import state_folder
from clerkdesk.services import commands as c
from clerkdesk.services import numbering, opening, passwords, registers
from clerkdesk.services.arrivals import ArrivalRegistered
from clerkdesk.services.clock import now, today
from clerkdesk.services.desk import Desk
from clerkdesk.services.ids import new_id
from clerkdesk.services.office import execute
from clerkdesk.services.outgoing import NumberIssued, outgoing_by_id
from clerkdesk.services.vocabulary import AttachmentRole, OutgoingStatus, Role

AGENCY = "Sở Nội vụ tỉnh Sông Hương"
PASSWORD = "Abcd!234"
ISSUER = "Ủy ban nhân dân tỉnh Sông Hương"

_serial = itertools.count(1)


def setup_command(**changes: Any) -> c.SetUpAgency:
    """Return the first command of the office; its clerk is its administrator too."""
    me = new_id()
    facts: dict[str, Any] = {
        "uid": new_id(),
        "agency": new_id(),
        "actor": me,
        "desk": new_id(),
        "made_at": now(),
        "name": AGENCY,
        "parent_name": ISSUER,
        "short_name": "SNV",
        "organ_id": "H57.15",
        "place": "Sông Hương",
        "administrator": c.NewPerson(
            id=me, username="annv", full_name="Nguyễn Văn An", roles=frozenset({Role.CLERK, Role.ADMINISTRATOR})
        ),
        "password_hash": passwords.hash_password(PASSWORD),
        "units": (c.NewUnit(id=new_id(), name="Văn phòng Sở", short_name="VP"),),
        "registers": registers.common_preset(normative=True),
    }
    return c.SetUpAgency(**(facts | changes))


def open_office(path: Path) -> Desk:
    """Set up the office at `path` and seat its clerk."""
    desk = Desk.open(path)
    execute(desk.store, setup_command())
    desk.refresh()
    desk.log_in("annv", PASSWORD)
    return desk


def forget_mark(folder: Path) -> None:
    """Let the store of an office be one that never had a high-water mark, so that its copies are nobody's copies."""
    store = open_store(folder / "clerkdesk.db", load_key(folder / "clerkdesk.db"))
    with store.writing() as tx:
        tx.execute(text("UPDATE this_desk SET has_mark = 0"))
    store.close()
    shutil.rmtree(state_folder(folder))


def settle(folder: Path) -> Path:
    """Let a copied office be an office of its own, with a mark that believes its store; return the folder."""
    store = open_store(folder / "clerkdesk.db", load_key(folder / "clerkdesk.db"))
    opening.begin_mark(store, state_folder(folder)).close()
    store.close()
    return folder


def arrival_facts(**changes: Any) -> c.ArrivalFacts:
    """Return the facts of an ordinary decision of the province that arrived today."""
    facts: dict[str, Any] = {
        "arrival_date": today(),
        "issuer": ISSUER,
        "code_number": f"{70_000 + next(_serial)}",
        "code_notation": "QĐ-UBND",
        "issued_date": today(),
        "document_type": "QĐ",
        "subject": "Về việc ban hành Kế hoạch cải cách hành chính năm 2026",
    }
    return c.ArrivalFacts(**(facts | changes))


def arrivals_book(desk: Desk) -> UUID:
    """Return the id of the arrivals register."""
    found = desk.read(registers.arrivals_register)
    assert found is not None
    return found


def arrival_command(desk: Desk, *, uid: UUID | None = None, **changes: Any) -> c.RegisterArrival:
    """Return a registration; keywords that the command knows are its own, the others are facts."""
    own = {name: changes.pop(name) for name in list(changes) if name in c.RegisterArrival.model_fields}
    return desk.make(
        c.RegisterArrival, uid=uid, **({"register_id": arrivals_book(desk), "facts": arrival_facts(**changes)} | own)
    )


def register(desk: Desk, **changes: Any) -> ArrivalRegistered:
    """Register an arrival; see `arrival_command`."""
    answer = desk.do(arrival_command(desk, **changes))
    assert isinstance(answer, ArrivalRegistered)
    return answer


def subject_of(answer: c.Result) -> UUID:
    """Return the document that an answer is about."""
    assert answer.subject is not None
    return answer.subject


def reserve(desk: Desk, register_id: UUID, days: int = 7, year: int | None = None) -> int:
    """Hold the next number of a book for the head of the office."""
    answer = desk.do(
        desk.make(
            c.ReserveNumber,
            register_id=register_id,
            year=year or today().year,
            holder="Chánh Văn phòng",
            reason="Chờ hoàn chỉnh hồ sơ",
            expires_on=today() + dt.timedelta(days=days),
        )
    )
    assert isinstance(answer, registers.NumberReserved)
    return answer.number


def void(desk: Desk, register_id: UUID, number: int, sub_number: str = "", year: int | None = None) -> c.Result:
    """Void a number."""
    return desk.do(
        desk.make(
            c.VoidNumber,
            register_id=register_id,
            year=year or today().year,
            number=number,
            sub_number=sub_number,
            reason="Vào sổ nhầm",
        )
    )


def open_year(desk: Desk, year: int) -> None:
    """Open every register's book of a year."""
    books = tuple(book.register_id for book in desk.read(registers.books, year, desk_id(desk)))
    desk.do(desk.make(c.OpenRegisters, year=year, registers=books))


def desk_id(desk: Desk) -> UUID:
    """Return this desk's id."""
    assert desk.facts is not None
    return desk.facts.id


def book(desk: Desk, code: str, year: int | None = None) -> registers.Book:
    """Return the book of a register by its code."""
    return next(one for one in desk.read(registers.books, year or today().year, desk_id(desk)) if one.code == code)


def employ(desk: Desk, username: str, *roles: Role, full_name: str = "Trần Thị Bình") -> UUID:
    """Give somebody an account; the password is everybody's."""
    person = c.NewPerson(id=new_id(), username=username, full_name=full_name, roles=frozenset(roles))
    desk.do(desk.make(c.AddPerson, person=person, password_hash=passwords.hash_password(PASSWORD)))
    return person.id


def dismiss(desk: Desk, person: UUID) -> None:
    """Close somebody's account."""
    desk.do(
        desk.make(c.ChangePerson, person=person, position="", unit=None, roles=frozenset({Role.CLERK}), active=False)
    )


def pdf_file(role: AttachmentRole = AttachmentRole.MAIN, size: int = 1000) -> c.NewFile:
    """Return a file as if its bytes had been taken in."""
    return c.NewFile(
        name="van-ban.pdf", sha256=f"{next(_serial):064x}", size=size, media_type="application/pdf", role=role
    )


def outgoing_facts(desk: Desk, **changes: Any) -> c.OutgoingFacts:
    """Return the facts of an ordinary letter of the office."""
    kind, normative, body = (changes.get(name, other) for name, other in _KIND)
    facts: dict[str, Any] = {
        "document_type": kind,
        "subject": "Về việc báo cáo công tác văn thư, lưu trữ năm 2026",
        "signer_name": "Lê Quang Minh",
        "unit_short_name": "VP",
    }
    if "symbol" not in changes:
        facts["symbol"] = desk.read(registers.symbol_for, kind, normative=normative, body=body)
    return c.OutgoingFacts(**(facts | changes))


_KIND: tuple[tuple[str, Any], ...] = (("document_type", "CV"), ("normative", False), ("body", ""))


def enter(desk: Desk, *, recipients: Any = 1, **changes: Any) -> UUID:
    """Enter a draft of an outgoing document."""
    facts = outgoing_facts(desk, **changes)
    to = tuple(c.Recipient(name=f"Ủy ban nhân dân xã số {place}") for place in range(recipients))
    return subject_of(desk.do(desk.make(c.EnterOutgoing, facts=facts, recipients=to)))


def steps_of(desk: Desk, outgoing: UUID, date: dt.date | None = None) -> dict[str, c.Command]:
    """Return every step that can be asked for a document, by its command's name."""
    return {
        "SubmitForSignature": desk.make(c.SubmitForSignature, outgoing=outgoing, prepared=pdf_file()),
        "RecordLeaderSignature": desk.make(
            c.RecordLeaderSignature, outgoing=outgoing, signed=pdf_file(), certificate="a" * 64
        ),
        "ReturnDraft": desk.make(c.ReturnDraft, outgoing=outgoing, reason="Sai thể thức"),
        "IssueNumber": desk.make(c.IssueNumber, outgoing=outgoing, issued_date=date or today()),
        "RecordSeal": desk.make(c.RecordSeal, outgoing=outgoing, sealed=pdf_file(), certificate="b" * 64),
        "Release": desk.make(c.Release, outgoing=outgoing),
    }


ROUTE = {
    OutgoingStatus.DRAFT: (),
    OutgoingStatus.SUBMITTED_FOR_SIGNATURE: ("SubmitForSignature",),
    OutgoingStatus.RETURNED: ("SubmitForSignature", "ReturnDraft"),
    OutgoingStatus.AWAITING_ISSUE: ("SubmitForSignature", "RecordLeaderSignature"),
    OutgoingStatus.NUMBERED: ("SubmitForSignature", "RecordLeaderSignature", "IssueNumber"),
    OutgoingStatus.SEALED: ("SubmitForSignature", "RecordLeaderSignature", "IssueNumber", "RecordSeal"),
    OutgoingStatus.RELEASED: ("SubmitForSignature", "RecordLeaderSignature", "IssueNumber", "RecordSeal", "Release"),
    OutgoingStatus.VOIDED: ("SubmitForSignature", "RecordLeaderSignature", "IssueNumber", "Void"),
}


def bring_to(desk: Desk, status: OutgoingStatus, recipients: int = 1, **changes: Any) -> UUID:
    """Enter a document and take it along its lawful route up to a state."""
    outgoing = enter(desk, recipients=recipients, **changes)
    for step in ROUTE[status]:
        if step == "Void":
            row = desk.read(outgoing_by_id, outgoing)
            void(desk, row["register_id"], row["number"], year=row["year"])
        else:
            desk.do(steps_of(desk, outgoing)[step])
    return outgoing


def issue(desk: Desk, **changes: Any) -> NumberIssued:
    """Take a document up to its number."""
    outgoing = bring_to(desk, OutgoingStatus.AWAITING_ISSUE, **changes)
    answer = desk.do(desk.make(c.IssueNumber, outgoing=outgoing, issued_date=today()))
    assert isinstance(answer, NumberIssued)
    return answer


def next_number(desk: Desk, year: int | None = None) -> int | None:
    """Return the number that the next arrival would get."""
    return desk.read(numbering.next_number, arrivals_book(desk), year or today().year)


def rows(store: Store, sql: str, **values: object) -> list[Any]:
    """Read the store behind the office's back."""
    with store.reading() as connection:
        return list(connection.execute(text(sql), values))


def count(store: Store, table: str) -> int:
    """Return how many rows a table has."""
    return int(rows(store, f"SELECT count(*) FROM {table}")[0][0])


TABLES = ("entry", "arrival", "outgoing", "dispatch", "attachment", "correction", "audit", "outbox", "draft")


def everything(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Return the whole content of the store but for passwords, to compare before and after."""
    tables = (*TABLES, "register_year", "person", "setting", "learned_suffix", "template")
    return {table: [tuple(row) for row in rows(store, f"SELECT * FROM {table} ORDER BY 1, 2, 3")] for table in tables}

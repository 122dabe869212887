"""An agency with a server and several desks, without a network: what sync does, done by hand and in any order.

A push is the replay of a desk's own audit log; a pull copies the server's records; a call is a command that the server
carries out for itself. Nothing here decides anything about pens.
"""

from __future__ import annotations

import json
from copy import copy
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, insert, select, text, update

from clerkdesk.data import schema
from clerkdesk.data.highwater import Unmarked
from clerkdesk.data.store import Store, open_store
from clerkdesk.errors import ClerkDeskError, NotYet
from clerkdesk.services import commands as c
from clerkdesk.services import passwords, registers
from clerkdesk.services.clock import now, pretending, today
from clerkdesk.services.custody import PenMoved
from clerkdesk.services.custody_by_code import code_of
from clerkdesk.services.execution import Execution
from clerkdesk.services.ids import new_id
from clerkdesk.services.office import HANDLERS, carry_out, earlier_answer, execute
from clerkdesk.services.pen_code import sealed_with
from clerkdesk.services.vocabulary import Role

from .office import PASSWORD, setup_command

CODE_KEY = bytes(range(32))
TERM = "1-a"
_TRAVEL = (
    schema.agency, schema.desk, schema.unit, schema.person, schema.setting, schema.register, schema.symbol,
    schema.register_year, schema.entry, schema.custody,
)  # fmt: skip


class Differs(AssertionError):
    """The server made something else of a command than the desk did."""


class Place:
    """A store and who it is; `desk` None is the server."""

    def __init__(self, agency: Agency, path: Path, desk: UUID | None) -> None:
        self.agency, self.path, self.desk = agency, path, desk
        self.store: Store = open_store(path, bytes(32))
        self.store.mark = Unmarked()  # copies and restores are told apart by hand here
        self.pushed = 0
        self.refused: list[tuple[c.Command, ClerkDeskError]] = []

    # --- giving commands ---------------------------------------------------------------------------------------

    def make(self, kind: type[Any], **facts: Any) -> Any:
        """Return a command of the clerk at this desk."""
        base = {
            "uid": new_id(),
            "agency": self.agency.id,
            "actor": self.agency.clerk,
            "desk": self.desk,
            "made_at": now(),
        }
        return kind(**(base | facts))

    def do(self, command: c.Command) -> Any:
        """Carry a command out at this desk."""
        with sealed_with(lambda: CODE_KEY):
            return execute(self.store, command)

    def give(self, kind: type[Any], **facts: Any) -> Any:
        """Make a command and carry it out at this desk."""
        return self.do(self.make(kind, **facts))

    def number(self, year: int | None = None, register: UUID | None = None) -> int:
        """Take the next number of a book."""
        facts = {"holder": "Văn phòng", "reason": "Chờ ký", "expires_on": today()}
        answer = self.give(
            c.ReserveNumber, register_id=register or self.agency.book, year=year or self.agency.year, **facts
        )
        return int(answer.number)

    def ask(self, command: c.Command, *, hear: bool = True) -> Any:
        """Let the server carry a command out for itself; `hear`: the answer arrives, with the records it changed."""
        answer, changed = self.agency.server.called(command)
        if hear:
            self._copy(changed)
        return answer

    def call(self, kind: type[Any], *, hear: bool = True, **facts: Any) -> Any:
        """Make a command and let the server carry it out."""
        return self.ask(self.make(kind, **facts), hear=hear)

    def called(self, command: c.Command) -> tuple[c.Result, dict[Table, list[dict[str, Any]]]]:
        """At the server: carry out a call; return its answer and the records it changed."""
        before = {table: self.rows(table) for table in _TRAVEL}
        with self.store.writing() as tx:
            answer = earlier_answer(tx, command)
            if answer is None:
                answer, _seq = carry_out(tx, command, now(), Execution(holder=None, at_server=True))
        return answer, {table: [row for row in self.rows(table) if row not in before[table]] for table in _TRAVEL}

    # --- the pen -----------------------------------------------------------------------------------------------

    def take(self, *, hear: bool = True, **facts: Any) -> PenMoved:
        """Ask the server for a pen."""
        answer = self.call(c.TakePen, hear=hear, **(self.agency.pen | facts))
        assert isinstance(answer, PenMoved)
        return answer

    def give_back(self, **facts: Any) -> PenMoved:
        """Return a pen."""
        answer = self.give(c.ReturnPen, **(self.agency.pen | facts))
        assert isinstance(answer, PenMoved)
        return answer

    def release(self, to: Place, **facts: Any) -> str:
        """Release a pen to another desk and return the code."""
        pen = self.agency.pen | facts
        assert to.desk is not None
        self.give(c.ReleasePenByCode, to_desk=to.desk, to_incarnation=self.incarnation(to.desk), **pen)
        return self.code(**pen)

    def code(self, **facts: Any) -> str:
        """Return the code of a released book."""
        pen = self.agency.pen | facts
        with self.store.reading() as connection:
            return code_of(connection, self.agency.id, CODE_KEY, pen["register_id"], pen["year"])

    def enter(self, code: str, **facts: Any) -> PenMoved:
        """Take a pen by its code."""
        answer = self.give(c.TakePenByCode, code=code, **(self.agency.pen | facts))
        assert isinstance(answer, PenMoved)
        return answer

    def book(self, year: int | None = None, register: UUID | None = None) -> Any:
        """Return a book's row here, or None."""
        table = schema.register_year
        with self.store.reading() as connection:
            return connection.execute(
                select(table).where(
                    table.c.register_id == (register or self.agency.book), table.c.year == (year or self.agency.year)
                )
            ).first()

    def holds(self, year: int | None = None) -> bool:
        """Whether this place believes that it holds the book."""
        row = self.book(year)
        return row is not None and row.holder_desk == self.desk

    def incarnation(self, desk: UUID) -> UUID:
        """Return a desk's incarnation as it is known here."""
        found = self.one(select(schema.desk.c.incarnation).where(schema.desk.c.id == desk))
        assert isinstance(found, UUID)
        return found

    def one(self, statement: Any) -> Any:
        """Return the only value of a query."""
        with self.store.reading() as connection:
            return connection.execute(statement).scalar()

    def rows(self, table: Table) -> list[dict[str, Any]]:
        """Return a whole table."""
        with self.store.reading() as connection:
            return [dict(row) for row in connection.execute(select(table)).mappings()]

    def set(self, table: Table, **values: Any) -> None:
        """Change every row of a table behind the office's back."""
        with self.store.writing() as tx:
            tx.execute(update(table).values(**values))

    # --- the network -------------------------------------------------------------------------------------------

    def waiting(self) -> list[Any]:
        """Return the entries of this desk's log that the server has not answered."""
        audit = schema.audit
        with self.store.reading() as connection:
            return list(connection.execute(select(audit).where(audit.c.seq > self.pushed).order_by(audit.c.seq)))

    def push(self, *, hear: bool = True, at_most: int = 1_000) -> bool:
        """Send the log's new entries in order; say whether nothing waits any more."""
        before = self.pushed
        for entry in self.waiting()[:at_most]:
            if not self.agency.server.replay(self, entry):
                break
            self.pushed = entry.seq
        if not hear:
            self.pushed = before
        return not self.waiting()

    def replay(self, sender: Place, entry: Any) -> bool:
        """At the server: carry out a pushed command again; False when it must wait."""
        kind: type[c.Command] = getattr(c, entry.kind)
        facts = json.loads(entry.body) | {
            "uid": entry.command_uid, "agency": self.agency.id, "actor": entry.actor, "desk": entry.desk,
            "made_at": entry.made_at,
        }  # fmt: skip
        facts |= dict.fromkeys(kind.not_recorded, "x")
        command = kind.model_validate_json(json.dumps(facts, default=str))
        try:
            with self.store.writing() as tx, pretending(entry.recorded_at):
                answer = earlier_answer(tx, command)
                if answer is None:
                    answer, _seq = carry_out(
                        tx, command, entry.recorded_at, Execution(holder=sender.desk, at_server=True)
                    )
        except NotYet:
            return False
        except ClerkDeskError as error:
            sender.refused.append((command, error))
            return True
        there = HANDLERS[kind][1].model_validate_json(entry.result)
        if answer != there:
            raise Differs(f"{entry.kind}: {there} at the desk, {answer} at the server")
        return True

    def pull(self) -> None:
        """Copy the server's records; only while nothing waits to be pushed."""
        assert not self.waiting()
        self._copy({table: self.agency.server.rows(table) for table in _TRAVEL})

    def _copy(self, tables: dict[Table, list[dict[str, Any]]]) -> None:
        with self.store.writing() as tx:
            tx.execute(text("INSERT INTO applying VALUES (1)"))
            for table, theirs in tables.items():
                _copy_table(tx, table, theirs)
            tx.execute(text("DELETE FROM applying"))

    def close(self) -> None:
        """Close the store."""
        self.store.close()


def _copy_table(tx: Connection, table: Table, theirs: list[dict[str, Any]]) -> None:
    keys = [column.name for column in table.primary_key]
    ours = {tuple(row[key] for key in keys): dict(row) for row in tx.execute(select(table)).mappings()}
    for row in theirs:
        mine = ours.get(tuple(row[key] for key in keys))
        if mine is None:
            tx.execute(insert(table).values(**row))
        elif changed := {name: value for name, value in row.items() if mine[name] != value}:
            tx.execute(update(table).where(*(table.c[key] == row[key] for key in keys)).values(**changed))


class Agency:
    """A server and its desks, all of one agency; desk 01 has brought it."""

    def __init__(self, folder: Path, desks: int = 3, policy: str = "desk") -> None:
        setup = setup_command(registers=registers.common_preset())
        self.id, self.clerk = setup.agency, setup.actor
        self.year = today().year
        self.server = Place(self, folder / "server.db", None)
        with self.server.store.writing() as tx:
            tx.execute(insert(schema.server).values(one=1, term=TERM, state="SERVING", since=now()))
        first = Place(self, folder / "01.db", setup.desk)
        self.desks = [first]
        first.do(setup)
        book = first.one(select(schema.register.c.id).where(schema.register.c.code == "DEN"))
        assert isinstance(book, UUID)
        self.book = book
        self.leader = self.employ("minhlq", Role.LEADER)
        self.specialist = self.employ("binhtt", Role.SPECIALIST)
        self.administrator = self.employ("quantri", Role.ADMINISTRATOR)
        if policy != "desk":
            first.give(c.ChangeSetting, name="pen_policy", value=json.dumps(policy))
        first.push()
        self._trust(first, "01")
        for place in range(2, desks + 1):
            self._enrol(folder, f"{place:02d}")
        for desk in self.desks:
            desk.push()
            desk.pull()

    @property
    def pen(self) -> dict[str, Any]:
        """The arrivals book of this year, as commands name it."""
        return {"register_id": self.book, "year": self.year}

    def register(self, code: str) -> UUID:
        """Return a register by its code."""
        found = self.server.one(select(schema.register.c.id).where(schema.register.c.code == code))
        assert isinstance(found, UUID)
        return found

    def employ(self, username: str, *roles: Role) -> UUID:
        """Give somebody an account, before there is a server."""
        person = c.NewPerson(id=new_id(), username=username, full_name="Trần Thị Bình", roles=frozenset(roles))
        self.desks[0].give(c.AddPerson, person=person, password_hash=passwords.hash_password(PASSWORD))
        return person.id

    def settle(self, *without: Place) -> None:
        """Bring everybody to the same state."""
        alive = [desk for desk in self.desks if desk not in without]
        while any(not desk.push() for desk in alive):
            pass  # who waits for another one goes on in the next round
        for desk in alive:
            desk.pull()

    def copied(self, folder: Path) -> Agency:
        """Return the same agency in another folder, to which its closed stores have been copied."""
        other = copy(self)
        names = {place: folder / place.path.name for place in (self.server, *self.desks)}
        other.server = Place(other, names[self.server], None)
        other.desks = [Place(other, names[desk], desk.desk) for desk in self.desks]
        for mine, theirs in zip(other.desks, self.desks, strict=True):
            mine.pushed = theirs.pushed
        return other

    def close(self) -> None:
        """Close all stores."""
        for place in (self.server, *self.desks):
            place.close()

    def _trust(self, desk: Place, code: str) -> None:
        assert desk.desk is not None
        incarnation = self.server.incarnation(desk.desk)
        with self.server.store.writing() as tx:
            tx.execute(
                insert(schema.desk_key).values(
                    agency_id=self.id, desk_id=desk.desk, public_key="", incarnation=incarnation, state="ACTIVE"
                )
            )
        with desk.store.writing() as tx:
            tx.execute(update(schema.this_desk).values(server_url="https://may-chu.example"))

    def _enrol(self, folder: Path, code: str) -> None:
        desk = Place(self, folder / f"{code}.db", new_id())
        with self.server.store.writing() as tx:
            tx.execute(
                insert(schema.desk).values(
                    agency_id=self.id, id=desk.desk, code=code, name=f"Văn thư {code}", incarnation=new_id(),
                    created_at=now(),
                )
            )  # fmt: skip
        desk.pull()
        with desk.store.writing() as tx:
            tx.execute(insert(schema.this_desk).values(agency_id=self.id, desk_id=desk.desk))
        self._trust(desk, code)
        self.desks.append(desk)

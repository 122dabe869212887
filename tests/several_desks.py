"""Three desks of one office and the store in the middle that they meet in: what ADR 17 says of them, and no network.

Every command is carried out by the office's own handlers, at the desk and then once more in the middle. Only the way
between them is the tests': it can be cut, and an answer can be lost on it.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import text

from clerkdesk.data.schema import metadata
from clerkdesk.services import commands as c
from clerkdesk.services.arrivals import ArrivalRegistered
from clerkdesk.services.clock import pretending
from clerkdesk.services.desk import Desk
from clerkdesk.services.emergency import EmergencyStarted, OpenOutage, open_outage
from clerkdesk.services.emergency_book import desk_contacts, proposal
from clerkdesk.services.emergency_conversion import EmergencyConverted
from clerkdesk.services.emergency_lines import in_emergency
from clerkdesk.services.execution import Execution
from clerkdesk.services.office import HANDLERS, carry_out, earlier_answer

from .office import PASSWORD, arrival_command, arrivals_book, desk_id, rows

COMMANDS = {kind.__name__: kind for kind in HANDLERS}
TRAVELLING = {  # name: columns that a change may not touch
    "register": (), "register_year": (), "entry": ("command_uid", "registered_at", "registered_by"), "arrival": ("row",),
    "correction": None, "attachment": (), "outage": (), "emergency_line": (),
}  # fmt: skip


class Workplace:
    """A desk with its own clock, which is `skew` ahead of the true one, and what it has sent."""

    def __init__(self, folder: Path, code: str) -> None:
        self.folder, self.code = folder, code
        self.skew = dt.timedelta()
        self.sent = 0
        self.open()

    def open(self) -> None:
        self.desk = Desk.open(self.folder / "clerkdesk.db")
        self.desk.log_in("annv", PASSWORD)

    def close(self) -> None:
        self.desk.close()

    @property
    def id(self) -> UUID:
        return desk_id(self.desk)

    @property
    def outage(self) -> OpenOutage | None:
        return self.desk.read(open_outage, self.id)


class SeveralDesks:
    """The office: `time` is the true one."""

    def __init__(self, furnished: Path, folder: Path, time: dt.datetime, codes: tuple[str, ...] = ("01", "02", "03")):
        self.time = time.astimezone(dt.UTC)
        self.middle = _copy(furnished, folder / "middle", codes, None)
        self.places = {code: Workplace(_folder(furnished, folder / code, codes, code), code) for code in codes}
        for place in self.places.values():
            place.sent = rows(place.desk.store, "SELECT max(seq) FROM audit")[0][0]
        self._know_each_other()
        self.arrivals = arrivals_book(self.places[codes[0]].desk)

    def _know_each_other(self) -> None:
        """Tell every store each desk's incarnation: a copied store has begun a new one when it was opened."""
        for place in self.places.values():
            ((own,),) = rows(place.desk.store, "SELECT incarnation FROM desk WHERE id = :id", id=str(place.id))
            for store in (self.middle.store, *(other.desk.store for other in self.places.values())):
                with store.writing() as tx:
                    told = {"own": own, "id": str(place.id)}
                    tx.execute(text("UPDATE desk SET incarnation = :own WHERE id = :id"), told)

    def close(self) -> None:
        self.middle.close()
        for place in self.places.values():
            place.close()

    def forward(self, **span: float) -> None:
        self.time += dt.timedelta(**span)

    @contextmanager
    def at(self, place: Workplace) -> Iterator[Desk]:
        """Work at a desk, by its clock."""
        self.time += dt.timedelta(milliseconds=1)
        with pretending(self.time + place.skew):
            yield place.desk

    # -- the way --------------------------------------------------------------------------------------------------

    def call(self, place: Workplace, command: c.Command) -> c.Result:
        """Have a command carried out in the middle."""
        self.time += dt.timedelta(milliseconds=1)
        with pretending(self.time), self.middle.store.writing() as tx:
            earlier = earlier_answer(tx, command)
            return earlier or carry_out(tx, command, self.time, Execution(None, at_server=True))[0]

    def meet(self, place: Workplace) -> None:
        """Send what the desk has done, take what the others have done, and compare the clocks."""
        self.push(place)
        self.pull(place)

    def push(self, place: Workplace) -> None:
        """Carry out the desk's commands in the middle, with the same outcome."""
        for one in rows(place.desk.store, "SELECT * FROM audit WHERE seq > :sent ORDER BY seq", sent=place.sent):
            kind = COMMANDS[one.kind]
            given = {name: getattr(one, name) for name in ("actor", "desk", "made_at")}
            command = kind.model_validate(
                {**json.loads(one.body), **given, "uid": one.command_uid, "agency": one.agency_id}
            )
            at = dt.datetime.fromisoformat(one.recorded_at)
            with pretending(at), self.middle.store.writing() as tx:
                if earlier_answer(tx, command) is None:
                    result, _seq = carry_out(tx, command, at, Execution(place.id, at_server=True))
                    assert result.model_dump_json(exclude_defaults=True) == one.result, one.kind
            place.sent = one.seq

    def pull(self, place: Workplace) -> None:
        """Take the records of the middle as they are."""
        with place.desk.store.writing() as tx:
            tx.execute(text("INSERT INTO applying (one) VALUES (1)"))
            for name, fixed in TRAVELLING.items():
                self._take(tx, name, fixed)
            tx.execute(text("DELETE FROM applying"))
            tx.execute(text("UPDATE this_desk SET clock_offset = :ms"), {"ms": int(-place.skew.total_seconds() * 1000)})

    def _take(self, tx: Any, name: str, fixed: tuple[str, ...] | None) -> None:
        key = ("agency_id", "id") if name == "arrival" else tuple(metadata.tables[name].primary_key.columns.keys())
        for row in rows(self.middle.store, f"SELECT * FROM {name}"):
            record = {column: value for column, value in row._mapping.items() if column != "row"}
            free = [column for column in record if column not in (*key, *(fixed or ()))]
            change = "UPDATE SET " + ", ".join(f"{one} = excluded.{one}" for one in free)
            tx.execute(
                text(
                    f"INSERT INTO {name} ({', '.join(record)}) VALUES ({', '.join(':' + one for one in record)})"
                    f" ON CONFLICT ({', '.join(key)}) DO {'NOTHING' if fixed is None else change}"
                ),
                record,
            )

    # -- the work -------------------------------------------------------------------------------------------------

    def start(self, place: Workplace, **changes: Any) -> EmergencyStarted:
        """Open the emergency register at a desk."""
        with self.at(place) as desk:
            answer = desk.do(start_command(desk, self.time + place.skew, **changes))
        assert isinstance(answer, EmergencyStarted)
        return answer

    def end(self, place: Workplace) -> None:
        """End the outage at a desk."""
        assert place.outage is not None
        with self.at(place) as desk:
            desk.do(desk.make(c.EndEmergency, outage=place.outage.id))

    def form(self, place: Workplace, **changes: Any) -> c.RegisterArrival:
        """Fill in a form at a desk; nothing is saved."""
        with self.at(place) as desk:
            return arrival_command(desk, register_id=self.arrivals, **changes)

    def enter(self, place: Workplace, form: c.RegisterArrival | None = None, **changes: Any) -> ArrivalRegistered:
        """Save a form in the emergency register."""
        form = form or self.form(place, **changes)
        with self.at(place) as desk:
            assert place.outage is not None
            answer = desk.do(desk.read(in_emergency, form, place.outage))
        assert isinstance(answer, ArrivalRegistered)
        return answer

    def convert(self, place: Workplace) -> list[EmergencyConverted]:
        """Convert all lines that a desk sees, in the order that it proposes; the numbers come from the middle."""
        answers = []
        for command in self.conversion(place):
            answer = self.call(place, command)
            assert isinstance(answer, EmergencyConverted)
            answers.append(answer)
        self.pull(place)
        return answers

    def conversion(self, place: Workplace) -> list[c.ConvertEmergency]:
        """Return the commands that a clerk would confirm."""
        with self.at(place) as desk:
            missing = [one.id for one in desk.read(desk_contacts, place.id) if one.may_have_lines]
            return [
                desk.make(
                    c.ConvertEmergency, register_id=batch.register_id, year=batch.year,
                    documents=tuple(line.document for line in batch.lines), without_desks=tuple(missing),
                )
                for batch in desk.read(proposal)
            ]  # fmt: skip


def start_command(desk: Desk, at: dt.datetime, **changes: Any) -> c.StartEmergency:
    """Return the command that opens the emergency register, allowed by the head of the office for a day."""
    facts: dict[str, Any] = {
        "cause": "Mất mạng nội bộ", "authorised_by": "Phạm Thu Hà, Chánh Văn phòng", "reported_to": "Tổ công nghệ thông tin",
        "authorised_until": at + dt.timedelta(hours=23),
    }  # fmt: skip
    return desk.make(c.StartEmergency, **(facts | changes))


def _copy(furnished: Path, folder: Path, codes: tuple[str, ...], own: str | None) -> Desk:
    return Desk.open(_folder(furnished, folder, codes, own) / "clerkdesk.db")


def _folder(furnished: Path, folder: Path, codes: tuple[str, ...], own: str | None) -> Path:
    """Copy the store of an office with its desks, whose books are in the middle; the first copy makes it."""
    ready = furnished.with_name(f"{furnished.name}-{'-'.join(codes)}-{own}")
    if not ready.exists():
        _prepare(furnished, ready, codes, own)
    shutil.copytree(ready, folder)
    return folder


def _prepare(furnished: Path, folder: Path, codes: tuple[str, ...], own: str | None) -> None:
    shutil.copytree(furnished, folder)
    desk = Desk.open(folder / "clerkdesk.db")
    with desk.store.writing() as tx:
        first = tx.execute(text("SELECT * FROM desk")).one()
        for code in codes:
            new = {**first._mapping, "id": str(uuid5(UUID(first.id), code)), "code": code, "name": f"Văn thư {code}"}
            if code == first.code:
                continue
            tx.execute(text(f"INSERT INTO desk ({', '.join(new)}) VALUES ({', '.join(':' + one for one in new)})"), new)
        tx.execute(text("UPDATE register_year SET holder_desk = NULL, holder_incarnation = NULL"))
        policy = {"agency": first.agency_id, "value": json.dumps("server")}  # next year's books too
        tx.execute(text("INSERT INTO setting (agency_id, name, value) VALUES (:agency, 'pen_policy', :value)"), policy)
        if own is None:
            tx.execute(text("DELETE FROM this_desk"))
        else:
            tx.execute(
                text(
                    "UPDATE this_desk SET desk_id = (SELECT id FROM desk WHERE code = :own), server_url = 'https://x'"
                ),
                {"own": own},
            )
    desk.close()

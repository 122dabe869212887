"""Setting up: the agency, its first desk, its first user, its registers, the directory (Đà Nẵng 8849 Đ13.5a)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, insert, select

from clerkdesk.data.schema import agency, desk, this_desk, unit
from clerkdesk.errors import BadInput, RuleBroken
from clerkdesk.i18n import N_, _
from clerkdesk.services.clock import local, now
from clerkdesk.services.commands import NewPerson, OpenRegisters, Result, SetUpAgency
from clerkdesk.services.directory import DIRECTORY_FILE, import_directory
from clerkdesk.services.execution import at_server
from clerkdesk.services.ids import new_id
from clerkdesk.services.lengths import Missing
from clerkdesk.services.passwords import hash_password
from clerkdesk.services.people import create_person
from clerkdesk.services.registers import common_preset, create_register, open_registers, per_type_preset
from clerkdesk.services.vocabulary import Role


class AgencyAlreadySetUp(RuleBroken):
    """The store belongs to an agency."""

    sentence = N_("Kho này đã thuộc cơ quan “{name}”. Muốn làm lại từ đầu, chọn thư mục dữ liệu khác.")


@dataclass(frozen=True, slots=True)
class AgencyFacts:
    """The agency that a desk works for."""

    id: UUID
    name: str
    parent_name: str
    short_name: str
    organ_id: str
    place: str
    address: str
    contact: str


@dataclass(frozen=True, slots=True)
class DeskFacts:
    """This desk."""

    id: UUID
    code: str
    name: str


def set_up_agency(tx: Connection, command: SetUpAgency, at: dt.datetime) -> Result:
    """Make everything that a desk needs before the first document.

    Raises:
        AgencyAlreadySetUp, Missing, UsernameWrong, RegisterCodeTaken, SymbolTaken, TemplateBroken.
    """
    known = select(agency.c.name)
    # A desk is one agency's; the server has many.
    existing = tx.execute(known.where(agency.c.id == command.agency) if at_server() else known).scalar()
    if existing is not None:
        raise AgencyAlreadySetUp(name=existing)
    for field, label in (("name", N_("Tên cơ quan")), ("short_name", N_("Tên viết tắt"))):
        if not getattr(command, field):
            raise Missing(label=_(label), field=field)
    tx.execute(
        insert(agency).values(
            id=command.agency,
            name=command.name,
            parent_name=command.parent_name,
            short_name=command.short_name,
            organ_id=command.organ_id,
            place=command.place,
            address=command.address,
            contact=command.contact,
            created_at=at,
        )
    )
    tx.execute(
        insert(desk).values(
            agency_id=command.agency,
            id=command.desk,
            code=command.desk_code,
            name=command.desk_name,
            incarnation=new_id(),
            created_at=at,
        )
    )
    if not at_server():
        tx.execute(insert(this_desk).values(agency_id=command.agency, desk_id=command.desk))
    for one in command.units:
        tx.execute(insert(unit).values(agency_id=command.agency, id=one.id, name=one.name, short_name=one.short_name))
    create_person(tx, command.agency, command.administrator, command.password_hash, at)
    made = tuple(create_register(tx, command.agency, facts, place) for place, facts in enumerate(command.registers))
    opening = OpenRegisters(
        uid=command.uid, agency=command.agency, actor=command.actor, desk=command.desk, made_at=command.made_at,
        year=local(at).year, registers=made,
    )  # fmt: skip
    open_registers(tx, opening, at)
    if not at_server():
        with DIRECTORY_FILE.open(encoding="utf-8", newline="") as lines:
            import_directory(tx, lines)
    return Result(subject=command.agency)


def agency_of_store(connection: Connection) -> AgencyFacts | None:
    """Return the agency of this desk's store, or None before the set-up."""
    row = connection.execute(
        select(agency).join(this_desk, this_desk.c.agency_id == agency.c.id)
    ).mappings().first()  # fmt: skip
    return None if row is None else AgencyFacts(**{name: row[name] for name in AgencyFacts.__dataclass_fields__})


def desk_of_store(connection: Connection) -> DeskFacts | None:
    """Return this desk, or None before the set-up."""
    row = connection.execute(
        select(desk.c.id, desk.c.code, desk.c.name).join(
            this_desk, (this_desk.c.agency_id == desk.c.agency_id) & (this_desk.c.desk_id == desk.c.id)
        )
    ).first()
    return None if row is None else DeskFacts(row.id, row.code, row.name)


class PresetUnknown(BadInput):
    """There is no such preset of registers."""

    sentence = N_("Mẫu sổ là 1, 2, 1q hoặc 2q. Bấm F1 để xem giải thích.")
    field = "preset"


def set_up_command(facts: dict[str, str], preset: str, password: str) -> SetUpAgency:
    """Make the first command of a store from the first start's form.

    Args:
        facts: name, parent_name, short_name, organ_id, place, and full_name, username of the first clerk.
        preset: `1` one common outgoing series, `2` one per type; with `q` normative series apart (NĐ 30/2020 Đ15.1).
        password: checked before.

    Raises:
        PresetUnknown.
    """
    presets = {"1": common_preset, "2": per_type_preset}
    make = presets.get(preset.lower().removesuffix("q"))
    if make is None:
        raise PresetUnknown
    person = new_id()
    return SetUpAgency(
        uid=new_id(),
        agency=new_id(),
        actor=person,
        desk=new_id(),
        made_at=now(),
        name=facts["name"],
        parent_name=facts["parent_name"],
        short_name=facts["short_name"],
        organ_id=facts["organ_id"],
        place=facts["place"],
        desk_name="Văn thư 1",
        administrator=NewPerson(
            id=person,
            username=facts["username"].lower(),
            full_name=facts["full_name"],
            position="Văn thư",
            roles=frozenset({Role.CLERK, Role.ADMINISTRATOR}),
        ),
        password_hash=hash_password(password),
        registers=make(normative=preset.lower().endswith("q")),
    )

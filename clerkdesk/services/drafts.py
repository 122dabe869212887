"""What a person has typed and not saved: kept at every field exit, offered again after a crash. Templates too."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, select, update

from clerkdesk.data.prepared import Prepared
from clerkdesk.data.schema import call, draft, template
from clerkdesk.data.upsert import prepared_upsert
from clerkdesk.errors import RuleBroken
from clerkdesk.i18n import N_
from clerkdesk.services.commands import Result, SaveTemplate
from clerkdesk.services.ids import new_id


class TemplateNameMissing(RuleBroken):
    """A template needs a name."""

    sentence = N_("Đặt tên cho mẫu để tìm lại được.")
    field = "name"


@dataclass(frozen=True, slots=True)
class Draft:
    """A form that was not saved: what each field held, as typed."""

    uid: UUID
    kind: str
    fields: dict[str, str]
    saved_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Template:
    """Fields to start a form from."""

    name: str
    fields: dict[str, str]


_drop = Prepared(
    delete(draft).where(draft.c.agency_id == bindparam("agency"), draft.c.uid == bindparam("uid_"))
)  # fmt: skip


_keep_draft = prepared_upsert(
    draft,
    ("agency_id", "uid", "person_id", "kind", "fields", "saved_at"),
    ("agency_id", "uid"),
    {"fields": "excluded.fields", "saved_at": "excluded.saved_at"},
)
_keep_template = prepared_upsert(
    template,
    ("agency_id", "id", "kind", "name", "fields"),
    ("agency_id", "kind", "name"),
    {"fields": "excluded.fields"},
)


def keep_draft(
    tx: Connection, agency: UUID, person: UUID, uid: UUID, kind: str, fields: dict[str, str], at: dt.datetime
) -> None:
    """Keep what a form holds; an earlier keeping of the same form is replaced."""
    _keep_draft(
        tx, agency_id=agency, uid=uid, person_id=person, kind=kind,
        fields=json.dumps(fields, ensure_ascii=False), saved_at=at,
    )  # fmt: skip


def drop_draft(tx: Connection, agency: UUID, uid: UUID) -> None:
    """Forget a draft: its form was saved, left on purpose, or must not be kept."""
    _drop(tx, agency=agency, uid_=uid)


def give_up_call(tx: Connection, agency: UUID, uid: UUID) -> None:
    """Never ask the server by itself for a command whose form the person has thrown away."""
    tx.execute(
        update(call)
        .where(call.c.agency_id == agency, call.c.command_uid == uid, call.c.state == "ASKED")
        .values(state="REFUSED")
    )


def drafts_of(connection: Connection, agency: UUID, person: UUID, kind: str) -> list[Draft]:
    """Return a person's drafts of one kind of form, the last kept first."""
    rows = connection.execute(
        select(draft)
        .where(draft.c.agency_id == agency, draft.c.person_id == person, draft.c.kind == kind)
        .order_by(draft.c.saved_at.desc())
    )
    return [Draft(row.uid, row.kind, json.loads(row.fields), row.saved_at) for row in rows]


def save_template(tx: Connection, command: SaveTemplate, at: dt.datetime) -> Result:
    """Keep a template; one of the same name is replaced.

    Raises:
        TemplateNameMissing.
    """
    if not command.name:
        raise TemplateNameMissing
    json.loads(command.fields)
    _keep_template(
        tx, agency_id=command.agency, id=new_id(), kind=command.kind, name=command.name, fields=command.fields
    )  # fmt: skip
    return Result()


def templates_of(connection: Connection, agency: UUID, kind: str) -> list[Template]:
    """Return the agency's templates for a form, by name."""
    rows = connection.execute(
        select(template.c.name, template.c.fields)
        .where(template.c.agency_id == agency, template.c.kind == kind)
        .order_by(template.c.name)
    )
    return [Template(row.name, json.loads(row.fields)) for row in rows]

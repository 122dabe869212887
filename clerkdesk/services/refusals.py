"""The attention tray: commands that the server has refused, with everything that was entered, until they are settled."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from clerkdesk.data.schema import person, refusal
from clerkdesk.errors import RuleBroken
from clerkdesk.i18n import N_
from clerkdesk.services.commands import Result, SettleRefusal
from clerkdesk.services.numbering import ReasonMissing


class RefusalUnknown(RuleBroken):
    """There is no such line in the tray, or it is settled."""

    sentence = N_("Việc này không còn trong khay cần xem. Làm mới màn hình.")


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused command: what was asked by whom, why not, and the number that is held for it."""

    uid: UUID
    kind: str
    who: str
    made_at: dt.datetime
    refused_at: dt.datetime
    code: str
    sentence: str
    subject: UUID | None
    body: dict[str, Any]
    register_id: UUID | None  # of the number that is held
    year: int | None
    number: int | None


def settle_refusal(tx: Connection, command: SettleRefusal, at: dt.datetime) -> Result:
    """Close a line of the tray; what else was refused about the same document follows it to the new one.

    Raises:
        RefusalUnknown; ReasonMissing: dropped without saying why.
    """
    if command.resent_as is None and not command.reason:
        raise ReasonMissing
    key = (refusal.c.agency_id == command.agency, refusal.c.state == "OPEN")
    row = tx.execute(select(refusal.c.subject).where(*key, refusal.c.command_uid == command.refused)).first()
    if row is None:
        raise RefusalUnknown
    tx.execute(
        update(refusal)
        .where(*key, refusal.c.command_uid == command.refused)
        .values(state="RESENT" if command.resent_as else "DROPPED", settled_at=at, settled_by=command.actor)
    )
    # A document's id is the uid of the command that entered it.
    if command.resent_as is not None and row.subject == command.refused:
        tx.execute(
            update(refusal)
            .where(*key, refusal.c.subject == command.refused)
            .values(
                subject=command.resent_as,
                body=func.replace(refusal.c.body, str(command.refused), str(command.resent_as)),
            )
        )
    return Result(subject=command.resent_as)


def _open(agency: UUID, desk: UUID) -> ColumnElement[bool]:
    return and_(refusal.c.agency_id == agency, refusal.c.state == "OPEN", refusal.c.desk == desk)


def open_refusals(connection: Connection, agency: UUID, desk: UUID) -> list[Refused]:
    """Return what lies in a desk's tray, the oldest first."""
    rows = connection.execute(
        select(refusal, person.c.full_name)
        .join_from(
            refusal, person, (person.c.agency_id == refusal.c.agency_id) & (person.c.id == refusal.c.actor), isouter=True
        )
        .where(_open(agency, desk))
        .order_by(refusal.c.made_at)
    )  # fmt: skip
    return [
        Refused(
            row.command_uid, row.kind, row.full_name or "?", row.made_at, row.refused_at, row.code, row.sentence,
            row.subject, json.loads(row.body), row.register_id, row.year, row.number,
        )
        for row in rows
    ]  # fmt: skip


def open_count(connection: Connection, agency: UUID, desk: UUID) -> int:
    """Return how many lines lie in a desk's tray."""
    return connection.execute(select(func.count()).select_from(refusal).where(_open(agency, desk))).scalar_one()

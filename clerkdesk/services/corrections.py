"""Corrections keep the old value, who, when and why; nothing is overwritten unseen (Tây Ninh 59/2014 Đ8.2; Hà Nam 44/2024 Đ13)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select

from clerkdesk.data.columns import utc_text
from clerkdesk.data.schema import correction
from clerkdesk.services.commands import Command
from clerkdesk.services.ids import new_id


def keep_old_values(
    tx: Connection,
    command: Command,
    document: UUID,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    reason: str,
    at: dt.datetime,
) -> list[str]:
    """Write one line per changed field.

    Returns: the names of the changed fields.
    """
    changed = [field for field, value in new.items() if _text(old[field]) != _text(value)]
    if changed:
        tx.execute(
            insert(correction),
            [
                {
                    "agency_id": command.agency,
                    "id": new_id(),
                    "document_id": document,
                    "command_uid": command.uid,
                    "field": field,
                    "old_value": _text(old[field]),
                    "new_value": _text(new[field]),
                    "reason": reason,
                    "corrected_at": at,
                    "corrected_by": command.actor,
                }
                for field in changed
            ],
        )
    return changed


def corrections_of(connection: Connection, agency: UUID, document: UUID) -> list[dict[str, Any]]:
    """Return a document's corrections, oldest first."""
    rows = connection.execute(
        select(correction)
        .where(correction.c.agency_id == agency, correction.c.document_id == document)
        .order_by(correction.c.corrected_at, correction.c.id)
    )
    return [dict(row) for row in rows.mappings()]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return utc_text(value)
    return str(int(value)) if isinstance(value, int) else str(value)

"""Voiding a number (hủy số), whatever has it: an arrival, an outgoing document, or nobody yet."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, select

from clerkdesk.data.schema import entry, register
from clerkdesk.services.arrivals import void_arrival
from clerkdesk.services.commands import VoidNumber
from clerkdesk.services.emergency_lines import refuse_converted
from clerkdesk.services.outgoing import void_outgoing
from clerkdesk.services.registers import NumberVoided, void_number
from clerkdesk.services.vocabulary import Direction


def void_entry(tx: Connection, command: VoidNumber, at: dt.datetime) -> NumberVoided:
    """Void a number of a book; number, reason and content stay (NĐ 30/2020 Đ15.1, Đ18.3).

    Raises:
        NumberUnknown, AlreadyVoid, ReasonMissing; WrongStep: the document is released; AlreadyConverted: the number is
            a line of the emergency register that has its ordinary number.
    """
    row = tx.execute(
        select(entry.c.document_id, register.c.direction)
        .join_from(
            entry, register, (register.c.agency_id == entry.c.agency_id) & (register.c.id == entry.c.register_id)
        )
        .where(
            entry.c.agency_id == command.agency,
            entry.c.register_id == command.register_id,
            entry.c.year == command.year,
            entry.c.number == command.number,
            entry.c.sub_number == command.sub_number,
        )
    ).first()
    if row is None or row.document_id is None:
        return void_number(tx, command, at)
    refuse_converted(tx, command.agency, row.document_id, command.register_id)
    void_document = void_arrival if row.direction == Direction.ARRIVAL else void_outgoing
    document = void_document(tx, command, at).subject
    return NumberVoided(subject=document, number=command.number, sub_number=command.sub_number)

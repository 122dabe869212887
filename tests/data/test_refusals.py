"""What the store refuses, whoever asks and with whatever SQL: numbers and history never change."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from clerkdesk.services import commands as c
from clerkdesk.services.desk import Desk
from clerkdesk.services.vocabulary import OutgoingStatus

from ..office import (
    arrival_facts,
    arrivals_book,
    bring_to,
    enter,
    everything,
    open_year,
    register,
    reserve,
    subject_of,
    void,
)

ENTRY = "(agency_id, register_id, year, number, sub_number, state, command_uid, registered_at, registered_by, reason)"
BOOK = "agency_id = :agency AND register_id = :book AND year = :year"
NEW_ENTRY = f"INSERT INTO entry {ENTRY} VALUES (:agency, :book, :year"

REFUSED = {
    # Numbers
    "an entry is deleted": f"DELETE FROM entry WHERE {BOOK} AND number = 2",
    "all entries are deleted": "DELETE FROM entry",
    "a number is changed": f"UPDATE entry SET number = 9 WHERE {BOOK} AND number = 2",
    "a sub-number is changed": f"UPDATE entry SET sub_number = 'b' WHERE {BOOK} AND number = 2",
    "an entry moves to another year": f"UPDATE entry SET year = 2025 WHERE {BOOK} AND number = 2",
    "an entry moves to another register": (
        f"UPDATE entry SET register_id = (SELECT id FROM register WHERE code = 'DI') WHERE {BOOK} AND number = 2"
    ),
    "an entry moves to another agency": f"UPDATE entry SET agency_id = register_id WHERE {BOOK} AND number = 2",
    "the moment of an entry is changed": (
        f"UPDATE entry SET registered_at = '2026-01-01T00:00:00.000000Z' WHERE {BOOK} AND number = 2"
    ),
    "an entry gets another clerk": f"UPDATE entry SET registered_by = agency_id WHERE {BOOK} AND number = 2",
    "an entry gets another command": f"UPDATE entry SET command_uid = agency_id WHERE {BOOK} AND number = 2",
    "a number is given to another document": f"UPDATE entry SET document_id = :agency WHERE {BOOK} AND number = 2",
    "a number loses its document": f"UPDATE entry SET document_id = NULL WHERE {BOOK} AND number = 2",
    "a void number lives again": f"UPDATE entry SET state = 'LIVE' WHERE {BOOK} AND number = 3",
    "the reason of a void number is rewritten": f"UPDATE entry SET reason = 'khác' WHERE {BOOK} AND number = 3",
    "a live number is held": f"UPDATE entry SET state = 'RESERVED' WHERE {BOOK} AND number = 2",
    "a number is void without a reason": f"UPDATE entry SET state = 'VOID' WHERE {BOOK} AND number = 2",
    "a state that does not exist": f"UPDATE entry SET state = 'LOST' WHERE {BOOK} AND number = 4",
    "one number is given twice": f"{NEW_ENTRY}, 2, '', 'LIVE', 'u', 'x', 'p', '')",
    "a number below one": f"{NEW_ENTRY}, 0, '', 'LIVE', 'u', 'x', 'p', '')",
    "an entry is put over another": NEW_ENTRY.replace("INSERT", "INSERT OR REPLACE")
    + ", 2, '', 'LIVE', 'u', 'x', 'p', '')",
    "an entry without a book": NEW_ENTRY.replace(":year", "1999") + ", 1, '', 'LIVE', 'u', 'x', 'p', '')",
    # Books
    "the counter goes back": f"UPDATE register_year SET next_number = 2 WHERE {BOOK}",
    "the counter starts below one": "UPDATE register_year SET next_number = 0 WHERE next_number = 1",
    "a book is deleted": "DELETE FROM register_year WHERE year = 2027",
    "a book is put over another": (
        "INSERT OR REPLACE INTO register_year (agency_id, register_id, year, opened_at, opened_by)"
        " VALUES (:agency, :book, :year, 'x', 'y')"
    ),
    "a book becomes another year's": "UPDATE register_year SET year = 2030 WHERE year = 2027",
    "a closed book is opened again": "UPDATE register_year SET state = 'OPEN' WHERE year = 2025",
    "a closed book is suspended": "UPDATE register_year SET state = 'SUSPENDED' WHERE year = 2025",
    "the counter of a closed book moves": "UPDATE register_year SET next_number = 50 WHERE year = 2025",
    "a closed book gets an entry": NEW_ENTRY.replace(":year", "2025") + ", 1, '', 'LIVE', 'u', 'x', 'p', '')",
    # Documents
    "an arrival is deleted": "DELETE FROM arrival",
    "an arrival gets another number": "UPDATE arrival SET number = 4 WHERE number = 1",
    "an arrival gets another sub-number": "UPDATE arrival SET sub_number = 'a' WHERE number = 1",
    "an arrival gets another year": "UPDATE arrival SET year = 2027 WHERE number = 1",
    "an arrival gets another arrival date": "UPDATE arrival SET arrival_date = '2026-01-01' WHERE number = 1",
    "an arrival gets another moment": "UPDATE arrival SET registered_at = '2026-01-01T00:00:00.000000Z'",
    "an arrival becomes another": "UPDATE arrival SET id = register_id WHERE number = 1",
    "an arrival without an entry": (
        "INSERT INTO arrival (agency_id, id, register_id, year, number, status, arrival_date, issuer, subject,"
        " receipt_channel, medium, registered_at, registered_by) VALUES"
        " (:agency, 'new', :book, :year, 99, 'REGISTERED', 'd', 'i', 's', 'POST', 'PAPER', 'x', 'y')"
    ),
    "an arrival without a subject": "UPDATE arrival SET subject = ''",
    "an outgoing document is deleted": "DELETE FROM outgoing",
    "a draft without recipients is deleted": "DELETE FROM outgoing WHERE status = 'DRAFT'",
    "an outgoing document gets another number": "UPDATE outgoing SET number = 9 WHERE number = 1",
    "an outgoing document loses its number": "UPDATE outgoing SET number = NULL WHERE number = 1",
    "an outgoing document gets another code": "UPDATE outgoing SET reference_code = '9/SNV' WHERE number = 1",
    "an outgoing document gets another date": "UPDATE outgoing SET issued_date = '2026-01-01' WHERE number = 1",
    "an outgoing document moves to another register": "UPDATE outgoing SET register_id = :book WHERE number = 1",
    "a recipient of no document": (
        "INSERT INTO dispatch (agency_id, id, outgoing_id, position, recipient, channel, state, state_at)"
        " VALUES (:agency, 'new', 'nobody', 0, 'x', 'POST', 'WAITING', 'x')"
    ),
    # History
    "an audit entry is changed": "UPDATE audit SET body = '{}' WHERE seq = 1",
    "an audit entry is deleted": "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
    "an audit entry is put over another": "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 1",
    "one command has two audit entries": (
        "INSERT INTO audit SELECT agency_id, seq + 1000, command_uid, kind, actor, desk, made_at, recorded_at, subject,"
        " body, result, previous_hash, hash FROM audit"
    ),
    "an old value is changed": "UPDATE correction SET old_value = 'khác'",
    "an old value is deleted": "DELETE FROM correction",
}


@pytest.fixture
def filled(desk: Desk) -> Desk:
    """A desk whose arrivals book holds 1 live and corrected, 2 live, 3 void, 4 held; 2025 is closed."""
    for year in (2025, 2027):
        open_year(desk, year)
    book = arrivals_book(desk)
    command = desk.make(c.RegisterArrival, register_id=book, facts=facts("Về việc thứ nhất"))
    first = subject_of(desk.do(command))
    desk.do(desk.make(c.CorrectArrival, arrival=first, facts=facts("Về việc thứ hai"), reason="Gõ nhầm"))
    register(desk)
    register(desk)
    void(desk, book, 3)
    reserve(desk, book)
    bring_to(desk, OutgoingStatus.NUMBERED)
    enter(desk, recipients=0)
    with desk.store.writing() as tx:
        tx.execute(text("UPDATE register_year SET state = 'CLOSED' WHERE year = 2025"))
    return desk


def facts(subject: str) -> c.ArrivalFacts:
    return arrival_facts(code_number="S1", subject=subject)


class Undo(Exception):
    """What was accepted by mistake is taken back, so that the next case finds the same store."""


def test_the_store_refuses_what_would_rewrite_numbers_or_history(filled: Desk) -> None:
    before = everything(filled.store)
    names = {"agency": str(filled.agency_id), "book": str(arrivals_book(filled)), "year": 2026}
    accepted = []
    for wish, sql in REFUSED.items():
        used = {name: value for name, value in names.items() if f":{name}" in sql}
        try:
            with filled.store.writing() as tx:
                touched = tx.execute(text(sql), used).rowcount
                accepted.append(f"{wish} ({touched} rows)")
                raise Undo
        except (IntegrityError, Undo):
            pass
    assert accepted == []
    assert everything(filled.store) == before


def test_a_number_that_is_held_can_be_used_or_voided(filled: Desk) -> None:
    book = arrivals_book(filled)
    assert register(filled, reserved_number=4).number == 4
    reserve(filled, book)
    void(filled, book, 5)

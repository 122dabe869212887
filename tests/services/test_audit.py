"""The audit log: one entry per command, and no entry can change unseen."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from clerkdesk.services import commands as c
from clerkdesk.services.audit import check_chain
from clerkdesk.services.desk import Desk
from clerkdesk.services.passwords import hash_password
from clerkdesk.services.vocabulary import ArrivalStatus

from ..office import count, employ, register, rows, subject_of


def test_every_command_leaves_one_audit_entry_and_one_outbox_row(desk: Desk) -> None:
    before = count(desk.store, "audit"), count(desk.store, "outbox")
    arrival = subject_of(register(desk))
    desk.do(desk.make(c.FinishArrival, arrival=arrival, status=ArrivalStatus.COMPLETED))
    assert (count(desk.store, "audit"), count(desk.store, "outbox")) == (before[0] + 2, before[1] + 2)
    last = rows(desk.store, "SELECT kind, actor, subject FROM audit ORDER BY seq DESC LIMIT 1")[0]
    assert tuple(last) == ("FinishArrival", str(desk.person.id), str(arrival))
    assert desk.read(check_chain).broken_at is None


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE audit SET body = '{}' WHERE seq = 3",
        "UPDATE audit SET actor = desk WHERE seq = 3",
        "UPDATE audit SET recorded_at = '2020-01-01T00:00:00.000000Z' WHERE seq = 3",
        "UPDATE audit SET kind = 'Release' WHERE seq = 3",
        "UPDATE audit SET result = '{}', hash = zeroblob(32) WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 3",
        "DELETE FROM outbox WHERE audit_seq = 3; UPDATE audit SET seq = 1000 WHERE seq = 3",
    ],
)
def test_whoever_takes_the_guards_off_and_rewrites_history_is_found_out(desk: Desk, forgery: str) -> None:
    for _ in range(4):
        register(desk)
    with desk.store.writing() as tx:
        tx.execute(text("PRAGMA defer_foreign_keys = ON"))
        for guard in ("audit_never_changes", "audit_never_deleted"):
            tx.execute(text(f"DROP TRIGGER {guard}"))
        for statement in (f"DELETE FROM outbox; {forgery}").split(";"):
            tx.execute(text(statement))
    assert desk.read(check_chain).broken_at in (3, 4)


def test_no_password_hash_ever_reaches_the_audit_log(desk: Desk) -> None:
    person = employ(desk, "binhtt")
    desk.do(desk.make(c.SetPassword, person=person, password_hash=hash_password("Khac!987")))
    kinds = {row.kind: row.body for row in rows(desk.store, "SELECT kind, body FROM audit")}
    assert {"SetUpAgency", "AddPerson", "SetPassword"} <= set(kinds)
    assert not [kind for kind, body in kinds.items() if "argon2" in body or "password_hash" in body]

"""Several desks and a server: the pen's custody, the emergency register, sync, closes, the exchange inbox.

Records that come from the server may replace what the guards of 0002 keep from changing; `applying` opens them for
one transaction. No guard on the numbers themselves is opened: no number goes away, no counter goes back.
"""

import sqlalchemy as sa
from alembic import op

from clerkdesk.data.migrations.guards import create_guard, drop_guard

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Guards of 0002 that a record of the server passes.
_FROM_THE_SERVER = {
    "live_only_becomes_void": (
        "BEFORE UPDATE OF state ON entry WHEN old.state = 'LIVE' AND new.state != 'VOID' AND {ours}"
    ),
    "void_is_final": "BEFORE UPDATE ON entry WHEN old.state = 'VOID' AND {ours}",
    "live_keeps_its_document": (
        "BEFORE UPDATE OF document_id ON entry WHEN old.document_id IS NOT NULL"
        " AND new.document_id IS NOT old.document_id AND {ours}"
    ),
    "closed_means_closed": (
        "BEFORE INSERT ON entry WHEN (SELECT state FROM register_year r WHERE r.agency_id = new.agency_id"
        " AND r.register_id = new.register_id AND r.year = new.year) != 'OPEN' AND {ours}"
    ),
    "arrival_never_deleted": "BEFORE DELETE ON arrival WHEN {ours}",
    # A line of the emergency register gets its ordinary number; nothing else ever changes its number.
    "arrival_number_never_changes": (
        "BEFORE UPDATE OF agency_id, id, register_id, year, number, sub_number, arrival_date, registered_at ON arrival"
        " WHEN {ours} AND (new.agency_id != old.agency_id OR new.id != old.id OR new.arrival_date != old.arrival_date"
        " OR new.registered_at != old.registered_at OR NOT EXISTS (SELECT 1 FROM register r"
        " WHERE r.agency_id = old.agency_id AND r.id = old.register_id AND r.emergency_of IS NOT NULL))"
    ),
    "outgoing_number_never_changes": (
        "BEFORE UPDATE OF register_id, year, number, sub_number, reference_code, issued_date ON outgoing"
        " WHEN old.number IS NOT NULL AND {ours}"
    ),
    "outgoing_never_deleted": "BEFORE DELETE ON outgoing WHEN {ours}",
    "correction_never_deleted": "BEFORE DELETE ON correction WHEN {ours}",
}
_OURS = "NOT EXISTS (SELECT 1 FROM applying)"
_NEW_GUARDS = {
    "custody_never_changes": "BEFORE UPDATE ON custody",
    "custody_never_deleted": "BEFORE DELETE ON custody",
    "daily_close_never_changes": "BEFORE UPDATE ON daily_close",
    "daily_close_never_deleted": "BEFORE DELETE ON daily_close",
    "emergency_line_never_deleted": f"BEFORE DELETE ON emergency_line WHEN {_OURS}",
    "ordinary_number_stays": (
        "BEFORE UPDATE OF ordinary_number ON emergency_line WHEN old.ordinary_number IS NOT NULL"
        f" AND new.ordinary_number IS NOT old.ordinary_number AND {_OURS}"
    ),
}


def upgrade() -> None:
    """Add tables, columns and guards."""
    op.create_table(
        "applying", sa.Column("one", sa.Integer(), nullable=False), sa.PrimaryKeyConstraint("one"), sqlite_strict=True
    )
    op.create_table(
        "call",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("command_uid", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.Text(), nullable=True),
        sa.CheckConstraint("state in ('ASKED','DONE','REFUSED')"),
        sa.PrimaryKeyConstraint("agency_id", "command_uid"),
        sqlite_strict=True,
    )
    op.create_table(
        "change",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "seq"),
        sqlite_strict=True,
    )
    op.create_table(
        "custody",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("register_id", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_desk", sa.Text(), nullable=True),
        sa.Column("to_desk", sa.Text(), nullable=True),
        sa.Column("to_incarnation", sa.Text(), nullable=True),
        sa.Column("term", sa.Text(), server_default="", nullable=False),
        sa.Column("next_number", sa.Integer(), nullable=False),
        sa.Column("declared_last", sa.Integer(), nullable=True),
        sa.Column("who1", sa.Text(), nullable=False),
        sa.Column("who2", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.CheckConstraint("kind in ('OPEN','GRANT','RETURN','CODE','TAKEOVER','RECOVERY','LOST')"),
        sa.PrimaryKeyConstraint("agency_id", "id"),
        sqlite_strict=True,
    )
    op.create_index("custody_by_book", "custody", ["agency_id", "register_id", "year", "epoch"], unique=False)
    op.create_table(
        "daily_close",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("register_id", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("first_number", sa.Integer(), nullable=True),
        sa.Column("last_number", sa.Integer(), nullable=True),
        sa.Column("live", sa.Integer(), server_default="0", nullable=False),
        sa.Column("void", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reserved", sa.Integer(), server_default="0", nullable=False),
        sa.Column("chain_seq", sa.Integer(), nullable=False),
        sa.Column("chain_head", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("signer", sa.Text(), server_default="", nullable=False),
        sa.Column("closed_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "register_id", "year", "day"),
        sqlite_strict=True,
    )
    op.create_table(
        "desk_key",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("desk_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("incarnation", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("last_seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("chain_head", sa.Text(), server_default="", nullable=False),
        sa.Column("reported_term", sa.Text(), server_default="", nullable=False),
        sa.Column("last_seen_at", sa.Text(), nullable=True),
        sa.Column("clock_offset", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("state in ('ACTIVE','SUSPENDED','LOST')"),
        sa.PrimaryKeyConstraint("agency_id", "desk_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "emergency_line",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("outage_id", sa.Text(), nullable=False),
        sa.Column("desk_id", sa.Text(), nullable=False),
        sa.Column("register_id", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.Text(), nullable=False),
        sa.Column("clock_offset", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ordinary_register_id", sa.Text(), nullable=False),
        sa.Column("ordinary_number", sa.Integer(), nullable=True),
        sa.Column("converted_by_command", sa.Text(), nullable=True),
        sa.Column("converted_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("agency_id", "document_id"),
        sa.UniqueConstraint("agency_id", "register_id", "year", "number"),
        sqlite_strict=True,
    )
    op.create_index(
        "emergency_line_by_ordinary",
        "emergency_line",
        ["agency_id", "ordinary_register_id", "year", "ordinary_number"],
        unique=False,
    )
    op.create_table(
        "enrolment",
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=True),
        sa.Column("desk_name", sa.Text(), server_default="", nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.Column("used_at", sa.Text(), nullable=True),
        sa.Column("used_by_desk", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("code_hash"),
        sqlite_strict=True,
    )
    op.create_table(
        "feed",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("agency_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "history",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("command_uid", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "seq"),
        sa.UniqueConstraint("agency_id", "command_uid"),
        sqlite_strict=True,
    )
    op.create_index("history_by_subject", "history", ["agency_id", "subject"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sender_agency", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("dispatch_id", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Integer(), server_default="0", nullable=False),
        sa.Column("electronic_only", sa.Integer(), server_default="1", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("arrival_id", sa.Text(), nullable=True),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.Column("state_at", sa.Text(), nullable=False),
        sa.CheckConstraint("state in ('ARRIVED','REGISTERED','REFUSED')"),
        sa.PrimaryKeyConstraint("agency_id", "id"),
        sa.UniqueConstraint("agency_id", "dispatch_id"),
        sqlite_strict=True,
    )
    op.create_index("inbox_by_state", "inbox", ["agency_id", "state", "urgency", "received_at"], unique=False)
    op.create_table(
        "outage",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("desk_id", sa.Text(), nullable=False),
        sa.Column("register_id", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("authorised_by", sa.Text(), nullable=False),
        sa.Column("reported_to", sa.Text(), server_default="", nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("authorised_until", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("agency_id", "id"),
        sqlite_strict=True,
    )
    op.create_index("outage_by_desk", "outage", ["agency_id", "desk_id", "started_at"], unique=False)
    op.create_table(
        "refusal",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("command_uid", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("register_id", sa.Text(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), server_default="OPEN", nullable=False),
        sa.Column("refused_at", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.Text(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.CheckConstraint("state in ('OPEN','RESENT','DROPPED')"),
        sa.PrimaryKeyConstraint("agency_id", "command_uid"),
        sqlite_strict=True,
    )
    op.create_table(
        "server",
        sa.Column("one", sa.Integer(), server_default="1", nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.CheckConstraint("state in ('SERVING','RECOVERING')"),
        sa.CheckConstraint("one = 1"),
        sa.PrimaryKeyConstraint("one"),
        sqlite_strict=True,
    )
    op.create_table(
        "stored_file",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("stored_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "sha256"),
        sqlite_strict=True,
    )
    op.create_table(
        "this_desk",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("desk_id", sa.Text(), nullable=False),
        sa.Column("server_url", sa.Text(), server_default="", nullable=False),
        sa.Column("term", sa.Text(), server_default="", nullable=False),
        sa.Column("cursor", sa.Integer(), server_default="0", nullable=False),
        sa.Column("enrolled_at", sa.Text(), nullable=True),
        sa.Column("last_contact_at", sa.Text(), nullable=True),
        sa.Column("clock_offset", sa.Integer(), server_default="0", nullable=False),
        sa.Column("has_mark", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("agency_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "transfer",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failure", sa.Text(), server_default="", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.Text(), nullable=True),
        sa.CheckConstraint("direction in ('UP','DOWN')"),
        sa.PrimaryKeyConstraint("agency_id", "sha256", "direction"),
        sqlite_strict=True,
    )
    op.create_table(
        "waiting",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("register_id", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), server_default="[]", nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=True),
        sa.Column("added_at", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "id"),
        sqlite_strict=True,
    )
    op.create_index(
        "waiting_by_receipt",
        "waiting",
        ["agency_id", "register_id", "received_at", "position"],
        unique=False,
        sqlite_where=sa.text("batch_id IS NULL"),
        postgresql_where=sa.text("batch_id IS NULL"),
    )
    op.add_column("arrival", sa.Column("emergency_number", sa.Text(), server_default="", nullable=False))
    op.drop_index("arrival_by_issued_date", table_name="arrival")
    op.create_index(
        "arrival_by_issued_date", "arrival", ["agency_id", "issued_date", "registered_at", "year"], unique=False
    )
    op.drop_index("arrival_by_issuer", table_name="arrival")
    op.create_index("arrival_by_issuer", "arrival", ["agency_id", "issuer", "registered_at", "year"], unique=False)
    op.add_column("outbox", sa.Column("answered_at", sa.Text(), nullable=True))
    op.add_column("register", sa.Column("emergency_of", sa.Text(), nullable=True))
    op.add_column("register_year", sa.Column("holder_incarnation", sa.Text(), nullable=True))
    op.add_column("register_year", sa.Column("epoch", sa.Integer(), server_default="1", nullable=False))
    op.add_column("register_year", sa.Column("grant_id", sa.Text(), nullable=True))
    op.execute("INSERT INTO this_desk (agency_id, desk_id) SELECT agency_id, id FROM desk ORDER BY created_at LIMIT 1")
    op.execute(
        "UPDATE register_year SET holder_incarnation = (SELECT incarnation FROM desk d"
        " WHERE d.agency_id = register_year.agency_id AND d.id = register_year.holder_desk)"
    )
    for name, when in _FROM_THE_SERVER.items():
        drop_guard(name, when.format(ours=_OURS))
        create_guard(name, when.format(ours=_OURS))
    for name, when in _NEW_GUARDS.items():
        create_guard(name, when)

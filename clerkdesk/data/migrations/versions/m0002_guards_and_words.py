"""What the store itself refuses (numbers and history never change) and the word indexes of the lists.

The refusals are the last line behind `services.numbering`: no number is deleted or reused
(NĐ 30/2020 Đ15.1, Đ22.2), a closed book stays closed, the audit log only grows.
"""

from alembic import op

from clerkdesk.data.migrations.guards import create_guard

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

REFUSALS = {
    "entry_never_deleted": "BEFORE DELETE ON entry",
    "entry_identity_never_changes": (
        "BEFORE UPDATE OF agency_id, register_id, year, number, sub_number, command_uid, registered_at, registered_by"
        " ON entry"
    ),
    "void_is_final": "BEFORE UPDATE ON entry WHEN old.state = 'VOID'",
    "live_only_becomes_void": "BEFORE UPDATE OF state ON entry WHEN old.state = 'LIVE' AND new.state != 'VOID'",
    "live_keeps_its_document": (
        "BEFORE UPDATE OF document_id ON entry WHEN old.document_id IS NOT NULL AND new.document_id IS NOT old.document_id"
    ),
    "closed_means_closed": (
        "BEFORE INSERT ON entry WHEN (SELECT state FROM register_year r WHERE r.agency_id = new.agency_id"
        " AND r.register_id = new.register_id AND r.year = new.year) != 'OPEN'"
    ),
    "counter_never_goes_back": ("BEFORE UPDATE OF next_number ON register_year WHEN new.next_number < old.next_number"),
    "counter_of_a_closed_book_stays": (
        "BEFORE UPDATE OF next_number ON register_year WHEN old.state = 'CLOSED' AND new.next_number != old.next_number"
    ),
    "closed_stays_closed": "BEFORE UPDATE OF state ON register_year WHEN old.state = 'CLOSED' AND new.state != 'CLOSED'",
    "book_identity_never_changes": "BEFORE UPDATE OF agency_id, register_id, year ON register_year",
    "book_never_deleted": "BEFORE DELETE ON register_year",
    "audit_never_changes": "BEFORE UPDATE ON audit",
    "audit_never_deleted": "BEFORE DELETE ON audit",
    "arrival_never_deleted": "BEFORE DELETE ON arrival",
    "arrival_number_never_changes": (
        "BEFORE UPDATE OF agency_id, id, register_id, year, number, sub_number, arrival_date, registered_at ON arrival"
    ),
    "outgoing_number_never_changes": (
        "BEFORE UPDATE OF register_id, year, number, sub_number, reference_code, issued_date ON outgoing"
        " WHEN old.number IS NOT NULL"
    ),
    "outgoing_never_deleted": "BEFORE DELETE ON outgoing",
    "correction_never_changes": "BEFORE UPDATE ON correction",
    "correction_never_deleted": "BEFORE DELETE ON correction",
}


def _folded(*columns: str) -> str:
    """SQL for the columns as one text; đ is folded here because the tokenizer folds every other accent only."""
    text = " || ' ' || ".join(columns)
    return f"replace(replace({text}, 'đ', 'd'), 'Đ', 'd')"


def _arrival_words(row: str) -> str:
    return _folded(
        f"{row}.subject", f"{row}.issuer", f"{row}.code_number", f"{row}.code_notation", f"{row}.signer_name",
        f"{row}.to_places",
    )  # fmt: skip


def _outgoing_words(row: str) -> str:
    return _folded(
        f"{row}.subject", f"{row}.reference_code", f"{row}.signer_name", f"{row}.drafting_unit", f"{row}.drafter",
    )  # fmt: skip


def _keep_words(table: str, words: str, columns: str, build: str) -> None:
    op.execute(
        f"CREATE VIRTUAL TABLE {words} USING fts5(words, content='', contentless_delete=1, detail=none,"
        ' tokenize="unicode61 remove_diacritics 2")'
    )
    op.execute(
        f"CREATE TRIGGER {words}_added AFTER INSERT ON {table} BEGIN"
        f" INSERT INTO {words}(rowid, words) VALUES (new.row, {build}); END"
    )
    op.execute(
        f"CREATE TRIGGER {words}_changed AFTER UPDATE OF {columns} ON {table} BEGIN"
        f" INSERT OR REPLACE INTO {words}(rowid, words) VALUES (new.row, {build}); END"
    )
    before = build.replace("new.", f"{table}.")
    op.execute(f"INSERT INTO {words}(rowid, words) SELECT row, {before} FROM {table}")


def upgrade() -> None:
    """Add the triggers and the indexes."""
    op.execute(  # an expression, which autogenerate does not write
        "CREATE INDEX arrival_unprocessed ON arrival (agency_id, urgency DESC, coalesce(due_date, '9999-12-31'),"
        " registered_at) WHERE status IN ('REGISTERED','SUBMITTED','ASSIGNED','IN_PROGRESS')"
    )
    for name, when in REFUSALS.items():
        create_guard(name, when)
    if op.get_bind().dialect.name != "sqlite":  # the word indexes are the desk's
        return
    _keep_words(
        "arrival", "arrival_words", "subject, issuer, code_number, code_notation, signer_name, to_places",
        _arrival_words("new"),
    )  # fmt: skip
    _keep_words(
        "outgoing", "outgoing_words", "subject, reference_code, signer_name, drafting_unit, drafter",
        _outgoing_words("new"),
    )  # fmt: skip
    op.execute(
        "CREATE VIRTUAL TABLE correspondent_words USING fts5(folded, content='correspondent', content_rowid='rank',"
        " detail=none, prefix='1 2 3 4 5 6 7')"
    )
    op.execute(
        "CREATE TRIGGER correspondent_words_added AFTER INSERT ON correspondent BEGIN"
        " INSERT INTO correspondent_words(rowid, folded) VALUES (new.rank, new.folded); END"
    )
    op.execute("INSERT INTO correspondent_words(correspondent_words) VALUES ('rebuild')")

"""The server's own: an agency's additions to the directory apart from every other agency's, and room for long numbers.

A desk has one agency, so its `correspondent` needs none; at the server one agency must not see what another has added.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_LONG = {  # bytes, and milliseconds of a clock that may be years off
    "attachment": ("size",),
    "this_desk": ("clock_offset",),
    "transfer": ("size", "done"),
    "emergency_line": ("clock_offset",),
    "desk_key": ("clock_offset",),
    "stored_file": ("size",),
}


def upgrade() -> None:
    """Add the table; SQLite's integers are long already."""
    op.create_table(
        "agency_correspondent",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), server_default="", nullable=False),
        sa.Column("organ_id", sa.Text(), server_default="", nullable=False),
        sa.Column("parent", sa.Text(), server_default="", nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "id"),
        sqlite_strict=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        for table, columns in _LONG.items():
            for column in columns:
                op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE bigint")
        # Rows that every registration changes stay on their page.
        for table in ("feed", "register_year", "desk_key"):
            op.execute(f"ALTER TABLE {table} SET (fillfactor = 20)")

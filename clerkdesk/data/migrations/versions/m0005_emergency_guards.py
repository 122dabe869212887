"""What stays of an emergency line: its number for ever, its identity, and the one ordinary number that it became."""

from clerkdesk.data.migrations.guards import create_guard

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_OURS = "NOT EXISTS (SELECT 1 FROM applying)"
_GUARDS = {
    "emergency_number_stays": (
        "BEFORE UPDATE OF emergency_number ON arrival WHEN old.emergency_number != ''"
        f" AND new.emergency_number != old.emergency_number AND {_OURS}"
    ),
    # Out of the emergency register leads one way only: into the ordinary entry that is this document's.
    "conversion_leads_to_an_ordinary_book": (
        "BEFORE UPDATE OF register_id, year, number, sub_number ON arrival"
        f" WHEN {_OURS} AND (new.register_id != old.register_id OR new.year != old.year OR new.number != old.number"
        " OR new.sub_number != old.sub_number) AND (EXISTS (SELECT 1 FROM register r"
        " WHERE r.agency_id = new.agency_id AND r.id = new.register_id AND r.emergency_of IS NOT NULL)"
        " OR NOT EXISTS (SELECT 1 FROM entry e WHERE e.agency_id = new.agency_id AND e.register_id = new.register_id"
        " AND e.year = new.year AND e.number = new.number AND e.sub_number = new.sub_number"
        " AND e.document_id = new.id))"
    ),
    "emergency_line_identity_never_changes": (
        "BEFORE UPDATE OF agency_id, document_id, outage_id, desk_id, register_id, year, number, registered_at,"
        f" clock_offset, ordinary_register_id ON emergency_line WHEN {_OURS}"
    ),
    "ordinary_number_is_the_arrivals": (
        "BEFORE UPDATE OF ordinary_number ON emergency_line WHEN new.ordinary_number IS NOT NULL"
        f" AND {_OURS} AND NOT EXISTS (SELECT 1 FROM arrival a WHERE a.agency_id = new.agency_id"
        " AND a.id = new.document_id AND a.register_id = new.ordinary_register_id"
        " AND a.number = new.ordinary_number)"
    ),
}


def upgrade() -> None:
    """Add the guards."""
    for name, when in _GUARDS.items():
        create_guard(name, when)

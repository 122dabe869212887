"""The tables. Every table of an agency has `agency_id` first in its keys, so that a server can hold many.

Lengths are the law's (NĐ 30/2020 PL VI phần II); services check them with a sentence, the store with a CHECK.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from clerkdesk.data.columns import DateText, UtcTime, UuidText

metadata = MetaData()


def _table(name: str, *parts: Column[object] | CheckConstraint | object) -> Table:
    return Table(name, metadata, *parts, sqlite_strict=True)  # type: ignore[arg-type]


def _id(name: str = "id", *, nullable: bool = False) -> Column[object]:
    return Column(name, UuidText, nullable=nullable)


def _text(name: str, *, nullable: bool = False, default: str | None = None) -> Column[object]:
    return Column(name, Text, nullable=nullable, server_default=default)


def _number(name: str, *, nullable: bool = False, default: str | None = None) -> Column[object]:
    return Column(name, Integer, nullable=nullable, server_default=default)


def _time(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, UtcTime, nullable=nullable)


def _date(name: str, *, nullable: bool = True) -> Column[object]:
    return Column(name, DateText, nullable=nullable)


agency = _table(
    "agency",
    _id(),
    _text("name"),
    _text("parent_name", default=""),
    _text("short_name"),
    _text("organ_id", default=""),
    _text("place", default=""),
    _text("address", default=""),
    _text("contact", default=""),
    _time("created_at"),
    PrimaryKeyConstraint("id"),
)

desk = _table(
    "desk",
    _id("agency_id"),
    _id(),
    _text("code"),
    _text("name"),
    _id("incarnation"),
    _time("created_at"),
    PrimaryKeyConstraint("agency_id", "id"),
    UniqueConstraint("agency_id", "code"),
)

unit = _table(
    "unit",
    _id("agency_id"),
    _id(),
    _text("name"),
    _text("short_name", default=""),
    PrimaryKeyConstraint("agency_id", "id"),
    UniqueConstraint("agency_id", "name"),
)

person = _table(
    "person",
    _id("agency_id"),
    _id(),
    _text("username"),
    _text("full_name"),
    _text("position", default=""),
    _id("unit_id", nullable=True),
    _text("roles"),  # role names joined by a space
    _number("active", default="1"),
    _time("created_at"),
    _time("left_at", nullable=True),
    PrimaryKeyConstraint("agency_id", "id"),
    UniqueConstraint("agency_id", "username"),
    CheckConstraint("length(full_name) <= 50"),
    CheckConstraint("length(position) <= 100"),
)

# Apart from `person`: never in the audit log, the outbox or an export.
password = _table(
    "password",
    _id("agency_id"),
    _id("person_id"),
    _text("argon2id"),
    _time("set_at"),
    _number("failures", default="0"),
    _time("locked_until", nullable=True),
    _number("must_change", default="0"),
    PrimaryKeyConstraint("agency_id", "person_id"),
)

setting = _table(
    "setting",
    _id("agency_id"),
    _text("name"),
    _text("value"),  # JSON
    PrimaryKeyConstraint("agency_id", "name"),
)

correspondent = _table(
    "correspondent",
    Column("rank", Integer, primary_key=True),  # the row's place in the type-ahead: lower comes first
    _id(),
    _text("name"),
    _text("short_name", default=""),
    _text("organ_id", default=""),
    _text("parent", default=""),
    _text("folded"),  # accent-free name, short name and initials
    _date("valid_from"),
    _date("valid_to"),
    _number("local", default="0"),
    UniqueConstraint("id"),
    UniqueConstraint("name"),
    CheckConstraint("length(name) <= 200"),
    CheckConstraint("length(organ_id) <= 35"),
)
Index("correspondent_by_short_name", correspondent.c.short_name)

register = _table(
    "register",
    _id("agency_id"),
    _id(),
    _text("direction"),
    _text("code"),
    _text("title"),
    _number("position", default="0"),
    PrimaryKeyConstraint("agency_id", "id"),
    UniqueConstraint("agency_id", "code"),
    CheckConstraint("direction in ('ARRIVAL','OUTGOING')"),
)

# A symbol template is apart from the counter: several may number in one register.
symbol = _table(
    "symbol",
    _id("agency_id"),
    _id(),
    _id("register_id"),
    _text("document_type", default=""),  # abbreviation key, '' = every type that has no symbol of its own
    _number("normative", default="0"),
    _text("body", default=""),  # advisory body with a series of its own
    _text("template"),
    PrimaryKeyConstraint("agency_id", "id"),
    ForeignKeyConstraint(["agency_id", "register_id"], ["register.agency_id", "register.id"]),
    UniqueConstraint("agency_id", "document_type", "normative", "body"),
)

register_year = _table(
    "register_year",
    _id("agency_id"),
    _id("register_id"),
    _number("year"),
    _number("next_number", default="1"),
    _text("state", default="OPEN"),
    _id("holder_desk", nullable=True),  # who holds the pen (quyền cấp số)
    _time("opened_at"),
    _id("opened_by"),
    _time("closed_at", nullable=True),
    _time("last_registered_at", nullable=True),
    PrimaryKeyConstraint("agency_id", "register_id", "year"),
    ForeignKeyConstraint(["agency_id", "register_id"], ["register.agency_id", "register.id"]),
    CheckConstraint("state in ('OPEN','CLOSED','SUSPENDED')"),
    CheckConstraint("next_number >= 1"),
)

entry = _table(
    "entry",
    _id("agency_id"),
    _id("register_id"),
    _number("year"),
    _number("number"),
    _text("sub_number", default=""),
    _text("state"),
    _id("document_id", nullable=True),
    _id("command_uid"),
    _time("registered_at"),
    _id("registered_by"),
    _text("reason", default=""),
    _text("holder", default=""),
    _date("expires_on"),
    _time("state_at", nullable=True),
    _id("state_by", nullable=True),
    PrimaryKeyConstraint("agency_id", "register_id", "year", "number", "sub_number"),
    ForeignKeyConstraint(
        ["agency_id", "register_id", "year"],
        ["register_year.agency_id", "register_year.register_id", "register_year.year"],
    ),
    CheckConstraint("state in ('LIVE','VOID','RESERVED')"),
    CheckConstraint("number >= 1"),
    CheckConstraint("state != 'VOID' or reason != ''"),
)
Index("entry_by_document", entry.c.agency_id, entry.c.document_id)
# What is not simply the next live number: few, and counted whenever the books are shown.
_SPECIAL = text("state != 'LIVE' OR sub_number != ''")
Index(
    "entry_special",
    entry.c.agency_id,
    entry.c.year,
    entry.c.register_id,
    entry.c.state,
    entry.c.sub_number,
    sqlite_where=_SPECIAL,
    postgresql_where=_SPECIAL,
)

arrival = _table(
    "arrival",
    Column("row", Integer, primary_key=True),  # explicit, because VACUUM renumbers implicit rowids
    _id("agency_id"),
    _id(),
    _id("register_id"),
    _number("year"),
    _number("number"),
    _text("sub_number", default=""),
    _text("status"),
    _date("arrival_date", nullable=False),
    _time("received_at", nullable=True),
    _id("issuer_id", nullable=True),
    _text("issuer"),
    _text("code_number", default=""),
    _text("code_notation", default=""),
    _date("issued_date"),
    _text("document_type", default=""),
    _number("normative", default="0"),
    _text("subject"),
    _text("language", default="Tiếng Việt"),
    _number("page_amount", nullable=True),
    _text("description", default=""),
    _text("signer_position", default=""),
    _text("signer_name", default=""),
    _number("urgency", default="0"),
    _text("to_places", default=""),
    _date("due_date"),
    _text("receipt_channel"),
    _text("medium"),
    _number("edoc_class", nullable=True),
    _number("legal_value", default="0"),
    _text("document_identifier", default=""),
    _text("file_notation", default=""),
    _number("doc_ordinal", nullable=True),
    _time("registered_at"),
    _id("registered_by"),
    _number("revision", default="1"),
    UniqueConstraint("agency_id", "id"),
    ForeignKeyConstraint(
        ["agency_id", "register_id", "year", "number", "sub_number"],
        ["entry.agency_id", "entry.register_id", "entry.year", "entry.number", "entry.sub_number"],
    ),
    CheckConstraint("length(issuer) <= 200"),
    CheckConstraint("length(code_number) <= 11"),
    CheckConstraint("length(code_notation) <= 30"),
    CheckConstraint("length(subject) between 1 and 500"),
    CheckConstraint("length(description) <= 500"),
    CheckConstraint("length(to_places) <= 1000"),
    CheckConstraint("urgency between 0 and 4"),
)
Index("arrival_by_number", arrival.c.agency_id, arrival.c.year, arrival.c.number, arrival.c.sub_number)
Index("arrival_by_code", arrival.c.agency_id, arrival.c.code_number, arrival.c.code_notation, arrival.c.issuer)
Index(
    "arrival_by_identifier",
    arrival.c.agency_id,
    arrival.c.document_identifier,
    sqlite_where=text("document_identifier != ''"),
    postgresql_where=text("document_identifier != ''"),
)
Index("arrival_by_issuer", arrival.c.agency_id, arrival.c.issuer, arrival.c.registered_at)
Index("arrival_by_issued_date", arrival.c.agency_id, arrival.c.issued_date, arrival.c.registered_at)
_UNPROCESSED = text("status in ('REGISTERED','SUBMITTED','ASSIGNED','IN_PROGRESS')")
# In the order of the list of unprocessed documents: urgent first, then by deadline (Đà Nẵng 8849 Đ5.3).
Index(
    "arrival_unprocessed",
    arrival.c.agency_id,
    arrival.c.urgency.desc(),
    text("coalesce(due_date, '9999-12-31')"),
    arrival.c.registered_at,
    sqlite_where=_UNPROCESSED,
    postgresql_where=_UNPROCESSED,
)
Index("arrival_by_status", arrival.c.agency_id, arrival.c.status, arrival.c.year, arrival.c.number)

outgoing = _table(
    "outgoing",
    Column("row", Integer, primary_key=True),  # explicit, because VACUUM renumbers implicit rowids
    _id("agency_id"),
    _id(),
    _text("status"),
    _id("symbol_id"),
    _text("document_type", default=""),
    _number("normative", default="0"),
    _text("body", default=""),
    _text("unit_short_name", default=""),
    _id("register_id", nullable=True),
    _number("year", nullable=True),
    _number("number", nullable=True),
    _text("sub_number", default=""),
    _text("reference_code", default=""),
    _date("issued_date"),
    _text("subject"),
    _text("language", default="Tiếng Việt"),
    _number("page_amount", nullable=True),
    _text("description", default=""),
    _text("drafting_unit", default=""),
    _text("drafter", default=""),
    _id("signer_id", nullable=True),
    _text("signer_position", default=""),
    _text("signer_name", default=""),
    _text("signing_capacity"),
    _number("urgency", default="0"),
    _text("release_form"),
    _text("paper_reason", default=""),
    _number("issued_amount", nullable=True),
    _id("answers_arrival", nullable=True),
    _date("due_date"),
    _text("retained_by", default=""),
    _text("return_reason", default=""),
    _time("created_at"),
    _id("created_by"),
    _time("signed_at", nullable=True),
    _time("numbered_at", nullable=True),
    _time("sealed_at", nullable=True),
    _time("released_at", nullable=True),
    _number("revision", default="1"),
    UniqueConstraint("agency_id", "id"),
    CheckConstraint("length(subject) between 1 and 500"),
    CheckConstraint("urgency between 0 and 4"),
)
Index("outgoing_by_number", outgoing.c.agency_id, outgoing.c.year, outgoing.c.register_id, outgoing.c.number)
Index("outgoing_by_status", outgoing.c.agency_id, outgoing.c.status, outgoing.c.urgency, outgoing.c.created_at)
Index("outgoing_by_created", outgoing.c.agency_id, outgoing.c.created_at)

dispatch = _table(
    "dispatch",
    _id("agency_id"),
    _id(),
    _id("outgoing_id"),
    _number("position"),
    _id("correspondent_id", nullable=True),
    _text("recipient"),
    _text("channel"),
    _number("copies", default="1"),
    _number("envelopes", default="0"),
    _text("state"),
    _time("state_at"),
    _text("note", default=""),
    _time("sent_at", nullable=True),
    _id("sent_by", nullable=True),
    PrimaryKeyConstraint("agency_id", "id"),
    ForeignKeyConstraint(["agency_id", "outgoing_id"], ["outgoing.agency_id", "outgoing.id"]),
    CheckConstraint("length(recipient) <= 200"),
    CheckConstraint("copies >= 0"),
)
Index("dispatch_by_outgoing", dispatch.c.agency_id, dispatch.c.outgoing_id, dispatch.c.position)
Index("dispatch_by_sent", dispatch.c.agency_id, dispatch.c.channel, dispatch.c.sent_at)

attachment = _table(
    "attachment",
    _id("agency_id"),
    _id(),
    _id("document_id"),
    _text("role"),
    _text("name"),
    _text("sha256"),
    _number("size"),
    _text("media_type"),
    _time("added_at"),
    _id("added_by"),
    _time("removed_at", nullable=True),
    PrimaryKeyConstraint("agency_id", "id"),
    CheckConstraint("size >= 0"),
)
Index("attachment_by_document", attachment.c.agency_id, attachment.c.document_id)
Index("attachment_by_sha256", attachment.c.agency_id, attachment.c.sha256)

correction = _table(
    "correction",
    _id("agency_id"),
    _id(),
    _id("document_id"),
    _id("command_uid"),
    _text("field"),
    _text("old_value"),
    _text("new_value"),
    _text("reason"),
    _time("corrected_at"),
    _id("corrected_by"),
    PrimaryKeyConstraint("agency_id", "id"),
)
Index("correction_by_document", correction.c.agency_id, correction.c.document_id)

audit = _table(
    "audit",
    _id("agency_id"),
    _number("seq"),
    _id("command_uid"),
    _text("kind"),
    _id("actor"),
    _id("desk"),
    _time("made_at"),
    _time("recorded_at"),
    _id("subject", nullable=True),
    _text("body"),
    _text("result"),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("agency_id", "seq"),
    UniqueConstraint("agency_id", "command_uid"),
)
Index("audit_by_subject", audit.c.agency_id, audit.c.subject)

outbox = _table(
    "outbox",
    _id("agency_id"),
    _number("audit_seq"),
    _text("state"),
    PrimaryKeyConstraint("agency_id", "audit_seq"),
    ForeignKeyConstraint(["agency_id", "audit_seq"], ["audit.agency_id", "audit.seq"]),
)

learned_suffix = _table(
    "learned_suffix",
    _id("agency_id"),
    _text("issuer"),
    _text("code_notation"),
    _number("uses", default="1"),
    _time("last_used_at"),
    PrimaryKeyConstraint("agency_id", "issuer", "code_notation"),
)
Index("learned_suffix_by_use", learned_suffix.c.agency_id, learned_suffix.c.last_used_at)

Index("outbox_by_state", outbox.c.agency_id, outbox.c.state, outbox.c.audit_seq)

# Of this desk only: what a person has typed and not yet saved.
draft = _table(
    "draft",
    _id("agency_id"),
    _id("uid"),
    _id("person_id"),
    _text("kind"),
    _text("fields"),  # JSON
    _time("saved_at"),
    PrimaryKeyConstraint("agency_id", "uid"),
)

template = _table(
    "template",
    _id("agency_id"),
    _id(),
    _text("kind"),
    _text("name"),
    _text("fields"),  # JSON
    PrimaryKeyConstraint("agency_id", "id"),
    UniqueConstraint("agency_id", "kind", "name"),
)

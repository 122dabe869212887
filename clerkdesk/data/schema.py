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
    _id("emergency_of", nullable=True),  # the desk whose emergency register (sổ tạm khi mất kết nối) this is
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
    _id("holder_desk", nullable=True),  # who holds the pen (quyền cấp số); null: the server
    _time("opened_at"),
    _id("opened_by"),
    _time("closed_at", nullable=True),
    _time("last_registered_at", nullable=True),
    _id("holder_incarnation", nullable=True),
    _number("epoch", default="1"),  # of the holding; each hand-over counts on
    _id("grant_id", nullable=True),
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
    _text("emergency_number", default=""),  # T<desk>-<n>/<year>, kept beside the ordinary number
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
# The year stands last, so that the order of one year is read from the index alone.
Index("arrival_by_issuer", arrival.c.agency_id, arrival.c.issuer, arrival.c.registered_at, arrival.c.year)
Index("arrival_by_issued_date", arrival.c.agency_id, arrival.c.issued_date, arrival.c.registered_at, arrival.c.year)
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
    _id("sent_by", nullable=True),  # null beside sent_at: the exchange sent it and keeps its state
    _text("organ_id", default=""),  # the recipient's identifier (mã định danh), where the directory has one
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
    _time("answered_at", nullable=True),
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

# --- sync: what this store is, and what it has agreed with the server ----------------------------------------

# One row at a desk, none at the server: which desk of which agency this store is, and how far it has read.
this_desk = _table(
    "this_desk",
    _id("agency_id"),
    _id("desk_id"),
    _text("server_url", default=""),  # empty: the desk works without a server
    _text("term", default=""),  # the server's generation, as it was told last
    _number("cursor", default="0"),  # the last change of the agency's feed that is applied here
    _time("enrolled_at", nullable=True),
    _time("last_contact_at", nullable=True),
    _number("clock_offset", default="0"),  # server's time minus this machine's, in milliseconds
    _number("has_mark", default="0"),  # a high-water mark belongs to this store, and must not be missing
    PrimaryKeyConstraint("agency_id"),
)

# Commands that only the server can carry out, kept until its answer is here: a lost answer is asked for again.
call = _table(
    "call",
    _id("agency_id"),
    _id("command_uid"),
    _text("kind"),
    _text("state"),
    _text("body"),  # JSON of the whole command, without what must not be kept
    _time("made_at"),
    _time("answered_at", nullable=True),
    PrimaryKeyConstraint("agency_id", "command_uid"),
    CheckConstraint("state in ('ASKED','DONE','REFUSED')"),
)

# The clerk's attention tray: what the server did not accept, with everything that was entered.
refusal = _table(
    "refusal",
    _id("agency_id"),
    _id("command_uid"),
    _text("kind"),
    _id("desk"),
    _id("actor"),
    _time("made_at"),
    _text("body"),
    _text("code"),  # class name of the error
    _text("sentence"),
    _id("subject", nullable=True),
    _id("register_id", nullable=True),  # the number that stays held for the resent command
    _number("year", nullable=True),
    _number("number", nullable=True),
    _text("state", default="OPEN"),
    _time("refused_at"),
    _time("settled_at", nullable=True),
    _id("settled_by", nullable=True),
    PrimaryKeyConstraint("agency_id", "command_uid"),
    CheckConstraint("state in ('OPEN','RESENT','DROPPED')"),
)

# What the office did, as the server has recorded it: every desk's commands in one chain (desk: a copy).
history = _table(
    "history",
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
    PrimaryKeyConstraint("agency_id", "seq"),
    UniqueConstraint("agency_id", "command_uid"),
)
Index("history_by_subject", history.c.agency_id, history.c.subject)

# Files travel apart from records; one row while a file is on its way.
transfer = _table(
    "transfer",
    _id("agency_id"),
    _text("sha256"),
    _text("direction"),
    _number("size"),
    _number("done", default="0"),  # bytes
    _text("failure", default=""),
    _number("tries", default="0"),
    _time("next_try_at", nullable=True),
    PrimaryKeyConstraint("agency_id", "sha256", "direction"),
    CheckConstraint("direction in ('UP','DOWN')"),
)

# A row here lets records of the server replace what the guards would keep from changing; see `data.applying`.
applying = _table("applying", _number("one"), PrimaryKeyConstraint("one"))

# --- the pen, the emergency register, the year ---------------------------------------------------------------

# Who has held a book's pen (quyền cấp số), one row per hand-over; never changed.
custody = _table(
    "custody",
    _id("agency_id"),
    _id(),
    _id("register_id"),
    _number("year"),
    _number("epoch"),
    _text("kind"),
    _id("from_desk", nullable=True),  # null: the server
    _id("to_desk", nullable=True),
    _id("to_incarnation", nullable=True),
    _text("term", default=""),
    _number("next_number"),
    _number("declared_last", nullable=True),  # the last number on paper, where people declared it
    _id("who1"),
    _id("who2", nullable=True),
    _text("reason", default=""),
    _time("at"),
    PrimaryKeyConstraint("agency_id", "id"),
    CheckConstraint("kind in ('OPEN','GRANT','RETURN','CODE','TAKEOVER','RECOVERY','LOST')"),
)
Index("custody_by_book", custody.c.agency_id, custody.c.register_id, custody.c.year, custody.c.epoch)

# An outage (sự cố mất kết nối): cause, start, who allowed the emergency register, end (Tây Ninh 59/2014 Đ4.2).
outage = _table(
    "outage",
    _id("agency_id"),
    _id(),
    _id("desk_id"),
    _id("register_id"),  # the emergency register
    _text("cause"),
    _text("authorised_by"),
    _text("reported_to", default=""),
    _time("started_at"),
    _time("authorised_until"),
    _time("ended_at", nullable=True),
    _id("ended_by", nullable=True),
    PrimaryKeyConstraint("agency_id", "id"),
)
Index("outage_by_desk", outage.c.agency_id, outage.c.desk_id, outage.c.started_at)

# One line of an emergency register (sổ tạm khi mất kết nối) and the ordinary number that it became.
emergency_line = _table(
    "emergency_line",
    _id("agency_id"),
    _id("document_id"),
    _id("outage_id"),
    _id("desk_id"),
    _id("register_id"),  # the emergency register
    _number("year"),
    _number("number"),
    _time("registered_at"),  # by the desk's clock
    _number("clock_offset", default="0"),  # milliseconds to add for the server's time
    _id("ordinary_register_id"),  # the register that the document belongs in
    _number("ordinary_number", nullable=True),
    _id("converted_by_command", nullable=True),
    _time("converted_at", nullable=True),
    PrimaryKeyConstraint("agency_id", "document_id"),
    UniqueConstraint("agency_id", "register_id", "year", "number"),
)
Index(
    "emergency_line_by_ordinary",
    emergency_line.c.agency_id,
    emergency_line.c.ordinary_register_id,
    emergency_line.c.year,
    emergency_line.c.ordinary_number,
)

# The daily close (chốt sổ ngày): what the book held when the day ended.
daily_close = _table(
    "daily_close",
    _id("agency_id"),
    _id("register_id"),
    _number("year"),
    _date("day", nullable=False),
    _number("first_number", nullable=True),
    _number("last_number", nullable=True),
    _number("live", default="0"),
    _number("void", default="0"),
    _number("reserved", default="0"),
    _number("chain_seq"),
    Column("chain_head", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=True),
    _text("signer", default=""),
    _time("closed_at"),
    PrimaryKeyConstraint("agency_id", "register_id", "year", "day"),
)

# The waiting pile (văn bản chờ vào sổ): documents to be numbered in one batch, in order of receipt.
waiting = _table(
    "waiting",
    _id("agency_id"),
    _id(),  # becomes the document's id
    _id("register_id"),
    _text("facts"),  # JSON of commands.ArrivalFacts
    _text("files", default="[]"),  # JSON of commands.NewFile
    _time("received_at"),
    _number("position"),  # order among equal times of receipt
    _text("source", default=""),  # the imported file and its line, or how it came
    _id("batch_id", nullable=True),  # the command that took it off the pile; its content is then in the arrival
    _time("added_at"),
    _id("added_by"),
    PrimaryKeyConstraint("agency_id", "id"),
)
_STILL_WAITING = text("batch_id IS NULL")
Index(
    "waiting_by_receipt",
    waiting.c.agency_id,
    waiting.c.register_id,
    waiting.c.received_at,
    waiting.c.position,
    sqlite_where=_STILL_WAITING,
    postgresql_where=_STILL_WAITING,
)

# --- exchange between agencies of one server -----------------------------------------------------------------

# What another agency has sent here and nobody has registered or refused yet (hộp văn bản đến liên thông).
inbox = _table(
    "inbox",
    _id("agency_id"),
    _id(),
    _id("sender_agency"),
    _text("sender"),
    _id("dispatch_id"),  # the sender's line for this recipient
    _text("facts"),  # JSON of commands.ArrivalFacts
    _text("files"),  # JSON of commands.NewFile
    _number("urgency", default="0"),
    _number("electronic_only", default="1"),
    _text("state"),
    _text("reason", default=""),
    _id("arrival_id", nullable=True),
    _time("received_at"),
    _time("state_at"),
    PrimaryKeyConstraint("agency_id", "id"),
    UniqueConstraint("agency_id", "dispatch_id"),
    CheckConstraint("state in ('ARRIVED','REGISTERED','REFUSED')"),
)
Index("inbox_by_state", inbox.c.agency_id, inbox.c.state, inbox.c.urgency, inbox.c.received_at)

# --- the server only -----------------------------------------------------------------------------------------

# The server's generation and whether it may number; one row.
server = _table(
    "server",
    _number("one", default="1"),
    _text("term"),
    _text("state"),
    _time("since"),
    PrimaryKeyConstraint("one"),
    CheckConstraint("one = 1"),
    CheckConstraint("state in ('SERVING','RECOVERING')"),
)

# How far an agency's feed has come; locked by every write, so that feed order is commit order.
feed = _table("feed", _id("agency_id"), _number("seq", default="0"), PrimaryKeyConstraint("agency_id"))

# One changed record, as it is after the change.
change = _table(
    "change",
    _id("agency_id"),
    _number("seq"),
    _text("name"),  # of the table
    _text("record"),  # JSON
    PrimaryKeyConstraint("agency_id", "seq"),
)

# What the server knows of a desk.
desk_key = _table(
    "desk_key",
    _id("agency_id"),
    _id("desk_id"),
    _text("public_key"),  # Ed25519, base64
    _id("incarnation"),
    _text("state"),
    _number("last_seq", default="0"),  # the last entry of the desk's own chain that was pushed
    _text("chain_head", default=""),
    _text("reported_term", default=""),  # the term in which it has reported everything it has
    _time("last_seen_at", nullable=True),
    _number("clock_offset", default="0"),
    PrimaryKeyConstraint("agency_id", "desk_id"),
    CheckConstraint("state in ('ACTIVE','SUSPENDED','LOST')"),
)

# One-time codes for enrolment; only their hash is kept.
enrolment = _table(
    "enrolment",
    _text("code_hash"),
    _id("agency_id", nullable=True),  # null: the desk brings a new agency
    _text("desk_name", default=""),
    _time("expires_at"),
    _time("used_at", nullable=True),
    _id("used_by_desk", nullable=True),
    PrimaryKeyConstraint("code_hash"),
)

# A file that the server has whole, and which agencies may read it.
stored_file = _table(
    "stored_file",
    _id("agency_id"),
    _text("sha256"),
    _number("size"),
    _time("stored_at"),
    PrimaryKeyConstraint("agency_id", "sha256"),
)

# What an agency added to the directory; a desk keeps it in `correspondent`, the server apart for each agency.
agency_correspondent = _table(
    "agency_correspondent",
    _id("agency_id"),
    _id(),
    _text("name"),
    _text("short_name", default=""),
    _text("organ_id", default=""),
    _text("parent", default=""),
    _text("folded"),
    PrimaryKeyConstraint("agency_id", "id"),
)

# What one agency says to another through this server: the only way in which anything of one reaches the other.
message = _table(
    "message",
    _id(),  # follows from what it says, so that the same thing said twice is one message
    _id("from_agency"),
    _id("to_agency"),
    _id("dispatch_id"),  # the sender's line that it is about
    _text("kind"),
    _text("body"),  # JSON of exchange_message.ExchangeDocument or ExchangeStatus
    _text("state", default="WAITING"),
    _time("made_at"),
    _time("done_at", nullable=True),
    PrimaryKeyConstraint("id"),
    CheckConstraint("kind in ('DOCUMENT','STATUS')"),
    CheckConstraint("state in ('WAITING','DONE')"),
)
_UNDELIVERED = text("state = 'WAITING'")
Index(
    "message_waiting",
    message.c.made_at,
    message.c.id,
    sqlite_where=_UNDELIVERED,
    postgresql_where=_UNDELIVERED,
)

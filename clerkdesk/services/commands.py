"""Everything that the office can be asked to change: one frozen model per command.

A command says who, at which desk, for which agency, and the facts entered. Its `uid` is made when the form is
opened, so that the same command twice has one effect. Read `office.HANDLERS` beside this: it names the handler and
the roles of each.
"""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

from clerkdesk.services.folding import clean_line
from clerkdesk.services.vocabulary import (
    ArrivalStatus,
    AttachmentRole,
    Direction,
    DispatchChannel,
    DispatchState,
    Medium,
    PaperReason,
    ReceiptChannel,
    RefusalCause,
    ReleaseForm,
    RenewalCause,
    Role,
    SigningCapacity,
    Urgency,
)

Line = Annotated[str, AfterValidator(clean_line)]
# Written in one order, so that desk and server write the same words.
Roles = Annotated[frozenset[Role], PlainSerializer(sorted, return_type=list[Role])]


class Frozen(BaseModel):
    """An immutable fact that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Where(Enum):
    """Where a command of a desk that has a server is carried out first."""

    DESK = "desk"  # at the desk, then again at the server
    PEN = "pen"  # where the book's pen is: at the desk that holds it, else at the server
    SERVER = "server"  # at the server only: people, settings, hand-overs


class Command(Frozen):
    """What every command carries."""

    where: ClassVar[Where] = Where.DESK
    not_recorded: ClassVar[frozenset[str]] = frozenset()  # fields that the audit log must not hold

    uid: UUID
    agency: UUID
    actor: UUID
    desk: UUID
    made_at: AwareDatetime


class Result(Frozen):
    """What a handler answers; kept with the audit entry, so that a repeated command gets the same answer."""

    subject: UUID | None = None

    def shown(self) -> tuple[int, ...]:
        """Return the numbers of a book that the handler took in turn: they may stand on paper."""
        return ()


class NewFile(Frozen):
    """A file whose bytes are already in the folder of files."""

    name: Line
    sha256: str
    size: int
    media_type: str
    role: AttachmentRole = AttachmentRole.MAIN


# --- the agency and its people -------------------------------------------------------------------------------


class NewRegister(Frozen):
    """A register to create, with the symbols that number in it."""

    direction: Direction
    code: Line
    title: Line
    symbols: tuple[NewSymbol, ...] = ()


class NewSymbol(Frozen):
    """A symbol template of a register, apart from its counter."""

    template: Line
    document_type: Line = ""
    normative: bool = False
    body: Line = ""


class NewPerson(Frozen):
    """A person to create; the Argon2id hash of the first password stays out of the audit log."""

    id: UUID
    username: Line
    full_name: Line
    position: Line = ""
    unit: UUID | None = None
    roles: Roles


class SetUpAgency(Command):
    """The first command of a store: agency, desk, first user, registers (Đà Nẵng 8849 Đ13.5a)."""

    not_recorded: ClassVar[frozenset[str]] = frozenset({"password_hash"})

    name: Line
    parent_name: Line = ""
    short_name: Line
    organ_id: Line = ""
    place: Line = ""
    address: Line = ""
    contact: Line = ""
    desk_code: Line = "01"
    desk_name: Line = ""
    administrator: NewPerson
    password_hash: str
    units: tuple[NewUnit, ...] = ()
    registers: tuple[NewRegister, ...] = ()


class NewUnit(Frozen):
    """A unit (đơn vị, phòng) of the agency."""

    id: UUID
    name: Line
    short_name: Line = ""


class AddPerson(Command):
    """Create an account (Vĩnh Long 480 Đ16.6b)."""

    where: ClassVar[Where] = Where.SERVER
    not_recorded: ClassVar[frozenset[str]] = frozenset({"password_hash"})

    person: NewPerson
    password_hash: str


class ChangePerson(Command):
    """Change a person's roles, position or unit, or close the account of a leaver (Đà Nẵng 8849 Đ13.5d)."""

    where: ClassVar[Where] = Where.SERVER
    person: UUID
    position: Line
    unit: UUID | None
    roles: Roles
    active: bool


class SetPassword(Command):
    """Set one's own password, or as administrator another's first one (Hà Nam 44/2024 Đ21.2b)."""

    where: ClassVar[Where] = Where.SERVER
    not_recorded: ClassVar[frozenset[str]] = frozenset({"password_hash"})

    person: UUID
    password_hash: str


class ChangeSetting(Command):
    """Change one setting of the agency; `value` is JSON."""

    where: ClassVar[Where] = Where.SERVER
    name: str
    value: str


class AddCorrespondent(Command):
    """Add an agency to the directory of issuers and recipients."""

    name: Line
    short_name: Line = ""
    organ_id: Line = ""
    parent: Line = ""


# --- registers and numbers -----------------------------------------------------------------------------------


class OpenRegisters(Command):
    """Open books for a year, numbers starting at 01 (Đà Nẵng 8849 Đ8.2a; NĐ 30/2020 Đ15.1)."""

    where: ClassVar[Where] = Where.PEN
    year: int
    registers: tuple[UUID, ...]


class AddRegister(Command):
    """Create a register with its symbols and open it for a year."""

    where: ClassVar[Where] = Where.SERVER
    register_facts: NewRegister
    year: int


class ReserveNumber(Command):
    """Hold the next number for somebody (giữ số): an entry with holder, reason and expiry."""

    where: ClassVar[Where] = Where.PEN
    register_id: UUID
    year: int
    holder: Line
    reason: Line
    expires_on: dt.date


class VoidNumber(Command):
    """Void a number (hủy số): the number and the reason stay in the book (NĐ 30/2020 Đ15.1, Đ18.3)."""

    where: ClassVar[Where] = Where.PEN
    register_id: UUID
    year: int
    number: int
    sub_number: str = ""
    reason: Line


class ConfirmLastNumber(Command):
    """The last number on paper, after a restore or for a fresh book in mid-year; numbering goes on behind it."""

    where: ClassVar[Where] = Where.PEN
    register_id: UUID
    year: int
    last_number: int
    reason: Line


class BeginIncarnation(Command):
    """The desk found that its store is restored, copied or moved, and drops its pens; the desk itself is the actor."""

    not_recorded: ClassVar[frozenset[str]] = frozenset({"fingerprint"})

    cause: RenewalCause
    incarnation: UUID
    fingerprint: dict[str, str]


# --- arrivals ------------------------------------------------------------------------------------------------


class ArrivalFacts(Frozen):
    """Input fields of an arrival (NĐ 30/2020 PL VI phần II.II) and what the provinces add."""

    arrival_date: dt.date
    received_at: AwareDatetime | None = None
    issuer_id: UUID | None = None
    issuer: Line
    code_number: Line = ""
    code_notation: Line = ""
    issued_date: dt.date | None = None
    document_type: Line = ""
    normative: bool = False
    subject: Line
    language: Line = "Tiếng Việt"
    page_amount: int | None = None
    description: Line = ""
    signer_position: Line = ""
    signer_name: Line = ""
    urgency: Urgency = Urgency.NORMAL
    to_places: Line = ""
    due_date: dt.date | None = None
    receipt_channel: ReceiptChannel = ReceiptChannel.POST
    medium: Medium = Medium.PAPER
    edoc_class: int | None = Field(default=None, ge=1, le=3)
    legal_value: bool = False
    document_identifier: Line = ""
    file_notation: Line = ""
    doc_ordinal: int | None = None


class RegisterArrival(Command):
    """Enter an arrival in its register under the next arrival number (Hà Nam 44/2024 Đ10.3)."""

    where: ClassVar[Where] = Where.PEN
    register_id: UUID
    facts: ArrivalFacts
    files: tuple[NewFile, ...] = ()
    reserved_number: int | None = None
    sub_number_of: int | None = None
    sub_number_reason: Line = ""
    second_copy: bool = False  # the clerk has seen the earlier entry and registers all the same
    emergency: InEmergency | None = None  # only when `register_id` is the desk's emergency register
    inbox: UUID | None = None  # the document of the exchange inbox that is registered


class CorrectArrival(Command):
    """Correct an arrival; the old values are kept. Number, register and arrival date cannot be corrected."""

    arrival: UUID
    facts: ArrivalFacts
    reason: Line


class SubmitArrival(Command):
    """Submit an arrival for a directive (trình; Hà Nam 44/2024 Đ11.1)."""

    arrival: UUID
    to_places: Line


class FinishArrival(Command):
    """End the processing of an arrival (Vĩnh Long 480 Đ14.1)."""

    arrival: UUID
    status: ArrivalStatus


class AttachFiles(Command):
    """Attach files to an arrival or an outgoing document."""

    document: UUID
    files: tuple[NewFile, ...]


class RemoveFile(Command):
    """Take a file off its document; the bytes and the fact are kept."""

    attachment: UUID
    reason: Line


# --- outgoing documents --------------------------------------------------------------------------------------


class Recipient(Frozen):
    """One recipient of an outgoing document (nơi nhận; Hà Nam 44/2024 Đ13.4c)."""

    name: Line
    correspondent: UUID | None = None
    channel: DispatchChannel = DispatchChannel.EXCHANGE
    copies: int = Field(default=1, ge=0, le=999)
    envelopes: int = Field(default=0, ge=0, le=999)
    organ_id: Line = ""  # its identifier in the directory: by it the exchange finds it


class OutgoingFacts(Frozen):
    """Input fields of an outgoing document (NĐ 30/2020 PL VI phần II.I)."""

    symbol: UUID
    document_type: Line
    normative: bool = False
    body: Line = ""
    unit_short_name: Line = ""
    subject: Line
    language: Line = "Tiếng Việt"
    page_amount: int | None = None
    description: Line = ""
    drafting_unit: Line = ""
    drafter: Line = ""
    signer_id: UUID | None = None
    signer_position: Line = ""
    signer_name: Line
    signing_capacity: SigningCapacity = SigningCapacity.HEAD
    urgency: Urgency = Urgency.NORMAL
    release_form: ReleaseForm = ReleaseForm.ELECTRONIC_ONLY
    paper_reason: PaperReason | None = None
    issued_amount: int | None = None
    answers_arrival: UUID | None = None
    due_date: dt.date | None = None
    retained_by: Line = ""


class EnterOutgoing(Command):
    """Enter a draft that will become an outgoing document; it has no number yet (Hà Nam 44/2024 Đ13.1)."""

    facts: OutgoingFacts
    recipients: tuple[Recipient, ...] = ()
    files: tuple[NewFile, ...] = ()


class CorrectOutgoing(Command):
    """Correct an outgoing document; the old values are kept. Number and date cannot be corrected."""

    outgoing: UUID
    facts: OutgoingFacts
    recipients: tuple[Recipient, ...]
    reason: Line = ""


class SubmitForSignature(Command):
    """Give the prepared PDF to the leader (trình ký)."""

    outgoing: UUID
    prepared: NewFile


class RecordLeaderSignature(Command):
    """The authorised person has signed; the document awaits issue (Hà Nam 44/2024 Đ13.3a)."""

    outgoing: UUID
    signed: NewFile
    certificate: str  # SHA-256 of the certificate, hexadecimal


class ReturnDraft(Command):
    """Send a draft back to its drafter with the reason (Hà Nam 44/2024 Đ13.1c)."""

    outgoing: UUID
    reason: Line


class IssueNumber(Command):
    """Give a signed document its number and date (Hà Nam 44/2024 Đ13.4a; NĐ 30/2020 Đ15)."""

    where: ClassVar[Where] = Where.PEN
    outgoing: UUID
    issued_date: dt.date
    reserved_number: int | None = None


class RecordSeal(Command):
    """The agency has sealed the numbered document (Hà Nam 44/2024 Đ13.4c; NĐ 30/2020 Đ32.2)."""

    outgoing: UUID
    sealed: NewFile
    certificate: str


class Release(Command):
    """Dispatch a sealed document to its recipients (phát hành; NĐ 30/2020 Đ18)."""

    outgoing: UUID


class RecordDelivery(Command):
    """Note the state of one recipient's copy (Hà Nam 44/2024 Đ6.6)."""

    dispatch: UUID
    state: DispatchState
    note: Line = ""


class SaveTemplate(Command):
    """Keep the fields of a form under a name, to start from."""

    kind: str
    name: Line
    fields: str  # JSON


# --- commands that the server has refused --------------------------------------------------------------------


class SettleRefusal(Command):
    """Close a line of the attention tray: the work was sent again as another command, or dropped for a reason."""

    refused: UUID  # uid of the refused command
    resent_as: UUID | None = None  # uid of the command that does its work now
    reason: Line = ""


# --- the pen (quyền cấp số): who may number in a book ---------------------------------------------------------


class TakePen(Command):
    """Ask the server for the pen of a book that it holds (lấy quyền cấp số)."""

    where: ClassVar[Where] = Where.SERVER
    register_id: UUID
    year: int


class ReturnPen(Command):
    """Give a book's pen back to the server, behind every number that was given under it (trả quyền cấp số)."""

    register_id: UUID
    year: int


class ReleasePenByCode(Command):
    """Lock a book here and hand its pen to a named desk, which is told a code by telephone (trao quyền bằng mã)."""

    where: ClassVar[Where] = Where.PEN
    register_id: UUID
    year: int
    to_desk: UUID
    to_incarnation: UUID  # as the desk that releases knows it: a restored desk cannot use an old code


class TakePenByCode(Command):
    """Take a book's pen with the code heard on the telephone (nhận quyền bằng mã)."""

    register_id: UUID
    year: int
    code: Line


class DeclaredBook(Frozen):
    """The last number of a book that is on paper, or the cap that people give where nobody can look.

    `passed_to` and `epoch`: the desk had handed the pen on by code before it was lost, and its code says so.
    """

    register_id: UUID
    year: int
    last_number: int = Field(ge=0)
    passed_to: UUID | None = None
    epoch: int | None = None


class DeclareDeskDestroyed(Command):
    """Two people declare a desk destroyed; the server goes on behind the last number on paper of each of its books.

    `set_aside`: the desk may be alive; the books go on behind a cap, and its late documents fill their own numbers only.
    """

    where: ClassVar[Where] = Where.SERVER
    lost_desk: UUID
    second_person: UUID
    set_aside: bool = False
    books: tuple[DeclaredBook, ...]
    reason: Line


# --- the emergency register ----------------------------------------------------------------------------------


class InEmergency(Frozen):
    """What an arrival entered in the emergency register (sổ tạm khi mất kết nối) carries with it."""

    document: UUID  # the form's own uid: an answer that was lost on the way registered under the same
    ordinary_register: UUID  # where it belongs
    clock_offset: int = 0  # milliseconds to add to the desk's clock for the server's, as known at the last contact


class StartEmergency(Command):
    """Open the desk's emergency register in an outage (Tây Ninh 59/2014 Đ4.2)."""

    cause: Line
    authorised_by: Line
    reported_to: Line = ""
    authorised_until: AwareDatetime
    last_on_paper: int | None = Field(default=None, ge=0)  # asked when the store was restored; 0 when there is none


class ExtendEmergency(Command):
    """Allow the emergency register for longer."""

    outage: UUID
    authorised_by: Line
    authorised_until: AwareDatetime


class EndEmergency(Command):
    """The outage is over; nothing more is entered in the emergency register."""

    outage: UUID


class ConvertEmergency(Command):
    """Give lines of emergency registers their ordinary numbers, in just this order."""

    where: ClassVar[Where] = Where.PEN
    register_id: UUID  # the ordinary book
    year: int
    documents: tuple[UUID, ...]
    without_desks: tuple[UUID, ...] = ()  # desks that may have lines which nobody has seen yet


# --- the year: the waiting pile, batches, closes --------------------------------------------------------------


class WaitingLine(Frozen):
    """A document that waits to be numbered; its id becomes the arrival's.

    `position` orders what was received at one moment, `source` says where it came from (a file's name and line).
    """

    id: UUID
    facts: ArrivalFacts
    files: tuple[NewFile, ...] = ()
    received_at: AwareDatetime
    position: int = 0
    source: Line = ""


class AddWaiting(Command):
    """Put documents on the waiting pile (văn bản chờ vào sổ) of a register."""

    register_id: UUID
    lines: tuple[WaitingLine, ...]


class ChangeWaiting(Command):
    """Correct a document that waits."""

    line: UUID
    facts: ArrivalFacts
    files: tuple[NewFile, ...] = ()
    received_at: AwareDatetime


class DropWaiting(Command):
    """Take documents off the pile; they never had a number, and nothing of their content is kept."""

    lines: tuple[UUID, ...]


class FirstNumber(Frozen):
    """The number with which the preview of a batch begins in the book of a year."""

    year: int
    number: int


class NumberWaiting(Command):
    """Number a pile in one act: all of it or nothing, in order of receipt (Hà Nam 44/2024 Đ10.3b).

    The uid is the batch's id. `first_numbers` are those that the clerk was shown; the books must still stand there.
    """

    where: ClassVar[Where] = Where.PEN
    register_id: UUID
    lines: tuple[UUID, ...]
    second_copies: tuple[UUID, ...] = ()
    first_numbers: tuple[FirstNumber, ...]


class BookDay(Frozen):
    """What a book got on one day: first and last number, and how many are live, void and held when it is closed."""

    register_id: UUID
    year: int
    first_number: int | None = None
    last_number: int | None = None
    live: int = 0
    void: int = 0
    reserved: int = 0
    signature: str = ""  # CMS of `daily_close.signed_text`, base64; empty: not signed


class CloseDay(Command):
    """The daily close (chốt sổ ngày) of a day that has ended; the program gives it by itself.

    All its books are held at one place: at this desk, or at the server.
    """

    where: ClassVar[Where] = Where.PEN
    day: dt.date
    books: tuple[BookDay, ...]
    chain_seq: int  # the last entry of the desk's audit log
    chain_head: str  # its hash, hexadecimal
    signer: Line = ""


class CloseYear(Command):
    """Close books of a year for good (đóng sổ; Hà Nam 44/2024 Đ10.3c, Đ13.4đ)."""

    where: ClassVar[Where] = Where.SERVER
    year: int
    registers: tuple[UUID, ...]


# --- documents of other agencies of the server ---------------------------------------------------------------


class RefuseDelivery(Command):
    """Return a document of the exchange inbox to its sender, with the reason (Đà Nẵng 8849 Đ5.6)."""

    inbox: UUID
    cause: RefusalCause
    reason: Line


NewRegister.model_rebuild()
SetUpAgency.model_rebuild()
RegisterArrival.model_rebuild()

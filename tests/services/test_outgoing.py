"""Outgoing documents: the lawful order of steps, numbers and codes, paper, recipients, voiding."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from clerkdesk.errors import ClerkDeskError
from clerkdesk.services import commands as c
from clerkdesk.services import numbering, registers
from clerkdesk.services.attachments import RoleNotAttached, files_of
from clerkdesk.services.clock import VIETNAM
from clerkdesk.services.corrections import corrections_of
from clerkdesk.services.desk import Desk
from clerkdesk.services.dispatching import DispatchUnknown, NoRecipients, postal_lines
from clerkdesk.services.ids import new_id
from clerkdesk.services.lengths import Missing, TooLarge, TooLong
from clerkdesk.services.outgoing import (
    AnsweredArrivalUnknown,
    IssueDateBeforePrevious,
    IssueDateWrong,
    OutgoingUnknown,
    PaperNotReleased,
    PaperReasonMissing,
    SignedAlready,
    SymbolUnknown,
    SymbolWrong,
    WrongStep,
    expected_notation,
    next_step,
    outgoing_by_id,
    recipients_of,
)
from clerkdesk.services.vocabulary import (
    AttachmentRole,
    Direction,
    DispatchChannel,
    DispatchState,
    OutgoingStatus,
    PaperReason,
    ReleaseForm,
    SigningCapacity,
)

from ..conftest import OfficeClock
from ..office import (
    bring_to,
    enter,
    everything,
    issue,
    open_year,
    outgoing_facts,
    pdf_file,
    register,
    reserve,
    rows,
    steps_of,
    subject_of,
    void,
)

S = OutgoingStatus
# What each step makes of a document, from the only states in which it is lawful (NĐ 30/2020 Đ14, Đ15.2, Đ32.2).
LAWFUL: dict[str, dict[OutgoingStatus, OutgoingStatus]] = {
    "SubmitForSignature": dict.fromkeys((S.DRAFT, S.RETURNED, S.SUBMITTED_FOR_SIGNATURE), S.SUBMITTED_FOR_SIGNATURE),
    "RecordLeaderSignature": {S.SUBMITTED_FOR_SIGNATURE: S.AWAITING_ISSUE},
    "ReturnDraft": dict.fromkeys((S.SUBMITTED_FOR_SIGNATURE, S.AWAITING_ISSUE), S.RETURNED),
    "IssueNumber": {S.AWAITING_ISSUE: S.NUMBERED},
    "RecordSeal": {S.NUMBERED: S.SEALED},
    "Release": {S.SEALED: S.RELEASED},
}


@pytest.mark.parametrize("status", list(S))
@pytest.mark.parametrize("step", LAWFUL)
def test_a_step_is_taken_only_where_the_law_puts_it(desk: Desk, step: str, status: OutgoingStatus) -> None:
    outgoing = bring_to(desk, status)
    command = steps_of(desk, outgoing)[step]
    before = everything(desk.store)
    if status in LAWFUL[step]:
        desk.do(command)
        assert desk.read(outgoing_by_id, outgoing)["status"] == LAWFUL[step][status]
        return
    with pytest.raises(WrongStep) as caught:
        desk.do(command)
    assert status.label in caught.value.message
    assert next_step(status) in caught.value.message
    assert everything(desk.store) == before


def test_nothing_is_done_with_an_unknown_document(desk: Desk) -> None:
    for command in steps_of(desk, new_id()).values():
        with pytest.raises(OutgoingUnknown):
            desk.do(command)


def test_each_step_keeps_its_version_of_the_document_and_its_moment(desk: Desk) -> None:
    outgoing = bring_to(desk, S.RELEASED)
    kept = [file["role"] for file in desk.read(files_of, outgoing)]
    assert kept == ["PREPARED", "LEADER_SIGNED", "SEALED"]
    row = desk.read(outgoing_by_id, outgoing)
    moments = [row[name] for name in ("created_at", "signed_at", "numbered_at", "sealed_at", "released_at")]
    assert moments == sorted(moments)


def test_a_draft_goes_back_with_its_reason_and_loses_the_signature(desk: Desk) -> None:
    outgoing = bring_to(desk, S.AWAITING_ISSUE)
    with pytest.raises(numbering.ReasonMissing):
        desk.do(desk.make(c.ReturnDraft, outgoing=outgoing, reason="  "))
    desk.do(desk.make(c.ReturnDraft, outgoing=outgoing, reason="Sai căn cứ"))
    row = desk.read(outgoing_by_id, outgoing)
    assert (row["status"], row["return_reason"], row["signed_at"]) == ("RETURNED", "Sai căn cứ", None)
    for step in ("SubmitForSignature", "RecordLeaderSignature", "IssueNumber"):
        desk.do(steps_of(desk, outgoing)[step])
    assert desk.read(outgoing_by_id, outgoing)["return_reason"] == ""


# --- numbers and codes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "code", "book"),
    [
        ({"document_type": "CV"}, "01/SNV-VP", "DI"),
        ({"document_type": "CV", "unit_short_name": ""}, "01/SNV", "DI"),
        ({"document_type": "TCg"}, "01/SNV-VP", "DI"),
        ({"document_type": "QĐ"}, "01/QĐ-SNV", "DI"),
        ({"document_type": "TTr"}, "01/TTr-SNV", "DI"),
        ({"document_type": "QyĐ"}, "01/QyĐ-SNV", "DI"),
        ({"document_type": "QĐ", "normative": True}, "01/2026/QĐ-SNV", "QP-QĐ"),
        ({"document_type": "NQ", "normative": True}, "01/2026/NQ-SNV", "QP-NQ"),
        ({"document_type": "SY"}, "01/SY-SNV", "SAO"),
        ({"document_type": "TrS"}, "01/TrS-SNV", "SAO"),
        ({"document_type": "SL"}, "01/SL-SNV", "SAO"),
    ],
)
def test_the_code_follows_from_type_agency_and_unit(desk: Desk, facts: dict[str, Any], code: str, book: str) -> None:
    draft = enter(desk, **facts)
    row = desk.read(outgoing_by_id, draft)
    assert f"01/{desk.read(expected_notation, row, 2026)}" == code
    answer = issue(desk, **facts)
    assert answer.reference_code == code
    assert desk.read(outgoing_by_id, subject_of(answer))["reference_code"] == code
    assert rows(desk.store, "SELECT r.code FROM entry JOIN register r ON r.id = register_id")[0][0] == book


def test_all_common_types_share_one_series_and_copies_and_normative_documents_have_their_own(desk: Desk) -> None:
    codes = [
        issue(desk, document_type=kind, normative=normative).reference_code
        for kind, normative in [
            ("CV", False), ("QĐ", False), ("SY", False), ("QĐ", True), ("KH", False), ("SL", False), ("NQ", True),
            ("QĐ", True), ("CV", False), ("TrS", False),
        ]
    ]  # fmt: skip
    assert codes == [
        "01/SNV-VP", "02/QĐ-SNV", "01/SY-SNV", "01/2026/QĐ-SNV", "03/KH-SNV", "02/SL-SNV", "01/2026/NQ-SNV",
        "02/2026/QĐ-SNV", "04/SNV-VP", "03/TrS-SNV",
    ]  # fmt: skip


def test_numbers_below_ten_have_a_leading_zero_and_the_others_have_not(desk: Desk) -> None:
    codes = [issue(desk).reference_code for _ in range(10)]
    assert codes[8:] == ["09/SNV-VP", "10/SNV-VP"]


def test_a_held_number_gives_its_code(desk: Desk) -> None:
    first = issue(desk)
    book = UUID(rows(desk.store, "SELECT register_id FROM entry")[0][0])
    held = reserve(desk, book)
    outgoing = bring_to(desk, S.AWAITING_ISSUE)
    answer = desk.do(
        desk.make(c.IssueNumber, outgoing=outgoing, issued_date=dt.date(2026, 11, 20), reserved_number=held)
    )
    assert first.reference_code == "01/SNV-VP"
    assert answer.model_dump()["reference_code"] == "02/SNV-VP"
    with pytest.raises(numbering.NumberNotReserved):
        desk.do(
            desk.make(
                c.IssueNumber,
                outgoing=bring_to(desk, S.AWAITING_ISSUE),
                issued_date=dt.date(2026, 11, 20),
                reserved_number=held,
            )
        )


SIGNED = dt.date(2026, 11, 20)


@pytest.mark.parametrize(("days", "good"), [(-1, False), (0, True), (1, True), (3, True), (4, False), (365, False)])
def test_the_issue_date_lies_between_the_signature_and_today(
    desk: Desk, clock: OfficeClock, days: int, good: bool
) -> None:
    outgoing = bring_to(desk, S.AWAITING_ISSUE)
    clock.forward(days=3)
    step = steps_of(desk, outgoing, SIGNED + dt.timedelta(days=days))["IssueNumber"]
    before = everything(desk.store)
    if good:
        assert desk.do(step).model_dump()["issued_date"] == SIGNED + dt.timedelta(days=days)
        return
    with pytest.raises(IssueDateWrong) as caught:
        desk.do(step)
    assert "20/11/2026" in caught.value.message
    assert everything(desk.store) == before


def test_a_document_signed_in_december_can_be_issued_in_the_old_book_or_in_the_new(
    desk: Desk, clock: OfficeClock
) -> None:
    clock.set(dt.datetime(2026, 12, 31, 16, tzinfo=VIETNAM))
    old, new = bring_to(desk, S.AWAITING_ISSUE), bring_to(desk, S.AWAITING_ISSUE)
    clock.set(dt.datetime(2027, 1, 4, 8, tzinfo=VIETNAM))
    step = steps_of(desk, new, dt.date(2027, 1, 4))["IssueNumber"]
    with pytest.raises(numbering.RegisterNotOpen):
        desk.do(step)
    open_year(desk, 2027)
    answers = [desk.do(steps_of(desk, old, dt.date(2026, 12, 31))["IssueNumber"]), desk.do(step)]
    assert [(one.model_dump()["year"], one.model_dump()["number"]) for one in answers] == [(2026, 1), (2027, 1)]


def test_no_number_is_dated_before_the_number_in_front_of_it(desk: Desk, clock: OfficeClock) -> None:
    early, late = bring_to(desk, S.AWAITING_ISSUE), bring_to(desk, S.AWAITING_ISSUE)
    normative = bring_to(desk, S.AWAITING_ISSUE, document_type="QĐ", normative=True)
    clock.forward(days=3)
    desk.do(steps_of(desk, early, SIGNED + dt.timedelta(days=2))["IssueNumber"])
    before = everything(desk.store)
    with pytest.raises(IssueDateBeforePrevious) as caught:
        desk.do(steps_of(desk, late, SIGNED + dt.timedelta(days=1))["IssueNumber"])
    for part in ("21/11/2026", "22/11/2026", "01/SNV-VP", "Điều 15.1", "Chọn ngày từ 22/11/2026 đến hôm nay"):
        assert part in caught.value.message
    assert everything(desk.store) == before
    desk.do(steps_of(desk, normative, SIGNED)["IssueNumber"])  # another book
    desk.do(steps_of(desk, late, SIGNED + dt.timedelta(days=2))["IssueNumber"])  # the same day


def test_a_held_number_looks_only_at_the_numbers_in_front_of_it(desk: Desk, clock: OfficeClock) -> None:
    first = issue(desk)
    book = desk.read(outgoing_by_id, subject_of(first))["register_id"]
    held, waiting = reserve(desk, book), bring_to(desk, S.AWAITING_ISSUE)
    clock.forward(days=2)
    issue(desk)
    step = desk.make(c.IssueNumber, outgoing=waiting, issued_date=SIGNED, reserved_number=held)
    assert desk.do(step).model_dump()["reference_code"] == "02/SNV-VP"


def test_a_letter_dated_by_a_wrong_clock_is_voided_and_numbering_goes_on(desk: Desk, clock: OfficeClock) -> None:
    clock.forward(days=30)
    wrong = desk.read(outgoing_by_id, subject_of(issue(desk)))
    clock.back(days=30)
    waiting = bring_to(desk, S.AWAITING_ISSUE)
    with pytest.raises(IssueDateBeforePrevious) as caught:
        desk.do(steps_of(desk, waiting)["IssueNumber"])
    assert "đồng hồ" in caught.value.message and "hủy số" in caught.value.message
    void(desk, wrong["register_id"], wrong["number"])
    assert desk.do(steps_of(desk, waiting)["IssueNumber"]).model_dump()["number"] == 2


SIGNED_STATES = {S.AWAITING_ISSUE: "F5", S.NUMBERED: "Delete", S.SEALED: "Delete", S.RELEASED: "đính chính"}
ON_THE_PAPER: list[tuple[dict[str, Any], str]] = [
    ({"subject": "Về việc khác"}, "subject"),
    ({"document_type": "QĐ"}, "document_type"),
    ({"document_type": "QĐ", "normative": True}, "document_type"),
    ({"unit_short_name": "TCCB"}, "unit"),
    ({"signer_name": "Trần Văn Ba"}, "signer"),
    ({"signer_position": "Phó Giám đốc"}, "signer"),
    ({"signing_capacity": SigningCapacity.KT}, "signing_capacity"),
]


@pytest.mark.parametrize("status", SIGNED_STATES)
@pytest.mark.parametrize(("change", "field"), ON_THE_PAPER)
def test_what_the_leader_has_signed_is_not_corrected_behind_the_paper(
    desk: Desk, status: OutgoingStatus, change: dict[str, Any], field: str
) -> None:
    outgoing = bring_to(desk, status)
    before = everything(desk.store)
    with pytest.raises(SignedAlready) as caught:
        correct(desk, outgoing, **change)
    assert SIGNED_STATES[status] in caught.value.message
    assert caught.value.field == field
    assert everything(desk.store) == before


@pytest.mark.parametrize("status", SIGNED_STATES)
def test_what_does_not_stand_on_the_paper_is_corrected_after_the_signature(desk: Desk, status: OutgoingStatus) -> None:
    outgoing = bring_to(desk, status)
    assert correct(desk, outgoing, description="Gửi thêm bản giấy", retained_by="VT, TCCB") == (
        "description",
        "retained_by",
    )
    row = desk.read(outgoing_by_id, outgoing)
    assert (row["description"], row["retained_by"]) == ("Gửi thêm bản giấy", "VT, TCCB")


@pytest.mark.parametrize("status", [S.DRAFT, S.RETURNED])
def test_before_the_signature_everything_is_corrected(desk: Desk, status: OutgoingStatus) -> None:
    outgoing = bring_to(desk, status)
    changed = correct(desk, outgoing, document_type="QĐ", subject="Về việc khác", signer_name="Trần Văn Ba")
    assert {"document_type", "subject", "signer_name"} <= set(changed)


def test_a_register_opened_after_the_signature_takes_only_new_documents(desk: Desk) -> None:
    outgoing = bring_to(desk, S.AWAITING_ISSUE, document_type="QĐ")
    before = desk.read(outgoing_by_id, outgoing)["symbol_id"]
    symbols = (c.NewSymbol(template="{number}/{type}-{agency}-M", document_type="QĐ"),)
    facts = c.NewRegister(direction=Direction.OUTGOING, code="QD", title="Sổ quyết định", symbols=symbols)
    desk.do(desk.make(c.AddRegister, register_facts=facts, year=2026))
    assert correct(desk, outgoing, document_type="QĐ", description="Ghi chú") == ("description",)
    assert desk.read(outgoing_by_id, outgoing)["symbol_id"] == before


def correct(desk: Desk, outgoing: UUID, **changes: Any) -> tuple[str, ...]:
    """Correct a document that was entered with `office.enter`, and return what has changed."""
    facts = outgoing_facts(desk, **changes)
    answer = desk.do(desk.make(c.CorrectOutgoing, outgoing=outgoing, facts=facts, recipients=(), reason="Sửa"))
    return tuple(answer.model_dump()["changed"])


@pytest.mark.parametrize(
    "of",
    [
        {"document_type": "QĐ"},
        {"document_type": "QĐ", "normative": True},
        {"document_type": "SY"},
        {"document_type": "CV", "body": "HĐTĐKT"},
    ],
)
def test_a_symbol_of_another_type_or_body_is_refused(desk: Desk, of: dict[str, Any]) -> None:
    preset = registers.advisory_body_preset("HĐTĐ", "HĐTĐKT")
    desk.do(desk.make(c.AddRegister, register_facts=preset, year=2026))
    wrong = outgoing_facts(desk, **of).symbol
    entered = enter(desk)
    before = everything(desk.store)
    for give in (lambda: enter(desk, symbol=wrong), lambda: correct(desk, entered, symbol=wrong)):
        with pytest.raises(SymbolWrong) as caught:
            give()
        assert "“Công văn”" in caught.value.message
        assert caught.value.field == "document_type"
    assert everything(desk.store) == before


# --- fields ----------------------------------------------------------------------------------------------------

LENGTHS = {
    "subject": 500,
    "language": 30,
    "description": 500,
    "signer_position": 100,
    "signer_name": 50,
    "drafter": 50,
    "drafting_unit": 200,
    "retained_by": 200,
}


@pytest.mark.parametrize(("field", "longest"), LENGTHS.items())
def test_a_text_of_an_outgoing_document_has_the_length_of_the_law(desk: Desk, field: str, longest: int) -> None:
    outgoing = enter(desk, **{field: "ộ" * longest})
    assert desk.read(outgoing_by_id, outgoing)[field] == "ộ" * longest
    with pytest.raises(TooLong) as caught:
        enter(desk, **{field: "ộ" * (longest + 1)})
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("change", "expected", "field"),
    [
        ({"subject": " "}, Missing, "subject"),
        ({"signer_name": ""}, Missing, "signer_name"),
        ({"page_amount": 0}, TooLarge, "page_amount"),
        ({"issued_amount": 1000}, TooLarge, "issued_amount"),
        ({"symbol": UUID(int=1)}, SymbolUnknown, "document_type"),
        ({"answers_arrival": UUID(int=1)}, AnsweredArrivalUnknown, "answers_arrival"),
        ({"release_form": ReleaseForm.ELECTRONIC_AND_PAPER}, PaperReasonMissing, "paper_reason"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_kept(
    desk: Desk, change: dict[str, Any], expected: type[ClerkDeskError], field: str
) -> None:
    before = everything(desk.store)
    with pytest.raises(expected) as caught:
        enter(desk, **change)
    assert caught.value.field == field
    assert everything(desk.store) == before


@pytest.mark.parametrize("form", list(ReleaseForm))
@pytest.mark.parametrize("reason", [None, *PaperReason])
def test_paper_beside_the_electronic_document_needs_one_of_five_reasons(
    desk: Desk, form: ReleaseForm, reason: PaperReason | None
) -> None:
    if form is ReleaseForm.ELECTRONIC_AND_PAPER and reason is None:
        with pytest.raises(PaperReasonMissing):
            enter(desk, release_form=form, paper_reason=reason)
    else:
        row = desk.read(outgoing_by_id, enter(desk, release_form=form, paper_reason=reason))
        assert row["paper_reason"] == (reason or "")


def test_an_answer_knows_the_arrival_that_it_answers(desk: Desk) -> None:
    arrival = register(desk).subject
    assert desk.read(outgoing_by_id, enter(desk, answers_arrival=arrival))["answers_arrival"] == arrival


@pytest.mark.parametrize(("name", "expected"), [("", Missing), (" \t", Missing), ("ộ" * 201, TooLong)])
def test_a_recipient_has_a_name_of_lawful_length(desk: Desk, name: str, expected: type[ClerkDeskError]) -> None:
    before = everything(desk.store)
    with pytest.raises(expected) as caught:
        desk.do(desk.make(c.EnterOutgoing, facts=outgoing_facts(desk), recipients=(c.Recipient(name=name),)))
    assert caught.value.field == "recipients"
    assert everything(desk.store) == before
    desk.do(desk.make(c.EnterOutgoing, facts=outgoing_facts(desk), recipients=(c.Recipient(name="ộ" * 200),)))


# --- corrections -----------------------------------------------------------------------------------------------


def test_recipients_can_change_until_the_release_and_not_after_it(desk: Desk) -> None:
    outgoing = bring_to(desk, S.SEALED, recipients=2)
    facts = outgoing_facts(desk)

    def names() -> list[str]:
        return [row["recipient"] for row in desk.read(recipients_of, outgoing)]

    def give(*wanted: str) -> None:
        to = tuple(c.Recipient(name=name) for name in wanted)
        desk.do(desk.make(c.CorrectOutgoing, outgoing=outgoing, facts=facts, recipients=to))

    give("Bộ Nội vụ", "Sở Tư pháp", "Ủy ban nhân dân tỉnh")
    assert names() == ["Bộ Nội vụ", "Sở Tư pháp", "Ủy ban nhân dân tỉnh"]
    desk.do(steps_of(desk, outgoing)["Release"])
    give("Ai khác")
    assert names() == ["Bộ Nội vụ", "Sở Tư pháp", "Ủy ban nhân dân tỉnh"]


def test_a_correction_of_an_outgoing_document_keeps_the_old_value(desk: Desk) -> None:
    outgoing = enter(desk, subject="Về việc cũ")
    facts = outgoing_facts(desk, subject="Về việc mới")
    desk.do(desk.make(c.CorrectOutgoing, outgoing=outgoing, facts=facts, recipients=(), reason="Rõ hơn"))
    kept = desk.read(corrections_of, outgoing)
    assert [(row["field"], row["old_value"], row["new_value"], row["reason"]) for row in kept] == [
        ("subject", "Về việc cũ", "Về việc mới", "Rõ hơn")
    ]


def test_a_void_document_is_not_corrected(desk: Desk) -> None:
    outgoing = bring_to(desk, S.VOIDED)
    with pytest.raises(WrongStep):
        desk.do(desk.make(c.CorrectOutgoing, outgoing=outgoing, facts=outgoing_facts(desk), recipients=()))


# --- release ---------------------------------------------------------------------------------------------------


def test_a_document_without_recipients_is_not_released(desk: Desk) -> None:
    outgoing = bring_to(desk, S.SEALED, recipients=0)
    before = everything(desk.store)
    with pytest.raises(NoRecipients) as caught:
        desk.do(steps_of(desk, outgoing)["Release"])
    assert caught.value.field == "recipients"
    assert everything(desk.store) == before


def with_paper(desk: Desk) -> c.OutgoingFacts:
    """The facts of a letter that goes out on paper too."""
    form = {"release_form": ReleaseForm.ELECTRONIC_AND_PAPER, "paper_reason": PaperReason.NOT_CONNECTED}
    return outgoing_facts(desk, **form)


def test_what_is_released_electronically_only_is_not_posted(desk: Desk) -> None:
    to = (c.Recipient(name="Xã An Khê", channel=DispatchChannel.POST),)
    with pytest.raises(PaperNotReleased):
        desk.do(desk.make(c.EnterOutgoing, facts=outgoing_facts(desk), recipients=to))
    assert desk.do(desk.make(c.EnterOutgoing, facts=with_paper(desk), recipients=to)).subject


def test_every_recipients_copy_is_sent_and_followed_by_itself(desk: Desk) -> None:
    outgoing = bring_to(desk, S.SEALED)
    to = tuple(c.Recipient(name=f"Nhận bằng {channel}", channel=channel) for channel in DispatchChannel)
    desk.do(desk.make(c.CorrectOutgoing, outgoing=outgoing, facts=with_paper(desk), recipients=to))
    waiting = {row["channel"]: row["id"] for row in desk.read(recipients_of, outgoing)}
    first = {"id": waiting["POST"]}
    with pytest.raises(DispatchUnknown):
        desk.do(desk.make(c.RecordDelivery, dispatch=first["id"], state=DispatchState.ARRIVED))
    desk.do(steps_of(desk, outgoing)["Release"])
    states = {row["channel"]: (row["state"], row["sent_at"] is not None) for row in desk.read(recipients_of, outgoing)}
    waits = {"EXCHANGE": ("WAITING", False)}  # until the exchange has taken it (Hà Nam 44/2024 Đ7.1)
    assert states == {channel.value: ("SENT", True) for channel in DispatchChannel} | waits
    desk.do(desk.make(c.RecordDelivery, dispatch=waiting["EXCHANGE"], state=DispatchState.SENT))
    desk.do(desk.make(c.RecordDelivery, dispatch=first["id"], state=DispatchState.REFUSED, note="Gửi nhầm nơi"))
    copies = desk.read(recipients_of, outgoing)
    assert {row["channel"]: row["state"] for row in copies} == dict.fromkeys(DispatchChannel, "SENT") | {
        "POST": "REFUSED"
    }
    assert {row["note"] for row in copies} == {"", "Gửi nhầm nơi"}
    assert all(row["sent_at"] and row["sent_by"] == desk.person.id for row in copies)
    for wrong in (
        desk.make(c.RecordDelivery, dispatch=first["id"], state=DispatchState.WAITING),
        desk.make(c.RecordDelivery, dispatch=new_id(), state=DispatchState.ARRIVED),
    ):
        with pytest.raises(DispatchUnknown):
            desk.do(wrong)
    assert desk.read(recipients_of, outgoing) == copies


def test_the_postal_book_holds_what_was_posted_on_its_days_by_vietnams_calendar(desk: Desk, clock: OfficeClock) -> None:
    clock.set(dt.datetime(2026, 11, 20, 6, 30, tzinfo=VIETNAM))  # the day before in UTC
    for channel in (DispatchChannel.POST, DispatchChannel.EMAIL):
        to = (c.Recipient(name=f"Xã {channel}", channel=channel, envelopes=2),)
        outgoing = subject_of(desk.do(desk.make(c.EnterOutgoing, facts=with_paper(desk), recipients=to)))
        for step in ("SubmitForSignature", "RecordLeaderSignature", "IssueNumber", "RecordSeal", "Release"):
            desk.do(steps_of(desk, outgoing)[step])
    lines = desk.read(postal_lines, SIGNED, SIGNED)
    assert [(line.sent_on, line.reference_code, line.recipient, line.envelopes) for line in lines] == [
        (SIGNED, "01/SNV-VP", "Xã POST", 2)
    ]
    day = dt.timedelta(days=1)
    assert desk.read(postal_lines, SIGNED - day, SIGNED - day) == []
    assert desk.read(postal_lines, SIGNED + day, SIGNED + day) == []


# --- voiding and files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [S.NUMBERED, S.SEALED, S.RELEASED])
def test_a_number_is_voided_before_the_release_and_never_after_it(desk: Desk, status: OutgoingStatus) -> None:
    row = desk.read(outgoing_by_id, bring_to(desk, status))
    before = everything(desk.store)
    if status is S.RELEASED:
        with pytest.raises(WrongStep):
            void(desk, row["register_id"], row["number"])
        assert everything(desk.store) == before
        return
    void(desk, row["register_id"], row["number"])
    voided = desk.read(outgoing_by_id, row["id"])
    assert (voided["status"], voided["reference_code"]) == ("VOIDED", "01/SNV-VP")
    assert issue(desk).number == 2


@pytest.mark.parametrize("role", [AttachmentRole.PREPARED, AttachmentRole.LEADER_SIGNED, AttachmentRole.SEALED])
def test_a_signed_or_sealed_version_cannot_be_brought_in_as_an_attachment(desk: Desk, role: AttachmentRole) -> None:
    outgoing = bring_to(desk, S.SEALED)
    before = desk.read(files_of, outgoing)
    with pytest.raises(RoleNotAttached):
        desk.do(desk.make(c.AttachFiles, document=outgoing, files=(pdf_file(role),)))
    assert desk.read(files_of, outgoing) == before

"""One outgoing document: its facts and recipients, and the next step of the order that the law prescribes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from textual import work
from textual.binding import Binding, BindingType

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import N_, _
from clerkdesk.screens.record_screen import RecordScreen

if TYPE_CHECKING:
    from clerkdesk.services.signing.keys import SigningKey


# The states in which a key does something; in the others the key line leaves it out.
_POSSIBLE = {
    "correct": ("DRAFT", "RETURNED", "SUBMITTED_FOR_SIGNATURE", "AWAITING_ISSUE", "NUMBERED", "SEALED", "RELEASED"),
    "delivery": ("RELEASED",),
    "send_back": ("SUBMITTED_FOR_SIGNATURE", "AWAITING_ISSUE"),
    "signed_elsewhere": ("SUBMITTED_FOR_SIGNATURE",),
    "sign": ("SUBMITTED_FOR_SIGNATURE", "AWAITING_ISSUE", "NUMBERED"),
    "forward": ("DRAFT", "RETURNED", "SEALED"),
    "void": ("NUMBERED", "SEALED"),
    "reserved": ("AWAITING_ISSUE",),
}


STEP_SECONDS = 120.0
"""Keys wait at most so long for a step: LibreOffice may take a minute for a long draft."""


class OutgoingRecordScreen(RecordScreen):
    """Shows an outgoing document; F9 and F10 do the next step."""

    HELP = N_(
        "Thứ tự theo luật: F10 trình ký → lãnh đạo đăng nhập, F9 ký số → văn thư F9 cấp số, ghi ngày và đóng dấu số → "
        "F10 phát hành. Dòng dưới cùng luôn nói bước tiếp theo. F4 ghi trạng thái của từng nơi nhận sau khi phát hành."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "correct", N_("Sửa"), id="record.correct"),
        Binding("f4", "delivery", N_("Nơi nhận"), id="outgoing.delivery"),
        Binding("f5", "send_back", N_("Trả lại"), id="outgoing.return"),
        Binding("f6", "save_copy", N_("Chép tệp"), id="record.copy"),
        Binding("f7", "signed_elsewhere", N_("Nhận bản ký"), id="outgoing.signed_elsewhere"),
        Binding("f8", "print", N_("In"), id="record.print"),
        Binding("f9", "sign", N_("Ký"), id="outgoing.sign"),
        Binding("f10", "forward", N_("Chuyển"), id="outgoing.forward"),
        Binding("ctrl+r", "reserved", N_("Dùng số giữ"), id="outgoing.reserved"),
        Binding("delete", "void", N_("Hủy"), id="record.void"),
        Binding("ctrl+n", "next_page", N_("Trang sau của tệp"), show=False, id="preview.next"),
        Binding("ctrl+b", "previous_page", N_("Trang trước của tệp"), show=False, id="preview.previous"),
    ]

    def __init__(self, document: UUID) -> None:
        super().__init__(document)
        self.reserved_number: int | None = None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Show only the keys of the steps that are possible now; help (F1) explains the order."""
        from clerkdesk.services.vocabulary import OutgoingStatus as Status

        if not self.row or action not in _POSSIBLE:
            return True
        return Status(self.row["status"]).name in _POSSIBLE[action] or None

    def read(self) -> None:
        """Read the document and its recipients."""
        from clerkdesk.services.outgoing import next_step, outgoing_by_id, recipients_of
        from clerkdesk.services.vocabulary import OutgoingStatus

        self.row = self.desk.read(outgoing_by_id, self.document)
        self.recipients = self.desk.read(recipients_of, self.document)
        self.status = OutgoingStatus(self.row["status"])
        self.head(f"{_('VĂN BẢN ĐI')} · {self.row['reference_code'] or _('chưa có số')} · {self.status.label}")
        self.say(_("Bước tiếp theo: {step}").format(step=next_step(self.status)))
        self.refresh_bindings()

    def lines(self) -> Iterator[tuple[str, str]]:
        """Every field, then the recipients."""
        from clerkdesk.services.clock import local
        from clerkdesk.services.document_types import type_name
        from clerkdesk.services.vocabulary import (
            DispatchChannel,
            DispatchState,
            PaperReason,
            ReleaseForm,
            SigningCapacity,
            Urgency,
        )

        row = self.row
        issued = f"   {_('ngày')} {row['issued_date']:%d/%m/%Y}" if row["issued_date"] else ""
        yield _("Số, ký hiệu"), f"{row['reference_code'] or '—'}{issued}"
        yield _("Trạng thái"), self.status.label
        if row["return_reason"]:
            yield _("Lý do trả lại"), row["return_reason"]
        yield (
            _("Loại văn bản"),
            type_name(row["document_type"]) + (_(" (quy phạm pháp luật)") if row["normative"] else ""),
        )
        yield _("Trích yếu"), row["subject"]
        yield (
            _("Người ký"),
            f"{row['signer_name']} – {row['signer_position']} · {SigningCapacity(row['signing_capacity']).label}",
        )
        yield _("Đơn vị soạn"), f"{row['drafting_unit']} – {row['drafter']}"
        yield _("Độ khẩn"), Urgency(row["urgency"]).label
        reason = f" ({PaperReason(row['paper_reason']).label})" if row["paper_reason"] else ""
        yield _("Hình thức"), ReleaseForm(row["release_form"]).label + reason
        if row["answers_arrival"]:
            from clerkdesk.services.arrivals import arrival_by_id
            from clerkdesk.services.reference_code import joined

            found = self.desk.read(arrival_by_id, row["answers_arrival"])
            code = joined(found["code_number"], found["code_notation"])
            yield _("Trả lời"), f"{code} {found['issuer']} ({_('số đến')} {found['number']}/{found['year']})"
        if row["due_date"]:
            yield _("Hạn trả lời"), f"{row['due_date']:%d/%m/%Y}"
        yield _("Số bản, nơi lưu"), f"{row['issued_amount'] or '—'}, {row['retained_by'] or '—'}"
        yield "", _("NƠI NHẬN")
        for one in self.recipients:
            state = DispatchState(one["state"])
            when = f" · {local(one['state_at']):%d/%m/%y %H:%M}" if state is not DispatchState.WAITING else ""
            note = f" – {one['note']}" if one["note"] else ""
            copies = _("{count} bản").format(count=one["copies"])
            channel = DispatchChannel(one["channel"]).label
            yield f"  {state.label}"[:18], f"{one['recipient']} ({channel}, {copies}){when}{note}"

    # -- steps ------------------------------------------------------------------------------------------------------

    def action_forward(self) -> None:
        """Give to the leader, or release: what follows the state."""
        from clerkdesk.services.vocabulary import OutgoingStatus

        if self.status is OutgoingStatus.SEALED:
            self._release()
        else:
            self.say(_("Đang chuẩn bị bản trình ký…"))
            self.in_background(self._prepare)

    def _prepare(self) -> str:
        from clerkdesk.services.issuing import prepare_for_signature

        prepare_for_signature(self.desk, self.document)
        return _("Đã trình {signer} ký.").format(signer=self.row["signer_name"])

    def _release(self) -> None:
        from clerkdesk.screens.modals.confirm import ConfirmModal
        from clerkdesk.services.commands import Release

        def answered(yes: bool | None) -> None:
            if yes:
                waiting = sum(one["channel"] == "EXCHANGE" for one in self.recipients)
                sentence = _("Đã phát hành: {sent} nơi đã gửi, {waiting} nơi chờ trục liên thông.")
                sent = len(self.recipients) - waiting
                self.give(Release, sentence.format(sent=sent, waiting=waiting), outgoing=self.document)

        question = _(
            "Phát hành {code} tới {count} nơi nhận? Bưu điện, trực tiếp, fax, thư điện tử được ghi là đã gửi; "
            "trục liên thông chờ kết nối, khi gửi xong bấm F4 để ghi."
        )
        if self.desk.has_server:
            question = _(
                "Phát hành {code} tới {count} nơi nhận? Bưu điện, trực tiếp, fax, thư điện tử được ghi là đã gửi; "
                "cơ quan cùng máy chủ nhận qua máy chủ, trạng thái tự cập nhật; nơi khác khi gửi xong bấm F4 để ghi."
            )
        question = question.format(code=self.row["reference_code"], count=len(self.recipients))
        self.app.push_screen(ConfirmModal(question), answered)

    def action_sign(self) -> None:
        """The leader's signature, or number and seal: what follows the state."""
        from clerkdesk.services.issuing import NotTheSigner, key_file, may_sign
        from clerkdesk.services.outgoing import WrongStep, next_step
        from clerkdesk.services.vocabulary import OutgoingStatus

        if self.status is OutgoingStatus.SUBMITTED_FOR_SIGNATURE:
            if not may_sign(self.desk.person, self.row):
                self.say(NotTheSigner(signer=self.row["signer_name"]).message, bad=True)
                return
            path = key_file(self.app.data_dir, self.desk.person.username)
            self._ask_key(_("Ký số của lãnh đạo"), path, self._leader_signs)
        elif self.status in (OutgoingStatus.AWAITING_ISSUE, OutgoingStatus.NUMBERED):
            path = key_file(self.app.data_dir, "agency")
            self._ask_key(_("Cấp số, ghi ngày và đóng dấu số của cơ quan"), path, self._issue)
        else:
            self.say(WrongStep(status=self.status.label, next_step=next_step(self.status)).message, bad=True)

    def _ask_key(self, title: str, path: Path, then: Callable[[SigningKey], str]) -> None:
        from clerkdesk.screens.modals.ask import AskModal, Question

        questions = (
            Question("path", _("Tệp khóa (.p12)"), str(path) if path.exists() else ""),
            Question("passphrase", _("Mật khẩu khóa"), secret=True),
        )

        def answered(answer: dict[str, str] | None) -> None:
            if answer is not None:
                self.say(_("Đang ký…"))
                self.in_background(lambda: then(_load(answer)))

        def _load(answer: dict[str, str]) -> SigningKey:
            from clerkdesk.services.signing.keys import load_pkcs12

            return load_pkcs12(Path(answer["path"]).expanduser(), answer["passphrase"])

        self.app.push_screen(AskModal(title, questions), answered)

    def _leader_signs(self, key: SigningKey) -> str:
        from clerkdesk.services.issuing import sign_as_leader

        sign_as_leader(self.desk, self.document, key)
        return _("Đã ký bằng chứng thư của {holder}{test}.").format(holder=key.holder, test=_test(key))

    def _issue(self, key: SigningKey) -> str:
        from clerkdesk.services.clock import today
        from clerkdesk.services.issuing import issue

        call = self.app.call_from_thread
        row = issue(
            self.desk, self.document, key, today(), reserved_number=self.reserved_number,
            progress=lambda text: call(self.say, text),
        )  # fmt: skip
        call(self._show_number, row)
        return _("Đã cấp số {code} và đóng dấu{test}. F10 để phát hành.").format(
            code=row["reference_code"], test=_test(key)
        )

    def _show_number(self, row: dict[str, Any]) -> None:
        from clerkdesk.screens.modals.issued_number import IssuedNumberModal
        from clerkdesk.services.reference_code import number_text

        text = f"{row['reference_code']}\n{row['issued_date']:%d/%m/%Y}"
        number = number_text(row["number"], row["sub_number"])
        self.app.push_screen(IssuedNumberModal(number, _("SỐ VĂN BẢN ĐI"), text))
        self.call_after_refresh(self.desk.seen)

    def in_background(self, step: Callable[[], str]) -> None:
        """Do a slow step; keys typed ahead wait for it, they belong to the step that follows."""
        self.do_step(step, self.app.hold_keys(STEP_SECONDS))

    @work(thread=True, exclusive=True, exit_on_error=False, group="step")
    def do_step(self, step: Callable[[], str], release: Callable[[], None]) -> None:
        """A failure is a sentence in the message line and the record is read again."""
        call = self.app.call_from_thread
        try:
            sentence = step()
        except ClerkDeskError as error:
            if not self.desk.number_waits:  # reading the record again would show it
                call(self.office_changed)
            call(self.say, error.message, bad=True)
        else:
            call(self._step_done, sentence)
        finally:
            call(release)

    def _step_done(self, sentence: str) -> None:
        self.app.changes += 1
        self.done(sentence)

    def action_reserved(self) -> None:
        """Issue under a number that is held in the document's book."""
        from clerkdesk.screens.modals.special_number import Chosen, SpecialNumberModal
        from clerkdesk.services.clock import today
        from clerkdesk.services.outgoing import register_of
        from clerkdesk.services.reference_code import number_text

        def chosen(answer: Chosen | None) -> None:
            if answer is None:
                return
            self.reserved_number = answer.held
            number = number_text(answer.held) if answer.held is not None else _("tiếp theo")
            self.say(_("Văn bản này sẽ lấy số {number}; F9 để cấp số và đóng dấu.").format(number=number))

        register = self.desk.read(register_of, self.row["symbol_id"])
        modal = SpecialNumberModal(self.desk, register, today().year, sub_numbers=False)
        self.app.push_screen(modal, chosen)

    # -- other keys -------------------------------------------------------------------------------------------------

    def action_correct(self) -> None:
        """Correct the fields and recipients."""
        from clerkdesk.screens.outgoing_form import OutgoingForm

        self.app.push_screen(OutgoingForm(correcting=self.row))

    def action_send_back(self) -> None:
        """Return the draft to its drafter, with the reason."""
        from clerkdesk.screens.modals.ask import AskModal, Question
        from clerkdesk.services.commands import ReturnDraft

        def answered(answer: dict[str, str] | None) -> None:
            if answer is not None:
                self.give(ReturnDraft, _("Đã trả lại."), outgoing=self.document, reason=answer["reason"])

        self.app.push_screen(AskModal(_("Trả lại người soạn"), (Question("reason", _("Lý do")),)), answered)

    def action_signed_elsewhere(self) -> None:
        """Take the PDF that the leader signed with another program."""
        from clerkdesk.screens.modals.pick_file import PickFileModal

        def chosen(path: Path | None) -> None:
            if path is not None:
                self.in_background(lambda: self._take(path))

        self.app.push_screen(PickFileModal(self.desk), chosen)

    def _take(self, path: Path) -> str:
        from clerkdesk.services.files import FileMissing
        from clerkdesk.services.issuing import take_signed_elsewhere

        try:
            pdf = path.read_bytes()
        except OSError as error:
            raise FileMissing(name=path.name) from error
        take_signed_elsewhere(self.desk, self.document, pdf)
        return _("Đã nhận bản lãnh đạo ký.")

    def action_delivery(self) -> None:
        """Note the state of one recipient's copy."""
        from clerkdesk.screens.modals.pick import PickModal, pick_from
        from clerkdesk.services.commands import RecordDelivery
        from clerkdesk.services.vocabulary import DispatchState

        states = [state for state in DispatchState if state is not DispatchState.WAITING]

        def recipient_chosen(one: dict[str, Any] | None) -> None:
            if one is None:
                return

            def state_chosen(state: DispatchState | None) -> None:
                if state is not None:
                    sentence = _("Đã ghi: {who} – {state}.").format(who=one["recipient"], state=state.label)
                    self.give(RecordDelivery, sentence, dispatch=one["id"], state=state)

            choices = [(state.label, state) for state in states]
            self.app.push_screen(PickModal(one["recipient"], pick_from(choices)), state_chosen)

        if not self.recipients:
            self.say(_("Văn bản chưa có nơi nhận: F2 để thêm."))
            return
        choices = [(one["recipient"], one) for one in self.recipients]
        self.app.push_screen(PickModal(_("Nơi nhận nào?"), pick_from(choices)), recipient_chosen)

    def action_void(self) -> None:
        """Void the number, with a reason."""
        if self.row["number"] is None:
            self.say(_("Văn bản chưa có số; F5 để trả lại dự thảo."))
            return
        self.ask_void(_("Hủy số {code}").format(code=self.row["reference_code"]), self.row["reference_code"])

    def action_print(self) -> None:
        """Print envelopes or the postal book."""
        from clerkdesk.screens.printing import print_for_outgoing

        print_for_outgoing(self, self.row)


def _test(key: SigningKey) -> str:
    """Mark a development key in every sentence that names it."""
    return _(" (THỬ NGHIỆM)") if key.is_test else ""

"""What the server refuses comes back to the tray with everything entered; the store is as the server's; nothing is lost."""

from __future__ import annotations

from uuid import UUID

import pytest

from clerkdesk.server.hub import Hub
from clerkdesk.services import commands as c
from clerkdesk.services.arrivals import ArrivalRegistered, ArrivalUnknown, arrival_by_id
from clerkdesk.services.attachments import files_of
from clerkdesk.services.desk import Desk
from clerkdesk.services.numbering import ReasonMissing, held_numbers
from clerkdesk.services.outgoing import outgoing_by_id
from clerkdesk.services.refusals import RefusalUnknown, Refused, open_refusals
from clerkdesk.services.resending import about, arrival_facts_of, command_again, drop, entered
from clerkdesk.services.vocabulary import OutgoingStatus, Role

from ..office import (
    PASSWORD,
    arrival_facts,
    arrivals_book,
    book,
    bring_to,
    desk_id,
    dismiss,
    employ,
    pdf_file,
    register,
    reserve,
    rows,
    steps_of,
    subject_of,
    void,
)
from .office_net import Post, differences, settle


def tray(desk: Desk) -> list[Refused]:
    return desk.read(open_refusals, desk_id(desk))


@pytest.fixture
def dismissed(hub: Hub, first: Post, second: Post) -> Post:
    """The first desk, away from the network, with a clerk at it who is dismissed elsewhere meanwhile."""
    person = employ(first.desk, "binhtt", Role.CLERK)
    settle(first, second)
    first.desk.log_in("binhtt", PASSWORD)
    settle(first)
    first.offline()
    dismiss(second.desk, person)
    return first


def back(post: Post) -> None:
    """The network is back, and somebody else sits at the desk."""
    post.online()
    post.sync.round()
    post.desk.log_in("annv", PASSWORD)


def test_a_registration_of_a_dismissed_clerk_comes_back_with_all_that_was_entered_and_its_number_held(
    hub: Hub, dismissed: Post, second: Post
) -> None:
    first = dismissed
    done = register(first.desk, files=(pdf_file(),), subject="Về việc phòng, chống bão số 9", urgency=2)
    finish = first.desk.make(c.SubmitArrival, arrival=subject_of(done), to_places="Phòng Nghiệp vụ")
    first.desk.do(finish)
    back(first)
    lines = tray(first.desk)
    assert [one.kind for one in lines] == ["RegisterArrival", "SubmitArrival"]
    assert lines[0].number == done.number == 1
    assert about(lines[0]).endswith("Về việc phòng, chống bão số 9")
    assert ("Độ khẩn", "Hỏa tốc") in entered(lines[0]) or ("Độ khẩn", "Thượng khẩn") in entered(lines[0])
    assert ("Tệp", "van-ban.pdf") in entered(lines[0])
    assert ("Đơn vị hoặc người nhận", "Phòng Nghiệp vụ") in entered(lines[1])
    with pytest.raises(ArrivalUnknown):
        first.desk.read(arrival_by_id, subject_of(done))
    assert first.desk.read(files_of, subject_of(done)) == []
    assert [one.number for one in first.desk.read(held_numbers, arrivals_book(first.desk), 2026)] == [1]
    settle(second)
    assert differences(hub, first, second) == {}


def test_sent_again_it_keeps_the_number_on_the_paper_and_what_followed_it_follows(
    hub: Hub, dismissed: Post, second: Post
) -> None:
    first = dismissed
    done = register(first.desk, files=(pdf_file(),))
    first.desk.do(first.desk.make(c.SubmitArrival, arrival=subject_of(done), to_places="Phòng Nghiệp vụ"))
    back(first)
    assert register(first.desk).number == 2
    registration = tray(first.desk)[0]
    assert arrival_facts_of(registration).subject
    again = command_again(first.desk, registration)
    answer = first.desk.do(again)
    assert isinstance(answer, ArrivalRegistered)
    assert answer.number == 1
    first.desk.do(first.desk.make(c.SettleRefusal, refused=registration.uid, resent_as=again.uid))
    (submission,) = tray(first.desk)
    assert submission.subject == again.uid
    first.desk.do(command := command_again(first.desk, submission))
    first.desk.do(first.desk.make(c.SettleRefusal, refused=submission.uid, resent_as=command.uid))
    assert tray(first.desk) == []
    settle(first, second)
    row = second.desk.read(arrival_by_id, again.uid)
    assert (row["number"], row["status"], row["to_places"]) == (1, "SUBMITTED", "Phòng Nghiệp vụ")
    assert differences(hub, first, second) == {}


def test_dropped_with_a_reason_its_number_is_void(hub: Hub, dismissed: Post, second: Post) -> None:
    first = dismissed
    register(first.desk)
    back(first)
    (line,) = tray(first.desk)
    with pytest.raises(ReasonMissing):
        drop(first.desk, line, "")
    drop(first.desk, line, "Văn bản gửi nhầm cơ quan")
    assert tray(first.desk) == []
    with pytest.raises(RefusalUnknown):
        first.desk.do(first.desk.make(c.SettleRefusal, refused=line.uid, reason="Lần nữa"))
    settle(first, second)
    assert [tuple(row) for row in rows(hub.store, "SELECT number, state, reason FROM entry")] == [
        (1, "VOID", "Văn bản gửi nhầm cơ quan")
    ]
    assert differences(hub, first, second) == {}


def test_a_held_number_used_in_vain_is_held_again(hub: Hub, dismissed: Post, second: Post) -> None:
    first = dismissed
    number = reserve(first.desk, arrivals_book(first.desk))
    back(first)
    held = [one.number for one in first.desk.read(held_numbers, arrivals_book(first.desk), 2026)]
    assert held == [number]
    settle(second)
    assert differences(hub, first, second) == {}


def test_a_document_voided_meanwhile_refuses_the_correction_and_stays_void(hub: Hub, first: Post, second: Post) -> None:
    done = register(first.desk)
    settle(first, second)
    second.offline()
    correction = second.desk.make(
        c.CorrectArrival, arrival=subject_of(done), facts=arrival_facts(subject="Đã sửa khi mất mạng"), reason="Nhầm"
    )
    second.desk.do(correction)
    void(first.desk, arrivals_book(first.desk), done.number)
    settle(first)
    back(second)
    (line,) = tray(second.desk)
    assert (line.kind, line.code) == ("CorrectArrival", "ArrivalVoid")
    assert ("Trích yếu", "Đã sửa khi mất mạng") in entered(line)
    assert second.desk.read(arrival_by_id, subject_of(done))["status"] == "VOIDED"
    assert tray(first.desk) == []  # it is the other desk's
    settle(first, second)
    assert differences(hub, first, second) == {}


def test_a_step_that_somebody_else_has_taken_comes_back(hub: Hub, first: Post, second: Post) -> None:
    outgoing: UUID = bring_to(first.desk, OutgoingStatus.SUBMITTED_FOR_SIGNATURE, recipients=2)
    settle(first, second)
    second.offline()
    second.desk.do(steps_of(second.desk, outgoing)["RecordLeaderSignature"])
    first.desk.do(steps_of(first.desk, outgoing)["ReturnDraft"])
    settle(first)
    back(second)
    (line,) = tray(second.desk)
    assert line.kind == "RecordLeaderSignature"
    assert second.desk.read(outgoing_by_id, outgoing)["status"] == "RETURNED"
    settle(first, second)
    assert differences(hub, first, second) == {}


def test_what_cannot_be_put_back_one_by_one_is_put_back_whole(hub: Hub, dismissed: Post, second: Post) -> None:
    first = dismissed
    first.desk.do(first.desk.make(c.SaveTemplate, kind="arrival", name="Giấy mời", fields="{}"))
    number = reserve(first.desk, book(first.desk, "DI").register_id)
    back(first)
    assert {one.kind for one in tray(first.desk)} == {"SaveTemplate", "ReserveNumber"}
    assert rows(first.store, "SELECT 1 FROM template") == []
    assert number == 1
    settle(first, second)
    assert differences(hub, first, second) == {}

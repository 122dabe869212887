"""Several hands at one book at the same time: no gap, no duplicate, nobody is turned away."""

from __future__ import annotations

import multiprocessing
import threading
from multiprocessing.connection import Connection
from pathlib import Path

from clerkdesk.data.highwater import Unmarked
from clerkdesk.data.store import open_store
from clerkdesk.data.store_key import load_key
from clerkdesk.services.audit import check_chain
from clerkdesk.services.desk import Desk
from clerkdesk.services.outgoing import NumberIssued

from ..office import PASSWORD, arrival_command, count, everything, issue, register, rows

EACH = 25


def a_desk_beside(path: Path) -> Desk:
    desk = Desk(open_store(path, load_key(path), exclusive=False))
    desk.store.mark = Unmarked()  # the mark is for one program; here the counter alone is looked at
    desk.log_in("annv", PASSWORD)
    return desk


def whole(desk: Desk, numbers: list[int]) -> None:
    """Check that the numbers are everything the book holds, once each, in order of time."""
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    stored = rows(
        desk.store,
        "SELECT e.number, e.registered_at, a.number FROM entry e JOIN arrival a ON a.id = e.document_id"
        " ORDER BY e.number",
    )
    assert [(row[0], row[2]) for row in stored] == [(number, number) for number in sorted(numbers)]
    moments = [row[1] for row in stored]
    assert moments == sorted(moments)
    assert desk.read(check_chain).broken_at is None
    assert count(desk.store, "audit") == count(desk.store, "outbox")


def test_threads_of_one_program_share_the_book(desk: Desk) -> None:
    numbers: list[int] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(EACH):
                numbers.append(register(desk).number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    whole(desk, numbers)


def clerk(path: Path, shown: Connection) -> None:
    desk = a_desk_beside(path)
    shown.recv()
    for _ in range(EACH):
        shown.send(register(desk, code_number="").number)
    desk.close()


def test_programs_beside_each_other_share_the_book(
    office_folder: Path, no_keyring: None, cheap_passwords: None, clock: object
) -> None:
    path = office_folder / "clerkdesk.db"
    fork = multiprocessing.get_context("fork")
    numbers: list[int] = []
    clerks = []
    for _ in range(2):
        ours, theirs = fork.Pipe()
        child = fork.Process(target=clerk, args=(path, theirs))
        child.start()
        theirs.close()
        clerks.append((child, ours))
    for _, ours in clerks:
        ours.send("go")
    for child, ours in clerks:
        numbers += [ours.recv() for _ in range(EACH)]
        child.join()
        assert child.exitcode == 0
    desk = a_desk_beside(path)
    whole(desk, numbers)
    desk.close()


def test_one_form_saved_in_two_windows_at_once_gets_one_number(desk: Desk) -> None:
    command = arrival_command(desk)
    answers = []

    def save() -> None:
        answers.append(desk.do(command))

    threads = [threading.Thread(target=save) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert all(answer == answers[0] for answer in answers)
    assert len(everything(desk.store)["arrival"]) == 1


def test_arrivals_and_outgoing_documents_are_numbered_side_by_side_each_in_its_own_book(desk: Desk) -> None:
    out: list[NumberIssued] = []

    def send() -> None:
        out.extend(issue(desk) for _ in range(5))

    thread = threading.Thread(target=send)
    thread.start()
    arrived = [register(desk).number for _ in range(20)]
    thread.join()
    assert arrived == list(range(1, 21))
    assert [one.reference_code for one in out] == [f"{number:02d}/SNV-VP" for number in range(1, 6)]

"""A store and the high-water mark outside it: when they disagree, no number is given before somebody looked at the paper.

Every guard is switched off once, and then a number stands on two papers.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from clerkdesk.data import highwater, line_log, machine
from clerkdesk.data.highwater import Mark, MarkInUse, NoMark
from clerkdesk.data.mark_state import Intent, Pen, State
from clerkdesk.data.store import open_store
from clerkdesk.data.store_key import load_key
from clerkdesk.i18n import _
from clerkdesk.places import state_folder
from clerkdesk.services import commands as c
from clerkdesk.services import numbering, opening
from clerkdesk.services.arrivals import ArrivalRegistered
from clerkdesk.services.backups import make_backup, restore_backup
from clerkdesk.services.desk import Desk
from clerkdesk.services.ids import new_id
from clerkdesk.services.incarnation import WHAT_HAPPENED, what_happened
from clerkdesk.services.office import execute
from clerkdesk.services.registers import books
from clerkdesk.services.vocabulary import Direction, OutgoingStatus, RenewalCause

from ..office import (
    PASSWORD,
    arrival_command,
    arrivals_book,
    book,
    bring_to,
    count,
    desk_id,
    everything,
    forget_mark,
    issue,
    next_number,
    open_year,
    register,
    reserve,
    rows,
    steps_of,
)
from ..paper import STORE, OnTwoPapers, Paper, paper_confirmed, pour_back, snapshot


@pytest.fixture
def paper() -> Paper:
    return Paper()


@pytest.fixture
def office(office_folder: Path, clock: object, cheap_passwords: None, no_keyring: None) -> Path:
    """The office, with nobody at its desk."""
    return office_folder


_desks: list[Desk] = []


@pytest.fixture(autouse=True)
def close_desks() -> Iterator[None]:
    """Close what a test has left open."""
    yield
    while _desks:
        leave(_desks[-1])


def sit_down(folder: Path) -> Desk:
    desk = Desk.open(folder / STORE)
    _desks.append(desk)
    desk.log_in("annv", PASSWORD)
    return desk


def leave(desk: Desk) -> None:
    _desks.remove(desk)
    desk.close()


# --- the scenes: each ends with a number that only a guard keeps from standing on two papers ---------------------------

Scene = Callable[[Path, Paper], None]
Off = Callable[[pytest.MonkeyPatch], None]


def goes_on(desk: Desk, paper: Paper) -> None:
    """Register one more; where the books wait, look at the paper first."""
    if book(desk, "DEN", 2026).state == "SUSPENDED":
        with pytest.raises(numbering.RegisterSuspended):
            register(desk)
        paper_confirmed(desk, paper.last)
    paper.write(register(desk))


def old_bytes_are_put_back(office: Path, paper: Paper) -> None:
    desk = sit_down(office)
    paper.write(register(desk))
    leave(desk)
    old = snapshot(office)
    desk = sit_down(office)
    paper.write(register(desk))
    leave(desk)
    pour_back(office, old)
    goes_on(sit_down(office), paper)


def old_bytes_are_put_back_after_a_sub_number(office: Path, paper: Paper) -> None:
    desk = sit_down(office)
    first = paper.write(register(desk))
    leave(desk)
    old = snapshot(office)
    desk = sit_down(office)
    paper.write(register(desk, sub_number_of=first, sub_number_reason="Bỏ sót"))
    leave(desk)
    pour_back(office, old)
    desk = sit_down(office)
    if book(desk, "DEN", 2026).state == "SUSPENDED":
        paper_confirmed(desk, paper.last)
    paper.write(register(desk, sub_number_of=first, sub_number_reason="Bỏ sót"))


def old_bytes_are_put_back_after_a_held_number_was_used(office: Path, paper: Paper) -> None:
    desk = sit_down(office)
    held = reserve(desk, arrivals_book(desk))
    leave(desk)
    old = snapshot(office)
    desk = sit_down(office)
    paper.write(register(desk, reserved_number=held))
    leave(desk)
    pour_back(office, old)
    desk = sit_down(office)
    if book(desk, "DEN", 2026).state == "SUSPENDED":
        paper_confirmed(desk, paper.last)
    (found,) = desk.read(numbering.held_numbers, arrivals_book(desk), 2026)
    if found.holder != numbering.LOST_HOLDER:  # else it waits for its own document
        paper.write(register(desk, reserved_number=held))


def a_backup_is_restored(office: Path, paper: Paper) -> None:
    desk = sit_down(office)
    paper.write(register(desk))
    made = make_backup(desk.store, office / "backups")
    paper.write(register(desk))
    leave(desk)
    restore_backup(made.path, office / STORE)
    goes_on(sit_down(office), paper)


def a_year_is_opened_again_after_a_restore(office: Path, paper: Paper) -> None:
    desk = sit_down(office)
    made = make_backup(desk.store, office / "backups")
    open_year(desk, 2025)
    paper.write(_in(desk, 2025))
    leave(desk)
    restore_backup(made.path, office / STORE)
    desk = sit_down(office)
    open_year(desk, 2025)
    if book(desk, "DEN", 2025).state == "OPEN":
        paper.write(_in(desk, 2025))


def _in(desk: Desk, year: int) -> ArrivalRegistered:
    """Give the next number of another year's book to a document, past the form, which has no such field."""
    number = desk.do(
        desk.make(
            c.ReserveNumber, register_id=arrivals_book(desk), year=year, holder="A", reason="B", expires_on="2026-12-01"
        )
    ).model_dump()["number"]
    return ArrivalRegistered.model_construct(subject=new_id(), number=number, sub_number="", year=year)


def the_folder_is_copied_to_a_new_place(office: Path, paper: Paper) -> None:
    desk = sit_down(office)
    paper.write(register(desk))
    leave(desk)
    copy = office.with_name("copy")
    shutil.copytree(office, copy)
    desk = sit_down(office)
    paper.write(register(desk))
    leave(desk)
    goes_on(sit_down(copy), paper)


def folder_and_mark_are_copied_to_another_machine(office: Path, paper: Paper) -> None:
    desk = sit_down(office)
    paper.write(register(desk))
    leave(desk)
    copy = office.with_name("copy")
    shutil.copytree(office, copy)
    shutil.copytree(state_folder(office), state_folder(copy))
    desk = sit_down(office)
    paper.write(register(desk))
    leave(desk)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine, "machine_id", lambda: "another")
        goes_on(sit_down(copy), paper)


def the_mark_is_deleted_and_old_bytes_are_put_back(office: Path, paper: Paper) -> None:
    desk = sit_down(office)
    paper.write(register(desk))
    leave(desk)
    old = snapshot(office)
    desk = sit_down(office)
    paper.write(register(desk))
    leave(desk)
    pour_back(office, old)
    shutil.rmtree(state_folder(office))
    goes_on(sit_down(office), paper)


def the_mark_is_as_old_as_the_store(office: Path, paper: Paper) -> None:
    """The mark misses what the store knows: somebody wrote an old mark back. A store older still would fit it."""
    desk = sit_down(office)
    paper.write(register(desk))
    leave(desk)
    (mark,) = state_folder(office).glob("*.mark")
    old_mark, old_store = mark.read_bytes(), None
    desk = sit_down(office)
    paper.write(register(desk))
    leave(desk)
    old_store = snapshot(office)
    desk = sit_down(office)
    paper.write(register(desk))
    leave(desk)
    mark.write_bytes(old_mark)
    pour_back(office, old_store)
    goes_on(sit_down(office), paper)


def the_clerk_reads_the_paper_wrongly(office: Path, paper: Paper) -> None:
    desk = sit_down(office)
    made = make_backup(desk.store, office / "backups")
    for _number in range(3):
        paper.write(register(desk))
    leave(desk)
    restore_backup(made.path, office / STORE)
    desk = sit_down(office)
    try:
        paper_confirmed(desk, paper.last - 1)
    except numbering.NumberBelowMark as error:
        assert "số 3 " in error.message
        assert desk.highest_known(arrivals_book(desk), "DEN", 2026) == 3
        paper_confirmed(desk, paper.last)
    paper.write(register(desk))


def a_number_whose_done_failed_is_shown(office: Path, paper: Paper) -> None:
    desk = sit_down(office)
    paper.write(register(desk))
    old = snapshot(office)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Mark, "_write", _fail_on("done"))
        try:
            paper.write(register(desk))
        except highwater.NumberNotShown as error:
            assert "Văn bản đã vào sổ nhưng chưa hiện số được" in error.message
    leave(desk)
    pour_back(office, old)
    goes_on(sit_down(office), paper)


def _fail_on(kind: str) -> Callable[..., None]:
    write = Mark._write

    def fail(self: Mark, records: list[dict[str, Any]]) -> None:
        if any(record["k"] == kind for record in records):
            raise OSError(28, "full")
        write(self, records)

    return fail


def off(target: Any, name: str, value: Any) -> Off:
    return lambda patch: patch.setattr(target, name, value)


def believed(path: Path, me: opening.Identity, store: Any) -> tuple[Mark, None]:
    try:
        return Mark.open(path), None
    except FileNotFoundError:
        return Mark.make(path, opening._believing(me, store)), None


def shown_all_the_same(self: Mark, command: Any, seq: int, head: bytes) -> None:
    try:
        self._write([{"k": "done", "c": str(command), "q": seq, "h": head.hex()}])
    except OSError:
        return


NO_COMPARISON = off(opening, "disagreement", lambda *_: None)
NO_HEAD = off(opening, "_hash_at", lambda connection, agency, seq: _right_hash(seq))
NO_FINGERPRINT = off(opening, "differs", lambda *_: False)
NO_MISSING = off(opening, "_open_or_begin", believed)
NO_SPECIAL = off(State, "special", lambda *_: [])
NO_HIGHEST = off(State, "highest", lambda *_: 0)
NO_BOOKS = off(opening, "_of_book", lambda *_: (RenewalCause.OLDER, False))
NO_DONE = off(Mark, "write_done", shown_all_the_same)


class _Whatever(str):
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


def _right_hash(_seq: int) -> str:
    return _Whatever()


SCENES: list[tuple[Scene, tuple[Off, ...]]] = [
    (old_bytes_are_put_back, (NO_COMPARISON,)),
    (old_bytes_are_put_back, (NO_HEAD, NO_BOOKS)),
    (old_bytes_are_put_back_after_a_sub_number, (NO_HEAD,)),
    (old_bytes_are_put_back_after_a_sub_number, (NO_SPECIAL,)),
    (old_bytes_are_put_back_after_a_held_number_was_used, (NO_HEAD,)),
    (old_bytes_are_put_back_after_a_held_number_was_used, (NO_SPECIAL,)),
    (a_year_is_opened_again_after_a_restore, (NO_HIGHEST,)),
    (the_folder_is_copied_to_a_new_place, (NO_MISSING,)),
    (folder_and_mark_are_copied_to_another_machine, (NO_FINGERPRINT,)),
    (the_mark_is_deleted_and_old_bytes_are_put_back, (NO_MISSING,)),
    (the_mark_is_as_old_as_the_store, (NO_BOOKS,)),
    (the_clerk_reads_the_paper_wrongly, (NO_HIGHEST,)),
    (a_number_whose_done_failed_is_shown, (NO_DONE,)),
]


@pytest.mark.parametrize(
    "scene", [*dict.fromkeys(scene for scene, _ in SCENES), a_backup_is_restored], ids=lambda scene: scene.__name__
)
def test_no_number_stands_on_two_papers_when(scene: Scene, office: Path, paper: Paper) -> None:
    scene(office, paper)


@pytest.mark.parametrize(("scene", "guards"), SCENES, ids=[scene.__name__ for scene, _ in SCENES])
def test_without_its_guard_a_number_stands_on_two_papers_when(
    scene: Scene, guards: tuple[Off, ...], office: Path, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    for switch_off in guards:
        switch_off(monkeypatch)
    with pytest.raises(OnTwoPapers):
        scene(office, paper)


# --- what is found when the store is opened ---------------------------------------------------------------------------


def causes(desk: Desk) -> list[RenewalCause]:
    """Return why the desk says that it begins anew."""
    told = {_(sentence): cause for cause, sentence in WHAT_HAPPENED.items()}
    return [told[sentence] for sentence in desk.left_over()[1]]


def told(desk: Desk) -> list[str]:
    """Return the numbers that are told at the start."""
    return [one.number for one in desk.left_over()[0]]


def states(desk: Desk) -> set[tuple[str, bool]]:
    return {(one.state, one.held_here) for one in desk.read(books, 2026, desk_id(desk))}


def the_mark(folder: Path) -> Path:
    (path,) = state_folder(folder).glob("*.mark")
    return path


def nothing(_folder: Path) -> None:
    pass


def store_copied_over_itself(folder: Path) -> None:
    copy = folder / "copy.db"
    shutil.copyfile(folder / STORE, copy)
    other = folder / "other"  # keeps the old file's number from being given to the copy
    (folder / STORE).rename(other)
    copy.rename(folder / STORE)


def mark_damaged(folder: Path) -> None:
    path = the_mark(folder)
    path.write_bytes(path.read_bytes().replace(b'"first":1', b'"first":9', 1))


def mark_torn(folder: Path) -> None:
    path = the_mark(folder)
    content = path.read_bytes()
    end = len(content.rstrip(b"\0"))
    path.write_bytes(content[: end - 20] + bytes(len(content) - end + 20))


def mark_of_another_desk(folder: Path) -> None:
    path = the_mark(folder)
    path.unlink()
    Mark.make(path, State("another", "desk", "x")).close()


def mark_deleted(folder: Path) -> None:
    the_mark(folder).unlink()


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        (nothing, []),
        (mark_torn, []),
        (store_copied_over_itself, [RenewalCause.COPIED]),
        (mark_damaged, [RenewalCause.DAMAGED]),
        (mark_of_another_desk, [RenewalCause.FOREIGN]),
        (mark_deleted, [RenewalCause.MISSING]),
    ],
)
def test_what_disagrees_suspends_every_book_once_and_says_why(
    office: Path, harm: Callable[[Path], None], expected: list[RenewalCause]
) -> None:
    desk = sit_down(office)
    for _number in range(3):
        register(desk)
    desk.seen()
    before = rows(desk.store, "SELECT incarnation FROM desk")
    leave(desk)
    harm(office)
    for visit in range(2):
        desk = sit_down(office)
        assert causes(desk) == expected, visit
        assert (rows(desk.store, "SELECT incarnation FROM desk") == before) == (not expected)
        assert states(desk) == ({("SUSPENDED", False)} if expected else {("OPEN", True)})
        kinds = [row[0] for row in rows(desk.store, "SELECT kind FROM audit")]
        assert kinds.count("BeginIncarnation") == len(expected)
        assert count(desk.store, "audit") == count(desk.store, "outbox")
        leave(desk)
    desk = sit_down(office)
    desk.left_over_told()
    if expected:
        with pytest.raises(numbering.RegisterSuspended):
            register(desk)
        paper_confirmed(desk, 3)
    assert register(desk).number == 4
    leave(desk)
    assert causes(sit_down(office)) == []


def test_every_cause_has_a_sentence() -> None:
    assert all(what_happened(cause) for cause in RenewalCause)


def test_a_damaged_mark_is_kept_aside_and_what_can_be_read_still_binds(office: Path) -> None:
    desk = sit_down(office)
    for _number in range(3):
        register(desk)
    leave(desk)
    mark_damaged(office)
    damaged = the_mark(office).read_bytes()
    desk = sit_down(office)
    assert damaged in [path.read_bytes() for path in state_folder(office).iterdir()]
    assert desk.highest_known(arrivals_book(desk), "DEN", 2026) == 3


def test_a_new_machine_is_noticed(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = sit_down(office)
    register(desk)
    leave(desk)
    monkeypatch.setattr(machine, "machine_id", lambda: "another")
    desk = sit_down(office)
    assert causes(desk) == [RenewalCause.MOVED]
    assert isinstance(desk.store.mark, Mark)
    assert {one.pen for one in desk.store.mark.state.books.values()} == {"LOST"}
    leave(desk)
    assert causes(sit_down(office)) == [RenewalCause.MOVED]  # nobody has read it yet; it did not happen twice


def test_a_pen_that_the_mark_has_seen_given_up_is_not_held_again_by_an_older_store(office: Path) -> None:
    """A backup taken while holding, the pen given back, then the backup again: same numbers, another holder."""
    desk = sit_down(office)
    register(desk)
    mark, uid = desk.store.mark, uuid4()
    assert isinstance(mark, Mark)
    mark.write_intent(Intent(str(uid), given_up=[Pen(str(arrivals_book(desk)), 2026)]))
    mark.write_done(uid, mark.state.last_seq, bytes.fromhex(mark.state.last_hash))
    leave(desk)
    assert causes(sit_down(office)) == [RenewalCause.OLDER]


def test_a_restored_backup_is_the_same_case_and_loses_its_pens_in_the_mark_too(office: Path) -> None:
    desk = sit_down(office)
    register(desk)
    made = make_backup(desk.store, office / "backups")
    leave(desk)
    restore_backup(made.path, office / STORE)
    desk = sit_down(office)
    assert causes(desk) == [RenewalCause.RESTORED]
    assert isinstance(desk.store.mark, Mark)
    assert {one.pen for one in desk.store.mark.state.books.values()} == {"LOST"}


def test_a_backup_holds_neither_mark_nor_pen(office: Path) -> None:
    desk = sit_down(office)
    register(desk)
    made = make_backup(desk.store, office / "backups")
    assert sorted(path.name for path in made.path.iterdir()) == ["manifest.json", "store.db"]
    assert not [path for path in office.rglob("*") if path.suffix == ".mark"]
    assert office not in state_folder(office).parents


def test_a_store_from_before_there_were_marks_is_looked_at_once(office: Path) -> None:
    desk = sit_down(office)
    register(desk)
    leave(desk)
    forget_mark(office)
    desk = sit_down(office)
    assert causes(desk) == [RenewalCause.MISSING]
    desk.left_over_told()
    paper_confirmed(desk, 1)
    assert register(desk).number == 2
    leave(desk)
    assert causes(sit_down(office)) == []


def test_a_store_without_a_number_begins_its_mark_and_its_copy_is_still_a_copy(office: Path) -> None:
    desk = sit_down(office)
    assert causes(desk) == []
    leave(desk)
    copy = office.with_name("copy")
    shutil.copytree(office, copy)
    assert causes(sit_down(copy)) == [RenewalCause.MISSING]


def test_two_copies_are_not_open_at_once_on_one_machine(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLERKDESK_STATE", str(office.with_name("state")))
    sit_down(office)
    copy = office.with_name("copy")
    shutil.copytree(office, copy)
    with pytest.raises(MarkInUse):
        sit_down(copy)
    leave(_desks[-1])
    assert causes(sit_down(copy)) == [RenewalCause.COPIED]
    leave(_desks[-1])
    assert causes(sit_down(office)) == [
        RenewalCause.COPIED,
        RenewalCause.RESTORED,
    ]  # the other one has its pens no more


def test_a_store_opened_beside_gives_no_number(office: Path) -> None:
    desk = sit_down(office)
    before, command = everything(desk.store), arrival_command(desk)
    beside = Desk(open_store(office / STORE, load_key(office / STORE), exclusive=False))
    with pytest.raises(NoMark):
        beside.do(command)
    with pytest.raises(NoMark), beside.store.writing() as tx:
        numbering.issue_next(tx, issue_of(command), command.uid)
    beside.close()
    assert everything(desk.store) == before
    assert register(desk).number == 1


def issue_of(command: c.RegisterArrival) -> numbering.Issue:
    return numbering.Issue(
        command.agency, command.register_id, 2026, command.uid, command.actor, command.desk, command.made_at
    )


def test_a_register_that_the_restored_store_has_lost_is_not_begun_at_one_again(office: Path) -> None:
    desk = sit_down(office)
    made = make_backup(desk.store, office / "backups")
    facts = c.NewRegister(direction=Direction.OUTGOING, code="GM", title="Giấy mời")
    added = desk.do(desk.make(c.AddRegister, register_facts=facts, year=2026)).model_dump()["register_id"]
    reserve(desk, added)
    leave(desk)
    restore_backup(made.path, office / STORE)
    desk = sit_down(office)
    again = desk.do(desk.make(c.AddRegister, register_facts=facts, year=2026)).model_dump()["register_id"]
    assert again != added
    with pytest.raises(numbering.RegisterSuspended):
        reserve(desk, again)


# --- the program dies, or the disk is full, between two steps -----------------------------------------------------------


class PowerCut(BaseException):
    """The machine stops here."""


STEPS = ("before intent", "after intent", "at commit", "before done", "after done")


def cut(patch: pytest.MonkeyPatch, desk: Desk, step: str) -> None:
    """Let the power fail at a step of the next numbering command."""
    when, _, what = step.partition(" ")
    if step == "at commit":

        def stop(_connection: object) -> None:
            raise PowerCut

        event.listen(desk.store.engine, "commit", stop)
        return
    name = f"write_{what}"
    real = getattr(Mark, name)

    def stopped(self: Mark, *arguments: Any) -> None:
        if when == "after":
            real(self, *arguments)
        raise PowerCut

    patch.setattr(Mark, name, stopped)


def dies_at(desk: Desk, step: str, command: c.Command) -> None:
    with pytest.MonkeyPatch.context() as patch, pytest.raises(PowerCut):
        cut(patch, desk, step)
        desk.do(command)
    leave(desk)


@pytest.mark.parametrize("step", STEPS)
def test_after_a_crash_at_any_step_the_desk_goes_on_and_tells_what_nobody_saw(office: Path, step: str) -> None:
    desk = sit_down(office)
    assert register(desk).number == 1
    desk.seen()
    command = arrival_command(desk, subject="Về việc không ai nhìn thấy số")
    dies_at(desk, step, command)
    given = step.endswith("done")
    desk = sit_down(office)
    assert causes(desk) == []
    assert told(desk) == (["02"] if given else [])
    if given:
        (one,) = desk.left_over()[0]
        assert (one.book, one.year, one.subject) == (
            "Sổ đăng ký văn bản đến", 2026, "Về việc không ai nhìn thấy số",
        )  # fmt: skip
    leave(desk)
    desk = sit_down(office)
    assert told(desk) == (["02"] if given else [])  # until somebody has read it
    desk.left_over_told()
    assert desk.do(command).model_dump()["number"] == 2
    assert register(desk).number == 3
    desk.seen()
    leave(desk)
    assert told(sit_down(office)) == []


@pytest.mark.parametrize("back", ["backup", "bytes"])
@pytest.mark.parametrize("step", STEPS)
def test_a_store_put_back_after_a_crash_at_any_step_repeats_no_number(
    office: Path, paper: Paper, step: str, back: str
) -> None:
    desk = sit_down(office)
    paper.write(register(desk))
    made = make_backup(desk.store, office / "backups")
    leave(desk)
    old = snapshot(office)
    desk = sit_down(office)
    dies_at(desk, step, arrival_command(desk))
    desk = sit_down(office)
    for one in desk.left_over()[0]:
        paper.numbers[int(one.number), ""] = one.subject
    desk.left_over_told()
    leave(desk)
    if back == "backup":
        restore_backup(made.path, office / STORE)
    else:
        pour_back(office, old)
    desk = sit_down(office)
    assert (causes(desk) == []) == (back == "bytes" and not step.endswith("done"))
    goes_on(desk, paper)


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_while_a_new_incarnation_begins_is_made_good(office: Path, step: str) -> None:
    desk = sit_down(office)
    register(desk)
    leave(desk)
    store_copied_over_itself(office)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(PowerCut):
        if step == "at commit":
            patch.setattr(opening, "execute", _cut_at_commit)
        else:
            cut(patch, desk, step)
        Desk.open(office / STORE)
    desk = sit_down(office)
    assert causes(desk) == [RenewalCause.COPIED]
    assert states(desk) == {("SUSPENDED", False)}
    paper_confirmed(desk, 1)
    assert register(desk).number == 2


def _cut_at_commit(store: Any, command: c.Command) -> None:
    def stop(_connection: object) -> None:
        raise PowerCut

    event.listen(store.engine, "commit", stop)
    execute(store, command)


def test_a_crash_while_the_mark_of_a_numbered_store_is_begun_does_not_make_it_trusted(
    office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = sit_down(office)
    register(desk)
    leave(desk)
    the_mark(office).unlink()
    with monkeypatch.context() as patch, pytest.raises(PowerCut):
        cut(patch, desk, "before intent")
        Desk.open(office / STORE)
    desk = sit_down(office)
    assert causes(desk) == [RenewalCause.MISSING]


def test_a_mark_that_takes_no_intent_stops_the_command_and_nothing_is_committed(
    office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = sit_down(office)
    register(desk)
    before, command = everything(desk.store), arrival_command(desk)
    with monkeypatch.context() as patch:
        patch.setattr(Mark, "_write", _fail_on("intent"))
        with pytest.raises(highwater.MarkUnwritable) as caught:
            desk.do(command)
    assert "chưa cấp số nào" in caught.value.message
    assert everything(desk.store) == before
    assert desk.do(command).model_dump()["number"] == 2


def test_a_number_whose_done_failed_comes_with_the_same_form_again(
    office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = sit_down(office)
    command = arrival_command(desk)
    with monkeypatch.context() as patch:
        patch.setattr(Mark, "_write", _fail_on("done"))
        for _attempt in range(2):
            with pytest.raises(highwater.NumberNotShown):
                desk.do(command)
        with pytest.raises(highwater.MarkUnwritable):  # nobody numbers over it either
            register(desk)
        assert next_number(desk) == 2
    assert desk.do(command).model_dump()["number"] == 1
    assert register(desk).number == 2


def test_a_number_whose_done_failed_is_not_sealed_before_it_is_made_good(
    office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = sit_down(office)
    outgoing = bring_to(desk, OutgoingStatus.AWAITING_ISSUE)
    steps = steps_of(desk, outgoing)
    with monkeypatch.context() as patch:
        patch.setattr(Mark, "_write", _fail_on("done"))
        with pytest.raises(highwater.NumberNotShown):
            desk.do(steps["IssueNumber"])
        with pytest.raises(highwater.MarkUnwritable):
            desk.do(steps["RecordSeal"])
    desk.do(steps["RecordSeal"])
    assert isinstance(desk.store.mark, Mark)
    assert desk.store.mark.state.pending == {}
    assert not desk.store.mark.unconfirmed


def test_a_number_whose_done_failed_is_told_at_the_next_start(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = sit_down(office)
    with monkeypatch.context() as patch:
        patch.setattr(Mark, "_write", _fail_on("done"))
        with pytest.raises(highwater.NumberNotShown):
            register(desk)
    leave(desk)
    desk = sit_down(office)
    assert (causes(desk), told(desk)) == ([], ["01"])
    assert register(desk).number == 2


def test_an_intent_whose_commit_failed_is_dropped_by_the_next_command(office: Path) -> None:
    desk = sit_down(office)
    command = arrival_command(desk)

    def stop(_connection: object) -> None:
        raise PowerCut

    event.listen(desk.store.engine, "commit", stop)
    with pytest.raises(PowerCut):
        desk.do(command)
    event.remove(desk.store.engine, "commit", stop)
    assert isinstance(desk.store.mark, Mark)
    assert list(desk.store.mark.state.pending) == [str(command.uid)]
    assert register(desk).number == 1
    assert desk.store.mark.state.pending == {}
    assert desk.store.mark.state.highest(arrivals_book(desk), "DEN", 2026) == 1


def test_intent_is_on_disk_before_the_commit_and_done_before_the_answer(
    office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = sit_down(office)
    path, order = the_mark(office), []
    committed = "SELECT count(*) FROM arrival"
    sync = line_log.sync_data

    def synced(descriptor: int) -> None:
        sync(descriptor)
        state = highwater.read_mark(path)
        order.append((len(state.pending), state.highest(book_id, "DEN", 2026), rows(desk.store, committed)[0][0]))

    book_id = arrivals_book(desk)
    monkeypatch.setattr(line_log, "sync_data", synced)
    assert register(desk).number == 1
    assert order == [(1, 0, 0), (0, 1, 1)]


def test_threads_number_together_and_the_mark_knows_them_all(office: Path) -> None:
    desk = sit_down(office)
    numbers: list[int] = []
    threads = [
        threading.Thread(target=lambda: numbers.extend(register(desk).number for _ in range(20))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 41))
    leave(desk)
    desk = sit_down(office)
    assert causes(desk) == []
    assert len(told(desk)) == 40
    assert desk.highest_known(arrivals_book(desk), "DEN", 2026) == 40


def test_reading_and_correcting_writes_nothing_to_the_mark(office: Path) -> None:
    desk = sit_down(office)
    register(desk)
    before = the_mark(office).read_bytes()
    desk.do(desk.make(c.AddCorrespondent, name="Hội Khuyến học xã Phong Điền"))
    assert the_mark(office).read_bytes() == before


def test_a_number_that_a_server_gave_binds_too(office: Path) -> None:
    desk = sit_down(office)
    made = make_backup(desk.store, office / "backups")
    assert isinstance(desk.store.mark, Mark)
    desk.store.mark.note_shown(arrivals_book(desk), 2026, 1, 88)
    leave(desk)
    restore_backup(made.path, office / STORE)
    desk = sit_down(office)
    with pytest.raises(numbering.NumberBelowMark):
        paper_confirmed(desk, 87)
    paper_confirmed(desk, 88)


def test_outgoing_numbers_are_in_the_mark_as_well(office: Path) -> None:
    desk = sit_down(office)
    number = issue(desk).number
    leave(desk)
    desk = sit_down(office)
    assert told(desk) == [f"{number:02d}"]

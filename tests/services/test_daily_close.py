"""The daily close: made by itself, of days that are over, and always what the entries say."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import argon2
import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlcipher3 import dbapi2

from clerkdesk.data import store_key
from clerkdesk.services import audit, daily_close
from clerkdesk.services import commands as c
from clerkdesk.services.clock import VIETNAM, local, today
from clerkdesk.services.close_signing import silent_signer
from clerkdesk.services.daily_close import CloseDiffers, DayClosed, DayNotOver
from clerkdesk.services.desk import Desk
from clerkdesk.services.execution import Execution
from clerkdesk.services.issuing import key_file
from clerkdesk.services.office import carry_out
from clerkdesk.services.outgoing import IssueDateBeforePrevious
from clerkdesk.services.signing.development_ca import issue_p12, make_ca
from clerkdesk.services.vocabulary import Role

from ..conftest import NINE_O_CLOCK, OfficeClock, hang_up
from ..office import (
    PASSWORD,
    arrivals_book,
    book,
    desk_id,
    employ,
    everything,
    issue,
    register,
    reserve,
    rows,
    void,
)

FRIDAY = NINE_O_CLOCK.date()


def close(desk: Desk) -> int:
    return daily_close.close_due_days(desk)


def arrivals_closed(desk: Desk) -> list[tuple[Any, ...]]:
    found = desk.read(daily_close.closes_of, today().year, arrivals_book(desk))
    return [
        (one.day, one.first_number, one.last_number, one.live, one.void, one.reserved) for one in reversed(found)
    ]  # fmt: skip


def command_for(desk: Desk, **changes: Any) -> c.CloseDay:
    (due, *_rest) = desk.read(daily_close.due_days, desk_id(desk), today())
    seq, head = desk.read(audit.chain_head)
    facts: dict[str, Any] = {"day": due.day, "books": due.books, "chain_seq": seq, "chain_head": head.hex()}
    return desk.make(c.CloseDay, **(facts | changes))


def test_a_day_is_closed_on_the_next_and_only_once(desk: Desk, clock: OfficeClock) -> None:
    register(desk)
    register(desk)
    assert close(desk) == 0
    clock.forward(days=1)
    assert close(desk) == 1
    assert close(desk) == 0
    assert arrivals_closed(desk) == [(FRIDAY, 1, 2, 2, 0, 0)]


def test_the_local_day_counts_not_that_of_greenwich(desk: Desk, clock: OfficeClock) -> None:
    clock.set(dt.datetime(2026, 11, 20, 23, 59, tzinfo=VIETNAM))
    register(desk)
    clock.set(dt.datetime(2026, 11, 21, 0, 1, tzinfo=VIETNAM))
    register(desk)
    clock.set(dt.datetime(2026, 11, 22, 6, 0, tzinfo=VIETNAM))
    close(desk)
    assert arrivals_closed(desk) == [(FRIDAY, 1, 1, 1, 0, 0), (dt.date(2026, 11, 21), 2, 2, 1, 0, 0)]


def test_days_that_were_missed_are_made_up_for_and_days_without_work_are_none(desk: Desk, clock: OfficeClock) -> None:
    for days in (0, 3, 4):
        clock.set(NINE_O_CLOCK + dt.timedelta(days=days))
        register(desk)
    clock.forward(days=10)
    assert close(desk) == 3
    assert [row[0].day for row in arrivals_closed(desk)] == [20, 23, 24]


def test_each_book_has_its_own_close_with_every_kind_of_number(desk: Desk, clock: OfficeClock) -> None:
    register(desk)
    register(desk)
    reserve(desk, arrivals_book(desk))
    void(desk, arrivals_book(desk), 2)
    register(desk, sub_number_of=1, sub_number_reason="Chèn theo ý kiến lãnh đạo")
    issue(desk)
    clock.forward(days=1)
    assert close(desk) == 2
    assert arrivals_closed(desk) == [(FRIDAY, 1, 3, 2, 1, 1)]


def test_a_sub_number_of_a_later_day_counts_on_that_day(desk: Desk, clock: OfficeClock) -> None:
    register(desk)
    clock.forward(days=1)
    close(desk)
    register(desk, sub_number_of=1, sub_number_reason="Chèn theo ý kiến lãnh đạo")
    clock.forward(days=1)
    close(desk)
    assert arrivals_closed(desk) == [(FRIDAY, 1, 1, 1, 0, 0), (FRIDAY + dt.timedelta(days=1), None, None, 1, 0, 0)]


def test_a_held_number_becomes_void_with_its_reason_when_its_term_has_ended(desk: Desk, clock: OfficeClock) -> None:
    number = reserve(desk, arrivals_book(desk), days=2)
    clock.forward(days=1)
    close(desk)
    assert (book(desk, "DEN").reserved, book(desk, "DEN").void) == (1, 0)
    clock.forward(days=2)
    close(desk)
    ((state, reason),) = rows(desk.store, "SELECT state, reason FROM entry WHERE number = :n", n=number)
    assert (state, reason) == ("VOID", "Hết hạn giữ số (giữ cho Chánh Văn phòng: Chờ hoàn chỉnh hồ sơ)")
    assert arrivals_closed(desk)[-1] == (FRIDAY + dt.timedelta(days=2), None, None, 0, 0, 0)


def test_it_is_bound_to_the_log_as_it_stood(desk: Desk, clock: OfficeClock) -> None:
    register(desk)
    seq, head = desk.read(audit.chain_head)
    clock.forward(days=1)
    close(desk)
    (kept,) = desk.read(daily_close.closes_of, 2026)
    assert (kept.chain_seq, kept.chain_head) == (seq, head)
    assert desk.read(audit.stands_in_chain, seq, head)


class TestRefusals:
    def test_a_day_that_is_not_over_is_never_closed(self, desk: Desk, clock: OfficeClock) -> None:
        register(desk)
        clock.forward(days=1)
        command = command_for(desk, day=today())
        with pytest.raises(DayNotOver):
            desk.do(command)

    def test_a_close_that_differs_from_the_book_is_refused_and_changes_nothing(
        self, desk: Desk, clock: OfficeClock
    ) -> None:
        register(desk)
        reserve(desk, arrivals_book(desk), days=0)
        clock.forward(days=1)
        wrong = command_for(desk)
        wrong = wrong.model_copy(update={"books": (wrong.books[0].model_copy(update={"live": 5}),)})
        before = everything(desk.store)
        with pytest.raises(CloseDiffers):
            desk.do(wrong)
        assert everything(desk.store) == before

    def test_a_chain_that_is_not_ours_is_refused(self, desk: Desk, clock: OfficeClock) -> None:
        register(desk)
        clock.forward(days=1)
        with pytest.raises(daily_close.ChainUnknown):
            desk.do(command_for(desk, chain_head="00" * 32))

    def test_it_never_changes_and_never_goes_away(self, desk: Desk, clock: OfficeClock) -> None:
        register(desk)
        clock.forward(days=1)
        close(desk)
        for sql in ("UPDATE daily_close SET live = 7", "DELETE FROM daily_close"):
            with pytest.raises(dbapi2.Error), desk.store.writing() as tx:
                try:
                    tx.exec_driver_sql(sql)
                except Exception as error:
                    raise getattr(error, "orig", error) from error

    def test_closing_again_leaves_the_first_close(self, desk: Desk, clock: OfficeClock) -> None:
        register(desk)
        clock.forward(days=1)
        command = command_for(desk)
        desk.do(command)
        again = desk.do(command.model_copy(update={"uid": UUID(int=7)}))
        assert again == DayClosed(books=0)


def test_whoever_sits_at_the_desk_the_program_closes(desk: Desk, clock: OfficeClock) -> None:
    register(desk)
    employ(desk, "minhlq", Role.LEADER)
    desk.log_in("minhlq", PASSWORD)
    clock.forward(days=1)
    assert close(desk) == 1


def test_books_of_another_desk_are_left_to_it_and_the_servers_are_told_apart(desk: Desk, clock: OfficeClock) -> None:
    register(desk)
    issue(desk)
    with desk.store.writing() as tx:
        tx.exec_driver_sql("UPDATE register_year SET holder_desk = ? WHERE register_id = ?", (str(UUID(int=9)), str(arrivals_book(desk))))  # fmt: skip
    clock.forward(days=1)
    (due,) = desk.read(daily_close.due_days, desk_id(desk), today())
    assert arrivals_book(desk) not in [one.register_id for one in due.books]
    assert not due.at_server
    with desk.store.writing() as tx:
        tx.exec_driver_sql("UPDATE register_year SET holder_desk = NULL WHERE register_id = ?", (str(arrivals_book(desk)),))  # fmt: skip
    own, servers = desk.read(daily_close.due_days, desk_id(desk), today())
    assert (own.at_server, servers.at_server) == (False, True)
    assert [one.register_id for one in servers.books] == [arrivals_book(desk)]


def test_the_server_carries_it_out_again_and_makes_the_same_rows(
    desk: Desk, clock: OfficeClock, tmp_path: Path
) -> None:
    register(desk)
    reserve(desk, arrivals_book(desk), days=0)
    clock.forward(days=1)
    command = command_for(desk)
    desk.close()
    shutil.copytree(desk.store.path.parent, tmp_path / "server")
    sides, at = [], clock.moment
    for path, execution in (
        (desk.store.path, Execution(holder=command.desk)),
        (tmp_path / "server" / "clerkdesk.db", Execution(holder=command.desk, at_server=True)),
    ):
        side = Desk.open(path)
        with side.store.writing() as tx:
            carry_out(tx, command, at, execution)
        made = rows(side.store, "SELECT * FROM daily_close"), rows(side.store, "SELECT * FROM entry ORDER BY number")
        sides.append([tuple(row) for found in made for row in found])
        side.close()
    assert sides[0] == sides[1]


class TestSigning:
    def test_without_a_key_that_opens_by_itself_it_is_unsigned(self, desk: Desk, tmp_path: Path) -> None:
        assert silent_signer(tmp_path) is None
        self.put_key(tmp_path, "agency", "mật khẩu")
        assert silent_signer(tmp_path) is None

    def test_a_broken_or_expired_key_leaves_it_unsigned(self, desk: Desk, tmp_path: Path) -> None:
        self.put_key(tmp_path, "desk", "", years=-1)
        key_file(tmp_path, "agency").write_bytes(b"no key")
        assert silent_signer(tmp_path) is None

    def test_a_desks_own_certificate_signs_without_asking(self, desk: Desk, clock: OfficeClock, tmp_path: Path) -> None:
        self.put_key(tmp_path, "desk", "")
        sign = silent_signer(tmp_path)
        assert sign is not None
        register(desk)
        clock.forward(days=1)
        assert daily_close.close_due_days(desk, sign) == 1
        (kept,) = desk.read(daily_close.closes_of, 2026)
        assert kept.signer == "Văn thư 1"
        ((signature,),) = rows(desk.store, "SELECT signature FROM daily_close")
        signed = cms.ContentInfo.load(signature)["content"]
        assert signed["certificates"][0].chosen.subject.native["common_name"] == "Văn thư 1"
        this = c.BookDay(register_id=arrivals_book(desk), year=2026, first_number=1, last_number=1, live=1)
        words = daily_close.signed_text(desk.agency_id, FRIDAY, this, kept.chain_seq, kept.chain_head)
        digests = {
            attribute["type"].native: attribute["values"][0].native
            for attribute in signed["signer_infos"][0]["signed_attrs"]
        }
        assert digests["message_digest"] == hashlib.sha256(words).digest()

    @staticmethod
    def put_key(folder: Path, name: str, passphrase: str, years: int = 1) -> None:
        authority = make_ca(now=NINE_O_CLOCK - dt.timedelta(days=900), algorithm="ec")
        path = key_file(folder, name)
        path.parent.mkdir(exist_ok=True)
        protected = issue_p12(
            authority, holder="Văn thư 1", organisation="Sở", passphrase=passphrase or "x",
            valid_from=NINE_O_CLOCK - dt.timedelta(days=800),
            valid_to=NINE_O_CLOCK + dt.timedelta(days=365 * years),
        )  # fmt: skip
        key, certificate, _others = pkcs12.load_key_and_certificates(protected, (passphrase or "x").encode())
        open_file = pkcs12.serialize_key_and_certificates(b"", key, certificate, None, NoEncryption())  # type: ignore[arg-type]
        path.write_bytes(protected if passphrase else open_file)


_ACTS = st.lists(
    st.sampled_from(["register", "register", "reserve", "void", "sub", "issue", "night", "nights", "look", "back"]),
    max_size=30,
)


@pytest.fixture
def copies(furnished: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(store_key, "_trusted_keyring", lambda: None)
    monkeypatch.setattr(argon2.PasswordHasher, "verify", lambda *_: True)
    return furnished


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=_ACTS)
def test_closes_always_add_up_to_the_entries(copies: Path, acts: list[str]) -> None:
    """Whatever was done and whenever somebody looked: each day's numbers are in its close, once, and none is missing."""
    folder = Path(tempfile.mkdtemp())
    with pytest.MonkeyPatch.context() as patch:
        clock = OfficeClock(NINE_O_CLOCK)
        hang_up(clock, patch)
        shutil.copytree(copies, folder, dirs_exist_ok=True)
        desk = Desk.open(folder / "clerkdesk.db")
        try:
            desk.log_in("annv", PASSWORD)
            for act in acts:
                _act(desk, clock, act)
            clock.set(max(clock.moment, NINE_O_CLOCK.astimezone(dt.UTC)) + dt.timedelta(days=40))
            daily_close.close_due_days(desk)
            _adds_up(desk)
        finally:
            desk.close()
            shutil.rmtree(folder)


def _act(desk: Desk, clock: OfficeClock, act: str) -> None:
    place = arrivals_book(desk)
    last = rows(desk.store, "SELECT max(number) FROM entry WHERE register_id = :r AND state = 'LIVE'", r=str(place))[0][
        0
    ]
    if act == "register":
        register(desk)
    elif act == "reserve" and book(desk, "DEN").reserved < 20:
        reserve(desk, place, days=1)
    elif act == "void" and last:
        state = rows(desk.store, "SELECT state FROM entry WHERE register_id = :r AND number = :n AND sub_number = ''", r=str(place), n=last)[0][0]  # fmt: skip
        if state != "VOID":
            void(desk, place, last)
    elif act == "sub" and last:
        register(desk, sub_number_of=last, sub_number_reason="Chèn")
    elif act == "issue":
        with suppress(IssueDateBeforePrevious):  # the clock was put back
            issue(desk)
    elif act == "night":
        clock.forward(days=1)
    elif act == "nights":
        clock.forward(days=3)
    elif act == "back":
        clock.back(hours=20)
    elif act == "look":
        daily_close.close_due_days(desk)


def _adds_up(desk: Desk) -> None:
    entries: dict[tuple[str, dt.date], list[tuple[int, str]]] = {}
    for number, sub, at, of in rows(desk.store, "SELECT number, sub_number, registered_at, register_id FROM entry"):
        entries.setdefault((of, local(dt.datetime.fromisoformat(at)).date()), []).append((number, sub))
    closes = {
        (of, dt.date.fromisoformat(day)): (first, last, live + dead + held)
        for of, day, first, last, live, dead, held in rows(
            desk.store, "SELECT register_id, day, first_number, last_number, live, void, reserved FROM daily_close"
        )
    }
    assert {key for key, (_first, _last, total) in closes.items() if total} == set(entries)
    for key, found in entries.items():
        main = [number for number, sub in found if not sub]
        assert closes[key] == (min(main, default=None), max(main, default=None), len(found))

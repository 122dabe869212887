"""The desk's link to its server: one exchange after the other in the background, calls in between.

The order of a round is fixed: commands up until none waits, refused ones taken back, records down. A call of the
person's goes between two steps; whatever was fetched before it is then fetched again.
"""

from __future__ import annotations

import datetime as dt
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from clerkdesk import log
from clerkdesk.data.highwater import Mark
from clerkdesk.data.store import Store
from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import N_, _
from clerkdesk.services.clock import now
from clerkdesk.services.commands import Command, Result, Where
from clerkdesk.services.file_transfers import troubled_count
from clerkdesk.services.link import (
    AnswerUnknown,
    LoginAtServerRefused,
    OnlineLogin,
    PersonNeedsServer,
    ServerTurnedDown,
    Standing,
    server_away,
)
from clerkdesk.services.office import earlier_answer
from clerkdesk.sync import calling, pulling, pushing, recovery, taking_back
from clerkdesk.sync.agreed import Agreed, counts, is_queued, note_contact, read_agreed
from clerkdesk.sync.door import Door, TurnedDown, Unreached
from clerkdesk.sync.file_queue import queue_again
from clerkdesk.sync.files import FileTransfers
from clerkdesk.sync.messages import Call, CallAnswer, LogIn, Trouble, Verdict

LONGEST_PAUSE = 60.0
TRY_AGAIN_AFTER = 5.0  # seconds in which a call is not tried when the server was just found away
DEFER_SECONDS = 2.0  # for so long the background waits for a pause in the typing
SWITCH_SECONDS = 0.001  # how soon Python turns from the background to the keys
CALL_AGE = dt.timedelta(seconds=30)  # an unanswered call is asked again by itself when it is older

SENTENCES = {
    Trouble.TOKEN: N_("Máy chủ không nhận ra máy này. Báo quản trị."),
    Trouble.TERM: N_("Máy chủ vừa được phục hồi; máy này đang báo lại số liệu. Chờ một phút rồi làm lại."),
    Trouble.INCARNATION: N_(
        "Kho dữ liệu này không còn là kho đã nối với máy chủ (đã phục hồi hoặc sao chép). Báo quản trị nối lại máy."
    ),
    Trouble.SUSPENDED: N_("Máy chủ tạm ngừng máy này: có hai kho dữ liệu cùng nhận là máy này. Báo quản trị ngay."),
    Trouble.LOST: N_("Máy này đã được khai báo là mất. Báo quản trị nối lại máy."),
    Trouble.RECOVERING: N_(
        "Chưa cấp số: máy chủ vừa được phục hồi và đang chờ các máy khác báo lại. Không có gì bị mất."
    ),
    Trouble.VERSION: N_("Máy chủ và máy này khác phiên bản. Cập nhật ClerkDesk."),
    Trouble.STORE: N_("Máy chủ chưa ghi được; chưa có gì thay đổi. Thử lại sau ít phút."),
    Trouble.BAD: N_("Máy chủ không hiểu yêu cầu của máy này. Cập nhật ClerkDesk, hoặc báo quản trị."),
}
_UNFIT = frozenset({Trouble.INCARNATION, Trouble.SUSPENDED, Trouble.LOST, Trouble.VERSION, Trouble.BAD, Trouble.TOKEN})


class NoServer(Exception):
    """The store is not joined to a server."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round has done."""

    pushed: int = 0
    refused: int = 0
    received: int = 0


class Sync:
    """`services.link.Link` over a door to the server."""

    def __init__(
        self,
        store: Store,
        door: Door,
        *,
        changed: Callable[[], None] = lambda: None,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        """Make the link; `start` lets it work by itself.

        Args:
            changed: called from the background thread when records have come or the standing has changed.
            busy: says whether the person is typing now; then the background gives way.
        """
        self._store = store
        self._door = door
        self._changed = changed
        self._busy = busy
        self._exchange = threading.RLock()
        self._exchanges = 0  # grows with each exchange of the person's own
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._rested = threading.Event()  # set at the end of each round
        self._threads: list[threading.Thread] = []
        self._online = False
        self._lost_at: dt.datetime | None = None
        self._failed = -TRY_AGAIN_AFTER
        self._trouble = ""
        self._sending_to = 0
        self._person_known = False
        self.files = FileTransfers(store, door, changed, busy)

    # -- what the desk asks -------------------------------------------------------------------------------------

    def call(self, command: Command) -> Result:
        """Have the server carry out a command; see `services.link.Link.call`."""
        with self._store.reading() as connection:
            earlier = earlier_answer(connection, command) or calling.answered_before(connection, command)
        if earlier is not None:
            return earlier
        if command.where is Where.SERVER and not self._person_known:
            raise PersonNeedsServer
        if not self._online and time.monotonic() - self._failed < TRY_AGAIN_AFTER:
            raise server_away(command)
        with self._own_exchange(command):
            answer = self._asked(command)
        self.files.wake()
        self._changed()
        return calling.answer_in(command, answer)

    @contextmanager
    def _own_exchange(self, command: Command) -> Iterator[None]:
        """Stand between two steps of the background; what it has fetched by then is out of date."""
        if not self._exchange.acquire(timeout=TRY_AGAIN_AFTER):
            raise server_away(command)
        try:
            self._exchanges += 1
            yield
        finally:
            self._exchanges += 1
            self._exchange.release()

    def _asked(self, command: Command) -> CallAnswer:
        try:
            agreed = self._agreed()
            self._push_all(agreed)
            with self._store.writing() as tx:
                calling.note_asked(tx, command)
            return self._ask(agreed, command)
        except Unreached as error:
            self._went_offline()
            with self._store.writing() as tx:
                unknown = error.sent and calling.is_asked(tx, command)
                if not unknown:
                    calling.give_up(tx, command.agency, command.uid)
            raise (AnswerUnknown() if unknown else server_away(command)) from error
        except TurnedDown as down:
            with self._store.writing() as tx:
                calling.give_up(tx, command.agency, command.uid)
            if down.trouble is Trouble.TERM:
                self._wake.set()
            raise ServerTurnedDown(reason=down.sentence or _(SENTENCES[down.trouble])) from down

    def _ask(self, agreed: Agreed, command: Command) -> CallAnswer:
        assert agreed.incarnation is not None  # noqa: S101  a desk without one has nobody at it
        request = calling.request_for(agreed, agreed.incarnation, command)
        try:
            answer = self._door.call(request)
        except Unreached as error:
            if not error.sent:
                raise
            answer = self._asked_twice(request)  # at once: the same command has one effect
        pulling.check_term(agreed, answer.term)
        with self._store.writing() as tx:
            calling.settle(tx, agreed, command, answer)
        for book in calling.numbers_shown(command, answer):
            if isinstance(self._store.mark, Mark):
                self._store.mark.note_shown(*book)
        self._went_online()
        return answer

    def _asked_twice(self, request: Call) -> CallAnswer:
        try:
            return self._door.call(request)
        except Unreached as error:
            raise Unreached(sent=True) from error  # the first one may have been carried out

    def log_in(self, username: str, password: str) -> OnlineLogin | None:
        """Have the server check a password; see `services.link.Link.log_in`."""
        try:
            met = self._door.log_in(LogIn(username=username.strip().lower(), password=password))
        except Unreached:
            self._went_offline()
            return None
        except TurnedDown as down:
            raise _login_error(down) from down
        self._went_online()
        self._person_known = True
        self._wake.set()
        return OnlineLogin(met.person, met.must_change_password)

    def vouch(self, username: str, password: str) -> UUID | None:
        """Have the server check a second person's password; see `services.link.Link.vouch`."""
        try:
            return self._door.vouch(LogIn(username=username.strip().lower(), password=password)).person
        except Unreached:
            self._went_offline()
            return None
        except TurnedDown as down:
            raise _login_error(down) from down

    def log_out(self) -> None:
        """Forget who is at the desk."""
        self._person_known = False
        self._door.log_out()

    def queued(self) -> None:
        """Take note that a command waits to be sent."""
        if self._online:
            self._wake.set()

    def try_now(self) -> None:
        """Do not wait for the next attempt."""
        self._wake.set()
        self.files.wake()

    def want_files(self, files: Mapping[str, int]) -> None:
        """Fetch these files before all others; see `services.link.Link.want_files`."""
        self.files.want(files)

    def standing(self) -> Standing:
        """Say how the desk stands with the server."""
        with self._store.reading() as connection:
            agreed = read_agreed(connection)
            unsent, refused = counts(connection, agreed.agency, agreed.desk) if agreed else (0, 0)
            refused += troubled_count(connection, agreed.agency) if agreed else 0
        since = None if self._online else self._lost_at or (agreed.last_contact_at if agreed else None)
        files = self.files.waiting()
        return Standing(self._online, since, unsent, refused, self._sending_to, self._trouble, *files)

    def start(self) -> None:
        """Work in the background until `close`."""
        sys.setswitchinterval(SWITCH_SECONDS)
        for work in (self._run, self._carry_files, self._listen):
            thread = threading.Thread(target=work, name=f"clerkdesk-sync{work.__name__}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Stop, after what is being done now."""
        self._stopped.set()
        self._wake.set()
        self._rested.set()
        self.files.wake()
        self._door.close()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(timeout=0.2 if thread is self._threads[-1] else 5)  # a long poll ends when it likes

    # -- one round ----------------------------------------------------------------------------------------------

    def round(self) -> Round:
        """Hand in what waits, take back what was refused, take what is new.

        Raises:
            Unreached, TurnedDown: the standing says so too.
        """
        try:
            try:
                done = self._round()
            except TurnedDown as down:
                if down.trouble is not Trouble.TERM:
                    raise
                self._learn_term()
                done = self._round()
        except Unreached:
            self._went_offline()
            raise
        except TurnedDown as down:
            self._online, self._trouble = True, down.sentence or _(SENTENCES[down.trouble])
            raise
        self._went_online()
        return done

    def _learn_term(self) -> None:
        """Ask which term is in force: only an answer to a proof made now can tell."""
        agreed = self._agreed()
        term = self._door.token().term
        if term != agreed.term:
            with self._store.writing() as tx:
                recovery.begin_term(tx, agreed.agency, term)
                queue_again(tx, agreed.agency, self._store.blob_folder, now())
            log.note("term_changed")

    def _round(self) -> Round:
        agreed = self._agreed()
        pushed, refused = self._push_all(agreed)
        self._take_back(agreed)
        received = 0
        for _try in range(5):
            try:
                received = self._pull(self._agreed())
                break
            except pulling.Overtaken:
                more = self._push_all(self._agreed())
                pushed, refused = pushed + more[0], refused + more[1]
        self._ask_again(self._agreed())
        if pushed or received:
            self.files.wake()
        return Round(pushed, refused, received)

    def _agreed(self) -> Agreed:
        with self._store.reading() as connection:
            agreed = read_agreed(connection)
        if agreed is None:
            raise NoServer
        return agreed

    def _push_all(self, agreed: Agreed) -> tuple[int, int]:
        pushed = refused = 0
        while True:
            with self._exchange:
                with self._store.reading() as connection:
                    push = pushing.next_push(connection, agreed)
                if push is None:
                    break
                self._sending_to = push.commands[-1].seq
                try:
                    answer = self._door.push(push)
                    pulling.check_term(agreed, answer.term)
                    with self._store.writing() as tx:
                        settled = pushing.record_answers(tx, agreed, push, answer.answers)
                finally:
                    self._sending_to = 0
            pushed += settled
            refused += sum(one.verdict.value == "refused" for one in answer.answers[:settled])
            if settled < len(push.commands):
                break
            self._give_way()
        return pushed, refused

    def _take_back(self, agreed: Agreed) -> None:
        while True:
            with self._exchange:
                with self._store.reading() as connection:
                    what = taking_back.doubtful(connection, agreed)
                    waiting = pushing.next_push(connection, agreed) is not None
                if what is None or waiting:
                    return
                answers = [self._door.records(subject) for subject in what.wanted]
                for answer in answers:
                    pulling.check_term(agreed, answer.term)
                with self._store.writing() as tx:
                    if pushing.next_push(tx, agreed) is not None:
                        return
                    taking_back.put_back(tx, agreed, what, answers)
            self._changed()

    def _pull(self, agreed: Agreed) -> int:
        before = self._exchanges
        if agreed.cursor >= 0 and self._is_queued(agreed):  # the server waits for something before it takes ours
            return 0

        def turn(write: Callable[[], bool]) -> bool:
            with self._exchange:
                done = self._exchanges == before and write()
            self._give_way()
            return done

        fetched = pulling.fetch_changes(self._door, agreed)
        if fetched is None:
            self._report(agreed)
            count = pulling.take_everything(self._store, self._door, agreed, turn)
        else:
            gathered, page = fetched
            pulling.apply_changes(self._store, agreed, gathered, page, turn)
            count = len(gathered)
        if count:
            with self._store.writing() as tx:
                calling.settle_from_history(tx, agreed.agency)
            self._changed()
        return count

    def _report(self, agreed: Agreed) -> None:
        """Before starting over: the server must have everything that this desk has done and was told.

        Raises:
            TurnedDown: RECOVERING: it waits for another desk's before it can take all of ours.
        """
        assert agreed.incarnation is not None  # noqa: S101  a joined desk has one from the first moment
        with self._store.reading() as connection:
            calls = list(recovery.answered_calls(connection, agreed, agreed.incarnation))
            books = recovery.known_books(connection, agreed, agreed.incarnation, self._store.mark)
        waiting = False
        for push in calls:
            answer = self._door.push(push)
            pulling.check_term(agreed, answer.term)
            waiting |= any(
                one.verdict is Verdict.WAITING and one.code not in ("NotRecovering", "BehindAnother")
                for one in answer.answers
            )
        self._push_all(agreed)
        if waiting or self._is_queued(agreed):
            raise TurnedDown(Trouble.RECOVERING)
        pulling.check_term(agreed, self._door.report(books).term)

    def _is_queued(self, agreed: Agreed) -> bool:
        with self._store.reading() as connection:
            return is_queued(connection, agreed.agency)

    def _ask_again(self, agreed: Agreed) -> None:
        """Ask for the answers that never came; what the server refuses now was told when it was asked first."""
        with self._store.reading() as connection:
            waiting = list(calling.unanswered(connection, agreed.agency, now() - CALL_AGE))
        for command in waiting:
            if command.where is Where.SERVER and not self._person_known:
                continue
            with self._own_exchange(command):
                self._ask(self._agreed(), command)
            self._changed()

    def _give_way(self) -> None:
        """Let the person's keys go first."""
        time.sleep(0.02 if self._busy() else 0)

    # -- in the background --------------------------------------------------------------------------------------

    def _run(self) -> None:
        failures = 0
        while not self._stopped.is_set():
            self._defer()
            self._wake.clear()
            try:
                self.round()
                failures = 0
                pause = LONGEST_PAUSE
            except Unreached:
                failures += 1
                pause = min(LONGEST_PAUSE, 2.0**failures)
            except TurnedDown as down:
                failures += 1
                log.note("server_turned_down", trouble=down.trouble.value)
                pause = LONGEST_PAUSE if down.trouble in _UNFIT else min(LONGEST_PAUSE, 2.0**failures)
            except Exception as error:  # whatever it is, the next round may go well; the screens must not fall with it
                failures += 1
                log.note("sync_failed", error=type(error).__name__)
                self._trouble = error.message if isinstance(error, ClerkDeskError) else type(error).__name__
                pause = min(LONGEST_PAUSE, 2.0**failures)
            self._rested.set()
            self._wake.wait(pause * random.uniform(0.5, 1.0))  # noqa: S311  jitter, not a secret

    def _carry_files(self) -> None:
        self.files.run(self._stopped, lambda: self._online)

    def _defer(self) -> None:
        """Let who is typing finish the word; what others have done can wait so long."""
        until = time.monotonic() + DEFER_SECONDS
        while self._busy() and time.monotonic() < until and not self._stopped.wait(0.1):
            pass

    def _listen(self) -> None:
        """Wait for changes at the server and wake the other thread."""
        while not self._stopped.is_set():
            try:
                agreed = self._agreed() if self._online else None
                if agreed is None or agreed.cursor < 0:
                    self._stopped.wait(0.5)
                    continue
                page = self._door.wait(agreed.cursor, agreed.term)
                if self._stopped.is_set():
                    return
                if page.changes or page.reset:
                    self._rested.clear()
                    self._wake.set()
                    self._rested.wait(LONGEST_PAUSE)  # they are being fetched
                else:
                    with self._store.writing() as tx:
                        note_contact(tx, agreed.agency, page.server_time, now())
            except (Unreached, TurnedDown):
                self._wake.set()
                self._stopped.wait(1.0)
            except Exception as error:  # as in `_run`
                log.note("sync_failed", error=type(error).__name__)
                self._stopped.wait(5.0)

    def _went_online(self) -> None:
        if not self._online or self._trouble:
            self._online, self._lost_at, self._trouble = True, None, ""
            self._changed()

    def _went_offline(self) -> None:
        self._failed = time.monotonic()
        if self._online:
            self._online, self._lost_at = False, now()
            self._changed()


def _login_error(down: TurnedDown) -> ClerkDeskError:
    reason = down.sentence or _(SENTENCES[down.trouble])
    return LoginAtServerRefused(reason=reason) if down.trouble is Trouble.TOKEN else ServerTurnedDown(reason=reason)

"""Group commit: what many desks ask at once is written in one transaction, each in a savepoint of its own if need be.

While one group is being written and made durable, the next one gathers; nobody waits for a timer. On the embedded
store one thread writes for all agencies. On PostgreSQL a few threads do, one agency never in two of them at a time;
every group takes the feed rows of its agencies first, in one order, so that other processes stand in line too.

A group is first tried without savepoints, for nearly everything succeeds. When something is refused after it has
written, the group is rolled back and carried out again, each request in its savepoint.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, event

from clerkdesk.data.feed import take_feed
from clerkdesk.data.prepared import PREPARED, Shared, note_statement
from clerkdesk.data.store import Store
from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import N_

GATHERED_AT_MOST = 128
R = TypeVar("R")


class Stopping(ClerkDeskError):
    """The server is being stopped and takes nothing more."""

    sentence = N_("Máy chủ đang dừng; không có gì thay đổi. Máy trạm tự gửi lại.")


class _Redo(Exception):
    """Something was refused half-way in a group without savepoints."""


@dataclass(slots=True)
class Group:
    """A transaction that several requests share."""

    tx: Connection
    careful: bool
    seq: dict[UUID, int] = field(default_factory=dict)  # how far each agency's feed had come
    kept: dict[object, Any] = field(default_factory=dict)  # what was read once for the whole group
    foreseen: dict[UUID, list[Any]] = field(default_factory=dict)  # what all requests say of themselves, by agency
    at_end: list[Callable[[], None]] = field(default_factory=list)  # what is left to do before the commit

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Let what happens inside happen wholly or not at all."""
        if self.careful:
            kept = dict(self.kept)
            try:
                with self.tx.begin_nested():
                    yield
            except Exception:
                self.kept = kept
                raise
            return
        self.tx.info["wrote"] = False
        try:
            yield
        except ClerkDeskError as error:
            if self.tx.info["wrote"]:
                raise _Redo from error
            raise
        except NothingWritten:
            raise
        except Exception as error:
            raise _Redo from error


class NothingWritten(Exception):
    """Base of refusals that come before anything was written."""


@dataclass(slots=True)
class _Item:
    agency: UUID
    carry: Callable[[Group], Any]
    says: Any
    future: asyncio.Future[Any] | Future[Any]


class Writer:
    """Gathers what is to be written and writes it in groups."""

    def __init__(self, store: Store, threads: int, written: Callable[[set[UUID], int], None]) -> None:
        self._store = store
        self._written = written
        self._waiting: dict[UUID, deque[_Item]] = {}
        self._order: deque[UUID] = deque()  # agencies with something waiting that nobody is writing for
        self._busy: set[UUID] = set()
        self._change = threading.Condition()
        self._stopping = False
        self._one_line = threads == 1
        event.listen(store.engine, "before_cursor_execute", _note_writing)
        self._threads = [
            threading.Thread(target=self._work, name=f"writer-{place}", daemon=True) for place in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    async def write(self, agency: UUID, carry: Callable[[Group], R], says: Any = None) -> R:
        """Carry something out in the next group and return its answer when it is durable.

        Args:
            carry: may be called twice; what it does besides writing must not show before it returns.
            says: what is known of the request before, so that the whole group can be prepared together.
        """
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._put(_Item(agency, carry, says, future))
        return await future

    def write_now(self, agency: UUID, carry: Callable[[Group], R]) -> R:
        """Do the same from a thread of one's own, and wait for it."""
        future: Future[R] = Future()
        self._put(_Item(agency, carry, None, future))
        return future.result()

    def stop(self) -> None:
        """Write what is waiting, then end the threads."""
        with self._change:
            self._stopping = True
            self._change.notify_all()
        for thread in self._threads:
            thread.join()
        event.remove(self._store.engine, "before_cursor_execute", _note_writing)

    def _put(self, item: _Item) -> None:
        with self._change:
            if self._stopping:
                raise Stopping
            line = self._waiting.get(item.agency)
            if line is None:
                line = self._waiting[item.agency] = deque()
                if item.agency not in self._busy:
                    self._order.append(item.agency)
            line.append(item)
            self._change.notify()

    def _work(self) -> None:
        while True:
            items = self._gather()
            if not items:
                return
            outcomes = self._write(items)
            with self._change:
                for agency in {item.agency for item in items}:
                    self._busy.discard(agency)
                    if self._waiting.get(agency):
                        self._order.append(agency)
                        self._change.notify()
            _deliver(items, outcomes)

    def _gather(self) -> list[_Item]:
        with self._change:
            while not self._order:
                if self._stopping and not self._waiting:
                    return []
                self._change.wait(1.0)
            items: list[_Item] = []
            # Threads that write side by side leave agencies for each other.
            share = len(self._order) if self._one_line else max(1, -(-len(self._order) // len(self._threads)))
            while self._order and share and len(items) < GATHERED_AT_MOST:
                share -= 1
                agency = self._order.popleft()
                line = self._waiting[agency]
                while line and len(items) < GATHERED_AT_MOST:
                    items.append(line.popleft())
                if not line:
                    del self._waiting[agency]
                self._busy.add(agency)
            return items

    def _write(self, items: list[_Item]) -> list[tuple[Any, BaseException | None]]:
        try:
            try:
                outcomes = self._carry_out(items, careful=False)
            except _Redo:
                outcomes = self._carry_out(items, careful=True)
        except Exception as error:  # everybody is told; nothing was written
            return [(None, error)] * len(items)
        self._written({item.agency for item in items}, len(items))
        return outcomes

    def _carry_out(self, items: list[_Item], *, careful: bool) -> list[tuple[Any, BaseException | None]]:
        outcomes: list[tuple[Any, BaseException | None]] = []
        with self._store.writing() as tx:
            group = Group(tx, careful)
            shared = Shared(may_defer=not careful and tx.dialect.name == "postgresql")
            for agency in sorted({item.agency for item in items}):
                group.seq[agency] = take_feed(tx, agency)
            for item in items:
                if item.says is not None:
                    group.foreseen.setdefault(item.agency, []).append(item.says)
            try:
                with nullcontext() if careful else shared.kept(tx):
                    for item in items:
                        try:
                            with group.apart():
                                outcomes.append((item.carry(group), None))
                        except _Redo:
                            raise
                        except Exception as error:
                            outcomes.append((None, error))
                    for finish in group.at_end:
                        finish()
            except _Redo:
                raise
            except Exception as error:
                if careful:
                    raise
                raise _Redo from error
        return outcomes


def _note_writing(connection: Connection, _cursor: object, statement: str, _given: object, context: object, *_: object) -> None:  # fmt: skip
    if context is not PREPARED:
        note_statement(connection, statement)
    if not statement.startswith("SELECT"):
        connection.info["wrote"] = True


def _deliver(items: list[_Item], outcomes: list[tuple[Any, BaseException | None]]) -> None:
    at_loops: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any, BaseException | None]]] = {}
    for item, (value, error) in zip(items, outcomes, strict=True):
        if isinstance(item.future, asyncio.Future):
            at_loops.setdefault(item.future.get_loop(), []).append((item.future, value, error))
        elif error is not None:
            item.future.set_exception(error)
        else:
            item.future.set_result(value)
    for loop, answers in at_loops.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_answer, answers)


def _answer(answers: list[tuple[asyncio.Future[Any], Any, BaseException | None]]) -> None:
    for future, value, error in answers:
        if future.done():  # who asked has gone
            continue
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(value)

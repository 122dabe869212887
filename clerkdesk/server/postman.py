"""Carries the messages between the agencies of this server, each in its recipient's own line of writers.

He goes when something was posted or a file has come up, when he begins, and now and then, for another process may have died with messages
on its table. What cannot be delivered yet (its files are still coming up) he tries again.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import event

from clerkdesk import log
from clerkdesk.data.store import Store
from clerkdesk.errors import StoreTrouble
from clerkdesk.server.writer import Group, Stopping, Writer
from clerkdesk.services.delivery import Taken, take
from clerkdesk.services.postbox import undelivered

AGAIN_SECONDS = 3.0  # while something waits
NOW_AND_THEN_SECONDS = 60.0
_NEWS = ("INSERT INTO message ", "INSERT INTO stored_file ")  # a message, or a file that one waits for


class Postman:
    """Delivers in a thread of his own once he is started; `deliver` does one round at once."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._posted = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to go."""
        event.listen(self._store.engine, "before_cursor_execute", self._note)
        self._thread = threading.Thread(target=self._run, name="postman", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the message that is being delivered."""
        self._stopped.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            event.remove(self._store.engine, "before_cursor_execute", self._note)
            self._thread = None

    def written(self) -> None:
        """Take note that a group of writes is durable: messages that were in it can be fetched now."""
        if self._posted:
            self._posted = False
            self._wake.set()

    def deliver(self) -> int:
        """Deliver all that can be delivered, the oldest first, also what is posted meanwhile.

        Returns: how many messages still wait.

        Raises:
            StoreTrouble, Stopping.
        """
        left = 0
        after: tuple[dt.datetime, UUID] | None = None
        while not self._stopped.is_set():
            with self._store.reading() as connection:
                found = undelivered(connection, after)
            if not found:
                break
            for made_at, message_id, to in found:
                left += not self._deliver_one(message_id, to)
                after = (made_at, message_id)
        return left

    def _deliver_one(self, message_id: UUID, to: UUID) -> bool:
        try:
            taken = self._writer.write_now(to, _taking(message_id))
        except (StoreTrouble, Stopping):
            raise
        except Exception as error:  # one message that cannot be read holds up no other
            log.note("message_failed", message=message_id, error=type(error).__name__)
            return False
        return taken in (Taken.DONE, Taken.BEFORE)

    def _run(self) -> None:
        while not self._stopped.is_set():
            left = 1
            try:
                left = self.deliver()
            except Stopping:
                return
            except Exception as error:  # the store is busy or away: later
                log.note("delivery_failed", error=type(error).__name__)
            self._wake.wait(AGAIN_SECONDS if left else NOW_AND_THEN_SECONDS)
            self._wake.clear()

    def _note(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(_NEWS):
            self._posted = True


def _taking(message_id: UUID) -> Callable[[Group], Taken]:
    return lambda group: take(group.tx, message_id)

"""What the server's parts share: the store, its writer, the secret, the term, who waits for news, the figures."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import update

from clerkdesk import log
from clerkdesk.data.schema import desk_key
from clerkdesk.data.store import Store
from clerkdesk.server.figures import Figures
from clerkdesk.server.postman import Postman
from clerkdesk.server.terms import Standstill, begin_service
from clerkdesk.server.writer import Writer

WRITERS_ON_POSTGRESQL = 8  # they mostly wait for answers


class Hub:
    """An open server."""

    def __init__(self, store: Store, secret: bytes) -> None:
        self.store = store
        self.secret = secret
        self.figures = Figures()
        self.term = begin_service(store)
        self.seen: dict[tuple[UUID, UUID], dt.datetime] = {}  # not yet written down
        self.standstill = Standstill()
        self.stopping = False
        self.nonces: dict[str, float] = {}  # used ones, until they would run out
        self.tokens: dict[str, dict[str, Any]] = {}  # signatures found right lately
        self._news: dict[UUID, asyncio.Event] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        embedded = store.engine.dialect.name == "sqlite"
        self.writer = Writer(store, 1 if embedded else WRITERS_ON_POSTGRESQL, self._written)
        self.postman = Postman(store, self.writer)

    def alarm(self, what: str, **ids: object) -> None:
        """Tell whoever watches the server: log and figures."""
        self.figures.alarms.labels(what).inc()
        log.note("alarm", what=what, **ids)

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Serve from this loop."""
        self._loop = loop
        self.postman.start()

    async def wait_for_news(self, agency: UUID, seconds: float) -> None:
        """Return when something of the agency was written, or the time is over, or the server stops."""
        if self.stopping:
            return
        news = self._news.setdefault(agency, asyncio.Event())
        try:
            await asyncio.wait_for(news.wait(), seconds)
        except TimeoutError:
            return

    def end_waits(self) -> None:
        """Send everybody home who waits for news."""
        self.stopping = True
        for news in self._news.values():
            news.set()

    def stop(self) -> None:
        """Finish the group that is being written, answer it, and close the store."""
        self.postman.stop()
        self.writer.stop()
        self.write_down_seen()
        self.store.close()

    def write_down_seen(self) -> None:
        """Keep when each desk was last heard of."""
        seen, self.seen = self.seen, {}
        for (agency, desk), at in seen.items():
            with self.store.writing() as tx:  # one lock at a time: a group that is being written holds several
                tx.execute(
                    update(desk_key)
                    .where(desk_key.c.agency_id == agency, desk_key.c.desk_id == desk)
                    .values(last_seen_at=at)
                )

    def _written(self, agencies: set[UUID], requests: int) -> None:
        self.figures.group_size.observe(requests)
        self.postman.written()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, agencies)

    def _tell(self, agencies: set[UUID]) -> None:
        for agency in agencies:
            news = self._news.pop(agency, None)
            if news is not None:
                news.set()

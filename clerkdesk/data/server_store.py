"""Opens the server's store: SQLite beside its files, or a PostgreSQL database; both give `reading()` and `writing()`.

On PostgreSQL a write runs at READ COMMITTED and takes the agency's row of `feed` before anything else (see
`data.feed`), so that one agency's writes stand in one line; reading sees one state (REPEATABLE READ, read only).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, exc, inspect, text
from sqlalchemy.engine import make_url

from clerkdesk.data.store import NEWEST, Store, StoreBusy, StoreFull, StoreNewer, open_store, upgrade_schema
from clerkdesk.errors import ClerkDeskError, StoreTrouble
from clerkdesk.i18n import N_

_STATEMENT_MILLISECONDS = 30_000
_MIGRATION_LOCK = 0x434C4B44  # a number of ours for PostgreSQL's advisory locks


class DatabaseUrlWrong(StoreTrouble):
    """The address of the database cannot be understood."""

    sentence = N_("Địa chỉ cơ sở dữ liệu không đúng. Dạng đúng: postgresql://người-dùng@máy-chủ:5432/clerkdesk")


class DatabaseAway(StoreTrouble):
    """PostgreSQL does not answer."""

    sentence = N_(
        "Không kết nối được PostgreSQL. Chưa lưu, chưa cấp số nào. Kiểm tra dịch vụ PostgreSQL rồi thử lại; máy trạm tự gửi lại."
    )


class PostgresStore(Store):
    """A store in PostgreSQL; files stay in the data folder."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        super().__init__(engine, folder / "clerkdesk.db", None)
        self._reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one consistent state and cannot write."""
        with in_words_of_the_database(), self._reading.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a transaction that is durable when the block ends without an error."""
        with in_words_of_the_database(), self.engine.connect() as connection, connection.begin():
            yield connection

    def leave_no_trace(self) -> None:
        """Nothing to do: PostgreSQL's log of changes is the database server's to keep."""


def open_server_store(
    folder: Path, database: str = "", *, key: bytes | Callable[[], bytes] = b"", exclusive: bool = True, pool: int = 20
) -> Store:
    """Open the server's store and bring it up to date.

    Args:
        folder: the data folder; an embedded store and all files are in it.
        database: a PostgreSQL URL; empty for the embedded store.
        key: of the embedded store.
        exclusive: whether another process may have the embedded store open.
        pool: connections to PostgreSQL at most.

    Raises:
        DatabaseUrlWrong, DatabaseAway, StoreNewer, and those of `open_store`.
    """
    from clerkdesk.data.feed import install_feed

    if not database:
        store = open_store(folder / "clerkdesk.db", key, exclusive=exclusive)
        with store.writing() as tx:
            install_feed(tx)
        return store
    folder.mkdir(parents=True, exist_ok=True)
    engine = _engine(database, pool)
    try:
        with in_words_of_the_database():
            _upgrade(engine)
    except BaseException:
        engine.dispose()
        raise
    return PostgresStore(engine, folder)


def _engine(database: str, pool: int) -> Engine:
    try:
        url = make_url(database)
    except exc.ArgumentError as error:
        raise DatabaseUrlWrong from error
    if url.get_backend_name() != "postgresql":
        raise DatabaseUrlWrong
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=pool,
        max_overflow=0,
        pool_pre_ping=True,
        pool_use_lifo=True,
        connect_args={
            "options": f"-c lock_timeout={_STATEMENT_MILLISECONDS} -c timezone=UTC -c synchronous_commit=on",
            "application_name": "clerkdesk",
        },
    )


def postgres_version(connection: Connection) -> str | None:
    """Return the store's migration, or None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(engine: Engine) -> None:
    from clerkdesk.data.feed import install_feed

    with engine.connect() as guard, guard.begin():
        # Two processes that start at once: the second waits and finds everything done.
        guard.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        found = postgres_version(guard)
        if found is not None and found > NEWEST:
            raise StoreNewer(found=found, known=NEWEST)
        if found != NEWEST:
            upgrade_schema(engine, "head")
        with engine.connect() as connection, connection.begin():
            install_feed(connection)


@contextmanager
def in_words_of_the_database() -> Iterator[None]:
    """Turn PostgreSQL's errors into ours; what a rule of the store refuses stays as it is, a fault of the program."""
    import psycopg

    try:
        yield
    except ClerkDeskError:
        raise
    except (exc.DBAPIError, exc.TimeoutError, psycopg.Error) as error:
        original: Any = error.orig if isinstance(error, exc.DBAPIError) else error
        raise _translated(original) or error from error


def _translated(error: Any) -> StoreTrouble | None:
    state = str(getattr(error, "sqlstate", None) or "")
    if state in ("53100", "53200"):  # disk full, out of memory
        return StoreFull()
    # Lock waits, deadlocks, serialisation, too many connections: again is right.
    if isinstance(error, exc.TimeoutError) or state[:2] in ("40",) or state in ("55P03", "57014", "53300"):
        return StoreBusy()
    kind = type(error).__name__
    if state[:2] in ("08", "57") or (kind in ("OperationalError", "InterfaceError") and not state):
        return DatabaseAway()
    return None

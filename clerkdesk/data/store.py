"""Opens the desk's store: an encrypted SQLite file in WAL mode, brought up to date by its migrations.

`reading()` and `writing()` give connections; a write transaction begins IMMEDIATE, so that it never has to be
retried half-way, and is on disk (synchronous=FULL) when the `with` block ends.
"""

from __future__ import annotations

import datetime as dt
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, exc, text
from sqlalchemy.pool import QueuePool

from clerkdesk.errors import ClerkDeskError, StoreTrouble
from clerkdesk.i18n import N_

if TYPE_CHECKING:
    from clerkdesk.data.highwater import Mark, Unmarked

NEWEST = "0006"
BUSY_MILLISECONDS = 10_000
PAGE_BYTES = 4096
CACHE_KILOBYTES = 16_000  # of each connection


class StoreNewer(StoreTrouble):
    """The store was made by a newer version of the program."""

    sentence = N_(
        "Kho dữ liệu do phiên bản ClerkDesk mới hơn tạo ra (lược đồ {found}, bản này biết đến {known}). Không có gì bị thay đổi; hãy cập nhật ClerkDesk rồi mở lại."
    )


class StoreUnreadable(StoreTrouble):
    """The file is not a store of ours, or its key is another."""

    sentence = N_(
        "Không mở được kho dữ liệu {path}: tệp hỏng hoặc sai khóa. Đừng xóa tệp; phục hồi từ bản sao lưu bằng “clerkdesk restore”."
    )


class StoreEmptied(StoreUnreadable):
    """The file is there and has no byte: a damaged disk or an interrupted copy, never a new store."""

    sentence = N_(
        "Kho dữ liệu {path} rỗng (0 byte): tệp đã hỏng, chưa tạo kho mới. Phục hồi từ bản sao lưu bằng “clerkdesk restore”; chỉ khi vừa cài đặt, chưa có dữ liệu thì xóa tệp rỗng này rồi mở lại."
    )


class StoreInUse(StoreTrouble):
    """Another program has the store open."""

    sentence = N_("ClerkDesk đang mở kho này ở một cửa sổ khác. Chuyển sang cửa sổ đó, hoặc đóng nó rồi mở lại.")


class StoreFull(StoreTrouble):
    """The disk is full."""

    sentence = N_(
        "Ổ đĩa đã đầy: chưa lưu được, chưa cấp số nào. Nội dung vẫn còn trên màn hình; xóa bớt tệp trên ổ đĩa rồi lưu lại."
    )


class StoreReadOnly(StoreTrouble):
    """The store cannot be written."""

    sentence = N_(
        "Kho dữ liệu chỉ đọc được, không ghi được: chưa lưu, chưa cấp số nào. Kiểm tra quyền ghi của thư mục {path} rồi lưu lại."
    )


class StoreBusy(StoreTrouble):
    """Another connection held the write lock for too long."""

    sentence = N_("Kho dữ liệu đang bận, chưa lưu được, chưa cấp số nào. Chờ vài giây rồi lưu lại.")


class StoreDamaged(StoreTrouble):
    """A page cannot be read."""

    sentence = N_(
        "Kho dữ liệu có trang hỏng: {detail}. Ngừng nhập, sao chép nguyên thư mục dữ liệu, rồi phục hồi từ bản sao lưu gần nhất."
    )


class Store:
    """An open store: the engine, the folder of files beside it, and the high-water mark of the desk that numbers in it.

    A store without a mark is read, backed up and reported on; a number that it is asked for is refused
    (`highwater.NoMark`) until somebody puts a mark, or knowingly an `Unmarked`, in its place.
    """

    def __init__(self, engine: Engine, path: Path, lock: Any) -> None:
        self.engine = engine
        self._writing = engine.execution_options(immediate=True)  # the same pool and listeners
        self.path = path
        self.mark: Mark | Unmarked | None = None
        self._lock = lock

    @property
    def blob_folder(self) -> Path:
        """Where the files live, by content (see `data.blobs`)."""
        return self.path.parent / "files"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one consistent state; whatever it wrote would be rolled back."""
        with _in_our_words(self.path), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in an IMMEDIATE transaction that commits when the block ends without an error.

        `connection.info` holds the store's `mark`, and under `after_commit` what is to be done once it has committed.
        """
        steps: list[Callable[[], None]] = []
        with _in_our_words(self.path), self._writing.connect() as connection, connection.begin():
            connection.info.update(mark=self.mark, after_commit=steps)
            yield connection
        for step in steps:
            step()

    def leave_no_trace(self) -> None:
        """Empty the write-ahead log, which still holds rows as they were before they were deleted."""
        with _in_our_words(self.path), closing(self.engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close all connections and let another program open the store."""
        self.engine.dispose()
        if self.mark is not None:
            self.mark.close()
            self.mark = None
        if self._lock is not None:
            self._lock.release()


def open_store(path: Path, key: bytes | Callable[[], bytes], *, exclusive: bool = True) -> Store:
    """Open the store at `path`, making or upgrading it when needed.

    Args:
        path: the database file; its folder is made when it is missing.
        key: 32 bytes, or what finds or makes them once no other program can be making a key for the same store.
        exclusive: refuse when another program has it open; a backup or a report opens it beside the desk.

    Raises:
        StoreInUse, StoreUnreadable, StoreEmptied, StoreNewer, StoreReadOnly, StoreFull.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _of_the_disk(error, path) from error
    lock = _take_lock(path) if exclusive else None
    engine = None
    try:
        # SQLite would take a file shorter than a page for a new store, and write over it.
        if path.exists() and (size := path.stat().st_size) < PAGE_BYTES:
            raise StoreUnreadable(path=path) if size else StoreEmptied(path=path)
        engine = _engine(path, key if isinstance(key, bytes) else key())
        with _in_our_words(path):
            _upgrade(engine)
        if os.name == "posix" and os.access(path, os.W_OK):
            path.chmod(0o600)
    except BaseException as error:
        if engine is not None:
            engine.dispose()
        if lock is not None:
            lock.release()
        if isinstance(error, OSError):
            raise _of_the_disk(error, path) from error
        raise
    return Store(engine, path, lock)


def _take_lock(path: Path) -> Any:
    from filelock import FileLock, Timeout

    # Not bound to a thread: a worker opens the store, the screens' thread closes it.
    lock = FileLock(path.with_suffix(".lock"), thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise StoreInUse from error
    except OSError as error:
        raise _of_the_disk(error, path) from error
    return lock


def _of_the_disk(error: OSError, path: Path) -> StoreTrouble:
    return StoreFull() if error.errno in (errno.ENOSPC, errno.EDQUOT) else StoreReadOnly(path=path.parent)


def _engine(path: Path, key: bytes) -> Engine:
    from sqlcipher3 import dbapi2

    def connect() -> Any:
        connection = dbapi2.connect(str(path), isolation_level=None, check_same_thread=False, cached_statements=256)
        # Before the key: SQLCipher would print to stderr, over the screen.
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        # Without it, INSERT OR REPLACE would delete a row past the triggers that refuse it.
        connection.execute("PRAGMA recursive_triggers = ON")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KILOBYTES}")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA secure_delete = ON")  # a deleted draft is overwritten, not only forgotten
        return connection

    engine = create_engine(
        "sqlite://",
        module=dbapi2,
        creator=connect,
        poolclass=QueuePool,
        pool_size=3,
        max_overflow=5,
        pool_use_lifo=True,  # the connection used last has the pages wanted next
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate")
        connection.connection.cursor().execute("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


@contextmanager
def small_cache(connection: Connection) -> Iterator[None]:
    """Read a great many pages once, without keeping them in memory."""
    connection.exec_driver_sql("PRAGMA cache_size = -1000")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size = -{CACHE_KILOBYTES}")


def schema_version(connection: Connection) -> str | None:
    """Return the store's migration, or None for an empty file."""
    known = connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").scalar()
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if known else None


def _upgrade(engine: Engine) -> None:
    with engine.connect() as connection:
        found = schema_version(connection)
    if found == NEWEST:
        return
    if found is not None and found > NEWEST:
        raise StoreNewer(found=found, known=NEWEST)
    upgrade_schema(engine, "head")


def upgrade_schema(engine: Engine, revision: str) -> None:
    """Run the migrations up to `revision` in one transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    with engine.connect().execution_options(immediate=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


@contextmanager
def _in_our_words(path: Path) -> Iterator[None]:
    """Turn the driver's errors into ours; nothing of SQLAlchemy's reaches a person."""
    from sqlcipher3 import dbapi2

    try:
        yield
    except ClerkDeskError:
        raise
    except (exc.DBAPIError, dbapi2.Error) as error:
        original = error.orig if isinstance(error, exc.DBAPIError) else error
        raise _translated(str(original), path) or error from error


def _translated(detail: str, path: Path) -> StoreTrouble | None:
    words = detail.lower()
    if "full" in words or "disk i/o error" in words:
        return StoreFull()
    if "readonly" in words or "unable to open" in words:
        return StoreReadOnly(path=path.parent)
    if "locked" in words or "busy" in words:
        return StoreBusy()
    if "not a database" in words:
        return StoreUnreadable(path=path)
    if "malformed" in words or "hmac" in words:
        return StoreDamaged(detail=detail)
    return None


def utc_now() -> dt.datetime:
    """Return the machine's time, aware, in UTC."""
    return dt.datetime.now(dt.UTC)

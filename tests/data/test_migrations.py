"""Bringing a store up to date: nothing is lost, nothing is half done, the tables are those of the schema."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from clerkdesk.data import store as store_module
from clerkdesk.data.schema import metadata
from clerkdesk.data.store import NEWEST, Store, open_store, schema_version, upgrade_schema
from clerkdesk.data.store_key import load_key
from clerkdesk.services.audit import check_chain
from clerkdesk.services.desk import Desk
from clerkdesk.services.lists import ListKind, ListQuery, row_ids
from clerkdesk.services.vocabulary import OutgoingStatus

from ..office import PASSWORD, bring_to, everything, register, rows, settle

KEY = bytes(32)


def revisions() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(store_module.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def opened_at(path: Path, revision: str, key: bytes, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Open a new store as an older program would have made it."""
    with monkeypatch.context() as patch:
        patch.setattr(store_module, "_upgrade", lambda engine: upgrade_schema(engine, revision))
        return open_store(path, key)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "clerkdesk.db", KEY)
    yield store
    store.close()


def test_the_newest_version_that_the_program_knows_is_the_last_migration(store: Store) -> None:
    assert revisions().get_current_head() == NEWEST
    with store.reading() as connection:
        assert schema_version(connection) == NEWEST


def test_migrations_are_numbered_in_one_line_so_that_newer_can_be_told_from_older() -> None:
    line = [script.revision for script in revisions().walk_revisions()][::-1]
    assert line == [f"{place:04d}" for place in range(1, len(line) + 1)]


def test_the_tables_that_the_migrations_make_are_those_of_the_schema(store: Store) -> None:
    with store.reading() as connection, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*expression-based index")
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_object": lambda thing, name, kind, *_: not is_made_by_hand(str(name), kind),
            },
        )
        assert compare_metadata(context, metadata) == []


def is_made_by_hand(name: str, kind: str) -> bool:
    """An index on an expression and the tables of the word indexes are not alembic's."""
    return (kind == "index" and name == "arrival_unprocessed") or (kind == "table" and "_words" in name)


def columns(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    with engine.connect() as connection:
        return {
            name: [tuple(column[1:]) for column in connection.exec_driver_sql(f"PRAGMA table_info({name})")]
            for name in metadata.tables
        }


def checks(engine: Engine) -> dict[str, list[str]]:
    with engine.connect() as connection:
        found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name"))
        return {
            name: sorted(line.strip().rstrip(",").lower() for line in sql.splitlines() if "CHECK" in line)
            for name, sql in found
            if "_words" not in name and name != "alembic_version"
        }


def test_the_columns_and_limits_that_the_migrations_make_are_those_of_the_schema(store: Store, tmp_path: Path) -> None:
    from sqlalchemy import create_engine

    plain = create_engine(f"sqlite:///{tmp_path / 'plain.db'}")
    metadata.create_all(plain)
    assert columns(store.engine) == columns(plain)
    assert checks(store.engine) == checks(plain)
    plain.dispose()


def test_every_table_takes_the_kind_of_value_that_its_column_says_and_no_other(store: Store) -> None:
    tables = rows(store, "SELECT name, strict FROM pragma_table_list WHERE type = 'table' AND schema = 'main'")
    ours = {name: strict for name, strict in tables if name in metadata.tables}
    assert ours == dict.fromkeys(metadata.tables, 1)


CONTENT = ("agency", "desk", "unit", "person", "register", "symbol", "correspondent", "password")


def poured(old: Store, filled: Store) -> None:
    """Fill an old store with what a newer one holds, as its own program would have."""
    content = everything(filled)
    content |= {table: [tuple(row) for row in rows(filled, f"SELECT * FROM {table}")] for table in CONTENT}
    with old.engine.connect().execution_options(immediate=True) as connection, connection.begin():
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for table, lines in content.items():
            names = [column[1] for column in connection.exec_driver_sql(f"PRAGMA table_info({table})")]
            for line in lines:
                places = ", ".join("?" * len(names))
                connection.exec_driver_sql(
                    f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", tuple(line[: len(names)])
                )


def test_a_filled_store_of_the_first_version_is_brought_up_to_date_and_keeps_everything(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in range(30):
        register(desk, subject=f"Về việc đường sá xã Đồng Tâm, đợt {place}")
    bring_to(desk, OutgoingStatus.RELEASED, recipients=3)
    desk.keep_draft(desk.agency_id, "arrival", {"subject": "đang gõ"})
    with desk.store.writing() as tx:
        tx.execute(text("UPDATE register_year SET grant_id = NULL"))  # no old store can say who opened a book
    key, path = load_key(desk.store.path), tmp_path / "old" / "clerkdesk.db"
    old = opened_at(path, "0001", key, monkeypatch)
    poured(old, desk.store)
    old.close()
    path.with_suffix(".key").write_text(key.hex(), "ascii")

    settle(path.parent)
    upgraded = Desk.open(path)
    assert everything(upgraded.store) == everything(desk.store)
    assert upgraded.read(check_chain) == desk.read(check_chain)
    upgraded.log_in("annv", PASSWORD)
    for kind in ListKind:
        assert upgraded.read(row_ids, ListQuery(kind)) == desk.read(row_ids, ListQuery(kind))
    assert register(upgraded).number == 31
    upgraded.close()


def test_words_of_documents_registered_before_the_update_are_found_after_it(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(desk, subject="Về việc đường sá xã Đồng Tâm")
    key, path = load_key(desk.store.path), tmp_path / "old" / "clerkdesk.db"
    old = opened_at(path, "0001", key, monkeypatch)
    poured(old, desk.store)
    old.close()
    upgraded = open_store(path, key)
    with upgraded.reading() as connection:
        for words in ("duong sa", "dong tam"):
            assert len(row_ids(connection, desk.agency_id, ListQuery(ListKind.ARRIVALS, words=words))) == 1
    upgraded.close()


def test_an_update_that_fails_half_way_leaves_the_store_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "clerkdesk.db"
    old = opened_at(path, "0001", KEY, monkeypatch)
    before = structure(old)
    old.close()

    class Fuse(Exception):
        pass

    def blown(config: Config, revision: str) -> None:
        connection: Connection = config.attributes["connection"]
        command_upgrade(config, revision)
        assert connection.exec_driver_sql("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'").scalar()
        raise Fuse

    command_upgrade = command.upgrade
    with monkeypatch.context() as patch:
        patch.setattr(command, "upgrade", blown)
        with pytest.raises(Fuse):
            open_store(path, KEY)
    with monkeypatch.context() as patch:
        patch.setattr(store_module, "_upgrade", lambda engine: None)
        again = open_store(path, KEY)
        assert structure(again) == before
        again.close()
    open_store(path, KEY).close()


def structure(store: Store) -> str:
    found: list[Any] = rows(store, "SELECT type, name, sql FROM sqlite_master ORDER BY name")
    with store.reading() as connection:
        return json.dumps([[list(row) for row in found], schema_version(connection)])

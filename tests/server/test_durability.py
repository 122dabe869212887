"""PostgreSQL that could lose given numbers is not numbered on."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from clerkdesk.data.server_store import DatabaseAway, DatabaseUrlWrong, open_server_store
from clerkdesk.server.durability import Finding, NotDurable, examine, require

from .. import postgres
from .conftest import needs_postgresql

DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


def findings(folder: Path, url: str) -> dict[str, Finding]:
    store = open_server_store(folder, url)
    with store.reading() as connection:
        found = examine(connection)
    store.close()
    return {one.name: one for one in found}


def test_the_embedded_store_has_nothing_to_be_looked_at(tmp_path: Path) -> None:
    store = open_server_store(tmp_path, key=bytes(32))
    with store.reading() as connection:
        assert examine(connection) == []
    store.close()


@needs_postgresql
def test_without_fsync_nothing_helps_without_a_standby_only_saying_so(cluster: Path, tmp_path: Path) -> None:
    url = postgres.create_database(cluster, "durability", "furnished")
    found = findings(tmp_path, url)
    assert not found["fsync"].well
    with pytest.raises(NotDurable, match="fsync"):
        require([*found.values()], allow_no_standby=True)
    postgres.drop_database(cluster, "durability")


@needs_postgresql
def test_a_synchronous_standby_makes_it_well(tmp_path: Path) -> None:
    with postgres.cluster(**DURABLE, wal_level="replica", synchronous_standby_names="''") as primary:
        url = postgres.url_of(primary)
        alone = findings(tmp_path, url)
        assert {name for name, one in alone.items() if not one.well} == {"synchronous_standby_names", "standby"}
        with pytest.raises(NotDurable, match="standby"):
            require([*alone.values()], allow_no_standby=False)
        assert len(require([*alone.values()], allow_no_standby=True)) == 2
        second = Path(tempfile.mkdtemp(prefix="clerkdesk-pg-"))
        programs = postgres.binaries()
        assert programs is not None
        if os.geteuid() == 0:
            shutil.chown(second, "postgres")
        try:
            postgres.run(
                [str(programs / "pg_basebackup"), "-D", str(second / "data"), "-R", "-X", "stream", "-d",
                 f"host={primary} user=clerkdesk application_name=duphong", "--checkpoint=fast"],
                second,
            )  # fmt: skip
            with (second / "data" / "postgresql.conf").open("a") as file:
                file.write(f"unix_socket_directories = '{second}'\n")
            postgres.start(second)
            ask(url, "ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (duphong)'")
            ask(url, "SELECT pg_reload_conf()")
            for _ in range(100):
                found = findings(tmp_path, url)
                if found["standby"].well:
                    break
                time.sleep(0.1)
            assert require([*found.values()], allow_no_standby=False) == []
        finally:
            postgres.run(
                [str(programs / "pg_ctl"), "-D", str(second / "data"), "-m", "immediate", "stop"], second
            )  # fmt: skip
            shutil.rmtree(second, ignore_errors=True)


def ask(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_a_wrong_address_and_a_database_that_is_away_are_said(tmp_path: Path) -> None:
    for wrong in ("mysql://x/y", "nothing"):
        with pytest.raises(DatabaseUrlWrong):
            open_server_store(tmp_path, wrong)
    with pytest.raises(DatabaseAway):
        open_server_store(tmp_path, f"postgresql://clerkdesk@/x?host={tmp_path}")

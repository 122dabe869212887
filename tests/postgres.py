"""A PostgreSQL of the tests' own: a cluster in a temporary folder, on a socket in it, gone with the test run."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SETTINGS = {
    "listen_addresses": "''",
    "fsync": "off",  # the machine is not switched off in these tests; those about durability say so themselves
    "max_connections": "120",
    "shared_buffers": "'64MB'",
    "log_min_messages": "fatal",
}


def binaries() -> Path | None:
    """Return the folder with `initdb` and `postgres`, or None when there is no PostgreSQL here."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    here = shutil.which("initdb")
    return Path(here).resolve().parent if here else None


def as_nobody_special(arguments: list[str]) -> list[str]:
    """Return a command line that does not run as root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return arguments
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *arguments]


def run(arguments: list[str], folder: Path) -> None:
    """Run a program of PostgreSQL's to its end."""
    done = subprocess.run(as_nobody_special(arguments), cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@contextmanager
def cluster(**settings: str) -> Iterator[Path]:
    """Give the folder of a running cluster; its socket stands in it."""
    programs = binaries()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="clerkdesk-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    chosen = SETTINGS | {"unix_socket_directories": f"'{folder}'"} | settings
    try:
        run(
            [str(programs / "initdb"), "-D", str(data), "-U", "clerkdesk", "--auth=trust", "-E", "UTF8", "--locale=C",
             "--no-sync"],
            folder,
        )  # fmt: skip
        with (data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in chosen.items())
        start(folder)
        try:
            yield folder
        finally:
            run([str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def start(folder: Path) -> None:
    """Start the cluster in this folder, or start it again."""
    programs = binaries()
    assert programs is not None
    run([str(programs / "pg_ctl"), "-D", str(folder / "data"), "-w", "-l", str(folder / "log"), "start"], folder)


def url_of(folder: Path, database: str = "postgres") -> str:
    """Return the address of a database of the cluster."""
    return f"postgresql://clerkdesk@/{database}?host={folder}"


def create_database(folder: Path, name: str, template: str = "template0") -> str:
    """Make a database and return its address."""
    import psycopg

    with psycopg.connect(url_of(folder), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
    return url_of(folder, name)


def drop_database(folder: Path, name: str) -> None:
    """Take a database away with whoever uses it."""
    import psycopg

    with psycopg.connect(url_of(folder), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())

"""A desk to test at: set up once, copied for every test, on Friday 20 November 2026 at nine in the morning."""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import argon2
import hypothesis
import pytest

from clerkdesk.data import store_key
from clerkdesk.data.highwater import Unmarked
from clerkdesk.data.server_store import open_server_store
from clerkdesk.services import agency_setup
from clerkdesk.services import clock as real_clock
from clerkdesk.services.desk import Desk
from clerkdesk.services.directory import DIRECTORY_FILE
from clerkdesk.services.office import execute

from . import postgres
from .agency import Agency
from .office import PASSWORD, forget_mark, open_office, setup_command

# A busy machine is no failure: no test asserts a time.
hypothesis.settings.register_profile("office", deadline=None)
hypothesis.settings.load_profile("office")

NINE_O_CLOCK = dt.datetime(2026, 11, 20, 9, 0, tzinfo=real_clock.VIETNAM)
ON_BOTH = {
    "test_numbering", "test_outgoing", "test_registers", "test_audit",
}  # fmt: skip
# Of these only the desk's side is meant: word search, the store's file, SQLite's own switches.
ONLY_AT_A_DESK = {
    "test_every_correction_is_found_in_the_search_and_the_old_words_are_not",
    "test_what_a_form_held_is_offered_again_after_a_crash_until_it_is_saved",
    "test_whoever_takes_the_guards_off_and_rewrites_history_is_found_out",
}
_serial = itertools.count(1)
_CHEAP = partial(argon2.PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)


class OfficeClock:
    """The clock on the office wall: a test sets it, and every look at it moves it by a millisecond."""

    def __init__(self, moment: dt.datetime) -> None:
        self.moment = moment.astimezone(dt.UTC)

    def now(self) -> dt.datetime:
        self.moment += dt.timedelta(milliseconds=1)
        return self.moment

    @property
    def today(self) -> dt.date:
        return real_clock.local(self.moment).date()

    def set(self, moment: dt.datetime) -> None:
        self.moment = moment.astimezone(dt.UTC)

    def forward(self, **span: float) -> None:
        self.moment += dt.timedelta(**span)

    def back(self, **span: float) -> None:
        self.moment -= dt.timedelta(**span)


class _Library:
    """The library `datetime`, but for what time it is."""

    def __init__(self, clock: OfficeClock) -> None:
        self.datetime = SimpleNamespace(now=lambda zone: clock.now().astimezone(zone))

    def __getattr__(self, name: str) -> object:
        return getattr(dt, name)


def hang_up(clock: OfficeClock, patch: pytest.MonkeyPatch) -> None:
    """Let the office look at this clock, whichever of its modules asks for the time."""
    patch.setattr(real_clock, "dt", _Library(clock))


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the store of an office that has everything but documents; tests copy it."""
    folder = tmp_path_factory.mktemp("furnished")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argon2, "PasswordHasher", _CHEAP)
        patch.setattr(store_key, "_trusted_keyring", lambda: None)
        hang_up(OfficeClock(NINE_O_CLOCK - dt.timedelta(hours=1)), patch)
        open_office(folder / "clerkdesk.db").close()
        forget_mark(folder)
    return folder


@pytest.fixture(scope="session")
def agency_founded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Agency, Path]:
    """An agency with a server and three desks, its stores closed, and their folder; tests copy it."""
    folder = tmp_path_factory.mktemp("agency")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argon2, "PasswordHasher", _CHEAP)
        patch.setattr(store_key, "_trusted_keyring", lambda: None)
        hang_up(OfficeClock(NINE_O_CLOCK - dt.timedelta(hours=1)), patch)
        agency = Agency(folder)
        agency.close()
    return agency, folder


@pytest.fixture
def agency(
    agency_founded: tuple[Agency, Path], tmp_path: Path, clock: OfficeClock, cheap_passwords: None, no_keyring: None
) -> Iterator[Agency]:
    """A copy of the agency of three desks; desk 01 holds every book of 2026."""
    founded, folder = agency_founded
    shutil.copytree(folder, tmp_path / "agency")
    agency = founded.copied(tmp_path / "agency")
    yield agency
    agency.close()


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id with the smallest parameters: the same code, a thousandth of the time."""
    monkeypatch.setattr(argon2, "PasswordHasher", _CHEAP)


@pytest.fixture
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """No keyring of the session of whoever runs the tests is ever touched."""
    monkeypatch.setattr(store_key, "_trusted_keyring", lambda: None)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> OfficeClock:
    """The office's clock, to be set by the test."""
    clock = OfficeClock(NINE_O_CLOCK)
    hang_up(clock, monkeypatch)
    return clock


@pytest.fixture
def office_folder(furnished: Path, tmp_path: Path) -> Path:
    """A copy of the furnished office; no program has its store open."""
    folder = tmp_path / "office"
    shutil.copytree(furnished, folder)
    return folder


@pytest.fixture(scope="session")
def cluster() -> Iterator[Path]:
    """A PostgreSQL of this test process, with an empty database of our schema to copy."""
    with postgres.cluster() as folder:
        url = postgres.create_database(folder, "furnished")
        open_server_store(folder, url).close()
        yield folder


@pytest.fixture(scope="session")
def furnished_database(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The office that has everything but documents and most of the directory, in PostgreSQL; tests copy it."""
    directory = tmp_path_factory.mktemp("directory") / "directory.csv"
    with DIRECTORY_FILE.open(encoding="utf-8") as lines:
        directory.write_text("".join(itertools.islice(lines, 50)), "utf-8")
    url = postgres.create_database(cluster, "furnished_office", "furnished")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argon2, "PasswordHasher", _CHEAP)
        patch.setattr(agency_setup, "DIRECTORY_FILE", directory)
        hang_up(OfficeClock(NINE_O_CLOCK - dt.timedelta(hours=1)), patch)
        store = open_server_store(cluster, url)
        execute(store, setup_command())
        store.close()
    return "furnished_office"


@pytest.fixture
def desk(
    request: pytest.FixtureRequest, clock: OfficeClock, cheap_passwords: None, no_keyring: None, tmp_path: Path
) -> Iterator[Desk]:
    """The desk of Nguyễn Văn An, clerk and administrator of the Department of Home Affairs, logged in.

    The desk's own store is SQLite; tests of what the server carries out again ask for PostgreSQL too.
    """
    if getattr(request, "param", "sqlite") == "sqlite":
        desk = Desk.open(request.getfixturevalue("office_folder") / "clerkdesk.db")
        desk.log_in("annv", PASSWORD)
        yield desk
        desk.close()
        return
    cluster, furnished = request.getfixturevalue("cluster"), request.getfixturevalue("furnished_database")
    name = f"office_{next(_serial)}"
    store = open_server_store(tmp_path, postgres.create_database(cluster, name, furnished))
    store.mark = Unmarked()  # a mark belongs to a desk's file
    desk = Desk(store)
    desk.log_in("annv", PASSWORD)
    yield desk
    desk.close()
    postgres.drop_database(cluster, name)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of handlers on both databases."""
    if metafunc.definition.originalname in ONLY_AT_A_DESK:
        return
    if "desk" in metafunc.fixturenames and metafunc.module.__name__.rpartition(".")[2] in ON_BOTH:
        skip = pytest.mark.skipif(postgres.binaries() is None, reason="PostgreSQL is not installed here")
        metafunc.parametrize("desk", ["sqlite", pytest.param("postgresql", marks=skip)], indirect=True)

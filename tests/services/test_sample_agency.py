"""The sample agency: a small one is written whole, through the same commands and signatures as real work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from clerkdesk.data.blobs import blob_path, keep_bytes
from clerkdesk.services.audit import check_chain
from clerkdesk.services.desk import Desk
from clerkdesk.services.sample import agency
from clerkdesk.services.vocabulary import OutgoingStatus


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agency, "ARRIVALS", 12)
    monkeypatch.setattr(agency, "OUTGOING", 9)


@pytest.fixture
def empty_desk(tmp_path: Path, no_keyring: None, cheap_passwords: None) -> Iterator[Desk]:
    desk = Desk.open(tmp_path / "clerkdesk.db")
    yield desk
    desk.close()


def test_the_sample_agency_has_documents_at_every_step_and_an_unbroken_log(small: None, empty_desk: Desk) -> None:
    seen: list[int] = []
    agency.write_sample_agency(empty_desk, lambda done, _total: seen.append(done))
    assert seen == list(range(1, 22))
    with empty_desk.store.reading() as connection:
        states = set(connection.execute(text("SELECT status FROM outgoing")).scalars())
        numbers = list(connection.execute(text("SELECT number FROM arrival ORDER BY registered_at")).scalars())
        report = check_chain(connection, empty_desk.agency_id)
        without = connection.execute(
            text(
                "SELECT count(*) FROM arrival a WHERE NOT EXISTS (SELECT 1 FROM attachment t WHERE t.document_id = a.id)"
            )
        ).scalar_one()
    assert {OutgoingStatus.DRAFT, OutgoingStatus.SUBMITTED_FOR_SIGNATURE, OutgoingStatus.AWAITING_ISSUE} <= states
    assert OutgoingStatus.RELEASED in states
    assert numbers == list(range(1, 13))
    assert report.broken_at is None
    assert without == 0


def test_the_sample_people_can_log_in_at_once(small: None, empty_desk: Desk) -> None:
    agency.write_sample_agency(empty_desk, lambda _done, _total: None)
    assert empty_desk.session is None
    session = empty_desk.log_in("hailq", agency.PASSWORD)
    assert not session.must_change_password


def test_writing_the_sample_agency_can_be_broken_off(small: None, empty_desk: Desk) -> None:
    done: list[int] = []
    with pytest.raises(agency.Cancelled):
        agency.write_sample_agency(empty_desk, lambda n, _total: done.append(n), lambda: len(done) >= 3)
    assert done == [1, 2, 3]
    assert empty_desk.session is None


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_of_a_sample_agency_broken_off_half_way_only_an_empty_store_is_left(small: None, empty_desk: Desk) -> None:
    path, files = empty_desk.store.path, empty_desk.store.blob_folder
    before = files_in(path.parent) - {"clerkdesk.db", "clerkdesk.db-wal", "clerkdesk.db-shm"}
    had_keys: list[bool] = []

    def progress(_done: int, _total: int) -> None:
        had_keys.append((path.parent / "keys" / "agency.p12").exists())

    with pytest.raises(agency.Cancelled):
        agency.write_sample_agency(empty_desk, progress, lambda: len(had_keys) >= 15)
    assert all(had_keys)
    assert len(files_in(files)) >= 15
    another = keep_bytes(files, b"of a store that is away for a while")
    empty_desk.throw_away()
    assert files_in(files) == {blob_path(files, another.sha256).relative_to(files).as_posix()}
    blob_path(files, another.sha256).unlink()
    assert files_in(path.parent) == before  # key and lock
    assert not (path.parent / "keys").exists()
    again = Desk.open(path)
    assert again.agency is None
    again.close()

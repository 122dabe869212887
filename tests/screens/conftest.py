"""The office as the screens find it: people with their keys, agencies that write to it, three earlier arrivals."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import argon2
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from clerkdesk.data import store_key
from clerkdesk.places import backups_folder
from clerkdesk.services import commands as c
from clerkdesk.services.backups import make_backup
from clerkdesk.services.clock import pretending
from clerkdesk.services.desk import Desk
from clerkdesk.services.directory import correspondent_by_name
from clerkdesk.services.ids import new_id
from clerkdesk.services.issuing import key_file
from clerkdesk.services.passwords import hash_password
from clerkdesk.services.signing.development_ca import DevelopmentCa, issue_p12, make_ca
from clerkdesk.services.vocabulary import Role
from tests.conftest import _CHEAP, NINE_O_CLOCK, OfficeClock, hang_up
from tests.office import AGENCY, ISSUER, PASSWORD, register, settle
from tests.screens.clerk import LEADER, PASSPHRASE

STC = "Sở Tài chính tỉnh Sông Hương"
_AGENCIES = (
    (ISSUER, "UBND", "H57"),
    (STC, "STC", "H57.10"),
    ("Sở Xây dựng tỉnh Sông Hương", "SXD", "H57.12"),
    ("Ủy ban nhân dân phường Hương Cầu", "UBND", "H57.31"),
)
_EARLIER = (
    (ISSUER, "118", "QĐ-UBND", "QĐ", "Ban hành Quy chế làm việc của Ủy ban nhân dân tỉnh"),
    (STC, "204", "STC-NS", "CV", "Quyết toán kinh phí quý III năm 2026"),
    (ISSUER, "97", "KH-UBND", "KH", "Kế hoạch tuyển dụng công chức năm 2026"),
)


@pytest.fixture(scope="session")
def staffed(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The furnished office with its people, their keys and three arrivals of earlier days; tests copy it."""
    folder = tmp_path_factory.mktemp("staffed") / "office"
    shutil.copytree(furnished, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argon2, "PasswordHasher", _CHEAP)
        patch.setattr(store_key, "_trusted_keyring", lambda: None)
        hang_up(OfficeClock(NINE_O_CLOCK - dt.timedelta(minutes=30)), patch)
        desk = Desk.open(folder / "clerkdesk.db")
        desk.log_in("annv", PASSWORD)
        furnish_with_people(desk)
        for days, (issuer, number, notation, kind, subject) in zip((3, 2, 1), _EARLIER, strict=True):
            moment = NINE_O_CLOCK - dt.timedelta(days=days)
            with pretending(moment):
                register(
                    desk, issuer=issuer, code_number=number, code_notation=notation, document_type=kind,
                    subject=subject, issued_date=moment.date() - dt.timedelta(days=1), legal_value=True,
                    issuer_id=known.id if (known := desk.look_up(correspondent_by_name, issuer)) else None,
                )  # fmt: skip
        make_backup(desk.store, backups_folder(folder))  # the weekly one is not due
        desk.close()
    _make_keys(folder)
    return folder


def furnish_with_people(desk: Desk) -> None:
    """Give the office a leader, a specialist, and the agencies that write to it."""
    _employ(desk, "minhlq", LEADER, "Giám đốc", Role.LEADER)
    _employ(desk, "binhtt", "Trần Thị Bình", "Chuyên viên", Role.SPECIALIST)
    for name, short_name, organ_id in _AGENCIES:
        desk.do(desk.make(c.AddCorrespondent, name=name, short_name=short_name, organ_id=organ_id))


def _employ(desk: Desk, username: str, full_name: str, position: str, role: Role) -> None:
    hashed = hash_password(PASSWORD)
    person = c.NewPerson(
        id=new_id(), username=username, full_name=full_name, position=position, roles=frozenset({role})
    )
    desk.do(desk.make(c.AddPerson, person=person, password_hash=hashed))
    own = desk.make(c.SetPassword, person=person.id, password_hash=hashed)
    desk.do(own.model_copy(update={"actor": person.id}))  # not the first password any more


def _make_keys(folder: Path) -> None:
    authority = make_ca(now=NINE_O_CLOCK - dt.timedelta(days=30), algorithm="ec")
    for name, holder in (("minhlq", LEADER), ("agency", AGENCY)):
        path = key_file(folder, name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(_p12(authority, holder))
    (folder / "keys" / "ca.der").write_bytes(authority.certificate.public_bytes(Encoding.DER))


def _p12(authority: DevelopmentCa, holder: str) -> bytes:
    return issue_p12(
        authority, holder=holder, organisation=AGENCY, passphrase=PASSPHRASE,
        valid_from=NINE_O_CLOCK - dt.timedelta(days=29), valid_to=NINE_O_CLOCK + dt.timedelta(days=700),
    )  # fmt: skip


@pytest.fixture
def office(staffed: Path, tmp_path: Path, clock: OfficeClock, cheap_passwords: None, no_keyring: None) -> Path:
    """A copy of the staffed office, on Friday 20 November 2026 at nine; no program has its store open."""
    folder = tmp_path / "office"
    shutil.copytree(staffed, folder)
    return settle(folder)

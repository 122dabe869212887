"""Keys: what opens, what is refused and why, and that the passphrase shows up nowhere."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509

from clerkdesk.errors import ClerkDeskError
from clerkdesk.services.signing.development_ca import (
    DevelopmentCa,
    DevelopmentKeys,
    issue_p12,
    make_ca,
    make_development_keys,
)
from clerkdesk.services.signing.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    CertificateWrongPurpose,
    KeyFileBroken,
    WrongPassphrase,
)
from clerkdesk.services.signing.keys import SigningKey, load_pkcs12

from .test_signing_drafts import LEADER

NOW = datetime.now(UTC)
AGENCY = "Sở Nội vụ tỉnh Hà Nam"
SECRET = "mật khẩu rất dài 9431"


@cache
def office_files() -> DevelopmentKeys:
    return make_development_keys(
        leader=LEADER,
        organisation=AGENCY,
        agency=AGENCY,
        leader_passphrase=SECRET,
        agency_passphrase="khác",
        now=NOW,
    )


@cache
def leader_key() -> SigningKey:
    return load_pkcs12(office_files().leader_p12, SECRET)


@cache
def agency_key() -> SigningKey:
    return load_pkcs12(office_files().agency_p12, "khác")


def authority() -> x509.Certificate:
    return x509.load_pem_x509_certificate(office_files().ca_pem)


@cache
def small_ca() -> DevelopmentCa:
    return make_ca(now=NOW, algorithm="ec")


def key_for(
    start: datetime = NOW - timedelta(days=1), end: datetime = NOW + timedelta(days=1), *, for_signing: bool = True
) -> SigningKey:
    file = issue_p12(
        small_ca(),
        holder=LEADER,
        organisation=AGENCY,
        passphrase="x",
        valid_from=start,
        valid_to=end,
        for_signing=for_signing,
    )
    return load_pkcs12(file, "x")


def test_a_key_tells_its_holder_term_and_that_it_is_a_test_key() -> None:
    key = leader_key()
    assert (key.holder, key.organisation, key.is_test) == (LEADER, AGENCY, True)
    assert len(key.fingerprint) == 64
    assert key.valid_from < NOW < key.valid_to
    key.check(NOW)


def test_a_key_opens_from_a_path_as_well(tmp_path: Path) -> None:
    file = tmp_path / "khóa.p12"
    file.write_bytes(office_files().leader_p12)
    assert load_pkcs12(file, SECRET) == leader_key()


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("good", WrongPassphrase),
        (b"", KeyFileBroken),
        (b"<html>", KeyFileBroken),
        ("cut", KeyFileBroken),
        (Path("/khong/co/tep.p12"), KeyFileBroken),
    ],
)
def test_a_key_that_does_not_open_says_why_and_never_shows_the_passphrase(
    source: bytes | str | Path, error: type[ClerkDeskError], caplog: pytest.LogCaptureFixture
) -> None:
    if isinstance(source, str):
        source = office_files().agency_p12 if source == "good" else office_files().agency_p12[:400]
    with pytest.raises(error) as refused:
        load_pkcs12(source, SECRET)
    shown = traceback.TracebackException.from_exception(refused.value, capture_locals=True)
    inside = "".join(
        f"{frame.name} {frame.locals}" for frame in shown.stack if "signing/keys.py" in frame.filename
    ) + repr(refused.value)
    assert inside
    assert SECRET not in inside
    assert refused.value.__context__ is None
    assert SECRET not in caplog.text


def test_a_key_does_not_show_its_secret_parts() -> None:
    assert SECRET not in repr(leader_key())
    assert "signer" not in repr(leader_key())


def test_a_certificate_is_refused_outside_its_term_and_for_another_purpose() -> None:
    with pytest.raises(CertificateExpired):
        key_for(NOW - timedelta(days=9), NOW - timedelta(days=2)).check(NOW)
    with pytest.raises(CertificateNotYetValid):
        key_for(NOW + timedelta(days=2), NOW + timedelta(days=9)).check(NOW)
    with pytest.raises(CertificateWrongPurpose):
        key_for(for_signing=False).check(NOW)

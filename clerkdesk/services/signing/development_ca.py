"""A certificate authority for development and training: keys that sign like real ones and say THỬ NGHIỆM everywhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

CA_NAME = "THỬ NGHIỆM – CA phát triển ClerkDesk"
_CA_YEARS = 20

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Algorithm = Literal["rsa", "ec"]


@dataclass(frozen=True)
class DevelopmentCa:
    """A test authority: its certificate (to be trusted in tests) and its key (kept in memory only)."""

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)
    algorithm: Algorithm


@dataclass(frozen=True)
class DevelopmentKeys:
    """Everything that a training desk needs: the two key files and the certificate to trust (PEM)."""

    leader_p12: bytes = field(repr=False)
    agency_p12: bytes = field(repr=False)
    ca_pem: bytes


def make_ca(*, now: datetime, algorithm: Algorithm = "rsa") -> DevelopmentCa:
    """Make a new authority, valid from the day before `now` (aware).

    RSA-2048 is the default because the certificates of the Government's authority are RSA; `ec` (P-256) is faster.
    """
    key = _new_key(algorithm)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, CA_NAME),
            x509.NameAttribute(NameOID.COMMON_NAME, CA_NAME),
        ]
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * _CA_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    return DevelopmentCa(certificate, key, algorithm)


def issue_p12(
    ca: DevelopmentCa,
    *,
    holder: str,
    organisation: str,
    passphrase: str,
    valid_from: datetime,
    valid_to: datetime,
    for_signing: bool = True,
) -> bytes:
    """Issue a certificate and give it with its new key as a PKCS#12 file.

    Args:
        ca: who issues.
        holder: common name (the person, or the agency for its seal key).
        organisation: organisation name.
        passphrase: protects the file; not empty.
        valid_from: start of its term (aware).
        valid_to: end of its term (aware).
        for_signing: False gives a certificate for encryption only, which signing must refuse.
    """
    key = _new_key(ca.algorithm)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, holder),
        ]
    )
    usage = _usage("digital_signature", "content_commitment") if for_signing else _usage("key_encipherment")
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(ca.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid_from)
        .not_valid_after(valid_to)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.key.public_key()), critical=False)
        .sign(ca.key, hashes.SHA256())
    )
    protection = serialization.BestAvailableEncryption(passphrase.encode())
    return pkcs12.serialize_key_and_certificates(holder.encode(), key, certificate, [ca.certificate], protection)


def make_development_keys(
    *,
    leader: str,
    organisation: str,
    agency: str,
    leader_passphrase: str,
    agency_passphrase: str,
    now: datetime,
    years: int = 3,
    algorithm: Algorithm = "rsa",
) -> DevelopmentKeys:
    """Make an authority and the two keys of one office: the leader's and the agency's.

    Args:
        leader: the leader's name as it stands under the signature.
        organisation: the leader's organisation.
        agency: the agency's name as on its seal.
        leader_passphrase: protects the leader's file.
        agency_passphrase: protects the agency's file.
        now: aware; the term starts one day earlier, so that a slow clock does not matter.
        years: length of the term.
        algorithm: see `make_ca`.
    """
    ca = make_ca(now=now, algorithm=algorithm)

    def issue(holder: str, of: str, passphrase: str) -> bytes:
        start, end = now - timedelta(days=1), now + timedelta(days=365 * years)
        return issue_p12(ca, holder=holder, organisation=of, passphrase=passphrase, valid_from=start, valid_to=end)

    return DevelopmentKeys(
        leader_p12=issue(leader, organisation, leader_passphrase),
        agency_p12=issue(agency, agency, agency_passphrase),
        ca_pem=ca.certificate.public_bytes(serialization.Encoding.PEM),
    )


def _new_key(algorithm: Algorithm) -> PrivateKey:
    if algorithm == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _usage(*granted: str) -> x509.KeyUsage:
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{one: one in granted for one in every})

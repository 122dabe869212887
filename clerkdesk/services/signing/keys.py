"""Signing keys: opens a PKCS#12 file once and keeps the key in memory, ready to sign, with its holder in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from asn1crypto import pkcs12 as asn1_pkcs12
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import Signer
from pyhanko_certvalidator.registry import SimpleCertificateStore

from clerkdesk.i18n import _
from clerkdesk.services.signing.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    CertificateWrongPurpose,
    KeyFileBroken,
    WrongPassphrase,
)

VIETNAM_TIME = ZoneInfo("Asia/Ho_Chi_Minh")
TEST_MARK = "THỬ NGHIỆM"

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_LARGEST_KEY_FILE = 1_000_000  # bytes; real ones have some kilobytes


class HeldKeySigner(Signer):
    """A pyHanko signer that keeps the opened key, where the stock one checks and opens it anew for each signature."""

    def __init__(
        self,
        key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
        certificate: x509.Certificate,
        chain: Iterable[x509.Certificate],
    ) -> None:
        registry: SimpleCertificateStore = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        registry.register_multiple([as_asn1(one) for one in chain])
        super().__init__(signing_cert=as_asn1(certificate), cert_registry=registry)
        self._key = key

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """Sign `data`; on a dry run only give bytes of the greatest possible length."""
        key = self._key
        if dry_run:
            return bytes(key.key_size // 8 if isinstance(key, rsa.RSAPrivateKey) else key.key_size // 4 + 16)
        digest = _HASHES.get(digest_algorithm)
        if digest is None:
            raise SigningError(f"digest {digest_algorithm} is not offered")
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(data, padding.PKCS1v15(), digest)
        return key.sign(data, ec.ECDSA(digest))


@dataclass(frozen=True)
class SigningKey:
    """A key ready to sign, with what its certificate says.

    `valid_from` and `valid_to` are aware (UTC); `fingerprint` is SHA-256 of the certificate in hex; `is_test` is set
    for keys of a development CA, which mark every appearance with THỬ NGHIỆM.
    """

    holder: str
    organisation: str
    serial: str
    fingerprint: str
    valid_from: datetime
    valid_to: datetime
    is_test: bool
    certificate: x509.Certificate = field(repr=False)
    signer: Any = field(repr=False, compare=False)

    def check(self, at: datetime) -> None:
        """Refuse a certificate that may not sign documents at `at` (aware).

        Raises:
            CertificateExpired, CertificateNotYetValid: outside its term.
            CertificateWrongPurpose: its key usage names neither digital signature nor non-repudiation.
        """
        if at < self.valid_from:
            raise CertificateNotYetValid(holder=self.holder, valid_from=_in_words(self.valid_from))
        if at > self.valid_to:
            raise CertificateExpired(holder=self.holder, valid_to=_in_words(self.valid_to))
        if not _may_sign(self.certificate):
            raise CertificateWrongPurpose(holder=self.holder)


def load_pkcs12(source: Path | str | bytes, passphrase: str) -> SigningKey:
    """Open a PKCS#12 file (.p12, .pfx).

    The passphrase is dropped before anything is raised, so that no traceback of this module can show it.

    Args:
        source: a path, or the file's bytes.
        passphrase: as typed; an empty one for a file without protection.

    Raises:
        WrongPassphrase: the file is sound but does not open.
        KeyFileBroken: not a PKCS#12 file, or without private key and certificate, or a kind of key we cannot use.
    """
    found: tuple[Any, x509.Certificate | None, list[x509.Certificate]] | None = None
    data = _read(source)
    if data is not None:
        try:
            found = pkcs12.load_key_and_certificates(data, passphrase.encode() or None)
        except Exception:  # the library raises ValueError, TypeError and its own; none may carry the passphrase on
            found = None
    del passphrase
    if data is None:
        raise KeyFileBroken(reason=_("không đọc được tệp"))
    if found is None:
        if _looks_like_pkcs12(data):
            raise WrongPassphrase()
        raise KeyFileBroken(reason=_("không phải tệp PKCS#12"))
    key, certificate, others = found
    if key is None or certificate is None:
        raise KeyFileBroken(reason=_("tệp không có khóa bí mật kèm chứng thư"))
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise KeyFileBroken(reason=_("loại khóa không dùng được"))
    return SigningKey(
        holder=name_in(certificate.subject, NameOID.COMMON_NAME),
        organisation=name_in(certificate.subject, NameOID.ORGANIZATION_NAME),
        serial=f"{certificate.serial_number:X}",
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
        is_test=is_test_certificate(certificate),
        certificate=certificate,
        signer=HeldKeySigner(key, certificate, others or []),
    )


def is_test_certificate(certificate: x509.Certificate) -> bool:
    """Whether the issuer calls itself THỬ NGHIỆM, in its common name or organisation."""
    names = name_in(certificate.issuer, NameOID.COMMON_NAME) + name_in(certificate.issuer, NameOID.ORGANIZATION_NAME)
    return TEST_MARK in names.upper()


def name_in(name: x509.Name, part: x509.ObjectIdentifier) -> str:
    """The first value of one part of a distinguished name, or an empty text."""
    found = name.get_attributes_for_oid(part)
    return str(found[0].value) if found else ""


def as_asn1(certificate: x509.Certificate) -> Any:
    """The certificate in the form that pyHanko takes."""
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def _read(source: Path | str | bytes) -> bytes | None:
    if isinstance(source, bytes):
        return source
    try:
        with Path(source).open("rb") as file:
            return file.read(_LARGEST_KEY_FILE)
    except OSError:
        return None


def _looks_like_pkcs12(data: bytes) -> bool:
    try:
        return bool(asn1_pkcs12.Pfx.load(data)["auth_safe"]["content_type"].native == "data")
    except Exception:  # any fault of the parser on foreign bytes means the same: not such a file
        return False


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True  # RFC 5280 4.2.1.3: no extension, no limit
    except ValueError:
        return False
    return usage.digital_signature or usage.content_commitment


def _in_words(moment: datetime) -> str:
    return moment.astimezone(VIETNAM_TIME).strftime("%d/%m/%Y")

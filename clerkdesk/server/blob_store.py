"""Where the server keeps whole files: a folder, or a bucket that speaks S3. Both name a file by its SHA-256.

The server alone decides who may read what (`stored_file`); a store of bytes knows no agencies.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from clerkdesk.data.blobs import CHUNK, blob_path, keep_whole
from clerkdesk.errors import BadInput, StoreTrouble, Unavailable
from clerkdesk.i18n import N_

_SECONDS_TO_CONNECT, _SECONDS_TO_ANSWER = 5, 60


class FilesPlaceWrong(BadInput):
    """The place of the files is not understood."""

    sentence = N_("Nơi giữ tệp không đúng. Dạng đúng: s3://tên-bucket hoặc s3://tên-bucket/thư-mục")


class S3Missing(Unavailable):
    """The library for S3 is not installed."""

    sentence = N_("Chưa cài phần nối với kho S3. Cài: pip install 'clerkdesk[s3]'")


class FilesAway(StoreTrouble):
    """The bucket does not answer, or refuses."""

    sentence = N_("Kho tệp S3 không trả lời hoặc từ chối. Số và văn bản không bị ảnh hưởng; tệp tự gửi lại sau.")


class BlobStore(Protocol):
    """Whole files by their SHA-256.

    Raises, from every method:
        FilesAway, OSError.
    """

    def check(self) -> None:
        """Make sure that the store can be reached."""

    def size(self, sha256: str) -> int | None:
        """Return a file's bytes, or None when it is not here."""

    def put(self, sha256: str, whole: Path) -> None:
        """Keep a file whose hash was verified; the same again changes nothing. `whole` may be moved or left."""

    def read(self, sha256: str, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from `start` up to `stop`, a piece at a time."""


class FolderBlobs:
    """Files in a folder, as `ab/cd/<sha256>`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def check(self) -> None:
        """Make the folder."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def size(self, sha256: str) -> int | None:
        """Ask the file system."""
        try:
            return blob_path(self.folder, sha256).stat().st_size
        except FileNotFoundError:
            return None

    def put(self, sha256: str, whole: Path) -> None:
        """Move the file in; see `data.blobs.keep_whole`."""
        keep_whole(self.folder, whole, sha256)

    def read(self, sha256: str, start: int, stop: int) -> Iterator[bytes]:
        """Read the file."""
        with blob_path(self.folder, sha256).open("rb") as file:
            file.seek(start)
            while start < stop and (piece := file.read(min(CHUNK, stop - start))):
                start += len(piece)
                yield piece


class S3Blobs:
    """Files in a bucket, as `<prefix>/ab/cd/<sha256>`. Keys and endpoint come from the usual AWS_… settings."""

    def __init__(self, bucket: str, prefix: str = "", client: Any = None) -> None:
        self.bucket = bucket
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = client or _s3_client()

    def _name(self, sha256: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": f"{self.prefix}{sha256[:2]}/{sha256[2:4]}/{sha256}"}

    def check(self) -> None:
        """Ask for the bucket."""
        with _in_our_words():
            self._client.head_bucket(Bucket=self.bucket)

    def size(self, sha256: str) -> int | None:
        """Ask the bucket."""
        from botocore.exceptions import ClientError

        with _in_our_words():
            try:
                return int(self._client.head_object(**self._name(sha256))["ContentLength"])
            except ClientError as error:
                if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
                    return None
                raise

    def put(self, sha256: str, whole: Path) -> None:
        """Send the file with its hash, which S3 checks before the object is there."""
        size = whole.stat().st_size
        if self.size(sha256) == size:
            return
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        with _in_our_words(), whole.open("rb") as file:
            self._client.put_object(**self._name(sha256), Body=file, ContentLength=size, ChecksumSHA256=checksum)

    def read(self, sha256: str, start: int, stop: int) -> Iterator[bytes]:
        """Read from the bucket."""
        if start >= stop:
            return
        with _in_our_words():
            answer = self._client.get_object(**self._name(sha256), Range=f"bytes={start}-{stop - 1}")
            yield from answer["Body"].iter_chunks(CHUNK)


def open_blob_store(place: str, folder: Path) -> BlobStore:
    """Return the store of files that the settings name, after reaching it.

    Args:
        place: `s3://bucket/prefix`; empty for the folder.
        folder: the server's own folder of files.

    Raises:
        FilesPlaceWrong, S3Missing, FilesAway.
    """
    blobs: BlobStore
    if not place:
        blobs = FolderBlobs(folder)
    else:
        parts = urlsplit(place)
        if parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc or parts.query:
            raise FilesPlaceWrong
        blobs = S3Blobs(parts.netloc, parts.path)
    blobs.check()
    return blobs


def _s3_client() -> Any:
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise S3Missing from error
    config = Config(
        connect_timeout=_SECONDS_TO_CONNECT,
        read_timeout=_SECONDS_TO_ANSWER,
        retries={"mode": "standard", "max_attempts": 3},
        max_pool_connections=16,
    )
    try:
        return boto3.client("s3", config=config)
    except (BotoCoreError, ValueError) as error:  # no region, an address that is none
        raise FilesAway from error


@contextmanager
def _in_our_words() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise FilesAway from error

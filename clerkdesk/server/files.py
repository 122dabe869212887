"""Files apart from records: `HEAD`, `PATCH` and `GET /v1/files/{sha256}`; the headers are named in `sync.messages`.

An agency reads a file only if it has proven to have it, by bringing every byte (`stored_file`). Whether another
agency has the same file changes no answer.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import chain
from typing import Annotated
from uuid import UUID
from weakref import WeakValueDictionary

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import bindparam, select
from starlette.requests import ClientDisconnect

from clerkdesk import log
from clerkdesk.data.prepared import Prepared
from clerkdesk.data.schema import stored_file
from clerkdesk.data.upsert import prepared_upsert
from clerkdesk.server.access import Caller, TurnedDown, caller
from clerkdesk.server.blob_store import BlobStore
from clerkdesk.server.hub import Hub
from clerkdesk.server.uploads import Upload, Uploads
from clerkdesk.server.writer import Group
from clerkdesk.services.clock import now
from clerkdesk.sync.messages import (
    CHUNK_BYTES,
    CHUNK_HEADER,
    COMPLETE_HEADER,
    LENGTH_HEADER,
    OFFSET_HEADER,
    FileState,
    Trouble,
)

_find = Prepared(
    select(stored_file.c.size).where(
        stored_file.c.agency_id == bindparam("agency"), stored_file.c.sha256 == bindparam("sha256")
    )
)
_keep = prepared_upsert(
    stored_file,
    ("agency_id", "sha256", "size", "stored_at"),
    ("agency_id", "sha256"),
    {"size": "excluded.size", "stored_at": "excluded.stored_at"},
)
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")

Called = Annotated[Caller, Depends(caller)]
Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


class Files:
    """The files of a running server."""

    def __init__(self, hub: Hub, uploads: Uploads, blobs: BlobStore) -> None:
        self.hub = hub
        self.uploads = uploads
        self.blobs = blobs
        self._in_hand: WeakValueDictionary[tuple[UUID, str], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def alone(self, agency: UUID, sha256: str) -> AsyncIterator[None]:
        """Keep others from the same upload meanwhile."""
        lock = self._in_hand.setdefault((agency, sha256), asyncio.Lock())
        async with lock:
            yield

    def size_of(self, agency: UUID, sha256: str) -> int | None:
        """Return the bytes of a file that the agency may read and that is really here, or None."""
        with self.hub.store.reading() as connection:
            row = _find(connection, agency=agency, sha256=sha256).first()
        if row is None:
            return None
        if self.blobs.size(sha256) != row.size:  # lost with a disk: any desk that has it may bring it again
            self.hub.alarm("file_missing", agency=agency)
            return None
        return int(row.size)

    async def finish(self, agency: UUID, sha256: str, upload: Upload) -> FileState:
        """Verify an upload that has all its bytes, keep it, and let the agency read it.

        Stopped anywhere in between, the next request goes on from there.

        Raises:
            TurnedDown: HASH, FULL, STORE; FilesAway.
        """
        whole = await asyncio.to_thread(self.uploads.verify, upload, sha256)
        try:
            await asyncio.to_thread(self.blobs.put, sha256, whole.path)
        except OSError as error:
            log.note("upload_failed", errno=error.errno)
            raise TurnedDown(Trouble.STORE) from error

        def keep(group: Group) -> None:
            _keep(group.tx, agency_id=agency, sha256=sha256, size=whole.length, stored_at=now())

        await self.hub.writer.write(agency, keep)
        await asyncio.to_thread(self.uploads.forget, agency, sha256)
        log.note("file_stored", agency=agency, size=whole.length)
        return FileState(offset=whole.length, complete=True)


def files_router(files: Files) -> APIRouter:
    """Return the paths of files, for `create_app`."""
    router = APIRouter()

    @router.head("/v1/files/{sha256}")
    async def tell(
        called: Called, sha256: Sha256, length: Annotated[int | None, Header(alias=LENGTH_HEADER, ge=0)] = None
    ) -> Response:
        """Tell how far a file has come."""
        async with files.alone(called.agency, sha256):
            size = await asyncio.to_thread(files.size_of, called.agency, sha256)
            if size is not None:
                await asyncio.to_thread(files.uploads.forget, called.agency, sha256)  # left by a crash, if anything
                return _told(FileState(offset=size, complete=True))
            upload = await asyncio.to_thread(files.uploads.find, called.agency, sha256, length)
            if upload is None:
                return _told(FileState(offset=0, complete=False))
            if upload.offset < upload.length:
                return _told(FileState(offset=upload.offset, complete=False))
            try:
                return _told(await files.finish(called.agency, sha256, upload))
            except TurnedDown as down:
                if down.trouble is not Trouble.HASH:
                    raise
                return _told(FileState(offset=0, complete=False))

    @router.patch("/v1/files/{sha256}")
    async def take(
        request: Request,
        called: Called,
        sha256: Sha256,
        offset: Annotated[int, Header(alias=OFFSET_HEADER, ge=0)],
        length: Annotated[int, Header(alias=LENGTH_HEADER, ge=0)],
        chunk_hash: Annotated[str, Header(alias=CHUNK_HEADER)],
    ) -> Response:
        """Take a chunk; the last one, or an empty one behind it, finishes the file."""
        try:
            chunk = await request.body()
        except ClientDisconnect as error:  # nobody reads the answer
            raise TurnedDown(Trouble.BAD) from error
        if len(chunk) > CHUNK_BYTES:
            raise TurnedDown(Trouble.BAD, status=413)
        agency = called.agency
        async with files.alone(agency, sha256):
            size = await asyncio.to_thread(files.size_of, agency, sha256)
            if size is not None:  # it has come meanwhile, or this is the last chunk once more
                return _told(FileState(offset=size, complete=True))
            found = await asyncio.to_thread(files.uploads.find, agency, sha256, length)
            if found is None or not found.is_verified:
                found = await asyncio.to_thread(
                    files.uploads.take, agency, sha256, length, offset, chunk, chunk_hash.lower()
                )
                files.hub.figures.file_bytes.labels("up").inc(len(chunk))
            if found.offset == found.length:
                return _told(await files.finish(agency, sha256, found))
            return _told(FileState(offset=found.offset, complete=False))

    @router.get("/v1/files/{sha256}")
    async def give(request: Request, called: Called, sha256: Sha256) -> Response:
        """Give a file, or a range of its bytes."""
        size = await asyncio.to_thread(files.size_of, called.agency, sha256)
        if size is None:
            raise TurnedDown(Trouble.ABSENT)
        start, stop, partly = _asked(request.headers.get("range", ""), size)
        headers = {"accept-ranges": "bytes", "etag": f'"{sha256}"', "content-length": str(stop - start)}
        if partly:
            headers["content-range"] = f"bytes {start}-{stop - 1}/{size}"
        files.hub.figures.file_bytes.labels("down").inc(stop - start)
        pieces = await asyncio.to_thread(_begun, files.blobs.read(sha256, start, stop))
        return StreamingResponse(
            pieces, 206 if partly else 200, headers=headers, media_type="application/octet-stream"
        )  # fmt: skip

    return router


def _begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Read the first piece, so that what is not there is said before the answer begins."""
    try:
        return chain([next(pieces, b"")], pieces)
    except OSError as error:
        log.note("file_unreadable", errno=error.errno)
        raise TurnedDown(Trouble.STORE) from error


def _told(state: FileState) -> Response:
    headers = {OFFSET_HEADER: str(state.offset), COMPLETE_HEADER: "?1" if state.complete else "?0"}
    return Response(status_code=200, headers=headers | {"cache-control": "no-store"})


def _asked(asked: str, size: int) -> tuple[int, int, bool]:
    """Read a Range header; what is no single range is answered with the whole file (RFC 9110 14.2).

    Raises:
        TurnedDown: BAD with 416: nothing of the file is in the range.
    """
    found = _RANGE.fullmatch(asked.strip())
    if found is None or found.groups() == ("", ""):
        return 0, size, False
    first, last = found.groups()
    start, stop = (max(0, size - int(last)), size) if not first else (int(first), min(int(last or size), size - 1) + 1)
    if start >= size or stop <= start:
        raise TurnedDown(Trouble.BAD, status=416)
    return start, stop, True

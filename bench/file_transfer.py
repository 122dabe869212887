"""A file of 100 MB from a desk to the server and to another place, over HTTP on this machine, whole and cut again and again.

The server is the program's own, in a process of its own; every chunk is made durable, both ends verify the whole. Beside
it stands a plain httpx upload of the same bytes in one request to a bare handler of the same web server, which writes
them to the same disk and syncs once at the end; and a plain download of them. In the cut runs a relay closes the
connection after a random number of bytes, five times; the file goes on where it was.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import random
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from statistics import median

import httpx

from bench.figures import Figure
from bench.stores import CLERK, PASSWORD, folder, furnish
from bench.sync import registration
from clerkdesk.data.blobs import blob_path, keep_stream
from clerkdesk.data.server_store import open_server_store
from clerkdesk.server.enrolment import new_code
from clerkdesk.services import commands as c
from clerkdesk.services.desk import Desk
from clerkdesk.sync.connecting import connect
from clerkdesk.sync.door import Unreached
from clerkdesk.sync.loop import Sync

MEGABYTE = 1 << 20
SIZE, CUTS, TURNS = 100 * MEGABYTE, 5, 3
_SECRET = b"a secret of the measurement, long enough"
_KEY = bytes(range(32))


def run() -> list[Figure]:
    """Measure."""
    up: list[float] = []
    down: list[float] = []
    cut_up: list[float] = []
    cut_down: list[float] = []
    plain_up: list[float] = []
    plain_down: list[float] = []
    with ExitStack() as stack:
        root = stack.enter_context(folder())
        desk = furnish(root / "desk")
        server_folder = root / "server"
        port, code = stack.enter_context(_server(server_folder))
        relay = stack.enter_context(_Relay(port))
        link = connect(desk, f"http://127.0.0.1:{relay.port}", code)
        link.log_in(CLERK, PASSWORD)
        desk.log_in(CLERK, PASSWORD)
        chance = random.Random(20)
        for turn in range(TURNS):
            for cuts, ups, downs in ((0, up, down), (CUTS, cut_up, cut_down)):
                content = random.Random(f"{turn} {cuts}").randbytes(SIZE)
                sha256 = _register_with(desk, link, root, content)
                relay.cut_after = [chance.randrange(SIZE // CUTS) for _ in range(cuts)]
                ups.append(_timed(lambda: _carry(link)))
                assert not relay.cut_after
                at_server, here = (blob_path(one / "files", sha256) for one in (server_folder, desk.store.path.parent))
                assert _hash(at_server) == sha256
                here.unlink()
                link.want_files({sha256: SIZE})
                relay.cut_after = [chance.randrange(SIZE // CUTS) for _ in range(cuts)]
                downs.append(_timed(lambda: _carry(link)))
                assert not relay.cut_after
                assert _hash(here) == sha256
            plain_up.append(_timed(lambda content=content: _plain_upload(relay.port, content)))  # type: ignore[misc]
            plain_down.append(_timed(lambda: _plain_download(relay.port, root / "plain")))
        link.close()
        desk.store.close()
    names = "100 MB to the server", "100 MB from the server"
    bare = "plain httpx upload, one sync", "plain httpx download, one sync"
    return [
        Figure(names[0], median(up), "ms", bare[0], median(plain_up)),
        Figure(f"{names[0]}, cut {CUTS} times", median(cut_up), "ms", bare[0], median(plain_up)),
        Figure(names[1], median(down), "ms", bare[1], median(plain_down)),
        Figure(f"{names[1]}, cut {CUTS} times", median(cut_down), "ms", bare[1], median(plain_down)),
    ]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _register_with(desk: Desk, link: Sync, root: Path, content: bytes) -> str:
    """Register an arrival with a file and let the record go, not yet the file."""
    path = root / "scan.pdf"
    path.write_bytes(content)
    with path.open("rb") as stream:
        blob = keep_stream(desk.store.blob_folder, stream, SIZE)
    file = c.NewFile(name="scan.pdf", sha256=blob.sha256, size=blob.size, media_type="application/pdf")
    desk.do(registration(desk, random.randrange(80_000)).model_copy(update={"files": (file,)}))
    link.round()
    return blob.sha256


def _carry(link: Sync) -> None:
    """Carry the file; after a cut go on at once."""
    while True:
        with suppress(Unreached):
            link.files.work_off()
            return


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _plain_upload(port: int, content: bytes) -> None:
    answer = httpx.put(f"http://127.0.0.1:{port}/plain", content=content, timeout=120)
    assert answer.status_code == 200


def _plain_download(port: int, path: Path) -> None:
    import os

    with httpx.stream("GET", f"http://127.0.0.1:{port}/plain", timeout=120) as answer, path.open("wb") as file:
        for piece in answer.iter_bytes(MEGABYTE):
            file.write(piece)
        os.fsync(file.fileno())
    assert path.stat().st_size == SIZE


class _Relay:
    """Passes bytes on both ways and closes the connection when as many as `cut_after` says have gone through."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.cut_after: list[int] = []
        self._passed = 0

    def __enter__(self) -> _Relay:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _address = self._listening.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(1 << 18):
                self._passed += len(piece)
                if self.cut_after and self._passed >= self.cut_after[0]:
                    self._passed = 0
                    self.cut_after.pop(0)
                    break
                target.sendall(piece)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@contextmanager
def _server(data: Path) -> Iterator[tuple[int, str]]:
    with closing(open_server_store(data, "", key=_KEY)) as store, store.writing() as tx:
        code = new_code(tx, None)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(data, port), daemon=True)
    process.start()
    until = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
    try:
        yield port, code
    finally:
        process.terminate()
        process.join()


def _serve(data: Path, port: int) -> None:
    import os

    import uvicorn
    from fastapi import Response
    from fastapi.responses import FileResponse
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from clerkdesk.server.app import create_app
    from clerkdesk.server.blob_store import FolderBlobs
    from clerkdesk.server.files import Files, files_router
    from clerkdesk.server.hub import Hub
    from clerkdesk.server.uploads import Rules, Uploads

    hub = Hub(open_server_store(data, "", key=_KEY, exclusive=False), _SECRET)
    files = Files(hub, Uploads(data / "uploads", Rules()), FolderBlobs(hub.store.blob_folder))
    app = create_app(hub, files_router(files))

    async def pieces(request: Request) -> AsyncIterator[bytes]:
        async for piece in request.stream():
            yield piece

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the bare path before anything of ours sees it."""
        if scope.get("path") != "/plain":
            await app(scope, receive, send)
            return
        request = Request(scope, receive)
        if request.method == "GET":
            await FileResponse(data / "plain")(scope, receive, send)
            return
        with (data / "plain").open("wb") as file:
            async for piece in pieces(request):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        await Response()(scope, receive, send)

    uvicorn.run(served, host="127.0.0.1", port=port, log_level="critical")

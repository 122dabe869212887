"""Runs the server until it is asked to stop: the group being written is finished and answered, then all is closed."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import APIRouter

from clerkdesk import log
from clerkdesk.errors import Unavailable
from clerkdesk.i18n import N_
from clerkdesk.server.app import create_app
from clerkdesk.server.hub import Hub

_SECONDS_TO_STOP = 15


class PortTaken(Unavailable):
    """Something else listens there, or the address is not this machine's."""

    sentence = N_("Không mở được {host}:{port}: địa chỉ không có ở máy này hoặc cổng đang dùng. Chọn cổng khác: --port")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server listens; without a certificate a proxy on the same machine must speak TLS."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop when asked, and go on behind `serve`: uvicorn's own would let the signal kill the process there."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Send home who waits for news, so that nobody holds the server up."""
        self._hub.end_waits()
        super().handle_exit(sig, frame)


def serve(hub: Hub, place: Place, *routers: APIRouter, ready: Callable[[int], None] = lambda _port: None) -> None:
    """Serve until SIGTERM or Ctrl+C.

    Args:
        ready: called with the port when requests are answered.

    Raises:
        PortTaken.
    """
    try:
        listening = socket.create_server((place.host, place.port), backlog=1024)
    except OSError as error:
        raise PortTaken(host=place.host, port=place.port) from error
    config = uvicorn.Config(
        create_app(hub, *routers),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_SECONDS_TO_STOP,
        ssl_certfile=place.certificate,
        ssl_keyfile=place.key,
    )
    with listening, asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_run(_Server(config, hub), listening, ready))
    log.note("server_stopped")


async def _run(server: uvicorn.Server, listening: socket.socket, ready: Callable[[int], None]) -> None:
    async def tell() -> None:
        while not server.started:
            await asyncio.sleep(0.02)
        ready(listening.getsockname()[1])

    teller = asyncio.create_task(tell())
    await server.serve([listening])
    teller.cancel()

"""A wire between desk and server on which anything can happen: it loses, doubles, delays, reorders and cuts messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

import httpx
from fastapi.testclient import TestClient


class Fault(Enum):
    """What becomes of a message."""

    NONE = "none"
    REQUEST_LOST = "request lost"
    ANSWER_LOST = "answer lost"
    TWICE = "twice"
    CUT = "cut"
    LATE = "late"  # it arrives when nobody waits for it any more, behind later ones


Weather = Callable[[str, str], Fault]


def fair(_method: str, _path: str) -> Fault:
    """Nothing goes wrong."""
    return Fault.NONE


def down(_method: str, _path: str) -> Fault:
    """Nothing gets through."""
    return Fault.REQUEST_LOST


class Wire:
    """What a `Transport` takes for its HTTP client."""

    def __init__(self, http: TestClient, weather: Weather = fair) -> None:
        self.http = http
        self.weather = weather
        self.late: list[Callable[[], Any]] = []
        self.requests: list[str] = []

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def close(self) -> None:
        """Nothing is held open."""

    def request(
        self, method: str, path: str, *, content: bytes | None = None, headers: dict[str, str] | None = None,
        timeout: object = None,
    ) -> httpx.Response:  # fmt: skip
        def send() -> httpx.Response:
            answer: httpx.Response = self.http.request(method, path, content=content, headers=headers)
            return answer

        self.requests.append(path)
        fault = self.weather(method, path)
        if fault is Fault.REQUEST_LOST:
            raise httpx.ConnectError("lost")
        if fault is Fault.LATE:
            self.late.append(send)
            raise httpx.ReadTimeout("late")
        answer = send()
        if fault is Fault.TWICE:
            send()
        if fault is Fault.ANSWER_LOST:
            raise httpx.ReadTimeout("lost")
        if fault is Fault.CUT:
            return httpx.Response(answer.status_code, content=answer.content[: len(answer.content) // 2])
        return answer

    @contextmanager
    def stream(self, method: str, path: str, *, headers: dict[str, str] | None = None) -> Iterator[httpx.Response]:
        """Answer line by line; a cut stream ends in the middle."""
        self.requests.append(path)
        fault = self.weather(method, path)
        if fault in (Fault.REQUEST_LOST, Fault.LATE):
            raise httpx.ConnectError("lost")
        answer = self.http.request(method, path, headers=headers)
        if fault is Fault.ANSWER_LOST:
            raise httpx.ReadTimeout("lost")
        content = answer.content[: len(answer.content) // 2] if fault is Fault.CUT else answer.content
        yield httpx.Response(answer.status_code, content=content)

    def deliver_late(self) -> None:
        """Let what was delayed arrive, the last first."""
        late, self.late = self.late[::-1], []
        for send in late:
            send()

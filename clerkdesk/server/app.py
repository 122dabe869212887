"""The central server's HTTP face: who may ask what under which path. The words spoken are `sync.messages`.

`POST /v1/enrol`, `GET /v1/challenge`, `POST /v1/token`, `POST /v1/login`; with a desk's token `POST /v1/push`,
`GET /v1/pull?cursor=&term=`, `GET /v1/wait?cursor=&term=`, `POST /v1/call`, `GET /v1/records/{subject}`,
`GET /v1/snapshot`, `GET /v1/desks`, `POST /v1/recovery/reported`; open to all `/healthz`, `/readyz`, `/metrics`.
"""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clerkdesk import log
from clerkdesk.data.code_key import code_key_of_agency
from clerkdesk.errors import ClerkDeskError, StoreTrouble
from clerkdesk.server.access import Caller, TurnedDown, caller, check_desk, named_in_token, vouched
from clerkdesk.server.carrying import CallOutcome, PushOutcome, carry_call, carry_push, told
from clerkdesk.server.enrolment import challenge, enrol, person_token, prove
from clerkdesk.server.figures import CONTENT_TYPE
from clerkdesk.server.hub import Hub
from clerkdesk.server.reading import desks_of, json_of, page, records_of, snapshot
from clerkdesk.server.terms import (
    end_recovery_if_complete,
    is_recovering,
    learn_books,
    mark_reported,
    missing_desks,
    term_and_state,
)
from clerkdesk.server.tokens import PERSON_SECONDS
from clerkdesk.server.writer import Group, Stopping
from clerkdesk.services.clock import now
from clerkdesk.services.login import log_in
from clerkdesk.services.passwords import AccountLocked, LoginRefused
from clerkdesk.sync.messages import (
    TROUBLE_HEADER,
    Call,
    DeskProof,
    Enrol,
    LoggedIn,
    LogIn,
    Push,
    PushAnswer,
    Recovery,
    Reported,
    Trouble,
)

LARGEST_BODY = 8 << 20
WAIT_SECONDS = 25.0
_LOOK_AGAIN_SECONDS = 5.0  # another process may have written
_PACK_FROM = 2_000
_LOGINS_AT_ONCE = 2  # each takes 64 MB and a core
M = TypeVar("M", bound=BaseModel)

router = APIRouter()


def create_app(hub: Hub, *routers: APIRouter) -> FastAPI:
    """Return the application of an open hub; leaving its lifespan closes the hub.

    Args:
        routers: what other parts serve beside; they use `access.caller`.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        hub.begin(asyncio.get_running_loop())
        sweeper = asyncio.create_task(_keep_seen(hub))
        try:
            yield
        finally:
            sweeper.cancel()
            hub.end_waits()
            await asyncio.to_thread(hub.stop)

    app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.hub = hub
    app.state.logins = asyncio.Semaphore(_LOGINS_AT_ONCE)
    app.include_router(router)
    for one in routers:
        app.include_router(one)
    app.add_exception_handler(TurnedDown, _turned_down)
    app.add_exception_handler(ClerkDeskError, _refused)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _not_understood)
    app.add_middleware(_Around, hub=hub)
    return app


async def _keep_seen(hub: Hub) -> None:
    while True:
        await asyncio.sleep(30)
        try:
            await asyncio.to_thread(hub.write_down_seen)
        except StoreTrouble as error:
            log.note("seen_not_kept", code=error.code)


class _Around:
    """Counts requests, limits bodies, and answers what nobody foresaw without saying what it was."""

    def __init__(self, app: ASGIApp, hub: Hub) -> None:
        self.app = app
        self.hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500
        read = 0

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LARGEST_BODY:
                raise TurnedDown(Trouble.BAD, status=413)
            return message

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, limited, watched)
        except Exception as error:
            log.note("request_failed", kind=type(error).__name__)
            if status == 500:
                answer = _complaint(self.hub, TurnedDown(Trouble.STORE, status=500))
                await answer(scope, receive, watched)
            else:
                raise
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self.hub.figures.requests.labels(route, str(status)).inc()
            self.hub.figures.seconds.labels(route).observe(time.perf_counter() - began)


def _complaint(hub: Hub, error: TurnedDown) -> Response:
    body = error.complaint(hub.term).model_dump_json()
    return Response(body, error.status, {TROUBLE_HEADER: error.trouble.value}, media_type="application/json")


def _turned_down(request: Request, error: Exception) -> Response:
    assert isinstance(error, TurnedDown)  # noqa: S101  registered for it
    return _complaint(request.app.state.hub, error)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, ClerkDeskError)  # noqa: S101  registered for it
    passing = isinstance(error, StoreTrouble | Stopping)
    trouble = Trouble.STORE if passing else Trouble.BAD
    if passing:
        log.note("store_trouble", code=error.code)
    return _complaint(request.app.state.hub, TurnedDown(trouble, error.message))


def _not_understood(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    return _complaint(request.app.state.hub, TurnedDown(Trouble.BAD, status=status))


async def _said(request: Request, model: type[M]) -> M:
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        raise TurnedDown(Trouble.BAD) from error


def _json(body: bytes | str, request: Request | None = None) -> Response:
    raw = body.encode() if isinstance(body, str) else body
    if request is None or len(raw) < _PACK_FROM or "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(raw, media_type="application/json")
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    packed = packer.compress(raw) + packer.flush()
    return Response(packed, media_type="application/json", headers={"content-encoding": "gzip"})


def _hub(request: Request) -> Hub:
    hub: Hub = request.app.state.hub
    return hub


AtHub = Annotated[Hub, Depends(_hub)]
Called = Annotated[Caller, Depends(caller)]


# --- coming in ------------------------------------------------------------------------------------------------


@router.post("/v1/enrol")
async def enrol_desk(request: Request, hub: AtHub) -> Response:
    """Take a desk in with its one-time code."""
    asked = await _said(request, Enrol)

    def carry() -> bytes:
        with hub.store.writing() as tx:
            enrolled = enrol(tx, hub.term, asked)
        code_key = code_key_of_agency(hub.secret, enrolled.agency).hex()
        return enrolled.model_copy(update={"code_key": code_key}).model_dump_json().encode()

    answer = await asyncio.to_thread(carry)
    log.note("desk_enrolled", desk=asked.desk)
    return _json(answer)


@router.get("/v1/challenge")
async def give_challenge(hub: AtHub) -> Response:
    """Give a nonce to sign."""
    return _json(challenge(hub).model_dump_json())


@router.post("/v1/token")
async def give_token(request: Request, hub: AtHub) -> Response:
    """Give a desk its token for a signed nonce."""
    proof = await _said(request, DeskProof)

    def look() -> str:
        with hub.store.reading() as connection:
            return prove(hub, connection, proof).model_dump_json()

    return _json(await asyncio.to_thread(look))


@router.post("/v1/login")
async def log_person_in(request: Request, hub: AtHub, called: Called) -> Response:
    """Check a person's user name and password."""
    asked = await _said(request, LogIn)
    async with request.app.state.logins:
        try:
            session = await asyncio.to_thread(log_in, hub.store, called.agency, asked.username, asked.password)
        except (LoginRefused, AccountLocked) as error:
            log.note("login_refused", agency=called.agency, desk=called.desk, code=error.code)
            raise TurnedDown(Trouble.TOKEN, error.message) from error
    answer = LoggedIn(
        person=session.person.id,
        token=person_token(hub, called.agency, called.desk, session.person.id),
        expires_in=PERSON_SECONDS,
        must_change_password=session.must_change_password,
    )
    return _json(answer.model_dump_json())


# --- commands up ----------------------------------------------------------------------------------------------


@router.post("/v1/push")
async def take_push(request: Request, hub: AtHub) -> Response:
    """Carry out what a desk has done."""
    who = named_in_token(hub, request)
    since = getattr(request.state, "person_since", None)
    push = await _said(request, Push)
    outcome: PushOutcome = await hub.writer.write(
        who.agency, lambda group: carry_push(group, who, since, push, hub.standstill)
    )
    told(outcome.alarms, hub.alarm)
    if outcome.trouble is not None:
        raise TurnedDown(outcome.trouble)
    for answer in outcome.answers:
        hub.figures.pushed.labels(answer.verdict.value).inc()
    return _json(PushAnswer(term=outcome.term, answers=tuple(outcome.answers)).model_dump_json())


@router.post("/v1/call")
async def take_call(request: Request, hub: AtHub) -> Response:
    """Carry out what only the server can."""
    who = named_in_token(hub, request)
    since = getattr(request.state, "person_since", None)
    call = await _said(request, Call)
    second = vouched(hub, who, call.second_token) if call.second_token else None
    hub.seen[(who.agency, who.desk)] = now()
    try:
        outcome: CallOutcome = await hub.writer.write(
            who.agency, lambda group: carry_call(group, who, since, call, second), call
        )
    except StoreTrouble:
        raise
    except Stopping:
        raise
    except ClerkDeskError as error:
        hub.figures.calls.labels(error.code).inc()
        facts = {name: _plain(value) for name, value in error.facts.items()}
        refused = {"code": error.code, "sentence": error.message, "facts": facts}
        return _json(json.dumps({"term": hub.term, **refused}, ensure_ascii=False))
    hub.figures.calls.labels("done").inc()
    head = json.dumps({"term": outcome.term, "result": outcome.result}, ensure_ascii=False)[:-1]
    return _json(f'{head},"records":{json_of(outcome.records)}}}', request)


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


# --- records down ---------------------------------------------------------------------------------------------


@router.get("/v1/pull")
async def give_page(request: Request, hub: AtHub, called: Called, cursor: int, term: str | None = None) -> Response:
    """Give the changes behind the cursor."""
    await asyncio.to_thread(_note_first_pull, hub, called)
    return _json(await asyncio.to_thread(_page_of, hub, called, cursor, term), request)


@router.get("/v1/wait")
async def give_news(request: Request, hub: AtHub, called: Called, cursor: int, term: str | None = None) -> Response:
    """Give the changes behind the cursor as soon as there are any; an empty page after 25 seconds."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        news = asyncio.create_task(
            hub.wait_for_news(called.agency, min(_LOOK_AGAIN_SECONDS, max(0.0, until - time.monotonic())))
        )
        await asyncio.sleep(0)  # it listens before the store is asked
        body = await asyncio.to_thread(_page_of, hub, called, cursor, term)
        if b'"changes":[]' not in body or b'"reset": true' in body or hub.stopping or time.monotonic() >= until:
            news.cancel()
            return _json(body, request)
        await news
        if await request.is_disconnected():
            return Response(status_code=204)


def _page_of(hub: Hub, called: Caller, cursor: int, term: str | None) -> bytes:
    with hub.store.reading() as connection:
        check_desk(connection, called)
        return page(connection, hub.term, called.agency, cursor, term)


def _note_first_pull(hub: Hub, called: Caller) -> None:
    """A desk that brought its agency pulls when its whole log is pushed: from then on it is one like the others."""
    with hub.store.reading() as connection:
        if check_desk(connection, called).reported_term != "":
            return
    with hub.store.writing() as tx:
        mark_reported(tx, called.agency, called.desk, hub.term)


@router.get("/v1/records/{subject}")
async def give_records(request: Request, hub: AtHub, called: Called, subject: UUID) -> Response:
    """Give all records of one document."""

    def look() -> bytes:
        with hub.store.reading() as connection:
            return records_of(connection, hub.term, called.agency, subject)

    return _json(await asyncio.to_thread(look), request)


@router.get("/v1/snapshot")
async def give_snapshot(hub: AtHub, called: Called) -> Response:
    """Give everything of the agency at one moment."""
    lines = snapshot(hub.store, hub.term, called.agency)
    return StreamingResponse(lines, media_type="application/x-ndjson", headers={"content-encoding": "gzip"})


@router.get("/v1/desks")
async def give_desks(hub: AtHub, called: Called) -> Response:
    """Give the agency's desks."""

    def look() -> str:
        with hub.store.reading() as connection:
            found = desks_of(connection, hub.term, called.agency)
        return "[" + ",".join(one.model_dump_json() for one in found) + "]"

    return _json(await asyncio.to_thread(look))


@router.post("/v1/recovery/reported")
async def take_report(request: Request, hub: AtHub, called: Called) -> Response:
    """Note that a desk has pushed again all that it keeps."""
    report = await _said(request, Reported)
    if report.term != hub.term:
        raise TurnedDown(Trouble.TERM)
    if report.incarnation != called.incarnation:
        raise TurnedDown(Trouble.INCARNATION)

    def carry(group: Group) -> Recovery:
        if is_recovering(group.tx, called.agency):
            learn_books(group.tx, called.agency, called.desk, called.incarnation, hub.term, report.books)
            mark_reported(group.tx, called.agency, called.desk, hub.term)
            end_recovery_if_complete(group.tx)
        waiting = missing_desks(group.tx, called.agency, hub.term)
        state = "RECOVERING" if is_recovering(group.tx, called.agency) else "SERVING"
        return Recovery(term=hub.term, state=state, waiting_for=tuple(waiting) if state == "RECOVERING" else ())

    recovery = await hub.writer.write(called.agency, carry)
    log.note("desk_reported", desk=called.desk, agency=called.agency, state=recovery.state)
    return _json(recovery.model_dump_json())


# --- watching -------------------------------------------------------------------------------------------------


@router.get("/healthz")
async def healthy() -> Response:
    """Say that the process answers."""
    return Response("ok\n", media_type="text/plain")


@router.get("/readyz")
async def ready(hub: AtHub) -> Response:
    """Say whether the store answers."""

    def look() -> str:
        with hub.store.reading() as connection:
            return term_and_state(connection)[1]

    try:
        state = await asyncio.to_thread(look)
    except StoreTrouble as error:
        return Response(f"{error.code}\n", 503, media_type="text/plain")
    hub.figures.recovering.set(state == "RECOVERING")
    return Response(f"{state}\n", media_type="text/plain")


@router.get("/metrics")
async def give_figures(hub: AtHub) -> Response:
    """Give the figures as OpenMetrics."""
    return Response(hub.figures.text(), headers={"content-type": CONTENT_TYPE})

"""Who asks: every request is checked again for its token, the desk's state and incarnation, the term and the version.

A router takes `caller` (or `person`) as a dependency and gets a `Caller`; what does not hold raises `TurnedDown`,
which the application answers as a `Complaint`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from fastapi import Request
from sqlalchemy import Connection, bindparam, select

from clerkdesk.data.prepared import Prepared
from clerkdesk.data.schema import desk_key, password, person
from clerkdesk.i18n import N_, _
from clerkdesk.server.tokens import TokenWrong, read_token
from clerkdesk.server.writer import NothingWritten
from clerkdesk.services.clock import now
from clerkdesk.sync.messages import PERSON_HEADER, VERSION, VERSION_HEADER, Complaint, Trouble

if TYPE_CHECKING:
    from clerkdesk.server.hub import Hub

_TOKENS_KEPT = 10_000
STATUS = {
    Trouble.TOKEN: 401,
    Trouble.TERM: 409,
    Trouble.INCARNATION: 409,
    Trouble.SUSPENDED: 403,
    Trouble.LOST: 403,
    Trouble.RECOVERING: 503,
    Trouble.VERSION: 426,
    Trouble.BAD: 400,
    Trouble.STORE: 503,
    Trouble.OFFSET: 409,
    Trouble.CHUNK: 422,
    Trouble.HASH: 422,
    Trouble.LARGE: 413,
    Trouble.QUOTA: 429,
    Trouble.FULL: 507,
    Trouble.ABSENT: 404,
}
SENTENCES = {
    Trouble.TOKEN: N_("Phiên với máy chủ đã hết hoặc không đúng. Máy trạm tự đăng nhập lại."),
    Trouble.TERM: N_("Máy chủ vừa được phục hồi. Máy trạm đang gửi lại những gì đã làm; chưa cấp số qua máy chủ."),
    Trouble.INCARNATION: N_(
        "Kho của máy trạm này không phải kho đã ghi danh (được phục hồi hoặc sao chép). Xin quản trị mã ghi danh mới."
    ),
    Trouble.SUSPENDED: N_("Máy chủ thấy hai kho cùng nhận là máy trạm này nên tạm ngừng cả hai. Gọi quản trị."),
    Trouble.LOST: N_("Máy trạm này đã được khai báo là mất. Xin quản trị mã ghi danh mới."),
    Trouble.RECOVERING: N_("Máy chủ đang phục hồi: chờ mọi máy trạm gửi lại, chưa cấp số. Thử lại sau ít phút."),
    Trouble.VERSION: N_("Máy trạm và máy chủ khác phiên bản, không hiểu nhau. Cập nhật ClerkDesk ở bên cũ hơn."),
    Trouble.BAD: N_("Máy chủ không hiểu yêu cầu này; không có gì thay đổi."),
    Trouble.STORE: N_("Máy chủ chưa ghi được; không có gì thay đổi. Máy trạm tự gửi lại."),
    Trouble.OFFSET: N_("Máy chủ đã có một phần khác của tệp này; máy trạm tự gửi tiếp cho đúng chỗ."),
    Trouble.CHUNK: N_("Một đoạn của tệp bị sai trên đường đi; máy trạm tự gửi lại đoạn đó."),
    Trouble.HASH: N_("Tệp đến máy chủ không đúng với mã băm của nó nên đã bỏ; máy trạm tự gửi lại từ đầu."),
    Trouble.LARGE: N_("Tệp lớn hơn mức máy chủ nhận. Tách hoặc nén tệp, hoặc xin quản trị máy chủ nâng mức."),
    Trouble.QUOTA: N_("Cơ quan có quá nhiều tệp gửi dở ở máy chủ. Máy trạm tự gửi lại khi các tệp kia xong."),
    Trouble.FULL: N_("Ổ đĩa của máy chủ sắp đầy nên chưa nhận tệp; số và văn bản vẫn được nhận. Báo quản trị máy chủ."),
    Trouble.ABSENT: N_("Máy chủ chưa có tệp này: máy đã gắn tệp chưa gửi lên."),
}


class TurnedDown(NothingWritten):
    """A request is not carried out; nothing of it has been written."""

    def __init__(self, trouble: Trouble, sentence: str = "", status: int = 0) -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.sentence = sentence
        self.status = status or STATUS[trouble]

    def complaint(self, term: str) -> Complaint:
        """Return the answer's body."""
        return Complaint(trouble=self.trouble, term=term, sentence=self.sentence or _(SENTENCES[self.trouble]))


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated desk of an agency, with the person who has logged in at the server, if the request says so."""

    agency: UUID
    desk: UUID
    incarnation: UUID
    person: UUID | None = None


_read_desk = Prepared(
    select(desk_key).where(desk_key.c.agency_id == bindparam("agency"), desk_key.c.desk_id == bindparam("desk"))
)
_read_account = Prepared(
    select(person.c.active, password.c.set_at)
    .select_from(person)
    .join(password, (password.c.agency_id == person.c.agency_id) & (password.c.person_id == person.c.id))
    .where(person.c.agency_id == bindparam("agency"), person.c.id == bindparam("person"))
)


def named_in_token(hub: Hub, request: Request) -> Caller:
    """Return whom the request's tokens name; the store is not asked (see `check_desk`).

    Raises:
        TurnedDown: TOKEN, TERM, VERSION.
    """
    version = request.headers.get(VERSION_HEADER)
    if version is not None and version != str(VERSION):
        raise TurnedDown(Trouble.VERSION)
    scheme, _space, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise TurnedDown(Trouble.TOKEN)
    claims = _claims(hub, bearer, "desk")
    caller = Caller(UUID(claims["agency"]), UUID(claims["sub"]), UUID(claims["incarnation"]))
    token = request.headers.get(PERSON_HEADER)
    if token is None:
        return caller
    of_person = _claims(hub, token, "person")
    if of_person["desk"] != str(caller.desk) or of_person["agency"] != str(caller.agency):
        raise TurnedDown(Trouble.TOKEN)
    request.state.person_since = of_person["iat"]
    return replace(caller, person=UUID(of_person["sub"]))


def vouched(hub: Hub, caller: Caller, token: str) -> tuple[Caller, int]:
    """Return who vouches for a call besides the person who makes it, and since when that token is good.

    Raises:
        TurnedDown: TOKEN, TERM.
    """
    claims = _claims(hub, token, "person")
    if claims["desk"] != str(caller.desk) or claims["agency"] != str(caller.agency):
        raise TurnedDown(Trouble.TOKEN)
    return replace(caller, person=UUID(claims["sub"])), int(claims["iat"])


def _claims(hub: Hub, token: str, kind: str) -> dict[str, Any]:
    claims = hub.tokens.get(token)
    if claims is None or claims["kind"] != kind or claims["exp"] <= now().timestamp():
        try:
            claims = read_token(hub.secret, token, kind)
        except TokenWrong as error:
            raise TurnedDown(Trouble.TOKEN) from error
        if len(hub.tokens) >= _TOKENS_KEPT:
            hub.tokens.clear()
        hub.tokens[token] = claims
    if claims["term"] != hub.term:
        raise TurnedDown(Trouble.TERM)
    return claims


def check_desk(connection: Connection, caller: Caller) -> Any:
    """Check that the desk may still speak, and return its row of `desk_key`.

    Raises:
        TurnedDown: TOKEN, LOST, SUSPENDED, INCARNATION.
    """
    row = _read_desk(connection, agency=caller.agency, desk=caller.desk).first()
    if row is None:
        raise TurnedDown(Trouble.TOKEN)
    if row.state == "LOST":
        raise TurnedDown(Trouble.LOST)
    if row.incarnation != str(caller.incarnation):
        raise TurnedDown(Trouble.INCARNATION)
    if row.state == "SUSPENDED":
        raise TurnedDown(Trouble.SUSPENDED)
    return row


def check_person(connection: Connection, caller: Caller, since: int | None) -> None:
    """Check that the person who has logged in still may, and has not changed the password since.

    Args:
        since: when the person's token was made, in seconds since 1970.

    Raises:
        TurnedDown: TOKEN.
    """
    if caller.person is None:
        return
    row = _read_account(connection, agency=caller.agency, person=caller.person).first()
    if row is None or not row.active or since is None:
        raise TurnedDown(Trouble.TOKEN)
    if int(dt.datetime.fromisoformat(row.set_at).timestamp()) > since:
        raise TurnedDown(Trouble.TOKEN)


async def caller(request: Request) -> Caller:
    """Return the caller of a request, checked against the store.

    Raises:
        TurnedDown.
    """
    hub: Hub = request.app.state.hub
    found = named_in_token(hub, request)
    since = getattr(request.state, "person_since", None)

    def check() -> None:
        with hub.store.reading() as connection:
            check_desk(connection, found)
            check_person(connection, found, since)

    await asyncio.to_thread(check)
    hub.seen[(found.agency, found.desk)] = now()
    return found

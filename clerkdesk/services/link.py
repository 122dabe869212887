"""The server as a desk sees it: what it can be asked, how it stands with it, and what to do when it is away.

Services know no network; `clerkdesk.sync` is what stands behind `Link`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol
from uuid import UUID

from clerkdesk.errors import ClerkDeskError, Unavailable
from clerkdesk.i18n import N_
from clerkdesk.services.commands import Command, IssueNumber, RegisterArrival, ReserveNumber, Result, TakePen
from clerkdesk.services.passwords import LoginRefused


class ServerAway(Unavailable):
    """The server cannot be reached, and this needs it. `way_out` says what the clerk can do instead."""

    sentence = N_("Mất kết nối máy chủ nên chưa làm được việc này; chưa có gì thay đổi. Có mạng lại thì làm lại.")
    way_out: ClassVar[str] = ""


class ArrivalNeedsServer(ServerAway):
    """An arrival whose book's pen is not here: the emergency register is the way (Tây Ninh 59/2014 Đ4.2)."""

    sentence = N_("Chưa cấp số: mất kết nối máy chủ, quyền cấp số của sổ này không ở máy này. Phiếu vẫn được giữ.")
    way_out = "emergency"


class NumberNeedsServer(ServerAway):
    """An outgoing number whose book's pen is not here: the pen can be taken over with a code by telephone."""

    sentence = N_(
        "Chưa cấp số: mất kết nối máy chủ, quyền cấp số của sổ này không ở máy này. Không có gì bị mất; chờ có mạng, hoặc nhận quyền cấp số bằng mã qua điện thoại."
    )
    way_out = "telephone"


class PenNeedsServer(ServerAway):
    """Only the server can give a pen that it holds; a desk that holds one can tell a code by telephone."""

    sentence = N_(
        "Việc này do máy chủ làm. Thử lại khi có kết nối, hoặc gọi máy đang giữ sổ để nhận quyền bằng mã (F9)."
    )
    way_out = "telephone"


class AnswerUnknown(ServerAway):
    """The request went out and no answer came: asking again with the same form gives the same number."""

    sentence = N_(
        "Máy chủ chưa trả lời, chưa biết đã cấp số hay chưa. Giữ nguyên phiếu và bấm F2 lần nữa: không bao giờ cấp hai số cho một phiếu."
    )
    way_out = "again"


class PersonNeedsServer(ServerAway):
    """The person logged in without the server, which must know who asks for this."""

    sentence = N_("Bạn đã đăng nhập khi mất kết nối. Bấm Ctrl+L, đăng nhập lại rồi làm việc này.")


class ServerRefused(ClerkDeskError):
    """The server turned the command down for a reason that this version does not know."""

    sentence = N_("Máy chủ không nhận: {reason}")


class LoginAtServerRefused(LoginRefused):
    """The server does not let the person in, and has said why."""

    sentence = N_("{reason}")


class ServerTurnedDown(Unavailable):
    """The server does not talk to this desk as it is now."""

    sentence = N_("{reason}")


def server_away(command: Command) -> ServerAway:
    """Return the error for a command that needs the server while it cannot be reached."""
    if isinstance(command, RegisterArrival):
        return ArrivalNeedsServer()
    if isinstance(command, IssueNumber | ReserveNumber):
        return NumberNeedsServer()
    if isinstance(command, TakePen):
        return PenNeedsServer()
    return ServerAway()


@dataclass(frozen=True, slots=True)
class Standing:
    """How the desk stands with its server; `since` is when the connection was lost (UTC)."""

    online: bool = False
    since: dt.datetime | None = None
    unsent: int = 0  # commands that the server has not answered
    refused: int = 0  # open in the attention tray
    sending_to: int = 0  # the last entry of the desk's log that is being sent now
    trouble: str = ""  # why the server does not talk to this desk, in a sentence
    files_waiting: int = 0  # to be sent or fetched
    file_bytes_waiting: int = 0


@dataclass(frozen=True, slots=True)
class OnlineLogin:
    """Whom the server has let in."""

    person: UUID
    must_change_password: bool


class Link(Protocol):
    """The way to the server, given to a desk that has one."""

    def call(self, command: Command) -> Result:
        """Have the server carry out a command; the same `uid` again gives the first answer.

        Raises:
            the error that the server's handler raised; ServerAway and its kinds.
        """

    def log_in(self, username: str, password: str) -> OnlineLogin | None:
        """Have the server check a password; None when it cannot be reached.

        Raises:
            LoginRefused, AccountLocked.
        """

    def vouch(self, username: str, password: str) -> UUID | None:
        """Have the server check a second person's password, for the next call; None when it cannot be reached.

        Raises:
            LoginRefused, AccountLocked.
        """

    def log_out(self) -> None:
        """Forget who is at the desk."""

    def queued(self) -> None:
        """Take note that a command waits to be sent."""

    def try_now(self) -> None:
        """Do not wait for the next attempt."""

    def want_files(self, files: Mapping[str, int]) -> None:
        """Fetch these files before all others, for somebody looks at their document.

        Args:
            files: SHA-256 and bytes of each.
        """

    def standing(self) -> Standing:
        """Say how the desk stands with the server."""

    def close(self) -> None:
        """Stop, after what is being done now."""

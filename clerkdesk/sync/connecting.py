"""Connecting a desk, once and for good: join with the code, exchange everything, and give the desk its link."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from clerkdesk.errors import BadFile
from clerkdesk.i18n import N_, _
from clerkdesk.services.desk import Desk
from clerkdesk.services.link import ServerTurnedDown
from clerkdesk.sync.door import TurnedDown, Unreached
from clerkdesk.sync.enrolment import join, link_of
from clerkdesk.sync.loop import SENTENCES, Sync
from clerkdesk.sync.transport import CA_FILE, ServerNotFound


class CertificateUnreadable(BadFile):
    """The file with the server's CA cannot be read."""

    sentence = N_("Không đọc được tệp chứng thư {path}. Chọn tệp PEM do quản trị máy chủ đưa.")
    field = "ca"


def nothing() -> None:
    """Tell nobody."""


def never() -> bool:
    """Nobody is typing."""
    return False


def connect(
    desk: Desk,
    url: str,
    code: str,
    *,
    name: str = "",
    ca: Path | None = None,
    changed: Callable[[], None] = nothing,
    busy: Callable[[], bool] = never,
) -> Sync:
    """Join a server and exchange everything; the link is the desk's, and not yet started.

    Args:
        url: the server's address.
        code: the administrator's one-time code.
        name: of a new desk.
        ca: certificate of the server's own CA, to be kept in the data folder.
        changed: see `Sync`.
        busy: see `Sync`.

    Raises:
        CertificateUnreadable, ServerAddressWrong, ServerNotFound, ServerTurnedDown, CodeWrong by its sentence.
    """
    keep_ca(desk.store.path.parent, ca)
    join(desk.store, url, code, name)
    link = open_link(desk, changed=changed, busy=busy)
    assert link is not None  # noqa: S101  it has just joined
    try:
        link.round()
    except Unreached as error:
        raise ServerNotFound(url=url) from error
    except TurnedDown as down:
        raise ServerTurnedDown(reason=down.sentence or _(SENTENCES[down.trouble])) from down
    finally:
        desk.refresh()
    return link


def keep_ca(folder: Path, ca: Path | None) -> None:
    """Keep the certificate of the server's own CA where `transport` finds it.

    Raises:
        CertificateUnreadable.
    """
    if ca is None:
        return
    try:
        content = ca.expanduser().read_text("ascii")
        if "BEGIN CERTIFICATE" not in content:
            raise CertificateUnreadable(path=ca)
        if ca.expanduser().resolve() != (folder / CA_FILE).resolve():
            shutil.copyfile(ca.expanduser(), folder / CA_FILE)
    except (OSError, UnicodeDecodeError) as error:
        raise CertificateUnreadable(path=ca) from error


def open_link(desk: Desk, *, changed: Callable[[], None] = nothing, busy: Callable[[], bool] = never) -> Sync | None:
    """Give a desk that has joined its link; None when it has not.

    Raises:
        IdentityMissing, ServerAddressWrong.
    """
    link = link_of(desk.store, changed=changed, busy=busy)
    if link is None:
        return None
    if desk.link is not None:
        desk.link.close()
    desk.link = link
    desk.refresh()
    return link

"""A desk begins a new incarnation when its store was restored, copied or moved: it drops every pen, and says why.

Books that it held are suspended until the last number on paper is confirmed (`registers.confirm_last_number`), which
is the only way back for a restored backup, a copied folder and a moved machine alike.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy import Connection, select, update

from clerkdesk.data.mark_state import Renewal
from clerkdesk.data.schema import desk, register, register_year
from clerkdesk.i18n import N_, _
from clerkdesk.services.commands import BeginIncarnation, Result
from clerkdesk.services.mark_notes import notes_of
from clerkdesk.services.vocabulary import RenewalCause


class IncarnationBegun(Result):
    """How many books wait for their last number on paper."""

    suspended: int = 0


WHAT_HAPPENED = {
    RenewalCause.RESTORED: N_(
        "Kho dữ liệu vừa được phục hồi từ bản sao lưu, hoặc một bản khác của kho đã dùng máy này."
    ),
    RenewalCause.OLDER: N_("Kho dữ liệu cũ hơn số đã cấp ở máy này: tệp kho đã được thay bằng một bản cũ."),
    RenewalCause.BEHIND: N_("Kho dữ liệu có số mà mốc số của máy này chưa biết: tệp mốc số đã bị thay bằng bản cũ."),
    RenewalCause.MOVED: N_(
        "Kho dữ liệu được mở trên máy khác với lần trước (chuyển máy, thay ổ đĩa hoặc chép kho sang)."
    ),
    RenewalCause.COPIED: N_("Tệp kho dữ liệu là bản chép: không còn là tệp mà máy này đã dùng lần trước."),
    RenewalCause.MISSING: N_(
        "Máy này không có mốc số của kho: kho được chép hoặc phục hồi sang đây, mốc số bị xóa, hoặc vừa nâng cấp từ bản chưa có mốc số."
    ),
    RenewalCause.DAMAGED: N_("Tệp mốc số của máy này bị hỏng; phần còn đọc được vẫn được dùng."),
    RenewalCause.FOREIGN: N_("Tệp mốc số ở máy này là của một kho khác; nó được cất riêng, không bị xóa."),
}


def what_happened(cause: str) -> str:
    """Return the sentence of a cause."""
    return _(WHAT_HAPPENED[RenewalCause(cause)])


def begin_incarnation(tx: Connection, command: BeginIncarnation, at: dt.datetime) -> IncarnationBegun:
    """Drop every pen of this desk, suspend its books, and give the desk a new identity."""
    notes = notes_of(tx)
    mine = (register_year.c.agency_id == command.agency) & (register_year.c.holder_desk == command.desk)
    held = tx.execute(
        select(register_year.c.register_id, register_year.c.year, register.c.code)
        .join_from(
            register_year,
            register,
            (register.c.agency_id == register_year.c.agency_id) & (register.c.id == register_year.c.register_id),
        )
        .where(mine, register_year.c.state != "CLOSED")
    ).all()
    lost = {(row.register_id, row.year): row.code for row in held}
    lost |= {(UUID(book.register), book.year): book.code for book in notes.held()}
    for (register_id, year), code in lost.items():
        notes.pen_lost(register_id, year, code)
    suspended = tx.execute(update(register_year).where(mine, register_year.c.state == "OPEN").values(state="SUSPENDED"))
    tx.execute(update(register_year).where(mine, register_year.c.state != "CLOSED").values(holder_desk=None))
    tx.execute(
        update(desk)
        .where(desk.c.agency_id == command.agency, desk.c.id == command.desk)
        .values(incarnation=command.incarnation)
    )
    notes.renewed(Renewal(command.cause, str(command.incarnation), command.fingerprint))
    return IncarnationBegun(suspended=suspended.rowcount)

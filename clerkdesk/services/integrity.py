"""Is the store whole? Pages, links, the audit chain, every number of every book, every file.

Every number from 1 to the last is there exactly once and says what became of it (NĐ 30/2020 Đ15.1, Đ22.2); the audit
log still binds entry to entry and files are what they were (NĐ 30/2020 PL VI I.III.5a).
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, select, text

from clerkdesk.data.backup import sha256_of
from clerkdesk.data.blobs import blob_path
from clerkdesk.data.schema import attachment, transfer
from clerkdesk.data.store import Store
from clerkdesk.i18n import _
from clerkdesk.services.agency_setup import agency_of_store
from clerkdesk.services.audit import check_chain
from clerkdesk.services.doctor import Check, State

SHOWN = 5

_LOST_NUMBERS = text(
    "SELECT r.title, y.year, y.next_number - 1 AS last, count(e.number) AS known,"
    " coalesce(min(e.number), 1) AS lowest, coalesce(max(e.number), 0) AS highest"
    " FROM register_year y JOIN register r ON r.agency_id = y.agency_id AND r.id = y.register_id"
    " LEFT JOIN entry e ON e.agency_id = y.agency_id AND e.register_id = y.register_id AND e.year = y.year"
    " AND e.sub_number = ''"
    " GROUP BY y.agency_id, y.register_id, y.year"
    " HAVING known != last OR lowest != 1 OR highest != last"
)
_ENTRIES_WITHOUT_DOCUMENT = text(
    "SELECT r.title, e.year, e.number, e.sub_number FROM entry e"
    " JOIN register r ON r.agency_id = e.agency_id AND r.id = e.register_id"
    " WHERE e.state = 'LIVE' AND NOT EXISTS (SELECT 1 FROM arrival a WHERE a.agency_id = e.agency_id"
    " AND a.id = e.document_id AND a.register_id = e.register_id AND a.year = e.year AND a.number = e.number"
    " AND a.sub_number = e.sub_number)"
    " AND NOT EXISTS (SELECT 1 FROM outgoing o WHERE o.agency_id = e.agency_id AND o.id = e.document_id"
    " AND o.register_id = e.register_id AND o.year = e.year AND o.number = e.number AND o.sub_number = e.sub_number)"
    # The emergency entry of an arrival that has its ordinary number stays.
    " AND NOT EXISTS (SELECT 1 FROM emergency_line l WHERE l.agency_id = e.agency_id AND l.document_id = e.document_id"
    " AND l.register_id = e.register_id AND l.year = e.year AND l.number = e.number AND e.sub_number = ''"
    " AND l.ordinary_number IS NOT NULL)"
)
_DOCUMENTS_WITHOUT_ENTRY = text(
    "SELECT r.title, d.year, d.number, d.sub_number FROM ("
    "SELECT agency_id, id, register_id, year, number, sub_number FROM arrival UNION ALL"
    " SELECT agency_id, id, register_id, year, number, sub_number FROM outgoing WHERE number IS NOT NULL) d"
    " LEFT JOIN register r ON r.agency_id = d.agency_id AND r.id = d.register_id"
    " WHERE NOT EXISTS (SELECT 1 FROM entry e WHERE e.agency_id = d.agency_id AND e.register_id = d.register_id"
    " AND e.year = d.year AND e.number = d.number AND e.sub_number = d.sub_number AND e.document_id = d.id)"
)


def check_store(store: Store, progress: Callable[[int, int], None] | None = None) -> list[Check]:
    """Read everything that the store holds and say, part by part, whether it is whole; nothing is changed.

    Args:
        store: may be in use meanwhile.
        progress: called with files read and files in all.
    """
    with store.reading() as connection:
        checks = [_pages(connection), _links(connection), _chain(connection), _numbers(connection)]
        by_content = {
            str(row.sha256): str(row.id) for row in connection.execute(select(attachment.c.sha256, attachment.c.id))
        }
        not_yet_here = set(
            connection.execute(select(transfer.c.sha256).where(transfer.c.direction == "DOWN")).scalars()
        )
    by_content = {sha256: name for sha256, name in by_content.items() if sha256 not in not_yet_here}
    checks.append(_files(store, by_content, progress))
    return checks


def _pages(connection: Connection) -> Check:
    damaged = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA cipher_integrity_check")]
    damaged += [str(row[0]) for row in connection.exec_driver_sql("PRAGMA quick_check") if row[0] != "ok"]
    return _check("pages", _("Trang dữ liệu"), damaged, _("mọi trang đọc được và đúng mã xác thực"))


def _links(connection: Connection) -> Check:
    broken = [f"{row[0]} {row[1]} → {row[2]}" for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]
    return _check("links", _("Liên kết giữa các bảng"), broken, _("không có liên kết đứt"))


def _chain(connection: Connection) -> Check:
    title = _("Chuỗi nhật ký")
    agency = agency_of_store(connection)
    if agency is None:
        return Check("chain", title, State.OFF, _("kho chưa thiết lập"))
    report = check_chain(connection, agency.id)
    if report.broken_at is not None:
        return _check("chain", title, [_("đứt ở mục {seq}").format(seq=report.broken_at)], "")
    fine = _("{entries} mục nối liền nhau, đầu chuỗi {head}").format(
        entries=report.entries, head=report.head.hex()[:16]
    )
    return Check("chain", title, State.OK, fine)


def _numbers(connection: Connection) -> Check:
    wrong = [
        _("“{title}” năm {year}: đã cấp đến {last}, sổ có {known} số").format(**row._mapping)
        for row in connection.execute(_LOST_NUMBERS)
    ]
    for row in connection.execute(_ENTRIES_WITHOUT_DOCUMENT):
        wrong.append(_("“{title}” năm {year}: số {number}{sub_number} không có văn bản").format(**row._mapping))
    for row in connection.execute(_DOCUMENTS_WITHOUT_ENTRY):
        wrong.append(
            _("“{title}” năm {year}: văn bản số {number}{sub_number} không có trong sổ").format(**row._mapping)
        )
    return _check("numbers", _("Số trong các sổ"), wrong, _("mọi số từ 1 đến số cuối đều có và đều rõ"))


def _files(store: Store, wanted: dict[str, str], progress: Callable[[int, int], None] | None) -> Check:
    wrong: list[str] = []
    for done, (sha256, attachment_id) in enumerate(wanted.items(), start=1):
        path = blob_path(store.blob_folder, sha256)
        if not path.exists():
            wrong.append(_("mất tệp {file}").format(file=attachment_id))
        elif sha256_of(path) != sha256:
            wrong.append(_("tệp {file} đã bị đổi").format(file=attachment_id))
        if progress is not None:
            progress(done, len(wanted))
    return _check("files", _("Tệp đính kèm"), wrong, _("{count} tệp còn đủ và đúng").format(count=len(wanted)))


def _check(name: str, title: str, wrong: list[str], fine: str) -> Check:
    if not wrong:
        return Check(name, title, State.OK, fine)
    reason = "; ".join(wrong[:SHOWN])
    if len(wrong) > SHOWN:
        reason += _(" … và {count} chỗ khác").format(count=len(wrong) - SHOWN)
    advice = _(
        "Ngừng nhập; sao chép nguyên thư mục dữ liệu ra nơi khác; phục hồi bản sao lưu gần nhất (clerkdesk restore)."
    )
    return Check(name, title, State.WRONG, reason, advice)

"""Printing from a screen: what to print, where the PDF goes, and sending it to a printer when there is one."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import _
from clerkdesk.screens.modals.pick import PickModal, pick_from

if TYPE_CHECKING:
    from clerkdesk.screens.office_screen import OfficeScreen
    from clerkdesk.services.lists import ListKind

Job = tuple[str, Callable[[], bytes]]  # file name, what makes the PDF


def print_for_arrival(screen: OfficeScreen, row: dict[str, Any]) -> None:
    """Offer stamp, label and action slip of an arrival."""
    from clerkdesk.services.paper import action_slip_pdf, label_pdf, stamp_pdf
    from clerkdesk.services.reference_code import emergency_short, number_text

    agency = screen.desk.agency
    assert agency is not None  # noqa: S101  a row belongs to an agency
    text = number_text(row["number"], row["sub_number"])
    number = f"{row['year']}-{emergency_short(row['emergency_number']) if row['in_emergency'] else text}"
    jobs: list[tuple[str, Job]] = [
        (_("Dấu ĐẾN in lên văn bản giấy (góc trái, dưới số)"), (f"dau-den-{number}.pdf", lambda: stamp_pdf(agency, row, (20.0, 60.0)))),
        (_("Dấu ĐẾN riêng, 35 × 50 mm"), (f"dau-den-rieng-{number}.pdf", lambda: stamp_pdf(agency, row))),
        (_("Nhãn số đến"), (f"nhan-{number}.pdf", lambda: label_pdf(agency, [row]))),
        (_("Phiếu giải quyết văn bản đến"), (f"phieu-{number}.pdf", lambda: action_slip_pdf(agency, row))),
    ]  # fmt: skip
    _offer(screen, jobs)


def print_labels(screen: OfficeScreen, rows: list[dict[str, Any]]) -> None:
    """Print the labels of many arrivals on sheets."""
    from clerkdesk.services.paper import label_pdf
    from clerkdesk.services.reference_code import number_text

    agency = screen.desk.agency
    assert agency is not None  # noqa: S101  a row belongs to an agency
    first, last = rows[0], rows[-1]
    name = f"nhan-{first['year']}-{number_text(first['number'])}-{number_text(last['number'])}.pdf"
    _start(screen, name, lambda: label_pdf(agency, rows))


def print_closing_report(screen: OfficeScreen, register_id: UUID, year: int) -> None:
    """Print the report of a book's closing, or its draft."""
    from clerkdesk.services.paper import closing_report_pdf
    from clerkdesk.services.year_close import closing_facts

    agency = screen.desk.agency
    assert agency is not None  # noqa: S101
    facts = screen.desk.read(closing_facts, register_id, year)
    _start(screen, f"dong-so-{year}-{facts.code}.pdf", lambda: closing_report_pdf(agency, facts))


def print_for_outgoing(screen: OfficeScreen, row: dict[str, Any]) -> None:
    """Offer the envelopes of an outgoing document and the postal book."""
    from clerkdesk.services.outgoing import recipients_of
    from clerkdesk.services.paper import envelopes_pdf

    agency = screen.desk.agency
    assert agency is not None  # noqa: S101
    recipients = screen.desk.read(recipients_of, row["id"])
    name = (row["reference_code"] or "du-thao").replace("/", "_")
    jobs: list[tuple[str, Job]] = [
        (_("Bì văn bản cho nơi nhận bản giấy"), (f"bi-{name}.pdf", lambda: envelopes_pdf(agency, row, recipients))),
        *_postal_jobs(screen),
    ]
    _offer(screen, jobs)


def print_for_list(screen: OfficeScreen, kind: ListKind, document: UUID | None) -> None:
    """Offer what belongs to the row under the cursor."""
    if document is None:
        screen.say(_("Danh sách trống."))
    elif kind.of_arrivals:
        from clerkdesk.services.arrivals import arrival_by_id

        print_for_arrival(screen, screen.desk.read(arrival_by_id, document))
    else:
        from clerkdesk.services.outgoing import outgoing_by_id

        print_for_outgoing(screen, screen.desk.read(outgoing_by_id, document))


def print_conversions(screen: OfficeScreen, commands: Sequence[UUID]) -> None:
    """Write the list of converted emergency lines, for writing their arrival numbers on paper."""
    name, make = _conversion_job(screen, commands)
    _start(screen, name, make)


def print_for_emergency(screen: OfficeScreen, year: int) -> None:
    """Offer the emergency registers of a year, and the list of each conversion."""
    from clerkdesk.services.clock import local, today
    from clerkdesk.services.emergency_book import conversions, lines, outages
    from clerkdesk.services.paper import emergency_register_pdf

    agency = screen.desk.agency
    assert agency is not None  # noqa: S101

    def book() -> bytes:
        read = screen.desk.read
        return emergency_register_pdf(agency, year, read(outages, year), read(lines, year=year), today())

    jobs: list[tuple[str, Job]] = [(_("Sổ tạm năm {year}").format(year=year), (f"so-tam-{year}.pdf", book))]
    for done in screen.desk.read(conversions):
        at = f"{local(done.at):%H:%M %d/%m/%Y}"
        label = _("Danh sách số đến đã chuyển lúc {at}: {count} văn bản").format(at=at, count=done.count)
        jobs.append((label, _conversion_job(screen, [done.command])))
    _offer(screen, jobs)


def _conversion_job(screen: OfficeScreen, commands: Sequence[UUID]) -> Job:
    from clerkdesk.services.clock import today
    from clerkdesk.services.emergency_book import converted_lines
    from clerkdesk.services.paper import numbers_to_write_pdf

    agency = screen.desk.agency
    assert agency is not None  # noqa: S101
    name = f"chuyen-so-tam-{today()}-{str(commands[0])[-6:]}.pdf"
    return name, lambda: numbers_to_write_pdf(agency, screen.desk.read(converted_lines, commands), today())


def _postal_jobs(screen: OfficeScreen) -> list[tuple[str, Job]]:
    from clerkdesk.services.clock import today
    from clerkdesk.services.dispatching import postal_lines
    from clerkdesk.services.paper import postal_book_pdf

    agency = screen.desk.agency
    assert agency is not None  # noqa: S101

    def book(first: dt.date, last: dt.date) -> Callable[[], bytes]:
        return lambda: postal_book_pdf(agency, screen.desk.read(postal_lines, first, last), first, last)

    day = today()
    return [
        (_("Sổ gửi bưu điện hôm nay"), (f"so-buu-dien-{day}.pdf", book(day, day))),
        (_("Sổ gửi bưu điện cả năm"), (f"so-buu-dien-{day.year}.pdf", book(day.replace(month=1, day=1), day))),
    ]


def _offer(screen: OfficeScreen, jobs: list[tuple[str, Job]]) -> None:
    def chosen(job: Job | None) -> None:
        if job is not None:
            _start(screen, *job)

    screen.app.push_screen(PickModal(_("In"), pick_from(jobs)), chosen)


def _start(screen: OfficeScreen, name: str, make: Callable[[], bytes]) -> None:
    screen.say(_("Đang tạo bản in…"))
    release = screen.app.hold_keys()  # the question about the printer is not answered by what is typed ahead
    screen.run_worker(
        lambda: _make(screen, name, make, release), thread=True, exit_on_error=False, group="print", exclusive=True
    )  # fmt: skip


def _make(screen: OfficeScreen, name: str, make: Callable[[], bytes], release: Callable[[], None]) -> None:
    call = screen.app.call_from_thread
    try:
        content = make()
    except ClerkDeskError as error:
        call(screen.say, error.message, bad=True)
    else:
        call(write_out, screen, content, name)
    finally:
        call(release)


def write_out(screen: OfficeScreen, content: bytes, name: str) -> None:
    """Write a file to the folder of print-outs, say where, and offer the printer when there is one."""
    from clerkdesk.services.files import clean_name

    folder = screen.app.data_dir / "in"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / clean_name(name)
        path.write_bytes(content)
    except OSError as error:
        screen.say(
            _("Không ghi được tệp: {reason}. Kiểm tra ổ đĩa rồi thử lại.").format(reason=error.strerror), bad=True
        )
        return
    screen.say(_("Đã tạo {path}").format(path=path))
    if shutil.which("lp") and path.suffix == ".pdf":
        from clerkdesk.screens.modals.confirm import ConfirmModal

        question = _("Đã tạo {path}. Gửi tới máy in mặc định?").format(path=path)
        screen.app.push_screen(ConfirmModal(question), lambda yes: _send(screen, path) if yes else None)


def _send(screen: OfficeScreen, path: Path) -> None:
    program = shutil.which("lp")
    if program is None:
        return
    done = subprocess.run(
        [program, "-o", "print-scaling=none", str(path)], capture_output=True, timeout=15, check=False
    )
    if done.returncode == 0:
        screen.say(_("Đã gửi tới máy in."))
    else:
        screen.say(_("Máy in không nhận: chưa có máy in mặc định. Tệp vẫn ở {path}").format(path=path), bad=True)

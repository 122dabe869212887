"""What is printed for a document: stamp, label, action slip, envelopes, postal book; rows of the store to print forms."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from clerkdesk.services.agency_setup import AgencyFacts
from clerkdesk.services.clock import local
from clerkdesk.services.document_types import type_name
from clerkdesk.services.reference_code import arrival_number, joined, number_text
from clerkdesk.services.vocabulary import DispatchChannel, Urgency

if TYPE_CHECKING:
    from clerkdesk.services.dispatching import PostalLine
    from clerkdesk.services.emergency_book import Line, Outage
    from clerkdesk.services.printing.emergency_lists import Head, PrintedLine
    from clerkdesk.services.printing.marks import Urgency as Mark
    from clerkdesk.services.year_close import ClosingFacts, Noted


def stamp_pdf(agency: AgencyFacts, row: dict[str, Any], at: tuple[float, float] | None = None) -> bytes:
    """Return the ĐẾN stamp of an arrival, 35 × 50 mm (NĐ 30/2020 PL IV).

    Args:
        at: millimetres from the left and top edge of an A4 sheet, to print onto the paper itself; None for the stamp
            alone.
    """
    from clerkdesk.services.printing.arrival_stamp import ArrivalStamp, arrival_stamp, stamp_on_sheet

    urgent_hour = local(row["registered_at"]).time() if row["urgency"] else None
    stamp = ArrivalStamp(
        agency=agency.name,
        number=arrival_number(row),
        arrived_on=row["arrival_date"],
        arrived_at=urgent_hour,
        forwarded_to=row["to_places"],
        file_code=row["file_notation"],
    )
    return arrival_stamp(stamp) if at is None else stamp_on_sheet(stamp, *at)


def label_pdf(agency: AgencyFacts, rows: list[dict[str, Any]], start: int = 1) -> bytes:
    """Return the labels of arrivals on A4 sheets of 3 × 8, beginning at position `start`; one label alone stands alone."""
    from clerkdesk.services.printing.arrival_label import ArrivalLabel, LabelSheet, arrival_label, label_sheets

    labels = [
        ArrivalLabel(
            agency=agency.short_name,
            number=arrival_number(row, year=True),
            arrived_on=row["arrival_date"],
            reference=joined(row["code_number"], row["code_notation"]),
        )
        for row in rows
    ]
    return (
        arrival_label(labels[0]) if len(labels) == 1 and start == 1 else label_sheets(labels, LabelSheet(), start=start)
    )


def action_slip_pdf(agency: AgencyFacts, row: dict[str, Any]) -> bytes:
    """Return the action slip (phiếu giải quyết văn bản đến) of an arrival (NĐ 30/2020 PL IV)."""
    from clerkdesk.services.printing.action_slip import ActionSlip, action_slip

    return action_slip(
        ActionSlip(
            agency=agency.name,
            parent_agency=agency.parent_name,
            place=agency.place,
            made_on=row["arrival_date"],
            subject=row["subject"],
            type_name=type_name(row["document_type"]),
            reference=joined(row["code_number"], row["code_notation"]),
            issued_on=row["issued_date"],
            issuer=row["issuer"],
            arrival_number=arrival_number(row, year=True),
            arrived_on=row["arrival_date"],
        )
    )


def envelopes_pdf(agency: AgencyFacts, row: dict[str, Any], recipients: list[dict[str, Any]]) -> bytes:
    """Return one envelope for each recipient who gets paper (NĐ 30/2020 PL IV).

    Raises:
        NoEnvelopes: nobody gets paper.
    """
    from clerkdesk.services.printing.envelope import Envelope, EnvelopeSize, Sender, envelopes

    on_paper = (DispatchChannel.POST, DispatchChannel.HAND)
    items = [
        Envelope(addressee=one["recipient"], references=(row["reference_code"],), urgency=_mark(row["urgency"]))
        for one in recipients
        if one["channel"] in on_paper
    ]
    sender = Sender(agency=agency.name, parent_agency=agency.parent_name, address=agency.address, phone=agency.contact)
    return envelopes(sender, items, EnvelopeSize.A4_HALF)


def postal_book_pdf(agency: AgencyFacts, lines: list[PostalLine], first: dt.date, last: dt.date) -> bytes:
    """Return the postal dispatch book (sổ gửi văn bản đi bưu điện) of a span of days (NĐ 30/2020 PL IV)."""
    from clerkdesk.services.printing import postal_book as printing

    book = printing.PostalBook(
        agency=agency.name, parent_agency=agency.parent_name, year=last.year, first_day=first, last_day=last
    )
    printed = [
        printing.PostalLine(
            sent_on=line.sent_on,
            references=line.reference_code,
            addressee=line.recipient,
            envelopes=max(1, line.envelopes),
            note=line.note,
        )
        for line in lines
    ]
    return printing.postal_book(book, printed)


def numbers_to_write_pdf(agency: AgencyFacts, lines: list[Line], on: dt.date) -> bytes:
    """Return the list of converted emergency lines, by which their arrival numbers are written on paper."""
    from clerkdesk.services.printing import emergency_lists as printing

    return printing.numbers_to_write(_head(agency, on), [_printed_line(line) for line in lines])


def emergency_register_pdf(
    agency: AgencyFacts, year: int, outages: list[Outage], lines: list[Line], on: dt.date
) -> bytes:
    """Return the emergency registers of a year with their outages and the totals of each day."""
    from clerkdesk.services.emergency_book import day_totals
    from clerkdesk.services.printing import emergency_lists as printing

    def moment(at: dt.datetime | None) -> str:
        return f"{local(at):%H:%M %d/%m/%Y}" if at else ""

    printed = [
        printing.PrintedOutage(
            desk=one.desk_code,
            started=moment(one.started_at),
            ended=moment(one.ended_at),
            cause=one.cause,
            authorised_by=one.authorised_by,
            reported_to=one.reported_to,
        )
        for one in outages
    ]
    totals = [(one.day, one.desk_code, one.count) for one in day_totals(lines)]
    return printing.emergency_register(
        _head(agency, on), year, printed, totals, [_printed_line(line) for line in lines]
    )


def _head(agency: AgencyFacts, on: dt.date) -> Head:
    from clerkdesk.services.printing.emergency_lists import Head

    return Head(agency=agency.name, parent_agency=agency.parent_name, place=agency.place, made_on=on)


def _printed_line(line: Line) -> PrintedLine:
    from clerkdesk.services.printing.emergency_lists import PrintedLine

    return PrintedLine(
        emergency_number=line.emergency_number,
        arrival_number="Hủy" if line.void and not line.ordinary else line.ordinary,
        arrived_on=line.arrival_date,
        entered=f"{local(line.registered_at):%H:%M %d/%m/%Y}",
        document=f"{line.issuer}, {line.code}" if line.code else line.issuer,
        subject=line.subject,
    )


def closing_report_pdf(agency: AgencyFacts, facts: ClosingFacts) -> bytes:
    """Return the report of a book's closing, to print and sign (Hà Nam 44/2024 Đ10.3c, Đ13.4đ)."""
    from clerkdesk.services.printing.closing_report import ClosingReport, ReportLine, closing_report

    def lines(noted: tuple[Noted, ...]) -> tuple[ReportLine, ...]:
        return tuple(
            ReportLine(
                number=number_text(one.number, one.sub_number),
                reason=one.reason,
                on=local(one.at).date(),
            )
            for one in noted
        )

    closed = local(facts.closed_at) if facts.closed_at else None
    return closing_report(
        ClosingReport(
            agency=agency.name,
            parent_agency=agency.parent_name,
            place=agency.place,
            title=facts.title,
            year=facts.year,
            opened_on=local(facts.opened_at).date(),
            closed_at=closed,
            closed_by=facts.closed_by,
            last_number=number_text(facts.last_number) if facts.last_number else "",
            issued=facts.last_number,
            live=facts.live,
            void=facts.void,
            reserved=facts.reserved,
            days_closed=facts.days_closed,
            chain_seq=facts.chain_seq,
            chain_head=facts.chain_head,
            sub_numbers=lines(facts.sub_numbers),
            voids=lines(facts.voids),
        )
    )


def _mark(urgency: int) -> Mark | None:
    from clerkdesk.services.printing.marks import Urgency as Mark

    return {Urgency.URGENT: Mark.KHAN, Urgency.VERY_URGENT: Mark.THUONG_KHAN, Urgency.FLASH: Mark.HOA_TOC}.get(
        Urgency(urgency)
    )

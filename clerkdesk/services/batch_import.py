"""Reading a list of arrivals from CSV or XLSX onto the waiting pile: columns by their headings, one sentence per fault.

Nothing is taken in here. What is wrong with a line is said beside it; as long as any line is wrong, none is taken.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection

from clerkdesk.errors import BadFile, BadInput, ClerkDeskError
from clerkdesk.i18n import N_, _
from clerkdesk.services.arrival_entry import Code, arrival_facts
from clerkdesk.services.arrivals import Received, check_facts, exclusions_of
from clerkdesk.services.batch import MOST_LINES, ReceivedInFuture, TooManyWaiting, problems
from clerkdesk.services.clock import VIETNAM, local
from clerkdesk.services.commands import WaitingLine
from clerkdesk.services.directory import Correspondent, correspondent_by_name
from clerkdesk.services.document_types import type_of_notation
from clerkdesk.services.folding import clean_line, words
from clerkdesk.services.ids import new_id
from clerkdesk.services.lengths import Missing
from clerkdesk.services.reference_code import split_reference

LARGEST_BYTES = 50 << 20
_HEADINGS_WITHIN = 20  # rows: titles may stand above the headings
_TOLD_EVERY = 200

# What a heading may say, folded to words; the field names are those of the arrival form, and a few of our own.
_HEADINGS: dict[str, tuple[str, ...]] = {
    "issuer": (
        "co quan ban hanh", "co quan bh", "co quan to chuc ban hanh", "ten co quan to chuc ban hanh van ban", "co quan",
        "noi gui", "noi ban hanh", "tac gia", "tac gia van ban", "issuer", "issuing agency", "issued by", "from", "sender",
    ),
    "code": (
        "so ky hieu", "so va ky hieu", "so ky hieu van ban", "so ky hieu vb", "so hieu", "so hieu van ban", "reference",
        "reference code", "code", "document number", "number and symbol",
    ),
    "code_number": ("so", "so van ban", "so vb", "number"),
    "code_notation": ("ky hieu", "ky hieu van ban", "symbol", "notation"),
    "issued_date": (
        "ngay van ban", "ngay vb", "ngay ban hanh", "ngay thang", "ngay thang van ban", "ngay thang nam van ban",
        "ngay ky", "issued", "issued on", "issue date", "issued date", "document date", "date",
    ),
    "subject": (
        "trich yeu", "trich yeu noi dung", "ten loai va trich yeu noi dung van ban", "ten loai va trich yeu", "noi dung",
        "noi dung trich yeu", "subject", "title", "summary",
    ),
    "document_type": ("loai", "loai vb", "loai van ban", "ten loai", "ten loai van ban", "type", "document type"),
    "arrival_date": (
        "ngay den", "ngay nhan", "ngay tiep nhan", "thoi gian nhan", "thoi gian den", "thoi diem nhan", "arrival date",
        "arrived", "arrived on", "received", "received on", "received at", "date received",
    ),
    "arrival_time": ("gio den", "gio nhan", "gio", "time", "arrival time", "time received"),
    "signer_name": ("nguoi ky", "ho ten nguoi ky", "signer", "signed by"),
    "signer_position": ("chuc vu", "chuc vu nguoi ky", "position", "signer position"),
    "urgency": ("do khan", "muc do khan", "khan", "urgency", "priority"),
    "to_places": ("noi nhan", "don vi nhan", "don vi hoac nguoi nhan", "nguoi nhan", "chuyen den", "forwarded to", "to"),
    "due_date": ("han", "han xu ly", "han giai quyet", "thoi han", "due", "due date", "deadline"),
    "receipt_channel": ("kenh", "kenh nhan", "hinh thuc nhan", "hinh thuc den", "channel", "received by"),
    "medium": ("dang", "dang van ban", "medium"),
    "edoc_class": ("loai vbdt", "loai van ban dien tu", "edoc class"),
    "page_amount": ("so trang", "so to", "pages", "page count"),
    "language": ("ngon ngu", "language"),
    "document_identifier": ("ma dinh danh", "ma dinh danh van ban", "identifier", "document identifier", "document id"),
    "file_notation": ("ho so", "ho so so", "so ky hieu ho so", "file", "file notation"),
    "doc_ordinal": ("stt trong ho so", "so thu tu trong ho so", "ordinal in file"),
    "description": ("ghi chu", "note", "notes", "remarks", "description"),
}  # fmt: skip
_FIELD_OF = {heading: field for field, headings in _HEADINGS.items() for heading in headings}
_FORM_DEFAULTS = {"medium": "g", "receipt_channel": "bd"}


class ListUnreadable(BadFile):
    """The file is no list that we can read."""

    sentence = N_(
        "Không đọc được “{name}”: cần tệp CSV (UTF-8) hoặc XLSX. Tệp XLS cũ: mở ra rồi lưu lại thành XLSX. Chưa nhập dòng nào."
    )


class HeadingsMissing(BadFile):
    """The list has no headings for what every arrival must have."""

    sentence = N_(
        "“{name}” không có dòng tiêu đề với cột “Cơ quan ban hành” và cột “Trích yếu”. Thêm dòng tiêu đề rồi nhập lại. Chưa nhập dòng nào."
    )


class ListEmpty(BadFile):
    """There is no line under the headings."""

    sentence = N_("“{name}” không có dòng nào dưới dòng tiêu đề.")


class TimeNotUnderstood(BadInput):
    """The time of day is none."""

    sentence = N_("“{typed}” không phải là giờ. Ghi như 14:30.")
    field = "arrival_time"


class Unfinished(ClerkDeskError):
    """The reading was broken off."""

    sentence = N_("Đã dừng; chưa nhập dòng nào.")


@dataclass(frozen=True, slots=True)
class Imported:
    """One line of the list: as it will wait, or what is wrong with it."""

    row: int  # in the file, from 1
    line: WaitingLine | None
    shown: tuple[str, str, str, str]  # arrival date, issuer, code, subject as they stand in the list
    trouble: str


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """A list as it would be taken in; `ignored` names the columns that nothing was made of."""

    name: str
    lines: tuple[Imported, ...]
    ignored: tuple[str, ...]

    @property
    def wrong(self) -> int:
        """How many lines are wrong; as long as there is one, nothing is taken in."""
        return sum(bool(one.trouble) for one in self.lines)


def read_list(
    connection: Connection,
    agency: UUID,
    path: Path,
    at: dt.datetime,
    *,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] | None = None,
) -> ImportPreview:
    """Read a list of arrivals.

    Args:
        path: a CSV file (UTF-8 or UTF-16; commas, semicolons or tabs) or an XLSX file, whose first sheet is read.
        at: now (UTC); a list without a column of arrival dates was received now.
        stop: asked between lines.
        progress: called with lines read and lines in all.

    Raises:
        ListUnreadable, HeadingsMissing, ListEmpty, TooManyWaiting; Unfinished: `stop` said so.
    """
    rows = _rows(path, stop)
    fields, ignored, below = _headings(rows, path.name)
    body = [
        (number, values) for number, values in enumerate(rows[below:], below + 1) if any(_text(one) for one in values)
    ]
    if not body:
        raise ListEmpty(name=path.name)
    if len(body) > MOST_LINES:
        raise TooManyWaiting(most=MOST_LINES, count=len(body))
    reader = _Reader(connection, agency, path.name, at)
    lines: list[Imported] = []
    for place, (number, values) in enumerate(body):
        if place % _TOLD_EVERY == 0:
            if stop():
                raise Unfinished
            if progress is not None:
                progress(place, len(body))
        lines.append(
            reader.read(number, place, {field: values[column] for column, field in fields if column < len(values)})
        )
    sound = [one for one in lines if one.line is not None]
    received = [Received(one.line.id, one.line.facts) for one in sound if one.line is not None]
    doubles = {sound[place].row: error for place, error in problems(connection, agency, received, stop=stop)}
    if stop():
        raise Unfinished
    checked = (
        Imported(one.row, None, one.shown, doubles[one.row].message) if one.row in doubles else one for one in lines
    )
    return ImportPreview(path.name, tuple(checked), ignored)


class _Reader:
    """Makes waiting lines of a list's values."""

    def __init__(self, connection: Connection, agency: UUID, name: str, at: dt.datetime) -> None:
        self._connection = connection
        self._name = name
        self._at = at
        self._today = local(at).date()
        self._exclusions = exclusions_of(connection, agency)
        self._issuers: dict[str, Correspondent | None] = {}

    def read(self, row: int, place: int, values: dict[str, object]) -> Imported:
        """Make one line, or say what is wrong with it."""
        texts = {field: _text(value) for field, value in values.items()}
        code = texts.get("code") or "/".join(
            part for part in (texts.get("code_number", ""), texts.get("code_notation", "")) if part
        )
        shown = (texts.get("arrival_date", ""), texts.get("issuer", ""), code, texts.get("subject", ""))
        try:
            line = self._line(row, place, texts, code)
        except ClerkDeskError as error:
            return Imported(row, None, shown, error.message)
        return Imported(row, line, shown, "")

    def _line(self, row: int, place: int, texts: dict[str, str], code: str) -> WaitingLine:
        number, notation = split_reference(code)
        kind = type_of_notation(notation)
        received = self._received(texts)
        form = dict.fromkeys(_HEADINGS, "") | _FORM_DEFAULTS | {field: text for field, text in texts.items() if text}
        form["arrival_date"] = f"{local(received):%d/%m/%Y}"
        for field in ("issued_date", "due_date"):
            form[field] = _date_text(form[field])
        form["document_type"] = form["document_type"] or (kind.code if kind else "")
        normative = bool(re.match(r"^(19|20)\d\d/", notation))
        issuer = self._issuer(form["issuer"])
        facts = arrival_facts(form, issuer, Code(number, notation, normative, kind), self._today, received)
        check_facts(facts, self._exclusions)
        if received > self._at:
            raise ReceivedInFuture(when=f"{local(received):%d/%m/%Y %H:%M}")
        return WaitingLine(
            id=new_id(), facts=facts, received_at=received, position=place, source=f"{self._name}: {row}"
        )  # fmt: skip

    def _received(self, texts: dict[str, str]) -> dt.datetime:
        """Return when the document came: its date and hour, the beginning of the day where no hour is given."""
        if "arrival_date" not in texts:
            return self._at
        typed = texts["arrival_date"]
        if not typed:
            raise Missing(label=_("Ngày đến"), field="arrival_date")
        from clerkdesk.services.shorthand import parse_date

        day = parse_date(_date_text(typed), self._today)
        hour = _time(texts.get("arrival_time", "") or _hour_in(typed))
        return dt.datetime.combine(day, hour, VIETNAM).astimezone(dt.UTC)

    def _issuer(self, typed: str) -> Correspondent | None:
        name = clean_line(typed)
        if name not in self._issuers:
            self._issuers[name] = correspondent_by_name(self._connection, name) if name else None
        return self._issuers[name]


def _headings(rows: Sequence[Sequence[object]], name: str) -> tuple[list[tuple[int, str]], tuple[str, ...], int]:
    """Find the row of headings; return column and field of what we know, what we do not, and where the lines begin."""
    for place, row in enumerate(rows[:_HEADINGS_WITHIN]):
        fields: list[tuple[int, str]] = []
        ignored = []
        for column, value in enumerate(row):
            heading = _text(value)
            field = _FIELD_OF.get(" ".join(words(heading)))
            if field is not None and field not in (known for _column, known in fields):
                fields.append((column, field))
            elif heading:
                ignored.append(heading)
        if {"issuer", "subject"} <= {field for _column, field in fields}:
            return fields, tuple(ignored), place + 1
    raise HeadingsMissing(name=name)


def _rows(path: Path, stop: Callable[[], bool]) -> list[Sequence[object]]:
    """Return all rows of the file as they stand.

    Raises:
        ListUnreadable, TooManyWaiting, Unfinished.
    """
    found: list[Sequence[object]] = []
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ListUnreadable(name=path.name)
        with path.open("rb") as stream:
            spreadsheet = stream.read(4) == b"PK\x03\x04"
        for row in _spreadsheet(path) if spreadsheet else _text_rows(path):
            if len(found) % _TOLD_EVERY == 0 and stop():
                raise Unfinished
            if len(found) > 2 * MOST_LINES + _HEADINGS_WITHIN:
                raise TooManyWaiting(most=MOST_LINES, count=f"{2 * MOST_LINES}+")
            found.append(row)
    except ClerkDeskError:
        raise
    except (OSError, ValueError, KeyError, TypeError, csv.Error, zipfile.BadZipFile, SyntaxError) as error:
        raise ListUnreadable(name=path.name) from error
    return found


def _text_rows(path: Path) -> Iterator[Sequence[object]]:
    raw = path.read_bytes()
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = raw.decode(encoding)
    if "\x00" in text:
        raise ValueError("not a text")
    beginning = text.splitlines()[:_HEADINGS_WITHIN]  # the headings have the most of them, commas in titles the least
    delimiter = max(",;\t", key=lambda sign: max((line.count(sign) for line in beginning), default=0))
    yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _spreadsheet(path: Path) -> Iterator[Sequence[object]]:
    from openpyxl import load_workbook

    # From memory: by its name openpyxl would refuse a spreadsheet called .csv.
    book = load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=True)
    try:
        yield from book.worksheets[0].iter_rows(values_only=True)
    finally:
        book.close()


def _text(value: object) -> str:
    """Return a cell as a person would type it."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, dt.datetime):
        return f"{value:%d/%m/%Y %H:%M}" if value.time() != dt.time() else f"{value:%d/%m/%Y}"
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return clean_line(str(value))


def _date_text(typed: str) -> str:
    """Return a date without its hour, the day first: `2026-11-20` as `20/11/2026`."""
    day = re.sub(r"[ T]+\d{1,2}[:h]\d{0,2}.*$", "", typed)
    iso = re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", day)
    return f"{int(iso[3]):02d}/{int(iso[2]):02d}/{iso[1]}" if iso else day


def _hour_in(typed: str) -> str:
    found = re.search(r"[ T](\d{1,2}[:h]\d{0,2})", typed)
    return found[1] if found else ""


def _time(typed: str) -> dt.time:
    if not typed:
        return dt.time()
    found = re.fullmatch(r"(\d{1,2})(?:[:h](\d{1,2})?)?(?::\d{2})?", typed.strip().lower())
    if found is None or int(found[1]) > 23 or int(found[2] or 0) > 59:
        raise TimeNotUnderstood(typed=typed)
    return dt.time(int(found[1]), int(found[2] or 0))


def parse_time(typed: str) -> dt.time:
    """Return a typed time of day: `14:30`, `14h30`, `8h`; nothing typed is midnight.

    Raises:
        TimeNotUnderstood.
    """
    return _time(clean_line(typed))

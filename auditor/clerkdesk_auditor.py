#!/usr/bin/env python3
"""Read a folder of exported books and explain every number in them, or say which cannot be explained.

Independent of ClerkDesk on purpose: Python's standard library only, and the description in FORMAT.md. It looks at
numbers, custody of the pen, daily closes, emergency registers and the hash chain of the logs, and at how they agree.

    python clerkdesk_auditor.py FOLDER [--json] [--numbers] [--lang en]

Exit code 0: everything is explained. 1: something is not. 2: the folder cannot be read.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

Row = dict[str, str]
BookKey = tuple[str, int]

SERVER = "SERVER"
VIETNAM = dt.timedelta(hours=7)
CLOCKS_MAY_DIFFER = dt.timedelta(minutes=10)
LONG_AGO = dt.datetime(1800, 1, 1, tzinfo=dt.UTC)
FAR_AWAY = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)

COLUMNS = {
    "books": "register title year state next_number holder epoch opened_at closed_at",
    "entries": "register year number sub_number state state_at registered_at registered_by document_id reference "
    "issuer subject reason holder expires_on command_uid emergency_number",
    "custody": "register year epoch kind from to next_number declared_last who1 who2 reason at",
    "daily_closes": "register year day first last live void reserved closed_at chain chain_seq chain_head signature",
    "emergency": "desk year n document_id command_uid registered_at corrected_at outage register book_year number "
    "converted_at",
    "outages": "id desk cause started_at authorised_by ended_at",
    "audit": "chain seq command_uid kind actor desk made_at recorded_at subject body result previous_hash hash",
}  # fmt: skip

SENTENCES: dict[str, tuple[str, str]] = {
    "gap": ("thiếu số {0}: không có trong sổ, không có lý do", "number {0} is missing, without a reason"),
    "duplicate": ("số {0} có {1} dòng trong sổ", "number {0} stands {1} times in the book"),
    "beyond-next": ("có số {0} nhưng số tiếp theo của sổ mới là {1}", "number {0} exists, but the book's next is {1}"),
    "no-book": ("{0} nhắc đến sổ không có trong books.csv", "{0} names a book that books.csv has not"),
    "void-reason": ("số {0} đã hủy mà không ghi lý do", "number {0} is void without a reason"),
    "live-document": ("số {0} đang dùng mà không có văn bản", "number {0} is in use without a document"),
    "sub-number": ("số phụ {0} thiếu lý do hoặc thiếu số chính", "sub-number {0} lacks a reason or its main number"),
    "document-twice": ("một văn bản mang hai số: {0}", "one document has two numbers: {0}"),
    "reserved": (
        "số {0} đang giữ mà thiếu người giữ, lý do hoặc hạn",
        "number {0} is reserved without holder, reason or expiry",
    ),
    "order": ("số {0} được cấp trước số {1}", "number {0} was given before number {1}"),
    "command": ("số {0}: lệnh cấp số không có trong nhật ký", "number {0}: its command is in no log"),
    "daily-range": (
        "khóa sổ ngày {0} ghi số {1}–{2}, trong sổ là {3}–{4}",
        "the close of {0} says numbers {1}–{2}, the book says {3}–{4}",
    ),
    "daily-totals": (
        "khóa sổ ngày {0} ghi {1} dùng, {2} hủy, {3} giữ; trong sổ là {4} số, {5} đã hủy khi khóa",
        "the close of {0} says {1} used, {2} void, {3} reserved; the book has {4} numbers, {5} void at the close",
    ),
    "daily-missing": ("ngày {0} có cấp số mà không khóa sổ ngày", "numbers were given on {0}, which was never closed"),
    "daily-signature": ("khóa sổ ngày {0} không có chữ ký", "the close of {0} is not signed"),
    "daily-chain": (
        "khóa sổ ngày {0}: đầu chuỗi không nằm trên nhật ký {1} tại dòng {2}",
        "the close of {0}: its chain head is not entry {2} of log {1}",
    ),
    "custody-start": ("quyền cấp số không bắt đầu bằng một lần mở sổ", "custody does not start with one opening"),
    "custody-epoch": ("lượt giữ quyền {1} đến ngay sau lượt {0}", "epoch {1} follows epoch {0}"),
    "custody-holder": (
        "lượt {0} ({1}) từ “{2}” sang “{3}” trong khi quyền cấp số ở “{4}”",
        "epoch {0} ({1}) goes from {2} to {3} while the pen is at {4}",
    ),
    "custody-next": (
        "lượt {0} ({1}) ghi số tiếp theo là {2}, không khớp với sổ",
        "epoch {0} ({1}) says the next number is {2}, which the book contradicts",
    ),
    "custody-takeover": (
        "lượt {0}: tiếp quản thiếu hai người khác nhau, lý do, hoặc số cuối trên giấy",
        "epoch {0}: a takeover without two different people, a reason, or the last number on paper",
    ),
    "custody-end": (
        "sổ ghi quyền cấp số ở “{0}”, lượt {1}; nhật ký chuyển giao kết thúc ở “{2}”, lượt {3}",
        "the book says the pen is at {0}, epoch {1}; custody ends at {2}, epoch {3}",
    ),
    "emergency-gap": ("sổ tạm máy {0} năm {1}: thiếu số {2}", "emergency register of {0}, {1}: number {2} is missing"),
    "emergency-twice": ("{0} xuất hiện hai lần, hoặc chung số chính thức", "{0} stands twice, or shares its number"),
    "emergency-link": ("{0} không khớp một–một với số chính thức {1}", "{0} is not one to one with number {1}"),
    "emergency-order": ("{0} được chuyển sau {1} dù tiếp nhận trước", "{0} was converted after {1}, but came before"),
    "emergency-outage": (
        "{0}: không có sự cố được ghi đủ (nguyên nhân, người cho phép, thời gian)",
        "{0}: no outage on record with cause, authoriser and time",
    ),
    "closed-pending": ("sổ đã đóng nhưng {0}", "the book is closed, but {0}"),
    "chain": ("nhật ký {0} đứt hoặc bị sửa tại dòng {1}", "log {0} is broken or changed at entry {1}"),
}
PENDING_WORDS = {
    "reserved": ("còn số {0} đang giữ", "number {0} is still reserved"),
    "emergency": ("{0} chưa có số chính thức", "{0} has no ordinary number"),
    "pen": ("quyền cấp số còn ở máy {0}", "its pen is still at desk {0}"),
    "late": ("số {0} được ghi sau khi đóng", "number {0} was entered after the closing"),
    "no-time": ("không ghi thời điểm đóng", "the moment of closing is not stated"),
}
WORDS = {
    "good": ("Giải thích được mọi số.", "Every number is explained."),
    "bad": ("Có {0} điểm không giải thích được.", "{0} points cannot be explained."),
    "book": (
        "Sổ {0} năm {1}: {2} số, {3} đang dùng, {4} hủy, {5} đang giữ, {6} số phụ; {7}",
        "Register {0}, {1}: {2} numbers, {3} used, {4} void, {5} reserved, {6} sub-numbers; {7}",
    ),
    "whole": ("giải thích đủ", "all explained"),
    "unexplained": ("{0} điểm không giải thích được", "{0} points not explained"),
    "waiting": ("{0} đang chờ số chính thức", "{0} waits for its ordinary number"),
    "LIVE": ("đang dùng, cấp lúc {0}, văn bản: {1}", "in use, given at {0}, document: {1}"),
    "VOID": ("đã hủy: {1}", "void: {1}"),
    "RESERVED": ("đang giữ: {1}", "reserved: {1}"),
    "unread": ("Không đọc được thư mục: {0}", "Cannot read the folder: {0}"),
}


class Unreadable(Exception):
    """The folder is not what FORMAT.md describes."""


@dataclass(frozen=True)
class Fault:
    """Something that cannot be explained: which check, about what."""

    check: str
    book: BookKey | None
    about: tuple[object, ...]
    pending: str = ""

    def sentence(self, lang: int) -> str:
        """The fault in words: 0 Vietnamese, 1 English."""
        about = (PENDING_WORDS[self.pending][lang].format(*self.about),) if self.pending else self.about
        return SENTENCES[self.check][lang].format(*about)


@dataclass
class Export:
    """The folder, read: rows by file, and by book."""

    rows: dict[str, list[Row]]
    books: dict[BookKey, Row] = field(default_factory=dict)
    entries: dict[BookKey, list[Row]] = field(default_factory=lambda: defaultdict(list))
    custody: dict[BookKey, list[Row]] = field(default_factory=lambda: defaultdict(list))
    closes: dict[BookKey, list[Row]] = field(default_factory=lambda: defaultdict(list))


def read(folder: Path) -> Export:
    """Read the seven files; raises Unreadable when one is missing or a cell is not what it should be."""
    rows: dict[str, list[Row]] = {}
    for name, columns in COLUMNS.items():
        path = folder / f"{name}.csv"
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file, strict=True)
                missing = set(columns.split()) - set(reader.fieldnames or ())
                if missing:
                    raise Unreadable(f"{path.name}: {', '.join(sorted(missing))}")
                rows[name] = [_cells(path.name, line, row, columns) for line, row in enumerate(reader, 2)]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise Unreadable(f"{path.name}: {error}") from error
    export = Export(rows)
    for row in rows["books"]:
        if key(row) in export.books:
            raise Unreadable(f"books.csv: {row['register']} {row['year']}")
        export.books[key(row)] = row
    for name, kept in (("entries", export.entries), ("custody", export.custody), ("daily_closes", export.closes)):
        for row in rows[name]:
            kept[key(row)].append(row)
    for entries in export.entries.values():
        entries.sort(key=lambda row: (int(row["number"]), row["sub_number"]))
    return export


NUMBERS = {"year", "number", "next_number", "epoch", "declared_last", "first", "last", "live", "void", "chain_seq", "n",
           "book_year", "seq"}  # fmt: skip
MAY_BE_EMPTY = {"declared_last", "first", "last", "book_year", "number"}


def _cells(file: str, line: int, row: Row, columns: str) -> Row:
    """Check that numbers are numbers and moments are moments, so that no check has to."""
    try:
        for column in columns.split():
            value = row[column]
            if value is None:
                raise ValueError(column)
            counted = column in NUMBERS or (file == "daily_closes.csv" and column == "reserved")
            if counted and not (value == "" and column in MAY_BE_EMPTY and file != "entries.csv"):
                int(value)
            if column == "at" or column.endswith("_at"):
                moment(value)
            if column in ("day", "expires_on") and value:
                dt.date.fromisoformat(value)
    except (ValueError, TypeError) as error:
        raise Unreadable(f"{file}, {line}: {error}") from error
    return row


def key(row: Row) -> BookKey:
    """The book a row belongs to."""
    return row["register"], int(row["year"])


def moment(text: str) -> dt.datetime | None:
    """The moment a cell says, None for an empty one; raises ValueError."""
    if not text:
        return None
    read_as = dt.datetime.fromisoformat(text)
    if read_as.tzinfo is None or not LONG_AGO < read_as < FAR_AWAY:
        raise ValueError(text)
    return read_as


def sure(text: str) -> dt.datetime:
    """The moment a cell says; before all time when it is empty."""
    return moment(text) or LONG_AGO


def label(row: Row) -> str:
    """The number as it stands on paper: 15 or 15a."""
    return row["number"] + row["sub_number"]


def emergency_label(row: Row) -> str:
    """T<desk>-<n>/<year>."""
    return f"T{row['desk']}-{row['n']}/{row['year']}"


# ---------------------------------------------------------------------------------------------------------------
# Checks. Each yields what it cannot explain.


def check_books(export: Export) -> Iterator[Fault]:
    """Everything names a book that exists."""
    for name in ("entries", "custody", "daily_closes"):
        for book in sorted({key(row) for row in export.rows[name]} - set(export.books)):
            yield Fault("no-book", book, (f"{name}.csv",))


def check_numbers(export: Export) -> Iterator[Fault]:
    """1 … next-1, each once; void ones with a reason, used ones with a document, reserved ones with a term."""
    commands = {row["command_uid"] for row in export.rows["audit"]}
    for book, about in export.books.items():
        entries, following = export.entries[book], int(about["next_number"])
        counts = Counter(label(row) for row in entries)
        whole = {int(row["number"]) for row in entries if not row["sub_number"]}
        yield from (Fault("gap", book, (n,)) for n in range(1, following) if n not in whole)
        yield from (Fault("duplicate", book, (n, count)) for n, count in counts.items() if count > 1)
        yield from (Fault("beyond-next", book, (n, following)) for n in sorted(whole) if not 0 < n < following)
        used: dict[str, str] = {}
        for row in entries:
            number = label(row)
            yield from (Fault(check, book, (number,)) for check in _entry_faults(row, whole))
            if row["command_uid"] not in commands:
                yield Fault("command", book, (number,))
            if row["state"] == "LIVE" and row["document_id"]:
                if row["document_id"] in used and used[row["document_id"]] != number:
                    yield Fault("document-twice", book, (f"{used[row['document_id']]}, {number}",))
                used[row["document_id"]] = number


def _entry_faults(row: Row, whole: set[int]) -> Iterator[str]:
    """What is missing in one entry."""
    state = row["state"]
    if state == "VOID" and not row["reason"]:
        yield "void-reason"
    if state not in ("VOID", "RESERVED") and (state != "LIVE" or not row["document_id"]):
        yield "live-document"
    if state == "RESERVED" and not (row["reason"] and row["holder"] and row["expires_on"]):
        yield "reserved"
    if row["sub_number"] and (not row["reason"] or int(row["number"]) not in whole):
        yield "sub-number"


def check_order(export: Export) -> Iterator[Fault]:
    """Numbers follow the time they were given."""
    for book, entries in export.entries.items():
        whole = [row for row in entries if not row["sub_number"]]
        for before, row in pairwise(whole):
            if sure(row["registered_at"]) < sure(before["registered_at"]):
                yield Fault("order", book, (label(row), label(before)))


def check_daily_closes(export: Export) -> Iterator[Fault]:
    """Each close says what the entries say, is signed, none is missing, and its head lies on the log."""
    heads = {(row["chain"], int(row["seq"])): row["hash"] for row in export.rows["audit"]}
    for book, about in export.books.items():
        by_day: dict[str, list[Row]] = defaultdict(list)
        for row in export.entries[book]:
            by_day[(sure(row["registered_at"]) + VIETNAM).date().isoformat() if row["registered_at"] else "?"].append(
                row
            )
        closed = {row["day"] for row in export.closes[book]}
        newest = max(closed, default="")
        for day in sorted(by_day):
            if day not in closed and (day < newest or about["state"] == "CLOSED"):
                yield Fault("daily-missing", book, (day,))
        for close in export.closes[book]:
            yield from _close_faults(book, close, by_day[close["day"]])
            if not close["signature"]:
                yield Fault("daily-signature", book, (close["day"],))
            at = close["chain"], int(close["chain_seq"])
            if heads.get(at, "").lower() != close["chain_head"].lower() or not close["chain_head"]:
                yield Fault("daily-chain", book, (close["day"], *at))


def _close_faults(book: BookKey, close: Row, entries: list[Row]) -> Iterator[Fault]:
    whole = sorted(int(row["number"]) for row in entries if not row["sub_number"])
    first, last = (str(whole[0]), str(whole[-1])) if whole else ("", "")
    if (close["first"], close["last"]) != (first, last):
        yield Fault("daily-range", book, (close["day"], close["first"], close["last"], first, last))
    then = sure(close["closed_at"])
    later = [row for row in entries if sure(row["state_at"]) > then]
    void = sum(row["state"] == "VOID" for row in entries if row not in later)
    reserved = sum(row["state"] == "RESERVED" for row in entries if row not in later)
    live, void_said, reserved_said = int(close["live"]), int(close["void"]), int(close["reserved"])
    right = live + void_said + reserved_said == len(entries) and void_said == void
    if not right or not reserved <= reserved_said <= reserved + len(later):
        yield Fault("daily-totals", book, (close["day"], live, void_said, reserved_said, len(entries), void))


def check_custody(export: Export) -> Iterator[Fault]:
    """The pen is at one place, moves from where it is, and the next number is right at each move."""
    for book, about in export.books.items():
        moves = export.custody[book]
        if not moves or moves[0]["kind"] != "OPEN" or any(move["kind"] == "OPEN" for move in moves[1:]):
            yield Fault("custody-start", book, ())
            continue
        holder, epoch, following = moves[0]["to"], int(moves[0]["epoch"]), 1
        for move in moves:
            kind, number = move["kind"], int(move["epoch"])
            if move is not moves[0]:
                if number <= epoch or (number != epoch + 1 and kind != "RECOVERY"):
                    yield Fault("custody-epoch", book, (epoch, number))
                if not _moves_rightly(move, holder):
                    yield Fault("custody-holder", book, (number, kind, move["from"], move["to"], holder))
            people = {move["who1"], move["who2"]} - {""}
            said = move["declared_last"]
            if kind == "TAKEOVER" and (
                len(people) < 2 or not move["reason"] or not said or int(said) != int(move["next_number"]) - 1
            ):
                yield Fault("custody-takeover", book, (number,))
            if not _next_is_right(export, book, move, following):
                yield Fault("custody-next", book, (number, kind, move["next_number"]))
            holder, epoch, following = move["to"], number, max(following, int(move["next_number"]))
        if (about["holder"], int(about["epoch"])) != (holder, epoch):
            yield Fault("custody-end", book, (about["holder"], about["epoch"], holder, epoch))


def _moves_rightly(move: Row, holder: str) -> bool:
    """Whether a move is from where the pen is to where its kind says."""
    kind, from_, to = move["kind"], move["from"], move["to"]
    if kind == "RECOVERY":
        return bool(to)
    if kind == "GRANT":
        return from_ == holder == SERVER and to not in ("", SERVER)
    return kind in ("RETURN", "CODE", "TAKEOVER") and from_ == holder != SERVER and to == SERVER


def _next_is_right(export: Export, book: BookKey, move: Row, at_least: int) -> bool:
    """Not below the move before, not above the book's, and no number on the wrong side of that moment."""
    said, when = int(move["next_number"]), sure(move["at"])
    if not at_least <= said <= int(export.books[book]["next_number"]):
        return False
    if move["kind"] == "RECOVERY":
        return True  # it states what the desks have reported, whenever that was given
    below_may_be_late = move["kind"] == "TAKEOVER"  # what a lost desk had given is entered again from paper
    for row in export.entries[book]:
        given, number = sure(row["registered_at"]), int(row["number"])
        late = number < said and given > when + CLOCKS_MAY_DIFFER and not below_may_be_late
        early = number >= said and given < when - CLOCKS_MAY_DIFFER
        if not row["sub_number"] and (late or early):
            return False
    return True


def check_emergency(export: Export) -> Iterator[Fault]:
    """Emergency numbers run without gaps, belong to a stated outage, and are one to one with ordinary numbers."""
    lines = export.rows["emergency"]
    by_register: dict[tuple[str, str], list[int]] = defaultdict(list)
    for line in lines:
        by_register[line["desk"], line["year"]].append(int(line["n"]))
    for (desk, year), numbers in sorted(by_register.items()):
        for n in sorted(set(range(1, max(numbers) + 1)) - set(numbers)):
            yield Fault("emergency-gap", None, (desk, year, n))
    labels = Counter(emergency_label(line) for line in lines)
    targets = Counter(_target(line) for line in lines if line["number"])
    outages = {row["id"]: row for row in export.rows["outages"]}
    entries = {(*key(row), row["number"]): row for row in export.rows["entries"] if not row["sub_number"]}
    for line in lines:
        name = emergency_label(line)
        if labels[name] > 1 or targets[_target(line)] > 1:
            yield Fault("emergency-twice", None, (name,))
        if not _in_outage(line, outages.get(line["outage"])):
            yield Fault("emergency-outage", None, (name,))
        if line["number"]:
            entry = entries.get(_target(line))
            known = entry and (entry["emergency_number"], entry["document_id"]) == (name, line["document_id"])
            if not known or not line["converted_at"]:
                yield Fault("emergency-link", _target(line)[:2], (name, line["number"]))
    for entry in export.rows["entries"]:
        if entry["emergency_number"] and entry["emergency_number"] not in labels:
            yield Fault("emergency-link", key(entry), (entry["emergency_number"], label(entry)))
    yield from _emergency_order(lines, entries)


def _target(line: Row) -> tuple[str, int, str]:
    """The ordinary number of a line."""
    return line["register"], int(line["book_year"] or 0), line["number"]


def _in_outage(line: Row, outage: Row | None) -> bool:
    """Whether a line lies in an outage of its desk that says why, by whose leave, and how long."""
    if outage is None or not outage["cause"] or not outage["authorised_by"] or outage["desk"] != line["desk"]:
        return False
    end = moment(outage["ended_at"]) or FAR_AWAY
    return bool(outage["started_at"]) and sure(outage["started_at"]) <= sure(line["registered_at"]) <= end


def _emergency_order(lines: list[Row], entries: dict[tuple[str, int, str], Row]) -> Iterator[Fault]:
    """What was converted together has its numbers in order of time; a number given before the conversion is not its."""
    batches: dict[tuple[str, int, str], list[Row]] = defaultdict(list)
    for line in lines:
        entry = entries.get(_target(line))
        if line["number"] and entry and sure(entry["registered_at"]) >= sure(line["converted_at"]) - CLOCKS_MAY_DIFFER:
            batches[*_target(line)[:2], line["converted_at"]].append(line)
    for (register, year, _), batch in batches.items():
        batch.sort(key=lambda line: int(line["number"]))
        for before, line in pairwise(batch):
            if sure(line["corrected_at"]) < sure(before["corrected_at"]):
                yield Fault("emergency-order", (register, year), (emergency_label(line), emergency_label(before)))


def check_closed(export: Export) -> Iterator[Fault]:
    """A closed book has nothing reserved, waiting, out at a desk, or entered afterwards."""
    for book, about in export.books.items():
        if about["state"] != "CLOSED":
            continue
        closed_at = moment(about["closed_at"])
        if closed_at is None:
            yield Fault("closed-pending", book, (), "no-time")
        for row in export.entries[book]:
            if row["state"] == "RESERVED":
                yield Fault("closed-pending", book, (label(row),), "reserved")
            if closed_at and max(sure(row["registered_at"]), sure(row["state_at"])) > closed_at + CLOCKS_MAY_DIFFER:
                yield Fault("closed-pending", book, (label(row),), "late")
        for line in export.rows["emergency"]:
            if not line["number"] and (line["register"], int(line["year"])) == book:
                yield Fault("closed-pending", book, (emergency_label(line),), "emergency")
        moves = export.custody[book]
        if SERVER in {move["to"] for move in moves} and about["holder"] != SERVER:
            yield Fault("closed-pending", book, (about["holder"],), "pen")


def check_chains(export: Export) -> Iterator[Fault]:
    """Every log runs from 1 without gaps, and every entry binds to the one before."""
    chains: dict[str, list[Row]] = defaultdict(list)
    for row in export.rows["audit"]:
        chains[row["chain"]].append(row)
    for chain, rows in sorted(chains.items()):
        previous = "0" * 64
        for place, row in enumerate(rows, 1):
            right = int(row["seq"]) == place and row["previous_hash"].lower() == previous
            previous = row["hash"].lower()
            if not right or entry_hash(row) != previous:
                yield Fault("chain", None, (chain, row["seq"]))
                break


def entry_hash(row: Row) -> str:
    """The SHA-256 of a log entry as FORMAT.md describes it, in hex; empty when the row cannot have one."""
    try:
        digest = hashlib.sha256(bytes.fromhex(row["previous_hash"]))
    except ValueError:
        return ""
    for column in ("seq", "command_uid", "kind", "actor", "desk", "made_at", "recorded_at", "body", "result"):
        raw = row[column].encode()
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()


CHECKS: tuple[Callable[[Export], Iterator[Fault]], ...] = (
    check_books, check_numbers, check_order, check_daily_closes, check_custody, check_emergency, check_closed,
    check_chains,
)  # fmt: skip


def audit(export: Export) -> list[Fault]:
    """Everything that cannot be explained."""
    return [fault for check in CHECKS for fault in check(export)]


# ---------------------------------------------------------------------------------------------------------------
# Report


def waiting(export: Export) -> list[str]:
    """Emergency numbers that still wait: no fault while their book is open."""
    return [emergency_label(line) for line in export.rows["emergency"] if not line["number"]]


def tally(export: Export, book: BookKey) -> dict[str, int]:
    """How many numbers of each kind a book has."""
    whole = [row["state"] for row in export.entries[book] if not row["sub_number"]]
    states = {state.lower(): whole.count(state) for state in ("LIVE", "VOID", "RESERVED")}
    return {"numbers": len(whole), **states, "sub_numbers": len(export.entries[book]) - len(whole)}


def as_text(export: Export, faults: list[Fault], lang: int, numbers: bool) -> Iterator[str]:
    """The report, line by line."""
    for book in sorted(export.books):
        mine = sum(fault.book == book for fault in faults)
        verdict = WORDS["unexplained"][lang].format(mine) if mine else WORDS["whole"][lang]
        yield WORDS["book"][lang].format(*book, *tally(export, book).values(), verdict)
        for row in export.entries[book] if numbers else ():
            what = (row["reason"] or row["subject"]) if row["state"] != "LIVE" else (row["subject"] or row["reference"])
            words = WORDS.get(row["state"], ("?", "?"))[lang].format(
                f"{sure(row['registered_at']) + VIETNAM:%d/%m/%Y %H:%M}", what
            )
            yield f"  {label(row)}: {words}" + (f" [{row['emergency_number']}]" if row["emergency_number"] else "")
    for name in waiting(export):
        yield "  " + WORDS["waiting"][lang].format(name)
    for fault in faults:
        where = f"{fault.book[0]}/{fault.book[1]}: " if fault.book else ""
        yield f"✗ [{fault.check}] {where}{fault.sentence(lang)}"
    yield WORDS["bad"][lang].format(len(faults)) if faults else WORDS["good"][lang]


def as_json(export: Export, faults: list[Fault], lang: int) -> str:
    """The report for a program."""
    return json.dumps(
        {
            "explained": not faults,
            "books": [{"register": b[0], "year": b[1], **tally(export, b)} for b in sorted(export.books)],
            "faults": [
                {
                    "check": fault.check,
                    "register": fault.book[0] if fault.book else None,
                    "year": fault.book[1] if fault.book else None,
                    "about": [str(part) for part in fault.about],
                    "sentence": fault.sentence(lang),
                }
                for fault in faults
            ],
            "notes": [{"waiting": name} for name in waiting(export)],
        },
        ensure_ascii=False,
        indent=2,
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the audit and print the report; return the exit code."""
    parser = argparse.ArgumentParser(description="Explain every number of exported books / giải thích mọi số trong sổ")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--numbers", action="store_true", help="one line per number / mỗi số một dòng")
    parser.add_argument("--lang", choices=("vi", "en"), default="vi")
    asked = parser.parse_args(arguments)
    lang = int(asked.lang == "en")
    try:
        export = read(asked.folder)
    except Unreadable as error:
        print(WORDS["unread"][lang].format(error), file=sys.stderr)
        return 2
    faults = audit(export)
    if asked.json:
        print(as_json(export, faults, lang))
    else:
        for line in as_text(export, faults, lang, asked.numbers):
            print(line)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

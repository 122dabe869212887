"""Finds the places on a draft: gap for the number, gaps of the date, the leader's signature, the seal.

Positions follow NĐ 30/2020 PL I.I.II.3 (number), 4 (date), 7 (signature), 8 (seal). Nothing is placed by guess.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from clerkdesk.i18n import N_, _
from clerkdesk.services.signing.errors import PlaceNotFound
from clerkdesk.services.signing.page_text import (
    Box,
    Letter,
    Line,
    PageText,
    has_ink,
    page_area,
    plain_texts,
    read_page,
    squeezed,
)

POINTS_PER_MM = 72 / 25.4
SEAL_DIAMETER_MM = 36.0
SIGNATURE_WIDTH_MM = 45.0
SIGNATURE_HEIGHT_MM = 25.0

NUMBER, DAY, MONTH, YEAR = N_("số văn bản"), N_("ngày"), N_("tháng"), N_("năm")
SIGNATURE, SEAL = N_("chữ ký của người có thẩm quyền"), N_("dấu của cơ quan")

_BELOW_BASELINE = 0.25  # parts of the font size that a text field reaches below and above the baseline
_ABOVE_BASELINE = 0.95
_LEAST_SIGNATURE_MM = 12.0  # less height between title and name is no place to sign
_CLEARANCE = 2.0  # points kept free between the signature and the lines around it
_BLANK = r"([\s.…_]*)"
_NUMBER_GAP = re.compile(rf"(?<!\w)Số\s*:{_BLANK}/")
_DATE = re.compile(
    rf"ngày(?:{_BLANK}|\s*(\d{{1,2}})\s*)tháng(?:{_BLANK}|\s*(\d{{1,2}})\s*)năm\s*(?:(\d{{4}})|{_BLANK})"
)


@dataclass(frozen=True)
class TextPlace:
    """Where a short text goes: `page` counts from 0, `box` and `size` are in points.

    The baseline is a quarter of `size` above the lower edge. `cover` paints the box white first, over printed dots.
    """

    page: int
    box: Box
    size: float = 13.0
    italic: bool = False
    cover: bool = False

    @property
    def baseline(self) -> float:
        """Height of the text's baseline on the page, in points."""
        return self.box.y0 + _BELOW_BASELINE * self.size


@dataclass(frozen=True)
class Place:
    """Where a picture goes: `page` counts from 0, `box` is in points."""

    page: int
    box: Box


@dataclass(frozen=True)
class DatePlaces:
    """Gaps of the date line; a part that the draft prints has no gap, and its digits stand in `printed`."""

    day: TextPlace | None
    month: TextPlace | None
    year: TextPlace | None
    printed: dict[str, str]


def find_number(page: PageText) -> TextPlace:
    """The gap between "Số:" and "/" on `page`, the first of the document.

    Raises:
        PlaceNotFound: no such gap, no text (a scan), or a turned page.
    """
    _require_readable(page, NUMBER)
    for line in page.lines:
        for found in _NUMBER_GAP.finditer(line.text):
            return _gap(page, line, found, 1, NUMBER)
    raise PlaceNotFound(what=_(NUMBER), reason=_("trang 1 không có “Số:      /” để trống"))


def find_date(page: PageText) -> DatePlaces:
    """The gaps of "ngày … tháng … năm …" on `page`, the first of the document.

    Raises:
        PlaceNotFound: no such line, no text (a scan), or a turned page.
    """
    _require_readable(page, DAY)
    for line in page.lines:
        found = _DATE.search(line.text)
        if not found:
            continue
        printed = {what: found[group] for what, group in ((DAY, 2), (MONTH, 4), (YEAR, 5)) if found[group]}
        wrapped = None if YEAR in printed else _year_on_next_line(page, line, found.end())
        if wrapped:
            printed[YEAR] = wrapped
        return DatePlaces(
            day=None if DAY in printed else _gap(page, line, found, 1, DAY),
            month=None if MONTH in printed else _gap(page, line, found, 3, MONTH),
            year=None if YEAR in printed else _gap(page, line, found, 6, YEAR),
            printed=printed,
        )
    raise PlaceNotFound(what=_(DAY), reason=_("trang 1 không có dòng “ngày … tháng … năm …”"))


def _year_on_next_line(page: PageText, line: Line, end: int) -> str | None:
    """The year, when a narrow cell has pushed it alone under its line; it must not be written a second time."""
    if line.text[end:].strip():
        return None
    for below in page.lines:
        drop = line.box.y0 - below.box.y0
        overlaps = below.box.x1 > line.box.x0 and below.box.x0 < line.box.x1
        if re.fullmatch(r"\s*\d{4}[,.]?\s*", below.text) and overlaps and 0 < drop < 2.5 * (line.box.y1 - line.box.y0):
            return below.text.strip(" ,.")
    return None


def find_signature(pdf: bytes, signer_name: str, *, shape: float | None = None) -> Place:
    """The free space between the title and the signer's name, where that name stands last in the document.

    Args:
        pdf: the draft.
        signer_name: as printed below the signature, e.g. "Nguyễn Văn A".
        shape: width divided by height of the signature's picture; the box then has this shape.

    Source: NĐ 30/2020 PL I.I.II.7 (signature between title and name).

    Raises:
        PlaceNotFound: name missing, too little room, off the page, or something stands there.
    """
    page, line, name = _last_name(pdf, signer_name)
    middle = (name.x0 + name.x1) / 2
    floor = name.y1 + _CLEARANCE
    ceiling = min(
        (other.y0 - _CLEARANCE for other in _boxes_above(page, line, name, SIGNATURE_WIDTH_MM * POINTS_PER_MM)),
        default=page.area.y1,
    )
    height = min(ceiling - floor, SIGNATURE_HEIGHT_MM * POINTS_PER_MM)
    if height < _LEAST_SIGNATURE_MM * POINTS_PER_MM:
        reason = _("giữa chức vụ và họ tên chỉ có {mm} mm").format(mm=max(0, round(height / POINTS_PER_MM)))
        raise PlaceNotFound(what=_(SIGNATURE), reason=reason)
    width = SIGNATURE_WIDTH_MM * POINTS_PER_MM
    if shape:
        width, height = min(width, height * shape), min(height, width / shape)
    lower = floor + (min(ceiling, floor + SIGNATURE_HEIGHT_MM * POINTS_PER_MM) - floor - height) / 2
    place = Place(page.index, Box(middle - width / 2, lower, middle + width / 2, lower + height))
    if not page.area.contains(place.box):
        raise PlaceNotFound(what=_(SIGNATURE), reason=_("chỗ ký vượt ra ngoài trang"))
    if has_ink(pdf, page.index, place.box):
        raise PlaceNotFound(what=_(SIGNATURE), reason=_("chỗ ký đã có chữ hoặc hình"))
    return place


def seal_beside(signature: Place, diameter_mm: float = SEAL_DIAMETER_MM) -> Place:
    """The seal's square: real size, over the left third of the signature, level with its middle.

    Source: NĐ 30/2020 PL I.I.II.8 (seal in real size, covering about a third of the signature on its left).
    """
    diameter = diameter_mm * POINTS_PER_MM
    right = signature.box.x0 + signature.box.width / 3
    middle = (signature.box.y0 + signature.box.y1) / 2
    return Place(signature.page, Box(right - diameter, middle - diameter / 2, right, middle + diameter / 2))


def check_on_page(pdf: bytes, what: str, place: Place | TextPlace) -> None:
    """Refuse a place outside the visible page, or on a turned page, where upright pictures would lie on their side.

    Raises:
        PlaceNotFound: see above.
    """
    found = page_area(pdf, place.page)
    if found is None:
        raise PlaceNotFound(what=_(what), reason=_("văn bản không có trang {page}").format(page=place.page + 1))
    area, rotation = found
    if rotation:
        raise PlaceNotFound(what=_(what), reason=_("trang {page} bị xoay").format(page=place.page + 1))
    if place.box.width <= 0 or place.box.height <= 0 or not area.contains(place.box):
        raise PlaceNotFound(what=_(what), reason=_("chỗ đó vượt ra ngoài trang"))


def _require_readable(page: PageText, what: str) -> None:
    if not page.lines:
        raise PlaceNotFound(what=_(what), reason=_("trang 1 không có chữ, có thể là bản quét"))
    if page.rotation:
        raise PlaceNotFound(what=_(what), reason=_("trang {page} bị xoay").format(page=page.index + 1))


def _gap(page: PageText, line: Line, found: re.Match[str], group: int, what: str) -> TextPlace:
    start, end = found.span(group)
    before, after = _letter_before(line, start), _letter_after(line, end)
    if before is None or not before.upright:
        raise PlaceNotFound(what=_(what), reason=_("chữ trên trang bị xoay"))
    size = before.size if 9 <= before.size <= 18 else 13.0
    left, right = before.box.x1 + 0.5, after.box.x0 - 0.5 if after else 0.0
    if after is None:  # the year ends its line: a space, then room for four digits, over dots if there are any
        left += size / 4
        right = max([left + 2 * size + 1, *(letter.box.x1 for letter in line.letters[start:end] if letter)])
    return TextPlace(
        page=page.index,
        box=Box(
            left,
            before.baseline - _BELOW_BASELINE * size,
            right,
            before.baseline + _ABOVE_BASELINE * size,
        ),
        size=size,
        italic=before.italic,
        cover=bool(found[group].strip()),
    )


def _letter_before(line: Line, position: int) -> Letter | None:
    return next((letter for letter in reversed(line.letters[:position]) if letter), None)


def _letter_after(line: Line, position: int) -> Letter | None:
    return next((letter for letter in line.letters[position:] if letter), None)


def _last_name(pdf: bytes, signer_name: str) -> tuple[PageText, Line, Box]:
    words = unicodedata.normalize("NFC", signer_name).split()
    if not words:
        raise PlaceNotFound(what=_(SIGNATURE), reason=_("chưa có họ tên người ký"))
    pattern = re.compile(r"(?<!\w)" + r"\s*".join(map(re.escape, words)) + r"(?!\w)", re.IGNORECASE)
    texts = plain_texts(pdf)
    likely = [index for index, text in enumerate(texts) if squeezed(signer_name) in text] or range(len(texts))
    for page in (read_page(pdf, index) for index in reversed(likely)):
        for line in reversed(page.lines):
            hits = list(pattern.finditer(line.text))
            if not hits:
                continue
            letters = [letter for letter in line.letters[hits[-1].start() : hits[-1].end()] if letter]
            if page.rotation or not all(letter.upright for letter in letters):
                reason = _("trang {page} bị xoay").format(page=page.index + 1)
                raise PlaceNotFound(what=_(SIGNATURE), reason=reason)
            boxes = [letter.box for letter in letters]
            return page, line, Box(boxes[0].x0, min(b.y0 for b in boxes), boxes[-1].x1, max(b.y1 for b in boxes))
    raise PlaceNotFound(
        what=_(SIGNATURE), reason=_("không thấy họ tên “{name}” trong văn bản").format(name=signer_name)
    )


def _boxes_above(page: PageText, line: Line, name: Box, width: float) -> list[Box]:
    """Letters above the name that stand in the column of the signature."""
    middle = (name.x0 + name.x1) / 2
    left, right = middle - width / 2, middle + width / 2
    return [
        letter.box
        for other in page.lines
        if other is not line
        for letter in other.letters
        if letter and letter.box.y0 > name.y0 and letter.box.x1 > left and letter.box.x0 < right
    ]

"""A PDF on its way through the office: opens it, and tells which fields it has and what may still be done to it."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import form_tools, generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, enumerate_sig_fields
from pyhanko.sign.validation import read_certification_data

from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import _
from clerkdesk.services.signing.errors import ChangesForbidden, PdfDamaged, PdfEncrypted
from clerkdesk.services.signing.layout import DAY, MONTH, NUMBER, YEAR, TextPlace
from clerkdesk.services.signing.page_text import Box

NUMBER_FIELD, DAY_FIELD, MONTH_FIELD, YEAR_FIELD = "clerk_number", "clerk_day", "clerk_month", "clerk_year"
LEADER_FIELD, AGENCY_FIELD = "leader", "agency"
FIELD_WORDS = {NUMBER_FIELD: NUMBER, DAY_FIELD: DAY, MONTH_FIELD: MONTH, YEAR_FIELD: YEAR}
UPRIGHT_FONT, ITALIC_FONT = "/TiRo", "/TiIt"

_pdf: Any = generic  # its constructors carry no types


_enumerate_fields: Any = form_tools.enumerate_fields_in

for _noisy in ("pyhanko", "pyhanko_certvalidator"):  # without a handler their tracebacks land on the terminal
    logging.getLogger(_noisy).addHandler(logging.NullHandler())


class QuietWriter(IncrementalPdfFileWriter):
    """Adds a revision without touching /Info, XMP or catalogue dates, which strict validators count as changes."""

    def _update_meta(self) -> None:
        pass


@dataclass(frozen=True)
class TextField:
    """One text field of the office: its name, value and place; `reference` is pyHanko's."""

    name: str
    value: str
    place: TextPlace
    reference: Any


@contextmanager
def faults_of_the_file() -> Iterator[None]:
    """Turn whatever a PDF library raises on a broken file into `PdfDamaged`; our own errors pass."""
    try:
        yield
    except ClerkDeskError:
        raise
    except Exception as problem:  # broken files give KeyError, AssertionError, RecursionError and many more
        raise PdfDamaged(reason=type(problem).__name__) from problem


def open_reader(pdf: bytes) -> Any:
    """Open `pdf` for reading.

    Raises:
        PdfDamaged: not a PDF, cut off, or without pages.
        PdfEncrypted: protected by a password, an empty one included (its limits of use would be broken by signing).
    """
    if not pdf:
        raise PdfDamaged(reason=_("tệp rỗng"))
    with faults_of_the_file():
        reader = PdfFileReader(io.BytesIO(pdf), strict=False)
        if reader.encrypted:
            raise PdfEncrypted()
        if int(reader.root["/Pages"]["/Count"]) < 1:
            raise PdfDamaged(reason=_("không có trang nào"))
        return reader


def open_writer(pdf: bytes) -> Any:
    """Open `pdf` to add one revision to it; raises like `open_reader`."""
    open_reader(pdf)
    with faults_of_the_file():
        return QuietWriter(io.BytesIO(pdf), strict=False)


def signature_fields(handler: Any) -> dict[str, bool]:
    """All signature fields by name, and whether each is signed."""
    with faults_of_the_file():
        return {str(name): value is not None for name, value, _ref in enumerate_sig_fields(handler)}


def refuse_if_locked(reader: Any) -> None:
    """Refuse a document that its signer certified against any change.

    Raises:
        ChangesForbidden: DocMDP P=1.
    """
    with faults_of_the_file():
        certification = read_certification_data(reader)
    if certification is not None and certification.permission == MDPPerm.NO_CHANGES:
        raise ChangesForbidden()


def text_fields(handler: Any) -> dict[str, TextField]:
    """The office's own text fields that the document has, by name."""
    with faults_of_the_file():
        fields = fields_of(handler)
        if fields is None:
            return {}
        found = _enumerate_fields(fields, refs_seen=set(), target_field_type="/Tx")
        return {
            str(name): TextField(str(name), str(value or ""), _place_of(reference.get_object(), 0), reference)
            for name, value, reference in found
            if name in FIELD_WORDS
        }


def field_values(handler: Any) -> dict[str, str]:
    """Every form field's value in words, by name; a signature counts as the place of its signature object."""
    with faults_of_the_file():
        fields = fields_of(handler)
        if fields is None:
            return {}
        values: dict[str, str] = {}
        for kind in ("/Tx", "/Sig", "/Btn", "/Ch"):
            for name, value, reference in _enumerate_fields(fields, refs_seen=set(), target_field_type=kind):
                if kind == "/Sig" and value is not None:
                    values[str(name)] = repr(reference.get_object().raw_get("/V"))
                else:
                    values[str(name)] = "" if value is None else str(value)
        return values


def fields_of(handler: Any) -> Any:
    """The form's list of fields, or None when there is no form."""
    try:
        return handler.root["/AcroForm"]["/Fields"]  # .get() would not follow references
    except KeyError:
        return None


def _place_of(field: Any, page: int) -> TextPlace:
    x0, y0, x1, y1 = (float(side) for side in field["/Rect"])
    font, size = str(field["/DA"]).split()[:2]
    return TextPlace(page, Box(x0, y0, x1, y1), float(size), font == ITALIC_FONT, cover="/MK" in field)


def add_text_field(writer: Any, name: str, place: TextPlace, label: str) -> None:
    """Add an empty text field to the document.

    Args:
        writer: from `open_writer`.
        name: one of the office's field names.
        place: where and how the text will stand; a place that covers printed dots gets a white ground.
        label: what a screen reader says.
    """
    name_of = _pdf.pdf_name
    page, _parent = writer.find_page_for_modification(place.page)
    font = ITALIC_FONT if place.italic else UPRIGHT_FONT
    field = _pdf.DictionaryObject(
        {
            name_of("/Type"): name_of("/Annot"),
            name_of("/Subtype"): name_of("/Widget"),
            name_of("/FT"): name_of("/Tx"),
            name_of("/T"): _pdf.TextStringObject(name),
            name_of("/TU"): _pdf.TextStringObject(label),
            name_of("/F"): _pdf.NumberObject(4),
            name_of("/Ff"): _pdf.NumberObject(0),
            name_of("/Q"): _pdf.NumberObject(1),
            name_of("/DA"): _pdf.TextStringObject(f"{font} {place.size:g} Tf 0 g"),
            name_of("/P"): page,
            name_of("/Rect"): _pdf.ArrayObject([_pdf.FloatObject(round(side, 2)) for side in _corners(place.box)]),
        }
    )
    if place.cover:
        white = _pdf.ArrayObject([_pdf.NumberObject(1)])
        field[name_of("/MK")] = _pdf.DictionaryObject({name_of("/BG"): white})
    reference = writer.add_object(field)
    form = _form(writer)
    form["/Fields"].append(reference)
    writer.update_container(form["/Fields"])
    writer.update_container(form)
    writer.register_annotation(page, reference)


def _corners(box: Box) -> tuple[float, float, float, float]:
    return box.x0, box.y0, box.x1, box.y1


def _form(writer: Any) -> Any:
    """The document's form, made if missing, with the two fonts that the fields name."""
    name_of = _pdf.pdf_name
    root = writer.root
    if "/AcroForm" not in root:
        root[name_of("/AcroForm")] = writer.add_object(_pdf.DictionaryObject())
        writer.update_root()
    form = root["/AcroForm"]
    if "/Fields" not in form:
        form[name_of("/Fields")] = _pdf.ArrayObject()
    if "/NeedAppearances" in form:  # a reader would redraw the fields and so break the look that was signed
        form[name_of("/NeedAppearances")] = _pdf.BooleanObject(False)
    if "/DR" not in form:
        form[name_of("/DR")] = _pdf.DictionaryObject()
    resources = form["/DR"]
    if "/Font" not in resources:
        resources[name_of("/Font")] = _pdf.DictionaryObject()
    fonts = resources["/Font"]
    for key, base in ((UPRIGHT_FONT, "/Times-Roman"), (ITALIC_FONT, "/Times-Italic")):
        if key not in fonts:
            fonts[name_of(key)] = writer.add_object(
                _pdf.DictionaryObject(
                    {
                        name_of("/Type"): name_of("/Font"),
                        name_of("/Subtype"): name_of("/Type1"),
                        name_of("/BaseFont"): name_of(base),
                        name_of("/Encoding"): name_of("/WinAnsiEncoding"),
                    }
                )
            )
    for part in (fonts, resources, form):
        writer.update_container(part)
    return form

"""Registers: which series exist, which symbol a document gets, what a template may be."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clerkdesk.errors import ClerkDeskError
from clerkdesk.services import commands as c
from clerkdesk.services import registers
from clerkdesk.services.desk import Desk
from clerkdesk.services.document_types import COPY_TYPES, DOCUMENT_TYPES
from clerkdesk.services.folding import clean_line
from clerkdesk.services.lengths import Missing
from clerkdesk.services.outgoing import ReferenceCodeTaken, outgoing_by_id
from clerkdesk.services.reference_code import (
    PLACES,
    SymbolParts,
    TemplateBroken,
    check_template,
    day_text,
    joined,
    month_text,
    notation,
    number_text,
    reference_code,
    split_reference,
)
from clerkdesk.services.vocabulary import Direction, OutgoingStatus

from ..office import bring_to, everything, issue, register, rows, setup_command, steps_of, subject_of, void

PARTS = SymbolParts(type="QĐ", agency="UBND", unit="VP", body="HĐTĐ")


@pytest.mark.parametrize(
    ("template", "number", "parts", "code"),
    [
        (registers.NORMATIVE, 5, SymbolParts("QĐ", "UBND"), "05/2026/QĐ-UBND"),
        (registers.NORMATIVE, 44, SymbolParts("NQ", "HĐND"), "44/2026/NQ-HĐND"),
        (registers.TYPED, 15, SymbolParts("QĐ", "BNV"), "15/QĐ-BNV"),
        (registers.TYPED, 8849, SymbolParts("QĐ", "UBND"), "8849/QĐ-UBND"),
        (registers.TYPED, 80, SymbolParts("TTr", "STTTT"), "80/TTr-STTTT"),
        (registers.TYPED, 7, SymbolParts("", "BNV"), "07/BNV"),
        (registers.LETTER, 5, SymbolParts("", "BNV", "VP"), "05/BNV-VP"),
        (registers.LETTER, 12, SymbolParts("", "UBND", "VX"), "12/UBND-VX"),
        (registers.LETTER, 5, SymbolParts("", "BNV"), "05/BNV"),
        ("{number}/{type}-{body}", 3, SymbolParts("BC", body="BCĐ"), "03/BC-BCĐ"),
        ("{number}/{type}-{body}", 3, SymbolParts("BC"), "03/BC"),
        ("{number}/{year}/{body}/{type}-{agency}", 3, SymbolParts("BC", "SNV"), "03/2026/BC-SNV"),
        ("{number}/{type}-{unit}-{agency}", 3, SymbolParts("BC", "SNV"), "03/BC-SNV"),
        ("{number}/{unit}", 3, SymbolParts(), "03/"),
    ],
)
def test_a_code_is_written_by_the_rule(template: str, number: int, parts: SymbolParts, code: str) -> None:
    assert reference_code(template, number, "", 2026, parts) == code


def test_a_sub_number_stands_behind_its_number() -> None:
    assert reference_code(registers.TYPED, 5, "a", 2026, PARTS) == "05a/QĐ-UBND"
    assert (number_text(9), number_text(10), number_text(100, "b")) == ("09", "10", "100b")


def test_days_below_ten_and_the_first_two_months_have_a_leading_zero() -> None:
    assert [day_text(day) for day in (1, 9, 10, 31)] == ["01", "09", "10", "31"]
    assert [month_text(month) for month in range(1, 13)] == [
        "01",
        "02",
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
        "9",
        "10",
        "11",
        "12",
    ]


TEMPLATES = st.lists(
    st.sampled_from([*(f"{{{place}}}" for place in PLACES), "{", "}", "{}", "{0}", "{type!r}", "{type:5}", "{year:d}", "{type.x}", "/", "-", "Đ", " "]),
    max_size=6,
).map(lambda parts: "{number}/" + "".join(parts))  # fmt: skip
WORDS = st.sampled_from(["", "QĐ", "SNV", "VP-TH", "{0}"])


@given(TEMPLATES, st.builds(SymbolParts, WORDS, WORDS, WORDS, WORDS))
@example("{number}/{type:d}", SymbolParts())
@example("{number}/{type:999999999}", SymbolParts())
@example("{number}/{year}/{unit}/{body}", SymbolParts())
def test_a_template_that_was_accepted_can_always_be_filled(template: str, parts: SymbolParts) -> None:
    try:
        accepted = check_template(template)
    except TemplateBroken as error:
        assert clean_line(template) in error.message
        return
    filled = notation(accepted, 2026, parts)
    assert "//" not in filled
    assert "--" not in filled
    assert filled.strip("-/") == filled


@pytest.mark.parametrize(
    "template",
    [
        "",
        "{type}-{agency}",
        "{number}",
        "{number}-{type}",
        " {type}/{number}",
        "{number}/{number}",
        "{number}/{name}",
        "{number}/{0}",
        "{number}/{",
        "{number}/}",
        "{number:>9}/{type}",
        "{number}/{type!r}",
        "{number}/{agency.__class__}",
    ],
)
def test_a_template_that_cannot_be_filled_is_refused_when_the_register_is_made(desk: Desk, template: str) -> None:
    facts = c.NewRegister(
        direction=Direction.OUTGOING, code="X", title="Sổ X", symbols=(c.NewSymbol(template=template, body="X"),)
    )
    with pytest.raises(TemplateBroken):
        desk.do(desk.make(c.AddRegister, register_facts=facts, year=2026))
    assert rows(desk.store, "SELECT 1 FROM register WHERE code = 'X'") == []


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("5/QĐ-UBND", ("05", "QĐ-UBND")),
        ("05/QĐ-UBND", ("05", "QĐ-UBND")),
        (" 5 / QĐ - UBND ", ("05", "QĐ-UBND")),
        ("005/QĐ-UBND", ("05", "QĐ-UBND")),
        ("44/2024/QĐ-UBND", ("44", "2024/QĐ-UBND")),
        ("15a/BNV-VP", ("15a", "BNV-VP")),
        ("123", ("123", "")),
        ("123/", ("123", "")),
        ("S/v", ("", "S/v")),
        ("", ("", "")),
        ("12345678/QĐ", ("", "12345678/QĐ")),
    ],
)
def test_a_typed_code_is_split_into_number_and_notation(typed: str, expected: tuple[str, str]) -> None:
    assert split_reference(typed) == expected


@given(st.text(max_size=30) | st.from_regex(r"\A\s*\d{1,8}[a-zđſK]?\s*/?.{0,10}\Z"))
@example("5ſ/QĐ")
@example("٥/QĐ")
def test_a_code_shown_and_typed_again_is_the_same_code(typed: str) -> None:
    once = split_reference(typed)
    assert split_reference(joined(*once)) == once


# --- which series exist ----------------------------------------------------------------------------------------


@pytest.fixture
def office(
    request: pytest.FixtureRequest, tmp_path: Path, clock: object, cheap_passwords: None, no_keyring: None
) -> Iterator[Desk]:
    """An office with the registers of the test's table."""
    desk = Desk.open(tmp_path / "clerkdesk.db")
    command = setup_command(registers=request.param)
    from clerkdesk.services.office import execute

    execute(desk.store, command)
    desk.refresh()
    desk.log_in("annv", "Abcd!234")
    yield desk
    desk.close()
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize("office", [registers.per_type_preset(normative=True)], indirect=True)
def test_an_agency_that_numbers_by_type_has_a_series_for_each_and_one_for_letters(office: Desk) -> None:
    codes = [issue(office, document_type=kind).reference_code for kind in ("QĐ", "KH", "QĐ", "CV", "TCg", "SY", "TrS")]
    assert codes == ["01/QĐ-SNV", "01/KH-SNV", "02/QĐ-SNV", "01/SNV-VP", "02/SNV-VP", "01/SY-SNV", "02/TrS-SNV"]
    assert issue(office, document_type="QĐ", normative=True).reference_code == "01/2026/QĐ-SNV"
    for kind in (*DOCUMENT_TYPES, *COPY_TYPES):
        office.read(registers.symbol_for, kind.code, normative=False)
    for kind_code, normative in (("L", False), ("TT", True), ("XX", False)):
        with pytest.raises(registers.NoSymbol):
            office.read(registers.symbol_for, kind_code, normative=normative)


@pytest.mark.parametrize("office", [registers.common_preset()], indirect=True)
def test_an_agency_without_normative_registers_issues_no_normative_document(office: Desk) -> None:
    with pytest.raises(registers.NoSymbol):
        office.read(registers.symbol_for, "QĐ", normative=True)


def test_an_advisory_body_has_a_series_of_its_own(desk: Desk) -> None:
    issue(desk, document_type="BC")
    facts = registers.advisory_body_preset("HĐTĐ", "HĐTĐKT")
    added = desk.do(desk.make(c.AddRegister, register_facts=facts, year=2026))
    assert added.model_dump()["register_id"] is not None
    code = issue(desk, document_type="BC", body="HĐTĐKT").reference_code
    assert code == "01/BC-HĐTĐKT"
    assert issue(desk, document_type="BC").reference_code == "02/BC-SNV"
    with pytest.raises(registers.NoSymbol):
        desk.read(registers.symbol_for, "BC", normative=False, body="Ban khác")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"code": "DEN"}, registers.RegisterCodeTaken),
        ({"code": ""}, Missing),
        ({"title": " "}, Missing),
        ({"symbols": (c.NewSymbol(template=registers.TYPED),)}, registers.SymbolTaken),
        ({"symbols": (c.NewSymbol(template=registers.TYPED, document_type="CV"),)}, registers.SymbolTaken),
        ({"symbols": (c.NewSymbol(template=registers.TYPED, document_type="BC"),) * 2}, registers.SymbolTaken),
    ],
)
def test_a_register_that_would_blur_another_is_not_made(
    desk: Desk, facts: dict[str, object], expected: type[ClerkDeskError]
) -> None:
    whole = {"direction": Direction.OUTGOING, "code": "MOI", "title": "Sổ mới"} | facts
    before = rows(desk.store, "SELECT count(*) FROM register")[0][0]
    with pytest.raises(expected):
        desk.do(desk.make(c.AddRegister, register_facts=c.NewRegister.model_validate(whole), year=2026))
    assert rows(desk.store, "SELECT count(*) FROM register")[0][0] == before


@pytest.mark.parametrize(
    ("symbol", "code"),
    [
        ({"template": registers.TYPED, "document_type": "CT", "normative": True}, "CT-SNV"),
        ({"template": registers.TYPED, "body": "SNV"}, "QĐ-SNV"),
        ({"template": "{number}/{type}-{body}", "document_type": "TB", "body": "SNV"}, "TB-SNV"),
        ({"template": "{number}/{agency}-{unit}", "document_type": "BC"}, "SNV"),
        ({"template": "{number}/SNV-VP", "document_type": "GM"}, "SNV-VP"),
        ({"template": "{number}/{agency}", "document_type": "GM"}, "SNV"),
        ({"template": "{number}/{year}/QĐ-{agency}", "document_type": "KH", "normative": True}, "2026/QĐ-SNV"),
    ],
)
def test_a_symbol_that_would_write_another_registers_codes_is_not_made(
    desk: Desk, symbol: dict[str, object], code: str
) -> None:
    facts = c.NewRegister(
        direction=Direction.OUTGOING, code="MOI", title="Sổ mới", symbols=(c.NewSymbol.model_validate(symbol),)
    )
    before = rows(desk.store, "SELECT count(*) FROM register")[0][0]
    with pytest.raises(registers.CodesCollide) as caught:
        desk.do(desk.make(c.AddRegister, register_facts=facts, year=2026))
    assert "sổ “Sổ " in caught.value.message
    assert caught.value.field == "template"
    assert f"“{code}”" in caught.value.message or symbol.get("body") == "SNV"
    assert rows(desk.store, "SELECT count(*) FROM register")[0][0] == before


def test_a_type_that_gets_a_register_of_its_own_in_mid_year_cannot_repeat_a_code(desk: Desk) -> None:
    first = issue(desk, document_type="QĐ")
    assert first.reference_code == "01/QĐ-SNV"
    symbols = (c.NewSymbol(template=registers.TYPED, document_type="QĐ"),)
    facts = c.NewRegister(direction=Direction.OUTGOING, code="QD", title="Sổ quyết định", symbols=symbols)
    added = desk.do(desk.make(c.AddRegister, register_facts=facts, year=2026)).subject
    outgoing = bring_to(desk, OutgoingStatus.AWAITING_ISSUE, document_type="QĐ")
    before = everything(desk.store)
    with pytest.raises(ReferenceCodeTaken) as caught:
        desk.do(steps_of(desk, outgoing)["IssueNumber"])
    assert "01/QĐ-SNV" in caught.value.message and "F10" in caught.value.message
    assert everything(desk.store) == before
    desk.do(desk.make(c.ConfirmLastNumber, register_id=added, year=2026, last_number=1, reason="Đã cấp ở sổ chung"))
    assert desk.do(steps_of(desk, outgoing)["IssueNumber"]).model_dump()["reference_code"] == "02/QĐ-SNV"


def test_a_void_documents_code_is_not_given_again(desk: Desk) -> None:
    first = issue(desk, document_type="QĐ")
    row = desk.read(outgoing_by_id, subject_of(first))
    void(desk, row["register_id"], 1)
    symbols = (c.NewSymbol(template=registers.TYPED, document_type="QĐ"),)
    facts = c.NewRegister(direction=Direction.OUTGOING, code="QD", title="Sổ quyết định", symbols=symbols)
    desk.do(desk.make(c.AddRegister, register_facts=facts, year=2026))
    with pytest.raises(ReferenceCodeTaken):
        issue(desk, document_type="QĐ")


def test_paper_and_electronic_arrivals_share_one_series(desk: Desk) -> None:
    from clerkdesk.services.vocabulary import Medium, ReceiptChannel

    numbers = [
        register(desk, medium=medium, receipt_channel=channel).number for medium in Medium for channel in ReceiptChannel
    ]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(
    "preset",
    [registers.common_preset(), registers.common_preset(normative=True), registers.per_type_preset(normative=True)],
)
def test_no_two_registers_of_a_preset_write_the_same_code(preset: tuple[c.NewRegister, ...]) -> None:
    """Number and notation are unique within a year, whatever the register (NĐ 30/2020 Đ15.1)."""
    own = {(symbol.document_type, symbol.normative, symbol.body) for register in preset for symbol in register.symbols}
    written: dict[str, str] = {}
    for register_facts in preset:
        for symbol in register_facts.symbols:
            kinds = [symbol.document_type] if symbol.document_type else [
                kind.code for kind in DOCUMENT_TYPES if (kind.code, symbol.normative, symbol.body) not in own
            ]  # fmt: skip
            for kind in kinds:
                shown = next(one for one in (*DOCUMENT_TYPES, *COPY_TYPES) if one.code == kind).abbreviation
                code = notation(symbol.template, 2026, SymbolParts(shown, "SNV", "VP", symbol.body))
                assert written.setdefault(code, register_facts.code) == register_facts.code

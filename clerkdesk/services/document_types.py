"""The 29 types of administrative document and the three kinds of copy, with their abbreviations (NĐ 30/2020 Đ7, PL III)."""

from __future__ import annotations

from dataclasses import dataclass

from clerkdesk.services.folding import folded


@dataclass(frozen=True, slots=True)
class DocumentType:
    """One type (tên loại).

    `abbreviation` is what stands in a notation (empty for công văn and thư công); `code` is what a clerk types and
    what the store keeps; `archive_code` is the type's number in TT 05/2025/TT-BNV PL I.
    """

    code: str
    name: str
    abbreviation: str
    archive_code: str


DOCUMENT_TYPES = (
    DocumentType("NQ", "Nghị quyết", "NQ", "01"),
    DocumentType("QĐ", "Quyết định", "QĐ", "02"),
    DocumentType("CT", "Chỉ thị", "CT", "03"),
    DocumentType("QC", "Quy chế", "QC", "04"),
    DocumentType("QyĐ", "Quy định", "QyĐ", "05"),
    DocumentType("TC", "Thông cáo", "TC", "06"),
    DocumentType("TB", "Thông báo", "TB", "07"),
    DocumentType("HD", "Hướng dẫn", "HD", "08"),
    DocumentType("CTr", "Chương trình", "CTr", "09"),
    DocumentType("KH", "Kế hoạch", "KH", "10"),
    DocumentType("PA", "Phương án", "PA", "11"),
    DocumentType("ĐA", "Đề án", "ĐA", "12"),
    DocumentType("DA", "Dự án", "DA", "13"),
    DocumentType("BC", "Báo cáo", "BC", "14"),
    DocumentType("BB", "Biên bản", "BB", "20"),
    DocumentType("TTr", "Tờ trình", "TTr", "15"),
    DocumentType("HĐ", "Hợp đồng", "HĐ", "21"),
    DocumentType("CV", "Công văn", "", "22"),
    DocumentType("CĐ", "Công điện", "CĐ", "23"),
    DocumentType("BGN", "Bản ghi nhớ", "BGN", "24"),
    DocumentType("BTT", "Bản thỏa thuận", "BTT", "25"),
    DocumentType("GUQ", "Giấy ủy quyền", "GUQ", "16"),
    DocumentType("GM", "Giấy mời", "GM", "26"),
    DocumentType("GGT", "Giấy giới thiệu", "GGT", "27"),
    DocumentType("GNP", "Giấy nghỉ phép", "GNP", "28"),
    DocumentType("PG", "Phiếu gửi", "PG", "17"),
    DocumentType("PC", "Phiếu chuyển", "PC", "18"),
    DocumentType("PB", "Phiếu báo", "PB", "19"),
    DocumentType("TCg", "Thư công", "", "29"),
)

COPY_TYPES = (
    DocumentType("SY", "Sao y", "SY", "32"),
    DocumentType("TrS", "Trích sao", "TrS", "32"),
    DocumentType("SL", "Sao lục", "SL", "32"),
)

# Normative types that agencies issue and that we meet as arrivals (Luật Ban hành VBQPPL); not among the 29.
NORMATIVE_TYPES = (
    DocumentType("L", "Luật", "L", "32"),
    DocumentType("PL", "Pháp lệnh", "PL", "32"),
    DocumentType("NĐ", "Nghị định", "NĐ", "32"),
    DocumentType("TT", "Thông tư", "TT", "32"),
    DocumentType("TTLT", "Thông tư liên tịch", "TTLT", "32"),
)

EVERY_TYPE = (*DOCUMENT_TYPES, *COPY_TYPES, *NORMATIVE_TYPES)
_BY_CODE = {kind.code: kind for kind in EVERY_TYPE}


def type_by_code(code: str) -> DocumentType | None:
    """Return the type with exactly this code, or None."""
    return _BY_CODE.get(code)


def type_name(code: str) -> str:
    """Return the type's name, or the code itself when it is none of ours."""
    kind = _BY_CODE.get(code)
    return kind.name if kind else code


def find_types(typed: str) -> list[DocumentType]:
    """Return the types that a typed code or beginning of a name can mean, best first.

    Case and accents count only to break ties: "qđ", "qd" and "quyet" all find Quyết định; "qyd" finds Quy định.
    """
    query = folded(typed)
    if not query:
        return list(EVERY_TYPE)
    exact = [kind for kind in EVERY_TYPE if kind.code.casefold() == typed.strip().casefold()]
    same = [kind for kind in EVERY_TYPE if folded(kind.code) == query and kind not in exact]
    begins = [kind for kind in EVERY_TYPE if folded(kind.name).startswith(query) and kind not in (*exact, *same)]
    return [*exact, *same, *begins]


def type_of_notation(notation: str) -> DocumentType | None:
    """Return the type that a notation names: `QĐ-UBND` is a Quyết định, `BNV-VP` a công văn, empty is unknown."""
    if not notation:
        return None
    first = notation.split("-", maxsplit=1)[0].rsplit("/", maxsplit=1)[-1]
    kind = _BY_CODE.get(first)
    return kind if kind is not None and kind.abbreviation else _BY_CODE["CV"]

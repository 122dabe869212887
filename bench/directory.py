"""A directory as large as the country's: provinces, communes and the offices, schools and stations in each of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from clerkdesk.services.directory import COLUMNS, DIRECTORY_FILE
from clerkdesk.services.folding import initials

_DEPARTMENTS = (
    "Sở Nội vụ", "Sở Tài chính", "Sở Tư pháp", "Sở Xây dựng", "Sở Y tế", "Sở Giáo dục và Đào tạo",
    "Sở Khoa học và Công nghệ", "Sở Nông nghiệp và Môi trường", "Sở Công Thương", "Sở Văn hóa, Thể thao và Du lịch",
    "Thanh tra", "Văn phòng Ủy ban nhân dân", "Văn phòng Đoàn đại biểu Quốc hội và Hội đồng nhân dân",
)  # fmt: skip
_OF_A_COMMUNE = (
    "Ủy ban nhân dân", "Hội đồng nhân dân", "Đảng ủy", "Ủy ban Mặt trận Tổ quốc Việt Nam", "Văn phòng Ủy ban nhân dân",
    "Phòng Kinh tế", "Phòng Văn hóa - Xã hội", "Trung tâm Phục vụ hành chính công", "Trạm Y tế", "Công an",
    "Ban Chỉ huy quân sự", "Trường Mầm non", "Trường Tiểu học số 1", "Trường Tiểu học số 2", "Trường Trung học cơ sở",
    "Trường Trung học phổ thông", "Hội Nông dân", "Hội Liên hiệp Phụ nữ", "Hội Cựu chiến binh", "Đoàn Thanh niên",
    "Quỹ Tín dụng nhân dân", "Hợp tác xã Nông nghiệp", "Ban Quản lý chợ", "Trung tâm Văn hóa - Thể thao",
    "Ban Quản lý dự án", "Hội Chữ thập đỏ", "Hội Người cao tuổi", "Trung tâm Học tập cộng đồng",
    "Tổ Công nghệ số cộng đồng", "Chi cục Thuế", "Hạt Kiểm lâm", "Trạm Khuyến nông", "Trạm Thú y",
    "Bưu điện văn hóa", "Đài Truyền thanh", "Ban Thanh tra nhân dân", "Công đoàn",
)  # fmt: skip
_FIRST = (
    "An", "Bình", "Châu", "Đông", "Gia", "Hòa", "Hưng", "Khánh", "Lộc", "Long", "Mỹ", "Nam", "Phong", "Phú", "Quảng",
    "Sơn", "Tân", "Thạnh", "Thuận", "Trung", "Vĩnh", "Xuân", "Yên",
)  # fmt: skip
_SECOND = (
    "An", "Bắc", "Bình", "Điền", "Đức", "Giang", "Hải", "Hiệp", "Hội", "Khê", "Lâm", "Lập", "Mai", "Nghĩa", "Ninh",
    "Phước", "Quang", "Sơn", "Tây", "Thành", "Thủy", "Trạch", "Xá",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Agency:
    """One line of the directory."""

    name: str
    short_name: str
    parent: str
    level: int


@cache
def agencies(count: int) -> tuple[Agency, ...]:
    """Return `count` agencies, always the same."""
    return tuple(one for one, _ in zip(_endless(), range(count), strict=False))


def directory_lines(count: int) -> io.StringIO:
    """Return `count` agencies as a directory file."""
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(COLUMNS)
    writer.writerows((one.name, one.short_name, "", one.parent, one.level, "", "") for one in agencies(count))
    lines.seek(0)
    return lines


def _endless() -> Iterator[Agency]:
    with DIRECTORY_FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    provinces = [
        row["name"].removeprefix("Ủy ban nhân dân ") for row in rows if row["name"].startswith("Ủy ban nhân dân")
    ]
    provinces = list(dict.fromkeys(name for name in provinces if name.startswith(("tỉnh", "thành phố"))))
    provinces.append("tỉnh Sông Hương")
    for province in provinces:
        for office in _DEPARTMENTS:
            yield Agency(f"{office} {province}", initials(office).upper(), f"Ủy ban nhân dân {province}", 3)
    for nth in range(len(_FIRST) * len(_SECOND)):
        commune = f"{_FIRST[nth % len(_FIRST)]} {_SECOND[nth // len(_FIRST)]}"
        for place, province in enumerate(provinces):
            kind = "phường" if (nth + place) % 5 == 0 else "xã"
            for office in _OF_A_COMMUNE:
                name = f"{office} {kind} {commune}, {province}"
                yield Agency(name, initials(office).upper(), f"Ủy ban nhân dân {kind} {commune}", 4)

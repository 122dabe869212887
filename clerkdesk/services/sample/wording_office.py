"""The fictional office: its name, units and people, and the agencies it corresponds with.

The province of Sông Hương does not exist; its agencies, communes, identifiers (`H99…`) and all persons are invented.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class SampleCorrespondent:
    """An agency that writes to the office or that it writes to."""

    name: str
    short_name: str
    organ_id: str = ""
    parent: str = ""
    level: int = 3


@dataclass(frozen=True, slots=True)
class SampleUnit:
    """A unit (phòng, đơn vị) of the office; the short name stands in the notation of its công văn."""

    name: str
    short_name: str


@dataclass(frozen=True, slots=True)
class SamplePerson:
    """A person of the office; `role` is a value of `vocabulary.Role`."""

    full_name: str
    user_name: str
    position: str
    unit: str
    role: str


_PROVINCE = "tỉnh Sông Hương"
_COMMITTEE = f"Ủy ban nhân dân {_PROVINCE}"

AGENCY = SampleCorrespondent(f"Sở Nội vụ {_PROVINCE}", "SNV", "H99.05", _COMMITTEE)
PLACE = "Sông Hương"

UNITS = (
    SampleUnit("Văn phòng", "VP"),
    SampleUnit("Phòng Tổ chức, biên chế", "TCBC"),
    SampleUnit("Phòng Công chức, viên chức", "CCVC"),
    SampleUnit("Phòng Xây dựng chính quyền", "XDCQ"),
    SampleUnit("Phòng Cải cách hành chính", "CCHC"),
    SampleUnit("Phòng Lao động, việc làm", "LĐVL"),
    SampleUnit("Phòng Người có công", "NCC"),
    SampleUnit("Trung tâm Lưu trữ lịch sử", "LTLS"),
)

PEOPLE = (
    SamplePerson("Lê Quang Hải", "hailq", "Giám đốc", "VP", "leader"),
    SamplePerson("Trần Thị Minh Châu", "chauttm", "Phó Giám đốc", "VP", "leader"),
    SamplePerson("Phạm Thu Hà", "hapt", "Chánh Văn phòng", "VP", "head_of_unit"),
    SamplePerson("Đỗ Hồng Nhung", "nhungdh", "Phó Chánh Văn phòng", "VP", "format_checker"),
    SamplePerson("Nguyễn Văn An", "annv", "Văn thư", "VP", "clerk"),
    SamplePerson("Hoàng Thị Lan", "lanht", "Văn thư", "VP", "clerk"),
    SamplePerson("Lý Thành Công", "conglt", "Chuyên viên công nghệ thông tin", "VP", "administrator"),
    SamplePerson("Võ Minh Tuấn", "tuanvm", "Trưởng phòng", "TCBC", "head_of_unit"),
    SamplePerson("Đặng Thị Ngọc Bích", "bichdtn", "Trưởng phòng", "CCVC", "head_of_unit"),
    SamplePerson("Bùi Anh Khoa", "khoaba", "Chuyên viên chính", "CCHC", "specialist"),
    SamplePerson("Hồ Thị Thùy Dung", "dunghtt", "Chuyên viên", "NCC", "specialist"),
    SamplePerson("Mai Văn Phúc", "phucmv", "Lưu trữ viên", "LTLS", "archivist"),
)

_DEPARTMENTS = (
    ("Văn phòng Ủy ban nhân dân", "VPUBND", "01"),
    ("Sở Tài chính", "STC", "02"),
    ("Sở Xây dựng", "SXD", "03"),
    ("Sở Nông nghiệp và Môi trường", "SNNMT", "04"),
    ("Sở Công Thương", "SCT", "06"),
    ("Sở Khoa học và Công nghệ", "SKHCN", "07"),
    ("Sở Văn hóa, Thể thao và Du lịch", "SVHTTDL", "08"),
    ("Sở Giáo dục và Đào tạo", "SGDĐT", "09"),
    ("Sở Y tế", "SYT", "10"),
    ("Sở Tư pháp", "STP", "11"),
    ("Thanh tra", "TTT", "12"),
    ("Trung tâm Phục vụ hành chính công", "TTPVHCC", "13"),
)
_OTHERS = (
    ("Hội đồng nhân dân", "HĐND"),
    ("Văn phòng Đoàn đại biểu Quốc hội và Hội đồng nhân dân", "VP"),
    ("Ủy ban Mặt trận Tổ quốc Việt Nam", "MTTQ"),
    ("Công an", "CAT"),
    ("Bộ Chỉ huy Quân sự", "BCH"),
    ("Tòa án nhân dân", "TA"),
    ("Bảo hiểm xã hội", "BHXH"),
    ("Trường Chính trị", "TCT"),
)
_COMMUNES = (
    *("phường Bến Xuân", "phường Hương Cầu", "phường Kim Phụng", "phường Trúc Giang", "phường Vạn Niên Hạ"),
    *("xã An Khê Thượng", "xã Bình Lâm Khê", "xã Đông Lâm Hạ", "xã Hải Triều Đông", "xã Lộc Sơn Hạ"),
    *("xã Phú Mậu Tây", "xã Quảng Lợi Đông", "xã Tân Mỹ Khê", "xã Thượng Nguyên Khê"),
)

# Correspondents of the invented province; they do not stand in the directory shipped with the program.
LOCAL_CORRESPONDENTS = (
    SampleCorrespondent(_COMMITTEE, "UBND", "H99", "", 2),
    *(SampleCorrespondent(f"{name} {_PROVINCE}", short, f"H99.{n}", _COMMITTEE) for name, short, n in _DEPARTMENTS),
    *(SampleCorrespondent(f"{name} {_PROVINCE}", short, "", "", 2) for name, short in _OTHERS),
    *(
        SampleCorrespondent(f"Ủy ban nhân dân {name}", "UBND", f"H99.{n}", _COMMITTEE, 4)
        for n, name in enumerate(_COMMUNES, 31)
    ),
)

# Correspondents that stand in the directory, by the keys that the matters use.
CENTRAL = {
    "BNV": "Bộ Nội vụ",
    "VPCP": "Văn phòng Chính phủ",
    "BKHCN": "Bộ Khoa học và Công nghệ",
    "VTLTNN": "Cục Văn thư và Lưu trữ nhà nước",
}
OTHER_PROVINCES = (
    "tỉnh Nghệ An",
    "tỉnh Đắk Lắk",
    "tỉnh Lào Cai",
    "tỉnh Vĩnh Long",
    "thành phố Đà Nẵng",
    "thành phố Huế",
)

# Titles of head and deputy, by the same keys; a department has giám đốc and phó giám đốc.
HEADS = {
    "UBND": ("Chủ tịch", "Phó Chủ tịch"),
    "HĐND": ("Chủ tịch", "Phó Chủ tịch"),
    "MTTQ": ("Chủ tịch", "Phó Chủ tịch"),
    "VP": ("Chánh Văn phòng", "Phó Chánh Văn phòng"),
    "VPUBND": ("Chánh Văn phòng", "Phó Chánh Văn phòng"),
    "TTT": ("Chánh Thanh tra", "Phó Chánh Thanh tra"),
    "BCH": ("Chỉ huy trưởng", "Phó Chỉ huy trưởng"),
    "TA": ("Chánh án", "Phó Chánh án"),
    "TCT": ("Hiệu trưởng", "Phó Hiệu trưởng"),
    "BNV": ("Bộ trưởng", "Thứ trưởng"),
    "BKHCN": ("Bộ trưởng", "Thứ trưởng"),
    "VPCP": ("Bộ trưởng, Chủ nhiệm", "Phó Chủ nhiệm"),
    "VTLTNN": ("Cục trưởng", "Phó Cục trưởng"),
}

FAMILIES = "Nguyễn, Trần, Lê, Phạm, Hoàng, Phan, Vũ, Võ, Đặng, Bùi, Đỗ, Hồ, Ngô, Dương, Lý, Trương, Đinh, Cao"
MEN = ("Văn Khải", "Đức Toàn", "Hữu Phước", "Quốc Việt", "Minh Trí", "Xuân Trường", "Công Danh", "Ngọc Sơn", "Bá Lộc")
WOMEN = ("Thị Thanh Tâm", "Thị Kim Oanh", "Thu Trang", "Ngọc Diệp", "Thị Mỹ Hạnh", "Bảo Trâm", "Khánh Linh")


def invented_name(rng: Random, given: Sequence[str] = (*MEN, *WOMEN)) -> str:
    """Make a person's name."""
    return f"{rng.choice(FAMILIES.split(', '))} {rng.choice(given)}"

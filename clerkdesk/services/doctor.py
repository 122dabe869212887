"""What works on this machine, what does not, and what to do about it; each check stands alone and changes nothing."""

from __future__ import annotations

import datetime as dt
import importlib
import locale
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from clerkdesk import __version__
from clerkdesk.errors import ClerkDeskError
from clerkdesk.i18n import LOCALE_DIR, _
from clerkdesk.places import backups_folder, store_path

NEEDED_PYTHON = (3, 11)
# Older ones can lose writes of two connections in WAL mode (sqlite.org/wal.html, "WAL-reset bug").
NEEDED_SQLITE = (3, 51, 3)
SMALLEST_TERMINAL = (80, 24)
LITTLE_DISK = 200 << 20
ENOUGH_DISK = 1 << 30
EARLIEST = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)  # this program is not older
FONTS = ("Tinos-Regular.ttf", "Tinos-Bold.ttf", "Tinos-Italic.ttf", "Tinos-BoldItalic.ttf")


class State(StrEnum):
    """Outcome of a check: works; does not, and should; is not there, and need not be."""

    OK = "ok"
    WRONG = "wrong"
    OFF = "off"


MARKS = {State.OK: "✓", State.WRONG: "✗", State.OFF: "–"}


@dataclass(frozen=True, slots=True)
class Check:
    """One line: a stable name for scripts, a title, what was found, what to do."""

    name: str
    title: str
    state: State
    reason: str
    advice: str = ""


def examine(data: Path) -> list[Check]:
    """Run every check for the data folder and return them in the order in which they are read."""
    checks: list[Check] = []
    for run in (
        _python,
        _terminal,
        _folder,
        _disk,
        _database,
        _store,
        _keyring,
        _office,
        _fonts,
        _pdf,
        _signing,
        _words,
        _printers,
    ):
        name = run.__name__.lstrip("_")
        try:
            checks.extend(run(data))
        except ClerkDeskError as error:
            checks.append(Check(name, name, State.WRONG, error.message))
        except Exception as error:  # a check that fails must not hide the others
            checks.append(Check(name, name, State.WRONG, type(error).__name__))
    return checks


def all_well(checks: list[Check]) -> bool:
    """Say whether nothing that must work is broken."""
    return all(one.state is not State.WRONG for one in checks)


def _python(_data: Path) -> Iterator[Check]:
    version = ".".join(map(str, sys.version_info[:3]))
    right = sys.version_info[:2] >= NEEDED_PYTHON
    advice = "" if right else _("Cài Python 3.11 trở lên rồi chạy lại “make run”.")
    yield Check("python", "Python", _ok(right), f"{version}; ClerkDesk {__version__}", advice)


def _terminal(_data: Path) -> Iterator[Check]:
    encoding = locale.getencoding()
    advice = _("Đặt bảng mã của cửa sổ dòng lệnh là UTF-8 (ví dụ LANG=C.UTF-8; PuTTY: Window → Translation → UTF-8).")
    right = encoding.lower().replace("-", "") == "utf8"
    yield Check("utf8", _("Chữ tiếng Việt"), _ok(right), encoding, "" if right else advice)
    if not sys.stdout.isatty():
        yield Check("terminal", _("Cửa sổ dòng lệnh"), State.OFF, _("kết quả đang ghi ra tệp, không xem được cửa sổ"))
        return
    size = shutil.get_terminal_size()
    large = size.columns >= SMALLEST_TERMINAL[0] and size.lines >= SMALLEST_TERMINAL[1]
    advice = "" if large else _("Mở rộng cửa sổ đến ít nhất 80 cột × 24 dòng, hoặc giảm cỡ chữ.")
    yield Check("size", _("Kích thước cửa sổ"), _ok(large), f"{size.columns}×{size.lines}", advice)
    colours, why = terminal_colours(dict(os.environ))
    advice = (
        ""
        if colours > 2
        else _("Vẫn dùng được: trạng thái luôn có chữ và dấu. Muốn có màu, bỏ NO_COLOR, đặt TERM=xterm-256color.")
    )
    yield Check("colours", _("Màu"), State.OK if colours > 2 else State.OFF, f"{colours} ({why})", advice)


def terminal_colours(environment: dict[str, str]) -> tuple[int, str]:
    """Return how many colours the terminal says it shows, and which variable says so."""
    if environment.get("NO_COLOR"):
        return 2, "NO_COLOR"
    if environment.get("COLORTERM", "") in ("truecolor", "24bit"):
        return 1 << 24, "COLORTERM"
    term = environment.get("TERM", "")
    if term in ("", "dumb", "vt100", "vt220"):
        return 2, f"TERM={term}"
    return (256 if "256" in term else 16), f"TERM={term}"


def _folder(data: Path) -> Iterator[Check]:
    title = _("Thư mục dữ liệu")
    there = data
    while not there.exists():
        there = there.parent
    if not os.access(there, os.W_OK | os.X_OK):
        advice = _("Cấp quyền ghi cho thư mục này, hoặc chọn thư mục khác bằng --data.")
        yield Check("folder", title, State.WRONG, _("{path}: không ghi được").format(path=data), advice)
    elif data.exists() and os.name == "posix" and data.stat().st_mode & 0o077:
        reason = _("{path}: người dùng khác của máy vào được").format(path=data)
        yield Check("folder", title, State.OFF, reason, _("Chạy: chmod 700 “{path}”").format(path=data))
    else:
        yield Check(
            "folder",
            title,
            State.OK,
            str(data) if data.exists() else _("{path} (sẽ lập khi chạy lần đầu)").format(path=data),
        )


def _disk(data: Path) -> Iterator[Check]:
    there = data
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free
    state = State.WRONG if free < LITTLE_DISK else State.OFF if free < ENOUGH_DISK else State.OK
    advice = (
        ""
        if state is State.OK
        else _("Xóa bớt tệp trên ổ đĩa này; dưới 1 GB thì sao lưu hằng tuần có thể không đủ chỗ.")
    )
    yield Check("disk", _("Ổ đĩa còn trống"), state, f"{free / (1 << 30):.1f} GB", advice)


def _database(_data: Path) -> Iterator[Check]:
    from sqlcipher3 import dbapi2

    connection = dbapi2.connect(":memory:")
    cipher = connection.execute("PRAGMA cipher_version").fetchone()
    connection.close()
    right = tuple(map(int, dbapi2.sqlite_version.split("."))) >= NEEDED_SQLITE and cipher is not None
    advice = "" if right else _("Chạy lại “make run” để cài đúng phiên bản trong requirements.lock.")
    reason = f"SQLite {dbapi2.sqlite_version}, SQLCipher {cipher[0] if cipher else '?'}"
    yield Check("database", "SQLite, SQLCipher", _ok(right), reason, advice)


def _store(data: Path) -> Iterator[Check]:
    from clerkdesk.services.doctor_store import examine_store

    yield from examine_store(store_path(data), backups_folder(data))


def _keyring(_data: Path) -> Iterator[Check]:
    from clerkdesk.data.store_key import TRUSTED_BACKENDS

    keyring = importlib.import_module("keyring")
    backend = type(keyring.get_keyring())
    name = f"{backend.__module__.rsplit('.', 1)[-1]}.{backend.__name__}"
    if name in TRUSTED_BACKENDS:
        yield Check("keyring", _("Kho khóa của hệ điều hành"), State.OK, name)
    else:
        advice = _(
            "Không bắt buộc: khóa nằm trong tệp chỉ mình bạn đọc được. Trên máy để bàn, cài GNOME Keyring hoặc KWallet."
        )
        yield Check(
            "keyring", _("Kho khóa của hệ điều hành"), State.OFF, _("không có ({name})").format(name=name), advice
        )


def _office(_data: Path) -> Iterator[Check]:
    found = shutil.which("soffice") or shutil.which("libreoffice")
    title = _("Chuyển dự thảo Word sang PDF")
    if found:
        yield Check("libreoffice", title, State.OK, found)
    else:
        advice = _(
            "Không bắt buộc. Cài: apt-get install libreoffice-writer-nogui; hoặc lưu dự thảo thành PDF trước khi đưa vào."
        )
        yield Check("libreoffice", title, State.OFF, _("không có LibreOffice"), advice)


def _fonts(_data: Path) -> Iterator[Check]:
    folder = Path(__file__).parent.parent / "assets" / "fonts"
    absent = [name for name in FONTS if not (folder / name).exists()]
    advice = _("Tải lại chương trình: bản cài này thiếu tệp.") if absent else ""
    yield Check("fonts", _("Phông chữ in"), _ok(not absent), ", ".join(absent) or _("Tinos, 4 kiểu"), advice)


def _pdf(_data: Path) -> Iterator[Check]:
    yield _library("pdfium", _("Đọc PDF"), ("pypdfium2", "reportlab"))


def _signing(_data: Path) -> Iterator[Check]:
    yield _library("signing", _("Ký số"), ("pyhanko.sign.signers", "pyhanko_certvalidator", "cryptography.x509"))


def _words(_data: Path) -> Iterator[Check]:
    there = (LOCALE_DIR / "en" / "LC_MESSAGES" / "clerkdesk.mo").exists()
    advice = "" if there else _("Không bắt buộc. Chạy “make run” trong thư mục mã nguồn để biên dịch.")
    reason = _("có") if there else _("chưa biên dịch, chỉ có tiếng Việt")
    yield Check("english", _("Tiếng Anh (--lang en)"), State.OK if there else State.OFF, reason, advice)


def _printers(_data: Path) -> Iterator[Check]:
    title = _("Máy in")
    lpstat = shutil.which("lpstat")
    if lpstat is None:
        yield Check(
            "printers",
            title,
            State.OFF,
            _("không có lpstat (CUPS)"),
            _("Không bắt buộc: bản in luôn lưu được thành PDF."),
        )
        return
    run = subprocess.run([lpstat, "-e"], capture_output=True, text=True, timeout=5, check=False)
    names = run.stdout.split()
    if names:
        yield Check("printers", title, State.OK, ", ".join(names))
    else:
        yield Check(
            "printers", title, State.OFF, _("chưa có máy in nào"), _("Thêm máy in trong phần cài đặt của hệ điều hành.")
        )


def _library(name: str, title: str, modules: tuple[str, ...]) -> Check:
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError:
            advice = _("Chạy lại “make run” để cài đủ thư viện.")
            return Check(name, title, State.WRONG, _("không nạp được {module}").format(module=module), advice)
    return Check(name, title, State.OK, ", ".join(module.split(".")[0] for module in modules))


def _ok(right: bool) -> State:
    return State.OK if right else State.WRONG

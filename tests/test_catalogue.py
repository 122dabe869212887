"""The English words: all there, true to the Vietnamese ones, short enough for 80 columns, and seen on the screen."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clerkdesk import i18n
from clerkdesk.screens.keys import BOUND_IN, bindings_of, key_name
from clerkdesk.screens.outgoing_record import _POSSIBLE
from clerkdesk.screens.widgets.bars import KEY_LINE
from clerkdesk.services.vocabulary import OutgoingStatus

ROOT = Path(__file__).parents[1]
TOOL = ROOT / "tools" / "catalogue.py"


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("catalogue_tool", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = _load()


@pytest.fixture(scope="module")
def english() -> dict[str, str]:
    """English by Vietnamese."""
    return {message.id: message.string for message in tool.read(tool.WORDS) if message.id}


@pytest.fixture(scope="module")
def compiled() -> None:
    """The words as the program reads them, from the catalogue as it is now."""
    tool.compile_words(tool.WORDS)


# -- the catalogue ------------------------------------------------------------------------------------------------------


def test_every_word_is_translated_and_true_to_its_places() -> None:
    assert [*tool.faults_of(tool.read(tool.WORDS), tool.words_of(tool.SOURCES))] == []


def test_no_vietnamese_is_left_outside_the_catalogue() -> None:
    assert [*tool.left_outside(tool.SOURCES)] == []


def test_catalogue_is_written_as_the_tool_writes_it(tmp_path: Path) -> None:
    copy = tmp_path / "clerkdesk.po"
    copy.write_bytes(tool.WORDS.read_bytes())
    tool.update(copy, tool.words_of(tool.SOURCES))
    assert copy.read_text("utf-8") == tool.WORDS.read_text("utf-8")


def test_update_keeps_translations_takes_new_words_and_drops_gone_ones(tmp_path: Path) -> None:
    words = tmp_path / "clerkdesk.po"
    words.write_text(tool.HEADER + '# of the form\nmsgid "Lưu"\nmsgstr "Save"\n\nmsgid "Cũ"\nmsgstr "Old"\n', "utf-8")
    tool.update(words, {"Lưu": "a.py", "Mới {name}": "b.py"})
    text = words.read_text("utf-8")
    assert (
        text.removeprefix(tool.HEADER) == '# of the form\nmsgid "Lưu"\nmsgstr "Save"\n\nmsgid "Mới {name}"\nmsgstr ""\n'
    )


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("", "not translated"),
        ('msgid "Số {number}"\nmsgstr ""\n', "not translated"),
        ('msgid "Số {number}"\nmsgstr "Number {numbers}"\n', "other {places}"),
        ('msgid "Số {number}"\nmsgstr "Number {number:>5}"\n', "other {places}"),
        ('msgid "Số {number}"\nmsgstr "Number {number"\n', "other {places}"),
        ('msgid "Số {number}"\nmsgstr "Number {number} "\n', "other spaces"),
        ('#, fuzzy\nmsgid "Số {number}"\nmsgstr "Number {number}"\n', "fuzzy"),
        ('msgid "Số {number}"\nmsgstr "Number {number}"\n\nmsgid "Cũ"\nmsgstr "Old"\n', "no longer said"),
        ('msgid "Số {number}"\nmsgstr "Number {number}"\n\n#~ msgid "Cũ"\n#~ msgstr "Old"\n', "no longer said"),
    ],
)
def test_check_names_what_is_wrong(tmp_path: Path, entry: str, told: str) -> None:
    words = tmp_path / "clerkdesk.po"
    words.write_text(tool.HEADER + entry, "utf-8")
    (fault,) = tool.faults_of(tool.read(words), {"Số {number}": "a.py"})
    assert fault.startswith(told)


def test_words_inside_an_f_string_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("""x = f"{_('Sổ')} · {N_('Số')}"; y = _("một " "dòng"); _(x)""", "utf-8")
    assert tool.words_of(tmp_path) == {"Sổ": "a.py", "Số": "a.py", "một dòng": "a.py"}


def test_literals_outside_the_markers_are_found() -> None:
    source = '"""Tệp này."""\nx = f"{n} bản" + _("Lưu") + N_("Bỏ")\ny = _(f"Sổ {x}")\n'
    assert [text for _line, text in tool.unmarked(source) if tool.is_vietnamese(text)] == [" bản"]
    assert [*tool.put_together(source)] == [3]


# -- room on 80 columns -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", OutgoingStatus)
def test_key_line_of_every_screen_fits_in_both_languages(english: dict[str, str], status: OutgoingStatus) -> None:
    everywhere = getattr(importlib.import_module("clerkdesk.screens.app"), "ClerkApp")  # noqa: B009
    for _heading, module, name in BOUND_IN:
        cls = getattr(importlib.import_module(module), name)
        labels = {
            key: binding.description
            for owner in (everywhere, *reversed(cls.__mro__))
            for binding in bindings_of(owner)
            for key in binding.key.split(",")
            if binding.show
            if name != "OutgoingRecordScreen"
            or binding.action not in _POSSIBLE
            or status.name in _POSSIBLE[binding.action]
        }
        for words in ({}, english):
            line = " ".join(
                f"{key_name(key)} {words.get(labels[key], labels[key])}" for key in KEY_LINE if key in labels
            )
            assert len(line) <= 78, line


@pytest.mark.parametrize(
    ("source", "labels", "most"),
    [
        ("arrival_form", ("Cơ quan BH", "Số, ký hiệu", "Trích yếu", "Loại VB", "Người ký", "Nơi nhận", "Ngày đến"), 14),
        ("arrival_form", ("Dạng", "Số trang", "Mã định danh", "Ghi chú", "Tệp (F8)"), 14),
        ("arrival_form", ("Ngày VB", "Độ khẩn", "Chức vụ", "Hạn xử lý", "Kênh nhận", "Loại VBĐT", "Hồ sơ số"), 11),
        ("outgoing_form", ("QPPL (c)", "Quyền ký", "Hình thức", "Trả lời số đến", "Số bản", "Người soạn"), 14),
        ("outgoing_form", ("Đơn vị soạn", "Tổ chức TV", "Lý do giấy", "Hạn trả lời", "Nơi lưu"), 11),
        ("document_list", ("Số đến",), 6),
        ("document_list", ("Ngày đến", "Hạn", "Ngày"), 8),
        ("registers", ("Số tiếp", "Đã cấp"), 7),
        ("registers", ("Mã",), 6),
        ("registers", ("Hủy",), 4),
        ("registers", ("Giữ",), 5),
        ("registers", ("Quyền cấp số",), 21),
    ],
)
def test_labels_fit_their_places(english: dict[str, str], source: str, labels: tuple[str, ...], most: int) -> None:
    assert {english[label] for label in labels if len(english[label]) > most} == set(), source


# -- the English program ------------------------------------------------------------------------------------------------


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, encoding="utf-8", cwd=ROOT, check=False)


def test_tool_finds_nothing_to_say() -> None:
    done = _run(str(TOOL), "--check")
    assert (done.returncode, done.stdout) == (0, "")


def test_english_help(compiled: None) -> None:
    done = _run("-m", "clerkdesk", "--lang", "en", "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: clerkdesk [OPTIONS] COMMAND [ARGUMENTS]…")
    assert not any(tool.is_vietnamese(line) for line in done.stdout.splitlines() if "Vĩnh Long" not in line)


SCREEN = """
import asyncio, sys
from pathlib import Path
from clerkdesk import i18n
i18n.use("en")
from clerkdesk.data import store_key
store_key._trusted_keyring = lambda: None
from clerkdesk.screens.app import ClerkApp

async def look():
    app = ClerkApp(Path(sys.argv[1]))
    async with app.run_test(size=(80, 24)) as pilot:
        while not app.is_desk_open:
            await pilot.pause(0.01)
        await pilot.pause()
        print("\\n".join(strip.text for strip in app.screen._compositor.render_strips()))

asyncio.run(look())
"""


def test_english_app_asks_for_the_user_name(compiled: None, office_folder: Path) -> None:
    done = _run("-c", SCREEN, str(office_folder))
    assert done.returncode == 0, done.stderr
    assert "User name" in done.stdout
    assert "Enter next · F1 help" in done.stdout


def test_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="fr"):
        i18n.use("fr")
    assert i18n.language() == "vi"
    done = _run("-m", "clerkdesk", "--lang", "fr", "version")
    assert done.returncode == 2
    assert "“fr”" in done.stderr

"""Files: taken by what they are, not by what they are called; kept as they came; never more than allowed."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clerkdesk.data import blobs
from clerkdesk.errors import BadFile, ClerkDeskError
from clerkdesk.services import commands as c
from clerkdesk.services.attachments import (
    DocumentTooLarge,
    DocumentUnknown,
    FileGone,
    documents_with,
    files_of,
    total_size,
)
from clerkdesk.services.desk import Desk
from clerkdesk.services.files import (
    FileEmpty,
    FileMissing,
    FileTooLarge,
    FormatNotAllowed,
    MacroFile,
    NameLies,
    clean_name,
    content_extension,
    keep_made,
    path_of,
    read_file,
    take_in,
)
from clerkdesk.services.ids import new_id
from clerkdesk.services.settings import DEFAULTS, MEGABYTE
from clerkdesk.services.vocabulary import AttachmentRole

from ..office import enter, pdf_file, register, rows, subject_of

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"


def packed(*members: tuple[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members:
            archive.writestr(
                zipfile.ZipInfo(name), content
            )  # without the time: every worker must collect the same tests
    return buffer.getvalue()


DOCX = packed(("[Content_Types].xml", "<Types/>"), ("word/document.xml", "<w/>"))
XLSX = packed(("[Content_Types].xml", "<Types/>"), ("xl/workbook.xml", "<x/>"))
PPTX = packed(("[Content_Types].xml", "<Types/>"), ("ppt/presentation.xml", "<p/>"))
MACRO = "application/vnd.ms-word.document.macroEnabled.main+xml"
DOCM = packed(
    ("[Content_Types].xml", f'<Types><Override ContentType="{MACRO}"/></Types>'), ("word/document.xml", "<w/>")
)
XLSM = packed(("[Content_Types].xml", "<Types/>"), ("xl/workbook.xml", "<x/>"), ("xl/vbaProject.bin", "vba"))
PPTM = packed(("[Content_Types].xml", "<Types/>"), ("ppt/presentation.xml", "<p/>"), ("ppt/vbaProject.bin", "vba"))
ODT = packed(("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", "<o/>"))
ODS = packed(("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", "<o/>"))
ZIP = packed(("a.txt", "x"))
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
EXE = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(600)
HTML = "<!DOCTYPE html><html><script>alert('chào')</script></html>".encode()
TEXT = "Cộng hòa xã hội chủ nghĩa Việt Nam\n".encode()

TAKEN = [
    ("a.pdf", PDF, "application/pdf"),
    ("a.PDF", PDF, "application/pdf"),
    ("a", PDF, "application/pdf"),
    ("Quyết định số 5.1", PDF, "application/pdf"),
    ("leading.pdf", b"\n\n" + PDF, "application/pdf"),
    ("a.docx", DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("a.xlsx", XLSX, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("a.pptx", PPTX, "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("a.odt", ODT, "application/vnd.oasis.opendocument.text"),
    ("a.ods", ODS, "application/vnd.oasis.opendocument.spreadsheet"),
    ("a.zip", ZIP, "application/zip"),
    ("a.doc", OLE, "application/msword"),
    ("a.xls", OLE, "application/vnd.ms-excel"),
    ("a.rar", b"Rar!\x1a\x07\x01\x00" + bytes(40), "application/vnd.rar"),
    ("a.rar", b"Rar!\x1a\x07\x00" + bytes(40), "application/vnd.rar"),
    ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(40), "image/png"),
    ("a.jpg", b"\xff\xd8\xff\xe0" + bytes(40), "image/jpeg"),
    ("a.JPEG", b"\xff\xd8\xff\xe0" + bytes(40), "image/jpeg"),
    ("a.tiff", b"II*\x00" + bytes(40), "image/tiff"),
    ("a.tif", b"MM\x00*" + bytes(40), "image/tiff"),
    ("a.rtf", b"{\\rtf1\\ansi}", "application/rtf"),
    ("a.txt", TEXT, "text/plain"),
    ("a", TEXT, "text/plain"),
    ("a.txt", ("ế" * 5000).encode(), "text/plain"),
]
REFUSED: list[tuple[str, bytes, type[BadFile]]] = [
    ("a.pdf", EXE, FormatNotAllowed),
    ("a.exe", EXE, FormatNotAllowed),
    ("a.pdf", b"", FileEmpty),
    ("a.pdf", HTML, NameLies),
    ("a.html", HTML, FormatNotAllowed),
    ("a.bat", b"del *.*\r\n", FormatNotAllowed),
    ("a.ps1", b"Remove-Item *\r\n", FormatNotAllowed),
    ("a.js", b"alert(1)", FormatNotAllowed),
    ("a.jar", ZIP, FormatNotAllowed),
    ("a.apk", ZIP, FormatNotAllowed),
    ("a.docx", ZIP, NameLies),
    ("a.zip", DOCX, NameLies),
    ("a.pdf", DOCX, NameLies),
    ("a.docx", PDF, NameLies),
    ("a.docm", DOCM, MacroFile),
    ("a.docx", DOCM, MacroFile),
    ("a.xlsm", XLSM, MacroFile),
    ("a.xlsx", XLSM, MacroFile),
    ("a.pptm", PPTM, MacroFile),
    ("a.docm", DOCX, NameLies),
    ("a.doc", b"{\\rtf1\\ansi}", NameLies),
    ("a.jpg", b"\x89PNG\r\n\x1a\n" + bytes(40), NameLies),
    ("a.txt", b"a\x00b", FormatNotAllowed),
    ("a.txt", "Cộng hòa".encode("utf-16"), FormatNotAllowed),
    ("a.bin", bytes(range(256)) * 4, FormatNotAllowed),
    ("a.pdf", b"PK\x05\x06" + bytes(18), FormatNotAllowed),
]


MACRO_FILES = (("docm", DOCM, "docx"), ("xlsm", XLSM, "xlsx"), ("pptm", PPTM, "pptx"))


@pytest.mark.parametrize(("extension", "content", "plain"), MACRO_FILES)
def test_a_file_with_macros_is_taken_only_where_the_agency_allows_its_format(
    desk: Desk, folder: Path, extension: str, content: bytes, plain: str
) -> None:
    path = folder / f"a.{extension}"
    path.write_bytes(content)
    with pytest.raises(MacroFile) as caught:
        take(desk, path)
    assert f".{plain} hoặc PDF" in caught.value.message
    assert kept(desk) == []
    allowed = [*DEFAULTS["allowed_formats"], extension]
    assert "macroEnabled" in take(desk, path, allowed=allowed).media_type
    disguised = path.rename(folder / f"a.{plain}")
    with pytest.raises(NameLies):
        take(desk, disguised, allowed=allowed)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "incoming"
    folder.mkdir()
    return folder


def take(desk: Desk, path: Path, **named: Any) -> c.NewFile:
    limits: dict[str, Any] = {"allowed": DEFAULTS["allowed_formats"], "largest_megabytes": 100}
    return take_in(desk.store, path, AttachmentRole.MAIN, **(limits | named))


def kept(desk: Desk) -> list[Path]:
    return [path for path in desk.store.blob_folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(("name", "content", "media_type"), TAKEN)
def test_a_file_of_an_allowed_kind_is_kept_byte_for_byte(
    desk: Desk, folder: Path, name: str, content: bytes, media_type: str
) -> None:
    (folder / name).write_bytes(content)
    file = take(desk, folder / name)
    assert (file.name, file.media_type, file.size) == (name, media_type, len(content))
    assert file.sha256 == hashlib.sha256(content).hexdigest()
    assert read_file(desk.store, file.sha256) == content
    assert kept(desk) == [path_of(desk.store, file.sha256)]


@pytest.mark.parametrize(("name", "content", "expected"), REFUSED)
def test_a_file_that_is_not_what_it_says_or_not_allowed_leaves_nothing(
    desk: Desk, folder: Path, name: str, content: bytes, expected: type[BadFile]
) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(expected) as caught:
        take(desk, folder / name)
    assert name in caught.value.message
    assert caught.value.field == "files"
    assert kept(desk) == []


def test_an_agency_decides_which_formats_it_takes(desk: Desk, folder: Path) -> None:
    (folder / "a.zip").write_bytes(ZIP)
    with pytest.raises(FormatNotAllowed) as caught:
        take(desk, folder / "a.zip", allowed=["pdf", "docx"])
    assert "pdf, docx" in caught.value.message


def test_a_file_of_just_a_hundred_megabytes_is_taken_and_one_byte_more_is_not(desk: Desk, folder: Path) -> None:
    path = folder / "a.pdf"
    path.write_bytes(PDF)
    os.truncate(path, 3 * MEGABYTE)
    assert take(desk, path, largest_megabytes=3).size == 3 * MEGABYTE
    os.truncate(path, 3 * MEGABYTE + 1)
    with pytest.raises(FileTooLarge) as caught:
        take(desk, path, largest_megabytes=3)
    assert "3 MB" in caught.value.message
    assert len(kept(desk)) == 1


def test_a_file_of_a_hundred_and_one_megabytes_is_refused_under_the_law_and_leaves_no_piece(
    desk: Desk, folder: Path
) -> None:
    path = folder / "a.pdf"
    path.write_bytes(PDF)
    os.truncate(path, 101 * MEGABYTE)
    seen: list[int] = []
    with pytest.raises(FileTooLarge):
        take(desk, path, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] <= 100 * MEGABYTE
    assert kept(desk) == []


class Vanishing(io.BytesIO):
    """A file on a network drive that goes away in the middle."""

    def __init__(self, error: int) -> None:
        super().__init__(PDF * 200_000)
        self.error = error
        self.reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        if self.reads > 3:
            raise OSError(self.error, os.strerror(self.error))
        return super().read(size)


@pytest.mark.parametrize("error", [errno.ESTALE, errno.EIO, errno.ENOENT, errno.ENODEV])
def test_a_file_that_vanishes_while_it_is_read_is_named_and_leaves_no_piece(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    path = folder / "a.pdf"
    path.write_bytes(PDF)
    opened = Path.open

    def opening(self: Path, *arguments: Any, **named: Any) -> Any:
        return Vanishing(error) if self == path else opened(self, *arguments, **named)

    monkeypatch.setattr(Path, "open", opening)
    with pytest.raises(FileMissing) as caught:
        take(desk, path)
    assert "a.pdf" in caught.value.message
    assert kept(desk) == []


def a_folder(path: Path) -> None:
    path.mkdir()


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_dead_link(path: Path) -> None:
    path.symlink_to("nowhere")


def a_ring_of_links(path: Path) -> None:
    path.symlink_to(path)


def a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def nothing(path: Path) -> None:
    assert not path.exists()


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "make", [a_folder, a_pipe, a_dead_link, a_ring_of_links, a_device, nothing], ids=lambda make: make.__name__
)
def test_what_is_no_file_is_refused_at_once(desk: Desk, folder: Path, make: Callable[[Path], None]) -> None:
    make(folder / "a.pdf")
    with pytest.raises(FileMissing):
        take(desk, folder / "a.pdf")


@pytest.mark.parametrize("path", ["a\0b.pdf", "x" * 5000, "x" * 300 + ".pdf", "", ".", "/"])
def test_a_path_that_cannot_be_is_refused_in_words(desk: Desk, path: str) -> None:
    with pytest.raises(FileMissing):
        take(desk, Path(path))


def test_the_same_file_twice_is_kept_once_and_noticed(desk: Desk, folder: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        (folder / name).write_bytes(PDF)
    one, two = take(desk, folder / "a.pdf"), take(desk, folder / "b.pdf")
    assert one.sha256 == two.sha256
    assert len(kept(desk)) == 1
    first = subject_of(register(desk, files=(one, two)))
    assert [file["name"] for file in desk.read(files_of, first)] == ["b.pdf"]
    second = subject_of(register(desk, files=(one,)))
    assert set(desk.read(documents_with, one.sha256)) == {first, second}
    appendix = two.model_copy(update={"role": AttachmentRole.APPENDIX})
    desk.do(desk.make(c.AttachFiles, document=second, files=(one, appendix)))
    assert [file["role"] for file in desk.read(files_of, second)] == ["MAIN", "APPENDIX"]


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\Windows\\system.ini", "system.ini"),
        ("/etc/shadow", "shadow"),
        ("C:\\Users\\an\\van ban.pdf", "van ban.pdf"),
        ("..", "tep"),
        (".", "tep"),
        ("...", "tep"),
        ("a/..", "tep"),
        ("", "tep"),
        ("   ", "tep"),
        ("\x00\x1b[2J.pdf", "[2J.pdf"),
        ("Quyết\ndịnh\t5.pdf", "Quyết dịnh 5.pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ('a<b>:"c|d?*.pdf', "a_b___c_d__.pdf"),
        ("Quyết định.pdf", "Quyết định.pdf"),
    ],
)
def test_a_file_name_becomes_a_plain_name(name: str, clean: str) -> None:
    assert clean_name(name) == clean


@given(st.text(max_size=300))
@example("\u2024\u2024/")
@example("a" * 199 + " b")
def test_a_clean_name_leads_nowhere(name: str) -> None:
    clean = clean_name(name)
    assert clean == Path(clean).name
    assert clean not in ("", ".", "..")
    assert 0 < len(clean) <= 200
    assert clean.isprintable()
    assert not set(clean) & set('<>:"/\\|?*')
    assert clean_name(clean) == clean


HEADS = st.sampled_from([content[:4096] for _, content, _ in TAKEN] + [content for _, content, _ in REFUSED])


@given(HEADS, st.lists(st.tuples(st.integers(0, 4095), st.integers(0, 255)), max_size=8), st.integers(0, 4096))
def test_a_damaged_file_is_looked_at_without_harm(head: bytes, changes: list[tuple[int, int]], length: int) -> None:
    damaged = bytearray(head)
    for place, value in changes:
        if place < len(damaged):
            damaged[place] = value
    assert content_extension(bytes(damaged[:length])) in {
        "", *DEFAULTS["allowed_formats"], *(name for name, _content, _without in MACRO_FILES),
    }  # fmt: skip


# --- files and their documents ---------------------------------------------------------------------------------


def test_all_files_of_a_document_together_stay_within_the_limit(desk: Desk) -> None:
    def files(*megabytes: float, role: AttachmentRole = AttachmentRole.MAIN) -> tuple[c.NewFile, ...]:
        return tuple(pdf_file(role, int(size * MEGABYTE)) for size in megabytes)

    arrival = subject_of(register(desk, files=files(60, 40)))
    with pytest.raises(DocumentTooLarge) as caught:
        desk.do(desk.make(c.AttachFiles, document=arrival, files=files(0.001)))
    assert "101 MB" in caught.value.message
    assert "100 MB" in caught.value.message
    with pytest.raises(DocumentTooLarge):
        register(desk, files=files(50, 50.1))
    assert len(desk.read(files_of, arrival)) == 2
    assert desk.read(total_size) == 100 * MEGABYTE
    attachment = desk.read(files_of, arrival)[1]["id"]
    desk.do(desk.make(c.RemoveFile, attachment=attachment, reason="Nhầm tệp"))
    desk.do(desk.make(c.AttachFiles, document=arrival, files=files(40)))


def test_an_agency_can_set_a_limit_of_its_own(desk: Desk) -> None:
    desk.do(desk.make(c.ChangeSetting, name="largest_document_megabytes", value="1"))
    with pytest.raises(DocumentTooLarge):
        register(desk, files=(pdf_file(size=MEGABYTE + 1),))


def test_a_file_taken_off_its_document_stays_for_the_history(desk: Desk, folder: Path) -> None:
    (folder / "a.pdf").write_bytes(PDF)
    file = take(desk, folder / "a.pdf")
    arrival = subject_of(register(desk, files=(file,)))
    attachment = desk.read(files_of, arrival)[0]["id"]
    desk.do(desk.make(c.RemoveFile, attachment=attachment, reason="Nhầm tệp"))
    assert desk.read(files_of, arrival) == []
    assert read_file(desk.store, file.sha256) == PDF
    assert len(rows(desk.store, "SELECT 1 FROM attachment WHERE removed_at IS NOT NULL")) == 1
    with pytest.raises(FileGone):
        desk.do(desk.make(c.RemoveFile, attachment=attachment, reason="Nhầm tệp"))
    desk.do(desk.make(c.AttachFiles, document=arrival, files=(file,)))
    assert len(desk.read(files_of, arrival)) == 1


def test_a_file_is_attached_to_a_document_that_exists(desk: Desk) -> None:
    with pytest.raises(DocumentUnknown):
        desk.do(desk.make(c.AttachFiles, document=new_id(), files=(pdf_file(),)))
    desk.do(desk.make(c.AttachFiles, document=enter(desk), files=(pdf_file(),)))


def test_a_version_that_we_made_is_kept_like_any_file(desk: Desk) -> None:
    file = keep_made(desk.store, PDF, "trình ký.pdf", AttachmentRole.PREPARED)
    assert (read_file(desk.store, file.sha256), file.role) == (PDF, AttachmentRole.PREPARED)
    with pytest.raises(FileMissing):
        read_file(desk.store, "0" * 64)


# --- the folder of files ---------------------------------------------------------------------------------------


@given(st.binary(max_size=5000), st.integers(0, 5000))
def test_bytes_within_the_limit_are_kept_under_their_hash_and_others_leave_nothing(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, limit: int
) -> None:
    folder = tmp_path_factory.mktemp("files") / "files"
    try:
        blob = blobs.keep_stream(folder, io.BytesIO(content), limit)
    except blobs.TooLong:
        assert len(content) > limit
        assert [path for path in folder.rglob("*") if path.is_file()] == []
    else:
        assert len(content) <= limit
        assert blobs.blob_path(folder, blob.sha256).read_bytes() == content
        assert blob == blobs.Blob(hashlib.sha256(content).hexdigest(), len(content))


@pytest.mark.parametrize("step", ["fsync", "replace", "sync_folder"])
def test_a_crash_while_a_file_is_kept_leaves_no_piece_under_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    class PowerCut(Exception):
        pass

    def cut(*_: object) -> None:
        raise PowerCut

    targets: dict[str, tuple[Any, str]] = {
        "fsync": (os, "fsync"),
        "replace": (Path, "replace"),
        "sync_folder": (blobs, "sync_folder"),
    }
    monkeypatch.setattr(*targets[step], cut)
    with pytest.raises(PowerCut):
        blobs.keep_bytes(tmp_path, PDF)
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(path.read_bytes() == PDF and path.name == hashlib.sha256(PDF).hexdigest() for path in left)
    monkeypatch.undo()
    assert blobs.keep_bytes(tmp_path, PDF).size == len(PDF)


def test_an_error_of_a_file_is_always_a_sentence(desk: Desk, folder: Path) -> None:
    stream: BinaryIO
    with (folder / "a.pdf").open("wb") as stream:
        stream.write(PDF)
    with pytest.raises(ClerkDeskError) as caught:
        take(desk, folder / "a.pdf", allowed=[])
    assert "{" not in caught.value.message

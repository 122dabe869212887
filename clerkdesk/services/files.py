"""Taking files in: their type by content, their size, their hash; the original bytes are kept as they came.

Formats and the limit of 100 MB: Đắk Lắk 38/2016 Đ13.2, Vĩnh Long 480 Đ4.2-4.3. Runs outside any transaction.
"""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePath

from clerkdesk.data.blobs import Blob, TooLong, blob_path, keep_bytes, keep_stream
from clerkdesk.data.store import Store, StoreFull, StoreReadOnly
from clerkdesk.errors import BadFile
from clerkdesk.i18n import N_
from clerkdesk.services.commands import NewFile
from clerkdesk.services.folding import clean_line
from clerkdesk.services.settings import MEGABYTE
from clerkdesk.services.vocabulary import AttachmentRole

HEAD_BYTES = 4096

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
    "rtf": "application/rtf",
    "txt": "text/plain",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "docm": "application/vnd.ms-word.document.macroEnabled.12",
    "xlsm": "application/vnd.ms-excel.sheet.macroEnabled.12",
    "pptm": "application/vnd.ms-powerpoint.presentation.macroEnabled.12",
    "zip": "application/zip",
    "rar": "application/vnd.rar",
    "jpg": "image/jpeg",
    "png": "image/png",
    "tif": "image/tiff",
}
_SAME = {"jpeg": "jpg", "jpe": "jpg", "tiff": "tif", "text": "txt"}
_OFFICE_BINARY = ("doc", "xls", "ppt")
_WITH_MACROS = {"docm": "docx", "xlsm": "xlsx", "pptm": "pptx"}  # and the format that has none


class FileMissing(BadFile):
    """The path leads nowhere, or the file vanished while it was read."""

    sentence = N_(
        "Không đọc được tệp “{name}”: tệp không còn ở đó hoặc không được phép đọc. Kiểm tra đường dẫn rồi chọn lại."
    )


class FileTooLarge(BadFile):
    """The file is above the limit."""

    sentence = N_(
        "Tệp “{name}” lớn hơn {largest} MB (Vĩnh Long 480/2022 Điều 4.3). Tách tệp hoặc nén lại rồi chọn lại."
    )


class FileEmpty(BadFile):
    """The file has no bytes."""

    sentence = N_("Tệp “{name}” rỗng (0 byte). Quét hoặc tải lại tệp rồi chọn lại.")


class FormatNotAllowed(BadFile):
    """The content is of a format that the agency does not take."""

    sentence = N_("Tệp “{name}” không thuộc định dạng được nhận. Được nhận: {allowed}.")


class MacroFile(BadFile):
    """An office file brings a program along, and the agency does not take such files."""

    sentence = N_(
        "Tệp “{name}” có chứa macro (chương trình chạy được) nên không được nhận. Yêu cầu bên gửi lưu lại thành .{plain} hoặc PDF."
    )


class NameLies(BadFile):
    """The extension says one format, the content is another."""

    sentence = N_(
        "Tệp “{name}” có tên .{extension} nhưng nội dung là .{found}. Đổi tên cho đúng, hoặc yêu cầu bên gửi gửi lại."
    )


def take_in(
    store: Store,
    path: Path,
    role: AttachmentRole,
    *,
    allowed: list[str],
    largest_megabytes: int,
    progress: Callable[[int], None] | None = None,
) -> NewFile:
    """Copy a file into the store's folder of files.

    Args:
        path: where the file is; it is only read.
        role: what the file is to its document.
        allowed: extensions of the formats that the agency takes.
        largest_megabytes: limit for one file.
        progress: called with the bytes read so far.

    Raises:
        FileMissing, FileEmpty, FileTooLarge, FormatNotAllowed, MacroFile, NameLies, StoreFull, StoreReadOnly.
    """
    name = clean_name(path.name)
    try:
        if not path.is_file():  # a pipe or a device would never end
            raise FileMissing(name=name, field="files")
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
            if not head:
                raise FileEmpty(name=name, field="files")
            extension = content_extension(head, path)
            stream.seek(0)
            _check_format(name, extension, allowed)
            blob = _keep(lambda: keep_stream(store.blob_folder, stream, largest_megabytes * MEGABYTE, progress), store)
    except TooLong as error:
        raise FileTooLarge(name=name, largest=largest_megabytes, field="files") from error
    except OSError as error:
        raise FileMissing(name=name, field="files") from error
    return NewFile(name=name, sha256=blob.sha256, size=blob.size, media_type=MEDIA_TYPES[extension], role=role)


def keep_made(store: Store, content: bytes, name: str, role: AttachmentRole) -> NewFile:
    """Keep a PDF that we made ourselves: a prepared, signed or sealed version.

    Raises:
        StoreFull, StoreReadOnly.
    """
    blob = _keep(lambda: keep_bytes(store.blob_folder, content), store)
    return NewFile(name=clean_name(name), sha256=blob.sha256, size=blob.size, media_type=MEDIA_TYPES["pdf"], role=role)


def read_file(store: Store, sha256: str) -> bytes:
    """Return the bytes of a kept file.

    Raises:
        FileMissing.
    """
    try:
        return blob_path(store.blob_folder, sha256).read_bytes()
    except OSError as error:
        raise FileMissing(name=sha256[:12]) from error


def path_of(store: Store, sha256: str) -> Path:
    """Return where a kept file is, to hand it to a viewer or printer."""
    return blob_path(store.blob_folder, sha256)


def clean_name(name: str) -> str:
    """Return a file name of the form `<tên>.<phần mở rộng>` without path, control characters or reserved signs."""
    name = clean_line(PurePath(name.replace("\\", "/")).name)
    name = re.sub(r'[<>:"|?*/]', "_", name)[-200:].strip()
    return name if name.strip(".") else "tep"


def content_extension(head: bytes, path: Path | None = None) -> str:
    """Return the usual extension of what the bytes are, by their signature; empty when unknown.

    Args:
        head: the first 4,096 bytes.
        path: for ZIP containers, whose directory stands at the end, and for old office files.
    """
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(path, head)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        suffix = path.suffix.lower().lstrip(".") if path else ""
        return suffix if suffix in _OFFICE_BINARY else "doc"
    for signature, extension in (
        (b"{\\rtf", "rtf"),
        (b"Rar!\x1a\x07", "rar"),
        (b"\xff\xd8\xff", "jpg"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"II*\x00", "tif"),
        (b"MM\x00*", "tif"),
    ):
        if head.startswith(signature):
            return extension
    return "txt" if _is_text(head) else ""


def _zip_kind(path: Path | None, head: bytes) -> str:
    try:
        with zipfile.ZipFile(path if path is not None else io.BytesIO(head)) as archive:
            names = set(archive.namelist())
            macros = _has_macros(archive, names)
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                declared = archive.read("mimetype").decode("ascii", "replace")
                return next((ext for ext, media in MEDIA_TYPES.items() if media == declared), "zip")
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, EOFError, struct.error, zlib.error, lzma.LZMAError):
        return "zip"
    for member, extension in (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx")):
        if "[Content_Types].xml" in names and any(name.startswith(member) for name in names):
            return f"{extension[:3]}m" if macros else extension
    return "zip"


def _has_macros(archive: zipfile.ZipFile, names: set[str]) -> bool:
    """Say whether an Office Open XML file holds a VBA project or declares itself able to."""
    if any(PurePath(name).name.lower() == "vbaproject.bin" for name in names):
        return True
    types = "[Content_Types].xml"
    if types not in names or archive.getinfo(types).file_size > MEGABYTE:
        return False
    return b"macroenabled" in archive.read(types).lower()


def _is_text(head: bytes) -> bool:
    if not head or b"\x00" in head:
        return False
    text = head.decode("utf-8", "ignore")
    printable = sum(c.isprintable() or c.isspace() for c in text)
    return len(text.encode()) > len(head) - 4 and printable >= len(text) * 0.97


def _check_format(name: str, extension: str, allowed: list[str]) -> None:
    if extension in _WITH_MACROS and extension not in allowed:
        raise MacroFile(name=name, plain=_WITH_MACROS[extension], field="files")
    if extension == "" or extension not in allowed:
        raise FormatNotAllowed(name=name, allowed=", ".join(allowed), field="files")
    claimed = PurePath(name).suffix.lower().lstrip(".")
    claimed = _SAME.get(claimed, claimed)
    if extension in ("txt", "zip") and claimed not in ("", *MEDIA_TYPES):  # scripts, pages, programs in an archive
        raise FormatNotAllowed(name=name, allowed=", ".join(allowed), field="files")
    if claimed != extension and claimed in MEDIA_TYPES:
        raise NameLies(name=name, extension=claimed, found=extension, field="files")


def _keep(write: Callable[[], Blob], store: Store) -> Blob:
    import errno

    try:
        return write()
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull from error
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise StoreReadOnly(path=store.blob_folder) from error
        raise


def throw_away(store: Store, sha256: str) -> None:
    """Delete the bytes of a file that must not be kept; the caller has made sure that no document bears it."""
    path = blob_path(store.blob_folder, sha256)
    path.unlink(missing_ok=True)
    for folder in (path.parent, path.parent.parent):
        with suppress(OSError):  # other files are in it
            folder.rmdir()

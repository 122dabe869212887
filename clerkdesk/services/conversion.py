"""Office drafts (DOCX, ODT, DOC, RTF) to PDF through LibreOffice, in a child process with its own profile and a time limit."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from clerkdesk.errors import BadFile, Unavailable
from clerkdesk.i18n import N_

SECONDS = 120
PROGRAMS = ("soffice", "libreoffice")
CONVERTIBLE = ("docx", "odt", "doc", "rtf", "txt")


class LibreOfficeMissing(Unavailable):
    """The machine has no LibreOffice."""

    sentence = N_(
        "Máy chưa có LibreOffice nên chưa chuyển được tệp .{extension} sang PDF. Cài gói libreoffice-writer, hoặc tự lưu dự thảo thành PDF rồi gắn tệp PDF."
    )


class ConversionFailed(BadFile):
    """LibreOffice could not make a PDF of the file."""

    sentence = N_(
        "Không chuyển được “{name}” sang PDF: tệp hỏng, có mật khẩu hoặc quá nặng. Tự lưu thành PDF rồi gắn tệp PDF."
    )


def libreoffice() -> str | None:
    """Return the path of LibreOffice, or None."""
    return next((found for program in PROGRAMS if (found := shutil.which(program))), None)


def to_pdf(content: bytes, name: str, extension: str) -> bytes:
    """Return the PDF of an office file.

    Args:
        content: the file's bytes; they are not changed.
        name: for the message.
        extension: what the content is, without dot.

    Raises:
        LibreOfficeMissing, ConversionFailed.
    """
    program = libreoffice()
    if program is None:
        raise LibreOfficeMissing(extension=extension)
    with tempfile.TemporaryDirectory(prefix="clerkdesk-") as folder:
        source = Path(folder) / f"draft.{extension}"
        source.write_bytes(content)
        command = [
            program,
            "--headless",
            "--norestore",
            # A profile of its own: a running LibreOffice of the clerk would otherwise take the file over.
            f"-env:UserInstallation={(Path(folder) / 'profile').as_uri()}",
            "--convert-to",
            "pdf",
            "--outdir",
            folder,
            str(source),
        ]
        try:
            subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        except (subprocess.TimeoutExpired, OSError) as error:
            raise ConversionFailed(name=name) from error
        made = source.with_suffix(".pdf")
        if not made.exists():
            raise ConversionFailed(name=name)
        return made.read_bytes()

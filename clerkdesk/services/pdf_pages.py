"""Reading a page of a PDF that came from outside: in a child process with limits, because such files attack readers.

Run as a program (`python -m clerkdesk.services.pdf_pages`) this module is that child; imported, it is the caller.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from clerkdesk.errors import BadFile
from clerkdesk.i18n import N_

SECONDS = 20
MEMORY_BYTES = 1 << 30
TEXT_AT_MOST = 40_000  # characters of one page
PICTURE_WIDTH = 160  # pixels: two per terminal cell is more than a pane shows


class PdfUnreadable(BadFile):
    """The PDF cannot be opened."""

    sentence = N_(
        "Không đọc được tệp PDF: tệp hỏng hoặc bị cắt cụt. Tệp gốc vẫn giữ nguyên; yêu cầu bên gửi gửi lại nếu cần."
    )


class PdfLocked(BadFile):
    """The PDF asks for a password."""

    sentence = N_("Tệp PDF có mật khẩu nên không xem được. Yêu cầu bên gửi gửi bản không đặt mật khẩu.")


class PdfTooHeavy(BadFile):
    """Reading took too long or too much memory."""

    sentence = N_("Tệp PDF quá nặng, đã dừng xem trước. Văn bản vẫn đăng ký được bình thường.")


@dataclass(frozen=True, slots=True)
class PdfPage:
    """A page: its text, and a small grey picture for pages that are pictures themselves.

    `picture` is `width` × `height` bytes, 0 black to 255 white; empty when the page has text.
    """

    number: int
    pages: int
    text: str
    width: int = 0
    height: int = 0
    picture: bytes = b""


def read_page(path: Path, number: int) -> PdfPage:
    """Return one page of a PDF, number from 1; a number outside is brought inside.

    Raises:
        PdfUnreadable, PdfLocked, PdfTooHeavy.
    """
    command = [sys.executable, "-m", "clerkdesk.services.pdf_pages", str(path), str(number)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise PdfTooHeavy from error
    if done.returncode != 0:
        raise PdfTooHeavy if done.returncode < 0 else PdfUnreadable
    try:
        answer = json.loads(done.stdout)
    except ValueError as error:
        raise PdfUnreadable from error
    if answer.get("trouble"):
        raise PdfLocked if answer["trouble"] == "locked" else PdfUnreadable
    picture = base64.b64decode(answer.pop("picture"))
    return PdfPage(**answer, picture=picture)


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit; the time limit holds there
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def _answer(path: str, number: int) -> dict[str, object]:
    import pypdfium2 as pdfium

    from clerkdesk.services.folding import clean_line

    try:
        document = pdfium.PdfDocument(path)
        pages = len(document)
        number = min(max(number, 1), pages)
        page = document[number - 1]
        raw = page.get_textpage().get_text_range()[:TEXT_AT_MOST]
    except pdfium.PdfiumError as error:
        return {"trouble": "locked" if "password" in str(error).lower() else "broken"}
    text = "\n".join(clean_line(line) for line in raw.splitlines()).strip()
    answer: dict[str, object] = {"number": number, "pages": pages, "text": text, "picture": ""}
    if len(text) < 20:
        bitmap = page.render(scale=PICTURE_WIDTH / page.get_width(), grayscale=True)
        rows = bytes(bitmap.buffer)
        picture = b"".join(rows[y * bitmap.stride : y * bitmap.stride + bitmap.width] for y in range(bitmap.height))
        answer |= {"width": bitmap.width, "height": bitmap.height, "picture": base64.b64encode(picture).decode()}
    return answer


if __name__ == "__main__":
    _limit_memory()
    sys.stdout.write(json.dumps(_answer(sys.argv[1], int(sys.argv[2]))))

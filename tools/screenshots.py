"""Makes the manual's pictures anew: the sample agency on one fixed morning, each screen as it is, as small PNG files.

    .venv/bin/python -m tools.screenshots [NAME…]

Needs rsvg-convert and a monospaced font with Vietnamese letters and box drawing (DejaVu Sans Mono, Noto Sans Mono).
Nothing outside a temporary folder and docs/images is touched. The same code gives the same pictures.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

from PIL import Image
from textual.pilot import Pilot

from clerkdesk.data import store_key
from clerkdesk.screens.app import ClerkApp
from clerkdesk.services import clock
from clerkdesk.services import desk as desk_module
from clerkdesk.services.desk import Desk
from clerkdesk.services.printing.administrative_page import AdministrativePage, administrative_page
from clerkdesk.services.sample.agency import KEY_PASSPHRASE, PASSWORD, write_sample_agency

PICTURES = Path(__file__).parents[1] / "docs" / "images"
MORNING = dt.datetime(2026, 11, 20, 9, 0, tzinfo=clock.VIETNAM)
STORE = Path("clerkdesk")  # below the temporary folder, so that paths on the screen are short and always the same
FONTS = "DejaVu Sans Mono, Noto Sans Mono"  # the first tells the hook above from the acute at this size
LARGEST = 60_000
SMALL, WIDE = (80, 24), (132, 40)

Scene = Callable[["Camera"], Awaitable[None]]


class _StoppedClock:
    """The library `datetime` on the morning of the pictures."""

    datetime = SimpleNamespace(now=MORNING.astimezone)

    def __getattr__(self, name: str) -> object:
        return getattr(dt, name)


def main(wanted: list[str]) -> None:
    """Take all pictures, or those named."""
    os.environ.pop("NO_COLOR", None)
    setattr(clock, "dt", _StoppedClock())  # noqa: B010  a library, only for the module that tells the time
    setattr(store_key, "_trusted_keyring", lambda: None)  # noqa: B010  nobody's keyring is touched
    setattr(desk_module, "new_key", lambda: bytes(range(32)))  # noqa: B010  the recovery code stands in a picture
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("du-thao.pdf").write_bytes(_draft())
        _apart(_first_start, wanted)
        desk = Desk.open(STORE / "clerkdesk.db")
        write_sample_agency(desk, lambda _done, _total: None)
        desk.close()
        for user, size, scene in SCENES:
            _apart(_play, user, size, scene, wanted)
        os.chdir("/")


def _apart(play: Callable[..., Coroutine[None, None, None]], *arguments: object) -> None:
    """Run the program in a process of its own, as people do; its end frees the store for the next."""
    process = multiprocessing.get_context("fork").Process(target=lambda: asyncio.run(play(*arguments)))
    process.start()
    process.join()
    if process.exitcode != 0:
        raise SystemExit(process.exitcode)


class Camera:
    """Presses keys in the running program and takes pictures of it."""

    def __init__(self, app: ClerkApp, pilot: Pilot[int], wanted: list[str]) -> None:
        self.app, self.pilot, self.wanted = app, pilot, wanted

    async def press(self, *keys: str) -> None:
        """Press keys by name, then wait until everything that goes on behind the screens is done."""
        await self.pilot.press(*keys)
        await self.settle()

    async def type(self, *entries: str) -> None:
        """Type each text and end its field with Enter."""
        for entry in entries:
            for letter in entry:
                await self.pilot.press(_KEYS.get(letter, letter))
            await self.press("enter")

    async def go(self, code: str) -> None:
        """Go to a work area by its two letters."""
        await self.press("ctrl+g", *code)

    async def settle(self) -> None:
        """Wait for workers, then for the screen."""
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()
        await self.pilot.pause()

    async def take(self, name: str) -> None:
        """Write docs/images/NAME.png."""
        if not self.wanted or name in self.wanted:
            await self.settle()
            _write_picture(name, self.app.export_screenshot(title="ClerkDesk"))


_KEYS = {" ": "space", ".": "full_stop", ",": "comma", "-": "minus", "/": "slash", "+": "plus", "@": "at"}


@asynccontextmanager
async def _running(size: tuple[int, int], wanted: list[str]) -> AsyncIterator[Camera]:
    app = ClerkApp(STORE, "clerk-light")
    async with app.run_test(size=size) as pilot:
        camera = Camera(app, pilot, wanted)
        await camera.settle()
        yield camera


async def _play(user: str, size: tuple[int, int], scene: Scene, wanted: list[str]) -> None:
    async with _running(size, wanted) as camera:
        camera.app.query_one("#username").focus()
        if user:
            await camera.type(user, PASSWORD)
            while camera.app.current_mode != "home":
                await camera.pilot.pause(0.05)
            await camera.settle()
            camera.app.clear_notifications()
        await scene(camera)


async def _first_start(wanted: list[str]) -> None:
    """Set-up of an empty store; it is thrown away afterwards for the sample agency."""
    async with _running(SMALL, wanted) as camera:
        await camera.take("lan-dau")
        await camera.press("2")
        await camera.type(
            "Sở Nội vụ tỉnh Sông Hương", "Ủy ban nhân dân tỉnh Sông Hương", "SNV", "H57.15", "Sông Hương", "1",
            "Nguyễn Văn An", "",
        )  # fmt: skip
        await camera.take("khai-bao-co-quan")
        await camera.type(PASSWORD)
        for letter in PASSWORD:
            await camera.pilot.press(_KEYS.get(letter, letter))
        await camera.press("f2")
        await camera.take("ma-khoi-phuc")
        camera.app.desk.throw_away()
    for left in STORE.glob("clerkdesk.*"):
        left.unlink()


async def _login(camera: Camera) -> None:
    await camera.take("dang-nhap")


async def _arrivals(camera: Camera) -> None:
    await camera.take("ban-lam-viec")
    await camera.go("nd")
    await camera.press("f1")
    await camera.take("tro-giup")
    await camera.press("escape")
    await camera.type("stc", "3127", "19", "V/v quyết toán kinh phí quý III năm 2026")
    await camera.take("nhap-den")
    await camera.press("f2")
    await camera.take("da-cap-so")
    await camera.type("stc", "3127", "19")
    await camera.take("trung")
    await camera.press("f3", "c")
    await camera.go("nd")
    for letter in "ubnd xa":
        await camera.pilot.press(_KEYS.get(letter, letter))
    await camera.press("enter", "up", "f4")
    await camera.take("chon-co-quan")
    await camera.press("escape", "f3", "c")
    await camera.go("de")
    await camera.press("slash", *"quyet")
    await camera.take("danh-sach")
    await camera.press("enter", "enter")
    await camera.take("ban-ghi-den")
    await camera.press("f8")
    await camera.take("in")


async def _outgoing(camera: Camera) -> None:
    await camera.go("sd")
    await camera.type(
        "cv", "vp", "", "", "V/v cử công chức dự tập huấn công tác văn thư, lưu trữ", "hải", "", "", "stc",
        "ubnd xã an khê x3 bd",
    )  # fmt: skip
    await camera.take("soan-di")
    await camera.press("f3", "c")
    await camera.go("cb")
    await camera.press("enter")
    await camera.press("f9")
    await camera.type("")
    await camera.take("dong-dau")
    await camera.type(KEY_PASSPHRASE)
    await camera.take("da-dong-dau")
    await camera.press("enter", "f10", "c")
    await camera.take("da-phat-hanh")


async def _registers(camera: Camera) -> None:
    await camera.go("so")
    await camera.press("f7")
    await camera.type("Văn phòng", "Quyết định chờ ký trong ngày")
    await camera.take("giu-so")
    await camera.press("escape")
    await camera.go("ng")
    await camera.take("nguoi-dung")
    await camera.go("cd")
    await camera.take("cai-dat")


async def _leader(camera: Camera) -> None:
    await camera.take("ban-lam-viec-lanh-dao")
    await camera.go("tk")
    await camera.take("trinh-ky")


async def _preview(camera: Camera) -> None:
    await camera.go("nd")
    await camera.press("f8")
    await camera.type("du-thao.pdf")
    await camera.type("stc", "3130", "20", "V/v cung cấp số liệu biên chế năm 2026")
    await camera.take("man-hinh-rong")
    await camera.press("f3", "c")


SCENES: tuple[tuple[str, tuple[int, int], Scene], ...] = (
    ("", SMALL, _login),
    ("annv", SMALL, _arrivals),
    ("annv", SMALL, _outgoing),
    ("annv", SMALL, _registers),
    ("hailq", SMALL, _leader),
    ("annv", WIDE, _preview),
)


def _draft() -> bytes:
    """Return a letter that was received, for the preview."""
    return administrative_page(
        AdministrativePage(
            agency="SỞ TÀI CHÍNH TỈNH SÔNG HƯƠNG", symbol="STC-VP", place="Sông Hương", year=2026, month=11, day=20,
            number="3130", type_name="", subject="V/v cung cấp số liệu biên chế năm 2026",
            addressees=("Sở Nội vụ tỉnh Sông Hương",),
            body=(
                "Để có cơ sở lập dự toán kinh phí năm 2027, Sở Tài chính đề nghị quý Sở cung cấp số liệu biên chế được "
                "giao và biên chế có mặt đến ngày 31 tháng 10 năm 2026.",
                "Văn bản gửi về Sở Tài chính trước ngày 30 tháng 11 năm 2026 để tổng hợp.",
            ),
            signer="Phan Thị Thu Thủy", authority=("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"), recipients=("Như trên", "Lưu: VT"),
        )
    )  # fmt: skip


def _write_picture(name: str, svg: str) -> None:
    """Draw the terminal's cells with a font of this machine, without the window around them, in few colours."""
    svg = re.sub(r"@font-face\s*{.*?}", "", svg, flags=re.DOTALL).replace("Fira Code", FONTS)
    svg = svg.replace("font-size: 20px", "font-size: 20.265px")  # cells are 12.2 wide, letters 0.602 of their size
    svg = svg.replace("<text ", '<text xml:space="preserve" ').replace("&#160;", " ")
    drawn = subprocess.run(["rsvg-convert"], input=svg.encode(), capture_output=True, check=True).stdout
    picture = Image.open(io.BytesIO(drawn)).convert("RGB")
    picture = picture.crop((10, 42, picture.width - 10, picture.height - 10))  # the window's frame
    picture = picture.quantize(16, dither=Image.Dither.NONE)
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}.png"
    picture.save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path.name}: {size:,} bytes")
    if size > LARGEST:
        raise SystemExit(f"{path.name} is larger than {LARGEST:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])

"""The route of an outgoing document: prepared, signed by the leader, numbered and sealed."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from clerkdesk.services.signing.appearance import draw_text, image_shape
from clerkdesk.services.signing.document import open_reader
from clerkdesk.services.signing.keys import VIETNAM_TIME, SigningKey
from clerkdesk.services.signing.layout import TextPlace
from clerkdesk.services.signing.page_text import Box, shown_text
from clerkdesk.services.signing.prepare import PrepareSpec, prepare
from clerkdesk.services.signing.signing_steps import fill_and_seal, sign_as_leader
from clerkdesk.services.signing.verify import Verdict, inspect_signatures, verify_output

from .test_signing_drafts import (
    LEADER,
    SPEC,
    Draft,
    draw,
    letter_of_three_pages,
    one_page,
    rect_of,
    seal_png,
    signature_png,
)
from .test_signing_keys import AGENCY, agency_key, authority, key_for, leader_key

VALUES = {"clerk_number": "123", "clerk_day": "05", "clerk_month": "11"}


@cache
def signed_by_leader() -> bytes:
    return sign_as_leader(prepare(one_page(), SPEC).pdf, leader_key())


def seal(pdf: bytes, number: str = "123", key: SigningKey | None = None, month: str = "11") -> bytes:
    return fill_and_seal(pdf, key or agency_key(), number_text=number, day="05", month=month, year="2026")


@cache
def sealed() -> bytes:
    return seal(signed_by_leader())


@pytest.mark.parametrize("pictures", [False, True])
@pytest.mark.parametrize("make", [one_page, letter_of_three_pages])
def test_the_whole_route_gives_two_good_signatures(make: object, pictures: bool, tmp_path: Path) -> None:
    draft = make()  # type: ignore[operator]
    spec = PrepareSpec(signer_name=LEADER, signature_shape=image_shape(signature_png()) if pictures else None)
    leader_signed = sign_as_leader(prepare(draft, spec).pdf, leader_key(), image=signature_png() if pictures else None)
    done = fill_and_seal(
        leader_signed,
        agency_key(),
        number_text="123",
        day="05",
        month="11",
        year="2026",
        image=seal_png() if pictures else None,
    )
    report = verify_output(done, leader_signed=leader_signed, expected_fields=VALUES, trust=[authority()])
    assert [(one.field, one.verdict, one.trusted, one.is_test) for one in report.signatures] == [
        ("leader", Verdict.GOOD, True, True),
        ("agency", Verdict.GOOD, True, True),
    ]
    assert done.startswith(draft)
    assert open_reader(done).xrefs.total_revisions == open_reader(leader_signed).xrefs.total_revisions + 1
    if shutil.which("pdfsig") is None:
        pytest.skip("pdfsig (poppler) is not on this machine")
    file = tmp_path / "van-ban.pdf"
    file.write_bytes(done)
    told = subprocess.run(["pdfsig", "-nocert", str(file)], capture_output=True, text=True, check=False).stdout
    assert told.count("Signature is Valid.") == 2
    assert told.count("Total document signed") == 1


def test_the_keys_of_both_kinds_sign() -> None:
    key = key_for()
    prepared = prepare(one_page(), SPEC).pdf
    mixed = seal(sign_as_leader(prepared, leader_key()), key=key)
    other = seal(sign_as_leader(prepared, key))
    for pdf in (mixed, other):
        assert [one.verdict for one in inspect_signatures(pdf)] == [Verdict.GOOD] * 2


def test_the_fields_change_in_value_and_look_only() -> None:
    def keys_of(pdf: bytes) -> dict[str, dict[str, str]]:
        form = open_reader(pdf).root["/AcroForm"]["/Fields"]
        return {
            str(field["/T"]): {key: repr(field.raw_get(key)) for key in field if key not in ("/V", "/AP")}
            for field in (reference.get_object() for reference in form)
        }

    assert keys_of(sealed()) == keys_of(signed_by_leader())


def test_the_signing_time_is_the_one_given_in_vietnams_time() -> None:
    at = datetime(2026, 11, 5, 3, 4, 5, tzinfo=UTC)
    key = key_for(at - timedelta(days=1), at + timedelta(days=1))
    done = sign_as_leader(prepare(one_page(), SPEC).pdf, key, signed_at=at)
    (summary,) = inspect_signatures(done)
    assert summary.signed_at == at
    assert summary.signed_at.utcoffset() == at.astimezone(VIETNAM_TIME).utcoffset()


def test_number_date_signature_and_seal_are_seen_where_they_belong() -> None:
    spec = PrepareSpec(signer_name=LEADER, signature_shape=image_shape(signature_png()))
    leader_signed = sign_as_leader(prepare(one_page(), spec).pdf, leader_key(), image=signature_png())
    done = fill_and_seal(leader_signed, agency_key(), number_text="123", day="05", month="11", image=seal_png())
    document = pdfium.PdfDocument(done)
    document.init_forms()
    page = document[0].render(scale=2, may_draw_forms=True).to_pil().convert("RGB")
    if folder := os.environ.get("CLERKDESK_LOOK"):
        page.save(Path(folder) / "sealed.png")

    def share(box: Box, colour: str) -> float:
        part = page.crop(
            (int(2 * box.x0), int(page.height - 2 * box.y1), int(2 * box.x1), int(page.height - 2 * box.y0))
        )
        return share_of(part, colour)

    leader, agency = rect_of(done, "leader"), rect_of(done, "agency")
    third = Box(leader.x0, leader.y0, leader.x0 + leader.width / 3, leader.y1)
    rest = Box(leader.x0 + leader.width / 3 + 1, leader.y0, leader.x1, leader.y1)
    assert share(rest, "blue") > 0.01
    assert share(rest, "red") == 0
    assert share(third, "red") > 0.01
    assert share(agency, "red") > 0.1
    for name in VALUES:
        assert share(rect_of(done, name), "black") > 0.02


def share_of(part: Image.Image, colour: str) -> float:
    tests = {
        "red": lambda r, g, b: r > 150 and g < 110 and b < 110,
        "blue": lambda r, g, b: b > 120 and r < 110,
        "black": lambda r, g, b: max(r, g, b) < 90,
    }
    pixels = [part.getpixel((x, y)) for x in range(part.width) for y in range(part.height)]
    return sum(tests[colour](*pixel) for pixel in pixels) / len(pixels)  # type: ignore[misc]


def test_a_real_key_without_pictures_shows_names_and_times_and_no_test_mark() -> None:
    leader, agency = replace(leader_key(), is_test=False), replace(agency_key(), is_test=False)
    done = seal(sign_as_leader(prepare(one_page(), SPEC).pdf, leader), key=agency)
    leader_text, agency_text = (shown_text(done, 0, rect_of(done, field)) for field in ("leader", "agency"))
    assert "Ký bởi:" in leader_text
    assert AGENCY.split(maxsplit=1)[0] in agency_text
    assert "THỬ NGHIỆM" not in leader_text + agency_text
    assert "THỬ NGHIỆM" in shown_text(sealed(), 0, rect_of(sealed(), "agency"))


numbers = st.integers(1, 9999).map(lambda number: f"{number:02}")


@given(numbers)
@settings(max_examples=60, deadline=None)
def test_a_drawn_number_reads_as_itself(number: str) -> None:
    drawn = draw_text(number, TextPlace(0, Box(100, 700, 140, 716)), "số văn bản")
    assert shown_text(drawn, 0, Box(0, 0, 40, 16)) == number


@given(numbers)
@settings(max_examples=10, deadline=None)
def test_a_number_stands_in_its_field_and_on_the_page(number: str) -> None:
    done = seal(signed_by_leader(), number)
    report = verify_output(done, leader_signed=signed_by_leader(), expected_fields={**VALUES, "clerk_number": number})
    assert report.number_shown == number


def test_dots_printed_in_the_gap_are_covered() -> None:
    draft = draw(Draft(number_line="Số: ............/QĐ-SNV", date_line="ngày …… tháng …… năm ........"))
    leader_signed = sign_as_leader(prepare(draft, SPEC).pdf, leader_key())
    done = seal(leader_signed)
    verify_output(done, leader_signed=leader_signed, expected_fields={**VALUES, "clerk_year": "2026"})


async def test_signing_works_in_a_worker_thread_beside_a_running_loop() -> None:
    ticks = 0

    async def beat() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.005)
            ticks += 1

    heart = asyncio.create_task(beat())
    main = threading.get_ident()
    prepared = (await asyncio.to_thread(prepare, one_page(), SPEC)).pdf
    signed = await asyncio.to_thread(sign_as_leader, prepared, leader_key())
    both = await asyncio.gather(*(asyncio.to_thread(seal, signed, number) for number in ("01", "02", "03")))
    heart.cancel()
    assert threading.get_ident() == main
    assert ticks > 3
    for number, done in zip(("01", "02", "03"), both, strict=True):
        report = await asyncio.to_thread(
            verify_output, done, leader_signed=signed, expected_fields={**VALUES, "clerk_number": number}
        )
        assert report.number_shown == number


def test_the_package_itself_loads_nothing_heavy() -> None:
    code = (
        "import sys, clerkdesk.services.signing as _;"
        "print([name for name in ('pyhanko', 'pypdfium2', 'reportlab') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "[]"

"""Envelopes: exact size, sender, number, addressee, red mark of urgency (NĐ 30/2020 PL IV.II)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerkdesk.services.printing.envelope import Envelope, EnvelopeSize, NoEnvelopes, Sender, envelopes
from clerkdesk.services.printing.marks import Urgency
from tests.services.test_printing_pdf import WEIRD, flat, ink, inside_page, page_sizes, span

SENDER = Sender(
    parent_agency="Ủy ban nhân dân tỉnh Hà Nam",
    agency="Sở Nội vụ",
    address="số 15 đường Trần Phú, phường Phủ Lý",
    phone="0226 385 2743",
    fax="0226 385 2744",
    email="sonoivu@hanam.gov.vn",
    website="sonoivu.hanam.gov.vn",
)
ENVELOPE = Envelope(
    addressee="Ủy ban nhân dân xã Bình Lục",
    addressee_address="Thôn 3, xã Bình Lục",
    references=("15/QĐ-SNV", "16/QĐ-SNV"),
)


@pytest.mark.parametrize("size", EnvelopeSize)
def test_envelope_has_its_size_and_all_its_words(size: EnvelopeSize) -> None:
    pdf = envelopes(SENDER, [ENVELOPE], size)
    assert page_sizes(pdf) == [(size.width, size.height)]
    text = flat(pdf)
    for part in (
        "ỦY BAN NHÂN DÂN TỈNH HÀ NAM SỞ NỘI VỤ",
        "Địa chỉ: số 15 đường Trần Phú, phường Phủ Lý",
        "Điện thoại: 0226 385 2743 Fax: 0226 385 2744",
        "E-mail: sonoivu@hanam.gov.vn Website: sonoivu.hanam.gov.vn",
        "Số: 15/QĐ-SNV; 16/QĐ-SNV",
        "Kính gửi: Ủy ban nhân dân xã Bình Lục Thôn 3, xã Bình Lục",
    ):
        assert part in text


@pytest.mark.parametrize("size", EnvelopeSize)
def test_sender_is_top_left_and_addressee_lower_right(size: EnvelopeSize) -> None:
    pdf = envelopes(SENDER, [ENVELOPE], size)
    sender, addressee = span(pdf, "SỞ NỘI VỤ"), span(pdf, "Kính gửi:")
    assert sender[2] < size.width / 2
    assert sender[3] < size.height / 3
    assert addressee[0] > size.width / 3
    assert addressee[1] > size.height * 0.45


@pytest.mark.parametrize("urgency", Urgency)
@pytest.mark.parametrize("size", [EnvelopeSize.A4_FLAT, EnvelopeSize.SMALL])
def test_urgent_envelope_carries_the_red_mark_of_its_size(urgency: Urgency, size: EnvelopeSize) -> None:
    pdf = envelopes(SENDER, [replace(ENVELOPE, urgency=urgency)], size)
    left, top, right, bottom = ink(pdf, red=True)
    assert (right - left, bottom - top) == pytest.approx((urgency.width, 8), abs=0.2)
    assert urgency.words in flat(pdf)
    assert right < span(pdf, "Kính gửi:")[0]


def test_a_release_is_one_envelope_a_page() -> None:
    assert len(page_sizes(envelopes(SENDER, [ENVELOPE] * 7, EnvelopeSize.DL))) == 7


def test_empty_parts_of_the_sender_are_left_out() -> None:
    text = flat(envelopes(Sender(agency="UBND xã"), [Envelope(addressee="Bộ Nội vụ")], EnvelopeSize.DL))
    assert text == "UBND XÃ Số: ……………… Kính gửi: Bộ Nội vụ"


def test_no_envelopes_is_refused() -> None:
    with pytest.raises(NoEnvelopes):
        envelopes(SENDER, [], EnvelopeSize.DL)


@settings(max_examples=25, deadline=None)
@given(text=WEIRD, other=WEIRD, size=st.sampled_from(EnvelopeSize))
def test_no_text_passes_the_edge_or_meets_the_mark(text: str, other: str, size: EnvelopeSize) -> None:
    sender = Sender(agency=text, parent_agency=other, address=text, phone=other, fax=text, email=other, website=text)
    item = Envelope(addressee=other, addressee_address=text, references=(text, other), urgency=Urgency.THUONG_KHAN)
    assert inside_page(envelopes(sender, [item], size))

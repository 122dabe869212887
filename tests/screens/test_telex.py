"""Telex: keys of a word make the word, in any order that clerks use, and leave foreign words alone."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerkdesk.screens.telex import keys_of, telex
from tests.terminal import Terminal

ACTS = Path(__file__).parents[3] / "shared" / "domain" / "acts"

# keys -> word
TABLE = dict(
    pair.split("=")
    for pair in """
    tieengs=tiếng tieesng=tiếng tiengse=tiếng vieetj=việt nguwowif=người nguowif=người nguoifw=người
    nguwowfi=người dduwowcj=được dduowjc=được duowcdj=được dduocwj=được truwowngf=trường truongwf=trường
    hoaf=hòa hoafn=hoàn thuyr=thủy thuys=thúy hoaw=hoă ngoawcj=ngoặc ngoeof=ngoèo khuyur=khuỷu khuyeen=khuyên
    quys=quý quyeets=quyết quoocs=quốc quar=quả quaan=quân quawngj=quặng quowr=quở quaays=quấy
    gif=gì giaf=già giuwax=giữa giuwowngf=giường gieengs=giếng giaays=giấy ginf=gìn
    cuar=của muaw=mưa muwa=mưa thuowr=thuở huow=huơ thuown=thươn huuw=hưu uwu=ưu luwu=lưu ruowuj=rượu
    nghiax=nghĩa kyf=kỳ ys=ý yeeu=yêu Yeen=Yên khuya=khuya huyeenj=huyện nghieepj=nghiệp khuyeets=khuyết
    dd=đ ddaa=đâ dangd=đang Ddaf=Đà DDaf=Đà DDAF=ĐÀ ddaawngs=đắng daawngd=đăng
    QDD=QĐ NDD=NĐ HDDND=HĐND TDDKT=TĐKT UBND=UBND ddc=đc TTg=TTg DDU=ĐU
    DDawks=Đắk Lawks=Lắk Kroong=Krông DDAWK=ĐĂK Ddoong=Đông xooong=xoong booc=bôc
    ass=as ooo=oo ddd=dd aww=aw uww=uw ww=w sooocs=soóc asz=a tieengsz=tiêng vieetjs=viết viejets=viết
    aaw=ă aww=aw oow=ơ owo=ô uwowo=uô uoow=uơ awa=â eee=ee
    software=software word=word excel=excel web=web Windows=Windows google=google server=server email=email
    file=file class=class address=address WTO=WTO pdf=pdf zoom=zoom gmail=gmail Facebook=Facebook docx=docx
    tooi=tôi toois=tối mootj=một mooij=mội coong=công vawn=văn thuw=thư luwu=lưu trux=trũ sowr=sở
    SOWR=SỞ TIEENGS=TIẾNG TIEENGs=TIẾNG Nguyeenx=Nguyễn NGUYEENX=NGUYỄN
    """.split()  # noqa: SIM905 - a table to be read
)


@pytest.mark.parametrize(("keys", "word"), TABLE.items())
def test_the_table(keys: str, word: str) -> None:
    assert telex(keys) == word


@pytest.mark.parametrize(
    ("keys", "word"), [("hoaf", "hoà"), ("thuyr", "thuỷ"), ("khoer", "khoẻ"), ("hoafn", "hoàn"), ("cuar", "của")]
)
def test_the_modern_place_of_the_tone(keys: str, word: str) -> None:
    assert telex(keys, modern=True) == word


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) >= 60


@pytest.mark.skipif(not ACTS.is_dir(), reason="the folder of provincial acts is not on this machine")
def test_all_accented_words_of_the_acts() -> None:
    text = unicodedata.normalize("NFC", " ".join(path.read_text("utf-8") for path in sorted(ACTS.glob("*.txt"))))
    words = Counter(word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii())
    wrong = [w for w in words if w not in {telex(keys_of(w)), telex(keys_of(w), modern=True)}]
    # What is left are words that the scanning of the acts glued together ("thànhphố") or tore apart ("thhiện").
    assert len(wrong) < 0.06 * len(words)
    assert sum(words[word] for word in wrong) < 0.004 * words.total()


@given(st.text("abcdeghiklmnopqrstuvxyzfjwABDEOUW", max_size=12))
def test_any_keys_give_composed_text_and_never_fail(keys: str) -> None:
    word = telex(keys)
    assert unicodedata.is_normalized("NFC", word)
    assert bool(word) == bool(keys)


@given(st.sampled_from(sorted({word for word in TABLE.values() if not word.isascii()} - {"soóc"})))
def test_keys_of_undoes_telex(word: str) -> None:
    assert telex(keys_of(word)) == word


class TestTyping:
    """On a terminal, key by key and in one burst."""

    def typed(self, *keys: str | bytes, on: bool = True) -> list[str]:
        with Terminal.python("tests.screens.demo_form", *(["telex"] if on else [])) as terminal:
            terminal.wait_for("SẴN SÀNG")
            terminal.send("tab", *keys, "f9")
            terminal.wait_for(lambda t: re.search(r"#1 .*#", t.text()))
            return terminal.text().partition("#1 ")[2].split("|")

    def test_a_sentence(self) -> None:
        assert self.typed("Veef vieecj tuyeern dungj 25 QDD-UBND")[1] == "Về việc tuyển dụng 25 QĐ-UBND"

    def test_the_wrapped_field_composes_too(self) -> None:
        assert self.typed("up", "up", "Veef vieecj")[3] == "Về việc"

    def test_off_unless_asked_for(self) -> None:
        assert self.typed("vieecj", on=False)[1] == "vieecj"

    def test_backspace_goes_on_with_what_is_left(self) -> None:
        assert self.typed("vieetj", "backspace", "cs")[1] == "viếc"

    def test_a_tone_is_added_to_a_word_typed_before(self) -> None:
        assert self.typed("hoa ban", "left", "left", "left", "left", "f", "end", "r")[1] == "hòa bản"

    def test_before_another_word_a_new_one_begins(self) -> None:
        assert self.typed("ban", "home", "vaw", "n")[1] == "vănban"

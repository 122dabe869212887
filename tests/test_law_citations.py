"""Every article that the code cites exists: act, article and clause are looked up in what we have read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "clerkdesk"

# Act: number of clauses (khoản) of each article (Điều), 0 for an article that is one piece. Of NĐ 30/2020 only the
# articles that shape the program, as read; the other acts whole.
KNOWN: dict[str, dict[int, int]] = {
    "NĐ 30/2020": {
        4: 3, 7: 0, 8: 3, 13: 5, 14: 5, 15: 3, 16: 2, 18: 6, 19: 3, 21: 3, 22: 3, 23: 3, 24: 3, 25: 3, 30: 3, 31: 3,
        32: 2,
    },
    "QĐ 28/2018": {6: 2, 8: 3, 9: 3, 10: 2},
    "Đắk Lắk 38/2016": {
        1: 0, 2: 0, 3: 9, 4: 3, 5: 3, 6: 2, 7: 2, 8: 4, 9: 3, 10: 2, 11: 3, 12: 3, 13: 2, 14: 2, 15: 2, 16: 0, 17: 2,
        18: 2, 19: 2,
    },
    "Đà Nẵng 8849": {1: 3, 2: 6, 3: 3, 4: 0, 5: 6, 6: 2, 7: 5, 8: 5, 9: 6, 10: 7, 11: 2, 12: 3, 13: 5, 14: 3, 15: 6},
    "Hà Nam 44/2024": {
        1: 2, 2: 3, 3: 2, 4: 2, 5: 5, 6: 6, 7: 3, 8: 4, 9: 0, 10: 3, 11: 3, 12: 0, 13: 5, 14: 2, 15: 3, 16: 2, 17: 5,
        18: 5, 19: 2, 20: 3, 21: 4, 22: 0,
    },
    "Tây Ninh 59/2014": {
        1: 2, 2: 0, 3: 8, 4: 3, 5: 3, 6: 0, 7: 2, 8: 3, 9: 5, 10: 3, 11: 0, 12: 4, 13: 1, 14: 6, 15: 2,
    },
    "Vĩnh Long 480": {
        1: 2, 2: 9, 3: 2, 4: 3, 5: 2, 6: 0, 7: 0, 8: 2, 9: 2, 10: 0, 11: 0, 12: 5, 13: 2, 14: 6, 15: 0, 16: 6, 17: 2,
        18: 8, 19: 2, 20: 3, 21: 6,
    },
}  # fmt: skip
APPENDICES = ("I", "II", "III", "IV", "V", "VI")

_CITED = re.compile(rf"({'|'.join(map(re.escape, KNOWN))})(?:/\d{{4}})?((?:[^\n(\";]|\n\s*)*)")
_ARTICLE = re.compile(r"(?:Đ|Điều )(\d{1,2})(?:\.(\d{1,2}))?(?:-(?:(\d{1,2})\.)?(\d{1,2}))?")
_APPENDIX = re.compile(r"\bPL ([IVX]+)")
_OTHER_ACT = re.compile(r"(?:NĐ|QĐ|TT|Luật) ?\d|[A-ZĐ][\w]+ (?:\w+ )?\d{2,4}/20\d\d")


def citations() -> Iterator[tuple[str, str, int, int | None]]:
    """Yield file, act, article and clause of every citation in the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text("utf-8")
        for found in _CITED.finditer(text):
            act, tail = found[1], found[2]
            cut = _OTHER_ACT.search(tail)
            tail = tail[: cut.start()] if cut else tail[:80]
            for article in _ARTICLE.finditer(tail):
                yield path.name, act, int(article[1]), int(article[2]) if article[2] else None


def test_there_are_citations_to_check() -> None:
    assert len(list(citations())) > 80


@pytest.mark.parametrize(("file", "act", "article", "clause"), sorted(set(citations()), key=str))
def test_every_cited_article_exists(file: str, act: str, article: int, clause: int | None) -> None:
    assert article in KNOWN[act], f"{file}: {act} Đ{article} is none that we have read"
    if clause is not None:
        assert 1 <= clause <= KNOWN[act][article], f"{file}: {act} Đ{article} has no clause {clause}"


def test_every_cited_appendix_of_the_decree_exists() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        for found in re.finditer(r"NĐ 30/2020[^\n]{0,60}", path.read_text("utf-8")):
            for appendix in _APPENDIX.finditer(found[0]):
                assert appendix[1] in APPENDICES, f"{path.name}: PL {appendix[1]}"

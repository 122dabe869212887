"""Which letter sequences a Vietnamese syllable may begin with: what keeps Telex from bending foreign words."""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import product

# Standard initials, and those of highland place names (Krông, Drắk, Glong, Chro, Rlấp).
_INITIALS = """
b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x
br chr dr đr gl gr hl kl kr pr rl
""".split()  # noqa: SIM905 - a table to be read

# All rimes of the written language, and -k for place names (Đắk Lắk, Pắk, Bók).
_RIMES = """
a ac ach ai ak am an ang anh ao ap at au ay ăc ăk ăm ăn ăng ăp ăt âc âk âm ân âng âp ât âu ây
e ec ek em en eng eo ep et ê êch êk êm ên êng ênh êp êt êu
i ia ich ik im in inh ip it iu iêc iêm iên iêng iêp iêt iêu
o oc oi ok om on ong op ot oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oe oem oen oeo oet
oong ooc ô ôc ôi ôk ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
u ua uc ui uk um un ung up ut uâ uân uâng uât uây uê uêch uên uênh uôc uôi uôm uôn uông uôt uơ uy uya uych uyn uynh
uyp uyt uyu uyên uyêt ư ưa ưc ưi ưk ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu
y yêm yên yêng yêt yêu
""".split()  # noqa: SIM905

_CHECKED = ("c", "ch", "k", "p", "t")  # finals that only take the tones sắc and nặng
_LEVEL_TONES = ("\u0300", "\u0309", "\u0303")
_UNMARKED = {"ă": "aă", "â": "aâ", "ê": "eê", "ô": "oô", "ơ": "oơ", "ư": "uư"}


@cache
def _beginnings() -> frozenset[str]:
    """Every beginning of every rime, also with marks still missing: they may be typed last."""
    found = {""}
    for rime in _RIMES:
        for end in range(1, len(rime) + 1):
            found.update(map("".join, product(*(_UNMARKED.get(letter, letter) for letter in rime[:end]))))
    return frozenset(found)


def plausible(letters: str, tone: str = "") -> bool:
    """Whether `letters` (lower case NFC without the tone) may be a syllable, or the beginning of one, with `tone`."""
    initial = 0
    while initial < len(letters) and unicodedata.normalize("NFD", letters[initial])[0] not in "aeiouy":
        initial += 1
    cuts = [initial]
    if letters.startswith("qu"):
        cuts = [2]
    elif letters.startswith("gi"):
        cuts = [1, 2]
    for cut in cuts:
        head, rime = letters[:cut], letters[cut:]
        if (not head or head in _INITIALS) and rime in _beginnings():
            return not (tone in _LEVEL_TONES and rime.endswith(_CHECKED))
    return False

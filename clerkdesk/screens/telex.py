"""Built-in Telex typing of Vietnamese, for places without an input method: Linux console, plain ssh, kiosk.

`telex` turns the keys of one word into the word; `TelexComposer` gives it to the entry widgets. It is off until the
app's attribute `telex_on` is true, because most clerks run Unikey or EvKey and two composers would fight.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual import events
from textual.widget import Widget

from clerkdesk.screens.syllables import plausible

if TYPE_CHECKING:
    _Base = Widget
else:
    _Base = object

CIRCUMFLEX, BREVE, HORN = "\u0302", "\u0306", "\u031b"
TONES = {"f": "\u0300", "s": "\u0301", "r": "\u0309", "x": "\u0303", "j": "\u0323"}
_TONE_KEYS = {tone: key for key, tone in TONES.items()}
_VOWELS = frozenset("aeiouy")


@dataclass(slots=True)
class _Letter:
    """One letter as typed, with the mark that later keys put on it. A stroke turns d into đ."""

    typed: str
    mark: str = ""
    from_w: bool = False  # the letter ư that stands for a lone w

    @property
    def base(self) -> str:
        return self.typed.lower()

    @property
    def is_vowel(self) -> bool:
        return self.base in _VOWELS

    def __str__(self) -> str:
        if self.mark == "stroke":
            return "đ" if self.typed == "d" else "Đ"
        return self.typed + self.mark


@dataclass(slots=True)
class _Word:
    """A word under composition."""

    letters: list[_Letter] = field(default_factory=list)
    tone: str = ""
    literal: bool = False  # the clerk took back a mark: what follows means itself
    no_circumflex: bool = False  # oo was taken back (xoong): doubled letters mean themselves, tones still work

    def nucleus(self) -> list[int]:
        """Where the vowels of the rime are; the u of qu and the i of gia belong to the initial consonant."""
        at = [i for i, letter in enumerate(self.letters) if letter.is_vowel]
        if len(at) > 1 and at[:2] == [1, 2]:
            first, second = self.letters[0].base, self.letters[1]
            if (first == "q" and second.base == "u") or (first == "g" and second.base == "i" and not second.mark):
                at = at[1:]
        elif at == [1] and self.letters[0].base == "q":
            at = []
        run = at[:1]
        for i in at[1:]:
            if i == run[-1] + 1:
                run.append(i)
        return run

    def press(self, key: str) -> bool:
        """Take one key. Answers whether it changed letters before it, rather than being added as a letter."""
        k = key.lower()
        if not self.literal:
            if k in TONES and self.nucleus():
                return self._press_tone(key, TONES[k])
            if k == "z" and self.tone:
                self.tone = ""
                return True
            if k == "d" and (stroked := self._stroke_target()) is not None:
                return self._put(stroked, "stroke", key)
            if k in "aeo" and not self.no_circumflex and (doubled := self._double_target(k)) is not None:
                return self._press_double(doubled, key)
            if k == "w":
                return self._press_w(key)
        self.letters.append(_Letter(key))
        self._tie_uo()
        return False

    def _press_tone(self, key: str, tone: str) -> bool:
        if self.tone == tone:
            self.tone, self.literal = "", True
            self.letters.append(_Letter(key))
        else:
            self.tone = tone
        return True

    def _put(self, letter: _Letter, mark: str, key: str) -> bool:
        """Put a mark on a letter; the same mark a second time takes it back and types the key itself."""
        if letter.mark == mark:
            letter.mark, self.literal = "", True
            self.letters.append(_Letter(key))
        else:
            letter.mark = mark
        return True

    def _stroke_target(self) -> _Letter | None:
        if not self.letters:
            return None
        first, last = self.letters[0], self.letters[-1]
        if last.base == "d":
            return last
        return first if first.base == "d" and self.nucleus() else None

    def _double_target(self, k: str) -> _Letter | None:
        """The vowel that a second a, e or o gives its hat: the last one of its kind, unless another main vowel came."""
        for letter in reversed(self.letters):
            if letter.base == k:
                return letter
            if letter.base in "aeo":
                return None
        return None

    def _press_double(self, letter: _Letter, key: str) -> bool:
        if letter.mark == CIRCUMFLEX:
            letter.mark, self.no_circumflex = "", True
            self.letters.append(_Letter(key))
            return True
        at = self.letters.index(letter)
        if letter.mark == HORN and at and self.letters[at - 1].mark == HORN:
            self.letters[at - 1].mark = ""  # ươ + o is uô
        letter.mark = CIRCUMFLEX
        return True

    def _press_w(self, key: str) -> bool:
        nucleus = [self.letters[i] for i in self.nucleus() if self.letters[i].base in "aou"]
        bases = "".join(letter.base for letter in nucleus)
        if not nucleus:
            self.letters.append(_Letter("u" if key == "w" else "U", HORN, from_w=True))
            return True
        if nucleus[-1].from_w and self.letters[-1] is nucleus[-1]:
            nucleus[-1].typed, nucleus[-1].mark, self.literal = key, "", True
            return True
        if bases.startswith("uo"):
            target = nucleus[1]
        elif bases.startswith(("ua", "uu")):
            target = nucleus[0]
        elif bases.startswith("oa"):
            target = nucleus[1]
        else:
            target = nucleus[0]
        before = [letter.mark for letter in nucleus]
        self._put(target, BREVE if target.base == "a" else HORN, key)
        if self.literal and bases.startswith("uo") and before[0] == HORN:
            nucleus[0].mark = ""
        self._tie_uo()
        return True

    def _tie_uo(self) -> None:
        """Vietnamese has ươ before another letter and uơ at the end (thuở, but người)."""
        at = self.nucleus()
        if len(at) < 2:
            return
        u, o = self.letters[at[0]], self.letters[at[1]]
        if (u.base, o.base) != ("u", "o") or at[1] == len(self.letters) - 1 or self.literal:
            return
        if (u.mark, o.mark) in {("", HORN), (HORN, "")}:
            u.mark = o.mark = HORN

    def tone_at(self, *, modern: bool) -> int | None:
        """Which letter carries the tone."""
        at = self.nucleus()
        if not at:
            return None
        marked = [i for i in at if self.letters[i].mark]
        if marked:
            return marked[-1]
        if len(at) > 2:
            return at[1]
        if len(at) == 2:
            closed = at[-1] < len(self.letters) - 1
            pair = self.letters[at[0]].base + self.letters[at[1]].base
            return at[1] if closed or (modern and pair in {"oa", "oe", "uy"}) else at[0]
        return at[0]

    def is_plain(self) -> bool:
        """Whether no key has changed anything."""
        return not self.tone and not any(letter.mark for letter in self.letters)

    def is_plausible(self) -> bool:
        """Whether the marks make a word that Vietnamese may have, or the beginning of one."""
        vowel_marks = any(letter.mark and letter.mark != "stroke" for letter in self.letters)
        if not self.tone and not vowel_marks:
            vowels = any(letter.is_vowel for letter in self.letters)
            if not vowels or all(letter.typed.isupper() for letter in self.letters):
                return True  # QĐ, HĐND, đc: an abbreviation
        text = unicodedata.normalize("NFC", "".join(map(str, self.letters)).lower())
        return plausible(text, self.tone)

    def text(self, *, modern: bool) -> str:
        """The word in NFC."""
        at = self.tone_at(modern=modern) if self.tone else None
        parts = (str(letter) + (self.tone if i == at else "") for i, letter in enumerate(self.letters))
        return unicodedata.normalize("NFC", "".join(parts))


def telex(keys: str, *, modern: bool = False) -> str:
    """Compose the keys of one word.

    Marks and tones may come anywhere in the word. A mark key pressed twice is taken back and types itself. Keys that
    would make something that no Vietnamese word looks like stay as they are, so most foreign words need no care.

    Args:
        keys: Letters as pressed since the word began.
        modern: Put the tone as in hoà, thuý instead of hòa, thúy.
    """
    word = _Word()
    for i, key in enumerate(keys):
        taken_back = word.literal or word.no_circumflex
        word.press(key)
        cancelled = (word.literal or word.no_circumflex) and not taken_back
        if not cancelled and not word.is_plain() and not word.is_plausible():
            return _foreign(keys, i)
    return word.text(modern=modern)


def _foreign(keys: str, at: int) -> str:
    """A word that turned out not to be Vietnamese at key `at`: its keys as they are."""
    if keys.isupper() and at > 1:
        return keys.replace("DD", "Đ")
    return keys


def keys_of(word: str) -> str:
    """Return the keys that make `word` from nothing, the tone last."""
    keys: list[str] = []
    tone = ""
    for character in unicodedata.normalize("NFD", word):
        if character in "đĐ":
            keys.append("dd" if character == "đ" else "DD")
        elif character == CIRCUMFLEX:
            keys.append(keys[-1])
        elif character in (BREVE, HORN):
            keys.append("W" if keys[-1].isupper() else "w")
        elif character in _TONE_KEYS:
            tone = _TONE_KEYS[character]
        else:
            keys.append(character)
    if len(word) > 1 and word.isupper():
        tone = tone.upper()
    return "".join(keys) + tone


class TelexComposer(_Base):
    """Mixin for an editing widget that says what stands before its cursor and lets it be replaced.

    The keys of the word under the cursor are remembered. When the cursor has moved or something was deleted they are
    worked out again from the word itself, so a tone can be added to a word at whose end the cursor stands.
    """

    _telex_keys = ""
    _telex_word = ""
    _telex_before = ""

    def telex_before(self) -> tuple[str, bool]:
        """Return the text before the cursor, and whether no letter follows the cursor."""
        raise NotImplementedError

    def telex_put(self, remove: int, text: str) -> None:
        """Replace the `remove` characters before the cursor by `text`."""
        raise NotImplementedError

    def compose_key(self, event: events.Key) -> bool:
        """Handle a letter key when Telex is on; answers whether the key was used up."""
        character = event.character
        if not getattr(self.app, "telex_on", False) or not character or not character.isalpha():
            return False
        before, at_word_end = self.telex_before()
        if not self._telex_keys or before != self._telex_before:
            self._recall(before, at_word_end)
        keys = self._telex_keys + character
        word = telex(keys)
        self.telex_put(len(self._telex_word), word)
        self._telex_keys, self._telex_word = keys, word
        self._telex_before = self.telex_before()[0]
        event.stop()
        event.prevent_default()
        return True

    def _recall(self, before: str, at_word_end: bool) -> None:
        start = len(before)
        while at_word_end and start and before[start - 1].isalpha():
            start -= 1
        word = before[start:]
        keys = keys_of(word)
        # A word that Telex would not have made (as from ass) is left alone: only new letters are composed.
        self._telex_keys, self._telex_word = (keys, word) if telex(keys) == word else ("", "")

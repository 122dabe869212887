"""Keys keep their order on a real terminal, whatever the input method and however far ahead the clerk types.

`run_test` cannot see these failures: it waits for each key. Switched off (`stock`), every test of retyping fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerkdesk.screens.telex import telex
from tests.terminal import Terminal, paste, retyped

TEXT_KEYS = "tieengs vieetj ddawng kys"
TEXT = "tiếng việt đăng ký"


class Form(Terminal):
    """The demo form: `filled` types and returns what each field then holds, and the answer of the modal."""

    dumps = 0

    def filled(self, *keys: str | bytes) -> list[str]:
        self.send(*keys)
        return self.dump()

    def dump(self) -> list[str]:
        self.dumps += 1
        self.send("f9")
        mark = f"#{self.dumps} "
        self.wait_for(lambda t: t.text().partition(mark)[2].count("#"))
        values = self.text().partition(mark)[2].partition("#")[0].split("|")
        self.send("f12")
        return values


def form(kind: str) -> Form:
    terminal = Form.python("tests.screens.demo_keys", kind)
    terminal.wait_for("SẴN SÀNG")
    return terminal


@pytest.fixture(scope="module", params=["entry", "area", "input", "textarea"])
def any_form(request: pytest.FixtureRequest) -> Iterator[Form]:
    with form(request.param) as terminal:
        yield terminal


@pytest.fixture(scope="module")
def entry_form() -> Iterator[Form]:
    with form("entry") as terminal:
        yield terminal


@pytest.mark.parametrize("backspace", [b"\x7f", b"\x08"], ids=["del", "bs"])
@pytest.mark.parametrize("gap", [0, 0.01, 0.05])
def test_an_input_method_that_retypes_gets_the_words_right(any_form: Form, backspace: bytes, gap: float) -> None:
    for _ in range(3):
        chunks = retyped(TEXT_KEYS, telex, backspace)
        if gap:
            any_form.send_paced(chunks, gap)
        else:
            any_form.send(*chunks)
        assert any_form.dump()[0] == TEXT


def test_a_long_sentence_in_one_burst(any_form: Form) -> None:
    sentence = "veef vieecj taawng cuwowngf quanr lys vawn banr ddeens"
    assert any_form.filled(*retyped(sentence, telex))[0] == "về việc tăng cường quản lý văn bản đến"


def test_typing_ahead_over_tab(any_form: Form) -> None:
    assert any_form.filled("abc", "tab", "dé", "tab", "f") == ["abc", "dé", "f", ""]


def test_a_paste_keeps_its_place_between_keys(any_form: Form) -> None:
    assert any_form.filled("a", paste("Sở Nội vụ"), b"\x7f", "x", "tab", paste("hai")) == ["aSở Nội vx", "hai", "", ""]


@pytest.mark.parametrize("kind", ["entry", "area"])
def test_typing_ahead_over_enter(kind: str) -> None:
    with form(kind) as terminal:
        assert terminal.filled("abc", "enter", "def", "enter", "g") == ["abc", "def", "g", ""]
        assert terminal.filled("abc", "down", "def", "down", "g", "up", "end", "h") == ["abc", "defh", "g", ""]


@pytest.mark.parametrize("kind", ["entry", "area", "input"])
def test_typing_ahead_through_a_modal_screen(kind: str) -> None:
    with form(kind) as terminal:
        for _ in range(4):
            keys: list[str | bytes] = ["x", "f2", "Sở Nội vụ", "enter", "y", "tab", *retyped("soos", telex)]
            assert terminal.filled(*keys) == ["xy", "số", "", "Sở Nội vụ"]


def test_keys_wait_for_a_slow_handler(entry_form: Form) -> None:
    assert entry_form.filled("old", "f4", "new", "tab", "b") == ["new", "b", "", ""]


def test_keys_wait_while_the_screen_holds_them(entry_form: Form) -> None:
    assert entry_form.filled("old", "f7", "new", "tab", "b") == ["new", "b", "", ""]


def test_a_handler_that_waits_for_a_key_gets_it(entry_form: Form) -> None:
    """Without the time limit this would hang: the key that ends the wait stands in line behind it."""
    assert entry_form.filled("a", "f5", "b", "c") == ["abc", "", "", ""]


def test_no_key_is_lost_when_its_field_goes_away() -> None:
    with form("entry") as terminal:
        assert sorted(terminal.filled("abc", "f6", *retyped(TEXT_KEYS, telex))) == ["", "", TEXT]


def test_what_is_typed_before_the_first_screen_stands_is_kept() -> None:
    with Form.python("tests.screens.demo_keys", "entry") as terminal:
        terminal.wait_for(lambda t: t.received)  # the program has taken over the terminal
        terminal.send(*retyped(TEXT_KEYS, telex), "tab", "b")
        terminal.wait_for("SẴN SÀNG")
        assert terminal.dump()[:2] == [TEXT, "b"]


def test_keys_left_in_line_do_not_keep_the_program_alive() -> None:
    with form("entry") as terminal:
        terminal.send("a", b"\x11", "b" * 50)  # Ctrl+Q
        assert terminal.wait_exit() == 0


_WORDS = st.sampled_from(["tieengs", "vieetj", "ddawng", "kys", "soos", "abc", "nguwowif"])
_FIELDS = st.lists(st.lists(_WORDS, min_size=1, max_size=2).map(" ".join), min_size=3, max_size=3)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=_FIELDS, ends=st.sampled_from([b"\t", b"\r"]), cuts=st.sets(st.integers(1, 200)), seen=st.booleans())
def test_any_split_of_the_bytes_gives_the_same_record(
    entry_form: Form, fields: list[str], ends: bytes, cuts: set[int], seen: bool
) -> None:
    data = ends.join(b"".join(retyped(keys, telex)) for keys in fields)
    at = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    chunks = [data[start:end] for start, end in pairwise(at)]
    if seen:
        entry_form.send_paced(chunks, 0.002)
    else:
        for chunk in chunks:
            entry_form.send(chunk)
    wanted = [" ".join(map(telex, keys.split(" "))) for keys in fields]
    assert entry_form.dump()[:3] == wanted

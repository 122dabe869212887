"""Rules that every screen keeps: keys that arrive anywhere, names for keys, help, words that can be translated."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding
from textual.screen import ModalScreen, Screen

import clerkdesk.screens
from clerkdesk.screens.keys import BOUND_IN, bindings_of, is_forbidden
from clerkdesk.services.history import act_of
from clerkdesk.services.office import HANDLERS

FOLDER = Path(clerkdesk.screens.__file__).parent
MODULES = sorted(
    info.name for info in pkgutil.walk_packages(clerkdesk.screens.__path__, "clerkdesk.screens.") if not info.ispkg
)
WITH_VIETNAMESE_DATA = {"telex.py", "syllables.py", "keys.py"}
VIETNAMESE = re.compile(r"[à-ỹÀ-ỸđĐ]")
DATA = {"Tiếng Việt", "đ"}  # what is stored or typed, the same in every language
# Keys of editing that every person knows; help would only grow longer by them.
UNNAMED = {"EntryArea", "HelpModal", "PasswordField"}


def house_classes() -> Iterator[type[Any]]:
    """Every class that the screens define."""
    for name in MODULES:
        module = importlib.import_module(name)
        for _name, cls in inspect.getmembers(module, inspect.isclass):
            if cls.__module__ == name:
                yield cls


BOUND = [(cls, binding) for cls in house_classes() for binding in bindings_of(cls)]
SCREENS = [cls for cls in house_classes() if issubclass(cls, Screen)]
FRAMES = {"OfficeScreen", "EntryForm", "RecordScreen"}  # what the screens are made of


def test_no_key_is_used_that_does_not_arrive_on_every_terminal() -> None:
    wrong = [(cls.__name__, key) for cls, binding in BOUND for key in binding.key.split(",") if is_forbidden(key)]
    assert wrong == []
    assert all(map(is_forbidden, ("ctrl+m", "ctrl+i", "ctrl+h", "ctrl+j", "shift+f2", "alt+1")))


def test_every_key_that_is_shown_has_a_name_by_which_it_can_be_moved() -> None:
    nameless = [
        (cls.__name__, binding.key)
        for cls, binding in BOUND
        if binding.description and not binding.id and not (cls.__name__ in UNNAMED and not binding.show)
    ]
    assert nameless == []


def test_one_name_means_one_key_and_one_thing() -> None:
    meanings: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for _cls, binding in BOUND:
        if binding.id:
            meanings[binding.id].add((binding.key, binding.action, binding.description))
    assert {name: found for name, found in meanings.items() if len(found) > 1} == {}


def test_no_screen_binds_one_key_twice() -> None:
    doubles = []
    for cls in SCREENS:
        keys = [key for binding in bindings_of(cls) for key in binding.key.split(",")]
        doubles += [(cls.__name__, key) for key in set(keys) if keys.count(key) > 1]
    assert doubles == []


def test_every_action_that_a_key_asks_for_exists() -> None:
    for cls, binding in BOUND:
        name = binding.action.partition("(")[0].rpartition(".")[2]
        target = clerkdesk_app() if binding.action.startswith("app.") else cls
        if binding.action.startswith("screen."):
            continue
        assert hasattr(target, f"action_{name}"), (cls.__name__, binding)


def clerkdesk_app() -> type[Any]:
    from clerkdesk.screens.app import ClerkApp

    return ClerkApp


@pytest.mark.parametrize(
    "screen", [cls for cls in SCREENS if not issubclass(cls, ModalScreen) and cls.__name__ not in FRAMES]
)
def test_every_screen_says_what_it_is_for(screen: type[Any]) -> None:
    assert len(screen.HELP) > 40


def test_every_screens_keys_stand_in_the_manuals_table() -> None:
    known = {name for _heading, _module, name in BOUND_IN}
    missing = {
        cls.__name__
        for cls, binding in BOUND
        if binding.id and cls.__name__ not in known and not issubclass(cls, ModalScreen)
    }
    assert missing <= {"SetupWizard", "AgencyForm", "JoinForm", "RecoveryCodeScreen", "EntryArea"}


def test_the_shown_words_of_a_key_are_marked_for_translation() -> None:
    described = [binding for _cls, binding in BOUND if binding.description]
    assert described
    assert all(isinstance(binding, Binding) for binding in described)


@pytest.mark.parametrize(
    "path", sorted(path for path in FOLDER.rglob("*.py") if path.name not in WITH_VIETNAMESE_DATA), ids=lambda p: p.stem
)
def test_every_word_for_people_can_be_translated(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    translated: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "N_"):
            translated |= {id(part) for part in ast.walk(node)}
        first = (
            node.body[:1]
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            else []
        )
        if first and isinstance(first[0], ast.Expr):
            translated.add(id(first[0].value))  # the text for programmers
    bare = [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and VIETNAMESE.search(node.value)
        and node.value not in DATA
        and id(node) not in translated
    ]
    assert bare == []


def test_a_text_with_values_in_it_is_translated_before_they_are_put_in() -> None:
    wrong = []
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "N_"):
                wrong += [(path.name, node.lineno) for part in node.args if isinstance(part, ast.JoinedStr)]
    assert wrong == []


def test_what_is_written_by_people_is_never_read_as_markup() -> None:
    """`[khẩn]` in a subject is text: every Static and Label says so."""
    wrong = []
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Static", "Label"):
                given = {keyword.arg for keyword in node.keywords}
                literal = bool(node.args) and isinstance(node.args[0], ast.Call | ast.Constant)
                if "markup" not in given and not literal:
                    wrong.append((path.name, node.lineno))
    assert wrong == []


def test_every_act_has_a_name_for_people() -> None:
    """The outbox, the attention tray and a document's history name acts in words."""
    assert [kind.__name__ for kind in HANDLERS if act_of(kind.__name__) == kind.__name__] == []

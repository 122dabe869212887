"""The manuals say everything that the program can do: every key, command, option and setting, with pictures that are there."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest
import typer
from textual.binding import Binding

import clerkdesk.screens
from clerkdesk import i18n
from clerkdesk.command_line import app
from clerkdesk.places import DATA_VARIABLE, STATE_VARIABLE
from clerkdesk.screens.areas import AREAS
from clerkdesk.screens.keys import key_table
from clerkdesk.screens.themes import NAMES
from clerkdesk.services.settings import DEFAULTS
from clerkdesk.services.shorthand import CODES

DOCS = Path(__file__).parents[1] / "docs"
CLERK, ADMINISTRATOR, KEYS = (
    (DOCS / name).read_text("utf-8") for name in ("huong-dan-van-thu.md", "huong-dan-quan-tri.md", "phim.md")
)
MANUALS = CLERK + ADMINISTRATOR


def key_ids() -> set[str]:
    """The name of every key of every screen, widget and dialogue."""
    found: set[str] = set()
    for module in pkgutil.walk_packages(clerkdesk.screens.__path__, "clerkdesk.screens."):
        for _name, cls in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if cls.__module__ == module.name:
                bindings = cls.__dict__.get("BINDINGS", ())
                found |= {one.id for one in bindings if isinstance(one, Binding) and one.id}
    return found


def commands() -> dict[str, list[str]]:
    """Every command with its options; the empty name stands for those before a command."""
    group = typer.main.get_command(app)
    subcommands = getattr(group, "commands")  # noqa: B009
    found = {**subcommands, "": group}
    return {name: [option for one in command.params for option in one.opts] for name, command in found.items()}


def test_the_key_table_of_the_manual_is_that_of_the_program() -> None:
    i18n.use("vi")
    assert KEYS.strip() == key_table().strip(), "run make docs"


def test_every_key_has_its_place_in_a_manual() -> None:
    ids = key_ids()
    assert "form.save" in ids
    assert {one for one in ids if f"`{one}`" not in KEYS + ADMINISTRATOR} == set()


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_with_its_options_is_in_the_administrators_manual(name: str) -> None:
    for word in [f"clerkdesk {name}".strip(), *(option for option in commands()[name] if option.startswith("-"))]:
        assert word in ADMINISTRATOR


@pytest.mark.parametrize("name", DEFAULTS)
def test_every_setting_is_in_the_administrators_manual(name: str) -> None:
    assert f"`{name}`" in ADMINISTRATOR


def test_every_work_area_and_theme_is_in_a_manual() -> None:
    assert [area.code for area in AREAS.values() if f"`{area.code}`" not in CLERK] == []
    assert [name for name in NAMES if f"`{name}`" not in ADMINISTRATOR] == []
    assert DATA_VARIABLE in ADMINISTRATOR
    assert STATE_VARIABLE in ADMINISTRATOR


@pytest.mark.parametrize("kind", CODES, ids=lambda kind: kind.__name__)
def test_every_short_code_is_in_the_clerks_manual(kind: type) -> None:
    assert [codes[0] for codes in CODES[kind].values() if codes[0] and f"`{codes[0]}`" not in CLERK] == []


def test_every_picture_is_there_and_shown_and_every_link_leads_somewhere() -> None:
    shown = set(re.findall(r"!\[[^]]*\]\(images/([^)]+)\)", MANUALS))
    assert shown == {path.name for path in (DOCS / "images").iterdir()}
    for page in DOCS.rglob("*.md"):
        links = re.findall(r"\]\(([^)#]+)", page.read_text("utf-8"))
        assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_pictures_stay_small() -> None:
    assert [path.name for path in (DOCS / "images").iterdir() if path.stat().st_size > 60_000] == []

"""Who opens the program to register a document does not wait for libraries that the first picture does not need."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = (
    "sqlalchemy", "sqlcipher3", "pyhanko", "pypdfium2", "reportlab", "httpx", "pydantic", "alembic", "keyring", "PIL",
    "structlog", "argon2", "cryptography", "holidays",
)  # fmt: skip
NOT_FOR_THE_WAY_IN = (*HEAVY, "typer", "textual", "rich", "asyncio", "platformdirs")


def loaded_by(statement: str) -> set[str]:
    """Run a statement in a fresh Python and return the packages that it has loaded."""
    code = f"{statement}\nimport sys\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(run.stdout.split())


def test_the_way_in_loads_nothing_heavy() -> None:
    assert loaded_by("import clerkdesk.cli") & set(NOT_FOR_THE_WAY_IN) == set()


def test_the_screens_load_no_database_cryptography_or_pdf_library() -> None:
    if importlib.util.find_spec("clerkdesk.screens.app") is None:
        pytest.skip("the screens are not there yet")
    assert loaded_by("import clerkdesk.cli, clerkdesk.screens.app") & set(HEAVY) == set()


def test_start_without_a_command_does_not_load_the_command_line() -> None:
    statement = (
        "import sys, clerkdesk.cli as cli\n"
        "cli.start = lambda options, data: 0\n"
        "try: cli.main(['--lang', 'vi', '--data', '/nowhere', '--theme', 'x'])\n"
        "except SystemExit as end: assert end.code == 0"
    )
    assert loaded_by(statement) & set(NOT_FOR_THE_WAY_IN) == set()

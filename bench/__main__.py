"""`python -m bench NAME|all`: run a measurement and print its table. Names are the modules of this package."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from pathlib import Path

from bench.figures import table
from clerkdesk.services.clock import today


def names() -> list[str]:
    """The measurements there are: modules that have `run`."""
    here = Path(__file__).parent
    return sorted(path.stem for path in here.glob("*.py") if "\ndef run(" in path.read_text(encoding="utf-8"))


def main(arguments: list[str]) -> int:
    """Run what is asked for."""
    known = names()
    wanted = known if arguments == ["all"] else arguments
    if not wanted or not set(wanted) <= set(known):
        print(f"python -m bench all | {' | '.join(known)}")
        return 2
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {today():%Y-%m-%d}")
    for name in wanted:
        module = importlib.import_module(f"bench.{name}")
        print(f"\n## {name}\n\n{module.__doc__}\n")
        result = module.run()
        print(result if isinstance(result, str) else table(result), flush=True)
        print(f"\nload average {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

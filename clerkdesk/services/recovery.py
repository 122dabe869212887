"""The recovery code of the desk's store, for the first start and the administrator."""

from __future__ import annotations

from pathlib import Path

from clerkdesk.data.store_key import load_key, recovery_code


def recovery_code_of(store: Path) -> str:
    """Return the recovery code in lines of at most five groups, to be written down."""
    groups = recovery_code(load_key(store)).split("-")
    return "\n".join("-".join(groups[place : place + 5]) for place in range(0, len(groups), 5))

"""Guards that the store itself keeps, written once and made on both databases under one name.

A guard is said as SQLite says it: `BEFORE UPDATE OF columns ON table WHEN condition`. On PostgreSQL the same words
become a trigger with a function, because a condition that reads other tables cannot stand in a trigger's WHEN there.
"""

from __future__ import annotations

import re

from alembic import op

_SAID = re.compile(r"(BEFORE (INSERT|DELETE|UPDATE(?: OF [\w, ]+)?) ON (\w+))(?: WHEN (.+))?", re.DOTALL)


def create_guard(name: str, when: str) -> None:
    """Refuse, under `name`, what `when` says."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{name}'); END")
        return
    said = _SAID.fullmatch(" ".join(when.split()))
    assert said is not None, when  # noqa: S101  a guard of ours is written wrongly
    moment, event, _table, condition = said.groups()
    condition = re.sub(r"\bIS NOT old\.", "IS DISTINCT FROM old.", condition or "true")
    simple = "SELECT" not in condition
    inside = "true" if simple else condition
    row = "OLD" if event == "DELETE" else "NEW"
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $guard$ BEGIN IF {inside} THEN"
        f" RAISE EXCEPTION '{name}'; END IF; RETURN {row}; END $guard$"
    )
    limit = f" WHEN ({condition})" if simple else ""
    op.execute(f"CREATE TRIGGER {name} {moment} FOR EACH ROW{limit} EXECUTE FUNCTION {name}()")


def drop_guard(name: str, when: str) -> None:
    """Take a guard away; `when` is how it is or was said."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {name}")
        return
    said = _SAID.fullmatch(" ".join(when.split()))
    assert said is not None, when  # noqa: S101  a guard of ours is written wrongly
    op.execute(f"DROP TRIGGER {name} ON {said.group(3)}")
    op.execute(f"DROP FUNCTION {name}()")

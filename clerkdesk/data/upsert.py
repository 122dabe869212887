"""Insert a row, or change the one that stands under its key: the same words on SQLite and PostgreSQL.

SQLAlchemy has ON CONFLICT only in two dialects' own `insert`; both databases understand one sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Table, bindparam, text

from clerkdesk.data.prepared import Prepared


def prepared_upsert(table: Table, columns: Sequence[str], key: Sequence[str], changes: Mapping[str, str]) -> Prepared:
    """Return an INSERT of these columns that changes the row already there.

    Args:
        key: the columns that are unique together.
        changes: what becomes of the row that is there: column and SQL, in which `excluded.column` is the new value;
            empty: it stays as it is.
    """
    set_ = ", ".join(f"{column} = {value}" for column, value in changes.items())
    otherwise = f"UPDATE SET {set_}" if changes else "NOTHING"
    statement = text(
        f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join(f':{column}' for column in columns)})"  # noqa: S608
        f" ON CONFLICT ({', '.join(key)}) DO {otherwise}"
    ).bindparams(*(bindparam(column, type_=table.c[column].type) for column in columns))
    return Prepared(statement)

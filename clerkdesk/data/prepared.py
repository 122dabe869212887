"""Statements of the hot path: built and compiled once, then run by the driver as plain SQL.

Building a Core statement, and wrapping what comes back, costs more than SQLite needs to run it; a registration runs a
dozen. The statement is still written with the schema's columns, so that it compiles for PostgreSQL too. It runs inside
the connection's transaction and is told to whoever listens to the engine's statements, as every other one is. Results
come as the driver gives them: ids, dates and times are text.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Dialect, Executable, Insert, Table, insert
from sqlalchemy.sql.compiler import SQLCompiler

_Processor = Callable[[Any], Any] | None
_Parameter = tuple[str, _Processor, Any]  # name, how to write it, value when it is a constant of the statement


class Rows(list[Any]):
    """All rows of an answer, with their columns as attributes. The statement has ended when the answer is there."""

    def first(self) -> Any:
        """Return the first row, or None."""
        return self[0] if self else None

    def scalar(self) -> Any:
        """Return the first column of the first row, or None."""
        return self[0][0] if self else None

    def scalar_one(self) -> Any:
        """Return the only column of the only row; raises ValueError when there are more or fewer rows."""
        ((value,),) = self
        return value


class Prepared:
    """A statement with named parameters, to be called with a connection and their values."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, bool, list[_Parameter]]] = {}
        self._row: Callable[[Any], Any] | None = None

    def __call__(self, tx: Connection, **values: Any) -> Rows:
        """Run the statement; every parameter must be given by its name."""
        compiled = self._compiled.get(tx.dialect.name)
        if compiled is None:
            compiled = self._compiled[tx.dialect.name] = self._compile(tx.dialect)
        sql, positional, parameters = compiled
        bound = []
        for name, process, constant in parameters:
            value = values[name] if constant is None else constant
            bound.append(value if process is None else process(value))
        given = tuple(bound) if positional else dict(zip([name for name, _, _ in parameters], bound, strict=True))
        if not tx.in_transaction():
            tx.begin()
        cursor = tx.connection.cursor()
        try:
            for tell in tx.dispatch.before_cursor_execute:
                tell(tx, cursor, sql, given, None, False)
            cursor.execute(sql, given)
            if cursor.description is None:
                return Rows()
            if self._row is None:
                self._row = namedtuple("Row", [column[0] for column in cursor.description], rename=True)._make  # type: ignore[misc]  # noqa: PYI024
            return Rows(map(self._row, cursor.fetchall()))
        finally:
            cursor.close()

    def _compile(self, dialect: Dialect) -> tuple[str, bool, list[_Parameter]]:
        compiled = self._statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        assert isinstance(compiled, SQLCompiler)  # noqa: S101  only SQL is prepared
        names = list(compiled.positiontup or compiled.binds) if compiled.positional else list(compiled.binds)
        parameters = []
        for name in names:
            bind = compiled.binds[name]
            process = bind.type.dialect_impl(dialect).bind_processor(dialect)
            parameters.append((name, process, None if bind.required else bind.value))
        return str(compiled), bool(compiled.positional), parameters


def prepared_insert(table: Table, *columns: str) -> Prepared:
    """Return an INSERT of these columns of a table; the others get their defaults."""
    from sqlalchemy import bindparam

    statement: Insert = insert(table).values({name: bindparam(name, type_=table.c[name].type) for name in columns})
    return Prepared(statement)

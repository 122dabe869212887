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

_Parameter = tuple[str, Callable[[Any], Any] | None, Any]  # name, how to write its value, the value of a constant


def _constant(_value: Any) -> Any:
    """Stand where a parameter's writer stands: the value belongs to the statement and is written already."""


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
        self._row: Callable[[Any], Any] = tuple

    def __call__(self, tx: Connection, **values: Any) -> Rows:
        """Run the statement; every parameter must be given by its name."""
        dialect = tx.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = self._compile(dialect)
        sql, positional, parameters = compiled
        bound = [
            constant if write is _constant else values[name] if write is None else write(values[name])
            for name, write, constant in parameters
        ]
        given = bound if positional else {name: value for (name, _, _), value in zip(parameters, bound, strict=True)}
        if not tx.in_transaction():
            tx.begin()  # what SQLAlchemy does at the first statement
        cursor = tx.connection.cursor()
        for tell in tx.dispatch.before_cursor_execute:
            tell(tx, cursor, sql, given, None, False)
        cursor.execute(sql, given)
        columns = cursor.description
        if columns is None:
            return Rows()
        if self._row is tuple:
            row: Any = namedtuple("row", [column[0] for column in columns], rename=True)  # type: ignore[misc]
            self._row = row._make
        return Rows(map(self._row, cursor.fetchall()))

    def _compile(self, dialect: Dialect) -> tuple[str, bool, list[_Parameter]]:
        compiled = self._statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        assert isinstance(compiled, SQLCompiler)  # noqa: S101  only SQL is prepared
        names = list(compiled.positiontup or compiled.binds) if compiled.positional else list(compiled.binds)
        parameters: list[_Parameter] = []
        for name in names:
            bind = compiled.binds[name]
            write = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if bind.required:
                parameters.append((name, write, None))
            else:
                parameters.append((name, _constant, write(bind.value) if write else bind.value))
        return str(compiled), bool(compiled.positional), parameters


def prepared_insert(table: Table, *columns: str) -> Prepared:
    """Return an INSERT of these columns of a table; the others get their defaults."""
    from sqlalchemy import bindparam

    statement: Insert = insert(table).values({name: bindparam(name, type_=table.c[name].type) for name in columns})
    return Prepared(statement)

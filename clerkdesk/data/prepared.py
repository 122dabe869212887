"""Statements of the hot path: built and compiled once, then run as plain SQL.

Building a Core statement costs more than SQLite needs to run it; a registration runs a dozen. The statement is still
written with the schema's columns, so that it compiles for PostgreSQL too. Results come as the driver gives them:
ids, dates and times are text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, CursorResult, Dialect, Executable, Insert, Table, insert
from sqlalchemy.sql.compiler import SQLCompiler

_Processor = Callable[[Any], Any] | None
_Parameter = tuple[str, _Processor, Any]  # name, how to write it, value when it is a constant of the statement


class Prepared:
    """A statement with named parameters, to be called with a connection and their values."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, bool, list[_Parameter]]] = {}

    def __call__(self, tx: Connection, **values: Any) -> CursorResult[Any]:
        """Run the statement; every parameter must be given by its name."""
        compiled = self._compiled.get(tx.dialect.name)
        if compiled is None:
            compiled = self._compiled[tx.dialect.name] = self._compile(tx.dialect)
        sql, positional, parameters = compiled
        bound = {}
        for name, process, constant in parameters:
            value = values[name] if constant is None else constant
            bound[name] = process(value) if process is not None else value
        return tx.exec_driver_sql(sql, tuple(bound[name] for name, _, _ in parameters) if positional else bound)

    def _compile(self, dialect: Dialect) -> tuple[str, bool, list[_Parameter]]:
        compiled = self._statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        assert isinstance(compiled, SQLCompiler)  # noqa: S101  only SQL is prepared
        names = list(compiled.positiontup or compiled.binds) if compiled.positional else list(compiled.binds)
        parameters: list[_Parameter] = []
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

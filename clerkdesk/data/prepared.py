"""Statements of the hot path: built and compiled once, then run by the driver as plain SQL.

Building a Core statement, and wrapping what comes back, costs more than SQLite needs to run it; a registration runs a
dozen. The statement is still written with the schema's columns, so that it compiles for PostgreSQL too. It runs inside
the connection's transaction and is told to whoever listens to the engine's statements, as every other one is. Results
come as the driver gives them: ids, dates and times are text.

A server's transaction carries out many commands (`Shared`). Against PostgreSQL most of the time would go by waiting
for one short answer after the other; so what cannot change meanwhile is read once, and a write whose answer nobody
needs goes along with the next statement in one round trip.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Executable, Insert, Table, Update, insert
from sqlalchemy.sql.compiler import SQLCompiler

PREPARED = object()  # stands as the context of a prepared statement where listeners are told of it
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


class Shared:
    """What a transaction of many commands keeps for as long as it lasts; see the module's words."""

    def __init__(self, *, may_defer: bool) -> None:
        self._may_defer = may_defer
        self._answers: dict[str, dict[object, Rows]] = {}  # by table
        self._deferred: list[tuple[str, Any]] = []
        self.notes: dict[object, Any] = {}  # what a service has written itself and need not read again

    @contextmanager
    def kept(self, tx: Connection) -> Iterator[None]:
        """Keep for what happens inside; what waits is sent at the end, unless it failed."""
        info = tx.info  # of the driver's connection; a broken one cannot be asked for it any more
        info["shared"] = self
        try:
            yield
            self.flush(tx)
        finally:
            info.pop("shared", None)

    def answers(self, table: str) -> dict[object, Rows]:
        """Return what was read from a table and has not been written since."""
        return self._answers.setdefault(table, {})

    @property
    def may_defer(self) -> bool:
        """Whether statements may wait for each other's round trip."""
        return self._may_defer

    def written(self, table: str) -> None:
        """Forget what was read from a table."""
        self._answers.pop(table, None)

    def inserted(self, table: str, row: dict[str, Any]) -> None:
        """Forget what was read from a table where this new row would be in the answer."""
        answers = self._answers.get(table)
        if not answers:
            return
        for statement in {key[0] for key in answers}:  # type: ignore[index]
            if not statement.by or any(column not in row for column in statement.by):
                self.written(table)
                return
            answers.pop((statement, *(row[column] for column in statement.by)), None)

    def defer(self, sql: str, given: Any) -> bool:
        """Take a write to send it later; says whether it was taken."""
        if self._may_defer:
            self._deferred.append((sql, given))
        return self._may_defer

    @contextmanager
    def together(self, tx: Connection) -> Iterator[None]:
        """Send what waits and all statements inside in one round trip; answers are there afterwards."""
        with tx.connection.driver_connection.pipeline():  # type: ignore[union-attr]
            self._send(tx)
            yield

    def flush(self, tx: Connection) -> None:
        """Send the writes that wait."""
        if self._deferred:
            with tx.connection.driver_connection.pipeline():  # type: ignore[union-attr]
                self._send(tx)

    def execute(self, tx: Connection, cursor: Any, sql: str, given: Any) -> None:
        """Run a statement, in one round trip with the writes that wait."""
        if not self._deferred:
            cursor.execute(sql, given)
            return
        with tx.connection.driver_connection.pipeline():  # type: ignore[union-attr]
            self._send(tx)
            cursor.execute(sql, given)

    def _send(self, tx: Connection) -> None:
        waiting, self._deferred = self._deferred, []
        cursor = tx.connection.cursor()
        for sql, given in waiting:
            cursor.execute(sql, given)


def note_statement(tx: Connection, statement: str) -> None:
    """See a statement that is not prepared: what waits goes before it, what it writes is read again."""
    shared: Shared | None = tx.info.get("shared")
    if shared is not None:
        shared.flush(tx)
        table = table_written(statement)
        if table:
            shared.written(table)


def table_written(statement: str) -> str:
    """Return the table that a statement writes; empty for one that only reads."""
    words = statement.split(None, 3)
    if words[0] in ("INSERT", "DELETE"):
        return words[2].strip('"')
    return words[1].strip('"') if words[0] == "UPDATE" else ""


class Prepared:
    """A statement with named parameters, to be called with a connection and their values."""

    def __init__(self, statement: Executable, reads_only: str = "", by: tuple[str, ...] = ()) -> None:
        """Prepare a statement.

        Args:
            reads_only: the one table that it reads, where its answer may be kept in a transaction of many commands.
            by: the columns that it compares, each with the parameter of its name, where it compares nothing else: a new
                row with other values does not change the answer.
        """
        self._statement = statement
        self.by = by
        self._reads_only = reads_only
        self._deferrable = isinstance(statement, Insert | Update | Delete) and not statement._returning
        self._compiled: dict[str, tuple[str, bool, list[_Parameter]]] = {}
        self._row: Callable[[Any], Any] = tuple

    def __call__(self, tx: Connection, **values: Any) -> Rows:
        """Run the statement; every parameter must be given by its name."""
        shared: Shared | None = tx.info.get("shared")
        if shared is not None and self._reads_only:
            answers, key = shared.answers(self._reads_only), (self, *values.values())
            kept = answers.get(key)
            if kept is None:
                kept = answers[key] = self._run(tx, values, shared)
            return kept
        return self._run(tx, values, shared)

    def ask_ahead(self, tx: Connection, wanted: list[dict[str, Any]]) -> None:
        """Ask for many answers in one round trip and keep them for the transaction; does nothing where it costs none.

        Args:
            wanted: the values of each, in the order of `by`.
        """
        shared: Shared | None = tx.info.get("shared")
        if shared is None or not shared.may_defer or not wanted:
            return
        answers = shared.answers(self._reads_only)
        with shared.together(tx):
            cursors = [self._send_only(tx, values) for values in wanted]
        for values, cursor in zip(wanted, cursors, strict=True):
            answers[self, *values.values()] = Rows(map(self._shape(cursor.description), cursor.fetchall()))

    def _send_only(self, tx: Connection, values: dict[str, Any]) -> Any:
        sql, given = self._bound(tx, values)
        cursor = tx.connection.cursor()
        for tell in tx.dispatch.before_cursor_execute:
            tell(tx, cursor, sql, given, PREPARED, False)
        cursor.execute(sql, given)
        return cursor

    def _run(self, tx: Connection, values: dict[str, Any], shared: Shared | None) -> Rows:
        sql, given = self._bound(tx, values)
        if not tx.in_transaction():
            tx.begin()  # what SQLAlchemy does at the first statement
        cursor = tx.connection.cursor()
        for tell in tx.dispatch.before_cursor_execute:
            tell(tx, cursor, sql, given, PREPARED, False)
        if shared is None:
            cursor.execute(sql, given)
        else:
            table = table_written(sql)
            if table and sql.startswith("INSERT"):
                shared.inserted(table, values)
            elif table:
                shared.written(table)
            if self._deferrable and shared.defer(sql, given):
                return Rows()
            shared.execute(tx, cursor, sql, given)
        columns = cursor.description
        if columns is None:
            return Rows()
        return Rows(map(self._shape(columns), cursor.fetchall()))

    def _shape(self, columns: Any) -> Callable[[Any], Any]:
        if self._row is tuple:
            row: Any = namedtuple("row", [column[0] for column in columns], rename=True)  # type: ignore[misc]
            self._row = row._make
        return self._row

    def _bound(self, tx: Connection, values: dict[str, Any]) -> tuple[str, Any]:
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
        return sql, given

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

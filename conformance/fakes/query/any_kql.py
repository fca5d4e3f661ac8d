"""Any KQL over the tables of the virtual tenant, with duckdb-kql (the extra ``kql``).

The tables of a query are loaded for it alone, cut to the request's timespan. Constructs that cannot be evaluated as in
the service are refused by name; rows are never invented.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from threading import Timer
from typing import Any

from conformance.fakes.query import canned_kql
from conformance.fakes.query.canned_kql import Malformed, NotEvaluated, Result, UnknownTable, Window
from conformance.fakes.query.kql_additions import add_functions
from conformance.fakes.query.kql_calls import expand_calls
from conformance.fakes.query.kql_names import (
    comparison_by_one_sign,
    dynamic_key,
    misspelt,
    operator_at,
    text_beside_number,
    tuple_of_names,
)
from conformance.fakes.query.kql_rewrites import FUNCTIONS, INGESTION, rewrite
from conformance.fakes.query.kql_rows import DEFAULT, RESTART, ROW, TERM, VALUE, expand_rows
from conformance.fakes.query.kql_series import summarize_series
from conformance.fakes.query.kql_tokens import tokens
from conformance.fakes.query.kql_tuples import name_apart
from conformance.fakes.query.kql_values import ENGINE_TYPES, loaded, unloaded
from conformance.fakes.state.table_rows import INGESTED, SCHEMAS
from conformance.fakes.state.tenant import TableState, Workspace

MAX_ROWS = 500_000
MAX_CHARACTERS = 64_000_000
"""The service's limits of a result, beyond which it is a partial one (documented)."""
MAX_SECONDS = 20.0
"""Seconds that a query may take: the virtual tenant answers no other request meanwhile."""
DECIMALS = frozenset({"decimal", "todecimal"})
"""Names that the engine treats as ``real``."""
MISSING_COLUMN = re.compile(
    r'Referenced column "([^"]+)" not found|Column "([^"]+)" (?:referenced that exists|in EXCLUDE)'
    r'|does not have a column named "([^"]+)"'
)
MISSING_TABLE = re.compile(r"Table with name (\S+) does not exist")


class UnknownColumn(Exception):
    """A query with an unknown column: its name and the operator."""


class TimedOut(Exception):
    """A query that takes longer than ``MAX_SECONDS``."""


def evaluate(text: str, workspace: Workspace, now: datetime, window: Window | None) -> Result:
    """Return the answer to a query: as :func:`canned_kql.evaluate` for those of the suite, by the engine for all
    others.

    Raises what that raises, :class:`UnknownColumn` and :class:`TimedOut`; ``NotEvaluated`` names the construct.
    """
    try:
        return canned_kql.evaluate(text, workspace, now, window)
    except NotEvaluated:
        if find_spec("duckdb_kql") is None or find_spec("duckdb") is None:
            raise NotEvaluated("any query but the suite's own without sentinel-conformance[kql]") from None
    return _Query(text, workspace, now).result(window)


def columns_of(table: TableState) -> Mapping[str, str]:
    """Return the columns of a table with their Kusto types."""
    return table.columns or SCHEMAS[table.name]


class _Query:
    def __init__(self, text: str, workspace: Workspace, now: datetime) -> None:
        self.text, self.workspace, self.now = text, workspace, now
        self.words = tokens(text)
        if self.words[0].text == ".":
            raise NotEvaluated("a management command")
        if (sign := comparison_by_one_sign(self.words)) is not None:
            raise Malformed(sign.start)
        columns = {name for table in workspace.tables.values() for name in columns_of(table)}
        self.expanded = summarize_series(name_apart(expand_calls(text, columns)))
        self.words = tokens(self.expanded)
        self.engine = _engine().connect(config={"threads": "1", "memory_limit": "512MB"})

    def result(self, window: Window | None) -> Result:
        import duckdb
        import duckdb_kql

        tables = self._tables()
        self._check_names(tables)
        timer = Timer(MAX_SECONDS, self.engine.interrupt)
        try:
            for table in tables:
                self._load(table, window)
            self.engine.execute("SET enable_external_access=false")
            timer.start()
            return self._run(any(table.partial for table in tables))
        except duckdb_kql.KqlError as error:
            raise self._refusal(error) from error
        except duckdb.InterruptException as error:
            raise TimedOut from error
        except duckdb.Error as error:
            raise self._missing(str(error)) from error
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise NotEvaluated(f"this query: the engine fails ({type(error).__name__})") from error
        finally:
            timer.cancel()
            self.engine.close()

    def _tables(self) -> list[TableState]:
        names = {
            word.text.removesuffix("*")
            for n, word in enumerate(self.words)
            if word.kind == "name" and not (n and self.words[n - 1].text == ".")
        }
        names |= {table for function, table in FUNCTIONS.items() if function in names}
        every = self.workspace.tables
        wild = any(token.text == "*" and n and self.words[n - 1].kind == "name" for n, token in enumerate(self.words))
        return [table for name, table in every.items() if name in names or (wild and _starts(name, names))]

    def _check_names(self, tables: list[TableState]) -> None:
        for n, word in enumerate(self.words[:-1]):
            if word.text == "union" and self.words[n + 1].text == "*":
                raise NotEvaluated("union *")
            if word.text in DECIMALS and self.words[n + 1].text == "(":
                raise NotEvaluated(f"{word.text}()")
        if tuple_of_names(self.words):
            raise NotEvaluated("several names before a =")
        columns = {name: kind for table in tables for name, kind in columns_of(table).items()}
        if (name := text_beside_number(self.words, columns)) is not None:
            raise NotEvaluated(f"a comparison of the string {name.text} with a number")
        if (key := dynamic_key(self.words, columns)) is not None:
            raise NotEvaluated(f"{key.text}, of type dynamic, as a key")
        wrong = misspelt(self.words, columns)
        if wrong is not None:
            raise UnknownColumn(wrong.text, operator_at(self.words, wrong))

    def _load(self, table: TableState, window: Window | None) -> None:
        """Create a table in the engine: each column is passed as one list of texts, and cast."""
        rows = canned_kql.rows_of(self.workspace, table.name, window)
        columns = dict(columns_of(table))
        keys = {name: name for name in columns}
        if any(word.text == "ingestion_time" for word in self.words):
            columns[INGESTION], keys[INGESTION] = "datetime", INGESTED
        lists = [[loaded(row.get(keys[name]), kind) for row in rows] for name, kind in columns.items()]
        # The service has no null among strings.
        typed = [
            f'CAST({_or_empty(f"x{n}", kind)} AS {ENGINE_TYPES[kind]}) AS "{name}"'
            for n, (name, kind) in enumerate(columns.items())
        ]
        rows_sql = ", ".join(f"unnest(CAST(? AS VARCHAR[])) AS x{n}" for n in range(len(columns)))
        statement = f'CREATE TABLE "{table.name}" AS SELECT {", ".join(typed)} FROM (SELECT {rows_sql})'  # noqa: S608
        self.engine.execute(statement, lists)

    def _relation(self, text: str) -> Any:
        return _engine().kql(self.engine, text, allow_write=False, query_now=self.now)

    def _columns(self, text: str) -> dict[str, str]:
        relation = self._relation(text)
        kinds = [_kusto_type(column_type) for column_type in relation.types]
        return {name: kind for name, kind in zip(relation.columns, kinds, strict=True) if name != INGESTION}

    def save(self, table: str, query: str, value: str | None) -> Mapping[str, str]:
        """As :class:`conformance.fakes.query.kql_rows.Rows` has it."""
        self._relation(rewrite(query, self._columns)).create(f"{table}_before")
        numbered = f'(SELECT *, rowid AS {ROW} FROM "{table}_before")'  # noqa: S608
        if value is None:
            self.engine.execute(f'CREATE TABLE "{table}" AS FROM {numbered}')
        else:
            group = f"sum(CASE WHEN {table}{RESTART} THEN 1 ELSE 0 END) OVER (ORDER BY {ROW} ROWS UNBOUNDED PRECEDING)"
            helpers = ", ".join([ROW, "_group", *(table + suffix for suffix in (TERM, DEFAULT, RESTART))])
            self.engine.execute(
                f'CREATE TABLE "{table}" AS SELECT * EXCLUDE ({helpers}), {value} AS {table}{VALUE}'  # noqa: S608
                f" FROM (SELECT *, {group} AS _group FROM {numbered}) ORDER BY {ROW}"
            )
        columns = self._columns(table)
        if columns.get(table + VALUE) == "string":  # no null among strings
            self.engine.execute(f"UPDATE \"{table}\" SET {table}{VALUE} = coalesce({table}{VALUE}, '')")  # noqa: S608
        return {name: kind for name, kind in columns.items() if name != ROW}

    def count(self, query: str) -> int:
        """As :class:`conformance.fakes.query.kql_rows.Rows` has it."""
        (row,) = self._relation(rewrite(query, self._columns) + " | count").fetchall()
        return int(row[0])

    def _run(self, partial: bool) -> Result:
        self.rewritten = self.expanded
        self.rewritten = rewrite(expand_rows(self.expanded, self), self._columns)
        cursor = _engine().execute(self.engine, self.rewritten, allow_write=False, query_now=self.now)
        names = [column[0] for column in cursor.description]
        kinds = [_kusto_type(column[1]) for column in cursor.description]
        rows: list[Mapping[str, Any]] = []
        size = 0
        while batch := cursor.fetchmany(1000):
            for row in batch:
                values = [unloaded(value, kind) for value, kind in zip(row, kinds, strict=True)]
                size += sum(len(str(value)) for value in values)
                if len(rows) == MAX_ROWS or size > MAX_CHARACTERS:
                    return Result(_column_types(names, kinds), rows, partial=True)
                rows.append(dict(zip(names, values, strict=True)))
        return Result(_column_types(names, kinds), rows, partial)

    def _refusal(self, error: Any) -> Exception:
        import duckdb_kql

        if isinstance(error, duckdb_kql.KqlSyntaxError):
            diagnostics = duckdb_kql.validate(self.text) or error.diagnostics
            return Malformed(_offset(self.text, diagnostics[0].span.line, diagnostics[0].span.column))
        if isinstance(error, duckdb_kql.KqlUnsupportedError):
            return NotEvaluated(_construct(error, self.rewritten))
        if isinstance(error, duckdb_kql.KqlSchemaError):
            if "unknown table" in (error.hint or "") or "matched no table" in (error.hint or ""):
                return UnknownTable(error.name)
            return NotEvaluated(f"{error.name} ({error.hint.partition('. ')[0]})" if error.hint else error.name)
        return NotEvaluated(type(error).__name__)

    def _missing(self, message: str) -> Exception:
        if table := MISSING_TABLE.search(message):
            return UnknownTable(table[1])
        if column := MISSING_COLUMN.search(message):
            name = next(filter(None, column.groups()))
            place = next((word for word in self.words if word.text == name), self.words[-1])
            return UnknownColumn(name, operator_at(self.words, place))
        return NotEvaluated("an expression: " + message.splitlines()[0])


@cache
def _engine() -> Any:
    import duckdb_kql

    add_functions()
    return duckdb_kql


def _starts(name: str, prefixes: set[str]) -> bool:
    return any(name.startswith(prefix) for prefix in prefixes)


def _or_empty(column: str, kind: str) -> str:
    return f"coalesce({column}, '')" if kind == "string" else column


def _kusto_type(engine_type: object) -> str:
    from duckdb_kql.types import kusto_type

    return str(kusto_type(engine_type))


def _column_types(names: list[str], kinds: list[str]) -> dict[str, str]:
    return {name: kind for name, kind in zip(names, kinds, strict=True) if name != INGESTION}


def _offset(text: str, line: int, column: int) -> int:
    """Return the offset of a place (line from 1, column from 0); at a pipe, the offset of the text after it, which
    is wrong.
    """
    offset = sum(len(part) for part in text.splitlines(keepends=True)[: line - 1]) + column
    if text[offset : offset + 1] == "|":
        offset += 1 + len(text[offset + 1 :]) - len(text[offset + 1 :].lstrip())
    return min(offset, len(text))


def _construct(error: Any, text: str) -> str:
    """Return the construct that the engine does not evaluate, by its KQL name."""
    kind, _, name = str(error.construct).partition(":")
    if kind in ("function", "aggregate") and name:
        return f"{name}()"
    if error.span is not None and not re.fullmatch(r"[a-z][a-z -]*\*?", str(error.construct)):
        lines = text.splitlines()
        if error.span.line <= len(lines):
            word = re.match(r"[\w-]+", lines[error.span.line - 1][error.span.column :])
            if word is not None:
                return word[0]
    return str(error.construct)

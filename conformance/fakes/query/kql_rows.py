"""Constructs over ordered rows, and over lists within rows, that the engine lacks: ``prev``, ``next``,
``row_number``, ``row_cumsum`` and ``mv-apply``.

The rows before such an operator become a table of the engine; the text goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from conformance.fakes.query.canned_kql import NotEvaluated
from conformance.fakes.query.kql_functions import arguments
from conformance.fakes.query.kql_tokens import Token, closing, replace, tokens

WINDOWS = frozenset({"prev", "next", "row_number", "row_cumsum"})
ORDERING = frozenset({"sort", "order", "top", "serialize"})
KEEPING = frozenset(
    {
        *("where", "filter", "extend", "project", "project-away", "project-keep", "project-rename", "project-reorder"),
        *("take", "limit", "parse", "parse-where", "mv-expand"),
    }
)
"""Operators behind which rows are still in their order."""
WITH_WINDOWS = frozenset({"extend", "serialize", "where", "filter", "project"})
PER_ROW = frozenset({"where", "filter", "extend", "project"})
"""Operators of ``mv-apply`` that look at one row at a time."""
TABLE = "_rows_"
"""Prefix of the names of the tables of rows, before a number."""
ROW = "_row_number"
TERM, DEFAULT, RESTART, VALUE = "_term", "_default", "_restart", "_value"


class Rows(Protocol):
    """The evaluator of queries that this module uses."""

    def save(self, table: str, query: str, value: str | None) -> Mapping[str, str]:
        """Make a table of the rows of a query, and return its columns with their Kusto types. With ``value`` it has
        the value of this SQL expression in place of the columns ``TERM``, ``DEFAULT`` and ``RESTART``, named after the
        table; without, it has the number of each row as ``ROW``.
        """
        ...

    def count(self, query: str) -> int:
        """Return the number of rows of a query."""
        ...


@dataclass(frozen=True)
class Pipeline:
    """The part of a query that a pipe ends: its offset, its own text, and it as a query with all that it refers to."""

    start: int
    own: str
    query: str


def expand_rows(text: str, rows: Rows) -> str:
    """Return the text without these constructs. Raises ``NotEvaluated`` for forms that cannot be rewritten."""
    for number in range(len(tokens(text))):  # each step removes one construct, so these are more than enough
        words, table = tokens(text), f"{TABLE}{number}"
        changed = _window(text, words, table, rows) or _apply(text, words, table, rows)
        if changed is None:
            return text
        text = changed
    return text


def pipeline_before(text: str, words: list[Token], pipe: int) -> Pipeline | None:
    """Return the input of the operator after a pipe; None within a function, where parameters have no values."""
    depth, first = words[pipe].depth, pipe
    while first and words[first - 1].depth >= depth and not (words[first - 1].text == ";" and not depth):
        first -= 1
    if words[first].text == "let" and words[first + 2].text == "=":
        first += 3
    prelude = max((word.end for word in words[:first] if word.text == ";" and word.depth == 0), default=0)
    if any(word.text == "{" and word.depth < depth for word in words[:first] if word.start >= prelude):
        return None
    start = words[first].start
    own = text[start : words[pipe].start]
    return Pipeline(start, own, f"{text[:prelude]} {own}")


def _pipe_before(words: list[Token], n: int) -> int | None:
    """Return the pipe whose operator has a word in its arguments."""
    depth = words[n].depth
    for m in range(n - 1, -1, -1):
        depth = min(depth, words[m].depth)
        if words[m].depth == depth and words[m].text in ("|", ";"):
            return m if words[m].text == "|" else None
    return None


def last_word(words: list[Token], pipe: int) -> Token:
    """Return the last word of the operator that follows a pipe."""
    depth, last = words[pipe].depth, words[pipe + 1]
    for word in words[pipe + 1 :]:
        if word.depth < depth or (word.depth == depth and word.text in ("|", ";")):
            break
        last = word
    return last


def _window(text: str, words: list[Token], table: str, rows: Rows) -> str | None:
    """Return the text without the first call that has no other one in it."""
    for n, (word, opening) in enumerate(pairwise(words)):
        if word.text not in WINDOWS or opening.text != "(" or (n and words[n - 1].text == "."):
            continue
        end = closing(words, n + 1)
        if end is None or any(word.text in WINDOWS for word in words[n + 2 : end]):
            continue
        pipe = _pipe_before(words, n)
        pipeline = None if pipe is None else pipeline_before(text, words, pipe)
        if pipe is None or pipeline is None or (operator := words[pipe + 1].text) not in WITH_WINDOWS:
            raise NotEvaluated(f"{word.text}()")
        if operator != "serialize" and not _in_order(pipeline.own):
            raise NotEvaluated(f"{word.text}() of rows without an order")
        query, value = _computed(word.text, arguments(text, words, n + 1, end), table)
        rows.save(table, pipeline.query + query, value)
        last = last_word(words, pipe).end
        away = "" if operator == "project" else f" | project-away {table}{VALUE}"
        changes = [(pipeline.start, words[pipe].start, f"{table} "), (word.start, words[end].end, table + VALUE)]
        return replace(text, [*changes, (last, last, away)])
    return None


def _in_order(pipeline: str) -> bool:
    words = tokens(pipeline)
    ordered = words[0].text == "range" or words[0].text.startswith(TABLE)
    for pipe, operator in pairwise(words):
        if pipe.text == "|" and pipe.depth == words[0].depth:
            ordered = operator.text in ORDERING or (ordered and operator.text in KEEPING)
    return ordered


def _computed(function: str, call_args: list[str], table: str) -> tuple[str, str]:
    """KQL that adds the columns of a call's arguments, and SQL of its value over them."""
    term, default, restart = f"{table}{TERM}", f"{table}{DEFAULT}", f"{table}{RESTART}"
    if function in ("prev", "next"):
        offset = call_args[1] if len(call_args) > 1 else "1"
        if not call_args or not offset.isdigit():
            raise NotEvaluated(f"{function}()")
        beside = ("lag" if function == "prev" else "lead") + f"({{}}, {offset}) OVER (ORDER BY {ROW})"
        query = f" | extend {term} = {call_args[0]}, {default} = {(call_args[2:] or call_args)[0]}, {restart} = false"
        absent = default if len(call_args) > 2 else "NULL"
        return query, f"CASE WHEN {beside.format(ROW)} IS NULL THEN {absent} ELSE {beside.format(term)} END"
    summed = function == "row_cumsum"
    if (summed and not call_args) or not (summed or not call_args or call_args[0].isdigit()):
        raise NotEvaluated(f"{function}()")
    values = (call_args[0], "0") if summed else ("1", call_args[0] if call_args else "1")
    query = f" | extend {term} = {values[0]}, {default} = {values[1]}, {restart} = {(call_args[1:] or ['false'])[0]}"
    window = f"OVER (PARTITION BY _group ORDER BY {ROW} ROWS UNBOUNDED PRECEDING)"
    if not summed:
        return query, f"row_number() {window} - 1 + {default}"
    total = f"sum({term}) {window}"
    return query, f"CASE WHEN typeof({term}) = 'DOUBLE' THEN {total} ELSE CAST({total} AS BIGINT) END"


def _apply(text: str, words: list[Token], table: str, rows: Rows) -> str | None:
    """Return the text without its first ``mv-apply``."""
    pipe = next((n for n, (a, b) in enumerate(pairwise(words)) if a.text == "|" and b.text == "mv-apply"), None)
    if pipe is None:
        return None
    last, depth = last_word(words, pipe), words[pipe].depth
    own = [word for word in words[pipe + 2 :] if word.end <= last.end]
    on = next((n for n, token in enumerate(own) if token.text == "on" and token.depth == depth), None)
    pipeline = pipeline_before(text, words, pipe)
    if on is None or on + 1 >= len(own) or own[on + 1].text != "(" or pipeline is None:
        raise NotEvaluated("mv-apply")
    head, inside = own[:on], own[on + 2 : -1]
    if any(token.depth == depth and token.text in (",", "with_itemindex", "limit") for token in head):
        raise NotEvaluated("mv-apply with more than one list")
    item = text[head[0].start : head[-1].end]
    to = next((n for n, token in enumerate(head) if token.text == "to" and token.depth == depth), len(head))
    value = text[head[2 if len(head) > 1 and head[1].text == "=" else 0].start : head[to - 1].end]
    columns = rows.save(table, pipeline.query, None)
    if rows.count(f"{table} | where isnotnull({value}) and isnull(array_length({value}))"):
        raise NotEvaluated("mv-apply of what is no list")
    expanded = f"{table} | where array_length({value}) > 0 | mv-expand {item}"
    rest = _applied(text, inside, head[0].text, columns)
    if isinstance(rest, str):
        return replace(text, [(pipeline.start, last.end, f"{expanded}{rest} | project-away {ROW}")])
    right = expanded + rest[0]
    if not rest[1] and rows.count(right) < rows.count(table):
        raise NotEvaluated("summarize in mv-apply over no rows")
    joined = f"{table} | join kind=inner ({right}) on {ROW} | project-away {ROW}, {ROW}1"
    return replace(text, [(pipeline.start, last.end, joined)])


def _applied(text: str, inside: list[Token], item: str, columns: Mapping[str, str]) -> str | tuple[str, bool]:
    """Return the operators on each list as operators on all their items; where they summarize, by the row of the list,
    also whether they have other keys.
    """
    depth = inside[0].depth
    pipes = [n for n, word in enumerate(inside) if word.text == "|" and word.depth == depth]
    pipeline, keys = "", None
    for start, end in pairwise([-1, *pipes, len(inside)]):
        step = inside[start + 1 : end]
        operator, operands = step[0].text, text[step[0].end : step[-1].end].strip()
        if operator == "summarize" and keys is None and "project" not in pipeline:
            by = next((word for word in step if word.text == "by" and word.depth == depth), None)
            keys = by is not None
            aggregates = text[step[0].end : by.start if by is not None else step[-1].end].strip()
            operands = f"{aggregates} by {ROW}" + ("" if by is None else f", {text[by.end : step[-1].end]}")
        elif operator not in PER_ROW:
            raise NotEvaluated(f"{operator} in mv-apply")
        created = {a.text for a, b in pairwise(step) if b.text == "=" and a.depth == depth}
        if clash := next((name for name in created if name in columns and name != item), None):
            raise NotEvaluated(f"{clash}, a column of both sides of mv-apply")
        if operator == "project":
            outer = [ROW] if keys is not None else [ROW, *(column for column in columns if column != item)]
            operands = ", ".join([*(f"['{name}']" for name in outer), operands])
        pipeline += f" | {operator} {operands}"
    return pipeline if keys is None else (pipeline, keys)

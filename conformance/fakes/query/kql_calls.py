"""Functions defined in a query with ``let``: calls of functions over tables are replaced by their bodies.

The engine evaluates functions of values, but not functions over tables.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

from conformance.fakes.query.canned_kql import NotEvaluated
from conformance.fakes.query.kql_tokens import Token, closing, replace, tokens

TABULAR = frozenset({"|", "union", "table", "datatable", "range", "materialize"})
"""Words of a body that returns a table."""


@dataclass(frozen=True)
class Parameter:
    """``default``: the text of its value where a call has none. ``tabular``: its value is a table."""

    name: str
    tabular: bool
    default: str | None


@dataclass(frozen=True)
class Function:
    """``statements``: those before the last one of the body, which is its result."""

    name: str
    parameters: list[Parameter]
    statements: list[str]
    result: str


def expand_calls(text: str, columns: Collection[str]) -> str:
    """Return a query without functions over tables: each call is their body, with the call's values. ``columns``: those
    of the workspace; a parameter that is called like one of them is not evaluated.

    Raises ``NotEvaluated``.
    """
    columns = {*columns, *_given_columns(tokens(text))}
    for number in range(len(tokens(text))):  # KQL has no recursion, so each step removes one definition
        definition = _definition(text)
        if definition is None:
            return _unwrapped(_named_tables(text))
        function, start, end = definition
        if hidden := next((parameter.name for parameter in function.parameters if parameter.name in columns), None):
            raise NotEvaluated(f"the parameter {hidden}, which a column is called too")
        text = text[:start] + _with_calls(text[end:], function, number)
    return text


def _given_columns(words: list[Token]) -> set[str]:
    """Return the columns of tables that a query defines."""
    names: set[str] = set()
    for n, (word, opening) in enumerate(pairwise(words)):
        end = closing(words, n + 1) if word.text == "datatable" and opening.text == "(" else None
        names |= {word.text for word in words[n + 2 : end or n] if word.kind == "name"}
    return names


def _definition(text: str) -> tuple[Function, int, int] | None:
    """Return the first function over tables, and where its definition begins and ends."""
    words = tokens(text)
    for n, word in enumerate(words[:-5]):
        if word.text != "let" or word.depth or words[n + 2].text != "=":
            continue
        at = n + 4 if words[n + 3].text == "view" else n + 3
        end = closing(words, at) if words[at].text == "(" else None
        if end is None or end + 1 >= len(words) or words[end + 1].text != "{":
            continue
        stop = closing(words, end + 1)
        body = words[end + 2 : stop]
        parameters = [_parameter(text, part) for part in _parts(words[at + 1 : end], ",", words[at].depth + 1)]
        over_tables = any(parameter.tabular for parameter in parameters) or not TABULAR.isdisjoint(
            token.text for token in body
        )
        if stop is None or not body or (parameters and not over_tables):
            continue
        *statements, result = (_text(text, part) for part in _parts(body, ";", body[0].depth))
        last = words[stop + 1].end if stop + 1 < len(words) else words[stop].end
        return Function(words[n + 1].text, parameters, statements, result), word.start, last
    return None


def _parts(words: list[Token], sign: str, depth: int) -> list[list[Token]]:
    groups: list[list[Token]] = [[]]
    for word in words:
        if word.text == sign and word.depth == depth:
            groups.append([])
        else:
            groups[-1].append(word)
    return [word for word in groups if word]


def _text(text: str, words: list[Token]) -> str:
    return text[words[0].start : words[-1].end]


def _parameter(text: str, words: list[Token]) -> Parameter:
    default = next((n for n, word in enumerate(words) if word.text == "="), None)
    tabular = len(words) > 2 and words[2].text == "("
    return Parameter(words[0].text, tabular, None if default is None else _text(text, words[default + 1 :]))


def _with_calls(text: str, function: Function, number: int) -> str:
    for call, _ in enumerate(tokens(text)):
        words = tokens(text)
        n = next((m for m, word in enumerate(words[:-1]) if _calls(words, m, function)), None)
        if n is None:
            return text
        end = closing(words, n + 1)
        if end is None:
            raise NotEvaluated("let")
        inside = words[n + 2 : end]
        values = [_text(text, part) for part in _parts(inside, ",", words[n + 1].depth + 1)]
        start = words[n].start
        invoked = n > 1 and words[n - 1].text == "invoke" and words[n - 2].text == "|"
        if invoked:
            values, start = [function.parameters[0].name if function.parameters else "", *values], words[n - 1].start
        statements, result = _bound(function, values, f"_{number}_{call}")
        result = _behind_pipe(result, function) if invoked else f"({result})"
        begin = max((word.end for word in words[:n] if word.text == ";" and word.depth == 0), default=0)
        changes = [(start, words[end].end, result)]
        if statements:
            changes.append((begin, begin, " " + " ".join(f"{statement};" for statement in statements) + " "))
        text = replace(text, changes)
    return text


def _calls(words: list[Token], n: int, function: Function) -> bool:
    matches = words[n].kind == "name" and words[n].text == function.name and words[n + 1].text == "("
    return matches and not (n and words[n - 1].text == ".")


def _bound(function: Function, arguments: list[str], suffix: str) -> tuple[list[str], str]:
    """Return the statements and the result of a call. Names that the body defines become names of this call."""
    values: dict[str, str] = {}
    for n, parameter in enumerate(function.parameters):
        value = arguments[n] if n < len(arguments) else parameter.default
        if value is None or len(arguments) > len(function.parameters):
            raise NotEvaluated("let")
        single = len(tokens(value)) == 1
        values[parameter.name] = value if single else f"({value})"
    for statement in function.statements:
        words = tokens(statement)
        if words[0].text != "let" or "{" in (word.text for word in words):
            raise NotEvaluated("let")
        values[words[1].text] = words[1].text + suffix
    return [_replaced(statement, values) for statement in function.statements], _replaced(function.result, values)


def _replaced(text: str, values: dict[str, str]) -> str:
    words = tokens(text)
    changes = []
    for before, word, after in zip([None, *words], words, [*words[1:], None], strict=False):
        defined = after is not None and after.text in ("=", ":") and not (before is not None and before.text == "let")
        member = before is not None and before.text == "."
        if word.kind == "name" and word.text in values and not defined and not member:
            changes.append((word.start, word.end, values[word.text]))
    return replace(text, changes)


def _behind_pipe(result: str, function: Function) -> str:
    """Return the text that replaces ``invoke``: the operators on its table, which only begins the body."""
    words = tokens(result)
    table = function.parameters[0].name if function.parameters and function.parameters[0].tabular else ""
    if [word.text for word in words[:2]] != [table, "|"] or any(word.text == table for word in words[1:]):
        raise NotEvaluated("invoke")
    return result[words[2].start :]


def _named_tables(text: str) -> str:
    """Return the text with ``table('Name')`` replaced by the name."""
    words = tokens(text)
    changes = []
    for n, (word, opening) in enumerate(pairwise(words)):
        if word.text == "table" and opening.text == "(" and (end := closing(words, n + 1)) is not None:
            name = words[n + 2]
            if end != n + 3 or name.kind != "string":
                raise NotEvaluated("table()")
            changes.append((word.start, words[end].end, name.text.strip("\"'")))
    return replace(text, changes)


def _unwrapped(text: str) -> str:
    """Return the text without brackets around the beginning of a pipeline; the engine reads them as a value."""
    for _ in tokens(text):
        words = tokens(text)
        for n, word in enumerate(words):
            end = closing(words, n) if word.text == "(" else None
            if end is None or not _begins(words, n):
                continue
            after = words[end + 1].text if end + 1 < len(words) else ";"
            pipeline = any(token.text in TABULAR for token in words[n + 1 : end] if token.depth == word.depth + 1)
            if after == "|" or (after == ";" and pipeline):
                text = replace(text, [(word.start, word.end, " "), (words[end].start, words[end].end, " ")])
                break
        else:
            return text
    return text


def _begins(words: list[Token], n: int) -> bool:
    """Return whether a word is the first of a statement, of the value of a ``let``, or inside brackets."""
    before = words[n - 1].text if n else ";"
    defines = before == "=" and n > 2 and words[n - 3].text == "let"
    return before == ";" or defines or (before == "(" and n > 1 and words[n - 2].kind != "name")

"""Rewrites of KQL that the engine does not accept into KQL that it accepts, with the same rows and columns.

Rules that need the columns at a place get them from a function of the text before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase

from conformance.fakes.query.kql_functions import expand
from conformance.fakes.query.kql_rows import last_word, pipeline_before
from conformance.fakes.query.kql_tokens import Token, closing, replace, tokens

Columns = Mapping[str, str]
"""Column names in their order, each with its Kusto type."""
INGESTION = "ingestion_time_"
"""The column in which a loaded table has the time of ingestion of each row, where a query asks for it."""
MARK = "§"
"""The beginning of a parsed text whose pattern begins with a column."""
INTEGERS = frozenset(
    {"hourofday", "dayofmonth", "dayofyear", "monthofyear", "getmonth", "getyear", "week_of_year", "datetime_part"}
)
"""Functions whose results are ``int``; the engine's are ``long``."""
FUNCTIONS = {"_SentinelHealth": "SentinelHealth", "_SentinelAudit": "SentinelAudit"}
"""Functions of a workspace over a table of it, called without arguments."""


def rewrite(text: str, columns_of: Callable[[str], Columns]) -> str:
    """Return the text for the engine. ``columns_of`` gives the columns of a query; its exceptions are raised
    here too.
    """
    text = expand(_names(text))
    for number in range(len(tokens(text))):  # each step changes one operator, so these are more than enough
        words = tokens(text)
        starts = [n for n, word in enumerate(words[:-1]) if word.text == "|"]
        for n in starts:
            changed = _operator(text, words, n, columns_of)
            if changed is not None and changed != text:
                text = changed
                break
        else:
            return text
        assert number < len(text)
    return text


def _names(text: str) -> str:
    """Return the text with functions replaced and hints removed, at any depth."""
    words, changes = tokens(text), []
    for n, word in enumerate(words):
        called = n + 1 < len(words) and words[n + 1].text == "("
        if word.kind != "name" or (n and words[n - 1].text == "."):
            continue
        end = closing(words, n + 1) if called else None
        if called and end is not None:
            changes += _call(text, words, n, end)
        elif word.text == "serialize" and (n + 1 == len(words) or words[n + 1].text in "|;)") and _piped(words, n):
            changes.append((words[n - 1].start, word.end, " "))
        elif word.text == "as" and _piped(words, n) and n + 1 < len(words) and _unused(words, words[n + 1]):
            changes.append((words[n - 1].start, words[n + 1].end, " "))
        elif word.text in ("serialize", "sample") and _piped(words, n):
            changes.append((word.start, word.end, {"serialize": "extend", "sample": "take"}[word.text]))
    return replace(text, changes)


def _piped(words: list[Token], n: int) -> bool:
    return n > 0 and words[n - 1].text == "|"


def _unused(words: list[Token], name: Token) -> bool:
    return sum(word.text == name.text for word in words) == 1


def _call(text: str, words: list[Token], n: int, end: int) -> list[tuple[int, int, str]]:
    name = words[n]
    if name.text == "materialize":
        return [(name.start, name.end, "")]
    if name.text in INTEGERS:
        return [(name.start, name.start, "toint("), (words[end].end, words[end].end, ")")]
    if name.text == "ingestion_time" and end == n + 2:
        return [(name.start, words[end].end, INGESTION)]
    if name.text in FUNCTIONS and end == n + 2:
        return [(name.start, words[end].end, FUNCTIONS[name.text])]
    if name.text == "percentiles":
        return _percentiles(text, words, n, end)
    return []


def _percentiles(text: str, words: list[Token], n: int, end: int) -> list[tuple[int, int, str]]:
    """Return one aggregate for each; those that are named by hand are left alone."""
    if words[n - 1].text == "=":
        return []
    commas = [m for m in range(n + 2, end) if words[m].text == "," and words[m].depth == words[n + 1].depth + 1]
    if not commas:
        return []
    value = text[words[n + 1].end : words[commas[0]].start]
    shares = text[words[commas[0]].end : words[end].start].split(",")
    return [(words[n].start, words[end].end, ", ".join(f"percentile({value}, {share.strip()})" for share in shares))]


def _operator(text: str, words: list[Token], n: int, columns_of: Callable[[str], Columns]) -> str | None:
    """Return the text with the operator behind a pipe in other words; None if nothing changes."""
    name, start, end, depth = words[n + 1].text, words[n + 1].start, last_word(words, n).end, words[n].depth
    arguments = [word for word in words[n + 2 :] if word.end <= end]
    pipeline = pipeline_before(text, words, n)
    if pipeline is None:
        return None
    before = pipeline.query
    if name in ("project-keep", "project-reorder") and all(argument.depth == depth for argument in arguments):
        return replace(text, [(start, end, f"project {_matching_columns(name, text, arguments, columns_of(before))} ")])
    if name == "distinct" and [argument.text for argument in arguments] == ["*"]:
        return replace(text, [(start, end, f"distinct {', '.join(map(_quoted, columns_of(before)))} ")])
    if name in ("parse", "parse-where") and (changes := _anchored(text, arguments)):
        return replace(text, changes)
    if name == "search" and len(arguments) == 1 and arguments[0].kind == "string":
        return replace(text, [(start, end, f"where {_anywhere(columns_of(before), arguments[0].text)} ")])
    everywhere = [argument.text for argument in arguments[:2]] in (["*", "has"], ["*", "contains"])
    if name == "where" and everywhere and len(arguments) == 3 and arguments[2].kind == "string":
        condition = _anywhere(columns_of(before), arguments[2].text, arguments[1].text)
        return replace(text, [(start, end, f"where {condition} ")])
    return _if_exists(text, [words[n], words[n + 1], *arguments], before, columns_of)


def _anchored(text: str, arguments: list[Token]) -> list[tuple[int, int, str]]:
    """Changes by which a pattern of ``parse`` that begins with a column begins with a mark, as the parsed text does."""
    at = next(
        (m for m, argument in enumerate(arguments) if argument.text == "with" and argument.depth == arguments[0].depth),
        0,
    )
    options = arguments and arguments[0].text == "kind"
    if not 0 < at < len(arguments) - 1 or options or arguments[at + 1].kind != "name":
        return []
    start, end, pattern = arguments[0].start, arguments[at - 1].end, arguments[at + 1].start
    return [(start, end, f"strcat('{MARK}', {text[start:end]})"), (pattern, pattern, f"'{MARK}' ")]


def _if_exists(text: str, words: list[Token], before: str, columns_of: Callable[[str], Columns]) -> str | None:
    for n, word in enumerate(words):
        if word.text not in ("column_ifexists", "columnifexists") or n + 4 >= len(words):
            continue
        name, comma, end = words[n + 2], words[n + 3], closing(words, n + 1)
        if name.kind == "string" and comma.text == "," and end is not None:
            column, default = name.text.strip("\"'"), text[comma.end : words[end].start]
            exists = column in columns_of(before)
            return replace(text, [(word.start, words[end].end, _quoted(column) if exists else f"({default.strip()})")])
    return None


def _matching_columns(name: str, text: str, arguments: list[Token], columns: Columns) -> str:
    patterns = [part.strip() for part in text[arguments[0].start : arguments[-1].end].split(",")] if arguments else []
    if name == "project-keep":
        matching = [column for column in columns if any(fnmatchcase(column, pattern) for pattern in patterns)]
    else:
        first = [column for pattern in patterns for column in columns if fnmatchcase(column, pattern)]
        matching = list(dict.fromkeys([*first, *columns]))
    missing = [pattern for pattern in patterns if "*" not in pattern and pattern not in columns]
    return ", ".join(map(_quoted, [*matching, *missing]))  # later steps refuse a missing one by name


def _anywhere(columns: Columns, term: str, operator: str = "has") -> str:
    texts = [_quoted(column) for column, kind in columns.items() if kind == "string"]
    texts += [f"tostring({_quoted(column)})" for column, kind in columns.items() if kind == "dynamic"]
    return " or ".join(f"{text} {operator} {term}" for text in texts) or "false"


def _quoted(column: str) -> str:
    return column if column.replace("_", "a").isalnum() and not column[0].isdigit() else f"['{column}']"

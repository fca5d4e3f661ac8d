"""Checks that the engine omits: names that differ from known ones in case only, and comparisons of wrong types."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise

from conformance.fakes.query.kql_tokens import Token

AGGREGATES = (
    "arg_max",
    "arg_min",
    "avg",
    "avgif",
    "count",
    "countif",
    "dcount",
    "dcountif",
    "list",
    "max",
    "min",
    "percentile",
    "set",
    "stdev",
    "sum",
    "sumif",
)
WORDS = frozenset(
    {
        "and",
        "asc",
        "between",
        "by",
        "contains",
        "desc",
        "false",
        "first",
        "from",
        "has",
        "in",
        "isfuzzy",
        "kind",
        "last",
        "not",
        "null",
        "nulls",
        "of",
        "on",
        "or",
        "step",
        "to",
        "true",
        "typeof",
        "with",
    }
)


def misspelt(words: list[Token], columns: Collection[str]) -> Token | None:
    """Return the first name that is neither a column of the query's tables nor created by the query, but matches one in
    other case. ``columns``: those of all tables of the query.
    """
    names = {*columns, *created_names(words), "Count"}
    names |= {f"{prefix}_{column}" for prefix in AGGREGATES for column in columns} | {"count_", "countif_"}
    folded = {name.casefold() for name in names}
    for n, word in enumerate(words):
        if word.kind != "name" or word.text in names or word.text.casefold() not in folded or word.text in WORDS:
            continue
        before, after = _around(words, n)
        member = before == "." and not (n > 1 and words[n - 2].text in ("$left", "$right"))
        if member or before in ("|", ":") or after in ("(", "=", ":"):
            continue
        return word
    return None


def _around(words: list[Token], n: int) -> tuple[str, str]:
    return (words[n - 1].text if n else ""), (words[n + 1].text if n + 1 < len(words) else "")


def created_names(words: Iterable[Token]) -> set[str]:
    """Return the names that a query creates: with ``=``, ``let``, ``as``, in a schema, and in patterns of ``parse``."""
    created: set[str] = set()
    parsing = False
    for word, following in pairwise(words):
        if word.text == "|":
            parsing = following.text in ("parse", "parse-where")
        if word.kind == "name" and (following.text in ("=", ":") or parsing):
            created.add(word.text)
        if word.text in ("let", "as") and following.kind == "name":
            created.add(following.text)
    return created


def comparison_by_one_sign(words: list[Token]) -> Token | None:
    """Return a ``=`` where ``where`` has to compare: the engine takes it for ``==``, the service for no KQL."""
    operator = ""
    for before, word in pairwise(words):
        if before.text == "|":
            operator = word.text if word.depth == before.depth else ""
        elif word.text == "=" and operator in ("where", "filter"):
            return word
    return None


def text_beside_number(words: list[Token], columns: Mapping[str, str]) -> Token | None:
    """Return a column of texts that is compared with a number: the engine casts, the service refuses."""
    created = created_names(words)
    for name, sign, value in zip(words, words[1:], words[2:], strict=False):
        number = value.kind == "number" and value.text.replace(".", "").isdigit()
        is_comparison = sign.text in ("==", "!=", "<", ">", "<=", ">=") and number
        if is_comparison and name.text not in created and columns.get(name.text) == "string":
            return name
    return None


def tuple_of_names(words: list[Token]) -> bool:
    """Return whether a query names several results at a time, as in ``(a, b) = arg_max(...)``."""
    assignments = (
        (a, b, c) for a, b, c in zip(words, words[1:], words[2:], strict=False) if b.text == ")" and c.text == "="
    )
    return any(a.kind == "name" for a, _, _ in assignments)


def operator_at(words: list[Token], place: Token) -> str:
    """Return the operator whose arguments contain a word: refusals name it."""
    earlier = [
        n for n, word in enumerate(words) if word.text == "|" and word.start < place.start and n + 1 < len(words)
    ]
    return words[earlier[-1] + 1].text if earlier else "union"


def dynamic_key(words: list[Token], columns: Mapping[str, str]) -> Token | None:
    """Return a key of ``summarize``, ``distinct`` or ``join`` that is a column of type ``dynamic``, or the ``*`` of a
    ``distinct`` that has one: the engine groups by them, the service refuses them.
    """
    typed = {word.text for word, following in pairwise(words) if following.text == "to"}
    unlike = {name for name, kind in columns.items() if kind == "dynamic"} - created_names(words) - typed
    operator, keys = "", False
    for before, word, after in zip(words, words[1:], [*words[2:], Token("sign", "|", 0, 0)], strict=False):
        if before.text == "|":
            operator, keys = word.text, word.text == "distinct"
            continue
        if word.text in ("by", "on") and operator in ("summarize", "join", "lookup"):
            keys = True
            continue
        bounded = before.text in (",", "by", "on", "distinct") and after.text in (",", "|", ")", ";")
        if keys and bounded and (word.text in unlike or (word.text == "*" and unlike and operator == "distinct")):
            return word
    return None

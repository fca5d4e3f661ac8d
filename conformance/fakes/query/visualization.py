"""The chart that a query's ``render`` declares: the member ``render`` of an answer, for clients that ask for it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from conformance.fakes.query.kql_functions import literal
from conformance.fakes.query.kql_tokens import Token, tokens

DEFAULTS: dict[str, Any] = {
    "visualization": None,
    "title": None,
    "accumulate": False,
    "isQuerySorted": False,
    "kind": None,
    "legend": None,
    "series": None,
    "yMin": "NaN",
    "yMax": "NaN",
    "xAxis": None,
    "xColumn": None,
    "xTitle": None,
    "yAxis": None,
    "yColumns": None,
    "ySplit": None,
    "yTitle": None,
    "anomalyColumns": None,
}
"""The members with their defaults (the examples of azure-monitor-query; that an answer without ``render`` has all of
them is inferred).
"""
PROPERTIES = {name.lower(): name for name in DEFAULTS}
LISTS = frozenset({"series", "yColumns", "anomalyColumns"})


def visualization(text: str) -> dict[str, Any]:
    """Return the visualization that a query asks for."""
    words = tokens(text)
    at = next((n for n, (pipe_sign, name) in enumerate(pairwise(words)) if _renders(pipe_sign, name)), len(words))
    rest = words[at + 2 :]
    return {**DEFAULTS, "visualization": rest[0].text, **_properties(text, rest[1:])} if rest else DEFAULTS


def _renders(pipe_sign: Token, name: Token) -> bool:
    return pipe_sign.text == "|" and name.text == "render" and pipe_sign.depth == 0


def _properties(text: str, words: list[Token]) -> dict[str, Any]:
    """Return what is given as ``name = value``, in brackets after ``with`` or without."""
    equal = [n for n, word in enumerate(words) if n and word.text == "=" and words[n - 1].text.lower() in PROPERTIES]
    properties: dict[str, Any] = {}
    for n, following in pairwise([*equal, len(words) + 1]):
        name = PROPERTIES[words[n - 1].text.lower()]
        values = [word.text for word in words[n + 1 : following - 1] if word.text not in (",", "(", ")", ";")]
        plain = [literal(value) if value[0] in "@'\"" else value for value in values]
        if plain:
            properties[name] = plain if name in LISTS else {"true": True, "false": False}.get(str(plain[0]), plain[0])
    return properties

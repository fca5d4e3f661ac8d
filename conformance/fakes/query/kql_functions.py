"""Functions missing in the engine, expressed by others of it: only if both agree for every value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError
from itertools import pairwise

from conformance.fakes.query.kql_additions import TIMESPAN_PART
from conformance.fakes.query.kql_tokens import Token, closing, replace, tokens

PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
"""The private networks of IPv4 (RFC 1918)."""
CONVERSIONS = {
    "bool": "tobool",
    "datetime": "todatetime",
    "decimal": "todecimal",
    "double": "todouble",
    "guid": "toguid",
    "int": "toint",
    "long": "tolong",
    "real": "todouble",
    "string": "tostring",
    "timespan": "totimespan",
}
"""Type to the function that converts text to it."""
PATH = re.compile(r"\$((?:\.[A-Za-z_]\w*|\[\d+\]|\['[^'\\]*'\])+)")
Call = Callable[[list[str]], "str | None"]
"""Makes another expression of the arguments of a call; None: it cannot."""


def expand(text: str) -> str:
    """Return the text without calls of these functions; those that cannot be replaced stay, to be refused by
    name.
    """
    at = 0
    while (call := _next(text, at)) is not None:
        start, end, instead = call
        if instead is None:
            at = start + 1
        else:
            text = replace(text, [(start, end, instead)])
    return text


def _next(text: str, at: int) -> tuple[int, int, str | None] | None:
    """Return the first call from an offset on: its start, its end and its replacement."""
    words = tokens(text)
    for n, word in enumerate(words[:-1]):
        called = word.kind == "name" and word.text in CALLS and words[n + 1].text == "("
        if word.start < at or not called or (end := closing(words, n + 1)) is None:
            continue
        return word.start, words[end].end, CALLS[word.text](arguments(text, words, n + 1, end))
    return None


def arguments(text: str, words: list[Token], opening: int, end: int) -> list[str]:
    """Return the arguments of a call as texts; the two indexes are those of its brackets."""
    if end == opening + 1:
        return []
    inside = words[opening].depth + 1
    commas = [m for m in range(opening + 1, end) if words[m].text == "," and words[m].depth == inside]
    bounds = [opening, *commas, end]
    return [text[words[a].end : words[b].start].strip() for a, b in pairwise(bounds)]


def literal(argument: str) -> str | None:
    """Return the text of a string literal without escapes; None for anything else."""
    match = re.fullmatch(r"""@?(?:'([^'\\]*)'|"([^"\\]*)")""", argument)
    return None if match is None else match[1] or match[2] or ""


def _within(address: str, network: str) -> str | None:
    try:
        range_ = IPv4Network(network, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError):
        return None
    first, last = int(range_.network_address), int(range_.broadcast_address)
    return f"(parse_ipv4({address}) between ({first} .. {last}))"


def _is_private(arguments: list[str]) -> str | None:
    if len(arguments) != 1:
        return None
    return "(" + " or ".join(str(_within(arguments[0], network)) for network in PRIVATE) + ")"


def _in_range(arguments: list[str]) -> str | None:
    network = literal(arguments[1]) if len(arguments) == 2 else None
    return None if network is None else _within(arguments[0], network)


def _in_any_range(arguments: list[str]) -> str | None:
    ranges = [_in_range([arguments[0], argument]) for argument in arguments[1:]]
    return None if None in ranges or not ranges else "(" + " or ".join(map(str, ranges)) + ")"


def _piece(arguments: list[str]) -> str | None:
    if len(arguments) != 3 or not arguments[2].isdigit():
        return None
    return f"array_slice(split({arguments[0]}, {arguments[1]}), {arguments[2]}, {arguments[2]})"


def _unix_time(unit: str) -> Call:
    def call(arguments: list[str]) -> str | None:
        return f"(datetime(1970-01-01) + ({arguments[0]}) * {unit})" if len(arguments) == 1 else None

    return call


def _compared(arguments: list[str]) -> str | None:
    if len(arguments) != 2:
        return None
    first, second = arguments
    return f"case({first} < {second}, -1, {first} > {second}, 1, 0)"


def _converted(expression: str, kind: str) -> str | None:
    match = re.fullmatch(r"typeof\(\s*(\w+)\s*\)", kind)
    conversion = CONVERSIONS.get(match[1]) if match else None
    return None if conversion is None else f"{conversion}({expression})"


def _extract(arguments: list[str]) -> str | None:
    return _converted(f"extract({', '.join(arguments[:3])})", arguments[3]) if len(arguments) == 4 else None


def _extract_json(arguments: list[str]) -> str | None:
    path = PATH.fullmatch(literal(arguments[0]) or "")
    if path is None or len(arguments) not in (2, 3):
        return None
    return _converted(f"parse_json({arguments[1]}){path[1]}", arguments[2] if len(arguments) == 3 else "typeof(string)")


TICKS = {"d": 864_000_000_000, "H": 36_000_000_000, "m": 600_000_000, "s": 10_000_000}
"""Tenths of a microsecond in the unit of each letter of a timespan's format."""
MODULO = {"d": 10**9, "H": 24, "m": 60, "s": 60}
TIMESPAN_FORMAT = re.compile(r"d{1,8}|HH?|mm?|ss?|f{1,7}|[ /:,._\[\]-]")


def _format_timespan(arguments: list[str]) -> str | None:
    pattern = literal(arguments[1]) if len(arguments) == 2 else None
    parts = TIMESPAN_FORMAT.findall(pattern or "")
    if not parts or "".join(parts) != pattern:
        return None

    def component(part: str) -> str:
        letter, width = part[0], len(part)
        if letter == "f":
            return f"{TIMESPAN_PART}({arguments[0]}, {10 ** (7 - width)}, {10**width}, {width})"
        if letter in TICKS:
            return f"{TIMESPAN_PART}({arguments[0]}, {TICKS[letter]}, {MODULO[letter]}, {width})"
        return f"'{part}'"

    return f"strcat({', '.join(map(component, parts))}, '')"


def _folded(name: str) -> Call:
    """A function of two values, of more than two: of the first two, and that and the next."""

    def call(arguments: list[str]) -> str | None:
        first, second, *others = arguments if len(arguments) > 2 else ("", "")
        return f"{name}({', '.join([f'{name}({first}, {second})', *others])})" if others else None

    return call


CALLS: Mapping[str, Call] = {
    **{name: _folded(name) for name in ("bag_merge", "set_difference", "set_intersect", "set_union")},
    "extract": _extract,
    "extract_json": _extract_json,
    "format_timespan": _format_timespan,
    "extractjson": _extract_json,
    "ipv4_is_in_any_range": _in_any_range,
    "ipv4_is_in_range": _in_range,
    "ipv4_is_match": _in_range,
    "ipv4_is_private": _is_private,
    "split": _piece,
    "strcmp": _compared,
    "unixtime_milliseconds_todatetime": _unix_time("1ms"),
    "unixtime_seconds_todatetime": _unix_time("1s"),
}

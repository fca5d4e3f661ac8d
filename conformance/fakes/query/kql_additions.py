"""Functions that are added to the engine's own table, in its SQL: only names that the engine refuses.

If the result of the service for some values is unknown, SQL's ``error`` refuses the query at such a row.
"""

from __future__ import annotations

from functools import cache

BAG = "CASE WHEN json_type(to_json({n})) = 'OBJECT' THEN to_json({n}) ELSE error('{name}() of what is no bag') END"
LIST = (
    "CASE WHEN json_type(to_json({n})) = 'ARRAY' THEN CAST(to_json({n}) AS JSON[])"
    " ELSE error('{name}() of what is no list') END"
)
POINTER = "'/' || replace(replace(k, '~', '~0'), '/', '~1')"
"""The place of a key in a bag (RFC 6901)."""

TIMESPAN_PART = "_timespan_part"
"""A part of a timespan as text, of the unit in ticks (tenths of a microsecond), the modulo and the least of digits."""
_DIGITS = "CAST((epoch_us({0}) * 10 // {1}) % {2} AS VARCHAR)"
SERIES, SERIES_TIMES = "_series", "_series_times"
"""The values of a series, of its steps that have one, the values of these, the count of all steps and the default; and
the times of a series, of its start, its step and the count of steps.
"""


def _members(bag: str, condition: str = "") -> str:
    """Return SQL of the members of a bag as JSON text."""
    return (
        f"[CAST(to_json(k) AS VARCHAR) || ':' || json_extract({bag}, {POINTER}) for k in json_keys({bag}){condition}]"
    )


def _of(shape: str, name: str) -> list[str]:
    """Return SQL of two arguments; each is refused if it does not have the right shape."""
    return ["(" + shape.replace("{n}", "{" + str(n) + "}").replace("{name}", name) + ")" for n in (0, 1)]


def _first(items: str) -> str:
    """Return SQL of the condition that an item of a list is its first occurrence."""
    return f"list_position({items}, x) = i"


def _scalars(has: str) -> dict[str, tuple[str, int]]:
    """Name to SQL and number of arguments. ``has``: SQL by which the text ``{0}`` has the term ``t``."""
    first, second = _of(BAG, "bag_merge")
    new = f" if NOT list_contains(json_keys({first}), k)"
    merged = f"array_to_string(list_concat({_members(first)}, {_members(second, new)}), ',')"
    functions = {
        "bag_keys": ("CASE WHEN json_type(to_json({0})) = 'OBJECT' THEN to_json(json_keys(to_json({0}))) END", 1),
        "bag_merge": (f"CAST('{{{{' || {merged} || '}}}}' AS JSON)", 2),
        "has_any_index": (
            f"CAST(coalesce(list_position([{has} for t in CAST(to_json({{1}}) AS VARCHAR[])], true), 0) - 1 AS BIGINT)",
            2,
        ),
        TIMESPAN_PART: (
            "CASE WHEN epoch_us({0}) < 0 THEN error('format_timespan() of a negative timespan')"
            f" ELSE repeat('0', greatest({{3}} - length({_DIGITS}), 0)) || {_DIGITS} END",
            4,
        ),
        SERIES: ("to_json([coalesce({1}[list_position({0}, i)], {3}) for i in range(0, {2})])", 4),
        SERIES_TIMES: (
            "to_json([strftime({0} + {1} * i, '%Y-%m-%dT%H:%M:%S.%f') || '0Z' for i in range(0, {2})])",
            3,
        ),
        "url_decode": (
            "CASE WHEN contains({0}, '+') THEN error('url_decode() of a text with +') ELSE url_decode({0}) END",
            1,
        ),
    }
    for name, condition in (("set_difference", "NOT list_contains"), ("set_intersect", "list_contains")):
        first, second = _of(LIST, name)
        functions[name] = (f"to_json([x for x, i in {first} if {_first(first)} AND {condition}({second}, x)])", 2)
    both = "list_concat({}, {})".format(*_of(LIST, "set_union"))
    functions["set_union"] = (f"to_json([x for x, i in {both} if {_first(both)}])", 2)
    return functions


AGGREGATES = {"minif": "min({0}) FILTER (WHERE {1})", "maxif": "max({0}) FILTER (WHERE {1})"}


@cache
def add_functions() -> None:
    """Add the functions to the engine's tables, once."""
    from duckdb_kql.translate import functions

    for name, (sql, count) in _scalars(functions.term_match_sql("{0}", "t")).items():
        functions.SCALAR_FUNCTIONS[name] = functions.FunctionSpec(name, "template", sql, (count,))
    for name, sql in AGGREGATES.items():
        functions.AGGREGATE_FUNCTIONS[name] = functions.AggregateSpec(name, sql, (2,))

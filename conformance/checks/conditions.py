"""The conditions of automation rules, and the properties that they compare."""

from __future__ import annotations

from collections.abc import Iterator


def properties_compared(conditions: object) -> Iterator[str]:
    """Yield the ``propertyName`` of each condition, nested conditions included."""
    if isinstance(conditions, dict):
        if isinstance(name := conditions.get("propertyName"), str):
            yield name
        for inner in conditions.values():
            yield from properties_compared(inner)
    elif isinstance(conditions, list | tuple):
        for inner in conditions:
            yield from properties_compared(inner)

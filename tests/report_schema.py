"""Validation of reports against the published schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator

from conformance.report.json import schema

NOTES = frozenset({"$schema", "$id", "title", "description", "default", "format"})
"""Keywords that a validator does not assert."""
BY_OUTLINE = frozenset({"$ref", "$defs", "type", "enum", "properties", "additionalProperties", "required", "anyOf"})
"""Keywords with the same result for a document and its outline; ``items`` only as a schema of all items."""


@cache
def _validator() -> Validator:
    Draft202012Validator.check_schema(schema())
    unknown = {name for name, _ in _keywords(schema())} - NOTES - BY_OUTLINE - {"items"}
    assert not unknown, f"say whether outlines keep what is judged by {unknown}"
    return Draft202012Validator(schema())


def _keywords(model: Any) -> Iterator[tuple[str, Any]]:
    """Yield the keywords of a schema and of all schemas in it, with their values."""
    if not isinstance(model, dict):
        return
    for name, value in model.items():
        yield name, value
        if name in ("properties", "$defs"):
            parts = [*value.values()]
        else:
            parts = value if name == "anyOf" else [value] if name in ("items", "additionalProperties") else []
        for part in parts:
            yield from _keywords(part)


@cache
def _enumerated() -> frozenset[str]:
    """Return all texts that the schema names."""
    return frozenset(text for name, value in _keywords(schema()) if name == "enum" for text in value)


def outline(document: Any) -> Any:
    """Return a JSON document without what the schema does not judge: it is valid if, and only if, the document is.

    Texts that the schema does not name are empty, numbers are one of their type, arrays have each element once.
    """
    match document:
        case dict():
            return {name: outline(value) for name, value in document.items()}
        case list():
            elements = map(outline, document)
            return [*{json.dumps(element, sort_keys=True): element for element in elements}.values()]
        case str():
            return document if document in _enumerated() else ""
        case bool() | None:
            return document
        case _:
            return 1 if document == int(document) else 0.5


def assert_valid(report: str | bytes) -> None:
    """Raise ``jsonschema.ValidationError`` if the schema does not allow a report.json.

    The outline of the report is validated first, which takes a quarter of the time; the whole report is validated only
    if the outline is invalid, for the error message.
    """
    document = json.loads(report)
    if not _validator().is_valid(outline(document)):
        _validator().validate(document)

"""Reports are held against the published schema."""

from __future__ import annotations

import json
from functools import cache

from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator

from conformance.report.json import schema


@cache
def _validator() -> Validator:
    Draft202012Validator.check_schema(schema())
    return Draft202012Validator(schema())


def assert_valid(report: str | bytes) -> None:
    """Raises ``jsonschema.ValidationError`` for a report.json that the schema does not allow."""
    _validator().validate(json.loads(report))

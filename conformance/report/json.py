"""The JSON report and its JSON Schema."""

from __future__ import annotations

from typing import Any

import msgspec

from conformance.report.model import Document


def encode(document: Document) -> bytes:
    """The report of a run as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of the report, derived from its model."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "sentinel-conformance/report/1",
        **msgspec.json.schema(Document),
    }

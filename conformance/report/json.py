"""The JSON report and its JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from conformance.redaction import clean_bytes
from conformance.report.document import document
from conformance.report.model import Document
from conformance.verification.result import Report


def encode(document: Document) -> bytes:
    """Return the report of a run as indented JSON."""
    return msgspec.json.format(clean_bytes(msgspec.json.encode(document)), indent=1) + b"\n"


PLACE = b'\n "connections": []'
"""The position of the connections in an encoded report without connections; no text can contain it, as JSON escapes
line breaks.
"""


def stream(head: Document, connections: Iterable[msgspec.Raw]) -> Iterator[bytes]:
    """Yield the same bytes as ``encode`` in pieces: ``head`` with these connections, which are encoded already."""
    before, place, after = encode(head).partition(PLACE)
    yield before + place.removesuffix(b"]")
    between = b"\n  "
    for connection in connections:
        yield between + msgspec.json.format(bytes(connection), indent=1).replace(b"\n", b"\n  ")
        between = b",\n  "
    yield b"\n ]" + after


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the report, derived from its model."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "sentinel-conformance/report/1",
        **msgspec.json.schema(Document),
    }


def encode_report(report: Report) -> bytes:
    """Return the JSON of a report over one connection."""
    return encode(document([report], stale=report.stale))

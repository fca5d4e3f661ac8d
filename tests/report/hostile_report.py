"""A report in which every text from outside this project contains markup and escape codes."""

from __future__ import annotations

from itertools import cycle

import msgspec

from conformance.findings.redact import excerpt
from conformance.report.model import Document
from conformance.report.parts import TEXT

TEXTS = (
    "<script>window.pwned = 1</script>",
    "</style></script><img src=x onerror=window.pwned=1>",
    '" onmouseover="window.pwned=1" x=\'',
    "javascript:window.pwned=1",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "\u202egnp.exe\u202c \u2066isolated",
    "\x1b[2J\x1b]0;title\x07\x00\x08\ufeff\ud800",
    "<!-- --> ]]> &lt;b&gt; &#x3c;script&#x3e;",
    "<svg/onload=window.pwned=1>",
    "x" * 1_000_000,
)
OURS = frozenset(
    [
        "schema",
        "outcome",
        "status",
        "certainty",
        "cause",
        "also",
        "owner",
        "area",
        "level",
        "id",
        "blocked_by",
        "check",
        "blocks",
        "probe",
        "probes",
        "started",
        "date",
        "version",
        "checks",
        "method",
        "counts",
        "expires",
    ]
)
"""Fields with texts of this project, which stay unchanged."""


def hostile(document: Document) -> Document:
    """Return the document with hostile texts in every field whose content comes from services, files or people.

    Each text has the form that ``document`` allows: one line, of limited length.
    """
    texts = cycle(TEXTS)

    def worse(value: object, key: str = "") -> object:
        match value:
            case dict():
                return {name: worse(item, name) for name, item in value.items()}
            case list() | tuple():
                return [worse(item, key) for item in value]
            case str() if key not in OURS:
                return excerpt(next(texts), TEXT)
        return value

    return msgspec.convert(worse(msgspec.to_builtins(document)), Document)

"""The single errors in a paste with several: log lines, HTTP answers, JSON records of a log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from conformance.findings import http_text
from conformance.findings.lazy_pattern import lazy_pattern

MAX_PARTS = 50
"""Errors of one paste that are read."""
_STAMP = lazy_pattern(
    r"^(?=[\[(<]?(?:[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}"
    r"|[A-Z][a-z]{2} [ 0-9]?[0-9](?:,? [0-9]{4})?(?: @)? [0-9]{2}:[0-9]{2}))"
    r"|^(?=(?:ERROR|WARN|WARNING|FATAL|CRITICAL|Error)[:\s])",
    re.MULTILINE,
)


def parts(text: str) -> list[str]:
    """Return the parts of a text that may be single errors; the whole text if it cannot be divided."""
    texts = list(_records(text)) or list(_exchanges(text)) or list(_lines(text))
    return texts[:MAX_PARTS] if len(texts) > 1 else [text]


def _records(text: str) -> Iterator[str]:
    """Yield the JSON records of a log, one per line, or the elements of a JSON list."""
    if text.startswith("["):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            yield from (json.dumps(item, ensure_ascii=False) for item in value)
        return
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and all(line.lstrip().startswith("{") and line.rstrip().endswith("}") for line in lines):
        yield from lines


def _exchanges(text: str) -> Iterator[str]:
    """Yield the HTTP answers, each with the lines before it about its request."""
    if text.startswith("{") and '"entries"' in text[:4000]:
        for answer in http_text.answers(text):
            where = f"GET https://{answer.address.host}{answer.address.path}\n" if answer.address else ""
            head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
            if answer.status >= 400:
                yield f"{where}HTTP/1.1 {answer.status}\n{head}\n\n{answer.body}"
        return
    heads = [match.start() for match in re.finditer(r"^(?:< ?)?HTTP/[0-9.]{1,3} [1-5][0-9]{2}\b", text, re.MULTILINE)]
    if len(heads) > 1:
        starts = [0, *heads[1:]]
        yield from (text[start:end] for start, end in zip(starts, [*heads[1:], len(text)], strict=True))


def _lines(text: str) -> Iterator[str]:
    """Yield the entries of a log: a line that begins with a time or a level, with the lines after it."""
    starts = [match.start() for match in _STAMP.finditer(text)]
    if len(starts) < 2:
        return
    if text[: starts[0]].strip():
        yield text[: starts[0]]
    yield from (text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True))

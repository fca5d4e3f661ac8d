"""HTTP answers within a text: output of curl with -i or -v, raw HTTP, HAR files, and header lines of SDK logs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.findings import hosts
from conformance.findings.lazy_pattern import lazy_pattern

_HEAD = lazy_pattern(r"^(?:< ?)?HTTP/[0-9.]{1,3} ([1-5][0-9]{2})\b.*$", re.MULTILINE)
_HEADER = lazy_pattern(r"^(?:< ?)?([A-Za-z][A-Za-z0-9-]{1,60}):[ \t]?(.*)$")
_LOGGED = lazy_pattern(
    r"['\"]?\b(www-authenticate|warning|x-ms-failure-cause|x-ms-ags-diagnostic|retry-after)['\"]?\s*[:=]\s*['\"]?(.{1,1500})",
    re.IGNORECASE,
)
_REQUEST = lazy_pattern(r"^(?:> ?)?(?:GET|POST|PUT|PATCH|DELETE|HEAD) (\S+) HTTP/", re.MULTILINE)
_HOST = lazy_pattern(r"^(?:> ?)?Host: ?(\S+)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """One answer as printed. ``headers`` have lower-case names; ``address`` is the address of the request."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    address: hosts.Address | None = None


def answers(text: str) -> list[HttpAnswer]:
    """Return the HTTP answers in a text, in order; empty if there are none."""
    if '"log"' in text[:2000] and '"entries"' in text:
        return list(_archived(text))
    heads = list(_HEAD.finditer(text))
    return [
        _answer(
            text, heads[at - 1].end() if at else 0, head, heads[at + 1].start() if at + 1 < len(heads) else len(text)
        )
        for at, head in enumerate(heads)
    ]


def logged_headers(text: str) -> dict[str, str]:
    """Return the headers that help to decide, from lines of a log; names in lower case."""
    return {match[1].lower(): match[2].strip() for match in _LOGGED.finditer(text[:16384])}


def _answer(text: str, before: int, head: re.Match[str], end: int) -> HttpAnswer:
    headers: dict[str, str] = {}
    lines = text[head.end() : end].splitlines()
    at = 1 if lines and not lines[0].strip() else 0
    while at < len(lines) and (match := _HEADER.match(lines[at])):
        headers[match[1].lower()] = match[2].strip()
        at += 1
    body = "\n".join(line for line in lines[at:] if not re.match(r"(?:[<>*] |[<>*{}]$|[{}] \[[0-9]+ bytes)", line))
    earlier = text[before : head.start()]
    host, path = _HOST.search(earlier), _REQUEST.search(earlier)
    requested = hosts.request_addresses(earlier)
    address = (
        hosts.Address(host[1].lower(), path[1] if path else "") if host else (requested[-1] if requested else None)
    )
    return HttpAnswer(int(head[1]), headers, body.strip(), address)


def _archived(text: str) -> Iterator[HttpAnswer]:
    try:
        entries = json.loads(text)["log"]["entries"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    for entry in entries if isinstance(entries, list) else ():
        response = _mapping(_mapping(entry).get("response"))
        status = response.get("status")
        if isinstance(status, int) and 100 <= status <= 599:
            rows = response.get("headers")
            headers = {
                str(_mapping(row).get("name", "")).lower(): str(_mapping(row).get("value", ""))
                for row in (rows if isinstance(rows, list) else ())
            }
            url = str(_mapping(_mapping(entry).get("request")).get("url", ""))
            body = str(_mapping(response.get("content")).get("text", ""))
            yield HttpAnswer(status, headers, body, hosts.address_of(url))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

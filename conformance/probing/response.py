"""The result of a request: a service's answer or a network failure, and the rules for trying again."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import httpx

from conformance.findings import Finding
from conformance.probing.evidence import Exchange

HICCUPS = frozenset({500, 502, 503, 504})
"""Answers after which a request is sent once more. All requests of this suite are read-only. A token request may be
repeated too: it changes nothing, and MSAL for .NET also repeats it after a 5xx.
"""
REQUEST_ID_HEADERS = ("x-ms-request-id", "request-id", "x-ms-correlation-request-id")
REQUEST_ID_MEMBERS = re.compile(
    rb'"(?:correlationId|target)"\s*:\s*"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"', re.I
)
"""The request id in a refusal of Log Analytics or Defender for Endpoint: they give it in the body alone."""


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer of a service."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class NetworkFailure:
    """A request without an answer, and the finding about the network."""

    finding: Finding
    exchange: Exchange
    broken: bool = False
    """True if the connection ended before the answer was complete."""


def headers_of(response: httpx.Response) -> dict[str, str]:
    """Return the headers of an answer by their names in lower case; repeated headers are joined by commas."""
    headers: dict[str, str] = {}
    try:
        for raw, text in response.headers.raw:
            name, value = raw.lower().decode("ascii"), text.decode("ascii")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    except UnicodeDecodeError:  # httpx detects the encoding of the headers
        return {name.lower(): value for name, value in response.headers.items()}
    return headers


def request_id(headers: Mapping[str, str], refusal: bytes) -> str | None:
    """Return the service's id of a request, from the answer's headers or the body of a refusal; None without it."""
    value = next((headers[name] for name in REQUEST_ID_HEADERS if name in headers), None)
    inside = REQUEST_ID_MEMBERS.search(refusal) if value is None else None
    return inside[1].decode() if inside else value


def is_throttled(result: Response | NetworkFailure) -> bool:
    """Return whether a service refuses because of too many requests."""
    return isinstance(result, Response) and result.status == 429


def asks_all_to_wait(result: Response | NetworkFailure) -> bool:
    """Return whether a service asks to wait with all requests: by a 429, or by a 503 with Retry-After."""
    unavailable = isinstance(result, Response) and result.status == 503 and "retry-after" in result.headers
    return unavailable or is_throttled(result)


def hiccup(result: Response | NetworkFailure) -> bool:
    """Return whether a second attempt is likely to succeed."""
    return result.broken if isinstance(result, NetworkFailure) else result.status in HICCUPS


def pause(result: Response | NetworkFailure, now: datetime, attempt: int) -> float:
    """Return seconds until the next attempt: as the service asks; else an exponential back-off after a 429, and 0 after
    other failures.
    """
    if isinstance(result, NetworkFailure):
        return 0.0
    seconds = retry_after(result.headers, now)
    return seconds if seconds is not None else float(2 ** (attempt - 1)) if result.status == 429 else 0.0


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that a service asks to wait (in a number or a date); None if it does not ask."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal() and len(value) < 7:
        return float(value)
    until = http_date(value)
    return None if until is None else max(0.0, (until - now).total_seconds())


def http_date(value: str | None) -> datetime | None:
    """Return an HTTP date, or None."""
    if not value:
        return None
    try:
        date = email.utils.parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else None

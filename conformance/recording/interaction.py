"""One recorded interaction: a request and its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import httpx
import msgspec

FORM_MEMBERS = frozenset({"client_id", "grant_type", "scope"})
"""The members of a token request that are recorded and compared. The credential is neither."""


class RequestPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A request without its headers. ``body`` is JSON, or the members of a form."""

    method: str
    url: str
    body: Any = None


class Answered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An answer: its body as JSON if possible, otherwise as text. Without an answer, ``failure`` is the cause."""

    status: int | None = None
    headers: dict[str, str] = {}
    json: Any = msgspec.UNSET
    text: str = ""
    failure: str | None = None


class Interaction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request and its answer."""

    request: RequestPart
    response: Answered


def request_of(method: str, url: str, body: bytes, content_type: str) -> RequestPart:
    """Return the part of a request that is recorded and compared."""
    return RequestPart(method=method, url=url, body=_body(body, content_type))


def response_of(status: int, headers: Mapping[str, str], body: bytes) -> Answered:
    """Return the recorded form of an answer, with its body decoded if it is JSON."""
    try:
        return Answered(status=status, headers=dict(headers), json=msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Answered(status=status, headers=dict(headers), text=body.decode("utf-8", "replace"))


def content(response: Answered) -> bytes:
    """Return the body of an answer as bytes."""
    return response.text.encode() if response.json is msgspec.UNSET else msgspec.json.encode(response.json)


def key(request: RequestPart) -> str:
    """Return the key that equal requests share: method, host, path, query parameters in any order, and the body."""
    url = httpx.URL(request.url)
    options = sorted(parse_qsl(url.query.decode(), keep_blank_values=True))
    return json.dumps([request.method, url.host, url.path, options, request.body], sort_keys=True)


def _body(body: bytes, content_type: str) -> Any:
    if not body:
        return None
    if "x-www-form-urlencoded" in content_type.lower():
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        return {name: value for name, value in sorted(pairs) if name in FORM_MEMBERS}
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body.decode("utf-8", "replace")

"""The HTTP request of a question."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import msgspec

from conformance._version import __version__
from conformance.apis.endpoint import Ask
from conformance.connection import Connection
from conformance.probing.decoding import ACCEPTED

HEADERS: Mapping[str, str] = {
    "User-Agent": f"sentinel-conformance/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": ACCEPTED,
    "Connection": "keep-alive",
}


def build(
    connection: Connection, ask: Ask[Any], base: str, bearer: str | None, connect: float | None = None
) -> httpx.Request:
    """Return the HTTP request of a question, with ``connect`` seconds to open its connection."""
    headers = dict(ask.headers)
    if bearer is not None:
        headers["Authorization"] = f"Bearer {bearer}"
    if ask.link is not None:
        return create(ask.endpoint.method, ask.link, headers, None, connect)
    url = f"{base.rstrip('/')}{_path(connection, ask)}"
    query = dict(ask.query)
    if ask.endpoint.api_version:
        query["api-version"] = ask.endpoint.api_version
    if query:
        url += f"?{urlencode(query)}"  # as httpx does, but without parsing the URL twice
    content = None if ask.json is None else msgspec.json.encode(ask.json)
    if content is not None:
        headers["Content-Type"] = "application/json"
    return create(ask.endpoint.method, url, headers, content, connect)


def create(
    method: str, url: str, headers: Mapping[str, str], content: bytes | None, connect: float | None = None
) -> httpx.Request:
    """Return a request with the headers of all requests and a request id for the service, and with ``connect`` seconds
    to open its connection.

    ``httpx.AsyncClient`` is not used: it looks for cookies, credentials, redirects and proxies, which a request of this
    suite must not have, and the search took 5 % of a request's total time. Entra sets cookies with each token, to bring
    a browser back to the same server; no API needs them.
    """
    timeout = {"connect": connect, "read": None, "write": None, "pool": None}
    headers = {**HEADERS, "client-request-id": str(uuid.uuid4()), **headers}
    return httpx.Request(method, _url(url), headers=headers, content=content, extensions={"timeout": timeout})


@lru_cache(maxsize=256)
def _url(url: str) -> httpx.URL:
    """Return an address as an httpx.URL. Cached: addresses of Microsoft Graph and Defender name no tenant."""
    return httpx.URL(url)


def _path(connection: Connection, ask: Ask[Any]) -> str:
    names = ask.endpoint.names
    if not names:
        return ask.endpoint.path
    values = {**connection.facts(), **ask.path}
    return ask.endpoint.path.format_map({name: quote_segment(values[name]) for name in names})


@lru_cache(maxsize=1024)
def quote_segment(value: str) -> str:
    """Return a value encoded as a path segment. Cached: most requests contain the same values."""
    return quote(value, safe="~()'!,;@:$&=+*")

"""The HTTP request of a question."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import msgspec

from conformance.apis.endpoint import Ask
from conformance.connection import Connection


def build(
    client: httpx.AsyncClient, connection: Connection, ask: Ask[Any], base: str, bearer: str | None
) -> httpx.Request:
    """Return the HTTP request of a question."""
    headers = dict(ask.headers)
    if bearer is not None:
        headers["Authorization"] = f"Bearer {bearer}"
    if ask.link is not None:
        return client.build_request(ask.endpoint.method, ask.link, headers=headers)
    names = {name: quote_segment(value) for name, value in {**connection.facts(), **ask.path}.items()}
    url = f"{base.rstrip('/')}{ask.endpoint.path.format_map(names)}"
    query = dict(ask.query)
    if ask.endpoint.api_version:
        query["api-version"] = ask.endpoint.api_version
    if query:
        url += f"?{urlencode(query)}"  # as httpx does it, which reads the URL twice then
    content = None if ask.json is None else msgspec.json.encode(ask.json)
    if content is not None:
        headers["Content-Type"] = "application/json"
    return client.build_request(ask.endpoint.method, url, headers=headers, content=content)


@lru_cache(maxsize=1024)
def quote_segment(value: str) -> str:
    """Return a value encoded as a path segment. Cached: most requests contain the same values."""
    return quote(value, safe="~()'!,;@:$&=+*")

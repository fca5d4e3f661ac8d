"""Path normalisation: Azure Resource Manager, Log Analytics and Microsoft Graph ignore empty segments of a path.

Their own SDKs send such paths: msgraph-sdk for Python each (``/v1.0//security/alerts_v2``), azure-mgmt-authorization
where a resource has no parent (``/providers/Microsoft.OperationalInsights//workspaces/...``), the JavaScript client of
Log Analytics each query by resource (``/v1//subscriptions/...``). Of the other services it is not known, so there the
path stays as it is.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

import httpx

from conformance.apis.endpoint import GRAPH, Endpoint

APIS = frozenset({"arm", "graph", "log_analytics"})
NOT_IN_BETA = frozenset({"graph.legacy_alerts"})
"""Operations that have another form in Microsoft Graph's beta version."""


class PathPattern:
    """The part of a :class:`re.Pattern` that respx's routes and the virtual tenant use, over whole paths.

    It is compiled for the first path of as many segments: of all routes, a run needs a part.
    """

    def __init__(self, text: str) -> None:
        self._text, self._slashes = text, text.count("/") - text.count("[^/")

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self._text, re.IGNORECASE)

    def search(self, path: str) -> re.Match[str] | None:
        """Return the match of a whole path."""
        return self._pattern.search(path) if path.count("/") == self._slashes else None


def route_pattern(endpoint: Endpoint[Any]) -> PathPattern:
    """Return the pattern of the whole paths of an operation; for Microsoft Graph it includes the beta version, whose
    operations differ in additions only.
    """
    pattern = endpoint.regex
    if endpoint.api is GRAPH and endpoint.name not in NOT_IN_BETA:
        pattern = pattern.replace(r"/v1\.0/", r"/(?:v1\.0|beta)/", 1)
    return PathPattern(pattern)


def normalize(request: httpx.Request, apis: list[str]) -> httpx.Request:
    """Return the request as one of these APIs understands it; the request itself if nothing changes."""
    path, mark, query = request.url.raw_path.partition(b"?")
    if b"//" not in path or APIS.isdisjoint(apis):
        return request
    url = request.url.copy_with(raw_path=re.sub(rb"/{2,}", b"/", path) + mark + query)
    return httpx.Request(
        request.method, url, headers=request.headers, content=request.content, extensions=request.extensions
    )

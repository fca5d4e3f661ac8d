"""Path normalisation: Azure Resource Manager, Log Analytics and Microsoft Graph ignore empty segments of a path.

Their own SDKs send such paths: msgraph-sdk for Python each (``/v1.0//security/alerts_v2``), azure-mgmt-authorization
where a resource has no parent (``/providers/Microsoft.OperationalInsights//workspaces/...``), the JavaScript client of
Log Analytics each query by resource (``/v1//subscriptions/...``). Of the other services it is not known, so there the
path stays as it is.
"""

from __future__ import annotations

import re
from typing import Any

import httpx

from conformance.apis.endpoint import GRAPH, Endpoint

APIS = frozenset({"arm", "graph", "log_analytics"})
NOT_IN_BETA = frozenset({"graph.legacy_alerts"})
"""What Microsoft Graph's beta version has in another form."""


def route_pattern(endpoint: Endpoint[Any]) -> re.Pattern[str]:
    """Return the pattern of the whole paths of an operation: of Microsoft Graph also in the beta version, whose
    operations differ in what they add.
    """
    pattern = endpoint.pattern.pattern
    if endpoint.api is GRAPH and endpoint.name not in NOT_IN_BETA:
        pattern = pattern.replace(r"/v1\.0/", r"/(?:v1\.0|beta)/", 1)
    return re.compile(f"^{pattern}$", re.IGNORECASE)


def normalize(request: httpx.Request, apis: list[str]) -> httpx.Request:
    """Return the request as one of these APIs understands it; the request itself if there is nothing to read past."""
    path, mark, query = request.url.raw_path.partition(b"?")
    if b"//" not in path or APIS.isdisjoint(apis):
        return request
    url = request.url.copy_with(raw_path=re.sub(rb"/{2,}", b"/", path) + mark + query)
    return httpx.Request(
        request.method, url, headers=request.headers, content=request.content, extensions=request.extensions
    )

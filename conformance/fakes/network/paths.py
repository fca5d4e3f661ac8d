"""Path normalisation: Azure Resource Manager and Microsoft Graph ignore empty segments of a path.

Their own SDKs send such paths: msgraph-sdk for Python each (``/v1.0//security/alerts_v2``), azure-mgmt-authorization
where a resource has no parent (``/providers/Microsoft.OperationalInsights//workspaces/...``). Of the other services it
is not known, so there the path stays as it is.
"""

from __future__ import annotations

import re

import httpx

APIS = frozenset({"arm", "graph"})


def normalize(request: httpx.Request, apis: list[str]) -> httpx.Request:
    """Return the request as one of these APIs understands it; the request itself if there is nothing to read past."""
    path, mark, query = request.url.raw_path.partition(b"?")
    if b"//" not in path or APIS.isdisjoint(apis):
        return request
    url = request.url.copy_with(raw_path=re.sub(rb"/{2,}", b"/", path) + mark + query)
    return httpx.Request(
        request.method, url, headers=request.headers, content=request.content, extensions=request.extensions
    )

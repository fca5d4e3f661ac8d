"""The virtual tenant for httpx2 clients of this process, if httpx2 is installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any
from unittest.mock import patch

import httpx

from conformance.fakes.controllable import ControllableTenant
from conformance.fakes.world import hosts


@contextmanager
def mount_httpx2(stage: ControllableTenant) -> Iterator[None]:
    """Answer every ``httpx2.Client`` and ``AsyncClient`` from ``stage``; requests to other hosts fail the test.

    Custom transports of a test are not changed.
    """
    if find_spec("httpx2") is None:
        yield
        return
    import httpx2

    def answer(transport: Any, request: Any) -> Any:
        request.read()
        return _answered(stage, request)

    async def answer_async(transport: Any, request: Any) -> Any:
        await request.aread()
        return _answered(stage, request)

    with (
        patch.object(httpx2.HTTPTransport, "handle_request", answer),
        patch.object(httpx2.AsyncHTTPTransport, "handle_async_request", answer_async),
    ):
        yield


def _answered(stage: ControllableTenant, request: Any) -> Any:
    """Return the answer to a request of httpx2, as a response of httpx2. Network failures are raised as the errors of
    httpx2 with the same names.
    """
    import httpx2

    if request.url.host not in hosts():
        raise AssertionError(f"{request.method} {request.url} is not one of the virtual tenant's hosts")
    inner_request = httpx.Request(
        request.method, str(request.url), headers=request.headers.raw, content=request.content
    )
    try:
        response = stage.answer(inner_request)
    except httpx.TransportError as error:
        raise getattr(httpx2, type(error).__name__)(str(error), request=request) from error
    return httpx2.Response(
        response.status_code, headers=response.headers.raw, content=response.content, request=request
    )

"""The HTTP client of a connection."""

from __future__ import annotations

import asyncio

import httpx

from conformance.probing.client import Client


def test_no_cookie_is_kept_or_sent() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, headers={"Set-Cookie": "fpc=virtual; path=/; secure"})

    async def twice() -> None:
        async with Client(transport=httpx.MockTransport(answer)) as client:
            for _ in range(2):
                await client.send(client.build_request("GET", "https://login.microsoftonline.com/common"))

    asyncio.run(twice())
    assert len(seen) == 2
    assert not any("cookie" in request.headers for request in seen)

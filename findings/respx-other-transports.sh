#!/usr/bin/env bash
# respx 0.23.1 lets requests of an httpx client over httpx-aiohttp 0.2.0 reach the network, although all should be
# mocked.
#
# Expected: inside respx.mock every request of httpx is answered by a route or refused. Observed: respx replaces httpx's
# own transports below the client; with another transport the request is sent, and the route is not called. A tested
# connector that uses aiohttp for speed sends real tokens to real services, from tests. Instead: give the client
# httpx.MockTransport(router.async_handler) in tests, and block the network (pytest-recording's --block-network).
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check respx==0.23.1 httpx==0.28.1 httpx-aiohttp==0.2.0 aiohttp==3.14.5
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import sys
from importlib.metadata import version

import httpx
import respx
from httpx_aiohttp import AiohttpTransport

met = []


async def answer(reader, writer):
    met.append(await reader.readuntil(b"\r\n\r\n"))
    writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
    await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    seen = []
    for transport in (httpx.AsyncHTTPTransport(), AiohttpTransport()):
        with respx.mock(assert_all_mocked=True, assert_all_called=False) as router:
            route = router.get(url).respond(418)
            async with httpx.AsyncClient(transport=transport) as client:
                seen.append(((await client.get(url)).status_code, route.called))
    server.close()
    return seen


own, by_aiohttp = asyncio.run(main())
print(f"respx {version('respx')}: own transport {own}, httpx-aiohttp {by_aiohttp} (status, route called); {len(met)} request sent")
sys.exit((own, by_aiohttp, len(met)) != ((418, True), (204, False), 1))
PYTHON

#!/usr/bin/env bash
# httpx-aiohttp 0.2.0 reports a refused connection and an unknown host name as httpx.ConnectTimeout.
#
# A good guess: the transport raises what httpx's own does, here httpx.ConnectError. Seen: its table of exceptions meets
# a parent of aiohttp's connection errors first, which it takes for a timeout, at once and with any patience.
# Who tells "wrong host name" from "firewall drops packets" by the exception's type, or retries timeouts alone, is hit.
# Instead: look at `error.__cause__`, which is aiohttp's exception.
# Exits 0 while that is so, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httpx-aiohttp==0.2.0 httpx==0.28.1 aiohttp==3.14.5
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import socket
import sys
from importlib.metadata import version

import httpx
from httpx_aiohttp import AiohttpTransport

with socket.create_server(("127.0.0.1", 0)) as closed:
    url = f"http://127.0.0.1:{closed.getsockname()[1]}/"


async def failure(transport):
    async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=60) as client:
        try:
            await client.get(url)
        except httpx.TransportError as error:
            return type(error).__name__, type(error.__cause__).__name__


own, by_aiohttp = asyncio.run(failure(httpx.AsyncHTTPTransport())), asyncio.run(failure(AiohttpTransport()))
print(f"a closed port: httpx {httpx.__version__} {own[0]}; httpx-aiohttp {version('httpx-aiohttp')} {by_aiohttp[0]} from {by_aiohttp[1]}")
sys.exit((own[0], *by_aiohttp) != ("ConnectError", "ConnectTimeout", "ClientConnectorError"))
PYTHON

#!/usr/bin/env bash
# httpx-aiohttp 0.2.0 reports a refused connection and an unknown host name as httpx.ConnectTimeout.
#
# Expected: the transport raises the same as httpx's own, here httpx.ConnectError. Observed: its table of exceptions
# finds a parent class of aiohttp's connection errors first and maps it to a timeout, immediately and with any timeout
# setting. This affects everyone who distinguishes "wrong host name" from "firewall drops packets" by the exception's
# type, or retries only timeouts. Instead: look at `error.__cause__`, which is aiohttp's exception.
# Exits 0 while the behaviour is as described, 1 once it has changed.
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

#!/usr/bin/env bash
# azure-core 1.41.0 writes the params of a HttpRequest into the URL without encoding; requests and httpx encode them.
#
# Expected: HttpRequest("GET", url, params={"$filter": "title eq 'R&D'"}) asks for the same as requests.get() and
# httpx.get() with these params. Observed: the service reads "title eq 'R", and a space for the "+" of a time zone. The
# async client does the same. The generated clients above it encode their values. This affects everyone who calls
# another API by send_request(). Instead: urllib.parse.quote() each value.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check azure-core==1.41.0 requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import httpx
import requests
from azure.core import AsyncPipelineClient, PipelineClient
from azure.core.rest import HttpRequest

FILTER = "title eq 'R&D' and created ge 2026-01-01T00:00:00+02:00"
PARAMS = {"$filter": FILTER}
read = []


class Service(BaseHTTPRequestHandler):
    def do_GET(self):
        read.append(parse_qs(urlsplit(self.path).query)["$filter"][0])
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/incidents"


async def send():
    async with AsyncPipelineClient(url) as client:
        await client.send_request(HttpRequest("GET", url, params=PARAMS))


PipelineClient(url).send_request(HttpRequest("GET", url, params=PARAMS))
asyncio.run(send())
PipelineClient(url).send_request(HttpRequest("GET", url, params={"$filter": FILTER.split(" and ")[1]}))
requests.get(url, params=PARAMS)
httpx.get(url, params=PARAMS)
server.shutdown()
print(f"azure-core {version('azure-core')}: the service reads {read[:3]}; by requests and httpx {read[3:]}")
sys.exit(read != ["title eq 'R"] * 2 + ["created ge 2026-01-01T00:00:00 02:00"] + [FILTER] * 2)
PYTHON

#!/usr/bin/env bash
# httpx 0.28.1: a TLS connection that breaks in an answer is httpx.ReadError for Client, and ssl.SSLError for AsyncClient.
#
# Expected: both clients raise a subclass of httpx.HTTPError, as their documentation says of all errors of a request.
# Observed: httpcore maps OSError, which includes ssl.SSLError, for the synchronous client alone; anyio passes the error
# of the ssl module on, and neither httpcore nor httpx maps it. This affects everyone whose `except httpx.HTTPError`
# is the only handler around a request of AsyncClient. Instead: catch ssl.SSLError too. After the error, getpeercert()
# of the connection's `ssl_object` raises ValueError: read the certificate before the body.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httpx==0.28.1 httpcore==1.0.9 anyio==4.11.0 trustme==1.2.1
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import socket
import ssl
import sys
import threading

import anyio
import httpcore
import httpx
import trustme
from importlib.metadata import version

authority = trustme.CA()
certificate = authority.issue_cert("localhost")
server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
certificate.configure_cert(server_context)
context = ssl.create_default_context()
authority.configure_trust(context)
listener = socket.create_server(("127.0.0.1", 0))
url = f"https://localhost:{listener.getsockname()[1]}/"


def serve():
    """Begin an answer, and then send bytes that are not TLS, as a device in between does that closes with a notice."""
    for _ in range(2):
        accepted, _ = listener.accept()
        with server_context.wrap_socket(accepted, server_side=True) as tls:
            tls.recv(4096)
            tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegin")
            socket.socket.sendall(tls, b"this is not a record of TLS")


threading.Thread(target=serve, daemon=True).start()


def in_thread():
    with httpx.Client(verify=context, trust_env=False) as client:
        client.get(url)


async def in_loop():
    async with (
        httpx.AsyncClient(verify=context, trust_env=False) as client,
        client.stream("GET", url) as response,
    ):
        session = response.extensions["network_stream"].get_extra_info("ssl_object")
        assert session.getpeercert()
        try:
            await response.aread()
        finally:
            later.append(error_of(session.getpeercert))


def error_of(run):
    try:
        run()
    except Exception as error:
        return error


later = []
kinds = [error_of(in_thread), error_of(lambda: asyncio.run(in_loop()))]
print(f"httpx {httpx.__version__}, httpcore {httpcore.__version__}, anyio {version('anyio')}")
names = [type(error).__name__ for error in (*kinds, *later)]
print("Client: {}; AsyncClient: {}; getpeercert() afterwards: {}".format(*names))
sys.exit(names != ["ReadError", "SSLError", "ValueError"])
PYTHON

#!/usr/bin/env bash
# aiohttp 3.14.5 reads SSL_CERT_FILE once, when it is imported; a file that a program sets afterwards is not trusted.
#
# Expected: the variable counts for each new session, as it does for ssl.create_default_context() and for httpx.
# Observed: if a process sets it after the import, its sessions refuse a server that they accept if it is set before.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiohttp==3.14.5 trustme==1.2.1
cat >"$folder/seen.py" <<'PYTHON'
import asyncio
import os
import ssl
import sys
import tempfile

import trustme

authority = trustme.CA()
trusted = tempfile.NamedTemporaryFile(suffix=".pem")
authority.cert_pem.write_to_path(trusted.name)
if sys.argv[1] == "before":
    os.environ["SSL_CERT_FILE"] = trusted.name
import aiohttp

os.environ["SSL_CERT_FILE"] = trusted.name


async def answer(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
    await writer.drain()
    writer.close()


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = await asyncio.start_server(answer, "localhost", 0, ssl=context)
    url = f"https://localhost:{server.sockets[0].getsockname()[1]}/"
    async with server, aiohttp.ClientSession(trust_env=True) as session:
        try:
            async with session.get(url) as response:
                return response.status
        except aiohttp.ClientConnectorCertificateError as error:
            return type(error).__name__


seen = asyncio.run(main())
print(f"aiohttp {aiohttp.__version__}, SSL_CERT_FILE set {sys.argv[1]} the import: {seen}")
sys.exit(seen != {"before": 204, "after": "ClientConnectorCertificateError"}[sys.argv[1]])
PYTHON
env -u SSL_CERT_FILE -u HTTPS_PROXY -u ALL_PROXY "$folder/venv/bin/python" "$folder/seen.py" before
env -u SSL_CERT_FILE -u HTTPS_PROXY -u ALL_PROXY "$folder/venv/bin/python" "$folder/seen.py" after

#!/usr/bin/env bash
# httpx 0.28.1 reports only the status of a refused CONNECT, as text: headers and body of the proxy's answer are lost.
#
# Expected: httpx.ProxyError carries the response, so that Proxy-Authenticate shows which schemes a proxy accepts.
# Observed: an exception with the message "407 Proxy Authentication Required" and nothing else; only the `trace`
# extension of the request sees the headers.
# Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httpx==0.28.1 httpcore==1.0.9
"$folder/venv/bin/python" - <<'PYTHON'
import socket, sys, threading
import httpcore, httpx

listener = socket.create_server(("127.0.0.1", 0))


def proxy():
    """Answers 407 to one CONNECT."""
    client, _ = listener.accept()
    with client:
        client.recv(65536)
        client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n")


threading.Thread(target=proxy, daemon=True).start()
traced = []


def trace(event, info):
    if event == "http11.receive_response_headers.complete":
        traced.extend(info["return_value"][3])


try:
    with httpx.Client(proxy=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=10) as client:
        client.get("https://service.example/", extensions={"trace": trace})
except httpx.ProxyError as error:
    print(f"httpx {httpx.__version__}, httpcore {httpcore.__version__}: {error!r}")
    print(f"attributes beside the request: {sorted(set(vars(error)) - {'_request'})}; traced: {traced}")
    sys.exit(0 if "NTLM" not in repr(vars(error)) and (b"Proxy-Authenticate", b"NTLM") in traced else 1)
sys.exit(1)
PYTHON

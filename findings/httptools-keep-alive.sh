#!/usr/bin/env bash
# httptools 0.9.0 says "keep the connection" after a request with `Connection: close`, unless asked in the callback.
#
# Expected: should_keep_alive() is about the last parsed message. Observed: within on_message_complete it is; once
# feed_data() has returned it is true again, for HTTP/1.0 it is false both times. This affects everyone who builds a
# fake service or a proxy on it: a client that asked to close, as connectors do for a single request, waits for the end
# of the connection. Instead: keep the value in the callback.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httptools==0.9.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import httptools


class Answers:
    def on_message_complete(self):
        within.append(parser.should_keep_alive())


within, after = [], []
for head in ("HTTP/1.1\r\nConnection: close", "HTTP/1.1", "HTTP/1.0"):
    parser = httptools.HttpRequestParser(Answers())
    parser.feed_data(f"GET / {head}\r\nHost: service.example\r\n\r\n".encode())
    after.append(parser.should_keep_alive())
print(f"httptools {version('httptools')}: close, HTTP/1.1, HTTP/1.0: in the callback {within}, after feed_data() {after}")
sys.exit((within, after) != ([False, True, False], [True, True, False]))
PYTHON

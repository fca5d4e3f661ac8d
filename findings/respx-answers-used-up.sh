#!/usr/bin/env bash
# A route of respx 0.23.1 whose answers are used up ends a map() over requests early; a route without answers answers
# 200.
#
# Expected: one request more than side_effect=[...] has answers is an error of the test. Observed: StopIteration is
# raised by client.get(), and map() and consumers of generators take it for their own end: three URLs give two results
# and no error. Also, side_effect=[] is not "no answer" but "no side effect": each request is answered with an empty
# 200. This affects tests of pages and of retries: they pass although results are missing. Instead: a function as side
# effect that raises AssertionError after the last answer.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check respx==0.23.1 httpx==0.28.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import httpx
import respx

with respx.mock() as router:
    router.get("https://graph.example/page").mock(side_effect=[httpx.Response(200), httpx.Response(200)])
    results = list(map(httpx.get, ["https://graph.example/page"] * 3))
    router.get("https://graph.example/empty").mock(side_effect=[])
    status = httpx.get("https://graph.example/empty").status_code
print(f"respx {version('respx')}: 2 answers for 3 requests give {len(results)} results; no answers give status {status}")
sys.exit((len(results), status) != (2, 200))
PYTHON

#!/usr/bin/env bash
# microsoft-kiota-http 1.16.0 (under msgraph-sdk) waits for seconds after `Retry-After: 0`, and not at all after 200.
#
# Expected: the client waits as long as the service says, and `delay` of RetryHandlerOption is the start or the end of
# the backoff. Observed: 0 counts as "not said", so the client waits more than 3 s; `delay` (shown as max_delay) is
# added to every wait and does not limit it; from 180 s on it does not retry, and the 429 comes back at once, although
# retries are left. This affects everyone who polls incidents of several tenants by Microsoft Graph. Instead:
# RetryHandlerOption(delay=0) for quick retries, and a 429 with a long Retry-After has to be waited for by the program.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check microsoft-kiota-http==1.16.0
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import sys
from importlib.metadata import version

import httpx
from kiota_http.middleware import retry_handler
from kiota_http.middleware.options import RetryHandlerOption
from kiota_http.middleware.retry_handler import RetryHandler

waits = []


async def sleep(seconds):
    waits.append(seconds)


retry_handler.asyncio.sleep = sleep


async def waited(seconds, delay):
    """Seconds waited before a second attempt, None without one; the first is answered with 429."""
    waits.clear()
    answers = iter([httpx.Response(429, headers={"Retry-After": seconds}), httpx.Response(200)])

    def answer(request):
        response = next(answers)
        response.request = request
        return response

    handler = RetryHandler(RetryHandlerOption(delay=delay))
    await handler.send(httpx.Request("GET", "https://graph.example/v1.0/security/incidents"), httpx.MockTransport(answer))
    return waits[0] if waits else None


async def main():
    return [await waited("0", 3), await waited("0", 30), await waited("20", 3), await waited("200", 3)]


zero, longer, twenty, long = asyncio.run(main())
print(
    f"microsoft-kiota-http {version('microsoft-kiota-http')}: Retry-After 0 waits {zero:.1f} s, with delay=30 {longer:.1f} s;"
    f" 20 waits {twenty} s; 200 {'is not tried again' if long is None else long}"
)
sys.exit(not (zero > 3 and longer > 30 and twenty == 20 and long is None))
PYTHON

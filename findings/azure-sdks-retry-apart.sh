#!/usr/bin/env bash
# The Azure SDKs for Python and JavaScript retry different errors: Python gives up a query after one 502, 408 or 429.
#
# Expected: "three retries by default" means the same for azure-monitor-query in Python and in JavaScript. Observed: a
# query is a POST, and azure-core 1.41.0 repeats a POST after 500, 503 and 504, but not after 502 and 408, nor after a
# 429 without Retry-After; @azure/core-rest-pipeline 1.24.0 repeats 408 and 502 as well, and never a 429 without the
# header, not even of a GET, which Python does. A collector behind a gateway that answers 502 now and then fails in one
# language only. Instead: for queries in Python, retry_on_methods=["POST"] at the call.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @azure/core-rest-pipeline@1.24.0
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check azure-core==1.41.0 responses==0.26.3
cat >seen.py <<'PYTHON'
import responses
from azure.core import PipelineClient
from azure.core.pipeline.policies import RetryPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest

URL = "https://api.loganalytics.example/v1/query"


class Transport(RequestsTransport):
    def sleep(self, duration):
        pass


for method in ("POST", "GET"):
    for status in (408, 429, 500, 502, 503, 504):
        with responses.RequestsMock() as service:
            service.add(method, URL, status=status)
            client = PipelineClient(URL, policies=[RetryPolicy()], transport=Transport())
            client.send_request(HttpRequest(method, URL))
            print(method, status, len(service.calls))
PYTHON
cat >seen.mjs <<'JAVASCRIPT'
import { createEmptyPipeline, createHttpHeaders, createPipelineRequest, defaultRetryPolicy } from "@azure/core-rest-pipeline";
const wait = globalThis.setTimeout;
globalThis.setTimeout = (action, _, ...rest) => wait(action, 0, ...rest);
for (const method of ["POST", "GET"])
  for (const status of [408, 429, 500, 502, 503, 504]) {
    let count = 0;
    const sendRequest = async (request) => (count++, { request, status, headers: createHttpHeaders() });
    const pipeline = createEmptyPipeline();
    pipeline.addPolicy(defaultRetryPolicy());
    await pipeline.sendRequest({ sendRequest }, createPipelineRequest({ url: "https://api.loganalytics.example/v1/query", method }));
    console.log(method, status, count);
  }
JAVASCRIPT
venv/bin/python seen.py >python.txt
node seen.mjs >javascript.txt
echo "requests sent where each is refused: azure-core (Python), @azure/core-rest-pipeline (JavaScript)"
paste -d ' ' python.txt <(cut -d ' ' -f 3 javascript.txt) | tee both.txt
diff both.txt - <<'TABLE'
POST 408 1 4
POST 429 1 1
POST 500 4 4
POST 502 1 4
POST 503 4 4
POST 504 4 4
GET 408 4 4
GET 429 4 1
GET 500 4 4
GET 502 4 4
GET 503 4 4
GET 504 4 4
TABLE

#!/usr/bin/env bash
# azure-core 1.41.0 repeats any refusal that has a Retry-After, and waits as long as the header says, in spite of any
# timeout.
#
# Expected: Retry-After counts for 429 and 503; a POST that was refused by 400, or a GET by 403 and 404, is not sent
# again; and timeout=10, "for the operation in seconds", or retry_backoff_max=5 ends a wait of 300 s. Observed: each of
# these is sent four times when a gateway or firewall adds the header; with timeout=10, the client waits 300 s, and then
# raises "Response timeout" instead of the refusal; with retry_backoff_max=5, it waits 300 s three times. This affects
# programs with a deadline, and everyone who counts refused requests. Instead: retry_total=0 with own retries, or a
# deadline around the call.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check azure-core==1.41.0 responses==0.26.3
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version
from types import SimpleNamespace

import responses
from azure.core import PipelineClient
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import RetryPolicy, _retry
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest

URL = "https://management.example/incidents"


def waits(method, status, seconds, timeout=None, **policy):
    """Seconds waited between the requests of one operation, each of which is refused, and how it ends. Time is not real."""
    waited = []
    _retry.time = SimpleNamespace(time=lambda: sum(waited))

    class Transport(RequestsTransport):
        def sleep(self, duration):
            waited.append(duration)

    with responses.RequestsMock() as service:
        service.add(method, URL, status=status, headers={"Retry-After": str(seconds)} if seconds else {})
        client = PipelineClient(URL, policies=[RetryPolicy(**policy)], transport=Transport())
        options = {} if timeout is None else {"timeout": timeout}
        try:
            end = client.send_request(HttpRequest(method, URL), **options).status_code
        except AzureError as error:
            end = error.message
    return waited, end


refused = [waits("POST", 400, 7), waits("GET", 403, 7), waits("GET", 404, 7)]
plain = [waits("POST", 400, None), waits("GET", 403, None), waits("GET", 404, None)]
deadline, limit = waits("GET", 429, 300, timeout=10), waits("GET", 429, 300, retry_backoff_max=5)
print(f"azure-core {version('azure-core')}: seconds waited, and the end, of POST 400, GET 403, GET 404 with Retry-After: 7")
print(f"  {refused}; without it {plain}")
print(f"  429 with Retry-After: 300 and timeout=10 {deadline}, and retry_backoff_max=5 {limit}")
sys.exit(
    not (
        refused == [([7, 7, 7], status) for status in (400, 403, 404)]
        and plain == [([], status) for status in (400, 403, 404)]
        and deadline == ([300], "Response timeout")
        and limit == ([300, 300, 300], 429)
    )
)
PYTHON

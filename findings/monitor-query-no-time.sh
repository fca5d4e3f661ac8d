#!/usr/bin/env bash
# azure-monitor-query 2.0.0 sends an empty time span, timedelta(0), as no time span at all.
#
# Expected: timespan=timedelta(0) asks for an empty period, or is refused. Observed: it counts as false, so the request
# has no time span, exactly as with timespan=None, and the query reads everything that the workspace keeps. This affects
# connectors that ask for "since the last run" when two runs begin at the same moment: a slow, expensive query, and old
# alerts again. Instead: do not query if the period is empty, and write the period into the query as well.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check azure-monitor-query==2.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import json
import sys
from datetime import timedelta
from importlib.metadata import version

from azure.core.credentials import AccessToken
from azure.core.pipeline.policies import HTTPPolicy
from azure.monitor.query import LogsQueryClient


class Sent(Exception):
    """Ends a request before it is sent."""


class Credential:
    def get_token(self, *scopes, **options):
        return AccessToken("token", 4_000_000_000)


class Look(HTTPPolicy):
    def send(self, request):
        bodies.append(json.loads(request.http_request.body))
        raise Sent


bodies = []
client = LogsQueryClient(Credential(), per_call_policies=[Look()])
for span in (timedelta(hours=1), timedelta(0), None):
    try:
        client.query_workspace("00000000-0000-0000-0000-000000000001", "SecurityAlert", timespan=span)
    except Sent:
        pass
spans = [body.get("timespan") for body in bodies]
print(f"azure-monitor-query {version('azure-monitor-query')}: an hour is {spans[0]}, timedelta(0) {spans[1]}, None {spans[2]}")
sys.exit(spans != ["PT3600.0S", None, None])
PYTHON

#!/usr/bin/env bash
# azure-monitor-ingestion 1.1.0 splits rows into requests of more than 1 MiB, although it says "1MB or less".
#
# Expected: upload() cuts a long list so that no request is longer than the 1 MB that the Logs Ingestion API takes.
# Observed: it adds up the rows and forgets the ", " between them and the brackets; many short rows make a body of 1.2
# MiB. This affects connectors that send many small rows: the service also counts the uncompressed body, and may answer
# 413. Instead: call upload() with slices of fewer rows.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check azure-monitor-ingestion==1.1.0
"$folder/venv/bin/python" - <<'PYTHON'
import json
import sys
import zlib
from importlib.metadata import version

from azure.core.credentials import AccessToken
from azure.core.pipeline.policies import HTTPPolicy
from azure.monitor.ingestion import LogsIngestionClient


class Sent(Exception):
    """Ends a request before it is sent."""


class Credential:
    def get_token(self, *scopes, **options):
        return AccessToken("token", 4_000_000_000)


class Measure(HTTPPolicy):
    def send(self, request):
        sizes.append(len(zlib.decompress(request.http_request.content, wbits=31)))
        raise Sent


sizes, refused = [], []
client = LogsIngestionClient("https://endpoint.example", Credential(), per_call_policies=[Measure()])
rows = [{"n": number} for number in range(200_000)]
client.upload("dcr-0", "Custom-Rows_CL", rows, on_error=lambda error: refused.append(type(error.error)))
print(f"azure-monitor-ingestion {version('azure-monitor-ingestion')}: bodies of {sizes} bytes; 1 MiB is {2**20}")
assert set(refused) == {Sent}, refused
sys.exit(max(sizes) < 1.1 * 2**20)
PYTHON

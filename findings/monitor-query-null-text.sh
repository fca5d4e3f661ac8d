#!/usr/bin/env bash
# azure-monitor-query 2.0.0 turns an empty guid or timespan of a result into the text "None".
#
# Expected: null stays None, as it does for strings, numbers and datetimes. Observed: columns of the types guid and
# timespan are converted by str(), so an empty value counts as true, and is not None. This affects everyone who joins
# incidents with other tables by guid, or asks `if row["Duration"]`. Instead: compare with "None" for these two types,
# or return tostring() of the column in the query: that is an empty text.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check azure-monitor-query==2.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import io
import json
import sys
from importlib.metadata import version

import requests
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from azure.monitor.query import LogsQueryClient

TYPES = ["string", "long", "datetime", "guid", "timespan"]
ANSWER = {"tables": [{"name": "PrimaryResult", "columns": [{"name": type, "type": type} for type in TYPES], "rows": [[None] * 5]}]}


class Answering(requests.adapters.BaseAdapter):
    def send(self, request, **options):
        response = requests.Response()
        response.status_code, response.request, response.url = 200, request, request.url
        response.headers["Content-Type"] = "application/json"
        response.raw = io.BytesIO(json.dumps(ANSWER).encode())
        return response

    def close(self):
        pass


class Credential:
    def get_token(self, *scopes, **options):
        return AccessToken("token", 4_000_000_000)


session = requests.Session()
session.mount("https://", Answering())
client = LogsQueryClient(Credential(), transport=RequestsTransport(session=session, session_owner=False))
row = client.query_workspace("00000000-0000-0000-0000-000000000001", "print 1", timespan=None).tables[0].rows[0]
seen = {type: row[type] for type in TYPES}
print(f"azure-monitor-query {version('azure-monitor-query')}: {seen}")
sys.exit(seen != {"string": None, "long": None, "datetime": None, "guid": "None", "timespan": "None"})
PYTHON

#!/usr/bin/env bash
# azure-monitor-query 2.0.0 returns some numbers as texts, and JSON columns as JSON text; the JavaScript SDK parses the
# latter.
#
# Expected: a column of the type real holds floats, decimal holds Decimal, dynamic holds the value of the row, in each
# SDK of Azure Monitor. Observed in Python: NaN is the text "NaN" (avg() of no rows gives one), a decimal is the text
# "1.5", a dynamic is its JSON text. @azure/monitor-query-logs 1.0.0 returns the same "NaN" and "1.5", but dynamic
# values as objects; and a dynamic that holds the text of a number comes out as the number. This affects everyone who
# compares (row["avg_"] > 5), on a day without data: TypeError in Python, silently false in JavaScript. Instead:
# float(row["avg_"]), json.loads() for dynamic in Python, and tostring() in the query for ids in a dynamic.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @azure/monitor-query-logs@1.0.0 @azure/core-rest-pipeline@1.24.0
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check azure-monitor-query==2.0.0 responses==0.26.3
cat >answer.json <<'JSON'
{"tables": [{"name": "PrimaryResult",
  "columns": [{"name": "avg_", "type": "real"}, {"name": "Price", "type": "decimal"}, {"name": "Details", "type": "dynamic"},
    {"name": "Ids", "type": "dynamic"}],
  "rows": [["NaN", "1.5", "{\"a\":1}", "007"], ["NaN", "1.5", "{\"a\":1}", "4624"]]}]}
JSON
cat >seen.py <<'PYTHON'
import json
import re
import time

import responses
from azure.core.credentials import AccessToken
from azure.monitor.query import LogsQueryClient


class Credential:
    def get_token(self, *scopes, **options):
        return AccessToken("token", int(time.time()) + 3600)


with responses.RequestsMock() as service:
    service.add("POST", re.compile(".*"), json=json.load(open("answer.json")))
    result = LogsQueryClient(Credential()).query_workspace("workspace", "query", timespan=None)
print(json.dumps([list(row) for row in result.tables[0].rows], separators=(",", ":")))
PYTHON
cat >seen.mjs <<'JAVASCRIPT'
import { readFileSync } from "node:fs";
import { LogsQueryClient } from "@azure/monitor-query-logs";
import { createHttpHeaders } from "@azure/core-rest-pipeline";
const headers = createHttpHeaders({ "content-type": "application/json" });
const bodyAsText = readFileSync("answer.json", "utf8");
const client = new LogsQueryClient(
  { getToken: async () => ({ token: "token", expiresOnTimestamp: Date.now() + 3600e3 }) },
  { httpClient: { sendRequest: async (request) => ({ request, status: 200, headers, bodyAsText }) } },
);
const result = await client.queryWorkspace("workspace", "query", { duration: "P1D" });
console.log(JSON.stringify(result.tables[0].rows));
JAVASCRIPT
python=$(venv/bin/python seen.py)
javascript=$(node seen.mjs)
echo "azure-monitor-query 2.0.0 (Python):            $python"
echo "@azure/monitor-query-logs 1.0.0 (JavaScript):  $javascript"
[ "$python" = '[["NaN","1.5","{\"a\":1}","007"],["NaN","1.5","{\"a\":1}","4624"]]' ] \
  && [ "$javascript" = '[["NaN","1.5",{"a":1},"007"],["NaN","1.5",{"a":1},4624]]' ]

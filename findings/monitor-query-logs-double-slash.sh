#!/usr/bin/env bash
# @azure/monitor-query-logs 1.0.0 for JavaScript asks for /v1//subscriptions/... when a resource is queried.
#
# Expected: queryResource("/subscriptions/...") asks for /v1/subscriptions/.../query, as the API is documented.
# Observed: two slashes after v1. Azure accepts them; a proxy's allow-list of paths, a recording or a fake may not.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @azure/monitor-query-logs@1.0.0 @azure/core-rest-pipeline@1.22.2
cat > seen.mjs <<'JAVASCRIPT'
import { LogsQueryClient } from "@azure/monitor-query-logs";
import { createHttpHeaders } from "@azure/core-rest-pipeline";
const asked = [];
const httpClient = {
  sendRequest: async (request) => {
    asked.push(new URL(request.url).pathname);
    const headers = createHttpHeaders({ "content-type": "application/json" });
    return { request, status: 200, headers, bodyAsText: JSON.stringify({ tables: [] }) };
  },
};
const credential = { getToken: async () => ({ token: "token", expiresOnTimestamp: Date.now() + 3600_000 }) };
const client = new LogsQueryClient(credential, { httpClient });
const resource = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/law";
await client.queryResource(resource, "print 1", { duration: "P1D" });
console.log(`monitor-query-logs 1.0.0: ${asked[0].slice(0, 22)}...`);
process.exit(asked[0].startsWith("/v1//subscriptions/") ? 0 : 1);
JAVASCRIPT
node seen.mjs

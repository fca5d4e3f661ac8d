#!/usr/bin/env bash
# @microsoft/microsoft-graph-client for JavaScript returns a page of HTML with status 200 as if it were an answer.
#
# Expected: get() of JSON fails if a proxy answers with a page, as msgraph-sdk for Python does. Observed: it succeeds.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @microsoft/microsoft-graph-client@3.0.7
cat > seen.mjs <<'JAVASCRIPT'
import { Client } from "@microsoft/microsoft-graph-client";
globalThis.fetch = async () =>
  new Response("<!DOCTYPE html><html><body>Blocked</body></html>", { status: 200, headers: { "Content-Type": "text/html" } });
const client = Client.init({ authProvider: (done) => done(null, "token") });
try {
  const answer = await client.api("/security/alerts_v2").get();
  console.log(`microsoft-graph-client 3.0.7: succeeds with ${answer?.constructor?.name}`);
} catch (error) {
  console.log(`microsoft-graph-client 3.0.7: fails with ${error.name}`);
  process.exit(1);
}
JAVASCRIPT
node seen.mjs

#!/usr/bin/env bash
# @microsoft/microsoft-graph-client 3.0.7 for JavaScript writes a filter into the URL without encoding, and keeps only
# the last one.
#
# Expected: filter("title eq 'R&D'") is percent-encoded, as by msgraph-sdk for Python, and a second filter() is added,
# as a second orderby() is. Observed: the filter ends at the "&" for the service, a "+" of a time zone is read as a
# space, "#" drops the rest; a second filter() silently replaces the first. A program that searches alerts by titles
# from users, or adds conditions step by step, gets an error or far more than requested. Instead: encodeURIComponent()
# around values, UTC with "Z", and one filter() for all.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @microsoft/microsoft-graph-client@3.0.7
cat > seen.mjs <<'JAVASCRIPT'
import { Client } from "@microsoft/microsoft-graph-client";
let asked;
globalThis.fetch = async (url) => {
  asked = new URL(url);
  return new Response("{}", { status: 200, headers: { "content-type": "application/json" } });
};
const client = Client.init({ authProvider: (done) => done(null, "token") });
async function filterAsRead(...filters) {
  const request = client.api("/security/alerts_v2");
  for (const filter of filters) request.filter(filter);
  await request.get();
  return asked.searchParams.get("$filter");
}
const seen = [
  await filterAsRead("title eq 'R&D'"),
  await filterAsRead("createdDateTime ge 2026-01-01T00:00:00+02:00"),
  await filterAsRead("title eq 'C# build'"),
  await filterAsRead("severity eq 'high'", "status eq 'new'"),
];
console.log("the service reads:", seen);
const expected = ["title eq 'R", "createdDateTime ge 2026-01-01T00:00:00 02:00", "title eq 'C", "status eq 'new'"];
process.exit(JSON.stringify(seen) === JSON.stringify(expected) ? 0 : 1);
JAVASCRIPT
node seen.mjs

#!/usr/bin/env bash
# httpx 0.28.1 cannot follow next links if its client has default params: each request is for the first page again.
#
# Expected: Client(params={"api-version": ...}) adds the version to each request, as requests does with Session.params,
# so a next link of Azure keeps its $skipToken. Observed: default params replace the whole query of the URL; the token
# is gone. httpx2 2.16.2 does the same. This affects everyone who reads incidents page by page: the same incidents come
# back without end and without an error. Instead: no default params, and the version in the first URL (next links carry
# it).
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httpx==0.28.1 httpx2==2.16.2 requests==2.34.2
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import httpx
import httpx2
import requests

FIRST = "https://management.example/incidents"
SECOND = FIRST + "?api-version=2025-09-01&$skipToken=page2"
VERSION = {"api-version": "2025-09-01"}


def pages(package):
    """The pages that a reader gets who follows next links, three at most."""

    def answer(request):
        if request.url.params.get("$skipToken") == "page2":
            return package.Response(200, json={"value": ["second"]})
        return package.Response(200, json={"value": ["first"], "nextLink": SECOND})

    seen, link = [], FIRST
    with package.Client(params=VERSION, transport=package.MockTransport(answer)) as client:
        while link and len(seen) < 3:
            page = client.get(link).json()
            seen += page["value"]
            link = page.get("nextLink")
    return seen


session = requests.Session()
session.params = VERSION
url = session.prepare_request(requests.Request("GET", SECOND)).url
seen = [pages(package) for package in (httpx, httpx2)]
print(f"httpx {httpx.__version__}: {seen[0]}; httpx2 {httpx2.__version__}: {seen[1]}; requests asks for {url}")
sys.exit(not (seen == [["first"] * 3] * 2 and "$skipToken=page2" in url))
PYTHON

#!/usr/bin/env bash
# vcrpy 9.4.2 records the answers of respx 0.23.1 as if a service had given them, and later replays them, so that respx
# is not called.
#
# Expected: if both are active, a mocked request stays out of the cassette. Observed: vcrpy is above respx, in either
# order of entering. The first run writes respx's invented answer into the cassette; from then on it is replayed, and
# respx complains about a route that was not called. This affects suites that mock Entra by respx and record the rest by
# pytest-recording: a made-up token answer is committed as evidence. Instead: vcrpy's ignore_hosts for the hosts that
# respx answers.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check vcrpy==9.4.2 respx==0.23.1 httpx==0.28.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import httpx
import respx
import vcr

URL = "https://login.example/token"
folder = tempfile.TemporaryDirectory()
cassette = Path(folder.name) / "cassette.yaml"


def ask(answer):
    """What a client receives, and whether the route was called; entered in both orders."""
    for outer_is_vcr in (True, False):
        router = respx.mock(assert_all_called=False)
        tape = vcr.use_cassette(str(cassette), record_mode="once")
        with tape if outer_is_vcr else router, router if outer_is_vcr else tape:
            route = router.get(URL).respond(200, json={"answer": answer})
            yield httpx.get(URL).json()["answer"], route.called


first = list(ask("first"))
recorded = "first" in cassette.read_text()
second = list(ask("second"))
print(f"vcrpy {version('vcrpy')}, respx {version('respx')}: first run {first[0]}, recorded {recorded}, second run {second}")
sys.exit((first[0], recorded, second) != (("first", True), True, [("first", False)] * 2))
PYTHON

#!/usr/bin/env bash
# stix2 3.0.2 refuses a time with more than six digits of a second, which STIX 2.1 allows and .NET writes.
#
# Expected: a valid indicator, as a threat intelligence platform on .NET exports it (valid_from "...59.1234567Z"), is
# parsed, with the time cut or rounded. Observed: InvalidValueError, "timestamp string in a recognizable format"; six
# digits are accepted. STIX 2.1 requires three digits in created and modified, and allows one or more in all other
# times. This affects everyone who moves indicators between Sentinel and other platforms: one such time refuses the
# whole bundle. Instead: cut the digits in the text before parse().
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check stix2==3.0.2
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import stix2


def bundle(valid_from):
    """A bundle of two indicators; the second is valid from then on."""
    indicators = [
        {
            "type": "indicator",
            "spec_version": "2.1",
            "id": f"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3{number}",
            "created": "2026-01-01T00:00:00.000Z",
            "modified": "2026-01-01T00:00:00.000Z",
            "pattern": "[ipv4-addr:value = '198.51.100.7']",
            "pattern_type": "stix",
            "valid_from": time,
        }
        for number, time in enumerate(("2026-01-01T00:00:00Z", valid_from))
    ]
    return {"type": "bundle", "id": "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d", "objects": indicators}


six = len(stix2.parse(bundle("2026-01-01T00:00:59.123456Z")).objects)
try:
    seven = len(stix2.parse(bundle("2026-01-01T00:00:59.1234567Z")).objects)
except stix2.exceptions.InvalidValueError as error:
    seven = str(error)
print(f"stix2 {version('stix2')}: six digits give {six} indicators; seven: {seven}")
sys.exit(not (six == 2 and "recognizable format" in str(seven)))
PYTHON

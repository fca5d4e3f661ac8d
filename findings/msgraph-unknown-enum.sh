#!/usr/bin/env bash
# msgraph-sdk 1.65.0 reads a value that is newer than its enum as None: the value is lost without a trace.
#
# Expected: a new severity or source of an alert is kept as text, becomes "unknownFutureValue", or is in
# additional_data, as new properties are. Observed: the attribute is None, as if the service had sent nothing; and
# asking for new values by `Prefer: include-unknown-enum-members` turns more of them into None: without it the service
# sends "unknownFutureValue", which the SDK knows. This affects everyone who sorts or forwards alerts by severity or
# source: the newest kinds look incomplete. Instead: read these fields from the raw answer (options of the request), or
# map None to "unknown" and not to "none".
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check msgraph-sdk==1.65.0 microsoft-kiota-serialization-json==1.16.0
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import json
import sys
from importlib.metadata import version

from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory
from msgraph.generated.models.security.alert import Alert


def read(properties):
    content = json.dumps(properties).encode()
    return JsonParseNodeFactory().get_root_parse_node("application/json", content).get_object_value(Alert)


new = read({"id": "1", "severity": "critical", "detectionSource": "contosoSensor", "newProperty": 1})
future = read({"id": "2", "severity": "unknownFutureValue"})
print(
    f"msgraph-sdk {version('msgraph-sdk')}: severity 'critical' -> {new.severity}, detectionSource 'contosoSensor' ->"
    f" {new.detection_source}, additional_data {new.additional_data}; 'unknownFutureValue' -> {future.severity.value}"
)
sys.exit(
    not (
        new.severity is None
        and new.detection_source is None
        and new.additional_data == {"newProperty": 1}
        and future.severity.value == "unknownFutureValue"
    )
)
PYTHON

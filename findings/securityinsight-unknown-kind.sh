#!/usr/bin/env bash
# azure-mgmt-securityinsight 1.0.0 replaces a kind that it does not know by the name of its own class.
#
# Expected: a data connector of a newer kind keeps `kind` as the service sent it, as unknown values of other enums do.
# Observed: `kind` is "DataConnector", for rules "AlertRule"; the service's value is lost, the rest is in
# additional_properties. This affects everyone who counts or filters connectors and rules by kind: codeless connectors
# ("RestApiPoller") and all later kinds look alike. Instead: read `kind` from the raw answer (`raw_response_hook=`).
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check azure-mgmt-securityinsight==1.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import logging
import sys
from importlib.metadata import version

from azure.mgmt.securityinsight.models import AlertRule, DataConnector

logging.disable()
answer = {"id": "/connectors/1", "name": "1", "kind": "RestApiPoller", "properties": {"connectorDefinitionName": "Contoso"}}
connector, rule = DataConnector.deserialize(answer), AlertRule.deserialize({**answer, "kind": "LaterKind"})
print(f"azure-mgmt-securityinsight {version('azure-mgmt-securityinsight')}: RestApiPoller is {connector.kind}, LaterKind is {rule.kind}")
sys.exit((connector.kind, rule.kind) != ("DataConnector", "AlertRule") or "RestApiPoller" in str(vars(connector)))
PYTHON

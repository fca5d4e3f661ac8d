#!/usr/bin/env bash
# msgraph-sdk 1.65.0 sends a property that was set to None under its Python name, which Microsoft Graph does not know.
#
# Expected: alert.assigned_to = None, then patch(alert), sends {"assignedTo": null} and unassigns the alert, or leaves
# the property out. Observed: {"assigned_to": null}. Other values are sent under their right names, so only clearing
# fails. This affects everyone who unassigns alerts, or clears any field whose name has two words. Instead:
# additional_data={"assignedTo": None} of a new Alert(), or "" if the service accepts an empty text.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check msgraph-sdk==1.65.0 microsoft-kiota-serialization-json==1.16.0
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import asyncio
import json
import sys
from importlib.metadata import version

import httpx
from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.security.alert import Alert
from msgraph.generated.models.security.alert_status import AlertStatus

sent = []


def answer(request):
    sent.append(json.loads(request.content))
    return httpx.Response(200, json={"id": "1"})


async def main():
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    adapter = GraphRequestAdapter(AnonymousAuthenticationProvider(), client)
    request = GraphServiceClient(request_adapter=adapter).security.alerts_v2.by_alert_id("1")
    alert = Alert()
    alert.status, alert.assigned_to = AlertStatus.Resolved, None
    await request.patch(alert)
    alert = Alert()
    alert.assigned_to = "analyst@contoso.example"
    await request.patch(alert)
    await request.patch(Alert(additional_data={"assignedTo": None}))


asyncio.run(main())
print(f"msgraph-sdk {version('msgraph-sdk')} sends {sent}")
sys.exit(
    sent
    != [
        {"assigned_to": None, "status": "resolved"},
        {"assignedTo": "analyst@contoso.example"},
        {"assignedTo": None},
    ]
)
PYTHON

#!/usr/bin/env bash
# msal 1.39.0 gives no sign when Entra refuses to renew a token: acquire_token_for_client() continues with the old one.
#
# Expected: once a secret is deleted or an app disabled, the next call that asks Entra returns its error. Observed: from
# the time that Entra set by refresh_in, each call sends a request, is refused by 401, and returns the earlier token,
# marked as "cache", without an error. The first error comes when that token has expired. This affects everyone who uses
# msal to verify that a credential still works. Instead: a new client object with a separate cache for each check; and
# read an unchanged, past `refresh_on` of the result as a warning.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check msal==1.39.0
"$folder/venv/bin/python" - <<'PYTHON'
import json
import sys
from importlib.metadata import version
from types import SimpleNamespace

import msal

LOGIN = "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47"
refusal = 401, {"error": "invalid_client", "error_description": "AADSTS7000222: The provided client secret keys are expired."}
answers = [(200, {"access_token": "token", "expires_in": 3599, "refresh_in": 0, "token_type": "Bearer"}), refusal, refusal]
asked = []


class Entra:
    def get(self, url, **options):
        endpoints = {f"{name}_endpoint": f"{LOGIN}/oauth2/v2.0/{name}" for name in ("authorization", "token")}
        return SimpleNamespace(status_code=200, text=json.dumps(endpoints | {"issuer": LOGIN + "/v2.0"}), headers={})

    def post(self, url, **options):
        status, body = answers[len(asked)]
        asked.append(status)
        return SimpleNamespace(status_code=status, text=json.dumps(body), headers={}, raise_for_status=lambda: None)

    def close(self):
        pass


app = msal.ConfidentialClientApplication(
    "11111111-1111-1111-1111-111111111111", "secret", LOGIN, http_client=Entra(), instance_discovery=False
)
results = [app.acquire_token_for_client(["https://graph.microsoft.com/.default"]) for _ in answers]
seen = [(result.get("access_token"), result.get("token_source"), result.get("error")) for result in results]
print(f"msal {version('msal')}: Entra answers {asked}, the calls return {seen}")
sys.exit(not (asked == [200, 401, 401] and seen == [("token", "identity_provider", None)] + [("token", "cache", None)] * 2))
PYTHON

#!/usr/bin/env bash
# msal 1.39.0, also under azure-identity 1.27.0, answers a second attempt within a minute from memory, if Entra answered
# 400, 429 or 5xx.
#
# Expected: each call for a token asks Entra while there is none, so a loop sees at once that the app was found, or that
# the outage is over. Observed: the old refusal comes back for 60 s without a request; Retry-After: 1 makes it one
# second. A 401 (wrong secret) is asked again each time, which hides this behaviour from tests with a wrong secret; and
# azure-identity calls both ClientAuthenticationError, so a 503 that lasted one second looks like wrong credentials for
# a minute. This affects everyone who polls for a new app registration or consent, or tests retries with fakes. Instead:
# a new client object for each attempt (each has its own memory), or wait more than 60 s.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check azure-identity==1.27.0 msal==1.39.0 responses==0.26.3
"$folder/venv/bin/python" - <<'PYTHON'
import logging
import re
import sys
from importlib.metadata import version

import responses
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential

logging.disable()
LOGIN = "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47"
METADATA = {
    "authorization_endpoint": LOGIN + "/oauth2/v2.0/authorize",
    "token_endpoint": LOGIN + "/oauth2/v2.0/token",
    "issuer": LOGIN + "/v2.0",
    "tenant_discovery_endpoint": LOGIN + "/v2.0/.well-known/openid-configuration",
    "metadata": [],
}


def two_attempts(status, error):
    """What two attempts give when Entra refuses the first request only, and how many requests it gets."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as entra:
        entra.add("GET", re.compile(".*"), json=METADATA)
        entra.add("POST", re.compile(".*"), status=status, json=error)
        entra.add("POST", re.compile(".*"), json={"access_token": "token", "expires_in": 3599, "token_type": "Bearer"})
        credential = ClientSecretCredential(LOGIN.rpartition("/")[2], "11111111-1111-1111-1111-111111111111", "secret", retry_total=0)
        seen = []
        for _ in range(2):
            try:
                seen.append(credential.get_token("https://graph.microsoft.com/.default").token)
            except ClientAuthenticationError as refusal:
                seen.append(type(refusal).__name__)
        return *seen, sum(call.request.method == "POST" for call in entra.calls)


unknown = two_attempts(400, {"error": "unauthorized_client", "error_description": "AADSTS700016: Application not found."})
outage = two_attempts(503, {"error": "temporarily_unavailable"})
secret = two_attempts(401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret."})
print(f"azure-identity {version('azure-identity')}, msal {version('msal')}: 400 {unknown}, 503 {outage}, 401 {secret}")
refused = "ClientAuthenticationError"
sys.exit(not (unknown == outage == (refused, refused, 1) and secret == (refused, "token", 2)))
PYTHON

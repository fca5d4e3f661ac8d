#!/usr/bin/env bash
# msgraph-sdk 1.65.0 writes a duration as Python shows it ("90 days, 0:00:00"), and reads only some of Graph's
# durations.
#
# Expected: timedelta(days=90) is sent as "P90D", the format of Microsoft Graph, and read back unchanged. Observed:
# str() of the timedelta, which is not ISO 8601. Of Graph's durations, "P90D" is read correctly, "P1Y" is 365 days, and
# the valid "-P1D" becomes None without an error. This affects everyone who sets the lifetime of an app's secrets (app
# management policies) or of a role's activation (PIM). Instead: give the model the text "P90D" instead of a timedelta;
# the serializer passes it on.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check msgraph-sdk==1.65.0 microsoft-kiota-serialization-json==1.16.0
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from datetime import timedelta
from importlib.metadata import version

from kiota_serialization_json.json_parse_node import JsonParseNode
from kiota_serialization_json.json_serialization_writer import JsonSerializationWriter
from msgraph.generated.models.password_credential_configuration import PasswordCredentialConfiguration


def sent(duration):
    """The body for a limit of the lifetime of secrets."""
    writer = JsonSerializationWriter()
    PasswordCredentialConfiguration(max_lifetime=duration).serialize(writer)
    return writer.get_serialized_content().decode()


bodies = [sent(timedelta(days=90)), sent(timedelta(hours=8)), sent("P90D")]
read = [JsonParseNode(text).get_timedelta_value() for text in ("P90D", "P1Y", "-P1D")]
print(f"msgraph-sdk {version('msgraph-sdk')} sends {bodies}; reads {[str(value) for value in read]}")
sys.exit(
    not (
        bodies == ['{"maxLifetime": "90 days, 0:00:00"}', '{"maxLifetime": "8:00:00"}', '{"maxLifetime": "P90D"}']
        and read == [timedelta(days=90), timedelta(days=365), None]
    )
)
PYTHON

#!/usr/bin/env bash
# msgraph-sdk 1.65.0 writes a duration as Python shows it ("90 days, 0:00:00"), and reads only some of Graph's.
#
# A good guess: timedelta(days=90) is sent as "P90D", the way Microsoft Graph has durations, and read back as it was.
# Seen: str() of the timedelta, which is not ISO 8601. Of what Graph sends, "P90D" is right, "P1Y" is 365 days,
# and the valid "-P1D" becomes None with no error.
# Who sets how long a secret of an app may live (app management policies) or a role is active (PIM) is hit.
# Instead: hand the model the text "P90D" in place of a timedelta; the serializer lets it through.
# Exits 0 while that is so, 1 once it has changed.
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

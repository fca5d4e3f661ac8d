"""The commands of the onboarding guide, as it prints them, run by a real curl on the virtual tenant."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from conformance.fakes.network.client_files import secret
from conformance.fakes.network.served import ServedTenant, serve_tenant

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]

# The text of the guide; its placeholders are in angle brackets.
TOKEN = r"""
curl -X POST https://login.microsoftonline.com/<TENANT_ID>/oauth2/v2.0/token \
  -H "Content-Type: application/x-www-form-urlencoded" \
  -d "grant_type=client_credentials" \
  -d "client_id=<CLIENT_ID>" \
  -d "client_secret=<CLIENT_SECRET>" \
  -d "scope=https://api.loganalytics.io/.default"
"""
MACHINES = r"""
curl -X GET "https://api.security.microsoft.com/api/machines" \
     -H "Authorization: Bearer <access_token>" \
     -H "Content-Type: application/json"
"""
ALERTS = r"""
curl -X GET "https://api.security.microsoft.com/api/alerts" \
     -H "Authorization: Bearer <access_token>" \
     -H "Content-Type: application/json"
"""


@pytest.fixture(scope="module")
def served_tenant() -> Iterator[ServedTenant]:
    with serve_tenant() as stage:
        yield stage


class Reader:
    """A user who follows the guide with the made-up connection."""

    def __init__(self, stage: ServedTenant) -> None:
        connection = stage.connection
        self._stage = stage
        self.values = {
            "<TENANT_ID>": connection.tenant_id,
            "<CLIENT_ID>": connection.client_id,
            "<CLIENT_SECRET>": secret(connection),
        }

    def runs(self, command: str) -> tuple[int, dict[str, object]]:
        """Run a command; return the status and the body of its answer."""
        for placeholder, value in self.values.items():
            command = command.replace(placeholder, value)
        environment = os.environ | self._stage.server.environment
        # options of curl to read its output; the command itself is unchanged
        process = subprocess.run(
            ["sh", "-c", f"curl() {{ command curl -sS --max-time 20 -w '\\n%{{http_code}}' \"$@\"; }}\n{command}"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (process.returncode, process.stderr) == (0, "")
        body, _, status = process.stdout.rpartition("\n")
        return int(status), json.loads(body)

    def gets_a_token(self, command: str = TOKEN) -> None:
        status, answer = self.runs(command)
        assert status == 200, answer
        self.values["<access_token>"] = str(answer["access_token"])


@pytest.fixture
def reader(served_tenant: ServedTenant) -> Reader:
    served_tenant.reset()
    return Reader(served_tenant)


def test_the_token_has_the_form_that_the_guide_shows(reader: Reader) -> None:
    status, answer = reader.runs(TOKEN)
    assert status == 200
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3599)
    assert str(answer["access_token"]).startswith("eyJ0eXAiOi")


@pytest.mark.parametrize("command", [MACHINES, ALERTS])
def test_defender_refuses_the_token_that_the_guide_gets(reader: Reader, command: str) -> None:
    """A token is for one API; the guide's token is for Log Analytics."""
    reader.gets_a_token()
    status, answer = reader.runs(command)
    assert status == 401
    error = answer["error"]
    assert isinstance(error, dict)
    assert error["code"] == "Unauthorized"
    assert "Audience: https://api.loganalytics.io," in str(error["message"])


@pytest.mark.parametrize(("command", "count"), [(MACHINES, 5), (ALERTS, 1)])
def test_with_defender_s_own_scope_both_are_answered(reader: Reader, command: str, count: int) -> None:
    reader.gets_a_token(TOKEN.replace("api.loganalytics.io", "api.securitycenter.microsoft.com"))
    status, answer = reader.runs(command)
    assert status == 200
    listed = answer["value"]
    assert isinstance(listed, list)
    assert len(listed) >= count


@pytest.mark.parametrize(
    ("placeholder", "wrong", "status", "code"),
    [
        ("<CLIENT_ID>", "00000000-0c0f-4c0f-a11c-000000000000", 400, "AADSTS700016"),
        ("<CLIENT_SECRET>", "another-secret", 401, "AADSTS7000215"),
        ("<TENANT_ID>", "00000000-0c0f-4c0f-a11c-000000000000", 400, "AADSTS90002"),
    ],
)
def test_wrong_values_are_refused_as_entra_does(
    reader: Reader, placeholder: str, wrong: str, status: int, code: str
) -> None:
    reader.values[placeholder] = wrong
    answered, answer = reader.runs(TOKEN)
    assert answered == status
    assert str(answer["error_description"]).startswith(f"{code}: ")


def test_without_consent_defender_says_forbidden(reader: Reader, served_tenant: ServedTenant) -> None:
    served_tenant.revoke("Machine.Read.All", "Alert.Read.All")
    reader.gets_a_token(TOKEN.replace("api.loganalytics.io", "api.securitycenter.microsoft.com"))
    assert reader.runs(MACHINES)[0] == 403

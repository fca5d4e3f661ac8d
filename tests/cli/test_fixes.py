"""Fixes that work: the az commands of a report repair the broken virtual tenant, and the next run passes.

The Azure CLI is signed in as the administrator that every virtual tenant has.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import conformance
from conformance.connection import ClientSecret, Connection, Secret
from conformance.fakes import SCENARIOS
from conformance.fakes.controllable import ControllableTenant
from conformance.fakes.network.server import serving
from conformance.fakes.world import hosts
from conformance.findings import CAUSES, finding
from tests.contoso import made_up

FIXED_SCENARIOS = (
    "defender-not-in-tenant",
    "no-graph-consent",
    "no-defender-consent",
    "alerts-not-consented",
    "no-azure-role",
    "role-on-wrong-scope",
    "role-on-wrong-principal",
    "role-too-small",
    "expired-secret",
    "wrong-secret",
    "secret-id-pasted",
    "app-disabled",
    "service-principal-missing",
    "defender-api-disabled",
    "assignment-required",
    "role-on-other-subscription",
    "sentinel-not-onboarded",
    "provider-not-registered",
    "table-on-basic-plan",
)
"""Scenarios whose cause is completely fixed by az commands."""
CORRECTIONS = {
    "workspace-name-as-id": "workspace_id",
    "mismatched-workspace-id": "workspace_id",
    "wrong-workspace": "workspace_name",
    "wrong-resource-group": "resource_group",
    "wrong-subscription": "subscription_id",
}
"""Scenarios whose az command prints the right value for the connection file, and the member that needs it."""
MEMBERS = {
    "subscription_id": "subscription_id",
    "resource_group": "resource_group",
    "workspace_name": "name",
    "workspace_id": "customer_id",
}
"""Members of a connection, and their names in the state of a workspace."""
NOT_FIXED_BY_AZ = {
    "api_version_unsupported": "shows the versions that there are; it is the suite that asks for another",
    "app_not_in_tenant": "shows whether the app is in another tenant; which of the two is meant, people know",
    "certificate_invalid": "shows the certificates that the app has; the key of a new one is on the user's machine",
    "daily_cap_reached": "shows the cap; it is raised where its price is decided, or passes at the hour of the reset",
    "data_hidden": "shows how the workspace lets its rows be read",
    "data_stale": "shows what still arrives; the source that went silent is elsewhere",
    "federation_mismatch": "shows the federated credentials; what the token has to say is set at its issuer",
    "network_access_disabled": "shows the setting; whether public networks may query is its owner's decision",
    "over_privileged": "shows what is held; which of it others need, people know",
    "policy_denied": "shows locks and policies; their owners take them away",
    "principal_not_found": "assigns the role anew; only an assignment is answered with this cause, no verification",
    "rbac_denied": "shows the deny assignment; what put it there has to take it away, Azure has no command for it",
    "rbac_propagating": "shows that the role is there; the rest is waiting",
    "secret_expires_soon": "a warning: the command is that of secret_expired, which is fixed",
    "subscription_disabled": "shows its state; it is enabled again where it is paid for",
    "table_missing": "shows the tables that there are; a connector creates what is missing with its first rows",
}
"""Causes that their az commands do not fix, and the reason."""


@dataclass
class Administrator:
    """The command `az` in bash, signed in as the administrator of a served tenant whose scenario can be changed."""

    stage: ControllableTenant
    environment: dict[str, str]

    def type(self, line: str) -> str:
        process = subprocess.run(
            ["bash", "-c", line], env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        shows = " show " in line  # a missing resource is an error of az
        assert process.returncode == 0 or shows, f"{line}\n{process.stderr}"
        return process.stdout

    def verify(self, connection: Connection) -> conformance.Report:
        return conformance.verify(connection, source=self.stage)

    def fix(self, report: conformance.Report) -> Connection:
        """Run the commands of every root cause; return the connection, with its new secret if one was created."""
        connection = report.connection
        for line in commands(report):
            output = self.type(line)
            if line.startswith("az ad app credential reset"):
                secret = json.loads(output)["password"]
                connection = replace(connection, credential=ClientSecret(Secret(secret)))
        return connection


def commands(report: conformance.Report) -> list[str]:
    """Return the az commands of every root cause of a run, without the sign-in."""
    roots = [
        outcome.root.finding for outcome in report.outcomes if outcome.status == "failed" and outcome.root is not None
    ]
    steps = [step.command for finding in roots for step in finding.fix.steps]
    return [line for line in steps if line.startswith("az ") and not line.startswith(("az login", "az cloud"))]


@pytest.fixture(scope="module")
def administrator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Administrator]:
    stage = ControllableTenant(made_up())
    app = stage.state.administrator
    assert app is not None
    with serving(stage.handler, hosts()) as server:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AZURE_")}
        environment |= server.environment
        environment |= {
            "AZURE_CONFIG_DIR": str(tmp_path_factory.mktemp("azure")),
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
            "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
            "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}",
        }
        administrator = Administrator(stage, environment)
        administrator.type(
            f"az login --service-principal --tenant {stage.state.id} --username {app.client_id}"
            f" --password '{app.secrets[0].value}' --allow-no-subscriptions"
        )
        yield administrator


def test_the_az_commands_of_a_report_fix_its_cause(administrator: Administrator, subtests: pytest.Subtests) -> None:
    for scenario in FIXED_SCENARIOS:
        with subtests.test(scenario):
            administrator.stage.switch(scenario)
            broken = administrator.verify(administrator.stage.connection)
            assert not broken.ok
            fixed = administrator.verify(administrator.fix(broken))
            assert fixed.ok, fixed.verdict.summary


def test_the_az_command_of_a_report_prints_the_right_value_for_the_connection(
    administrator: Administrator, subtests: pytest.Subtests
) -> None:
    for scenario, member in CORRECTIONS.items():
        with subtests.test(scenario):
            administrator.stage.switch(scenario)
            broken = administrator.verify(administrator.stage.connection)
            assert not broken.ok
            (line,) = commands(broken)
            right = getattr(administrator.stage.state.workspace, MEMBERS[member])
            assert right in administrator.type(line)
            members: dict[str, Any] = {member: right}
            corrected = administrator.verify(replace(broken.connection, **members))
            assert corrected.ok, corrected.verdict.summary


def test_every_cause_with_an_az_command_is_fixed_corrected_or_listed_as_not_fixed() -> None:
    facts = {"object_id": "o", "other_object_id": "p", "other_scope": "/s", "roles": "r", "table": "t"}
    with_az = {
        cause
        for cause in CAUSES
        for step in finding(cause, facts=made_up().facts() | facts).fix.steps
        if step.command.startswith("az ") and not step.command.startswith(("az login", "az cloud", "az account show"))
    }
    tried = {cause for name in (*FIXED_SCENARIOS, *CORRECTIONS) for cause in SCENARIOS[name].causes}
    assert tried | NOT_FIXED_BY_AZ.keys() >= with_az
    assert tried & NOT_FIXED_BY_AZ.keys() == set()
    assert NOT_FIXED_BY_AZ.keys() <= with_az

"""A fix can be tried: the suite's own az command against the broken virtual tenant mends it, and the next run is green.

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

import pytest

import conformance
from conformance.connection import ClientSecret, Connection, Secret
from conformance.fakes.controllable import ControllableTenant
from conformance.fakes.network.server import serving
from conformance.fakes.world import hosts
from tests.contoso import made_up

MENDED = (
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
"""Scenarios whose cause az commands mend, to the end."""


@dataclass
class Administrator:
    """`az` in bash, signed in as the administrator of a served tenant whose scenario may be switched."""

    stage: ControllableTenant
    environment: dict[str, str]

    def type(self, line: str) -> str:
        done = subprocess.run(
            ["bash", "-c", line], env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        return done.stdout

    def verify(self, connection: Connection) -> conformance.Report:
        return conformance.verify(connection, source=self.stage)

    def mend(self, report: conformance.Report) -> Connection:
        """Types the commands of every root cause; the connection afterwards, with a new secret where there is one."""
        connection = report.connection
        for outcome in report.outcomes:
            if outcome.status != "failed" or outcome.root is None:
                continue
            for step in outcome.root.finding.fix.steps:
                if not step.command.startswith("az ") or step.command.startswith(("az login", "az cloud")):
                    continue
                shown = self.type(step.command)
                if step.command.startswith("az ad app credential reset"):
                    secret = json.loads(shown)["password"]
                    connection = replace(connection, credential=ClientSecret(Secret(secret)))
        return connection


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
        found = Administrator(stage, environment)
        found.type(
            f"az login --service-principal --tenant {stage.state.id} --username {app.client_id}"
            f" --password '{app.secrets[0].value}' --allow-no-subscriptions"
        )
        yield found


def test_what_the_suite_says_mends_it(administrator: Administrator, subtests: pytest.Subtests) -> None:
    for scenario in MENDED:
        with subtests.test(scenario):
            administrator.stage.switch(scenario)
            broken = administrator.verify(administrator.stage.connection)
            assert not broken.ok
            mended = administrator.verify(administrator.mend(broken))
            assert mended.ok, mended.verdict.summary

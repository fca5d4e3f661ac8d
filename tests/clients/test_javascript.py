"""Microsoft's JavaScript clients, unmodified: in every scenario they work exactly where its Python clients work.

If they are not installed, npm installs them into tests/clients/js/node_modules by its lock file.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.apis import kql
from conformance.connection import Certificate, ClientSecret, Connection, ManagedIdentity
from conformance.fakes import SCENARIOS
from conformance.fakes.network.client_files import variables
from conformance.fakes.network.served import ServedTenant, serve_tenant
from tests.agreement_table import WORKS, explained, observed
from tests.contoso import made_up

FOLDER = Path(__file__).parent / "js"
QUERIES = {"query": kql.PRINT.text, "query_incidents": kql.table("SecurityIncident").text}
Ask = Callable[[Connection], dict[str, str]]


@pytest.fixture(scope="module")
def installed() -> str:
    """Return the path of Node.js, after installing the clients."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("npm is not installed on this machine")
    needed = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))["dependencies"]
    if not all((FOLDER / "node_modules" / name).exists() for name in needed):
        process = subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=FOLDER, capture_output=True, text=True)
        if process.returncode:
            pytest.skip(f"npm cannot install the clients: {process.stderr.strip()[-200:]}")
    return node


@pytest.fixture(scope="module")
def stage() -> Iterator[ServedTenant]:
    with serve_tenant(made_up()) as stage:
        yield stage


@pytest.fixture(scope="module")
def ask(installed: str, stage: ServedTenant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Yield a function that runs all operations on a connection and returns how each ended."""
    folder = tmp_path_factory.mktemp("credentials")
    with subprocess.Popen(
        [installed, "--no-warnings", "operations.mjs"],
        cwd=FOLDER,
        env={**os.environ, **stage.server.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def put(connection: Connection) -> dict[str, str]:
            question = {**connection.facts(), "credential": credential(connection, folder), "queries": QUERIES}
            process.stdin.write(json.dumps(question) + "\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            ended: dict[str, str] = json.loads(process.stdout.readline())  # type: ignore[union-attr]
            return ended

        yield put
        process.stdin.close()
        process.wait(10)


def credential(connection: Connection, folder: Path) -> dict[str, Any]:
    """Return a credential in the form that operations.mjs reads."""
    own = connection.credential
    if isinstance(own, ClientSecret):
        return {"secret": own.secrets[-1].reveal()}
    assert not isinstance(own, ManagedIdentity), "these clients are given an app's credential"
    kind = "certificate" if isinstance(own, Certificate) else "token"
    file = folder / kind
    file.write_bytes(own.content if isinstance(own, Certificate) else own.token().encode())
    return {kind: str(file)}


@pytest.mark.parametrize(
    "scenario", [scenario for scenario in observed() if SCENARIOS[scenario].credential != "managed_identity"]
)
def test_operations_work_exactly_where_they_work_in_python(scenario: str, ask: Ask, stage: ServedTenant) -> None:
    stage.switch(scenario)
    ended, other = ask(stage.connection), observed()[scenario]
    differing = {name for name in ended if (ended[name] == WORKS) != (other[name] == WORKS)}
    explained_here = {name for there, name in explained("javascript") if there == scenario}
    assert differing == explained_here, {name: (ended[name], other[name]) for name in differing}


def test_writes_and_reads_of_other_clients(installed: str, stage: ServedTenant) -> None:
    stage.switch("healthy")
    stage.state.assign("Microsoft Sentinel Responder")
    process = subprocess.run(
        [installed, "--no-warnings", "writes.mjs"],
        cwd=FOLDER,
        env={**os.environ, **stage.server.environment, **variables(stage.connection)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    assert json.loads(process.stdout) == {
        "rows": [[1]],
        "templates": ["Scheduled", "Scheduled"],
        "indicators": len(stage.state.workspace.tables["ThreatIntelIndicators"].rows),
        "states": ["default"],
        "status": "Active",
        "message": "Seen",
        "stale": "Conflict",
    }
    assert any("/v1//subscriptions/" in request.url.path for request in stage.requests)

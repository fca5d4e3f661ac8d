"""The real Azure CLI, signed in to the virtual tenant, and a stand-in that records every request.

These tests need the extra ``cli``; without it they are not collected. `make test-cli` runs them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from conformance.fakes import build
from conformance.fakes.network.server import Server, serving
from conformance.fakes.world import hosts
from tests.cli.azure_cli import Azure, StandIn
from tests.contoso import SECRET, made_up

if find_spec("azure") is None or find_spec("azure.cli") is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def stand_in() -> StandIn:
    return StandIn(build(made_up(), "healthy"))


@pytest.fixture(scope="session")
def server(stand_in: StandIn) -> Iterator[Server]:
    with serving(stand_in.handler, hosts()) as server:
        yield server


@pytest.fixture(scope="session")
def azure(stand_in: StandIn, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Azure:
    """Return `az`, signed in, with another subscription as its default; it must not install extensions."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AZURE_")}
    environment |= server.environment
    environment |= {
        "AZURE_CONFIG_DIR": str(tmp_path_factory.mktemp("azure")),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
        "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}",
    }
    azure = Azure(stand_in.world.connection, stand_in, environment)
    login = f"az login --tenant {azure.connection.tenant_id} --allow-no-subscriptions"
    process = azure.type(f"{login} --service-principal --username {azure.connection.client_id} --password '{SECRET}'")
    assert process.returncode == 0, process.stderr
    return azure

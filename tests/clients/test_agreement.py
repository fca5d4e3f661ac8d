"""Every operation in every scenario ends as tests/clients/agreement.json records it; `make agreement` rewrites it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.fakes.network.served import ServedTenant, serve_tenant
from tests.agreement_table import observed
from tests.clients.operations import outcomes
from tests.contoso import made_up


@pytest.fixture(scope="module")
def stage() -> Iterator[ServedTenant]:
    with serve_tenant(made_up()) as stage:
        yield stage


@pytest.mark.filterwarnings("ignore:Using /common or /organizations:DeprecationWarning")
@pytest.mark.parametrize("scenario", observed())
def test_the_clients_end_as_recorded(scenario: str, stage: ServedTenant, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in stage.server.environment.items():
        monkeypatch.setenv(name, value)
    stage.switch(scenario)
    assert outcomes(stage.connection) == observed()[scenario]

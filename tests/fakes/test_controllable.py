"""A virtual tenant whose state is changed while it is in use."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from conformance.apis.endpoint import APIS
from conformance.fakes import SCENARIOS
from conformance.fakes.controllable import ControllableTenant
from conformance.fakes.network.client_files import secret
from conformance.fakes.network.failures import Obstacle
from conformance.fakes.world import MAX_REQUESTS
from conformance.sources.base import SourceError
from tests.contoso import START, made_up

GRAPH, ARM = "https://graph.microsoft.com", "https://management.azure.com"
ALERTS = f"{GRAPH}/v1.0/security/alerts_v2"


@pytest.fixture
def stage() -> ControllableTenant:
    return ControllableTenant(made_up(), start=START)


def asks_for_a_token(stage: ControllableTenant, resource: str = GRAPH) -> httpx.Response:
    connection = stage.connection
    form = {
        "grant_type": "client_credentials",
        "client_id": connection.client_id,
        "client_secret": secret(connection),
        "scope": f"{resource}/.default",
    }
    url = f"https://login.microsoftonline.com/{connection.tenant_id}/oauth2/v2.0/token"
    return stage.answer(httpx.Request("POST", url, data=form))


def token(stage: ControllableTenant, resource: str = GRAPH) -> str:
    return str(asks_for_a_token(stage, resource).json()["access_token"])


def asks(stage: ControllableTenant, url: str, token: str) -> httpx.Response:
    return stage.answer(httpx.Request("GET", url, headers={"Authorization": f"Bearer {token}"}))


def incidents(stage: ControllableTenant) -> str:
    return f"{ARM}{stage.connection.workspace}/providers/Microsoft.SecurityInsights/incidents?api-version=2025-09-01"


class TestSwitching:
    def test_another_scenario_keeps_the_tenant(self, stage: ControllableTenant) -> None:
        """The history stays the same, and earlier tokens remain valid."""
        access = token(stage, ARM)
        before = asks(stage, incidents(stage), access).json()
        stage.switch("no-graph-consent")
        assert asks(stage, incidents(stage), access).json() == before

    def test_an_earlier_token_is_judged_by_the_current_state(self, stage: ControllableTenant) -> None:
        access = token(stage, ARM)
        stage.switch("no-azure-role")
        refused = asks(stage, incidents(stage), access)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "AuthorizationFailed")
        stage.switch("healthy")
        assert asks(stage, incidents(stage), access).status_code == 200

    def test_the_history_stays_while_the_clock_runs(self) -> None:
        stage = ControllableTenant(made_up())
        before = asks(stage, incidents(stage), token(stage, ARM)).json()
        stage.switch("no-graph-consent")
        assert asks(stage, incidents(stage), token(stage, ARM)).json() == before

    def test_a_reset_removes_arranged_states(self, stage: ControllableTenant) -> None:
        stage.expire_secret()
        stage.fault("service-down")
        stage.switch("healthy")
        assert asks_for_a_token(stage).status_code == 200
        assert not stage.faults
        assert not stage.world.disturbances

    def test_a_wrong_connection_file_is_published(self, stage: ControllableTenant) -> None:
        published: list[str] = []
        stage.publish_to(lambda connection: published.append(connection.workspace_id))
        stage.switch("workspace-name-as-id")
        stage.reset()
        own = made_up().workspace_id
        assert published == [own, "law-security", own]

    def test_any_scenario_can_switch_back_to_healthy(
        self, stage: ControllableTenant, subtests: pytest.Subtests
    ) -> None:
        for scenario in SCENARIOS:
            with subtests.test(scenario=scenario):
                stage.switch(scenario)
                assert stage.scenario == scenario
                stage.reset()
                assert stage.scenario == "healthy"
                assert asks(stage, ALERTS, token(stage)).status_code == 200

    def test_an_unknown_scenario_changes_nothing(self, stage: ControllableTenant) -> None:
        stage.expire_secret()
        with pytest.raises(SourceError, match="did you mean 'no-licence'"):
            stage.switch("no-license")
        assert "AADSTS7000222" in asks_for_a_token(stage).text

    def test_the_clock_of_the_services_follows_the_scenario(self, stage: ControllableTenant) -> None:
        stage.switch("clock-skew")
        assert stage.world.clock.service_now() == START - timedelta(minutes=20)
        stage.reset()
        assert stage.world.clock.service_now() == START


class TestFaults:
    def test_a_fault_ends_after_its_number_of_requests(self, stage: ControllableTenant) -> None:
        access = token(stage)
        stage.fault("unknown-error", times=2)
        assert [asks(stage, ALERTS, access).status_code for _ in range(4)] == [418, 418, 200, 200]

    def test_a_fault_lasts_until_it_is_replaced(self, stage: ControllableTenant) -> None:
        access = token(stage)
        stage.fault("unknown-error")
        assert {asks(stage, ALERTS, access).status_code for _ in range(5)} == {418}
        stage.fault("unknown-error", times=1)
        assert [asks(stage, ALERTS, access).status_code for _ in range(2)] == [418, 200]

    def test_a_fault_does_not_change_the_state(self, stage: ControllableTenant) -> None:
        stage.switch("no-azure-role")
        stage.fault("unknown-error")
        assert asks(stage, incidents(stage), token(stage, ARM)).status_code == 403

    @pytest.mark.parametrize("name", ["healthy", "no-azure-role", "clock-skew"])
    def test_a_state_is_not_accepted_as_a_fault(self, stage: ControllableTenant, name: str) -> None:
        with pytest.raises(SourceError, match=f"{name} is a state of the tenant"):
            stage.fault(name)
        assert not stage.faults

    @pytest.mark.parametrize("api", sorted(APIS.keys() - {"entra"}))
    def test_a_throttled_api_sends_retry_after(self, stage: ControllableTenant, api: str) -> None:
        stage.throttle(api, times=1, seconds=7)
        assert stage.faults[f"throttled: {api}"].answer(_call(stage)).headers["Retry-After"] == "7"

    def test_entra_throttles_in_plain_text(self, stage: ControllableTenant) -> None:
        stage.throttle("entra", times=1, seconds=60)
        refused = asks_for_a_token(stage)
        assert (refused.status_code, refused.text) == (429, "Too Many Requests")
        assert refused.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert asks_for_a_token(stage).status_code == 200

    def test_an_unknown_api_is_named(self, stage: ControllableTenant) -> None:
        with pytest.raises(SourceError, match="unknown API 'defendr'"):
            stage.throttle("defendr")

    def test_an_obstacle_is_an_error_of_the_network(self, subtests: pytest.Subtests) -> None:
        for obstacle in Obstacle:
            with subtests.test(obstacle=obstacle):
                with pytest.raises(httpx.TransportError) as raised:
                    obstacle(_call(ControllableTenant(made_up())))
                assert raised.value.request.url.host == "graph.microsoft.com"

    def test_an_obstacle_to_connecting_belongs_to_its_hosts(self, stage: ControllableTenant) -> None:
        stage.fault("connection-refused")
        assert stage.obstacle("api.loganalytics.io") is Obstacle.REFUSED
        assert stage.obstacle("graph.microsoft.com") is None

    def test_an_obstacle_for_some_requests_allows_connections(self, stage: ControllableTenant) -> None:
        stage.fault("connection-refused", times=1)
        assert stage.obstacle("api.loganalytics.io") is None


def _call(stage: ControllableTenant) -> Any:
    from conformance.fakes.services.routes import Call

    return Call(stage.state, httpx.Request("GET", ALERTS), None, {})


class TestRemembering:
    def test_the_latest_requests_are_kept(self, stage: ControllableTenant) -> None:
        for number in range(MAX_REQUESTS + 5):
            stage.answer(httpx.Request("GET", f"{GRAPH}/v1.0/{number}"))
        assert len(stage.requests) == MAX_REQUESTS
        assert stage.requests[-1].url.path == f"/v1.0/{MAX_REQUESTS + 4}"

    def test_delays_lie_between_latency_and_jitter(self, stage: ControllableTenant) -> None:
        stage.latency, stage.jitter = 0.1, 0.05
        delays = [stage.delay(httpx.Request("GET", GRAPH)) for _ in range(200)]
        assert min(delays) >= 0.1
        assert max(delays) <= 0.15
        assert max(delays) - min(delays) > 0.01

    def test_a_foreign_host_is_unreachable(self, stage: ControllableTenant) -> None:
        with pytest.raises(httpx.ConnectError, match="not one of the virtual tenant's hosts"):
            asyncio.run(stage.handler(httpx.Request("GET", "https://example.com/")))

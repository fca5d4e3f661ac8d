"""Defender for Endpoint has no SDK: azure-core's pipeline with azure-identity's token, requests, and httpx."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import requests
from azure.core import PipelineClient
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, RetryPolicy
from azure.core.rest import HttpRequest

from conformance.fakes import World
from conformance.fakes.services.throttling import throttling
from tests.clients.azure_errors import refusal

URL = "https://api.security.microsoft.com/api"
SCOPE = "https://api.securitycenter.microsoft.com/.default"
Get = Callable[..., Any]


@pytest.fixture(params=["azure-core", "requests", "httpx"])
def get(request: pytest.FixtureRequest, world: World, signed_in: Callable[..., Any]) -> Iterator[Get]:
    """Yield a function that gets a path or URL, with options, by each client.

    The answers of all clients have ``status_code``, ``headers`` and ``json()``.
    """
    credential = signed_in(world.connection)

    def bearer() -> dict[str, str]:
        return {"Authorization": f"Bearer {credential.get_token(SCOPE).token}"}

    def url(path: str) -> str:
        return path if path.startswith("https:") else URL + path

    if request.param == "azure-core":
        policies = [RetryPolicy(retry_total=0), BearerTokenCredentialPolicy(credential, SCOPE)]
        with PipelineClient(URL, policies=policies) as client:
            yield lambda path, **options: client.send_request(HttpRequest("GET", url(path), params=options))
    elif request.param == "requests":
        with requests.Session() as session:
            yield lambda path, **options: session.get(url(path), params=options, headers=bearer())
    else:
        with httpx.Client() as web:
            yield lambda path, **options: web.get(url(path), params=options or None, headers=bearer())


def test_machines(get: Get, world: World) -> None:
    answer = get("/machines")
    assert answer.status_code == 200
    machines = answer.json()["value"]
    assert {machine["id"] for machine in machines} == {machine["id"] for machine in world.tenant.defender.machines}
    assert all(datetime.fromisoformat(machine["lastSeen"]).tzinfo for machine in machines)


def test_paging_returns_every_machine(get: Get, world: World) -> None:
    """With ``$top`` the answer has no next link: the client increases ``$skip``."""
    machines, size = [], 2  # type: ignore[var-annotated]
    while page := get("/machines", **{"$top": size, "$skip": len(machines)}).json()["value"]:
        machines += page
    assert [machine["id"] for machine in machines] == [machine["id"] for machine in world.tenant.defender.machines]


def test_filtered_machines(get: Get) -> None:
    active = get("/machines", **{"$filter": "healthStatus eq 'Active'"}).json()["value"]
    assert {machine["healthStatus"] for machine in active} == {"Active"}


def test_a_machine(get: Get, world: World) -> None:
    name = world.tenant.defender.machines[0]["id"]
    assert get(f"/machines/{name}").json()["id"] == name


def test_alerts(get: Get, world: World) -> None:
    alerts = get("/alerts", **{"$expand": "evidence"}).json()["value"]
    assert {alert["id"] for alert in alerts} == {alert["id"] for alert in world.tenant.defender.alerts}
    assert all(alert["evidence"] for alert in alerts)
    assert get(f"/alerts/{alerts[0]['id']}").json()["title"] == alerts[0]["title"]


def error_of(answer: Any) -> tuple[int, str]:
    """Return status and code of a refusal, which must have a target."""
    error = answer.json()["error"]
    assert error["target"]
    return answer.status_code, error["code"]


# Scenario, status, code
REFUSED = [("no-defender-consent", 403, "Forbidden"), ("no-licence", 401, "Unauthorized")]


@pytest.mark.parametrize(("scenario", "status", "code"), REFUSED)
def test_refusals(arranged: Callable[..., World], get: Get, scenario: str, status: int, code: str) -> None:
    arranged(scenario)
    assert error_of(get("/machines")) == (status, code)


def test_an_expired_token_is_refused(get: Get, world: World) -> None:
    assert get("/machines").status_code == 200
    world.clock.skip(timedelta(hours=2))
    assert error_of(get("/machines")) == (401, "Unauthorized")


def test_a_token_of_another_api_is_refused(world: World, signed_in: Callable[..., Any]) -> None:
    token = signed_in(world.connection).get_token("https://api.loganalytics.io/.default").token
    answer = requests.get(f"{URL}/machines", headers={"Authorization": f"Bearer {token}"})
    assert error_of(answer) == (401, "Unauthorized")


def test_a_machine_that_does_not_exist_is_not_found(get: Get) -> None:
    assert error_of(get("/machines/none")) == (404, "ResourceNotFound")


def test_an_invalid_filter_is_refused(get: Get) -> None:
    assert error_of(get("/machines", **{"$filter": "oops"})) == (400, "ODataError")


def test_too_many_requests(get: Get, world: World) -> None:
    world.disturb(throttling("defender", 30), api="defender")
    answer = get("/machines")
    assert (answer.status_code, answer.json()["error"]["code"], answer.headers["Retry-After"]) == (429, "429", "30")


def test_azure_core_raises_its_own_error(arranged: Callable[..., World], signed_in: Callable[..., Any]) -> None:
    credential = signed_in(arranged("no-defender-consent").connection)
    with PipelineClient(URL, policies=[BearerTokenCredentialPolicy(credential, SCOPE)]) as client:
        error = refusal(client.send_request(HttpRequest("GET", f"{URL}/machines")).raise_for_status)
    assert (error.status_code, error.error.code) == (403, "Forbidden")

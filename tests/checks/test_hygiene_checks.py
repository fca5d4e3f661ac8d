"""Tests of the checks of hygiene."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from conformance.connection import Certificate, Expect, FederatedToken
from conformance.fakes.services.routes import Call, undisturbed
from conformance.fakes.state.tenant import GRAPH_APP, ClientSecret
from conformance.fakes.world import World
from tests.checks.disturbances import JSON, on
from tests.checks.outcomes import answered, blocked, changed, ends, fails, world
from tests.contoso import SECRET, START

REMAINING = "x-ms-ratelimit-remaining-subscription-reads"


def days(number: int) -> date:
    return (START + timedelta(days=number)).date()


def registered(*ends: int, secret: str = SECRET) -> World:
    """Return a world in which the app may read its registration; its secrets end in so many days."""
    there = world()
    there.tenant.consent(GRAPH_APP, "Application.Read.All")
    for number in ends:
        ending = START + timedelta(days=number)
        there.tenant.app.secrets.append(ClientSecret(secret, f"key-{number}", ending, START - timedelta(days=9)))
    del there.tenant.app.secrets[0]
    return there


def remaining(header: str, endpoint: str = "arm.workspace") -> World:
    """Return a world in which Azure reports that so many reads remain."""

    def answer(call: Call) -> httpx.Response:
        response = undisturbed(call)
        response.headers[REMAINING] = header
        return response

    return answered(world(), endpoint, answer)


def slowing(endpoint: str, times: int) -> World:
    """Return a world in which an endpoint throttles its first requests."""
    there = answered(
        world(),
        endpoint,
        httpx.Response(429, headers={**JSON, "Retry-After": "1"}, json={"error": {"code": "TooManyRequests"}}),
    )
    there.disturbances[0].times = times
    return there


# HYG-001: the end of the credential


@pytest.mark.parametrize(("remaining_days", "says"), [(30, "in 30 days"), (0, "in 0 days"), (-3, "which is past")])
def test_an_end_in_the_connection_file(remaining_days: int, says: str) -> None:
    fails("HYG-001", world(secret_expires=days(remaining_days)), "secret_expires_soon", says)


def test_an_end_in_the_registration() -> None:
    fails("HYG-001", world("secret-ends-soon"), "secret_expires_soon", "in 10 days, on 2026-12-04")


def test_the_end_in_the_registration_overrides_the_file() -> None:
    ends("HYG-001", registered(90), "passed")
    there = world("secret-ends-soon", secret_expires=days(400))
    for secret in there.tenant.app.secrets:
        secret.ends = START + timedelta(days=10)
    fails("HYG-001", there, "secret_expires_soon", "in 10 days")


def test_the_secret_in_use_counts() -> None:
    there = registered(10)
    later = START + timedelta(days=300)
    there.tenant.app.secrets.append(ClientSecret("zzz8Q~another", "key-2", later, START))
    fails("HYG-001", there, "secret_expires_soon", "in 10 days")


def test_the_last_of_secrets_with_the_same_beginning_counts() -> None:
    ends("HYG-001", registered(10, 90), "passed")


def test_a_certificate_on_the_same_app_does_not_count() -> None:
    def certified(body: dict[str, Any]) -> None:
        body["keyCredentials"] = [{"endDateTime": "2029-01-01T00:00:00Z"}]

    fails("HYG-001", changed(registered(10), "graph.application", certified), "secret_expires_soon", "in 10 days")


@pytest.mark.parametrize(("min_days", "status"), [(9, "passed"), (10, "warning")])
def test_the_connection_sets_the_days_of_the_warning(min_days: int, status: str) -> None:
    ends("HYG-001", world(secret_expires=days(10), expect=Expect(min_secret_days=min_days)), status)


def test_an_unknown_end_is_not_configured() -> None:
    ends("HYG-001", world(), "not_configured", "secret_expires")


def test_the_end_of_a_certificate_is_not_the_end_of_a_secret() -> None:
    broken = Certificate(b"none", "app.pem")
    ends("HYG-001", world(client_secret=None, credential=broken), "not_configured")
    there = world(client_secret=None, credential=broken, secret_expires=days(3))
    fails("HYG-001", there, "secret_expires_soon", "in 3 days")


def test_a_federated_credential_does_not_end() -> None:
    federated = FederatedToken(lambda: "e30.e30.e30", "github")
    ends("HYG-001", world(client_secret=None, credential=federated), "not_applicable", "has no end")


def test_days_are_counted_by_the_service_s_clock() -> None:
    there = world(secret_expires=days(40))
    there.clock.skew = timedelta(days=30)
    ends("HYG-001", there, "passed")


# HYG-002: distance from the rate limits


@pytest.mark.parametrize("endpoint", ["arm.workspace", "sentinel.incidents", "log_analytics.query", "graph.alerts"])
def test_a_service_that_throttled(endpoint: str) -> None:
    fails("HYG-002", slowing(endpoint, 2), "throttled", "2 times")


def test_a_throttled_request_that_was_answered_is_not_a_failure() -> None:
    ends("SENT-001", slowing("sentinel.incidents", 2), "passed")
    ends("MDE-001", slowing("defender.machines", 99), "inconclusive", "quota")


@pytest.mark.parametrize(
    ("remaining_time", "status"), [("24", "warning"), ("25", "passed"), ("none", "passed"), ("-1", "passed")]
)
def test_remaining_reads_of_azure_are_judged(remaining_time: str, status: str) -> None:
    ends("HYG-002", remaining(remaining_time), status)


def test_few_remaining_reads() -> None:
    fails("HYG-002", remaining("7", "sentinel.watchlists"), "throttled", "7 more times")


def test_a_connection_that_reads_little() -> None:
    ends("HYG-002", world(apis=("graph",)), "passed")
    ends("HYG-002", world(apis=("log_analytics", "sentinel")), "passed")


# HYG-003: announced ends


@pytest.mark.parametrize("day", [date(2026, 4, 18), date(2026, 10, 14)])
def test_a_used_feature_ends_soon(day: date) -> None:
    fails("HYG-003", on(day), "api_retires_soon", "graph.legacy_alerts ends on 2026-10-15")


@pytest.mark.parametrize("day", [date(2026, 4, 17), date(2026, 10, 15), date(2026, 11, 24)])
def test_a_distant_or_past_end(day: date) -> None:
    ends("HYG-003", on(day), "passed")


def test_the_end_of_an_unused_api() -> None:
    ends("HYG-003", on(date(2026, 9, 1), apis=("sentinel", "defender")), "passed")


@pytest.mark.parametrize("id", ["HYG-001", "HYG-003"])
def test_without_a_service_clock_ends_are_not_judged(id: str) -> None:
    blocked(id, world("wrong-tenant"), "AUTH-001", "tenant_not_found")

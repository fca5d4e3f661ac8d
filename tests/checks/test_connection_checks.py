"""Tests of the checks of the connection file's values and of the network path to the services."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from conformance.connection import FederatedToken, Secret
from conformance.connection.secret import resolve
from tests.checks.outcomes import answered, blocked, ends, fails, outcomes_by_check, world
from tests.contoso import SECRET

GUID = "0f0f0f0f-0c0f-4c0f-a11c-00000000000a"


def test_malformed_value(subtests: pytest.Subtests) -> None:
    for id, value, cause in [
        ("CONN-001", {"tenant_id": "common"}, "tenant_malformed"),
        ("CONN-001", {"tenant_id": "organizations"}, "tenant_malformed"),
        ("CONN-001", {"tenant_id": "consumers"}, "tenant_malformed"),
        ("CONN-001", {"tenant_id": "contoso"}, "tenant_malformed"),
        ("CONN-002", {"client_id": "sentinel-reader"}, "config_invalid"),
        ("CONN-002", {"subscription_id": "{" + GUID + "}"}, "config_invalid"),
        ("CONN-003", {"client_secret": GUID}, "secret_id_instead_of_value"),
        ("CONN-003", {"client_secret": SECRET + "\n"}, "config_invalid"),
        ("CONN-003", {"client_secret": " " + SECRET}, "config_invalid"),
        ("CONN-003", {"client_secret": f"'{SECRET}'"}, "config_invalid"),
        ("CONN-003", {"client_secret": ""}, "config_invalid"),
        ("CONN-004", {"workspace_id": "law-security"}, "workspace_id_not_guid"),
        ("CONN-004", {"workspace_id": f"/subscriptions/{GUID}/workspaces/law"}, "workspace_id_not_guid"),
        ("CONN-004", {"workspace_name": GUID}, "config_invalid"),
        ("CONN-004", {"resource_group": "rg-security."}, "config_invalid"),
        ("CONN-004", {"resource_group": "rg/security"}, "config_invalid"),
    ]:
        with subtests.test(id=id, value=value):
            outcome = fails(id, world(**value), cause, says=next(iter(value)))
            assert SECRET not in (outcome.reason or "")


@pytest.mark.parametrize(
    ("id", "value"),
    [
        ("CONN-001", {"tenant_id": "contoso.onmicrosoft.com"}),
        ("CONN-002", {"client_id": GUID.upper()}),
        ("CONN-004", {"resource_group": "RG_Sicherheit.(süd)-1"}),
    ],
)
def test_plausible_values_pass(id: str, value: dict[str, str]) -> None:
    ends(id, world(**value), "passed")


@pytest.mark.parametrize(
    ("scenario", "by", "cause", "stopped"),
    [
        ("common-tenant", "CONN-001", "tenant_malformed", "AUTH-001"),
        ("malformed-client-id", "CONN-002", "config_invalid", "AUTH-010"),
        ("secret-id-pasted", "CONN-003", "secret_id_instead_of_value", "AUTH-003"),
        ("workspace-name-as-id", "CONN-004", "workspace_id_not_guid", "LA-001"),
    ],
)
def test_nothing_is_sent_with_a_malformed_value(scenario: str, by: str, cause: str, stopped: str) -> None:
    blocked(stopped, world(scenario), by, cause)


# CONN-005: the storage of the secret


def test_secret_in_the_file_itself() -> None:
    fails("CONN-005", world(), "config_invalid", says="in the connection file itself")


def test_secret_in_a_file_that_all_users_can_read(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET)
    file.chmod(0o644)
    there = world(client_secret=resolve(f"file:{file}", tmp_path, {}))
    fails("CONN-005", there, "config_invalid", says="every user of this machine")
    file.chmod(0o600)
    ends("CONN-005", world(client_secret=resolve(f"file:{file}", tmp_path, {})), "passed")


def test_secret_in_the_environment() -> None:
    ends("CONN-005", world(client_secret=Secret(SECRET, "env:CONTOSO_SECRET")), "passed")


def test_no_secret_at_all() -> None:
    federated = FederatedToken(lambda: "e30.e30.e30", "github")
    ends("CONN-005", world(client_secret=None, credential=federated), "not_applicable", says="no client secret")


# CONN-006: the network path to the services


@pytest.mark.parametrize(
    ("scenario", "cause"),
    [
        ("host-unknown", "dns_failure"),
        ("connection-refused", "connection_failed"),
        ("tls-inspected", "tls_untrusted"),
        ("no-answer", "timed_out"),
        ("intercepted", "intercepted"),
    ],
)
def test_unreachable_service(scenario: str, cause: str) -> None:
    assert fails("CONN-006", world(scenario), cause).status == "inconclusive"


@pytest.mark.parametrize(
    ("api", "first"),
    [
        ("log_analytics", "log_analytics.query"),
        ("sentinel", "arm.workspace"),
        ("graph", "graph.alerts"),
        ("defender", "defender.machines"),
    ],
)
def test_each_host_is_judged_by_its_first_request(api: str, first: str) -> None:
    there = answered(world(apis=[api]), first, httpx.ConnectError("[Errno 111] Connection refused"))
    fails("CONN-006", there, "connection_failed")


def test_one_operation_without_an_answer_does_not_fail_its_host() -> None:
    there = answered(world(), "graph.secure_scores", httpx.ReadTimeout("timed out"))
    assert {id: outcome.status for id, outcome in outcomes_by_check(there, "CONN-006", "GRAPH-004").items()} == {
        "CONN-006": "passed",
        "GRAPH-004": "inconclusive",
    }


def test_service_that_refuses_is_reachable() -> None:
    ends("CONN-006", world("no-azure-role+no-graph-consent"), "passed")


def test_reachability_is_not_judged_if_no_request_may_be_sent() -> None:
    ends("CONN-006", world(tenant_id="common"), "not_applicable", says="nothing was sent")


# CONN-007: the clock


@pytest.mark.parametrize(
    ("minutes", "says"), [(6, "0:06:00 ahead of the services"), (-6, "0:06:00 behind the services"), (1500, "1 day")]
)
def test_clock_is_off(minutes: int, says: str) -> None:
    there = world()
    there.clock.skew = timedelta(minutes=minutes)
    fails("CONN-007", there, "clock_skew", says=says)


def test_a_small_clock_offset_is_accepted() -> None:
    there = world()
    there.clock.skew = timedelta(minutes=4, seconds=59)
    ends("CONN-007", there, "passed")


def test_clock_is_not_judged_without_an_answer() -> None:
    ends("CONN-007", world("tls-inspected"), "not_applicable", says="no answer carried a date")

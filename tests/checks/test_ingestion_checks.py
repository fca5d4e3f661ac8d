"""Tests of the checks of log ingestion with the same app."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from conformance.checks.registry import catalogue
from conformance.fakes.scenarios.ingestion import STREAM, ingesting
from conformance.fakes.state.log_ingestion import SENDER
from conformance.fakes.world import World
from conformance.verification.verdict import ExitCode
from tests.checks.outcomes import answered, blocked, changed, ends, fails, outcomes_by_check, world
from tests.contoso import made_up
from tests.profile_worlds import INGESTION, healthy, verified


def ingesting_world(scenario: str = "with-ingestion") -> World:
    return world(scenario)


def rule(**properties: Any) -> World:
    """Return a world whose data collection rule has these properties."""
    return changed(ingesting_world(), "arm.data_collection_rule", lambda body: body["properties"].update(properties))


def test_ingestion_checks_skip_a_connection_that_only_reads() -> None:
    ids = [id for id, check in catalogue().items() if check.area == "ingestion"]
    for scenario in ("healthy", "expired-secret", "no-azure-role"):
        outcomes = outcomes_by_check(world(scenario))
        assert {outcomes[id].status for id in ids} == {"not_configured"}, scenario


def test_healthy_ingestion_passes() -> None:
    outcomes = outcomes_by_check(ingesting_world())
    ids = [id for id, check in catalogue().items() if check.area == "ingestion"]
    assert {outcomes[id].status for id in ids} == {"passed"}


# ING-001: the rule


def test_missing_rule() -> None:
    there = ingesting_world("ingestion-rule-missing")
    fails("ING-001", there, "object_not_found")
    blocked("ING-004", there, "ING-001", "object_not_found")


def test_a_missing_rule_is_the_only_cause(subtests: pytest.Subtests) -> None:
    """Azure answers 404 for the rule, its group or its subscription, and also for the permissions there."""
    for code in ("ResourceNotFound", "ResourceGroupNotFound", "SubscriptionNotFound"):
        with subtests.test(code=code):
            refusal = httpx.Response(404, json={"error": {"code": code, "message": "It could not be found."}})
            there = answered(ingesting_world(), "arm.data_collection_rule", refusal)
            there = answered(there, "arm.permissions_of_rule", refusal)
            failed = fails("ING-001", there, "object_not_found", says="ingestion.rule")
            assert failed.root
            assert "JSON view" in failed.root.finding.fix.text
            assert [id for id, ended in outcomes_by_check(there).items() if ended.status == "failed"] == ["ING-001"]


def test_a_rule_in_a_group_that_is_missing_is_not_a_second_cause() -> None:
    refusal = httpx.Response(
        404, json={"error": {"code": "ResourceGroupNotFound", "message": "It could not be found."}}
    )
    there = ingesting_world()
    for endpoint in ("arm.resource_group", "arm.workspace", "arm.data_collection_rule", "arm.permissions_of_rule"):
        there = answered(there, endpoint, refusal)
    assert there.connection.ingestion
    _, group, _ = there.connection.ingestion.place
    there.connection = replace(there.connection, resource_group=group)
    blocked("ING-001", there, "ARM-002", "resource_group_not_found")


def test_another_rule_than_asked_for() -> None:
    other = changed(ingesting_world(), "arm.data_collection_rule", lambda body: body.update(id=body["id"] + "2"))
    fails("ING-001", other, "contract_violation", says="Another rule")


def test_rule_in_another_case() -> None:
    upper = changed(ingesting_world(), "arm.data_collection_rule", lambda body: body.update(id=body["id"].upper()))
    ends("ING-001", upper, "passed")


# ING-002: the permission to read the rule


def test_rule_that_may_not_be_read_is_not_a_failure() -> None:
    unreadable = ingesting_world("ingestion-rule-unreadable")
    warned = fails("ING-002", unreadable, "rbac_role_missing", says="Sending does not need it")
    assert warned.root
    assert any("Monitoring Reader" in command for command in warned.root.finding.fix.commands)
    for id in ("ING-001", "ING-003", "ING-004", "ING-005", "ING-006"):
        ends(id, unreadable, "not_applicable")
    ends("ING-008", unreadable, "passed")


# ING-003: the stream


def test_stream_without_a_flow() -> None:
    fails("ING-003", ingesting_world("ingestion-stream-unknown"), "config_invalid", says="Custom-Invoices_CL")


def test_stream_without_columns() -> None:
    fails("ING-003", rule(streamDeclarations={"Custom-Other_CL": {"columns": []}}), "config_invalid", says="columns")


def test_stream_of_a_table_of_microsoft_needs_no_columns() -> None:
    there = world("with-ingestion")
    ingestion, stream = ingesting(there), "Microsoft-SecurityEvent"
    ingestion.tables = {STREAM: "Orders_CL", stream: "SecurityEvent"}
    ends("ING-003", there, "passed")


# ING-004: the destination


def test_rule_of_another_workspace() -> None:
    elsewhere = ingesting_world("ingestion-to-other-workspace")
    fails("ING-004", elsewhere, "workspace_id_mismatch", says="law-test")
    ends("ING-005", elsewhere, "not_applicable")


@pytest.mark.parametrize("key", ["workspaceId", "workspaceResourceId"])
def test_destination_by_either_id(key: str) -> None:
    def change(body: dict[str, Any]) -> None:
        (place,) = body["properties"]["destinations"]["logAnalytics"]
        body["properties"]["destinations"]["logAnalytics"] = [{"name": place["name"], key: place[key].upper()}]

    ends("ING-004", changed(ingesting_world(), "arm.data_collection_rule", change), "passed")


def test_flow_to_no_workspace() -> None:
    flows = [{"streams": [STREAM], "destinations": ["elsewhere"]}]
    fails("ING-004", rule(dataFlows=flows), "workspace_id_mismatch", says="no workspace")


def flows(*ends: tuple[str, str]) -> World:
    """Return a world whose rule has a flow of the stream for each pair of destination and output stream."""

    def change(body: dict[str, Any]) -> None:
        properties = body["properties"]
        other = f"/subscriptions/{'1' * 8}-1111-4111-8111-{'1' * 12}/resourceGroups/g/providers/x/workspaces/elsewhere"
        properties["destinations"]["logAnalytics"].append({"name": "elsewhere", "workspaceResourceId": other})
        here = properties["destinations"]["logAnalytics"][0]["name"]
        properties["dataFlows"] = [
            {"streams": [STREAM], "destinations": [here if end == "here" else end], "outputStream": output}
            for end, output in ends
        ]

    return changed(ingesting_world(), "arm.data_collection_rule", change)


def test_stream_that_several_flows_take(subtests: pytest.Subtests) -> None:
    """A stream may go to several workspaces and tables; the order of its flows has no meaning."""
    both = flows(("elsewhere", "Custom-Elsewhere_CL"), ("here", "Custom-Orders_CL"))
    for id in ("ING-004", "ING-005"):
        with subtests.test(id=id):
            ends(id, both, "passed")
    fails("ING-004", flows(("elsewhere", "Custom-Orders_CL")), "workspace_id_mismatch", says="elsewhere")


# ING-005: the table


def test_each_table_of_several_flows_is_needed() -> None:
    split = flows(("here", "Custom-Orders_CL"), ("here", "Custom-Archive_CL"), ("elsewhere", "Custom-Far_CL"))
    failed = fails("ING-005", split, "table_missing", says="no table Archive_CL:")
    assert failed.root
    assert "outputStream" in failed.root.finding.fix.text


def test_table_that_is_missing() -> None:
    fails("ING-005", ingesting_world("ingestion-table-missing"), "table_missing", says="Orders_CL")


# ING-006: the endpoint


def test_sender_with_another_endpoint() -> None:
    fails("ING-006", ingesting_world("ingestion-endpoint-other"), "config_invalid", says="dce-old-c3d4")


def test_rule_with_a_host_of_its_own() -> None:
    there = ingesting_world()
    assert there.connection.ingestion
    own = {"logsIngestion": there.connection.ingestion.endpoint}
    there = changed(there, "arm.data_collection_rule", lambda body: body["properties"].pop("dataCollectionEndpointId"))
    there = changed(there, "arm.data_collection_rule", lambda body: body["properties"].update(endpoints=own))
    ends("ING-006", there, "passed")


# ING-007: the networks


def test_endpoint_for_private_networks() -> None:
    fails("ING-007", ingesting_world("ingestion-from-private-networks"), "network_access_disabled")


def test_the_rules_own_host_is_independent_of_the_endpoint_resource() -> None:
    """The rule's own host is public, independent of the endpoint resource of the same rule."""
    there = ingesting_world("ingestion-from-private-networks")
    assert there.connection.ingestion
    own = {"logsIngestion": there.connection.ingestion.endpoint}
    ends(
        "ING-007",
        changed(there, "arm.data_collection_rule", lambda body: body["properties"].update(endpoints=own)),
        "passed",
    )


def test_workspace_for_private_networks() -> None:
    def closing(**more: Any) -> World:
        change = {"publicNetworkAccessForIngestion": "Disabled", **more}
        return changed(ingesting_world(), "arm.workspace", lambda body: body["properties"].update(change))

    linked = closing(privateLinkScopedResources=[{"resourceId": "/x", "scopeId": "y"}])
    fails("ING-007", linked, "network_access_disabled", says="workspace")
    ends("ING-007", closing(), "not_applicable", "ARM-009")
    fails("ARM-009", closing(), "network_access_disabled")


# ING-008: the role


def test_role_that_is_missing() -> None:
    failed = fails("ING-008", ingesting_world("ingestion-role-missing"), "rbac_role_missing", says="Telemetry/Write")
    assert failed.root
    assert any("Monitoring Metrics Publisher" in command for command in failed.root.finding.fix.commands)


def test_an_app_that_may_read_nothing_is_not_known_to_send(subtests: pytest.Subtests) -> None:
    """The check cannot distinguish an app that may only send from an app without any role: no read shows it."""
    connection = made_up(profile="fluent-bit-log-ingestion", apis=None, ingestion=INGESTION)
    for roles in ((SENDER,), ()):
        with subtests.test(roles=roles):
            there = healthy(connection)
            there.tenant.assignments = [
                assignment for assignment in there.tenant.assignments if assignment.role.name in roles
            ]
            report = verified(there)
            (cause,) = report.verdict.root_causes
            assert report.verdict.exit_code == ExitCode.INCOMPLETE
            assert (cause.root.check, cause.root.finding.cause) == ("ING-008", "unknown")
            assert "may not look at its own permissions" in cause.root.finding.explanation
            assert cause.root.finding.owner == "azure-admin"
            assert SENDER in cause.root.finding.fix.text


def test_role_whose_not_data_actions_exclude_sending() -> None:
    def change(body: dict[str, Any]) -> None:
        for grant in body["value"]:
            grant["notDataActions"] = ["Microsoft.Insights/*"]

    fails("ING-008", changed(ingesting_world(), "arm.permissions_of_rule", change), "rbac_role_missing")

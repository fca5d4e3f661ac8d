"""The checks of log ingestion with the same app."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.checks.registry import catalogue
from conformance.fakes.scenarios.ingestion import STREAM, ingesting
from conformance.fakes.world import World
from tests.checks.outcomes import blocked, changed, ends, fails, outcomes_by_check, world


def ingesting_world(scenario: str = "with-ingestion") -> World:
    return world(scenario)


def rule(**properties: Any) -> World:
    """A world whose data collection rule says this of itself."""
    return changed(ingesting_world(), "arm.data_collection_rule", lambda body: body["properties"].update(properties))


def test_a_connection_that_only_reads_is_not_asked() -> None:
    outcomes = outcomes_by_check(world())
    ids = [id for id, check in catalogue().items() if check.area == "ingestion"]
    assert {outcomes[id].status for id in ids} == {"not_configured"}


def test_everything_in_place() -> None:
    outcomes = outcomes_by_check(ingesting_world())
    ids = [id for id, check in catalogue().items() if check.area == "ingestion"]
    assert {outcomes[id].status for id in ids} == {"passed"}


# ING-001: the rule


def test_rule_that_is_gone() -> None:
    there = ingesting_world("ingestion-rule-missing")
    fails("ING-001", there, "object_not_found")
    blocked("ING-004", there, "ING-001", "object_not_found")


def test_another_rule_than_asked_for() -> None:
    other = changed(ingesting_world(), "arm.data_collection_rule", lambda body: body.update(id=body["id"] + "2"))
    fails("ING-001", other, "contract_violation", says="Another rule")


def test_rule_in_another_case() -> None:
    upper = changed(ingesting_world(), "arm.data_collection_rule", lambda body: body.update(id=body["id"].upper()))
    ends("ING-001", upper, "passed")


# ING-002: the right to look at it


def test_rule_that_may_not_be_looked_at_is_no_failure() -> None:
    unreadable = ingesting_world("ingestion-rule-unreadable")
    warned = fails("ING-002", unreadable, "rbac_role_missing", says="Sending does not need it")
    assert warned.root
    assert any("Monitoring Reader" in command for command in warned.root.finding.fix.commands)
    for id in ("ING-001", "ING-003", "ING-004", "ING-005", "ING-006"):
        ends(id, unreadable, "not_applicable")
    ends("ING-008", unreadable, "passed")


# ING-003: the stream


def test_stream_that_no_flow_takes() -> None:
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


# ING-005: the table


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


def test_workspace_for_private_networks() -> None:
    closed = changed(
        ingesting_world(),
        "arm.workspace",
        lambda body: body["properties"].update(publicNetworkAccessForIngestion="Disabled"),
    )
    fails("ING-007", closed, "network_access_disabled", says="workspace")


# ING-008: the role


def test_role_that_is_missing() -> None:
    failed = fails("ING-008", ingesting_world("ingestion-role-missing"), "rbac_role_missing", says="Telemetry/Write")
    assert failed.root
    assert any("Monitoring Metrics Publisher" in command for command in failed.root.finding.fix.commands)


def test_role_whose_not_data_actions_take_it_away() -> None:
    def change(body: dict[str, Any]) -> None:
        for grant in body["value"]:
            grant["notDataActions"] = ["Microsoft.Insights/*"]

    fails("ING-008", changed(ingesting_world(), "arm.permissions_of_rule", change), "rbac_role_missing")

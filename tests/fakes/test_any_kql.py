"""Any KQL on the virtual tenant: correct rows, a refusal of the service, or a refusal that names the construct."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.apis import sentinel
from conformance.fakes.controllable import ControllableTenant
from conformance.fakes.query import any_kql
from conformance.fakes.services.sentinel_bodies import incident_body
from conformance.fakes.state import given_tables
from conformance.fakes.state.healthy import add_workspace
from tests.contoso import START, made_up
from tests.fakes import kql_detections, kql_patterns
from tests.fakes.azure_world import AzureWorld
from tests.fakes.fake_defender import error
from tests.fakes.kql_corpus import ORDERED, REFUSED, UNORDERED, Tables
from tests.fakes.test_log_analytics_fake import innermost

pytestmark = pytest.mark.skipif(importlib.util.find_spec("duckdb_kql") is None, reason="without the extra kql")


def rows(response: httpx.Response) -> list[tuple[Any, ...]]:
    assert response.status_code == 200, response.text
    return [tuple(row) for row in response.json()["tables"][0]["rows"]]


def unordered(result: Iterable[tuple[Any, ...]]) -> list[str]:
    return sorted(map(repr, result))


def test_a_hundred_real_queries_have_the_right_rows_or_are_refused_by_name(
    azure: AzureWorld, subtests: pytest.Subtests
) -> None:
    tables = Tables(
        {name: table.rows for name, table in azure.workspace.tables.items()}, azure.tenant.clock.service_now()
    )
    assert len(ORDERED) + len(UNORDERED) >= 86
    assert len(ORDERED) + len(UNORDERED) + len(REFUSED) >= 100
    for text, expected in ORDERED:
        with subtests.test(text):
            assert rows(azure.query(text)) == list(expected(tables))
    for text, expected in UNORDERED:
        with subtests.test(text):
            assert unordered(rows(azure.query(text))) == unordered(expected(tables))
    for text, construct in REFUSED.items():
        with subtests.test(text):
            assert refusal(azure, text) == construct


def refusal(azure: AzureWorld, text: str) -> str:
    """Return the construct that the tenant names when it refuses a query."""
    problem = error(azure.query(text), 400)
    assert innermost(problem)["code"] == "NotEvaluated"
    return str(problem["message"]).partition("it does not evaluate ")[2].removesuffix(".")


def test_patterns_have_the_rows_computed_by_hand(azure: AzureWorld, subtests: pytest.Subtests) -> None:
    for text, expected in (*kql_patterns.ORDERED, *kql_detections.ORDERED):
        with subtests.test(text):
            assert rows(azure.query(text)) == expected
    for text, expected in (*kql_patterns.UNORDERED, *kql_detections.UNORDERED):
        with subtests.test(text):
            assert unordered(rows(azure.query(text))) == unordered(expected)
    for text, construct in (kql_patterns.REFUSED | kql_detections.REFUSED).items():
        with subtests.test(text):
            assert refusal(azure, text) == construct


@pytest.mark.parametrize(
    ("text", "name", "operator"),
    [
        ("securityincident | take 2", "securityincident", "take"),
        ("Orders_CL | where x == 1", "Orders_CL", "where"),
        ("SecurityIncident | where title == 'x'", "title", "where"),
        ("SecurityIncident | summarize max(CreatedTime) | project Max_CreatedTime", "Max_CreatedTime", "project"),
        ("SecurityIncident | project-keep Nope", "Nope", "project-keep"),
        (
            "SecurityAlert | join kind=inner (SecurityIncident) on $left.SystemAlertID == $right.Title",
            "SystemAlertID",
            "join",
        ),
    ],
)
def test_names_are_case_sensitive_and_unknown_ones_are_the_services_refusal(
    azure: AzureWorld, text: str, name: str, operator: str
) -> None:
    problem = error(azure.query(text), 400)
    assert problem["code"] == "BadArgumentError"
    assert problem["innererror"]["code"] == "SemanticError"
    assert innermost(problem)["code"] == "SEM0100"
    assert f"'{operator}' operator" in innermost(problem)["message"]
    assert f"named '{name}'" in innermost(problem)["message"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("SecurityIncident | wherex", [1, 20]),
        ("SecurityIncident\n| where Title ==", [2, 17]),
        ("SigninLogs | where Location = 'DE'", [1, 29]),
    ],
)
def test_invalid_kql_is_refused_with_its_position(azure: AzureWorld, text: str, place: list[int]) -> None:
    problem = innermost(error(azure.query(text), 400))
    assert problem["code"] == "SYN0002"
    assert [problem["line"], problem["pos"]] == place


def test_the_timespan_of_the_request_narrows_every_table(azure: AzureWorld) -> None:
    counts = rows(azure.query("SigninLogs | count | union (AuditLogs | count)", timespan="PT1H"))
    assert sorted(counts) == [(1,), (4,)]


def test_a_result_beyond_the_limit_is_a_partial_one(azure: AzureWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(any_kql, "MAX_ROWS", 3)
    answer = azure.query("SigninLogs | project Id")
    assert len(rows(answer)) == 3
    assert answer.json()["error"]["code"] == "PartialError"


def test_nothing_outside_the_tables_is_read(azure: AzureWorld, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    for text in (
        f"['{tmp_path}/secret.csv'] | take 1",
        "externaldata(a:string)[@'/etc/hostname']",
        ".drop table Usage",
    ):
        assert azure.query(text).status_code == 400


def test_computed_values_have_the_types_of_the_wire(azure: AzureWorld) -> None:
    text = (
        "SecurityIncident | top 1 by TimeGenerated desc | project ClosedTime, Owner, hour = hourofday(TimeGenerated),"
        " span = 36h, none = strcat(Classification, ''),"
        " ratio = real(nan), flag = true, id = guid(5e271e1c-0f0e-4c0f-a11c-c0ffee000000)"
    )
    table = azure.query(text).json()["tables"][0]
    kinds = [column["type"] for column in table["columns"]]
    assert kinds == ["datetime", "dynamic", "int", "timespan", "string", "real", "bool", "guid"]
    (row,) = table["rows"]
    assert row[0] is None
    assert row[1].startswith('{"objectId"')
    assert row[2:] == [8, "1.12:00:00", "", "NaN", True, "5e271e1c-0f0e-4c0f-a11c-c0ffee000000"]


def test_tables_are_given_as_json_or_csv_and_stay_in_every_scenario(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(
        "Name,Amount,Paid,TimeGenerated\na,1,true,2026-11-20T10:00:00.1234567Z\nb,2.5,,\n"
    )
    (tmp_path / "more.json").write_text('{"Tags": ["x", "y"], "N": 1}\n{"Tags": [], "N": 2}\n')
    stage = ControllableTenant(made_up(), start=START)
    stage.add_table("Orders_CL", given_tables.read(tmp_path / "orders.csv"))
    stage.add_table("More_CL", given_tables.read(tmp_path / "more.json"))
    stage.switch("no-licence")
    now = stage.world.clock.service_now()

    def evaluated(text: str) -> list[tuple[Any, ...]]:
        result = any_kql.evaluate(text, stage.state.workspace, now, None)
        return [tuple(row.values()) for row in result.rows]

    assert evaluated("Orders_CL | where Amount > 2 | project Name, Paid") == [("b", None)]
    assert evaluated("Orders_CL | where Paid | project Amount, Type") == [(1.0, "Orders_CL")]
    assert evaluated("More_CL | mv-expand Tag = Tags to typeof(string) | project N, Tag") == [(1, "x"), (1, "y")]
    with pytest.raises(any_kql.UnknownColumn):
        evaluated("Orders_CL | project name")


def test_one_incident_is_the_same_in_the_tables_in_the_rest_api_and_in_graph(azure: AzureWorld) -> None:
    latest = "SecurityIncident | summarize arg_max(LastModifiedTime, *) by IncidentNumber"
    columns = "IncidentNumber, IncidentName, Title, Severity, Status, AlertIds"
    in_table = {row[0]: row[1:] for row in rows(azure.query(f"{latest} | project {columns}"))}
    alerts = {row[0] for row in rows(azure.query("SecurityAlert | project SystemAlertId"))}
    in_graph = {incident["displayName"] for incident in azure.tenant.defender.graph_incidents}
    for page in azure.pages(sentinel.INCIDENTS.ask()):
        for item in page["value"]:
            name, title, severity, status, ids = in_table.pop(item["properties"]["incidentNumber"])
            properties = item["properties"]
            assert (item["name"], properties["title"], properties["severity"], properties["status"]) == (
                name,
                title,
                severity,
                status,
            )
            assert set(json.loads(ids)) <= alerts
            assert title in in_graph
    assert not in_table


def test_a_second_workspace_has_incidents_of_its_own(azure: AzureWorld) -> None:
    first = azure.tenant.workspace
    second = add_workspace(azure.tenant, first.subscription_id, "rg-second", "law-second", "second")
    assert {incident.id for incident in first.incidents}.isdisjoint(incident.id for incident in second.incidents)
    rows_of = {row["IncidentNumber"]: row for row in second.tables["SecurityIncident"].rows}
    alerts = {row["SystemAlertId"]: row for row in second.tables["SecurityAlert"].rows}
    assert alerts.keys().isdisjoint(row["SystemAlertId"] for row in first.tables["SecurityAlert"].rows)
    for incident in second.incidents:
        body, row = incident_body(second, incident), rows_of.pop(incident.number)
        facts = (body["name"], body["properties"]["title"], body["properties"]["providerName"])
        assert facts == (row["IncidentName"], row["Title"], row["ProviderName"])
        assert [alerts.pop(alert)["AlertName"] for alert in json.loads(row["AlertIds"])] == [incident.title] * len(
            incident.alerts
        )
    assert (rows_of, alerts) == ({}, {})

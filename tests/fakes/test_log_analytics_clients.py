"""Requests of other clients to Log Analytics: queries by GET, over several workspaces, with charts, and metadata."""

from __future__ import annotations

import importlib.util
from typing import Any

import httpx
import pytest

from conformance.apis.endpoint import LOG_ANALYTICS
from conformance.fakes.query.visualization import DEFAULTS, visualization
from conformance.fakes.state.healthy import add_workspace
from conformance.fakes.state.table_rows import SCHEMAS
from conformance.fakes.state.tenant import Workspace
from tests.fakes.azure_world import AzureWorld
from tests.fakes.fake_defender import error
from tests.fakes.test_log_analytics_fake import innermost

engine = pytest.mark.skipif(importlib.util.find_spec("duckdb_kql") is None, reason="without the extra kql")
PRINT = "print ok = 1"


def send(azure: AzureWorld, method: str, path: str, **options: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {azure.token('log_analytics')}"}
    url = f"{azure.tenant.cloud.host(LOG_ANALYTICS)}/v1{path}"
    return azure.send(httpx.Request(method, url, headers=headers, **options))


def rows(response: httpx.Response) -> list[list[Any]]:
    assert response.status_code == 200, response.text
    result: list[list[Any]] = response.json()["tables"][0]["rows"]
    return result


@pytest.fixture
def second(azure: AzureWorld) -> Workspace:
    """Add a second workspace that the app may read, with a table of its own; return it."""
    workspace = add_workspace(azure.tenant, azure.workspace.subscription_id, "rg-second", "law-second", "second")
    azure.tenant.assign("Microsoft Sentinel Reader", scope=workspace.scope)
    return workspace


def test_a_query_by_get_is_the_query_by_post(azure: AzureWorld) -> None:
    for path in (f"/workspaces/{azure.workspace.customer_id}/query", f"{azure.workspace.scope}/query"):
        answer = send(azure, "GET", path, params={"query": PRINT, "timespan": "P1D"})
        assert answer.json() == azure.query(PRINT).json()
        missing = send(azure, "GET", path, params={"timespan": "P1D"})
        assert "query" in innermost(error(missing, 400))["message"]
    azure.tenant.revoke_roles()
    refused = send(azure, "GET", f"/workspaces/{azure.workspace.customer_id}/query", params={"query": PRINT})
    assert error(refused, 403)["code"] == "InsufficientAccessError"


@engine
def test_timespans_of_url_and_body_both_apply(azure: AzureWorld) -> None:
    path = f"/workspaces/{azure.workspace.customer_id}/query"

    def count(url: str, body: str) -> int:
        request = {"query": "SigninLogs | count", "timespan": body}
        answer = send(azure, "POST", path, params={"timespan": url}, json=request)
        (row,) = rows(answer)
        return int(row[0])

    assert count("PT1H", "P30D") == count("P30D", "PT1H") == count("PT1H", "PT1H") < count("P30D", "P30D")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_metadata_has_the_columns_of_every_table_and_both_ids(azure: AzureWorld, method: str) -> None:
    workspace = azure.workspace
    by_id = send(azure, method, f"/workspaces/{workspace.customer_id}/metadata")
    metadata = by_id.json()
    columns = {table["name"]: {each["name"]: each["type"] for each in table["columns"]} for table in metadata["tables"]}
    assert columns == {name: dict(SCHEMAS[name]) for name in workspace.tables}
    (place,) = metadata["workspaces"]
    assert (place["id"], place["resourceId"]) == (workspace.customer_id, workspace.scope)
    assert send(azure, method, f"{workspace.scope}/metadata").json() == metadata
    assert error(send(azure, method, "/workspaces/law-contoso/metadata"), 404)["code"] == "PathNotFoundError"
    azure.tenant.revoke_roles()
    assert send(azure, method, f"/workspaces/{workspace.customer_id}/metadata").status_code == 403


@engine
def test_a_query_over_listed_workspaces_has_the_rows_of_all(azure: AzureWorld, second: Workspace) -> None:
    text = "SecurityIncident | summarize count() by TenantId"
    (own,) = rows(azure.query(text))
    names = (
        second.customer_id,
        second.name,
        second.scope,
        f"{second.subscription_id}/{second.resource_group}/{second.name}",
    )
    for name in names:
        result = rows(azure.query(text, workspaces=[name, azure.workspace.customer_id]))
        count = len(second.tables["SecurityIncident"].rows)
        assert sorted(result) == sorted([own, [second.customer_id, count]])
    by_get = {"query": text, "workspaces": second.name}
    path = f"/workspaces/{azure.workspace.customer_id}/query"
    assert len(rows(send(azure, "GET", path, params=by_get))) == 2


@engine
def test_a_query_can_use_tables_of_other_workspaces(azure: AzureWorld, second: Workspace) -> None:
    table = f'workspace("{second.customer_id}").SecurityIncident'
    assert rows(azure.query(f"{table} | distinct TenantId")) == [[second.customer_id]]
    both = rows(azure.query(f"union SecurityIncident, {table} | distinct TenantId"))
    assert sorted(both) == sorted([[second.customer_id], [azure.workspace.customer_id]])
    wrong = innermost(error(azure.query(f"{table} | where"), 400))
    assert (wrong["code"], wrong["line"]) == ("SYN0002", 1)
    assert wrong["pos"] >= len(table)
    unknown = innermost(error(azure.query("workspace('law-second').Nope | take 1"), 400))
    assert unknown["code"] == "SEM0100"
    assert "'Nope'" in unknown["message"]


def test_workspaces_out_of_reach_are_refused(azure: AzureWorld, second: Workspace) -> None:
    assert error(azure.query(PRINT, workspaces=["no-such"]), 400)["code"] == "FailedToResolveResource"
    assert error(azure.query("workspace('no-such').Usage"), 400)["code"] == "FailedToResolveResource"
    assert innermost(error(azure.query(PRINT, workspaces="no-list"), 400))["code"] == "QueryValidationError"
    azure.tenant.assignments.pop()  # the assignment on the second workspace
    for answer in (azure.query(PRINT, workspaces=[second.name]), azure.query(f"workspace('{second.name}').Usage")):
        assert second.customer_id in innermost(error(answer, 403))["message"]


def test_the_chart_options_of_a_query_are_read() -> None:
    text = (
        "T | summarize count() by A | render BarChart with (title='a, b', kind=stacked, ycolumns=x, y, accumulate=true)"
    )
    assert visualization(text) == DEFAULTS | {
        "visualization": "BarChart",
        "title": "a, b",
        "kind": "stacked",
        "yColumns": ["x", "y"],
        "accumulate": True,
    }
    assert visualization("T | render timechart title='24H'")["title"] == "24H"
    assert visualization("T | take 1") == DEFAULTS


def test_preferences_are_applied_or_refused(azure: AzureWorld) -> None:
    answer = azure.query(PRINT, prefer="wait=30, include-render=true,include-statistics=true").json()
    assert answer["render"] == DEFAULTS
    assert "statistics" in answer
    assert not {"render", "statistics"} & azure.query(PRINT, prefer="include-render=false").json().keys()
    refused = error(azure.query(PRINT, prefer="include-dataSources=true"), 400)
    assert innermost(refused)["code"] == "NotEvaluated"
    assert "include-datasources" in refused["message"]

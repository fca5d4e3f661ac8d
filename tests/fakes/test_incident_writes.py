"""Writes to incidents: a responder's change shows on every route, a reader's is refused with the missing action."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from conformance.apis import graph, log_analytics, sentinel
from conformance.fakes.state.tenant import GRAPH_APP
from conformance.fakes.state.timeline import ACCOUNTS, Incident
from tests.fakes.azure_world import AzureWorld
from tests.fakes.fake_defender import error

RESPONDER = "Microsoft Sentinel Responder"
NEW = "aaaaaaaa-1111-4111-8111-111111111111"


def write(azure: AzureWorld, method: str, end: str, body: Any = None, **headers: str) -> httpx.Response:
    """Return the answer to a write of the connection's app to Sentinel's incidents."""
    request = azure.request(sentinel.INCIDENTS.ask())
    url = request.url.copy_with(path=f"{request.url.path}/{end}")
    token = {"Authorization": request.headers["authorization"]}
    return azure.send(httpx.Request(method, url, json=body, headers={**token, **headers}))


def read_incident(azure: AzureWorld, id: str) -> Any:
    return azure.put(sentinel.INCIDENT.ask(incident=id)).json()


@pytest.fixture
def incident(azure: AzureWorld) -> Incident:
    """Return an open incident, in a tenant in which the app may write."""
    azure.tenant.assign(RESPONDER)
    return next(incident for incident in azure.workspace.incidents if incident.status == "New")


CHANGE = {"properties": {"title": "Taken up", "severity": "Low", "status": "Active"}}


def test_a_readers_write_is_refused_with_its_action(azure: AzureWorld) -> None:
    id = azure.workspace.incidents[0].id
    for method, end, action in (
        ("PUT", id, "incidents/write"),
        ("DELETE", id, "incidents/delete"),
        ("PUT", f"{id}/comments/{NEW}", "incidents/comments/write"),
        ("PUT", f"{id}/tasks/{NEW}", "incidents/tasks/write"),
        ("PUT", f"{id}/relations/{NEW}", "incidents/relations/write"),
    ):
        refused = error(write(azure, method, end, CHANGE), 403)
        assert refused["code"] == "AuthorizationFailed"
        assert f"'Microsoft.SecurityInsights/{action}'" in refused["message"]
    assert read_incident(azure, id)["properties"]["title"] == azure.workspace.incidents[0].title


def test_a_change_is_seen_on_every_route(azure: AzureWorld, incident: Incident) -> None:
    properties = {
        "title": "Closed by us",
        "severity": "Low",
        "status": "Closed",
        "classification": "FalsePositive",
        "classificationReason": "IncorrectAlertLogic",
        "classificationComment": "A test",
        "labels": [{"labelName": "drill"}],
        "owner": {"userPrincipalName": ACCOUNTS[0].upn},
    }
    answer = write(azure, "PUT", incident.id, {"properties": properties})
    assert answer.status_code == 200
    assert answer.json() == read_incident(azure, incident.id)
    changed = answer.json()["properties"]
    assert {name: changed[name] for name in properties if name not in ("labels", "owner")} == {
        name: value for name, value in properties.items() if name not in ("labels", "owner")
    }
    assert changed["labels"] == [{"labelName": "drill", "labelType": "User"}]
    assert changed["owner"]["assignedTo"] == ACCOUNTS[0].display_name
    in_graph = azure.put(graph.INCIDENT.ask(incident=str(incident.number), expand="alerts")).json()
    assert (in_graph["displayName"], in_graph["status"], in_graph["customTags"], in_graph["classification"]) == (
        "Closed by us", "resolved", ["drill"], "falsePositive",
    )  # fmt: skip
    assert {alert["status"] for alert in in_graph["alerts"]} == {"resolved"}
    row = azure.workspace.tables["SecurityIncident"].rows[-1]
    assert (row["Title"], row["Status"], row["Classification"]) == ("Closed by us", "Closed", "FalsePositive")
    assert json.loads(row["Labels"])[0]["labelName"] == "drill"


def test_a_stale_etag_changes_nothing(azure: AzureWorld, incident: Incident) -> None:
    before = read_incident(azure, incident.id)["etag"]
    assert write(azure, "PUT", incident.id, {"etag": before, **CHANGE}).status_code == 200
    stale = error(write(azure, "PUT", incident.id, {"etag": before, **CHANGE}), 409)
    assert stale["code"] == "Conflict"
    assert error(write(azure, "PUT", incident.id, CHANGE, **{"If-Match": before}), 412)["code"] == "PreconditionFailed"
    now = read_incident(azure, incident.id)
    assert now["etag"] != before
    assert write(azure, "PUT", incident.id, CHANGE, **{"If-Match": now["etag"]}).status_code == 200


def test_a_body_without_required_members_changes_nothing(azure: AzureWorld, incident: Incident) -> None:
    for properties in ({"title": "x"}, {**CHANGE["properties"], "status": "Pondered"}, None):
        assert error(write(azure, "PUT", incident.id, {"properties": properties}), 400)["code"] == "BadRequest"
    assert read_incident(azure, incident.id)["properties"]["title"] == incident.title


@pytest.fixture
def contributor(azure: AzureWorld, incident: Incident) -> None:
    """Give the app a role that may delete incidents, after asserting that a responder may not."""
    assert write(azure, "DELETE", incident.id).status_code == 403
    azure.tenant.assign("Microsoft Sentinel Contributor")


@pytest.mark.usefixtures("contributor")
def test_an_incident_is_created_and_deleted(azure: AzureWorld) -> None:
    response = write(azure, "PUT", NEW, CHANGE)
    assert response.status_code == 201
    assert response.json()["properties"]["providerName"] == "Azure Sentinel"
    assert read_incident(azure, NEW)["properties"]["additionalData"]["alertsCount"] == 0
    assert azure.workspace.tables["SecurityIncident"].rows[-1]["IncidentName"] == NEW
    assert write(azure, "DELETE", NEW).status_code == 200
    assert write(azure, "DELETE", NEW).status_code == 204
    assert azure.put(sentinel.INCIDENT.ask(incident=NEW)).status_code == 404


@pytest.mark.usefixtures("contributor")
def test_comments_and_tasks(azure: AzureWorld, incident: Incident) -> None:
    for end, endpoint, body, again in (
        ("comments", sentinel.INCIDENT_COMMENTS, {"message": "Seen"}, {"message": "Done"}),
        ("tasks", sentinel.INCIDENT_TASKS, {"title": "a", "status": "New"}, {"title": "a", "status": "Completed"}),
    ):
        path = f"{incident.id}/{end}/{NEW}"
        response = write(azure, "PUT", path, {"properties": body})
        assert response.status_code == 201
        assert response.json()["properties"].items() >= body.items()
        assert write(azure, "PUT", path, {"properties": again}).status_code == 200
        (listed,) = azure.put(endpoint.ask(incident=incident.id)).json()["value"]
        assert listed == write(azure, "GET", path).json()
        assert listed["properties"].items() >= again.items()
        assert error(write(azure, "PUT", path, {"properties": {}}), 400)["code"] == "BadRequest"
        assert write(azure, "DELETE", path).status_code == 200
        assert write(azure, "DELETE", path).status_code == 204
        assert error(write(azure, "GET", path), 404)["code"] == "NotFound"


@pytest.mark.usefixtures("contributor")
def test_a_bookmark_is_related(azure: AzureWorld, incident: Incident) -> None:
    bookmark = azure.workspace.content["bookmarks"][0]
    path = f"{incident.id}/relations/{NEW}"
    response = write(azure, "PUT", path, {"properties": {"relatedResourceId": bookmark["id"]}})
    assert response.status_code == 201
    assert response.json() == write(azure, "GET", path).json()
    assert response.json()["properties"]["relatedResourceName"] == bookmark["name"]
    shown_marks = azure.put(sentinel.INCIDENT_BOOKMARKS.ask(incident=incident.id)).json()["value"]
    assert bookmark["name"] in [bookmark["name"] for bookmark in shown_marks]
    alert = {"properties": {"relatedResourceId": f"/entities/{NEW}"}}
    assert write(azure, "PUT", f"{incident.id}/relations/x", alert).headers["x-virtual-tenant"]
    assert write(azure, "DELETE", path).status_code == 200
    assert write(azure, "GET", path).status_code == 404


def patched(azure: AzureWorld, path: str, body: Any) -> httpx.Response:
    """Return the answer to a PATCH request to Microsoft Graph security."""
    request = azure.request(graph.INCIDENTS.ask())
    url = request.url.copy_with(path=f"/v1.0/security/{path}", query=None)
    return azure.send(
        httpx.Request("PATCH", url, json=body, headers={"Authorization": request.headers["authorization"]})
    )


def test_graph_changes_an_incident_by_its_write_permission(azure: AzureWorld) -> None:
    incident = next(item for item in azure.workspace.incidents if item.status == "New")
    path, change = (
        f"incidents/{incident.number}",
        {"status": "inProgress", "assignedTo": "x@y.example", "determination": "apt"},
    )
    assert error(patched(azure, path, change), 403)["code"] == "Forbidden"
    azure.tenant.consent(GRAPH_APP, "SecurityIncident.ReadWrite.All")
    answer = patched(azure, path, change)
    assert answer.status_code == 200
    assert answer.json().items() >= change.items()
    in_sentinel = read_incident(azure, incident.id)["properties"]
    assert (in_sentinel["status"], in_sentinel["owner"]["assignedTo"]) == ("Active", "x@y.example")
    assert azure.workspace.tables["SecurityIncident"].rows[-1]["Status"] == "Active"
    assert error(patched(azure, path, {"status": "gone"}), 400)["code"] == "BadRequest"
    assert patched(azure, path, {"tenantId": "x"}).headers["x-virtual-tenant"] == "route-not-served"


def test_graph_changes_an_alert_by_its_write_permission(azure: AzureWorld) -> None:
    id = azure.tenant.defender.graph_alerts[0]["id"]
    change = {"status": "resolved", "classification": "falsePositive"}
    assert error(patched(azure, f"alerts_v2/{id}", change), 403)["code"] == "Forbidden"
    azure.tenant.consent(GRAPH_APP, "SecurityAlert.ReadWrite.All")
    answer = patched(azure, f"alerts_v2/{id}", change).json()
    assert answer.items() >= change.items()
    assert answer["resolvedDateTime"]
    assert azure.put(graph.ALERT.ask(alert=id)).json() == answer
    assert patched(azure, "alerts_v2/none", change).status_code == 404


def test_changes_appear_in_query_results(azure: AzureWorld, incident: Incident) -> None:
    pytest.importorskip("duckdb_kql")
    assert write(azure, "PUT", incident.id, CHANGE).status_code == 200
    text = (
        "SecurityIncident | summarize arg_max(LastModifiedTime, *) by IncidentNumber"
        f" | where IncidentName == '{incident.id}' | project Title, Severity, Status"
    )
    answer = azure.put(log_analytics.QUERY.ask(json={"query": text})).json()
    assert answer["tables"][0]["rows"] == [["Taken up", "Low", "Active"]]

"""Microsoft Sentinel of the virtual tenant: the incidents of the timeline, and its configuration."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest

from conformance.apis import kql, log_analytics, sentinel
from conformance.apis.endpoint import SENTINEL_API, Endpoint
from conformance.fakes.services.routes import ANSWERS, PROVENANCE
from conformance.fakes.state.timeline import incidents
from conformance.findings import explain
from tests.fakes.azure_world import AzureWorld
from tests.fakes.fake_defender import decoded, error, members
from tests.fakes.sentinel_operations import (
    DECLARED,
    LISTS,
    NEWEST,
    OF_AN_INCIDENT,
    ask,
    by_name,
    listed,
)


def test_every_operation_is_answered_and_states_its_source() -> None:
    assert DECLARED
    assert {endpoint.name for endpoint in DECLARED} <= set(ANSWERS) & set(PROVENANCE)
    assert all(provenance.source for name, provenance in PROVENANCE.items() if name.startswith(f"{SENTINEL_API.name}/"))


@pytest.mark.parametrize("endpoint", DECLARED, ids=by_name)
def test_answers_have_the_documented_shape(azure: AzureWorld, endpoint: Endpoint[Any]) -> None:
    decoded(ask(azure, endpoint), endpoint)


@pytest.mark.parametrize("endpoint", OF_AN_INCIDENT, ids=by_name)
def test_every_incident_of_the_timeline_has_details(azure: AzureWorld, endpoint: Endpoint[Any]) -> None:
    for incident in azure.workspace.incidents:
        decoded(ask(azure, endpoint, incident=incident.id.upper()), endpoint)


@pytest.mark.parametrize("endpoint", DECLARED, ids=by_name)
def test_resources_are_the_workspaces_own(azure: AzureWorld, endpoint: Endpoint[Any]) -> None:
    base = f"{azure.workspace.scope}/providers/Microsoft.SecurityInsights/"
    ids = [value for _, value in members(ask(azure, endpoint).json(), lambda name: name == "id")]
    assert all(id.startswith(base) for id in ids)


# Incidents


def test_incidents_are_those_of_the_timeline(azure: AzureWorld) -> None:
    listed = {incident.name: incident for incident in decoded(ask(azure, sentinel.INCIDENTS), sentinel.INCIDENTS).value}
    assert set(listed) == {incident.id for incident in azure.workspace.incidents}
    for incident in azure.workspace.incidents:
        properties = listed[incident.id].properties
        assert (properties.title, properties.severity, properties.status) == (
            incident.title,
            incident.severity,
            incident.status,
        )
        assert (properties.created_time_utc, properties.last_modified_time_utc) == (incident.created, incident.modified)
        assert (properties.incident_number, listed[incident.id].alerts_count) == (incident.number, len(incident.alerts))


def test_incidents_have_a_quoted_etag_and_no_system_data(azure: AzureWorld) -> None:
    for item in ask(azure, sentinel.INCIDENTS).json()["value"]:
        assert item["etag"].startswith('"')
        assert item["etag"].endswith('"')
        assert "systemData" not in item


def test_an_incident_reads_the_same_in_the_list_and_by_itself(azure: AzureWorld) -> None:
    for item in ask(azure, sentinel.INCIDENTS).json()["value"]:
        assert ask(azure, sentinel.INCIDENT, incident=item["name"]).json() == item


def test_the_table_has_the_same_incidents(azure: AzureWorld) -> None:
    rows = decoded(azure.query(kql.RECENT_INCIDENTS), log_analytics.QUERY).records()
    there = {(row["IncidentName"], row["IncidentNumber"], row["LastModifiedTime"]) for row in rows}
    assert there == {
        (item.name, item.properties.incident_number, item.properties.last_modified_time_utc)
        for item in decoded(ask(azure, sentinel.INCIDENTS), sentinel.INCIDENTS).value
    }


def test_related_items_of_an_incident_match_its_counts(azure: AzureWorld) -> None:
    for incident in azure.workspace.incidents:
        counted = decoded(
            ask(azure, sentinel.INCIDENT, incident=incident.id), sentinel.INCIDENT
        ).properties.additional_data
        for endpoint, count in (
            (sentinel.INCIDENT_ALERTS, counted.alerts_count),
            (sentinel.INCIDENT_BOOKMARKS, counted.bookmarks_count),
            (sentinel.INCIDENT_COMMENTS, counted.comments_count),
        ):
            assert len(decoded(ask(azure, endpoint, incident=incident.id), endpoint).value) == count


def test_alerts_are_those_of_the_table(azure: AzureWorld) -> None:
    alerts = {row["SystemAlertId"] for row in azure.workspace.tables["SecurityAlert"].rows}
    for incident in azure.workspace.incidents:
        related = decoded(ask(azure, sentinel.INCIDENT_ALERTS, incident=incident.id), sentinel.INCIDENT_ALERTS).value
        assert {alert.kind for alert in related} == {"SecurityAlert"}
        assert (
            {alert.properties.system_alert_id for alert in related} == {alert.id for alert in incident.alerts} <= alerts
        )


def test_entities_come_once_each_with_their_count_by_kind(azure: AzureWorld) -> None:
    for incident in azure.workspace.incidents:
        answer = decoded(ask(azure, sentinel.INCIDENT_ENTITIES, incident=incident.id), sentinel.INCIDENT_ENTITIES)
        kinds = [entity.kind for entity in answer.entities]
        assert len({entity.name for entity in answer.entities}) == len(kinds)
        assert {count.entity_kind: count.count for count in answer.meta_data} == {
            kind: kinds.count(kind) for kind in kinds
        }


def test_relations_lead_to_the_alerts(azure: AzureWorld) -> None:
    relations = decoded(ask(azure, sentinel.INCIDENT_RELATIONS), sentinel.INCIDENT_RELATIONS).value
    alerts = {alert.id for alert in azure.workspace.incidents[0].alerts}
    assert {relation.properties.related_resource_name for relation in relations} == alerts


@pytest.mark.parametrize("endpoint", OF_AN_INCIDENT, ids=by_name)
def test_an_incident_that_does_not_exist_is_not_found(azure: AzureWorld, endpoint: Endpoint[Any]) -> None:
    response = ask(azure, endpoint, incident="11111111-2222-4333-8444-555555555555")
    assert error(response, 404)["code"] == "NotFound"
    assert explain(response.content, status=404, service="sentinel").cause == "object_not_found"


# Query options and pages


@pytest.mark.parametrize("top", [1, 3, 4, 7])
@pytest.mark.parametrize("filter", [None, "properties/severity eq 'High'"])
def test_pages_yield_every_incident_once_and_end(azure: AzureWorld, top: int, filter: str | None) -> None:
    options: dict[str, Any] = {"top": top, "orderby": NEWEST} | ({"filter": filter} if filter else {})
    pages = [[item["name"] for item in page["value"]] for page in azure.pages(sentinel.INCIDENTS.ask(**options))]
    assert all(len(page) == top for page in pages[:-1])
    assert [name for page in pages for name in page] == listed(
        azure, **{name: value for name, value in options.items() if name != "top"}
    )


def test_a_next_link_has_the_form_of_the_service(azure: AzureWorld) -> None:
    link = ask(azure, sentinel.INCIDENTS, top=3, orderby=NEWEST).json()["nextLink"]
    assert link.startswith("https://management.azure.com:443/subscriptions/")
    assert f"api-version={sentinel.STABLE}" in link
    assert f"$orderby={NEWEST}" in link
    token = link.partition("$skipToken=")[2]
    assert isinstance(json.loads(token), list)


def test_the_last_page_links_to_nothing(azure: AzureWorld) -> None:
    assert "nextLink" not in ask(azure, sentinel.INCIDENTS, top=8).json()


def test_a_page_has_fifty_incidents_by_default_and_a_thousand_at_most(azure: AzureWorld) -> None:
    now = azure.tenant.clock.service_now()
    azure.workspace.incidents = [
        incident
        for week in range(130)
        for incident in incidents(now, delay=timedelta(weeks=week), first=4711 - 8 * week)
    ]
    assert len(listed(azure)) == 50
    assert len(listed(azure, top=1000)) == 1000
    assert error(ask(azure, sentinel.INCIDENTS, top=1001), 400)["code"] == "BadRequest"


@pytest.mark.parametrize("property", ["createdTimeUtc", "lastModifiedTimeUtc"])
@pytest.mark.parametrize("direction", ["asc", "desc", ""])
def test_incidents_come_in_the_order_asked_for(azure: AzureWorld, property: str, direction: str) -> None:
    answer = ask(azure, sentinel.INCIDENTS, orderby=f"properties/{property} {direction}".strip())
    times = [item["properties"][property] for item in answer.json()["value"]]
    for value, other in pairwise(times):
        assert value >= other if direction == "desc" else value <= other


@pytest.mark.parametrize(
    ("filter", "members"),
    [
        ("properties/severity eq 'High'", {"severity": "High"}),
        ("properties/status eq 'New'", {"status": "New"}),
        ("properties/severity eq 'High' and properties/status eq 'Closed'", {"severity": "High", "status": "Closed"}),
        ("properties/severity eq 'NoSuch'", {"severity": "NoSuch"}),
    ],
)
def test_incidents_can_be_filtered(azure: AzureWorld, filter: str, members: dict[str, str]) -> None:
    assert set(listed(azure, filter=filter)) == {
        incident.id
        for incident in azure.workspace.incidents
        if all(getattr(incident, name) == value for name, value in members.items())
    }


def test_incidents_are_filtered_as_polling_connectors_do(azure: AzureWorld) -> None:
    since = sorted(incident.modified for incident in azure.workspace.incidents)[3]
    after = f"properties/lastModifiedTimeUtc ge {since:%Y-%m-%dT%H:%M:%S.%fZ}"
    open_ones = "(properties/status eq 'New' or properties/status eq 'Active')"
    assert set(listed(azure, filter=f"{after} and {open_ones}")) == {
        incident.id
        for incident in azure.workspace.incidents
        if incident.modified >= since and incident.status != "Closed"
    }
    assert set(listed(azure, filter="properties/classification ne 'TruePositive'")) == {
        incident.id for incident in azure.workspace.incidents if incident.classification != "TruePositive"
    }


@pytest.mark.parametrize(
    "options",
    [
        {"filter": "severity eq 'High'"},
        {"filter": "properties/severity is 'High'"},
        {"filter": "properties/severity eq 'High' or properties/nothing eq 'New'"},
        {"orderby": "createdTimeUtc desc"},
        {"orderby": "properties/title asc"},
        {"orderby": "properties/createdTimeUtc down"},
        {"top": 0},
        {"top": -1},
        {"top": "all"},
        {"skip_token": "not-ours"},
    ],
    ids=lambda options: "-".join(f"{name}={value}" for name, value in options.items()),
)
def test_an_option_that_cannot_be_understood_is_refused(azure: AzureWorld, options: dict[str, Any]) -> None:
    response = ask(azure, sentinel.INCIDENTS, **options)
    assert error(response, 400)["code"] == "BadRequest"
    assert explain(response.content, status=400, service="sentinel").cause == "request_invalid"


# Configuration


@pytest.mark.parametrize("endpoint", LISTS, ids=by_name)
def test_every_list_has_items(azure: AzureWorld, endpoint: Endpoint[Any]) -> None:
    assert decoded(ask(azure, endpoint), endpoint).value


@pytest.mark.parametrize("endpoint", LISTS, ids=by_name)
def test_an_empty_list_is_a_success(azure: AzureWorld, endpoint: Endpoint[Any]) -> None:
    azure.workspace.incidents.clear()
    azure.workspace.content.clear()
    assert ask(azure, endpoint).json() == {"value": []}


def test_stable_versions_hide_near_real_time_rules(azure: AzureWorld) -> None:
    stable = ask(azure, sentinel.ALERT_RULES).json()["value"]
    request = azure.request(sentinel.ALERT_RULES.ask())
    url = request.url.copy_set_param("api-version", sentinel.PREVIEW)
    preview = azure.send(httpx.Request("GET", url, headers=request.headers)).json()["value"]
    assert [rule["kind"] for rule in preview if rule not in stable] == ["NRT"]
    assert all(rule in preview for rule in stable)


def test_metadata_can_be_cut(azure: AzureWorld) -> None:
    assert len(ask(azure, sentinel.METADATA, top=1).json()["value"]) == 1
    assert len(ask(azure, sentinel.METADATA).json()["value"]) == 2
    error(ask(azure, sentinel.METADATA, top="all"), 400)

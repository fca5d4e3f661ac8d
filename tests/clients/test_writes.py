"""Writes of Microsoft's clients to the virtual tenant, and reads that only they send; answers are typed models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.mgmt.loganalytics import LogAnalyticsManagementClient
from azure.mgmt.securityinsight import SecurityInsightsMgmtClient, models
from msgraph import GraphServiceClient
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.security.alert import Alert
from msgraph.generated.models.security.alert_status import AlertStatus
from msgraph.generated.models.security.incident import Incident
from msgraph.generated.models.security.incident_status import IncidentStatus
from msgraph.generated.security.microsoft_graph_security_run_hunting_query.run_hunting_query_post_request_body import (
    RunHuntingQueryPostRequestBody,
)

from conformance.fakes import World
from conformance.fakes.state.tenant import GRAPH_APP
from tests.clients.azure_errors import error_of

WHERE = ("rg-security", "law-security")
NEW = "aaaaaaaa-1111-4111-8111-111111111111"


@pytest.fixture
def client(world: World, signed_in: Callable[..., Any]) -> Iterator[SecurityInsightsMgmtClient]:
    subscription = world.connection.subscription_id
    with SecurityInsightsMgmtClient(signed_in(world.connection), subscription, retry_total=0) as client:
        yield client


@pytest.fixture
def incident(world: World) -> str:
    return next(incident.id for incident in world.tenant.workspace.incidents if incident.status == "New")


def test_an_incident_is_changed_commented_related_and_deleted(
    client: SecurityInsightsMgmtClient, world: World, incident: str
) -> None:
    current = client.incidents.get(*WHERE, incident)
    current.status, current.labels = models.IncidentStatus.ACTIVE, [models.IncidentLabel(label_name="drill")]
    refused = error_of(lambda: client.incidents.create_or_update(*WHERE, incident, current))
    assert refused == ("HttpResponseError", 403, "AuthorizationFailed")
    world.tenant.assign("Microsoft Sentinel Contributor")
    changed = client.incidents.create_or_update(*WHERE, incident, current)
    assert (changed.status, changed.labels[0].label_name) == (models.IncidentStatus.ACTIVE, "drill")
    assert changed.etag != current.etag
    stale = error_of(lambda: client.incidents.create_or_update(*WHERE, incident, current))
    assert stale == ("ResourceExistsError", 409, "Conflict")
    comment = client.incident_comments.create_or_update(
        *WHERE, incident, NEW, models.IncidentComment(message="Looking into it")
    )
    assert comment.author.object_id == world.tenant.app.service_principal_id
    assert [comment.message for comment in client.incident_comments.list(*WHERE, incident)] == ["Looking into it"]
    task = models.IncidentTask(title="Call", status=models.IncidentTaskStatus.NEW)
    assert client.incident_tasks.create_or_update(*WHERE, incident, NEW, task).created_time_utc
    bookmark = next(iter(client.bookmarks.list(*WHERE)))
    related = client.incident_relations.create_or_update(
        *WHERE, incident, NEW, models.Relation(related_resource_id=bookmark.id)
    )
    assert related.related_resource_name == bookmark.name
    client.incident_relations.delete(*WHERE, incident, NEW)
    client.incidents.delete(*WHERE, incident)
    assert error_of(lambda: client.incidents.get(*WHERE, incident))[:2] == ("ResourceNotFoundError", 404)


def test_templates_and_indicators(client: SecurityInsightsMgmtClient, world: World) -> None:
    templates = list(client.alert_rule_templates.list(*WHERE))
    assert templates
    assert {type(template) for template in templates} == {models.ScheduledAlertRuleTemplate}
    assert client.alert_rule_templates.get(*WHERE, templates[0].name).display_name == templates[0].display_name
    indicators = list(client.threat_intelligence_indicators.list(*WHERE))
    rows = world.tenant.workspace.tables["ThreatIntelIndicators"].rows
    assert [indicator.display_name for indicator in indicators] == [row["ObservableValue"] for row in rows]
    assert {type(indicator) for indicator in indicators} == {models.ThreatIntelligenceIndicatorModel}
    criteria = models.ThreatIntelligenceFilteringCriteria(min_confidence=80)
    confident = list(client.threat_intelligence_indicator.query_indicators(*WHERE, criteria))
    assert [indicator.confidence for indicator in confident] == [
        row["Confidence"] for row in rows if row["Confidence"] >= 80
    ]


def test_single_resources(client: SecurityInsightsMgmtClient) -> None:
    for operations in ("alert_rules", "automation_rules", "bookmarks", "data_connectors", "watchlists", "metadata"):
        listed = next(iter(getattr(client, operations).list(*WHERE)))
        item = getattr(client, operations).get(*WHERE, listed.name)
        assert type(item) is type(listed)
        assert item.id == listed.id
    assert error_of(lambda: client.watchlists.get(*WHERE, "none"))[:2] == ("ResourceNotFoundError", 404)
    assert [state.name for state in client.sentinel_onboarding_states.list(*WHERE).value] == ["default"]


def test_tables(world: World, signed_in: Callable[..., Any]) -> None:
    subscription = world.connection.subscription_id
    with LogAnalyticsManagementClient(signed_in(world.connection), subscription, retry_total=0) as workspaces:
        listed = {table.name for table in workspaces.tables.list_by_workspace(*WHERE)}
    assert listed == world.tenant.workspace.tables.keys()


def test_alerts_and_incidents_of_graph_are_changed(ask: Any, world: World) -> None:
    incident = next(item for item in world.tenant.workspace.incidents if item.status == "New")
    alert = next(each for each in world.tenant.defender.graph_alerts if each["incidentId"] == str(incident.number))

    async def take_up(client: GraphServiceClient) -> Any:
        body = Incident(status=IncidentStatus.InProgress, assigned_to="a.miller@corp.example", custom_tags=["drill"])
        return await client.security.incidents.by_incident_id(str(incident.number)).patch(body)

    async def resolve(client: GraphServiceClient) -> Any:
        return await client.security.alerts_v2.by_alert_id(alert["id"]).patch(Alert(status=AlertStatus.Resolved))

    world.tenant.consent(GRAPH_APP, "SecurityIncident.ReadWrite.All", "SecurityAlert.ReadWrite.All")
    answer = ask(take_up)
    assert (answer.status, answer.custom_tags) == (IncidentStatus.InProgress, ["drill"])
    assert ask(resolve).status is AlertStatus.Resolved
    assert next(each for each in world.tenant.workspace.incidents if each.id == incident.id).status == "Active"


def test_control_profiles(ask: Any, world: World) -> None:
    answer = ask(lambda client: client.security.secure_score_control_profiles.get())
    assert [item.id for item in answer.value] == ["AdminMFA"]
    assert answer.value[0].max_score == 50.0


def test_hunting(ask: Any, world: World) -> None:
    async def hunt(client: GraphServiceClient, query: str) -> Any:
        body = RunHuntingQueryPostRequestBody(query=query, timespan="P30D")
        return await client.security.microsoft_graph_security_run_hunting_query.post(body)

    query = "SecurityIncident | summarize n = dcount(IncidentNumber) by Severity"
    world.tenant.consent(GRAPH_APP, "ThreatHunting.Read.All")
    answer = ask(lambda client: hunt(client, query))
    assert [(column.name, column.type) for column in answer.schema] == [("Severity", "String"), ("n", "Int64")]
    assert sum(row.additional_data["n"] for row in answer.results) == len(world.tenant.workspace.incidents)
    with pytest.raises(ODataError, match="does not serve the table DeviceInfo"):
        ask(lambda client: hunt(client, "DeviceInfo | take 1"))


def test_graph_refuses_requests_without_consent(ask: Any, world: World) -> None:
    async def take_up(client: GraphServiceClient) -> Any:
        number = str(world.tenant.workspace.incidents[0].number)
        return await client.security.incidents.by_incident_id(number).patch(Incident(status=IncidentStatus.Active))

    async def hunt(client: GraphServiceClient) -> Any:
        body = RunHuntingQueryPostRequestBody(query="SecurityIncident | take 1")
        return await client.security.microsoft_graph_security_run_hunting_query.post(body)

    for question, permission in ((take_up, "SecurityIncident.ReadWrite.All"), (hunt, "ThreatHunting.Read.All")):
        with pytest.raises(ODataError, match=f"required roles: {permission}") as refused:
            ask(question)
        assert refused.value.response_status_code == 403

"""azure-mgmt-securityinsight: incidents and their related resources, the workspace's content, and refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.mgmt.securityinsight import SecurityInsightsMgmtClient, models

from conformance.fakes import World
from conformance.fakes.services.throttling import throttling
from tests.clients.azure_errors import error_of, refusal

WHERE = ("rg-security", "law-security")


@pytest.fixture
def client(world: World, signed_in: Callable[..., Any]) -> Iterator[SecurityInsightsMgmtClient]:
    subscription = world.connection.subscription_id
    with SecurityInsightsMgmtClient(signed_in(world.connection), subscription, retry_total=0) as client:
        yield client


@pytest.fixture
def incident(world: World) -> str:
    """Return the id of an incident with alerts and comments."""
    return next(incident.id for incident in world.tenant.workspace.incidents if incident.alerts and incident.comments)


def test_sentinel_is_onboarded(client: SecurityInsightsMgmtClient) -> None:
    state = client.sentinel_onboarding_states.get(*WHERE, "default")
    assert (state.name, state.customer_managed_key) == ("default", False)


def test_incidents(client: SecurityInsightsMgmtClient, world: World) -> None:
    incidents = {incident.incident_number: incident for incident in client.incidents.list(*WHERE)}
    there = {incident.number: incident for incident in world.tenant.workspace.incidents}
    assert incidents.keys() == there.keys()
    for number, incident in incidents.items():
        assert incident.title == there[number].title
        assert incident.severity is models.IncidentSeverity(there[number].severity)
        assert incident.status is models.IncidentStatus(there[number].status)
        assert abs(incident.created_time_utc - there[number].created) < timedelta(milliseconds=1)
        assert incident.created_time_utc <= incident.last_modified_time_utc <= datetime.now(UTC)
        assert incident.additional_data.alerts_count == len(there[number].alerts)
        assert {models.AttackTactic(tactic) for tactic in incident.additional_data.tactics}
        assert incident.owner is not None
        assert (incident.classification is not None) == (incident.status is models.IncidentStatus.CLOSED)


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("top", [1, 3, 1000])
def test_paging_returns_every_incident(client: SecurityInsightsMgmtClient, world: World, top: int, order: str) -> None:
    listed = client.incidents.list(*WHERE, top=top, orderby=f"properties/createdTimeUtc {order}")
    pages = [[incident.created_time_utc for incident in page] for page in listed.by_page()]
    times = [time for page in pages for time in page]
    assert len(times) == len(set(times)) == len(world.tenant.workspace.incidents)
    assert times == sorted(times, reverse=order == "desc")
    assert {len(page) for page in pages[:-1]} <= {top}


def test_filtered_incidents(client: SecurityInsightsMgmtClient, world: World) -> None:
    high = client.incidents.list(*WHERE, top=2, filter="properties/severity eq 'High'")
    assert {incident.incident_number for incident in high} == {
        incident.number for incident in world.tenant.workspace.incidents if incident.severity == "High"
    }


def test_an_incident(client: SecurityInsightsMgmtClient, incident: str) -> None:
    answer = client.incidents.get(*WHERE, incident)
    assert (answer.name, answer.type) == (incident, "Microsoft.SecurityInsights/Incidents")


def test_alerts_of_an_incident(client: SecurityInsightsMgmtClient, incident: str) -> None:
    alerts = client.incidents.list_alerts(*WHERE, incident).value
    assert len(alerts) == client.incidents.get(*WHERE, incident).additional_data.alerts_count
    for alert in alerts:
        assert isinstance(alert, models.SecurityAlert)
        assert alert.severity in models.AlertSeverity
        assert alert.status in models.AlertStatus
        assert isinstance(alert.time_generated, datetime)


def test_entities_of_an_incident(client: SecurityInsightsMgmtClient, incident: str) -> None:
    answer = client.incidents.list_entities(*WHERE, incident)
    assert {type(entity) for entity in answer.entities} == {models.AccountEntity, models.HostEntity, models.IpEntity}
    assert sum(count.count for count in answer.meta_data) == len(answer.entities)
    assert all(count.entity_kind in models.EntityKind for count in answer.meta_data)


def test_comments_of_an_incident(client: SecurityInsightsMgmtClient, incident: str) -> None:
    (comment,) = client.incident_comments.list(*WHERE, incident)
    assert comment.message
    assert isinstance(comment.created_time_utc, datetime)
    assert comment.author.name


def test_bookmarks_of_an_incident(client: SecurityInsightsMgmtClient, world: World) -> None:
    marked = next(incident for incident in world.tenant.workspace.incidents if incident.bookmark_ids)
    (bookmark,) = client.incidents.list_bookmarks(*WHERE, marked.id).value
    assert isinstance(bookmark, models.HuntingBookmark)
    assert bookmark.name == marked.bookmark_ids[0]


def test_relations_of_an_incident(client: SecurityInsightsMgmtClient, incident: str) -> None:
    alerts = client.incidents.list_alerts(*WHERE, incident).value
    relations = list(client.incident_relations.list(*WHERE, incident))
    assert {relation.related_resource_name for relation in relations} == {alert.name for alert in alerts}


CONTENT = {
    "alert_rules": ("alertRules", models.AlertRule),
    "data_connectors": ("dataConnectors", models.DataConnector),
    "automation_rules": ("automationRules", models.AutomationRule),
    "watchlists": ("watchlists", models.Watchlist),
    "bookmarks": ("bookmarks", models.Bookmark),
    "metadata": ("metadata", models.MetadataModel),
}


@pytest.mark.parametrize(("operations", "collection", "kind"), [(name, *rest) for name, rest in CONTENT.items()])
def test_content(
    client: SecurityInsightsMgmtClient, world: World, operations: str, collection: str, kind: type
) -> None:
    listed = list(getattr(client, operations).list(*WHERE))
    assert [item.name for item in listed] == [item["name"] for item in world.tenant.workspace.content[collection]]
    for item in listed:
        assert isinstance(item, kind)
        if "kind" in item:  # type: ignore[operator]
            assert type(item) is not kind  # the client knows this kind


def test_times_of_content(client: SecurityInsightsMgmtClient) -> None:
    rules = [rule for rule in client.alert_rules.list(*WHERE) if isinstance(rule, models.ScheduledAlertRule)]
    assert {rule.query_frequency for rule in rules} == {timedelta(hours=1)}
    assert all(isinstance(rule.last_modified_utc, datetime) for rule in rules)
    (automation,) = client.automation_rules.list(*WHERE)
    assert isinstance(automation.created_time_utc, datetime)
    assert isinstance(automation.actions[0], models.AutomationRuleModifyPropertiesAction)
    (watchlist,) = client.watchlists.list(*WHERE)
    assert isinstance(watchlist.created, datetime)


def test_settings(client: SecurityInsightsMgmtClient) -> None:
    settings = client.product_settings.list(*WHERE)
    assert {type(setting) for setting in settings} <= {
        models.Anomalies,
        models.EntityAnalytics,
        models.EyesOn,
        models.Ueba,
    }
    assert settings


def test_threat_intelligence(client: SecurityInsightsMgmtClient) -> None:
    (metrics,) = client.threat_intelligence_indicator_metrics.list(*WHERE).value
    assert metrics.properties.source_metrics[0].metric_value == 12


# Scenario, error, status, code
REFUSED = [
    ("no-azure-role", "HttpResponseError", 403, "AuthorizationFailed"),
    ("role-too-small", "HttpResponseError", 403, "AuthorizationFailed"),
    ("role-denied", "HttpResponseError", 403, "AuthorizationFailed"),
    ("role-just-assigned", "HttpResponseError", 403, "AuthorizationFailed"),
    ("wrong-subscription", "ResourceNotFoundError", 404, "SubscriptionNotFound"),
    ("foreign-subscription", "ClientAuthenticationError", 401, "InvalidAuthenticationTokenTenant"),
    ("provider-not-registered", "ResourceExistsError", 409, "MissingSubscriptionRegistration"),
    ("sentinel-not-onboarded", "HttpResponseError", 400, "BadRequest"),
]


@pytest.mark.parametrize(("scenario", "error", "status", "code"), REFUSED)
def test_refusals(
    arranged: Callable[..., World],
    client: SecurityInsightsMgmtClient,
    scenario: str,
    error: str,
    status: int,
    code: str,
) -> None:
    arranged(scenario)
    assert error_of(lambda: list(client.incidents.list(*WHERE))) == (error, status, code)


def test_a_workspace_without_sentinel_has_no_onboarding_state(
    arranged: Callable[..., World], client: SecurityInsightsMgmtClient
) -> None:
    arranged("sentinel-not-onboarded")
    missing = error_of(lambda: client.sentinel_onboarding_states.get(*WHERE, "default"))
    assert missing[:2] == ("ResourceNotFoundError", 404)


def test_an_incident_that_does_not_exist_is_not_found(client: SecurityInsightsMgmtClient) -> None:
    absent = error_of(lambda: client.incidents.get(*WHERE, "00000000-0000-4000-8000-000000000000"))
    assert absent == ("ResourceNotFoundError", 404, "NotFound")


def test_an_invalid_filter_is_refused(client: SecurityInsightsMgmtClient) -> None:
    assert error_of(lambda: list(client.incidents.list(*WHERE, filter="oops")))[:2] == ("HttpResponseError", 400)


def test_an_expired_token_is_refused(client: SecurityInsightsMgmtClient, world: World) -> None:
    list(client.incidents.list(*WHERE))
    world.clock.skip(timedelta(hours=2))
    expired = error_of(lambda: list(client.incidents.list(*WHERE)))
    assert expired == ("ClientAuthenticationError", 401, "ExpiredAuthenticationToken")


def test_too_many_requests(client: SecurityInsightsMgmtClient, world: World) -> None:
    world.disturb(throttling("sentinel", 5), api="sentinel")
    error = refusal(lambda: list(client.incidents.list(*WHERE)))
    assert (error.status_code, error.error.code) == (429, "SubscriptionRequestsThrottled")
    assert error.response.headers["Retry-After"] == "5"


@pytest.mark.slow
def test_the_client_retries_after_the_time_of_retry_after(world: World, signed_in: Callable[..., Any]) -> None:
    world.disturb(throttling("sentinel", 1), api="sentinel", times=1)
    started = world.clock.monotonic()
    with SecurityInsightsMgmtClient(signed_in(world.connection), world.connection.subscription_id) as client:
        assert len(list(client.incidents.list(*WHERE))) == len(world.tenant.workspace.incidents)
    assert world.clock.monotonic() - started >= 1

"""azure-mgmt-securityinsight: incidents and what hangs on them, the workspace's content, and refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.mgmt.securityinsight import SecurityInsightsMgmtClient, models

from conformance.fakes import World
from conformance.fakes.services.throttling import throttling
from tests.clients.azure_errors import refusal, told

WHERE = ("rg-security", "law-security")


@pytest.fixture
def client(world: World, signed_in: Callable[..., Any]) -> Iterator[SecurityInsightsMgmtClient]:
    subscription = world.connection.subscription_id
    with SecurityInsightsMgmtClient(signed_in(world.connection), subscription, retry_total=0) as client:
        yield client


@pytest.fixture
def incident(world: World) -> str:
    """An incident with alerts and comments."""
    return next(one.id for one in world.tenant.workspace.incidents if one.alerts and one.comments)


def test_sentinel_is_onboarded(client: SecurityInsightsMgmtClient) -> None:
    state = client.sentinel_onboarding_states.get(*WHERE, "default")
    assert (state.name, state.customer_managed_key) == ("default", False)


def test_incidents(client: SecurityInsightsMgmtClient, world: World) -> None:
    found = {one.incident_number: one for one in client.incidents.list(*WHERE)}
    there = {one.number: one for one in world.tenant.workspace.incidents}
    assert found.keys() == there.keys()
    for number, one in found.items():
        assert one.title == there[number].title
        assert one.severity is models.IncidentSeverity(there[number].severity)
        assert one.status is models.IncidentStatus(there[number].status)
        assert abs(one.created_time_utc - there[number].created) < timedelta(milliseconds=1)
        assert one.created_time_utc <= one.last_modified_time_utc <= datetime.now(UTC)
        assert one.additional_data.alerts_count == len(there[number].alerts)
        assert {models.AttackTactic(tactic) for tactic in one.additional_data.tactics}
        assert one.owner is not None
        assert (one.classification is not None) == (one.status is models.IncidentStatus.CLOSED)


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("top", [1, 3, 1000])
def test_pages_of_incidents_end(client: SecurityInsightsMgmtClient, world: World, top: int, order: str) -> None:
    listed = client.incidents.list(*WHERE, top=top, orderby=f"properties/createdTimeUtc {order}")
    pages = [[one.created_time_utc for one in page] for page in listed.by_page()]
    times = [time for page in pages for time in page]
    assert len(times) == len(set(times)) == len(world.tenant.workspace.incidents)
    assert times == sorted(times, reverse=order == "desc")
    assert {len(page) for page in pages[:-1]} <= {top}


def test_filtered_incidents(client: SecurityInsightsMgmtClient, world: World) -> None:
    high = client.incidents.list(*WHERE, top=2, filter="properties/severity eq 'High'")
    assert {one.incident_number for one in high} == {
        one.number for one in world.tenant.workspace.incidents if one.severity == "High"
    }


def test_an_incident(client: SecurityInsightsMgmtClient, incident: str) -> None:
    found = client.incidents.get(*WHERE, incident)
    assert (found.name, found.type) == (incident, "Microsoft.SecurityInsights/Incidents")


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
    assert {type(one) for one in answer.entities} == {models.AccountEntity, models.HostEntity, models.IpEntity}
    assert sum(one.count for one in answer.meta_data) == len(answer.entities)
    assert all(one.entity_kind in models.EntityKind for one in answer.meta_data)


def test_comments_of_an_incident(client: SecurityInsightsMgmtClient, incident: str) -> None:
    (comment,) = client.incident_comments.list(*WHERE, incident)
    assert comment.message
    assert isinstance(comment.created_time_utc, datetime)
    assert comment.author.name


def test_bookmarks_of_an_incident(client: SecurityInsightsMgmtClient, world: World) -> None:
    marked = next(one for one in world.tenant.workspace.incidents if one.bookmark_ids)
    (bookmark,) = client.incidents.list_bookmarks(*WHERE, marked.id).value
    assert isinstance(bookmark, models.HuntingBookmark)
    assert bookmark.name == marked.bookmark_ids[0]


def test_relations_of_an_incident(client: SecurityInsightsMgmtClient, incident: str) -> None:
    alerts = client.incidents.list_alerts(*WHERE, incident).value
    relations = list(client.incident_relations.list(*WHERE, incident))
    assert {one.related_resource_name for one in relations} == {one.name for one in alerts}


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
    assert [one.name for one in listed] == [one["name"] for one in world.tenant.workspace.content[collection]]
    for one in listed:
        assert isinstance(one, kind)
        if "kind" in one:  # type: ignore[operator]
            assert type(one) is not kind  # its kind is one that the client knows


def test_times_of_content(client: SecurityInsightsMgmtClient) -> None:
    rules = [one for one in client.alert_rules.list(*WHERE) if isinstance(one, models.ScheduledAlertRule)]
    assert {one.query_frequency for one in rules} == {timedelta(hours=1)}
    assert all(isinstance(one.last_modified_utc, datetime) for one in rules)
    (automation,) = client.automation_rules.list(*WHERE)
    assert isinstance(automation.created_time_utc, datetime)
    assert isinstance(automation.actions[0], models.AutomationRuleModifyPropertiesAction)
    (watchlist,) = client.watchlists.list(*WHERE)
    assert isinstance(watchlist.created, datetime)


def test_settings(client: SecurityInsightsMgmtClient) -> None:
    found = client.product_settings.list(*WHERE)
    assert {type(one) for one in found} <= {models.Anomalies, models.EntityAnalytics, models.EyesOn, models.Ueba}
    assert found


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
    assert told(lambda: list(client.incidents.list(*WHERE))) == (error, status, code)


def test_sentinel_is_not_onboarded(arranged: Callable[..., World], client: SecurityInsightsMgmtClient) -> None:
    arranged("sentinel-not-onboarded")
    missing = told(lambda: client.sentinel_onboarding_states.get(*WHERE, "default"))
    assert missing[:2] == ("ResourceNotFoundError", 404)


def test_an_incident_that_is_not_there(client: SecurityInsightsMgmtClient) -> None:
    absent = told(lambda: client.incidents.get(*WHERE, "00000000-0000-4000-8000-000000000000"))
    assert absent == ("ResourceNotFoundError", 404, "NotFound")


def test_a_filter_that_is_none(client: SecurityInsightsMgmtClient) -> None:
    assert told(lambda: list(client.incidents.list(*WHERE, filter="oops")))[:2] == ("HttpResponseError", 400)


def test_a_token_that_has_run_out(client: SecurityInsightsMgmtClient, world: World) -> None:
    list(client.incidents.list(*WHERE))
    world.clock.skip(timedelta(hours=2))
    expired = told(lambda: list(client.incidents.list(*WHERE)))
    assert expired == ("ClientAuthenticationError", 401, "ExpiredAuthenticationToken")


def test_too_many_requests(client: SecurityInsightsMgmtClient, world: World) -> None:
    world.disturb(throttling("sentinel", 5), api="sentinel")
    error = refusal(lambda: list(client.incidents.list(*WHERE)))
    assert (error.status_code, error.error.code) == (429, "SubscriptionRequestsThrottled")
    assert error.response.headers["Retry-After"] == "5"


@pytest.mark.slow
def test_it_comes_back_after_the_time_that_it_was_told(world: World, signed_in: Callable[..., Any]) -> None:
    world.disturb(throttling("sentinel", 1), api="sentinel", times=1)
    started = world.clock.monotonic()
    with SecurityInsightsMgmtClient(signed_in(world.connection), world.connection.subscription_id) as client:
        assert len(list(client.incidents.list(*WHERE))) == len(world.tenant.workspace.incidents)
    assert world.clock.monotonic() - started >= 1

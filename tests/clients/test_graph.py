"""msgraph-sdk: alerts, incidents, scores and the app itself, as typed models; and refusals as its OData errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_http.middleware.options import RetryHandlerOption
from msgraph import GraphServiceClient
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.security.alert_severity import AlertSeverity
from msgraph.generated.models.security.alert_status import AlertStatus
from msgraph.generated.models.security.detection_source import DetectionSource
from msgraph.generated.models.security.device_evidence import DeviceEvidence
from msgraph.generated.models.security.evidence_verdict import EvidenceVerdict
from msgraph.generated.models.security.incident_status import IncidentStatus
from msgraph.generated.models.security.ip_evidence import IpEvidence
from msgraph.generated.models.security.service_source import ServiceSource
from msgraph.generated.models.security.user_evidence import UserEvidence
from msgraph.generated.security.alerts_v2.alerts_v2_request_builder import Alerts_v2RequestBuilder
from msgraph.generated.security.incidents.item.incident_item_request_builder import IncidentItemRequestBuilder
from msgraph_core import PageIterator

from conformance.fakes import World
from conformance.fakes.services.throttling import throttling

ALERTS = Alerts_v2RequestBuilder.Alerts_v2RequestBuilderGetQueryParameters
INCIDENT = IncidentItemRequestBuilder.IncidentItemRequestBuilderGetQueryParameters
ONCE = RetryHandlerOption(max_retries=0)


def options(parameters: Any = None, prefer: str | None = None) -> RequestConfiguration[Any]:
    """Return the options of a request without retries."""
    configuration: RequestConfiguration[Any] = RequestConfiguration(query_parameters=parameters, options=[ONCE])
    if prefer:
        configuration.headers.add("Prefer", prefer)
    return configuration


async def alerts(client: GraphServiceClient, prefer: str | None = None, **parameters: Any) -> Any:
    return await client.security.alerts_v2.get(options(ALERTS(**parameters), prefer))


def test_alerts(ask: Any, world: World) -> None:
    answer = ask(lambda client: alerts(client, count=True))
    there = {alert["id"]: alert for alert in world.tenant.defender.graph_alerts}
    assert answer.odata_count == len(there)
    assert {alert.id for alert in answer.value} == there.keys()
    for alert in answer.value:
        assert alert.severity is AlertSeverity(there[alert.id]["severity"])
        assert alert.status is AlertStatus(there[alert.id]["status"])
        assert alert.created_date_time <= alert.last_update_date_time <= datetime.now(UTC)
        assert alert.additional_data == {}  # the model knows every property
        assert {type(evidence) for evidence in alert.evidence} == {DeviceEvidence, UserEvidence, IpEvidence}
        assert {evidence.verdict for evidence in alert.evidence} == {EvidenceVerdict.Suspicious}
        assert all(evidence.additional_data == {} for evidence in alert.evidence)


def test_new_enum_members_are_returned_only_with_the_prefer_header(ask: Any) -> None:
    plain = ask(alerts).value
    assert ServiceSource.UnknownFutureValue in {alert.service_source for alert in plain}
    whole = ask(lambda client: alerts(client, prefer="include-unknown-enum-members")).value
    assert {alert.service_source for alert in whole} == {
        ServiceSource.MicrosoftSentinel,
        ServiceSource.MicrosoftDefenderForEndpoint,
    }
    assert DetectionSource.ScheduledAlerts in {alert.detection_source for alert in whole}


@pytest.mark.parametrize("top", [1, 5, 12])
def test_paging_returns_every_alert(ask: Any, world: World, top: int) -> None:
    async def collected(client: GraphServiceClient) -> list[str]:
        ids: list[str] = []
        pages = PageIterator(await alerts(client, top=top), client.request_adapter)
        await pages.iterate(lambda alert: ids.append(alert.id) or True)  # type: ignore[func-returns-value]
        return ids

    ids = ask(collected)
    assert len(ids) == len(set(ids))
    assert set(ids) == {alert["id"] for alert in world.tenant.defender.graph_alerts}


def test_filtered_and_ordered_alerts(ask: Any) -> None:
    items = ask(lambda client: alerts(client, filter="severity eq 'high'", orderby=["createdDateTime asc"])).value
    assert {alert.severity for alert in items} == {AlertSeverity.High}
    times = [alert.created_date_time for alert in items]
    assert times == sorted(times)


def test_an_alert(ask: Any, world: World) -> None:
    name = world.tenant.defender.graph_alerts[0]["id"]
    alert = ask(lambda client: client.security.alerts_v2.by_alert_id(name).get())
    assert alert.id == name
    assert alert.tenant_id == world.tenant.id


def test_incidents(ask: Any, world: World) -> None:
    incidents = ask(lambda client: client.security.incidents.get(options())).value
    assert {incident.id for incident in incidents} == {
        incident["id"] for incident in world.tenant.defender.graph_incidents
    }
    assert {incident.status for incident in incidents} <= {
        IncidentStatus.Active,
        IncidentStatus.InProgress,
        IncidentStatus.Resolved,
    }
    assert all(incident.additional_data == {} and incident.created_date_time for incident in incidents)


def test_an_incident_with_its_alerts(ask: Any, world: World) -> None:
    name = world.tenant.defender.graph_incidents[0]["id"]
    incident = ask(
        lambda client: client.security.incidents.by_incident_id(name).get(options(INCIDENT(expand=["alerts"])))
    )
    alerts_there = [alert for alert in world.tenant.defender.graph_alerts if alert["incidentId"] == name]
    assert {alert.id for alert in incident.alerts} == {alert["id"] for alert in alerts_there}
    assert {alert.incident_id for alert in incident.alerts} == {name}


def test_secure_scores(ask: Any, world: World) -> None:
    scores = ask(lambda client: client.security.secure_scores.get(options())).value
    assert len(scores) == len(world.tenant.defender.secure_scores)
    for score in scores:
        assert 0 < score.current_score <= score.max_score
        assert isinstance(score.created_date_time, datetime)
        assert score.control_scores[0].score is not None
        assert score.additional_data == {}


def test_the_app_itself(ask: Any, world: World) -> None:
    app = world.tenant.app
    world.tenant.consent("00000003-0000-0000-c000-000000000000", "Application.Read.All")
    application = ask(lambda client: client.applications_with_app_id(app.client_id).get())
    assert (application.app_id, application.id) == (app.client_id, app.registration_id)
    assert application.password_credentials[0].secret_text is None
    assert abs(application.password_credentials[0].end_date_time - app.secrets[0].ends) < timedelta(seconds=1)
    requested = {str(access.resource_app_id) for access in application.required_resource_access}
    assert requested == set(app.requested)


def test_consented_app_roles(ask: Any, world: World) -> None:
    app = world.tenant.app
    world.tenant.consent("00000003-0000-0000-c000-000000000000", "Application.Read.All")

    async def consents(client: GraphServiceClient) -> Any:
        principal = client.service_principals.by_service_principal_id(app.service_principal_id)
        return await principal.app_role_assignments.get()

    assignments = ask(consents).value
    assert len(assignments) == len(app.consents)
    assert {str(assignment.principal_id) for assignment in assignments} == {app.service_principal_id}
    assert all(isinstance(assignment.created_date_time, datetime) for assignment in assignments)


def refused(ask: Any, question: Any) -> tuple[int, str]:
    """Return status and code of the OData error that a question raises."""
    with pytest.raises(ODataError) as raised:
        ask(question)
    inner = raised.value.error.inner_error
    assert inner.request_id
    assert inner.client_request_id
    assert isinstance(inner.date, datetime)
    return raised.value.response_status_code, raised.value.error.code


# Scenario, status, code
REFUSED = [
    ("no-graph-consent", 403, "Forbidden"),
    ("just-consented", 403, "Forbidden"),
    ("no-licence", 403, "Forbidden"),
]


@pytest.mark.parametrize(("scenario", "status", "code"), REFUSED)
def test_refusals(arranged: Callable[..., World], ask: Any, scenario: str, status: int, code: str) -> None:
    arranged(scenario)
    assert refused(ask, alerts) == (status, code)


def test_a_token_issued_before_the_consent_lacks_the_role(arranged: Callable[..., World], ask: Any) -> None:
    """The client keeps its old token; only a new token has the role."""
    world = arranged("just-consented")
    assert refused(ask, alerts) == (403, "Forbidden")
    world.clock.skip(timedelta(minutes=5))
    assert refused(ask, alerts) == (403, "Forbidden")


def test_the_app_may_not_read_itself(ask: Any, world: World) -> None:
    app = world.tenant.app.client_id
    assert refused(ask, lambda client: client.applications_with_app_id(app).get()) == (
        403,
        "Authorization_RequestDenied",
    )


def test_an_expired_token_is_refused(ask: Any, world: World) -> None:
    ask(alerts)
    world.clock.skip(timedelta(hours=2))
    assert refused(ask, alerts) == (401, "InvalidAuthenticationToken")


def test_an_alert_that_does_not_exist_is_not_found(ask: Any) -> None:
    assert refused(ask, lambda client: client.security.alerts_v2.by_alert_id("none").get())[0] == 404


def test_an_invalid_filter_is_refused(ask: Any) -> None:
    assert refused(ask, lambda client: alerts(client, filter="oops"))[0] == 400


def test_too_many_requests(ask: Any, world: World) -> None:
    world.disturb(throttling("graph", 7), api="graph")
    with pytest.raises(ODataError) as raised:
        ask(alerts)
    assert (raised.value.response_status_code, raised.value.error.code) == (429, "TooManyRequests")
    assert raised.value.response_headers["Retry-After"] == "7"


@pytest.mark.slow
def test_the_client_retries_after_the_time_of_retry_after(ask: Any, world: World) -> None:
    world.disturb(throttling("graph", 1), api="graph", times=1)
    started = world.clock.monotonic()
    answer = ask(lambda client: client.security.alerts_v2.get())
    assert len(answer.value) == len(world.tenant.defender.graph_alerts)
    assert world.clock.monotonic() - started >= 1

"""Microsoft Graph of the virtual tenant: the incident timeline, query options, and the app's own objects."""

from __future__ import annotations

from datetime import timedelta

import pytest

from conformance.apis import graph
from conformance.apis.endpoint import GRAPH, Endpoint
from conformance.apis.permissions import RESOURCES
from conformance.fakes.services.routes import ANSWERS, PROVENANCE
from conformance.fakes.state.tenant import DEFENDER_APP, GRAPH_APP
from conformance.fakes.state.timeline import stable_id
from tests.fakes.fake_defender import NOW, SECRET, Asking, decoded, defended, error, text_of
from tests.fakes.graph_tenant import ALERTS, APPLICATION, INCIDENTS, LEGACY, PREFER, PRINCIPAL, ROLES, SCORES


@pytest.fixture
def ask() -> Asking:
    return defended(GRAPH, GRAPH_APP, *ROLES, "Application.Read.All")


# Content


def test_every_operation_is_answered_and_states_its_source() -> None:
    declared = [member.name for member in vars(graph).values() if isinstance(member, Endpoint)]
    assert declared
    assert set(declared) <= set(ANSWERS) & set(PROVENANCE)


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        (ALERTS, graph.ALERTS),
        (INCIDENTS, graph.INCIDENTS),
        (INCIDENTS + "?$expand=alerts", graph.INCIDENTS),
        (SCORES, graph.SECURE_SCORES),
        (LEGACY, graph.LEGACY_ALERTS),
        (APPLICATION, graph.APPLICATION),
        (PRINCIPAL + "/appRoleAssignments", graph.APP_ROLE_ASSIGNMENTS),
    ],
)
def test_answers_have_the_documented_shape(ask: Asking, path: str, endpoint: Endpoint[object]) -> None:
    response = ask.get(path)
    decoded(response, endpoint)
    assert response.json()["@odata.context"].startswith("https://graph.microsoft.com/v1.0/$metadata#")
    assert response.headers["request-id"]
    assert "ServerInfo" in response.headers["x-ms-ags-diagnostic"]


def test_alerts_are_of_both_products_newest_first(ask: Asking) -> None:
    alerts = decoded(ask.get(ALERTS, headers=PREFER), graph.ALERTS).value
    assert len(alerts) >= 8
    assert {alert.service_source for alert in alerts} == {"microsoftDefenderForEndpoint", "microsoftSentinel"}
    in_sentinel = [alert for alert in alerts if alert.service_source == "microsoftSentinel"]
    assert {alert.detection_source for alert in in_sentinel} == {"scheduledAlerts"}
    assert [alert.created_date_time for alert in alerts] == sorted(
        (alert.created_date_time for alert in alerts), reverse=True
    )


def test_the_evidence_names_the_machine_of_defender_for_endpoint(ask: Asking) -> None:
    machines = {machine["id"] for machine in ask.tenant.defender.machines}
    for alert in decoded(ask.get(ALERTS), graph.ALERTS).value:
        kinds = {evidence.odata_type.rpartition(".")[2] for evidence in alert.evidence}
        assert kinds == {"deviceEvidence", "userEvidence", "ipEvidence"}
        assert {evidence.mde_device_id for evidence in alert.evidence if evidence.mde_device_id} <= machines


def test_newer_enumeration_members_need_the_prefer_header(ask: Asking) -> None:
    sentinel = ALERTS + "?$filter=serviceSource eq 'microsoftSentinel'"
    plain, preferring = (decoded(ask.get(sentinel, headers=headers), graph.ALERTS).value for headers in ({}, PREFER))
    assert len(plain) == len(preferring) > 0
    assert {(alert.service_source, alert.detection_source) for alert in plain} == {("unknownFutureValue",) * 2}
    assert {alert.service_source for alert in preferring} == {"microsoftSentinel"}


def test_older_enumeration_members_need_no_prefer_header(ask: Asking) -> None:
    defender = ALERTS + "?$filter=serviceSource eq 'microsoftDefenderForEndpoint'"
    for alert in decoded(ask.get(defender), graph.ALERTS).value:
        assert alert.service_source == alert.detection_source == "microsoftDefenderForEndpoint"
        assert {each.remediation_status for each in alert.evidence} == {"none"}


def test_an_alert_and_an_incident_by_id(ask: Asking) -> None:
    first = decoded(ask.get(ALERTS), graph.ALERTS).value[0]
    assert decoded(ask.get(f"{ALERTS}/{first.id}"), graph.ALERT) == first
    whole = decoded(ask.get(f"{INCIDENTS}/{first.incident_id}?$expand=alerts"), graph.INCIDENT)
    assert first in whole.alerts
    assert decoded(ask.get(f"{INCIDENTS}/{first.incident_id}"), graph.INCIDENT).alerts is None


def test_incidents_are_those_of_the_workspace(ask: Asking) -> None:
    """Number and title are equal, so that the incidents can be compared with those of Sentinel's REST API."""
    incidents = decoded(ask.get(INCIDENTS), graph.INCIDENTS).value
    titles = {str(incident.number): incident.title for incident in ask.tenant.workspace.incidents}
    assert {incident.id: incident.display_name for incident in incidents} == titles
    assert {incident.status for incident in incidents} == {"active", "inProgress", "resolved"}


def test_a_workspace_that_is_not_connected_is_not_seen(ask: Asking) -> None:
    ask.tenant.defender.workspace_connected = False
    alerts = decoded(ask.get(ALERTS, headers=PREFER), graph.ALERTS).value
    assert {alert.service_source for alert in alerts} == {"microsoftDefenderForEndpoint"}
    incidents = decoded(ask.get(INCIDENTS + "?$expand=alerts"), graph.INCIDENTS).value
    assert {incident.id for incident in incidents} == {alert.incident_id for alert in alerts}
    assert all(incident.alerts for incident in incidents)


def test_there_is_a_secure_score_of_today_and_yesterday(ask: Asking) -> None:
    scores = decoded(ask.get(SCORES), graph.SECURE_SCORES).value
    days = [NOW.date(), NOW.date() - timedelta(days=1)]
    assert [score.id for score in scores] == [f"{ask.tenant.id}_{day:%Y-%m-%d}" for day in days]
    assert len(decoded(ask.get(SCORES + "?$top=1"), graph.SECURE_SCORES).value) == 1


def test_the_retired_route_is_empty(ask: Asking) -> None:
    assert decoded(ask.get(LEGACY), graph.LEGACY_ALERTS).value == []
    assert PROVENANCE["graph.legacy_alerts"].tier == "inferred"


def test_an_empty_tenant_has_empty_lists(ask: Asking) -> None:
    ask.tenant.defender.graph_alerts.clear()
    ask.tenant.defender.graph_incidents.clear()
    for path in (ALERTS, INCIDENTS):
        assert ask.get(path + "?$count=true").json() | {"@odata.context": ""} == {
            "@odata.context": "",
            "@odata.count": 0,
            "value": [],
        }


# Query options


@pytest.mark.parametrize("path", [ALERTS, INCIDENTS])
@pytest.mark.parametrize("top", [1, 3, 5])
def test_pages_end_and_yield_each_item_once(ask: Asking, path: str, top: int) -> None:
    everything = [item["id"] for item in ask.get(path).json()["value"]]
    pages = list(ask.pages(f"{path}?$top={top}"))
    assert [item["id"] for page in pages for item in page["value"]] == everything
    assert len(pages) == -(-len(everything) // top)
    assert all(len(page["value"]) == top for page in pages[:-1])


def test_the_next_link_is_absolute_and_repeats_the_question(ask: Asking) -> None:
    first = ask.get(ALERTS + "?$top=2&$count=true&$filter=severity eq 'high'").json()
    link = first["@odata.nextLink"]
    assert link.startswith("https://graph.microsoft.com/v1.0/security/alerts_v2?")
    assert "$skip=2" in link
    second = ask.get(link).json()
    assert second["@odata.count"] == first["@odata.count"]
    assert {item["severity"] for item in second["value"]} == {"high"}


def test_skip_omits_the_first_items(ask: Asking) -> None:
    everything = ask.get(ALERTS).json()["value"]
    assert ask.get(ALERTS + "?$skip=4").json()["value"] == everything[4:]
    assert ask.get(ALERTS + "?$skip=400").json()["value"] == []


def test_the_count_covers_all_pages_and_only_on_request(ask: Asking) -> None:
    total = len(ask.tenant.defender.graph_alerts)
    assert ask.get(ALERTS + "?$top=1&$count=true").json()["@odata.count"] == total
    assert "@odata.count" not in ask.get(ALERTS + "?$top=1").json()


@pytest.mark.parametrize(
    ("text", "member", "allowed"),
    [
        ("severity eq 'high'", "severity", {"high"}),
        ("status eq 'new'", "status", {"new"}),
        ("status ne 'resolved'", "status", {"new", "inProgress"}),
        ("severity eq 'high' and status eq 'new'", "severity", {"high"}),
    ],
)
def test_alerts_can_be_filtered(ask: Asking, text: str, member: str, allowed: set[str]) -> None:
    alerts = ask.get(f"{ALERTS}?$filter={text}").json()["value"]
    assert {alert[member] for alert in alerts} == allowed
    assert 0 < len(alerts) < len(ask.tenant.defender.graph_alerts)


@pytest.mark.parametrize("member", ["createdDateTime", "lastUpdateDateTime"])
def test_alerts_can_be_filtered_by_time(ask: Asking, member: str) -> None:
    since = "2026-11-23T00:00:00Z"
    everything = ask.get(ALERTS).json()["value"]
    recent = ask.get(f"{ALERTS}?$filter={member} ge {since}").json()["value"]
    older = ask.get(f"{ALERTS}?$filter={member}+lt+{since}").json()["value"]
    assert recent
    assert older
    assert sorted(item["id"] for item in recent + older) == sorted(item["id"] for item in everything)
    assert all(item[member] >= since for item in recent)


def test_lists_can_be_ordered_and_projected(ask: Asking) -> None:
    incidents = ask.get(INCIDENTS + "?$orderby=lastUpdateDateTime asc&$select=id,lastUpdateDateTime").json()["value"]
    assert [incident["lastUpdateDateTime"] for incident in incidents] == sorted(
        incident["lastUpdateDateTime"] for incident in incidents
    )
    assert all(set(incident) == {"id", "lastUpdateDateTime"} for incident in incidents)


@pytest.mark.parametrize(
    "query",
    [
        "$filter=nope eq 'x'",
        "$filter=investigationState eq 'running'",
        "$filter=severity eq high",
        "$filter=severity equals 'high'",
        "$filter=severity eq 'high' and",
        "$filter=severity eq 'high' or status eq 'new'",
        "$filter=createdDateTime ge '2026-11-22T00:00:00Z'",
        "$filter=createdDateTime ge 2026-11-99T00:00:00Z",
        "$filter=",
        "$top=many",
        "$skip=-1",
        "$select=nope",
        "$orderby=nope",
    ],
)
def test_a_query_that_cannot_be_understood_is_a_bad_request(ask: Asking, query: str) -> None:
    assert error(ask.get(f"{ALERTS}?{query}"), 400)["code"] == "BadRequest"


def test_incidents_come_fifty_at_a_time(ask: Asking) -> None:
    assert ask.get(INCIDENTS + "?$top=50").status_code == 200
    refused = error(ask.get(INCIDENTS + "?$top=100"), 400)
    assert refused["code"] == ""
    assert refused["details"] == []
    assert "limit of '50' for Top query" in refused["message"]
    assert "'100'" in refused["message"]


def test_a_large_page_of_alerts_is_truncated(ask: Asking) -> None:
    template = ask.tenant.defender.graph_alerts[0]
    ask.tenant.defender.graph_alerts = [template | {"id": str(number)} for number in range(1001)]
    page = ask.get(ALERTS + "?$top=5000").json()
    assert len(page["value"]) == 1000
    assert len(ask.get(page["@odata.nextLink"]).json()["value"]) == 1


# The app's own objects


def test_the_secret_is_never_given_away(ask: Asking) -> None:
    response = ask.get(APPLICATION)
    (password,) = response.json()["passwordCredentials"]
    assert password["secretText"] is None
    assert password["hint"] == SECRET[:3]
    assert password["keyId"] == ask.tenant.app.secrets[0].key_id
    assert password["endDateTime"] == "2027-02-21T17:00:00Z"
    assert SECRET not in text_of(response)


def test_requested_permissions_are_listed_by_id(ask: Asking) -> None:
    ask.tenant.app.requested = {
        GRAPH_APP: [("SecurityAlert.Read.All", "Role"), ("SecurityEvents.Read.All", "Scope")],
        DEFENDER_APP: [("Machine.Read.All", "Role"), ("Invented.Read.All", "Role")],
    }
    access = decoded(ask.get(APPLICATION), graph.APPLICATION).required_resource_access
    of_graph, of_defender = RESOURCES["graph"].permissions, RESOURCES["defender"].permissions
    assert {
        resource.resource_app_id: [(each.id, each.type) for each in resource.resource_access] for resource in access
    } == {
        GRAPH_APP: [
            (of_graph["SecurityAlert.Read.All"].application, "Role"),
            (of_graph["SecurityEvents.Read.All"].delegated, "Scope"),
        ],
        DEFENDER_APP: [
            (of_defender["Machine.Read.All"].application, "Role"),
            (stable_id("permission", DEFENDER_APP, "Invented.Read.All", "Role"), "Role"),
        ],
    }


def test_consents_are_app_role_assignments(ask: Asking) -> None:
    assignments = decoded(ask.get(PRINCIPAL + "/appRoleAssignments"), graph.APP_ROLE_ASSIGNMENTS).value
    ids = RESOURCES["graph"].permissions
    assert {assignment.app_role_id for assignment in assignments} == {
        ids[role].application for role in (*ROLES, "Application.Read.All")
    }
    assert {assignment.principal_id for assignment in assignments} == {ask.tenant.app.service_principal_id}
    assert {assignment.created_date_time for assignment in assignments} == {NOW - timedelta(days=30)}
    assert len({assignment.resource_id for assignment in assignments}) == 1
    assert {assignment.resource_display_name for assignment in assignments} == {"Microsoft Graph"}


def test_consents_are_found_by_the_object_id_too(ask: Asking) -> None:
    """Microsoft's SDKs use this form."""
    principal = ask.tenant.app.service_principal_id
    by_id = ask.get(f"/v1.0/servicePrincipals/{principal}/appRoleAssignments")
    assert by_id.json() == ask.get(PRINCIPAL + "/appRoleAssignments").json()
    assert ask.get("/v1.0/servicePrincipals/none/appRoleAssignments").status_code == 404


def test_a_registration_shows_only_selected_properties(ask: Asking) -> None:
    application = ask.get(APPLICATION + "?$select=id,appId,passwordCredentials").json()
    assert set(application) == {"@odata.context", "id", "appId", "passwordCredentials"}

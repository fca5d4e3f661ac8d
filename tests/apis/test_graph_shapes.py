from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.apis import gather, graph
from conformance.apis.endpoint import AppRole
from tests.apis.azure_samples import assert_only_own_path, decode, having, sample_params, without
from tests.apis.refusals import assert_mistyped, assert_required

DECLARED = list(gather(graph).values())

DEVICE = {
    "@odata.type": "#microsoft.graph.security.deviceEvidence",
    "createdDateTime": "2026-11-22T08:00:01Z",
    "verdict": "unknown",
    "remediationStatus": "none",
    "roles": ["compromised"],
    "tags": [],
    "mdeDeviceId": "0123456789abcdef0123456789abcdef01234567",
    "deviceDnsName": "host1.example.test",
}
ALERT = {  # type: ignore[var-annotated]
    "id": "da000000000000000001_-100000001",
    "incidentId": "4711",
    "status": "new",
    "severity": "medium",
    "serviceSource": "microsoftDefenderForEndpoint",
    "classification": None,
    "createdDateTime": "2026-11-22T08:00:00.1234567Z",
    "additionalData": {},
    "evidence": [DEVICE],
}
INCIDENT = {
    "id": "4711",
    "status": "active",
    "severity": "medium",
    "createdDateTime": "2026-11-22T08:00:02.1266667Z",
    "lastUpdateDateTime": "2026-11-22T08:06:00.2Z",
    "priorityScore": 10,
    "comments": [{"comment": "seen", "createdByDisplayName": "API", "createdDateTime": "2026-11-22T08:06:00Z"}],
}
SCORE = {"id": "t_2026-11-22", "azureTenantId": "t", "currentScore": 387, "controlScores": [{"score": 35.5}]}
LEGACY = {"id": "l", "azureTenantId": "t", "severity": "medium", "status": "newAlert", "hostStates": [{"fqdn": "h"}]}
APPLICATION = {
    "id": "o",
    "appId": "a",
    "requiredResourceAccess": [{"resourceAppId": "r", "resourceAccess": [{"id": "p", "type": "Role"}]}],
    "passwordCredentials": [{"keyId": "k", "hint": "abc", "endDateTime": "2027-03-01T00:00:00Z", "secretText": None}],
    "keyCredentials": [{"keyId": "c", "key": "MIIC", "endDateTime": "2027-03-01T00:00:00Z"}],
}
ASSIGNMENT = {
    "id": "UxOIjjUXr0W",
    "appRoleId": "p",
    "principalId": "o",
    "resourceId": "r",
    "createdDateTime": "2026-02-02T04:22:45.4980259Z",
}
COMPLETE = [
    (ALERT, graph.ALERT),
    (INCIDENT, graph.INCIDENT),
    ({"value": [SCORE]}, graph.SECURE_SCORES),
    ({"value": [LEGACY]}, graph.LEGACY_ALERTS),
    (APPLICATION, graph.APPLICATION),
    ({"value": [ASSIGNMENT]}, graph.APP_ROLE_ASSIGNMENTS),
]


def test_recorded_answers_have_the_shape(subtests: pytest.Subtests) -> None:
    for body, endpoint in sample_params(
        graph_alerts_v2_list=graph.ALERTS,
        graph_incidents_list=graph.INCIDENTS,
        graph_incident_get=graph.INCIDENT,
        graph_secure_scores_list=graph.SECURE_SCORES,
        graph_legacy_alerts_list=graph.LEGACY_ALERTS,
    ):
        with subtests.test(endpoint=endpoint.name, body=body):
            decode(body, endpoint)


def test_single_legacy_alerts_have_the_shape_of_listed_ones(subtests: pytest.Subtests) -> None:
    for body, endpoint in sample_params(graph_legacy_alert_get=graph.LEGACY_ALERTS):
        with subtests.test(endpoint=endpoint.name, body=body):
            decode({"value": [body]}, endpoint)


@pytest.mark.parametrize("endpoint", DECLARED, ids=lambda endpoint: endpoint.name)
@given(data=st.data())
def test_pattern_knows_its_own_path_and_no_other(endpoint: Any, data: st.DataObject) -> None:
    assert_only_own_path(endpoint, data)


def test_every_operation_only_reads_with_an_app_role(subtests: pytest.Subtests) -> None:
    for endpoint in DECLARED:
        with subtests.test(endpoint=endpoint.name):
            assert endpoint.method == "GET"
            assert endpoint.path.startswith("/v1.0/")
            assert endpoint.source.startswith("https://learn.microsoft.com/graph/api/")
            assert isinstance(endpoint.needs, AppRole)
            assert endpoint.needs.name.endswith(".Read.All")


def test_alerts_open_to_the_roles_that_the_service_accepts() -> None:
    assert graph.ALERTS.needs.any_of == (
        "SecurityAlert.Read.All",
        "SecurityAlert.ReadWrite.All",
        "SecurityIncident.Read.All",
        "SecurityIncident.ReadWrite.All",
    )


@pytest.mark.parametrize("endpoint", [graph.ALERTS, graph.ALERT, graph.INCIDENTS, graph.INCIDENT])
def test_security_events_role_opens_no_alerts_or_incidents(endpoint: Any) -> None:
    assert not set(graph.READ_EVENTS.any_of) & set(endpoint.needs.any_of)


def test_incidents_take_pages_of_at_most_fifty() -> None:
    assert graph.INCIDENTS.max_top == 50


def test_only_the_legacy_alerts_retire() -> None:
    assert {endpoint.name: endpoint.retires for endpoint in DECLARED if endpoint.retires} == {
        "graph.legacy_alerts": date(2026, 10, 15)
    }


def test_alert_is_read() -> None:
    alert = decode(ALERT, graph.ALERT)
    assert alert.incident_id == "4711"
    assert alert.created_date_time == datetime(2026, 11, 22, 8, 0, 0, 123457, tzinfo=UTC)
    assert alert.evidence[0].odata_type == "#microsoft.graph.security.deviceEvidence"
    assert alert.evidence[0].mde_device_id == DEVICE["mdeDeviceId"]


def test_evidence_without_roles_is_read() -> None:
    alert = decode(without(ALERT, ["evidence", 0, "roles"]), graph.ALERT)
    assert alert.evidence[0].roles is None


def test_incident_is_read_with_its_alerts() -> None:
    incident = decode({**INCIDENT, "alerts": [ALERT]}, graph.INCIDENT)
    assert incident.alerts[0].incident_id == incident.id
    assert incident.comments[0].created_by_display_name == "API"


def test_page_is_read_with_its_count_and_next_link() -> None:
    link = "https://graph.microsoft.com/v1.0/security/incidents?$skip=1"
    page = decode({"value": [INCIDENT], "@odata.count": 2, "@odata.nextLink": link}, graph.INCIDENTS)
    assert (page.count, page.next_link) == (2, link)
    assert decode({"value": []}, graph.INCIDENTS).next_link is None


def test_registration_is_read_without_secret_or_key() -> None:
    application = decode(having(APPLICATION, ["passwordCredentials", 0, "secretText"], "hush"), graph.APPLICATION)
    assert application.required_resource_access[0].resource_access[0].type == "Role"
    assert application.password_credentials[0].end_date_time == datetime(2027, 3, 1, tzinfo=UTC)
    assert "hush" not in repr(application)
    assert "MIIC" not in repr(application)


def test_unselected_members_differ_from_missing_ones() -> None:
    assert decode({"id": "o", "appId": "a"}, graph.APPLICATION).password_credentials is None
    assert decode({"id": "o", "appId": "a", "passwordCredentials": []}, graph.APPLICATION).password_credentials == []


def test_timestamps_have_zero_to_seven_fraction_digits(subtests: pytest.Subtests) -> None:
    for digits in range(8):
        with subtests.test(digits=digits):
            fraction = "." + "1234567"[:digits] if digits else ""
            decode(having(INCIDENT, ["createdDateTime"], f"2026-11-22T08:00:02{fraction}Z"), graph.INCIDENT)


def test_missing_required_member_is_refused_with_its_path(subtests: pytest.Subtests) -> None:
    for body, endpoint, path in [
        *((ALERT, graph.ALERT, [name]) for name in ("id", "serviceSource", "severity", "status")),
        *(
            (ALERT, graph.ALERT, ["evidence", 0, name])
            for name in ("@odata.type", "createdDateTime", "remediationStatus", "verdict")
        ),
        *(
            (INCIDENT, graph.INCIDENT, [name])
            for name in ("id", "createdDateTime", "lastUpdateDateTime", "severity", "status")
        ),
        *(({"value": [SCORE]}, graph.SECURE_SCORES, ["value", 0, name]) for name in ("id", "azureTenantId")),
        *((APPLICATION, graph.APPLICATION, [name]) for name in ("id", "appId")),
        (APPLICATION, graph.APPLICATION, ["requiredResourceAccess", 0, "resourceAccess", 0, "type"]),
        *(
            ({"value": [ASSIGNMENT]}, graph.APP_ROLE_ASSIGNMENTS, ["value", 0, name])
            for name in ("id", "appRoleId", "principalId", "resourceId")
        ),
        ({"value": []}, graph.ALERTS, ["value"]),
    ]:
        with subtests.test(endpoint=endpoint.name, body=body):
            assert_required(body, endpoint, path)


def test_mistyped_member_is_refused_with_its_path(subtests: pytest.Subtests) -> None:
    for body, endpoint, path, value in [
        ({"value": [ALERT, dict(ALERT)]}, graph.ALERTS, ["value", 1, "incidentId"], 4711),
        (ALERT, graph.ALERT, ["severity"], None),
        (ALERT, graph.ALERT, ["createdDateTime"], "yesterday"),
        (ALERT, graph.ALERT, ["mitreTechniques"], "T1059"),
        (ALERT, graph.ALERT, ["evidence", 0, "verdict"], 3),
        (INCIDENT, graph.INCIDENT, ["priorityScore"], "high"),
        ({"value": [SCORE]}, graph.SECURE_SCORES, ["value", 0, "controlScores", 0, "score"], "35"),
        ({"value": [LEGACY]}, graph.LEGACY_ALERTS, ["value", 0, "status"], 1),
        (APPLICATION, graph.APPLICATION, ["passwordCredentials", 0, "endDateTime"], 1_800_000_000_000),
        ({"value": [ASSIGNMENT]}, graph.APP_ROLE_ASSIGNMENTS, ["value", 0, "resourceId"], None),
    ]:
        with subtests.test(endpoint=endpoint.name, body=body):
            assert_mistyped(body, endpoint, path, value)


@given(word=st.text(), extra=st.dictionaries(st.text(min_size=1).map("x-{}".format), st.none() | st.integers()))
def test_unknown_enumeration_members_and_extra_members_pass(word: Any, extra: Any) -> None:
    for name in ("status", "severity", "serviceSource", "detectionSource", "determination", "investigationState"):
        assert decode({**extra, **having(ALERT, [name], word)}, graph.ALERT).id == ALERT["id"]
    assert decode(having(ALERT, ["evidence", 0, "@odata.type"], word), graph.ALERT).evidence[0].odata_type == word
    assert decode({**extra, **having(INCIDENT, ["status"], word)}, graph.INCIDENT).status == word


def test_extra_members_pass_everywhere(subtests: pytest.Subtests) -> None:
    for body, endpoint in COMPLETE:
        with subtests.test(endpoint=endpoint.name, body=body):
            item = ["value", 0] if "value" in body else []
            assert decode(having(body, [*item, "brandNew"], {"x": 1}), endpoint) == decode(body, endpoint)

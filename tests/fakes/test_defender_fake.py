"""Defender for Endpoint of the virtual tenant: machines and alerts of the incident timeline, and its refusals."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from conformance.apis import defender
from conformance.apis.endpoint import DEFENDER, Endpoint
from conformance.fakes.services.routes import ANSWERS, PROVENANCE
from conformance.fakes.state.tenant import DEFENDER_APP
from conformance.fakes.state.timeline import HOSTS
from conformance.fakes.state.tokens import sign
from tests.fakes.fake_defender import NOW, Asking, decoded, defended, error

MACHINES, ALERTS = "/api/machines", "/api/alerts"
XDR = "https://api.security.microsoft.com"


@pytest.fixture
def ask() -> Asking:
    return defended(DEFENDER, DEFENDER_APP, "Machine.Read.All", "Alert.Read.All")


# Content


def test_every_operation_is_answered_and_states_its_source() -> None:
    declared = [member.name for member in vars(defender).values() if isinstance(member, Endpoint)]
    assert declared
    assert set(declared) <= set(ANSWERS) & set(PROVENANCE)


@pytest.mark.parametrize(("path", "endpoint"), [(MACHINES, defender.MACHINES), (ALERTS, defender.ALERTS)])
def test_lists_have_the_documented_shape(ask: Asking, path: str, endpoint: Endpoint[object]) -> None:
    response = ask.get(path)
    decoded(response, endpoint)
    context = response.json()["@odata.context"]
    assert re.fullmatch(r"https://[\w.-]+/api/\$metadata#(Machines|Alerts)", context)


def test_all_hosts_of_the_timeline_are_machines(ask: Asking) -> None:
    machines = decoded(ask.get(MACHINES), defender.MACHINES).value
    assert {machine.id: machine.computer_dns_name for machine in machines} == {
        host.machine_id: host.dns_name for host in HOSTS
    }
    assert {machine.health_status for machine in machines} == {"Active", "Inactive"}
    assert all(re.fullmatch(r"[0-9a-f]{40}", machine.id) for machine in machines)


@pytest.mark.parametrize("name", [HOSTS[0].machine_id, HOSTS[0].dns_name, HOSTS[0].dns_name.upper()])
def test_a_machine_by_id_or_name(ask: Asking, name: str) -> None:
    assert decoded(ask.get(f"{MACHINES}/{name}"), defender.MACHINE).id == HOSTS[0].machine_id


def test_alerts_are_those_of_this_product_in_its_own_words(ask: Asking) -> None:
    alerts = decoded(ask.get(ALERTS), defender.ALERTS).value
    numbers = {incident.number for incident in ask.tenant.workspace.incidents}
    assert len(alerts) == 5
    assert {alert.incident_id for alert in alerts} <= numbers
    assert {alert.status for alert in alerts} == {"InProgress", "Resolved"}
    assert {alert.classification for alert in alerts} == {None}
    assert [alert.alert_creation_time for alert in alerts] == sorted(
        (alert.alert_creation_time for alert in alerts), reverse=True
    )
    assert all(re.fullmatch(r"da\d{18}_-\d+", alert.id) for alert in alerts)


def test_the_alerts_of_this_product_are_in_graph_too(ask: Asking) -> None:
    here = {alert["id"]: str(alert["incidentId"]) for alert in ask.tenant.defender.alerts}
    there = {
        alert["id"]: alert["incidentId"]
        for alert in ask.tenant.defender.graph_alerts
        if alert["serviceSource"] == "microsoftDefenderForEndpoint"
    }
    assert here == there


def test_evidence_comes_when_it_is_expanded(ask: Asking) -> None:
    first = decoded(ask.get(ALERTS), defender.ALERTS).value[0]
    assert first.evidence == []
    for path, endpoint in ((ALERTS, defender.ALERTS), (f"{ALERTS}/{first.id}", defender.ALERT)):
        answer = decoded(ask.get(path + "?$expand=evidence"), endpoint)
        alert = answer.value[0] if endpoint is defender.ALERTS else answer
        assert {evidence.entity_type for evidence in alert.evidence} == {"User", "Ip"}


def test_an_alert_by_id(ask: Asking) -> None:
    first = decoded(ask.get(ALERTS), defender.ALERTS).value[0]
    assert decoded(ask.get(f"{ALERTS}/{first.id}"), defender.ALERT) == first


@pytest.mark.parametrize("path", [MACHINES, ALERTS])
def test_an_empty_list_is_a_success(ask: Asking, path: str) -> None:
    ask.tenant.defender.machines.clear()
    ask.tenant.defender.alerts.clear()
    assert ask.get(path).json()["value"] == []


# Query options


def test_pages_go_by_skip_when_top_is_given(ask: Asking) -> None:
    everything = [machine["id"] for machine in ask.get(MACHINES).json()["value"]]
    first, second = (ask.get(f"{MACHINES}?$top=3&$skip={skip}").json() for skip in (0, 3))
    assert [machine["id"] for machine in first["value"] + second["value"]] == everything
    assert "@odata.nextLink" not in first


def test_without_top_a_full_page_links_to_the_next(ask: Asking) -> None:
    template = ask.tenant.defender.machines[0]
    ask.tenant.defender.machines = [template | {"id": f"{number:040x}"} for number in range(10_001)]
    pages = list(ask.pages(MACHINES))
    assert [len(page["value"]) for page in pages] == [10_000, 1]
    assert len({machine["id"] for page in pages for machine in page["value"]}) == 10_001


@pytest.mark.parametrize(
    ("path", "text", "count"),
    [
        (MACHINES, "healthStatus eq 'Active'", 4),
        (MACHINES, "healthStatus+eq+'Active'+and+osPlatform+eq+'WindowsServer2022'", 2),
        (MACHINES, "lastSeen ge 2026-11-22T00:00:00Z", 4),
        (MACHINES, "aadDeviceId eq null", 2),
        (ALERTS, "severity eq 'High'", 3),
        (ALERTS, "status eq 'New'", 0),
        (ALERTS, "lastUpdateTime ge 2026-11-23T00:00:00Z", 2),
    ],
)
def test_lists_can_be_filtered(ask: Asking, path: str, text: str, count: int) -> None:
    assert len(ask.get(f"{path}?$filter={text}").json()["value"]) == count


def test_alerts_can_be_filtered_by_incident(ask: Asking) -> None:
    number = ask.tenant.defender.alerts[0]["incidentId"]
    alerts = ask.get(f"{ALERTS}?$filter=incidentId eq {number}").json()["value"]
    assert {alert["incidentId"] for alert in alerts} == {number}


@pytest.mark.parametrize(
    "query",
    [
        "$filter=nope eq 'x'",
        "$filter=healthStatus eq Active",
        "$filter=healthStatus is 'Active'",
        "$filter=rbacGroupId eq x",
        "$top=10001",
        "$top=x",
    ],
)
def test_a_query_that_cannot_be_understood_is_an_odata_error(ask: Asking, query: str) -> None:
    assert error(ask.get(f"{MACHINES}?{query}"), 400)["code"] == "ODataError"


def test_the_largest_page_is_served(ask: Asking) -> None:
    assert ask.get(f"{MACHINES}?$top=10000").status_code == 200


# Refusals


@pytest.mark.parametrize("token", ["", "not-a-token"])
def test_a_token_is_needed(ask: Asking, token: str) -> None:
    assert error(ask.get(MACHINES, token=token), 401)["code"] == "Unauthorized"


def test_the_guides_log_analytics_token_is_refused_with_its_particulars(ask: Asking) -> None:
    audience = "https://api.loganalytics.io"
    problem = error(ask.get(MACHINES, token=ask.token(audience)), 401)
    assert problem["code"] == "Unauthorized"
    assert problem["target"]
    assert problem["message"].startswith(
        f"Invalid Authorization payload. AppId: {ask.tenant.app.client_id}, Audience: {audience}, "
        f"Issuer: https://sts.windows.net/{ask.tenant.id}/, Validity: valid from 2026-11-23T16:55:00"
    )


def test_an_expired_token_gets_the_same_answer(ask: Asking) -> None:
    token = ask.token()
    assert ask.get(MACHINES, token=token).status_code == 200
    ask.tenant.clock.skip(timedelta(hours=2))
    assert error(ask.get(MACHINES, token=token), 401)["message"].startswith("Invalid Authorization payload.")


def test_a_forged_token_gets_the_same_answer(ask: Asking) -> None:
    head, claims, _ = ask.token().split(".")
    refused = error(ask.get(MACHINES, token=f"{head}.{claims}.forged"), 401)
    assert refused["message"].startswith("Invalid Authorization payload.")


def test_an_inactive_tenant_is_unauthorized_with_any_roles(ask: Asking) -> None:
    ask.tenant.defender.active = False
    for roles in ({"Machine.Read.All"}, set()):
        ask.tenant.app.consents = [consent for consent in ask.tenant.app.consents if consent.role in roles]
        assert error(ask.get(MACHINES), 401)["message"].endswith("Account mode is inactive")


@pytest.mark.parametrize(
    ("role", "path", "required"),
    [
        ("Alert.Read.All", MACHINES, "Machine.Read.All,Machine.ReadWrite.All"),
        ("Machine.Read.All", ALERTS, "Alert.Read.All,Alert.ReadWrite.All"),
    ],
)
def test_each_list_needs_its_own_role(role: str, path: str, required: str) -> None:
    ask = defended(DEFENDER, DEFENDER_APP, role)
    problem = error(ask.get(path), 403)
    assert problem["code"] == "Forbidden"
    assert (
        problem["message"] == f"Missing application roles. API required roles: {required}, application roles: {role}."
    )
    assert ask.get(MACHINES if path == ALERTS else ALERTS).status_code == 200


@pytest.mark.parametrize("role", ["Machine.Read.All", "Machine.ReadWrite.All"])
def test_the_writing_role_reads_as_well(role: str) -> None:
    assert defended(DEFENDER, DEFENDER_APP, role).get(MACHINES).status_code == 200


def test_a_token_of_defender_xdr_is_accepted_without_useful_roles(ask: Asking) -> None:
    claims = {
        "aud": XDR,
        "exp": NOW.timestamp() + 60,
        "tid": ask.tenant.id,
        "roles": ["Incident.Read.All"],
    }
    problem = error(ask.get(MACHINES, token=sign(claims)), 403)
    assert problem["message"].endswith("application roles: Incident.Read.All.")


@pytest.mark.parametrize(
    ("path", "kind"), [(f"{MACHINES}/{'0' * 40}", "Machine"), (f"{ALERTS}/da000000000000000000_-1", "Alert")]
)
def test_unknown_resources_are_not_found(ask: Asking, path: str, kind: str) -> None:
    problem = error(ask.get(path), 404)
    assert problem["code"] == "ResourceNotFound"
    assert problem["message"] == f"{kind} {path.rpartition('/')[2]} was not found"


def test_a_path_that_is_not_modelled_is_refused_as_not_served(ask: Asking) -> None:
    error(ask.get("/api/machine"), 501)
    error(ask.get("/api/machine", token=""), 401)

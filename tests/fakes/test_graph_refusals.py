"""The refusals of Microsoft Graph of the virtual tenant, and their wording."""

from __future__ import annotations

from datetime import timedelta

import pytest

from conformance.apis.endpoint import GRAPH
from conformance.fakes.state.tenant import GRAPH_APP
from conformance.fakes.state.timeline import stable_id
from conformance.fakes.state.tokens import sign
from tests.fakes.fake_defender import CLIENT_ID, NOW, Asking, defended, error
from tests.fakes.graph_tenant import ALERTS, APPLICATION, INCIDENTS, LEGACY, PRINCIPAL, ROLES, SCORES


@pytest.fixture
def ask() -> Asking:
    return defended(GRAPH, GRAPH_APP, *ROLES, "Application.Read.All")


# Refusals


def test_tokens_are_checked_in_this_order(ask: Asking) -> None:
    """The order: header, form, signature, lifetime, audience, then everything else."""
    expired = {"exp": NOW.timestamp() - 1, "aud": "https://elsewhere.example", "tid": ask.tenant.id}
    current = expired | {"exp": NOW.timestamp() + 60}
    for token, message in (
        ("", "Access token is empty."),
        ("not-a-token", "CompactToken parsing failed"),
        (sign(expired)[:-3] + "abc", "Signature is invalid."),
        (sign(expired), "Lifetime validation failed, the token is expired."),
        (sign(current), "Access token validation failure. Invalid audience."),
    ):
        refused = ask.get(ALERTS, token=token)
        problem = error(refused, 401)
        assert problem["code"] == "InvalidAuthenticationToken"
        assert problem["message"].startswith(message)
        assert refused.headers["www-authenticate"].startswith('Bearer realm="", authorization_uri="https://login.')
        assert GRAPH_APP in refused.headers["www-authenticate"]


def test_a_token_of_another_api_is_refused(ask: Asking) -> None:
    refused = ask.get(ALERTS, token=ask.token(ask.tenant.cloud.audiences["defender"][0]))
    assert "audience" in error(refused, 401)["message"]


def test_a_token_ends_with_its_lifetime(ask: Asking) -> None:
    token = ask.token()
    assert ask.get(ALERTS, token=token).status_code == 200
    ask.tenant.clock.skip(timedelta(hours=2))
    assert "expired" in error(ask.get(ALERTS, token=token), 401)["message"]


def test_refusals_carry_the_ids_of_the_request(ask: Asking) -> None:
    refused = ask.get(ALERTS, token="", headers={"client-request-id": "mine"})
    inner = error(refused, 401)["innerError"]
    assert inner["client-request-id"] == refused.headers["client-request-id"] == "mine"
    assert inner["request-id"] == refused.headers["request-id"] != "mine"
    assert inner["date"] == "2026-11-23T17:00:00"


ALERT_ROLES = (
    "SecurityAlert.Read.All,SecurityAlert.ReadWrite.All,SecurityIncident.Read.All,SecurityIncident.ReadWrite.All"
)
MISSING = "Missing application roles. API required roles: {}, application roles: {}."
EVENTS = "Auth token does not contain valid permissions or user does not have valid roles."


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (ALERTS, MISSING.format(ALERT_ROLES, "")),
        (INCIDENTS, MISSING.format("SecurityIncident.Read.All,SecurityIncident.ReadWrite.All", "")),
        (SCORES, EVENTS),
        (LEGACY, EVENTS),
    ],
)
def test_without_a_role_security_is_forbidden(path: str, message: str) -> None:
    problem = error(defended(GRAPH, GRAPH_APP).get(path), 403)
    assert (problem["code"], problem["message"]) == ("Forbidden", message)


@pytest.mark.parametrize("path", [APPLICATION, PRINCIPAL + "/appRoleAssignments"])
def test_the_directory_has_a_refusal_of_its_own(path: str) -> None:
    assert error(defended(GRAPH, GRAPH_APP, *ROLES).get(path), 403)["code"] == "Authorization_RequestDenied"


def test_the_refusal_echoes_the_roles_of_the_token() -> None:
    roles = ("SecurityEvents.Read.All", "ThreatHunting.Read.All")
    problem = error(defended(GRAPH, GRAPH_APP, *roles).get(ALERTS), 403)
    assert problem["message"] == MISSING.format(ALERT_ROLES, ",".join(roles))


def test_each_role_opens_its_own_paths(subtests: pytest.Subtests) -> None:
    for role, paths in [
        ("SecurityAlert.Read.All", {ALERTS}),
        ("SecurityIncident.Read.All", {ALERTS, INCIDENTS}),
        ("SecurityIncident.ReadWrite.All", {ALERTS, INCIDENTS}),
        ("SecurityEvents.Read.All", {SCORES, LEGACY}),
        ("Application.Read.All", {APPLICATION}),
        ("ThreatHunting.Read.All", set()),
    ]:
        with subtests.test(role=role, opened=paths):
            ask = defended(GRAPH, GRAPH_APP, role)
            statuses = {path: ask.get(path).status_code for path in (ALERTS, INCIDENTS, SCORES, LEGACY, APPLICATION)}
            assert statuses == {path: 200 if path in paths else 403 for path in statuses}


def test_a_role_works_with_the_tokens_after_its_consent() -> None:
    ask = defended(GRAPH, GRAPH_APP)
    before = ask.token()
    ask.tenant.consent(GRAPH_APP, "SecurityAlert.Read.All", ago=timedelta())
    assert ask.get(ALERTS, token=before).status_code == 403
    assert ask.get(ALERTS).status_code == 200


def test_a_tenant_without_defender_is_not_provisioned(ask: Asking) -> None:
    ask.tenant.defender.provisioned = False
    for path in (ALERTS, ALERTS + "/x", INCIDENTS, INCIDENTS + "/1"):
        assert "Account is not provisioned" in error(ask.get(path), 403)["message"]
    assert ask.get(SCORES).status_code == 200
    ask.tenant.revoke(*ROLES)
    assert error(ask.get(ALERTS), 403)["message"].startswith("Missing application roles")


@pytest.mark.parametrize(
    "path", [ALERTS + "/nope", INCIDENTS + "/1", APPLICATION.replace(CLIENT_ID, stable_id("another"))]
)
def test_unknown_resources_are_not_found(ask: Asking, path: str) -> None:
    error(ask.get(path), 404)


def test_a_path_that_is_not_modelled_is_refused_as_not_served(ask: Asking) -> None:
    answer = ask.get("/v1.0/security/savedQueries")
    assert answer.headers["x-virtual-tenant"] == "route-not-served"
    assert "virtual tenant does not serve this route" in error(answer, 501)["message"]
    assert error(ask.get("/v1.0/security/savedQueries", token=""), 401)["message"] == "Access token is empty."

"""Tests of the checks of Entra: the tenant, the app and its credential."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from conformance.connection import Certificate, ClientSecret, FederatedToken, Secret
from conformance.fakes.identity_provider import virtual_provider
from conformance.fakes.made_up_credentials import certificate
from conformance.fakes.services import entra
from conformance.fakes.services.routes import Call, undisturbed
from conformance.fakes.state import tenant as state
from conformance.fakes.state.timeline import stable_id
from conformance.fakes.world import World
from tests.checks.entra_worlds import claiming, refusing, requested_audience
from tests.checks.outcomes import answered, blocked, changed, ends, fails, outcomes_by_check, world
from tests.contoso import START

# AUTH-001: the tenant


@pytest.mark.parametrize(
    ("scenario", "cause", "says"),
    [("wrong-tenant", "tenant_not_found", ""), ("wrong-cloud", "wrong_cloud", "lives in the cloud")],
)
def test_tenant_is_missing(scenario: str, cause: str, says: str) -> None:
    fails("AUTH-001", world(scenario), cause, says)
    blocked("AUTH-010", world(scenario), "AUTH-001", cause)


def test_tenant_is_malformed_for_entra() -> None:
    there = answered(
        world(), "entra.openid_configuration", lambda call: entra.refuse(call, "tenant-malformed", tenant="x")
    )
    fails("AUTH-001", there, "tenant_malformed")


@pytest.mark.parametrize(
    ("refusal", "cause"), [("tenant-not-found", "tenant_not_found"), ("tenant-malformed", "tenant_malformed")]
)
def test_tenant_that_gets_no_tokens(refusal: str, cause: str) -> None:
    fails("AUTH-001", refusing(refusal, tenant="x"), cause)


@pytest.mark.parametrize(
    ("issuer", "cause"),
    [
        (f"https://login.microsoftonline.com/{stable_id('another tenant')}/v2.0", "tenant_not_found"),
        ("https://login.microsoftonline.com/{tenantid}/v2.0", "contract_violation"),
    ],
)
def test_issuer_is_not_the_tenant(issuer: str, cause: str) -> None:
    there = changed(world(), "entra.openid_configuration", lambda body: {**body, "issuer": issuer})
    fails("AUTH-001", there, cause, says=issuer)


def test_tenant_by_domain() -> None:
    ends("AUTH-001", world(tenant_id="contoso.onmicrosoft.com"), "passed")


# AUTH-002: the app


@pytest.mark.parametrize(
    ("scenario", "cause"),
    [
        ("app-missing", "app_not_in_tenant"),
        ("app-disabled", "app_disabled"),
        ("service-principal-missing", "service_principal_missing"),
    ],
)
def test_app_is_not_accepted(scenario: str, cause: str) -> None:
    fails("AUTH-002", world(scenario), cause)
    blocked("AUTH-003", world(scenario), "AUTH-002", cause)


def test_tokens_without_a_service_principal() -> None:
    there = claiming(oid=None, sub=None, roles=None)
    fails("AUTH-002", there, "service_principal_missing", says="name no service principal")
    for id in ("PERM-001", "PERM-011", "ARM-003", "SENT-001"):
        blocked(id, there, "AUTH-002", "service_principal_missing")


@pytest.mark.parametrize("scenario", ["wrong-secret", "expired-secret", "defender-not-in-tenant"])
def test_errors_after_the_app_was_found_do_not_fail_the_app(scenario: str) -> None:
    ends("AUTH-002", world(scenario), "passed")


# AUTH-003: the credential


@pytest.mark.parametrize(
    ("scenario", "cause"),
    [
        ("wrong-secret", "wrong_client_secret"),
        ("expired-secret", "secret_expired"),
        ("conditional-access", "conditional_access_blocked"),
    ],
)
def test_credential_is_not_accepted(scenario: str, cause: str) -> None:
    fails("AUTH-003", world(scenario), cause)
    blocked("AUTH-012", world(scenario), "AUTH-003", cause)


def test_credential_does_not_arrive() -> None:
    fails("AUTH-003", refusing("credential-missing"), "credential_missing")


def test_credential_is_refused_for_one_api_only() -> None:
    there = refusing("access-blocked", "graph", claims="{}")
    fails("AUTH-003", there, "conditional_access_blocked")
    blocked("AUTH-012", there, "AUTH-003", "conditional_access_blocked")
    ends("AUTH-010", there, "passed")


def test_policy_that_only_graph_reports_is_a_finding_about_graph() -> None:
    body = {
        "error": {"code": "InvalidAuthenticationToken", "message": "A Conditional Access policy does not allow this."}
    }
    there = answered(world(), "graph.alerts", httpx.Response(401, json=body))
    ends("AUTH-003", there, "passed")
    fails("GRAPH-001", there, "conditional_access_blocked")


ACCESS = ("AUTH-002", "AUTH-003", "AUTH-010", "AUTH-011", "AUTH-012", "AUTH-013")


@pytest.mark.parametrize(
    ("response", "cause"),
    [
        (httpx.Response(500), "service_fault"),
        (httpx.Response(200, json={"token_type": "Bearer"}), "contract_violation"),
        (httpx.ReadTimeout("timed out"), "timed_out"),
        (httpx.Response(418, json={"error": "teapot"}), "unknown"),
    ],
)
def test_no_token_at_all_is_one_finding(response: httpx.Response | Exception, cause: str) -> None:
    there = answered(world(), "entra.token", response)
    fails("AUTH-003", there, cause)
    ended = outcomes_by_check(there, *ACCESS)
    assert {outcome.blocked_by for id, outcome in ended.items() if id != "AUTH-003"} == {"AUTH-003"}


def test_one_token_that_fails_is_the_only_finding() -> None:
    def answer(call: Call) -> httpx.Response:
        return httpx.Response(500) if requested_audience(call) == "graph" else undisturbed(call)

    ended = outcomes_by_check(answered(world(), "entra.token", answer), *ACCESS)
    assert [id for id, outcome in ended.items() if outcome.status != "passed"] == ["AUTH-012"]
    assert ended["AUTH-012"].status == "inconclusive"


def test_one_of_two_secrets_has_expired() -> None:
    there = world("one-secret-expired")
    there.tenant.consent(state.GRAPH_APP, "Application.Read.All")
    fails("AUTH-004", there, "secret_expired", "Accepted of the client secrets: number 2. Not accepted: secret 1")
    ends("AUTH-003", there, "passed")
    ends("HYG-001", there, "passed")  # the last secret counts


def test_no_secret_is_accepted() -> None:
    there = world("all-secrets-refused")
    fails("AUTH-003", there, "secret_expired", "None of the client secrets is accepted (1: secret_expired, 2: wrong")
    blocked("AUTH-004", there, "AUTH-003", "secret_expired")


def test_each_secret_is_tried_once() -> None:
    there = world("one-secret-expired")
    outcomes_by_check(there)
    forms = [request.content.decode() for request in there.requests if request.url.path.endswith("/token")]
    assert len(forms) == 5  # the first API tries each secret, the others use the one that works
    assert len([form for form in forms if "old8Q" in form]) == 1


def test_a_malformed_secret_is_not_sent() -> None:
    there = world("two-secrets")
    own = there.connection.credential
    assert isinstance(own, ClientSecret)
    own = ClientSecret(Secret("a9910000-0c0f-4c0f-a11c-000000000002"), (own.secret,))
    there.connection = replace(there.connection, credential=own)
    fails("AUTH-004", there, "secret_id_instead_of_value", "secret 1: secret_id_instead_of_value (by its form)")
    assert not [request for request in there.requests if b"client_secret=a9910000" in request.content]


def test_certificate_that_is_not_registered_on_the_app() -> None:
    there = world(client_secret=None, credential=certificate())
    there.tenant.app.certificates.clear()
    fails("AUTH-003", there, "certificate_invalid")


def test_certificate_that_cannot_sign() -> None:
    there = world(client_secret=None, credential=Certificate(b"neither key nor certificate", "app.pem"))
    fails("AUTH-003", there, "certificate_invalid")


def federated(**claims: object) -> World:
    """Return a world whose connection has a trusted provider's token that matches, apart from these claims."""
    there = world(client_secret=None, credential=FederatedToken(lambda: virtual_provider().token(START), "env:TOKEN"))
    there.connection = replace(
        there.connection,
        credential=FederatedToken(lambda: virtual_provider().token(START, **claims), "env:TOKEN"),
    )
    return there


def test_trusted_token() -> None:
    ends("AUTH-003", federated(), "passed")


@pytest.mark.parametrize(
    ("claims", "cause"),
    [
        ({"iss": "https://token.other"}, "federation_mismatch"),
        ({"sub": "repo:contoso/other"}, "federation_mismatch"),
        ({"aud": "https://graph.microsoft.com"}, "federation_mismatch"),
        ({"exp": int(START.timestamp()) - 600}, "assertion_expired"),
    ],
)
def test_token_that_is_not_trusted(claims: dict[str, object], cause: str) -> None:
    fails("AUTH-003", federated(**claims), cause)

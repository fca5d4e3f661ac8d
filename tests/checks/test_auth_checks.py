"""The checks of Entra: the tenant, the app, its credential, and a token for each API."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from conformance.connection import CLOUDS, Certificate, ClientSecret, FederatedToken, Secret
from conformance.fakes.identity_provider import virtual_provider
from conformance.fakes.made_up_credentials import certificate
from conformance.fakes.services import entra
from conformance.fakes.services.routes import Call
from conformance.fakes.state import tenant as state
from conformance.fakes.state.timeline import stable_id
from conformance.fakes.state.tokens import read, sign
from conformance.fakes.world import World
from tests.checks.outcomes import answered, blocked, changed, ends, fails, genuine, judged, world
from tests.contoso import START

AUDIENCES = ("arm", "log_analytics", "graph", "defender")
APPS = dict(zip(AUDIENCES, (state.ARM_APP, state.LOG_ANALYTICS_APP, state.GRAPH_APP, state.DEFENDER_APP), strict=True))
ISSUED = dict(zip(AUDIENCES, ("AUTH-010", "AUTH-011", "AUTH-012", "AUTH-013"), strict=True))
SANE = dict(zip(AUDIENCES, ("AUTH-020", "AUTH-021", "AUTH-022", "AUTH-023"), strict=True))


def refusing(name: str, audience: str | None = None, **values: str) -> World:
    """A world whose Entra refuses a token (for one audience only) with one of its documented errors."""

    def answer(call: Call) -> httpx.Response:
        return entra.refuse(call, name, **values) if audience in (None, asked(call)) else genuine(call)

    return answered(world(), "entra.token", answer)


def asked(call: Call) -> str:
    """The audience that a token request is for."""
    scope = httpx.QueryParams(call.request.content.decode())["scope"].removesuffix("/.default")
    return next(one for one in AUDIENCES if CLOUDS["public"].accepts(one, scope))  # type: ignore[arg-type]


def claiming(**claims: Any) -> World:
    """A world whose tokens claim this (or, with None, leave it out)."""

    def change(body: dict[str, Any]) -> None:
        issued = dict(read(body["access_token"])[0] or {}) | claims
        body["access_token"] = sign({name: value for name, value in issued.items() if value is not None})

    return changed(world(), "entra.token", change)


# AUTH-001: the tenant


@pytest.mark.parametrize(
    ("scenario", "cause", "says"),
    [("wrong-tenant", "tenant_not_found", ""), ("wrong-cloud", "wrong_cloud", "lives in the cloud")],
)
def test_tenant_is_not_there(scenario: str, cause: str, says: str) -> None:
    fails("AUTH-001", world(scenario), cause, says)
    blocked("AUTH-010", world(scenario), "AUTH-001", cause)


def test_entra_finds_the_tenant_malformed() -> None:
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
def test_entra_came_past_the_app(scenario: str) -> None:
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


def test_policy_that_only_graph_speaks_of_is_graphs() -> None:
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
    ended = judged(there, *ACCESS)
    assert {one.blocked_by for id, one in ended.items() if id != "AUTH-003"} == {"AUTH-003"}


def test_one_token_that_fails_is_that_one() -> None:
    def answer(call: Call) -> httpx.Response:
        return httpx.Response(500) if asked(call) == "graph" else genuine(call)

    ended = judged(answered(world(), "entra.token", answer), *ACCESS)
    assert [id for id, one in ended.items() if one.status != "passed"] == ["AUTH-012"]
    assert ended["AUTH-012"].status == "inconclusive"


def test_one_of_two_secrets_has_ended() -> None:
    there = world("one-secret-expired")
    there.tenant.consent(state.GRAPH_APP, "Application.Read.All")
    fails("AUTH-004", there, "secret_expired", "Accepted of the client secrets: number 2. Not accepted: secret 1")
    ends("AUTH-003", there, "passed")
    ends("HYG-001", there, "passed")  # the last one counts


def test_no_secret_is_accepted() -> None:
    there = world("all-secrets-refused")
    fails("AUTH-003", there, "secret_expired", "None of the client secrets is accepted (1: secret_expired, 2: wrong")
    blocked("AUTH-004", there, "AUTH-003", "secret_expired")


def test_each_secret_is_tried_once() -> None:
    there = world("one-secret-expired")
    judged(there)
    forms = [one.content.decode() for one in there.requests if one.url.path.endswith("/token")]
    assert len(forms) == 5  # for the first API with each secret, for the others with the one that works
    assert len([one for one in forms if "old8Q" in one]) == 1


def test_a_secret_that_cannot_be_one_is_not_sent() -> None:
    there = world("two-secrets")
    own = there.connection.credential
    assert isinstance(own, ClientSecret)
    own = ClientSecret(Secret("a9910000-0c0f-4c0f-a11c-000000000002"), (own.secret,))
    there.connection = replace(there.connection, credential=own)
    fails("AUTH-004", there, "secret_id_instead_of_value", "secret 1: secret_id_instead_of_value (by its form)")
    assert not [one for one in there.requests if b"client_secret=a9910000" in one.content]


def test_certificate_that_the_app_does_not_have() -> None:
    there = world(client_secret=None, credential=certificate())
    there.tenant.app.certificates.clear()
    fails("AUTH-003", there, "certificate_invalid")


def test_certificate_that_cannot_sign() -> None:
    there = world(client_secret=None, credential=Certificate(b"neither key nor certificate", "app.pem"))
    fails("AUTH-003", there, "certificate_invalid")


def federated(**claims: object) -> World:
    """The world of a connection with a trusted provider's token: one that matches, but for these claims."""
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


# AUTH-010 to AUTH-013: a token for each API


def not_in_tenant(there: World, audience: str) -> None:
    del there.tenant.resources[APPS[audience]]


def disabled(there: World, audience: str) -> None:
    there.tenant.resources[APPS[audience]].enabled = False


def assignment_required(there: World, audience: str) -> None:
    there.tenant.resources[APPS[audience]].assignment_required = True
    there.tenant.revoke()


def test_api_gives_no_token(subtests: pytest.Subtests) -> None:
    for id, audience in [
        ("AUTH-010", "arm"),
        ("AUTH-011", "log_analytics"),
        ("AUTH-012", "graph"),
        ("AUTH-013", "defender"),
    ]:
        for arrange, cause in [
            (not_in_tenant, "resource_not_in_tenant"),
            (disabled, "resource_disabled"),
            (assignment_required, "app_assignment_required"),
        ]:
            with subtests.test(id=id, audience=audience, arrange=arrange, cause=cause):
                there = world()
                arrange(there, audience)
                fails(id, there, cause)
                others = [one for one in ISSUED.values() if one != id]
                assert {one.status for one in judged(there, "AUTH-002", "AUTH-003", *others).values()} == {"passed"}


@pytest.mark.parametrize("audience", AUDIENCES)
def test_scope_is_not_accepted(audience: str) -> None:
    fails(ISSUED[audience], refusing("scope-malformed", audience, scope="x"), "scope_invalid")


def test_empty_token() -> None:
    there = changed(world(), "entra.token", lambda body: {**body, "access_token": ""})
    fails("AUTH-003", there, "contract_violation", says="empty")


@pytest.mark.parametrize(("apis", "unused"), [(["graph"], "arm"), (["defender"], "graph"), (["sentinel"], "defender")])
def test_no_token_is_asked_for_what_is_not_used(apis: list[str], unused: str) -> None:
    for id in (ISSUED[unused], SANE[unused]):
        ends(id, world(apis=apis), "not_applicable", says=f"does not use {unused}")


# AUTH-020 to AUTH-023: what a token says of itself


def test_token_claims_what_it_should_not(subtests: pytest.Subtests) -> None:
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"aud": "https://vault.azure.net"}, "wrong_token_audience", "https://vault.azure.net"),
        ({"tid": stable_id("another tenant")}, "wrong_token_tenant", stable_id("another tenant")),
        ({"appid": stable_id("another app")}, "contract_violation", stable_id("another app")),
        ({"scp": "user_impersonation"}, "contract_violation", "delegated"),
        ({"exp": int(START.timestamp())}, "token_expired", "lifetime ended"),
        ({"nbf": int(START.timestamp()) + 301}, "contract_violation", "valid from"),
    ]
    for claims, cause, says in cases:
        for id in ["AUTH-020", "AUTH-021", "AUTH-022", "AUTH-023"]:
            with subtests.test(claims=claims, cause=cause, says=says, id=id):
                fails(id, claiming(**claims), cause, says)


def test_token_is_not_a_bearer_token_of_sane_life(subtests: pytest.Subtests) -> None:
    answers: list[dict[str, object]] = [{"token_type": "pop"}, {"expires_in": 0}, {"expires_in": 100_801}]
    for answer in answers:
        for id in ["AUTH-020", "AUTH-021", "AUTH-022", "AUTH-023"]:
            with subtests.test(answer=answer, id=id):
                there = changed(world(), "entra.token", partial(dict, **answer))
                fails(id, there, "contract_violation", says=next(iter(answer)))


@pytest.mark.parametrize("audience", AUDIENCES)
def test_tolerated_tokens(audience: str) -> None:
    early = claiming(nbf=int(START.timestamp()) + 299)
    newer = claiming(appid=None, azp=early.connection.client_id, aud=APPS[audience])
    opaque = changed(world(), "entra.token", lambda body: {**body, "access_token": "opaque"})
    lower = changed(world(), "entra.token", lambda body: {**body, "token_type": "bearer"})
    for there in (early, newer, opaque, lower):
        ends(SANE[audience], there, "passed")


def test_token_lifetime_is_judged_by_the_services_clock() -> None:
    there = world()
    there.clock.skew = timedelta(hours=3)
    ends("AUTH-020", there, "passed")


# AUTH-030: the answer itself


def with_headers(**headers: str) -> World:
    def answer(call: Call) -> httpx.Response:
        response = genuine(call)
        response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        return response

    return answered(world(), "entra.token", answer)


@pytest.mark.parametrize(
    ("headers", "says"),
    [({"cache_control": "private"}, "no-store"), ({"content_type": "text/plain"}, "does not say that it is JSON")],
)
def test_token_answer_may_be_cached_or_is_no_json(headers: dict[str, str], says: str) -> None:
    fails("AUTH-030", with_headers(**headers), "contract_violation", says)


def test_token_answer_of_a_connection_without_azure() -> None:
    ends("AUTH-030", world(apis=["graph"]), "passed")


def test_token_answer_needs_a_token() -> None:
    blocked("AUTH-030", world("wrong-secret"), "AUTH-003", "wrong_client_secret")


def test_token_answer_lacks_a_member() -> None:
    there = changed(world(), "entra.token", lambda body: {"access_token": body["access_token"]})
    fails("AUTH-003", there, "contract_violation", says="token_type")


# AUTH-031 and AUTH-032: the negative control


@pytest.mark.parametrize(
    ("id", "endpoint"), [("AUTH-031", "defender.machines"), ("AUTH-032", "graph.alerts")], ids=["defender", "graph"]
)
@pytest.mark.parametrize(
    ("response", "says"),
    [
        (httpx.Response(200, json={"value": []}), "was accepted"),
        (httpx.Response(400, json={"error": {"code": "BadRequest", "message": "Bad request"}}), "with status 400"),
    ],
)
def test_foreign_token_is_not_refused(id: str, endpoint: str, response: httpx.Response, says: str) -> None:
    there = answered(world(), endpoint, response)
    fails(id, there, "contract_violation", says)


def test_foreign_tokens_are_refused() -> None:
    assert {one.status for one in judged(world(), "AUTH-031", "AUTH-032").values()} == {"passed"}


def test_service_that_is_down_refuses_nothing() -> None:
    there = answered(world(), "defender.machines", httpx.Response(503))
    blocked("AUTH-031", there, "MDE-001", "service_fault")


@pytest.mark.parametrize(("id", "apis"), [("AUTH-031", ["defender"]), ("AUTH-032", ["graph"])])
def test_no_foreign_token_to_try(id: str, apis: list[str]) -> None:
    ends(id, world(apis=apis), "not_applicable")


def test_negative_control_is_opt_in() -> None:
    assert not {"AUTH-031", "AUTH-032"} & set(judged(world()))

"""Tests of the checks of tokens: one for each API, its claims, its response, and that no API accepts another's."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from conformance.fakes.services.routes import Call, undisturbed
from conformance.fakes.state import tenant as state
from conformance.fakes.state.timeline import stable_id
from conformance.fakes.world import World
from tests.checks.entra_worlds import AUDIENCES, claiming, refusing
from tests.checks.outcomes import answered, blocked, changed, ends, fails, outcomes_by_check, world
from tests.contoso import START

APPS = dict(zip(AUDIENCES, (state.ARM_APP, state.LOG_ANALYTICS_APP, state.GRAPH_APP, state.DEFENDER_APP), strict=True))
ISSUED = dict(zip(AUDIENCES, ("AUTH-010", "AUTH-011", "AUTH-012", "AUTH-013"), strict=True))
SANE = dict(zip(AUDIENCES, ("AUTH-020", "AUTH-021", "AUTH-022", "AUTH-023"), strict=True))


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
                others = [issued_by for issued_by in ISSUED.values() if issued_by != id]
                assert {
                    outcome.status for outcome in outcomes_by_check(there, "AUTH-002", "AUTH-003", *others).values()
                } == {"passed"}


@pytest.mark.parametrize("audience", AUDIENCES)
def test_scope_is_not_accepted(audience: str) -> None:
    fails(ISSUED[audience], refusing("scope-malformed", audience, scope="x"), "scope_invalid")


def test_empty_token() -> None:
    there = changed(world(), "entra.token", lambda body: {**body, "access_token": ""})
    fails("AUTH-003", there, "contract_violation", says="empty")


@pytest.mark.parametrize(("apis", "unused"), [(["graph"], "arm"), (["defender"], "graph"), (["sentinel"], "defender")])
def test_no_token_is_requested_for_an_unused_api(apis: list[str], unused: str) -> None:
    for id in (ISSUED[unused], SANE[unused]):
        ends(id, world(apis=apis), "not_applicable", says=f"does not use {unused}")


# AUTH-020 to AUTH-023: the claims of a token


def test_token_with_wrong_claims(subtests: pytest.Subtests) -> None:
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


def test_token_is_not_a_bearer_token_or_has_a_wrong_lifetime(subtests: pytest.Subtests) -> None:
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


# AUTH-030: the response itself


def with_headers(**headers: str) -> World:
    def answer(call: Call) -> httpx.Response:
        response = undisturbed(call)
        response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        return response

    return answered(world(), "entra.token", answer)


@pytest.mark.parametrize(
    ("headers", "says"),
    [({"cache_control": "private"}, "no-store"), ({"content_type": "text/plain"}, "does not say that it is JSON")],
)
def test_token_response_may_be_cached_or_is_not_json(headers: dict[str, str], says: str) -> None:
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
    assert {outcome.status for outcome in outcomes_by_check(world(), "AUTH-031", "AUTH-032").values()} == {"passed"}


def test_service_that_is_down_does_not_refuse_tokens() -> None:
    there = answered(world(), "defender.machines", httpx.Response(503))
    blocked("AUTH-031", there, "MDE-001", "service_fault")


@pytest.mark.parametrize(("id", "apis"), [("AUTH-031", ["defender"]), ("AUTH-032", ["graph"])])
def test_no_foreign_token_to_try(id: str, apis: list[str]) -> None:
    ends(id, world(apis=apis), "not_applicable")


def test_negative_control_is_opt_in() -> None:
    assert not {"AUTH-031", "AUTH-032"} & set(outcomes_by_check(world()))

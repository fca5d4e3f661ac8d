"""Log Analytics of the virtual tenant: refused queries and refused callers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.apis import kql
from conformance.apis.log_analytics import QUERY, QUERY_BY_RESOURCE
from conformance.fakes.query import canned_kql
from conformance.fakes.services.routes import PROVENANCE
from conformance.fakes.state.tokens import sign
from conformance.findings import explain
from tests.contoso import START
from tests.fakes.azure_world import AzureWorld
from tests.fakes.fake_defender import decoded, error


def innermost(problem: dict[str, Any]) -> dict[str, Any]:
    while "innererror" in problem:
        problem = problem["innererror"]
    return problem


# Refused queries


@pytest.mark.parametrize(
    ("query", "operator"),
    [
        (kql.table("SecurityIncident"), "take"),
        (kql.RECENT_INCIDENTS, "where"),
        (kql.UNKNOWN_TABLE, "take"),
    ],
    ids=lambda value: value.name if isinstance(value, kql.Query) else value,
)
def test_a_missing_table_is_named_with_the_operator_on_it(azure: AzureWorld, query: kql.Query, operator: str) -> None:
    azure.tenant.drop_table("SecurityIncident")
    problem = error(azure.query(query), 400)
    assert (problem["code"], problem["innererror"]["code"]) == ("BadArgumentError", "SemanticError")
    table = query.text.split()[0]
    assert innermost(problem) == {
        "code": "SEM0100",
        "message": f"'{operator}' operator: Failed to resolve table or column expression named '{table}'",
    }


@pytest.mark.parametrize("plan", ["Basic", "Auxiliary"])
def test_a_table_of_another_plan_is_out_of_reach(azure: AzureWorld, plan: str) -> None:
    azure.workspace.tables["SecurityIncident"].plan = plan
    response = azure.query(kql.table("SecurityIncident"))
    assert error(response, 400)["code"] == "BadArgumentError"
    finding = explain(response.content, status=400, service="log_analytics")
    assert (finding.cause, finding.about) == ("table_unqueryable", "SecurityIncident")


@pytest.mark.parametrize(
    "text",
    [
        "SecurityIncident | make-series n=count() on TimeGenerated step 1h",
        "find in (SecurityIncident) where Title has 'x'",
        "SecurityIncident | where Title == 5",
        "externaldata(x:string)['https://files.example/x.csv']",
        ".show tables",
        ".drop table SecurityIncident",
        "union *",
    ],
)
def test_queries_that_are_not_evaluated_are_refused(azure: AzureWorld, text: str) -> None:
    problem = error(azure.query(text), 400)
    assert innermost(problem)["code"] == "NotEvaluated"
    assert "virtual tenant" in problem["message"]


@pytest.mark.parametrize(
    ("text", "place", "token"),
    [
        ("", [1, 1], ""),
        ("  // nothing", [1, 1], "  // nothing"),
        ("print ok=(1", [1, 10], "(1"),
        ("print ok=1)", [1, 11], ")"),
        ("print\n x='open", [2, 4], "'open"),
        ("print x=[1)", [1, 11], ")"),
    ],
)
def test_a_text_that_cannot_be_kql_is_a_syntax_error_with_its_place(
    azure: AzureWorld, text: str, place: list[int], token: str
) -> None:
    problem = error(azure.query(text), 400)
    assert (problem["code"], problem["innererror"]["code"]) == ("BadArgumentError", "SyntaxError")
    inner = innermost(problem)
    assert (inner["code"], inner["line"], inner["pos"], inner["token"]) == ("SYN0002", *place, token)
    assert inner["message"].endswith(f"on line [{place[0]},{place[1]}]")


@pytest.mark.parametrize("content", [b"{", b"[]", b'"print ok=1"'])
def test_a_body_that_is_not_a_json_object_is_refused(azure: AzureWorld, content: bytes) -> None:
    request = azure.request(QUERY.ask(json={}))
    short = httpx.Request("POST", request.url, headers={**request.headers, "Content-Length": "0"}, content=content)
    inner = innermost(error(azure.send(short), 400))
    assert inner["code"] == "QueryValidationError"
    assert inner["details"][0]["code"] == "InvalidJsonBody"


@pytest.mark.parametrize(
    "timespan", ["yesterday", "6H", "PT1.2.3S", "P99999999D", "P9999999999999D", 6, "2026-11-24/soon", "a/PT1H"]
)
def test_an_invalid_timespan_is_refused(azure: AzureWorld, timespan: Any) -> None:
    assert innermost(error(azure.query(kql.PRINT, timespan=timespan), 400))["code"] == "QueryValidationError"


def test_a_request_without_query_is_refused(azure: AzureWorld) -> None:
    problem = innermost(error(azure.put(QUERY.ask(json={"timespan": "P1D"})), 400))
    assert problem["message"] == "The query of the request is not valid"


@given(st.text(st.sampled_from("ab |=()[]{}'\"\\/@`\n"), max_size=30))
def test_the_position_of_a_syntax_error_is_within_the_text(text: str) -> None:
    place = canned_kql.fault(text)
    assert place is None or 0 <= place <= len(text)


@given(
    st.recursive(
        st.sampled_from(["a", " ", "'('", '"]"', "|"]), lambda inner: st.builds("({}[{}])".format, inner, inner)
    )
)
def test_balanced_texts_have_no_fault(text: str) -> None:
    assert (canned_kql.fault(text) is None) == bool(text.strip())


@pytest.mark.parametrize("query", kql.QUERIES.values(), ids=lambda query: query.name)
def test_the_suites_own_queries_are_sound_and_evaluated(azure: AzureWorld, query: kql.Query) -> None:
    assert canned_kql.fault(query.text) is None
    response = azure.query(query)
    if query is kql.UNKNOWN_TABLE:
        error(response, 400)
    else:
        decoded(response, QUERY)


@given(
    st.floats(0, 1e6).map(lambda seconds: f"PT{seconds:.6f}S")
    | st.integers(0, 10_000).map(lambda hours: f"PT{hours}H")
    | st.integers(0, 10_000).map(lambda days: f"P{days}D")
)
def test_a_duration_ends_now(timespan: str) -> None:
    window = canned_kql.window_of(timespan, START)
    assert window is not None
    assert window[0] <= window[1] == START


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.timedeltas(timedelta(), timedelta(days=400)))
def test_start_and_end_are_used_unchanged(start: datetime, length: timedelta) -> None:
    window = canned_kql.window_of(f"{start.isoformat()}Z/{(start + length).isoformat()}Z", START)
    assert window is not None
    assert window[0].replace(tzinfo=None) == start
    assert window[1] - window[0] == length


# Refused callers


def test_a_token_is_needed(azure: AzureWorld) -> None:
    assert error(azure.query(kql.PRINT, token=""), 401)["code"] == "AuthenticationFailed"


def test_text_that_is_not_a_token_is_refused_with_403(azure: AzureWorld) -> None:
    assert error(azure.query(kql.PRINT, token="not-a-token"), 403)["code"] == "InvalidAuthenticationToken"


@pytest.mark.parametrize("audience", ["arm", "graph", "defender"])
def test_a_token_of_another_api_is_refused(azure: AzureWorld, audience: Any) -> None:
    problem = error(azure.query(kql.PRINT, token=azure.token(audience)), 403)
    assert problem["code"] == "InvalidTokenError"
    assert problem["innererror"] == {
        "code": "SignatureVerificationFailed",
        "message": "Could not validate the request",
    }


def test_a_forged_token_is_refused(azure: AzureWorld) -> None:
    head, claims, _ = azure.token("log_analytics").split(".")
    assert error(azure.query(kql.PRINT, token=f"{head}.{claims}.forged"), 403)["code"] == "InvalidTokenError"


def test_an_expired_token_is_refused(azure: AzureWorld) -> None:
    token = azure.token("log_analytics")
    assert azure.query(kql.PRINT, token=token).status_code == 200
    azure.tenant.clock.skip(timedelta(hours=2))
    response = azure.query(kql.PRINT, token=token)
    assert error(response, 403)["code"] == "InvalidTokenError"
    assert explain(response.content, status=403, service="log_analytics").cause == "token_expired"


def test_without_a_role_the_service_principal_is_refused(azure: AzureWorld) -> None:
    azure.tenant.revoke_roles()
    problem = error(azure.query(kql.PRINT), 403)
    assert problem["code"] == "InsufficientAccessError"
    assert problem["correlationId"]
    assert problem["innererror"] == {
        "code": "UnauthorizedClient",
        "message": "The service principal does not have sufficient permissions to access this resource: "
        + azure.workspace.customer_id,
    }


def test_by_arm_id_the_refusal_names_the_object_id(azure: AzureWorld) -> None:
    azure.tenant.revoke_roles()
    object_id = azure.tenant.app.service_principal_id
    problem = error(azure.put(QUERY_BY_RESOURCE.ask(json={"query": kql.PRINT.text})), 403)
    assert problem["innererror"] == {
        "code": "AuthorizationFailedError",
        "message": f"User '{object_id}' does not have access to read logs for this resource",
    }


def test_a_token_without_principal_has_no_role(azure: AzureWorld) -> None:
    claims = {
        "aud": azure.tenant.cloud.audience("log_analytics"),
        "exp": START.timestamp() + 60,
        "tid": azure.tenant.id,
    }
    assert error(azure.query(kql.PRINT, token=sign(claims)), 403)["code"] == "InsufficientAccessError"


def test_a_new_role_takes_effect_later(azure: AzureWorld) -> None:
    azure.tenant.revoke_roles()
    azure.tenant.assign("Microsoft Sentinel Reader", ago=timedelta(), delay=timedelta(minutes=20))
    error(azure.query(kql.PRINT), 403)
    azure.tenant.clock.skip(timedelta(minutes=20))
    assert decoded(azure.query(kql.PRINT), QUERY).records() == [{"ok": 1}]


@pytest.mark.parametrize("mode", ["Disabled", "SecuredByPerimeter"])
def test_a_closed_network_refuses_every_caller(azure: AzureWorld, mode: str) -> None:
    azure.workspace.public_query = mode
    problem = error(azure.query(kql.PRINT), 403)
    assert (problem["code"], problem["innererror"]["code"]) == ("InsufficientAccessError", "NspValidationFailedError")
    assert PROVENANCE["log_analytics/network-closed"].tier == "inferred"


@pytest.mark.parametrize("id", ["law-security", "11111111-2222-4333-8444-555555555555"])
def test_only_the_workspaces_guid_is_a_path(azure: AzureWorld, id: str) -> None:
    problem = error(azure.put(QUERY.ask(json={"query": kql.PRINT.text}, workspace_id=id)), 404)
    assert problem["code"] == "PathNotFoundError"


def test_an_unknown_arm_id_is_named_in_the_refusal(azure: AzureWorld) -> None:
    problem = error(azure.put(QUERY_BY_RESOURCE.ask(json={"query": kql.PRINT.text}, workspace_name="law-other")), 404)
    assert problem["code"] == "ResourceNotFoundError"
    scope = azure.workspace.scope.replace(azure.workspace.name, "law-other")
    assert problem["message"] == f"The resource {scope} was not found"


def test_a_path_that_is_not_modelled_is_refused_as_not_served(azure: AzureWorld) -> None:
    request = azure.request(QUERY.ask())
    other = httpx.Request("GET", request.url.join("/v1/nothing"), headers=request.headers)
    assert error(azure.send(other), 501)["code"] == "RouteNotServed"
    del other.headers["Authorization"]
    error(azure.send(other), 401)

"""The meaning of answers, in any form."""

from __future__ import annotations

from typing import Any

import pytest

from conformance import explain

OID = "5bf5f92b-c103-4336-95ce-50e86c41ab9e"
SUB = "2bf5f92b-c103-4336-95ce-50e86c41ab9e"
ROLES = "Missing application roles. API required roles: Machine.Read.All,Machine.ReadWrite.All, application roles: {}."
NOT_ONBOARDED = '{"error":{"code":"BadRequest","message":"Workspace is not onboarded to Microsoft Sentinel."}}'
SDK_DUMP = """azure.core.exceptions.HttpResponseError: (BadArgumentError) The request had some invalid properties
Code: BadArgumentError
Message: The request had some invalid properties
Inner error: {
    "code": "SemanticError",
    "innererror": {
        "code": "SEM0100",
        "message": "'where' operator: Failed to resolve table or column expression named 'SigninLogs'"
    }
}"""


def arm(code: str, message: str = "") -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def test_a_bare_code_is_enough(subtests: pytest.Subtests) -> None:
    for pasted, cause in [
        ("AADSTS7000222", "secret_expired"),
        ("7000222", "secret_expired"),
        ("AuthorizationFailed", "rbac_role_missing"),
        ("SEM0100", "table_missing"),
        ("InsufficientAccessError", "rbac_role_missing"),
        ("PathNotFoundError", "workspace_id_not_guid"),
        ("invalid_client", "wrong_client_secret"),
        ("429", "throttled"),
        ("Too Many Requests", "throttled"),
        ("Account mode is inactive", "licence_missing"),
        ("HTTP/1.1 503 Service Unavailable", "service_fault"),
    ]:
        with subtests.test(pasted=pasted, cause=cause):
            assert explain(pasted).cause == cause


def test_pasted_and_truncated_texts_are_explained(subtests: pytest.Subtests) -> None:
    for pasted, cause in [
        (SDK_DUMP, "table_missing"),
        ("ERROR: (AuthorizationFailed) The client 'x' with object id", "rbac_role_missing"),
        ("RESPONSE 404: 404 Not Found\nERROR CODE: ResourceGroupNotFound\n---", "resource_group_not_found"),
        ('Service returned an error. Status=403 Code="AuthorizationFailed" Message="The cl', "rbac_role_missing"),
        (
            'Status: 403 (Forbidden)\n\nContent:\n{"error":{"message":"x","code":"InsufficientAccessError"}',
            "rbac_role_missing",
        ),
        ('{\\"error\\":{\\"code\\":\\"InvalidAuthenticationTokenTenant\\",\\"mess', "wrong_token_tenant"),
        ("<m:error xmlns:m='x'><m:code>Request_ResourceNotFound</m:code></m:error>", "object_not_found"),
        ("Unable to get authority configuration for https://login.microsoftonline.com/contoso", "tenant_not_found"),
        ('"error":"invalid_client","error_description":"AADSTS7000215: Invalid cl', "wrong_client_secret"),
        ("invalid_client: 7000222 - [2026-01-01 00:00:00Z]: whatever", "secret_expired"),
    ]:
        with subtests.test(pasted=pasted, cause=cause):
            assert explain(pasted).cause == cause


def test_language_does_not_matter(subtests: pytest.Subtests) -> None:
    for body, status, service, cause in [
        ("AADSTS700016：在目录“contoso”中找不到应用程序。", 400, "entra", "app_not_in_tenant"),
        ("ＡＡＤＳＴＳ７０００２２２：期限切れ", 401, "entra", "secret_expired"),
        ("AADSTS70011: El valor del parámetro de entrada no es válido.", 400, "entra", "scope_invalid"),
        (arm("InvalidAuthenticationTokenTenant", "访问令牌来自错误的颁发者"), 401, "arm", "wrong_token_tenant"),
        (arm("ExpiredAuthenticationToken", "Le jeton a expiré"), 401, "sentinel", "token_expired"),
        (arm("SubscriptionNotFound", "サブスクリプションが見つかりません"), 404, "arm", "subscription_not_found"),
    ]:
        with subtests.test(body=body, status=status):
            assert explain(body, status=status, service=service).cause == cause  # type: ignore[arg-type]


def test_one_code_with_several_causes(subtests: pytest.Subtests) -> None:
    for body, status, service, cause in [
        (arm("Forbidden", ROLES.format("")), 403, "graph", "app_role_missing"),
        (arm("Forbidden", "Unauthorized request - Account is not provisioned."), 403, "graph", "licence_missing"),
        (arm("Unauthorized", "reason of failure: No Tvm license"), 401, "defender", "licence_missing"),
        (arm("Unauthorized", "x"), 401, "defender", "token_malformed"),
        (arm("InvalidAuthenticationToken", "Invalid audience."), 401, "graph", "wrong_token_audience"),
        (arm("InvalidAuthenticationToken", "Lifetime validation failed."), 401, "graph", "token_expired"),
        (arm("InvalidAuthenticationToken", "'puid' or 'oid' is needed"), 401, "arm", "service_principal_missing"),
        (arm("BadRequest", NOT_ONBOARDED), 400, "sentinel", "sentinel_not_onboarded"),
        (arm("BadRequest", "Some other refusal"), 400, "sentinel", "request_invalid"),
        (arm("PrincipalNotFound"), 400, "arm", "principal_not_found"),
        (arm("ScopeLocked"), 409, "arm", "policy_denied"),
        (arm("DenyAssignmentAuthorizationFailed"), 403, "arm", "rbac_denied"),
    ]:
        with subtests.test(body=body, status=status):
            assert explain(body, status=status, service=service).cause == cause


def test_without_a_code_status_and_shape_decide(subtests: pytest.Subtests) -> None:
    for body, status, service, cause in [
        ("<html><head><title>Blocked</title></head></html>", 403, "arm", "intercepted"),
        ("<html><body>Sign in to the guest network</body></html>", 200, "graph", "intercepted"),
        ("<html><body><h1>502 Bad Gateway</h1></body></html>", 502, "graph", "service_fault"),
        ("", 407, "entra", "intercepted"),
        ("", 302, "arm", "intercepted"),
        ("", 200, "log_analytics", "empty_answer"),
        ("", 204, "log_analytics", "table_missing"),
        ('{"tables":[{"name":"Prim', 200, "log_analytics", "contract_violation"),
        ("", 401, "sentinel", "wrong_token_audience"),
        ("", 403, "sentinel", "rbac_role_missing"),
        ("", 403, "defender", "app_role_missing"),
        ("", 404, "arm", "object_not_found"),
        ("upstream connect error", 503, "defender", "service_fault"),
        (b"\xff\xfe\x00", 500, "graph", "service_fault"),
        (None, None, None, "unknown"),
        ("OSError('Tunnel connection failed: 407 Proxy Authentication Required')", None, None, "proxy_auth_required"),
        ("curl: (56) Received HTTP code 403 from proxy after CONNECT", None, None, "proxy_denied"),
        ("tunneling socket could not be established, statusCode=503", None, None, "proxy_failed"),
        ("proxyconnect tcp: dial tcp 10.0.0.1:8080: connect: connection refused", None, None, "proxy_failed"),
        ("It works on my machine.", None, None, "unknown"),
    ]:
        with subtests.test(body=body, status=status):
            meaning = explain(body, status=status, service=service)  # type: ignore[arg-type]
            assert meaning.cause == cause


def test_a_fault_of_the_service_is_never_a_failure_of_the_tenant() -> None:
    assert not explain(arm("AuthorizationFailed"), status=500, service="arm").conclusive
    assert explain(arm("AuthorizationFailed"), status=429, service="arm").cause == "throttled"


def test_an_unknown_answer_is_shown_as_it_came() -> None:
    meaning = explain(arm("QuantumFlux", "The flux is off."), status=418, service="arm")
    assert (meaning.cause, meaning.certainty, meaning.code) == ("unknown", "likely", "QuantumFlux")
    assert "HTTP 418" in meaning.explanation
    assert "The flux is off." in meaning.explanation
    assert not meaning.conclusive


def test_a_refused_action_names_its_parts_in_any_language() -> None:
    text = (
        f"Le client « x » avec l'ID d’objet '{OID}' n’a pas l’autorisation d’effectuer l’action"
        f" 'Microsoft.SecurityInsights/incidents/read' sur l’étendue '/subscriptions/{SUB}/resourceGroups/rg-soc/x'."
    )
    meaning = explain(arm("AuthorizationFailed", text), status=403, service="arm")
    assert meaning.about == "Microsoft.SecurityInsights/incidents/read"
    assert meaning.tell_apart == "arm_authorization_failed"
    assert meaning.fix.commands == (
        f"az role assignment create --assignee-object-id {OID} --assignee-principal-type ServicePrincipal"
        f' --role "Microsoft Sentinel Reader" --scope /subscriptions/{SUB}/resourceGroups/rg-soc',
    )


def test_ids_of_the_connection_override_those_of_the_answer() -> None:
    facts = {"subscription_id": "my-sub", "resource_group": "my-group"}
    text = (
        f"The client with object id '{OID}' ... action 'A.B/c/read' over scope '/subscriptions/{SUB}/resourceGroups/r'"
    )
    meaning = explain(arm("AuthorizationFailed", text), status=403, service="arm", facts=facts)
    assert "/subscriptions/my-sub/resourceGroups/my-group" in meaning.fix.commands[0]


def test_missing_app_roles_are_named_and_requested_by_id() -> None:
    meaning = explain(arm("Forbidden", ROLES.format("Alert.Read.All")), status=403, service="defender")
    assert meaning.about == "Machine.Read.All"
    assert "the token carries Alert.Read.All" in meaning.explanation
    assert "--id fc780465-2017-40d4-a0c5-307022471b92 " in meaning.fix.commands[-1]
    assert "'appRoleId':'ea8291d3-4b9a-44b5-bc3a-6cea3026dc79'" in meaning.fix.commands[-1]


def test_a_resource_missing_from_the_tenant_is_named() -> None:
    text = "AADSTS500011: The resource principal named https://api.securitycenter.microsoft.com was not found in"
    meaning = explain({"error": "invalid_resource", "error_description": text}, status=400, service="entra")
    assert (meaning.cause, meaning.about) == ("resource_not_in_tenant", "defender")
    assert "az ad sp create --id fc780465-2017-40d4-a0c5-307022471b92" in meaning.fix.commands


def test_a_workspace_id_that_is_a_guid_is_not_reported_as_a_name() -> None:
    meaning = explain(arm("PathNotFoundError"), status=404, service="loganalytics", facts={"workspace_id": OID})
    assert meaning.cause == "workspace_not_found"


def test_an_old_double_number_means_the_secret() -> None:
    body = {
        "error": "invalid_client",
        "error_codes": [70002, 50012],
        "error_description": "AADSTS70002: x AADSTS50012: Invalid client secret is provided.",
    }
    assert explain(body, status=401, service="entra").cause == "wrong_client_secret"


def test_a_partial_list_of_providers_is_read_from_the_header() -> None:
    meaning = explain(
        {"value": []}, status=206, headers={"Warning": '199 - "Microsoft/WDATP/401/228"'}, service="graph"
    )
    assert meaning.cause == "licence_missing"
    assert "query_partial" in meaning.also


def test_words_alone_are_never_certain() -> None:
    assert explain("Workspace 'w' is not onboarded to Microsoft Sentinel.", service="sentinel").certainty == "likely"
    assert explain("AADSTS7000222: whatever").certainty == "certain"


@pytest.mark.parametrize("service", ["loganalytics", "log_analytics", "Log Analytics", "log-analytics"])
def test_services_go_by_several_names(service: str) -> None:
    assert explain("", status=404, service=service).cause == "workspace_not_found"

"""Writes to the virtual tenant: an administrator's take effect, a reader's are refused with the missing action."""

from __future__ import annotations

from typing import Any

import httpx

from conformance.apis import arm, sentinel
from conformance.apis.endpoint import ARM, GRAPH, Audience
from conformance.apis.permissions import RESOURCES
from conformance.fakes.state.tokens import issue
from tests.fakes.azure_world import AzureWorld
from tests.fakes.fake_defender import error

READER = "8d289c81-5878-46d4-8554-54e1e3d8b5cb"


def send(azure: AzureWorld, method: str, url: str, body: Any = None, *, as_reader: bool = False) -> httpx.Response:
    """Return the answer to a request of the administrator, or of the connection's app (``as_reader``)."""
    tenant = azure.tenant
    audience: Audience = "graph" if url.startswith("/v1.0") else "arm"
    app = tenant.app if as_reader else tenant.administrator
    assert app is not None
    token = issue(tenant, app, str(tenant.cloud.audience(audience)), RESOURCES[audience].app_id)
    base = tenant.cloud.host(GRAPH if audience == "graph" else ARM)
    return azure.send(httpx.Request(method, f"{base}{url}", json=body, headers={"Authorization": f"Bearer {token}"}))


def test_a_role_is_assigned_and_taken_back_and_a_readers_write_is_refused_with_the_action(azure: AzureWorld) -> None:
    azure.tenant.revoke_roles()
    assert azure.put(arm.WORKSPACE.ask()).status_code == 403
    url = f"{azure.workspace.group_scope}{arm.AUTHORIZATION}/roleAssignments/11111111-1111-4111-8111-111111111111"
    principal = azure.tenant.app.service_principal_id
    body = {
        "properties": {"roleDefinitionId": f"{arm.AUTHORIZATION}/roleDefinitions/{READER}", "principalId": principal}
    }
    url += "?api-version=2022-04-01"
    refused = error(send(azure, "PUT", url, body, as_reader=True), 403)
    assert refused["code"] == "AuthorizationFailed"
    assert "'Microsoft.Authorization/roleAssignments/write'" in refused["message"]
    assert send(azure, "PUT", url, body).status_code == 201
    assert azure.put(arm.WORKSPACE.ask()).status_code == 200
    assert error(send(azure, "PUT", url, body), 409)["code"] == "RoleAssignmentExists"
    assert send(azure, "DELETE", url).status_code == 200
    assert send(azure, "DELETE", url).status_code == 204
    assert azure.put(arm.WORKSPACE.ask()).status_code == 403


def test_other_writes_need_their_action_too(azure: AzureWorld) -> None:
    url = f"{azure.workspace.scope}/providers/Microsoft.SecurityInsights/incidents/x?api-version=2025-09-01"
    path = f"{azure.workspace.scope}/savedSearches/x?api-version=2025-07-01"
    refused = error(send(azure, "PUT", path, {}, as_reader=True), 403)
    assert "'Microsoft.OperationalInsights/workspaces/savedSearches/write'" in refused["message"]
    answer = send(azure, "PUT", path, {})
    assert answer.headers["x-virtual-tenant"] == "route-not-served"
    assert error(answer, 501)["code"] == "RouteNotServed"
    assert send(azure, "DELETE", url, as_reader=True).status_code == 403


def test_sentinel_is_onboarded_with_its_tables(azure: AzureWorld) -> None:
    url = (
        f"{azure.workspace.scope}/providers/Microsoft.SecurityInsights/onboardingStates/default?api-version=2025-09-01"
    )
    assert send(azure, "DELETE", url).status_code == 200
    azure.tenant.drop_table("SecurityIncident")
    assert azure.put(sentinel.INCIDENTS.ask()).status_code == 400
    assert send(azure, "PUT", url, {"properties": {}}).status_code == 200
    assert azure.put(sentinel.INCIDENTS.ask()).status_code == 200
    assert "SecurityIncident" in azure.workspace.tables


def test_a_secret_is_added_once_shown_and_removed(azure: AzureWorld) -> None:
    app = azure.tenant.app
    applications = send(azure, "GET", f"/v1.0/applications?$filter=appId eq '{app.client_id}'").json()["value"]
    (application,) = applications
    password = send(
        azure, "POST", f"/v1.0/applications/{application['id']}/addPassword", {"passwordCredential": {}}
    ).json()
    assert app.secrets[-1].value == password["secretText"]
    again = send(azure, "GET", f"/v1.0/applications/{application['id']}")
    assert password["secretText"] not in again.text
    key = {"keyId": password["keyId"]}
    assert send(azure, "POST", f"/v1.0/applications/{application['id']}/removePassword", key).status_code == 204
    assert password["keyId"] not in [secret.key_id for secret in app.secrets]
    refused = send(azure, "POST", f"/v1.0/applications/{application['id']}/addPassword", {}, as_reader=True)
    assert error(refused, 403)["code"] == "Authorization_RequestDenied"


def test_a_permission_is_consented_and_revoked(azure: AzureWorld) -> None:
    tenant = azure.tenant
    tenant.revoke()
    graph = send(azure, "GET", f"/v1.0/servicePrincipals?$filter=appId eq '{RESOURCES['graph'].app_id}'").json()
    (resource,) = graph["value"]
    role = next(role["id"] for role in resource["appRoles"] if role["value"] == "SecurityAlert.Read.All")
    principal = tenant.app.service_principal_id
    body = {"principalId": principal, "resourceId": resource["id"], "appRoleId": role}
    url = f"/v1.0/servicePrincipals/{principal}/appRoleAssignments"
    response = send(azure, "POST", url, body)
    assert response.status_code == 201
    assert [consent.role for consent in tenant.app.consents] == ["SecurityAlert.Read.All"]
    assert send(azure, "DELETE", f"{url}/{response.json()['id']}").status_code == 204
    assert tenant.app.consents == []


def test_the_existence_of_a_group_is_answered(azure: AzureWorld) -> None:
    url = f"{azure.workspace.group_scope}?api-version=2021-04-01"
    assert send(azure, "HEAD", url).status_code == 204
    assert send(azure, "HEAD", url.replace("rg-", "none-")).status_code == 404

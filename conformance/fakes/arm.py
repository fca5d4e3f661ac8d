"""Azure Resource Manager of the virtual tenant: the gateway (also Sentinel's), and what it answers itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from conformance.apis import arm
from conformance.apis.endpoint import ARM, SENTINEL_API, Action
from conformance.fakes.answering import Call, Refuser, answers, gate, new_id, respond, stray
from conformance.fakes.rbac import grants, may, reaches, sees_below
from conformance.fakes.tenant import Assignment, Subscription, Workspace
from conformance.fakes.tokens import bearer, read

READS = 250
"""The bucket of reads per subscription and principal, as its header counts down (never assert on it)."""
RECORDED = "graph-azure recordings (github.com/JupiterOne/graph-azure)"


def headers(call: Call, status: int = 200) -> dict[str, str]:
    request_id = new_id()
    now = call.tenant.clock.service_now().strftime("%Y%m%dT%H%M%SZ")
    common = {
        "Content-Type": "application/json; charset=utf-8",
        "Cache-Control": "no-cache",
        "Pragma": "no-cache",
        "Expires": "-1",
        "Vary": "Accept-Encoding",
        "x-ms-request-id": request_id,
        "x-ms-correlation-request-id": call.request.headers.get("client-request-id") or request_id,
        "x-ms-routing-request-id": f"WESTEUROPE:{now}:{request_id}",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "X-Cache": "CONFIG_NOCACHE",
    }
    if status < 400:
        return common | {
            "x-ms-ratelimit-remaining-subscription-reads": str(READS - 1),
            "x-ms-ratelimit-remaining-subscription-global-reads": str(15 * READS - 1),
        }
    return common | {"x-ms-failure-cause": "gateway"}


def body(call: Call, code: str, message: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


refusals = Refuser(ARM, body, headers)


def refusal(name: str, status: int, code: str, message: str, tier: Any, source: str) -> Callable[..., httpx.Response]:
    return refusals.declare(name, status, code, message, tier, source)


no_token = refusal(
    "no-token",
    401,
    "AuthenticationFailed",
    "Authentication failed. The 'Authorization' header is missing.",
    "observed",
    "azure-docs issue 28277",
)
token_unreadable = refusal(
    "token-unreadable", 401, "InvalidAuthenticationToken", "The access token is invalid.", "observed", "public logs"
)
no_principal = refusal(
    "no-principal",
    401,
    "InvalidAuthenticationToken",
    "The received access token is not valid: at least one of the claims 'puid' or 'altsecid' or 'oid' should be"
    " present. If you are accessing as application please make sure service principal is properly created in"
    " the tenant.",
    "observed",
    "public log with status 401",
)
wrong_audience = refusal(
    "wrong-audience",
    401,
    "InvalidAuthenticationTokenAudience",
    "The 'EvolvedSecurityTokenService' access token has been obtained for wrong audience or resource"
    " '{audience}'. It should exactly match with one of the allowed audiences {allowed}.",
    "observed",
    "Sentinel SDK issue on US Government",
)
wrong_tenant = refusal(
    "wrong-tenant",
    401,
    "InvalidAuthenticationTokenTenant",
    "The access token is from the wrong issuer 'https://sts.windows.net/{token_tenant}/'. It must match the"
    " tenant 'https://sts.windows.net/{subscription_tenant}/' associated with this subscription. Please use the"
    " authority (URL) 'https://login.windows.net/{subscription_tenant}' to get the token. Note, if the"
    " subscription is transferred to another tenant there is no impact to the services, but information about"
    " new tenant could take time to propagate (up to an hour). If you just transferred your subscription and"
    " see this error message, please try back later.",
    "observed",
    "public blog with the full body",
)
token_expired = refusal(
    "token-expired",
    401,
    "ExpiredAuthenticationToken",
    "The access token expiry UTC time '{expiry}' is earlier than current UTC time '{now}'.",
    "observed",
    "public logs",
)
not_authorized = refusal(
    "not-authorized",
    403,
    "AuthorizationFailed",
    "The client '{client}' with object id '{object_id}' does not have authorization to perform action"
    " '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh"
    " your credentials.",
    "recorded",
    RECORDED,
)
subscription_malformed = refusal(
    "subscription-malformed",
    400,
    "InvalidSubscriptionId",
    "The provided subscription identifier '{subscription}' is malformed or invalid.",
    "recorded",
    RECORDED,
)
subscription_not_found = refusal(
    "subscription-not-found",
    404,
    "SubscriptionNotFound",
    "The subscription '{subscription}' could not be found.",
    "recorded",
    RECORDED,
)
group_not_found = refusal(
    "group-not-found",
    404,
    "ResourceGroupNotFound",
    "Resource group '{group}' could not be found.",
    "observed",
    "public logs",
)
resource_not_found = refusal(
    "resource-not-found",
    404,
    "ResourceNotFound",
    "The Resource '{resource}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    "observed",
    "azure-cli logs",
)
version_missing = refusal(
    "version-missing",
    400,
    "MissingApiVersionParameter",
    "The api-version query parameter (?api-version=) is required for all requests.",
    "observed",
    "public mocks",
)
version_unknown = refusal(
    "version-unknown",
    400,
    "NoRegisteredProviderFound",
    "No registered resource provider found for location 'westeurope' and API version '{version}' for type"
    " '{type}'. The supported api-versions are '{supported}'. The supported locations are 'westeurope'.",
    "recorded",
    RECORDED,
)
not_registered = refusal(
    "provider-not-registered",
    409,
    "MissingSubscriptionRegistration",
    "The subscription is not registered to use namespace '{namespace}'. See https://aka.ms/rps-not-found for"
    " how to register subscriptions.",
    "documented",
    "azure-docs error-register-resource-provider",
)
no_route = refusal(
    "no-route",
    404,
    "InvalidResourceType",
    "The resource type could not be found in the namespace '{namespace}' for api version '{version}'.",
    "observed",
    "azure-sdk documentation",
)


@gate(ARM)
@gate(SENTINEL_API)
def enter(call: Call) -> httpx.Response | None:
    """The gateway: token, version, subscription, authorization - and only then existence."""
    if refused := _token(call):
        return refused
    version = call.option("api-version")
    if not version:
        return version_missing(call)
    if call.endpoint and call.endpoint.api_version != version and not known_version(version):
        kind = call.request.url.path.rsplit("/", 1)[-1]
        return version_unknown(call, version=version, type=kind, supported=call.endpoint.api_version)
    if refused := _subscription(call):
        return refused
    return _authorized(call) or _exists(call)


def known_version(version: str) -> bool:
    """Any well-formed version is served: which ones a provider still has is not this model's business."""
    return re.fullmatch(r"20\d\d-\d\d-\d\d(-preview)?", version) is not None


def _token(call: Call) -> httpx.Response | None:
    tenant, token = call.tenant, bearer(call.request.headers.get("authorization"))
    login = f'Bearer authorization_uri="https://login.windows.net/{tenant.id}", error="invalid_token"'
    challenge = {"WWW-Authenticate": login}
    if token is None:
        return no_token(call, more_headers=challenge)
    claims, genuine = read(token)
    if claims is None or not genuine:
        return token_unreadable(call, more_headers=challenge)
    if not tenant.cloud.accepts("arm", str(claims.get("aud"))):
        allowed = ",".join(f"'{one}'" for one in tenant.cloud.audiences["arm"])
        return wrong_audience(call, more_headers=challenge, audience=claims.get("aud"), allowed=allowed)
    now = tenant.clock.service_now()
    if float(claims["exp"]) <= now.timestamp():
        expiry = datetime.fromtimestamp(claims["exp"], UTC)
        return token_expired(call, more_headers=challenge, expiry=_american(expiry), now=_american(now))
    if not claims.get("oid"):
        return no_principal(call, more_headers=challenge)
    call.claims = claims
    return None


def _american(time: datetime) -> str:
    return f"{time.month}/{time.day}/{time.year} {time:%I:%M:%S %p}"


def _subscription(call: Call) -> httpx.Response | None:
    named = call.path.get("subscription_id")
    if named is None:
        return None
    if not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", named):
        return subscription_malformed(call, subscription=named)
    subscription = call.tenant.subscriptions.get(named.lower())
    if subscription is None:
        return subscription_not_found(call, subscription=named)
    if subscription.tenant_id != call.tenant.id:
        return wrong_tenant(call, token_tenant=call.tenant.id, subscription_tenant=subscription.tenant_id)
    return None


def _authorized(call: Call) -> httpx.Response | None:
    """Authorization comes before existence: a wrong name looks like a missing role."""
    need = call.endpoint.needs if call.endpoint else None
    if not isinstance(need, Action) or call.endpoint in (arm.WORKSPACES,):
        return None
    scope = scope_of(call)
    action = need.name if need.published else "Microsoft.SecurityInsights/incidents/read"
    if may(call.tenant, call.claims.get("oid"), action, scope):
        return None
    return not_authorized(
        call, client=call.claims["appid"], object_id=call.claims["oid"], action=need.name, scope=scope
    )


def scope_of(call: Call) -> str:
    """The scope that a request acts on: its path without provider of authorization."""
    path = re.split(r"/providers/Microsoft\.Authorization/", call.request.url.path, flags=re.IGNORECASE)[0]
    return path


def _exists(call: Call) -> httpx.Response | None:
    group = call.path.get("resource_group")
    if group is None:
        return None
    if (call.path["subscription_id"].lower(), group.lower()) not in call.tenant.resource_groups:
        return group_not_found(call, group=group)
    if (
        "workspace_name" in call.path
        and "OperationsManagement" not in call.request.url.path
        and workspace_of(call) is None
    ):
        kind = f"Microsoft.OperationalInsights/workspaces/{call.path['workspace_name']}"
        return resource_not_found(call, resource=kind, group=group)
    return None


def workspace_of(call: Call) -> Workspace | None:
    """The workspace that a path names."""
    path = call.path
    return call.tenant.workspace_named(path["subscription_id"], path["resource_group"], path["workspace_name"])


def ok(call: Call, value: Any) -> httpx.Response:
    return respond(call, 200, value, headers(call))


@answers(arm.SUBSCRIPTION, "recorded", RECORDED)
def subscription(call: Call) -> httpx.Response:
    return ok(call, subscription_body(call.tenant.subscriptions[call.path["subscription_id"].lower()]))


def subscription_body(one: Subscription) -> dict[str, Any]:
    return {
        "id": one.scope,
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": one.id,
        "tenantId": one.tenant_id,
        "displayName": one.name,
        "state": one.state,
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


@answers(arm.SUBSCRIPTIONS, "recorded", RECORDED)
def subscriptions(call: Call) -> httpx.Response:
    """Those in which the caller has any role at all."""
    seen = [
        subscription_body(one)
        for one in call.tenant.subscriptions.values()
        if one.tenant_id == call.tenant.id and sees_below(call.tenant, call.claims["oid"], one.scope)
    ]
    return ok(call, {"value": seen, "count": {"type": "Total", "value": len(seen)}})


@answers(arm.RESOURCE_GROUP, "recorded", RECORDED)
def resource_group(call: Call) -> httpx.Response:
    path = call.path
    return ok(
        call,
        {
            "id": f"/subscriptions/{path['subscription_id']}/resourceGroups/{path['resource_group']}",
            "name": path["resource_group"],
            "type": "Microsoft.Resources/resourceGroups",
            "location": "westeurope",
            "properties": {"provisioningState": "Succeeded"},
        },
    )


@answers(arm.WORKSPACE, "specified", "azure-mgmt-loganalytics 14.0.0 (2025-07-01)")
def workspace(call: Call) -> httpx.Response:
    found = workspace_of(call)
    assert found is not None
    return ok(call, workspace_body(call, found))


def workspace_body(call: Call, one: Workspace) -> dict[str, Any]:
    reset = call.tenant.clock.service_now().strftime("%Y-%m-%dT23:00:00Z")
    return {
        "id": one.scope,
        "name": one.name,
        "type": "Microsoft.OperationalInsights/workspaces",
        "location": one.location,
        "etag": '"2d00f1a2-0000-0d00-0000-65f0a1b20000"',
        "properties": {
            "customerId": one.customer_id,
            "provisioningState": one.provisioning_state,
            "sku": {"name": "PerGB2018", "lastSkuUpdate": "2026-01-12T09:00:00Z"},
            "retentionInDays": one.retention_days,
            "features": {
                "legacy": 0,
                "searchVersion": 1,
                "enableLogAccessUsingOnlyResourcePermissions": True,
                "associations": ["Sentinel"] if one.onboarded else [],
            },
            "workspaceCapping": {
                "dailyQuotaGb": one.daily_quota_gb,
                "quotaNextResetTime": reset,
                "dataIngestionStatus": one.ingestion_status,
            },
            "publicNetworkAccessForIngestion": "Enabled",
            "publicNetworkAccessForQuery": one.public_query,
            "createdDate": "2026-01-12T09:00:00Z",
            "modifiedDate": "2026-06-01T09:00:00Z",
        },
    }


@answers(arm.WORKSPACES, "specified", "azure-mgmt-loganalytics 14.0.0 (2025-07-01)")
def workspaces(call: Call) -> httpx.Response:
    """Those of the subscription that the caller may read."""
    action = arm.WORKSPACE.needs
    assert isinstance(action, Action)
    return ok(
        call,
        {
            "value": [
                workspace_body(call, one)
                for one in call.tenant.workspaces
                if one.subscription_id.lower() == call.path["subscription_id"].lower()
                and may(call.tenant, call.claims["oid"], action.name, one.scope)
            ]
        },
    )


@answers(arm.PERMISSIONS, "recorded", "azure-sdk recordings of the permissions list")
def permissions(call: Call) -> httpx.Response:
    """One element per grant that reaches the workspace."""
    scope = scope_of(call)
    held = grants(call.tenant, call.claims["oid"], scope)
    taken = [
        action
        for denial in call.tenant.denials
        if denial.principal_id == call.claims["oid"] and reaches(denial.scope, scope)
        for action in denial.actions
    ]
    return ok(
        call,
        {
            "value": [
                {
                    "actions": list(one.role.actions),
                    "notActions": [*one.role.not_actions, *taken],
                    "dataActions": list(one.role.data_actions),
                    "notDataActions": list(one.role.not_data_actions),
                }
                for one in held
            ]
        },
    )


@answers(arm.ROLE_ASSIGNMENTS, "recorded", "azure-sdk recordings of role-assignment lists")
@answers(arm.RESOURCE_GROUP_ROLE_ASSIGNMENTS, "recorded", "azure-sdk recordings of role-assignment lists")
def role_assignments(call: Call) -> httpx.Response:
    """What reaches the scope (inherited ones included) or lies below it; ``$filter`` narrows it to a principal."""
    scope, option = scope_of(call), call.option("$filter") or ""
    principal = re.search(r"(?:assignedTo\('|principalId eq ')([^']+)'", option)
    seen = [
        one
        for one in call.tenant.assignments
        if (reaches(one.scope, scope) or (reaches(scope, one.scope) and "atScope()" not in option))
        and (principal is None or one.principal_id.lower() == principal.group(1).lower())
    ]
    return ok(call, {"value": [assignment_body(call, one) for one in seen]})


def assignment_body(call: Call, one: Assignment) -> dict[str, Any]:
    subscription = next(iter(call.tenant.subscriptions))
    created = one.created.strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
    return {
        "properties": {
            "roleDefinitionId": f"/subscriptions/{subscription}{arm.AUTHORIZATION}/roleDefinitions/{one.role.id}",
            "principalId": one.principal_id,
            "principalType": one.principal_type,
            "scope": one.scope,
            "condition": None,
            "conditionVersion": None,
            "createdOn": created,
            "updatedOn": created,
            "createdBy": "00000000-0000-4000-8000-0000000000ad",
            "updatedBy": "00000000-0000-4000-8000-0000000000ad",
            "delegatedManagedIdentityResourceId": None,
            "description": None,
        },
        "id": f"{one.scope}{arm.AUTHORIZATION}/roleAssignments/{one.id}",
        "type": "Microsoft.Authorization/roleAssignments",
        "name": one.id,
    }


@answers(arm.ROLE_DEFINITIONS, "recorded", "azure-sdk recordings of role-definition lists")
def role_definitions(call: Call) -> httpx.Response:
    return ok(call, {"value": [definition_body(one) for one in call.tenant.roles]})


@answers(arm.ROLE_DEFINITION, "recorded", "azure-sdk recordings of role definitions")
def role_definition(call: Call) -> httpx.Response:
    found = next((one for one in call.tenant.roles if one.id == call.path["role"].lower()), None)
    if found is None:
        return resource_not_found(
            call, resource=f"roleDefinitions/{call.path['role']}", group=call.path["resource_group"]
        )
    return ok(call, definition_body(found))


def definition_body(one: Any) -> dict[str, Any]:
    return {
        "properties": {
            "roleName": one.name,
            "type": "CustomRole" if one.custom else "BuiltInRole",
            "description": one.name,
            "assignableScopes": ["/"],
            "permissions": [
                {
                    "actions": list(one.actions),
                    "notActions": list(one.not_actions),
                    "dataActions": list(one.data_actions),
                    "notDataActions": list(one.not_data_actions),
                }
            ],
            "createdOn": "2019-08-28T16:58:50.1132117Z",
            "updatedOn": "2025-11-11T20:13:07.4993029Z",
            "createdBy": None,
            "updatedBy": None,
        },
        "id": f"{arm.AUTHORIZATION}/roleDefinitions/{one.id}",
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": one.id,
    }


@answers(arm.SOLUTION, "inferred", "shape of other solutions; newer workspaces have none")
def solution(call: Call) -> httpx.Response:
    name = f"SecurityInsights({call.path['workspace_name']})"
    return resource_not_found(
        call, resource=f"Microsoft.OperationsManagement/solutions/{name}", group=call.path["resource_group"]
    )


@answers(arm.TABLE, "specified", "Log Analytics tables API, 2025-07-01")
def table(call: Call) -> httpx.Response:
    found = workspace_of(call)
    assert found is not None
    state = found.tables.get(call.path["table"])
    if state is None:
        return resource_not_found(
            call, resource=f"{found.name}/tables/{call.path['table']}", group=found.resource_group
        )
    return ok(
        call,
        {
            "id": f"{found.scope}/tables/{state.name}",
            "name": state.name,
            "properties": {
                "plan": state.plan,
                "retentionInDays": found.retention_days,
                "totalRetentionInDays": found.retention_days,
                "protectionLevel": state.protection,
                "provisioningState": "Succeeded",
                "schema": {"name": state.name, "tableType": "Microsoft"},
            },
        },
    )


@answers(arm.PROVIDER, "recorded", "azure-sdk recordings of providers")
def provider(call: Call) -> httpx.Response:
    one = call.tenant.subscriptions[call.path["subscription_id"].lower()]
    registered = "Microsoft.SecurityInsights" in one.registered
    return ok(
        call,
        {
            "id": f"{one.scope}/providers/Microsoft.SecurityInsights",
            "namespace": "Microsoft.SecurityInsights",
            "resourceTypes": [{"resourceType": "incidents", "locations": [], "apiVersions": ["2025-09-01"]}],
            "registrationState": "Registered" if registered else "NotRegistered",
            "registrationPolicy": "RegistrationRequired",
        },
    )


@stray(ARM)
def unknown_path(call: Call) -> httpx.Response:
    """Paths that this model does not have: the token is looked at first, as the gateway does."""
    namespace = call.request.url.path.rpartition("/providers/")[2].split("/")[0] or "Microsoft.Resources"
    return _token(call) or no_route(call, namespace=namespace, version=call.option("api-version") or "")

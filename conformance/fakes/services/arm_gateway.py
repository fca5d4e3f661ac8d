"""The gateway of Azure Resource Manager, which checks all requests first: authentication, authorization, and missing
resources.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from conformance.apis import arm
from conformance.apis.endpoint import ARM, SENTINEL_API, Action
from conformance.fakes.services.routes import Call, Refuser, gate, new_id, not_served, respond, unmatched
from conformance.fakes.state.rbac import may
from conformance.fakes.state.tenant import Workspace
from conformance.fakes.state.tokens import bearer, read

READS = 250
"""The bucket of reads per subscription and principal, as its header counts down (never assert on it)."""


def headers(call: Call, status: int = 200) -> dict[str, str]:
    """Return the headers of an answer with this status."""
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
    if call.endpoint and call.endpoint.api is SENTINEL_API and status < 400:
        caller = f"tenantId={call.tenant.id},objectId={call.claims['oid']}"
        common["x-ms-operation-identifier"] = f"{caller}/westeurope/{request_id}"
    if status < 400:
        return common | {
            "x-ms-ratelimit-remaining-subscription-reads": str(READS - 1),
            "x-ms-ratelimit-remaining-subscription-global-reads": str(15 * READS - 1),
        }
    return common | {"x-ms-failure-cause": "gateway"}


def body(call: Call, code: str, message: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a refusal: Azure Resource Manager has no members except code and message."""
    return {"error": {"code": code, "message": message}}


refuse = Refuser(ARM, body, headers)


@gate(ARM)
@gate(SENTINEL_API)
def enter(call: Call) -> httpx.Response | None:
    """Check token, version, subscription, authorization and then existence; return the refusal or None."""
    if refused := _token(call):
        return refused
    version = call.option("api-version")
    if not version:
        return refuse(call, "version-missing")
    if call.endpoint and call.endpoint.api_version != version and not known_version(version):
        kind = call.request.url.path.rsplit("/", 1)[-1]
        return refuse(call, "version-unknown", version=version, type=kind, supported=call.endpoint.api_version)
    if refused := _subscription(call):
        return refused
    return _authorized(call) or _exists(call)


def known_version(version: str) -> bool:
    """Return whether an api-version is well-formed; the versions of each provider are not modelled."""
    return re.fullmatch(r"20\d\d-\d\d-\d\d(-preview)?", version) is not None


def _token(call: Call) -> httpx.Response | None:
    tenant, header = call.tenant, call.request.headers.get("authorization")
    token, challenge = bearer(header), _challenge(tenant.id)
    if token is None and header:
        return refuse(call, "scheme-unsupported", challenge, scheme=header.partition(" ")[0])
    if token is None:
        return refuse(call, "no-token", challenge)
    claims, genuine = read(token)
    if claims is None or not genuine:
        return refuse(call, "token-unreadable", challenge)
    if not tenant.cloud.accepts("arm", str(claims.get("aud"))):
        allowed = ",".join(f"'{audience}'" for audience in tenant.cloud.audiences["arm"])
        return refuse(call, "wrong-audience", challenge, audience=claims.get("aud"), allowed=allowed)
    now = tenant.clock.service_now()
    if float(claims["exp"]) <= now.timestamp():
        expiry = datetime.fromtimestamp(claims["exp"], UTC)
        return refuse(call, "token-expired", challenge, expiry=_american(expiry), now=_american(now))
    if not claims.get("oid"):
        return refuse(call, "no-principal", challenge)
    call.claims = claims
    return None


def _challenge(tenant_id: str) -> dict[str, str]:
    """Return the header of a 401 with the address for tokens of the tenant."""
    login = f'Bearer authorization_uri="https://login.windows.net/{tenant_id}", error="invalid_token"'
    return {"WWW-Authenticate": login}


def _american(time: datetime) -> str:
    return f"{time.month}/{time.day}/{time.year} {time:%I:%M:%S %p}"


def _subscription(call: Call) -> httpx.Response | None:
    subscription_id = call.path.get("subscription_id")
    if subscription_id is None:
        return None
    if not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", subscription_id):
        return refuse(call, "subscription-malformed", subscription=subscription_id)
    subscription = call.tenant.subscriptions.get(subscription_id.lower())
    if subscription is None:
        return refuse(call, "subscription-not-found", subscription=subscription_id)
    if call.tenant.id not in (subscription.tenant_id, *subscription.managed_by):
        return refuse(
            call,
            "wrong-tenant",
            _challenge(subscription.tenant_id),
            token_tenant=call.tenant.id,
            subscription_tenant=subscription.tenant_id,
        )
    return None


def _authorized(call: Call) -> httpx.Response | None:
    """Check authorization, before existence: a wrong name gets the same refusal as a missing role."""
    need = call.endpoint.needs if call.endpoint else None
    if not isinstance(need, Action) or call.endpoint in (arm.WORKSPACES,):
        return None
    scope = scope_of(call)
    action = need.name if need.published else "Microsoft.SecurityInsights/incidents/read"
    if may(call.tenant, call.claims.get("oid"), action, scope):
        return None
    return refuse(
        call, "not-authorized", client=call.claims["appid"], object_id=call.claims["oid"], action=need.name, scope=scope
    )


def scope_of(call: Call) -> str:
    """Return the scope that a request acts on: its path without the authorization provider."""
    return re.split(r"/providers/Microsoft\.Authorization/", call.request.url.path, flags=re.IGNORECASE)[0]


def _exists(call: Call) -> httpx.Response | None:
    group = call.path.get("resource_group")
    if group is None:
        return None
    if (call.path["subscription_id"].lower(), group.lower()) not in call.tenant.resource_groups:
        return refuse(call, "group-not-found", group=group)
    if (
        "workspace_name" in call.path
        and "OperationsManagement" not in call.request.url.path
        and workspace_of(call) is None
    ):
        kind = f"Microsoft.OperationalInsights/workspaces/{call.path['workspace_name']}"
        return refuse(call, "resource-not-found", resource=kind, group=group)
    return None


def workspace_of(call: Call) -> Workspace | None:
    """Return the workspace that a path names."""
    path = call.path
    return call.tenant.workspace_named(path["subscription_id"], path["resource_group"], path["workspace_name"])


def ok(call: Call, value: Any) -> httpx.Response:
    """Answer with 200 and a JSON value."""
    return respond(call, 200, value, headers(call))


@unmatched(ARM)
def unknown_path(call: Call) -> httpx.Response:
    """Answer a path that is not modelled; as at the gateway, the token and the right to write are checked first."""
    return _token(call) or may_write(call) or not_served(refuse, call)


WRITES = {"PUT": "write", "PATCH": "write", "DELETE": "delete"}


def names_a_resource(path: str) -> bool:
    """Return whether a path ends in the name of a resource, not in a resource type."""
    return len(path.rstrip("/").rpartition("/providers/")[2].split("/")) % 2 == 1


def may_write(call: Call) -> httpx.Response | None:
    """Refuse a write to a resource without its action, whether the write is modelled or not."""
    path, verb = call.request.url.path, WRITES.get(call.request.method)
    before, _, behind = path.rpartition("/providers/")
    namespace, *rest = behind.split("/")
    if verb is None or not before or not rest:
        return None
    action = "/".join([namespace, *rest[::2], verb])
    if may(call.tenant, call.claims.get("oid"), action, before):
        return None
    return refuse(
        call, "not-authorized", client=call.claims["appid"], object_id=call.claims["oid"], action=action, scope=path
    )

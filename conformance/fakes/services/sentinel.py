"""Microsoft Sentinel of the virtual tenant, behind the gateway of Azure Resource Manager."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from conformance.apis import sentinel
from conformance.apis.endpoint import SENTINEL_API
from conformance.fakes.services import arm_gateway
from conformance.fakes.services.arm_gateway import enter, ok, workspace_of
from conformance.fakes.services.routes import Call, Refuser, answers, not_served, unmatched
from conformance.fakes.state.tenant import Workspace

SPEC = "azure-rest-api-specs Microsoft.SecurityInsights 2025-09-01"
NAMESPACE = "Microsoft.SecurityInsights"


def provider_headers(call: Call, status: int) -> dict[str, str]:
    """Return the headers of a refusal by the provider, not by the gateway."""
    return {**arm_gateway.headers(call, status), "x-ms-failure-cause": "service"}


def provider_body(call: Call, code: str, message: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return the gateway's form; some texts are themselves JSON, and the provider's web framework adds an
    ``innerError``.
    """
    error = arm_gateway.body(call, code, message, extra)
    if extra.get("nested"):
        error = arm_gateway.body(call, code, json.dumps(error), extra)
    if extra.get("by_framework"):
        error["error"]["innerError"] = None
    return error


refuse = Refuser(SENTINEL_API, provider_body, provider_headers)


def registered(answer: Callable[[Call, Workspace], httpx.Response]) -> Callable[[Call], httpx.Response]:
    """Check that the provider is registered in the subscription: the first check of every operation."""

    def checked(call: Call) -> httpx.Response:
        workspace = workspace_of(call)
        assert workspace is not None  # the gateway has checked it
        subscription = call.tenant.subscriptions[workspace.subscription_id.lower()]
        if NAMESPACE not in subscription.registered:
            return arm_gateway.refuse(call, "provider-not-registered", namespace=NAMESPACE)
        return answer(call, workspace)

    return checked


def onboarded(answer: Callable[[Call, Workspace], httpx.Response]) -> Callable[[Call], httpx.Response]:
    """Check that Sentinel is enabled on the workspace: the next check of all operations but the onboarding state's."""

    @registered
    def checked(call: Call, workspace: Workspace) -> httpx.Response:
        if workspace.onboarded:
            return answer(call, workspace)
        return refuse(call, "not-onboarded", workspace=workspace.name)

    return checked


@answers(sentinel.ONBOARDING_STATE, "specified", SPEC)
@registered
def onboarding_state(call: Call, workspace: Workspace) -> httpx.Response:
    """Return the onboarding state of the workspace, or 404 where Sentinel is not enabled."""
    if not workspace.onboarded:
        return refuse(call, "onboarding-state-missing")
    scope = f"{workspace.scope}/providers/{NAMESPACE}/onboardingStates/default"
    kind = f"{NAMESPACE}/onboardingStates"
    return ok(call, {"id": scope, "name": "default", "type": kind, "properties": {"customerManagedKey": False}})


def page_size(call: Call, default: int) -> int | None:
    """Return the size of a page by ``$top``; None if it is not a number of rows."""
    text = call.option("$top")
    if text is None:
        return default
    return int(text) if re.fullmatch(r"[1-9]\d{0,8}", text, re.ASCII) else None


def _collection(name: str, *, top: bool = False) -> Callable[[Call], httpx.Response]:
    """Declare a list of the workspace's content. Stable versions silently omit near-real-time rules."""

    @onboarded
    def listed(call: Call, workspace: Workspace) -> httpx.Response:
        items = workspace.content.get(name, [])
        if "preview" not in (call.option("api-version") or ""):
            items = [item for item in items if item.get("kind") != "NRT"]
        most = page_size(call, len(items)) if top else len(items)
        return refuse(call, "top-invalid") if most is None else ok(call, {"value": items[:most]})

    return listed


answers(sentinel.ALERT_RULES, "recorded", "azure-sdk recordings of alert rules")(_collection("alertRules"))
answers(sentinel.DATA_CONNECTORS, "recorded", "azure-sdk recordings of data connectors")(_collection("dataConnectors"))
answers(sentinel.AUTOMATION_RULES, "specified", SPEC)(_collection("automationRules"))
answers(sentinel.WATCHLISTS, "specified", SPEC)(_collection("watchlists"))
answers(sentinel.BOOKMARKS, "specified", SPEC)(_collection("bookmarks"))
answers(sentinel.THREAT_INTELLIGENCE_METRICS, "specified", SPEC)(_collection("threatIntelligenceMetrics"))
answers(sentinel.METADATA, "specified", SPEC)(_collection("metadata", top=True))
answers(sentinel.SETTINGS, "specified", "azure-mgmt-securityinsight 2.0.0b4 (2025-10-01-preview)")(
    _collection("settings")
)


@unmatched(SENTINEL_API)
def other_verb(call: Call) -> httpx.Response:
    """Refuse a verb that an operation does not have: alerts, bookmarks and entities of an incident are POST only."""
    request = call.request
    if refused := enter(call):
        return refused
    if request.method in arm_gateway.WRITES and arm_gateway.names_a_resource(request.url.path):
        return arm_gateway.may_write(call) or not_served(refuse, call)
    if request.method in ("HEAD", "OPTIONS"):  # the answer of the service to these is not known
        return not_served(refuse, call)
    return refuse(
        call, "verb-unsupported", path=request.url.path, version=call.option("api-version"), method=request.method
    )

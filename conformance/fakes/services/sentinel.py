"""Microsoft Sentinel of the virtual tenant, behind the gateway of Azure Resource Manager."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

import httpx

from conformance.apis import sentinel
from conformance.apis.endpoint import SENTINEL_API
from conformance.fakes.services import arm_gateway
from conformance.fakes.services.arm_gateway import enter, ok, workspace_of
from conformance.fakes.services.routes import Call, Refuser, answers, not_served, unmatched
from conformance.fakes.services.sentinel_content import AUTHOR, alert_body, entities_of, incident_body
from conformance.fakes.state.tenant import Workspace
from conformance.fakes.state.timeline import Incident, stable_id, stamp

SPEC = "azure-rest-api-specs Microsoft.SecurityInsights 2025-09-01"
DEFAULT_PAGE = 50
NAMESPACE = "Microsoft.SecurityInsights"


def provider_headers(call: Call, status: int) -> dict[str, str]:
    """A refusal by the provider, not by the gateway."""
    return {**arm_gateway.headers(call, status), "x-ms-failure-cause": "service"}


def provider_body(call: Call, code: str, message: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    """The gateway's form; some texts are themselves JSON, and the provider's web framework adds an ``innerError``."""
    error = arm_gateway.body(call, code, message, extra)
    if extra.get("nested"):
        error = arm_gateway.body(call, code, json.dumps(error), extra)
    if extra.get("by_framework"):
        error["error"]["innerError"] = None
    return error


refuse = Refuser(SENTINEL_API, provider_body, provider_headers)


def registered(answer: Callable[[Call, Workspace], httpx.Response]) -> Callable[[Call], httpx.Response]:
    """What every operation looks at first: the provider is registered in the subscription."""

    def checked(call: Call) -> httpx.Response:
        workspace = workspace_of(call)
        assert workspace is not None  # the gateway has looked
        subscription = call.tenant.subscriptions[workspace.subscription_id.lower()]
        if NAMESPACE not in subscription.registered:
            return arm_gateway.refuse(call, "provider-not-registered", namespace=NAMESPACE)
        return answer(call, workspace)

    return checked


def onboarded(answer: Callable[[Call, Workspace], httpx.Response]) -> Callable[[Call], httpx.Response]:
    """What every operation but the onboarding state's looks at next: Sentinel is enabled on the workspace."""

    @registered
    def checked(call: Call, workspace: Workspace) -> httpx.Response:
        if workspace.onboarded:
            return answer(call, workspace)
        return refuse(call, "not-onboarded", workspace=workspace.name)

    return checked


@answers(sentinel.ONBOARDING_STATE, "specified", SPEC)
@registered
def onboarding_state(call: Call, workspace: Workspace) -> httpx.Response:
    if not workspace.onboarded:
        return refuse(call, "onboarding-state-missing")
    scope = f"{workspace.scope}/providers/{NAMESPACE}/onboardingStates/default"
    kind = f"{NAMESPACE}/onboardingStates"
    return ok(call, {"id": scope, "name": "default", "type": kind, "properties": {"customerManagedKey": False}})


FILTER = re.compile(r"properties/(severity|status) eq '(\w+)'")
ORDER = re.compile(r"properties/(createdTimeUtc|lastModifiedTimeUtc)(?: (asc|desc))?", re.IGNORECASE)


@answers(sentinel.INCIDENTS, "recorded", "azure-sdk recordings of incident lists")
@onboarded
def incidents(call: Call, workspace: Workspace) -> httpx.Response:
    """Pages with a next link as the service writes it: with a port, and a token that is not percent-encoded."""
    found = list(workspace.incidents)
    for clause in filter(None, (call.option("$filter") or "").split(" and ")):
        match = FILTER.fullmatch(clause.strip())
        if match is None:
            return refuse(call, "filter-malformed")
        found = [one for one in found if getattr(one, match.group(1)) == match.group(2)]
    order = ORDER.fullmatch(call.option("$orderby") or "properties/createdTimeUtc desc")
    if order is None:
        return refuse(call, "filter-malformed")
    by_creation = order.group(1).lower() == "createdtimeutc"
    found.sort(
        key=lambda one: one.created if by_creation else one.modified,
        reverse=(order.group(2) or "asc").lower() == "desc",
    )
    top = _top(call, DEFAULT_PAGE)
    if top is None or (sentinel.INCIDENTS.max_top and top > sentinel.INCIDENTS.max_top):
        return refuse(call, "top-invalid")
    start = _skipped(call.option("$skipToken"), workspace.token_generation)
    if start is None:
        return refuse(call, "skip-token-malformed")
    page = [incident_body(workspace, one) for one in found[start : start + top]]
    answer: dict[str, Any] = {"value": page}
    if start + top < len(found):
        answer["nextLink"] = _next(call, start + top, workspace.token_generation)
    return ok(call, answer)


def _top(call: Call, default: int) -> int | None:
    """The size of a page; None: it is no number of rows."""
    text = call.option("$top")
    if text is None:
        return default
    return int(text) if re.fullmatch(r"[1-9]\d{0,8}", text, re.ASCII) else None


def _next(call: Call, skip: int, generation: int) -> str:
    options = "&".join(f"{name}={value}" for name, value in call.query.multi_items() if name.lower() != "$skiptoken")
    token = json.dumps([{"token": f"+RID:{generation or ''}~{skip}", "skip": skip}], separators=(",", ":"))
    return f"https://{call.request.url.host}:443{call.request.url.path}?{options}&$skipToken={token}"


def _skipped(token: str | None, generation: int) -> int | None:
    """How many rows a token skips; None: it is none of ours, or of another generation."""
    if token is None:
        return 0
    match = re.search(r'"skip":(\d+)', unquote(token))
    handed_out = re.search(r"\+RID:(\d*)~", unquote(token))
    if match is None or (handed_out and handed_out[1] != str(generation or "")):
        return None
    return int(match.group(1))


def of_incident(
    answer: Callable[[Call, Workspace, Incident], Any],
) -> Callable[[Call], httpx.Response]:
    """An operation on one incident."""

    @onboarded
    def checked(call: Call, workspace: Workspace) -> httpx.Response:
        for one in () if workspace.vanishing else workspace.incidents:
            unready = one.id in call.tenant.unready and call.endpoint is not sentinel.INCIDENT
            if one.id.lower() == call.path["incident"].lower() and not unready:
                return ok(call, answer(call, workspace, one))
        return refuse(call, "incident-not-found", incident=call.path["incident"])

    return checked


@answers(sentinel.INCIDENT, "recorded", "azure-sdk recordings of incidents")
@of_incident
def incident(call: Call, workspace: Workspace, one: Incident) -> Any:
    return incident_body(workspace, one)


@answers(sentinel.INCIDENT_ALERTS, "specified", SPEC)
@of_incident
def incident_alerts(call: Call, workspace: Workspace, one: Incident) -> Any:
    return {"value": [alert_body(workspace, alert) for alert in one.alerts]}


@answers(sentinel.INCIDENT_ENTITIES, "specified", SPEC)
@of_incident
def incident_entities(call: Call, workspace: Workspace, one: Incident) -> Any:
    found = entities_of(workspace, one)
    kinds = sorted({entity["kind"] for entity in found})
    counts = [{"entityKind": kind, "count": sum(entity["kind"] == kind for entity in found)} for kind in kinds]
    return {"entities": found, "metaData": counts}


@answers(sentinel.INCIDENT_BOOKMARKS, "specified", SPEC)
@of_incident
def incident_bookmarks(call: Call, workspace: Workspace, one: Incident) -> Any:
    marks = []
    for name in one.bookmark_ids:
        properties = {"displayName": "Kept for the investigation", "query": "SigninLogs | take 1", "labels": []}
        marks.append(
            {
                "id": f"{workspace.scope}/providers/{NAMESPACE}/Entities/{name}",
                "name": name,
                "type": f"{NAMESPACE}/Entities",
                "kind": "Bookmark",
                "properties": properties,
            }
        )
    return {"value": marks}


def _topped(answer: Callable[[Call], httpx.Response]) -> Callable[[Call], httpx.Response]:
    """A list of an incident, which takes ``$top``; what is cut off has no next link here."""

    def checked(call: Call) -> httpx.Response:
        found = answer(call)
        if found.status_code != 200 or call.option("$top") is None:
            return found
        most = _top(call, 0)
        return refuse(call, "top-invalid") if most is None else ok(call, {"value": found.json()["value"][:most]})

    return checked


@answers(sentinel.INCIDENT_COMMENTS, "recorded", "azure-sdk recordings of incident comments")
@_topped
@of_incident
def incident_comments(call: Call, workspace: Workspace, one: Incident) -> Any:
    scope = f"{workspace.scope}/providers/{NAMESPACE}/Incidents/{one.id}/Comments"
    return {"value": [_comment(scope, one, number, text) for number, text in enumerate(one.comments)]}


def _comment(scope: str, one: Incident, number: int, text: str) -> Mapping[str, Any]:
    name = stable_id("comment", one.id, number)
    return {
        "id": f"{scope}/{name}",
        "name": name,
        "type": f"{NAMESPACE}/Incidents/Comments",
        "etag": '"0300bf09-0000-0000-0000-5c37296e0000"',
        "properties": {
            "message": text,
            "createdTimeUtc": stamp(one.modified),
            "lastModifiedTimeUtc": stamp(one.modified),
            "author": AUTHOR,
        },
    }


@answers(sentinel.INCIDENT_RELATIONS, "specified", SPEC)
@_topped
@of_incident
def incident_relations(call: Call, workspace: Workspace, one: Incident) -> Any:
    base = f"{workspace.scope}/providers/{NAMESPACE}"
    return {
        "value": [
            {
                "id": f"{base}/Incidents/{one.id}/relations/{one.id}_{alert.id}",
                "name": f"{one.id}_{alert.id}",
                "type": f"{NAMESPACE}/Incidents/relations",
                "etag": '"0300bf09-0000-0000-0000-5c37296e0000"',
                "properties": {
                    "relatedResourceId": f"{base}/entities/{alert.id}",
                    "relatedResourceName": alert.id,
                    "relatedResourceType": f"{NAMESPACE}/entities",
                    "relatedResourceKind": "SecurityAlert",
                },
            }
            for alert in one.alerts
        ]
    }


@answers(sentinel.INCIDENT_TASKS, "specified", SPEC)
@of_incident
def incident_tasks(call: Call, workspace: Workspace, one: Incident) -> Any:
    return {"value": []}


def _collection(name: str, *, top: bool = False) -> Callable[[Call], httpx.Response]:
    """A list of the workspace's content. Near-real-time rules are left out by stable versions, silently."""

    @onboarded
    def listed(call: Call, workspace: Workspace) -> httpx.Response:
        found = workspace.content.get(name, [])
        if "preview" not in (call.option("api-version") or ""):
            found = [one for one in found if one.get("kind") != "NRT"]
        most = _top(call, len(found)) if top else len(found)
        return refuse(call, "top-invalid") if most is None else ok(call, {"value": found[:most]})

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
    """A verb that an operation does not have: alerts, bookmarks and entities of an incident are POST only."""
    request = call.request
    if refused := enter(call):
        return refused
    if request.method in arm_gateway.WRITES and arm_gateway.names_a_resource(request.url.path):
        return arm_gateway.may_write(call) or not_served(refuse, call)
    return refuse(
        call, "verb-unsupported", path=request.url.path, version=call.option("api-version"), method=request.method
    )

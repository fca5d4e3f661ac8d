"""Single resources of Sentinel by name, and lists for other clients: rule templates and threat indicators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from conformance.apis import sentinel
from conformance.apis.endpoint import SENTINEL, SENTINEL_API, Action, Endpoint
from conformance.fakes.services.arm_gateway import ok
from conformance.fakes.services.operations import operation
from conformance.fakes.services.routes import Call, answers
from conformance.fakes.services.sentinel import NAMESPACE, onboarded, page_size, refuse
from conformance.fakes.services.sentinel_bodies import indicator_body
from conformance.fakes.state.tenant import Workspace

DOCS = "https://learn.microsoft.com/rest/api/securityinsights/"
ITEMS = {
    # collection: the last part of its action, page
    "alertRules": ("alertRules", "alert-rules"),
    "alertRuleTemplates": ("alertRuleTemplates", "alert-rule-templates"),
    "automationRules": ("automationRules", "automation-rules"),
    "bookmarks": ("Bookmarks", "bookmarks"),
    "dataConnectors": ("dataConnectors", "data-connectors"),
    "metadata": ("Metadata", "metadata"),
    "watchlists": ("Watchlists", "watchlists"),
}
"""The collections whose resources are answered by name."""
INDICATORS = "threatIntelligence/main"


def _operation(name: str, method: str, path: str, action: str, page: str) -> Endpoint[Any]:
    needs = Action(f"{NAMESPACE}/{action}")
    return operation(
        f"sentinel.{name}", SENTINEL_API, method, f"{SENTINEL}/{path}", DOCS + page, needs, sentinel.STABLE
    )


def _item(collection: str) -> Callable[[Call], httpx.Response]:
    """Return a resource of a collection, by name; near-real-time rules only for preview versions."""

    @onboarded
    def item(call: Call, workspace: Workspace) -> httpx.Response:
        preview = "preview" in (call.option("api-version") or "")
        for content in workspace.content.get(collection, []):
            if content["name"].lower() == call.path["item"].lower() and (preview or content.get("kind") != "NRT"):
                return ok(call, content)
        return refuse(call, "item-not-found", item=call.path["item"])

    return item


for _collection, (_action, _page) in ITEMS.items():
    _endpoint = _operation(f"{_collection}_item", "GET", f"{_collection}/{{item}}", f"{_action}/read", f"{_page}/get")
    answers(_endpoint, "specified", _endpoint.source)(_item(_collection))

TEMPLATES = _operation(
    "alert_rule_templates", "GET", "alertRuleTemplates", "alertRuleTemplates/read", "alert-rule-templates/list"
)


@answers(TEMPLATES, "specified", TEMPLATES.source)
@onboarded
def templates(call: Call, workspace: Workspace) -> httpx.Response:
    """Return the templates of analytics rules."""
    return ok(call, {"value": workspace.content.get("alertRuleTemplates", [])})


# Threat indicators

READ = "threatIntelligence/indicators/read"
LIST_INDICATORS = _operation(
    "indicators", "GET", f"{INDICATORS}/indicators", READ, "threat-intelligence-indicators/list"
)
GET_INDICATOR = _operation(
    "indicator", "GET", f"{INDICATORS}/indicators/{{item}}", READ, "threat-intelligence-indicator/get"
)
QUERY_INDICATORS = _operation(
    "indicators_query",
    "POST",
    f"{INDICATORS}/queryIndicators",
    "threatIntelligence/queryIndicators/action",
    "threat-intelligence-indicator/query-indicators",
)


def _indicators(workspace: Workspace) -> list[dict[str, Any]]:
    """Return the rows of the table ThreatIntelIndicators."""
    table = workspace.tables.get("ThreatIntelIndicators")
    return [indicator_body(workspace, row) for row in (table.rows if table else ())]


@answers(GET_INDICATOR, "specified", GET_INDICATOR.source)
@onboarded
def indicator(call: Call, workspace: Workspace) -> httpx.Response:
    """Return an indicator of threat intelligence by its name, or 404."""
    for indicator in _indicators(workspace):
        if indicator["name"].lower() == call.path["item"].lower():
            return ok(call, indicator)
    return refuse(call, "item-not-found", item=call.path["item"])


@answers(LIST_INDICATORS, "specified", LIST_INDICATORS.source)
@onboarded
def indicators(call: Call, workspace: Workspace) -> httpx.Response:
    """Return all indicators in one page; ``$filter`` and ``$orderby`` are not evaluated, and refused."""
    matches = _indicators(workspace)
    most = page_size(call, len(matches))
    if most is None:
        return refuse(call, "top-invalid")
    if call.option("$filter") or call.option("$orderby"):
        return refuse(call, "filter-malformed")
    return ok(call, {"value": matches[:most]})


@answers(QUERY_INDICATORS, "specified", QUERY_INDICATORS.source)
@onboarded
def query_indicators(call: Call, workspace: Workspace) -> httpx.Response:
    """Return the indicators that match all criteria of the body; a list matches any of its values."""
    criteria = call.json or {}
    if not isinstance(criteria, dict):
        return refuse(call, "body-invalid", reason="The criteria are not an object.")
    matches = [
        indicator
        for indicator in _indicators(workspace)
        if _meets(indicator["name"], indicator["properties"], criteria)
    ]
    return ok(call, {"value": matches[: criteria.get("pageSize") or len(matches)]})


def _meets(name: str, properties: Mapping[str, Any], criteria: Mapping[str, Any]) -> bool:
    words = f"{properties['displayName']} {properties['description']} {properties['pattern']}".lower()
    conditions: Mapping[str, Callable[[Any], bool]] = {
        "ids": lambda ids: name in ids,
        "keywords": lambda keywords: any(word.lower() in words for word in keywords),
        "minConfidence": lambda least: properties["confidence"] >= least,
        "maxConfidence": lambda most: properties["confidence"] <= most,
        "patternTypes": lambda kinds: properties["patternType"] in kinds,
        "sources": lambda sources: properties["source"] in sources,
        "threatTypes": lambda kinds: bool(set(kinds) & set(properties["threatTypes"])),
        "minValidUntil": lambda start: properties["validUntil"] >= start,
        "maxValidUntil": lambda end: properties["validUntil"] <= end,
    }
    disabled = properties["revoked"] and not criteria.get("includeDisabled")
    return not disabled and all(
        meets(criteria[criterion]) for criterion, meets in conditions.items() if criteria.get(criterion) is not None
    )

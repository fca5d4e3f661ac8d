"""Microsoft Sentinel: the read-only operations of Microsoft.SecurityInsights on one workspace.

2025-09-01 is the newest stable api-version. Its lists silently leave out NRT rules and preview connectors.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeVar

from conformance.apis.endpoint import SENTINEL, SENTINEL_API, Action, Endpoint
from conformance.apis.sentinel_content import (
    AlertRule,
    AutomationRule,
    DataConnector,
    Metadata,
    OnboardingState,
    Setting,
    ThreatIntelligenceMetrics,
    Watchlist,
)
from conformance.apis.sentinel_incidents import (
    Bookmark,
    Incident,
    IncidentAlerts,
    IncidentBookmarks,
    IncidentComment,
    IncidentEntities,
    IncidentRelation,
    IncidentTask,
)
from conformance.apis.shape import ArmList

__all__ = [
    "AlertRule",
    "AutomationRule",
    "Bookmark",
    "DataConnector",
    "Incident",
    "IncidentAlerts",
    "IncidentBookmarks",
    "IncidentComment",
    "IncidentEntities",
    "IncidentRelation",
    "IncidentTask",
    "Metadata",
    "OnboardingState",
    "Setting",
    "ThreatIntelligenceMetrics",
    "Watchlist",
]

T = TypeVar("T")

STABLE = "2025-09-01"
PREVIEW = "2025-10-01-preview"

INCIDENT_PATH = "/incidents/{incident}"
SKIP = MappingProxyType({"skip_token": "$skipToken"})
SEARCH = MappingProxyType({"filter": "$filter", "orderby": "$orderby", "top": "$top", **SKIP})


def _get(
    name: str,
    path: str,
    answers: type[T],
    needs: str,
    docs: str,
    *,
    query: Mapping[str, str] = MappingProxyType({}),
    paging: Literal["nextLink"] | None = "nextLink",
    api_version: str = STABLE,
    max_top: int | None = None,
) -> Endpoint[T]:
    return Endpoint(
        name=f"sentinel.{name}",
        api=SENTINEL_API,
        method="GET",
        path=SENTINEL + path,
        answers=answers,
        source=f"https://learn.microsoft.com/rest/api/securityinsights/{docs}",
        needs=Action(f"Microsoft.SecurityInsights/{needs}"),
        api_version=api_version,
        query=query,
        paging=paging,
        max_top=max_top,
    )


def _post(name: str, member: str, answers: type[T]) -> Endpoint[T]:
    """Return a POST that only reads; it has no body and no pages.

    Its action is not published, and it is not documented whether Microsoft Sentinel Reader allows it. The name follows
    ARM's naming of POST actions.
    """
    return Endpoint(
        name=f"sentinel.{name}",
        api=SENTINEL_API,
        method="POST",
        path=f"{SENTINEL}{INCIDENT_PATH}/{member}",
        answers=answers,
        source=f"https://learn.microsoft.com/rest/api/securityinsights/incidents/list-{member}",
        needs=Action(f"Microsoft.SecurityInsights/incidents/{member}/action", published=False),
        api_version=STABLE,
    )


ONBOARDING_STATE = _get(
    "onboarding_state",
    "/onboardingStates/default",
    OnboardingState,
    "onboardingStates/read",
    "sentinel-onboarding-states/get",
    paging=None,
)

INCIDENTS = _get(
    "incidents",
    "/incidents",
    ArmList[Incident],
    "incidents/read",
    "incidents/list",
    query=SEARCH,
    max_top=1000,
)

INCIDENT = _get("incident", INCIDENT_PATH, Incident, "incidents/read", "incidents/get", paging=None)

INCIDENT_ALERTS = _post("incident_alerts", "alerts", IncidentAlerts)
INCIDENT_ENTITIES = _post("incident_entities", "entities", IncidentEntities)
INCIDENT_BOOKMARKS = _post("incident_bookmarks", "bookmarks", IncidentBookmarks)

INCIDENT_COMMENTS = _get(
    "incident_comments",
    INCIDENT_PATH + "/comments",
    ArmList[IncidentComment],
    "incidents/comments/read",
    "incident-comments/list",
    query=SEARCH,
)

INCIDENT_RELATIONS = _get(
    "incident_relations",
    INCIDENT_PATH + "/relations",
    ArmList[IncidentRelation],
    "incidents/relations/read",
    "incident-relations/list",
    query=SEARCH,
)

INCIDENT_TASKS = _get(
    "incident_tasks",
    INCIDENT_PATH + "/tasks",
    ArmList[IncidentTask],
    "incidents/tasks/read",
    "incident-tasks/list",
)

ALERT_RULES = _get("alert_rules", "/alertRules", ArmList[AlertRule], "alertRules/read", "alert-rules/list")

DATA_CONNECTORS = _get(
    "data_connectors",
    "/dataConnectors",
    ArmList[DataConnector],
    "dataConnectors/read",
    "data-connectors/list",
)

AUTOMATION_RULES = _get(
    "automation_rules",
    "/automationRules",
    ArmList[AutomationRule],
    "automationRules/read",
    "automation-rules/list",
)

WATCHLISTS = _get(
    "watchlists",
    "/watchlists",
    ArmList[Watchlist],
    "Watchlists/read",
    "watchlists/list",
    query=SKIP,
)

BOOKMARKS = _get("bookmarks", "/bookmarks", ArmList[Bookmark], "Bookmarks/read", "bookmarks/list")

THREAT_INTELLIGENCE_METRICS = _get(
    "threat_intelligence_metrics",
    "/threatIntelligence/main/metrics",
    ThreatIntelligenceMetrics,
    "threatIntelligence/metrics/read",
    "threat-intelligence-indicator-metrics/list",
    paging=None,
)

METADATA = _get(
    "metadata",
    "/metadata",
    ArmList[Metadata],
    "Metadata/read",
    "metadata/list",
    query={"filter": "$filter", "orderby": "$orderby", "skip": "$skip", "top": "$top"},
)

# Not in any stable api-version.
SETTINGS = _get(
    "settings",
    "/settings",
    ArmList[Setting],
    "settings/read",
    "product-settings/list",
    api_version=PREVIEW,
)

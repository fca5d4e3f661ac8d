"""Azure actions by name: those that Microsoft publishes for Sentinel, and a few of Log Analytics that tools need.

Source: learn.microsoft.com/azure/role-based-access-control/permissions/security (Microsoft.SecurityInsights) and
.../permissions/monitor (Microsoft.OperationalInsights). Microsoft adds actions over time, so a name that is missing
here may be correct, but a name that differs from a published name by one letter is most likely wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_SENTINEL = "Microsoft.SecurityInsights"
_WORKSPACES = "Microsoft.OperationalInsights/workspaces"
_ALL = "read write delete"

_VERBS: Mapping[str, str] = {
    f"{_SENTINEL}/dataConnectorsCheckRequirements": "action",
    f"{_SENTINEL}/contentTranslators": "action",
    f"{_SENTINEL}/Aggregations": "read",
    f"{_SENTINEL}/alertRules": f"{_ALL} triggerRuleRun/action",
    f"{_SENTINEL}/alertRules/actions": _ALL,
    f"{_SENTINEL}/automationRules": _ALL,
    f"{_SENTINEL}/BillingStatistics": "read",
    f"{_SENTINEL}/Bookmarks": f"{_ALL} expand/action",
    f"{_SENTINEL}/bookmarks/relations": _ALL,
    f"{_SENTINEL}/cases": _ALL,
    f"{_SENTINEL}/cases/comments": "read write",
    f"{_SENTINEL}/cases/investigations": "read write",
    f"{_SENTINEL}/ConfidentialWatchlists": _ALL,
    f"{_SENTINEL}/ContentPackages": "read write",
    f"{_SENTINEL}/ContentTemplates": "read delete",
    f"{_SENTINEL}/dataConnectors": _ALL,
    f"{_SENTINEL}/enrichment/domain/whois": "read",
    f"{_SENTINEL}/enrichment/ip/geodata": "read",
    f"{_SENTINEL}/entities": "read gettimeline/action getInsights/action runPlaybook/action",
    f"{_SENTINEL}/entities/relations": _ALL,
    f"{_SENTINEL}/entityQueries": "read",
    f"{_SENTINEL}/ExportConnections": _ALL,
    f"{_SENTINEL}/ExportConnections/ExportJobs": _ALL,
    f"{_SENTINEL}/fileimports": _ALL,
    f"{_SENTINEL}/hunts": _ALL,
    f"{_SENTINEL}/hunts/comments": _ALL,
    f"{_SENTINEL}/hunts/relations": _ALL,
    f"{_SENTINEL}/incidents": f"{_ALL} createTeam/action runPlaybook/action",
    f"{_SENTINEL}/incidents/comments": _ALL,
    f"{_SENTINEL}/incidents/relations": _ALL,
    f"{_SENTINEL}/incidents/tasks": _ALL,
    f"{_SENTINEL}/Metadata": _ALL,
    f"{_SENTINEL}/MitreCoverageRecords": "read",
    f"{_SENTINEL}/officeConsents": "read delete",
    f"{_SENTINEL}/onboardingStates": _ALL,
    f"{_SENTINEL}/operations": "read",
    f"{_SENTINEL}/securityMLAnalyticsSettings": _ALL,
    f"{_SENTINEL}/settings": _ALL,
    f"{_SENTINEL}/SourceControls": _ALL,
    f"{_SENTINEL}/threatIntelligence": (
        f"{_ALL} query/action metrics/action bulkDelete/action bulkTag/action createIndicator/action"
        " queryIndicators/action"
    ),
    f"{_SENTINEL}/threatIntelligence/bulkactions": f"{_ALL} query/action count/action",
    f"{_SENTINEL}/threatIntelligence/indicators": (
        f"{_ALL} query/action metrics/action bulkDelete/action bulkTag/action appendTags/action replaceTags/action"
    ),
    f"{_SENTINEL}/threatIntelligence/ingestionrulelist": "read write",
    f"{_SENTINEL}/threatIntelligence/metrics": "read",
    f"{_SENTINEL}/threatIntelligence/threatactors": _ALL,
    f"{_SENTINEL}/triggeredAnalyticsRuleRuns": "read",
    f"{_SENTINEL}/Watchlists": _ALL,
    _WORKSPACES: "read write delete analytics/query/action search/action sharedKeys/action",
    f"{_WORKSPACES}/query": "read",
    f"{_WORKSPACES}/tables": _ALL,
    f"{_WORKSPACES}/savedSearches": _ALL,
}


def _names() -> Iterator[str]:
    for kind, verbs in _VERBS.items():
        for verb in verbs.split():
            yield f"{kind}/{verb}"


PUBLISHED_ACTIONS: frozenset[str] = frozenset(_names())
"""Every published action of this table; case does not matter to Azure."""

"""Microsoft Graph's evolvable enumerations: younger members are sent only to clients that prefer to get them.

Source: https://learn.microsoft.com/graph/alertsv1-alertsv2-migration and the v1.0 metadata of Graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LATE: Mapping[str, frozenset[str]] = {
    "serviceSource": frozenset(
        {
            "microsoftDefenderForCloud",
            "microsoftSentinel",
            "microsoftInsiderRiskManagement",
            "microsoftThreatIntelligence",
            "microsoftSecurityForAI",
        }
    ),
    "detectionSource": frozenset(
        {
            "microsoftDefenderForCloud",
            "microsoftDefenderForIoT",
            "microsoftDefenderForServers",
            "microsoftDefenderForStorage",
            "microsoftDefenderForDNS",
            "microsoftDefenderForDatabases",
            "microsoftDefenderForContainers",
            "microsoftDefenderForNetwork",
            "microsoftDefenderForAppService",
            "microsoftDefenderForKeyVault",
            "microsoftDefenderForResourceManager",
            "microsoftDefenderForApiManagement",
            "nrtAlerts",
            "scheduledAlerts",
            "microsoftDefenderThreatIntelligenceAnalytics",
            "builtInMl",
            "microsoftInsiderRiskManagement",
            "microsoftThreatIntelligence",
            "microsoftDefenderForAIServices",
            "securityCopilot",
            "microsoftSentinel",
        }
    ),
    "remediationStatus": frozenset(
        {
            "active",
            "pendingApproval",
            "declined",
            "unremediated",
            "running",
            "partiallyRemediated",
        }
    ),
    "status": frozenset({"awaitingAction"}),
}
"""Enumeration members declared after ``unknownFutureValue``, by property: sent only to those who prefer them."""


def with_enumerations(value: Any, prefer: str | None, name: str = "") -> Any:
    """A JSON value as a client with this ``Prefer`` header sees it; ``name`` is the property that holds it."""
    if prefer and "include-unknown-enum-members" in prefer.lower():
        return value
    if isinstance(value, Mapping):
        return {key: with_enumerations(member, prefer, key) for key, member in value.items()}
    if isinstance(value, list):
        return [with_enumerations(element, prefer, name) for element in value]
    return "unknownFutureValue" if isinstance(value, str) and value in LATE.get(name, ()) else value

"""The built-in Azure role for an action.

Source: learn.microsoft.com/azure/role-based-access-control/built-in-roles (security, analytics, monitor). A test
compares the table with the definitions of those roles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

READER_ROLE = "Microsoft Sentinel Reader"
RESPONDER_ROLE = "Microsoft Sentinel Responder"
CONTRIBUTOR_ROLE = "Microsoft Sentinel Contributor"
LADDER = (READER_ROLE, RESPONDER_ROLE, CONTRIBUTOR_ROLE)
"""The roles of Microsoft Sentinel that a connection may need: each includes the actions of those before it."""
READ_EVERYTHING = frozenset(
    {
        "Contributor",
        "Log Analytics Contributor",
        "Log Analytics Reader",
        "Monitoring Contributor",
        "Monitoring Reader",
        "Owner",
        "Reader",
        "Role Based Access Control Administrator",
        "User Access Administrator",
    }
)
"""Built-in roles that give all reads, those of Microsoft Sentinel too."""

_ROLES: Mapping[str, str] = {
    "microsoft.securityinsights/confidentialwatchlists/read": "Log Analytics Reader",
    "microsoft.securityinsights/confidentialwatchlists/*": "Contributor",
    "microsoft.securityinsights/*/read": READER_ROLE,
    "microsoft.securityinsights/dataconnectorscheckrequirements/action": READER_ROLE,
    "microsoft.securityinsights/threatintelligence/indicators/query/action": READER_ROLE,
    "microsoft.securityinsights/threatintelligence/queryindicators/action": READER_ROLE,
    "microsoft.securityinsights/automationrules/*": RESPONDER_ROLE,
    "microsoft.securityinsights/*/delete": CONTRIBUTOR_ROLE,
    "microsoft.securityinsights/incidents/*": RESPONDER_ROLE,
    "microsoft.securityinsights/cases/*": RESPONDER_ROLE,
    "microsoft.securityinsights/entities/runplaybook/action": RESPONDER_ROLE,
    "microsoft.securityinsights/threatintelligence/bulktag/action": RESPONDER_ROLE,
    "microsoft.securityinsights/threatintelligence/indicators/appendtags/action": RESPONDER_ROLE,
    "microsoft.securityinsights/threatintelligence/indicators/replacetags/action": RESPONDER_ROLE,
    "microsoft.securityinsights/*": CONTRIBUTOR_ROLE,
    "microsoft.operationalinsights/*/read": READER_ROLE,
    "microsoft.operationalinsights/workspaces/analytics/query/action": READER_ROLE,
    "microsoft.operationalinsights/workspaces/search/action": "Log Analytics Reader",
    "microsoft.operationalinsights/workspaces/savedsearches/*": CONTRIBUTOR_ROLE,
    "microsoft.operationalinsights/*": "Log Analytics Contributor",
    "microsoft.insights/telemetry/write": "Monitoring Metrics Publisher",
    "microsoft.insights/datacollectionrules/data/write": "Monitoring Metrics Publisher",
    "microsoft.keyvault/vaults/secrets/*": "Key Vault Secrets User",
    "microsoft.authorization/roleassignments/write": "Role Based Access Control Administrator",
    "microsoft.resources/*/read": READER_ROLE,
    "microsoft.authorization/*/read": "Reader",
    "*/read": "Reader",
}
"""Roles by the action in lower case, with ``*`` for any part of it; the first match counts."""


def role_for(action: str) -> str:
    """Return the name of the least role that allows an Azure action; a hint if no role in the table does."""
    small = action.lower()
    return next((role for name, role in _ROLES.items() if fnmatchcase(small, name)), f"<a role with {action}>")


def gives(role: str, action: str) -> bool:
    """Return whether a role is known to allow an action: the least role that does, a greater Microsoft Sentinel role,
    or for a read a role that allows all reads.
    """
    least = role_for(action)
    greater = LADDER[LADDER.index(least) :] if least in LADDER else (least,)
    return role in greater or (role in READ_EVERYTHING and action.lower().endswith("/read"))


def role_for_all(actions: Iterable[str], role: str = READER_ROLE) -> str:
    """Return the least Microsoft Sentinel role that includes ``role`` and allows all actions that such roles can
    allow.
    """
    greater = [other for other in map(role_for, actions) if other in LADDER[1:]]
    return max((role, *greater), key=lambda name: LADDER.index(name) if name in LADDER else 0)

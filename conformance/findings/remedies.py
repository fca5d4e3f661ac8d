"""Fixes, filled in with the connection's own ids so that they can be pasted."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import quote

from conformance.apis.permissions import by_resource, resource_of
from conformance.findings.cause import Cause

PLACEHOLDERS = frozenset(
    {
        "tenant_id",
        "client_id",
        "subscription_id",
        "resource_group",
        "workspace_id",
        "workspace_name",
        "workspace",
        "object_id",
        "scope",
        "role",
        "roles",
        "resource_app_id",
        "app_role_id",
        "resource_name",
        "login_host",
        "cloud_az",
        "secret_end_date",
        "table",
        "action",
    }
)
"""What a template may name. Others never reach a command, whatever the facts hold."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_APP_ROLE = "{app_role_id}=Role"
_GROUP = "/subscriptions/{subscription_id}/resourceGroups/{resource_group}"
_COMPOSED: Mapping[str, str] = {
    "workspace": _GROUP + "/providers/Microsoft.OperationalInsights/workspaces/{workspace_name}",
    "scope": _GROUP,  # Microsoft advises the resource group for the roles of Sentinel
}
_USUAL: Mapping[str, str] = {
    "role": "Microsoft Sentinel Reader",
    "login_host": "login.microsoftonline.com",
    "cloud_az": "AzureCloud",
}


# The built-in role that gives an action, by the beginning of its name, in small letters; the first one that fits.
_ROLES: Mapping[str, str] = {
    "microsoft.securityinsights/*/write": "Microsoft Sentinel Contributor",
    "microsoft.securityinsights/*/delete": "Microsoft Sentinel Contributor",
    "microsoft.securityinsights/*": "Microsoft Sentinel Reader",
    "microsoft.operationalinsights/workspaces/listkeys/action": "Log Analytics Contributor",
    "microsoft.operationalinsights/workspaces/sharedkeys/action": "Log Analytics Contributor",
    "microsoft.operationalinsights/*/read": "Microsoft Sentinel Reader",
    "microsoft.operationalinsights/*": "Log Analytics Contributor",
    "microsoft.insights/telemetry/write": "Monitoring Metrics Publisher",
    "microsoft.insights/datacollectionrules/data/write": "Monitoring Metrics Publisher",
    "microsoft.keyvault/vaults/secrets/*": "Key Vault Secrets User",
    "microsoft.authorization/roleassignments/write": "Role Based Access Control Administrator",
    "microsoft.resources/*/read": "Microsoft Sentinel Reader",
    "microsoft.authorization/*/read": "Reader",
    "*/read": "Reader",
}


def role_for(action: str) -> str:
    """The name of a role that gives an Azure action; a hint where no role of a connection does."""
    small = action.lower()
    return next((role for name, role in _ROLES.items() if fnmatchcase(small, name)), f"<a role with {action}>")


@dataclass(frozen=True, slots=True)
class Fix:
    """How to mend it: prose, commands to paste into a shell, and where to click.

    ``values`` are what the placeholders were filled in with, where that is known.
    """

    text: str
    commands: tuple[str, ...] = ()
    portal: str | None = None
    values: Mapping[str, str] = field(default_factory=dict, hash=False)


def fix(cause: Cause, facts: Mapping[str, str]) -> Fix:
    """The fix of a cause. Unknown values stay visible as hints such as ``<client-id>``."""
    variants = tuple(_variants(facts))
    shown = variants[0] | {"resource_name": " and ".join(v["resource_name"] for v in variants if "resource_name" in v)}
    text = " ".join(part for part in (cause.fix, cause.again) if part)
    return Fix(
        prose(text, shown),
        tuple(dict.fromkeys(command(template, known) for template in cause.commands for known in variants)),
        cause.portal and prose(cause.portal, shown),
        {name: value for name, value in shown.items() if value},
    )


def command(template: str, facts: Mapping[str, str]) -> str:
    """A command line with every word quoted for the shell; values within URLs are encoded as URLs want them."""
    return shlex.join(word for part in shlex.split(template) for word in _words(part, facts))


def prose(template: str, facts: Mapping[str, str]) -> str:
    """A sentence: values as they are, encoded within URLs."""
    return " ".join(_fill(word, facts) for word in template.split(" "))


def _words(part: str, facts: Mapping[str, str]) -> Iterator[str]:
    if part == _APP_ROLE and facts.get("app_role_id"):
        # One command asks for all roles of a resource.
        yield from (f"{role_id}=Role" for role_id in facts["app_role_id"].split())
    else:
        yield _fill(part, facts)


def _fill(word: str, facts: Mapping[str, str]) -> str:
    in_url = "://" in word

    def value(match: re.Match[str]) -> str:
        text = _value(match[1], facts)
        return quote(text, safe="/<>") if in_url else text

    return _PLACEHOLDER.sub(value, word)


def _value(name: str, facts: Mapping[str, str]) -> str:
    if name in PLACEHOLDERS and facts.get(name):
        return facts[name]
    if name in _COMPOSED:
        return _PLACEHOLDER.sub(lambda match: _value(match[1], facts), _COMPOSED[name])
    return _USUAL.get(name) or f"<{name.replace('_', '-')}>"


def _variants(facts: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The facts once per API resource that they are about, with the ids of its app roles."""
    known = {name: str(value) for name, value in facts.items() if name in PLACEHOLDERS and value}
    roles = re.split(r"[,\s]+", known.get("roles", ""))
    groups = by_resource((role for role in roles if role), facts.get("api"))
    for resource, names in groups:
        ids = " ".join(resource.application_id(name) or "" for name in names)
        yield known | {"resource_app_id": resource.app_id, "resource_name": resource.name, "app_role_id": ids}
    if not groups:
        api = resource_of(known.get("resource_app_id") or facts.get("api") or "")
        yield known | ({"resource_app_id": api.app_id, "resource_name": api.name} if api else {})

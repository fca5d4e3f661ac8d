"""The target of log ingestion: another tool sends rows to it with the same app. This suite never sends rows."""

from __future__ import annotations

import re
from dataclasses import dataclass

RULE = re.compile(
    r"/subscriptions/(?P<subscription_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"/resourceGroups/(?P<resource_group>[^/]+)"
    r"/providers/Microsoft\.Insights/(?P<kind>dataCollectionRules|dataCollectionEndpoints)/(?P<name>[^/?#\s]+)",
    re.IGNORECASE,
)
STREAM = re.compile(r"(?:Custom|Microsoft)-\w+")
ENDPOINT = re.compile(r"https://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?/?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ingestion:
    """The target of log ingestion.

    ``rule`` is the ARM id of a data collection rule, ``stream`` the rule's stream that the sender uses, ``endpoint``
    the URL in the sender's configuration (None: not checked).
    """

    rule: str
    stream: str
    endpoint: str | None = None

    @property
    def place(self) -> tuple[str, str, str]:
        """Return the rule's subscription, resource group and name."""
        return place_of(self.rule)


def place_of(id: str) -> tuple[str, str, str]:
    """Return the subscription, the group and the name in the ARM id of a rule or endpoint.

    Raises ValueError for anything else.
    """
    match = RULE.fullmatch(id)
    if match is None:
        raise ValueError(f"{id!r} is no ARM id of a data collection rule or endpoint")
    return match["subscription_id"], match["resource_group"], match["name"]


def is_rule(id: str) -> bool:
    """Return whether a text is the ARM id of a data collection rule."""
    match = RULE.fullmatch(id)
    return match is not None and match["kind"].lower() == "datacollectionrules"


def is_endpoint(url: str) -> bool:
    """Return whether a text is the URL of a log ingestion endpoint: https, a host, and nothing else."""
    return ENDPOINT.fullmatch(url) is not None


def meant_rule(text: str) -> str | None:
    """Return the rule's id in a text such as a portal URL; None without one."""
    match = RULE.search(f"/{text}")
    return match[0] if match and is_rule(match[0]) else None


def meant_stream(text: str) -> str | None:
    """Return the intended stream of a text without the prefix, or in another case; None if it is not one."""
    prefix, _, name = text.rpartition("-")
    stream = f"{prefix.capitalize() or 'Custom'}-{name}"
    return stream if STREAM.fullmatch(stream) else None


def meant_endpoint(text: str) -> str | None:
    """Return the intended endpoint of a text with a path, or without https; None if it is not one."""
    host = re.split(r"[/?#]", text.rpartition("://")[2], maxsplit=1)[0]
    endpoint = f"https://{host}"
    return endpoint if host.lower().endswith(".ingest.monitor.azure.com") and is_endpoint(endpoint) else None

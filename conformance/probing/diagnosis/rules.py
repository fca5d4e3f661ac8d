"""Registry of diagnosis rules and their selection.

A rule interprets a refusal with the help of clues. Clues are probes that are asked only when the rule applies; the rule
gets their evidence, whether answered or refused. A rule is a pure function that returns a better finding or None.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from conformance.apis.endpoint import APIS
from conformance.findings import CAUSES, Finding
from conformance.probing.evidence import Answer, Evidence, Exchange, NotAsked, Refusal

NETWORK = frozenset(name for name, cause in CAUSES.items() if cause.group == "network")
SERVICE = frozenset({"service_fault", "throttled"})
TOKEN_USE = frozenset(name for name, cause in CAUSES.items() if cause.group == "token_use")
REFUSES_ALL = {"unknown", "ip_blocked", "conditional_access_blocked", "empty_answer", "api_version_unsupported"}
WHOLE = NETWORK | SERVICE | TOKEN_USE | REFUSES_ALL
"""Causes that can affect a whole API: then there is one finding, not one per operation."""
REPRESENTATIVE: Mapping[str, str] = {
    "entra": "discovery",
    "arm": "workspace",
    "sentinel": "incidents",
    "log_analytics": "query_print",
    "graph": "graph_alerts",
    "defender": "machines",
}
"""The representative probe of an API: if it fails for the same cause, the whole API is affected."""

TOKENS = ("token_arm", "token_log_analytics", "token_graph", "token_defender")
"""The probes of Entra's token endpoint: if it issues no token at all, the cause is not in one API."""

ACCESS = "arm_authorization_failed"

PARENTS = frozenset({"subscription", "resource_group", "insights_provider", "logs_provider"})
"""Scopes above the workspace, and their resources: a role below does not show them, so a refusal is expected."""

NOT_FOUND = frozenset({"object_not_found", "subscription_not_found", "resource_group_not_found", "workspace_not_found"})
"""Causes of a 404 of Azure, or of a code with the same meaning."""

OF_THE_RULE = frozenset({"data_collection_rule", "data_collection_endpoint", "rule_permissions"})
"""Probes of the resources of log ingestion: a role on the workspace does not reach them."""

COLLECTIONS: Mapping[str, str] = {
    **dict.fromkeys(("machines", "machines_filtered", "machines_next", "defender_alerts"), "empty_list"),
    **dict.fromkeys(("graph_incidents", "graph_alerts_filtered", "graph_sentinel_alerts", "secure_scores"), "unlisted"),
    **dict.fromkeys(
        (
            "incidents",
            "incidents_filtered",
            "alert_rules",
            "data_connectors",
            "automation_rules",
            "watchlists",
            "bookmarks",
            "threat_intelligence",
            "metadata",
            "settings",
        ),
        "collection_not_found",
    ),
}
"""Probes of collections that always exist (perhaps empty) where the product does, and the rule for their 404."""

Reading = Callable[..., Finding | NotAsked | None]


@dataclass(frozen=True)
class Rule:
    """A diagnosis rule. ``read(refusal, connection, **clues)`` returns a better finding, a :class:`NotAsked` if the
    refusal proves nothing, or None; ``clues`` are the probes that it needs.
    """

    read: Reading
    clues: tuple[str, ...]


_rules: dict[str, Rule] = {}
TELL_APART: Mapping[str, Rule] = MappingProxyType(_rules)


def register(name: str, rule: Rule) -> None:
    """Register a rule under a name, which catalogue entries use."""
    if name in _rules:
        raise ValueError(f"two rules are named {name}")
    _rules[name] = rule


def tells_apart(read: Reading) -> Reading:
    """Register a rule under its function's name; its parameters after the first two name the clues.

    A rule that takes ``**clues`` hands them to :func:`arm_authorization_failed`, and needs that rule's clues too.
    """
    parameters = inspect.signature(read).parameters.values()
    clues = [parameter.name for parameter in parameters if parameter.kind is not inspect.Parameter.VAR_KEYWORD][2:]
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        clues += [name for name in _rules[ACCESS].clues if name not in clues]
    register(read.__name__, Rule(read, tuple(clues)))
    return read


def rules_for(refusal: Refusal) -> tuple[str, ...]:
    """Return the names of the rules that apply to a refusal; the first that returns a finding wins."""
    subject, exchange = refusal.finding, refusal.exchange
    if refusal.probe in PARENTS and subject.tell_apart == ACCESS:
        return ()
    rules = (subject.tell_apart,) if subject.tell_apart and subject.tell_apart in TELL_APART else ()
    if no_tenant(refusal):
        rules = ("tenant_not_here", *rules)
    if subject.cause not in WHOLE and exchange is None:
        return rules
    if refusal.probe in TOKENS:
        return (*rules, "whole_tokens")
    if exchange is None:
        return ("unlicensed",) if subject.cause == "licence_missing" else rules
    if exchange.status in (401, 403) and (audience := APIS[exchange.api].audience):
        rules = (f"claims_token_{audience}", *rules)
    if subject.cause == "licence_missing" and exchange.api in ("graph", "defender"):
        return (*rules, "unlicensed")
    if subject.cause == "object_not_found" and refusal.probe in COLLECTIONS:
        rules = (COLLECTIONS[refusal.probe], *rules)
    if subject.cause in NOT_FOUND and APIS[exchange.api].audience == "arm":
        rules = ("rule_not_found" if refusal.probe in OF_THE_RULE else "parent_not_found", *rules)
    return (*rules, f"whole_{_whole(exchange)}")


def no_tenant(refusal: Refusal) -> bool:
    """Return whether the cloud's sign-in answers that the tenant does not exist.

    The answer of discovery may be a 400 or 404 without a code.
    """
    if refusal.finding.cause == "tenant_not_found":
        return refusal.exchange is not None
    status = refusal.exchange.status if refusal.exchange else None
    return refusal.probe == "discovery" and status in (400, 404) and refusal.finding.cause not in NETWORK


def _whole(exchange: Exchange) -> str:
    """Return the name of the unit that may fail as a whole: an API, the gateway of Sentinel, or one incident."""
    if exchange.endpoint.startswith("sentinel.incident_"):
        return "incident"
    return "gateway" if exchange.api == "sentinel" else exchange.api


def elements_of(evidence: Evidence) -> Sequence[Any]:
    """Return the elements of a list answer; empty if it was refused."""
    return evidence.data.value if isinstance(evidence, Answer) else ()

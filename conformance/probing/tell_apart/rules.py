"""The register of rules, and which refusal needs which.

A rule's parameters are the refusal, the connection, and the clues that it needs: probes, which are put only when the
rule applies, and read whatever came back. It returns a better finding, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from conformance.findings import Finding
from conformance.probing.evidence import Answer, Evidence, Refusal
from conformance.probing.probe import Injected

NETWORK = frozenset({"dns_failure", "connection_failed", "tls_untrusted", "timed_out", "intercepted"})
SERVICE = frozenset({"service_fault", "throttled"})
REPRESENTATIVE: Mapping[str, str] = {
    "entra": "discovery",
    "arm": "workspace",
    "sentinel": "incidents",
    "log_analytics": "query_print",
    "graph": "graph_alerts",
    "defender": "machines",
}
"""The probe that speaks for an API: if it fails alike, the trouble is the API's and not one operation's."""

Rule = Callable[..., Finding | None]

_rules: dict[str, Injected] = {}
TELL_APART: Mapping[str, Injected] = MappingProxyType(_rules)


def tells_apart(function: Rule) -> Rule:
    """Registers a rule under its function's name, which catalogue entries use."""
    return register(function.__name__, Injected(function))


def register(name: str, rule: Injected) -> Rule:
    """Registers a rule under a name."""
    if name in _rules:
        raise ValueError(f"two rules are named {name}")
    _rules[name] = rule
    return rule.function


def clue_of(refusal: Refusal) -> str | None:
    """The rule that a refusal needs, if any."""
    found = refusal.finding
    if found.cause == "licence_missing":
        return "unlicensed"
    if found.tell_apart in TELL_APART:
        return found.tell_apart
    if found.cause in NETWORK | SERVICE and refusal.exchange and refusal.exchange.api in REPRESENTATIVE:
        return f"outage_of_{refusal.exchange.api}"
    return None


def listed(evidence: Evidence) -> Sequence[Any]:
    """The elements of a list answer; nothing if it was refused."""
    return evidence.data.value if isinstance(evidence, Answer) else ()

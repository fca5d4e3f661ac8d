"""Network failures of several hosts of a connection: one finding for each cause, which names all the hosts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import httpx

from conformance.connection import Connection
from conformance.findings import CAUSES, Finding, finding
from conformance.probing.evidence import Evidence, Refusal


def share_findings(evidence: Mapping[str, Evidence], connection: Connection) -> dict[str, Evidence]:
    """Return the evidence, in which refusals with the same cause of the network name each other's hosts.

    Their fix is filled in with the connection's own values, and has the commands for each of the hosts.
    """
    hosts: dict[str, dict[str, Finding]] = {}
    for item in evidence.values():
        if isinstance(item, Refusal) and item.exchange and CAUSES[item.finding.cause].group == "network":
            hosts.setdefault(item.finding.cause, {}).setdefault(httpx.URL(item.exchange.url).host, item.finding)
    fixes = {
        cause: {host: _filled(one, host, connection) for host, one in found.items()} for cause, found in hosts.items()
    }
    return {
        name: item.with_finding(_name_hosts(item.finding, httpx.URL(item.exchange.url).host, fixes[item.finding.cause]))
        if isinstance(item, Refusal) and item.exchange and item.finding.cause in fixes
        else item
        for name, item in evidence.items()
    }


def _filled(found: Finding, host: str, connection: Connection) -> Finding:
    facts = {**connection.facts(), **found.fix.values, "host": host, "hosts": ", ".join(connection.hosts)}
    return finding(found.cause, facts=facts)


def _name_hosts(found: Finding, host: str, alike: Mapping[str, Finding]) -> Finding:
    """Return a finding about ``host``, which names the others of ``alike`` too."""
    others = [one for one in alike if one != host]
    also = f" The same holds for {', '.join(others)}." if others else ""
    steps = {step.command: step for name in (host, *others) for step in alike[name].fix.steps}
    fix = replace(alike[host].fix, steps=tuple(steps.values()))
    return replace(found, explanation=f"{found.explanation}{also}", fix=fix, facts=None)  # the fix is filled in

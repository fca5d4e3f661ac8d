"""Network failures of several hosts of a connection: one finding for each cause, which names all the hosts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import httpx

from conformance.connection import Connection
from conformance.connection.managed_identity import is_local
from conformance.findings import CAUSES, Finding, finding
from conformance.probing.evidence import Evidence, Exchange, Refusal


def share_findings(evidence: Mapping[str, Evidence], connection: Connection) -> dict[str, Evidence]:
    """Return the evidence; refusals with the same network cause then name each other's hosts.

    Their fix is filled in with the connection's own values, and has the commands for each of the hosts.
    """
    hosts: dict[str, dict[str, Finding]] = {}
    for item in evidence.values():
        if isinstance(item, Refusal) and item.exchange and _is_shared(item.finding, item.exchange):
            hosts.setdefault(item.finding.cause, {}).setdefault(httpx.URL(item.exchange.url).host, item.finding)
    fixes = {
        cause: {host: _filled(host_finding, host, connection) for host, host_finding in by_host.items()}
        for cause, by_host in hosts.items()
    }
    return {
        name: item.with_finding(_name_hosts(item.finding, httpx.URL(item.exchange.url).host, fixes[item.finding.cause]))
        if isinstance(item, Refusal) and item.exchange and _is_shared(item.finding, item.exchange)
        else item
        for name, item in evidence.items()
    }


def _is_shared(subject: Finding, exchange: Exchange) -> bool:
    """Return whether a finding is about the network, and not about an address of this machine."""
    return CAUSES[subject.cause].group == "network" and not is_local(httpx.URL(exchange.url).host)


def _filled(subject: Finding, host: str, connection: Connection) -> Finding:
    facts = {**connection.facts(), **subject.fix.values, "host": host, "hosts": ", ".join(connection.hosts)}
    return finding(subject.cause, facts=facts)


def _name_hosts(subject: Finding, host: str, alike: Mapping[str, Finding]) -> Finding:
    """Return a finding about ``host``, which names the others of ``alike`` too."""
    others = [other_host for other_host in alike if other_host != host]
    also = f" The same holds for {', '.join(others)}." if others else ""
    steps = {step.command: step for name in (host, *others) for step in alike[name].fix.steps}
    fix = replace(alike[host].fix, steps=tuple(steps.values()))
    return replace(subject, explanation=f"{subject.explanation}{also}", fix=fix, facts=None)  # the fix is filled in

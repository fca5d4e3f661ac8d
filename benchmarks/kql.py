"""Time of foreign queries (not the suite's own) on the virtual tenant: of the first query, and of the next ones."""

from __future__ import annotations

import subprocess
import sys
import time

FOREIGN = (
    "SecurityIncident | summarize arg_max(LastModifiedTime, *) by IncidentNumber | summarize count() by Severity",
    "SigninLogs | where ResultType != '0' | summarize Failures = count() by UserPrincipalName",
    "SecurityAlert | extend E = todynamic(Entities) | mv-expand E | where E.Type == 'host' | project E.HostName",
    "union isfuzzy=true SigninLogs, AuditLogs | summarize count() by Type, bin(TimeGenerated, 1d)",
)
"""Queries in the style of dashboards, detections and connectors."""


def seconds(count: int) -> tuple[float, float]:
    """Return the seconds of the first foreign query of this process, with the engine's import, and of each of the next
    ``count``.
    """
    from conformance import Connection
    from conformance.fakes import build
    from conformance.fakes.network.client_files import made_up_connection
    from conformance.fakes.query import any_kql

    connection: Connection = made_up_connection()
    tenant = build(connection).tenant

    def evaluate(text: str) -> float:
        began = time.perf_counter()
        any_kql.evaluate(text, tenant.workspace, tenant.clock.service_now(), None)
        return time.perf_counter() - began

    first = evaluate(FOREIGN[0])
    return first, sum(evaluate(FOREIGN[n % len(FOREIGN)]) for n in range(count)) / count


def measured(count: int = 200) -> tuple[float, float]:
    """Return :func:`seconds`, measured in a separate process."""
    process = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "benchmarks.kql", str(count)], capture_output=True, text=True, check=True
    )
    first, later = map(float, process.stdout.split())
    return first, later


if __name__ == "__main__":
    print(*seconds(int(sys.argv[1])))

"""The operations that clients of Microsoft try in every scenario, and the check that covers each operation."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "clients"
OBSERVATIONS, DIFFERENCES = FOLDER / "agreement.json", FOLDER / "differences.toml"
WORKS, VERDICT = "works", "verdict"


@dataclass(frozen=True)
class Operation:
    """An operation ``title`` of a ``client``; it should work exactly when ``check`` passes."""

    client: str
    title: str
    check: str


OPERATIONS: Mapping[str, Operation] = {
    "token_arm": Operation("azure-identity", "token for Azure", "AUTH-010"),
    "token_log_analytics": Operation("azure-identity", "token for Log Analytics", "AUTH-011"),
    "token_graph": Operation("azure-identity", "token for Graph", "AUTH-012"),
    "token_defender": Operation("azure-identity", "token for Defender", "AUTH-013"),
    "workspace": Operation("azure-mgmt-loganalytics", "workspace", "ARM-003"),
    "permissions": Operation("azure-mgmt-authorization", "permissions at the workspace", "RBAC-001"),
    "query": Operation("azure-monitor-query", "query", "LA-001"),
    "query_incidents": Operation("azure-monitor-query", "query of SecurityIncident", "LA-010"),
    "onboarding": Operation("azure-mgmt-securityinsight", "onboarding state", "ARM-007"),
    "incidents": Operation("azure-mgmt-securityinsight", "incidents", "SENT-001"),
    "incident": Operation("azure-mgmt-securityinsight", "one incident", "SENT-010"),
    "alert_rules": Operation("azure-mgmt-securityinsight", "analytics rules", "SENT-020"),
    "graph_alerts": Operation("msgraph-sdk", "alerts", "GRAPH-001"),
    "graph_incidents": Operation("msgraph-sdk", "incidents", "GRAPH-002"),
    "secure_scores": Operation("msgraph-sdk", "secure scores", "GRAPH-004"),
    "machines": Operation("azure-core", "machines of Defender", "MDE-001"),
    "defender_alerts": Operation("azure-core", "alerts of Defender", "MDE-002"),
}
"""The operations by name, in the order in which a connection needs them."""


@dataclass(frozen=True)
class Difference:
    """An accepted disagreement: the scenarios, the operations and the reason."""

    scenarios: tuple[str, ...]
    operations: tuple[str, ...]
    why: str


def observed() -> dict[str, dict[str, str]]:
    """Return the recorded ending of each operation, by scenario and operation."""
    observations: dict[str, dict[str, str]] = json.loads(OBSERVATIONS.read_text(encoding="utf-8"))
    return observations


def differences(kind: str = "difference") -> list[Difference]:
    """Return the declared differences of one kind.

    ``difference``: between clients and verdict; ``javascript``: between the JavaScript and the Python clients.
    """
    rows = tomllib.loads(DIFFERENCES.read_text(encoding="utf-8"))[kind]
    return [Difference(tuple(row["scenarios"]), tuple(row["operations"]), row["why"]) for row in rows]


def disagreements(ended: Mapping[str, str], statuses: Mapping[str, str], *, conformant: bool) -> Iterator[str]:
    """Yield the operations that work although their check fails, or fail although it passes.

    Yield ``verdict`` if all operations work and the connection is not conformant, or the reverse. A warning counts as
    working; an operation whose check is not applicable is skipped.
    """
    for name, operation in OPERATIONS.items():
        status = statuses[operation.check]
        if status != "not_applicable" and (ended[name] == WORKS) != (status in ("passed", "warning")):
            yield name
    if conformant != all(ending == WORKS for ending in ended.values()):
        yield VERDICT


def explained(kind: str = "difference") -> set[tuple[str, str]]:
    """Return the (scenario, operation) pairs of all declared differences of one kind."""
    return {
        (scenario, name)
        for difference in differences(kind)
        for scenario in difference.scenarios
        for name in difference.operations
    }

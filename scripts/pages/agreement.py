"""docs/agreement.md: the results of unmodified clients in each scenario, compared with the suite's verdict."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

from conformance.fakes import SCENARIOS
from conformance.verification.verdict import ExitCode
from scripts.pages.markdown import NOTE, code, table
from scripts.pages.operations import ROOT

CLIENTS = ROOT / "tests" / "clients"
HEAD = """\
# Agreement with real clients

In every [scenario](fakes.md#scenarios), Microsoft's own clients, unmodified, send the requests of the checks to the
served virtual tenant over TLS. They must succeed where the suite's verdict is that it works, and fail where the verdict
is that it does not. Each client is tried once, and signs in with the scenario's credential: a client secret, a
certificate or a federated token. The clients and their versions are in [clients.md](clients.md).
"""
COLUMNS = {
    "azure-identity": ("token_arm", "token_log_analytics", "token_graph", "token_defender"),
    "azure-mgmt-\\*": ("workspace", "permissions", "onboarding", "incidents", "incident", "alert_rules"),
    "azure-monitor-query": ("query", "query_incidents"),
    "msgraph-sdk": ("graph_alerts", "graph_incidents", "secure_scores"),
    "azure-core (Defender)": ("machines", "defender_alerts"),
}
"""The operations of tests/agreement_table.py by column."""


JAVASCRIPT = """\
## JavaScript

{names} get the same requests in every scenario, and work where the Python clients work, except for these differences.
"""


def clients() -> list[str]:
    """Return the JavaScript clients with their versions."""
    dependencies = json.loads((CLIENTS / "js" / "package.json").read_text(encoding="utf-8"))["dependencies"]
    return [
        f"{name} {version}" for name, version in dependencies.items() if name.startswith(("@azure/", "@microsoft/"))
    ]


def page() -> str:
    """Return the text of docs/agreement.md."""
    observations = json.loads((CLIENTS / "agreement.json").read_text(encoding="utf-8"))
    declared = tomllib.loads((CLIENTS / "differences.toml").read_text(encoding="utf-8"))
    differences = declared["difference"]
    numbers = {scenario: i for i, row in enumerate(differences, 1) for scenario in row["scenarios"]}
    rows = [
        (
            code(name),
            "works" if scenario.exit_code == ExitCode.CONFORMANT else " + ".join(map(code, scenario.causes)),
            *(cell(observations[name], names) for names in COLUMNS.values()),
            numbers.get(name),
        )
        for name, scenario in SCENARIOS.items()
    ]
    return "\n".join(
        [
            NOTE,
            HEAD,
            f"Of {sum(map(len, observations.values()))} outcomes of {len(observations)} scenarios, "
            f"{sum(len(set(row['operations']) - {'verdict'}) * len(row['scenarios']) for row in differences)} "
            "differ from their check; each difference has its reason below.\n",
            table(("scenario", "the suite's verdict", *COLUMNS, "difference"), rows),
            "## Differences\n",
            table(("", "scenario", "operation", "why"), differing(differences)),
            JAVASCRIPT.format(names=", ".join(map(code, clients()))),
            table(("", "scenario", "operation", "why"), differing(declared["javascript"])),
        ]
    )


def cell(ended: Mapping[str, str], names: tuple[str, ...]) -> str:
    """Return ``works``, or the errors and the number of clients that do not work."""
    failed = [ended[name] for name in names if ended[name] != "works"]
    if not failed:
        return "works"
    how = ", ".join(dict.fromkeys(failed))
    return how if len(failed) == len(names) else f"{how} ({len(failed)} of {len(names)})"


def differing(rows: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    """Return a row for each difference: its number, the scenarios, the operations, and the reason."""
    return [
        (i, ", ".join(map(code, row["scenarios"])), ", ".join(map(code, row["operations"])), row["why"])
        for i, row in enumerate(rows, 1)
    ]

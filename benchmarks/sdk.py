"""A plain script with the official SDKs for Azure and Graph: the same reads, one after the other, nothing explained.

`python -m benchmarks.sdk FOLDER COUNT` prints the seconds and the questions answered for each connection, as JSON. It
runs where the extra `clients` is, and imports nothing of this project.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import tomllib
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

TABLES = ("SecurityIncident", "SecurityAlert", "Usage")


def questions(one: dict[str, str], secret: str) -> Iterable[Callable[[], Any]]:
    """What such a script asks: the workspace, Sentinel's lists, roles, tables, and what Graph has."""
    from azure.identity import ClientSecretCredential
    from azure.mgmt.authorization import AuthorizationManagementClient
    from azure.mgmt.loganalytics import LogAnalyticsManagementClient
    from azure.mgmt.securityinsight import SecurityInsights
    from azure.monitor.query import LogsQueryClient
    from msgraph import GraphServiceClient

    credential = ClientSecretCredential(one["tenant_id"], one["client_id"], secret)
    azure = credential, one["subscription_id"]
    place = one["resource_group"], one["workspace_name"]
    sentinel, workspaces = SecurityInsights(*azure), LogAnalyticsManagementClient(*azure)
    roles, logs, graph = AuthorizationManagementClient(*azure), LogsQueryClient(credential), GraphServiceClient(credential)
    yield lambda: workspaces.workspaces.get(*place)
    for kind in ("incidents", "alert_rules", "automation_rules", "bookmarks", "watchlists", "data_connectors"):
        yield lambda kind=kind: list(islice(getattr(sentinel, kind).list(*place), 5))
    yield lambda: list(roles.role_assignments.list_for_resource_group(one["resource_group"]))
    for table in TABLES:
        yield lambda table=table: logs.query_workspace(
            one["workspace_id"], f"{table} | take 5", timespan=timedelta(days=7)
        )
    security = graph.security
    yield lambda: asyncio.run(_first(security.alerts_v2))
    yield lambda: asyncio.run(_first(security.incidents))


async def _first(of: Any) -> Any:
    return await of.get()


def main(folder: str, count: str) -> None:
    answered, began = 0, time.perf_counter()
    files = sorted(Path(folder, "connections").glob("*.toml"))[: int(count)]
    for path in files:
        one = tomllib.loads(path.read_text())["connection"]
        secret = (path.parent / one["client_secret"].removeprefix("file:")).read_text()
        for ask in questions(one, secret):
            try:
                ask()
                answered += 1
            except Exception as error:
                print(f"{path.name}: {type(error).__name__}: {str(error)[:200]}", file=sys.stderr)
    print(json.dumps({"seconds": (time.perf_counter() - began) / len(files), "answered": answered / len(files)}))


if __name__ == "__main__":
    main(*sys.argv[1:])

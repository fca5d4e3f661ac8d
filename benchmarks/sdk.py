"""A plain script with the official SDKs for Azure and Graph: the same reads, one after the other, without explanations.

`python -m benchmarks.sdk FOLDER COUNT` prints the seconds and the questions answered for each connection, as JSON. It
needs the extra `clients`, and imports nothing of this project.
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

from azure.identity import ClientSecretCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.loganalytics import LogAnalyticsManagementClient
from azure.mgmt.securityinsight import SecurityInsightsMgmtClient
from azure.monitor.query import LogsQueryClient
from msgraph import GraphServiceClient

QUERIES = ("print ok=1", "SecurityIncident | take 1", "SecurityAlert | take 1", "Usage | take 1")


def questions(keys: dict[str, str], secret: str, loop: asyncio.AbstractEventLoop) -> Iterable[Callable[[], Any]]:
    """Yield functions that each read one thing: the workspace, Sentinel's lists, roles, tables, and lists of Graph."""
    credential = ClientSecretCredential(keys["tenant_id"], keys["client_id"], secret)
    azure = credential, keys["subscription_id"]
    place = keys["resource_group"], keys["workspace_name"]
    scope = f"/subscriptions/{keys['subscription_id']}/resourceGroups/{keys['resource_group']}"
    sentinel, workspaces = SecurityInsightsMgmtClient(*azure), LogAnalyticsManagementClient(*azure)
    roles, logs, graph = (
        AuthorizationManagementClient(*azure),
        LogsQueryClient(credential),
        GraphServiceClient(credential),
    )
    yield lambda: workspaces.workspaces.get(*place)
    for kind in ("incidents", "alert_rules", "automation_rules", "bookmarks", "watchlists", "data_connectors"):
        yield lambda kind=kind: list(islice(getattr(sentinel, kind).list(*place), 5))  # type: ignore[misc]
    yield lambda: list(roles.role_assignments.list_for_scope(scope))
    for query in QUERIES:
        yield lambda query=query: logs.query_workspace(keys["workspace_id"], query, timespan=timedelta(days=7))  # type: ignore[misc]
    security = graph.security
    yield lambda: loop.run_until_complete(security.alerts_v2.get())
    yield lambda: loop.run_until_complete(security.incidents.get())


def main(folder: str, count: str) -> None:
    """Ask the questions of a verification by the official SDKs and print the cost as JSON."""
    loop = asyncio.new_event_loop()
    answered, began = 0, time.perf_counter()
    files = sorted(Path(folder, "connections").glob("*.toml"))[: int(count)]
    for path in files:
        keys = tomllib.loads(path.read_text())["connection"]
        secret = (path.parent / keys["client_secret"].removeprefix("file:")).read_text()
        for ask in questions(keys, secret, loop):
            try:
                ask()
                answered += 1
            except Exception as error:
                print(f"{path.name}: {type(error).__name__}: {str(error)[:200]}", file=sys.stderr)
    print(json.dumps({"seconds": (time.perf_counter() - began) / len(files), "answered": answered / len(files)}))


if __name__ == "__main__":
    main(*sys.argv[1:])

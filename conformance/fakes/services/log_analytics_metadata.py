"""Log Analytics' metadata of a workspace: its tables with their columns, its functions, and its two ids."""

from __future__ import annotations

from functools import partial
from typing import Any

import httpx

from conformance.apis.endpoint import LOG_ANALYTICS, WORKSPACE, Action
from conformance.fakes.query.any_kql import columns_of
from conformance.fakes.query.kql_rewrites import FUNCTIONS
from conformance.fakes.services.log_analytics import QUERY_READ, SPEC, by_id, by_resource, headers
from conformance.fakes.services.operations import operation
from conformance.fakes.services.routes import Call, answers, respond
from conformance.fakes.state.tenant import Workspace


def _metadata(call: Call, workspace: Workspace) -> httpx.Response:
    related = {"workspaces": [workspace.customer_id]}
    tables: list[dict[str, Any]] = [
        {
            "id": table.name,
            "name": table.name,
            "timespanColumn": "TimeGenerated",
            "columns": [{"name": name, "type": kind} for name, kind in columns_of(table).items()],
            "related": related,
        }
        for table in workspace.tables.values()
    ]
    functions = [
        {"id": name, "name": name, "displayName": name, "body": table, "related": related}
        for name, table in FUNCTIONS.items()
        if table in workspace.tables
    ]
    document = {
        "tables": tables,
        "solutions": [],
        "functions": functions,
        "resourceTypes": [],
        "workspaces": [
            {
                "id": workspace.customer_id,
                "resourceId": workspace.scope,
                "name": workspace.name,
                "region": workspace.location,
                "related": {
                    "tables": [table["id"] for table in tables],
                    "functions": [function["id"] for function in functions],
                },
            }
        ],
        "categories": [],
    }
    return respond(call, 200, document, headers(call))


for _method in ("GET", "POST"):
    for _name, _path, _find in (
        ("metadata", "/v1/workspaces/{workspace_id}/metadata", by_id),
        ("metadata_by_resource", f"/v1{WORKSPACE}/metadata", by_resource),
    ):
        _endpoint = operation(
            f"log_analytics.{_name}_by_{_method.lower()}", LOG_ANALYTICS, _method, _path, SPEC, Action(QUERY_READ)
        )
        answers(_endpoint, "specified", SPEC)(partial(_find, answer=_metadata))

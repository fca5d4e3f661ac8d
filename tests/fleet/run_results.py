"""The results of a run of a fleet: its report without times and ids, and the names in its journal."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from conformance.results.journal import FILE

OF_THE_RUN = {"date", "started", "started_s", "duration_s", "request_id"}
TIME_OR_ID = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:]{8}|[0-9a-f]{8}(-[0-9a-f]{0,12}){0,4}")
"""Matches times and ids in the form that refusals quote; the last of them can be cut off."""


def results(report: Path) -> dict[str, Any]:
    """Return, by name, the part of a report about each connection, without times and ids; no name occurs twice."""
    connections = json.loads((report / "report.json").read_bytes())["connections"]
    names = [connection["name"] for connection in connections]
    assert len(names) == len(set(names))
    for connection in connections:
        connection["requests"] = sorted(
            json.dumps(lasting(request), sort_keys=True) for request in connection["requests"]
        )
    return {connection["name"]: lasting(connection) for connection in connections}


def lasting(value: Any) -> Any:
    """Return a value without the members that differ from run to run."""
    if isinstance(value, dict):
        return {
            key: TIME_OR_ID.sub("", member) if key == "answer" and member else lasting(member)
            for key, member in value.items()
            if key not in OF_THE_RUN
        }
    return [lasting(element) for element in value] if isinstance(value, list) else value


def finished(report: Path) -> list[str]:
    """Return the names in the complete lines of the journal."""
    path = report / FILE
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    return [json.loads(line)["name"] for line in lines if line.endswith(b"\n")]

"""What a run of a fleet leaves: its report, but for times and ids, and the names in its journal."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from conformance.results.journal import FILE

OF_THE_RUN = {"date", "started", "started_s", "duration_s", "request_id"}
TIME_OR_ID = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:]{8}|[0-9a-f]{8}(-[0-9a-f]{0,12}){0,4}")
"""As refusals quote them; the last may be cut short."""


def found(report: Path) -> dict[str, Any]:
    """What a report says of each connection, but for times and ids. Each is there once."""
    connections = json.loads((report / "report.json").read_bytes())["connections"]
    names = [one["name"] for one in connections]
    assert len(names) == len(set(names))
    for one in connections:
        one["requests"] = sorted(json.dumps(lasting(request), sort_keys=True) for request in one["requests"])
    return {one["name"]: lasting(one) for one in connections}


def lasting(value: Any) -> Any:
    """Without what differs from run to run."""
    if isinstance(value, dict):
        return {
            key: TIME_OR_ID.sub("", one) if key == "answer" and one else lasting(one)
            for key, one in value.items()
            if key not in OF_THE_RUN
        }
    return [lasting(one) for one in value] if isinstance(value, list) else value


def finished(report: Path) -> list[str]:
    """The names in the journal, by now."""
    path = report / FILE
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    return [json.loads(line)["name"] for line in lines if line.endswith(b"\n")]

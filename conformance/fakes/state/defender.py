"""The Defender side of a virtual tenant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Defender:
    """The Defender side of the tenant. ``provisioned``: Defender XDR (Graph security); ``active``: for Endpoint."""

    provisioned: bool = True
    active: bool = True
    workspace_connected: bool = True
    """The workspace is connected to the Defender portal: Graph returns its alerts and incidents."""
    hidden: bool = False
    """Without Defender XDR, Graph's security lists are answered 404 instead of 403."""
    lists: bool = True
    """False: an empty list is answered 404, as documented for machines."""
    machines: list[dict[str, Any]] = field(default_factory=list)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    """Defender for Endpoint alerts, as that API gives them."""
    graph_alerts: list[dict[str, Any]] = field(default_factory=list)
    graph_incidents: list[dict[str, Any]] = field(default_factory=list)
    secure_scores: list[dict[str, Any]] = field(default_factory=list)

"""Data collection rules of a virtual tenant, and the endpoints that they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PROVIDER = "/providers/Microsoft.Insights"


@dataclass
class DataEndpoint:
    """A data collection endpoint, by its ARM id."""

    id: str
    host: str
    public: str = "Enabled"

    @property
    def name(self) -> str:
        """Return the last part of its resource id."""
        return self.id.rpartition("/")[2]


@dataclass
class Rule:
    """A data collection rule, by its ARM id: its streams with their target tables and columns."""

    id: str
    workspace_scope: str
    workspace_id: str
    endpoint_id: str | None
    tables: dict[str, str] = field(default_factory=dict)
    """Tables by stream."""
    columns: Mapping[str, str] = field(default_factory=lambda: {"TimeGenerated": "datetime", "RawData": "string"})

    @property
    def name(self) -> str:
        """Return the last part of its resource id."""
        return self.id.rpartition("/")[2]

"""The words that every form of the report uses."""

from __future__ import annotations

from collections.abc import Mapping

OWNERS: Mapping[str, str] = {
    "connection": "whoever filled in the connection",
    "entra-admin": "Entra administrator",
    "azure-admin": "Azure administrator",
    "workspace-owner": "owner of the workspace",
    "security-admin": "security administrator (Defender portal)",
    "network-admin": "network administrator",
    "provider": "Microsoft",
    "nobody": "nobody: wait",
    "suite": "the maintainers of this suite",
}
"""Who can mend a cause."""

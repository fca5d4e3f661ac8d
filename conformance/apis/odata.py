"""The query options of OData, used by Microsoft Graph and Defender for Endpoint."""

from __future__ import annotations

from collections.abc import Mapping


def options(*names: str) -> Mapping[str, str]:
    """Return wire names by Python names: ``top`` is ``$top``."""
    return {name: f"${name}" for name in names}

"""The scopes of the audiences, and the claims of a token."""

from __future__ import annotations

from typing import Any

from conformance.fakes.state.tokens import read

SCOPES = {
    "arm": "https://management.azure.com/.default",
    "log_analytics": "https://api.loganalytics.io/.default",
    "graph": "https://graph.microsoft.com/.default",
    "defender": "https://api.securitycenter.microsoft.com/.default",
}


def claims(token: str) -> Any:
    """Return the claims of an access token signed by the virtual tenant; raise AssertionError for any other token."""
    claims, genuine = read(token)
    assert genuine
    return claims

"""The operations that a connection uses; no other operation is called."""

from __future__ import annotations

from typing import Any

from conformance.apis.endpoint import Endpoint
from conformance.connection import Connection
from conformance.probing.probe import NotApplicable


def stop_unless_called(connection: Connection, endpoint: Endpoint[Any]) -> None:
    """Raise :class:`NotApplicable` unless the connection uses the operation's API, and its profile calls it."""
    if not connection.uses(endpoint.api.name):
        raise NotApplicable(f"this connection does not use {endpoint.api.title}")
    if not connection.needs.calls(endpoint):
        raise NotApplicable(f"the profile {connection.profile.name} does not call it")

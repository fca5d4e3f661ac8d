"""Connections whose values contradict each other: values of one customer in the entry of another."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.connection.model import Connection


def contradictions(connections: Sequence[tuple[Connection, str]]) -> list[str]:
    """Return one line for each pair of values in which two connections contradict each other. Each connection comes
    with its place (``file:line``) for the message.

    A workspace id belongs to one workspace, and a workspace has one id. One subscription in several tenants is not a
    contradiction: Azure Lighthouse lets another tenant read it.
    """
    texts: list[str] = []
    first_values: dict[tuple[str, str], tuple[str, Connection, str]] = {}
    for connection, place in connections:
        for key, value, about, means in (
            ("workspace_id", connection.workspace_id, connection.workspace, "another workspace"),
            ("workspace_name", connection.workspace, connection.workspace_id, "another workspace_id"),
        ):
            about = about.lower()
            first, other, where = first_values.setdefault((key, value.lower()), (about, connection, place))
            if first != about:
                own = getattr(connection, key)
                texts.append(
                    f"{place}: {key}: found {own!r}, which {other.name!r} at {where} has with {means}; one of them"
                    " has the value of the other"
                )
    return texts

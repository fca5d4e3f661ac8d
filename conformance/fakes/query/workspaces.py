"""Queries over more than one workspace: those that the request lists, and those that the query names itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from conformance.fakes.query.any_kql import columns_of
from conformance.fakes.query.canned_kql import NotEvaluated, UnknownTable, UnreachableWorkspace
from conformance.fakes.query.kql_functions import literal
from conformance.fakes.query.kql_tokens import tokens
from conformance.fakes.state.tenant import TableState, Tenant, Workspace

MAX_WORKSPACES = 100
"""Workspaces of one query (documented)."""


def find(tenant: Tenant, name: str) -> Workspace | None:
    """Return the workspace of an identifier: its GUID, its ARM id, ``subscription/group/name``, or its name alone where
    only one is called so.
    """
    parts = name.strip("/").split("/")
    if len(parts) == 8 and [part.lower() for part in parts[::2]] == [
        "subscriptions",
        "resourcegroups",
        "providers",
        "workspaces",
    ]:
        return tenant.workspace_named(parts[1], parts[3], parts[7])
    if len(parts) == 3:
        return tenant.workspace_named(*parts)
    called = [workspace for workspace in tenant.workspaces if workspace.name.lower() == name.lower()]
    return tenant.workspace_by_id(name) or (called[0] if len(called) == 1 else None)


def merge(workspaces: Iterable[Workspace]) -> Workspace:
    """Return the first workspace with the tables of all: a table of several has the rows of each, and the columns."""
    first, *others = workspaces
    tables = dict(first.tables)
    for other in others:
        for name, table in other.tables.items():
            tables[name] = _joined(tables[name], table) if name in tables else table
    return replace(first, tables=tables, has_data=any(workspace.has_data for workspace in (first, *others)))


def _joined(table: TableState, other: TableState) -> TableState:
    unreadable = next((part for part in (table, other) if part.plan != "Analytics"), None)
    if unreadable is not None:
        return unreadable
    rows = [row for part in (table, other) if part.protection == "General" for row in part.rows]
    columns = {**columns_of(other), **columns_of(table)}
    return replace(table, rows=rows, columns=columns, protection="General", partial=table.partial or other.partial)


def resolve_tables(text: str, workspace: Workspace, find: Callable[[str], Workspace]) -> tuple[str, Workspace]:
    """Return a query without ``workspace("...").Table``, and a workspace that has each of these tables under the name
    that replaces it. The new name has the same length, so that offsets in the query stay valid.

    ``find`` gives the workspace of an identifier; its exceptions are raised here too. Raises ``UnknownTable``,
    ``UnreachableWorkspace`` and ``NotEvaluated``.
    """
    if "workspace" not in text:
        return text, workspace
    words = tokens(text)
    tables = dict(workspace.tables)
    for n, word in enumerate(words):
        if word.text != "workspace" or n + 1 == len(words) or words[n + 1].text != "(":
            continue
        called = [word.text for word in words[n + 1 : n + 6]]
        name = literal(called[1]) if len(called) == 5 and (called[0], called[2], called[3]) == ("(", ")", ".") else None
        if name is None:
            raise NotEvaluated("workspace() without a literal name and a table")
        if any(word.text == "withsource" for word in words):
            raise NotEvaluated("withsource beside workspace()")
        table, end = called[4], words[n + 5].end
        other = find(name).tables.get(table)
        if other is None:
            raise UnknownTable(table)
        if other.plan != "Analytics":
            raise UnreachableWorkspace(table, other.plan)
        alias = f"{table}_of{n}"
        tables[alias] = replace(other, name=alias, columns=columns_of(other))
        text = text[: word.start] + alias.ljust(end - word.start) + text[end:]
    return text, replace(workspace, tables=tables)

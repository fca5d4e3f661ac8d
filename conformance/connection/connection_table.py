"""One table of a connection file while it is read: its file, its values, and their problems."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.connection.model import Connection
from conformance.connection.values import Problem
from conformance.toml_file.document import TomlDocument, kind, repr_short
from conformance.toml_file.positions import Table, line_of

IDS = ("tenant_id", "client_id", "subscription_id", "resource_group", "workspace_id", "workspace_name")
CREDENTIALS = (
    "client_secret",
    "client_secrets",
    "certificate",
    "federated_token",
    "managed_identity",
    "workload_identity",
)
PARTNERS = ("customer_tenant_id", "home_tenant_id")
"""The other tenant, where a provider's app works for a customer."""
SECRETS = ("client_secret", "client_secrets", "certificate", "certificate_password", "federated_token")
"""Keys whose values are never printed."""
TEXTS = ("name", *IDS, "client_secret", "certificate", "certificate_password", "federated_token", *PARTNERS)
"""Keys whose values are texts in quotes."""
KEYS = (
    "name",
    *IDS,
    *CREDENTIALS,
    "certificate_password",
    "cloud",
    "profile",
    "apis",
    "secret_expires",
    "expect",
    "ingestion",
    *PARTNERS,
)
OPTIONAL = CREDENTIALS[1:]
"""Credentials that are comments in the template."""


@dataclass
class ConnectionFile(TomlDocument):
    """A connection file during reading, and the connections found in it."""

    environ: Mapping[str, str] = field(default_factory=dict)
    credentials: bool = True
    connections: list[tuple[Connection, int]] = field(default_factory=list)
    keys: dict[str, bool] = field(default_factory=dict)
    """Keys with a problem, and whether a correction is printed."""
    values: dict[str, str] = field(default_factory=dict)
    """Possible values of keys without a problem."""
    variables: list[str] = field(default_factory=list)
    """Unset environment variables that the file refers to."""
    secrets: list[tuple[ConnectionTable, Problem]] = field(default_factory=list)
    """Problems with secrets: reported only if there are other problems, else left to the checks, so that a fleet is
    verified.
    """
    lines: Sequence[str] = ()
    """The lines of the file."""


@dataclass
class ConnectionTable:
    """One ``[connection]`` table: its values, and their lines."""

    file: ConnectionFile
    row: Mapping[str, Any]
    table: Table | None
    nested: Mapping[str, Table]

    def line(self, key: str) -> int:
        """Return the line of a key, counted from 1."""
        return line_of(self.table, key, self.nested)

    def add_problem(self, key: str, text: str, *, corrected: bool = False) -> None:
        """Add a problem of a key; ``corrected`` if the text contains the correction."""
        self.file.keys[key] = corrected
        self.file.add_problem(text, self.line(key))

    def add_mismatch(self, key: str, value: object, expected: str) -> None:
        """Add the problem that a value differs from the expected one."""
        self.add_problem(key, f"{key}: found {_value_text(key, value)}, expected {expected}")


def comment_hint(entry: ConnectionTable, key: str) -> str:
    """Return a hint to the line where a missing key is commented out, like optional keys in the template; empty without
    such a line.
    """
    for number, line in enumerate(entry.file.lines, 1):
        if re.match(rf"\s*[#;/-]+\s*{key}\s*=\s*\S", line):
            return f"; it is commented out in line {number}"
    return ""


def _value_text(key: str, value: object) -> str:
    if key not in SECRETS:
        return repr_short(value)
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "a text" if isinstance(value, str) and value.strip() else kind(value)
